//! The decision validation of a production environment: data, threats, risk with its reasons, and what they recommend.

use crate::artifact::markdown::{Block, Inline, Prose, bullets, heading, item, paragraph, prose, row, table};
use crate::derive::{DataClass, EnvironmentFacts};
use crate::emit::paper::deployment::{Deployment, deployments, environment_title};
use crate::emit::paper::deployment_plan::{about, derived, risk};
use crate::emit::paper::{always, code, here, names, people};
use crate::model::{self, AlertSeverity, Level};
use crate::plan::signal;
use crate::plan::{Plan, joined};
use crate::source::{Origin, Sourced};
use crate::standard;

/// A declared threat, as the decision weighs it.
pub(super) struct Threat {
    pub(super) name: String,
    pub(super) on: String,
    pub(super) risk: Level,
    pub(super) mitigations: Vec<String>,
    pub(super) proved: bool,
    pub(super) origin: Origin,
}

impl Threat {
    /// Whether its risk is high and nothing checked, attested or accepted answers it.
    pub(super) fn is_open_and_high(&self) -> bool {
        self.risk == Level::High && !self.proved
    }
}

/// The threats that the project declares on what runs here.
pub(super) fn threats(plan: &Plan<'_>, environment: &EnvironmentFacts, group: &[Deployment<'_>]) -> Vec<Threat> {
    let Some(model) = &plan.model.threats else { return Vec::new() };
    let resources = &plan.setting(environment).resources;
    let here = |name: &str| {
        group.iter().any(|one| one.name() == name) || resources.iter().any(|resource| resource.name.value == name)
    };
    let told = |threat: &model::Threat| {
        let accepted = model.accept.iter().find(|accept| accept.threat.value == threat.name.value);
        let mitigations: Vec<String> = threat.mitigate.iter().map(|one| one.control.value.clone()).collect();
        let origin = threat.mitigate.iter().fold(threat.origin.clone(), |all, one| all.with(&one.origin));
        Threat {
            name: threat.name.value.clone(),
            on: threat.on.value.clone(),
            risk: risk::of_matrix(threat.likelihood.value, threat.impact.value),
            proved: accepted.is_some() || mitigations.iter().any(|control| is_proved(plan, control)),
            mitigations,
            origin,
        }
    };
    model.threat.iter().filter(|threat| here(&threat.on.value)).map(told).collect()
}

/// Whether a control is more than words: checked by a predicate, or attested by a file.
fn is_proved(plan: &Plan<'_>, control: &str) -> bool {
    let own = plan.model.declared.controls.iter().find(|own| own.name.value == control);
    let fact: Option<&'static model::StdControl> = standard::get("control", control);
    own.is_some_and(|own| !own.attest.is_empty()) || fact.is_some_and(|fact| fact.predicate.is_some())
}

/// The highest class of data here, and what declares it.
pub(super) struct Held {
    pub(super) class: DataClass,
    pub(super) by: Vec<String>,
    pub(super) origin: Origin,
}

/// The highest class of data that the application, its resources and its secrets declare.
pub(super) fn data_class(plan: &Plan<'_>, group: &[Deployment<'_>]) -> Option<Held> {
    let mut all: Vec<(DataClass, String, Origin)> = Vec::new();
    let mut add = |name: &str, data: &Option<Sourced<model::DataClass>>| {
        if let Some(data) = data
            && !all.iter().any(|(_, known, _)| known == name)
        {
            all.push((data.value.into(), name.to_owned(), data.origin.clone()));
        }
    };
    if let Some(app) = &plan.model.app {
        add(&app.name.value, &app.data);
    }
    for one in group {
        for used in plan.used(one.environment, one.workload) {
            add(&used.name.value, &used.data);
        }
        for secret in plan.read_secrets(one.environment, one.workload) {
            add(&secret.name.value, &secret.data);
        }
    }
    let class = all.iter().map(|(class, ..)| *class).max()?;
    let highest: Vec<(DataClass, String, Origin)> = all.into_iter().filter(|(own, ..)| *own == class).collect();
    let origin = joined(highest.iter().map(|(.., origin)| origin.clone()))?;
    Some(Held { class, by: highest.into_iter().map(|(_, name, _)| name).collect(), origin })
}

pub(super) fn blocks(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Block> {
    let name = &environment.name;
    let group: Vec<Deployment<'_>> =
        deployments(plan).into_iter().filter(|one| one.environment.index == environment.index).collect();
    let risk = risk::risk(plan, environment, &group);
    let mut out = vec![heading(3, ["Decision: ", &environment_title(environment)].concat()).at(&name.origin)];
    out.push(paragraph(about("Environment", Prose::from(code(&name.value)))).at(&name.origin));
    out.push(label("Security Assessment", &name.origin));
    out.push(bullets(assessment(plan, environment, &group)));
    out.extend(mitigations(&threats(plan, environment, &group)));
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

fn assessment(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    group: &[Deployment<'_>],
) -> Vec<crate::artifact::markdown::Item> {
    let mut all = Vec::new();
    match data_class(plan, group) {
        Some(held) => {
            // The source knows three classes; what law protects is confidential there.
            let words = match held.class {
                DataClass::Public => "PUBLIC.",
                DataClass::Internal => "INTERNAL.",
                DataClass::Confidential => "CONFIDENTIAL.",
                DataClass::Restricted => "CONFIDENTIAL, of which some is restricted by law or contract.",
            };
            let words = Prose::from(words).then(" By ").then(names(held.by.iter().map(String::as_str))).then(".");
            all.push(item(about("Data Classification", words)).at(&held.origin));
        }
        None => {
            let words = prose("PUBLIC: no class is declared (`data` of `app`, of a resource or of a secret).", &[]);
            all.push(item(about("Data Classification", words)).at(&environment.name.origin));
        }
    }
    let declared = threats(plan, environment, group);
    let derived = derived::patterns(plan, group);
    let considered = declared.iter().map(|threat| (threat.name.as_str(), &threat.origin));
    let considered = considered.chain(derived.iter().map(|one| (one.name.as_str(), &one.origin)));
    let (listed, origins): (Vec<&str>, Vec<&Origin>) = considered.unzip();
    if let Some(origin) = joined(origins.into_iter().cloned()) {
        all.push(item(about("Threats Considered", names(listed).then("."))).at(&origin));
    }
    let mut controls: Vec<&str> = declared.iter().flat_map(|threat| &threat.mitigations).map(String::as_str).collect();
    controls.extend(derived.iter().flat_map(|one| &one.mitigations).map(String::as_str));
    controls.sort_unstable();
    controls.dedup();
    let origins = declared.iter().map(|threat| &threat.origin).chain(derived.iter().map(|one| &one.origin));
    if let Some(origin) = joined(origins.cloned()).filter(|_| !controls.is_empty()) {
        all.push(item(about("Mitigations", names(controls).then("."))).at(&origin));
    }
    all
}

/// How each declared threat is answered.
fn mitigations(threats: &[Threat]) -> Option<Block> {
    let rows: Vec<_> = threats
        .iter()
        .map(|threat| {
            let state = if threat.proved { "checked, attested or accepted" } else { "open: declared by words at most" };
            row([
                Prose::from(code(&threat.name)),
                Prose::from(code(&threat.on)),
                threat.risk.word().into(),
                names(threat.mitigations.iter().map(String::as_str)),
                state.into(),
            ])
            .at(&threat.origin)
        })
        .collect();
    (!rows.is_empty()).then(|| table(["Threat", "On", "Risk", "Mitigations", "State"]).rows(rows))
}

fn deployment(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    risk: &risk::Risk,
) -> Vec<crate::artifact::markdown::Item> {
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
