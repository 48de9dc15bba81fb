//! Day 0 on a server: what must be there before the first release.

use crate::artifact::{Script, Word};
use crate::derive::Role;
use crate::emit::platform::{Provision, registry, store};
use crate::model::SecretStore;
use crate::render;
use crate::source::Origin;

use super::login::{KNOWN_HOSTS, key_name};
use super::site::{self, Place, Site};
use super::value::{self, By, Filled};

/// Everything the environment's server needs; a developer's machine needs nothing of ours.
pub(super) fn provisions(site: &Site<'_>) -> Vec<Provision> {
    if site.place == Place::Local {
        return Vec::new();
    }
    let mut list = vec![docker(site), folder(site), known_hosts(site), key(site), images(site)];
    let mut crons = site.workloads().filter(|workload| workload.role.value == Role::Cron);
    list.extend(crons.next().map(|cron| clock(site, &cron.role.origin)));
    list.extend(values(site));
    list.extend(routes(site));
    list
}

/// A command that runs on the server.
fn there(site: &Site<'_>, command: &str, words: &[(&str, Word)]) -> Script {
    let inner = render::script(&Script::of(command, words));
    Script::of(
        "ssh {server} {command}",
        &[("server", Word::text(site.target())), ("command", Word::text(inner.trim_end()))],
    )
}

fn one(site: &Site<'_>, what: &str, because: &str, test: Script, make: Script, origin: &Origin) -> Provision {
    let about = [what, " on ", &site.target(), " for ", &site.environment.name.value].concat();
    Provision { about, because: because.to_owned(), test, make, origin: origin.clone() }
}

fn docker(site: &Site<'_>) -> Provision {
    let because = "Containers run by it, and the user must be allowed to: install Docker Engine with the Compose plugin \
        2.30 or later (https://docs.docker.com/engine/install) and add the user to the group docker.";
    let test = "docker compose version --short | sed 's/^v//' | awk -F. '{ exit !($1 > 2 || ($1 == 2 && $2 >= 30)) }'";
    one(site, "Docker Compose", because, there(site, test, &[]), Script::new(), &site.host_origin())
}

fn folder(site: &Site<'_>) -> Provision {
    let words = [("folder", Word::text(site.project()))];
    let test = there(site, "test -d {folder}", &words);
    let make = there(site, "install -d -m 700 {folder} {folder}/variables {folder}/history", &words);
    let what = ["the folder ", &site.project()].concat();
    one(site, &what, "The file, its variables and the history of releases lie there.", test, make, &site.host_origin())
}

fn known_hosts(site: &Site<'_>) -> Provision {
    let server = site::host(site.environment).and_then(site::server);
    let address = server.map(|server| server.value.clone()).unwrap_or_default();
    let words = [
        ("variable", Word::text(KNOWN_HOSTS)),
        ("environment", Word::text(&site.environment.name.value)),
        ("server", Word::text(address)),
    ];
    let test = Script::of(
        "gh variable get {variable} --env {environment}",
        &words.iter().take(2).cloned().collect::<Vec<_>>(),
    );
    let make = Script::of(
        "gh variable set {variable} --env {environment} --body \"$(ssh-keygen -F {server} | grep -v '^#')\"",
        &words,
    );
    let because = "The pipeline talks to no other machine. The keys are those that this machine knows: log in once by \
        hand and compare the fingerprint.";
    let about = ["variable ", KNOWN_HOSTS, " of the pipeline for ", &site.environment.name.value].concat();
    Provision { about, because: because.to_owned(), test, make, origin: site.host_origin() }
}

fn key(site: &Site<'_>) -> Provision {
    let login = site::host(site.environment).and_then(|host| host.node.login.as_ref());
    let name = key_name(site.plan, site.environment, login);
    let words = [("name", Word::text(&name)), ("environment", Word::text(&site.environment.name.value))];
    let test = Script::of("gh secret list --env {environment} | grep -qw {name}", &words);
    let because = [
        "The pipeline logs in with it. Make a key for nothing else (ssh-keygen -t ed25519 -N ''), put its public half \
        into ~/.ssh/authorized_keys of ",
        &site.target(),
        ", and its private half here: gh secret set ",
        &name,
        " --env ",
        &site.environment.name.value,
    ];
    let origin = login.map_or_else(|| site.host_origin(), |login| login.origin.clone());
    let about = ["secret ", &name, " of the pipeline for ", &site.environment.name.value].concat();
    Provision { about, because: because.concat(), test, make: Script::new(), origin }
}

/// By hand a person's own login counts; the pipeline logs the server in for each release.
fn images(site: &Site<'_>) -> Provision {
    let registry = registry(site.plan);
    let address = registry.address.split('/').next().unwrap_or_default().to_owned();
    let test = there(site, "grep -qF {registry} .docker/config.json", &[("registry", Word::text(&address))]);
    let because = [
        "Only for releases by hand, because the pipeline logs in itself: ssh -t ",
        &site.target(),
        " docker login ",
        &address,
    ];
    one(site, &["login to ", &address].concat(), &because.concat(), test, Script::new(), &registry.origin)
}

/// The crontab goes by the clock of the machine, schedules by UTC.
fn clock(site: &Site<'_>, origin: &Origin) -> Provision {
    let test = there(site, "test \"$(date +%z)\" = +0000", &[]);
    let because =
        "Schedules are in UTC, and the crontab goes by the machine's clock: sudo timedatectl set-timezone Etc/UTC";
    one(site, "a clock in UTC", because, test, Script::new(), origin)
}

/// Every variable that people or a store give.
fn values(site: &Site<'_>) -> Vec<Provision> {
    let mut names: Vec<(String, Origin)> = Vec::new();
    for workload in site.workloads() {
        for filled in value::needed(site, workload) {
            if filled.by == By::Person
                && !kept_by_pipeline(site, &filled.name)
                && !names.iter().any(|(known, _)| *known == filled.name)
            {
                names.push((filled.name, workload.name.origin.clone()));
            }
        }
    }
    names.into_iter().map(|(name, origin)| value_of(site, &name, &origin)).collect()
}

/// Whether each release brings the value of a variable, because the pipeline keeps it.
fn kept_by_pipeline(site: &Site<'_>, name: &str) -> bool {
    let secrets = site.setting.secrets.iter().filter(|secret| Filled::of_secret(&secret.name.value).name == name);
    let stores = secrets.filter_map(|secret| secret.from.as_ref()).map(|from| from.store.value);
    name.starts_with("VAR_") || stores.into_iter().any(|store| store == SecretStore::Github)
}

fn value_of(site: &Site<'_>, name: &str, origin: &Origin) -> Provision {
    let file = [&site.project(), "/variables/", name].concat();
    let test = there(site, "test -s {file}", &[("file", Word::text(&file))]);
    let secret = site.setting.secrets.iter().find(|secret| Filled::of_secret(&secret.name.value).name == name);
    let origin = secret.map_or(origin, |secret| &secret.origin);
    let put = ["umask 077; cat >", &file].concat();
    let read = secret.and_then(|secret| store::read(secret, &site.environment.name.value));
    let make = match &read {
        Some((read, words)) => {
            let mut all: Vec<(&str, Word)> = words.clone();
            all.push(("server", Word::text(site.target())));
            all.push(("put", Word::text(&put)));
            let line = [read, " | ssh {server} {put}"].concat();
            Script::of(&line, &all)
        }
        None => Script::new(),
    };
    let because = match read {
        Some(_) => "Containers get it when they start.".to_owned(),
        None => [
            "Containers get it when they start. Type it without leaving it in a history: ssh ",
            &site.target(),
            " '",
            &put,
            "' (it ends with Ctrl-D).",
        ]
        .concat(),
    };
    one(site, &["value of ", name].concat(), &because, test, make, origin)
}

/// The proxy takes certificates as soon as the name leads to the server.
fn routes(site: &Site<'_>) -> Vec<Provision> {
    let mut list: Vec<Provision> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for route in &site.environment.routes {
        if seen.contains(&route.domain.value.as_str()) {
            continue;
        }
        seen.push(&route.domain.value);
        let words = [("domain", Word::text(&route.domain.value))];
        let test = Script::of("dig +short {domain} | grep -q .", &words);
        let because = "People reach the services by it, and the proxy takes its certificate through it: make an A or AAAA \
            record that leads to the server, and open its ports 80 and 443.";
        let what = ["the DNS record ", &route.domain.value].concat();
        list.push(one(site, &what, because, test, Script::new(), &route.domain.origin));
    }
    list
}
