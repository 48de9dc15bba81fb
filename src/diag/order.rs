//! The order of diagnostics, and which of them are worth telling.

use super::{Diagnostic, Severity, Tie, code};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Sorts by place, tells equal mistakes once, and drops what merely follows from broken syntax.
///
/// Files stand in the order in which they were read, the user's before the embedded ones. Of diagnostics with the same code and the
/// same primary place the first one stays. What follows from another mistake is not told:
/// - a mistake inside of a place that could not be read as KDL: whatever was recovered there was not written by the user;
/// - broken syntax inside of a value that is none: it was not meant as KDL;
/// - something missing where something could not be read;
/// - something missing that is there under a wrong name;
/// - something unused that is used under a wrong name;
/// - what points at a value that could not be read: nobody knows what was meant there.
#[must_use]
pub fn finish(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    leave_damaged_files(&mut diagnostics);
    let covered: Vec<Span> =
        diagnostics.iter().filter(|one| one.tie == Some(Tie::Unread)).map(|one| one.primary.span).collect();
    diagnostics.retain(|diagnostic| {
        let span = diagnostic.primary.span;
        let covers = |whole: &Span| {
            whole.file == span.file && whole.start < span.start && span.end <= whole.end && span.start < span.end
        };
        !is_syntax(diagnostic) || !covered.iter().any(covers)
    });
    let broken = Broken::of(&diagnostics);
    diagnostics.retain(|diagnostic| {
        let span = diagnostic.primary.span;
        is_syntax(diagnostic) || !(broken.holds(span) || is_missing(diagnostic) && broken.touches(span))
    });
    let misnamed = misnamed(&diagnostics);
    let mut at = 0;
    diagnostics.retain(|_| {
        at += 1;
        !misnamed.contains(&(at - 1))
    });
    let meant = meant(&diagnostics);
    diagnostics.retain(|diagnostic| match &diagnostic.tie {
        Some(Tie::Unused(name)) => !meant.contains(name),
        Some(Tie::Lacks(_) | Tie::Meant(_) | Tie::MeantForAll(_) | Tie::Displaced | Tie::Displaces | Tie::Unread)
        | None => true,
    });
    let displacing: Vec<Span> = diagnostics
        .iter()
        .filter(|one| one.tie == Some(Tie::Displaces))
        .flat_map(|one| one.labels.iter().map(|label| label.span).chain([one.primary.span]))
        .collect();
    diagnostics.retain(|diagnostic| {
        let span = diagnostic.primary.span;
        diagnostic.tie != Some(Tie::Displaced)
            || !displacing.iter().any(|brace| brace.file == span.file && brace.start < span.start)
    });
    let unread: BTreeSet<Span> = diagnostics
        .iter()
        .filter(|one| one.tie == Some(Tie::Unread))
        .map(|diagnostic| diagnostic.primary.span)
        .collect();
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

/// A file that is not UTF-8 is never rewritten: what is shown of it is not what is on the disk. What is said of a place
/// with such a byte in it hangs on that byte.
fn leave_damaged_files(diagnostics: &mut Vec<Diagnostic>) {
    let told = diagnostics.iter().filter(|diagnostic| diagnostic.code == code::SYNTAX_NOT_UTF_8);
    let places: BTreeSet<Span> = told
        .flat_map(|one| one.labels.iter().map(|label| label.span).chain([one.primary.span]))
        .filter(|span| span.start < span.end)
        .collect();
    let files: BTreeSet<FileId> = places.iter().map(|span| span.file).collect();
    if files.is_empty() {
        return;
    }
    diagnostics.retain(|diagnostic| {
        let span = diagnostic.primary.span;
        // There are few of them: a file with many is not read at all.
        let holds = |place: &Span| place.file == span.file && span.start <= place.start && place.end <= span.end;
        diagnostic.code == code::SYNTAX_NOT_UTF_8 || !places.iter().any(holds)
    });
    for diagnostic in diagnostics {
        let touches = |fix: &mut super::Fix| fix.edits.iter().any(|edit| files.contains(&edit.span.file));
        diagnostic.fix.take_if(|fix| touches(fix));
    }
}

fn is_syntax(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.area() == "syntax"
}

fn is_missing(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic.tie, Some(Tie::Lacks(_)))
}

/// The indexes of findings that miss what is there under a wrong name.
///
/// What stands under a wrong name is taken for what the closest node in front of it lacks, if that lacks something of this name.
fn misnamed(diagnostics: &[Diagnostic]) -> BTreeSet<usize> {
    let mut missing: BTreeMap<(FileId, &str), Vec<(Span, usize)>> = BTreeMap::new();
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        let Some(Tie::Lacks(names)) = &diagnostic.tie else { continue };
        let span = diagnostic.primary.span;
        for name in names {
            missing.entry((span.file, name.as_str())).or_default().push((span, index));
        }
    }
    for places in missing.values_mut() {
        places.sort_unstable();
    }
    let mut found = BTreeSet::new();
    for unknown in diagnostics {
        let (names, is_for_all) = match &unknown.tie {
            Some(Tie::Meant(names)) => (names, false),
            Some(Tie::MeantForAll(names)) => (names, true),
            Some(Tie::Lacks(_) | Tie::Unused(_) | Tie::Displaced | Tie::Displaces | Tie::Unread) | None => continue,
        };
        let span = unknown.primary.span;
        for name in names {
            if is_for_all {
                let all = missing.iter().filter(|((_, missed), _)| missed == name);
                found.extend(all.flat_map(|(_, places)| places.iter().map(|(_, index)| *index)));
                continue;
            }
            let Some(places) = missing.get(&(span.file, name.as_str())) else { continue };
            let before = places.partition_point(|(place, _)| place.start <= span.start);
            let closest = before.checked_sub(1).and_then(|last| places.get(last));
            // A node may lack several things at once, each told by itself.
            let all = places.iter().filter(|(place, _)| closest.is_some_and(|(closest, _)| closest == place));
            found.extend(all.map(|(_, index)| *index));
        }
    }
    found
}

/// The names that unknown references and template paths are meant to be.
fn meant(diagnostics: &[Diagnostic]) -> BTreeSet<String> {
    let is_unknown = |code| [code::NAME_UNKNOWN_REFERENCE, code::NAME_UNKNOWN_TEMPLATE_PATH].contains(&code);
    let unknown = diagnostics.iter().filter(|diagnostic| is_unknown(diagnostic.code));
    let names = unknown.filter_map(|diagnostic| match &diagnostic.tie {
        Some(Tie::Meant(names) | Tie::MeantForAll(names)) => Some(names),
        Some(Tie::Lacks(_) | Tie::Unused(_) | Tie::Displaced | Tie::Displaces | Tie::Unread) | None => None,
    });
    names.flatten().cloned().collect()
}

/// The places that could not be read, per file: sorted starts, each with the greatest end up to there.
struct Broken(BTreeMap<FileId, Vec<(u32, u32)>>);

impl Broken {
    fn of(diagnostics: &[Diagnostic]) -> Self {
        let mut files: BTreeMap<FileId, Vec<(u32, u32)>> = BTreeMap::new();
        for diagnostic in diagnostics {
            let span = diagnostic.primary.span;
            if !is_syntax(diagnostic) || diagnostic.severity != Severity::Error {
                continue;
            }
            // What was meant to have another name could not be read in any of its places.
            let is_named = matches!(diagnostic.tie, Some(Tie::Meant(_)));
            let others = diagnostic.labels.iter().map(|label| label.span).filter(|_| is_named);
            for span in others.chain([span]).filter(|span| span.start < span.end) {
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
