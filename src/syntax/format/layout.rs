//! Which blocks and nodes share a line, and the text that comes of it.

use super::WIDTH;
use super::atom::{Atom, Before, Content, Spelling};
use crate::syntax::kdl::is_newline;

/// How far a level is indented.
const INDENT: usize = 4;

/// A block whose width is being measured, or the file.
struct Measured {
    /// The atom of its brace.
    open: Option<usize>,
    /// The atom of the first item on the line.
    line: Option<usize>,
    /// The width of that line, if it can be one.
    line_width: Option<usize>,
    /// The width of everything in the block on one line.
    width: Option<usize>,
}

impl Measured {
    fn new(open: Option<usize>) -> Self {
        Measured { open, line: None, line_width: Some(0), width: Some(0) }
    }

    fn add(&mut self, width: Option<usize>) {
        let sum = |total: Option<usize>| total.zip(width).map(|(total, width)| total + width);
        self.line_width = sum(self.line_width);
        self.width = sum(self.width);
    }
}

/// Notes how wide blocks and lines are, if they can be on one line at all.
pub(super) fn measure(atoms: &mut [Atom<'_>]) {
    let mut open = vec![Measured::new(None)];
    let mut widths: Vec<(usize, Option<usize>)> = Vec::new();
    for (index, atom) in atoms.iter().enumerate() {
        let Some(block) = open.last_mut() else { break };
        match atom {
            Atom::Text(text) => block.add((!text.contains(is_newline)).then(|| text.chars().count())),
            Atom::Written(text) => block.add(Some(text.len())),
            Atom::LineComment(_) => block.width = None,
            Atom::Break => block.add(None),
            Atom::Item { before: Before::Semicolon, .. } => block.add(Some(2)),
            Atom::Item { before: Before::Line | Before::BlankLine, .. } => {
                widths.extend(block.line.map(|line| (line, block.line_width)));
                block.line = Some(index);
                block.line_width = Some(0);
                // In a block on one line every line break becomes `; `.
                let is_first = block.width == Some(0);
                block.width = block.width.map(|width| if is_first { width } else { width + 2 });
            }
            Atom::Open { .. } => open.push(Measured::new(Some(index))),
            Atom::Close => {
                let Some(inner) = open.pop() else { break };
                widths.extend(inner.line.map(|line| (line, inner.line_width)));
                let Some(brace) = inner.open else { break };
                let width = match atoms.get(brace) {
                    Some(Atom::Open { content: Content::Nothing, .. }) => Some(2),
                    Some(Atom::Open { spelling: Spelling::OneLine, .. }) => inner.width.map(|width| width + 4),
                    _ => None,
                };
                widths.push((brace, width));
                if let Some(outer) = open.last_mut() {
                    outer.add(width);
                }
            }
        }
    }
    for file in open {
        widths.extend(file.line.map(|line| (line, file.line_width)));
    }
    for (index, measured) in widths {
        if let Some(Atom::Item { width, .. } | Atom::Open { width, .. }) = atoms.get_mut(index) {
            *width = measured;
        }
    }
}

/// How a block is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// On one line.
    OneLine,
    /// One node per line, except for those that shared a line and fit.
    Lines,
    /// One node per line.
    Split,
}

/// A block that is being printed, or the file.
struct Printed {
    mode: Mode,
    content: Content,
    /// Whether the items of the current line stay together.
    is_joined: bool,
}

struct Printer {
    out: String,
    /// Characters on the current line.
    column: usize,
    open: Vec<Printed>,
    /// How many of the open blocks are indented.
    depth: usize,
}

/// The text of the atoms.
pub(super) fn print(atoms: &[Atom<'_>]) -> String {
    let file = Printed { mode: Mode::Split, content: Content::Something, is_joined: false };
    let mut printer = Printer { out: String::new(), column: 0, open: vec![file], depth: 0 };
    let mut is_first = true;
    for atom in atoms {
        match *atom {
            Atom::Text(text) | Atom::LineComment(text) => printer.text(text),
            Atom::Written(text) => printer.text(text),
            Atom::Break => printer.line(printer.depth + 1),
            Atom::Item { before, width } => printer.item(before, width, is_first),
            Atom::Open { width, content, .. } => printer.open(width, content),
            Atom::Close => printer.close(),
        }
        is_first = matches!(atom, Atom::Open { .. });
    }
    if !printer.out.is_empty() {
        printer.out.push('\n');
    }
    printer.out
}

impl Printer {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rsplit_once(is_newline) {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    fn line(&mut self, depth: usize) {
        self.out.push('\n');
        self.column = depth * INDENT;
        self.out.extend(std::iter::repeat_n(' ', self.column));
    }

    fn item(&mut self, before: Before, width: Option<usize>, is_first: bool) {
        let block = self.open.last();
        let is_joined = block.is_some_and(|block| block.is_joined);
        match (block.map_or(Mode::Split, |block| block.mode), before) {
            // The brace has written the blank.
            (Mode::OneLine, _) if is_first => {}
            (Mode::OneLine, _) => self.text("; "),
            (Mode::Lines, Before::Semicolon) if is_joined => self.text("; "),
            (Mode::Lines | Mode::Split, _) => {
                if before == Before::BlankLine {
                    self.out.push('\n');
                }
                if !self.out.is_empty() {
                    self.line(self.depth);
                }
                let fits = width.is_some_and(|width| self.column + width <= WIDTH);
                if let Some(block) = self.open.last_mut().filter(|_| before != Before::Semicolon) {
                    block.is_joined = fits;
                }
            }
        }
    }

    fn open(&mut self, width: Option<usize>, content: Content) {
        let mode = match width {
            Some(width) if content == Content::Nothing || self.column + width <= WIDTH => Mode::OneLine,
            Some(_) if self.open.last().is_some_and(|outer| outer.mode == Mode::OneLine) => Mode::OneLine,
            Some(_) => Mode::Split,
            None => Mode::Lines,
        };
        match (mode, content) {
            (Mode::OneLine, Content::Nothing) => self.text("{"),
            (Mode::OneLine, Content::Something) => self.text("{ "),
            (Mode::Lines | Mode::Split, _) => {
                self.text("{");
                self.depth += 1;
            }
        }
        self.open.push(Printed { mode, content, is_joined: false });
    }

    fn close(&mut self) {
        let Some(block) = self.open.pop() else { return };
        match (block.mode, block.content) {
            (Mode::OneLine, Content::Nothing) => self.text("}"),
            (Mode::OneLine, Content::Something) => self.text(" }"),
            (Mode::Lines | Mode::Split, _) => {
                self.depth = self.depth.saturating_sub(1);
                self.line(self.depth);
                self.text("}");
            }
        }
    }
}
