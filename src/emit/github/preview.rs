//! `preview.yml`: an environment per pull request, from the label to the end, and a sweep for what was left behind.

use crate::artifact::{Part, Script, Tree, Word, github, list, map, mixed, text};
use crate::derive::{EnvironmentFacts, ImageFacts, Trigger, Workload, callees_first};
use crate::emit::github::access::Writes;
use crate::emit::github::setup::Purpose;
use crate::emit::github::workflow::{Concurrency, Job, Older, Step, Workflow, quoted};
use crate::emit::github::{access, image, rollout};
use crate::emit::platform::{self, Access};
use crate::plan::Plan;
use crate::source::Sourced;

/// The limit of building one image, of bringing a preview up, and of tearing it down, in minutes.
const BUILD_MINUTES: u64 = 45;
const UP_MINUTES: u64 = 60;
const DOWN_MINUTES: u64 = 30;

/// When previews past their time are looked for.
const SWEEP: &str = "17 */6 * * *";

/// How long a closed pull request is looked at again, in seconds, in case its teardown failed: two days.
const AGAIN: i64 = 2 * 24 * 60 * 60;

/// The previews that the pipeline can make.
fn places<'a>(plan: &Plan<'a>) -> Vec<&'a EnvironmentFacts> {
    plan.ephemeral()
        .filter(|environment| !environment.workloads.is_empty() && access::is_reachable(plan, environment))
        .collect()
}

/// The workflow; none without an ephemeral environment.
pub(super) fn workflow(plan: &Plan<'_>) -> Option<Workflow> {
    let places = places(plan);
    let first = places.first()?;
    let mut jobs = Vec::new();
    for environment in &places {
        let images = images(plan, environment);
        jobs.extend(images.iter().map(|image| build(plan, environment, image)));
        let before = resolve(plan, environment);
        jobs.push(up(plan, environment, &images).after(before.as_ref().map(|job| job.key.clone())));
        jobs.extend(before);
        jobs.push(down(plan, environment));
        jobs.push(stale(environment));
        jobs.push(sweep(plan, environment));
    }
    let types = ["opened", "reopened", "synchronize", "labeled", "unlabeled", "closed"];
    let on =
        map().put("pull_request", map().put("types", list(types))).put("schedule", list([map().put("cron", SWEEP)]));
    Some(Workflow {
        file: "preview.yml".to_owned(),
        name: "Preview".to_owned(),
        on,
        jobs,
        concurrency: None,
        origin: first.ephemeral.origin.clone(),
    })
}

fn images<'a>(plan: &Plan<'a>, environment: &EnvironmentFacts) -> Vec<&'a ImageFacts> {
    let mut found: Vec<&ImageFacts> = Vec::new();
    for image in environment.workloads.iter().filter_map(|workload| plan.image(workload)) {
        if !found.iter().any(|known| known.name.value == image.name.value) {
            found.push(image);
        }
    }
    found
}

/// The label that asks for a preview, where one must be there.
fn label(environment: &EnvironmentFacts) -> Option<&Sourced<Trigger>> {
    environment.triggers.iter().find(|trigger| matches!(&trigger.value, Trigger::PullRequest(Some(_))))
}

fn label_name(environment: &EnvironmentFacts) -> Option<&str> {
    label(environment).and_then(|trigger| match &trigger.value {
        Trigger::PullRequest(label) => label.as_deref(),
        Trigger::Push(_) | Trigger::Tag(_) | Trigger::Manual => None,
    })
}

/// Only pull requests from this repository: a fork's code runs nowhere with credentials.
const OWN: &str =
    "github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository";

fn wanted(environment: &EnvironmentFacts) -> String {
    let open = [OWN, " && github.event.action != 'closed'"].concat();
    match label_name(environment) {
        Some(label) => [&open, " && contains(github.event.pull_request.labels.*.name, ", &quoted(label), ")"].concat(),
        None => [&open, " && github.event.action != 'labeled' && github.event.action != 'unlabeled'"].concat(),
    }
}

fn unwanted(environment: &EnvironmentFacts) -> String {
    match label_name(environment) {
        Some(label) => [
            OWN, " && (github.event.action == 'closed' || (github.event.action == 'unlabeled' && github.event.label.name == ",
            &quoted(label), "))",
        ]
        .concat(),
        None => [OWN, " && github.event.action == 'closed'"].concat(),
    }
}

fn key(word: &str, environment: &EnvironmentFacts) -> String {
    [word, "-", &environment.name.value].concat()
}

/// One lock for everything that touches the preview of a pull request.
fn lock(environment: &EnvironmentFacts, word: &str, number: &str) -> Concurrency {
    let name = [word, &environment.name.value, "-"].concat();
    Concurrency::new(mixed([Part::text(name), Part::github(number)]), Older::Finishes)
}

fn build_key(environment: &EnvironmentFacts, image: &ImageFacts) -> String {
    ["build-", &environment.name.value, "-", &image.name.value].concat()
}

fn repository(plan: &Plan<'_>, environment: &EnvironmentFacts, image: &ImageFacts) -> String {
    platform::repository(plan, image, environment)
}

fn build(plan: &Plan<'_>, environment: &EnvironmentFacts, image: &ImageFacts) -> Job {
    let tag = mixed([
        Part::text([&repository(plan, environment, image), ":pr-"].concat()),
        Part::github("github.event.number"),
        Part::text("-"),
        Part::github("github.sha"),
    ]);
    let values = image.values_in(&environment.name.value);
    let push = image::build_step(plan, "Build and push", image, values).id("push").with("push", true).with("tags", tag);
    let origin = &image.name.origin;
    let mut job = Job::new(build_key(environment, image), BUILD_MINUTES, origin)
        .named(["Build ", &image.name.value, " for a preview"].concat())
        .when(&wanted(environment))
        .step(Step::checkout(&image.source.origin))
        .steps(image::before_steps(plan, image, Purpose::Publishes))
        .steps(Step::login(&platform::push(plan)))
        .step(Step::action("Set up the builder", "docker/setup-buildx-action", origin))
        .step(push);
    job.environment = Some(access::environment(environment));
    let name = ["build-", &environment.name.value, "-", &image.name.value, "-"].concat();
    let group = mixed([Part::text(name), Part::github("github.event.number")]);
    job.concurrency = Some(Concurrency::new(group, Older::Stops));
    job.outputs.push(("digest".to_owned(), github("steps.push.outputs.digest").at(origin)));
    job
}

/// The services of a preview, callees first, as their units are.
fn ordered<'a>(plan: &Plan<'_>, environment: &'a EnvironmentFacts) -> Vec<&'a Workload> {
    let units = &plan.facts.units;
    let leads_to: Vec<&[usize]> = units.iter().map(|unit| unit.calls.as_slice()).collect();
    let services = callees_first(&leads_to).into_iter().filter_map(|at| units.get(at)).flat_map(|unit| &unit.services);
    let mut found: Vec<&Workload> = services.filter_map(|service| environment.workload(service)).collect();
    let setting = plan.setting(environment);
    let tasks = environment.workloads.iter();
    found.extend(tasks.filter(|workload| workload.task(setting).is_some_and(rollout::is_on_demand)));
    found
}

fn up(plan: &Plan<'_>, environment: &EnvironmentFacts, images: &[&ImageFacts]) -> Job {
    let origin = &environment.name.origin;
    let needs = images.iter().map(|image| build_key(environment, image));
    let mut job = Job::new(key("up", environment), UP_MINUTES, origin)
        .named(["Bring up ", &environment.name.value].concat())
        .after(needs)
        .when(&wanted(environment))
        .step(Step::checkout(origin))
        .steps(access::logins(plan, environment));
    for workload in ordered(plan, environment) {
        let Some(image) = image_of(plan, environment, workload) else { continue };
        let holes = [
            ("environment", Word::text(environment.name.value.as_str())),
            ("service", Word::text(workload.name.value.as_str())),
        ];
        let script = Script::of("ops/deploy.sh {environment} {service} \"$IMAGE\"", &holes);
        let step = Step::run(["Release ", &workload.name.value].concat(), script, &workload.name.origin)
            .env("IMAGE", image)
            .env("PULL_REQUEST", github("github.event.number").at(&environment.ephemeral.origin));
        job = job.step(access::with_values(plan, environment, workload, step, Writes::FileAndSecrets));
    }
    job.environment = Some(address(environment));
    job.concurrency = Some(lock(environment, "", "github.event.number"));
    job
}

fn resolve_key(environment: &EnvironmentFacts) -> String {
    key("resolve", environment)
}

/// The job that looks up the images of others.
fn resolve(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<Job> {
    let origin = &environment.name.origin;
    let job = image::look_up(plan, &environment.workloads, &resolve_key(environment), origin)?;
    let mut job = job.when(&wanted(environment));
    let group = lock(environment, "resolve-", "github.event.number");
    job.concurrency = Some(Concurrency { older: Older::Stops, ..group });
    Some(job)
}

/// The image of a workload by digest.
fn image_of(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Option<Tree> {
    if let Some(image) = plan.image(workload) {
        let digest = Part::github(&["needs.", &build_key(environment, image), ".outputs.digest"].concat());
        let name = [&repository(plan, environment, image), "@"].concat();
        return Some(mixed([Part::text(name), digest]).at(&image.name.origin));
    }
    image::of_others(workload, &resolve_key(environment))
}

/// The environment with the address of this pull request's preview.
fn address(environment: &EnvironmentFacts) -> Tree {
    let name = map().put("name", Tree::from(&environment.name));
    match &environment.domain {
        Some(domain) => {
            let parts = [
                Part::text("https://pr-"),
                Part::github("github.event.number"),
                Part::text([".", &domain.value].concat()),
            ];
            name.put("url", mixed(parts).at(&domain.origin))
        }
        None => name,
    }
}

/// The steps that remove everything of one pull request; one that fails holds none of the others back.
fn removal(plan: &Plan<'_>, environment: &EnvironmentFacts, number: &str) -> Step {
    let mut script = Script::strict();
    script.line("failed=no", &[]);
    let mut workloads = ordered(plan, environment);
    // Callers first, so that nothing answers with errors on its way out.
    workloads.reverse();
    for workload in workloads {
        let holes = [
            ("environment", Word::text(environment.name.value.as_str())),
            ("service", Word::text(workload.name.value.as_str())),
        ];
        script.at(&workload.name.origin, |script| {
            script.line("ops/deploy.sh --remove {environment} {service} || failed=yes", &holes);
        });
    }
    script.line("[[ $failed == no ]]", &[]);
    Step::run("Remove everything of it", script, &environment.name.origin).env("PULL_REQUEST", github(number))
}

fn down(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Job {
    let origin = &environment.name.origin;
    let head = github("github.event.pull_request.head.sha");
    let mut job = Job::new(key("down", environment), DOWN_MINUTES, origin)
        .named(["Tear down ", &environment.name.value].concat())
        .when(&unwanted(environment))
        .step(Step::checkout(origin).with("ref", head))
        .steps(access::logins(plan, environment))
        .step(removal(plan, environment, "github.event.number"));
    job.environment = Some(access::environment(environment));
    job.concurrency = Some(lock(environment, "", "github.event.number"));
    job
}

/// Finds previews past their time, and closed pull requests whose teardown may have failed.
fn stale(environment: &EnvironmentFacts) -> Job {
    let origin = &environment.ephemeral.origin;
    let mut script = Script::strict();
    script.line("now=$(date +%s)", &[]);
    script.line(": >\"$RUNNER_TEMP/numbers\"", &[]);
    let closed = "gh api \"repos/$GITHUB_REPOSITORY/pulls?state=closed&sort=updated&direction=desc&per_page=100\" | jq --raw-output --argjson now \"$now\" '.[] | select(.head.repo.full_name == .base.repo.full_name) | select(($now - (.closed_at | fromdate)) < {again}) | .number' >>\"$RUNNER_TEMP/numbers\"";
    script.line(closed, &[("again", Word::number(AGAIN))]);
    if let Some(ttl) = &environment.ttl {
        let seconds = i64::try_from(ttl.value.seconds()).unwrap_or(i64::MAX);
        script.at(&ttl.origin, |script| overdue(script, environment, seconds));
    }
    script.line("jq --raw-input --slurp --compact-output 'split(\"\\n\") | map(select(. != \"\")) | unique' <\"$RUNNER_TEMP/numbers\" >\"$RUNNER_TEMP/list\"", &[]);
    script.line("echo numbers=\"$(cat \"$RUNNER_TEMP/list\")\" | tee -a \"$GITHUB_OUTPUT\"", &[]);
    let step = Step::run("Look for what was left behind", script, origin)
        .id("stale")
        .env("GH_TOKEN", github("github.token"))
        .needs("pull-requests", Access::Read, "to see which pull requests are closed or still")
        .needs("actions", Access::Read, "to see when a preview was last released");
    let mut job = Job::new(key("stale", environment), 10, origin)
        .named(["Find stale ", &environment.name.value].concat())
        .when("github.event_name == 'schedule'")
        .step(step);
    job.outputs.push(("numbers".to_owned(), github("steps.stale.outputs.numbers")));
    job.concurrency = Some(Concurrency::new(text(key("stale", environment)), Older::Finishes));
    job
}

/// Open pull requests whose last release of this workflow is longer ago than the time to live.
fn overdue(script: &mut Script, environment: &EnvironmentFacts, seconds: i64) {
    let select = match label_name(environment) {
        Some(_) => "select(any(.labels[]; .name == $label))",
        None => "select($label == \"\")",
    };
    let pulls = [
        "gh api \"repos/$GITHUB_REPOSITORY/pulls?state=open&per_page=100\" | jq --raw-output --arg label {label} '.[] | select(.head.repo.full_name == .base.repo.full_name) | ",
        select, " | \"\\(.number) \\(.head.ref)\"' >\"$RUNNER_TEMP/open\"",
    ]
    .concat();
    script.line(&pulls, &[("label", Word::text(label_name(environment).unwrap_or_default()))]);
    script.block(
        "while read -r number branch; do",
        &[],
        |body| {
            body.line("last=$(gh api --method GET \"repos/$GITHUB_REPOSITORY/actions/workflows/preview.yml/runs\" --field branch=\"$branch\" --field event=pull_request --field status=success --field per_page=1 | jq --raw-output '.workflow_runs[0].updated_at // empty | fromdate')", &[]);
            body.when("[[ -n $last && $((now - last)) -gt {seconds} ]]", &[("seconds", Word::number(seconds))], |then| {
                then.line("echo \"$number\" >>\"$RUNNER_TEMP/numbers\"", &[]);
            });
        },
        "done <\"$RUNNER_TEMP/open\"",
    );
}

/// Tears down what was found, one job for each.
fn sweep(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Job {
    let origin = &environment.name.origin;
    let stale = key("stale", environment);
    let numbers = ["fromJSON(needs.", &stale, ".outputs.numbers)"].concat();
    let condition = ["needs.", &stale, ".outputs.numbers != '[]'"].concat();
    let mut job = Job::new(key("sweep", environment), DOWN_MINUTES, origin)
        .named(mixed([Part::text(["Sweep ", &environment.name.value, " of "].concat()), Part::github("matrix.number")]))
        .after([stale])
        .when(&condition)
        .step(Step::checkout(origin))
        .steps(access::logins(plan, environment))
        .step(removal(plan, environment, "matrix.number"));
    job.matrix.push(("number".to_owned(), github(&numbers)));
    job.environment = Some(access::environment(environment));
    job.concurrency = Some(lock(environment, "", "matrix.number"));
    job
}
