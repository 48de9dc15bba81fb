//! Docker Compose: a developer's machine that builds from source, or one server that takes images by digest.

mod beside;
mod bootstrap;
mod commands;
mod image;
mod job;
mod login;
mod probe;
mod resource;
mod service;
mod site;
mod value;

use crate::artifact::markdown::{Inline, Prose, prose};
use crate::artifact::{Artifact, Dialect, Group, Script, Tree, Word, map};
use crate::derive::{EnvironmentFacts, Host, Workload};
use crate::emit::platform::{Backend, Kept, Login, Provision, Setting};
use crate::model;
use crate::plan::Plan;
use crate::source::Origin;
use service::Shared;
use site::{Place, Site};
use value::{By, Filled};

/// The backend.
pub(super) struct Compose;

/// Its name in `host`.
const PLATFORM: &str = "compose";
/// What runs on the server.
const SERVER_SCRIPT: &str = "deploy/compose/server.sh";
/// How long a run may take where nobody says: as long as it needs.
const NO_LIMIT: u64 = 0;
/// A day in seconds.
const DAY: u64 = 24 * 60 * 60;

impl Backend for Compose {
    fn platform(&self) -> &'static str {
        PLATFORM
    }

    fn emit(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, artifacts: &mut Vec<Artifact>) {
        let site = Site::new(plan, environment);
        let tree = file(&site);
        artifacts.push(Artifact::yaml(site.file(), Group::Iac, Dialect::Compose, tree, &site.host_origin()));
        if site.place == Place::Server && !artifacts.iter().any(|one| one.path == SERVER_SCRIPT) {
            let mut script = Script::file();
            script.at(&Origin::rule("the script on the server is the same in every project"), |script| {
                script.line("{body}", &[("body", Word::raw(include_str!("server.sh").trim_end()))]);
            });
            artifacts.push(Artifact::shell(SERVER_SCRIPT, Group::Iac, script, &site.host_origin()));
        }
    }

    fn login(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, host: &Host) -> Login {
        login::login(plan, environment, host)
    }

    fn registry(&self, _plan: &Plan<'_>, _environment: &EnvironmentFacts) -> Option<String> {
        None
    }

    fn push(&self, _plan: &Plan<'_>, _environment: &EnvironmentFacts) -> Option<Login> {
        None
    }

    fn settings(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<Setting> {
        settings(&Site::new(plan, environment), workload)
    }

    fn functions(&self) -> Script {
        let mut script = Script::new();
        script.line("{functions}", &[("functions", Word::raw(include_str!("functions.sh").trim_end()))]);
        script
    }

    fn bootstrap(&self, plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Provision> {
        bootstrap::provisions(&Site::new(plan, environment))
    }

    fn command(
        &self,
        plan: &Plan<'_>,
        environment: &EnvironmentFacts,
        workload: &Workload,
        name: &str,
    ) -> Option<Script> {
        commands::command(&Site::new(plan, environment), workload, name)
    }

    fn kept(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, resource: &model::Resource) -> Option<Kept> {
        let site = Site::new(plan, environment);
        let server = site::server(site::host(environment)?)?;
        let made = value::password(&site, resource);
        let name = value::filled(&made).find(|filled| filled.by == By::Server).map(|filled| filled.name.clone())?;
        let store = ["a variable on ", &server.value].concat();
        Some(Kept { what: "password", store, path: name, put: None })
    }

    fn filled(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, secret: &model::Secret) -> Option<Prose> {
        let site = Site::new(plan, environment);
        let name = Filled::of_secret(&secret.name.value).name;
        let holes = [("name", Inline::code(name)), ("file", Inline::code(site.file()))];
        site.is_local().then(|| prose("{name} of `.env` beside {file}", &holes))
    }

    fn connect(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, resource: &model::Resource) -> Option<Script> {
        commands::connect(&Site::new(plan, environment), resource)
    }
}

/// The whole file of an environment.
fn file(site: &Site<'_>) -> Tree {
    let mut shared = Shared::default();
    let (mut services, mut networks) = (map(), map());
    for resource in site.resources() {
        if let Some(tree) = resource::tree(site, resource, &mut shared) {
            let key = site.resource_key(resource);
            services.set(&key, tree);
            let rule = "what stores data has no way out to the internet";
            let inside = Tree::from(true).at(&resource.origin.clone().because(rule));
            networks.set(&key, map().put("internal", inside).at(&resource.origin));
        }
    }
    for workload in site.workloads() {
        for migration in job::migrations(site, workload) {
            if let Some(tree) = job::migration(site, workload, migration, &mut shared) {
                services.set(site.migration_key(workload, migration), tree);
            }
        }
        if let Some(key) = beside::volumes_key(site, workload) {
            services.set(key, beside::volumes(site, workload).unwrap_or_else(map));
        }
        services.set(&workload.name.value, service::tree(site, workload, &mut shared));
        networks.set(&workload.name.value, crate::artifact::null().at(&workload.name.origin));
    }
    if let Some(key) = beside::proxy_key(site)
        && let Some(tree) = beside::proxy(site, &key, &mut shared)
    {
        networks.set(&key, crate::artifact::null().at(&tree.own_origin().cloned().unwrap_or_default()));
        services.set(key, tree);
    }
    let all = |pairs: Vec<(String, Tree)>| {
        let mut tree = map();
        for (key, value) in pairs {
            tree.set(key, value);
        }
        tree
    };
    let name = Tree::from(site.project()).at(&site.app_origin().with(&site.environment.name.origin));
    map()
        .put("name", name)
        .put("services", services)
        .put("networks", networks)
        .put_filled("volumes", all(shared.volumes))
        .put_filled("configs", all(shared.configs))
        .put_filled("secrets", all(shared.secrets))
        .comment(how_to_use(site))
}

/// What stands above the first key.
fn how_to_use(site: &Site<'_>) -> String {
    let file = site.file();
    let flag = if file == "compose.yaml" { String::new() } else { ["--file ", &file, " "].concat() };
    if site.place == Place::Server {
        return [
            "`ops/deploy.sh ",
            &site.environment.name.value,
            " SERVICE IMAGE` puts it into the folder ",
            &site.project(),
            " on ",
            &site.target(),
            ",\nwhere values in braces come from `.env` beside it.",
        ]
        .concat();
    }
    let mut told = [
        "`docker compose ",
        &flag,
        "up --build --wait` builds and starts it on this machine. Values in braces come from the\n",
        "environment or from `.env` beside this file, which is not committed",
    ]
    .concat();
    let mut names: Vec<String> = Vec::new();
    let mut before: Vec<&str> = Vec::new();
    let mut jobs: Vec<&str> = Vec::new();
    for workload in site.workloads() {
        names.extend(value::needed(site, workload).into_iter().filter(|one| one.by == By::Person).map(|one| one.name));
        if let Some(build) = site.plan.image(workload).and_then(|image| image.node.build.as_ref()) {
            names.extend(build.secret.iter().map(|secret| value::Filled::of_secret(&secret.from.value).name));
            before.extend(build.before.iter().map(|command| command.value.as_str()));
        }
        jobs.extend((job::is_job(workload) && !job::is_start(site, workload)).then_some(workload.name.value.as_str()));
    }
    names.sort();
    names.dedup();
    before.dedup();
    told.push_str(&if names.is_empty() { ".".to_owned() } else { [": ", &names.join(" "), "."].concat() });
    for command in before {
        told.extend(["\nBefore each build, in the project's root: ", command]);
    }
    for job in jobs {
        told.extend(["\n`docker compose ", &flag, "run --build --rm ", job, "` runs ", job, "."]);
    }
    told
}

/// What the functions in `functions.sh` read.
fn settings(site: &Site<'_>, workload: &Workload) -> Vec<Setting> {
    let set = |name: &str, value: String, origin: &Origin| Setting {
        name: ["compose_", name].concat(),
        value: Word::text(value),
        origin: origin.clone(),
    };
    let (host, name) = (site.host_origin(), &workload.name.origin);
    let mut needed = value::needed(site, workload);
    needed.extend(job::tasks(site, workload).flat_map(|task| value::needed(site, task)));
    needed.sort();
    needed.dedup();
    let names = |wanted: fn(By) -> bool| {
        let all: Vec<&str> = needed.iter().filter(|one| wanted(one.by)).map(|one| one.name.as_str()).collect();
        all.join(" ")
    };
    let service = workload.service(site.setting);
    let schedule = service.and_then(|service| service.schedule.as_ref());
    let at = schedule.map_or(name, |schedule| &schedule.when.origin);
    let timeout = schedule.and_then(|schedule| schedule.timeout.as_ref());
    let tries = schedule.map_or(1, |schedule| schedule.tries.value.get());
    let kind = if job::is_job(workload) { "job" } else { "service" };
    vec![
        set("server", site.target(), &host),
        set("folder", site.project(), &host),
        set("file", site.file(), &host),
        set("files", files(site).join("\n"), &host),
        set("kind", kind.to_owned(), &workload.role.origin),
        set("address", site.outside(workload).unwrap_or_default(), &host),
        set("wait", probe::patience(site, workload).to_string(), name),
        set("proxy", beside::proxy_key(site).unwrap_or_else(|| "-".to_owned()), &host),
        set("needs", names(|by| by != By::Server), name),
        set("made", names(|by| by == By::Server), name),
        set("backups", backups(site, workload), name),
        set("schedule", schedule.map(|schedule| schedule.when.value.to_cron()).unwrap_or_default(), at),
        set("overlap", schedule.map_or("allow", |schedule| schedule.overlap.value.word()).to_owned(), at),
        set("timeout", timeout.map_or(NO_LIMIT, |timeout| timeout.value.seconds()).to_string(), at),
        set("tries", tries.to_string(), at),
    ]
}

/// The backups of the containers that a workload uses, one a line: resource, times, days, command.
fn backups(site: &Site<'_>, workload: &Workload) -> String {
    let lines = service::used(site, workload).into_iter().filter_map(|(resource, _)| {
        let backup = resource.backup.as_ref()?;
        let command = site::kind(resource)?.backup.as_ref()?.unattended.value.clone();
        let days = backup.keep.value.seconds().div_ceil(DAY);
        let cron = match backup.every.value.seconds() {
            DAY => "0 2 * * *".to_owned(),
            _ => crate::value::Schedule::parse(&["every ", &backup.every.value.to_string()].concat()).ok()?.to_cron(),
        };
        let command = value::known(site, resource, &command);
        Some([&site.resource_key(resource), "\t", &cron, "\t", &days.to_string(), "\t", &command].concat())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The files that go to the server: of the environment, what its containers mount, and what runs there.
fn files(site: &Site<'_>) -> Vec<String> {
    let mut files = vec![site.file(), SERVER_SCRIPT.to_owned()];
    for workload in site.workloads() {
        let of_task = workload.task(site.setting).map(|task| task.file.as_slice());
        let of_service = workload.service(site.setting).map(|service| service.file.as_slice());
        for from in of_service.or(of_task).unwrap_or_default().iter().filter_map(|file| file.from.as_ref()) {
            if !files.contains(&from.value) {
                files.push(from.value.clone());
            }
        }
    }
    files
}
