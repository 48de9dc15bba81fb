//! Which characters may stand in an output as they are.

use std::borrow::Cow;

/// Whether a character shows as itself everywhere: no control, no line separator, no byte-order mark, nothing that
/// changes the direction or is invisible, nothing that is not a character.
pub(super) fn is_plain(character: char) -> bool {
    match character {
        ' '..='~' => true,
        '\u{0}'..='\u{9f}' => false,
        _ => !is_invisible(character),
    }
}

/// Invisible and direction-changing characters, line separators, surrogates' neighbours that are no characters.
fn is_invisible(character: char) -> bool {
    let code = u32::from(character);
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    ) || code & 0xfffe == 0xfffe
}

/// Text that fits on one line of a comment: line breaks become spaces, what does not show becomes `\u{…}`.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => line.push(' '),
            plain if is_plain(plain) => line.push(plain),
            hidden => line.extend(hidden.escape_unicode()),
        }
    }
    Cow::Owned(line)
}

/// The lines of a comment, each fit to stand behind its mark.
pub(super) fn comment_lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.trim_end().lines().map(|line| one_line(line.trim_end()))
}

/// The lengths of the runs of `mark`.
pub(super) fn runs(text: &str, mark: char) -> impl Iterator<Item = usize> {
    text.split(move |next| next != mark).map(|run| run.chars().count()).filter(|length| *length > 0)
}

/// The length of the longest run of `mark`.
pub(super) fn longest_run(text: &str, mark: char) -> usize {
    runs(text, mark).max().unwrap_or(0)
}
