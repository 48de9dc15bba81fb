//! CPU and memory: the pairs that a host offers.

use crate::check::capability::Deployment;
use crate::derive::Role;
use crate::diag::{Diagnostic, code};
use crate::model::{self, Capability};
use crate::source::{Sourced, Span};
use crate::value::{Bytes, Cpu};

/// Compares the size of a program with what its host offers, and names the nearest size that it does.
pub(super) fn check(deployment: &Deployment<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let setting = deployment.setting;
    let of_service = deployment.workload.service(setting).and_then(|service| service.size.as_ref());
    let of_task = deployment.workload.task(setting).and_then(|task| task.size.as_ref());
    let Some(size) = of_service.or(of_task) else { return };
    let target = &deployment.target;
    if !target.can(Capability::Size) {
        let message = format!("`{}` lets nobody choose a size", target.name);
        diagnostics.push(target.lacks(code::CAPABILITY_SIZE, size.origin.place, Capability::Size, message));
        return;
    }
    let Some(facts) = target.facts else { return };
    // A host with one number takes the larger.
    let ceiling = size.limit.as_ref().filter(|_| !target.can(Capability::Limit));
    let cpu = [size.cpu.as_ref(), ceiling.and_then(|limit| limit.cpu.as_ref())];
    let cpu = cpu.into_iter().flatten().max_by_key(|cpu| cpu.value.millicores());
    let memory = [size.memory.as_ref(), ceiling.and_then(|limit| limit.memory.as_ref())];
    let memory = memory.into_iter().flatten().max_by_key(|memory| memory.value.bytes());
    let wanted = Wanted { cpu: cpu.map(|cpu| cpu.value), memory: memory.map(|memory| memory.value) };
    // A number of cores that no size has is the mistake, whatever memory stands beside it.
    let offered = |cpu: &&Sourced<Cpu>| facts.size.iter().any(|row| millicores(row) == cpu.value.millicores());
    let of_cpu = cpu.filter(|cpu| !offered(cpu) || memory.is_none()).map(|cpu| cpu.origin.place);
    let Some(place) = of_cpu.or(memory.map(|memory| memory.origin.place)) else { return };
    if !facts.size.is_empty() && !facts.size.iter().any(|row| wanted.fits(row)) {
        diagnostics.push(unoffered(deployment, facts, &wanted, place));
        return;
    }
    let name = match deployment.workload.role.value {
        Role::Worker => "worker-cpu",
        Role::Cron | Role::Task => "job-cpu",
        Role::Web | Role::Api | Role::Static | Role::Function => "cpu",
    };
    let limit = target.limit(name).or_else(|| target.limit("cpu"));
    if let (Some(cpu), Some(limit)) = (cpu, limit) {
        let bound = |text: &Option<Sourced<String>>| {
            text.as_ref().and_then(|text| Cpu::parse(&text.value).ok()).map(Cpu::millicores)
        };
        outside(
            deployment,
            limit,
            (cpu.value.millicores(), bound(&limit.min), bound(&limit.max)),
            cpu.origin.place,
            diagnostics,
        );
    }
    if let (Some(memory), Some(limit)) = (memory, target.limit("memory")) {
        let bound = |text: &Option<Sourced<String>>| {
            text.as_ref().and_then(|text| Bytes::parse(&text.value).ok()).map(Bytes::bytes)
        };
        outside(
            deployment,
            limit,
            (memory.value.bytes(), bound(&limit.min), bound(&limit.max)),
            memory.origin.place,
            diagnostics,
        );
    }
}

/// What is asked for.
struct Wanted {
    cpu: Option<Cpu>,
    memory: Option<Bytes>,
}

impl Wanted {
    fn fits(&self, row: &model::StdPlatformSize) -> bool {
        let cpu = self.cpu.is_none_or(|cpu| millicores(row) == cpu.millicores());
        let memory = self.memory.is_none_or(|memory| {
            let (least, most, step) =
                (row.memory_min.value.bytes(), row.memory_max.value.bytes(), row.memory_step.value.bytes().max(1));
            (least..=most).contains(&memory.bytes()) && (memory.bytes() - least) % step == 0
        });
        cpu && memory
    }

    /// The smallest size of a row that holds what is asked for, else its largest.
    fn nearest_of(&self, row: &model::StdPlatformSize) -> (u64, u64) {
        let (least, most, step) =
            (row.memory_min.value.bytes(), row.memory_max.value.bytes(), row.memory_step.value.bytes().max(1));
        let wanted = self.memory.map_or(least, Bytes::bytes).clamp(least, most);
        (millicores(row), (least + (wanted - least).div_ceil(step) * step).min(most))
    }
}

fn millicores(row: &model::StdPlatformSize) -> u64 {
    Cpu::parse(&row.cpu.value).map(Cpu::millicores).unwrap_or(0)
}

fn unoffered(deployment: &Deployment<'_>, facts: &model::StdPlatform, wanted: &Wanted, place: Span) -> Diagnostic {
    let target = &deployment.target;
    let (cpu, memory) = (wanted.cpu.map_or(0, Cpu::millicores), wanted.memory.map_or(0, Bytes::bytes));
    let sizes: Vec<(u64, u64)> = facts.size.iter().map(|row| wanted.nearest_of(row)).collect();
    let covers = sizes.iter().filter(|(row_cpu, row_memory)| *row_cpu >= cpu && *row_memory >= memory).min();
    let nearest = covers.or_else(|| sizes.iter().max());
    let what = match (wanted.cpu, wanted.memory) {
        (Some(cpu), Some(memory)) => format!("{cpu} CPU with {memory}"),
        (Some(cpu), None) => format!("{cpu} CPU"),
        (None, Some(memory)) => memory.to_string(),
        (None, None) => "this size".to_owned(),
    };
    let diagnostic = Diagnostic::new(code::CAPABILITY_SIZE, place, format!("`{}` does not offer {what}", target.name))
        .label("not a size on offer");
    let diagnostic = target.explain(diagnostic, Capability::Size);
    // `500` for `500m`: so many cores are nowhere, and so many millicores are here.
    let milli = cpu / 1_000;
    let meant = sizes.iter().find(|(row_cpu, row_memory)| *row_cpu == milli && milli > 0 && *row_memory >= memory);
    match meant.or(nearest) {
        Some((cpu, memory)) => {
            let cpu = Cpu::from_millicores(*cpu);
            diagnostic.help(format!("write `size cpu=\"{cpu}\" memory=\"{}\"`, the nearest size", Bytes::new(*memory)))
        }
        None => diagnostic,
    }
}

fn outside(
    deployment: &Deployment<'_>,
    limit: &model::StdPlatformLimit,
    (value, least, most): (u64, Option<u64>, Option<u64>),
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let bound = match (least, most) {
        (Some(least), _) if value < least => limit.min.as_ref(),
        (_, Some(most)) if value > most => limit.max.as_ref(),
        _ => None,
    };
    let Some(bound) = bound else { return };
    let target = &deployment.target;
    diagnostics.push(
        Diagnostic::new(code::CAPABILITY_SIZE, place, format!("`{}` does not offer this size", target.name))
            .label("beyond the limit")
            .also(target.place, format!("runs on `{}`", target.name))
            .also(limit.origin.place, format!("told in {}", limit.source.value))
            .help(format!("write `{}`, the nearest it offers", bound.value)),
    );
}
