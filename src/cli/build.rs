//! `deployc build`: checks, writes, and reports what was written and what was assumed.

use std::path::PathBuf;

use clap::ArgMatches;
use serde_json::{Map, json};

use crate::Compilation;
use crate::artifact::{self, Artifact};
use crate::cli::check::compile;
use crate::cli::context::{Context, ProgramTexts, complain, print};
use crate::cli::{Exit, summary};
use crate::diag::{Diagnostic, code};
use crate::render;
use crate::write::{
    self, Conflict, ConflictKind, Differences, Effect, LOCK_PATH, Only, Options, Report, Takeover, WriteError, Writer,
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
    if out.exists() && !out.is_dir() {
        complain(&format!("{} is not a folder: files are written below it", out.display()));
        return Exit::Outside;
    }
    let exit = match write(&out, own, &artifacts) {
        Ok(report) => told(context, own, &mut compilation, &report),
        Err(WriteError::OlderCompiler { lock, .. }) => {
            compilation.diagnostics.push(newer(&lock));
            context.report(&compilation.diagnostics, &ProgramTexts(&compilation.program), Map::new());
            Exit::Findings
        }
        Err(error) => {
            complain(&error.to_string());
            if write::is_unfinished(&out) {
                complain(
                    "some files are new and some still old: the next `deployc build` goes on where this one stopped",
                );
            }
            Exit::Outside
        }
    };
    // The process ends now: the system takes the memory back at once.
    std::mem::forget((compilation, artifacts));
    exit
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
    options.effect = effect(own);
    if own.get_flag("diff") {
        options.differences = Differences::All;
    }
    options
}

/// Whether anything is written.
fn effect(own: &ArgMatches) -> Effect {
    let is_preview = ["check", "diff", "dry-run"].iter().any(|flag| own.get_flag(flag));
    if is_preview { Effect::Preview } else { Effect::Write }
}

/// Renders the files one at a time into staging and puts them in place.
fn write(root: &std::path::Path, own: &ArgMatches, artifacts: &[Artifact]) -> Result<Report, WriteError> {
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
    compilation.diagnostics.extend(conflicts(&report.conflicts));
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
    summary::tell(context, compilation, effect(own), report);
    let preview = own.get_flag("check") || own.get_flag("diff");
    if preview && report.has_drift() { Exit::Findings } else { Exit::Fine }
}

/// Every file that stands in the way as a finding, and one finding for a link or file that is in the way of many.
fn conflicts(all: &[Conflict]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, one) in all.iter().enumerate() {
        let same = |other: &&Conflict| obstacle(one).is_some() && obstacle(other) == obstacle(one);
        if all.iter().take(index).any(|other| same(&other)) {
            continue;
        }
        let others = all.iter().skip(index + 1).filter(same).count();
        let mut diagnostic = conflict(one);
        match others {
            0 => {}
            1 => diagnostic.message.push_str("; so does one more file"),
            count => diagnostic.message.push_str(&format!("; so do {count} more files")),
        }
        found.push(diagnostic);
    }
    found
}

/// What stands in the way of everything below it.
fn obstacle(conflict: &Conflict) -> Option<&str> {
    match &conflict.kind {
        ConflictKind::Blocked { by } | ConflictKind::Outside { by } => Some(by),
        ConflictKind::Edited
        | ConflictKind::Foreign
        | ConflictKind::Link
        | ConflictKind::Directory
        | ConflictKind::Special
        | ConflictKind::Collision { .. } => None,
    }
}

/// What a newer version wrote is left to it.
fn newer(lock: &str) -> Diagnostic {
    let place = crate::source::Span::new(crate::source::FileId::RULE, 0, 0);
    let ours = env!("CARGO_PKG_VERSION");
    Diagnostic::new(
        code::OUTPUT_LOCK_NEWER,
        place,
        format!("`{LOCK_PATH}` was written by deployc {lock}, and this is {ours}"),
    )
    .help(format!("use deployc {lock} or newer"))
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
