//! Arguments and properties: their values, and where each byte of a value is written.

use super::document::{Document, EntryData, IN_POOL, NONE, NodeRef, Range, ValueKind};
use super::string::{Piece, decode};
use crate::source::{FileId, Span};

/// Entries of a node.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'d> {
    pub(super) document: &'d Document,
    pub(super) at: u32,
    pub(super) end: u32,
}

impl<'d> Iterator for Entries<'d> {
    type Item = EntryRef<'d>;
    fn next(&mut self) -> Option<EntryRef<'d>> {
        if self.at >= self.end {
            return None;
        }
        let data = self.document.entries.get(self.at as usize)?;
        self.at += 1;
        Some(EntryRef { document: self.document, data })
    }
}

/// The value of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'d> {
    /// A string, unescaped.
    String(&'d str),
    /// A number as it is written: sign, radix prefix and underscores included.
    Number(&'d str),
    /// `#true` or `#false`.
    Bool(bool),
    /// `#null`.
    Null,
    /// `#inf`.
    Infinity,
    /// `#-inf`.
    NegativeInfinity,
    /// `#nan`.
    NotANumber,
}

/// An argument or a property.
#[derive(Clone, Copy)]
pub struct EntryRef<'d> {
    document: &'d Document,
    data: &'d EntryData,
}

impl std::fmt::Debug for EntryRef<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "EntryRef({:?}={:?} at {:?})", self.key(), self.value(), self.span())
    }
}

impl<'d> EntryRef<'d> {
    /// The document.
    pub fn document(self) -> &'d Document {
        self.document
    }

    /// The node that holds it.
    pub fn node(self) -> NodeRef<'d> {
        self.document.node(self.data.node)
    }

    /// The key of a property, unescaped.
    pub fn key(self) -> Option<&'d str> {
        (self.data.key_range.start != NONE).then(|| self.document.slice(self.data.key))
    }

    /// Where the key is written.
    pub fn key_span(self) -> Option<Span> {
        (self.data.key_range.start != NONE).then(|| self.document.span(self.data.key_range))
    }

    /// The value.
    pub fn value(self) -> Scalar<'d> {
        match self.data.kind {
            ValueKind::Bare | ValueKind::Quoted => Scalar::String(self.document.slice(self.data.value)),
            ValueKind::Number => Scalar::Number(self.document.slice(self.data.value)),
            ValueKind::True => Scalar::Bool(true),
            ValueKind::False => Scalar::Bool(false),
            ValueKind::Null => Scalar::Null,
            ValueKind::Infinity => Scalar::Infinity,
            ValueKind::NegativeInfinity => Scalar::NegativeInfinity,
            ValueKind::NotANumber => Scalar::NotANumber,
        }
    }

    /// Where the value is written, quotes included, without its annotation.
    pub fn value_span(self) -> Span {
        self.document.span(self.data.value_range)
    }

    /// The whole entry: key, annotation and value.
    pub fn span(self) -> Span {
        let value = self.value_span();
        let start = self.annotation().map_or(value, |(_, annotation)| annotation.to(value));
        self.key_span().map_or(start, |key| key.to(start))
    }

    /// The type annotation of the value, and where it is written with its parentheses.
    pub fn annotation(self) -> Option<(&'d str, Span)> {
        self.document.annotation(self.data.annotation)
    }

    /// Whether the value is a string in quotes, not a bare word, a number or a keyword.
    pub fn is_quoted(self) -> bool {
        self.data.kind == ValueKind::Quoted
    }

    /// The byte of the file at which byte `decoded` of the unescaped string is written; past the end, the closing quote.
    pub fn source_offset(self, decoded: u32) -> u32 {
        self.offset_map().source_offset(decoded)
    }

    /// Where bytes `start` to `end` of the unescaped string are written.
    pub fn string_span(self, start: u32, end: u32) -> Span {
        self.offset_map().span(start, end)
    }

    /// How the bytes of the unescaped string lie in the file: ask this once when many places of one string are needed.
    pub fn offset_map(self) -> OffsetMap {
        let data = self.data;
        let file = self.document.file;
        if data.value.length & IN_POOL == 0 {
            let run =
                Run { decoded: 0, source: data.value.start, length: data.value.length, written: data.value.length };
            return OffsetMap { file, runs: vec![run], end: data.value.start + data.value.length };
        }
        let token = self.document.text().get(data.value_range.start as usize..data.value_range.end as usize);
        OffsetMap::of_token(file, token.unwrap_or_default(), data.value_range)
    }
}

/// A run of the unescaped string and the bytes that it is written as.
#[derive(Clone, Copy, Debug)]
struct Run {
    decoded: u32,
    source: u32,
    length: u32,
    written: u32,
}

/// From bytes of an unescaped string to bytes of the file.
#[derive(Clone, Debug)]
pub struct OffsetMap {
    file: FileId,
    runs: Vec<Run>,
    end: u32,
}

impl OffsetMap {
    fn of_token(file: FileId, token: &str, range: Range) -> OffsetMap {
        let mut runs: Vec<Run> = Vec::new();
        let mut decoded = 0;
        decode(token, |piece| {
            let (at, length, written) = match piece {
                Piece::Text(at, text) => (at, text.len(), text.len()),
                Piece::Character { at, length, character } => (at, character.len_utf8(), length),
                Piece::Mistake(_) => return,
            };
            runs.push(Run { decoded, source: range.start + at as u32, length: length as u32, written: written as u32 });
            decoded += length as u32;
        });
        let end = runs.last().map_or(range.end, |run| run.source + run.written);
        OffsetMap { file, runs, end }
    }

    /// The byte of the file at which byte `decoded` of the string is written; past the end, one past its last byte.
    pub fn source_offset(&self, decoded: u32) -> u32 {
        let behind = self.runs.partition_point(|run| run.decoded <= decoded);
        match behind.checked_sub(1).and_then(|index| self.runs.get(index)) {
            Some(run) if decoded < run.decoded + run.length => {
                // Within an escape every byte is written by the whole of it.
                run.source + if run.length == run.written { decoded - run.decoded } else { 0 }
            }
            Some(_) | None => self.end,
        }
    }

    /// Where bytes `start` to `end` of the string are written.
    pub fn span(&self, start: u32, end: u32) -> Span {
        let first = self.source_offset(start);
        if end <= start {
            return Span::new(self.file, first, first);
        }
        let behind = self.runs.partition_point(|run| run.decoded < end);
        let last = match behind.checked_sub(1).and_then(|index| self.runs.get(index)) {
            Some(run) if run.length == run.written => run.source + (end - run.decoded).min(run.length),
            Some(run) => run.source + run.written,
            None => self.end,
        };
        Span::new(self.file, first, last.max(first))
    }
}
