//! `prometheus.yml`: which rules Prometheus evaluates, whom it tells, and what it scrapes for the series that they read.

use std::collections::BTreeSet;

use crate::artifact::{Artifact, Dialect, Group, Tree, list, map, text};
use crate::derive::{EnvironmentFacts, Role, Workload};
use crate::emit::observe::source::Used;
use crate::emit::observe::{alertmanager, rules};
use crate::model::{self, Capability, MetricExporter, PlatformSupport, ScrapeWay};
use crate::plan::signal::{defaults, prometheus_duration, watched, watched_origin};
use crate::plan::{Plan, joined};
use crate::source::Origin;
use crate::standard;

/// The file.
pub(super) const PATH: &str = "deploy/observability/prometheus/prometheus.yml";

/// Where Alertmanager listens, which runs beside Prometheus.
const ALERTMANAGER: &str = "localhost:9093";

/// Adds the file, where anything is watched.
pub(super) fn emit(plan: &Plan<'_>, used: &[Used<'_>], artifacts: &mut Vec<Artifact>) {
    let Some(origin) = watched_origin(plan) else { return };
    let defaults = defaults();
    let beside = Origin::rule("Alertmanager and exporters run beside Prometheus");
    let interval = |value: &crate::source::Sourced<crate::value::Duration>| {
        text(prometheus_duration(value.value)).at(&value.origin)
    };
    let global = map()
        .put("scrape_interval", interval(&defaults.scrape_interval))
        .put("evaluation_interval", interval(&defaults.evaluation_interval));
    let alerting = (!alertmanager::routes(plan).is_empty()).then(|| {
        let targets = map().put("targets", list([text(ALERTMANAGER).at(&beside)]));
        map().put("alertmanagers", list([map().put("static_configs", list([targets]))]))
    });
    let folder = rules::FOLDER.rsplit('/').next().unwrap_or_default();
    let document = map()
        .put("global", global)
        .put("rule_files", list([text(format!("{folder}/*.yml"))]))
        .put_some("alerting", alerting)
        .put_filled("scrape_configs", list(jobs(plan, used, &beside)));
    artifacts.push(Artifact::yaml(PATH, Group::Observability, Dialect::Plain, document, &origin));
}

/// A job for each program that is scraped.
fn jobs(plan: &Plan<'_>, used: &[Used<'_>], beside: &Origin) -> Vec<Tree> {
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut all = Vec::new();
    for one in used {
        let name = &one.fact.title.value;
        let port = format!("localhost:{}", one.fact.port.value.get());
        match one.fact.scrape.value {
            ScrapeWay::Own => {}
            ScrapeWay::Beside if told.insert(name.clone()) => {
                let target = map().put("targets", list([text(port).at(beside)]));
                let job = map().put("job_name", text(name.clone())).put("static_configs", list([target]));
                all.push(job.at(&of_program(used, name)).comment(format!("{name} names its own series.")));
            }
            ScrapeWay::Probe if told.insert(name.clone()) => all.push(probes(plan, used, one, &port)),
            ScrapeWay::Each => all.extend(own_targets(plan, one)),
            ScrapeWay::Beside | ScrapeWay::Probe => {}
        }
    }
    all
}

/// Everything that makes a program be scraped.
fn of_program(used: &[Used<'_>], name: &str) -> Origin {
    let same = used.iter().filter(|one| one.fact.title.value == name);
    joined(same.map(|one| one.origin.clone())).unwrap_or_default()
}

/// Every domain that a prober is asked about, in one job.
fn probes(plan: &Plan<'_>, used: &[Used<'_>], prober: &Used<'_>, port: &str) -> Tree {
    let same = used.iter().filter(|one| one.fact.name.value == prober.fact.name.value);
    let targets = same.filter_map(|one| {
        let (name, domain) = one.about.as_ref()?;
        let labels = labels(plan, one.environment).put(*name, text(domain.clone()));
        let target = map().put("targets", list([text(format!("https://{domain}"))])).put("labels", labels);
        Some(target.at(&one.origin))
    });
    let asked = |from: &str, to: &str| map().put("source_labels", list([text(from)])).put("target_label", text(to));
    let through = map().put("target_label", text("__address__")).put("replacement", text(port));
    map()
        .put("job_name", text(prober.fact.title.value.clone()))
        .put("metrics_path", text("/probe"))
        .put("params", map().put("module", list([text("http_2xx")])))
        .put("static_configs", list(targets))
        .put(
            "relabel_configs",
            list([asked("__address__", "__param_target"), asked("__param_target", "instance"), through]),
        )
        .at(&of_program(used, &prober.fact.title.value))
}

/// The job of one subject whose instances come and go: a file names those that there are.
fn own_targets(plan: &Plan<'_>, one: &Used<'_>) -> Option<Tree> {
    let environment = one.environment;
    let scraped = match (&one.about, one.by) {
        (Some((_, name)), MetricExporter::Contract) => {
            let (metrics, by) = scraped(plan, environment, environment.workload(name)?)?;
            (by == Scraper::Prometheus).then_some(metrics)
        }
        (Some(_) | None, _) => None,
    };
    if scraped.is_none() && one.by == MetricExporter::Contract {
        return None;
    }
    let exporter = (one.by != MetricExporter::Contract).then(|| one.by.word());
    let about = one.about.iter().map(|(_, name)| name.as_str());
    let parts: Vec<&str> = [environment.name.value.as_str()].into_iter().chain(about).chain(exporter).collect();
    let stem = parts.join(".");
    let label = |name: &str, value: &str| map().put("target_label", text(name)).put("replacement", data(value));
    let mut relabel = vec![label("app", plan.app()), label("environment", &environment.name.value)];
    relabel.extend(one.about.iter().map(|(name, value)| label(name, value)));
    let path = scraped.map(|metrics| text(metrics.path.value.clone()).at(&metrics.path.origin));
    let job = map()
        .put("job_name", text(format!("{}.{stem}", plan.app())))
        .put_some("metrics_path", path)
        .put("file_sd_configs", list([map().put("files", list([text(format!("targets/{stem}.yml"))]))]))
        .put("relabel_configs", list(relabel))
        .at(&one.origin);
    Some(match scraped.and_then(|metrics| metrics.port.as_ref()) {
        Some(port) => job.comment(format!("Its instances listen on port {}.", port.value.get())),
        None => job,
    })
}

/// Who asks a program for its metrics.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scraper {
    /// Prometheus itself.
    Prometheus,
    /// A collector beside the program, which pushes what it finds: the platform gives instances no address.
    Beside,
}

/// How a service is scraped, and by whom; `None` where it pushes.
pub(super) fn scraped<'p>(
    plan: &Plan<'p>,
    environment: &EnvironmentFacts,
    workload: &Workload,
) -> Option<(&'p model::ServiceMetrics, Scraper)> {
    let running = workload.role.value != Role::Task;
    let metrics = workload.service(plan.setting(environment)).filter(|_| running)?.metrics.as_ref()?;
    let platform = standard::platform(&workload.host.platform.value);
    let row = platform.and_then(|facts| facts.capability.named(Capability::Scrape.word()));
    let addressed = row.is_none_or(|row| row.support.value == PlatformSupport::Native);
    Some((metrics, if addressed { Scraper::Prometheus } else { Scraper::Beside }))
}

fn labels(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Tree {
    map().put("app", text(plan.app())).put("environment", text(environment.name.value.clone()))
}

/// Data where Prometheus reads references to groups of a match.
fn data(value: &str) -> Tree {
    text(value.replace('$', "$$"))
}

/// The flags that Prometheus needs besides the file.
pub(super) fn flags(plan: &Plan<'_>, pushed: Pushed) -> Vec<String> {
    let kept = watched(plan).into_iter().map(|environment| plan.retention(environment)).max();
    let mut flags = vec!["--config.file=prometheus.yml".to_owned()];
    flags.extend(kept.map(|kept| format!("--storage.tsdb.retention.time={}", prometheus_duration(kept))));
    if pushed == Pushed::Yes {
        flags.push("--web.enable-remote-write-receiver".to_owned());
    }
    flags
}

/// Whether the collector writes to Prometheus.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pushed {
    /// It does.
    Yes,
    /// It does not.
    No,
}
