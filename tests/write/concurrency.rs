//! Two builds at once.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use deployc::write::{WriteError, Writer};

use super::kit::*;

fn set(version: &str) -> Vec<Generated> {
    (0..30).map(|number| file(&format!("docs/{number}/file.md"), &format!("{version} {number}"))).collect()
}

#[test]
fn two_builds_at_once_leave_one_of_the_two_sets_whole() {
    for round in 0..15 {
        let root = tempfile::tempdir().unwrap();
        if round % 2 == 0 {
            build_clean(root.path(), &set("base"));
        }
        let start = Barrier::new(3);
        let results: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = ["one", "two", "three"]
                .map(|version| {
                    let (root, start) = (root.path(), &start);
                    scope.spawn(move || {
                        start.wait();
                        build_with(root, &set(version), options()).map(|report| (version, report))
                    })
                })
                .into_iter()
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut done = Vec::new();
        for result in results {
            match result {
                Ok((version, report)) => {
                    assert!(report.conflicts.is_empty(), "{:?}", report.conflicts);
                    done.push(version);
                }
                Err(WriteError::ChangedMeanwhile { .. } | WriteError::Busy { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert!(!done.is_empty());
        let now = snapshot(root.path());
        let whole = done.iter().find(|version| {
            set(version).iter().all(|file| now.get(&file.path).is_some_and(|bytes| *bytes == file.bytes))
        });
        let whole = whole.unwrap_or_else(|| panic!("a mix of {done:?}"));
        assert!(!root.path().join(".deployc").exists());
        assert!(!build_clean(root.path(), &set(whole)).has_drift());
    }
}

#[test]
fn a_build_that_waits_too_long_says_who_holds_it_up() {
    let root = tempfile::tempdir().unwrap();
    let mut first = Writer::open(root.path(), options()).unwrap();
    let one = file("a", "one");
    first.offer(&one.path, one.group, one.mode, one.ownership, &one.bytes).unwrap();
    let mut impatient = options();
    impatient.patience = Duration::from_millis(60);
    let error = build_with(root.path(), &[file("a", "two")], impatient).unwrap_err();
    assert!(matches!(error, WriteError::Busy { .. }), "{error:?}");
    assert!(error.to_string().contains(".deployc"));
    first.commit().unwrap();
    assert_eq!(text(root.path(), "a"), "one");
    build_clean(root.path(), &[file("a", "two")]);
}

#[test]
fn a_build_that_waits_gets_its_turn() {
    let root = tempfile::tempdir().unwrap();
    let mut first = Writer::open(root.path(), options()).unwrap();
    let one = file("a", "one");
    first.offer(&one.path, one.group, one.mode, one.ownership, &one.bytes).unwrap();
    thread::scope(|scope| {
        let second = scope.spawn(|| build_with(root.path(), &[file("a", "two")], options()));
        thread::sleep(Duration::from_millis(100));
        first.commit().unwrap();
        assert!(second.join().unwrap().unwrap().conflicts.is_empty());
    });
    assert_eq!(text(root.path(), "a"), "two");
}

#[test]
fn what_was_looked_at_before_another_build_wrote_is_looked_at_again() {
    let set = |a: &str, b: &str, c: &str| [file("a", a), file("b", b), file("c", c)];
    for (theirs, told) in [(set("one", "one", "theirs"), false), (set("theirs", "one", "one"), true)] {
        let root = tempfile::tempdir().unwrap();
        build_clean(root.path(), &set("one", "one", "one"));
        let mut writer = Writer::open(root.path(), options()).unwrap();
        let mut offer = |file: Generated| writer.offer(&file.path, file.group, file.mode, file.ownership, &file.bytes);
        offer(file("a", "one")).unwrap();
        build_clean(root.path(), &theirs);
        // The bytes of `a` are gone by now, so the set cannot be made whole any more.
        let next = offer(file("b", "two"));
        assert_eq!(matches!(&next, Err(WriteError::ChangedMeanwhile { path }) if path == "a"), told, "{next:?}");
        if !told {
            offer(file("c", "two")).unwrap();
            assert!(writer.commit().unwrap().conflicts.is_empty(), "what the other build wrote is ours");
            assert!(!build_clean(root.path(), &set("one", "two", "two")).has_drift());
        }
    }
}

#[test]
fn an_edit_during_the_build_is_left_alone_and_told() {
    let root = tempfile::tempdir().unwrap();
    build_clean(root.path(), &[file("a", "one"), file("b", "one")]);
    let mut writer = Writer::open(root.path(), options()).unwrap();
    for file in [file("a", "two"), file("b", "two")] {
        writer.offer(&file.path, file.group, file.mode, file.ownership, &file.bytes).unwrap();
    }
    put(root.path(), "a", "mine");
    let error = writer.commit().unwrap_err();
    assert!(matches!(&error, WriteError::ChangedMeanwhile { path } if path == "a"), "{error:?}");
    assert_eq!((text(root.path(), "a"), text(root.path(), "b")), ("mine".into(), "two".into()));
    assert!(!root.path().join(".deployc").exists());
}

#[test]
fn a_build_that_is_given_up_leaves_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(root.path(), options()).unwrap();
    let one = file("a", "one");
    writer.offer(&one.path, one.group, one.mode, one.ownership, &one.bytes).unwrap();
    assert!(root.path().join(".deployc").exists());
    drop(writer);
    assert!(snapshot(root.path()).is_empty());
}
