//! Escape sequences for colours: fewer than ariadne writes, and none for plain source text.

/// Light grey, in which ariadne prints source text without a label. On a light background it can hardly be read.
const FADED: &str = "\u{1b}[38;5;249m";
const RESET: &str = "\u{1b}[0m";

/// Writes an escape sequence only where the colour changes. ariadne sets and resets it at every character.
pub(super) fn merged(drawn: &str) -> String {
    let mut result = String::with_capacity(drawn.len());
    let (mut current, mut wanted) = ("", "");
    let mut rest = drawn;
    while let Some(first) = rest.chars().next() {
        if let Some(length) = escape(rest) {
            let (sequence, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            wanted = if sequence == RESET || sequence == FADED { "" } else { sequence };
            rest = behind;
            continue;
        }
        // A blank looks the same in every colour; a line begins without one.
        let is_change = wanted != current && (first != ' ' || wanted.is_empty());
        if is_change {
            result.push_str(if wanted.is_empty() { RESET } else { wanted });
            current = wanted;
        }
        let (text, behind) = rest.split_at_checked(first.len_utf8()).unwrap_or((rest, ""));
        result.push_str(text);
        rest = behind;
    }
    if !current.is_empty() {
        result.push_str(RESET);
    }
    result
}

/// The length of the escape sequence that a text begins with.
pub(super) fn escape(text: &str) -> Option<usize> {
    if !text.starts_with("\u{1b}[") {
        return None;
    }
    text.find('m').map(|end| end + 1)
}
