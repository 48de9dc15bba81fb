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

#[path = "hostile/left.rs"]
mod left;
#[path = "render/meaning.rs"]
mod meaning;
#[path = "hostile/positions.rs"]
mod positions;
#[path = "hostile/reading.rs"]
mod reading;
#[path = "hostile/rounds.rs"]
mod rounds;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use deployc::render;
use deployc::schema::{SHAPES, Shape};
use deployc::value::Name;
use positions::{Commands, Position, is_text, placed, positions, words_of};
use reading::{dead_links, misread};
use rounds::round;
use whole::edit::{document, judged, named, nodes, renamings};
use whole::read_whole;

/// How many builds give every position another string.
const ROUNDS: usize = 24;
/// How many of them are left for the tools that `tests/validators/hostile` asks.
const LEFT: usize = 2;

/// What is written where no other text can stand: the version of a server that a host must know, the keys of tools.
const CLOSED: &[&str] = &["\"16\"", "\"${secret.pagerduty}\"", "\"${secret.slack}\""];

fn hostile() -> Vec<String> {
    serde_json::from_str(include_str!("render/hostile.json")).unwrap()
}

#[test]
fn outputs_parse_whatever_the_text() {
    let strings = hostile();
    let words = words_of(&strings);
    for example in read_whole() {
        let positions = positions(&example.text);
        let (mut bare, mut formed) = (0, 0);
        let mut none: BTreeSet<usize> = (0..positions.len()).collect();
        let mut codes = BTreeSet::new();
        for turn in 0..ROUNDS {
            let pick = |index: usize| {
                let at = index * 31 + turn * 11;
                (strings[at % strings.len()].clone(), words[at % words.len()].to_owned())
            };
            let outcome =
                round(example, &positions, if turn < LEFT { Commands::Printing } else { Commands::Bare }, pick);
            bare += outcome.bare;
            formed += outcome.formed;
            none.retain(|index| outcome.none.contains(index));
            codes.extend(outcome.codes);
            if turn < LEFT {
                left::leave(example, &turn.to_string(), &outcome.text, &outcome.artifacts);
            }
            assert_eq!(dead_links(example, &outcome.artifacts), Vec::<String>::new());
            for artifact in &outcome.artifacts {
                if let Some(told) = misread(artifact) {
                    panic!("examples/{} in round {turn}: {told}", example.name);
                }
            }
        }
        // A property that nothing may be said in there, as the namespace of a host without namespaces.
        let closed: Vec<&Position> = none.iter().map(|index| &positions[*index]).collect();
        let written = closed.iter().filter(|one| one.before.is_empty()).map(|one| &example.text[one.start..one.end]);
        let written: Vec<&str> = written.collect();
        assert!(written.iter().all(|words| CLOSED.contains(words)), "nothing is taken in the place of {written:?}");
        let all = ROUNDS * (positions.len() - closed.len());
        println!(
            "{}: {bare} strings as they are and {formed} in the form of their place, of {all}; refused as {codes:?}; closed: {:?}",
            example.name,
            closed.iter().map(|one| one.before.trim()).collect::<Vec<_>>()
        );
        assert!(bare >= all / 2, "examples/{}: only {bare} of {all} strings were built as they are", example.name);
        assert!(bare + formed >= all * 9 / 10, "examples/{}: only {} of {all}", example.name, bare + formed);
        let of_texts = |code: &&str| {
            ["syntax/", "type/", "name/", "secret/", "capability/"].iter().any(|area| code.starts_with(area))
        };
        assert!(codes.iter().all(of_texts), "examples/{}: {codes:?}", example.name);
    }
}

/// Hostile words that are names: `y`, `no`, `null`, `inf`.
fn names() -> Vec<String> {
    let mut all: Vec<String> = hostile().into_iter().filter(|word| Name::parse(word).is_ok()).collect();
    all.extend(["a-", "a--b", "true-", "e1-1"].map(str::to_owned).into_iter().filter(|word| Name::parse(word).is_ok()));
    all.dedup();
    all
}

#[test]
fn every_declaration_may_have_a_name_that_others_read_as_something_else() {
    let names = names();
    for example in read_whole() {
        let count = named(&document(&example.text)).len();
        let mut renamed = 0;
        for turn in 0..LEFT {
            let mut text = example.text.clone();
            for at in 0..count {
                let tree = document(&text);
                let declaration = named(&tree).remove(at);
                // No name of a metric has a `-`.
                let name = &names[(at + turn * 7) % names.len()]
                    .replace('-', if declaration.kind == "metric" { "_" } else { "-" });
                let texts = renamings(&tree, &declaration, name).into_iter().map(|edit| edit.apply(&text));
                let (good, bad): (Vec<String>, Vec<String>) = texts.partition(|text| example.build(text).is_ok());
                let is_free = !named(&tree).iter().any(|one| one.kind == declaration.kind && one.name == *name);
                if let Some(good) = good.into_iter().next() {
                    (text, renamed) = (good, renamed + 1);
                } else if is_free {
                    panic!("{} {}: {:#?}", declaration.kind, declaration.name, example.build(&bad[0]).err());
                }
            }
            let artifacts = example.build(&text).unwrap();
            if turn == 0 {
                left::leave(example, "names", &text, &artifacts);
            }
            for artifact in &artifacts {
                assert_eq!(misread(artifact), None);
            }
        }
        println!("{}: {renamed} declarations of {count} were renamed", example.name);
        assert!(renamed > 0);
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
        let position = Position {
            start: span.start as usize,
            end: span.end as usize,
            before: String::new(),
            ty: value.ty,
            named: None,
        };
        // Each value gets others, so that all of them are tried in some place of each kind.
        for hostile in strings.iter().skip(turn % 6).step_by(6) {
            let (edited, _) = placed(&example.text, &[(0, &position, hostile)]);
            let built = example.build(&edited);
            for artifact in built.iter().flatten() {
                if let Some(told) = misread(artifact).filter(|_| !render::text(artifact).starts_with("#!")) {
                    panic!("{hostile:?}: {told}");
                }
            }
        }
    }
}
