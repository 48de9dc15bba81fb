//! The form of the explain pages.

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

use deployc::diag::page::{Command, Outcome, Page};
use deployc::diag::{Code, Diagnostic, code, finish};
use deployc::source::FileId;
use deployc::syntax::{self, ProblemKind};
use std::collections::BTreeSet;

#[test]
fn every_page_has_the_form_of_a_page() {
    let mut wrongs = Vec::new();
    for code in Code::all() {
        let page = Page::parse(code.page()).unwrap_or_else(|problem| panic!("{code}: {problem}"));
        assert_eq!(page.title, code.as_str());
        assert_eq!(page.summary, code.summary());
        assert!(page.summary.ends_with('.'), "{code}: the summary is a sentence");
        assert!(
            code.page().lines().filter(|line| !line.contains('"')).all(|line| line.chars().count() <= 130),
            "{code}: a long line"
        );
        for example in &page.examples {
            assert!(!example.text.is_empty(), "{code}: line {} is empty", example.line);
            for other in &example.among {
                assert!(Code::find(other).is_some(), "{code}: there is no code `{other}`");
            }
            assert!(example.files.iter().all(|(path, _)| !path.starts_with('/') && !path.contains("..")), "{code}");
            if example.outcome == Outcome::Wrong && example.files.is_empty() {
                wrongs.push((code, example.text.clone(), example.command));
            }
        }
    }
    // A wrong file that stands on two pages cannot report exactly the code of both.
    wrongs.sort_by(|one, two| one.1.cmp(&two.1));
    for pair in wrongs.windows(2) {
        assert_ne!(pair[0].1, pair[1].1, "{} and {} have the same wrong file", pair[0].0, pair[1].0);
    }
}

/// Found by others than the parser: when a file is read, and where a text is read as a condition or a template.
const NOT_BY_THE_PARSER: [Code; 4] =
    [code::SYNTAX_NOT_UTF_8, code::SYNTAX_TOO_LARGE, code::SYNTAX_EXPRESSION, code::SYNTAX_TEMPLATE];

#[test]
fn files_are_kdl_but_for_the_mistakes_of_their_pages() {
    for code in Code::all() {
        for example in Page::parse(code.page()).unwrap().examples {
            let Ok(text) = String::from_utf8(example.text) else { continue };
            let found = syntax::parse(FileId(0), text).1.into_iter().map(Diagnostic::from).collect();
            let found: BTreeSet<&str> = finish(found).iter().map(|diagnostic| diagnostic.code.as_str()).collect();
            let is_wrong =
                example.outcome == Outcome::Wrong && code.area() == "syntax" && !NOT_BY_THE_PARSER.contains(&code);
            let wanted = if is_wrong {
                [code.as_str()]
                    .into_iter()
                    .chain(example.among.into_iter().filter(|code| code.starts_with("syntax/")))
                    .collect()
            } else {
                BTreeSet::new()
            };
            assert_eq!(found, wanted, "{code}, line {}", example.line);
            for (path, text) in example.files.iter().filter(|(path, _)| path.ends_with(".kdl")) {
                assert_eq!(syntax::parse(FileId(0), (*text).to_owned()).1, [], "{code}, {path}");
            }
        }
    }
}

#[test]
fn every_mistake_of_the_parser_has_its_code() {
    for kind in ProblemKind::ALL {
        let problem = syntax::Problem::new(*kind, deployc::source::Span::default(), "message", "label")
            .help("help")
            .also(deployc::source::Span::new(FileId(1), 2, 3), "there")
            .fix("mend it", deployc::source::Span::new(FileId(0), 4, 5), "text");
        let diagnostic = Diagnostic::from(problem);
        assert_eq!(diagnostic.code.as_str(), kind.code());
        let fix = diagnostic.fix.unwrap();
        assert_eq!((diagnostic.message.as_str(), diagnostic.primary.message.as_str()), ("message", "label"));
        assert_eq!((diagnostic.help.as_deref(), diagnostic.labels.len()), (Some("help"), 1));
        assert_eq!((fix.title.as_str(), fix.edits.len()), ("mend it", 1));
    }
    let kinds: BTreeSet<&str> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
    let others = Code::all().filter(|code| code.area() == "syntax" && !kinds.contains(code.as_str()));
    assert!(others.eq([code::SYNTAX_EXPRESSION, code::SYNTAX_NOT_UTF_8, code::SYNTAX_TEMPLATE]));
}

#[test]
fn areas_are_listed_with_their_codes() {
    let areas = Code::by_area();
    let names: Vec<&str> = areas.iter().map(|(area, _)| *area).collect();
    assert_eq!(names, ["capability", "delivery", "name", "output", "secret", "signal", "syntax", "threat", "type"]);
    assert_eq!(areas.iter().map(|(_, codes)| codes.len()).sum::<usize>(), Code::all().count());
    assert!(areas.iter().all(|(area, codes)| codes.iter().all(|code| code.area() == *area)));
    assert_eq!(Code::find("name/unused").map(Code::name), Some("unused"));
    assert_eq!(Code::find("unused"), None);
}

const PAGE: &str = "# a/b

It is wrong.

```kdl wrong today=2026-11-20 build among=a/c,a/d
x
y
```

```kdl right bytes repeat=3
\\xFFz \\x
last
```

```text file=one.txt
both
```

```text file=two.txt only=right
right
```
";

#[test]
fn a_page_is_read_with_its_fences() {
    let page = Page::parse(PAGE).unwrap();
    assert_eq!((page.title, page.summary), ("a/b", "It is wrong."));
    let [wrong, right] = page.examples.as_slice() else { panic!("{page:?}") };
    assert_eq!((wrong.outcome, right.outcome), (Outcome::Wrong, Outcome::Right));
    assert_eq!((wrong.command, right.command), (Command::Build, Command::Check));
    assert_eq!((wrong.today, right.today), (Some("2026-11-20"), None));
    assert_eq!(wrong.among, ["a/c", "a/d"]);
    assert_eq!((wrong.line, right.line), (6, 11));
    assert_eq!(wrong.text, b"x\ny\n");
    assert_eq!(right.text, b"\xFFz \\x\nlast\nlast\nlast\n");
    assert_eq!(wrong.files, [("one.txt", "both\n")]);
    assert_eq!(right.files, [("one.txt", "both\n"), ("two.txt", "right\n")]);
}

#[test]
fn a_page_without_its_form_is_refused() {
    let long = "x".repeat(101);
    for (text, problem) in [
        ("", "line 1: expected `# area/name`"),
        ("# a/b\n\n```kdl wrong\n```\n", "there is no summary"),
        (&format!("# a/b\n\n{long}\n"), "the summary has 101 characters, 100 are allowed"),
        (&PAGE.replace("wrong", "right"), "there is no fence `kdl wrong`"),
        (&PAGE.replace("kdl right", "kdl wrong"), "there is no fence `kdl right`"),
        (&PAGE.replace("kdl right", "kdl"), "line 10: a fence is `kdl wrong`, `kdl right` or `LANGUAGE file=PATH`"),
        (&PAGE.replace("build", "biuld"), "line 5: `biuld` says nothing about a fence"),
        (&PAGE.replace("=3", "=x"), "line 10: `x` is no number"),
        (&PAGE.replace("```kdl right bytes repeat=3", "```"), "line 10: this fence does not say what it holds"),
        (PAGE.trim_end().trim_end_matches('`'), "line 19: this fence is not closed"),
        (&PAGE.replacen("\n```\n", "\n", 1), "line 9: the fence of line 5 is not closed"),
    ] {
        assert_eq!(Page::parse(text).map(|_| ()), Err(problem.to_owned()), "{text}");
    }
}
