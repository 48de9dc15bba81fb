//! Elements: what threats are told of, one for each thing declared, with the words that tell them apart.

use crate::artifact::markdown::{Inline, Prose};
use crate::artifact::slug;
use crate::derive::{EnvironmentFacts, Exposure, Port, Workload};
use crate::model::{self, Applies, ThreatElement};
use crate::plan::threat::data::{self, Data};
use crate::plan::{Plan, suits};
use crate::source::Origin;

/// What kind of thing an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What patterns of the standard library are told of.
    Of(ThreatElement),
    /// A trust boundary, which only declared threats are told of.
    Boundary,
    /// An asset, likewise.
    Asset,
}

/// The part of the system that an element belongs to: a row of the STRIDE analysis.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What parts are told apart by.
    pub key: String,
    /// What it is called.
    pub shown: Prose,
}

impl Part {
    /// A part that is called by the name of what is declared.
    pub fn named(kind: &str, name: &str) -> Part {
        Part { key: [kind, " ", name].concat(), shown: Inline::code(name).into() }
    }

    /// What goes from one to another.
    pub fn between(from: &str, to: &str) -> Part {
        let shown = Prose::from(Inline::code(from)).then(" → ").then(Inline::code(to));
        Part { key: ["flow ", from, " ", to].concat(), shown }
    }
}

/// Something that threats are told of.
#[derive(Clone)]
pub struct Element<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its name in the ids of threats.
    pub name: String,
    /// The part of the system.
    pub part: Part,
    /// The environment in which it is looked at: the one that matters most of those that have it.
    pub place: Option<&'a EnvironmentFacts>,
    /// The programs it is about; the first is the one it belongs to.
    pub workloads: Vec<&'a Workload>,
    /// The port it is about.
    pub port: Option<&'a Port>,
    /// The resource it is about.
    pub resource: Option<&'a model::Resource>,
    /// The secret it is about.
    pub secret: Option<&'a model::Secret>,
    /// What holds it, where it is an asset.
    pub holder: Option<String>,
    /// The data it touches.
    pub data: Data,
    /// What placeholders in its sentences stand for.
    pub words: Vec<(&'static str, Prose)>,
    /// What declares it.
    pub origin: Origin,
}

impl<'a> Element<'a> {
    /// An element of an environment, without anything that not every element has.
    pub(super) fn new(kind: Kind, name: &str, part: Part, data: Data, origin: Origin) -> Element<'a> {
        let words = vec![("element", part.shown.clone()), ("data", data.words.clone())];
        Element {
            kind,
            name: identifier(name),
            part,
            place: None,
            workloads: Vec::new(),
            port: None,
            resource: None,
            secret: None,
            holder: None,
            data,
            words,
            origin,
        }
    }

    /// The same element in an environment.
    pub(super) fn at(mut self, place: &'a EnvironmentFacts, workloads: Vec<&'a Workload>) -> Element<'a> {
        self.place = Some(place);
        self.workloads = workloads;
        self
    }

    /// The same element as it is in another environment; none where it is not there.
    pub fn seen_in(self, plan: &Plan<'a>, environment: &'a EnvironmentFacts) -> Option<Element<'a>> {
        let Some(place) = self.place.filter(|place| place.index != environment.index) else { return Some(self) };
        match self.kind {
            Kind::Of(ThreatElement::Pipeline) | Kind::Boundary | Kind::Asset => return Some(self),
            Kind::Of(ThreatElement::Environment | ThreatElement::Preview | ThreatElement::Domain) => return None,
            Kind::Of(_) => {}
        }
        let setting = plan.setting(environment);
        let is_gone = |name: &str| environment.workload(name).is_none();
        let has_secret = |secret: &model::Secret| setting.secrets.iter().any(|one| one.name.value == secret.name.value);
        let has_resource =
            |used: &model::Resource| setting.resources.iter().any(|one| one.name.value == used.name.value);
        // What it belongs to must be there; of the others those that are.
        let first = self.workloads.first().is_some_and(|first| is_gone(&first.name.value));
        let lost = match (self.secret, self.resource) {
            (Some(secret), _) => !has_secret(secret),
            (None, Some(resource)) => !has_resource(resource) || first,
            (None, None) => first,
        };
        if lost || place.tier.value < environment.tier.value {
            return None;
        }
        let workloads = self.workloads.iter().filter_map(|one| environment.workload(&one.name.value)).collect();
        Some(self.at(environment, workloads))
    }

    /// The same element with words for placeholders.
    pub(super) fn says<const N: usize>(mut self, words: [(&'static str, Prose); N]) -> Element<'a> {
        for (name, words) in words {
            self.words.retain(|(known, _)| *known != name);
            self.words.push((name, words));
        }
        self
    }

    /// The placeholder that names the element itself: rows that differ in it alone are one.
    pub fn subject(&self) -> &'static str {
        match self.kind {
            Kind::Of(ThreatElement::Call | ThreatElement::Uses | ThreatElement::Flow) => "from",
            Kind::Of(ThreatElement::Secret) => "secret",
            Kind::Of(
                ThreatElement::Service
                | ThreatElement::Port
                | ThreatElement::Resource
                | ThreatElement::Image
                | ThreatElement::ForeignImage
                | ThreatElement::Pipeline
                | ThreatElement::Environment
                | ThreatElement::Preview
                | ThreatElement::Domain
                | ThreatElement::Migration
                | ThreatElement::Logs,
            )
            | Kind::Boundary
            | Kind::Asset => "element",
        }
    }

    /// The words of its placeholder.
    pub fn word(&self, name: &str) -> Prose {
        self.words.iter().find(|(known, _)| *known == name).map(|(_, words)| words.clone()).unwrap_or_default()
    }

    /// What makes a word of the standard library true of it; none where it is not.
    pub fn grounds(&self, plan: &Plan<'_>, word: Applies) -> Option<Origin> {
        let exposed = |exposure: Exposure| {
            let port = self.port.filter(|port| port.exposure.value == exposure);
            port.map(|port| port.exposure.origin.clone())
        };
        match (word, self.kind) {
            (Applies::Always, _) => Some(self.origin.clone()),
            (Applies::DataConfidential, _) => self.data.is_confidential().then(|| self.data.origin.clone()),
            (Applies::Pipeline, _) => Some(plan.pipeline().1),
            (Applies::Flow, Kind::Of(ThreatElement::Flow)) => Some(self.origin.clone()),
            (Applies::Preview, _) => self.place?.ephemeral.value.then(|| self.origin.clone()),
            (Applies::Public, Kind::Of(ThreatElement::Port | ThreatElement::Call)) => exposed(Exposure::Public),
            (Applies::Internal, Kind::Of(ThreatElement::Port | ThreatElement::Call)) => exposed(Exposure::Internal),
            (Applies::Secret, Kind::Of(ThreatElement::Secret))
            | (Applies::Domain, Kind::Of(ThreatElement::Domain))
            | (Applies::Migration, Kind::Of(ThreatElement::Migration))
            | (Applies::Image, Kind::Of(ThreatElement::Image)) => Some(self.origin.clone()),
            (Applies::Resource | Applies::Stateful | Applies::Queue | Applies::Relational | Applies::External, _)
                if self.resource.is_some() =>
            {
                let resource = self.resource?;
                suits(resource, word).then(|| resource.name.origin.clone())
            }
            (_, Kind::Of(ThreatElement::Resource)) => None,
            (word, _) => {
                let own = match self.kind {
                    Kind::Of(ThreatElement::Environment | ThreatElement::Preview | ThreatElement::Image) => None,
                    Kind::Of(_) | Kind::Boundary | Kind::Asset => self.workloads.first().copied(),
                };
                plan.grounds(self.place?, own, word)
            }
        }
    }
}

/// A name as ids hold it.
fn identifier(name: &str) -> String {
    slug(&name.replace(['.', '/', ':'], "-"))
}

/// Names as code, with commas and a last word.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> Prose {
    Prose::joined(names.into_iter().map(Inline::code), ", ")
}

/// The lasting environments, the one that matters most first.
pub fn places<'a>(plan: &Plan<'a>) -> Vec<&'a EnvironmentFacts> {
    let mut all: Vec<&EnvironmentFacts> = plan.lasting().collect();
    all.sort_by_key(|environment| std::cmp::Reverse(environment.tier.value));
    all
}

/// What a program handles, as an element of its own.
pub(super) fn of_workload<'a>(
    plan: &Plan<'a>,
    kind: Kind,
    place: &'a EnvironmentFacts,
    workload: &'a Workload,
) -> Element<'a> {
    let name = &workload.name.value;
    let data = data::of_workload(plan, place, workload);
    let origin = workload.name.origin.clone().with(&place.name.origin);
    Element::new(kind, name, Part::named("service", name), data, origin).at(place, vec![workload])
}
