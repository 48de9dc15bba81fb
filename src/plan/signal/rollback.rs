//! Rollback conditions as queries of one instant: what the scripts of a rollout ask while it is watched.

use crate::derive::{EnvironmentFacts, Workload};
use crate::model;
use crate::plan::Plan;
use crate::plan::signal::measure::{Scope, Subject, measure, metric_named};
use crate::plan::signal::promql::{Hold, Printer, threshold};
use crate::plan::signal::{Threshold, defaults};
use crate::source::{Origin, Sourced};
use crate::value::Duration;

/// A condition on the new version, as a query.
#[derive(Clone, Debug)]
pub struct RollbackQuery {
    /// The condition as it is written, in its canonical spelling.
    pub condition: String,
    /// PromQL that returns a sample when the condition is violated and nothing when it is not;
    /// [`super::VERSION_HOLE`] stands for the name of the new version.
    pub promql: String,
    /// PromQL of how many requests the new version has had; [`super::VERSION_HOLE`] as above. `None` where its metric
    /// counts no requests: then the condition counts at once.
    pub sample: Option<String>,
    /// How many requests it must have had before the condition counts.
    pub minimum: Sourced<u64>,
    /// The metric and number, where the condition is one comparison.
    pub threshold: Option<Threshold>,
    /// How long the condition must hold.
    pub hold: Duration,
    /// Where the condition is written.
    pub origin: Origin,
}

/// The rollback conditions that bind a workload, in the order written; empty where no strategy with a rollback does.
pub fn rollback_queries(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<RollbackQuery> {
    let Some(strategy) = plan.strategy(environment, workload) else { return Vec::new() };
    let Some(rollback) = &strategy.rollback else { return Vec::new() };
    let defaults = defaults();
    let minimum = match &rollback.sample {
        Some(sample) => Sourced::new(sample.value.get(), sample.origin.clone()),
        None => Sourced::new(defaults.sample.value.parse().unwrap_or(0), defaults.sample.origin.clone()),
    };
    let watched = watched(strategy).plus(defaults.window.value);
    rollback
        .when
        .iter()
        .filter_map(|when| {
            let value = |metric: &crate::syntax::expression::Metric, over: Option<Duration>| {
                let found = measure(plan, environment, Subject::Workload(workload), metric, Scope::NewVersion)?;
                Some(found.value(over.unwrap_or(defaults.window.value)))
            };
            let printer = Printer { metric: &value, hold: Hold::LookBack(defaults.evaluation_interval.value) };
            let counted = when.value.metrics().first().copied().cloned().unwrap_or_else(|| metric_named("traffic"));
            let counted = measure(plan, environment, Subject::Workload(workload), &counted, Scope::NewVersion);
            let holds = when.value.comparisons();
            let hold = holds.iter().filter_map(|one| one.hold.as_ref()).map(|hold| hold.duration).max();
            Some(RollbackQuery {
                condition: when.value.print(),
                promql: printer.condition(&when.value)?,
                sample: counted.and_then(|counted| counted.events(watched)),
                minimum: minimum.clone(),
                threshold: threshold(&when.value).map(|found| Threshold::new(found, &when.origin)),
                hold: hold.unwrap_or_default(),
                origin: when.origin.clone(),
            })
        })
        .collect()
}

/// How long a rollout watches the new version in all.
fn watched(strategy: &model::Strategy) -> Duration {
    let once: Duration = strategy
        .step
        .iter()
        .filter_map(|step| step.hold.as_ref())
        .fold(Duration::ZERO, |sum, hold| sum.plus(hold.value));
    match strategy.kind.value {
        // The one step of a linear strategy is repeated until all traffic has moved.
        model::StrategyKind::Linear => {
            let weight = strategy.step.first().and_then(|step| {
                u64::try_from(step.weight.value.percent().ceiling()).ok().filter(|weight| *weight > 0)
            });
            once.times(100_u64.div_ceil(weight.unwrap_or(100)))
        }
        model::StrategyKind::Canary
        | model::StrategyKind::Recreate
        | model::StrategyKind::Rolling
        | model::StrategyKind::BlueGreen
        | model::StrategyKind::Flag => once,
    }
}
