//! The words for what people write who think of another language.

use super::class::is_space;
use super::mistake::short;
use super::problem::{Problem, ProblemKind, Reach};
use crate::source::Span;

/// Quotes inside of a text, each to be escaped; `whole` is the text as it was meant.
pub(super) fn inner_quotes(whole: Span, quotes: &[u32]) -> Problem {
    let message = "the quotes inside of this text end it";
    let place = quotes.first().map_or(whole, |at| Span { start: *at, end: at + 1, ..whole });
    let problem = Problem {
        reach: Reach::Value,
        ..Problem::new(ProblemKind::MissingSpace, whole, message, "meant as one text")
            .also(place, "it ends here")
            .help("write each of them as `\\\"`, or the whole text as `#\"…\"#`")
    };
    quotes.iter().fold(problem, |problem, at| problem.fix("write `\\\"`", Span { start: *at, end: *at, ..whole }, "\\"))
}

/// A comma between two nodes of one line.
pub(super) fn comma_between_nodes(comma: Span) -> Problem {
    let message = "nodes on one line are separated by `;`, not by `,`";
    Problem::new(ProblemKind::UnexpectedToken, comma, message, "another node begins behind it").help("write `;`").fix(
        "write `;`",
        comma,
        ";",
    )
}

pub(super) fn comma(span: Span, text: &str) -> Problem {
    let length = text.len() - text.trim_start_matches(',').len();
    let commas = Span { end: span.start + length as u32, ..span };
    let message = "values are separated by blanks, not by `,`";
    Problem::new(ProblemKind::UnexpectedToken, commas, message, "this comma is too much").help("remove the comma").fix(
        "remove the comma",
        commas,
        " ",
    )
}

pub(super) fn colon(span: Span) -> Problem {
    let message = "a property is written with `=`, not with `:`";
    Problem::new(ProblemKind::UnexpectedToken, span, message, "this is part of a bare word")
        .help("write `=`, or a blank if a node's value follows")
        .fix("write `=`", span, "=")
}

pub(super) fn list(span: Span, values: &[&str]) -> Problem {
    let message = "there are no lists in brackets";
    let problem = Problem::new(ProblemKind::UnexpectedToken, span, message, "values are written one after another")
        .help("remove the brackets and commas; a property holds one value only");
    if values.iter().all(|value| !value.contains('\n')) {
        return problem.fix("remove the brackets and commas", span, values.join(" "));
    }
    problem
}

pub(super) fn stray_equals(equals: Span, gap: Span, written: &str) -> Problem {
    let problem = Problem::new(
        ProblemKind::UnexpectedToken,
        equals,
        "no `=` stands between a node and its value",
        "only a property is written `key=value`",
    );
    let problem = problem.help("remove the `=`");
    if written.chars().all(|character| character == '=' || is_space(character)) {
        return problem.fix("remove the `=`", gap, " ");
    }
    problem
}

pub(super) fn stray_property(span: Span, key: &str, equals: Span) -> Problem {
    let message = format!("`{}=` is a property, and no node stands before it", short(key));
    let problem = Problem::new(ProblemKind::UnexpectedToken, span, message, "begins a line, as only a node does");
    let is_variable = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if key.bytes().all(is_variable) {
        return Problem { span: equals, label: "a variable has its value behind a blank".to_owned(), ..problem }
            .help("write a blank instead of the `=`")
            .fix("write a blank instead of the `=`", equals, " ");
    }
    problem.help("move it to the line of its node, or end that line with `\\`").meant(key.trim_matches('"'))
}

/// Comments behind `#`, as in a shell or in YAML.
pub(super) fn hash_comments(hashes: &[Span]) -> Option<Problem> {
    let (first, others) = hashes.split_first()?;
    let message = "a comment begins with `//`, not with `#`";
    let mut problem = Problem::new(ProblemKind::UnexpectedToken, *first, message, "this is no comment in KDL")
        .help("write `//`")
        .fix("write `//`", *first, "//");
    for (at, other) in others.iter().enumerate() {
        problem = problem.fix("", *other, "//");
        if at < 3 {
            problem = problem.also(*other, "nor is this");
        }
    }
    Some(problem)
}
