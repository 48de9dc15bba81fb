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

use deployc::artifact::Artifact;
use deployc::diag::{Diagnostic, Severity};
use deployc::render;
use deployc::resolve::Typed;
use deployc::schema::{Field, SHAPES, Shape, Type};
use deployc::source::FileId;
use deployc::syntax::kdl::Scalar;
use whole::edit::{document, judged, nodes, quoted};
use whole::{Example, read_whole};

/// How many builds give every position another string.
const ROUNDS: usize = 24;

/// What is written where no other text can stand: the version of a server that a host must know.
const CLOSED: &[&str] = &["\"16\""];

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

/// The hostile strings that are one word: legal wherever a form is asked for, and read as something else by the careless.
fn words_of(strings: &[String]) -> Vec<&str> {
    let is_word = |text: &&str| !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric());
    strings.iter().map(String::as_str).filter(is_word).collect()
}

/// What is tried at a position, the most hostile first: the string, the string in the form that the place asks for
/// (behind what is written there, as a path), then a word that readers take for something else, in that form.
fn candidates(written: Option<&str>, hostile: &str, word: &str) -> Vec<String> {
    let mut all = vec![hostile.to_owned()];
    if let Some(written) = written {
        all.push([written, hostile].concat());
        let kept = written.trim_end_matches(|character: char| character.is_ascii_alphanumeric());
        all.push([kept, word].concat());
        all.push([kept, &word.to_uppercase()].concat());
        all.push([written, "-", &word.to_lowercase()].concat());
    }
    all.extend([["/", hostile].concat(), ["/", word].concat(), word.to_owned(), word.to_uppercase()]);
    all
}

/// What became of one round.
#[derive(Default)]
struct Round {
    /// Strings that were built as they are.
    bare: usize,
    /// Strings that were built in the form that their place asks for.
    formed: usize,
    /// Positions that took nothing.
    none: BTreeSet<usize>,
    /// The codes of what was refused.
    codes: BTreeSet<&'static str>,
    artifacts: Vec<Artifact>,
}

/// The positions that an error is about: the one it points at, else those of the node, first what was added to it.
fn meant(one: &Diagnostic, edited: &str, positions: &[Position], places: &[(usize, usize, usize)]) -> BTreeSet<usize> {
    let tree = document(edited);
    let spans = std::iter::once(one.primary.span).chain(one.labels.iter().map(|label| label.span));
    let mut found = BTreeSet::new();
    for span in spans.filter(|span| span.file == FileId(0)) {
        let at = span.start as usize;
        if let Some((index, ..)) = places.iter().find(|(_, start, end)| *start <= at && at < *end) {
            return BTreeSet::from([*index]);
        }
        let Some(near) = tree.node_at(span.start).map(|node| node.span()) else { continue };
        let inside =
            |(_, start, end): &&(usize, usize, usize)| near.start as usize <= *start && *end <= near.end as usize;
        found.extend(places.iter().filter(inside).map(|(index, ..)| *index));
    }
    let added: BTreeSet<usize> = found.iter().copied().filter(|index| !positions[*index].before.is_empty()).collect();
    if added.is_empty() { found } else { added }
}

/// Builds with a string at every position; what is refused there takes the next form, until everything builds.
fn round(example: &Example, positions: &[Position], pick: impl Fn(usize) -> (String, String)) -> Round {
    let text = &example.text;
    let first = |index: usize| {
        let named = positions[index].named.as_ref();
        named.and_then(|_| positions.iter().position(|one| one.named.as_ref() == named)).unwrap_or(index)
    };
    let written = |one: &Position| {
        let words = one.before.is_empty().then(|| text[one.start..one.end].trim_matches('"'));
        words.filter(|words| !words.contains('\\') && !words.contains("${"))
    };
    let tried: Vec<Vec<String>> = (0..positions.len())
        .map(|index| {
            let (hostile, word) = pick(first(index));
            candidates(written(&positions[first(index)]), &hostile, &word)
        })
        .collect();
    let mut turns = vec![0; positions.len()];
    let mut outcome = Round::default();
    loop {
        let rows = positions.iter().enumerate();
        let chosen: Vec<(usize, &Position, &str)> = rows
            .filter_map(|(index, one)| Some((index, one, tried[index].get(turns[first(index)])?.as_str())))
            .collect();
        let (edited, places) = placed(text, &chosen);
        let mut compilation = example.check(&edited);
        if let Some(artifacts) = compilation.build() {
            for index in 0..positions.len() {
                match turns[first(index)] {
                    0 => outcome.bare += 1,
                    turn if turn < tried[index].len() => outcome.formed += 1,
                    _ => drop(outcome.none.insert(index)),
                }
            }
            outcome.artifacts = artifacts;
            return outcome;
        }
        let mut refused: BTreeSet<usize> = BTreeSet::new();
        for one in compilation.diagnostics.iter().filter(|one| one.severity == Severity::Error) {
            let about = meant(one, &edited, positions, &places);
            assert!(!about.is_empty(), "no string explains this: {} at {:?}", one.message, one.primary.span);
            outcome.codes.insert(one.code.as_str());
            refused.extend(about.into_iter().map(first));
        }
        for index in refused {
            turns[index] += 1;
        }
    }
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
            let outcome = round(example, &positions, pick);
            bare += outcome.bare;
            formed += outcome.formed;
            none.retain(|index| outcome.none.contains(index));
            codes.extend(outcome.codes);
            for artifact in &outcome.artifacts {
                if let Some(told) = unreadable(artifact) {
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
        assert!(bare >= all / 3, "examples/{}: only {bare} of {all} strings were built as they are", example.name);
        assert!(bare + formed >= all * 9 / 10, "examples/{}: only {} of {all}", example.name, bare + formed);
        let of_texts = |code: &&str| {
            ["syntax/", "type/", "name/", "secret/", "capability/"].iter().any(|area| code.starts_with(area))
        };
        assert!(codes.iter().all(of_texts), "examples/{}: {codes:?}", example.name);
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
