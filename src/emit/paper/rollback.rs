//! Going back: what triggers it, how long it takes, what happens to the schema, when it was rehearsed.

use std::collections::BTreeSet;

use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, item, prose, row, shell, steps, table};
use crate::artifact::{Script, Word};
use crate::derive::EnvironmentFacts;
use crate::emit::paper::command;
use crate::emit::paper::deployment::{Deployment, by_environment, program_names};
use crate::emit::paper::{always, code, timing};
use crate::model::{self, MigrationTime, PipelineService};
use crate::plan::Plan;
use crate::source::{Origin, Span};
use crate::standard;

/// The deployments that can go back: what runs all the time, and takes part in releases.
pub(super) fn can_go_back<'a>(all: &[Deployment<'a>]) -> Vec<Deployment<'a>> {
    all.iter().copied().filter(|one| one.is_lasting() && one.is_released()).collect()
}

/// The strategies that bind the deployments of an environment, each with what it binds.
pub(super) fn strategies<'a>(
    plan: &Plan<'a>,
    group: &[Deployment<'a>],
) -> Vec<(&'a model::Strategy, Vec<Deployment<'a>>)> {
    let mut all: Vec<(&'a model::Strategy, Vec<Deployment<'a>>)> = Vec::new();
    for one in group {
        let Some(strategy) = plan.strategy(one.environment, one.workload) else { continue };
        match all.iter_mut().find(|(known, _)| known.name.value == strategy.name.value) {
            Some((_, bound)) => bound.push(*one),
            None => all.push((strategy, vec![*one])),
        }
    }
    all
}

/// The conditions that take a release back by themselves, one row each.
pub(super) fn triggers(plan: &Plan<'_>, deployments: &[Deployment<'_>]) -> Block {
    let mut rows = Vec::new();
    for (environment, group) in by_environment(deployments) {
        for (strategy, bound) in strategies(plan, &group) {
            let Some(rollback) = &strategy.rollback else { continue };
            for when in &rollback.when {
                rows.push(
                    row([
                        Prose::from(code(&environment.name.value)),
                        program_names(&bound),
                        Prose::from(code(when.value.print())),
                        sample(rollback),
                    ])
                    .at(&when.origin),
                );
            }
        }
    }
    table(["Environment", "Services", "Goes back when the new version has", "Judged from"]).rows(rows)
}

/// How many requests the new version must have had before a condition counts.
fn sample(rollback: &model::Rollback) -> Prose {
    let default = standard::get::<model::StdSignalDefaults>("signal-defaults", "default");
    let count = rollback.sample.as_ref().map(|sample| sample.value.to_string());
    match count.or_else(|| default.map(|default| default.sample.value.clone())) {
        Some(count) => [&count, " requests on"].concat().into(),
        None => "the first request on".into(),
    }
}

/// What a failed step does where no condition is declared.
pub(super) fn failed_step(deployments: &[Deployment<'_>]) -> Option<Block> {
    (!deployments.is_empty()).then(|| {
        crate::artifact::markdown::paragraph(prose(
            "A step of `ops/deploy.sh` that fails, its verification included, takes the release back as well.",
            &[],
        ))
        .at(&always("every rollout goes back where a step fails"))
    })
}

/// The numbered procedure; its last step verifies.
pub(super) fn procedure(plan: &Plan<'_>, deployments: &[Deployment<'_>], migrations: Inline) -> Block {
    let mut all: Vec<Item> = Vec::new();
    let rule = always("the procedure of every rollback");
    all.push(item("See what is in service, and what was before.").at(&rule).with(shell(revisions(plan, deployments))));
    if let (PipelineService::Github, origin) = plan.pipeline() {
        let script = lines(deployments, |script, words| {
            script.line(
                "gh workflow run rollback.yml --field environment={environment} --field service={service}",
                words,
            );
        });
        let text = prose(
            "Go back by the workflow, which verifies afterwards. `--field version=VERSION` names a version; without it the one before is taken.",
            &[],
        );
        all.push(item(text).at(&origin).with(shell(script)));
    }
    let script = lines(deployments, |script, words| {
        script.line("ops/rollback.sh {environment} {service}", words);
    });
    let text = prose("Or go back by hand; `--dry-run` first shows what would be done.", &[]);
    all.push(item(text).at(&rule).with(shell(script)));
    all.extend(schema_step(plan, deployments, migrations));
    let script = lines(deployments, |script, words| {
        script.line("ops/verify.sh {environment} {service}", words);
    });
    all.push(item("Verify rollback success").at(&rule).with(shell(script)));
    steps(all)
}

fn revisions(plan: &Plan<'_>, deployments: &[Deployment<'_>]) -> Script {
    let mut script = Script::new();
    for deployment in deployments {
        let digest = || {
            Script::of(
                "ops/verify.sh --digest {environment} {service}",
                &[("environment", Word::text(deployment.place())), ("service", Word::text(deployment.name()))],
            )
        };
        let command = command::of_deployment(plan, deployment, "revisions").unwrap_or_else(digest);
        script.at(&deployment.origin(), |script| {
            script.append(&command);
        });
    }
    script
}

/// One command for each deployment.
fn lines(deployments: &[Deployment<'_>], add: impl Fn(&mut Script, &[(&str, Word)])) -> Script {
    let mut script = Script::new();
    for deployment in deployments {
        let words = [("environment", Word::text(deployment.place())), ("service", Word::text(deployment.name()))];
        script.at(&deployment.origin(), |script| add(script, &words));
    }
    script
}

fn schema_step(plan: &Plan<'_>, deployments: &[Deployment<'_>], link: Inline) -> Option<Item> {
    let origin =
        crate::plan::joined(migrations(plan, deployments).into_iter().map(|(_, migration)| migration.origin.clone()))?;
    let words = prose("Decide about the schema: see ", &[]).then(link);
    Some(item(words.then(". Going back never changes it by itself.")).at(&origin))
}

/// The migrations of deployments, each once.
pub(super) fn migrations<'a>(
    plan: &Plan<'a>,
    deployments: &[Deployment<'a>],
) -> Vec<(Deployment<'a>, &'a model::Migrate)> {
    let mut known: BTreeSet<Span> = BTreeSet::new();
    let of = |one: &Deployment<'a>| {
        let one = *one;
        one.service(plan).into_iter().flat_map(|service| &service.migrate).map(move |migration| (one, migration))
    };
    deployments.iter().flat_map(of).filter(|(_, migration)| known.insert(migration.origin.place)).collect()
}

/// What happens to the schema when a release goes back, a bullet for each migration.
pub(super) fn schema(plan: &Plan<'_>, deployments: &[Deployment<'_>]) -> Block {
    let told = |(deployment, migration): (Deployment<'_>, &model::Migrate)| {
        let tool: Option<&'static model::StdMigrationTool> =
            standard::get("migration-tool", migration.tool.value.word());
        let title = tool.map_or_else(|| migration.tool.value.word().to_owned(), |tool| tool.title.value.clone());
        let head = prose(
            "**{name}** of {service} ({tool}, for {resource}): ",
            &[
                ("name", Inline::text(&migration.name.value)),
                ("service", code(deployment.name())),
                ("tool", Inline::text(title)),
                ("resource", code(&migration.for_.value)),
            ],
        );
        item(head.then(schema_words(migration))).at(&migration.origin)
    };
    bullets(migrations(plan, deployments).into_iter().map(told))
}

fn schema_words(migration: &model::Migrate) -> Prose {
    let by_itself = match migration.during.value {
        MigrationTime::Release => "the release runs it before the new version starts. ",
        MigrationTime::Start => "the program runs it at its start, so that going back does not take it back. ",
        MigrationTime::Platform => "the platform runs it during the release. ",
    };
    let works = match migration.pattern.value {
        model::MigrationPattern::ExpandContract => {
            "The version before works with the new schema; the contract step ships by hand, later. "
        }
        model::MigrationPattern::Offline => "The version before does not work with the new schema. ",
    };
    let down = match (&migration.down, migration.irreversible.value, &migration.runbook) {
        (Some(down), ..) => prose(
            "To take the schema back, with the loss of what was written since: {down}.",
            &[("down", code(&down.value))],
        ),
        (None, true, Some(runbook)) => prose(
            "It cannot be taken back: follow {runbook}.",
            &[("runbook", Inline::here(&runbook.value, crate::artifact::slug(&runbook.value)))],
        ),
        (None, true, None) => "It cannot be taken back: the schema stays.".into(),
        (None, false, _) => prose("It has no `down`, so the schema stays.", &[]),
    };
    Prose::from([by_itself, works].concat()).then(down)
}

/// How long going back takes, one row for each environment and platform figure.
pub(super) fn durations(plan: &Plan<'_>, deployments: &[Deployment<'_>]) -> Block {
    let mut rows = Vec::new();
    for (environment, group) in by_environment(deployments) {
        for (timing, bound, within) in same_time(plan, &group) {
            let objective = within.as_ref().map_or_else(Prose::default, |(shown, _)| Prose::from(shown.as_str()));
            let origin = timing.origin(environment.name.origin.clone());
            let mut origin = origin.with_all(bound.iter().map(|one| &one.workload.name.origin));
            if let Some((_, declared)) = &within {
                origin = origin.with(declared);
            }
            rows.push(
                row([
                    Prose::from(code(&environment.name.value)),
                    program_names(&bound),
                    timing.typical.to_string().into(),
                    timing.most.to_string().into(),
                    objective,
                    timing.shown().into(),
                ])
                .at(&origin),
            );
        }
    }
    table(["Environment", "Services", "Usually:", "At most:", "Objective:", "Made of"]).rows(rows)
}

type Within = Option<(String, Origin)>;

/// Deployments that take equally long for the same reasons share a row.
fn same_time<'a>(plan: &Plan<'a>, group: &[Deployment<'a>]) -> Vec<(timing::Timing, Vec<Deployment<'a>>, Within)> {
    let mut rows: Vec<(timing::Timing, Vec<Deployment<'a>>, Within)> = Vec::new();
    for one in group {
        let time = timing::rollback(plan, one);
        if time.parts.is_empty() {
            continue;
        }
        let rollback = plan.strategy(one.environment, one.workload).and_then(|strategy| strategy.rollback.as_ref());
        let within = rollback
            .and_then(|rollback| rollback.within.as_ref())
            .map(|within| (within.value.to_string(), within.origin.clone()));
        let alike = |(other, _, known): &&mut (timing::Timing, Vec<Deployment<'_>>, Within)| {
            other.shown() == time.shown() && other.most == time.most && *known == within
        };
        match rows.iter_mut().find(alike) {
            Some((_, bound, _)) => bound.push(*one),
            None => rows.push((time, vec![*one], within)),
        }
    }
    rows
}

/// When going back was rehearsed, and when it is again.
pub(super) fn rehearsals(plan: &Plan<'_>, deployments: &[Deployment<'_>]) -> Block {
    let mut all: Vec<Item> = Vec::new();
    let mut places: Vec<Prose> = Vec::new();
    let mut origins: Vec<Origin> = Vec::new();
    for (environment, group) in by_environment(deployments) {
        for (strategy, bound) in strategies(plan, &group) {
            all.extend(strategy.drill.iter().map(|drill| rehearsal(environment, drill, &bound)));
        }
        let bare = |one: &Deployment<'_>| {
            let strategy = plan.strategy(one.environment, one.workload);
            strategy.and_then(|strategy| strategy.drill.as_ref()).and_then(|drill| drill.last.as_ref()).is_none()
        };
        let unproved: Vec<Deployment<'_>> = group.iter().copied().filter(bare).collect();
        if !unproved.is_empty() {
            origins.extend(unproved.iter().map(Deployment::origin));
            places.push(Prose::from(code(&environment.name.value)).then(" ").then(program_names(&unproved)));
        }
    }
    if let Some(origin) = crate::plan::joined(origins) {
        all.push(item(Prose::joined(places, "; ").then(": ").then(criteria())).at(&origin));
    }
    bullets(all)
}

fn rehearsal(environment: &EnvironmentFacts, drill: &model::Drill, bound: &[Deployment<'_>]) -> Item {
    let every = drill.every.value.to_string();
    let words = match &drill.last {
        Some(last) => {
            let next = i64::try_from(drill.every.value.days()).ok().and_then(|days| last.value.plus_days(days));
            let words = prose(
                "tested on {last}; rehearsed every {every}",
                &[("last", Inline::text(last.value.to_string())), ("every", Inline::text(every))],
            );
            match next {
                Some(next) => words.then([", next by ", &next.to_string()].concat()),
                None => words,
            }
        }
        None => prose("rehearsed every {every}", &[("every", Inline::text(every))]),
    };
    item(head(environment, bound).then(words).then(".")).at(&drill.origin)
}

fn head(environment: &EnvironmentFacts, bound: &[Deployment<'_>]) -> Prose {
    Prose::from(code(&environment.name.value)).then(", ").then(program_names(bound)).then(": ")
}

/// What shows that going back works, where no date of a rehearsal is given.
fn criteria() -> Prose {
    prose(
        "no date of a rehearsal is declared (`drill last=`). It works when `ops/verify.sh` succeeds afterwards and `ops/verify.sh --digest` prints the digest that was in service before.",
        &[],
    )
}
