//! The way of secrets: every value that names one ends somewhere, and not every end may hold it.

use std::cell::LazyCell;

use crate::check::Context;
use crate::diag::{Code, Diagnostic, code};
use crate::model;
use crate::resolve::Typed;
use crate::schema::{Expansion, Type};
use crate::source::Span;
use crate::standard;
use crate::syntax;
use crate::syntax::expression::Template;
use crate::syntax::kdl::Scalar;

/// How deep variables may name each other before a circle is certain.
const DEPTH: usize = 16;

/// Follows every template of the program to where its value ends, and looks for secrets in commands.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    // Most texts hold no template, and then nobody asks for the sinks.
    let sinks = LazyCell::new(|| standard::all::<model::StdSink>("sink"));
    for value in context.values {
        let Some(text) = syntax::string(value.entry.value()) else { continue };
        if value.ty == Type::Command {
            diagnostics.extend(in_command(context, value, text));
            continue;
        }
        let template = matches!(value.ty, Type::Text(Expansion::Template | Expansion::Scalar));
        if !template || !text.contains("${") || value.sink == "value" {
            continue;
        }
        let sink = end(value, &sinks);
        let Some(sink) = sink.filter(|sink| !sink.secret.value) else { continue };
        if let Some(way) = Way::of(context, value, text) {
            diagnostics.push(way.told(sink));
        }
    }
}

/// Where the value ends: what its place says, or the browser where the variable's name tells the bundler to publish it, or
/// the variable itself that it is shown to people.
fn end(value: &Typed<'_>, sinks: &[&'static model::StdSink]) -> Option<&'static model::StdSink> {
    let of_variable = matches!(value.sink, "environment" | "build-value") && value.shape.id == "env-entry";
    // What is shown to people is as public as what a bundler publishes.
    let shown = value.node.prop("public").is_some_and(|entry| entry.value() == Scalar::Bool(true));
    let published = |sink: &&'static model::StdSink| {
        let name = value.node.name();
        let by_name = sink.publishes.iter().any(|prefix| name.starts_with(prefix.value.as_str()));
        of_variable && !sink.publishes.is_empty() && (by_name || shown)
    };
    let mut all = sinks.iter().copied();
    all.clone().find(published).or_else(|| all.find(|sink| sink.name.value == value.sink))
}

/// How a secret reached a value, step by step.
struct Way {
    /// What it is: ``the secret `token` ``.
    what: String,
    /// Where it starts and what it passes, in this order.
    steps: Vec<(Span, String)>,
    /// Where it is named in the value that ends.
    place: Span,
}

impl Way {
    /// The first secret in a text, directly or by way of variables.
    fn of(context: &Context<'_>, value: &Typed<'_>, text: &str) -> Option<Way> {
        let template = Template::parse(text).ok()?;
        template.references().find_map(|reference| {
            let words: Vec<&str> = reference.words().collect();
            let (what, steps) = source(context, &words, DEPTH)?;
            let (first, last) = (reference.word_range(0), reference.word_range(words.len().saturating_sub(1)));
            let place = value.entry.string_span(first.start as u32, last.end as u32);
            Some(Way { what, steps, place })
        })
    }

    fn told(self, sink: &model::StdSink) -> Diagnostic {
        let code = Code::find(&sink.code.value).unwrap_or(code::SECRET_PUBLIC_SINK);
        let mut diagnostic =
            Diagnostic::new(code, self.place, format!("{} flows into {}", self.what, sink.title.value))
                .label("ends here");
        for (place, message) in self.steps {
            diagnostic = diagnostic.also(place, message);
        }
        let readers = sink.describe.as_ref().map(|text| text.value.as_str()).unwrap_or_default();
        let mut start = readers.chars();
        let readers: String =
            start.next().map(|c| c.to_lowercase().chain(start).collect::<String>()).unwrap_or_default();
        let readers = readers.trim_end_matches('.');
        diagnostic
            .also(sink.origin.place, format!("who may read it: {readers}"))
            .help("hand secrets to programs through `env` of the service, or as a `file`; here name it in words")
    }
}

/// Whether a template path is secret, with the places that it comes by.
fn source(context: &Context<'_>, words: &[&str], depth: usize) -> Option<(String, Vec<(Span, String)>)> {
    match *words {
        ["secret", name] => {
            let declared = context.table.find("secret", name)?.place;
            Some((format!("the secret `{name}`"), vec![(declared, "the secret is declared here".to_owned())]))
        }
        ["resource", name, field @ ("url" | "password")] => {
            let declared = context.table.find("resource", name)?.place;
            let what = match field {
                "url" => format!("the URL of `{name}`, which holds its password,"),
                _ => format!("the password of `{name}`"),
            };
            Some((what, vec![(declared, "the resource is declared here".to_owned())]))
        }
        ["var", name] if depth > 0 => {
            let texts = context.values.iter().filter(|value| {
                value.sink == "value"
                    && value.node.args().next().and_then(|entry| syntax::string(entry.value())) == Some(name)
            });
            texts
                .filter_map(|value| Some((value, Template::parse(syntax::string(value.entry.value())?).ok()?)))
                .find_map(|(value, template)| {
                    template.references().find_map(|reference| {
                        let words: Vec<&str> = reference.words().collect();
                        let (what, mut steps) = source(context, &words, depth - 1)?;
                        steps.push((value.entry.value_span(), format!("goes through the variable `{name}`")));
                        Some((what, steps))
                    })
                })
        }
        _ => None,
    }
}

/// Commands are no templates: `${secret.…}` in one is not replaced, and must not be.
fn in_command(context: &Context<'_>, value: &Typed<'_>, text: &str) -> Option<Diagnostic> {
    let found = ["${secret.", "${resource."].iter().find_map(|head| text.find(head).map(|at| (at, *head)))?;
    let (start, head) = found;
    let rest = text.get(start + head.len()..).unwrap_or_default();
    let path = rest.split('}').next().unwrap_or_default();
    let secret = head == "${secret." || path.ends_with(".url") || path.ends_with(".password");
    if !secret {
        return None;
    }
    let end = start + head.len() + path.len() + 1;
    let place = value.entry.string_span(start as u32, end.min(text.len()) as u32);
    let mut diagnostic =
        Diagnostic::new(code::SECRET_COMMAND, place, "a command is passed on as it is written, secrets included")
            .label("not replaced, and visible to everybody if it were");
    let kind = head.trim_start_matches("${").trim_end_matches('.');
    if let Some(declared) = context.table.find(kind, path.split('.').next().unwrap_or_default()) {
        diagnostic = diagnostic.also(declared.place, "declared here");
    }
    Some(diagnostic.help("put it into `env` and read the variable in the command"))
}
