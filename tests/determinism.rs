//! The same input gives the same bytes everywhere: in any folder, for any user, on any day, in any locale.

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

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;
use whole::{ENTRY, Example, copy_inputs, examples, files};

/// Where and as whom a build runs.
struct Setting {
    folder: &'static str,
    environment: &'static [(&'static str, &'static str)],
    today: &'static str,
}

const SETTINGS: [Setting; 4] = [
    Setting {
        folder: "a",
        environment: &[("LC_ALL", "C"), ("TZ", "UTC"), ("USER", "root"), ("HOME", "/root"), ("HOSTNAME", "here")],
        today: "2026-11-20",
    },
    Setting {
        folder: "Ordner mit Leerzeichen/ünder",
        environment: &[
            ("LC_ALL", "de_DE.UTF-8"),
            ("LANG", "de_DE.UTF-8"),
            ("TZ", "Pacific/Kiritimati"),
            ("USER", "jürgen"),
        ],
        today: "2024-02-29",
    },
    Setting {
        folder: "quote'd $(x)/deep/er",
        environment: &[
            ("LC_ALL", "tr_TR.UTF-8"),
            ("LANGUAGE", "tr"),
            ("TZ", "America/St_Johns"),
            ("USER", "ışık"),
            ("CI", "true"),
        ],
        today: "2031-12-31",
    },
    Setting {
        folder: "z",
        environment: &[("NO_COLOR", "1"), ("GITHUB_ACTIONS", "true"), ("SOURCE_DATE_EPOCH", "1"), ("COLUMNS", "20")],
        today: "1999-01-01",
    },
];

fn built(example: &Example, root: &Path, setting: &Setting) -> BTreeMap<String, Vec<u8>> {
    let folder = root.join(setting.folder);
    copy_inputs(example, &folder);
    let output = Command::cargo_bin("deployc")
        .unwrap()
        .current_dir(&folder)
        .env_clear()
        .envs(setting.environment.iter().copied())
        .args(["build", "--today", setting.today])
        .output()
        .unwrap();
    assert!(output.status.success(), "examples/{}: {}", example.name, String::from_utf8_lossy(&output.stderr));
    files(&folder)
}

#[test]
fn folders_users_days_and_locales_change_no_byte() {
    for example in examples() {
        let root = TempDir::new().unwrap();
        let mut first: Option<BTreeMap<String, Vec<u8>>> = None;
        for setting in &SETTINGS {
            let files = built(example, root.path(), setting);
            let expected = first.get_or_insert_with(|| files.clone());
            let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&files), names(expected), "examples/{} in {}", example.name, setting.folder);
            for (path, bytes) in &files {
                assert!(expected[path] == *bytes, "examples/{}: {path} differs in `{}`", example.name, setting.folder);
            }
        }
    }
}

#[test]
fn a_second_build_writes_nothing_and_sees_none_of_its_outputs() {
    for example in examples() {
        let root = TempDir::new().unwrap();
        let before = built(example, root.path(), &SETTINGS[0]);
        let folder = root.path().join(SETTINGS[0].folder);
        let again =
            Command::cargo_bin("deployc").unwrap().current_dir(&folder).args(["build", "--check"]).output().unwrap();
        assert_eq!(
            again.status.code(),
            Some(0),
            "examples/{}: {}",
            example.name,
            String::from_utf8_lossy(&again.stderr)
        );
        assert!(before == files(&folder), "examples/{}", example.name);
    }
}

/// Words of the machine that this test runs on, and of the folders of [`SETTINGS`].
fn traces() -> Vec<String> {
    let mut words: Vec<String> =
        ["jürgen", "ışık", "ünder", "$(x)", "Kiritimati", "St_Johns"].map(str::to_owned).to_vec();
    words.extend(
        fs::read_to_string("/etc/hostname").ok().map(|name| name.trim().to_owned()).filter(|name| name.len() > 4),
    );
    words.push(env!("CARGO_MANIFEST_DIR").to_owned());
    words.extend(SETTINGS.iter().map(|setting| setting.today.to_owned()));
    words
}

#[test]
fn no_output_names_the_machine_or_the_day() {
    for example in examples() {
        let inputs = TempDir::new().unwrap();
        copy_inputs(example, inputs.path());
        let given = files(inputs.path());
        let root = TempDir::new().unwrap();
        let mut words = traces();
        words.push(root.path().to_string_lossy().into_owned());
        for setting in &SETTINGS {
            for (path, bytes) in built(example, root.path(), setting) {
                if given.contains_key(&path) {
                    continue;
                }
                let text = String::from_utf8_lossy(&bytes);
                for word in words.iter().filter(|word| !example.text.contains(word.as_str())) {
                    assert!(!text.contains(word.as_str()), "examples/{}: {path} says `{word}`", example.name);
                }
            }
        }
    }
}

/// The example with its declarations in two imported files instead of one.
fn split(example: &Example, order: [&str; 2]) -> BTreeMap<String, Vec<u8>> {
    let root = TempDir::new().unwrap();
    copy_inputs(example, root.path());
    let (document, problems) = deployc::syntax::document(deployc::source::FileId(0), example.text.clone());
    assert!(problems.is_empty());
    let (mut entry, mut services, mut rest) = (String::new(), String::new(), String::new());
    for node in document.roots() {
        let span = node.span();
        let text = &example.text[span.start as usize..span.end as usize];
        let into = match node.name() {
            "app" | "edition" | "output" | "import" | "require" => &mut entry,
            "service" | "resource" | "preset" => &mut services,
            _ => &mut rest,
        };
        into.push_str(text);
        into.push('\n');
    }
    entry.push_str(&order.map(|file| format!("import \"./{file}\"\n")).concat());
    fs::write(root.path().join(ENTRY), entry).unwrap();
    fs::write(root.path().join("services.kdl"), services).unwrap();
    fs::write(root.path().join("rest.kdl"), rest).unwrap();
    let output = Command::cargo_bin("deployc").unwrap().current_dir(root.path()).arg("build").output().unwrap();
    assert!(output.status.success(), "examples/{}: {}", example.name, String::from_utf8_lossy(&output.stderr));
    let mut files = files(root.path());
    for input in [ENTRY, "services.kdl", "rest.kdl", "deploy/deployc.lock"] {
        files.remove(input);
    }
    files
}

#[test]
fn the_order_of_imports_changes_no_byte() {
    for example in examples() {
        let one = split(example, ["services.kdl", "rest.kdl"]);
        let other = split(example, ["rest.kdl", "services.kdl"]);
        assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "examples/{}", example.name);
        for (path, bytes) in &one {
            assert!(other[path] == *bytes, "examples/{}: {path} depends on the order of imports", example.name);
        }
    }
}
