//! The container: image, program, environment, size and volumes, and the annotations that follow from them.

use crate::artifact::{Tree, map};
use crate::derive::Workload;
use crate::model::{self, ResourceOrigin, StdResourceKind};
use crate::source::{Origin, Sourced};
use crate::standard;
use crate::value::{ByteUnit, Bytes, Cpu};

use super::site::{self, Site};
use super::variable::{self, Joined, literal};
use super::{Form, probe};

/// What stands where the image will be.
const IMAGE: &str = "${IMAGE}";

/// The container of a workload.
pub(super) fn container(site: &Site<'_>) -> Tree {
    let program = program(site);
    of_program(site, Form::of(site.workload), program)
}

/// The container of a job that runs another program in the workload's image, as a migration does.
pub(super) fn running(site: &Site<'_>, command: &Sourced<String>) -> Tree {
    let program = Program {
        command: Some((words(&command.value), command.origin.clone())),
        args: None,
        start: Some(command.clone()),
    };
    of_program(site, Form::Job, program)
}

fn of_program(site: &Site<'_>, form: Form, program: Program) -> Tree {
    let workload = site.workload;
    let (env, joins) = variable::env(site);
    let container = map().put("image", Tree::from(IMAGE).at(&image_origin(workload)));
    let container = start(container, program, &joins);
    let container = match form {
        Form::Service => probe::add(site, container.put_filled("ports", ports(workload))),
        Form::Pool => probe::add(site, container),
        Form::Job => container,
    };
    container
        .put_filled("env", env)
        .put("resources", resources(site))
        .put_filled("volumeMounts", Tree::from(mounts(site).into_iter().map(|mount| mount.mounted).collect::<Vec<_>>()))
}

fn image_origin(workload: &Workload) -> Origin {
    workload.ready_image.as_ref().map_or_else(|| workload.name.origin.clone(), |image| image.origin.clone())
}

/// What a container runs instead of what its image says.
struct Program {
    command: Option<(Vec<String>, Origin)>,
    args: Option<(Vec<String>, Origin)>,
    /// The whole as one command, where it is known.
    start: Option<Sourced<String>>,
}

fn program(site: &Site<'_>) -> Program {
    let args = |args: &[Sourced<String>]| {
        let first = args.first()?;
        Some((args.iter().map(|arg| literal(&arg.value)).collect(), first.origin.clone()))
    };
    if let Some(task) = site.workload.task(site.setting) {
        let command = task.run.as_ref().map(|run| (words(&run.value), run.origin.clone()));
        return Program { command, args: args(&task.args), start: task.run.clone() };
    }
    let Some(service) = site.workload.service(site.setting) else {
        return Program { command: None, args: None, start: None };
    };
    let start = service.command.as_ref().and_then(|command| command.start.clone());
    let image = site.plan.image(site.workload);
    // The image starts what its first service starts; another service says its own.
    let shares = image.is_some_and(|image| image.name.value != service.name.value);
    let command = start.as_ref().filter(|_| shares).map(|start| (words(&start.value), start.origin.clone()));
    let start = start.or_else(|| image.and_then(|image| image.command("start").cloned()));
    Program { command, args: args(&service.args), start: start.filter(|_| image.is_some()) }
}

/// A command as the words of an exec form; what needs a shell gets one.
fn words(command: &str) -> Vec<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./- ".contains(&byte);
    let assigns = command.split_whitespace().next().is_some_and(|word| word.contains('='));
    if command.bytes().all(plain) && !assigns {
        return command.split_whitespace().map(str::to_owned).collect();
    }
    vec!["/bin/sh".to_owned(), "-c".to_owned(), literal(command)]
}

/// Puts what runs; variables that are joined from texts and secrets are exported first.
fn start(container: Tree, program: Program, joins: &[Joined]) -> Tree {
    let list = |(words, origin): (Vec<String>, Origin)| Tree::from(words).at(&origin);
    let Some(first) = joins.first() else {
        return container.put_some("command", program.command.map(list)).put_some("args", program.args.map(list));
    };
    let because =
        first.origin.clone().because("values joined from texts and secrets are joined when the program starts");
    let exports = exports(joins);
    if let Some(args) = program.args {
        let script = [&exports, "exec \"$@\""].concat();
        return container
            .put("command", Tree::from(["/bin/sh", "-c", &script, "sh"]).at(&because))
            .put("args", list(args));
    }
    let start = program.start.map(|start| start.value).unwrap_or_default();
    let script = [&exports, "exec /bin/sh -c ", &single_quoted(&literal(&start))].concat();
    container.put("command", Tree::from(["/bin/sh", "-c", &script]).at(&because))
}

fn exports(joins: &[Joined]) -> String {
    let mut script = String::new();
    for join in joins {
        script.extend(["export ", &join.name, "=\""]);
        for piece in &join.pieces {
            match piece {
                Ok(text) => script.push_str(&in_double_quotes(text)),
                Err(variable) => script.extend(["${DOLLAR}{", variable, "}"]),
            }
        }
        script.push_str("\"; ");
    }
    script
}

/// Text inside the double quotes of a shell. What the script fills in is never in it: that comes by a variable.
fn in_double_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for next in text.chars() {
        if matches!(next, '"' | '\\' | '$' | '`') {
            out.push('\\');
        }
        out.push(next);
    }
    out
}

fn single_quoted(text: &str) -> String {
    ["'", &text.replace('\'', "'\\''"), "'"].concat()
}

/// Exactly one port; its protocol says whether it is HTTP/2 from end to end.
fn ports(workload: &Workload) -> Tree {
    let ports: Vec<Tree> = workload
        .main_port()
        .map(|port| {
            let name = match port.protocol {
                crate::derive::Protocol::Http | crate::derive::Protocol::Tcp => "http1",
                crate::derive::Protocol::Grpc => "h2c",
            };
            map()
                .put("name", name)
                .put("containerPort", Tree::from(port.port.value).at(&port.port.origin))
                .at(&port.node.origin)
        })
        .into_iter()
        .collect();
    ports.into()
}

/// CPU and memory of a workload: the ceiling where there is one, else what is asked for, else the platform's own.
pub(super) fn size(site: &Site<'_>) -> (Sourced<Cpu>, Sourced<Bytes>) {
    let size = match site.workload.task(site.setting) {
        Some(task) => task.size.as_ref(),
        None => site.workload.service(site.setting).and_then(|service| service.size.as_ref()),
    };
    let limit = size.and_then(|size| size.limit.as_ref());
    let cpu = limit.and_then(|limit| limit.cpu.clone()).or_else(|| size.and_then(|size| size.cpu.clone()));
    let memory = limit.and_then(|limit| limit.memory.clone()).or_else(|| size.and_then(|size| size.memory.clone()));
    let name = match Form::of(site.workload) {
        Form::Service => "cpu",
        Form::Pool => "worker-cpu",
        Form::Job => "job-cpu",
    };
    (cpu.unwrap_or_else(|| standard_size(site, name)), memory.unwrap_or_else(|| standard_size(site, "memory")))
}

fn standard_size<T: std::str::FromStr + Default>(site: &Site<'_>, limit: &str) -> Sourced<T> {
    let (text, fact) = site.default_of(limit).unwrap_or_default();
    let origin = site.workload.name.origin.clone().because("the platform's size where none is declared").with(&fact);
    Sourced::new(text.parse().unwrap_or_default(), origin)
}

fn resources(site: &Site<'_>) -> Tree {
    let (cpu, memory) = size(site);
    let limits = map()
        .put("cpu", Tree::from(cores(cpu.value)).at(&cpu.origin))
        .put("memory", Tree::from(quantity(memory.value)).at(&memory.origin));
    map().put("limits", limits)
}

/// Whole cores as a number, parts of one in thousandths.
fn cores(cpu: Cpu) -> String {
    match cpu.cores().as_count() {
        Some(whole) => whole.to_string(),
        None => [&cpu.millicores().to_string(), "m"].concat(),
    }
}

/// A number of bytes in the largest unit that divides it.
pub(super) fn quantity(bytes: Bytes) -> String {
    match bytes.in_unit(ByteUnit::Gibibyte).as_count() {
        Some(whole) => [&whole.to_string(), "Gi"].concat(),
        None => [&bytes.mebibytes().to_string(), "Mi"].concat(),
    }
}

/// A volume and where it is mounted.
struct Mount {
    volume: Tree,
    mounted: Tree,
}

fn mounts(site: &Site<'_>) -> Vec<Mount> {
    let mut mounts = Vec::new();
    let service = site.workload.service(site.setting);
    for volume in service.into_iter().flat_map(|service| &service.volume).filter(|volume| !volume.keep.value) {
        let size = volume.size.as_ref().map(|size| Tree::from(quantity(size.value)).at(&size.origin));
        let memory = map().put("medium", "Memory").put_some("sizeLimit", size);
        mounts.push(Mount {
            volume: map().put("name", &volume.name).put("emptyDir", memory).at(&volume.origin),
            mounted: mounted(&volume.name.value, &volume.at).at(&volume.origin),
        });
    }
    for (number, file) in variable::files(site).iter().enumerate() {
        let Some(secret) = variable::file_secret(site, file) else { continue };
        let (folder, base) = file.at.value.rsplit_once('/').unwrap_or(("", &file.at.value));
        let name = ["file-", &(number + 1).to_string()].concat();
        let item = map().put("key", "latest").put("path", Tree::from(literal(base)).at(&file.at.origin));
        let held = map().put("secretName", variable::alias(&secret)).put("items", Tree::from(vec![item]));
        let folder = Sourced::new(folder.to_owned(), file.at.origin.clone());
        mounts.push(Mount {
            volume: map().put("name", name.as_str()).put("secret", held).at(&file.origin),
            mounted: mounted(&name, &folder).at(&file.origin),
        });
    }
    mounts
}

fn mounted(name: &str, at: &Sourced<String>) -> Tree {
    map().put("name", name).put("mountPath", Tree::from(literal(&at.value)).at(&at.origin))
}

/// The volumes of a workload.
pub(super) fn volumes(site: &Site<'_>) -> Tree {
    Tree::from(mounts(site).into_iter().map(|mount| mount.volume).collect::<Vec<_>>())
}

/// Annotations that what is used asks for: sockets, the network, secrets of other projects.
pub(super) fn annotations(site: &Site<'_>, mut annotations: Tree) -> Tree {
    let mut sockets: Vec<String> = Vec::new();
    let mut network: Option<Origin> = None;
    let mut socket_origin: Option<Origin> = None;
    for used in &site.workload.uses {
        let Some((connect, holes)) = connection(site, &used.value) else { continue };
        match connect.annotation.as_ref().and_then(|annotation| annotation.value.split_once('=')) {
            Some(("run.googleapis.com/cloudsql-instances", instance)) => {
                sockets.push(fill(instance, &holes));
                socket_origin.get_or_insert_with(|| used.origin.clone().with(&connect.origin));
            }
            Some(_) => network = network.or_else(|| Some(used.origin.clone().with(&connect.origin))),
            None => {}
        }
    }
    // A service that only the network reaches is asked through the network.
    network = network.or_else(|| private_call(site));
    if let Some(origin) = &socket_origin {
        annotations.set("run.googleapis.com/cloudsql-instances", Tree::from(sockets.join(",")).at(origin));
    }
    if let Some(origin) = &network {
        let interfaces = r#"[{"network":"default","subnetwork":"default"}]"#;
        annotations.set("run.googleapis.com/network-interfaces", Tree::from(interfaces).at(origin));
        annotations.set("run.googleapis.com/vpc-access-egress", Tree::from("private-ranges-only").at(origin));
    }
    let foreign: Vec<(String, Origin)> = variable::secrets(site)
        .into_iter()
        .filter_map(|(secret, origin)| {
            let project = secret.project.as_ref()?;
            let name = ["projects/", project, "/secrets/", &secret.name].concat();
            Some(([&variable::alias(&secret), ":", &name].concat(), origin))
        })
        .collect();
    if let Some((_, origin)) = foreign.first() {
        let names: Vec<&str> = foreign.iter().map(|(name, _)| name.as_str()).collect();
        annotations.set("run.googleapis.com/secrets", Tree::from(names.join(",")).at(origin));
    }
    annotations
}

/// Whether the workload reaches something inside of the project's network, and what asks for it.
pub(super) fn private_call(site: &Site<'_>) -> Option<Origin> {
    site.workload.calls.iter().find_map(|call| {
        let other = site.environment.workload(&call.value)?;
        let inside = Form::of(other) == Form::Service
            && !other.is_public()
            && other.host.platform.value == site.workload.host.platform.value;
        inside.then(|| call.origin.clone())
    })
}

/// How the platform connects a resource that it manages, and what the facts' commands about it need to know.
pub(super) fn connection(
    site: &Site<'_>,
    resource: &str,
) -> Option<(&'static model::StdManagedConnect, Vec<(&'static str, String)>)> {
    let resource = site.setting.resource(resource)?;
    let managed = managed(resource)?;
    let holes = resource_holes(site.plan, site.environment, resource, &site.workload.host.node);
    Some((managed.connect.as_ref()?, holes))
}

/// The product that the platform offers for a resource, where it is the platform that provides it.
pub(super) fn managed(resource: &model::Resource) -> Option<&'static model::StdManaged> {
    let theirs = resource.from.as_ref().is_some_and(|from| from.origin_arg.value != ResourceOrigin::Platform);
    let kind = standard::get::<StdResourceKind>("resource-kind", resource.kind.value.word())?;
    kind.managed.iter().find(|managed| managed.platform.value == "cloud-run").filter(|_| !theirs)
}

/// The values of the names in braces in facts about a resource.
pub(super) fn resource_holes(
    plan: &crate::plan::Plan<'_>,
    environment: &crate::derive::EnvironmentFacts,
    resource: &model::Resource,
    host: &model::Host,
) -> Vec<(&'static str, String)> {
    let version = match &resource.version {
        Some(version) => version.value.clone(),
        None => standard::get::<StdResourceKind>("resource-kind", resource.kind.value.word())
            .and_then(|kind| kind.default_version.clone())
            .map(|version| version.value)
            .unwrap_or_default(),
    };
    // What the product calls the version; where it is not said, the product's first one.
    let known = managed(resource).map(|managed| &*managed.version).unwrap_or_default();
    let written = resource.version.as_ref().map(|version| version.value.as_str());
    let found = known.iter().find(|known| written.is_none_or(|written| known.name.value == written));
    let version = found.map_or(version, |known| known.as_.value.clone());
    let workload = site::resource_name(plan, environment, &resource.name.value);
    let name = variable::database(resource, &workload, &site::project(host));
    vec![
        ("project", site::project(host)),
        ("region", site::region(host)),
        ("app", plan.app().to_owned()),
        ("name", name),
        ("user", variable::user(resource)),
        ("version", version),
        ("workload", workload),
    ]
}

/// A text of the facts with its names in braces filled.
pub(super) fn fill(template: &str, holes: &[(&str, String)]) -> String {
    holes.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&["{", name, "}"].concat(), value))
}
