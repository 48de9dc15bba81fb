//! Resources as real servers: image, volume, user, settings and health check from the standard library.

use crate::artifact::{Script, Tree, Word, list, map};
use crate::model::{self, StdResourceKindContainer};
use crate::render;
use crate::resolve::Pins;
use crate::source::{Origin, Sourced};

use super::service::{self, Shared};
use super::site::{self, Site};
use super::value::{self, Piece};

/// The server of a resource.
pub(super) fn tree(site: &Site<'_>, resource: &model::Resource, shared: &mut Shared) -> Option<Tree> {
    let kind = site::kind(resource)?;
    let container = kind.container.as_ref()?;
    let by_kind = resource.kind.origin.clone().with(&container.origin);
    let (image, data) = image(&site.plan.model.pins, resource, kind, container);
    let mut tree = map().put("image", image);
    tree = tree.put_some("command", command(site, resource, container, &by_kind));
    let mut environment = map();
    for one in &container.env {
        let parts = value::filled_template(site, resource, &one.value.value);
        environment.set(&one.name.value, value::tree(site, &parts).at(&by_kind));
    }
    let mut secrets = Tree::from(Vec::<Tree>::new());
    for one in &container.secret_env {
        let parts = value::password(site, resource);
        let origin = resource.password.as_ref().map_or(&by_kind, |password| &password.origin);
        match (&one.file, parts.as_slice()) {
            (Some(file), [Piece::Filled(filled)]) if !site.is_local() => {
                let key = shared.secret(filled, origin);
                environment.set(&file.value, Tree::from(["/run/secrets/", &key].concat()).at(origin));
                secrets.add(Tree::from(key).at(origin));
            }
            _ => environment.set(&one.name.value, value::tree(site, &parts).at(origin)),
        }
    }
    let mounts = data.map(|folder| {
        let key = [&site.resource_key(resource), "-data"].concat();
        let origin = resource.storage.as_ref().map_or(&resource.origin, |storage| &storage.origin);
        let told = resource.storage.as_ref().map(|storage| [&storage.value.to_string(), " are meant"].concat());
        let volume = crate::artifact::null().at(origin);
        shared.volumes.push((key.clone(), told.into_iter().fold(volume, |volume, told| volume.note(told))));
        let mount = map().put("type", "volume").put("source", key).put("target", Tree::from(folder).at(&by_kind));
        list([mount])
    });
    tree = tree
        .put_filled("environment", environment)
        .put_some("configs", made_first(resource, container, &site.resource_key(resource), shared))
        .put_filled("secrets", secrets)
        .put_some("volumes", mounts)
        .put_some("healthcheck", health(site, resource, container))
        .put_some("post_start", made_after(site, resource, container))
        .put("networks", networks(site, resource));
    let memory = kind.memory.as_ref().map(|memory| Tree::from(service::quantity(memory.value)).at(&memory.origin));
    if let Some(memory) = memory {
        tree.set("deploy", map().put("resources", map().put("limits", map().put("memory", memory))));
    }
    let rule = Origin::rule("no program gains rights that it did not start with");
    tree = tree.put("security_opt", list([Tree::from("no-new-privileges:true").at(&rule)]));
    if !site.is_local() {
        let because = "what serves comes back when it ends or the machine was restarted";
        tree.set("restart", Tree::from("unless-stopped").at(&resource.origin.clone().because(because)));
    }
    let tree = tree.put("logging", service::logging()).put("labels", service::labels(site, &resource.name));
    Some(tree.at(&resource.origin))
}

/// The image with its exact tag, and the folder of the data in that version.
fn image(
    pins: &Pins,
    resource: &model::Resource,
    kind: &model::StdResourceKind,
    container: &StdResourceKindContainer,
) -> (Tree, Option<String>) {
    let wanted = resource.version.as_ref().or(kind.default_version.as_ref());
    let wanted_text = wanted.map_or("", |version| version.value.as_str());
    let known = container.version.iter().find(|version| version.name.value == wanted_text);
    // A version that the facts do not know is its own tag.
    let tag = known.map_or(wanted_text, |version| version.tag.value.as_str());
    let origin = resource.version.as_ref().map_or(&resource.kind.origin, |version| &version.origin).clone();
    let origin = origin.with(known.map_or(&container.origin, |version| &version.origin));
    let data = known.and_then(|version| version.data_directory.as_ref()).or(container.data_directory.as_ref());
    let reference = pins.image(&Sourced::new(container.image.value.replace("{tag}", tag), origin));
    (Tree::from(&reference), data.map(|data| data.value.clone()))
}

/// The command of the kind and the words that settings add.
fn command(
    site: &Site<'_>,
    resource: &model::Resource,
    container: &StdResourceKindContainer,
    by_kind: &Origin,
) -> Option<Tree> {
    let mut words: Vec<Tree> = Vec::new();
    for word in &container.command {
        words.push(Tree::from(value::known(site, resource, &word.value)).at(by_kind));
    }
    for (key, setting) in resource.setting.iter().flat_map(|setting| &setting.others) {
        for word in &container.setting {
            let text = replaced(&word.value, &key.value, setting);
            words.push(Tree::from(text).at(&setting.origin));
        }
    }
    (!words.is_empty()).then(|| list(words))
}

/// Fills `{key}` and `{value}` in one pass, so that nothing of the user's is taken for a hole.
fn replaced(template: &str, key: &str, value: &Sourced<String>) -> String {
    let mut pieces = template.split("{value}").map(|piece| piece.replace("{key}", key));
    let first = pieces.next().unwrap_or_default();
    pieces.fold(first, |text, piece| [&text, value.value.as_str(), &piece].concat())
}

fn health(site: &Site<'_>, resource: &model::Resource, container: &StdResourceKindContainer) -> Option<Tree> {
    let health = container.health.as_ref()?;
    let origin = resource.kind.origin.clone().with(&health.origin);
    let words = health.words.iter().map(|word| Tree::from(value::known(site, resource, &word.value)));
    let test = list(std::iter::once(Tree::from("CMD")).chain(words)).at(&origin);
    let number = |text: &str| text.parse::<u64>().map_or_else(|_| Tree::from(text), Tree::from);
    let check = map()
        .put("test", test)
        .put("interval", super::probe::seconds(&health.interval))
        .put("timeout", super::probe::seconds(&health.timeout))
        .put("retries", number(&health.retries.value).at(&health.retries.origin))
        .put("start_period", super::probe::seconds(&health.start_period));
    Some(check.at(&origin))
}

/// Further databases, users and buckets: made inside the container as soon as its own check succeeds.
fn made_after(site: &Site<'_>, resource: &model::Resource, container: &StdResourceKindContainer) -> Option<Tree> {
    let mut hooks = Tree::from(Vec::<Tree>::new());
    let words = container.health.as_ref().map(|health| health.words.as_slice()).unwrap_or_default();
    let words: Vec<String> = words.iter().map(|word| value::known(site, resource, &word.value)).collect();
    for init in container.init.iter().filter(|init| init.file.value.is_empty()) {
        let mut names: Vec<(String, Origin)> = Vec::new();
        if init.for_.value == "bucket" {
            names.push((value::database(resource), resource.name.origin.clone()));
        }
        if matches!(init.for_.value.as_str(), "bucket" | "database") {
            names.extend(resource.database.iter().map(|one| (one.value.clone(), one.origin.clone())));
        }
        for (name, origin) in names {
            let quoted = Script::of("{name}", &[("name", Word::text(name))]);
            let quoted = render::script(&quoted);
            let made = init.command.value.replace("{user}", &value::user(resource));
            let made = made.replace("{name}", quoted.trim_end());
            let mut script = Script::posix();
            script.line("tries=0", &[]);
            script.line(
                "until {health} && { {made}; }; do",
                &[("health", Word::texts(words.clone())), ("made", Word::raw(made))],
            );
            script.line("  tries=$((tries + 1))", &[]);
            script.line("  [ \"$tries\" -lt 60 ] || exit 1", &[]);
            script.line("  sleep 1", &[]);
            script.line("done", &[]);
            let text = render::script(&script);
            let command = list([Tree::from("/bin/sh"), Tree::from("-c"), Tree::from(text.trim_end())]);
            hooks.add(map().put("command", command).at(&origin.with(&init.origin)));
        }
    }
    (!hooks.is_empty()).then_some(hooks)
}

/// Further databases that the image makes when it starts for the first time, from a file of commands.
fn made_first(
    resource: &model::Resource,
    container: &StdResourceKindContainer,
    key: &str,
    shared: &mut Shared,
) -> Option<Tree> {
    let init = container.init.iter().find(|init| init.for_.value == "database" && !init.file.value.is_empty())?;
    let first = resource.database.first()?;
    let command = init.command.value.replace("{user}", &value::user(resource));
    let lines: Vec<String> = resource.database.iter().map(|one| command.replace("{name}", &one.value)).collect();
    let origin = first.origin.clone().with(&init.origin);
    let config = [key, "-databases"].concat();
    shared.configs.push((config.clone(), map().put("content", Tree::from(lines.join("\n")).at(&origin)).at(&origin)));
    Some(list([map().put("source", config).put("target", Tree::from(&init.file)).at(&origin)]))
}

/// Its own network, which leads nowhere else.
fn networks(site: &Site<'_>, resource: &model::Resource) -> Tree {
    let key = site.resource_key(resource);
    let mut aliases: Vec<Tree> = resource.alias.iter().map(Tree::from).collect();
    if key != resource.name.value {
        aliases.insert(0, Tree::from(&resource.name));
    }
    let own = map().put_filled("aliases", list(aliases));
    map().put(key, service::or_null(own).at(&resource.origin))
}
