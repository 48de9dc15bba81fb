//! The syntax of what users write: KDL 2 documents.

mod canonical;
mod format;
pub mod kdl;

pub use canonical::{canonical, print};
pub use format::format;
pub use kdl::{Document, EntryRef, NodeRef, Nodes, Problem, ProblemKind, Scalar, parse};

pub mod expression;
mod scalar;

pub use scalar::{scalar_text, string};

use crate::diag::{Code, Diagnostic, code};
use crate::source::FileId;

/// Parses a document; its problems become diagnostics.
pub fn document(file: FileId, text: String) -> (Document, Vec<Diagnostic>) {
    let (document, problems) = parse(file, text);
    (document, problems.into_iter().map(diagnostic).collect())
}

fn diagnostic(problem: Problem) -> Diagnostic {
    // Every kind of problem has a page; a test goes through all of them.
    let code = Code::find(problem.kind.code()).unwrap_or(code::SYNTAX_UNEXPECTED_TOKEN);
    let mut diagnostic = Diagnostic::new(code, problem.span, problem.message).label(problem.label);
    for (span, message) in problem.also {
        diagnostic = diagnostic.also(span, message);
    }
    if let Some(help) = problem.help {
        diagnostic = diagnostic.help(help);
    }
    if let Some((title, edits)) = problem.fix {
        for (span, replacement) in edits {
            diagnostic = diagnostic.fix(title.clone(), span, replacement);
        }
    }
    diagnostic
}
