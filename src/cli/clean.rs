//! `deployc clean`: removes the generated files that nobody edited, and the lock.

use crate::cli::Exit;
use crate::cli::context::{Context, complain};
use crate::write::{Options, Writer};

pub(super) fn run(context: &Context) -> Exit {
    let (root, _) = match context.project(None) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let options = Options::new(env!("CARGO_PKG_VERSION"), crate::EDITION);
    match Writer::open(&root, options).and_then(Writer::clean) {
        Ok(report) => {
            for file in &report.files {
                context.say(&format!("{}: {}", file.path, file.status));
            }
            Exit::Fine
        }
        Err(error) => {
            complain(&error.to_string());
            Exit::Outside
        }
    }
}
