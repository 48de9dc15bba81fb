//! Deployments as documents tell of them: which program in which environment, on what host, released how.

use crate::artifact::markdown::{Inline, Prose, prose};
use crate::derive::{EnvironmentFacts, Host, Promotion, Role, Tier, Trigger, UnitFacts, Workload};
use crate::emit::paper::{code, names};
use crate::emit::platform;
use crate::model;
use crate::plan::Plan;
use crate::source::{Origin, Sourced};
use crate::standard;

/// One program in one environment.
#[derive(Clone, Copy)]
pub(super) struct Deployment<'a> {
    pub(super) environment: &'a EnvironmentFacts,
    pub(super) workload: &'a Workload,
}

impl<'a> Deployment<'a> {
    pub(super) fn name(&self) -> &'a str {
        &self.workload.name.value
    }

    pub(super) fn place(&self) -> &'a str {
        &self.environment.name.value
    }

    /// The program's name is what the line rests on, and the environment's.
    pub(super) fn origin(&self) -> Origin {
        self.workload.name.origin.clone().with(&self.environment.name.origin)
    }

    /// Its service, merged.
    pub(super) fn service(&self, plan: &Plan<'a>) -> Option<&'a model::Service> {
        self.workload.service(plan.setting(self.environment))
    }

    /// Whether a workflow and the scripts of `ops/` release it; nothing releases to somebody's own machine.
    pub(super) fn is_released(&self) -> bool {
        platform::is_released(self.workload)
    }

    /// Whether it runs all the time, so that it can be looked at, restarted and scaled.
    pub(super) fn is_lasting(&self) -> bool {
        match self.workload.role.value {
            Role::Web | Role::Api | Role::Worker | Role::Static | Role::Function => true,
            Role::Cron | Role::Task => false,
        }
    }
}

/// Every deployment that lasts, environment by environment in the order that releases reach them.
pub(super) fn deployments<'a>(plan: &Plan<'a>) -> Vec<Deployment<'a>> {
    plan.lasting()
        .flat_map(|environment| environment.workloads.iter().map(move |workload| Deployment { environment, workload }))
        .collect()
}

/// Those in environments where people are woken: production, or all of them where there is none.
pub(super) fn watched<'a>(plan: &Plan<'a>) -> Vec<Deployment<'a>> {
    let all = deployments(plan);
    let production: Vec<Deployment<'a>> =
        all.iter().copied().filter(|one| plan.is_production(one.environment)).collect();
    if production.is_empty() { all } else { production }
}

/// Those that a release unit ships to an environment, in order.
pub(super) fn of_unit<'a>(plan: &Plan<'a>, environment: &'a EnvironmentFacts, unit: &UnitFacts) -> Vec<Deployment<'a>> {
    plan.workloads(environment, unit).into_iter().map(|workload| Deployment { environment, workload }).collect()
}

/// The platform's name in documents.
pub(super) fn platform_title(host: &Host) -> String {
    standard::platform(&host.platform.value)
        .map_or_else(|| host.platform.value.clone(), |platform| platform.title.value.clone())
}

/// The properties of a host, by name, as they are written.
pub(super) fn host_properties(host: &Host) -> Vec<(&str, &Sourced<String>)> {
    let node = &host.node;
    let known = [
        ("region", &node.region),
        ("project", &node.project),
        ("account", &node.account),
        ("subscription", &node.subscription),
        ("resource-group", &node.resource_group),
        ("cluster", &node.cluster),
        ("namespace", &node.namespace),
    ];
    let mut all: Vec<(&str, &Sourced<String>)> =
        known.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value))).collect();
    all.extend(node.others.iter().map(|(name, value)| (name.value.as_str(), value)));
    all.extend(node.server.iter().map(|server| ("server", server)));
    all
}

/// `Google Cloud Run, region …, project …`.
pub(super) fn host_words(host: &Host) -> Prose {
    let mut words = Prose::from(platform_title(host));
    for (name, value) in host_properties(host) {
        words = words.then([", ", name, " "].concat()).then(code(&value.value));
    }
    words
}

/// The word of a tier at the start of a heading.
pub(super) fn tier_title(tier: Tier) -> &'static str {
    match tier {
        Tier::Preview => "Preview",
        Tier::Development => "Development",
        Tier::Staging => "Staging",
        Tier::Production => "Production",
    }
}

/// The heading of an environment: its tier where that is its name, else both.
pub(super) fn environment_title(environment: &EnvironmentFacts) -> String {
    let tier = environment.tier.value;
    match environment.name.value == tier.word() {
        true => tier_title(tier).to_owned(),
        false => [tier_title(tier), " (", &environment.name.value, ")"].concat(),
    }
}

/// What starts a release to an environment, as the end of a sentence, with what decides it.
pub(super) fn released(environment: &EnvironmentFacts) -> Vec<(Prose, Origin)> {
    if !environment.host.is_released() {
        return vec![("by whoever starts it, on their own machine".into(), environment.host.platform.origin.clone())];
    }
    let mut ways: Vec<(Prose, Origin)> = Vec::new();
    if let Some(promotion) = &environment.promotion {
        ways.push((promoted(promotion), promotion.from.origin.clone()));
    }
    for trigger in &environment.triggers {
        let words = match &trigger.value {
            Trigger::Push(branch) => match branch.strip_prefix('!') {
                Some(branch) => prose("on push to every branch but {branch}", &[("branch", code(branch))]),
                None => prose("on push to {branch}", &[("branch", code(branch))]),
            },
            Trigger::Tag(tag) => prose("on tag {tag}", &[("tag", code(tag))]),
            Trigger::PullRequest(Some(label)) => {
                prose("per pull request with the label {label}", &[("label", code(label))])
            }
            Trigger::PullRequest(None) => "per pull request".into(),
            Trigger::Manual => "by hand".into(),
        };
        ways.push((words, trigger.origin.clone()));
    }
    ways
}

fn promoted(promotion: &Promotion) -> Prose {
    let words = prose("after verification in {from}", &[("from", code(&promotion.from.value))]);
    match &promotion.after {
        Some(after) => {
            words.then(prose(" and {after} of waiting", &[("after", Inline::text(after.value.to_string()))]))
        }
        None => words,
    }
}

/// Who must agree to a release, where somebody must.
pub(super) fn approval(environment: &EnvironmentFacts) -> Option<(Prose, Origin)> {
    let approval = environment.promotion.as_ref()?.approval.as_ref()?;
    let words = prose(
        "{count} approval{s} of {by}",
        &[
            ("count", Inline::text(approval.count.value.to_string())),
            ("s", Inline::text(if approval.count.value == 1 { "" } else { "s" })),
            ("by", code(&approval.by.value)),
        ],
    );
    Some((words, approval.by.origin.clone().with(&approval.count.origin)))
}

/// The times at which nothing is released.
pub(super) fn freezes(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<(Prose, Origin)> {
    let Some(node) = plan.environment(environment) else { return Vec::new() };
    let told = |freeze: &model::Freeze| {
        let words = prose(
            "from {from} to {to} ({tz})",
            &[
                ("from", Inline::text(&freeze.from.value)),
                ("to", Inline::text(&freeze.to.value)),
                ("tz", Inline::text(&freeze.tz.value)),
            ],
        );
        (words, freeze.origin.clone())
    };
    node.freeze.iter().map(told).collect()
}

/// The public addresses of an environment.
pub(super) fn addresses(environment: &EnvironmentFacts) -> Prose {
    let domains: Vec<&str> = environment.domains().iter().map(|domain| domain.value.as_str()).collect();
    let link = |domain: &&str| Inline::url(*domain, ["https://", domain].concat());
    Prose::joined(domains.iter().map(link), ", ")
}

/// The names of programs as code.
pub(super) fn program_names(deployments: &[Deployment<'_>]) -> Prose {
    names(deployments.iter().map(Deployment::name))
}

/// Deployments of one environment after another.
pub(super) fn by_environment<'a>(all: &[Deployment<'a>]) -> Vec<(&'a EnvironmentFacts, Vec<Deployment<'a>>)> {
    let mut groups: Vec<(&'a EnvironmentFacts, Vec<Deployment<'a>>)> = Vec::new();
    for one in all {
        match groups.iter_mut().find(|(environment, _)| environment.index == one.environment.index) {
            Some((_, group)) => group.push(*one),
            None => groups.push((one.environment, vec![*one])),
        }
    }
    groups
}
