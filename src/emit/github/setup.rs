//! The steps that ready a job for the code of one image: its runtime, its package manager, its dependencies.

use crate::artifact::{Script, text};
use crate::derive::{EnvironmentFacts, ImageFacts, Workload};
use crate::emit::github::workflow::Step;
use crate::model::{self, StepCondition};
use crate::plan::Plan;
use crate::resolve::{MANAGER_VERSION, pinned};
use crate::source::{Origin, Sourced};
use crate::standard;

/// What becomes of what a job makes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing: it only judges, so that it may trust caches.
    Checks,
    /// It ships: what another run left in a cache must not get into it.
    Publishes,
}

/// The steps that ready a job.
pub(super) fn steps(plan: &Plan<'_>, image: &ImageFacts, purpose: Purpose) -> Vec<Step> {
    let (Some(runtime), Some(manifest)) = (&image.runtime, &image.manifest) else { return Vec::new() };
    let Some(facts) = standard::get::<model::StdRuntime>("runtime", &runtime.value) else { return Vec::new() };
    let Some(manager) = facts.manager.iter().find(|manager| manager.name.value == manifest.manager.value) else {
        return Vec::new();
    };
    let version = plan.model.pins.manager(manager);
    let filler = Filler { image, manager, version, purpose };
    let mut steps: Vec<Step> = manager.setup.iter().filter_map(|setup| filler.step(setup, &runtime.origin)).collect();
    if let Some(install) = &manager.install {
        let origin = manifest.manager.origin.clone().with(&install.all.origin);
        let run = Script::of("{command}", &[("command", crate::artifact::Word::raw(install.all.value.as_str()))]);
        steps.push(Step::run("Install the dependencies", run, &origin).inside(&filler.folder(), &image.source.origin));
    }
    steps
}

/// The image whose program lives in a folder; where none is named, the only one.
pub(super) fn home<'a>(plan: &Plan<'a>, folder: Option<&str>) -> Option<&'a ImageFacts> {
    let images = &plan.facts.images;
    match folder {
        Some(folder) => {
            let holds = |source: &str| folder == source || folder.starts_with(&[source, "/"].concat());
            images.iter().find(|image| holds(&image.source.value))
        }
        None => images.first().filter(|_| images.len() == 1),
    }
}

/// The steps that ready a job for the commands by which strategies verify what it releases: each program once.
pub(super) fn of_checks<'a>(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    workloads: impl IntoIterator<Item = &'a Workload>,
) -> Vec<Step> {
    let mut images: Vec<&ImageFacts> = Vec::new();
    let strategies = workloads.into_iter().filter_map(|workload| plan.strategy(environment, workload));
    for run in strategies.flat_map(|strategy| &strategy.verify).flat_map(|verify| &verify.run) {
        let image = home(plan, run.in_.as_ref().map(|folder| folder.value.as_str()));
        images.extend(image.filter(|image| images.iter().all(|known| known.name.value != image.name.value)));
    }
    images.into_iter().flat_map(|image| steps(plan, image, Purpose::Publishes)).collect()
}

struct Filler<'a> {
    image: &'a ImageFacts,
    manager: &'a model::StdManager,
    version: Sourced<String>,
    purpose: Purpose,
}

impl Filler<'_> {
    fn step(&self, setup: &model::StdManagerSetup, runtime: &Origin) -> Option<Step> {
        if !self.holds(setup.when.value) {
            return None;
        }
        let origin = self.image.version.as_ref().map_or(runtime, |version| &version.origin);
        let origin = origin.clone().because("the steps that the runtime's facts name").with(&setup.origin);
        if setup.uses.value.is_empty() {
            let command = crate::artifact::Word::raw(self.fill(&setup.run.value)?);
            let script = Script::of("{command}", &[("command", command)]);
            let origin = pinned(&setup.run.value, &self.version, &origin);
            return Some(Step::run(["Set up ", &self.manager.name.value].concat(), script, &origin));
        }
        let tool = setup.uses.value.rsplit('/').next().unwrap_or_default().trim_start_matches("setup-");
        let tool = if tool == "action-setup" { self.manager.name.value.as_str() } else { tool };
        let mut step = Step::action(&["Set up ", tool].concat(), &setup.uses.value, &origin);
        for with in setup.with.iter().filter(|with| self.holds(with.when.value)) {
            // A cache is keyed by the lock file: without one there is nothing to key it by.
            let keyed = with.when.value == StepCondition::Ci && self.lock().is_none();
            if let Some(value) = self.fill(&with.value.value).filter(|_| !keyed) {
                let origin = pinned(&with.value.value, &self.version, &origin);
                let value = if with.value.value == "{version}" { text(value) } else { super::action::scalar(&value) };
                step = step.with(with.input.value.as_str(), value.at(&origin));
            }
        }
        Some(step)
    }

    fn holds(&self, condition: StepCondition) -> bool {
        match condition {
            StepCondition::Always | StepCondition::ManagerUnnamed => true,
            StepCondition::Ci => self.purpose == Purpose::Checks,
            StepCondition::Publish => self.purpose == Purpose::Publishes,
            StepCondition::Build => self.image.command("build").is_some(),
            StepCondition::NoBuild => self.image.command("build").is_none(),
            StepCondition::Lock => self.lock().is_some(),
            StepCondition::NoLock => self.lock().is_none(),
        }
    }

    fn lock(&self) -> Option<&str> {
        self.image.manifest.as_ref()?.lock.as_deref()
    }

    /// A value with its placeholders filled; none where one of them has no value here.
    fn fill(&self, value: &str) -> Option<String> {
        let manifest = self.image.manifest.as_ref().and_then(|manifest| manifest.manifest.as_deref());
        let version = self.image.version.as_ref().map(|version| version.value.as_str());
        let known = [
            ("{version}", version),
            (MANAGER_VERSION, Some(self.version.value.as_str())),
            ("{lock}", self.lock()),
            ("{manifest}", manifest),
        ];
        let mut filled = value.to_owned();
        for (hole, word) in known {
            if filled.contains(hole) {
                filled = filled.replace(hole, word?);
            }
        }
        Some(filled)
    }

    /// Where the dependencies are installed: beside the lock file, else beside the manifest, else in the source.
    fn folder(&self) -> String {
        let manifest = self.image.manifest.as_ref();
        let file = manifest.and_then(|manifest| manifest.lock.as_deref().or(manifest.manifest.as_deref()));
        match file {
            Some(file) => file.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned(),
            None => self.image.source.value.clone(),
        }
    }
}
