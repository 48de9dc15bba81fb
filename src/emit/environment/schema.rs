//! The JSON Schema of a program's environment: a process has only texts there, so each is a text of a certain form.

use crate::artifact::{Tree, list, map};
use crate::derive::Part;
use crate::plan::Plan;
use crate::source::Origin;

use super::{Entry, Program, listed};

/// The form that the texts of a variable have in every environment.
enum Form {
    /// Nothing is known of it.
    Any,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// An absolute address.
    Address,
    /// A port.
    Port,
}

/// The schema.
pub(super) fn tree(plan: &Plan<'_>, program: &Program<'_>) -> Tree {
    let mut properties = map();
    for entry in &program.entries {
        properties.set(&entry.name.value, property(plan, entry));
    }
    let required = program.entries.iter().filter(|entry| entry.is_required());
    let required = list(required.map(|entry| Tree::from(entry.name.value.as_str()).at(&entry.origin())));
    let title = ["Environment of the ", program.kind, " ", &program.name.value].concat();
    let rule = Origin::rule("an environment schema is JSON Schema 2020-12");
    map()
        .put("$schema", Tree::from("https://json-schema.org/draft/2020-12/schema").at(&rule))
        .put("title", title)
        .put("type", Tree::from("object").at(&rule))
        .put("properties", properties)
        .put_filled("required", required)
}

fn property(plan: &Plan<'_>, entry: &Entry<'_>) -> Tree {
    let secret = entry.is_secret();
    let origin = entry.origin();
    let mut property = map().put("type", "string").put("description", description(plan, entry));
    property = match form(entry) {
        Form::Any => property,
        Form::Number => property.put("pattern", "^-?[0-9]+$"),
        Form::Flag => property.put("enum", list(["true", "false"])),
        Form::Address => property.put("format", "uri"),
        Form::Port => property.put("pattern", "^[0-9]{1,5}$"),
    };
    let texts = entry.texts();
    let may_be_empty = |texts: &Vec<String>| texts.iter().any(String::is_empty);
    if entry.is_required() && !texts.as_ref().is_some_and(may_be_empty) {
        property = property.put("minLength", 1);
    }
    if secret {
        // The standard's own word for what is put in and never shown.
        property = property.put("writeOnly", true);
    } else {
        let shown: Vec<String> = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        property = property.put_filled("examples", shown);
    }
    property = property.put("x-sensitivity", entry.class()).put("x-secret", secret);
    if !entry.everywhere {
        let names: Vec<&str> = entry.held.iter().map(|(environment, _)| environment.name.value.as_str()).collect();
        property = property.put("x-environments", names);
    }
    property.at(&origin)
}

fn description(plan: &Plan<'_>, entry: &Entry<'_>) -> String {
    let sources = entry.sources(plan);
    let told: Vec<String> = match sources.as_slice() {
        [(only, _)] => vec![only.clone()],
        several => several.iter().map(|(told, names)| [told, " in ", &listed(names)].concat()).collect(),
    };
    ["Comes from ", &told.join("; "), "."].concat()
}

fn form(entry: &Entry<'_>) -> Form {
    let parts = || entry.held.iter().map(|(_, variable)| variable.only());
    let is_field = |field: &str| {
        parts().all(|part| match part {
            Some(Part::Service(_, found) | Part::Resource(_, found)) => found == field,
            _ => false,
        })
    };
    if is_field("port") {
        return Form::Port;
    }
    if parts().all(|part| matches!(part, Some(Part::Service(_, field)) if field == "url")) {
        return Form::Address;
    }
    let texts: Vec<String> = entry.texts().unwrap_or_default().into_iter().filter(|text| !text.is_empty()).collect();
    let all = |test: fn(&str) -> bool| !texts.is_empty() && texts.iter().all(|text| test(text));
    if all(|text| matches!(text, "true" | "false")) && may_not_be_empty(entry) {
        Form::Flag
    } else if all(is_number) && may_not_be_empty(entry) {
        Form::Number
    } else if all(is_address) && may_not_be_empty(entry) {
        Form::Address
    } else {
        Form::Any
    }
}

/// Where an empty text is one of the values, no form holds for all of them.
fn may_not_be_empty(entry: &Entry<'_>) -> bool {
    !entry.texts().unwrap_or_default().iter().any(String::is_empty)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Only what every reader calls an address: plain ASCII without spaces, quotes or braces.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!&()*+,;=".contains(&byte);
    rest.is_some_and(|rest| {
        rest.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric()) && rest.bytes().all(plain)
    })
}
