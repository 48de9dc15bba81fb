//! The report for code scanners: SARIF 2.1.0.

use crate::diag::texts::{Places, Region, Texts};
use crate::diag::{Code, Diagnostic, Fix};
use crate::source::{FileId, Span};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A SARIF log with one run. Its rules are the codes that are reported, with their explain pages as help.
pub fn sarif(diagnostics: &[Diagnostic], texts: &dyn Texts) -> Value {
    let codes: BTreeSet<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let mut places = Places::new(texts);
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(diagnostic, &codes, &mut places)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "deployc",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": codes.into_iter().map(rule).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.summary() },
        "help": { "text": code.page(), "markdown": code.page() },
        "properties": { "tags": [code.area()] },
    })
}

fn result(diagnostic: &Diagnostic, codes: &[Code], places: &mut Places) -> Value {
    let parts =
        [Some(diagnostic.primary.message.as_str()).filter(|message| !message.is_empty()), diagnostic.help.as_deref()];
    let text =
        std::iter::once(diagnostic.message.as_str()).chain(parts.into_iter().flatten()).collect::<Vec<_>>().join("\n");
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "ruleIndex": codes.binary_search(&diagnostic.code).unwrap_or_default(),
        // The names of the severities are the levels of SARIF.
        "level": diagnostic.severity.as_str(),
        "message": { "text": text },
        "locations": location(diagnostic.primary.span, places).into_iter().collect::<Vec<_>>(),
    });
    let related = diagnostic.labels.iter().filter_map(|label| {
        let mut location = location(label.span, places)?;
        location.insert("message".to_owned(), json!({ "text": label.message }));
        Some(Value::Object(location))
    });
    let mut related: Vec<Value> = related.collect();
    for (id, location) in related.iter_mut().enumerate() {
        if let Value::Object(location) = location {
            location.insert("id".to_owned(), (id + 1).into());
        }
    }
    if let Value::Object(result) = &mut result {
        if !related.is_empty() {
            result.insert("relatedLocations".to_owned(), related.into());
        }
        if let Some(fix) = diagnostic.fix.as_ref().filter(|fix| !fix.edits.is_empty()) {
            result.insert("fixes".to_owned(), json!([changes(fix, places)]));
        }
    }
    result
}

fn location(span: Span, places: &mut Places) -> Option<Map<String, Value>> {
    let physical = json!({ "artifactLocation": artifact(span, places)?, "region": region(places.region(span)?) });
    Some(Map::from_iter([("physicalLocation".to_owned(), physical)]))
}

fn artifact(span: Span, places: &Places) -> Option<Value> {
    let name = places.name(span)?;
    let uri = match name.strip_prefix("std:").filter(|_| span.file.is_embedded()) {
        Some(path) => format!("std:{}", percent_encoded(path)),
        None => percent_encoded(name),
    };
    Some(json!({ "uri": uri }))
}

fn region(region: Region) -> Value {
    json!({
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    })
}

fn changes(fix: &Fix, places: &mut Places) -> Value {
    let files: BTreeSet<FileId> = fix.edits.iter().map(|edit| edit.span.file).collect();
    let changes = files.into_iter().filter_map(|file| {
        let replacements = fix.edits.iter().filter(|edit| edit.span.file == file).filter_map(|edit| {
            let deleted = region(places.region(edit.span)?);
            Some(json!({ "deletedRegion": deleted, "insertedContent": { "text": edit.replacement } }))
        });
        let replacements: Vec<Value> = replacements.collect();
        Some(json!({ "artifactLocation": artifact(Span::new(file, 0, 0), places)?, "replacements": replacements }))
    });
    json!({ "description": { "text": fix.title }, "artifactChanges": changes.collect::<Vec<_>>() })
}

/// A path as a relative reference: everything but letters, digits, `-._~/` is escaped, so that no part of it reads as a scheme.
fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
