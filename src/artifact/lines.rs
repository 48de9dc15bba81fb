//! Files that are lists of lines: ignore files and environment examples.

use crate::source::Origin;

/// A line of such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it says.
    pub kind: LineContent,
    /// Lines of comment above it.
    pub comment: Option<String>,
    /// Where it came from; `None` means: from what the file came from.
    pub origin: Option<Origin>,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineContent {
    /// A pattern of an ignore file (`*` and a leading `!` have their meaning).
    Pattern(String),
    /// `NAME=value`; the value is data.
    Assignment(String, String),
    /// Nothing: an empty line, with the comment above it if it has one.
    Blank,
}

impl Line {
    /// A pattern of an ignore file.
    pub fn pattern(pattern: impl Into<String>) -> Line {
        LineContent::Pattern(pattern.into()).into()
    }

    /// `NAME=value`.
    pub fn assignment(name: impl Into<String>, value: impl Into<String>) -> Line {
        LineContent::Assignment(name.into(), value.into()).into()
    }

    /// An empty line.
    pub fn blank() -> Line {
        LineContent::Blank.into()
    }

    /// The same line, with where it came from.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }

    /// The same line, under a comment.
    #[must_use]
    pub fn comment(mut self, lines: impl Into<String>) -> Self {
        self.comment = Some(lines.into());
        self
    }
}

impl From<LineContent> for Line {
    fn from(kind: LineContent) -> Self {
        Line { kind, comment: None, origin: None }
    }
}
