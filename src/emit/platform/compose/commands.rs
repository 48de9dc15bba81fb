//! Commands for people: those of the platform's facts, run in the project's folder on the server or right here.

use crate::artifact::{Script, Word};
use crate::derive::Workload;
use crate::model;
use crate::render;
use crate::standard;

use super::job;
use super::site::{Place, Site};
use super::value;

/// The command of a name for a workload; none where the facts have no such command, or one that needs more than is
/// known before it is typed.
pub(super) fn command(site: &Site<'_>, workload: &Workload, name: &str) -> Option<Script> {
    let facts = standard::get::<model::StdPlatform>("platform", super::PLATFORM)?;
    let form = if job::is_job(workload) { "job" } else { "service" };
    let find = |form: &str| facts.command.iter().find(|known| known.name.value == name && known.for_.value == form);
    // The script on the server does some things better than a bare command.
    let better = if site.place == Place::Server && form == "service" { find("server") } else { None };
    let template = better.or_else(|| find(form))?.run.as_ref()?.value.clone();
    if template.contains("--scale") && is_single(site, workload) {
        return None;
    }
    let service = workload.service(site.setting);
    let schedule = service.and_then(|service| service.schedule.as_ref());
    let seconds = schedule.and_then(|schedule| schedule.timeout.as_ref()).map_or(0, |timeout| timeout.value.seconds());
    let scripts = template.starts_with("ops/");
    let on_server =
        scripts || ["server.sh", "crontab", "journalctl", "{project}/"].iter().any(|one| template.contains(one));
    if on_server && site.place == Place::Local {
        return None;
    }
    let known = |hole: &str| -> Option<Word> {
        Some(match hole {
            "service" | "job" => Word::text(&workload.name.value),
            "file" => Word::text(file(site)),
            "app" => Word::text(site.plan.app()),
            "environment" => Word::text(&site.environment.name.value),
            "project" => Word::text(site.project()),
            "replicas" => Word::text((workload.scale.0.value * 2).to_string()),
            "value" => Word::text(schedule?.when.value.to_cron()),
            "overlap" => Word::text(schedule.map_or("allow", |schedule| schedule.overlap.value.word())),
            "seconds" => Word::text(seconds.to_string()),
            "tries" => Word::text(schedule.map_or(1, |schedule| schedule.tries.value.get()).to_string()),
            "url" => Word::text(site.outside(workload)?),
            "path" => Word::text(health_path(workload)?),
            "domain" => Word::text(&site.route(&workload.name.value)?.domain.value),
            _ => return None,
        })
    };
    let from_here = scripts || template.starts_with("curl ") || template.starts_with("dig ");
    filled(site, &template, &known, if from_here { Place::Local } else { site.place })
}

/// Whether only one container of a workload can be there: it has a port of the machine, or a volume of its own.
fn is_single(site: &Site<'_>, workload: &Workload) -> bool {
    let behind = site.place == Place::Server && site.route(&workload.name.value).is_some();
    let published = super::site::public_ports(workload).count() > usize::from(behind);
    let service = workload.service(site.setting);
    published || service.is_some_and(|service| service.volume.iter().any(|volume| volume.keep.value))
}

fn health_path(workload: &Workload) -> Option<String> {
    let probe = workload.main_port()?.node.health.as_ref()?;
    Some(probe.path.as_ref().map_or_else(|| "/".to_owned(), |path| path.value.clone()))
}

/// The file, from where the command runs.
fn file(site: &Site<'_>) -> String {
    match site.place {
        Place::Local => site.file(),
        Place::Server => [&site.project(), "/compose.yaml"].concat(),
    }
}

/// A template with its holes filled, as it is typed here.
fn filled(site: &Site<'_>, template: &str, known: &dyn Fn(&str) -> Option<Word>, place: Place) -> Option<Script> {
    let mut inner = Script::new();
    for line in template.lines() {
        let mut words: Vec<(&str, Word)> = Vec::new();
        for hole in holes(line) {
            if !words.iter().any(|(name, _)| *name == hole) {
                words.push((hole, known(hole)?));
            }
        }
        inner.line(line, &words);
    }
    if place == Place::Local {
        return Some(inner);
    }
    let text = render::script(&inner);
    Some(Script::of(
        "ssh {server} {command}",
        &[("server", Word::text(site.target())), ("command", Word::text(text.trim_end()))],
    ))
}

/// The names in braces of a command.
fn holes(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (open, _) in line.match_indices('{') {
        let rest = line.get(open + 1..).unwrap_or_default();
        let Some(name) = rest.split('}').next().filter(|name| rest.len() > name.len()) else { continue };
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()) {
            found.push(name);
        }
    }
    found
}

/// The command that opens a session with a resource that runs beside the services.
pub(super) fn connect(site: &Site<'_>, resource: &model::Resource) -> Option<Script> {
    if !super::site::is_container(resource) {
        return None;
    }
    let client = &super::site::kind(resource)?.container.as_ref()?.client;
    if client.is_empty() {
        return None;
    }
    let words: Vec<Word> = client.iter().map(|word| Word::text(value::known(site, resource, &word.value))).collect();
    let mut inner = Script::new();
    inner.line(
        "docker compose --file {file} exec {resource} {client}",
        &[
            ("file", Word::text(file(site))),
            ("resource", Word::text(site.resource_key(resource))),
            ("client", Word::List(words)),
        ],
    );
    if site.place == Place::Local {
        return Some(inner);
    }
    let text = render::script(&inner);
    Some(Script::of(
        "ssh -t {server} {command}",
        &[("server", Word::text(site.target())), ("command", Word::text(text.trim_end()))],
    ))
}
