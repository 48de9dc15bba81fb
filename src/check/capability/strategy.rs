//! Strategies: which ways of taking over a host can do, which shares of traffic it gives, and whether it tells versions
//! apart.

use crate::check::capability::Deployment;
use crate::diag::{Diagnostic, code};
use crate::model::{self, Capability, StrategyKind};

/// Compares the strategy of a program with its host.
pub(super) fn check(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(reference) = &deployment.workload.strategy else { return };
    let strategy = deployment.setting.strategy(&reference.value);
    let Some(strategy) = strategy else { return };
    let target = &deployment.target;
    let capability = capability(strategy.kind.value);
    let volumes = deployment.workload.service(deployment.setting).is_some_and(|service| !service.volume.is_empty());
    if !target.can(capability) || (volumes && target.excepts(capability, "volume")) {
        let able: Vec<String> = StrategyKind::ALL
            .iter()
            .filter(|kind| target.can(self::capability(**kind)))
            .map(|kind| format!("`{}`", kind.word()))
            .collect();
        let message = format!("`{}` cannot release with a {} strategy", target.name, strategy.kind.value.word());
        let others = super::target::others(capability);
        diagnostics.push(
            target
                .explain(
                    Diagnostic::new(code::CAPABILITY_STRATEGY, reference.origin.place, message)
                        .label("not there")
                        .also(strategy.kind.origin.place, "the kind is chosen here"),
                    capability,
                )
                .help(format!("`{}` can do {}; {others}", target.name, able.join(", "))),
        );
        return;
    }
    shares(deployment, strategy, diagnostics);
    versions(deployment, strategy, diagnostics);
}

/// Shares of traffic that the host rounds would be others than those that were judged.
fn shares(deployment: &Deployment<'_>, strategy: &model::Strategy, diagnostics: &mut Vec<Diagnostic>) {
    let target = &deployment.target;
    let Some(limit) = target.limit("traffic-percent") else { return };
    for step in &strategy.step {
        let percent = step.weight.value.percent();
        if percent.as_count().is_some() {
            continue;
        }
        let message = format!("`{}` shares traffic by whole percents", target.name);
        diagnostics.push(
            Diagnostic::new(code::CAPABILITY_LIMIT, step.weight.origin.place, message)
                .label("cannot be given")
                .also(target.place, format!("runs on `{}`", target.name))
                .also(limit.origin.place, format!("told in {}", limit.source.value))
                .help(format!("write `weight=\"{}%\"`", percent.ceiling())),
        );
    }
}

fn capability(kind: StrategyKind) -> Capability {
    match kind {
        StrategyKind::Recreate => Capability::Recreate,
        StrategyKind::Rolling => Capability::Rolling,
        StrategyKind::BlueGreen => Capability::BlueGreen,
        StrategyKind::Canary => Capability::Canary,
        StrategyKind::Linear => Capability::Linear,
        StrategyKind::Flag => Capability::Flag,
    }
}

/// A rollback condition speaks of the new version alone.
fn versions(deployment: &Deployment<'_>, strategy: &model::Strategy, diagnostics: &mut Vec<Diagnostic>) {
    let target = &deployment.target;
    let conditions = strategy.rollback.iter().flat_map(|rollback| &rollback.when);
    let vocabulary = crate::signal::vocabulary(&deployment.context.model.declared);
    let backend = deployment.setting.observe.as_ref().and_then(|observe| observe.metrics.as_ref());
    let backend = backend.map_or(model::MetricsBackend::Prometheus, |metrics| metrics.backend.value);
    for condition in conditions {
        if !target.can(Capability::VersionMetrics) {
            let message = format!("on `{}` nothing tells the versions of a metric apart", target.name);
            let place = condition.origin.place;
            diagnostics
                .push(target.lacks(code::CAPABILITY_METRIC_VERSION, place, Capability::VersionMetrics, message).help(
                "judge the new version with `verify`, which asks it directly, or use a host that tells versions apart",
            ));
            continue;
        }
        for metric in condition.value.metrics() {
            let Some(facts) = vocabulary.find(&metric.name) else { continue };
            // That this kind of service lacks it altogether is told as such.
            if facts.is_versioned(backend) || !facts.exists_for(deployment.workload.role.value) {
                continue;
            }
            diagnostics.push(
                Diagnostic::new(
                    code::CAPABILITY_METRIC_VERSION,
                    condition.origin.place,
                    format!("`{}` is not known for one version alone in {}", metric.name, backend.word()),
                )
                .label("an error of the old version would take the new one back")
                .also(facts.place, "the metric")
                .help("judge the new version by a metric that has versions (`error_rate`, `latency.p95`), or with `verify`"),
            );
        }
    }
}
