//! The KDL 2 tokens: every byte of a text belongs to exactly one of them.

use super::scan::{self, Memory};
use logos::{Lexer, Logos};

/// What a piece of text is. Tokens tile the text: each starts where the one before it ended.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(extras = Memory)]
pub enum TokenKind {
    /// Blanks within a line.
    #[regex(r"[\t \u{a0}\u{1680}\u{2000}-\u{200a}\u{202f}\u{205f}\u{3000}]+")]
    Space,
    /// One line break; `\r\n` is one.
    #[regex(r"\r\n|[\n\r\u{b}\u{c}\u{85}\u{2028}\u{2029}]")]
    Newline,
    /// `// …` without its line break.
    #[regex(r"//[^\n\r\u{b}\u{c}\u{85}\u{2028}\u{2029}]*", allow_greedy = true)]
    LineComment,
    /// `/* … */`, nested.
    #[token("/*", scan::block_comment)]
    BlockComment(Ending),
    /// `/-`.
    #[token("/-")]
    Slashdash,
    /// `{`.
    #[token("{")]
    LeftBrace,
    /// `}`.
    #[token("}")]
    RightBrace,
    /// `(`.
    #[token("(")]
    LeftParen,
    /// `)`.
    #[token(")")]
    RightParen,
    /// `;`.
    #[token(";")]
    Semicolon,
    /// `=`.
    #[token("=")]
    Equals,
    /// A run of identifier characters: an identifier, a number or a keyword that lacks its `#`.
    #[regex(r#"[^\x00-\x20\x7f\\/(){};\[\]"\#=\u{85}\u{a0}\u{1680}\u{2000}-\u{200a}\u{200e}\u{200f}\u{2028}-\u{202f}\u{205f}\u{2066}-\u{2069}\u{3000}\u{feff}]+"#)]
    Word,
    /// `"…"` or `"""…"""`.
    #[token("\"", scan::quoted)]
    Quoted(Quote),
    /// `#"…"#` with any number of `#`, one or three quotes.
    #[regex("#+\"", scan::raw)]
    Raw(Quote),
    /// `r"…"` or `r#"…"#`, the raw string of KDL 1.
    #[regex("r#*\"", scan::legacy_raw)]
    LegacyRaw(Quote),
    /// `#` and what follows it: `#true`, or a mistake.
    #[regex(r#"#+[^\x00-\x20\x7f\\/(){};\[\]"\#=\u{85}\u{a0}\u{1680}\u{2000}-\u{200a}\u{200e}\u{200f}\u{2028}-\u{202f}\u{205f}\u{2066}-\u{2069}\u{3000}\u{feff}]*"#)]
    Hash,
    /// `\` with the rest of its line, comment and line break included: the node goes on.
    #[token("\\", scan::continuation)]
    Backslash(Continuation),
    /// `/`, `[` or `]` on its own: no KDL 2 syntax.
    #[regex(r"[/\[\]]")]
    Illegal,
    /// Code points that may not appear in a KDL document at all.
    #[regex(r"[\x00-\x08\x0e-\x1f\x7f\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{feff}]+")]
    Forbidden,
    /// The end of the text; never produced by the lexer.
    End,
}

/// Whether a block comment has its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is closed.
    Closed,
    /// It is not; the token ends where the reader of the file would think it ends.
    Open,
}

/// The shape of a quoted token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// On one line, without a backslash.
    Plain,
    /// On one line, with a backslash.
    Escaped,
    /// Between three quotes.
    MultiLine,
    /// Between `"`, and yet over several lines.
    BrokenLine,
    /// A single quote that nothing closes.
    Open,
    /// Three quotes that nothing closes.
    OpenMultiLine,
}

/// Whether a backslash continues the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// Nothing but blanks and a comment follow on its line.
    Line,
    /// Something follows.
    Stray,
}

/// A token: its kind and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Reads the tokens of a text, one after another.
pub struct Tokens<'t> {
    lexer: Lexer<'t, TokenKind>,
    base: u32,
    order_mark: bool,
}

impl<'t> Tokens<'t> {
    /// The tokens of `text`, whose first byte is byte `base` of its file. A byte order mark that opens a file is blank.
    pub fn new(text: &'t str, base: u32) -> Self {
        match text.strip_prefix('\u{feff}') {
            Some(rest) if base == 0 => Tokens { lexer: TokenKind::lexer(rest), base: 3, order_mark: true },
            Some(_) | None => Tokens { lexer: TokenKind::lexer(text), base, order_mark: false },
        }
    }

    /// The next token, or [`TokenKind::End`] for ever.
    #[inline]
    pub fn token(&mut self) -> Token {
        if self.order_mark {
            self.order_mark = false;
            return Token { kind: TokenKind::Space, start: 0, end: 3 };
        }
        let kind = match self.lexer.next() {
            None => TokenKind::End,
            Some(Ok(kind)) => kind,
            // Every character starts some token; the error type exists because logos asks for one.
            Some(Err(())) => TokenKind::Forbidden,
        };
        let span = self.lexer.span();
        Token { kind, start: self.base + span.start as u32, end: self.base + span.end as u32 }
    }

    /// How many bytes were looked at beyond the automaton's single pass.
    pub(super) fn scanned(&self) -> u64 {
        self.lexer.extras.scanned
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;
    fn next(&mut self) -> Option<Token> {
        let token = self.token();
        (token.kind != TokenKind::End).then_some(token)
    }
}
