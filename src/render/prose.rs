//! Running text of Markdown: escaping of data, code spans and links.

use super::characters;
use crate::artifact::markdown::{Inline, Prose, Target};

/// Where running text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// A line of its own: marks at its start have a meaning.
    Line,
    /// A heading.
    Heading,
    /// A cell of a table: a bar ends it.
    Cell,
}

/// Running text on one line, without spaces around it.
pub(super) fn print(prose: &Prose, spot: Spot, path: &str) -> String {
    let mut out = String::new();
    inlines(&prose.0, spot, path, &mut out);
    let kept = out.trim_end_matches(' ').len();
    out.truncate(kept);
    match spot {
        Spot::Line => guard_start(out),
        Spot::Heading => guard_end(guard_start(out)),
        Spot::Cell => out,
    }
}

fn inlines(inlines: &[Inline], spot: Spot, path: &str, out: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(data) => text(data, spot, out),
            Inline::Code(data) => code(data, spot, out),
            Inline::Strong(inner) => {
                let mut strong = String::new();
                self::inlines(inner, spot, path, &mut strong);
                // Marks with a space on their inner side are no marks.
                let trimmed = strong.trim();
                if !trimmed.is_empty() {
                    out.extend(["**", trimmed, "**"]);
                }
            }
            Inline::Link { text, target } => {
                let mut shown = String::new();
                self::inlines(text, spot, path, &mut shown);
                match address(target, path) {
                    Some(address) => out.extend(["[", shown.trim(), "](", &address, ")"]),
                    None => out.push_str(&shown),
                }
            }
        }
    }
}

/// Data: every character that could be a mark is escaped, runs of white space become one space.
fn text(data: &str, spot: Spot, out: &mut String) {
    let line = characters::one_line(data);
    let dollars = line.matches('$').count() > 1;
    let characters: Vec<char> = line.chars().collect();
    let at = |place: usize| characters.get(place).copied();
    for (place, character) in characters.iter().copied().enumerate() {
        let before = place.checked_sub(1).and_then(at).or_else(|| out.chars().next_back());
        let after = at(place + 1);
        let between_words = |side: Option<char>| side.is_some_and(char::is_alphanumeric);
        let escaped = match character {
            ' ' => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
                continue;
            }
            '\\' | '`' | '*' | '[' | ']' | '<' => true,
            '_' => !(between_words(before) && between_words(after)),
            '~' => before == Some('~') || after == Some('~') || before.is_none(),
            '|' => spot == Spot::Cell,
            '&' => is_entity(characters.get(place + 1..).unwrap_or_default()),
            '$' => dollars,
            // A bare address or e-mail address would become a link.
            ':' => after == Some('/') && between_words(before),
            '@' => between_words(before) && between_words(after),
            '.' => after.is_some() && is_www(&characters, place),
            // After `!`, a link that follows would be an image.
            '!' => after.is_none_or(|next| next == '['),
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(character);
    }
}

/// Whether what follows `&` would make it a character reference.
fn is_entity(after: &[char]) -> bool {
    let name = after.strip_prefix(&['#']).unwrap_or(after);
    let length = name.iter().take_while(|next| next.is_ascii_alphanumeric()).count();
    length > 0 && name.get(length) == Some(&';')
}

/// Whether the three letters before `place` are `www`.
fn is_www(characters: &[char], place: usize) -> bool {
    let start = place.checked_sub(3).and_then(|start| characters.get(start..place));
    start.is_some_and(|letters| letters.iter().all(|letter| letter.eq_ignore_ascii_case(&'w')))
}

/// What means something only at the start of a line: headings, lists, quotations, rules, fences, indented code.
fn guard_start(line: String) -> String {
    let mut characters = line.chars();
    let escape_at = match (characters.next(), characters.next()) {
        (Some('#' | '>' | '=' | '|'), _) => Some(0),
        (Some('+' | '-'), None | Some(' ' | '-' | '+' | '\t')) => Some(0),
        (Some('0'..='9'), _) => {
            let digits = line.len() - line.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
            let rest = line.get(digits..).unwrap_or_default();
            (rest.starts_with(['.', ')']) && matches!(rest.chars().nth(1), None | Some(' '))).then_some(digits)
        }
        _ => None,
    };
    match escape_at.and_then(|place| line.split_at_checked(place)) {
        Some((before, after)) => [before, "\\", after].concat(),
        None => line,
    }
}

/// A run of `#` at the end of a heading would be taken for its closing mark.
fn guard_end(line: String) -> String {
    match line.split_at_checked(line.trim_end_matches('#').len()) {
        Some((before, marks)) if !marks.is_empty() && before.ends_with(' ') => [before, "\\", marks].concat(),
        _ => line,
    }
}

/// A code span: more backticks around than in it.
fn code(data: &str, spot: Spot, out: &mut String) {
    let line = characters::one_line(data);
    let shown = line.trim();
    if shown.is_empty() {
        return;
    }
    // No table reader agrees with another on a backslash before a bar inside code.
    if spot == Spot::Cell && shown.contains("\\|") {
        return text(shown, spot, out);
    }
    let mut lengths: Vec<usize> = characters::runs(shown, '`').collect();
    lengths.sort_unstable();
    let free = (1..).find(|length| lengths.binary_search(length).is_err()).unwrap_or(1);
    let marks = "`".repeat(free);
    let space = if shown.starts_with('`') || shown.ends_with('`') { " " } else { "" };
    // Next to another span the marks would run together.
    if out.ends_with('`') {
        out.push(' ');
    }
    let shown = if spot == Spot::Cell { shown.replace('|', "\\|") } else { shown.to_owned() };
    out.extend([&marks, space, &shown, space, &marks]);
}

/// The address of a link as it is written; `None` for what must not be a link.
fn address(target: &Target, from: &str) -> Option<String> {
    match target {
        Target::Url(address) => {
            let scheme = address.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
            let known = scheme.is_none_or(|scheme| {
                matches!(scheme.as_str(), "http" | "https" | "mailto") || scheme.contains(['/', '.', '#', '?'])
            });
            (known && !address.trim().is_empty()).then(|| encoded(address.trim(), "%"))
        }
        Target::File { path, anchor } => {
            let mut address = encoded(&relative(from, path), "");
            if let Some(anchor) = anchor {
                if path == from {
                    address.clear();
                }
                address.push('#');
                address.push_str(&encoded(anchor, ""));
            }
            Some(address)
        }
        Target::Here(anchor) => Some(["#", &encoded(anchor, "")].concat()),
    }
}

/// `to` as seen from the folder of the file `from`.
pub(super) fn relative(from: &str, to: &str) -> String {
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    let parts: Vec<&str> = to.split('/').collect();
    let most = folders.len().min(parts.len().saturating_sub(1));
    let common = folders.iter().zip(&parts).take(most).take_while(|(left, right)| left == right).count();
    let up = std::iter::repeat_n("..", folders.len() - common);
    up.chain(parts.into_iter().skip(common)).collect::<Vec<_>>().join("/")
}

/// Percent-encodes what would end or break an address; `kept` are further characters that stay.
fn encoded(address: &str, kept: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for character in address.chars() {
        let stays = character.is_ascii_alphanumeric()
            || "-._~:/?#@!$&'*+,;=".contains(character)
            || kept.contains(character)
            || (!character.is_ascii() && character.is_alphanumeric());
        if stays && !matches!(character, '*' | '\'') {
            out.push(character);
            continue;
        }
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(u32::from(digit), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    out
}
