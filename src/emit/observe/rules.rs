//! Recording and alerting rules for Prometheus, one file per service, resource or objective of an environment.

use std::collections::BTreeMap;

use crate::artifact::{Artifact, Dialect, Group, Part, Tree, code, list, map, mixed, text};
use crate::derive::EnvironmentFacts;
use crate::plan::Plan;
use crate::plan::link;
use crate::plan::signal::{
    Boards, Recording, Signal, SignalKind, board, defaults, prometheus_duration, recordings_of, watched,
};
use crate::source::Origin;

/// The folder of rules.
pub(super) const FOLDER: &str = "deploy/observability/prometheus/rules";

/// The rules of one subject in one environment.
pub(crate) struct RuleFile<'p> {
    /// The name of the file, without folder and ending.
    pub(super) stem: String,
    /// The environment.
    pub(super) environment: &'p EnvironmentFacts,
    /// Its recording rules.
    pub(super) recordings: Vec<Recording>,
    /// Its alerts.
    pub(super) signals: Vec<Signal>,
    /// What made it.
    pub(super) origin: Origin,
}

/// Every file of rules, in the order of environments, services, resources and objectives.
pub(crate) fn files<'p>(plan: &Plan<'p>, signals: &[Signal]) -> Vec<RuleFile<'p>> {
    let mut made = Files::default();
    for environment in watched(plan) {
        for workload in &environment.workloads {
            let shown = board(plan, environment, workload).into_iter().map(|shown| shown.recording);
            shown.for_each(|recording| made.add(environment, recording, &workload.name.origin));
        }
        for dashboard in &plan.model.declared.dashboards {
            for panel in dashboard.row.iter().flat_map(|row| &row.panel) {
                for recording in recordings_of(plan, environment, &panel.metric.value) {
                    made.add(environment, recording, &panel.origin);
                }
            }
        }
        for objective in plan.objectives(environment) {
            let windows = objective.windows.iter().flat_map(|window| [&window.long, &window.short, &window.events]);
            let all = windows.chain([&objective.good, &objective.total, &objective.budget]);
            all.for_each(|recording| made.add(environment, recording.clone(), &objective.origin));
        }
        for signal in signals.iter().filter(|signal| signal.environment == environment.name.value) {
            for recording in &signal.recordings {
                made.add(environment, recording.clone(), &signal.origin);
            }
            made.file(environment, signal_stem(signal), &signal.origin).signals.push(signal.clone());
        }
    }
    made.all
}

/// The files made so far, found by name.
#[derive(Default)]
struct Files<'p> {
    all: Vec<RuleFile<'p>>,
    by_stem: BTreeMap<String, usize>,
}

impl<'p> Files<'p> {
    fn add(&mut self, environment: &'p EnvironmentFacts, recording: Recording, origin: &Origin) {
        let file = self.file(environment, recording_stem(&recording), origin);
        if !file.recordings.iter().any(|known| known.record == recording.record && known.labels == recording.labels) {
            file.recordings.push(recording);
        }
    }

    fn file(&mut self, environment: &'p EnvironmentFacts, stem: String, origin: &Origin) -> &mut RuleFile<'p> {
        let stem = format!("{}.{stem}", environment.name.value);
        let at = match self.by_stem.get(&stem) {
            Some(at) => *at,
            None => {
                let (recordings, signals) = (Vec::new(), Vec::new());
                self.by_stem.insert(stem.clone(), self.all.len());
                self.all.push(RuleFile { stem, environment, recordings, signals, origin: origin.clone() });
                self.all.len() - 1
            }
        };
        #[allow(clippy::indexing_slicing, reason = "the place was found or made just above")]
        &mut self.all[at]
    }
}

/// Which file records each series.
pub(super) fn recorded_in<'f>(files: &'f [RuleFile<'_>]) -> BTreeMap<Recorded<'f>, usize> {
    let series = files.iter().enumerate().flat_map(|(at, file)| {
        file.recordings.iter().map(move |one| ((one.record.as_str(), one.labels.as_slice()), at))
    });
    series.collect()
}

/// A recorded series: its name and its labels.
pub(super) type Recorded<'f> = (&'f str, &'f [(String, String)]);

/// The file a recorded series belongs to: by its last label that names a thing.
fn recording_stem(recording: &Recording) -> String {
    let label = |name: &str| recording.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str());
    match (label("slo"), label("service"), label("resource")) {
        (Some(slo), ..) => format!("slo.{slo}"),
        (None, Some(service), _) => format!("service.{service}"),
        (None, None, Some(resource)) => format!("resource.{resource}"),
        (None, None, None) => label("domain").map_or_else(|| "environment".to_owned(), domain_stem),
    }
}

fn signal_stem(signal: &Signal) -> String {
    match (&signal.kind, &signal.service, &signal.resource) {
        (SignalKind::Burn { slo, .. }, ..) => format!("slo.{slo}"),
        (SignalKind::Default | SignalKind::Declared, Some(service), _) => format!("service.{service}"),
        (SignalKind::Default | SignalKind::Declared, None, Some(resource)) => format!("resource.{resource}"),
        (SignalKind::Default | SignalKind::Declared, None, None) => {
            signal.domain.as_deref().map_or_else(|| "environment".to_owned(), domain_stem)
        }
    }
}

/// A file of its own for each domain: where two alerts of one name share a file, a test of one sees the other fire for
/// want of its series.
fn domain_stem(domain: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    format!("domain.{}", domain.chars().map(plain).collect::<String>())
}

/// The labels that a rule gives its alert.
pub(super) fn alert_labels(plan: &Plan<'_>, signal: &Signal) -> Vec<(String, String, Origin)> {
    let mut labels = vec![
        ("severity".to_owned(), signal.severity.word().to_owned(), signal.origin.clone()),
        ("app".to_owned(), plan.app().to_owned(), signal.origin.clone()),
        ("environment".to_owned(), signal.environment.clone(), signal.origin.clone()),
    ];
    let subjects = [("service", &signal.service), ("resource", &signal.resource), ("domain", &signal.domain)];
    for (name, value) in subjects {
        labels.extend(value.as_ref().map(|value| (name.to_owned(), value.clone(), signal.origin.clone())));
    }
    labels.extend(signal.route.as_ref().map(|route| ("route".to_owned(), route.value.clone(), route.origin.clone())));
    labels
}

/// The annotations of an alert: data for people, and links.
pub(super) fn annotations(plan: &Plan<'_>, boards: &Boards, signal: &Signal) -> Vec<(String, String, Origin)> {
    let mut all = vec![
        ("summary".to_owned(), signal.summary.clone(), signal.origin.clone()),
        ("description".to_owned(), signal.description.clone(), signal.origin.clone()),
        ("condition".to_owned(), signal.text.clone(), signal.bound.clone()),
    ];
    if let Some(runbook) = &signal.runbook
        && let Some(url) = link::runbook_url(&runbook.value, plan)
    {
        all.push(("runbook_url".to_owned(), url, runbook.origin.clone()));
    }
    let environment = plan.facts.environment(&signal.environment);
    let observe = environment.and_then(|environment| plan.observe(environment));
    if let Some((uid, panel)) = boards.panel_of(plan, signal)
        && let Some(url) = link::dashboard_url(observe, &uid, &signal.environment, panel)
    {
        all.push(("dashboard_url".to_owned(), url, signal.origin.clone()));
    }
    all
}

/// Adds the files.
pub(super) fn emit(plan: &Plan<'_>, files: &[RuleFile<'_>], boards: &Boards, artifacts: &mut Vec<Artifact>) {
    let defaults = defaults();
    for file in files {
        let recorded = file.recordings.iter().map(recording_rule);
        let alerts = file.signals.iter().map(|signal| alert_rule(plan, boards, signal));
        let group = map()
            .put("name", text(format!("{}.{}", plan.app(), file.stem)).at(&file.origin))
            .put(
                "interval",
                text(prometheus_duration(defaults.evaluation_interval.value)).at(&defaults.evaluation_interval.origin),
            )
            .put("rules", list(recorded.chain(alerts)));
        let document = map().put("groups", list([group]));
        let path = format!("{FOLDER}/{}.yml", file.stem);
        artifacts.push(Artifact::yaml(path, Group::Observability, Dialect::Prometheus, document, &file.origin));
    }
}

fn recording_rule(recording: &Recording) -> Tree {
    let origin = &recording.origin;
    let labels = recording.labels.iter().map(|(name, value)| (name.clone(), text(value.clone())));
    map()
        .put("record", text(recording.record.clone()))
        .put("expr", code(recording.expression.clone()))
        .put("labels", map().put_all(labels))
        .at(origin)
}

fn alert_rule(plan: &Plan<'_>, boards: &Boards, signal: &Signal) -> Tree {
    let labels = alert_labels(plan, signal).into_iter();
    let annotations = annotations(plan, boards, signal).into_iter();
    // What a service declares moves the number of a default alert, not how long it holds.
    let held = if signal.kind == SignalKind::Default { &signal.origin } else { &signal.bound };
    let hold = (!signal.hold.is_zero()).then(|| text(prometheus_duration(signal.hold)).at(held));
    let data = |(name, value, origin): (String, String, Origin)| (name, mixed([Part::text(value)]).at(&origin));
    map()
        .put("alert", text(signal.name.clone()))
        .put("expr", code(signal.expression.clone()).at(&signal.bound))
        .put_some("for", hold)
        .put("labels", map().put_all(labels.map(data)))
        .put("annotations", map().put_all(annotations.map(data)))
        .at(&signal.origin)
}
