//! Predicates on the way of an image: built once, named by digest, signed, listed, and verified before it is deployed.

use crate::artifact::Tree;
use crate::prove::Tally;
use crate::prove::scene::{Job, Scene, Step, scalar, texts};
use crate::prove::service::{Subject, witnesses};

/// The jobs that push an image.
fn pushing<'a>(scene: &Scene<'a>) -> Vec<Job<'a>> {
    scene.jobs().filter(|job| !scene.doing(*job, "pushes-image").is_empty()).collect()
}

/// The jobs that put an image into an environment.
fn releasing<'a>(scene: &Scene<'a>) -> Vec<Job<'a>> {
    scene.jobs().filter(|job| !scene.doing(*job, "releases").is_empty()).collect()
}

/// Releasing jobs take the digest of the job that built it.
pub(super) fn image_built_once(scene: &Scene<'_>, tally: &mut Tally) {
    let pushing = pushing(scene);
    for job in releasing(scene) {
        let builders: Vec<&Job<'_>> =
            pushing.iter().filter(|built| built.workflow.path == job.workflow.path && built.key != job.key).collect();
        if !scene.doing(job, "pushes-image").is_empty() {
            tally.fails(job.place("steps"), "the job builds again what it deploys");
        } else if !builders.is_empty() {
            let texts = texts(job.tree);
            let taken = builders.iter().any(|built| {
                let output = ["needs.", built.key, ".outputs."].concat();
                texts.iter().any(|text| text.contains(&output))
            });
            tally.judge(
                job.place("needs"),
                (!taken).then(|| "the job does not take the digest that was built".to_owned()),
            );
        }
    }
}

/// Platform files name images by digest, or leave the name to the step that deploys, which names one.
pub(super) fn image_pinned_by_digest(scene: &Scene<'_>, tally: &mut Tally) {
    let tagged = std::cell::OnceCell::new();
    for (environment, workload) in scene.deployments() {
        for witness in witnesses(scene, "image-pinned-by-digest", Subject::Workload(environment, workload), "") {
            let Some(found) = witness.tree else { continue };
            let image = scalar(found);
            let filled = image.starts_with("${") && image.ends_with('}');
            let fault = match (image.contains("@sha256:"), filled) {
                (true, _) => None,
                (false, true) => tagged.get_or_init(|| by_tag(scene)).clone(),
                (false, false) => Some(format!("`{image}` is not named by digest")),
            };
            tally.judge(witness.place, fault);
        }
    }
}

/// A deploying step that hands over an image without digest.
fn by_tag(scene: &Scene<'_>) -> Option<String> {
    for job in releasing(scene) {
        let own = job.tree.key("env").map(Tree::entries).unwrap_or_default();
        let steps = job.steps().flat_map(|step| step.tree.key("env").map(Tree::entries).unwrap_or_default());
        for (name, value) in own.iter().chain(steps) {
            let value = scalar(value);
            if name.starts_with("IMAGE") && !value.contains('@') && value.contains(':') {
                return Some(format!("`{name}` of {} hands over an image by tag", job.place("")));
            }
        }
    }
    None
}

fn after_push(scene: &Scene<'_>, tally: &mut Tally, sign: &str, missing: &str) {
    for job in pushing(scene).into_iter().filter(|job| !scene.is_preview(*job)) {
        match scene.doing(job, sign).first() {
            Some(step) => tally.holds(step.place("")),
            None => tally.fails(job.place("steps"), missing),
        }
    }
}

/// What pushes an image that lasts signs it.
pub(super) fn image_signed(scene: &Scene<'_>, tally: &mut Tally) {
    after_push(scene, tally, "signs-image", "the job pushes an image and does not sign it");
}

/// What pushes an image that lasts attests its components.
pub(super) fn sbom_attached(scene: &Scene<'_>, tally: &mut Tally) {
    after_push(scene, tally, "attests-sbom", "the job pushes an image and attests no list of its components");
}

/// What releases to an environment that lasts verifies first.
pub(super) fn provenance_verified_before_deploy(scene: &Scene<'_>, tally: &mut Tally) {
    let built: Vec<&str> = pushing(scene).iter().map(|job| job.workflow.path.as_str()).collect();
    for job in releasing(scene).into_iter().filter(|job| !scene.is_preview(*job)) {
        if !built.contains(&job.workflow.path.as_str()) {
            continue;
        }
        let verifies = scene.doing(job, "verifies-image");
        for step in scene.doing(job, "releases") {
            let images: Vec<Vec<String>> = images(step).into_iter().map(|image| same(step, image)).collect();
            let verified = verifies.iter().find(|one| {
                let run = one.run().unwrap_or_default();
                let named = |names: &Vec<String>| names.iter().any(|name| names_variable(&run, name));
                one.index < step.index && images.iter().all(named)
            });
            match verified {
                Some(verified) => tally.holds(verified.place("")),
                None => tally.fails(step.place(""), "the step releases an image that was not verified"),
            }
        }
    }
}

/// A variable, and those of its job that hold the very same image: services that share one are verified once.
fn same(step: Step<'_>, image: String) -> Vec<String> {
    let held = step.job.tree.key("env").map(Tree::entries).unwrap_or_default();
    let Some(value) = held.iter().find(|(name, _)| *name == image).map(|(_, value)| scalar(value)) else {
        return vec![image];
    };
    held.iter().filter(|(_, other)| scalar(other) == value).map(|(name, _)| name.clone()).collect()
}

/// Whether a script reads a variable.
fn names_variable(script: &str, name: &str) -> bool {
    variables(script).any(|found| found == name)
}

/// The variables of a step's command that hold an image.
fn images(step: Step<'_>) -> Vec<String> {
    let run = step.run().unwrap_or_default();
    variables(&run).filter(|name| name.starts_with("IMAGE")).map(str::to_owned).collect()
}

/// The variables that a script reads.
fn variables(script: &str) -> impl Iterator<Item = &str> {
    script.split('$').skip(1).filter_map(|after| {
        let name = after.strip_prefix('{').unwrap_or(after);
        let end = name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(name.len());
        name.get(..end)
    })
}
