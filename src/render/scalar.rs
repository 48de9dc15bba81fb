//! How a YAML scalar is written: plain by an allow-list, a literal block, or in double quotes.

use super::characters::is_plain;

/// The style of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As it is.
    Plain,
    /// Lines under `|` or `|-`.
    Block(Chomp),
    /// In double quotes.
    Quoted,
}

/// Whether the text of a block ends with a line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chomp {
    /// It ends with exactly one.
    Clip,
    /// It ends without.
    Strip,
}

/// Where a scalar stands, as far as its style depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A key of a map: one line.
    Key,
    /// A value or an item.
    Value,
}

/// Chooses the style.
pub(super) fn style(role: Role, text: &str) -> Style {
    if is_safe_plain(role, text) {
        return Style::Plain;
    }
    match role {
        Role::Key => Style::Quoted,
        Role::Value => block(text).map_or(Style::Quoted, Style::Block),
    }
}

/// A block keeps exactly what it shows: several lines, none of only spaces, no leading space that would be taken for
/// indentation, nothing invisible, at most one line break at the end.
fn block(text: &str) -> Option<Chomp> {
    let (content, chomp) = match text.strip_suffix('\n') {
        Some(content) => (content, Chomp::Clip),
        None => (text, Chomp::Strip),
    };
    let first_shows = content.starts_with(|first: char| first != ' ' && first != '\n');
    let several = content.contains('\n') || (chomp == Chomp::Clip && !content.is_empty());
    let fits = |line: &str| line.chars().all(is_plain) && (line.is_empty() || !line.trim_end().is_empty());
    (first_shows && several && !content.ends_with('\n') && content.split('\n').all(fits)).then_some(chomp)
}

/// Whether every YAML 1.1 and 1.2 reader takes the bare text for exactly this string.
fn is_safe_plain(role: Role, text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if last == &b' ' || last == &b':' || is_reserved(text) || is_filled_later(text) {
        return false;
    }
    let begins = match first {
        b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'/' => true,
        b'0'..=b'9' => return is_number_with_unit(text),
        b'.' => is_dotted_path(text),
        b'$' => role == Role::Value,
        _ => false,
    };
    begins && bytes.windows(2).all(is_safe_pair) && bytes.iter().all(|byte| is_safe_byte(role, *byte))
}

/// Whether somebody puts a value where `${NAME}` stands before the file is read: in quotes whatever they put stays text.
fn is_filled_later(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| !text.get(at + 2..).is_some_and(|rest| rest.starts_with('{')))
}

/// `10s`, `512Mi`: digits and a short unit that cannot be an exponent or a base.
fn is_number_with_unit(text: &str) -> bool {
    let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let harmless = !unit.starts_with(['e', 'E', 'x', 'X', 'o', 'O', 'b', 'B']);
    (1..=3).contains(&unit.len()) && harmless && unit.bytes().all(|letter| letter.is_ascii_alphabetic())
}

/// `.github/x`, `./x`, `../x`, but not `.5`, `...`, `.inf` or `.e+1`.
fn is_dotted_path(text: &str) -> bool {
    let rest = text.trim_start_matches('.');
    match text.len() - rest.len() {
        1 => rest.starts_with(|next: char| next.is_ascii_alphabetic()) && rest.len() > 3 || rest.starts_with('/'),
        2 => rest.starts_with('/'),
        _ => false,
    }
}

/// `: ` would start a value, ` #` a comment; two spaces are too easily lost by people.
fn is_safe_pair(pair: &[u8]) -> bool {
    !matches!(pair, b": " | b" #" | b"  ")
}

fn is_safe_byte(role: Role, byte: u8) -> bool {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'/' | b'@' | b'+' | b'(' | b')' | b' ' => true,
        b' '..=b'~' => role == Role::Value,
        _ => false,
    }
}

/// Words that some reader takes for a boolean, null or number.
fn is_reserved(text: &str) -> bool {
    const RESERVED: [&str; 15] = [
        "y",
        "n",
        "yes",
        "no",
        "true",
        "false",
        "on",
        "off",
        "null",
        "nil",
        "none",
        "nan",
        "inf",
        "infinity",
        "undefined",
    ];
    text.len() <= 9 && RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// The text in double quotes, with every character escaped that does not show as itself.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            plain if is_plain(plain) => quoted.push(plain),
            hidden => push_escape(hidden, &mut quoted),
        }
    }
    quoted.push('"');
    quoted
}

/// `\xHH`, `\uHHHH` or `\UHHHHHHHH`.
fn push_escape(character: char, out: &mut String) {
    let code = u32::from(character);
    let (mark, digits) = match code {
        0..=0xff => ('x', 2),
        0x100..=0xffff => ('u', 4),
        _ => ('U', 8),
    };
    out.extend(['\\', mark]);
    push_hexadecimal(code, digits, out);
}

/// A number in hexadecimal with this many digits.
pub(super) fn push_hexadecimal(code: u32, digits: u32, out: &mut String) {
    out.extend((0..digits).rev().filter_map(|place| char::from_digit((code >> (4 * place)) & 15, 16)));
}
