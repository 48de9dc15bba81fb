//! Where a user may write text, what is tried there, and the texts with it.

use std::collections::{BTreeMap, BTreeSet};

use deployc::resolve::Typed;
use deployc::schema::{Field, Shape, Type};
use deployc::syntax::kdl::Scalar;

use crate::whole::edit::{document, judged, quoted};

/// Whether a user writes free text there.
pub(crate) fn is_text(ty: Type) -> bool {
    matches!(ty, Type::Text(_) | Type::Command | Type::Raw(_) | Type::Any)
}

/// A place where text may be written: what it replaces and what stands before the text.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) before: String,
    pub(crate) ty: Type,
    /// What is named in several places is named the same in all of them.
    pub(crate) named: Option<String>,
}

fn words<'d>(value: &Typed<'d>) -> Option<&'d str> {
    match value.entry.value() {
        Scalar::String(text) => Some(text),
        _ => None,
    }
}

/// Every place of a document that holds free text, and every property of such a type that is not written.
pub(crate) fn positions(text: &str) -> Vec<Position> {
    let tree = document(text);
    let judged = judged(&tree);
    let mut shapes: BTreeMap<u32, &'static Shape> = BTreeMap::new();
    let mut found = Vec::new();
    let is_name = |value: &Typed<'_>| {
        let first = value.node.args().next().is_some_and(|first| first.span() == value.entry.span());
        first && value.shape.declares().is_some()
    };
    let names: BTreeSet<&str> =
        judged.values.iter().filter(|value| is_text(value.ty) && is_name(value)).filter_map(words).collect();
    for value in &judged.values {
        shapes.insert(value.node.id(), value.shape);
        let points = matches!(value.ty, Type::Ref(_)) && words(value).is_some_and(|name| names.contains(name));
        if is_text(value.ty) || points {
            let span = value.entry.value_span();
            let named = words(value).filter(|_| points || is_name(value)).map(str::to_owned);
            found.push(Position {
                start: span.start as usize,
                end: span.end as usize,
                before: String::new(),
                ty: value.ty,
                named,
            });
        }
    }
    for (id, shape) in shapes {
        let node = tree.node(id);
        let absent = |field: &&Field| is_text(field.ty) && field.name != "*" && node.prop(field.name).is_none();
        for field in shape.props.iter().filter(absent) {
            let end = node.head_span().end as usize;
            found.push(Position { start: end, end, before: format!(" {}=", field.name), ty: field.ty, named: None });
        }
    }
    found.sort_by_key(|position| (position.start, position.end));
    found
}

/// The text with strings at some of the positions, and where each came to stand.
pub(crate) fn placed(text: &str, chosen: &[(usize, &Position, &str)]) -> (String, Vec<(usize, usize, usize)>) {
    let (mut out, mut from, mut places) = (String::new(), 0, Vec::new());
    for (index, position, hostile) in chosen {
        out.push_str(&text[from..position.start]);
        let start = out.len();
        out.push_str(&position.before);
        out.push_str(&quoted(hostile));
        places.push((*index, start, out.len()));
        from = position.end;
    }
    out.push_str(&text[from..]);
    (out, places)
}

/// The hostile strings that are one word: legal wherever a form is asked for, and read as something else by the careless.
pub(crate) fn words_of(strings: &[String]) -> Vec<&str> {
    let is_word = |text: &&str| !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric());
    strings.iter().map(String::as_str).filter(is_word).collect()
}

/// What is tried where a command stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commands {
    /// The string is the command.
    Bare,
    /// The command is one that prints the string.
    Printing,
}

/// A command that prints a text, as a careful user writes it.
fn printing(text: &str) -> String {
    let mut out = String::from("printf '%s\\n' \"");
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '$' | '`') {
            out.push('\\');
        }
        out.push(character);
    }
    out + "\""
}

/// What is tried as a command.
pub(crate) fn commands(how: Commands, hostile: &str, word: &str) -> Vec<String> {
    let bare = (how == Commands::Bare).then(|| hostile.to_owned());
    bare.into_iter().chain([printing(hostile), printing(word)]).collect()
}

/// What is tried at a position, the most hostile first: the string, the string in the form that the place asks for
/// (behind what is written there, as a path), then a word that readers take for something else, in that form.
pub(crate) fn candidates(written: Option<&str>, hostile: &str, word: &str) -> Vec<String> {
    let mut all = vec![hostile.to_owned()];
    if let Some(written) = written {
        all.push([written, hostile].concat());
        let kept = written.trim_end_matches(|character: char| character.is_ascii_alphanumeric());
        all.push([kept, word].concat());
        all.push([kept, &word.to_uppercase()].concat());
        all.push([written, "-", &word.to_lowercase()].concat());
    }
    all.extend([["/", hostile].concat(), ["/", word].concat(), word.to_owned(), word.to_uppercase()]);
    all
}
