//! The decision validation of a production environment: data, threats, risk with its reasons, and what they recommend.

use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, heading, item, paragraph, prose, row, table};
use crate::derive::{DataClass, EnvironmentFacts};
use crate::emit::paper::deployment::{Deployment, deployments, environment_title};
use crate::emit::paper::deployment_plan::{about, risk};
use crate::emit::paper::security::{Entry, entries, threat_model};
use crate::emit::paper::{always, code, here, names, people};
use crate::model::{self, AlertSeverity, Level};
use crate::ordered::Ordered;
use crate::plan::signal;
use crate::plan::threat::{Source, data};
use crate::plan::{Plan, joined};
use crate::prove::Proofs;
use crate::prove::threat::{Answer, Judged, State, judged_at};
use crate::source::Origin;

/// The highest class of data here, and what holds it.
pub(super) struct Held {
    pub(super) class: DataClass,
    pub(super) by: Vec<String>,
    pub(super) origin: Origin,
}

/// The highest class of data that the application, its resources, assets and secrets have; that of the threat model.
pub(super) fn data_class(plan: &Plan<'_>, group: &[Deployment<'_>]) -> Held {
    let app = data::of_app(plan);
    let mut all: Ordered<String, (DataClass, String, Origin)> = Ordered::default();
    let mut add = |class: DataClass, name: &str, origin: Origin| {
        all.or_insert_with(name.to_owned(), || (class, name.to_owned(), origin));
    };
    if let Some(named) = plan.model.app.as_ref().filter(|named| named.data.is_some()) {
        add(app.class, &named.name.value, app.origin.clone());
    }
    for one in group {
        let used = plan.used(one.environment, one.workload);
        for resource in &used {
            let held = data::of_kind(resource);
            add(held.class, &resource.name.value, held.origin);
        }
        let holders = std::iter::once(one.name()).chain(used.iter().map(|resource| resource.name.value.as_str()));
        for asset in holders.flat_map(|holder| data::assets(plan, holder)) {
            let held = data::of_asset(plan, asset);
            add(held.class, &asset.name.value, held.origin);
        }
        for secret in plan.read_secrets(one.environment, one.workload) {
            if let Some(class) = &secret.data {
                add(class.value.into(), &secret.name.value, class.origin.clone());
            }
        }
    }
    let all: Vec<(DataClass, String, Origin)> = all.into_iter().collect();
    let class = all.iter().map(|(class, ..)| *class).fold(app.class, DataClass::max);
    let highest: Vec<(DataClass, String, Origin)> = all.into_iter().filter(|(own, ..)| *own == class).collect();
    let origin = joined(highest.iter().map(|(.., origin)| origin.clone())).unwrap_or(app.origin);
    Held { class, by: highest.into_iter().map(|(_, name, _)| name).collect(), origin }
}

pub(super) fn blocks(plan: &Plan<'_>, proofs: &Proofs, environment: &EnvironmentFacts) -> Vec<Block> {
    let name = &environment.name;
    let threats = judged_at(plan, proofs, environment);
    let group: Vec<Deployment<'_>> =
        deployments(plan).into_iter().filter(|one| one.environment.index == environment.index).collect();
    let risk = risk::risk(plan, environment, &group, &threats);
    let mut out = vec![heading(3, ["Decision: ", &environment_title(environment)].concat()).at(&name.origin)];
    out.push(paragraph(about("Environment", Prose::from(code(&name.value)))).at(&name.origin));
    out.push(label("Security Assessment", &name.origin));
    let mut items = vec![classification(plan, environment, &group)];
    items.extend(considered(&threats));
    items.extend(mitigations(&threats));
    out.push(bullets(items));
    out.extend(weighed(plan, &threats));
    out.push(label("Deployment", &name.origin));
    out.push(bullets(deployment(plan, environment, &risk)));
    out.push(reasons(&risk));
    if let Some(recommendation) = &risk.recommendation {
        let words = prose("**Recommendation: {title}**", &[("title", Inline::text(&recommendation.title.value))]);
        let told = recommendation.describe.as_ref().map(|describe| [". ", &describe.value].concat());
        let origin = risk.factors.iter().fold(name.origin.clone(), |all, factor| all.with(&factor.origin));
        out.push(paragraph(words.then(told.unwrap_or_default())).at(&origin.with(&recommendation.title.origin)));
    }
    out
}

fn label(text: &str, origin: &Origin) -> Block {
    paragraph(Prose::from(Inline::strong([text, ":"].concat()))).at(origin)
}

fn classification(plan: &Plan<'_>, environment: &EnvironmentFacts, group: &[Deployment<'_>]) -> Item {
    let held = data_class(plan, group);
    // The source knows three classes; what law protects is confidential there.
    let words = match held.class {
        DataClass::Public => "PUBLIC.",
        DataClass::Internal => "INTERNAL.",
        DataClass::Confidential => "CONFIDENTIAL.",
        DataClass::Restricted => "CONFIDENTIAL, of which some is restricted by law or contract.",
    };
    if held.by.is_empty() {
        let words = Prose::from(words).then(" Nothing says otherwise, and nothing is public until something does.");
        return item(about("Data Classification", words)).at(&environment.name.origin);
    }
    let words = Prose::from(words).then(" By ").then(names(held.by.iter().map(String::as_str))).then(".");
    item(about("Data Classification", words)).at(&held.origin)
}

/// The threats, each by its name once.
fn considered(threats: &[Judged<'_>]) -> Option<Item> {
    let mut listed: Vec<&str> = Vec::new();
    for one in threats {
        if !listed.contains(&one.threat.name.as_str()) {
            listed.push(&one.threat.name);
        }
    }
    let origin = joined(threats.iter().map(|one| one.threat.origin.clone()))?;
    Some(item(about("Threats Considered", names(listed).then("."))).at(&origin))
}

/// How good the word for a control is: that of its weakest answer, so that no list promises more than holds everywhere.
fn weakest<'j>(threats: &'j [Judged<'_>]) -> Vec<(&'j Answer<'j>, usize)> {
    let rank = |state: &State| match state {
        State::Checked { .. } => 0,
        State::Attested(_) => 1,
        State::Declared => 2,
        State::Open(_) => 3,
    };
    let mut found: Vec<(&Answer<'_>, usize)> = Vec::new();
    for answer in threats.iter().flat_map(|one| &one.answers) {
        let now = (answer, rank(&answer.state));
        match found.iter_mut().find(|(known, _)| known.mitigation.control.name == answer.mitigation.control.name) {
            Some(known) if known.1 < now.1 => *known = now,
            Some(_) => {}
            None => found.push(now),
        }
    }
    found
}

/// The controls, by how good the word for them is.
fn mitigations(threats: &[Judged<'_>]) -> Option<Item> {
    let mut controls = weakest(threats);
    controls.sort_by_key(|(_, rank)| *rank);
    let mut words: Vec<Prose> = Vec::new();
    for group in controls.chunk_by(|one, other| one.1 == other.1) {
        let word = group.first().map(|(answer, _)| answer.state.word()).unwrap_or_default();
        let listed = names(group.iter().map(|(answer, _)| answer.mitigation.control.name.as_str()));
        words.push(Prose::from(Inline::strong(word)).then(" ").then(listed));
    }
    let answered = threats.iter().filter(|one| !one.answers.is_empty());
    let origin = joined(answered.map(|one| one.threat.origin.clone()))?;
    Some(item(about("Mitigations", Prose::joined(words, "; ").then("."))).at(&origin))
}

/// What the project declares and what is still of high risk, one by one; the others are counted.
fn weighed(plan: &Plan<'_>, threats: &[Judged<'_>]) -> Vec<Block> {
    let all = entries(threats);
    let stands =
        |entry: &&Entry<'_, '_>| entry.first.threat.source == Source::Declared || entry.first.after.risk == Level::High;
    let (shown, others): (Vec<&Entry<'_, '_>>, Vec<&Entry<'_, '_>>) = all.iter().partition(stands);
    let rows = shown.iter().map(|entry| {
        let first = entry.first;
        row([
            Prose::from(code(entry.id())),
            first.threat.before.risk.word().into(),
            first.after.risk.word().into(),
            answers(first, |answer| answer.taken.counts()),
            match first.threat.accepted {
                Some(accept) => accepted(accept),
                None => answers(first, |answer| !answer.taken.counts()),
            },
        ])
        .at(&entry.origin())
    });
    let table = table(["Threat", "Risk before", "after", "In force", "Missing"]).rows(rows);
    let mut out = if table.is_empty() { Vec::new() } else { vec![table] };
    if let Some(origin) = joined(others.iter().map(|entry| entry.origin())) {
        let count: usize = others.iter().map(|entry| entry.all.len()).sum();
        let words = match count {
            1 => "One derived threat more is of medium or low risk by what is in force: ".to_owned(),
            count => format!("{count} derived threats more are of medium or low risk by what is in force: "),
        };
        let link = Inline::file("Threat Model", threat_model::path(plan));
        out.push(paragraph(Prose::from(words).then(link).then(".")).at(&origin));
    }
    out
}

fn answers(judged: &Judged<'_>, of: impl Fn(&Answer<'_>) -> bool) -> Prose {
    let told = judged.answers.iter().filter(|answer| of(answer));
    names(told.map(|answer| answer.mitigation.control.name.as_str()))
}

fn accepted(accept: &model::Accept) -> Prose {
    let words = ["accepted by ", &accept.by.value, " until ", &accept.until.value.to_string()].concat();
    Inline::text(words).into()
}

fn deployment(plan: &Plan<'_>, environment: &EnvironmentFacts, risk: &risk::Risk) -> Vec<Item> {
    let name = &environment.name.origin;
    let mut all = Vec::new();
    if let Some(recommendation) = &risk.recommendation {
        let level = match recommendation.risk.value {
            Level::Low => "Low",
            Level::Medium => "Medium",
            Level::High => "High",
        };
        let words = [level, ", ", &risk.points.to_string(), " points: each reason is listed below."].concat();
        let origin = risk.factors.iter().fold(name.clone(), |all, factor| all.with(&factor.origin));
        all.push(item(about("Risk", words)).at(&origin));
    }
    let rule = always("every rollout can be taken back");
    let way = prose("`ops/rollback.sh` or the workflow: ", &[]).then(here("Procedure", "Procedure"));
    all.push(item(about("Rollback Strategy", way.then("."))).at(&rule));
    let signals: Vec<&signal::Signal> = plan
        .signals()
        .iter()
        .filter(|signal| signal.environment == environment.name.value && signal.severity == AlertSeverity::Page)
        .collect();
    let mut watched: Vec<&str> = signals.iter().map(|signal| signal.name.as_str()).collect();
    watched.dedup();
    let mut seen = Vec::new();
    watched.retain(|name| {
        let fresh = !seen.contains(name);
        seen.push(*name);
        fresh
    });
    if let Some(origin) = joined(signals.iter().map(|signal| signal.origin.clone())) {
        let to = signals.iter().find_map(|signal| signal.route.as_ref());
        let words = names(watched);
        let words = match to {
            Some(route) => words.then(", which reach ").then(people::route_words(plan, &route.value)).then("."),
            None => words.then("; no route is declared for them, so somebody has to look."),
        };
        all.push(item(about("Monitoring", Prose::from("the alerts ").then(words))).at(&origin));
    }
    all
}

/// The factors, each with its points.
fn reasons(risk: &risk::Risk) -> Block {
    let rows = risk.factors.iter().map(|factor| {
        row([
            Prose::from(factor.told.as_str()),
            names(factor.because.iter().map(String::as_str)),
            Prose::from(code(&factor.name)),
            factor.points.to_string().into(),
        ])
        .at(&factor.origin)
    });
    table(["Reason", "Because of", "Factor", "Points:"]).rows(rows)
}
