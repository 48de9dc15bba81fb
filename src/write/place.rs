//! Where a generated path is in the tree: what stands there, and whether it is inside the root.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::loader::{Disk, LoadError, Loader};

use super::digest::{Blank, Content, Digest, read_content};
use super::session::FOLDER;
use super::{LOCK_PATH, Mode, WriteError};

/// The folder that everything is written below.
#[derive(Clone, Debug)]
pub(super) struct Root {
    /// As it was given, for what is done and said.
    pub(super) path: PathBuf,
    /// With links resolved, to judge where other links lead.
    real: PathBuf,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Absent,
    /// A regular file; its mode is `None` where the file system keeps none.
    File(Content, Option<Mode>),
    /// A symbolic link, with the digest of the path it names.
    Link(Digest),
    /// A folder.
    Directory,
    /// A pipe, socket or device.
    Special,
    /// The given parent is no folder.
    Blocked(String),
    /// The given parent is a symbolic link that leads out of the root.
    Outside(String),
}

impl Found {
    /// Whether it is a file with this content.
    pub(super) fn is(&self, digest: Digest) -> bool {
        matches!(self, Found::File(content, _) if content.digest == digest)
    }

    /// Whether it is a file with nothing in it.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Found::File(content, _) if content.blank == Blank::Yes)
    }
}

/// A path that was looked at.
pub(super) struct Place {
    /// Equal for two paths that may be one file: links in parents resolved, upper and lower case folded.
    pub(super) key: String,
    /// What stands there.
    pub(super) found: Found,
}

impl Root {
    pub(super) fn new(path: &Path) -> Self {
        Root { path: path.to_path_buf(), real: fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()) }
    }

    /// The path on disk.
    pub(super) fn join(&self, path: &str) -> PathBuf {
        self.path.join(path)
    }

    /// The bytes of a regular file; `None` when it is not there.
    pub(super) fn read(&self, path: &str) -> Result<Option<Vec<u8>>, WriteError> {
        Disk::new(&self.path).read(path).map_err(|error| {
            let error = match error {
                LoadError::Io { error, .. } => error,
                other @ (LoadError::Outside { .. }
                | LoadError::NotAFile { .. }
                | LoadError::NotADirectory { .. }
                | LoadError::TooLarge { .. }) => io::Error::other(other),
            };
            WriteError::io("read", &self.join(path))(error)
        })
    }

    /// Looks at `path`, which has passed [`check_path`].
    pub(super) fn look(&self, path: &str) -> Result<Place, WriteError> {
        let mut real = self.real.clone();
        let mut walked = String::new();
        let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut missing = false;
        for part in parents.split('/').filter(|part| !part.is_empty()) {
            real.push(part);
            if !walked.is_empty() {
                walked.push('/');
            }
            walked.push_str(part);
            if missing {
                continue;
            }
            match self.step(&mut real)? {
                Step::Folder => {}
                Step::Nothing => missing = true,
                Step::Outside => return Ok(self.place(&real, name, Found::Outside(walked))),
                Step::Wall => return Ok(self.place(&real, name, Found::Blocked(walked))),
            }
        }
        let found = if missing { Found::Absent } else { examine(&real.join(name))? };
        Ok(self.place(&real, name, found))
    }

    fn place(&self, parent: &Path, name: &str, found: Found) -> Place {
        let full = parent.join(name);
        let inside = full.strip_prefix(&self.real).unwrap_or(&full);
        Place { key: inside.to_string_lossy().replace('\\', "/").to_lowercase(), found }
    }

    /// Enters a parent folder, following a link that stays inside.
    fn step(&self, real: &mut PathBuf) -> Result<Step, WriteError> {
        let about = match fs::symlink_metadata(&*real) {
            Ok(about) => about,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Step::Nothing),
            Err(error) => return Err(WriteError::io("examine", real)(error)),
        };
        if about.is_dir() {
            return Ok(Step::Folder);
        }
        if !about.is_symlink() {
            return Ok(Step::Wall);
        }
        match fs::canonicalize(&*real) {
            Ok(target) if !target.starts_with(&self.real) => Ok(Step::Outside),
            Ok(target) if target.is_dir() => {
                *real = target;
                Ok(Step::Folder)
            }
            Ok(_) | Err(_) => Ok(Step::Wall),
        }
    }
}

/// What one parent of a path turned out to be.
enum Step {
    Folder,
    Nothing,
    Wall,
    Outside,
}

/// What stands at the end of a path whose parents have been walked.
fn examine(path: &Path) -> Result<Found, WriteError> {
    let about = match fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Absent),
        Err(error) => return Err(WriteError::io("examine", path)(error)),
    };
    if about.is_symlink() {
        let target = fs::read_link(path).map_err(WriteError::io("read", path))?;
        return Ok(Found::Link(Digest::of(target.as_os_str().as_encoded_bytes())));
    }
    if about.is_dir() {
        return Ok(Found::Directory);
    }
    if !about.is_file() {
        return Ok(Found::Special);
    }
    match read_content(path) {
        Ok(content) => Ok(Found::File(content, mode_of(&about))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Absent),
        Err(error) => Err(WriteError::io("read", path)(error)),
    }
}

#[cfg(unix)]
fn mode_of(about: &fs::Metadata) -> Option<Mode> {
    use std::os::unix::fs::PermissionsExt;
    Some(if about.permissions().mode() & 0o100 == 0 { Mode::Plain } else { Mode::Executable })
}

#[cfg(not(unix))]
fn mode_of(_about: &fs::Metadata) -> Option<Mode> {
    None
}

/// Whether a path may be written at all: it names a file below the root, the same one on every system, and none of
/// those that deployc or git keep for themselves.
pub(super) fn check_path(path: &str) -> Result<(), WriteError> {
    let refuse = |reason| Err(WriteError::UnsafePath { path: path.to_owned(), reason });
    if path.chars().any(char::is_control) {
        return refuse("it holds a control character");
    }
    if path.contains('\\') {
        return refuse("it holds a backslash, which some systems take for a folder");
    }
    if path.starts_with('/') || path.get(1..2) == Some(":") {
        return refuse("it is absolute");
    }
    for part in path.split('/') {
        match part {
            "" | "." => return refuse("it holds an empty step"),
            ".." => return refuse("it leaves the project"),
            part if part.eq_ignore_ascii_case(".git") => return refuse("it is inside git's own folder"),
            part if part.eq_ignore_ascii_case(FOLDER) => return refuse("it is inside deployc's own folder"),
            _ => {}
        }
    }
    if path.eq_ignore_ascii_case(LOCK_PATH) {
        return refuse("it is the lock");
    }
    Ok(())
}
