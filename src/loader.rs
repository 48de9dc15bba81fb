//! Reading the project's files: the only reader of the disk, and its double in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A larger file is not read: nothing that a deployment is described with comes near it.
pub const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
}

/// Reads files of the project. Paths are relative to its root and use `/`; the empty path is the root.
pub trait Loader {
    /// The bytes of a file; `None` when nothing is there.
    ///
    /// # Errors
    /// When the path leaves the root, names no regular file, is too large, or cannot be read.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, LoadError>;

    /// What is at the path; `None` for nothing, for what is neither a file nor a folder, and for what is outside the root.
    fn kind(&self, path: &str) -> Option<EntryKind>;

    /// The names in a folder, sorted; empty when there is no such folder. Names that are not UTF-8 are left out,
    /// as no `deploy.kdl` could name them.
    ///
    /// # Errors
    /// When the path leaves the root, names a file, or cannot be read.
    fn list(&self, directory: &str) -> Result<Vec<String>, LoadError>;
}

/// Why a path could not be read.
#[derive(Debug)]
pub enum LoadError {
    /// The path, or a symbolic link on its way, leads out of the project.
    Outside {
        /// The path as it was asked for.
        path: String,
    },
    /// A folder, pipe, socket or device where a regular file was asked for.
    NotAFile {
        /// The path as it was asked for.
        path: String,
    },
    /// A file where a folder was asked for.
    NotADirectory {
        /// The path as it was asked for.
        path: String,
    },
    /// The file is larger than [`LARGEST_FILE`].
    TooLarge {
        /// The path as it was asked for.
        path: String,
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// The operating system refused.
    Io {
        /// The path as it was asked for.
        path: String,
        /// What it said.
        error: io::Error,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Outside { path } => write!(out, "`{path}` leads out of the project"),
            LoadError::NotAFile { path } => write!(out, "`{path}` is not a regular file"),
            LoadError::NotADirectory { path } => write!(out, "`{path}` is not a folder"),
            LoadError::TooLarge { path, limit } => write!(out, "`{path}` is larger than {limit} bytes"),
            LoadError::Io { path, error } => write!(out, "`{path}` cannot be read: {error}"),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LoadError::Io { error, .. } => Some(error),
            LoadError::Outside { .. }
            | LoadError::NotAFile { .. }
            | LoadError::NotADirectory { .. }
            | LoadError::TooLarge { .. } => None,
        }
    }
}

/// The project in a folder on disk.
#[derive(Debug)]
pub struct Disk {
    /// Canonical, so that what links lead to can be compared with it.
    root: PathBuf,
    /// Where folders of the project really are; `None` for those that are not there. Files of one folder follow the
    /// links on their way once.
    folders: Mutex<BTreeMap<String, Option<PathBuf>>>,
}

impl Disk {
    /// Reads below `root`. A root that does not exist is an empty project.
    pub fn new(root: impl AsRef<Path>) -> Self {
        let root = root.as_ref();
        Disk { root: fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf()), folders: Mutex::default() }
    }

    /// The root, canonical if it exists.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the path really is, links followed, and what is there; `None` when nothing is.
    fn locate(&self, path: &str) -> Result<Option<(PathBuf, Metadata)>, LoadError> {
        let failed = |error| LoadError::Io { path: path.to_owned(), error };
        let inside = normal(path)?;
        let (folder, name) = inside.rsplit_once('/').unwrap_or(("", &inside));
        let Some(folder) = self.folder(folder).map_err(failed)? else { return Ok(None) };
        let real = if name.is_empty() { folder } else { folder.join(name) };
        let Some(about) = there(fs::symlink_metadata(&real)).map_err(failed)? else { return Ok(None) };
        let (real, about) = match about.is_symlink() {
            false => (real, about),
            true => {
                let Some(real) = there(fs::canonicalize(&real)).map_err(failed)? else { return Ok(None) };
                let about = fs::metadata(&real).map_err(failed)?;
                (real, about)
            }
        };
        match real.starts_with(&self.root) {
            true => Ok(Some((real, about))),
            false => Err(LoadError::Outside { path: path.to_owned() }),
        }
    }

    /// Where a folder really is, links followed, in the project or not.
    fn folder(&self, inside: &str) -> io::Result<Option<PathBuf>> {
        if inside.is_empty() {
            return Ok(Some(self.root.clone()));
        }
        let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = known.get(inside) {
            return Ok(folder.clone());
        }
        let folder = there(fs::canonicalize(self.root.join(inside)))?;
        known.insert(inside.to_owned(), folder.clone());
        Ok(folder)
    }
}

/// What was found, if anything.
fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Loader for Disk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, LoadError> {
        let failed = |error| LoadError::Io { path: path.to_owned(), error };
        // Opening a pipe would wait for its writer, so what it is gets asked before it is opened.
        let Some((real, about)) = self.locate(path)? else { return Ok(None) };
        if !about.is_file() {
            return Err(LoadError::NotAFile { path: path.to_owned() });
        }
        let too_large = || LoadError::TooLarge { path: path.to_owned(), limit: LARGEST_FILE };
        if about.len() > LARGEST_FILE {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
        // The file may grow while it is read.
        File::open(&real).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes)).map_err(failed)?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(too_large());
        }
        Ok(Some(bytes))
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        let (_, about) = self.locate(path).ok()??;
        match (about.is_file(), about.is_dir()) {
            (true, _) => Some(EntryKind::File),
            (_, true) => Some(EntryKind::Directory),
            (false, false) => None,
        }
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, LoadError> {
        let failed = |error: io::Error| {
            let path = directory.to_owned();
            let is_file = error.kind() == ErrorKind::NotADirectory;
            if is_file { LoadError::NotADirectory { path } } else { LoadError::Io { path, error } }
        };
        let Some((real, _)) = self.locate(directory)? else { return Ok(Vec::new()) };
        let mut names = Vec::new();
        for entry in fs::read_dir(real).map_err(failed)? {
            if let Ok(name) = entry.map_err(failed)?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}

/// A project held in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// An empty project.
    pub fn new() -> Self {
        Memory::default()
    }

    /// The same project with one more file.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.insert(path, bytes);
        self
    }

    /// Adds or replaces a file.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }

    /// The rest of each path below `directory`.
    fn below<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = &'a str> {
        self.files.keys().filter_map(move |path| match directory {
            "" => Some(path.as_str()),
            directory => path.strip_prefix(directory)?.strip_prefix('/'),
        })
    }
}

impl Loader for Memory {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, LoadError> {
        let inside = normal(path)?;
        if let Some(bytes) = self.files.get(&inside) {
            return match bytes.len() as u64 {
                0..=LARGEST_FILE => Ok(Some(bytes.clone())),
                _ => Err(LoadError::TooLarge { path: path.to_owned(), limit: LARGEST_FILE }),
            };
        }
        match self.kind(path) {
            Some(EntryKind::Directory) => Err(LoadError::NotAFile { path: path.to_owned() }),
            Some(EntryKind::File) | None => Ok(None),
        }
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        let inside = normal(path).ok()?;
        if self.files.contains_key(&inside) {
            return Some(EntryKind::File);
        }
        (inside.is_empty() || self.below(&inside).next().is_some()).then_some(EntryKind::Directory)
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, LoadError> {
        let inside = normal(directory)?;
        if self.files.contains_key(&inside) {
            return Err(LoadError::NotADirectory { path: directory.to_owned() });
        }
        let names: BTreeSet<&str> = self.below(&inside).filter_map(|rest| rest.split('/').next()).collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }
}

/// The path without `.` and `..`.
fn normal(path: &str) -> Result<String, LoadError> {
    let outside = || LoadError::Outside { path: path.to_owned() };
    if path.starts_with('/') || Path::new(path).has_root() {
        return Err(outside());
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(outside)?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}
