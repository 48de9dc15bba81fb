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

use deployc::artifact::Artifact;
use deployc::render;
use whole::edit::{Edit, declared, document, rename, without};
use whole::{Example, read_whole};

/// A name that no text holds by chance.
const NAME: &str = "zqwx";

/// The places in files where the name stands.
fn mentions(artifacts: &[Artifact]) -> Vec<String> {
    let mut found = Vec::new();
    for artifact in artifacts {
        let text = render::text(artifact);
        let lines = text.lines().enumerate().filter(|(_, line)| line.to_lowercase().contains(NAME));
        found.extend(lines.map(|(at, line)| format!("{}:{}: {line}", artifact.path, at + 1)));
        found.extend(artifact.path.contains(NAME).then(|| artifact.path.clone()));
    }
    found
}

/// Renames each declaration so that its name is nowhere else, and then leaves it out.
fn left_out(example: &Example) {
    let tree = document(&example.text);
    let (mut written, mut gone) = (0, 0);
    for declaration in declared(&tree) {
        let about = format!("examples/{}: {} `{}`", example.name, declaration.kind, declaration.name);
        let edit = rename(&tree, &declaration, NAME);
        // An environment's name says what it is for, unless its tier does.
        let tiers = ["", " tier=\"dev\"", " tier=\"staging\"", " tier=\"production\""];
        let tiers = if declaration.kind == "environment" { &tiers[..] } else { &tiers[..1] };
        let mut texts =
            tiers.iter().map(|tier| edit.clone().and(Edit::insert(declaration.place.end, *tier)).apply(&example.text));
        let built = texts.find_map(|text| Some((example.build(&text).ok()?, text)));
        let Some((with, renamed)) = built else {
            panic!("{about} cannot be renamed: {:#?}", example.build(&edit.apply(&example.text)).err())
        };
        if mentions(&with).is_empty() {
            continue;
        }
        written += 1;
        let tree = document(&renamed);
        let place = declared(&tree).into_iter().find(|one| one.name == NAME).unwrap().place;
        let node = tree.node_at(place.start).unwrap();
        // What the rest cannot do without, as the only environment, cannot be left out.
        let Some(rest) = without(example, &renamed, &[node]) else { continue };
        gone += 1;
        let left = mentions(&example.build(&rest).unwrap());
        assert!(left.is_empty(), "{about} was left out, and yet:\n{}", left.join("\n"));
    }
    println!("{}: {written} declarations are named in outputs, {gone} were left out", example.name);
    assert!(gone > 0, "examples/{}", example.name);
}

#[test]
fn what_is_left_out_is_named_nowhere() {
    for example in read_whole() {
        left_out(example);
    }
}
