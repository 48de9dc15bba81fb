//! Environments: tier, host, trigger and promotion, in the order that releases reach them.

use std::collections::BTreeMap;

use crate::derive::deployment::Workload;
use crate::derive::variable::Scope;
use crate::derive::{Assumption, Tier, tier};
use crate::model;
use crate::resolve::{Model, Setting};
use crate::source::{Origin, Sourced};
use crate::standard;
use crate::value::Duration;

/// The longest generated name where a platform's facts give no limit: a DNS label.
const NAME_LIMIT: usize = 63;

/// Where something runs.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// The platform.
    pub platform: Sourced<String>,
    /// The node, for the properties the platform declares.
    pub node: model::Host,
    /// The most characters of a generated name there.
    pub name_limit: usize,
}

impl Host {
    /// Whether versions are released to it; to a developer's own machine none are.
    pub fn is_released(&self) -> bool {
        let facts = standard::platform(&self.platform.value);
        facts.is_none_or(|facts| facts.released_with.value != "server" || !self.node.server.is_empty())
    }

    /// Whether a new version replaces the old one where no strategy says how: the platform can do nothing better.
    pub fn recreates(&self) -> bool {
        let can = |wanted: model::Capability| {
            let facts = standard::platform(&self.platform.value);
            facts.is_some_and(|facts| {
                let known = facts.capability.named(wanted.word());
                known.is_some_and(|capability| capability.support.value != model::PlatformSupport::Impossible)
            })
        };
        can(model::Capability::Recreate) && !can(model::Capability::Rolling)
    }
}

/// What starts a release to an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A push to a branch (`*` and a leading `!` as written).
    Push(String),
    /// A pushed tag.
    Tag(String),
    /// A pull request, with a label if one is asked for.
    PullRequest(Option<String>),
    /// A person.
    Manual,
}

/// Who must agree before a promotion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// A team (`ORGANISATION/TEAM`) or a login.
    pub by: Sourced<String>,
    /// How many.
    pub count: Sourced<u64>,
}

/// What an environment takes over, and when.
#[derive(Clone, Debug)]
pub struct Promotion {
    /// The environment it must have been verified in.
    pub from: Sourced<String>,
    /// How long after its verification there.
    pub after: Option<Sourced<Duration>>,
    /// Who must agree.
    pub approval: Option<Approval>,
}

/// One path of a domain.
#[derive(Clone, Debug)]
pub struct Route {
    /// The host name.
    pub domain: Sourced<String>,
    /// The beginning of the path.
    pub path: Sourced<String>,
    /// The service that answers.
    pub service: Sourced<String>,
}

/// One environment.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentFacts {
    /// Its name.
    pub name: Sourced<String>,
    /// Index in `Model::environments`.
    pub index: usize,
    /// How much it matters.
    pub tier: Sourced<Tier>,
    /// Whether it exists once per pull request.
    pub ephemeral: Sourced<bool>,
    /// Where it runs unless a service is placed elsewhere.
    pub host: Host,
    /// Services placed elsewhere.
    pub places: Vec<(String, Host)>,
    /// What starts a release; empty where it is promoted to.
    pub triggers: Vec<Sourced<Trigger>>,
    /// What it takes over.
    pub promotion: Option<Promotion>,
    /// The strategy of what takes traffic.
    pub strategy: Option<Sourced<String>>,
    /// The first domain.
    pub domain: Option<Sourced<String>>,
    /// All paths of all domains.
    pub routes: Vec<Route>,
    /// When an ephemeral one is torn down even if its pull request is open.
    pub ttl: Option<Sourced<Duration>>,
    /// What runs there: services in file order, then tasks.
    pub workloads: Vec<Workload>,
    /// Where each name is in `workloads`.
    pub(super) by_name: BTreeMap<String, usize>,
}

impl EnvironmentFacts {
    /// The host names that lead here, each once: the environment's own before those of single services.
    pub fn domains(&self) -> Vec<&Sourced<String>> {
        let mut found: Vec<&Sourced<String>> = Vec::new();
        for domain in self.domain.iter().chain(self.routes.iter().map(|route| &route.domain)) {
            if !found.iter().any(|known| known.value == domain.value) {
                found.push(domain);
            }
        }
        found
    }

    /// The workload of a service or task.
    pub fn workload(&self, name: &str) -> Option<&Workload> {
        self.by_name.get(name).and_then(|at| self.workloads.get(*at))
    }
}

/// The environments, what is promoted from before what is promoted to, else in file order.
pub(super) fn derive(model: &Model, _app: &str, assumptions: &mut Vec<Assumption>) -> Vec<EnvironmentFacts> {
    let mut all: Vec<EnvironmentFacts> =
        (0..model.environments.len()).filter_map(|index| one(model, index, assumptions)).collect();
    let mut ordered: Vec<EnvironmentFacts> = Vec::new();
    // A cycle of promotions is an error of its own; here it must only end.
    while !all.is_empty() {
        let next = all.iter().position(|environment| match &environment.promotion {
            Some(promotion) => !all.iter().any(|other| other.name.value == promotion.from.value),
            None => true,
        });
        ordered.push(all.remove(next.unwrap_or(0)));
    }
    ordered
}

fn one(model: &Model, index: usize, assumptions: &mut Vec<Assumption>) -> Option<EnvironmentFacts> {
    let (environment, setting) = model.environments.get(index)?;
    let tier = tier::of(environment, assumptions);
    let bare = Scope { app: model.app.as_ref(), environment, tier: tier.value.word(), domain: None, setting };
    let domain = environment
        .domain
        .first()
        .map(|domain| Sourced::new(bare.expand_text(&domain.name.value), domain.name.origin.clone()));
    let scope = Scope { domain: domain.as_ref().map(|domain| domain.value.clone()), ..bare };
    let routes = routes(environment, &scope);
    let promotion = environment.promote.as_ref().map(|promote| Promotion {
        from: promote.from.clone(),
        after: promote.after.clone(),
        approval: promote.approve.as_ref().map(|approve| Approval {
            by: approve.by.clone(),
            count: Sourced::new(approve.count.value.get(), approve.count.origin.clone()),
        }),
    });
    Some(EnvironmentFacts {
        name: environment.name.clone(),
        index,
        tier,
        ephemeral: environment.ephemeral.clone(),
        host: host(environment.host.as_ref()),
        places: environment
            .place
            .iter()
            .map(|place| (place.service.value.clone(), host(place.host.as_ref())))
            .collect(),
        triggers: triggers(model, environment, assumptions),
        promotion,
        strategy: environment.strategy.clone(),
        domain,
        routes,
        ttl: environment.ttl.clone(),
        workloads: Vec::new(),
        by_name: BTreeMap::new(),
    })
}

/// Every path of every domain: of the environment, and of services alone.
fn routes(environment: &model::Environment, scope: &Scope<'_>) -> Vec<Route> {
    let mut routes = Vec::new();
    for domain in &environment.domain {
        let name = Sourced::new(scope.expand_text(&domain.name.value), domain.name.origin.clone());
        if let ([], [only]) = (domain.route.as_slice(), public(scope.setting).as_slice()) {
            routes.push(whole(name, &only.name, "a domain without routes leads to the one public service"));
            continue;
        }
        routes.extend(domain.route.iter().map(|route| Route {
            domain: name.clone(),
            path: route.path.clone(),
            service: route.to.clone(),
        }));
    }
    for service in &scope.setting.services {
        for domain in &service.domain {
            let name = Sourced::new(scope.expand_text(&domain.value), domain.origin.clone());
            routes.push(whole(name, &service.name, "a domain of a service leads to it alone"));
        }
    }
    routes
}

/// All paths of a domain to one service.
fn whole(domain: Sourced<String>, service: &Sourced<String>, rule: &'static str) -> Route {
    let origin = domain.origin.clone().because(rule);
    Route {
        path: Sourced::new("/".to_owned(), origin.clone()),
        service: Sourced::new(service.value.clone(), origin.with(&service.origin)),
        domain,
    }
}

/// The services that people reach.
pub fn public(setting: &Setting) -> Vec<&model::Service> {
    let is_public = |service: &&model::Service| service.http.iter().chain(&service.grpc).any(|port| port.public.value);
    setting.services.iter().filter(is_public).collect()
}

fn host(node: Option<&model::Host>) -> Host {
    let Some(node) = node else { return Host { name_limit: NAME_LIMIT, ..Host::default() } };
    let limit = standard::platform_limit(&node.platform.value, "name-length");
    Host { platform: node.platform.clone(), node: node.clone(), name_limit: limit.unwrap_or(NAME_LIMIT) }
}

fn triggers(
    model: &Model,
    environment: &model::Environment,
    assumptions: &mut Vec<Assumption>,
) -> Vec<Sourced<Trigger>> {
    let mut triggers = Vec::new();
    for node in &environment.trigger {
        if let Some(push) = &node.push {
            triggers.push(Sourced::new(Trigger::Push(push.value.clone()), push.origin.clone()));
        }
        if let Some(tag) = &node.tag {
            triggers.push(Sourced::new(Trigger::Tag(tag.value.clone()), tag.origin.clone()));
        }
        if node.manual.value {
            triggers.push(Sourced::new(Trigger::Manual, node.manual.origin.clone()));
        }
        if node.pull_request.value {
            let label = node.label.as_ref().map(|label| label.value.clone());
            triggers.push(Sourced::new(Trigger::PullRequest(label), node.pull_request.origin.clone()));
        }
    }
    if !triggers.is_empty() || environment.promote.is_some() {
        return triggers;
    }
    default_trigger(model, environment, assumptions)
}

/// Without trigger and promotion: by hand, and on push to the branch where it is the only lasting environment; an ephemeral one per pull request.
fn default_trigger(
    model: &Model,
    environment: &model::Environment,
    assumptions: &mut Vec<Assumption>,
) -> Vec<Sourced<Trigger>> {
    let origin = |rule| Origin { rule, ..environment.origin.clone() };
    if environment.ephemeral.value {
        return vec![Sourced::new(
            Trigger::PullRequest(None),
            origin("an ephemeral environment exists per pull request"),
        )];
    }
    let mut triggers =
        vec![Sourced::new(Trigger::Manual, origin("an environment without trigger or promotion is released by hand"))];
    let lasting = model.environments.iter().filter(|(other, _)| !other.ephemeral.value).count();
    if lasting == 1 {
        let branch =
            model.app.as_ref().and_then(|app| app.repo.as_ref()).map_or("main", |repo| repo.branch.value.as_str());
        triggers.push(Sourced::new(
            Trigger::Push(branch.to_owned()),
            origin("the only lasting environment follows the branch"),
        ));
        if host(environment.host.as_ref()).is_released() {
            assumptions.push(Assumption {
                about: format!("environment {}", environment.name.value),
                text: format!("is released on every push to `{branch}`, being the only lasting environment"),
                instead: "trigger manual=#true".to_owned(),
                origin: environment.origin.clone(),
            });
        }
    }
    triggers
}
