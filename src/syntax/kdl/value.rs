//! Names and values: words, strings, numbers and keywords.

use super::class::{is_number, is_reserved, looks_numeric};
use super::document::{IN_POOL, Range, Slice, ValueKind};
use super::mistake;
use super::parser::Parser;
use super::problem::{MOST, Relic};
use super::string::{Mistake, MistakeKind, Piece, decode};
use super::token::{Continuation, Quote, TokenKind};

/// A word or string, before it is known what it is used for.
pub(super) struct Lexeme {
    /// What it means, if it is text.
    pub(super) text: Slice,
    /// Where it is written.
    pub(super) range: Range,
    form: Form,
}

/// How a lexeme is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A run of identifier characters.
    Bare,
    /// A string in quotes.
    Quoted,
    /// `#word`.
    Keyword,
    /// A word with characters that need quotes, about which the user was told.
    Told,
}

impl Lexeme {
    pub(super) fn is_bare(&self) -> bool {
        self.form == Form::Bare
    }

    pub(super) fn is_keyword(&self) -> bool {
        self.form == Form::Keyword
    }
}

impl Parser<'_> {
    /// The word or string at which the parser stands; none, and it stays there, at anything else.
    pub(super) fn lexeme(&mut self) -> Option<Lexeme> {
        let range = self.here();
        match self.token.kind {
            TokenKind::Word | TokenKind::Hash => {
                let word = self.word();
                Some(if self.touches_illegal() { self.illegal(range) } else { word })
            }
            TokenKind::Quoted(quote) => Some(self.string(quote, 1)),
            TokenKind::Raw(quote) => {
                self.problems.modern += 1;
                let hashes = self.slice(range).bytes().take_while(|&byte| byte == b'#').count() as u32;
                Some(self.string(quote, 1 + hashes))
            }
            TokenKind::LegacyRaw(quote) => {
                let hashes = self.slice(range).bytes().skip(1).take_while(|&byte| byte == b'#').count() as u32;
                let problem = mistake::legacy_raw(self.span(range.start, range.end), self.slice(range));
                self.problems.push_relic(Relic::Certain, problem);
                Some(self.string(quote, 1 + hashes))
            }
            TokenKind::Illegal | TokenKind::Backslash(Continuation::Stray) => {
                self.advance();
                Some(self.illegal(range))
            }
            TokenKind::Space
            | TokenKind::Newline
            | TokenKind::LineComment
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
            | TokenKind::End => None,
        }
    }

    /// The word or `#word` at which the parser stands, whatever touches it.
    pub(super) fn word(&mut self) -> Lexeme {
        let range = self.here();
        let form = if self.token.kind == TokenKind::Hash { Form::Keyword } else { Form::Bare };
        self.advance();
        Lexeme { text: Slice { start: range.start, length: range.end - range.start }, range, form }
    }

    fn touches_illegal(&self) -> bool {
        self.is_glued()
            && matches!(
                self.token.kind,
                TokenKind::Illegal | TokenKind::Hash | TokenKind::Backslash(Continuation::Stray)
            )
    }

    /// A word with characters that no word may have: read to the next blank, taken as it stands.
    fn illegal(&mut self, mut range: Range) -> Lexeme {
        while self.is_glued()
            && matches!(
                self.token.kind,
                TokenKind::Illegal | TokenKind::Hash | TokenKind::Backslash(Continuation::Stray) | TokenKind::Word
            )
        {
            self.advance();
        }
        range.end = self.last_end;
        let text = Slice { start: range.start, length: range.end - range.start };
        let problem = mistake::needs_quotes(self.span(range.start, range.end), self.slice(range));
        self.problems.push(problem);
        Lexeme { text, range, form: Form::Told }
    }

    /// A string whose quotes and hashes take `frame` bytes at either end, if it is on one line.
    fn string(&mut self, quote: Quote, frame: u32) -> Lexeme {
        let range = self.here();
        let is_legacy = matches!(self.token.kind, TokenKind::LegacyRaw(_));
        let is_raw = is_legacy || matches!(self.token.kind, TokenKind::Raw(_));
        let opening = frame + u32::from(is_legacy);
        let inner = |closing: u32| Slice {
            start: range.start + opening,
            length: (range.end - range.start).saturating_sub(opening + closing),
        };
        let span = self.span(range.start, range.end);
        let text = match quote {
            Quote::Plain => inner(frame),
            Quote::Escaped | Quote::MultiLine => self.decoded(range),
            Quote::BrokenLine => {
                if !is_legacy {
                    self.problems.push(mistake::string_over_lines(span, self.slice(range), is_raw));
                }
                inner(frame)
            }
            Quote::Open => {
                self.problems.push(mistake::open_string(span, self.slice(range)));
                self.note_swallowed();
                inner(0)
            }
            Quote::OpenMultiLine => {
                self.problems.push(mistake::open_multi_line(span, self.slice(range)));
                self.note_swallowed();
                let opening = frame + 2;
                Slice { start: range.start + opening, length: (range.end - range.start).saturating_sub(opening) }
            }
        };
        self.advance();
        Lexeme { text, range, form: Form::Quoted }
    }

    /// Unescapes a string into the pool and tells what is wrong in it.
    fn decoded(&mut self, range: Range) -> Slice {
        let start = self.pool.len();
        let token = self.slice(range);
        let pool = &mut self.pool;
        let mut mistakes: Vec<Mistake> = Vec::new();
        decode(token, |piece| match piece {
            Piece::Text(_, text) => pool.push_str(text),
            Piece::Character { character, .. } => pool.push(character),
            Piece::Mistake(mistake) if mistakes.len() < MOST => mistakes.push(mistake),
            Piece::Mistake(_) => {}
        });
        let slice = Slice { start: start as u32, length: (self.pool.len() - start) as u32 | IN_POOL };
        self.string_mistakes(range, &mistakes);
        slice
    }

    /// Tells what is wrong in a string: each escape, and once what is wrong with its lines.
    fn string_mistakes(&mut self, range: Range, mistakes: &[Mistake]) {
        let place = |found: &Mistake| {
            let start = range.start + found.at as u32;
            self.span(start, start + found.length as u32)
        };
        let string = self.span(range.start, range.end);
        let lines: Vec<_> = mistakes.iter().filter(|found| found.kind == MistakeKind::Indentation).map(place).collect();
        let token = self.slice(range);
        let mut found_problems = Vec::new();
        for found in mistakes {
            let span = place(found);
            let written = token.get(found.at..found.at + found.length).unwrap_or_default();
            match found.kind {
                MistakeKind::Solidus => found_problems.push((Some(Relic::Certain), mistake::solidus(span))),
                MistakeKind::UnknownEscape => found_problems.push((None, mistake::bad_escape(span, written))),
                MistakeKind::BadUnicode => found_problems.push((None, mistake::bad_unicode(span, written))),
                MistakeKind::OpeningLine => found_problems.push((None, mistake::opening_line(span, token))),
                MistakeKind::ClosingLine => {
                    let end = self.span(string.end.saturating_sub(3).max(string.start), string.end);
                    found_problems.push((None, mistake::closing_line(end, string.at_start())));
                }
                MistakeKind::Indentation => {}
            }
        }
        if let Some((first, others)) = lines.split_first() {
            let closing = self.span(string.end.saturating_sub(3).max(string.start), string.end);
            found_problems.push((None, mistake::indentation(*first, others, closing)));
        }
        for (relic, problem) in found_problems {
            match relic {
                Some(relic) => self.problems.push_relic(relic, problem),
                None => self.problems.push(problem),
            }
        }
    }

    /// What a lexeme is as a value; tells of keywords without `#` and of numbers that are none.
    pub(super) fn scalar(&mut self, value: &Lexeme) -> (ValueKind, Slice) {
        let text = self.slice(value.range);
        let span = self.span(value.range.start, value.range.end);
        match value.form {
            Form::Quoted => (ValueKind::Quoted, value.text),
            Form::Told => (ValueKind::Bare, value.text),
            Form::Keyword => {
                self.problems.modern += 1;
                let kind = text.strip_prefix('#').and_then(keyword);
                if kind.is_none() {
                    self.problems.push(mistake::unknown_keyword(span, text));
                }
                (kind.unwrap_or(ValueKind::Bare), value.text)
            }
            Form::Bare if looks_numeric(text) => {
                if is_number(text) {
                    return (ValueKind::Number, value.text);
                }
                self.problems.push(mistake::bad_number(span, text));
                (ValueKind::Bare, value.text)
            }
            Form::Bare if is_reserved(text) => {
                let problem = mistake::bare_keyword(span, text);
                if matches!(text, "true" | "false" | "null") {
                    self.problems.push_relic(Relic::Keyword, problem);
                } else {
                    self.problems.push(problem);
                }
                (keyword(text).unwrap_or(ValueKind::Bare), value.text)
            }
            Form::Bare => (ValueKind::Bare, value.text),
        }
    }
}

/// The value that a keyword without its `#` stands for.
fn keyword(text: &str) -> Option<ValueKind> {
    Some(match text {
        "true" => ValueKind::True,
        "false" => ValueKind::False,
        "null" => ValueKind::Null,
        "inf" => ValueKind::Infinity,
        "-inf" => ValueKind::NegativeInfinity,
        "nan" => ValueKind::NotANumber,
        _ => return None,
    })
}
