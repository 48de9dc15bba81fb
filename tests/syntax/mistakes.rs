//! What is told about broken input: each mistake once, at its place, with a repair that works, and nothing else lost.

use super::read;
use deployc::syntax::canonical;
use deployc::syntax::kdl::{Problem, ProblemKind};

/// The code without its area, and the text it points at.
fn told(text: &str) -> Vec<(&'static str, &str)> {
    let point = |problem: &Problem| {
        let code = problem.kind.code().strip_prefix("syntax/").unwrap();
        (code, text.get(problem.span.start as usize..problem.span.end as usize).unwrap())
    };
    read(text).1.iter().map(point).collect()
}

#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    assert_eq!(told(text), expected, "{text}\n{:#?}", read(text).1);
    for problem in read(text).1 {
        assert!(problem.message.chars().next().is_some_and(|first| !first.is_uppercase()), "{problem:?}");
        assert!(!problem.message.contains('\n') && !problem.label.is_empty(), "{problem:?}");
    }
}

/// The text after all repairs that are offered.
fn repaired(text: &str) -> String {
    let mut edits: Vec<_> =
        read(text).1.into_iter().filter_map(|problem| problem.fix).flat_map(|(_, edits)| edits).collect();
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut out = text.to_owned();
    for (span, replacement) in edits.into_iter().rev() {
        out.replace_range(span.start as usize..span.end as usize, &replacement);
    }
    out
}

/// The one mistake, and the text after its repair, which has none.
#[track_caller]
fn check_fix(text: &str, code: &str, place: &str, expected: &str) {
    check(text, &[(code, place)]);
    let repaired = repaired(text);
    assert_eq!(repaired, expected);
    check(&repaired, &[]);
}

/// What is in the tree in spite of the mistakes.
#[track_caller]
fn check_kept(text: &str, expected: &str) {
    assert!(!read(text).1.is_empty(), "there is a mistake in it");
    assert_eq!(canonical(&read(text).0), expected, "{text}");
}

#[test]
fn keywords_lack_their_hash() {
    check_fix("a public=true", "bare-keyword", "true", "a public=#true");
    check_fix("a -inf", "bare-keyword", "-inf", "a #-inf");
    check_fix("a #True", "unknown-keyword", "#True", "a #true");
    check_fix("a color=#ff0000", "unknown-keyword", "#ff0000", "a color=\"#ff0000\"");
    check_fix("a #true, 1", "unknown-keyword", "#true,", "a #true 1");
    check_kept("a public=true b=null", "a b=#null public=#true\n");
}

#[test]
fn names_need_quotes() {
    check_fix("true 1", "bad-identifier", "true", "\"true\" 1");
    check_fix("a 1=2", "bad-identifier", "1", "a \"1\"=2");
    check_fix("3d 1", "bad-identifier", "3d", "\"3d\" 1");
    check_fix("source apps/api", "bad-identifier", "apps/api", "source \"apps/api\"");
    check_fix("source ./a", "bad-identifier", "./a", "source \"./a\"");
    check_fix("source C:\\x", "bad-identifier", "C:\\x", "source \"C:\\\\x\"");
    check_fix("a b#c d", "bad-identifier", "b#c", "a \"b#c\" d");
    check_kept("source apps/api {\n  b\n}", "source \"apps/api\" {\n    b\n}\n");
}

#[test]
fn numbers_are_numbers() {
    check_fix("a every=10s", "bad-number", "10s", "a every=\"10s\"");
    check_fix("a 5%", "bad-number", "5%", "a \"5%\"");
    check_fix("a .5", "bad-number", ".5", "a 0.5");
    check_fix("a -1.", "bad-number", "-1.", "a -1.0");
    check_fix("a 1, 2", "bad-number", "1,", "a 1 2");
    check_kept("a every=10s", "a every=\"10s\"\n");
}

#[test]
fn braces_are_told_at_the_opener() {
    check("a {\n  b\n", &[("unclosed-brace", "{")]);
    assert_eq!(read("a {\n  b\n").1[0].span.start, 2);
    assert!(read("a {\n  b\n").1[0].message.contains("`a`"));
    // The indentation tells which block lacks its end.
    let text = "a {\n    b {\n        c\n    d\n}\ne {\n    f\n}\n";
    check(text, &[("unclosed-brace", "{")]);
    assert_eq!(read(text).1[0].span.start as usize, text.find("b {").unwrap() + 2);
    check_kept("a {\n  b\n", "a {\n    b\n}\n");
    check("a\n}\nb", &[("unexpected-brace", "}")]);
    check_kept("a\n}\nb", "a\nb\n");
    check_fix("a 1\n{\n  b\n}", "unexpected-token", "{", "a 1 {\n  b\n}");
    check_kept("a 1\n{\n  b\n}\nc", "a 1 {\n    b\n}\nc\n");
    check("{ a }", &[("unexpected-token", "{")]);
    check("a { b { c {", &[("unclosed-brace", "{")]);
    assert_eq!(read("a { b { c {").1[0].also.len(), 2);
}

#[test]
fn strings_have_ends() {
    check("a \"b\nc 1", &[("unterminated-string", "\"")]);
    check_kept("a \"b\nc 1", "a b\nc 1\n");
    check_kept("a key=\"b\nc \"d\"\ne \"f\"", "a key=b\nc d\ne f\n");
    // One string over lines is one mistake.
    check("a \"\nhey\nyou\n\"\nb", &[("unterminated-string", "\"")]);
    check_kept("a \"\nhey\nyou\n\"\nb", "a \"\\nhey\\nyou\\n\"\nb\n");
    check("a #\"\nhey\n\"#\nb", &[("unterminated-string", "#\"")]);
    check("a {\n    b \"\"\"\n        text\n    c 1\n}\nd", &[("unterminated-string", "\"\"\"")]);
    check_kept("a {\n    b \"\"\"\n        text\n    c 1\n}\nd", "a {\n    b \"\\n        text\"\n    c 1\n}\nd\n");
    // The next string does not close it.
    check_kept("b \"\"\"\n  x\nc \"\"\"\n  y\n  \"\"\"\nd", "b \"\\n  x\"\nc y\nd\n");
    check("b \"\"\"\n  x\nc \"\"\"\n  y\n  \"\"\"\nd", &[("unterminated-string", "\"\"\"")]);
    // It takes the closing brace with it, which is then no second mistake.
    check("a {\n  b \"\"\"\n    }", &[("unterminated-string", "\"\"\"")]);
}

#[test]
fn escapes_are_known() {
    check_fix("a \"x\\qy\"", "bad-escape", "\\q", "a \"x\\\\qy\"");
    check(
        "a \"\\u{110000}\" \"\\u{12\" \"\\uABCD\"",
        &[("bad-escape", "\\u{110000}"), ("bad-escape", "\\u{12"), ("bad-escape", "\\u")],
    );
}

#[test]
fn lines_of_a_string_share_their_blanks() {
    check("a \"\"\"\n    b\n  c\n    \"\"\"", &[("multi-line-string", "  ")]);
    check("a \"\"\"b\"\"\"", &[("multi-line-string", "\"\"\"")]);
    check("a \"\"\"\n  b\"\"\"", &[("multi-line-string", "\"\"\"")]);
    // Several lines are one mistake.
    check("a \"\"\"\n b\n c\n    \"\"\"\nd", &[("multi-line-string", " ")]);
    assert_eq!(read("a \"\"\"\n b\n c\n    \"\"\"").1[0].also.len(), 2);
}

#[test]
fn comments_have_ends() {
    check("a /* b\nc", &[("unterminated-comment", "/*")]);
    check("a {\n /* b\n}", &[("unterminated-comment", "/*")]);
    check_kept("/* a /* b */\nc", "c\n");
    assert_eq!(read("/* a /* b */\nc").1[0].also.len(), 1, "the inner comment is shown");
    // A pattern without quotes.
    check("watch apps/*\nb", &[("unterminated-comment", "/*")]);
    check_kept("watch apps/*\nb", "watch apps\nb\n");
}

#[test]
fn values_are_there() {
    check("a b=\nc", &[("missing-value", "b=")]);
    check_kept("a b= ; c", "a\nc\n");
    check("a { b c= }", &[("missing-value", "c=")]);
    check("a (t)\nb", &[("missing-value", "(t)")]);
    check("a b=(t)\nc", &[("missing-value", "(t)")]);
    check("a b==1", &[("missing-value", "b=")]);
    check_kept("a b==1", "a 1\n");
}

#[test]
fn blanks_are_there() {
    check_fix("a\"b\"", "missing-space", "\"b\"", "a \"b\"");
    check_fix("a b=\"c\"d=5", "missing-space", "d", "a b=\"c\" d=5");
    check_fix("a { b } c 1", "missing-space", "c", "a { b }; c 1");
    check_kept("a { b } c 1 { d }", "a {\n    b\n}\nc 1 {\n    d\n}\n");
}

#[test]
fn annotations_are_one_word_before_a_value() {
    check("a ()1", &[("bad-annotation", "()")]);
    check_fix("a (t)b=1", "bad-annotation", "(t)", "a b=(t)1");
    check("a (t 1", &[("bad-annotation", "(t")]);
    check_kept("a ()1 (t)b=1\nc", "a 1 b=(t)1\nc\n");
}

#[test]
fn slashdashes_take_something_out() {
    check("a /-\n", &[("bad-slashdash", "/-")]);
    check("a {\n  /-\n}", &[("bad-slashdash", "/-")]);
    check("a b=/-1 c", &[("bad-slashdash", "/-")]);
    check_kept("a b=/-1 c", "a c\n");
}

#[test]
fn nothing_follows_children() {
    check("a { b } \"c\"", &[("entry-after-children", "\"c\"")]);
    check("a { b } c=1 d=2\ne", &[("entry-after-children", "c=1")]);
    check_kept("a { b } c=1 d=2\ne", "a {\n    b\n}\ne\n");
    check("a { b } { c }", &[("entry-after-children", "{")]);
    check_kept("a { b } { c }", "a {\n    b\n    c\n}\n");
}

#[test]
fn other_languages_are_understood() {
    check_fix("a = 1", "unexpected-token", "=", "a 1");
    check_fix("LEVEL=\"info\"", "unexpected-token", "=", "LEVEL \"info\"");
    check_fix("needs [\"a\", \"b\"] c", "unexpected-token", "[\"a\", \"b\"]", "needs \"a\" \"b\" c");
    check_fix("needs [a, b]", "unexpected-token", "[a, b]", "needs a b");
    check_fix(
        "needs [\n  \"a\",\n  \"b\"\n]\nc",
        "unexpected-token",
        "[\n  \"a\",\n  \"b\"\n]",
        "needs \"a\" \"b\"\nc",
    );
    check_fix("needs \"a\", \"b\"", "unexpected-token", ",", "needs \"a\"  \"b\"");
    check_fix("a key:\"b\"", "unexpected-token", ":", "a key=\"b\"");
    check_fix("a;; b", "unexpected-token", ";", "a; b");
    check_kept("needs k=[1, 2] [\"a\", b,] c", "needs a b c k=1\n");
    check_kept("needs [1, 2\nb", "needs 1 2\nb\n");
}

#[test]
fn characters_that_nobody_sees_are_told() {
    check_fix("a \"b\u{202e}\u{202e}c\"", "bad-character", "\u{202e}\u{202e}", "a \"bc\"");
    check("// \u{0}\na", &[("bad-character", "\u{0}")]);
    check("a \u{feff}b", &[("bad-character", "\u{feff}")]);
}

#[test]
fn a_file_in_kdl_1_is_one_mistake() {
    check_fix("/- kdl-version 1\na true null", "kdl-1", "/- kdl-version 1", "/- kdl-version 2\na #true #null");
    check_fix("a r\"x\\\" b=true", "kdl-1", "r\"x\\\"", "a #\"x\\\"# b=#true");
    check_fix("a r##\"x\"##", "kdl-1", "r##\"x\"##", "a ##\"x\"##");
    check_fix("a \"http:\\/\\/x\" false", "kdl-1", "\\/", "a \"http://x\" #false");
    check_fix("a true\nb false\nc null\nd true", "kdl-1", "true", "a #true\nb #false\nc #null\nd #true");
    // Somebody who knows the `#` and forgot it.
    check(
        "a true\nb false\nc null\nd #true",
        &[("bare-keyword", "true"), ("bare-keyword", "false"), ("bare-keyword", "null")],
    );
    // What is wrong in both is told beside it.
    check("a true false null\nb 10s", &[("kdl-1", "true"), ("bad-number", "10s")]);
}

#[test]
fn one_broken_node_hides_no_mistake_elsewhere() {
    let text = "a true\nb \"open\nc 10s {\n    d e=\n}\n}\nf \"\\q\"\ng [1]\nh {\n";
    check(
        text,
        &[
            ("bare-keyword", "true"),
            ("unterminated-string", "\""),
            ("bad-number", "10s"),
            ("missing-value", "e="),
            ("unexpected-brace", "}"),
            ("bad-escape", "\\q"),
            ("unexpected-token", "[1]"),
            ("unclosed-brace", "{"),
        ],
    );
    check_kept(text, "a #true\nb open\nc \"10s\" {\n    d\n}\nf \"\\\\q\"\ng 1\nh\n");
}

#[test]
fn too_many_mistakes_are_not_listed() {
    let problems = read(&"a true x\n".repeat(5_000)).1;
    assert_eq!(problems.len(), 2, "the keywords are one: {problems:?}");
    let problems = read(&"}\n".repeat(5_000)).1;
    assert_eq!(problems.len(), 1_001);
    assert_eq!(problems.last().unwrap().kind, ProblemKind::TooMany);
}

#[test]
fn every_kind_has_its_page() {
    for kind in ProblemKind::ALL {
        assert!(deployc::diag::Code::find(kind.code()).is_some(), "{}", kind.code());
    }
}

#[test]
fn a_missing_brace_hides_nothing_where_the_text_is_indented() {
    let text = "a {\n    b {\n        c\n    d\n}\ne {\n    f {\n        g\n}\nh\n";
    check(text, &[("unclosed-brace", "{"), ("unclosed-brace", "{")]);
    let told: Vec<u32> = read(text).1.iter().map(|problem| problem.span.start).collect();
    assert_eq!(told, [text.find("b {"), text.find("f {")].map(|at| at.unwrap() as u32 + 2));
    check_kept(text, "a {\n    b {\n        c\n    }\n    d\n}\ne {\n    f {\n        g\n    }\n}\nh\n");
    // One line, and the end of it.
    let text = "a {\n    b { c\n    d\n}\ne\n";
    check(text, &[("unclosed-brace", "{")]);
    check_kept(text, "a {\n    b {\n        c\n    }\n    d\n}\ne\n");
}

#[test]
fn a_brace_too_much_closes_nothing_where_the_text_is_indented() {
    let text = "a {\n    b { c }}\n    d\n}\ne\n";
    check(text, &[("unexpected-brace", "}")]);
    assert_eq!(read(text).1[0].span.start as usize, text.find("}}").unwrap() + 1);
    check_kept(text, "a {\n    b {\n        c\n    }\n    d\n}\ne\n");
    let text = "a {\n    b {\n        c\n        }\n    }\n    d\n}\ne\n";
    check(text, &[("unexpected-brace", "}")]);
    check_kept(text, "a {\n    b {\n        c\n    }\n    d\n}\ne\n");
}

#[test]
fn a_text_without_indentation_is_read_by_its_braces() {
    let text = "a {\nb {\nc\n}\nd\n";
    check(text, &[("unclosed-brace", "{")]);
    check_kept(text, "a {\n    b {\n        c\n    }\n    d\n}\n");
}

#[test]
fn comments_of_other_languages_are_told_together() {
    let text = "# one\na { # two \"x { y\n    # three\n    b 1\n}\n";
    check_fix(text, "unexpected-token", "#", "// one\na { // two \"x { y\n    // three\n    b 1\n}\n");
    check_kept(text, "a {\n    b 1\n}\n");
}

#[test]
fn properties_on_lines_of_their_own_are_told_together() {
    let text = "a {\n    b\n        c=1\n        d=\"x\"\n    e\n}\n";
    check(text, &[("unexpected-token", "c=1")]);
    let (_, problems) = read(text);
    assert_eq!(problems[0].also.len(), 1);
    assert_eq!(problems[0].meant, ["c", "d"]);
    check_fix("env {\n  A=\"1\"\n  B=2\n}", "unexpected-token", "=", "env {\n  A \"1\"\n  B 2\n}");
}
