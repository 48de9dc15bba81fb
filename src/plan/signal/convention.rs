//! How libraries name the series of the metrics contract, and which of them a service uses.

use crate::derive::{EnvironmentFacts, Workload};
use crate::model;
use crate::plan::Plan;
use crate::signal;

/// The name of a label in the series: the metric's own, else the convention's for that role, else the same.
pub(super) fn series_label(fact: &model::StdMetric, convention: Option<&model::StdConvention>, name: &str) -> String {
    let own = fact.label.iter().find(|label| label.name.value == name).and_then(|label| label.series.as_ref());
    let role = convention.and_then(|convention| convention.label.iter().find(|label| label.role.value == name));
    own.map(|series| series.value.clone()).or(role.map(|label| label.name.value.clone())).unwrap_or(name.to_owned())
}

/// How a service names the series of the contract: what it says, else OpenTelemetry's names for its protocol.
pub fn convention(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    workload: &Workload,
) -> &'static model::StdConvention {
    signal::convention(workload, plan.setting(environment))
}

pub(super) fn convention_holes(convention: &model::StdConvention) -> Vec<(&'static str, String)> {
    let series = |role: &str| {
        let found = convention.series.iter().find(|series| series.role.value == role);
        found.map(|series| series.name.value.clone()).unwrap_or_default()
    };
    vec![
        ("requests", series("requests")),
        ("buckets", series("buckets")),
        ("errors", convention.errors.as_ref().map(|errors| errors.matcher.value.clone()).unwrap_or_default()),
    ]
}
