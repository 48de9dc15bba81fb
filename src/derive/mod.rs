//! Facts computed once for everybody: what runs where, under which name, from which image, released how.
//!
//! Deriving is total: it gives an answer for every model, also for a wrong one, so that one mistake is told once and
//! the checks stay independent of each other.

mod assumption;
mod build_value;
mod command;
mod deployment;
mod environment;
pub mod graph;
mod image;
mod name;
mod need;
mod tier;
mod unit;
mod variable;

pub use deployment::{Exposure, Port, Protocol, Role, Workload, role as role_of};
pub use environment::{Approval, EnvironmentFacts, Host, Promotion, Route, Trigger, public};
pub use image::{ImageFacts, ImageSource, Manifest};
pub use name::{generated_name, shorten};
pub use need::{Need, needs};
pub use tier::Tier;
pub use unit::{UnitFacts, callees_first};
pub use variable::{DataClass, Part, Scope, Variable};

use crate::loader::Loader;
use crate::resolve::Model;
use crate::source::Origin;

/// A default or decision that matters and that nobody wrote down; listed in the build report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// What it is about: `service api`, `environment production`.
    pub about: String,
    /// What is assumed, as a short sentence.
    pub text: String,
    /// What to write to decide it otherwise.
    pub instead: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Everything that is computed from a model before it is checked.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Name of the application.
    pub app: String,
    /// The environments, in the order releases reach them: what is promoted from comes before what is promoted to.
    pub environments: Vec<EnvironmentFacts>,
    /// The images built from this repository.
    pub images: Vec<ImageFacts>,
    /// The release units.
    pub units: Vec<UnitFacts>,
    /// Defaults that matter.
    pub assumptions: Vec<Assumption>,
}

impl Facts {
    /// The environment of a name.
    pub fn environment(&self, name: &str) -> Option<&EnvironmentFacts> {
        self.environments.iter().find(|environment| environment.name.value == name)
    }

    /// The pieces of a template in an environment.
    pub fn expand(&self, model: &Model, environment: &EnvironmentFacts, text: &str) -> Vec<Part> {
        let Some((node, setting)) = model.environments.get(environment.index) else { return Vec::new() };
        let scope = Scope {
            app: model.app.as_ref(),
            environment: node,
            tier: environment.tier.value.word(),
            domain: environment.domain.as_ref().map(|domain| domain.value.clone()),
            setting,
        };
        scope.expand(text)
    }
}

/// Derives the facts of a model; the loader is asked for Dockerfiles, manifests and lock files.
pub fn derive(model: &Model, loader: &dyn Loader) -> Facts {
    let mut facts =
        Facts { app: model.app.as_ref().map(|app| app.name.value.clone()).unwrap_or_default(), ..Facts::default() };
    facts.images = image::derive(model, loader, &mut facts.assumptions);
    facts.environments = environment::derive(model, &facts.app, &mut facts.assumptions);
    for (index, environment) in facts.environments.iter_mut().enumerate() {
        debug_assert!(index < model.environments.len());
        deployment::derive(model, environment, &facts.images, &facts.app, &mut facts.assumptions);
    }
    build_value::derive(model, &facts.environments, &mut facts.images, &mut facts.assumptions);
    facts.units = unit::derive(model, &facts.environments);
    assumption::derive(model, &mut facts);
    facts
}
