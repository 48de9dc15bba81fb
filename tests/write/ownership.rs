//! Whose file it is, and what becomes of it.

use std::collections::BTreeSet;

use deployc::write::{ConflictKind, Differences, Effect, Only, Status, Takeover, WayOut, Why, Writer};

use super::kit::*;

fn root() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn creates_updates_and_removes_what_is_ours() {
    let root = root();
    let root = root.path();
    let first = build_clean(root, &[file("docs/a.md", "one"), file("docs/deep/er/b.md", "b"), file("top.toml", "t")]);
    assert_eq!(status(&first, "docs/a.md"), Status::Created);
    assert_eq!(first.lock, Status::Created);
    assert_eq!(text(root, "docs/deep/er/b.md"), "b");

    let second = build_clean(root, &[file("docs/a.md", "two"), file("top.toml", "t")]);
    assert_eq!(status(&second, "docs/a.md"), Status::Updated(Why::Content));
    assert_eq!(status(&second, "docs/deep/er/b.md"), Status::Removed);
    assert_eq!(status(&second, "top.toml"), Status::Unchanged);
    assert_eq!(second.lock, Status::Updated(Why::Content));
    let paths: Vec<String> = snapshot(root).into_keys().collect();
    assert_eq!(paths, ["deploy/", "deploy/deployc.lock", "docs/", "docs/a.md", "top.toml"]);
}

#[test]
fn a_folder_that_still_holds_something_stays() {
    let root = root();
    build_clean(root.path(), &[file("docs/deep/a.md", "a"), file("x", "x")]);
    put(root.path(), "docs/mine.md", "mine");
    build_clean(root.path(), &[file("x", "x")]);
    assert!(!root.path().join("docs/deep").exists());
    assert_eq!(text(root.path(), "docs/mine.md"), "mine");
}

#[test]
fn a_build_that_changes_nothing_writes_nothing() {
    let root = root();
    let files = [file("docs/a.md", "one"), file("ops/run.sh", "#!/bin/sh\n").executable(), file("S.md", "s").once()];
    build_clean(root.path(), &files);
    let before = times(root.path());
    std::thread::sleep(std::time::Duration::from_millis(20));
    let report = build_clean(root.path(), &files);
    assert_eq!(times(root.path()), before);
    assert!(!report.has_drift());
    assert_eq!(status(&report, "S.md"), Status::Kept);
}

#[test]
fn an_edit_is_never_overwritten_and_nothing_else_is_written_either() {
    let root = root();
    let root = root.path();
    build_clean(root, &[file("docs/a.md", "one\n"), file("docs/b.md", "b\n"), file("gone.md", "g")]);
    put(root, "docs/a.md", "one\nmine\n");
    let before = snapshot(root);
    let report = build(root, &[file("docs/a.md", "two\n"), file("docs/b.md", "changed\n"), file("new.md", "n")]);
    assert_eq!(conflict(&report, "docs/a.md"), ConflictKind::Edited);
    assert_eq!(report.conflicts.len(), 1);
    assert_eq!(snapshot(root), before, "a conflict leaves the tree as it is, without staging");
    let difference = report.conflicts[0].difference.as_deref().unwrap();
    assert_eq!(difference, "--- docs/a.md (on disk)\n+++ docs/a.md (generated)\n@@ -1,2 +1 @@\n-one\n-mine\n+two\n");
    assert_eq!(report.conflicts[0].kind.ways_out(), [WayOut::Patch, WayOut::Force]);

    // Also when what is generated has not changed at all.
    let report = build(root, &[file("docs/a.md", "one\n"), file("docs/b.md", "b\n"), file("gone.md", "g")]);
    assert_eq!(conflict(&report, "docs/a.md"), ConflictKind::Edited);
    assert_eq!(snapshot(root), before);
}

#[test]
fn an_edit_that_says_what_is_generated_is_ours_again() {
    let root = root();
    build_clean(root.path(), &[file("a", "one")]);
    put(root.path(), "a", "two");
    let report = build_clean(root.path(), &[file("a", "two")]);
    assert_eq!(status(&report, "a"), Status::Unchanged);
    assert_eq!(status(&build_clean(root.path(), &[file("a", "three")]), "a"), Status::Updated(Why::Content));
}

#[test]
fn adopt_takes_foreign_files_and_force_takes_edited_ones_too() {
    let root = root();
    let root = root.path();
    build_clean(root, &[file("edited", "one")]);
    put(root, "edited", "mine");
    put(root, "foreign", "theirs");
    let files = [file("edited", "two"), file("foreign", "two")];
    let report = build(root, &files);
    assert_eq!(conflict(&report, "foreign"), ConflictKind::Foreign);
    assert_eq!(conflict(&report, "edited"), ConflictKind::Edited);
    assert_eq!(
        report.conflicts.iter().map(|conflict| conflict.code()).collect::<Vec<_>>(),
        ["output/edited", "output/foreign"]
    );

    let adopt = || {
        let mut options = options();
        options.takeover = Takeover::Adopt;
        options
    };
    let report = build_with(root, &files, adopt()).unwrap();
    assert_eq!(report.conflicts.len(), 1, "--adopt leaves edits alone");
    assert_eq!(conflict(&report, "edited"), ConflictKind::Edited);
    assert_eq!((text(root, "edited"), text(root, "foreign")), ("mine".into(), "theirs".into()));

    std::fs::rename(root.join("edited"), root.join("kept")).unwrap();
    let report = build_with(root, &files, adopt()).unwrap();
    assert_eq!(status(&report, "foreign"), Status::Overwritten);
    assert_eq!(text(root, "foreign"), "two");
    assert!(!build_clean(root, &files).has_drift(), "it is ours from now on");

    put(root, "edited", "mine again");
    let mut force = options();
    force.takeover = Takeover::Force;
    let report = build_with(root, &files, force).unwrap();
    assert_eq!(status(&report, "edited"), Status::Overwritten);
    assert_eq!(text(root, "edited"), "two");
}

#[test]
fn a_foreign_file_with_the_same_bytes_is_adopted_without_being_written() {
    let root = root();
    put(root.path(), "a", "same");
    let before = times(root.path())["a"];
    let report = build_clean(root.path(), &[file("a", "same")]);
    assert_eq!(status(&report, "a"), Status::Adopted);
    assert_eq!(times(root.path())["a"], before);
    assert_eq!(status(&build_clean(root.path(), &[file("a", "next")]), "a"), Status::Updated(Why::Content));
}

#[test]
fn an_edited_file_that_is_no_longer_generated_becomes_the_users() {
    let root = root();
    build_clean(root.path(), &[file("a", "one"), file("b", "b")]);
    put(root.path(), "a", "mine");
    let report = build_clean(root.path(), &[file("b", "b")]);
    assert_eq!(status(&report, "a"), Status::Released);
    assert_eq!(text(root.path(), "a"), "mine");
    assert!(!lock(root.path()).contains("\na "));
    assert_eq!(conflict(&build(root.path(), &[file("a", "one"), file("b", "b")]), "a"), ConflictKind::Foreign);
}

#[test]
fn a_file_written_once_is_never_overwritten_listed_or_removed() {
    let root = root();
    let root = root.path();
    let mut force = options();
    force.takeover = Takeover::Force;
    assert_eq!(status(&build_clean(root, &[file("SECURITY.md", "one").once()]), "SECURITY.md"), Status::Created);
    assert!(!lock(root).contains("SECURITY.md"));
    let report = build_with(root, &[file("SECURITY.md", "two").once()], force).unwrap();
    assert_eq!(status(&report, "SECURITY.md"), Status::Kept);
    build_clean(root, &[]);
    assert_eq!(text(root, "SECURITY.md"), "one");
    Writer::open(root, options()).unwrap().clean().unwrap();
    assert_eq!(text(root, "SECURITY.md"), "one");
}

#[test]
fn only_leaves_the_files_of_other_groups_alone_and_in_the_lock() {
    let root = root();
    let root = root.path();
    let set = |version: &str| {
        [file("a", version), file("b", version).group("ci-cd"), file(&format!("gone-{version}"), "x").group("ci-cd")]
    };
    build_clean(root, &set("one"));
    let mut only = options();
    only.only = Only::Groups(BTreeSet::from(["iac".to_owned()]));
    let report = build_with(root, &set("two"), only.clone()).unwrap();
    assert_eq!(report.files.len(), 1);
    assert_eq!((text(root, "a"), text(root, "b"), text(root, "gone-one")), ("two".into(), "one".into(), "x".into()));
    assert!(lock(root).contains("\nb ") && lock(root).contains("\ngone-one "));

    // A path that has moved to a group that is not written now is not removed.
    let moved = [file("a", "two").group("ci-cd"), file("b", "one").group("ci-cd")];
    assert!(build_with(root, &moved, only).unwrap().files.is_empty());
    assert_eq!(text(root, "a"), "two");
    let report = build_clean(root, &set("two"));
    assert_eq!(status(&report, "gone-one"), Status::Removed);
}

#[test]
fn a_preview_says_what_would_be_and_only_reads() {
    let root = root();
    let root = root.path();
    build_clean(root, &[file("a", "one\n"), file("gone", "g\n"), file("same", "s")]);
    let before = times(root);
    let mut preview = options();
    preview.effect = Effect::Preview;
    preview.differences = Differences::All;
    let files = [file("a", "two\n"), file("new", "n\n"), file("same", "s")];
    let report = build_with(root, &files, preview.clone()).unwrap();
    assert_eq!(times(root), before);
    assert!(report.has_drift());
    let difference = |path: &str| report.files.iter().find(|file| file.path == path).unwrap().difference.clone();
    assert_eq!(difference("a").unwrap(), "--- a (on disk)\n+++ a (generated)\n@@ -1 +1 @@\n-one\n+two\n");
    assert_eq!(difference("new").unwrap(), "--- /dev/null\n+++ new (generated)\n@@ -0,0 +1 @@\n+n\n");
    assert_eq!(difference("gone").unwrap(), "--- gone (on disk)\n+++ /dev/null\n@@ -1 +0,0 @@\n-g\n");
    assert_eq!(difference("same"), None);
    let mended = build_clean(root, &files);
    assert_eq!(
        mended.files.iter().map(|file| file.status).collect::<Vec<_>>(),
        report.files.iter().map(|file| file.status).collect::<Vec<_>>(),
        "the build does what the preview said"
    );
    assert!(!build_with(root, &files, preview).unwrap().has_drift());
}

#[test]
fn a_preview_of_a_tree_that_is_not_there_creates_no_root() {
    let root = root();
    let out = root.path().join("out");
    let mut preview = options();
    preview.effect = Effect::Preview;
    assert!(build_with(&out, &[file("a", "a")], preview).unwrap().has_drift());
    assert!(!out.exists());
    build_clean(&out, &[file("a", "a")]);
    assert_eq!(text(&out, "a"), "a");
}

#[test]
fn clean_removes_what_nobody_edited_and_the_lock() {
    let root = root();
    let root = root.path();
    build_clean(root, &[file("docs/a", "a"), file("docs/b", "b"), file("deploy/c", "c")]);
    put(root, "docs/b", "mine");
    let report = Writer::open(root, options()).unwrap().clean().unwrap();
    assert_eq!(status(&report, "docs/a"), Status::Removed);
    assert_eq!(status(&report, "docs/b"), Status::Released);
    assert_eq!(report.lock, Status::Removed);
    assert_eq!(snapshot(root).into_keys().collect::<Vec<_>>(), ["docs/", "docs/b"]);
    let again = Writer::open(root, options()).unwrap().clean().unwrap();
    assert!(!again.has_drift());
}

#[test]
fn line_endings_of_a_checkout_are_drift_but_never_a_conflict() {
    let root = root();
    let root = root.path();
    build_clean(root, &[file("a", "one\ntwo\n"), file("b", "x\n"), file("gone", "y\n")]);
    for path in ["a", "b", "gone", "deploy/deployc.lock"] {
        let converted = text(root, path).replace('\n', "\r\n");
        put(root, path, &converted);
    }
    let mut preview = options();
    preview.effect = Effect::Preview;
    assert!(
        build_with(root, &[file("a", "one\ntwo\n"), file("b", "x\n"), file("gone", "y\n")], preview)
            .unwrap()
            .has_drift()
    );
    let report = build_clean(root, &[file("a", "one\ntwo\n"), file("b", "changed\n")]);
    assert_eq!(status(&report, "a"), Status::Updated(Why::LineEndings));
    assert_eq!(status(&report, "gone"), Status::Removed);
    assert_eq!(status(&report, "b"), Status::Updated(Why::LineEndings));
    assert!(format!("{}", status(&report, "b")).contains("CRLF"));
    assert_eq!(text(root, "b"), "changed\n");
    assert!(!lock(root).contains('\r'));
    // A single line ending changed together with a word is an edit like any other.
    put(root, "a", "one\r\nmine\n");
    assert_eq!(conflict(&build(root, &[file("a", "one\ntwo\n"), file("b", "changed\n")]), "a"), ConflictKind::Edited);
}

#[test]
fn an_empty_or_zeroed_file_is_rebuilt_and_not_taken_for_an_edit() {
    let root = root();
    build_clean(root.path(), &[file("a", "one"), file("b", "one")]);
    put(root.path(), "a", "");
    put(root.path(), "b", "\0\0\0");
    let report = build_clean(root.path(), &[file("a", "two"), file("b", "two")]);
    assert_eq!(status(&report, "a"), Status::Updated(Why::Damaged));
    assert_eq!(text(root.path(), "b"), "two");
    // But an empty file that deployc never wrote may mean something.
    put(root.path(), ".dockerignore", "");
    let report = build(root.path(), &[file("a", "two"), file("b", "two"), file(".dockerignore", "x")]);
    assert_eq!(conflict(&report, ".dockerignore"), ConflictKind::Foreign);
}

#[cfg(unix)]
#[test]
fn whether_a_file_can_be_run_is_part_of_it() {
    let root = root();
    let root = root.path();
    let files = [file("run.sh", "#!/bin/sh\n").executable(), file("plain", "p")];
    build_clean(root, &files);
    assert!(is_executable(root, "run.sh") && !is_executable(root, "plain"));
    set_mode(root, "run.sh", 0o644);
    set_mode(root, "plain", 0o755);
    let mut preview = options();
    preview.effect = Effect::Preview;
    preview.differences = Differences::All;
    let report = build_with(root, &files, preview).unwrap();
    assert_eq!(status(&report, "plain"), Status::Updated(Why::Mode));
    let shown = report.files.iter().find(|file| file.path == "run.sh").unwrap().difference.clone().unwrap();
    assert_eq!(shown, "--- run.sh (on disk: not executable)\n+++ run.sh (generated: executable)\n");
    build_clean(root, &files);
    assert!(is_executable(root, "run.sh") && !is_executable(root, "plain"));
    assert!(!build_clean(root, &files).has_drift());
}
