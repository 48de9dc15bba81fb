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

use std::collections::{BTreeMap, BTreeSet};

use deployc::artifact::Artifact;
use deployc::render;
use deployc::source::{FileId, Origin, Span};
use deployc::standard;
use deployc::syntax::kdl::{Document, NodeRef};
use whole::edit::{Declared, Edit, declared, document, edits, without};
use whole::{Example, read_whole};

/// A line of an output: its file and its text.
type Row = (String, String);

/// Every line with its origin.
fn rows(artifacts: &[Artifact]) -> Vec<(Row, Origin)> {
    let mut rows = Vec::new();
    for artifact in artifacts {
        let mut bytes = Vec::new();
        let origins = render::render_with_lines(artifact, &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.lines().count(), origins.len(), "{}", artifact.path);
        let lines = text.lines().map(str::to_owned).zip(origins.into_iter().cloned());
        rows.extend(lines.map(|(line, origin)| ((artifact.path.clone(), line), origin)));
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
        for ((file, line), origin) in rows(&example.artifacts()) {
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

fn outcome(example: &Example, stride: usize) -> Outcome {
    let before = example.artifacts();
    let counted = counts(&before);
    let mut outcome = Outcome::default();
    let mut named: BTreeMap<Vec<Span>, BTreeSet<Row>> = BTreeMap::new();
    for (row, origin) in rows(&before) {
        if origin.place.file != FileId(0) {
            outcome.ours += 1;
            continue;
        }
        let also = origin.also.as_deref().unwrap_or_default().iter().copied().filter(|place| place.file == FileId(0));
        named.entry(std::iter::once(origin.place).chain(also).collect()).or_default().insert(row);
    }
    let tree = document(&example.text);
    for (places, mut rows) in named.into_iter().step_by(stride) {
        let all = rows.len();
        let mut keep_unmoved = |text: &str| match example.build(text) {
            Ok(after) => {
                let after = counts(&after);
                rows.retain(|row| after.get(row).copied().unwrap_or(0) >= counted[row]);
                (rows.is_empty(), true)
            }
            Err(_) => (false, false),
        };
        let mut required = false;
        for edit in together(&tree, &places) {
            let (done, compiles) = keep_unmoved(&edit.apply(&example.text));
            // The last edit leaves the named nodes out.
            required = !compiles;
            if done {
                break;
            }
        }
        if let (false, Some(text)) = (rows.is_empty(), taken_out(example, &tree, &places)) {
            let after = counts(&example.build(&text).unwrap());
            rows.retain(|row| after.get(row).copied().unwrap_or(0) >= counted[row]);
            required = false;
        }
        outcome.answered += all - rows.len();
        let place = places[0];
        let words = &example.text[place.start as usize..place.end as usize];
        let line = example.text[..place.start as usize].lines().count();
        let told =
            |(file, text): &Row| format!("{}/{file}: `{text}` is not of deploy.kdl:{line} `{words}`", example.name);
        let into = if required { &mut outcome.required } else { &mut outcome.unmoved };
        into.extend(rows.iter().map(told));
    }
    outcome
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

/// The text without the declarations whose names stand at the places, and without what pointed at them.
fn taken_out(example: &Example, tree: &Document, places: &[Span]) -> Option<String> {
    let declared = declared(tree);
    let mut nodes = Vec::new();
    for place in places {
        let whole = |one: &&Declared| {
            one.place == *place || tree.node_at(one.place.start).is_some_and(|node| node.head_span() == *place)
        };
        let own = tree.node_at(place.start)?;
        let one_of_several = places.len() > 1 && node_may_go(own);
        if declared.iter().find(whole).is_none() && !one_of_several {
            return None;
        }
        nodes.push(own);
    }
    without(example, &example.text, &nodes)
}

/// Whether a node is below a declaration: then it may be left out with others.
fn node_may_go(node: NodeRef<'_>) -> bool {
    node.parent().is_some()
}

/// Every place of the small example, and some of the larger one, where each place costs many builds; `WHY=all` asks all.
#[test]
fn editing_the_named_declaration_changes_the_line() {
    let all = std::env::var_os("WHY").is_some();
    for example in read_whole() {
        let small = example.name == "hello";
        let outcome = outcome(example, if small || all { 1 } else { 9 });
        let (required, unmoved) = (outcome.required.len(), outcome.unmoved.len());
        println!(
            "{}: {} lines change with their declaration, {required} are of a required one, {unmoved} do not change, {} are the compiler's own",
            example.name, outcome.answered, outcome.ours
        );
        if all {
            println!("{}\n{}", outcome.required.join("\n"), outcome.unmoved.join("\n"));
        }
        // Lines that would be there for a second reason too (a step with a conventional command, a value that an
        // environment overrides) stay when the first reason goes.
        let bearable = if small { 0 } else { (outcome.answered + required) / 12 };
        assert!(unmoved <= bearable, "examples/{}: {unmoved} lines:\n{}", example.name, outcome.unmoved.join("\n"));
    }
}
