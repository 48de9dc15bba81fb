//! Which environments of the repository its images are built, its checks are run and its releases wait in, and the
//! secrets they read there.

use crate::derive::{EnvironmentFacts, Part, Scope, Trigger};
use crate::model;
use crate::plan::Plan;
use crate::source::{Origin, Sourced};

/// The environment of jobs that build what ships, where they need one.
pub const BUILD_ENVIRONMENT: &str = "build";

/// The environment of jobs that read a secret and release nothing.
pub const CHECK_ENVIRONMENT: &str = "ci";

/// The longest that a job itself waits, in seconds; a longer wait costs nobody a machine.
const SLEEPS: u64 = 60 * 60;

/// An environment of the repository that does nothing but make jobs wait. The one that is released to cannot do that: a
/// rollback would wait, too.
pub struct Wait {
    /// Its name.
    pub name: String,
    /// How long, in whole minutes.
    pub minutes: u64,
    /// The declaration that asks for it.
    pub origin: Origin,
}

/// Where releases to an environment wait after the verification before it; none where a job can wait as long itself.
pub fn wait(environment: &EnvironmentFacts) -> Option<Wait> {
    let after = environment.promotion.as_ref()?.after.as_ref().filter(|after| after.value.seconds() > SLEEPS)?;
    Some(Wait {
        name: [&environment.name.value, "-wait"].concat(),
        minutes: after.value.seconds().div_ceil(60),
        origin: after.origin.clone(),
    })
}

/// Why images are built by jobs of an environment: they read a secret, or what starts them is a pattern of branches or
/// tags, which the rules of an environment know and the trust of a cloud does not. None where a branch's name does.
pub fn builds_in_environment(plan: &Plan<'_>) -> Option<Origin> {
    if let Some(secret) = build_secrets(plan).first() {
        return Some(secret.origin.clone());
    }
    let registry = super::registry(plan);
    if super::reads_secrets(&super::push(plan)) {
        return Some(registry.origin);
    }
    // GitHub's own registry trusts the job's token, wherever it runs.
    registry.owner?;
    let pattern = |trigger: &&Sourced<Trigger>| match &trigger.value {
        Trigger::Push(branch) => branch.contains(['*', '!']),
        Trigger::Tag(_) => true,
        Trigger::PullRequest(_) | Trigger::Manual => false,
    };
    let triggers = plan.lasting().flat_map(|environment| &environment.triggers);
    triggers.filter(pattern).map(|trigger| trigger.origin.clone()).next()
}

/// The secrets that builds of images read, each once.
pub fn build_secrets(plan: &Plan<'_>) -> Vec<Sourced<String>> {
    let builds = plan.facts.images.iter().filter_map(|image| image.node.build.as_ref());
    once(builds.flat_map(|build| &build.secret).map(|secret| secret.from.clone()))
}

/// The secrets that jobs of `ci.yml` read, each once: builds, and jobs of the user's own.
pub fn check_secrets(plan: &Plan<'_>) -> Vec<Sourced<String>> {
    let jobs = plan.model.pipeline.iter().flat_map(|pipeline| &pipeline.job);
    let of_jobs = jobs.flat_map(|job| job_variables(plan, job)).flat_map(|(_, parts, origin)| {
        parts.into_iter().filter_map(move |part| match part {
            Part::Secret(name) => Some(Sourced::new(name, origin.clone())),
            Part::Text(_)
            | Part::Resource(..)
            | Part::Service(..)
            | Part::CiVariable(_)
            | Part::Release(_)
            | Part::PullRequest => None,
        })
    });
    once(build_secrets(plan).into_iter().chain(of_jobs))
}

/// A variable of a job: its name, the pieces of its value, and where it is written.
pub type JobVariable = (String, Vec<Part>, Origin);

/// The variables that a job of the user's own declares, with their templates taken apart. It runs in no environment of
/// the project, so nothing of one is known to it.
pub fn job_variables(plan: &Plan<'_>, job: &model::Job) -> Vec<JobVariable> {
    let nowhere = model::Environment::default();
    let scope = Scope {
        app: plan.model.app.as_ref(),
        environment: &nowhere,
        tier: "development",
        domain: None,
        setting: &plan.model.declared,
    };
    let entries = job.env.iter().flat_map(|env| &env.entries);
    entries
        .map(|entry| (entry.key.value.clone(), scope.expand(&entry.value.value), entry.value.origin.clone()))
        .collect()
}

fn once(all: impl Iterator<Item = Sourced<String>>) -> Vec<Sourced<String>> {
    let mut found: Vec<Sourced<String>> = Vec::new();
    for one in all {
        if !found.iter().any(|known| known.value == one.value) {
            found.push(one);
        }
    }
    found
}
