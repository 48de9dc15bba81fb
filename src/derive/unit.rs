//! Release units: services that share an image or a `release` name ship together, callees before callers.

use std::collections::{BTreeMap, BTreeSet};

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
    let mut calls: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut unit_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    let mut units: Vec<UnitFacts> = Vec::new();
    for service in &model.declared.services {
        let name = service.name.value.as_str();
        let mut workloads = environments.iter().filter_map(|environment| environment.workload(name)).peekable();
        let Some(unit) = workloads.peek().map(|workload| workload.unit.as_str()) else { continue };
        let at = *by_name.entry(unit).or_insert(units.len());
        unit_of.insert(name, at);
        let origin = service.release.as_ref().map_or_else(|| service.origin.clone(), |release| release.origin.clone());
        match units.get_mut(at) {
            Some(known) => {
                known.services.push(name.to_owned());
                known.origin = known.origin.clone().with(&origin);
            }
            None => {
                let services = vec![name.to_owned()];
                units.push(UnitFacts { name: unit.to_owned(), services, after: Vec::new(), origin });
            }
        }
        calls.insert(
            name,
            workloads.flat_map(|workload| workload.calls.iter().map(|call| call.value.as_str())).collect(),
        );
    }
    let names: Vec<String> = units.iter().map(|unit| unit.name.clone()).collect();
    for (own, unit) in units.iter_mut().enumerate() {
        let called = unit.services.iter().filter_map(|service| calls.get(service.as_str())).flatten();
        // In file order, as every list of units.
        let after: BTreeSet<usize> =
            called.filter_map(|target| unit_of.get(target).copied()).filter(|at| *at != own).collect();
        unit.after = after.into_iter().filter_map(|at| names.get(at).cloned()).collect();
        unit.services = callees_first(&unit.services, &calls);
    }
    units
}

/// Orders services so that whatever is called comes before its caller; a cycle keeps file order.
fn callees_first(services: &[String], calls: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let inside: BTreeMap<&str, usize> = services.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    // How many callees inside the unit each service still waits for, and who waits for it.
    let mut waits: Vec<usize> = Vec::with_capacity(services.len());
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); services.len()];
    for (at, service) in services.iter().enumerate() {
        let callees =
            calls.get(service.as_str()).into_iter().flatten().filter_map(|target| inside.get(target).copied());
        let callees: Vec<usize> = callees.filter(|target| *target != at).collect();
        for callee in &callees {
            if let Some(list) = waiting.get_mut(*callee) {
                list.push(at);
            }
        }
        waits.push(callees.len());
    }
    let mut ready: BTreeSet<usize> =
        waits.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| at).collect();
    let mut left: BTreeSet<usize> = (0..services.len()).collect();
    let mut ordered = Vec::with_capacity(services.len());
    // Where only a cycle is left, the first in file order goes next.
    while let Some(next) = ready.pop_first().or_else(|| left.first().copied()) {
        if !left.remove(&next) {
            continue;
        }
        ordered.extend(services.get(next).cloned());
        for caller in waiting.get(next).into_iter().flatten() {
            if let Some(count) = waits.get_mut(*caller) {
                *count = count.saturating_sub(1);
                if *count == 0 && left.contains(caller) {
                    ready.insert(*caller);
                }
            }
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callees_come_first_and_cycles_keep_file_order() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let calls =
            BTreeMap::from([("a", BTreeSet::from(["b"])), ("b", BTreeSet::from(["c"])), ("c", BTreeSet::new())]);
        assert_eq!(callees_first(&names(&["a", "b", "c"]), &calls), ["c", "b", "a"]);
        let cycle =
            BTreeMap::from([("a", BTreeSet::from(["b"])), ("b", BTreeSet::from(["a"])), ("c", BTreeSet::from(["a"]))]);
        assert_eq!(callees_first(&names(&["a", "b", "c"]), &cycle), ["a", "b", "c"]);
    }
}
