//! Whole projects for tests: the examples as they stand on disk, with one text in the place of their `deploy.kdl`.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod edit;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use deployc::Compilation;
use deployc::artifact::Artifact;
use deployc::diag::Severity;
use deployc::loader::{Disk, EntryKind, LoadError, Loader};

/// The entry file of a project.
pub(crate) const ENTRY: &str = "deploy.kdl";
/// Lists what a build wrote.
pub(crate) const LOCK: &str = "deploy/deployc.lock";

/// An example folder.
#[derive(Clone)]
pub(crate) struct Example {
    /// The name of its folder.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) root: PathBuf,
    /// Its `deploy.kdl`.
    pub(crate) text: String,
    /// Files that stand beside those on disk, or in their place.
    pub(crate) beside: BTreeMap<String, String>,
}

/// A project some of whose files are texts in memory; the others are on disk.
pub(crate) struct Edited {
    disk: Disk,
    files: BTreeMap<String, String>,
}

impl Loader for Edited {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, LoadError> {
        self.files.get(path).map_or_else(|| self.disk.read(path), |text| Ok(Some(text.clone().into_bytes())))
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        if self.files.contains_key(path) { Some(EntryKind::File) } else { self.disk.kind(path) }
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, LoadError> {
        self.disk.list(directory)
    }
}

impl Example {
    /// Checks the example with another `deploy.kdl`.
    pub(crate) fn check(&self, text: &str) -> Compilation {
        deployc::check(&self.edited(text), ENTRY, None).unwrap()
    }

    /// The files that the example with another `deploy.kdl` compiles to; else what is wrong with it.
    pub(crate) fn build(&self, text: &str) -> Result<Vec<Artifact>, Vec<String>> {
        build(&self.edited(text))
    }

    /// The files of the example as it stands.
    pub(crate) fn artifacts(&self) -> Vec<Artifact> {
        self.build(&self.text).unwrap_or_else(|told| panic!("examples/{} is wrong: {told:#?}", self.name))
    }

    fn edited(&self, text: &str) -> Edited {
        let mut files = self.beside.clone();
        files.insert(ENTRY.to_owned(), text.to_owned());
        Edited { disk: Disk::new(&self.root), files }
    }

    /// The same example with one more file.
    pub(crate) fn with(&self, path: &str, text: impl Into<String>) -> Example {
        let mut other = self.clone();
        other.beside.insert(path.to_owned(), text.into());
        other
    }
}

/// The files that a project compiles to; else its errors.
pub(crate) fn build(loader: &dyn Loader) -> Result<Vec<Artifact>, Vec<String>> {
    let mut compilation = deployc::check(loader, ENTRY, None).unwrap();
    let built = compilation.build();
    let errors = compilation.diagnostics.iter().filter(|one| one.severity == Severity::Error);
    built.ok_or_else(|| errors.map(|one| format!("{}: {}", one.code, one.message)).collect())
}

/// Every example that compiles; `hello` always does.
pub(crate) fn examples() -> &'static [Example] {
    static EXAMPLES: OnceLock<Vec<Example>> = OnceLock::new();
    EXAMPLES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let mut found: Vec<Example> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter_map(example).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found.retain(|example| example.build(&example.text).is_ok());
        assert!(found.iter().any(|example| example.name == "hello"), "examples/hello does not compile");
        found
    })
}

/// The examples whose outputs are read whole: the two a person can hold in the head.
pub(crate) fn read_whole() -> impl Iterator<Item = &'static Example> {
    examples().iter().filter(|example| ["hello", "shop"].contains(&example.name.as_str()))
}

fn example(root: PathBuf) -> Option<Example> {
    let text = fs::read_to_string(root.join(ENTRY)).ok()?;
    Some(Example { name: root.file_name()?.to_string_lossy().into_owned(), root, text, beside: BTreeMap::new() })
}

/// The paths in a lock file: each line is a path, a digest and a group.
pub(crate) fn locked(lock: &str) -> Vec<&str> {
    let rows = lock.lines().filter(|line| !line.starts_with("# ") && !line.starts_with("deployc "));
    rows.filter_map(|line| line.rsplitn(3, ' ').nth(2)).collect()
}

/// Copies what a user wrote in an example into a folder: everything but what a build generated.
pub(crate) fn copy_inputs(example: &Example, target: &Path) {
    let lock = fs::read_to_string(example.root.join(LOCK)).unwrap_or_default();
    let mut generated: Vec<&str> = locked(&lock);
    generated.push(LOCK);
    copy(&example.root, target, "", &generated);
}

fn copy(from: &Path, to: &Path, below: &str, without: &[&str]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let relative = format!("{below}{name}");
        if path.is_dir() {
            copy(&path, &to.join(&name), &format!("{relative}/"), without);
        } else if !without.contains(&relative.as_str()) {
            fs::copy(&path, to.join(&name)).unwrap();
        }
    }
}

/// Every file below a folder with its content, by path.
pub(crate) fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    collect(root, "", &mut found);
    found
}

fn collect(folder: &Path, below: &str, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let relative = format!("{below}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{relative}/"), into);
        } else {
            into.insert(relative, fs::read(&path).unwrap());
        }
    }
}
