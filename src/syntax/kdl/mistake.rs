//! The words for each mistake: what is wrong, why here, what to do.

use super::class::{is_number, is_space};
use super::problem::{Problem, ProblemKind};
use crate::source::{FileId, Span};

/// `text`, short enough for a message and on one line.
pub(super) fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(40) {
        Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default()),
        None if line.len() < text.len() => format!("{line}…"),
        None => line.to_owned(),
    }
}

/// `text` as a string in quotes.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// A repair that replaces `span` by `text` in quotes.
fn quoting(problem: Problem, span: Span, text: &str) -> Problem {
    if text.len() > 200 {
        return problem.help("put it in quotes");
    }
    let quoted = quote(text);
    problem.help(format!("write `{quoted}`")).fix("put it in quotes", span, quoted)
}

pub(super) fn too_large(file: FileId, length: usize) -> Problem {
    let message = format!("this file has {length} bytes, more than deployc reads");
    Problem::new(ProblemKind::TooLarge, Span::new(file, 0, 0), message, "no file may be larger than 2 GiB")
}

pub(super) fn too_deep(span: Span, limit: usize) -> Problem {
    let message = format!("this block is nested more than {limit} deep");
    Problem::new(ProblemKind::TooDeep, span, message, "what is in here is left out").help("nest less deeply")
}

pub(super) fn forbidden(span: Span, rest: &str) -> Problem {
    let code = rest.chars().next().map_or(0, u32::from);
    let message = format!("the character U+{code:04X} may not appear in a KDL document");
    let reason = match code {
        0x200e..=0x200f | 0x202a..=0x202e | 0x2066..=0x2069 => "it changes the direction of the text that people see",
        0xfeff => "a byte order mark may only open the file",
        _ => "it is a control character",
    };
    Problem::new(ProblemKind::BadCharacter, span, message, reason)
        .help(format!("remove it; in a string it can be written `\\u{{{code:x}}}`"))
        .fix("remove it", span, "")
}

pub(super) fn open_comment(span: Span, text: &str) -> Problem {
    let before = text.get(..span.start as usize).and_then(|before| before.chars().next_back());
    let opener = Span { end: span.start + 2, ..span };
    let inner = text.get(span.start as usize + 2..span.end as usize).and_then(|comment| comment.find("/*"));
    let problem =
        Problem::new(ProblemKind::UnterminatedComment, opener, "this block comment is not closed", "it starts here");
    if before.is_some_and(|before| !is_space(before) && !before.is_whitespace() && !"{};".contains(before)) {
        return problem
            .help("if this is part of a path or pattern, put that in quotes; else close the comment with `*/`");
    }
    match inner {
        Some(inner) => {
            let start = opener.end + inner as u32;
            problem
                .also(Span { start, end: start + 2, ..span }, "comments nest: this opens another one")
                .help("write one `*/` for each `/*`")
        }
        None => problem.help("close it with `*/`"),
    }
}

pub(super) fn stray_semicolon(span: Span) -> Problem {
    Problem::new(ProblemKind::UnexpectedToken, span, "this `;` ends no node", "there is no node before it")
        .help("remove it")
        .fix("remove the `;`", span, "")
}

pub(super) fn empty_slashdash(span: Span) -> Problem {
    Problem::new(ProblemKind::BadSlashdash, span, "`/-` takes out nothing", "no node, entry or block follows")
        .help("remove it, or write it before what is to be left out")
}

pub(super) fn misplaced_slashdash(span: Span, place: &str) -> Problem {
    let message = format!("`/-` cannot stand {place}");
    Problem::new(ProblemKind::BadSlashdash, span, message, "it takes out a whole node, entry or block")
        .help("write it before the whole of what is to be left out")
}

pub(super) fn unexpected(span: Span, text: &str, place: &str) -> Problem {
    let message = format!("`{}` means nothing {place}", short(text));
    Problem::new(ProblemKind::UnexpectedToken, span, message, "this is unexpected")
        .help("remove it; put it in quotes if it is meant as text")
}

pub(super) fn entry_after_children(span: Span, text: &str) -> Problem {
    let message = format!("`{}` comes after the children block", short(text));
    Problem::new(ProblemKind::EntryAfterChildren, span, message, "no argument or property may follow a block")
        .help("move it before the `{`; a new node starts on a new line or after `;`")
        .meant(text.split('=').next().unwrap_or_default())
}

pub(super) fn nodes_on_one_line(span: Span, name: &str, gap: u32) -> Problem {
    let message = format!("nothing separates `}}` from the node `{}`", short(name));
    let place = Span { start: span.end - name.len() as u32, ..span };
    Problem::new(ProblemKind::MissingSpace, place, message, "a new node starts on a new line or after `;`")
        .help("write `;` before it, or move it before the `{` if it is an argument")
        .fix("write `;` before it", Span { start: gap, end: gap, ..span }, ";")
}

pub(super) fn missing_space(span: Span, text: &str) -> Problem {
    let message = format!("a blank is missing before `{}`", short(text));
    Problem::new(ProblemKind::MissingSpace, span, message, "this touches what is before it")
        .help("write a blank between them")
        .fix("write a blank", span.at_start(), " ")
}

pub(super) fn missing_value(span: Span, key: &str) -> Problem {
    let message = format!("`{}=` has no value", short(key));
    Problem::new(ProblemKind::MissingValue, span, message, "a value must follow")
        .help("write a value, or remove the property")
}

pub(super) fn annotation_before_key(span: Span, text: &str, value: Span) -> Problem {
    let message = format!("the type `{}` stands before the key", short(text));
    Problem::new(ProblemKind::BadAnnotation, span, message, "a type belongs to the value")
        .help("write it behind the `=`")
        .fix("move the type behind the `=`", span, "")
        .fix("", value, text)
}

pub(super) fn annotation_without(span: Span, what: &str) -> Problem {
    let message = format!("this type has no {what}");
    Problem::new(ProblemKind::MissingValue, span, message, format!("a {what} must follow"))
        .help(format!("write the {what} behind it, or remove the type; text with parentheses needs quotes"))
}

pub(super) fn empty_annotation(span: Span) -> Problem {
    Problem::new(ProblemKind::BadAnnotation, span, "these parentheses hold no type", "a type is one word or string")
        .help("write a type such as `(duration)`; text with parentheses needs quotes")
}

pub(super) fn unclosed_annotation(span: Span) -> Problem {
    Problem::new(ProblemKind::BadAnnotation, span, "this type is not closed", "a `)` must follow its one word")
        .help("close it with `)`; text with parentheses needs quotes")
}

pub(super) fn bad_name(span: Span, text: &str) -> Problem {
    let reason = if text.starts_with('#') || matches!(text, "true" | "false" | "null" | "inf" | "-inf" | "nan") {
        "this is a keyword"
    } else {
        "this reads as a number"
    };
    let message = format!("`{}` cannot be a name without quotes", short(text));
    quoting(Problem::new(ProblemKind::BadIdentifier, span, message, reason), span, text)
}

pub(super) fn needs_quotes(span: Span, text: &str) -> Problem {
    let found = text.chars().find(|character| matches!(character, '/' | '\\' | '[' | ']' | '#')).unwrap_or(' ');
    let message = format!("`{}` needs quotes because of its `{found}`", short(text));
    quoting(
        Problem::new(ProblemKind::BadIdentifier, span, message, format!("`{found}` may not be in a bare word")),
        span,
        text,
    )
}

pub(super) fn unknown_keyword(span: Span, text: &str) -> Problem {
    let word = text.trim_start_matches('#').trim_end_matches(',').to_lowercase();
    let meant = match word.as_str() {
        "true" | "yes" | "on" => Some("#true"),
        "false" | "no" | "off" => Some("#false"),
        "null" | "none" | "nil" => Some("#null"),
        "inf" | "infinity" | "+inf" => Some("#inf"),
        "-inf" | "-infinity" => Some("#-inf"),
        "nan" => Some("#nan"),
        _ => None,
    };
    let message = format!("there is no keyword `{}`", short(text));
    let label = "`#` starts `#true`, `#false`, `#null`, `#inf`, `#-inf`, `#nan` or a raw string";
    let problem = Problem::new(ProblemKind::UnknownKeyword, span, message, label);
    match meant {
        Some(meant) => problem.help(format!("write `{meant}`")).fix(format!("write `{meant}`"), span, meant),
        None => quoting(problem, span, text),
    }
}

pub(super) fn bare_keyword(span: Span, text: &str) -> Problem {
    Problem::new(ProblemKind::BareKeyword, span, format!("`{text}` lacks its `#`"), "a keyword starts with `#`")
        .help(format!("write `#{text}`, or `\"{text}\"` if you mean the text"))
        .fix(format!("write `#{text}`"), span.at_start(), "#")
}

pub(super) fn bad_number(span: Span, text: &str) -> Problem {
    let message = format!("`{}` is not a number", short(text));
    let problem = Problem::new(ProblemKind::BadNumber, span, message, "it starts as a number does");
    let without_comma = text.trim_end_matches(',');
    if is_number(without_comma) {
        let comma = Span { start: span.start + without_comma.len() as u32, ..span };
        return problem.help("remove the comma: values are separated by blanks").fix("remove the comma", comma, "");
    }
    let sign = if text.starts_with(['+', '-']) { 1 } else { 0 };
    let (sign, digits) = text.split_at_checked(sign).unwrap_or(("", text));
    let with_zero = format!("{sign}0{digits}");
    let with_fraction = format!("{text}0");
    for meant in [with_zero, with_fraction] {
        if (digits.starts_with('.') || digits.ends_with('.')) && is_number(&meant) {
            return problem.help(format!("write `{meant}`")).fix(format!("write `{meant}`"), span, meant);
        }
    }
    quoting(problem, span, text)
}

pub(super) fn legacy_raw(span: Span, text: &str) -> Problem {
    let raw = text.strip_prefix('r').unwrap_or(text);
    let modern = if raw.starts_with('#') { raw.to_owned() } else { format!("#{raw}#") };
    Problem::new(ProblemKind::KdlOne, span, "`r\"…\"` is a raw string only in KDL 1", "this is a raw string of KDL 1")
        .help("write `#\"…\"#`")
        .fix("write it as in KDL 2", span, modern)
}

pub(super) fn solidus(span: Span) -> Problem {
    Problem::new(ProblemKind::KdlOne, span, "`\\/` is an escape only in KDL 1", "this is an escape of KDL 1")
        .help("write `/`")
        .fix("write `/`", span, "/")
}

pub(super) fn bad_escape(span: Span, written: &str) -> Problem {
    let message = format!("`{written}` is no escape");
    Problem::new(ProblemKind::BadEscape, span, message, "a backslash starts an escape")
        .help(format!(
            "write `\\{written}` for the backslash itself; the escapes are `\\n \\r \\t \\\" \\\\ \\b \\f \\s \\u{{…}}`"
        ))
        .fix("double the backslash", span.at_start(), "\\")
}

pub(super) fn bad_unicode(span: Span, written: &str) -> Problem {
    let message = format!("`{}` is no character", short(written));
    Problem::new(ProblemKind::BadEscape, span, message, "not a Unicode scalar value in one to six digits")
        .help("write `\\u{…}` with one to six hexadecimal digits, at most `10FFFF` and no surrogate")
}

/// The opening quotes of a string: the place to point at if its end is missing.
fn opening(span: Span, text: &str) -> Span {
    let length = text.len() - text.trim_start_matches(['r', '#']).trim_start_matches('"').len();
    Span { end: span.start + (length as u32).clamp(1, span.end.saturating_sub(span.start).max(1)), ..span }
}

pub(super) fn open_string(span: Span, text: &str) -> Problem {
    let closer: String = text.chars().take_while(|&character| character == '#').collect();
    Problem::new(
        ProblemKind::UnterminatedString,
        opening(span, text),
        "this string is not closed on its line",
        "it starts here",
    )
    .help(format!("close it with `\"{closer}`; a string over several lines starts and ends with `\"\"\"`"))
}

pub(super) fn open_multi_line(span: Span, text: &str) -> Problem {
    let closer: String = text.chars().take_while(|&character| character == '#').collect();
    Problem::new(
        ProblemKind::UnterminatedString,
        opening(span, text),
        "this multi-line string is not closed",
        "it starts here",
    )
    .help(format!("close it with `\"\"\"{closer}` on a line of its own"))
}

pub(super) fn string_over_lines(span: Span, text: &str, is_raw: bool) -> Problem {
    let hashes: String = text.chars().take_while(|&character| character == '#' && is_raw).collect();
    let end = Span { start: span.end.saturating_sub(1 + hashes.len() as u32), ..span };
    Problem::new(
        ProblemKind::UnterminatedString,
        opening(span, text),
        "a string between `\"` goes over several lines",
        "it starts here",
    )
    .also(end, "it ends here")
    .help(format!(
        "open it with `{hashes}\"\"\"` and a new line, and close it with `\"\"\"{hashes}` on a line of its own"
    ))
}

pub(super) fn opening_line(span: Span, token: &str) -> Problem {
    Problem::new(
        ProblemKind::MultiLineString,
        opening(span, token),
        "a new line must follow `\"\"\"`",
        "the text starts on the next line",
    )
    .help("move the text to the next line, or write one `\"` on either side for one line")
}

pub(super) fn closing_line(closing: Span, opening: Span) -> Problem {
    Problem::new(
        ProblemKind::MultiLineString,
        closing,
        "`\"\"\"` must end a string on a line of its own",
        "text stands before it",
    )
    .also(Span { end: opening.start + 3, ..opening }, "the string starts here")
    .help("move the closing quotes to the next line")
}

pub(super) fn indentation(line: Span, others: &[Span], closing: Span) -> Problem {
    let mut problem = Problem::new(
        ProblemKind::MultiLineString,
        line,
        "this line is indented otherwise than the end of its string",
        "every line must start with the blanks before the closing quotes",
    );
    for &other in others.iter().take(3) {
        problem = problem.also(other, "so is this one");
    }
    problem
        .also(closing, "the closing quotes")
        .help("indent the closing quotes no deeper than the text, with the same blanks")
}
