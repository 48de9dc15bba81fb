//! Lists of the standard library's declarations, lowered when they are first asked for.
//!
//! A platform has hundreds of rows, and a check of a small project reads a handful of them.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use crate::model::{Lower, Lowering};
use crate::resolve::{NoPresets, View};
use crate::schema::Shape;
use crate::source::FileId;
use crate::syntax::kdl::NodeRef;

/// Finds an embedded node again, by file and index.
pub type Again = fn(FileId, u32) -> Option<NodeRef<'static>>;

/// The children of one kind of a declaration.
pub struct Rows<T> {
    rows: OnceLock<Vec<T>>,
    later: Option<Later>,
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
        Rows { rows: OnceLock::from(rows), later: None }
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
        Rows { rows: OnceLock::new(), later }
    }
}

impl Later {
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
        Rows { rows: self.rows.clone(), later: self.later }
    }
}

impl<T: Lower + fmt::Debug> fmt::Debug for Rows<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}
