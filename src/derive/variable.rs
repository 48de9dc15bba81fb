//! The value of an environment variable in one environment: which parts it is joined from and what label it has.

use crate::model;
use crate::resolve::Setting;
use crate::source::{Origin, Sourced};
use crate::syntax::expression::{Template, TemplatePart};

/// How far data may travel. Ordered from the least to the most sensitive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DataClass {
    /// Anybody may see it.
    #[default]
    Public,
    /// Everybody in the organisation may.
    Internal,
    /// Who needs it may.
    Confidential,
    /// Law or contract says who may.
    Restricted,
}

impl DataClass {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            DataClass::Public => "public",
            DataClass::Internal => "internal",
            DataClass::Confidential => "confidential",
            DataClass::Restricted => "restricted",
        }
    }
}

impl From<model::DataClass> for DataClass {
    fn from(class: model::DataClass) -> Self {
        match class {
            model::DataClass::Public => DataClass::Public,
            model::DataClass::Internal => DataClass::Internal,
            model::DataClass::Confidential => DataClass::Confidential,
            model::DataClass::Restricted => DataClass::Restricted,
        }
    }
}

/// One piece of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text that is known now.
    Text(String),
    /// A declared secret, injected by reference.
    Secret(String),
    /// A field of a resource: name and field (`url host port user password name`).
    Resource(String, String),
    /// A field of another service: name and field (`url host port`).
    Service(String, String),
    /// A variable of the CI service, known when the pipeline runs.
    CiVariable(String),
    /// `version` or `commit` of the release.
    Release(String),
    /// The number of the pull request, in a preview.
    PullRequest,
}

impl Part {
    /// Whether its value must not be seen: secrets, and what holds a resource's password.
    pub fn is_secret(&self) -> bool {
        match self {
            Part::Secret(_) => true,
            Part::Resource(_, field) => matches!(field.as_str(), "url" | "password"),
            Part::Text(_) | Part::Service(..) | Part::CiVariable(_) | Part::Release(_) | Part::PullRequest => false,
        }
    }
}

/// An environment variable (or build value) after templates are expanded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: Sourced<String>,
    /// The pieces, joined in order; adjacent text is one piece.
    pub parts: Vec<Part>,
    /// How sensitive the joined value is.
    pub class: DataClass,
    /// Whether the program runs without it.
    pub optional: bool,
    /// Whether a URL in it is meant for people, so that naming a service implies no call.
    pub shown: bool,
    /// Where the value is written.
    pub origin: Origin,
}

impl Variable {
    /// The value, where all of it is known now.
    pub fn text(&self) -> Option<String> {
        self.parts.iter().map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
    }

    /// Whether any piece is secret.
    pub fn is_secret(&self) -> bool {
        self.parts.iter().any(Part::is_secret)
    }

    /// The only piece, where the value is exactly one.
    pub fn only(&self) -> Option<&Part> {
        match self.parts.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// What templates are expanded against.
pub struct Scope<'a> {
    /// The application.
    pub app: Option<&'a model::App>,
    /// The environment.
    pub environment: &'a model::Environment,
    /// The word of its tier.
    pub tier: &'static str,
    /// Its domain, expanded.
    pub domain: Option<String>,
    /// The declarations as they are there.
    pub setting: &'a Setting,
}

/// The most characters a value may grow to, so that variables that name each other cannot fill the memory.
const LIMIT: usize = 64 * 1024;

/// How deep variables may name each other.
const DEPTH: usize = 16;

impl Scope<'_> {
    /// Expands a template into its pieces.
    pub fn expand(&self, text: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        self.expand_into(text, DEPTH, &mut parts);
        parts
    }

    /// Expands a template whose pieces are all text; pieces that are not are left out.
    pub fn expand_text(&self, text: &str) -> String {
        self.expand(text)
            .iter()
            .filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
            .collect()
    }

    fn expand_into(&self, text: &str, depth: usize, parts: &mut Vec<Part>) {
        let Ok(template) = Template::parse(text) else { return };
        for part in template.parts() {
            match part {
                TemplatePart::Literal(text) => push_text(parts, text),
                TemplatePart::Reference(reference) => {
                    let words: Vec<&str> = reference.words().collect();
                    self.reference(&words, depth, parts);
                }
            }
        }
    }

    fn reference(&self, words: &[&str], depth: usize, parts: &mut Vec<Part>) {
        match *words {
            ["app", field] => push_text(parts, &self.app_field(field)),
            ["environment", "name"] => push_text(parts, &self.environment.name.value),
            ["environment", "id"] => {
                push_text(parts, &self.environment.name.value);
                if self.environment.ephemeral.value {
                    push_text(parts, "-");
                    parts.push(Part::PullRequest);
                }
            }
            ["environment", "domain"] => {
                if self.environment.ephemeral.value && self.domain.is_some() {
                    push_text(parts, "pr-");
                    parts.push(Part::PullRequest);
                    push_text(parts, ".");
                }
                push_text(parts, self.domain.as_deref().unwrap_or_default());
            }
            ["environment", "tier"] => push_text(parts, self.tier),
            ["release", field] => parts.push(Part::Release(field.to_owned())),
            ["service", name, field] => parts.push(Part::Service(name.to_owned(), field.to_owned())),
            ["resource", name, field] => parts.push(Part::Resource(name.to_owned(), field.to_owned())),
            ["secret", name] => parts.push(Part::Secret(name.to_owned())),
            ["var", name] => self.var(name, depth, parts),
            // Every other path is an error that `names` has told.
            _ => {}
        }
    }

    fn var(&self, name: &str, depth: usize, parts: &mut Vec<Part>) {
        let Some(var) = self.setting.vars.iter().find(|var| var.name.value == name) else { return };
        match &var.value {
            Some(value) if depth > 0 && length(parts) < LIMIT => self.expand_into(&value.value, depth - 1, parts),
            Some(_) => {}
            None => parts.push(Part::CiVariable(name.to_owned())),
        }
    }

    fn app_field(&self, field: &str) -> String {
        let Some(app) = self.app else { return String::new() };
        match field {
            "name" => app.name.value.clone(),
            "owner" => app.owner.as_ref().map(|owner| owner.name.value.clone()).unwrap_or_default(),
            "description" => app.description.as_ref().map(|text| text.value.clone()).unwrap_or_default(),
            "repo" => app.repo.as_ref().map(|repo| repo.address.value.clone()).unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// The class of the joined value: the highest of its pieces.
    pub fn class(&self, parts: &[Part]) -> DataClass {
        parts.iter().map(|part| self.class_of(part)).max().unwrap_or_default()
    }

    fn class_of(&self, part: &Part) -> DataClass {
        match part {
            Part::Secret(name) => {
                let declared = self.setting.secret(name);
                declared
                    .and_then(|secret| secret.data.as_ref())
                    .map_or(DataClass::Confidential, |data| data.value.into())
            }
            Part::Resource(name, field) if matches!(field.as_str(), "url" | "password") => {
                let declared = self.setting.resource(name);
                declared
                    .and_then(|resource| resource.data.as_ref())
                    .map_or(DataClass::Confidential, |data| data.value.into())
            }
            Part::Text(_)
            | Part::Resource(..)
            | Part::Service(..)
            | Part::CiVariable(_)
            | Part::Release(_)
            | Part::PullRequest => DataClass::Public,
        }
    }
}

fn length(parts: &[Part]) -> usize {
    parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 1 }).sum()
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if length(parts) + text.len() > LIMIT || text.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(Part::Text(old)) => old.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// The variables of an `env` node.
pub(super) fn variables(env: Option<&model::Env>, scope: &Scope<'_>) -> Vec<Variable> {
    let Some(env) = env else { return Vec::new() };
    env.entries
        .iter()
        .map(|entry| {
            let parts = scope.expand(&entry.value.value);
            let class = scope.class(&parts);
            Variable {
                name: entry.key.clone(),
                parts,
                class,
                optional: entry.optional.value,
                shown: entry.public.value,
                origin: entry.value.origin.clone(),
            }
        })
        .collect()
}
