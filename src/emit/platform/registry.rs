//! Where images are pushed: the registry that the pipeline names, else the last promoted host's own, else GitHub's.

use crate::artifact::{Tree, github};
use crate::derive::{EnvironmentFacts, ImageFacts};
use crate::plan::Plan;
use crate::source::Origin;

use super::{Access, Login, LoginStep, Permission, StepKind, backend};

/// The variable and the secret of the repository that get into a registry which takes a name and a password.
pub const REGISTRY_USERNAME: &str = "REGISTRY_USERNAME";
/// See [`REGISTRY_USERNAME`].
pub const REGISTRY_PASSWORD: &str = "REGISTRY_PASSWORD";

/// The registry of a project.
#[derive(Clone, Debug)]
pub struct Registry<'a> {
    /// Its address, which the name of an image follows after a `/`.
    pub address: String,
    /// The environment whose host it belongs to, where it is a host's own.
    pub owner: Option<&'a EnvironmentFacts>,
    /// What decides it.
    pub origin: Origin,
}

/// The registry of a project.
pub fn registry<'a>(plan: &Plan<'a>) -> Registry<'a> {
    let declared = plan.model.pipeline.as_ref().and_then(|pipeline| pipeline.artifact.as_ref());
    if let Some(named) = declared.and_then(|artifact| artifact.registry.as_ref()) {
        let address = named.value.trim_end_matches('/').to_owned();
        let owner = plan.lasting().last().filter(|last| own(plan, last).is_some_and(|own| same_host(&own, &address)));
        return Registry { address, owner, origin: named.origin.clone() };
    }
    if let Some((owner, address)) = plan.lasting().last().and_then(|last| Some((last, own(plan, last)?))) {
        // Without the last one, that of the one before would be taken.
        let others = plan.lasting().filter(|one| one.index != owner.index && own(plan, one).is_some());
        let others: Vec<Origin> = others.map(|one| one.host.platform.origin.clone()).collect();
        let origin = owner.host.platform.origin.clone().because("the last promoted host's own registry");
        let origin = origin.with_all(&others);
        return Registry { address, owner: Some(owner), origin };
    }
    let repo = plan.model.app.as_ref().and_then(|app| app.repo.as_ref());
    let path = repo.map(|repo| repo.address.value.trim_end_matches('/').to_lowercase()).unwrap_or_default();
    let path = path.split_once('/').map_or(path.as_str(), |(_, path)| path);
    let origin = repo.map(|repo| repo.address.origin.clone()).unwrap_or_default();
    Registry {
        address: ["ghcr.io/", path].concat(),
        owner: None,
        origin: origin.because("GitHub's registry, where the last promoted host has none of its own"),
    }
}

fn own(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<String> {
    backend(&environment.host.platform.value)?.registry(plan, environment)
}

fn same_host(one: &str, other: &str) -> bool {
    one.split('/').next() == other.split('/').next()
}

/// The repository of an image, without tag or digest; an image per environment has one for each.
pub fn repository(plan: &Plan<'_>, image: &ImageFacts, environment: &EnvironmentFacts) -> String {
    let registry = registry(plan);
    let named = plan
        .model
        .pipeline
        .as_ref()
        .and_then(|pipeline| pipeline.artifact.as_ref())
        .is_some_and(|artifact| artifact.registry.is_some());
    // A registry that the project names may hold other applications, too.
    let name = if named { [plan.app(), "-", &image.name.value].concat() } else { image.name.value.clone() };
    match &image.per_environment {
        Some(_) => [&registry.address, "/", &name, "-", &environment.name.value].concat(),
        None => [&registry.address, "/", &name].concat(),
    }
}

/// How the job that builds images gets into the registry.
pub fn push(plan: &Plan<'_>) -> Login {
    let registry = registry(plan);
    let theirs = registry.owner.and_then(|owner| backend(&owner.host.platform.value)?.push(plan, owner));
    theirs.unwrap_or_else(|| by_password(&registry))
}

/// GitHub's registry takes the job's own token; any other one a name and a password that the repository keeps.
fn by_password(registry: &Registry<'_>) -> Login {
    let host = registry.address.split('/').next().unwrap_or_default().to_owned();
    let is_github = host == "ghcr.io";
    let (name, password) = if is_github {
        (github("github.actor"), github("github.token"))
    } else {
        (github(&["vars.", REGISTRY_USERNAME].concat()), github(&["secrets.", REGISTRY_PASSWORD].concat()))
    };
    let mut permissions = vec![Permission { scope: "contents", access: Access::Read, because: "what is built" }];
    if is_github {
        permissions.push(Permission { scope: "packages", access: Access::Write, because: "to push images" });
    }
    let step = LoginStep {
        name: "Log in to the registry".to_owned(),
        kind: StepKind::Action {
            name: "docker/login-action".to_owned(),
            with: vec![
                ("registry".to_owned(), Tree::from(host)),
                ("username".to_owned(), name),
                ("password".to_owned(), password),
            ],
        },
        env: Vec::new(),
        origin: registry.origin.clone(),
    };
    Login { steps: vec![step], permissions }
}
