//! What is looked at before and after a deployment: the standard lists, the project's additions, and lists of its own.

use crate::artifact::markdown::{Block, Item, Prose, Task, bullets, heading, shell, task};
use crate::emit::paper::command::Commands;
use crate::emit::paper::deployment::{Deployment, watched};
use crate::emit::paper::{always, command, section, told, words};
use crate::model::{self, Applies};
use crate::plan::{Plan, joined};
use crate::source::Origin;
use crate::standard;

pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("a part of every deployment plan");
    let mut out = Vec::new();
    let standard_lists = standard::all::<model::StdChecklist>("checklist");
    for list in &standard_lists {
        let own = plan.model.declared.checklists.iter().filter(|own| own.name.value == list.name.value);
        let items = list.item.iter().filter_map(|item| standard_item(plan, item));
        let all: Vec<Item> = items.chain(own.flat_map(|own| own_items(plan, own))).collect();
        section(&mut out, heading(3, list.title.value.as_str()).at(&rule), vec![bullets(all)]);
    }
    for own in &plan.model.declared.checklists {
        if standard_lists.iter().any(|list| list.name.value == own.name.value) {
            continue;
        }
        let title = ["Checklist ", &own.name.value].concat();
        section(&mut out, heading(3, title).at(&own.name.origin), vec![bullets(own_items(plan, own))]);
    }
    out
}

fn own_items(plan: &Plan<'_>, list: &model::Checklist) -> Vec<Item> {
    let owner = plan.model.app.as_ref().and_then(|app| app.owner.as_ref()).map(|owner| &owner.name.value);
    let told = |item: &model::ChecklistItem| {
        let text = Prose::from(words(plan, &item.text.value));
        let text = match item.owner.as_ref().map(|owner| &owner.value).or(owner) {
            Some(owner) => text.then([" (", owner, ")"].concat()),
            None => text,
        };
        task(Task::Open, text).at(&item.origin)
    };
    list.item.iter().map(told).collect()
}

/// An item of the standard library, with what shows it.
fn standard_item(plan: &Plan<'_>, item: &model::StdChecklistItem) -> Option<Item> {
    let all = watched(plan);
    let grounds = grounds(plan, &all, item.applies.value)?;
    let text = Prose::from(item.text.value.as_str());
    let text = match &item.evidence {
        Some(evidence) => text.then(" — ").then(told(&evidence.value, &[])),
        None => text,
    };
    let entry = task(Task::Open, text).at(&grounds);
    let Some(name) = &item.use_ else { return Some(entry) };
    let mut commands = Commands::default();
    for one in &all {
        for resource in plan.used(one.environment, one.workload) {
            commands.add(command::of_resource(plan, one.environment, resource, &name.value), &resource.name.origin);
        }
        commands.add(command::of_deployment(plan, one, &name.value), &one.origin());
    }
    let script = commands.script();
    if script.is_empty() { Some(entry) } else { Some(entry.with(shell(script).at(&grounds))) }
}

fn grounds(plan: &Plan<'_>, all: &[Deployment<'_>], applies: Applies) -> Option<Origin> {
    if applies == Applies::Always {
        return Some(always("an item of every checklist"));
    }
    joined(all.iter().filter_map(|one| plan.grounds(one.environment, Some(one.workload), applies)))
}
