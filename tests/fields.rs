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

use deployc::diag::Diagnostic;
use deployc::schema::{DOCUMENT, Field, Many, Shape, any_node};
use deployc::source::FileId;
use deployc::syntax::kdl::NodeRef;
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
        let (start, end) = (place.start as usize, place.end as usize);
        let parents =
            shapes().into_iter().filter(|parent| parent.children.iter().any(|child| child.shape.id == shape.id));
        let child = parents.flat_map(|parent| parent.children).find(|child| child.shape.id == shape.id).unwrap();
        // A name that the user chooses is no wrong one.
        if child.name != "*" {
            let renamed = text.with(start..end, &format!("zqwx{name}"));
            let codes = codes(&renamed, start..end + 4);
            if codes != ["name/unknown-node"] {
                wrong.push(format!("{} under the name `zqwx{name}`: {codes:?}", shape.id));
            }
        }
        let node = &text.text[whole.start as usize..whole.end as usize];
        let (at, copy) = (whole.end as usize, format!("; {node}"));
        let twice = text.with(at..at, &copy);
        let codes = codes(&twice, at..at + copy.len());
        if child.many != Many::List && !codes.contains(&"name/duplicate".to_owned()) {
            wrong.push(format!("{} is told nothing when it stands twice: {codes:?}", shape.id));
        }
    }
    println!("{known} nodes");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The errors that lie inside of a range.
fn told(text: &Text, range: Range<usize>) -> Vec<Diagnostic> {
    let mut errors = text.errors();
    errors.retain(|one| {
        let place = one.primary.span;
        place.file == FileId(0) && range.start <= place.start as usize && place.end as usize <= range.end
    });
    errors
}

fn codes(text: &Text, range: Range<usize>) -> Vec<String> {
    told(text, range).iter().map(|one| one.code.as_str().to_owned()).collect()
}

/// A text with something more in one of its nodes, and where that stands.
fn with_more(text: &Text, at: usize, before: &str, more: &str, behind: &str) -> (Text, Range<usize>) {
    let start = at + before.len();
    (text.with(at..at, &[before, more, behind].concat()), start..start + more.len())
}

/// With one more node among the children of a node; none: at the top of the file.
fn with_child(text: &Text, node: Option<NodeRef<'_>>, name: &str) -> (Text, Range<usize>) {
    match node.map(|node| (node.children_span(), node.head_span().end as usize)) {
        None => with_more(text, text.text.len(), "\n", name, "\n"),
        Some((Some(block), _)) => with_more(text, block.start as usize + 1, " ", name, "; "),
        Some((None, head)) => with_more(text, head, " { ", name, " }"),
    }
}

/// A slip of the pen: the last letter twice.
fn slip(name: &str) -> String {
    [name, &name[name.len() - 1..]].concat()
}

/// What is wrong with how a stranger is told: by one error at its name, with the name that was meant, if any.
fn stranger((text, place): (Text, Range<usize>), code: &str, meant: Option<&str>) -> Option<String> {
    let found = told(&text, place.clone());
    let shown = || found.iter().map(|one| format!("{}: {}", one.code, one.primary.message)).collect::<Vec<_>>();
    let asks = meant.map(|meant| format!("did you mean `{meant}`?"));
    let good = match found.as_slice() {
        [one] => one.code.as_str() == code && asks.as_ref().is_none_or(|asks| one.primary.message == *asks),
        _ => false,
    };
    (!good).then(|| format!("`{}` for {meant:?} is told as {:?}", &text.text[place], shown()))
}

/// What is wrong with how properties are told that a node does not have.
fn strange_properties(shape: &'static Shape, text: &Text, node: NodeRef<'_>) -> Vec<String> {
    let head = node.head_span().end as usize;
    // Where users choose the keys there is no wrong one.
    if shape.prop("zqwxv").is_some() {
        return Vec::new();
    }
    let tried = |key: &str, meant| stranger(with_more(text, head, " ", key, "=1"), "name/unknown-property", meant);
    let slips = shape.props.iter().filter(|prop| shape.prop(&slip(prop.name)).is_none());
    tried("zqwxv", None).into_iter().chain(slips.filter_map(|prop| tried(&slip(prop.name), Some(prop.name)))).collect()
}

/// What is wrong with how nodes are told that another does not hold.
fn strange_children(shape: &'static Shape, text: &Text, node: Option<NodeRef<'_>>) -> Vec<String> {
    if shape.child("zqwxv").is_some() {
        return Vec::new();
    }
    let tried = |name: &str, meant| stranger(with_child(text, node, name), "name/unknown-node", meant);
    let known = |name: &str| shape.child(name).is_some() || any_node().iter().any(|child| child.name == name);
    let slips = shape.children.iter().filter(|child| !known(&slip(child.name)));
    tried("zqwxv", None)
        .into_iter()
        .chain(slips.filter_map(|child| tried(&slip(child.name), Some(child.name))))
        .collect()
}

/// What is wrong with how an argument too many is told.
fn strange_argument(shape: &'static Shape, text: &Text, node: NodeRef<'_>) -> Option<String> {
    if shape.args.last().is_some_and(|last| last.rest) {
        return None;
    }
    let written = node.args().count();
    let behind = node.args().last().map_or(node.name_span(), |last| last.span()).end as usize;
    let missing = " \"zqwxv\"".repeat(shape.args.len().saturating_sub(written));
    stranger(with_more(text, behind, &[&missing, " "].concat(), "\"zqwxv\"", ""), "type/extra-argument", None)
}

#[test]
fn what_no_node_holds_is_refused_at_its_name_with_the_nearest_one() {
    let judge = |shapes: &[&'static Shape]| -> Vec<String> {
        let mut wrong = Vec::new();
        for shape in shapes {
            if shape.id == DOCUMENT.id {
                wrong.extend(
                    strange_children(shape, &texts()[2], None).into_iter().map(|one| format!("{}: {one}", shape.id)),
                );
                continue;
            }
            let Some(text) = fine(shape) else { continue };
            let tree = document(&text.text);
            let node = nodes_of(&tree, &text, shape)[0];
            let mut here = strange_properties(shape, &text, node);
            here.extend(strange_children(shape, &text, Some(node)));
            here.extend(strange_argument(shape, &text, node));
            wrong.extend(here.into_iter().map(|one| format!("{}: {one}", shape.id)));
        }
        wrong
    };
    let shapes = shapes();
    let (left, right) = shapes.split_at(shapes.len() / 2);
    let wrong = std::thread::scope(|scope| {
        let first = scope.spawn(|| judge(left));
        let mut wrong = judge(right);
        wrong.extend(first.join().unwrap());
        wrong
    });
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
