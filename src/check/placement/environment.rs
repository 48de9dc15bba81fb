//! Environments and the jobs of the pipeline: triggers, promotions, routes, and names that lead to something.

use crate::check::Context;
use crate::check::placement::Judge;
use crate::diag::{Diagnostic, code};
use crate::model;
use crate::source::{Origin, Span};

impl Judge<'_> {
    pub(super) fn environment(&mut self, context: &Context<'_>, environment: &model::Environment) {
        let name = &environment.name.value;
        let ephemeral = environment.ephemeral.value;
        if let Some(ttl) = environment.ttl.as_ref().filter(|_| !ephemeral) {
            let message = format!("`{name}` lasts, so it has no `ttl`");
            let because = (environment.origin.place, "not ephemeral");
            self.misplaced(
                ttl.origin.place,
                message,
                because,
                "write `ephemeral=#true` behind the name, or remove `ttl`",
            );
        }
        for trigger in &environment.trigger {
            self.trigger(environment, trigger);
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

    fn trigger(&mut self, node: &model::Environment, trigger: &model::Trigger) {
        let (environment, ephemeral) = (&node.name.value, node.ephemeral.value);
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
                (node.origin.place, "this environment"),
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
                    match workload.ports.first() {
                        Some(port) => (port.node.origin.place, "its port"),
                        None => (workload.name.origin.place, "this service"),
                    },
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

    pub(super) fn jobs(&mut self, pipeline: Option<&model::Pipeline>) {
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
}
