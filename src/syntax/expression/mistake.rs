//! Says what a text lacks where the parser stopped.

use std::ops::Range;

use chumsky::error::Rich;

use super::error::ExpressionError;
use super::token::{KEYWORDS, Token};
use crate::nearest::nearest;

type Words = [(Token, Range<usize>)];

/// The message for the place where the parser could not go on.
pub(super) fn explain(text: &str, tokens: &Words, error: &Rich<'_, Token>) -> ExpressionError {
    let at = error.span().start;
    let index = tokens.iter().position(|(_, range)| range.start >= at).unwrap_or(tokens.len());
    let previous = index.checked_sub(1).and_then(|index| tokens.get(index));
    let mistake = match tokens.get(index) {
        Some(found) => unexpected(text, previous, found, tokens.get(index + 1)),
        None => missing(text, previous),
    };
    let mut expected: Vec<String> = error.expected().map(ToString::to_string).collect();
    expected.retain(|pattern| pattern != "end of input" && pattern != "something else");
    expected.sort();
    expected.dedup();
    match (&mistake.help, expected.as_slice()) {
        (Some(_), _) | (None, []) => mistake,
        (None, expected) => mistake.with_help(format!("expected {}", listed(expected))),
    }
}

/// The text ended too early.
fn missing(text: &str, previous: Option<&(Token, Range<usize>)>) -> ExpressionError {
    let Some((token, range)) = previous else {
        return ExpressionError::new(0..text.len(), "expected a condition, found nothing")
            .with_label("nothing is written")
            .with_help("a condition compares a metric: `error_rate > 2% for 5m`");
    };
    let written = text.get(range.clone()).unwrap_or_default();
    let message = if matches!(token, Token::For | Token::Over) {
        format!("`{written}` has no duration after it")
    } else if token.wants_more() {
        format!("`{written}` has no right side")
    } else {
        "the condition ends too early".to_owned()
    };
    ExpressionError::new(range.clone(), message).with_label("nothing follows it")
}

/// A word stands where it cannot.
fn unexpected(
    text: &str,
    previous: Option<&(Token, Range<usize>)>,
    (token, range): &(Token, Range<usize>),
    next: Option<&(Token, Range<usize>)>,
) -> ExpressionError {
    let written = text.get(range.clone()).unwrap_or_default();
    let error = |message: String| ExpressionError::new(range.clone(), message);
    let wants_value = previous.is_none_or(|(previous, _)| previous.wants_more());
    let wanting = previous.map(|(token, range)| (*token, text.get(range.clone()).unwrap_or_default(), range.clone()));
    match (token, wanting) {
        (_, Some((Token::For | Token::Over, keyword, _))) => {
            error(format!("`{keyword}` is followed by a duration, found `{written}`"))
                .with_help(format!("for example `{keyword} 5m`"))
        }
        (Token::Minus, _) if wants_value => error("`-` is a subtraction, and nothing stands before it".to_owned())
            .with_help("quantities have no sign; subtract from zero: `0 - 5`"),
        (_, Some((operator, sign, place))) if wants_value && operator.wants_more() && token.wants_more() => {
            error(format!("`{written}` follows `{sign}`, and a value was expected"))
                .with_place(place, "nothing stands after this")
        }
        (_, None) if token.wants_more() => {
            error(format!("`{written}` has no left side")).with_label("nothing stands before it")
        }
        (Token::Word, Some((_, "=", _))) => error(format!("the value of a label is a text, found `{written}`"))
            .with_fix(text, range.clone(), &format!("\"{written}\"")),
        (Token::Word, _) if !wants_value => misplaced_word(text, written, range, next),
        (
            Token::Quantity,
            Some((Token::Quantity | Token::Word | Token::Group(_) | Token::CloseLabels, before, place)),
        ) => {
            let message = format!("nothing joins `{written}` to what stands before it");
            error(message).with_place(place, format!("`{before}` ends here"))
        }
        (Token::Text, _) => error(format!("the text `{written}` stands alone"))
            .with_help("texts are values of labels: `queue.depth{queue=\"orders\"}`"),
        (_, _) => error(format!("unexpected `{written}`")),
    }
}

/// A word where an operator should be: perhaps a keyword with a slip.
fn misplaced_word(
    text: &str,
    written: &str,
    range: &Range<usize>,
    next: Option<&(Token, Range<usize>)>,
) -> ExpressionError {
    let duration_follows = matches!(next, Some((Token::Quantity, _)));
    let near_duration = nearest(written, ["for", "over"].into_iter()).filter(|_| duration_follows);
    let error = ExpressionError::new(range.clone(), format!("unexpected word `{written}`"));
    match near_duration.or_else(|| nearest(written, KEYWORDS.into_iter())) {
        Some(keyword) => error.with_label(format!("did you mean `{keyword}`?")).with_fix(text, range.clone(), keyword),
        None => error,
    }
}

/// `a, b or c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
