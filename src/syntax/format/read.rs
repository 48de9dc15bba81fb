//! From tokens to atoms: which tokens are kept, and which blanks stand between them.

use super::atom::{Atom, Before, Content, Spelling};
use crate::syntax::kdl::{Continuation, Document, Token, TokenKind, Tokens, is_newline, is_space};

/// The atoms of a document without mistakes.
pub(super) fn atoms(document: &Document) -> Vec<Atom<'_>> {
    let mut reader = Reader::new(document.text());
    for token in document.tokens() {
        reader.token(token);
    }
    reader.end_of_node();
    reader.atoms
}

/// What was written last on the line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Previous {
    /// Nothing of this node yet, or a comment before it.
    Start,
    /// Something that the next word is glued to: `(`, `)` or `=`.
    Glue,
    /// `/-`.
    Slashdash,
    /// `/-` and a blank.
    SpacedSlashdash,
    /// A word, string or block.
    Word,
}

/// Where the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between nodes.
    Between,
    /// In a node.
    Node,
}

/// A comment or continued line that waits for what follows it.
#[derive(Clone, Copy)]
enum Pending<'t> {
    Block(&'t str),
    Line(&'t str),
    Continuation,
}

struct Reader<'t> {
    text: &'t str,
    atoms: Vec<Atom<'t>>,
    /// The atoms of the open blocks' braces, with the place of the brace in the text.
    open: Vec<(usize, u32)>,
    state: State,
    previous: Previous,
    pending: Vec<Pending<'t>>,
    /// Line breaks since the last item.
    newlines: usize,
    /// Nothing may follow on the line: a comment ends it.
    is_line_over: bool,
    /// The next item follows a comment on its own line.
    follows_comment: bool,
    /// An item is before this place in its block, on its line or above.
    has_item: bool,
    last_newline: Option<u32>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Reader {
            text,
            atoms: Vec::new(),
            open: Vec::new(),
            state: State::Between,
            previous: Previous::Start,
            pending: Vec::new(),
            newlines: 1,
            is_line_over: false,
            follows_comment: false,
            has_item: false,
            last_newline: None,
        }
    }

    fn slice(&self, token: Token) -> &'t str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    fn token(&mut self, token: Token) {
        let text = self.slice(token);
        // Words hold no line break, and they are most of a file.
        if token.kind != TokenKind::Word && text.contains(is_newline) {
            self.last_newline = Some(token.start);
        }
        match self.state {
            State::Between => self.between(token, text),
            State::Node => self.in_node(token, text),
        }
    }

    /// A token where a node may start.
    fn between(&mut self, token: Token, text: &'t str) {
        match token.kind {
            TokenKind::Space | TokenKind::Semicolon | TokenKind::Forbidden | TokenKind::End => {}
            TokenKind::Newline => self.newline(),
            TokenKind::LineComment => self.comment(Pending::Line(text)),
            TokenKind::BlockComment(_) => self.comment(Pending::Block(text)),
            TokenKind::Backslash(_) => {
                for comment in continuation(text) {
                    match comment {
                        Pending::Continuation => self.newline(),
                        Pending::Block(_) | Pending::Line(_) => self.comment(comment),
                    }
                }
            }
            TokenKind::RightBrace => self.close(),
            TokenKind::Slashdash
            | TokenKind::LeftBrace
            | TokenKind::LeftParen
            | TokenKind::RightParen
            | TokenKind::Equals
            | TokenKind::Word
            | TokenKind::Quoted(_)
            | TokenKind::Raw(_)
            | TokenKind::LegacyRaw(_)
            | TokenKind::Hash
            | TokenKind::Illegal => {
                self.item();
                self.state = State::Node;
                self.previous = Previous::Start;
                self.in_node(token, text);
            }
        }
    }

    fn newline(&mut self) {
        self.newlines += 1;
        self.follows_comment = false;
    }

    /// A node or comment starts here.
    fn item(&mut self) {
        if self.follows_comment && !self.is_line_over {
            self.follows_comment = false;
            return self.atoms.push(Atom::Written(" "));
        }
        let before = match self.newlines {
            0 if !self.is_line_over && self.has_item => Before::Semicolon,
            0 | 1 => Before::Line,
            _ if self.has_item => Before::BlankLine,
            _ => Before::Line,
        };
        self.atoms.push(Atom::Item { before, width: None });
        self.newlines = 0;
        self.is_line_over = false;
        self.has_item = true;
    }

    /// A comment between nodes.
    fn comment(&mut self, comment: Pending<'t>) {
        match comment {
            Pending::Line(text) => {
                let is_behind_something = self.newlines == 0 && !self.is_line_over;
                if is_behind_something {
                    self.atoms.push(Atom::Written(" "));
                } else {
                    self.follows_comment = false;
                    self.item();
                }
                self.atoms.push(Atom::LineComment(text.trim_end_matches(is_space)));
                self.is_line_over = true;
            }
            Pending::Block(text) => {
                self.item();
                self.atoms.push(Atom::Text(text));
                self.follows_comment = true;
            }
            Pending::Continuation => {}
        }
    }

    /// A token of a node.
    fn in_node(&mut self, token: Token, text: &'t str) {
        let is_behind_slashdash = matches!(self.previous, Previous::Slashdash | Previous::SpacedSlashdash);
        match token.kind {
            TokenKind::Space | TokenKind::Newline if is_behind_slashdash => self.previous = Previous::SpacedSlashdash,
            TokenKind::LineComment if is_behind_slashdash => {
                self.pending.push(Pending::Line(text));
            }
            TokenKind::Space | TokenKind::Forbidden | TokenKind::End => {}
            TokenKind::BlockComment(_) => self.pending.push(Pending::Block(text)),
            TokenKind::Backslash(Continuation::Line) => self.pending.extend(continuation(text)),
            TokenKind::Newline | TokenKind::Semicolon | TokenKind::LineComment => {
                self.end_of_node();
                if token.kind != TokenKind::Semicolon {
                    self.between(token, text);
                }
            }
            TokenKind::RightBrace => {
                self.end_of_node();
                self.close();
            }
            TokenKind::Slashdash => {
                self.flush(" ");
                self.atoms.push(Atom::Text(text));
                self.previous = Previous::Slashdash;
            }
            TokenKind::LeftBrace => {
                self.pending.retain(|pending| !matches!(pending, Pending::Continuation));
                self.flush(" ");
                self.open.push((self.atoms.len(), token.start));
                let (spelling, content) = (Spelling::Lines, Content::Something);
                self.atoms.push(Atom::Open { spelling, width: None, content });
                self.state = State::Between;
                self.newlines = 0;
                self.has_item = false;
                self.follows_comment = false;
            }
            TokenKind::LeftParen => {
                self.flush(" ");
                self.atoms.push(Atom::Text(text));
                self.previous = Previous::Glue;
            }
            TokenKind::RightParen | TokenKind::Equals => {
                self.flush("");
                self.atoms.push(Atom::Text(text));
                self.previous = Previous::Glue;
            }
            TokenKind::Word
            | TokenKind::Quoted(_)
            | TokenKind::Raw(_)
            | TokenKind::LegacyRaw(_)
            | TokenKind::Hash
            | TokenKind::Backslash(Continuation::Stray)
            | TokenKind::Illegal => {
                self.flush(" ");
                self.atoms.push(Atom::Text(text));
                self.previous = Previous::Word;
            }
        }
    }

    /// Writes what waits before the next token of a node: comments and continued lines, or the blank `usual`.
    fn flush(&mut self, usual: &'static str) {
        let usual = match self.previous {
            Previous::Word => usual,
            Previous::SpacedSlashdash => " ",
            Previous::Start | Previous::Glue | Previous::Slashdash => "",
        };
        let pending = std::mem::take(&mut self.pending);
        let keeps_continuation = self.previous == Previous::Word && usual == " ";
        let mut blank = usual;
        for &piece in &pending {
            match piece {
                Pending::Block(text) => {
                    let before = if self.is_at_break() { "" } else { " " };
                    self.atoms.extend([Atom::Written(before), Atom::Text(text)]);
                    blank = " ";
                }
                Pending::Line(text) => {
                    let is_behind_slashdash = matches!(self.previous, Previous::Slashdash | Previous::SpacedSlashdash);
                    let opener = match (is_behind_slashdash, self.is_at_break()) {
                        (true, true) => "",
                        (true, false) => " ",
                        (false, true) => "\\ ",
                        (false, false) => " \\ ",
                    };
                    self.atoms.extend([
                        Atom::Written(opener),
                        Atom::LineComment(text.trim_end_matches(is_space)),
                        Atom::Break,
                    ]);
                    blank = "";
                }
                Pending::Continuation if keeps_continuation && !self.is_at_break() => {
                    self.atoms.extend([Atom::Written(" \\"), Atom::Break]);
                    blank = "";
                }
                Pending::Continuation => {}
            }
        }
        if !blank.is_empty() {
            self.atoms.push(Atom::Written(blank));
        }
    }

    fn is_at_break(&self) -> bool {
        matches!(self.atoms.last(), Some(Atom::Break))
    }

    /// The node is over: what waits is behind it.
    fn end_of_node(&mut self) {
        if self.state == State::Between {
            return;
        }
        self.state = State::Between;
        self.newlines = 0;
        self.is_line_over = false;
        self.follows_comment = false;
        for piece in std::mem::take(&mut self.pending) {
            match piece {
                Pending::Continuation => {}
                Pending::Block(text) if !self.is_line_over => {
                    self.atoms.extend([Atom::Written(" "), Atom::Text(text)]);
                }
                Pending::Block(_) | Pending::Line(_) => self.comment(piece),
            }
        }
    }

    /// `}`: the node whose block it closes goes on.
    fn close(&mut self) {
        let Some((index, brace)) = self.open.pop() else { return };
        let is_empty = index + 1 == self.atoms.len();
        let is_one_line = self.last_newline.is_none_or(|newline| newline < brace);
        if let Some(Atom::Open { spelling, content, .. }) = self.atoms.get_mut(index) {
            if is_one_line || is_empty {
                *spelling = Spelling::OneLine;
            }
            if is_empty {
                *content = Content::Nothing;
            }
        }
        self.atoms.push(Atom::Close);
        self.state = State::Node;
        self.previous = Previous::Word;
        self.is_line_over = false;
        self.follows_comment = false;
        self.has_item = true;
        self.newlines = 0;
    }
}

/// What is in a continued line: its comments, and that it goes on. A comment to the end of the line says that too.
fn continuation(text: &str) -> Vec<Pending<'_>> {
    let mut pieces = Vec::new();
    let inner = text.strip_prefix('\\').unwrap_or(text);
    for token in Tokens::new(inner, 0) {
        let text = inner.get(token.start as usize..token.end as usize).unwrap_or_default();
        match token.kind {
            TokenKind::BlockComment(_) => pieces.push(Pending::Block(text)),
            TokenKind::LineComment => pieces.push(Pending::Line(text)),
            TokenKind::Newline => pieces.push(Pending::Continuation),
            TokenKind::Space
            | TokenKind::Slashdash
            | TokenKind::LeftBrace
            | TokenKind::RightBrace
            | TokenKind::LeftParen
            | TokenKind::RightParen
            | TokenKind::Semicolon
            | TokenKind::Equals
            | TokenKind::Word
            | TokenKind::Quoted(_)
            | TokenKind::Raw(_)
            | TokenKind::LegacyRaw(_)
            | TokenKind::Hash
            | TokenKind::Backslash(_)
            | TokenKind::Illegal
            | TokenKind::Forbidden
            | TokenKind::End => {}
        }
    }
    pieces
}
