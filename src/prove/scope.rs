//! Which places of a build are about which element: a proof over all of them tells of one by those that name it.
//!
//! The places of a proof are sorted once by what they name, so that each element is answered from a few of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::derive::ImageSource;
use crate::model::{PredicateDomain, StdPredicate};
use crate::plan::Plan;
use crate::plan::threat::Element;
use crate::prove::{Place, Proof};
use crate::standard;

/// The names of a project that places are told apart by.
pub(super) struct Scope<'a> {
    environments: BTreeSet<&'a str>,
    programs: BTreeSet<&'a str>,
    /// Those that come and go: their workflow is a part of the one pipeline.
    ephemeral: BTreeSet<&'a str>,
    /// Files that are of one environment without naming it: the facts of its platform say so.
    homes: BTreeMap<String, Vec<&'a str>>,
    /// The Dockerfiles and workflows that belong to an image or a release unit.
    owned: BTreeMap<String, Owner>,
}

/// What a place is of, besides an environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    /// A service, task or resource.
    Program(String),
    /// A secret.
    Secret(String),
    /// An image, by its place in the facts.
    Image(usize),
    /// A release unit.
    Unit(String),
}

/// Places that name the same.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    first: usize,
    count: usize,
}

/// The places of one list of a proof, by environment and owner.
#[derive(Default)]
pub(super) struct Index<'a> {
    buckets: BTreeMap<(Option<&'a str>, Option<Owner>), Bucket>,
    /// Whatever their owner is.
    all: BTreeMap<Option<&'a str>, Bucket>,
}

/// What an index holds of an element: the nearest place, and how many there are.
pub(super) struct Found {
    pub(super) nearest: usize,
    pub(super) count: usize,
}

impl<'a> Scope<'a> {
    pub(super) fn new(plan: &'a Plan<'a>) -> Scope<'a> {
        let facts = &plan.facts.environments;
        let mut scope = Scope {
            environments: facts.iter().map(|environment| environment.name.value.as_str()).collect(),
            programs: BTreeSet::new(),
            ephemeral: plan.ephemeral().map(|environment| environment.name.value.as_str()).collect(),
            homes: BTreeMap::new(),
            owned: BTreeMap::new(),
        };
        for environment in facts {
            let resources = &plan.setting(environment).resources;
            scope.programs.extend(environment.workloads.iter().map(|workload| workload.name.value.as_str()));
            scope.programs.extend(resources.iter().map(|resource| resource.name.value.as_str()));
            let platform = standard::platform(&environment.host.platform.value);
            for row in platform.iter().flat_map(|platform| &platform.witness) {
                let homes = scope.homes.entry(row.in_.value.clone()).or_default();
                if !homes.contains(&environment.name.value.as_str()) {
                    homes.push(&environment.name.value);
                }
            }
        }
        for (index, image) in plan.facts.images.iter().enumerate() {
            let path = match &image.instructions {
                ImageSource::Theirs(path) => &path.value,
                ImageSource::Ours(path) => path,
                ImageSource::Unknown => continue,
            };
            scope.owned.insert(path.clone(), Owner::Image(index));
        }
        for unit in &plan.facts.units {
            let path = [".github/workflows/deploy-", &unit.name, ".yml"].concat();
            scope.owned.insert(path, Owner::Unit(unit.name.clone()));
        }
        scope
    }

    /// Sorts places of a proof by what they name.
    pub(super) fn index<'p>(&self, proof: &Proof, places: impl Iterator<Item = &'p Place>) -> Index<'a> {
        let facts: Option<&StdPredicate> = standard::get("predicate", proof.predicate);
        let domain = facts.map(|facts| facts.domain.value);
        let mut index = Index::default();
        for (number, place) in places.enumerate() {
            let owner = self.owner(place, domain);
            let mut environments: Vec<Option<&'a str>> = self.environments_of(place).into_iter().map(Some).collect();
            // What a preview's workflow lets out is out for every environment.
            if domain == Some(PredicateDomain::Workflow) {
                environments.retain(|known| known.is_some_and(|name| !self.ephemeral.contains(name)));
            }
            if environments.is_empty() {
                environments.push(None);
            }
            for environment in environments {
                count(index.buckets.entry((environment, owner.clone())), number);
                count(index.all.entry(environment), number);
            }
        }
        index
    }

    fn environments_of(&self, place: &Place) -> Vec<&'a str> {
        let mut found = named(&place.file, &self.environments);
        for name in named(&place.key, &self.environments) {
            if !found.contains(&name) {
                found.push(name);
            }
        }
        match found.is_empty() {
            true => self.homes.get(&place.file).cloned().unwrap_or_default(),
            false => found,
        }
    }

    /// What a place is of: programs are told apart where the predicate ranges over them.
    fn owner(&self, place: &Place, domain: Option<PredicateDomain>) -> Option<Owner> {
        if let Some(owner) = self.owned.get(&place.file) {
            return Some(owner.clone());
        }
        let program = || named(&place.file, &self.programs).into_iter().chain(named(&place.key, &self.programs)).next();
        match domain {
            Some(PredicateDomain::Service | PredicateDomain::Resource) => {
                program().map(|name| Owner::Program(name.to_owned()))
            }
            Some(PredicateDomain::Secret) => {
                let name = place.key.strip_prefix("secret.")?.split('.').next()?;
                Some(Owner::Secret(name.to_owned()))
            }
            Some(
                PredicateDomain::Workflow
                | PredicateDomain::Image
                | PredicateDomain::Environment
                | PredicateDomain::Signal
                | PredicateDomain::Dependency
                | PredicateDomain::File,
            )
            | None => None,
        }
    }

    /// The places that are about an element: those of its environment or of none, of what it is about or of nothing.
    pub(super) fn find(&self, index: &Index<'a>, element: &Element<'a>) -> Option<Found> {
        let here = element.place.map(|place| place.name.value.as_str());
        let places = [here, None].into_iter().take(if here.is_some() { 2 } else { 1 });
        let mut buckets: Vec<&Bucket> = Vec::new();
        match self.owners(element) {
            None => buckets.extend(places.filter_map(|place| index.all.get(&place))),
            Some(owners) => {
                let owners: Vec<Option<Owner>> = owners.into_iter().map(Some).chain([None]).collect();
                // The nearest stand first: what is about the element itself, in its own environment.
                for owner in &owners {
                    for place in places.clone() {
                        buckets.extend(index.buckets.get(&(place, owner.clone())));
                    }
                }
            }
        }
        let nearest = buckets.first()?.first;
        Some(Found { nearest, count: buckets.iter().map(|bucket| bucket.count).sum() })
    }

    /// The same in whatever environment: for what a project claims of an element where nothing at home tells of it.
    pub(super) fn find_anywhere(&self, index: &Index<'a>, element: &Element<'a>) -> Option<Found> {
        let owners = self.owners(element);
        let is_about = |owner: &Option<Owner>| match (&owners, owner) {
            (None, _) | (Some(_), None) => true,
            (Some(owners), Some(owner)) => owners.contains(owner),
        };
        let buckets = index.buckets.iter().filter(|((_, owner), _)| is_about(owner)).map(|(_, bucket)| bucket);
        let buckets: Vec<&Bucket> = buckets.collect();
        let nearest = buckets.iter().map(|bucket| bucket.first).min()?;
        Some(Found { nearest, count: buckets.iter().map(|bucket| bucket.count).sum() })
    }

    /// What an element is about; none where it is about everything.
    fn owners(&self, element: &Element<'_>) -> Option<BTreeSet<Owner>> {
        let secret = element.secret.map(|secret| Owner::Secret(secret.name.value.clone()));
        let resource = element.resource.map(|resource| Owner::Program(resource.name.value.clone()));
        let mut owners: BTreeSet<Owner> = secret.into_iter().chain(resource).collect();
        for workload in &element.workloads {
            owners.insert(Owner::Program(workload.name.value.clone()));
            owners.insert(Owner::Unit(workload.unit.clone()));
            owners.extend(workload.image.map(Owner::Image));
        }
        (!owners.is_empty()).then_some(owners)
    }
}

fn count<K: Ord>(entry: std::collections::btree_map::Entry<'_, K, Bucket>, number: usize) {
    entry.and_modify(|bucket| bucket.count += 1).or_insert(Bucket { first: number, count: 1 });
}

/// The names that stand in a text as whole words; of two of which one holds the other, the longer.
fn named<'n>(text: &str, names: &BTreeSet<&'n str>) -> Vec<&'n str> {
    let mut found: Vec<&'n str> = Vec::new();
    for token in text.split(|next: char| !next.is_ascii_alphanumeric() && next != '-' && next != '_') {
        let mut rest = token;
        while !rest.is_empty() {
            match longest(rest, names) {
                Some(name) => {
                    if !found.contains(&name) {
                        found.push(name);
                    }
                    rest = rest.get(name.len()..).unwrap_or_default().trim_start_matches('-');
                }
                None => rest = rest.split_once('-').map_or("", |(_, rest)| rest),
            }
        }
    }
    found
}

/// The longest name that a token begins with, up to a dash or its end.
fn longest<'n>(token: &str, names: &BTreeSet<&'n str>) -> Option<&'n str> {
    let mut candidate = token;
    loop {
        if let Some(name) = names.get(candidate) {
            return Some(name);
        }
        candidate = candidate.rsplit_once('-')?.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_words_and_the_longest_counts() {
        let names = BTreeSet::from(["web", "web-admin", "admin", "min", "staging", "production", "duct"]);
        assert_eq!(named("deploy/cloud-run/production/web-admin.yaml", &names), ["production", "web-admin"]);
        assert_eq!(named("jobs.deploy-staging.steps[0]", &names), ["staging"]);
        assert_eq!(named("services.web.read_only", &names), ["web"]);
    }
}
