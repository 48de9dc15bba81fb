//! Leaving a declaration out takes every line with it that rested on it: its name is in no output any more.

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
use deployc::schema::Type;
use deployc::source::{FileId, Span};
use deployc::standard;
use deployc::syntax::kdl::{Document, NodeRef, Scalar};
use whole::edit::{build_without, declared, document, judged, nodes, renamings};
use whole::{Example, read_whole};

/// A name that no text holds by chance.
const NAME: &str = "zqwx";

/// The places in files where a text stands, whatever its case.
fn mentions(artifacts: &[Artifact], name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let mut found = Vec::new();
    for artifact in artifacts {
        let text = render::text(artifact);
        let lines = text.lines().enumerate().filter(|(_, line)| line.to_lowercase().contains(&name));
        found.extend(lines.map(|(at, line)| format!("{}:{}: {line}", artifact.path, at + 1)));
        found.extend(artifact.path.contains(&name).then(|| artifact.path.clone()));
    }
    found
}

/// The texts of a user's own in some nodes that stand nowhere else in the file: where an output tells one, it rests on them.
fn own_words(tree: &Document, text: &str, within: impl Fn(NodeRef<'_>) -> bool) -> BTreeSet<String> {
    let judged = judged(tree);
    let free = judged
        .values
        .iter()
        .filter(|value| within(value.node) && matches!(value.ty, Type::Text(_) | Type::Command | Type::Condition));
    let words = free.filter_map(|value| match value.entry.value() {
        Scalar::String(words) => Some(words.to_owned()),
        _ => None,
    });
    // A word that is a part of another one, as `Created` of `orders_created`, may be told for the other's sake.
    let all = text.to_lowercase();
    let library: Vec<String> =
        (0..).map_while(|at| Some(standard::embedded(FileId(FileId::EMBEDDED + at))?.1.to_lowercase())).collect();
    let is_own = |words: &String| {
        words.len() > 4
            && !words.contains("${")
            && all.matches(words.to_lowercase().as_str()).count() == 1
            && !library.iter().any(|facts| facts.contains(&words.to_lowercase()))
    };
    words.filter(is_own).collect()
}

/// Where one of these texts is still told.
fn still_told(artifacts: &[Artifact], words: &BTreeSet<String>) -> Vec<String> {
    words.iter().flat_map(|word| mentions(artifacts, word)).collect()
}

/// Renames each declaration so that its name is nowhere else, and then leaves it out.
fn left_out(example: &Example) {
    let tree = document(&example.text);
    let (mut written, mut gone) = (0, 0);
    for declaration in declared(&tree) {
        let about = format!("examples/{}: {} `{}`", example.name, declaration.kind, declaration.name);
        let mut texts = renamings(&tree, &declaration, NAME).into_iter().map(|edit| edit.apply(&example.text));
        let built = texts.find_map(|text| Some((example.build(&text).ok()?, text)));
        let Some((with, renamed)) = built else { panic!("{about} cannot be renamed") };
        let tree = document(&renamed);
        let place = declared(&tree).into_iter().find(|one| one.name == NAME).unwrap().place;
        let node = tree.node_at(place.start).unwrap();
        let inside =
            |other: NodeRef<'_>| node.span().start <= other.span().start && other.span().end <= node.span().end;
        let words = own_words(&tree, &renamed, inside);
        if mentions(&with, NAME).is_empty() && still_told(&with, &words).is_empty() {
            continue;
        }
        written += 1;
        // What the rest cannot do without, as the only environment, cannot be left out.
        let Some((_, rest)) = build_without(example, &renamed, &[node]) else { continue };
        gone += 1;
        let mut left = mentions(&rest, NAME);
        left.extend(still_told(&rest, &words));
        assert!(left.is_empty(), "{about} was left out, and yet:\n{}", left.join("\n"));
    }
    println!("{}: {written} declarations are named in outputs, {gone} were left out", example.name);
    assert!(gone > 0, "examples/{}", example.name);
}

/// Leaves every node out that is no named declaration and says something of the user's own: those at the top with all
/// that they hold, those inside others with what they say themselves.
fn unnamed_left_out(example: &Example) -> usize {
    let tree = document(&example.text);
    let named: BTreeSet<u32> =
        declared(&tree).iter().filter_map(|one| Some(tree.node_at(one.place.start)?.id())).collect();
    let with = example.artifacts();
    let mut gone = 0;
    for node in nodes(&tree).filter(|node| !named.contains(&node.id())) {
        let at_top = node.parent().is_none();
        let inside = |other: NodeRef<'_>| {
            other.id() == node.id()
                || (at_top && node.span().start <= other.span().start && other.span().end <= node.span().end)
        };
        let mut words = own_words(&tree, &example.text, inside);
        words.retain(|word| !mentions(&with, word).is_empty());
        if words.is_empty() {
            continue;
        }
        let Some((_, rest)) = build_without(example, &example.text, &[node]) else { continue };
        gone += 1;
        let left = still_told(&rest, &words);
        let line = example.text[..node.span().start as usize].lines().count();
        let about = format!("examples/{}: `{}` of line {line}", example.name, node.name());
        assert!(left.is_empty(), "{about} was left out, and yet:\n{}", left.join("\n"));
    }
    gone
}

#[test]
fn what_is_left_out_is_named_nowhere() {
    for example in read_whole() {
        left_out(example);
    }
}

#[test]
fn what_an_unnamed_node_says_goes_with_it() {
    for example in read_whole() {
        let gone = unnamed_left_out(example);
        println!("{}: {gone} nodes without a name were left out", example.name);
        assert!(gone >= 10 || example.name == "hello", "examples/{}: only {gone}", example.name);
    }
}

/// A line of an output: its file and its text.
type Row = (String, String);

/// Every line of the documents with the places that it rests on.
fn rows(artifacts: &[Artifact]) -> Vec<(Row, Vec<Span>)> {
    let mut rows = Vec::new();
    for artifact in artifacts.iter().filter(|artifact| artifact.path.ends_with(".md")) {
        let mut bytes = Vec::new();
        let origins = render::render_with_lines(artifact, &mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        for (line, origin) in text.lines().zip(origins).filter(|(line, _)| is_sentence(line)) {
            let also = origin.also.as_deref().unwrap_or_default().iter().copied();
            rows.push(((artifact.path.clone(), line.to_owned()), std::iter::once(origin.place).chain(also).collect()));
        }
    }
    rows
}

/// How often each line stands in each file.
fn counted<'r>(rows: impl Iterator<Item = &'r (Row, Vec<Span>)>) -> BTreeMap<&'r Row, usize> {
    let mut counts = BTreeMap::new();
    for (row, _) in rows {
        *counts.entry(row).or_insert(0) += 1;
    }
    counts
}

/// The parts of a text that another one leaves out: it is the same but for a `/-` before each of them.
fn left_out_of(text: &str, rest: &str) -> Vec<Span> {
    let tree = document(text);
    let (mut at, mut gone) = (0, Vec::new());
    let mut behind = rest;
    while at < text.len() {
        let own = text[at..].chars().next().unwrap();
        if behind.starts_with("/-") && !text[at..].starts_with("/-") {
            let node = tree.node_at(at as u32).unwrap();
            let entry = node.entries().map(|entry| entry.span()).find(|span| span.start as usize == at);
            gone.push(if node.span().start as usize == at { node.span() } else { entry.unwrap() });
            behind = &behind[2..];
        }
        assert!(behind.starts_with(own));
        (at, behind) = (at + own.len_utf8(), &behind[own.len_utf8()..]);
    }
    gone
}

/// Whether a line says something, and does not only open or close a block.
fn is_sentence(line: &str) -> bool {
    !line.trim().starts_with("```") && line.contains(char::is_alphanumeric)
}

/// Leaves every node out, and whatever then is wrong: the lines of documents that rested on nothing else are gone.
#[test]
fn what_rests_on_a_node_alone_goes_with_it() {
    for example in read_whole() {
        let tree = document(&example.text);
        let before = rows(&example.artifacts());
        let counts = counted(before.iter());
        let (mut judged, mut lines, mut wrong) = (0, 0, Vec::new());
        for node in nodes(&tree) {
            let Some((rest, after)) = build_without(example, &example.text, &[node]) else { continue };
            let gone = left_out_of(&example.text, &rest);
            let within = |place: &Span| gone.iter().any(|one| one.start <= place.start && place.end <= one.end);
            let rests = |(_, places): &&(Row, Vec<Span>)| {
                let mut own = places.iter().filter(|place| place.file == FileId(0)).peekable();
                own.peek().is_some() && own.all(within)
            };
            let rested = counted(before.iter().filter(rests));
            judged += 1;
            lines += rested.values().sum::<usize>();
            let after = rows(&after);
            // Where a fact of the standard library takes the place of what was written, it may say the same.
            let is_ours = |(_, places): &&(Row, Vec<Span>)| places.iter().any(|place| place.file.is_embedded());
            let after = counted(after.iter().filter(|row| !is_ours(row)));
            for (row, count) in rested {
                if after.get(row).copied().unwrap_or(0) > counts[row] - count {
                    let line = example.text[..node.span().start as usize].lines().count();
                    wrong.push(format!("{}:{line} `{}`: {}: {}", example.name, node.name(), row.0, row.1));
                }
            }
        }
        println!(
            "{}: {judged} of {} nodes were left out, {lines} lines rested on them",
            example.name,
            tree.node_count()
        );
        assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
        // The application and what runs cannot be left out of the smallest file.
        assert!(judged + 2 >= tree.node_count(), "only {judged} nodes were left out");
    }
}
