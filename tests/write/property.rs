//! Whatever people and builds do in turn, no byte that a person wrote is lost without their word.

use std::collections::BTreeMap;
use std::fs;

use deployc::write::{Status, Takeover, Writer};
use proptest::prelude::*;

use super::kit::*;

const PATHS: [&str; 6] = ["a", "docs/b.md", "docs/deep/c.md", "docs/deep/d.md", "e/f", "e"];

#[derive(Clone, Debug)]
enum Deed {
    /// Builds these paths at these versions.
    Build(Vec<(usize, u8)>, Takeover),
    /// Writes a file by hand.
    Edit(usize),
    /// Removes a file by hand.
    Delete(usize),
    /// Puts the bytes of some build back.
    Revert(usize, u8),
    LoseLock,
    CutLock(usize),
    Clean,
}

fn deed() -> impl Strategy<Value = Deed> {
    let set = proptest::collection::btree_map(0..PATHS.len(), 0..4_u8, 0..5).prop_map(|set| {
        // A file and a folder of one name cannot both be generated.
        let both = set.contains_key(&4) && set.contains_key(&5);
        set.into_iter().filter(|(path, _)| !both || *path != 5).collect()
    });
    let takeover = prop_oneof![8 => Just(Takeover::Refuse), 1 => Just(Takeover::Adopt), 1 => Just(Takeover::Force)];
    prop_oneof![
        6 => (set, takeover).prop_map(|(set, takeover)| Deed::Build(set, takeover)),
        3 => (0..PATHS.len()).prop_map(Deed::Edit),
        2 => (0..PATHS.len()).prop_map(Deed::Delete),
        1 => (0..PATHS.len(), 0..4_u8).prop_map(|(path, version)| Deed::Revert(path, version)),
        1 => Just(Deed::LoseLock),
        1 => (0..400_usize).prop_map(Deed::CutLock),
        1 => Just(Deed::Clean),
    ]
}

fn content(path: usize, version: u8) -> String {
    format!("generated {path} version {version}\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_byte_of_a_person_is_lost(deeds in proptest::collection::vec(deed(), 1..25)) {
        let tree = tempfile::tempdir().unwrap();
        let root = tree.path();
        // What people wrote and did not remove.
        let mut theirs: BTreeMap<usize, String> = BTreeMap::new();
        for (number, deed) in deeds.iter().enumerate() {
            match deed {
                Deed::Build(set, takeover) => {
                    let files: Vec<Generated> = set.iter().map(|(path, version)| file(PATHS[*path], &content(*path, *version))).collect();
                    let mut options = options();
                    options.takeover = *takeover;
                    let before = snapshot(root);
                    let report = build_with(root, &files, options).unwrap();
                    if report.conflicts.is_empty() {
                        for file in &files {
                            prop_assert_eq!(&fs::read(root.join(&file.path)).unwrap(), &file.bytes);
                        }
                        for change in report.files.iter().filter(|change| change.status == Status::Overwritten) {
                            prop_assert!(*takeover != Takeover::Refuse);
                            let path = PATHS.iter().position(|path| *path == change.path).unwrap();
                            theirs.remove(&path);
                        }
                        prop_assert!(!build(root, &files).has_drift(), "a second build has nothing to do");
                    } else {
                        prop_assert_eq!(snapshot(root), before, "a conflict changes nothing");
                    }
                }
                Deed::Edit(path) => {
                    let full = root.join(PATHS[*path]);
                    let text = format!("written by hand, number {number}\n");
                    // It may be a folder, or below a file: then this person gives up.
                    if fs::create_dir_all(full.parent().unwrap()).is_ok() && fs::write(&full, &text).is_ok() {
                        theirs.insert(*path, text);
                    }
                }
                Deed::Delete(path) => {
                    if fs::remove_file(root.join(PATHS[*path])).is_ok() {
                        theirs.remove(path);
                    }
                }
                Deed::Revert(path, version) => {
                    let full = root.join(PATHS[*path]);
                    if full.is_file() {
                        fs::write(&full, content(*path, *version)).unwrap();
                        theirs.remove(path);
                    }
                }
                Deed::LoseLock => drop(fs::remove_file(root.join("deploy/deployc.lock"))),
                Deed::CutLock(length) => {
                    let path = root.join("deploy/deployc.lock");
                    if let Ok(mut bytes) = fs::read(&path) {
                        bytes.truncate(*length);
                        fs::write(&path, bytes).unwrap();
                    }
                }
                Deed::Clean => drop(Writer::open(root, options()).unwrap().clean().unwrap()),
            }
            for (path, text) in &theirs {
                let now = fs::read_to_string(root.join(PATHS[*path])).unwrap_or_default();
                prop_assert_eq!(&now, text, "`{}` after {:?}", PATHS[*path], deed);
            }
            prop_assert!(!root.join(".deployc").exists());
        }
    }
}
