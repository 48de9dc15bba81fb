//! What the formatter arranges: pieces of text, and the places where lines may break.

/// A piece of a file that is being laid out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Atom<'t> {
    /// Characters of the file.
    Text(&'t str),
    /// A comment at the end of its line; counts nothing towards the width of the line.
    LineComment(&'t str),
    /// Characters that the formatter writes: a blank, a backslash.
    Written(&'static str),
    /// The line breaks here, and the node goes on.
    Break,
    /// A node or comment starts.
    Item {
        /// What comes before it.
        before: Before,
        /// How wide it is with all that shares its line, if they can be on one line.
        width: Option<usize>,
    },
    /// `{`.
    Open {
        /// Whether the block may be on one line.
        spelling: Spelling,
        /// How wide the block is on one line, with its braces.
        width: Option<usize>,
        /// Whether there is nothing in it.
        content: Content,
    },
    /// `}`.
    Close,
}

/// What comes before a node or comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// A line break.
    Line,
    /// A blank line.
    BlankLine,
    /// `;` on the same line.
    Semicolon,
}

/// How a block was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// On one line.
    OneLine,
    /// Over several.
    Lines,
}

/// What is in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing.
    Nothing,
    /// Something.
    Something,
}
