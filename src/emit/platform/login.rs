//! How a job of the pipeline gets into a platform, as data that every pipeline service can print.

use crate::artifact::{Script, Tree};
use crate::source::Origin;

/// The steps and permissions with which a job gets into a platform, without a long-lived key where the platform allows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Login {
    /// The steps, in order, before the first command of `ops/`.
    pub steps: Vec<LoginStep>,
    /// What the job's token needs for them.
    pub permissions: Vec<Permission>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginStep {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// Environment variables; values may hold expressions of the pipeline service.
    pub env: Vec<(String, Tree)>,
    /// What decides it.
    pub origin: Origin,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// Uses an action of the standard library, by its name there.
    Action {
        /// `owner/repository`, optionally with a sub-path.
        name: String,
        /// Its inputs.
        with: Vec<(String, Tree)>,
    },
    /// Runs commands.
    Run(Script),
}

/// A permission of the job's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The scope, such as `id-token`.
    pub scope: &'static str,
    /// What it allows.
    pub access: Access,
    /// Why, as the comment beside it says.
    pub because: &'static str,
}

/// What a permission allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Reading.
    Read,
    /// Writing.
    Write,
}

impl Access {
    /// The word in a workflow.
    pub fn word(self) -> &'static str {
        match self {
            Access::Read => "read",
            Access::Write => "write",
        }
    }
}

/// Whether a login reads a secret of the repository, so that its job needs an environment.
pub fn reads_secrets(login: &Login) -> bool {
    let reads = |tree: &Tree| tree.joined().is_some_and(|text| text.contains("secrets."));
    login.steps.iter().any(|step| {
        let inputs = match &step.kind {
            StepKind::Action { with, .. } => with.iter().any(|(_, value)| reads(value)),
            StepKind::Run(_) => false,
        };
        inputs || step.env.iter().any(|(_, value)| reads(value))
    })
}
