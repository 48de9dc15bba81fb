//! The user's own jobs in `ci.yml`: what they run, where, beside which resources and how often.

use crate::artifact::{Part, Script, Tree, Word, github, list, mixed, text};
use crate::derive::Part as Piece;
use crate::emit::github::setup::Purpose;
use crate::emit::github::workflow::{Job, Step, minutes_at};
use crate::emit::github::{access, container, setup};
use crate::emit::platform;
use crate::model;
use crate::plan::Plan;

/// The limit of a job that says none, as the language promises.
const DEFAULT_MINUTES: u64 = 30;

/// The stages that `needs` may name, each for all of its jobs.
const STAGES: [&str; 4] = ["lint", "test", "build", "scan"];

/// Adds the jobs behind those that are there.
pub(super) fn add(plan: &Plan<'_>, jobs: &mut Vec<Job>) {
    let own = plan.model.pipeline.iter().flat_map(|pipeline| &pipeline.job);
    let before: Vec<String> = jobs.iter().map(|job| job.key.clone()).collect();
    for declared in own {
        let needs: Vec<String> = declared.needs.iter().flat_map(|need| keys(&need.value, &before)).collect();
        jobs.push(job(plan, declared, needs));
    }
}

/// The jobs of a stage, or the user's job itself.
fn keys(need: &str, before: &[String]) -> Vec<String> {
    if !STAGES.contains(&need) {
        return vec![need.to_owned()];
    }
    let prefix = [need, "-"].concat();
    before.iter().filter(|key| key.starts_with(&prefix)).cloned().collect()
}

fn job(plan: &Plan<'_>, declared: &model::Job, needs: Vec<String>) -> Job {
    let folder = declared.in_.as_ref();
    let mut job = Job::new(declared.name.value.as_str(), DEFAULT_MINUTES, &declared.origin).after(needs);
    if let Some(timeout) = &declared.timeout {
        job.minutes = minutes_at(timeout.value.minutes().max(1), &timeout.origin);
    }
    // What was left out because nothing changed must not hold this job back.
    if !job.needs.is_empty() {
        job = job.when("!failure() && !cancelled()");
    }
    dimensions(declared, &mut job);
    job = job.step(Step::checkout(&declared.origin));
    if let Some(image) = setup::home(plan, folder.map(|folder| folder.value.as_str())) {
        job = job.steps(setup::steps(plan, image, Purpose::Checks));
    }
    for named in &declared.with {
        let resource = plan.model.declared.resource(&named.value);
        job = job.steps(resource.and_then(|resource| container::step(plan, resource, named)));
    }
    for (index, command) in declared.run.iter().enumerate() {
        let run = Script::of("{command}", &[("command", Word::raw(command.value.as_str()))]);
        let name = if declared.run.len() == 1 { "Run".to_owned() } else { ["Run ", &(index + 1).to_string()].concat() };
        let mut step = Step::run(name, run, &command.origin);
        if let Some(folder) = folder {
            step = step.inside(&folder.value, &folder.origin);
        }
        job = job.step(variables(plan, declared, step));
    }
    // Secrets reach a job through an environment only.
    if reads_secrets(plan, declared) {
        job.environment = Some(text(platform::CHECK_ENVIRONMENT).at(&declared.origin));
    }
    job
}

/// Shards and matrix: a dimension each.
fn dimensions(declared: &model::Job, job: &mut Job) {
    if let Some(shard) = &declared.shard {
        let numbers = (1..=shard.value.get()).map(Tree::from);
        job.matrix.push(("shard".to_owned(), list(numbers).at(&shard.origin)));
    }
    for dimension in &declared.matrix {
        let values = list(dimension.values.iter().map(Tree::from)).at(&dimension.origin);
        job.matrix.push((dimension.name.value.clone(), values));
    }
}

fn variables(plan: &Plan<'_>, declared: &model::Job, mut step: Step) -> Step {
    if let Some(shard) = &declared.shard {
        step = step.env("SHARD", github("matrix.shard").at(&shard.origin));
        step = step.env("SHARDS", text(shard.value.get().to_string()).at(&shard.origin));
    }
    for dimension in &declared.matrix {
        let name = dimension.name.value.replace('-', "_").to_uppercase();
        let value = github(&["matrix.", &dimension.name.value].concat()).at(&dimension.origin);
        step = step.env(name, value);
    }
    for (name, parts, origin) in platform::job_variables(plan, declared) {
        let pieces: Vec<Part> = parts.iter().map(|part| access::part(plan, part)).collect();
        step = step.env(name, mixed(pieces).at(&origin));
    }
    step
}

fn reads_secrets(plan: &Plan<'_>, declared: &model::Job) -> bool {
    platform::job_variables(plan, declared)
        .iter()
        .any(|(_, parts, _)| parts.iter().any(|part| matches!(part, Piece::Secret(_))))
}
