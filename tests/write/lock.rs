//! The lock: its text, and what is made of one that is lost, damaged, conflicted, hostile or newer.

use deployc::write::{ConflictKind, Digest, LockState, Status, WriteError, Writer};

use super::kit::*;

const LOCK: &str = "deploy/deployc.lock";

#[test]
fn one_sorted_line_per_file_and_nothing_about_the_whole() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    build_clean(root, &[file("b c/d.md", "x").group("operations"), file("a", "y")]);
    let all = lock(root);
    let lines: Vec<&str> = all.lines().filter(|line| !line.starts_with('#')).collect();
    let expected = [
        "deployc 0.1.0 edition 2026".to_owned(),
        format!("a {} iac", Digest::of(b"y")),
        format!("b c/d.md {} operations", Digest::of(b"x")),
    ];
    assert_eq!(lines, expected);
    assert!(!build_clean(root, &[file("a", "y"), file("b c/d.md", "x").group("operations")]).has_drift());
    // One file more is one line more.
    build_clean(root, &[file("b c/d.md", "x").group("operations"), file("a", "y"), file("c", "z")]);
    assert_eq!(lock(root).lines().filter(|line| !all.contains(line)).count(), 1);
}

#[test]
fn a_lost_lock_is_made_again_from_what_is_equal() {
    let root = tempfile::tempdir().unwrap();
    let files = [file("a", "one"), file("b", "one")];
    build_clean(root.path(), &files);
    let whole = lock(root.path());
    for broken in [None, Some(""), Some("\0\0\0\0"), Some("rubbish\nmore rubbish\n"), Some(&whole[..whole.len() - 30])]
    {
        match broken {
            None => std::fs::remove_file(root.path().join(LOCK)).unwrap(),
            Some(text) => put(root.path(), LOCK, text),
        }
        let report = build_clean(root.path(), &files);
        assert_ne!(report.lock_state, LockState::Whole, "{broken:?}");
        assert!(report.lock.is_change());
        assert_eq!(lock(root.path()), whole);
    }
    std::fs::remove_file(root.path().join(LOCK)).unwrap();
    let report = build(root.path(), &[file("a", "one"), file("b", "two")]);
    assert_eq!(conflict(&report, "b"), ConflictKind::Foreign, "without a lock nobody knows whose it is");
}

#[test]
fn after_a_conflicted_merge_the_files_of_both_sides_are_ours() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let (ours, theirs) = (Digest::of(b"ours"), Digest::of(b"theirs"));
    put(root, "a", "theirs");
    put(root, "b", "ours");
    put(root, "c", "by hand");
    let text = format!(
        "deployc 0.1.0 edition 2026\n<<<<<<< HEAD\ndeployc 0.0.9 edition 2025\na {ours} iac\nb {ours} ci-cd\nc {ours} iac\n||||||| base\n=======\na {theirs} iac\nb {theirs} ci-cd\n>>>>>>> other\n"
    );
    put(root, LOCK, &text);
    let mut only = options();
    only.only = deployc::write::Only::Groups(["iac".to_owned()].into());
    let report = build_with(root, &[file("a", "merged"), file("c", "merged")], only.clone()).unwrap();
    assert_eq!(report.lock_state, LockState::Conflicted);
    assert_eq!(conflict(&report, "c"), ConflictKind::Edited);
    put(root, "c", "merged");
    let report = build_with(root, &[file("a", "merged"), file("c", "merged")], only).unwrap();
    assert!(report.conflicts.is_empty());
    assert!(lock(root).contains(&format!("b {ours} ci-cd\n")), "the side that is on disk counts");
    assert!(!lock(root).contains("<<<<") && !lock(root).contains(&theirs.to_string()));
}

#[test]
fn branches_merge_line_by_line() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git")
            .current_dir(root)
            .args(["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
    };
    let set = |a: &str, z: &str| -> Vec<Generated> {
        ["a", "m", "n", "o", "p", "z"]
            .map(|path| {
                file(
                    path,
                    match path {
                        "a" => a,
                        "z" => z,
                        _ => "same",
                    },
                )
            })
            .to_vec()
    };
    git(&["init", "-q", "-b", "main"]);
    build_clean(root, &set("1", "1"));
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "base"]);
    git(&["checkout", "-q", "-b", "side"]);
    build_clean(root, &set("2", "1"));
    git(&["commit", "-q", "-a", "-m", "side"]);
    git(&["checkout", "-q", "main"]);
    build_clean(root, &set("1", "2"));
    git(&["commit", "-q", "-a", "-m", "main"]);
    git(&["merge", "-q", "side", "-m", "merge"]);
    assert!(!build_clean(root, &set("2", "2")).has_drift());
}

#[test]
fn an_older_compiler_refuses() {
    let root = tempfile::tempdir().unwrap();
    for (lock, ours, refused) in [
        ("0.2.0", "0.1.9", true),
        ("0.10.0", "0.9.0", true),
        ("1.0.0", "1.0.0-beta.2", true),
        ("1.0.0-beta.10", "1.0.0-beta.9", true),
        ("1.0.0-beta.2", "1.0.0", false),
        ("0.1.0", "0.1.0", false),
        ("0.1.0", "0.2.0", false),
        ("nonsense", "0.1.0", false),
    ] {
        let before = format!("deployc {lock} edition 2026\n");
        put(root.path(), LOCK, &before);
        let mut options = options();
        options.compiler = ours.to_owned();
        match build_with(root.path(), &[], options) {
            Err(WriteError::OlderCompiler { .. }) => assert!(refused, "{lock} {ours}"),
            Err(error) => panic!("{error}"),
            Ok(_) => assert!(!refused, "{lock} {ours}"),
        }
        assert_eq!(text(root.path(), LOCK) == before, refused, "{lock} {ours}");
    }
}

#[test]
fn a_hostile_lock_reaches_nothing_outside() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    put(outer.path(), "victim", "precious");
    put(&root, ".git/config", "precious");
    put(&root, "mine", "precious");
    let digest = Digest::of(b"precious");
    let absolute = outer.path().join("victim");
    let mut text = "deployc 0.1.0 edition 2026\n".to_owned();
    for path in ["../victim", absolute.to_str().unwrap(), ".git/config", "a/../../victim", "./mine", ".deployc/lock"] {
        text.push_str(&format!("{path} {digest} iac\n"));
    }
    put(&root, LOCK, &text);
    let report = Writer::open(&root, options()).unwrap().clean().unwrap();
    assert_eq!((report.lock_state, report.lock), (LockState::Damaged, Status::Removed));
    assert!(report.files.is_empty());
    assert_eq!(super::kit::text(outer.path(), "victim"), "precious");
    assert_eq!(super::kit::text(&root, ".git/config"), "precious");
    assert_eq!(super::kit::text(&root, "mine"), "precious");
}
