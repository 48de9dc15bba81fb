//! Predicates on single steps and jobs of workflows: pins, rights, checkouts, commands, triggers.

use crate::artifact::{Tree, Value};
use crate::model;
use crate::prove::scene::{Job, Scene, Step, jobs, triggers};
use crate::prove::{Place, Tally};
use crate::resolve::Pins;
use crate::standard;

/// Every action is named by the commit of the pin table.
pub(super) fn actions_pinned_by_commit(scene: &Scene<'_>, tally: &mut Tally) {
    for step in scene.steps() {
        let Some(uses) = step.uses().filter(|uses| !uses.starts_with("./")) else { continue };
        tally.judge(step.place("uses"), unpinned(&scene.plan.model.pins, uses));
    }
}

fn unpinned(pins: &Pins, uses: &str) -> Option<String> {
    let Some((action, pin)) = uses.split_once('@') else { return Some(format!("`{uses}` names no commit")) };
    let commit = pin.len() == 40 && pin.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !commit {
        return Some(format!("`{action}` is named by `{pin}`, which can be moved"));
    }
    match pins.action(action) {
        Some(known) if known.commit.value == pin => None,
        Some(_) => Some(format!("`{action}` is not at the commit of the pin table")),
        None => Some(format!("`{action}` is not in the pin table")),
    }
}

/// Nothing at the top, own permissions per job, and a reason for each that may write.
pub(super) fn least_permissions(scene: &Scene<'_>, tally: &mut Tally) {
    for workflow in scene.workflows() {
        let place = Place::new(workflow.path.as_str(), "permissions");
        let top = workflow.find("permissions").map(|found| found.tree);
        let none = top.is_some_and(|top| matches!(&top.value, Value::Map(entries) if entries.is_empty()));
        tally.judge(place, (!none).then(|| "the workflow has rights of its own".to_owned()));
        for job in jobs(workflow) {
            let Some(permissions) = job.tree.key("permissions") else {
                tally.fails(job.place(""), "the job names no permissions");
                continue;
            };
            let fault = if let Value::Map(entries) = &permissions.value {
                entries.iter().find_map(|(scope, access)| unneeded(scene, job, scope, access))
            } else {
                Some("the job has every right of a kind".to_owned())
            };
            tally.judge(job.place("permissions"), fault);
        }
    }
}

/// A right to write that no step of the job needs.
fn unneeded(scene: &Scene<'_>, job: Job<'_>, scope: &str, access: &Tree) -> Option<String> {
    if access.joined().as_deref() != Some("write") {
        return None;
    }
    let needed = job.steps().any(|step| {
        let by_sign = scene.signs_for(scope).any(|sign| scene.shows(step, sign));
        by_sign || by_action(step, scope)
    });
    (!needed).then(|| format!("no step of the job needs to write `{scope}`"))
}

fn by_action(step: Step<'_>, scope: &str) -> bool {
    let Some(action) = step.action() else { return false };
    let mut parts = action.splitn(3, '/');
    let repository = [parts.next().unwrap_or_default(), "/", parts.next().unwrap_or_default()].concat();
    let known: Option<&'static model::StdAction> = standard::get("action", &repository);
    known.is_some_and(|known| {
        known.permission.iter().any(|needed| needed.scope.value == scope && needed.access.value == "write")
    })
}

/// No checkout leaves the token behind.
pub(super) fn no_persisted_credentials(scene: &Scene<'_>, tally: &mut Tally) {
    for step in scene.steps().filter(|step| scene.does(*step, "checks-out")) {
        let kept = step.input("persist-credentials").as_deref() != Some("false");
        tally.judge(
            step.place("with.persist-credentials"),
            kept.then(|| "the checkout keeps the token of the run".to_owned()),
        );
    }
}

/// No expression inside a command.
pub(super) fn no_untrusted_text_in_run(scene: &Scene<'_>, tally: &mut Tally) {
    for step in scene.steps() {
        let Some(run) = step.run() else { continue };
        let fault = run.contains("${{").then(|| "an expression stands inside the command".to_owned());
        tally.judge(step.place("run"), fault);
    }
}

/// No trigger gives code of a fork the rights of the repository.
pub(super) fn no_dangerous_trigger(scene: &Scene<'_>, tally: &mut Tally) {
    let trusting: Vec<String> = scene
        .sign("trusts-forks")
        .map(|sign| sign.word.iter().map(|word| word.value.clone()).collect())
        .unwrap_or_default();
    for workflow in scene.workflows() {
        let found = triggers(workflow).into_iter().find(|trigger| trusting.contains(trigger));
        let fetches = jobs(workflow).flat_map(Job::steps).any(|step| scene.does(step, "checks-out"));
        let fault = found
            .filter(|_| fetches)
            .map(|trigger| format!("`{trigger}` runs with the rights of the repository, and a job fetches code"));
        tally.judge(Place::new(workflow.path.as_str(), "on"), fault);
    }
}
