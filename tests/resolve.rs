//! The way from text to facts, on the examples.

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

use deployc::diag::Severity;
use deployc::loader::Disk;

fn compile(example: &str) -> deployc::Compilation {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
    deployc::check(&Disk::new(root), "deploy.kdl", None).expect("the example can be read")
}

fn findings(compilation: &deployc::Compilation) -> Vec<String> {
    compilation
        .diagnostics
        .iter()
        .filter(|one| one.severity != Severity::Note)
        .map(|one| {
            let text =
                compilation.program.file(one.primary.span.file).map(|file| file.document.text()).unwrap_or_default();
            let line =
                text.as_bytes()[..one.primary.span.start as usize].iter().filter(|byte| **byte == b'\n').count() + 1;
            format!("{line}: {}: {} ({})", one.code.as_str(), one.message, one.help.clone().unwrap_or_default())
        })
        .collect()
}

#[test]
fn the_smallest_file_checks() {
    let compilation = compile("hello");
    let found = findings(&compilation);
    assert!(found.len() == 1 && found[0].contains("name/no-edition"), "only the edition is missing: {found:?}");
    let production = compilation.facts.environment("production").expect("declared");
    let api = production.workload("api").expect("a workload");
    assert_eq!(api.generated, "hello-production-api");
}

#[test]
fn the_whole_language_checks() {
    let compilation = compile("everything");
    assert_eq!(findings(&compilation), Vec::<String>::new());
}
