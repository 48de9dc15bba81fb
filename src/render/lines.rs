//! The printer of ignore files and environment examples.

use super::{Printer, characters};
use crate::artifact::{Line, LineContent};
use crate::source::Origin;

/// Prints lines under a header comment.
pub(super) fn print<'a>(lines: &'a [Line], header: &str, origin: &'a Origin, printer: &mut Printer<'a, '_>) {
    printer.line(&["# ", header].concat(), &super::HEADER);
    printer.blank();
    for line in lines {
        let origin = line.origin.as_ref().unwrap_or(origin);
        for comment in line.comment.iter().flat_map(|comment| characters::comment_lines(comment)) {
            printer.put(if comment.is_empty() { "#" } else { "# " });
            printer.put(&comment);
            printer.end(origin);
        }
        match &line.kind {
            LineContent::Pattern(pattern) => printer.line(&self::pattern(pattern), origin),
            LineContent::Assignment(name, value) => printer.line(&[name, "=", &assigned(value)].concat(), origin),
            LineContent::Blank => printer.blank(),
        }
    }
}

/// A pattern on one line; a leading `#` would be a comment, a space at the end would be lost.
fn pattern(pattern: &str) -> String {
    let line = characters::one_line(pattern);
    let line = match line.strip_suffix(' ') {
        Some(rest) => [rest, "\\ "].concat(),
        None => line.into_owned(),
    };
    if line.starts_with('#') { ["\\", &line].concat() } else { line }
}

/// A value as the readers of `.env` files agree on: bare where nothing in it has a meaning, single quotes where
/// nothing needs an escape, else double quotes with escapes.
fn assigned(value: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:,@%+=".contains(&byte);
    if value.bytes().all(bare) {
        return value.to_owned();
    }
    // Compose keeps a backslash before a backtick, and a shell that reads the file must not run it.
    let plain = |character: char| characters::is_plain(character) || (character == '\n' && value.contains('`'));
    if value.chars().all(plain) && !value.contains(['\'', '\\']) {
        return ["'", value, "'"].concat();
    }
    let mut quoted = String::from("\"");
    for character in value.chars() {
        match character {
            '"' | '\\' | '$' | '`' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
