//! The value tree behind YAML, JSON and TOML, and the builders that emitters write it with.

use std::sync::Arc;

use super::template::{Piece, pieces};
use super::{Script, Shared};
use crate::source::Origin;

/// A value, where it came from, and the comments that go with it.
///
/// A large build has millions of these at once, so what few of them have is kept elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The value.
    pub value: Value,
    /// Where it came from; `None` means: from what its parent came from.
    pub origin: Option<Arc<Origin>>,
    remarks: Option<Box<Remarks>>,
}

/// The comments that go with a value.
#[derive(Clone, Debug, Default, PartialEq)]
struct Remarks {
    above: Option<String>,
    behind: Option<String>,
}

impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        Tree { value, origin: None, remarks: None }
    }
}

/// What a tree holds. A copy shares lists, maps and scripts with what it was copied from, until one of the two is changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal number in canonical form: optional minus, digits, optionally a point and digits; never an exponent.
    Decimal(Box<str>),
    /// Plain data: what the reader of the file must end up with, whatever the dialect.
    Text(Box<str>),
    /// Data and trusted expression source, side by side.
    Mixed(Box<[Part]>),
    /// A shell script, as in a `run:` block.
    Script(Shared<Script>),
    /// A list.
    List(Shared<Vec<Tree>>),
    /// Keys with their values, in order.
    Map(Shared<Vec<(String, Tree)>>),
}

/// A piece of a text that the dialect evaluates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Data, escaped for the dialect.
    Text(String),
    /// Trusted source of the dialect with its delimiters (`${{ github.sha }}`), printed as it is.
    Code(String),
}

impl Part {
    /// Data.
    pub fn text(data: impl Into<String>) -> Part {
        Part::Text(data.into())
    }

    /// Trusted source, with its delimiters.
    pub fn code(source: impl Into<String>) -> Part {
        Part::Code(source.into())
    }

    /// A GitHub expression; the delimiters are added.
    pub fn github(expression: &str) -> Part {
        Part::Code(["${{ ", expression, " }}"].concat())
    }
}

impl From<&str> for Part {
    fn from(data: &str) -> Self {
        Part::Text(data.to_owned())
    }
}

impl From<String> for Part {
    fn from(data: String) -> Self {
        Part::Text(data)
    }
}

/// An empty map.
pub fn map() -> Tree {
    Value::Map(Shared::default()).into()
}

/// A list of what can become trees.
pub fn list<T: Into<Tree>>(items: impl IntoIterator<Item = T>) -> Tree {
    Value::List(items.into_iter().map(Into::into).collect::<Vec<_>>().into()).into()
}

/// Plain data.
pub fn text(data: impl Into<String>) -> Tree {
    Value::Text(data.into().into()).into()
}

/// A whole number.
pub fn int(number: i64) -> Tree {
    Value::Int(number).into()
}

/// Nothing.
pub fn null() -> Tree {
    Value::Null.into()
}

/// Trusted expression source, printed as it is (a workflow's `if:`, a PromQL `expr:`).
pub fn code(source: impl Into<String>) -> Tree {
    Value::Mixed([Part::Code(source.into())].into()).into()
}

/// A GitHub expression: `github("github.sha")` prints as `${{ github.sha }}`.
pub fn github(expression: &str) -> Tree {
    Value::Mixed([Part::github(expression)].into()).into()
}

/// Data and trusted source, side by side.
pub fn mixed<P: Into<Part>>(parts: impl IntoIterator<Item = P>) -> Tree {
    Value::Mixed(parts.into_iter().map(Into::into).collect()).into()
}

/// A text from a trusted template with `{holes}`: the template is printed as it is, the holes are data or source.
/// A hole nobody fills stays as written.
pub fn fill(template: &str, holes: &[(&str, Part)]) -> Tree {
    let mut parts = Vec::new();
    for piece in pieces(template) {
        match piece {
            Piece::Literal(source) => parts.push(Part::Code(source.to_owned())),
            Piece::Hole { name, source } => {
                let found = holes.iter().find(|(hole, _)| *hole == name);
                parts.push(found.map_or_else(|| Part::Code(source.to_owned()), |(_, part)| part.clone()));
            }
        }
    }
    Value::Mixed(parts.into()).into()
}

/// Building.
impl Tree {
    /// The same value, with where it came from.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(Arc::new(origin.clone()));
        self
    }

    /// The same value, under a comment.
    #[must_use]
    pub fn comment(mut self, lines: impl Into<String>) -> Self {
        self.remarks.get_or_insert_default().above = Some(lines.into());
        self
    }

    /// The same value, with a comment behind it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.remarks.get_or_insert_default().behind = Some(note.into());
        self
    }

    /// Puts a key into a map; a key that is there already keeps its place and takes the new value.
    /// Anything that is not a map becomes one.
    #[must_use]
    pub fn put(mut self, key: impl Into<String>, value: impl Into<Tree>) -> Self {
        self.set(key, value);
        self
    }

    /// Puts a key if there is a value for it.
    #[must_use]
    pub fn put_some<T: Into<Tree>>(self, key: impl Into<String>, value: Option<T>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    /// Puts a key unless its value is an empty list or map, so that no empty section is written.
    #[must_use]
    pub fn put_filled(self, key: impl Into<String>, value: impl Into<Tree>) -> Self {
        let value = value.into();
        if value.is_empty() { self } else { self.put(key, value) }
    }

    /// Puts every pair.
    #[must_use]
    pub fn put_all<K: Into<String>, T: Into<Tree>>(mut self, pairs: impl IntoIterator<Item = (K, T)>) -> Self {
        for (key, value) in pairs {
            self.set(key, value);
        }
        self
    }

    /// Takes another value in its place. The comment above stays, because it tells why the key is there; the note behind
    /// was about the old value.
    pub(crate) fn replace(&mut self, value: Tree) {
        let above = self.remarks.take().and_then(|remarks| remarks.above);
        let remarks = above.map(|above| Box::new(Remarks { above: Some(above), behind: None }));
        *self = Tree { remarks, ..value };
    }

    /// Adds an item to a list; anything that is not a list becomes one.
    #[must_use]
    pub fn push(mut self, item: impl Into<Tree>) -> Self {
        self.add(item);
        self
    }

    /// Adds an item if there is one.
    #[must_use]
    pub fn push_some<T: Into<Tree>>(self, item: Option<T>) -> Self {
        match item {
            Some(item) => self.push(item),
            None => self,
        }
    }

    /// Adds every item.
    #[must_use]
    pub fn push_all<T: Into<Tree>>(mut self, items: impl IntoIterator<Item = T>) -> Self {
        for item in items {
            self.add(item);
        }
        self
    }

    /// [`Tree::put`] in place.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Tree>) {
        let (key, value) = (key.into(), value.into());
        if !matches!(self.value, Value::Map(_)) {
            self.value = Value::Map(Shared::default());
        }
        if let Value::Map(entries) = &mut self.value {
            match entries.iter_mut().find(|(present, _)| *present == key) {
                Some((_, slot)) => *slot = value,
                None => entries.push((key, value)),
            }
        }
    }

    /// [`Tree::push`] in place.
    pub fn add(&mut self, item: impl Into<Tree>) {
        if !matches!(self.value, Value::List(_)) {
            self.value = Value::List(Shared::default());
        }
        if let Value::List(items) = &mut self.value {
            items.push(item.into());
        }
    }
}

/// Reading.
impl Tree {
    /// Where it came from, if not from what its parent came from.
    pub fn own_origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }

    /// Where it came from: its own origin, or that of its parent.
    pub fn origin_or<'a>(&'a self, parent: &'a Origin) -> &'a Origin {
        self.origin.as_deref().unwrap_or(parent)
    }

    /// The lines of comment above it.
    pub fn comment_above(&self) -> Option<&str> {
        self.remarks.as_ref()?.above.as_deref()
    }

    /// The comment behind it, on its own line.
    pub fn note_behind(&self) -> Option<&str> {
        self.remarks.as_ref()?.behind.as_deref()
    }

    /// The entries of a map; empty for everything else.
    pub fn entries(&self) -> &[(String, Tree)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The items of a list; empty for everything else.
    pub fn items(&self) -> &[Tree] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The value of one key of a map.
    pub fn key(&self, key: &str) -> Option<&Tree> {
        self.entries().iter().find(|(present, _)| present == key).map(|(_, value)| value)
    }

    /// The text, if it is plain data.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(data) = &self.value { Some(data) } else { None }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(number) = self.value { Some(number) } else { None }
    }

    /// True or false, if it is one of them.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(flag) = self.value { Some(flag) } else { None }
    }

    /// Text as a person reads it: data and expression source joined, nothing escaped. Not for scripts.
    pub fn joined(&self) -> Option<String> {
        match &self.value {
            Value::Text(data) => Some(data.to_string()),
            Value::Mixed(parts) => Some(
                parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(text) | Part::Code(text) => text.as_str(),
                    })
                    .collect(),
            ),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Script(_)
            | Value::List(_)
            | Value::Map(_) => None,
        }
    }

    /// Whether it is a list or map without anything in it.
    pub fn is_empty(&self) -> bool {
        match &self.value {
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Mixed(_)
            | Value::Script(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_small() {
        // A thousand services make eight millions of them.
        assert_eq!((size_of::<Value>(), size_of::<Tree>()), (24, 40));
    }

    #[test]
    fn another_value_keeps_the_comment_above_and_loses_the_note() {
        let mut tree = int(1).comment("why it is here").note("about 1");
        tree.replace(int(2));
        assert_eq!(tree, int(2).comment("why it is here"));
    }
}
