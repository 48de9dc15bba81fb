//! Removals inside of merged nodes: what `-` takes away must be there.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, code};
use crate::nearest::nearest;
use crate::resolve::View;
use crate::resolve::shape::{described, is_named};
use crate::resolve::view::first_text;
use crate::syntax;
use crate::syntax::kdl::NodeRef;

/// Judges every removal in the layers of a view, and in those of its children.
pub(super) fn check(view: &View<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let has_removal = view.layers.iter().any(|layer| holds_removal(layer.node));
    if !has_removal {
        return;
    }
    for (at, layer) in view.layers.iter().enumerate() {
        for removal in layer.node.children().filter(|node| node.name() == "-") {
            let below = view.layers.iter().take(at).flat_map(|layer| layer.node.children());
            let own = layer.node.children().take_while(|node| node.span() != removal.span());
            let there: Vec<NodeRef<'_>> = below.chain(own).filter(|node| node.name() != "-").collect();
            diagnostics.extend(nothing(view, removal, &there));
        }
    }
    for child in view.shape.children {
        for merged in view.children(child) {
            check(&merged, diagnostics);
        }
    }
}

fn holds_removal(node: NodeRef<'_>) -> bool {
    node.children().any(|child| child.name() == "-" || holds_removal(child))
}

/// Why a removal takes nothing away, if it does.
fn nothing(view: &View<'_>, removal: NodeRef<'_>, there: &[NodeRef<'_>]) -> Option<Diagnostic> {
    let words: Vec<&str> = removal.args().filter_map(|entry| syntax::string(entry.value())).collect();
    let open = view.shape.children.iter().any(|child| child.name == "*");
    let key = |node: &NodeRef<'_>| first_text(*node).map_or(String::new(), |(text, _)| text.to_owned());
    let (found, what, candidates): (bool, String, BTreeSet<String>) = match words.as_slice() {
        // A word that is no node of this place and no variable, or lacks a name, was told where it is written.
        [kind] if !open && (described(view.shape, kind).is_none() || is_named(view.shape, kind)) => return None,
        [name] => (
            there.iter().any(|node| node.name() == *name),
            format!("`{name}`"),
            there.iter().map(|node| node.name().to_owned()).collect(),
        ),
        // A top-level declaration that an environment takes away is judged with the overlays.
        [kind, _] if view.shape.overlay && !view.shape.children.iter().any(|child| child.name == *kind) => return None,
        [kind, name] => (
            there.iter().any(|node| node.name() == *kind && key(node) == *name),
            format!("{kind} `{name}`"),
            there.iter().filter(|node| node.name() == *kind).map(key).collect(),
        ),
        _ => return None,
    };
    if found {
        return None;
    }
    let last = removal.args().last()?;
    let wanted = words.last().copied().unwrap_or_default();
    let diagnostic =
        Diagnostic::new(code::NAME_REMOVES_NOTHING, last.value_span(), format!("there is no {what} to remove"));
    Some(match nearest(wanted, candidates.iter().map(String::as_str)) {
        Some(near) => diagnostic.meant(near, format!("\"{near}\"")),
        None => diagnostic.label("nothing of this name is there").help("remove this line"),
    })
}
