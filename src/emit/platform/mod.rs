//! Platforms: the trait of a backend, and the list of those that compile.
//!
//! Everything that depends on a platform is asked of its [`Backend`]: files, the way in, how a version starts and takes
//! traffic, what must exist before, the commands of the runbook. Nobody else names a platform.

mod build;
mod cloud_run;
mod compose;
mod login;
mod operations;
mod provision;
mod registry;
mod store;

pub use build::{
    BUILD_ENVIRONMENT, CHECK_ENVIRONMENT, JobVariable, Wait, build_secrets, builds_in_environment, check_secrets,
    job_variables, wait,
};
pub use login::{Access, Login, LoginStep, Permission, StepKind, reads_secrets};
pub use operations::{Setting, Verb, function_name};
pub use provision::{Kept, Provision};
pub use registry::{REGISTRY_PASSWORD, REGISTRY_USERNAME, Registry, push, registry, repository};

use crate::artifact::markdown::Prose;
use crate::artifact::{Artifact, Script};
use crate::derive::{EnvironmentFacts, Host, Workload};
use crate::model;
use crate::plan::Plan;

/// What one platform's own file tells the emitters that are the same for all platforms.
pub trait Backend: Sync {
    /// The platform, as `host` names it.
    fn platform(&self) -> &'static str;

    /// Adds the platform's files of one environment: of every workload there whose host is this platform.
    fn emit(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, artifacts: &mut Vec<Artifact>);

    /// How a job of the pipeline gets into the host of an environment or of a placed service.
    fn login(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, host: &Host) -> Login;

    /// Where images are pushed when this is the last promoted host and the project names no registry: an address
    /// without a trailing `/`, which the image's name follows. `None` where the platform has no registry of its own.
    fn registry(&self, plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<String>;

    /// How the job that builds images gets into [`Backend::registry`] of an environment, which it pushes to.
    fn push(&self, plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<Login>;

    /// The shell variables that the functions of [`Backend::functions`] read for this workload.
    fn settings(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<Setting>;

    /// The shell functions of the platform in `ops/target.sh`, the same for every workload: one per [`Verb`], named
    /// by [`function_name`], and what these call, with the same prefix.
    fn functions(&self) -> Script;

    /// What must exist before the first release to an environment, in the order in which it is made.
    fn bootstrap(&self, plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Provision>;

    /// The command of a runbook for one workload (`logs`, `status`, `restart`, … as the platform's facts name them);
    /// `None` where the platform has no such command or it does not apply to the workload.
    fn command(
        &self,
        plan: &Plan<'_>,
        environment: &EnvironmentFacts,
        workload: &Workload,
        name: &str,
    ) -> Option<Script>;

    /// Where the platform itself keeps what opens a resource, for the list of secrets.
    fn kept(&self, _plan: &Plan<'_>, _environment: &EnvironmentFacts, _resource: &model::Resource) -> Option<Kept> {
        None
    }

    /// What fills in a secret where nothing is released: the name of a variable, and the file that it stands in.
    fn filled(&self, _plan: &Plan<'_>, _environment: &EnvironmentFacts, _secret: &model::Secret) -> Option<Prose> {
        None
    }

    /// The command that opens a session with a resource, for a person.
    fn connect(&self, plan: &Plan<'_>, environment: &EnvironmentFacts, resource: &model::Resource) -> Option<Script>;
}

/// Every platform that compiles; for any other one the check says `output/not-yet`.
pub static BACKENDS: &[&dyn Backend] = &[&cloud_run::CloudRun, &compose::Compose];

/// The backend of a platform.
pub fn backend(platform: &str) -> Option<&'static dyn Backend> {
    BACKENDS.iter().copied().find(|backend| backend.platform() == platform)
}

/// Whether a workflow and the scripts of `ops/` release a workload; a developer's own machine builds from source.
pub fn is_released(workload: &Workload) -> bool {
    backend(&workload.host.platform.value).is_some() && workload.host.is_released()
}

/// Adds the files of every platform in every environment.
pub(crate) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    for environment in &plan.facts.environments {
        for backend in BACKENDS {
            let hosted = environment.workloads.iter().any(|workload| is_hosted(workload, *backend));
            if hosted {
                backend.emit(plan, environment, artifacts);
            }
        }
    }
}

/// Whether a workload runs on the platform of a backend.
pub fn is_hosted(workload: &Workload, backend: &dyn Backend) -> bool {
    workload.host.platform.value == backend.platform()
}
