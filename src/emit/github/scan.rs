//! `scan-KIND`: the scans that the pipeline asks for, as the standard library says they are done.

use crate::artifact::{Part, Script, Tree, Word, list, mixed, text};
use crate::derive::ImageFacts;
use crate::emit::github::workflow::{Job, Step};
use crate::emit::github::{action, changes};
use crate::model;
use crate::plan::Plan;
use crate::source::{Origin, Sourced};
use crate::standard;

/// How long a scan may take, in minutes.
const MINUTES: u64 = 30;

/// The word with which a step's input asks for the language of its run, and for the image that is looked at.
const LANGUAGE: &str = "{name}";
const IMAGE: &str = "{image}";

/// What a scan looks at, as the standard library words it.
const OF_IMAGES: &str = "image";

fn wanted<'a>(plan: &Plan<'a>) -> Vec<(&'a Sourced<model::ScanKind>, &'static model::StdScanner)> {
    let kinds = plan.model.pipeline.iter().flat_map(|pipeline| &pipeline.scan);
    kinds.filter_map(|kind| Some((kind, standard::get("scanner", kind.value.word())?))).collect()
}

/// Whether a scan needs the images that `build-SERVICE` built.
pub(super) fn looks_at_images(plan: &Plan<'_>) -> bool {
    wanted(plan).iter().any(|(_, scanner)| scanner.subject.value == OF_IMAGES)
}

/// The jobs, in the order the scans are written.
pub(super) fn jobs(plan: &Plan<'_>) -> Vec<Job> {
    wanted(plan)
        .into_iter()
        .filter_map(|(kind, scanner)| {
            if scanner.subject.value == OF_IMAGES { images(plan, kind, scanner) } else { source(plan, kind, scanner) }
        })
        .collect()
}

fn empty(kind: &Sourced<model::ScanKind>) -> Job {
    let word = kind.value.word();
    Job::new(["scan-", word].concat(), MINUTES, &kind.origin).named(text(["Scan: ", word].concat()))
}

fn step(
    scanner: &model::StdScanner,
    facts: &model::StdScannerStep,
    name: &str,
    holes: &[(&str, Part)],
    kind: &Sourced<model::ScanKind>,
) -> Step {
    let origin = kind.origin.clone().because("the scan as the standard library says it is done").with(&scanner.origin);
    if facts.uses.value.is_empty() {
        return Step::run(name, Script::of("{command}", &[("command", Word::raw(facts.run.value.as_str()))]), &origin);
    }
    let mut step = Step::action(name, &facts.uses.value, &origin);
    for with in &facts.with {
        step = step.with(with.input.value.as_str(), filled(&with.value.value, holes).at(&origin));
    }
    step
}

/// An input with the places of `{name}` and `{image}` taken.
fn filled(value: &str, holes: &[(&str, Part)]) -> Tree {
    for (hole, part) in holes {
        if let Some((before, after)) = value.split_once(hole) {
            let mut parts = vec![Part::text(before), part.clone(), Part::text(after)];
            parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
            return mixed(parts);
        }
    }
    action::scalar(value)
}

/// A scan of the checkout: once, or once per language.
fn source(plan: &Plan<'_>, kind: &Sourced<model::ScanKind>, scanner: &model::StdScanner) -> Option<Job> {
    let mut job = empty(kind);
    let mut holes = Vec::new();
    if scanner.step.iter().any(|step| step.each.value == "language") {
        let languages = languages(plan);
        if languages.is_empty() {
            return None;
        }
        job = job
            .named(mixed([Part::text(["Scan: ", kind.value.word(), ", "].concat()), Part::github("matrix.language")]));
        job.matrix.push(("language".to_owned(), list(languages.iter().map(Tree::from))));
        holes.push((LANGUAGE, Part::github("matrix.language")));
    }
    job = job.step(Step::checkout(&kind.origin));
    for facts in &scanner.step {
        job = job.step(step(scanner, facts, &facts.name.value, &holes, kind));
    }
    Some(job.allowing(&scanner.permission))
}

/// The languages of the code, as the analysis names them, each once.
fn languages(plan: &Plan<'_>) -> Vec<Sourced<String>> {
    let mut found: Vec<Sourced<String>> = Vec::new();
    for image in &plan.facts.images {
        let Some(runtime) = &image.runtime else { continue };
        let facts: Option<&'static model::StdRuntime> = standard::get("runtime", &runtime.value);
        let Some(language) = facts.map(|facts| &facts.sast).filter(|language| !language.value.is_empty()) else {
            continue;
        };
        if !found.iter().any(|known| known.value == language.value) {
            found.push(Sourced::new(language.value.clone(), runtime.origin.clone()));
        }
    }
    found
}

/// The steps of the scan for known vulnerabilities, for the daily look at what did not change.
pub(super) fn audit(origin: &Origin) -> Option<Vec<Step>> {
    let kind = Sourced::new(model::ScanKind::Dependencies, origin.clone());
    let scanner: &'static model::StdScanner = standard::get("scanner", kind.value.word())?;
    Some(scanner.step.iter().map(|facts| step(scanner, facts, &facts.name.value, &[], &kind)).collect())
}

/// A scan of every image that was built.
fn images(plan: &Plan<'_>, kind: &Sourced<model::ScanKind>, scanner: &model::StdScanner) -> Option<Job> {
    if plan.facts.images.is_empty() {
        return None;
    }
    let mut job = empty(kind).when("!failure() && !cancelled()");
    for image in &plan.facts.images {
        job = job.after([["build-", &image.name.value].concat()]);
        if changes::condition(plan, image).is_some() {
            job = job.after([changes::KEY]);
        }
        for step in image_steps(plan, kind, scanner, image) {
            job = job.step(step);
        }
    }
    Some(job.allowing(&scanner.permission))
}

fn image_steps(
    plan: &Plan<'_>,
    kind: &Sourced<model::ScanKind>,
    scanner: &model::StdScanner,
    image: &ImageFacts,
) -> Vec<Step> {
    let name = &image.name.value;
    let origin = kind.origin.clone().with(&image.name.origin);
    let folder = mixed([Part::github("runner.temp"), Part::text("/images")]);
    let mut steps = vec![
        Step::action(&["Take the image of ", name].concat(), "actions/download-artifact", &origin)
            .with("name", ["image-", name].concat())
            .with("path", folder),
        Step::run(
            ["Load the image of ", name].concat(),
            Script::of(
                "docker load --input \"$RUNNER_TEMP/images/{file}\"",
                &[("file", Word::text([name, ".tar"].concat()))],
            ),
            &origin,
        ),
    ];
    let holes = [(IMAGE, Part::text([name, ":ci"].concat()))];
    for facts in &scanner.step {
        let title = [&facts.name.value, " of ", name].concat();
        steps.push(step(scanner, facts, &title, &holes, kind));
    }
    match changes::condition(plan, image) {
        Some(condition) => steps.into_iter().map(|step| step.when(&condition)).collect(),
        None => steps,
    }
}
