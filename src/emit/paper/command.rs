//! Commands in documents: those of our scripts, of the platforms and of the secret stores, filled in.

use crate::artifact::markdown::{Block, shell};
use crate::artifact::{Script, Word};
use crate::derive::{EnvironmentFacts, Trigger, Workload, generated_name};
use crate::emit::paper::deployment::{Deployment, host_properties};
use crate::emit::platform;
use crate::model;
use crate::ordered::Ordered;
use crate::plan::{Plan, joined};
use crate::source::Origin;
use crate::standard;

/// A command for one deployment: our own script where there is one, else the platform's.
pub(super) fn of_deployment(plan: &Plan<'_>, deployment: &Deployment<'_>, name: &str) -> Option<Script> {
    let words = [("environment", Word::text(deployment.place())), ("service", Word::text(deployment.name()))];
    let scripted = deployment.is_lasting() && deployment.is_released();
    match name {
        "rollback" if scripted => Some(Script::of("ops/rollback.sh {environment} {service}", &words)),
        "verify" if scripted => Some(Script::of("ops/verify.sh {environment} {service}", &words)),
        "running" if scripted => Some(Script::of("ops/verify.sh --digest {environment} {service}", &words)),
        "rollback" | "verify" | "running" => None,
        name => platform::backend(&deployment.workload.host.platform.value)?.command(
            plan,
            deployment.environment,
            deployment.workload,
            name,
        ),
    }
}

/// Commands one after the other, none twice.
#[derive(Default)]
pub(super) struct Commands(Ordered<Script, (Script, Vec<Origin>)>);

impl Commands {
    /// Adds a command, if there is one that is not there yet; one that is there has one reason more.
    pub(super) fn add(&mut self, command: Option<Script>, origin: &Origin) {
        if let Some(command) = command {
            let known = self.0.or_insert_with(command.clone(), || (command, Vec::new()));
            known.1.push(origin.clone());
        }
    }

    /// All of them.
    pub(super) fn script(self) -> Script {
        let mut script = Script::default();
        for (command, origins) in self.0 {
            script.at(&joined(origins).unwrap_or_default(), |script| {
                script.append(&command);
            });
        }
        script
    }
}

/// The commands of one name for the deployments of one environment, none twice.
pub(super) fn block(plan: &Plan<'_>, deployments: &[Deployment<'_>], name: &str) -> Option<Block> {
    let mut commands = Commands::default();
    for deployment in deployments {
        commands.add(of_deployment(plan, deployment, name), &deployment.origin());
    }
    let script = commands.script();
    (!script.is_empty()).then(|| shell(script))
}

/// A command for a resource (`resource-status`, `backups`, `restore`, …): the platform's, where it is the platform that
/// runs it so, else that of the product.
pub(super) fn of_resource(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    resource: &model::Resource,
    name: &str,
) -> Option<Script> {
    if crate::plan::applies::is_external(resource) {
        return None;
    }
    let platform = standard::platform(&environment.host.platform.value)?;
    let kind: &'static model::StdResourceKind = standard::get("resource-kind", resource.kind.value.word())?;
    let by_platform = |name: &str| {
        let known = platform.command.iter().find(|known| known.for_.value == "resource" && known.name.value == name)?;
        known.run.as_ref().map(|run| run.value.clone())
    };
    let mut words = resource_words(plan, environment, resource, kind);
    let managed = kind.managed.iter().find(|managed| managed.platform.value == platform.name.value);
    if let Some(managed) = managed {
        // The commands of a platform for resources are those of one product: the one that is backed up by them.
        let same = managed.backup.as_ref().map(|backup| backup.value.clone()) == by_platform("backup");
        let own = match name {
            "backup" => managed.backup.as_ref(),
            "restore" => managed.restore.as_ref(),
            _ => None,
        };
        let template = by_platform(name).filter(|_| same).or_else(|| own.map(|own| own.value.clone()))?;
        return filled(&template, &words);
    }
    let inside = kind.backup.as_ref().and_then(|backup| match name {
        "backup" => Some(&backup.run.value),
        "restore" => Some(&backup.restore.value),
        _ => None,
    });
    let template = by_platform(name)?;
    let template = match inside {
        Some(inside) => template.replace("{value}", inside),
        None => template,
    };
    words.retain(|(name, _)| *name != "value");
    filled(&template, &words)
}

/// A command of its product for a resource: inside of its container where there is one.
pub(super) fn of_product(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    resource: &model::Resource,
    template: &str,
) -> Option<Script> {
    let kind: &'static model::StdResourceKind = standard::get("resource-kind", resource.kind.value.word())?;
    let platform = standard::platform(&environment.host.platform.value)?;
    let managed = kind.managed.iter().any(|managed| managed.platform.value == platform.name.value);
    let inside =
        platform.command.iter().find(|known| known.for_.value == "resource" && known.name.value == "resource-exec");
    let inside = inside.filter(|_| !managed && !crate::plan::applies::is_external(resource));
    let template = match inside.and_then(|inside| inside.run.as_ref()) {
        Some(inside) => inside.value.replace("{value}", template),
        None => template.to_owned(),
    };
    filled(&template, &resource_words(plan, environment, resource, kind))
}

/// What the placeholders of a resource's commands stand for.
fn resource_words(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    resource: &model::Resource,
    kind: &model::StdResourceKind,
) -> Vec<(&'static str, String)> {
    let name = &resource.name.value;
    let user = resource.user.as_ref().map_or(&kind.user.value, |user| &user.value);
    let mut words = place_words(plan, environment);
    words.push(("resource", name.clone()));
    words.push(("workload", generated_name(plan.app(), &environment.name.value, name, environment.host.name_limit)));
    words.push(("user", user.clone()));
    words.push(("name", name.replace('-', "_")));
    words
}

/// What is known of an environment for any command.
fn place_words(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<(&'static str, String)> {
    let mut words = vec![("app", plan.app().to_owned()), ("environment", environment.name.value.clone())];
    for (name, value) in host_properties(&environment.host) {
        let known = ["region", "project", "account", "cluster", "namespace", "server"];
        words.extend(known.into_iter().find(|known| *known == name).map(|known| (known, value.value.clone())));
    }
    if let Some(repo) = plan.model.app.as_ref().and_then(|app| app.repo.as_ref()) {
        let address = repo.address.value.trim_end_matches('/');
        words.push(("repository", address.split_once('/').map_or(address, |(_, path)| path).to_owned()));
    }
    if let Some(domain) = &environment.domain {
        words.push(("domain", domain.value.clone()));
    }
    words
}

/// A command of the standard library about an environment (`{environment}`, `{unit}`, `{service}`, `{domain}`, …).
pub(super) fn of_place(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    workload: Option<&Workload>,
    template: &str,
) -> Option<Script> {
    let mut words = place_words(plan, environment);
    if let Some(workload) = workload {
        words.push(("service", workload.name.value.clone()));
        words.push(("unit", workload.unit.clone()));
        words.push(("workload", workload.generated.clone()));
    }
    filled(template, &words)
}

/// A page of the platform about a workload; none where its address needs a word that is not known here.
pub(super) fn address(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    workload: &Workload,
    template: &str,
) -> Option<String> {
    let mut words = place_words(plan, environment);
    words.push(("workload", workload.generated.clone()));
    words.push(("job", workload.generated.clone()));
    words.push(("service", workload.name.value.clone()));
    let mut url = template.to_owned();
    for placeholder in model::Placeholder::ALL {
        let written = ["{", placeholder.word(), "}"].concat();
        if template.contains(&written) {
            let (_, value) = words.iter().find(|(name, _)| *name == placeholder.word())?;
            url = url.replace(&written, value);
        }
    }
    Some(url)
}

/// Whether a person can start the release of an environment: where its promotions begin, that is a trigger.
pub(super) fn starts_by_hand(plan: &Plan<'_>, environment: &EnvironmentFacts) -> bool {
    if !environment.host.is_released() {
        return false;
    }
    let mut at = environment;
    // As many steps as there are environments: a cycle of promotions is an error that the check tells.
    for _ in &plan.facts.environments {
        match at.promotion.as_ref().and_then(|promotion| plan.facts.environment(&promotion.from.value)) {
            Some(from) => at = from,
            None => break,
        }
    }
    at.triggers.iter().any(|trigger| trigger.value == Trigger::Manual)
}

/// The file of a unit's deploy workflow.
pub(super) fn workflow(unit: &str) -> Word {
    Word::text(["deploy-", unit, ".yml"].concat())
}

/// Starts the deploy workflow of a unit, or its last run again where only pushes and promotions start it.
pub(super) fn release(plan: &Plan<'_>, environment: &EnvironmentFacts, unit: &str) -> Script {
    let words = [("file", workflow(unit)), ("environment", Word::text(&environment.name.value))];
    match starts_by_hand(plan, environment) {
        true => Script::of("gh workflow run {file} --field environment={environment}", &words),
        false => Script::of(
            "gh run rerun \"$(gh run list --workflow {file} --limit 1 --json databaseId --jq '.[0].databaseId')\"",
            words.get(..1).unwrap_or_default(),
        ),
    }
}

/// What is done with a secret in its store.
#[derive(Clone, Copy)]
pub(super) enum StoreVerb {
    /// A new value is put in.
    Put,
    /// The newest value is there.
    Check,
    /// An old value is switched off.
    Disable,
    /// Who has read it.
    Log,
}

/// The store of a secret: as declared, else the host's own.
pub(super) fn store(environment: &EnvironmentFacts, secret: &model::Secret) -> Option<&'static model::StdSecretStore> {
    let store = match &secret.from {
        Some(from) => from.store.value,
        None => {
            let host = standard::platform(&environment.host.platform.value)?;
            host.secret_store.iter().find(|row| row.support.value == model::PlatformSupport::Native)?.store.value
        }
    };
    standard::get("secret-store", store.word())
}

/// A command of a secret's store, as the secret is declared in the environment.
pub(super) fn of_store(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    secret: &model::Secret,
    verb: StoreVerb,
) -> Option<Script> {
    let facts = store(environment, secret)?;
    let template = match verb {
        StoreVerb::Put => facts.put.as_ref(),
        StoreVerb::Check => facts.check.as_ref(),
        StoreVerb::Disable => facts.disable.as_ref(),
        StoreVerb::Log => facts.log.as_ref(),
    }?;
    let mut words: Vec<(&str, String)> = Vec::new();
    if let Some(from) = &secret.from {
        words.extend(from.region.as_ref().map(|region| ("region", region.value.clone())));
        words.extend(from.project.as_ref().map(|project| ("project", project.value.clone())));
        words.extend(from.vault.as_ref().map(|vault| ("name", vault.value.clone())));
    }
    let path = store_path(secret);
    let (path, key) = match path.split_once('#') {
        Some((path, key)) => (path.to_owned(), Some(key.to_owned())),
        None => (path.clone(), None),
    };
    // `op://vault/item/field` and `secret/key` name their parts by place.
    let parts: Vec<&str> = path.trim_start_matches("op://").split('/').collect();
    let (name, field) = match parts.as_slice() {
        [.., name, field] => (Some((*name).to_owned()), Some((*field).to_owned())),
        _ => (None, None),
    };
    words.extend(key.or(field).map(|key| ("key", key)));
    words.extend(name.map(|name| ("name", name)));
    words.push(("store-path", path));
    words.push(("value", "OLD_VERSION".to_owned()));
    words.extend(place_words(plan, environment));
    filled(&template.value, &words)
}

/// Where a secret lies in its store: as it says, else under its own name, which CI services want in upper case.
pub(super) fn store_path(secret: &model::Secret) -> String {
    let from = secret.from.as_ref();
    if let Some(path) = from.and_then(|from| from.path.as_ref()) {
        return path.value.clone();
    }
    let name = &secret.name.value;
    match from.map(|from| from.store.value) {
        Some(model::SecretStore::Github | model::SecretStore::Gitlab) => name.replace('-', "_").to_uppercase(),
        None
        | Some(
            model::SecretStore::AwsSecretsManager
            | model::SecretStore::AwsParameterStore
            | model::SecretStore::GcpSecretManager
            | model::SecretStore::AzureKeyVault
            | model::SecretStore::Vault
            | model::SecretStore::Kubernetes
            | model::SecretStore::N1password
            | model::SecretStore::Doppler
            | model::SecretStore::Sops,
        ) => name.clone(),
    }
}

/// A template of the standard library as a script; none where it needs a word that is not known here. The first word
/// of a name counts.
fn filled(template: &str, known: &[(&str, String)]) -> Option<Script> {
    let mut script = Script::new();
    for line in template.lines() {
        let mut line = line.to_owned();
        let mut words: Vec<(String, Word)> = Vec::new();
        for placeholder in model::Placeholder::ALL {
            let written = ["{", placeholder.word(), "}"].concat();
            if !line.contains(&written) {
                continue;
            }
            let (_, value) = known.iter().find(|(name, _)| *name == placeholder.word())?;
            // A hole of a script is written without a dash.
            let hole = placeholder.word().replace('-', "_");
            line = line.replace(&written, &["{", &hole, "}"].concat());
            words.push((hole, Word::text(value)));
        }
        let words: Vec<(&str, Word)> = words.iter().map(|(name, word)| (name.as_str(), word.clone())).collect();
        script.line(&line, &words);
    }
    Some(script)
}
