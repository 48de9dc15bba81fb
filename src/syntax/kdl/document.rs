//! The tree of a KDL file: an arena of plain numbers that point into its text.

use super::entry::{Entries, EntryRef};
use super::token::Tokens;
use crate::source::{FileId, Span};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};

/// No node, no annotation, no place.
pub(super) const NONE: u32 = u32::MAX;
/// Set in the length of a [`Slice`] that lies in the pool of unescaped strings.
pub(super) const IN_POOL: u32 = 1 << 31;

/// A string: bytes of the text, or of the pool of strings that are written otherwise than they read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// First byte.
    pub start: u32,
    /// Number of bytes; the highest bit says that they lie in the pool.
    pub length: u32,
}

/// A range of bytes of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A node of the arena. Nodes lie in the order of the text, parents before children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeData {
    /// The name.
    pub name: Slice,
    /// Where the name is written.
    pub name_range: Range,
    /// From the annotation or the name to the last byte of the entries or the closing brace.
    pub range: Range,
    /// One past the last entry.
    pub head_end: u32,
    /// Index of the type annotation, or `u32::MAX`.
    pub annotation: u32,
    /// Index of the parent, or `u32::MAX`.
    pub parent: u32,
    /// Index of the first node that is not below this one.
    pub next: u32,
    /// Index of the first entry.
    pub entries: u32,
    /// Index behind the last entry.
    pub entries_end: u32,
    /// The children block with its braces; starts at `u32::MAX` if there is none.
    pub block: Range,
}

/// An argument or property of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryData {
    /// The key; meaningless for an argument.
    pub key: Slice,
    /// Where the key is written; starts at `u32::MAX` for an argument.
    pub key_range: Range,
    /// The value: the string, or the spelling of a number or keyword.
    pub value: Slice,
    /// Where the value is written, without its annotation.
    pub value_range: Range,
    /// Index of the type annotation of the value, or `u32::MAX`.
    pub annotation: u32,
    /// What kind of value it is.
    pub kind: ValueKind,
    /// The index of the node that it belongs to.
    pub node: u32,
}

/// What kind of value an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// A bare word.
    Bare,
    /// A string in quotes.
    Quoted,
    /// A number.
    Number,
    /// `#true`.
    True,
    /// `#false`.
    False,
    /// `#null`.
    Null,
    /// `#inf`.
    Infinity,
    /// `#-inf`.
    NegativeInfinity,
    /// `#nan`.
    NotANumber,
}

/// A type annotation of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnnotationData {
    /// The type.
    pub text: Slice,
    /// Where it is written, with its parentheses.
    pub range: Range,
}

/// A parsed KDL file.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) file: FileId,
    pub(super) text: Cow<'static, str>,
    pub(super) pool: Cow<'static, str>,
    pub(super) nodes: Cow<'static, [NodeData]>,
    pub(super) entries: Cow<'static, [EntryData]>,
    pub(super) annotations: Cow<'static, [AnnotationData]>,
    pub(super) is_sound: bool,
}

impl Document {
    /// The file.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The text as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The nodes that are no child of another, without those behind `/-`.
    pub fn roots(&self) -> Nodes<'_> {
        Nodes { document: self, at: 0, end: self.nodes.len() as u32 }
    }

    /// How many nodes there are; their indexes count up from 0 in the order of the text.
    pub fn node_count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// The node of an index. An index out of range gives a node that is empty in every respect.
    pub fn node(&self, id: u32) -> NodeRef<'_> {
        NodeRef { document: self, id }
    }

    /// The innermost node whose span holds the byte.
    pub fn node_at(&self, offset: u32) -> Option<NodeRef<'_>> {
        let behind = self.nodes.partition_point(|node| node.range.start <= offset);
        let mut id = (behind as u32).checked_sub(1)?;
        loop {
            let data = self.nodes.get(id as usize)?;
            if offset < data.range.end {
                return Some(self.node(id));
            }
            id = data.parent;
        }
    }

    /// The tokens of the text: every byte is in exactly one of them.
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens::new(&self.text, 0)
    }

    /// Whether nothing is wrong with the text.
    pub fn is_sound(&self) -> bool {
        self.is_sound
    }

    pub(super) fn slice(&self, slice: Slice) -> &str {
        let length = slice.length & !IN_POOL;
        let source: &str = if slice.length & IN_POOL == 0 { &self.text } else { &self.pool };
        source.get(slice.start as usize..(slice.start + length) as usize).unwrap_or_default()
    }

    pub(super) fn span(&self, range: Range) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    pub(super) fn annotation(&self, index: u32) -> Option<(&str, Span)> {
        let data = self.annotations.get(index as usize)?;
        Some((self.slice(data.text), self.span(data.range)))
    }
}

/// Nodes that have the same parent.
#[derive(Clone, Copy, Debug)]
pub struct Nodes<'d> {
    document: &'d Document,
    at: u32,
    end: u32,
}

impl<'d> Iterator for Nodes<'d> {
    type Item = NodeRef<'d>;
    fn next(&mut self) -> Option<NodeRef<'d>> {
        if self.at >= self.end {
            return None;
        }
        let node = self.document.node(self.at);
        self.at = node.data().next;
        Some(node)
    }
}

/// What an index out of range stands for.
static NOTHING: NodeData = NodeData {
    name: Slice { start: 0, length: 0 },
    name_range: Range { start: 0, end: 0 },
    range: Range { start: 0, end: 0 },
    head_end: 0,
    annotation: NONE,
    parent: NONE,
    next: NONE,
    entries: 0,
    entries_end: 0,
    block: Range { start: NONE, end: NONE },
};

/// A node of a document.
#[derive(Clone, Copy)]
pub struct NodeRef<'d> {
    document: &'d Document,
    id: u32,
}

impl PartialEq for NodeRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.document.file, self.id) == (other.document.file, other.id)
    }
}

impl Eq for NodeRef<'_> {}

impl Hash for NodeRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.document.file, self.id).hash(state);
    }
}

impl std::fmt::Debug for NodeRef<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "NodeRef({} {:?} at {:?})", self.id, self.name(), self.span())
    }
}

impl<'d> NodeRef<'d> {
    pub(super) fn data(self) -> &'d NodeData {
        self.document.nodes.get(self.id as usize).unwrap_or(&NOTHING)
    }

    /// The index of the node in its document.
    pub fn id(self) -> u32 {
        self.id
    }

    /// The document.
    pub fn document(self) -> &'d Document {
        self.document
    }

    /// The name, unescaped.
    pub fn name(self) -> &'d str {
        self.document.slice(self.data().name)
    }

    /// Where the name is written.
    pub fn name_span(self) -> Span {
        self.document.span(self.data().name_range)
    }

    /// From the annotation or the name to the last byte of the entries or the closing brace.
    pub fn span(self) -> Span {
        self.document.span(self.data().range)
    }

    /// From the annotation or the name to the last entry, without the children.
    pub fn head_span(self) -> Span {
        let data = self.data();
        self.document.span(Range { start: data.range.start, end: data.head_end })
    }

    /// The type annotation, and where it is written with its parentheses.
    pub fn annotation(self) -> Option<(&'d str, Span)> {
        self.document.annotation(self.data().annotation)
    }

    /// The arguments and properties in the order of the text, without those behind `/-`.
    pub fn entries(self) -> Entries<'d> {
        let data = self.data();
        Entries { document: self.document, at: data.entries, end: data.entries_end }
    }

    /// The arguments.
    pub fn args(self) -> impl Iterator<Item = EntryRef<'d>> + use<'d> {
        self.entries().filter(|entry| entry.key_span().is_none())
    }

    /// The properties in the order of the text; a key that is written twice comes twice.
    pub fn props(self) -> impl Iterator<Item = EntryRef<'d>> + use<'d> {
        self.entries().filter(|entry| entry.key_span().is_some())
    }

    /// The property of that key; the last one, if it is written several times.
    pub fn prop(self, key: &str) -> Option<EntryRef<'d>> {
        self.entries().filter(|entry| entry.key() == Some(key)).last()
    }

    /// The child nodes, without those behind `/-`.
    pub fn children(self) -> Nodes<'d> {
        Nodes {
            document: self.document,
            at: self.id.saturating_add(1),
            end: self.data().next.min(self.document.node_count()),
        }
    }

    /// The first child of that name.
    pub fn child(self, name: &str) -> Option<NodeRef<'d>> {
        self.children().find(|child| child.name() == name)
    }

    /// Whether braces are written, even if nothing is between them.
    pub fn has_children_block(self) -> bool {
        self.data().block.start != NONE
    }

    /// The children block with its braces.
    pub fn children_span(self) -> Option<Span> {
        self.has_children_block().then(|| self.document.span(self.data().block))
    }

    /// The node whose child this one is.
    pub fn parent(self) -> Option<NodeRef<'d>> {
        let parent = self.data().parent;
        (parent != NONE).then(|| self.document.node(parent))
    }
}
