//! `docs/deployment.md`: the deployment plan, with the decision validation of each production environment.

mod checklist;
mod decision;
mod infrastructure;
mod monitoring;
mod risk;
mod strategy;

use crate::artifact::markdown::{Block, Inline, Prose, heading, paragraph, prose, shell};
use crate::artifact::{Artifact, Group, Script};
use crate::emit::paper::deployment::{deployments, watched};
use crate::emit::paper::{always, command, names, rollback, section};
use crate::model::PipelineService;
use crate::plan::Plan;
use crate::prove::Proofs;

/// Adds the deployment plan of whatever lasts.
pub(crate) fn emit(plan: &Plan<'_>, proofs: &Proofs, artifacts: &mut Vec<Artifact>) {
    let Some(app) = &plan.model.app else { return };
    if deployments(plan).is_empty() {
        return;
    }
    let path = super::path(plan, "deployment.md");
    artifacts.push(Artifact::markdown(path, Group::Operations, blocks(plan, proofs), &app.name.origin));
}

fn blocks(plan: &Plan<'_>, proofs: &Proofs) -> Vec<Block> {
    let rule = always("a section of every deployment plan");
    let mut out = vec![heading(1, "Deployment Plan")];
    out.push(environment(plan));
    let runbook = Inline::file("Runbook", super::runbook::path(plan));
    let words = Prose::from("Every command, and what to do when something goes wrong: ").then(runbook).then(".");
    out.push(paragraph(words).at(&rule));
    out.extend(plan.model.app.iter().flat_map(super::runbook::links));
    section(&mut out, heading(2, "Date").at(&rule), date(plan));
    out.push(heading(2, "Infrastructure").at(&rule));
    out.extend(infrastructure::blocks(plan));
    out.push(heading(2, "Deployment Strategy").at(&rule));
    out.extend(strategy::blocks(plan));
    out.push(heading(2, "Monitoring").at(&rule));
    out.extend(monitoring::blocks(plan));
    out.push(heading(2, "Rollback Plan").at(&rule));
    out.extend(back(plan));
    out.push(heading(2, "Deployment Checklist").at(&rule));
    out.extend(checklist::blocks(plan));
    let decisions: Vec<Block> = plan
        .lasting()
        .filter(|one| plan.is_production(one))
        .flat_map(|one| decision::blocks(plan, proofs, one))
        .collect();
    section(&mut out, heading(2, "DECISION VALIDATION: DEPLOYMENT").at(&rule), decisions);
    out
}

/// `## Environment: staging, production`.
fn environment(plan: &Plan<'_>) -> Block {
    let all: Vec<&str> = plan.lasting().map(|environment| environment.name.value.as_str()).collect();
    let origin = crate::plan::joined(plan.lasting().map(|environment| environment.name.origin.clone()));
    heading(2, ["Environment: ", &all.join(", ")].concat()).at(&origin.unwrap_or_default())
}

/// When something was deployed is known where it was: in the runs of the workflow, else on the host.
fn date(plan: &Plan<'_>) -> Vec<Block> {
    let mut script = Script::new();
    if let (PipelineService::Github, _) = plan.pipeline() {
        for unit in &plan.facts.units {
            script.at(&unit.origin, |script| {
                script.line("gh run list --workflow {file} --limit 5", &[("file", command::workflow(&unit.name))]);
            });
        }
    }
    if script.is_empty() {
        return Vec::new();
    }
    let words = "The date of each deployment is that of its run:";
    let (_, origin) = plan.pipeline();
    vec![paragraph(words).at(&origin), shell(script).at(&origin)]
}

fn back(plan: &Plan<'_>) -> Vec<Block> {
    let all = rollback::can_go_back(&deployments(plan));
    let rule = always("a part of every deployment plan");
    let mut out = Vec::new();
    let triggers = vec![rollback::triggers(plan, &all)].into_iter().chain(rollback::failed_step(&all)).collect();
    section(&mut out, heading(3, "Triggers").at(&rule), triggers);
    let woken = rollback::can_go_back(&watched(plan));
    let migrations = Inline::section("Migrations", super::runbook::path(plan), "migrations");
    let procedure = rollback::procedure(plan, &woken, migrations);
    section(&mut out, heading(3, "Procedure").at(&rule), vec![procedure]);
    out
}

/// A line with what it is about in front.
fn about(what: &str, words: impl Into<Prose>) -> Prose {
    prose("**{what}:** ", &[("what", Inline::text(what))]).then(words)
}

/// `name, name` of things declared.
fn listed<'n>(all: impl IntoIterator<Item = &'n str>) -> Prose {
    names(all)
}
