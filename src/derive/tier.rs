//! Which tier an environment is of: what it says, else that it is ephemeral, else its name.

use crate::derive::Assumption;
use crate::model;
use crate::source::{Origin, Sourced};

/// How much an environment matters; rules about production go by it. Ordered from the least to the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// One per pull request.
    Preview,
    /// For developers.
    Development,
    /// As production, for tests.
    Staging,
    /// Where users are.
    #[default]
    Production,
}

impl Tier {
    /// The word in documents and templates.
    pub fn word(self) -> &'static str {
        match self {
            Tier::Preview => "preview",
            Tier::Development => "development",
            Tier::Staging => "staging",
            Tier::Production => "production",
        }
    }
}

/// The names that tell a tier, as the language says.
const NAMES: &[(&str, Tier)] = &[
    ("production", Tier::Production),
    ("prod", Tier::Production),
    ("prd", Tier::Production),
    ("live", Tier::Production),
    ("staging", Tier::Staging),
    ("stage", Tier::Staging),
    ("stg", Tier::Staging),
    ("development", Tier::Development),
    ("dev", Tier::Development),
    ("test", Tier::Development),
    ("qa", Tier::Development),
];

/// The tier of an environment; one that nothing tells is production, which is an assumption worth a warning.
pub(super) fn of(environment: &model::Environment, assumptions: &mut Vec<Assumption>) -> Sourced<Tier> {
    if let Some(tier) = &environment.tier {
        let value = match tier.value {
            model::Tier::Production => Tier::Production,
            model::Tier::Staging => Tier::Staging,
            model::Tier::Dev => Tier::Development,
            model::Tier::Preview => Tier::Preview,
        };
        return Sourced::new(value, tier.origin.clone());
    }
    if environment.ephemeral.value {
        return Sourced::new(
            Tier::Preview,
            environment.ephemeral.origin.clone().because("an ephemeral environment is a preview"),
        );
    }
    let name = &environment.name;
    if let Some((_, tier)) = NAMES.iter().find(|(word, _)| *word == name.value) {
        return Sourced::new(*tier, name.origin.clone().because("the name of the environment tells its tier"));
    }
    assumptions.push(Assumption {
        about: format!("environment {}", name.value),
        text: "counts as production, because its name tells no tier".to_owned(),
        instead: "tier \"staging\"".to_owned(),
        origin: name.origin.clone(),
    });
    Sourced::new(
        Tier::Production,
        Origin { rule: "an environment of unknown tier is production", ..name.origin.clone() },
    )
}
