//! Judges what points at something declared: references, templates, and names that nothing uses.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Tie, code};
use crate::nearest::nearest;
use crate::resolve::shape::Typed;
use crate::resolve::table::Table;
use crate::schema::{EnumShape, Expansion, Type};
use crate::source::Span;
use crate::standard;
use crate::syntax::expression::Template;
use crate::syntax::kdl::Scalar;

/// Kinds whose declarations are of no effect unless something names them.
const USED_BY_NAME: &[&str] = &["preset", "strategy", "secret", "var", "control"];

/// Checks every reference and template; tells what nothing uses.
pub(super) fn check<'d>(table: &Table<'d>, values: &[Typed<'d>], diagnostics: &mut Vec<Diagnostic>) {
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    for value in values {
        let Scalar::String(text) = value.entry.value() else { continue };
        if let Type::Ref(kinds) = value.ty {
            if let Some(diagnostic) = reference(table, kinds, text, value.entry.value_span()) {
                diagnostics.push(diagnostic);
            }
            let name = base(text);
            used.extend(kinds.iter().map(|kind| ((*kind).to_owned(), name.to_owned())));
        } else if matches!(value.ty, Type::Text(Expansion::Template | Expansion::Scalar)) && text.contains("${") {
            template(table, value, text, &mut used, diagnostics);
        }
    }
    for kind in USED_BY_NAME {
        for declaration in table.of_kind(kind).filter(|one| !used.contains(&((*kind).to_owned(), one.name.to_owned())))
        {
            diagnostics.push(
                Diagnostic::new(
                    code::NAME_UNUSED,
                    declaration.place,
                    format!("nothing uses the {kind} `{}`", declaration.name),
                )
                .label("declared here")
                .help("use it or remove it")
                .tied(Tie::Unused(declaration.name.to_owned())),
            );
        }
    }
}

/// The name of a reference without its version: `node@22` is `node`.
pub fn base(reference: &str) -> &str {
    reference.split('@').next().unwrap_or(reference)
}

fn reference(table: &Table<'_>, kinds: &'static [&'static str], text: &str, span: Span) -> Option<Diagnostic> {
    let name = base(text);
    if kinds.iter().any(|kind| table.has(kind, name) || standard::find(kind, name).is_some()) {
        return None;
    }
    let what = kinds.join(" or ");
    let diagnostic = Diagnostic::new(code::NAME_UNKNOWN_REFERENCE, span, format!("there is no {what} `{name}`"));
    let candidates: Vec<&str> = kinds.iter().flat_map(|kind| names(table, kind)).collect();
    Some(match nearest(name, candidates.iter().copied()) {
        Some(near) => {
            let fixed = format!("\"{near}{}\"", text.get(name.len()..).unwrap_or_default());
            diagnostic.meant(near, fixed)
        }
        None => {
            let help = match candidates.as_slice() {
                [] => format!("declare it: `{} \"{name}\" {{ … }}`", kinds.first().copied().unwrap_or("service")),
                some if some.len() <= 12 => format!("declared: {}", list(some)),
                some => format!("declare `{name}`, or write one of the {} that are declared", some.len()),
            };
            diagnostic.label(format!("no such {what}")).help(help)
        }
    })
}

fn names<'a>(table: &Table<'a>, kind: &str) -> Vec<&'a str> {
    let mut names: Vec<&'a str> = table.names(kind);
    for name in standard::names(kind) {
        names.push(name);
    }
    names
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn template(
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
        let Some((at, candidates, what)) = unknown_word(table, &words) else { continue };
        let range = reference.word_range(at);
        let span = value.entry.string_span(range.start as u32, range.end as u32);
        let word = words.get(at).copied().unwrap_or_default();
        let message = if word.is_empty() {
            format!("`${{{}}}` is not complete", words.join("."))
        } else {
            format!("there is no {what} `{word}`")
        };
        let diagnostic = Diagnostic::new(code::NAME_UNKNOWN_TEMPLATE_PATH, span, message);
        diagnostics.push(match nearest(word, candidates.iter().copied()) {
            Some(near) => diagnostic.meant(near, near),
            None if candidates.is_empty() => diagnostic
                .label("nothing of this kind is declared")
                .help("declare it, or write `$${` for a literal `${`"),
            None => diagnostic.label(format!("no such {what}")).help(format!("write one of {}", list(&candidates))),
        });
    }
}

/// The first word of a template path that does not exist: its index, what could stand there, and what it should be.
fn unknown_word<'a>(table: &'a Table<'_>, words: &[&'a str]) -> Option<(usize, Vec<&'a str>, &'static str)> {
    let words_of = |list: &'static EnumShape| list.values.iter().map(|(word, _)| *word).collect::<Vec<_>>();
    let root = words.first().copied().unwrap_or_default();
    let roots = &crate::schema::ENUM_TEMPLATE_ROOT;
    if !words_of(roots).contains(&root) {
        return Some((0, words_of(roots), "template root"));
    }
    let field = |at: usize, list: &'static EnumShape, what: &'static str| {
        let word = words.get(at).copied().unwrap_or_default();
        let extra = words.len() > at + 1;
        match (words_of(list).contains(&word), extra) {
            (true, false) => None,
            (true, true) => Some((at + 1, Vec::new(), "further part")),
            (false, _) => Some((at, words_of(list), what)),
        }
    };
    let declared = |kind: &'static str, list: Option<&'static EnumShape>, what: &'static str| {
        let name = words.get(1).copied().unwrap_or_default();
        if table.find(kind, name).is_none() {
            return Some((1, table.of_kind(kind).map(|one| one.name).collect(), kind));
        }
        match list {
            Some(list) => field(2, list, what),
            None if words.len() > 2 => Some((2, Vec::new(), "further part")),
            None => None,
        }
    };
    match root {
        "app" => field(1, &crate::schema::ENUM_TEMPLATE_APP, "part of `app`"),
        "environment" => field(1, &crate::schema::ENUM_TEMPLATE_ENVIRONMENT, "part of `environment`"),
        "release" => field(1, &crate::schema::ENUM_TEMPLATE_RELEASE, "part of `release`"),
        "service" => declared("service", Some(&crate::schema::ENUM_TEMPLATE_SERVICE), "part of a service"),
        "resource" => declared("resource", Some(&crate::schema::ENUM_TEMPLATE_RESOURCE), "part of a resource"),
        "secret" => declared("secret", None, ""),
        "var" => declared("var", None, ""),
        _ => None,
    }
}
