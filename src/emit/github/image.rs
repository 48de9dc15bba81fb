//! The images of a release unit: the jobs that build each of them once, and how later jobs name them by digest.

use crate::artifact::{Part, Script, Tree, Word, github, mixed, text};
use crate::derive::{EnvironmentFacts, ImageFacts, ImageSource, UnitFacts, Variable, Workload};
use crate::emit::github::access;
use crate::emit::github::setup::{self, Purpose};
use crate::emit::github::workflow::{Concurrency, Job, Older, Step};
use crate::emit::platform::{self, Access};
use crate::model;
use crate::plan::Plan;
use crate::source::Origin;

/// How long a build may take, in minutes: with a cold cache and two architectures.
const MINUTES: u64 = 45;

/// The job that looks up the digests of images that others build.
const RESOLVE: &str = "resolve";

/// An image that a unit ships: one that is built here, for one environment or for all.
#[derive(Clone, Copy)]
pub(super) struct Build<'a> {
    pub(super) image: &'a ImageFacts,
    /// The environment it is built for; the first where one image serves all.
    pub(super) environment: &'a EnvironmentFacts,
    /// Whether the unit builds no other.
    alone: bool,
}

/// The images that a unit builds for these environments, each once.
pub(super) fn builds<'a>(plan: &Plan<'a>, unit: &UnitFacts, places: &[&'a EnvironmentFacts]) -> Vec<Build<'a>> {
    let mut found: Vec<Build<'a>> = Vec::new();
    for environment in places {
        for workload in plan.workloads(environment, unit) {
            let Some(image) = plan.image(workload) else { continue };
            let known = found.iter().any(|build| {
                build.image.name.value == image.name.value
                    && (image.per_environment.is_none() || build.environment.index == environment.index)
            });
            if !known {
                found.push(Build { image, environment, alone: false });
            }
        }
    }
    let first = found.first().map(|build| build.image.name.value.clone());
    let alone = found.iter().all(|build| Some(&build.image.name.value) == first.as_ref());
    found.iter_mut().for_each(|build| build.alone = alone);
    found
}

impl Build<'_> {
    /// The key of its job: `build`, or `build-IMAGE` where the unit has several, with the environment where each has its own.
    pub(super) fn key(&self) -> String {
        let mut key = "build".to_owned();
        if !self.alone {
            key.push('-');
            key.push_str(&self.image.name.value);
        }
        if self.image.per_environment.is_some() {
            key.push('-');
            key.push_str(&self.environment.name.value);
        }
        key
    }
}

/// How an image is named in the environment of a job, and which job must have run before.
pub(super) struct Reference {
    /// `REPOSITORY@DIGEST`.
    pub(super) image: Tree,
    /// The job that knows the digest; none where the file does.
    pub(super) job: Option<String>,
    /// Whether it was built here, so that its attestation can be asked for.
    pub(super) ours: bool,
}

/// The image of a workload, by digest.
pub(super) fn reference(
    plan: &Plan<'_>,
    builds: &[Build<'_>],
    environment: &EnvironmentFacts,
    workload: &Workload,
) -> Option<Reference> {
    if let Some(image) = plan.image(workload) {
        let build = builds.iter().find(|build| {
            build.image.name.value == image.name.value
                && (image.per_environment.is_none() || build.environment.index == environment.index)
        })?;
        let repository = platform::repository(plan, image, build.environment);
        let digest = Part::github(&["needs.", &build.key(), ".outputs.digest"].concat());
        let named = mixed([Part::text([&repository, "@"].concat()), digest]).at(&image.name.origin);
        return Some(Reference { image: named, job: Some(build.key()), ours: true });
    }
    let ready = workload.ready_image.as_ref()?;
    let job = ready.value.digest.is_none().then(|| RESOLVE.to_owned());
    Some(Reference { image: of_others(workload, RESOLVE)?, job, ours: false })
}

/// `REPOSITORY@DIGEST`, without the tag, which says nothing beside a digest.
fn by_digest(image: &crate::value::ImageRef) -> String {
    let name = image.name();
    image.digest.as_ref().map_or_else(|| name.clone(), |digest| [&name, "@", digest].concat())
}

/// The job that builds an image, pushes it, and says how it was made.
pub(super) fn job(plan: &Plan<'_>, build: &Build<'_>) -> Job {
    let image = build.image;
    let origin = &image.name.origin;
    let repository = platform::repository(plan, image, build.environment);
    let login = platform::push(plan);
    let mut job = Job::new(build.key(), MINUTES, origin)
        .named(text(match image.per_environment {
            Some(_) => ["Build ", &image.name.value, " for ", &build.environment.name.value].concat(),
            None => ["Build ", &image.name.value].concat(),
        }))
        .step(Step::checkout(&image.source.origin))
        .steps(before_steps(plan, image, Purpose::Publishes))
        .steps(Step::login(&login))
        .steps(emulation(image))
        .step(Step::action("Set up the builder", "docker/setup-buildx-action", origin))
        .step(push_step(plan, build, &repository))
        .steps(proofs(plan, image, &repository))
        .step(summary(image));
    let whose = image.per_environment.as_ref().map_or("", |_| build.environment.name.value.as_str());
    let lock = ["build-", &image.name.value, "-", whose].concat();
    let group = mixed([Part::text([lock.trim_end_matches('-'), "-"].concat()), Part::github("github.sha")]);
    job.concurrency = Some(Concurrency::new(group, Older::Finishes));
    job.outputs.push(("digest".to_owned(), github("steps.push.outputs.digest").at(origin)));
    job.environment =
        platform::builds_in_environment(plan).map(|because| text(platform::BUILD_ENVIRONMENT).at(&because));
    job
}

/// Other architectures than the machine's need an emulator.
fn emulation(image: &ImageFacts) -> Option<Step> {
    let other = image.architectures.iter().find(|one| one.value != model::Architecture::Amd64)?;
    let platforms = platforms(image);
    Some(Step::action("Set up emulation", "docker/setup-qemu-action", &other.origin).with("platforms", platforms))
}

fn platforms(image: &ImageFacts) -> Tree {
    let all: Vec<String> = image.architectures.iter().map(|one| ["linux/", one.value.word()].concat()).collect();
    let origin = image.architectures.first().map_or(&image.name.origin, |one| &one.origin);
    text(all.join(",")).at(origin)
}

fn push_step(plan: &Plan<'_>, build: &Build<'_>, repository: &str) -> Step {
    let image = build.image;
    let tag = mixed([Part::text([repository, ":"].concat()), Part::github("github.sha")]);
    let step = build_step(plan, "Build and push", image, image.values_in(&build.environment.name.value))
        .id("push")
        .with("push", true)
        .with("tags", tag)
        .with("labels", mixed([Part::text("org.opencontainers.image.revision="), Part::github("github.sha")]));
    if image.architectures.is_empty() { step } else { step.with("platforms", platforms(image)) }
}

/// The secrets that the steps of an image's Dockerfile may read.
pub(super) fn secrets(image: &ImageFacts) -> impl Iterator<Item = &model::BuildSecret> {
    image.node.build.iter().flat_map(|build| &build.secret)
}

/// What is run in the project's root before an image is built.
pub(super) fn before_steps(plan: &Plan<'_>, image: &ImageFacts, purpose: Purpose) -> Vec<Step> {
    let before = image.node.build.iter().flat_map(|build| &build.before);
    let commands = before.map(|command| {
        let run = Script::of("{command}", &[("command", Word::raw(command.value.as_str()))]);
        Step::run("Prepare the build", run, &command.origin)
    });
    let commands: Vec<Step> = commands.collect();
    if commands.is_empty() {
        commands
    } else {
        setup::steps(plan, image, purpose).into_iter().chain(commands).collect()
    }
}

/// The step that builds an image, without where it goes.
pub(super) fn build_step(plan: &Plan<'_>, name: &str, image: &ImageFacts, values: &[Variable]) -> Step {
    let mut build = Step::action(name, "docker/build-push-action", &image.name.origin)
        .with("context", text(image.context.value.as_str()).at(&image.context.origin));
    let file = match &image.instructions {
        ImageSource::Theirs(file) => Some(text(file.value.as_str()).at(&file.origin)),
        ImageSource::Ours(file) => Some(text(file.trim_start_matches("./")).at(&image.source.origin)),
        ImageSource::Unknown => None,
    };
    if let Some(file) = file {
        build = build.with("file", file);
    }
    if let Some(target) = &image.target {
        build = build.with("target", Tree::from(target));
    }
    if !values.is_empty() {
        build = build.with("build-args", arguments(plan, values));
    }
    let mut lines = Vec::new();
    for secret in secrets(image) {
        if !lines.is_empty() {
            lines.push(Part::text("\n"));
        }
        lines.push(Part::text([&secret.name.value, "="].concat()));
        lines.push(Part::github(&["secrets.", &super::secret_name(plan, &secret.from.value)].concat()));
    }
    if lines.is_empty() { build } else { build.with("secrets", mixed(lines)) }
}

/// Build-time values, one per line.
fn arguments(plan: &Plan<'_>, values: &[Variable]) -> Tree {
    let mut lines = Vec::new();
    for value in values {
        if !lines.is_empty() {
            lines.push(Part::text("\n"));
        }
        lines.push(Part::text([&value.name.value, "="].concat()));
        lines.extend(value.parts.iter().map(|part| access::part(plan, part)));
    }
    let origin = values.first().map(|value| value.origin.clone()).unwrap_or_default();
    mixed(lines).at(&origin)
}

/// Bill of materials, provenance and signature, as the project asks for them.
fn proofs(plan: &Plan<'_>, image: &ImageFacts, repository: &str) -> Vec<Step> {
    let wanted = Proofs::of(plan);
    let digest = || github("steps.push.outputs.digest");
    let named = || mixed([Part::text([repository, "@"].concat()), Part::github("steps.push.outputs.digest")]);
    let mut steps = Vec::new();
    let attest = |name: &str, origin: &Origin| {
        Step::action(name, "actions/attest", origin)
            .with("subject-name", text(repository).at(&image.name.origin))
            .with("subject-digest", digest())
    };
    if let Some(origin) = &wanted.sbom {
        steps.push(
            Step::action("Write the bill of materials", "anchore/sbom-action", origin)
                .with("image", named())
                .with("output-file", "sbom.cdx.json"),
        );
        steps.push(attest("Attest the bill of materials", origin).with("sbom-path", "sbom.cdx.json"));
    }
    if let Some(origin) = &wanted.provenance {
        steps.push(attest("Attest where it was built", origin));
    }
    if let Some(origin) = &wanted.signature {
        steps.push(access::cosign(origin));
        let sign = Script::of("cosign sign --yes \"$IMAGE\"", &[]);
        let step = Step::run("Sign the image", sign, origin).env("IMAGE", named());
        steps.push(step.needs("id-token", Access::Write, "to sign with the workflow's own identity"));
    }
    steps
}

/// What is made of a build beside the image, each with what decides it.
pub(super) struct Proofs {
    pub(super) sbom: Option<Origin>,
    pub(super) provenance: Option<Origin>,
    pub(super) signature: Option<Origin>,
}

impl Proofs {
    /// As `artifact` says; everything, where nothing is said.
    pub(super) fn of(plan: &Plan<'_>) -> Proofs {
        let declared = plan.model.pipeline.as_ref().and_then(|pipeline| pipeline.artifact.as_ref());
        let Some(artifact) = declared else {
            let every = Origin::rule("every image is signed, listed and attested unless `artifact` says otherwise");
            return Proofs { sbom: Some(every.clone()), provenance: Some(every.clone()), signature: Some(every) };
        };
        let asked = |flag: &crate::source::Sourced<bool>| flag.value.then(|| flag.origin.clone());
        Proofs {
            sbom: asked(&artifact.sbom),
            provenance: asked(&artifact.provenance),
            signature: asked(&artifact.sign),
        }
    }
}

fn summary(image: &ImageFacts) -> Step {
    let mut script = Script::new();
    let name = [("name", Word::text(image.name.value.as_str()))];
    script.line("echo \"- image {name}: $DIGEST\" >>\"$GITHUB_STEP_SUMMARY\"", &name);
    Step::run("Say what was built", script, &image.name.origin).env("DIGEST", github("steps.push.outputs.digest"))
}

/// GitHub's own registry, whose private images the token of a run can read.
const GITHUB: &str = "ghcr.io";

fn login_to_github(origin: &Origin) -> Step {
    Step::action("Log in to GitHub's registry", "docker/login-action", origin)
        .without_permissions()
        .with("registry", GITHUB)
        .with("username", github("github.actor"))
        .with("password", github("github.token"))
        .needs("packages", Access::Read, "to look up an image that may be private")
}

/// The job that looks up what a tag means now, once for all environments of a unit.
pub(super) fn resolve(plan: &Plan<'_>, unit: &UnitFacts, places: &[&EnvironmentFacts]) -> Option<Job> {
    let workloads = places.iter().flat_map(|environment| plan.workloads(environment, unit));
    let mut job = look_up(plan, workloads, RESOLVE, &unit.origin)?;
    let group = mixed([Part::text(["resolve-", &unit.name, "-"].concat()), Part::github("github.sha")]);
    job.concurrency = Some(Concurrency::new(group, Older::Finishes));
    Some(job)
}

/// A job that looks up the digests of the images that workloads take from others by a tag; none where there are none.
pub(super) fn look_up<'a>(
    plan: &Plan<'_>,
    workloads: impl IntoIterator<Item = &'a Workload>,
    key: &str,
    origin: &Origin,
) -> Option<Job> {
    let mut script = Script::strict();
    let mut private = None;
    let mut job = Job::new(key, 10, origin).named("Look up digests");
    for workload in workloads {
        let name = &workload.name.value;
        let Some(ready) = workload.ready_image.as_ref().filter(|ready| ready.value.digest.is_none()) else { continue };
        if plan.image(workload).is_some() || job.outputs.iter().any(|(known, _)| known == name) {
            continue;
        }
        script.at(&ready.origin, |script| {
            let holes = [("image", Word::text(ready.value.to_string()))];
            if ready.value.registry.as_deref() == Some(GITHUB) && private.is_none() {
                private = Some(login_to_github(&ready.origin));
            }
            script.line("digest=$(docker buildx imagetools inspect {image} --format '{{.Manifest.Digest}}')", &holes);
            script.line("[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]]", &[]);
            script.line("echo {name}=\"$digest\" | tee -a \"$GITHUB_OUTPUT\"", &[("name", Word::text(name.as_str()))]);
        });
        job.outputs.push((name.clone(), github(&["steps.resolve.outputs.", name].concat()).at(&ready.origin)));
    }
    let step = Step::run("Ask the registry", script, origin).id("resolve");
    (!job.outputs.is_empty()).then(|| job.steps(private).step(step))
}

/// An image of others by digest: the one that is written, else the one that a job looked up.
pub(super) fn of_others(workload: &Workload, key: &str) -> Option<Tree> {
    let ready = workload.ready_image.as_ref()?;
    if ready.value.digest.is_some() {
        return Some(text(by_digest(&ready.value)).at(&ready.origin));
    }
    let digest = Part::github(&["needs.", key, ".outputs.", &workload.name.value].concat());
    Some(mixed([Part::text([&ready.value.name(), "@"].concat()), digest]).at(&ready.origin))
}
