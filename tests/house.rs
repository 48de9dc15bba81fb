//! The house rules that no compiler checks: layers, file heads, lengths, paths that documents name.

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

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which module may use which. `cli` uses everything and nothing uses it.
const LAYERS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("nearest", &[]),
    ("ordered", &[]),
    ("loader", &[]),
    ("value", &["nearest"]),
    ("diag", &["source", "syntax"]),
    ("syntax", &["diag", "nearest", "source", "value"]),
    ("schema", &["source"]),
    ("model", &["diag", "resolve", "schema", "source", "syntax", "value"]),
    ("standard", &["model", "resolve", "schema", "source", "syntax"]),
    ("resolve", &["diag", "loader", "model", "nearest", "schema", "source", "standard", "syntax", "value"]),
    ("derive", &["artifact", "loader", "model", "resolve", "source", "standard", "syntax", "value"]),
    (
        "check",
        &[
            "derive", "diag", "emit", "loader", "model", "nearest", "plan", "resolve", "schema", "signal", "source",
            "standard", "syntax", "value",
        ],
    ),
    ("signal", &["derive", "model", "resolve", "source", "standard", "syntax", "value"]),
    ("artifact", &["source"]),
    (
        "plan",
        &["artifact", "check", "derive", "diag", "model", "resolve", "signal", "source", "standard", "syntax", "value"],
    ),
    (
        "emit",
        &[
            "artifact", "derive", "diag", "loader", "model", "ordered", "patch", "plan", "prove", "render", "resolve",
            "schema", "signal", "source", "standard", "syntax", "value",
        ],
    ),
    (
        "prove",
        &[
            "artifact", "check", "derive", "diag", "model", "nearest", "plan", "render", "resolve", "signal", "source",
            "standard", "syntax", "value",
        ],
    ),
    ("outputs", &["artifact", "derive", "diag", "emit", "patch", "plan", "prove", "render", "resolve", "source"]),
    ("patch", &["artifact", "diag", "model", "nearest", "source", "syntax"]),
    ("render", &["artifact", "source"]),
    ("write", &["loader"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The module of a file: `src/emit/ops/mod.rs` is of `emit`.
fn module(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("src/")?;
    let first = rest.split('/').next()?;
    Some(first.strip_suffix(".rs").unwrap_or(first))
}

#[test]
fn layers_use_only_what_they_may() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        LAYERS.iter().map(|(name, uses)| (*name, uses.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some(own) = module(&path).filter(|own| !matches!(*own, "lib" | "main" | "build" | "cli")) else { continue };
        let Some(uses) = allowed.get(own) else { panic!("{path}: the module `{own}` has no row in LAYERS") };
        for (at, _) in text.match_indices("crate::") {
            let name: String = text[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if allowed.contains_key(name.as_str()) && name != own && !uses.contains(name.as_str()) {
                wrong.push(format!("{path} uses `{name}`"));
            }
            assert!(name != "cli", "{path} uses the command line");
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_owns() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{path} has no `//!` sentence");
        let name = path.rsplit('/').next().unwrap();
        assert!(!["utils.rs", "helpers.rs", "common.rs", "misc.rs"].contains(&name), "{path}: the name says nothing");
        assert!(!text.contains("TODO") && !text.contains("FIXME") && !text.contains("XXX"), "{path}: unfinished");
    }
}

#[test]
fn platforms_are_named_in_their_own_files_only() {
    let platforms: Vec<&str> = deployc::standard::names("platform").collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if path.starts_with("src/emit/platform/") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap();
        for platform in &platforms {
            if code.contains(&format!("\"{platform}\"")) {
                wrong.push(format!("{path} names `{platform}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn paths_in_the_architecture_exist() {
    let text = fs::read_to_string(root().join("src/ARCHITECTURE.md")).unwrap();
    for part in text
        .split('`')
        .filter(|part| ["src/", "grammar/", "tests/", "stdlib/"].iter().any(|start| part.starts_with(start)))
    {
        let path = part.split(['*', ' ']).next().unwrap();
        let path = if part.contains('*') { path.rsplit_once('/').map_or(path, |(folder, _)| folder) } else { path };
        assert!(root().join(path).exists(), "ARCHITECTURE.md names `{part}`");
    }
}

#[test]
fn every_snapshot_has_its_test() {
    let folder = root().join("tests/snapshots");
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let test = name.split("__").next().unwrap();
        let known = ["tests/", "tests/render/", "tests/write/", "tests/syntax/"];
        assert!(
            known.iter().any(|folder| root().join(folder).join(format!("{test}.rs")).exists()),
            "{name} belongs to no test"
        );
    }
}
