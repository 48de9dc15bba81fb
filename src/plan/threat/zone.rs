//! Trust boundaries: what stands inside of which, and what crosses them.

use std::collections::BTreeMap;

use crate::artifact::markdown::Prose;
use crate::derive::{EnvironmentFacts, Exposure, Host, Port, Protocol, Role, Workload};
use crate::model::ThreatElement;
use crate::plan::threat::collect::{elements, holder};
use crate::plan::threat::element::{Element, places};
use crate::plan::threat::{around, data, flow};
use crate::plan::{Plan, applies, joined};
use crate::source::{Origin, Sourced};
use crate::standard;

/// The boundary outside of which nobody is trusted, where none of that name is declared.
pub const OUTSIDE: &str = "internet";

/// Why a declared boundary is one.
const DECLARED: &str = "declared";
/// Why a host is a boundary.
pub(super) const HOST: &str = "a host";

/// An area whose parts trust each other alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// What zones are told apart by.
    pub key: String,
    /// Its name.
    pub name: String,
    /// How far its inside is trusted, where that is declared or nobody is.
    pub trust: Option<u64>,
    /// The zone it is in.
    pub parent: Option<String>,
    /// Why it is one, as the end of a sentence.
    pub why: &'static str,
    /// What makes it one.
    pub origin: Origin,
}

/// What stands in a zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// What components are told apart by.
    pub key: String,
    /// Its name as declared.
    pub name: String,
    /// What it is, in a word.
    pub kind: String,
    /// How it is drawn.
    pub look: Look,
    /// The zone it is in.
    pub zone: String,
    /// What declares it.
    pub origin: Origin,
}

/// How a component is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Somebody outside.
    Outside,
    /// What answers.
    Answers,
    /// What works by itself.
    Works,
    /// What stores.
    Stores,
}

/// What moves from one component to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Where it starts.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// The protocol and port, where they are known.
    pub over: String,
    /// How the sender proves who it is, where that is declared.
    pub auth: Option<String>,
    /// What moves.
    pub carries: Prose,
    /// What makes it one.
    pub origin: Origin,
}

/// The system as the threat model sees it.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// The zones; what is in another comes after it.
    pub zones: Vec<Zone>,
    /// The components.
    pub components: Vec<Component>,
    /// The flows.
    pub flows: Vec<Flow>,
    /// Where the components and zones of each key are.
    places: (BTreeMap<String, usize>, BTreeMap<String, usize>),
}

impl System {
    /// The component of a key.
    pub fn component(&self, key: &str) -> Option<&Component> {
        self.components.get(*self.places.0.get(key)?)
    }

    /// The zone of a key.
    pub fn zone(&self, key: &str) -> Option<&Zone> {
        self.zones.get(*self.places.1.get(key)?)
    }

    /// The name of a zone, after that of the one it is in.
    pub fn title(&self, zone: &Zone) -> String {
        match zone.parent.as_ref().and_then(|parent| self.zone(parent)) {
            Some(within) => [&within.name, ": ", &zone.name].concat(),
            None => zone.name.clone(),
        }
    }

    /// Whether a flow crosses a boundary, and from which zone into which.
    pub fn crossing(&self, flow: &Flow) -> Option<(&Zone, &Zone)> {
        let zone = |key: &str| self.component(key).and_then(|component| self.zone(&component.zone));
        let (from, to) = (zone(&flow.from)?, zone(&flow.to)?);
        (from.key != to.key).then_some((from, to))
    }

    pub(super) fn add_zone(&mut self, zone: Zone) -> String {
        let key = zone.key.clone();
        match self.places.1.get(&key).and_then(|at| self.zones.get_mut(*at)) {
            Some(known) => known.origin = known.origin.clone().with(&zone.origin),
            None => {
                self.places.1.insert(key.clone(), self.zones.len());
                self.zones.push(zone);
            }
        }
        key
    }

    /// A zone, and whoever stands in it under its name, rests on one thing more; one that is declared would be derived
    /// from it.
    fn rest_on(&mut self, key: &str, origin: &Origin) {
        let zone = self.places.1.get(key).and_then(|at| self.zones.get_mut(*at));
        let component = self.places.0.get(key).and_then(|at| self.components.get_mut(*at));
        if let Some(zone) = zone {
            zone.origin = zone.origin.clone().with(origin);
            if let Some(component) = component {
                component.origin = component.origin.clone().with(origin);
            }
        }
    }

    pub(super) fn add(&mut self, component: Component) {
        match self.places.0.get(&component.key).and_then(|at| self.components.get_mut(*at)) {
            Some(known) => known.origin = known.origin.clone().with(&component.origin),
            None => {
                self.places.0.insert(component.key.clone(), self.components.len());
                self.components.push(component);
            }
        }
    }
}

/// The system, each part where it matters most.
pub fn system(plan: &Plan<'_>) -> System {
    let mut system = System::default();
    boundaries(plan, &mut system);
    for place in places(plan) {
        for workload in &place.workloads {
            program(plan, place, workload, &mut system);
        }
    }
    for element in elements(plan, ThreatElement::Resource) {
        resource(plan, &element, &mut system);
    }
    around::pipeline(plan, &mut system);
    for element in elements(plan, ThreatElement::Secret) {
        around::secret(plan, &element, &mut system);
    }
    flow::derived(plan, &mut system);
    flow::declared(plan, &mut system);
    system
}

fn boundaries(plan: &Plan<'_>, system: &mut System) {
    for boundary in plan.model.threats.iter().flat_map(|threats| &threats.boundary) {
        let name = &boundary.name;
        let key = system.add_zone(Zone {
            key: ["boundary ", &name.value].concat(),
            name: name.value.clone(),
            trust: Some(boundary.trust.value.get()),
            parent: None,
            why: DECLARED,
            origin: boundary.origin.clone().with(&name.origin),
        });
        if boundary.holds.is_empty() {
            system.add(Component {
                key: key.clone(),
                name: name.value.clone(),
                kind: "outside".to_owned(),
                look: Look::Outside,
                zone: key,
                origin: name.origin.clone(),
            });
        }
    }
}

/// The outside, which is there as soon as something is open to it.
fn outside(system: &mut System, origin: &Origin) -> String {
    let key = ["boundary ", OUTSIDE].concat();
    if system.component(&key).is_some() {
        system.rest_on(&key, origin);
    } else {
        let zone = Zone {
            key: key.clone(),
            name: OUTSIDE.to_owned(),
            trust: Some(0),
            parent: None,
            why: "a port is public",
            origin: origin.clone(),
        };
        system.add_zone(zone);
        system.add(Component {
            key: key.clone(),
            name: OUTSIDE.to_owned(),
            kind: "outside".to_owned(),
            look: Look::Outside,
            zone: key.clone(),
            origin: origin.clone(),
        });
    }
    key
}

/// The zone of what runs on a host: the host's own, inside of the boundary that is declared to hold it.
fn hosted(plan: &Plan<'_>, host: &Host, name: &str, system: &mut System) -> String {
    let declared = plan.model.threats.as_ref().and_then(|threats| {
        let holder = holder(threats, name);
        (holder != name).then(|| ["boundary ", holder].concat())
    });
    let shown = host_name(host);
    let key = match &declared {
        Some(boundary) => [boundary, ", ", &shown].concat(),
        None => ["host ", &shown].concat(),
    };
    let origin = joined(host_origins(host)).unwrap_or_default();
    if system.zone(&key).is_some() {
        system.rest_on(&key, &origin);
    }
    system.add_zone(Zone { key, name: shown, trust: None, parent: declared, why: HOST, origin })
}

/// The platform and where on it.
fn host_name(host: &Host) -> String {
    let facts = standard::platform(&host.platform.value);
    let mut name = facts.map_or_else(|| host.platform.value.clone(), |facts| facts.title.value.clone());
    for (what, value) in properties(host) {
        name = [&name, ", ", what, " ", &value.value].concat();
    }
    name
}

/// What tells two hosts on one platform apart in who is trusted.
fn properties(host: &Host) -> Vec<(&'static str, &Sourced<String>)> {
    let node = &host.node;
    let known = [
        ("project", &node.project),
        ("account", &node.account),
        ("subscription", &node.subscription),
        ("cluster", &node.cluster),
        ("namespace", &node.namespace),
    ];
    let mut all: Vec<(&str, &Sourced<String>)> =
        known.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value))).collect();
    all.extend(node.server.iter().map(|server| ("server", server)));
    all
}

fn host_origins(host: &Host) -> Vec<Origin> {
    let values = properties(host).into_iter().map(|(_, value)| value.origin.clone());
    values.chain([host.platform.origin.clone()]).collect()
}

fn program(plan: &Plan<'_>, place: &EnvironmentFacts, workload: &Workload, system: &mut System) {
    let key = ["service ", &workload.name.value].concat();
    if system.component(&key).is_some() {
        return;
    }
    let zone = hosted(plan, &workload.host, &workload.name.value, system);
    let look = match workload.role.value {
        Role::Web | Role::Api | Role::Static | Role::Function => Look::Answers,
        Role::Worker | Role::Cron | Role::Task => Look::Works,
    };
    system.add(Component {
        key: key.clone(),
        name: workload.name.value.clone(),
        kind: workload.role.value.word().to_owned(),
        look,
        zone,
        origin: workload.name.origin.clone().with(&place.name.origin),
    });
    for port in workload.ports.iter().filter(|port| port.exposure.value == Exposure::Public) {
        let from = outside(system, &port.exposure.origin);
        let data = data::of_workload(plan, place, workload);
        system.flows.push(Flow {
            from,
            to: key.clone(),
            over: from_outside(workload, port),
            auth: None,
            carries: data.words,
            origin: port.node.origin.clone().with(&data.origin).with(&place.name.origin),
        });
    }
}

/// How people reach a port: where the platform lets nobody in without TLS, through that.
fn from_outside(workload: &Workload, port: &Port) -> String {
    let inside = flow::at_port(port.protocol.word(), &port.port.value.to_string());
    let platform = standard::platform(&workload.host.platform.value);
    let only =
        platform.is_some_and(|platform| platform.witness.iter().any(|witness| witness.predicate.value == "https-only"));
    match port.protocol == Protocol::Http && only {
        true => ["https to the platform, then ", &inside].concat(),
        false => inside,
    }
}

fn resource(plan: &Plan<'_>, element: &Element<'_>, system: &mut System) {
    let (Some(place), Some(resource)) = (element.place, element.resource) else { return };
    let name = &resource.name.value;
    let zone = match applies::is_external(resource) {
        true => system.add_zone(Zone {
            key: ["outside ", name].concat(),
            name: ["who runs ", name].concat(),
            trust: None,
            parent: None,
            why: "somebody else runs it",
            origin: resource.name.origin.clone(),
        }),
        false => hosted(plan, &place.host, name, system),
    };
    system.add(Component {
        key: element.part.key.clone(),
        name: name.clone(),
        kind: resource.kind.value.word().to_owned(),
        look: Look::Stores,
        zone,
        origin: element.origin.clone(),
    });
}
