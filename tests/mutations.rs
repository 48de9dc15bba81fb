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
use deployc::source::{FileId, Span};
use deployc::syntax;
use deployc::syntax::kdl::{NodeRef, Scalar};

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

/// What tokens are replaced by.
const WORDS: [&str; 8] = ["\"\"", "-1", "#true", "service", "${secret.x}", "{", "99999999999999999999", "\u{202E}"];

/// Tries every `stride`-th token of an example, and what may come of it.
fn mutate(example: &str, stride: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example).join("deploy.kdl");
    let text = std::fs::read_to_string(path).unwrap();
    for (number, (start, end)) in tokens(&text).into_iter().enumerate().step_by(stride) {
        let token = &text[start..end];
        let replaced = WORDS[number % WORDS.len()];
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
        let mut replace = |what: &str, span: Span, by: String| {
            let (start, end) = (span.start as usize, span.end as usize);
            if text[start..end] != by {
                change(&format!("{what} replaced by `{by}`"), start..end, by, false);
            }
        };
        // Names by those of neighbours, values by others of their kind: what comes nearest to being accepted.
        let places = parent.children.iter().map(|child| child.name).filter(|name| *name != "*");
        for name in next_to(node.name(), places) {
            replace(&format!("`{}`", node.name()), node.name_span(), name.to_owned());
        }
        for entry in node.entries() {
            if let (Some(key), Some(span)) = (entry.key(), entry.key_span()) {
                let known = child.shape.props.iter().map(|prop| prop.name).filter(|name| *name != "*");
                for name in next_to(key, known) {
                    replace(&format!("`{key}=`"), span, name.to_owned());
                }
            }
            let span = entry.value_span();
            let written = &text[span.start as usize..span.end as usize];
            for by in others(entry.value()) {
                replace(&format!("`{written}`"), span, by);
            }
        }
        waiting.extend(node.children().filter(|_| !is_removal).map(|below| (below, shape)));
    }
    found
}

/// The names that stand beside one in the list of what may stand in its place.
fn next_to<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let known: Vec<&str> = known.collect();
    let at = known.iter().position(|one| *one == name).unwrap_or_default();
    [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|at| known.get(at).copied()).collect()
}

/// Other values of the same kind, as KDL writes them.
fn others(value: Scalar<'_>) -> Vec<String> {
    match value {
        Scalar::String(text) => vec![
            syntax::quoted(&[text, "x"].concat()),
            syntax::quoted(&["x", text].concat()),
            syntax::quoted(&text.replacen(|one: char| one.is_ascii_digit(), "7", 1)),
            syntax::quoted(""),
        ],
        Scalar::Number(number) => vec![format!("{number}0"), "7".to_owned(), "0".to_owned()],
        Scalar::Bool(word) => vec![format!("#{}", !word)],
        Scalar::Null | Scalar::Infinity | Scalar::NegativeInfinity | Scalar::NotANumber => Vec::new(),
    }
}

/// What a preset is for.
fn like(preset: NodeRef<'_>) -> &'static Shape {
    let kind = preset.prop("for").and_then(|entry| syntax::string(entry.value())).unwrap_or("service");
    DOCUMENT.children.iter().find(|child| child.name == kind).unwrap().shape
}

/// Every token of a file, whatever it is a part of, replaced by words of which each is fit for another place.
fn replaced(text: &str) -> Vec<Mutation> {
    let replace = |(number, (start, end)): (usize, (usize, usize))| {
        let by = WORDS[number % WORDS.len()];
        Mutation {
            what: format!("`{}` at byte {start} replaced by `{by}`", &text[start..end]),
            text: [&text[..start], by, &text[end..]].concat(),
            shift: Shift { from: start, deleted: end - start, inserted: by.len() },
            must_be_refused: false,
        }
    };
    tokens(text).into_iter().enumerate().map(replace).collect()
}

/// What is deleted, doubled or replaced is refused, or changes what the file means, or is nothing but layout.
fn nothing_is_dropped(example: &str) {
    let project = project(example);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example).join("deploy.kdl");
    let text = std::fs::read_to_string(path).unwrap();
    let whole = Meaning::of(&project, &text, Shift::NONE).expect("an example is fine");
    let mut failures = Vec::new();
    let (mut refused, mut meant, mut layout) = (0, 0, 0);
    for mutation in mutations(&text).into_iter().chain(replaced(&text)) {
        let Some(changed) = Meaning::of(&project, &mutation.text, mutation.shift) else {
            refused += 1;
            continue;
        };
        match (changed.model == whole.model, changed.document == whole.document) {
            (false, _) if !mutation.must_be_refused => meant += 1,
            (true, true) if !mutation.must_be_refused => layout += 1,
            (_, _) => {
                let project = project.clone().with("deploy.kdl", mutation.text);
                match deployc::check(&project, "deploy.kdl", None).unwrap().has_errors() {
                    true => refused += 1,
                    false => failures.push(mutation.what),
                }
            }
        }
    }
    println!("{example}: {refused} changes are refused, {meant} mean something else, {layout} are layout");
    assert!(refused > 100 && meant > 30 && (layout > 10 || !text.contains("//")), "the changes are not of all kinds");
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
