//! Alerts: the default ones of the standard library that apply, and those that the project declares.

use crate::derive::{EnvironmentFacts, Role, Tier, Workload};
use crate::model::{self, AlertSeverity, Applies, MetricSubject, StdDefaultAlert};
use crate::plan::signal::measure::{Scope, Subject, exporter, measure, service_kind};
use crate::plan::signal::promql::{Hold, Printer, outer_hold, threshold};
use crate::plan::signal::record::{events, recording};
use crate::plan::signal::{Absent, Omission, Recording, Signal, SignalKind, Threshold, defaults, loudness, route_of};
use crate::plan::{Plan, applies};
use crate::source::{Origin, Sourced};
use crate::standard;
use crate::syntax::expression::{Condition, Metric, Operand};
use crate::value::{Duration, Number, Quantity};

/// The rule of one or several conditions, any of which fires.
struct Rule {
    expression: String,
    hold: Duration,
    recordings: Vec<Recording>,
    threshold: Option<Threshold>,
}

/// What a rule needs besides its conditions.
struct Terms {
    floor: u64,
    absent: Absent,
}

/// The default alerts of an environment; those whose series nothing exports there are omissions.
pub(super) fn defaults_of(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    signals: &mut Vec<Signal>,
    omissions: &mut Vec<Omission>,
) {
    let alerts: Vec<&'static StdDefaultAlert> = standard::all("default-alert");
    let setting = plan.setting(environment);
    let replaced = |name: &str, service: &str| {
        setting
            .alerts
            .iter()
            .any(|own| own.name.value == name && own.service.as_ref().is_none_or(|only| only.value == service))
    };
    for workload in environment.workloads.iter().filter(|workload| workload.role.value != Role::Task) {
        for alert in alerts.iter().filter(|alert| of_kind(alert, workload)) {
            if applies_to(plan, environment, workload, alert) && !replaced(&alert.name.value, &workload.name.value) {
                default_signal(plan, environment, Subject::Workload(workload), alert, signals, omissions);
            }
        }
    }
    let rest = |subject: MetricSubject| {
        alerts.iter().filter(move |alert| alert.kind.is_empty() && subject_of(alert) == Some(subject))
    };
    let used = |resource: &model::Resource| {
        let uses = environment.workloads.iter().flat_map(|workload| &workload.uses);
        uses.into_iter().any(|used| used.value == resource.name.value)
    };
    // What nothing uses here wakes nobody.
    let watched = setting.resources.iter().filter(|resource| !applies::is_external(resource) && used(resource));
    for resource in watched {
        for alert in rest(MetricSubject::Resource) {
            if applies::suits(resource, alert.applies.value) && !replaced(&alert.name.value, "") {
                default_signal(plan, environment, Subject::Resource(resource), alert, signals, omissions);
            }
        }
    }
    let mut domains: Vec<&str> = environment.domains().iter().map(|domain| domain.value.as_str()).collect();
    domains.sort_unstable();
    for domain in domains {
        for alert in rest(MetricSubject::Domain).filter(|alert| !replaced(&alert.name.value, "")) {
            default_signal(plan, environment, Subject::Domain(domain), alert, signals, omissions);
        }
    }
}

fn of_kind(alert: &StdDefaultAlert, workload: &Workload) -> bool {
    let kind = service_kind(workload.role.value);
    alert.kind.iter().any(|one| Some(one.value) == kind)
}

/// What the first metric of an alert belongs to.
fn subject_of(alert: &StdDefaultAlert) -> Option<MetricSubject> {
    let condition = alert.when.first()?;
    let metric = condition.value.metrics().first().map(|metric| metric.name.clone())?;
    standard::get::<model::StdMetric>("metric", &metric).map(|metric| metric.subject.value)
}

/// Whether a default alert stands for a workload, by what is declared of it.
fn applies_to(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload, alert: &StdDefaultAlert) -> bool {
    if plan.grounds(environment, Some(workload), alert.applies.value).is_none() {
        return false;
    }
    // None is ready for good reason where none must be.
    if alert.applies.value == Applies::Scale && workload.scale.0.value == 0 {
        return false;
    }
    // Half an hour without a request is news only where requests are frequent, and usage is declared for production.
    alert.applies.value != Applies::Usage
        || environment.tier.value == Tier::Production
            && expected(plan, environment, workload, alert)
                .is_some_and(|expected| expected >= Number::count(alert.floor.value.get()))
}

/// How many requests the declared usage promises in the time that an alert holds.
fn expected(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    workload: &Workload,
    alert: &StdDefaultAlert,
) -> Option<Number> {
    let service = workload.service(plan.setting(environment))?;
    let traffic = service.usage.as_ref()?.traffic.as_ref()?;
    let hold = outer_hold(&alert.when.first()?.value)?;
    let second = traffic.value.per_second()?;
    second.times(Number::count(hold.seconds()))
}

fn default_signal(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
    alert: &StdDefaultAlert,
    signals: &mut Vec<Signal>,
    omissions: &mut Vec<Omission>,
) {
    let Some((conditions, bound)) = adjusted(plan, environment, subject, alert) else { return };
    let origin = match subject {
        Subject::Workload(workload) => alert.origin.clone().with(&workload.name.origin),
        Subject::Resource(resource) => alert.origin.clone().with(&resource.name.origin),
        Subject::Domain(domain) => {
            let declared = environment.domains().into_iter().find(|one| one.value == domain);
            alert.origin.clone().with_all(declared.map(|one| &one.origin))
        }
        Subject::Environment => alert.origin.clone().with(&environment.name.origin),
    };
    let floor = if alert.applies.value == Applies::Usage { 0 } else { alert.floor.value.get() };
    // What scales to zero exports nothing while nobody asks for it.
    let sleeps = match subject {
        Subject::Workload(workload) => workload.scale.0.value == 0,
        Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => false,
    };
    let absent = if alert.absent.value && !sleeps { Absent::Fires } else { Absent::Silent };
    let terms = Terms { floor, absent };
    let Some(rule) = rule(plan, environment, subject, &conditions, &terms) else {
        omissions.push(omission(environment, subject, alert));
        return;
    };
    let severity = loudness(alert.severity.value, environment);
    let text = |value: &Option<Sourced<String>>| value.as_ref().map_or("", |text| text.value.as_str()).to_owned();
    let mut signal = Signal {
        name: alert.name.value.clone(),
        title: alert.title.value.clone(),
        summary: told(&text(&alert.summary), environment, subject),
        description: told(&text(&alert.describe), environment, subject),
        environment: environment.name.value.clone(),
        service: None,
        resource: None,
        domain: None,
        kind: SignalKind::Default,
        text: told_conditions(&conditions),
        conditions,
        threshold: rule.threshold.map(|threshold| Threshold { origin: bound.clone(), ..threshold }),
        severity,
        route: route_of(plan, environment, severity),
        runbook: Some(alert.runbook.clone()),
        expression: rule.expression,
        hold: rule.hold,
        floor,
        absent,
        recordings: rule.recordings,
        bound,
        origin,
    };
    about(&mut signal, subject);
    signals.push(signal);
}

/// Names the subject in a signal.
pub(super) fn about(signal: &mut Signal, subject: Subject<'_>) {
    match subject {
        Subject::Workload(workload) => signal.service = Some(workload.name.value.clone()),
        Subject::Resource(resource) => signal.resource = Some(resource.name.value.clone()),
        Subject::Domain(domain) => signal.domain = Some(domain.to_owned()),
        Subject::Environment => {}
    }
}

fn told_conditions(conditions: &[Condition]) -> String {
    conditions.iter().map(Condition::print).collect::<Vec<_>>().join(" or ")
}

/// A sentence of the standard library about a subject.
fn told(template: &str, environment: &EnvironmentFacts, subject: Subject<'_>) -> String {
    let mut holes = vec![("environment", environment.name.value.as_str())];
    holes.extend(subject.label());
    super::fill::fill(template, &holes)
}

fn omission(environment: &EnvironmentFacts, subject: Subject<'_>, alert: &StdDefaultAlert) -> Omission {
    let host = match subject {
        Subject::Workload(workload) => &workload.host.platform.value,
        Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => &environment.host.platform.value,
    };
    let role = match subject {
        Subject::Workload(workload) => Some(workload.role.value),
        Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => None,
    };
    let platform = standard::platform(host).map_or_else(|| host.clone(), |platform| platform.title.value.clone());
    let missing = alert.when.iter().flat_map(|when| when.value.metrics()).map(|metric| metric.name.clone());
    let missing: Vec<String> = missing.collect();
    let note = missing
        .first()
        .and_then(|name| standard::get::<model::StdMetric>("metric", name))
        .map(|metric| exporter(metric, host, role).1)
        .filter(|note| !note.is_empty());
    let mut reason = format!("nothing exports {} on {platform}", missing.join(", "));
    if let Some(note) = note {
        reason = format!("{reason}: {note}");
    }
    let about = subject.label().map_or_else(|| "environment".to_owned(), |(kind, name)| format!("{kind} {name}"));
    Omission {
        alert: alert.name.value.clone(),
        environment: environment.name.value.clone(),
        about,
        reason,
        origin: alert.origin.clone(),
    }
}

/// The conditions with the number that the service itself decides, and what decided it; `None` where that is not declared.
fn adjusted(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
    alert: &StdDefaultAlert,
) -> Option<(Vec<Condition>, Origin)> {
    let written: Vec<Condition> = alert.when.iter().map(|when| when.value.clone()).collect();
    let setting = plan.setting(environment);
    let service = match subject {
        Subject::Workload(workload) => workload.service(setting),
        Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => None,
    };
    let schedule = service.and_then(|service| service.schedule.as_ref());
    let own = alert.when.first().map_or_else(|| alert.origin.clone(), |when| when.origin.clone());
    let (number, origin) = match alert.threshold.value.as_str() {
        "schedule" => {
            let when = &schedule?.when;
            (when.value.longest_gap(), when.origin.clone())
        }
        "timeout" => {
            let timeout = schedule?.timeout.as_ref()?;
            (timeout.value, timeout.origin.clone())
        }
        "slo" => {
            let objectives = setting
                .slos
                .iter()
                .filter(|slo| Some(&slo.service.value) == service.map(|service| &service.name.value));
            match objectives.filter_map(|slo| slo.objective.as_ref()?.under.clone()).min_by_key(|under| under.value) {
                Some(under) => (under.value, under.origin),
                None => return Some((written, own)),
            }
        }
        _ => return Some((written, own)),
    };
    let factor = Number::decimal(&alert.factor.value)?;
    let mut quantity = Quantity::from(number);
    quantity.number = quantity.number.times(factor)?;
    let origin =
        origin.because("the threshold of a default alert follows what the service declares").with(&alert.origin);
    Some((written.into_iter().map(|condition| with_number(condition, &quantity)).collect(), origin))
}

/// The same comparison with another number on its right.
fn with_number(condition: Condition, quantity: &Quantity) -> Condition {
    match condition {
        Condition::Comparison(mut comparison) => {
            let place = comparison.right.place();
            comparison.right = Operand::Quantity { quantity: quantity.clone(), place };
            Condition::Comparison(comparison)
        }
        Condition::Or { .. } | Condition::And { .. } | Condition::Not { .. } => condition,
    }
}

/// The rule of conditions on a subject; `None` where nothing exports one of their metrics.
fn rule(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
    conditions: &[Condition],
    terms: &Terms,
) -> Option<Rule> {
    let defaults = defaults();
    let metrics: Vec<&Metric> = conditions.iter().flat_map(Condition::metrics).collect();
    let several = metrics.len() > 1;
    let recordings = std::cell::RefCell::new(Vec::<Recording>::new());
    let value = |metric: &Metric, over: Option<Duration>| {
        let subject = subject_for(plan, environment, subject, metric)?;
        let recording = recording(plan, environment, subject, metric, over)?;
        let selector = recording.selector();
        if !recordings.borrow().contains(&recording) {
            recordings.borrow_mut().push(recording);
        }
        // Series of different subjects have different labels and would not meet.
        Some(if several { format!("max by (app, environment) ({selector})") } else { selector })
    };
    let (hold, way) = match conditions {
        [one] => match outer_hold(one) {
            Some(hold) => (hold, Hold::Outside),
            None => (Duration::ZERO, Hold::LookBack(defaults.evaluation_interval.value)),
        },
        _ => (Duration::ZERO, Hold::LookBack(defaults.evaluation_interval.value)),
    };
    let printer = Printer { metric: &value, hold: way };
    let parts: Option<Vec<String>> = conditions.iter().map(|condition| printer.condition(condition)).collect();
    let mut expression = match parts?.as_slice() {
        [one] => one.clone(),
        several => several.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(" or on () "),
    };
    if terms.floor > 0
        && let Some(counted) = metrics.first()
        && let Some(counted) = events(plan, environment, subject, counted, defaults.window.value)
    {
        expression = format!("{expression} and on () {} >= {}", counted.selector(), terms.floor);
        recordings.borrow_mut().push(counted);
    }
    if terms.absent == Absent::Fires
        && let Some(recording) = recordings.borrow().first()
    {
        expression = format!("{expression} or absent({})", recording.selector());
    }
    let threshold = match conditions {
        [one] => threshold(one).map(|found| Threshold::new(found, &Origin::default())),
        _ => None,
    };
    Some(Rule { expression, hold, recordings: recordings.into_inner(), threshold })
}

/// What a metric of a condition is measured on: the service of the alert, or the resource or domain that it belongs to.
fn subject_for<'s>(
    plan: &Plan<'s>,
    environment: &'s EnvironmentFacts,
    subject: Subject<'s>,
    metric: &Metric,
) -> Option<Subject<'s>> {
    let setting = plan.setting(environment);
    if setting.metrics.iter().any(|own| own.name.value == metric.name) {
        return Some(subject);
    }
    let fact: &'static model::StdMetric = standard::get("metric", &metric.name)?;
    let label = |name: &str| metric.labels.iter().find(|label| label.name == name).map(|label| label.value.as_str());
    match (fact.subject.value, subject) {
        (MetricSubject::Service | MetricSubject::Queue, _) => Some(subject),
        (MetricSubject::Resource, Subject::Resource(_)) | (MetricSubject::Domain, Subject::Domain(_)) => Some(subject),
        (MetricSubject::Resource, Subject::Workload(_) | Subject::Domain(_) | Subject::Environment) => {
            let used: Vec<&model::Resource> = match subject {
                Subject::Workload(workload) => plan.used(environment, workload),
                Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => setting.resources.iter().collect(),
            };
            let named = |resource: &&model::Resource| label("resource").is_none_or(|name| resource.name.value == name);
            let measured = |resource: &&model::Resource| {
                measure(plan, environment, Subject::Resource(resource), metric, Scope::Service).is_some()
            };
            used.into_iter().filter(named).find(measured).map(Subject::Resource)
        }
        (MetricSubject::Domain, Subject::Workload(_) | Subject::Resource(_) | Subject::Environment) => {
            environment.domains().first().map(|domain| Subject::Domain(domain.value.as_str()))
        }
        (MetricSubject::Environment, _) => Some(Subject::Environment),
    }
}

/// The alerts that the project declares, in file order.
pub(super) fn declared_of(plan: &Plan<'_>, environment: &EnvironmentFacts, signals: &mut Vec<Signal>) {
    let setting = plan.setting(environment);
    for alert in &setting.alerts {
        let subject = match &alert.service {
            Some(name) => match environment.workload(&name.value) {
                Some(workload) => Subject::Workload(workload),
                None => continue,
            },
            None => Subject::Environment,
        };
        let conditions: Vec<Condition> = alert.when.iter().map(|when| when.value.clone()).collect();
        let terms = Terms { floor: 0, absent: Absent::Silent };
        let Some(rule) = rule(plan, environment, subject, &conditions, &terms) else { continue };
        let (origin, bound) = decided(alert, subject);
        let severity = loudness(severity_of(plan, environment, alert), environment);
        let usual = route_of(plan, environment, severity);
        let route = match (&alert.route, severity_of(plan, environment, alert) == severity) {
            (Some(own), true) => {
                // Without it the alert would go there too.
                let same = usual.filter(|usual| usual.value == own.value);
                let origin = own.origin.clone().with_all(same.as_ref().map(|usual| &usual.origin));
                Some(Sourced::new(own.value.clone(), origin))
            }
            (Some(_) | None, _) => usual,
        };
        let title = crate::plan::link::runbook_title(&alert.name.value, plan);
        let place = subject.label().map_or_else(String::new, |(_, name)| format!("{name} in "));
        let text = told_conditions(&conditions);
        let mut signal = Signal {
            name: alert.name.value.clone(),
            summary: format!("{title}: {place}{}", environment.name.value),
            title,
            description: format!("The condition {text} holds."),
            environment: environment.name.value.clone(),
            service: None,
            resource: None,
            domain: None,
            kind: SignalKind::Declared,
            text,
            conditions,
            threshold: rule.threshold.map(|threshold| Threshold { origin: bound.clone(), ..threshold }),
            severity,
            route,
            runbook: alert.runbook.clone(),
            expression: rule.expression,
            hold: rule.hold,
            floor: 0,
            absent: Absent::Silent,
            recordings: rule.recordings,
            bound,
            origin,
        };
        about(&mut signal, subject);
        signals.push(signal);
    }
}

/// What makes an alert of the project exist, and what decides its condition; where a default one of its name would stand
/// in its place, what that one is about holds both up too.
fn decided(alert: &model::Alert, subject: Subject<'_>) -> (Origin, Origin) {
    let default = standard::get::<StdDefaultAlert>("default-alert", &alert.name.value);
    let beneath = match (subject, default) {
        (Subject::Workload(workload), Some(default)) if of_kind(default, workload) => Some(&workload.name.origin),
        _ => None,
    };
    let bound = alert.when.first().map_or(&alert.name.origin, |when| &when.origin);
    (alert.name.origin.clone().with_all(beneath), bound.clone().with_all(beneath))
}

/// How loud an alert of the project is: as the route of that name, else as the place of its route says, first or not.
fn severity_of(plan: &Plan<'_>, environment: &EnvironmentFacts, alert: &model::Alert) -> AlertSeverity {
    let Some(name) = &alert.route else { return AlertSeverity::Ticket };
    if let Some(named) = AlertSeverity::ALL.iter().find(|severity| severity.word() == name.value) {
        return *named;
    }
    let routes = plan.observe(environment).map(|observe| observe.route.as_slice()).unwrap_or_default();
    match routes.first() {
        Some(first) if first.name.value == name.value => AlertSeverity::Page,
        Some(_) | None => AlertSeverity::Ticket,
    }
}
