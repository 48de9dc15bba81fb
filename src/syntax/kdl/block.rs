//! Blocks: what is open, how deep, and what is left open. A list takes the place of the call stack, so no nesting overflows it.

use super::brace;
use super::class::{is_newline, is_space};
use super::document::{NONE, NodeData, Range, Slice};
use super::mistake;
use super::parser::{DEPTH_LIMIT, Layout, MOST_BRACES, Parser};
use super::token::TokenKind;
use crate::source::Span;

/// The deepest indentation that is compared.
const LONGEST_INDENT: usize = 256;

/// What becomes of a part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is in the tree.
    Kept,
    /// It is checked and left out: it stands behind `/-`, or too deep.
    Dropped,
}

/// What a node already has, which decides what may still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// Arguments and properties may come.
    Entries,
    /// A block behind `/-`: only blocks may come.
    DroppedBlock,
    /// The children: only blocks behind `/-` may come.
    Block,
    /// It was told that something came too late.
    Told,
}

/// A node that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unfinished {
    /// Its index; `NONE` if it is already dropped.
    pub(super) node: u32,
    pub(super) fate: Fate,
    pub(super) progress: Progress,
}

/// A block that is open.
pub(super) struct Open {
    pub(super) owner: Unfinished,
    fate: Fate,
    brace: u32,
    /// Where the line of the brace begins, and how deep it is indented.
    line: u32,
    indent: usize,
    /// How many nodes and entries there were before it.
    nodes: u32,
    entries: u32,
}

impl Parser<'_> {
    /// A new node that starts here and belongs to the innermost open block.
    pub(super) fn push_node(&mut self, start: u32) -> u32 {
        let id = self.nodes.len() as u32;
        let entries = self.entries.len() as u32;
        self.nodes.push(NodeData {
            name: Slice { start, length: 0 },
            name_range: Range { start, end: start },
            range: Range { start, end: start },
            head_end: start,
            annotation: NONE,
            parent: self.open.last().map_or(NONE, |open| open.owner.node),
            next: id + 1,
            entries,
            entries_end: entries,
            block: Range { start: NONE, end: NONE },
        });
        id
    }

    /// The `{` at which the parser stands opens a block of `owner`.
    pub(super) fn open_block(&mut self, mut owner: Unfinished, mut fate: Fate) {
        let brace = self.token.start;
        if self.open.len() >= DEPTH_LIMIT {
            if !self.was_too_deep {
                self.was_too_deep = true;
                self.problems.push(mistake::too_deep(self.span(brace, brace + 1), DEPTH_LIMIT));
            }
            if fate == Fate::Dropped || self.open.len() > DEPTH_LIMIT {
                // The owner is within a block that is left out: forgetting it now bounds the memory of deep files.
                self.drop_from(owner.node);
                owner.node = NONE;
            }
            fate = Fate::Dropped;
        }
        if let (Fate::Kept, Some(node)) = (fate, self.nodes.get_mut(owner.node as usize)) {
            if node.block.start == NONE {
                node.block = Range { start: brace, end: brace + 1 };
            }
            node.range.end = brace + 1;
        }
        let (nodes, entries) = (self.nodes.len() as u32, self.entries.len() as u32);
        let indent = if self.layout == Layout::Trusted { self.line_indent() } else { 0 };
        self.open.push(Open { owner, fate, brace, line: self.line, indent, nodes, entries });
        self.advance();
    }

    /// Forgets a node and everything after it.
    fn drop_from(&mut self, node: u32) {
        if let Some(data) = self.nodes.get(node as usize) {
            self.entries.truncate(data.entries as usize);
            self.nodes.truncate(node as usize);
        }
    }

    /// The `}` at which the parser stands.
    pub(super) fn close_block(&mut self) {
        let end = self.token.end;
        let needless = self.layout == Layout::Trusted && self.open.last().is_some_and(|open| self.is_too_early(open));
        let Some(open) = (if needless { None } else { self.open.pop() }) else {
            self.needless_braces += 1;
            self.problems.push(brace::unexpected_brace(self.span(self.token.start, end)));
            self.advance();
            return;
        };
        if self.layout == Layout::Ignored
            && self.suspect.is_none()
            && let (Some(closing), Some(opening)) = (self.indent(self.token.start), self.owner_indent(&open))
            && closing < opening
        {
            self.suspect = Some((open.brace, self.token.start));
        }
        self.advance();
        let mut owner = open.owner;
        let progress = match open.fate {
            Fate::Kept => Progress::Block,
            Fate::Dropped => Progress::DroppedBlock,
        };
        owner.progress = owner.progress.max(progress);
        self.end_block(&open, end);
        self.rest_of_node(owner);
    }

    /// Ends the blocks in which what stands here is not, by its indentation.
    pub(super) fn close_by_layout(&mut self) {
        if self.layout == Layout::Ignored || self.open.is_empty() || self.token.kind == TokenKind::End {
            return;
        }
        let Some(indent) = self.indent(self.token.start) else { return };
        let is_brace = self.token.kind == TokenKind::RightBrace;
        while let Some(outer) = self.open.last().map(|open| open.indent) {
            // A `}` stands as deep as the line that opens its block.
            if if is_brace { indent >= outer } else { indent > outer } {
                return;
            }
            let Some(open) = self.open.pop() else { return };
            self.implied.push((open.brace, self.here()));
            self.missing_braces += 1;
            self.end_block(&open, self.last_end);
            self.finish_node(open.owner);
        }
    }

    /// Whether the `}` at which the parser stands is not the one of a block, by its indentation: it stands deeper than the
    /// line that opens the block, or behind something else on another line.
    fn is_too_early(&self, open: &Open) -> bool {
        open.line != self.line && self.indent(self.token.start).is_none_or(|indent| indent > open.indent)
    }

    /// The indentation of the line on which the parser stands.
    fn line_indent(&self) -> usize {
        let line = self.text.get(self.line as usize..).unwrap_or_default();
        line.chars().take(LONGEST_INDENT).take_while(|character| is_space(*character)).count()
    }

    /// Takes note of the end of a block, or forgets what is in it.
    fn end_block(&mut self, open: &Open, end: u32) {
        match open.fate {
            Fate::Dropped => {
                self.nodes.truncate(open.nodes as usize);
                self.entries.truncate(open.entries as usize);
            }
            Fate::Kept => {
                let next = self.nodes.len() as u32;
                if let Some(node) = self.nodes.get_mut(open.owner.node as usize) {
                    node.block.end = end;
                    node.range.end = end;
                    node.next = next;
                }
            }
        }
    }

    /// The node is complete.
    pub(super) fn finish_node(&mut self, owner: Unfinished) {
        match owner.fate {
            Fate::Dropped => self.drop_from(owner.node),
            Fate::Kept => {
                let next = self.nodes.len() as u32;
                if let Some(node) = self.nodes.get_mut(owner.node as usize) {
                    node.next = next;
                }
            }
        }
    }

    /// A block at the start of a line: it is meant for the node above it, if there is one without a block.
    pub(super) fn orphan_block(&mut self) {
        let parent = self.open.last().map_or(NONE, |open| open.owner.node);
        let mut above = self.nodes.len().checked_sub(1).map(|last| last as u32).filter(|&last| last != parent);
        while let Some(id) = above {
            match self.nodes.get(id as usize) {
                Some(node) if node.parent == parent => break,
                Some(node) => above = (node.parent != NONE).then_some(node.parent),
                None => above = None,
            }
        }
        let range = above.and_then(|id| self.nodes.get(id as usize)).filter(|node| node.block.start == NONE);
        let brace = self.span(self.token.start, self.token.end);
        if let (Some(node), Some(data)) = (above, range) {
            let problem = brace::brace_on_next_line(brace, self.slice(data.name_range), data.range.end, self.text);
            self.problems.push(problem);
            self.open_block(Unfinished { node, fate: Fate::Kept, progress: Progress::Entries }, Fate::Kept);
        } else {
            self.problems.push(brace::block_without_node(brace));
            let node = self.push_node(self.token.start);
            self.open_block(Unfinished { node, fate: Fate::Dropped, progress: Progress::Entries }, Fate::Kept);
        }
    }

    /// The indentation of the line on which `at` is the first thing. A line indented beyond all measure has none: the
    /// indentation is only a hint, and must not cost more than it is worth.
    fn indent(&self, at: u32) -> Option<usize> {
        let before = self.text.get(..at as usize)?;
        let mut indent = 0;
        for character in before.chars().rev().take(LONGEST_INDENT) {
            if is_newline(character) {
                return Some(indent);
            }
            if !is_space(character) {
                return None;
            }
            indent += 1;
        }
        (indent < LONGEST_INDENT).then_some(indent)
    }

    /// Tells of every block that ends without a `}`, each at its `{`.
    fn tell_implied(&mut self) {
        let at_the_end = self.open.iter().map(|open| (open.brace, None));
        let implied = self.implied.iter().map(|(brace, end)| (*brace, Some(*end)));
        let all: Vec<(u32, Option<Range>)> = implied.chain(at_the_end.filter(|_| !self.is_swallowed)).collect();
        // Many are told as one, by the braces alone.
        for (brace, end) in all.into_iter().take(MOST_BRACES) {
            let owner = self.nodes.iter().rfind(|node| node.block.start == brace);
            let name = owner.map_or("", |node| self.slice(node.name_range));
            let behind = end.map(|end| self.span(end.start, end.end));
            self.problems.push(brace::unclosed_block(self.span(brace, brace + 1), name, behind));
        }
    }

    fn owner_indent(&self, open: &Open) -> Option<usize> {
        self.indent(self.nodes.get(open.owner.node as usize)?.range.start)
    }

    /// Tells of the blocks that are open at the end of the text, and closes them.
    pub(super) fn unclosed(&mut self) {
        let end = self.text.trim_end().len() as u32;
        self.missing_braces += if self.is_swallowed { 0 } else { self.open.len() };
        if self.layout == Layout::Trusted {
            self.tell_implied();
        } else if let Some(innermost) = self.open.last()
            && !self.is_swallowed
        {
            let braces: Vec<u32> = self.open.iter().rev().take(6).map(|open| open.brace).collect();
            let owner = |brace: u32| self.span(brace, brace + 1);
            let name = self.nodes.get(innermost.owner.node as usize).map_or("", |node| self.slice(node.name_range));
            let others: Vec<Span> = braces.iter().skip(1).copied().map(owner).collect();
            let suspect = self.suspect.map(|(open, close)| (owner(open), owner(close)));
            let problem = brace::unclosed_brace(owner(innermost.brace), name, &others, suspect, self.open.len());
            self.problems.push(problem);
        }
        while let Some(open) = self.open.pop() {
            self.end_block(&open, end);
            self.finish_node(open.owner);
        }
    }
}
