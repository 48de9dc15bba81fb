//! `ci.yml`: what a change must pass before it may be merged, with the one check that branch protection asks for.

use crate::artifact::{Part, Script, Word, github, list, map, mixed, text};
use crate::derive::ImageFacts;
use crate::emit::github::setup::Purpose;
use crate::emit::github::workflow::{Concurrency, Job, Older, Step, Workflow};
use crate::emit::github::{changes, image as images, own, scan, setup};
use crate::emit::platform;
use crate::plan::Plan;
use crate::source::Origin;

/// The job that branch protection asks for.
pub(super) const REQUIRED: &str = "ci";

/// How long checks of one service may take, in minutes: long enough for a cold cache, short enough to be noticed.
const CHECK_MINUTES: u64 = 20;
const BUILD_MINUTES: u64 = 30;

/// The workflow.
pub(super) fn workflow(plan: &Plan<'_>) -> Workflow {
    let origin = super::pipeline_origin(plan);
    let branch = super::branch(plan);
    let mut jobs: Vec<Job> = changes::job(plan, &origin).into_iter().collect();
    for image in &plan.facts.images {
        jobs.extend(command_job(plan, image, "lint", "Lint"));
        jobs.extend(command_job(plan, image, "test", "Test"));
        jobs.push(build_job(plan, image));
    }
    jobs.extend(scan::jobs(plan));
    own::add(plan, &mut jobs);
    jobs.push(required(&jobs, &origin));
    let on = map()
        .put("pull_request", map())
        .put("push", map().put("branches", list([text(super::filter(&branch.value)).at(&branch.origin)])));
    let group = mixed([Part::text("ci-"), Part::github("github.ref")]);
    Workflow {
        file: "ci.yml".to_owned(),
        name: "CI".to_owned(),
        on,
        jobs,
        concurrency: Some(Concurrency::new(group, Older::Stops)),
        origin,
    }
}

/// A job that is about one image, only where the image's files changed.
fn about(plan: &Plan<'_>, image: &ImageFacts, job: Job) -> Job {
    match changes::condition(plan, image) {
        Some(condition) => job.after([changes::KEY]).when(&condition),
        None => job,
    }
}

/// `lint-SERVICE`, `test-SERVICE`: the service's own command, where it has one.
fn command_job(plan: &Plan<'_>, image: &ImageFacts, kind: &str, verb: &str) -> Option<Job> {
    let command = image.command(kind)?;
    let name = &image.name.value;
    let mut run = Script::new();
    run.at(&command.origin, |run| {
        run.line("{command}", &[("command", Word::raw(command.value.as_str()))]);
    });
    // Without a command of its own a service has the runtime's: the job goes with the service.
    let origin = image.name.origin.clone().because("code that can be checked is checked").with(&command.origin);
    let step = Step::run(verb, run, &origin).inside(&image.source.value, &image.source.origin);
    let job = Job::new([kind, "-", name].concat(), CHECK_MINUTES, &origin)
        .named(text([verb, " ", name].concat()))
        .step(Step::checkout(&image.source.origin))
        .steps(setup::steps(plan, image, Purpose::Checks))
        .step(step);
    Some(about(plan, image, job))
}

/// `build-SERVICE`: the image builds. What ships is built by the deploy workflow, once.
fn build_job(plan: &Plan<'_>, image: &ImageFacts) -> Job {
    let name = &image.name.value;
    // Any environment's values show whether it builds; those of the first one are there in any case.
    let values = image.build_values.first().map_or(&[][..], |(_, values)| values.as_slice());
    let mut build = images::build_step(plan, "Build the image", image, values).with("push", false);
    let mut keep = None;
    if scan::looks_at_images(plan) {
        let file = mixed([Part::github("runner.temp"), Part::text(["/", name, ".tar"].concat())]);
        let destination = mixed([
            Part::text("type=docker,dest="),
            Part::github("runner.temp"),
            Part::text(["/", name, ".tar"].concat()),
        ]);
        build = build.with("outputs", destination).with("tags", [name.as_str(), ":ci"].concat());
        let step = Step::action("Hand the image to its scan", "actions/upload-artifact", &image.name.origin)
            .with("name", ["image-", name].concat())
            .with("path", file)
            .with("retention-days", 1)
            .with("overwrite", true);
        keep = Some(step);
    }
    let mut job = Job::new(["build-", name].concat(), BUILD_MINUTES, &image.name.origin)
        .named(text(["Build ", name].concat()))
        .step(Step::checkout(&image.source.origin))
        .steps(images::before_steps(plan, image, Purpose::Checks))
        .step(Step::action("Set up the builder", "docker/setup-buildx-action", &image.name.origin))
        .step(build)
        .steps(keep);
    // Secrets reach a job through an environment only; a fork's pull request has none and builds without.
    if let Some(secret) = images::secrets(image).next() {
        job.environment = Some(text(platform::CHECK_ENVIRONMENT).at(&secret.from.origin));
    }
    about(plan, image, job)
}

/// The one check that branch protection asks for: red where a job failed or was stopped, whatever was left out.
fn required(jobs: &[Job], origin: &Origin) -> Job {
    let mut script = Script::strict();
    script.line("jq --raw-output 'to_entries[] | \"- \\(.key): \\(.value.result)\"' <<<\"$JOBS\" | tee -a \"$GITHUB_STEP_SUMMARY\"", &[]);
    script.line(
        "jq --exit-status 'all(.[]; .result == \"success\" or .result == \"skipped\")' <<<\"$JOBS\" >/dev/null",
        &[],
    );
    let step = Step::run("Look at every job", script, origin).env("JOBS", github("toJSON(needs)"));
    Job::new(REQUIRED, 5, origin).after(jobs.iter().map(|job| job.key.as_str())).when("always()").step(step)
}
