//! Objectives: error budgets, the windows they are burnt in, and the alerts on how fast.

use std::collections::BTreeMap;

use crate::derive::{EnvironmentFacts, Tier};
use crate::model::{self, AlertSeverity, Sli, StdBurnWindow};
use crate::plan::Plan;
use crate::plan::signal::measure::{Measure, Scope, Subject, measure, metric_named, prometheus_duration};
use crate::plan::signal::promql::number_text;
use crate::plan::signal::record::{What, subject_labels};
use crate::plan::signal::{Absent, Recording, Signal, SignalKind, Threshold, defaults};
use crate::source::{Origin, Sourced};
use crate::standard;
use crate::syntax::expression::Operator;
use crate::value::{Duration, Number, Ratio};

/// An objective in one environment, with everything that is computed for it.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its name.
    pub name: String,
    /// The service.
    pub service: String,
    /// The environment.
    pub environment: String,
    /// The share of good requests that is promised.
    pub share: Sourced<Ratio>,
    /// The time it is measured over.
    pub window: Sourced<Duration>,
    /// What makes a request good.
    pub sli: Sourced<Sli>,
    /// The time it must be answered in.
    pub under: Option<Sourced<Duration>>,
    /// Good requests per second.
    pub good: Recording,
    /// All requests per second.
    pub total: Recording,
    /// The share of bad requests over the objective's window.
    pub budget: Recording,
    /// Its burn windows, fastest first.
    pub windows: Vec<SloWindow>,
    /// What the compiler changed, as sentences.
    pub notes: Vec<String>,
    /// Where it is declared.
    pub origin: Origin,
}

/// One pair of windows of an objective.
#[derive(Clone, Debug)]
pub struct SloWindow {
    /// Its name: `fast`, `medium`, …
    pub name: String,
    /// How many times faster than allowed the budget burns, after rescaling.
    pub factor: Number,
    /// The share of bad requests at which it fires.
    pub threshold: Number,
    /// The share of the budget that is gone when it fires.
    pub spent: Option<Ratio>,
    /// The error ratio of the window that decides.
    pub long: Recording,
    /// The error ratio of the window that lets it stop.
    pub short: Recording,
    /// The requests in the long window.
    pub events: Recording,
    /// How many requests the long window must hold.
    pub floor: u64,
    /// How loud it is.
    pub severity: AlertSeverity,
    /// Where the pair is defined.
    pub origin: Origin,
}

/// The objectives that hold in an environment: what is promised to people is promised of production.
pub(super) fn objectives(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Objective> {
    if environment.tier.value != Tier::Production {
        return Vec::new();
    }
    plan.setting(environment).slos.iter().filter_map(|slo| objective(plan, environment, slo)).collect()
}

fn objective(plan: &Plan<'_>, environment: &EnvironmentFacts, slo: &model::Slo) -> Option<Objective> {
    let workload = environment.workload(&slo.service.value)?;
    let promise = slo.objective.as_ref()?;
    let subject = Subject::Workload(workload);
    let (metric, bound) = match promise.sli.value {
        Sli::Availability => ("availability", String::new()),
        Sli::Latency => ("latency.p95", bound(promise.under.as_ref()?.value)?),
    };
    let found = measure(plan, environment, subject, &metric_named(metric), Scope::Service)?;
    let mut labels = subject_labels(plan, environment, subject);
    labels.push(("slo".to_owned(), slo.name.value.clone()));
    let series = Series { measure: &found, bound: &bound, labels, origin: promise.origin.clone() };
    let base = defaults().window.value;
    let (good, total) = series.rates(base)?;
    let mut notes = Vec::new();
    let retention = plan.retention(environment);
    let mut windows = Vec::new();
    for fact in standard::all::<StdBurnWindow>("burn-window") {
        if fact.long.value > retention {
            notes.push(format!(
                "The {} window of {} looks back further than the {retention} that samples are kept, and is left out.",
                fact.name.value, fact.long.value
            ));
            continue;
        }
        windows.push(window(&series, promise, fact, &mut notes)?);
    }
    if promise.window.value > retention {
        notes.push(format!(
            "The budget of {} can only be seen over the {retention} that samples are kept.",
            promise.window.value
        ));
    }
    let seen = promise.window.value.min(retention);
    let budget = series.recording(
        What::ErrorRatio,
        seen,
        format!("1 - sum_over_time({}[{seen}]) / sum_over_time({}[{seen}])", good.selector(), total.selector()),
    );
    Some(Objective {
        name: slo.name.value.clone(),
        service: slo.service.value.clone(),
        environment: environment.name.value.clone(),
        share: promise.share.clone(),
        window: promise.window.clone(),
        sli: promise.sli.clone(),
        under: promise.under.clone(),
        good,
        total,
        budget,
        windows,
        notes,
        origin: slo.origin.clone(),
    })
}

/// The bound of a histogram as its `le` label is spelt: whole numbers of seconds in both spellings.
fn bound(under: Duration) -> Option<String> {
    let seconds = Number::count(under.milliseconds()).divided_by(Number::whole(1000))?;
    let text = number_text(seconds)?;
    Some(if seconds.as_whole().is_some() { format!("{text}|{text}.0") } else { text.replace('.', "\\\\.") })
}

/// What the recorded series of one objective have in common.
struct Series<'m> {
    measure: &'m Measure,
    bound: &'m str,
    labels: Vec<(String, String)>,
    origin: Origin,
}

impl Series<'_> {
    fn recording(&self, what: What, window: Duration, expression: String) -> Recording {
        let name = match what {
            What::Value | What::ErrorRatio => "error_ratio",
            What::Events => "events",
            What::Good => "good",
            What::Total => "total",
        };
        Recording {
            record: format!("slo:{name}:{}", prometheus_duration(window)),
            expression,
            labels: self.labels.clone(),
            metric: self.measure.metric.clone(),
            window: Some(window),
            what,
            origin: self.origin.clone(),
        }
    }

    fn rates(&self, window: Duration) -> Option<(Recording, Recording)> {
        let (good, total) = self.measure.ratio(window, self.bound)?;
        Some((self.recording(What::Good, window, good), self.recording(What::Total, window, total)))
    }

    fn error_ratio(&self, window: Duration) -> Option<Recording> {
        let (good, total) = self.measure.ratio(window, self.bound)?;
        Some(self.recording(What::ErrorRatio, window, format!("1 - ({good}) / {total}")))
    }

    fn events(&self, window: Duration) -> Option<Recording> {
        Some(self.recording(What::Events, window, self.measure.events(window)?))
    }
}

fn window(
    series: &Series<'_>,
    promise: &model::Objective,
    fact: &StdBurnWindow,
    notes: &mut Vec<String>,
) -> Option<SloWindow> {
    let budget = promise.share.value.rest().number();
    let written = Number::decimal(&fact.factor.value)?;
    let ceiling = defaults().burn_ceiling.value.number();
    let mut factor = written;
    let mut threshold = written.times(budget)?;
    if threshold >= Number::ONE {
        factor = ceiling.divided_by(budget)?.rounded(2)?;
        threshold = ceiling;
        notes.push(format!(
            "The {} window could never fire: {written} times a budget of {} is more than all requests. It fires at {factor} times instead.",
            fact.name.value,
            promise.share.value.rest()
        ));
    }
    let events = Number::decimal(&fact.events.value)?.divided_by(threshold)?;
    Some(SloWindow {
        name: fact.name.value.clone(),
        factor,
        threshold,
        spent: Some(fact.budget.value),
        long: series.error_ratio(fact.long.value)?,
        short: series.error_ratio(fact.short.value)?,
        events: series.events(fact.long.value)?,
        floor: u64::try_from(events.ceiling()).unwrap_or(u64::MAX),
        severity: fact.severity.value,
        origin: fact.origin.clone(),
    })
}

/// The burn-rate alerts of an environment: of the objectives that say whom to tell.
pub(super) fn burns_of(plan: &Plan<'_>, environment: &EnvironmentFacts, signals: &mut Vec<Signal>) {
    let defaults = defaults();
    let slos = &plan.setting(environment).slos;
    let told: BTreeMap<&str, &model::SloNotify> =
        slos.iter().filter_map(|slo| Some((slo.name.value.as_str(), slo.notify.as_ref()?))).collect();
    for objective in plan.objectives(environment) {
        let Some(notify) = told.get(objective.name.as_str()) else { continue };
        for window in &objective.windows {
            let severity = if notify.page.is_some() { window.severity } else { AlertSeverity::Ticket };
            let route = match severity {
                AlertSeverity::Page => notify.page.as_ref(),
                AlertSeverity::Ticket => notify.ticket.as_ref().or(notify.page.as_ref()),
            };
            let runbook = match objective.sli.value {
                Sli::Availability => &defaults.availability_runbook,
                Sli::Latency => &defaults.latency_runbook,
            };
            signals.push(burn(objective, window, severity, route.cloned(), runbook.clone()));
        }
    }
}

fn burn(
    objective: &Objective,
    window: &SloWindow,
    severity: AlertSeverity,
    route: Option<Sourced<String>>,
    runbook: Sourced<String>,
) -> Signal {
    let threshold = number_text(window.threshold).unwrap_or_default();
    let span = |recording: &Recording| recording.window.map(|window| window.to_string()).unwrap_or_default();
    let (long, short) = (span(&window.long), span(&window.short));
    let expression = format!(
        "{} > {threshold} and {} > {threshold} and {} >= {}",
        window.long.selector(),
        window.short.selector(),
        window.events.selector(),
        window.floor
    );
    let text = format!(
        "more than {} of requests are bad over {long} and over {short}, of at least {}",
        Ratio::new(window.threshold).map(|ratio| ratio.to_string()).unwrap_or_default(),
        window.floor
    );
    let origin = objective
        .share
        .origin
        .clone()
        .because("burn windows of the standard library times the error budget")
        .with(&window.origin);
    Signal {
        name: format!("{}-burn-{}", objective.name, window.name),
        title: format!("{}: the error budget burns {} times too fast", objective.name, window.factor),
        summary: format!(
            "{} in {} burns the error budget of {} {} times too fast",
            objective.service, objective.environment, objective.name, window.factor
        ),
        description: format!(
            "In the last {long} and still in the last {short}, {text}; {} over {} is promised.",
            objective.share.value, objective.window.value
        ),
        environment: objective.environment.clone(),
        service: Some(objective.service.clone()),
        resource: None,
        domain: None,
        kind: SignalKind::Burn { slo: objective.name.clone(), window: window.name.clone() },
        conditions: Vec::new(),
        text,
        threshold: Some(Threshold {
            metric: window.long.metric.clone(),
            labels: Vec::new(),
            operator: Operator::Greater,
            value: window.threshold,
            origin: objective.share.origin.clone(),
        }),
        severity,
        route,
        runbook: Some(runbook),
        expression,
        hold: Duration::ZERO,
        floor: window.floor,
        absent: Absent::Silent,
        recordings: vec![window.long.clone(), window.short.clone(), window.events.clone()],
        bound: origin.clone(),
        origin,
    }
}
