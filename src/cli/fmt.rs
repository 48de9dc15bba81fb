//! `deployc fmt`: formats the input; keeps every comment and spelling.

use clap::ArgMatches;

use crate::cli::Exit;
use crate::cli::context::{Context, complain, print};
use crate::diag::Diagnostic;
use crate::loader::{Disk, Loader};
use crate::resolve::{self, Program, ProgramFile};
use crate::source::FileId;
use crate::syntax;

pub(super) fn run(context: &Context, own: &ArgMatches) -> Exit {
    let named: Vec<&String> = own.get_many::<String>("file").into_iter().flatten().collect();
    let mut worst = Exit::Fine;
    if named.is_empty() {
        let (root, entry) = match context.project(None) {
            Ok(project) => project,
            Err(exit) => return exit,
        };
        let disk = Disk::new(&root);
        let mut found: Vec<Diagnostic> = Vec::new();
        let program = match resolve::load(&disk, &entry, &mut found) {
            Ok(program) => program,
            Err(error) => {
                complain(&format!("{}: {}", error.path, error.reason));
                return Exit::Outside;
            }
        };
        for file in program.files.iter().filter(|file| !file.path.starts_with("std:")) {
            worst = worse(worst, one(context, own, &disk, &root, &file.path));
        }
        return worst;
    }
    for name in named {
        let (root, entry) = match context.project(Some(name)) {
            Ok(project) => project,
            Err(exit) => return exit,
        };
        worst = worse(worst, one(context, own, &Disk::new(&root), &root, &entry));
    }
    worst
}

fn worse(one: Exit, other: Exit) -> Exit {
    if other == Exit::Fine { one } else { other }
}

fn one(context: &Context, own: &ArgMatches, disk: &Disk, root: &std::path::Path, path: &str) -> Exit {
    let bytes = match disk.read(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            complain(&format!("{path}: there is no such file"));
            return Exit::Outside;
        }
        Err(error) => {
            complain(&format!("{path}: {error}"));
            return Exit::Outside;
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        complain(&format!("{path} is not UTF-8"));
        return Exit::Findings;
    };
    let (document, problems) = syntax::document(FileId(0), text);
    if !problems.is_empty() {
        let program =
            Program { files: vec![ProgramFile { path: path.to_owned(), document }], order: vec![0], pins: None };
        return context.report(&problems, &crate::cli::context::ProgramTexts(&program), serde_json::Map::new());
    }
    let Some(formatted) = syntax::format(&document) else { return Exit::Findings };
    if formatted == document.text() {
        return Exit::Fine;
    }
    if own.get_flag("check") {
        print(&format!("{path}\n"));
        return Exit::Findings;
    }
    match crate::write::replace(&root.join(path), formatted.as_bytes()) {
        Ok(()) => {
            context.say(&format!("formatted {path}"));
            Exit::Fine
        }
        Err(error) => {
            complain(&error.to_string());
            Exit::Outside
        }
    }
}
