//! Which resources a fact of the standard library tells of.

use crate::derive::{EnvironmentFacts, Workload};
use crate::model::{self, Applies, ResourceKind, ResourceOrigin};
use crate::plan::Plan;

/// The resources that a workload uses and work waits in.
pub fn queues<'a>(plan: &Plan<'a>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<&'a model::Resource> {
    plan.used(environment, workload).into_iter().filter(|resource| is_queue(resource.kind.value)).collect()
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

/// Whether a resource is of those that a word tells of; a word about something else tells of all.
pub fn suits(resource: &model::Resource, word: Applies) -> bool {
    if word == Applies::Queue {
        is_queue(resource.kind.value)
    } else if word == Applies::Relational {
        is_relational(resource.kind.value)
    } else if word == Applies::External {
        is_external(resource)
    } else {
        word != Applies::Stateful || (is_stateful(resource) && !is_external(resource))
    }
}
