//! `rollback.yml`: back to another version by hand, for bad days and for drills.

use crate::artifact::{Script, Tree, Word, github, list, map, text};
use crate::derive::{EnvironmentFacts, Workload};
use crate::emit::github::access::Writes;
use crate::emit::github::workflow::{Concurrency, Job, Older, Step, Workflow, quoted};
use crate::emit::github::{access, deploy, setup};
use crate::emit::platform::Access;
use crate::plan::Plan;
use crate::source::Origin;

/// The limit of a rollback with its checks, in minutes.
const MINUTES: u64 = 45;

/// How often a stopped release is looked at until it has ended, every ten seconds.
const STOP_TRIES: i64 = 60;

/// The workflow; none where the pipeline reaches no lasting environment.
pub(super) fn workflow(plan: &Plan<'_>) -> Option<Workflow> {
    let places: Vec<&EnvironmentFacts> = plan
        .lasting()
        .filter(|environment| !services(environment).is_empty() && access::is_reachable(plan, environment))
        .collect();
    let origin = super::pipeline_origin(plan);
    let jobs: Vec<Job> = places.iter().map(|environment| job(plan, environment)).collect();
    (!jobs.is_empty()).then(|| Workflow {
        file: "rollback.yml".to_owned(),
        name: "Roll back".to_owned(),
        on: map().put("workflow_dispatch", map().put("inputs", inputs(&places))),
        jobs,
        concurrency: None,
        origin,
    })
}

/// The services of an environment, without tasks: what is no service has no version that serves.
fn services(environment: &EnvironmentFacts) -> Vec<&Workload> {
    environment.workloads.iter().filter(|workload| workload.role.value != crate::derive::Role::Task).collect()
}

fn inputs(places: &[&EnvironmentFacts]) -> Tree {
    let mut names: Vec<Tree> = Vec::new();
    for workload in places.iter().flat_map(|environment| services(environment)) {
        if !names.iter().any(|known| known.as_text() == Some(workload.name.value.as_str())) {
            names.push(Tree::from(&workload.name));
        }
    }
    let choice = |what: &str, options: Tree| {
        map().put("description", text(what)).put("type", "choice").put("required", true).put("options", options)
    };
    map()
        .put("environment", choice("Where", list(places.iter().map(|environment| Tree::from(&environment.name)))))
        .put("service", choice("What", list(names)))
        .put(
            "version",
            map()
                .put("description", "A version of the platform or an image with its digest; empty for the one before")
                .put("type", "string")
                .put("required", false)
                .put("default", ""),
        )
        .put("drill", map().put("description", "A rehearsal").put("type", "boolean").put("default", false))
}

fn job(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Job {
    let name = &environment.name.value;
    let origin = &environment.name.origin;
    let condition = ["inputs.environment == ", &quoted(name)].concat();
    let mut job = Job::new(["rollback-", name].concat(), MINUTES, origin)
        .named(["Roll back in ", name].concat())
        .when(&condition)
        .step(with_inputs(Step::run("Look at what was asked for", validate(), origin)))
        .steps(stop_release(plan, environment))
        .step(Step::checkout(origin))
        .steps(access::logins(plan, environment));
    let holes = || [("environment", Word::text(name.as_str()))];
    let before = "echo before=\"$(ops/verify.sh --digest {environment} \"$SERVICE\")\" | tee -a \"$GITHUB_OUTPUT\"";
    job = job.step(with_inputs(Step::run("Note what runs", Script::of(before, &holes()), origin).id("note")));
    let mut script = Script::strict();
    script.line("started=$(date +%s)", &[]);
    script.line("ops/rollback.sh {environment} \"$SERVICE\" ${VERSION:+\"$VERSION\"}", &holes());
    script.line("echo seconds=\"$(($(date +%s) - started))\" | tee -a \"$GITHUB_OUTPUT\"", &[]);
    // Going back to an image writes a file anew where the platform keeps no versions, as for a cron.
    let back = with_inputs(Step::run("Roll back", script, origin).id("back"));
    let with = |step, workload: &&Workload| access::with_values(plan, environment, workload, step, Writes::File);
    job = job.step(services(environment).iter().fold(back, with));
    // Only now, so that nothing that is fetched holds the way back up.
    job = job.steps(setup::of_checks(plan, environment, services(environment)));
    let verify = Script::of("ops/verify.sh {environment} \"$SERVICE\"", &holes());
    job = job.step(with_inputs(Step::run("Verify", verify, origin)));
    job = job.step(with_inputs(
        Step::run("Report", report(environment), origin)
            .when("always()")
            .env("BEFORE", github("steps.note.outputs.before"))
            .env("SECONDS_TAKEN", github("steps.back.outputs.seconds")),
    ));
    job.environment = Some(access::environment(environment));
    job.concurrency = Some(Concurrency::new(text(["rollback-", name].concat()), Older::Finishes));
    job
}

/// What people typed reaches a script as variables only.
fn with_inputs(step: Step) -> Step {
    step.env("SERVICE", github("inputs.service"))
        .env("VERSION", github("inputs.version"))
        .env("DRILL", github("inputs.drill"))
}

fn validate() -> Script {
    let mut script = Script::strict();
    script.when("[[ ! $SERVICE =~ ^[a-z][a-z0-9-]{0,62}$ ]]", &[], |then| {
        then.line("echo '::error::this is no name of a service'", &[]).line("exit 1", &[]);
    });
    let allowed = "^([a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}|[A-Za-z0-9][A-Za-z0-9._-]{0,127})?$";
    script.line("allowed={pattern}", &[("pattern", Word::text(allowed))]);
    script.when("[[ ! $VERSION =~ $allowed ]]", &[], |then| {
        then.line("echo '::error::a version is a name of the platform, or an image with its digest'", &[]);
        then.line("exit 1", &[]);
    });
    script
}

/// A release that is going on would take the traffic back: it is stopped first, and goes back by itself.
fn stop_release(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<Step> {
    let units: Vec<_> = plan
        .facts
        .units
        .iter()
        .filter(|unit| deploy::places(plan, unit).iter().any(|place| place.index == environment.index))
        .collect();
    if units.is_empty() {
        return None;
    }
    let origin = Origin::rule("a release that is going on is stopped before anything goes back");
    let mut script = Script::strict();
    script.function("stop", stop_function);
    script.case("$SERVICE", &[], |cases| {
        for unit in &units {
            let services = Word::raw(unit.services.join(" | "));
            cases.arm("{services}", &[("services", services)], |arm| {
                arm.at(&unit.origin, |arm| {
                    let holes = [
                        ("file", Word::text(["deploy-", &unit.name, ".yml"].concat())),
                        ("job", Word::text(deploy::job_name(&unit.name, &environment.name.value))),
                    ];
                    arm.line("stop {file} {job}", &holes);
                });
            });
        }
    });
    let step = Step::run("Stop a release that is going on", script, &origin)
        .env("SERVICE", github("inputs.service"))
        .env("GH_TOKEN", github("github.token"))
        .needs("actions", Access::Write, "to stop a release that would take the traffic back");
    Some(step)
}

/// Stops the job of a unit and waits until it has gone back by itself.
fn stop_function(body: &mut Script) {
    let runs = "for run in $(gh api \"repos/$GITHUB_REPOSITORY/actions/workflows/$1/runs?status=in_progress&per_page=20\" --jq '.workflow_runs[].id'); do";
    let state = "gh api \"repos/$GITHUB_REPOSITORY/actions/runs/$1/jobs?per_page=100\" | jq --raw-output --arg name \"$2\" '[.jobs[] | select(.name == $name) | .status] | first // \"none\"'";
    body.line("local run try", &[]);
    body.function("job_state", |body| {
        body.line(state, &[]);
    });
    body.block(
        runs,
        &[],
        |body| {
            body.when("[[ $(job_state \"$run\" \"$2\") != in_progress ]]", &[], |then| {
                then.line("continue", &[]);
            });
            body.line("echo \"$2 is going on: run $run is stopped\"", &[]);
            body.line("gh run cancel \"$run\" --repo \"$GITHUB_REPOSITORY\"", &[]);
            body.each("try", "$(seq {tries})", &[("tries", Word::number(STOP_TRIES))], |body| {
                body.when("[[ $(job_state \"$run\" \"$2\") != in_progress ]]", &[], |then| {
                    then.line("break", &[]);
                });
                body.line("echo \"it has not ended yet ($try)\"", &[]).line("sleep 10", &[]);
            });
        },
        "done",
    );
}

fn report(environment: &EnvironmentFacts) -> Script {
    let mut script = Script::strict();
    let place = [("environment", Word::text(environment.name.value.as_str()))];
    script.line("now=$(ops/verify.sh --digest {environment} \"$SERVICE\" || echo unknown)", &place);
    script.block(
        "{",
        &[],
        |body| {
            body.line("echo \"| Service | Environment | Before | Now | Seconds | Date |\"", &[]);
            body.line("echo '| --- | --- | --- | --- | --- | --- |'", &[]);
            body.line(
                "echo \"| $SERVICE | {environment} | ${BEFORE:-unknown} | $now | ${SECONDS_TAKEN:-unknown} | $(date --utc +%Y-%m-%d) |\"",
                &place,
            );
            body.when("[[ $DRILL == true ]]", &[], |then| {
                then.line("echo", &[]);
                then.line("echo \"A drill: write last=\\\"$(date --utc +%Y-%m-%d)\\\" into drill, and go forward again with ${BEFORE:-the version before}.\"", &[]);
            });
        },
        "} >>\"$GITHUB_STEP_SUMMARY\"",
    );
    script
}
