//! Random KDL: documents that are right by construction, and texts that somebody damaged.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Blanks between two entries.
fn blank() -> BoxedStrategy<String> {
    prop_oneof![
        20 => Just(" "),
        2 => Just("   "),
        1 => Just("\t"),
        1 => Just("\u{a0}\u{3000}"),
        1 => Just(" /* c1 */ "),
        1 => Just("/* c2 /* inner */ */ "),
        1 => Just(" /* over\n lines */ "),
        1 => Just(" \\\n    "),
        1 => Just(" \\ // c3\n  "),
        1 => Just(" \\ /* c4 */ \n\t\\\n"),
    ]
    .prop_map(str::to_owned)
    .boxed()
}

/// Blanks where none are needed.
fn maybe_blank() -> BoxedStrategy<String> {
    prop_oneof![8 => Just(String::new()), 1 => blank()].boxed()
}

fn bare() -> BoxedStrategy<String> {
    prop_oneof![
        3 => select(vec!["a", "node", "kebab-name", "é", "日本", "-", "+", ".", "-a", "+.", "--", "t,", "a.b", "trueish", "r", "x:y", "<>", "😁"])
            .prop_map(str::to_owned),
        1 => "[a-z_?*~][a-z0-9_.,:-]{0,5}",
    ]
    .prop_filter("a keyword is no bare word", |word| !matches!(word.as_str(), "true" | "false" | "null" | "inf" | "nan"))
    .boxed()
}

fn quoted() -> BoxedStrategy<String> {
    let piece = prop_oneof![
        6 => "[ -!#-\\[\\]-~]{0,6}",
        1 => select(vec!["\\n", "\\\\", "\\\"", "\\t", "\\s", "\\b", "\\f", "\\r", "\\u{1F600}", "\\u{a}", "\\   ", "\\\n  ", "é", "//", "/*", "${x}"])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat())).boxed()
}

fn raw() -> BoxedStrategy<String> {
    let body = "[ a-z\\\\/#]{0,6}|a\"b";
    (1_usize..3, body)
        .prop_map(|(hashes, body)| {
            let hashes = "#".repeat(hashes);
            // A hash at the end of the body would close the string with its quote only if quotes came before it.
            let body = if body.contains('"') && hashes.len() == 1 { body.replace("\"#", "") } else { body };
            format!("{hashes}\"{body}\"{hashes}")
        })
        .boxed()
}

fn multi_line() -> BoxedStrategy<String> {
    let line = prop_oneof![4 => "[a-z ]{0,5}[a-z]", 1 => Just(String::new()), 1 => Just("a\"\"b".to_owned())];
    (prop::bool::ANY, select(vec!["", "  ", "\t"]), prop::collection::vec(line, 0..4), select(vec!["\n", "\r\n"]))
        .prop_map(|(is_raw, indent, lines, newline)| {
            let hash = if is_raw { "#" } else { "" };
            let body: String = lines.iter().map(|line| format!("{indent}{line}{newline}")).collect();
            format!("{hash}\"\"\"{newline}{body}{indent}\"\"\"{hash}")
        })
        .boxed()
}

/// A name, key or string.
pub fn string() -> BoxedStrategy<String> {
    prop_oneof![6 => bare(), 3 => quoted(), 1 => raw(), 1 => multi_line()].boxed()
}

fn number() -> BoxedStrategy<String> {
    prop_oneof![
        select(vec![
            "0", "10", "-1", "+7", "1_000", "0x1F", "0o17", "0b10_1", "1.5", "-0.25", "1e3", "1.5E-2", "007", "2.50"
        ])
        .prop_map(str::to_owned),
        "[1-9][0-9]{0,8}(\\.[0-9]{1,4})?",
    ]
    .boxed()
}

fn annotation() -> BoxedStrategy<String> {
    prop_oneof![
        9 => Just(String::new()).boxed(),
        1 => (maybe_blank(), string(), maybe_blank(), maybe_blank())
            .prop_map(|(before, name, after, behind)| format!("({before}{name}{after}){behind}")).boxed(),
    ]
    .boxed()
}

fn value() -> BoxedStrategy<String> {
    let keyword = select(vec!["#true", "#false", "#null", "#inf", "#-inf", "#nan"]).prop_map(str::to_owned);
    (annotation(), prop_oneof![5 => string(), 2 => number(), 1 => keyword])
        .prop_map(|(annotation, value)| annotation + &value)
        .boxed()
}

fn entry() -> BoxedStrategy<String> {
    let property = (string(), maybe_blank(), maybe_blank(), value())
        .prop_map(|(key, before, after, value)| format!("{key}{before}={after}{value}"));
    let slashdash = prop_oneof![
        12 => Just(""), 1 => Just("/-"), 1 => Just("/- "), 1 => Just("/-\n  "), 1 => Just("/- // c5\n /* c6 */ "),
    ];
    (blank(), slashdash, prop_oneof![2 => value(), 1 => property])
        .prop_map(|(blank, slashdash, entry)| format!("{blank}{slashdash}{entry}"))
        .boxed()
}

/// What ends a node and may stand between nodes.
fn terminator() -> BoxedStrategy<String> {
    prop_oneof![
        8 => Just("\n"), 2 => Just("\r\n"), 3 => Just("; "), 1 => Just(";"), 1 => Just(" // c7\n"), 1 => Just("\n\n\n"),
        1 => Just("\n// c8\n  // c9  \n"), 1 => Just("\n/* c10 */\n"), 1 => Just("; /* c11 */ "), 1 => Just(" /* c12 */\n"),
        1 => Just("\u{85}"), 1 => Just("\n \\\n"), 1 => Just(" \\ // c13\n // c14\n"),
    ]
    .prop_map(str::to_owned)
    .boxed()
}

fn head() -> BoxedStrategy<String> {
    let slashdash = prop_oneof![14 => Just(""), 1 => Just("/-"), 1 => Just("/- "), 1 => Just("/- // c15\n")];
    (slashdash, annotation(), string(), prop::collection::vec(entry(), 0..4))
        .prop_map(|(slashdash, annotation, name, entries)| format!("{slashdash}{annotation}{name}{}", entries.concat()))
        .boxed()
}

fn block(nodes: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let lines = (nodes.clone(), select(vec!["\n", " // c16\n", "\n\n  "]), select(vec!["", "  ", "\t"]))
        .prop_map(|(nodes, start, indent)| format!("{{{start}{indent}{nodes}\n{indent}}}"));
    let one_line = prop::collection::vec(head(), 0..3).prop_map(|nodes| format!("{{ {} }}", nodes.join("; ")));
    let tight = nodes.prop_map(|nodes| format!("{{{nodes}}}"));
    prop_oneof![3 => lines, 2 => one_line, 1 => tight].boxed()
}

/// Nodes with what separates them: a document that is right.
pub fn document() -> BoxedStrategy<String> {
    let leaf = prop::collection::vec((head(), terminator()), 0..3)
        .prop_map(|nodes| nodes.into_iter().map(|(node, end)| node + &end).collect::<String>());
    leaf.prop_recursive(4, 40, 4, |inner| {
        let slashdashed = prop_oneof![5 => Just(String::new()).boxed(), 1 => block(inner.clone()).prop_map(|block| format!(" /-{block}")).boxed()];
        let block = prop_oneof![1 => Just(String::new()).boxed(), 2 => block(inner.boxed()).boxed()];
        prop::collection::vec((head(), maybe_blank(), slashdashed, block, terminator()), 1..4).prop_map(|nodes| {
            nodes.into_iter().map(|(head, gap, dropped, block, end)| format!("{head}{dropped}{gap}{block}{end}")).collect::<String>()
        })
    })
    .boxed()
}

/// What people and programs get wrong.
const DAMAGE: &[&str] = &[
    "{",
    "}",
    "\"",
    "\\",
    "/-",
    "/*",
    "*/",
    "//",
    "\n",
    ";",
    "=",
    "(",
    ")",
    "#",
    "#true",
    "true",
    "r\"",
    "\"\"\"",
    "#\"",
    "\"#",
    " ",
    "1",
    ".5",
    "é",
    "\u{85}",
    "[",
    "]",
    "/",
    ",",
    "\u{200e}",
    "\u{feff}",
    "\0",
    "\r",
    "-",
    "\\u{",
    "\\/",
    "/- kdl-version 1\n",
    "0x",
    "'",
    "\\ ",
    "(t)",
];

/// One change of a text.
#[derive(Clone, Debug)]
pub enum Change {
    Insert(Index, &'static str),
    Remove(Index, usize),
    Double(Index, usize),
}

pub fn changes() -> BoxedStrategy<Vec<Change>> {
    let change = prop_oneof![
        3 => (any::<Index>(), select(DAMAGE)).prop_map(|(at, text)| Change::Insert(at, text)),
        2 => (any::<Index>(), 1_usize..12).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => (any::<Index>(), 1_usize..20).prop_map(|(at, length)| Change::Double(at, length)),
    ];
    prop::collection::vec(change, 1..5).boxed()
}

/// The text after the changes.
pub fn damaged(text: &str, changes: &[Change]) -> String {
    let mut text = text.to_owned();
    for change in changes {
        let place = |at: &Index| text.floor_char_boundary(at.index(text.len() + 1));
        match change {
            Change::Insert(at, insertion) => text.insert_str(place(at), insertion),
            Change::Remove(at, length) => {
                let start = place(at);
                let end = text.floor_char_boundary((start + length).min(text.len()));
                text.replace_range(start..end.max(start), "");
            }
            Change::Double(at, length) => {
                let start = place(at);
                let end = text.floor_char_boundary((start + length).min(text.len())).max(start);
                let copy = text[start..end].to_owned();
                text.insert_str(end, &copy);
            }
        }
    }
    text
}
