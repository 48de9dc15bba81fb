//! Parity: what staging verifies is what production runs, unless somebody wrote the difference down.

use crate::check::Context;
use crate::derive::{EnvironmentFacts, Tier};
use crate::diag::{Diagnostic, code};
use crate::model::{self, ResourceOrigin};
use crate::standard;

/// Compares every staging environment with every production one.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let of = |tier: Tier| context.facts.environments.iter().filter(move |environment| environment.tier.value == tier);
    for staging in of(Tier::Staging) {
        for production in of(Tier::Production) {
            resources(context, staging, production, diagnostics);
        }
    }
}

/// A resource without `from` is run by whoever the host's facts say, which may differ.
fn resources(
    context: &Context<'_>,
    staging: &EnvironmentFacts,
    production: &EnvironmentFacts,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let settings = (context.model.environments.get(staging.index), context.model.environments.get(production.index));
    let (Some((_, before)), Some((_, after))) = settings else { return };
    for resource in &after.resources {
        let rehearsed = before.resource(&resource.name.value);
        let Some(rehearsed) = rehearsed.filter(|other| other.from.is_none() && resource.from.is_none()) else {
            continue;
        };
        let (here, there) = (runner(rehearsed, staging), runner(resource, production));
        if here == there {
            continue;
        }
        diagnostics.push(
            Diagnostic::new(
                code::DELIVERY_PARITY,
                resource.name.origin.place,
                format!(
                    "`{}` is a {} in `{}` and a {} in `{}`, and nobody decided that",
                    resource.name.value,
                    here.word(),
                    staging.name.value,
                    there.word(),
                    production.name.value
                ),
            )
            .label("says nothing about who runs it")
            .also(staging.host.platform.origin.place, format!("here as `{}`", here.word()))
            .also(production.host.platform.origin.place, format!("here as `{}`", there.word()))
            .help(format!(
                "declare the difference: `resource \"{}\" {{ from \"{}\" }}` in `{}`",
                resource.name.value,
                here.word(),
                staging.name.value
            )),
        );
    }
}

/// Who runs a resource that says nothing: the platform where it manages that kind, else a container.
fn runner(resource: &model::Resource, environment: &EnvironmentFacts) -> ResourceOrigin {
    let facts = standard::get::<model::StdResourceKind>("resource-kind", resource.kind.value.word());
    let platform = &environment.host.platform.value;
    match facts.is_some_and(|facts| facts.managed.iter().any(|row| row.platform.value == *platform)) {
        true => ResourceOrigin::Platform,
        false => ResourceOrigin::Container,
    }
}
