//! Finds the ends of the tokens that no regular expression describes: strings, nested comments, continued lines.
//!
//! Where an end is missing, the token ends where its reader would think it does, so that one slip of the pen does
//! not swallow the rest of the file. `Memory` keeps what is known to be absent, which bounds all the looking ahead.

use super::class::{is_newline, is_space, newline_length};
use super::token::{Continuation, Ending, Quote, TokenKind};
use logos::Lexer;

/// How many lines a string is looked for beyond the line on which it should have ended.
const LOOK_AHEAD_LINES: usize = 50;

/// What the lexer knows about the text before it.
#[derive(Default)]
pub struct Memory {
    /// From here on no `"""` is followed by this many `#` or more.
    absent_closer: Option<usize>,
    /// A nested comment ran to the end of the file: from here on comments are taken not to nest.
    comments_do_not_nest: bool,
    /// Bytes looked at by the functions of this file.
    pub(super) scanned: u64,
    /// Those of them that did not become part of the token at hand, and so are looked at again.
    wasted: u64,
}

/// How often a text may be looked through in vain, in bytes per byte. Only texts with mistakes need any of it;
/// behind this limit an unclosed token ends where the next best end is, and if there is none, with the text.
const PATIENCE: u64 = 8;

impl Memory {
    fn is_patient(&self, length: usize) -> bool {
        self.wasted <= PATIENCE * length as u64 + 0x1_0000
    }

    /// Takes note of bytes looked at, of which the token takes `used`.
    fn looked(&mut self, seen: usize, used: usize) {
        self.scanned += seen as u64;
        self.wasted += seen.saturating_sub(used) as u64;
    }
}

/// Whether a backslash takes away the meaning of the next character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Read,
    None,
}

pub(super) fn block_comment(lexer: &mut Lexer<'_, TokenKind>) -> Ending {
    let rest = lexer.remainder();
    if let Some(length) = comment_length(rest.as_bytes(), &lexer.extras) {
        lexer.extras.looked(length, length);
        lexer.bump(length);
        return Ending::Closed;
    }
    // The nested comment runs to the end of the text: its first `*/` is the best guess.
    lexer.extras.comments_do_not_nest = true;
    let is_patient = lexer.extras.is_patient(lexer.source().len());
    let found = if is_patient { open_comment_end(lexer) } else { None };
    let length = found.unwrap_or(rest.len());
    lexer.extras.looked(rest.len(), length);
    lexer.bump(length);
    Ending::Open
}

/// Where a comment without its end ends nevertheless: at the first `*/`, or, if it starts within a word, as the `/*` of a
/// pattern does, with its line.
fn open_comment_end(lexer: &Lexer<'_, TokenKind>) -> Option<usize> {
    let rest = lexer.remainder();
    let before = lexer.source().get(..lexer.span().start).and_then(|before| before.chars().next_back());
    if before.is_some_and(super::class::is_identifier) {
        return Some(rest.find(is_newline).unwrap_or(rest.len()));
    }
    let end = first_comment_end(rest.as_bytes())?;
    // Where it opens another one, that one ends there, and the line goes on with the outer comment.
    let is_inner = rest.get(..end).is_some_and(|comment| comment.contains("/*"));
    let line = rest.get(end..).map_or(0, |behind| behind.find(is_newline).unwrap_or(behind.len()));
    Some(if is_inner { end + line } else { end })
}

/// The bytes from behind `/*` to behind its `*/`.
fn comment_length(bytes: &[u8], memory: &Memory) -> Option<usize> {
    if memory.comments_do_not_nest {
        return first_comment_end(bytes);
    }
    let mut depth = 1_u32;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    None
}

fn first_comment_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == b"*/").map(|at| at + 2)
}

pub(super) fn continuation(lexer: &mut Lexer<'_, TokenKind>) -> Continuation {
    let text = lexer.remainder();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(is_space);
        let Some(comment) = rest.strip_prefix("/*") else { break };
        if !lexer.extras.is_patient(lexer.source().len()) {
            return Continuation::Stray;
        }
        let Some(length) = comment_length(comment.as_bytes(), &lexer.extras) else {
            lexer.extras.looked(comment.len(), 0);
            return Continuation::Stray;
        };
        rest = comment.get(length..).unwrap_or_default();
    }
    if rest.starts_with("//") {
        rest = rest.trim_start_matches(|character| !is_newline(character));
    }
    let newline = newline_length(rest.as_bytes(), 0);
    if newline == 0 && !rest.is_empty() {
        lexer.extras.looked(text.len() - rest.len(), 0);
        return Continuation::Stray;
    }
    lexer.extras.looked(text.len() - rest.len(), text.len() - rest.len());
    lexer.bump(text.len() - rest.len() + newline);
    Continuation::Line
}

pub(super) fn quoted(lexer: &mut Lexer<'_, TokenKind>) -> Quote {
    let rest = lexer.remainder();
    if rest.starts_with("\"\"") {
        lexer.bump(2);
        return multi_line(lexer, 0, Escapes::Read);
    }
    let bytes = rest.as_bytes();
    let mut at = 0;
    let mut shape = Quote::Plain;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                lexer.bump(at + 1);
                return shape;
            }
            b'\\' => {
                shape = Quote::Escaped;
                at += escape_length(rest, at);
            }
            0x0a..=0x0d | 0xc2 | 0xe2 if newline_length(bytes, at) > 0 => break,
            _ => at += 1,
        }
    }
    broken(lexer, at.min(bytes.len()), 0, Escapes::Read)
}

/// The bytes that the backslash at `at` takes with it: all blanks and line breaks behind it, or else one.
fn escape_length(text: &str, at: usize) -> usize {
    let Some(rest) = text.get(at + 1..) else { return 2 };
    let blanks = rest.len() - rest.trim_start_matches(|character| is_space(character) || is_newline(character)).len();
    1 + blanks.max(1)
}

pub(super) fn raw(lexer: &mut Lexer<'_, TokenKind>) -> Quote {
    let hashes = lexer.slice().len() - 1;
    if lexer.remainder().starts_with("\"\"") {
        lexer.bump(2);
        return multi_line(lexer, hashes, Escapes::None);
    }
    raw_line(lexer, hashes)
}

pub(super) fn legacy_raw(lexer: &mut Lexer<'_, TokenKind>) -> Quote {
    let hashes = lexer.slice().len() - 2;
    raw_line(lexer, hashes)
}

fn raw_line(lexer: &mut Lexer<'_, TokenKind>, hashes: usize) -> Quote {
    let bytes = lexer.remainder().as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let found = hashes_at(bytes, at + 1, hashes);
                if found == hashes {
                    lexer.bump(at + 1 + hashes);
                    return Quote::Plain;
                }
                at += 1 + found;
            }
            0x0a..=0x0d | 0xc2 | 0xe2 if newline_length(bytes, at) > 0 => break,
            _ => at += 1,
        }
    }
    broken(lexer, at, hashes, Escapes::None)
}

/// How many `#` stand at `at`, counted up to `limit`.
fn hashes_at(bytes: &[u8], at: usize, limit: usize) -> usize {
    bytes.iter().skip(at).take(limit).take_while(|&&byte| byte == b'#').count()
}

/// A single-quoted string that its line, up to byte `line_end`, does not close: either its writer meant it to go on over lines
/// (then one of the next lines closes it), or the closing quote was forgotten.
fn broken(lexer: &mut Lexer<'_, TokenKind>, line_end: usize, hashes: usize, escapes: Escapes) -> Quote {
    let bytes = lexer.remainder().as_bytes();
    let mut at = line_end;
    let lines = if lexer.extras.is_patient(lexer.source().len()) { LOOK_AHEAD_LINES } else { 0 };
    for _ in 0..lines {
        let newline = newline_length(bytes, at);
        if newline == 0 {
            break;
        }
        at += newline;
        let line_start = at;
        let (mut quotes, mut first) = (0_usize, None);
        while at < bytes.len() && newline_length(bytes, at) == 0 {
            match bytes.get(at) {
                Some(b'\\') if escapes == Escapes::Read && newline_length(bytes, at + 1) == 0 => at += 1,
                Some(b'"') => {
                    quotes += 1;
                    first = first.or(Some(at));
                }
                Some(_) | None => {}
            }
            at += 1;
        }
        at = at.min(bytes.len());
        lexer.extras.looked(at - line_start, 0);
        let Some(first) = first else { continue };
        let end = first + 1 + hashes_at(bytes, first + 1, hashes);
        let closes = end == first + 1 + hashes
            && quotes % 2 == 1
            && matches!(bytes.get(end), None | Some(b' ' | b'\t' | b'\n' | b'\r' | b';' | b'}' | b')' | b'{'));
        if closes {
            lexer.bump(end);
            return Quote::BrokenLine;
        }
        break;
    }
    lexer.bump(line_end);
    Quote::Open
}

/// The rest of a string between three quotes, the lexer being behind the opening ones.
fn multi_line(lexer: &mut Lexer<'_, TokenKind>, hashes: usize, escapes: Escapes) -> Quote {
    let rest = lexer.remainder();
    let bytes = rest.as_bytes();
    if hashes > 0 && hashes_at(bytes, 0, hashes) == hashes {
        lexer.bump(hashes);
        return Quote::MultiLine;
    }
    let is_absent = lexer.extras.absent_closer.is_some_and(|absent| hashes >= absent);
    let closer = if is_absent { None } else { triple_quote(rest, hashes, escapes) };
    let seen = if is_absent { 0 } else { closer.unwrap_or(rest.len()) };
    let is_patient = lexer.extras.is_patient(lexer.source().len());
    if let Some(at) = closer.filter(|&at| !is_patient || !opens_another(lexer, at)) {
        lexer.extras.looked(seen, seen);
        lexer.bump(at + 3 + hashes);
        return Quote::MultiLine;
    }
    if closer.is_none() {
        lexer.extras.absent_closer = Some(lexer.extras.absent_closer.unwrap_or(hashes).min(hashes));
    }
    let length = if is_patient { dedent(rest, opening_indent(lexer)) } else { rest.len() };
    lexer.extras.looked(seen + length, length);
    lexer.bump(length);
    Quote::OpenMultiLine
}

/// The place of the three quotes that close a string.
fn triple_quote(text: &str, hashes: usize, escapes: Escapes) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if escapes == Escapes::Read => at += escape_length(text, at),
            b'"' if bytes.get(at + 1) == Some(&b'"') && bytes.get(at + 2) == Some(&b'"') => {
                let found = hashes_at(bytes, at + 3, hashes);
                if found == hashes {
                    return Some(at);
                }
                // Four quotes in a row hold the closing three at their end, so one quote is passed at a time.
                at += if found > 0 { 3 + found } else { 1 };
            }
            _ => at += 1,
        }
    }
    None
}

/// Whether the three quotes at `at` rather open another string: they follow a word on a line that is indented no
/// deeper than the line of the opening quotes.
fn opens_another(lexer: &Lexer<'_, TokenKind>, at: usize) -> bool {
    let before = lexer.remainder().get(..at).unwrap_or_default();
    let Some(newline) = before.rfind(is_newline) else { return false };
    let line = before.get(newline..).unwrap_or_default().trim_start_matches(is_newline);
    let text = line.trim_start_matches(is_space);
    if text.is_empty() || text.contains('\\') || !line.ends_with([' ', '\t', '=', '(', '#']) {
        return false;
    }
    line.len() - text.len() <= opening_indent(lexer)
}

/// The indentation of the line on which the current token starts.
fn opening_indent(lexer: &Lexer<'_, TokenKind>) -> usize {
    let before = lexer.source().get(..lexer.span().start).unwrap_or_default();
    let line = before.rsplit(is_newline).next().unwrap_or_default();
    line.len() - line.trim_start_matches(is_space).len()
}

/// The bytes up to the line break before the first line that is not blank and not indented deeper than `indent`.
fn dedent(text: &str, indent: usize) -> usize {
    let mut length = text.find(is_newline).unwrap_or(text.len());
    for line in text.get(length..).unwrap_or_default().split_inclusive(is_newline) {
        let content = line.trim_start_matches(is_space);
        let is_blank = content.trim_start_matches(is_newline).is_empty();
        if !is_blank && line.len() - content.len() <= indent {
            break;
        }
        length += line.len();
    }
    text.get(..length).map_or(length, |swallowed| swallowed.trim_end_matches(is_newline).len())
}
