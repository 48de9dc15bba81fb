//! Delivery: how a change reaches an environment, who agrees, how it is judged and taken back.

use crate::check::Context;
use crate::derive::{EnvironmentFacts, Tier, Workload};
use crate::diag::{Diagnostic, code};
use crate::model;
use crate::source::Sourced;
use crate::value::Duration;

/// Judges environments, strategies and migrations.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    promotion_cycle(context, diagnostics);
    for strategy in &context.model.declared.strategies {
        weights(strategy, diagnostics);
        analysis(strategy, diagnostics);
        drill(context, strategy, diagnostics);
    }
    for service in &context.model.declared.services {
        flags(context, service, diagnostics);
    }
    for environment in &context.facts.environments {
        let Some((node, setting)) = context.model.environments.get(environment.index) else { continue };
        two_triggers(node, diagnostics);
        tier(environment, diagnostics);
        if environment.tier.value == Tier::Production {
            production(context, environment, node, diagnostics);
        }
        for workload in &environment.workloads {
            let strategy = workload
                .strategy
                .as_ref()
                .and_then(|name| setting.strategies.iter().find(|one| one.name.value == name.value));
            if let Some(service) = workload.service(setting) {
                migrations(service, workload, strategy, diagnostics);
                rollback_time(service, workload, strategy, diagnostics);
            }
        }
    }
    job_cycle(context.model.pipeline.as_ref(), diagnostics);
}

fn two_triggers(environment: &model::Environment, diagnostics: &mut Vec<Diagnostic>) {
    if let (Some(trigger), Some(promote)) = (environment.trigger.first(), &environment.promote) {
        diagnostics.push(
            Diagnostic::new(
                code::DELIVERY_TWO_TRIGGERS,
                promote.origin.place,
                format!("`{}` has both a trigger and a promotion", environment.name.value),
            )
            .label("takes over what was verified elsewhere")
            .also(trigger.origin.place, "is released by itself")
            .help("remove one of the two"),
        );
    }
}

fn tier(environment: &EnvironmentFacts, diagnostics: &mut Vec<Diagnostic>) {
    if environment.tier.origin.rule == "an environment of unknown tier is production" {
        diagnostics.push(
            Diagnostic::new(
                code::DELIVERY_TIER_ASSUMED,
                environment.name.origin.place,
                format!("`{}` is taken as production", environment.name.value),
            )
            .label("the name tells no tier")
            .help("write `tier=\"production\"`, `\"staging\"` or `\"dev\"` behind the name"),
        );
    }
}

/// Environments that are promoted from each other in a circle; each circle is told once, at its first member.
fn promotion_cycle(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let from = |name: &str| {
        context.facts.environment(name).and_then(|one| one.promotion.as_ref()).map(|promotion| &promotion.from)
    };
    let mut told: Vec<String> = Vec::new();
    for environment in &context.facts.environments {
        let start = environment.name.value.as_str();
        let mut steps: Vec<&Sourced<String>> = Vec::new();
        let mut at = start;
        while let Some(next) = from(at).filter(|_| steps.len() <= context.facts.environments.len()) {
            steps.push(next);
            at = next.value.as_str();
            if at == start {
                break;
            }
        }
        let members: Vec<String> = steps.iter().map(|step| step.value.clone()).collect();
        if at != start || steps.is_empty() || told.iter().any(|name| members.contains(name)) {
            continue;
        }
        let Some((last, others)) = steps.split_last() else { continue };
        let mut diagnostic =
            Diagnostic::new(code::DELIVERY_PROMOTION_CYCLE, last.origin.place, "these promotions go in a circle")
                .label("leads back to the start");
        for step in others {
            diagnostic = diagnostic.also(step.origin.place, "promoted from here");
        }
        diagnostics
            .push(diagnostic.help("give the first environment of the chain a `trigger` instead of its `promote`"));
        told.extend(members);
    }
}

fn weights(strategy: &model::Strategy, diagnostics: &mut Vec<Diagnostic>) {
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

fn analysis(strategy: &model::Strategy, diagnostics: &mut Vec<Diagnostic>) {
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

fn drill(context: &Context<'_>, strategy: &model::Strategy, diagnostics: &mut Vec<Diagnostic>) {
    let (Some(today), Some(drill)) = (context.today, &strategy.drill) else { return };
    let Some(last) = &drill.last else { return };
    let allowed = days(drill.every.value);
    let passed = today.days_since(last.value);
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

fn flags(context: &Context<'_>, service: &model::Service, diagnostics: &mut Vec<Diagnostic>) {
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

fn production(
    context: &Context<'_>,
    environment: &EnvironmentFacts,
    node: &model::Environment,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let name = &environment.name;
    let approved = environment.promotion.as_ref().is_some_and(|promotion| promotion.approval.is_some());
    if !approved {
        let place = node.promote.as_ref().map_or(name.origin.place, |promote| promote.origin.place);
        diagnostics.push(
            Diagnostic::new(
                code::DELIVERY_NO_APPROVAL,
                place,
                format!("`{}` is released without anybody's approval", name.value),
            )
            .label("nobody must agree")
            .help(match &node.promote {
                Some(promote) if promote.approve.is_some() => "say how many must agree, and who",
                Some(_) => "add `{ approve by=\"acme/release\" count=1 }` to its `promote`",
                None => {
                    "write `promote from=\"staging\" { approve by=\"acme/release\" count=1 }` instead of its trigger"
                }
            }),
        );
    }
    let scanned = context.model.pipeline.as_ref().is_some_and(|pipeline| !pipeline.scan.is_empty());
    if !scanned {
        diagnostics.push(
            Diagnostic::new(
                code::DELIVERY_NO_SCAN,
                name.origin.place,
                format!("what reaches `{}` is not scanned", name.value),
            )
            .label("production")
            .help("add `pipeline \"github\" { scan \"dependencies\" \"secrets\" \"container\" }`"),
        );
    }
    let Some((_, setting)) = context.model.environments.get(environment.index) else { return };
    for workload in environment.workloads.iter().filter(|workload| workload.role.value.takes_traffic()) {
        let strategy = workload
            .strategy
            .as_ref()
            .and_then(|name| setting.strategies.iter().find(|one| one.name.value == name.value));
        let place = strategy.map_or(workload.name.origin.place, |strategy| strategy.name.origin.place);
        if strategy.is_none_or(|strategy| strategy.rollback.is_none()) {
            diagnostics.push(
                Diagnostic::new(
                    code::DELIVERY_NO_ROLLBACK,
                    place,
                    format!("`{}` has no rollback in `{}`", workload.name.value, name.value),
                )
                .label("nothing says when and how fast it is taken back")
                .help("add `rollback within=\"15m\" { when \"error_rate > 2% for 5m\" }` to its strategy"),
            );
        }
        let probed = workload.ports.iter().any(|port| port.node.health.is_some())
            || workload.service(setting).is_some_and(|service| service.health.is_some());
        if !probed && strategy.is_none_or(|strategy| strategy.verify.is_empty()) {
            diagnostics.push(
                Diagnostic::new(
                    code::DELIVERY_NO_VERIFICATION,
                    workload.name.origin.place,
                    format!("nothing verifies a release of `{}` in `{}`", workload.name.value, name.value),
                )
                .label("has no health check")
                .help("add `health \"/…\"` to its port, or a `verify` to its strategy"),
            );
        }
    }
}

fn migrations(
    service: &model::Service,
    workload: &Workload,
    strategy: Option<&model::Strategy>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for migration in &service.migrate {
        let recreates = match strategy {
            Some(strategy) => strategy.kind.value == model::StrategyKind::Recreate,
            None => workload.host.recreates(),
        };
        if migration.pattern.value == model::MigrationPattern::Offline && !recreates {
            let mut diagnostic = Diagnostic::new(
                code::DELIVERY_MIGRATION_STRATEGY,
                migration.pattern.origin.place,
                format!("the offline migration `{}` needs a moment in which nothing runs", migration.name.value),
            )
            .label("no version may use the database meanwhile");
            if let Some(strategy) = strategy {
                diagnostic = diagnostic.also(
                    strategy.kind.origin.place,
                    format!("`{}` runs both versions at once", strategy.kind.value.word()),
                );
            }
            diagnostics.push(diagnostic.help(format!(
                "use pattern `expand-contract`, or release `{}` with a strategy of kind `recreate`",
                workload.name.value
            )));
        }
        let prepared = migration.down.is_some() || (migration.irreversible.value && migration.runbook.is_some());
        let ours = migration.during.value == model::MigrationTime::Release;
        if ours && !prepared {
            diagnostics.push(
                Diagnostic::new(
                    code::DELIVERY_IRREVERSIBLE,
                    migration.origin.place,
                    format!("the migration `{}` cannot be taken back", migration.name.value),
                )
                .label("has no `down`")
                .help("add `down=\"…\"`, or `irreversible=#true runbook=\"…\"`"),
            );
        }
    }
}

/// A rollback takes the platform's own time, the drain of what is served, and the start of an instance of the old version.
fn rollback_time(
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

fn job_cycle(pipeline: Option<&model::Pipeline>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(pipeline) = pipeline else { return };
    let jobs: Vec<&model::Job> = pipeline.job.iter().collect();
    for (at, job) in jobs.iter().enumerate() {
        let mut trail: Vec<&Sourced<String>> = Vec::new();
        if leads_back(&jobs, job, &job.name.value, &mut trail, &mut Vec::new())
            && !jobs.iter().take(at).any(|earlier| trail.iter().any(|step| step.value == earlier.name.value))
            && let Some((last, others)) = trail.split_last()
        {
            let mut diagnostic =
                Diagnostic::new(code::DELIVERY_JOB_CYCLE, last.origin.place, "these jobs wait for each other")
                    .label("leads back to the start");
            for step in others {
                diagnostic = diagnostic.also(step.origin.place, "waits for this");
            }
            diagnostics.push(diagnostic.help("remove the `needs` that is not meant"));
        }
    }
}

fn leads_back<'a>(
    jobs: &[&'a model::Job],
    job: &'a model::Job,
    start: &str,
    trail: &mut Vec<&'a Sourced<String>>,
    seen: &mut Vec<&'a str>,
) -> bool {
    for need in &job.needs {
        trail.push(need);
        if need.value == start {
            return true;
        }
        if !seen.contains(&need.value.as_str()) {
            seen.push(&need.value);
            if let Some(next) = jobs.iter().find(|next| next.name.value == need.value)
                && leads_back(jobs, next, start, trail, seen)
            {
                return true;
            }
        }
        trail.pop();
    }
    false
}
