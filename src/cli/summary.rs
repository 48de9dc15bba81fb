//! The end of a build: what was written, by group, what was assumed, and what a platform does not do by itself.

use crate::Compilation;
use crate::artifact::Group;
use crate::cli::context::Context;
use crate::derive::{self, EnvironmentFacts};
use crate::diag::{Diagnostic, Severity};
use crate::model::PlatformSupport;
use crate::standard;
use crate::write::{Effect, LOCK_PATH, LockState, Recovery, Report, Status};

/// Tells it to a person.
pub(super) fn tell(context: &Context, compilation: &Compilation, effect: Effect, report: &Report) {
    for sentence in [recovered(report.recovery), found(report.lock_state)].into_iter().flatten() {
        context.say(sentence);
    }
    groups(context, report);
    let assumptions = &compilation.facts.assumptions;
    if !assumptions.is_empty() {
        context.say("assumed, because nothing says otherwise:");
    }
    for one in assumptions {
        let decide = if one.instead.is_empty() { String::new() } else { format!(" (to decide: `{}`)", one.instead) };
        context.say(&format!("  {} {}{decide}", one.about, one.text));
    }
    let lines = not_native(compilation);
    if !lines.is_empty() {
        context.say("not native on its platform:");
    }
    for line in lines {
        context.say(&format!("  {line}"));
    }
    let changed = report.files.iter().filter(|file| file.status.is_change()).count();
    let what = match (effect, changed) {
        (_, 0) if !report.has_drift() => "all as they were, nothing written".to_owned(),
        (Effect::Write, 0) => format!("all as they were, {LOCK_PATH} {}", report.lock),
        (Effect::Write, changed) => format!("{changed} changed"),
        (Effect::Preview, changed) => format!("{changed} would change, nothing written"),
    };
    let warned = match warnings(&compilation.diagnostics) {
        0 => String::new(),
        count => format!("{}, ", counted(count, "warning")),
    };
    let took = context.elapsed().as_millis();
    context.say(&format!("{}: {what}, {warned}{took} ms", counted(report.files.len(), "file")));
}

/// What was left to do of a build before this one.
fn recovered(recovery: Recovery) -> Option<&'static str> {
    match recovery {
        Recovery::Nothing => None,
        Recovery::Finished => Some("an earlier build was stopped half-way; what it began was finished first"),
        Recovery::Settled => Some(
            "an earlier build was stopped half-way and could not be finished; what it had written is in the lock now",
        ),
    }
}

/// How the lock was, where it was not as a build leaves it.
fn found(lock: LockState) -> Option<&'static str> {
    match lock {
        LockState::Whole | LockState::Missing => None,
        LockState::Damaged => Some(
            "some lines of deploy/deployc.lock were not understood; it was computed anew from the files that are as built",
        ),
        LockState::Conflicted => {
            Some("deploy/deployc.lock held an unfinished merge; it was computed anew from the files that are as built")
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn warnings(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|one| one.severity == Severity::Warning).count()
}

/// The files by group; by name only those that something happened to.
fn groups(context: &Context, report: &Report) {
    for group in Group::ALL {
        let files: Vec<_> = report.files.iter().filter(|file| file.group == group.name()).collect();
        if files.is_empty() {
            continue;
        }
        context.say(&format!("{} ({})", group.name(), counted(files.len(), "file")));
        for file in files.iter().filter(|file| !matches!(file.status, Status::Unchanged | Status::Kept)) {
            context.say(&format!("  {:<52} {}", file.path, file.status));
        }
    }
}

/// What a declaration asks of a platform that does not do it by itself: by workflow, or by hand; with who asks for it.
fn not_native(compilation: &Compilation) -> Vec<String> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for environment in &compilation.facts.environments {
        for (what, name) in beyond(compilation, environment) {
            match found.iter_mut().find(|(known, _)| *known == what) {
                Some((_, names)) if names.contains(&name) => {}
                Some((_, names)) => names.push(name),
                None => found.push((what, vec![name])),
            }
        }
    }
    found.into_iter().map(|(what, names)| format!("{}: {what}", names.join(", "))).collect()
}

/// What the programs of an environment ask of its platform beyond what it does by itself, each with the program's name.
fn beyond(compilation: &Compilation, environment: &EnvironmentFacts) -> Vec<(String, String)> {
    let Some((_, setting)) = compilation.model.environments.get(environment.index) else { return Vec::new() };
    let mut found = Vec::new();
    for workload in &environment.workloads {
        let Some(platform) = standard::platform(&workload.host.platform.value) else { continue };
        for need in derive::needs(environment, workload, setting) {
            let row = platform.capability.named(need.capability.word());
            let Some(row) = row.filter(|row| row.support.value != PlatformSupport::Native) else { continue };
            let note = if row.note.value.is_empty() { String::new() } else { format!(". {}", row.note.value) };
            let (what, how) = (need.capability.word(), row.support.value.word());
            found.push((format!("`{what}` on {}, by {how}{note}", platform.title.value), workload.name.value.clone()));
        }
    }
    found
}
