//! The section Deployment: what is needed, how long it takes, both ways, and how it is verified.

use crate::artifact::markdown::{
    Block, Inline, Item, Prose, bullets, heading, item, paragraph, prose, row, shell, steps, table,
};
use crate::artifact::{Script, Word};
use crate::derive::EnvironmentFacts;
use crate::emit::ops::{self, Step};
use crate::emit::paper::deployment::{
    Deployment, approval, by_environment, deployments, environment_title, freezes, of_unit, platform_title,
    program_names, released,
};
use crate::emit::paper::{always, code, command, names, rollback, section, timing};
use crate::emit::platform;
use crate::model::PipelineService;
use crate::ordered::Ordered;
use crate::plan::Plan;
use crate::source::Origin;

pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("a part of every runbook");
    let mut out = Vec::new();
    section(&mut out, heading(3, "Prerequisites").at(&rule), vec![prerequisites(plan)]);
    section(&mut out, heading(3, "Expected duration").at(&rule), vec![durations(plan)]);
    if let (PipelineService::Github, origin) = plan.pipeline() {
        section(&mut out, heading(3, "By the workflow").at(&origin), by_workflow(plan));
    }
    section(&mut out, heading(3, "By hand").at(&rule), by_hand(plan));
    section(&mut out, heading(3, "On your own machine").at(&rule), own_machine(plan));
    section(&mut out, heading(3, "Verification").at(&rule), verification(plan));
    out
}

/// How an environment is started that is released to nobody.
fn own_machine(plan: &Plan<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    for environment in plan.lasting().filter(|environment| !environment.host.is_released()) {
        let origin = &environment.host.platform.origin;
        let all: Vec<Deployment<'_>> =
            environment.workloads.iter().map(|workload| Deployment { environment, workload }).collect();
        let Some(start) = command::block(plan, &all, "start") else { continue };
        let facts = crate::standard::platform(&environment.host.platform.value);
        let facts = facts.and_then(|facts| facts.command.iter().find(|command| command.name.value == "start"));
        let describe =
            facts.and_then(|facts| facts.describe.as_ref()).map(|text| crate::artifact::told(&text.value, &[]));
        let words = prose("Nothing is released to {name}. ", &[("name", code(&environment.name.value))]);
        out.push(paragraph(words.then(describe.unwrap_or_default())).at(origin));
        out.push(start.at(origin));
    }
    out
}

fn prerequisites(plan: &Plan<'_>) -> Block {
    let mut all: Vec<Item> = Vec::new();
    let rule = always("every deployment needs it");
    if let Some(repo) = plan.model.app.as_ref().and_then(|app| app.repo.as_ref()) {
        let words = prose(
            "A clone of {repo} at the commit that is deployed; every command here starts in its root.",
            &[("repo", code(&repo.address.value))],
        );
        all.push(item(words).at(&repo.address.origin));
    }
    let bootstrap = prose("`ops/bootstrap.sh --check` reports nothing missing: see ", &[])
        .then(Inline::file("Day 0", super::super::path(plan, "bootstrap.md")))
        .then(".");
    all.push(item(bootstrap).at(&rule));
    if let (PipelineService::Github, origin) = plan.pipeline() {
        all.push(item(prose("For the workflow: `gh auth status` succeeds.", &[])).at(&origin));
    }
    all.extend(accesses(plan));
    for environment in plan.lasting() {
        let name = || code(&environment.name.value);
        if let Some((words, origin)) = approval(environment) {
            all.push(item(Prose::from(name()).then(" waits for ").then(words).then(".")).at(&origin));
        }
        for (words, origin) in freezes(plan, environment) {
            all.push(
                item(Prose::from("Nothing is deployed to ").then(name()).then(" ").then(words).then(".")).at(&origin),
            );
        }
    }
    bullets(all)
}

/// The rights that somebody needs who deploys by hand, by platform.
fn accesses(plan: &Plan<'_>) -> Vec<Item> {
    let mut seen: Vec<String> = Vec::new();
    let mut all = Vec::new();
    for deployment in deployments(plan).into_iter().filter(Deployment::is_released) {
        let host = &deployment.workload.host;
        if seen.contains(&host.platform.value) {
            continue;
        }
        seen.push(host.platform.value.clone());
        let Some(platform) = crate::standard::platform(&host.platform.value) else { continue };
        let roles: Vec<&str> = platform
            .access
            .iter()
            .filter(|access| access.to.value == "deployer")
            .filter(|access| plan.grounds(deployment.environment, None, access.applies.value).is_some())
            .map(|access| access.role.value.as_str())
            .collect();
        if !roles.is_empty() {
            let words =
                prose("By hand on {platform}: a login with ", &[("platform", Inline::text(platform_title(host)))]);
            all.push(item(words.then(names(roles)).then(".")).at(&host.platform.origin));
        }
    }
    all
}

fn durations(plan: &Plan<'_>) -> Block {
    let mut rows = Vec::new();
    for (environment, group) in by_environment(&deployments(plan)) {
        let mut known: Vec<(timing::Timing, Vec<Deployment<'_>>)> = Vec::new();
        for one in group.into_iter().filter(|one| one.is_lasting() && one.is_released()) {
            let time = timing::release(plan, &one);
            if time.parts.is_empty() {
                continue;
            }
            match known.iter_mut().find(|(other, _)| other.shown() == time.shown() && other.most == time.most) {
                Some((_, bound)) => bound.push(one),
                None => known.push((time, vec![one])),
            }
        }
        for (time, bound) in known {
            let origin = environment.name.origin.clone().with_all(bound.iter().map(Deployment::origin));
            rows.push(
                row([
                    Prose::from(code(&environment.name.value)),
                    program_names(&bound),
                    time.typical.to_string().into(),
                    time.most.to_string().into(),
                    time.shown().into(),
                ])
                .at(&time.origin(origin)),
            );
        }
    }
    table(["Environment", "Services", "Usually:", "At most:", "Made of"]).rows(rows)
}

/// One numbered step for each environment, in the order that releases reach them.
fn by_workflow(plan: &Plan<'_>) -> Vec<Block> {
    let mut all: Vec<Item> = Vec::new();
    for environment in plan.lasting() {
        let units: Vec<&str> = plan
            .facts
            .units
            .iter()
            .filter(|unit| of_unit(plan, environment, unit).iter().any(Deployment::is_released))
            .map(|unit| unit.name.as_str())
            .collect();
        if units.is_empty() {
            continue;
        }
        let by_hand = command::starts_by_hand(plan, environment);
        let step = item(how(environment, by_hand)).at(&ways_origin(environment));
        if !by_hand {
            all.push(step);
            continue;
        }
        let mut script = Script::new();
        for unit in &units {
            script.at(&environment.name.origin, |script| {
                script.append(&command::release(plan, environment, unit));
            });
        }
        all.push(step.with(shell(script).at(&environment.name.origin)));
    }
    let mut out = vec![steps(all)];
    out.push(paragraph(each_run()).at(&always("what every deploy workflow does")));
    let mut script = Script::new();
    for unit in &plan.facts.units {
        script.at(&unit.origin, |script| {
            script.line("gh run list --workflow {file} --limit 5", &[("file", command::workflow(&unit.name))]);
        });
    }
    script.line("gh run watch RUN_ID", &[]);
    script.line("gh run rerun RUN_ID --failed", &[]);
    out.push(shell(script));
    out
}

fn each_run() -> Prose {
    prose(
        "Each run rolls out, verifies, and goes back by itself where a step fails. A run that was cut off can be started again: every step reads its state from the platform. See runs, follow one, start one again:",
        &[],
    )
}

fn how(environment: &EnvironmentFacts, by_hand: bool) -> Prose {
    let by_itself: Vec<Prose> = released(environment)
        .into_iter()
        .filter(|(words, _)| words.shown() != "by hand")
        .map(|(words, _)| words)
        .collect();
    let name = Prose::from(code(&environment.name.value));
    let by_itself = match by_itself.is_empty() {
        true => None,
        false => Some(Prose::from(" is released by itself ").then(Prose::joined(by_itself, " and "))),
    };
    let waits = approval(environment).map(|(words, _)| Prose::from("; the run waits for ").then(words));
    let (start, end) = match (by_itself, by_hand) {
        (Some(words), true) => (words, ". By hand:"),
        (Some(words), false) => (words, "."),
        (None, true) => (" is released by hand".into(), ":"),
        (None, false) => (" is released by hand".into(), "."),
    };
    name.then(start).then(waits.unwrap_or_default()).then(end)
}

fn ways_origin(environment: &EnvironmentFacts) -> Origin {
    let origin = released(environment).iter().fold(environment.name.origin.clone(), |all, (_, way)| all.with(way));
    approval(environment).iter().fold(origin, |all, (_, approval)| all.with(approval))
}

/// The scripts: what the workflow runs, one service at a time, callees first.
fn by_hand(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("the manual path of every deployment");
    let words = prose(
        "What the workflow runs, one service at a time. The summary of the build shows `DIGEST`, and `ops/verify.sh --digest ENVIRONMENT SERVICE` prints the one in service. With `--dry-run` first nothing is changed; what has been done already is not done twice. The name of a step at the end runs that step alone.",
        &[],
    );
    let mut out = vec![paragraph(words).at(&rule)];
    for environment in plan.lasting() {
        let mut script = Script::new();
        let mut known: Vec<(Vec<ops::PlannedStep>, Vec<Deployment<'_>>)> = Vec::new();
        for unit in &plan.facts.units {
            for one in of_unit(plan, environment, unit).into_iter().filter(Deployment::is_released) {
                script.at(&one.origin(), |script| {
                    let words = [
                        ("environment", Word::text(one.place())),
                        ("service", Word::text(one.name())),
                        ("image", Word::text(image(plan, &one))),
                    ];
                    script.line("ops/deploy.sh {environment} {service} {image}", &words);
                });
                let steps = ops::steps(plan, environment, one.workload);
                let alike = |(other, _): &&mut (Vec<ops::PlannedStep>, Vec<Deployment<'_>>)| same(other, &steps);
                match known.iter_mut().find(alike) {
                    Some((_, bound)) => bound.push(one),
                    None => known.push((steps, vec![one])),
                }
            }
        }
        if script.is_empty() {
            continue;
        }
        out.push(heading(4, ["By hand: ", &environment_title(environment)].concat()).at(&environment.name.origin));
        out.push(shell(script).at(&environment.name.origin));
        out.extend(known.into_iter().map(|(steps, bound)| told(plan, &steps, &bound)));
    }
    out
}

/// The image of a deployment by its digest, which is known when it was built.
fn image(plan: &Plan<'_>, one: &Deployment<'_>) -> String {
    if let Some(image) = plan.image(one.workload) {
        return [&platform::repository(plan, image, one.environment), "@sha256:DIGEST"].concat();
    }
    let Some(ready) = &one.workload.ready_image else { return "IMAGE@sha256:DIGEST".to_owned() };
    [&ready.value.name(), "@", ready.value.digest.as_deref().unwrap_or("sha256:DIGEST")].concat()
}

fn same(one: &[ops::PlannedStep], other: &[ops::PlannedStep]) -> bool {
    one.iter().map(|planned| planned.step).eq(other.iter().map(|planned| planned.step))
}

/// The steps of a rollout in one sentence.
fn told(plan: &Plan<'_>, planned: &[ops::PlannedStep], bound: &[Deployment<'_>]) -> Block {
    let mut origin = crate::plan::joined(bound.iter().map(Deployment::origin)).unwrap_or_default();
    for step in planned {
        origin = origin.with(&step.origin);
    }
    let words = planned.iter().map(|planned| step_words(plan, planned.step, bound));
    let text = prose("Steps of ", &[]).then(program_names(bound)).then(": ").then(Prose::joined(words, " → "));
    let text = text.then(".");
    paragraph(text).at(&origin)
}

fn step_words(plan: &Plan<'_>, step: Step, bound: &[Deployment<'_>]) -> Prose {
    let word = Prose::from(code(step.arguments().join(" ")));
    match step {
        Step::Migrate => {
            let jobs: Vec<String> = bound
                .iter()
                .flat_map(|one| ops::release_jobs(plan, one.environment, one.workload))
                .map(|job| job.name().to_owned())
                .collect();
            word.then(" (").then(names(jobs.iter().map(String::as_str))).then(")")
        }
        Step::Watch { seconds, .. } => {
            let time = crate::value::Duration::from_seconds(seconds).to_string();
            word.then([" (", &time, ")"].concat())
        }
        Step::Start | Step::Shift { .. } | Step::Promote | Step::Verify | Step::Finish => word,
    }
}

/// What is looked at after a deployment: the command for each environment, and what it asks.
fn verification(plan: &Plan<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    let mut checks: Ordered<Prose, (Item, Vec<&str>)> = Ordered::default();
    let groups = by_environment(&rollback::can_go_back(&deployments(plan)));
    for (environment, group) in &groups {
        let mut script = Script::new();
        for one in group {
            script.at(&one.origin(), |script| {
                let words = [("environment", Word::text(one.place())), ("service", Word::text(one.name()))];
                script.line("ops/verify.sh {environment} {service}", &words);
            });
        }
        out.push(
            paragraph(Prose::from("In ").then(code(&environment.name.value)).then(":")).at(&environment.name.origin),
        );
        out.push(shell(script).at(&environment.name.origin));
        for check in group.iter().flat_map(|one| probes(plan, one)).chain(smoke(plan, group)) {
            let (_, places) = checks.or_insert_with(check.text.clone(), || (check, Vec::new()));
            places.push(&environment.name.value);
        }
    }
    let everywhere = groups.len();
    let checks = checks.into_iter().map(|(mut check, places)| {
        if places.len() < everywhere {
            check.text = check.text.then(" Only in ").then(names(places)).then(".");
        }
        check
    });
    let checks = bullets(checks);
    if !checks.is_empty() {
        out.push(
            paragraph("What it asks besides the platform's own checks:").at(&always("every verification is told")),
        );
        out.push(checks);
    }
    out
}

/// The probes of a deployment.
fn probes(plan: &Plan<'_>, deployment: &Deployment<'_>) -> Vec<Item> {
    let mut all = Vec::new();
    let service = deployment.service(plan);
    let of_ports = deployment.workload.ports.iter().filter_map(|port| port.node.health.as_ref());
    for probe in of_ports.chain(service.and_then(|service| service.health.as_ref())) {
        let words = match (&probe.path, &probe.run) {
            (Some(path), _) => prose(
                "answers {path} within {time}",
                &[("path", code(&path.value)), ("time", Inline::text(probe.timeout.value.to_string()))],
            ),
            (None, Some(run)) => prose(
                "succeeds with {run} within {time}",
                &[("run", code(&run.value)), ("time", Inline::text(probe.timeout.value.to_string()))],
            ),
            (None, None) => prose(
                "answers the health check of its protocol within {time}",
                &[("time", Inline::text(probe.timeout.value.to_string()))],
            ),
        };
        all.push(item(Prose::from(code(deployment.name())).then(" ").then(words).then(".")).at(&probe.origin));
    }
    all
}

/// The checks of the strategies.
fn smoke(plan: &Plan<'_>, group: &[Deployment<'_>]) -> Vec<Item> {
    let mut all = Vec::new();
    for (strategy, bound) in rollback::strategies(plan, group) {
        for verify in &strategy.verify {
            for get in &verify.get {
                let on = get.on.as_ref().map_or_else(|| program_names(&bound), |on| code(&on.value).into());
                let words = prose(
                    "**{name}**: {path} on ",
                    &[("name", Inline::text(&verify.name.value)), ("path", code(["GET ", &get.path.value].concat()))],
                );
                let rest = prose(
                    " answers {status} within {time}.",
                    &[
                        ("status", Inline::text(get.status.value.to_string())),
                        ("time", Inline::text(get.within.value.to_string())),
                    ],
                );
                all.push(item(words.then(on).then(rest)).at(&get.origin));
            }
            for run in &verify.run {
                let words = prose(
                    "**{name}**: {command} succeeds",
                    &[("name", Inline::text(&verify.name.value)), ("command", code(&run.command.value))],
                );
                let words = match &run.in_ {
                    Some(folder) => words.then(" in ").then(code(&folder.value)).then("."),
                    None => words.then("."),
                };
                all.push(item(words).at(&run.origin));
            }
        }
    }
    all
}
