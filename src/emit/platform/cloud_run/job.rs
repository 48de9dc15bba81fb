//! The Job: what runs to its end, at its times, when a release asks for it, or when a person does.

use crate::artifact::{Tree, list, map};
use crate::model;
use crate::source::{Origin, Sourced};
use crate::standard;
use crate::value::Duration;

use super::site::{self, Site};
use super::{container, labels, service};

/// How often a run is tried, and how long a try may take.
struct Limits {
    retries: Tree,
    timeout: Option<Tree>,
}

/// The file of a cron or task.
pub(super) fn tree(site: &Site<'_>) -> Tree {
    let limits = limits(site);
    job(site, site.name(), &site.workload.name.value, container::container(site), limits, &site.workload.name.origin)
}

/// The file of a migration: the image of its service, another program, one try.
pub(super) fn migration(site: &Site<'_>, migration: &model::Migrate) -> Tree {
    let command = up(migration);
    let once = Origin::rule("a migration that failed is looked at before it is tried again");
    let limits = Limits { retries: Tree::from(0_u64).at(&once), timeout: standard_timeout(site) };
    let name = site.named(&site::migration_file(site.workload, migration));
    job(site, name, &site.workload.name.value, container::running(site, &command), limits, &migration.name.origin)
}

/// What a migration runs: its own command, else its tool's.
pub(super) fn up(migration: &model::Migrate) -> Sourced<String> {
    if let Some(up) = &migration.up {
        return up.clone();
    }
    let tool = standard::get::<model::StdMigrationTool>("migration-tool", migration.tool.value.word());
    match tool.and_then(|tool| tool.up.clone()) {
        Some(up) => Sourced::new(up.value, migration.tool.origin.clone().with(&up.origin)),
        None => Sourced::new(String::new(), migration.origin.clone()),
    }
}

fn job(site: &Site<'_>, name: String, service: &str, container: Tree, limits: Limits, origin: &Origin) -> Tree {
    let annotations = container::annotations(site, map());
    let task = map()
        .put("maxRetries", limits.retries)
        .put_some("timeoutSeconds", limits.timeout)
        .put("serviceAccountName", Tree::from(site.account()).at(&site.workload.name.origin))
        .put("containers", list([container]))
        .put_filled("volumes", container::volumes(site));
    let execution = map()
        .put("metadata", map().put("labels", service::revision_labels(site)).put_filled("annotations", annotations))
        .put("spec", map().put("taskCount", 1_u64).put("template", map().put("spec", task)));
    map()
        .put("apiVersion", "run.googleapis.com/v1")
        .put("kind", "Job")
        .put(
            "metadata",
            map()
                .put("name", Tree::from(name).at(origin))
                .put("labels", labels(site, service))
                .put("annotations", map().put("previous", service::previous())),
        )
        .put("spec", map().put("template", execution))
}

fn limits(site: &Site<'_>) -> Limits {
    let workload = site.workload;
    if let Some(task) = workload.task(site.setting) {
        let timeout = task.timeout.as_ref().map(|timeout| seconds(timeout.value, &timeout.origin));
        let once = Origin::rule("a task that failed is looked at before it is tried again");
        return Limits { retries: Tree::from(0_u64).at(&once), timeout: timeout.or_else(|| standard_timeout(site)) };
    }
    let schedule = workload.service(site.setting).and_then(|service| service.schedule.as_ref());
    let timeout = schedule.and_then(|schedule| schedule.timeout.as_ref());
    let tries = schedule.map_or(1, |schedule| schedule.tries.value.get());
    let tries_origin = schedule.map_or(&workload.name.origin, |schedule| &schedule.tries.origin);
    Limits {
        retries: Tree::from(tries.saturating_sub(1)).at(tries_origin),
        timeout: timeout.map(|timeout| seconds(timeout.value, &timeout.origin)).or_else(|| standard_timeout(site)),
    }
}

/// Seconds as text, because the format has 64 bits.
fn seconds(duration: Duration, origin: &Origin) -> Tree {
    Tree::from(duration.seconds().to_string()).at(origin)
}

fn standard_timeout(site: &Site<'_>) -> Option<Tree> {
    let (text, origin) = site.default_of("job-timeout")?;
    Some(seconds(text.parse().ok()?, &origin))
}
