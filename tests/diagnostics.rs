//! Wrong files with `// error: code` on the line that is told, each with a mended twin without any finding, and the report
//! as people read it in a snapshot.
//!
//! `// file: PATH` begins a further file of the project, `// today: DATE` says what day it is, and `// command: build`
//! builds instead of checking.

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
use std::path::{Path, PathBuf};

use deployc::Compilation;
use deployc::diag::{Severity, Texts, report};
use deployc::loader::Memory;
use deployc::source::FileId;
use deployc::value::Date;

const ENTRY: &str = "deploy.kdl";
const PLAIN: report::Style = report::Style { paint: report::Paint::Plain, charset: report::Charset::Unicode };

/// A project in one text.
struct Project<'t> {
    files: Vec<(&'t str, String)>,
    today: Option<Date>,
    is_built: bool,
}

impl<'t> Project<'t> {
    fn of(text: &'t str) -> Self {
        let mut files = vec![(ENTRY, String::new())];
        for line in text.split_inclusive('\n') {
            match line.strip_prefix("// file: ") {
                Some(path) => files.push((path.trim(), String::new())),
                None => files.last_mut().unwrap().1.push_str(line),
            }
        }
        let said = |what: &str| text.lines().find_map(|line| line.strip_prefix(what)).map(str::trim);
        let today = said("// today:").map(|date| Date::parse(date).unwrap());
        Project { files, today, is_built: said("// command:") == Some("build") }
    }

    fn compile(&self) -> Compilation {
        let loader =
            self.files.iter().fold(Memory::new(), |loader, (path, text)| loader.with(*path, text.as_bytes().to_vec()));
        let mut compilation = deployc::check(&loader, ENTRY, self.today).unwrap();
        if self.is_built {
            let _ = compilation.build();
        }
        compilation
    }

    /// What the comments say: file, line and code.
    fn wanted(&self) -> Vec<(String, usize, String)> {
        let mut wanted = Vec::new();
        for (path, text) in &self.files {
            for (at, line) in text.lines().enumerate() {
                let codes = line.split_once("// error: ").map_or("", |(_, codes)| codes).split_whitespace();
                wanted.extend(codes.map(|code| ((*path).to_owned(), at + 1, code.to_owned())));
            }
        }
        wanted.sort();
        wanted
    }
}

/// The names and texts of a compilation's files, as the command line shows them.
struct Shown<'c>(&'c Compilation);

impl Texts for Shown<'_> {
    fn name(&self, file: FileId) -> &str {
        match deployc::standard::embedded(file) {
            Some((name, _)) => name,
            None => self.0.program.file(file).map_or(ENTRY, |file| &file.path),
        }
    }

    fn text(&self, file: FileId) -> &str {
        match deployc::standard::embedded(file) {
            Some((_, text)) => text,
            None => self.0.program.file(file).map_or("", |file| file.document.text()),
        }
    }
}

/// File, line and code of every finding that is more than a note.
fn found(compilation: &Compilation) -> Vec<(String, usize, String)> {
    let told = compilation.diagnostics.iter().filter(|one| one.severity != Severity::Note);
    let mut found: Vec<(String, usize, String)> = told
        .map(|one| {
            let file = compilation.program.file(one.primary.span.file).unwrap();
            let before = &file.document.text()[..one.primary.span.start as usize];
            (file.path.clone(), before.matches('\n').count() + 1, one.code.as_str().to_owned())
        })
        .collect();
    found.sort();
    found
}

fn report_of(compilation: &Compilation) -> String {
    report::human(&compilation.diagnostics, &Shown(compilation), PLAIN)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

/// Every file below `tests/diagnostics`: its name (`area/what`) and its text.
fn files() -> Vec<(String, String)> {
    let areas = std::fs::read_dir(folder()).unwrap().map(|area| area.unwrap().path());
    let mut all: Vec<(String, String)> = areas
        .flat_map(|area| std::fs::read_dir(area).unwrap().map(|file| file.unwrap().path()))
        .map(|path| {
            let name = path.strip_prefix(folder()).unwrap().to_string_lossy().replace('\\', "/");
            (name.trim_end_matches(".kdl").to_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn wrong_files_are_told_where_they_say_and_mended_ones_are_fine() {
    let mut failures = Vec::new();
    let all = files();
    for (name, text) in &all {
        let project = Project::of(text);
        let wanted = project.wanted();
        let compilation = project.compile();
        let found = found(&compilation);
        if found != wanted {
            failures.push(format!("{name}: wanted {wanted:?}\n{}", report_of(&compilation)));
        }
        let is_mended = name.ends_with(".mended");
        assert!(
            is_mended == wanted.is_empty() && wanted.len() <= 2,
            "{name} expects one or two findings, its twin none"
        );
        let twin = format!("{name}.mended");
        assert!(is_mended || all.iter().any(|(other, _)| *other == twin), "{name} has a mended twin");
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), all.len(), failures.join("\n"));
}

#[test]
fn reports_read_as_they_should() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut known = BTreeSet::new();
    for (name, text) in files().iter().filter(|(name, _)| !name.ends_with(".mended")) {
        let report = report_of(&Project::of(text).compile());
        let snapshot = format!("diagnostics__{}", name.replace('/', "__"));
        settings.bind(|| insta::assert_snapshot!(snapshot.clone(), format!("{}\n\n{report}", text.trim_end())));
        known.insert(format!("{snapshot}.snap"));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let is_ours = name.starts_with("diagnostics__") && name.ends_with(".snap");
        assert!(!is_ours || known.contains(&name), "{name} shows no file of tests/diagnostics");
    }
}

#[test]
fn every_mistake_says_what_to_do() {
    for (name, text) in files().iter().filter(|(name, _)| !name.ends_with(".mended")) {
        for one in Project::of(text).compile().diagnostics {
            let help = one.help.as_deref().unwrap_or_default();
            assert!(!help.is_empty() && !one.primary.message.is_empty(), "{name}: {}", one.message);
            // Names and codes of others (`GitHub`, `EUR`) are written as they are.
            let word = one.message.split(' ').next().unwrap();
            let is_name = word.chars().skip(1).any(char::is_uppercase);
            assert!(!word.starts_with(char::is_uppercase) || is_name, "{name}: {}", one.message);
        }
    }
}

/// What `check --fix` writes is accepted, or at least no longer wrong in the same way.
#[test]
fn fixes_mend_what_they_promise() {
    for (name, text) in files().iter().filter(|(name, _)| !name.ends_with(".mended")) {
        let compilation = Project::of(text).compile();
        let fixed = deployc::diag::apply_fixes(&Shown(&compilation), &compilation.diagnostics);
        if fixed.is_empty() {
            continue;
        }
        let mut project = Project::of(text);
        for (file, text) in fixed {
            let path = compilation.program.file(file).unwrap().path.clone();
            project.files.iter_mut().find(|(known, _)| *known == path).unwrap().1 = text;
        }
        let fixes = compilation.diagnostics.iter().filter(|one| one.fix.is_some()).count();
        let again = project.compile();
        let left = again.diagnostics.iter().filter(|one| one.severity != Severity::Note).count();
        let before = compilation.diagnostics.iter().filter(|one| one.severity != Severity::Note).count();
        assert!(left + fixes <= before, "{name}:\n{}", report_of(&again));
    }
}

/// What only a build told of a project that `check` found nothing wrong with.
fn only_built(compilation: &mut Compilation) -> Vec<String> {
    let told = |compilation: &Compilation| {
        let graver = compilation.diagnostics.iter().filter(|one| one.severity != Severity::Note);
        let codes = graver.map(|one| one.code.as_str()).filter(|code| *code != "output/not-yet");
        codes.map(str::to_owned).collect::<Vec<String>>()
    };
    let checked = told(compilation);
    let _ = compilation.build();
    told(compilation).into_iter().filter(|code| !checked.contains(code)).collect()
}

#[test]
fn a_check_finds_what_a_build_finds() {
    for (name, text) in files() {
        let mut project = Project::of(&text);
        project.is_built = false;
        assert_eq!(only_built(&mut project.compile()), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_check_finds_what_a_build_finds_whatever_the_names_are() {
    let names = ["api", "api-v2", "production-api", "docs"];
    for first in names {
        for second in names.into_iter().filter(|second| *second != first) {
            for environment in ["production", "api", "v2"] {
                let service = |name: &str| {
                    format!(
                        "service \"{name}\" {{ image \"ghcr.io/acme/{name}:1.0.1\"; http port=8080 {{ health \"/healthz\" }} }}"
                    )
                };
                let text = format!(
                    "edition \"2026\"\napp \"hello\" {{ repo \"github.com/acme/hello\" }}\n{}\n{}\n\
                     environment \"{environment}\" {{ host \"cloud-run\" region=\"europe-west1\" project=\"acme-prod\" }}\n",
                    service(first),
                    service(second),
                );
                assert_eq!(only_built(&mut Project::of(&text).compile()), Vec::<String>::new(), "{text}");
            }
        }
    }
}

#[test]
fn a_report_never_repeats_a_credential() {
    let text = std::fs::read_to_string(folder().join("secret/url-password.kdl")).unwrap();
    let report = report_of(&Project::of(&text).compile());
    assert!(report.contains("secret/literal") && !report.contains("hunter2"), "{report}");
}

#[test]
fn a_file_in_an_old_encoding_is_judged_all_the_same_and_never_rewritten() {
    let text = b"edition \"2026\"\napp \"hello\" { repo \"github.com/acme/hello\" } // f\xfcr alle\nservce \"api\"\n";
    let loader = Memory::new().with(ENTRY, text.to_vec());
    let compilation = deployc::check(&loader, ENTRY, None).unwrap();
    let told = found(&compilation);
    let wanted = [(2, "syntax/not-utf-8"), (3, "name/unknown-node")];
    assert_eq!(told, wanted.map(|(line, code)| (ENTRY.to_owned(), line, code.to_owned())));
    assert!(
        compilation.diagnostics.iter().all(|one| one.fix.is_none()),
        "what is shown of it is not what is on the disk"
    );
    let object = report::json(&compilation.diagnostics, &Shown(&compilation));
    assert_eq!(
        (object["diagnostics"][0]["column"].as_u64(), object["diagnostics"][0]["end_column"].as_u64()),
        (Some(50), Some(51))
    );
}

#[test]
fn a_file_that_is_no_text_is_told_once() {
    for bytes in [b"\xff\xfea\0p\0p\0 \0{\0".as_slice(), b"service { \"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"] {
        let loader = Memory::new().with(ENTRY, bytes.to_vec());
        let compilation = deployc::check(&loader, ENTRY, None).unwrap();
        let told: Vec<&str> = compilation.diagnostics.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(told, ["syntax/not-utf-8"]);
    }
}
