//! What runs to its end: crons, tasks and migrations, and what a container waits for before it starts.

use crate::artifact::{Tree, list, map};
use crate::derive::{Role, Workload};
use crate::model::{self, TaskTime};
use crate::source::Origin;

use super::image;
use super::service::{self, Shared};
use super::site::{self, Site};

/// Whether a workload runs to its end.
pub(super) fn is_job(workload: &Workload) -> bool {
    match workload.role.value {
        Role::Cron | Role::Task => true,
        Role::Web | Role::Api | Role::Worker | Role::Static | Role::Function => false,
    }
}

/// Whether a task runs before every start of the services whose image it takes; on a developer's machine each start
/// is a release.
pub(super) fn is_start(site: &Site<'_>, workload: &Workload) -> bool {
    let during = workload.task(site.setting).and_then(|task| task.during.as_ref());
    match during.map(|during| during.value) {
        Some(TaskTime::Start) => true,
        Some(TaskTime::Release) => site.is_local(),
        Some(TaskTime::Demand) | None => false,
    }
}

/// The service whose image a task takes, and with it the variable that holds it.
pub(super) fn image_owner(site: &Site<'_>, workload: &Workload) -> Option<String> {
    let image = workload.task(site.setting)?.image.as_ref()?;
    image.service.as_ref().map(|owner| owner.value.clone())
}

/// The tasks that take the image of a workload.
pub(super) fn tasks<'a>(site: &Site<'a>, owner: &'a Workload) -> impl Iterator<Item = &'a Workload> {
    let site = *site;
    site.workloads().filter(move |task| image_owner(&site, task).as_deref() == Some(owner.name.value.as_str()))
}

/// The migrations of a workload that a release runs.
pub(super) fn migrations<'a>(
    site: &Site<'a>,
    workload: &Workload,
) -> impl Iterator<Item = &'a model::Migrate> + use<'a> {
    let service = workload.service(site.setting);
    let all = service.map(|service| service.migrate.as_slice()).unwrap_or_default();
    all.iter().filter(|migration| migration.during.value == model::MigrationTime::Release)
}

/// A migration: the image of its service with another command.
pub(super) fn migration(
    site: &Site<'_>,
    workload: &Workload,
    migration: &model::Migrate,
    shared: &mut Shared,
) -> Option<Tree> {
    let up = migration_command(migration)?;
    let mut tree = image::tree(site, workload, &workload.name.value, shared);
    if !site.is_local() {
        tree.set("profiles", list([Tree::from("jobs").at(&migration.during.origin)]));
    }
    tree.set("command", list(service::words(&up.0)).at(&up.1));
    let mut tree = service::container(site, workload, tree, shared);
    if !site.is_local() {
        tree.set("restart", Tree::from("no").at(&migration.origin));
    }
    let mut before = resources(site, workload);
    if let Some(key) = super::beside::volumes_key(site, workload) {
        let done = map().put("condition", "service_completed_successfully");
        before.set(key, done.at(&migration.origin));
    }
    tree.set("depends_on", before);
    if tree.key("depends_on").is_some_and(Tree::is_empty) {
        tree = without(tree, "depends_on");
    }
    tree.set("networks", service::networks(site, workload, service::Listens::Nothing));
    tree.set("labels", service::labels(site, &migration.name));
    Some(tree.at(&migration.origin))
}

fn without(tree: Tree, key: &str) -> Tree {
    let kept = tree.entries().iter().filter(|(name, _)| name != key);
    let mut rest = map();
    for (name, value) in kept {
        rest.set(name, value.clone());
    }
    rest
}

/// The command of a migration: the user's, else its tool's.
fn migration_command(migration: &model::Migrate) -> Option<(String, Origin)> {
    if let Some(up) = &migration.up {
        return Some((up.value.clone(), up.origin.clone()));
    }
    let tool = crate::standard::get::<model::StdMigrationTool>("migration-tool", migration.tool.value.word())?;
    let up = tool.up.as_ref()?;
    Some((up.value.clone(), migration.tool.origin.clone().with(&up.origin)))
}

/// What must be there before a workload starts: healthy resources, and jobs that ended well.
pub(super) fn depends_on(site: &Site<'_>, workload: &Workload) -> Tree {
    let mut tree = resources(site, workload);
    let done = |origin: &Origin| map().put("condition", "service_completed_successfully").at(origin);
    if let Some(key) = super::beside::volumes_key(site, workload) {
        tree.set(key, done(&workload.name.origin));
    }
    // What uses a database finds its schema there; on a server each release sees to that itself.
    if site.is_local() {
        for owner in site.workloads() {
            let of_ours = |one: &&model::Migrate| {
                owner.name.value == workload.name.value || workload.uses.iter().any(|used| used.value == one.for_.value)
            };
            for one in migrations(site, owner).filter(of_ours).filter(|one| migration_command(one).is_some()) {
                tree.set(site.migration_key(owner, one), done(&one.origin));
            }
        }
    }
    if is_job(workload) {
        return tree;
    }
    for task in site.workloads().filter(|task| is_start(site, task)) {
        if image_owner(site, task).as_deref() == Some(workload.name.value.as_str()) {
            tree.set(&task.name.value, done(&task.name.origin));
        }
    }
    tree
}

fn resources(site: &Site<'_>, workload: &Workload) -> Tree {
    let mut tree = map();
    for (resource, origin) in service::used(site, workload) {
        let healthy =
            site::kind(resource).and_then(|kind| kind.container.as_ref()).is_some_and(|one| one.health.is_some());
        let condition = if healthy { "service_healthy" } else { "service_started" };
        tree.set(site.resource_key(resource), map().put("condition", condition).at(origin));
    }
    tree
}
