//! Emitters: from the plan to the trees of files, one file per target.

pub mod coverage;
mod environment;
mod github;
mod gitleaks;
pub mod image;
mod observe;
pub mod ops;
pub mod paper;
pub mod platform;

use crate::artifact::{Artifact, Group};
use crate::plan::Plan;
use crate::prove::Proofs;

/// One target's emitter.
pub struct Emitter {
    /// Its name, for tests and traces.
    pub name: &'static str,
    /// The group of its files, for `--only`.
    pub group: Group,
    /// Adds its files.
    pub emit: fn(&Plan<'_>, &mut Vec<Artifact>),
}

/// A document that may tell what was proved of this build.
pub struct Paper {
    /// Its name, for tests and traces.
    pub name: &'static str,
    /// The group of its files, for `--only`.
    pub group: Group,
    /// Adds its files.
    pub write: fn(&Plan<'_>, &Proofs, &mut Vec<Artifact>),
}

/// Every emitter of files for machines, in the order their files are reported.
pub static EMITTERS: &[Emitter] = &[
    Emitter { name: "platform", group: Group::Iac, emit: platform::emit },
    Emitter { name: "ops", group: Group::CiCd, emit: ops::emit },
    Emitter { name: "bootstrap", group: Group::Operations, emit: ops::emit_bootstrap },
    Emitter { name: "environment", group: Group::Iac, emit: environment::emit },
    Emitter { name: "image", group: Group::Iac, emit: image::emit },
    Emitter { name: "github", group: Group::CiCd, emit: github::emit },
    Emitter { name: "gitleaks", group: Group::ThreatModel, emit: gitleaks::emit },
    Emitter { name: "observability", group: Group::Observability, emit: observe::emit },
];

/// Every document that is written after the proofs, in the order they are reported.
pub static PAPERS: &[Paper] = &[
    Paper { name: "runbook", group: Group::Operations, write: paper::runbook::emit },
    Paper { name: "deployment-plan", group: Group::Operations, write: paper::deployment_plan::emit },
    Paper { name: "security", group: Group::ThreatModel, write: paper::security::emit },
    Paper { name: "day-0", group: Group::Operations, write: paper::bootstrap::emit },
];

/// The trees of the files for machines: what is patched and then proved.
pub fn emit(plan: &Plan<'_>) -> Vec<Artifact> {
    let mut artifacts = Vec::new();
    for emitter in EMITTERS {
        (emitter.emit)(plan, &mut artifacts);
    }
    artifacts
}

/// The documents, which tell what was proved of those files.
pub fn papers(plan: &Plan<'_>, proofs: &Proofs) -> Vec<Artifact> {
    let mut artifacts = Vec::new();
    for paper in PAPERS {
        (paper.write)(plan, proofs, &mut artifacts);
    }
    artifacts
}
