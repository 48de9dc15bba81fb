//! Whether what a fact of the standard library rests on is declared: for default alerts, runbook entries and the like.

use crate::derive::{EnvironmentFacts, Exposure, Role, Workload};
use crate::model::{self, Applies, ResourceKind, ResourceOrigin};
use crate::plan::Plan;
use crate::source::Origin;

/// The resources that a workload uses, in the order declared.
pub fn resources<'a>(plan: &Plan<'a>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<&'a model::Resource> {
    let used = |resource: &&model::Resource| workload.uses.iter().any(|name| name.value == resource.name.value);
    plan.setting(environment).resources.iter().filter(used).collect()
}

/// The resources among them that work waits in.
pub fn queues<'a>(plan: &Plan<'a>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<&'a model::Resource> {
    resources(plan, environment, workload).into_iter().filter(|resource| is_queue(resource.kind.value)).collect()
}

/// Whether work can wait in a resource of this kind.
pub fn is_queue(kind: ResourceKind) -> bool {
    match kind {
        ResourceKind::Redis
        | ResourceKind::Valkey
        | ResourceKind::Rabbitmq
        | ResourceKind::Nats
        | ResourceKind::Kafka => true,
        ResourceKind::Postgres
        | ResourceKind::Mysql
        | ResourceKind::Mariadb
        | ResourceKind::Mongodb
        | ResourceKind::Memcached
        | ResourceKind::Clickhouse
        | ResourceKind::Elasticsearch
        | ResourceKind::Opensearch
        | ResourceKind::Bucket
        | ResourceKind::Smtp
        | ResourceKind::Http => false,
    }
}

/// Whether a resource of this kind counts its connections.
pub fn is_relational(kind: ResourceKind) -> bool {
    match kind {
        ResourceKind::Postgres | ResourceKind::Mysql | ResourceKind::Mariadb | ResourceKind::Mongodb => true,
        ResourceKind::Redis
        | ResourceKind::Valkey
        | ResourceKind::Rabbitmq
        | ResourceKind::Nats
        | ResourceKind::Kafka
        | ResourceKind::Memcached
        | ResourceKind::Clickhouse
        | ResourceKind::Elasticsearch
        | ResourceKind::Opensearch
        | ResourceKind::Bucket
        | ResourceKind::Smtp
        | ResourceKind::Http => false,
    }
}

/// Whether a resource keeps data, as the standard library says of its kind.
pub fn is_stateful(resource: &model::Resource) -> bool {
    crate::standard::get::<model::StdResourceKind>("resource-kind", resource.kind.value.word())
        .is_some_and(|kind| kind.stateful.value)
}

/// Whether somebody else runs a resource.
pub fn is_external(resource: &model::Resource) -> bool {
    resource.from.as_ref().is_some_and(|from| from.origin_arg.value == ResourceOrigin::External)
}

/// Whether it applies to anything in an environment: to the environment itself, a resource or a workload there.
pub fn in_environment(plan: &Plan<'_>, environment: &EnvironmentFacts, applies: Applies) -> bool {
    let setting = plan.setting(environment);
    match applies {
        Applies::Always => true,
        Applies::Domain => !environment.domains().is_empty(),
        Applies::Secret => !setting.secrets.is_empty(),
        Applies::Preview => environment.ephemeral.value,
        Applies::Pipeline => plan.model.pipeline.is_some(),
        Applies::Budget => plan.model.cost.as_ref().is_some_and(|cost| !cost.budget.is_empty()),
        Applies::Flow => plan.model.threats.as_ref().is_some_and(|threats| !threats.flow.is_empty()),
        Applies::Stateful => setting.resources.iter().any(|resource| is_stateful(resource) && !is_external(resource)),
        Applies::Public
        | Applies::Internal
        | Applies::Port
        | Applies::Usage
        | Applies::Scale
        | Applies::Size
        | Applies::Schedule
        | Applies::Queue
        | Applies::Resource
        | Applies::Relational
        | Applies::Volume
        | Applies::Migration
        | Applies::Rollback
        | Applies::Calls
        | Applies::External
        | Applies::Slo
        | Applies::Image
        | Applies::BuildValue
        | Applies::DataConfidential
        | Applies::Kubernetes
        | Applies::Flag => {
            environment.workloads.iter().any(|workload| to_workload(plan, environment, workload, applies))
        }
    }
}

/// Where the first value is written that a page of a workload is built with.
pub fn built_with(plan: &Plan<'_>, workload: &Workload) -> Option<Origin> {
    let loaded = match workload.role.value {
        Role::Web | Role::Static => true,
        Role::Api | Role::Worker | Role::Cron | Role::Function | Role::Task => false,
    };
    let image = plan.image(workload).filter(|_| loaded)?;
    let first = image.build_values.iter().flat_map(|(_, values)| values).next()?;
    Some(first.origin.clone())
}

/// Whether it applies to a workload.
pub fn to_workload(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload, applies: Applies) -> bool {
    let setting = plan.setting(environment);
    let service = workload.service(setting);
    let used = resources(plan, environment, workload);
    match applies {
        Applies::Public => workload.is_public(),
        Applies::Internal => workload.ports.iter().any(|port| port.exposure.value == Exposure::Internal),
        Applies::Port => !workload.ports.is_empty(),
        Applies::Usage => {
            service.is_some_and(|service| service.usage.as_ref().is_some_and(|usage| usage.traffic.is_some()))
        }
        Applies::Scale => workload.scale.1.value > 1,
        Applies::Size => service
            .and_then(|service| service.size.as_ref())
            .is_some_and(|size| size.memory.is_some() || size.limit.is_some()),
        Applies::Schedule => service.is_some_and(|service| service.schedule.is_some()),
        Applies::Queue => used.iter().any(|resource| is_queue(resource.kind.value)),
        Applies::Resource => !used.is_empty(),
        Applies::Stateful => used.iter().any(|resource| is_stateful(resource) && !is_external(resource)),
        Applies::Relational => used.iter().any(|resource| is_relational(resource.kind.value)),
        Applies::Volume => service.is_some_and(|service| service.volume.iter().any(|volume| volume.keep.value)),
        Applies::Secret => !workload.secrets().is_empty(),
        Applies::Migration => service.is_some_and(|service| !service.migrate.is_empty()),
        Applies::Rollback => plan.strategy(environment, workload).is_some_and(|strategy| strategy.rollback.is_some()),
        Applies::Calls => !workload.calls.is_empty(),
        Applies::External => used.iter().any(|resource| is_external(resource)),
        Applies::Slo => setting.slos.iter().any(|slo| slo.service.value == workload.name.value),
        Applies::Image => workload.image.is_some(),
        Applies::BuildValue => built_with(plan, workload).is_some(),
        Applies::DataConfidential => {
            let class = |data: &crate::source::Sourced<model::DataClass>| match data.value {
                model::DataClass::Confidential | model::DataClass::Restricted => true,
                model::DataClass::Public | model::DataClass::Internal => false,
            };
            used.iter().any(|resource| resource.data.as_ref().is_some_and(class))
        }
        // A platform of containers in a cluster is one whose host has namespaces.
        Applies::Kubernetes => crate::standard::platform(&workload.host.platform.value)
            .is_some_and(|platform| platform.takes.iter().any(|takes| takes.name.value == "namespace")),
        Applies::Flag => service.is_some_and(|service| !service.flag.is_empty()),
        Applies::Domain => {
            workload.role.value != Role::Task
                && environment.routes.iter().any(|route| route.service.value == workload.name.value)
        }
        Applies::Always | Applies::Budget | Applies::Pipeline | Applies::Preview | Applies::Flow => {
            in_environment(plan, environment, applies)
        }
    }
}
