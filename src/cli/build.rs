//! `deployc build`: checks, writes, and reports what was written and what was assumed.

use std::path::PathBuf;

use clap::ArgMatches;
use serde_json::{Map, json};

use crate::Compilation;
use crate::artifact::{self, Artifact};
use crate::cli::Exit;
use crate::cli::check::compile;
use crate::cli::context::{Context, ProgramTexts, complain, print};
use crate::derive;
use crate::diag::{Diagnostic, code};
use crate::model::PlatformSupport;
use crate::render;
use crate::standard;
use crate::write::{
    self, Conflict, ConflictKind, Differences, Effect, Only, Options, Report, Takeover, WriteError, Writer,
};

pub(super) fn run(context: &Context, own: &ArgMatches) -> Exit {
    let (root, entry) = match context.project(own.get_one::<String>("file").map(String::as_str)) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let mut compilation = match compile(context, &root, &entry) {
        Ok(compilation) => compilation,
        Err(exit) => return exit,
    };
    let artifacts = compilation.build();
    let (Some(artifacts), Exit::Fine) = (artifacts, context.exit(&compilation.diagnostics)) else {
        context.report(&compilation.diagnostics, &ProgramTexts(&compilation.program), Map::new());
        return Exit::Findings;
    };
    let out = own.get_one::<String>("out").map_or_else(|| root.clone(), PathBuf::from);
    match write(&out, own, &compilation, &artifacts) {
        Ok(report) => told(context, own, &mut compilation, &report),
        Err(error) => {
            complain(&error.to_string());
            Exit::Outside
        }
    }
}

/// The options of the writer, from those of the command.
fn options(own: &ArgMatches) -> Options {
    let mut options = Options::new(env!("CARGO_PKG_VERSION"), crate::EDITION);
    if let Some(groups) = own.get_many::<String>("only") {
        options.only = Only::Groups(groups.cloned().collect());
    }
    if own.get_flag("force") {
        options.takeover = Takeover::Force;
    } else if own.get_flag("adopt") {
        options.takeover = Takeover::Adopt;
    }
    if ["check", "diff", "dry-run"].iter().any(|flag| own.get_flag(flag)) {
        options.effect = Effect::Preview;
    }
    if own.get_flag("diff") {
        options.differences = Differences::All;
    }
    options
}

/// Renders the files one at a time into staging and puts them in place.
fn write(
    root: &std::path::Path,
    own: &ArgMatches,
    _compilation: &Compilation,
    artifacts: &[Artifact],
) -> Result<Report, WriteError> {
    let mut writer = Writer::open(root, options(own))?;
    let mut bytes = Vec::new();
    for artifact in artifacts {
        bytes.clear();
        render::render(artifact, &mut bytes);
        let mode = match artifact.mode {
            artifact::Mode::Plain => write::Mode::Plain,
            artifact::Mode::Executable => write::Mode::Executable,
        };
        let ownership = match artifact.ownership {
            artifact::Ownership::Generated => write::Ownership::Generated,
            artifact::Ownership::WrittenOnce => write::Ownership::Once,
        };
        writer.offer(&artifact.path, artifact.group.name(), mode, ownership, &bytes)?;
    }
    writer.commit()
}

fn told(context: &Context, own: &ArgMatches, compilation: &mut Compilation, report: &Report) -> Exit {
    compilation.diagnostics.extend(report.conflicts.iter().map(conflict));
    let files: Vec<serde_json::Value> = report
        .files
        .iter()
        .map(|file| json!({ "path": file.path, "group": file.group, "status": file.status.to_string(), "difference": file.difference }))
        .collect();
    let assumptions: Vec<serde_json::Value> = compilation
        .facts
        .assumptions
        .iter()
        .map(|one| json!({ "about": one.about, "text": one.text, "instead": one.instead }))
        .collect();
    let extra = Map::from_iter([("files".to_owned(), files.into()), ("assumptions".to_owned(), assumptions.into())]);
    let exit = context.report(&compilation.diagnostics, &ProgramTexts(&compilation.program), extra);
    for conflict in &report.conflicts {
        if let Some(difference) = &conflict.difference {
            context.say(difference);
        }
    }
    if own.get_flag("diff") && context.format == crate::cli::context::Format::Human {
        for file in report.files.iter().filter_map(|file| file.difference.as_ref()) {
            print(file);
        }
    }
    if exit != Exit::Fine {
        return exit;
    }
    narrate(context, compilation, report);
    let preview = own.get_flag("check") || own.get_flag("diff");
    if preview && report.has_drift() { Exit::Findings } else { Exit::Fine }
}

/// The report: what was written, by group, and what was assumed.
fn narrate(context: &Context, compilation: &Compilation, report: &Report) {
    for group in artifact::Group::ALL {
        let files: Vec<_> = report.files.iter().filter(|file| file.group == group.name()).collect();
        if files.is_empty() {
            continue;
        }
        context.say(&format!("{} ({} files)", group.name(), files.len()));
        for file in files.iter().filter(|file| file.status.is_change()) {
            context.say(&format!("  {:<52} {}", file.path, file.status));
        }
    }
    if !compilation.facts.assumptions.is_empty() {
        context.say("assumed, because nothing says otherwise:");
        for one in &compilation.facts.assumptions {
            context.say(&format!("  {} {} (to decide: `{}`)", one.about, one.text, one.instead));
        }
    }
    let lines = not_native(compilation);
    if !lines.is_empty() {
        context.say("not native on its platform:");
        for line in lines {
            context.say(&format!("  {line}"));
        }
    }
    let changed = report.files.iter().filter(|file| file.status.is_change()).count();
    let took = context.elapsed();
    context.say(&format!("{} files, {changed} changed, {} ms", report.files.len(), took.as_millis()));
}

/// What a declaration asks of a platform that does not do it by itself: by workflow, or by hand. Each once per platform.
fn not_native(compilation: &Compilation) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for environment in &compilation.facts.environments {
        let Some((_, setting)) = compilation.model.environments.get(environment.index) else { continue };
        for workload in &environment.workloads {
            let Some(platform) = standard::platform(&workload.host.platform.value) else { continue };
            for need in derive::needs(environment, workload, setting) {
                let row = platform.capability.iter().find(|row| row.name.value == need.capability);
                let Some(row) = row.filter(|row| row.support.value != PlatformSupport::Native) else { continue };
                let note = if row.note.value.is_empty() { String::new() } else { format!(": {}", row.note.value) };
                let line = format!(
                    "{} on {}, by {}{note}",
                    need.capability.word(),
                    platform.title.value,
                    row.support.value.word()
                );
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
    }
    lines
}

/// A file that stands in the way, as a finding of the area `output`.
fn conflict(conflict: &Conflict) -> Diagnostic {
    let code = match &conflict.kind {
        ConflictKind::Edited => code::OUTPUT_EDITED,
        ConflictKind::Foreign
        | ConflictKind::Link
        | ConflictKind::Directory
        | ConflictKind::Special
        | ConflictKind::Blocked { .. }
        | ConflictKind::Outside { .. } => code::OUTPUT_FOREIGN,
        ConflictKind::Collision { .. } => code::OUTPUT_CASE,
    };
    let ways: Vec<&str> = conflict.kind.ways_out().iter().map(|way| way.sentence()).collect();
    let place = crate::source::Span::new(crate::source::FileId::RULE, 0, 0);
    Diagnostic::new(code, place, conflict.to_string()).help(ways.join("; or "))
}
