//! Documents: what they look like, where links lead, and pairs for the Markdown reader in `tests/validators`.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use deployc::artifact::chart::{Direction, Line, Shape};
use deployc::artifact::markdown::{
    Block, Inline, Prose, Target, Task, bullets, fence, heading, item, paragraph, prose, quote, row, shell, steps,
    table, task,
};
use deployc::artifact::{Artifact, Chart, Flowchart, Group, Script, Word, anchor_of, anchors, links, slug};
use deployc::source::Origin;
use serde_json::json;

use super::hostile;

fn print(path: &str, blocks: Vec<Block>) -> String {
    deployc::render::text(&Artifact::markdown(path, Group::Operations, blocks, &Origin::rule("a test")))
}

/// One block without the header.
fn one(block: Block) -> String {
    print("docs/x.md", vec![block]).split_once("\n\n").map(|(_, rest)| rest.trim_end().to_owned()).unwrap_or_default()
}

fn diagram() -> Flowchart {
    let mut chart = Flowchart::new(Direction::Right);
    chart.node("internet", "Internet", Shape::Circle);
    chart.group("cloud; \"the\" end", |cloud| {
        cloud.node("api", "api [8080]", Shape::Round).group("inner", |inner| {
            inner.node("db", "orders #1 <b>", Shape::Database).node("gate", "1. gate", Shape::Gate);
        });
        cloud.node("ok", "ok?", Shape::Decision);
    });
    chart.edge("internet", "api", "https & \"x\"").edge_as("api", "db", "", Line::Dotted);
    chart.edge_as("api", "elsewhere", "`code` 100% %%", Line::Thick);
    chart
}

fn document() -> Vec<Block> {
    let mut script = Script::new();
    script.line("kubectl get pods --namespace {name}", &[("name", Word::text("it's"))]);
    let code = prose(
        "Run `make {target}` **now**, see [the docs](https://example.com/{target}) or {link}.",
        &[("target", Inline::text("a b")), ("link", Inline::section("the runbook", "docs/runbook.md", "rollback"))],
    );
    vec![
        heading(1, "Deployment of shop"),
        paragraph(code),
        heading(2, "Notes").keyed("first"),
        bullets(["one", "two_three_ *four*"]),
        bullets([item("a").with(bullets(["a1", "a2"])), item("b").with(steps(["b1", "b2"]))]),
        steps([item("first").with(shell(script)), item("second"), item("1. not a list")]),
        bullets([task(Task::Done, "done"), task(Task::Open, "open")]),
        heading(2, "Notes").keyed("second"),
        table(["Name", "Cost:"])
            .row(row(["a|b", "$1"]))
            .row(row([Prose::from(Inline::code("x|y")), Prose::default()]))
            .row(row(["short"])),
        quote(vec![paragraph("quoted"), bullets(["in a quote"])]),
        fence("sh", "echo '```'\n\n\tindented"),
        diagram().into(),
        Chart::pie("Costs; per month", vec![("api".to_owned(), 12.5), ("nothing".to_owned(), 0.0)]).into(),
        Chart::bars("Costs", "USD", vec![("low".to_owned(), 1e21), ("high \"x\"".to_owned(), 0.1)]).into(),
    ]
}

#[test]
fn a_document_looks_as_it_should() {
    insta::assert_snapshot!(print("docs/x.md", document()));
}

#[test]
fn marks_in_data_are_escaped_only_where_they_mean_something() {
    for (data, printed) in [
        ("snake_case and a * b", "snake_case and a \\* b"),
        ("_x_", "\\_x\\_"),
        ("# a", "\\# a"),
        ("- a", "\\- a"),
        ("-a", "-a"),
        ("12. a", "12\\. a"),
        ("12.5", "12.5"),
        ("a|b", "a|b"),
        ("AT&T &amp; co", "AT&T \\&amp; co"),
        ("<b>", "\\<b>"),
        ("[x](y)", "\\[x\\](y)"),
        ("see https://a.b", "see https\\://a.b"),
        ("me@example.com", "me\\@example.com"),
        ("a  b\nc", "a b c"),
        ("costs $5", "costs $5"),
        ("$a$", "\\$a\\$"),
        ("a\u{202e}b", "a\\\\u{202e}b"),
    ] {
        assert_eq!(one(paragraph(data)), printed, "{data}");
    }
}

#[test]
fn code_spans_hold_any_backticks() {
    for (data, printed) in [
        ("a", "`a`"),
        ("`", "`` ` ``"),
        ("a``b", "`a``b`"),
        ("`a", "`` `a ``"),
        ("a`b``c", "```a`b``c```"),
        ("\\", "`\\`"),
    ] {
        assert_eq!(one(paragraph(Inline::code(data))), printed, "{data}");
    }
}

#[test]
fn links_are_relative_to_the_document() {
    let link = |path: &str| one(paragraph(Inline::file("x", path)));
    assert_eq!(link("docs/y.md"), "[x](y.md)");
    assert_eq!(link("ops/deploy.sh"), "[x](../ops/deploy.sh)");
    assert_eq!(link("docs/a b/(c).md"), "[x](a%20b/%28c%29.md)");
    assert_eq!(one(paragraph(Inline::section("x", "docs/x.md", "y"))), "[x](#y)");
    assert_eq!(one(paragraph(Inline::here("x", "y"))), "[x](#y)");
    assert_eq!(one(paragraph(Inline::url("x", "javascript:alert(1)"))), "x");
    assert_eq!(one(paragraph(Inline::url("x]", "https://a.b/c d)e"))), "[x\\]](https://a.b/c%20d%29e)");
    let document = document();
    let expected = [
        Target::Url("https://example.com/a b".to_owned()),
        Target::File { path: "docs/runbook.md".to_owned(), anchor: Some("rollback".to_owned()) },
    ];
    assert_eq!(links(&document), expected.iter().collect::<Vec<_>>());
}

#[test]
fn anchors_are_those_of_github() {
    let document = document();
    let slugs: Vec<String> = anchors(&document).into_iter().map(|anchor| anchor.slug).collect();
    assert_eq!(slugs, ["deployment-of-shop", "notes", "notes-1"]);
    assert_eq!(anchor_of(&document, "second").as_deref(), Some("notes-1"));
    assert_eq!(slug("What? `api` – Größe_1  (x)"), "what-api--größe_1-x");
    let taken = [heading(2, "a"), heading(2, "a-1"), heading(2, "a"), heading(2, "a")];
    let slugs: Vec<String> = anchors(&taken).into_iter().map(|anchor| anchor.slug).collect();
    assert_eq!(slugs, ["a", "a-1", "a-2", "a-3"]);
}

#[test]
fn nothing_is_printed_for_nothing() {
    let empty = [bullets([""; 0]), table(["A"]), paragraph(" "), quote(Vec::new()), shell(Script::new())];
    assert_eq!(print("x.md", empty.into()).lines().count(), 2);
}

/// Whether a character may be shown by its number instead of as itself.
fn may_be_hidden(text: &str) -> bool {
    text.chars().any(|character| {
        (!character.is_ascii() && !character.is_alphanumeric()) || (character < ' ') || character == '\u{7f}'
    })
}

/// What a reader must find in a document that says one hostile string everywhere; `null` is any text.
fn pair(hostile: &str) -> (Vec<Block>, serde_json::Value) {
    let words = hostile.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = if may_be_hidden(hostile) { json!(null) } else { json!(words) };
    let blocks = vec![
        heading(1, "Title"),
        heading(2, ["a ", hostile].concat()),
        heading(2, hostile),
        paragraph(hostile),
        paragraph(Inline::code(hostile)),
        paragraph([Inline::text("b "), Inline::strong(hostile)]),
        paragraph(Inline::url(hostile, "https://example.com/x")),
        bullets([hostile]),
        steps([hostile]),
        table(["A", "B"]).row(row([Prose::from(hostile), Inline::code(hostile).into()])).row(row(["y", "z"])),
        quote(vec![paragraph(hostile)]),
        fence("text", "x"),
        paragraph("end"),
    ];
    let after = if text.is_null() { json!(null) } else { json!(format!("a {words}")) };
    let cell = if hostile.contains("\\|") { "text" } else { "code" };
    let meant = json!([
        ["h1", [["text", "Title"]]],
        ["h2", [["text", after]]],
        ["h2", [["text", text]]],
        ["p", [["text", text]]],
        ["p", [["code", text]]],
        ["p", [["text", "b"], ["strong", text]]],
        ["p", [["link", text]]],
        ["ul li p", [["text", text]]],
        ["ol li p", [["text", text]]],
        ["table th", [["text", "A"]]],
        ["table th", [["text", "B"]]],
        ["table td", [["text", text]]],
        ["table td", [[cell, text]]],
        ["table td", [["text", "y"]]],
        ["table td", [["text", "z"]]],
        ["blockquote p", [["text", text]]],
        ["fence", [["text", "x"]]],
        ["p", [["text", "end"]]],
    ]);
    (blocks, meant)
}

/// Leaves a document per hostile string with what a Markdown reader must find in it, and one with everything.
#[test]
fn pairs_are_left_for_other_readers() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("markdown_readers");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: String, content: String| {
        File::create(folder.join(name)).unwrap().write_all(content.as_bytes()).unwrap();
    };
    for (number, hostile) in hostile().into_iter().filter(|hostile| !hostile.trim().is_empty()).enumerate() {
        let (blocks, meant) = pair(&hostile);
        write(format!("{number:03}.md"), print("x.md", blocks));
        write(format!("{number:03}.json"), meant.to_string());
    }
    write("everything.md".to_owned(), print("docs/x.md", document()));
    let mut diagrams = Vec::new();
    for hostile in hostile() {
        let mut chart = Flowchart::new(Direction::Down);
        chart.group(hostile.clone(), |group| {
            for shape in [Shape::Box, Shape::Round, Shape::Database, Shape::Circle, Shape::Decision, Shape::Gate] {
                group.node(format!("{hostile}{shape:?}"), hostile.clone(), shape);
            }
        });
        chart.edge(format!("{hostile}Box"), hostile.clone(), hostile.clone());
        diagrams.push(Block::from(chart));
        diagrams.push(Chart::pie(hostile.clone(), vec![(hostile.clone(), 1.5)]).into());
        diagrams.push(Chart::bars(hostile.clone(), hostile.clone(), vec![(hostile.clone(), 1.5)]).into());
    }
    write("diagrams.md".to_owned(), print("x.md", diagrams));
}
