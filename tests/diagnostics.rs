//! Wrong files with `// error: code` on the line that is told, each with a mended twin without any finding.

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

use std::path::{Path, PathBuf};

use deployc::diag::{Severity, report};
use deployc::loader::Memory;

/// Code and line of every finding that is more than a note.
fn findings(path: &Path) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(path).unwrap();
    let loader = Memory::new().with("deploy.kdl", text.clone());
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let told = compilation.diagnostics.iter().filter(|one| one.severity != Severity::Note);
    let mut found: Vec<(usize, String)> = told
        .map(|one| (text[..one.primary.span.start as usize].matches('\n').count() + 1, one.code.as_str().to_owned()))
        .collect();
    found.sort();
    found
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let areas = std::fs::read_dir(root).unwrap().map(|area| area.unwrap().path());
    let mut all: Vec<PathBuf> =
        areas.flat_map(|area| std::fs::read_dir(area).unwrap().map(|file| file.unwrap().path())).collect();
    all.sort();
    all
}

#[test]
fn wrong_files_are_told_where_they_say_and_mended_ones_are_fine() {
    let mut failures = Vec::new();
    for path in files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let wanted: Vec<(usize, String)> = text
            .lines()
            .enumerate()
            .filter_map(|(at, line)| Some((at + 1, line.split_once("// error: ")?.1.trim().to_owned())))
            .collect();
        let found = findings(&path);
        if found != wanted {
            failures.push(format!("{name}: wanted {wanted:?}, found {found:?}"));
        }
        let mended = name.ends_with(".mended.kdl");
        assert!(mended == wanted.is_empty() && wanted.len() <= 2, "{name} expects one or two findings, its twin none");
        assert!(mended || path.with_extension("mended.kdl").exists(), "{name} has a mended twin");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_report_never_repeats_a_credential() {
    struct One(String);
    impl deployc::diag::Texts for One {
        fn name(&self, _: deployc::source::FileId) -> &str {
            "deploy.kdl"
        }
        fn text(&self, file: deployc::source::FileId) -> &str {
            if file.is_embedded() { "" } else { &self.0 }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/secret/url-password.kdl");
    let text = std::fs::read_to_string(path).unwrap();
    let loader = Memory::new().with("deploy.kdl", text.clone());
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let style = report::Style { paint: report::Paint::Plain, charset: report::Charset::Ascii };
    let report = report::human(&compilation.diagnostics, &One(text), style);
    assert!(report.contains("secret/literal") && !report.contains("hunter2"), "{report}");
}
