//! Predicates on the way into environments: approvals, promotion, rollback, previews.

use std::collections::BTreeMap;

use crate::artifact::{Artifact, Body};
use crate::derive::EnvironmentFacts;
use crate::prove::scene::{Job, Scene, Step, jobs, scalar, texts, triggers};
use crate::prove::{Place, Tally, command};
use crate::render;

/// The production environments.
fn production<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a EnvironmentFacts> + use<'a> {
    let plan = scene.plan;
    plan.facts.environments.iter().filter(move |environment| plan.is_production(environment))
}

/// The jobs that deploy to an environment by moving forward.
fn releases<'a>(scene: &Scene<'a>, environment: &EnvironmentFacts) -> Vec<Job<'a>> {
    let name = environment.name.value.as_str();
    scene.deploying().into_iter().filter(|job| job.environment().as_deref() == Some(name)).collect()
}

fn script<'a>(scene: &Scene<'a>, path: &str) -> Option<(&'a Artifact, String)> {
    let file = scene.file(path)?;
    match &file.body {
        Body::Shell(script) => Some((file, render::script(script))),
        Body::Yaml { .. }
        | Body::Json { .. }
        | Body::Toml(_)
        | Body::Markdown(_)
        | Body::Dockerfile(_)
        | Body::Lines(_) => None,
    }
}

/// What changes production waits for reviewers whom the bootstrap sets.
pub(super) fn approval_before_production(scene: &Scene<'_>, tally: &mut Tally) {
    let bootstrap = script(scene, "ops/bootstrap.sh");
    for environment in production(scene) {
        let approval = environment.promotion.as_ref().and_then(|promotion| promotion.approval.as_ref());
        let name = &environment.name.value;
        for job in releases(scene, environment) {
            let set = approval.is_some_and(|approval| {
                bootstrap.as_ref().is_some_and(|(_, text)| sets_reviewer(text, name, reviewer(&approval.by.value)))
            });
            let fault = match approval {
                None => Some(format!("nobody approves what goes to `{name}`")),
                Some(_) if !set => Some(format!("the bootstrap sets no reviewers for `{name}`")),
                Some(_) => None,
            };
            tally.judge(job.place("environment"), fault);
        }
    }
    // A job that deploys and belongs to no environment passes by every reviewer.
    if production(scene).next().is_some() {
        for job in scene.deploying().into_iter().filter(|job| job.environment().is_none()) {
            tally.fails(job.place(""), "the job deploys and belongs to no environment");
        }
    }
}

/// Whether a script sets reviewers for an environment and asks who this one is.
fn sets_reviewer(script: &str, environment: &str, reviewer: &str) -> bool {
    let asked = || command::commands(script).filter(|one| one.contains("gh api "));
    let names = |command: &str, name: &str| {
        command.split_whitespace().filter_map(|word| word.rsplit_once('/')).any(|(_, last)| last == name)
    };
    let mut sets = asked().filter(|one| one.contains("reviewers[][id]"));
    sets.any(|one| names(&one, environment)) && asked().any(|one| names(&one, reviewer))
}

/// A team without its organisation, or a login.
fn reviewer(by: &str) -> &str {
    by.rsplit('/').next().unwrap_or(by)
}

/// Jobs that deploy to production come after the verified deployment to the environment before.
pub(super) fn verified_before_promotion(scene: &Scene<'_>, tally: &mut Tally) {
    for environment in production(scene) {
        let name = &environment.name.value;
        for job in releases(scene, environment).into_iter().filter(|job| job.workflow.path.contains("/deploy")) {
            let Some(promotion) = &environment.promotion else {
                tally.fails(job.place("needs"), format!("nothing is verified before it reaches `{name}`"));
                continue;
            };
            let before = job.after();
            let from = jobs(job.workflow)
                .filter(|other| before.iter().any(|need| need == other.key))
                .find(|other| other.environment().as_deref() == Some(promotion.from.value.as_str()));
            let fault = match from {
                None => Some(format!("it does not wait for `{}`", promotion.from.value)),
                Some(other) if verified(scene, other, &before, job) => None,
                Some(_) => Some(format!("nothing verifies `{}` before it", promotion.from.value)),
            };
            tally.judge(job.place("needs"), fault);
        }
    }
}

/// Whether a job, or another one before `last`, verifies a release.
fn verified(scene: &Scene<'_>, job: Job<'_>, before: &[String], last: Job<'_>) -> bool {
    let others = jobs(last.workflow).filter(|other| before.iter().any(|need| need == other.key));
    others.chain([job]).any(|one| !scene.doing(one, "verifies-release").is_empty())
}

/// Services that take traffic in production are taken back by themselves.
pub(super) fn rollback_automatic(scene: &Scene<'_>, tally: &mut Tally) {
    for environment in production(scene) {
        let releases = releases(scene, environment);
        let Some(job) = releases.iter().find(|job| job.workflow.path.contains("/deploy")) else { continue };
        let backwards = goes_back(scene, &releases, &environment.name.value);
        for workload in environment.workloads.iter().filter(|workload| workload.role.value.takes_traffic()) {
            let name = &workload.name.value;
            let strategy = scene.plan.strategy(environment, workload);
            let conditions = strategy.and_then(|strategy| strategy.rollback.as_ref());
            let fault = match conditions {
                None => Some(format!("no condition takes a release of `{name}` back")),
                Some(rollback) if rollback.when.is_empty() => {
                    Some(format!("the rollback of `{name}` has no condition"))
                }
                Some(_) => None,
            };
            let place = match (strategy, &fault) {
                (Some(strategy), Some(_)) => scene.declared(&["strategy.", &strategy.name.value, ".rollback"].concat()),
                (None, Some(_)) => scene.declared(&["service.", name, ".strategy"].concat()),
                (_, None) => match backwards.get(name.as_str()) {
                    Some(step) => step.place(""),
                    None => {
                        tally.fails(job.place("steps"), format!("no step takes `{name}` back when the job fails"));
                        continue;
                    }
                },
            };
            tally.judge(place, fault);
        }
    }
}

/// The steps that take something back when a release to an environment fails, by each word of their commands: whose
/// name is among them is taken back.
fn goes_back<'a>(scene: &Scene<'a>, releases: &[Job<'a>], environment: &str) -> BTreeMap<String, Step<'a>> {
    let mut found = BTreeMap::new();
    for step in releases.iter().flat_map(|job| scene.doing(*job, "rolls-back")) {
        let condition = step.tree.key("if").map(scalar).unwrap_or_default();
        let run = step.run().unwrap_or_default();
        let words = run.split_whitespace().map(|part| part.trim_matches(['"', '\'']));
        if condition.contains("failure()") && words.clone().any(|word| word == environment) {
            words.for_each(|word| {
                found.entry(word.to_owned()).or_insert(step);
            });
        }
    }
    found
}

/// What can be deployed to can be rolled back, by workflow and by hand.
pub(super) fn rollback_for_every_path(scene: &Scene<'_>, tally: &mut Tally) {
    let workflow = scene.workflow("rollback.yml");
    let manual = script(scene, "ops/rollback.sh");
    let target = script(scene, "ops/target.sh");
    let lasting = scene.plan.facts.environments.iter().filter(|environment| !environment.ephemeral.value);
    for environment in lasting.filter(|environment| !releases(scene, environment).is_empty()) {
        let name = &environment.name.value;
        let by_workflow = workflow.is_some_and(|file| {
            let listed = file.find("on.workflow_dispatch.inputs.environment.options").map(|found| texts(found.tree));
            listed.is_none_or(|listed| listed.contains(name))
        });
        let place = match workflow {
            Some(file) => Place::new(file.path.as_str(), "on.workflow_dispatch"),
            None => Place::new(".github/workflows", ""),
        };
        tally.judge(place, (!by_workflow).then(|| format!("no workflow takes a release of `{name}` back")));
        let arm = [name.as_str(), "/"].concat();
        let known = target.as_ref().is_some_and(|(_, text)| text.split_whitespace().any(|word| word.starts_with(&arm)));
        let fault = (manual.is_none() || !known).then(|| format!("no script takes a release of `{name}` back"));
        tally.judge(Place::new("ops/rollback.sh", ""), fault);
    }
}

/// Previews read no secret of production and end.
pub(super) fn preview_isolated(scene: &Scene<'_>, tally: &mut Tally) {
    let Some(workflow) = scene.workflow("preview.yml") else { return };
    for environment in scene.plan.ephemeral() {
        for production in production(scene) {
            for (name, place) in shared_secrets(scene, environment, production) {
                let reason =
                    format!("`{name}` of `{}` is the one of `{}`", environment.name.value, production.name.value);
                tally.fails(place, reason);
            }
        }
        tally.judge(Place::new(workflow.path.as_str(), "on"), unstarted(workflow));
        let removing: Vec<Job<'_>> = jobs(workflow).filter(|job| !scene.doing(*job, "removes").is_empty()).collect();
        for (when, missing) in [("'closed'", "when its pull request is closed"), ("'schedule'", "by a sweep")] {
            match removing.iter().find(|job| runs_when(**job, when)) {
                Some(job) => tally.holds(job.place("steps")),
                None => {
                    let reason = format!("no job takes `{}` down {missing}", environment.name.value);
                    tally.fails(Place::new(workflow.path.as_str(), "jobs"), reason);
                }
            }
        }
    }
}

/// What does not start the workflow although previews end by it.
fn unstarted(workflow: &Artifact) -> Option<String> {
    let closes =
        workflow.find("on.pull_request.types").is_some_and(|found| texts(found.tree).iter().any(|one| one == "closed"));
    let sweeps = triggers(workflow).iter().any(|one| one == "schedule");
    match (closes, sweeps) {
        (false, _) => Some("nothing starts it when a pull request is closed".to_owned()),
        (true, false) => Some("nothing starts it later for what was left behind".to_owned()),
        (true, true) => None,
    }
}

/// Whether the condition of a job, or of one before it, asks for a word.
fn runs_when(job: Job<'_>, word: &str) -> bool {
    let before = job.after();
    let others = jobs(job.workflow).filter(|other| before.iter().any(|need| need == other.key));
    others.chain([job]).any(|one| one.condition().contains(word))
}

/// Secrets that a preview reads from the very place that production reads.
fn shared_secrets(
    scene: &Scene<'_>,
    preview: &EnvironmentFacts,
    production: &EnvironmentFacts,
) -> Vec<(String, Place)> {
    let plan = scene.plan;
    let mut shared = Vec::new();
    let read = preview.workloads.iter().flat_map(crate::derive::Workload::secrets);
    for name in read.map(|secret| secret.value) {
        let place_of = |environment: &EnvironmentFacts| {
            let secret = plan.setting(environment).secret(&name)?;
            let from = secret.from.as_ref()?;
            let path = from.path.as_ref().map(|path| path.value.clone());
            let project = from.project.as_ref().or(environment.host.node.project.as_ref()).map(|one| one.value.clone());
            Some((from.store.value, path, project))
        };
        let (own, theirs) = (place_of(preview), place_of(production));
        let used = production.workloads.iter().any(|one| one.secrets().iter().any(|secret| secret.value == name));
        if own.is_some() && own == theirs && used && !shared.iter().any(|(known, _)| *known == name) {
            shared.push((name.clone(), scene.declared(&["secret.", &name, ".from"].concat())));
        }
    }
    shared
}
