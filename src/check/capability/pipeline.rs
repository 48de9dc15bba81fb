//! What the CI service can ask of people, and which secrets it can read.

use crate::check::Context;
use crate::diag::{Diagnostic, code};
use crate::model;
use crate::standard;

/// Compares promotions with what the pipeline's service can enforce.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let service = context.model.pipeline.as_ref().map_or(model::PipelineService::Github, |one| one.service.value);
    let Some(facts) = standard::get::<model::StdPipeline>("pipeline-service", service.word()) else { return };
    let most = facts.approvals.value.get();
    for environment in &context.facts.environments {
        let approval = environment.promotion.as_ref().and_then(|promotion| promotion.approval.as_ref());
        let Some(approval) = approval.filter(|approval| approval.count.value > most) else { continue };
        diagnostics.push(
            Diagnostic::new(
                code::CAPABILITY_APPROVERS,
                approval.count.origin.place,
                format!("{} cannot wait for {} approvals", facts.title.value, approval.count.value),
            )
            .label(format!("goes on after {most}"))
            .also(facts.origin.place, facts.note.value.clone())
            .help(format!("write `count={most}`, and ask for further reviews where the change is merged")),
        );
    }
}
