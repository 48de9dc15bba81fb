//! The JSON printer: two spaces, keys in the order of the tree.

use super::scalar::push_hexadecimal;
use super::{Printer, characters, shell};
use crate::artifact::{Tree, Value};
use crate::source::Origin;

/// Prints a value; `header` is the key and the text of the header comment.
pub(super) fn print<'a>(
    tree: &'a Tree,
    header: Option<(&str, &str)>,
    origin: &'a Origin,
    printer: &mut Printer<'a, '_>,
) {
    let own = tree.origin_or(origin);
    match (&tree.value, header) {
        (Value::Map(entries), Some((key, text))) => {
            printer.put("{");
            printer.end(own);
            printer.put("  ");
            printer.put(&quoted(key));
            printer.put(": ");
            printer.put(&quoted(text));
            if !entries.is_empty() {
                printer.put(",");
            }
            printer.end(&super::HEADER);
            rest_of_map(entries, 0, own, printer);
        }
        _ => value(tree, 0, own, printer),
    }
    printer.end(own);
}

fn value<'a>(tree: &'a Tree, indent: usize, origin: &'a Origin, printer: &mut Printer<'a, '_>) {
    match &tree.value {
        Value::Null => printer.put("null"),
        Value::Bool(true) => printer.put("true"),
        Value::Bool(false) => printer.put("false"),
        Value::Int(number) => printer.put(&number.to_string()),
        Value::Decimal(number) => printer.put(number),
        Value::Text(data) => printer.put(&quoted(data)),
        Value::Mixed(_) => printer.put(&quoted(&tree.joined().unwrap_or_default())),
        Value::Script(script) => {
            let lines: Vec<String> = shell::lines(script, origin, "").into_iter().map(|(line, _)| line).collect();
            printer.put(&quoted(&lines.join("\n")));
        }
        Value::List(items) if items.is_empty() => printer.put("[]"),
        Value::Map(entries) if entries.is_empty() => printer.put("{}"),
        Value::List(items) => {
            printer.put("[");
            printer.end(origin);
            for (number, item) in items.iter().enumerate() {
                let own = item.origin_or(origin);
                printer.indent(indent + 2);
                value(item, indent + 2, own, printer);
                finish(number, items.len(), end(item, number, items.len(), own, origin), printer);
            }
            printer.indent(indent);
            printer.put("]");
        }
        Value::Map(entries) => {
            printer.put("{");
            printer.end(origin);
            rest_of_map(entries, indent, origin, printer);
        }
    }
}

/// The entries and the closing brace.
fn rest_of_map<'a>(entries: &'a [(String, Tree)], indent: usize, origin: &'a Origin, printer: &mut Printer<'a, '_>) {
    for (number, (key, inner)) in entries.iter().enumerate() {
        let own = inner.origin_or(origin);
        printer.indent(indent + 2);
        printer.put(&quoted(key));
        printer.put(": ");
        value(inner, indent + 2, own, printer);
        finish(number, entries.len(), end(inner, number, entries.len(), own, origin), printer);
    }
    printer.indent(indent);
    printer.put("}");
}

/// What decides the end of a value: that no comma follows a bracket says that it is the last, which whatever holds it decides.
fn end<'a>(value: &Tree, number: usize, count: usize, own: &'a Origin, holder: &'a Origin) -> &'a Origin {
    let bracket = matches!(value.value, Value::List(_) | Value::Map(_)) && !value.is_empty();
    if bracket && number + 1 == count { holder } else { own }
}

/// The comma, unless this is the last of `count`, and the end of the line.
fn finish<'a>(number: usize, count: usize, origin: &'a Origin, printer: &mut Printer<'a, '_>) {
    if number + 1 < count {
        printer.put(",");
    }
    printer.end(origin);
}

/// A JSON string; what does not show as itself is escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            plain if characters::is_plain(plain) => quoted.push(plain),
            hidden => {
                for unit in hidden.encode_utf16(&mut [0; 2]) {
                    quoted.push_str("\\u");
                    push_hexadecimal(u32::from(*unit), 4, &mut quoted);
                }
            }
        }
    }
    quoted.push('"');
    quoted
}
