//! The steps of a rollout in their order: one list, which the scripts run by hand and the workflows step by step.

use crate::derive::{EnvironmentFacts, Role, Workload};
use crate::model::{self, StrategyKind};
use crate::plan::Plan;
use crate::source::Origin;

/// One step of `ops/deploy.sh ENV SERVICE IMAGE STEP [ARGUMENT…]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Migrations and release tasks that belong to the service.
    Migrate,
    /// The new version comes up.
    Start,
    /// The new version gets so many percent of traffic.
    Shift {
        /// Percent of traffic.
        weight: u64,
    },
    /// The rollback conditions are looked at for so long.
    Watch {
        /// How long.
        seconds: u64,
        /// The share that is watched; a version that has more is past this step.
        weight: u64,
    },
    /// The new version gets all traffic.
    Promote,
    /// Health and the strategy's checks.
    Verify,
    /// What runs is what was meant.
    Finish,
}

impl Step {
    /// The word that `ops/deploy.sh` takes.
    pub fn word(self) -> &'static str {
        match self {
            Step::Migrate => "migrate",
            Step::Start => "start",
            Step::Shift { .. } => "shift",
            Step::Watch { .. } => "watch",
            Step::Promote => "promote",
            Step::Verify => "verify",
            Step::Finish => "finish",
        }
    }

    /// The word and its arguments, as they stand behind `IMAGE`.
    pub fn arguments(self) -> Vec<String> {
        let mut words = vec![self.word().to_owned()];
        match self {
            Step::Shift { weight } => words.push(weight.to_string()),
            Step::Watch { seconds, weight } => words.extend([seconds.to_string(), weight.to_string()]),
            Step::Migrate | Step::Start | Step::Promote | Step::Verify | Step::Finish => {}
        }
        words
    }

    /// How long it is meant to take at least, for timeouts: only watching has a length of its own.
    pub fn seconds(self) -> u64 {
        match self {
            Step::Watch { seconds, .. } => seconds,
            Step::Migrate | Step::Start | Step::Shift { .. } | Step::Promote | Step::Verify | Step::Finish => 0,
        }
    }
}

/// A step and what decides it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStep {
    /// The step.
    pub step: Step,
    /// The declaration whose change moves it.
    pub origin: Origin,
}

/// Whether traffic moves to a new version in steps, so that it must start without any.
pub fn moves_traffic(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> bool {
    let kind = plan.strategy(environment, workload).map(|strategy| strategy.kind.value);
    matches!(kind, Some(StrategyKind::BlueGreen | StrategyKind::Canary | StrategyKind::Linear))
}

/// The migrations of a workload that its release runs, and the release tasks that share its image.
pub fn release_jobs<'a>(
    plan: &Plan<'a>,
    environment: &'a EnvironmentFacts,
    workload: &Workload,
) -> Vec<ReleaseJob<'a>> {
    let setting = plan.setting(environment);
    let mut jobs = Vec::new();
    let Some(service) = workload.service(setting) else { return jobs };
    for migration in &service.migrate {
        if migration.during.value == model::MigrationTime::Release {
            jobs.push(ReleaseJob::Migration(migration));
        }
    }
    for other in environment.workloads.iter().filter(|other| other.role.value == Role::Task) {
        let Some(task) = other.task(setting) else { continue };
        let released = task.during.as_ref().is_some_and(|during| during.value == model::TaskTime::Release);
        let owner = task.image.as_ref().and_then(|image| image.service.as_ref());
        if released && owner.is_some_and(|owner| owner.value == workload.name.value) {
            jobs.push(ReleaseJob::Task(other));
        }
    }
    jobs
}

/// A program that a release runs before the new version starts.
#[derive(Clone, Copy, Debug)]
pub enum ReleaseJob<'a> {
    /// A migration of the service.
    Migration(&'a model::Migrate),
    /// A task that shares the service's image.
    Task(&'a Workload),
}

impl ReleaseJob<'_> {
    /// Its name, as it is declared.
    pub fn name(&self) -> &str {
        match self {
            ReleaseJob::Migration(migration) => &migration.name.value,
            ReleaseJob::Task(task) => &task.name.value,
        }
    }
}

/// The steps that release a workload, in order.
pub fn steps(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Vec<PlannedStep> {
    let strategy = plan.strategy(environment, workload);
    let mut steps = Vec::new();
    let mut add = |step, origin: &Origin| steps.push(PlannedStep { step, origin: origin.clone() });
    for job in release_jobs(plan, environment, workload).iter().take(1) {
        match job {
            ReleaseJob::Migration(migration) => add(Step::Migrate, &migration.origin),
            ReleaseJob::Task(task) => add(Step::Migrate, &task.name.origin),
        }
    }
    add(Step::Start, &workload.name.origin);
    if let Some(strategy) = strategy.filter(|_| moves_traffic(plan, environment, workload)) {
        add(Step::Verify, &strategy.kind.origin);
        for (weight, seconds, origin) in shares(strategy) {
            add(Step::Shift { weight }, &origin);
            if seconds > 0 {
                add(Step::Watch { seconds, weight }, &origin);
            }
        }
        add(Step::Promote, &strategy.kind.origin);
    }
    add(Step::Verify, &workload.name.origin);
    if let Some((step, origin)) = strategy.and_then(watch_after) {
        add(step, &origin);
    }
    add(Step::Finish, &workload.name.origin);
    steps
}

/// The shares of traffic before the whole, how long each is watched, and what decides it.
fn shares(strategy: &model::Strategy) -> Vec<(u64, u64, Origin)> {
    let hold = |step: &model::Step| step.hold.as_ref().map_or(0, |hold| hold.value.seconds());
    match strategy.kind.value {
        StrategyKind::Canary => strategy
            .step
            .iter()
            .map(|step| (whole_percent(step), hold(step), step.origin.clone()))
            .filter(|(weight, ..)| (1..100).contains(weight))
            .collect(),
        // The one step of a linear strategy is added again and again.
        StrategyKind::Linear => strategy.step.first().map_or_else(Vec::new, |step| {
            let added = whole_percent(step).clamp(1, 100);
            let mut shares = Vec::new();
            let mut weight = added;
            while weight < 100 {
                shares.push((weight, hold(step), step.origin.clone()));
                weight += added;
            }
            shares
        }),
        StrategyKind::Recreate | StrategyKind::Rolling | StrategyKind::BlueGreen | StrategyKind::Flag => Vec::new(),
    }
}

/// Where all traffic moves at once, the conditions are looked at afterwards, for as long as the longest needs to hold.
fn watch_after(strategy: &model::Strategy) -> Option<(Step, Origin)> {
    let rollback = strategy.rollback.as_ref()?;
    if !shares(strategy).is_empty() {
        return None;
    }
    let seconds = rollback.when.iter().map(|when| super::conditions::needed_seconds(&when.value)).max()?;
    Some((Step::Watch { seconds, weight: 100 }, rollback.origin.clone()))
}

/// A share in whole percent, at least one: no platform takes fractions.
fn whole_percent(step: &model::Step) -> u64 {
    u64::try_from(step.weight.value.percent().ceiling()).unwrap_or(1).clamp(1, 100)
}
