//! Release units: services that share an image or a `release` name ship together, callees before callers.

use crate::derive::EnvironmentFacts;
use crate::resolve::Model;
use crate::source::Origin;

/// Services that ship together, from one commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitFacts {
    /// Its name, in `deploy-UNIT.yml`.
    pub name: String,
    /// Its services, callees first; in file order inside a cycle of calls.
    pub services: Vec<String>,
    /// The units that its services call, which are released before it and whose failure stops it.
    pub after: Vec<String>,
    /// Where its name or first service is written.
    pub origin: Origin,
}

pub(super) fn derive(model: &Model, environments: &[EnvironmentFacts]) -> Vec<UnitFacts> {
    let mut calls: Vec<(String, Vec<String>)> = Vec::new();
    let mut units: Vec<UnitFacts> = Vec::new();
    for service in &model.declared.services {
        let name = service.name.value.as_str();
        let workloads = environments.iter().filter_map(|environment| environment.workload(name));
        let called: Vec<String> =
            workloads.clone().flat_map(|workload| workload.calls.iter().map(|call| call.value.clone())).collect();
        calls.push((name.to_owned(), called));
        let Some(unit) = workloads.clone().map(|workload| workload.unit.clone()).next() else { continue };
        let origin = service.release.as_ref().map_or_else(|| service.origin.clone(), |release| release.origin.clone());
        match units.iter_mut().find(|known| known.name == unit) {
            Some(known) => known.services.push(name.to_owned()),
            None => units.push(UnitFacts { name: unit, services: vec![name.to_owned()], after: Vec::new(), origin }),
        }
    }
    let names: Vec<(String, Vec<String>)> =
        units.iter().map(|unit| (unit.name.clone(), unit.services.clone())).collect();
    for unit in &mut units {
        let called = |service: &str| {
            calls.iter().find(|(name, _)| name == service).map_or(&[][..], |(_, called)| called.as_slice())
        };
        unit.after = names
            .iter()
            .filter(|(name, services)| {
                *name != unit.name
                    && unit.services.iter().any(|own| called(own).iter().any(|target| services.contains(target)))
            })
            .map(|(name, _)| name.clone())
            .collect();
        unit.services = callees_first(&unit.services, &called);
    }
    units
}

/// Orders services so that whatever is called comes before its caller; a cycle keeps file order.
fn callees_first<'a>(services: &[String], called: &impl Fn(&str) -> &'a [String]) -> Vec<String> {
    let mut left: Vec<&String> = services.iter().collect();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let next = left
            .iter()
            .position(|service| !called(service).iter().any(|target| target != *service && left.contains(&target)));
        ordered.push(left.remove(next.unwrap_or(0)).clone());
    }
    ordered
}
