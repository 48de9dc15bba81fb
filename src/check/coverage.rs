//! What the program asks for and no emitter compiles yet.

use crate::diag::{Diagnostic, code};
use crate::emit::coverage::{NODES, OUTPUTS, WORDS};
use crate::emit::platform::backend;
use crate::resolve::{Program, Typed};
use crate::schema::Type;
use crate::source::Span;
use crate::syntax;

/// What the program asks for and no emitter compiles yet, each at its node.
pub fn not_yet(program: &Program, values: &[Typed<'_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for node in program.files.iter().flat_map(|file| file.document.roots()) {
        if !NODES.contains(&node.name()) {
            found.push(told(node.head_span(), node.name()));
        } else if node.name() == "output" {
            let missing = node.children().filter(|child| !OUTPUTS.contains(&child.name()));
            found.extend(missing.map(|child| told(child.head_span(), child.name())));
        }
    }
    for value in values {
        let Some(text) = syntax::string(value.entry.value()) else { continue };
        let compiled = match value.ty {
            Type::Enum(list) => !WORDS.iter().any(|(id, _)| *id == list.id) || WORDS.contains(&(list.id, text)),
            Type::Ref(["platform"]) => backend(text).is_some(),
            Type::Ref(_)
            | Type::Text(_)
            | Type::Name
            | Type::Duration
            | Type::Ratio
            | Type::Bytes
            | Type::Cpu
            | Type::Count
            | Type::Rate
            | Type::Money
            | Type::Schedule
            | Type::Date
            | Type::Path
            | Type::Image
            | Type::Gvk
            | Type::Condition
            | Type::Command
            | Type::Bool
            | Type::Number
            | Type::Metric
            | Type::WeekTime
            | Type::Quantity
            | Type::Any
            | Type::Raw(_) => true,
        };
        if !compiled {
            found.push(told(value.entry.value_span(), text));
        }
    }
    found
}

fn told(place: Span, what: &str) -> Diagnostic {
    Diagnostic::new(code::OUTPUT_NOT_YET, place, format!("`{what}` is checked, and not compiled yet"))
        .label("nothing would be written for it")
        .help("remove it, or wait for the version that compiles it; `deployc check` goes on judging it")
}
