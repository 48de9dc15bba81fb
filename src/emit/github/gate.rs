//! What holds a release back before it touches anything: freezes, the wait after a verification, the units it calls.

use crate::artifact::{Script, Word, github, map, text};
use crate::derive::{EnvironmentFacts, Facts, UnitFacts};
use crate::emit::github::workflow::{Concurrency, Job, Older, Step};
use crate::emit::platform::{self, Access};
use crate::model;
use crate::plan::Plan;
use crate::value::WeekTime;

/// How long a unit waits for those it calls, in seconds; a rollout with long holds ends in the meantime or is told.
const PATIENCE: i64 = 3 * 60 * 60;

/// The limit of a job that has waited before it starts, in minutes.
const WAITING_MINUTES: u64 = 5;

/// How often it looks, in seconds.
const INTERVAL: i64 = 60;

/// Refuses a release inside of a freeze. Rollbacks do not come this way.
pub(super) fn freeze(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<Step> {
    let node = plan.environment(environment)?;
    let first = node.freeze.first()?;
    let mut script = Script::strict();
    script.comment("Minutes since Monday 00:00 in the freeze's own time zone.");
    script.function("minute_of_week", |body| {
        body.line("local day hour minute", &[]);
        body.line("read -r day hour minute <<<\"$(TZ=$1 date +'%u %H %M')\"", &[]);
        body.line("echo \"$((((day - 1) * 24 + 10#$hour) * 60 + 10#$minute))\"", &[]);
    });
    for freeze in &node.freeze {
        one_freeze(&mut script, environment, freeze);
    }
    Some(Step::run("Refuse while releases are frozen", script, &first.origin))
}

fn one_freeze(script: &mut Script, environment: &EnvironmentFacts, freeze: &model::Freeze) {
    let (Ok(from), Ok(to)) = (WeekTime::parse(&freeze.from.value), WeekTime::parse(&freeze.to.value)) else { return };
    // A freeze over the end of the week is everything outside of the days between.
    let joined = if from.minute_of_week() <= to.minute_of_week() { "&&" } else { "||" };
    let test = ["[[ $now -ge {from} ", joined, " $now -lt {to} ]]"].concat();
    let told = [
        &environment.name.value,
        " is frozen from ",
        &freeze.from.value,
        " to ",
        &freeze.to.value,
        " (",
        &freeze.tz.value,
        "); a rollback is always possible",
    ]
    .concat();
    script.at(&freeze.origin, |script| {
        script.line("now=$(minute_of_week {zone})", &[("zone", Word::text(freeze.tz.value.as_str()))]);
        let holes = [("from", Word::number(from.minute_of_week())), ("to", Word::number(to.minute_of_week()))];
        script.when(&test, &holes, |then| {
            then.line("echo {told}", &[("told", Word::text(["::error::", &told].concat()))]);
            then.line("exit 1", &[]);
        });
    });
}

/// The job that waits where no machine should: in an environment whose timer has run off before the job starts. A newer
/// release takes the place of one that waits.
pub(super) fn waiting(unit: &UnitFacts, environment: &EnvironmentFacts, from_job: &str) -> Option<Job> {
    let wait = platform::wait(environment)?;
    let from = &environment.promotion.as_ref()?.from;
    let mut script = Script::strict();
    let least = Word::text((wait.minutes * 60).to_string());
    script.line("passed=$(($(date +%s) - VERIFIED))", &[]);
    script.when("[[ $passed -lt {least} ]]", &[("least", least)], |then| {
        let told = [
            "::error::the environment ",
            &wait.name,
            " has no timer of ",
            &wait.minutes.to_string(),
            " minutes: ops/bootstrap.sh makes it",
        ];
        then.line("echo {told}", &[("told", Word::text(told.concat()))]).line("exit 1", &[]);
    });
    let verified = github(&["needs.", from_job, ".outputs.verified"].concat()).at(&from.origin);
    let name = ["Look how long ago it was verified in ", &from.value].concat();
    let mut job = Job::new(["wait-", &environment.name.value].concat(), WAITING_MINUTES, &wait.origin)
        .named(["Wait before ", &unit.name, " goes to ", &environment.name.value].concat())
        .after([from_job])
        .step(Step::run(name, script, &wait.origin).env("VERIFIED", verified));
    job.environment = Some(map().put("name", text(wait.name.as_str()).at(&wait.origin)));
    let group = text(["wait-", &environment.name.value, "-", &unit.name].concat());
    job.concurrency = Some(Concurrency::new(group, Older::Stops));
    Some(job)
}

/// Waits until enough time has passed since the verification in the environment before, where a job can do that.
pub(super) fn after(environment: &EnvironmentFacts, from_job: &str) -> Option<Step> {
    if platform::wait(environment).is_some() {
        return None;
    }
    let promotion = environment.promotion.as_ref()?;
    let after = promotion.after.as_ref()?;
    let mut script = Script::strict();
    let seconds = i64::try_from(after.value.seconds()).unwrap_or(i64::MAX);
    script.line("left=$((VERIFIED + {seconds} - $(date +%s)))", &[("seconds", Word::number(seconds))]);
    script.when("[[ $left -gt 0 ]]", &[], |then| {
        let told = ["more seconds must pass after the verification in ", &promotion.from.value].concat();
        then.line("echo \"$left {told}\"", &[("told", Word::text(told))]);
        then.line("sleep \"$left\"", &[]);
    });
    let verified = github(&["needs.", from_job, ".outputs.verified"].concat()).at(&promotion.from.origin);
    let name = ["Wait since the verification in ", &promotion.from.value].concat();
    Some(Step::run(name, script, &after.origin).env("VERIFIED", verified))
}

/// The releases that one must wait for: of the units it calls in the same environment, and, where it has none of its
/// own in the environment that it is promoted from, of all that are verified there.
fn awaited<'a>(
    facts: &'a Facts,
    unit: &UnitFacts,
    environment: &EnvironmentFacts,
    before_job: Option<&str>,
) -> Vec<(&'a UnitFacts, String)> {
    let runs = |unit: &UnitFacts, place: &EnvironmentFacts| {
        unit.services.iter().any(|service| place.workload(service).is_some())
    };
    let mut found: Vec<(&UnitFacts, String)> = (unit.waits.iter())
        .filter_map(|at| facts.units.get(*at))
        .filter(|called| runs(called, environment))
        .map(|called| (called, environment.name.value.clone()))
        .collect();
    let from = environment.promotion.as_ref().and_then(|promotion| facts.environment(&promotion.from.value));
    if let Some(from) = from.filter(|_| before_job.is_none()) {
        let others = facts.units.iter().filter(|other| other.name != unit.name && runs(other, from));
        found.extend(others.map(|other| (other, from.name.value.clone())));
    }
    found
}

/// Waits for the same commit's releases that must come before, and stops where one of them failed.
pub(super) fn callees(
    facts: &Facts,
    unit: &UnitFacts,
    environment: &EnvironmentFacts,
    before_job: Option<&str>,
) -> Option<Step> {
    let awaited = awaited(facts, unit, environment, before_job);
    if awaited.is_empty() {
        return None;
    }
    let mut script = Script::strict();
    script.line("started=$(date +%s)", &[]);
    script.function("wait_for", wait_function);
    for (other, place) in &awaited {
        script.at(&other.origin, |script| {
            let holes = [
                ("file", Word::text(["deploy-", &other.name, ".yml"].concat())),
                ("job", Word::text(super::deploy::job_name(&other.name, place))),
            ];
            script.line("wait_for {file} {job}", &holes);
        });
    }
    let step = Step::run("Wait for the units before this one", script, &unit.origin)
        .env("GH_TOKEN", github("github.token"))
        .needs("actions", Access::Read, "to see how the units before this one fared");
    Some(step)
}

fn wait_function(body: &mut Script) {
    let runs = "run=$(gh api \"repos/$GITHUB_REPOSITORY/actions/workflows/$1/runs?head_sha=$GITHUB_SHA&event=$GITHUB_EVENT_NAME&per_page=1\" --jq '.workflow_runs[0].id // empty')";
    let jobs = "state=$(gh api \"repos/$GITHUB_REPOSITORY/actions/runs/$run/jobs?per_page=100\" | jq --raw-output --arg name \"$2\" '[.jobs[] | select(.name == $name) | .conclusion // .status] | first // \"queued\"')";
    body.line("local run state", &[]);
    body.line(runs, &[]);
    body.when("[[ -z $run ]]", &[], |then| {
        then.line("echo \"$1 has nothing to do for this commit\"", &[]).line("return", &[]);
    });
    body.repeat_while("true", &[], |body| {
        body.line(jobs, &[]);
        body.case("$state", &[], |cases| {
            cases.arm("success | skipped", &[], |arm| {
                arm.line("echo \"$2: $state\"", &[]).line("return", &[]);
            });
            cases.arm("failure | cancelled | timed_out", &[], |arm| {
                arm.line("echo \"::error::$2: $state, so nothing that calls it is released\"", &[]).line("exit 1", &[]);
            });
        });
        body.when("[[ $(($(date +%s) - started)) -gt {patience} ]]", &[("patience", Word::number(PATIENCE))], |then| {
            then.line("echo \"::error::$2 is still $state\"", &[]).line("exit 1", &[]);
        });
        body.line("sleep {interval}", &[("interval", Word::number(INTERVAL))]);
    });
}

/// The longest that the gates of a job may take, in seconds.
pub(super) fn seconds(
    facts: &Facts,
    unit: &UnitFacts,
    environment: &EnvironmentFacts,
    before_job: Option<&str>,
) -> u64 {
    let after = environment.promotion.as_ref().and_then(|promotion| promotion.after.as_ref());
    let after = after.filter(|_| platform::wait(environment).is_none());
    let waits = if !awaited(facts, unit, environment, before_job).is_empty() { PATIENCE.unsigned_abs() } else { 0 };
    waits + after.map_or(0, |after| after.value.seconds())
}
