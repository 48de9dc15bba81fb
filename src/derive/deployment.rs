//! Deployments: every service and task of an environment after merging, with what it runs, answers and needs there.

use crate::derive::environment::{EnvironmentFacts, Host};
use crate::derive::image::{ImageFacts, Index};
use crate::derive::variable::{Part, Scope, Variable, variables};
use crate::derive::{Assumption, generated_name};
use crate::model;
use crate::resolve::{Model, Setting};
use crate::source::{Origin, Sourced};
use crate::standard;

/// What a program does, as the platforms tell programs apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Answers people.
    Web,
    /// Answers programs.
    Api,
    /// Answers nobody, runs always.
    Worker,
    /// Runs at set times.
    Cron,
    /// Files.
    Static,
    /// Runs per request or event.
    Function,
    /// Runs to its end when asked or at a release.
    Task,
}

impl Role {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Role::Web => "web",
            Role::Api => "api",
            Role::Worker => "worker",
            Role::Cron => "cron",
            Role::Static => "static",
            Role::Function => "function",
            Role::Task => "task",
        }
    }

    /// Whether requests reach it, so that a strategy can move traffic.
    pub fn takes_traffic(self) -> bool {
        match self {
            Role::Web | Role::Api | Role::Static | Role::Function => true,
            Role::Worker | Role::Cron | Role::Task => false,
        }
    }
}

/// A transport protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http,
    /// gRPC over HTTP/2.
    Grpc,
    /// Plain TCP.
    Tcp,
}

impl Protocol {
    /// The word in the language.
    pub fn word(self) -> &'static str {
        match self {
            Protocol::Http => "http",
            Protocol::Grpc => "grpc",
            Protocol::Tcp => "tcp",
        }
    }
}

/// Who can reach a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// The internet.
    Public,
    /// The services that call it.
    Internal,
}

/// One port of a workload.
#[derive(Clone, Debug)]
pub struct Port {
    /// Its name; empty for the only one of its protocol.
    pub name: Sourced<String>,
    /// Transport.
    pub protocol: Protocol,
    /// The port the program listens on.
    pub port: Sourced<u16>,
    /// The port others reach it by.
    pub shown: Sourced<u16>,
    /// Who can reach it.
    pub exposure: Sourced<Exposure>,
    /// The node, for its probes.
    pub node: model::Port,
}

/// One service or task in one environment.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Name of the service or task.
    pub name: Sourced<String>,
    /// What it does.
    pub role: Sourced<Role>,
    /// Its name on the platform: `app-environment-service`.
    pub generated: String,
    /// Where it runs: the environment's host, or the one it is placed on.
    pub host: Host,
    /// The image, as an index into `Facts::images`; none for a ready image.
    pub image: Option<usize>,
    /// The ready image, where nothing is built.
    pub ready_image: Option<Sourced<crate::value::ImageRef>>,
    /// Its ports, in file order; the first is the main one.
    pub ports: Vec<Port>,
    /// Its environment variables.
    pub variables: Vec<Variable>,
    /// The services it calls, declared or implied, sorted.
    pub calls: Vec<Sourced<String>>,
    /// The resources it uses, declared or implied, sorted.
    pub uses: Vec<Sourced<String>>,
    /// Instances: at least and at most.
    pub scale: (Sourced<u64>, Sourced<u64>),
    /// Name of the strategy that releases it; none where its platform's own way is taken.
    pub strategy: Option<Sourced<String>>,
    /// Index in `Setting::services`, or in `Setting::tasks` where `role` is a task.
    pub index: usize,
    /// Its release unit.
    pub unit: String,
}

impl Workload {
    /// The merged service it is made from.
    pub fn service<'a>(&self, setting: &'a Setting) -> Option<&'a model::Service> {
        if self.role.value == Role::Task { None } else { setting.services.get(self.index) }
    }

    /// The merged task it is made from.
    pub fn task<'a>(&self, setting: &'a Setting) -> Option<&'a model::Task> {
        if self.role.value == Role::Task { setting.tasks.get(self.index) } else { None }
    }

    /// The first port, which traffic and probes use.
    pub fn main_port(&self) -> Option<&Port> {
        self.ports.first()
    }

    /// Whether any port is open to the internet.
    pub fn is_public(&self) -> bool {
        self.ports.iter().any(|port| port.exposure.value == Exposure::Public)
    }

    /// The secrets that it needs without naming them in a variable: in its files, and as passwords and addresses of what
    /// it uses.
    pub fn secrets_behind(&self, setting: &Setting) -> Vec<Sourced<String>> {
        let named = |text: &Sourced<String>| {
            let name = text.value.trim().strip_prefix("${secret.")?.strip_suffix('}')?;
            Some(Sourced::new(name.to_owned(), text.origin.clone()))
        };
        let files = match self.task(setting) {
            Some(task) => task.file.as_slice(),
            None => self.service(setting).map(|service| service.file.as_slice()).unwrap_or_default(),
        };
        let files = files.iter().filter_map(|file| named(file.value.as_ref()?));
        let used = self.uses.iter().filter_map(|used| setting.resource(&used.value));
        let behind = used.flat_map(|resource| {
            let address = resource.from.as_ref().and_then(|from| from.url.as_ref());
            resource.password.iter().chain(address)
        });
        files.chain(behind.filter_map(named)).collect()
    }

    /// The secrets it consumes: names, sorted, with where they are named.
    pub fn secrets(&self) -> Vec<Sourced<String>> {
        let mut found: Vec<Sourced<String>> = Vec::new();
        for variable in &self.variables {
            for part in &variable.parts {
                if let Part::Secret(name) = part
                    && !found.iter().any(|old| old.value == *name)
                {
                    found.push(Sourced::new(name.clone(), variable.origin.clone()));
                }
            }
        }
        found.sort_by(|a, b| a.value.cmp(&b.value));
        found
    }
}

/// Fills in the workloads of one environment.
pub(super) fn derive(
    model: &Model,
    facts: &mut EnvironmentFacts,
    images: &[ImageFacts],
    app: &str,
    assumptions: &mut Vec<Assumption>,
) {
    let Some((environment, setting)) = model.environments.get(facts.index) else { return };
    let scope = Scope {
        app: model.app.as_ref(),
        environment,
        tier: facts.tier.value.word(),
        domain: facts.domain.as_ref().map(|domain| domain.value.clone()),
        setting,
    };
    let names = Index::new(images, setting, &model.pins);
    for (index, service) in setting.services.iter().enumerate() {
        let workload = of_service(index, service, &scope, facts, &names, app, assumptions);
        facts.workloads.push(workload);
    }
    for (index, task) in setting.tasks.iter().enumerate() {
        let workload = of_task(index, task, &scope, facts, &names, app);
        facts.workloads.push(workload);
    }
    for (at, workload) in facts.workloads.iter().enumerate() {
        facts.by_name.entry(workload.name.value.clone()).or_insert(at);
    }
}

/// The role of a service: what it says, else `api` with an HTTP or gRPC port, else `cron` with a schedule, else `worker`.
pub fn role(service: &model::Service) -> Sourced<Role> {
    if let Some(kind) = &service.kind {
        let role = match kind.value {
            model::ServiceKind::Web => Role::Web,
            model::ServiceKind::Api => Role::Api,
            model::ServiceKind::Worker => Role::Worker,
            model::ServiceKind::Cron => Role::Cron,
            model::ServiceKind::Static => Role::Static,
            model::ServiceKind::Function => Role::Function,
        };
        return Sourced::new(role, kind.origin.clone());
    }
    match service.http.first().or(service.grpc.first()) {
        Some(port) => Sourced::new(
            Role::Api,
            port.origin.clone().because("a service with an HTTP or gRPC port is an api unless it says otherwise"),
        ),
        None => Sourced::new(
            Role::Worker,
            service.origin.clone().because("a service without a port is a worker unless it says otherwise"),
        ),
    }
}

fn of_service(
    index: usize,
    service: &model::Service,
    scope: &Scope<'_>,
    facts: &EnvironmentFacts,
    names: &Index<'_>,
    app: &str,
    assumptions: &mut Vec<Assumption>,
) -> Workload {
    let role = role(service);
    let variables = variables(service.env.as_ref(), scope);
    let placed = facts.places.iter().find(|(name, _)| *name == service.name.value).map(|(_, host)| host.clone());
    let host = placed.unwrap_or_else(|| facts.host.clone());
    // Nothing is released to a developer's own machine, so that a service's strategy is about other environments.
    let own = service.strategy.as_ref().filter(|_| host.is_released());
    let strategy = own.or(facts.strategy.as_ref()).filter(|_| role.value.takes_traffic()).cloned();
    let sized = standard::platform(&host.platform.value).is_some_and(|platform| !platform.size.is_empty());
    if service.size.is_none() && sized {
        assumptions.push(Assumption {
            about: format!("service {}", service.name.value),
            text: "runs with the standard library's size for its role".to_owned(),
            instead: "size cpu=\"500m\" memory=\"512MiB\"".to_owned(),
            origin: service.origin.clone(),
        });
    }
    Workload {
        generated: generated_name(app, &facts.name.value, &service.name.value, host.name_limit),
        image: names.image(&service.name.value),
        ready_image: names.ready(service.image.as_ref()),
        ports: ports(service),
        calls: named(&service.calls, &variables, "service"),
        uses: named(&uses_of(service, scope.setting), &variables, "resource"),
        scale: scale(service),
        strategy,
        unit: names.unit(service),
        name: service.name.clone(),
        role,
        host,
        variables,
        index,
    }
}

fn of_task(
    index: usize,
    task: &model::Task,
    scope: &Scope<'_>,
    facts: &EnvironmentFacts,
    names: &Index<'_>,
    app: &str,
) -> Workload {
    let owner =
        task.image.as_ref().and_then(|image| image.service.as_ref()).and_then(|name| names.service(&name.value));
    let mut all = owner.map(|service| variables(service.env.as_ref(), scope)).unwrap_or_default();
    for own in variables(task.env.as_ref(), scope) {
        match all.iter_mut().find(|old| old.name.value == own.name.value) {
            Some(old) => *old = own,
            None => all.push(own),
        }
    }
    let mut uses = task.uses.clone();
    uses.extend(owner.map(|service| uses_of(service, scope.setting)).unwrap_or_default());
    // It runs where the service does whose image and variables it takes.
    let placed = facts.places.iter().find(|(name, _)| owner.is_some_and(|owner| owner.name.value == *name));
    let host = placed.map_or_else(|| facts.host.clone(), |(_, host)| host.clone());
    Workload {
        name: task.name.clone(),
        role: Sourced::new(Role::Task, task.origin.clone()),
        generated: generated_name(app, &facts.name.value, &task.name.value, host.name_limit),
        host,
        image: task.image.as_ref().and_then(|image| image.service.as_ref()).and_then(|owner| names.image(&owner.value)),
        ready_image: names.ready(task.image.as_ref()),
        ports: Vec::new(),
        calls: named(&task.calls, &all, "service"),
        uses: named(&uses, &all, "resource"),
        scale: (Sourced::new(1, task.origin.clone()), Sourced::new(1, task.origin.clone())),
        strategy: None,
        unit: owner.map_or_else(|| task.name.value.clone(), |service| names.unit(service)),
        variables: all,
        index,
    }
}

/// What a service says that it uses, and what its migrations change: they run with its rights.
fn uses_of(service: &model::Service, setting: &Setting) -> Vec<Sourced<String>> {
    let resource = |name: &str| setting.resources.iter().any(|resource| resource.name.value == name);
    let changed = service.migrate.iter().map(|migration| &migration.for_).filter(|changed| resource(&changed.value));
    service.uses.iter().chain(changed).cloned().collect()
}

fn ports(service: &model::Service) -> Vec<Port> {
    let groups = [(Protocol::Http, &service.http), (Protocol::Grpc, &service.grpc), (Protocol::Tcp, &service.tcp)];
    let mut ports: Vec<Port> =
        groups.into_iter().flat_map(|(protocol, nodes)| nodes.iter().map(move |node| port(protocol, node))).collect();
    // File order decides which port is the main one, not the protocol.
    ports
        .sort_by_key(|port| (port.name.value.clone() != "", port.node.origin.place.file, port.node.origin.place.start));
    ports
}

fn port(protocol: Protocol, node: &model::Port) -> Port {
    let number = |value: &Sourced<crate::value::Count>| {
        Sourced::new(u16::try_from(value.value.get()).unwrap_or(0), value.origin.clone())
    };
    let listens = number(&node.port);
    Port {
        name: node.name.clone().unwrap_or_else(|| Sourced::new(String::new(), node.origin.clone())),
        protocol,
        shown: node.as_.as_ref().map_or_else(|| listens.clone(), number),
        port: listens,
        exposure: Sourced::new(
            if node.public.value { Exposure::Public } else { Exposure::Internal },
            node.public.origin.clone(),
        ),
        node: node.clone(),
    }
}

/// Declared names and those that templates imply, sorted by name.
fn named(declared: &[Sourced<String>], variables: &[Variable], kind: &str) -> Vec<Sourced<String>> {
    let mut all: Vec<Sourced<String>> = Vec::new();
    let implied = variables.iter().filter(|variable| !variable.shown).flat_map(|variable| {
        variable.parts.iter().filter_map(move |part| match part {
            Part::Service(name, _) if kind == "service" => {
                Some(Sourced::new(name.clone(), implied_by(&variable.origin)))
            }
            Part::Resource(name, _) if kind == "resource" => {
                Some(Sourced::new(name.clone(), implied_by(&variable.origin)))
            }
            Part::Text(_)
            | Part::Secret(_)
            | Part::Resource(..)
            | Part::Service(..)
            | Part::CiVariable(_)
            | Part::Release(_)
            | Part::PullRequest => None,
        })
    });
    for one in declared.iter().cloned().chain(implied) {
        match all.iter_mut().find(|old| old.value == one.value) {
            Some(old) => old.origin = old.origin.clone().with(&one.origin),
            None => all.push(one),
        }
    }
    all.sort_by(|a, b| a.value.cmp(&b.value));
    all
}

fn implied_by(origin: &Origin) -> Origin {
    origin.clone().because("a template that names it implies it")
}

fn scale(service: &model::Service) -> (Sourced<u64>, Sourced<u64>) {
    let one = || Sourced::new(1, service.origin.clone().because("one instance unless `scale` says otherwise"));
    let Some(scale) = &service.scale else { return (one(), one()) };
    let min = Sourced::new(scale.min.value.get(), scale.min.origin.clone());
    let max = scale.max.as_ref().map_or_else(
        || Sourced::new(min.value.max(1), min.origin.clone()),
        |max| Sourced::new(max.value.get(), max.origin.clone()),
    );
    (min, max)
}
