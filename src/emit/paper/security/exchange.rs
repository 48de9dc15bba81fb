//! `deploy/security/threat-model.json`: the same model for other tools, in the Open Threat Model format (OTM 0.2.0).

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::{Artifact, Group, Tree, list, map, text};
use crate::derive::DataClass;
use crate::model::{Level, ThreatElement};
use crate::plan::Plan;
use crate::plan::threat::control::Control;
use crate::plan::threat::zone::{Component, Flow, System, Zone, system};
use crate::plan::threat::{Kind, Source, data, risk};
use crate::prove::Place;
use crate::prove::threat::{Answer, Judged, State};
use crate::source::Origin;

/// Where tools find it.
pub(super) const PATH: &str = "deploy/security/threat-model.json";
/// The version of the format.
const VERSION: &str = "0.2.0";

pub(super) fn emit(plan: &Plan<'_>, all: &[Judged<'_>], artifacts: &mut Vec<Artifact>) {
    let Some(app) = &plan.model.app else { return };
    let files = Files(artifacts.iter().map(|artifact| (artifact.path.as_str(), artifact)).collect());
    let system = system(plan);
    let format = Origin::rule("the Open Threat Model format");
    let flows: BTreeSet<String> = system.flows.iter().map(|flow| flow_key(&flow.from, &flow.to)).collect();
    let mut standing = Standing::new();
    for one in all {
        standing.entry(at(&system, &flows, one)).or_default().push(instance(one));
    }
    let tree = map()
        .put("otmVersion", text(VERSION).at(&format))
        .put("project", project(plan))
        .put_filled("assets", list(assets(plan)))
        .put("trustZones", list(system.zones.iter().map(zone)))
        .put("components", list(system.components.iter().map(|one| component(one, &standing))))
        .put_filled("dataflows", list(system.flows.iter().map(|flow| dataflow(flow, &standing))))
        .put_filled("threats", list(all.iter().map(|one| threat(one, &files))))
        .put_filled("mitigations", list(mitigations(all)));
    artifacts.push(Artifact::json(PATH, Group::ThreatModel, None, tree, &app.name.origin));
}

fn project(plan: &Plan<'_>) -> Tree {
    let Some(app) = &plan.model.app else { return map() };
    let format = Origin::rule("the Open Threat Model format");
    let made = Origin::rule("a file that was made says so");
    let description = app.description.as_ref().map(|one| text(super::super::words(plan, &one.value)).at(&one.origin));
    let owner = app.owner.as_ref();
    let contact = owner.and_then(|owner| owner.contact.as_ref());
    let attributes = map()
        .put("made", text("by deployc from deploy.kdl").at(&made))
        .put_some("posture", app.posture.as_ref().map(|one| text(one.value.word()).at(&one.origin)));
    map()
        .put("name", Tree::from(&app.name))
        .put("id", Tree::from(&app.name))
        .put_some("description", description)
        .put_some("owner", owner.map(|owner| Tree::from(&owner.name)))
        .put_some("ownerContact", contact.map(Tree::from))
        .put("attributes", attributes)
        .at(&format)
}

/// The scale of the format goes from 0 to 100.
fn of_level(level: Level) -> i64 {
    match level {
        Level::Low => 25,
        Level::Medium => 50,
        Level::High => 100,
    }
}

fn of_class(class: DataClass) -> i64 {
    match class {
        DataClass::Public => 0,
        DataClass::Internal => 25,
        DataClass::Confidential => 75,
        DataClass::Restricted => 100,
    }
}

fn assets(plan: &Plan<'_>) -> Vec<Tree> {
    let all = plan.model.threats.as_ref().map(|threats| threats.asset.as_slice()).unwrap_or_default();
    let told = |asset: &crate::model::Asset| {
        let data = data::of_asset(plan, asset);
        // The class says how bad it is when it is seen or changed; nothing declared says how bad when it is gone.
        let risk = map()
            .put("confidentiality", Tree::from(of_class(data.class)))
            .put("integrity", Tree::from(of_class(data.class)))
            .put("availability", Tree::from(of_class(data.class)))
            .put("comment", text(["class ", data.class.word()].concat()))
            .at(&data.origin);
        map()
            .put("name", Tree::from(&asset.name))
            .put("id", Tree::from(&asset.name))
            .put("risk", risk)
            .at(&asset.name.origin)
    };
    all.iter().map(told).collect()
}

/// How far a zone is trusted, from 0 to 100; what is not declared is in the middle.
fn zone(zone: &Zone) -> Tree {
    let rating = match zone.trust {
        Some(0) => 0,
        Some(trust) => i64::try_from(trust.saturating_mul(25)).unwrap_or(100).min(100),
        None => 50,
    };
    let parent = zone.parent.as_ref().map(|parent| map().put("trustZone", text(parent)));
    map()
        .put("id", text(&zone.key))
        .put("name", text(&zone.name))
        .put("type", text(zone.why))
        .put("risk", map().put("trustRating", Tree::from(rating)))
        .put_some("parent", parent)
        .at(&zone.origin)
}

/// The threats at each component and flow.
type Standing = BTreeMap<String, Vec<Tree>>;

fn component(component: &Component, standing: &Standing) -> Tree {
    map()
        .put("id", text(&component.key))
        .put("name", text(&component.name))
        .put("type", text(&component.kind))
        .put("parent", map().put("trustZone", text(&component.zone)))
        .put_filled("threats", list(standing.get(&component.key).cloned().unwrap_or_default()))
        .at(&component.origin)
}

fn dataflow(flow: &Flow, standing: &Standing) -> Tree {
    let id = flow_key(&flow.from, &flow.to);
    let shown = flow.carries.shown();
    let attributes = map()
        .put_some("over", (!flow.over.is_empty()).then(|| text(&flow.over)))
        .put_some("auth", flow.auth.as_ref().map(text));
    map()
        .put("id", text(&id))
        .put("name", text(if shown.is_empty() { &id } else { &shown }))
        .put("source", text(&flow.from))
        .put("destination", text(&flow.to))
        .put_filled("threats", list(standing.get(&id).cloned().unwrap_or_default()))
        .put_filled("attributes", attributes)
        .at(&flow.origin)
}

fn flow_key(from: &str, to: &str) -> String {
    [from, " to ", to].concat()
}

/// The component or flow that a threat stands at; what is neither stands where it is made or reached.
fn at(system: &System, flows: &BTreeSet<String>, one: &Judged<'_>) -> String {
    let on = &one.threat.on;
    let service = || on.workloads.first().map(|workload| ["service ", &workload.name.value].concat());
    let between = |kind: &str| {
        let (from, to) = (on.word("from").shown(), on.word("to").shown());
        flow_key(&["service ", &from].concat(), &[kind, &to].concat())
    };
    let found = match on.kind {
        Kind::Of(ThreatElement::Call) => Some(between("service ")),
        Kind::Of(ThreatElement::Uses) => Some(between("resource ")),
        Kind::Of(ThreatElement::Flow) => {
            let named =
                |key: &str, word: &str| key.split_once(' ').is_some_and(|(_, name)| name == on.word(word).shown());
            let flow = system.flows.iter().find(|flow| named(&flow.from, "from") && named(&flow.to, "to"));
            flow.map(|flow| flow_key(&flow.from, &flow.to))
        }
        Kind::Of(ThreatElement::Secret) => Some(["store ", &on.word("element").shown()].concat()),
        Kind::Of(ThreatElement::Pipeline | ThreatElement::Environment | ThreatElement::Preview) => None,
        Kind::Of(
            ThreatElement::Image | ThreatElement::ForeignImage | ThreatElement::Domain | ThreatElement::Migration,
        ) => service(),
        Kind::Of(ThreatElement::Service | ThreatElement::Port | ThreatElement::Logs | ThreatElement::Resource)
        | Kind::Boundary => Some(on.part.key.clone()),
        Kind::Asset => holder(system, one),
    };
    let known = |key: &String| system.component(key).is_some() || flows.contains(key);
    found.filter(known).unwrap_or_else(|| "pipeline".to_owned())
}

/// What holds an asset.
fn holder(system: &System, one: &Judged<'_>) -> Option<String> {
    let holder = one.threat.on.holder.as_ref()?;
    let keys = ["resource ", "service "].map(|kind| [kind, holder].concat());
    keys.into_iter().find(|key| system.component(key).is_some())
}

fn instance(one: &Judged<'_>) -> Tree {
    let state = match (one.threat.accepted.is_some(), one.is_open(), one.after == one.threat.before) {
        (true, ..) => "accepted",
        (false, true, _) => "exposed",
        (false, false, true) => "exposed",
        (false, false, false) => "mitigated",
    };
    let answers = one.answers.iter().map(|answer| {
        map()
            .put("mitigation", text(&answer.mitigation.control.name))
            .put("state", text(answer.state.word()))
            .at(&answer.mitigation.origin.clone().with(&one.threat.origin))
    });
    map()
        .put("threat", text(&one.threat.id))
        .put("state", text(state))
        .put_filled("mitigations", list(answers))
        .at(&one.threat.origin)
}

fn threat(one: &Judged<'_>, files: &Files<'_>) -> Tree {
    let threat = &one.threat;
    let risk = map()
        .put("likelihood", Tree::from(of_level(threat.before.likelihood)))
        .put("impact", Tree::from(of_level(threat.before.impact)))
        .at(&threat.origin.clone().with(&threat.on.data.origin));
    let accepted = threat.accepted.map(|accept| {
        map()
            .put("by", Tree::from(&accept.by))
            .put("until", text(accept.until.value.to_string()).at(&accept.until.origin))
            .put("reason", Tree::from(&accept.reason))
            .at(&accept.origin)
    });
    let source = match threat.source {
        Source::Declared => "declared",
        Source::Derived => "derived",
    };
    let attributes = map()
        .put("source", text(source))
        .put("risk", text(threat.before.risk.word()))
        .put("likelihoodAfter", text(one.after.likelihood.word()))
        .put("impactAfter", text(one.after.impact.word()))
        .put("riskAfter", text(one.after.risk.word()))
        .put_some("accepted", accepted)
        .put("evidence", list(one.answers.iter().flat_map(|answer| evidence(answer, files))));
    map()
        .put("id", text(&threat.id))
        .put("name", text(&threat.name))
        .put("description", text(threat.what().shown()))
        .put("categories", list([text(risk::category(threat.stride))]))
        .put("risk", risk)
        .put("attributes", attributes)
        .at(&threat.origin)
}

/// The files of this build by their paths.
struct Files<'a>(BTreeMap<&'a str, &'a Artifact>);

impl Files<'_> {
    /// What decides the value at a place of this build.
    fn origin(&self, place: &Place) -> Option<Origin> {
        let file = self.0.get(place.file.as_str())?;
        match place.key.as_str() {
            "" => Some(file.origin.clone()),
            key => file.find(key).map(|found| found.origin.clone()),
        }
    }
}

/// Where a mitigation is seen: file and key.
fn evidence(answer: &Answer<'_>, files: &Files<'_>) -> Vec<Tree> {
    let name = &answer.mitigation.control.name;
    let entry = |file: &str, key: Option<Tree>| {
        map().put("mitigation", text(name)).put("file", text(file)).put_some("key", key)
    };
    match &answer.state {
        State::Checked { nearest, .. } => {
            let seen = files.origin(nearest);
            let key = (!nearest.key.is_empty()).then(|| text(&nearest.key));
            vec![entry(&nearest.file, key.map(|key| seen.iter().fold(key, Tree::at)))]
        }
        State::Attested(files) => files.iter().map(|file| entry(&file.value, None).at(&file.origin)).collect(),
        State::Declared | State::Open(_) => Vec::new(),
    }
}

fn mitigations(all: &[Judged<'_>]) -> Vec<Tree> {
    let mut controls: Vec<(&Control<'_>, Origin)> = Vec::new();
    for answer in all.iter().flat_map(|one| &one.answers) {
        let control = &answer.mitigation.control;
        if !controls.iter().any(|(known, _)| known.name == control.name) {
            controls.push((control, control.origin()));
        }
    }
    let told = |(control, origin): (&Control<'_>, Origin)| {
        let title = control.fact.map(|fact| fact.title.value.clone());
        map()
            .put("id", text(&control.name))
            .put("name", text(title.unwrap_or_else(|| control.name.clone())))
            .put("description", text(control.describe()))
            .put("riskReduction", Tree::from(reduction(control)))
            .at(&origin)
    };
    controls.into_iter().map(told).collect()
}

/// How much a control takes off where it is checked: a level of the scale is a quarter of it.
fn reduction(control: &Control<'_>) -> i64 {
    let taken = risk::effect(control.kind, crate::model::Proof::Checked);
    (taken.likelihood + taken.impact).saturating_mul(25).clamp(0, 100)
}
