//! Good and wrong values for every type of the grammar.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use deployc::schema::{Expansion, Field, Form, Names, Shape, Type};
use deployc::standard;

use crate::places::{EXAMPLES, root, shapes, texts};
use crate::whole::edit::{document, judged, quoted};
use crate::whole::files;

/// The words of a closed list, or the names that the standard library knows.
pub(crate) fn words(field: &Field) -> Vec<String> {
    match field.ty {
        Type::Enum(list) => list.values.iter().map(|(word, _)| quoted(word)).collect(),
        Type::Ref(kinds) => {
            let known = kinds.iter().flat_map(|kind| standard::names(kind)).take(40).map(quoted);
            declared(kinds).into_iter().chain(known).collect()
        }
        _ => Vec::new(),
    }
}

/// What a field is called in messages and tables.
pub(crate) fn name(shape: &Shape, field: &Field) -> String {
    let is_argument = shape.args.iter().any(|arg| std::ptr::eq(arg, field));
    format!("{}{}{}", shape.id, if is_argument { " " } else { " =" }, field.name)
}

/// What the examples write for each field.
pub(crate) fn written() -> &'static BTreeMap<String, BTreeSet<String>> {
    static WRITTEN: OnceLock<BTreeMap<String, BTreeSet<String>>> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for text in texts() {
            let tree = document(&text.text);
            for value in &judged(&tree).values {
                let span = value.entry.value_span();
                let words = text.text[span.start as usize..span.end as usize].to_owned();
                found.entry(name(value.shape, value.field)).or_default().insert(words);
            }
        }
        found
    })
}

/// The names that the example declares in some namespaces, and those of its nodes.
pub(crate) fn declared(kinds: &[&str]) -> Vec<String> {
    let tree = document(&texts()[0].text);
    let judged = judged(&tree);
    let own = judged.values.iter().filter(|value| value.field.declares.is_some_and(|kind| kinds.contains(&kind)));
    own.filter_map(|value| deployc::syntax::string(value.entry.value())).map(quoted).collect()
}

/// A template of the secret that the grammar's example declares.
pub(crate) fn a_secret() -> String {
    let shape = shapes().into_iter().find(|shape| shape.id == "secret").unwrap();
    let tree = document(shape.example);
    let name = tree.roots().next().unwrap().args().next().unwrap();
    format!("\"${{secret.{}}}\"", deployc::syntax::string(name.value()).unwrap())
}

/// The files or folders of the project.
pub(crate) fn paths(names: Option<Names>) -> Vec<String> {
    let files = files(&root(EXAMPLES[0])).into_keys().filter(|path| !path.ends_with(".kdl"));
    match names {
        Some(Names::Folder) => vec![quoted("apps/api")],
        _ => files.map(|path| quoted(&path)).collect(),
    }
}

/// Good values of a type, and wrong ones.
pub(crate) fn samples(field: &Field) -> (Vec<String>, Vec<String>) {
    let text = |words: &[&str]| words.iter().map(|word| quoted(word)).collect::<Vec<String>>();
    let bare = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let (good, mut bad) = match field.ty {
        Type::Text(Expansion::Scalar) => (text(&["some text", "${environment.name}"]), bare(&["#null", "\"${\""])),
        Type::Text(Expansion::Template) => {
            (vec![quoted("some text"), a_secret()], bare(&["7", "#true", "\"${nowhere.x}\""]))
        }
        Type::Text(Expansion::Literal) => {
            (text(&["some text", "x", "docs/plan.md", ">=0.0.1"]), bare(&["7", "#true", "#null"]))
        }
        Type::Name => (text(&["zqwx", "api"]), text(&["Not A Name", "", "1a"])),
        Type::Ref(kinds) => (declared(kinds), [text(&["zqwx"]), bare(&["#true", "7"])].concat()),
        Type::Duration => {
            (text(&["15m", "20s", "1d", "30d"]), [bare(&["10", "#true"]), text(&["5%", "1 fortnight"])].concat())
        }
        Type::Ratio => (text(&["80%", "50%", "100%"]), [bare(&["#true"]), text(&["10m", "150%", "x"])].concat()),
        Type::Bytes => (text(&["1GiB", "512MiB"]), [bare(&["#true", "10"]), text(&["10m", "1 Gigs"])].concat()),
        Type::Cpu => ([text(&["500m"]), bare(&["1", "2"])].concat(), [bare(&["#true"]), text(&["10GB", "x"])].concat()),
        Type::Count => (bare(&["1", "2", "3", "100", "8080"]), [bare(&["#true", "1.5"]), text(&["10m", "x"])].concat()),
        Type::Rate => {
            (text(&["100 req/s", "200 GB/month"]), [bare(&["#true", "10"]), text(&["$5/month", "x"])].concat())
        }
        Type::Money => (text(&["$5/month"]), [bare(&["#true", "10"]), text(&["10m", "5 XYZ/month"])].concat()),
        Type::Schedule => {
            (text(&["0 3 * * 1", "daily 03:00"]), [bare(&["#true", "7"]), text(&["99 * * * *", "x"])].concat())
        }
        Type::Date => {
            (text(&["2027-01-31", "2026-10-01"]), [bare(&["#true", "7"]), text(&["2027-02-30", "soon"])].concat())
        }
        Type::Path => (paths(field.names), [bare(&["#true", "7"]), text(&["../x", "/etc/passwd"])].concat()),
        Type::Image => (text(&["ghcr.io/acme/x:1.2"]), [bare(&["#true", "7"]), text(&["not an image"])].concat()),
        Type::Gvk => (text(&["apps/v1/Deployment"]), [bare(&["#true", "7"]), text(&["x y"])].concat()),
        Type::Condition => (
            text(&["error_rate > 2% for 5m", "latency.p95 > 750ms for 10m"]),
            [bare(&["#true", "7"]), text(&["error_rate >"])].concat(),
        ),
        Type::Command => (text(&["true"]), [bare(&["#true", "7"]), text(&["echo it's", "| a", ""])].concat()),
        Type::Bool => (bare(&["#true", "#false"]), [bare(&["7"]), text(&["true", "x"])].concat()),
        Type::Number => (bare(&["3"]), [bare(&["#true"]), text(&["x"])].concat()),
        Type::Metric => (text(&["zqwx"]), [bare(&["#true", "7"]), text(&["Not-A-Metric"])].concat()),
        Type::WeekTime => (text(&["Fri 16:00"]), [bare(&["#true", "7"]), text(&["Fry 16:00", "Fri 25:00"])].concat()),
        Type::Quantity => (text(&["5m"]), [bare(&["#true"]), text(&["x"])].concat()),
        Type::Any => (bare(&["1", "#true"]), bare(&["(duration)1"])),
        Type::Raw(language) => (
            text(&["up"]),
            [bare(&["7", "#true"]), vec![format!("(x-{}x)\"up\"", language.replace('|', "-"))]].concat(),
        ),
        Type::Enum(_) => (Vec::new(), [text(&["zqwx"]), bare(&["#true"])].concat()),
        Type::Commit | Type::Digest => (Vec::new(), text(&["x"])),
    };
    let (form, wrong): (&[&str], &[&str]) = match field.form {
        None => (&[], &[]),
        Some(Form::HostName) => (&["shop.example"], &["https://shop.example", "a b", "shop.07"]),
        Some(Form::Machine) => (&["app.shop.example"], &["a b", "ssh://x"]),
        Some(Form::Address) => {
            (&["https://x.example", "http://10.0.0.1:9090"], &["x", "x.example", "https://x.07", "https://x>"])
        }
        Some(Form::AbsolutePath) => (&["/etc/x"], &["etc/x", "/etc/../x"]),
        Some(Form::UrlPath) => (&["/x"], &["x"]),
        Some(Form::Variable) => (&["SOME_NAME"], &["1-a", "a b"]),
        Some(Form::HeaderName) => (&["X-Some"], &["a b"]),
        Some(Form::Repository) => (&["github.com/acme/x"], &["x", "https://github.com/acme/x"]),
        Some(Form::Branch) => (&["main", "release/1.2"], &["a b", "main..", "*"]),
        Some(Form::RefPattern) => (&["main", "release/*", "!main"], &["a b", "main..", "[a]"]),
        Some(Form::Registry) => (&["ghcr.io/acme"], &["https://ghcr.io/acme", "a b"]),
        Some(Form::FieldNames) => (&["email", "email, card.number"], &["email;token", "e mail", "email,,token", "a|b"]),
        Some(Form::Spending) => (&["$5/month"], &["$5", "$5/GB"]),
    };
    bad.extend(text(wrong));
    bad.extend(field.least.into_iter().filter_map(|least| beyond(field.ty, least, -1)));
    bad.extend(field.most.into_iter().filter_map(|most| beyond(field.ty, most, 1)));
    let bounds = field.least.into_iter().chain(field.most).map(|bound| match field.ty {
        Type::Count => bound.to_owned(),
        _ => quoted(bound),
    });
    let mut all: Vec<String> = text(form);
    all.extend(good);
    all.extend(words(field));
    all.extend(bounds);
    (all, bad)
}

/// A value just beyond a bound.
pub(crate) fn beyond(ty: Type, bound: &str, by: i64) -> Option<String> {
    match ty {
        Type::Count => bound.parse::<i64>().ok().filter(|bound| bound + by >= 0).map(|bound| (bound + by).to_string()),
        Type::Ratio => Some(quoted(if by > 0 { "101%" } else { "0%" })).filter(|_| bound != "0%"),
        Type::Duration if by < 0 => Some(quoted("0s")),
        Type::Duration => Some(quoted("100000w")),
        _ => None,
    }
}
