//! What the program asks for and no emitter compiles yet.

use crate::diag::{Diagnostic, code};
use crate::emit::coverage::{NODES, OUTPUTS, WORDS};
use crate::emit::platform::backend;
use crate::resolve::{Program, Typed};
use crate::schema::{DOCUMENT, SHAPE_OUTPUT, Type};
use crate::source::Span;
use crate::standard;
use crate::syntax;

/// What the program asks for and no emitter compiles yet, each at its node.
pub fn not_yet(program: &Program, values: &[Typed<'_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for node in program.files.iter().flat_map(|file| file.document.roots()) {
        let is_known = DOCUMENT.children.iter().any(|child| child.name == node.name());
        if is_known && !NODES.contains(&node.name()) {
            found.push(told(node.head_span(), node.name()));
        } else if node.name() == "output" {
            let described = |name: &str| SHAPE_OUTPUT.children.iter().any(|child| child.name == name);
            let missing = node.children().filter(|child| described(child.name()) && !OUTPUTS.contains(&child.name()));
            found.extend(missing.map(|child| told(child.head_span(), child.name())));
        }
    }
    for value in values {
        let Some(text) = syntax::string(value.entry.value()) else { continue };
        if is_waiting(value.ty, text) {
            found.push(told(value.entry.value_span(), text));
        }
    }
    found
}

/// Whether a word names something that is known and not compiled; what is not known at all is told elsewhere.
fn is_waiting(ty: Type, text: &str) -> bool {
    if let Type::Enum(list) = ty {
        return WORDS.iter().any(|(id, _)| *id == list.id) && !WORDS.contains(&(list.id, text));
    }
    ty == Type::Ref(&["platform"]) && standard::find("platform", text).is_some() && backend(text).is_none()
}

fn told(place: Span, what: &str) -> Diagnostic {
    Diagnostic::new(code::OUTPUT_NOT_YET, place, format!("`{what}` is checked, and not compiled yet"))
        .label("nothing would be written for it")
        .help("remove it, or wait for the version that compiles it; `deployc check` goes on judging it")
}
