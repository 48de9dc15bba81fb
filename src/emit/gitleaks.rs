//! `.gitleaks.toml`: the rules of the scanner for credentials, and what they cannot know of this project.

use crate::artifact::{Artifact, Group, Tree, list, map, text};
use crate::derive::Workload;
use crate::plan::{Plan, joined};
use crate::source::Origin;

/// Where the scanner looks for it.
const PATH: &str = ".gitleaks.toml";
/// The examples of environments, which hold no value of a secret.
const EXAMPLES: &str = r"(^|/)deploy/env/[^/]+\.env\.example$";
/// The list of generated files with their digests.
const LOCK: &str = r"(^|/)deploy/deployc\.lock$";

pub(super) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    let Some(app) = plan.model.app.as_ref().filter(|_| plan.lasting().next().is_some()) else { return };
    let scanner = Origin::rule("the scanner's own rules hold, and only digests are left out");
    let rules: Vec<Tree> = example_values(plan).into_iter().collect();
    let digests = map().put("description", text("Digests of generated files")).put("paths", list([text(LOCK)]));
    let table = map()
        .put("title", Tree::from(&app.name))
        .put("extend", map().put("useDefault", true).at(&scanner))
        .put_filled("rules", list(rules))
        .put("allowlists", list([digests]).at(&scanner));
    artifacts.push(Artifact::toml(PATH, Group::ThreatModel, table, &app.name.origin));
}

/// A value behind the name of a secret variable in a committed example.
fn example_values(plan: &Plan<'_>) -> Option<Tree> {
    let mut names: Vec<(String, Origin)> = Vec::new();
    let workloads = plan.facts.environments.iter().flat_map(|environment| &environment.workloads);
    for variable in workloads.flat_map(|workload: &Workload| &workload.variables).filter(|one| one.is_secret()) {
        match names.iter_mut().find(|(known, _)| *known == variable.name.value) {
            Some((_, origin)) => *origin = origin.clone().with(&variable.name.origin),
            None => names.push((variable.name.value.clone(), variable.name.origin.clone())),
        }
    }
    names.sort_by(|one, other| one.0.cmp(&other.0));
    let origin = joined(names.iter().map(|(_, origin)| origin.clone()))?;
    let names: Vec<String> = names.into_iter().map(|(name, _)| escaped(&name)).collect();
    let regex = ["(?m)^(?:", &names.join("|"), r")=(\S+)"].concat();
    let rule = map()
        .put("id", text("deployc-example-value"))
        .put("description", text("An example of an environment holds the value of a secret"))
        .put("path", text(EXAMPLES))
        .put("regex", text(regex).at(&origin));
    Some(rule.at(&origin))
}

/// A name as a part of a regular expression.
fn escaped(name: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || character == '_';
    name.chars().flat_map(|character| [(!is_plain(character)).then_some('\\'), Some(character)]).flatten().collect()
}
