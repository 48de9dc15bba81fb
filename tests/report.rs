//! Reports in every format, over pleasant and hostile texts; order, suppression and fixes.

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

use deployc::diag::report::{self, Charset, ColorChoice, Paint, Stream, Style};
use deployc::diag::{Code, Diagnostic, Severity, Texts, Tie, apply_fixes, apply_severities, code, finish};
use deployc::source::{FileId, Span};
use proptest::prelude::*;
use std::collections::BTreeSet;

const PLAIN: Style = Style { paint: Paint::Plain, charset: Charset::Unicode };
const STD: FileId = FileId(FileId::EMBEDDED + 7);

struct Files(Vec<(FileId, &'static str, String)>);

impl Texts for Files {
    fn name(&self, file: FileId) -> &str {
        self.0.iter().find(|(id, _, _)| *id == file).map_or("", |(_, name, _)| name)
    }
    fn text(&self, file: FileId) -> &str {
        self.0.iter().find(|(id, _, _)| *id == file).map_or("", |(_, _, text)| text)
    }
}

fn one(text: &str) -> Files {
    Files(vec![(FileId(0), "deploy.kdl", text.to_owned())])
}

/// The place of `needle` in a file.
fn find(files: &Files, file: FileId, needle: &str) -> Span {
    let start = files.text(file).find(needle).unwrap_or_else(|| panic!("no `{needle}`"));
    Span::new(file, start as u32, (start + needle.len()) as u32)
}

fn span(start: usize, end: usize) -> Span {
    Span::new(FileId(0), start as u32, end as u32)
}

fn wrong(span: Span) -> Diagnostic {
    Diagnostic::new(code::NAME_UNKNOWN_NODE, span, "no such node")
}

fn human(diagnostics: &[Diagnostic], files: &Files) -> String {
    report::human(diagnostics, files, PLAIN)
}

/// A project of three files with a mistake of every shape.
fn project() -> (Files, Vec<Diagnostic>) {
    let deploy = "edition \"2026\"\nimport \"./ops/größe.kdl\"\nservice \"api\" {\n\thttp prt=8000 public=true\n    calls \"billing\"\n}\nenvironment \"production\" {\n    host \"cloud-run\" region=\"europe-west99\"\n}\n";
    let ops = "// Größe, für später: 日本語\nvar \"größe\" \"1\"; service \"biling\" {\n}\n";
    let std = "platform \"cloud-run\" {\n    region \"europe-west1\" \"europe-west9\"\n}\n";
    let files = Files(vec![
        (FileId(0), "deploy.kdl", deploy.to_owned()),
        (FileId(1), "ops/größe.kdl", ops.to_owned()),
        (STD, "std:platforms/cloud-run.kdl", std.to_owned()),
    ]);
    let at = |needle| find(&files, FileId(0), needle);
    let list = vec![
        Diagnostic::new(code::NAME_UNKNOWN_REFERENCE, at("\"billing\""), "there is no service `billing`")
            .label("did you mean `biling`?")
            .also(find(&files, FileId(1), "\"biling\""), "services are declared here")
            .also(at("service \"api\""), "while reading this service")
            .help("correct the name, or declare a service `billing`"),
        Diagnostic::new(code::NAME_UNKNOWN_PROPERTY, at("prt"), "`http` has no property `prt`")
            .label("did you mean `port`?")
            .fix("write `port`", at("prt"), "port"),
        Diagnostic::new(code::SYNTAX_BARE_KEYWORD, at("true"), "`true` is written with a `#`").fix(
            "write `#true`",
            at("true"),
            "#true",
        ),
        Diagnostic::new(
            code::CAPABILITY_REGION,
            at("\"europe-west99\""),
            "`cloud-run` is not known to have this region",
        )
        .label("the nearest is `europe-west9`")
        .also(find(&files, STD, "region \"europe-west1\" \"europe-west9\""), "these are known")
        .help("correct the name, or add the region:\nplatform \"cloud-run\" { region \"europe-west99\" }"),
        Diagnostic::new(
            code::NAME_UNUSED,
            find(&files, FileId(1), "var \"größe\""),
            "nothing uses the variable `größe`",
        ),
        Diagnostic::new(
            code::DELIVERY_PARITY,
            at("environment \"production\" {\n    host \"cloud-run\" region=\"europe-west99\"\n}"),
            "this environment stands alone",
        )
        .label("all of it"),
        Diagnostic::new(code::OUTPUT_NOT_YET, Span::new(FileId::RULE, 0, 0), "nothing was compiled")
            .help("declare a service"),
    ];
    let mut list = finish(list);
    apply_severities(&mut list, &|code| match code.as_str() {
        "capability/region" | "name/unused" => Some(Severity::Warning),
        "delivery/parity" => Some(Severity::Note),
        _ => None,
    });
    (files, list)
}

#[test]
fn for_people() {
    let (files, list) = project();
    insta::assert_snapshot!("human", human(&list, &files));
}

#[test]
fn for_people_on_an_old_terminal() {
    let (files, list) = project();
    let report = report::human(&list, &files, Style { paint: Paint::Plain, charset: Charset::Ascii });
    insta::assert_snapshot!("human_ascii", report);
    let foreign: String = report.chars().filter(|c| !c.is_ascii() && !"größeGüä日本語".contains(*c)).collect();
    assert_eq!(foreign, "", "only texts of the user are not ASCII");
}

#[test]
fn for_people_in_color() {
    let (files, list) = project();
    let report = report::human(&list, &files, Style { paint: Paint::Colored, charset: Charset::Unicode });
    insta::assert_snapshot!("human_color", report.replace('\u{1b}', "␛"));
    // Without the colours it is the plain report.
    let mut plain = String::new();
    for (number, piece) in report.split('\u{1b}').enumerate() {
        plain.push_str(if number == 0 { piece } else { piece.split_once('m').unwrap().1 });
    }
    assert_eq!(plain, human(&list, &files));
    assert!(!human(&list, &files).contains('\u{1b}'));
}

#[test]
fn for_programs() {
    let (files, list) = project();
    let object = report::json(&list, &files);
    insta::assert_snapshot!("json", serde_json::to_string_pretty(&object).unwrap());
}

#[test]
fn for_code_scanners() {
    let (files, list) = project();
    let mut log = report::sarif(&list, &files);
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
        let code = Code::find(rule["id"].as_str().unwrap()).unwrap();
        assert_eq!(rule["help"]["markdown"], code.page());
        rule["help"] = "the page".into();
    }
    insta::assert_snapshot!("sarif", serde_json::to_string_pretty(&log).unwrap());
}

#[test]
fn for_github() {
    let (files, list) = project();
    insta::assert_snapshot!("github", report::github(&list, &files));
}

#[test]
fn github_commands_keep_to_their_line() {
    let files = Files(vec![(FileId(0), "a,b:c%\n.kdl", "x".to_owned())]);
    let list = [wrong(span(0, 1)).label("50%\r\nmore: yes, \u{85}really").help("::error::injected")];
    assert_eq!(
        report::github(&list, &files),
        "::error file=a%2Cb%3Ac%25%0A.kdl,line=1,endLine=1,col=1,title=name/unknown-node::no such node%0A50%25%0D%0Amore: yes, \u{85}really%0Ahelp: ::error::injected\n"
    );
}

#[test]
fn nothing_to_tell() {
    let files = one("");
    assert_eq!(human(&[], &files), "");
    assert_eq!(report::github(&[], &files), "");
    assert_eq!(report::json(&[], &files)["diagnostics"], serde_json::json!([]));
    assert_eq!(report::sarif(&[], &files)["runs"][0]["results"], serde_json::json!([]));
}

/// Line, column, end line and end column of a span.
fn numbers(text: &str, span: Span) -> [u64; 4] {
    let object = report::json(&[wrong(span)], &one(text));
    let first = &object["diagnostics"][0];
    ["line", "column", "end_line", "end_column"].map(|key| first[key].as_u64().unwrap())
}

#[test]
fn columns_are_characters_and_lines_are_those_of_editors() {
    assert_eq!(numbers("abc", span(1, 2)), [1, 2, 1, 3]);
    assert_eq!(numbers("ä日👍x", span("ä日👍".len(), "ä日👍x".len())), [1, 4, 1, 5]);
    assert_eq!(numbers("\u{feff}abc", span(3, 4)), [1, 1, 1, 2], "a byte order mark has no column");
    assert_eq!(numbers("\u{feff}abc", span(0, 3)), [1, 1, 1, 1]);
    assert_eq!(numbers("a\r\nb\rc\nd", span(3, 4)), [2, 1, 2, 2]);
    assert_eq!(numbers("a\r\nb\rc\nd", span(5, 6)), [3, 1, 3, 2]);
    assert_eq!(numbers("a\r\nb\rc\nd", span(7, 8)), [4, 1, 4, 2]);
    assert_eq!(numbers("a\u{2028}b", span(4, 5)), [1, 3, 1, 4], "a line separator ends no line in an editor");
    assert_eq!(numbers("\ta", span(1, 2)), [1, 2, 1, 3], "a tab is one character");
    assert_eq!(numbers("a\n", span(2, 2)), [2, 1, 2, 1], "the end of a text that ends with a line break");
    assert_eq!(numbers("a\nb", span(0, 2)), [1, 1, 2, 1], "the line break belongs to its line");
    assert_eq!(numbers("", span(0, 0)), [1, 1, 1, 1]);
    assert_eq!(numbers("abc", span(7, 9)), [1, 4, 1, 4], "behind the text");
    assert_eq!(numbers("abc", span(2, 1)), [1, 3, 1, 3], "backwards");
    assert_eq!(numbers("aä", span(2, 3)), [1, 2, 1, 3], "inside of a character");
}

#[test]
fn a_line_of_megabytes_is_cut_and_costs_little() {
    let text = format!("{}service {}", "ä".repeat(3_000_000), "ö".repeat(1_000_000));
    let start = text.find("service").unwrap();
    let files = one(&text);
    let list: Vec<Diagnostic> = (0..7).map(|at| wrong(span(start + at, start + 7)).label("here")).collect();
    let report = human(&list, &files);
    assert!(report.len() < 20_000);
    insta::assert_snapshot!("human_long_line", human(&list[..1], &files));
    let many: Vec<Diagnostic> = (0..20_000).map(|at| wrong(span(at * 200, at * 200 + 2))).collect();
    assert_eq!(report::json(&many, &files)["diagnostics"][19_999]["column"], 19_999 * 100 + 1);
}

#[test]
fn a_report_stops_at_a_hundred_and_prefers_errors() {
    let text = "x\n".repeat(150);
    let mut list: Vec<Diagnostic> = (0..150).map(|line| wrong(span(line * 2, line * 2 + 1))).collect();
    for diagnostic in &mut list[..120] {
        diagnostic.severity = Severity::Warning;
    }
    let report = human(&list, &one(&text));
    assert_eq!(report.matches("error[").count(), 30);
    assert_eq!(report.matches("warning[").count(), 70);
    assert!(report.find("warning[").unwrap() < report.find("error[").unwrap(), "the order is that of the places");
    assert!(
        report.ends_with(
            "\n\n50 more findings are not shown; `--format json` lists all of them\n30 errors, 120 warnings\n"
        )
    );
}

#[test]
fn many_places_of_one_mistake_are_counted() {
    let text = "x ".repeat(40);
    let mut diagnostic = wrong(span(0, 1));
    for at in 1..40 {
        diagnostic = diagnostic.also(span(at * 2, at * 2 + 1), format!("step {at}"));
    }
    let report = human(&[diagnostic], &one(&text));
    assert!(report.contains("step 12") && !report.contains("step 13"));
    assert!(report.contains("27 more places are not shown"));
}

#[test]
fn a_terminal_is_never_steered() {
    let text = "a\u{1b}[2Jb\u{7}\u{202e}c\u{b}\u{85}\u{2028}d\u{9b}31m\t日e";
    let files = Files(vec![(FileId(0), "evil\u{1b}[0m\n.kdl", text.to_owned())]);
    let list = [wrong(span(0, text.len()))
        .label("\u{1b}]0;title\u{7}\nnext")
        .help("one\n\u{1b}two")
        .also(span(1, 2), "\u{1}0\u{1}:1:1")];
    insta::assert_snapshot!("human_control_characters", human(&list, &files));
    let ascii = report::human(&list, &files, Style { paint: Paint::Plain, charset: Charset::Ascii });
    for report in [human(&list, &files), ascii] {
        assert!(
            report.chars().all(|c| c == '\n' || !c.is_control() && !('\u{2028}'..='\u{202e}').contains(&c)),
            "{report}"
        );
    }
}

#[test]
fn empty_and_odd_places_are_shown_once() {
    let text = "\u{feff}one\r\n\ttwo 日本 👍\r\n\r\nlast\n";
    let files = one(text);
    let two = text.find("two").unwrap();
    let places = [
        span(0, 0),
        span(3, 3),
        span(6, 6),
        span(6, 8),
        span(two, two),
        span(two + 4, two + 7),
        span(text.find('👍').unwrap(), text.find('👍').unwrap() + 4),
        span(text.find("\r\nlast").unwrap(), text.find("\r\nlast").unwrap() + 2),
        span(text.len(), text.len()),
        span(text.len() + 5, text.len() + 9),
        span(two, text.len()),
    ];
    let list: Vec<Diagnostic> = places.into_iter().map(|place| wrong(place).label("this")).collect();
    let report = human(&list, &files);
    assert_eq!(report.matches(" this\n").count(), list.len());
    insta::assert_snapshot!("human_odd_places", report);
    insta::assert_snapshot!("human_empty_file", human(&[wrong(span(0, 0)).label("this")], &one("")));
}

#[test]
fn a_second_file_is_counted_in_its_own_characters() {
    let files = Files(vec![
        (FileId(0), "deploy.kdl", "a\n".to_owned()),
        (FileId(1), "ops.kdl", "ääääääää\nöööööööö\nhere it is\n".to_owned()),
    ]);
    let place = find(&files, FileId(1), "it");
    let report = human(&[wrong(span(0, 1)).also(place, "declared here")], &files);
    assert!(report.contains("[ ops.kdl:3:6 ]"), "{report}");
}

#[test]
fn lines_are_those_of_the_file_in_a_margin_that_fits() {
    let text = "x = y\n".repeat(12_000);
    let files = Files(vec![(FileId(0), "deploy.kdl", text.clone()), (FileId(1), "ops.kdl", text)]);
    let line = |file, number: u32| Span::new(FileId(file), (number - 1) * 6, (number - 1) * 6 + 1);
    let whole = Span::new(FileId(1), 6 * 8, 6 * 98);
    let list =
        [wrong(line(0, 9_999)).also(line(0, 10_000), "the next").also(line(0, 8), "far away").also(whole, "all this")];
    insta::assert_snapshot!("human_margin", human(&list, &files));
    let color = report::human(&list, &files, Style { paint: Paint::Colored, charset: Charset::Ascii });
    insta::assert_snapshot!("human_margin_color", color.replace('\u{1b}', "␛"));
}

#[test]
fn color_is_for_terminals_that_want_it() {
    use {ColorChoice::*, Paint::*, Stream::*};
    for (choice, stream, no_color, term, paint) in [
        (Auto, Terminal, None, Some("xterm"), Colored),
        (Auto, Terminal, None, None, Colored),
        (Auto, Terminal, Some(""), None, Colored),
        (Auto, Terminal, Some("1"), None, Plain),
        (Auto, Terminal, None, Some("dumb"), Plain),
        (Auto, Other, None, Some("xterm"), Plain),
        (Always, Other, Some("1"), Some("dumb"), Colored),
        (Never, Terminal, None, None, Plain),
    ] {
        assert_eq!(choice.paint(stream, no_color, term), paint, "{choice:?} {stream:?} {no_color:?} {term:?}");
    }
    for (values, charset) in [
        ([None, None, Some("en_US.UTF-8")], Charset::Unicode),
        ([None, None, Some("C.utf8")], Charset::Unicode),
        ([Some("C"), None, Some("en_US.UTF-8")], Charset::Ascii),
        ([Some(""), Some("de_DE.utf-8"), Some("C")], Charset::Unicode),
        ([None, None, Some("POSIX")], Charset::Ascii),
        ([None, None, None], Charset::Unicode),
    ] {
        assert_eq!(Charset::of_locale(values), charset, "{values:?}");
    }
}

#[test]
fn the_summary_counts_each_severity() {
    let mut list = vec![wrong(span(0, 0)); 4];
    assert_eq!(report::summary(&list), "4 errors");
    list[1].severity = Severity::Warning;
    list[2].severity = Severity::Note;
    list[3].severity = Severity::Note;
    assert_eq!(report::summary(&list), "1 error, 1 warning, 2 notes");
    assert_eq!(report::summary(&[]), "");
}

// Order and noise.

#[test]
fn mistakes_stand_in_the_order_of_their_places() {
    let place = |file, start, end| Span::new(file, start, end);
    let list = finish(vec![
        wrong(place(STD, 0, 1)),
        wrong(place(FileId(1), 5, 6)),
        wrong(place(FileId(0), 9, 10)),
        wrong(place(FileId(0), 2, 3)),
        wrong(place(FileId(0), 2, 8)),
    ]);
    let order: Vec<Span> = list.iter().map(|diagnostic| diagnostic.primary.span).collect();
    let wanted = [(FileId(0), 2, 8), (FileId(0), 2, 3), (FileId(0), 9, 10), (FileId(1), 5, 6), (STD, 0, 1)];
    assert_eq!(order, wanted.map(|(file, start, end)| place(file, start, end)));
}

#[test]
fn a_mistake_is_told_once() {
    let first = wrong(span(1, 2)).help("the first");
    let other_code = Diagnostic::new(code::NAME_UNUSED, span(1, 2), "unused");
    let list = finish(vec![first.clone(), wrong(span(1, 2)).help("again"), other_code.clone(), wrong(span(1, 3))]);
    assert_eq!(list, [wrong(span(1, 3)), first, other_code]);
}

#[test]
fn what_follows_from_broken_syntax_is_not_told() {
    let syntax = |start, end| Diagnostic::new(code::SYNTAX_UNTERMINATED_STRING, span(start, end), "broken");
    let elsewhere = wrong(Span::new(FileId(1), 12, 14));
    let list = finish(vec![
        syntax(10, 20),
        syntax(12, 13),
        syntax(30, 30),
        wrong(span(10, 20)),
        wrong(span(15, 16)),
        wrong(span(9, 15)),
        wrong(span(19, 21)),
        wrong(span(30, 30)),
        elsewhere.clone(),
    ]);
    let wanted = [
        wrong(span(9, 15)),
        syntax(10, 20),
        syntax(12, 13),
        wrong(span(19, 21)),
        wrong(span(30, 30)),
        syntax(30, 30),
        elsewhere,
    ];
    assert_eq!(list, wanted);
}

#[test]
fn what_is_there_unreadably_or_misnamed_is_not_missing() {
    let missing = |start, end, name: &str| {
        Diagnostic::new(code::TYPE_MISSING_PROPERTY, span(start, end), format!("`http` needs the property `{name}`"))
            .lacks([name])
    };
    let unknown = |start, name: &str| {
        Diagnostic::new(code::NAME_UNKNOWN_PROPERTY, span(start, start + 3), "unknown").meant(name, name)
    };
    let syntax = |start, end| Diagnostic::new(code::SYNTAX_MISSING_VALUE, span(start, end), "broken");
    assert_eq!(finish(vec![missing(0, 5, "port"), syntax(5, 10)]), [syntax(5, 10)]);
    assert_eq!(finish(vec![missing(0, 5, "port"), syntax(2, 3)]), [syntax(2, 3)]);
    assert_eq!(finish(vec![missing(0, 5, "port"), syntax(9, 10)]).len(), 2, "elsewhere");
    assert_eq!(finish(vec![missing(5, 9, "port"), syntax(1, 3)]).len(), 2, "in front of it");
    assert_eq!(finish(vec![wrong(span(0, 5)), syntax(2, 3)]).len(), 2, "another mistake");
    assert_eq!(finish(vec![missing(0, 9, "port"), unknown(5, "port")]), [unknown(5, "port")]);
    assert_eq!(finish(vec![missing(0, 9, "port"), unknown(5, "part")]).len(), 2, "another name");
    let two = finish(vec![missing(0, 9, "port"), missing(10, 12, "port"), unknown(20, "port")]);
    assert_eq!(two, [missing(0, 9, "port"), unknown(20, "port")], "one wrong name excuses one place");
    assert_eq!(
        finish(vec![missing(10, 12, "port"), unknown(2, "port")]).len(),
        2,
        "what stands in front belongs elsewhere"
    );
}

#[test]
fn what_is_used_under_a_wrong_name_is_not_unused() {
    let unused = |name: &str| {
        Diagnostic::new(code::NAME_UNUSED, span(0, 1), "nothing uses it").tied(Tie::Unused(name.to_owned()))
    };
    let unknown = |code| Diagnostic::new(code, span(5, 9), "unknown").meant("careful", "\"careful\"");
    for code in [code::NAME_UNKNOWN_REFERENCE, code::NAME_UNKNOWN_TEMPLATE_PATH] {
        assert_eq!(finish(vec![unused("careful"), unknown(code)]), [unknown(code)]);
        assert_eq!(finish(vec![unused("care"), unknown(code)]).len(), 2, "another name");
    }
    assert_eq!(finish(vec![unused("careful"), unknown(code::NAME_UNKNOWN_NODE)]).len(), 2, "no reference");
}

#[test]
fn a_code_without_a_row_stays_an_error() {
    let mut list = vec![wrong(span(0, 1)), Diagnostic::new(code::NAME_UNUSED, span(0, 1), "unused")];
    apply_severities(&mut list, &|code| (code == code::NAME_UNUSED).then_some(Severity::Note));
    assert_eq!(
        list.iter().map(|diagnostic| diagnostic.severity).collect::<Vec<_>>(),
        [Severity::Error, Severity::Note]
    );
}

// Fixes.

fn fixed(text: &str, list: &[Diagnostic]) -> String {
    let changed = apply_fixes(&one(text), list);
    changed.into_iter().next().map_or(text.to_owned(), |(_, text)| text)
}

#[test]
fn fixes_replace_insert_and_delete() {
    let list = [
        wrong(span(4, 8)).fix("write", span(4, 8), "#true"),
        wrong(span(0, 0)).fix("insert", span(0, 0), "é "),
        wrong(span(3, 4)).fix("delete", span(9, 10), ""),
    ];
    assert_eq!(fixed("a = true  b", &list), "é a = #true b");
}

#[test]
fn fixes_that_overlap_wait_for_the_next_run() {
    let replace = |start, end, text: &str| wrong(span(start, end)).fix("write", span(start, end), text);
    assert_eq!(fixed("abcdef", &[replace(1, 4, "X"), replace(3, 5, "Y")]), "aXef");
    assert_eq!(fixed("abcdef", &[replace(3, 5, "Y"), replace(1, 4, "X")]), "abcYf");
    assert_eq!(fixed("abcdef", &[replace(1, 4, "X"), replace(2, 2, "Y"), replace(4, 5, "Z")]), "aXZf");
    assert_eq!(fixed("abcdef", &[replace(2, 2, "Y"), replace(1, 4, "X")]), "abYcdef");
    assert_eq!(fixed("abcdef", &[replace(2, 2, "1"), replace(2, 2, "2")]), "ab1cdef", "which goes first is not known");
    assert_eq!(fixed("abcdef", &[replace(2, 2, "1"), replace(2, 3, "2")]), "ab12def");
    assert_eq!(fixed("abcdef", &[replace(2, 4, "X"), replace(2, 4, "X")]), "abXef", "the same fix twice is one");
    assert_eq!(fixed("abcdef", &[replace(2, 4, "X"), replace(2, 5, "Y")]), "abXf".replace('f', "ef"));
}

#[test]
fn a_fix_is_made_whole_or_not_at_all() {
    let both = wrong(span(0, 1)).fix("swap", span(0, 1), "b").fix("swap", span(4, 5), "a");
    let first = wrong(span(4, 5)).fix("write", span(4, 5), "!");
    assert_eq!(fixed("a123b", std::slice::from_ref(&both)), "b123a");
    assert_eq!(fixed("a123b", &[first, both]), "a123!");
    let odd = wrong(span(0, 1)).fix("overlaps itself", span(0, 3), "x").fix("", span(2, 4), "y");
    assert_eq!(fixed("a123b", &[odd]), "a123b");
    let together = wrong(span(0, 1)).fix("insert", span(1, 1), "1").fix("", span(1, 1), "2");
    assert_eq!(fixed("ab", &[together]), "a12b", "insertions of one fix keep their order");
}

#[test]
fn fixes_that_do_not_fit_are_left_out() {
    let files = Files(vec![
        (FileId(0), "deploy.kdl", "aä".to_owned()),
        (FileId(1), "ops.kdl", "b".to_owned()),
        (STD, "std:x.kdl", "c".to_owned()),
    ]);
    let at = |file, start, end| wrong(span(0, 1)).fix("write", Span::new(file, start, end), "z");
    let list = [
        at(FileId(0), 0, 9),
        at(FileId(0), 2, 3),
        at(FileId(0), 2, 1),
        at(STD, 0, 1),
        at(FileId::RULE, 0, 0),
        at(FileId(1), 0, 1),
    ];
    assert_eq!(apply_fixes(&files, &list), [(FileId(1), "z".to_owned())]);
    let nothing = wrong(span(0, 1)).fix("write", span(0, 1), "a");
    assert_eq!(apply_fixes(&files, &[nothing]), [], "a file that stays as it is does not change");
}

// Everything at once.

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "bc ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "ä",
        "日本",
        "👍",
        "e\u{301}",
        "\u{feff}",
        "\u{2028}",
        "\u{85}",
        "\u{b}",
        "\u{1b}[1m",
        "\u{202e}",
        "\u{200d}",
        "\0",
        "{",
        "\"",
        "     ",
    ]);
    prop_oneof![
        9 => prop::collection::vec(piece.clone(), 0..40).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat().repeat(120)),
    ]
}

fn anywhere() -> impl Strategy<Value = Span> {
    let byte = prop_oneof![8 => 0_u32..80, 2 => 80_u32..900, 1 => Just(u32::MAX)];
    let file = prop_oneof![6 => Just(FileId(0)), 3 => Just(FileId(1)), 1 => Just(STD), 1 => Just(FileId::RULE)];
    (file, byte.clone(), byte).prop_map(|(file, start, end)| Span::new(file, start, end))
}

fn anything() -> impl Strategy<Value = Diagnostic> {
    let code = prop::sample::select(Code::all().collect::<Vec<_>>());
    let severity = prop::sample::select(vec![Severity::Error, Severity::Warning, Severity::Note]);
    let edits = prop::collection::vec((anywhere(), hostile()), 0..3);
    (
        code,
        severity,
        anywhere(),
        hostile(),
        prop::collection::vec((anywhere(), hostile()), 0..5),
        prop::option::of(hostile()),
        edits,
    )
        .prop_map(|(code, severity, place, message, labels, help, edits)| {
            let mut diagnostic = Diagnostic::new(code, place, message);
            diagnostic.severity = severity;
            for (place, message) in labels {
                diagnostic = diagnostic.also(place, message);
            }
            for (place, text) in edits {
                diagnostic = diagnostic.fix("mend it", place, text);
            }
            diagnostic.help = help;
            diagnostic
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_texts_and_places_never_panic(first in hostile(), second in hostile(), list in prop::collection::vec(anything(), 0..4)) {
        let files = Files(vec![(FileId(0), "deploy.kdl", first), (FileId(1), "ops.kdl", second), (STD, "std:x.kdl", "std\n".to_owned())]);
        let list = finish(list);
        let object = report::json(&list, &files);
        for (diagnostic, object) in list.iter().zip(object["diagnostics"].as_array().unwrap()) {
            let plain = human(std::slice::from_ref(diagnostic), &files);
            let marks = plain.matches(['\u{1b}', '\u{1}']).count();
            prop_assert_eq!(marks, 0);
            // The place that people see is the one that programs get.
            if diagnostic.primary.span.file != FileId::RULE {
                let place = format!("[ {}:{}:{} ]", object["file"].as_str().unwrap(), object["line"], object["column"]);
                prop_assert!(plain.contains(&place), "{place} is not in\n{plain}");
                let number = format!("{} │", object["line"]);
                prop_assert!(plain.lines().any(|line| line.trim_start().starts_with(&number)), "{number} is not in\n{plain}");
                // The margin is straight.
                let bars = |line: &str| line.trim_start().starts_with(['│', '╭', '├', '┆']).then(|| line.len() - line.trim_start().len());
                let margins: BTreeSet<usize> = plain.lines().filter_map(bars).collect();
                prop_assert!(margins.len() == 1, "a crooked margin\n{plain}");
            }
            for label in &diagnostic.labels {
                let text = label.message.trim();
                let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
                prop_assert!(label.span.file == FileId::RULE || !is_plain || plain.contains(text), "`{text}` is not in\n{plain}");
            }
            let ascii = report::human(std::slice::from_ref(diagnostic), &files, Style { paint: Paint::Colored, charset: Charset::Ascii });
            prop_assert!(ascii.lines().count() == plain.lines().count());
        }
        for line in report::github(&list, &files).lines() {
            prop_assert!(line.starts_with("::"));
        }
        prop_assert_eq!(report::github(&list, &files).matches('\n').count(), list.len());
        prop_assert_eq!(report::sarif(&list, &files)["runs"][0]["results"].as_array().unwrap().len(), list.len());
        for (file, text) in apply_fixes(&files, &list) {
            prop_assert!(file.0 < FileId::EMBEDDED && text != files.text(file));
        }
    }
}
