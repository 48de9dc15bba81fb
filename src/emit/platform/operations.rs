//! What the scripts in `ops/` ask of a platform: one shell function per verb, and the variables they read.

use crate::artifact::Word;
use crate::source::Origin;

/// A shell variable of one workload, set before any function of its platform runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its name, in lower case with the platform's prefix (`cloud_run_region`), except for the common `target_…`.
    pub name: String,
    /// Its value.
    pub value: Word,
    /// What decides it.
    pub origin: Origin,
}

/// A function that every backend gives to `ops/target.sh`, called as `PLATFORM_VERB` (`cloud_run_start`).
///
/// `IMAGE` is `REPOSITORY@sha256:…`. A function that changes something does it through `run COMMAND…`, which prints
/// instead where `--dry-run` was given; it may be repeated without harm; it returns non-zero where it fails. One that
/// asks prints its answer and nothing else on standard output. `say TEXT…` tells the person, on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// `check`: the tools are there and somebody is logged in; says what is missing.
    Check,
    /// `digest`: prints the digest (`sha256:…`) that is in service; nothing where nothing runs.
    Digest,
    /// `weight IMAGE`: prints the percent of traffic that the image has (100 for what runs alone, 0 where it does not run).
    Weight,
    /// `job JOB IMAGE`: runs a migration or task with the image, waits for its end, and fails with it.
    Job,
    /// `start IMAGE`: brings the image up; where the strategy moves traffic, without any. What is up is not started again.
    Start,
    /// `shift IMAGE WEIGHT`: gives the image so many percent of traffic.
    Shift,
    /// `promote IMAGE`: gives the image all traffic and cleans up after the rollout.
    Promote,
    /// `ready IMAGE`: the platform's own checks say that the image is well.
    Ready,
    /// `url [IMAGE]`: prints the address where the service (or this image, before it is promoted) can be asked from
    /// here, without a trailing `/`; nothing where it cannot be reached from outside.
    Url,
    /// `version IMAGE`: prints what tells its series apart in measurements.
    Version,
    /// `previous [IMAGE]`: prints the version that serves when this image (else what is in service or on its way)
    /// is taken out; nothing where there is none.
    Previous,
    /// `find VERSION|IMAGE`: prints the version that was named, if the platform still has it.
    Find,
    /// `revert VERSION`: gives that version all traffic and cleans up after the rollout that it ends.
    Revert,
    /// `remove`: takes the workload down for good; called for previews only.
    Remove,
}

impl Verb {
    /// Every verb, in the order in which they are printed.
    pub const ALL: [Verb; 14] = [
        Verb::Check,
        Verb::Digest,
        Verb::Weight,
        Verb::Job,
        Verb::Start,
        Verb::Shift,
        Verb::Promote,
        Verb::Ready,
        Verb::Url,
        Verb::Version,
        Verb::Previous,
        Verb::Find,
        Verb::Revert,
        Verb::Remove,
    ];

    /// The word in the function's name.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Check => "check",
            Verb::Digest => "digest",
            Verb::Weight => "weight",
            Verb::Job => "job",
            Verb::Start => "start",
            Verb::Shift => "shift",
            Verb::Promote => "promote",
            Verb::Ready => "ready",
            Verb::Url => "url",
            Verb::Version => "version",
            Verb::Previous => "previous",
            Verb::Find => "find",
            Verb::Revert => "revert",
            Verb::Remove => "remove",
        }
    }
}

/// Name of the shell function of a platform for a verb (or any other word): `cloud_run_start`.
pub fn function_name(platform: &str, word: &str) -> String {
    [&platform.replace('-', "_"), "_", word].concat()
}
