//! Who makes the series that the rules read, and about whom: what must run beside Prometheus, and what it scrapes.

use std::collections::BTreeMap;

use crate::derive::EnvironmentFacts;
use crate::emit::observe::rules::RuleFile;
use crate::model::{MetricExporter, StdMetric, StdMetricSource};
use crate::plan::Plan;
use crate::plan::signal::{Measure, Recording, Scope, Subject, measure, metric_named};
use crate::source::Origin;
use crate::standard;
use crate::syntax::expression::{Metric, MetricLabel, Place};

/// The label of a subject and its value; none of what is about a whole environment.
pub(super) type About = Option<(&'static str, String)>;

/// An exporter, and one subject that it is asked about.
pub(super) struct Used<'p> {
    pub(super) by: MetricExporter,
    pub(super) fact: &'static StdMetricSource,
    pub(super) environment: &'p EnvironmentFacts,
    pub(super) about: About,
    pub(super) origin: Origin,
}

/// Every exporter with every subject that a rule reads of it, in the order of the rules.
pub(super) fn used<'p>(plan: &Plan<'p>, files: &[RuleFile<'p>]) -> Vec<Used<'p>> {
    let mut told: BTreeMap<(&str, &str, About), usize> = BTreeMap::new();
    let mut all: Vec<Used<'_>> = Vec::new();
    for file in files {
        for recording in &file.recordings {
            let Some(found) = measured(plan, file.environment, recording) else { continue };
            let Some(fact) = standard::get::<StdMetricSource>("metric-source", found.exporter.word()) else { continue };
            let subject = subject_of(plan, file.environment, recording);
            let about = subject.label().map(|(name, value)| (name, value.to_owned()));
            let is_known = standard::get::<StdMetric>("metric", &recording.metric).is_some();
            let at = *told.entry((found.exporter.word(), &file.environment.name.value, about.clone())).or_insert_with(
                || {
                    let origin = file.origin.clone();
                    all.push(Used { by: found.exporter, fact, environment: file.environment, about, origin });
                    all.len() - 1
                },
            );
            // A metric of the project's own is exported whatever else is.
            if let (false, Some(used)) = (is_known, all.get_mut(at)) {
                used.origin = used.origin.clone().with(&recording.origin);
            }
        }
    }
    all
}

/// The workload, resource or domain of a recorded series.
pub(super) fn subject_of<'p>(
    plan: &Plan<'p>,
    environment: &'p EnvironmentFacts,
    recording: &'p Recording,
) -> Subject<'p> {
    let label = |name: &str| recording.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str());
    if let Some(workload) = label("service").and_then(|name| environment.workload(name)) {
        return Subject::Workload(workload);
    }
    let resources = &plan.setting(environment).resources;
    if let Some(name) = label("resource")
        && let Some(resource) = resources.iter().find(|resource| resource.name.value == name)
    {
        return Subject::Resource(resource);
    }
    label("domain").map_or(Subject::Environment, Subject::Domain)
}

/// The measure behind a recorded series.
pub(super) fn measured(plan: &Plan<'_>, environment: &EnvironmentFacts, recording: &Recording) -> Option<Measure> {
    measure(plan, environment, subject_of(plan, environment, recording), &metric_of(recording), Scope::Service)
}

fn metric_of(recording: &Recording) -> Metric {
    let mut metric = metric_named(&recording.metric);
    let own = ["app", "environment", "service", "resource", "domain", "slo"];
    for (name, value) in recording.labels.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
        let place = Place::default();
        metric.labels.push(MetricLabel {
            name: name.clone(),
            name_place: place,
            value: value.clone(),
            value_place: place,
        });
    }
    metric
}
