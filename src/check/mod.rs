//! Checks over the whole model: one file per area of rules, none knows another.

mod capability;
mod collision;
mod condition;
mod coverage;
mod credential;
mod cycle;
mod delivery;
mod file;
mod flow;
mod parity;
mod pin;
mod placement;
mod policy;
mod route;
mod secret;
mod signal;
mod threat;
mod value;

pub use coverage::not_yet;
pub use policy::{Reach, apply as apply_policy, judge_allows, posture};

use crate::derive::Facts;
use crate::diag::{Diagnostic, Severity, Tie};
use crate::loader::Loader;
use crate::resolve::{Model, Table, Typed};
use crate::source::Span;
use crate::value::Date;

/// What a check may look at.
pub struct Context<'a> {
    /// The typed model.
    pub model: &'a Model,
    /// What was derived from it.
    pub facts: &'a Facts,
    /// Every well-formed value of the program, with its place in the grammar.
    pub values: &'a [Typed<'a>],
    /// The names of the program.
    pub table: &'a Table<'a>,
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
pub static CHECKS: &[Check] = &[
    Check { name: "value", run: value::check },
    Check { name: "file", run: file::check },
    Check { name: "placement", run: placement::check },
    Check { name: "cycle", run: cycle::check },
    Check { name: "credential", run: credential::check },
    Check { name: "flow", run: flow::check },
    Check { name: "secret", run: secret::check },
    Check { name: "condition", run: condition::check },
    Check { name: "capability", run: capability::check },
    Check { name: "collision", run: collision::check },
    Check { name: "parity", run: parity::check },
    Check { name: "delivery", run: delivery::check },
    Check { name: "pin", run: pin::check },
    Check { name: "threat", run: threat::check },
    Check { name: "signal", run: signal::check },
    Check { name: "route", run: route::check },
];

/// A model without errors: the only thing that can be planned.
pub struct Checked<'a> {
    model: &'a Model,
    facts: &'a Facts,
}

impl<'a> Checked<'a> {
    /// Runs every check and adds to `diagnostics`.
    pub fn run(context: &Context<'a>, diagnostics: &mut Vec<Diagnostic>) {
        let mut found = Vec::new();
        for check in CHECKS {
            (check.run)(context, &mut found);
        }
        // Where a value could not be read, a placeholder stands in for it, and what is said of that follows from the mistake.
        let mut told: Vec<Span> = diagnostics
            .iter()
            .filter(|diagnostic| !matches!(diagnostic.tie, Some(Tie::Unused(_))))
            .map(|diagnostic| diagnostic.primary.span)
            .collect();
        told.sort_by_key(|span| (span.file, span.start));
        let follows = |span: Span| {
            let first = told.partition_point(|one| (one.file, one.start) < (span.file, span.start));
            let inside = told.iter().skip(first).take_while(|one| one.file == span.file && one.start < span.end);
            inside.into_iter().any(|one| one.end <= span.end && one.start < one.end)
        };
        found.retain(|diagnostic| {
            !follows(diagnostic.primary.span) && !diagnostic.labels.iter().any(|label| follows(label.span))
        });
        diagnostics.append(&mut found);
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
