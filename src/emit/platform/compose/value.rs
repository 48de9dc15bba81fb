//! Values of the file: text, and variables that Compose fills in from `.env` beside it.

use crate::artifact::{Part as Printed, Tree, mixed};
use crate::derive::{Part, Scope, Variable, Workload};
use crate::model::{self, ResourceOrigin};

use super::site::{self, Place, Site, upper};

/// A piece of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text.
    Text(String),
    /// What `.env` says.
    Filled(Filled),
}

/// A variable of `.env`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Filled {
    /// Its name.
    pub(super) name: String,
    /// Who fills it.
    pub(super) by: By,
}

/// Who fills a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// A person or the pipeline, from where the secret is kept.
    Person,
    /// The server itself, once, at random: the password of a resource that only it knows.
    Server,
    /// Each release.
    Release,
}

/// The password that a resource has on a developer's machine, where nobody else reaches it.
const LOCAL_PASSWORD: &str = "Local-only-1";

impl Filled {
    /// The variable of a declared secret.
    pub(super) fn of_secret(name: &str) -> Filled {
        Filled { name: ["SECRET_", &upper(name)].concat(), by: By::Person }
    }

    /// As Compose reads it. A developer is told what is missing; on the server `ops/` looks before it starts anything,
    /// so that one service is released before another one's secrets are there.
    fn source(&self, place: Place) -> String {
        let end = match (place, self.by) {
            (Place::Local, By::Person) => ":?put it into .env}",
            (Place::Local, By::Server) => return ["${", &self.name, ":-", LOCAL_PASSWORD, "}"].concat(),
            (Place::Local, By::Release) => ":-local}",
            (Place::Server, By::Person | By::Server | By::Release) => ":-}",
        };
        ["${", &self.name, end].concat()
    }
}

/// The pieces of a variable's value.
pub(super) fn parts(site: &Site<'_>, variable: &Variable, workload: &Workload) -> Vec<Piece> {
    // A task is released with the service whose image it takes.
    let released = super::job::image_owner(site, workload).unwrap_or_else(|| workload.name.value.clone());
    variable.parts.iter().flat_map(|part| expanded(site, part, variable.shown, &released)).collect()
}

/// The pieces of a template that stands outside of `env`.
pub(super) fn template(site: &Site<'_>, text: &str, service: &str) -> Vec<Piece> {
    let Some(environment) = site.plan.environment(site.environment) else { return Vec::new() };
    let scope = Scope {
        app: site.plan.model.app.as_ref(),
        environment,
        tier: site.environment.tier.value.word(),
        domain: site.environment.domain.as_ref().map(|domain| domain.value.clone()),
        setting: site.setting,
    };
    scope.expand(text).iter().flat_map(|part| expanded(site, part, false, service)).collect()
}

fn expanded(site: &Site<'_>, part: &Part, shown: bool, service: &str) -> Vec<Piece> {
    let filled = |name: String, by| vec![Piece::Filled(Filled { name, by })];
    let text = |text: String| vec![Piece::Text(text)];
    match part {
        Part::Text(known) => text(known.clone()),
        Part::Secret(name) => vec![Piece::Filled(Filled::of_secret(name))],
        Part::Resource(name, field) => match site.resource(name) {
            Some(resource) => of_resource(site, resource, field, service),
            None => Vec::new(),
        },
        Part::Service(name, field) => text(address(site, name, field, shown)),
        Part::CiVariable(name) => filled(["VAR_", &upper(name)].concat(), By::Person),
        Part::Release(field) => filled(["RELEASE_", &upper(field), "_", &upper(service)].concat(), By::Release),
        Part::PullRequest => filled("PULL_REQUEST".to_owned(), By::Release),
    }
}

/// A field of a resource.
pub(super) fn of_resource(site: &Site<'_>, resource: &model::Resource, field: &str, service: &str) -> Vec<Piece> {
    let from = resource.from.as_ref();
    let external = from.filter(|from| from.origin_arg.value == ResourceOrigin::External);
    if let Some(url) = external.and_then(|from| from.url.as_ref()) {
        let whole = template(site, &url.value, service);
        return if field == "url" { whole } else { address_field(&whole, field) };
    }
    let Some(kind) = site::kind(resource) else { return Vec::new() };
    let wanted = match field {
        "url" => kind.url.as_ref().map(|url| url.template.value.clone()).unwrap_or_default(),
        field => ["{", field, "}"].concat(),
    };
    filled_template(site, resource, &wanted)
}

/// A field of an address that is written out; of a secret one nothing is known.
fn address_field(whole: &[Piece], field: &str) -> Vec<Piece> {
    let [Piece::Text(url)] = whole else { return Vec::new() };
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    match field {
        "host" => vec![Piece::Text(host.to_owned())],
        "port" => vec![Piece::Text(port.to_owned())],
        _ => Vec::new(),
    }
}

/// A template of the standard library with the values of a resource.
pub(super) fn filled_template(site: &Site<'_>, resource: &model::Resource, template: &str) -> Vec<Piece> {
    let known = known(site, resource, template);
    let mut parts = Vec::new();
    for (index, text) in known.split("{password}").enumerate() {
        if index > 0 {
            parts.extend(password(site, resource));
        }
        if !text.is_empty() {
            parts.push(Piece::Text(text.to_owned()));
        }
    }
    parts
}

/// A template of the standard library in which all but the password is filled.
pub(super) fn known(site: &Site<'_>, resource: &model::Resource, template: &str) -> String {
    let port =
        site::kind(resource).and_then(|kind| kind.port.as_ref()).map(|port| port.value.clone()).unwrap_or_default();
    template
        .replace("{user}", &user(resource))
        .replace("{name}", &database(resource))
        .replace("{host}", &site.resource_key(resource))
        .replace("{port}", &port)
}

/// The user that services log in as.
pub(super) fn user(resource: &model::Resource) -> String {
    match &resource.user {
        Some(user) => user.value.clone(),
        None => site::kind(resource).map(|kind| kind.user.value.clone()).unwrap_or_default(),
    }
}

/// The database, bucket or virtual host of a resource: its own name, as an identifier where that must be one.
pub(super) fn database(resource: &model::Resource) -> String {
    if resource.kind.value == model::ResourceKind::Bucket {
        resource.name.value.clone()
    } else {
        resource.name.value.replace('-', "_")
    }
}

/// The password of a resource: the declared secret, else one that the server makes.
pub(super) fn password(site: &Site<'_>, resource: &model::Resource) -> Vec<Piece> {
    match &resource.password {
        Some(declared) => template(site, &declared.value, &resource.name.value),
        None => {
            let name = ["RESOURCE_", &upper(&resource.name.value), "_PASSWORD"].concat();
            vec![Piece::Filled(Filled { name, by: By::Server })]
        }
    }
}

/// How another service is reached: inside by its name, where people see the value by its address outside.
fn address(site: &Site<'_>, name: &str, field: &str, shown: bool) -> String {
    let Some(other) = site.environment.workload(name) else { return String::new() };
    let here = crate::emit::platform::is_hosted(other, &super::Compose);
    if shown || !here {
        let route = site.route(name).map(|route| ["https://", &route.domain.value, &route.path.value].concat());
        let outside = if here { site.outside(other) } else { route };
        let whole = vec![Piece::Text(outside.unwrap_or_default().trim_end_matches('/').to_owned())];
        let parts = if field == "url" { whole } else { address_field(&whole, field) };
        return parts.iter().map(|part| if let Piece::Text(text) = part { text.as_str() } else { "" }).collect();
    }
    let port = other.main_port().map(|port| port.port.value.to_string());
    match (field, port) {
        ("host", _) => name.to_owned(),
        ("port", port) => port.unwrap_or_default(),
        (_, Some(port)) => ["http://", name, ":", &port].concat(),
        (_, None) => ["http://", name].concat(),
    }
}

/// The value in the file.
pub(super) fn tree(site: &Site<'_>, parts: &[Piece]) -> Tree {
    let pieces = parts.iter().map(|part| match part {
        Piece::Text(text) => Printed::text(text),
        Piece::Filled(filled) => Printed::code(filled.source(site.place)),
    });
    match parts {
        [] => Tree::from(""),
        [Piece::Text(text)] => Tree::from(text),
        _ => mixed(pieces),
    }
}

/// The variables among the pieces.
pub(super) fn filled(parts: &[Piece]) -> impl Iterator<Item = &Filled> {
    parts.iter().filter_map(|part| if let Piece::Filled(filled) = part { Some(filled) } else { None })
}

/// Every variable that a workload needs before it starts, sorted: its own, its files', those of resources it uses.
pub(super) fn needed(site: &Site<'_>, workload: &Workload) -> Vec<Filled> {
    let mut all: Vec<Filled> = Vec::new();
    for variable in workload.variables.iter().filter(|variable| !variable.optional) {
        all.extend(filled(&parts(site, variable, workload)).cloned());
    }
    let files = match workload.task(site.setting) {
        Some(task) => task.file.as_slice(),
        None => workload.service(site.setting).map(|service| service.file.as_slice()).unwrap_or_default(),
    };
    for value in files.iter().filter_map(|file| file.value.as_ref()) {
        all.extend(filled(&template(site, &value.value, &workload.name.value)).cloned());
    }
    for resource in workload.uses.iter().filter_map(|used| site.resource(&used.value)) {
        let secret =
            site::kind(resource).and_then(|kind| kind.container.as_ref()).is_some_and(|one| !one.secret_env.is_empty());
        if site::is_container(resource) && secret {
            all.extend(filled(&password(site, resource)).cloned());
        }
    }
    all.sort();
    all.dedup();
    all
}
