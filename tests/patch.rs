//! `patch`: what it changes, where the change comes from, and what a wrong path says.

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

use deployc::artifact::{Artifact, Body, Dialect, Group, Path, Segment, Tree, int, list, map, text};
use deployc::patch::{Change, Operation, Reason, apply};
use deployc::source::{FileId, Origin, Span};
use proptest::prelude::*;

fn at(start: u32) -> Origin {
    Origin::at(Span::new(FileId(0), start, start + 1))
}

fn workflow() -> Artifact {
    let steps = [
        map().put("name", "checkout").put("uses", text("actions/checkout@abc").note("v7.0.1")),
        map().put("name", "a.b]").put("run", "make"),
    ];
    let job = map()
        .put("timeout-minutes", int(10).comment("Builds take long."))
        .put("steps", steps)
        .put("env", map().put("a.b", "x").put("C=D", "y"));
    let tree = map().put("jobs", map().put("test-api", job).put("lint", map().put("timeout-minutes", 5)));
    Artifact::yaml(".github/workflows/ci.yml", Group::CiCd, Dialect::GithubWorkflow, tree, &at(1))
}

fn operation(file: &str, path: &str, change: Change, origin: Origin) -> Operation {
    let (file_place, path_place) = (Span::default(), Span::default());
    Operation { file: file.to_owned(), file_place, path: path.to_owned(), path_place, change, origin }
}

fn patched(path: &str, change: Change) -> Result<Artifact, Reason> {
    let operation = operation(".github/workflows/ci.yml", path, change, at(99));
    let mut artifacts = [workflow()];
    match apply(&mut artifacts, &[operation]).pop() {
        Some(failure) => Err(failure.reason),
        None => Ok(artifacts.into_iter().next().unwrap()),
    }
}

fn set(path: &str, value: impl Into<Tree>) -> Result<Artifact, Reason> {
    patched(path, Change::Set(value.into()))
}

fn add(path: &str, value: impl Into<Tree>) -> Result<Artifact, Reason> {
    patched(path, Change::Add(value.into()))
}

#[test]
fn set_replaces_and_is_the_origin() {
    let artifact = set("jobs.test-api.timeout-minutes", 30).unwrap();
    let found = artifact.find("jobs.test-api.timeout-minutes").unwrap();
    assert_eq!(found.tree.as_int(), Some(30));
    assert_eq!(found.origin, &at(99));
    assert_eq!(found.tree.comment_above(), Some("Builds take long."));
    let mut out = Vec::new();
    let lines = deployc::render::render_with_lines(&artifact, &mut out);
    let text = String::from_utf8(out).unwrap();
    let line = text.lines().position(|line| line == "    timeout-minutes: 30").unwrap();
    assert_eq!(lines[line], &at(99));
    assert_eq!(lines[line + 1], &at(1));
}

#[test]
fn a_note_about_the_old_value_goes() {
    let artifact = set("jobs.test-api.steps[name=checkout].uses", "actions/checkout@def").unwrap();
    let found = artifact.find("jobs.test-api.steps[0].uses").unwrap();
    assert_eq!((found.tree.as_text(), found.tree.note_behind()), (Some("actions/checkout@def"), None));
}

#[test]
fn quoted_segments_and_selectors_lead_anywhere() {
    for path in ["jobs.test-api.env.\"a.b\"", "jobs.test-api.env[\"a.b\"]", "jobs.\"test-api\".env.\"C=D\""] {
        assert!(set(path, "z").is_ok(), "{path}");
    }
    assert!(set("jobs.test-api.steps[name=\"a.b]\"].run", "z").is_ok());
    assert!(set("jobs.test-api.steps[1].run", "z").is_ok());
}

#[test]
fn a_patch_writes_the_file_so_expressions_are_expressions() {
    let artifact = set("jobs.test-api.env.\"a.b\"", "${{ github.sha }}").unwrap();
    assert!(deployc::render::text(&artifact).contains("a.b: ${{ github.sha }}\n"));
}

#[test]
fn add_creates_a_key_or_appends() {
    let artifact = add("jobs.lint.if", "always()").unwrap();
    assert_eq!(artifact.find("jobs.lint.if").unwrap().tree.as_text(), Some("always()"));
    let artifact = add("jobs.test-api.steps", map().put("run", "x")).unwrap();
    assert_eq!(artifact.find("jobs.test-api.steps[2].run").unwrap().origin, &at(99));
    assert_eq!(add("jobs.lint.timeout-minutes", 3), Err(Reason::Present { kind: "a number" }));
    assert_eq!(add("jobs.lint.timeout-minutes.x", 3), Err(Reason::NotAddable));
    let Err(Reason::NotFound { found, segment, .. }) = add("jobs.no.x", 3) else { panic!("no such job") };
    assert_eq!((found.as_str(), segment.as_str()), ("jobs", "no"));
}

#[test]
fn remove_removes_keys_and_items() {
    let artifact = patched("jobs.lint", Change::Remove).unwrap();
    assert!(artifact.find("jobs.lint").is_none() && artifact.find("jobs.test-api").is_some());
    let artifact = patched("jobs.test-api.steps[name=checkout]", Change::Remove).unwrap();
    assert_eq!(artifact.find("jobs.test-api.steps[0].run").unwrap().tree.as_text(), Some("make"));
}

#[test]
fn a_missing_path_names_the_siblings() {
    let not_found = |found: &str, segment: &str, within: &'static str, siblings: &[&str]| Reason::NotFound {
        found: found.to_owned(),
        segment: segment.to_owned(),
        within,
        siblings: siblings.iter().map(|sibling| (*sibling).to_owned()).collect(),
    };
    let reason = set("jobs.test-app.timeout-minutes", 30).unwrap_err();
    assert_eq!(reason, not_found("jobs", "test-app", "a map", &["test-api", "lint"]));
    assert_eq!(reason.to_string(), "there is no `test-app` in `jobs`, which is a map");
    assert_eq!(reason.help(), "there is: test-api, lint");
    let reason = set("jobs.test-api.timeout", 30).unwrap_err();
    assert_eq!(reason, not_found("jobs.test-api", "timeout", "a map", &["timeout-minutes", "steps", "env"]));
    let reason = patched("jobs.test-api.steps[name=build]", Change::Remove).unwrap_err();
    let steps = ["[name=checkout]", "[name=\"a.b]\"]"];
    assert_eq!(reason, not_found("jobs.test-api.steps", "[name=build]", "a list", &steps));
    assert_eq!(set("job", 1).unwrap_err(), not_found("", "job", "a map", &["jobs"]));
    assert_eq!(set("jobs.lint.timeout-minutes.x", 1).unwrap_err().choices(), [""; 0]);
}

#[test]
fn a_path_that_is_none_says_where() {
    for (path, place) in
        [("", 0), ("a.", 2), ("a..b", 2), ("a[", 2), ("a[0", 3), ("a[x]", 2), ("a.\"b", 2), ("\"a\"b", 3)]
    {
        let Err(error) = Path::parse(path) else { panic!("{path} is no path") };
        assert_eq!(error.at, place, "{path}: {}", error.message);
        assert!(matches!(set(path, 1), Err(Reason::Unreadable(_))));
    }
}

#[test]
fn the_nearest_path_is_told() {
    let meant = |path: &str| set(path, 1).unwrap_err().meant(path);
    assert_eq!(meant("jobs.tests-api.timeout-minutes").as_deref(), Some("jobs.test-api.timeout-minutes"));
    assert_eq!(meant("job.test-api").as_deref(), Some("jobs.test-api"));
    assert_eq!(
        meant("jobs.test-api.steps[name=chekcout].uses").as_deref(),
        Some("jobs.test-api.steps[name=checkout].uses")
    );
    assert_eq!(meant("jobs.test-api.banana"), None);
    let missing = Reason::NoFile(vec!["docs/runbook.md".to_owned(), ".github/workflows/ci.yml".to_owned()]);
    assert_eq!(missing.meant("github/workflows/ci.yaml").as_deref(), Some(".github/workflows/ci.yml"));
    assert_eq!(missing.meant("src/main.rs"), None);
}

#[test]
fn files_that_are_missing_or_have_no_tree_say_so() {
    let operation = |file: &str| operation(file, "a", Change::Set(int(1)), at(9));
    let prose = Artifact::new("a.md", Group::Iac, Body::Markdown(Vec::new()), &at(1));
    let failures = apply(&mut [prose], &[operation("b.yml"), operation("a.md")]);
    assert_eq!(failures[0].reason, Reason::NoFile(vec!["a.md".to_owned()]));
    assert_eq!(failures[1].reason, Reason::NoTree);
}

#[test]
fn the_document_that_has_the_path_is_meant() {
    let documents = vec![map().put("kind", "A").put("x", 1), map().put("kind", "B").put("y", list([1]))];
    let body = Body::Yaml { documents, dialect: Dialect::Plain };
    let mut artifacts = [Artifact::new("x.yaml", Group::Iac, body, &at(1))];
    let operations = [("y[0]", 5), ("[1].kind", 6), ("x", 7)]
        .map(|(path, value)| operation("x.yaml", path, Change::Set(int(value)), at(2)));
    assert_eq!(apply(&mut artifacts, &operations), []);
    let trees = artifacts[0].trees();
    assert_eq!(trees[0].get("x").unwrap().as_int(), Some(7));
    assert_eq!(trees[1].get("kind").unwrap().as_int(), Some(6));
    assert_eq!(trees[1].get("y[0]").unwrap().as_int(), Some(5));
    assert_eq!(trees[0].get("kind").unwrap().as_text(), Some("A"));
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![any::<i64>().prop_map(int), ".*".prop_map(text)];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(list),
            prop::collection::vec((".*", inner), 1..4).prop_map(|pairs| map().put_all(pairs)),
        ]
    })
}

/// Every path of a tree.
fn paths(tree: &Tree, above: &[Segment], all: &mut Vec<Path>) {
    let keys = tree.entries().iter().map(|(key, value)| (Segment::Key(key.clone()), value));
    let items = tree.items().iter().enumerate().map(|(number, item)| (Segment::Index(number), item));
    let below: Vec<(Segment, &Tree)> = keys.chain(items).collect();
    for (segment, value) in below {
        let path: Vec<Segment> = above.iter().cloned().chain([segment]).collect();
        paths(value, &path, all);
        all.push(Path { segments: path });
    }
}

proptest! {
    #[test]
    fn what_is_set_is_found_and_nothing_else_changes(tree in trees()) {
        let mut all = Vec::new();
        paths(&tree, &[], &mut all);
        for path in &all {
            let written = path.to_string();
            prop_assert_eq!(&Path::parse(&written).unwrap(), path);
            let operation = operation("x", &written, Change::Set(text("new")), at(9));
            let mut artifacts = [Artifact::json("x", Group::Iac, None, tree.clone(), &at(1))];
            prop_assert_eq!(apply(&mut artifacts, &[operation]), vec![]);
            let found = artifacts[0].find(&written).unwrap();
            prop_assert_eq!((found.tree.as_text(), found.origin), (Some("new"), &at(9)));
            let changed = &mut artifacts[0].trees_mut()[0];
            *changed.get_mut(&written).unwrap() = tree.get(&written).unwrap().clone();
            prop_assert_eq!(&*changed, &tree);
        }
    }

    #[test]
    fn no_path_panics(path in ".*") {
        let _ = set(&path, 1);
        let _ = add(&path, 1);
    }
}
