//! Says what a text is when it is not what was wanted.

use super::date::Date;
use super::dimension::Base;
use super::quantity::Quantity;
use super::schedule::Schedule;

/// What the text is, as a noun for `expected …, found …`.
pub fn kind(text: &str) -> &'static str {
    match Quantity::parse(text) {
        Ok(quantity) => kind_of(&quantity),
        Err(_) => other_kind(text).unwrap_or("text"),
    }
}

/// What a quantity is.
pub(super) fn kind_of(quantity: &Quantity) -> &'static str {
    let dimension = &quantity.dimension;
    if dimension.is_number() {
        return "number";
    }
    if dimension.is_ratio() {
        return "ratio";
    }
    match dimension.bases() {
        [(Base::Time, 1)] => "duration",
        [(Base::Bytes, 1)] => "bytes",
        [(Base::Noun(_), 1)] => "count",
        _ if dimension.currency().is_some() => "money",
        _ if dimension.exponent(&Base::Time) < 0 => "rate",
        _ => "quantity",
    }
}

/// What a text is that is no number with a unit.
pub(super) fn other_kind(text: &str) -> Option<&'static str> {
    if Date::read(text).is_some() {
        return Some("date");
    }
    if Schedule::looks_like(text) {
        return Some("schedule");
    }
    if matches!(text, "true" | "false" | "#true" | "#false") {
        return Some("boolean");
    }
    if text.contains("${") {
        return Some("template");
    }
    let name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let starts = text.starts_with(|first: char| first.is_ascii_lowercase());
    (starts && text.bytes().all(name)).then_some("name")
}
