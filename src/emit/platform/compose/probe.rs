//! Health checks: what the service says, asked by a program that its image has.

use crate::artifact::{Script, Tree, Word, list, map};
use crate::derive::{ImageSource, Protocol, Workload};
use crate::model::{self, StdRuntime};
use crate::render;
use crate::standard;

use super::site::Site;

/// The check of a workload; one container has one, so readiness comes before health.
pub(super) fn check(site: &Site<'_>, workload: &Workload) -> Option<Tree> {
    let service = workload.service(site.setting)?;
    let port = workload.main_port();
    let own = service.ready.as_ref().or(service.health.as_ref());
    let of_port = port.and_then(|port| port.node.ready.as_ref().or(port.node.health.as_ref()));
    let probe = of_port.or(own)?;
    let test = match (&probe.run, port) {
        (Some(run), _) => shell(&run.value).at(&run.origin),
        (None, Some(port)) => {
            let path = probe.path.as_ref().map_or("/", |path| path.value.as_str());
            let asked = ask(site, workload, port.protocol, port.port.value, path)?;
            asked.at(&probe.path.as_ref().map_or_else(|| probe.origin.clone(), |path| path.origin.clone()))
        }
        (None, None) => return None,
    };
    let check = map()
        .put("test", test)
        .put("interval", seconds(&probe.interval))
        .put("timeout", seconds(&probe.timeout))
        .put("retries", Tree::from(probe.failures.value.get()).at(&probe.failures.origin))
        .put("start_period", seconds(&probe.grace));
    Some(check.at(&probe.origin))
}

/// The longest that a workload may need until it counts as healthy, in seconds.
pub(super) fn patience(site: &Site<'_>, workload: &Workload) -> u64 {
    let service = workload.service(site.setting);
    let port = workload.main_port();
    let probe = port.and_then(|port| port.node.ready.as_ref().or(port.node.health.as_ref()));
    let probe = probe.or_else(|| service.and_then(|service| service.ready.as_ref().or(service.health.as_ref())));
    let own = probe.map_or(0, |probe| {
        probe.grace.value.seconds() + probe.interval.value.seconds() * (probe.failures.value.get() + 1)
    });
    own.max(60) + 60
}

pub(super) fn seconds(duration: &crate::source::Sourced<crate::value::Duration>) -> Tree {
    Tree::from([&duration.value.seconds().max(1).to_string(), "s"].concat()).at(&duration.origin)
}

fn shell(command: &str) -> Tree {
    list(["CMD-SHELL", command])
}

/// Asks a port from inside of the container; nothing where no program speaks its protocol.
fn ask(site: &Site<'_>, workload: &Workload, protocol: Protocol, port: u16, path: &str) -> Option<Tree> {
    if protocol == Protocol::Grpc {
        return None;
    }
    if let Some(known) = by_runtime(site, workload, protocol).filter(|_| is_plain(path)) {
        let words = known.command.iter().map(|word| Tree::from(fill(&word.value, port, path)));
        return Some(list(std::iter::once(Tree::from("CMD")).chain(words)));
    }
    let url = ["http://127.0.0.1:", &port.to_string(), path].concat();
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
        for probe in probes.filter(|_| is_plain(path)) {
            let words: Vec<String> = probe.command.iter().map(|word| fill(&word.value, port, path)).collect();
            let Some(first) = words.first().cloned() else { continue };
            if !tried.iter().any(|(known, _)| *known == first) {
                tried.push((first, words));
            }
        }
    }
    Some(shell(&first_found(&tried)))
}

/// Whether a path means the same inside of any program's text; curl and wget take every path as one word.
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/:@&=+,;?".contains(&byte))
}

fn fill(template: &str, port: u16, path: &str) -> String {
    template.replace("{port}", &port.to_string()).replace("{path}", path)
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
