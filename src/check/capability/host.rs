//! Hosts: the properties that their platform takes, its regions, the way in.

use crate::check::Context;
use crate::check::capability::target::Target;
use crate::derive::{EnvironmentFacts, Host};
use crate::diag::{Diagnostic, code};
use crate::model::{self, Capability};
use crate::nearest::nearest;
use crate::resolve::Setting;
use crate::source::Sourced;

/// Compares a host with what its platform takes.
pub(super) fn check(context: &Context<'_>, host: &Host, target: &Target<'_>, diagnostics: &mut Vec<Diagnostic>) {
    // A platform of the project's own takes any property, and an unknown one was told as a reference.
    let Some(facts) = target.facts else { return };
    let written = written(&host.node);
    for taken in &facts.takes {
        let given = written.iter().any(|(name, _)| *name == taken.name.value)
            || (taken.name.value == "server" && !host.node.server.is_empty());
        if taken.required.value && !given {
            diagnostics.push(
                Diagnostic::new(
                    code::TYPE_MISSING_PROPERTY,
                    host.platform.origin.place,
                    format!("`{}` needs `{}=`", target.name, taken.name.value),
                )
                .label(format!("no `{}=` here", taken.name.value))
                .lacks([taken.name.value.as_str()])
                .also(taken.origin.place, "declared by the platform")
                .help(format!("add `{}=\"{}\"`", taken.name.value, taken.example.value)),
            );
        }
    }
    for (name, value) in &written {
        if !facts.takes.iter().any(|taken| taken.name.value == *name) {
            diagnostics.push(unknown(context, facts, name, value));
        }
    }
    if let Some(server) =
        host.node.server.first().filter(|_| !facts.takes.iter().any(|taken| taken.name.value == "server"))
    {
        diagnostics.push(unknown(context, facts, "server", server));
    }
    region(host, facts, diagnostics);
    login(host, facts, diagnostics);
    if let Some(adopt) = host.node.adopt.as_ref().filter(|_| !target.can(Capability::Adopt)) {
        let message = format!("`{}` cannot release into what exists", target.name);
        diagnostics.push(target.lacks(code::CAPABILITY_FEATURE, adopt.origin.place, Capability::Adopt, message));
    }
}

/// What an environment as a whole asks of its host.
pub(super) fn environment(
    environment: &EnvironmentFacts,
    (node, setting): (&model::Environment, &Setting),
    target: &Target<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut need = |place, capability, message: String| {
        if target.is_known() && !target.can(capability) {
            diagnostics.push(target.lacks(code::CAPABILITY_FEATURE, place, capability, message));
        }
    };
    if environment.ephemeral.value {
        let message = format!("`{}` cannot hold an environment per pull request", target.name);
        need(environment.ephemeral.origin.place, Capability::Preview, message);
    }
    for domain in &node.domain {
        let message = format!("`{}` leads no domain to a service", target.name);
        need(domain.name.origin.place, Capability::Domain, message);
        let mut services: Vec<&str> = domain.route.iter().map(|route| route.to.value.as_str()).collect();
        services.sort_unstable();
        services.dedup();
        if let (true, Some(route)) = (services.len() > 1, domain.route.get(1)) {
            let message = format!("`{}` cannot share a domain among services", target.name);
            need(route.origin.place, Capability::Route, message);
        }
    }
    nowhere(node, setting, diagnostics);
}

/// A domain without routes leads to the one public service; where there are several, or none, it says to which.
fn nowhere(node: &model::Environment, setting: &Setting, diagnostics: &mut Vec<Diagnostic>) {
    let public = crate::derive::public(setting);
    if public.len() == 1 {
        return;
    }
    for domain in node.domain.iter().filter(|domain| domain.route.is_empty()) {
        let place = domain.name.origin.place;
        let message = format!("`{}` leads to no service", domain.name.value);
        let diagnostic = Diagnostic::new(code::NAME_MISSING, place, message);
        diagnostics.push(match public.first() {
            Some(first) => {
                let names: Vec<String> = public.iter().map(|service| format!("`{}`", service.name.value)).collect();
                diagnostic
                    .label(format!("has no `route`, and {} are public", names.join(", ")))
                    .help(format!("add `route \"/\" to=\"{}\"`", first.name.value))
            }
            None => diagnostic
                .label("has no `route`, and no service is public")
                .help("write `public=#true` at the port that people shall reach, or remove the domain"),
        });
    }
}

/// The properties that are written, by name.
fn written(node: &model::Host) -> Vec<(&str, &Sourced<String>)> {
    let known = [
        ("region", &node.region),
        ("project", &node.project),
        ("account", &node.account),
        ("subscription", &node.subscription),
        ("resource-group", &node.resource_group),
        ("cluster", &node.cluster),
        ("namespace", &node.namespace),
    ];
    let known = known.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| (name, value)));
    known.chain(node.others.iter().map(|(name, value)| (name.value.as_str(), value))).collect()
}

/// A property that the platform does not take, at its key.
fn unknown(context: &Context<'_>, facts: &model::StdPlatform, name: &str, value: &Sourced<String>) -> Diagnostic {
    let takes: Vec<&str> = facts.takes.iter().map(|taken| taken.name.value.as_str()).collect();
    let written = context.values.iter().find(|typed| typed.entry.value_span() == value.origin.place);
    let key = written.and_then(|typed| typed.entry.key_span());
    let diagnostic = Diagnostic::new(
        code::NAME_UNKNOWN_PROPERTY,
        key.unwrap_or(value.origin.place),
        format!("`{}` takes no `{name}`", facts.name.value),
    );
    let list: Vec<String> = takes.iter().map(|name| format!("`{name}`")).collect();
    let help = if list.is_empty() {
        "remove it: it takes no properties".to_owned()
    } else {
        format!("it takes {}", list.join(", "))
    };
    match nearest(name, takes.iter().copied()) {
        Some(near) => diagnostic.meant(near, near),
        None => diagnostic.label("would be ignored").help(help),
    }
    .also(facts.origin.place, "the platform's declaration")
}

/// The list of regions is open, so an unknown one is only a warning.
fn region(host: &Host, facts: &model::StdPlatform, diagnostics: &mut Vec<Diagnostic>) {
    let Some(region) = host.node.region.as_ref().filter(|_| !facts.region.is_empty()) else { return };
    if region.value.contains("${") || facts.region.named(&region.value).is_some() {
        return;
    }
    let diagnostic = Diagnostic::new(
        code::CAPABILITY_REGION,
        region.origin.place,
        format!("`{}` is not known to have the region `{}`", facts.name.value, region.value),
    );
    // A region of another cloud begins like none of these, and a near one would lie on another continent.
    let alike = facts.region.iter().map(|known| known.name.value.as_str());
    let alike = alike.filter(|known| known.chars().next() == region.value.chars().next());
    diagnostics.push(match nearest(&region.value, alike) {
        Some(near) => diagnostic.label(format!("did you mean `{near}`?")).help(format!("write `{near}`")),
        None => diagnostic.label("not in the list").help("check its spelling; the list may be older than the region"),
    });
}

fn login(host: &Host, facts: &model::StdPlatform, diagnostics: &mut Vec<Diagnostic>) {
    use model::LoginKind::{Aws, Azure, Gcp, Kubeconfig, Ssh, Token};
    let Some(login) = &host.node.login else { return };
    let kind = login.kind.value;
    if !facts.login.iter().any(|known| known.value == kind.word()) {
        let ways: Vec<String> = facts.login.iter().map(|known| format!("`{}`", known.value)).collect();
        diagnostics.push(
            Diagnostic::new(
                code::CAPABILITY_LOGIN,
                login.kind.origin.place,
                format!("nobody gets into `{}` by `{}`", facts.name.value, kind.word()),
            )
            .label("not a way in")
            .also(facts.origin.place, "the platform's declaration")
            .help(format!("use {}", ways.join(" or "))),
        );
        return;
    }
    let (own, required): (&[&str], &[&str]) = match kind {
        Aws => (&["role", "region"], &[]),
        Gcp => (&["provider", "principal", "project"], &[]),
        Azure => (&["client", "tenant"], &[]),
        Token | Kubeconfig => (&["key", "project", "region", "vault"], &["key"]),
        Ssh => (&["user", "key", "project", "region", "vault"], &["key"]),
    };
    let given = [
        ("role", &login.role),
        ("provider", &login.provider),
        ("principal", &login.principal),
        ("client", &login.client),
        ("tenant", &login.tenant),
        ("key", &login.key_prop),
        ("user", &login.user),
    ];
    for (name, value) in given {
        match value {
            Some(value) if !own.contains(&name) => diagnostics.push(
                Diagnostic::new(
                    code::NAME_WRONG_PLACE,
                    value.origin.place,
                    format!("`{name}=` means nothing with `login \"{}\"`", kind.word()),
                )
                .label("would be ignored")
                .also(login.kind.origin.place, "the way in")
                .help("remove it, or choose the way in that it belongs to"),
            ),
            None if required.contains(&name) => diagnostics.push(
                Diagnostic::new(
                    code::TYPE_MISSING_PROPERTY,
                    login.origin.place,
                    format!("`login \"{}\"` needs `{name}=`", kind.word()),
                )
                .label(format!("no `{name}=`"))
                .help(format!("write `{name}=\"${{secret.…}}\"`")),
            ),
            _ => {}
        }
    }
}
