//! Where one workload runs: project, region, and the names of everything that belongs to it.

use crate::artifact::Word;
use crate::derive::{EnvironmentFacts, Workload, generated_name, shorten};
use crate::model;
use crate::plan::Plan;
use crate::resolve::Setting;
use crate::source::Origin;
use crate::standard;

/// The most characters of a service account's id.
const ACCOUNT_LIMIT: usize = 30;
/// How many digits of a pull request's number a name leaves room for.
const NUMBER_DIGITS: usize = 6;
/// What stands where the pull request's number will be.
const NUMBER: &str = "${PULL_REQUEST}";

/// One workload in its place.
pub(super) struct Site<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) environment: &'a EnvironmentFacts,
    pub(super) setting: &'a Setting,
    pub(super) workload: &'a Workload,
}

impl<'a> Site<'a> {
    pub(super) fn new(plan: &'a Plan<'a>, environment: &'a EnvironmentFacts, workload: &'a Workload) -> Self {
        Site { plan, environment, setting: plan.setting(environment), workload }
    }

    /// The same environment, another workload.
    pub(super) fn of(&self, workload: &'a Workload) -> Site<'a> {
        Site { plan: self.plan, environment: self.environment, setting: self.setting, workload }
    }

    pub(super) fn project(&self) -> String {
        project(&self.workload.host.node)
    }

    pub(super) fn region(&self) -> String {
        region(&self.workload.host.node)
    }

    pub(super) fn host_origin(&self) -> Origin {
        self.workload.host.platform.origin.clone()
    }

    pub(super) fn app_origin(&self) -> Origin {
        app_origin(self.plan)
    }

    /// Name of the service, worker pool or job.
    pub(super) fn name(&self) -> String {
        self.named(&self.workload.name.value)
    }

    /// `app-environment-NAME`, with the pull request's number in a preview.
    pub(super) fn named(&self, name: &str) -> String {
        let (app, environment) = (self.plan.app(), &self.environment.name.value);
        let limit = self.workload.host.name_limit;
        if !self.environment.ephemeral.value {
            return generated_name(app, environment, name, limit);
        }
        let shared = shorten(&[app, "-", environment].concat(), limit / 2);
        let rest = limit.saturating_sub(shared.len() + NUMBER_DIGITS + 2);
        [&shared, "-", NUMBER, "-", &shorten(name, rest)].concat()
    }

    /// A name as a word of a script.
    pub(super) fn word(&self, name: &str) -> Word {
        match name.split_once(NUMBER) {
            Some((before, after)) => Word::Joined(vec![
                Word::text(before),
                Word::var("PULL_REQUEST"),
                if after.is_empty() { Word::raw("") } else { Word::text(after) },
            ]),
            None => Word::text(name),
        }
    }

    /// The service account it runs as; previews of one service share one.
    pub(super) fn account(&self) -> String {
        let id = [self.plan.app(), "-", &self.environment.name.value, "-", &self.workload.name.value].concat();
        account(&id, &self.project())
    }

    /// The account as which Cloud Scheduler starts crons.
    pub(super) fn scheduler(&self) -> String {
        account(&[self.plan.app(), "-", &self.environment.name.value, "-scheduler"].concat(), &self.project())
    }

    /// A number of the platform's facts, with where it is written.
    pub(super) fn default_of(&self, limit: &str) -> Option<(String, Origin)> {
        let facts = facts()?;
        let limit = facts.limit.named(limit)?;
        limit.default.clone().map(|default| (default.value, default.origin))
    }
}

/// The platform's facts.
pub(super) fn facts() -> Option<&'static model::StdPlatform> {
    standard::platform("cloud-run")
}

/// The project of a host.
pub(super) fn project(host: &model::Host) -> String {
    host.project.as_ref().map(|project| project.value.clone()).unwrap_or_default()
}

/// The region of a host.
pub(super) fn region(host: &model::Host) -> String {
    host.region.as_ref().map(|region| region.value.clone()).unwrap_or_default()
}

/// Address of a service account, its id cut to what is allowed.
pub(super) fn account(id: &str, project: &str) -> String {
    [&shorten(id, ACCOUNT_LIMIT), "@", project, ".iam.gserviceaccount.com"].concat()
}

/// The account as which the pipeline deploys to an environment.
pub(super) fn deployer(plan: &Plan<'_>, environment: &EnvironmentFacts, host: &model::Host) -> String {
    if let Some(principal) = host.login.as_ref().and_then(|login| login.principal.as_ref()) {
        return principal.value.clone();
    }
    account(&[plan.app(), "-deploy-", &environment.name.value].concat(), &project(host))
}

/// The account as which the pipeline pushes images.
pub(super) fn builder(plan: &Plan<'_>, host: &model::Host) -> String {
    account(&[plan.app(), "-build"].concat(), &project(host))
}

/// Where the application is named.
pub(super) fn app_origin(plan: &Plan<'_>) -> Origin {
    plan.model.app.as_ref().map(|app| app.name.origin.clone()).unwrap_or_default()
}

/// Name of a resource's instance on the platform; the previews of an environment share it.
pub(super) fn resource_name(plan: &Plan<'_>, environment: &EnvironmentFacts, resource: &str) -> String {
    generated_name(plan.app(), &environment.name.value, resource, environment.host.name_limit)
}

/// Name of the file of a migration, without ending.
pub(super) fn migration_file(workload: &Workload, migration: &model::Migrate) -> String {
    [&workload.name.value, "-", &migration.name.value].concat()
}
