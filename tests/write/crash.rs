//! A real process killed by a real SIGKILL at every system call that changes the tree.
//!
//! This test runs itself again under `strace`, which must be installed: it kills the process on entering the Nth call.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use deployc::write::{ConflictKind, Effect, Recovery, Takeover, Writer};
use tempfile::TempDir;

use super::kit::*;

/// Every call that can change a tree; those that a system does not have are passed over.
const CALLS: &str = "?creat,?open,openat,?mkdir,mkdirat,?rename,?renameat,renameat2,?unlink,unlinkat,?rmdir,?link,linkat,\
                     ?symlink,symlinkat,?chmod,fchmod,fchmodat,write,writev,pwrite64,ftruncate,fsync,fdatasync";

/// What of the tree is not generated, and must be there at every moment.
const MINE: [(&str, &str); 3] = [("docs/mine.md", "mine"), ("released/edited", "mine too"), ("SECURITY.md", "kept")];

fn old_set() -> Vec<Generated> {
    let mut files = vec![
        file("docs/a.md", "a one"),
        file("docs/deep/same.md", "same"),
        file("ops/run.sh", "one").executable(),
        file("ops/mode.sh", "mode"),
        file("gone/x/y", "gone"),
        file("released/edited", "as generated"),
        file("turn", "a file that becomes a folder"),
    ];
    files.extend((0..4).map(|number| file(&format!("many/{number}"), &format!("old {number}"))));
    files
}

fn new_set() -> Vec<Generated> {
    let mut files = vec![
        file("docs/a.md", "a two"),
        file("docs/deep/same.md", "same"),
        file("docs/status.md", "once").once(),
        file("SECURITY.md", "generated").once(),
        file("ops/run.sh", "two").executable(),
        file("ops/mode.sh", "mode").executable(),
        file("new/folder/n", "new"),
        file("turn/into", "a folder"),
    ];
    files.extend((0..4).map(|number| file(&format!("many/{number}"), &format!("new {number}"))));
    files
}

fn third_set() -> Vec<Generated> {
    vec![file("docs/a.md", "a three"), file("new/folder/n", "third"), file("gone/x/y", "back"), file("turn", "back")]
}

/// A tree after the first build, with the user's files in it.
fn old_tree() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    build_clean(root.path(), &old_set());
    for (path, text) in MINE {
        put(root.path(), path, text);
    }
    root
}

fn copy(from: &Path) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let done = Command::new("cp").arg("-a").arg(from.join(".")).arg(root.path()).status().unwrap();
    assert!(done.success());
    root
}

/// Not a test of its own: what the killed process does. Without its variable there is nothing to do.
#[test]
fn hosted_child() {
    let Some(root) = std::env::var_os("DEPLOYC_TEST_ROOT") else { return };
    let root = Path::new(&root);
    match std::env::var("DEPLOYC_TEST_DEED").unwrap().as_str() {
        "build" => drop(build_clean(root, &new_set())),
        "conflict" => assert_eq!(build(root, &new_set()).conflicts.len(), 2),
        "clean" => drop(Writer::open(root, options()).unwrap().clean().unwrap()),
        deed => panic!("{deed}"),
    }
}

/// Runs the deed under strace; answers whether it was killed, and its log.
fn run(root: &Path, deed: &str, kill: Option<&Point>) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-y", "-s", "0", "-o"]).arg(&log).arg("-e").arg(format!("trace={CALLS}"));
    if let Some((call, number)) = kill {
        command.arg("-e").arg(format!("inject={call}:signal=KILL:when={number}"));
    }
    command.arg(std::env::current_exe().unwrap()).args(["crash::hosted_child", "--exact", "--test-threads=1"]);
    // More arenas are made when threads happen to meet, with calls that would upset the count.
    command.env("MALLOC_ARENA_MAX", "1");
    command.env("DEPLOYC_TEST_ROOT", root).env("DEPLOYC_TEST_DEED", deed);
    let output = command.output().expect("strace must be installed and allowed to trace: apt-get install -y strace");
    let killed = output.status.signal() == Some(9);
    assert!(killed || output.status.success(), "{output:?}");
    (killed, fs::read_to_string(log).unwrap())
}

/// A system call, and how often a thread has made it, itself included: this is how strace counts.
type Point = (String, usize);

/// Every call that changes the tree, or makes a change lasting.
fn calls_that_change(root: &Path, deed: &str) -> BTreeSet<Point> {
    let (_, log) = run(root, deed, None);
    let root = root.to_str().unwrap();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for line in log.lines().filter(|line| !line.contains(" resumed>")) {
        let (thread, rest) = line.split_once(' ').unwrap();
        let Some((call, _)) = rest.trim_start().split_once('(') else { continue };
        let count = counts.entry((thread, call)).or_default();
        *count += 1;
        let only_reads = call.starts_with("open") && !line.contains("O_CREAT");
        if line.contains(root) && !only_reads {
            found.insert((call.to_owned(), *count));
        }
    }
    found
}

/// Every generated path holds all of its old or all of its new bytes, and the user's files are as they were.
fn assert_nothing_torn(root: &Path, after: &[Generated], point: &str) {
    let old: BTreeMap<String, Vec<u8>> = old_set().into_iter().map(|file| (file.path, file.bytes)).collect();
    let new: BTreeMap<String, Vec<u8>> = after.iter().map(|file| (file.path.clone(), file.bytes.clone())).collect();
    let mut now = snapshot(root);
    now.retain(|path, _| !path.ends_with('/') && !path.starts_with(".deployc/") && path != "deploy/deployc.lock");
    for (path, mine) in MINE {
        assert_eq!(now.remove(path).as_deref(), Some(mine.as_bytes()), "{point}: {path}");
    }
    for path in old.keys().chain(new.keys()).filter(|path| MINE.iter().all(|(mine, _)| mine != path)) {
        let (old, new, now) = (old.get(path), new.get(path), now.get(path));
        assert!(now == old || now == new, "{point}: `{path}` is neither old nor new: {now:?}");
    }
    now.retain(|path, _| !old.contains_key(path) && !new.contains_key(path));
    assert!(now.is_empty(), "{point}: {now:?}");
    if let Ok(lock) = fs::read_to_string(root.join("deploy/deployc.lock")) {
        assert!(lock.ends_with('\n') && lock.contains("\ndeployc 0.1.0 "), "{point}: {lock}");
    }
}

/// The tree without what is written once: a dead build wrote it or not, and it is the user's in either case.
fn listed(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut tree = snapshot(root);
    tree.remove("docs/status.md");
    tree
}

/// Whatever command comes next mends the tree, and takes nothing of ours for somebody's edit.
fn assert_mended(root: &Path, expected_new: &Path, expected_third: &Path, point: &str) {
    let before = times(root);
    for set in [new_set(), third_set()] {
        let mut preview = options();
        preview.effect = Effect::Preview;
        let report = build_with(root, &set, preview).unwrap();
        assert!(report.conflicts.is_empty(), "{point}: {:?}", report.conflicts);
    }
    assert_eq!(times(root), before, "{point}: a preview changes nothing");

    let third = copy(root);
    let report = build(third.path(), &third_set());
    assert!(report.conflicts.is_empty(), "{point}: {:?}", report.conflicts);
    assert_eq!(listed(third.path()), listed(expected_third), "{point}: the third build");

    let edited = copy(root);
    put(edited.path(), "many/3", "precious");
    build(edited.path(), &new_set());
    assert_eq!(text(edited.path(), "many/3"), "precious", "{point}: an edit between crash and mending");

    build_clean(root, &new_set());
    assert_eq!(snapshot(root), snapshot(expected_new), "{point}: the same build again");
    assert!(is_executable(root, "ops/run.sh") && is_executable(root, "ops/mode.sh"), "{point}");
    assert!(!build_clean(root, &new_set()).has_drift());
}

/// The trees that an undisturbed build leaves, first with the new set, then with the third.
fn expected() -> (TempDir, TempDir) {
    let new = old_tree();
    build_clean(new.path(), &new_set());
    let third = copy(new.path());
    build_clean(third.path(), &third_set());
    (new, third)
}

#[test]
fn a_build_killed_at_any_call_tears_nothing_and_is_mended() {
    let (new, third) = expected();
    let points = calls_that_change(old_tree().path(), "build");
    for call in ["mkdir", "openat", "write", "fsync", "rename", "unlink", "rmdir"] {
        assert!(points.iter().any(|(name, _)| name.starts_with(call)), "{call}: {points:?}");
    }
    for point in points {
        let root = old_tree();
        let name = format!("{point:?}");
        assert!(run(root.path(), "build", Some(&point)).0, "{name} was not reached");
        assert_nothing_torn(root.path(), &new_set(), &name);
        assert_mended(root.path(), new.path(), third.path(), &name);
    }
}

#[test]
fn a_mending_build_may_be_killed_as_well() {
    let (new, third) = expected();
    // Before the journal counts, at the first of its files, in the middle, and before the lock.
    for first in [1, 2, 6, 12] {
        let crashed = old_tree();
        assert!(run(crashed.path(), "build", Some(&rename(first))).0, "rename {first}");
        for point in calls_that_change(copy(crashed.path()).path(), "build") {
            let root = copy(crashed.path());
            let name = format!("rename {first}, then {point:?}");
            assert!(run(root.path(), "build", Some(&point)).0, "{name} was not reached");
            assert_nothing_torn(root.path(), &new_set(), &name);
            assert_mended(root.path(), new.path(), third.path(), &name);
        }
    }
}

#[test]
fn a_clean_killed_at_any_call_is_mended() {
    for point in calls_that_change(old_tree().path(), "clean") {
        let root = old_tree();
        assert!(run(root.path(), "clean", Some(&point)).0, "{point:?} was not reached");
        assert_nothing_torn(root.path(), &[], &format!("{point:?}"));
        let again = copy(root.path());
        build_clean(again.path(), &third_set());
        assert_eq!(text(again.path(), "gone/x/y"), "back");
        Writer::open(root.path(), options()).unwrap().clean().unwrap();
        let left: Vec<String> = snapshot(root.path()).into_keys().collect();
        assert_eq!(left, ["SECURITY.md", "docs/", "docs/mine.md", "released/", "released/edited"], "{point:?}");
    }
}

/// What would be lost with the power is on the disk before anything counts on it.
#[test]
fn everything_is_flushed_before_the_step_that_relies_on_it() {
    let root = old_tree();
    let (_, log) = run(root.path(), "build", None);
    let root = root.path().to_str().unwrap();
    let lines: Vec<&str> = log.lines().collect();
    let place = |call: &str, end: &str| {
        let wanted = |line: &&str| line.contains(&format!(" {call}(")) && line.contains(&format!("{root}{end}"));
        lines.iter().position(wanted).unwrap_or_else(|| panic!("no {call} of {end} in {log}"))
    };
    let first_change = lines.iter().position(|line| line.contains("unlink") && line.contains("gone/x/y")).unwrap();
    let sealed = place("rename", "/.deployc/journal.part");
    for number in 0..11 {
        assert!(place("fsync", &format!("/.deployc/staged/{number}>")) < sealed);
    }
    for earlier in ["/.deployc/journal.part>", "/.deployc/staged>", "/.deployc>", ">"] {
        assert!(place("fsync", earlier) < sealed, "{earlier}");
    }
    assert!(sealed < first_change);
    let sealed_for_good =
        lines.iter().skip(sealed).position(|line| line.contains("fsync") && line.contains("/.deployc>"));
    assert!(sealed + sealed_for_good.unwrap() < first_change);
    let done = lines.iter().rposition(|line| line.contains("unlink") && line.contains("/.deployc/journal\"")).unwrap();
    assert!(done > first_change);
    for folder in ["/docs>", "/new/folder>", "/new>", "/ops>", "/many>", "/turn>", "/deploy>"] {
        assert!(place("fsync", folder) < done, "{folder}");
    }
}

/// Waits at the lock until the one who had it has removed it, and must not take that for having it.
#[test]
fn a_lock_that_was_removed_while_it_was_waited_for_does_not_count() {
    let root = old_tree();
    let offer = |text: &str| {
        let mut writer = Writer::open(root.path(), options()).unwrap();
        let one = file("held", text);
        writer.offer(&one.path, one.group, one.mode, one.ownership, &one.bytes).unwrap();
        writer
    };
    let first = offer("first");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:delay_enter=800000:when=1"]);
    strace.arg(std::env::current_exe().unwrap()).args(["crash::hosted_child", "--exact", "--test-threads=1"]);
    strace.env("DEPLOYC_TEST_ROOT", root.path()).env("DEPLOYC_TEST_DEED", "build");
    let mut child = strace.stdout(std::process::Stdio::null()).spawn().expect("strace must be installed");
    std::thread::sleep(std::time::Duration::from_millis(400));
    drop(first);
    let second = offer("second");
    std::thread::sleep(std::time::Duration::from_millis(1200));
    assert_eq!(text(root.path(), "docs/a.md"), "a one", "the other build writes although this one has the lock");
    drop(second);
    assert!(child.wait().unwrap().success());
    assert_eq!(text(root.path(), "docs/a.md"), "a two");
}

#[test]
fn foreign_and_edited_files_survive_a_killed_build() {
    let tree = || {
        let root = old_tree();
        put(root.path(), "new/folder/n", "foreign");
        put(root.path(), "many/1", "edited");
        root
    };
    for point in calls_that_change(tree().path(), "conflict") {
        let root = tree();
        assert!(run(root.path(), "conflict", Some(&point)).0, "{point:?} was not reached");
        let report = build(root.path(), &new_set());
        assert_eq!(conflict(&report, "many/1"), ConflictKind::Edited);
        assert_eq!(conflict(&report, "new/folder/n"), ConflictKind::Foreign);
        assert_eq!(snapshot(root.path()), snapshot(tree().path()), "{point:?}");
    }
}

/// The call that renames for the `number`th time.
fn rename(number: usize) -> Point {
    let points = calls_that_change(old_tree().path(), "build");
    points.into_iter().find(|(call, count)| call.starts_with("rename") && *count == number).unwrap()
}

/// A tree whose build died after some renames.
fn half_built() -> TempDir {
    let root = old_tree();
    assert!(run(root.path(), "build", Some(&rename(6))).0);
    assert!(root.path().join(".deployc/journal").exists());
    assert!(fs::read_to_string(root.path().join(".deployc/.gitignore")).unwrap() == "*\n");
    root
}

#[test]
fn a_damaged_journal_means_rebuilding_and_never_edited_by_hand() {
    let (_, third) = expected();
    let journal = fs::read(half_built().path().join(".deployc/journal")).unwrap();
    for kept in (0..journal.len()).step_by(97) {
        for damage in ["cut", "zeroed", "changed"] {
            let root = half_built();
            let path = root.path().join(".deployc/journal");
            let mut bytes = fs::read(&path).unwrap();
            match damage {
                "cut" => bytes.truncate(kept),
                "zeroed" => bytes[kept..].fill(0),
                _ => bytes[kept] ^= 1,
            }
            fs::write(&path, &bytes).unwrap();
            // What the lost lines named cannot be known any more, but the bytes of this very build are recognised.
            let report = build_clean(root.path(), &new_set());
            assert_eq!(report.recovery, Recovery::Settled, "{damage} {kept}");
            build_clean(root.path(), &third_set());
            assert_eq!(listed(root.path()), listed(third.path()));
        }
    }
}

#[test]
fn lost_staged_files_are_settled_and_the_next_set_is_written() {
    let (_, third) = expected();
    let root = half_built();
    fs::remove_dir_all(root.path().join(".deployc/staged")).unwrap();
    let report = build_clean(root.path(), &third_set());
    assert_eq!(report.recovery, Recovery::Settled);
    assert_eq!(listed(root.path()), listed(third.path()));
}

#[test]
fn a_lock_that_git_replaced_after_the_crash_is_believed() {
    let root = half_built();
    let lock = lock(root.path()).replace("edition 2026", "edition 2025");
    put(root.path(), "deploy/deployc.lock", &lock);
    let report = build(root.path(), &third_set());
    assert_eq!((report.recovery, report.conflicts.as_slice()), (Recovery::Settled, [].as_slice()));
    assert_eq!(text(root.path(), "docs/a.md"), "a three");
}

#[test]
fn a_hostile_journal_reaches_nothing_outside() {
    let root = half_built();
    let outside = root.path().parent().unwrap().join("deployc-test-victim");
    let digest = deployc::write::Digest::of(b"a two");
    let mut journal = String::new();
    for line in [format!("put 0 absent {digest} iac ../deployc-test-victim"), "end 1".to_owned()] {
        journal.push_str(&format!("{} {line}\n", deployc::write::Digest::of(line.as_bytes())));
    }
    fs::write(root.path().join(".deployc/journal"), journal).unwrap();
    fs::write(root.path().join(".deployc/staged/0"), "a two").unwrap();
    let mut options = options();
    options.takeover = Takeover::Force;
    build_with(root.path(), &new_set(), options).unwrap();
    assert!(!outside.exists());
}
