//! The elements of each kind that is declared; each once, where it matters most.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::markdown::{Inline, Prose};
use crate::derive::{EnvironmentFacts, Part as Piece, Workload};
use crate::model::{self, StdResourceKind, StdSecretStore, ThreatElement};
use crate::plan::threat::data;
use crate::plan::threat::element::{Element, Kind, Part, listed, of_workload, places};
use crate::plan::threat::reader::{Reader, readers};
use crate::plan::{Plan, joined};
use crate::source::Sourced;
use crate::standard;

/// The elements of a kind.
pub fn elements<'a>(plan: &Plan<'a>, kind: ThreatElement) -> Vec<Element<'a>> {
    let places = places(plan);
    let mut all: Vec<Element<'a>> = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut add = |found: Vec<Element<'a>>| {
        all.extend(found.into_iter().filter(|element| known.insert(element.name.clone())));
    };
    match kind {
        ThreatElement::Pipeline => add(vec![pipeline(plan)]),
        ThreatElement::Flow => add(flows(plan)),
        ThreatElement::Environment => add(environments(plan)),
        ThreatElement::Preview => add(previews(plan)),
        ThreatElement::Image => add(images(plan)),
        ThreatElement::Secret => places.iter().for_each(|place| add(secrets(plan, place))),
        ThreatElement::Resource => places.iter().for_each(|place| add(resources(plan, place))),
        ThreatElement::Domain => places.iter().for_each(|place| add(domains(plan, place))),
        ThreatElement::Service
        | ThreatElement::Logs
        | ThreatElement::Port
        | ThreatElement::Call
        | ThreatElement::Uses
        | ThreatElement::Migration
        | ThreatElement::ForeignImage => {
            for place in places {
                for workload in &place.workloads {
                    add(of_program(plan, kind, place, workload));
                }
            }
        }
    }
    all
}

fn of_program<'a>(
    plan: &Plan<'a>,
    kind: ThreatElement,
    place: &'a EnvironmentFacts,
    workload: &'a Workload,
) -> Vec<Element<'a>> {
    match kind {
        ThreatElement::Port => ports(plan, place, workload),
        ThreatElement::Call => calls(plan, place, workload),
        ThreatElement::Uses => uses(plan, place, workload),
        ThreatElement::Migration => migrations(plan, place, workload),
        ThreatElement::ForeignImage => foreign(plan, place, workload).into_iter().collect(),
        ThreatElement::Service
        | ThreatElement::Logs
        | ThreatElement::Resource
        | ThreatElement::Secret
        | ThreatElement::Flow
        | ThreatElement::Image
        | ThreatElement::Pipeline
        | ThreatElement::Environment
        | ThreatElement::Preview
        | ThreatElement::Domain => {
            let queues =
                plan.used(place, workload).into_iter().filter(|used| crate::plan::suits(used, model::Applies::Queue));
            let queues = listed(queues.map(|queue| queue.name.value.as_str()));
            let element = of_workload(plan, Kind::Of(kind), place, workload);
            vec![element.says([("resource", queues), ("to", reach(plan, place, workload))])]
        }
    }
}

/// What the account of a program gets it to.
fn reach(plan: &Plan<'_>, place: &EnvironmentFacts, workload: &Workload) -> Prose {
    let secrets = plan.read_secrets(place, workload);
    let mut names: Vec<&str> = secrets.iter().map(|secret| secret.name.value.as_str()).collect();
    names.extend(workload.uses.iter().map(|used| used.value.as_str()));
    names.extend(workload.calls.iter().map(|call| call.value.as_str()));
    match names.as_slice() {
        [] => "nothing further".into(),
        [only] => Inline::code(*only).into(),
        [first @ .., last] => listed(first.iter().copied()).then(" and ").then(Inline::code(*last)),
    }
}

fn ports<'a>(plan: &Plan<'a>, place: &'a EnvironmentFacts, workload: &'a Workload) -> Vec<Element<'a>> {
    let name = &workload.name.value;
    let told = |(index, port): (usize, &'a crate::derive::Port)| {
        let number = port.port.value.to_string();
        let mut element = of_workload(plan, Kind::Of(ThreatElement::Port), place, workload);
        element.name = match (index, port.name.value.as_str()) {
            (0, _) => name.clone(),
            (_, "") => [name, "-", &number].concat(),
            (_, own) => [name, "-", own].concat(),
        };
        element.port = Some(port);
        element.origin = port.node.origin.clone().with(&element.origin);
        element.says([("port", number.into()), ("url", address(place, workload))])
    };
    workload.ports.iter().enumerate().map(told).collect()
}

/// Where people reach a program.
fn address(place: &EnvironmentFacts, workload: &Workload) -> Prose {
    let route = place.routes.iter().find(|route| route.service.value == workload.name.value);
    match route {
        Some(route) => Inline::code(["https://", &route.domain.value, &route.path.value].concat()).into(),
        None => Prose::from("the address of ").then(Inline::code(&workload.name.value)),
    }
}

fn calls<'a>(plan: &Plan<'a>, place: &'a EnvironmentFacts, workload: &'a Workload) -> Vec<Element<'a>> {
    let told = |call: &Sourced<String>| {
        let callee = place.workload(&call.value)?;
        let (from, to) = (&workload.name.value, &call.value);
        let data = data::of_workloads(plan, place, &[workload, callee]);
        let origin = call.origin.clone().with(&place.name.origin);
        let part = Part::between(from, to);
        let mut element = Element::new(Kind::Of(ThreatElement::Call), &[from, "-", to].concat(), part, data, origin)
            .at(place, vec![callee, workload]);
        element.port = callee.main_port();
        let number = element.port.map(|port| port.port.value.to_string()).unwrap_or_default();
        Some(element.says([
            ("from", Inline::code(from).into()),
            ("to", Inline::code(to).into()),
            ("port", number.into()),
        ]))
    };
    workload.calls.iter().filter_map(told).collect()
}

fn uses<'a>(plan: &Plan<'a>, place: &'a EnvironmentFacts, workload: &'a Workload) -> Vec<Element<'a>> {
    let told = |used: &'a model::Resource| {
        let (from, to) = (&workload.name.value, &used.name.value);
        let uses = workload.uses.iter().find(|uses| uses.value == *to)?;
        let origin = uses.origin.clone().with(&place.name.origin);
        let part = Part::between(from, to);
        let data = data::of_resource(plan, used);
        let mut element = Element::new(Kind::Of(ThreatElement::Uses), &[from, "-", to].concat(), part, data, origin)
            .at(place, vec![workload]);
        element.resource = Some(used);
        Some(element.says([("from", Inline::code(from).into()), ("to", Inline::code(to).into())]))
    };
    plan.used(place, workload).into_iter().filter_map(told).collect()
}

fn resources<'a>(plan: &Plan<'a>, place: &'a EnvironmentFacts) -> Vec<Element<'a>> {
    let mut users: BTreeMap<&str, Vec<&Workload>> = BTreeMap::new();
    for workload in &place.workloads {
        for used in &workload.uses {
            users.entry(used.value.as_str()).or_default().push(workload);
        }
    }
    let told = |resource: &'a model::Resource| {
        let name = &resource.name.value;
        let users = users.get(name.as_str())?.clone();
        let kind: Option<&StdResourceKind> = standard::get("resource-kind", resource.kind.value.word());
        let port = kind.and_then(|kind| kind.port.as_ref()).map(|port| port.value.clone()).unwrap_or_default();
        let data = data::of_resource(plan, resource);
        let origin = resource.name.origin.clone().with(&place.name.origin);
        let part = Part::named("resource", name);
        let mut element = Element::new(Kind::Of(ThreatElement::Resource), name, part, data, origin).at(place, users);
        element.resource = Some(resource);
        Some(element.says([("port", port.into()), ("resource", Inline::code(name).into())]))
    };
    plan.setting(place).resources.iter().filter_map(told).collect()
}

fn secrets<'a>(plan: &Plan<'a>, place: &'a EnvironmentFacts) -> Vec<Element<'a>> {
    let told = |secret: &'a model::Secret| {
        let name = &secret.name.value;
        let readers = readers(plan, place, name);
        let origin = joined(readers.iter().map(Reader::origin))?;
        let origin = secret.name.origin.clone().with(&origin).with(&place.name.origin);
        let programs = readers.iter().filter_map(|reader| match reader {
            Reader::Program(workload) => Some(*workload),
            Reader::Build(_) | Reader::Login(_) | Reader::Route(_) => None,
        });
        let part = Part::named("secret", name);
        let mut element = Element::new(Kind::Of(ThreatElement::Secret), name, part, data::of_secret(secret), origin)
            .at(place, programs.collect());
        element.secret = Some(secret);
        Some(element.says([
            ("secret", Inline::code(name).into()),
            ("element", store_title(place, secret).into()),
            ("to", Prose::joined(readers.iter().map(Reader::words), ", ")),
        ]))
    };
    plan.setting(place).secrets.iter().filter_map(told).collect()
}

/// The store of a secret: as declared, else the host's own.
pub fn store(place: &EnvironmentFacts, secret: &model::Secret) -> Option<&'static StdSecretStore> {
    let store = match &secret.from {
        Some(from) => from.store.value,
        None => {
            let host = standard::platform(&place.host.platform.value)?;
            host.secret_store.iter().find(|row| row.support.value == model::PlatformSupport::Native)?.store.value
        }
    };
    standard::get("secret-store", store.word())
}

fn store_title(place: &EnvironmentFacts, secret: &model::Secret) -> String {
    store(place, secret).map_or_else(|| "its store".to_owned(), |store| store.title.value.clone())
}

/// The boundary that holds something; what stands outside of all is its own.
pub(super) fn holder<'n>(threats: &'n model::Threats, name: &'n str) -> &'n str {
    let holds = |boundary: &&model::Boundary| boundary.holds.iter().any(|held| held.value == name);
    threats.boundary.iter().find(holds).map_or(name, |boundary| boundary.name.value.as_str())
}

fn flows<'a>(plan: &Plan<'a>) -> Vec<Element<'a>> {
    let Some(threats) = &plan.model.threats else { return Vec::new() };
    let told = |flow: &model::Flow| {
        let (from, to) = (&flow.from.value, &flow.to.value);
        // Inside of one boundary all trust each other alike.
        if holder(threats, from) == holder(threats, to) {
            return None;
        }
        let place = places(plan).into_iter().find(|place| place.workload(to).is_some());
        let target = place.and_then(|place| place.workload(to));
        let data = data::carried(plan, flow).unwrap_or_else(|| match (place, target) {
            (Some(place), Some(target)) => data::of_workload(plan, place, target),
            (Some(_) | None, Some(_) | None) => data::of_app(plan),
        });
        let (kind, name) = (Kind::Of(ThreatElement::Flow), [from, "-", to].concat());
        let mut element = Element::new(kind, &name, Part::between(from, to), data, flow.origin.clone());
        element.place = place;
        element.workloads = target.into_iter().collect();
        Some(element.says([
            ("from", Inline::code(from).into()),
            ("to", Inline::code(to).into()),
            ("boundary", Inline::code(holder(threats, from)).into()),
        ]))
    };
    threats.flow.iter().filter_map(told).collect()
}

fn images<'a>(plan: &Plan<'a>) -> Vec<Element<'a>> {
    let places = places(plan);
    let told = |image: &'a crate::derive::ImageFacts| {
        let runs = |place: &&EnvironmentFacts| image.services.iter().any(|name| place.workload(name).is_some());
        let place = places.iter().copied().find(runs)?;
        let workloads: Vec<&Workload> = image.services.iter().filter_map(|name| place.workload(name)).collect();
        let name = &image.name.value;
        let shown = Prose::from("the image of ").then(Inline::code(name));
        let part = Part { key: ["image ", name].concat(), shown };
        let data = data::of_workloads(plan, place, &workloads);
        let lock = image.manifest.as_ref().and_then(|found| found.lock.as_ref().or(found.manifest.as_ref()));
        let lock = lock.map_or_else(|| Prose::from("its lock file"), |lock| Inline::code(lock).into());
        let origin = image.name.origin.clone();
        let element = Element::new(Kind::Of(ThreatElement::Image), name, part, data, origin).at(place, workloads);
        Some(element.says([("lock", lock)]))
    };
    plan.facts.images.iter().filter_map(told).collect()
}

fn foreign<'a>(plan: &Plan<'a>, place: &'a EnvironmentFacts, workload: &'a Workload) -> Option<Element<'a>> {
    let image = workload.ready_image.as_ref()?;
    let mut element = of_workload(plan, Kind::Of(ThreatElement::ForeignImage), place, workload);
    element.part.key = ["image ", &workload.name.value].concat();
    element.part.shown = Prose::from("the image of ").then(Inline::code(&workload.name.value));
    element.origin = image.origin.clone().with(&element.origin);
    Some(element.says([("image", Inline::code(image.value.to_string()).into())]))
}

fn pipeline<'a>(plan: &Plan<'a>) -> Element<'a> {
    let places = places(plan);
    let all: Vec<data::Data> = places
        .iter()
        .map(|place| data::of_workloads(plan, place, &place.workloads.iter().collect::<Vec<_>>()))
        .collect();
    let data = all.into_iter().max_by_key(|data| data.class).unwrap_or_else(|| data::of_app(plan));
    let part = Part { key: "pipeline".to_owned(), shown: "the pipeline".into() };
    let mut element = Element::new(Kind::Of(ThreatElement::Pipeline), "pipeline", part, data, plan.pipeline().1);
    element.place = places.first().copied();
    let first = places.first().map(|place| place.tier.value);
    let foremost = places.iter().filter(|place| Some(place.tier.value) == first);
    let names = listed(foremost.map(|place| place.name.value.as_str()));
    element.says([("environment", names)])
}

fn environments<'a>(plan: &Plan<'a>) -> Vec<Element<'a>> {
    let production = places(plan).into_iter().filter(|place| plan.is_production(place));
    production.map(|place| of_place(plan, ThreatElement::Environment, place)).collect()
}

fn previews<'a>(plan: &Plan<'a>) -> Vec<Element<'a>> {
    plan.ephemeral().map(|place| of_place(plan, ThreatElement::Preview, place)).collect()
}

fn of_place<'a>(plan: &Plan<'a>, kind: ThreatElement, place: &'a EnvironmentFacts) -> Element<'a> {
    let name = &place.name;
    let workloads: Vec<&Workload> = place.workloads.iter().collect();
    let data = data::of_workloads(plan, place, &workloads);
    let part = Part::named("environment", &name.value);
    Element::new(Kind::Of(kind), &name.value, part, data, name.origin.clone()).at(place, workloads)
}

fn domains<'a>(plan: &Plan<'a>, place: &'a EnvironmentFacts) -> Vec<Element<'a>> {
    let mut names: Vec<Sourced<String>> = Vec::new();
    names.extend(place.domain.clone());
    names.extend(place.routes.iter().map(|route| route.domain.clone()));
    for service in &plan.setting(place).services {
        names.extend(
            service
                .domain
                .iter()
                .map(|domain| Sourced::new(expanded(plan, place, &domain.value), domain.origin.clone())),
        );
    }
    let told = |name: Sourced<String>| {
        let routes = place.routes.iter().filter(|route| route.domain.value == name.value);
        let workloads: Vec<&Workload> = routes.filter_map(|route| place.workload(&route.service.value)).collect();
        let data = data::of_workloads(plan, place, &workloads);
        let part = Part::named("domain", &name.value);
        Element::new(Kind::Of(ThreatElement::Domain), &name.value, part, data, name.origin).at(place, workloads)
    };
    names.into_iter().map(told).collect()
}

/// A text with its templates filled, as far as it is known now.
fn expanded(plan: &Plan<'_>, place: &EnvironmentFacts, text: &str) -> String {
    let parts = plan.facts.expand(plan.model, place, text);
    parts.iter().filter_map(|part| if let Piece::Text(text) = part { Some(text.as_str()) } else { None }).collect()
}

fn migrations<'a>(plan: &Plan<'a>, place: &'a EnvironmentFacts, workload: &'a Workload) -> Vec<Element<'a>> {
    let setting = plan.setting(place);
    let Some(service) = workload.service(setting) else { return Vec::new() };
    let told = |migration: &'a model::Migrate| {
        let name = &migration.name;
        let resource = setting.resource(&migration.for_.value);
        let data = match resource {
            Some(resource) => data::of_resource(plan, resource),
            None => data::of_workload(plan, place, workload),
        };
        let origin = name.origin.clone().with(&place.name.origin);
        let part = Part::named("migration", &name.value);
        let mut element =
            Element::new(Kind::Of(ThreatElement::Migration), &name.value, part, data, origin).at(place, vec![workload]);
        element.resource = resource;
        element.says([("resource", Inline::code(&migration.for_.value).into())])
    };
    service.migrate.iter().map(told).collect()
}

/// The element that a declared threat is told of: a program or resource among those known, else an asset or boundary.
pub(super) fn declared<'a>(plan: &Plan<'a>, known: &[Element<'a>], on: &Sourced<String>) -> Element<'a> {
    let name = on.value.as_str();
    if let Some(element) = known.iter().find(|element| element.name == name) {
        return element.clone();
    }
    let threats = plan.model.threats.as_ref();
    let asset = threats.and_then(|threats| threats.asset.iter().find(|asset| asset.name.value == name));
    let part = |kind: &str| Part { key: [kind, " ", name].concat(), shown: Inline::text(name).into() };
    match asset {
        Some(asset) => {
            let data = data::of_asset(plan, asset);
            let mut element = Element::new(Kind::Asset, name, part("asset"), data, asset.name.origin.clone());
            element.holder = asset.in_.as_ref().map(|holder| holder.value.clone());
            element
        }
        None => Element::new(Kind::Boundary, name, part("boundary"), data::of_app(plan), on.origin.clone()),
    }
}
