//! `docs/runbook.md`: Deployment, Operations, Monitoring, Troubleshooting, Rollback, for whoever is on call.

mod deployment;
mod monitoring;
mod operations;
mod troubleshooting;

use crate::artifact::markdown::{Block, Inline, Prose, heading, paragraph, prose, row, table};
use crate::artifact::{Artifact, Group, slug};
use crate::emit::paper::deployment::{addresses, deployments, host_words, released, watched};
use crate::emit::paper::{always, code, here, people, rollback, section, words};
use crate::plan::Plan;
use crate::prove::Proofs;

/// Its path.
pub fn path(plan: &Plan<'_>) -> String {
    super::path(plan, "runbook.md")
}

/// Adds the runbook of whatever lasts.
pub(crate) fn emit(plan: &Plan<'_>, _: &Proofs, artifacts: &mut Vec<Artifact>) {
    let Some(app) = &plan.model.app else { return };
    if deployments(plan).is_empty() {
        return;
    }
    artifacts.push(Artifact::markdown(path(plan), Group::Operations, blocks(plan), &app.name.origin));
}

/// A link to where dashboards and logs are listed, where there are any.
pub(super) fn dashboards(plan: &Plan<'_>) -> Option<Inline> {
    monitoring::seen(plan).map(|heading| Inline::section(heading, path(plan), slug(heading)))
}

/// The words of another document, with a link where they send somebody to the dashboard.
pub(super) fn pointed(plan: &Plan<'_>, words: Prose) -> Prose {
    match dashboards(plan) {
        Some(link) => troubleshooting::pointed(words, &link),
        None => words,
    }
}

/// The entries of the section Troubleshooting, each with the anchor of its heading: what alerts link to.
pub fn entries(plan: &Plan<'_>) -> Vec<(String, String)> {
    let document = blocks(plan);
    let anchors = crate::artifact::anchors(&document);
    anchors.into_iter().filter_map(|anchor| Some((anchor.key?, anchor.slug))).collect()
}

fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("a section of every runbook");
    let mut out = vec![heading(1, ["Runbook: ", plan.app()].concat()).at(&app_origin(plan))];
    out.extend(introduction(plan));
    let sections: [(&str, Vec<Block>); 5] = [
        ("Deployment", deployment::blocks(plan)),
        ("Operations", operations::blocks(plan)),
        ("Monitoring", monitoring::blocks(plan)),
        ("Troubleshooting", troubleshooting::blocks(plan)),
        ("Rollback", back(plan)),
    ];
    for (title, blocks) in sections {
        out.push(heading(2, title).at(&rule));
        out.extend(blocks);
    }
    out
}

fn app_origin(plan: &Plan<'_>) -> crate::source::Origin {
    plan.model.app.as_ref().map(|app| app.name.origin.clone()).unwrap_or_default()
}

fn introduction(plan: &Plan<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    if let Some(app) = &plan.model.app {
        if let Some(description) = &app.description {
            out.push(paragraph(words(plan, &description.value)).at(&description.origin));
        }
        if let Some((owner, origin)) = people::owner(plan) {
            out.push(paragraph(Prose::from("Owner: ").then(owner).then(".")).at(&origin));
        }
        out.extend(links(app));
    }
    out.extend([places(plan), people::contacts(plan)].into_iter().filter(|block| !block.is_empty()));
    out
}

/// The documents that this one belongs to.
pub(super) fn links(app: &crate::model::App) -> Vec<Block> {
    let Some(link) = &app.link else { return Vec::new() };
    let known = [("Architecture", &link.architecture), ("Plan", &link.plan)];
    let mut all: Vec<(String, &crate::source::Sourced<String>)> =
        known.into_iter().filter_map(|(title, path)| path.as_ref().map(|path| (title.to_owned(), path))).collect();
    all.extend(link.others.iter().map(|(name, path)| (name.value.clone(), path)));
    all.into_iter()
        .map(|(title, path)| {
            let shown = match path.value.contains("://") {
                true => Inline::url(&path.value, &path.value),
                false => Inline::file(&path.value, &path.value),
            };
            paragraph(Prose::from([&title, ": "].concat()).then(shown).then(".")).at(&path.origin)
        })
        .collect()
}

/// The environments that last, a row each.
fn places(plan: &Plan<'_>) -> Block {
    let rows = plan.lasting().map(|environment| {
        let ways = released(environment);
        let origin = ways.iter().fold(environment.name.origin.clone(), |origin, (_, way)| origin.with(way));
        let origin = environment.domain.iter().fold(origin, |origin, domain| origin.with(&domain.origin));
        row([
            Prose::from(code(&environment.name.value)),
            environment.tier.value.word().into(),
            host_words(&environment.host),
            addresses(environment),
            Prose::joined(ways.into_iter().map(|(words, _)| words), "; "),
        ])
        .at(&origin)
    });
    table(["Environment", "Tier", "Runs on", "Address", "Released"]).rows(rows)
}

/// The section Rollback.
fn back(plan: &Plan<'_>) -> Vec<Block> {
    let all = rollback::can_go_back(&deployments(plan));
    let rule = always("a part of every runbook");
    let mut out = Vec::new();
    let triggers = vec![rollback::triggers(plan, &all)].into_iter().chain(rollback::failed_step(&all)).collect();
    section(&mut out, heading(3, "Triggers").at(&rule), triggers);
    section(&mut out, heading(3, "Procedure").at(&rule), procedure(plan, all.len()));
    section(&mut out, heading(3, "Expected time").at(&rule), vec![rollback::durations(plan, &all)]);
    section(&mut out, heading(3, "Migrations").at(&rule), vec![rollback::schema(plan, &all)]);
    section(&mut out, heading(3, "Rehearsals").at(&rule), rehearsals(plan, &all));
    out
}

/// The procedure for where people are woken; elsewhere only the name differs.
fn procedure(plan: &Plan<'_>, all: usize) -> Vec<Block> {
    let woken = rollback::can_go_back(&watched(plan));
    let mut out = vec![rollback::procedure(plan, &woken, here("Migrations", "Migrations"))];
    if let Some(first) = woken.first().filter(|_| woken.len() < all) {
        let words = prose(
            "In another environment its name stands in place of {name}.",
            &[("name", code(&first.environment.name.value))],
        );
        out.insert(0, paragraph(words).at(&first.environment.name.origin));
    }
    out
}

fn rehearsals(plan: &Plan<'_>, all: &[super::deployment::Deployment<'_>]) -> Vec<Block> {
    let list = rollback::rehearsals(plan, all);
    if list.is_empty() {
        return Vec::new();
    }
    let words = prose(
        "A rehearsal is the procedure above in an environment that carries a release, forwards again afterwards; then write its date into `drill last=` of the strategy in `deploy.kdl`. ",
        &[],
    );
    vec![list, paragraph(words).at(&always("how every rollback is rehearsed"))]
}
