//! What people write who think of another language: lists in brackets, commas, `key: value`, `# comments`.
//!
//! Each is told once, with its repair, and read as it was meant.

use super::class::is_space;
use super::document::Range;
use super::habit;
use super::mistake;
use super::parser::Parser;
use super::token::{Continuation, TokenKind};
use super::value::Lexeme;

/// Whether what stands here is an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// It is to be read.
    Entry,
    /// It meant nothing and was passed.
    Passed,
}

/// How far a quote may be from the one before it, and how many are told together: what is looked at twice stays small.
const NEAR: usize = 512;
const MOST_QUOTES: usize = 32;

impl Parser<'_> {
    /// `# why`: passed up to the end of the line, and told with the others of the file.
    pub(super) fn hash_comment(&mut self) {
        let start = self.token.start;
        self.problems.push_hash(self.span(start, start + 1));
        while !matches!(self.token.kind, TokenKind::Newline | TokenKind::End) {
            self.advance();
        }
    }

    /// Whether a name is the key of a property: `=` and a value touch it.
    pub(super) fn is_property(&self, name: &Lexeme) -> bool {
        let behind = self.text.get(self.token.end as usize..).and_then(|rest| rest.chars().next());
        self.token.kind == TokenKind::Equals
            && self.token.start == name.range.end
            && behind.is_some_and(|next| !next.is_whitespace() && next != ';')
    }

    /// A property where a node should start, the parser being at its `=`: read as a node with that value.
    pub(super) fn stray_property(&mut self, key: &Lexeme, nodes: usize) {
        let equals = self.here();
        self.advance();
        self.is_free = true;
        let span = self.span(key.range.start, self.token.end.max(equals.end));
        let problem = habit::stray_property(span, self.slice(key.range), self.span(equals.start, equals.end));
        self.problems.push_stray(problem, nodes);
    }

    /// Tells if nothing but a comma, or nothing at all, separates this entry from what is before it.
    pub(super) fn separation(&mut self) -> Reading {
        if !self.is_glued() || self.is_open_string() || self.token.kind == TokenKind::RightParen {
            return Reading::Entry;
        }
        let text = self.slice(self.here());
        let here = self.span(self.token.start, self.token.end);
        let before = self.text.get(..self.last_end as usize).unwrap_or_default();
        if self.token.kind == TokenKind::Word && before.ends_with('"') && self.inner_quotes() == Reading::Passed {
            return Reading::Passed;
        }
        let is_string = matches!(self.token.kind, TokenKind::Quoted(_) | TokenKind::Raw(_));
        if self.token.kind == TokenKind::Word && text.starts_with(',') {
            self.problems.push(habit::comma(here, text));
            if text.bytes().all(|byte| byte == b',') {
                self.advance();
                self.is_free = true;
                return Reading::Passed;
            }
        } else if is_string && before.ends_with(':') {
            let colon = self.span(self.last_end - 1, self.last_end);
            self.problems.push(habit::colon(colon));
        } else {
            self.problems.push(mistake::missing_space(here, text));
        }
        Reading::Entry
    }

    /// `LOG_LEVEL "info", REGION "eu"`, the parser being at the comma: passes it where a node with a text begins behind it.
    pub(super) fn comma_before_node(&mut self) -> bool {
        if self.token.kind != TokenKind::Word || self.slice(self.here()) != "," || !self.is_glued() {
            return false;
        }
        let behind = self.text.get(self.token.end as usize..).unwrap_or_default().trim_start_matches(is_space);
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let value = behind.trim_start_matches(is_name);
        let text = value.trim_start_matches(is_space);
        let is_node = value.len() < behind.len() && text.len() < value.len() && text.starts_with('"');
        if is_node {
            self.problems.push(habit::comma_between_nodes(self.span(self.token.start, self.token.end)));
            self.advance();
            self.is_free = true;
        }
        is_node
    }

    /// `"say "hi" to all"`, the parser being behind the first inner quote: tells it and passes what belongs to the text.
    fn inner_quotes(&mut self) -> Reading {
        let Some((start, end, quotes)) = self.meant_text() else { return Reading::Entry };
        self.problems.push(habit::inner_quotes(self.span(start, end), &quotes));
        while self.token.start < end && !matches!(self.token.kind, TokenKind::Newline | TokenKind::End) {
            self.advance();
        }
        self.is_free = true;
        Reading::Passed
    }

    /// The text that a string with unescaped quotes was meant to be, and where those are.
    fn meant_text(&self) -> Option<(u32, u32, Vec<u32>)> {
        let bytes = self.text.as_bytes();
        let escaped = |at: usize| {
            bytes.get(..at).map_or(0, |before| before.iter().rev().take_while(|byte| **byte == b'\\').count()) % 2 == 1
        };
        let mut opener = self.last_end.checked_sub(1)? as usize;
        let line = self.line as usize;
        let start = (line..opener).rev().find(|at| bytes.get(*at) == Some(&b'"') && !escaped(*at))?;
        let next = |from: usize| {
            let line = bytes.get(from..)?.iter().take(NEAR).take_while(|byte| **byte != b'\n');
            line.enumerate().find(|(at, byte)| **byte == b'"' && !escaped(from + at)).map(|(at, _)| from + at)
        };
        let mut quotes = Vec::new();
        loop {
            let closer = next(opener + 1)?;
            let inner = self.text.get(opener + 1..closer)?;
            if inner.is_empty() || inner != inner.trim() || inner.ends_with('=') {
                return None;
            }
            if quotes.len() == MOST_QUOTES {
                return None;
            }
            quotes.extend([opener as u32, closer as u32]);
            let last = next(closer + 1)?;
            if bytes.get(last + 1).is_none_or(|byte| byte.is_ascii_whitespace() || b";})".contains(byte)) {
                return Some((start as u32, last as u32 + 1, quotes));
            }
            opener = last;
        }
    }

    /// Whether a `[` stands here.
    pub(super) fn is_at_bracket(&self) -> bool {
        self.token.kind == TokenKind::Illegal && self.slice(self.here()) == "["
    }

    /// `["a", "b"]`, the parser being at the bracket: gives the values. The list may go on over lines, but only where
    /// a comma or a bracket says so.
    pub(super) fn list(&mut self) -> Vec<Lexeme> {
        let start = self.token.start;
        let mut values: Vec<Lexeme> = Vec::new();
        let mut depth = 0_usize;
        let mut goes_on = true;
        loop {
            self.node_space();
            let range = self.here();
            match self.token.kind {
                TokenKind::Illegal if self.slice(range) != "/" => {
                    let is_opening = self.is_at_bracket();
                    depth = if is_opening { depth + 1 } else { depth.saturating_sub(1) };
                    self.advance();
                    goes_on = is_opening;
                    if depth == 0 {
                        break;
                    }
                }
                TokenKind::Newline | TokenKind::LineComment if goes_on || self.bracket_follows() => {
                    goes_on = true;
                    self.pass_line();
                }
                TokenKind::Word if self.slice(range).bytes().all(|byte| byte == b',') => {
                    self.advance();
                    goes_on = true;
                }
                TokenKind::Word | TokenKind::Hash => {
                    let mut value = self.word();
                    goes_on = self.slice(value.range).ends_with(',');
                    value.trim_commas(self.text);
                    values.push(value);
                }
                TokenKind::Quoted(_)
                | TokenKind::Raw(_)
                | TokenKind::LegacyRaw(_)
                | TokenKind::Illegal
                | TokenKind::Backslash(Continuation::Stray) => {
                    let Some(value) = self.lexeme() else { break };
                    goes_on = false;
                    values.push(value);
                }
                TokenKind::Newline
                | TokenKind::LineComment
                | TokenKind::Space
                | TokenKind::BlockComment(_)
                | TokenKind::Slashdash
                | TokenKind::LeftBrace
                | TokenKind::RightBrace
                | TokenKind::LeftParen
                | TokenKind::RightParen
                | TokenKind::Semicolon
                | TokenKind::Equals
                | TokenKind::Backslash(Continuation::Line)
                | TokenKind::Forbidden
                | TokenKind::End => break,
            }
        }
        self.tell_list(start, &values);
        values
    }

    fn tell_list(&mut self, start: u32, values: &[Lexeme]) {
        let span = self.span(start, self.last_end);
        let written: Vec<&str> = values.iter().map(|value| self.slice(value.range)).collect();
        self.problems.push(habit::list(span, &written));
        self.is_free = true;
    }

    /// Whether the next thing behind line breaks is a `]`.
    fn bracket_follows(&self) -> bool {
        let rest = self.text.get(self.token.end as usize..).unwrap_or_default();
        self.token.kind == TokenKind::Newline && rest.trim_start().starts_with(']')
    }

    /// Goes on to the next line; the list ends with its last value for all that.
    fn pass_line(&mut self) {
        let end = self.last_end;
        self.advance();
        self.last_end = end;
        self.is_free = true;
    }
}

impl Lexeme {
    /// Takes off the commas at the end of a bare word.
    fn trim_commas(&mut self, text: &str) {
        let Range { start, end } = self.range;
        let written = text.get(start as usize..end as usize).unwrap_or_default();
        let trimmed = written.trim_end_matches(',');
        if !trimmed.is_empty() {
            let length = trimmed.len() as u32;
            self.range.end = start + length;
            self.text.length = length;
        }
    }
}
