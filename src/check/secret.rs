//! Declared secrets: who renews them, and which environments may hold them.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::derive::{DataClass, EnvironmentFacts, Part, Trigger};
use crate::diag::{Diagnostic, code};
use crate::model;
use crate::source::{Sourced, Span};
use crate::standard;

/// Judges every secret, and every use of one in an environment.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for secret in &context.model.declared.secrets {
        rotation(context, secret, diagnostics);
    }
    for environment in &context.facts.environments {
        for (name, place) in used(context, environment) {
            foreign(context, environment, &name, place, diagnostics);
            fork(context, environment, &name, place, diagnostics);
        }
    }
}

fn rotation(context: &Context<'_>, secret: &model::Secret, diagnostics: &mut Vec<Diagnostic>) {
    let name = &secret.name.value;
    let place = secret.name.origin.place;
    let Some(rotate) = &secret.rotate else {
        diagnostics.push(
            Diagnostic::new(code::SECRET_NO_ROTATION, place, format!("`{name}` is never renewed"))
                .label("has no `rotate`")
                .help("add `rotate every=\"90d\" owner=\"…\"`, or `rotate never=#true reason=\"…\"`"),
        );
        return;
    };
    let missing = match (&rotate.every, rotate.never.value, &rotate.reason) {
        (None, false, _) => Some("every"),
        (_, true, None) => Some("reason"),
        _ => None,
    };
    if let (Some(every), true) = (&rotate.every, rotate.never.value) {
        diagnostics.push(
            Diagnostic::new(
                code::TYPE_EXCLUSIVE,
                rotate.never.origin.place,
                format!("`{name}` is renewed every {} and never", every.value),
            )
            .label("and this one")
            .also(every.origin.place, "this one")
            .help("keep `every=`, or `never=#true` with its reason"),
        );
        return;
    }
    if let Some(missing) = missing {
        let help = match missing {
            "every" => "write `every=\"90d\"`, or `never=#true reason=\"…\"`",
            _ => "say why it is never renewed: `reason=\"…\"`",
        };
        diagnostics.push(
            Diagnostic::new(code::TYPE_MISSING_PROPERTY, rotate.origin.place, format!("`rotate` needs `{missing}=`"))
                .label(format!("no `{missing}=`"))
                .lacks([missing])
                .help(help),
        );
    }
    let owned = rotate.owner.is_some() || context.model.app.as_ref().is_some_and(|app| app.owner.is_some());
    if rotate.every.is_some() && !owned {
        diagnostics.push(
            Diagnostic::new(code::SECRET_NO_OWNER, rotate.origin.place, format!("nobody renews `{name}`"))
                .label("has no owner")
                .help("add `owner=\"…\"`, or an `owner` to the `app`"),
        );
    }
}

/// The secrets that the programs of an environment get, each with the place that names it.
fn used(context: &Context<'_>, environment: &EnvironmentFacts) -> Vec<(String, Span)> {
    let mut found: Vec<(String, Span)> = Vec::new();
    let mut known = BTreeSet::new();
    let mut add = |secret: &Sourced<String>| {
        if known.insert(secret.value.clone()) {
            found.push((secret.value.clone(), secret.origin.place));
        }
    };
    for workload in &environment.workloads {
        workload.secrets().iter().for_each(&mut add);
        let Some((_, setting)) = context.model.environments.get(environment.index) else { continue };
        let files = workload.service(setting).map(|service| &service.file);
        let files = files.or_else(|| workload.task(setting).map(|task| &task.file));
        for file in files.into_iter().flatten() {
            let Some(value) = &file.value else { continue };
            for part in context.facts.expand(context.model, environment, &value.value) {
                if let Part::Secret(name) = part {
                    add(&Sourced::new(name, value.origin.clone()));
                }
            }
        }
    }
    found
}

fn foreign(
    context: &Context<'_>,
    environment: &EnvironmentFacts,
    name: &str,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(secret) = context.model.declared.secret(name) else { return };
    let Some(only) = secret.only.first() else { return };
    if secret.only.iter().any(|one| one.value == environment.name.value) {
        return;
    }
    let holders: Vec<String> = secret.only.iter().map(|one| format!("`{}`", one.value)).collect();
    diagnostics.push(
        Diagnostic::new(
            code::SECRET_FOREIGN_ENVIRONMENT,
            place,
            format!("`{}` uses the secret `{name}`, which it may not hold", environment.name.value),
        )
        .label("used here")
        .also(only.origin.place, format!("only for {}", holders.join(", ")))
        .also(environment.name.origin.place, "this environment would hold it too")
        .help(format!(
            "give `{}` a secret of its own, or take the variable out there: `service \"…\" {{ env {{ - \"…\" }} }}`",
            environment.name.value
        )),
    );
}

/// A pull request of a stranger must not start something that holds what is worth stealing.
fn fork(
    context: &Context<'_>,
    environment: &EnvironmentFacts,
    name: &str,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(trigger) = environment.triggers.iter().find(|one| one.value == Trigger::PullRequest(None)) else { return };
    let Some(sink) = standard::get::<model::StdSink>("sink", "fork-workflow") else { return };
    let Some((_, setting)) = context.model.environments.get(environment.index) else { return };
    let secret = setting.secret(name);
    let class = secret
        .and_then(|secret| secret.data.as_ref())
        .map_or(DataClass::Confidential, |data| DataClass::from(data.value));
    if class <= DataClass::from(sink.ceiling.value) {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            code::SECRET_FORK_EXPOSED,
            trigger.origin.place,
            format!(
                "any pull request starts `{}`, which holds the {} secret `{name}`",
                environment.name.value,
                class.word()
            ),
        )
        .label("anybody can open a pull request")
        .also(place, "the secret is used here")
        .help("ask for a label (`trigger pull-request=#true label=\"preview\"`), or overlay the secret there with a test value of a lower class"),
    );
}
