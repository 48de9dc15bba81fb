//! What is never written to, and what stands where a file or folder is needed.

use std::fs;

use deployc::write::{Conflict, ConflictKind, Status, Takeover, WriteError};

use super::kit::*;

fn force() -> deployc::write::Options {
    let mut options = options();
    options.takeover = Takeover::Force;
    options
}

#[test]
fn paths_that_are_never_written() {
    let root = tempfile::tempdir().unwrap();
    for path in [
        "",
        "/etc/x",
        "../x",
        "a/../../x",
        "a/..",
        "./a",
        "a//b",
        "a/",
        "c:/x",
        "a\\b",
        "a\nb",
        "a\u{1b}[31m",
        ".git/hooks/pre-commit",
        "sub/.GIT/config",
        ".deployc/journal",
        "deploy/deployc.lock",
        "Deploy/Deployc.Lock",
    ] {
        let result = build_with(root.path(), &[file("ok", "ok"), file(path, "x")], force());
        assert!(matches!(result, Err(WriteError::UnsafePath { .. })), "{path:?}: {result:?}");
        assert!(snapshot(root.path()).is_empty(), "{path:?} leaves nothing behind");
    }
    let odd_group = build_with(root.path(), &[file("a", "x").group("two words")], options());
    assert!(matches!(odd_group, Err(WriteError::UnsafePath { .. })));
}

#[cfg(unix)]
#[test]
fn links_out_of_the_root_are_not_followed_even_by_force() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    fs::create_dir_all(outer.path().join("outside")).unwrap();
    fs::create_dir_all(&root).unwrap();
    std::os::unix::fs::symlink("../outside", root.join("docs")).unwrap();
    let before = snapshot(outer.path());
    let report = build_with(&root, &[file("docs/deep/a.md", "x"), file("b", "b")], force()).unwrap();
    assert_eq!(conflict(&report, "docs/deep/a.md"), ConflictKind::Outside { by: "docs".into() });
    assert_eq!(snapshot(outer.path()), before);

    // The lock's own folder is no exception.
    fs::remove_file(root.join("docs")).unwrap();
    std::os::unix::fs::symlink("../outside", root.join("deploy")).unwrap();
    let report = build_with(&root, &[file("b", "b")], force()).unwrap();
    assert_eq!(conflict(&report, "deploy/deployc.lock"), ConflictKind::Outside { by: "deploy".into() });
    assert!(!root.join("b").exists());

    // Nor is the folder that files are staged in.
    fs::remove_file(root.join("deploy")).unwrap();
    std::os::unix::fs::symlink("../outside", root.join(".deployc")).unwrap();
    assert!(matches!(build_with(&root, &[file("b", "b")], force()), Err(WriteError::UnsafePath { .. })));
    assert!(fs::read_dir(outer.path().join("outside")).unwrap().next().is_none());

    // Nor is anything in that folder.
    fs::remove_file(root.join(".deployc")).unwrap();
    fs::create_dir(root.join(".deployc")).unwrap();
    for name in ["lock", "staged", "journal", "journal.part", ".gitignore"] {
        std::os::unix::fs::symlink("../../outside/new", root.join(".deployc").join(name)).unwrap();
    }
    build_clean(&root, &[file("b", "b")]);
    assert!(fs::read_dir(outer.path().join("outside")).unwrap().next().is_none());
    assert!(!root.join(".deployc").exists());
}

#[cfg(unix)]
#[test]
fn a_link_at_the_target_is_foreign_and_what_it_names_is_never_touched() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    put(root, "real.md", "mine");
    std::os::unix::fs::symlink("real.md", root.join("a.md")).unwrap();
    let report = build(root, &[file("a.md", "generated")]);
    assert_eq!(conflict(&report, "a.md"), ConflictKind::Link);
    assert!(report.conflicts[0].difference.as_deref().unwrap().contains("symbolic link to `real.md`"));
    let report = build_with(root, &[file("a.md", "generated")], force()).unwrap();
    assert_eq!(status(&report, "a.md"), Status::Overwritten);
    assert_eq!((text(root, "a.md"), text(root, "real.md")), ("generated".into(), "mine".into()));
    assert!(!root.join("a.md").is_symlink());
}

#[cfg(unix)]
#[test]
fn a_linked_folder_inside_the_root_is_a_folder_and_two_ways_to_one_file_collide() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    fs::create_dir_all(root.join("documentation")).unwrap();
    std::os::unix::fs::symlink("documentation", root.join("docs")).unwrap();
    build_clean(root, &[file("docs/a.md", "x")]);
    assert_eq!(text(root, "documentation/a.md"), "x");
    let both = build(root, &[file("docs/a.md", "x"), file("documentation/a.md", "y")]);
    assert_eq!(conflict(&both, "documentation/a.md"), ConflictKind::Collision { with: "docs/a.md".into() });
    // Under its other name it is the same file, and not removed after it has been written.
    build_clean(root, &[file("documentation/a.md", "x")]);
    assert_eq!(text(root, "documentation/a.md"), "x");
    assert!(!build_clean(root, &[file("documentation/a.md", "x")]).has_drift());
}

#[test]
fn generated_files_that_exclude_each_other_are_conflicts() {
    let root = tempfile::tempdir().unwrap();
    let report = build(root.path(), &[file("docs/Api.md", "x"), file("docs/api.md", "y"), file("b", "b")]);
    assert_eq!(conflict(&report, "docs/api.md"), ConflictKind::Collision { with: "docs/Api.md".into() });
    assert_eq!(report.conflicts[0].code(), "output/case");
    let report = build(root.path(), &[file("a", "x"), file("a", "x")]);
    assert_eq!(conflict(&report, "a"), ConflictKind::Collision { with: "a".into() });
    assert_eq!(report.conflicts[0].code(), "output/two-emitters");
    let report = build(root.path(), &[file("a/b/c", "x"), file("A", "y")]);
    assert_eq!(conflict(&report, "a/b/c"), ConflictKind::Collision { with: "A".into() });
    assert!(snapshot(root.path()).is_empty());
}

#[test]
fn a_file_that_only_changes_case_is_replaced() {
    let root = tempfile::tempdir().unwrap();
    build_clean(root.path(), &[file("docs/Api.md", "x")]);
    build_clean(root.path(), &[file("docs/api.md", "x")]);
    assert_eq!(text(root.path(), "docs/api.md"), "x");
    assert!(!build_clean(root.path(), &[file("docs/api.md", "x")]).has_drift());
}

#[test]
fn files_and_folders_in_each_others_place_are_conflicts_unless_they_are_ours() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    put(root, "a", "mine");
    put(root, "b/mine", "mine");
    let report = build_with(root, &[file("a/x", "x"), file("b", "b")], force()).unwrap();
    assert_eq!(conflict(&report, "a/x"), ConflictKind::Blocked { by: "a".into() });
    assert_eq!(conflict(&report, "b"), ConflictKind::Directory);
    assert!(report.conflicts.iter().all(|Conflict { kind, .. }| !kind.ways_out().is_empty()));

    build_clean(root, &[file("c", "c"), file("d/e/f", "f"), file("d/g", "g")]);
    build_clean(root, &[file("c/d", "c"), file("d", "d")]);
    assert_eq!((text(root, "c/d"), text(root, "d")), ("c".into(), "d".into()));
    // A folder without any file holds nothing of anybody.
    fs::create_dir_all(root.join("empty/empty")).unwrap();
    build_clean(root, &[file("c", "c"), file("d/e/f", "f"), file("empty", "x")]);
    assert_eq!(text(root, "empty"), "x");
    build_clean(root, &[file("c", "c"), file("d/e/f", "f")]);
    put(root, "d/e/mine", "mine");
    let report = build(root, &[file("d", "d")]);
    assert_eq!(conflict(&report, "d"), ConflictKind::Directory);
    assert_eq!((text(root, "c"), text(root, "d/e/f")), ("c".into(), "f".into()));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_its_writer() {
    let root = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo").arg(root.path().join("a")).status().unwrap();
    assert!(made.success());
    let report = build_with(root.path(), &[file("a", "x")], force()).unwrap();
    assert_eq!(conflict(&report, "a"), ConflictKind::Special);
    assert!(root.path().join("a").symlink_metadata().is_ok());
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_names_it() {
    // A root that is a file fails for every user, also for one who may write everywhere.
    let outer = tempfile::tempdir().unwrap();
    put(outer.path(), "root", "a file");
    let error = build_with(&outer.path().join("root"), &[file("a", "x")], options()).unwrap_err();
    assert!(matches!(error, WriteError::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("root"), "{error}");
    assert_eq!(text(outer.path(), "root"), "a file");
}

#[test]
fn what_is_too_long_or_not_text_is_told_apart_without_being_compared() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "long", &"line\n".repeat(20_000));
    fs::write(root.path().join("binary"), [0xff, 0xfe, 0x00]).unwrap();
    put(root.path(), "huge", &"x".repeat(2_000_000));
    let report = build(root.path(), &[file("long", "a"), file("binary", "b"), file("huge", "c")]);
    for conflict in &report.conflicts {
        let difference = conflict.difference.as_deref().unwrap();
        assert!(difference.starts_with(&format!("`{}` differs; it is", conflict.path)), "{difference}");
    }
    assert_eq!(report.conflicts.len(), 3);
}
