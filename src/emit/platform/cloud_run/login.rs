//! The way in: the pipeline's own identity is exchanged for a short-lived credential, and no key is kept.

use crate::artifact::{Script, Tree, github};
use crate::derive::{EnvironmentFacts, Host};
use crate::emit::platform::{self, Access, Login, LoginStep, Permission, StepKind};
use crate::plan::Plan;
use crate::source::Origin;

use super::site;

/// The variable that holds the provider's full name: it has the project's number in it, which only the bootstrap learns.
pub(super) const PROVIDER_VARIABLE: &str = "GCP_WORKLOAD_IDENTITY_PROVIDER";

/// The same of the registry's project: jobs that build have it beside that of their environment, as for a preview.
pub(super) const BUILD_PROVIDER_VARIABLE: &str = "GCP_BUILD_IDENTITY_PROVIDER";

/// The steps that let a job deploy to an environment.
pub(super) fn login(plan: &Plan<'_>, environment: &EnvironmentFacts, host: &Host) -> Login {
    let declared = host.node.login.as_ref();
    let account = match declared.and_then(|login| login.principal.as_ref()) {
        Some(principal) => Tree::from(principal),
        None => Tree::from(site::deployer(plan, environment, &host.node)).at(&environment.name.origin),
    };
    as_account(host, account, PROVIDER_VARIABLE, &host.platform.origin)
}

/// The steps that let a job act as a service account.
fn as_account(host: &Host, account: Tree, variable: &str, because: &Origin) -> Login {
    let declared = host.node.login.as_ref();
    let provider = match declared.and_then(|login| login.provider.as_ref()) {
        Some(provider) => Tree::from(provider),
        None => github(&["vars.", variable].concat()),
    };
    let origin = declared.map_or(because, |login| &login.origin);
    let setup = vec![("project_id".to_owned(), project(host))];
    Login {
        steps: vec![
            step(
                "Take a short-lived Google credential",
                "google-github-actions/auth",
                vec![("workload_identity_provider".to_owned(), provider), ("service_account".to_owned(), account)],
                origin,
            ),
            step("Set up gcloud", "google-github-actions/setup-gcloud", setup, origin),
        ],
        permissions: vec![
            Permission { scope: "contents", access: Access::Read, because: "the scripts and files of the deployment" },
            Permission { scope: "id-token", access: Access::Write, because: "to take a short-lived Google credential" },
        ],
    }
}

fn project(host: &Host) -> Tree {
    host.node.project.as_ref().map(Tree::from).unwrap_or_else(|| Tree::from(""))
}

fn step(name: &str, action: &str, with: Vec<(String, Tree)>, origin: &Origin) -> LoginStep {
    LoginStep {
        name: name.to_owned(),
        kind: StepKind::Action { name: action.to_owned(), with },
        env: Vec::new(),
        origin: origin.clone(),
    }
}

/// The registry of an environment's project, from the platform's facts.
pub(super) fn registry(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<String> {
    let template = site::facts()?.registry.as_ref()?.template.value.clone();
    let host = &environment.host.node;
    Some(super::container::fill(
        &template,
        &[("region", site::region(host)), ("project", site::project(host)), ("app", plan.app().to_owned())],
    ))
}

/// The steps that let a job push to the registry of an environment, as an account that may do nothing else.
pub(super) fn push(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Option<Login> {
    let facts = site::facts()?.registry.clone()?;
    let account = Tree::from(site::builder(plan, &environment.host.node)).at(&site::app_origin(plan));
    let because = platform::registry(plan).origin;
    let mut login = as_account(&environment.host, account, BUILD_PROVIDER_VARIABLE, &because);
    let mut script = Script::new();
    let region = crate::artifact::Word::text(site::region(&environment.host.node));
    script.line(&facts.login.value, &[("region", region)]);
    login.steps.push(LoginStep {
        name: "Log in to Artifact Registry".to_owned(),
        kind: StepKind::Run(script),
        env: Vec::new(),
        origin: facts.origin,
    });
    Some(login)
}
