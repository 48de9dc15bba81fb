//! The section Operations: what is done every now and then, by environment.

use std::collections::BTreeSet;

use crate::artifact::Script;
use crate::artifact::markdown::{Block, Inline, Prose, heading, paragraph, prose, shell};
use crate::derive::Role;
use crate::emit::paper::deployment::{Deployment, by_environment, deployments};
use crate::emit::paper::security::secrets;
use crate::emit::paper::{always, code, command, section};
use crate::emit::platform;
use crate::plan::Plan;
use crate::source::Origin;

/// Something one does with what runs all the time, and the platform's commands for it.
struct Routine {
    title: &'static str,
    /// What to know first; empty where the commands say it all.
    first: &'static str,
    commands: &'static [&'static str],
}

const LASTING: &[Routine] = &[
    Routine { title: "See what runs", first: "", commands: &["status", "revisions"] },
    Routine { title: "Read logs", first: "", commands: &["logs", "errors"] },
    Routine {
        title: "Restart",
        first: "New instances of the version in service; they read their secrets anew.",
        commands: &["restart"],
    },
    Routine {
        title: "Scale",
        first: "Until the next release; what is to stay belongs into `scale` in `deploy.kdl`.",
        commands: &["scale"],
    },
    Routine {
        title: "Stop",
        first: "For an emergency: it cuts people off. The next release opens it again.",
        commands: &["stop"],
    },
];

pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("a part of every runbook");
    let all = deployments(plan);
    let lasting: Vec<Deployment<'_>> = all.iter().copied().filter(Deployment::is_lasting).collect();
    let mut out = Vec::new();
    for routine in LASTING {
        let commands = commands(plan, &lasting, routine.commands);
        if !commands.is_empty() && !routine.first.is_empty() {
            let first = paragraph(prose(routine.first, &[])).at(&rule);
            section(&mut out, heading(3, routine.title).at(&rule), [vec![first], commands].concat());
        } else {
            section(&mut out, heading(3, routine.title).at(&rule), commands);
        }
    }
    section(&mut out, heading(3, "Run a job by hand").at(&rule), jobs(plan, &all));
    section(&mut out, heading(3, CONNECT).at(&rule), connections(plan));
    section(&mut out, heading(3, "Backups").at(&rule), backups(plan));
    section(&mut out, heading(3, "Feature flags").at(&rule), flags(plan, &all));
    section(&mut out, heading(3, "Rotate a secret").at(&rule), secrets::index(plan));
    out
}

/// A block for each environment, with every command for every deployment there.
fn commands(plan: &Plan<'_>, deployments: &[Deployment<'_>], names: &[&str]) -> Vec<Block> {
    let mut out = Vec::new();
    for (environment, group) in by_environment(deployments) {
        let mut script = Script::new();
        for name in names {
            if let Some(Block { kind: crate::artifact::markdown::BlockKind::Shell(lines), .. }) =
                command::block(plan, &group, name)
            {
                script.append(&lines);
            }
        }
        if !script.is_empty() {
            out.push(label(&environment.name.value, &environment.name.origin));
            out.push(shell(script).at(&environment.name.origin));
        }
    }
    out
}

/// The environment that the next block is for.
fn label(environment: &str, origin: &Origin) -> Block {
    paragraph(Prose::from("In ").then(code(environment)).then(":")).at(origin)
}

fn is_job(deployment: &&Deployment<'_>) -> bool {
    match deployment.workload.role.value {
        Role::Cron | Role::Task => true,
        Role::Web | Role::Api | Role::Worker | Role::Static | Role::Function => false,
    }
}

/// Crons and tasks: when they run by themselves, and how a person starts one.
fn jobs(plan: &Plan<'_>, all: &[Deployment<'_>]) -> Vec<Block> {
    let jobs: Vec<Deployment<'_>> = all.iter().filter(is_job).copied().collect();
    let mut out = Vec::new();
    for (environment, group) in by_environment(&jobs) {
        for one in group {
            let mut script = Script::new();
            for name in ["run-job", "runs", "job-logs", "pause", "resume"] {
                // Pausing is for what is started by a schedule.
                let scheduled = one.workload.role.value == Role::Cron;
                let command = command::of_deployment(plan, &one, name);
                if let Some(command) = command.filter(|_| scheduled || !matches!(name, "pause" | "resume")) {
                    script.append(&command);
                }
            }
            if script.is_empty() {
                continue;
            }
            let (words, origin) = job_words(plan, &one);
            let place = prose(" in {environment}: ", &[("environment", code(&environment.name.value))]);
            out.push(paragraph(Prose::from(code(one.name())).then(place).then(words)).at(&origin));
            out.push(shell(script).at(&one.origin()));
        }
    }
    out
}

fn job_words(plan: &Plan<'_>, job: &Deployment<'_>) -> (Prose, Origin) {
    let setting = plan.setting(job.environment);
    if let Some(schedule) = job.workload.service(setting).and_then(|service| service.schedule.as_ref()) {
        let words = prose(
            "runs by itself at {when} (UTC). Start it, see its runs and logs, pause and resume it:",
            &[("when", code(schedule.when.value.to_cron()))],
        );
        return (words, job.origin().with(&schedule.origin));
    }
    let during = job.workload.task(setting).and_then(|task| task.during.as_ref());
    let words = match during.map(|during| during.value) {
        Some(crate::model::TaskTime::Release) => "runs at each release. Start it, see its runs and logs:",
        Some(crate::model::TaskTime::Start) => "runs when the program starts. Start it besides, see its runs and logs:",
        Some(crate::model::TaskTime::Demand) | None => {
            "runs only when somebody starts it. Start it, see its runs and logs:"
        }
    };
    let origin = during.map_or_else(|| job.origin(), |during| job.origin().with(&during.origin));
    (words.into(), origin)
}

/// The heading below which sessions with resources are told.
pub(super) const CONNECT: &str = "Connect to a resource";

/// Whether anything is told below it.
pub(super) fn connects(plan: &Plan<'_>) -> bool {
    !connections(plan).is_empty()
}

/// A session with each resource that something uses.
fn connections(plan: &Plan<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    for environment in plan.lasting() {
        let Some(backend) = platform::backend(&environment.host.platform.value) else { continue };
        let mut script = Script::new();
        for resource in used(plan, environment) {
            if let Some(command) = backend.connect(plan, environment, resource) {
                script.at(&resource.name.origin, |script| {
                    script.append(&command);
                });
            }
        }
        if !script.is_empty() {
            out.push(label(&environment.name.value, &environment.name.origin));
            out.push(shell(script).at(&environment.name.origin));
        }
    }
    out
}

/// The resources of an environment that something there uses.
fn used<'a>(plan: &Plan<'a>, environment: &crate::derive::EnvironmentFacts) -> Vec<&'a crate::model::Resource> {
    let is_used = |resource: &&crate::model::Resource| {
        let uses =
            |workload: &crate::derive::Workload| workload.uses.iter().any(|used| used.value == resource.name.value);
        environment.workloads.iter().any(uses)
    };
    plan.setting(environment).resources.iter().filter(is_used).collect()
}

/// What is backed up, how often and how long it is kept, and the commands to make, list and restore one.
fn backups(plan: &Plan<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    for environment in plan.lasting() {
        for resource in used(plan, environment)
            .into_iter()
            .filter(|resource| crate::plan::suits(resource, crate::model::Applies::Stateful))
        {
            let mut script = Script::new();
            for name in ["backup", "backups", "restore"] {
                if let Some(command) = command::of_resource(plan, environment, resource, name) {
                    script.append(&command);
                }
            }
            if script.is_empty() {
                continue;
            }
            let name = prose(
                "{resource} in {environment}",
                &[("resource", code(&resource.name.value)), ("environment", code(&environment.name.value))],
            );
            let (kept, origin) = match &resource.backup {
                Some(backup) => {
                    let words = prose(
                        " is backed up every {every} and kept for {keep}.",
                        &[
                            ("every", Inline::text(backup.every.value.to_string())),
                            ("keep", Inline::text(backup.keep.value.to_string())),
                        ],
                    );
                    (words, resource.name.origin.clone().with(&backup.origin))
                }
                None => (" declares no backup.".into(), resource.name.origin.clone()),
            };
            let rest = " Make one now, list them, restore one beside the original:";
            out.push(paragraph(name.then(kept).then(rest)).at(&origin));
            out.push(shell(script).at(&resource.name.origin));
        }
    }
    out
}

/// Flags: who owns them and when they go.
fn flags(plan: &Plan<'_>, all: &[Deployment<'_>]) -> Vec<Block> {
    let mut seen: BTreeSet<crate::source::Span> = BTreeSet::new();
    let mut items = Vec::new();
    for one in all {
        for flag in one.service(plan).into_iter().flat_map(|service| &service.flag) {
            if !seen.insert(flag.origin.place) {
                continue;
            }
            let mut words = prose(
                "{flag} of {service}, switched in {provider}",
                &[
                    ("flag", code(&flag.name.value)),
                    ("service", code(one.name())),
                    ("provider", code(&flag.provider.value)),
                ],
            );
            if let Some(owner) = &flag.owner {
                words = words.then(", owned by ").then(Inline::text(&owner.value));
            }
            if let Some(date) = &flag.remove_by {
                words = words.then([", removed by ", &date.value.to_string()].concat());
            }
            items.push(crate::artifact::markdown::item(words.then(".")).at(&flag.origin));
        }
    }
    vec![crate::artifact::markdown::bullets(items)]
}
