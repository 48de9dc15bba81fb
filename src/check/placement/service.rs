//! Services and tasks: what their parts mean together.

use crate::check::placement::Judge;
use crate::derive::Role;
use crate::diag::{Diagnostic, code};
use crate::model;
use crate::source::{Origin, Span};

impl Judge<'_> {
    pub(super) fn service(&mut self, service: &model::Service) {
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

    pub(super) fn program(&mut self, name: &str, source: Option<&Origin>, image: Option<&model::Image>) {
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

    pub(super) fn file(&mut self, file: &model::File) {
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
    pub(super) fn merged(&mut self, service: &model::Service) {
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
}
