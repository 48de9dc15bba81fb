//! Predicates on credentials in workflows: cloud identities, secrets, and who may start what reads them.

use crate::prove::Tally;
use crate::prove::condition::demands;
use crate::prove::scene::{Job, Scene, jobs};

/// Clouds are reached by the run's own identity.
pub(super) fn oidc_no_long_lived_keys(scene: &Scene<'_>, tally: &mut Tally) {
    for job in scene.jobs() {
        for step in scene.doing(job, "takes-identity") {
            tally.holds(step.place("with"));
        }
        for step in scene.doing(job, "uses-stored-key") {
            tally.fails(step.place("with"), "the step reaches a cloud by a key that is stored");
        }
        for name in job.secrets().iter().filter(|name| scene.names(name, "uses-stored-key")) {
            tally.fails(job.place(""), format!("the job reads `{name}`, a key of a cloud"));
        }
    }
}

/// Secrets are read in jobs of environments, each by name.
pub(super) fn secrets_only_in_environments(scene: &Scene<'_>, tally: &mut Tally) {
    for job in scene.jobs() {
        let secrets = job.secrets();
        let Some(first) = secrets.first() else { continue };
        let fault = if secrets.iter().any(|name| name == "*") {
            Some("the job reads every secret at once".to_owned())
        } else if job.environment().is_none() {
            Some(format!("the job reads `{first}` and belongs to no environment"))
        } else {
            None
        };
        tally.judge(job.place("environment"), fault);
    }
}

/// What a fork can start reads no secret and takes no credential.
pub(super) fn secrets_not_to_forks(scene: &Scene<'_>, tally: &mut Tally) {
    for job in scene.jobs() {
        let words = scene.sign("starts-by-fork").map(|sign| sign.word.as_slice()).unwrap_or_default();
        let by_fork = job.triggers().iter().any(|trigger| words.iter().any(|word| word.value == *trigger));
        if !by_fork {
            continue;
        }
        let secret = job.secrets().into_iter().next().map(|name| format!("reads `{name}`"));
        let identity = scene.doing(job, "takes-identity").first().map(|_| "takes a cloud credential".to_owned());
        let fault = secret
            .or(identity)
            .filter(|_| !excludes_forks(scene, job))
            .map(|what| format!("a pull request of a fork can start the job, which {what}"));
        tally.judge(job.place(""), fault);
    }
}

/// Whether the job, or one that it waits for, does not run for a fork.
fn excludes_forks(scene: &Scene<'_>, job: Job<'_>) -> bool {
    let Some(sign) = scene.sign("excludes-forks") else { return false };
    let words: Vec<&str> = sign.word.iter().map(|word| word.value.as_str()).collect();
    let before = job.after();
    // A job with a function of its own about the state runs although the one before it was left out.
    let follows = !["always()", "failure()", "cancelled()"].iter().any(|state| job.condition().contains(state));
    demands(&job.condition(), &words)
        || (follows
            && jobs(job.workflow)
                .filter(|other| before.iter().any(|name| name == other.key))
                .any(|other| demands(&other.condition(), &words)))
}

/// What publishes restores no cache.
pub(super) fn no_cache_when_publishing(scene: &Scene<'_>, tally: &mut Tally) {
    for job in scene.jobs() {
        let publishes = ["pushes-image", "deploys"].into_iter().any(|sign| !scene.doing(job, sign).is_empty());
        if !publishes {
            continue;
        }
        let restored = scene.doing(job, "restores-cache");
        match restored.first() {
            Some(step) => tally.fails(step.place(""), "a job that publishes restores a cache"),
            None => tally.holds(job.place("steps")),
        }
    }
}
