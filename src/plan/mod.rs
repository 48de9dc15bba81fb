//! The plan: what will exist, before any target's format; the one place that decides order.

pub mod applies;
mod grounds;
pub mod link;
pub mod signal;
pub mod threat;

pub use applies::suits;
pub use grounds::joined;

use crate::check::Checked;
use crate::derive::{EnvironmentFacts, Facts, ImageFacts, Tier, UnitFacts, Workload};
use crate::model;
use crate::resolve::{Model, Setting};

/// Everything emitters read. It can only be made from a checked model.
pub struct Plan<'a> {
    /// The typed model, for what is written as declared (runbooks, threats, checklists, …).
    pub model: &'a Model,
    /// Environments, workloads, images and release units.
    pub facts: &'a Facts,
    /// What is watched: many documents cite it, and it is derived once.
    watch: signal::Watch,
}

impl<'a> Plan<'a> {
    /// Plans a checked model.
    pub fn new(checked: &Checked<'a>) -> Self {
        Plan { model: checked.model(), facts: checked.facts(), watch: signal::Watch::default() }
    }

    /// Name of the application.
    pub fn app(&self) -> &str {
        &self.facts.app
    }

    /// The declarations as they are in an environment.
    pub fn setting(&self, environment: &EnvironmentFacts) -> &'a Setting {
        self.model.environments.get(environment.index).map_or(&self.model.declared, |(_, setting)| setting)
    }

    /// The environment's node after merging.
    pub fn environment(&self, environment: &EnvironmentFacts) -> Option<&'a model::Environment> {
        self.model.environments.get(environment.index).map(|(node, _)| node)
    }

    /// The environments that last, in the order releases reach them.
    pub fn lasting(&self) -> impl Iterator<Item = &'a EnvironmentFacts> + use<'a> {
        self.facts.environments.iter().filter(|environment| !environment.ephemeral.value)
    }

    /// The environments that exist per pull request.
    pub fn ephemeral(&self) -> impl Iterator<Item = &'a EnvironmentFacts> + use<'a> {
        self.facts.environments.iter().filter(|environment| environment.ephemeral.value)
    }

    /// Whether an environment is of the tier that rules about production go by.
    pub fn is_production(&self, environment: &EnvironmentFacts) -> bool {
        environment.tier.value == Tier::Production
    }

    /// The workloads of a release unit in an environment, callees first.
    pub fn workloads(&self, environment: &'a EnvironmentFacts, unit: &UnitFacts) -> Vec<&'a Workload> {
        unit.services.iter().filter_map(|service| environment.workload(service)).collect()
    }

    /// The image a workload runs, where it is built from this repository.
    pub fn image(&self, workload: &Workload) -> Option<&'a ImageFacts> {
        workload.image.and_then(|index| self.facts.images.get(index))
    }

    /// The strategy a workload is released by, where one is declared.
    pub fn strategy(&self, environment: &EnvironmentFacts, workload: &Workload) -> Option<&'a model::Strategy> {
        let name = workload.strategy.as_ref()?;
        self.setting(environment).strategy(&name.value)
    }

    /// The folder of documents.
    pub fn docs(&self) -> &str {
        self.model.output.as_ref().and_then(|output| output.docs.as_ref()).map_or("docs", |docs| docs.value.as_str())
    }
}
