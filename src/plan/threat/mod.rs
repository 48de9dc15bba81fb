//! The threat model: elements, what can go wrong with each, and how bad that is before anything is done about it.
//!
//! Threats are those that the project declares, and one for each pattern of the standard library and element that fits it.

mod around;
mod collect;
pub mod control;
pub mod data;
mod element;
mod flow;
pub mod reader;
pub mod risk;
pub mod zone;

pub use collect::{elements, store};
pub use element::{Element, Kind, Part, places};

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::markdown::Prose;
use crate::artifact::told;
use crate::derive::Role;
use crate::model::{self, Applies, ServiceKind, StdRunbookStep, StdThreatPattern, Stride, ThreatElement};
use crate::plan::Plan;
use crate::source::{Origin, Sourced};
use crate::standard;
use control::Control;
use risk::Rating;

/// A threat to one element.
#[derive(Clone)]
pub struct Threat<'a> {
    /// What `accept` and links name it by: its own name, or that of its pattern and of the element.
    pub id: String,
    /// Its own name, or that of its pattern.
    pub name: String,
    /// Who says that it is there.
    pub source: Source,
    /// Its category.
    pub stride: Stride,
    /// What it threatens.
    pub on: Element<'a>,
    /// What happens, with placeholders.
    pub sentence: String,
    /// The security test that would find it, with placeholders.
    pub test: Option<String>,
    /// The impact for data of class internal.
    pub own_impact: model::Level,
    /// Before any mitigation.
    pub before: Rating,
    /// With every mitigation in force; none where nobody says.
    pub least: Option<Rating>,
    /// What is done about it.
    pub mitigations: Vec<Mitigation<'a>>,
    /// What to do when it happens.
    pub respond: &'static [StdRunbookStep],
    /// Who accepts it.
    pub accepted: Option<&'a model::Accept>,
    /// What makes it apply.
    pub origin: Origin,
}

/// Who says that a threat is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The project.
    Declared,
    /// A pattern of the standard library.
    Derived,
}

/// A control against a threat.
#[derive(Clone)]
pub struct Mitigation<'a> {
    /// The control.
    pub control: Control<'a>,
    /// Who keeps it working; none where that is the owner of the app.
    pub owner: Option<Sourced<String>>,
    /// Whether the project itself names it.
    pub source: Source,
    /// Where it is named.
    pub origin: Origin,
}

impl Threat<'_> {
    /// What happens.
    pub fn what(&self) -> Prose {
        match self.source {
            Source::Declared => Prose::from(self.sentence.as_str()),
            Source::Derived => told(&self.sentence, &self.on.words),
        }
    }

    /// What happens, told of others beside the element.
    pub fn what_of(&self, subject: &Prose) -> Prose {
        match self.source {
            Source::Declared => Prose::from(self.sentence.as_str()),
            Source::Derived => told(&self.sentence, &self.words_of(subject)),
        }
    }

    /// The test, told of others beside the element.
    pub fn test_of(&self, subject: &Prose) -> Option<Prose> {
        self.test.as_ref().map(|test| told(test, &self.words_of(subject)))
    }

    /// What placeholders stand for, told of others beside the element.
    pub fn words_of(&self, subject: &Prose) -> Vec<(&'static str, Prose)> {
        let own = self.on.subject();
        let word = |(name, words): &(&'static str, Prose)| match *name == own {
            true => (*name, subject.clone()),
            false => (*name, words.clone()),
        };
        self.on.words.iter().map(word).collect()
    }
}

/// Every threat: the declared ones in their order, then the derived ones in that of the standard library.
pub fn threats<'a>(plan: &Plan<'a>) -> Vec<Threat<'a>> {
    let mut all: Vec<Threat<'a>> = declared(plan);
    let mut known: BTreeMap<ThreatElement, Vec<Element<'a>>> = BTreeMap::new();
    for pattern in standard::all::<StdThreatPattern>("threat-pattern") {
        let kind = pattern.element.value;
        let elements = known.entry(kind).or_insert_with(|| elements(plan, kind));
        all.extend(elements.iter().filter_map(|element| derived(plan, pattern, element)));
    }
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for (index, threat) in all.iter_mut().enumerate() {
        if !ids.insert(threat.id.clone()) {
            threat.id = [&threat.id, "-", &index.to_string()].concat();
        }
    }
    all
}

fn declared<'a>(plan: &Plan<'a>) -> Vec<Threat<'a>> {
    let Some(model) = plan.model.threats.as_ref().filter(|model| !model.threat.is_empty()) else { return Vec::new() };
    let mut known = elements(plan, ThreatElement::Service);
    known.extend(elements(plan, ThreatElement::Resource));
    let told = |threat: &'a model::Threat| {
        let mitigation = |one: &'a model::ThreatMitigate| {
            Some(Mitigation {
                control: Control::find(plan.model, &one.control.value)?,
                owner: one.owner.clone(),
                source: Source::Declared,
                origin: one.origin.clone(),
            })
        };
        let describe = threat.describe.as_ref();
        Threat {
            id: threat.name.value.clone(),
            name: threat.name.value.clone(),
            source: Source::Declared,
            stride: threat.stride.value,
            on: collect::declared(plan, &known, &threat.on),
            sentence: describe.map(|describe| describe.value.clone()).unwrap_or_default(),
            test: None,
            own_impact: threat.impact.value,
            before: Rating::of(threat.likelihood.value, threat.impact.value),
            least: None,
            mitigations: threat.mitigate.iter().filter_map(mitigation).collect(),
            respond: &[],
            accepted: acceptance(plan, &threat.name.value, &threat.name.value),
            origin: describe.iter().fold(threat.name.origin.clone(), |origin, told| origin.with(&told.origin)),
        }
    };
    model.threat.iter().map(told).collect()
}

/// The threat that a pattern is to an element; none where it does not fit.
fn derived<'a>(plan: &Plan<'a>, pattern: &'static StdThreatPattern, on: &Element<'a>) -> Option<Threat<'a>> {
    let roles = || on.workloads.first().map(|workload| workload.role.value);
    if !pattern.kind.is_empty() && !roles().is_some_and(|role| is_of(&pattern.kind, role)) {
        return None;
    }
    let of_kind = |resource: &model::Resource| pattern.resource.iter().any(|kind| kind.value == resource.kind.value);
    if !pattern.resource.is_empty() && !on.resource.is_some_and(of_kind) {
        return None;
    }
    let grounds = on.grounds(plan, pattern.applies.value)?;
    let id = [&pattern.name.value, "-", &on.name].concat();
    let impact = |level| risk::impact_on(level, pattern.stride.value, on.data.class);
    let mitigation = |name: &Sourced<String>| {
        let control = Control::find(plan.model, &name.value)?;
        may_help(plan, &control, on).then(|| Mitigation {
            control,
            owner: None,
            source: Source::Derived,
            origin: name.origin.clone(),
        })
    };
    Some(Threat {
        accepted: acceptance(plan, &id, &pattern.name.value),
        id,
        name: pattern.name.value.clone(),
        source: Source::Derived,
        stride: pattern.stride.value,
        sentence: pattern.describe.as_ref().map(|describe| describe.value.clone()).unwrap_or_default(),
        test: pattern.test.as_ref().map(|test| test.value.clone()),
        own_impact: pattern.impact.value,
        before: Rating::of(pattern.likelihood.value, impact(pattern.impact.value)),
        least: Some(Rating::of(pattern.residual_likelihood.value, impact(pattern.residual_impact.value))),
        mitigations: pattern.mitigate.iter().filter_map(mitigation).collect(),
        respond: &pattern.respond,
        origin: on.origin.clone().with(&grounds).with(&pattern.name.origin),
        on: on.clone(),
    })
}

fn is_of(kinds: &[Sourced<ServiceKind>], role: Role) -> bool {
    let kind = match role {
        Role::Web => ServiceKind::Web,
        Role::Api => ServiceKind::Api,
        Role::Worker => ServiceKind::Worker,
        Role::Cron => ServiceKind::Cron,
        Role::Static => ServiceKind::Static,
        Role::Function => ServiceKind::Function,
        Role::Task => return false,
    };
    kinds.iter().any(|known| known.value == kind)
}

fn acceptance<'a>(plan: &Plan<'a>, id: &str, name: &str) -> Option<&'a model::Accept> {
    let all = plan.model.threats.as_ref().map(|threats| threats.accept.as_slice()).unwrap_or_default();
    // Who accepts one threat by its id says more than who accepts all of its pattern.
    let of = |wanted: &str| all.iter().find(|accept| accept.threat.value == wanted);
    of(id).or_else(|| of(name))
}

/// Whether a control could help where the element is: what is itself a remedy need not be declared for that.
pub fn may_help(plan: &Plan<'_>, control: &Control<'_>, on: &Element<'_>) -> bool {
    let word = control.applies();
    if word == Applies::Rollback {
        on.workloads.iter().any(|workload| workload.role.value.takes_traffic())
    } else if word == Applies::Scale {
        on.workloads.iter().any(|workload| match workload.role.value {
            Role::Web | Role::Api | Role::Static | Role::Function | Role::Worker => true,
            Role::Cron | Role::Task => false,
        })
    } else if word == Applies::Public && on.kind == Kind::Of(ThreatElement::Flow) {
        // Who sends a flow is told apart by the program that takes it.
        on.workloads.iter().any(|workload| workload.is_public())
    } else {
        word == Applies::Size || on.grounds(plan, word).is_some()
    }
}
