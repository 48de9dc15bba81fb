//! Judges what the references of a template point at.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, code};
use crate::nearest::nearest;
use crate::resolve::names::list;
use crate::resolve::shape::Typed;
use crate::resolve::table::Table;
use crate::schema::{
    ENUM_TEMPLATE_APP, ENUM_TEMPLATE_ENVIRONMENT, ENUM_TEMPLATE_RELEASE, ENUM_TEMPLATE_RESOURCE, ENUM_TEMPLATE_ROOT,
    ENUM_TEMPLATE_SERVICE, EnumShape,
};
use crate::syntax::expression::Template;

/// The first word of a reference that does not exist.
enum Unknown {
    /// The first word: templates read from no such thing.
    Root,
    /// No declaration of this kind has the name.
    Name(&'static str),
    /// What the words before it name has no such part.
    Part(&'static EnumShape),
    /// What the words before it name has no parts.
    Further,
}

/// Tells every reference of a template that points at nothing, and notes what the others use.
pub(super) fn check(
    table: &Table<'_>,
    value: &Typed<'_>,
    text: &str,
    used: &mut BTreeSet<(String, String)>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Ok(template) = Template::parse(text) else { return };
    for reference in template.references() {
        let words: Vec<&str> = reference.words().collect();
        if let [kind, name, ..] = words.as_slice() {
            used.insert(((*kind).to_owned(), (*name).to_owned()));
        }
        let Some((at, unknown)) = first_unknown(table, &words) else { continue };
        if matches!(unknown, Unknown::Name(kind) if table.may_have(kind)) {
            continue;
        }
        let (range, last) = (reference.word_range(at), reference.word_range(words.len().saturating_sub(1)));
        let span = value.entry.string_span(range.start as u32, range.end as u32);
        let before = words.iter().take(at).copied().collect::<Vec<_>>().join(".");
        let word = words.get(at).copied().unwrap_or_default();
        let told = |message: String| Diagnostic::new(code::NAME_UNKNOWN_TEMPLATE_PATH, span, message);
        let near = |diagnostic: Diagnostic, candidates: &[&str], label: String, help: String| match nearest(
            word,
            candidates.iter().copied(),
        ) {
            Some(near) => diagnostic.meant(near, near),
            None => diagnostic.label(label).help(help),
        };
        diagnostics.push(match unknown {
            Unknown::Root => {
                let roots = words_of(&ENUM_TEMPLATE_ROOT);
                let help = format!("a template reads from {}; `$${{` is a literal `${{`", list(&roots));
                near(told(format!("templates read from no `{word}`")), &roots, "nothing to read from".to_owned(), help)
            }
            Unknown::Name(kind) => {
                let names: Vec<&str> = table.of_kind(kind).map(|one| one.name).collect();
                let help = match names.as_slice() {
                    [] => format!("declare it (`{kind} \"{word}\" …`), or write `$${{` for a literal `${{`"),
                    names => format!("declare it, or name one that is declared: {}", list(names)),
                };
                let diagnostic = told(format!("there is no {kind} `{word}`"));
                let diagnostic = near(diagnostic, &names, format!("no such {kind}"), help);
                match nearest(word, names.into_iter()).and_then(|near| table.place(kind, near)) {
                    Some(place) => diagnostic.also(place, format!("the {kind} is declared here")),
                    None => diagnostic,
                }
            }
            Unknown::Part(parts) if word.is_empty() => told(format!("`${{{before}}}` is not complete"))
                .label("a part of it must follow")
                .help(format!("add one of {}: `${{{before}.{}}}`", list(&words_of(parts)), first(parts))),
            Unknown::Part(parts) => {
                let parts = words_of(parts);
                let help = format!("its parts are {}", list(&parts));
                near(told(format!("`{before}` has no part `{word}`")), &parts, "no part of it".to_owned(), help)
            }
            Unknown::Further => {
                let gone = value.entry.string_span(range.start.saturating_sub(1) as u32, last.end as u32);
                told(format!("`{before}` has no parts"))
                    .label("goes too deep")
                    .help(format!("write `${{{before}}}`"))
                    .fix(format!("write `${{{before}}}`"), gone, "")
            }
        });
    }
}

fn words_of(list: &'static EnumShape) -> Vec<&'static str> {
    list.values.iter().map(|(word, _)| *word).collect()
}

fn first(list: &'static EnumShape) -> &'static str {
    list.values.first().map_or("", |(word, _)| word)
}

/// Where a reference stops pointing at something: the index of the word, and why.
fn first_unknown(table: &Table<'_>, words: &[&str]) -> Option<(usize, Unknown)> {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let part = |at: usize, parts: &'static EnumShape| {
        let is_known = parts.values.iter().any(|(known, _)| *known == word(at));
        match (is_known, words.len() > at + 1) {
            (true, false) => None,
            (true, true) => Some((at + 1, Unknown::Further)),
            (false, _) => Some((at, Unknown::Part(parts))),
        }
    };
    let declared = |kind: &'static str, parts: Option<&'static EnumShape>| {
        if table.find(kind, word(1)).is_none() {
            return Some((1, Unknown::Name(kind)));
        }
        match parts {
            Some(parts) => part(2, parts),
            None => (words.len() > 2).then_some((2, Unknown::Further)),
        }
    };
    match word(0) {
        "app" => part(1, &ENUM_TEMPLATE_APP),
        "environment" => part(1, &ENUM_TEMPLATE_ENVIRONMENT),
        "release" => part(1, &ENUM_TEMPLATE_RELEASE),
        "service" => declared("service", Some(&ENUM_TEMPLATE_SERVICE)),
        "resource" => declared("resource", Some(&ENUM_TEMPLATE_RESOURCE)),
        "secret" => declared("secret", None),
        "var" => declared("var", None),
        _ => Some((0, Unknown::Root)),
    }
}
