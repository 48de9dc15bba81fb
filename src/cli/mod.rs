//! The command line: arguments in, results on stdout, messages on stderr, an exit code.

mod arguments;
mod build;
mod check;
mod clean;
mod context;
mod explain;
mod fmt;
mod graph;
mod library;
mod summary;
mod syntax;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use arguments::Command;
use context::Context;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Fine,
    /// The input has errors, or there is drift.
    Findings,
    /// The words of the command line are wrong.
    Usage,
    /// The outside world failed: a file could not be read or written.
    Outside,
}

impl Exit {
    /// The number that the process exits with.
    fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Exit::Fine => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Outside => 3,
        })
    }
}

/// Runs the command that the arguments name.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match arguments::definition().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return arguments::told(&error).code(),
    };
    let context = match Context::new(&matches) {
        Ok(context) => context,
        Err(message) => {
            context::complain(&message);
            return Exit::Usage.code();
        }
    };
    let exit = match Command::of(&matches) {
        Some((Command::Build, own)) => build::run(&context, own),
        Some((Command::Check, own)) => check::run(&context, own),
        Some((Command::Fmt, own)) => fmt::run(&context, own),
        Some((Command::Explain, own)) => explain::run(&context, own),
        Some((Command::Std, own)) => library::run(&context, own),
        Some((Command::Syntax, own)) => syntax::run(&context, own),
        Some((Command::Clean, _)) => clean::run(&context),
        Some((Command::Why, own)) => why::run(&context, own),
        Some((Command::Graph, own)) => graph::run(&context, own),
        Some((Command::Completions, own)) => arguments::completions(own),
        None => Exit::Usage,
    };
    exit.code()
}
