//! How each environment is released: strategy, frequency, approval, the steps with their times, and the way back.

use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, heading, item, paragraph, prose, steps};
use crate::derive::EnvironmentFacts;
use crate::emit::ops::{self, PlannedStep, Step};
use crate::emit::paper::deployment::{
    Deployment, approval, by_environment, deployments, environment_title, freezes, platform_title, program_names,
    released,
};
use crate::emit::paper::deployment_plan::about;
use crate::emit::paper::{code, here, names, timing};
use crate::model::{self, StrategyKind};
use crate::ordered::distinct;
use crate::plan::{Plan, joined};
use crate::value::Duration;

pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    for (environment, group) in by_environment(&deployments(plan)) {
        if !group.iter().any(Deployment::is_released) {
            continue;
        }
        let lasting: Vec<Deployment<'_>> = group.iter().copied().filter(Deployment::is_lasting).collect();
        out.push(heading(3, environment_title(environment)).at(&environment.name.origin));
        out.push(summary(plan, environment, &lasting));
        out.extend(rollouts(plan, &lasting));
    }
    out
}

/// The name of a kind of strategy.
pub(super) fn kind_title(kind: StrategyKind) -> &'static str {
    match kind {
        StrategyKind::Recreate => "Recreate",
        StrategyKind::Rolling => "Rolling",
        StrategyKind::BlueGreen => "Blue-green",
        StrategyKind::Canary => "Canary",
        StrategyKind::Linear => "Linear",
        StrategyKind::Flag => "Feature flags",
    }
}

fn summary(plan: &Plan<'_>, environment: &EnvironmentFacts, group: &[Deployment<'_>]) -> Block {
    let mut all: Vec<Item> = Vec::new();
    let mut bare: Vec<Deployment<'_>> = Vec::new();
    let mut known: Vec<(&model::Strategy, Vec<Deployment<'_>>)> = Vec::new();
    for one in group {
        match plan.strategy(one.environment, one.workload) {
            Some(strategy) => match known.iter_mut().find(|(other, _)| other.name.value == strategy.name.value) {
                Some((_, bound)) => bound.push(*one),
                None => known.push((strategy, vec![*one])),
            },
            None => bare.push(*one),
        }
    }
    for (strategy, bound) in known {
        let words = prose(
            "{kind} ({name}) for ",
            &[("kind", Inline::text(kind_title(strategy.kind.value))), ("name", code(&strategy.name.value))],
        );
        let origin = strategy.origin.clone().with_all(bound.iter().map(Deployment::origin));
        all.push(item(about("Strategy", words.then(program_names(&bound)).then("."))).at(&origin));
    }
    if let (Some(first), Some(origin)) = (bare.first(), joined(bare.iter().map(Deployment::origin))) {
        let words = Prose::from("the replacement of ")
            .then(platform_title(&first.workload.host))
            .then(" for ")
            .then(program_names(&bare))
            .then(", no strategy being declared.");
        all.push(item(about("Strategy", words)).at(&origin));
    }
    let ways = released(environment);
    let origin = ways.iter().fold(environment.name.origin.clone(), |all, (_, way)| all.with(way));
    let words = Prose::joined(ways.into_iter().map(|(words, _)| words), "; ").then(".");
    all.push(item(about("Frequency", words)).at(&origin));
    match approval(environment) {
        Some((words, origin)) => all.push(item(about("Approval", words.then("."))).at(&origin)),
        None => {
            let words =
                prose("nobody has to agree to a release to {name}.", &[("name", code(&environment.name.value))]);
            all.push(item(about("Approval", words)).at(&environment.name.origin));
        }
    }
    for (words, origin) in freezes(plan, environment) {
        all.push(item(about("Freeze", words.then("."))).at(&origin));
    }
    bullets(all)
}

/// The steps of each rollout, with the time each takes; programs that are rolled out alike share one.
fn rollouts(plan: &Plan<'_>, group: &[Deployment<'_>]) -> Vec<Block> {
    let mut known: Vec<(Vec<PlannedStep>, Vec<Deployment<'_>>)> = Vec::new();
    for one in group {
        let steps = ops::steps(plan, one.environment, one.workload);
        let alike = |(other, _): &&mut (Vec<PlannedStep>, Vec<Deployment<'_>>)| {
            other.iter().map(|planned| planned.step).eq(steps.iter().map(|planned| planned.step))
        };
        match known.iter_mut().find(alike) {
            Some((_, bound)) => bound.push(*one),
            None => known.push((steps, vec![*one])),
        }
    }
    let mut out = Vec::new();
    for (planned, bound) in known {
        let Some(first) = bound.first() else { continue };
        let time = timing::release(plan, first);
        let origin = joined(bound.iter().map(Deployment::origin)).unwrap_or_default();
        let head = Prose::from("Steps for ").then(program_names(&bound)).then(" in ").then(code(first.place()));
        let head =
            head.then([", usually ", &time.typical.to_string(), ", at most ", &time.most.to_string(), ":"].concat());
        out.push(paragraph(head).at(&time.origin(origin)));
        out.push(steps(planned.iter().map(|step| item(told(plan, step.step, &bound)).at(&step.origin))));
        out.push(way_back(plan, &bound));
    }
    out
}

fn told(plan: &Plan<'_>, step: Step, bound: &[Deployment<'_>]) -> Prose {
    match step {
        Step::Migrate => {
            let jobs = bound.iter().flat_map(|one| ops::release_jobs(plan, one.environment, one.workload));
            let jobs = distinct(jobs.map(|job| job.name().to_owned()));
            Prose::from("Run ").then(names(jobs.iter().map(String::as_str))).then(" with the new image.")
        }
        Step::Start => "Start the new version and wait until the platform calls it ready.".into(),
        Step::Shift { weight } => ["Give it ", &weight.to_string(), "% of traffic."].concat().into(),
        Step::Watch { seconds, .. } => {
            let time = Duration::from_seconds(seconds).to_string();
            ["Watch its rollback conditions for ", &time, "."].concat().into()
        }
        Step::Promote => "Give it all traffic.".into(),
        Step::Verify => prose("Verify it with `ops/verify.sh`.", &[]),
        Step::Finish => "Compare the digest in service with the one that was meant.".into(),
    }
}

fn way_back(plan: &Plan<'_>, bound: &[Deployment<'_>]) -> Block {
    let rollback = bound
        .iter()
        .find_map(|one| plan.strategy(one.environment, one.workload))
        .and_then(|strategy| strategy.rollback.as_ref());
    let mut words = Prose::default();
    let mut origin = joined(bound.iter().map(Deployment::origin)).unwrap_or_default();
    if let Some(rollback) = rollback.filter(|rollback| !rollback.when.is_empty()) {
        let all = rollback.when.iter().map(|when| code(when.value.print()));
        words = words.then("by itself when a step fails or ").then(Prose::joined(all, " or ")).then("; ");
        origin = rollback.when.iter().fold(origin, |all, when| all.with(&when.origin));
    } else {
        words = words.then("by itself when a step fails; ");
    }
    paragraph(about("Rollback", words.then("by hand as in ").then(here("Procedure", "Procedure")).then(".")))
        .at(&origin)
}
