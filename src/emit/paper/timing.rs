//! How long releases and rollbacks take: the platform's durations, the strategy's holds and the migrations, each named.

use crate::emit::ops::{self, ReleaseJob, Step};
use crate::emit::paper::deployment::Deployment;
use crate::model;
use crate::plan::Plan;
use crate::source::Origin;
use crate::standard;
use crate::value::Duration;

/// How long something takes, and what that is made of.
#[derive(Default)]
pub(super) struct Timing {
    pub(super) typical: Duration,
    pub(super) most: Duration,
    pub(super) parts: Vec<Part>,
}

/// One addend.
pub(super) struct Part {
    pub(super) what: String,
    pub(super) typical: Duration,
    pub(super) origin: Origin,
}

impl Timing {
    fn add(&mut self, what: impl Into<String>, typical: Duration, most: Duration, origin: &Origin) {
        self.typical = self.typical.plus(typical);
        self.most = self.most.plus(most);
        self.parts.push(Part { what: what.into(), typical, origin: origin.clone() });
    }

    /// `deploy 1m + watch 50m`, of what usually happens.
    pub(super) fn shown(&self) -> String {
        let part = |part: &Part| [&part.what, " ", &part.typical.to_string()].concat();
        self.parts.iter().map(part).collect::<Vec<_>>().join(" + ")
    }

    /// All that it rests on.
    pub(super) fn origin(&self, first: Origin) -> Origin {
        self.parts.iter().fold(first, |origin, part| origin.with(&part.origin))
    }
}

/// The platform's durations of a deployment, by step.
fn duration(deployment: &Deployment<'_>, step: &str) -> Option<model::StdPlatformDuration> {
    let platform = standard::platform(&deployment.workload.host.platform.value)?;
    platform.duration.iter().find(|row| row.step.value == step).cloned()
}

/// A release of one deployment, from its first step to its last.
pub(super) fn release(plan: &Plan<'_>, deployment: &Deployment<'_>) -> Timing {
    let mut timing = Timing::default();
    let mut shifts: u64 = 0;
    let mut watched: Vec<(Duration, Origin)> = Vec::new();
    let environment = deployment.environment;
    for planned in ops::steps(plan, environment, deployment.workload) {
        match planned.step {
            Step::Migrate => {
                for job in ops::release_jobs(plan, environment, deployment.workload) {
                    add_job(&mut timing, deployment, &job);
                }
            }
            Step::Start => {
                if let Some(row) = duration(deployment, "deploy") {
                    timing.add("start", row.typical.value, row.most.value, &planned.origin);
                }
            }
            Step::Shift { .. } | Step::Promote => shifts += 1,
            Step::Watch { seconds, .. } => watched.push((Duration::from_seconds(seconds), planned.origin.clone())),
            Step::Verify | Step::Finish => {}
        }
    }
    if let (Some(row), true) = (duration(deployment, "traffic"), shifts > 0) {
        let what = match shifts {
            1 => "moving traffic".to_owned(),
            count => ["moving traffic ", &count.to_string(), " times"].concat(),
        };
        let origin = plan.strategy(environment, deployment.workload).map(|strategy| strategy.kind.origin.clone());
        let (typical, most) = (row.typical.value.times(shifts), row.most.value.times(shifts));
        timing.add(what, typical, most, &origin.unwrap_or_else(|| deployment.origin()));
    }
    if let Some(origin) = crate::plan::joined(watched.iter().map(|(_, origin)| origin.clone())) {
        let all = watched.iter().fold(Duration::ZERO, |all, (hold, _)| all.plus(*hold));
        timing.add("watching", all, all, &origin);
    }
    timing
}

fn add_job(timing: &mut Timing, deployment: &Deployment<'_>, job: &ReleaseJob<'_>) {
    let (step, origin) = match job {
        ReleaseJob::Migration(migration) => ("migrate", &migration.origin),
        ReleaseJob::Task(task) => ("job-start", &task.name.origin),
    };
    if let Some(row) = duration(deployment, step) {
        timing.add(job.name(), row.typical.value, row.most.value, origin);
    }
}

/// Going back to the version before: traffic, the start of what must start, and what drains.
pub(super) fn rollback(plan: &Plan<'_>, deployment: &Deployment<'_>) -> Timing {
    let mut timing = Timing::default();
    for (step, what) in [("rollback", "rollback"), ("start", "start")] {
        if let Some(row) = duration(deployment, step) {
            timing.add(what, row.typical.value, row.most.value, &deployment.origin());
        }
    }
    let stop = deployment.service(plan).and_then(|service| service.stop.as_ref());
    match (stop, duration(deployment, "drain")) {
        (Some(stop), _) => timing.add("drain", stop.grace.value, stop.grace.value, &stop.grace.origin),
        (None, Some(row)) => timing.add("drain", row.typical.value, row.most.value, &deployment.origin()),
        (None, None) => {}
    }
    timing
}
