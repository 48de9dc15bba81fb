//! `metrics-contract.md`: what every program must export so that it can be watched.

use crate::artifact::Block;
use crate::artifact::markdown::{Inline, Prose, heading, paragraph, row, table};
use crate::derive::{EnvironmentFacts, Role, Workload};
use crate::emit::observe::prometheus::{Scraper, scraped};
use crate::model::{self, LogFormat, MetricExporter, StdContractSeries, StdMetric, StdMetricSource};
use crate::plan::Plan;
use crate::plan::signal::{
    Scope, Subject, convention, defaults, exporter, measure, metric_named, series_name, service_kind, watched,
};
use crate::source::Origin;
use crate::standard;

/// What each program must export.
pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
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
    let way = match scraped(plan, environment, workload) {
        Some((metrics, by)) => {
            let port = metrics.port.as_ref().map(|port| port.value.get());
            let port = port.or_else(|| workload.main_port().map(|port| u64::from(port.port.value)));
            let port = port.map(|port| format!(" on port {port}")).unwrap_or_default();
            let way = Prose::from("Scraped at ").then(Inline::code(metrics.path.value.clone())).then(port);
            let way = match by {
                Scraper::Prometheus => way.then(" by Prometheus."),
                Scraper::Beside => way
                    .then(" by a collector beside it, because its platform gives instances no address. ")
                    .then(pushed("What it finds is pushed")),
            };
            paragraph(way).at(&metrics.origin)
        }
        None => paragraph(pushed("Pushed")).at(origin),
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

/// How a program is heard of that Prometheus does not scrape.
fn pushed(start: &str) -> Prose {
    let source: Option<&'static StdMetricSource> = standard::get("metric-source", MetricExporter::Contract.word());
    let attributes = source.map(|source| &*source.attribute).unwrap_or_default();
    let each = attributes.iter().map(|one| {
        Prose::from(Inline::code(one.from.value.clone()))
            .then(" (")
            .then(Inline::code(one.label.value.clone()))
            .then(")")
    });
    Prose::from(format!("{start} by OTLP to the collector, whose address is "))
        .then(Inline::code("OTEL_EXPORTER_OTLP_ENDPOINT"))
        .then(", with the resource attributes, and the labels they become, ")
        .then(Prose::joined(each, ", "))
        .then(".")
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
