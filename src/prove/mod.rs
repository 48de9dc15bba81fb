//! Proofs: each predicate of the standard library as a function over the plan and the patched files of this build.
//!
//! A predicate looks at every member of its domain. With nothing to look at it proves nothing; one that fails names
//! every counterexample. What it cannot see is said in `stdlib/predicates.kdl`.

pub mod claim;
mod command;
mod condition;
mod credential;
mod delivery;
mod image;
pub mod links;
mod pipeline;
mod resource;
mod scene;
mod scope;
mod secret;
mod service;
mod signal;
mod supply;
pub mod threat;
mod workflow;

use std::collections::BTreeSet;
use std::fmt;

use crate::artifact::Artifact;
use crate::plan::Plan;
use scene::Scene;

/// A place in a file of this build, or a declaration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, from the project root.
    pub file: String,
    /// The key in it, as `patch` writes it; empty for the whole file.
    pub key: String,
}

impl Place {
    /// A key of a file.
    pub fn new(file: impl Into<String>, key: impl Into<String>) -> Place {
        Place { file: file.into(), key: key.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => formatter.write_str(&self.file),
            key => write!(formatter, "{}: {key}", self.file),
        }
    }
}

/// Why a predicate does not hold: a member of its domain for which it is false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// Where.
    pub place: Place,
    /// What is wrong there, in lower case.
    pub reason: String,
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// True of every member of a domain that has some.
    Holds,
    /// False of at least one.
    Fails,
    /// There is nothing to look at: nothing is proved.
    NotApplicable,
}

/// A predicate after it looked at this build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Its name in the standard library.
    pub predicate: &'static str,
    /// Where it was seen to hold, in the order of the files.
    pub evidence: Vec<Place>,
    /// Where it does not.
    pub counterexamples: Vec<Counterexample>,
}

impl Proof {
    /// What came out.
    pub fn verdict(&self) -> Verdict {
        match (self.counterexamples.is_empty(), self.evidence.is_empty()) {
            (false, _) => Verdict::Fails,
            (true, false) => Verdict::Holds,
            (true, true) => Verdict::NotApplicable,
        }
    }

    /// Whether it holds of a domain that has members.
    pub fn holds(&self) -> bool {
        self.verdict() == Verdict::Holds
    }
}

/// The proofs of a build, one for each predicate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proofs {
    /// In the order of [`PREDICATES`].
    pub all: Vec<Proof>,
}

impl Proofs {
    /// The proof of a predicate.
    pub fn get(&self, predicate: &str) -> Option<&Proof> {
        self.all.iter().find(|proof| proof.predicate == predicate)
    }

    /// Whether a predicate holds on this build.
    pub fn holds(&self, predicate: &str) -> bool {
        self.get(predicate).is_some_and(Proof::holds)
    }
}

/// What a predicate found so far.
#[derive(Default)]
struct Tally {
    evidence: Vec<Place>,
    /// The places of `evidence`: there are as many as jobs and services.
    known: BTreeSet<Place>,
    counterexamples: Vec<Counterexample>,
}

impl Tally {
    fn holds(&mut self, place: Place) {
        if self.known.insert(place.clone()) {
            self.evidence.push(place);
        }
    }

    fn fails(&mut self, place: Place, reason: impl Into<String>) {
        self.counterexamples.push(Counterexample { place, reason: reason.into() });
    }

    /// Holds there unless a fault was found.
    fn judge(&mut self, place: Place, fault: Option<String>) {
        match fault {
            None => self.holds(place),
            Some(reason) => self.fails(place, reason),
        }
    }
}

/// A predicate.
pub struct Predicate {
    /// Its name in the standard library.
    pub name: &'static str,
    run: fn(&Scene<'_>, &mut Tally),
}

/// Every predicate, in the order of the standard library.
pub static PREDICATES: &[Predicate] = &[
    Predicate { name: "actions-pinned-by-commit", run: workflow::actions_pinned_by_commit },
    Predicate { name: "least-permissions", run: workflow::least_permissions },
    Predicate { name: "no-persisted-credentials", run: workflow::no_persisted_credentials },
    Predicate { name: "no-untrusted-text-in-run", run: workflow::no_untrusted_text_in_run },
    Predicate { name: "no-dangerous-trigger", run: workflow::no_dangerous_trigger },
    Predicate { name: "oidc-no-long-lived-keys", run: credential::oidc_no_long_lived_keys },
    Predicate { name: "secrets-only-in-environments", run: credential::secrets_only_in_environments },
    Predicate { name: "secrets-not-to-forks", run: credential::secrets_not_to_forks },
    Predicate { name: "no-cache-when-publishing", run: credential::no_cache_when_publishing },
    Predicate { name: "concurrency-and-timeouts", run: pipeline::concurrency_and_timeouts },
    Predicate { name: "scan-present", run: pipeline::scan_present },
    Predicate { name: "required-check-covers-all", run: pipeline::required_check_covers_all },
    Predicate { name: "image-runs-as-non-root", run: image::image_runs_as_non_root },
    Predicate { name: "image-built-once", run: supply::image_built_once },
    Predicate { name: "image-pinned-by-digest", run: supply::image_pinned_by_digest },
    Predicate { name: "image-signed", run: supply::image_signed },
    Predicate { name: "sbom-attached", run: supply::sbom_attached },
    Predicate { name: "provenance-verified-before-deploy", run: supply::provenance_verified_before_deploy },
    Predicate { name: "no-secret-in-image", run: image::no_secret_in_image },
    Predicate { name: "dependencies-locked", run: image::dependencies_locked },
    Predicate { name: "dependency-updates-scheduled", run: image::dependency_updates_scheduled },
    Predicate { name: "approval-before-production", run: delivery::approval_before_production },
    Predicate { name: "verified-before-promotion", run: delivery::verified_before_promotion },
    Predicate { name: "rollback-automatic", run: delivery::rollback_automatic },
    Predicate { name: "rollback-for-every-path", run: delivery::rollback_for_every_path },
    Predicate { name: "preview-isolated", run: delivery::preview_isolated },
    Predicate { name: "health-check-present", run: service::health_check_present },
    Predicate { name: "memory-limit-set", run: service::memory_limit_set },
    Predicate { name: "autoscale-ceiling-set", run: service::autoscale_ceiling_set },
    Predicate { name: "https-only", run: service::https_only },
    Predicate { name: "internal-services-not-public", run: service::internal_services_not_public },
    Predicate { name: "callers-authenticated", run: service::callers_authenticated },
    Predicate { name: "least-service-account", run: service::least_service_account },
    Predicate { name: "read-only-root", run: service::read_only_root },
    Predicate { name: "cron-runs-apart", run: service::cron_runs_apart },
    Predicate { name: "resource-not-public", run: resource::resource_not_public },
    Predicate { name: "resource-password-from-store", run: resource::resource_password_from_store },
    Predicate { name: "backup-declared", run: resource::backup_declared },
    Predicate { name: "volume-single-writer", run: resource::volume_single_writer },
    Predicate { name: "secret-rotation-scheduled", run: secret::secret_rotation_scheduled },
    Predicate { name: "secret-names-only", run: secret::secret_names_only },
    Predicate { name: "client-bundle-public", run: secret::client_bundle_public },
    Predicate { name: "alerts-routed", run: signal::alerts_routed },
    Predicate { name: "alerts-have-runbooks", run: signal::alerts_have_runbooks },
    Predicate { name: "absence-alerted", run: signal::absence_alerted },
    Predicate { name: "logs-redacted", run: signal::logs_redacted },
    Predicate { name: "logs-retained", run: signal::logs_retained },
];

/// Proves every predicate of the standard library over the files of this build.
pub fn prove(plan: &Plan<'_>, artifacts: &[Artifact]) -> Proofs {
    let scene = Scene::new(plan, artifacts);
    let all = PREDICATES
        .iter()
        .map(|predicate| {
            let mut tally = Tally::default();
            (predicate.run)(&scene, &mut tally);
            Proof { predicate: predicate.name, evidence: tally.evidence, counterexamples: tally.counterexamples }
        })
        .collect();
    Proofs { all }
}
