//! Wrong files with `// error: code` on the line that is told, each with a mended twin without any finding, and the report
//! as people read it in a snapshot.
//!
//! `// file: PATH` begins a further file of the project, `// today: DATE` says what day it is, `// command: build` builds
//! instead of checking, and `// command: write` writes into a folder that holds the files: what stands on the disk is judged
//! there, without a place in `deploy.kdl`. `// bytes` writes `\xHH` for a byte, `// repeat: N` the last line N times, and
//! `// error at N: code` says what is told of line N. Every code has such a file.

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
use deployc::diag::{Code, Severity, Texts, report};
use deployc::loader::Memory;
use deployc::source::FileId;
use deployc::value::Date;

const ENTRY: &str = "deploy.kdl";
const PLAIN: report::Style = report::Style { paint: report::Paint::Plain, charset: report::Charset::Unicode };

/// A project in one text.
struct Project<'t> {
    files: Vec<(&'t str, Vec<u8>)>,
    today: Option<Date>,
    command: Command,
}

/// What is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    Check,
    Build,
    Write,
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
        let times = said("// repeat:").map_or(1, |times| times.parse().unwrap());
        let bytes = |text: String| {
            let last = text.lines().last().unwrap_or_default().len() + 1;
            let (before, last) = text.as_bytes().split_at(text.len().saturating_sub(last));
            let whole = [before, &last.repeat(times)].concat();
            if said("// bytes").is_some() { unescaped(&whole) } else { whole }
        };
        Project {
            files: files.into_iter().map(|(path, text)| (path, bytes(text))).collect(),
            today: said("// today:").map(|date| Date::parse(date).unwrap()),
            command: match said("// command:") {
                None => Command::Check,
                Some("build") => Command::Build,
                Some("write") => Command::Write,
                Some(other) => panic!("`{other}` is no command"),
            },
        }
    }

    fn compile(&self) -> Compilation {
        let loader = self.files.iter().fold(Memory::new(), |loader, (path, text)| loader.with(*path, text.clone()));
        let mut compilation = deployc::check(&loader, ENTRY, self.today).unwrap();
        if self.command == Command::Build {
            let _ = compilation.build();
        }
        compilation
    }

    /// What the command line says in a folder with these files: the codes, and the report.
    fn write(&self) -> (Vec<String>, String) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in &self.files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let run = |words: &[&str]| {
            let mut command = assert_cmd::Command::cargo_bin("deployc").unwrap();
            command.current_dir(&folder).args(words).output().unwrap()
        };
        let object: serde_json::Value =
            serde_json::from_slice(&run(&["build", "--check", "--format", "json"]).stdout).unwrap();
        let told = object["diagnostics"].as_array().unwrap().iter();
        let told = told.filter(|one| one["severity"] != "note").map(|one| one["code"].as_str().unwrap().to_owned());
        // What differs changes with every output; it is shown in tests/write.
        let report = String::from_utf8(run(&["build"]).stderr).unwrap();
        let until = report.find("\n--- ").map_or(report.len(), |at| at + 1);
        (told.collect(), report[..until].to_owned())
    }

    /// What the comments say: file, line and code.
    fn wanted(&self) -> Vec<(String, usize, String)> {
        let mut wanted = Vec::new();
        for (path, text) in &self.files {
            for (at, line) in String::from_utf8_lossy(text).lines().enumerate() {
                let elsewhere = line.strip_prefix("// error at ").and_then(|said| said.split_once(": "));
                let here = line.split_once("// error: ").map(|(_, codes)| (at + 1, codes));
                let said = elsewhere.map(|(line, codes)| (line.parse().unwrap(), codes)).or(here);
                let (line, codes) = said.unwrap_or_default();
                wanted.extend(codes.split_whitespace().map(|code| ((*path).to_owned(), line, code.to_owned())));
            }
        }
        wanted.sort();
        wanted
    }
}

/// Each `\xHH` as its byte.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    let mut pieces = text.split("\\x");
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    bytes
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
        if project.command == Command::Write {
            let (told, report) = project.write();
            if !told.iter().eq(wanted.iter().map(|(_, _, code)| code)) {
                failures.push(format!("{name}: wanted {wanted:?}\n{report}"));
            }
        } else {
            let compilation = project.compile();
            if found(&compilation) != wanted {
                failures.push(format!("{name}: wanted {wanted:?}\n{}", report_of(&compilation)));
            }
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
        let project = Project::of(text);
        let report = match project.command {
            Command::Check | Command::Build => report_of(&project.compile()),
            Command::Write => project.write().1,
        };
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

/// The codes are the explain pages; what is not among the files here is a mistake that nobody has read as its user.
#[test]
fn every_code_has_a_wrong_file() {
    let all = files();
    let told: BTreeSet<String> =
        all.iter().flat_map(|(_, text)| Project::of(text).wanted()).map(|(_, _, code)| code).collect();
    let silent: Vec<&str> = Code::all().map(Code::as_str).filter(|code| !told.contains(*code)).collect();
    assert_eq!(silent, [""; 0], "these codes have no wrong file below tests/diagnostics");
    let unknown: Vec<&String> = told.iter().filter(|code| Code::find(code).is_none()).collect();
    assert!(unknown.is_empty(), "there are no codes {unknown:?}");
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
            project.files.iter_mut().find(|(known, _)| *known == path).unwrap().1 = text.into_bytes();
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
        project.command = Command::Check;
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
