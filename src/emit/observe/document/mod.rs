//! `monitoring-setup.md`: what is watched, how, and who is told; beside it the contract of what programs export.

mod contract;

use std::collections::BTreeSet;

use crate::artifact::markdown::{Inline, Prose, bullets, heading, item, paragraph, prose, row, table};
use crate::artifact::{Artifact, Block, Group};
use crate::emit::observe::collector::{self, Collector};
use crate::emit::observe::prometheus::{self, Pushed};
use crate::emit::observe::source::Used;
use crate::emit::observe::{alertmanager, grafana, rules};
use crate::model::{LogFormat, StdMetricSource};
use crate::plan::signal::{Board, Signal, defaults, omissions, watched};
use crate::plan::{Plan, joined, link};
use crate::source::Origin;

/// Adds both documents.
pub(super) fn emit(
    plan: &Plan<'_>,
    signals: &[Signal],
    boards: &[Board],
    used: &[Used<'_>],
    artifacts: &mut Vec<Artifact>,
) {
    if watched(plan).is_empty() {
        return;
    }
    let origin = Origin::rule("every project that is watched has this document");
    let path = |name: &str| format!("{}/observability/{name}.md", plan.docs());
    let setup = setup(plan, signals, boards, used);
    artifacts.push(Artifact::markdown(path("monitoring-setup"), Group::Observability, setup, &origin));
    let contract = contract::blocks(plan);
    artifacts.push(Artifact::markdown(path("metrics-contract"), Group::Observability, contract, &origin));
}

fn setup(plan: &Plan<'_>, signals: &[Signal], boards: &[Board], used: &[Used<'_>]) -> Vec<Block> {
    let mut blocks = vec![heading(1, "Monitoring set-up")];
    blocks.extend(sources(plan, used));
    blocks.extend(pushed(plan));
    blocks.extend(thresholds(plan, signals));
    blocks.extend(promises(plan));
    blocks.extend(escalation(plan));
    blocks.extend(dashboards(plan, boards));
    blocks.extend(logs(plan));
    blocks.extend(left_out(plan));
    blocks
}

/// Where the metrics come from, and what must run for them.
fn sources(plan: &Plan<'_>, used: &[Used<'_>]) -> Vec<Block> {
    let mut programs: Vec<(&'static StdMetricSource, Vec<&str>, Vec<Origin>)> = Vec::new();
    for one in used {
        let at = programs.iter().position(|(known, ..)| known.title.value == one.fact.title.value);
        let flags = one.fact.needs.iter().map(|flag| flag.value.as_str());
        match at.and_then(|at| programs.get_mut(at)) {
            Some((_, known, origins)) => {
                known.extend(flags);
                origins.push(one.origin.clone());
            }
            None => programs.push((one.fact, flags.collect(), vec![one.origin.clone()])),
        }
    }
    let mut all = table(["Source", "What must run", "Flags"]);
    for (source, mut flags, origins) in programs {
        let origin = joined(origins).unwrap_or_default();
        let mut told = BTreeSet::new();
        flags.retain(|flag| told.insert(*flag));
        let describe = source.describe.as_ref().map(|text| text.value.clone()).unwrap_or_default();
        let flags = Prose::joined(flags.into_iter().map(Inline::code), " ");
        all = all.row(row([Prose::from(source.title.value.clone()), prose(&describe, &[]), flags]).at(&origin));
    }
    let pushed =
        if collector::collectors(plan).iter().any(Collector::takes_metrics) { Pushed::Yes } else { Pushed::No };
    let flags = prometheus::flags(plan, pushed).into_iter().map(Inline::code);
    let mut blocks = vec![
        heading(2, "Metrics"),
        paragraph(
            Prose::from("Prometheus runs with ")
                .then(Inline::file("prometheus.yml", prometheus::PATH))
                .then(" and the flags ")
                .then(Prose::joined(flags, " "))
                .then("; it reads the rules in ")
                .then(Inline::code(rules::FOLDER))
                .then(", which lie beside their unit tests. What each program exports is written in the ")
                .then(Inline::file("metrics contract", format!("{}/observability/metrics-contract.md", plan.docs())))
                .then("."),
        ),
        all,
    ];
    for environment in watched(plan) {
        let observe = plan.observe(environment);
        let metrics = observe.and_then(|observe| observe.metrics.as_ref());
        let origin = metrics.map_or(&environment.name.origin, |metrics| &metrics.origin);
        let at = Prose::from(format!("In {} Prometheus", environment.name.value));
        let at = match metrics.and_then(|metrics| metrics.url.as_ref()) {
            Some(url) => at.then(" at ").then(Inline::url(url.value.clone(), url.value.clone())),
            None => at,
        };
        let text = at.then(format!(
            " keeps samples for {} and evaluates rules every {}.",
            plan.retention(environment),
            defaults().evaluation_interval.value
        ));
        blocks.push(paragraph(text).at(origin));
    }
    blocks
}

/// The collectors, and what their own environment must hold.
fn pushed(plan: &Plan<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for collector in collector::collectors(plan) {
        let names: Vec<&str> = collector.environments.iter().map(|one| one.name.value.as_str()).collect();
        let Some(origin) = collector.origin() else { continue };
        let text = Prose::from(format!(
            "The collector of {} is OpenTelemetry's contrib distribution with ",
            names.join(" and ")
        ))
        .then(Inline::file(NAME_SHOWN, collector.path.clone()))
        .then("; it takes OTLP on ports 4317 (gRPC) and 4318 (HTTP), from the programs alone.");
        blocks.push(paragraph(text).at(&origin));
        let variables = collector.variables();
        if !variables.is_empty() {
            let told = |(name, what): (&str, &str)| item(Prose::from(Inline::code(name)).then(format!(": {what}.")));
            blocks.push(paragraph("Its environment holds, as nothing declares them:").at(&origin));
            blocks.push(bullets(variables.into_iter().map(told)));
        }
    }
    if blocks.is_empty() { blocks } else { [vec![heading(2, "Collector")], blocks].concat() }
}

/// What a link to the collector's configuration is called.
const NAME_SHOWN: &str = "its configuration";

/// Every alert with its number, and where it leads.
fn thresholds(plan: &Plan<'_>, signals: &[Signal]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for environment in watched(plan) {
        let here: Vec<&Signal> = signals.iter().filter(|signal| signal.environment == environment.name.value).collect();
        if here.is_empty() {
            continue;
        }
        let mut all = table(["Alert", "About", "Fires when", "Severity", "What to do"]);
        for signal in here {
            let about = [&signal.service, &signal.resource, &signal.domain].into_iter().flatten().next();
            let about = about.cloned().unwrap_or_else(|| signal.environment.clone());
            let what = match &signal.runbook {
                Some(runbook) => Prose::from(Inline::section(
                    link::runbook_title(&runbook.value, plan),
                    link::runbook_path(plan),
                    link::runbook_anchor(&runbook.value, plan),
                )),
                None => Prose::default(),
            };
            let cells = [
                Prose::from(Inline::code(signal.name.clone())),
                about.into(),
                Inline::code(signal.text.clone()).into(),
                signal.severity.word().into(),
                what,
            ];
            all = all.row(row(cells).at(&signal.origin));
        }
        blocks.push(heading(3, format!("In {}", environment.name.value)).at(&environment.name.origin));
        blocks.push(all);
    }
    if !blocks.is_empty() {
        blocks.insert(0, heading(2, "Thresholds"));
    }
    blocks
}

/// The objectives, and what the compiler changed about their windows.
fn promises(plan: &Plan<'_>) -> Vec<Block> {
    let mut all = table(["Objective", "Service", "Promise", "Bad requests allowed", "Burn alerts"]);
    let mut notes = Vec::new();
    for environment in watched(plan) {
        for objective in plan.objectives(environment) {
            let good = match &objective.under {
                Some(under) => format!("{} answered within {}", objective.share.value, under.value),
                None => format!("{} answered without a server error", objective.share.value),
            };
            let windows: Vec<String> =
                objective.windows.iter().map(|window| format!("{} times ({})", window.factor, window.name)).collect();
            let cells = [
                objective.name.clone(),
                objective.service.clone(),
                format!("{good} over {}", objective.window.value),
                objective.share.value.rest().to_string(),
                windows.join(", "),
            ];
            all = all.row(row(cells).at(&objective.origin));
            notes.extend(
                objective
                    .notes
                    .iter()
                    .map(|note| item(Prose::from(format!("{}: {note}", objective.name))).at(&objective.origin)),
            );
        }
    }
    if all.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![heading(2, "Objectives"), all];
    if !notes.is_empty() {
        blocks.push(bullets(notes));
    }
    blocks
}

/// Who is told, and who next.
fn escalation(plan: &Plan<'_>) -> Vec<Block> {
    let routes = alertmanager::routes(plan);
    if routes.is_empty() {
        return Vec::new();
    }
    let owner = plan.model.app.as_ref().and_then(|app| app.owner.as_ref());
    let contact = owner.map(|owner| match &owner.contact {
        Some(contact) => format!("{} ({})", owner.name.value, contact.value),
        None => owner.name.value.clone(),
    });
    let mut all = table(["Route", "By", "Unanswered for", "Then to", "Key"]);
    for (index, route) in routes.iter().enumerate() {
        let above = index.checked_sub(1).and_then(|above| routes.get(above)).map(|above| above.name.value.clone());
        let next = above.or_else(|| contact.clone()).unwrap_or_default();
        let after = route.escalate_after.as_ref().map(|after| after.value.to_string());
        let key = alertmanager::secret_of(route)
            .map(|secret| Prose::from(Inline::code(format!("{}/{secret}", alertmanager::SECRETS))))
            .unwrap_or_default();
        let by = match &route.channel {
            Some(channel) => format!("{} {}", route.to.value.word(), channel.value),
            None => route.to.value.word().to_owned(),
        };
        let next = if after.is_some() { next } else { String::new() };
        let cells =
            [Prose::from(route.name.value.clone()), by.into(), after.unwrap_or_default().into(), next.into(), key];
        all = all.row(row(cells).at(&route.origin));
    }
    vec![
        heading(2, "Escalation"),
        paragraph(
            "An alert is answered by silencing it in Alertmanager. What is neither silenced nor over in the time below goes on. Alerts of environments that are not production wake nobody.",
        ),
        all,
    ]
}

fn dashboards(plan: &Plan<'_>, boards: &[Board]) -> Vec<Block> {
    let environments = watched(plan);
    let observe = environments.last().and_then(|environment| plan.observe(environment));
    let name = environments.last().map(|environment| environment.name.value.as_str()).unwrap_or_default();
    let mut items = Vec::new();
    for board in boards {
        let file = Inline::file(board.title.clone(), format!("{}/{}.json", grafana::FOLDER, board.file));
        let line = match link::dashboard_url(observe, &board.uid, name, None) {
            Some(url) => Prose::from(file).then(", at ").then(Inline::url("Grafana", url)),
            None => file.into(),
        };
        items.push(item(line).at(&board.origin));
    }
    if items.is_empty() { Vec::new() } else { vec![heading(2, "Dashboards"), bullets(items)] }
}

fn logs(plan: &Plan<'_>) -> Vec<Block> {
    let environments = watched(plan);
    let Some(observe) = environments.last().and_then(|environment| plan.observe(environment)) else {
        return Vec::new();
    };
    let mut blocks = Vec::new();
    if let Some(logs) = &observe.logs {
        let form = match logs.format.value {
            LogFormat::Json => "one JSON object per line",
            LogFormat::Logfmt => "key=value pairs",
            LogFormat::Text => "free text",
        };
        blocks.push(heading(2, "Logs"));
        blocks.push(bullets([
            item(format!("Format: {form}.")).at(&logs.format.origin),
            item(format!("Level: {} and above.", logs.level.value.word())).at(&logs.level.origin),
            item(format!("Kept for {}.", logs.retain.value)).at(&logs.retain.origin),
        ]));
        if let Some(redact) = &logs.redact {
            let fields = redact.value.split(',').map(|field| Inline::code(field.trim().to_owned()));
            let text =
                Prose::from("Struck out before a line leaves the host: ").then(Prose::joined(fields, ", ")).then(".");
            blocks.push(paragraph(text).at(&redact.origin));
        }
    }
    if let Some(traces) = &observe.traces {
        blocks.push(heading(2, "Traces"));
        let to = traces.url.as_ref().map(|url| format!(" to {}", url.value)).unwrap_or_default();
        let text = format!("{} of requests are traced and sent{to} by OTLP.", traces.sample.value);
        blocks.push(paragraph(text).at(&traces.origin));
    }
    blocks
}

/// The default alerts that cannot stand.
fn left_out(plan: &Plan<'_>) -> Vec<Block> {
    let mut all = table(["Alert", "About", "Why"]);
    for omission in omissions(plan) {
        let about = format!("{} in {}", omission.about, omission.environment);
        let cells = [
            Prose::from(Inline::code(omission.alert)),
            about.into(),
            format!("{}.", omission.reason.trim_end_matches('.')).into(),
        ];
        all = all.row(row(cells).at(&omission.origin));
    }
    if all.is_empty() { Vec::new() } else { vec![heading(2, "Not watched"), all] }
}
