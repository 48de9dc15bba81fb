//! `docs/deployment/pipeline.md`: the way of a change in a picture, every job, and every place where a person decides.

use crate::artifact::chart::{Direction, Shape};
use crate::artifact::markdown::{Inline, Prose, bullets, heading, item, paragraph, prose, row, shell, table};
use crate::artifact::{Artifact, Block, Flowchart, Group, Script, Tree, Word};
use crate::derive::{EnvironmentFacts, Trigger, UnitFacts};
use crate::emit::github::workflow::Workflow;
use crate::emit::github::{access, deploy};
use crate::emit::platform;
use crate::plan::Plan;

/// The document, made from the workflows themselves, so that it names no job which is not there.
pub(super) fn artifact(plan: &Plan<'_>, workflows: &[Workflow]) -> Artifact {
    let origin = super::pipeline_origin(plan);
    let branch = super::branch(plan);
    let mut blocks = vec![heading(1, "Pipeline")];
    blocks.push(
        paragraph(prose(
            "GitHub Actions takes every change from the pull request to the last environment. What is merged into `{branch}` is built once; every environment gets the same image by its digest.",
            &[("branch", Inline::code(branch.value.as_str()))],
        ))
        .at(&branch.origin),
    );
    blocks.push(heading(2, "The way of a change"));
    blocks.push(Block::from(crate::artifact::markdown::BlockKind::Flowchart(chart(plan))).at(&origin));
    blocks.push(heading(2, "Jobs"));
    for workflow in workflows {
        blocks.extend(jobs(workflow));
    }
    blocks.push(heading(2, "Where a person decides"));
    blocks.push(interventions(plan));
    blocks.push(heading(2, "By hand"));
    blocks.extend(by_hand(plan));
    blocks.push(heading(2, "When something goes wrong"));
    blocks.push(troubles(plan));
    let path = [plan.docs(), "/deployment/pipeline.md"].concat();
    Artifact::markdown(path, Group::CiCd, blocks, &origin)
}

fn chart(plan: &Plan<'_>) -> Flowchart {
    let mut chart = Flowchart::new(Direction::Right);
    chart.node("change", "Pull request", Shape::Circle);
    chart.node("ci", "ci: lint, test, build, scan", Shape::Box);
    chart.edge("change", "ci", "");
    for environment in plan.ephemeral() {
        let key = ["place-", &environment.name.value].concat();
        chart.node(key.as_str(), environment.name.value.as_str(), Shape::Round);
        chart.edge("change", key, "");
    }
    for unit in &plan.facts.units {
        let places = deploy::places(plan, unit);
        if places.is_empty() {
            continue;
        }
        let build = ["build-", &unit.name].concat();
        chart.node(build.as_str(), ["Build ", &unit.name].concat(), Shape::Box);
        chart.edge("ci", build.as_str(), "merge");
        for environment in &places {
            unit_place(plan, &mut chart, unit, environment, &places);
        }
    }
    chart
}

/// One unit in one environment, with the gate before it.
fn unit_place(
    plan: &Plan<'_>,
    chart: &mut Flowchart,
    unit: &UnitFacts,
    environment: &EnvironmentFacts,
    places: &[&EnvironmentFacts],
) {
    let name = &environment.name.value;
    let key = [&unit.name, "-", name].concat();
    let before = environment
        .promotion
        .as_ref()
        .map(|promotion| promotion.from.value.clone())
        .filter(|from| places.iter().any(|place| place.name.value == *from));
    let from = before.map_or_else(|| ["build-", &unit.name].concat(), |from| [&unit.name, "-", &from].concat());
    chart.node(key.as_str(), [&unit.name, " in ", name].concat(), Shape::Round);
    let gates = gates(plan, environment);
    if gates.is_empty() {
        chart.edge(from, key, "");
        return;
    }
    let gate = ["gate-", &key].concat();
    chart.node(gate.as_str(), gates.join(", "), Shape::Gate);
    chart.edge(from, gate.as_str(), "");
    chart.edge(gate, key, "");
}

/// What holds a release to an environment back, in words.
fn gates(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<String> {
    let mut gates = Vec::new();
    if let Some(promotion) = &environment.promotion {
        if let Some(approval) = &promotion.approval {
            gates.push(["approval by ", &approval.by.value].concat());
        }
        if let Some(after) = &promotion.after {
            gates.push(["wait ", &after.value.to_string()].concat());
        }
    }
    let frozen = plan.environment(environment).is_some_and(|node| !node.freeze.is_empty());
    if frozen {
        gates.push("not frozen".to_owned());
    }
    gates
}

/// The jobs of a workflow in the order they are written.
fn jobs(workflow: &Workflow) -> Vec<Block> {
    let path = [".github/workflows/", &workflow.file].concat();
    let mut rows = Vec::new();
    for job in &workflow.jobs {
        let named = without_expressions(&job.name);
        let needs = Prose::joined(job.needs.iter().map(|need| Inline::code(need.as_str())), ", ");
        let place = job.environment.as_ref().and_then(environment_of).unwrap_or_default();
        let minutes = job.minutes.as_int().map(|minutes| minutes.to_string()).unwrap_or_default();
        let cells: [Prose; 5] =
            [Inline::code(job.key.as_str()).into(), named.into(), needs, place.into(), minutes.into()];
        rows.push(row(cells).at(&job.origin));
    }
    let title = Inline::file(workflow.file.as_str(), path);
    let listed = table(["Job", "What it does", "After", "Environment", "Minutes at most:"]).rows(rows);
    vec![heading(3, workflow.name.as_str()).at(&workflow.origin), paragraph(title).at(&workflow.origin), listed]
}

/// The name of a job; what is known only when it runs is named by its dimension.
fn without_expressions(name: &Tree) -> String {
    let whole = name.joined().unwrap_or_default();
    whole.replace("${{ matrix.", "each ").replace(" }}", "")
}

fn environment_of(tree: &Tree) -> Option<String> {
    tree.key("name").and_then(Tree::joined).or_else(|| tree.joined())
}

/// Every place where the pipeline waits for a person, or where one may step in.
fn interventions(plan: &Plan<'_>) -> Block {
    let mut rows = Vec::new();
    let branch = super::branch(plan);
    let required = prose("Review and merge; the check {check} must be green", &[("check", Inline::code("ci"))]);
    let change: Prose = ["pull request into ", &branch.value].concat().into();
    rows.push(row([change, required]).at(&branch.origin));
    for environment in plan.lasting().filter(|environment| access::is_reachable(plan, environment)) {
        let name = &environment.name.value;
        for trigger in &environment.triggers {
            if trigger.value == Trigger::Manual {
                let text = prose(
                    "Start the deploy workflow of a unit with the environment {name}",
                    &[("name", Inline::code(name.as_str()))],
                );
                rows.push(row([name.as_str().into(), text]).at(&trigger.origin));
            }
        }
        if let Some(approval) = environment.promotion.as_ref().and_then(|promotion| promotion.approval.as_ref()) {
            let count = Inline::text(approval.count.value.to_string());
            let holes = [("count", count), ("by", Inline::text(approval.by.value.as_str()))];
            let text = prose("Approval by {count} of {by}, asked for by the environment's reviewers", &holes);
            rows.push(row([name.as_str().into(), text]).at(&approval.by.origin));
        }
        let freezes = plan.environment(environment).map(|node| node.freeze.as_slice()).unwrap_or_default();
        for freeze in freezes {
            let holes = [
                ("from", Inline::text(freeze.from.value.as_str())),
                ("to", Inline::text(freeze.to.value.as_str())),
                ("zone", Inline::text(freeze.tz.value.as_str())),
            ];
            let text = prose(
                "Frozen from {from} to {to} ({zone}): run the failed jobs again when it is over. A rollback is always possible",
                &holes,
            );
            rows.push(row([name.as_str().into(), text]).at(&freeze.origin));
        }
    }
    for environment in plan.ephemeral() {
        for trigger in &environment.triggers {
            let Trigger::PullRequest(Some(label)) = &trigger.value else { continue };
            let text = prose(
                "Put the label {label} on a pull request; taking it off tears the preview down",
                &[("label", Inline::code(label.as_str()))],
            );
            rows.push(row([environment.name.value.as_str().into(), text]).at(&trigger.origin));
        }
    }
    let back = prose("Start the workflow `Roll back`; with `drill` it is a rehearsal", &[]);
    rows.push(row(["any environment".into(), back]).at(&super::pipeline_origin(plan)));
    table(["Where", "What a person does"]).rows(rows)
}

/// The same steps without the pipeline.
fn by_hand(plan: &Plan<'_>) -> Vec<Block> {
    let origin = super::pipeline_origin(plan);
    let mut script = Script::new();
    for environment in plan.lasting().filter(|environment| access::is_reachable(plan, environment)) {
        let Some(workload) = environment.workloads.iter().find(|workload| plan.image(workload).is_some()) else {
            continue;
        };
        let Some(image) = plan.image(workload) else { continue };
        let repository = platform::repository(plan, image, environment);
        let holes = [
            ("environment", Word::text(environment.name.value.as_str())),
            ("service", Word::text(workload.name.value.as_str())),
            ("image", Word::text([&repository, "@sha256:DIGEST"].concat())),
        ];
        script.at(&environment.name.origin, |script| {
            script.line("ops/deploy.sh --dry-run {environment} {service} {image}", &holes);
        });
        break;
    }
    let told = prose(
        "Every step of a rollout is a call of a script in `ops/`, which a person can make as well; `--dry-run` shows what would be done.",
        &[],
    );
    let mut blocks = vec![paragraph(told).at(&origin)];
    if !script.is_empty() {
        blocks.push(shell(script));
    }
    blocks
}

fn troubles(plan: &Plan<'_>) -> Block {
    let origin = super::pipeline_origin(plan);
    let all = [
        "A step of a rollout fails: the job gives the traffic back to the version before and is red.",
        "The platform goes back by itself: the comparison at the end of the job is red.",
        "The machine of a job is lost: `reconcile` is red, and the daily job `sweep` runs the lost jobs again; every step may be repeated.",
        "A unit fails: the units that call it are not released; what is released stays.",
    ];
    bullets(all.into_iter().map(|text| item(prose(text, &[])).at(&origin)))
}
