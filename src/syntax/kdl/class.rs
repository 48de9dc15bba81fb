//! Classes of characters that KDL 2 tells apart.

/// A blank within a line.
pub fn is_space(character: char) -> bool {
    matches!(
        character,
        '\t' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// A character that ends a line (`\r\n` counts as one line break).
pub fn is_newline(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A character that may not appear in a document at all, not even in a comment.
pub fn is_forbidden(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

/// A character that a bare identifier may hold.
pub fn is_identifier(character: char) -> bool {
    !(is_space(character)
        || is_newline(character)
        || is_forbidden(character)
        || matches!(character, '\\' | '/' | '(' | ')' | '{' | '}' | ';' | '[' | ']' | '"' | '#' | '='))
}

/// The length in bytes of the line break at byte `at`, 0 if there is none.
#[inline]
pub(super) fn newline_length(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\n' | 0x0b | 0x0c) => 1,
        Some(b'\r') => 1 + usize::from(bytes.get(at + 1) == Some(&b'\n')),
        Some(0xc2) if bytes.get(at + 1) == Some(&0x85) => 2,
        Some(0xe2) if bytes.get(at + 1) == Some(&0x80) && matches!(bytes.get(at + 2), Some(0xa8 | 0xa9)) => 3,
        Some(_) | None => 0,
    }
}

/// Whether `text` may be written without quotes: an identifier that is neither a number nor a keyword.
pub fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_identifier) && !is_reserved(text) && !looks_numeric(text)
}

/// Whether the bare word is a keyword that lacks its `#`.
pub(super) fn is_reserved(text: &str) -> bool {
    matches!(text, "true" | "false" | "null" | "inf" | "-inf" | "nan")
}

/// Whether a bare word starts as a number does.
pub(super) fn looks_numeric(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let text = text.strip_prefix('.').unwrap_or(text);
    text.starts_with(|character: char| character.is_ascii_digit())
}

/// Whether the word is a number as KDL 2 writes them.
pub fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits_of = |radix: u32| move |character: char| character.is_digit(radix);
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)];
    for (prefix, radix) in radix {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            return after_integer(digits, digits_of(radix)) == Some("");
        }
    }
    let ten = digits_of(10);
    let Some(mut rest) = after_integer(unsigned, ten) else { return false };
    if let Some(fraction) = rest.strip_prefix('.') {
        let Some(after) = after_integer(fraction, ten) else { return false };
        rest = after;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let Some(after) = after_integer(exponent.strip_prefix(['+', '-']).unwrap_or(exponent), ten) else {
            return false;
        };
        rest = after;
    }
    rest.is_empty()
}

/// What follows a digit and further digits or underscores.
fn after_integer(text: &str, is_digit: impl Fn(char) -> bool) -> Option<&str> {
    if !text.starts_with(&is_digit) {
        return None;
    }
    Some(text.trim_start_matches(|character| character == '_' || is_digit(character)))
}
