//! What the tests of an objective share: its requests, and how often its rules are looked at.

use crate::emit::observe::rules::RuleFile;
use crate::emit::observe::simulate::{Source, float};
use crate::emit::observe::unit::pace::divisor;
use crate::emit::observe::unit::subject::Exported;
use crate::model::Sli;
use crate::plan::Plan;
use crate::plan::signal::{Objective, Scope, Share, SloWindow, Subject, convention, defaults, measure, metric_named};

/// Looks at the rules in the shorter window of a pair.
const LOOKS: u64 = 10;

/// The requests of an objective.
pub(super) fn source(plan: &Plan<'_>, file: &RuleFile<'_>, objective: &Objective) -> Option<Source> {
    let workload = file.environment.workload(&objective.service)?;
    let metric = metric_named(&objective.good.metric);
    let found = measure(plan, file.environment, Subject::Workload(workload), &metric, Scope::Service)?;
    let exported = Exported::of(convention(plan, file.environment, workload), found.selector());
    Some(match objective.sli.value {
        Sli::Availability => Source::Ends { requests: exported.by_status, share: Share::Bad },
        Sli::Latency => {
            let under = float(objective.under.as_ref()?.value.milliseconds()) / 1000.0;
            let bounds = exported.bounds(under, Some(under));
            Source::Latency { requests: exported.by_duration, quantile: 0.95, bounds }
        }
    })
}

/// The seconds between two looks at the rules of a pair of windows.
pub(super) fn pace(window: &SloWindow) -> u64 {
    let short = window.short.window.map_or(1, |short| short.seconds().max(1));
    divisor(short, short / LOOKS)
}

/// The longest of the paces of an objective that still looks ten times into a window.
pub(super) fn pace_of(objective: &Objective, window: u64) -> u64 {
    let usual = defaults().evaluation_interval.value.seconds();
    let paces = objective.windows.iter().map(pace).chain([usual]);
    let fits = |pace: &u64| *pace <= window / LOOKS && window.is_multiple_of(*pace);
    paces.filter(fits).max().unwrap_or_else(|| divisor(window, window / LOOKS))
}
