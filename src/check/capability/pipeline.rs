//! What the CI service can ask of people, and how long it waits.

use std::collections::BTreeMap;

use crate::check::Context;
use crate::derive::{EnvironmentFacts, Promotion};
use crate::diag::{Diagnostic, code};
use crate::model::{self, StdPipeline, StrategyKind};
use crate::source::Span;
use crate::standard;
use crate::value::Duration;

/// Compares promotions and rollouts with what the pipeline's service can do.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let service = context.model.pipeline.as_ref().map_or(model::PipelineService::Github, |one| one.service.value);
    let Some(facts) = standard::get::<StdPipeline>("pipeline-service", service.word()) else { return };
    for environment in &context.facts.environments {
        if let Some(promotion) = &environment.promotion {
            diagnostics.extend(approvers(facts, promotion));
            diagnostics.extend(wait(facts, promotion));
        }
        diagnostics.extend(holds(context, facts, environment));
    }
}

fn approvers(facts: &StdPipeline, promotion: &Promotion) -> Option<Diagnostic> {
    let most = facts.approvals.value.get();
    let approval = promotion.approval.as_ref().filter(|approval| approval.count.value > most)?;
    let message = format!("{} cannot wait for {} approvals", facts.title.value, approval.count.value);
    Some(
        Diagnostic::new(code::CAPABILITY_APPROVERS, approval.count.origin.place, message)
            .label(format!("goes on after {most}"))
            .also(facts.origin.place, facts.note.value.clone())
            .help(format!("write `count={most}`, and ask for further reviews where the change is merged")),
    )
}

fn wait(facts: &StdPipeline, promotion: &Promotion) -> Option<Diagnostic> {
    let most = facts.wait_longest.as_ref()?;
    let after = promotion.after.as_ref().filter(|after| after.value > most.value)?;
    let message = format!("{} makes a release wait for at most {}", facts.title.value, most.value);
    Some(
        Diagnostic::new(code::CAPABILITY_LIMIT, after.origin.place, message)
            .label("beyond the limit")
            .also(most.origin.place, format!("told in {}", facts.source.value))
            .help(format!("write `after=\"{}\"` or less, or start the release by hand", most.value)),
    )
}

/// A job whose holds alone are longer than a job may be would be cut off in the middle, every time.
fn holds(context: &Context<'_>, facts: &StdPipeline, environment: &EnvironmentFacts) -> Vec<Diagnostic> {
    let Some(most) = facts.job_longest.as_ref().filter(|_| environment.host.is_released()) else { return Vec::new() };
    let Some((_, setting)) = context.model.environments.get(environment.index) else { return Vec::new() };
    let strategies: BTreeMap<&str, &model::Strategy> =
        setting.strategies.iter().map(|strategy| (strategy.name.value.as_str(), strategy)).collect();
    let mut by_unit: BTreeMap<&str, Vec<(Span, u64)>> = BTreeMap::new();
    for workload in &environment.workloads {
        let strategy = workload.strategy.as_ref().and_then(|name| strategies.get(name.value.as_str()));
        by_unit.entry(&workload.unit).or_default().extend(strategy.into_iter().flat_map(|strategy| held(strategy)));
    }
    let mut found = Vec::new();
    for unit in &context.facts.units {
        let held = by_unit.remove(unit.name.as_str()).unwrap_or_default();
        let seconds: u64 = held.iter().map(|(_, seconds)| seconds).sum();
        let longest = held.iter().max_by_key(|(_, seconds)| *seconds);
        let Some((place, _)) = longest.filter(|_| seconds > most.value.seconds()) else { continue };
        let title = &facts.title.value;
        let all = Duration::from_seconds(seconds);
        let message =
            format!("releases of `{}` hold for {all} in all, and {title} stops a job after {}", unit.name, most.value);
        found.push(
            Diagnostic::new(code::CAPABILITY_LIMIT, *place, message)
                .label("a release would be cut off before its end")
                .also(most.origin.place, format!("told in {}", facts.source.value))
                .help("hold for less in all: a long look at a new version is a promotion with `after`"),
        );
    }
    found
}

/// Where and how long the steps of a strategy hold, in seconds; the whole takes no more holding.
fn held(strategy: &model::Strategy) -> Vec<(Span, u64)> {
    let hold = |step: &model::Step| step.hold.as_ref().map(|hold| (hold.origin.place, hold.value.seconds()));
    match strategy.kind.value {
        StrategyKind::Canary => {
            let part = strategy.step.iter().filter(|step| percent(step) < 100);
            part.filter_map(hold).collect()
        }
        // The one step is taken again and again.
        StrategyKind::Linear => {
            let step = strategy.step.first();
            let times = step.map_or(0, |step| 100_u64.div_ceil(percent(step)) - 1);
            step.and_then(hold).map(|(place, seconds)| (place, seconds * times)).into_iter().collect()
        }
        StrategyKind::Recreate | StrategyKind::Rolling | StrategyKind::BlueGreen | StrategyKind::Flag => Vec::new(),
    }
}

fn percent(step: &model::Step) -> u64 {
    u64::try_from(step.weight.value.percent().ceiling()).unwrap_or(1).clamp(1, 100)
}
