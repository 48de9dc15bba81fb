//! Objectives that no series can tell.

use crate::check::Context;
use crate::diag::{Diagnostic, code};
use crate::model::Sli;
use crate::signal;
use crate::value::{Duration, Number};

/// A latency is counted in the buckets of a histogram, so that what lies between two of their bounds cannot be told.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for environment in &context.facts.environments {
        let Some((_, setting)) = context.model.environments.get(environment.index) else { continue };
        for slo in &setting.slos {
            let Some(objective) = slo.objective.as_ref().filter(|one| one.sli.value == Sli::Latency) else { continue };
            let (Some(under), Some(workload)) = (&objective.under, environment.workload(&slo.service.value)) else {
                continue;
            };
            let convention = signal::convention(workload, setting);
            let bounds: Vec<Duration> = convention.buckets.iter().filter_map(|bound| seconds(&bound.value)).collect();
            if bounds.is_empty() || bounds.contains(&under.value) {
                continue;
            }
            let below = bounds.iter().rfind(|bound| **bound < under.value);
            let near = [below, bounds.iter().find(|bound| **bound > under.value)].into_iter().flatten();
            let near: Vec<String> = near.map(|bound| format!("`{bound}`")).collect();
            diagnostics.push(
                Diagnostic::new(
                    code::SIGNAL_LATENCY_BOUND,
                    under.origin.place,
                    format!("no series of `{}` tells which requests take less than {}", slo.service.value, under.value),
                )
                .label("is no bound of its histogram")
                .also(convention.origin.place, "its bounds are told here")
                .help(format!("write the nearest bound: {}", near.join(" or "))),
            );
        }
    }
}

/// A bound of a histogram, which is written in seconds.
fn seconds(bound: &str) -> Option<Duration> {
    let milliseconds = Number::decimal(bound)?.times(Number::whole(1000))?.as_count()?;
    Some(Duration::from_milliseconds(milliseconds))
}
