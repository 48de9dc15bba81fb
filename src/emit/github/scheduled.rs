//! `scheduled.yml`: what somebody must look at although nobody changed anything, and rollouts that were left half-way.

use crate::artifact::{Script, Word, github, list, map, text};
use crate::derive::EnvironmentFacts;
use crate::emit::github::workflow::{Concurrency, Job, Older, Step, Workflow};
use crate::emit::github::{deploy, scan};
use crate::emit::platform::Access;
use crate::plan::{Plan, joined};
use crate::source::Origin;

/// When it runs, every day: not at the full hour, when everybody else does.
const DAILY: &str = "23 5 * * *";

/// How often a rollout that was left half-way is begun again before a person must look at it.
const ATTEMPTS: i64 = 3;

/// The workflow.
pub(super) fn workflow(plan: &Plan<'_>) -> Workflow {
    let origin = super::pipeline_origin(plan);
    let mut jobs: Vec<Job> = audit(plan, &origin).into_iter().collect();
    jobs.extend(reminders(plan, &origin));
    jobs.push(drift(&origin));
    jobs.extend(sweep(plan, &origin));
    Workflow {
        file: "scheduled.yml".to_owned(),
        name: "Scheduled".to_owned(),
        on: map().put("schedule", list([map().put("cron", DAILY)])).put("workflow_dispatch", map()),
        jobs,
        concurrency: Some(Concurrency::new(text("scheduled"), Older::Finishes)),
        origin,
    }
}

/// `audit`: vulnerabilities that became known since the last change.
fn audit(plan: &Plan<'_>, origin: &Origin) -> Option<Job> {
    if plan.facts.images.is_empty() {
        return None;
    }
    let steps = scan::audit(origin)?;
    Some(Job::new("audit", 30, origin).named("Audit the dependencies").step(Step::checkout(origin)).steps(steps))
}

/// `reminders`: an issue for every secret, drill and review whose time has come.
fn reminders(plan: &Plan<'_>, origin: &Origin) -> Option<Job> {
    let steps: Vec<Step> = [rotations(plan), drills(plan), cost_review(plan)].into_iter().flatten().collect();
    (!steps.is_empty()).then(|| Job::new("reminders", 10, origin).named("Remind of what is due").steps(steps))
}

/// A step whose script opens issues.
fn remind(name: &str, origin: &Origin, lines: impl FnOnce(&mut Script)) -> Step {
    let mut script = Script::strict();
    script.comment("An issue is opened once; closing it says that it was done, and its time begins again.");
    script.function("remind", |body| {
        body.line("local title=$1 every=$2 text=$3 known", &[]);
        body.line("known=$(gh issue list --repo \"$GITHUB_REPOSITORY\" --state all --limit 100 --search \"\\\"$title\\\" in:title\" --json title,state,closedAt | jq --arg title \"$title\" --argjson every \"$every\" --argjson now \"$(date +%s)\" 'any(.[]; .title == $title and (.state == \"OPEN\" or ($now - (.closedAt | fromdate)) < $every))')", &[]);
        body.when("[[ $known == false ]]", &[], |then| {
            then.line("gh issue create --repo \"$GITHUB_REPOSITORY\" --title \"$title\" --body \"$text\"", &[]);
        });
    });
    lines(&mut script);
    Step::run(name, script, origin).env("GH_TOKEN", github("github.token")).needs(
        "issues",
        Access::Write,
        "to open an issue where something is due",
    )
}

fn reminder(script: &mut Script, title: &str, every: i64, told: &str, origin: &Origin) {
    let holes = [("title", Word::text(title)), ("every", Word::number(every)), ("told", Word::text(told))];
    script.at(origin, |script| {
        script.line("remind {title} {every} {told}", &holes);
    });
}

fn seconds(duration: crate::value::Duration) -> i64 {
    i64::try_from(duration.seconds()).unwrap_or(i64::MAX)
}

fn rotations(plan: &Plan<'_>) -> Option<Step> {
    let due: Vec<_> = plan
        .model
        .declared
        .secrets
        .iter()
        .filter_map(|secret| {
            let rotate = secret.rotate.as_ref()?;
            Some((secret, rotate, rotate.every.as_ref()?))
        })
        .collect();
    let origin = joined(due.iter().map(|(_, _, every)| every.origin.clone()))?;
    Some(remind("Rotation of secrets", &origin, |script| {
        for (secret, rotate, every) in &due {
            let name = &secret.name.value;
            let who = rotate.owner.as_ref().map(|owner| [" Owner: ", &owner.value, "."].concat()).unwrap_or_default();
            let told = [
                "It is rotated every ",
                &every.value.to_string(),
                ".",
                &who,
                " The steps are in ",
                plan.docs(),
                "/security/secrets.md. Close this issue when it is done.",
            ];
            reminder(
                script,
                &["Rotate the secret ", name].concat(),
                seconds(every.value),
                &told.concat(),
                &rotate.origin,
            );
        }
    }))
}

fn drills(plan: &Plan<'_>) -> Option<Step> {
    let mut due: Vec<(&EnvironmentFacts, &crate::model::Strategy, &crate::model::Drill)> = Vec::new();
    for environment in plan.lasting() {
        for workload in &environment.workloads {
            let Some(strategy) = plan.strategy(environment, workload) else { continue };
            let Some(drill) = &strategy.drill else { continue };
            let known = due
                .iter()
                .any(|(place, known, _)| place.index == environment.index && known.name.value == strategy.name.value);
            if !known {
                due.push((environment, strategy, drill));
            }
        }
    }
    let origin = joined(due.iter().map(|(_, _, drill)| drill.origin.clone()))?;
    Some(remind("Drills of the rollback", &origin, |script| {
        for (environment, strategy, drill) in &due {
            let title = ["Rehearse the rollback of ", &strategy.name.value, " in ", &environment.name.value].concat();
            let told = [
                "It is rehearsed every ", &drill.every.value.to_string(),
                ". Run the workflow `Roll back` with `drill`, go forward again, and write the date into `last` of deploy.kdl. Close this issue when it is done.",
            ]
            .concat();
            let every = seconds(drill.every.value);
            let Some(last) = &drill.last else {
                reminder(script, &title, every, &told, &drill.origin);
                continue;
            };
            // Before the day, nothing is due.
            script.at(&last.origin, |script| {
                let holes = [("last", Word::text(last.value.to_string())), ("every", Word::number(every))];
                let test = "[[ $(($(date +%s) - $(date --date {last} +%s))) -ge {every} ]]";
                script.when(test, &holes, |then| reminder(then, &title, every, &told, &drill.origin));
            });
        }
    }))
}

fn cost_review(plan: &Plan<'_>) -> Option<Step> {
    let review = plan.model.cost.as_ref()?.review.as_ref()?;
    let who = review.owner.as_ref().map(|owner| [" Owner: ", &owner.value, "."].concat()).unwrap_or_default();
    let told =
        ["Compare the bill with ", plan.docs(), "/cost-plan.md.", &who, " Close this issue when it is done."].concat();
    Some(remind("Review of the costs", &review.origin, |script| {
        reminder(script, "Review the costs", seconds(review.every.value), &told, &review.origin);
    }))
}

/// `drift`: the generated files are what deploy.kdl says.
fn drift(origin: &Origin) -> Job {
    let version = [("version", Word::text(env!("CARGO_PKG_VERSION")))];
    let install = Script::of("cargo install --locked --version {version} deployc", &version);
    let check = Script::of("deployc build --check", &[]);
    Job::new("drift", 30, origin)
        .named("Compare the files with deploy.kdl")
        .step(Step::checkout(origin))
        .step(Step::run("Install deployc", install, origin))
        .step(Step::run("Look for drift", check, origin))
}

/// `sweep`: a job that ended without its last step lost its machine; it is run again, and finishes or goes back.
fn sweep(plan: &Plan<'_>, origin: &Origin) -> Option<Job> {
    let units: Vec<_> = plan.facts.units.iter().filter(|unit| !deploy::places(plan, unit).is_empty()).collect();
    if units.is_empty() {
        return None;
    }
    let mut script = Script::strict();
    script.function("sweep", sweep_function);
    for unit in &units {
        script.at(&unit.origin, |script| {
            script.line("sweep {file}", &[("file", Word::text(["deploy-", &unit.name, ".yml"].concat()))]);
        });
    }
    let step = Step::run("Look for rollouts left half-way", script, origin)
        .env("GH_TOKEN", github("github.token"))
        .needs("actions", Access::Write, "to run the lost jobs of a rollout again");
    Some(Job::new("sweep", 10, origin).named("Finish what was left half-way").step(step))
}

fn sweep_function(body: &mut Script) {
    body.line("local latest run attempt lost", &[]);
    // Assigned first: what fails inside of a word of another command ends nothing, and the sweep would see no run.
    body.line("latest=$(gh api \"repos/$GITHUB_REPOSITORY/actions/workflows/$1/runs?per_page=1\" --jq '.workflow_runs[0] | select(.status == \"completed\") | \"\\(.id) \\(.run_attempt)\"')", &[]);
    body.line("read -r run attempt <<<\"$latest\"", &[]);
    body.when("[[ -z $run ]]", &[], |then| {
        then.line("return", &[]);
    });
    let lost = "lost=$(gh api \"repos/$GITHUB_REPOSITORY/actions/runs/$run/jobs?per_page=100\" | jq --raw-output --arg last {report} '.jobs[] | select(.name | startswith(\"Deploy \")) | select(.conclusion == \"failure\" or .conclusion == \"cancelled\") | select(any(.steps[]?; .name == $last and .conclusion == \"success\") | not) | .name')";
    body.line(lost, &[("report", Word::text(deploy::REPORT))]);
    body.when("[[ -z $lost ]]", &[], |then| {
        then.line("return", &[]);
    });
    body.when_else(
        "[[ $attempt -lt {attempts} ]]",
        &[("attempts", Word::number(ATTEMPTS))],
        |then| {
            then.line("echo \"$lost: the machine was lost, run $run is run again\" | tee -a \"$GITHUB_STEP_SUMMARY\"", &[]);
            then.line("gh run rerun \"$run\" --repo \"$GITHUB_REPOSITORY\" --failed", &[]);
        },
        |otherwise| {
            otherwise.line("echo \"::error::$lost: lost again and again; look at run $run, and go on with ops/deploy.sh or ops/rollback.sh\"", &[]);
            otherwise.line("exit 1", &[]);
        },
    );
}
