//! Metrics of the project's own: computed by their query, else from the series of their name.

use crate::derive::EnvironmentFacts;
use crate::model::{self, MetricDimension, MetricExporter, SampleForm};
use crate::plan::Plan;
use crate::plan::signal::fill::{fill, matchers};
use crate::plan::signal::made::{Made, Sample};
use crate::plan::signal::measure::{Measure, Scope, Subject, VERSION_HOLE, borrowed, subject_holes};
use crate::standard;
use crate::syntax::expression;

/// A metric of the project's own: by its query, else by the series of its name.
pub(super) fn of_project(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    subject: Subject<'_>,
    own: &model::Metric,
    metric: &expression::Metric,
    scope: Scope,
) -> Option<Measure> {
    let source: &'static model::StdMetricSource = standard::get("metric-source", MetricExporter::Contract.word())?;
    let exporting = own.service.as_ref().and_then(|name| environment.workload(&name.value));
    let subject = exporting.map_or(subject, Subject::Workload);
    let mut holes = subject_holes(plan, environment, subject);
    let mut selector = match subject {
        Subject::Workload(_) => fill(&source.selector.value, &borrowed(&holes)),
        Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => matchers(&[
            ("app".to_owned(), plan.app().to_owned()),
            ("environment".to_owned(), environment.name.value.clone()),
        ]),
    };
    if scope == Scope::NewVersion {
        let matcher = fill(&source.version_matcher.as_ref()?.value, &[("revision", VERSION_HOLE)]);
        selector = format!("{selector},{matcher}");
    }
    let labels: Vec<(String, String)> =
        metric.labels.iter().map(|label| (label.name.clone(), label.value.clone())).collect();
    if !labels.is_empty() {
        selector = format!("{selector},{}", matchers(&labels));
    }
    holes.push(("selector", selector));
    let series = series_name(own);
    let written = own.query.iter().find(|query| query.backend.value == model::QueryBackend::Prometheus);
    let value = match (written, own.kind.value) {
        (Some(query), _) => query.code.value.clone(),
        (None, model::MetricKind::Counter) => format!("sum(rate({series}{{{{selector}}}}[{{window}}]))"),
        (None, model::MetricKind::Gauge) => format!("max({series}{{{{selector}}}})"),
        (None, model::MetricKind::Histogram) => {
            format!("histogram_quantile(0.95, sum by (le) (rate({series}_bucket{{{{selector}}}}[{{window}}])))")
        }
    };
    let made = match written {
        Some(_) => Made::Unknown,
        None => Made::Series(vec![vec![sample(&series, own.kind.value)]]),
    };
    let (dimension, unit) = own_unit(own);
    Some(Measure {
        metric: metric.name.clone(),
        title: own.describe.as_ref().map_or_else(|| own.name.value.clone(), |text| text.value.clone()),
        describe: own.describe.as_ref().map(|text| text.value.clone()).unwrap_or_default(),
        dimension,
        unit,
        exporter: MetricExporter::Contract,
        labels,
        version_label: source.version_label.as_ref().map(|label| label.value.clone()),
        value,
        good: None,
        total: None,
        events: None,
        holes,
        made,
        origin: own.origin.clone(),
    })
}

/// How the series of a metric follows its value.
fn sample(series: &str, kind: model::MetricKind) -> Sample {
    match kind {
        model::MetricKind::Counter => Sample::new(format!("{series}{{{{selector}}}}"), SampleForm::Rate),
        model::MetricKind::Gauge => Sample::new(format!("{series}{{{{selector}}}}"), SampleForm::Gauge),
        model::MetricKind::Histogram => Sample::new(format!("{series}_bucket{{{{selector}}}}"), SampleForm::Quantile),
    }
}

/// The series that a program exports a metric of the project's own as.
pub fn series_name(own: &model::Metric) -> String {
    let name = own.name.value.replace('.', "_");
    match own.kind.value {
        model::MetricKind::Counter if !name.ends_with("_total") => format!("{name}_total"),
        model::MetricKind::Counter | model::MetricKind::Gauge | model::MetricKind::Histogram => name,
    }
}

/// What a metric of the project's own measures, by its unit: a counter is drawn and compared as a rate.
pub(super) fn own_unit(own: &model::Metric) -> (MetricDimension, String) {
    let unit = own.unit.as_ref().map_or("", |unit| unit.value.as_str());
    let (dimension, shown) = match unit {
        "s" => (MetricDimension::Duration, "s"),
        "B" => (MetricDimension::Bytes, "bytes"),
        "%" => (MetricDimension::Ratio, "percentunit"),
        _ => (MetricDimension::Count, "short"),
    };
    match own.kind.value {
        model::MetricKind::Counter => (MetricDimension::Rate, "cps".to_owned()),
        model::MetricKind::Gauge | model::MetricKind::Histogram => (dimension, shown.to_owned()),
    }
}
