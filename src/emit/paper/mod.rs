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
pub mod security;
mod timing;

use crate::artifact::markdown::{Block, Inline, Prose};
use crate::artifact::{slug, told};
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
