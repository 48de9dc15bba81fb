//! `docs/bootstrap.md`: Day 0, what must exist before the first release, what makes it and what only people can do.

use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, heading, item, paragraph, prose, shell};
use crate::artifact::{Artifact, Group, Script};
use crate::derive::EnvironmentFacts;
use crate::emit::ops;
use crate::emit::paper::command::{self, StoreVerb};
use crate::emit::paper::deployment::deployments;
use crate::emit::paper::security::rotation;
use crate::emit::paper::{always, code, section};
use crate::emit::platform::Provision;
use crate::model;
use crate::plan::Plan;
use crate::prove::Proofs;

/// Adds the document where something has to exist.
pub(crate) fn emit(plan: &Plan<'_>, _: &Proofs, artifacts: &mut Vec<Artifact>) {
    let Some(app) = &plan.model.app else { return };
    if deployments(plan).is_empty() {
        return;
    }
    let path = super::path(plan, "bootstrap.md");
    artifacts.push(Artifact::markdown(path, Group::Operations, blocks(plan), &app.name.origin));
}

fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("a part of every Day 0");
    let mut out = vec![heading(1, ["Day 0: ", plan.app()].concat())];
    let words = "What must exist before the first deployment. Everything here can be run again at any time: what is there already is left alone.";
    out.push(paragraph(words).at(&rule));
    let mut run = Script::new();
    run.line("ops/bootstrap.sh --check", &[]);
    run.line("ops/bootstrap.sh", &[]);
    let words = prose("The first line says what is missing and changes nothing; the second makes it:", &[]);
    let needs = prose(
        "It needs bash 4.4, `jq`, `gh` and the tool of each platform, logged in as somebody who may do this.",
        &[],
    );
    let first = vec![paragraph(words).at(&rule), shell(run).at(&rule), paragraph(needs).at(&rule)];
    section(&mut out, heading(2, "Make and check").at(&rule), first);
    let (by_hand, made): (Vec<Provision>, Vec<Provision>) =
        ops::provisions(plan).into_iter().partition(|provision| provision.make.is_empty());
    section(&mut out, heading(2, "What it makes").at(&rule), vec![bullets(made.iter().map(told))]);
    section(&mut out, heading(2, "What only people can do").at(&rule), vec![bullets(by_hand.iter().map(told))]);
    section(&mut out, heading(2, "Put the secrets in").at(&rule), secrets(plan));
    let first = prose("`ops/bootstrap.sh --check` ends with 0. Then the first deployment: ", &[])
        .then(Inline::section("Deployment", super::runbook::path(plan), "deployment"))
        .then(".");
    section(&mut out, heading(2, "Done when").at(&rule), vec![paragraph(first).at(&rule)]);
    out
}

fn told(provision: &Provision) -> Item {
    let words = Prose::from(Inline::strong(&provision.about)).then(": ").then(Inline::text(&provision.because));
    item(words).at(&provision.origin)
}

/// The commands that put each secret's first value in, by environment: the values are people's.
fn secrets(plan: &Plan<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    for environment in plan.lasting() {
        let mut script = Script::new();
        for secret in &plan.setting(environment).secrets {
            if !reaches(environment, secret) || !rotation::is_kept(environment, secret) {
                continue;
            }
            if let Some(put) = command::of_store(plan, environment, secret, StoreVerb::Put) {
                script.at(&secret.origin, |script| {
                    script.append(&put);
                });
            }
        }
        if !script.is_empty() {
            let words = Prose::from("For ").then(code(&environment.name.value));
            let words = words.then(", each command reading one value from standard input or asking for it:");
            out.push(paragraph(words).at(&environment.name.origin));
            out.push(shell(script).at(&environment.name.origin));
        }
    }
    out
}

fn reaches(environment: &EnvironmentFacts, secret: &model::Secret) -> bool {
    secret.only.is_empty() || secret.only.iter().any(|only| only.value == environment.name.value)
}
