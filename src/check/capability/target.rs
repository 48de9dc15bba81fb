//! A platform as the checks ask it: one of the standard library, or one of the project's own.

use crate::check::Context;
use crate::derive::Host;
use crate::diag::{Code, Diagnostic};
use crate::model::{self, Capability, PlatformSupport};
use crate::source::Span;
use crate::standard;

/// The platform of a host.
pub(super) struct Target<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Where the host names it.
    pub(super) place: Span,
    /// Its facts, where the standard library has them.
    pub(super) facts: Option<&'static model::StdPlatform>,
    /// The project's own declaration.
    own: Option<&'a model::Platform>,
}

impl<'a> Target<'a> {
    /// The platform that a host names.
    pub(super) fn of(context: &Context<'a>, host: &'a Host) -> Self {
        let name = host.platform.value.as_str();
        let own = context.model.declared.platforms.iter().find(|platform| platform.name.value == name);
        let facts = if own.is_none() { standard::platform(name) } else { None };
        Target { name, place: host.platform.origin.place, facts, own }
    }

    /// Whether there is such a platform at all; an unknown one was told where it is named.
    pub(super) fn is_known(&self) -> bool {
        self.facts.is_some() || self.own.is_some()
    }

    /// How the platform does something; none where it cannot.
    pub(super) fn support(&self, capability: Capability) -> Option<PlatformSupport> {
        match (&self.facts, self.own) {
            (Some(facts), _) => support(facts, capability),
            (None, Some(own)) => {
                own.capability.iter().any(|named| named.value == capability).then_some(PlatformSupport::Native)
            }
            (None, None) => Some(PlatformSupport::Native),
        }
    }

    /// Whether it can.
    pub(super) fn can(&self, capability: Capability) -> bool {
        self.support(capability).is_some()
    }

    /// What a capability does not go together with.
    pub(super) fn excepts(&self, capability: Capability, word: &str) -> bool {
        self.facts.as_ref().is_some_and(|facts| {
            let row = facts.capability.named(capability.word());
            row.is_some_and(|row| row.except.value.split([' ', ',']).any(|excepted| excepted == word))
        })
    }

    /// A limit of the platform.
    pub(super) fn limit(&self, name: &str) -> Option<&model::StdPlatformLimit> {
        self.facts.as_ref()?.limit.named(name)
    }

    /// The places that explain what the platform lacks: the host, and its row in the standard library where it has one.
    pub(super) fn explain(&self, diagnostic: Diagnostic, capability: Capability) -> Diagnostic {
        let row = self
            .facts
            .as_ref()
            .and_then(|facts| facts.capability.named(capability.word()).map(|row| (row.origin.place, &row.note.value)));
        let diagnostic = diagnostic.also(self.place, format!("runs on `{}`", self.name));
        match row {
            Some((place, note)) if !note.is_empty() => diagnostic.also(place, note.clone()),
            Some((place, _)) => diagnostic.also(place, "what the platform is known to do"),
            None => match self.own {
                Some(own) => diagnostic.also(own.origin.place, format!("names no capability `{}`", capability.word())),
                None => diagnostic,
            },
        }
    }

    /// A finding that the platform lacks a capability, naming those that have it.
    pub(super) fn lacks(&self, code: Code, place: Span, capability: Capability, message: String) -> Diagnostic {
        let about = doc(capability);
        let diagnostic = Diagnostic::new(code, place, message).label(format!("asks for this: {about}"));
        self.explain(diagnostic, capability).help(others(capability))
    }
}

fn support(facts: &model::StdPlatform, capability: Capability) -> Option<PlatformSupport> {
    let row = facts.capability.named(capability.word())?;
    Some(row.support.value).filter(|support| *support != PlatformSupport::Impossible)
}

/// What the grammar says of a capability, as a label.
fn doc(capability: Capability) -> String {
    let rows = crate::schema::ENUM_CAPABILITY.values;
    let doc = rows.iter().find(|(word, _)| *word == capability.word()).map_or("", |(_, doc)| *doc);
    let doc = doc.trim_end_matches('.');
    let mut characters = doc.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

/// Which platforms can.
pub(super) fn others(capability: Capability) -> String {
    let able: Vec<String> = standard::names("platform")
        .filter(|name| standard::platform(name).is_some_and(|facts| support(facts, capability).is_some()))
        .map(|name| format!("`{name}`"))
        .collect();
    match able.as_slice() {
        [] => "no platform of the standard library can".to_owned(),
        able => format!("hosts that can: {}", able.join(", ")),
    }
}
