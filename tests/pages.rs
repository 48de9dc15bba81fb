//! Every explain page runs: its wrong file reports exactly its code, its right file reports nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::type_complexity,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "tests may fail loudly and share modules"
)]

use std::collections::BTreeSet;

use deployc::diag::page::{Command, Example, Outcome, Page};
use deployc::diag::{Code, Severity};
use deployc::loader::Memory;
use deployc::value::Date;

/// The codes that an example reports.
fn codes(example: &Example<'_>) -> BTreeSet<String> {
    let mut loader = Memory::new().with("deploy.kdl", example.text.clone());
    for (path, text) in &example.files {
        loader = loader.with(*path, text.as_bytes());
    }
    let today = example.today.map(|today| Date::parse(today).unwrap());
    let mut compilation = deployc::check(&loader, "deploy.kdl", today).unwrap();
    if example.command == Command::Build {
        let _ = compilation.build();
    }
    compilation
        .diagnostics
        .iter()
        .filter(|one| one.severity != Severity::Note)
        .map(|one| one.code.as_str().to_owned())
        .collect()
}

#[test]
fn wrong_files_report_their_code_and_right_files_nothing() {
    let mut failures = Vec::new();
    for code in Code::all() {
        // What is on the disk already is judged by the writer: tests/write.
        if ["output/edited", "output/foreign", "output/lock-newer"].contains(&code.as_str()) {
            continue;
        }
        for example in Page::parse(code.page()).unwrap().examples {
            let found = codes(&example);
            let wanted: BTreeSet<String> = match example.outcome {
                Outcome::Wrong => {
                    [code.as_str()].into_iter().chain(example.among.iter().copied()).map(str::to_owned).collect()
                }
                Outcome::Right => BTreeSet::new(),
            };
            if found != wanted {
                failures.push(format!("{code}, line {}: wanted {wanted:?}, found {found:?}", example.line));
            }
        }
    }
    assert!(failures.is_empty(), "{} pages:\n{}", failures.len(), failures.join("\n"));
}
