//! Documents for people: the runbook, the deployment plan and Day 0, from the plan alone.
//!
//! Every block carries the declaration it rests on: whoever deletes that declaration deletes the block.

pub mod bootstrap;
mod command;
mod deployment;
pub mod deployment_plan;
mod people;
mod rollback;
pub mod runbook;
mod timing;

use crate::artifact::markdown::{Block, Inline, Prose};
use crate::artifact::slug;
use crate::derive::Scope;
use crate::plan::Plan;
use crate::source::Origin;

/// The path of a document.
fn path(plan: &Plan<'_>, name: &str) -> String {
    [plan.docs().trim_end_matches('/'), "/", name].concat()
}

/// Adds a heading and what stands under it, unless nothing does.
fn section(out: &mut Vec<Block>, heading: Block, blocks: Vec<Block>) {
    let filled: Vec<Block> = blocks.into_iter().filter(|block| !block.is_empty()).collect();
    if !filled.is_empty() {
        out.push(heading);
        out.extend(filled);
    }
}

/// A link to another heading of the same document, by what it says.
fn here(shown: &str, heading: &str) -> Inline {
    Inline::here(shown, slug(heading))
}

/// Data as code.
fn code(data: impl Into<String>) -> Inline {
    Inline::code(data)
}

/// Names as code, with commas.
fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> Prose {
    Prose::joined(names.into_iter().map(code), ", ")
}

/// A sentence of the standard library: its placeholders are filled, its `code` is code.
fn told(text: &str, holes: &[(&str, Prose)]) -> Prose {
    let mut out = Prose::default();
    for (index, piece) in text.split('`').enumerate() {
        let is_code = index % 2 == 1;
        let mut rest = piece;
        while let Some((before, fill, after)) = first_hole(rest, holes) {
            out = match is_code {
                true => out.then(code([before, &fill.shown()].concat())),
                false => plain(out, before).then(fill.clone()),
            };
            rest = after;
        }
        out = match (is_code, rest.is_empty()) {
            (_, true) => out,
            (true, false) => out.then(code(rest)),
            (false, false) => plain(out, rest),
        };
    }
    out
}

fn plain(out: Prose, text: &str) -> Prose {
    if text.is_empty() { out } else { out.then(text) }
}

/// The first placeholder that one of the holes fills: what stands before it, what fills it, what follows.
fn first_hole<'t, 'h>(text: &'t str, holes: &'h [(&str, Prose)]) -> Option<(&'t str, &'h Prose, &'t str)> {
    holes
        .iter()
        .filter_map(|(name, fill)| {
            let (before, after) = text.split_once(["{", name, "}"].concat().as_str())?;
            Some((before, fill, after))
        })
        .min_by_key(|(before, ..)| before.len())
}

/// A text of the user with its templates filled, as it reads where people are woken.
fn words(plan: &Plan<'_>, text: &str) -> String {
    let place = deployment::watched(plan).first().map(|one| one.environment);
    let Some((facts, environment)) = place.and_then(|facts| Some((facts, plan.environment(facts)?))) else {
        return text.to_owned();
    };
    let scope = Scope {
        app: plan.model.app.as_ref(),
        environment,
        tier: facts.tier.value.word(),
        domain: facts.domain.as_ref().map(|domain| domain.value.clone()),
        setting: plan.setting(facts),
    };
    scope.expand_text(text)
}

/// Text without an origin of its own that every such document has.
fn always(why: &'static str) -> Origin {
    Origin::rule(why)
}
