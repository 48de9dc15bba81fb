//! Lists of the standard library's declarations, lowered when they are first asked for.
//!
//! A platform has hundreds of rows, and a check of a small project reads a handful of them.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use crate::model::{Lower, Lowering};
use crate::resolve::{Keyed, NoPresets, View, key_of};
use crate::schema::Shape;
use crate::source::FileId;
use crate::syntax::kdl::NodeRef;

/// Finds an embedded node again, by file and index.
pub type Again = fn(FileId, u32) -> Option<NodeRef<'static>>;

/// The children of one kind of a declaration.
pub struct Rows<T> {
    rows: OnceLock<Vec<T>>,
    named: OnceLock<Vec<Named<T>>>,
    later: Option<Later>,
}

/// A row that is lowered when it is asked for by its name.
struct Named<T> {
    node: NodeRef<'static>,
    row: OnceLock<Box<T>>,
}

/// Where the children are written.
#[derive(Clone, Copy)]
struct Later {
    shape: &'static Shape,
    child: usize,
    file: FileId,
    node: u32,
    again: Again,
}

impl<T> Rows<T> {
    /// Rows that are known.
    pub(super) fn of(rows: Vec<T>) -> Self {
        Rows { rows: OnceLock::from(rows), named: OnceLock::new(), later: None }
    }

    /// Rows that are read when they are asked for.
    pub(super) fn later(view: &View<'_>, child: usize, again: Again) -> Self {
        let later = view.primary().map(|node| Later {
            shape: view.shape,
            child,
            file: node.document().file(),
            node: node.id(),
            again,
        });
        Rows { rows: OnceLock::new(), named: OnceLock::new(), later }
    }
}

impl<T: Lower> Rows<T> {
    /// Whether there is none; none is lowered for that.
    pub fn is_empty(&self) -> bool {
        match (self.rows.get(), self.later) {
            (Some(rows), _) => rows.is_empty(),
            (None, Some(later)) => later.nodes().next().is_none(),
            (None, None) => true,
        }
    }

    /// The row of a name, its first argument; no other one is lowered for that.
    pub fn named(&self, name: &str) -> Option<&T> {
        if let Some(rows) = self.rows.get() {
            return rows.iter().find(|row| row.key() == name);
        }
        let later = self.later?;
        let all = self.named.get_or_init(|| later.nodes().map(|node| Named { node, row: OnceLock::new() }).collect());
        let found = all.iter().find(|one| key_of(one.node, Keyed::ByArgument) == name)?;
        Some(found.row.get_or_init(|| Box::new(later.lower(found.node))))
    }
}

impl Later {
    /// The nodes of the rows, in the order in which they are written.
    fn nodes(self) -> impl Iterator<Item = NodeRef<'static>> {
        let name = self.shape.children.get(self.child).map(|child| child.name);
        let children = (self.again)(self.file, self.node).into_iter().flat_map(NodeRef::children);
        children.filter(move |node| Some(node.name()) == name)
    }

    fn lower<T: Lower>(self, node: NodeRef<'static>) -> T {
        T::lower(&View::new(T::SHAPE, node, &NoPresets), &mut Lowering::facts(&mut Vec::new(), self.again))
    }

    /// The standard library is checked by the build and the tests, so nothing can be wrong with a row here.
    fn read<T: Lower>(self) -> Option<Vec<T>> {
        let child = self.shape.children.get(self.child)?;
        let view = View::new(self.shape, (self.again)(self.file, self.node)?, &NoPresets);
        let mut unheard = Vec::new();
        let mut lowering = Lowering::facts(&mut unheard, self.again);
        Some(view.children(child).iter().map(|row| T::lower(row, &mut lowering)).collect())
    }
}

impl<T: Lower> Deref for Rows<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.rows.get_or_init(|| self.later.and_then(Later::read).unwrap_or_default())
    }
}

impl<'a, T: Lower> IntoIterator for &'a Rows<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Rows::of(Vec::new())
    }
}

impl<T: Clone> Clone for Rows<T> {
    fn clone(&self) -> Self {
        Rows { rows: self.rows.clone(), named: OnceLock::new(), later: self.later }
    }
}

impl<T: Lower + fmt::Debug> fmt::Debug for Rows<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}
