//! What a document tells people to type can be typed: the scripts know the place, the workflow takes it, Day 0 made it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests may fail loudly and read files"
)]

mod whole;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use deployc::artifact::{Artifact, Value};
use deployc::render;
use whole::examples;

/// The first word behind one of the words, as in `--env staging`.
fn behind<'t>(words: &[&'t str], word: &str) -> Option<&'t str> {
    words.iter().position(|known| *known == word).and_then(|at| words.get(at + 1)).copied()
}

/// Placeholders that a person fills stand in capitals.
fn is_meant(word: &str) -> bool {
    !word.is_empty() && !word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
}

/// Why a command of a document cannot be run.
fn fault(files: &BTreeMap<String, String>, command: &str) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let file = |path: &str| files.get(path).map(String::as_str).unwrap_or_default();
    match words.as_slice() {
        [script, rest @ ..]
            if ["ops/deploy.sh", "ops/rollback.sh", "ops/verify.sh"].contains(script) && !rest.is_empty() =>
        {
            let mut places = rest.iter().filter(|word| !word.starts_with('-'));
            let (environment, service) = (places.next()?, places.next()?);
            let arm = format!("{environment}/{service})");
            let known = !is_meant(environment) || !is_meant(service) || file("ops/target.sh").contains(&arm);
            (!known).then(|| format!("ops/target.sh has no `{arm}`"))
        }
        ["gh", "workflow", "run", name, ..] => {
            let text = file(&format!(".github/workflows/{name}"));
            if !text.contains("workflow_dispatch:") {
                return Some(format!("{name} is not started by hand"));
            }
            let wanted =
                words.iter().find_map(|word| word.strip_prefix("environment=")).filter(|word| is_meant(word))?;
            let offered = text.lines().any(|line| line.trim() == format!("- {wanted}"));
            (!offered).then(|| format!("{name} does not offer `{wanted}`"))
        }
        ["gh", "secret", ..] => {
            let environment = behind(&words, "--env")?;
            let name = match words.as_slice() {
                [_, _, "set", name, ..] => *name,
                _ => words.last().copied()?,
            };
            let asked = file("ops/bootstrap.sh").lines().any(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                words.contains(&name) && behind(&words, "--env") == Some(environment)
            });
            (!asked).then(|| format!("ops/bootstrap.sh never asks for `{name}` in `{environment}`"))
        }
        _ => None,
    }
}

/// The lines of the shell blocks of a document.
fn commands(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut all = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("```") {
            inside = line == "```bash";
        } else if inside {
            all.push(line);
        }
    }
    all
}

#[test]
fn every_command_of_a_document_can_be_run() {
    let mut seen = 0;
    for example in examples() {
        let made: Vec<Artifact> = example.build(&example.text).unwrap();
        let files: BTreeMap<String, String> =
            made.iter().map(|artifact| (artifact.path.clone(), render::text(artifact))).collect();
        let mut faults = Vec::new();
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".md")) {
            for command in commands(text) {
                seen += usize::from(command.starts_with("ops/") || command.starts_with("gh "));
                faults.extend(fault(&files, command).map(|fault| format!("{path}: `{command}`: {fault}")));
            }
        }
        assert!(faults.is_empty(), "examples/{}:\n{}", example.name, faults.join("\n"));
    }
    assert!(seen > 50, "only {seen} commands were looked at");
}

/// Runs the sweep of the scheduled workflow with a `gh` that answers like this.
fn swept(gh: &str) -> bool {
    let shop = examples().iter().find(|example| example.name == "shop").unwrap();
    let workflow = shop.artifacts().into_iter().find(|one| one.path == ".github/workflows/scheduled.yml").unwrap();
    let steps = workflow.find("jobs.sweep.steps[0].run").unwrap();
    let Value::Script(script) = &steps.tree.value else { panic!("no script") };
    let folder = tempfile::tempdir().unwrap();
    let stub = folder.path().join("gh");
    fs::write(&stub, format!("#!/usr/bin/env bash\n{gh}\n")).unwrap();
    fs::set_permissions(&stub, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-c", &render::script(script)])
        .env("PATH", path)
        .env("GITHUB_REPOSITORY", "acme/shop")
        .env("GITHUB_STEP_SUMMARY", folder.path().join("summary"))
        .output()
        .unwrap();
    output.status.success()
}

#[test]
fn a_sweep_that_cannot_ask_is_red() {
    assert!(swept("exit 0"), "where nothing ran yet, nothing is left half-way");
    assert!(!swept("echo 'HTTP 503' >&2; exit 1"), "nobody answered, so nothing is known");
}
