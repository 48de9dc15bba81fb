//! The threats that follow from what is declared, by name: those patterns of the standard library that fit anything here.

use crate::emit::paper::deployment::Deployment;
use crate::model::{self, ServiceKind, StdThreatPattern, ThreatElement};
use crate::plan::{Plan, joined};
use crate::source::Origin;
use crate::standard;

/// A pattern that fits.
pub(super) struct Derived {
    pub(super) name: String,
    pub(super) mitigations: Vec<String>,
    pub(super) origin: Origin,
}

/// The patterns that fit what runs somewhere.
pub(super) fn patterns(plan: &Plan<'_>, group: &[Deployment<'_>]) -> Vec<Derived> {
    let fitting = |pattern: &'static StdThreatPattern| {
        let origin = joined(group.iter().filter_map(|one| fits(plan, pattern, one)))?;
        Some(Derived {
            name: pattern.name.value.clone(),
            mitigations: pattern.mitigate.iter().map(|control| control.value.clone()).collect(),
            origin,
        })
    };
    standard::all::<StdThreatPattern>("threat-pattern").into_iter().filter_map(fitting).collect()
}

/// What makes a pattern fit a deployment.
fn fits(plan: &Plan<'_>, pattern: &StdThreatPattern, one: &Deployment<'_>) -> Option<Origin> {
    let kind = one.service(plan).map(|_| one.workload.role.value.word());
    let of_kind = |known: &ServiceKind| Some(known.word()) == kind;
    if !pattern.kind.is_empty() && !pattern.kind.iter().any(|known| of_kind(&known.value)) {
        return None;
    }
    let element = element(plan, pattern, one)?;
    let grounds = plan.grounds(one.environment, Some(one.workload), pattern.applies.value)?;
    Some(element.with(&grounds))
}

/// The element of a pattern that a deployment has.
fn element(plan: &Plan<'_>, pattern: &StdThreatPattern, one: &Deployment<'_>) -> Option<Origin> {
    let grounds = |word| plan.grounds(one.environment, Some(one.workload), word);
    match pattern.element.value {
        ThreatElement::Service | ThreatElement::Logs | ThreatElement::Environment => Some(one.origin()),
        ThreatElement::Port => grounds(model::Applies::Port),
        ThreatElement::Call => grounds(model::Applies::Calls),
        ThreatElement::Uses | ThreatElement::Resource => {
            let of_kind = |resource: &&model::Resource| {
                pattern.resource.is_empty() || pattern.resource.iter().any(|kind| kind.value == resource.kind.value)
            };
            let used = plan.used(one.environment, one.workload);
            joined(used.into_iter().filter(of_kind).map(|resource| resource.name.origin.clone()))
        }
        ThreatElement::Secret => grounds(model::Applies::Secret),
        ThreatElement::Flow => grounds(model::Applies::Flow),
        ThreatElement::Image => grounds(model::Applies::Image),
        ThreatElement::ForeignImage => one.workload.ready_image.as_ref().map(|image| image.origin.clone()),
        ThreatElement::Pipeline => grounds(model::Applies::Pipeline),
        ThreatElement::Preview => grounds(model::Applies::Preview),
        ThreatElement::Domain => grounds(model::Applies::Domain),
        ThreatElement::Migration => grounds(model::Applies::Migration),
    }
}
