//! Rotating a secret: the store's commands, in order, and what has to read the new value.

use std::collections::BTreeSet;

use crate::artifact::Script;
use crate::artifact::markdown::{Item, Prose, item, prose, shell};
use crate::derive::EnvironmentFacts;
use crate::emit::paper::command::{self, StoreVerb};
use crate::emit::paper::deployment::Deployment;
use crate::emit::paper::security::secrets::{Declared, programs, routes};
use crate::emit::paper::{code, names};
use crate::emit::platform;
use crate::model::{self, AfterRotation, PlatformSupport};
use crate::plan::Plan;
use crate::source::Origin;
use crate::standard;

/// The steps, in order.
pub(super) fn steps(plan: &Plan<'_>, declared: &Declared<'_>) -> Vec<Item> {
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
    for environment in declared.environments.iter().filter(|one| is_kept(one, declared.secret)) {
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
        let readers = programs(plan, environment, secret);
        if readers.is_empty() {
            continue;
        }
        if environment.ephemeral.value {
            let text = Prose::from("What is up in ").then(code(&environment.name.value));
            all.push(item(text.then(" reads it when it is brought up again.")).at(&environment.name.origin));
            continue;
        }
        if !environment.host.is_released() {
            all.extend(on_own_machine(plan, environment, secret, &readers));
            continue;
        }
        let (after, origin) = match &secret.rotate {
            Some(rotate) => (rotate.then.value, rotate.then.origin.clone()),
            None => (AfterRotation::Restart, Origin::rule("programs read secrets when they start")),
        };
        let origin = origin.with_all(readers.iter().map(Deployment::origin));
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

/// What somebody does who runs the environment on their own machine.
fn on_own_machine(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    secret: &model::Secret,
    readers: &[Deployment<'_>],
) -> Option<Item> {
    let origin = environment.host.platform.origin.clone().with_all(readers.iter().map(Deployment::origin));
    let filled = platform::backend(&environment.host.platform.value)?.filled(plan, environment, secret)?;
    let words = Prose::from("Whoever runs ").then(code(&environment.name.value)).then(" puts it into ").then(filled);
    let script = script_of(plan, readers, "restart");
    Some(match script.is_empty() {
        true => item(words.then(".")).at(&origin),
        false => item(words.then(", and restarts what reads it:")).at(&origin).with(shell(script)),
    })
}

/// Whether the store holds a value for an environment: a store of the pipeline keeps none for what it does not release.
pub(crate) fn is_kept(environment: &EnvironmentFacts, secret: &model::Secret) -> bool {
    environment.host.is_released() || !copied(environment, secret)
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
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for reader in readers {
        let unit = reader.workload.unit.as_str();
        if seen.insert(unit) {
            script.at(&reader.origin(), |script| {
                script.append(&command::release(plan, reader.environment, unit));
            });
        }
    }
    script
}
