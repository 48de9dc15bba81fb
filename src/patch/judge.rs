//! The files of a build together: no two under one name, and every patch finds what it changes.

use std::collections::BTreeMap;

use crate::artifact::Artifact;
use crate::diag::{Diagnostic, code};
use crate::patch::{Failure, Operation, Reason, apply};
use crate::source::{FileId, Origin, Span};
use crate::syntax;

/// Applies the user's patches; what cannot be patched is told.
pub fn patch<'o>(
    artifacts: &mut [Artifact],
    operations: impl IntoIterator<Item = &'o Operation>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for failure in apply(artifacts, operations) {
        diagnostics.push(unpatched(&failure));
    }
}

/// Tells where two files have one name.
pub fn paths(artifacts: &[Artifact], diagnostics: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<String, &Artifact> = BTreeMap::new();
    for artifact in artifacts {
        let Some(first) = known.insert(artifact.path.to_lowercase(), artifact) else { continue };
        let (place, other) = places(&artifact.origin, &first.origin);
        let diagnostic = if first.path == artifact.path {
            Diagnostic::new(code::OUTPUT_TWO_EMITTERS, place, format!("two things lead to the file `{}`", first.path))
                .label("the second")
                .also(other, "the first")
        } else {
            Diagnostic::new(
                code::OUTPUT_CASE,
                place,
                format!("`{}` and `{}` are one file on macOS and Windows", first.path, artifact.path),
            )
            .label(format!("makes `{}`", artifact.path))
            .also(other, format!("makes `{}`", first.path))
        };
        diagnostics.push(diagnostic.help("rename one of them"));
    }
}

/// The places in the user's files that two files come from, the later one first.
fn places(second: &Origin, first: &Origin) -> (Span, Span) {
    let user = |origin: &Origin| {
        let also = origin.also.as_deref().unwrap_or_default();
        let places = std::iter::once(origin.place).chain(also.iter().copied());
        let mut own = places.filter(|place| place.file != FileId::RULE && !place.file.is_embedded());
        own.next().unwrap_or(origin.place)
    };
    let (second, first) = (user(second), user(first));
    if second.start >= first.start { (second, first) } else { (first, second) }
}

fn unpatched(failure: &Failure) -> Diagnostic {
    let Failure { operation, reason } = failure;
    let (place, written) = match reason {
        Reason::NoFile(_) => (operation.file_place, &operation.file),
        Reason::NoTree | Reason::Present { .. } | Reason::NotAddable => (operation.origin.place, &operation.path),
        Reason::Unreadable(_) | Reason::NotFound { .. } => (operation.path_place, &operation.path),
    };
    let message = format!("the patch of `{}` cannot be made: {reason}", operation.file);
    let diagnostic = Diagnostic::new(code::OUTPUT_PATCH_PATH, place, message).label(format!("`{written}`"));
    let Some(meant) = reason.meant(written) else { return diagnostic.help(reason.help()) };
    let help = match reason {
        // Which of the siblings is meant is not certain: they stay in the help.
        Reason::NotFound { .. } => format!("write `{meant}`; {}", reason.help()),
        Reason::NoFile(_) | Reason::NoTree | Reason::Unreadable(_) | Reason::Present { .. } | Reason::NotAddable => {
            format!("write `{meant}`")
        }
    };
    diagnostic.help(help).fix(format!("write `{meant}`"), place, syntax::quoted(&meant))
}
