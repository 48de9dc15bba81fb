//! Number of instances, schedules and times: what a host starts, how often, and how long it lets things run.

use crate::check::capability::Deployment;
use crate::derive::Role;
use crate::diag::{Diagnostic, code};
use crate::model::{self, Capability};
use crate::source::{Sourced, Span};
use crate::value::Duration;

/// Compares scaling, schedule and times of a service with its host.
pub(super) fn check(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let setting = deployment.setting;
    if let Some(task) = deployment.workload.task(setting) {
        time(deployment, "job-timeout", task.timeout.as_ref(), "a job", diagnostics);
    }
    let Some(service) = deployment.workload.service(setting) else { return };
    if let Some(scale) = &service.scale {
        instances(deployment, scale, diagnostics);
    }
    if let Some(schedule) = service.schedule.as_ref().filter(|_| deployment.workload.role.value == Role::Cron) {
        runs(deployment, schedule, diagnostics);
    }
    if let Some(stop) = &service.stop {
        if deployment.target.can(Capability::StopGrace) {
            time(deployment, "stop-grace", Some(&stop.grace), "a stop", diagnostics);
        } else {
            let message = format!("`{}` waits for nothing when it stops an instance", deployment.target.name);
            let place = stop.grace.origin.place;
            diagnostics.push(deployment.target.lacks(code::CAPABILITY_LIMIT, place, Capability::StopGrace, message));
        }
    }
}

fn instances(deployment: &Deployment<'_>, scale: &model::Scale, diagnostics: &mut Vec<Diagnostic>) {
    let (target, name) = (&deployment.target, deployment.target.name);
    let least = scale.min.value.get();
    let most = scale.max.as_ref().map_or(least, |max| max.value.get());
    let role = deployment.workload.role.value.word();
    let volumes = deployment.workload.service(deployment.setting).is_some_and(|service| !service.volume.is_empty());
    let mut lacks = |place: Span, capability: Capability, message: String| {
        diagnostics.push(target.lacks(code::CAPABILITY_SCALE, place, capability, message));
    };
    let barred = |capability: Capability| {
        !target.can(capability) || target.excepts(capability, role) || (volumes && target.excepts(capability, "volume"))
    };
    if most > least.max(1) {
        let place = scale.max.as_ref().map_or(scale.origin.place, |max| max.origin.place);
        if barred(Capability::Scale) {
            lacks(place, Capability::Scale, format!("`{name}` does not choose the number of instances of a {role}"));
            return;
        }
    } else if most > 1 && barred(Capability::ScaleFixed) {
        lacks(scale.min.origin.place, Capability::ScaleFixed, format!("`{name}` runs one instance of a {role}"));
        return;
    }
    if least == 0 && barred(Capability::ScaleToZero) {
        lacks(scale.min.origin.place, Capability::ScaleToZero, format!("`{name}` always runs an instance of a {role}"));
        return;
    }
    match &scale.when {
        Some(when) if most > least.max(1) => signal(deployment, when, diagnostics),
        Some(when) => diagnostics.push(
            Diagnostic::new(code::NAME_WRONG_PLACE, when.origin.place, "a fixed number of instances scales on nothing")
                .label("means nothing here")
                .also(scale.max.as_ref().map_or(scale.origin.place, |max| max.origin.place), "never more than these")
                .help("write `max=` above `min=`, or remove `when=`"),
        ),
        None => {}
    }
    count(deployment, "instances", scale.max.as_ref().unwrap_or(&scale.min), diagnostics);
}

/// The signal that adds instances.
fn signal(
    deployment: &Deployment<'_>,
    when: &Sourced<crate::syntax::expression::Condition>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let target = &deployment.target;
    let place = when.origin.place;
    for metric in when.value.metrics() {
        let capability = match metric.name.as_str() {
            "saturation.cpu" => Some(Capability::ScaleCpu),
            "saturation.memory" => Some(Capability::ScaleMemory),
            "traffic" => Some(Capability::ScaleRequests),
            _ => None,
        };
        match capability {
            Some(capability) if !target.can(capability) => {
                let message = format!("`{}` does not scale on `{}`", target.name, metric.name);
                diagnostics.push(target.lacks(code::CAPABILITY_SCALE, place, capability, message));
            }
            None if crate::signal::vocabulary(&deployment.context.model.declared).find(&metric.name).is_some() => {
                diagnostics.push(
                    Diagnostic::new(
                        code::CAPABILITY_SCALE,
                        place,
                        format!("`{}` does not scale on `{}`", target.name, metric.name),
                    )
                    .label("no host measures it to start instances")
                    .also(target.place, format!("runs on `{}`", target.name))
                    .help("scale on `saturation.cpu`, `saturation.memory` or `traffic`"),
                );
            }
            Some(_) | None => {}
        }
    }
}

fn runs(deployment: &Deployment<'_>, schedule: &model::Schedule, diagnostics: &mut Vec<Diagnostic>) {
    let target = &deployment.target;
    match schedule.overlap.value {
        model::Overlap::Forbid => forbid(deployment, schedule, diagnostics),
        model::Overlap::Replace if !target.can(Capability::OverlapReplace) => {
            let message = format!("`{}` does not stop a run for the next one", target.name);
            let place = schedule.overlap.origin.place;
            diagnostics.push(target.lacks(code::CAPABILITY_OVERLAP, place, Capability::OverlapReplace, message));
        }
        model::Overlap::Replace | model::Overlap::Allow => {}
    }
    if let Some(timeout) = &schedule.timeout {
        if target.can(Capability::JobTimeout) {
            time(deployment, "job-timeout", Some(timeout), "a run", diagnostics);
        } else {
            let message = format!("`{}` does not cut off a run", target.name);
            diagnostics.push(target.lacks(
                code::CAPABILITY_LIMIT,
                timeout.origin.place,
                Capability::JobTimeout,
                message,
            ));
        }
    }
    if schedule.tries.value.get() > 1
        && let Some(limit) = target.limit("job-retries")
        && let Some(most) = limit.max.as_ref().and_then(|max| max.value.parse::<u64>().ok())
        && schedule.tries.value.get() - 1 > most
    {
        diagnostics.push(beyond(deployment, limit, schedule.tries.origin.place, &(most + 1).to_string(), "tries"));
    }
}

/// Two runs are kept apart by the platform, or because each is over before the next.
fn forbid(deployment: &Deployment<'_>, schedule: &model::Schedule, diagnostics: &mut Vec<Diagnostic>) {
    let target = &deployment.target;
    if target.support(Capability::OverlapForbid) == Some(model::PlatformSupport::Native) {
        return;
    }
    let period = schedule.when.value.minimum_period();
    let place = schedule.overlap.origin.place;
    let default = target.limit("job-timeout").and_then(|limit| limit.default.as_ref());
    let default = default.and_then(|text| Duration::parse(&text.value).ok());
    let timeout = schedule.timeout.as_ref().map(|timeout| timeout.value).or(default);
    let tries = schedule.tries.value.get().max(1);
    let longest = timeout.map(|timeout| Duration::from_milliseconds(timeout.milliseconds().saturating_mul(tries)));
    if longest.is_some_and(|longest| longest < period) {
        return;
    }
    let label = match longest {
        Some(longest) => format!("a run may take {longest}, and the next one starts after {period}"),
        None => "nothing ends a run before the next one starts".to_owned(),
    };
    let diagnostic = Diagnostic::new(
        code::CAPABILITY_OVERLAP,
        place,
        format!("`{}` cannot keep two runs of `{}` apart", target.name, deployment.workload.name.value),
    )
    .label(label)
    .also(schedule.when.origin.place, "when it starts");
    diagnostics.push(
        target
            .explain(diagnostic, Capability::OverlapForbid)
            .help(format!("write a `timeout=` that is below {period} with all its tries, or run it less often")),
    );
}

fn time(
    deployment: &Deployment<'_>,
    name: &str,
    written: Option<&Sourced<Duration>>,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (Some(written), Some(limit)) = (written, deployment.target.limit(name)) else { return };
    let most = limit.max.as_ref().and_then(|max| Duration::parse(&max.value).ok());
    if let Some(most) = most.filter(|most| written.value > *most) {
        diagnostics.push(beyond(deployment, limit, written.origin.place, &most.to_string(), what));
    }
}

fn count(
    deployment: &Deployment<'_>,
    name: &str,
    written: &Sourced<crate::value::Count>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(limit) = deployment.target.limit(name) else { return };
    let most = limit.max.as_ref().and_then(|max| max.value.parse::<u64>().ok());
    if let Some(most) = most.filter(|most| written.value.get() > *most) {
        diagnostics.push(beyond(deployment, limit, written.origin.place, &most.to_string(), name));
    }
}

fn beyond(
    deployment: &Deployment<'_>,
    limit: &model::StdPlatformLimit,
    place: Span,
    most: &str,
    what: &str,
) -> Diagnostic {
    let name = deployment.target.name;
    Diagnostic::new(code::CAPABILITY_LIMIT, place, format!("`{name}` allows at most {most} for {what}"))
        .label("beyond the limit")
        .also(deployment.target.place, format!("runs on `{name}`"))
        .also(limit.origin.place, format!("told in {}", limit.source.value))
        .help(format!("write `{most}` or less, or choose a host that allows more"))
}
