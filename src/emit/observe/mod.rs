//! The group observability: rules with their tests, routes, dashboards, collector and documents.

mod alertmanager;
mod collector;
mod document;
mod grafana;
mod prometheus;
mod rules;
mod simulate;
mod source;
mod unit;

use crate::artifact::Artifact;
use crate::plan::Plan;
use crate::plan::signal::boards;

/// Adds everything that is observed; nothing where no environment is watched by Prometheus.
pub(crate) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    let signals = plan.signals();
    let boards = boards(plan, signals);
    let files = rules::files(plan, signals);
    rules::emit(plan, &files, &boards, artifacts);
    unit::emit(plan, &files, &boards, artifacts);
    let used = source::used(plan, &files);
    prometheus::emit(plan, &used, artifacts);
    collector::emit(plan, artifacts);
    alertmanager::emit(plan, artifacts);
    grafana::emit(plan, &boards.all, signals, artifacts);
    document::emit(plan, signals, &boards.all, &used, artifacts);
}
