//! Probes: health becomes startup and liveness, ready becomes readiness, all within the platform's bounds.

use crate::artifact::{Tree, int, map};
use crate::derive::{Port, Protocol};
use crate::model;
use crate::value::Duration;

use super::site::Site;
use super::variable::literal;

/// The longest that a start may take, in seconds.
const STARTUP_SECONDS: u64 = 240;

/// Adds the probes of a workload to its container.
pub(super) fn add(site: &Site<'_>, container: Tree) -> Tree {
    let Some(port) = site.workload.main_port() else { return container };
    let service = site.workload.service(site.setting);
    let health = port.node.health.as_ref().or_else(|| service.and_then(|service| service.health.as_ref()));
    let ready = port.node.ready.as_ref().or_else(|| service.and_then(|service| service.ready.as_ref()));
    let live = port.node.live.as_ref().or_else(|| service.and_then(|service| service.live.as_ref())).or(health);
    let asked = |probe: &&model::Probe| probe.run.is_none();
    // A service without a check of its own still must listen before it gets requests.
    let start = health.filter(asked).map(|probe| startup(port, probe));
    let live = live.filter(asked).filter(|_| port.protocol != Protocol::Tcp).map(|probe| repeated(port, probe));
    let ready = ready.filter(asked).filter(|_| port.protocol != Protocol::Tcp).map(|probe| repeated(port, probe));
    container.put_some("startupProbe", start).put_some("livenessProbe", live).put_some("readinessProbe", ready)
}

/// As many tries as fit into the grace of a start.
fn startup(port: &Port, probe: &model::Probe) -> Tree {
    let period = seconds(probe.interval.value).min(STARTUP_SECONDS);
    let grace = seconds(probe.grace.value).min(STARTUP_SECONDS);
    let tries = grace.div_ceil(period).min(STARTUP_SECONDS / period).max(1);
    timed(check(port, probe), probe, period)
        .put("failureThreshold", Tree::from(tries).at(&probe.grace.origin))
        .at(&probe.origin)
}

fn repeated(port: &Port, probe: &model::Probe) -> Tree {
    timed(check(port, probe), probe, seconds(probe.interval.value))
        .put("failureThreshold", Tree::from(probe.failures.value.get()).at(&probe.failures.origin))
        .at(&probe.origin)
}

fn timed(tree: Tree, probe: &model::Probe, period: u64) -> Tree {
    tree.put("periodSeconds", Tree::from(period).at(&probe.interval.origin))
        .put("timeoutSeconds", Tree::from(seconds(probe.timeout.value)).at(&probe.timeout.origin))
}

fn seconds(duration: Duration) -> u64 {
    duration.seconds().max(1)
}

fn check(port: &Port, probe: &model::Probe) -> Tree {
    let number = int(i64::from(port.port.value)).at(&port.port.origin);
    match port.protocol {
        Protocol::Grpc => map().put("grpc", map().put("port", number)),
        Protocol::Tcp => map().put("tcpSocket", map().put("port", number)),
        Protocol::Http => {
            let path = probe.path.as_ref();
            let shown = path.map_or_else(|| "/".to_owned(), |path| literal(&path.value));
            let path = Tree::from(shown).at(path.map_or(&probe.origin, |path| &path.origin));
            let headers = probe.header.iter().map(|header| {
                map()
                    .put("name", literal(&header.name.value))
                    .put("value", literal(&header.value.value))
                    .at(&header.origin)
            });
            let headers: Tree = headers.collect::<Vec<_>>().into();
            map().put("httpGet", map().put("path", path).put("port", number).put_filled("httpHeaders", headers))
        }
    }
}
