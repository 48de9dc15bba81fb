//! What a job that touches an environment needs: the way in, the registry, the values that its scripts read.

use crate::artifact::{Part, Script, Tree, Word, github, mixed};
use crate::derive::{EnvironmentFacts, Host, Part as Piece, Workload};
use crate::emit::github::image::Proofs;
use crate::emit::github::workflow::Step;
use crate::emit::platform::{self, Access};
use crate::model::{self, SecretStore};
use crate::plan::Plan;
use crate::source::Origin;
use crate::standard;

/// The way into a host; none where the pipeline cannot reach it, as a developer's own machine.
pub(super) fn login(plan: &Plan<'_>, environment: &EnvironmentFacts, host: &Host) -> Option<Vec<Step>> {
    let backend = platform::backend(&host.platform.value)?;
    let steps = Step::login(&backend.login(plan, environment, host));
    (!steps.is_empty()).then_some(steps)
}

/// The ways into every host of an environment, each once.
pub(super) fn logins(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Step> {
    let mut hosts: Vec<&Host> = Vec::new();
    for workload in &environment.workloads {
        if !hosts.iter().any(|known| known.node.origin.place == workload.host.node.origin.place) {
            hosts.push(&workload.host);
        }
    }
    hosts.into_iter().filter_map(|host| login(plan, environment, host)).flatten().collect()
}

/// Whether releases to an environment can be made by the pipeline.
pub(super) fn is_reachable(plan: &Plan<'_>, environment: &EnvironmentFacts) -> bool {
    login(plan, environment, &environment.host).is_some()
}

/// The steps that let a job read images, after it got into its host.
pub(super) fn registry(plan: &Plan<'_>) -> Vec<Step> {
    let registry = platform::registry(plan);
    let Some(owner) = registry.owner else {
        let host = registry.address.split('/').next().unwrap_or_default();
        let steps = Step::login(&platform::push(plan));
        let because = "to read the image and what is attested of it";
        // What only reads must not be allowed to write.
        return steps
            .into_iter()
            .map(|step| {
                let step = step.without_permissions();
                if host == "ghcr.io" { step.needs("packages", Access::Read, because) } else { step }
            })
            .collect();
    };
    let facts: Option<&'static model::StdPlatform> = standard::get("platform", &owner.host.platform.value);
    let Some(facts) = facts.and_then(|facts| facts.registry.as_ref()) else { return Vec::new() };
    let node = &owner.host.node;
    let text = |value: &Option<crate::source::Sourced<String>>| {
        Word::text(value.as_ref().map(|value| value.value.clone()).unwrap_or_default())
    };
    let mut words = Vec::new();
    for (hole, value) in
        [("region", text(&node.region)), ("project", text(&node.project)), ("account", text(&node.account))]
    {
        if facts.login.value.contains(&["{", hole, "}"].concat()) {
            words.push((hole, value));
        }
    }
    let script = Script::of(&facts.login.value, &words);
    vec![Step::run("Log in to the registry", script, &registry.origin.with(&facts.origin))]
}

/// Puts cosign on the path.
pub(super) fn cosign(origin: &Origin) -> Step {
    Step::action("Set up cosign", "sigstore/cosign-installer", origin)
}

/// The steps that refuse an image which the unit's own workflow did not build: nothing else may be rolled out.
pub(super) fn verify(plan: &Plan<'_>, unit: &str, variables: &[(String, Origin)]) -> Vec<Step> {
    let wanted = Proofs::of(plan);
    let mut steps = Vec::new();
    let file = ["/.github/workflows/deploy-", unit, ".yml"].concat();
    for (variable, origin) in variables {
        let image = || [("image", Word::var(variable.as_str())), ("file", Word::text(file.as_str()))];
        let told = variable.trim_start_matches("IMAGE_").trim_start_matches("IMAGE").to_lowercase().replace('_', "-");
        let name = |what: &str| if told.is_empty() { what.to_owned() } else { [what, " of ", &told].concat() };
        if let Some(decides) = &wanted.provenance {
            let mut script = Script::new();
            script.long(
                &[
                    "gh attestation verify \"oci://{image}\"",
                    "--repo \"$GITHUB_REPOSITORY\"",
                    "--signer-workflow \"$GITHUB_REPOSITORY{file}\"",
                    "--deny-self-hosted-runners",
                ],
                &image(),
            );
            let step = Step::run(name("Verify the provenance"), script, &origin.clone().with(decides))
                .env("GH_TOKEN", github("github.token"))
                .needs("attestations", Access::Read, "to read what is attested of the image");
            steps.push(step);
        }
        if let Some(decides) = &wanted.signature {
            let mut script = Script::new();
            let identity = "--certificate-identity \"$GITHUB_SERVER_URL/$GITHUB_REPOSITORY{file}@$GITHUB_REF\"";
            script.long(
                &[
                    "cosign verify {image}",
                    identity,
                    "--certificate-oidc-issuer https://token.actions.githubusercontent.com >/dev/null",
                ],
                &image(),
            );
            steps.push(Step::run(name("Verify the signature"), script, &origin.clone().with(decides)));
        }
    }
    match &wanted.signature {
        Some(decides) if !variables.is_empty() => {
            let mut all = vec![cosign(decides)];
            all.append(&mut steps);
            all
        }
        _ => steps,
    }
}

/// What a step of `ops/` writes, and so must know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Writes {
    /// A file of the platform with variables of the pipeline in it.
    File,
    /// That, and secrets that the pipeline keeps.
    FileAndSecrets,
}

/// A step of `ops/` with the values that the scripts read for one workload, and no others.
pub(super) fn with_values(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    workload: &Workload,
    mut step: Step,
    writes: Writes,
) -> Step {
    let setting = plan.setting(environment);
    let kept = |name: &str| {
        let declared = setting.secret(name);
        declared.filter(|_| writes == Writes::FileAndSecrets).and_then(kept_here)
    };
    for variable in &workload.variables {
        for part in &variable.parts {
            match part {
                Piece::CiVariable(name) => {
                    let value = github(&["vars.", &upper(name)].concat()).at(&variable.origin);
                    step = step.env(["VAR_", &upper(name)].concat(), value);
                }
                Piece::Secret(name) => {
                    if let Some((name, value)) = kept(name) {
                        step = step.env(name, value.at(&variable.origin));
                    }
                }
                Piece::Text(_) | Piece::Resource(..) | Piece::Service(..) | Piece::Release(_) | Piece::PullRequest => {}
            }
        }
    }
    for secret in workload.secrets_behind(setting) {
        if let Some((name, value)) = kept(&secret.value) {
            step = step.env(name, value.at(&secret.origin));
        }
    }
    step
}

/// The variable of a secret that the repository keeps, and where its value stands.
fn kept_here(secret: &model::Secret) -> Option<(String, Tree)> {
    let from = secret.from.as_ref()?;
    if from.store.value != SecretStore::Github {
        return None;
    }
    let path = from.path.as_ref().map_or_else(|| upper(&secret.name.value), |path| path.value.clone());
    Some((["SECRET_", &upper(&secret.name.value)].concat(), github(&["secrets.", &path].concat())))
}

/// A name as that of a shell variable.
pub(super) fn upper(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

/// The variable that holds the image of a service.
pub(super) fn image_variable(service: &str) -> String {
    ["IMAGE_", &upper(service)].concat()
}

/// A piece of a value that the workflow itself puts together.
pub(super) fn part(plan: &Plan<'_>, piece: &Piece) -> Part {
    match piece {
        Piece::Text(text) => Part::text(text.as_str()),
        Piece::Secret(name) => Part::github(&["secrets.", &super::secret_name(plan, name)].concat()),
        Piece::Resource(name, field) | Piece::Service(name, field) => {
            Part::github(&["env.", &super::container::variable(name, field)].concat())
        }
        Piece::CiVariable(name) => Part::github(&["vars.", &upper(name)].concat()),
        Piece::Release(field) if field == "commit" => Part::github("github.sha"),
        Piece::Release(_) => Part::github("github.ref_name"),
        Piece::PullRequest => Part::github("github.event.number"),
    }
}

/// The environment of a job: its name, and the address that people see.
pub(super) fn environment(facts: &EnvironmentFacts) -> Tree {
    let name = crate::artifact::map().put("name", Tree::from(&facts.name));
    match &facts.domain {
        Some(domain) if !facts.ephemeral.value => {
            name.put("url", mixed([Part::text(["https://", &domain.value].concat())]).at(&domain.origin))
        }
        _ => name,
    }
}
