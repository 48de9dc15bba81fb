//! How a merged node becomes a typed struct.
//!
//! Values were judged where they are written (`resolve::shape`), so a value that does not parse is told already: here
//! it becomes a placeholder. What only the merged node can tell, a missing required part, is reported here.

use crate::diag::{Diagnostic, code};
use crate::model::{Again, Read, Rows};
use crate::resolve::{View, missing};
use crate::schema::{Field, Many, Need, Shape};
use crate::source::{Origin, Sourced};
use crate::syntax::kdl::EntryRef;

/// A struct that is lowered from a merged node.
pub trait Lower: Sized + Default {
    /// The shape it is generated from.
    const SHAPE: &'static Shape;
    /// Reads the merged node.
    fn lower(view: &View<'_>, lowering: &mut Lowering<'_>) -> Self;
    /// What names it among its like: its first argument, or its node's name.
    fn key(&self) -> &str;
}

/// What lowering reports into.
pub struct Lowering<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    enforce: Enforce,
    again: Option<Again>,
}

/// Whether a missing required part is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enforce {
    /// It is: the node is complete.
    Complete,
    /// It is not: an overlay or preset may leave parts out.
    Partial,
}

impl<'a> Lowering<'a> {
    /// Lowers complete nodes, reporting into `diagnostics`.
    pub fn new(diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Lowering { diagnostics, enforce: Enforce::Complete, again: None }
    }

    /// Lowers nodes that may leave required parts out.
    pub fn partial(diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Lowering { diagnostics, enforce: Enforce::Partial, again: None }
    }

    /// Lowers embedded nodes, whose rows are found again when they are asked for.
    pub fn facts(diagnostics: &'a mut Vec<Diagnostic>, again: Again) -> Self {
        Lowering { diagnostics, enforce: Enforce::Complete, again: Some(again) }
    }

    /// Lowers a whole node.
    pub fn node<T: Lower>(&mut self, view: &View<'_>) -> T {
        T::lower(view, self)
    }

    pub(super) fn need_arg<T: Read>(&mut self, view: &View<'_>, index: usize) -> Sourced<T> {
        match view.shape.args.get(index) {
            Some(field) => self.needed(view, field, view.arg(index)),
            None => Sourced::new(T::placeholder(), view.origin()),
        }
    }

    pub(super) fn find_arg<T: Read>(&mut self, view: &View<'_>, index: usize) -> Option<Sourced<T>> {
        view.arg(index).map(read)
    }

    pub(super) fn rest_args<T: Read>(&mut self, view: &View<'_>, index: usize) -> Vec<Sourced<T>> {
        let entries = view.args_from(index);
        if let (true, Some(field)) = (entries.is_empty(), view.shape.args.get(index)) {
            self.missing(view, field);
        }
        entries.into_iter().map(read).collect()
    }

    pub(super) fn need_prop<T: Read>(&mut self, view: &View<'_>, index: usize) -> Sourced<T> {
        match view.shape.props.get(index) {
            Some(field) => self.needed(view, field, view.prop(field.name)),
            None => Sourced::new(T::placeholder(), view.origin()),
        }
    }

    pub(super) fn find_prop<T: Read>(&mut self, view: &View<'_>, index: usize) -> Option<Sourced<T>> {
        view.shape.props.get(index).and_then(|field| view.prop(field.name)).map(read)
    }

    pub(super) fn other_props<T: Read>(
        &mut self,
        view: &View<'_>,
        _index: usize,
    ) -> Vec<(Sourced<String>, Sourced<T>)> {
        let named = |entry: EntryRef<'_>| {
            let key = Sourced::new(entry.key()?.to_owned(), entry.key_span()?);
            Some((key, read(entry)))
        };
        view.other_props().into_iter().filter_map(named).collect()
    }

    fn needed<T: Read>(&mut self, view: &View<'_>, field: &'static Field, entry: Option<EntryRef<'_>>) -> Sourced<T> {
        if let Some(entry) = entry {
            return read(entry);
        }
        if let Some(value) = field.default.and_then(T::read) {
            return Sourced::new(value, Origin::at(view.shape.place_of(field.place)).because("the language's default"));
        }
        self.missing(view, field);
        Sourced::new(T::placeholder(), view.origin())
    }

    fn missing(&mut self, view: &View<'_>, field: &'static Field) {
        if field.need == Need::Optional || self.enforce == Enforce::Partial || view.shape.partial || view.lacks_preset {
            return;
        }
        let Some(node) = view.primary() else { return };
        self.diagnostics.push(missing(view.shape, node, field));
    }

    fn views<'d>(&mut self, view: &View<'d>, index: usize) -> Vec<View<'d>> {
        let shape: &'static Shape = view.shape;
        let Some(child) = shape.children.get(index) else { return Vec::new() };
        let views = view.children(child);
        if views.is_empty()
            && child.need == Need::Required
            && self.enforce == Enforce::Complete
            && !shape.partial
            && !view.lacks_preset
            && let Some(node) = view.primary()
        {
            self.diagnostics.push(
                Diagnostic::new(
                    code::NAME_MISSING,
                    node.head_span(),
                    format!("`{}` needs a `{}`", node.name(), child.name),
                )
                .label(format!("no `{}` in this node", child.name))
                .lacks([child.name])
                .help(
                    child.shape.short_example().map_or_else(
                        || format!("add `{}`", child.name),
                        |example| format!("add it, as in `{example}`"),
                    ),
                ),
            );
        }
        views
    }

    pub(super) fn leaf_one<T: Read>(&mut self, view: &View<'_>, index: usize) -> Option<Sourced<T>> {
        let views = self.views(view, index);
        views.first().and_then(|leaf| self.leaf(leaf))
    }

    pub(super) fn leaf_rest<T: Read>(&mut self, view: &View<'_>, index: usize) -> Vec<Sourced<T>> {
        let views = self.views(view, index);
        views.first().map(|leaf| self.rest_args(leaf, 0)).unwrap_or_default()
    }

    pub(super) fn leaf_list<T: Read>(&mut self, view: &View<'_>, index: usize) -> Vec<Sourced<T>> {
        let views = self.views(view, index);
        let mut all = Vec::new();
        for leaf in &views {
            if leaf.shape.args.first().is_some_and(|arg| arg.rest) {
                all.extend(self.rest_args(leaf, 0));
            } else {
                all.extend(self.leaf(leaf));
            }
        }
        all
    }

    fn leaf<T: Read>(&mut self, leaf: &View<'_>) -> Option<Sourced<T>> {
        let field = leaf.shape.args.first()?;
        match leaf.arg(0) {
            Some(entry) => Some(read(entry)),
            None if field.default.is_some() => Some(self.needed(leaf, field, None)),
            None => {
                self.missing(leaf, field);
                None
            }
        }
    }

    pub(super) fn node_one<T: Lower>(&mut self, view: &View<'_>, index: usize) -> Option<T> {
        let views = self.views(view, index);
        views.first().map(|child| T::lower(child, self))
    }

    pub(super) fn node_list<T: Lower>(&mut self, view: &View<'_>, index: usize) -> Vec<T> {
        debug_assert!(view.shape.children.get(index).is_none_or(|child| child.many != Many::One));
        let views = self.views(view, index);
        views.iter().map(|child| T::lower(child, self)).collect()
    }

    pub(super) fn node_rows<T: Lower>(&mut self, view: &View<'_>, index: usize) -> Rows<T> {
        match self.again {
            Some(again) => Rows::later(view, index, again),
            None => Rows::of(self.node_list(view, index)),
        }
    }
}

/// The value, or what stands in for it: something is written there, so nothing may be said to be missing.
fn read<T: Read>(entry: EntryRef<'_>) -> Sourced<T> {
    let value = T::of(entry.value()).unwrap_or_else(T::placeholder);
    Sourced::new(value, entry.value_span())
}
