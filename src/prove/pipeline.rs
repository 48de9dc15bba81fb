//! Predicates on a workflow as a whole: bounds, scans, and the one required check.

use crate::artifact::Tree;
use crate::prove::scene::{Job, Scene, jobs, scalar, texts};
use crate::prove::{Place, Tally};

/// Every job ends, and deployments of one environment exclude each other.
pub(super) fn concurrency_and_timeouts(scene: &Scene<'_>, tally: &mut Tally) {
    for job in scene.jobs() {
        let bounded = job.tree.key("timeout-minutes").map(scalar).is_some_and(|minutes| !minutes.is_empty());
        tally.judge(job.place("timeout-minutes"), (!bounded).then(|| "the job has no timeout".to_owned()));
    }
    for job in scene.deploying() {
        let own = job.tree.key("concurrency").map(|lock| (lock, job.place("concurrency")));
        let shared = || {
            let found = job.workflow.find("concurrency")?;
            Some((found.tree, Place::new(job.workflow.path.as_str(), "concurrency")))
        };
        match own.or_else(shared) {
            None => tally.fails(job.place(""), "two runs may deploy at a time"),
            Some((lock, place)) => {
                let stops = lock.key("cancel-in-progress").map(scalar).is_some_and(|flag| flag != "false");
                tally.judge(place, stops.then(|| "a deployment is cut off by the next one".to_owned()));
            }
        }
    }
}

/// Every declared scan has a job whose failure counts.
pub(super) fn scan_present(scene: &Scene<'_>, tally: &mut Tally) {
    let Some(pipeline) = &scene.plan.model.pipeline else { return };
    for scan in &pipeline.scan {
        let key = ["scan-", scan.value.word()].concat();
        let all: Vec<Job<'_>> = scene.jobs().collect();
        let found = all.iter().find(|job| job.key == key);
        let Some(job) = found else {
            tally.fails(scene.declared("pipeline.scan"), format!("no job scans for `{}`", scan.value.word()));
            continue;
        };
        let ignored = job.tree.key("continue-on-error").map(scalar).is_some_and(|flag| flag == "true")
            || job
                .steps()
                .any(|step| step.tree.key("continue-on-error").map(scalar).is_some_and(|flag| flag == "true"));
        let waited = jobs(job.workflow).any(|other| other.needs().iter().any(|need| need == job.key));
        let fault = match (ignored, waited) {
            (true, _) => Some("a finding does not fail the job".to_owned()),
            (false, false) => Some("no job waits for it".to_owned()),
            (false, true) => None,
        };
        tally.judge(job.place(""), fault);
    }
}

/// The job that branch rules name.
const REQUIRED: &str = "ci";

/// One job waits for all others, runs always and fails with them.
pub(super) fn required_check_covers_all(scene: &Scene<'_>, tally: &mut Tally) {
    let Some(workflow) = scene.workflow("ci.yml") else { return };
    let Some(check) = jobs(workflow).find(|job| job.key == REQUIRED) else {
        return tally.fails(Place::new(workflow.path.as_str(), "jobs"), "there is no job `ci`");
    };
    let needs = check.needs();
    let left = jobs(workflow).find(|job| job.key != REQUIRED && !needs.iter().any(|need| need == job.key));
    tally.judge(check.place("needs"), left.map(|job| format!("it does not wait for `{}`", job.key)));
    let always = check.condition().contains("always()");
    tally.judge(check.place("if"), (!always).then(|| "it is left out when a job before it fails".to_owned()));
    let reads = check.tree.key("steps").map(texts).unwrap_or_default();
    let looks =
        reads.iter().any(|text| text.contains("toJSON(needs)")) && reads.iter().any(|text| text.contains(".result"));
    let steps = check.tree.key("steps").map_or(0, |steps| Tree::items(steps).len());
    let fault = (!looks || steps == 0).then(|| "it does not look at the results of the jobs before it".to_owned());
    tally.judge(check.place("steps"), fault);
}
