//! Recorded series: each metric that a rule, dashboard or objective reads is computed once, under one name.

use crate::derive::{EnvironmentFacts, Workload};
use crate::model;
use crate::plan::Plan;
use crate::plan::signal::defaults;
use crate::plan::signal::fill::matchers;
use crate::plan::signal::measure::{Measure, Scope, Subject, measure, metric_named, prometheus_duration, service_kind};
use crate::source::Origin;
use crate::standard;
use crate::syntax::expression::Metric;
use crate::value::Duration;

/// A recording rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The name of the series: level, metric and window, joined by `:`.
    pub record: String,
    /// What it is computed by.
    pub expression: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// The metric.
    pub metric: String,
    /// The window, where it is computed over one.
    pub window: Option<Duration>,
    /// What it counts.
    pub what: What,
    /// What decided it.
    pub origin: Origin,
}

/// What a recorded series holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The metric's value.
    Value,
    /// How many events the window held.
    Events,
    /// The share of bad events.
    ErrorRatio,
    /// Good events per second.
    Good,
    /// All events per second.
    Total,
}

impl Recording {
    /// The series, with matchers of all its labels.
    pub fn selector(&self) -> String {
        format!("{}{{{}}}", self.record, matchers(&self.labels))
    }
}

/// The labels of everything that is recorded about a subject.
pub(super) fn subject_labels(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
) -> Vec<(String, String)> {
    let mut labels =
        vec![("app".to_owned(), plan.app().to_owned()), ("environment".to_owned(), environment.name.value.clone())];
    labels.extend(subject.label().map(|(name, value)| (name.to_owned(), value.to_owned())));
    labels
}

/// The recorded value of a metric over a window (the default one where a condition names none).
pub fn recording(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
    metric: &Metric,
    over: Option<Duration>,
) -> Option<Recording> {
    let found = measure(plan, environment, subject, metric, Scope::Service)?;
    let window = over.unwrap_or_else(|| defaults().window.value);
    Some(recorded(plan, environment, subject, &found, window, What::Value, found.value(window)))
}

/// The recorded number of events of a metric in a window.
pub(super) fn events(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
    metric: &Metric,
    window: Duration,
) -> Option<Recording> {
    let found = measure(plan, environment, subject, metric, Scope::Service)?;
    let expression = found.events(window)?;
    Some(recorded(plan, environment, subject, &found, window, What::Events, expression))
}

fn recorded(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
    found: &Measure,
    window: Duration,
    what: What,
    expression: String,
) -> Recording {
    let mut labels = subject_labels(plan, environment, subject);
    let mut level = subject.label().map_or("environment", |(name, _)| name).to_owned();
    for (name, value) in &found.labels {
        level = format!("{level}_{name}");
        labels.push((name.clone(), value.clone()));
    }
    let mut record = format!("{level}:{}", found.metric.replace('.', ":"));
    if what == What::Events {
        record.push_str(":events");
    }
    let windowed = found.is_windowed() || what == What::Events;
    if windowed {
        record = format!("{record}:{}", prometheus_duration(window));
    }
    Recording {
        record,
        expression,
        labels,
        metric: found.metric.clone(),
        window: windowed.then_some(window),
        what,
        origin: found.origin.clone(),
    }
}

/// A metric on the dashboard of a service: its panel, and the series that it draws.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The metric.
    pub metric: model::StdMetric,
    /// The series.
    pub recording: Recording,
    /// Its panel.
    pub panel: model::StdMetricPanel,
    /// The queue, where it is of one.
    pub queue: Option<String>,
}

/// What the dashboard of a service shows in an environment, in the order of rows and panels.
pub fn board(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<Shown> {
    let Some(kind) = service_kind(workload.role.value) else { return Vec::new() };
    let mut shown = Vec::new();
    for fact in standard::all::<model::StdMetric>("metric") {
        let Some(panel) = fact.panel.clone() else { continue };
        let of_kind = fact.kind.is_empty() || fact.kind.iter().any(|one| one.value == kind);
        let (queues, subjects): (Vec<Option<String>>, Vec<Subject<'_>>) = match fact.subject.value {
            model::MetricSubject::Service if of_kind => (vec![None], vec![Subject::Workload(workload)]),
            model::MetricSubject::Queue if of_kind => {
                let queues = super::super::applies::queues(plan, environment, workload);
                let names = queues.iter().map(|queue| Some(queue.name.value.clone())).collect();
                (names, vec![Subject::Workload(workload)])
            }
            model::MetricSubject::Service
            | model::MetricSubject::Queue
            | model::MetricSubject::Resource
            | model::MetricSubject::Domain
            | model::MetricSubject::Environment => continue,
        };
        for subject in subjects {
            for queue in &queues {
                let metric = with_queue(&fact.name.value, queue.as_deref());
                if let Some(recording) = recording(plan, environment, subject, &metric, None) {
                    shown.push(Shown { metric: fact.clone(), recording, panel: panel.clone(), queue: queue.clone() });
                }
            }
        }
    }
    shown
}

fn with_queue(name: &str, queue: Option<&str>) -> Metric {
    let mut metric = metric_named(name);
    if let Some(queue) = queue {
        metric.labels.push(crate::syntax::expression::MetricLabel {
            name: "queue".to_owned(),
            name_place: crate::syntax::expression::Place::default(),
            value: queue.to_owned(),
            value_place: crate::syntax::expression::Place::default(),
        });
    }
    metric
}
