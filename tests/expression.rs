//! Conditions and templates: what is read, how it is printed, and what each mistake says and where.

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

#[path = "expression/property.rs"]
mod property;

use deployc::syntax::expression::{Condition, ExpandError, ExpressionError, Fault, Place, Template};
use deployc::value::{Duration, Mistake, Quantity, Schedule};

/// The text is read, printed as `canonical`, and the printed form reads as the same condition.
fn good(text: &str, canonical: &str) -> Condition {
    let condition = Condition::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error} at {:?}", error.range));
    assert_eq!(condition.print(), canonical, "printing `{text}`");
    assert_eq!(Condition::parse(canonical).as_ref(), Ok(&condition), "reading `{canonical}` again");
    condition
}

/// What is printed is exactly what was written.
fn same(text: &str) -> Condition {
    good(text, text)
}

/// The text is refused with a message that holds `message`, at exactly the bytes `place`, with `fix`.
fn bad(text: &str, message: &str, place: &str, fix: Option<&str>) -> ExpressionError {
    let error = Condition::parse(text).expect_err(text);
    placed(&error, text, message, place, fix);
    if let Some(fix) = fix {
        assert!(Condition::parse(fix).is_ok(), "the fix `{fix}` of `{text}` is refused itself");
    }
    error
}

fn placed(error: &ExpressionError, text: &str, message: &str, place: &str, fix: Option<&str>) {
    assert!(error.message.contains(message), "`{text}` says `{}`, not `{message}`", error.message);
    assert_eq!(text.get(error.range.clone()), Some(place), "place of the mistake in `{text}`: {error}");
    assert_eq!(error.fix.as_deref(), fix, "fix of `{text}`: {error}");
}

fn helps(error: &ExpressionError, help: &str) {
    assert!(error.help.as_deref().unwrap_or_default().contains(help), "helps with {:?}", error.help);
}

#[test]
fn conditions_of_the_contract() {
    for text in [
        "error_rate > 2% for 5m",
        "latency.p95 > 750ms for 10m",
        "saturation.cpu > 70%",
        "queue.depth{queue=\"queue\"} > 1000 for 10m",
        "error_rate > 2% for 5m over 10m",
        "error_rate > 2% over 10m",
        "not up == 0",
        "not (up == 0 or restarts > 5)",
        "up == 0 or restarts > 5 and traffic > 100 req/s",
        "(up == 0 or restarts > 5) and traffic > 100 req/s",
        "1 - availability > 0.1%",
        "errors / traffic * 100 > 5",
        "errors / (traffic + 1) > 5%",
        "a - (b - c) > 0",
        "a / (b * c) > 0",
        "a * b + c > d - 2",
        "cost.month >= $300",
        "traffic < 2M req/month",
        "disk.used != 20GiB",
        "egress > 200GB/month",
        "queue.depth{queue=\"a\", region=\"say \\\"b\\\" \\\\\"} <= 5",
        "not (not a > b)",
    ] {
        same(text);
    }
    for (text, canonical) in [
        ("error_rate>2%for 5m", "error_rate > 2% for 5m"),
        ("  a  >  5m ", "a > 5m"),
        ("(a > 1)", "a > 1"),
        ("((a)) > (1)", "a > 1"),
        ("a > 1 or (b > 2 or c > 3)", "a > 1 or b > 2 or c > 3"),
        ("(a > 1 and b > 2) and c > 3", "a > 1 and b > 2 and c > 3"),
        ("a > 1 or (b > 2 and c > 3)", "a > 1 or b > 2 and c > 3"),
        ("(a + b) - c > 0", "a + b - c > 0"),
        ("(a * b) / c > 0", "a * b / c > 0"),
        ("a-b>0", "a - b > 0"),
        ("queue.depth{ queue = \"q\" } > 1", "queue.depth{queue=\"q\"} > 1"),
        ("a > 90m", "a > 1h30m"),
        ("a > 10/2", "a > 10 / 2"),
        ("a > 5 / b", "a > 5 / b"),
        ("a > 5/b.c", "a > 5 / b.c"),
        ("a > 5/b{x=\"1\"}", "a > 5 / b{x=\"1\"}"),
        ("a > 100 requests/s", "a > 100 req/s"),
        ("a > 0.09 USD/GB", "a > $0.09/GB"),
        ("a > 5 orders for 5m", "a > 5 orders for 5m"),
        ("a > 5 orders and b > 1", "a > 5 orders and b > 1"),
        ("for_x > 1 and order > 2", "for_x > 1 and order > 2"),
        ("a\n> 1\n\tfor 5m", "a > 1 for 5m"),
    ] {
        good(text, canonical);
    }
}

#[test]
fn every_node_knows_its_place() {
    let text = "  queue.depth{queue=\"é\"} + 2 > 1000 for 10m over 1h and not up == 0";
    let condition = Condition::parse(text).unwrap();
    let at = |place: Place| text.get(place.range()).unwrap();
    let Condition::And { parts, place } = &condition else { panic!("{condition}") };
    assert_eq!(at(*place), text.trim());
    let [Condition::Comparison(comparison), Condition::Not { inner, place }] = parts.as_slice() else {
        panic!("{condition}")
    };
    assert_eq!(at(*place), "not up == 0");
    assert_eq!(at(inner.place()), "up == 0");
    assert_eq!(at(comparison.place), "queue.depth{queue=\"é\"} + 2 > 1000 for 10m over 1h");
    assert_eq!(at(comparison.operator_place), ">");
    assert_eq!(at(comparison.left.place()), "queue.depth{queue=\"é\"} + 2");
    assert_eq!(at(comparison.right.place()), "1000");
    assert_eq!(at(comparison.hold.as_ref().unwrap().place), "10m");
    assert_eq!(at(comparison.over.as_ref().unwrap().place), "1h");
    let metrics = condition.metrics();
    assert_eq!(metrics.iter().map(|metric| metric.name.as_str()).collect::<Vec<_>>(), ["queue.depth", "up"]);
    assert_eq!(at(metrics[0].place), "queue.depth{queue=\"é\"}");
    assert_eq!(at(metrics[0].name_place), "queue.depth");
    assert_eq!(at(metrics[0].labels[0].name_place), "queue");
    assert_eq!(at(metrics[0].labels[0].value_place), "\"é\"");
    assert_eq!(metrics[0].labels[0].value, "é");
    assert_eq!(comparison.threshold(), Some(deployc::value::Number::whole(1000)));
}

#[test]
fn what_is_missing_or_too_much() {
    helps(&bad("", "expected a condition, found nothing", "", None), "error_rate > 2% for 5m");
    bad("   ", "expected a condition, found nothing", "   ", None);
    helps(&bad("error_rate", "`error_rate` is a value, not a condition", "error_rate", None), "`error_rate > …`");
    bad("1 + 2", "is a value, not a condition", "1 + 2", None);
    helps(&bad("a >", "`>` has no right side", ">", None), "a quantity");
    bad("(a >)", "`>` has no right side", ">", None);
    bad("> 5", "`>` has no left side", ">", None);
    bad("a >> 5", "`>>` is no comparison", ">>", Some("a > 5"));
    helps(&bad("a > 5 # why", "`#` does not belong", "#", None), "behind `//`");
    helps(&bad("rate(x[5m]) > 1", "`[` does not belong", "[", None), "(promql)");
    bad("a > ${var.x}", "no template", "${var.x}", None);
    bad("a > > 5", "comparisons cannot be chained", ">", None);
    bad("a + > 5", "`>` follows `+`", ">", None);
    bad("a > 5 and", "`and` has no right side", "and", None);
    bad("and a > 5", "`and` has no left side", "and", None);
    bad("not", "`not` has no right side", "not", None);
    bad("a > 5 for", "`for` has no duration", "for", None);
    bad("a > 5 for b", "`for` is followed by a duration, found `b`", "b", None);
    bad("a > 5 for (5m)", "`for` is followed by a duration, found `(5m)`", "(5m)", None);
    bad("a > 5 6", "nothing joins `6`", "6", None);
    bad("a b > 5", "unexpected word `b`", "b", None);
    bad("()", "these parentheses are empty", "()", None);
    bad("a > -5", "nothing stands before it", "-", None);
    bad("a > 5 \"x\"", "the text `\"x\"` stands alone", "\"x\"", None);
    bad("a{} > 5", "unexpected `}`", "}", None);
    bad("a{x} > 5", "unexpected `}`", "}", None);
    bad("a{x=5} > 5", "unexpected `5`", "5", None);
    bad("a{x=\"1\",} > 5", "unexpected `}`", "}", None);
    bad("a{x.y=\"1\"} > 5", "`x.y` is no label", "x.y", None);
    bad("a{x=\"1\", x=\"2\"} > 5", "stands twice", "x", None);
    bad("a > 5 for 5m for 6m", "`for` stands twice", "for", None);
    bad("a > 5 over 5m over 6m", "`over` stands twice", "over", None);
    bad("a > 5 over 10m for 5m", "`for` stands before `over`", "for", Some("a > 5 for 5m over 10m"));
}

#[test]
fn pairs_and_depth() {
    let error = bad("(a > 1 and (b > 2)", "`(` is never closed", "(", None);
    assert_eq!(error.range, 0..1);
    bad("a{x=\"1\" > 5", "`{` is never closed", "{", None);
    bad("(a{x=\"1\") > 5", "`{` is never closed", "{", None);
    bad("a > 1)", "`)` closes nothing", ")", None);
    bad("a} > 1", "`}` closes nothing", "}", None);
    let nested = |depth: usize| format!("{}a > 1{}", "(".repeat(depth), ")".repeat(depth));
    good(&nested(64), "a > 1");
    let error = Condition::parse(&nested(65)).unwrap_err();
    assert!(error.message.contains("nested more than 64 deep"), "{error}");
    assert_eq!(error.range, 64..65);
    assert!(Condition::parse(&"(".repeat(20_000)).is_err());
    assert!(Condition::parse(&"not ".repeat(15_000)).unwrap_err().message.contains("`not not`"));
    assert!(Condition::parse(&"a ".repeat(70_000)).unwrap_err().message.contains("at most"));
    let sums = format!("{}1", "1 + ".repeat(63));
    let deep = (0..63).fold(sums, |inner, _| format!("1 - ({inner})"));
    good(&format!("a > {deep}"), &format!("a > {deep}"));
}

#[test]
fn long_flat_conditions_are_read_and_dropped() {
    for joiner in [" or ", " and "] {
        let text = vec!["a > 1"; 6_000].join(joiner);
        assert_eq!(same(&text).comparisons().len(), 6_000);
    }
    same(&format!("{} > 0", vec!["a"; 15_000].join(" + ")));
    same(&format!("{} > 0", vec!["a"; 15_000].join(" * ")));
    assert!(Condition::parse(&vec!["a"; 15_000].join(" < ")).is_err());
    assert!(Condition::parse(&format!("a > 1{}", " for 5m".repeat(8_000))).is_err());
    assert!(Condition::parse(&vec!["a > 1"; 6_000].join(" + ")).is_err());
}

#[test]
fn chains_and_foreign_signs() {
    let error = bad("a < b < c", "comparisons cannot be chained", "<", None);
    assert_eq!(error.range, 6..7);
    helps(&error, "`… < b and b < …`");
    bad("1 < a <= 5 for 5m", "comparisons cannot be chained", "<=", None);
    same("a < b and b < c");
    bad("a > 1 && b > 2", "`&&` is written `and` here", "&&", Some("a > 1 and b > 2"));
    bad("a > 1||b > 2", "`||` is written `or` here", "||", Some("a > 1 or b > 2"));
    bad("a = 1", "`=` is no comparison", "=", Some("a == 1"));
    bad("a => 1", "`=>` is written `>=` here", "=>", Some("a >= 1"));
    bad("a =< 1", "`=<` is written `<=` here", "=<", Some("a <= 1"));
    bad("a <> 1", "`<>` is written `!=` here", "<>", Some("a != 1"));
    bad("a === 1", "`===` is written `==` here", "===", Some("a == 1"));
    bad("!(a > 1)", "`!` is written `not` here", "!", Some("not(a > 1)"));
    bad("a ≥ 1", "`≥` is written `>=` here", "≥", Some("a >= 1"));
    bad("a > 1 AND b > 2", "`AND` is written `and` here", "AND", Some("a > 1 and b > 2"));
    bad("a{x!=\"1\"} > 2", "unexpected `!=`", "!=", None);
    bad("a > 1; b > 2", "`;` does not belong", ";", None);
    bad("a > 'x'", "double quotes", "'", None);
    bad("a{x=\"1} > 2", "this text has no end", "\"", None);
}

#[test]
fn words_with_slips() {
    bad("error_rate > 2% fro 5m", "unexpected word `fro`", "fro", Some("error_rate > 2% for 5m"));
    bad("queue.depth > 1000 fro 5m", "unexpected word `fro`", "fro", Some("queue.depth > 1000 for 5m"));
    bad("a > 5 ovr 5m", "unexpected word `ovr`", "ovr", Some("a > 5 over 5m"));
    bad("a > 5 adn b > 3", "unexpected word `adn`", "adn", Some("a > 5 and b > 3"));
    bad("a > 5 orders fro 5m", "unexpected word `fro`", "fro", Some("a > 5 orders for 5m"));
    bad("a > 5 adn not b > 3", "unexpected word `adn`", "adn", Some("a > 5 and not b > 3"));
    bad("Error_rate > 5", "unknown word `Error_rate`", "Error_rate", None);
    bad("a > 5 And b > 3", "unknown word `And`", "And", Some("a > 5 and b > 3"));
    bad("a > 5 banana 3", "nothing joins `3`", "3", None);
}

#[test]
fn quantities_inside_conditions() {
    let error = bad("a > 5 min for 5m", "unknown unit `min`", "min", Some("a > 5m for 5m"));
    assert_eq!(error.fault, Fault::Value(Mistake::Malformed));
    bad("a > 512Mi for 5m", "unknown unit `Mi`", "Mi", Some("a > 512MiB for 5m"));
    bad("a > 5x", "unknown unit `x`", "x", None);
    bad("a > 100 req/minute", "unknown unit `/minute`", "minute", Some("a > 100 req/min"));
    bad("a > 1 for 5", "`5` has no unit", "5", None);
    bad("a > 1 for 5%", "expected duration, found ratio", "5%", None);
    bad("a > 1 for 10 min", "unknown unit `min`", "min", Some("a > 1 for 10m"));
    bad("a > 1.2.3", "expected quantity", "1.2.3", None);
    bad("a > 1h30", "`30` has no unit", "30", None);
    bad("a > $", "expected quantity", "$", None);
}

#[test]
fn what_one_table_lets_through_is_refused() {
    let error = bad("a for 5m", "`for` needs a comparison before it", "for", None);
    helps(&error, "`a > … for 5m`");
    bad("a for 5m > 3", "`for` needs a comparison before it", "for", None);
    bad("a > not b", "`not` takes a condition, and `b` is a value", "b", None);
    bad("a > not b > c", "comparisons cannot be chained", ">", None);
    bad("a > (b > c)", "`>` takes values, and `b > c` is a condition", "b > c", None);
    bad("(a > b) + 1 > 2", "`+` takes values, and `a > b` is a condition", "a > b", None);
    bad("a > 1 and b", "`and` joins conditions, and `b` is a value", "b", None);
    bad("a or b > 1", "`or` joins conditions, and `a` is a value", "a", None);
    bad("(a > 1) for 5m", "`for` follows a comparison, not parentheses", "for", None);
    bad("(a > 1 or b > 2) for 5m", "`for` follows a comparison, not parentheses", "for", None);
    bad("a > 1 for 5m + 3", "`+` takes values, and `a > 1 for 5m` is a condition", "a > 1 for 5m", None);
    bad("not not a > 1", "`not not` says nothing", "not not", None);
}

#[test]
fn templates() {
    let parse = |text: &str| Template::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error}"));
    let template = parse("https://${environment.domain}/é/${service.api.port}$${x}$");
    assert_eq!(template.to_string(), "https://${environment.domain}/é/${service.api.port}$${x}$");
    let words: Vec<Vec<&str>> = template.references().map(|reference| reference.words().collect()).collect();
    assert_eq!(words, [vec!["environment", "domain"], vec!["service", "api", "port"]]);
    let second = template.references().nth(1).unwrap();
    let text = "https://${environment.domain}/é/${service.api.port}$${x}$";
    assert_eq!(&text[second.place.range()], "${service.api.port}");
    assert_eq!(&text[second.word_range(1)], "api");
    assert_eq!(&text[second.word_range(7)], "${service.api.port}");
    let expanded = template.expand(|reference| Ok::<_, ()>(reference.words().collect::<Vec<_>>().join("/")));
    assert_eq!(expanded.unwrap(), "https://environment/domain/é/service/api/port${x}$");
    assert_eq!(template.expand(|_| Err::<String, _>("no")), Err(ExpandError::Lookup("no")));
    let twice = parse("${var.x}${var.x}");
    let half = "x".repeat(32 * 1024);
    assert_eq!(twice.expand(|_| Ok::<_, ()>(half.clone())).unwrap().len(), 64 * 1024);
    assert_eq!(twice.expand(|_| Ok::<_, ()>(format!("{half}y"))), Err(ExpandError::TooLong));

    assert_eq!(parse("").as_literal(), Some(""));
    assert_eq!(parse("plain $HOME $1").as_literal(), Some("plain $HOME $1"));
    assert_eq!(parse("$${a} and $$${b}").as_literal(), Some("${a} and $${b}"));
    assert_eq!(Template::literal("${x}").to_string(), "$${x}");
    assert!(parse("${secret.stripe}").as_reference().is_some());
    assert!(parse("x${secret.stripe}").as_reference().is_none());

    let bad = |text: &str, message: &str, place: &str, fix: Option<&str>| {
        let error = Template::parse(text).expect_err(text);
        placed(&error, text, message, place, fix);
        assert!(fix.is_none_or(|fix| Template::parse(fix).is_ok()));
    };
    bad("a ${environment.domain", "never closed", "${", None);
    bad("a ${environment.domain\"", "never closed", "${", None);
    bad("a ${x ${y}", "never closed", "${", None);
    bad("${}", "empty", "${}", None);
    bad("${ environment.domain }", "no spaces", " ", Some("${environment.domain}"));
    bad("${environment..domain}", "a name is missing", ".", None);
    bad("${.domain}", "a name is missing", ".", None);
    bad("${environment.}", "a name is missing", ".", None);
    bad("${HOME:-x}", "`:` does not belong", ":", None);
    bad("${a[0]}", "`[` does not belong", "[", None);
    bad("${-a}", "does not begin with `-`", "-", None);
    bad("${é}", "`é` does not belong", "é", None);
    bad("${{ secrets.X }}", "language of GitHub", "${{", None);
}

#[test]
fn the_grammar_file_tells_the_truth() {
    let grammar = include_str!("../grammar/expression.ebnf");
    let mut read = 0;
    let mut section = "";
    for line in grammar.lines() {
        if let Some(name) = line.strip_prefix("(* ==").and_then(|rest| rest.split("==").next()) {
            section = name.trim();
        }
        let accepts = |text: &str| match section {
            "condition" => Condition::parse(text).map(|_| ()).map_err(|error| error.message),
            "template" => Template::parse(text).map(|_| ()).map_err(|error| error.message),
            "quantity" => Quantity::parse(text).map(|_| ()).map_err(|error| error.message),
            "duration" => Duration::parse(text).map(|_| ()).map_err(|error| error.message),
            "schedule" => Schedule::parse(text).map(|_| ()).map_err(|error| error.message),
            _ => panic!("an example outside a section: {line}"),
        };
        let between = |mark: &str| line.trim().strip_prefix(mark).and_then(|rest| rest.strip_suffix(" *)"));
        if let Some(example) = between("(* example: ") {
            assert_eq!(accepts(example), Ok(()), "{section}: {example}");
            read += 1;
        }
        if let Some(example) = between("(* wrong: ") {
            assert!(accepts(example).is_err(), "{section} takes the wrong example {example}");
            read += 1;
        }
    }
    assert!(read > 60, "only {read} examples found");
}
