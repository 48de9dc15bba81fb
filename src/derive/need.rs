//! What a workload asks of its host, as the capabilities that platforms list: one answer for the checks and the build report.

use crate::derive::{EnvironmentFacts, Exposure, Protocol, Role, Workload};
use crate::model::{self, Capability};
use crate::resolve::Setting;
use crate::source::Origin;

/// One thing that a host must be able to do for a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What it must be able to do.
    pub capability: Capability,
    /// The declaration that asks for it.
    pub origin: Origin,
}

/// Everything a workload asks of its host, in the order of its declaration; the same thing twice is told once.
pub fn needs(environment: &EnvironmentFacts, workload: &Workload, setting: &Setting) -> Vec<Need> {
    let mut needs = Needs(Vec::new());
    needs.add(role(workload.role.value), &workload.role.origin);
    if environment.ephemeral.value {
        needs.add(Capability::Preview, &environment.ephemeral.origin);
    }
    needs.ports(workload);
    if let Some(service) = workload.service(setting) {
        needs.probes(workload, service);
        needs.shape(workload, service);
        needs.storage(service);
        needs.release(workload, service, setting);
    }
    if environment.routes.iter().any(|route| route.service.value == workload.name.value) {
        needs.domain(environment, workload);
    }
    needs.0
}

struct Needs(Vec<Need>);

fn role(role: Role) -> Capability {
    match role {
        Role::Web => Capability::Web,
        Role::Api => Capability::Api,
        Role::Worker => Capability::Worker,
        Role::Cron => Capability::Cron,
        Role::Static => Capability::Static,
        Role::Function => Capability::Function,
        Role::Task => Capability::Task,
    }
}

impl Needs {
    fn add(&mut self, capability: Capability, origin: &Origin) {
        if !self.0.iter().any(|need| need.capability == capability) {
            self.0.push(Need { capability, origin: origin.clone() });
        }
    }

    fn ports(&mut self, workload: &Workload) {
        for (index, port) in workload.ports.iter().enumerate() {
            let capability = match port.protocol {
                Protocol::Http => Capability::Http,
                Protocol::Grpc => Capability::Grpc,
                Protocol::Tcp => Capability::Tcp,
            };
            self.add(capability, &port.port.origin);
            if index > 0 {
                self.add(Capability::SeveralPorts, &port.node.origin);
            }
            if let Some(shown) = &port.node.as_ {
                self.add(Capability::PortAlias, &shown.origin);
            }
            match port.exposure.value {
                Exposure::Public => self.add(Capability::Public, &port.exposure.origin),
                Exposure::Internal => self.add(Capability::PrivateNetwork, &port.exposure.origin),
            }
        }
    }

    fn probes(&mut self, workload: &Workload, service: &model::Service) {
        let own = [
            (&service.health, Capability::Health),
            (&service.ready, Capability::Ready),
            (&service.live, Capability::Live),
        ];
        for (probe, capability) in own {
            if let Some(probe) = probe {
                self.probe(probe, capability, None);
            }
        }
        for port in &workload.ports {
            let node = &port.node;
            let kinds =
                [(&node.health, Capability::Health), (&node.ready, Capability::Ready), (&node.live, Capability::Live)];
            for (probe, capability) in kinds {
                if let Some(probe) = probe {
                    self.probe(probe, capability, Some(port.protocol));
                }
            }
        }
    }

    fn probe(&mut self, probe: &model::Probe, capability: Capability, protocol: Option<Protocol>) {
        self.add(capability, &probe.origin);
        if let Some(run) = &probe.run {
            self.add(Capability::ProbeCommand, &run.origin);
            return;
        }
        match protocol {
            Some(Protocol::Http) => self.add(Capability::ProbeHttp, &probe.origin),
            Some(Protocol::Grpc) => self.add(Capability::ProbeGrpc, &probe.origin),
            Some(Protocol::Tcp) => self.add(Capability::ProbeTcp, &probe.origin),
            None => {}
        }
        if let Some(header) = probe.header.first() {
            self.add(Capability::ProbeHeader, &header.origin);
        }
    }

    fn shape(&mut self, workload: &Workload, service: &model::Service) {
        if let Some(size) = &service.size {
            self.add(Capability::Size, &size.origin);
            if let Some(limit) = &size.limit {
                self.add(Capability::Limit, &limit.origin);
            }
        }
        if let Some(scale) = &service.scale {
            let (min, max) = (&workload.scale.0, &workload.scale.1);
            let fixed = min.value == max.value;
            self.add(if fixed { Capability::ScaleFixed } else { Capability::Scale }, &scale.origin);
            if min.value == 0 {
                self.add(Capability::ScaleToZero, &min.origin);
            }
        }
        if let Some(stop) = &service.stop {
            self.add(Capability::StopGrace, &stop.origin);
        }
        if let Some(user) = &service.user {
            self.add(Capability::User, &user.origin);
        }
        if let Some(writable) = service.writable.first() {
            self.add(Capability::Writable, &writable.origin);
        }
        if let Some(metrics) = &service.metrics {
            self.add(Capability::Scrape, &metrics.origin);
        }
        if let Some(alias) = service.alias.first() {
            self.add(Capability::Alias, &alias.origin);
        }
        if let Some(build) = &service.build {
            for arch in &build.arch {
                let capability = match arch.value {
                    model::Architecture::Amd64 => Capability::ArchAmd64,
                    model::Architecture::Arm64 => Capability::ArchArm64,
                };
                self.add(capability, &arch.origin);
            }
        }
    }

    fn storage(&mut self, service: &model::Service) {
        for volume in &service.volume {
            let capability = if volume.keep.value { Capability::Volume } else { Capability::VolumeTemporary };
            self.add(capability, &volume.origin);
            if volume.shared.value {
                self.add(Capability::VolumeShared, &volume.shared.origin);
            }
        }
        for file in &service.file {
            let secret = file.value.as_ref().is_some_and(|value| value.value.contains("${secret."));
            self.add(if secret { Capability::FileSecret } else { Capability::File }, &file.origin);
        }
    }

    fn release(&mut self, workload: &Workload, service: &model::Service, setting: &Setting) {
        let name = workload.strategy.as_ref();
        if let Some(strategy) = name.and_then(|name| setting.strategy(&name.value)) {
            let capability = match strategy.kind.value {
                model::StrategyKind::Recreate => Capability::Recreate,
                model::StrategyKind::Rolling => Capability::Rolling,
                model::StrategyKind::BlueGreen => Capability::BlueGreen,
                model::StrategyKind::Canary => Capability::Canary,
                model::StrategyKind::Linear => Capability::Linear,
                model::StrategyKind::Flag => Capability::Flag,
            };
            self.add(capability, &strategy.kind.origin);
        }
        for migration in &service.migrate {
            match migration.during.value {
                model::MigrationTime::Release => self.add(Capability::MigrationRelease, &migration.origin),
                model::MigrationTime::Platform => self.add(Capability::MigrationPlatform, &migration.origin),
                model::MigrationTime::Start => {}
            }
        }
        if let Some(schedule) = &service.schedule {
            if schedule.overlap.value == model::Overlap::Forbid {
                self.add(Capability::OverlapForbid, &schedule.overlap.origin);
            }
            if let Some(timeout) = &schedule.timeout {
                self.add(Capability::JobTimeout, &timeout.origin);
            }
        }
    }

    fn domain(&mut self, environment: &EnvironmentFacts, workload: &Workload) {
        let own = environment.routes.iter().find(|route| route.service.value == workload.name.value);
        let Some(route) = own else { return };
        self.add(Capability::Domain, &route.domain.origin);
        let shared = environment
            .routes
            .iter()
            .any(|other| other.domain.value == route.domain.value && other.service.value != route.service.value);
        if shared {
            self.add(Capability::Route, &route.path.origin);
        }
    }
}
