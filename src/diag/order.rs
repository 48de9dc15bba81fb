//! The order of diagnostics, and which of them are worth telling.

use super::{Diagnostic, Severity, code};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Sorts by place, tells equal mistakes once, and drops what merely follows from broken syntax.
///
/// Files stand in the order in which they were read, the user's before the embedded ones. Of diagnostics with the same code and the
/// same primary place the first one stays. What follows from another mistake is not told:
/// - a mistake inside of a place that could not be read as KDL: whatever was recovered there was not written by the user;
/// - something missing where something could not be read;
/// - something missing that is there under a wrong name;
/// - something unused that is used under a wrong name;
/// - what points at a value that could not be read: nobody knows what was meant there.
#[must_use]
pub fn finish(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let broken = Broken::of(&diagnostics);
    diagnostics.retain(|diagnostic| {
        let span = diagnostic.primary.span;
        is_syntax(diagnostic) || !(broken.holds(span) || is_missing(diagnostic) && broken.touches(span))
    });
    let misnamed = misnamed(&diagnostics);
    diagnostics.retain(|diagnostic| {
        !(is_missing(diagnostic) && misnamed.contains(&(diagnostic.primary.span, diagnostic.message.clone())))
    });
    let meant = meant(&diagnostics);
    diagnostics.retain(|diagnostic| {
        !(diagnostic.code == code::NAME_UNUSED && names(&diagnostic.message).any(|name| meant.contains(name)))
    });
    let unread: BTreeSet<Span> =
        diagnostics.iter().filter(|one| is_unread(one)).map(|diagnostic| diagnostic.primary.span).collect();
    diagnostics.retain(|diagnostic| !diagnostic.labels.iter().any(|label| unread.contains(&label.span)));
    let mut told = BTreeSet::new();
    diagnostics.retain(|diagnostic| told.insert((diagnostic.primary.span, diagnostic.code)));
    diagnostics.sort_by_key(|diagnostic| {
        let span = diagnostic.primary.span;
        // The broader place first: it explains the narrower one.
        (span.file, span.start, std::cmp::Reverse(span.end), std::cmp::Reverse(diagnostic.severity), diagnostic.code)
    });
    diagnostics
}

fn is_syntax(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.area() == "syntax"
}

fn is_missing(diagnostic: &Diagnostic) -> bool {
    [code::NAME_MISSING, code::TYPE_MISSING_PROPERTY, code::TYPE_MISSING_ARGUMENT].contains(&diagnostic.code)
}

/// Whether the finding is that a value could not be read, so that a placeholder stands in for it.
fn is_unread(diagnostic: &Diagnostic) -> bool {
    [
        code::TYPE_BAD_VALUE,
        code::TYPE_MISMATCH,
        code::TYPE_OUT_OF_RANGE,
        code::TYPE_UNIT_MISSING,
        code::TYPE_UNKNOWN_ENUM,
        code::SYNTAX_EXPRESSION,
    ]
    .contains(&diagnostic.code)
}

/// What is reported as missing although it is there under a wrong name, by place and message.
///
/// The fix of an unknown name says what it should be. It is taken for what the closest node in front of it misses, if that has this
/// name.
fn misnamed(diagnostics: &[Diagnostic]) -> BTreeSet<(Span, String)> {
    let mut missing: BTreeMap<(FileId, &str), Vec<&Diagnostic>> = BTreeMap::new();
    for diagnostic in diagnostics.iter().filter(|diagnostic| is_missing(diagnostic)) {
        for name in names(&diagnostic.message) {
            missing.entry((diagnostic.primary.span.file, name)).or_default().push(diagnostic);
        }
    }
    for places in missing.values_mut() {
        places.sort_by_key(|diagnostic| diagnostic.primary.span);
    }
    let mut found = BTreeSet::new();
    for unknown in diagnostics {
        let is_unknown = [code::NAME_UNKNOWN_NODE, code::NAME_UNKNOWN_PROPERTY].contains(&unknown.code);
        let Some(fix) = unknown.fix.as_ref().filter(|_| is_unknown) else { continue };
        let span = unknown.primary.span;
        for edit in &fix.edits {
            let Some(places) = missing.get(&(span.file, edit.replacement.as_str())) else { continue };
            let before = places.partition_point(|diagnostic| diagnostic.primary.span.start <= span.start);
            if let Some(closest) = before.checked_sub(1).and_then(|last| places.get(last)) {
                found.insert((closest.primary.span, closest.message.clone()));
            }
        }
    }
    found
}

/// The names that unknown references and template paths are meant to be, as their fixes say.
fn meant(diagnostics: &[Diagnostic]) -> BTreeSet<String> {
    let is_unknown = |code| [code::NAME_UNKNOWN_REFERENCE, code::NAME_UNKNOWN_TEMPLATE_PATH].contains(&code);
    let unknown = diagnostics.iter().filter(|diagnostic| is_unknown(diagnostic.code));
    let edits = unknown.filter_map(|diagnostic| diagnostic.fix.as_ref()).flat_map(|fix| &fix.edits);
    let is_separator = |c: char| !(c.is_alphanumeric() || c == '-' || c == '_' || c == '@');
    edits.flat_map(|edit| edit.replacement.split(is_separator)).map(str::to_owned).collect()
}

/// The names in a message stand in backticks: every second piece.
fn names(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(1).step_by(2)
}

/// The places that could not be read, per file: sorted starts, each with the greatest end up to there.
struct Broken(BTreeMap<FileId, Vec<(u32, u32)>>);

impl Broken {
    fn of(diagnostics: &[Diagnostic]) -> Self {
        let mut files: BTreeMap<FileId, Vec<(u32, u32)>> = BTreeMap::new();
        for diagnostic in diagnostics {
            let span = diagnostic.primary.span;
            if is_syntax(diagnostic) && diagnostic.severity == Severity::Error && span.start < span.end {
                files.entry(span.file).or_default().push((span.start, span.end));
            }
        }
        for places in files.values_mut() {
            places.sort_unstable();
            let mut greatest = 0;
            for (_, end) in places {
                greatest = greatest.max(*end);
                *end = greatest;
            }
        }
        Broken(files)
    }

    /// Whether one of the places covers all of `span`.
    fn holds(&self, span: Span) -> bool {
        let Some(places) = self.0.get(&span.file) else { return false };
        let before = places.partition_point(|(start, _)| *start <= span.start);
        before.checked_sub(1).and_then(|last| places.get(last)).is_some_and(|(_, end)| *end >= span.end)
    }

    /// Whether one of the places begins in `span` or right behind it.
    fn touches(&self, span: Span) -> bool {
        let Some(places) = self.0.get(&span.file) else { return false };
        let first = places.partition_point(|(start, _)| *start < span.start);
        places.get(first).is_some_and(|(start, _)| *start <= span.end.saturating_add(1))
    }
}
