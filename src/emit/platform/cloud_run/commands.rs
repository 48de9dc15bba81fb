//! Commands for people: those of the platform's facts, filled in for one workload or resource.

use crate::artifact::{Script, Word};
use crate::derive::EnvironmentFacts;
use crate::model;
use crate::plan::Plan;

use super::site::{self, Site};
use super::{Form, container};

/// The command of a name for a workload; none where the facts have no such command, or one that needs more than is
/// known before it is typed.
pub(super) fn command(site: &Site<'_>, name: &str) -> Option<Script> {
    let form = Form::of(site.workload);
    let facts = site::facts()?;
    let of = |form: &str| facts.command.iter().find(|known| known.name.value == name && known.for_.value == form);
    // A domain with several routes is a load balancer's, so that it has no mapping.
    let balanced = domain(site)
        .filter(|domain| site.environment.routes.iter().filter(|route| route.domain.value == *domain).count() > 1);
    let wanted = match name {
        "domain-status" | "domain-map" if balanced.is_some() => of("balancer")?,
        _ => of(form.word())?,
    };
    let template = &wanted.run.as_ref()?.value;
    let mut script = Script::new();
    for line in template.lines() {
        let words = words(site, form, line)?;
        let words: Vec<(&str, Word)> = words.iter().map(|(name, word)| (*name, word.clone())).collect();
        script.line(line, &words);
    }
    Some(script)
}

/// The domain that leads to the workload.
fn domain<'s>(site: &'s Site<'_>) -> Option<&'s str> {
    let own = site.environment.routes.iter().find(|route| route.service.value == site.workload.name.value)?;
    Some(&own.domain.value)
}

/// The words of the names in braces of a command; none where one of them is not known.
fn words<'t>(site: &Site<'_>, form: Form, template: &'t str) -> Option<Vec<(&'t str, Word)>> {
    let mut words = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        rest = rest.get(open + 1..)?;
        let Some(close) = rest.find('}') else { break };
        let name = rest.get(..close)?;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        if !is_name || words.iter().any(|(known, _)| *known == name) {
            continue;
        }
        words.push((name, word(site, form, name)?));
    }
    Some(words)
}

fn word(site: &Site<'_>, form: Form, name: &str) -> Option<Word> {
    let workload = site.workload;
    Some(match name {
        "workload" => site.word(&site.name()),
        "job" if form == Form::Job => site.word(&site.name()),
        "project" => Word::text(site.project()),
        "region" => Word::text(site.region()),
        "app" => Word::text(site.plan.app()),
        "environment" => Word::text(&site.environment.name.value),
        "service" => Word::text(&workload.name.value),
        "domain" => Word::text(domain(site)?),
        "replicas" => Word::text((workload.scale.1.value * 2).to_string()),
        "user" => Word::text(site.scheduler()),
        "file" => {
            Word::text(["deploy/cloud-run/", &site.environment.name.value, "/", &workload.name.value, ".yaml"].concat())
        }
        "value" => Word::text(workload.service(site.setting)?.schedule.as_ref()?.when.value.to_cron()),
        _ => return None,
    })
}

/// The command that opens a session with a resource that the platform manages.
pub(super) fn connect(plan: &Plan<'_>, environment: &EnvironmentFacts, resource: &model::Resource) -> Option<Script> {
    let command = container::managed(resource)?.connect_command.as_ref()?;
    let holes = container::resource_holes(plan, environment, resource, &environment.host.node);
    let words: Vec<(&str, Word)> = holes
        .iter()
        .filter(|(name, _)| command.value.contains(&["{", name, "}"].concat()))
        .map(|(name, value)| (*name, Word::text(value)))
        .collect();
    Some(Script::of(&command.value, &words))
}
