//! Damaged examples: a token deleted, doubled or replaced never makes the compiler panic, and never takes it long; and what
//! is accepted all the same changes the model, or only the layout.

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

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use deployc::diag::{Diagnostic, Severity};
use deployc::loader::Memory;
use deployc::resolve;
use deployc::schema::{DOCUMENT, Many, Shape};
use deployc::source::FileId;
use deployc::syntax;
use deployc::syntax::kdl::NodeRef;

/// The words of a text with their places: runs of letters and digits, else single characters that are no space.
fn tokens(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        match found.last_mut() {
            Some(last) if word(character) && last.1 == at && text[last.0..at].chars().all(word) => last.1 = end,
            _ if character.is_whitespace() => {}
            _ => found.push((at, end)),
        }
    }
    found
}

/// Tries every `stride`-th token of an example, and what may come of it.
fn mutate(example: &str, stride: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example).join("deploy.kdl");
    let text = std::fs::read_to_string(path).unwrap();
    let words = ["\"\"", "-1", "#true", "service", "${secret.x}", "{", "99999999999999999999", "\u{202E}"];
    for (number, (start, end)) in tokens(&text).into_iter().enumerate().step_by(stride) {
        let token = &text[start..end];
        let replaced = words[number % words.len()];
        for new in ["", &[token, token].concat(), &[token, " ", token].concat(), replaced] {
            let damaged = [&text[..start], new, &text[end..]].concat();
            let loader = Memory::new().with("deploy.kdl", damaged.clone());
            let begin = Instant::now();
            let result = std::panic::catch_unwind(|| deployc::check(&loader, "deploy.kdl", None).map(drop));
            assert!(result.is_ok(), "{example}: `{token}` as `{new}` at byte {start} panics");
            assert!(begin.elapsed() < Duration::from_secs(20), "{example}: `{token}` as `{new}` takes too long");
        }
    }
}

#[test]
fn the_smallest_file_survives() {
    mutate("hello", 3);
}

#[test]
fn the_whole_language_survives() {
    mutate("everything", 17);
}

/// The files of an example that a person wrote.
fn project(example: &str) -> Memory {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
    let mut folders = vec![root.clone()];
    let mut project = Memory::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                project.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    project
}

/// What a file means, and how it is written.
struct Meaning {
    /// The typed model, with the place of every value: a value that is taken from elsewhere is another one.
    model: String,
    /// The document without its layout.
    document: String,
}

impl Meaning {
    /// None where the file is refused.
    fn of(project: &Memory, text: &str, shift: Shift) -> Option<Meaning> {
        let project = project.clone().with("deploy.kdl", text.to_owned());
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        let program = resolve::load(&project, "deploy.kdl", &mut diagnostics).unwrap();
        let model = resolve::resolve(&program, &mut diagnostics).model;
        if diagnostics.iter().any(|one| one.severity == Severity::Error) {
            return None;
        }
        let document = syntax::canonical(&program.files[0].document);
        Some(Meaning { model: shift.places(&format!("{model:?}")), document })
    }
}

/// How the places of a changed text are found in the text before.
#[derive(Clone, Copy)]
struct Shift {
    from: usize,
    deleted: usize,
    inserted: usize,
}

impl Shift {
    const NONE: Shift = Shift { from: 0, deleted: 0, inserted: 0 };

    /// The model with the beginnings of its places as they were before; where a node ends is layout.
    fn places(self, model: &str) -> String {
        let mut pieces = model.split("Span { file: FileId(0), start: ");
        let mut before = pieces.next().unwrap().to_owned();
        for piece in pieces {
            let (place, behind) = piece.split_once(" }").unwrap();
            let start: usize = place.split(',').next().unwrap().parse().unwrap();
            let start = if start > self.from { (start + self.deleted).saturating_sub(self.inserted) } else { start };
            before.push_str(&["at ", &start.to_string(), behind].concat());
        }
        before
    }
}

/// One change of a text.
struct Mutation {
    what: String,
    text: String,
    shift: Shift,
    must_be_refused: bool,
}

/// Every node and every entry of a file, deleted and doubled.
fn mutations(text: &str) -> Vec<Mutation> {
    let (document, problems) = syntax::parse(FileId(0), text.to_owned());
    assert_eq!(problems, []);
    let mut found = Vec::new();
    let mut waiting: Vec<(NodeRef<'_>, &Shape)> = document.roots().map(|node| (node, &DOCUMENT)).collect();
    while let Some((node, parent)) = waiting.pop() {
        let is_removal = node.name() == "-";
        // What is not of the node itself lies over a declaration, as in an environment.
        let over = DOCUMENT.child(if is_removal { "service" } else { node.name() });
        let child = parent.child(node.name()).or(over).expect("the examples are of the grammar");
        let place = node.span().start as usize..node.span().end as usize;
        let copy = &text[place.clone()];
        let mut change = |what: &str, place: Range<usize>, by: String, must_be_refused: bool| {
            let line = copy.lines().next().unwrap_or_default();
            found.push(Mutation {
                what: format!("{what} in `{line}`"),
                text: [&text[..place.start], &by, &text[place.end..]].concat(),
                shift: Shift { from: place.start, deleted: place.len(), inserted: by.len() },
                must_be_refused,
            });
        };
        change("the node deleted", place.clone(), String::new(), false);
        let doubled = ["; ", copy].concat();
        change("the node doubled", place.end..place.end, doubled, child.many != Many::List || is_removal);
        for entry in node.entries() {
            let (start, end) = (entry.span().start as usize, entry.span().end as usize);
            let written = &text[start..end];
            change(&format!("`{written}` deleted"), start..end, String::new(), false);
            change(&format!("`{written}` doubled"), end..end, [" ", written].concat(), entry.key().is_some());
        }
        let shape = if node.name() == "preset" { like(node) } else { child.shape };
        waiting.extend(node.children().filter(|_| !is_removal).map(|below| (below, shape)));
    }
    found
}

/// What a preset is for.
fn like(preset: NodeRef<'_>) -> &'static Shape {
    let kind = preset.prop("for").and_then(|entry| syntax::string(entry.value())).unwrap_or("service");
    DOCUMENT.children.iter().find(|child| child.name == kind).unwrap().shape
}

/// What is deleted or doubled is refused, or changes what the file means, or is nothing but layout.
fn nothing_is_dropped(example: &str) {
    let project = project(example);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example).join("deploy.kdl");
    let text = std::fs::read_to_string(path).unwrap();
    let whole = Meaning::of(&project, &text, Shift::NONE).expect("an example is fine");
    let mut failures = Vec::new();
    for mutation in mutations(&text) {
        let Some(changed) = Meaning::of(&project, &mutation.text, mutation.shift) else { continue };
        let is_silent = changed.model == whole.model && changed.document != whole.document;
        if !mutation.must_be_refused && !is_silent {
            continue;
        }
        let project = project.clone().with("deploy.kdl", mutation.text);
        if !deployc::check(&project, "deploy.kdl", None).unwrap().has_errors() {
            failures.push(mutation.what);
        }
    }
    assert!(
        failures.is_empty(),
        "{} changes of {example} are accepted and dropped:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn nothing_of_the_smallest_file_is_dropped() {
    nothing_is_dropped("hello");
}

#[test]
fn nothing_of_the_whole_language_is_dropped() {
    nothing_is_dropped("everything");
}

#[test]
fn nothing_of_the_shop_is_dropped() {
    nothing_is_dropped("shop");
}
