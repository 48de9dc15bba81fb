//! Names that the compiler makes: no two different things may get the same one.

use std::collections::BTreeMap;

use crate::check::Context;
use crate::derive::{EnvironmentFacts, Host};
use crate::diag::{Diagnostic, code};
use crate::model::ResourceOrigin;
use crate::source::{Sourced, Span};

/// Compares generated names on each platform, the names inside of each environment, and those of release units.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    generated(context, diagnostics);
    for environment in &context.facts.environments {
        inside(context, environment, diagnostics);
    }
    units(context, diagnostics);
}

/// Where a generated name must be unique: the platform with the account, project, cluster or namespace.
fn realm(host: &Host) -> Vec<String> {
    let node = &host.node;
    let parts = [
        Some(&host.platform),
        node.project.as_ref(),
        node.account.as_ref(),
        node.subscription.as_ref(),
        node.resource_group.as_ref(),
        node.cluster.as_ref(),
        node.namespace.as_ref(),
        node.region.as_ref(),
    ];
    let servers = node.server.iter().map(|server| server.value.clone());
    parts.into_iter().map(|part| part.map(|part| part.value.clone()).unwrap_or_default()).chain(servers).collect()
}

/// Who has a generated name: the environment, and the name of the service or task.
type Owner<'a> = (&'a EnvironmentFacts, &'a Sourced<String>);

fn generated(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<(&str, Vec<String>), Owner<'_>> = BTreeMap::new();
    for environment in &context.facts.environments {
        for workload in &environment.workloads {
            let key = (workload.generated.as_str(), realm(&workload.host));
            let Some((first, other)) = known.insert(key, (environment, &workload.name)) else { continue };
            // Two declarations of one name in one environment are told as such.
            if first.name.value == environment.name.value {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    code::NAME_COLLISION,
                    environment.name.origin.place,
                    format!(
                        "`{}` in `{}` and `{}` in `{}` would both be called `{}`",
                        workload.name.value, environment.name.value, other.value, first.name.value, workload.generated
                    ),
                )
                .label(format!("with `{}`", workload.name.value))
                .also(first.name.origin.place, format!("with `{}`", other.value))
                .also(workload.name.origin.place, "the one")
                .also(other.origin.place, "the other")
                .help("rename an environment or a service"),
            );
        }
    }
}

/// Services, tasks, containers and their further names share one network.
fn inside(context: &Context<'_>, environment: &EnvironmentFacts, diagnostics: &mut Vec<Diagnostic>) {
    let Some((_, setting)) = context.model.environments.get(environment.index) else { return };
    let mut names: Vec<(&str, Span, &str)> = Vec::new();
    for service in &setting.services {
        names.push((&service.name.value, service.name.origin.place, "a service"));
        names.extend(service.alias.iter().map(|alias| (alias.value.as_str(), alias.origin.place, "a further name")));
    }
    names.extend(setting.tasks.iter().map(|task| (task.name.value.as_str(), task.name.origin.place, "a task")));
    for resource in &setting.resources {
        let external = |from: &crate::model::ResourceFrom| from.origin_arg.value == ResourceOrigin::External;
        if !resource.from.as_ref().is_some_and(external) {
            names.push((&resource.name.value, resource.name.origin.place, "a resource"));
        }
        names.extend(resource.alias.iter().map(|alias| (alias.value.as_str(), alias.origin.place, "a further name")));
    }
    let mut known: BTreeMap<&str, (Span, &str)> = BTreeMap::new();
    for (name, place, what) in names {
        match known.get(name) {
            // Two services of one name are told where they are declared.
            Some((_, first)) if *first == what && what != "a further name" => {}
            Some((first_place, first)) => diagnostics.push(
                Diagnostic::new(
                    code::NAME_COLLISION,
                    place,
                    format!("`{name}` is {what} and {first} of `{}`", environment.name.value),
                )
                .label(what)
                .also(*first_place, *first)
                .help("they are reached by name, so each needs its own"),
            ),
            None => {
                known.insert(name, (place, what));
            }
        }
    }
}

/// A service's own unit is called like the service, so no other unit may be.
fn units(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let services = &context.model.declared.services;
    // The first service that names a unit.
    let mut named: BTreeMap<&str, &Sourced<String>> = BTreeMap::new();
    for service in services {
        if let Some(unit) = service.release.as_ref().filter(|unit| unit.value != service.name.value) {
            named.entry(&unit.value).or_insert(unit);
        }
    }
    for service in services.iter().filter(|service| service.release.is_none()) {
        let own = context
            .facts
            .environments
            .iter()
            .filter_map(|environment| environment.workload(&service.name.value))
            .any(|workload| workload.unit == service.name.value);
        if let Some(unit) = named.get(service.name.value.as_str()).filter(|_| own) {
            diagnostics.push(
                Diagnostic::new(
                    code::OUTPUT_TWO_EMITTERS,
                    service.name.origin.place,
                    format!("the service and a release unit called `{}` lead to one workflow", unit.value),
                )
                .label("ships alone, as a unit of this name")
                .also(unit.origin.place, "the unit")
                .help(format!("rename one of them, or write `release \"{}\"` here too", unit.value)),
            );
        }
    }
}
