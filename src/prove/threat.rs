//! The threat model after the proofs: the state of every mitigation with what shows it, and the risk that is left.

use std::collections::BTreeMap;

use crate::derive::EnvironmentFacts;
use crate::model::{self, Level};
use crate::plan::Plan;
use crate::plan::threat::control::Control;
use crate::plan::threat::risk::{self, Rating, Taken};
use crate::plan::threat::{self, Element, Mitigation, Source, Threat};
use crate::prove::scope::{Found, Index, Scope};
use crate::prove::{Counterexample, Place, Proof, Proofs};
use crate::source::Sourced;

/// How good the word for a mitigation is.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Its predicate holds on this build.
    Checked {
        /// The place that is nearest to what is told of.
        nearest: Place,
        /// At how many places it was seen.
        count: usize,
    },
    /// These files of the project show it.
    Attested(Vec<Sourced<String>>),
    /// The project says so, in words.
    Declared,
    /// Nothing says so.
    Open(Gap),
}

/// Why a mitigation is open.
#[derive(Clone, Debug, PartialEq)]
pub enum Gap {
    /// Its predicate does not hold.
    Fails {
        /// The nearest counterexample.
        nearest: Counterexample,
        /// How many there are.
        count: usize,
    },
    /// Its predicate finds nothing in this build to look at.
    Nothing,
    /// No predicate can see it, and nobody says that it is there.
    Unseen,
}

impl State {
    /// The word in documents.
    pub fn word(&self) -> &'static str {
        match self {
            State::Checked { .. } => "checked",
            State::Attested(_) => "attested",
            State::Declared => "declared",
            State::Open(_) => "open",
        }
    }

    /// How good the word is; none where there is none.
    pub fn proof(&self) -> Option<model::Proof> {
        match self {
            State::Checked { .. } => Some(model::Proof::Checked),
            State::Attested(_) => Some(model::Proof::Attested),
            State::Declared => Some(model::Proof::Declared),
            State::Open(_) => None,
        }
    }
}

/// A mitigation with its state.
#[derive(Clone)]
pub struct Answer<'a> {
    /// The mitigation.
    pub mitigation: Mitigation<'a>,
    /// Its state.
    pub state: State,
    /// What it takes off the risk.
    pub taken: Taken,
}

/// A threat with what is left of it.
#[derive(Clone)]
pub struct Judged<'a> {
    /// The threat.
    pub threat: Threat<'a>,
    /// Its mitigations.
    pub answers: Vec<Answer<'a>>,
    /// The risk that is left.
    pub after: Rating,
}

impl Judged<'_> {
    /// Whether its risk is high and nothing checked, attested or accepted answers it.
    pub fn is_unmitigated(&self) -> bool {
        let answered = self.answers.iter().any(|answer| answer.taken.counts());
        self.threat.before.risk == Level::High && !answered && self.threat.accepted.is_none()
    }

    /// Whether a high risk is left that nobody accepts.
    pub fn is_open(&self) -> bool {
        self.after.risk == Level::High && self.threat.accepted.is_none()
    }
}

/// The proofs of a build, sorted by what their places name.
struct Sight<'a> {
    scope: Scope<'a>,
    proofs: &'a Proofs,
    sorted: BTreeMap<&'static str, (Index<'a>, Index<'a>)>,
}

impl<'a> Sight<'a> {
    fn new(plan: &'a Plan<'a>, proofs: &'a Proofs) -> Sight<'a> {
        let scope = Scope::new(plan);
        let sort = |proof: &Proof| {
            let evidence = scope.index(proof, proof.evidence.iter());
            let reasons = scope.index(proof, proof.counterexamples.iter().map(|one| &one.place));
            (proof.predicate, (evidence, reasons))
        };
        let sorted = proofs.all.iter().map(sort).collect();
        Sight { scope, proofs, sorted }
    }

    /// What a predicate says of one element: places of other environments and of other programs are not about it. What
    /// the project itself claims is looked up in all environments where the element's own holds nothing.
    fn of_element(&self, predicate: &str, element: &Element<'a>, source: Source) -> State {
        let home = |index: &Index<'a>| self.scope.find(index, element);
        match (self.seen(predicate, &home), source) {
            (State::Open(Gap::Nothing), Source::Declared) => {
                self.seen(predicate, &|index| self.scope.find_anywhere(index, element))
            }
            (state, Source::Declared | Source::Derived) => state,
        }
    }

    fn seen(&self, predicate: &str, find: &dyn Fn(&Index<'a>) -> Option<Found>) -> State {
        let (Some(proof), Some((evidence, reasons))) = (self.proofs.get(predicate), self.sorted.get(predicate)) else {
            return State::Open(Gap::Unseen);
        };
        if let Some(found) = find(reasons)
            && let Some(nearest) = proof.counterexamples.get(found.nearest)
        {
            return State::Open(Gap::Fails { nearest: nearest.clone(), count: found.count });
        }
        let found = find(evidence);
        match found.and_then(|found| Some((proof.evidence.get(found.nearest)?, found.count))) {
            Some((nearest, count)) => State::Checked { nearest: nearest.clone(), count },
            None => State::Open(Gap::Nothing),
        }
    }
}

/// Every threat with the state of its mitigations.
pub fn judged<'a>(plan: &'a Plan<'a>, proofs: &'a Proofs) -> Vec<Judged<'a>> {
    let sight = Sight::new(plan, proofs);
    let posture = posture(plan);
    threat::threats(plan).into_iter().map(|threat| of_threat(&sight, posture, threat)).collect()
}

/// The threats that an environment has, with the state of their mitigations there.
pub fn judged_at<'a>(plan: &'a Plan<'a>, proofs: &'a Proofs, environment: &'a EnvironmentFacts) -> Vec<Judged<'a>> {
    let sight = Sight::new(plan, proofs);
    let posture = posture(plan);
    let here = |mut threat: Threat<'a>| {
        threat.on = threat.on.seen_in(plan, environment)?;
        Some(of_threat(&sight, posture, threat))
    };
    threat::threats(plan).into_iter().filter_map(here).collect()
}

fn of_threat<'a>(sight: &Sight<'a>, posture: model::Posture, mut threat: Threat<'a>) -> Judged<'a> {
    let mut answers = Vec::new();
    for mitigation in std::mem::take(&mut threat.mitigations) {
        let seen = match mitigation.control.predicate() {
            Some(predicate) => sight.of_element(predicate, &threat.on, mitigation.source),
            None => State::Open(Gap::Unseen),
        };
        let state = said(seen, &mitigation.control, mitigation.source);
        // What only a stricter posture asks for counts where it is there, and is not missed where it is not.
        let asked = mitigation.control.posture() <= posture || mitigation.source == Source::Declared;
        if !asked && state.proof().is_none() {
            continue;
        }
        let taken = state.proof().map_or_else(Taken::default, |proof| risk::effect(mitigation.control.kind, proof));
        answers.push(Answer { mitigation, state, taken });
    }
    let after = left(&threat, &answers);
    Judged { threat, answers, after }
}

/// The risk that is left: with every mitigation in force what the pattern says, else what those in force take off.
fn left(threat: &Threat<'_>, answers: &[Answer<'_>]) -> Rating {
    let least = threat.least.unwrap_or_else(|| Rating::of(Level::Low, Level::Low));
    let all = !answers.is_empty() && answers.iter().all(|answer| answer.taken.counts());
    match threat.least {
        Some(least) if all => least,
        Some(_) | None => {
            let taken = answers.iter().map(|answer| answer.taken).fold(Taken::default(), Taken::and);
            threat.before.less(taken, least)
        }
    }
}

/// The posture of the project.
pub fn posture(plan: &Plan<'_>) -> model::Posture {
    let written = plan.model.app.as_ref().and_then(|app| app.posture.as_ref());
    written.map_or(model::Posture::Standard, |posture| posture.value)
}

/// The state of a control over the whole build.
pub fn overall(plan: &Plan<'_>, proofs: &Proofs, control: &Control<'_>) -> State {
    let named = plan.model.threats.iter().flat_map(|threats| &threats.threat).flat_map(|threat| &threat.mitigate);
    let source = match named.into_iter().any(|one| one.control.value == control.name) {
        true => Source::Declared,
        false => Source::Derived,
    };
    let seen = match control.predicate().and_then(|name| proofs.get(name)) {
        Some(proof) => of_build(proof),
        None => State::Open(Gap::Unseen),
    };
    said(seen, control, source)
}

fn of_build(proof: &Proof) -> State {
    match (proof.counterexamples.first(), proof.evidence.first()) {
        (Some(nearest), _) => State::Open(Gap::Fails { nearest: nearest.clone(), count: proof.counterexamples.len() }),
        (None, Some(nearest)) => State::Checked { nearest: nearest.clone(), count: proof.evidence.len() },
        (None, None) => State::Open(Gap::Nothing),
    }
}

/// What is seen, and where nothing is what the project says; words cannot outweigh a counterexample.
fn said(seen: State, control: &Control<'_>, source: Source) -> State {
    let attested = control.attested();
    let is_declared = control.own.is_some() || source == Source::Declared;
    match seen {
        State::Open(Gap::Nothing | Gap::Unseen) if !attested.is_empty() => State::Attested(attested.to_vec()),
        State::Open(Gap::Nothing | Gap::Unseen) if is_declared => State::Declared,
        State::Checked { .. } | State::Attested(_) | State::Declared | State::Open(_) => seen,
    }
}
