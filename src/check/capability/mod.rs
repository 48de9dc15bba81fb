//! What hosts can do: every deployment is compared with the facts of the platform it is on.

mod host;
mod maker;
mod pipeline;
mod probe;
mod program;
mod resource;
mod scale;
mod secret;
mod size;
mod storage;
mod strategy;
mod target;

use crate::check::Context;
use crate::derive::{EnvironmentFacts, Workload};
use crate::diag::Diagnostic;
use crate::resolve::Setting;

use target::Target;

/// One program where it runs.
struct Deployment<'a> {
    context: &'a Context<'a>,
    environment: &'a EnvironmentFacts,
    setting: &'a Setting,
    workload: &'a Workload,
    target: Target<'a>,
}

/// Judges every deployment, every host and every resource.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    pipeline::check(context, diagnostics);
    for environment in &context.facts.environments {
        let Some((node, setting)) = context.model.environments.get(environment.index) else { continue };
        let target = Target::of(context, &environment.host);
        host::check(context, &environment.host, &target, diagnostics);
        host::environment(environment, (node, setting), &target, diagnostics);
        for (_, placed) in &environment.places {
            host::check(context, placed, &Target::of(context, placed), diagnostics);
        }
        resource::check(setting, &environment.host, &target, diagnostics);
        for workload in &environment.workloads {
            let target = Target::of(context, &workload.host);
            let deployment = Deployment { context, environment, setting, workload, target };
            if !deployment.target.is_known() {
                continue;
            }
            program::check(&deployment, diagnostics);
            probe::check(&deployment, diagnostics);
            storage::check(&deployment, diagnostics);
            scale::check(&deployment, diagnostics);
            size::check(&deployment, diagnostics);
            strategy::check(&deployment, diagnostics);
            secret::check(&deployment, diagnostics);
        }
    }
}
