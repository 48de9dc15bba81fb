//! Judges every written node against the grammar: names, arguments, properties, how often, and the form of each value.
//!
//! Each node is judged once, where it is written, whether anything uses it or not. What only the merged node can tell
//! (a missing part that a preset may bring) is told when it is lowered.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, code};
use crate::resolve::{line, typing, unknown};
use crate::schema::{Child, DOCUMENT, Field, Many, Need, Shape, Type};
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
    /// Namespaces in which a declaration has no name that could be read: what else points into them may mean it.
    pub unnamed: BTreeSet<&'static str>,
    /// Values of properties that their nodes do not have.
    pub misplaced: Vec<EntryRef<'d>>,
}

/// Whether the line of a node could be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// It could.
    Whole,
    /// It could not: nobody knows what the rest of it was meant to be.
    Lost,
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
    let roots: Vec<NodeRef<'d>> = document.roots().collect();
    if let Some(diagnostic) = unknown::yaml(&roots) {
        judged.diagnostics.push(diagnostic);
        return;
    }
    judged.children(&DOCUMENT, roots, None, SINK);
    if role == Role::Imported {
        for node in document.roots().filter(|node| is_for_the_entry(node.name())) {
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

/// Whether only the project's own file may hold a node.
pub(super) fn is_for_the_entry(name: &str) -> bool {
    matches!(name, "app" | "edition" | "output")
}

/// Judges a document whose top level is described by another shape: the files of the standard library.
pub fn judge_as<'d>(shape: &'static Shape, document: &'d Document, judged: &mut Judged<'d>) {
    judged.children(shape, document.roots().collect(), None, SINK);
}

impl<'d> Judged<'d> {
    fn node(&mut self, shape: &'static Shape, node: NodeRef<'d>, siblings: &'static Shape, sink: &'static str) {
        if let Some((annotation, span)) = node.annotation() {
            self.diagnostics.push(
                Diagnostic::new(
                    code::TYPE_WRONG_ANNOTATION,
                    span,
                    format!("a node takes no type, and this one says `{annotation}`"),
                )
                .label("means nothing here")
                .help("remove it: only values have types"),
            );
        }
        if self.arguments(shape, node, siblings, sink) == Reading::Lost {
            return;
        }
        self.required(shape, node);
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
        match line::foreign_quotes(field, entry).or_else(|| typing::check(field, entry)) {
            Some(diagnostic) => {
                self.unnamed.extend(field.declares);
                self.diagnostics.push(diagnostic);
            }
            None => {
                let sink = field.sink.unwrap_or(sink);
                self.values.push(Typed { entry, ty: field.ty, node, shape, field, sink });
            }
        }
    }

    /// Judges the arguments; what follows on the line of a mistake that shifts everything is not judged.
    fn arguments(
        &mut self,
        shape: &'static Shape,
        node: NodeRef<'d>,
        siblings: &'static Shape,
        sink: &'static str,
    ) -> Reading {
        let mut index = 0;
        for entry in node.entries() {
            if entry.key().is_some() {
                if line::opens_foreign_quotes(entry) {
                    break;
                }
                continue;
            }
            if let Some(diagnostic) = line::another_node(shape, node, entry, siblings) {
                self.diagnostics.push(diagnostic);
                return Reading::Lost;
            }
            if let Some(diagnostic) = line::mistaken(shape, node, entry) {
                self.diagnostics.push(diagnostic);
                break;
            }
            let Some(field) = shape.arg(index) else {
                self.diagnostics.push(extra_argument(shape, node, entry));
                break;
            };
            index += 1;
            self.value(field, entry, (node, shape), sink);
            if line::opens_foreign_quotes(entry) {
                break;
            }
        }
        Reading::Whole
    }

    /// What a node needs that no other layer can bring: the name of a declaration, and everything where nothing merges.
    fn required(&mut self, shape: &'static Shape, node: NodeRef<'d>) {
        let given = node.args().count();
        let args = shape
            .args
            .iter()
            .enumerate()
            .filter(|(at, field)| *at >= given && (shape.whole || field.declares.is_some()));
        let props = shape.props.iter().filter(|field| shape.whole && node.prop(field.name).is_none());
        for field in args.map(|(_, field)| field).chain(props).filter(|field| field.need == Need::Required) {
            self.diagnostics.push(missing(shape, node, field));
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
                None => {
                    self.misplaced.push(entry);
                    self.diagnostics.push(unknown::for_all(node, unknown::property(shape, node, entry, key, span)));
                }
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
        let shape = match parent.filter(|_| shape.like.is_some()) {
            Some(parent) => match like(shape, parent) {
                Some(target) => target,
                // Nobody knows what the preset is for, so that it may hold anything.
                None => return,
            },
            None => shape,
        };
        let mut once: BTreeMap<&'d str, Span> = BTreeMap::new();
        let mut keys: BTreeMap<(&'d str, &'d str), Span> = BTreeMap::new();
        let mut removed: BTreeMap<Vec<&'d str>, Span> = BTreeMap::new();
        for node in nodes {
            if node.name() == "-" {
                match parent {
                    Some(_) => self.removal(shape, node, &mut removed),
                    None => self.diagnostics.push(removal_of_nothing(node)),
                }
                continue;
            }
            let Some((child, child_shape)) = described(shape, node.name()) else {
                self.diagnostics.push(unknown::for_all(node, unknown::node(shape, node, parent)));
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
                        .help(match child.map(|child| child.many) {
                            _ if child_shape.declares().is_none() => "remove one of the two",
                            Some(Many::One) => "remove one of the two",
                            Some(Many::Keyed | Many::List) | None => "remove one of the two, or give it another name",
                        }),
                );
            }
            match (parent, node.name()) {
                (Some(parent), "allow") => self.allow(parent, node),
                (None, "allow") => self.diagnostics.push(allow_of_nothing(node)),
                (_, _) => {}
            }
            if let Some(error) = child.and_then(|child| child.form).and_then(|form| form.check(node.name()).err()) {
                self.diagnostics.push(
                    Diagnostic::new(code::TYPE_BAD_NAME, node.name_span(), error.message.clone())
                        .label(error.label())
                        .help(error.help.unwrap_or_default()),
                );
            }
            let declared = || DOCUMENT.children.iter().find(|child| child.name == node.name());
            let below = child.or_else(declared).and_then(|child| child.sink).unwrap_or(sink);
            self.node(child_shape, node, shape, below);
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

    fn removal(&mut self, shape: &'static Shape, node: NodeRef<'d>, removed: &mut BTreeMap<Vec<&'d str>, Span>) {
        let words: Vec<EntryRef<'d>> = node.args().collect();
        let names: Vec<&'d str> = words.iter().filter_map(|word| crate::syntax::string(word.value())).collect();
        if let Some(first) = removed.insert(names.clone(), node.head_span()) {
            self.diagnostics.push(
                Diagnostic::new(code::NAME_DUPLICATE, node.head_span(), "this is removed twice")
                    .label("again here")
                    .also(first, "first here")
                    .help("remove one of the two lines"),
            );
            return;
        }
        if let [kind] = names.as_slice()
            && is_named(shape, kind)
        {
            self.diagnostics.push(
                Diagnostic::new(
                    code::TYPE_MISSING_ARGUMENT,
                    node.head_span(),
                    format!("this does not say which {kind} is removed"),
                )
                .label("no name here")
                .help(format!("write `- {kind} \"NAME\"`")),
            );
            return;
        }
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
                .help(format!("write {form} to take something away; the items of a list stand behind its name")),
            );
        }
    }
}

/// Whether a node of this kind is told from others of its kind by the name that it must have.
pub(super) fn is_named(shape: &'static Shape, kind: &str) -> bool {
    let Some((child, child_shape)) = described(shape, kind) else { return false };
    let declared = || DOCUMENT.children.iter().find(|child| child.name == kind);
    let is_keyed = child.or_else(declared).is_some_and(|child| child.many == Many::Keyed && child.name != "*");
    is_keyed && child_shape.args.first().is_some_and(|name| name.need == Need::Required)
}

/// Nothing lies below the top level that a `-` there could take away.
fn removal_of_nothing(node: NodeRef<'_>) -> Diagnostic {
    Diagnostic::new(code::NAME_REMOVES_NOTHING, node.head_span(), "nothing is removed at the top level")
        .label("there is nothing below it")
        .help("write it in the environment that has it not, or remove the declaration itself")
}

/// An `allow` speaks of the node that holds it, and the file is none.
fn allow_of_nothing(node: NodeRef<'_>) -> Diagnostic {
    Diagnostic::new(code::NAME_WRONG_PLACE, node.head_span(), "`allow` stands in the node whose finding it accepts")
        .label("in no node")
        .help("move it into the braces of that node")
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
    let declaration = |child: &&'static Child| {
        child.name == name && child.many == Many::Keyed && !matches!(name, "environment" | "preset")
    };
    if shape.overlay
        && let Some(child) = DOCUMENT.children.iter().find(declaration)
    {
        return Some((None, child.shape));
    }
    let any = crate::schema::any_node().iter().find(|child| child.name == name);
    any.or_else(|| shape.child(name)).map(|child| (Some(child), child.shape))
}

/// A required argument or property that is not there.
pub fn missing(shape: &'static Shape, node: NodeRef<'_>, field: &'static Field) -> Diagnostic {
    let is_argument = shape.args.iter().any(|arg| std::ptr::eq(arg, field));
    let (code, what, write, name) = if is_argument {
        let message = format!("`{}` needs its {}", node.name(), field.name);
        (code::TYPE_MISSING_ARGUMENT, message, format!("write the {} behind it", field.name), field.name.to_owned())
    } else {
        let message = format!("`{}` needs the property `{}`", node.name(), field.name);
        let name = format!("`{}=`", field.name);
        (code::TYPE_MISSING_PROPERTY, message, format!("add `{}=…`", field.name), name)
    };
    Diagnostic::new(code, node.head_span(), what)
        .label(format!("no {name} here"))
        .lacks([field.name])
        .help(shape.short_example().map_or_else(|| write.clone(), |example| format!("{write}, as in `{example}`")))
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
