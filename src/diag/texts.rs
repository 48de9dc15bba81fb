//! The texts that diagnostics point into, and where a byte of them is in lines and columns.

use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use std::ops::Range;

/// The files of a run, as reports see them. Never asked about [`FileId::RULE`].
pub trait Texts {
    /// The path of a file from the root of the project, or `std:…` for an embedded one.
    fn name(&self, file: FileId) -> &str;
    /// What is in it.
    fn text(&self, file: FileId) -> &str;
}

/// A span in lines and columns. Both count from 1, columns are characters, the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The line of the first character.
    pub line: usize,
    /// Its column.
    pub column: usize,
    /// The line of the end.
    pub end_line: usize,
    /// The column behind the last character.
    pub end_column: usize,
}

/// The texts with their line indexes. An index is made when the first finding of its file is placed.
pub struct Places<'t> {
    texts: &'t dyn Texts,
    indexes: BTreeMap<FileId, LineIndex>,
}

impl<'t> Places<'t> {
    /// Places in these texts.
    pub fn new(texts: &'t dyn Texts) -> Self {
        Places { texts, indexes: BTreeMap::new() }
    }

    /// The path of the file that holds `span`; none where a rule of the compiler alone decided.
    pub(super) fn name(&self, span: Span) -> Option<&'t str> {
        (span.file != FileId::RULE).then(|| self.texts.name(span.file))
    }

    /// Where `span` is; none where a rule of the compiler alone decided.
    pub fn region(&mut self, span: Span) -> Option<Region> {
        let (text, index) = self.index(span.file)?;
        let bytes = bytes(text, span);
        let (line, column) = index.position(text, bytes.start);
        let (end_line, end_column) = index.position(text, bytes.end);
        Some(Region { line: line + 1, column: column + 1, end_line: end_line + 1, end_column: end_column + 1 })
    }

    /// The text of a file and its line index.
    pub(super) fn index(&mut self, file: FileId) -> Option<(&'t str, &LineIndex)> {
        if file == FileId::RULE {
            return None;
        }
        let text = self.texts.text(file);
        Some((text, self.indexes.entry(file).or_insert_with(|| LineIndex::new(text))))
    }
}

/// The bytes of `text` that a span covers: inside of the text, on the borders of characters, and never backwards.
pub(super) fn bytes(text: &str, span: Span) -> Range<usize> {
    let start = text.floor_char_boundary(span.start as usize);
    let end = text.ceil_char_boundary(span.end as usize);
    start..end.max(start)
}

/// Where the lines of a text begin, and how many characters precede every block of it.
///
/// The blocks keep the column of a byte cheap in a file that is one line of megabytes.
pub(super) struct LineIndex {
    starts: Vec<usize>,
    blocks: Vec<usize>,
}

const BLOCK: usize = 1024;
/// A byte order mark is no part of the first line: editors do not show it.
const ORDER_MARK: &str = "\u{feff}";

impl LineIndex {
    /// A line ends with `\n`, `\r\n` or `\r`, as editors count them.
    pub(super) fn new(text: &str) -> Self {
        let mut starts = vec![if text.starts_with(ORDER_MARK) { ORDER_MARK.len() } else { 0 }];
        let mut bytes = text.bytes().enumerate().peekable();
        while let Some((at, byte)) = bytes.next() {
            let is_pair = byte == b'\r' && bytes.peek().is_some_and(|(_, next)| *next == b'\n');
            if (byte == b'\n' || byte == b'\r') && !is_pair {
                starts.push(at + 1);
            }
        }
        let mut blocks = vec![0];
        let mut before = 0;
        for block in text.as_bytes().chunks(BLOCK) {
            before += characters(block);
            blocks.push(before);
        }
        LineIndex { starts, blocks }
    }

    /// The line that holds byte `at`, from 0. A byte behind the last line break is on the last line.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The bytes of a line without its line break.
    pub(super) fn content(&self, text: &str, line: usize) -> Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let whole = text.get(start..end).unwrap_or_default();
        start..start + whole.trim_end_matches(['\r', '\n']).len()
    }

    /// The line of byte `at` and how many characters precede it there. Inside of a line break is at the end of the line.
    pub(super) fn position(&self, text: &str, at: usize) -> (usize, usize) {
        let line = self.line(at);
        let content = self.content(text, line);
        (line, self.count(text, content.start..at.min(content.end)))
    }

    /// How many characters begin in a range of bytes.
    pub(super) fn count(&self, text: &str, range: Range<usize>) -> usize {
        self.before(text, range.end).saturating_sub(self.before(text, range.start))
    }

    fn before(&self, text: &str, at: usize) -> usize {
        let block = at / BLOCK;
        let rest = text.as_bytes().get(block * BLOCK..at).unwrap_or_default();
        self.blocks.get(block).copied().unwrap_or(0) + characters(rest)
    }
}

/// Every character has one byte that is no continuation.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !(0x80..0xc0).contains(*byte)).count()
}
