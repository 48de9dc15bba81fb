//! Texts in which what looks like a credential is covered, so that no report repeats it.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Texts, code};
use crate::source::FileId;

/// The texts of a run with every literal credential that was found covered by `*`, byte by byte, so that places stay.
pub(super) struct Masked<'t> {
    texts: &'t dyn Texts,
    covered: BTreeMap<FileId, String>,
}

impl<'t> Masked<'t> {
    /// Covers what the findings say is a credential.
    pub(super) fn new(texts: &'t dyn Texts, diagnostics: &[Diagnostic]) -> Self {
        let mut covered: BTreeMap<FileId, String> = BTreeMap::new();
        for found in diagnostics.iter().filter(|one| one.code == code::SECRET_LITERAL) {
            let span = found.primary.span;
            if span.file == FileId::RULE {
                continue;
            }
            let text = covered.entry(span.file).or_insert_with(|| texts.text(span.file).to_owned());
            let range = span.start as usize..span.end as usize;
            let Some(literal) = text.get(range.clone()) else { continue };
            let cover: String = literal.bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }).collect();
            text.replace_range(range, &cover);
        }
        Masked { texts, covered }
    }
}

impl Texts for Masked<'_> {
    fn name(&self, file: FileId) -> &str {
        self.texts.name(file)
    }

    fn text(&self, file: FileId) -> &str {
        self.covered.get(&file).map_or_else(|| self.texts.text(file), String::as_str)
    }
}
