//! Which commit an action is pinned to, and its facts in the standard library.

use crate::artifact::{Tree, text};
use crate::model;
use crate::resolve::{Pins, repository};
use crate::standard;

/// The facts of an action, by its name with or without a sub-path (`github/codeql-action/init`).
pub(super) fn facts(name: &str) -> Option<&'static model::StdAction> {
    standard::get::<model::StdAction>("action", repository(name))
}

/// `NAME@COMMIT # VERSION`.
pub(super) fn uses(pins: &Pins, name: &str) -> Tree {
    match pins.action(name) {
        Some(pin) => {
            text([name, "@", &pin.commit.value].concat()).note(pin.version.value.as_str()).at(&pin.commit.origin)
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
