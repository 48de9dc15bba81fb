//! From the characters of a string token to the text that it means, piece by piece.

use super::class::{is_newline, is_space, newline_length};

/// A piece of a string: where in the token it is written, and what it means.
pub(super) enum Piece<'t> {
    /// Characters that mean themselves.
    Text(usize, &'t str),
    /// A character written as `length` other bytes.
    Character { at: usize, length: usize, character: char },
    /// Something that is wrong.
    Mistake(Mistake),
}

/// A mistake within a string token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) kind: MistakeKind,
    pub(super) at: usize,
    pub(super) length: usize,
}

/// What can be wrong within a string token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MistakeKind {
    /// `\q`.
    UnknownEscape,
    /// `\/`, which KDL 1 had.
    Solidus,
    /// `\u` without one to six digits in braces, or of no Unicode scalar value.
    BadUnicode,
    /// Text on the line of the opening `"""`.
    OpeningLine,
    /// Text on the line of the closing `"""`.
    ClosingLine,
    /// A line that does not start as the closing line does.
    Indentation,
}

/// Hands the pieces of a whole string token, quotes and hashes included, to `sink`.
pub(super) fn decode<'t>(token: &'t str, mut sink: impl FnMut(Piece<'t>)) {
    let frame = Frame::of(token);
    let body = token.get(frame.start..frame.end).unwrap_or_default();
    if frame.quotes == 1 {
        return characters(body, frame.start, frame.escapes, &mut sink);
    }
    let newline = newline_length(body.as_bytes(), 0);
    if newline == 0 {
        sink(Piece::Mistake(Mistake { kind: MistakeKind::OpeningLine, at: 0, length: frame.start }));
        return characters(body, frame.start, frame.escapes, &mut sink);
    }
    lines(body.get(newline..).unwrap_or_default(), frame.start + newline, frame.escapes, &mut sink);
}

/// Whether `\` means something in a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Read,
    None,
}

/// What encloses the text of a string.
struct Frame {
    escapes: Escapes,
    quotes: usize,
    start: usize,
    end: usize,
}

impl Frame {
    fn of(token: &str) -> Frame {
        let is_legacy = token.starts_with('r');
        let unmarked = token.strip_prefix('r').unwrap_or(token);
        let hashes = unmarked.len() - unmarked.trim_start_matches('#').len();
        let opened = unmarked.get(hashes..).unwrap_or_default();
        let quotes = if !is_legacy && opened.starts_with("\"\"\"") { 3 } else { 1 };
        let escapes = if is_legacy || hashes > 0 { Escapes::None } else { Escapes::Read };
        let start = (usize::from(is_legacy) + hashes + quotes).min(token.len());
        // An unclosed string ends without the closing quotes.
        let end = token.len() - (quotes + hashes).min(token.len());
        let is_closed = end >= start
            && token
                .get(end..)
                .is_some_and(|closer| closer.trim_end_matches('#').chars().all(|character| character == '"'));
        Frame { escapes, quotes, start, end: if is_closed { end } else { token.len() } }
    }
}

/// The text of a string on one line, or of one line of a string: `at` is its place in the token.
fn characters<'t>(text: &'t str, at: usize, escapes: Escapes, sink: &mut impl FnMut(Piece<'t>)) {
    if escapes == Escapes::None {
        return sink(Piece::Text(at, text));
    }
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest.find('\\').unwrap_or(rest.len());
        let (before, escape) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        let place = at + text.len() - rest.len();
        if !before.is_empty() {
            sink(Piece::Text(place, before));
        }
        if escape.is_empty() {
            break;
        }
        let length = one_escape(escape, place + before.len(), sink);
        rest = escape.get(length..).unwrap_or_default();
    }
}

/// Hands on what the escape at the start of `text` means; returns its length.
fn one_escape<'t>(text: &'t str, at: usize, sink: &mut impl FnMut(Piece<'t>)) -> usize {
    let behind = text.get(1..).unwrap_or_default();
    let Some(first) = behind.chars().next() else { return 1 };
    let character = match first {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        's' => ' ',
        '\\' | '"' => first,
        'u' => return unicode(text, at, sink),
        _ => {
            let blanks = behind.len() - behind.trim_start_matches(|next| is_space(next) || is_newline(next)).len();
            if blanks == 0 {
                let kind = if first == '/' { MistakeKind::Solidus } else { MistakeKind::UnknownEscape };
                let length = 1 + first.len_utf8();
                sink(Piece::Mistake(Mistake { kind, at, length }));
                let kept = if first == '/' { behind.get(..1) } else { text.get(..length) };
                sink(Piece::Text(at + usize::from(first == '/'), kept.unwrap_or_default()));
                return length;
            }
            return 1 + blanks;
        }
    };
    sink(Piece::Character { at, length: 2, character });
    2
}

/// `\u{…}` at the start of `text`.
fn unicode<'t>(text: &'t str, at: usize, sink: &mut impl FnMut(Piece<'t>)) -> usize {
    let behind = text.strip_prefix("\\u{").unwrap_or_default();
    let closing = behind.bytes().take(7).position(|byte| byte == b'}');
    let digits = closing.and_then(|closing| behind.get(..closing));
    let is_hexadecimal =
        |digits: &&str| matches!(digits.len(), 1..=6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let character =
        digits.filter(is_hexadecimal).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
    if let (Some(digits), Some(character)) = (digits, character) {
        let length = digits.len() + 4;
        sink(Piece::Character { at, length, character });
        return length;
    }
    // The mistake covers the digits that were meant, and no more than a line of a dozen characters.
    let written =
        text.get(3..).map_or(0, |rest| rest.bytes().take(12).take_while(|&byte| byte.is_ascii_alphanumeric()).count());
    let length = match text.get(2..3) {
        Some("{") => 3 + written + usize::from(text.get(3 + written..4 + written) == Some("}")),
        Some(_) | None => 2,
    };
    sink(Piece::Mistake(Mistake { kind: MistakeKind::BadUnicode, at, length }));
    sink(Piece::Text(at, text.get(..length).unwrap_or_default()));
    length
}

/// The lines between `"""`, the last being the one of the closing quotes.
fn lines<'t>(body: &'t str, at: usize, escapes: Escapes, sink: &mut impl FnMut(Piece<'t>)) {
    let mut last = 0;
    while let (length, newline @ 1..) = line_length(body.get(last..).unwrap_or_default(), escapes) {
        last += length + newline;
    }
    let closing = body.get(last..).unwrap_or_default();
    let prefix = closing.get(..closing.len() - closing.trim_start_matches(is_space).len()).unwrap_or_default();
    if !is_blank(closing.get(prefix.len()..).unwrap_or_default(), escapes) {
        sink(Piece::Mistake(Mistake { kind: MistakeKind::ClosingLine, at: at + body.len(), length: 0 }));
        return characters(body, at, escapes, sink);
    }
    let mut start = 0;
    let mut previous_newline = 0;
    while start < last {
        let (length, newline) = line_length(body.get(start..).unwrap_or_default(), escapes);
        let line = body.get(start..start + length).unwrap_or_default();
        if previous_newline > 0 {
            sink(Piece::Character { at: at + start - previous_newline, length: previous_newline, character: '\n' });
        }
        if let Some(text) = line.strip_prefix(prefix) {
            if !text.chars().all(is_space) {
                characters(text, at + start + prefix.len(), escapes, sink);
            }
        } else if !line.chars().all(is_space) {
            let indent = line.len() - line.trim_start_matches(is_space).len();
            sink(Piece::Mistake(Mistake { kind: MistakeKind::Indentation, at: at + start, length: indent }));
            characters(line.get(indent..).unwrap_or_default(), at + start + indent, escapes, sink);
        }
        start += length + newline;
        previous_newline = newline;
    }
}

/// The bytes of a line and of its line break; an escaped line break ends no line.
fn line_length(text: &str, escapes: Escapes) -> (usize, usize) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if escapes == Escapes::Read => {
                let behind = text.get(at + 1..).unwrap_or_default();
                let blanks = behind.len() - behind.trim_start_matches(|next| is_space(next) || is_newline(next)).len();
                at += 1 + blanks.max(1);
            }
            0x0a..=0x0d | 0xc2 | 0xe2 if newline_length(bytes, at) > 0 => return (at, newline_length(bytes, at)),
            _ => at += 1,
        }
    }
    (text.len(), 0)
}

/// Whether nothing but blanks and escaped blanks is left.
fn is_blank(text: &str, escapes: Escapes) -> bool {
    let mut rest = text;
    while let Some(behind) = rest.strip_prefix('\\').filter(|_| escapes == Escapes::Read) {
        rest = behind.trim_start_matches(|next| is_space(next) || is_newline(next));
        if rest.len() == behind.len() {
            return false;
        }
    }
    rest.is_empty()
}
