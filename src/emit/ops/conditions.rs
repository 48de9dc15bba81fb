//! What `watch` asks: the rollback conditions of the signal layer, as the script wants them.

use crate::derive::{EnvironmentFacts, Workload};
use crate::plan::Plan;
use crate::plan::signal::{VERSION_HOLE, defaults, rollback_queries};
use crate::source::Origin;
use crate::syntax::expression::Condition;

/// The shortest time in which measurements of a new version come in at all.
const LEAST_SECONDS: u64 = 60;

/// The seconds in which a condition can show that it holds: its longest `for` and `over`.
pub(super) fn needed_seconds(condition: &Condition) -> u64 {
    let lengths = condition.comparisons().into_iter().map(|comparison| {
        let times = [&comparison.hold, &comparison.over].into_iter().flatten();
        times.map(|timed| timed.duration.seconds()).max().unwrap_or(0)
    });
    lengths.max().unwrap_or(0).max(LEAST_SECONDS)
}

/// One condition of a strategy, ready to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// As it is written.
    pub text: String,
    /// The query: it gives a series exactly while the condition has held of the version for its whole time.
    pub query: String,
    /// The query that gives a series once the version has had the minimum sample; none where it counts at once.
    pub enough: Option<String>,
    /// Where it is declared.
    pub origin: Origin,
}

/// The text that stands for the version in queries.
pub(super) const VERSION: &str = VERSION_HOLE;

/// How often conditions are asked, in seconds.
pub(super) fn interval() -> u64 {
    defaults().analysis_interval.value.seconds().max(1)
}

/// The conditions that take a version of a workload back.
pub fn watched(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<Watched> {
    rollback_queries(plan, environment, workload)
        .into_iter()
        .map(|query| Watched {
            text: query.condition,
            query: query.promql,
            enough: query.sample.map(|sample| ["(", &sample, ") >= ", &query.minimum.value.to_string()].concat()),
            origin: query.origin,
        })
        .collect()
}
