//! What makes something that the standard library tells of apply somewhere: the declarations that a document cites.

use crate::derive::{EnvironmentFacts, Exposure, Part, Role, Workload};
use crate::model::{self, Applies};
use crate::plan::Plan;
use crate::plan::applies::suits;
use crate::source::Origin;
use crate::standard;

/// Several origins as one: the first, with the others as contributors; none of none.
pub fn joined(origins: impl IntoIterator<Item = Origin>) -> Option<Origin> {
    let mut origins = origins.into_iter();
    let first = origins.next()?;
    let others: Vec<Origin> = origins.collect();
    Some(first.with_all(&others))
}

impl<'a> Plan<'a> {
    /// What makes `word` true of a workload, or of any workload of the environment; none where it is not.
    pub fn grounds(
        &self,
        environment: &EnvironmentFacts,
        workload: Option<&Workload>,
        word: Applies,
    ) -> Option<Origin> {
        match workload {
            Some(workload) => self.grounds_of(environment, workload, word),
            None => {
                joined(environment.workloads.iter().filter_map(|workload| self.grounds_of(environment, workload, word)))
            }
        }
    }

    /// The resources that a workload uses, as they are in the environment.
    pub fn used(&self, environment: &EnvironmentFacts, workload: &Workload) -> Vec<&'a model::Resource> {
        let resources = &self.setting(environment).resources;
        let found = |name: &String| resources.iter().find(|resource| resource.name.value == *name);
        workload.uses.iter().filter_map(|used| found(&used.value)).collect()
    }

    /// The secrets that a workload reads, as they are in the environment.
    pub fn read_secrets(&self, environment: &EnvironmentFacts, workload: &Workload) -> Vec<&'a model::Secret> {
        let secrets = &self.setting(environment).secrets;
        let mut names: Vec<String> = workload.secrets().into_iter().map(|secret| secret.value).collect();
        names.extend(workload.secrets_behind(self.setting(environment)).into_iter().map(|secret| secret.value));
        secrets.iter().filter(|secret| names.contains(&secret.name.value)).collect()
    }

    fn grounds_of(&self, environment: &EnvironmentFacts, workload: &Workload, word: Applies) -> Option<Origin> {
        let setting = self.setting(environment);
        let service = workload.service(setting);
        let resources = || self.used(environment, workload).into_iter();
        let of = |wanted: &dyn Fn(&model::Resource) -> bool| {
            joined(resources().filter(|resource| wanted(resource)).map(|resource| resource.name.origin.clone()))
        };
        match word {
            Applies::Always => Some(workload.name.origin.clone()),
            Applies::Public => exposed(workload, Exposure::Public),
            Applies::Internal => exposed(workload, Exposure::Internal),
            Applies::Port => workload.main_port().map(|port| port.node.origin.clone()),
            Applies::Usage => service?.usage.as_ref()?.traffic.as_ref().map(|traffic| traffic.origin.clone()),
            Applies::Scale => (workload.scale.1.value > 1).then(|| workload.scale.1.origin.clone()),
            Applies::Size => memory(service?.size.as_ref()?),
            Applies::Schedule => Some(service?.schedule.as_ref()?.origin.clone()),
            Applies::Queue => of(&|resource| suits(resource, word)),
            Applies::Resource => of(&|_| true),
            Applies::Stateful => of(&|resource| suits(resource, word)),
            Applies::Relational => of(&|resource| suits(resource, word)),
            Applies::External => of(&|resource| suits(resource, word)),
            Applies::Volume => {
                joined(service?.volume.iter().filter(|volume| volume.keep.value).map(|volume| volume.origin.clone()))
            }
            Applies::Domain => {
                let leads = environment.routes.iter().find(|route| route.service.value == workload.name.value);
                leads.map(|route| route.domain.origin.clone())
            }
            Applies::Secret => {
                joined(self.read_secrets(environment, workload).into_iter().map(|secret| secret.name.origin.clone()))
            }
            Applies::Migration => joined(service?.migrate.iter().map(|migration| migration.origin.clone())),
            Applies::Rollback => {
                self.strategy(environment, workload)?.rollback.as_ref().map(|rollback| rollback.origin.clone())
            }
            Applies::Calls => joined(workload.calls.iter().map(|call| call.origin.clone())),
            Applies::Budget => joined(self.budgets(environment).map(|budget| budget.origin.clone())),
            Applies::Slo => joined(
                setting
                    .slos
                    .iter()
                    .filter(|slo| slo.service.value == workload.name.value)
                    .map(|slo| slo.origin.clone()),
            ),
            Applies::Image => workload.image.map(|_| workload.name.origin.clone()),
            Applies::BuildValue => built_with(self, workload),
            Applies::Pipeline => Some(self.pipeline().1),
            Applies::Preview => environment.ephemeral.value.then(|| environment.ephemeral.origin.clone()),
            Applies::Flow => {
                joined(self.model.threats.iter().flat_map(|threats| &threats.flow).map(|flow| flow.origin.clone()))
            }
            Applies::DataConfidential => self.confidential(environment, workload),
            Applies::Kubernetes => {
                let facts = standard::platform(&workload.host.platform.value)?;
                let namespaced = facts.takes.iter().any(|property| property.name.value == "namespace");
                namespaced.then(|| workload.host.platform.origin.clone())
            }
            Applies::Flag => joined(service?.flag.iter().map(|flag| flag.origin.clone())),
        }
    }

    /// The budgets that hold in an environment.
    pub fn budgets(&self, environment: &EnvironmentFacts) -> impl Iterator<Item = &'a model::Budget> + use<'a> {
        let name = environment.name.value.clone();
        self.model
            .cost
            .iter()
            .flat_map(|cost| &cost.budget)
            .filter(move |budget| budget.environment.as_ref().is_none_or(|only| only.value == name))
    }

    /// The pipeline service, and what decides it: the declaration, else where the repository is.
    pub fn pipeline(&self) -> (model::PipelineService, Origin) {
        let repo = self.model.app.as_ref().and_then(|app| app.repo.as_ref());
        let (follows, why) = match repo {
            Some(repo) => {
                let origin = repo.address.origin.clone().because("the pipeline follows the repository's host");
                match repo.address.value.starts_with("gitlab.") {
                    true => (model::PipelineService::Gitlab, origin),
                    false => (model::PipelineService::Github, origin),
                }
            }
            None => (model::PipelineService::Github, Origin::rule("the pipeline is GitHub's unless it says otherwise")),
        };
        match &self.model.pipeline {
            // Without the declaration it would be the same.
            Some(own) if own.service.value == follows => (follows, own.service.origin.clone().with(&why)),
            Some(own) => (own.service.value, own.service.origin.clone()),
            None => (follows, why),
        }
    }

    /// Data of a class that not everybody may see: in a value, a resource, or the whole application.
    fn confidential(&self, environment: &EnvironmentFacts, workload: &Workload) -> Option<Origin> {
        let high =
            |class: &model::DataClass| matches!(class, model::DataClass::Confidential | model::DataClass::Restricted);
        let app = self.model.app.as_ref().and_then(|app| app.data.as_ref()).filter(|data| high(&data.value));
        let held = self.used(environment, workload).into_iter().filter_map(|resource| resource.data.as_ref());
        let read = workload.variables.iter().filter(|variable| variable.parts.iter().any(Part::is_secret));
        let classes = held.filter(|data| high(&data.value)).map(|data| data.origin.clone());
        let values = read
            .filter(|variable| variable.class >= crate::derive::DataClass::Confidential)
            .map(|one| one.origin.clone());
        joined(app.map(|data| data.origin.clone()).into_iter().chain(classes).chain(values))
    }
}

/// The first port that is open so far.
fn exposed(workload: &Workload, exposure: Exposure) -> Option<Origin> {
    workload.ports.iter().find(|port| port.exposure.value == exposure).map(|port| port.exposure.origin.clone())
}

/// Where the first value is written that a page of a workload is built with.
fn built_with(plan: &Plan<'_>, workload: &Workload) -> Option<Origin> {
    let loaded = match workload.role.value {
        Role::Web | Role::Static => true,
        Role::Api | Role::Worker | Role::Cron | Role::Function | Role::Task => false,
    };
    let image = plan.image(workload).filter(|_| loaded)?;
    let first = image.build_values.iter().flat_map(|(_, values)| values).next()?;
    Some(first.origin.clone())
}

/// The memory that it asks for or may take.
fn memory(size: &model::Size) -> Option<Origin> {
    let asked = size.memory.as_ref().map(|memory| memory.origin.clone());
    asked.or_else(|| size.limit.as_ref().map(|limit| limit.origin.clone()))
}
