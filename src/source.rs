//! Places in text: files, byte spans and the origin of a value.
//!
//! This file is also compiled into the build script, so it depends on nothing else of the crate.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many places are still looked through one by one.
const FEW: usize = 16;

/// A file known to this run. Project files count up from 0; the embedded files of the standard library and
/// the grammar count up from [`FileId::EMBEDDED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

impl FileId {
    /// The first id of an embedded (`std:`) file.
    pub const EMBEDDED: u32 = 0x4000_0000;
    /// Not a file: the value was made by a named rule of the compiler.
    pub const RULE: FileId = FileId(u32::MAX);

    /// Whether the file is part of the compiler (standard library or grammar), not of the user's project.
    pub fn is_embedded(self) -> bool {
        self.0 >= Self::EMBEDDED && self != Self::RULE
    }
}

/// A half-open range of **bytes** in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `file` from byte `start` up to, not including, `end`.
    pub const fn new(file: FileId, start: u32, end: u32) -> Self {
        Span { file, start, end }
    }

    /// The smallest span that covers both (both must be in the same file; else `self`).
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span at the start of this one.
    pub fn at_start(self) -> Span {
        Span { end: self.start, ..self }
    }
}

/// Where a value came from: the declaration that decides it, what else contributed, and the rule that combined them.
///
/// An answer of `deployc why` counts only if editing `place` changes the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Origin {
    /// The primary declaration: a place in the user's files or in an embedded file; file [`FileId::RULE`] if a rule alone decided.
    pub place: Span,
    /// Further places that contributed.
    pub also: Option<Arc<[Span]>>,
    /// The named rule of the compiler that combined them, as a short sentence; empty when the value was taken as written.
    pub rule: &'static str,
}

impl Origin {
    /// A value taken as it was written at `place`.
    pub fn at(place: Span) -> Self {
        Origin { place, also: None, rule: "" }
    }

    /// A value that a rule of the compiler alone decides.
    pub fn rule(rule: &'static str) -> Self {
        Origin { place: Span::new(FileId::RULE, 0, 0), also: None, rule }
    }

    /// The same place, combined by `rule`.
    #[must_use]
    pub fn because(mut self, rule: &'static str) -> Self {
        self.rule = rule;
        self
    }

    /// Adds the places of `other` as contributors.
    #[must_use]
    pub fn with(self, other: &Origin) -> Self {
        self.with_all(std::iter::once(other))
    }

    /// Adds the places of all others as contributors, in time that grows with their number.
    #[must_use]
    pub fn with_all<O: Borrow<Origin>>(mut self, others: impl IntoIterator<Item = O>) -> Self {
        let mut all: Vec<Span> = self.also.as_deref().map(<[Span]>::to_vec).unwrap_or_default();
        // Most have one or two contributors, for which a set is the slower way.
        let mut known: BTreeSet<Span> = BTreeSet::new();
        for other in others {
            let other = other.borrow();
            for place in std::iter::once(other.place).chain(other.also.as_deref().unwrap_or_default().iter().copied()) {
                if place == self.place || place.file == FileId::RULE {
                    continue;
                }
                if all.len() >= FEW && known.is_empty() {
                    known.extend(&all);
                }
                let is_new = if known.is_empty() { !all.contains(&place) } else { known.insert(place) };
                if is_new {
                    all.push(place);
                }
            }
        }
        if !all.is_empty() {
            self.also = Some(all.into());
        }
        self
    }
}

impl From<Span> for Origin {
    fn from(place: Span) -> Self {
        Origin::at(place)
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// Pairs a value with its origin.
    pub fn new(value: T, origin: impl Into<Origin>) -> Self {
        Sourced { value, origin: origin.into() }
    }
}

impl<T> std::ops::Deref for Sourced<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}
