//! Predicates on resources, their passwords, backups and volumes.

use crate::derive::Part;
use crate::model;
use crate::plan::applies;
use crate::prove::Tally;
use crate::prove::scene::Scene;
use crate::prove::service::{Subject, judge, witnesses};

/// No resource beside the services publishes a port.
pub(super) fn resource_not_public(scene: &Scene<'_>, tally: &mut Tally) {
    for environment in &scene.plan.facts.environments {
        for resource in &scene.plan.setting(environment).resources {
            let beside =
                resource.from.as_ref().is_none_or(|from| from.origin_arg.value == model::ResourceOrigin::Container);
            if beside {
                let subject = Subject::Resource(environment, &resource.name.value);
                judge(scene, tally, "resource-not-public", subject, "the resource publishes a port");
            }
        }
    }
}

/// What holds a password of a resource is a reference in the platform file.
pub(super) fn resource_password_from_store(scene: &Scene<'_>, tally: &mut Tally) {
    for (environment, workload) in scene.deployments() {
        for variable in &workload.variables {
            let Some(Part::Resource(name, field)) = variable.only() else { continue };
            if !Part::Resource(name.clone(), field.clone()).is_secret() {
                continue;
            }
            let subject = Subject::Workload(environment, workload);
            let found = witnesses(scene, "resource-password-from-store", subject, &variable.name.value);
            let Some(witness) = found.iter().find(|one| one.tree.is_some()).or(found.first()) else { continue };
            let fault = witness
                .tree
                .is_none()
                .then(|| format!("`{}` holds the password of `{name}` and is no reference", variable.name.value));
            tally.judge(witness.place.clone(), fault);
        }
    }
}

/// What keeps data in production is backed up.
pub(super) fn backup_declared(scene: &Scene<'_>, tally: &mut Tally) {
    let plan = scene.plan;
    for environment in plan.facts.environments.iter().filter(|environment| plan.is_production(environment)) {
        for resource in &plan.setting(environment).resources {
            if !applies::is_stateful(resource) || applies::is_external(resource) {
                continue;
            }
            let name = &resource.name.value;
            let fault = resource.backup.is_none().then(|| format!("`{name}` keeps data and is not backed up"));
            tally.judge(scene.declared(&["resource.", name, ".backup"].concat()), fault);
        }
    }
}

/// A kept volume has one writer.
pub(super) fn volume_single_writer(scene: &Scene<'_>, tally: &mut Tally) {
    for (environment, workload) in scene.deployments() {
        let Some(service) = workload.service(scene.plan.setting(environment)) else { continue };
        if !service.volume.iter().any(|volume| volume.keep.value && !volume.shared.value) {
            continue;
        }
        let name = &workload.name.value;
        let overlaps = scene.plan.strategy(environment, workload).is_some_and(|strategy| {
            !matches!(strategy.kind.value, model::StrategyKind::Recreate | model::StrategyKind::Flag)
        });
        let fault = if workload.scale.1.value > 1 {
            Some(format!("`{name}` keeps a volume and has up to {} instances", workload.scale.1.value))
        } else if overlaps {
            Some(format!("`{name}` keeps a volume and its versions overlap"))
        } else {
            None
        };
        tally.judge(scene.declared(&["service.", name, ".volume"].concat()), fault);
    }
}
