//! Nodes that mean nothing where they stand, that exclude each other, or that need one another.

use crate::check::Context;
use crate::derive::Role;
use crate::diag::{Code, Diagnostic, code};
use crate::model;
use crate::source::{Origin, Span};

/// Judges combinations inside of single declarations.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut judge = Judge { diagnostics };
    for var in &context.model.declared.vars {
        judge.var(var);
    }
    for service in &context.model.declared.services {
        judge.service(service);
    }
    for task in &context.model.declared.tasks {
        judge.program(&task.name.value, task.source.as_ref().map(|one| &one.origin), task.image.as_ref());
        task.file.iter().for_each(|file| judge.file(file));
    }
    for (_, setting) in &context.model.environments {
        setting.services.iter().for_each(|service| judge.merged(service));
        setting.resources.iter().for_each(|resource| judge.resource(resource));
    }
    context.model.declared.resources.iter().for_each(|resource| judge.resource(resource));
    for strategy in &context.model.declared.strategies {
        strategy.verify.iter().for_each(|verify| judge.verify(verify));
    }
    context.model.declared.slos.iter().for_each(|slo| judge.slo(slo));
    for (environment, _) in &context.model.environments {
        judge.environment(context, environment);
    }
    judge.jobs(context.model.pipeline.as_ref());
    judge.start(context);
}

struct Judge<'d> {
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Judge<'_> {
    fn misplaced(&mut self, place: Span, message: String, because: (Span, &str), help: &str) {
        let mut diagnostic = Diagnostic::new(code::NAME_WRONG_PLACE, place, message).label("means nothing here");
        if because.0 != place {
            diagnostic = diagnostic.also(because.0, because.1);
        }
        self.diagnostics.push(diagnostic.help(help));
    }

    fn exclusive(&mut self, first: &Origin, second: &Origin, message: String, help: &str) {
        let (early, late) = if first.place.start <= second.place.start { (first, second) } else { (second, first) };
        self.diagnostics.push(
            Diagnostic::new(code::TYPE_EXCLUSIVE, late.place, message)
                .label("and this one")
                .also(early.place, "this one")
                .help(help),
        );
    }

    /// What a node lacks, by the names under which it could be there.
    fn missing(&mut self, code: Code, place: Span, message: String, (lacks, help): (&[&str], &str)) {
        let diagnostic = Diagnostic::new(code, place, message).label("incomplete").help(help);
        self.diagnostics.push(diagnostic.lacks(lacks.iter().copied()));
    }

    fn var(&mut self, var: &model::Var) {
        match (&var.value, &var.from) {
            (Some(value), Some(from)) => self.exclusive(
                &value.origin,
                &from.origin,
                format!("`{}` has a value and is read from the CI service", var.name.value),
                "keep the value, or `from=`",
            ),
            (None, None) => self.missing(
                code::TYPE_MISSING_ARGUMENT,
                var.name.origin.place,
                format!("`{}` has no value", var.name.value),
                (&["from"], "write the value behind the name, or `from=\"github\"`"),
            ),
            _ => {}
        }
    }

    fn program(&mut self, name: &str, source: Option<&Origin>, image: Option<&model::Image>) {
        let Some(image) = image else { return };
        if let Some(source) = source {
            self.exclusive(
                source,
                &image.origin,
                format!("`{name}` is built from its source and runs a ready image"),
                "keep the `source` or the `image`",
            );
        }
        match (&image.reference, &image.service) {
            (Some(reference), Some(service)) => self.exclusive(
                &reference.origin,
                &service.origin,
                format!("`{name}` runs an image of a registry and that of another service"),
                "keep the image or `service=`",
            ),
            (None, None) => self.missing(
                code::TYPE_MISSING_ARGUMENT,
                image.origin.place,
                "`image` names no image".to_owned(),
                (&["service"], "write an image with its tag, or `service=\"…\"`"),
            ),
            _ => {}
        }
    }

    fn service(&mut self, service: &model::Service) {
        let name = &service.name.value;
        self.program(name, service.source.as_ref().map(|one| &one.origin), service.image.as_ref());
        if let (Some(image), Some(build)) = (&service.image, &service.build) {
            let because = (image.origin.place, "the image is ready");
            self.misplaced(
                build.origin.place,
                format!("`{name}` is not built, so `build` means nothing"),
                because,
                "remove `build`, or build from a `source`",
            );
        }
        service.file.iter().for_each(|file| self.file(file));
        for migration in &service.migrate {
            let ours = migration.during.value == model::MigrationTime::Release;
            if ours && migration.tool.value == model::MigrationTool::Custom && migration.up.is_none() {
                self.missing(
                    code::TYPE_MISSING_PROPERTY,
                    migration.origin.place,
                    format!("the migration `{}` has no command", migration.name.value),
                    (&["tool", "up"], "name a tool (`tool=\"alembic\"`), or write `up=\"…\"`"),
                );
            }
        }
        let mut numbers: Vec<(u64, Span)> = Vec::new();
        for port in service.http.iter().chain(&service.grpc).chain(&service.tcp) {
            let number = port.port.value.get();
            match numbers.iter().find(|(known, _)| *known == number) {
                Some((_, first)) => self.diagnostics.push(
                    Diagnostic::new(
                        code::NAME_DUPLICATE,
                        port.port.origin.place,
                        format!("`{name}` listens twice on port {number}"),
                    )
                    .label("again here")
                    .also(*first, "first here")
                    .help("give each port a number of its own"),
                ),
                None => numbers.push((number, port.port.origin.place)),
            }
        }
        for port in &service.tcp {
            self.path(port, "TCP");
        }
        for port in &service.grpc {
            self.path(port, "gRPC");
        }
    }

    /// Only HTTP has paths.
    fn path(&mut self, port: &model::Port, protocol: &str) {
        for probe in [&port.health, &port.ready, &port.live].into_iter().flatten() {
            if let Some(path) = &probe.path {
                self.misplaced(
                    path.origin.place,
                    format!("{protocol} has no paths"),
                    (port.origin.place, "the port"),
                    "remove the path: the check is one of the protocol",
                );
            }
        }
    }

    fn file(&mut self, file: &model::File) {
        match (&file.from, &file.value) {
            (Some(from), Some(value)) => self.exclusive(
                &from.origin,
                &value.origin,
                format!("`{}` has two contents", file.at.value),
                "keep `from=` or `value=`",
            ),
            (None, None) => self.missing(
                code::TYPE_MISSING_PROPERTY,
                file.origin.place,
                format!("`{}` has no content", file.at.value),
                (&["from", "value"], "write `from=\"…\"` or `value=\"…\"`"),
            ),
            _ => {}
        }
    }

    /// What depends on the kind of a service after merging.
    fn merged(&mut self, service: &model::Service) {
        let role = crate::derive::role_of(service);
        let name = &service.name.value;
        let kind = (role.origin.place, "its kind");
        let word = role.value.word();
        match (&service.schedule, role.value) {
            (Some(schedule), Role::Web | Role::Api | Role::Worker | Role::Static | Role::Function | Role::Task) => {
                self.misplaced(
                    schedule.origin.place,
                    format!("`{name}` is of kind {word}, and only a cron has a schedule"),
                    kind,
                    "write `kind=\"cron\"` behind the name, or remove the schedule",
                );
            }
            (None, Role::Cron) => self.missing(
                code::NAME_MISSING,
                service.name.origin.place,
                format!("the cron `{name}` has no schedule"),
                (&["schedule"], "add `schedule \"daily 03:00\"`"),
            ),
            _ => {}
        }
        if let (Some(scale), Role::Cron | Role::Task) = (&service.scale, role.value) {
            let message = format!("a {word} has no instances to scale");
            self.misplaced(scale.origin.place, message, kind, "remove `scale`");
        }
        if let (Some(strategy), Role::Worker | Role::Cron | Role::Task) = (&service.strategy, role.value) {
            let message = format!("a {word} takes no traffic, so no strategy moves any");
            let help = "remove `strategy`: the host's own way replaces it";
            self.misplaced(strategy.origin.place, message, kind, help);
        }
        if let Some(scale) = &service.scale
            && let Some(max) = scale.max.as_ref().filter(|max| max.value.get() < scale.min.value.get())
        {
            self.diagnostics.push(
                Diagnostic::new(
                    code::TYPE_OUT_OF_RANGE,
                    max.origin.place,
                    format!("at most {} instances are fewer than at least {}", max.value, scale.min.value),
                )
                .label("below the minimum")
                .also(scale.min.origin.place, "the minimum")
                .help(format!("write `max={}` or more", scale.min.value)),
            );
        }
        let ports = service.http.iter().chain(&service.grpc).chain(&service.tcp);
        let of_ports = ports.flat_map(|port| [&port.health, &port.ready, &port.live]);
        for probe in of_ports.chain([&service.health, &service.ready, &service.live]).flatten() {
            self.probe(probe);
        }
    }

    fn probe(&mut self, probe: &model::Probe) {
        if let (Some(path), Some(run)) = (&probe.path, &probe.run) {
            let message = "a probe asks a path or runs a command, not both".to_owned();
            self.exclusive(&path.origin, &run.origin, message, "keep the path or `run=`");
        }
        if probe.timeout.value.milliseconds() > probe.interval.value.milliseconds() {
            self.diagnostics.push(
                Diagnostic::new(
                    code::TYPE_OUT_OF_RANGE,
                    probe.timeout.origin.place,
                    format!("a check may not take longer than the time to the next one, {}", probe.interval.value),
                )
                .label("longer than the interval")
                .also(probe.interval.origin.place, "the interval")
                .help("shorten `timeout`, or lengthen `interval`"),
            );
        }
    }

    fn resource(&mut self, resource: &model::Resource) {
        use model::ResourceOrigin::{Container, External, Operator, Platform};
        let Some(from) = &resource.from else { return };
        let origin = from.origin_arg.value;
        let (needs_api, needs_url) = match origin {
            Operator => (true, false),
            External => (false, true),
            Platform | Container => (false, false),
        };
        let parts = [("api", from.api.as_ref(), needs_api), ("url", from.url.as_ref(), needs_url)];
        for (name, value, needed) in parts {
            match (value, needed) {
                (None, true) => self.missing(
                    code::TYPE_MISSING_PROPERTY,
                    from.origin.place,
                    format!("`from \"{}\"` needs `{name}=`", origin.word()),
                    (&[name], &format!("write `{name}=\"…\"`")),
                ),
                (Some(value), false) => self.misplaced(
                    value.origin.place,
                    format!("`{name}=` means nothing with `from \"{}\"`", origin.word()),
                    (from.origin_arg.origin.place, "who runs it"),
                    "remove it",
                ),
                _ => {}
            }
        }
    }

    fn verify(&mut self, verify: &model::Verify) {
        if verify.get.is_empty() && verify.run.is_empty() {
            self.missing(
                code::NAME_MISSING,
                verify.origin.place,
                format!("`{}` verifies nothing", verify.name.value),
                (&["get", "run"], "add `get \"/healthz\" status=200` or `run \"…\"`"),
            );
        }
    }

    fn slo(&mut self, slo: &model::Slo) {
        let Some(objective) = &slo.objective else { return };
        match (objective.sli.value, &objective.under) {
            (model::Sli::Latency, None) => self.missing(
                code::TYPE_MISSING_PROPERTY,
                objective.origin.place,
                "a latency objective needs `under=`".to_owned(),
                (&["under"], "say how fast a good answer is: `under=\"500ms\"`"),
            ),
            (model::Sli::Availability, Some(under)) => self.misplaced(
                under.origin.place,
                "availability knows no time".to_owned(),
                (objective.sli.origin.place, "what makes a request good"),
                "write `sli=\"latency\"`, or remove `under=`",
            ),
            (model::Sli::Latency, Some(_)) | (model::Sli::Availability, None) => {}
        }
    }

    fn environment(&mut self, context: &Context<'_>, environment: &model::Environment) {
        let name = &environment.name.value;
        let ephemeral = environment.ephemeral.value;
        if let Some(ttl) = environment.ttl.as_ref().filter(|_| !ephemeral) {
            let message = format!("`{name}` lasts, so it has no `ttl`");
            let because = (environment.name.origin.place, "not ephemeral");
            self.misplaced(
                ttl.origin.place,
                message,
                because,
                "write `ephemeral=#true` behind the name, or remove `ttl`",
            );
        }
        for trigger in &environment.trigger {
            self.trigger(name, ephemeral, trigger);
        }
        if let Some(promote) = environment.promote.as_ref().filter(|_| ephemeral) {
            self.misplaced(
                promote.origin.place,
                format!("`{name}` exists per pull request, and nothing is promoted to it"),
                (environment.name.origin.place, "ephemeral"),
                "remove `promote`: what the pull request builds is released there",
            );
        }
        if let Some(promote) = &environment.promote {
            let from = context.model.environments.iter().find(|(one, _)| one.name.value == promote.from.value);
            if let Some((from, _)) = from.filter(|(from, _)| from.ephemeral.value) {
                self.misplaced(
                    promote.from.origin.place,
                    format!("`{}` exists per pull request, so nothing is promoted from it", from.name.value),
                    (from.name.origin.place, "ephemeral"),
                    "promote from a lasting environment",
                );
            }
        }
        self.routes(context, environment);
    }

    fn trigger(&mut self, environment: &str, ephemeral: bool, trigger: &model::Trigger) {
        let manual = trigger.manual.value.then_some(("manual", &trigger.manual.origin));
        let pull = trigger.pull_request.value.then_some(("pull-request", &trigger.pull_request.origin));
        let push = trigger.push.as_ref().map(|push| ("push", &push.origin));
        let tag = trigger.tag.as_ref().map(|tag| ("tag", &tag.origin));
        let given: Vec<(&str, &Origin)> = [push, tag, manual, pull].into_iter().flatten().collect();
        match given.as_slice() {
            [] if trigger.label.is_none() => self.missing(
                code::TYPE_MISSING_PROPERTY,
                trigger.origin.place,
                format!("this trigger of `{environment}` is started by nothing"),
                (
                    &["push", "tag", "manual", "pull-request"],
                    "write `push=\"main\"`, `tag=\"v*\"`, `manual=#true` or `pull-request=#true`",
                ),
            ),
            [(first, early), (second, late), ..] => self.exclusive(
                early,
                late,
                format!("nothing is `{first}` and `{second}` at once"),
                "write two triggers: each of several is enough",
            ),
            _ => {}
        }
        if let (Some(label), None) = (&trigger.label, pull) {
            let message = "only pull requests have labels".to_owned();
            self.misplaced(
                label.origin.place,
                message,
                (trigger.origin.place, "this trigger"),
                "add `pull-request=#true`",
            );
        }
        match (ephemeral, push.or(tag).or(manual), pull) {
            (true, Some((what, origin)), None) => self.misplaced(
                origin.place,
                format!("`{environment}` exists per pull request, and `{what}` has none"),
                (trigger.origin.place, "this trigger"),
                "write `trigger pull-request=#true`",
            ),
            (false, None, Some((_, origin))) => self.misplaced(
                origin.place,
                format!("`{environment}` lasts, and each pull request has an environment of its own"),
                (trigger.origin.place, "this trigger"),
                "write `ephemeral=#true` behind the name of the environment",
            ),
            (_, _, _) => {}
        }
    }

    /// A route leads to a service that the internet may reach.
    fn routes(&mut self, context: &Context<'_>, environment: &model::Environment) {
        for domain in &environment.domain {
            for (at, route) in domain.route.iter().enumerate() {
                let same = |other: &&model::DomainRoute| other.path.value == route.path.value;
                if let Some(first) = domain.route.iter().take(at).find(same) {
                    self.diagnostics.push(
                        Diagnostic::new(
                            code::NAME_DUPLICATE,
                            route.path.origin.place,
                            format!("`{}` of `{}` is routed twice", route.path.value, domain.name.value),
                        )
                        .label("again here")
                        .also(first.path.origin.place, "first here")
                        .help("remove one of the two"),
                    );
                }
            }
        }
        let Some(facts) = context.facts.environment(&environment.name.value) else { return };
        for route in environment.domain.iter().flat_map(|domain| &domain.route) {
            match facts.workload(&route.to.value) {
                Some(workload) if !workload.is_public() => self.misplaced(
                    route.to.origin.place,
                    format!("`{}` has no public port to lead to", route.to.value),
                    (workload.name.origin.place, "this service"),
                    "write `public=#true` at its port, or route to another service",
                ),
                None if context.table.find("service", &route.to.value).is_some() => {
                    self.absent(route.to.origin.place, &route.to.value, &environment.name.value)
                }
                _ => {}
            }
        }
    }

    fn absent(&mut self, place: Span, service: &str, environment: &str) {
        self.diagnostics.push(
            Diagnostic::new(
                code::NAME_UNKNOWN_REFERENCE,
                place,
                format!("`{service}` does not exist in `{environment}`"),
            )
            .label("left out there")
            .help(format!("remove the route, or let `{service}` exist in `{environment}`")),
        );
    }

    fn jobs(&mut self, pipeline: Option<&model::Pipeline>) {
        const STAGES: [&str; 4] = ["lint", "test", "build", "scan"];
        let Some(pipeline) = pipeline else { return };
        let names: Vec<&str> = pipeline.job.iter().map(|job| job.name.value.as_str()).chain(STAGES).collect();
        for job in &pipeline.job {
            if STAGES.contains(&job.name.value.as_str()) {
                self.diagnostics.push(
                    Diagnostic::new(
                        code::NAME_COLLISION,
                        job.name.origin.place,
                        format!("`{}` is the name of a stage", job.name.value),
                    )
                    .label("taken")
                    .help("give the job a name of its own"),
                );
            }
            for need in job.needs.iter().filter(|need| !names.contains(&need.value.as_str())) {
                let place = need.origin.place;
                let diagnostic =
                    Diagnostic::new(code::NAME_UNKNOWN_REFERENCE, place, format!("there is no job `{}`", need.value));
                self.diagnostics.push(match crate::nearest::nearest(&need.value, names.iter().copied()) {
                    Some(near) => diagnostic.meant(near, format!("\"{near}\"")),
                    None => {
                        diagnostic.label("no such job").help("name a job of yours, `lint`, `test`, `build` or `scan`")
                    }
                });
            }
        }
    }

    /// Every program is built from something or runs something, in each environment it is in.
    fn start(&mut self, context: &Context<'_>) {
        for environment in &context.facts.environments {
            let Some((_, setting)) = context.model.environments.get(environment.index) else { continue };
            for workload in &environment.workloads {
                let named = match (workload.service(setting), workload.task(setting)) {
                    (Some(service), _) => service.source.is_some() || service.image.is_some(),
                    (None, Some(task)) => task.source.is_some() || task.image.is_some(),
                    (None, None) => true,
                };
                let place = workload.name.origin.place;
                if !named {
                    self.missing(
                        code::NAME_MISSING,
                        place,
                        format!("nothing says what `{}` runs", workload.name.value),
                        (&["source", "image", "use"], "add `source \"…\"` with its code, or `image \"…\"`"),
                    );
                    continue;
                }
                let Some(image) = workload.image.and_then(|index| context.facts.images.get(index)) else { continue };
                let there = context.loader.kind(&image.source.value).is_some();
                if there && image.instructions == crate::derive::ImageSource::Unknown {
                    self.missing(
                        code::NAME_MISSING,
                        image.name.origin.place,
                        format!("nothing says how `{}` is built", image.name.value),
                        (&["runtime", "use"], "add `runtime \"…\"`, or a Dockerfile in its source"),
                    );
                }
            }
        }
    }
}
