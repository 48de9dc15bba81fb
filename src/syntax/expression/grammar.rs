//! The grammar of conditions: one chumsky Pratt table over the words.
//!
//! Parentheses are parsed from the inside out, each as one word of what surrounds it, so that the parser never recurses
//! on what the user wrote. One table knows no difference between conditions and values, so it takes `a for 5m` and
//! `a > not b`; the folds see both kinds and keep the first such mistake as a node, which is told in the end.

use std::cell::RefCell;
use std::ops::Range;

use chumsky::input::{MapExtra, ValueInput};
use chumsky::pratt::{infix, left, postfix, prefix};
use chumsky::prelude::*;

use super::error::{ExpressionError, replaced};
use super::mistake;
use super::token::Token;
use super::tree::{Comparison, Condition, Metric, MetricLabel, Operand, Operator, ProductOperator, SumOperator, Timed};
use crate::value::{Duration, Quantity};

/// A node of either kind while it is parsed.
enum Node {
    /// A condition as it is.
    Logic(Condition),
    /// A condition in parentheses: nothing can be added to it.
    Closed(Condition),
    /// A value.
    Value(Operand),
    /// A mistake that the table lets through.
    Wrong(Box<ExpressionError>),
}

/// The keyword of a duration.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyword {
    For,
    Over,
}

type Failure<'tokens> = extra::Err<Rich<'tokens, Token>>;

/// The parentheses that are parsed already, each taken once by what surrounds it.
type Groups = RefCell<Vec<Option<Node>>>;

/// Parses the words of a text that has no mistake of shape.
pub(super) fn parse(text: &str, tokens: &[(Token, Range<usize>)]) -> Result<Condition, ExpressionError> {
    let groups = Groups::default();
    // The words of the parentheses that are open, the outermost first, each with the place of its `(`.
    let mut open: Vec<(Range<usize>, Vec<(Token, Range<usize>)>)> = Vec::new();
    let mut words = Vec::new();
    for (token, range) in tokens {
        match (token, open.last()) {
            (Token::Open, _) => open.push((range.clone(), std::mem::take(&mut words))),
            (Token::Close, Some((opener, _))) => {
                let whole = opener.start..range.end;
                if words.is_empty() {
                    return Err(
                        ExpressionError::new(whole, "these parentheses are empty").with_label("nothing stands in them")
                    );
                }
                let node = match flat(text, &words, range.clone(), &groups)? {
                    Node::Logic(condition) | Node::Closed(condition) => Node::Closed(condition),
                    Node::Value(operand) => Node::Value(operand),
                    Node::Wrong(error) => Node::Wrong(error),
                };
                words = open.pop().map(|(_, words)| words).unwrap_or_default();
                words.push((Token::Group(groups.borrow().len()), whole));
                groups.borrow_mut().push(Some(node));
            }
            _ => words.push((*token, range.clone())),
        }
    }
    match flat(text, &words, text.len()..text.len(), &groups)? {
        Node::Logic(condition) | Node::Closed(condition) => Ok(condition),
        Node::Value(operand) => Err(needs_comparison(text, &operand)),
        Node::Wrong(error) => Err(*error),
    }
}

/// Parses words without parentheses; `end` is where they end.
fn flat(
    text: &str,
    words: &[(Token, Range<usize>)],
    end: Range<usize>,
    groups: &Groups,
) -> Result<Node, ExpressionError> {
    let spanned: Vec<(Token, SimpleSpan)> =
        words.iter().map(|(token, range)| (*token, SimpleSpan::from(range.clone()))).collect();
    let input = spanned.as_slice().map(SimpleSpan::from(end), |(token, span)| (token, span));
    let (node, errors) = expression(text, groups).parse(input).into_output_errors();
    match (errors.first(), node) {
        (None, Some(node)) => Ok(node),
        (Some(error), _) => Err(mistake::explain(text, words, error)),
        (None, None) => Err(ExpressionError::new(0..text.len(), "this is no condition")),
    }
}

/// The whole grammar.
fn expression<'tokens, I>(
    text: &'tokens str,
    groups: &'tokens Groups,
) -> impl Parser<'tokens, I, Node, Failure<'tokens>>
where
    I: ValueInput<'tokens, Token = Token, Span = SimpleSpan>,
{
    let group = select! { Token::Group(index) => index };
    let group = group.labelled("`(`").map(|index| {
        let taken = groups.borrow_mut().get_mut(index).and_then(Option::take);
        taken.unwrap_or_else(|| Node::Wrong(Box::new(ExpressionError::new(0..text.len(), "this is no condition"))))
    });
    let atom = choice((quantity(text), metric(text), group));
    let compare = select! { Token::Compare(operator) = extra => (operator, span_of(extra.span())) };
    let sum = select! { Token::Plus => SumOperator::Plus, Token::Minus => SumOperator::Minus };
    let product = select! { Token::Star => ProductOperator::Times, Token::Slash => ProductOperator::DividedBy };
    let table = atom.pratt((
        infix(left(1), just(Token::Or).labelled("`or`"), move |a, _, b, extra: &mut MapExtra<'tokens, '_, I, _>| {
            joined(text, Token::Or, a, b, span_of(extra.span()))
        }),
        infix(left(2), just(Token::And).labelled("`and`"), move |a, _, b, extra: &mut MapExtra<'tokens, '_, I, _>| {
            joined(text, Token::And, a, b, span_of(extra.span()))
        }),
        prefix(3, just(Token::Not).labelled("`not`"), move |_, inner, extra: &mut MapExtra<'tokens, '_, I, _>| {
            negated(text, inner, span_of(extra.span()))
        }),
        postfix(4, timed(Token::For, "`for`"), move |node, range, extra: &mut MapExtra<'tokens, '_, I, _>| {
            held(text, Keyword::For, node, range, span_of(extra.span()))
        }),
        postfix(4, timed(Token::Over, "`over`"), move |node, range, extra: &mut MapExtra<'tokens, '_, I, _>| {
            held(text, Keyword::Over, node, range, span_of(extra.span()))
        }),
        infix(left(5), compare.labelled("a comparison"), move |a, sign, b, extra: &mut MapExtra<'tokens, '_, I, _>| {
            compared(text, a, sign, b, span_of(extra.span()))
        }),
        infix(left(6), sum.labelled("`+` or `-`"), move |a, sign, b, extra: &mut MapExtra<'tokens, '_, I, _>| {
            added(text, a, sign, b, span_of(extra.span()))
        }),
        infix(left(7), product.labelled("`*` or `/`"), move |a, sign, b, extra: &mut MapExtra<'tokens, '_, I, _>| {
            multiplied(text, a, sign, b, span_of(extra.span()))
        }),
    ));
    table.then_ignore(end())
}

fn span_of(span: SimpleSpan) -> Range<usize> {
    span.start..span.end
}

fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// A keyword and the place of its duration.
fn timed<'tokens, I>(
    keyword: Token,
    label: &'static str,
) -> impl Parser<'tokens, I, Range<usize>, Failure<'tokens>> + Clone
where
    I: ValueInput<'tokens, Token = Token, Span = SimpleSpan>,
{
    let duration = select! { Token::Quantity = extra => span_of(extra.span()) };
    just(keyword).labelled(label).ignore_then(duration.labelled("a duration"))
}

fn quantity<'tokens, I>(text: &'tokens str) -> impl Parser<'tokens, I, Node, Failure<'tokens>> + Clone
where
    I: ValueInput<'tokens, Token = Token, Span = SimpleSpan>,
{
    let quantity = select! { Token::Quantity = extra => span_of(extra.span()) };
    quantity.labelled("a quantity").map(move |range: Range<usize>| {
        // Its mistakes were told when the text was split into words.
        let quantity = Quantity::parse(slice(text, range.clone())).unwrap_or_default();
        Node::Value(Operand::Quantity { quantity, place: range.into() })
    })
}

fn metric<'tokens, I>(text: &'tokens str) -> impl Parser<'tokens, I, Node, Failure<'tokens>> + Clone
where
    I: ValueInput<'tokens, Token = Token, Span = SimpleSpan>,
{
    let word = select! { Token::Word = extra => span_of(extra.span()) };
    let value = select! { Token::Text = extra => span_of(extra.span()) };
    let label = word
        .labelled("a label")
        .then_ignore(just(Token::Equals).labelled("`=`"))
        .then(value.labelled("a text in double quotes"))
        .map(move |(name, value)| MetricLabel {
            name: slice(text, name.clone()).to_owned(),
            name_place: name.into(),
            value: unquoted(slice(text, value.clone())),
            value_place: value.into(),
        });
    let labels = label
        .separated_by(just(Token::Comma).labelled("`,`"))
        .at_least(1)
        .collect::<Vec<_>>()
        .delimited_by(just(Token::OpenLabels).labelled("`{`"), just(Token::CloseLabels).labelled("`}`"));
    word.labelled("a metric").then(labels.or_not()).map_with(move |(name, labels), extra| {
        let labels: Vec<MetricLabel> = labels.unwrap_or_default();
        if let Some(error) = wrong_label(&labels) {
            return Node::Wrong(Box::new(error));
        }
        let place = span_of(extra.span()).into();
        Node::Value(Operand::Metric(Metric {
            name: slice(text, name.clone()).to_owned(),
            name_place: name.into(),
            labels,
            place,
        }))
    })
}

/// A label that is written twice, or like a metric.
fn wrong_label(labels: &[MetricLabel]) -> Option<ExpressionError> {
    labels.iter().enumerate().find_map(|(index, label)| {
        if label.name.contains('.') {
            let message = format!("`{}` is no label: it has a point", label.name);
            return Some(ExpressionError::new(label.name_place.range(), message));
        }
        let earlier = labels.iter().take(index).find(|earlier| earlier.name == label.name)?;
        let error = ExpressionError::new(label.name_place.range(), format!("the label `{}` stands twice", label.name))
            .with_label("the second one");
        Some(error.with_place(earlier.name_place.range(), "the first one"))
    })
}

/// The text without its quotes and escapes.
fn unquoted(quoted: &str) -> String {
    let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted);
    let mut text = String::with_capacity(inner.len());
    let mut escaped = false;
    for letter in inner.chars() {
        if letter == '\\' && !escaped {
            escaped = true;
        } else {
            text.push(letter);
            escaped = false;
        }
    }
    text
}

/// `a or b`, `a and b`.
fn joined(text: &str, word: Token, left: Node, right: Node, range: Range<usize>) -> Node {
    let place = range.into();
    let (left, right) = match (logic(text, word, left), logic(text, word, right)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(error), _) | (_, Err(error)) => return Node::Wrong(error),
    };
    let is_or = word == Token::Or;
    let mut parts = match left {
        Condition::Or { parts, .. } if is_or => parts,
        Condition::And { parts, .. } if !is_or => parts,
        other => vec![other],
    };
    match right {
        Condition::Or { parts: more, .. } if is_or => parts.extend(more),
        Condition::And { parts: more, .. } if !is_or => parts.extend(more),
        other => parts.push(other),
    }
    Node::Logic(if is_or { Condition::Or { parts, place } } else { Condition::And { parts, place } })
}

/// The condition that a node is, or why `word` cannot take it.
fn logic(text: &str, word: Token, node: Node) -> Result<Condition, Box<ExpressionError>> {
    match node {
        Node::Logic(condition) | Node::Closed(condition) => Ok(condition),
        Node::Value(operand) => {
            let error = needs_comparison(text, &operand);
            Err(Box::new(ExpressionError {
                message: format!("{word} joins conditions, and {}", error.message),
                ..error
            }))
        }
        Node::Wrong(error) => Err(error),
    }
}

fn needs_comparison(text: &str, operand: &Operand) -> ExpressionError {
    let range = operand.place().range();
    let written = shown(text, range.clone());
    ExpressionError::new(range, format!("`{written}` is a value, not a condition"))
        .with_label("a value")
        .with_help(format!("compare it with something: `{written} > …`"))
}

/// What stands at a place, cut to what a message can bear.
fn shown(text: &str, range: Range<usize>) -> String {
    let written = slice(text, range);
    let mut short: String = written.chars().take(40).collect();
    if short.len() < written.len() {
        short.push('…');
    }
    short
}

/// `not a`.
fn negated(text: &str, inner: Node, range: Range<usize>) -> Node {
    match inner {
        Node::Logic(condition) | Node::Closed(condition) => {
            Node::Logic(Condition::Not { inner: Box::new(condition), place: range.into() })
        }
        Node::Value(operand) => {
            let error = needs_comparison(text, &operand);
            Node::Wrong(Box::new(ExpressionError {
                message: format!("`not` takes a condition, and {}", error.message),
                ..error
            }))
        }
        Node::Wrong(error) => Node::Wrong(error),
    }
}

/// `a > b for 5m`, `a > b over 5m`.
fn held(text: &str, keyword: Keyword, node: Node, duration: Range<usize>, range: Range<usize>) -> Node {
    let wrong = |error| Node::Wrong(Box::new(error));
    let (word, before) = match keyword {
        Keyword::For => ("for", slice(text, range.start..duration.start)),
        Keyword::Over => ("over", slice(text, range.start..duration.start)),
    };
    let keyword_start = range.start + before.rfind(word).unwrap_or(0);
    let keyword_range = keyword_start..keyword_start + word.len();
    let mut comparison = match node {
        Node::Logic(Condition::Comparison(comparison)) => comparison,
        Node::Wrong(error) => return Node::Wrong(error),
        Node::Closed(_) => {
            return wrong(
                ExpressionError::new(keyword_range, format!("`{word}` follows a comparison, not parentheses"))
                    .with_help(format!(
                        "write it inside, after each comparison: `(a > 1 {word} 5m or b > 2 {word} 5m)`"
                    )),
            );
        }
        Node::Value(operand) => {
            let help = format!(
                "compare it first: `{} > … {word} {}`",
                shown(text, operand.place().range()),
                slice(text, duration)
            );
            return wrong(
                ExpressionError::new(keyword_range, format!("`{word}` needs a comparison before it"))
                    .with_label("follows no comparison")
                    .with_place(operand.place().range(), "a value, not a condition")
                    .with_help(help),
            );
        }
        Node::Logic(_) => {
            return wrong(ExpressionError::new(keyword_range, format!("`{word}` follows a single comparison")));
        }
    };
    let written = slice(text, duration.clone());
    let value = match Duration::parse(written) {
        Ok(value) => value,
        Err(error) => return wrong(ExpressionError::of_value(error, text, duration.start, duration.len())),
    };
    let misplaced = match keyword {
        Keyword::For => comparison
            .hold
            .as_ref()
            .map(|earlier| (earlier, true))
            .or(comparison.over.as_ref().map(|over| (over, false))),
        Keyword::Over => comparison.over.as_ref().map(|earlier| (earlier, true)),
    };
    match misplaced {
        Some((earlier, true)) => {
            return wrong(
                ExpressionError::new(keyword_range, format!("`{word}` stands twice"))
                    .with_label("the second one")
                    .with_place(earlier.place.range(), "the first one"),
            );
        }
        Some((over, false)) => {
            let end = comparison.right.place().end;
            let comparison_end = slice(text, end..over.place.start).rfind("over").map_or(end, |at| end + at);
            let swapped = format!("for {written} over {}", slice(text, over.place.range()));
            let error = ExpressionError::new(keyword_range, "`for` stands before `over`");
            let fix = replaced(text, comparison_end..duration.end, &swapped);
            return wrong(ExpressionError { fix: Some(fix.clone()), help: Some(format!("write `{fix}`")), ..error });
        }
        None => {}
    }
    let timed = Some(Timed { duration: value, place: duration.into() });
    match keyword {
        Keyword::For => comparison.hold = timed,
        Keyword::Over => comparison.over = timed,
    }
    comparison.place = range.into();
    Node::Logic(Condition::Comparison(comparison))
}

/// `a > b`.
fn compared(
    text: &str,
    left: Node,
    (operator, sign): (Operator, Range<usize>),
    right: Node,
    range: Range<usize>,
) -> Node {
    match (value(text, operator.symbol(), left), value(text, operator.symbol(), right)) {
        (Ok(left), Ok(right)) => Node::Logic(Condition::Comparison(Comparison {
            left,
            operator,
            operator_place: sign.into(),
            right,
            hold: None,
            over: None,
            place: range.into(),
        })),
        (Err(error), _) | (_, Err(error)) => Node::Wrong(error),
    }
}

/// The value that a node is, or why the sign cannot take it.
fn value(text: &str, sign: &str, node: Node) -> Result<Operand, Box<ExpressionError>> {
    match node {
        Node::Value(operand) => Ok(operand),
        Node::Wrong(error) => Err(error),
        Node::Logic(condition) | Node::Closed(condition) => {
            let range = condition.place().range();
            let message = format!("`{sign}` takes values, and `{}` is a condition", shown(text, range.clone()));
            Err(Box::new(
                ExpressionError::new(range, message)
                    .with_label("a condition")
                    .with_help("join conditions with `and` and `or`"),
            ))
        }
    }
}

/// `a + b`; what is added to a sum becomes part of it.
fn added(text: &str, left: Node, sign: SumOperator, right: Node, range: Range<usize>) -> Node {
    let symbol = match sign {
        SumOperator::Plus => "+",
        SumOperator::Minus => "-",
    };
    let (left, right) = match (value(text, symbol, left), value(text, symbol, right)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(error), _) | (_, Err(error)) => return Node::Wrong(error),
    };
    let place = range.into();
    Node::Value(match left {
        Operand::Sum { first, mut rest, .. } => {
            rest.push((sign, right));
            Operand::Sum { first, rest, place }
        }
        Operand::Quantity { .. } | Operand::Metric(_) | Operand::Product { .. } => {
            Operand::Sum { first: Box::new(left), rest: vec![(sign, right)], place }
        }
    })
}

/// `a * b`; what multiplies a product becomes part of it.
fn multiplied(text: &str, left: Node, sign: ProductOperator, right: Node, range: Range<usize>) -> Node {
    let symbol = match sign {
        ProductOperator::Times => "*",
        ProductOperator::DividedBy => "/",
    };
    let (left, right) = match (value(text, symbol, left), value(text, symbol, right)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(error), _) | (_, Err(error)) => return Node::Wrong(error),
    };
    let place = range.into();
    Node::Value(match left {
        Operand::Product { first, mut rest, .. } => {
            rest.push((sign, right));
            Operand::Product { first, rest, place }
        }
        Operand::Quantity { .. } | Operand::Metric(_) | Operand::Sum { .. } => {
            Operand::Product { first: Box::new(left), rest: vec![(sign, right)], place }
        }
    })
}
