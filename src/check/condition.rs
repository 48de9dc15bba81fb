//! Conditions: every metric exists, for the kind of service it is asked of, and is compared with what measures the same.

use std::collections::BTreeMap;

use crate::check::Context;
use crate::derive::{Role, role_of};
use crate::diag::{Diagnostic, code};
use crate::model::{self, MetricSubject};
use crate::nearest::nearest;
use crate::schema::Type;
use crate::signal::{self, Fault, Vocabulary};
use crate::source::{Sourced, Span};
use crate::syntax;
use crate::syntax::expression::{Condition, Metric};
use crate::syntax::kdl::EntryRef;
use crate::value::Dimension;

/// Types every condition, and compares its metrics with the services it speaks of.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let vocabulary = signal::vocabulary(&context.model.declared);
    let mut written: BTreeMap<Span, EntryRef<'_>> = BTreeMap::new();
    for value in context.values.iter().filter(|value| value.ty == Type::Condition) {
        written.insert(value.entry.value_span(), value.entry);
        // Raw code of a backend is passed on as it is.
        if value.entry.annotation().is_some_and(|(annotation, _)| annotation != "condition") {
            continue;
        }
        let Some(text) = syntax::string(value.entry.value()) else { continue };
        let Ok(condition) = Condition::parse(text) else { continue };
        for fault in signal::judge(&condition, &vocabulary) {
            diagnostics.push(told(value.entry, fault, &vocabulary));
        }
    }
    let mut kinds = Kinds { context, vocabulary: &vocabulary, written: &written, diagnostics };
    kinds.alerts();
    kinds.services();
    kinds.objectives();
}

fn told(entry: EntryRef<'_>, fault: Fault, vocabulary: &Vocabulary) -> Diagnostic {
    let span = |place: &std::ops::Range<usize>| entry.string_span(place.start as u32, place.end as u32);
    match fault {
        Fault::UnknownMetric { name, place } => {
            let diagnostic =
                Diagnostic::new(code::NAME_UNKNOWN_REFERENCE, span(&place), format!("there is no metric `{name}`"));
            match nearest(&name, vocabulary.names()) {
                Some(near) => diagnostic.label(format!("did you mean `{near}`?")).help(format!("write `{near}`")).fix(
                    format!("write `{near}`"),
                    span(&place),
                    near.to_owned(),
                ),
                None => diagnostic.label("not a metric").help(format!(
                    "declare it (`metric \"{name}\" kind=\"gauge\"`); `deployc std list metric` lists those there are"
                )),
            }
        }
        Fault::UnknownLabel { metric, name, known, place } => {
            let list: Vec<String> = known.iter().map(|label| format!("`{label}`")).collect();
            let help = match list.as_slice() {
                [] => format!("`{metric}` has no labels: remove the braces"),
                list => format!("its labels are {}", list.join(", ")),
            };
            let near = nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
            let diagnostic = Diagnostic::new(
                code::NAME_UNKNOWN_REFERENCE,
                span(&place),
                format!("`{metric}` has no label `{name}`"),
            );
            match near {
                Some(near) => diagnostic.label(format!("did you mean `{near}`?")).help(help).fix(
                    format!("write `{near}`"),
                    span(&place),
                    near,
                ),
                None => diagnostic.label("not a label of it").help(help),
            }
        }
        Fault::Dimensions { left, right } => Diagnostic::new(
            code::TYPE_DIMENSION,
            span(&right.0),
            format!("a {} is compared with a {}", left.1, right.1),
        )
        .label(format!("this is a {}", right.1))
        .also(span(&left.0), format!("this is a {}", left.1))
        .help(format!("compare it with a {}{}", left.1, example(&left.1))),
        Fault::Currencies { left, right } => Diagnostic::new(
            code::TYPE_MIXED_CURRENCY,
            span(&right.0),
            format!("{} meets {}, and money is never converted", left.1, right.1),
        )
        .label(format!("this is {}", right.1))
        .also(span(&left.0), format!("this is {}", left.1))
        .help("write both in one currency"),
        Fault::Arithmetic { reason, place } => Diagnostic::new(code::TYPE_BAD_VALUE, span(&place), reason.to_string())
            .label("cannot be computed")
            .help("write the number that is meant"),
    }
}

/// How a quantity of a dimension is written.
fn example(dimension: &Dimension) -> &'static str {
    match dimension.to_string().as_str() {
        "ratio" => ", as `2%`",
        "duration" => ", as `750ms`",
        "count" | "number" => ", as `100`",
        "number per time" => ", as `100 req/s`",
        "bytes" => ", as `512MiB`",
        _ => "",
    }
}

struct Kinds<'a, 'd> {
    context: &'a Context<'a>,
    vocabulary: &'a Vocabulary,
    written: &'a BTreeMap<Span, EntryRef<'a>>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Kinds<'_, '_> {
    /// The place of a metric inside of its condition.
    fn place(&self, condition: &Sourced<Condition>, metric: &Metric) -> Option<Span> {
        let entry = self.written.get(&condition.origin.place)?;
        if entry.annotation().is_some_and(|(annotation, _)| annotation != "condition") {
            return None;
        }
        let place = metric.name_place.range();
        Some(entry.string_span(place.start as u32, place.end as u32))
    }

    fn alerts(&mut self) {
        for alert in &self.context.model.declared.alerts {
            let service = alert.service.as_ref();
            let service = service.and_then(|name| {
                self.context.model.declared.services.iter().find(|service| service.name.value == name.value)
            });
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
                let strategy = workload
                    .strategy
                    .as_ref()
                    .and_then(|name| setting.strategies.iter().find(|strategy| strategy.name.value == name.value));
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
            let services = &self.context.model.declared.services;
            let Some(service) = services.iter().find(|service| service.name.value == slo.service.value) else {
                continue;
            };
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
