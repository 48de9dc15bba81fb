//! deployc: a compiler for deployments. See `src/ARCHITECTURE.md`.
//!
//! The whole way of a build, on one screen:
//!
//! ```text
//! source ─▶ syntax ─▶ resolve ─▶ derive ─▶ check ─▶ plan ─▶ emit ─▶ patch ─▶ prove ─▶ paper ─▶ render ─▶ write
//! ```

pub mod artifact;
pub mod check;
pub mod cli;
pub mod derive;
pub mod diag;
pub mod emit;
pub mod loader;
pub mod model;
pub mod nearest;
pub mod ordered;
pub mod outputs;
pub mod patch;
pub mod plan;
pub mod prove;
pub mod render;
pub mod resolve;
pub mod schema;
pub mod signal;
pub mod source;
pub mod standard;
pub mod syntax;
pub mod value;
pub mod write;

use artifact::Artifact;
use check::{Checked, Context, Reach};
use derive::Facts;
use diag::{Diagnostic, Severity};
use loader::Loader;
use outputs::Outputs;
use patch::Operation;
use plan::Plan;
use resolve::{Model, Program, Resolution, Unreadable};
use value::Date;

/// The edition of the language that this compiler speaks.
pub const EDITION: &str = "2026";

/// A file that was read, judged and derived from.
pub struct Compilation {
    /// The file and what it imports.
    pub program: Program,
    /// The typed model.
    pub model: Model,
    /// What was derived.
    pub facts: Facts,
    /// Everything that was found, sorted by place, each mistake once.
    pub diagnostics: Vec<Diagnostic>,
    /// What no emitter compiles yet.
    not_yet: Vec<Diagnostic>,
    /// The user's patches.
    operations: Vec<Operation>,
    /// The trees of every file, patched; none where they were not made, or something is wrong with them.
    artifacts: Option<Vec<Artifact>>,
}

/// Reads and judges `entry` and everything it imports. The files that would be written are made where only they can
/// tell whether the input is right.
///
/// # Errors
/// When the entry file cannot be read at all; mistakes in it are diagnostics.
pub fn check(loader: &dyn Loader, entry: &str, today: Option<Date>) -> Result<Compilation, Unreadable> {
    let mut diagnostics = Vec::new();
    let program = resolve::load(loader, entry, &mut diagnostics)?;
    let Resolution { model, values, table } = resolve::resolve(&program, &mut diagnostics);
    let facts = derive::derive(&model, loader);
    let context = Context { model: &model, facts: &facts, values: &values, table: &table, loader, today };
    Checked::run(&context, &mut diagnostics);
    let not_yet = check::not_yet(&program, &values);
    let mut operations = Vec::new();
    if let Some(file) = program.files.first() {
        operations = patch::operations(&file.document, &mut diagnostics);
    }
    drop((values, table));
    check::apply_policy(&model, &mut diagnostics);
    let mut compilation = Compilation { program, model, facts, diagnostics, not_yet, operations, artifacts: None };
    let reach = compilation.prove();
    check::judge_allows(&compilation.model, reach, &mut compilation.diagnostics);
    compilation.diagnostics = diag::finish(std::mem::take(&mut compilation.diagnostics));
    Ok(compilation)
}

impl Compilation {
    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Makes and judges the files where the input rests on them; a node that is not compiled yet hinders that, with a note.
    fn prove(&mut self) -> Reach {
        if let Some(first) = self.not_yet.first() {
            let mut note = first.clone();
            note.severity = Severity::Note;
            note.help = Some("the files that would be written are not judged until it is".to_owned());
            self.diagnostics.push(note);
        } else if outputs::judge_the_input(&self.model, &self.facts, &self.operations) {
            return self.make();
        }
        self.sources()
    }

    fn sources(&self) -> Reach {
        Reach::Sources { pins: self.program.pins }
    }

    /// Makes every file in memory and judges them together.
    fn make(&mut self) -> Reach {
        let Some(checked) = Checked::new(&self.model, &self.facts, &self.diagnostics) else { return self.sources() };
        let plan = Plan::new(&checked);
        let mut found = Vec::new();
        let outputs = Outputs::new(&plan, &self.operations, &mut found);
        let mut reach = self.sources();
        if found.is_empty() {
            reach = Reach::Whole;
            outputs.resolve(&plan, &self.operations, &mut found);
            outputs.claims(&plan, &self.operations, &mut found);
            found.append(&mut outputs::unused_pins(&self.model.pins, &outputs.artifacts));
        }
        check::apply_policy(&self.model, &mut found);
        if found.iter().all(|diagnostic| diagnostic.severity != Severity::Error) {
            self.artifacts = Some(outputs.artifacts);
        }
        self.diagnostics.append(&mut found);
        reach
    }

    /// The trees of every file, patched; none while there are errors. What no emitter compiles yet is added to the diagnostics.
    pub fn build(&mut self) -> Option<Vec<Artifact>> {
        if !self.not_yet.is_empty() {
            self.diagnostics.retain(|diagnostic| diagnostic.code != diag::code::OUTPUT_NOT_YET);
            self.diagnostics.append(&mut self.not_yet);
            self.diagnostics = diag::finish(std::mem::take(&mut self.diagnostics));
        }
        if self.artifacts.is_none() {
            self.make();
            self.diagnostics = diag::finish(std::mem::take(&mut self.diagnostics));
        }
        self.artifacts.take()
    }
}
