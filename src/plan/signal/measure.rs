//! What a metric of a condition means for one subject in one environment: its queries, filled but for their window.

use crate::derive::{EnvironmentFacts, Role, Workload};
use crate::model::{self, MetricDimension, MetricExporter, MetricSubject, ServiceKind};
use crate::plan::Plan;
use crate::plan::signal::convention::{convention, convention_holes, series_label};
use crate::plan::signal::fill::{fill, matchers, quoted};
use crate::plan::signal::made::{self, Made};
use crate::plan::signal::own::of_project;
use crate::source::Origin;
use crate::standard;
use crate::syntax::expression;
use crate::value::Duration;

/// Stands for the name of the new version in the queries of [`Scope::NewVersion`]; who asks puts the name there.
pub const VERSION_HOLE: &str = "{version}";

/// Whose requests count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole service.
    Service,
    /// Only the version that is being released; its name stands as [`VERSION_HOLE`].
    NewVersion,
}

/// What a metric is measured on.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A service.
    Workload(&'a Workload),
    /// A resource.
    Resource(&'a model::Resource),
    /// A public domain.
    Domain(&'a str),
    /// The environment.
    Environment,
}

impl Subject<'_> {
    /// The label that tells subjects of this kind apart.
    pub fn label(&self) -> Option<(&'static str, &str)> {
        match self {
            Subject::Workload(workload) => Some(("service", &workload.name.value)),
            Subject::Resource(resource) => Some(("resource", &resource.name.value)),
            Subject::Domain(domain) => Some(("domain", domain)),
            Subject::Environment => None,
        }
    }
}

/// A metric of one subject in one environment.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Its name in conditions.
    pub metric: String,
    /// Its title.
    pub title: String,
    /// What it means, exactly.
    pub describe: String,
    /// What it measures.
    pub dimension: MetricDimension,
    /// Its unit as Grafana names it.
    pub unit: String,
    /// Who makes the series.
    pub exporter: MetricExporter,
    /// The labels that a condition narrows it down by.
    pub labels: Vec<(String, String)>,
    /// The label that tells versions apart, if one does.
    pub version_label: Option<String>,
    pub(super) value: String,
    pub(super) good: Option<String>,
    pub(super) total: Option<String>,
    pub(super) events: Option<String>,
    pub(super) holes: Vec<(&'static str, String)>,
    pub(super) made: Made,
    /// Where it is defined.
    pub origin: Origin,
}

impl Measure {
    /// Whether it is computed over a window.
    pub fn is_windowed(&self) -> bool {
        self.value.contains("{window}")
    }

    /// Its value over a window.
    pub fn value(&self, window: Duration) -> String {
        self.filled(&self.value, window, "")
    }

    /// How many events the window held.
    pub fn events(&self, window: Duration) -> Option<String> {
        self.events.as_ref().map(|events| self.filled(events, window, ""))
    }

    /// Rates of good and of all events over a window; `bound` is the latency below which an event is good.
    pub fn ratio(&self, window: Duration, bound: &str) -> Option<(String, String)> {
        let (good, total) = (self.good.as_ref()?, self.total.as_ref()?);
        Some((self.filled(good, window, bound), self.filled(total, window, bound)))
    }

    /// What its value is made from.
    pub fn made(&self) -> Made {
        self.made.filled(|series| self.filled(series, Duration::ZERO, ""))
    }

    /// Whether it looks back as far as samples are kept.
    pub fn looks_back(&self) -> bool {
        self.value.contains("{retention}")
    }

    /// The matchers of its subject.
    pub fn selector(&self) -> &str {
        self.holes.iter().find(|(name, _)| *name == "selector").map_or("", |(_, selector)| selector.as_str())
    }

    fn filled(&self, template: &str, window: Duration, bound: &str) -> String {
        let window = prometheus_duration(window);
        let mut holes: Vec<(&str, &str)> = vec![("window", &window), ("bound", bound)];
        holes.extend(self.holes.iter().map(|(name, value)| (*name, value.as_str())));
        fill(template, &holes)
    }
}

/// A duration as Prometheus writes it.
pub fn prometheus_duration(duration: Duration) -> String {
    duration.to_string()
}

/// The metric of that name on a subject; `None` where nothing exports it there.
pub fn measure(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
    metric: &expression::Metric,
    scope: Scope,
) -> Option<Measure> {
    let setting = plan.setting(environment);
    match setting.metrics.iter().find(|own| own.name.value == metric.name) {
        Some(own) => of_project(plan, environment, subject, own, metric, scope),
        None => of_library(plan, environment, subject, metric, scope),
    }
}

/// A bare metric name as a condition would write it.
pub fn metric_named(name: &str) -> expression::Metric {
    expression::Metric {
        name: name.to_owned(),
        name_place: expression::Place::default(),
        labels: Vec::new(),
        place: expression::Place::default(),
    }
}

/// The kind of service that a role is in the vocabulary of metrics.
pub fn service_kind(role: Role) -> Option<ServiceKind> {
    match role {
        Role::Web => Some(ServiceKind::Web),
        Role::Api => Some(ServiceKind::Api),
        Role::Worker => Some(ServiceKind::Worker),
        Role::Cron => Some(ServiceKind::Cron),
        Role::Static => Some(ServiceKind::Static),
        Role::Function => Some(ServiceKind::Function),
        Role::Task => None,
    }
}

/// Who makes a metric of the standard library on a platform, and on what that rests.
pub fn exporter(metric: &model::StdMetric, platform: &str, role: Option<Role>) -> (MetricExporter, String) {
    let row = |host: &str| metric.export.iter().find(|row| row.host.value == host);
    let Some(row) = row(platform).or_else(|| row("default")) else { return (MetricExporter::None, String::new()) };
    let kind = role.and_then(service_kind);
    let fits = row.kind.is_empty() || kind.is_none_or(|kind| row.kind.iter().any(|one| one.value == kind));
    (if fits { row.by.value } else { MetricExporter::None }, row.note.value.clone())
}

fn of_library(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
    metric: &expression::Metric,
    scope: Scope,
) -> Option<Measure> {
    let fact: &'static model::StdMetric = standard::get("metric", &metric.name)?;
    let (role, host) = match subject {
        Subject::Workload(workload) => (Some(workload.role.value), &workload.host),
        Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => (None, &environment.host),
    };
    let fits = match (fact.subject.value, subject) {
        (MetricSubject::Service | MetricSubject::Queue, Subject::Workload(workload)) => {
            let kind = service_kind(workload.role.value);
            fact.kind.is_empty() || fact.kind.iter().any(|one| Some(one.value) == kind)
        }
        (MetricSubject::Resource, Subject::Resource(_))
        | (MetricSubject::Domain, Subject::Domain(_))
        | (MetricSubject::Environment, Subject::Environment) => true,
        (
            MetricSubject::Service
            | MetricSubject::Queue
            | MetricSubject::Resource
            | MetricSubject::Domain
            | MetricSubject::Environment,
            _,
        ) => false,
    };
    let (by, _) = exporter(fact, &host.platform.value, role);
    if !fits || by == MetricExporter::None || (scope == Scope::NewVersion && !fact.versioned.value) {
        return None;
    }
    let kind = match subject {
        Subject::Resource(resource) => Some(resource.kind.value),
        Subject::Workload(_) | Subject::Domain(_) | Subject::Environment => None,
    };
    let query = fact.query.iter().find(|query| {
        query.from.value == by
            && query.backend.value == model::QueryBackend::Prometheus
            && query.resource.as_ref().is_none_or(|only| Some(only.value) == kind)
    })?;
    let source: &'static model::StdMetricSource = standard::get("metric-source", by.word())?;
    let convention = match subject {
        Subject::Workload(workload) => Some(convention(plan, environment, workload)),
        Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => None,
    };
    let mut holes = subject_holes(plan, environment, subject);
    let labels: Vec<(String, String)> = condition_labels(plan, environment, subject, metric, fact);
    let mut selector = fill(&source.selector.value, &borrowed(&holes));
    if scope == Scope::NewVersion {
        let matcher = fill(&source.version_matcher.as_ref()?.value, &[("revision", VERSION_HOLE)]);
        selector = format!("{selector},{matcher}");
    }
    for (name, value) in &labels {
        if name == "queue" && query.value.value.contains("{queue}") {
            holes.push(("queue", quoted(value)));
        } else {
            let series = series_label(fact, convention, name);
            selector = format!("{selector},{}", matchers(&[(series, value.clone())]));
        }
    }
    holes.push(("selector", selector));
    if let Some(convention) = &convention {
        holes.extend(convention_holes(convention));
    }
    let text = |query: &Option<crate::source::Sourced<String>>| query.as_ref().map(|query| query.value.clone());
    Some(Measure {
        metric: metric.name.clone(),
        title: fact.title.value.clone(),
        describe: fact.describe.as_ref().map(|text| text.value.clone()).unwrap_or_default(),
        dimension: fact.dimension.value,
        unit: fact.unit.value.clone(),
        exporter: by,
        labels,
        version_label: source.version_label.as_ref().map(|label| label.value.clone()),
        value: query.value.value.clone(),
        good: text(&query.good),
        total: text(&query.total),
        events: text(&query.events),
        holes,
        made: made::of_library(fact, query),
        origin: fact.origin.clone(),
    })
}

pub(super) fn borrowed<'h>(holes: &'h [(&'static str, String)]) -> Vec<(&'h str, &'h str)> {
    holes.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// What the labels of sources are filled with, quoted for PromQL.
pub(super) fn subject_holes(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
) -> Vec<(&'static str, String)> {
    let host = match subject {
        Subject::Workload(workload) => &workload.host,
        Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => &environment.host,
    };
    let node = |value: &Option<crate::source::Sourced<String>>| {
        value.as_ref().map(|value| quoted(&value.value)).unwrap_or_default()
    };
    let app = plan.app();
    let mut holes = vec![
        ("app", quoted(app)),
        ("environment", quoted(&environment.name.value)),
        ("project", node(&host.node.project)),
        ("region", node(&host.node.region)),
        (
            "namespace",
            match &host.node.namespace {
                Some(namespace) => quoted(&namespace.value),
                None => quoted(&format!("{app}-{}", environment.name.value)),
            },
        ),
        ("retention", prometheus_duration(plan.retention(environment))),
    ];
    match subject {
        Subject::Workload(workload) => {
            holes.push(("service", quoted(&workload.name.value)));
            holes.push(("workload", quoted(&workload.generated)));
            holes.push(("job", quoted(&workload.generated)));
        }
        Subject::Resource(resource) => {
            let generated =
                crate::derive::generated_name(app, &environment.name.value, &resource.name.value, host.name_limit);
            holes.push(("resource", quoted(&resource.name.value)));
            holes.push(("workload", quoted(&generated)));
        }
        Subject::Domain(domain) => holes.push(("domain", quoted(domain))),
        Subject::Environment => {}
    }
    holes
}

/// The labels of a condition; a queue that is not named is the only one that the service uses.
fn condition_labels(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
    metric: &expression::Metric,
    fact: &model::StdMetric,
) -> Vec<(String, String)> {
    let mut labels: Vec<(String, String)> =
        metric.labels.iter().map(|label| (label.name.clone(), label.value.clone())).collect();
    let named = labels.iter().any(|(name, _)| name == "queue");
    if fact.subject.value == MetricSubject::Queue
        && !named
        && let Subject::Workload(workload) = subject
        && let Some(queue) = crate::plan::applies::queues(plan, environment, workload).first()
    {
        labels.push(("queue".to_owned(), queue.name.value.clone()));
    }
    labels
}
