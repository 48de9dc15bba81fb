//! Trees, sets of generated files, and what is asked of them in every test.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use deployc::write::{ConflictKind, Mode, Options, Ownership, Report, Status, WriteError, Writer};

/// One file to be offered.
#[derive(Clone, Debug)]
pub(super) struct Generated {
    pub(super) path: String,
    pub(super) group: &'static str,
    pub(super) mode: Mode,
    pub(super) ownership: Ownership,
    pub(super) bytes: Vec<u8>,
}

/// A plain generated file of the group `iac`.
pub(super) fn file(path: &str, text: &str) -> Generated {
    Generated {
        path: path.to_owned(),
        group: "iac",
        mode: Mode::Plain,
        ownership: Ownership::Generated,
        bytes: text.as_bytes().to_vec(),
    }
}

impl Generated {
    pub(super) fn group(self, group: &'static str) -> Self {
        Generated { group, ..self }
    }

    pub(super) fn executable(self) -> Self {
        Generated { mode: Mode::Executable, ..self }
    }

    pub(super) fn once(self) -> Self {
        Generated { ownership: Ownership::Once, ..self }
    }
}

pub(super) fn options() -> Options {
    Options::new("0.1.0", "2026")
}

pub(super) fn build_with(root: &Path, files: &[Generated], options: Options) -> Result<Report, WriteError> {
    let mut writer = Writer::open(root, options)?;
    for file in files {
        writer.offer(&file.path, file.group, file.mode, file.ownership, &file.bytes)?;
    }
    writer.commit()
}

pub(super) fn build(root: &Path, files: &[Generated]) -> Report {
    build_with(root, files, options()).expect("the build writes")
}

/// Builds and insists that nothing stood in the way.
pub(super) fn build_clean(root: &Path, files: &[Generated]) -> Report {
    let report = build(root, files);
    assert!(report.conflicts.is_empty(), "{:?}", report.conflicts);
    report
}

pub(super) fn status(report: &Report, path: &str) -> Status {
    report.files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no `{path}` in {report:?}")).status
}

pub(super) fn conflict(report: &Report, path: &str) -> ConflictKind {
    let found = report.conflicts.iter().find(|conflict| conflict.path == path);
    found.unwrap_or_else(|| panic!("no conflict on `{path}` in {report:?}")).kind.clone()
}

pub(super) fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(super) fn text(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(super) fn lock(root: &Path) -> String {
    text(root, "deploy/deployc.lock")
}

/// Every path below `root` with its content, folders with a final slash. Links are not followed.
pub(super) fn snapshot(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    walk(root, "", &mut |path, real| {
        let about = fs::symlink_metadata(real).unwrap();
        if about.is_symlink() {
            all.insert(path.to_owned(), fs::read_link(real).unwrap().into_os_string().into_encoded_bytes());
        } else if about.is_dir() {
            all.insert(format!("{path}/"), Vec::new());
        } else {
            all.insert(path.to_owned(), fs::read(real).unwrap());
        }
    });
    all
}

/// When each path was last changed, the root included.
pub(super) fn times(root: &Path) -> BTreeMap<String, SystemTime> {
    let mut all = BTreeMap::from([(String::new(), fs::metadata(root).unwrap().modified().unwrap())]);
    walk(root, "", &mut |path, real| {
        all.insert(path.to_owned(), fs::symlink_metadata(real).unwrap().modified().unwrap());
    });
    all
}

fn walk(folder: &Path, prefix: &str, visit: &mut dyn FnMut(&str, &Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        visit(&path, &entry.path());
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &format!("{path}/"), visit);
        }
    }
}

#[cfg(unix)]
pub(super) fn is_executable(root: &Path, path: &str) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o111 != 0
}

#[cfg(unix)]
pub(super) fn set_mode(root: &Path, path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
}
