//! `monitoring-setup.md` and `metrics-contract.md`: what is watched, how, and what every program must export for it.

use crate::artifact::markdown::{Inline, Prose, bullets, fence, heading, item, paragraph, prose, row, table};
use crate::artifact::{Artifact, Block, Group};
use crate::derive::{EnvironmentFacts, Role, Workload};
use crate::emit::observe::{alertmanager, grafana, rules};
use crate::model::{self, LogFormat, MetricExporter, StdContractSeries, StdMetric, StdMetricSource};
use crate::plan::Plan;
use crate::plan::link;
use crate::plan::signal::{
    Board, Scope, Signal, Subject, convention, defaults, exporter, measure, metric_named, omissions, series_name,
    service_kind, watched,
};
use crate::source::Origin;
use crate::standard;

/// Adds both documents.
pub(super) fn emit(plan: &Plan<'_>, signals: &[Signal], boards: &[Board], artifacts: &mut Vec<Artifact>) {
    if watched(plan).is_empty() {
        return;
    }
    let origin = Origin::rule("every project that is watched has this document");
    let path = |name: &str| format!("{}/observability/{name}.md", plan.docs());
    let setup = setup(plan, signals, boards);
    artifacts.push(Artifact::markdown(path("monitoring-setup"), Group::Observability, setup, &origin));
    let contract = contract(plan);
    artifacts.push(Artifact::markdown(path("metrics-contract"), Group::Observability, contract, &origin));
}

fn setup(plan: &Plan<'_>, signals: &[Signal], boards: &[Board]) -> Vec<Block> {
    let mut blocks = vec![heading(1, "Monitoring set-up")];
    blocks.extend(sources(plan));
    blocks.extend(thresholds(plan, signals));
    blocks.extend(promises(plan));
    blocks.extend(escalation(plan));
    blocks.extend(dashboards(plan, boards));
    blocks.extend(logs(plan));
    blocks.extend(left_out(plan));
    blocks
}

/// Where the metrics come from, and what must run for them.
fn sources(plan: &Plan<'_>) -> Vec<Block> {
    let mut used: Vec<(MetricExporter, Origin)> = Vec::new();
    for environment in watched(plan) {
        for workload in &environment.workloads {
            for fact in standard::all::<StdMetric>("metric") {
                let metric = metric_named(&fact.name.value);
                let found = measure(plan, environment, Subject::Workload(workload), &metric, Scope::Service);
                if let Some(found) = found
                    && !used.iter().any(|(known, _)| *known == found.exporter)
                {
                    used.push((found.exporter, workload.name.origin.clone()));
                }
            }
        }
    }
    let mut all = table(["Source", "What must run", "Flags"]);
    for (by, origin) in used {
        let Some(source) = standard::get::<StdMetricSource>("metric-source", by.word()) else { continue };
        let describe = source.describe.as_ref().map(|text| text.value.clone()).unwrap_or_default();
        let flags = Prose::joined(source.needs.iter().map(|flag| Inline::code(flag.value.clone())), " ");
        all = all.row(row([Prose::from(source.title.value.clone()), prose(&describe, &[]), flags]).at(&origin));
    }
    let defaults = defaults();
    let mut blocks = vec![
        heading(2, "Metrics"),
        paragraph(
            Prose::from("Prometheus reads the rules in ")
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
        let address = metrics.and_then(|metrics| metrics.url.as_ref()).map(|url| format!(" at {}", url.value));
        let text = format!(
            "In {} Prometheus{} keeps samples for {} and evaluates rules every {}.",
            environment.name.value,
            address.unwrap_or_default(),
            plan.retention(environment),
            defaults.evaluation_interval.value
        );
        blocks.push(paragraph(text).at(origin));
    }
    blocks.push(fence("yaml", format!("rule_files:\n  - {}/*.yml", rules::FOLDER)));
    blocks
}

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

fn contract(plan: &Plan<'_>) -> Vec<Block> {
    let mut blocks = vec![
        heading(1, "Metrics contract"),
        paragraph("What each program must export so that its alerts, dashboards and rollbacks can see it."),
    ];
    let mut done: Vec<&str> = Vec::new();
    for environment in watched(plan).into_iter().rev() {
        for workload in &environment.workloads {
            if workload.role.value != Role::Task && !done.contains(&workload.name.value.as_str()) {
                done.push(&workload.name.value);
                blocks.extend(of_service(plan, environment, workload));
            }
        }
    }
    blocks
}

fn of_service(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<Block> {
    let setting = plan.setting(environment);
    let service = workload.service(setting);
    let origin = &workload.name.origin;
    let mut blocks = vec![heading(2, workload.name.value.clone()).at(origin)];
    let scraped = service.and_then(|service| service.metrics.as_ref());
    let way = match scraped {
        Some(metrics) => {
            let port = metrics.port.as_ref().map(|port| port.value.get());
            let port = port.or_else(|| workload.main_port().map(|port| u64::from(port.port.value)));
            let port = port.map(|port| format!(" on port {port}")).unwrap_or_default();
            paragraph(
                Prose::from("Scraped at ").then(Inline::code(metrics.path.value.clone())).then(format!("{port}.")),
            )
            .at(&metrics.origin)
        }
        None => paragraph("Pushed by OTLP to the collector.").at(origin),
    };
    blocks.push(way);
    blocks.push(labels(plan, environment, workload));
    let mut all = table(["Series", "Type", "Unit", "Labels", "Meaning"]);
    if workload.role.value.takes_traffic() {
        for (cells, at) in request_rows(plan, environment, workload) {
            all = all.row(row(cells).at(&at));
        }
    }
    for fact in contract_series(plan, environment, workload) {
        let names = fact.label.iter().map(|label| Inline::code(label.name.value.clone()));
        let cells = [
            Prose::from(Inline::code(fact.name.value.clone())),
            fact.type_.value.clone().into(),
            fact.unit.value.clone().into(),
            Prose::joined(names, ", "),
            fact.describe.as_ref().map(|text| text.value.clone()).unwrap_or_default().into(),
        ];
        all = all.row(row(cells).at(&fact.origin));
    }
    let own = setting.metrics.iter().filter(|own| {
        own.query.is_empty() && own.service.as_ref().is_some_and(|name| name.value == workload.name.value)
    });
    for own in own {
        let cells = [
            Prose::from(Inline::code(series_name(own))),
            own.kind.value.word().into(),
            own.unit.as_ref().map(|unit| unit.value.clone()).unwrap_or_default().into(),
            Prose::default(),
            own.describe.as_ref().map(|text| text.value.clone()).unwrap_or_default().into(),
        ];
        all = all.row(row(cells).at(&own.origin));
    }
    if !all.is_empty() {
        blocks.push(all);
    }
    let health = service.and_then(|service| service.health.as_ref());
    let health = health.or_else(|| workload.main_port().and_then(|port| port.node.health.as_ref()));
    if let Some(probe) = health
        && let Some(path) = &probe.path
    {
        let text =
            Prose::from("Health: ").then(Inline::code(path.value.clone())).then(" answers 200 while it can work.");
        blocks.push(paragraph(text).at(&path.origin));
    }
    blocks.extend(log_fields(plan, environment));
    blocks
}

fn labels(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Block {
    let pair = |name: &str, value: &str| Inline::code(format!("{name}=\"{value}\""));
    let source: Option<&'static StdMetricSource> = standard::get("metric-source", MetricExporter::Contract.word());
    let version = source.and_then(|source| source.version_label.as_ref()).map_or("", |label| label.value.as_str());
    let text = Prose::from("Every series carries ")
        .then(Prose::joined([pair("app", plan.app()), pair("service", &workload.name.value)], ", "))
        .then(", ")
        .then(Inline::code("environment"))
        .then(format!(" (here {}) and ", environment.name.value))
        .then(Inline::code(version))
        .then(", the name of the running version on its platform.");
    paragraph(text).at(&workload.name.origin)
}

fn request_rows(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<([Prose; 5], Origin)> {
    let convention = convention(plan, environment, workload);
    let names = || Prose::joined(convention.label.iter().map(|label| Inline::code(label.name.value.clone())), ", ");
    let bounds: Vec<&str> = convention.buckets.iter().map(|bound| bound.value.as_str()).collect();
    let rows = convention.series.iter().map(|series| {
        let counter = series.type_.value == "counter";
        let meaning = if counter {
            "Requests answered.".to_owned()
        } else {
            format!("Time to answer; bounds {}.", bounds.join(", "))
        };
        let unit = if counter { "requests" } else { series.unit.value.as_str() };
        let cells = [
            Prose::from(Inline::code(series.name.value.clone())),
            series.type_.value.clone().into(),
            unit.into(),
            names(),
            meaning.into(),
        ];
        (cells, series.origin.clone())
    });
    rows.collect()
}

/// The series beyond requests that the metrics of a service read.
fn contract_series(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    workload: &Workload,
) -> Vec<&'static StdContractSeries> {
    let kind = service_kind(workload.role.value);
    let platform = &workload.host.platform.value;
    let facts: Vec<&'static StdMetric> = standard::all("metric");
    let read = |series: &StdContractSeries| {
        facts.iter().any(|fact| {
            let by = exporter(fact, platform, Some(workload.role.value)).0;
            let found = measure(
                plan,
                environment,
                Subject::Workload(workload),
                &metric_named(&fact.name.value),
                Scope::Service,
            );
            by == MetricExporter::Contract
                && found.is_some_and(|found| {
                    let text = found.value(defaults().window.value);
                    text.contains(&series.name.value) && (!text.contains("queue=") || !text.contains("{queue}"))
                })
        })
    };
    let of_kind = |series: &StdContractSeries| series.kind.iter().any(|one| Some(one.value) == kind);
    standard::all::<StdContractSeries>("contract-series")
        .into_iter()
        .filter(|series| of_kind(series) && read(series))
        .collect()
}

fn log_fields(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<Block> {
    let logs: &model::Logs = plan.observe(environment)?.logs.as_ref()?;
    let fields = ["time", "level", "message", "service", "version", "trace_id"].map(Inline::code);
    match logs.format.value {
        LogFormat::Json | LogFormat::Logfmt => {
            let text = Prose::from("Each log line has the fields ").then(Prose::joined(fields, ", ")).then(".");
            Some(paragraph(text).at(&logs.format.origin))
        }
        LogFormat::Text => None,
    }
}
