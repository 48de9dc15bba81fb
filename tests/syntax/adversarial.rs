//! Input that was made to hurt: no shape takes more than linear work, more than its share of memory, or the stack.
//! Work is counted, not timed.

use super::generate;
use deployc::source::FileId;
use deployc::syntax::kdl::{DEPTH_LIMIT, NodeRef, ProblemKind, parse, parse_measured};
use deployc::syntax::{canonical, format, print};
use proptest::prelude::*;

fn depth(node: NodeRef<'_>) -> usize {
    std::iter::successors(Some(node), |node| node.parent()).count()
}

/// Checks what holds for every text whatever.
fn check(shape: &str, text: &str) {
    let length = text.len() as u64;
    let (document, problems, work) = parse_measured(FileId(0), text.to_owned());
    let is_about_braces = |kind| [ProblemKind::UnclosedBrace, ProblemKind::UnexpectedBrace].contains(&kind);
    let is_unbalanced =
        problems.iter().any(|problem| is_about_braces(problem.kind) || problem.kind == ProblemKind::TooMany);
    assert!(work.passes == 1 || work.passes == 2 && is_unbalanced, "{shape}: {work:?}");
    assert!(work.tokens <= work.passes * (length + 2), "{shape}: {work:?} for {length} bytes");
    assert!(work.scanned <= work.passes * (12 * length + 0x2_0000), "{shape}: {work:?} for {length} bytes");
    assert!(problems.len() <= 1_002, "{shape}");
    assert!(print(&document) == text, "{shape}: the tokens are the text");
    for problem in &problems {
        let places = problem.also.iter().map(|(span, _)| span).chain([&problem.span]);
        for span in places.chain(problem.fix.iter().flat_map(|(_, edits)| edits).map(|(span, _)| span)) {
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{shape}: {problem:?}");
        }
    }
    for id in 0..document.node_count().min(10_000) {
        let node = document.node(id);
        assert!(depth(node) <= DEPTH_LIMIT + 1, "{shape}");
        assert_eq!(document.node_at(node.name_span().start).map(NodeRef::id), Some(id), "{shape}");
        let _ = node.leading_comments();
        for entry in node.entries() {
            let map = entry.offset_map();
            let value = map.span(0, u32::MAX);
            let written = entry.value_span();
            assert!(written.start <= value.start && value.end <= written.end, "{shape}: {entry:?}");
        }
    }
    assert_eq!(format(&document).is_some(), problems.is_empty(), "{shape}");
    let _ = canonical(&document);
}

/// Something repeated, with a start and an end.
const SHAPES: &[(&str, &str, &str)] = &[
    ("", "{", ""),
    ("", "a{", ""),
    ("", "a {\n", ""),
    ("", "}", ""),
    ("", "a{}", ""),
    ("", "a /-{", ""),
    ("", "/-{", ""),
    ("", "/-", ""),
    ("", "/-a{", ""),
    ("", "a /-{}", ""),
    ("", "a {b} c ", ""),
    ("", "/*", ""),
    ("", "/* ", "*/"),
    ("", "/* /* */\n", ""),
    ("", "a/*\n", ""),
    ("", "\\/*", ""),
    ("", "\\/* */", ""),
    ("", "a \\\n", ""),
    ("", "\"", ""),
    ("", "\"\n", ""),
    ("", "a \"b\n", ""),
    ("", "\"\"\"\n", ""),
    ("", "a \"\"\"\n", ""),
    ("", " a \"\"\"x\n", ""),
    ("", "a ##\"\"\"\n", "b \"\"\"##\n"),
    ("", "#\"", ""),
    ("", "#\"\n", ""),
    ("", "#", ""),
    ("", "r\"\n", ""),
    ("a \"", "\\u{", "\""),
    ("a \"", "\\q", "\""),
    ("a \"", "\\/", "\""),
    ("a \"", "\\   \n", "\""),
    ("a \"\"\"\n", "  \\\n", "\"\"\""),
    ("a \"\"\"\n", "b\n", "  \"\"\""),
    ("a \"\"\"\n", "\"\"", ""),
    ("", "(", ""),
    ("a ", "(t)", ""),
    ("a ", "b=", ""),
    ("a ", "b=\n", ""),
    ("a ", "=", ""),
    ("", ";", ""),
    ("", "a;", ""),
    ("a ", "[", ""),
    ("a [", "b,\n", ""),
    ("a [1", "\n", "]"),
    ("", "a [\n", ""),
    ("a ", "\"\",", ""),
    ("a ", "a:\"\"", ""),
    ("a ", "true ", ""),
    ("a ", "1x ", ""),
    ("a ", "0x1", ""),
    ("a ", "x", ""),
    ("a ", "/", ""),
    ("", "\u{feff}", ""),
    ("", "\u{0}", ""),
    ("", "é", ""),
    ("", "\u{2028}", ""),
    ("", "a\r", ""),
    ("                                                    a ", "/-{\n}", ""),
    ("", "a\n{}\n", ""),
    ("", "// c\n", "a"),
    ("a ", "b=1 ", ""),
];

#[test]
fn every_shape_takes_linear_work() {
    for (start, unit, end) in SHAPES {
        let text = format!("{start}{}{end}", unit.repeat(60_000 / unit.len()));
        check(&format!("{start:?} {unit:?} {end:?}"), &text);
    }
    // Ever fewer hashes: none closes another.
    let hashes: String = (1..300).rev().map(|count| format!("a {}\"\"\"\n", "#".repeat(count))).collect();
    check("hashes", &hashes);
    let hashes: String = (1..300).map(|count| format!("a {}\"\n", "#".repeat(count))).collect();
    check("more hashes", &hashes);
}

#[test]
fn a_hundred_thousand_levels_are_one_mistake() {
    let deep = 100_000;
    let text = format!("{}x{}\nafter 1\n", "a {\n".repeat(deep), "}\n".repeat(deep));
    let (document, problems) = parse(FileId(0), text.clone());
    assert_eq!(problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [ProblemKind::TooDeep]);
    assert_eq!(document.node_count() as usize, DEPTH_LIMIT + 2, "the levels that are followed, and what comes after");
    assert_eq!(document.roots().last().map(NodeRef::name), Some("after"));
    check("deep", &text);
    let (_, problems) = parse(FileId(0), "a {\n".repeat(deep));
    let kinds: Vec<_> = problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::TooDeep, ProblemKind::UnclosedBrace]);
    let (_, problems) = parse(FileId(0), format!("{}{}", "/*".repeat(deep), "*/".repeat(deep)));
    assert_eq!(problems, []);
    let (document, problems) = parse(FileId(0), format!("a {}b{}", "/-{ a ".repeat(deep), "}".repeat(deep)));
    assert_eq!(problems.len(), 1, "{:?}", problems.first());
    assert_eq!(canonical(&document), "a\n");
}

#[test]
fn ten_megabytes_are_read() {
    let node = "service \"api\" kind=\"web\" { port 8080; health \"/healthz\" every=\"10s\" } // comment\n";
    let text = node.repeat(10_000_000 / node.len());
    let (document, problems, work) = parse_measured(FileId(0), text.clone());
    assert_eq!(problems, []);
    assert_eq!(document.node_count() as usize, 3 * (10_000_000 / node.len()));
    assert_eq!(work.scanned, 0, "nothing is looked at twice");
    let (_, problems, work) = parse_measured(FileId(0), format!("a {}", "\"b\\\n".repeat(2_500_000)));
    assert!(!problems.is_empty());
    assert!(work.tokens < 10_000_000, "{work:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_documents_are_read_without_harm(text in generate::document(), changes in generate::changes()) {
        let text = generate::damaged(&text, &changes);
        check(&text, &text);
    }

    #[test]
    fn any_text_is_read_without_harm(text in "[a{}\"\\\\/*#\n;=()\\[\\] ,-1-3.:rtu\u{85}é]{0,60}") {
        check(&text, &text);
    }
}
