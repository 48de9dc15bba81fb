//! Volumes and files: what a host can keep, share and put into a container.

use crate::check::capability::Deployment;
use crate::derive::Part;
use crate::diag::{Diagnostic, code};
use crate::model::{self, Capability, StrategyKind};

/// Compares volumes and files with the host, and volumes with the number of their writers.
pub(super) fn check(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let (setting, target) = (deployment.setting, &deployment.target);
    let service = deployment.workload.service(setting);
    let files = service.map(|service| &service.file);
    let files = files.or_else(|| deployment.workload.task(setting).map(|task| &task.file));
    for file in files.into_iter().flatten() {
        let parts = file.value.as_ref().map(|value| {
            deployment.context.facts.expand(deployment.context.model, deployment.environment, &value.value)
        });
        let secret = parts.is_some_and(|parts| parts.iter().any(Part::is_secret));
        let capability = if secret { Capability::FileSecret } else { Capability::File };
        if !target.can(capability) {
            let message = format!("`{}` puts no such file into a container", target.name);
            diagnostics.push(target.lacks(code::CAPABILITY_FEATURE, file.origin.place, capability, message));
        }
    }
    let Some(service) = service else { return };
    for volume in &service.volume {
        let capability = match (volume.shared.value, volume.keep.value) {
            (true, _) => Capability::VolumeShared,
            (false, true) => Capability::Volume,
            (false, false) => Capability::VolumeTemporary,
        };
        if !target.can(capability) {
            let message = format!("`{}` cannot keep the volume `{}`", target.name, volume.name.value);
            diagnostics.push(target.lacks(code::CAPABILITY_VOLUME, volume.origin.place, capability, message));
        } else if volume.keep.value && !volume.shared.value {
            one_writer(deployment, volume, diagnostics);
        }
    }
}

/// A kept volume has one writer: one instance, stopped before the next one starts.
fn one_writer(deployment: &Deployment<'_>, volume: &model::Volume, diagnostics: &mut Vec<Diagnostic>) {
    let (workload, target) = (deployment.workload, &deployment.target);
    let name = &volume.name.value;
    let told = |place, message: String, label: &str| {
        Diagnostic::new(code::CAPABILITY_ONE_WRITER, place, message)
            .label(label.to_owned())
            .also(volume.origin.place, "kept, and not shared")
    };
    let (least, most) = &workload.scale;
    if most.value > 1 || least.value > 1 {
        let place = if least.value > 1 { least.origin.place } else { most.origin.place };
        diagnostics.push(
            told(
                place,
                format!("`{}` would have {} writers of the volume `{name}`", workload.name.value, most.value),
                "more than one instance",
            )
            .help("write `scale min=1 max=1`, share the volume (`shared=#true`), or keep the files elsewhere"),
        );
        return;
    }
    let strategy = workload
        .strategy
        .as_ref()
        .and_then(|reference| Some((reference, deployment.setting.strategy(&reference.value)?)));
    match strategy {
        Some((reference, strategy)) if strategy.kind.value != StrategyKind::Recreate => diagnostics.push(
            told(
                reference.origin.place,
                format!("while it is released, two versions of `{}` would write to `{name}`", workload.name.value),
                "both versions run for a while",
            )
            .also(strategy.kind.origin.place, format!("`{}` is {}", strategy.name.value, strategy.kind.value.word()))
            .help(format!(
                "release `{}` with a strategy of kind `recreate`: `service \"{}\" {{ strategy \"…\" }}`",
                workload.name.value, workload.name.value
            )),
        ),
        Some(_) => {}
        None if !target.can(Capability::Recreate) => {
            let message = format!("`{}` starts a version before the old one stops", target.name);
            let diagnostic =
                target.lacks(code::CAPABILITY_ONE_WRITER, volume.origin.place, Capability::Recreate, message);
            diagnostics.push(diagnostic);
        }
        None => {}
    }
}
