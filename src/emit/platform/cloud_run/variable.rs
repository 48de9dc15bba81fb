//! Environment variables: plain text, references to secrets, and values joined from both.

use crate::artifact::{Script, Tree, Word, map};
use crate::derive::{EnvironmentFacts, Part, Variable, Workload};
use crate::emit::platform::{Kept, is_hosted};
use crate::model::{self, ResourceOrigin, SecretStore};
use crate::plan::Plan;
use crate::source::Origin;
use crate::standard;

use super::site::{self, Site};
use super::{CloudRun, Form, container};

/// A value as Cloud Run can be given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Text, in which names in braces are filled by the script.
    Text(String),
    /// A secret of Secret Manager.
    Secret(SecretPlace),
}

/// A secret of Secret Manager.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SecretPlace {
    /// Its name there.
    pub(super) name: String,
    /// Its project, where that is not the workload's own.
    pub(super) project: Option<String>,
}

/// Text of a user's as it stands in a file that is filled: nothing in it is taken for a name in braces.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "${DOLLAR}{")
}

/// The variable of the pipeline that holds a value known only there.
pub(super) fn pipeline_variable(name: &str) -> String {
    ["VAR_", &name.to_uppercase().replace('-', "_")].concat()
}

/// The variables of the pipeline that the workload's file needs, sorted.
pub(super) fn pipeline(site: &Site<'_>) -> Vec<String> {
    let mut names: Vec<String> = parts(site.workload)
        .filter_map(|part| if let Part::CiVariable(name) = part { Some(pipeline_variable(name)) } else { None })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn parts(workload: &Workload) -> impl Iterator<Item = &Part> {
    workload.variables.iter().flat_map(|variable| &variable.parts)
}

/// `SECRET=VARIABLE` for each secret that the pipeline keeps and writes into Secret Manager for this workload.
pub(super) fn written(site: &Site<'_>) -> Vec<String> {
    let read = secrets(site);
    let kept = site.setting.secrets.iter().filter(|secret| store(secret) == SecretStore::Github);
    kept.filter(|secret| read.iter().any(|(known, _)| *known == place(site, secret)))
        .map(|secret| {
            [&place(site, secret).name, "=SECRET_", &secret.name.value.to_uppercase().replace('-', "_")].concat()
        })
        .collect()
}

fn declared<'a>(site: &Site<'a>, name: &str) -> Option<&'a model::Secret> {
    site.setting.secret(name)
}

/// The store a secret is kept in; without one that of the host.
fn store(secret: &model::Secret) -> SecretStore {
    secret.from.as_ref().map_or(SecretStore::GcpSecretManager, |from| from.store.value)
}

/// Where a declared secret lies in Secret Manager: where it says, else under a name of this environment's own.
pub(super) fn place(site: &Site<'_>, secret: &model::Secret) -> SecretPlace {
    if store(secret) != SecretStore::GcpSecretManager {
        return SecretPlace {
            name: site::resource_name(site.plan, site.environment, &secret.name.value),
            project: None,
        };
    }
    let from = secret.from.as_ref();
    let path = from.and_then(|from| from.path.as_ref()).map_or(&secret.name.value, |path| &path.value);
    let project = from.and_then(|from| from.project.as_ref()).map(|project| project.value.clone());
    SecretPlace { name: path.clone(), project: project.filter(|project| *project != site.project()) }
}

/// Every secret that a workload reads, sorted, each with what decides it.
pub(super) fn secrets(site: &Site<'_>) -> Vec<(SecretPlace, Origin)> {
    let mut found: Vec<(SecretPlace, Origin)> = Vec::new();
    let of_files =
        files(site).iter().filter_map(|file| file_secret(site, file).map(|place| (place, file.origin.clone())));
    let of_variables = site.workload.variables.iter().flat_map(|variable| {
        variable.parts.iter().filter_map(|part| match value(site, variable, part) {
            Value::Secret(place) => Some((place, variable.origin.clone())),
            Value::Text(_) => None,
        })
    });
    for one in of_variables.chain(of_files) {
        if !found.iter().any(|(place, _)| *place == one.0) {
            found.push(one);
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// The files that are put into the container.
pub(super) fn files<'a>(site: &Site<'a>) -> &'a [model::File] {
    match site.workload.task(site.setting) {
        Some(task) => &task.file,
        None => site.workload.service(site.setting).map(|service| service.file.as_slice()).unwrap_or_default(),
    }
}

/// The secret that a file holds.
pub(super) fn file_secret(site: &Site<'_>, file: &model::File) -> Option<SecretPlace> {
    let template = file.value.as_ref()?.value.trim().strip_prefix("${secret.")?.strip_suffix('}')?.to_owned();
    declared(site, &template).map(|secret| place(site, secret))
}

/// One piece of a variable's value.
pub(super) fn value(site: &Site<'_>, variable: &Variable, part: &Part) -> Value {
    match part {
        Part::Text(text) => Value::Text(literal(text)),
        Part::Secret(name) => match declared(site, name) {
            Some(secret) => Value::Secret(place(site, secret)),
            None => Value::Text(String::new()),
        },
        Part::Resource(name, field) => resource_value(site, name, field),
        Part::Service(name, field) => Value::Text(address(site, variable, name, field)),
        Part::CiVariable(name) => Value::Text(["${", &pipeline_variable(name), "}"].concat()),
        Part::Release(field) if field == "commit" => Value::Text("${RELEASE_COMMIT}".to_owned()),
        Part::Release(_) => Value::Text("${RELEASE_VERSION}".to_owned()),
        Part::PullRequest => Value::Text("${PULL_REQUEST}".to_owned()),
    }
}

/// A field of a resource: what its name decides is text, all else is a secret of its own.
fn resource_value(site: &Site<'_>, name: &str, field: &str) -> Value {
    let Some(resource) = site.setting.resource(name) else {
        return Value::Text(String::new());
    };
    let from = resource.from.as_ref();
    if from.is_some_and(|from| from.origin_arg.value == ResourceOrigin::External) && field == "url" {
        let secret = from
            .and_then(|from| from.url.as_ref())
            .and_then(|url| url.value.trim().strip_prefix("${secret."))
            .and_then(|rest| rest.strip_suffix('}'))
            .and_then(|secret| declared(site, secret));
        return match secret {
            Some(secret) => Value::Secret(place(site, secret)),
            None => {
                Value::Text(from.and_then(|from| from.url.as_ref()).map(|url| literal(&url.value)).unwrap_or_default())
            }
        };
    }
    let holes = container::resource_holes(site.plan, site.environment, resource, &site.workload.host.node);
    let hole = |wanted: &str| {
        holes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| literal(value)).unwrap_or_default()
    };
    if let Some(template) = known_field(resource, field) {
        return Value::Text(literal(&container::fill(&template, &holes)));
    }
    if let Some(place) = declared_password(site, resource).filter(|_| field == "password") {
        return Value::Secret(place);
    }
    match field {
        "name" => Value::Text(hole("name")),
        "user" => Value::Text(hole("user")),
        "url" => match container::managed(resource).and_then(|managed| managed.url.clone()) {
            Some(url) if !url.value.contains("{password}") && !url.value.contains("{host}") => {
                Value::Text(literal(&container::fill(&url.value, &holes)))
            }
            _ => Value::Secret(resource_secret(site, resource, field)),
        },
        field => Value::Secret(resource_secret(site, resource, field)),
    }
}

/// A field that is known before the resource is made.
fn known_field(resource: &model::Resource, field: &str) -> Option<String> {
    let managed = container::managed(resource)?;
    managed.field.iter().find(|known| known.name.value == field).map(|known| known.value.value.clone())
}

/// Where the password of a resource is kept, if its declaration says so.
pub(super) fn declared_password(site: &Site<'_>, resource: &model::Resource) -> Option<SecretPlace> {
    let password = resource.password.as_ref()?.value.trim();
    let name = password.strip_prefix("${secret.")?.strip_suffix('}')?;
    declared(site, name).map(|secret| place(site, secret))
}

/// The secret that holds a field of a resource.
pub(super) fn resource_secret(site: &Site<'_>, resource: &model::Resource, field: &str) -> SecretPlace {
    let name = [&resource.name.value, "-", field].concat();
    SecretPlace { name: site::resource_name(site.plan, site.environment, &name), project: None }
}

/// The secret that is made with a resource and read by some workload of the environment.
pub(super) fn kept(plan: &Plan<'_>, environment: &EnvironmentFacts, resource: &model::Resource) -> Option<Kept> {
    let hosted = environment.workloads.iter().filter(|workload| is_hosted(workload, &super::CloudRun));
    let read = |workload| {
        let site = Site::new(plan, environment, workload);
        let fields =
            site.workload.variables.iter().flat_map(|variable| &variable.parts).filter_map(|part| match part {
                Part::Resource(name, field) if *name == resource.name.value => Some(field.clone()),
                Part::Resource(..)
                | Part::Text(_)
                | Part::Secret(_)
                | Part::Service(..)
                | Part::CiVariable(_)
                | Part::Release(_)
                | Part::PullRequest => None,
            });
        let made = |field: String| {
            let place = resource_secret(&site, resource, &field);
            let is_made = resource_value(&site, &resource.name.value, &field) == Value::Secret(place.clone());
            is_made.then_some((field, place.name, site.project()))
        };
        fields.into_iter().find_map(made)
    };
    let (field, path, project) = hosted.into_iter().find_map(read)?;
    let store: &model::StdSecretStore = standard::get("secret-store", SecretStore::GcpSecretManager.word())?;
    let words = [("store_path", Word::text(&path)), ("project", Word::text(project))];
    let put = store.put.as_ref().map(|put| Script::of(&put.value.replace("store-path", "store_path"), &words));
    let what = if field == "password" { "password" } else { "address with the password" };
    Some(Kept { what, store: store.title.value.clone(), path, put })
}

/// What a resource holds for its services: a database of its own name as an identifier; the name of a bucket, which
/// must be free in the whole world.
pub(super) fn database(resource: &model::Resource, instance: &str, project: &str) -> String {
    if resource.kind.value == model::ResourceKind::Bucket {
        return [instance, "-", project].concat();
    }
    resource.name.value.replace('-', "_")
}

/// The user of a resource: the declared one, else the standard library's for its kind.
pub(super) fn user(resource: &model::Resource) -> String {
    match &resource.user {
        Some(user) => user.value.clone(),
        None => crate::standard::get::<model::StdResourceKind>("resource-kind", resource.kind.value.word())
            .map(|kind| kind.user.value.clone())
            .unwrap_or_default(),
    }
}

/// How another service is reached: by its public address where people see the value, else by its own.
fn address(site: &Site<'_>, variable: &Variable, name: &str, field: &str) -> String {
    let Some(other) = site.environment.workload(name) else { return String::new() };
    let route = site.environment.routes.iter().find(|route| route.service.value == name);
    let hosted = is_hosted(other, &CloudRun) && Form::of(other) == Form::Service;
    let (host, path) = match route {
        Some(route) if (variable.shown || !hosted) && !site.environment.ephemeral.value => {
            (literal(&route.domain.value), literal(route.path.value.trim_end_matches('/')))
        }
        _ if hosted => (own_host(&site.of(other)), String::new()),
        _ => return String::new(),
    };
    match field {
        "host" => host,
        "port" => "443".to_owned(),
        _ => ["https://", &host, &path].concat(),
    }
}

/// The host name that a service has before it exists.
pub(super) fn own_host(site: &Site<'_>) -> String {
    [&site.name(), "-${PROJECT_NUMBER}.", &site.region(), ".run.app"].concat()
}

/// The `env` of a container, and the variables that its entrypoint joins.
pub(super) fn env(site: &Site<'_>) -> (Tree, Vec<Joined>) {
    let mut list = Tree::from(Vec::<Tree>::new());
    let mut joins = Vec::new();
    for variable in &site.workload.variables {
        if variable.optional && variable.text().is_some_and(|text| text.is_empty()) {
            continue;
        }
        let values: Vec<Value> = variable.parts.iter().map(|part| value(site, variable, part)).collect();
        let name = &variable.name;
        match values.as_slice() {
            [Value::Secret(secret)] => list.add(reference(&name.value, secret, &variable.origin)),
            values if values.iter().all(|value| matches!(value, Value::Text(_))) => {
                let text: String =
                    values.iter().map(|value| if let Value::Text(text) = value { text.as_str() } else { "" }).collect();
                list.add(map().put("name", name).put("value", Tree::from(text).at(&variable.origin)).at(&name.origin));
            }
            values => {
                let join = joined(&name.value, values, &variable.origin);
                for (name, part) in &join.parts {
                    list.add(match part {
                        Value::Secret(secret) => reference(name, secret, &variable.origin),
                        Value::Text(text) => map().put("name", name).put("value", text).at(&variable.origin),
                    });
                }
                joins.push(join);
            }
        }
    }
    (list, joins)
}

/// A variable whose value the entrypoint joins from texts and secrets.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    /// Its name.
    pub(super) name: String,
    /// Texts, and names of the variables that hold what must not stand in a script.
    pub(super) pieces: Vec<Result<String, String>>,
    /// Those variables.
    pub(super) parts: Vec<(String, Value)>,
    /// What decides it.
    pub(super) origin: Origin,
}

fn joined(name: &str, values: &[Value], origin: &Origin) -> Joined {
    let mut join = Joined { name: name.to_owned(), pieces: Vec::new(), parts: Vec::new(), origin: origin.clone() };
    for value in values {
        match value {
            // What is filled in later could be anything, and a script would run it.
            Value::Text(text) if !text.contains("${") => join.pieces.push(Ok(text.clone())),
            Value::Text(_) | Value::Secret(_) => {
                let part = [name, "_PART_", &(join.parts.len() + 1).to_string()].concat();
                join.pieces.push(Err(part.clone()));
                join.parts.push((part, value.clone()));
            }
        }
    }
    join
}

fn reference(name: &str, secret: &SecretPlace, origin: &Origin) -> Tree {
    let from = map().put("name", alias(secret)).put("key", "latest");
    map().put("name", name).put("valueFrom", map().put("secretKeyRef", from)).at(origin)
}

/// How a file names a secret: one of another project by an alias, which an annotation resolves.
pub(super) fn alias(secret: &SecretPlace) -> String {
    match &secret.project {
        Some(project) => [project, "-", &secret.name].concat(),
        None => secret.name.clone(),
    }
}
