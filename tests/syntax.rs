//! The KDL 2 layer against the official suite, and its promises about broken input.

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
use deployc::syntax::kdl::{Document, Problem, Scalar, parse};
use deployc::syntax::{canonical, print};
use std::path::{Path, PathBuf};

#[path = "syntax/adversarial.rs"]
mod adversarial;
#[path = "syntax/differential.rs"]
mod differential;
#[path = "syntax/generate.rs"]
mod generate;
#[path = "syntax/mistakes.rs"]
mod mistakes;

fn suite() -> Vec<(String, String, Option<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kdl-suite");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root.join("input")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let expected = std::fs::read_to_string(root.join("expected_kdl").join(&name)).ok();
            (name, std::fs::read_to_string(&path).unwrap(), expected)
        })
        .collect()
}

#[test]
fn the_official_suite_is_accepted_and_rejected_as_it_says() {
    let mut wrong = Vec::new();
    for (name, text, expected) in suite() {
        let (_, problems) = parse(FileId(0), text);
        if expected.is_some() != problems.is_empty() {
            wrong.push(format!("{name}: {problems:#?}"));
        }
        // This one holds three mistakes, a bare word for each keyword.
        let most = if name == "floating_point_keyword_identifier_strings_fail.kdl" { 3 } else { 2 };
        if problems.len() > most {
            wrong.push(format!("{name}: {} problems for one mistake: {problems:#?}", problems.len()));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

fn read(text: &str) -> (Document, Vec<Problem>) {
    parse(FileId(0), text.to_owned())
}

#[test]
fn the_tree_holds_names_entries_children_and_their_places() {
    let text = "// about\nservice \"api\" kind=(t)\"a\\tb\" 3 {\n    http port=8080; ready \"/\"\n    /- gone { x }\n}\nlast\n";
    let (document, problems) = read(text);
    assert_eq!(problems, []);
    let roots: Vec<&str> = document.roots().map(|node| node.name()).collect();
    assert_eq!(roots, ["service", "last"]);
    let service = document.roots().next().unwrap();
    let at = |span: deployc::source::Span| &text[span.start as usize..span.end as usize];
    assert_eq!(at(service.head_span()), "service \"api\" kind=(t)\"a\\tb\" 3");
    assert!(at(service.span()).ends_with("{ x }\n}"));
    assert_eq!(at(service.leading_comments().unwrap()), "// about");
    let args: Vec<Scalar<'_>> = service.args().map(|entry| entry.value()).collect();
    assert_eq!(args, [Scalar::String("api"), Scalar::Number("3")]);
    let kind = service.prop("kind").unwrap();
    assert_eq!(kind.value(), Scalar::String("a\tb"));
    assert_eq!(kind.annotation().map(|(name, span)| (name, at(span))), Some(("t", "(t)")));
    assert_eq!(at(kind.string_span(1, 2)), "\\t");
    assert_eq!(at(kind.string_span(2, 3)), "b");
    assert_eq!(at(kind.span()), "kind=(t)\"a\\tb\"");
    let children: Vec<&str> = service.children().map(|node| node.name()).collect();
    assert_eq!(children, ["http", "ready"]);
    let inside = text.find("8080").unwrap() as u32;
    assert_eq!(document.node_at(inside).map(|node| (node.name(), node.parent())), Some(("http", Some(service))));
    assert_eq!(document.node_at(2), None);
}

#[test]
fn the_official_suite_prints_in_its_canonical_form() {
    let mut wrong = Vec::new();
    for (name, text, expected) in suite() {
        let Some(expected) = expected else { continue };
        let printed = canonical(&read(&text).0);
        if printed != expected {
            wrong.push(format!("{name}:\n{printed}--- expected\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_document_prints_as_it_was_read_also_if_it_is_wrong() {
    for (name, text, _) in suite() {
        let (document, _) = read(&text);
        let mut end = 0;
        let mut boundaries = vec![0];
        for token in document.tokens() {
            assert_eq!(token.start, end, "{name}: the tokens leave no byte out");
            end = token.end;
            boundaries.push(end);
        }
        assert_eq!(end as usize, text.len(), "{name}: the tokens reach the end");
        assert_eq!(print(&document), text, "{name}");
        // What the tree refers to are tokens: nothing it says is made up.
        let mut open: Vec<_> = document.roots().collect();
        while let Some(node) = open.pop() {
            open.extend(node.children());
            let mut spans = vec![node.span(), node.name_span(), node.head_span()];
            spans.extend(node.children_span());
            spans.extend(node.annotation().map(|(_, span)| span));
            for entry in node.entries() {
                spans.extend([entry.span(), entry.value_span()]);
                spans.extend(entry.key_span());
                assert_eq!(entry.node(), node);
            }
            for span in spans {
                assert!(boundaries.binary_search(&span.start).is_ok(), "{name}: {span:?}");
                assert!(boundaries.binary_search(&span.end).is_ok(), "{name}: {span:?}");
            }
        }
    }
}

#[test]
fn embedded_documents_are_what_their_texts_say() {
    let mut count = 0;
    for (name, embedded) in deployc::standard::files() {
        let (document, problems) = parse(embedded.file(), embedded.text().to_owned());
        assert_eq!(problems, [], "{name}");
        assert!(embedded.is_sound());
        assert_eq!(embedded.node_count(), document.node_count(), "{name}");
        assert_eq!(canonical(embedded), canonical(&document), "{name}");
        for (left, right) in (0..document.node_count()).map(|id| (embedded.node(id), document.node(id))) {
            assert_eq!(
                (left.span(), left.head_span(), left.parent()),
                (right.span(), right.head_span(), right.parent())
            );
            for (left, right) in left.entries().zip(right.entries()) {
                assert_eq!(
                    (left.span(), left.value_span(), left.is_quoted()),
                    (right.span(), right.value_span(), right.is_quoted())
                );
            }
        }
        count += 1;
    }
    assert!(count > 5);
}

#[test]
fn places_within_a_string_are_places_in_the_file() {
    let text = "a \"x\\u{e9}\\n\\   y${z}\" \"\"\"\n    one\n      two\\tthree\n\n    four\n    \"\"\" #\"\"\"\n  raw\r\n  é\n  \"\"\"#\n";
    let (document, problems) = read(text);
    assert_eq!(problems, []);
    let expected = ["xé\ny${z}", "one\n  two\tthree\n\nfour", "raw\né"];
    for (entry, expected) in document.roots().next().unwrap().args().zip(expected) {
        assert_eq!(entry.value(), Scalar::String(expected));
        for (offset, character) in expected.char_indices() {
            let end = offset + character.len_utf8();
            let span = entry.string_span(offset as u32, end as u32);
            assert_eq!(span.start, entry.source_offset(offset as u32));
            let written = &text[span.start as usize..span.end as usize];
            let means = match written {
                "\\u{e9}" => "é",
                "\\n" | "\r\n" => "\n",
                "\\t" => "\t",
                _ => written,
            };
            assert_eq!(means, character.to_string(), "{expected:?} at {offset}");
        }
        // Behind the last character.
        let end = entry.source_offset(expected.len() as u32);
        assert!(end <= entry.value_span().end && end > entry.source_offset(expected.len() as u32 - 2));
    }
}

#[test]
fn comments_above_a_node_belong_to_it() {
    let text = "// far\n\n// near\n/* and this */\na // behind a\nb { // of the brace\n    // of c\n    c; /* of d */ d\n}\n/- e\n// of f\nf\n";
    let (document, _) = read(text);
    let mut found = Vec::new();
    for id in 0..document.node_count() {
        let node = document.node(id);
        let comments = node.leading_comments().map(|span| &text[span.start as usize..span.end as usize]);
        found.push((node.name(), comments));
    }
    assert_eq!(
        found,
        [
            ("a", Some("// near\n/* and this */")),
            ("b", None),
            ("c", Some("// of c")),
            ("d", Some("/* of d */")),
            ("f", Some("// of f")),
        ]
    );
}
