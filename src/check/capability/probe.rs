//! Probes: which checks a host can make, and how often.

use crate::check::capability::Deployment;
use crate::derive::Protocol;
use crate::diag::{Diagnostic, code};
use crate::model::{self, Capability};
use crate::value::Duration;

/// Compares every probe of a service with its host.
pub(super) fn check(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(service) = deployment.workload.service(deployment.setting) else { return };
    let of_service =
        [(&service.health, Capability::Health), (&service.ready, Capability::Ready), (&service.live, Capability::Live)];
    let main = deployment.workload.main_port().map(|port| port.protocol);
    let mut probes: Vec<(&model::Probe, Capability, Option<Protocol>)> = Vec::new();
    for (probe, capability) in of_service {
        probes.extend(probe.as_ref().map(|probe| (probe, capability, main)));
    }
    for port in &deployment.workload.ports {
        let node = &port.node;
        let of_port =
            [(&node.health, Capability::Health), (&node.ready, Capability::Ready), (&node.live, Capability::Live)];
        for (probe, capability) in of_port {
            probes.extend(probe.as_ref().map(|probe| (probe, capability, Some(port.protocol))));
        }
    }
    for (probe, purpose, protocol) in probes {
        one(deployment, probe, purpose, protocol, diagnostics);
    }
}

fn one(
    deployment: &Deployment<'_>,
    probe: &model::Probe,
    purpose: Capability,
    protocol: Option<Protocol>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let target = &deployment.target;
    let (way, place) = match (&probe.run, &probe.path, protocol) {
        (Some(run), _, _) => (Capability::ProbeCommand, run.origin.place),
        (None, Some(path), _) => (Capability::ProbeHttp, path.origin.place),
        (None, None, Some(Protocol::Http)) => (Capability::ProbeHttp, probe.origin.place),
        (None, None, Some(Protocol::Grpc)) => (Capability::ProbeGrpc, probe.origin.place),
        (None, None, Some(Protocol::Tcp)) => (Capability::ProbeTcp, probe.origin.place),
        (None, None, None) => {
            diagnostics.push(
                Diagnostic::new(code::NAME_MISSING, probe.origin.place, "this probe asks nothing")
                    .label("there is no port to ask")
                    .help("write a command that tells: `health run=\"…\"`"),
            );
            return;
        }
    };
    let header = probe.header.first().map(|header| (Capability::ProbeHeader, header.origin.place));
    let lacking = [Some((purpose, probe.origin.place)), Some((way, place)), header]
        .into_iter()
        .flatten()
        .find(|(capability, _)| !target.can(*capability));
    if let Some((capability, place)) = lacking {
        let known: Vec<&str> = [
            (Capability::ProbeHttp, "HTTP"),
            (Capability::ProbeTcp, "TCP"),
            (Capability::ProbeGrpc, "gRPC"),
            (Capability::ProbeCommand, "a command"),
        ]
        .into_iter()
        .filter(|(capability, _)| target.can(*capability))
        .map(|(_, word)| word)
        .collect();
        let message = match known.as_slice() {
            [] => format!("`{}` makes no checks", target.name),
            known => format!("`{}` cannot do this check; it knows {}", target.name, known.join(", ")),
        };
        diagnostics.push(target.lacks(code::CAPABILITY_PROBE, place, capability, message));
        return;
    }
    let times = [("probe-period", &probe.interval), ("probe-timeout", &probe.timeout)];
    for (name, written) in times {
        let Some(limit) = target.limit(name) else { continue };
        let milliseconds = written.value.milliseconds();
        let bound = |text: &Option<crate::source::Sourced<String>>| {
            text.as_ref().and_then(|text| Duration::parse(&text.value).ok())
        };
        let below = bound(&limit.min).filter(|least| milliseconds < least.milliseconds());
        let above = bound(&limit.max).filter(|most| milliseconds > most.milliseconds());
        let Some(nearest) = below.or(above) else { continue };
        diagnostics.push(
            Diagnostic::new(
                code::CAPABILITY_LIMIT,
                written.origin.place,
                format!(
                    "`{}` checks with {nearest} {}",
                    target.name,
                    if below.is_some() { "or more" } else { "or less" }
                ),
            )
            .label("beyond the limit")
            .also(target.place, format!("runs on `{}`", target.name))
            .also(limit.origin.place, format!("told in {}", limit.source.value))
            .help(format!("write `{nearest}`")),
        );
    }
}
