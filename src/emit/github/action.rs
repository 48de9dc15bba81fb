//! Which commit an action is pinned to, and its facts in the standard library.

use crate::artifact::{Tree, text};
use crate::model;
use crate::standard;

/// The facts of an action, by its name with or without a sub-path (`github/codeql-action/init`).
pub(super) fn facts(name: &str) -> Option<&'static model::StdAction> {
    standard::get::<model::StdAction>("action", &repository(name))
}

/// `owner/repository` of an action's name.
fn repository(name: &str) -> String {
    name.splitn(3, '/').take(2).collect::<Vec<_>>().join("/")
}

/// `NAME@COMMIT # VERSION`.
pub(super) fn uses(name: &str) -> Tree {
    match facts(name) {
        Some(facts) => {
            text([name, "@", &facts.sha.value].concat()).note(facts.version.value.as_str()).at(&facts.origin)
        }
        None => text(name),
    }
}

/// An input as a person would write it: `true`, `false` and whole numbers bare, all else as text.
pub(super) fn scalar(value: &str) -> Tree {
    match value {
        "true" => Tree::from(true),
        "false" => Tree::from(false),
        other => match other.parse::<i64>() {
            Ok(number) if number.to_string() == other => Tree::from(number),
            _ => text(other),
        },
    }
}
