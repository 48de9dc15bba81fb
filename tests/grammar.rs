//! The description of the language: complete, documented, true in its examples, and printed as the reference.

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

use std::path::Path;

use deployc::schema::{self, SHAPES};
use deployc::source::FileId;
use deployc::{standard, syntax};

#[test]
fn the_reference_is_as_printed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar/REFERENCE.md");
    let printed = schema::reference();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == printed, "grammar/REFERENCE.md is not as printed: UPDATE=1 cargo test --test grammar");
}

#[test]
fn every_shape_and_field_is_documented() {
    for shape in SHAPES.iter().filter(|shape| !shape.id.starts_with("std-") && shape.id != "library") {
        assert!(!shape.doc.is_empty() || shape.id.contains('.'), "{} has no doc", shape.id);
        for field in shape.args.iter().chain(shape.props) {
            assert!(!field.doc.is_empty(), "{}: `{}` has no doc", shape.id, field.name);
        }
    }
}

#[test]
fn examples_are_nodes_of_their_shape() {
    for shape in SHAPES.iter().filter(|shape| !shape.example.is_empty()) {
        let (document, problems) = syntax::document(FileId(0), shape.example.to_owned());
        assert_eq!(problems, [], "{}", shape.id);
        assert!(document.roots().next().is_some(), "{}: an empty example", shape.id);
    }
}

#[test]
fn the_standard_library_is_of_its_shapes() {
    let library = schema::Shape::find("library").unwrap();
    let mut failures = Vec::new();
    // Stacks are written in the language itself: `tests/standard.rs` imports them.
    for (path, document) in standard::files().filter(|(path, _)| !path.starts_with("stacks/")) {
        let mut judged = deployc::resolve::Judged::default();
        deployc::resolve::judge_as(library, document, &mut judged);
        failures.extend(judged.diagnostics.iter().map(|one| {
            let line = document.text()[..one.primary.span.start as usize].lines().count();
            format!("stdlib/{path}:{line}: {}", one.message)
        }));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
