//! The formatter: idempotent, without any change of meaning, without any lost comment.

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

use deployc::source::FileId;
use deployc::syntax::kdl::{Document, TokenKind, Tokens, parse};
use deployc::syntax::{canonical, format};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

#[path = "syntax/generate.rs"]
mod generate;

fn read(text: &str) -> Document {
    let (document, problems) = parse(FileId(0), text.to_owned());
    assert_eq!(problems, [], "{text}");
    document
}

/// The comments of a text in their order, also those in continued lines, without blanks at their ends.
fn comments(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for token in Tokens::new(text, 0) {
        let slice = &text[token.start as usize..token.end as usize];
        match token.kind {
            TokenKind::LineComment | TokenKind::BlockComment(_) => found.push(slice.trim_end().to_owned()),
            TokenKind::Backslash(_) => found.extend(comments(&slice[1..])),
            _ => {}
        }
    }
    found
}

/// Formats a text and checks all that holds for every text.
fn formatted(text: &str) -> String {
    let document = read(text);
    let once = format(&document).unwrap();
    let again = read(&once);
    assert_eq!(canonical(&again), canonical(&document), "the meaning stays\n--- before\n{text}\n--- after\n{once}");
    assert_eq!(comments(&once), comments(text), "comments stay\n--- before\n{text}\n--- after\n{once}");
    assert_eq!(format(&again).unwrap(), once, "the formatter is idempotent\n--- before\n{text}");
    once
}

fn kdl_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target" && name != ".git") {
            kdl_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "kdl") {
            found.push(path);
        }
    }
}

#[test]
fn every_sound_file_of_the_repository_keeps_its_meaning() {
    let mut files = Vec::new();
    kdl_files(Path::new(env!("CARGO_MANIFEST_DIR")), &mut files);
    assert!(files.len() > 300);
    for path in files {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let (document, problems) = parse(FileId(0), text.clone());
        assert_eq!(document.is_sound(), problems.is_empty());
        if problems.is_empty() {
            formatted(&text);
        } else {
            assert_eq!(format(&document), None, "a file with mistakes is left alone: {}", path.display());
        }
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(formatted(text), expected);
}

#[test]
fn levels_are_indented_by_four_and_blanks_are_single() {
    check("a   1\tb = 2{\nc{\n\td\n}\n}", "a 1 b=2 {\n    c {\n        d\n    }\n}\n");
    check("( t ) a ( u ) 1 k = ( v ) #true", "(t)a (u)1 k=(v)#true\n");
    check("a {}\nb {\n\n}\nc{ }", "a {}\nb {}\nc {}\n");
    check("", "");
    check("\n\n  \n", "");
}

#[test]
fn one_blank_line_is_kept_and_none_at_the_edges() {
    check("\n\na\n\n\n\nb {\n\n  c\n\n\n  d\n\n}\n\n", "a\n\nb {\n    c\n\n    d\n}\n");
}

#[test]
fn one_liners_within_braces_stay_if_they_fit() {
    check("a { b; c 1; }", "a { b; c 1 }\n");
    check("a {b;c{d}}", "a { b; c { d } }\n");
    check("a {\n  b; c\n  d\n}", "a {\n    b; c\n    d\n}\n");
    check("a; b", "a\nb\n");
    let long = "x".repeat(60);
    check(&format!("a {{ b {long}; c {long} }}"), &format!("a {{\n    b {long}\n    c {long}\n}}\n"));
    check(&format!("a {{\n b {long}; c {long}\n}}"), &format!("a {{\n    b {long}\n    c {long}\n}}\n"));
    // The outer block is too wide, the inner one is not.
    check(&format!("a {{ b {{ c {long} }}; d {long} }}"), &format!("a {{\n    b {{ c {long} }}\n    d {long}\n}}\n"));
    // What was written over lines is not joined.
    check("a {\n b\n}", "a {\n    b\n}\n");
    check("a { b {\n c\n }; d }", "a {\n    b {\n        c\n    }\n    d\n}\n");
}

#[test]
fn comments_stay_where_they_were() {
    check("// top\na   // behind a\n\n  // above b\nb", "// top\na // behind a\n\n// above b\nb\n");
    check("a { // on the brace\n b\n // last\n}", "a { // on the brace\n    b\n    // last\n}\n");
    check("/* c */ a /*d*/ 1 /* e */\n/* f */", "/* c */ a /*d*/ 1 /* e */\n/* f */\n");
    check("a { /* only */ }", "a { /* only */ }\n");
    check("a {\n}  // behind", "a {} // behind\n");
    check("a 1; // behind a\nb", "a 1 // behind a\nb\n");
}

#[test]
fn continued_lines_stay_continued() {
    check("a 1 \\\n 2 \\ // why\n 3", "a 1 \\\n    2 \\ // why\n    3\n");
    check("a \\\n\nb", "a\nb\n");
    check("a \\\n {\n b\n}", "a {\n    b\n}\n");
    check("a {\n b \\\n   1\n}", "a {\n    b \\\n        1\n}\n");
}

#[test]
fn strings_and_numbers_keep_their_spelling() {
    check("a 0x1F 1_000 \"\\u{41}\" #\"raw\"# \"bare\"", "a 0x1F 1_000 \"\\u{41}\" #\"raw\"# \"bare\"\n");
    check("a {\nb \"\"\"\n   x\n   \"\"\"   y\n}", "a {\n    b \"\"\"\n   x\n   \"\"\" y\n}\n");
}

#[test]
fn what_is_taken_out_stays_taken_out() {
    check("/-a 1\n/-   b", "/-a 1\n/- b\n");
    check("a /-1 /- 2 /-{ b } {c}", "a /-1 /- 2 /-{ b } { c }\n");
    check("a /-\n1 2", "a /- 1 2\n");
    check("/- // why\na", "/- // why\n    a\n");
}

#[test]
fn files_of_other_systems_come_out_the_same() {
    check("\u{feff}a\r\nb {\r\n  c\r\n}\r\n", "a\nb {\n    c\n}\n");
}

#[test]
fn the_deepest_nesting_is_no_danger() {
    let depth = deployc::syntax::kdl::DEPTH_LIMIT;
    formatted(&format!("{}x{}", "a {\n".repeat(depth), "\n}".repeat(depth)));
    formatted(&format!("{}x{}", "a {".repeat(depth), "}".repeat(depth)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_documents_keep_their_meaning_and_comments(text in generate::document()) {
        formatted(&text);
    }
}
