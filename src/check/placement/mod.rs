//! Nodes that mean nothing where they stand, that exclude each other, or that need one another.

mod environment;
mod service;

use crate::check::Context;
use crate::diag::{Code, Diagnostic, code};
use crate::model;
use crate::source::{Origin, Sourced, Span};

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
                // What a preset that there is not would have said is not missing.
                let is_unknown = |preset: &Sourced<String>| context.table.find("preset", &preset.value).is_none();
                let lacks_preset = match (workload.service(setting), workload.task(setting)) {
                    (Some(service), _) => service.use_.iter().any(is_unknown),
                    (None, Some(task)) => task.use_.iter().any(is_unknown),
                    (None, None) => false,
                };
                if lacks_preset {
                    continue;
                }
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
                if there
                    && !image.node.use_.iter().any(is_unknown)
                    && image.instructions == crate::derive::ImageSource::Unknown
                {
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
