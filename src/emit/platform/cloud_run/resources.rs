//! Day 0 of resources and secrets: what the platform provides is made, and every secret that something reads.

use std::collections::BTreeMap;

use crate::artifact::{Script, Word};
use crate::emit::platform::{Provision, store};
use crate::model;
use crate::plan::joined;
use crate::source::Origin;

use super::bootstrap::Provisions;
use super::container;
use super::site::{self, Site};
use super::variable::{self, SecretPlace};

/// A resource that the platform provides, with the words for its commands.
struct Managed<'a> {
    resource: &'a model::Resource,
    facts: &'static model::StdManaged,
    words: Vec<(&'static str, Word)>,
}

/// Databases, queues and buckets that the platform provides.
pub(super) fn resources(all: &mut Provisions<'_>, sites: &[Site<'_>]) {
    for managed in managed(all, sites) {
        if managed.facts.create.is_empty() {
            by_hand(all, &managed);
        }
        for create in &managed.facts.create {
            match create.for_.value.as_str() {
                "database" => {
                    for one in &managed.resource.database {
                        let word = ("name", Word::text(&one.value));
                        made(
                            all,
                            sites,
                            &managed,
                            create,
                            (&["database ", &one.value].concat(), Some(word), &one.origin),
                        );
                    }
                }
                "replica" => {
                    for (number, origin) in replicas(managed.resource) {
                        let word = ("number", Word::text(&number));
                        made(all, sites, &managed, create, (&["replica ", &number].concat(), Some(word), &origin));
                    }
                }
                _ => {
                    let about = purpose(&create.command.value);
                    made(all, sites, &managed, create, (about, None, &managed.resource.origin.clone()));
                }
            }
        }
    }
}

/// What of a resource a command makes.
fn purpose(command: &str) -> &'static str {
    match command {
        command if command.contains("$PASSWORD") => "user",
        command if command.contains(" databases ") => "database",
        _ => "instance",
    }
}

fn replicas(resource: &model::Resource) -> Vec<(String, Origin)> {
    let Some(replica) = &resource.replica else { return Vec::new() };
    (1..=replica.count.value.get()).map(|number| (number.to_string(), replica.count.origin.clone())).collect()
}

/// The resources that workloads use and the platform provides.
fn managed<'a>(all: &Provisions<'a>, sites: &[Site<'_>]) -> Vec<Managed<'a>> {
    let setting = all.plan.setting(all.environment);
    let used = |resource: &model::Resource| {
        sites.iter().any(|site| site.workload.uses.iter().any(|used| used.value == resource.name.value))
    };
    let resources = setting.resources.iter().filter(|resource| used(resource));
    resources
        .filter_map(|resource| {
            let facts = container::managed(resource)?;
            let holes = container::resource_holes(all.plan, all.environment, resource, all.host);
            let mut words: Vec<(&'static str, Word)> =
                holes.iter().map(|(name, value)| (*name, Word::text(value))).collect();
            words.extend(declared(resource));
            Some(Managed { resource, facts, words })
        })
        .collect()
}

/// The words of what a resource declares.
fn declared(resource: &model::Resource) -> Vec<(&'static str, Word)> {
    let mut words = Vec::new();
    if let Some(storage) = &resource.storage {
        words.push(("gib", Word::text(storage.value.mebibytes().div_ceil(1024).to_string())));
    }
    if let Some(backup) = &resource.backup {
        words.push(("days", Word::text(backup.keep.value.seconds().div_ceil(24 * 60 * 60).to_string())));
    }
    let settings = resource.setting.iter().flat_map(|setting| &setting.others);
    let pairs: Vec<String> = settings.map(|(key, value)| [&key.value, "=", value.value.as_str()].concat()).collect();
    if !pairs.is_empty() {
        words.push(("settings", Word::text(pairs.join(","))));
    }
    words
}

/// The options of what is declared, in the place that a command has for them.
fn with_options(managed: &Managed<'_>, command: &str) -> (String, Vec<Origin>) {
    let resource = managed.resource;
    let declared = [
        ("storage", resource.storage.as_ref().map(|storage| &storage.origin)),
        ("backup", resource.backup.as_ref().map(|backup| &backup.origin)),
        ("setting", resource.setting.as_ref().map(|setting| &setting.origin)),
        ("no-backup", Some(&resource.origin).filter(|_| resource.backup.is_none())),
    ];
    let mut words = String::new();
    let mut origins = Vec::new();
    for option in &managed.facts.option {
        let asked = declared.iter().find(|(name, _)| *name == option.for_.value).and_then(|(_, origin)| *origin);
        if let Some(origin) = asked {
            words.extend([" ", &option.words.value]);
            origins.push(origin.clone());
        }
    }
    (command.replace(" {options}", &words), origins)
}

/// A product that no command of ours makes.
fn by_hand(all: &mut Provisions<'_>, managed: &Managed<'_>) {
    let product = &managed.facts.product.value;
    let name = &managed.resource.name.value;
    let address = [&site::resource_name(all.plan, all.environment, name), "-url"].concat();
    let because = ["Make it as ", &managed.facts.source.value, " says; services find it by the secret ", &address, "."];
    all.add(
        [product, " ", name, " for ", &all.environment.name.value].concat(),
        &because.concat(),
        "gcloud secrets versions describe latest --secret {secret} --project {project}",
        &[],
        &[("secret", Word::text(&address))],
        &managed.resource.origin.clone().with(&managed.facts.origin),
    );
}

/// One thing that a command makes.
fn made(
    all: &mut Provisions<'_>,
    sites: &[Site<'_>],
    managed: &Managed<'_>,
    create: &model::StdManagedCreate,
    (what, word, declared): (&str, Option<(&'static str, Word)>, &Origin),
) {
    let Some(unless) = &create.unless else { return };
    let (resource, name) = (managed.resource, &managed.resource.name.value);
    let (command, options) = with_options(managed, &create.command.value);
    let mut words = managed.words.clone();
    if let Some((hole, word)) = word {
        words.retain(|(known, _)| *known != hole);
        words.push((hole, word));
    }
    let mut lines = Vec::new();
    if command.contains("$PASSWORD") {
        lines.push(password(sites, resource, &mut words));
        lines.push(command);
        lines.extend(kept(all, sites, managed, &mut words));
    } else {
        lines.push(command);
    }
    let origin = options.iter().fold(declared.clone().with(&create.origin), |origin, option| origin.with(option));
    let product = &managed.facts.product.value;
    let about = [product, " ", name, ", ", what, " for ", &all.environment.name.value].concat();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    all.add(about, &["Services use it as ", name, "."].concat(), &unless.value, &lines, &words, &origin);
}

/// Takes the password from where it is declared to be, else makes one.
fn password(sites: &[Site<'_>], resource: &model::Resource, words: &mut Vec<(&'static str, Word)>) -> String {
    let declared = sites.iter().find_map(|site| Some((variable::declared_password(site, resource)?, site.project())));
    let Some((place, own)) = declared else {
        return "PASSWORD=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')".to_owned();
    };
    words.push(("password_secret", Word::text(&place.name)));
    words.push(("password_project", Word::text(place.project.unwrap_or(own))));
    "PASSWORD=$(gcloud secrets versions access latest --secret {password_secret} --project {password_project})"
        .to_owned()
}

/// Puts the password, and the address with it, into the secrets that services read.
fn kept(
    all: &Provisions<'_>,
    sites: &[Site<'_>],
    managed: &Managed<'_>,
    words: &mut Vec<(&'static str, Word)>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let url = managed.facts.url.as_ref().map(|url| url.value.as_str()).filter(|url| !url.contains("{host}"));
    let fields = [("url", "url_secret", url), ("password", "own_secret", Some("{password}"))];
    for (field, hole, value) in fields {
        let name = [&managed.resource.name.value, "-", field].concat();
        let name = site::resource_name(all.plan, all.environment, &name);
        let place = SecretPlace { name: name.clone(), project: None };
        let read = sites.iter().any(|site| variable::secrets(site).iter().any(|(known, _)| *known == place));
        let Some(value) = value.filter(|_| read) else { continue };
        words.push((hole, Word::text(&name)));
        lines.push(
            [
                "gcloud secrets describe {",
                hole,
                "} --project {project} >/dev/null 2>&1 || gcloud secrets create {",
                hole,
                "} --project {project} --replication-policy automatic",
            ]
            .concat(),
        );
        lines.push(
            [
                "printf '%s' \"",
                &value.replace("{password}", "$PASSWORD"),
                "\" | gcloud secrets versions add {",
                hole,
                "} --project {project} --data-file -",
            ]
            .concat(),
        );
    }
    lines
}

/// Every secret that something reads; its value is made where a command knows it, else people put it in, and nobody
/// else sees it.
pub(super) fn secrets(all: &mut Provisions<'_>, sites: &[Site<'_>]) {
    let written: Vec<String> = sites.iter().flat_map(variable::written).collect();
    let from_pipeline = |name: &str| written.iter().any(|pair| pair.split('=').next() == Some(name));
    let known = managed(all, sites);
    for (secret, origin) in read_by_any(sites) {
        let project = secret.project.clone().unwrap_or_else(|| site::project(all.host));
        let words = [("secret", Word::text(&secret.name)), ("held_in", Word::text(&project))];
        all.add(
            ["secret ", &secret.name, " in ", &project].concat(),
            "Services read it when they start.",
            "gcloud secrets describe {secret} --project {held_in}",
            &["gcloud secrets create {secret} --project {held_in} --replication-policy automatic"],
            &words,
            &origin,
        );
        if !from_pipeline(&secret.name) {
            value(all, sites, &known, &secret, &project, &origin);
        }
    }
}

/// The secrets that sites read, each once, with everything that reads it.
fn read_by_any(sites: &[Site<'_>]) -> Vec<(SecretPlace, Origin)> {
    let mut found: Vec<(SecretPlace, Vec<Origin>)> = Vec::new();
    let mut at: BTreeMap<SecretPlace, usize> = BTreeMap::new();
    for (secret, origin) in sites.iter().flat_map(variable::secrets) {
        match at.get(&secret).and_then(|at| found.get_mut(*at)) {
            Some((_, readers)) => readers.push(origin),
            None => {
                at.insert(secret.clone(), found.len());
                found.push((secret, vec![origin]));
            }
        }
    }
    found.into_iter().filter_map(|(secret, readers)| Some((secret, joined(readers)?))).collect()
}

/// The value of a secret.
fn value(
    all: &mut Provisions<'_>,
    sites: &[Site<'_>],
    known: &[Managed<'_>],
    secret: &SecretPlace,
    project: &str,
    origin: &Origin,
) {
    let words = [("secret", Word::text(&secret.name)), ("held_in", Word::text(project))];
    let put = "gcloud secrets versions add {secret} --project {held_in} --data-file -";
    let by_hand = [
        "Put it in without writing it anywhere: gcloud secrets versions add ",
        &secret.name,
        " --project ",
        project,
        " --data-file -",
    ]
    .concat();
    let (because, make) = if let Some(make) = of_resource(all, known, secret, put, &words) {
        ("It is known once the resource is there.".to_owned(), make)
    } else if let Some(make) = of_store(all, sites, secret, put, &words) {
        ("It is kept elsewhere, and services read it here.".to_owned(), make)
    } else {
        (by_hand, Script::new())
    };
    all.list.push(Provision {
        about: ["value of the secret ", &secret.name, " in ", project].concat(),
        because,
        test: Script::of("gcloud secrets versions describe latest --secret {secret} --project {held_in}", &words),
        make,
        origin: origin.clone(),
    });
}

/// A field of a resource that commands know once it was made.
fn of_resource(
    all: &Provisions<'_>,
    known: &[Managed<'_>],
    secret: &SecretPlace,
    put: &str,
    words: &[(&'static str, Word)],
) -> Option<Script> {
    let named = |managed: &Managed<'_>, field: &str| {
        let name = [&managed.resource.name.value, "-", field].concat();
        secret.project.is_none() && site::resource_name(all.plan, all.environment, &name) == secret.name
    };
    let fields = ["url", "host", "password"];
    let found = known.iter().find_map(|one| Some((one, *fields.iter().find(|field| named(one, field))?)));
    let (managed, field) = found?;
    let made = |field: &str| managed.facts.made.iter().find(|made| made.field.value == field).map(|made| &made.value);
    let value = match field {
        "url" => {
            let mut url = managed.facts.url.as_ref()?.value.clone();
            for field in ["host", "password"] {
                if url.contains(&["{", field, "}"].concat()) {
                    url = url.replace(&["{", field, "}"].concat(), &made(field)?.value);
                }
            }
            url
        }
        field => made(field)?.value.clone(),
    };
    let line = ["printf '%s' \"", &value, "\" | ", put].concat();
    let all = managed.words.iter().chain(words).filter(|(hole, _)| line.contains(&["{", hole, "}"].concat()));
    Some(Script::of(&line, &all.cloned().collect::<Vec<_>>()))
}

/// A secret of a store that hands its value out.
fn of_store(
    all: &Provisions<'_>,
    sites: &[Site<'_>],
    secret: &SecretPlace,
    put: &str,
    words: &[(&'static str, Word)],
) -> Option<Script> {
    let site = sites.first()?;
    let declared = all.plan.setting(all.environment).secrets.iter().find(|declared| {
        let store = declared.from.as_ref().map(|from| from.store.value);
        store.is_some_and(|store| store != model::SecretStore::GcpSecretManager)
            && variable::place(site, declared) == *secret
    })?;
    let (read, mut holes) = store::read(declared, &all.environment.name.value)?;
    // The store's own project has the better right to the name of the hole.
    let put = put.replace("{held_in}", "{here}");
    let line = [read.as_str(), " | ", &put].concat();
    let renamed = words.iter().map(|(hole, word)| (if *hole == "held_in" { "here" } else { hole }, word.clone()));
    holes.extend(renamed);
    Some(Script::of(&line, &holes))
}
