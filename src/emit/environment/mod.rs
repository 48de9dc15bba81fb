//! `deploy/env/SERVICE.schema.json` and `deploy/env/SERVICE.env.example`: what each program expects in its environment.

mod example;
mod schema;

use crate::artifact::{Artifact, Body, Group};
use crate::derive::{EnvironmentFacts, Part, Tier, Variable, Workload};
use crate::model;
use crate::plan::Plan;
use crate::source::{Origin, Sourced};
use crate::standard;

/// Adds the two files of every program that has environment variables.
pub(crate) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    for program in programs(plan) {
        if program.entries.is_empty() {
            continue;
        }
        let path = |end: &str| ["deploy/env/", &program.name.value, end].concat();
        let origin = &program.name.origin;
        let schema = schema::tree(plan, &program);
        artifacts.push(Artifact::json(path(".schema.json"), Group::Iac, Some("$comment"), schema, origin));
        let example = Body::Lines(example::lines(plan, &program));
        artifacts.push(Artifact::new(path(".env.example"), Group::Iac, example, origin));
    }
}

/// A service or task with its variables over all environments.
struct Program<'a> {
    name: Sourced<String>,
    kind: &'static str,
    entries: Vec<Entry<'a>>,
}

/// One variable in every environment that has it.
struct Entry<'a> {
    name: &'a Sourced<String>,
    held: Vec<(&'a EnvironmentFacts, &'a Variable)>,
    /// Whether every environment with the program has it.
    everywhere: bool,
}

impl<'a> Entry<'a> {
    /// The declaration that stands for it where only one can.
    fn origin(&self) -> Origin {
        let mut origins = self.held.iter().map(|(_, variable)| &variable.origin);
        let first = origins.next().cloned().unwrap_or_else(|| self.name.origin.clone());
        origins.fold(first, |all, one| all.with(one))
    }

    fn is_secret(&self) -> bool {
        self.held.iter().any(|(_, variable)| variable.is_secret())
    }

    /// Whether the program does not start without it.
    fn is_required(&self) -> bool {
        self.everywhere && self.held.iter().all(|(_, variable)| !variable.optional)
    }

    /// The highest class of its values.
    fn class(&self) -> &'static str {
        self.held.iter().map(|(_, variable)| variable.class).max().unwrap_or_default().word()
    }

    /// The values that are known now, each once; none where some value is known only later.
    fn texts(&self) -> Option<Vec<String>> {
        let mut texts: Vec<String> = Vec::new();
        for (_, variable) in &self.held {
            let text = variable.text()?;
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        Some(texts)
    }

    /// The environment that shows what a value may look like: the developers' own, else the first.
    fn shown(&self) -> Option<(&'a EnvironmentFacts, &'a Variable)> {
        let development = self.held.iter().find(|(environment, _)| environment.tier.value == Tier::Development);
        development.or_else(|| self.held.first()).copied()
    }

    /// Where its value comes from, one sentence for each different answer, with the environments that give it.
    fn sources(&self, plan: &Plan<'_>) -> Vec<(String, Vec<&'a str>)> {
        let mut all: Vec<(String, Vec<&str>)> = Vec::new();
        for (environment, variable) in &self.held {
            let told = told(plan, environment, variable);
            let name = environment.name.value.as_str();
            match all.iter_mut().find(|(known, _)| *known == told) {
                Some((_, names)) => names.push(name),
                None => all.push((told, vec![name])),
            }
        }
        all
    }
}

/// Every service, then every task whose name no service has.
fn programs<'a>(plan: &Plan<'a>) -> Vec<Program<'a>> {
    let declared = &plan.model.declared;
    let services = declared.services.iter().map(|service| (&service.name, "service"));
    let tasks = declared.tasks.iter().map(|task| (&task.name, "task"));
    let tasks = tasks.filter(|(name, _)| !declared.services.iter().any(|service| service.name.value == name.value));
    services
        .chain(tasks)
        .map(|(name, kind)| Program { name: name.clone(), kind, entries: entries(plan, &name.value) })
        .collect()
}

fn entries<'a>(plan: &Plan<'a>, name: &str) -> Vec<Entry<'a>> {
    let places: Vec<(&EnvironmentFacts, &Workload)> = plan
        .facts
        .environments
        .iter()
        .filter_map(|environment| Some((environment, environment.workload(name)?)))
        .collect();
    let mut entries: Vec<Entry<'a>> = Vec::new();
    for (environment, workload) in &places {
        for variable in &workload.variables {
            match entries.iter_mut().find(|entry| entry.name.value == variable.name.value) {
                Some(entry) => entry.held.push((environment, variable)),
                None => {
                    let held = vec![(*environment, variable)];
                    entries.push(Entry { name: &variable.name, held, everywhere: false });
                }
            }
        }
    }
    for entry in &mut entries {
        entry.everywhere = entry.held.len() == places.len();
    }
    entries
}

/// Where the value of a variable comes from, without the value.
fn told(plan: &Plan<'_>, environment: &EnvironmentFacts, variable: &Variable) -> String {
    let mut pieces: Vec<String> = Vec::new();
    for part in &variable.parts {
        let piece = piece(plan, environment, part);
        if !pieces.contains(&piece) {
            pieces.push(piece);
        }
    }
    match pieces.as_slice() {
        [] => "nothing: it is empty".to_owned(),
        [one] => one.clone(),
        several => ["joined from ", &several.join(", ")].concat(),
    }
}

fn piece(plan: &Plan<'_>, environment: &EnvironmentFacts, part: &Part) -> String {
    match part {
        Part::Text(_) => ["text in ", INPUT].concat(),
        Part::Secret(name) => ["the secret ", name, ", kept in ", &kept(plan, environment, name)].concat(),
        Part::Resource(name, field) => {
            let setting = plan.setting(environment);
            let declared = setting.resource(name);
            let title = declared
                .and_then(|resource| {
                    standard::get::<model::StdResourceKind>("resource-kind", resource.kind.value.word())
                })
                .map(|kind| [" (", &kind.title.value, ")"].concat())
                .unwrap_or_default();
            ["the ", field, " of the resource ", name, &title].concat()
        }
        Part::Service(name, field) => ["the ", field, " of the service ", name].concat(),
        Part::CiVariable(name) => ["the variable ", name, " of the pipeline"].concat(),
        Part::Release(field) => ["the ", field, " of the release"].concat(),
        Part::PullRequest => "the number of the pull request".to_owned(),
    }
}

const INPUT: &str = "deploy.kdl";

/// The place of a secret, by name only.
fn kept(plan: &Plan<'_>, environment: &EnvironmentFacts, name: &str) -> String {
    let setting = plan.setting(environment);
    let from = setting.secret(name).and_then(|secret| secret.from.as_ref());
    let Some(from) = from else { return "the store of its host".to_owned() };
    let title = standard::get::<model::StdSecretStore>("secret-store", from.store.value.word())
        .map_or_else(|| from.store.value.word().to_owned(), |store| store.title.value.clone());
    match &from.path {
        Some(path) => [&title, " as ", &path.value].concat(),
        None => title,
    }
}

/// `staging and production`, for texts.
fn listed(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => [&rest.join(", "), " and ", *last].concat(),
        None => String::new(),
    }
}
