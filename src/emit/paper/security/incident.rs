//! `docs/security/incident-response.md`: who does what within which time, a playbook for each threat, what is said, the review.

mod playbook;

use crate::artifact::markdown::{
    Block, Inline, Item, Prose, bullets, fence, heading, item, paragraph, prose, row, shell, steps, table,
};
use crate::artifact::{Artifact, Group, Script, slug};
use crate::emit::paper::command::Commands;
use crate::emit::paper::deployment::approval;
use crate::emit::paper::deployment::{Deployment, watched};
use crate::emit::paper::runbook::pointed;
use crate::emit::paper::security::{self, Entry, entries, linked, threat_model};
use crate::emit::paper::{always, code, command, people, runbook, section};
use crate::model::{
    Applies, StdIncidentMessage, StdIncidentQuestion, StdIncidentRole, StdIncidentSeverity, StdIncidentStep,
};
use crate::plan::{Plan, joined};
use crate::prove::threat::Judged;
use crate::source::Origin;
use crate::standard;
use crate::value::Duration;

/// Its path.
pub(super) fn path(plan: &Plan<'_>) -> String {
    security::path(plan, "incident-response")
}

/// A link to the playbook of a threat.
pub(super) fn link(plan: &Plan<'_>, entry: &Entry<'_, '_>) -> Option<Inline> {
    playbook::has_steps(entry).then(|| Inline::section("playbook", path(plan), slug(&playbook::title(entry))))
}

pub(super) fn emit(plan: &Plan<'_>, all: &[Judged<'_>], artifacts: &mut Vec<Artifact>) {
    let Some(app) = &plan.model.app else { return };
    artifacts.push(Artifact::markdown(path(plan), Group::ThreatModel, blocks(plan, all), &app.name.origin));
}

fn blocks(plan: &Plan<'_>, all: &[Judged<'_>]) -> Vec<Block> {
    let rule = always("a section of every incident response");
    let mut out = vec![heading(1, "Incident Response")];
    out.extend(introduction(plan));
    let (mut first, later): (Vec<&StdIncidentStep>, Vec<&StdIncidentStep>) =
        standard::all("incident-step").into_iter().partition(|step: &&StdIncidentStep| step.within.value <= HOUR);
    first.sort_by_key(|step| step.within.value);
    let sections = [
        ("Severities", severities(plan)),
        ("Roles", roles(plan)),
        ("Contacts", contacts(plan)),
        ("First Hour", vec![steps(timed(plan, &first))]),
        ("After the First Hour", vec![steps(timed(plan, &later))]),
        ("Playbooks", playbook::blocks(plan, &entries(all))),
        ("Communications", communications(plan)),
        ("Post-Mortem", review()),
    ];
    for (title, blocks) in sections {
        section(&mut out, heading(2, title).at(&rule), blocks);
    }
    out
}

const HOUR: Duration = Duration::from_minutes(60);

fn introduction(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("the introduction of every incident response");
    let model = Inline::file("Threat Model", threat_model::path(plan));
    let book = Inline::file("Runbook", runbook::path(plan));
    let words =
        Prose::from("For when somebody may be inside, data may be out or people cannot work. What can go wrong: ");
    let words = words.then(model).then(". Failures without anybody's intent: ").then(book).then(".");
    vec![paragraph(words).at(&rule)]
}

fn severities(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("incidents have these severities");
    let all: Vec<&StdIncidentSeverity> = standard::all("incident-severity");
    let rows = all.iter().map(|severity| {
        let route = people::route_of(plan, severity.severity.value);
        let to = route.map_or_else(
            || severity.severity.value.word().into(),
            |route| people::route_words(plan, &route.name.value),
        );
        let origin = route.iter().fold(severity.name.origin.clone(), |origin, route| origin.with(&route.origin));
        let describe = severity.describe.as_ref().map(|describe| describe.value.as_str()).unwrap_or_default();
        row([
            Prose::from([&severity.name.value, ", ", &severity.title.value].concat()),
            describe.into(),
            ["within ", &severity.acknowledge.value.to_string()].concat().into(),
            ["every ", &severity.update.value.to_string()].concat().into(),
            to,
            if severity.review.value { "yes" } else { "no" }.into(),
        ])
        .at(&origin)
    });
    let table =
        table(["Severity", "When", "Acknowledged", "Others are told", "Reaches people by", "Review"]).rows(rows);
    let mut out = vec![table.at(&rule)];
    let criticality = plan.model.app.as_ref().and_then(|app| app.criticality.as_ref());
    let level = criticality.map_or(ORDINARY, |level| level.value.get()).to_string();
    let outage = all.iter().find(|severity| severity.criticality.iter().any(|known| known.value == level));
    if let Some(severity) = outage {
        let words = prose(
            "That people cannot use {app} at all is {severity}, its criticality being {level}.",
            &[
                ("app", Inline::strong(plan.app())),
                ("severity", Inline::text(&severity.name.value)),
                ("level", Inline::text(level)),
            ],
        );
        let origin = criticality.map_or_else(
            || Origin::rule("an application is of criticality 3 unless it says otherwise"),
            |level| level.origin.clone(),
        );
        out.push(paragraph(words).at(&origin));
    }
    out
}

/// The criticality of an application that says nothing.
const ORDINARY: u64 = 3;

fn roles(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("incidents have these roles");
    let items = standard::all::<StdIncidentRole>("incident-role").into_iter().map(|role| {
        let describe = role.describe.as_ref().map(|describe| describe.value.as_str()).unwrap_or_default();
        item(Prose::from(Inline::strong(&role.name.value)).then(": ").then(describe)).at(&rule)
    });
    let mut out = vec![bullets(items)];
    if let Some((owner, origin)) = people::owner(plan) {
        let words = Prose::from("Until somebody else is named all three are ").then(owner).then(".");
        out.push(paragraph(words).at(&origin));
    }
    out
}

/// Who is reached how: the owner, the alert routes, and who approves a release.
fn contacts(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("a part of every incident response");
    let mut items: Vec<Item> = Vec::new();
    if let Some((owner, origin)) = people::owner(plan) {
        items.push(item(Prose::from("Answers for the application: ").then(owner).then(".")).at(&origin));
    }
    for environment in plan.lasting() {
        if let Some((words, origin)) = approval(environment) {
            let told = Prose::from("A release to ").then(code(&environment.name.value)).then(" needs ").then(words);
            items.push(item(told.then(".")).at(&origin.with(&environment.name.origin)));
        }
    }
    let policy =
        Prose::from("Reports from outside arrive as ").then(security::file(super::policy::PATH)).then(" says.");
    items.push(item(policy).at(&rule));
    let mut out = vec![bullets(items)];
    out.push(people::contacts(plan));
    out
}

/// Steps with their time, role and commands.
fn timed(plan: &Plan<'_>, all: &[&StdIncidentStep]) -> Vec<Item> {
    let watched = watched(plan);
    let told = |step: &&StdIncidentStep| {
        let origin = grounds(plan, &watched, step.applies.value)?.with(&step.name.origin);
        let words = step.do_.as_ref().map(|words| words.value.as_str()).unwrap_or_default();
        let within = ["within ", &step.within.value.to_string()].concat();
        let head = Prose::from(Inline::strong(within)).then([", ", &step.by.value, ": "].concat());
        let entry = item(head.then(pointed(plan, linked(plan, words)))).at(&origin);
        let script = step.use_.as_ref().map(|name| commands(plan, &watched, &name.value)).unwrap_or_default();
        Some(if script.is_empty() { entry } else { entry.with(shell(script).at(&origin)) })
    };
    all.iter().filter_map(told).collect()
}

/// What makes a step apply where people are woken.
fn grounds(plan: &Plan<'_>, all: &[Deployment<'_>], word: Applies) -> Option<Origin> {
    if word == Applies::Always {
        return Some(always("a step of every incident"));
    }
    joined(all.iter().filter_map(|one| plan.grounds(one.environment, Some(one.workload), word)))
}

/// A command for each program and resource, none twice.
pub(super) fn commands(plan: &Plan<'_>, all: &[Deployment<'_>], name: &str) -> Script {
    let mut commands = Commands::default();
    for one in all {
        for resource in plan.used(one.environment, one.workload) {
            commands.add(command::of_resource(plan, one.environment, resource, name), &resource.name.origin);
        }
        commands.add(command::of_deployment(plan, one, name), &one.origin());
    }
    commands.script()
}

fn communications(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("a part of every incident response");
    let words = "What is not known is not said. What stands in capitals is filled in; the rest stays.";
    let mut out = vec![paragraph(words).at(&rule)];
    let watched = watched(plan);
    for message in standard::all::<StdIncidentMessage>("incident-message") {
        let Some(origin) = grounds(plan, &watched, message.applies.value) else { continue };
        let text =
            message.text.as_ref().map(|text| text.value.as_str()).unwrap_or_default().replace("{app}", plan.app());
        out.push(paragraph(Prose::from([&message.title.value, ":"].concat())).at(&origin));
        out.push(fence("text", text).at(&origin));
    }
    out
}

/// The headings of the review, and when it is due.
fn review() -> Vec<Block> {
    let rule = always("every serious incident is reviewed");
    let due = standard::get::<StdIncidentStep>("incident-step", "review").map(|step| step.within.value.to_string());
    let words = prose(
        "Due within {due} of the first report, for every severity whose row says so. Nobody is blamed. It has these parts:",
        &[("due", Inline::text(due.unwrap_or_default()))],
    );
    let items = standard::all::<StdIncidentQuestion>("incident-question").into_iter().map(|question| {
        let ask = question.ask.as_ref().map(|ask| ask.value.as_str()).unwrap_or_default();
        item(Prose::from(Inline::strong(&question.title.value)).then(": ").then(ask)).at(&rule)
    });
    vec![paragraph(words).at(&rule), bullets(items)]
}
