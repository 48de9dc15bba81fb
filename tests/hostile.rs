//! Hostile text wherever a user can write text: a build or a diagnostic, never a panic, and outputs that still parse.

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
use std::io::Write as _;
use std::process::{Command, Stdio};

use deployc::Compilation;
use deployc::artifact::Artifact;
use deployc::diag::Severity;
use deployc::render;
use deployc::resolve::Typed;
use deployc::schema::{Field, SHAPES, Shape, Type};
use deployc::source::FileId;
use deployc::syntax::kdl::Scalar;
use whole::edit::{document, judged, nodes, quoted};
use whole::{Example, read_whole};

/// How many builds give every position another string.
const ROUNDS: usize = 24;

fn hostile() -> Vec<String> {
    serde_json::from_str(include_str!("render/hostile.json")).unwrap()
}

/// Whether a user writes free text there.
fn is_text(ty: Type) -> bool {
    matches!(ty, Type::Text(_) | Type::Command | Type::Raw(_) | Type::Any)
}

/// A place where text may be written: what it replaces and what stands before the text.
#[derive(Clone, Debug)]
struct Position {
    start: usize,
    end: usize,
    before: String,
    /// What is named in several places is named the same in all of them.
    named: Option<String>,
}

fn words<'d>(value: &Typed<'d>) -> Option<&'d str> {
    match value.entry.value() {
        Scalar::String(text) => Some(text),
        _ => None,
    }
}

/// Every place of a document that holds free text, and every property of such a type that is not written.
fn positions(text: &str) -> Vec<Position> {
    let tree = document(text);
    let judged = judged(&tree);
    let mut shapes: BTreeMap<u32, &'static Shape> = BTreeMap::new();
    let mut found = Vec::new();
    let is_name = |value: &Typed<'_>| {
        let first = value.node.args().next().is_some_and(|first| first.span() == value.entry.span());
        first && value.shape.declares().is_some()
    };
    let names: BTreeSet<&str> =
        judged.values.iter().filter(|value| is_text(value.ty) && is_name(value)).filter_map(words).collect();
    for value in &judged.values {
        shapes.insert(value.node.id(), value.shape);
        let points = matches!(value.ty, Type::Ref(_)) && words(value).is_some_and(|name| names.contains(name));
        if is_text(value.ty) || points {
            let span = value.entry.value_span();
            let named = words(value).filter(|_| points || is_name(value)).map(str::to_owned);
            found.push(Position { start: span.start as usize, end: span.end as usize, before: String::new(), named });
        }
    }
    for (id, shape) in shapes {
        let node = tree.node(id);
        let absent = |field: &&Field| is_text(field.ty) && field.name != "*" && node.prop(field.name).is_none();
        for field in shape.props.iter().filter(absent) {
            let end = node.head_span().end as usize;
            found.push(Position { start: end, end, before: format!(" {}=", field.name), named: None });
        }
    }
    found.sort_by_key(|position| (position.start, position.end));
    found
}

/// The text with strings at some of the positions, and where each came to stand.
fn placed(text: &str, chosen: &[(usize, &Position, &str)]) -> (String, Vec<(usize, usize, usize)>) {
    let (mut out, mut from, mut places) = (String::new(), 0, Vec::new());
    for (index, position, hostile) in chosen {
        out.push_str(&text[from..position.start]);
        let start = out.len();
        out.push_str(&position.before);
        out.push_str(&quoted(hostile));
        places.push((*index, start, out.len()));
        from = position.end;
    }
    out.push_str(&text[from..]);
    (out, places)
}

/// Builds with a string at every position, without those that a diagnostic refuses; how many strings went through.
fn accepted(
    example: &Example,
    text: &str,
    positions: &[Position],
    pick: impl Fn(usize) -> String,
) -> (usize, Vec<Artifact>) {
    let first = |index: usize| {
        let named = positions[index].named.as_ref();
        named.and_then(|_| positions.iter().position(|one| one.named.as_ref() == named)).unwrap_or(index)
    };
    let strings: Vec<String> = (0..positions.len()).map(|index| pick(first(index))).collect();
    let mut refused: BTreeSet<usize> = BTreeSet::new();
    for _ in 0..12 {
        let rows = positions.iter().enumerate().filter(|(index, _)| !refused.contains(&first(*index)));
        let chosen: Vec<(usize, &Position, &str)> =
            rows.map(|(index, one)| (index, one, strings[index].as_str())).collect();
        let (edited, places) = placed(text, &chosen);
        let mut compilation = example.check(&edited);
        if let Some(artifacts) = compilation.build() {
            return (chosen.len(), artifacts);
        }
        let tree = document(&edited);
        let before = refused.len();
        for one in compilation.diagnostics.iter().filter(|one| one.severity == Severity::Error) {
            for span in std::iter::once(one.primary.span).chain(one.labels.iter().map(|label| label.span)) {
                if span.file != FileId(0) {
                    continue;
                }
                let at = span.start as usize;
                let exact =
                    places.iter().find(|(_, start, end)| *start <= at && at < *end).map(|(index, ..)| first(*index));
                let near = tree.node_at(span.start).map(|node| node.span());
                refused.extend(exact);
                if let (None, Some(near)) = (exact, near) {
                    let inside = |(_, start, end): &&(usize, usize, usize)| {
                        near.start as usize <= *start && *end <= near.end as usize
                    };
                    refused.extend(places.iter().filter(inside).map(|(index, ..)| first(*index)));
                }
            }
        }
        if refused.len() == before {
            println!("examples/{}: nobody knows which text these are about: {:#?}", example.name, told(&compilation));
            break;
        }
    }
    (0, Vec::new())
}

fn told(compilation: &Compilation) -> Vec<String> {
    let errors = compilation.diagnostics.iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| format!("{}: {} at {:?}", one.code, one.message, one.primary.span)).collect()
}

/// What a reader of the file's format says against it.
fn unreadable(artifact: &Artifact) -> Option<String> {
    let text = render::text(artifact);
    let told = if artifact.path.ends_with(".json") {
        serde_json::from_str::<serde_json::Value>(&text).err().map(|error| error.to_string())
    } else if artifact.path.ends_with(".yaml") || artifact.path.ends_with(".yml") {
        serde_saphyr::from_multiple::<serde_json::Value>(&text).err().map(|error| error.to_string())
    } else if text.starts_with("#!") {
        refused_by_bash(&text)
    } else {
        None
    };
    let told = told.or_else(|| artifact.faults().into_iter().next());
    told.map(|told| format!("{}: {told}\n{text}", artifact.path))
}

fn refused_by_bash(script: &str) -> Option<String> {
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn outputs_parse_whatever_the_text() {
    let strings = hostile();
    for example in read_whole() {
        let positions = positions(&example.text);
        let mut through = 0;
        for round in 0..ROUNDS {
            let pick = |index: usize| strings[(index * 31 + round * 11) % strings.len()].clone();
            let (count, artifacts) = accepted(example, &example.text, &positions, pick);
            through += count;
            for artifact in &artifacts {
                if let Some(told) = unreadable(artifact) {
                    panic!("examples/{} in round {round}: {told}", example.name);
                }
            }
        }
        println!("{}: {through} strings at {} positions", example.name, positions.len());
        assert!(
            through >= ROUNDS * positions.len() / 8,
            "examples/{}: only {through} strings were built",
            example.name
        );
    }
}

/// Texts in which every shape of the language stands somewhere, where its example fits.
fn every_shape(text: &str) -> Vec<(&'static str, String)> {
    let user = SHAPES.iter().filter(|shape| !shape.id.starts_with("std-") && shape.id != "library");
    let holders: Vec<(&'static Shape, &'static str)> =
        user.clone().flat_map(|shape| shape.children.iter().map(|child| (*shape, child.shape.id))).collect();
    let tree = document(text);
    let shape_of: BTreeMap<u32, &'static Shape> =
        judged(&tree).values.iter().map(|value| (value.node.id(), value.shape)).collect();
    let mut texts = Vec::new();
    for shape in user.filter(|shape| !shape.example.is_empty()) {
        for (holder, _) in holders.iter().filter(|(_, held)| *held == shape.id) {
            if holder.id == "document" {
                texts.push((shape.id, format!("{text}\n{}\n", shape.example)));
            }
            let node = nodes(&tree).find(|node| shape_of.get(&node.id()).is_some_and(|own| own.id == holder.id));
            let Some(node) = node else { continue };
            let (at, open, close) = match node.children_span() {
                Some(block) => (block.start as usize + 1, " ", "; "),
                None => (node.head_span().end as usize, " { ", " }"),
            };
            texts.push((shape.id, format!("{}{open}{}{close}{}", &text[..at], shape.example, &text[at..])));
        }
    }
    texts
}

#[test]
fn no_text_in_any_shape_is_a_panic() {
    let strings = hostile();
    let example = read_whole().last().unwrap();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (turn, (shape, text)) in every_shape(&example.text).into_iter().enumerate() {
        seen.insert(shape);
        let positions = positions(&text);
        let chosen: Vec<(usize, &Position, &str)> = positions
            .iter()
            .enumerate()
            .map(|(index, one)| (index, one, strings[(index * 17 + turn * 13) % strings.len()].as_str()))
            .collect();
        let (edited, _) = placed(&text, &chosen);
        let mut compilation = example.check(&edited);
        let built = compilation.build();
        assert!(built.is_some() || compilation.has_errors(), "{shape}: neither files nor errors");
    }
    println!("{} shapes", seen.len());
    assert!(seen.len() > 60, "only {} shapes were tried", seen.len());
}

#[test]
fn hostile_names_are_refused_or_carried() {
    let strings = hostile();
    let example = read_whole().next().unwrap();
    let tree = document(&example.text);
    let judged = judged(&tree);
    let values = judged.values.iter().filter(|value| !is_text(value.ty));
    for (turn, value) in values.enumerate() {
        let span = value.entry.value_span();
        let position =
            Position { start: span.start as usize, end: span.end as usize, before: String::new(), named: None };
        // Each value gets others, so that all of them are tried in some place of each kind.
        for hostile in strings.iter().skip(turn % 6).step_by(6) {
            let (edited, _) = placed(&example.text, &[(0, &position, hostile)]);
            let built = example.build(&edited);
            for artifact in built.iter().flatten() {
                if let Some(told) = unreadable(artifact).filter(|_| !render::text(artifact).starts_with("#!")) {
                    panic!("{hostile:?}: {told}");
                }
            }
        }
    }
}
