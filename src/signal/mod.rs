//! What can be measured: the metrics of the standard library and of the project, as conditions are typed against them.

mod typed;

pub use typed::{Fault, Join, Place, judge};

use std::cell::{LazyCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::derive::{Protocol, Role, Workload};
use crate::model::{self, MetricDimension, MetricSubject, MetricsBackend, QueryBackend, ServiceKind};
use crate::resolve::Setting;
use crate::source::Span;
use crate::standard;
use crate::value::{Currency, Dimension};

/// One metric, whoever declared it.
#[derive(Clone, Debug)]
pub struct MetricFacts {
    /// Its name.
    pub name: String,
    /// What it measures.
    pub dimension: Dimension,
    /// What a value belongs to.
    pub subject: MetricSubject,
    /// The service kinds it exists for; empty where it belongs to no kind.
    pub kinds: Vec<ServiceKind>,
    /// The labels a condition may restrict it by; none where any may stand.
    pub labels: Option<Vec<String>>,
    /// Where it is declared.
    pub place: Span,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Library { versioned: bool, backends: Vec<QueryBackend> },
    Project { queries: Vec<(QueryBackend, String)> },
}

impl MetricFacts {
    /// Whether a service of a role has it.
    pub fn exists_for(&self, role: Role) -> bool {
        let kind = match role {
            Role::Web => ServiceKind::Web,
            Role::Api => ServiceKind::Api,
            Role::Worker => ServiceKind::Worker,
            Role::Cron => ServiceKind::Cron,
            Role::Static => ServiceKind::Static,
            Role::Function => ServiceKind::Function,
            // A task is a job, as a cron is.
            Role::Task => ServiceKind::Cron,
        };
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Whether it is a share of a whole. A ratio of the project's own may be more than one.
    pub fn is_share(&self) -> bool {
        matches!(self.source, Source::Library { .. }) && self.dimension.is_ratio()
    }

    /// Whether a backend can restrict it to one version.
    pub fn is_versioned(&self, backend: MetricsBackend) -> bool {
        let wanted = match backend {
            MetricsBackend::Prometheus => QueryBackend::Prometheus,
            MetricsBackend::Datadog => QueryBackend::Datadog,
            MetricsBackend::Cloudwatch => QueryBackend::Cloudwatch,
        };
        match &self.source {
            Source::Library { versioned, backends } => {
                *versioned && (wanted == QueryBackend::Prometheus || backends.contains(&wanted))
            }
            // Under its own name it carries the labels of the contract, the version among them.
            Source::Project { queries } => match queries.iter().find(|(backend, _)| *backend == wanted) {
                Some((_, query)) => query.contains("{selector}"),
                None => wanted == QueryBackend::Prometheus,
            },
        }
    }
}

/// Every metric that a condition may name.
pub struct Vocabulary {
    library: LazyCell<Rc<BTreeMap<String, MetricFacts>>>,
    project: BTreeMap<String, MetricFacts>,
}

impl Vocabulary {
    /// The metric of a name; the project's wins.
    pub fn find(&self, name: &str) -> Option<&MetricFacts> {
        self.project.get(name).or_else(|| self.library.get(name))
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.project.keys().chain(self.library.keys()).map(String::as_str)
    }

    /// The names that a service of a role has.
    pub fn names_for(&self, role: Role) -> Vec<&str> {
        let all = self.project.values().chain(self.library.values());
        all.filter(|metric| !metric.kinds.is_empty() && metric.exists_for(role))
            .map(|metric| metric.name.as_str())
            .collect()
    }
}

/// How a service names the series of the contract: what it says, else OpenTelemetry's names for its protocol.
pub fn convention(workload: &Workload, setting: &Setting) -> &'static model::StdConvention {
    let service = workload.service(setting);
    let declared =
        service.and_then(|service| service.metrics.as_ref()).map(|metrics| metrics.convention.value.as_str());
    let by_protocol = match workload.main_port().map(|port| port.protocol) {
        Some(Protocol::Grpc) => "otel-grpc",
        Some(Protocol::Http | Protocol::Tcp) | None => "otel",
    };
    let found = declared.and_then(|name| standard::get("convention", name));
    found.unwrap_or_else(|| standard::fact("convention", by_protocol))
}

/// The metrics of the standard library with those of a project.
pub fn vocabulary(setting: &Setting) -> Vocabulary {
    let project = setting.metrics.iter().map(|metric| (metric.name.value.clone(), declared(metric))).collect();
    Vocabulary { library: LazyCell::new(library), project }
}

fn library() -> Rc<BTreeMap<String, MetricFacts>> {
    thread_local! {
        static LIBRARY: RefCell<Option<Rc<BTreeMap<String, MetricFacts>>>> = const { RefCell::new(None) };
    }
    LIBRARY.with_borrow_mut(|known| {
        let made = known.get_or_insert_with(|| {
            let all = standard::all::<model::StdMetric>("metric");
            Rc::new(all.iter().map(|metric| (metric.name.value.clone(), built_in(metric))).collect())
        });
        Rc::clone(made)
    })
}

fn built_in(metric: &model::StdMetric) -> MetricFacts {
    let word = match metric.dimension.value {
        MetricDimension::Ratio => "ratio",
        MetricDimension::Duration => "duration",
        MetricDimension::Rate => "rate",
        MetricDimension::Count => "count",
        MetricDimension::Bytes => "bytes",
        MetricDimension::Money => "money",
        MetricDimension::Boolean => "boolean",
    };
    MetricFacts {
        name: metric.name.value.clone(),
        dimension: Dimension::named(word, Currency::ANY).unwrap_or_default(),
        subject: metric.subject.value,
        kinds: metric.kind.iter().map(|kind| kind.value).collect(),
        labels: Some(metric.label.iter().map(|label| label.name.value.clone()).collect()),
        place: metric.origin.place,
        source: Source::Library {
            versioned: metric.versioned.value,
            backends: metric
                .native
                .iter()
                .filter(|native| !native.version_label.value.is_empty())
                .map(|native| native.backend.value)
                .collect(),
        },
    }
}

/// A metric of the project's own; its unit tells the dimension, and a counter is compared as a rate.
fn declared(metric: &model::Metric) -> MetricFacts {
    let unit = metric.unit.as_ref().map_or("", |unit| unit.value.as_str());
    let measured = match unit {
        "" => Dimension::COUNT,
        "s" | "ms" | "m" | "h" | "d" | "seconds" => Dimension::time(),
        "B" | "kB" | "MB" | "GB" | "KiB" | "MiB" | "GiB" | "bytes" => Dimension::bytes(),
        "%" | "ratio" => Dimension::RATIO,
        other => match crate::value::Money::parse(&format!("1 {other}"))
            .or_else(|_| crate::value::Money::parse(&format!("{other}1")))
        {
            Ok(money) => Dimension::money(money.currency),
            Err(_) => Dimension::noun(other),
        },
    };
    let dimension = match metric.kind.value {
        model::MetricKind::Counter => measured.per_time(),
        model::MetricKind::Gauge | model::MetricKind::Histogram => measured,
    };
    MetricFacts {
        name: metric.name.value.clone(),
        dimension,
        subject: if metric.service.is_some() { MetricSubject::Service } else { MetricSubject::Environment },
        kinds: Vec::new(),
        labels: None,
        place: metric.origin.place,
        source: Source::Project {
            queries: metric.query.iter().map(|query| (query.backend.value, query.code.value.clone())).collect(),
        },
    }
}
