//! `deploy-ENV`: one release to one environment, step by step through `ops/`, and back by itself where a step fails.

use crate::artifact::{Part, Script, Tree, Word, github, mixed, text};
use crate::derive::{EnvironmentFacts, Host, UnitFacts, Workload};
use crate::emit::github::access::Writes;
use crate::emit::github::image::{Build, Reference, reference};
use crate::emit::github::workflow::{Concurrency, Job, Older, Step, minutes};
use crate::emit::github::{access, gate, setup};
use crate::emit::ops::{self, Step as Rollout};
use crate::model;
use crate::plan::Plan;
use crate::source::Origin;

/// The most a job may take on GitHub's own machines, in minutes.
const LONGEST: u64 = 360;

/// What the steps of one service may take beside their holds, in seconds: migration, start, checks, rollback.
const PER_SERVICE: u64 = 45 * 60;

/// What setting up takes, in seconds.
const SETUP: u64 = 15 * 60;

/// A service of the job, with the image it gets.
struct Release<'a> {
    workload: &'a Workload,
    image: Reference,
    steps: Vec<ops::PlannedStep>,
}

/// What a release of a unit brings to an environment: its services, callees first, then the tasks that people start.
/// Tasks of the release itself are run by its migrations.
fn released<'a>(plan: &Plan<'a>, unit: &UnitFacts, environment: &'a EnvironmentFacts) -> Vec<&'a Workload> {
    let setting = plan.setting(environment);
    let mut found = plan.workloads(environment, unit);
    let tasks = environment.workloads.iter().filter(|workload| workload.unit == unit.name);
    found.extend(tasks.filter(|workload| workload.task(setting).is_some_and(is_on_demand)));
    found
}

/// Whether a task waits for a person, so that the platform must know it beforehand.
pub(super) fn is_on_demand(task: &model::Task) -> bool {
    task.during.as_ref().is_some_and(|during| during.value == model::TaskTime::Demand)
}

fn releases<'a>(
    plan: &Plan<'a>,
    unit: &UnitFacts,
    environment: &'a EnvironmentFacts,
    builds: &[Build<'_>],
) -> Vec<Release<'a>> {
    released(plan, unit, environment)
        .into_iter()
        .filter_map(|workload| {
            let image = reference(plan, builds, environment, workload)?;
            Some(Release { workload, image, steps: ops::steps(plan, environment, workload) })
        })
        .collect()
}

/// The job of an environment; `before` is the job that verified what is promoted.
pub(super) fn job(
    plan: &Plan<'_>,
    unit: &UnitFacts,
    environment: &EnvironmentFacts,
    builds: &[Build<'_>],
    before: Option<&str>,
) -> Option<Job> {
    let releases = releases(plan, unit, environment, builds);
    if releases.is_empty() {
        return None;
    }
    let name = &environment.name.value;
    let holds: u64 = releases.iter().flat_map(|release| &release.steps).map(|step| step.step.seconds()).sum();
    let services = u64::try_from(releases.len()).unwrap_or(1);
    let seconds = SETUP + holds + services * PER_SERVICE + gate::seconds(plan.facts, unit, environment, before);
    let mut job = Job::new(super::deploy::job_key(name), minutes(seconds).min(LONGEST), &environment.name.origin)
        .named(super::deploy::job_name(&unit.name, name))
        .after(releases.iter().filter_map(|release| release.image.job.clone()))
        .after(before)
        .steps(gate::freeze(plan, environment))
        .steps(before.and_then(|before| gate::after(environment, before)))
        .steps(gate::callees(plan.facts, unit, environment, before))
        .step(Step::checkout(&environment.name.origin))
        .steps(setup::of_checks(plan, environment, releases.iter().map(|release| release.workload)));
    let ours = built_here(&releases);
    let first = releases.first().map_or(&environment.host, |release| &release.workload.host);
    job = job.steps(access::login(plan, environment, first).unwrap_or_default());
    if !ours.is_empty() {
        job = job.steps(access::registry(plan)).steps(access::verify(plan, &unit.name, &ours));
    }
    let mut inside = first;
    for release in &releases {
        if !same(inside, &release.workload.host) {
            inside = &release.workload.host;
            job = job.steps(access::login(plan, environment, inside).unwrap_or_default());
        }
        job = job.steps(rollout(plan, environment, release));
    }
    job = job.steps(releases.iter().map(|release| take_back(plan, environment, release)));
    job = job.step(report(environment, &releases));
    job.environment = Some(access::environment(environment));
    let group = text(["deploy-", name, "-", &unit.name].concat());
    job.concurrency = Some(Concurrency::new(group, Older::Finishes));
    for release in &releases {
        job.variables.push((access::image_variable(&release.workload.name.value), release.image.image.clone()));
        let service = &release.workload.name;
        job.outputs.push((
            service.value.clone(),
            github(&["steps.report.outputs.", &service.value].concat()).at(&service.origin),
        ));
    }
    job.outputs.push(("verified".to_owned(), github("steps.report.outputs.verified")));
    Some(job)
}

/// The variables of the images that were built here, each image once.
fn built_here(releases: &[Release<'_>]) -> Vec<(String, Origin)> {
    let mut seen: Vec<&Tree> = Vec::new();
    let mut ours = Vec::new();
    for release in releases.iter().filter(|release| release.image.ours) {
        if !seen.contains(&&release.image.image) {
            seen.push(&release.image.image);
            let name = &release.workload.name;
            ours.push((access::image_variable(&name.value), name.origin.clone()));
        }
    }
    ours
}

/// Whether two hosts are the same place, so that one login serves both.
fn same(one: &Host, other: &Host) -> bool {
    one.node.origin.place == other.node.origin.place
}

/// The id of a step of a service.
fn id(service: &str, word: &str) -> String {
    [service, "-", word].concat()
}

/// A call of a script in `ops/` for one service.
fn call(script: &str, environment: &EnvironmentFacts, release: &Release<'_>, words: &[String]) -> Script {
    let service = &release.workload.name.value;
    let holes = [
        ("script", Word::text(["ops/", script].concat())),
        ("environment", Word::text(environment.name.value.as_str())),
        ("service", Word::text(service.as_str())),
        ("image", Word::var(access::image_variable(service))),
    ];
    let mut template = "{script} {environment} {service} {image}".to_owned();
    for word in words {
        template.push(' ');
        template.push_str(word);
    }
    Script::of(&template, &holes)
}

/// The steps of a service, in the order that `ops/deploy.sh` itself takes them.
fn rollout(plan: &Plan<'_>, environment: &EnvironmentFacts, release: &Release<'_>) -> Vec<Step> {
    let service = &release.workload.name.value;
    let strategy = plan.strategy(environment, release.workload);
    let mut taken = Vec::new();
    let mut steps = Vec::new();
    for planned in &release.steps {
        let word = planned.step.word();
        let seen = taken.iter().filter(|known| **known == word).count();
        taken.push(word);
        let key =
            if seen == 0 { id(service, word) } else { id(service, &[word, "-", &(seen + 1).to_string()].concat()) };
        let script = call("deploy.sh", environment, release, &planned.step.arguments());
        let name = [service.as_str(), ": ", &told(planned.step)].concat();
        let key = match (planned.step, strategy) {
            // Without the first share the next one has its id.
            (Rollout::Shift { .. } | Rollout::Watch { .. }, Some(strategy)) => text(key).at(&strategy.kind.origin),
            _ => text(key),
        };
        let step = Step::run(name, script, &planned.origin).id(key);
        let step = match planned.step.seconds() {
            0 => step,
            // Where measurements are open to everybody, there is no such secret, and it is empty.
            seconds => step.minutes(minutes(seconds) + 10).env("PROMETHEUS_TOKEN", github("secrets.PROMETHEUS_TOKEN")),
        };
        steps.push(match planned.step {
            Rollout::Migrate | Rollout::Start => {
                access::with_values(plan, environment, release.workload, step, Writes::FileAndSecrets)
            }
            Rollout::Shift { .. } | Rollout::Watch { .. } | Rollout::Promote | Rollout::Verify | Rollout::Finish => {
                step
            }
        });
    }
    steps
}

/// What people read at a step.
fn told(step: Rollout) -> String {
    match step {
        Rollout::Migrate => "migrate".to_owned(),
        Rollout::Start => "start the new version".to_owned(),
        Rollout::Shift { weight } => [&weight.to_string(), "% of traffic"].concat(),
        Rollout::Watch { seconds, weight } => {
            ["watch ", &weight.to_string(), "% for ", &crate::value::Duration::from_seconds(seconds).to_string()]
                .concat()
        }
        Rollout::Promote => "all traffic".to_owned(),
        Rollout::Verify => "verify".to_owned(),
        Rollout::Finish => "compare what runs with what was meant".to_owned(),
    }
}

/// Gives the traffic back to the version before, where a service was begun and not finished.
fn take_back(plan: &Plan<'_>, environment: &EnvironmentFacts, release: &Release<'_>) -> Step {
    let service = &release.workload.name.value;
    let holes = [
        ("environment", Word::text(environment.name.value.as_str())),
        ("service", Word::text(service.as_str())),
        ("image", Word::var(access::image_variable(service))),
    ];
    let script = Script::of("ops/rollback.sh --from {image} {environment} {service}", &holes);
    let begun = ["steps.", &id(service, "start"), ".outcome != 'skipped'"].concat();
    let unfinished = ["steps.", &id(service, "finish"), ".outcome != 'success'"].concat();
    let condition = ["(failure() || cancelled()) && ", &begun, " && ", &unfinished].concat();
    let origin = plan
        .strategy(environment, release.workload)
        .and_then(|strategy| strategy.rollback.as_ref())
        .map_or_else(|| release.workload.name.origin.clone(), |rollback| rollback.origin.clone());
    let step = Step::run([service, ": roll back"].concat(), script, &origin).id(id(service, "rollback"));
    access::with_values(plan, environment, release.workload, step.when(&condition), Writes::File)
}

/// The last step, which a lost runner alone leaves out: what runs now, for the jobs after this one and for people.
fn report(environment: &EnvironmentFacts, releases: &[Release<'_>]) -> Step {
    let mut script = Script::strict();
    for release in releases {
        let service = &release.workload.name;
        let holes = [
            ("environment", Word::text(environment.name.value.as_str())),
            ("service", Word::text(service.value.as_str())),
        ];
        script.at(&service.origin, |script| {
            script.line("digest=$(ops/verify.sh --digest {environment} {service}) || digest=unknown", &holes);
            script.line(
                "echo {service}=\"$digest\" | tee -a \"$GITHUB_OUTPUT\"",
                &[("service", Word::text(service.value.as_str()))],
            );
        });
    }
    script.line("echo verified=\"$(date +%s)\" >>\"$GITHUB_OUTPUT\"", &[]);
    Step::run(super::deploy::REPORT, script, &environment.name.origin).id("report").when("always()")
}

/// What the last job compares: per service the image that was meant, the digest that runs, and how the job ended.
pub(super) fn outcome(
    plan: &Plan<'_>,
    unit: &UnitFacts,
    environment: &EnvironmentFacts,
    builds: &[Build<'_>],
) -> Vec<(String, Tree)> {
    let key = super::deploy::job_key(&environment.name.value);
    releases(plan, unit, environment, builds)
        .into_iter()
        .map(|release| {
            let service = &release.workload.name.value;
            let image = release.image.image;
            let named = &release.workload.name.origin;
            let origin = image.origin.as_ref().map_or_else(|| named.clone(), |image| named.clone().with(image));
            let mut parts = vec![Part::text([&environment.name.value, " ", service, " "].concat())];
            parts.push(Part::github(&["needs.", &key, ".result"].concat()));
            parts.push(Part::text(" "));
            if let crate::artifact::Value::Mixed(meant) = image.value {
                parts.extend(meant);
            } else {
                parts.push(Part::Text(image.joined().unwrap_or_default()));
            }
            parts.push(Part::text(" "));
            parts.push(Part::github(&["needs.", &key, ".outputs.", service, " || 'unknown'"].concat()));
            let variable = ["OUTCOME_", &access::upper(&environment.name.value), "_", &access::upper(service)].concat();
            (variable, mixed(parts).at(&origin))
        })
        .collect()
}
