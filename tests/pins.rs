//! `deploy/pins.kdl`: what it pins stands in every output that names it, and the answer of `why` is its line.

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

use assert_cmd::Command;
use deployc::artifact::Artifact;
use deployc::diag::Severity;
use deployc::render;
use deployc::source::FileId;
use tempfile::TempDir;
use whole::{Example, copy_inputs, read_whole};

const PINS: &str = "deploy/pins.kdl";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn shop() -> &'static Example {
    read_whole().find(|example| example.name == "shop").unwrap()
}

/// The lines of every output with their files and what their origins name of the pins, where they do.
fn lines(artifacts: &[Artifact], pins: &str) -> Vec<(String, String, Option<String>)> {
    let mut all = Vec::new();
    for artifact in artifacts {
        let mut bytes = Vec::new();
        let origins = render::render_with_lines(artifact, &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        for (line, origin) in text.lines().zip(origins) {
            let also = origin.also.as_deref().unwrap_or_default();
            let place = std::iter::once(&origin.place).chain(also).find(|place| place.file == FileId(1));
            let words = place.map(|place| pins[place.start as usize..place.end as usize].to_owned());
            all.push((artifact.path.clone(), line.trim().to_owned(), words));
        }
    }
    all
}

/// The lines of the outputs of `shop` with one pin that hold a text; each of them must answer with the pin.
fn pinned(pin: &str, text: &str) -> Vec<(String, String)> {
    let example = shop().with(PINS, format!("{pin}\n"));
    let mut compilation = example.check(&example.text);
    let artifacts = compilation.build().unwrap();
    let told: Vec<&str> = compilation.diagnostics.iter().map(|one| one.code.as_str()).collect();
    assert!(!told.contains(&"name/unused"), "{told:?}");
    let found: Vec<_> = lines(&artifacts, pin).into_iter().filter(|(_, line, _)| line.contains(text)).collect();
    assert!(!found.is_empty(), "nothing takes {pin}");
    for (file, line, words) in &found {
        assert_eq!(words.as_deref(), Some(pin), "{file}: {line}");
    }
    found.into_iter().map(|(file, line, _)| (file, line)).collect()
}

#[test]
fn an_action_is_taken_at_its_commit_wherever_it_is_used() {
    let pin = format!("action \"actions/checkout\" version=\"v7.9.0\" commit=\"{COMMIT}\"");
    let before = shop().artifacts();
    let uses = |artifacts: &[Artifact]| {
        let texts = artifacts.iter().map(render::text);
        texts.map(|text| text.matches("actions/checkout@").count()).sum::<usize>()
    };
    let found = pinned(&pin, COMMIT);
    assert_eq!(found.len(), uses(&before));
    for (file, line) in found {
        assert!(file.starts_with(".github/workflows/"), "{file}");
        assert_eq!(line, format!("uses: actions/checkout@{COMMIT} # v7.9.0"), "{file}");
    }
}

#[test]
fn a_sub_path_of_an_action_is_pinned_with_it() {
    let pin = format!("action \"github/codeql-action\" version=\"v5.0.0\" commit=\"{COMMIT}\"");
    let lines: Vec<String> = pinned(&pin, COMMIT).into_iter().map(|(_, line)| line).collect();
    assert!(lines.contains(&format!("uses: github/codeql-action/init@{COMMIT} # v5.0.0")), "{lines:?}");
    assert!(lines.contains(&format!("uses: github/codeql-action/analyze@{COMMIT} # v5.0.0")), "{lines:?}");
}

#[test]
fn an_image_is_taken_by_its_digest() {
    let dockerfiles = pinned(&format!("image \"node:22.23.2-trixie-slim\" digest=\"{DIGEST}\""), DIGEST);
    let bases: Vec<&str> = dockerfiles.iter().map(|(_, line)| line.as_str()).collect();
    assert!(bases.iter().all(|line| line.starts_with(&format!("FROM node:22.23.2-trixie-slim@{DIGEST}"))), "{bases:?}");
    assert!(dockerfiles.iter().any(|(file, _)| file == "apps/api/Dockerfile"), "{dockerfiles:?}");

    let frontend = pinned(&format!("image \"docker/dockerfile:1\" digest=\"{DIGEST}\""), DIGEST);
    assert!(frontend.iter().all(|(_, line)| *line == format!("# syntax=docker/dockerfile:1@{DIGEST}")), "{frontend:?}");

    let example = shop();
    let compose = example.artifacts().into_iter().find(|artifact| artifact.path.starts_with("compose")).unwrap();
    let text = render::text(&compose);
    let postgres =
        text.lines().find_map(|line| line.trim().strip_prefix("image: ")?.strip_prefix("postgres:")).unwrap();
    let servers = pinned(&format!("image \"postgres:{postgres}\" digest=\"{DIGEST}\""), DIGEST);
    assert!(servers.contains(&(compose.path.clone(), format!("image: postgres:{postgres}@{DIGEST}"))), "{servers:?}");
}

#[test]
fn a_tool_is_installed_in_its_version() {
    for (tool, version, action) in [
        ("trivy", "v0.99.0", "aquasecurity/trivy-action"),
        ("cosign", "v3.9.9", "sigstore/cosign-installer"),
        ("syft", "v1.99.9", "anchore/sbom-action"),
        ("gcloud", "599.0.0", "google-github-actions/setup-gcloud"),
    ] {
        let found = pinned(&format!("tool \"{tool}\" version=\"{version}\""), version);
        let before: usize = shop().artifacts().iter().map(|one| render::text(one).matches(action).count()).sum();
        assert_eq!(found.len(), before, "{tool}: {found:?}");
    }
}

#[test]
fn a_package_manager_is_installed_in_its_version() {
    let found = pinned("tool \"pnpm\" version=\"12.99.9\"", "12.99.9");
    let files: Vec<&str> = found.iter().map(|(file, _)| file.as_str()).collect();
    assert!(files.contains(&".github/workflows/ci.yml"), "{found:?}");
}

#[test]
fn an_image_of_others_is_asked_nothing_once_it_is_pinned() {
    let text = shop().text.replace(
        "task \"seed\"",
        "service \"mail\" kind=\"worker\" { image \"ghcr.io/acme/mail:4.2.1\"; size cpu=\"1\" memory=\"512MiB\" }\ntask \"seed\"",
    );
    let bare = shop().build(&text).unwrap();
    let asks = |artifacts: &[Artifact]| artifacts.iter().any(|one| render::text(one).contains("imagetools inspect"));
    assert!(asks(&bare));
    let pin = format!("image \"ghcr.io/acme/mail:4.2.1\" digest=\"{DIGEST}\"");
    let artifacts = shop().with(PINS, pin.as_str()).build(&text).unwrap();
    assert!(!asks(&artifacts));
    // A document tells of several things in one paragraph, and answers with the first.
    let found =
        lines(&artifacts, &pin).into_iter().filter(|(file, line, _)| line.contains(DIGEST) && !file.ends_with(".md"));
    let found: Vec<_> = found.collect();
    assert!(!found.is_empty());
    for (file, line, words) in found {
        assert_eq!(words.as_deref(), Some(pin.as_str()), "{file}: {line}");
    }
}

#[test]
fn pins_stand_in_the_root_and_nowhere_else() {
    let pin = format!("action \"actions/checkout\" version=\"v7.9.0\" commit=\"{COMMIT}\"\n");
    let plain: Vec<String> = shop().artifacts().iter().map(render::text).collect();
    for elsewhere in ["pins.kdl", "apps/api/deploy/pins.kdl", "deploy/deploy/pins.kdl"] {
        let with: Vec<String> = shop().with(elsewhere, pin.as_str()).artifacts().iter().map(render::text).collect();
        assert!(with == plain, "{elsewhere} is read");
    }
}

#[test]
fn the_file_is_formatted_and_why_names_its_line() {
    let folder = TempDir::new().unwrap();
    copy_inputs(read_whole().next().unwrap(), folder.path());
    let pins = folder.path().join(PINS);
    std::fs::create_dir_all(pins.parent().unwrap()).unwrap();
    let pin = format!("action \"actions/checkout\" version=\"v7.9.0\" commit=\"{COMMIT}\"");
    std::fs::write(&pins, format!("// ours\n  {pin}\n")).unwrap();
    let run = |arguments: &[&str]| {
        let output =
            Command::cargo_bin("deployc").unwrap().current_dir(folder.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["fmt"]);
    assert_eq!(std::fs::read_to_string(&pins).unwrap(), format!("// ours\n{pin}\n"));
    run(&["build", "-q"]);
    let ci = std::fs::read_to_string(folder.path().join(".github/workflows/ci.yml")).unwrap();
    let line = ci.lines().position(|line| line.contains(COMMIT)).unwrap() + 1;
    let answer = run(&["why", &format!(".github/workflows/ci.yml:{line}")]);
    assert!(answer.contains(&format!("{PINS}:2:1: {pin}")), "{answer}");
}

#[test]
fn a_pin_that_nothing_takes_may_be_accepted() {
    let pin = |allow: &str| format!("image \"python:3.12-slim\" digest=\"{DIGEST}\"{allow}\n");
    let accepted = pin(" { allow \"name/unused\" reason=\"for the branch with reports\" }");
    let unused = |pin: &str, text: &str| {
        let found = shop().with(PINS, pin).check(text).diagnostics;
        let own = found.into_iter().filter(|one| one.code.as_str() == "name/unused");
        own.map(|one| (one.severity, one.message)).collect::<Vec<_>>()
    };
    let told = "no output takes `python:3.12-slim`".to_owned();
    assert_eq!(unused(&pin(""), &shop().text), [(Severity::Warning, told.clone())]);
    assert_eq!(unused(&accepted, &shop().text), [(Severity::Note, told)]);
    // Where there are no outputs, nobody knows what they take.
    let wrong = shop().text.replacen("edition", "editio", 1);
    assert_eq!(unused(&accepted, &wrong), []);
    let taken = format!(
        "action \"actions/checkout\" version=\"v7.9.0\" commit=\"{COMMIT}\" {{ allow \"name/unused\" reason=\"none\" }}\n"
    );
    assert_eq!(unused(&taken, &shop().text), [(Severity::Warning, "nothing here is `name/unused`".to_owned())]);
}
