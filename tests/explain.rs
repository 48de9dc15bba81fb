//! The form of the explain pages.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use deployc::diag::Code;
use deployc::diag::page::{Command, Outcome, Page};

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

#[test]
fn areas_are_listed_with_their_codes() {
    let areas = Code::by_area();
    let names: Vec<&str> = areas.iter().map(|(area, _)| *area).collect();
    assert_eq!(names, ["capability", "delivery", "name", "output", "secret", "syntax", "type"]);
    assert_eq!(areas.iter().map(|(_, codes)| codes.len()).sum::<usize>(), Code::all().count());
    assert!(areas.iter().all(|(area, codes)| codes.iter().all(|code| code.area() == *area)));
    assert_eq!(Code::find("name/unused").map(Code::name), Some("unused"));
    assert_eq!(Code::find("unused"), None);
}

const PAGE: &str = "# a/b

It is wrong.

```kdl wrong today=2026-11-20 build among=a/c
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
    assert_eq!(wrong.among, ["a/c"]);
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
