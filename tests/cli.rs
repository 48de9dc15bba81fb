//! The commands as a user runs them: exit codes, streams, options, and what lands in the tree.

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

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

const HELLO: &str = r#"edition "2026"
app "hello" { repo "github.com/acme/hello" }
service "api" { source "."; runtime "python@3.13"; command start="uvicorn main:app --host 0.0.0.0 --port 8000"; http port=8000 { health "/healthz" } }
environment "production" { host "cloud-run" region="europe-west1" project="acme-prod" }
"#;

fn project(deploy: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("deploy.kdl"), deploy).unwrap();
    fs::write(folder.path().join("main.py"), "app = None\n").unwrap();
    fs::write(folder.path().join("requirements.txt"), "uvicorn==0.30.0\n").unwrap();
    folder
}

fn run(folder: &Path, words: &[&str]) -> Output {
    Command::cargo_bin("deployc").unwrap().current_dir(folder).env_remove("NO_COLOR").args(words).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn check_is_fine_with_a_good_file() {
    let folder = project(HELLO);
    let output = run(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(err(&output).contains("deploy.kdl is fine"));
    assert_eq!(out(&output), "");
}

#[test]
fn check_tells_a_wrong_word_with_the_nearest_and_mends_it() {
    let folder = project(&HELLO.replace("service \"api\"", "servce \"api\""));
    let output = run(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("did you mean `service`?"), "{}", err(&output));
    let fixed = run(folder.path(), &["check", "--fix"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", err(&fixed));
    assert_eq!(fs::read_to_string(folder.path().join("deploy.kdl")).unwrap(), HELLO);
}

#[test]
fn json_is_one_object_on_stdout() {
    let folder = project(&HELLO.replace("port=8000", "prot=8000"));
    let output = run(folder.path(), &["check", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let value: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(value["version"], 1);
    let first = &value["diagnostics"][0];
    assert_eq!(first["code"], "name/unknown-property");
    assert_eq!((first["file"].as_str(), first["line"].as_u64()), (Some("deploy.kdl"), Some(3)));
}

#[test]
fn wrong_usage_and_missing_files_have_their_exit_codes() {
    let folder = project(HELLO);
    assert_eq!(run(folder.path(), &["biuld"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["check", "--today", "yesterday"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["explain", "name/unusd"]).status.code(), Some(2));
    let empty = TempDir::new().unwrap();
    assert_eq!(run(empty.path(), &["check"]).status.code(), Some(3));
}

#[test]
fn the_project_is_found_from_below() {
    let folder = project(HELLO);
    let below = folder.path().join("src/inner");
    fs::create_dir_all(&below).unwrap();
    assert_eq!(run(&below, &["check"]).status.code(), Some(0));
}

#[test]
fn a_second_build_writes_nothing_and_an_edit_is_kept() {
    let folder = project(HELLO);
    let first = run(folder.path(), &["build"]);
    assert_eq!(first.status.code(), Some(0), "{}", err(&first));
    let path = folder.path().join("Dockerfile");
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let second = run(folder.path(), &["build"]);
    assert!(err(&second).contains(" 0 changed"), "{}", err(&second));
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    assert_eq!(run(folder.path(), &["build", "--check"]).status.code(), Some(0));

    fs::write(&path, "FROM scratch\n").unwrap();
    let third = run(folder.path(), &["build"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "FROM scratch\n");
    assert!(third.status.code() == Some(0) || err(&third).contains("output/edited"), "{}", err(&third));
}

#[test]
fn why_answers_for_a_line_and_refuses_what_is_not_as_built() {
    let folder = project(HELLO);
    run(folder.path(), &["build"]);
    let text = fs::read_to_string(folder.path().join("Dockerfile")).unwrap();
    let line = text.lines().position(|line| line.starts_with("EXPOSE")).unwrap() + 1;
    let output = run(folder.path(), &["why", &format!("Dockerfile:{line}")]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("deploy.kdl:3"), "{}", out(&output));
    fs::write(folder.path().join("Dockerfile"), text + "# mine\n").unwrap();
    assert_eq!(run(folder.path(), &["why", "Dockerfile"]).status.code(), Some(1));
    assert_eq!(run(folder.path(), &["why", "Dockerfle"]).status.code(), Some(1));
}

#[test]
fn every_command_has_help() {
    let folder = project(HELLO);
    for command in ["build", "check", "fmt", "why", "explain", "graph", "std", "syntax", "clean", "completions"] {
        let output = run(folder.path(), &[command, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(out(&output).contains("Usage:"), "{command}");
    }
}

#[test]
fn fmt_is_idempotent_and_check_only_tells() {
    let folder = project(&HELLO.replace("; ", ";   "));
    let told = run(folder.path(), &["fmt", "--check"]);
    assert_eq!((told.status.code(), out(&told).as_str()), (Some(1), "deploy.kdl\n"));
    assert_eq!(run(folder.path(), &["fmt"]).status.code(), Some(0));
    assert_eq!(run(folder.path(), &["fmt", "--check"]).status.code(), Some(0));
}

#[test]
fn what_points_at_a_misspelt_value_is_not_told() {
    let strategy = "strategy \"careful\" kind=\"canry\" { step weight=\"100%\"; rollback within=\"10m\" { when \"error_rate > 2% for 5m\" } }\n";
    let folder =
        project(&(HELLO.replace("project=\"acme-prod\"", "project=\"acme-prod\"; strategy \"careful\"") + strategy));
    let output = run(folder.path(), &["check", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    let codes: Vec<&str> =
        value["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["type/unknown-enum"]);
}
