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
    /// The units that its services call, by their place among all.
    pub calls: Vec<usize>,
    /// The units that it waits for and whose failure stops it, by their place among all: those that it calls, and where
    /// calls go in a circle only those before it in the file.
    pub waits: Vec<usize>,
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
                units.push(UnitFacts { name: unit.to_owned(), services, calls: Vec::new(), waits: Vec::new(), origin });
            }
        }
        calls.insert(
            name,
            workloads.flat_map(|workload| workload.calls.iter().map(|call| call.value.as_str())).collect(),
        );
    }
    for (own, unit) in units.iter_mut().enumerate() {
        let called = unit.services.iter().filter_map(|service| calls.get(service.as_str())).flatten();
        // In file order, as every list of units.
        let called: BTreeSet<usize> =
            called.filter_map(|target| unit_of.get(target).copied()).filter(|at| *at != own).collect();
        unit.calls = called.into_iter().collect();
        unit.services = services_in_order(&unit.services, &calls);
    }
    let leads_to: Vec<&[usize]> = units.iter().map(|unit| unit.calls.as_slice()).collect();
    let circles = circles(&leads_to);
    for (own, unit) in units.iter_mut().enumerate() {
        let waits = unit.calls.iter().copied().filter(|at| *at < own || circles.get(*at) != circles.get(own));
        unit.waits = waits.collect();
    }
    units
}

/// For each of the nodes of a graph a number that it shares with all that it leads to and that lead back to it: the
/// strongly connected components, by Tarjan's algorithm, with its own stack so that no chain of calls is too long.
fn circles(leads_to: &[&[usize]]) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let mut number = vec![UNSEEN; leads_to.len()];
    let mut lowest = vec![UNSEEN; leads_to.len()];
    let mut circle = vec![UNSEEN; leads_to.len()];
    let (mut seen, mut told) = (0, 0);
    let mut open: Vec<usize> = Vec::new();
    let get = |list: &[usize], at: usize| list.get(at).copied().unwrap_or(UNSEEN);
    let set = |list: &mut [usize], at: usize, value: usize| list.get_mut(at).into_iter().for_each(|slot| *slot = value);
    for start in 0..leads_to.len() {
        let mut walk: Vec<(usize, usize)> = Vec::new();
        if get(&number, start) == UNSEEN {
            walk.push((start, 0));
        }
        while let Some((at, next)) = walk.last_mut() {
            let at = *at;
            if *next == 0 {
                set(&mut number, at, seen);
                set(&mut lowest, at, seen);
                seen += 1;
                open.push(at);
            }
            let target = leads_to.get(at).and_then(|targets| targets.get(*next)).copied();
            *next += 1;
            match target {
                Some(target) if get(&number, target) == UNSEEN => walk.push((target, 0)),
                // One that is in no circle yet stands below on the stack: this one leads back to it.
                Some(target) if get(&circle, target) == UNSEEN => {
                    let low = get(&lowest, at).min(get(&number, target));
                    set(&mut lowest, at, low);
                }
                Some(_) => {}
                None => {
                    walk.pop();
                    if let Some((caller, _)) = walk.last() {
                        let low = get(&lowest, *caller).min(get(&lowest, at));
                        set(&mut lowest, *caller, low);
                    }
                    if get(&lowest, at) == get(&number, at) {
                        while let Some(member) = open.pop() {
                            set(&mut circle, member, told);
                            if member == at {
                                break;
                            }
                        }
                        told += 1;
                    }
                }
            }
        }
    }
    circle
}

/// The services of a unit so that whatever is called comes before its caller.
fn services_in_order(services: &[String], calls: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let inside: BTreeMap<&str, usize> = services.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let called = |service: &String| {
        let called = calls.get(service.as_str()).into_iter().flatten();
        called.filter_map(|target| inside.get(target).copied()).collect::<Vec<usize>>()
    };
    let leads_to: Vec<Vec<usize>> = services.iter().map(called).collect();
    let leads_to: Vec<&[usize]> = leads_to.iter().map(Vec::as_slice).collect();
    callees_first(&leads_to).into_iter().filter_map(|at| services.get(at).cloned()).collect()
}

/// The nodes of a graph so that whatever one leads to comes before it; a circle keeps the order given.
pub fn callees_first(leads_to: &[&[usize]]) -> Vec<usize> {
    // How many each still waits for, and who waits for it.
    let mut waits: Vec<usize> = Vec::with_capacity(leads_to.len());
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); leads_to.len()];
    for (at, callees) in leads_to.iter().enumerate() {
        let callees = callees.iter().filter(|target| **target != at);
        waits.push(callees.clone().count());
        callees.for_each(|callee| waiting.get_mut(*callee).into_iter().for_each(|list| list.push(at)));
    }
    let mut ready: BTreeSet<usize> =
        waits.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| at).collect();
    let mut left: BTreeSet<usize> = (0..leads_to.len()).collect();
    let mut ordered = Vec::with_capacity(leads_to.len());
    // Where only a circle is left, the first in file order goes next.
    while let Some(next) = ready.pop_first().or_else(|| left.first().copied()) {
        if !left.remove(&next) {
            continue;
        }
        ordered.push(next);
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
    fn circles_are_found_in_any_shape() {
        let circles = |leads_to: &[Vec<usize>]| super::circles(&leads_to.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(circles(&[]), Vec::<usize>::new());
        let same = |list: &[usize], one: usize, other: usize| list.get(one) == list.get(other);
        // 0 → 1 → 2 → 0, 2 → 3 → 4 → 3, 5 alone, 6 → 6.
        let found = circles(&[vec![1], vec![2], vec![0, 3], vec![4], vec![3], vec![], vec![6]]);
        assert!(same(&found, 0, 1) && same(&found, 1, 2), "{found:?}");
        assert!(same(&found, 3, 4) && !same(&found, 2, 3), "{found:?}");
        assert!(!same(&found, 5, 6) && !same(&found, 4, 5), "{found:?}");
        let long: Vec<Vec<usize>> = (0..100_000).map(|at| vec![(at + 1) % 100_000]).collect();
        let found = circles(&long);
        assert!(found.iter().all(|one| Some(one) == found.first()));
    }

    #[test]
    fn callees_come_first_and_cycles_keep_file_order() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let calls =
            BTreeMap::from([("a", BTreeSet::from(["b"])), ("b", BTreeSet::from(["c"])), ("c", BTreeSet::new())]);
        assert_eq!(services_in_order(&names(&["a", "b", "c"]), &calls), ["c", "b", "a"]);
        let cycle =
            BTreeMap::from([("a", BTreeSet::from(["b"])), ("b", BTreeSet::from(["a"])), ("c", BTreeSet::from(["a"]))]);
        assert_eq!(services_in_order(&names(&["a", "b", "c"]), &cycle), ["a", "b", "c"]);
    }
}
