//! How the Pratt table builds its nodes, and what it refuses while it does: conditions where values belong, and the reverse.

use std::ops::Range;

use super::error::ExpressionError;
use super::token::Token;
use super::tree::{Comparison, Condition, Operand, Operator, ProductOperator, SumOperator, Timed};
use crate::value::Duration;

/// A node of either kind while it is parsed.
pub(super) enum Node {
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
pub(super) enum Keyword {
    /// `for`
    For,
    /// `over`
    Over,
}

impl Keyword {
    const fn word(self) -> &'static str {
        match self {
            Keyword::For => "for",
            Keyword::Over => "over",
        }
    }
}

/// What stands at a place.
pub(super) fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// `a or b`, `a and b`.
pub(super) fn joined(text: &str, word: Token, left: Node, right: Node, range: Range<usize>) -> Node {
    let place = range.into();
    let (left, right) = match (logic(text, word, left), logic(text, word, right)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(error), _) | (_, Err(error)) => return Node::Wrong(error),
    };
    let is_or = word == Token::Or;
    let mut parts = flattened(left, word);
    parts.extend(flattened(right, word));
    Node::Logic(if is_or { Condition::Or { parts, place } } else { Condition::And { parts, place } })
}

/// The parts of a condition that is joined by the same word, else the condition itself.
fn flattened(condition: Condition, word: Token) -> Vec<Condition> {
    match condition {
        Condition::Or { parts, .. } if word == Token::Or => parts,
        Condition::And { parts, .. } if word == Token::And => parts,
        Condition::Or { .. } | Condition::And { .. } | Condition::Not { .. } | Condition::Comparison(_) => {
            vec![condition]
        }
    }
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

pub(super) fn needs_comparison(text: &str, operand: &Operand) -> ExpressionError {
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
pub(super) fn negated(text: &str, inner: Node, range: Range<usize>) -> Node {
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
pub(super) fn held(text: &str, keyword: Keyword, node: Node, duration: Range<usize>, range: Range<usize>) -> Node {
    let word = keyword.word();
    let before = slice(text, range.start..duration.start);
    let keyword_start = range.start + before.rfind(word).unwrap_or(0);
    let keyword_range = keyword_start..keyword_start + word.len();
    let written = slice(text, duration.clone());
    let error = match node {
        Node::Logic(Condition::Comparison(mut comparison)) => match Duration::parse(written) {
            Ok(value) => match misplaced(text, keyword, &comparison, &keyword_range, &duration) {
                Some(error) => error,
                None => {
                    let timed = Some(Timed { duration: value, place: duration.into() });
                    match keyword {
                        Keyword::For => comparison.hold = timed,
                        Keyword::Over => comparison.over = timed,
                    }
                    comparison.place = range.into();
                    return Node::Logic(Condition::Comparison(comparison));
                }
            },
            Err(error) => ExpressionError::of_value(error, text, duration.start, duration.len()),
        },
        Node::Wrong(error) => return Node::Wrong(error),
        Node::Closed(_) => {
            ExpressionError::new(keyword_range, format!("`{word}` follows a comparison, not parentheses"))
                .with_label("follows parentheses")
                .with_help(format!("write it inside, after each comparison: `(a > 1 {word} 5m or b > 2 {word} 5m)`"))
        }
        Node::Value(operand) => {
            let place = operand.place().range();
            let help = format!("compare it first: `{} > … {word} {written}`", shown(text, place.clone()));
            ExpressionError::new(keyword_range, format!("`{word}` needs a comparison before it"))
                .with_label("follows no comparison")
                .with_place(place, "a value, not a condition")
                .with_help(help)
        }
        Node::Logic(_) => ExpressionError::new(keyword_range, format!("`{word}` follows a single comparison"))
            .with_help(format!("write it behind each comparison: `a > 1 {word} 5m and b > 2 {word} 5m`")),
    };
    Node::Wrong(Box::new(error))
}

/// Why the keyword cannot follow what the comparison has already.
fn misplaced(
    text: &str,
    keyword: Keyword,
    comparison: &Comparison,
    keyword_range: &Range<usize>,
    duration: &Range<usize>,
) -> Option<ExpressionError> {
    let word = keyword.word();
    let earlier = match keyword {
        Keyword::For => &comparison.hold,
        Keyword::Over => &comparison.over,
    };
    if let Some(earlier) = earlier {
        let error = ExpressionError::new(keyword_range.clone(), format!("`{word}` stands twice"));
        let error = error.with_label("the second one").with_place(earlier.place.range(), "the first one");
        return Some(error.with_help("keep one of the two"));
    }
    let over = comparison.over.as_ref().filter(|_| keyword == Keyword::For)?;
    let end = comparison.right.place().end;
    let start = slice(text, end..over.place.start).rfind("over").map_or(end, |at| end + at);
    let swapped = format!("for {} over {}", slice(text, duration.clone()), slice(text, over.place.range()));
    Some(
        ExpressionError::new(keyword_range.clone(), "`for` stands before `over`")
            .with_label("stands after `over`")
            .with_fix(text, start..duration.end, &swapped),
    )
}

/// `a > b`.
pub(super) fn compared(
    text: &str,
    left: Node,
    (operator, sign): (Operator, Range<usize>),
    right: Node,
    range: Range<usize>,
) -> Node {
    match (value(text, operator.symbol(), left), value(text, operator.symbol(), right)) {
        (Ok(left), Ok(right)) => Node::Logic(Condition::Comparison(Box::new(Comparison {
            left,
            operator,
            operator_place: sign.into(),
            right,
            hold: None,
            over: None,
            place: range.into(),
        }))),
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
pub(super) fn added(text: &str, left: Node, sign: SumOperator, right: Node, range: Range<usize>) -> Node {
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
pub(super) fn multiplied(text: &str, left: Node, sign: ProductOperator, right: Node, range: Range<usize>) -> Node {
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
