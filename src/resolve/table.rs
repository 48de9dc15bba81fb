//! Which names are declared, where, and by which layers.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, code};
use crate::resolve::load::Program;
use crate::resolve::shape::is_for_the_entry;
use crate::resolve::view::{LayerKind, Presets, View, first_text};
use crate::schema::{DOCUMENT, Many, Shape};
use crate::source::Span;
use crate::standard;
use crate::syntax::kdl::{NodeRef, Scalar};

/// One declared name and the nodes that declare it, weakest first.
pub struct Declaration<'d> {
    /// Kind of node, which is also its namespace.
    pub kind: &'static str,
    /// The name.
    pub name: &'d str,
    /// Where the name is written.
    pub place: Span,
    /// What the node may hold.
    pub shape: &'static Shape,
    /// The nodes: the declaration, then overriding ones.
    pub nodes: Vec<NodeRef<'d>>,
}

/// Every top-level declaration of a program.
#[derive(Default)]
pub struct Table<'d> {
    /// In order of first appearance.
    pub declarations: Vec<Declaration<'d>>,
    index: BTreeMap<(&'static str, &'d str), usize>,
    singles: BTreeMap<&'static str, Vec<NodeRef<'d>>>,
    /// Names declared inside other nodes, by namespace.
    nested: BTreeMap<&'static str, Vec<(&'d str, Span)>>,
    /// Namespaces with a declaration whose name could not be read.
    unnamed: BTreeSet<&'static str>,
}

impl<'d> Table<'d> {
    /// Collects the declarations of all files; imported files come first, so that an importer's `override` is laid over them.
    pub fn collect(program: &'d Program, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut table = Table::default();
        for index in &program.order {
            let Some(file) = program.files.get(*index) else { continue };
            // What only the project's own file may hold is told where it stands, and holds nowhere else.
            let holds = |node: &NodeRef<'_>| *index == 0 || !is_for_the_entry(node.name());
            for node in file.document.roots().filter(holds) {
                table.add(node, diagnostics);
            }
        }
        table.declarations.sort_by_key(|declaration| (declaration.place.file, declaration.place.start));
        table.index = table.declarations.iter().enumerate().map(|(at, one)| ((one.kind, one.name), at)).collect();
        table
    }

    fn add(&mut self, node: NodeRef<'d>, diagnostics: &mut Vec<Diagnostic>) {
        let Some(child) = DOCUMENT.children.iter().find(|child| child.name == node.name()) else { return };
        if child.many == Many::List {
            return;
        }
        if child.many == Many::One {
            let nodes = self.singles.entry(child.name).or_default();
            match nodes.first() {
                Some(first) if first.span().file != node.span().file && !overrides(node) => {
                    diagnostics.push(clash(child.name, node.head_span(), first.head_span()))
                }
                Some(_) => nodes.push(node),
                None => {
                    diagnostics.extend(overrides_nothing(node, child.name));
                    nodes.push(node);
                }
            }
            return;
        }
        let Some((name, place)) = first_text(node) else { return };
        match self.index.get(&(child.name, name)).and_then(|at| self.declarations.get_mut(*at)) {
            Some(old) if overrides(node) => {
                old.nodes.push(node);
            }
            Some(old) => {
                // The same name twice in one file is told by the shape check.
                if old.place.file != place.file {
                    diagnostics.push(clash(&format!("{} \"{name}\"", child.name), place, old.place));
                }
            }
            None => {
                if standard::find(child.name, name).is_none() {
                    diagnostics.extend(overrides_nothing(node, &format!("{} `{name}`", child.name)));
                }
                self.index.insert((child.name, name), self.declarations.len());
                self.declarations.push(Declaration {
                    kind: child.name,
                    name,
                    place,
                    shape: child.shape,
                    nodes: vec![node],
                });
            }
        }
    }

    /// Adds the names that are declared inside other nodes.
    pub fn nest(&mut self, names: &[(&'static str, &'d str, Span)]) {
        for (namespace, name, place) in names {
            self.nested.entry(namespace).or_default().push((name, *place));
        }
        for names in self.nested.values_mut() {
            names.sort_unstable();
            names.dedup_by_key(|(name, _)| *name);
        }
    }

    /// Remembers in which namespaces a declaration has no name that could be read.
    pub fn unnamed(&mut self, namespaces: BTreeSet<&'static str>) {
        self.unnamed = namespaces;
    }

    /// Whether a name that nothing declares may be that of a declaration whose name could not be read.
    pub fn may_have(&self, namespace: &str) -> bool {
        self.unnamed.contains(namespace)
    }

    /// Whether a namespace has a name, declared at the top level or inside another node.
    pub fn has(&self, namespace: &str, name: &str) -> bool {
        self.find(namespace, name).is_some()
            || self
                .nested
                .get(namespace)
                .is_some_and(|names| names.binary_search_by_key(&name, |(name, _)| *name).is_ok())
    }

    /// The names of a namespace: top-level ones in file order, then nested ones.
    pub fn names(&self, namespace: &str) -> Vec<&'d str> {
        let mut names: Vec<&'d str> = self.of_kind(namespace).map(|declaration| declaration.name).collect();
        for (name, _) in self.nested.get(namespace).into_iter().flatten() {
            if !names.contains(name) {
                names.push(name);
            }
        }
        names
    }

    /// Where a name of a namespace is declared, at the top level or inside another node.
    pub fn place(&self, namespace: &str, name: &str) -> Option<Span> {
        let nested = || self.nested.get(namespace)?.iter().find(|(known, _)| *known == name).map(|(_, place)| *place);
        self.find(namespace, name).map(|declaration| declaration.place).or_else(nested)
    }

    /// The declaration of a name in a namespace.
    pub fn find(&self, kind: &str, name: &str) -> Option<&Declaration<'d>> {
        // The map's key type holds a static kind; a scan of the few kinds finds it without allocating.
        let kind = DOCUMENT.children.iter().find(|child| child.name == kind)?.name;
        self.index.get(&(kind, name)).and_then(|at| self.declarations.get(*at))
    }

    /// Every declaration of a kind, in order.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Declaration<'d>> + use<'a, 'd> {
        self.declarations.iter().filter(move |declaration| declaration.kind == kind)
    }

    /// The nodes of a kind that may stand once (`app`, `observe`, …), weakest first.
    pub fn single(&self, kind: &str) -> &[NodeRef<'d>] {
        self.singles.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The merged view of a declaration, with an environment's overlay nodes laid over it.
    pub fn view(&self, declaration: &Declaration<'d>, overlays: &[NodeRef<'d>]) -> View<'d> {
        let mut nodes = declaration.nodes.iter();
        let mut view = match nodes.next() {
            Some(first) => View::new(declaration.shape, *first, self),
            None => View {
                shape: declaration.shape,
                layers: Vec::new(),
                keyed_by_name: super::view::Keyed::ByArgument,
                lacks_preset: false,
            },
        };
        for node in nodes.chain(overlays) {
            view.push(*node, LayerKind::Overlay, self);
        }
        view
    }
}

impl<'d> Presets<'d> for Table<'d> {
    fn preset(&self, name: &str) -> Option<NodeRef<'d>> {
        self.find("preset", name).and_then(|declaration| declaration.nodes.last().copied())
    }
}

fn overrides(node: NodeRef<'_>) -> bool {
    node.prop("override").is_some_and(|entry| entry.value() == Scalar::Bool(true))
}

/// `place` is in the file that imports, `first` in the imported one.
fn clash(what: &str, place: Span, first: Span) -> Diagnostic {
    Diagnostic::new(code::NAME_DUPLICATE, place, format!("`{what}` is declared here and in an imported file"))
        .label("declared again here")
        .also(first, "imported with this declaration")
        .help("rename one of the two, or write `override=#true` here to merge this one over the other")
}

/// An `override` that finds nothing to merge over.
fn overrides_nothing(node: NodeRef<'_>, what: &str) -> Option<Diagnostic> {
    let entry = node.prop("override").filter(|_| overrides(node))?;
    Some(
        Diagnostic::new(code::NAME_UNUSED, entry.span(), format!("no import declares the {what}"))
            .label("merges over nothing")
            .help("remove `override=#true`, or import the file that declares it"),
    )
}
