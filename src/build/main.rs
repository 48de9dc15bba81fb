//! The build script: turns what is described in text (explain pages, grammar, standard library) into tables of the crate.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a build script reads the source tree and speaks to cargo over stdout"
)]

mod codes;
mod schema;
#[allow(dead_code, unreachable_pub, reason = "compiled for the parser; the crate uses the rest")]
#[path = "../source.rs"]
mod source;
mod standard;
mod syntax;

use std::path::PathBuf;
use std::process::ExitCode;

/// The folders every part of the build script works between.
pub(crate) struct Folders {
    /// The root of the package.
    pub(crate) root: PathBuf,
    /// Where generated Rust goes (`OUT_DIR`).
    pub(crate) out: PathBuf,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // One instruction per line: cargo shows only the line that carries the prefix.
            for line in problem.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).ok_or(format!("cargo did not set {name}"));
    let folders = Folders { root: folder("CARGO_MANIFEST_DIR")?, out: folder("OUT_DIR")? };
    println!("cargo::rerun-if-changed=src/build");
    codes::generate(&folders)?;
    schema::generate(&folders.root.join("grammar/schema"), &folders.out);
    standard::generate(&folders)?;
    Ok(())
}
