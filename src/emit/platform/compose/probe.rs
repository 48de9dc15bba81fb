//! Health checks: what the service says, asked by a program that its image has.

use crate::artifact::{Script, Tree, Word, list, map};
use crate::derive::{ImageSource, Port, Protocol, Workload};
use crate::emit::image::ask;
use crate::model::{self, StdRuntime};
use crate::render;
use crate::source::{Origin, Sourced};
use crate::standard;
use crate::value::Duration;

use super::site::Site;

/// The check of a workload: one container has one, so readiness comes before health, and the port that gets the
/// traffic before the others.
pub(super) fn check(site: &Site<'_>, workload: &Workload) -> Option<Tree> {
    let (port, probe) = chosen(site, workload)?;
    let beneath = beneath(site, workload, probe);
    let test = match (&probe.run, port) {
        (Some(run), _) => command(&run.value).at(&run.origin),
        (None, Some(port)) => {
            let path = probe.path.as_ref().map_or("/", |path| path.value.as_str());
            let asked = ask(site, workload, port.protocol, port.port.value, path)?;
            asked.at(&probe.path.as_ref().map_or(&probe.origin, |path| &path.origin).clone().with_all(&beneath))
        }
        (None, None) => return None,
    };
    let check = map()
        .put("test", test)
        .put("interval", seconds(&probe.interval))
        .put("timeout", seconds(&probe.timeout))
        .put("retries", Tree::from(probe.failures.value.get()).at(&probe.failures.origin))
        .put("start_period", seconds(grace(site, workload, probe)));
    Some(check.at(&probe.origin.clone().with_all(&beneath)))
}

/// The other probes of a workload, one of which would be the check in the place of this one.
fn beneath(site: &Site<'_>, workload: &Workload, check: &model::Probe) -> Vec<Origin> {
    let others = probes(site, workload).filter(|probe| probe.origin.place != check.origin.place);
    others.map(|probe| probe.path.as_ref().map_or(&probe.origin, |path| &path.origin).clone()).collect()
}

/// Every probe of a workload.
fn probes<'a>(site: &'a Site<'_>, workload: &'a Workload) -> impl Iterator<Item = &'a model::Probe> {
    let service = workload.service(site.setting);
    let own = service.into_iter().flat_map(|service| [&service.ready, &service.health]);
    let of_ports = workload.ports.iter().flat_map(|port| [&port.node.ready, &port.node.health]);
    own.chain(of_ports).flatten()
}

/// What silences the check of an image that is another service's: its program is not asked by that path.
pub(super) fn of_another(site: &Site<'_>, workload: &Workload) -> Option<Tree> {
    let image = site.plan.image(workload)?;
    let shared = !super::job::is_job(workload) && image.name.value != workload.name.value;
    let because = "the image's own check asks the service that it was made for";
    shared.then(|| map().put("disable", Tree::from(true).at(&workload.name.origin.clone().because(because))))
}

/// The probe that becomes the check, with the port that it asks.
fn chosen<'a>(site: &'a Site<'_>, workload: &'a Workload) -> Option<(Option<&'a Port>, &'a model::Probe)> {
    let service = workload.service(site.setting)?;
    let main = workload.main_port();
    let others = workload.ports.iter().filter(|port| main.is_none_or(|main| main.port.value != port.port.value));
    let ports: Vec<&Port> = main.into_iter().chain(others).collect();
    let of_port = |probe: fn(&model::Port) -> Option<&model::Probe>| {
        ports.iter().find_map(|port| Some((Some(*port), probe(&port.node)?)))
    };
    let own = |probe: &'a Option<model::Probe>| probe.as_ref().map(|probe| (main, probe));
    of_port(|port| port.ready.as_ref())
        .or_else(|| own(&service.ready))
        .or_else(|| of_port(|port| port.health.as_ref()))
        .or_else(|| own(&service.health))
}

/// How long a start may take: the most that any of its probes says.
fn grace<'a>(site: &'a Site<'_>, workload: &'a Workload, probe: &'a model::Probe) -> &'a Sourced<Duration> {
    let all = probes(site, workload).map(|probe| &probe.grace);
    all.fold(&probe.grace, |most, grace| if grace.value.seconds() > most.value.seconds() { grace } else { most })
}

/// The longest that a workload may need until it counts as healthy, in seconds.
pub(super) fn patience(site: &Site<'_>, workload: &Workload) -> u64 {
    let own = chosen(site, workload).map_or(0, |(_, probe)| {
        let tries = probe.failures.value.get() + 1;
        grace(site, workload, probe).value.seconds() + probe.interval.value.seconds() * tries
    });
    own.max(60) + 60
}

pub(super) fn seconds(duration: &crate::source::Sourced<crate::value::Duration>) -> Tree {
    Tree::from([&duration.value.seconds().max(1).to_string(), "s"].concat()).at(&duration.origin)
}

/// A command of the user's: as words where it needs no shell, which the image may not have.
fn command(command: &str) -> Tree {
    match super::service::words(command).as_slice() {
        [shell, _, _] if shell == "/bin/sh" => self::shell(command),
        words => list(std::iter::once("CMD").chain(words.iter().map(String::as_str))),
    }
}

fn shell(command: &str) -> Tree {
    list(["CMD-SHELL", command])
}

/// Asks a port from inside of the container; nothing where no program speaks its protocol.
fn ask(site: &Site<'_>, workload: &Workload, protocol: Protocol, port: u16, path: &str) -> Option<Tree> {
    if protocol == Protocol::Grpc {
        return None;
    }
    if let Some(known) = by_runtime(site, workload, protocol) {
        let words = known.command.iter().map(|word| Tree::from(ask::filled(&word.value, port, path)));
        return Some(list(std::iter::once(Tree::from("CMD")).chain(words)));
    }
    let url = ask::filled("http://127.0.0.1:{port}{path}", port, path);
    let mut tried: Vec<(String, Vec<String>)> = Vec::new();
    if protocol == Protocol::Http {
        for words in [["curl", "--fail", "--silent", "--output", "/dev/null"], ["wget", "-q", "-T", "5", "-O"]] {
            let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            if words.first().is_some_and(|first| first == "wget") {
                words.push("/dev/null".to_owned());
            }
            words.push(url.clone());
            tried.push((words.first().cloned().unwrap_or_default(), words));
        }
    }
    for runtime in standard::all::<StdRuntime>("runtime") {
        let probes = runtime.probe.iter().filter(|probe| probe.protocol.value == protocol.word());
        for probe in probes {
            let words: Vec<String> = probe.command.iter().map(|word| ask::filled(&word.value, port, path)).collect();
            let Some(first) = words.first().cloned() else { continue };
            // What a recipe puts at a path is in the images of that recipe alone.
            if !first.starts_with('/') && !tried.iter().any(|(known, _)| *known == first) {
                tried.push((first, words));
            }
        }
    }
    Some(shell(&first_found(&tried)))
}

/// The probe of the runtime whose recipe built the image.
fn by_runtime(site: &Site<'_>, workload: &Workload, protocol: Protocol) -> Option<model::StdProbeCommand> {
    let image = site.plan.image(workload)?;
    let ImageSource::Ours(_) = &image.instructions else { return None };
    let runtime: &'static StdRuntime = standard::get("runtime", &image.runtime.as_ref()?.value)?;
    let manager = image.manifest.as_ref().map(|manifest| manifest.manager.value.clone());
    let manager = runtime.manager.iter().find(|known| Some(&known.name.value) == manager.as_ref());
    let mut probes = manager.into_iter().flat_map(|manager| &manager.probe).chain(&runtime.probe);
    probes.find(|probe| probe.protocol.value == protocol.word()).cloned()
}

/// A command for any shell that asks by the first program which is there.
fn first_found(tried: &[(String, Vec<String>)]) -> String {
    let mut script = Script::posix();
    for (index, (program, words)) in tried.iter().enumerate() {
        let start = if index == 0 { "if" } else { "elif" };
        script.line(
            "{start} command -v {program} >/dev/null 2>&1; then {words}",
            &[("start", Word::raw(start)), ("program", Word::text(program)), ("words", Word::texts(words.clone()))],
        );
    }
    script.line("else echo 'no program of this image can ask: give the check a command by run='; exit 1", &[]);
    script.line("fi", &[]);
    render::script(&script).trim_end().to_owned()
}
