//! What must exist before the first release, as a test and the commands that make it, and the secrets that are made then.

use crate::artifact::Script;
use crate::source::Origin;

/// One thing that `ops/bootstrap.sh` makes once, and that `--check` looks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Provision {
    /// What it is, with where: `service account shop-production-api in acme-prod`. The same thing twice is made once.
    pub about: String,
    /// Why it must exist, as a sentence.
    pub because: String,
    /// A command that succeeds exactly when it exists; its output is thrown away.
    pub test: Script,
    /// What makes it; it can be repeated without harm. Empty where only a person can, and `because` says how.
    pub make: Script,
    /// What decides it.
    pub origin: Origin,
}

/// A secret that a platform makes and keeps by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// What it is: the address or the password of a resource.
    pub what: &'static str,
    /// Where it is kept.
    pub store: String,
    /// Its name there.
    pub path: String,
    /// Puts a new value in, from standard input.
    pub put: Option<Script>,
}
