//! The TOML printer: plain values first, then tables, then lists of tables; texts in basic strings.

use super::scalar::push_hexadecimal;
use super::{Printer, characters, shell};
use crate::artifact::{Tree, Value};
use crate::source::Origin;

/// Prints a document under a header comment.
pub(super) fn print<'a>(tree: &'a Tree, header: &str, origin: &'a Origin, printer: &mut Printer<'a, '_>) {
    let own = tree.origin_or(origin);
    let mut toml = Toml { printer };
    toml.comment(Some(header), &super::HEADER);
    if tree.comment_above().is_some() || tree.entries().iter().any(|(_, value)| form(value) == Form::Line) {
        toml.printer.blank();
    }
    toml.comment(tree.comment_above(), own);
    toml.table(tree.entries(), &mut Vec::new(), own);
}

struct Toml<'a, 'p, 'o> {
    printer: &'p mut Printer<'a, 'o>,
}

/// How an entry of a table is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `key = value`.
    Line,
    /// `[key]`.
    Table,
    /// `[[key]]`.
    Tables,
    /// Not at all: TOML has no null.
    Absent,
}

fn form(tree: &Tree) -> Form {
    match &tree.value {
        Value::Null => Form::Absent,
        Value::Map(_) => Form::Table,
        Value::List(items) if !items.is_empty() && items.iter().all(|item| matches!(item.value, Value::Map(_))) => {
            Form::Tables
        }
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Mixed(_)
        | Value::Script(_)
        | Value::List(_) => Form::Line,
    }
}

impl<'a> Toml<'a, '_, '_> {
    /// The entries of a table whose heading is printed.
    fn table(&mut self, entries: &'a [(String, Tree)], path: &mut Vec<&'a str>, inherited: &'a Origin) {
        for (key, value) in entries.iter().filter(|(_, value)| form(value) == Form::Line) {
            let origin = value.origin_or(inherited);
            self.comment(value.comment_above(), origin);
            self.printer.put(&written_key(key));
            self.printer.put(" = ");
            let mut line = String::new();
            inline(value, origin, &mut line);
            self.printer.put(&line);
            self.finish(value, origin);
        }
        for (key, value) in entries {
            let origin = value.origin_or(inherited);
            path.push(key);
            match form(value) {
                Form::Table => self.heading(value, path, ("[", "]"), origin),
                Form::Tables => {
                    for item in value.items() {
                        self.heading(item, path, ("[[", "]]"), item.origin_or(origin));
                    }
                }
                Form::Line | Form::Absent => {}
            }
            path.pop();
        }
    }

    fn heading(&mut self, table: &'a Tree, path: &mut Vec<&'a str>, (open, close): (&str, &str), origin: &'a Origin) {
        self.printer.blank();
        self.comment(table.comment_above(), origin);
        let path_text: Vec<String> = path.iter().map(|key| written_key(key)).collect();
        self.printer.put(&[open, &path_text.join("."), close].concat());
        self.finish(table, origin);
        self.table(table.entries(), path, origin);
    }

    fn finish(&mut self, tree: &'a Tree, origin: &'a Origin) {
        if let Some(note) = tree.note_behind() {
            self.printer.put(" # ");
            self.printer.put(&characters::one_line(note));
        }
        self.printer.end(origin);
    }

    fn comment(&mut self, comment: Option<&str>, origin: &'a Origin) {
        for line in comment.into_iter().flat_map(characters::comment_lines) {
            self.printer.put(if line.is_empty() { "#" } else { "# " });
            self.printer.put(&line);
            self.printer.end(origin);
        }
    }
}

/// A value on one line.
fn inline(tree: &Tree, origin: &Origin, out: &mut String) {
    match &tree.value {
        Value::Null => out.push_str("\"\""),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Decimal(number) => {
            out.push_str(number);
            if !number.contains('.') {
                out.push_str(".0");
            }
        }
        Value::Text(data) => quoted(data, out),
        Value::Mixed(_) => quoted(&tree.joined().unwrap_or_default(), out),
        Value::Script(script) => {
            let lines: Vec<String> = shell::lines(script, origin, "").into_iter().map(|(line, _)| line).collect();
            quoted(&lines.join("\n"), out);
        }
        Value::List(items) => {
            out.push('[');
            for (number, item) in items.iter().filter(|item| form(item) != Form::Absent).enumerate() {
                if number > 0 {
                    out.push_str(", ");
                }
                inline(item, origin, out);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (number, (key, value)) in entries.iter().filter(|(_, value)| form(value) != Form::Absent).enumerate() {
                out.push_str(if number > 0 { ", " } else { " " });
                out.push_str(&written_key(key));
                out.push_str(" = ");
                inline(value, origin, out);
            }
            out.push_str(if entries.iter().any(|(_, value)| form(value) != Form::Absent) { " }" } else { "}" });
        }
    }
}

fn written_key(key: &str) -> String {
    let bare = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if bare && !key.is_empty() {
        return key.to_owned();
    }
    let mut written = String::new();
    quoted(key, &mut written);
    written
}

/// A basic string; what does not show as itself is escaped.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            plain if characters::is_plain(plain) => out.push(plain),
            hidden => {
                let code = u32::from(hidden);
                let (mark, digits) = if code > 0xffff { ('U', 8) } else { ('u', 4) };
                out.extend(['\\', mark]);
                push_hexadecimal(code, digits, out);
            }
        }
    }
    out.push('"');
}
