//! Judges every written node against the grammar: names, arguments, properties, how often, and the form of each value.
//!
//! Each node is judged once, where it is written, whether anything uses it or not. What only the merged node can tell
//! (a missing part that a preset may bring) is told when it is lowered.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, code};
use crate::nearest::nearest;
use crate::resolve::typing;
use crate::schema::{Child, DOCUMENT, Field, Many, SHAPES, Shape, Type};
use crate::source::Span;
use crate::syntax::kdl::{Document, EntryRef, NodeRef, Scalar};

/// One value with the type its place has, kept for the checks that need the whole program.
#[derive(Clone, Copy)]
pub struct Typed<'d> {
    /// The value as written.
    pub entry: EntryRef<'d>,
    /// What it must be.
    pub ty: Type,
    /// The node that holds it.
    pub node: NodeRef<'d>,
    /// That node's shape.
    pub shape: &'static Shape,
    /// What the grammar says of its place.
    pub field: &'static Field,
    /// Where the value ends, as an entry of `stdlib/sinks.kdl`.
    pub sink: &'static str,
}

/// Where a value ends whose place in the grammar says nothing: an emitted file.
const SINK: &str = "config";

/// A finding that the user accepts at a node and below it.
#[derive(Clone, Debug)]
pub struct Allow {
    /// The code, and where it is written.
    pub code: crate::source::Sourced<String>,
    /// Why it is accepted.
    pub reason: String,
    /// The node that holds the `allow`.
    pub scope: Span,
}

/// What one pass over a document finds.
#[derive(Default)]
pub struct Judged<'d> {
    /// The mistakes.
    pub diagnostics: Vec<Diagnostic>,
    /// Every well-placed value.
    pub values: Vec<Typed<'d>>,
    /// The findings that the user accepts.
    pub allows: Vec<Allow>,
    /// Names declared inside other nodes (routes, jobs, boundaries, …): namespace, name, place.
    pub nested: Vec<(&'static str, &'d str, Span)>,
    /// Nodes of no known shape: nothing inside them is judged, and lowering skips them.
    pub unknown: Vec<NodeRef<'d>>,
}

/// Whether a document may hold `app`, `edition` and `output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The project's `deploy.kdl`.
    Entry,
    /// A file that it imports.
    Imported,
}

/// Judges a whole document.
pub fn judge<'d>(document: &'d Document, role: Role, judged: &mut Judged<'d>) {
    judged.children(&DOCUMENT, document.roots().collect(), None, SINK);
    if role == Role::Imported {
        for node in document.roots().filter(|node| matches!(node.name(), "app" | "edition" | "output")) {
            judged.diagnostics.push(
                Diagnostic::new(
                    code::NAME_IMPORT_HOLDS,
                    node.name_span(),
                    format!("an imported file cannot hold `{}`", node.name()),
                )
                .label("only the project's deploy.kdl may")
                .help(format!("move `{}` to the file that imports this one", node.name())),
            );
        }
    }
}

/// Judges a document whose top level is described by another shape: the files of the standard library.
pub fn judge_as<'d>(shape: &'static Shape, document: &'d Document, judged: &mut Judged<'d>) {
    judged.children(shape, document.roots().collect(), None, SINK);
}

impl<'d> Judged<'d> {
    fn node(&mut self, shape: &'static Shape, node: NodeRef<'d>, sink: &'static str) {
        self.arguments(shape, node, sink);
        if let (Some(namespace), Some((name, place))) = (shape.declares(), super::view::first_text(node)) {
            self.nested.push((namespace, name, place));
        }
        self.properties(shape, node, sink);
        self.children(shape, node.children().collect(), Some(node), sink);
    }

    fn value(
        &mut self,
        field: &'static Field,
        entry: EntryRef<'d>,
        (node, shape): (NodeRef<'d>, &'static Shape),
        sink: &'static str,
    ) {
        match typing::check(field, entry) {
            Some(diagnostic) => self.diagnostics.push(diagnostic),
            None => {
                let sink = field.sink.unwrap_or(sink);
                self.values.push(Typed { entry, ty: field.ty, node, shape, field, sink });
            }
        }
    }

    fn arguments(&mut self, shape: &'static Shape, node: NodeRef<'d>, sink: &'static str) {
        for (index, entry) in node.args().enumerate() {
            match shape.arg(index) {
                Some(field) => self.value(field, entry, (node, shape), sink),
                None => {
                    self.diagnostics.push(extra_argument(shape, node, entry));
                    return;
                }
            }
        }
    }

    fn properties(&mut self, shape: &'static Shape, node: NodeRef<'d>, sink: &'static str) {
        let mut seen: BTreeMap<&'d str, Span> = BTreeMap::new();
        for entry in node.props() {
            let (Some(key), Some(span)) = (entry.key(), entry.key_span()) else { continue };
            if let Some(first) = seen.insert(key, span) {
                self.diagnostics.push(
                    Diagnostic::new(code::NAME_DUPLICATE, span, format!("`{key}` is written twice"))
                        .label("again here")
                        .also(first, "first here")
                        .help("remove one of the two"),
                );
                continue;
            }
            match shape.prop(key) {
                Some(field) => self.value(field, entry, (node, shape), sink),
                // A preset may hold the properties of what it is like.
                None if like(shape, node).and_then(|target| target.prop(key)).is_some() => {
                    if let Some(field) = like(shape, node).and_then(|target| target.prop(key)) {
                        self.value(field, entry, (node, shape), sink);
                    }
                }
                None if key == "override" && shape.declares().is_some() => {}
                None => self.diagnostics.push(unknown_property(shape, node, key, span)),
            }
        }
    }

    fn children(
        &mut self,
        shape: &'static Shape,
        nodes: Vec<NodeRef<'d>>,
        parent: Option<NodeRef<'d>>,
        sink: &'static str,
    ) {
        let shape = parent.and_then(|parent| like(shape, parent)).unwrap_or(shape);
        let mut once: BTreeMap<&'d str, Span> = BTreeMap::new();
        let mut keys: BTreeMap<(&'d str, &'d str), Span> = BTreeMap::new();
        for node in nodes {
            if node.name() == "-" {
                self.removal(shape, node);
                continue;
            }
            let Some((child, child_shape)) = described(shape, node.name()) else {
                self.diagnostics.push(unknown_node(shape, node, parent));
                self.unknown.push(node);
                continue;
            };
            let repeated = match child.map(|child| child.many) {
                Some(Many::One) => once
                    .insert(node.name(), node.name_span())
                    .map(|first| (first, format!("`{}` may be written once", node.name()))),
                Some(Many::Keyed) if child.is_some_and(|child| child.name == "*") => once
                    .insert(node.name(), node.name_span())
                    .map(|first| (first, format!("`{}` is written twice", node.name()))),
                Some(Many::Keyed) | None => {
                    let key = super::view::first_text(node).map_or("", |(text, _)| text);
                    let place = super::view::first_text(node).map_or(node.name_span(), |(_, span)| span);
                    keys.insert((node.name(), key), place).map(|first| (first, again(node.name(), key)))
                }
                Some(Many::List) => None,
            };
            if let Some((first, message)) = repeated {
                self.diagnostics.push(
                    Diagnostic::new(code::NAME_DUPLICATE, node.head_span(), message)
                        .label("again here")
                        .also(first, "first here")
                        .help("remove one of the two, or give it another name"),
                );
            }
            if let (Some(parent), "allow") = (parent, node.name()) {
                self.allow(parent, node);
            }
            let declared = || DOCUMENT.children.iter().find(|child| child.name == node.name());
            let below = child.or_else(declared).and_then(|child| child.sink).unwrap_or(sink);
            self.node(child_shape, node, below);
        }
    }

    fn allow(&mut self, parent: NodeRef<'d>, node: NodeRef<'d>) {
        let Some((code, place)) = super::view::first_text(node) else { return };
        let reason = match node.prop("reason").map(|entry| entry.value()) {
            Some(Scalar::String(reason)) => reason.to_owned(),
            _ => String::new(),
        };
        self.allows.push(Allow {
            code: crate::source::Sourced::new(code.to_owned(), place),
            reason,
            scope: parent.span(),
        });
    }

    fn removal(&mut self, shape: &'static Shape, node: NodeRef<'d>) {
        let words: Vec<EntryRef<'d>> = node.args().collect();
        let open = shape.children.iter().any(|child| child.name == "*");
        let fine = match words.as_slice() {
            [_] if open => true,
            [kind] => matches!(kind.value(), Scalar::String(kind) if described(shape, kind).is_some()),
            [kind, _] => matches!(kind.value(), Scalar::String(kind) if described(shape, kind).is_some()),
            _ => false,
        };
        if !fine {
            let form = if open { "`- \"NAME\"`" } else { "`- KIND \"NAME\"`" };
            self.diagnostics.push(
                Diagnostic::new(
                    code::NAME_UNKNOWN_NODE,
                    node.head_span(),
                    "this removal names nothing that can stand here",
                )
                .label(format!("expected {form}"))
                .help(format!("write {form}, with the kind and name of what is taken away")),
            );
        }
    }
}

fn again(name: &str, key: &str) -> String {
    if key.is_empty() { format!("`{name}` is written twice") } else { format!("`{name} \"{key}\"` is declared twice") }
}

/// What a preset may hold: the parts of the declaration that its `like` property names.
fn like(shape: &'static Shape, node: NodeRef<'_>) -> Option<&'static Shape> {
    let property = shape.props.iter().find(|prop| Some(prop.name) == shape.like)?;
    let kind = match node.prop(property.name).map(|entry| entry.value()) {
        Some(Scalar::String(kind)) => kind,
        _ => property.default?,
    };
    DOCUMENT.children.iter().find(|child| child.name == kind).map(|child| child.shape)
}

/// What the grammar says of a child name: its description (none for an overlay of a top-level declaration) and its shape.
pub(super) fn described(shape: &'static Shape, name: &str) -> Option<(Option<&'static Child>, &'static Shape)> {
    if let Some(child) = shape.children.iter().find(|child| child.name == name) {
        return Some((Some(child), child.shape));
    }
    let declaration = |child: &&'static Child| child.name == name && child.many == Many::Keyed;
    if shape.overlay
        && let Some(child) = DOCUMENT.children.iter().find(declaration)
    {
        return Some((None, child.shape));
    }
    let any = crate::schema::any_node().iter().find(|child| child.name == name);
    any.or_else(|| shape.child(name)).map(|child| (Some(child), child.shape))
}

fn extra_argument(shape: &'static Shape, node: NodeRef<'_>, entry: EntryRef<'_>) -> Diagnostic {
    let count = shape.args.len();
    let takes = match count {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        _ => format!("{count} arguments"),
    };
    let props: Vec<String> =
        shape.props.iter().filter(|prop| prop.name != "*").map(|prop| format!("`{}=`", prop.name)).collect();
    let help = match (props.is_empty(), shape.children.iter().any(|child| child.name == "*")) {
        (false, _) => format!("remove it, or write it as a property: {}", props.join(", ")),
        (true, true) => "put it inside braces".to_owned(),
        (true, false) => "remove it".to_owned(),
    };
    Diagnostic::new(code::TYPE_EXTRA_ARGUMENT, entry.span(), format!("`{}` takes {takes}", node.name()))
        .label("one too many")
        .help(help)
}

fn unknown_property(shape: &'static Shape, node: NodeRef<'_>, key: &str, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(code::NAME_UNKNOWN_PROPERTY, span, format!("`{}` has no property `{key}`", node.name()));
    if let Some(near) = nearest(key, shape.props.iter().map(|prop| prop.name).filter(|name| *name != "*")) {
        return diagnostic.meant(near, near);
    }
    if shape.children.iter().any(|child| child.name == key) {
        return diagnostic
            .label("this is a node inside the braces")
            .help(format!("write `{} {{ {key} … }}`", node.name()));
    }
    let props: Vec<String> = shape.props.iter().map(|prop| format!("`{}`", prop.name)).collect();
    let help = if props.is_empty() {
        "remove it: this node has no properties".to_owned()
    } else {
        format!("its properties are {}", props.join(", "))
    };
    diagnostic.label("not a property of this node").help(help)
}

fn unknown_node(shape: &'static Shape, node: NodeRef<'_>, parent: Option<NodeRef<'_>>) -> Diagnostic {
    let name = node.name();
    let place = parent.map_or_else(|| "the top level".to_owned(), |parent| format!("`{}`", parent.name()));
    let diagnostic =
        Diagnostic::new(code::NAME_UNKNOWN_NODE, node.name_span(), format!("there is no `{name}` in {place}"));
    let overlaid: &[Child] = if shape.overlay { DOCUMENT.children } else { &[] };
    let names = shape.children.iter().chain(overlaid).map(|child| child.name).filter(|name| *name != "*");
    if let Some(near) = nearest(name, names) {
        return diagnostic.meant(near, near);
    }
    if shape.props.iter().any(|prop| prop.name == name) {
        let value = node.args().next().map_or("…", |_| "VALUE");
        return diagnostic
            .label("this is a property, not a node")
            .help(format!("write `{name}={value}` after {place}, before the brace"));
    }
    let homes: Vec<&str> = SHAPES
        .iter()
        .filter(|shape| shape.children.iter().any(|child| child.name == name))
        .map(|shape| shape.id)
        .collect();
    match homes.as_slice() {
        [] => {
            let known: Vec<String> =
                shape.children.iter().map(|child| format!("`{}`", child.name)).filter(|name| name != "`*`").collect();
            let help = if known.is_empty() {
                format!("remove it: {place} holds no nodes")
            } else {
                format!("{place} holds {}", known.join(", "))
            };
            diagnostic.label("unknown node").help(help)
        }
        homes => {
            let homes: Vec<String> = homes.iter().map(|id| home(id)).collect();
            diagnostic
                .label(format!("belongs in {}", homes.join(" or ")))
                .help(format!("move it into {}", homes.join(" or ")))
        }
    }
}

fn home(id: &str) -> String {
    if id == "document" { "the top level".to_owned() } else { format!("`{}`", id.rsplit('.').next().unwrap_or(id)) }
}
