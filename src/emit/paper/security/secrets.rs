//! `docs/security/secrets.md`: every secret by name and place, who reads it, and how it is renewed; never a value.

use crate::artifact::markdown::{
    Block, Inline, Item, Prose, bullets, heading, item, paragraph, prose, row, shell, steps, table,
};
use crate::artifact::{Artifact, Group, Script, slug};
use crate::derive::{DataClass, EnvironmentFacts};
use crate::emit::paper::command::Commands;
use crate::emit::paper::command::{self, StoreVerb};
use crate::emit::paper::deployment::Deployment;
use crate::emit::paper::security::{self, rotation};
use crate::emit::paper::{always, code, names, people, section};
use crate::emit::platform::{self, Kept};
use crate::model::{self, AfterRotation};
use crate::ordered::{Ordered, distinct};
use crate::plan::threat::data;
use crate::plan::threat::reader::{Reader, readers};
use crate::plan::{Plan, joined};
use crate::source::Origin;

/// A secret as it is declared in some environments.
pub(super) struct Declared<'a> {
    pub(super) secret: &'a model::Secret,
    pub(super) environments: Vec<&'a EnvironmentFacts>,
}

/// What opens a resource, where its platform keeps it.
struct Opened<'a> {
    resource: &'a model::Resource,
    environment: &'a EnvironmentFacts,
    kept: Kept,
}

/// Its path.
pub(crate) fn path(plan: &Plan<'_>) -> String {
    security::path(plan, "secrets")
}

/// Whether there is anything to list.
pub(super) fn is_written(plan: &Plan<'_>) -> bool {
    !declared(plan).is_empty() || !opened(plan).is_empty()
}

pub(super) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    let all = declared(plan);
    let opened = opened(plan);
    let origins = all.iter().map(|one| one.secret.name.origin.clone());
    let origins = origins.chain(opened.iter().map(|one| one.resource.name.origin.clone()));
    let Some(origin) = joined(origins) else { return };
    artifacts.push(Artifact::markdown(path(plan), Group::ThreatModel, blocks(plan, &all, &opened), &origin));
}

/// The secrets that have an entry, an overlaid one once for each place it lies.
pub(crate) fn rotated<'a>(plan: &Plan<'a>) -> Vec<&'a model::Secret> {
    declared(plan).into_iter().map(|one| one.secret).collect()
}

/// A link to the steps of each secret, for whoever looks for them elsewhere.
pub(crate) fn index(plan: &Plan<'_>) -> Vec<Block> {
    let all = declared(plan);
    let items = all.iter().map(|one| {
        let title = title(&all, one);
        let link = Inline::section(&title, path(plan), slug(&title));
        item(Prose::from(link).then(": ").then(lies(one)).then(renewed(one.secret)).then(".")).at(&origin(one))
    });
    vec![bullets(items)]
}

fn blocks(plan: &Plan<'_>, all: &[Declared<'_>], opened: &[Opened<'_>]) -> Vec<Block> {
    let rule = always("a part of every list of secrets");
    let mut out = vec![heading(1, "Secrets")];
    let words = "Names and places only: no file of this project holds a value.";
    out.push(paragraph(words).at(&rule));
    section(&mut out, heading(2, "Inventory").at(&rule), vec![inventory(plan, all)]);
    for one in all {
        out.push(heading(2, title(all, one)).at(&origin(one)));
        out.push(paragraph(Prose::from("In ").then(lies(one)).then(renewed(one.secret)).then(".")).at(&origin(one)));
        out.push(steps(rotation::steps(plan, one)));
        out.extend(audit(plan, one));
    }
    section(&mut out, heading(2, "Made by the platform").at(&rule), made(plan, opened));
    out
}

/// Every declared secret that something reads; one that an environment overlays stands there by itself.
fn declared<'a>(plan: &Plan<'a>) -> Vec<Declared<'a>> {
    let mut all: Ordered<_, Declared<'a>> = Ordered::default();
    for environment in plan.lasting().chain(plan.ephemeral()) {
        for secret in &plan.setting(environment).secrets {
            let barred = !secret.only.is_empty() && secret.only.iter().all(|only| only.value != environment.name.value);
            if barred || readers(plan, environment, &secret.name.value).is_empty() {
                continue;
            }
            let key = (secret.name.value.as_str(), place(secret));
            let known = all.or_insert_with(key, || Declared { secret, environments: Vec::new() });
            known.environments.push(environment);
        }
    }
    // Entries of one secret stand together, where its first one stands.
    let mut by_name: Ordered<&str, Vec<Declared<'a>>> = Ordered::default();
    for one in all {
        by_name.or_insert_with(&one.secret.name.value, Vec::new).push(one);
    }
    by_name.into_iter().flatten().collect()
}

/// Where a secret is said to lie: two environments that say the same share the secret.
fn place(secret: &model::Secret) -> (Option<&str>, String, [Option<&str>; 3]) {
    let from = secret.from.as_ref();
    let region = from.and_then(|from| from.region.as_ref()).map(|region| region.value.as_str());
    let project = from.and_then(|from| from.project.as_ref()).map(|project| project.value.as_str());
    let vault = from.and_then(|from| from.vault.as_ref()).map(|vault| vault.value.as_str());
    (from.map(|from| from.store.value.word()), command::store_path(secret), [region, project, vault])
}

/// The name; with its environments where the secret lies elsewhere in others.
fn title(all: &[Declared<'_>], one: &Declared<'_>) -> String {
    let name = &one.secret.name.value;
    match all.iter().filter(|other| other.secret.name.value == *name).count() {
        0 | 1 => ["Secret ", name].concat(),
        _ => {
            let places: Vec<&str> = one.environments.iter().map(|place| place.name.value.as_str()).collect();
            ["Secret ", name, " (", &places.join(", "), ")"].concat()
        }
    }
}

fn origin(one: &Declared<'_>) -> Origin {
    let places = one.environments.iter().map(|environment| &environment.name.origin);
    places.fold(one.secret.origin.clone().with(&one.secret.name.origin), |origin, place| origin.with(place))
}

/// The store and the path in it.
fn lies(one: &Declared<'_>) -> Prose {
    let store = one.environments.first().and_then(|environment| command::store(environment, one.secret));
    let path = code(command::store_path(one.secret));
    match store {
        Some(store) => prose("{store} at {path}", &[("store", Inline::text(&store.title.value)), ("path", path)]),
        None => path.into(),
    }
}

/// `, every 90d by team-checkout`.
fn renewed(secret: &model::Secret) -> Prose {
    let Some(rotate) = &secret.rotate else { return ", with no period of renewal".into() };
    let words = match (&rotate.every, &rotate.reason) {
        (_, Some(reason)) if rotate.never.value => {
            Prose::from(", not renewed by plan: ").then(Inline::text(&reason.value))
        }
        (Some(every), _) => [", renewed every ", &every.value.to_string()].concat().into(),
        (None, _) => Prose::default(),
    };
    match &rotate.owner {
        Some(owner) => words.then([" by ", &owner.value].concat()),
        None => words,
    }
}

fn inventory(plan: &Plan<'_>, all: &[Declared<'_>]) -> Block {
    let owner = people::owner(plan);
    let rows = all.iter().map(|one| {
        let rotate = one.secret.rotate.as_ref();
        let own = rotate.and_then(|rotate| rotate.owner.as_ref()).map(|owner| owner.value.as_str());
        let app = plan.model.app.as_ref().and_then(|app| app.owner.as_ref());
        let by = own.or(app.map(|app| app.name.value.as_str())).unwrap_or_default();
        let every = match rotate {
            Some(rotate) if rotate.never.value => "not by plan".to_owned(),
            Some(rotate) => rotate.every.as_ref().map(|every| every.value.to_string()).unwrap_or_default(),
            None => String::new(),
        };
        let class = data::of_secret(one.secret);
        let origin = origin(one).with(&class.origin);
        let origin = owner.iter().filter(|_| own.is_none()).fold(origin, |origin, (_, by)| origin.with(by));
        row([
            Prose::from(code(&one.secret.name.value)),
            lies(one),
            names(one.environments.iter().map(|environment| environment.name.value.as_str())),
            read_by(plan, one),
            class.class.word().into(),
            every.into(),
            by.into(),
            then(one.secret).into(),
        ])
        .at(&origin)
    });
    table(["Secret", "Kept in", "Environments", "Read by", "Class", "Renewed every", "By", "Afterwards"]).rows(rows)
}

fn read_by(plan: &Plan<'_>, one: &Declared<'_>) -> Prose {
    let all = one.environments.iter().flat_map(|environment| readers(plan, environment, &one.secret.name.value));
    Prose::joined(distinct(all.map(|reader| reader.words())), ", ")
}

/// What its readers need afterwards.
fn then(secret: &model::Secret) -> &'static str {
    match secret.rotate.as_ref().map(|rotate| rotate.then.value) {
        Some(AfterRotation::Restart) | None => "restart",
        Some(AfterRotation::Redeploy) => "release again",
        Some(AfterRotation::None) => "nothing",
    }
}

/// The programs that read a secret in an environment.
pub(super) fn programs<'a>(
    plan: &Plan<'a>,
    environment: &'a EnvironmentFacts,
    secret: &model::Secret,
) -> Vec<Deployment<'a>> {
    let found = readers(plan, environment, &secret.name.value).into_iter().filter_map(|reader| match reader {
        Reader::Program(workload) => Some(Deployment { environment, workload }),
        Reader::Build(_) | Reader::Login(_) | Reader::Route(_) => None,
    });
    found.collect()
}

/// The alert routes whose key it is.
pub(super) fn routes<'a>(plan: &Plan<'a>, secret: &model::Secret) -> Vec<&'a model::ObserveRoute> {
    let written = ["${secret.", &secret.name.value, "}"].concat();
    let keyed = |route: &&model::ObserveRoute| route.key_prop.as_ref().is_some_and(|key| key.value.contains(&written));
    people::routes(plan).iter().filter(keyed).collect()
}

/// Who has read it, where the store tells.
fn audit(plan: &Plan<'_>, one: &Declared<'_>) -> Vec<Block> {
    let mut commands = Commands::default();
    for environment in &one.environments {
        commands.add(command::of_store(plan, environment, one.secret, StoreVerb::Log), &origin(one));
    }
    let script = commands.script();
    match script.is_empty() {
        true => Vec::new(),
        false => vec![paragraph("Who has read it:").at(&origin(one)), shell(script).at(&origin(one))],
    }
}

/// What opens each resource that is used, where the platform keeps it by itself.
fn opened<'a>(plan: &Plan<'a>) -> Vec<Opened<'a>> {
    let mut all = Vec::new();
    for environment in plan.lasting() {
        let Some(backend) = platform::backend(&environment.host.platform.value) else { continue };
        for resource in &plan.setting(environment).resources {
            let used = environment
                .workloads
                .iter()
                .any(|workload| workload.uses.iter().any(|used| used.value == resource.name.value));
            if let (true, Some(kept)) = (used, backend.kept(plan, environment, resource)) {
                all.push(Opened { resource, environment, kept });
            }
        }
    }
    all
}

fn made(plan: &Plan<'_>, opened: &[Opened<'_>]) -> Vec<Block> {
    let Some(origin) = joined(opened.iter().map(|one| one.resource.name.origin.clone())) else { return Vec::new() };
    let rows = opened.iter().map(|one| {
        let users = one
            .environment
            .workloads
            .iter()
            .filter(|workload| workload.uses.iter().any(|used| used.value == one.resource.name.value));
        row([
            Prose::from(one.kept.what).then(" of ").then(code(&one.resource.name.value)),
            Prose::from(one.kept.store.as_str()).then(" at ").then(code(&one.kept.path)),
            code(&one.environment.name.value).into(),
            names(users.map(|workload| workload.name.value.as_str())),
            data::of_resource(plan, one.resource).class.max(DataClass::Confidential).word().into(),
        ])
        .at(&one.resource.name.origin.clone().with(&one.environment.name.origin))
    });
    let table = table(["Secret", "Kept in", "Environment", "Read by", "Class"]).rows(rows);
    let words = "Made when the resource is made; nobody has to know them. To renew one:";
    vec![table, paragraph(words).at(&origin), steps(renewal(plan, opened))]
}

fn renewal(plan: &Plan<'_>, opened: &[Opened<'_>]) -> Vec<Item> {
    let origin = joined(opened.iter().map(|one| one.resource.name.origin.clone())).unwrap_or_default();
    let mut connect = Script::new();
    let mut put = Script::new();
    let mut restart = Commands::default();
    for one in opened {
        let backend = platform::backend(&one.environment.host.platform.value);
        if let Some(command) = backend.and_then(|backend| backend.connect(plan, one.environment, one.resource)) {
            connect.at(&one.resource.name.origin, |script| {
                script.append(&command);
            });
        }
        if let Some(command) = &one.kept.put {
            put.at(&one.resource.name.origin, |script| {
                script.append(command);
            });
        }
        for workload in &one.environment.workloads {
            let deployment = Deployment { environment: one.environment, workload };
            let uses = workload.uses.iter().any(|used| used.value == one.resource.name.value);
            if uses {
                restart.add(command::of_deployment(plan, &deployment, "restart"), &deployment.origin());
            }
        }
    }
    let step = |text: &str, script: Script| {
        let words = item(text).at(&origin);
        if script.is_empty() { words } else { words.with(shell(script)) }
    };
    vec![
        step("Give the user of the services a new password, in a session with the resource.", connect),
        step("Put the new value where the platform keeps it; it is read from standard input.", put),
        step("Restart what reads it.", restart.script()),
    ]
}
