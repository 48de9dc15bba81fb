//! Checks over the whole model: one file per area of rules, none knows another.

mod delivery;
mod policy;

pub use policy::{apply as apply_policy, posture};

use crate::derive::Facts;
use crate::diag::{Diagnostic, Severity};
use crate::loader::Loader;
use crate::resolve::Model;
use crate::value::Date;

/// What a check may look at.
pub struct Context<'a> {
    /// The typed model.
    pub model: &'a Model,
    /// What was derived from it.
    pub facts: &'a Facts,
    /// The project's files, for those that nodes name.
    pub loader: &'a dyn Loader,
    /// Today, for what expires; none where the caller gave no date: then nothing is judged by the calendar.
    pub today: Option<Date>,
}

/// One rule or family of rules.
pub struct Check {
    /// Its name, for tests and traces.
    pub name: &'static str,
    /// Judges the model.
    pub run: fn(&Context<'_>, &mut Vec<Diagnostic>),
}

/// Every check, in the order they run; the order has no effect on the result, which is sorted by place.
pub static CHECKS: &[Check] = &[Check { name: "delivery", run: delivery::check }];

/// A model without errors: the only thing that can be planned.
pub struct Checked<'a> {
    model: &'a Model,
    facts: &'a Facts,
}

impl<'a> Checked<'a> {
    /// Runs every check and adds to `diagnostics`.
    pub fn run(context: &Context<'a>, diagnostics: &mut Vec<Diagnostic>) {
        for check in CHECKS {
            (check.run)(context, diagnostics);
        }
    }

    /// The model, if no diagnostic is an error.
    pub fn new(model: &'a Model, facts: &'a Facts, diagnostics: &[Diagnostic]) -> Option<Self> {
        let clean = diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
        clean.then_some(Checked { model, facts })
    }

    /// The model.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// Its facts.
    pub fn facts(&self) -> &'a Facts {
        self.facts
    }
}
