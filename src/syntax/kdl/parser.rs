//! The parser's state and its outer loop: nodes, blocks and what encloses them.
//!
//! Blocks are kept on a list instead of the call stack, so no input overflows it; every token is read once.

use super::block::{Fate, Open};
use super::class::{is_forbidden, is_newline, is_space};
use super::document::{AnnotationData, Document, EntryData, NodeData, Range};
use super::mistake;
use super::problem::{Problem, Problems};
use super::token::{Ending, Quote, Token, TokenKind, Tokens};
use crate::source::{FileId, Span};
use std::borrow::Cow;

/// How deep blocks may nest. What is deeper is checked and then left out of the tree, so that whoever walks a
/// tree by recursion is safe.
pub const DEPTH_LIMIT: usize = 512;

/// So many braces may be wrong, and each is told at its place.
pub(super) const MOST_BRACES: usize = 8;

/// The longest text whose places a `u32` can tell, one bit being taken.
const LONGEST: usize = (1 << 31) - 1;

/// How much was done for a text: grows with its length and with nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Tokens read.
    pub tokens: u64,
    /// Bytes looked at beyond the single pass over them.
    pub scanned: u64,
    /// How often the text was read: twice where a `}` is missing or too much.
    pub passes: u64,
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
    let mut parser = Parser::new(file, &text, Layout::Ignored);
    parser.whole();
    let mut work = Work { tokens: parser.read, scanned: parser.tokens.scanned(), passes: 1 };
    // Where a `}` is missing or too much, the text is read once more as it is indented, so that one brace hides nothing.
    if parser.missing_braces + parser.needless_braces > 0 {
        let mut again = Parser::new(file, &text, Layout::Trusted);
        again.whole();
        work.passes += 1;
        work.tokens += again.read;
        work.scanned += again.tokens.scanned();
        if again.agrees_with(&parser) {
            parser = again;
        }
    }
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

/// Whether the indentation of the text says where blocks end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Only braces do.
    Ignored,
    /// A node that stands no deeper than the owner of a block is not in it.
    Trusted,
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
    pub(super) open: Vec<Open>,
    /// A block whose `}` is indented as if it closed an outer one: the first suspect if a `}` is missing.
    pub(super) suspect: Option<(u32, u32)>,
    pub(super) was_too_deep: bool,
    pub(super) layout: Layout,
    /// Where the line begins on which the parser stands.
    pub(super) line: u32,
    /// The `{` of blocks that end without a `}`, each with what stands behind it by its indentation.
    pub(super) implied: Vec<(u32, Range)>,
    /// How many blocks end without a `}`.
    pub(super) missing_braces: usize,
    /// How many `}` close nothing.
    pub(super) needless_braces: usize,
    /// An unclosed string or comment took the rest of the file with it, closing braces included.
    pub(super) is_swallowed: bool,
}

impl<'t> Parser<'t> {
    fn new(file: FileId, text: &'t str, layout: Layout) -> Self {
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
            layout,
            line: 0,
            implied: Vec::new(),
            missing_braces: 0,
            needless_braces: 0,
            is_swallowed: false,
        };
        parser.watch();
        parser
    }

    /// Reads the text from its first byte to its last.
    fn whole(&mut self) {
        self.forbidden();
        self.version();
        self.document();
    }

    /// Whether the text, read as it is indented, lacks the same few braces, so that its indentation can be trusted and
    /// tells more than the braces do.
    fn agrees_with(&self, braces: &Parser<'_>) -> bool {
        let counts = (self.needless_braces, self.missing_braces);
        let tells_more = !self.implied.is_empty() || self.needless_braces > 0;
        tells_more && counts == (braces.needless_braces, braces.missing_braces) && counts.0 + counts.1 <= MOST_BRACES
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
        if self.token.kind == TokenKind::Newline {
            self.line = self.token.end;
        }
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
            self.close_by_layout();
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
