//! The words of a condition: logos tokens, with quantities read as a whole.

use std::fmt;
use std::ops::Range;

use logos::{Lexer, Logos};

use super::error::ExpressionError;
use super::tree::Operator;
use crate::nearest::nearest;
use crate::value::Quantity;

/// The words that are no metric and no noun.
pub(super) const KEYWORDS: [&str; 5] = ["and", "for", "not", "or", "over"];

/// What a foreign sign is written as here.
type Meant = &'static str;

/// One word of a condition.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n]+")]
pub(super) enum Token {
    /// A number with its units; the text decides what it is.
    #[regex(r"[0-9$€£]", quantity)]
    Quantity,
    /// A metric, or the name of a label.
    #[regex(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")]
    Word,
    /// A value of a label.
    #[regex(r#""([^"\\]|\\.)*""#)]
    Text,
    #[token("and")]
    And,
    #[token("or")]
    Or,
    #[token("not")]
    Not,
    #[token("for")]
    For,
    #[token("over")]
    Over,
    #[token(">", |_| Operator::Greater)]
    #[token(">=", |_| Operator::GreaterOrEqual)]
    #[token("<", |_| Operator::Less)]
    #[token("<=", |_| Operator::LessOrEqual)]
    #[token("==", |_| Operator::Equal)]
    #[token("!=", |_| Operator::NotEqual)]
    Compare(Operator),
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("(")]
    Open,
    #[token(")")]
    Close,
    /// Parentheses that are parsed already; the lexer never makes one.
    Group(usize),
    #[token("{")]
    OpenLabels,
    #[token("}")]
    CloseLabels,
    #[token(",")]
    Comma,
    /// Between a label and its value only.
    #[token("=")]
    Equals,
    /// What other languages write, and what is written here instead.
    #[token("&&", |_| "and")]
    #[token("&", |_| "and")]
    #[token("||", |_| "or")]
    #[token("|", |_| "or")]
    #[token("!", |_| "not")]
    #[token("=>", |_| ">=")]
    #[token("=<", |_| "<=")]
    #[token("<>", |_| "!=")]
    #[token("===", |_| "==")]
    #[token("!==", |_| "!=")]
    #[token("≥", |_| ">=")]
    #[token("≤", |_| "<=")]
    #[token("≠", |_| "!=")]
    #[token("×", |_| "*")]
    #[token("÷", |_| "/")]
    #[token("–", |_| "-")]
    #[token("−", |_| "-")]
    #[token("AND", |_| "and")]
    #[token("OR", |_| "or")]
    #[token("NOT", |_| "not")]
    #[token("FOR", |_| "for")]
    #[token("OVER", |_| "over")]
    Foreign(Meant),
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Token::Quantity => "a quantity",
            Token::Word => "a metric",
            Token::Text => "a text",
            Token::And => "`and`",
            Token::Or => "`or`",
            Token::Not => "`not`",
            Token::For => "`for`",
            Token::Over => "`over`",
            Token::Compare(_) => "a comparison",
            Token::Plus => "`+`",
            Token::Minus => "`-`",
            Token::Star => "`*`",
            Token::Slash => "`/`",
            Token::Open => "`(`",
            Token::Close => "`)`",
            Token::Group(_) => "parentheses",
            Token::OpenLabels => "`{`",
            Token::CloseLabels => "`}`",
            Token::Comma => "`,`",
            Token::Equals => "`=`",
            Token::Foreign(meant) => meant,
        })
    }
}

impl Token {
    /// Whether something must follow it.
    pub(super) fn wants_more(self) -> bool {
        match self {
            Token::And | Token::Or | Token::Not | Token::For | Token::Over => true,
            Token::Compare(_) | Token::Plus | Token::Minus | Token::Star | Token::Slash => true,
            Token::Quantity | Token::Word | Token::Text | Token::Open | Token::Close | Token::Group(_) => false,
            Token::OpenLabels | Token::CloseLabels | Token::Comma | Token::Equals | Token::Foreign(_) => false,
        }
    }
}

/// Splits a text into words, or says which characters are none.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, ExpressionError> {
    let mut tokens = Vec::new();
    for (token, range) in Token::lexer(text).spanned() {
        let Ok(token) = token else { return Err(no_word(text, range)) };
        if token == Token::Quantity {
            let written = text.get(range.clone()).unwrap_or_default();
            if written.starts_with('$') && text.get(range.end..).is_some_and(|rest| rest.starts_with('{')) {
                return Err(template(text, range));
            }
            // The quantity is read here for its mistakes, which are told before those of the grammar.
            Quantity::parse(written)
                .map_err(|error| ExpressionError::of_value(error, text, range.start, range.len()))?;
        }
        tokens.push((token, range));
    }
    Ok(tokens)
}

/// Characters that begin no word.
fn no_word(text: &str, range: Range<usize>) -> ExpressionError {
    let rest = text.get(range.start..).unwrap_or_default();
    let first = rest.chars().next().unwrap_or_default();
    let one = range.start..range.start + first.len_utf8();
    if first == '"' {
        return ExpressionError::new(one, "this text has no end")
            .with_label("begins here")
            .with_help("close it with `\"`");
    }
    if first == '\'' {
        return ExpressionError::new(one, "a text stands in double quotes")
            .with_help("in KDL write the condition as a raw string: `#\"queue.depth{queue=\"orders\"} > 5\"#`");
    }
    if first.is_alphabetic() || first == '_' {
        let length = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '.');
        let word = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        let place = range.start..range.start + word.len();
        let lower = word.to_lowercase();
        let error =
            ExpressionError::new(place.clone(), format!("unknown word `{word}`")).with_label("no word of a condition");
        if let Some(keyword) = nearest(&lower, KEYWORDS.into_iter()) {
            return error.with_fix(text, place, keyword);
        }
        return error.with_help("metrics are written in small letters, digits, `_` and `.`: `latency.p95`");
    }
    let shown = if first.is_control() { format!("U+{:04X}", u32::from(first)) } else { first.to_string() };
    let help = match first {
        '#' => "comments stand outside of the string, behind `//`",
        '[' | ']' => "code of a metrics backend is passed on with its type before the string: `(promql)\"…\"`",
        _ => "a condition compares metrics with quantities: `error_rate > 2% for 5m`",
    };
    ExpressionError::new(one, format!("`{shown}` does not belong in a condition")).with_help(help)
}

/// `${…}`, which conditions do not expand.
fn template(text: &str, range: Range<usize>) -> ExpressionError {
    let rest = text.get(range.start..).unwrap_or_default();
    let end = range.start + rest.find('}').map_or(rest.len(), |at| at + 1);
    ExpressionError::new(range.start..end, "a condition is no template")
        .with_label("is not replaced here")
        .with_help("write the number itself")
}

/// Takes the whole quantity whose first character is read: digits, unit, and every `/unit`.
fn quantity(lexer: &mut Lexer<'_, Token>) {
    let length = quantity_length(lexer.remainder());
    lexer.bump(length);
}

/// How much of the rest belongs to the quantity.
fn quantity_length(rest: &str) -> usize {
    let glued = |at: usize, letter: char| {
        let point = letter == '.'
            && rest.get(at + 1..).is_some_and(|next| next.starts_with(|next: char| next.is_ascii_digit()));
        letter.is_ascii_alphanumeric() || letter == '_' || letter == 'µ' || point
    };
    let mut at = rest.char_indices().find(|&(at, letter)| !glued(at, letter)).map_or(rest.len(), |(at, _)| at);
    if rest.get(at..).is_some_and(|rest| rest.starts_with('%')) {
        at += 1;
    }
    let number = rest.get(..at).unwrap_or_default();
    let last = number.chars().last();
    let bare =
        last.is_none_or(|last| last.is_ascii_digit()) && !number.contains(|letter: char| letter.is_ascii_alphabetic());
    if bare || matches!(last, Some('k' | 'M')) {
        at += unit_length(rest.get(at..).unwrap_or_default());
    }
    loop {
        let after = rest.get(at..).unwrap_or_default();
        let Some(unit) = after.strip_prefix('/') else { return at };
        let word = word_length(unit);
        if word == 0 || is_metric(unit.get(word..).unwrap_or_default()) {
            return at;
        }
        at += 1 + word;
    }
}

/// The length of a unit that stands apart from its number, with the spaces before it; 0 if there is none.
fn unit_length(rest: &str) -> usize {
    let unit = rest.trim_start_matches(' ');
    let spaces = rest.len() - unit.len();
    if unit.starts_with('%') {
        return spaces + 1;
    }
    let length = word_length(unit);
    let (word, after) = unit.split_at(length);
    if length == 0 || KEYWORDS.contains(&word) || is_metric(after) {
        return 0;
    }
    // `5 fro 3m`: no unit is followed by a value, so the word is a keyword with a slip in it.
    let next = after.trim_start_matches([' ', '\t', '\r', '\n']);
    let next_word = next.get(..word_length(next)).unwrap_or_default();
    let value_follows = next.starts_with(|next: char| next.is_ascii_digit() || matches!(next, '$' | '€' | '£' | '('))
        || !next_word.is_empty() && (next_word == "not" || !KEYWORDS.contains(&next_word));
    let slip = value_follows && nearest(word, KEYWORDS.into_iter()).is_some();
    if slip { 0 } else { spaces + length }
}

/// The length of the word a text begins with.
fn word_length(text: &str) -> usize {
    if !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return 0;
    }
    text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len())
}

/// Whether the word before this text is a metric, which has further segments or labels.
fn is_metric(after: &str) -> bool {
    let segment =
        after.strip_prefix('.').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase()));
    segment || after.starts_with('{')
}
