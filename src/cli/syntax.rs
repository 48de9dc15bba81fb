//! `deployc syntax FILE`: the parsed document in canonical KDL.

use std::io::Read;

use clap::ArgMatches;

use crate::cli::Exit;
use crate::cli::context::{Context, ProgramTexts, complain, print};
use crate::loader::{Disk, Loader};
use crate::resolve::{Program, ProgramFile};
use crate::source::FileId;
use crate::syntax;

pub(super) fn run(context: &Context, own: &ArgMatches) -> Exit {
    let Some(file) = own.get_one::<String>("file") else { return Exit::Usage };
    let bytes = match read(context, file) {
        Ok(bytes) => bytes,
        Err(exit) => return exit,
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            complain(&format!(
                "{file} is not UTF-8: byte {} is part of no character",
                error.utf8_error().valid_up_to()
            ));
            return Exit::Findings;
        }
    };
    let (document, problems) = syntax::document(FileId(0), text);
    if problems.is_empty() {
        print(&syntax::canonical(&document));
        return Exit::Fine;
    }
    let program = Program { files: vec![ProgramFile { path: file.clone(), document }], order: vec![0], pins: None };
    context.report(&problems, &ProgramTexts(&program), serde_json::Map::new())
}

fn read(context: &Context, file: &str) -> Result<Vec<u8>, Exit> {
    if file == "-" {
        let mut bytes = Vec::new();
        return match std::io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => {
                complain(&format!("stdin: {error}"));
                Err(Exit::Outside)
            }
        };
    }
    let (root, name) = context.project(Some(file))?;
    match Disk::new(&root).read(&name) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => {
            complain(&format!("{file}: there is no such file"));
            Err(Exit::Outside)
        }
        Err(error) => {
            complain(&format!("{file}: {error}"));
            Err(Exit::Outside)
        }
    }
}
