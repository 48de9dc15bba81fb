//! Reading the project, from disk and from memory.

use std::fs;

use deployc::loader::{Disk, EntryKind, LARGEST_FILE, LoadError, Loader, Memory};

use super::kit::put;

#[test]
fn disk_and_memory_answer_alike() {
    let root = tempfile::tempdir().unwrap();
    let mut memory = Memory::new();
    for path in ["deploy.kdl", "web/package.json", "web/src/a.js"] {
        put(root.path(), path, path);
        memory.insert(path, path);
    }
    let disk = Disk::new(root.path());
    for loader in [&disk as &dyn Loader, &memory] {
        assert_eq!(loader.read("deploy.kdl").unwrap().unwrap(), b"deploy.kdl");
        assert_eq!(loader.read("web/../web/./src//a.js").unwrap().unwrap(), b"web/src/a.js");
        assert_eq!(loader.read("none").unwrap(), None);
        assert_eq!(loader.read("deploy.kdl/below").unwrap(), None);
        assert!(matches!(loader.read("web"), Err(LoadError::NotAFile { .. })));
        assert_eq!(loader.kind("web"), Some(EntryKind::Directory));
        assert_eq!(loader.kind(""), Some(EntryKind::Directory));
        assert_eq!(loader.kind("web/package.json"), Some(EntryKind::File));
        assert_eq!(loader.kind("we"), None);
        assert_eq!(loader.list("").unwrap(), ["deploy.kdl", "web"]);
        assert_eq!(loader.list("web/").unwrap(), ["package.json", "src"]);
        assert!(loader.list("none").unwrap().is_empty());
        assert!(matches!(loader.list("deploy.kdl"), Err(LoadError::NotADirectory { .. })));
        for outside in ["../x", "/etc/passwd", "web/../../x", ".."] {
            assert!(matches!(loader.read(outside), Err(LoadError::Outside { .. })), "{outside}");
            assert!(matches!(loader.list(outside), Err(LoadError::Outside { .. })), "{outside}");
            assert_eq!(loader.kind(outside), None);
        }
    }
    assert_eq!(Memory::new().with("a", "b").read("a").unwrap().unwrap(), b"b");
    assert_eq!(Disk::new(root.path().join("none")).read("a").unwrap(), None);
}

#[cfg(unix)]
#[test]
fn links_may_lead_inside_but_not_out() {
    use std::os::unix::fs::symlink;
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    put(outer.path(), "secret", "secret");
    put(&root, "real/a", "a");
    symlink("real", root.join("inside")).unwrap();
    symlink("../secret", root.join("outside")).unwrap();
    symlink("..", root.join("up")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    let disk = Disk::new(&root);
    assert_eq!(disk.read("inside/a").unwrap().unwrap(), b"a");
    for outside in ["outside", "up/secret"] {
        assert!(matches!(disk.read(outside), Err(LoadError::Outside { .. })), "{outside}");
        assert_eq!(disk.kind(outside), None);
    }
    assert!(matches!(disk.list("up"), Err(LoadError::Outside { .. })));
    assert!(matches!(disk.read("loop"), Err(LoadError::Io { .. })));
    assert_eq!(disk.read("dangling").unwrap(), None);
    // A root that is reached through a link is not a way out of itself.
    symlink(&root, outer.path().join("alias")).unwrap();
    assert_eq!(Disk::new(outer.path().join("alias")).read("real/a").unwrap().unwrap(), b"a");
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_huge_files_are_errors_and_never_waited_for() {
    let root = tempfile::tempdir().unwrap();
    assert!(std::process::Command::new("mkfifo").arg(root.path().join("pipe")).status().unwrap().success());
    fs::File::create(root.path().join("huge")).unwrap().set_len(LARGEST_FILE + 1).unwrap();
    let disk = Disk::new(root.path());
    assert!(matches!(disk.read("pipe"), Err(LoadError::NotAFile { .. })));
    assert_eq!(disk.kind("pipe"), None);
    let error = disk.read("huge").unwrap_err();
    assert!(matches!(error, LoadError::TooLarge { .. }));
    assert!(error.to_string().contains("`huge` is larger than"));
    let devices = Disk::new("/dev");
    assert!(matches!(devices.read("null"), Err(LoadError::NotAFile { .. })));
}
