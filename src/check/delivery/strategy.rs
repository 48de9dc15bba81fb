//! Strategies: their steps, what judges them, how fast they go back, and what they promise for a day.

use crate::check::Context;
use crate::derive::Workload;
use crate::diag::{Diagnostic, code};
use crate::model;
use crate::value::Duration;

pub(super) fn weights(strategy: &model::Strategy, diagnostics: &mut Vec<Diagnostic>) {
    let steps = &strategy.step;
    let stepped = matches!(strategy.kind.value, model::StrategyKind::Canary | model::StrategyKind::Linear);
    if !stepped {
        if let Some(step) = steps.first() {
            diagnostics.push(
                Diagnostic::new(
                    code::NAME_WRONG_PLACE,
                    step.origin.place,
                    format!("a {} strategy has no steps", strategy.kind.value.word()),
                )
                .label("means nothing here")
                .also(strategy.kind.origin.place, "the kind is chosen here")
                .help("remove the steps, or write `kind=\"canary\"`"),
            );
        }
        return;
    }
    let Some(last) = steps.last() else {
        diagnostics.push(
            Diagnostic::new(
                code::DELIVERY_WEIGHTS,
                strategy.kind.origin.place,
                format!("`{}` has no steps", strategy.name.value),
            )
            .label("moves traffic in steps")
            .help("add steps that rise to 100%, as `step weight=\"5%\" hold=\"30m\"`"),
        );
        return;
    };
    if strategy.kind.value == model::StrategyKind::Linear {
        if let Some(second) = steps.get(1) {
            diagnostics.push(
                Diagnostic::new(
                    code::DELIVERY_WEIGHTS,
                    second.origin.place,
                    "a linear strategy has one step, which is repeated",
                )
                .label("a second step")
                .help("keep one step, or write `kind=\"canary\"`"),
            );
        }
        return;
    }
    for pair in steps.windows(2) {
        if let [before, after] = pair
            && after.weight.value <= before.weight.value
        {
            diagnostics.push(
                Diagnostic::new(code::DELIVERY_WEIGHTS, after.weight.origin.place, "the weights of a canary rise")
                    .label(format!("not more than {}", before.weight.value))
                    .also(before.weight.origin.place, "the step before")
                    .help("write the steps from the smallest weight to 100%"),
            );
            return;
        }
    }
    if last.weight.value.rest().number().is_zero() {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            code::DELIVERY_WEIGHTS,
            last.weight.origin.place,
            format!("the steps of `{}` end below 100%", strategy.name.value),
        )
        .label("the last step")
        .help("add `step weight=\"100%\"` at the end"),
    );
}

pub(super) fn analysis(strategy: &model::Strategy, diagnostics: &mut Vec<Diagnostic>) {
    let stepped = matches!(strategy.kind.value, model::StrategyKind::Canary | model::StrategyKind::Linear);
    let judged = strategy.rollback.as_ref().is_some_and(|rollback| !rollback.when.is_empty());
    if stepped && !judged {
        let place = strategy.rollback.as_ref().map_or(strategy.kind.origin.place, |rollback| rollback.origin.place);
        diagnostics.push(
            Diagnostic::new(
                code::DELIVERY_NO_ANALYSIS,
                place,
                format!("nothing judges the new version between the steps of `{}`", strategy.name.value),
            )
            .label("has no condition")
            .help("add `when \"error_rate > 2% for 5m\"` to its `rollback`"),
        );
    }
}

pub(super) fn drill(context: &Context<'_>, strategy: &model::Strategy, diagnostics: &mut Vec<Diagnostic>) {
    let (Some(today), Some(drill)) = (context.today, &strategy.drill) else { return };
    let Some(last) = &drill.last else { return };
    let allowed = days(drill.every.value);
    let passed = today.days_since(last.value);
    if passed < 0 {
        diagnostics.push(
            Diagnostic::new(code::DELIVERY_OVERDUE, last.origin.place, format!("{} is still to come", last.value))
                .label(format!("the rollback of `{}` cannot have been rehearsed then", strategy.name.value))
                .help("write the day of the last rehearsal, or leave `last` out until there was one"),
        );
    }
    if passed > allowed {
        diagnostics.push(
            Diagnostic::new(
                code::DELIVERY_OVERDUE,
                last.origin.place,
                format!("the rollback of `{}` was last rehearsed {passed} days ago", strategy.name.value),
            )
            .label("the last rehearsal")
            .also(drill.every.origin.place, "promised here")
            .help("rehearse the rollback and write the new date"),
        );
    }
}

/// Whole days in a duration, rounded up.
fn days(duration: Duration) -> i64 {
    let day = 86_400_000;
    i64::try_from(duration.milliseconds().div_ceil(day)).unwrap_or(i64::MAX)
}

pub(super) fn flags(context: &Context<'_>, service: &model::Service, diagnostics: &mut Vec<Diagnostic>) {
    let Some(today) = context.today else { return };
    for flag in &service.flag {
        if let Some(date) = flag.remove_by.as_ref().filter(|date| date.value < today) {
            diagnostics.push(
                Diagnostic::new(
                    code::DELIVERY_OVERDUE,
                    date.origin.place,
                    format!("the flag `{}` should have been removed by {}", flag.name.value, date.value),
                )
                .label("this day has passed")
                .help("remove the flag from the code and from here, or decide anew until when it stays"),
            );
        }
    }
}

/// A rollback takes the platform's own time, the drain of what is served, and the start of an instance of the old version.
pub(super) fn rollback_time(
    service: &model::Service,
    workload: &Workload,
    strategy: Option<&model::Strategy>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(within) =
        strategy.and_then(|strategy| strategy.rollback.as_ref()).and_then(|rollback| rollback.within.as_ref())
    else {
        return;
    };
    let Some(platform) = crate::standard::platform(&workload.host.platform.value) else { return };
    let typical = |step: &str| {
        platform.duration.iter().find(|row| row.step.value == step).map_or(0, |row| row.typical.value.milliseconds())
    };
    let drain = service.stop.as_ref().map_or_else(|| typical("drain"), |stop| stop.grace.value.milliseconds());
    let (platform_time, start) = (typical("rollback"), typical("start"));
    let needed = platform_time + drain + start;
    if needed <= within.value.milliseconds() {
        return;
    }
    let shown = |milliseconds| Duration::from_milliseconds(milliseconds);
    diagnostics.push(
        Diagnostic::new(
            code::DELIVERY_ROLLBACK_TOO_SLOW,
            within.origin.place,
            format!("a rollback of `{}` takes longer than {}", workload.name.value, within.value),
        )
        .label(format!(
            "needs {}: {} the platform, {} to drain, {} to start",
            shown(needed),
            shown(platform_time),
            shown(drain),
            shown(start)
        ))
        .also(platform.origin.place, "the platform's times are told here")
        .help(format!("promise at least {}, or shorten the drain (`stop grace=`)", shown(needed))),
    );
}
