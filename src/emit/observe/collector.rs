//! `otel-collector.yaml`: what programs push, under the labels of the metrics contract, with fields struck out and traces
//! sampled as declared.

use crate::artifact::{Artifact, Dialect, Group, Tree, Value, code, list, map, text};
use crate::derive::{EnvironmentFacts, Role};
use crate::emit::observe::prometheus::{Scraper, scraped};
use crate::model::{self, MetricExporter, StdMetricSource};
use crate::plan::signal::{number_text, watched};
use crate::plan::{Plan, joined};
use crate::source::Origin;
use crate::standard;
use crate::value::Ratio;

/// The folder and the name of the file.
const FOLDER: &str = "deploy/observability";
const NAME: &str = "otel-collector";

/// The variables of the collector's own environment that stand for addresses which nothing declares.
const PROMETHEUS: &str = "PROMETHEUS_URL";
const TRACES: &str = "TRACES_ENDPOINT";
const LOGS: &str = "LOGS_ENDPOINT";

/// A collector, and the environments that it serves.
pub(super) struct Collector<'p> {
    pub(super) path: String,
    /// Those that are observed alike, the one that matters most last.
    pub(super) environments: Vec<&'p EnvironmentFacts>,
    metrics: Option<&'p model::ObserveMetrics>,
    traces: Option<&'p model::Traces>,
    redacted: Vec<String>,
    /// Where the fields that are struck out are named.
    redact: Option<Origin>,
    pushes: bool,
}

/// One collector for all environments that are observed alike; that of the one that matters most has the plain name.
pub(super) fn collectors<'p>(plan: &Plan<'p>) -> Vec<Collector<'p>> {
    let mut all: Vec<Collector<'p>> = Vec::new();
    for environment in watched(plan).into_iter().rev() {
        let one = Collector::of(plan, environment);
        if !one.pushes && one.traces.is_none() && one.redacted.is_empty() {
            continue;
        }
        let first = all.is_empty();
        match all.iter_mut().find(|known| known.is_like(&one)) {
            Some(known) => {
                known.pushes |= one.pushes;
                known.environments.insert(0, environment);
            }
            None if first => all.push(Collector { path: format!("{FOLDER}/{NAME}.yaml"), ..one }),
            None => all.push(one),
        }
    }
    all
}

/// Adds the files.
pub(super) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    for collector in collectors(plan) {
        let Some(origin) = collector.origin() else { continue };
        let document = collector.document();
        artifacts.push(Artifact::yaml(collector.path.clone(), Group::Observability, Dialect::Plain, document, &origin));
    }
}

impl<'p> Collector<'p> {
    fn of(plan: &Plan<'p>, environment: &'p EnvironmentFacts) -> Collector<'p> {
        let observe = plan.observe(environment);
        let redact = observe.and_then(|observe| observe.logs.as_ref()).and_then(|logs| logs.redact.as_ref());
        let fields = redact.map(|redact| redact.value.split(',').map(str::trim).filter(|field| !field.is_empty()));
        let running = environment.workloads.iter().filter(|workload| workload.role.value != Role::Task);
        Collector {
            path: format!("{FOLDER}/{NAME}.{}.yaml", environment.name.value),
            environments: vec![environment],
            metrics: observe.and_then(|observe| observe.metrics.as_ref()),
            traces: observe.and_then(|observe| observe.traces.as_ref()),
            redacted: fields.into_iter().flatten().map(str::to_owned).collect(),
            redact: redact.map(|redact| redact.origin.clone()),
            pushes: running
                .into_iter()
                .any(|workload| scraped(plan, environment, workload).is_none_or(|(_, by)| by == Scraper::Beside)),
        }
    }

    fn is_like(&self, other: &Collector<'_>) -> bool {
        self.address() == other.address() && self.sampled() == other.sampled() && self.redacted == other.redacted
    }

    fn sampled(&self) -> Option<(Ratio, Option<&str>)> {
        self.traces.map(|traces| (traces.sample.value, traces.url.as_ref().map(|url| url.value.as_str())))
    }

    fn address(&self) -> Option<&str> {
        self.metrics.and_then(|metrics| metrics.url.as_ref()).map(|url| url.value.as_str())
    }

    /// The environments that it serves, the one that matters most first.
    pub(super) fn origin(&self) -> Option<Origin> {
        joined(self.environments.iter().rev().map(|environment| environment.name.origin.clone()))
    }

    /// Whether programs push their metrics to it.
    pub(super) fn takes_metrics(&self) -> bool {
        self.pushes
    }

    /// The variables that its own environment must hold, and what each is.
    pub(super) fn variables(&self) -> Vec<(&'static str, &'static str)> {
        let metrics = (self.pushes && self.address().is_none()).then_some((PROMETHEUS, "the address of Prometheus"));
        let traces = self.traces.filter(|traces| traces.url.is_none());
        let traces = traces.map(|_| (TRACES, "the OTLP address of the store of traces"));
        let logs = (!self.redacted.is_empty()).then_some((LOGS, "the OTLP address of the store of logs"));
        [metrics, traces, logs].into_iter().flatten().collect()
    }

    fn document(&self) -> Tree {
        let everywhere = |port: u16| text(format!("0.0.0.0:{port}"));
        let protocols = map()
            .put("grpc", map().put("endpoint", everywhere(4317)))
            .put("http", map().put("endpoint", everywhere(4318)))
            .at(&Origin::rule("OTLP has ports of its own"));
        map()
            .put("receivers", map().put("otlp", map().put("protocols", protocols)))
            .put("processors", self.processors())
            .put("exporters", self.exporters())
            .put("extensions", map().put("health_check", map().put("endpoint", everywhere(13133))))
            .put("service", self.service())
    }

    fn processors(&self) -> Tree {
        let memory = map()
            .put("check_interval", text("1s"))
            .put("limit_percentage", 80_u64)
            .put("spike_limit_percentage", 20_u64)
            .at(&Origin::rule("a collector that is flooded refuses data before its memory ends"));
        let share = self.traces.map(|traces| {
            let share = number_text(traces.sample.value.percent()).unwrap_or_default();
            map().put("sampling_percentage", Tree::from(Value::Decimal(share.into()))).at(&traces.sample.origin)
        });
        map()
            .put("memory_limiter", memory)
            .put_some("transform/contract", self.pushes.then(labelled))
            .put_some("redaction", self.redaction())
            .put_some("probabilistic_sampler", share)
            .put("batch", map().put("timeout", text("5s")))
    }

    /// Masks the fields in attributes and in bodies, whatever type their values are of.
    fn redaction(&self) -> Option<Tree> {
        let origin = self.redact.as_ref().filter(|_| !self.redacted.is_empty())?;
        let patterns = self.redacted.iter().map(|field| code(dollars(&pattern(field))));
        let rules =
            map().put("allow_all_keys", true).put("redact_all_types", true).put("blocked_key_patterns", list(patterns));
        Some(rules.at(origin))
    }

    fn exporters(&self) -> Tree {
        let at = |url: Option<&crate::source::Sourced<String>>, variable: &str, path: &str| match url {
            Some(url) => text(format!("{}{path}", dollars(url.value.trim_end_matches('/')))).at(&url.origin),
            None => text(format!("${{env:{variable}}}{path}")),
        };
        let to = |tree: Tree| map().put("endpoint", tree);
        let metrics = self
            .pushes
            .then(|| to(at(self.metrics.and_then(|metrics| metrics.url.as_ref()), PROMETHEUS, "/api/v1/write")));
        let traces = self.traces.map(|traces| to(at(traces.url.as_ref(), TRACES, "")));
        let logs = (!self.redacted.is_empty()).then(|| to(at(None, LOGS, "")));
        map()
            .put_some("prometheusremotewrite", metrics)
            .put_some("otlp_http/traces", traces)
            .put_some("otlp_http/logs", logs)
    }

    fn service(&self) -> Tree {
        let redaction = (!self.redacted.is_empty()).then_some("redaction");
        let pipeline = |between: &[Option<&str>], exporter: &str| {
            let inner = between.iter().copied().flatten();
            let processors: Vec<&str> = ["memory_limiter"].into_iter().chain(inner).chain(["batch"]).collect();
            map()
                .put("receivers", list([text("otlp")]))
                .put("processors", list(processors.into_iter().map(text)))
                .put("exporters", list([text(exporter)]))
        };
        let metrics = self.pushes.then(|| pipeline(&[Some("transform/contract"), redaction], "prometheusremotewrite"));
        let traces = self.traces.map(|_| pipeline(&[Some("probabilistic_sampler"), redaction], "otlp_http/traces"));
        let logs = redaction.map(|_| pipeline(&[redaction], "otlp_http/logs"));
        let pipelines = map().put_some("metrics", metrics).put_some("traces", traces).put_some("logs", logs);
        map().put("extensions", list([text("health_check")])).put("pipelines", pipelines)
    }
}

/// The labels of the metrics contract, from the attributes of the program that pushes: on its resource, which
/// `target_info` shows, and on every point.
fn labelled() -> Tree {
    let contract: Option<&'static StdMetricSource> = standard::get("metric-source", MetricExporter::Contract.word());
    let attributes = contract.map(|contract| &*contract.attribute).unwrap_or_default();
    let on = |level: &str| {
        let each = attributes.iter().map(move |one| {
            let (label, from) = (&one.label.value, &one.from.value);
            code(format!("set({level}.attributes[\"{label}\"], resource.attributes[\"{from}\"])")).at(&one.origin)
        });
        each.collect::<Vec<Tree>>()
    };
    let statements = ["resource", "datapoint"].into_iter().flat_map(on);
    map().put("error_mode", text("ignore")).put("metric_statements", list(statements))
}

/// A field's own name and nothing else, as a regular expression.
fn pattern(field: &str) -> String {
    format!("(?i)^\\Q{}\\E$", field.replace("\\E", "\\E\\\\E\\Q"))
}

/// Data where the collector reads variables.
fn dollars(value: &str) -> String {
    value.replace('$', "$$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_data() {
        assert_eq!(pattern("card.number"), "(?i)^\\Qcard.number\\E$");
        assert_eq!(pattern("a\\Eb"), "(?i)^\\Qa\\E\\\\E\\Qb\\E$");
        assert_eq!(dollars("${env:HOME}"), "$${env:HOME}");
    }
}
