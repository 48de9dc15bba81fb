//! Resources: who runs them where.

use crate::check::capability::maker::{self, Run};
use crate::check::capability::target::Target;
use crate::derive::Host;
use crate::diag::{Diagnostic, code};
use crate::model::{self, Capability, ResourceOrigin};
use crate::resolve::Setting;
use crate::source::Span;
use crate::standard;

/// Compares every resource of an environment with its host.
pub(super) fn check(setting: &Setting, host: &Host, target: &Target<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !target.is_known() {
        return;
    }
    for resource in &setting.resources {
        let kind = resource.kind.value;
        let Some(facts) = standard::get::<model::StdResourceKind>("resource-kind", kind.word()) else { continue };
        let managed = facts.managed.iter().any(|row| row.platform.value == target.name);
        let contained = facts.container.is_some() && target.can(Capability::ResourceContainer);
        let chosen = resource.from.as_ref().map(|from| (from.origin_arg.value, from.origin_arg.origin.place));
        let (possible, place) = match chosen {
            Some((ResourceOrigin::Platform, place)) => (managed, place),
            Some((ResourceOrigin::Container, place)) => (contained, place),
            Some((ResourceOrigin::Operator, place)) => (target.can(Capability::ResourceOperator), place),
            Some((ResourceOrigin::External, _)) => continue,
            None => (managed || contained, resource.name.origin.place),
        };
        let run = match chosen.map(|(origin, _)| origin) {
            Some(ResourceOrigin::Platform) => Some(Run::Platform),
            Some(ResourceOrigin::Container) => Some(Run::Container),
            Some(ResourceOrigin::Operator | ResourceOrigin::External) => None,
            None => Some(if managed { Run::Platform } else { Run::Container }),
        };
        // Of platforms that are not compiled yet, nobody knows what they would leave out.
        let compiled = target.facts.is_some_and(|facts| facts.depth.value == "full");
        if let Some(run) = run.filter(|_| possible && compiled && host.is_released()) {
            maker::check(target, resource, facts, run, diagnostics);
        }
        if !possible {
            let asked = chosen.map_or("platform", |(origin, _)| origin.word());
            let ways = [(managed, "`from \"platform\"`"), (contained, "`from \"container\"`")];
            let ways: Vec<&str> = ways.into_iter().filter(|(possible, _)| *possible).map(|(_, way)| way).collect();
            diagnostics.push(told(target, resource, facts, asked, &ways, place));
        }
    }
}

fn told(
    target: &Target<'_>,
    resource: &model::Resource,
    facts: &model::StdResourceKind,
    asked: &str,
    ways: &[&str],
    place: Span,
) -> Diagnostic {
    let title = &facts.title.value;
    let message = match asked {
        "container" => format!("`{}` runs no container of {title}", target.name),
        "operator" => format!("`{}` has no operators", target.name),
        _ => format!("`{}` manages no {title}", target.name),
    };
    let able: Vec<String> = match asked {
        "platform" => facts.managed.iter().map(|row| format!("`{}`", row.platform.value)).collect(),
        _ => Vec::new(),
    };
    let external = "`from \"external\" url=\"${secret.…}\"`";
    let ways: Vec<&str> = ways.iter().copied().chain([external]).collect();
    let mut help = format!("write {}", ways.join(" or "));
    if !able.is_empty() {
        help.push_str(&format!("; hosts that manage it: {}", able.join(", ")));
    }
    Diagnostic::new(code::CAPABILITY_RESOURCE, place, message)
        .label(format!("`{}` would not be there", resource.name.value))
        .also(target.place, format!("runs on `{}`", target.name))
        .also(facts.origin.place, "who manages it is told here")
        .help(help)
}
