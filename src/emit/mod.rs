//! Emitters: from the plan to the trees of files, one file per target.

pub mod coverage;
mod environment;
mod github;
pub mod image;
mod observe;
pub mod ops;
pub mod paper;
pub mod platform;

use crate::artifact::{Artifact, Group};
use crate::plan::Plan;

/// One target's emitter.
pub struct Emitter {
    /// Its name, for tests and traces.
    pub name: &'static str,
    /// The group of its files, for `--only`.
    pub group: Group,
    /// Adds its files.
    pub emit: fn(&Plan<'_>, &mut Vec<Artifact>),
}

/// Every emitter, in the order their files are reported.
pub static EMITTERS: &[Emitter] = &[
    Emitter { name: "platform", group: Group::Iac, emit: platform::emit },
    Emitter { name: "ops", group: Group::CiCd, emit: ops::emit },
    Emitter { name: "bootstrap", group: Group::Operations, emit: ops::emit_bootstrap },
    Emitter { name: "environment", group: Group::Iac, emit: environment::emit },
    Emitter { name: "image", group: Group::Iac, emit: image::emit },
    Emitter { name: "github", group: Group::CiCd, emit: github::emit },
    Emitter { name: "runbook", group: Group::Operations, emit: paper::runbook::emit },
    Emitter { name: "observability", group: Group::Observability, emit: observe::emit },
    Emitter { name: "deployment-plan", group: Group::Operations, emit: paper::deployment_plan::emit },
    Emitter { name: "day-0", group: Group::Operations, emit: paper::bootstrap::emit },
];

/// The trees of every file that the plan needs.
pub fn emit(plan: &Plan<'_>) -> Vec<Artifact> {
    let mut artifacts = Vec::new();
    for emitter in EMITTERS {
        (emitter.emit)(plan, &mut artifacts);
    }
    artifacts
}
