//! What is shown of a file in one report: the lines that carry labels, made safe for a terminal.
//!
//! ariadne gets this view instead of the text, because of the text it prints lines of any length and control characters as
//! they are, cuts characters in two where a byte span ends inside a line break, puts an empty span at the end of a line onto
//! two lines, and takes the characters before a place in a second file for bytes.

use super::human::Charset;
use crate::diag::texts::{Places, bytes};
use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use std::ops::Range;

/// Longer lines are cut.
const LONGEST_LINE: usize = 160;
/// How much of a cut line is shown before the label that it is cut around.
const LEAD: usize = 60;
/// Fewer bytes than these are not cut off; they hold at least as many characters as the mark `...`.
const LEAST_CUT: usize = 8;

/// One file in one report.
pub(super) struct View {
    /// The path, made safe.
    pub(super) name: String,
    /// The lines that are shown, and an empty one in the place of each row of others.
    pub(super) text: String,
    /// The spans that were asked for, in characters of the view.
    pub(super) ranges: Vec<Range<usize>>,
    /// The line where each of them ends, from 0.
    pub(super) lines: Vec<usize>,
    /// What its lines are in the file.
    drawn: Vec<Drawn>,
}

/// A line of a view.
struct Drawn {
    /// The line of the file, from 0.
    number: usize,
    /// How many characters the columns of the file are ahead.
    cut: usize,
}

impl View {
    /// A view of `file` with the places of `spans`, which are all in it. A line too long to be shown is cut around the first of them.
    pub(super) fn new(places: &mut Places, file: FileId, spans: &[Span], charset: Charset) -> Option<View> {
        let name = safe(places.name(Span::new(file, 0, 0))?, charset);
        let (text, index) = places.index(file)?;
        let wanted: Vec<Range<usize>> = spans.iter().map(|span| bytes(text, *span)).collect();
        // The last character decides about the line of the end; an empty span has none.
        let mut shown: BTreeMap<usize, Line> = BTreeMap::new();
        for at in wanted.iter().flat_map(|range| [range.start, last(text, range)]) {
            let number = index.line(at);
            shown.entry(number).or_insert_with(|| {
                let content = index.content(text, number);
                let is_long = index.count(text, content.clone()) > LONGEST_LINE;
                let window = if is_long { window(text, &content, at) } else { content.clone() };
                Line { before: index.count(text, content.start..window.start), window, content, at: 0 }
            });
        }

        let mut view = View { name, text: String::new(), ranges: Vec::new(), lines: Vec::new(), drawn: Vec::new() };
        let mut characters = 0;
        for (&number, line) in &mut shown {
            // An empty line stands for all that are left out.
            let breaks = view.drawn.last().map_or(0, |last| (number - last.number).min(2));
            if breaks == 2 {
                view.drawn.push(Drawn { number: number - 1, cut: 0 });
            }
            view.text.extend(std::iter::repeat_n('\n', breaks));
            let lead = if line.window.start > line.content.start { charset.ellipsis() } else { "" };
            let tail = if line.window.end < line.content.end { charset.ellipsis() } else { "" };
            let content = safe(text.get(line.window.clone()).unwrap_or_default(), charset);
            view.drawn.push(Drawn { number, cut: line.before.saturating_sub(lead.len_in_characters()) });
            line.at = characters + breaks + lead.len_in_characters();
            // The blank is where an empty span at the end of the line points to.
            let printed = [lead, &content, tail, " "].concat();
            characters += breaks + printed.len_in_characters();
            view.text.push_str(&printed);
        }

        for range in &wanted {
            let start = locate(text, &shown, index.line(range.start), range.start);
            let line = index.line(last(text, range));
            let end = locate(text, &shown, line, range.end);
            view.lines.push(line);
            view.ranges.push(start..end.max(start + 1));
        }
        Some(view)
    }

    /// The line of the file that a line of the view stands for; both from 1.
    pub(super) fn line(&self, line: usize) -> usize {
        self.drawn(line).map_or(line, |drawn| drawn.number + 1)
    }

    /// The column of the file, from 1, that a column of the view stands for.
    pub(super) fn column(&self, line: usize, column: usize) -> usize {
        self.drawn(line).map_or(0, |drawn| drawn.cut) + column
    }

    /// The last line of the view, from 1.
    pub(super) fn last(&self) -> usize {
        self.drawn.len()
    }

    fn drawn(&self, line: usize) -> Option<&Drawn> {
        self.drawn.get(line.checked_sub(1)?)
    }
}

/// One line that is shown, in bytes of the file.
struct Line {
    /// All of it, without its line break.
    content: Range<usize>,
    /// What is shown of it.
    window: Range<usize>,
    /// How many characters are left out in front.
    before: usize,
    /// The character of the view where the window begins.
    at: usize,
}

/// The character of the view that stands for a byte of the file. What is cut off, and a line break, stand at the end of what is shown.
fn locate(text: &str, shown: &BTreeMap<usize, Line>, line: usize, at: usize) -> usize {
    let Some(line) = shown.get(&line) else { return 0 };
    let inside = at.clamp(line.window.start, line.window.end);
    line.at + text.get(line.window.start..inside).unwrap_or_default().len_in_characters()
}

/// The first byte of the last character of a range; its start if it is empty.
fn last(text: &str, range: &Range<usize>) -> usize {
    if range.is_empty() { range.start } else { text.floor_char_boundary(range.end - 1).max(range.start) }
}

/// The bytes of a long line that are shown around byte `at`.
fn window(text: &str, content: &Range<usize>, at: usize) -> Range<usize> {
    let at = at.clamp(content.start, content.end);
    let before = text.get(content.start..at).unwrap_or_default();
    let start = before.char_indices().rev().nth(LEAD - 1).map_or(content.start, |(byte, _)| content.start + byte);
    // Cutting off less than the mark of the cut takes would win nothing.
    let start = if start - content.start <= LEAST_CUT { content.start } else { start };
    let rest = text.get(start..content.end).unwrap_or_default();
    let end = rest.char_indices().nth(LONGEST_LINE).map_or(content.end, |(byte, _)| start + byte);
    start..end
}

/// The text with every character replaced that would steer the terminal, hide, or turn the direction of writing.
/// Each becomes one character, so that columns stay. Tabs stay: they are drawn as blanks.
pub(super) fn safe(text: &str, charset: Charset) -> String {
    let hides = |c: char| {
        c.is_control() && c != '\t'
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let stand_in = match charset {
        Charset::Unicode => '\u{fffd}',
        Charset::Ascii => '?',
    };
    text.chars().map(|c| if hides(c) { stand_in } else { c }).collect()
}

trait Characters {
    fn len_in_characters(&self) -> usize;
}

impl Characters for str {
    fn len_in_characters(&self) -> usize {
        self.chars().count()
    }
}
