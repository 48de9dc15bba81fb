//! The YAML printer.

use std::borrow::Cow;

use super::dialect::{self, Place};
use super::scalar::{self, Chomp, Role, Style};
use super::{Printer, characters, shell};
use crate::artifact::{Dialect, Script, Tree, Value};
use crate::source::Origin;

/// A key longer than this is written behind `? `; readers give up on a plain key after 1,024 characters.
const LONGEST_KEY: usize = 1000;

/// Prints documents under a header comment.
pub(super) fn print<'a>(
    documents: &'a [Tree],
    dialect: Dialect,
    header: &str,
    origin: &'a Origin,
    printer: &mut Printer<'a, '_>,
) {
    let mut yaml = Yaml { printer, dialect };
    yaml.comment(header, 0, &super::HEADER);
    yaml.printer.blank();
    for (number, document) in documents.iter().enumerate() {
        let origin = document.origin_or(origin);
        if number > 0 {
            yaml.printer.line("---", origin);
        }
        yaml.document(document, origin);
    }
}

struct Yaml<'a, 'p, 'o> {
    printer: &'p mut Printer<'a, 'o>,
    dialect: Dialect,
}

/// Whether the colon of a key stands on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    /// It does.
    Short,
    /// It stands on the next.
    Long,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct At<'a> {
    /// The column of the keys or dashes.
    indent: usize,
    /// How many maps and lists it is in.
    depth: usize,
    /// Whether text in it is a template of the dialect.
    place: Place,
    /// The origin of what it is in.
    origin: &'a Origin,
}

impl<'a> At<'a> {
    fn deeper(self, tree: &'a Tree) -> At<'a> {
        At { indent: self.indent + 2, depth: self.depth + 1, origin: self.origin_of(tree), ..self }
    }

    fn origin_of(self, tree: &'a Tree) -> &'a Origin {
        tree.origin_or(self.origin)
    }
}

impl<'a> Yaml<'a, '_, '_> {
    fn document(&mut self, tree: &'a Tree, origin: &'a Origin) {
        let at = At { indent: 0, depth: 0, place: Place::Value, origin };
        if let Some(comment) = tree.comment_above() {
            self.comment(comment, 0, origin);
        }
        match &tree.value {
            Value::Map(entries) if !entries.is_empty() => self.entries(entries, at),
            Value::List(items) if !items.is_empty() => self.items(items, at),
            // A block at the root has no parent to be indented from, so a lone scalar is always on one line.
            Value::Text(data) => self.lone(&dialect::escape(self.dialect, at.place, data), tree, origin),
            Value::Mixed(parts) => self.lone(&dialect::join(self.dialect, at.place, parts), tree, origin),
            Value::Script(script) => self.lone(&self.script_text(script, at.place, origin), tree, origin),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Decimal(_) | Value::Map(_) | Value::List(_) => {
                self.small(&tree.value);
                self.finish(tree, origin);
            }
        }
    }

    fn lone(&mut self, text: &str, tree: &'a Tree, origin: &'a Origin) {
        self.printer.put(&scalar::quoted(text));
        self.finish(tree, origin);
    }

    fn entries(&mut self, entries: &'a [(String, Tree)], at: At<'a>) {
        for (number, (key, value)) in entries.iter().enumerate() {
            let origin = at.origin_of(value);
            let before = number.checked_sub(1).and_then(|before| entries.get(before));
            if before.is_some_and(|(_, before)| is_section(before, at.depth) || is_section(value, at.depth)) {
                self.printer.blank();
            }
            if let Some(comment) = value.comment_above() {
                self.comment(comment, at.indent, origin);
            }
            self.printer.indent(at.indent);
            self.entry(key, value, at);
        }
    }

    /// One entry, without its comment, from the column of its key on.
    fn entry(&mut self, key: &str, value: &'a Tree, at: At<'a>) {
        let origin = at.origin_of(value);
        if self.key(key, at.depth) == Key::Long {
            self.printer.end(origin);
            self.printer.indent(at.indent);
        }
        self.printer.put(":");
        let templates = self.dialect == Dialect::Prometheus && matches!(key, "labels" | "annotations");
        let place = if templates { Place::Template } else { at.place };
        let inside = At { place, ..at.deeper(value) };
        match &value.value {
            Value::Map(entries) if !entries.is_empty() => {
                self.finish(value, origin);
                self.entries(entries, inside);
            }
            Value::List(items) if !items.is_empty() => {
                self.finish(value, origin);
                self.items(items, inside);
            }
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Mixed(_)
            | Value::Script(_)
            | Value::List(_)
            | Value::Map(_) => {
                self.printer.put(" ");
                self.leaf(value, inside);
            }
        }
    }

    /// Prints a key, behind `? ` where it is too long.
    fn key(&mut self, key: &str, depth: usize) -> Key {
        let escaped = dialect::escape(self.dialect, Place::Key, key);
        // People write it bare, GitHub reads it bare; every other `on` is quoted.
        let trigger = depth == 0 && key == "on" && self.dialect == Dialect::GithubWorkflow;
        let written = if trigger || scalar::style(Role::Key, &escaped) == Style::Plain {
            escaped
        } else {
            Cow::Owned(scalar::quoted(&escaped))
        };
        let length = if written.len() > LONGEST_KEY { Key::Long } else { Key::Short };
        if length == Key::Long {
            self.printer.put("? ");
        }
        self.printer.put(&written);
        length
    }

    fn items(&mut self, items: &'a [Tree], at: At<'a>) {
        for item in items {
            self.comments_of_item(item, at);
            self.printer.indent(at.indent);
            self.item(item, at);
        }
    }

    /// A comment cannot stand between a dash and what follows it, so the comments of an item and of its first
    /// entries come above the dash; so does the note of an item that has no line of its own.
    fn comments_of_item(&mut self, item: &'a Tree, at: At<'a>) {
        let mut inner = Some(item);
        let mut origin = at.origin;
        while let Some(tree) = inner {
            origin = tree.origin_or(origin);
            let note = tree.note_behind().filter(|_| !tree.entries().is_empty() || !tree.items().is_empty());
            for comment in tree.comment_above().into_iter().chain(note) {
                self.comment(comment, at.indent, origin);
            }
            inner = match &tree.value {
                // Only what begins on the same line as the dash.
                Value::List(items) => items.first(),
                Value::Map(entries) => {
                    if let Some((_, first)) = entries.first() {
                        let origin = first.origin_or(origin);
                        if let Some(comment) = first.comment_above() {
                            self.comment(comment, at.indent, origin);
                        }
                    }
                    None
                }
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Decimal(_)
                | Value::Text(_)
                | Value::Mixed(_)
                | Value::Script(_) => None,
            };
        }
    }

    fn item(&mut self, item: &'a Tree, at: At<'a>) {
        let inside = at.deeper(item);
        self.printer.put("- ");
        match &item.value {
            Value::Map(entries) => {
                let Some(((key, first), rest)) = entries.split_first() else { return self.leaf(item, inside) };
                self.entry(key, first, inside);
                for entry in rest {
                    self.entries(std::slice::from_ref(entry), inside);
                }
            }
            Value::List(items) => {
                let Some((first, rest)) = items.split_first() else { return self.leaf(item, inside) };
                self.item(first, inside);
                self.items(rest, inside);
            }
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Mixed(_)
            | Value::Script(_) => self.leaf(item, inside),
        }
    }

    /// A value that starts on the line of its key or dash; `at` is where its own lines would stand.
    fn leaf(&mut self, tree: &'a Tree, at: At<'a>) {
        let origin = at.origin_of(tree);
        match &tree.value {
            Value::Text(data) => {
                let escaped = dialect::escape(self.dialect, at.place, data);
                self.scalar(&escaped, tree, at);
            }
            Value::Mixed(parts) => {
                let joined = dialect::join(self.dialect, at.place, parts);
                self.scalar(&joined, tree, at);
            }
            Value::Script(script) => self.script(script, tree, at),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Decimal(_) | Value::List(_) | Value::Map(_) => {
                self.small(&tree.value);
                self.finish(tree, origin);
            }
        }
    }

    fn scalar(&mut self, text: &str, tree: &'a Tree, at: At<'a>) {
        let origin = at.origin_of(tree);
        match scalar::style(Role::Value, text) {
            Style::Plain => {
                self.printer.put(text);
                self.finish(tree, origin);
            }
            Style::Quoted => {
                self.printer.put(&scalar::quoted(text));
                self.finish(tree, origin);
            }
            Style::Block(chomp) => {
                let content = match chomp {
                    Chomp::Clip => text.strip_suffix('\n').unwrap_or(text),
                    Chomp::Strip => text,
                };
                self.printer.put(if chomp == Chomp::Clip { "|" } else { "|-" });
                self.finish(tree, origin);
                self.block(content.split('\n').map(|line| (Cow::Borrowed(line), origin)), at.indent);
            }
        }
    }

    fn block<'l>(&mut self, lines: impl Iterator<Item = (Cow<'l, str>, &'a Origin)>, indent: usize) {
        for (line, origin) in lines {
            if !line.is_empty() {
                self.printer.indent(indent);
            }
            self.printer.put(&line);
            self.printer.end(origin);
        }
    }

    /// A script of one line is a scalar; a longer one is a block whose lines keep their own origins.
    fn script(&mut self, script: &'a Script, tree: &'a Tree, at: At<'a>) {
        let origin = at.origin_of(tree);
        let lines = shell::lines(script, origin, "");
        let mut text = lines.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>().join("\n");
        if lines.len() > 1 {
            text.push('\n');
        }
        let escaped = dialect::escape(self.dialect, at.place, &text);
        if scalar::style(Role::Value, &escaped) != Style::Block(Chomp::Clip) {
            let own = lines.first().map_or(origin, |(_, own)| *own);
            return self.scalar(&escaped, tree, At { origin: own, ..at });
        }
        self.printer.put("|");
        self.finish(tree, origin);
        let (dialect, place) = (self.dialect, at.place);
        let escaped = lines.iter().map(|(line, origin)| (dialect::escape(dialect, place, line), *origin));
        self.block(escaped, at.indent);
    }

    fn script_text(&self, script: &Script, place: Place, origin: &Origin) -> String {
        let lines: Vec<String> = shell::lines(script, origin, "").into_iter().map(|(line, _)| line).collect();
        dialect::escape(self.dialect, place, &lines.join("\n")).into_owned()
    }

    /// What needs no quoting: null, booleans, numbers and empty collections.
    fn small(&mut self, value: &Value) {
        match value {
            Value::Null => self.printer.put("null"),
            Value::Bool(true) => self.printer.put("true"),
            Value::Bool(false) => self.printer.put("false"),
            Value::Int(number) => self.printer.put(&number.to_string()),
            Value::Decimal(number) => self.printer.put(number),
            Value::List(_) => self.printer.put("[]"),
            Value::Map(_) => self.printer.put("{}"),
            Value::Text(_) | Value::Mixed(_) | Value::Script(_) => {}
        }
    }

    /// The note and the end of the line.
    fn finish(&mut self, tree: &'a Tree, origin: &'a Origin) {
        if let Some(note) = tree.note_behind() {
            self.printer.put(" # ");
            self.printer.put(&characters::one_line(note));
        }
        self.printer.end(origin);
    }

    fn comment(&mut self, comment: &str, indent: usize, origin: &'a Origin) {
        for line in characters::comment_lines(comment) {
            self.printer.indent(indent);
            self.printer.put(if line.is_empty() { "#" } else { "# " });
            self.printer.put(&line);
            self.printer.end(origin);
        }
    }
}

/// Whether an entry is set off by an empty line: collections at the top, and below it what holds collections itself.
fn is_section(value: &Tree, depth: usize) -> bool {
    let nested = |tree: &Tree| !tree.entries().is_empty() || !tree.items().is_empty();
    match depth {
        0 => nested(value),
        1 => value.entries().iter().any(|(_, inner)| nested(inner)),
        _ => false,
    }
}
