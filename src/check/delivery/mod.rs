//! Delivery: how a change reaches an environment, who agrees, how it is judged and taken back.

mod strategy;

use crate::check::Context;
use crate::derive::{EnvironmentFacts, Tier, Workload};
use crate::diag::{Diagnostic, code};
use crate::model;
use crate::resolve::Setting;
use crate::source::Sourced;
use crate::standard;
use strategy::{analysis, drill, flags, rollback_time, weights};

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
            let strategy = workload.strategy.as_ref().and_then(|name| setting.strategy(&name.value));
            if let Some(service) = workload.service(setting) {
                migrations(service, workload, strategy, diagnostics);
                changed(service, setting, diagnostics);
                rollback_time(service, workload, strategy, diagnostics);
            }
        }
    }
    job_cycle(context.model.pipeline.as_ref(), diagnostics);
}

/// A migration changes a database that its tool knows.
fn changed(service: &model::Service, setting: &Setting, diagnostics: &mut Vec<Diagnostic>) {
    for migration in &service.migrate {
        let Some(resource) = setting.resource(&migration.for_.value) else {
            continue;
        };
        let tool = standard::get::<model::StdMigrationTool>("migration-tool", migration.tool.value.word());
        let Some(tool) = tool.filter(|tool| !tool.changes.is_empty()) else { continue };
        if tool.changes.iter().any(|kind| kind.value == resource.kind.value) {
            continue;
        }
        let kinds: Vec<&str> = tool.changes.iter().map(|kind| kind.value.word()).collect();
        diagnostics.push(
            Diagnostic::new(
                code::NAME_WRONG_PLACE,
                migration.for_.origin.place,
                format!(
                    "`{}` is a {}, which {} does not change",
                    resource.name.value,
                    resource.kind.value.word(),
                    tool.title.value
                ),
            )
            .label("means nothing here")
            .also(resource.kind.origin.place, "its kind")
            .help(format!("name a database that it changes ({}), or another `tool`", kinds.join(", "))),
        );
    }
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

fn production(
    context: &Context<'_>,
    environment: &EnvironmentFacts,
    node: &model::Environment,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let name = &environment.name;
    let approved = environment.promotion.as_ref().is_some_and(|promotion| promotion.approval.is_some());
    if !approved {
        let place = node.promote.as_ref().map_or(node.origin.place, |promote| promote.origin.place);
        let message = format!("`{}` is released without anybody's approval", name.value);
        let diagnostic = Diagnostic::new(code::DELIVERY_NO_APPROVAL, place, message).label("nobody must agree");
        let diagnostic = match &node.promote {
            Some(_) => diagnostic.also(node.origin.place, "production"),
            None => diagnostic,
        };
        diagnostics.push(diagnostic.help(match &node.promote {
            Some(promote) if promote.approve.is_some() => "say how many must agree, and who",
            Some(_) => "add `{ approve by=\"acme/release\" count=1 }` to its `promote`",
            None => "write `promote from=\"staging\" { approve by=\"acme/release\" count=1 }` instead of its trigger",
        }));
    }
    let scanned = context.model.pipeline.as_ref().is_some_and(|pipeline| !pipeline.scan.is_empty());
    if !scanned {
        diagnostics.push(
            Diagnostic::new(
                code::DELIVERY_NO_SCAN,
                node.origin.place,
                format!("what reaches `{}` is not scanned", name.value),
            )
            .label("production")
            .help("add `pipeline \"github\" { scan \"dependencies\" \"secrets\" \"container\" }`"),
        );
    }
    let Some((_, setting)) = context.model.environments.get(environment.index) else { return };
    for workload in environment.workloads.iter().filter(|workload| workload.role.value.takes_traffic()) {
        let strategy = workload.strategy.as_ref().and_then(|name| setting.strategy(&name.value));
        // A strategy that there is not is told where it is named.
        if workload.strategy.is_some() && strategy.is_none() {
            continue;
        }
        let place = strategy.map_or(workload.name.origin.place, |strategy| strategy.name.origin.place);
        if strategy.is_none_or(|strategy| strategy.rollback.is_none()) {
            diagnostics.push(
                Diagnostic::new(
                    code::DELIVERY_NO_ROLLBACK,
                    place,
                    format!("`{}` has no rollback in `{}`", workload.name.value, name.value),
                )
                .label("nothing says when and how fast it is taken back")
                .also(node.origin.place, "production")
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
                .also(node.origin.place, "production")
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
