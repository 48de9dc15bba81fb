//! The parser's state and its outer loop: nodes, blocks and what encloses them.
//!
//! Blocks are kept on a list instead of the call stack, so no input overflows it; every token is read once.

use super::class::{is_forbidden, is_newline, is_space};
use super::document::{AnnotationData, Document, EntryData, NONE, NodeData, Range};
use super::mistake;
use super::problem::{Problem, Problems};
use super::token::{Ending, Quote, Token, TokenKind, Tokens};
use crate::source::{FileId, Span};
use std::borrow::Cow;

/// How deep blocks may nest. What is deeper is checked and then left out of the tree, so that whoever walks a
/// tree by recursion is safe.
pub const DEPTH_LIMIT: usize = 512;

/// The longest text whose places a `u32` can tell, one bit being taken.
const LONGEST: usize = (1 << 31) - 1;

/// The deepest indentation that is compared.
const LONGEST_INDENT: usize = 256;

/// How much was done for a text: grows with its length and with nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Tokens read.
    pub tokens: u64,
    /// Bytes looked at beyond the single pass over them.
    pub scanned: u64,
}

/// Reads a KDL text. It always gives a document, which lacks only what is wrong.
pub fn parse(file: FileId, text: impl Into<Cow<'static, str>>) -> (Document, Vec<Problem>) {
    let (document, problems, _) = parse_measured(file, text);
    (document, problems)
}

/// As [`parse`], and tells how much work it was.
pub fn parse_measured(file: FileId, text: impl Into<Cow<'static, str>>) -> (Document, Vec<Problem>, Work) {
    let text = text.into();
    if text.len() > LONGEST {
        let problems = vec![mistake::too_large(file, text.len())];
        return (empty(file), problems, Work::default());
    }
    let mut parser = Parser::new(file, &text);
    parser.forbidden();
    parser.version();
    parser.document();
    let work = Work { tokens: parser.read, scanned: parser.tokens.scanned() };
    let problems = parser.problems.finish();
    let (pool, nodes, entries, annotations) = (parser.pool, parser.nodes, parser.entries, parser.annotations);
    let document = Document {
        file,
        text,
        pool: pool.into(),
        nodes: nodes.into(),
        entries: entries.into(),
        annotations: annotations.into(),
        is_sound: problems.is_empty(),
    };
    (document, problems, work)
}

fn empty(file: FileId) -> Document {
    Document {
        file,
        text: Cow::Borrowed(""),
        pool: Cow::Borrowed(""),
        nodes: Cow::Borrowed(&[]),
        entries: Cow::Borrowed(&[]),
        annotations: Cow::Borrowed(&[]),
        is_sound: false,
    }
}

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
struct Open {
    owner: Unfinished,
    fate: Fate,
    brace: u32,
    /// How many nodes and entries there were before it.
    nodes: u32,
    entries: u32,
}

/// A text on its way to a document.
pub(super) struct Parser<'t> {
    pub(super) file: FileId,
    pub(super) text: &'t str,
    tokens: Tokens<'t>,
    /// The token at which the parser stands.
    pub(super) token: Token,
    /// Where the last token that was no blank ended.
    pub(super) last_end: u32,
    /// Whether the current token may touch the one before it.
    pub(super) is_free: bool,
    read: u64,
    pub(super) nodes: Vec<NodeData>,
    pub(super) entries: Vec<EntryData>,
    pub(super) annotations: Vec<AnnotationData>,
    pub(super) pool: String,
    pub(super) problems: Problems,
    open: Vec<Open>,
    /// A block whose `}` is indented as if it closed an outer one: the first suspect if a `}` is missing.
    suspect: Option<(u32, u32)>,
    was_too_deep: bool,
    /// An unclosed string or comment took the rest of the file with it, closing braces included.
    is_swallowed: bool,
}

impl<'t> Parser<'t> {
    fn new(file: FileId, text: &'t str) -> Self {
        let mut tokens = Tokens::new(text, 0);
        let token = tokens.token();
        let mut parser = Parser {
            file,
            text,
            tokens,
            token,
            last_end: 0,
            is_free: true,
            read: 1,
            nodes: Vec::with_capacity(text.len() / 40),
            entries: Vec::with_capacity(text.len() / 30),
            annotations: Vec::new(),
            pool: String::new(),
            problems: Problems::default(),
            open: Vec::new(),
            suspect: None,
            was_too_deep: false,
            is_swallowed: false,
        };
        parser.watch();
        parser
    }

    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.file, start, end)
    }

    pub(super) fn slice(&self, range: Range) -> &'t str {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    pub(super) fn here(&self) -> Range {
        Range { start: self.token.start, end: self.token.end }
    }

    /// Goes on to the next token; the current one was blank.
    #[inline]
    fn skip(&mut self) {
        self.token = self.tokens.token();
        self.read += 1;
        self.watch();
    }

    /// Goes on to the next token; the current one meant something.
    #[inline]
    pub(super) fn advance(&mut self) {
        self.last_end = self.token.end;
        self.is_free = false;
        self.skip();
    }

    /// Tells of a comment without its end as soon as it is read: comments may stand anywhere.
    #[inline]
    fn watch(&mut self) {
        if let TokenKind::BlockComment(Ending::Open) = self.token.kind {
            let problem = mistake::open_comment(self.span(self.token.start, self.token.end), self.text);
            self.problems.push(problem);
            self.note_swallowed();
        }
    }

    /// Notes that an unclosed token goes on to the end of the text.
    pub(super) fn note_swallowed(&mut self) {
        self.is_swallowed |= self.token.end as usize == self.text.len();
    }

    /// Whether the current token touches the one before it.
    pub(super) fn is_glued(&self) -> bool {
        !self.is_free && self.token.start == self.last_end
    }

    /// Whether a property's `=` comes behind the current token, on its line.
    pub(super) fn equals_follows(&self) -> bool {
        let rest = self.text.get(self.token.end as usize..).unwrap_or_default();
        rest.trim_start_matches(is_space).starts_with('=')
    }

    /// Passes blanks within a node: spaces, block comments, continued lines.
    #[inline]
    pub(super) fn node_space(&mut self) {
        while let TokenKind::Space
        | TokenKind::BlockComment(_)
        | TokenKind::Forbidden
        | TokenKind::Backslash(super::token::Continuation::Line) = self.token.kind
        {
            self.skip();
        }
    }

    /// Passes blanks between nodes: also line breaks and line comments.
    pub(super) fn line_space(&mut self) {
        loop {
            self.node_space();
            let (TokenKind::Newline | TokenKind::LineComment) = self.token.kind else { break };
            self.skip();
        }
    }

    /// Tells of code points that may stand nowhere, not even in a comment.
    fn forbidden(&mut self) {
        let is_suspicious =
            |byte: &u8| matches!(byte, 0..=8 | 0x0e..=0x1f | 0x7f | 0xe2 | 0xef) && !matches!(byte, 9..=13);
        let start = if self.text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut at: usize = start;
        let bytes = self.text.as_bytes();
        while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(is_suspicious)) {
            at += found;
            let rest = self.text.get(at..).unwrap_or_default();
            let length = rest.len() - rest.trim_start_matches(is_forbidden).len();
            if length > 0 {
                let problem = mistake::forbidden(self.span(at as u32, (at + length) as u32), rest);
                self.problems.push(problem);
            }
            at += length.max(1);
            while !self.text.is_char_boundary(at) {
                at += 1;
            }
        }
    }

    /// Looks for `/- kdl-version 1`, which may open a file.
    fn version(&mut self) {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        let start = self.text.len() - text.len();
        let line = text.split(is_newline).next().unwrap_or_default();
        let Some(rest) = line.strip_prefix("/-") else { return };
        let Some(version) = rest.trim_start_matches(is_space).strip_prefix("kdl-version") else { return };
        if version.trim_matches(is_space) == "1" && version.starts_with(is_space) {
            let end = start + line.trim_end_matches(is_space).len();
            self.problems.mark_kdl_1(self.span(start as u32, end as u32));
        }
    }

    /// The whole text: nodes, and the ends of the blocks that nodes open.
    fn document(&mut self) {
        loop {
            self.line_space();
            match self.token.kind {
                TokenKind::End => break,
                TokenKind::RightBrace => self.close_block(),
                TokenKind::Semicolon => {
                    let problem = mistake::stray_semicolon(self.span(self.token.start, self.token.end));
                    self.problems.push(problem);
                    self.advance();
                }
                TokenKind::Slashdash => {
                    let slashdash = self.here();
                    self.advance();
                    self.line_space();
                    if let TokenKind::End | TokenKind::RightBrace | TokenKind::Semicolon = self.token.kind {
                        self.problems.push(mistake::empty_slashdash(self.span(slashdash.start, slashdash.end)));
                        continue;
                    }
                    self.node(Fate::Dropped);
                }
                TokenKind::LeftBrace => self.orphan_block(),
                TokenKind::Space
                | TokenKind::Newline
                | TokenKind::LineComment
                | TokenKind::BlockComment(_)
                | TokenKind::LeftParen
                | TokenKind::RightParen
                | TokenKind::Equals
                | TokenKind::Word
                | TokenKind::Quoted(_)
                | TokenKind::Raw(_)
                | TokenKind::LegacyRaw(_)
                | TokenKind::Hash
                | TokenKind::Backslash(_)
                | TokenKind::Illegal
                | TokenKind::Forbidden => self.node(Fate::Kept),
            }
        }
        self.unclosed();
    }

    /// A new node that starts here and belongs to the innermost open block.
    pub(super) fn push_node(&mut self, start: u32) -> u32 {
        let id = self.nodes.len() as u32;
        let entries = self.entries.len() as u32;
        self.nodes.push(NodeData {
            name: super::document::Slice { start, length: 0 },
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
        self.open.push(Open { owner, fate, brace, nodes, entries });
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
    fn close_block(&mut self) {
        let end = self.token.end;
        let Some(open) = self.open.pop() else {
            self.problems.push(mistake::unexpected_brace(self.span(self.token.start, end)));
            self.advance();
            return;
        };
        if self.suspect.is_none()
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
    fn orphan_block(&mut self) {
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
            let problem = mistake::brace_on_next_line(brace, self.slice(data.name_range), data.range.end, self.text);
            self.problems.push(problem);
            self.open_block(Unfinished { node, fate: Fate::Kept, progress: Progress::Entries }, Fate::Kept);
        } else {
            self.problems.push(mistake::block_without_node(brace));
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

    fn owner_indent(&self, open: &Open) -> Option<usize> {
        self.indent(self.nodes.get(open.owner.node as usize)?.range.start)
    }

    /// Tells of the blocks that are open at the end of the text, and closes them.
    fn unclosed(&mut self) {
        let end = self.text.trim_end().len() as u32;
        if let Some(innermost) = self.open.last()
            && !self.is_swallowed
        {
            let braces: Vec<u32> = self.open.iter().rev().take(6).map(|open| open.brace).collect();
            let owner = |brace: u32| self.span(brace, brace + 1);
            let name = self.nodes.get(innermost.owner.node as usize).map_or("", |node| self.slice(node.name_range));
            let others: Vec<Span> = braces.iter().skip(1).copied().map(owner).collect();
            let suspect = self.suspect.map(|(open, close)| (owner(open), owner(close)));
            let problem = mistake::unclosed_brace(owner(innermost.brace), name, &others, suspect, self.open.len());
            self.problems.push(problem);
        }
        while let Some(open) = self.open.pop() {
            self.end_block(&open, end);
            self.finish_node(open.owner);
        }
    }

    /// Whether the current token is a string that nothing closes.
    pub(super) fn is_open_string(&self) -> bool {
        matches!(
            self.token.kind,
            TokenKind::Quoted(Quote::Open | Quote::OpenMultiLine)
                | TokenKind::Raw(Quote::Open | Quote::OpenMultiLine)
                | TokenKind::LegacyRaw(Quote::Open)
        )
    }
}
