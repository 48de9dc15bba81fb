//! Applies the fixes of diagnostics to the texts they belong to (`check --fix`).

use super::{Diagnostic, Edit, Fix, Texts};
use crate::source::{FileId, Span};
use std::collections::BTreeMap;

/// The texts after the fixes, of the files that change, in the order of their ids.
///
/// A fix is made whole or not at all. Fixes are taken in the order of the diagnostics; one that touches what an earlier one
/// replaces waits for the next run, and so does one whose edits do not fit the text. Embedded files are never changed.
#[must_use]
pub fn apply_fixes(texts: &dyn Texts, diagnostics: &[Diagnostic]) -> Vec<(FileId, String)> {
    let mut accepted: BTreeMap<FileId, Accepted> = BTreeMap::new();
    for fix in diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()) {
        // The same fix from a second diagnostic is in the way of itself, so it is made once.
        if !fits(texts, fix) || !fix.edits.iter().all(|edit| is_free(&accepted, edit.span)) {
            continue;
        }
        for edit in &fix.edits {
            accepted.entry(edit.span.file).or_default().insert(edit);
        }
    }
    let changed = accepted.into_iter().map(|(file, edits)| (file, edits.apply(texts.text(file))));
    changed.filter(|(file, text)| text != texts.text(*file)).collect()
}

/// The edits of one file by place. Edits at one place all stem from one fix, and stay in its order.
#[derive(Default)]
struct Accepted<'d>(BTreeMap<(u32, u32), Vec<&'d Edit>>);

impl<'d> Accepted<'d> {
    fn insert(&mut self, edit: &'d Edit) {
        self.0.entry((edit.span.start, edit.span.end)).or_default().push(edit);
    }

    /// Accepted spans never overlap, so only the neighbours can be in the way.
    fn is_free(&self, span: Span) -> bool {
        let place = (span.start, span.end);
        let before = self.0.range(..place).next_back().is_none_or(|((_, end), _)| *end <= span.start);
        let after = self.0.range(place..).next().is_none_or(|((start, _), _)| *start >= span.end);
        !self.0.contains_key(&place) && before && after
    }

    fn apply(&self, text: &str) -> String {
        let mut result = String::with_capacity(text.len());
        let mut at = 0;
        for edit in self.0.values().flatten() {
            result.push_str(text.get(at..edit.span.start as usize).unwrap_or_default());
            result.push_str(&edit.replacement);
            at = edit.span.end as usize;
        }
        result.push_str(text.get(at..).unwrap_or_default());
        result
    }
}

fn is_free(accepted: &BTreeMap<FileId, Accepted>, span: Span) -> bool {
    accepted.get(&span.file).is_none_or(|edits| edits.is_free(span))
}

/// Whether every edit is a place in a file of the user, and none is in the way of another one.
fn fits(texts: &dyn Texts, fix: &Fix) -> bool {
    let is_place = |span: Span| {
        span.file.0 < FileId::EMBEDDED && texts.text(span.file).get(span.start as usize..span.end as usize).is_some()
    };
    let mut spans: Vec<Span> = fix.edits.iter().map(|edit| edit.span).collect();
    spans.sort_unstable();
    let is_apart = |pair: &[Span]| match pair {
        [one, two] if one.file == two.file => one.end <= two.start && (one != two || one.start == one.end),
        _ => true,
    };
    !spans.is_empty() && spans.iter().copied().all(is_place) && spans.windows(2).all(is_apart)
}
