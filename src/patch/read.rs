//! The statements of `output { patch "FILE" { … } }` as operations on trees.

use crate::artifact::{Tree, Value, map, text};
use crate::diag::{Diagnostic, code};
use crate::patch::yaml;
use crate::patch::{Change, Operation};
use crate::source::{Origin, Span};
use crate::syntax;
use crate::syntax::kdl::{Document, EntryRef, NodeRef, Scalar};

/// Reads every statement of a document, in the order they are written; what is no YAML is told.
pub fn operations(document: &Document, diagnostics: &mut Vec<Diagnostic>) -> Vec<Operation> {
    let outputs = document.roots().filter(|node| node.name() == "output");
    let patches = outputs.flat_map(|output| output.children().filter(|node| node.name() == "patch"));
    let mut operations = Vec::new();
    for patch in patches {
        let Some((file, file_place)) = first(patch) else { continue };
        for statement in patch.children() {
            let Some((path, path_place)) = first(statement) else { continue };
            let change = match statement.name() {
                "set" => value(statement, diagnostics).map(Change::Set),
                "add" => value(statement, diagnostics).map(Change::Add),
                "remove" => Some(Change::Remove),
                _ => None,
            };
            operations.extend(change.map(|change| Operation {
                file: file.strip_prefix("./").unwrap_or(file).to_owned(),
                file_place,
                path: path.to_owned(),
                path_place,
                change,
                origin: Origin::at(statement.head_span()),
            }));
        }
    }
    operations
}

/// The text behind a node's name, and its place.
fn first(node: NodeRef<'_>) -> Option<(&str, Span)> {
    let entry = node.args().next()?;
    Some((syntax::string(entry.value())?, entry.value_span()))
}

/// The value of a statement: its second argument, else a mapping of its properties.
fn value(statement: NodeRef<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Tree> {
    if let Some(entry) = statement.args().nth(1) {
        return scalar(entry, diagnostics);
    }
    let mut tree = map();
    let mut entries = statement.props().peekable();
    if entries.peek().is_none() {
        diagnostics.push(
            Diagnostic::new(
                code::TYPE_MISSING_ARGUMENT,
                statement.head_span(),
                format!("`{}` needs a value", statement.name()),
            )
            .label("nothing to write")
            .lacks([])
            .help("write the value behind the path, or the keys of a mapping as properties"),
        );
        return None;
    }
    for entry in entries {
        if let (Some(key), Some(value)) = (entry.key(), scalar(entry, diagnostics)) {
            tree.set(key, value);
        }
    }
    Some(tree)
}

fn scalar(entry: EntryRef<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Tree> {
    Some(match entry.value() {
        Scalar::String(source) if entry.annotation().is_some_and(|(annotation, _)| annotation == "yaml") => {
            match yaml::parse(source) {
                Ok(tree) => tree,
                Err(mistake) => {
                    let at = u32::try_from(mistake.at).unwrap_or(0);
                    diagnostics.push(
                        Diagnostic::new(code::TYPE_BAD_VALUE, entry.string_span(at, at + 1), mistake.message)
                            .label("here")
                            .help("write a list (`[a, b]`) or a mapping (`{key: value}`), without anchors and tags"),
                    );
                    return None;
                }
            }
        }
        Scalar::String(data) => text(data),
        Scalar::Number(number) => yaml::number(number).unwrap_or_else(|| Value::Text(number.into())).into(),
        Scalar::Bool(word) => Value::Bool(word).into(),
        Scalar::Null => Value::Null.into(),
        Scalar::Infinity | Scalar::NegativeInfinity | Scalar::NotANumber => return None,
    })
}
