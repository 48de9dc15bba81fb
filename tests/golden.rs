//! The outputs of the examples are real files in their folders, so that people and validators read them as they are.
//!
//! An example takes part once `deployc build` was run in it (then it has a lock); `UPDATE=1` builds these again.

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

mod whole;

use std::collections::BTreeSet;

use assert_cmd::Command;
use deployc::artifact::{Artifact, Mode, Ownership};
use deployc::render;
use whole::{Example, LOCK, examples, files, locked};

/// Where files may be written, from the root; a name with a `/` in front may stand in any folder, beside the code it is of.
const PLACES: [&str; 23] = [
    ".github/workflows/",
    ".github/dependabot.yml",
    ".gitlab-ci.yml",
    ".gitlab/",
    ".gitleaks.toml",
    ".kamal/",
    ".railway/",
    "/.dockerignore",
    "/.gcloudignore",
    "/Dockerfile",
    "/Dockerfile.dockerignore",
    "/railway.toml",
    "/vercel.json",
    "SECURITY.md",
    "compose.",
    "config/deploy.yml",
    "deploy/",
    "docs/",
    "fly.toml",
    "ops/",
    "osv-scanner.toml",
    "render.yaml",
    "renovate.json",
];

fn is_a_place(path: &str) -> bool {
    PLACES.iter().any(|place| match place.strip_prefix('/') {
        Some(name) => path.rsplit('/').next() == Some(name),
        None if place.ends_with(['/', '.']) => path.starts_with(place),
        None => path == *place,
    })
}

#[test]
fn outputs_are_as_committed() {
    let mut wrong = Vec::new();
    for example in examples().iter().filter(|example| example.root.join(LOCK).exists()) {
        if std::env::var_os("UPDATE").is_some() {
            let output = Command::cargo_bin("deployc")
                .unwrap()
                .current_dir(&example.root)
                .args(["build", "--force"])
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        compare(example, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}\nUPDATE=1 cargo test --test golden builds the examples again", wrong.join("\n"));
}

/// Compares an example's files with what it compiles to.
fn compare(example: &Example, wrong: &mut Vec<String>) {
    let written = files(&example.root);
    let lock = String::from_utf8(written[LOCK].clone()).unwrap();
    let generated: Vec<Artifact> =
        example.artifacts().into_iter().filter(|artifact| artifact.ownership == Ownership::Generated).collect();
    for artifact in &generated {
        let path = &artifact.path;
        let text = render::text(artifact);
        match written.get(path) {
            None => wrong.push(format!("examples/{}/{path} is not there", example.name)),
            Some(found) if found != text.as_bytes() => {
                let found = String::from_utf8_lossy(found);
                let line = found.lines().zip(text.lines()).take_while(|(old, new)| old == new).count();
                wrong.push(format!(
                    "examples/{}/{path}:{}: `{}` is now `{}`",
                    example.name,
                    line + 1,
                    found.lines().nth(line).unwrap_or_default(),
                    text.lines().nth(line).unwrap_or_default()
                ));
            }
            Some(_) => {}
        }
    }
    let now: BTreeSet<&str> = generated.iter().map(|artifact| artifact.path.as_str()).collect();
    let old: BTreeSet<&str> = locked(&lock).into_iter().collect();
    wrong.extend(old.difference(&now).map(|path| format!("examples/{}/{path} is no longer generated", example.name)));
    wrong.extend(now.difference(&old).map(|path| format!("examples/{}/{path} is not in the lock", example.name)));
}

#[test]
fn no_file_has_faults() {
    for example in examples() {
        for artifact in example.artifacts() {
            assert_eq!(artifact.faults(), Vec::<String>::new(), "examples/{}: {}", example.name, artifact.path);
        }
    }
}

#[test]
fn no_path_is_written_twice_and_each_has_its_place() {
    for example in examples() {
        let artifacts = example.artifacts();
        let mut seen = BTreeSet::new();
        for artifact in &artifacts {
            let path = artifact.path.as_str();
            assert!(seen.insert(path.to_lowercase()), "examples/{}: two emitters write {path}", example.name);
            assert!(is_a_place(path), "examples/{}: nobody looks for {path}", example.name);
            let script = render::text(artifact).starts_with("#!");
            assert_eq!(script, artifact.mode == Mode::Executable, "examples/{}: {path} and its mode", example.name);
        }
    }
}

#[test]
fn every_text_file_says_who_made_it_and_ends_its_last_line() {
    for example in examples() {
        for artifact in example.artifacts() {
            let text = render::text(&artifact);
            let json = artifact.path.ends_with(".json");
            assert!(
                json || text.contains("by deployc from deploy.kdl"),
                "examples/{}: {}",
                example.name,
                artifact.path
            );
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "examples/{}: {}", example.name, artifact.path);
        }
    }
}
