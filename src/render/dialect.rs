//! Escaping of plain data for what reads a scalar after the file was read: expressions, interpolation, templates.

use std::borrow::Cow;

use crate::artifact::{Dialect, Part};

/// Where a scalar stands, as far as escaping depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A key of a map.
    Key,
    /// A value.
    Value,
    /// A value below `labels` or `annotations`.
    Template,
}

/// Data as it must be written so that the reader of the dialect ends up with it.
pub(super) fn escape(dialect: Dialect, place: Place, data: &str) -> Cow<'_, str> {
    match (dialect, place) {
        // GitHub looks for expressions in keys too.
        (Dialect::GithubWorkflow, _) => replace(data, "${{", "${{ '${{' }}"),
        (Dialect::Compose, Place::Value | Place::Template) => replace(data, "$", "$$"),
        (Dialect::Prometheus, Place::Template) => replace(data, "{{", "{{ \"{{\" }}"),
        (Dialect::Plain, _) | (Dialect::Compose, Place::Key) | (Dialect::Prometheus, Place::Key | Place::Value) => {
            Cow::Borrowed(data)
        }
    }
}

fn replace<'t>(data: &'t str, found: &str, with: &str) -> Cow<'t, str> {
    if data.contains(found) { Cow::Owned(data.replace(found, with)) } else { Cow::Borrowed(data) }
}

/// Data and source in one string. Neighbouring data is escaped as one, so that no delimiter hides in the seam.
pub(super) fn join(dialect: Dialect, place: Place, parts: &[Part]) -> String {
    let mut joined = String::new();
    let mut data = String::new();
    for part in parts {
        match part {
            Part::Text(text) => data.push_str(text),
            Part::Code(source) => {
                flush(dialect, place, &mut data, source, &mut joined);
                joined.push_str(source);
            }
        }
    }
    flush(dialect, place, &mut data, "", &mut joined);
    joined
}

/// Adds collected data before `next`. A Go template would read the brace of `{` + `{{ x }}` as part of the delimiter,
/// so braces right before source are written by a template of their own.
fn flush(dialect: Dialect, place: Place, data: &mut String, next: &str, joined: &mut String) {
    let seam = dialect == Dialect::Prometheus && place == Place::Template && next.starts_with('{');
    if seam && data.ends_with('{') {
        let (rest, braces) = data.split_at(data.trim_end_matches('{').len());
        joined.push_str(&escape(dialect, place, rest));
        joined.extend(["{{ \"", braces, "\" }}"]);
    } else {
        joined.push_str(&escape(dialect, place, data));
    }
    data.clear();
}
