//! Secrets where they are used: the store must reach the host, and a whole value must be enough for it.

use crate::check::capability::Deployment;
use crate::derive::{ImageSource, Part};
use crate::diag::{Diagnostic, code};
use crate::model::{Capability, PlatformSupport};

/// Compares the secrets of a program with the stores of its host, and joined values with who can join them.
pub(super) fn check(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for used in deployment.workload.secrets() {
        store(deployment, &used.value, diagnostics);
    }
    for variable in &deployment.workload.variables {
        if !variable.is_secret() || variable.parts.len() < 2 {
            continue;
        }
        let image = deployment.workload.image.and_then(|index| deployment.context.facts.images.get(index));
        let ours = image.is_some_and(|image| matches!(image.instructions, ImageSource::Ours(_)));
        if ours && deployment.target.can(Capability::EntrypointJoin) {
            continue;
        }
        let label =
            if ours { "nothing joins it there" } else { "only the entrypoint of an image that is built here joins it" };
        let diagnostic = Diagnostic::new(
            code::CAPABILITY_COMPOSITION,
            variable.origin.place,
            format!("`{}` gets a secret as a whole value, not as a part of one", variable.name.value),
        )
        .label(label)
        .also(deployment.target.place, format!("runs on `{}`", deployment.target.name));
        diagnostics.push(diagnostic.help("store the whole value as one secret"));
    }
    let setting = deployment.setting;
    let files = deployment.workload.service(setting).map(|service| &service.file);
    let files = files.or_else(|| deployment.workload.task(setting).map(|task| &task.file));
    for value in files.into_iter().flatten().filter_map(|file| file.value.as_ref()) {
        let parts = deployment.context.facts.expand(deployment.context.model, deployment.environment, &value.value);
        for part in &parts {
            if let Part::Secret(name) = part {
                store(deployment, name, diagnostics);
            }
        }
        if parts.len() > 1 && parts.iter().any(Part::is_secret) {
            diagnostics.push(
                Diagnostic::new(
                    code::CAPABILITY_COMPOSITION,
                    value.origin.place,
                    "a file gets a secret as its whole content, not as a part of it",
                )
                .label("nothing joins it")
                .help("store the whole content as one secret"),
            );
        }
    }
}

/// The store that keeps a secret must be one that reaches the host.
fn store(deployment: &Deployment<'_>, name: &str, diagnostics: &mut Vec<Diagnostic>) {
    let target = &deployment.target;
    let Some(facts) = target.facts else { return };
    let secret = deployment.setting.secret(name);
    let Some(from) = secret.and_then(|secret| secret.from.as_ref()) else { return };
    let reaches = |row: &&crate::model::StdPlatformSecretStore| row.support.value != PlatformSupport::Impossible;
    if facts.secret_store.iter().filter(reaches).any(|row| row.store.value == from.store.value) {
        return;
    }
    let known: Vec<String> =
        facts.secret_store.iter().filter(reaches).map(|row| format!("`{}`", row.store.value.word())).collect();
    let able: Vec<String> = crate::standard::names("platform")
        .filter(|name| {
            crate::standard::platform(name).is_some_and(|facts| {
                facts.secret_store.iter().filter(reaches).any(|row| row.store.value == from.store.value)
            })
        })
        .map(|name| format!("`{name}`"))
        .collect();
    diagnostics.push(
        Diagnostic::new(
            code::CAPABILITY_SECRET_STORE,
            from.store.origin.place,
            format!("`{}` cannot read secrets from `{}`", target.name, from.store.value.word()),
        )
        .label("not a store that reaches it")
        .also(target.place, format!("`{}` runs here and uses it", deployment.workload.name.value))
        .also(facts.origin.place, "the platform's stores are declared here")
        .help(match (known.as_slice(), able.as_slice()) {
            ([], _) => "this host takes no secrets".to_owned(),
            (known, []) => format!("keep it in {}", known.join(", ")),
            (known, able) => {
                format!("keep it in {}; hosts that read this store: {}", known.join(", "), able.join(", "))
            }
        }),
    );
}
