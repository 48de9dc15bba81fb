//! What runs beside the services of a server: the proxy that ends TLS, and what gives kept volumes to their users.

use sha2::{Digest, Sha256};

use crate::artifact::{Artifact, Body, Group, Tree, list, map};
use crate::derive::{ImageSource, Route, Workload};
use crate::model::{StdBaseImage, StdRuntime};
use crate::render;
use crate::source::{Origin, Sourced};
use crate::standard;

use super::service::{self, Shared};
use super::site::{self, Place, Site};

/// A base image of the standard library by its name, with the digest that it is pinned to.
fn image(site: &Site<'_>, name: &str) -> Option<Sourced<String>> {
    let known = standard::all::<StdBaseImage>("base-image");
    let found = known.into_iter().find(|one| one.reference.value.split(':').next() == Some(name))?;
    Some(site.plan.model.pins.image(&found.reference))
}

/// An image that stands beside what a declaration asks for: the project's pin decides it first, else the declaration.
fn helper(image: &Sourced<String>, by: &Origin) -> Sourced<String> {
    let is_fact = image.origin.place.file.is_embedded();
    let origin = if is_fact { by.clone().with(&image.origin) } else { image.origin.clone().with(by) };
    Sourced::new(image.value.clone(), origin)
}

/// The routes that lead to services of this server, longer paths first, so that `/` is what is left.
fn routes<'a>(site: &Site<'a>) -> Vec<(&'a Route, &'a Workload, u16)> {
    if site.place == Place::Local {
        return Vec::new();
    }
    let mut all: Vec<(&Route, &Workload, u16)> = Vec::new();
    for route in &site.environment.routes {
        let Some(workload) = site.workloads().find(|workload| workload.name.value == route.service.value) else {
            continue;
        };
        let port = site::public_ports(workload).next().map(|port| port.port.value);
        all.extend(port.map(|port| (route, workload, port)));
    }
    all.sort_by_key(|(route, ..)| std::cmp::Reverse(route.path.value.len()));
    all
}

/// The name of the proxy among the services; none where no domain leads here.
pub(super) fn proxy_key(site: &Site<'_>) -> Option<String> {
    (!routes(site).is_empty()).then(|| site.free("proxy", "tls"))
}

/// The proxy: it takes certificates by itself and hands requests on to the networks of the services.
pub(super) fn proxy(site: &Site<'_>, key: &str, shared: &mut Shared) -> Option<Tree> {
    let routes = routes(site);
    let (first, ..) = routes.first()?;
    let image = image(site, "caddy")?;
    let origin = first.domain.origin.clone();
    let config = [key, "-config"].concat();
    let content = settings(&routes, &origin);
    let digest = digest(&content);
    shared.configs.push((config.clone(), map().put("content", content).at(&origin)));
    let mut networks = map().put(key, crate::artifact::null().at(&origin));
    for (route, workload, _) in &routes {
        networks.set(&workload.name.value, crate::artifact::null().at(&route.service.origin));
    }
    let mut mounts = Tree::from(Vec::<Tree>::new());
    for (name, target) in [("data", "/data"), ("state", "/config")] {
        let volume = [key, "-", name].concat();
        shared.volumes.push((volume.clone(), crate::artifact::null().at(&origin)));
        mounts.add(map().put("type", "volume").put("source", volume).put("target", target));
    }
    let port = |number: u16, protocol: &str| {
        map().put("target", number).put("published", number.to_string()).put("protocol", protocol)
    };
    let command = ["caddy", "run", "--config", "/etc/caddy/caddy.json"];
    let tree = map()
        .put("image", Tree::from(&helper(&image, &origin)))
        .put("command", list(command))
        .put("configs", list([map().put("source", config).put("target", "/etc/caddy/caddy.json")]))
        .put("volumes", mounts)
        .put("ports", list([port(80, "tcp"), port(443, "tcp"), port(443, "udp")]))
        .put("networks", networks)
        .put("cap_drop", list(["ALL"]))
        .put("cap_add", list(["NET_BIND_SERVICE"]))
        .put("restart", "unless-stopped")
        .put("logging", service::logging())
        .put(
            "labels",
            map().put("app", site.plan.app()).put("environment", &site.environment.name).put("content", digest),
        );
    Some(tree.at(&origin))
}

/// What tells one content from another, for a label: Compose replaces a container when its own lines change, and
/// the content of a file is not one of them.
pub(super) fn digest(content: &Tree) -> String {
    let bytes = Sha256::digest(content.joined().unwrap_or_default().as_bytes());
    let digits = bytes.iter().take(6).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// The proxy's configuration in its own JSON.
fn settings(routes: &[(&Route, &Workload, u16)], origin: &Origin) -> Tree {
    let mut list_of = Tree::from(Vec::<Tree>::new());
    for (route, workload, port) in routes {
        let path = route.path.value.trim_end_matches('/');
        let mut wanted = map().put("host", list([Tree::from(&route.domain)]));
        if !path.is_empty() {
            wanted.set("path", list([Tree::from(path), Tree::from([path, "/*"].concat())]));
        }
        let upstream = map().put("dial", [&workload.name.value, ":", &port.to_string()].concat());
        let handler = map().put("handler", "reverse_proxy").put("upstreams", list([upstream]));
        list_of.add(map().put("match", list([wanted])).put("handle", list([handler])).put("terminal", true));
    }
    let server = map().put("listen", list([":443"])).put("routes", list_of);
    let whole = map().put("apps", map().put("http", map().put("servers", map().put("public", server))));
    let printed = render::text(&Artifact::new("", Group::Iac, Body::Json { tree: whole, header: None }, origin));
    Tree::from(printed.trim_end()).at(origin)
}

/// The name of what gives a workload its volumes; none where it keeps none, or may write anywhere.
pub(super) fn volumes_key(site: &Site<'_>, workload: &Workload) -> Option<String> {
    let service = workload.service(site.setting)?;
    let keeps = service.volume.iter().any(|volume| volume.keep.value);
    (keeps && user(site, workload).is_some()).then(|| site.free(&[&workload.name.value, "-volumes"].concat(), "user"))
}

/// The user that a workload runs as, where it is known and is not root.
fn user(site: &Site<'_>, workload: &Workload) -> Option<(String, Origin)> {
    let service = workload.service(site.setting)?;
    if let Some(user) = &service.user {
        return (user.value.get() != 0).then(|| (user.value.get().to_string(), user.origin.clone()));
    }
    let image = site.plan.image(workload)?;
    let ImageSource::Ours(_) = &image.instructions else { return None };
    let runtime = image.runtime.as_ref()?;
    let facts: &'static StdRuntime = standard::get("runtime", &runtime.value)?;
    Some((facts.user.value.clone(), runtime.origin.clone().with(&facts.user.origin)))
}

/// A new volume belongs to root: this gives it to the program's user, and ends before the program starts.
pub(super) fn volumes(site: &Site<'_>, workload: &Workload) -> Option<Tree> {
    let service = workload.service(site.setting)?;
    let (user, by) = user(site, workload)?;
    let image = image(site, "alpine")?;
    let mut command = vec![Tree::from("chown"), Tree::from([&user, ":", &user].concat()).at(&by)];
    let mut mounts = Tree::from(Vec::<Tree>::new());
    for volume in service.volume.iter().filter(|volume| volume.keep.value) {
        command.push(Tree::from(&volume.at));
        let source = [&service.name.value, "-", volume.name.value.as_str()].concat();
        let mount = map().put("type", "volume").put("source", source).put("target", &volume.at);
        mounts.add(mount.at(&volume.origin));
    }
    let origin = service.volume.first().map_or_else(|| service.origin.clone(), |volume| volume.origin.clone());
    let tree = map()
        .put("image", Tree::from(&helper(&image, &origin)))
        .put("command", list(command))
        .put("volumes", mounts)
        .put("network_mode", "none")
        .put("cap_drop", list(["ALL"]))
        .put("cap_add", list(["CHOWN"]))
        .put("security_opt", list(["no-new-privileges:true"]))
        .put("restart", "no")
        .put("logging", service::logging())
        .put("labels", service::labels(site, &workload.name));
    Some(tree.at(&origin))
}
