//! Random trees read back as they were, in YAML, JSON and TOML.

use std::iter::Peekable;
use std::str::Chars;

use deployc::artifact::{Artifact, Dialect, Group, Tree, Value, int, list, map, null, text};
use deployc::source::Origin;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::hostile;
use super::meaning::meant;

fn texts() -> impl Strategy<Value = String> {
    let hostile = hostile();
    let any = prop::collection::vec(any::<char>(), 0..12).prop_map(|characters| characters.into_iter().collect());
    let marks = prop::collection::vec(
        prop::sample::select(" \n\t\r:#-'\"\\{}[]|>&*!%@`,?$a1.\u{85}\u{feff}é".chars().collect::<Vec<_>>()),
        0..10,
    )
    .prop_map(|characters| characters.into_iter().collect());
    prop_oneof![prop::sample::select(hostile), any, marks]
}

fn trees() -> impl Strategy<Value = Tree> {
    let decimal =
        (any::<i32>(), 0..1000u32).prop_map(|(whole, rest)| Tree::from(f64::from(whole) + f64::from(rest) / 1000.0));
    let leaf = prop_oneof![
        4 => texts().prop_map(text),
        1 => any::<i64>().prop_map(int),
        1 => any::<bool>().prop_map(Tree::from),
        1 => decimal,
        1 => Just(null()),
    ];
    leaf.prop_recursive(5, 48, 5, |inner| {
        let comment = prop::option::of(texts()).boxed();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(list),
            prop::collection::vec((texts(), inner.clone()), 0..5).prop_map(|pairs| map().put_all(pairs)),
            (inner, comment.clone(), comment).prop_map(|(tree, above, behind)| {
                let tree = above.into_iter().fold(tree, Tree::comment);
                behind.into_iter().fold(tree, Tree::note)
            }),
        ]
    })
}

/// Numbers are compared as floats, because a reader may take `3.0` for `3`.
fn leveled(json: Json) -> Json {
    match json {
        Json::Number(number) => number.as_i64().map_or_else(|| leveled_float(&number), Json::from),
        Json::Array(items) => items.into_iter().map(leveled).collect(),
        Json::Object(entries) => {
            entries.into_iter().map(|(key, value)| (key, leveled(value))).collect::<serde_json::Map<_, _>>().into()
        }
        Json::Null | Json::Bool(_) | Json::String(_) => json,
    }
}

fn leveled_float(number: &serde_json::Number) -> Json {
    let float = number.as_f64().unwrap();
    if float.fract() == 0.0 && float.abs() < 1e15 { Json::from(float as i64) } else { Json::from(float) }
}

fn print(artifact: &Artifact) -> String {
    let mut out = Vec::new();
    let lines = deployc::render::render_with_lines(artifact, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert_eq!(lines.len(), text.lines().count(), "{text}");
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn yaml(tree in trees()) {
        let artifact = Artifact::yaml("x", Group::Iac, Dialect::Plain, tree.clone(), &Origin::rule("a test"));
        let printed = print(&artifact);
        let read: Json = serde_saphyr::from_str(&printed).map_err(|error| TestCaseError::fail(format!("{error}\n{printed}")))?;
        prop_assert_eq!(leveled(read), leveled(meant(&tree, Dialect::Plain)), "{}", printed);
    }

    #[test]
    fn json(tree in trees()) {
        let printed = print(&Artifact::json("x", Group::Iac, None, tree.clone(), &Origin::rule("a test")));
        let read: Json = serde_json::from_str(&printed).unwrap();
        prop_assert_eq!(leveled(read), leveled(meant(&tree, Dialect::Plain)), "{}", printed);
        prop_assert!(printed.chars().all(|character| character == '\n' || !character.is_control()));
    }

    #[test]
    fn toml(pairs in prop::collection::vec((texts(), trees()), 0..6)) {
        let tree = map().put_all(pairs);
        let printed = print(&Artifact::toml("x", Group::Iac, tree.clone(), &Origin::rule("a test")));
        prop_assert_eq!(leveled(read_toml(&printed)), leveled(without_null(meant(&tree, Dialect::Plain))), "{}", printed);
    }
}

/// TOML has no null: such keys and items are left out.
fn without_null(json: Json) -> Json {
    match json {
        Json::Array(items) => items.into_iter().filter(|item| !item.is_null()).map(without_null).collect(),
        Json::Object(entries) => {
            let kept = entries.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(key, value)| (key, without_null(value))).collect::<serde_json::Map<_, _>>().into()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => json,
    }
}

/// A reader of the part of TOML 1.0 that can be printed, written from its grammar.
fn read_toml(text: &str) -> Json {
    let mut root = Json::Object(serde_json::Map::new());
    let mut path: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut reader = line.chars().peekable();
        if line.starts_with('[') {
            let brackets = line.chars().take_while(|next| *next == '[').count();
            reader.nth(brackets - 1);
            path = keys(&mut reader);
            let parent = reach(&mut root, &path[..path.len() - 1]);
            let last = path.last().unwrap().clone();
            if brackets == 2 {
                let items = parent.entry(last).or_insert_with(|| Json::Array(Vec::new()));
                items.as_array_mut().unwrap().push(Json::Object(serde_json::Map::new()));
            } else {
                assert!(parent.insert(last, Json::Object(serde_json::Map::new())).is_none(), "a table twice: {line}");
            }
            assert!(reader.by_ref().take(brackets).all(|next| next == ']'));
        } else {
            let key = keys(&mut reader).remove(0);
            assert_eq!(reader.next(), Some('='));
            let value = value(&mut reader);
            assert!(reach(&mut root, &path).insert(key, value).is_none(), "a key twice: {line}");
        }
        skip(&mut reader);
        assert!(matches!(reader.next(), None | Some('#')), "{line}");
    }
    root
}

fn reach<'j>(root: &'j mut Json, path: &[String]) -> &'j mut serde_json::Map<String, Json> {
    let mut place = root;
    for key in path {
        place = &mut place[key.as_str()];
        if place.is_array() {
            place = place.as_array_mut().unwrap().last_mut().unwrap();
        }
    }
    place.as_object_mut().unwrap()
}

fn skip(reader: &mut Peekable<Chars<'_>>) {
    while reader.next_if_eq(&' ').is_some() {}
}

fn keys(reader: &mut Peekable<Chars<'_>>) -> Vec<String> {
    let mut keys = Vec::new();
    loop {
        skip(reader);
        if reader.peek() == Some(&'"') {
            keys.push(string(reader));
        } else {
            let mut key = String::new();
            while let Some(next) = reader.next_if(|next| next.is_ascii_alphanumeric() || "-_".contains(*next)) {
                key.push(next);
            }
            assert!(!key.is_empty());
            keys.push(key);
        }
        skip(reader);
        if reader.next_if_eq(&'.').is_none() {
            return keys;
        }
    }
}

fn string(reader: &mut Peekable<Chars<'_>>) -> String {
    assert_eq!(reader.next(), Some('"'));
    let mut text = String::new();
    loop {
        match reader.next().unwrap() {
            '"' => return text,
            '\\' => match reader.next().unwrap() {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                mark @ ('u' | 'U') => {
                    let digits: String = reader.by_ref().take(if mark == 'u' { 4 } else { 8 }).collect();
                    text.push(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap());
                }
                same @ ('"' | '\\') => text.push(same),
                other => panic!("no escape of TOML: {other}"),
            },
            other => {
                assert!(!other.is_control());
                text.push(other);
            }
        }
    }
}

fn value(reader: &mut Peekable<Chars<'_>>) -> Json {
    skip(reader);
    match reader.peek().unwrap() {
        '"' => string(reader).into(),
        '[' => {
            reader.next();
            let mut items = Vec::new();
            while {
                skip(reader);
                reader.next_if_eq(&']').is_none()
            } {
                items.push(value(reader));
                skip(reader);
                reader.next_if_eq(&',');
            }
            items.into()
        }
        '{' => {
            reader.next();
            let mut entries = serde_json::Map::new();
            while {
                skip(reader);
                reader.next_if_eq(&'}').is_none()
            } {
                let key = keys(reader).remove(0);
                assert_eq!(reader.next(), Some('='));
                assert!(entries.insert(key, value(reader)).is_none());
                skip(reader);
                reader.next_if_eq(&',');
            }
            entries.into()
        }
        _ => {
            let mut word = String::new();
            while let Some(next) = reader.next_if(|next| !" ,]}".contains(*next)) {
                word.push(next);
            }
            serde_json::from_str(&word).unwrap()
        }
    }
}

#[test]
fn a_float_never_has_an_exponent() {
    for (number, printed) in
        [(1e21, "1000000000000000000000"), (1e-7, "0.0000001"), (2.0, "2"), (0.1 + 0.2, "0.30000000000000004")]
    {
        let tree = Tree::from(number);
        let text = match (&tree.value, tree.as_int()) {
            (Value::Decimal(decimal), _) => decimal.to_string(),
            (_, whole) => whole.map(|whole| whole.to_string()).unwrap_or_default(),
        };
        assert_eq!(text, printed);
    }
    assert_eq!(Tree::from(f64::INFINITY), null());
    assert_eq!(Tree::from(u64::MAX).value, Value::Decimal("18446744073709551615".into()));
}
