//! Google Cloud Run: services for what takes traffic, worker pools for workers, jobs for what runs to its end.

mod access;
mod bootstrap;
mod commands;
mod container;
mod job;
mod login;
mod pool;
mod probe;
mod resources;
mod service;
mod site;
mod variable;

use crate::artifact::{Artifact, Dialect, Group, Script, Tree, Word, map};
use crate::derive::{EnvironmentFacts, Host, Role, Workload};
use crate::emit::ops::{ReleaseJob, moves_traffic, release_jobs};
use crate::emit::platform::{Backend, Kept, Login, Provision, Setting, is_hosted};
use crate::model;
use crate::plan::Plan;
use crate::source::Origin;
use site::Site;

/// The backend.
pub(super) struct CloudRun;

/// What a workload becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Takes requests.
    Service,
    /// Runs always.
    Pool,
    /// Runs to its end.
    Job,
}

impl Form {
    fn of(workload: &Workload) -> Form {
        match workload.role.value {
            Role::Web | Role::Api | Role::Static | Role::Function => Form::Service,
            Role::Worker => Form::Pool,
            Role::Cron | Role::Task => Form::Job,
        }
    }

    /// The word in gcloud's commands, which has a plural `s` there.
    fn group(self) -> &'static str {
        match self {
            Form::Service => "service",
            Form::Pool => "worker-pool",
            Form::Job => "job",
        }
    }

    /// The word with which the platform's facts tell commands apart.
    fn word(self) -> &'static str {
        match self {
            Form::Service => "service",
            Form::Pool => "worker",
            Form::Job => "job",
        }
    }
}

/// What stands above the first key of every file.
const HOW_TO_FILL: &str = "`ops/deploy.sh` puts values where names in braces stand, such as ${IMAGE} and ${REVISION},\n\
    and gives the result to `gcloud run … replace`; ${DOLLAR} is a dollar sign.";

impl Backend for CloudRun {
    fn platform(&self) -> &'static str {
        "cloud-run"
    }

    fn emit(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, artifacts: &mut Vec<Artifact>) {
        for workload in environment.workloads.iter().filter(|workload| is_hosted(workload, self)) {
            let site = Site::new(plan, environment, workload);
            let tree = match Form::of(workload) {
                Form::Service => service::tree(&site),
                Form::Pool => pool::tree(&site),
                Form::Job => job::tree(&site),
            };
            artifacts.push(file(&site, &workload.name.value, tree, &workload.name.origin));
            for release in release_jobs(plan, environment, workload) {
                if let ReleaseJob::Migration(migration) = release {
                    let name = site::migration_file(workload, migration);
                    artifacts.push(file(&site, &name, job::migration(&site, migration), &migration.origin));
                }
            }
        }
    }

    fn login(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, host: &Host) -> Login {
        login::login(plan, environment, host)
    }

    fn registry(&self, plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<String> {
        login::registry(plan, environment)
    }

    fn push(&self, plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<Login> {
        login::push(plan, environment)
    }

    fn settings(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<Setting> {
        settings(&Site::new(plan, environment, workload))
    }

    fn functions(&self) -> Script {
        let mut script = Script::new();
        script.line(include_str!("functions.sh").trim_end(), &[]);
        script
    }

    fn bootstrap(&self, plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Provision> {
        bootstrap::provisions(plan, environment, self)
    }

    fn command(
        &self,
        plan: &Plan<'_>,
        environment: &EnvironmentFacts,
        workload: &Workload,
        name: &str,
    ) -> Option<Script> {
        commands::command(&Site::new(plan, environment, workload), name)
    }

    fn kept(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, resource: &model::Resource) -> Option<Kept> {
        variable::kept(plan, environment, resource)
    }

    fn connect(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, resource: &model::Resource) -> Option<Script> {
        commands::connect(plan, environment, resource)
    }
}

fn file(site: &Site<'_>, name: &str, tree: Tree, origin: &Origin) -> Artifact {
    let path = ["deploy/cloud-run/", &site.environment.name.value, "/", name, ".yaml"].concat();
    Artifact::yaml(path, Group::Iac, Dialect::Plain, tree.comment(HOW_TO_FILL), origin)
}

/// Labels that bills, filters and people tell workloads by.
fn labels(site: &Site<'_>, name: &str) -> Tree {
    let app = Origin::rule("every workload carries its application, environment and service as labels");
    let labels = map()
        .put("app", Tree::from(site.plan.app()).at(&site.app_origin()))
        .put("environment", Tree::from(&site.environment.name))
        .put("service", Tree::from(name).at(&site.workload.name.origin))
        .at(&app);
    if site.environment.ephemeral.value {
        return labels.put("pull-request", Tree::from("${PULL_REQUEST}").at(&site.environment.ephemeral.origin));
    }
    labels
}

/// What the functions in `functions.sh` read.
fn settings(site: &Site<'_>) -> Vec<Setting> {
    let workload = site.workload;
    let form = Form::of(workload);
    let schedule = workload.service(site.setting).and_then(|service| service.schedule.as_ref());
    let public = if form == Form::Service && workload.is_public() { "yes" } else { "no" };
    let file = ["deploy/cloud-run/", &site.environment.name.value, "/", &workload.name.value, ".yaml"].concat();
    let set = |name: &str, value: Word, origin: &Origin| Setting {
        name: ["cloud_run_", name].concat(),
        value,
        origin: origin.clone(),
    };
    let name = &workload.name.origin;
    vec![
        set("kind", form.group().into(), &workload.role.origin),
        set("name", site.word(&site.name()), name),
        set("project", Word::text(site.project()), &site.host_origin()),
        set("region", Word::text(site.region()), &site.host_origin()),
        set("file", Word::text(file), name),
        set("public", public.into(), &public_origin(workload)),
        set("variables", Word::text(variable::pipeline(site).join(" ")), name),
        set("secrets", Word::text(variable::written(site).join(" ")), name),
        set(
            "schedule",
            Word::text(schedule.map(|schedule| schedule.when.value.to_cron()).unwrap_or_default()),
            schedule.map_or(name, |schedule| &schedule.when.origin),
        ),
        set("scheduler", Word::text(if schedule.is_some() { site.scheduler() } else { String::new() }), name),
    ]
}

fn public_origin(workload: &Workload) -> Origin {
    workload.main_port().map_or_else(|| workload.name.origin.clone(), |port| port.exposure.origin.clone())
}

/// Whether a release of the workload moves traffic, so that its file keeps it where it is.
fn keeps_traffic(site: &Site<'_>) -> bool {
    moves_traffic(site.plan, site.environment, site.workload)
}
