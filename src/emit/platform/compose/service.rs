//! One service of the file: a program of the project as a container.

use crate::artifact::{Tree, list, map};
use crate::derive::{Exposure, ImageSource, Workload};
use crate::model;
use crate::source::{Origin, Sourced};
use crate::value::{ByteUnit, Bytes, Cpu};

use super::site::{self, Site};
use super::value::{self, Filled};
use super::{image, job, probe};

/// What the file holds beside services.
#[derive(Default)]
pub(super) struct Shared {
    /// Named volumes.
    pub(super) volumes: Vec<(String, Tree)>,
    /// Files made of text.
    pub(super) configs: Vec<(String, Tree)>,
    /// What tells the contents of a workload's files apart.
    pub(super) digests: Vec<(String, String)>,
    /// Secrets that are read as files.
    pub(super) secrets: Vec<(String, Tree)>,
}

impl Shared {
    /// A secret that Compose takes from `.env` and puts into containers as a file.
    pub(super) fn secret(&mut self, filled: &Filled, origin: &Origin) -> String {
        let key = filled.name.to_lowercase().replace('_', "-");
        if !self.secrets.iter().any(|(known, _)| *known == key) {
            self.secrets.push((key.clone(), map().put("environment", &filled.name).at(origin)));
        }
        key
    }
}

/// A service or task.
pub(super) fn tree(site: &Site<'_>, workload: &Workload, shared: &mut Shared) -> Tree {
    let service = workload.service(site.setting);
    let name = &workload.name.origin;
    let mut tree = image::tree(site, workload, &workload.name.value, shared);
    if job::is_job(workload) && !job::is_start(site, workload) {
        tree.set("profiles", list([Tree::from("jobs").at(&workload.role.origin)]));
    }
    if let Some((words, origin)) = command(site, workload) {
        tree.set("command", list(words).at(&origin));
    }
    tree = container(site, workload, tree, shared)
        .put_filled("ports", ports(site, workload))
        .put_filled("expose", exposed(workload))
        .put_some("healthcheck", probe::check(site, workload).or_else(|| probe::of_another(site, workload)))
        .put_filled("depends_on", job::depends_on(site, workload))
        .put("networks", networks(site, workload, Listens::Always));
    let grace = service.and_then(|service| service.stop.as_ref());
    tree = tree.put_some("stop_grace_period", grace.map(|stop| probe::seconds(&stop.grace).at(&stop.origin)));
    let own = shared.digests.iter().filter(|(owner, _)| *owner == workload.name.value);
    let digests: Vec<&str> = own.map(|(_, digest)| digest.as_str()).collect();
    let content = (!digests.is_empty()).then(|| digests.join("-"));
    tree.put("labels", labels(site, &workload.name).put_some("content", content)).at(name)
}

/// What every container of a workload has, whatever it runs: environment, files, user, size, and where it writes.
pub(super) fn container(site: &Site<'_>, workload: &Workload, tree: Tree, shared: &mut Shared) -> Tree {
    let (service, task) = (workload.service(site.setting), workload.task(site.setting));
    let files = service.map(|one| one.file.as_slice()).or(task.map(|one| one.file.as_slice())).unwrap_or_default();
    let writable =
        service.map(|one| one.writable.as_slice()).or(task.map(|one| one.writable.as_slice())).unwrap_or_default();
    let user = service.map(|one| one.user.as_ref()).or(task.map(|one| one.user.as_ref())).flatten();
    let mut mounts = volumes(site, workload, shared);
    let mut configs = Tree::from(Vec::<Tree>::new());
    let mut secrets = Tree::from(Vec::<Tree>::new());
    for (number, file) in files.iter().enumerate() {
        place_file(site, workload, file, number, shared, (&mut mounts, &mut configs, &mut secrets));
    }
    let injected = !configs.is_empty() || !secrets.is_empty();
    let mut tree = tree
        .put_filled("environment", environment(site, workload))
        .put_filled("configs", configs)
        .put_filled("secrets", secrets)
        .put_filled("volumes", mounts);
    if let Some(first) = writable.first() {
        tree.set("tmpfs", list(writable.iter().map(Tree::from)));
        // Compose puts what is not a file of the machine into the container's own file system, which must take it.
        if !injected {
            tree.set("read_only", Tree::from(true).at(&first.origin));
        }
    }
    if let Some(user) = user {
        tree.set("user", Tree::from(user.value.get().to_string()).at(&user.origin));
    }
    hardened(site, workload, user.map(|user| &user.origin), tree)
        .put_filled("deploy", deploy(site, workload))
        .put_some("restart", restart(site, workload))
        .put("logging", logging())
}

/// Rights that the program does not need; a program of root in somebody else's image may need some.
fn hardened(site: &Site<'_>, workload: &Workload, user: Option<&Origin>, tree: Tree) -> Tree {
    let rule = Origin::rule("no program gains rights that it did not start with");
    let tree = tree.put("security_opt", list([Tree::from("no-new-privileges:true").at(&rule)]));
    let ours = site.plan.image(workload).filter(|image| matches!(image.instructions, ImageSource::Ours(_)));
    match (user, ours) {
        (Some(origin), _) => tree.put("cap_drop", list([Tree::from("ALL").at(origin)])),
        (None, Some(image)) => tree.put("cap_drop", list([Tree::from("ALL").at(&image.source.origin)])),
        (None, None) => tree,
    }
}

/// What runs instead of what the image says.
fn command(site: &Site<'_>, workload: &Workload) -> Option<(Vec<String>, Origin)> {
    let args = |args: &[Sourced<String>]| {
        let first = args.first()?;
        Some((args.iter().map(|arg| arg.value.clone()).collect(), first.origin.clone()))
    };
    if let Some(task) = workload.task(site.setting) {
        return match &task.run {
            Some(run) => Some((words(&run.value), run.origin.clone())),
            None => args(&task.args),
        };
    }
    let service = workload.service(site.setting)?;
    if let Some(own) = args(&service.args) {
        return Some(own);
    }
    // The image starts what its first service starts; another one says its own.
    let image = site.plan.image(workload)?;
    let start = service.command.as_ref()?.start.as_ref()?;
    let ours = matches!(image.instructions, ImageSource::Ours(_));
    (image.name.value != service.name.value || !ours).then(|| (words(&start.value), start.origin.clone()))
}

/// A command as the words of an exec form; what needs a shell gets one.
pub(super) fn words(command: &str) -> Vec<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./- ".contains(&byte);
    let assigns = command.split_whitespace().next().is_some_and(|word| word.contains('='));
    if command.bytes().all(plain) && !assigns {
        return command.split_whitespace().map(str::to_owned).collect();
    }
    vec!["/bin/sh".to_owned(), "-c".to_owned(), command.to_owned()]
}

/// The environment; what is optional and empty is left out.
fn environment(site: &Site<'_>, workload: &Workload) -> Tree {
    let mut tree = map();
    for variable in &workload.variables {
        if variable.optional && variable.text().is_some_and(|text| text.is_empty()) {
            continue;
        }
        let parts = value::parts(site, variable, workload);
        tree.set(&variable.name.value, value::tree(site, &parts).at(&variable.origin));
    }
    tree
}

/// Ports of the machine: for everybody where they are public and nobody develops there, else for the machine alone;
/// what a domain leads to is reached through the proxy.
fn ports(site: &Site<'_>, workload: &Workload) -> Tree {
    let behind = !site.is_local() && site.route(&workload.name.value).is_some();
    let proxied = site::public_ports(workload).next().filter(|_| behind).map(|port| port.port.value);
    let mut list = Tree::from(Vec::<Tree>::new());
    let published = workload.ports.iter().filter(|port| site::is_published(port));
    for port in published.filter(|port| Some(port.port.value) != proxied) {
        let Some(number) = site.published(workload, port) else { continue };
        let origin = port.shown.origin.clone();
        let origin = if number == port.shown.value {
            origin
        } else {
            origin.because("the next free port, because another service is published on this one")
        };
        let public = port.exposure.value == Exposure::Public;
        let loopback = if site.is_local() { Some(&workload.name.origin) } else { Some(&origin).filter(|_| !public) };
        let loopback = loopback.map(|origin| Tree::from("127.0.0.1").at(origin));
        list.add(
            map()
                .put_some("name", (!port.name.value.is_empty()).then(|| Tree::from(&port.name)))
                .put("target", Tree::from(port.port.value).at(&port.port.origin))
                .put("published", Tree::from(number.to_string()).at(&origin))
                .put_some("host_ip", loopback)
                .put("protocol", "tcp")
                .at(&port.exposure.origin),
        );
    }
    list
}

/// Ports that other containers reach and the machine does not.
fn exposed(workload: &Workload) -> Tree {
    let inside = workload.ports.iter().filter(|port| !site::is_published(port));
    list(inside.map(|port| {
        let number = Tree::from(port.port.value.to_string()).at(&port.port.origin);
        if port.name.value.is_empty() { number } else { number.note(port.name.value.as_str()) }
    }))
}

/// Whether a container answers callers, who find it by its further names, too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Listens {
    /// It is the service itself.
    Always,
    /// It only runs with the service's rights.
    Nothing,
}

/// Its own network, on which callers find it, and those of everything that it calls and uses.
pub(super) fn networks(site: &Site<'_>, workload: &Workload, listens: Listens) -> Tree {
    let service = workload.service(site.setting).filter(|_| listens == Listens::Always);
    let aliases = service.map(|service| service.alias.as_slice()).unwrap_or_default();
    let own = map().put_filled("aliases", list(aliases.iter().map(Tree::from)));
    let mut networks = map().put(&workload.name.value, or_null(own).at(&workload.name.origin));
    for called in &workload.calls {
        let here = site.workloads().any(|other| other.name.value == called.value);
        if here && called.value != workload.name.value {
            networks.set(&called.value, crate::artifact::null().at(&called.origin));
        }
    }
    for used in &workload.uses {
        if let Some(resource) = site.resource(&used.value).filter(|resource| site::is_container(resource)) {
            networks.set(site.resource_key(resource), crate::artifact::null().at(&used.origin));
        }
    }
    networks
}

/// A network without settings is an empty value.
pub(super) fn or_null(tree: Tree) -> Tree {
    if tree.is_empty() { crate::artifact::null() } else { tree }
}

fn volumes(site: &Site<'_>, workload: &Workload, shared: &mut Shared) -> Tree {
    let mut list = Tree::from(Vec::<Tree>::new());
    let Some(service) = workload.service(site.setting) else { return list };
    for volume in &service.volume {
        let mount = map().put("type", "volume");
        let mount = if volume.keep.value {
            let key = [&service.name.value, "-", volume.name.value.as_str()].concat();
            let told = volume.size.as_ref().map(|size| [&size.value.to_string(), " are meant"].concat());
            let named = crate::artifact::null().at(&volume.origin);
            shared.volumes.push((key.clone(), told.into_iter().fold(named, |named, told| named.note(told))));
            mount.put("source", key)
        } else {
            mount
        };
        list.add(mount.put("target", &volume.at).at(&volume.origin));
    }
    list
}

/// Puts a file into the container: one of the project as it is, a secret as one of Compose's, anything else as text.
fn place_file(
    site: &Site<'_>,
    workload: &Workload,
    file: &model::File,
    number: usize,
    shared: &mut Shared,
    (mounts, configs, secrets): (&mut Tree, &mut Tree, &mut Tree),
) {
    if let Some(from) = &file.from {
        let mount = map()
            .put("type", "bind")
            .put("source", Tree::from(image::path(&from.value)).at(&from.origin))
            .put("target", &file.at)
            .put("read_only", true)
            .put("bind", map().put("create_host_path", false));
        mounts.add(mount.at(&file.origin));
        return;
    }
    let Some(content) = &file.value else { return };
    let parts = value::template(site, &content.value, &workload.name.value);
    if let [value::Piece::Filled(filled)] = parts.as_slice() {
        let key = shared.secret(filled, &content.origin);
        secrets.add(map().put("source", key).put("target", &file.at).at(&file.origin));
        return;
    }
    let key = [&workload.name.value, "-file-", &(number + 1).to_string()].concat();
    if shared.configs.iter().any(|(known, _)| *known == key) {
        // A migration of the service has it already.
        configs.add(map().put("source", key).put("target", &file.at).at(&file.origin));
        return;
    }
    let content = value::tree(site, &parts).at(&content.origin);
    shared.digests.push((workload.name.value.clone(), super::beside::digest(&content)));
    shared.configs.push((key.clone(), map().put("content", content).at(&file.origin)));
    configs.add(map().put("source", key).put("target", &file.at).at(&file.origin));
}

/// Instances and ceilings.
fn deploy(site: &Site<'_>, workload: &Workload) -> Tree {
    let size = match workload.task(site.setting) {
        Some(task) => task.size.as_ref(),
        None => workload.service(site.setting).and_then(|service| service.size.as_ref()),
    };
    let limit = size.and_then(|size| size.limit.as_ref());
    let cpu = limit.and_then(|limit| limit.cpu.as_ref()).or(size.and_then(|size| size.cpu.as_ref()));
    let memory = limit.and_then(|limit| limit.memory.as_ref()).or(size.and_then(|size| size.memory.as_ref()));
    let limits = map()
        .put_some("cpus", cpu.map(|cpu| Tree::from(cores(cpu.value)).at(&cpu.origin)))
        .put_some("memory", memory.map(|memory| Tree::from(quantity(memory.value)).at(&memory.origin)));
    let count = &workload.scale.0;
    let many = (count.value > 1 && !job::is_job(workload)).then(|| Tree::from(count.value).at(&count.origin));
    let resources = map().put_filled("limits", limits);
    map().put_some("replicas", many).put_filled("resources", resources)
}

/// `0.5`, without an exponent or a float.
fn cores(cpu: Cpu) -> String {
    cpu.cores().exact_decimal().unwrap_or_else(|| cpu.millicores().to_string())
}

/// Bytes in the largest unit that divides them; Docker's `m` and `g` are powers of 1024.
pub(super) fn quantity(bytes: Bytes) -> String {
    match bytes.in_unit(ByteUnit::Gibibyte).as_count() {
        Some(whole) => [&whole.to_string(), "g"].concat(),
        None => [&bytes.mebibytes().to_string(), "m"].concat(),
    }
}

/// Whatever serves comes back after the machine did; a developer starts it himself.
fn restart(site: &Site<'_>, workload: &Workload) -> Option<Tree> {
    let jobs = "what runs to its end is not started again";
    if site.is_local() {
        return None;
    }
    if job::is_job(workload) {
        return Some(Tree::from("no").at(&workload.role.origin.clone().because(jobs)));
    }
    let rule = "what serves comes back when it ends or the machine was restarted";
    Some(Tree::from("unless-stopped").at(&workload.role.origin.clone().because(rule)))
}

/// So that no log fills the disk.
pub(super) fn logging() -> Tree {
    let rule = Origin::rule("three log files of 10 MB per container, so that no log fills the disk");
    let options = map().put("max-size", "10m").put("max-file", "3");
    map().put("driver", "json-file").put("options", options).at(&rule)
}

/// What bills, filters and people tell containers by.
pub(super) fn labels(site: &Site<'_>, name: &Sourced<String>) -> Tree {
    map()
        .put("app", Tree::from(site.plan.app()).at(&site.app_origin()))
        .put("environment", &site.environment.name)
        .put("service", name)
}

/// The resources of a workload that run beside it.
pub(super) fn used<'a>(site: &Site<'a>, workload: &'a Workload) -> Vec<(&'a model::Resource, &'a Origin)> {
    let uses = workload.uses.iter();
    uses.filter_map(|used| {
        let resource = site.resource(&used.value)?;
        site::is_container(resource).then_some((resource, &used.origin))
    })
    .collect()
}
