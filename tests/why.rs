//! `why` answers for every line, and an answer counts only if editing the named declaration changes that line.

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

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use deployc::artifact::Artifact;
use deployc::render;
use deployc::source::{FileId, Origin, Span};
use deployc::standard;
use deployc::syntax::kdl::{Document, NodeRef};
use whole::edit::{Edit, document, edits, without};
use whole::{Example, read_whole};

/// A line of an output: its file and its text.
type Row = (String, String);

/// What a line stands in: the lines around it, outermost first.
type Within = Vec<String>;

/// Every line with its origin, and what it stands in.
fn rows(artifacts: &[Artifact]) -> Vec<(Row, Origin, Within)> {
    let mut rows = Vec::new();
    for artifact in artifacts {
        let mut bytes = Vec::new();
        let origins = render::render_with_lines(artifact, &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.lines().count(), origins.len(), "{}", artifact.path);
        let lines =
            text.lines().map(str::to_owned).zip(origins.into_iter().cloned()).zip(within(&artifact.path, &text));
        rows.extend(lines.map(|((line, origin), within)| ((artifact.path.clone(), line), origin, within)));
    }
    rows
}

/// How often each line stands in each file.
fn counts(artifacts: &[Artifact]) -> BTreeMap<Row, usize> {
    let mut counts = BTreeMap::new();
    for artifact in artifacts {
        for line in render::text(artifact).lines() {
            *counts.entry((artifact.path.clone(), line.to_owned())).or_insert(0) += 1;
        }
    }
    counts
}

/// Why an origin is no answer.
fn wrong(origin: &Origin, text: &str) -> Option<String> {
    let in_text = |place: Span, text: &str| {
        let range = place.start as usize..place.end as usize;
        text.get(range).is_some_and(|words| !words.trim().is_empty())
    };
    for place in std::iter::once(origin.place).chain(origin.also.as_deref().unwrap_or_default().iter().copied()) {
        let fine = match place.file {
            FileId::RULE => !origin.rule.is_empty(),
            file if file.is_embedded() => standard::embedded(file).is_some_and(|(_, text)| in_text(place, text)),
            FileId(0) => in_text(place, text),
            FileId(_) => false,
        };
        if !fine {
            return Some(format!("{place:?}, rule `{}`", origin.rule));
        }
    }
    None
}

#[test]
fn every_line_has_an_answer() {
    let mut told = BTreeSet::new();
    for example in read_whole() {
        for ((file, line), origin, _) in rows(&example.artifacts()) {
            if let Some(why) = wrong(&origin, &example.text) {
                told.insert(format!("{}/{file}: `{line}`: {why}", example.name));
            }
        }
    }
    assert!(
        told.is_empty(),
        "{} lines have no answer:\n{}",
        told.len(),
        told.into_iter().collect::<Vec<_>>().join("\n")
    );
}

/// Lines, each with everything that it stands in somewhere.
type Rows = BTreeMap<Row, BTreeSet<Within>>;

/// What became of the answers of one example.
#[derive(Default)]
struct Outcome {
    /// Lines that an edit of the named place changes.
    answered: usize,
    /// Lines of places that cannot be edited and compile: what they say is required.
    required: Vec<String>,
    /// Lines that a rule of the compiler or a fact of the standard library alone decides.
    ours: usize,
    /// Lines that no edit of the named place changes.
    unmoved: Vec<String>,
}

/// The builds of edited texts: which lines of the example each of them moved.
struct Moves<'a> {
    example: &'a Example,
    /// How often each line stands in each file of the example as it is.
    counted: BTreeMap<Row, usize>,
    /// By edited text: the lines of which fewer are left; none where it does not compile.
    known: Mutex<HashMap<String, Option<Arc<HashSet<Row>>>>>,
}

impl Moves<'_> {
    fn of(&self, text: &str) -> Option<Arc<HashSet<Row>>> {
        if let Some(known) = self.known.lock().unwrap().get(text) {
            return known.clone();
        }
        let moved = self.example.build(text).ok().map(|after| {
            let after = counts(&after);
            let fewer = self.counted.iter().filter(|(row, count)| after.get(*row).copied().unwrap_or(0) < **count);
            Arc::new(fewer.map(|(row, _)| row.clone()).collect())
        });
        self.known.lock().unwrap().insert(text.to_owned(), moved.clone());
        moved
    }
}

fn outcome(example: &Example) -> Outcome {
    let before = example.artifacts();
    let moves = Moves { example, counted: counts(&before), known: Mutex::default() };
    let mut outcome = Outcome::default();
    let mut named: BTreeMap<Vec<Span>, Rows> = BTreeMap::new();
    for (row, origin, within) in rows(&before) {
        let also = origin.also.as_deref().unwrap_or_default().iter().copied();
        let places: Vec<Span> = std::iter::once(origin.place).chain(also).filter(|one| one.file == FileId(0)).collect();
        if places.is_empty() {
            outcome.ours += 1;
            continue;
        }
        named.entry(places).or_default().entry(row).or_default().insert(within);
    }
    let named: Vec<(Vec<Span>, Rows)> = named.into_iter().collect();
    let next = AtomicUsize::new(0);
    let mut judged: Vec<(usize, bool, Rows)> = thread::scope(|scope| {
        let judge = || {
            let tree = document(&example.text);
            let mut judged = Vec::new();
            while let Some((at, (places, rows))) = {
                let at = next.fetch_add(1, Ordering::Relaxed);
                named.get(at).map(|one| (at, one))
            } {
                let (required, left) = unmoved(&moves, &tree, places, rows.clone());
                judged.push((at, required, left));
            }
            judged
        };
        let threads: Vec<_> = (0..thread::available_parallelism().unwrap().get()).map(|_| scope.spawn(judge)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    judged.sort_by_key(|(at, ..)| *at);
    for (at, required, left) in judged {
        let (places, all) = &named[at];
        outcome.answered += all.len() - left.len();
        let words = |place: &Span| {
            let line = example.text[..place.start as usize].lines().count();
            format!("deploy.kdl:{line} `{}`", &example.text[place.start as usize..place.end as usize])
        };
        let words = places.iter().map(words).collect::<Vec<_>>().join(" or ");
        let told = |(file, text): &Row| format!("{}/{file}: `{text}` is not of {words}", example.name);
        let into = if required { &mut outcome.required } else { &mut outcome.unmoved };
        into.extend(left.keys().map(told));
    }
    outcome
}

/// The lines that no edit of their places moves, and whether no edit that leaves the places out compiles.
fn unmoved(moves: &Moves<'_>, tree: &Document, places: &[Span], mut rows: Rows) -> (bool, Rows) {
    let example = moves.example;
    let mut required = false;
    for edit in together(tree, places) {
        let moved = moves.of(&edit.apply(&example.text));
        // The last edit leaves the named nodes out.
        required = moved.is_none();
        rows.retain(|row, _| moved.as_ref().is_none_or(|moved| !moved.contains(row)));
        if rows.is_empty() {
            return (false, rows);
        }
    }
    if let Some(text) = taken_out(example, tree, places) {
        let moved = moves.of(&text).unwrap();
        rows.retain(|row, _| !moved.contains(row));
        required = false;
        if !rows.is_empty() {
            // A line of the same words may stand elsewhere since, so each is looked for where it stood.
            let mut after: BTreeMap<Row, BTreeSet<Within>> = BTreeMap::new();
            for artifact in example.build(&text).unwrap() {
                let text = render::text(&artifact);
                for (line, within) in text.lines().zip(within(&artifact.path, &text)) {
                    after.entry((artifact.path.clone(), line.to_owned())).or_default().insert(within);
                }
            }
            let stays = |row: &Row, all: &BTreeSet<Within>| after.get(row).is_some_and(|after| !after.is_disjoint(all));
            rows.retain(|row, all| stays(row, all));
        }
    }
    (required, rows)
}

/// What each line of a text stands in.
fn within(path: &str, text: &str) -> Vec<Within> {
    let lines: Vec<&str> = text.lines().collect();
    let mut around: Vec<(usize, String)> = Vec::new();
    let mut all = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let words = line.trim_start();
        let heading = words.bytes().take_while(|byte| *byte == b'#').count();
        // What a heading of Markdown is about is deeper than it, however far to the left.
        let depth = match (path.ends_with(".md"), heading) {
            (true, 1..) => heading,
            (true, 0) => 10 + line.len() - words.len(),
            (false, _) => line.len() - words.len(),
        };
        let closes = words.starts_with(['}', ']']);
        around.retain(|(known, _)| *known < depth || (closes && *known == depth));
        all.push(around.iter().map(|(_, words)| words.clone()).collect());
        if !closes {
            // A brace says as little as the next line says much.
            let next = if words == "{" { lines.get(at + 1).copied().unwrap_or_default() } else { "" };
            around.push((depth, [words, next].concat()));
        }
    }
    all
}

/// The edits of the first place, then those of all places together: what several declarations hold up, falls with all.
fn together(tree: &Document, places: &[Span]) -> Vec<Edit> {
    let each: Vec<Vec<Edit>> = places.iter().map(|place| edits(tree, *place)).collect();
    let mut all = each[0].clone();
    if places.len() > 1 {
        for turn in 0..each.iter().map(Vec::len).max().unwrap_or(0) {
            let picked = each.iter().filter_map(|edits| edits.get(turn).or(edits.last())).cloned();
            all.extend(picked.reduce(Edit::and));
        }
        all.extend(each.iter().filter_map(|edits| edits.last()).cloned().reduce(Edit::and));
    }
    all
}

/// The text without the nodes of the places, and without what cannot be without them.
fn taken_out(example: &Example, tree: &Document, places: &[Span]) -> Option<String> {
    let nodes: Option<Vec<NodeRef<'_>>> = places.iter().map(|place| tree.node_at(place.start)).collect();
    without(example, &example.text, &nodes?)
}

/// Every place that a line of an example names; `WHY=1` lists what hangs on a declaration that must be there.
#[test]
fn editing_the_named_declaration_changes_the_line() {
    for example in read_whole() {
        let outcome = outcome(example);
        let required = outcome.required.len();
        println!(
            "{}: {} lines change with their declaration, {required} are of a required one, {} are the compiler's own",
            example.name, outcome.answered, outcome.ours
        );
        if std::env::var_os("WHY").is_some() {
            println!("{}", outcome.required.join("\n"));
        }
        let unmoved = outcome.unmoved;
        assert!(unmoved.is_empty(), "examples/{}: {} lines:\n{}", example.name, unmoved.len(), unmoved.join("\n"));
    }
}
