//! What stands around the programs: the pipeline, the control planes of the hosts, and the stores of secrets.

use crate::artifact::markdown::{Inline, Prose};
use crate::model::{PipelineService, SecretStore, StdSecretStore};
use crate::plan::Plan;
use crate::plan::threat::collect::store;
use crate::plan::threat::element::Element;
use crate::plan::threat::reader::{Reader, readers};
use crate::plan::threat::zone::{Component, Flow, HOST, Look, System, Zone};
use crate::source::Origin;

/// The pipeline, and its way to what changes each host.
pub(super) fn pipeline(plan: &Plan<'_>, system: &mut System) {
    let (service, origin) = plan.pipeline();
    let name = match service {
        PipelineService::Github => "GitHub",
        PipelineService::Gitlab => "GitLab",
    };
    let zone = system.add_zone(Zone {
        key: "pipeline".to_owned(),
        name: name.to_owned(),
        trust: None,
        parent: None,
        why: "the pipeline runs there",
        origin: origin.clone(),
    });
    system.add(Component {
        key: "pipeline".to_owned(),
        name: "pipeline".to_owned(),
        kind: "build and deploy".to_owned(),
        look: Look::Works,
        zone,
        origin: origin.clone(),
    });
    // What runs somewhere is changed through the host's own interface.
    let hosts: Vec<Zone> = system.zones.iter().filter(|zone| zone.why == HOST).cloned().collect();
    for host in hosts {
        let key = ["control of ", &host.name].concat();
        system.add(Component {
            key: key.clone(),
            name: "control plane".to_owned(),
            kind: "of the host".to_owned(),
            look: Look::Works,
            zone: host.key,
            origin: host.origin.clone(),
        });
        if !system.flows.iter().any(|flow| flow.to == key) {
            system.flows.push(Flow {
                from: "pipeline".to_owned(),
                to: key,
                over: String::new(),
                auth: None,
                carries: "new versions".into(),
                origin: origin.clone().with(&host.origin),
            });
        }
    }
}

/// The store of a secret, and its way to what reads it.
pub(super) fn secret(plan: &Plan<'_>, element: &Element<'_>, system: &mut System) {
    let (Some(place), Some(secret)) = (element.place, element.secret) else { return };
    let Some(facts) = store(place, secret) else { return };
    // Without a word it lies in the store of the platform.
    let of_platform = || secret.name.origin.clone().with(&facts.name.origin);
    let origin = secret.from.as_ref().map_or_else(of_platform, |from| from.store.origin.clone());
    let key = stored(facts, &origin, system);
    for reader in readers(plan, place, &secret.name.value) {
        let to = match reader {
            Reader::Program(workload) => ["service ", &workload.name.value].concat(),
            Reader::Build(_) | Reader::Login(_) => "pipeline".to_owned(),
            Reader::Route(_) => continue,
        };
        let shown: Prose = Inline::code(&secret.name.value).into();
        let origin = element.origin.clone().with(&reader.origin());
        match system.flows.iter_mut().find(|flow| flow.from == key && flow.to == to) {
            Some(flow) if flow.carries == shown => {}
            Some(flow) => {
                flow.carries = std::mem::take(&mut flow.carries).then(", ").then(shown);
                flow.origin = flow.origin.clone().with(&origin);
            }
            None => system.flows.push(Flow {
                from: key.clone(),
                to,
                over: String::new(),
                auth: None,
                carries: shown,
                origin,
            }),
        }
    }
}

/// The component that is a store; that of the pipeline's service stands beside the pipeline.
fn stored(facts: &StdSecretStore, origin: &Origin, system: &mut System) -> String {
    let title = &facts.title.value;
    let zone = match is_of_pipeline(facts.name.value) {
        true => "pipeline".to_owned(),
        false => system.add_zone(Zone {
            key: ["store ", title].concat(),
            name: title.clone(),
            trust: None,
            parent: None,
            why: "secrets are kept there",
            origin: origin.clone(),
        }),
    };
    let key = ["store ", title].concat();
    system.add(Component {
        key: key.clone(),
        name: title.clone(),
        kind: "secrets".to_owned(),
        look: Look::Stores,
        zone,
        origin: origin.clone(),
    });
    key
}

fn is_of_pipeline(store: SecretStore) -> bool {
    match store {
        SecretStore::Github | SecretStore::Gitlab => true,
        SecretStore::AwsSecretsManager
        | SecretStore::AwsParameterStore
        | SecretStore::GcpSecretManager
        | SecretStore::AzureKeyVault
        | SecretStore::Vault
        | SecretStore::Kubernetes
        | SecretStore::N1password
        | SecretStore::Doppler
        | SecretStore::Sops => false,
    }
}
