//! The syntax of what users write: KDL 2 documents.

mod canonical;
mod format;
pub mod kdl;

pub use canonical::{canonical, print, quoted};
pub use format::format;
pub use kdl::{Document, EntryRef, NodeRef, Nodes, Problem, ProblemKind, Scalar, parse};

pub mod expression;
mod scalar;

pub use scalar::{scalar_text, string};

use crate::diag::Diagnostic;
use crate::source::FileId;

/// Parses a document; its problems become diagnostics.
pub fn document(file: FileId, text: String) -> (Document, Vec<Diagnostic>) {
    let (document, problems) = parse(file, text);
    (document, problems.into_iter().map(Diagnostic::from).collect())
}
