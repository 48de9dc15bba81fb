//! Predicates on Dockerfiles that are emitted, and on what goes into images.

use crate::artifact::dockerfile::{Dockerfile, InstructionKind};
use crate::artifact::{Artifact, Body};
use crate::prove::scene::{Scene, runs, scalar};
use crate::prove::{Place, Tally};
use crate::render;

/// The emitted Dockerfiles.
fn dockerfiles<'a>(scene: &Scene<'a>) -> impl Iterator<Item = (&'a Artifact, &'a Dockerfile)> + use<'a> {
    scene.artifacts.iter().filter_map(|artifact| match &artifact.body {
        Body::Dockerfile(file) => Some((artifact, file)),
        Body::Yaml { .. } | Body::Json { .. } | Body::Toml(_) | Body::Markdown(_) | Body::Shell(_) | Body::Lines(_) => {
            None
        }
    })
}

/// The last stage ends as a numeric user that is not root.
pub(super) fn image_runs_as_non_root(scene: &Scene<'_>, tally: &mut Tally) {
    for (artifact, file) in dockerfiles(scene) {
        let last = file.stages.last().into_iter().flat_map(|stage| &stage.instructions);
        let user = last
            .filter_map(|one| if let InstructionKind::User(user) = &one.kind { Some(user.as_str()) } else { None })
            .next_back();
        let fault = match user.map(|user| user.split(':').next().unwrap_or(user)) {
            None => Some("the last stage names no user".to_owned()),
            Some(user) if user.parse::<u32>().is_ok_and(|number| number > 0) => None,
            Some(user) => Some(format!("the last stage ends as `{user}`")),
        };
        tally.judge(Place::new(artifact.path.as_str(), "USER"), fault);
    }
}

/// Secrets reach builds as mounts only.
pub(super) fn no_secret_in_image(scene: &Scene<'_>, tally: &mut Tally) {
    let secret = secret_variables(scene);
    for (artifact, file) in dockerfiles(scene) {
        let set = file.stages.iter().flat_map(|stage| &stage.instructions).find_map(|one| match &one.kind {
            InstructionKind::Argument(name, _) => secret.contains(name).then(|| ["ARG ", name].concat()),
            InstructionKind::Environment(pairs) => {
                pairs.iter().find(|(name, _)| secret.contains(name)).map(|(name, _)| ["ENV ", name].concat())
            }
            InstructionKind::EnvironmentFrom(name, _) | InstructionKind::EnvironmentBefore(name, _) => {
                secret.contains(name).then(|| ["ENV ", name].concat())
            }
            InstructionKind::Label(_)
            | InstructionKind::Folder(_)
            | InstructionKind::Copy(_)
            | InstructionKind::Run(_)
            | InstructionKind::User(_)
            | InstructionKind::Expose(_)
            | InstructionKind::Volume(_)
            | InstructionKind::StopSignal(_)
            | InstructionKind::Shell(_)
            | InstructionKind::Entrypoint(_)
            | InstructionKind::Command(_)
            | InstructionKind::Health(_) => None,
        });
        let arguments = file.arguments.iter().map(|(name, _)| name).find(|name| secret.contains(name));
        let set = set.or(arguments.map(|name| ["ARG ", name].concat()));
        tally.judge(whole(artifact), set.map(|set| format!("`{set}` puts a secret into a layer")));
    }
}

fn whole(artifact: &Artifact) -> Place {
    Place::new(artifact.path.as_str(), "")
}

/// The variables whose value is a secret somewhere.
fn secret_variables(scene: &Scene<'_>) -> Vec<String> {
    let build =
        scene.plan.facts.images.iter().flat_map(|image| image.node.build.iter().flat_map(|build| &build.secret));
    let mut names: Vec<String> = build.map(|secret| secret.name.value.clone()).collect();
    for (_, workload) in scene.deployments() {
        let secret = workload.variables.iter().filter(|variable| variable.is_secret());
        names.extend(secret.map(|variable| variable.name.value.clone()));
    }
    names
}

/// Images are built from what a lock file names.
pub(super) fn dependencies_locked(scene: &Scene<'_>, tally: &mut Tally) {
    for image in &scene.plan.facts.images {
        let Some(manifest) = &image.manifest else { continue };
        let Some(found) = &manifest.manifest else { continue };
        match &manifest.lock {
            Some(lock) => tally.holds(Place::new(lock.as_str(), "")),
            None => tally.fails(Place::new(found.as_str(), ""), format!("`{}` has no lock file", image.name.value)),
        }
    }
    let Some(sign) = scene.sign("installs-unlocked") else { return };
    for (artifact, file) in dockerfiles(scene) {
        for one in file.stages.iter().flat_map(|stage| &stage.instructions) {
            let InstructionKind::Run(run) = &one.kind else { continue };
            let text = render::script(&run.script);
            if let Some(row) = sign.step.iter().find(|row| runs(&text, row)) {
                let reason = format!("`{}` does not follow the lock file", row.command.value.trim_end());
                tally.fails(Place::new(artifact.path.as_str(), "RUN"), reason);
            }
        }
    }
}

/// Updates come by themselves, after a while.
pub(super) fn dependency_updates_scheduled(scene: &Scene<'_>, tally: &mut Tally) {
    let Some(file) = scene.file(".github/dependabot.yml") else { return };
    let Some(updates) = file.find("updates").map(|found| found.tree) else { return };
    for (index, update) in updates.items().iter().enumerate() {
        let ecosystem = update.key("package-ecosystem").map(scalar).unwrap_or_default();
        let fault = if update.key("schedule").and_then(|schedule| schedule.key("interval")).is_none() {
            Some(format!("`{ecosystem}` has no schedule"))
        } else if update.key("cooldown").is_none() {
            Some(format!("`{ecosystem}` takes a release the day it appears"))
        } else {
            None
        };
        tally.judge(Place::new(file.path.as_str(), format!("updates[{index}]")), fault);
    }
}
