//! `deployc check`: judges the input, and makes the certain edits with `--fix`.

use clap::ArgMatches;

use crate::Compilation;
use crate::cli::Exit;
use crate::cli::context::{Context, ProgramTexts, complain};
use crate::diag::apply_fixes;
use crate::loader::Disk;

pub(super) fn run(context: &Context, own: &ArgMatches) -> Exit {
    let (root, entry) = match context.project(own.get_one::<String>("file").map(String::as_str)) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let mut compilation = match compile(context, &root, &entry) {
        Ok(compilation) => compilation,
        Err(exit) => return exit,
    };
    if own.get_flag("fix") {
        match fix(context, &root, &compilation) {
            Ok(0) => {}
            Ok(_) => match compile(context, &root, &entry) {
                Ok(again) => compilation = again,
                Err(exit) => return exit,
            },
            Err(exit) => return exit,
        }
    }
    let exit = context.report(&compilation.diagnostics, &ProgramTexts(&compilation.program), serde_json::Map::new());
    if exit == Exit::Fine {
        context.say(&format!("{entry} is fine: {}", summary(&compilation)));
    }
    // The process ends now: the system takes the memory back at once, piece by piece it would be a fifth of the time.
    std::mem::forget(compilation);
    exit
}

fn summary(compilation: &Compilation) -> String {
    let count = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    format!(
        "{}, {}, {}",
        count(compilation.model.declared.services.len(), "service"),
        count(compilation.facts.environments.len(), "environment"),
        count(compilation.facts.units.len(), "release unit"),
    )
}

/// Reads and judges the project.
pub(super) fn compile(context: &Context, root: &std::path::Path, entry: &str) -> Result<Compilation, Exit> {
    crate::check(&Disk::new(root), entry, Some(context.today)).map_err(|error| {
        complain(&format!("{}: {}", error.path, error.reason));
        Exit::Outside
    })
}

/// Writes the fixed files; gives how many there were.
fn fix(context: &Context, root: &std::path::Path, compilation: &Compilation) -> Result<usize, Exit> {
    let texts = ProgramTexts(&compilation.program);
    let mut fixed = 0;
    for (file, text) in apply_fixes(&texts, &compilation.diagnostics) {
        let Some(program_file) = compilation.program.file(file).filter(|file| !file.path.starts_with("std:")) else {
            continue;
        };
        crate::write::replace(&root.join(&program_file.path), text.as_bytes()).map_err(|error| {
            complain(&error.to_string());
            Exit::Outside
        })?;
        context.say(&format!("fixed {}", program_file.path));
        fixed += 1;
    }
    Ok(fixed)
}
