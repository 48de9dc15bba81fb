//! `docs/security/`: the threat model, controls, incident response and secrets, with `SECURITY.md` and the model for tools.

mod assets;
mod boundaries;
mod controls;
mod exchange;
mod incident;
mod policy;
pub(super) mod rotation;
pub(crate) mod secrets;
mod stride;
mod tests;
pub(crate) mod threat_model;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::artifact::markdown::{Inline, Prose, Target};
use crate::artifact::{Artifact, slug, told};
use crate::emit::paper::deployment::deployments;
use crate::ordered::distinct;
use crate::plan::Plan;
use crate::plan::joined;
use crate::plan::threat::Source;
use crate::plan::threat::risk::Rating;
use crate::prove::threat::{Gap, Judged, State, judged};
use crate::prove::{Place, Proofs};
use crate::source::Origin;

/// Adds the documents of whatever lasts.
pub(crate) fn emit(plan: &Plan<'_>, proofs: &Proofs, artifacts: &mut Vec<Artifact>) {
    if plan.model.app.is_none() || deployments(plan).is_empty() {
        return;
    }
    let all = judged(plan, proofs);
    threat_model::emit(plan, &all, artifacts);
    controls::emit(plan, proofs, &all, artifacts);
    incident::emit(plan, &all, artifacts);
    secrets::emit(plan, artifacts);
    policy::emit(plan, artifacts);
    exchange::emit(plan, &all, artifacts);
}

/// The path of a document.
fn path(plan: &Plan<'_>, name: &str) -> String {
    super::path(plan, &["security/", name, ".md"].concat())
}

/// Threats that differ in the name of their element alone: one entry of a document.
pub(super) struct Entry<'j, 'a> {
    /// The one that stands for all.
    pub(super) first: &'j Judged<'a>,
    /// All of them, the first included.
    pub(super) all: Vec<&'j Judged<'a>>,
}

impl<'j, 'a> Entry<'j, 'a> {
    /// The elements, as a sentence names one of them.
    fn subject(&self) -> Prose {
        either(distinct(self.all.iter().map(|one| one.threat.on.word(one.threat.on.subject()))))
    }

    fn what(&self) -> Prose {
        self.first.threat.what_of(&self.subject())
    }

    /// The states of one of its controls.
    fn states(&self, control: &str) -> Vec<&'j State> {
        let answers = self.all.iter().flat_map(|one| &one.answers);
        answers.filter(|answer| answer.mitigation.control.name == control).map(|answer| &answer.state).collect()
    }

    /// What they rest on.
    pub(super) fn origin(&self) -> Origin {
        joined(self.all.iter().map(|one| one.threat.origin.clone())).unwrap_or_default()
    }

    /// Its id; of several, what they share and what tells them apart.
    pub(super) fn id(&self) -> String {
        let names: Vec<&str> = self.all.iter().map(|one| one.threat.on.name.as_str()).collect();
        match names.as_slice() {
            [_] => self.first.threat.id.clone(),
            _ => [&self.first.threat.name, "-{", &names.join(", "), "}"].concat(),
        }
    }

    /// The text of its heading.
    fn heading(&self) -> String {
        let text = self.id();
        match HEADINGS.contains(&slug(&text).as_str()) {
            true => ["threat ", &text].concat(),
            false => text,
        }
    }

    /// A link to it from the same document.
    fn here(&self) -> Inline {
        Inline::Link { text: vec![Inline::code(self.id())], target: Target::Here(slug(&self.heading())) }
    }
}

/// The anchors that a threat model has besides its threats.
const HEADINGS: &[&str] = &[
    "threat-model",
    "trust-boundaries",
    "asset-inventory",
    "stride-analysis",
    "spoofing",
    "tampering",
    "repudiation",
    "information-disclosure",
    "denial-of-service",
    "elevation-of-privilege",
    "mitigation-strategies",
    "security-testing",
];

/// One of several, as a sentence says it.
fn either(mut words: Vec<Prose>) -> Prose {
    let last = words.pop().unwrap_or_default();
    match words.is_empty() {
        true => last,
        false => Prose::joined(words, ", ").then(" or ").then(last),
    }
}

/// Threats that differ in the name of their element alone stand together, where the first of them stands.
pub(super) fn entries<'j, 'a>(all: &'j [Judged<'a>]) -> Vec<Entry<'j, 'a>> {
    let mut entries: Vec<Entry<'j, 'a>> = Vec::new();
    let mut places: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for one in all {
        let place = *places.entry(sameness(one)).or_insert(entries.len());
        match entries.get_mut(place) {
            Some(entry) => entry.all.push(one),
            None => entries.push(Entry { first: one, all: vec![one] }),
        }
    }
    entries
}

/// What two threats share that differ in the name of their element alone.
fn sameness(one: &Judged<'_>) -> Vec<String> {
    let threat = &one.threat;
    if threat.source == Source::Declared {
        return vec![threat.id.clone()];
    }
    let words = |rating: Rating| [rating.likelihood.word(), rating.impact.word()].map(str::to_owned);
    let mut all = vec![threat.name.clone(), threat.what_of(&"it".into()).shown()];
    all.extend(words(threat.before));
    all.extend(words(one.after));
    all.extend(threat.accepted.map(|accept| accept.by.value.clone()));
    for answer in &one.answers {
        all.extend([answer.mitigation.control.name.clone(), answer.state.word().to_owned()]);
    }
    all
}

/// A file as a link.
fn file(path: &str) -> Inline {
    Inline::Link { text: vec![Inline::code(path)], target: Target::File { path: path.to_owned(), anchor: None } }
}

/// A place: a file, and the key in it.
fn place(place: &Place) -> Prose {
    match place.key.as_str() {
        "" => file(&place.file).into(),
        key => Prose::from(file(&place.file)).then(" at ").then(Inline::code(key)),
    }
}

/// What is known of a mitigation, after its state. Those of several elements are told together.
fn evidence(states: &[&State], by_hand: Option<&str>) -> Prose {
    match states.first() {
        Some(State::Checked { .. }) => places_of(states),
        Some(State::Attested(files)) => Prose::joined(files.iter().map(|one| file(&one.value)), ", "),
        Some(State::Declared) => "in words, which no file shows".into(),
        Some(State::Open(Gap::Fails { nearest, count })) => {
            let words = told(&nearest.reason, &[]).then(": ").then(place(&nearest.place));
            words.then(and_more(count.saturating_sub(1)))
        }
        Some(State::Open(Gap::Nothing)) => "nothing in this build does it".into(),
        Some(State::Open(Gap::Unseen)) | None => match by_hand {
            Some(by_hand) => {
                let words = by_hand.trim_end_matches('.');
                Prose::from("no file of this build can show it. By hand: ").then(told(words, &[]))
            }
            None => "nobody says that it is there".into(),
        },
    }
}

/// How many places are shown of those where something holds.
const SHOWN: usize = 3;

/// The place that is nearest to each element, and how many more there are.
fn places_of(states: &[&State]) -> Prose {
    let checked = || {
        states.iter().filter_map(|state| match state {
            State::Checked { nearest, count } => Some((nearest, *count)),
            State::Attested(_) | State::Declared | State::Open(_) => None,
        })
    };
    let most = checked().map(|(_, count)| count).max().unwrap_or(0);
    let nearest: Vec<&Place> = distinct(checked().map(|(place, _)| place));
    let shown = nearest.len().min(SHOWN);
    let words = Prose::joined(nearest.iter().take(shown).map(|found| place(found)), ", ");
    words.then(and_more(nearest.len().max(most).saturating_sub(shown)))
}

fn and_more(count: usize) -> Prose {
    match count {
        0 => Prose::default(),
        more => [" and ", &more.to_string(), " more"].concat().into(),
    }
}

/// Where the standard library names the list of secrets in a sentence.
const SECRETS: &str = "docs/security/secrets.md";

/// A sentence of the standard library without what leads to the list of secrets, where there is no list; none where
/// nothing else is said.
pub(super) fn without_list<'w>(plan: &Plan<'_>, words: &'w str) -> Option<Cow<'w, str>> {
    if !words.contains(SECRETS) || secrets::is_written(plan) {
        return Some(Cow::Borrowed(words));
    }
    let rest = words.replace(&[", as ", SECRETS, " says"].concat(), "");
    (!rest.contains(SECRETS)).then_some(Cow::Owned(rest))
}

/// A sentence of the standard library with a link where it names the list of secrets.
pub(super) fn linked(plan: &Plan<'_>, words: impl Into<Prose>) -> Prose {
    let mut out = Prose::default();
    for inline in words.into().0 {
        match &inline {
            Inline::Text(text) => match text.split_once(SECRETS) {
                Some((before, after)) => {
                    let link = Inline::file("the list of secrets", secrets::path(plan));
                    out = out.then(before).then(link).then(after);
                }
                None => out = out.then(inline),
            },
            Inline::Code(_) | Inline::Strong(_) | Inline::Link { .. } => out = out.then(inline),
        }
    }
    out
}
