//! `deploy-UNIT.yml`: build once, then to every environment in the order of promotion, and a last look at what runs.

use crate::artifact::{Part, Script, Tree, Word, list, map, mixed, text};
use crate::derive::{EnvironmentFacts, Trigger, UnitFacts};
use crate::emit::github::image::{self, Build};
use crate::emit::github::workflow::{Concurrency, Job, Older, Step, Workflow, quoted};
use crate::emit::github::{access, gate, rollout};
use crate::plan::Plan;
use crate::source::{Origin, Sourced};

/// The name of the step that only a lost runner leaves out.
pub(super) const REPORT: &str = "Report what runs";

/// The key of the job of an environment.
pub(super) fn job_key(environment: &str) -> String {
    ["deploy-", environment].concat()
}

/// Its name, by which other workflows find it.
pub(super) fn job_name(unit: &str, environment: &str) -> String {
    ["Deploy ", unit, " to ", environment].concat()
}

/// The lasting environments that the pipeline can release a unit to.
pub(super) fn places<'a>(plan: &Plan<'a>, unit: &UnitFacts) -> Vec<&'a EnvironmentFacts> {
    plan.lasting()
        .filter(|environment| !plan.workloads(environment, unit).is_empty() && access::is_reachable(plan, environment))
        .collect()
}

/// The workflow of a unit; none where nothing of it can be released by the pipeline.
pub(super) fn workflow(plan: &Plan<'_>, unit: &UnitFacts) -> Option<Workflow> {
    let places = places(plan, unit);
    if places.is_empty() {
        return None;
    }
    let builds = image::builds(plan, unit, &places);
    let mut jobs: Vec<Job> = builds.iter().map(|build| image::job(plan, build)).collect();
    jobs.extend(image::resolve(plan, unit, &places));
    let mut deploys = Vec::new();
    for environment in &places {
        let before = environment.promotion.as_ref().map(|promotion| job_key(&promotion.from.value));
        let before = before.filter(|key| deploys.iter().any(|job: &Job| job.key == *key));
        let Some(mut job) = rollout::job(plan, unit, environment, &builds, before.as_deref()) else { continue };
        if before.is_none() {
            job = job.when(&condition(plan, environment));
        }
        if let Some(wait) = before.and_then(|before| gate::waiting(unit, environment, &before)) {
            job = job.after([wait.key.as_str()]);
            deploys.push(wait);
        }
        deploys.push(job);
    }
    if deploys.is_empty() {
        return None;
    }
    let last = reconcile(plan, unit, &places, &builds, &deploys);
    jobs.append(&mut deploys);
    jobs.push(last);
    Some(Workflow {
        file: ["deploy-", &unit.name, ".yml"].concat(),
        name: ["Deploy ", &unit.name].concat(),
        on: on(plan, &places),
        jobs,
        concurrency: None,
        origin: unit.origin.clone(),
    })
}

/// Every event that starts a release to one of the environments.
fn on(plan: &Plan<'_>, places: &[&EnvironmentFacts]) -> Tree {
    let mut branches: Vec<Tree> = Vec::new();
    let mut tags: Vec<Tree> = Vec::new();
    let mut by_hand: Vec<Tree> = Vec::new();
    let add = |all: &mut Vec<Tree>, pattern: String, origin: &Origin| {
        if !all.iter().any(|known| known.as_text() == Some(pattern.as_str())) {
            all.push(text(pattern).at(origin));
        }
    };
    for environment in places {
        for trigger in triggers(plan, environment) {
            match &trigger.value {
                Trigger::Push(pattern) => match pattern.strip_prefix('!') {
                    // Which branches are left out is the job's condition: another environment may want them.
                    Some(_) => add(&mut branches, "**".to_owned(), &trigger.origin),
                    None => add(&mut branches, super::filter(pattern), &trigger.origin),
                },
                Trigger::Tag(pattern) => add(&mut tags, super::filter(pattern), &trigger.origin),
                Trigger::Manual => by_hand.push(Tree::from(&environment.name)),
                Trigger::PullRequest(_) => {}
            }
        }
    }
    let mut on = map();
    if !branches.is_empty() || !tags.is_empty() {
        on.set("push", map().put_filled("branches", list(branches)).put_filled("tags", list(tags)));
    }
    let inputs = |options: Vec<Tree>| {
        let input = map()
            .put("description", "Where to release to")
            .put("type", "choice")
            .put("required", true)
            .put("options", list(options));
        map().put("inputs", map().put("environment", input))
    };
    if !by_hand.is_empty() {
        on.set("workflow_dispatch", inputs(by_hand));
    }
    on
}

/// What starts releases to an environment: its own triggers, else those at the beginning of its promotions.
fn triggers<'a>(plan: &Plan<'a>, environment: &'a EnvironmentFacts) -> &'a [Sourced<Trigger>] {
    let mut at = environment;
    // As many steps as there are environments: a cycle of promotions is an error that the check tells.
    for _ in &plan.facts.environments {
        let from = at.promotion.as_ref().and_then(|promotion| plan.facts.environment(&promotion.from.value));
        match from {
            Some(from) => at = from,
            None => break,
        }
    }
    &at.triggers
}

/// When the job of an environment runs: one of its triggers, as an expression.
fn condition(plan: &Plan<'_>, environment: &EnvironmentFacts) -> String {
    let mut alternatives: Vec<String> = Vec::new();
    for trigger in triggers(plan, environment) {
        let one = match &trigger.value {
            Trigger::Push(pattern) => match pattern.strip_prefix('!') {
                Some(left_out) => {
                    ["(startsWith(github.ref, 'refs/heads/') && !(", &matches("refs/heads/", left_out), "))"].concat()
                }
                None => matches("refs/heads/", pattern),
            },
            Trigger::Tag(pattern) => matches("refs/tags/", pattern),
            Trigger::Manual => [
                "(github.event_name == 'workflow_dispatch' && inputs.environment == ",
                &quoted(&environment.name.value),
                ")",
            ]
            .concat(),
            Trigger::PullRequest(_) => continue,
        };
        // A branch started by hand is released where the hand pointed, not where a push would go.
        let one = match &trigger.value {
            Trigger::Push(_) | Trigger::Tag(_) => ["(github.event_name == 'push' && ", &one, ")"].concat(),
            Trigger::Manual | Trigger::PullRequest(_) => one,
        };
        alternatives.push(one);
    }
    if alternatives.is_empty() {
        return "false".to_owned();
    }
    alternatives.join(" || ")
}

/// Whether the ref matches a pattern in which `*` stands for any text.
fn matches(kind: &str, pattern: &str) -> String {
    let pieces: Vec<&str> = pattern.split('*').collect();
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return "false".to_owned() };
    if pieces.len() == 1 {
        return ["github.ref == ", &quoted(&[kind, pattern].concat())].concat();
    }
    let mut all = vec![["startsWith(github.ref, ", &quoted(&[kind, first].concat()), ")"].concat()];
    let between = pieces.get(1..pieces.len() - 1).unwrap_or_default();
    all.extend(
        between
            .iter()
            .filter(|piece| !piece.is_empty())
            .map(|piece| ["contains(github.ref_name, ", &quoted(piece), ")"].concat()),
    );
    if !last.is_empty() {
        all.push(["endsWith(github.ref, ", &quoted(last), ")"].concat());
    }
    if all.len() == 1 { all.concat() } else { ["(", &all.join(" && "), ")"].concat() }
}

/// The last job: compares what was meant with what runs, and is red where they differ or where nobody can tell.
fn reconcile(
    plan: &Plan<'_>,
    unit: &UnitFacts,
    places: &[&EnvironmentFacts],
    builds: &[Build<'_>],
    deploys: &[Job],
) -> Job {
    let mut script = Script::strict();
    script.line("red=no", &[]);
    script.line("report=$RUNNER_TEMP/status.md", &[]);
    let title = ["# Status of ", &unit.name].concat();
    script.block(
        "{",
        &[],
        |body| {
            body.line("echo {title}", &[("title", Word::text(title))]).line("echo", &[]);
            body.line("echo \"$(date --utc +'%Y-%m-%d %H:%M UTC'), commit $GITHUB_SHA\"", &[]).line("echo", &[]);
            body.line("echo '| Environment | Service | Job | Meant | Runs |'", &[]);
            body.line("echo '| --- | --- | --- | --- | --- |'", &[]);
        },
        "} >\"$report\"",
    );
    script.function("compare", compare_function);
    let mut step = Step::run("Compare what runs with what was meant", Script::new(), &unit.origin);
    for environment in places {
        for (variable, value) in rollout::outcome(plan, unit, environment, builds) {
            script.at(&environment.name.origin, |script| {
                script.line("compare {outcome}", &[("outcome", Word::var(variable.as_str()))]);
            });
            step = step.env(variable, value);
        }
    }
    script.line("cat \"$report\" >>\"$GITHUB_STEP_SUMMARY\"", &[]);
    script.line("[[ $red == no ]]", &[]);
    let file = mixed([Part::github("runner.temp"), Part::text("/status.md")]);
    let keep = Step::action("Keep the status", "actions/upload-artifact", &unit.origin)
        .when("always()")
        .with("name", ["status-", &unit.name].concat())
        .with("path", file)
        .with("overwrite", true);
    let mut needs: Vec<String> =
        deploys.iter().flat_map(|job| job.needs.clone()).filter(|key| !key.starts_with("deploy-")).collect();
    needs.retain(|key| deploys.iter().all(|job| job.key != *key));
    needs.extend(deploys.iter().map(|job| job.key.clone()));
    let mut job = Job::new("reconcile", 10, &unit.origin).after(needs).when("always()");
    let group = mixed([Part::text(["reconcile-", &unit.name, "-"].concat()), Part::github("github.run_id")]);
    job.concurrency = Some(Concurrency::new(group, Older::Finishes));
    job.step(step.script(script)).step(keep)
}

fn compare_function(body: &mut Script) {
    body.line("local environment service result meant runs", &[]);
    body.line("read -r environment service result meant runs <<<\"$1\"", &[]);
    body.when("[[ $result == skipped ]]", &[], |then| {
        then.line("return", &[]);
    });
    body.line("echo \"| $environment | $service | $result | ${meant#*@} | $runs |\" >>\"$report\"", &[]);
    body.when("[[ $result == success && ${meant#*@} == \"$runs\" ]]", &[], |then| {
        then.line("return", &[]);
    });
    body.line("red=yes", &[]);
    body.case("$runs", &[], |cases| {
        cases.arm("unknown | ''", &[], |arm| {
            arm.line("echo \"::error::$environment/$service: nobody knows what runs; run the failed jobs again, every step may be repeated\"", &[]);
        });
        cases.arm("\"${meant#*@}\"", &[], |arm| {
            arm.line("echo \"::error::$environment/$service runs what was meant, but its job ended with $result\"", &[]);
        });
        cases.arm("*", &[], |arm| {
            arm.line("echo \"::error::$environment/$service runs $runs, and ${meant#*@} was meant\"", &[]);
        });
    });
}
