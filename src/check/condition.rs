//! Conditions: every metric exists, for the kind of service it is asked of, and is compared with what measures the same.

use std::collections::BTreeMap;

use crate::check::Context;
use crate::derive::{Role, role_of};
use crate::diag::{Diagnostic, code};
use crate::model::{self, MetricSubject};
use crate::nearest::nearest;
use crate::schema::Type;
use crate::signal::{self, Fault, Join, Vocabulary};
use crate::source::{Sourced, Span};
use crate::syntax;
use crate::syntax::expression::{Condition, Metric};
use crate::syntax::kdl::EntryRef;
use crate::value::{Dimension, Number};

/// Types every condition, and compares its metrics with the services it speaks of.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let vocabulary = signal::vocabulary(&context.model.declared);
    let mut written: BTreeMap<Span, EntryRef<'_>> = BTreeMap::new();
    for value in context.values.iter().filter(|value| value.ty == Type::Condition) {
        written.insert(value.entry.value_span(), value.entry);
        let Some(text) = syntax::string(value.entry.value()) else { continue };
        let Ok(condition) = Condition::parse(text) else { continue };
        for fault in signal::judge(&condition, &vocabulary) {
            let fault = joined(text, fault, &vocabulary);
            diagnostics.push(told(value.entry, text, fault, &vocabulary));
        }
    }
    let services = &context.model.declared.services;
    let services = services.iter().map(|service| (service.name.value.as_str(), service)).collect();
    let mut kinds = Kinds { context, vocabulary: &vocabulary, services, written: &written, diagnostics };
    kinds.alerts();
    kinds.services();
    kinds.objectives();
}

/// A name that was written with dashes is a subtraction of unknown metrics: it is told as one name.
fn joined(text: &str, fault: Fault, vocabulary: &Vocabulary) -> Fault {
    let Fault::UnknownMetric { place, .. } = &fault else { return fault };
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let (before, after) = (text.get(..place.start).unwrap_or_default(), text.get(place.end..).unwrap_or_default());
    let start = before.trim_end_matches(part).len();
    let end = text.len() - after.trim_start_matches(part).len();
    let name = text.get(start..end).unwrap_or_default();
    let known = ['_', '.'].iter().any(|sign| vocabulary.find(&name.replace('-', &sign.to_string())).is_some());
    if known { Fault::UnknownMetric { name: name.to_owned(), place: start..end } } else { fault }
}

fn told(entry: EntryRef<'_>, text: &str, fault: Fault, vocabulary: &Vocabulary) -> Diagnostic {
    let span = |place: &std::ops::Range<usize>| entry.string_span(place.start as u32, place.end as u32);
    match fault {
        Fault::UnknownMetric { name, place } => unknown_metric(&name, span(&place), vocabulary),
        Fault::UnknownLabel { metric, name, known, place } => {
            let list: Vec<String> = known.iter().map(|label| format!("`{label}`")).collect();
            let help = match list.as_slice() {
                [] => format!("`{metric}` has no labels: remove the braces"),
                list => format!("its labels are {}", list.join(", ")),
            };
            let message = format!("`{metric}` has no label `{name}`");
            let diagnostic = Diagnostic::new(code::NAME_UNKNOWN_REFERENCE, span(&place), message);
            match nearest(&name, known.iter().map(String::as_str)) {
                Some(near) => diagnostic.meant(near, near),
                None => diagnostic.label("not a label of it").help(help),
            }
        }
        Fault::Dimensions { join, left, right } => {
            // A bare number is the side that lacks something, wherever it stands.
            let (left, right) = if left.1.is_number() { (right, left) } else { (left, right) };
            let (one, other) = (described(&left.1), described(&right.1));
            let message = match join {
                Join::Compared => format!("{one} is compared with {other}"),
                Join::Added => format!("{one} is added to {other}"),
            };
            let written = text.get(right.0.clone()).unwrap_or_default();
            let unit = example(&left.1).filter(|_| right.1.is_number() && !written.is_empty());
            let help = match (unit, join) {
                (Some(unit), _) => format!("add a unit: `{written}{unit}`, for example"),
                (None, Join::Compared) => format!("compare it with {one}"),
                (None, Join::Added) => format!("add only {one} to it"),
            };
            Diagnostic::new(code::TYPE_DIMENSION, span(&right.0), message)
                .label(format!("this is {other}"))
                .also(span(&left.0), format!("this is {one}"))
                .help(help)
        }
        Fault::Currencies { left, right } => Diagnostic::new(
            code::TYPE_MIXED_CURRENCY,
            span(&right.0),
            format!("{} meets {}, and money is never converted", left.1, right.1),
        )
        .label(format!("this is {}", right.1))
        .also(span(&left.0), format!("this is {}", left.1))
        .help("write both in one currency"),
        Fault::NoShare { metric, bound: (number, place) } => no_share(text, &metric, number, span(&place), &place),
        Fault::Arithmetic { reason, place } => Diagnostic::new(code::TYPE_BAD_VALUE, span(&place), reason.to_string())
            .label("cannot be computed")
            .help("write the number that is meant"),
    }
}

/// A share of a whole is held against more than 100%; most often the percent sign is forgotten.
fn no_share(text: &str, metric: &str, number: Number, span: Span, place: &signal::Place) -> Diagnostic {
    let written = text.get(place.clone()).unwrap_or_default();
    let message = format!("`{written}` is out of range: `{metric}` is a share of the whole");
    let diagnostic = Diagnostic::new(code::TYPE_OUT_OF_RANGE, span, message);
    let diagnostic = diagnostic.label("never as much: 1 is 100%");
    let help = "a ratio lies between `0%` and `100%`, or 0 and 1";
    match written.bytes().all(|one| one.is_ascii_digit() || one == b'.') && number <= Number::whole(100) {
        true => diagnostic.help(help).fix(format!("write `{written}%`"), span, format!("{written}%")),
        false => diagnostic.help(help),
    }
}

fn unknown_metric(name: &str, place: Span, vocabulary: &Vocabulary) -> Diagnostic {
    let diagnostic = Diagnostic::new(code::NAME_UNKNOWN_REFERENCE, place, format!("there is no metric `{name}`"));
    let undashed = ['_', '.'].iter().map(|sign| name.replace('-', &sign.to_string()));
    let meant = undashed.filter(|meant| meant != name).find(|meant| vocabulary.find(meant).is_some());
    if let Some(meant) = meant {
        return diagnostic.meant(&meant, meant.clone()).label("`-` is a minus here");
    }
    match nearest(name, vocabulary.names()) {
        Some(near) => diagnostic.meant(near, near),
        None => diagnostic.label("not a metric").help(format!(
            "declare it (`metric \"{name}\" kind=\"gauge\"`); `deployc std list metric` lists those there are"
        )),
    }
}

/// A dimension as a sentence has it.
fn described(dimension: &Dimension) -> String {
    let text = dimension.to_string();
    match text.as_str() {
        "number" => "a bare number".to_owned(),
        "number per time" => "a rate".to_owned(),
        "ratio" | "duration" | "count" => format!("a {text}"),
        _ => text,
    }
}

/// A unit that quantities of a dimension are written in.
fn example(dimension: &Dimension) -> Option<&'static str> {
    match dimension.to_string().as_str() {
        "ratio" => Some("%"),
        "duration" => Some("ms"),
        "number per time" => Some(" req/s"),
        "bytes" => Some("MiB"),
        "money" => Some(" USD"),
        _ => None,
    }
}

struct Kinds<'a, 'd> {
    context: &'a Context<'a>,
    vocabulary: &'a Vocabulary,
    services: BTreeMap<&'a str, &'a model::Service>,
    written: &'a BTreeMap<Span, EntryRef<'a>>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Kinds<'_, '_> {
    /// The place of a metric inside of its condition.
    fn place(&self, condition: &Sourced<Condition>, metric: &Metric) -> Option<Span> {
        let entry = self.written.get(&condition.origin.place)?;
        let place = metric.name_place.range();
        Some(entry.string_span(place.start as u32, place.end as u32))
    }

    fn alerts(&mut self) {
        for alert in &self.context.model.declared.alerts {
            let service = alert.service.as_ref();
            let service = service.and_then(|name| self.services.get(name.value.as_str()).copied());
            for condition in &alert.when {
                match (service, &alert.service) {
                    (Some(service), _) => self.of_service(condition, service),
                    (None, None) => self.of_nothing(condition, alert),
                    (None, Some(_)) => {}
                }
            }
        }
    }

    /// An alert on a metric of services must say of which one.
    fn of_nothing(&mut self, condition: &Sourced<Condition>, alert: &model::Alert) {
        for metric in condition.value.metrics() {
            let Some(facts) = self.vocabulary.find(&metric.name) else { continue };
            let Some(place) = self.place(condition, metric) else { continue };
            if facts.subject == MetricSubject::Service {
                self.diagnostics.push(
                    Diagnostic::new(
                        code::TYPE_MISSING_PROPERTY,
                        place,
                        format!("`{}` is measured of a service, and the alert names none", metric.name),
                    )
                    .label("of which service?")
                    .also(alert.name.origin.place, "this alert")
                    .help(format!("write `alert \"{}\" service=\"…\"`", alert.name.value)),
                );
                return;
            }
        }
    }

    fn services(&mut self) {
        for environment in &self.context.facts.environments {
            let Some((_, setting)) = self.context.model.environments.get(environment.index) else { continue };
            for workload in &environment.workloads {
                let Some(service) = workload.service(setting) else { continue };
                let when = service.scale.as_ref().and_then(|scale| scale.when.as_ref());
                let strategy = workload.strategy.as_ref().and_then(|name| setting.strategy(&name.value));
                let rollback = strategy.iter().filter_map(|strategy| strategy.rollback.as_ref());
                let conditions: Vec<&Sourced<Condition>> =
                    when.into_iter().chain(rollback.flat_map(|rollback| &rollback.when)).collect();
                for condition in conditions {
                    self.of_service(condition, service);
                }
            }
        }
    }

    fn of_service(&mut self, condition: &Sourced<Condition>, service: &model::Service) {
        let role = role_of(service);
        for metric in condition.value.metrics() {
            let Some(facts) = self.vocabulary.find(&metric.name) else { continue };
            if facts.exists_for(role.value) {
                continue;
            }
            let Some(place) = self.place(condition, metric) else { continue };
            let about = format!("a {} has no `{}`", role.value.word(), metric.name);
            self.lacks(place, about, &role, &service.name, facts.place);
        }
    }

    fn lacks(&mut self, place: Span, about: String, role: &Sourced<Role>, service: &Sourced<String>, metric: Span) {
        let names: Vec<String> =
            self.vocabulary.names_for(role.value).into_iter().map(|name| format!("`{name}`")).collect();
        self.diagnostics.push(
            Diagnostic::new(code::TYPE_METRIC_KIND, place, about)
                .label("could never hold")
                .also(service.origin.place, format!("`{}` is of kind {}", service.value, role.value.word()))
                .also(metric, "exists for the kinds named here")
                .help(format!("a {} has {}", role.value.word(), names.join(", "))),
        );
    }

    /// An objective speaks of requests, so its service must answer some.
    fn objectives(&mut self) {
        for slo in &self.context.model.declared.slos {
            let Some(objective) = &slo.objective else { continue };
            let Some(service) = self.services.get(slo.service.value.as_str()).copied() else { continue };
            let name = match objective.sli.value {
                model::Sli::Availability => "availability",
                model::Sli::Latency => "latency.p95",
            };
            let Some(facts) = self.vocabulary.find(name) else { continue };
            let role = role_of(service);
            if !facts.exists_for(role.value) {
                let about =
                    format!("a {} answers no requests, so it has no {}", role.value.word(), objective.sli.value.word());
                self.lacks(slo.service.origin.place, about, &role, &service.name, facts.place);
            }
        }
    }
}
