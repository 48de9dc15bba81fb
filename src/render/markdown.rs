//! The Markdown printer: blocks, lists and tables.

use super::mermaid;
use super::prose::{self, Spot};
use super::{Printer, characters, shell};
use crate::artifact::Block;
use crate::artifact::markdown::{Align, BlockKind, Column, Item, Marker, Row, Task};
use crate::source::Origin;

/// Prints a document; `path` is its own, for relative links.
pub(super) fn print<'a>(
    blocks: &'a [Block],
    path: &str,
    header: &str,
    origin: &'a Origin,
    printer: &mut Printer<'a, '_>,
) {
    // `--` would end the comment early in old readers.
    printer.line(&["<!-- ", &header.replace("--", "- -"), " -->"].concat(), &super::HEADER);
    let mut markdown = Markdown { printer, path };
    if !blocks.is_empty() {
        markdown.printer.blank();
        markdown.blocks(blocks, "", origin);
    }
}

struct Markdown<'a, 'p, 'o> {
    printer: &'p mut Printer<'a, 'o>,
    path: &'p str,
}

impl<'a> Markdown<'a, '_, '_> {
    /// Blocks with an empty line between them; `prefix` stands before every line.
    fn blocks(&mut self, blocks: &'a [Block], prefix: &str, inherited: &'a Origin) {
        let mut previous: Option<&Block> = None;
        for block in blocks.iter().filter(|block| !shows_nothing(block)) {
            let origin = block.origin.as_ref().unwrap_or(inherited);
            if let Some(previous) = previous {
                self.line(prefix, "", &super::BLANK);
                if joins(previous, block) {
                    self.line(prefix, "<!-- -->", origin);
                    self.line(prefix, "", &super::BLANK);
                }
            }
            self.block(block, prefix, origin);
            previous = Some(block);
        }
    }

    fn block(&mut self, block: &'a Block, prefix: &str, origin: &'a Origin) {
        match &block.kind {
            BlockKind::Heading { level, text, .. } => {
                let marks = "#".repeat(usize::from((*level).clamp(1, 6)));
                let text = prose::print(text, Spot::Heading, self.path);
                self.line(prefix, [&marks, " ", &text].concat().trim_end(), origin);
            }
            BlockKind::Paragraph(text) => self.line(prefix, &prose::print(text, Spot::Line, self.path), origin),
            BlockKind::List { marker, items } => self.list(*marker, items, prefix, origin),
            BlockKind::Table { columns, rows } => self.table(columns, rows, prefix, origin),
            BlockKind::Code { language, text } => {
                let lines = code_lines(text).map(|line| (line, origin)).collect();
                self.fence(language, lines, prefix, origin);
            }
            BlockKind::Shell(script) => {
                let mut lines = Vec::new();
                for (line, origin) in shell::lines(script, origin, "") {
                    lines.extend(code_lines(&line).map(|line| (line, origin)));
                }
                self.fence("bash", lines, prefix, origin);
            }
            BlockKind::Flowchart(chart) => self.diagram(mermaid::flowchart(chart), prefix, origin),
            BlockKind::Chart(chart) => self.diagram(mermaid::chart(chart), prefix, origin),
            BlockKind::Quote(blocks) => self.blocks(blocks, &[prefix, "> "].concat(), origin),
        }
    }

    fn diagram(&mut self, lines: Vec<String>, prefix: &str, origin: &'a Origin) {
        self.fence("mermaid", lines.into_iter().map(|line| (line, origin)).collect(), prefix, origin);
    }

    fn list(&mut self, marker: Marker, items: &'a [Item], prefix: &str, inherited: &'a Origin) {
        let loose = items.iter().any(|item| !item.children.iter().all(is_list));
        for (number, item) in items.iter().enumerate() {
            let origin = item.origin.as_ref().unwrap_or(inherited);
            if loose && number > 0 {
                self.line(prefix, "", &super::BLANK);
            }
            let mut lead = match marker {
                Marker::Bullet => "- ".to_owned(),
                Marker::Number => [&(number + 1).to_string(), ". "].concat(),
            };
            let inner = [prefix, &" ".repeat(lead.len())].concat();
            lead.push_str(match item.task {
                Some(Task::Open) => "[ ] ",
                Some(Task::Done) => "[x] ",
                None => "",
            });
            let text = prose::print(&item.text, Spot::Line, self.path);
            self.line(prefix, [lead.as_str(), &text].concat().trim_end(), origin);
            if item.children.iter().all(is_list) {
                for child in item.children.iter().filter(|child| !shows_nothing(child)) {
                    self.block(child, &inner, child.origin.as_ref().unwrap_or(origin));
                }
            } else {
                self.line(prefix, "", &super::BLANK);
                self.blocks(&item.children, &inner, origin);
            }
        }
    }

    fn table(&mut self, columns: &'a [Column], rows: &'a [Row], prefix: &str, inherited: &'a Origin) {
        let path = self.path;
        let titles = columns.iter().map(|column| prose::print(&column.title, Spot::Cell, path));
        self.line(prefix, &cells(titles), inherited);
        let rules = columns.iter().map(|column| match column.align {
            Align::Start => "---".to_owned(),
            Align::End => "---:".to_owned(),
        });
        self.line(prefix, &cells(rules), inherited);
        for row in rows {
            let filled = (0..columns.len()).map(|number| {
                row.cells.get(number).map_or_else(String::new, |cell| prose::print(cell, Spot::Cell, path))
            });
            self.line(prefix, &cells(filled), row.origin.as_ref().unwrap_or(inherited));
        }
    }

    /// A fence that is longer than every run of backticks in it.
    fn fence(&mut self, language: &str, lines: Vec<(String, &'a Origin)>, prefix: &str, origin: &'a Origin) {
        let longest = lines.iter().map(|(line, _)| characters::longest_run(line, '`')).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let language: String = language.chars().filter(|next| next.is_ascii_alphanumeric() || *next == '-').collect();
        let language = if language.is_empty() { "text" } else { language.as_str() };
        self.line(prefix, &[&fence, language].concat(), origin);
        for (line, origin) in lines {
            self.line(prefix, &line, origin);
        }
        self.line(prefix, &fence, origin);
    }

    fn line(&mut self, prefix: &str, text: &str, origin: &'a Origin) {
        let prefix = if text.is_empty() { prefix.trim_end() } else { prefix };
        self.printer.put(prefix);
        self.printer.put(text);
        self.printer.end(origin);
    }
}

/// A row; an empty cell is one space.
fn cells(cells: impl Iterator<Item = String>) -> String {
    let mut row = String::from("|");
    for cell in cells {
        row.push(' ');
        row.push_str(&cell);
        row.push_str(if cell.is_empty() { "|" } else { " |" });
    }
    row
}

/// The lines of a fenced block; tabs are spaces there, and what does not show is written as `\u{…}`.
fn code_lines(text: &str) -> impl Iterator<Item = String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n').map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line).replace('\t', "    ");
        characters::one_line(line.trim_end()).into_owned()
    })
}

fn is_list(block: &Block) -> bool {
    matches!(block.kind, BlockKind::List { .. })
}

/// Empty lists, tables and paragraphs are left out.
fn shows_nothing(block: &Block) -> bool {
    match &block.kind {
        BlockKind::Paragraph(text) => text.shown().trim().is_empty(),
        BlockKind::Quote(blocks) => blocks.iter().all(shows_nothing),
        BlockKind::List { .. }
        | BlockKind::Table { .. }
        | BlockKind::Heading { .. }
        | BlockKind::Code { .. }
        | BlockKind::Shell(_)
        | BlockKind::Flowchart(_)
        | BlockKind::Chart(_) => block.is_empty(),
    }
}

/// Whether two blocks in a row would be read as one.
fn joins(first: &Block, second: &Block) -> bool {
    match (&first.kind, &second.kind) {
        (BlockKind::List { marker, .. }, BlockKind::List { marker: next, .. }) => marker == next,
        (BlockKind::Quote(_), BlockKind::Quote(_)) => true,
        _ => false,
    }
}
