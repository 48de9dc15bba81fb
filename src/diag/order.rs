//! The order of diagnostics, and which of them are worth telling.

use super::{Diagnostic, Severity};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Sorts by place, tells equal mistakes once, and drops what merely follows from broken syntax.
///
/// Files stand in the order in which they were read, the user's before the embedded ones. Of diagnostics with the same code and the
/// same primary place the first one stays. A mistake inside of a place that could not be read as KDL is not told: whatever
/// was recovered there was not written by the user.
#[must_use]
pub fn finish(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let broken = Broken::of(&diagnostics);
    diagnostics.retain(|diagnostic| is_syntax(diagnostic) || !broken.holds(diagnostic.primary.span));
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
}
