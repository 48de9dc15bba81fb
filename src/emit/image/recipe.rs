//! A Dockerfile from a recipe of the standard library: its stages and steps, with the service's values in their places.

use crate::artifact::dockerfile::{Copy, Dockerfile, Health, Instruction, InstructionKind, Run, Stage};
use crate::artifact::{Script, Word};
use crate::derive::{ImageFacts, Workload};
use crate::emit::image::{ask, by_recipe};
use crate::model;
use crate::plan::Plan;
use crate::resolve::pinned;
use crate::source::{Origin, Sourced};
use crate::standard;
use crate::value::Duration;

/// What the placeholders of a recipe stand for.
struct Values<'a> {
    image: &'a ImageFacts,
    manager: Sourced<String>,
    pairs: Vec<(&'static str, String)>,
}

impl Values<'_> {
    fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in &self.pairs {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        filled
    }

    fn holds(&self, condition: model::StepCondition) -> bool {
        let built = self.image.command("build").is_some();
        let locked = self.image.manifest.as_ref().is_some_and(|manifest| manifest.lock.is_some());
        match condition {
            model::StepCondition::Always => true,
            model::StepCondition::Build => built,
            model::StepCondition::NoBuild => !built,
            model::StepCondition::Lock => locked,
            model::StepCondition::NoLock => !locked,
            // An image is what a publishing workflow builds; its caches are the mounts of the recipe.
            model::StepCondition::Publish => true,
            model::StepCondition::Ci | model::StepCondition::ManagerUnnamed => false,
        }
    }
}

/// The Dockerfile of an image; none where the runtime has no recipe for its package manager.
pub(super) fn dockerfile(plan: &Plan<'_>, image: &ImageFacts) -> Option<Dockerfile> {
    let runtime: &'static model::StdRuntime = standard::get("runtime", &image.runtime.as_ref()?.value)?;
    let manager_name = &image.manifest.as_ref()?.manager.value;
    let manager = runtime.manager.iter().find(|manager| manager.name.value == *manager_name)?;
    let workspace = image.context.value != image.source.value;
    let wanted = if workspace { model::RecipeLayout::Workspace } else { model::RecipeLayout::OwnLock };
    let recipe = manager.recipe.iter().find(|recipe| recipe.layout.value == wanted).or(manager.recipe.first())?;
    let values = values(plan, image, runtime, manager);
    let defaults: &'static model::StdImageDefaults = standard::fact("image-defaults", "default");
    let syntax = defaults.syntax.as_ref().map(|syntax| plan.model.pins.image(syntax));
    let mut file = Dockerfile { syntax, ..Dockerfile::default() };
    let last = recipe.stage.len().saturating_sub(1);
    for (index, stage) in recipe.stage.iter().enumerate() {
        let origin = match image.version.as_ref() {
            Some(version) => version.origin.clone().because("the image of the runtime's version").with(&stage.origin),
            None => by_recipe(image, &stage.origin),
        };
        let from = base(plan, recipe, Sourced::new(values.fill(&stage.from.value), origin));
        file.stage(from.value, stage.name.value.clone(), |out| {
            out.at(&from.origin);
            if stage.platform.value == "build" {
                out.platform = Some("$BUILDPLATFORM".to_owned());
            }
            for step in stage.step.iter().filter(|step| values.holds(step.when.value)) {
                add(plan, (recipe, step), &values, out);
            }
            if index == last {
                finish(plan, image, runtime, manager, &values, out);
            }
        });
    }
    Some(file)
}

fn values<'a>(
    plan: &Plan<'_>,
    image: &'a ImageFacts,
    runtime: &model::StdRuntime,
    manager: &model::StdManager,
) -> Values<'a> {
    let manager_version = plan.model.pins.manager(manager);
    let version =
        image.version.as_ref().map_or(runtime.default_version.value.as_str(), |version| version.value.as_str());
    // A version the standard library does not know is its own tag: the list is open.
    let tag =
        runtime.version.iter().find(|row| row.name.value == version).map_or(version, |row| row.tag.value.as_str());
    let fill = |text: &str| text.replace("{tag}", tag).replace("{version}", version);
    let defaults = runtime.image.as_ref();
    let relative = |path: Option<&String>| {
        let path = path.map_or("", String::as_str);
        let prefix = if image.context.value == "." { String::new() } else { format!("{}/", image.context.value) };
        path.strip_prefix(&prefix).unwrap_or(path).to_owned()
    };
    let manifest = image.manifest.as_ref();
    let command = |name: &str| image.command(name).map(|command| command.value.clone()).unwrap_or_default();
    let pairs = vec![
        ("build-image", fill(defaults.map_or("", |image| image.build.value.as_str()))),
        ("run-image", fill(defaults.map_or("", |image| image.run.value.as_str()))),
        ("tag", tag.to_owned()),
        ("version", version.to_owned()),
        ("manager-version", manager_version.value.clone()),
        ("lock", relative(manifest.and_then(|manifest| manifest.lock.as_ref()))),
        ("manifest", relative(manifest.and_then(|manifest| manifest.manifest.as_ref()))),
        ("source", relative(Some(&image.source.value))),
        ("package", image.package.clone().unwrap_or_else(|| image.name.value.clone())),
        ("build", command("build")),
        ("start", command("start")),
        ("output", manager.output.value.clone()),
    ];
    Values { image, manager: manager_version, pairs }
}

/// What a stage or a copy takes from: another stage, or an image with the digest that it is pinned to.
fn base(plan: &Plan<'_>, recipe: &model::StdManagerRecipe, from: Sourced<String>) -> Sourced<String> {
    let is_stage = recipe.stage.iter().any(|stage| stage.name.value == from.value);
    if is_stage { from } else { plan.model.pins.image(&from) }
}

fn add(
    plan: &Plan<'_>,
    (recipe, step): (&model::StdManagerRecipe, &model::StdManagerRecipeStageStep),
    values: &Values<'_>,
    out: &mut Stage,
) {
    let operands: Vec<String> = step.values.iter().map(|value| values.fill(&value.value)).collect();
    let mut origin = by_recipe(values.image, &step.origin);
    for template in &step.values {
        origin = pinned(&template.value, &values.manager, &origin);
    }
    let at = |kind: InstructionKind| Instruction { kind, comment: None, origin: Some(origin.clone()) };
    match (step.do_.value, operands.as_slice()) {
        (model::ImageStep::Workdir, [folder, ..]) => {
            out.add(at(InstructionKind::Folder(folder.clone())));
        }
        (model::ImageStep::Env, [name, value, ..]) => {
            out.add(at(environment(name, value)));
        }
        (model::ImageStep::Arg, [name, rest @ ..]) => {
            out.add(at(InstructionKind::Argument(name.clone(), rest.first().cloned())));
        }
        (model::ImageStep::Copy, [sources @ .., to]) => {
            let from = step.from.as_ref().map(|from| values.fill(&from.value)).unwrap_or_default();
            let from = base(plan, recipe, Sourced::new(from, origin));
            let copy = Copy { from: from.value, sources: sources.to_vec(), to: to.clone(), ..Copy::default() };
            let kind = InstructionKind::Copy(copy);
            out.add(Instruction { kind, comment: None, origin: Some(from.origin) });
        }
        (model::ImageStep::Run, commands) if !commands.is_empty() => {
            let mounts = mounts(step, values).into_iter().chain(secret_mounts(values.image)).collect();
            out.add(at(InstructionKind::Run(Run { mounts, script: run(step, commands, values) })));
        }
        (model::ImageStep::User, [user, ..]) => {
            let chosen = values.image.node.user.as_ref();
            let origin = chosen.map_or_else(|| origin.clone(), |user| user.origin.clone());
            let user = chosen.map_or_else(|| user.clone(), |user| user.value.get().to_string());
            out.add(Instruction { kind: InstructionKind::User(user), comment: None, origin: Some(origin) });
        }
        (model::ImageStep::Entrypoint, words) if !words.is_empty() => {
            out.add(at(InstructionKind::Entrypoint(words.to_vec())));
        }
        (model::ImageStep::Command, words) if !words.is_empty() && values.image.command("start").is_none() => {
            out.add(at(InstructionKind::Command(words.to_vec())));
        }
        (model::ImageStep::Values, _) => build_values(values.image, out),
        (
            model::ImageStep::Workdir
            | model::ImageStep::Env
            | model::ImageStep::Arg
            | model::ImageStep::Copy
            | model::ImageStep::Run
            | model::ImageStep::User
            | model::ImageStep::Entrypoint
            | model::ImageStep::Command,
            _,
        ) => {}
    }
}

/// The commands of one step. Beside others, one of the user's that a shell must read is a group of its own, so that
/// what it ends with decides whether the next one runs.
fn run(step: &model::StdManagerRecipeStageStep, commands: &[String], values: &Values<'_>) -> Script {
    let image = values.image;
    let mut script = Script::new();
    for (command, written) in commands.iter().zip(&step.values) {
        let own = image.command("build").filter(|_| written.value.contains("{build}"));
        let grouped = own.is_some() && commands.len() > 1 && plain_words(command).is_none();
        let template = if grouped { "{ {command}; }" } else { "{command}" };
        let by_step = || pinned(&written.value, &values.manager, &by_recipe(image, &step.origin));
        let origin = own.map_or_else(by_step, |build| build.origin.clone());
        script.at(&origin, |script| {
            script.line(template, &[("command", Word::raw(command.as_str()))]);
        });
    }
    script
}

/// `$PATH` in a value of the recipe is meant for the builder; everything else is text.
fn environment(name: &str, value: &str) -> InstructionKind {
    match value.strip_suffix(&format!(":${name}")) {
        Some(head) => InstructionKind::EnvironmentBefore(name.to_owned(), head.to_owned()),
        None => InstructionKind::Environment(vec![(name.to_owned(), value.to_owned())]),
    }
}

fn mounts(step: &model::StdManagerRecipeStageStep, values: &Values<'_>) -> Vec<String> {
    let cache = step.cache.iter().map(|cache| {
        let sharing =
            if cache.sharing.value == "shared" { String::new() } else { format!(",sharing={}", cache.sharing.value) };
        format!("type=cache,target={}{sharing}", cache.target.value)
    });
    let bind = step
        .bind
        .iter()
        .map(|bind| format!("type=bind,source={},target={}", values.fill(&bind.source.value), bind.target.value));
    cache.chain(bind).collect()
}

/// The secrets that build steps may read: mounted for a step, kept nowhere.
fn secret_mounts(image: &ImageFacts) -> Vec<String> {
    let build = image.node.build.as_ref();
    build
        .map(|build| {
            build.secret.iter().map(|secret| format!("type=secret,id={0},env={0}", secret.name.value)).collect()
        })
        .unwrap_or_default()
}

/// Build-time values: arguments that become environment variables of the build.
fn build_values(image: &ImageFacts, out: &mut Stage) {
    let Some(env) = image.node.build.as_ref().and_then(|build| build.env.as_ref()) else { return };
    for entry in &env.entries {
        let name = entry.key.value.clone();
        let origin = &entry.value.origin;
        out.add(Instruction {
            kind: InstructionKind::Argument(name.clone(), None),
            comment: None,
            origin: Some(origin.clone()),
        });
        let from = InstructionKind::EnvironmentFrom(name.clone(), name);
        out.add(Instruction { kind: from, comment: None, origin: Some(origin.clone()) });
    }
}

/// What every last stage ends with: port, stop signal, health check, start command.
fn finish(
    plan: &Plan<'_>,
    image: &ImageFacts,
    runtime: &model::StdRuntime,
    manager: &model::StdManager,
    values: &Values<'_>,
    out: &mut Stage,
) {
    let workload = first_workload(plan, image);
    let port = workload.and_then(Workload::main_port);
    if let Some(port) = port {
        out.add(Instruction {
            kind: InstructionKind::Expose(port.port.value),
            comment: None,
            origin: Some(port.port.origin.clone()),
        });
    }
    if runtime.stop_signal.value != "SIGTERM" {
        let kind = InstructionKind::StopSignal(runtime.stop_signal.value.clone());
        out.add(Instruction { kind, comment: None, origin: Some(by_recipe(image, &runtime.stop_signal.origin)) });
    }
    if let Some((health, origin)) = health(image, runtime, manager) {
        out.add(Instruction { kind: InstructionKind::Health(health), comment: None, origin: Some(origin) });
    }
    if let Some(start) = image.command("start") {
        let words = match plain_words(&start.value) {
            Some(words) => words,
            // A command with operators needs a shell; `exec` keeps the signal on the program where it is one command.
            None => vec!["/bin/sh".to_owned(), "-c".to_owned(), values.fill(&start.value)],
        };
        out.add(Instruction {
            kind: InstructionKind::Command(words),
            comment: None,
            origin: Some(start.origin.clone()),
        });
    }
}

/// The first workload that runs the image, for its port; services that share an image differ in arguments only.
fn first_workload<'a>(plan: &Plan<'a>, image: &ImageFacts) -> Option<&'a Workload> {
    plan.facts.environments.iter().find_map(|environment| environment.workload(&image.name.value))
}

/// The words of a command that no shell has to read; none where one has to.
fn plain_words(command: &str) -> Option<Vec<String>> {
    let special = |c: char| "|&;<>()$`\\\"'*?[]#~={}\n!".contains(c);
    if command.contains(special) {
        return None;
    }
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    (!words.is_empty()).then_some(words)
}

/// The health check: where the image has something to test with, or the service names a command.
fn health(image: &ImageFacts, runtime: &model::StdRuntime, manager: &model::StdManager) -> Option<(Health, Origin)> {
    let service = &image.node;
    if let Some(probe) = service.health.as_ref()
        && let Some(run) = &probe.run
    {
        let command =
            plain_words(&run.value).unwrap_or_else(|| vec!["/bin/sh".to_owned(), "-c".to_owned(), run.value.clone()]);
        return Some((timed(probe, command), run.origin.clone()));
    }
    let (port, protocol) =
        service.http.first().map(|port| (port, "http")).or(service.tcp.first().map(|port| (port, "tcp")))?;
    let probe = port.health.as_ref()?;
    let probes = manager.probe.iter().chain(&runtime.probe);
    let command = probes.into_iter().find(|row| row.protocol.value == protocol)?;
    let path = probe.path.as_ref().map_or("/", |path| path.value.as_str());
    let number = u16::try_from(port.port.value.get()).ok()?;
    let words = command.command.iter().map(|word| ask::filled(&word.value, number, path)).collect();
    let origin = probe.path.as_ref().map_or_else(|| probe.origin.clone(), |path| path.origin.clone());
    Some((timed(probe, words), origin.with(&command.origin)))
}

fn timed(probe: &model::Probe, command: Vec<String>) -> Health {
    Health {
        interval: seconds(&probe.interval.value),
        timeout: seconds(&probe.timeout.value),
        start_period: seconds(&probe.grace.value),
        retries: u32::try_from(probe.failures.value.get()).ok(),
        command,
    }
}

/// A time as every reader of Dockerfiles takes it: one number with one unit.
fn seconds(duration: &Duration) -> String {
    let milliseconds = duration.milliseconds();
    if milliseconds.is_multiple_of(1000) { format!("{}s", milliseconds / 1000) } else { format!("{milliseconds}ms") }
}
