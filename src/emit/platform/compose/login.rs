//! The way in: SSH with a key that the pipeline keeps, to a server whose own key is known beforehand.

use crate::artifact::{Script, Tree, Word, github};
use crate::derive::{EnvironmentFacts, Host};
use crate::emit::platform::{
    Access, Login, LoginStep, Permission, REGISTRY_PASSWORD, REGISTRY_USERNAME, StepKind, registry,
};
use crate::model;
use crate::plan::Plan;

use super::site::{Site, server, upper};

/// The variable of the pipeline that holds the server's own keys.
pub(super) const KNOWN_HOSTS: &str = "SSH_KNOWN_HOSTS";

/// The steps that let a job reach the server, and the server pull the images.
pub(super) fn login(plan: &Plan<'_>, environment: &EnvironmentFacts, host: &Host) -> Login {
    let mut permissions = vec![Permission {
        scope: "contents",
        access: Access::Read,
        because: "the scripts and files of the deployment",
    }];
    if server(host).is_none() {
        return Login { steps: Vec::new(), permissions };
    }
    let declared = host.node.login.as_ref();
    let origin = declared.map_or(&host.platform.origin, |login| &login.origin);
    let mut script = Script::new();
    script.line("install -d -m 700 ~/.ssh", &[]);
    script.line("(umask 077; printf '%s\\n' \"$SSH_KEY\" >~/.ssh/id_deploy)", &[]);
    script.line("printf '%s\\n' \"$SSH_KNOWN_HOSTS\" >>~/.ssh/known_hosts", &[]);
    script.line("printf 'IdentityFile ~/.ssh/id_deploy\\nIdentitiesOnly yes\\n' >>~/.ssh/config", &[]);
    let known = github(&["vars.", KNOWN_HOSTS].concat());
    let key = github(&["secrets.", &key_name(plan, environment, declared)].concat()).at(origin);
    let mut steps = vec![LoginStep {
        name: "Take the key for SSH".to_owned(),
        kind: StepKind::Run(script),
        env: vec![("SSH_KEY".to_owned(), key), (KNOWN_HOSTS.to_owned(), known)],
        origin: origin.clone(),
    }];
    steps.push(pull(plan, environment));
    if is_github(plan) {
        permissions.push(Permission { scope: "packages", access: Access::Read, because: "the server pulls images" });
    }
    Login { steps, permissions }
}

fn address(plan: &Plan<'_>) -> String {
    registry(plan).address.split('/').next().unwrap_or_default().to_owned()
}

fn is_github(plan: &Plan<'_>) -> bool {
    address(plan) == "ghcr.io"
}

/// The server takes images with the job's own token, which is worth nothing when the job has ended.
fn pull(plan: &Plan<'_>, environment: &EnvironmentFacts) -> LoginStep {
    let site = Site::new(plan, environment);
    let mut script = Script::new();
    script.line(
        "printf '%s' \"$REGISTRY_PASSWORD\" | ssh -o BatchMode=yes {server} \"docker login {registry} --username '$REGISTRY_USERNAME' --password-stdin\"",
        &[("server", Word::text(site.target())), ("registry", Word::text(address(plan)))],
    );
    let (name, password): (Tree, Tree) = if is_github(plan) {
        (github("github.actor"), github("github.token"))
    } else {
        (github(&["vars.", REGISTRY_USERNAME].concat()), github(&["secrets.", REGISTRY_PASSWORD].concat()))
    };
    LoginStep {
        name: "Let the server pull images".to_owned(),
        kind: StepKind::Run(script),
        env: vec![(REGISTRY_USERNAME.to_owned(), name), (REGISTRY_PASSWORD.to_owned(), password)],
        origin: site.host_origin(),
    }
}

/// Name of the pipeline's secret that holds the key: where the login says, else `SSH_KEY`.
pub(super) fn key_name(plan: &Plan<'_>, environment: &EnvironmentFacts, login: Option<&model::Login>) -> String {
    let declared = login.and_then(|login| login.key_prop.as_ref());
    let name = declared.and_then(|key| key.value.trim().strip_prefix("${secret.")?.strip_suffix('}'));
    let Some(name) = name else { return "SSH_KEY".to_owned() };
    let secret = plan.setting(environment).secret(name);
    let path = secret.and_then(|secret| secret.from.as_ref()).and_then(|from| from.path.as_ref());
    path.map_or_else(|| upper(name), |path| path.value.clone())
}
