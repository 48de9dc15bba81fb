//! The section Monitoring: what is promised, what people are told of, what the numbers mean, and where they are seen.

use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, heading, item, prose, row, table};
use crate::derive::Role;
use crate::emit::paper::deployment::{Deployment, by_environment, deployments};
use crate::emit::paper::{always, code, names, people, section};
use crate::model::{self, Sli};
use crate::ordered::Ordered;
use crate::plan::signal::{Signal, SignalKind};
use crate::plan::{Plan, joined, link};
use crate::source::Origin;
use crate::standard;

/// The heading below which dashboards and logs are listed.
const SEEN: &str = "Dashboards and logs";

/// The heading below which dashboards and logs are listed, where there are any.
pub(super) fn seen(plan: &Plan<'_>) -> Option<&'static str> {
    (!tools(plan).is_empty() || !links(plan).is_empty()).then_some(SEEN)
}

pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("a part of every runbook");
    let signals = plan.signals();
    let mut out = Vec::new();
    section(&mut out, heading(3, "Objectives").at(&rule), vec![objectives(plan)]);
    section(&mut out, heading(3, "Alerts").at(&rule), vec![alerts(plan, signals)]);
    section(&mut out, heading(3, "Metrics").at(&rule), vec![metrics(plan, signals)]);
    section(&mut out, heading(3, SEEN).at(&rule), vec![tools(plan), links(plan)]);
    section(&mut out, heading(3, "Review").at(&rule), vec![review(plan)]);
    out
}

/// How often thresholds and incidents are looked at again, as the posture asks.
fn review(plan: &Plan<'_>) -> Block {
    let app = plan.model.app.as_ref();
    let posture = app.and_then(|app| app.posture.as_ref());
    let name = posture.map(|posture| posture.value).unwrap_or_default();
    let fact: Option<&'static model::StdPosture> = standard::get("posture", name.word());
    let every = fact.and_then(|fact| fact.require.iter().find(|row| row.name.value == "review"));
    let chosen = if posture.is_some() { "declared" } else { "default" };
    let items = every.map(|every| {
        let words = prose(
            "Incidents, thresholds and this runbook are reviewed every {every}, as the {chosen} posture {posture} asks.",
            &[
                ("every", Inline::text(&every.value.value)),
                ("chosen", Inline::text(chosen)),
                ("posture", code(name.word())),
            ],
        );
        let declared = posture.map(|posture| &posture.origin).or(app.map(|app| &app.name.origin));
        item(words).at(&declared.cloned().unwrap_or_default().with(&every.value.origin))
    });
    bullets(items)
}

/// The objectives, a row each.
fn objectives(plan: &Plan<'_>) -> Block {
    let rows = plan.model.declared.slos.iter().filter_map(|slo| {
        let objective = slo.objective.as_ref()?;
        let sli = match (objective.sli.value, &objective.under) {
            (Sli::Availability, _) => "requests without a server error".to_owned(),
            (Sli::Latency, Some(under)) => ["requests faster than ", &under.value.to_string()].concat(),
            (Sli::Latency, None) => "fast requests".to_owned(),
        };
        let notify = slo.notify.as_ref().map(|notify| {
            let routes = notify.page.iter().chain(notify.ticket.iter()).map(|route| route.value.as_str());
            names(routes)
        });
        Some(
            row([
                Prose::from(code(&slo.name.value)),
                Prose::from(code(&slo.service.value)),
                sli.into(),
                objective.share.value.to_string().into(),
                objective.window.value.to_string().into(),
                notify.unwrap_or_default(),
            ])
            .at(&slo.origin),
        )
    });
    table(["Objective", "Service", "Share of", "At least:", "Over:", "Tells"]).rows(rows)
}

/// Alerts that say the same of several programs share a row.
struct Told<'s> {
    signal: &'s Signal,
    places: Ordered<&'s str, (&'s str, Vec<&'s str>)>,
    origins: Vec<Origin>,
}

fn alerts(plan: &Plan<'_>, signals: &[Signal]) -> Block {
    let mut rows: Ordered<_, Told<'_>> = Ordered::default();
    for signal in signals {
        let about = signal.service.as_deref().or(signal.resource.as_deref()).or(signal.domain.as_deref());
        let about = about.unwrap_or(signal.environment.as_str());
        let key = (signal.name.as_str(), signal.text.as_str(), signal.severity.word(), route_name(signal));
        let told = rows.or_insert_with(key, || Told { signal, places: Ordered::default(), origins: Vec::new() });
        let place = signal.environment.as_str();
        let (_, known) = told.places.or_insert_with(place, || (place, Vec::new()));
        known.push(about);
        told.origins.push(signal.origin.clone());
    }
    let rows = rows.into_iter().map(|told| {
        let places =
            told.places.into_iter().map(|(place, about)| Prose::from(code(place)).then(" ").then(names(about)));
        let reaches = match route_name(told.signal) {
            Some(route) => people::route_words(plan, route),
            None => "nobody: no route is declared".into(),
        };
        let entry = told.signal.runbook.as_ref().map(|runbook| {
            let name = &runbook.value;
            Prose::from(Inline::here(link::runbook_title(name, plan), link::runbook_anchor(name, plan)))
        });
        row([
            alert_name(told.signal),
            Prose::from(code(&told.signal.text)),
            Prose::joined(places, "; "),
            reaches,
            entry.unwrap_or_default(),
        ])
        .at(&joined(told.origins).unwrap_or_default())
    });
    table(["Alert", "Fires when", "Where", "Reaches", "What to do"]).rows(rows)
}

fn route_name(signal: &Signal) -> Option<&str> {
    signal.route.as_ref().map(|route| route.value.as_str())
}

fn alert_name(signal: &Signal) -> Prose {
    match &signal.kind {
        SignalKind::Default | SignalKind::Declared => Prose::from(code(&signal.name)),
        SignalKind::Burn { slo, window } => prose(
            "{name}: the budget of {slo}, {window} window",
            &[("name", code(&signal.name)), ("slo", code(slo)), ("window", Inline::text(window))],
        ),
    }
}

/// What each metric of a condition means.
fn metrics(plan: &Plan<'_>, signals: &[Signal]) -> Block {
    let mut used: Ordered<String, (String, Vec<Origin>)> = Ordered::default();
    let mut add = |name: &str, origin: &Origin| {
        let (_, origins) = used.or_insert_with(name.to_owned(), || (name.to_owned(), Vec::new()));
        origins.push(origin.clone());
    };
    for signal in signals {
        for metric in signal.conditions.iter().flat_map(|condition| condition.metrics()) {
            add(&metric.name, &signal.origin);
        }
    }
    for one in deployments(plan) {
        let rollback = plan.strategy(one.environment, one.workload).and_then(|strategy| strategy.rollback.as_ref());
        for when in rollback.into_iter().flat_map(|rollback| &rollback.when) {
            for metric in when.value.metrics() {
                add(&metric.name, &when.origin);
            }
        }
    }
    let told = used.into_iter().filter_map(|(name, origins)| metric_item(plan, &name, &joined(origins)?));
    bullets(told)
}

fn metric_item(plan: &Plan<'_>, name: &str, origin: &Origin) -> Option<Item> {
    let own = plan.model.declared.metrics.iter().find(|metric| metric.name.value == name);
    let head = Prose::from(code(name)).then(": ");
    if let Some(own) = own {
        let describe = own.describe.as_ref()?;
        return Some(item(head.then(Inline::text(&describe.value))).at(&describe.origin));
    }
    let fact: &'static model::StdMetric = standard::get("metric", name)?;
    Some(item(head.then(fact.describe.as_ref()?.value.as_str())).at(origin))
}

/// The tools that keep and show measurements.
fn tools(plan: &Plan<'_>) -> Block {
    let mut all = Vec::new();
    let mut seen = Vec::new();
    for environment in plan.lasting() {
        let Some(observe) = plan.observe(environment) else { continue };
        let metrics = observe.metrics.as_ref().and_then(|metrics| metrics.url.as_ref()).map(|url| ("Metrics", url));
        let boards = observe.dashboards.as_ref().and_then(|boards| boards.url.as_ref()).map(|url| ("Dashboards", url));
        for (what, url) in metrics.into_iter().chain(boards) {
            if !seen.contains(&(what, url.value.clone())) {
                seen.push((what, url.value.clone()));
                let words = Prose::from([what, ": "].concat()).then(Inline::url(&url.value, &url.value)).then(".");
                all.push(item(words).at(&url.origin));
            }
        }
        if let Some(logs) = &observe.logs {
            let words = prose(
                "Logs: {format}, from level {level} on, kept for {retain}.",
                &[
                    ("format", Inline::text(logs.format.value.word())),
                    ("level", code(logs.level.value.word())),
                    ("retain", Inline::text(logs.retain.value.to_string())),
                ],
            );
            if !seen.contains(&("Logs", words.shown())) {
                seen.push(("Logs", words.shown()));
                all.push(item(words).at(&logs.origin));
            }
        }
    }
    bullets(all)
}

/// The platform's own pages of each program.
fn links(plan: &Plan<'_>) -> Block {
    let mut rows = Vec::new();
    for (environment, group) in by_environment(&deployments(plan)) {
        for one in group {
            let links = platform_links(plan, &one);
            if !links.is_empty() {
                let origin = joined([one.origin(), one.workload.host.platform.origin.clone()]).unwrap_or_default();
                rows.push(
                    row([
                        Prose::from(code(&environment.name.value)),
                        Prose::from(code(one.name())),
                        Prose::joined(links, ", "),
                    ])
                    .at(&origin),
                );
            }
        }
    }
    table(["Environment", "Program", "Pages"]).rows(rows)
}

fn platform_links(plan: &Plan<'_>, one: &Deployment<'_>) -> Vec<Inline> {
    let form = match one.workload.role.value {
        Role::Web | Role::Api | Role::Static | Role::Function => "service",
        Role::Worker => "worker",
        Role::Cron | Role::Task => "job",
    };
    let Some(platform) = standard::platform(&one.workload.host.platform.value) else { return Vec::new() };
    platform
        .link
        .iter()
        .filter(|link| link.for_.value == form)
        .filter_map(|link| {
            let url = crate::emit::paper::command::address(plan, one.environment, one.workload, &link.url.value)?;
            Some(Inline::url(&link.name.value, url))
        })
        .collect()
}
