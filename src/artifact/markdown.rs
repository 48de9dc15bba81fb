//! Documents as blocks and inline pieces; what users wrote is data in them.

pub use super::prose::{Inline, Prose, Target, prose};
use super::{Flowchart, Script, chart};
use crate::source::Origin;

/// A block of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Where it came from; `None` means: from what the document came from.
    pub origin: Option<Origin>,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq)]
pub enum BlockKind {
    /// A heading of level 1 to 6.
    Heading {
        /// 1 is the title.
        level: u8,
        /// The text.
        text: Prose,
        /// A name under which the compiler finds the anchor again, whatever the text says.
        key: Option<String>,
    },
    /// A paragraph.
    Paragraph(Prose),
    /// A list.
    List {
        /// What stands before the items.
        marker: Marker,
        /// The items.
        items: Vec<Item>,
    },
    /// A table.
    Table {
        /// The columns.
        columns: Vec<Column>,
        /// The rows.
        rows: Vec<Row>,
    },
    /// A fenced block.
    Code {
        /// The language.
        language: String,
        /// The text.
        text: String,
    },
    /// A fenced block of shell.
    Shell(Script),
    /// A diagram of nodes and edges.
    Flowchart(Flowchart),
    /// A chart of numbers.
    Chart(chart::Chart),
    /// A quotation.
    Quote(Vec<Block>),
}

/// What stands before the items of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A dash.
    Bullet,
    /// A number.
    Number,
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// A box to be ticked, if the item is a task.
    pub task: Option<Task>,
    /// The text.
    pub text: Prose,
    /// Blocks below it.
    pub children: Vec<Block>,
    /// Where it came from.
    pub origin: Option<Origin>,
}

/// Whether a task is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Not yet.
    Open,
    /// It is.
    Done,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its title.
    pub title: Prose,
    /// How its cells are aligned.
    pub align: Align,
}

/// How cells are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// As text.
    Start,
    /// As numbers.
    End,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The cells; missing ones are empty.
    pub cells: Vec<Prose>,
    /// Where it came from.
    pub origin: Option<Origin>,
}

/// A heading; 1 is the title.
pub fn heading(level: u8, text: impl Into<Prose>) -> Block {
    BlockKind::Heading { level, text: text.into(), key: None }.into()
}

/// A paragraph.
pub fn paragraph(text: impl Into<Prose>) -> Block {
    BlockKind::Paragraph(text.into()).into()
}

/// A list with dashes.
pub fn bullets<T: Into<Item>>(items: impl IntoIterator<Item = T>) -> Block {
    BlockKind::List { marker: Marker::Bullet, items: items.into_iter().map(Into::into).collect() }.into()
}

/// A list with numbers.
pub fn steps<T: Into<Item>>(items: impl IntoIterator<Item = T>) -> Block {
    BlockKind::List { marker: Marker::Number, items: items.into_iter().map(Into::into).collect() }.into()
}

/// A fenced block.
pub fn fence(language: impl Into<String>, text: impl Into<String>) -> Block {
    BlockKind::Code { language: language.into(), text: text.into() }.into()
}

/// A fenced block of shell.
pub fn shell(script: Script) -> Block {
    BlockKind::Shell(script).into()
}

/// A quotation.
pub fn quote(blocks: Vec<Block>) -> Block {
    BlockKind::Quote(blocks).into()
}

/// A table without rows; a title that ends with `:` marks a column of numbers.
pub fn table<const N: usize>(titles: [&str; N]) -> Block {
    let column = |title: &str| match title.strip_suffix(':') {
        Some(title) => Column { title: title.into(), align: Align::End },
        None => Column { title: title.into(), align: Align::Start },
    };
    BlockKind::Table { columns: titles.into_iter().map(column).collect(), rows: Vec::new() }.into()
}

/// A row of a table.
pub fn row<P: Into<Prose>>(cells: impl IntoIterator<Item = P>) -> Row {
    Row { cells: cells.into_iter().map(Into::into).collect(), origin: None }
}

/// An item of a list.
pub fn item(text: impl Into<Prose>) -> Item {
    Item { task: None, text: text.into(), children: Vec::new(), origin: None }
}

/// An item with a box to be ticked.
pub fn task(done: Task, text: impl Into<Prose>) -> Item {
    Item { task: Some(done), ..item(text) }
}

impl<T: Into<Prose>> From<T> for Item {
    fn from(text: T) -> Self {
        item(text)
    }
}

impl From<BlockKind> for Block {
    fn from(kind: BlockKind) -> Self {
        Block { kind, origin: None }
    }
}

impl From<Flowchart> for Block {
    fn from(flowchart: Flowchart) -> Self {
        BlockKind::Flowchart(flowchart).into()
    }
}

impl From<chart::Chart> for Block {
    fn from(chart: chart::Chart) -> Self {
        BlockKind::Chart(chart).into()
    }
}

impl Block {
    /// The same block, with where it came from.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }

    /// The same heading, to be found again under `key`.
    #[must_use]
    pub fn keyed(mut self, name: impl Into<String>) -> Self {
        if let BlockKind::Heading { key, .. } = &mut self.kind {
            *key = Some(name.into());
        }
        self
    }

    /// The same table with one more row.
    #[must_use]
    pub fn row(mut self, row: Row) -> Self {
        if let BlockKind::Table { rows, .. } = &mut self.kind {
            rows.push(row);
        }
        self
    }

    /// The same table with more rows.
    #[must_use]
    pub fn rows(mut self, more: impl IntoIterator<Item = Row>) -> Self {
        if let BlockKind::Table { rows, .. } = &mut self.kind {
            rows.extend(more);
        }
        self
    }

    /// Whether it is a list or table that holds nothing.
    pub fn is_empty(&self) -> bool {
        match &self.kind {
            BlockKind::List { items, .. } => items.is_empty(),
            BlockKind::Table { rows, .. } => rows.is_empty(),
            BlockKind::Quote(blocks) => blocks.is_empty(),
            BlockKind::Shell(script) => script.is_empty(),
            BlockKind::Heading { .. }
            | BlockKind::Paragraph(_)
            | BlockKind::Code { .. }
            | BlockKind::Flowchart(_)
            | BlockKind::Chart(_) => false,
        }
    }
}

impl Row {
    /// The same row, with where it came from.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }
}

impl Item {
    /// The same item, with where it came from.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }

    /// The same item, with a block below it.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.children.push(block);
        self
    }
}
