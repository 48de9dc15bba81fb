//! What a program is and how it is reached: kind, image, ports, names, migrations.

use crate::check::capability::Deployment;
use crate::derive::{Exposure, ImageSource, Protocol, Role};
use crate::diag::{Diagnostic, code};
use crate::model::{self, Architecture, Capability};
use crate::source::Span;

/// Compares kind, image, ports and names of a program with its host.
pub(super) fn check(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    kind(deployment, diagnostics);
    image(deployment, diagnostics);
    ports(deployment, diagnostics);
    if let Some(service) = deployment.workload.service(deployment.setting) {
        features(deployment, service, diagnostics);
    }
    reserved(deployment, diagnostics);
}

fn kind(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let (workload, target) = (deployment.workload, &deployment.target);
    let capability = match workload.role.value {
        Role::Web => Capability::Web,
        Role::Api => Capability::Api,
        Role::Worker => Capability::Worker,
        Role::Cron => Capability::Cron,
        Role::Static => Capability::Static,
        Role::Function => Capability::Function,
        Role::Task => Capability::Task,
    };
    if !target.can(capability) {
        let message = format!("`{}` cannot run a {}", target.name, workload.role.value.word());
        diagnostics.push(target.lacks(code::CAPABILITY_KIND, workload.role.origin.place, capability, message));
    }
}

fn image(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let (workload, target) = (deployment.workload, &deployment.target);
    if let Some(ready) = workload.ready_image.as_ref().filter(|_| !target.can(Capability::Image)) {
        let message = format!("`{}` runs no container images", target.name);
        diagnostics.push(target.lacks(code::CAPABILITY_FEATURE, ready.origin.place, Capability::Image, message));
    }
    let Some(image) = workload.image.and_then(|index| deployment.context.facts.images.get(index)) else { return };
    let capability = |architecture: Architecture| match architecture {
        Architecture::Amd64 => Capability::ArchAmd64,
        Architecture::Arm64 => Capability::ArchArm64,
    };
    let Some(first) = image.architectures.first() else { return };
    let runs = |one: Architecture| target.can(capability(one));
    if image.architectures.iter().any(|one| runs(one.value)) {
        return;
    }
    let able: Vec<String> =
        Architecture::ALL.iter().filter(|one| runs(**one)).map(|one| format!("`{}`", one.word())).collect();
    let message = format!("`{}` cannot run `{}` images", target.name, first.value.word());
    diagnostics.push(
        target
            .explain(
                Diagnostic::new(code::CAPABILITY_ARCH, first.origin.place, message).label("the wrong processor"),
                capability(first.value),
            )
            .help(format!("build for {}; several may be built at once", able.join(" or "))),
    );
}

fn ports(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let (workload, target) = (deployment.workload, &deployment.target);
    let mut need = |place: Span, capability: Capability, message: String| {
        let lacking = !target.can(capability);
        if lacking {
            diagnostics.push(target.lacks(code::CAPABILITY_PORT, place, capability, message));
        }
        lacking
    };
    let mut lacking = false;
    for port in &workload.ports {
        let capability = match port.protocol {
            Protocol::Http => Capability::Http,
            Protocol::Grpc => Capability::Grpc,
            Protocol::Tcp => Capability::Tcp,
        };
        let message = format!("`{}` opens no {} ports", target.name, port.protocol.word());
        lacking |= need(port.node.origin.place, capability, message);
        if port.shown.value != port.port.value {
            let message = format!("`{}` shows no port under another number", target.name);
            need(port.shown.origin.place, Capability::PortAlias, message);
        }
        if port.exposure.value == Exposure::Public {
            let message = format!("`{}` cannot be reached from the internet", target.name);
            need(port.exposure.origin.place, Capability::Public, message);
        }
    }
    if let Some(second) = workload.ports.get(1).filter(|_| !lacking) {
        let message = format!("`{}` opens exactly one port of a program", target.name);
        need(second.node.origin.place, Capability::SeveralPorts, message);
    }
}

fn features(deployment: &Deployment<'_>, service: &model::Service, diagnostics: &mut Vec<Diagnostic>) {
    let target = &deployment.target;
    let mut need = |place: Option<Span>, capability: Capability, what: &str| {
        if let Some(place) = place.filter(|_| !target.can(capability)) {
            let message = format!("`{}` {what}", target.name);
            diagnostics.push(target.lacks(code::CAPABILITY_FEATURE, place, capability, message));
        }
    };
    need(service.args.first().map(|one| one.origin.place), Capability::Args, "gives an image no arguments");
    let metrics = service.metrics.as_ref().map(|metrics| metrics.origin.place);
    need(metrics, Capability::Scrape, "gives instances no address at which they could be scraped");
    for alias in &service.alias {
        need(Some(alias.origin.place), Capability::Alias, "knows no further names of a service");
    }
    for domain in &service.domain {
        need(Some(domain.origin.place), Capability::Domain, "leads no domain to a service");
    }
    // In an image of ours the user stands in the Dockerfile.
    let images = &deployment.context.facts.images;
    let ours = deployment.workload.image.and_then(|index| images.get(index));
    let ours = ours.is_some_and(|image| matches!(image.instructions, ImageSource::Ours(_)));
    if !ours {
        need(service.user.as_ref().map(|user| user.origin.place), Capability::User, "runs an image as its own user");
    }
    for migration in &service.migrate {
        let place = Some(migration.origin.place);
        match migration.during.value {
            model::MigrationTime::Release => {
                need(place, Capability::MigrationRelease, "runs nothing between two versions");
            }
            model::MigrationTime::Platform => {
                need(place, Capability::MigrationPlatform, "has no release step of its own");
            }
            model::MigrationTime::Start => {}
        }
    }
}

/// Variables that the platform sets itself.
fn reserved(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(facts) = deployment.target.facts else { return };
    for variable in &deployment.workload.variables {
        let name = variable.name.value.as_str();
        let taken = facts.reserved_env.iter().find(|reserved| match reserved.value.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => reserved.value == name,
        });
        let Some(taken) = taken else { continue };
        diagnostics.push(
            Diagnostic::new(
                code::NAME_COLLISION,
                variable.name.origin.place,
                format!("`{}` sets the variable `{name}` itself", deployment.target.name),
            )
            .label("taken")
            .also(deployment.target.place, format!("runs on `{}`", deployment.target.name))
            .also(taken.origin.place, "reserved here")
            .help("choose another name"),
        );
    }
}
