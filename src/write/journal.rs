//! The journal: the steps of a build that has begun to change the tree, so that the next command can finish it.
//!
//! Each line carries its own check, so that the intact lines of a damaged journal still say what was generated.

use std::fmt::Write as _;

use super::digest::Digest;
use super::lock::LOCK_PATH;
use super::place::check_path;

/// What stood at a path when the build decided to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing, or something that an earlier step removes.
    Absent,
    /// A file with this content.
    File(Digest),
    /// A symbolic link that names a path with this digest.
    Link(Digest),
}

/// One change of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A file goes away.
    Remove { before: Before, path: String },
    /// A staged file takes its place.
    Put { number: u32, before: Before, after: Digest, group: Option<String>, path: String },
}

impl Step {
    /// The path that it changes.
    pub(super) fn path(&self) -> &str {
        match self {
            Step::Remove { path, .. } | Step::Put { path, .. } => path,
        }
    }
}

/// A journal as it was read.
pub(super) enum Journal {
    /// All of it.
    Whole(Vec<Step>),
    /// What could be understood of it.
    Damaged(Vec<Step>),
}

impl Journal {
    /// The steps that were understood.
    pub(super) fn steps(&self) -> &[Step] {
        match self {
            Journal::Whole(steps) | Journal::Damaged(steps) => steps,
        }
    }
}

const NO_GROUP: &str = "-";

/// The text of a journal.
pub(super) fn print(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        let line = match step {
            Step::Remove { before, path } => format!("remove {} {path}", print_before(*before)),
            Step::Put { number, before, after, group, path } => {
                let group = group.as_deref().unwrap_or(NO_GROUP);
                format!("put {number} {} {after} {group} {path}", print_before(*before))
            }
        };
        push_line(&mut out, &line);
    }
    push_line(&mut out, &format!("end {}", steps.len()));
    out
}

/// Reads a journal, or what is left of it.
pub(super) fn parse(bytes: &[u8]) -> Journal {
    let text = String::from_utf8_lossy(bytes);
    let mut steps = Vec::new();
    let mut intact = text.ends_with('\n');
    let mut announced = None;
    for line in text.lines() {
        let Some(content) = checked(line) else {
            intact = false;
            continue;
        };
        match parse_line(content) {
            // A journal could come with a repository, so it may not reach further than a build does.
            Some(Line::Step(step)) if step.path() == LOCK_PATH || check_path(step.path()).is_ok() => steps.push(step),
            Some(Line::End(count)) => announced = Some(count),
            Some(Line::Step(_)) | None => intact = false,
        }
    }
    match intact && announced == Some(steps.len()) {
        true => Journal::Whole(steps),
        false => Journal::Damaged(steps),
    }
}

enum Line {
    Step(Step),
    End(usize),
}

fn parse_line(line: &str) -> Option<Line> {
    let (verb, rest) = line.split_once(' ')?;
    match verb {
        "remove" => {
            let (before, path) = rest.split_once(' ')?;
            Some(Line::Step(Step::Remove { before: parse_before(before)?, path: path.to_owned() }))
        }
        "put" => {
            let mut parts = rest.splitn(5, ' ');
            Some(Line::Step(Step::Put {
                number: parts.next()?.parse().ok()?,
                before: parse_before(parts.next()?)?,
                after: Digest::parse(parts.next()?)?,
                group: parts.next().map(|group| (group != NO_GROUP).then(|| group.to_owned()))?,
                path: parts.next()?.to_owned(),
            }))
        }
        "end" => rest.parse().ok().map(Line::End),
        _ => None,
    }
}

fn print_before(before: Before) -> String {
    match before {
        Before::Absent => "absent".to_owned(),
        Before::File(digest) => digest.to_string(),
        Before::Link(digest) => format!("link:{digest}"),
    }
}

fn parse_before(text: &str) -> Option<Before> {
    match text.strip_prefix("link:") {
        Some(digest) => Digest::parse(digest).map(Before::Link),
        None if text == "absent" => Some(Before::Absent),
        None => Digest::parse(text).map(Before::File),
    }
}

fn push_line(out: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{} {line}", Digest::of(line.as_bytes()));
}

fn checked(line: &str) -> Option<&str> {
    let (check, content) = line.split_once(' ')?;
    (Digest::parse(check)? == Digest::of(content.as_bytes())).then_some(content)
}
