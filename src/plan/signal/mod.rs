//! Signals: every alert as one condition with one number, which rules, dashboards, rollbacks and documents share.

mod alert;
mod convention;
mod fill;
mod made;
mod measure;
mod own;
mod panel;
mod place;
mod promql;
mod record;
mod rollback;
mod slo;

pub use convention::convention;
pub use fill::plain;
pub use made::{Made, Sample, Share};
pub use measure::{
    Measure, Scope, Subject, VERSION_HOLE, exporter, measure, metric_named, prometheus_duration, service_kind,
};
pub use own::series_name;
pub use panel::{
    Board, BoardPanel, board_of_signal, boards, overview_uid, own_uid, recordings_of, service_uid, slo_uid,
};
pub use place::Boards;
pub use promql::{base_number, number_text};
pub use record::{Recording, What, board, recording};
pub use rollback::{RollbackQuery, rollback_queries};
pub use slo::{Objective, SloWindow};

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::derive::{EnvironmentFacts, Tier};
use crate::model::{self, AlertSeverity};
use crate::plan::Plan;
use crate::source::{Origin, Sourced};
use crate::standard;
use crate::syntax::expression::{Condition, Metric, Operator};
use crate::value::{Duration, Number};

/// Where a signal comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignalKind {
    /// A default alert of the standard library.
    Default,
    /// An alert that the project declares.
    Declared,
    /// The budget of an objective burns too fast.
    Burn {
        /// The objective.
        slo: String,
        /// The window pair: `fast`, `medium`, …
        window: String,
    },
}

/// The one number of a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The metric it bounds.
    pub metric: String,
    /// The labels that the condition narrows the metric down by.
    pub labels: Vec<(String, String)>,
    /// How they are compared.
    pub operator: Operator,
    /// The number in the base units of Prometheus: seconds, bytes, shares of one.
    pub value: Number,
    /// Where the number is written.
    pub origin: Origin,
}

impl Threshold {
    fn new((metric, operator, value): (&Metric, Operator, Number), origin: &Origin) -> Self {
        let labels = metric.labels.iter().map(|label| (label.name.clone(), label.value.clone())).collect();
        Threshold { metric: metric.name.clone(), labels, operator, value, origin: origin.clone() }
    }
}

/// Something that people are told about.
#[derive(Clone, Debug)]
pub struct Signal {
    /// The alert's name.
    pub name: String,
    /// Its title, for people.
    pub title: String,
    /// One line, for a message.
    pub summary: String,
    /// What it means for people.
    pub description: String,
    /// The environment.
    pub environment: String,
    /// The service it is about; where it is about a resource or a domain, none.
    pub service: Option<String>,
    /// The resource it is about.
    pub resource: Option<String>,
    /// The domain it is about.
    pub domain: Option<String>,
    /// What kind it is.
    pub kind: SignalKind,
    /// The conditions, any of which fires; empty for burn rates, which are told by `text`.
    pub conditions: Vec<Condition>,
    /// The condition in words, in its canonical spelling.
    pub text: String,
    /// The number, where there is one.
    pub threshold: Option<Threshold>,
    /// How loud it is in this environment.
    pub severity: AlertSeverity,
    /// The route it takes.
    pub route: Option<Sourced<String>>,
    /// The runbook entry.
    pub runbook: Option<Sourced<String>>,
    /// The PromQL of the rule, over the series of `recordings`.
    pub expression: String,
    /// How long it must hold.
    pub hold: Duration,
    /// How many events the window must hold before it may fire; 0 without a floor.
    pub floor: u64,
    /// Whether it also fires when its series are gone.
    pub absent: Absent,
    /// The series that it reads.
    pub recordings: Vec<Recording>,
    /// What decides its condition.
    pub bound: Origin,
    /// What makes it exist.
    pub origin: Origin,
}

/// What the absence of series means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The alert fires.
    Fires,
    /// The alert is silent: another one tells it.
    Silent,
}

/// A default alert that is left out, and why.
#[derive(Clone, Debug)]
pub struct Omission {
    /// The alert.
    pub alert: String,
    /// The environment.
    pub environment: String,
    /// What it would be about: `service api`, `resource orders`.
    pub about: String,
    /// Why, as a sentence.
    pub reason: String,
    /// The default alert.
    pub origin: Origin,
}

/// The numbers that signals share where the user gives none.
pub fn defaults() -> &'static model::StdSignalDefaults {
    standard::fact("signal-defaults", "default")
}

/// The environments that are watched: those that last and where somebody notices, if Prometheus keeps their metrics.
pub fn watched<'a>(plan: &Plan<'a>) -> Vec<&'a EnvironmentFacts> {
    plan.lasting()
        .filter(|environment| environment.tier.value >= Tier::Staging && plan.is_prometheus(environment))
        .collect()
}

/// What makes anything be watched: the names of all watched environments.
pub fn watched_origin(plan: &Plan<'_>) -> Option<Origin> {
    // The one that matters most first.
    crate::plan::joined(watched(plan).into_iter().rev().map(|environment| environment.name.origin.clone()))
}

/// What is watched, derived when it is first asked for.
#[derive(Default)]
pub(super) struct Watch {
    signals: OnceCell<Vec<Signal>>,
    /// By the environment's place in the facts.
    objectives: OnceCell<BTreeMap<usize, Promises>>,
}

/// The objectives of an environment, in the order of their declarations, and where each name stands among them.
#[derive(Default)]
struct Promises {
    all: Vec<Objective>,
    by_name: BTreeMap<String, usize>,
}

impl Promises {
    fn of(all: Vec<Objective>) -> Promises {
        let by_name = all.iter().enumerate().map(|(at, objective)| (objective.name.clone(), at)).collect();
        Promises { all, by_name }
    }
}

impl Plan<'_> {
    /// Every signal: by environment, there by service in file order, resources, domains, then what the project declares.
    pub fn signals(&self) -> &[Signal] {
        self.watch.signals.get_or_init(|| signals(self))
    }

    /// The objectives that hold in an environment: what is promised to people is promised of production.
    pub fn objectives(&self, environment: &EnvironmentFacts) -> &[Objective] {
        self.promises(environment).map(|promises| promises.all.as_slice()).unwrap_or_default()
    }

    /// The objective of a name in an environment.
    pub fn objective(&self, environment: &EnvironmentFacts, name: &str) -> Option<&Objective> {
        let promises = self.promises(environment)?;
        promises.by_name.get(name).and_then(|at| promises.all.get(*at))
    }

    fn promises(&self, environment: &EnvironmentFacts) -> Option<&Promises> {
        let every = || {
            let made = self.facts.environments.iter().map(|one| (one.index, Promises::of(slo::objectives(self, one))));
            made.collect()
        };
        self.watch.objectives.get_or_init(every).get(&environment.index)
    }
}

fn signals(plan: &Plan<'_>) -> Vec<Signal> {
    let mut signals = Vec::new();
    let mut omissions = Vec::new();
    for environment in watched(plan) {
        alert::defaults_of(plan, environment, &mut signals, &mut omissions);
        alert::declared_of(plan, environment, &mut signals);
        slo::burns_of(plan, environment, &mut signals);
    }
    signals
}

/// The default alerts that nothing on their host exports the series for.
pub fn omissions(plan: &Plan<'_>) -> Vec<Omission> {
    let mut omissions = Vec::new();
    for environment in watched(plan) {
        alert::defaults_of(plan, environment, &mut Vec::new(), &mut omissions);
    }
    omissions
}

/// How loud an alert is in an environment: nobody is woken for one that is not production.
fn loudness(severity: AlertSeverity, environment: &EnvironmentFacts) -> AlertSeverity {
    match environment.tier.value {
        Tier::Production => severity,
        Tier::Preview | Tier::Development | Tier::Staging => AlertSeverity::Ticket,
    }
}

/// The route of a severity: the one of its name, else the nearest: the first for a page, the last for a ticket.
pub fn route_of(plan: &Plan<'_>, environment: &EnvironmentFacts, severity: AlertSeverity) -> Option<Sourced<String>> {
    let routes = plan.observe(environment).map(|observe| observe.route.as_slice()).unwrap_or_default();
    let named = routes.iter().find(|route| route.name.value == severity.word());
    let nearest = match severity {
        AlertSeverity::Page => routes.first(),
        AlertSeverity::Ticket => routes.last(),
    };
    named.or(nearest).map(|route| route.name.clone())
}

impl<'a> Plan<'a> {
    /// How an environment is observed, where that is said.
    pub fn observe(&self, environment: &EnvironmentFacts) -> Option<&'a model::Observe> {
        self.setting(environment).observe.as_ref()
    }

    /// Whether Prometheus keeps the metrics of an environment: unless another backend is named, it does.
    pub fn is_prometheus(&self, environment: &EnvironmentFacts) -> bool {
        let metrics = self.observe(environment).and_then(|observe| observe.metrics.as_ref());
        metrics.is_none_or(|metrics| metrics.backend.value == model::MetricsBackend::Prometheus)
    }

    /// How long samples are kept.
    pub fn retention(&self, environment: &EnvironmentFacts) -> Duration {
        let metrics = self.observe(environment).and_then(|observe| observe.metrics.as_ref());
        metrics.map_or_else(|| defaults().retention.value, |metrics| metrics.retention.value)
    }
}
