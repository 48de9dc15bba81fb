//! What is told about the words of a condition before they are parsed: pairs, depth, chains and foreign signs.
//!
//! The tree is as deep as the parentheses, so their depth is counted here, over the words, first.

use std::ops::Range;

use super::error::ExpressionError;
use super::token::Token;

/// How deep parentheses may be nested.
pub(super) const DEEPEST: usize = 64;

/// An open pair.
struct Opened {
    token: Token,
    range: Range<usize>,
    /// The comparison that stands in it since the last `and` or `or`.
    compared: Option<Range<usize>>,
}

/// Refuses what the grammar would tell badly, or could not survive.
pub(super) fn check(text: &str, tokens: &[(Token, Range<usize>)]) -> Result<(), ExpressionError> {
    let mut opened: Vec<Opened> = Vec::new();
    let mut compared: Option<Range<usize>> = None;
    let mut previous: Option<(Token, Range<usize>)> = None;
    for (token, range) in tokens {
        if previous.as_ref().is_some_and(|(previous, _)| ends_value(*previous)) && begins_value(*token) {
            // A joining word is missing or misspelled, and the grammar tells that better than a chain.
            compared = None;
        }
        match token {
            Token::Open | Token::OpenLabels => {
                if opened.len() == DEEPEST {
                    return Err(ExpressionError::new(range.clone(), format!("nested more than {DEEPEST} deep"))
                        .with_label("one too many")
                        .with_help("`and`, `or` and several `when` need no parentheses"));
                }
                let outside = compared.take();
                opened.push(Opened { token: *token, range: range.clone(), compared: outside });
            }
            Token::Close | Token::CloseLabels => match opened.pop() {
                Some(pair) if (pair.token == Token::Open) == (*token == Token::Close) => compared = pair.compared,
                Some(pair) => return Err(unclosed(&pair, range.clone())),
                None => {
                    return Err(ExpressionError::new(range.clone(), format!("{token} closes nothing"))
                        .with_label("nothing is open here")
                        .with_help("remove it, or open it before"));
                }
            },
            Token::And | Token::Or => compared = None,
            Token::Compare(_) => {
                if let Some(first) = compared.replace(range.clone()) {
                    return Err(chained(text, first, range.clone()));
                }
            }
            Token::Equals if opened.last().is_none_or(|pair| pair.token != Token::OpenLabels) => {
                return Err(ExpressionError::new(range.clone(), "`=` is no comparison")
                    .with_label("write `==`")
                    .with_fix(text, range.clone(), "=="));
            }
            Token::Foreign(meant) => return Err(foreign(text, range.clone(), meant, &opened)),
            Token::Not => {
                if let Some((Token::Not, first)) = &previous {
                    return Err(ExpressionError::new(first.start..range.end, "`not not` says nothing")
                        .with_label("these cancel out")
                        .with_help("leave both out, or put the inner one in parentheses"));
                }
            }
            Token::Quantity | Token::Word | Token::Text | Token::Group(_) | Token::For | Token::Over => {}
            Token::Plus | Token::Minus | Token::Star | Token::Slash | Token::Comma | Token::Equals => {}
        }
        previous = Some((*token, range.clone()));
    }
    match opened.pop() {
        Some(pair) => Err(unclosed(&pair, text.len()..text.len())),
        None => Ok(()),
    }
}

fn ends_value(token: Token) -> bool {
    matches!(token, Token::Quantity | Token::Word | Token::Close | Token::CloseLabels)
}

fn begins_value(token: Token) -> bool {
    matches!(token, Token::Quantity | Token::Word | Token::Open)
}

fn unclosed(pair: &Opened, end: Range<usize>) -> ExpressionError {
    let closer = if pair.token == Token::Open { ")" } else { "}" };
    ExpressionError::new(pair.range.clone(), format!("{} is never closed", pair.token))
        .with_label("opened here")
        .with_place(end, format!("`{closer}` was expected here at the latest"))
        .with_help(format!("close it with `{closer}`"))
}

fn chained(text: &str, first: Range<usize>, second: Range<usize>) -> ExpressionError {
    let sign = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default().to_owned();
    let between = text.get(first.end..second.start).unwrap_or_default().trim();
    if first.end == second.start {
        let both = first.start..second.end;
        return ExpressionError::new(both.clone(), format!("`{}` is no comparison", sign(&both)))
            .with_label("one sign compares")
            .with_fix(text, both, &sign(&first));
    }
    let help = format!("compare twice: `… {} {between} and {between} {} …`", sign(&first), sign(&second));
    ExpressionError::new(second, "comparisons cannot be chained")
        .with_label("the second comparison")
        .with_place(first, "the first comparison")
        .with_help(help)
}

fn foreign(text: &str, range: Range<usize>, meant: &str, opened: &[Opened]) -> ExpressionError {
    let written = text.get(range.clone()).unwrap_or_default();
    if opened.last().is_some_and(|pair| pair.token == Token::OpenLabels) {
        return ExpressionError::new(range, format!("`{written}` does not belong between a label and its value"))
            .with_help("labels are compared with `=` only: `{queue=\"orders\"}`");
    }
    // Words need spaces around them where the sign had none.
    let is_word = meant.starts_with(|first: char| first.is_ascii_lowercase());
    let glued =
        |neighbour: Option<char>| is_word && neighbour.is_some_and(|letter| !letter.is_whitespace() && letter != '(');
    let before = if glued(text.get(..range.start).and_then(|text| text.chars().last())) { " " } else { "" };
    let after = if glued(text.get(range.end..).and_then(|text| text.chars().next())) { " " } else { "" };
    ExpressionError::new(range.clone(), format!("`{written}` is written `{meant}` here"))
        .with_label(format!("write `{meant}`"))
        .with_fix(text, range, &format!("{before}{meant}{after}"))
}
