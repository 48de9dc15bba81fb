//! The report for programs: the object of `--format json`.

use crate::diag::texts::{Places, Texts};
use crate::diag::{Diagnostic, Fix, Label};
use crate::source::Span;
use serde_json::{Map, Value, json};

/// The version of the format. It changes when a reader of the old form would misread the new one.
const VERSION: u32 = 1;

/// `{"version": 1, "diagnostics": […]}`; a command adds its own results to this object.
///
/// The further places of a diagnostic are its `labels`; the primary place is among them only where something is said about it.
/// `file` and its numbers are null where a rule of the compiler has no place.
pub fn json(diagnostics: &[Diagnostic], texts: &dyn Texts) -> Map<String, Value> {
    let mut places = Places::new(texts);
    let all: Vec<Value> = diagnostics.iter().map(|diagnostic| object(diagnostic, &mut places)).collect();
    Map::from_iter([("version".to_owned(), VERSION.into()), ("diagnostics".to_owned(), all.into())])
}

fn object(diagnostic: &Diagnostic, places: &mut Places) -> Value {
    let mut object = Map::from_iter([
        ("code".to_owned(), diagnostic.code.as_str().into()),
        ("severity".to_owned(), diagnostic.severity.as_str().into()),
        ("message".to_owned(), diagnostic.message.as_str().into()),
        ("help".to_owned(), diagnostic.help.as_deref().into()),
    ]);
    place(&mut object, diagnostic.primary.span, places);
    let primary = std::iter::once(&diagnostic.primary).filter(|label| !label.message.is_empty());
    let labels: Vec<Value> = primary.chain(&diagnostic.labels).map(|one| label(one, places)).collect();
    object.insert("labels".to_owned(), labels.into());
    object.insert("fix".to_owned(), diagnostic.fix.as_ref().map_or(Value::Null, |one| fix(one, places)));
    Value::Object(object)
}

fn label(label: &Label, places: &mut Places) -> Value {
    let mut object = Map::from_iter([("message".to_owned(), label.message.as_str().into())]);
    place(&mut object, label.span, places);
    Value::Object(object)
}

fn fix(fix: &Fix, places: &mut Places) -> Value {
    let edits = fix.edits.iter().map(|edit| {
        let mut object = Map::new();
        place(&mut object, edit.span, places);
        object.insert("replacement".to_owned(), edit.replacement.as_str().into());
        Value::Object(object)
    });
    json!({ "title": fix.title, "edits": edits.collect::<Vec<_>>() })
}

fn place(object: &mut Map<String, Value>, span: Span, places: &mut Places) {
    let region = places.region(span);
    object.insert("file".to_owned(), places.name(span).into());
    for (key, value) in [
        ("line", region.map(|region| region.line)),
        ("column", region.map(|region| region.column)),
        ("end_line", region.map(|region| region.end_line)),
        ("end_column", region.map(|region| region.end_column)),
    ] {
        object.insert(key.to_owned(), value.into());
    }
}
