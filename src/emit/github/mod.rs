//! GitHub Actions: the workflows of a project whose pipeline runs there, and the document about them.

mod access;
mod action;
mod changes;
mod ci;
mod container;
mod deploy;
mod document;
mod gate;
mod image;
mod own;
mod preview;
mod rollback;
mod rollout;
mod scan;
mod scheduled;
mod setup;
mod step;
mod workflow;

use crate::artifact::Artifact;
use crate::model;
use crate::plan::Plan;
use crate::source::{Origin, Sourced};

/// Adds every workflow and the document about them.
pub(crate) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    if plan.pipeline().0 != model::PipelineService::Github {
        return;
    }
    let mut workflows = vec![ci::workflow(plan)];
    workflows.extend(plan.facts.units.iter().filter_map(|unit| deploy::workflow(plan, unit)));
    workflows.extend(rollback::workflow(plan));
    workflows.extend(preview::workflow(plan));
    workflows.push(scheduled::workflow(plan));
    artifacts.extend(workflows.iter().map(|workflow| workflow.artifact(&plan.model.pins)));
    artifacts.push(document::artifact(plan, &workflows));
}

/// The repository, where one is named.
fn repository<'a>(plan: &Plan<'a>) -> Option<&'a model::AppRepo> {
    plan.model.app.as_ref()?.repo.as_ref()
}

/// The branch that is released from.
fn branch(plan: &Plan<'_>) -> Sourced<String> {
    repository(plan).map_or_else(
        || Sourced::new("main".to_owned(), Origin::rule("the branch is `main` unless `repo` says otherwise")),
        |repo| repo.branch.clone(),
    )
}

/// A name or a pattern as GitHub's filters read it: `*` stands for any text, and nothing else means anything.
fn filter(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '*' => out.push_str("**"),
            '+' | '!' => out.extend(['\\', character]),
            other => out.push(other),
        }
    }
    out
}

/// What makes the pipeline run on GitHub.
fn pipeline_origin(plan: &Plan<'_>) -> Origin {
    plan.pipeline().1
}

/// The name of a secret in the settings of the repository: what `from` says, else its own in upper case.
fn secret_name(plan: &Plan<'_>, name: &str) -> String {
    let declared = plan.model.declared.secret(name);
    let path = declared.and_then(|secret| secret.from.as_ref()).and_then(|from| from.path.as_ref());
    path.map_or_else(|| name.replace('-', "_").to_uppercase(), |path| path.value.clone())
}
