//! Where an environment runs on Compose, and the names of everything in its file.

use crate::derive::{EnvironmentFacts, Host, Port, Workload, shorten};
use crate::emit::platform::is_hosted;
use crate::model::{self, ResourceOrigin, StdResourceKind};
use crate::plan::Plan;
use crate::resolve::Setting;
use crate::source::{Origin, Sourced};
use crate::standard;

use super::Compose;

/// The longest name of a project.
const NAME_LIMIT: usize = 63;
/// The user on the server where the login names none.
const USER: &str = "deploy";

/// Who runs the containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The developer's own machine, which builds from source and keeps nothing running.
    Local,
    /// A server, which takes images by digest.
    Server,
}

/// One environment.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) environment: &'a EnvironmentFacts,
    pub(super) setting: &'a Setting,
    pub(super) place: Place,
}

/// The server of a host.
pub(super) fn server(host: &Host) -> Option<&Sourced<String>> {
    host.node.server.first()
}

impl<'a> Site<'a> {
    pub(super) fn new(plan: &'a Plan<'a>, environment: &'a EnvironmentFacts) -> Site<'a> {
        let place = if host(environment).and_then(server).is_some() { Place::Server } else { Place::Local };
        Site { plan, environment, setting: plan.setting(environment), place }
    }

    pub(super) fn is_local(&self) -> bool {
        self.place == Place::Local
    }

    /// The project, which is also the folder on the server.
    pub(super) fn project(&self) -> String {
        shorten(&[self.plan.app(), "-", &self.environment.name.value].concat(), NAME_LIMIT)
    }

    /// The file in the repository: the developers' environment has the name that Compose looks for, else the first one.
    pub(super) fn file(&self) -> String {
        let all = || self.plan.facts.environments.iter().filter(|environment| host(environment).is_some());
        let local = all().find(|environment| host(environment).and_then(server).is_none());
        let plain = local.or_else(|| all().next()).map(|environment| &environment.name.value);
        match plain {
            Some(name) if *name == self.environment.name.value => "compose.yaml".to_owned(),
            _ => ["compose.", &self.environment.name.value, ".yaml"].concat(),
        }
    }

    pub(super) fn host_origin(&self) -> Origin {
        host(self.environment).map(|host| host.platform.origin.clone()).unwrap_or_default()
    }

    pub(super) fn app_origin(&self) -> Origin {
        self.plan.model.app.as_ref().map(|app| app.name.origin.clone()).unwrap_or_default()
    }

    /// `USER@SERVER`, for SSH; empty where there is none.
    pub(super) fn target(&self) -> String {
        let Some(host) = host(self.environment) else { return String::new() };
        let user = host.node.login.as_ref().and_then(|login| login.user.as_ref());
        match server(host) {
            Some(server) => [user.map_or(USER, |user| &user.value), "@", &server.value].concat(),
            None => String::new(),
        }
    }

    /// The workloads that run here.
    pub(super) fn workloads(&self) -> impl Iterator<Item = &'a Workload> + use<'a> {
        self.environment.workloads.iter().filter(|workload| is_hosted(workload, &Compose))
    }

    /// The resources that run here as containers: all of the environment, or where only some services are placed
    /// here, what these use.
    pub(super) fn resources(&self) -> Vec<&'a model::Resource> {
        let own = self.environment.host.platform.value == super::PLATFORM;
        let used = |resource: &model::Resource| {
            self.workloads().any(|workload| workload.uses.iter().any(|used| used.value == resource.name.value))
        };
        let all = self.setting.resources.iter();
        all.filter(|resource| is_container(resource) && (own || used(resource))).collect()
    }

    pub(super) fn resource(&self, name: &str) -> Option<&'a model::Resource> {
        self.setting.resource(name)
    }

    /// The name of a resource among the services of the file; a service has the better right to it.
    pub(super) fn resource_key(&self, resource: &model::Resource) -> String {
        self.free(&resource.name.value, "resource")
    }

    /// The name of a migration among the services of the file.
    pub(super) fn migration_key(&self, workload: &Workload, migration: &model::Migrate) -> String {
        self.free(&[&workload.name.value, "-", migration.name.value.as_str()].concat(), "migration")
    }

    /// A name that no workload has.
    pub(super) fn free(&self, name: &str, kind: &str) -> String {
        let mut key = name.to_owned();
        while self.environment.workloads.iter().any(|workload| workload.name.value == key) {
            key = [&key, "-", kind].concat();
        }
        key
    }

    /// The port of the machine that a port is published on, each one once: who comes later takes the next.
    pub(super) fn published(&self, workload: &Workload, port: &Port) -> Option<u16> {
        let mut taken: Vec<u16> = Vec::new();
        for other in self.workloads() {
            for one in other.ports.iter().filter(|port| is_published(port)) {
                let mut number = one.shown.value;
                while taken.contains(&number) {
                    number = number.checked_add(1)?;
                }
                if other.name.value == workload.name.value && one.port.value == port.port.value {
                    return Some(number);
                }
                taken.push(number);
            }
        }
        None
    }

    /// The first domain and path that lead to a service.
    pub(super) fn route(&self, service: &str) -> Option<&'a crate::derive::Route> {
        self.environment.routes.iter().find(|route| route.service.value == service)
    }

    /// Where people and checks reach a service from outside, without a trailing `/`.
    pub(super) fn outside(&self, workload: &Workload) -> Option<String> {
        if let Some(route) = self.route(&workload.name.value).filter(|_| self.place == Place::Server) {
            return Some(["https://", &route.domain.value, route.path.value.trim_end_matches('/')].concat());
        }
        let number = self.published(workload, public_ports(workload).next()?)?.to_string();
        let machine = host(self.environment).and_then(server).map_or("localhost", |server| server.value.as_str());
        Some(["http://", machine, ":", &number].concat())
    }
}

/// The first host of an environment that is on this platform.
pub(super) fn host(environment: &EnvironmentFacts) -> Option<&Host> {
    environment.workloads.iter().find(|workload| is_hosted(workload, &Compose)).map(|workload| &workload.host)
}

/// The ports that are open to people.
pub(super) fn public_ports(workload: &Workload) -> impl Iterator<Item = &Port> {
    workload.ports.iter().filter(|port| port.exposure.value == crate::derive::Exposure::Public)
}

/// Whether the machine has a port for it: people reach it, or it says by which port others do.
pub(super) fn is_published(port: &Port) -> bool {
    port.exposure.value == crate::derive::Exposure::Public || port.node.as_.is_some()
}

/// Whether a resource runs as a container: it says so, or it says nothing, for the platform manages none.
pub(super) fn is_container(resource: &model::Resource) -> bool {
    let origin = resource.from.as_ref().map_or(ResourceOrigin::Container, |from| from.origin_arg.value);
    let kind = kind(resource);
    origin == ResourceOrigin::Container && kind.is_some_and(|kind| kind.container.is_some())
}

/// The standard library's facts of a resource's kind.
pub(super) fn kind(resource: &model::Resource) -> Option<&'static StdResourceKind> {
    standard::get::<StdResourceKind>("resource-kind", resource.kind.value.word())
}

/// A name as part of the name of a variable.
pub(super) fn upper(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

/// The variable that holds the image of a workload.
pub(super) fn image_variable(name: &str) -> String {
    ["IMAGE_", &upper(name)].concat()
}
