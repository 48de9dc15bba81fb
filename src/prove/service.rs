//! Predicates on the platform files of services, at the places that each platform's facts name.

use crate::artifact::{Artifact, Path, Segment, Tree};
use crate::derive::{EnvironmentFacts, Exposure, Role, Workload};
use crate::model;
use crate::prove::scene::{Scene, scalar};
use crate::prove::{Place, Tally};
use crate::standard;

/// What a witness is asked for.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    /// A service or task in an environment.
    Workload(&'a EnvironmentFacts, &'a Workload),
    /// A resource that runs beside the services of an environment.
    Resource(&'a EnvironmentFacts, &'a str),
}

impl Subject<'_> {
    fn environment(&self) -> &EnvironmentFacts {
        match self {
            Subject::Workload(environment, _) | Subject::Resource(environment, _) => environment,
        }
    }

    fn platform(&self) -> &str {
        match self {
            Subject::Workload(_, workload) => &workload.host.platform.value,
            Subject::Resource(environment, _) => &environment.host.platform.value,
        }
    }

    fn name(&self) -> &str {
        match self {
            Subject::Workload(_, workload) => &workload.name.value,
            Subject::Resource(_, name) => name,
        }
    }

    /// The form that rows of platform facts are for.
    fn form(&self) -> &'static str {
        match self {
            Subject::Resource(..) => "resource",
            Subject::Workload(_, workload) => match workload.role.value {
                Role::Web | Role::Api | Role::Static | Role::Function => "service",
                Role::Worker => "worker",
                Role::Cron | Role::Task => "job",
            },
        }
    }

    fn fill(&self, text: &str, variable: &str) -> String {
        text.replace("{environment}", &self.environment().name.value)
            .replace("{service}", &self.segment())
            .replace("{resource}", &self.segment())
            .replace("{variable}", variable)
    }

    /// The name as a key of a path; names of the language need no quotes.
    fn segment(&self) -> String {
        Segment::Key(self.name().to_owned()).to_string()
    }
}

/// A place that the platform's facts name, in a file that was emitted.
pub(super) struct Witness<'a> {
    pub(super) row: model::StdPlatformWitness,
    pub(super) place: Place,
    pub(super) tree: Option<&'a Tree>,
}

/// The places of a predicate for a subject, in the order of the platform's facts; only in files of this build.
pub(super) fn witnesses<'a>(
    scene: &Scene<'a>,
    predicate: &str,
    subject: Subject<'_>,
    variable: &str,
) -> Vec<Witness<'a>> {
    let Some(platform) = standard::platform(subject.platform()) else { return Vec::new() };
    let form = subject.form();
    let rows = platform.witness.iter().filter(|row| {
        let meant = row.for_.value.is_empty() && form != "resource" || row.for_.value == form;
        row.predicate.value == predicate && meant
    });
    let mut found = Vec::new();
    for row in rows {
        let Some(file) = scene.file(&subject.fill(&row.in_.value, variable)) else { continue };
        let key = subject.fill(&row.at.value, variable);
        let tree = file.find(&key).map(|found| found.tree);
        let by_absence = row.absent.value || !row.not.value.is_empty();
        let cited = if tree.is_none() && by_absence { holder(file, &key) } else { key };
        found.push(Witness { row: row.clone(), place: Place::new(file.path.as_str(), cited), tree });
    }
    found
}

/// The nearest key around one that is not there: what is shown by absence is seen in what would hold it.
fn holder(file: &Artifact, key: &str) -> String {
    let Ok(mut path) = Path::parse(key) else { return key.to_owned() };
    while path.segments.pop().is_some() {
        let around = path.to_string();
        if file.find(&around).is_some() {
            return around;
        }
    }
    String::new()
}

/// Judges a subject at the first place that is there; `missing` is what its absence means.
pub(super) fn judge(scene: &Scene<'_>, tally: &mut Tally, predicate: &str, subject: Subject<'_>, missing: &str) {
    let found = witnesses(scene, predicate, subject, "");
    let Some(witness) = found.iter().find(|one| one.tree.is_some()).or(found.first()) else { return };
    let row = &witness.row;
    let value = witness.tree.map(scalar);
    let fault = match value {
        Some(_) if row.absent.value => Some(missing.to_owned()),
        None if row.absent.value || !row.not.value.is_empty() => None,
        None => Some(missing.to_owned()),
        Some(value) if !row.is.value.is_empty() && value != row.is.value => Some(format!("{missing}: `{value}`")),
        Some(value) if !row.not.value.is_empty() && value == row.not.value => Some(format!("{missing}: `{value}`")),
        Some(_) => None,
    };
    tally.judge(witness.place.clone(), fault);
}

fn each(scene: &Scene<'_>, tally: &mut Tally, predicate: &str, missing: &str, wanted: impl Fn(&Workload) -> bool) {
    for (environment, workload) in scene.deployments().filter(|(_, workload)| wanted(workload)) {
        judge(scene, tally, predicate, Subject::Workload(environment, workload), missing);
    }
}

fn has_port(workload: &Workload) -> bool {
    workload.main_port().is_some()
}

fn is_internal(workload: &Workload) -> bool {
    has_port(workload) && workload.ports.iter().all(|port| port.exposure.value == Exposure::Internal)
}

/// What has a port is asked whether it is well.
pub(super) fn health_check_present(scene: &Scene<'_>, tally: &mut Tally) {
    each(scene, tally, "health-check-present", "the service has no probe", has_port);
}

/// Memory has a limit.
pub(super) fn memory_limit_set(scene: &Scene<'_>, tally: &mut Tally) {
    each(scene, tally, "memory-limit-set", "the container has no memory limit", |_| true);
}

/// The number of instances has a limit.
pub(super) fn autoscale_ceiling_set(scene: &Scene<'_>, tally: &mut Tally) {
    each(scene, tally, "autoscale-ceiling-set", "the number of instances has no limit", |workload| {
        !matches!(workload.role.value, Role::Cron | Role::Task)
    });
}

/// Public ports are reached by TLS alone.
pub(super) fn https_only(scene: &Scene<'_>, tally: &mut Tally) {
    each(scene, tally, "https-only", "the public port can be reached without TLS", Workload::is_public);
}

/// What is not public is not reached from outside.
pub(super) fn internal_services_not_public(scene: &Scene<'_>, tally: &mut Tally) {
    each(scene, tally, "internal-services-not-public", "an internal service is open to the internet", is_internal);
}

/// Runs of a cron are kept apart; the check refuses it where neither the platform nor its timeout can.
pub(super) fn cron_runs_apart(scene: &Scene<'_>, tally: &mut Tally) {
    for (environment, workload) in scene.deployments() {
        let service = workload.service(scene.plan.setting(environment));
        let Some(schedule) = service.and_then(|service| service.schedule.as_ref()) else { continue };
        let name = &workload.name.value;
        let fault = match schedule.overlap.value {
            model::Overlap::Forbid | model::Overlap::Replace => None,
            model::Overlap::Allow => Some(format!("two runs of `{name}` may work at once")),
        };
        tally.judge(scene.declared(&["service.", name, ".schedule.overlap"].concat()), fault);
    }
}

/// Internal services ask their callers who they are.
pub(super) fn callers_authenticated(scene: &Scene<'_>, tally: &mut Tally) {
    each(scene, tally, "callers-authenticated", "an internal service answers whoever reaches it", is_internal);
}

/// The root cannot be written.
pub(super) fn read_only_root(scene: &Scene<'_>, tally: &mut Tally) {
    each(scene, tally, "read-only-root", "the root of the container can be written", |_| true);
}

/// No two workloads of an environment share an account.
pub(super) fn least_service_account(scene: &Scene<'_>, tally: &mut Tally) {
    let mut taken: Vec<(String, String, String)> = Vec::new();
    for (environment, workload) in scene.deployments() {
        let subject = Subject::Workload(environment, workload);
        let found = witnesses(scene, "least-service-account", subject, "");
        let Some(witness) = found.iter().find(|one| one.tree.is_some()).or(found.first()) else { continue };
        let account = witness.tree.map(scalar).unwrap_or_default();
        let name = &workload.name.value;
        let shared = taken
            .iter()
            .find(|(place, known, _)| *place == environment.name.value && *known == account)
            .map(|(.., other)| format!("`{name}` and `{other}` run as the same account"));
        let fault = if account.is_empty() { Some("the service names no account".to_owned()) } else { shared };
        tally.judge(witness.place.clone(), fault);
        taken.push((environment.name.value.clone(), account, name.clone()));
    }
}
