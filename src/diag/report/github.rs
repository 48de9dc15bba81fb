//! The report as annotations of a GitHub workflow run: one command per line.

use crate::diag::texts::{Places, Texts};
use crate::diag::{Diagnostic, Severity};
use crate::source::Span;

/// One `::error`, `::warning` or `::notice` per diagnostic.
///
/// GitHub shows a message at one place, so the other places and the help are told in its text. A place in an embedded file is no place
/// in the repository: such an annotation belongs to no file.
pub fn github(diagnostics: &[Diagnostic], texts: &dyn Texts) -> String {
    let mut places = Places::new(texts);
    diagnostics.iter().map(|diagnostic| command(diagnostic, &mut places)).collect()
}

fn command(diagnostic: &Diagnostic, places: &mut Places) -> String {
    let kind = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let span = diagnostic.primary.span;
    let mut properties = Vec::new();
    let mut text = diagnostic.message.clone();
    match (places.name(span), places.region(span)) {
        (Some(name), Some(region)) if !span.file.is_embedded() => {
            properties.push(("file", name.to_owned()));
            properties.push(("line", region.line.to_string()));
            properties.push(("endLine", region.end_line.to_string()));
            properties.push(("col", region.column.to_string()));
            if !diagnostic.primary.message.is_empty() {
                text.push_str(&format!("\n{}", diagnostic.primary.message));
            }
        }
        _ => text.push_str(&told(span, &diagnostic.primary.message, places)),
    }
    for label in &diagnostic.labels {
        text.push_str(&told(label.span, &label.message, places));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    properties.push(("title", diagnostic.code.to_string()));
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    format!("::{kind} {}::{}\n", properties.join(","), data(&text))
}

/// A place in words, on a line of its own.
fn told(span: Span, message: &str, places: &mut Places) -> String {
    match (places.name(span), places.region(span)) {
        (Some(name), Some(region)) => format!("\n{name}:{}:{}: {message}", region.line, region.column),
        _ if message.is_empty() => String::new(),
        _ => format!("\n{message}"),
    }
}

/// The text of a command ends with its line, and `%` begins an escape.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property `:` and `,` have a meaning as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
