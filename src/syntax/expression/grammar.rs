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

use super::error::ExpressionError;
use super::fold::{Keyword, Node, added, compared, held, joined, multiplied, needs_comparison, negated, slice};
use super::mistake;
use super::token::Token;
use super::tree::{Condition, Metric, MetricLabel, Operand, ProductOperator, SumOperator};
use crate::value::Quantity;

type Failure<'tokens> = extra::Err<Rich<'tokens, Token>>;

/// Words and where they stand.
type Words = Vec<(Token, Range<usize>)>;

/// The parentheses that are parsed already, each taken once by what surrounds it.
type Groups = RefCell<Vec<Option<Node>>>;

/// Parses the words of a text that has no mistake of shape.
pub(super) fn parse(text: &str, tokens: &[(Token, Range<usize>)]) -> Result<Condition, ExpressionError> {
    let groups = Groups::default();
    // The words of the parentheses that are open, the outermost first, each with the place of its `(`.
    let mut open: Vec<(Range<usize>, Words)> = Vec::new();
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
