//! Every argument, property and node that the grammar describes: a value of its type is accepted, others are refused at
//! exactly that value. All of it comes from the tables of the grammar; there is no second list.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::panic,
    reason = "tests may fail loudly and read the disk"
)]

#[path = "fields/places.rs"]
mod places;
#[path = "fields/samples.rs"]
mod samples;
mod whole;

use std::ops::Range;

use deployc::schema::{DOCUMENT, Field, Many, Shape};
use deployc::source::FileId;
use places::{Text, nodes_of, shapes, spots, texts};
use samples::{name, samples, written};
use whole::edit::document;

/// What is wrong with how one field is judged.
fn field(shape: &'static Shape, field: &'static Field) -> Vec<String> {
    let about = name(shape, field);
    let (mut good, bad) = samples(field);
    good.splice(0..0, written().get(&about).into_iter().flatten().cloned());
    let (mut nearest, mut fewest) = (String::new(), usize::MAX);
    let mut accepted = None;
    'search: for (place, spot) in spots(shape, field).enumerate() {
        // The first places are the likeliest: more is tried there.
        for value in good.iter().take(if place < 10 { 8 } else { 2 }) {
            let (here, elsewhere) = spot.errors(value);
            let told: Vec<String> =
                here.iter().chain(&elsewhere).map(|one| format!("{}: {}", one.code, one.message)).collect();
            if told.is_empty() {
                accepted = Some(spot);
                break 'search;
            }
            if told.len() < fewest {
                (nearest, fewest) = (format!("{value}: {}", told.join("; ")), told.len());
            }
        }
    }
    let Some(spot) = accepted else { return vec![format!("{about} takes nothing; nearest was {nearest}")] };
    let mut wrong = Vec::new();
    for value in bad {
        match spot.errors(&value) {
            (here, elsewhere) if here.is_empty() && elsewhere.is_empty() => {
                wrong.push(format!("{about} takes {value}"));
            }
            (here, elsewhere) if here.is_empty() || !elsewhere.is_empty() => {
                wrong.push(format!("{about} {value} is told elsewhere: {}", elsewhere[0].message));
            }
            (_, _) => {}
        }
    }
    wrong
}

#[test]
fn every_field_takes_a_value_of_its_type_and_refuses_others_at_the_value() {
    let fields =
        shapes().into_iter().flat_map(|shape| shape.args.iter().chain(shape.props).map(move |one| (shape, one)));
    let fields: Vec<(&'static Shape, &'static Field)> = fields.collect();
    let half = fields.len() / 2;
    let judge = |fields: &[(&'static Shape, &'static Field)]| {
        fields.iter().flat_map(|(shape, one)| field(shape, one)).collect::<Vec<String>>()
    };
    let wrong = std::thread::scope(|scope| {
        let first = scope.spawn(|| judge(&fields[..half]));
        let mut wrong = judge(&fields[half..]);
        wrong.extend(first.join().unwrap());
        wrong
    });
    println!("{} fields", fields.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), fields.len(), wrong.join("\n"));
}

/// A text without errors in which a node of this shape stands.
fn fine(shape: &'static Shape) -> Option<Text> {
    let stands = |text: &&Text| !nodes_of(&document(&text.text), text, shape).is_empty();
    if let Some(text) = texts().iter().filter(stands).find(|text| text.errors().is_empty()) {
        return Some(text.clone());
    }
    shape.args.iter().chain(shape.props).find_map(|field| {
        let (mut good, _) = samples(field);
        good.splice(0..0, written().get(&name(shape, field)).into_iter().flatten().cloned());
        spots(shape, field).find_map(|spot| {
            let texts =
                good.iter().map(|value| spot.text.with(spot.range.clone(), &[&spot.before, value.as_str()].concat()));
            texts.take(8).find(|text| text.errors().is_empty())
        })
    })
}

#[test]
fn every_node_is_accepted_somewhere_and_refused_under_another_name_or_twice() {
    let mut wrong = Vec::new();
    let mut known = 0;
    for shape in shapes().into_iter().filter(|shape| shape.id != DOCUMENT.id) {
        let Some(text) = fine(shape) else {
            wrong.push(format!("{} stands nowhere without an error", shape.id));
            continue;
        };
        let tree = document(&text.text);
        let node = nodes_of(&tree, &text, shape)[0];
        let (name, place, whole) = (node.name(), node.name_span(), node.span());
        known += 1;
        let told = |text: &Text, range: Range<usize>| -> Vec<String> {
            let errors = text.errors().into_iter().filter(|one| {
                let place = one.primary.span;
                place.file == FileId(0) && range.start <= place.start as usize && place.end as usize <= range.end
            });
            errors.map(|one| one.code.as_str().to_owned()).collect()
        };
        let (start, end) = (place.start as usize, place.end as usize);
        let parents =
            shapes().into_iter().filter(|parent| parent.children.iter().any(|child| child.shape.id == shape.id));
        let child = parents.flat_map(|parent| parent.children).find(|child| child.shape.id == shape.id).unwrap();
        // A name that the user chooses is no wrong one.
        if child.name != "*" {
            let renamed = text.with(start..end, &format!("zqwx{name}"));
            let codes = told(&renamed, start..end + 4);
            if codes != ["name/unknown-node"] {
                wrong.push(format!("{} under the name `zqwx{name}`: {codes:?}", shape.id));
            }
        }
        let node = &text.text[whole.start as usize..whole.end as usize];
        let (at, copy) = (whole.end as usize, format!("; {node}"));
        let twice = text.with(at..at, &copy);
        let codes = told(&twice, at..at + copy.len());
        if child.many != Many::List && !codes.contains(&"name/duplicate".to_owned()) {
            wrong.push(format!("{} is told nothing when it stands twice: {codes:?}", shape.id));
        }
    }
    println!("{known} nodes");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
