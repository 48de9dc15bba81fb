//! The section Troubleshooting: an entry for each kind of failure that can happen here, with symptom, cause, solution and escalation.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::Script;
use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, heading, item, paragraph, shell, steps};
use crate::derive::{EnvironmentFacts, Role};
use crate::emit::paper::command::Commands;
use crate::emit::paper::deployment::{Deployment, by_environment, deployments};
use crate::emit::paper::runbook::operations::CONNECT;
use crate::emit::paper::security::linked;
use crate::emit::paper::{code, command, here, names, people, told, words};
use crate::model::{self, Applies, ServiceKind};
use crate::ordered::Ordered;
use crate::plan::signal::Signal;
use crate::plan::{Plan, joined, link};
use crate::source::Origin;
use crate::standard;

/// What an entry of the standard library is told of here.
struct Case<'a> {
    /// The deployments whose commands it shows.
    deployments: Vec<Deployment<'a>>,
    /// The resources it is about, each in its environment.
    resources: Vec<(&'a EnvironmentFacts, &'a model::Resource)>,
    /// Deployments that it would be told of if it were not told of those.
    beneath: Vec<Deployment<'a>>,
    /// What makes it apply.
    origin: Origin,
}

pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    let mut index: Vec<Item> = Vec::new();
    let mut entries = Vec::new();
    let led = Led::of(plan.signals());
    for runbook in &plan.model.declared.runbooks {
        index.push(listed(plan, &runbook.name.value, &runbook.name.origin));
        entries.extend(declared(plan, runbook, &led));
    }
    let mut known = standard::all::<model::StdRunbook>("runbook");
    // What people notice first stands first.
    known.sort_by_key(|entry| entry.subject.value != "service");
    for entry in known {
        // A project's own entry of the same name replaces it.
        if plan.model.declared.runbooks.iter().any(|own| own.name.value == entry.name.value) {
            continue;
        }
        if let Some(case) = case(plan, entry, &led) {
            index.push(listed(plan, &entry.name.value, &case.origin));
            entries.extend(standard_entry(plan, entry, &case));
        }
    }
    out.push(bullets(index));
    out.retain(|block| !block.is_empty());
    out.extend(entries);
    out
}

/// An entry in the list at the head of the section.
fn listed(plan: &Plan<'_>, name: &str, origin: &Origin) -> Item {
    item(Inline::here(link::runbook_title(name, plan), link::runbook_anchor(name, plan))).at(origin)
}

fn title(plan: &Plan<'_>, name: &str, origin: &Origin) -> Block {
    heading(3, link::runbook_title(name, plan)).keyed(name).at(origin)
}

fn label(text: &str, origin: &Origin) -> Block {
    paragraph(Prose::from(Inline::strong([text, ":"].concat()))).at(origin)
}

/// An entry of the project.
fn declared(plan: &Plan<'_>, runbook: &model::Runbook, led: &Led<'_>) -> Vec<Block> {
    // An entry of the standard library of that name would stand in its place.
    let beneath = standard::get::<model::StdRunbook>("runbook", &runbook.name.value);
    let beneath = beneath.and_then(|entry| case(plan, entry, led)).map(|case| case.origin);
    let origin = &runbook.name.origin.clone().with_all(&beneath);
    let sentence = |text: &crate::source::Sourced<String>| item(words(plan, &text.value)).at(&text.origin);
    let fixes = runbook.fix.iter().map(|fix| {
        let step = item(words(plan, &fix.text.value)).at(&fix.origin);
        match &fix.run {
            Some(run) => step.with(shell(Script::user(&run.value)).at(&run.origin)),
            None => step,
        }
    });
    let led = plan.signals().iter().filter(|signal| leads_to(signal, &runbook.name.value));
    let mut out = vec![
        title(plan, &runbook.name.value, origin),
        label("Symptom", origin),
        bullets(alerts(plan, led.collect()).into_iter().chain(runbook.symptom.iter().map(sentence))),
        label("Cause", origin),
        bullets(runbook.cause.iter().map(sentence)),
        label("Solution", origin),
        steps(fixes),
    ];
    let (to, by) = match &runbook.escalate {
        Some(route) => (people::route_words(plan, &route.value), route.origin.clone()),
        None => match people::owner(plan) {
            Some((owner, by)) => (owner, by),
            None => return out,
        },
    };
    let words = Prose::from(Inline::strong("Escalation:")).then(" if that does not help, ").then(to).then(".");
    out.push(paragraph(words).at(&by));
    out
}

/// Where an entry of the standard library applies: where people are woken, else wherever it does; and wherever an alert
/// leads to it.
fn case<'a>(plan: &Plan<'a>, entry: &model::StdRunbook, led: &Led<'_>) -> Option<Case<'a>> {
    let applies = entry.applies.value;
    let mut found: Vec<(Deployment<'a>, Origin)> = Vec::new();
    let pool = match applies == Applies::Preview {
        true => previews(plan),
        false => deployments(plan),
    };
    for one in pool {
        let grounds = match is_of(&entry.kind, one.workload.role.value) {
            true => plan.grounds(one.environment, Some(one.workload), applies),
            false => None,
        };
        found.extend(grounds.or_else(|| led.to(entry, &one)).map(|origin| (one, origin)));
    }
    let mut beneath = Vec::new();
    if found.iter().any(|(one, _)| plan.is_production(one.environment)) {
        (found, beneath) = found.into_iter().partition(|(one, _)| plan.is_production(one.environment));
    }
    let origin = joined(found.iter().chain(&beneath).map(|(_, origin)| origin.clone()))?;
    let places = |all: Vec<(Deployment<'a>, Origin)>| all.into_iter().map(|(one, _)| one).collect();
    let (found, beneath): (Vec<Deployment<'a>>, Vec<Deployment<'a>>) = (places(found), places(beneath));
    let mut resources: Ordered<(usize, &str), (&EnvironmentFacts, &model::Resource)> = Ordered::default();
    if entry.subject.value == "resource" {
        for one in &found {
            for resource in plan.used(one.environment, one.workload) {
                if crate::plan::suits(resource, applies) {
                    let key = (one.environment.index, resource.name.value.as_str());
                    resources.or_insert_with(key, || (one.environment, resource));
                }
            }
        }
    }
    Some(Case { deployments: found, resources: resources.into_iter().collect(), beneath, origin })
}

/// Whether an alert sends people to an entry.
fn leads_to(signal: &Signal, entry: &str) -> bool {
    signal.runbook.as_ref().is_some_and(|runbook| runbook.value == entry)
}

/// The alerts that lead to an entry, where it is told of.
fn leading(plan: &Plan<'_>, entry: &model::StdRunbook, case: &Case<'_>) -> Vec<Item> {
    let places: BTreeSet<&str> = case.deployments.iter().map(Deployment::place).collect();
    let here = |signal: &&Signal| places.contains(signal.environment.as_str());
    let led = plan.signals().iter().filter(|signal| leads_to(signal, &entry.name.value));
    alerts(plan, led.filter(here).collect())
}

/// Alerts with the condition of their rule; those that say the same of several programs are one.
fn alerts(plan: &Plan<'_>, mut led: Vec<&Signal>) -> Vec<Item> {
    let production = plan.lasting().filter(|one| plan.is_production(one));
    let production: BTreeSet<&str> = production.map(|one| one.name.value.as_str()).collect();
    let is_production = |signal: &Signal| production.contains(signal.environment.as_str());
    if led.iter().any(|signal| is_production(signal)) {
        led.retain(|signal| is_production(signal));
    }
    let mut told: Ordered<(&str, &str), Told<'_>> = Ordered::default();
    for signal in led {
        let about = signal.service.as_deref().or(signal.resource.as_deref()).or(signal.domain.as_deref());
        let about = about.unwrap_or(signal.environment.as_str());
        let row = told.or_insert_with((&signal.name, &signal.text), || Told {
            signal,
            about: Ordered::default(),
            origins: Vec::new(),
        });
        row.about.or_insert_with(about, || about);
        row.origins.push(signal.origin.clone());
    }
    let item = |Told { signal, about, origins }: Told<'_>| {
        let words = Prose::from("The alert ").then(code(&signal.name)).then(" fires for ").then(names(about));
        item(words.then(": ").then(code(&signal.text))).at(&joined(origins).unwrap_or_default())
    };
    told.into_iter().map(item).collect()
}

/// An alert, and everything that it is told for in the same words.
struct Told<'s> {
    signal: &'s Signal,
    about: Ordered<&'s str, &'s str>,
    origins: Vec<Origin>,
}

/// The first alert of each service that leads to an entry: by environment, service and entry.
struct Led<'s>(BTreeMap<(&'s str, &'s str, &'s str), &'s Signal>);

impl<'s> Led<'s> {
    fn of(signals: &'s [Signal]) -> Led<'s> {
        let mut all = BTreeMap::new();
        for signal in signals {
            if let (Some(service), Some(runbook)) = (&signal.service, &signal.runbook) {
                all.entry((signal.environment.as_str(), service.as_str(), runbook.value.as_str())).or_insert(signal);
            }
        }
        Led(all)
    }

    fn to(&self, entry: &model::StdRunbook, one: &Deployment<'_>) -> Option<Origin> {
        let signal = self.0.get(&(one.place(), one.name(), entry.name.value.as_str()))?;
        Some(signal.origin.clone().with(&one.origin()))
    }
}

fn previews<'a>(plan: &Plan<'a>) -> Vec<Deployment<'a>> {
    plan.ephemeral()
        .flat_map(|environment| environment.workloads.iter().map(move |workload| Deployment { environment, workload }))
        .collect()
}

fn is_of(kinds: &[crate::source::Sourced<ServiceKind>], role: Role) -> bool {
    let kind = match role {
        Role::Web => ServiceKind::Web,
        Role::Api => ServiceKind::Api,
        Role::Worker => ServiceKind::Worker,
        Role::Cron => ServiceKind::Cron,
        Role::Static => ServiceKind::Static,
        Role::Function => ServiceKind::Function,
        Role::Task => return kinds.is_empty(),
    };
    kinds.is_empty() || kinds.iter().any(|known| known.value == kind)
}

fn standard_entry(plan: &Plan<'_>, entry: &model::StdRunbook, case: &Case<'_>) -> Vec<Block> {
    let origin = &case.origin;
    let holes = holes(plan, case);
    let causes = entry.cause.iter().filter_map(|cause| {
        let origin = grounds(plan, case, cause.applies.value)?;
        Some(item(told(&cause.value.value, &holes)).at(&origin))
    });
    let symptoms = entry.symptom.iter().map(|symptom| item(told(&symptom.value, &holes)).at(origin));
    let items = |all: &[model::StdRunbookStep]| -> Vec<Item> {
        all.iter().filter_map(|step| step_item(plan, step, case, &holes)).collect()
    };
    let mut out = vec![title(plan, &entry.name.value, origin)];
    let parts = [
        ("Symptom", bullets(leading(plan, entry, case).into_iter().chain(symptoms))),
        ("Cause", bullets(causes)),
        ("Look first", steps(items(&entry.look))),
        ("Solution", steps(items(&entry.fix))),
        ("Solved when", bullets(items(&entry.verify))),
    ];
    for (name, list) in parts {
        if !list.is_empty() {
            out.extend([label(name, origin), list]);
        }
    }
    if let Some(escalate) = &entry.escalate {
        let severity = entry.severity.value;
        let words = Prose::from(Inline::strong("Escalation:")).then(" ").then(told(&escalate.value, &holes));
        out.push(paragraph(words.then(to_whom(plan, severity))).at(&escalation_origin(plan, severity, origin)));
    }
    out
}

/// ` Through the route …; owner ….`
fn to_whom(plan: &Plan<'_>, severity: model::AlertSeverity) -> Prose {
    let route = people::route_of(plan, severity)
        .map(|route| Prose::from(" Route: ").then(people::route_words(plan, &route.name.value)).then("."));
    let owner = people::owner(plan).map(|(owner, _)| Prose::from(" Owner: ").then(owner).then("."));
    route.unwrap_or_default().then(owner.unwrap_or_default())
}

fn escalation_origin(plan: &Plan<'_>, severity: model::AlertSeverity, first: &Origin) -> Origin {
    let origin = first.clone();
    let origin = people::route_of(plan, severity).iter().fold(origin, |origin, route| origin.with(&route.origin));
    people::owner(plan).iter().fold(origin, |origin, (_, owner)| origin.with(owner))
}

/// What makes something apply to what the entry is told of.
fn grounds(plan: &Plan<'_>, case: &Case<'_>, applies: Applies) -> Option<Origin> {
    if applies == Applies::Always {
        return Some(case.origin.clone());
    }
    let of = |one: &Deployment<'_>| plan.grounds(one.environment, Some(one.workload), applies);
    let first = joined(case.deployments.iter().filter_map(of))?;
    let others: Vec<Origin> = case.beneath.iter().filter_map(of).collect();
    Some(first.with_all(&others))
}

/// What the placeholders of its sentences stand for.
fn holes(plan: &Plan<'_>, case: &Case<'_>) -> Vec<(&'static str, Prose)> {
    let mut resources: Vec<&str> = case.resources.iter().map(|(_, resource)| resource.name.value.as_str()).collect();
    resources.dedup();
    let mut domains: Vec<&str> = Vec::new();
    let mut budgets: Vec<String> = Vec::new();
    for one in &case.deployments {
        domains.extend(one.environment.domains().iter().map(|domain| domain.value.as_str()));
        budgets.extend(plan.budgets(one.environment).map(|budget| budget.amount.value.to_string()));
    }
    domains.sort_unstable();
    domains.dedup();
    budgets.sort_unstable();
    budgets.dedup();
    let owner = people::owner(plan).map_or_else(|| Prose::from("the owner of the application"), |(owner, _)| owner);
    let mut services: Vec<&str> = case.deployments.iter().map(Deployment::name).collect();
    services.dedup();
    let service = match services.as_slice() {
        [only] => (*only).to_owned(),
        _ => "SERVICE".to_owned(),
    };
    vec![
        ("service", service.into()),
        ("resource", names(resources)),
        ("domain", names(domains)),
        ("budget", budgets.join(", ").into()),
        ("owner", owner),
    ]
}

/// A step with its commands, where there are any.
fn step_item(plan: &Plan<'_>, step: &model::StdRunbookStep, case: &Case<'_>, holes: &[(&str, Prose)]) -> Option<Item> {
    let origin = grounds(plan, case, step.applies.value)?;
    let words = linked(plan, seen(plan, told(&step.value.value, holes)));
    let of_product = |run: &model::StdRunbookStepRun| {
        standard::get::<model::StdResourceKind>("resource-kind", &run.platform.value).is_some()
    };
    let words = match step.run.iter().any(of_product) && super::operations::connects(plan) {
        true => words.then(", connected as in ").then(here(CONNECT, CONNECT)),
        false => words,
    };
    let text = item(words).at(&origin);
    let blocks = commands(plan, step, case);
    Some(blocks.into_iter().fold(text, Item::with))
}

/// The words with a link to where this document lists dashboards.
fn seen(plan: &Plan<'_>, words: Prose) -> Prose {
    match super::monitoring::seen(plan) {
        Some(heading) => pointed(words, &here(heading, heading)),
        None => words,
    }
}

/// The words with a link where they send somebody to the dashboard.
pub(super) fn pointed(words: Prose, link: &Inline) -> Prose {
    const SEEN: &str = "the dashboard";
    let link = match link {
        Inline::Link { target, .. } => Inline::Link { text: vec![Inline::text(SEEN)], target: target.clone() },
        Inline::Text(_) | Inline::Code(_) | Inline::Strong(_) => link.clone(),
    };
    let mut out = Prose::default();
    for inline in words.0 {
        match &inline {
            Inline::Text(text) => match text.split_once(SEEN) {
                Some((before, after)) => {
                    out = out.then(before).then(link.clone()).then(after);
                }
                None => out = out.then(inline),
            },
            Inline::Code(_) | Inline::Strong(_) | Inline::Link { .. } => out = out.then(inline),
        }
    }
    out
}

/// The commands of a step: its own, by platform or resource kind, else the platform's.
fn commands(plan: &Plan<'_>, step: &model::StdRunbookStep, case: &Case<'_>) -> Vec<Block> {
    let mut commands = Commands::default();
    if step.run.is_empty() {
        let Some(name) = &step.use_ else { return Vec::new() };
        for (environment, resource) in &case.resources {
            commands.add(command::of_resource(plan, environment, resource, &name.value), &resource.name.origin);
        }
        for one in by_environment(&case.deployments).into_iter().flat_map(|(_, group)| group) {
            commands.add(command::of_deployment(plan, &one, &name.value), &one.origin());
        }
    } else {
        own_commands(plan, step, case, &mut commands);
    }
    let block = shell(commands.script());
    if block.is_empty() { Vec::new() } else { vec![block.at(&case.origin)] }
}

fn own_commands(plan: &Plan<'_>, step: &model::StdRunbookStep, case: &Case<'_>, commands: &mut Commands) {
    let row = |name: &str| step.run.iter().find(|row| row.platform.value == name).map(|row| row.command.value.as_str());
    let mut found = false;
    let resources = match case.resources.is_empty() {
        true => used_by(plan, case),
        false => case.resources.clone(),
    };
    for (environment, resource) in resources {
        if let Some(template) = row(resource.kind.value.word()) {
            commands.add(command::of_product(plan, environment, resource, template), &resource.name.origin);
            found = true;
        }
    }
    for one in &case.deployments {
        let template = row(&one.workload.host.platform.value).or_else(|| row("default").filter(|_| !found));
        if let Some(template) = template {
            commands.add(command::of_place(plan, one.environment, Some(one.workload), template), &one.origin());
        }
    }
}

/// The resources that the deployments of a case use.
fn used_by<'a>(plan: &Plan<'a>, case: &Case<'a>) -> Vec<(&'a EnvironmentFacts, &'a model::Resource)> {
    let mut all: Vec<(&EnvironmentFacts, &model::Resource)> = Vec::new();
    for one in &case.deployments {
        for resource in plan.used(one.environment, one.workload) {
            all.push((one.environment, resource));
        }
    }
    all
}
