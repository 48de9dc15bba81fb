//! What a file says, as every reader of its format must end up with it.

use deployc::artifact::{Dialect, Part, Tree, Value};
use serde_json::Value as Json;

/// Where a scalar stands, as far as its dialect evaluates it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Key,
    Value,
    Template,
}

/// The place of what stands below a key.
fn below(key: &str, place: Place) -> Place {
    if matches!(key, "labels" | "annotations") { Place::Template } else { place }
}

/// A tree as the JSON that a reader must end up with who also does what the dialect asks for.
pub fn meant(tree: &Tree, dialect: Dialect) -> Json {
    told(tree, dialect, Place::Value)
}

fn told(tree: &Tree, dialect: Dialect, place: Place) -> Json {
    match &tree.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Decimal(number) => number.parse::<f64>().ok().into(),
        Value::Text(data) => (**data).into(),
        Value::Mixed(parts) => {
            let part = |part: &Part| match part {
                Part::Text(data) => data.clone(),
                Part::Code(source) => evaluated(source, dialect, place),
            };
            parts.iter().map(part).collect::<String>().into()
        }
        // A command alone stands on the line of its key.
        Value::Script(script) => match deployc::render::script(script) {
            lines if lines.lines().count() > 1 => lines.into(),
            line => line.trim_end_matches('\n').into(),
        },
        Value::List(items) => items.iter().map(|item| told(item, dialect, place)).collect(),
        Value::Map(entries) => {
            let entry = |(key, value): &(String, Tree)| (key.clone(), told(value, dialect, below(key, place)));
            entries.iter().map(entry).collect::<serde_json::Map<_, _>>().into()
        }
    }
}

/// What was read, with what the dialect makes of each escape; expressions stay as they are.
pub fn read_on(found: &Json, dialect: Dialect) -> Json {
    on(found, dialect, Place::Value)
}

fn on(found: &Json, dialect: Dialect, place: Place) -> Json {
    match found {
        Json::String(text) => evaluated(text, dialect, place).into(),
        Json::Array(items) => items.iter().map(|item| on(item, dialect, place)).collect(),
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| {
                (evaluated(key, dialect, Place::Key), on(value, dialect, below(key, place)))
            };
            entries.iter().map(entry).collect::<serde_json::Map<_, _>>().into()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => found.clone(),
    }
}

/// A text in which the escapes of a dialect are what they stand for.
fn evaluated(text: &str, dialect: Dialect, place: Place) -> String {
    match (dialect, place) {
        (Dialect::GithubWorkflow, _) => text.replace("${{ '${{' }}", "${{"),
        (Dialect::Compose, Place::Value | Place::Template) => text.replace("$$", "$"),
        (Dialect::Prometheus, Place::Template) => braces(text),
        (Dialect::Plain, _) | (Dialect::Compose, Place::Key) | (Dialect::Prometheus, Place::Key | Place::Value) => {
            text.to_owned()
        }
    }
}

/// Braces that a template of their own writes: `{{ "{{" }}`.
fn braces(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("{{ \"") {
        let written = after.split_once("\" }}").filter(|(inner, _)| inner.chars().all(|one| one == '{'));
        out.push_str(before);
        match written {
            Some((inner, after)) => (rest, _) = (after, out.push_str(inner)),
            None => (rest, _) = (after, out.push_str("{{ \"")),
        }
    }
    out + rest
}
