//! Rotating each secret: the store's commands, in order, and what has to read the new value.

use crate::artifact::Script;
use crate::artifact::markdown::{Block, Inline, Item, Prose, heading, item, paragraph, prose, shell, steps};
use crate::derive::EnvironmentFacts;
use crate::emit::paper::command::{self, StoreVerb};
use crate::emit::paper::deployment::Deployment;
use crate::emit::paper::{code, names};
use crate::model::{self, AfterRotation, PlatformSupport};
use crate::plan::Plan;
use crate::source::Origin;
use crate::standard;

/// A secret as it is declared in some environments.
struct Declared<'a> {
    secret: &'a model::Secret,
    environments: Vec<&'a EnvironmentFacts>,
}

/// An entry for each secret; one that an environment overlays has an entry of its own there.
pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let all = declared(plan);
    let mut out = Vec::new();
    for one in &all {
        let name = &one.secret.name.value;
        let overlaid = all.iter().filter(|other| other.secret.name.value == *name).count() > 1;
        let title = match overlaid {
            true => {
                let places: Vec<&str> = one.environments.iter().map(|place| place.name.value.as_str()).collect();
                [name, " (", &places.join(", "), ")"].concat()
            }
            false => name.clone(),
        };
        out.push(heading(4, ["Secret ", &title].concat()).at(&one.secret.name.origin));
        out.push(introduction(one));
        out.push(steps(rotation(plan, one)));
    }
    out
}

/// The secrets that have an entry, an overlaid one once for each place it lies.
pub(super) fn rotated<'a>(plan: &Plan<'a>) -> Vec<&'a model::Secret> {
    declared(plan).into_iter().map(|one| one.secret).collect()
}

fn declared<'a>(plan: &Plan<'a>) -> Vec<Declared<'a>> {
    let mut all: Vec<Declared<'a>> = Vec::new();
    for environment in plan.lasting() {
        for secret in &plan.setting(environment).secrets {
            let barred = !secret.only.is_empty() && secret.only.iter().all(|only| only.value != environment.name.value);
            if barred || !reaches(plan, environment, secret) {
                continue;
            }
            let same = |known: &&mut Declared<'_>| {
                known.secret.name.value == secret.name.value && place(known.secret) == place(secret)
            };
            match all.iter_mut().find(same) {
                Some(known) => known.environments.push(environment),
                None => all.push(Declared { secret, environments: vec![environment] }),
            }
        }
    }
    let order: Vec<String> = all.iter().map(|one| one.secret.name.value.clone()).collect();
    // Those of one secret stand together, where its first one stands.
    all.sort_by_key(|one| order.iter().position(|name| *name == one.secret.name.value));
    all
}

/// Where a secret is said to lie: two environments that say the same share the secret.
fn place(secret: &model::Secret) -> (Option<&str>, String, [Option<&str>; 3]) {
    let from = secret.from.as_ref();
    let region = from.and_then(|from| from.region.as_ref()).map(|region| region.value.as_str());
    let project = from.and_then(|from| from.project.as_ref()).map(|project| project.value.as_str());
    let vault = from.and_then(|from| from.vault.as_ref()).map(|vault| vault.value.as_str());
    (from.map(|from| from.store.value.word()), command::store_path(secret), [region, project, vault])
}

/// Whether anything there reads it: a program, or an alert route.
fn reaches(plan: &Plan<'_>, environment: &EnvironmentFacts, secret: &model::Secret) -> bool {
    !readers(plan, environment, secret).is_empty() || !routes(plan, secret).is_empty()
}

fn readers<'a>(plan: &Plan<'a>, environment: &'a EnvironmentFacts, secret: &model::Secret) -> Vec<Deployment<'a>> {
    let reads = |workload: &&crate::derive::Workload| {
        plan.read_secrets(environment, workload).iter().any(|read| read.name.value == secret.name.value)
    };
    environment.workloads.iter().filter(reads).map(|workload| Deployment { environment, workload }).collect()
}

/// The alert routes whose key it is.
fn routes<'a>(plan: &Plan<'a>, secret: &model::Secret) -> Vec<&'a model::ObserveRoute> {
    let written = ["${secret.", &secret.name.value, "}"].concat();
    let keyed = |route: &&model::ObserveRoute| route.key_prop.as_ref().is_some_and(|key| key.value.contains(&written));
    crate::emit::paper::people::routes(plan).iter().filter(keyed).collect()
}

fn introduction(declared: &Declared<'_>) -> Block {
    let secret = declared.secret;
    let store = declared.environments.first().and_then(|environment| command::store(environment, secret));
    let mut words = match store {
        Some(store) => prose(
            "In {store} at {path}.",
            &[("store", Inline::text(store.title.value.clone())), ("path", code(command::store_path(secret)))],
        ),
        None => Prose::default(),
    };
    let mut origin = secret.origin.clone();
    if let Some(rotate) = &secret.rotate {
        origin = origin.with(&rotate.origin);
        if let Some(every) = &rotate.every {
            words = words.then([" Rotated every ", &every.value.to_string(), "."].concat());
        }
        if let (true, Some(reason)) = (rotate.never.value, &rotate.reason) {
            words = words.then(" Not rotated by plan: ").then(Inline::text(&reason.value)).then(".");
        }
        if let Some(owner) = &rotate.owner {
            words = words.then(" Owner: ").then(Inline::text(&owner.value)).then(".");
        }
    }
    paragraph(words).at(&origin)
}

fn rotation(plan: &Plan<'_>, declared: &Declared<'_>) -> Vec<Item> {
    let secret = declared.secret;
    let origin = &secret.origin;
    let mut all =
        vec![item("Make a new value at whoever issues it; the old one stays valid until the last step.").at(origin)];
    let store = |verb| store_script(plan, declared, verb);
    if let Some(script) = store(StoreVerb::Put) {
        let text = "Put it into the store; the command reads it from standard input or asks for it, so that no history keeps it.";
        all.push(item(text).at(origin).with(shell(script)));
    }
    if let Some(script) = store(StoreVerb::Check) {
        all.push(item("See that it is there.").at(origin).with(shell(script)));
    }
    all.extend(taken_over(plan, declared));
    if let Some(script) = store(StoreVerb::Disable) {
        let facts = declared.environments.first().and_then(|environment| command::store(environment, secret));
        let kept = facts.is_some_and(|facts| facts.versions.value);
        if kept {
            let text = prose(
                "Switch the old value off in the store, and revoke it at whoever issued it. `OLD_VERSION` is the version before the new one.",
                &[],
            );
            all.push(item(text).at(origin).with(shell(script)));
            return all;
        }
    }
    all.push(item("Revoke the old value at whoever issued it.").at(origin));
    all
}

fn store_script(plan: &Plan<'_>, declared: &Declared<'_>, verb: StoreVerb) -> Option<Script> {
    let mut script = Script::new();
    let mut seen: Vec<Script> = Vec::new();
    for environment in &declared.environments {
        let Some(command) = command::of_store(plan, environment, declared.secret, verb) else { continue };
        if !seen.contains(&command) {
            script.append(&command);
            seen.push(command);
        }
    }
    (!script.is_empty()).then_some(script)
}

/// What makes the programs read the new value.
fn taken_over(plan: &Plan<'_>, declared: &Declared<'_>) -> Vec<Item> {
    let secret = declared.secret;
    let mut all = Vec::new();
    for route in routes(plan, secret) {
        let text = prose(
            "Roll the alerting configuration out again, then send a test alert to {route}.",
            &[("route", code(&route.name.value))],
        );
        all.push(item(text).at(&route.origin));
    }
    for environment in &declared.environments {
        let readers = readers(plan, environment, secret);
        if readers.is_empty() {
            continue;
        }
        let (after, origin) = match &secret.rotate {
            Some(rotate) => (rotate.then.value, rotate.then.origin.clone()),
            None => (AfterRotation::Restart, Origin::rule("programs read secrets when they start")),
        };
        let origin = readers.iter().fold(origin, |origin, reader| origin.with(&reader.origin()));
        let readers_named = || names(readers.iter().map(Deployment::name));
        // A store that the pipeline copies from is read at a release only.
        let after = if copied(environment, secret) && after == AfterRotation::Restart {
            AfterRotation::Redeploy
        } else {
            after
        };
        let verify = script_of(plan, &readers, "verify");
        match after {
            AfterRotation::Restart => {
                let mut script = script_of(plan, &readers, "restart");
                script.append(&verify);
                if !script.is_empty() {
                    let lasting = names(readers.iter().filter(|one| one.is_lasting()).map(Deployment::name));
                    let text = Prose::from("Restart what reads it, ").then(lasting).then(" in ");
                    let text = text.then(code(&environment.name.value)).then(", and verify.");
                    all.push(item(text).at(&origin).with(shell(script)));
                }
            }
            AfterRotation::Redeploy => {
                let mut script = redeploy(plan, &readers);
                script.append(&verify);
                let text = Prose::from("Release again, so that the new value reaches ").then(readers_named());
                let text = text.then(" in ").then(code(&environment.name.value)).then(":");
                all.push(item(text).at(&origin).with(shell(script)));
            }
            AfterRotation::None if verify.is_empty() => {}
            AfterRotation::None => {
                let text = Prose::from("Nothing has to be restarted. See that ").then(readers_named());
                let text = text.then(" in ").then(code(&environment.name.value)).then(" is well:");
                all.push(item(text).at(&origin).with(shell(verify)));
            }
        }
    }
    all
}

/// Whether the host gets the value from the pipeline instead of reading it from the store.
fn copied(environment: &EnvironmentFacts, secret: &model::Secret) -> bool {
    let Some(platform) = standard::platform(&environment.host.platform.value) else { return false };
    let Some(from) = &secret.from else { return false };
    let row = platform.secret_store.iter().find(|row| row.store.value == from.store.value);
    row.is_some_and(|row| row.support.value == PlatformSupport::Workflow)
}

fn script_of(plan: &Plan<'_>, readers: &[Deployment<'_>], name: &str) -> Script {
    let mut script = Script::new();
    for reader in readers {
        if let Some(command) = command::of_deployment(plan, reader, name) {
            script.at(&reader.origin(), |script| {
                script.append(&command);
            });
        }
    }
    script
}

/// The release of each unit that has a reader.
fn redeploy(plan: &Plan<'_>, readers: &[Deployment<'_>]) -> Script {
    let mut script = Script::new();
    let mut seen: Vec<&str> = Vec::new();
    for reader in readers {
        let unit = reader.workload.unit.as_str();
        if !seen.contains(&unit) {
            seen.push(unit);
            script.at(&reader.origin(), |script| {
                script.append(&command::release(plan, reader.environment, unit));
            });
        }
    }
    script
}
