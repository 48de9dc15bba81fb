//! Health checks, logs and metrics as the deployment plan lists them.

use std::collections::BTreeSet;

use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, heading, item, prose, row, table};
use crate::emit::paper::deployment::{by_environment, deployments, platform_title};
use crate::emit::paper::deployment_plan::about;
use crate::emit::paper::{always, code, names, section};
use crate::model;
use crate::ordered::Ordered;
use crate::plan::signal::Signal;
use crate::plan::{Plan, joined};
use crate::source::Origin;
use crate::standard;

pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("a part of every deployment plan");
    let signals = plan.signals();
    let mut out = Vec::new();
    section(&mut out, heading(3, "Health Checks").at(&rule), vec![health(plan)]);
    section(&mut out, heading(3, "Logging").at(&rule), vec![logging(plan, signals)]);
    section(&mut out, heading(3, "Metrics").at(&rule), vec![metrics(plan, signals)]);
    out
}

/// The cells of a probe, the environments in which it is the same, and what it rests on.
type Probed<'a> = (Vec<Prose>, Vec<&'a str>, Origin);

/// A row for each probe; the same in several environments is one row.
fn health(plan: &Plan<'_>) -> Block {
    let mut rows: Ordered<Vec<Prose>, Probed<'_>> = Ordered::default();
    for one in deployments(plan) {
        let service = one.service(plan);
        let of_ports = one.workload.ports.iter().filter_map(|port| port.node.health.as_ref());
        for probe in of_ports.chain(service.and_then(|service| service.health.as_ref())) {
            let endpoint = match (&probe.path, &probe.run) {
                (Some(path), _) => Prose::from(code(&path.value)),
                (None, Some(run)) => Prose::from(code(&run.value)),
                (None, None) => "the check of its protocol".into(),
            };
            let passes = prose(
                "answers within {timeout}; ended after {failures} failures in a row",
                &[
                    ("timeout", Inline::text(probe.timeout.value.to_string())),
                    ("failures", Inline::text(probe.failures.value.to_string())),
                ],
            );
            let frequency = ["every ", &probe.interval.value.to_string()].concat();
            let cells = vec![Prose::from(code(one.name())), endpoint, frequency.into(), passes];
            let new = || (cells.clone(), Vec::new(), probe.origin.clone());
            let (_, places, known) = rows.or_insert_with(cells.clone(), new);
            places.push(one.place());
            *known = known.clone().with(&probe.origin);
        }
    }
    let rows = rows.into_iter().map(|(mut cells, places, origin)| {
        cells.push(names(places));
        row(cells).at(&origin)
    });
    table(["Program", "Endpoint", "Frequency", "Conditions", "Environments"]).rows(rows)
}

fn logging(plan: &Plan<'_>, signals: &[Signal]) -> Block {
    let mut all: Vec<Item> = Vec::new();
    let mut told: Vec<Prose> = Vec::new();
    for (environment, group) in by_environment(&deployments(plan)) {
        let logs = plan.observe(environment).and_then(|observe| observe.logs.as_ref());
        for one in &group {
            let host = &one.workload.host;
            let note = standard::platform(&host.platform.value).and_then(|platform| {
                let row = platform.capability.named(model::Capability::LogRetention.word())?;
                Some(row.note.value.clone()).filter(|note| !note.is_empty())
            });
            let head = about("Platform", platform_title(host));
            let words = match (logs, note) {
                (Some(logs), note) => {
                    let words = head.then([", kept for ", &logs.retain.value.to_string(), "."].concat());
                    note.map_or(words.clone(), |note| words.then([" The platform itself: ", &note].concat()))
                }
                (None, Some(note)) => head.then([", kept as the platform does: ", &note].concat()),
                (None, None) => head.then("."),
            };
            if !told.contains(&words) {
                told.push(words.clone());
                let origin = host.platform.origin.clone();
                let origin = logs.iter().fold(origin, |all, logs| all.with(&logs.origin));
                all.push(item(words).at(&origin));
            }
        }
    }
    if let Some(origin) = joined(signals.iter().map(|signal| signal.origin.clone())) {
        let runbook = Inline::section("Alerts", crate::emit::paper::runbook::path(plan), "alerts");
        let count = signals.len().to_string();
        let words = Prose::from([&count, " alerts over all environments, with their conditions: "].concat());
        all.push(item(about("Alerts", words.then(runbook).then("."))).at(&origin));
    }
    bullets(all)
}

fn metrics(plan: &Plan<'_>, signals: &[Signal]) -> Block {
    let mut all: Vec<Item> = Vec::new();
    for metric in &plan.model.declared.metrics {
        let mut words = Prose::from(code(&metric.name.value));
        if let Some(describe) = &metric.describe {
            words = words.then(": ").then(Inline::text(&describe.value));
        }
        all.push(item(about("Business", words.then("."))).at(&metric.origin));
    }
    let own: BTreeSet<&str> = plan.model.declared.metrics.iter().map(|known| known.name.value.as_str()).collect();
    let mut used: Ordered<&str, &str> = Ordered::default();
    let mut origins = Vec::new();
    for signal in signals {
        let metrics = signal.conditions.iter().flat_map(|condition| condition.metrics());
        for metric in metrics.map(|metric| metric.name.as_str()).filter(|name| !own.contains(name)) {
            used.or_insert_with(metric, || metric);
            origins.push(signal.origin.clone());
        }
    }
    if let Some(origin) = joined(origins) {
        let words = names(used).then(".");
        all.push(item(about("Technical", words)).at(&origin));
    }
    if let Some(dashboards) = crate::emit::paper::runbook::dashboards(plan) {
        let rule = always("where dashboards are listed");
        all.push(item(about("Dashboards", Prose::from(dashboards).then("."))).at(&rule));
    }
    bullets(all)
}
