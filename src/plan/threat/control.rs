//! Controls: those of the standard library and the project's own, which may attest or replace one of them.

use crate::model::{self, Applies, ControlKind, Posture, StdControl};
use crate::plan::Plan;
use crate::resolve::Model;
use crate::source::{Origin, Sourced};
use crate::standard;

/// A control that threats name.
#[derive(Clone, Debug)]
pub struct Control<'a> {
    /// Its name.
    pub name: String,
    /// What it does to a threat.
    pub kind: ControlKind,
    /// What the standard library knows of it.
    pub fact: Option<&'static StdControl>,
    /// What the project says of it.
    pub own: Option<&'a model::Control>,
}

impl<'a> Control<'a> {
    /// The control of a name.
    pub fn find(model: &'a Model, name: &str) -> Option<Control<'a>> {
        let own = model.declared.controls.iter().find(|own| own.name.value == name);
        Control::new(standard::get("control", name), own)
    }

    /// Every control: those of the standard library in its order, then the project's own.
    pub fn all(plan: &Plan<'a>) -> Vec<Control<'a>> {
        let own = &plan.model.declared.controls;
        let facts = standard::all::<StdControl>("control");
        let is_new = |control: &&model::Control| !facts.iter().any(|fact| fact.name.value == control.name.value);
        let added: Vec<Control<'a>> =
            own.iter().filter(is_new).filter_map(|own| Control::new(None, Some(own))).collect();
        let known = facts.into_iter().filter_map(|fact| {
            let own = own.iter().find(|own| own.name.value == fact.name.value);
            Control::new(Some(fact), own)
        });
        known.chain(added).collect()
    }

    fn new(fact: Option<&'static StdControl>, own: Option<&'a model::Control>) -> Option<Control<'a>> {
        let name = own.map(|own| own.name.value.clone()).or_else(|| Some(fact?.name.value.clone()))?;
        let kind = own.map(|own| own.kind.value).or_else(|| Some(fact?.kind.value))?;
        Some(Control { name, kind, fact, own })
    }

    /// What it does, as a sentence: as the project says, else as the standard library does.
    pub fn describe(&self) -> &str {
        let own = self.own.and_then(|own| own.describe.as_ref());
        let fact = self.fact.and_then(|fact| fact.describe.as_ref());
        own.or(fact).map(|describe| describe.value.as_str()).unwrap_or_default()
    }

    /// Its title in the standard library.
    pub fn title(&self) -> Option<&str> {
        self.fact.map(|fact| fact.title.value.as_str())
    }

    /// The predicate that checks it.
    pub fn predicate(&self) -> Option<&str> {
        Some(self.fact?.predicate.as_ref()?.value.as_str())
    }

    /// The files of the project that show it.
    pub fn attested(&self) -> &'a [Sourced<String>] {
        self.own.map(|own| own.attest.as_slice()).unwrap_or_default()
    }

    /// What a person looks at, where no predicate can.
    pub fn by_hand(&self) -> Option<&str> {
        Some(self.fact?.by_hand.as_ref()?.value.as_str())
    }

    /// What must be declared for it to make sense.
    pub fn applies(&self) -> Applies {
        self.fact.map_or(Applies::Always, |fact| fact.applies.value)
    }

    /// The mildest posture that asks for it.
    pub fn posture(&self) -> Posture {
        self.fact.map_or(Posture::Standard, |fact| fact.posture.value)
    }

    /// Where it is declared.
    pub fn origin(&self) -> Origin {
        let fact = self.fact.map(|fact| fact.name.origin.clone());
        match (self.own, fact) {
            (Some(own), Some(fact)) => own.name.origin.clone().with(&fact),
            (Some(own), None) => own.name.origin.clone(),
            (None, Some(fact)) => fact,
            (None, None) => Origin::default(),
        }
    }
}
