//! The folder `.deployc` while a build writes: the advisory lock that keeps two builds apart, the staged files and
//! the journal.
//!
//! It is below the root, so that a staged file is on the file system of its target and moves there in one step.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::digest::{Digest, read_content};
use super::place::Root;
use super::{Mode, WriteError};

/// Its name.
pub(super) const FOLDER: &str = ".deployc";

/// The journal, from the root.
pub(super) const JOURNAL: &str = ".deployc/journal";

/// How often a lock that another build holds is tried again.
const STEP: Duration = Duration::from_millis(20);

/// Flushing waits for the disk, not for the processor: this many at once is fastest on ordinary disks.
const FLUSHERS: usize = 8;

/// The right to change the tree. While it exists, no other build does.
pub(super) struct Session {
    root: Root,
    folder: PathBuf,
    staged: Vec<PathBuf>,
    next: u32,
    /// Holds the lock; closing it gives it back.
    _handle: File,
}

/// Whether a build left its folder behind, or has it at this moment.
pub(super) fn is_present(root: &Root) -> bool {
    fs::symlink_metadata(root.join(FOLDER)).is_ok()
}

/// The journal's bytes, if there is one.
pub(super) fn read_journal(root: &Root) -> Result<Option<Vec<u8>>, WriteError> {
    let path = JOURNAL;
    if !fs::symlink_metadata(root.join(path)).is_ok_and(|about| about.is_file()) {
        return Ok(None);
    }
    root.read(path)
}

impl Session {
    /// Waits up to `patience` for other builds to end, then keeps new ones out.
    pub(super) fn acquire(root: &Root, patience: Duration) -> Result<Self, WriteError> {
        let folder = root.join(FOLDER);
        let lock = folder.join("lock");
        let mut tries = patience.as_millis() / STEP.as_millis();
        loop {
            fs::create_dir_all(&root.path).map_err(WriteError::io("create", &root.path))?;
            create_folder(&folder)?;
            match try_lock(&lock) {
                Ok(Some(handle)) => {
                    let session = Session { root: root.clone(), folder, staged: Vec::new(), next: 0, _handle: handle };
                    session.write_ignore()?;
                    return Ok(session);
                }
                Ok(None) if tries == 0 => return Err(WriteError::Busy { path: lock.display().to_string() }),
                Ok(None) => {
                    tries -= 1;
                    thread::sleep(STEP);
                }
                // The other build has just removed the folder.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(WriteError::io("lock", &lock)(error)),
            }
        }
    }

    /// Keeps the folder out of commits, also when a build dies.
    fn write_ignore(&self) -> Result<(), WriteError> {
        let path = self.folder.join(".gitignore");
        replace_with(&path, b"*\n", Mode::Plain).map_err(WriteError::io("create", &path))
    }

    /// Throws away what was staged, by this build or one that died.
    pub(super) fn clear_staged(&mut self) -> Result<(), WriteError> {
        self.staged.clear();
        let path = self.folder.join("staged");
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(WriteError::io("remove", &path)(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Puts bytes aside under a number.
    pub(super) fn stage(&mut self, bytes: &[u8], mode: Mode) -> Result<u32, WriteError> {
        let number = self.next;
        self.next += 1;
        let path = self.staged_path(number);
        if self.staged.is_empty() {
            let folder = self.folder.join("staged");
            fs::create_dir_all(&folder).map_err(WriteError::io("create", &folder))?;
        }
        replace_with(&path, bytes, mode).map_err(WriteError::io("create", &path))?;
        self.staged.push(path);
        Ok(number)
    }

    /// Where the file with this number is staged.
    pub(super) fn staged_path(&self, number: u32) -> PathBuf {
        self.folder.join("staged").join(number.to_string())
    }

    /// Whether the file with this number is staged with all its bytes.
    pub(super) fn has_staged(&self, number: u32, digest: Digest) -> bool {
        let path = self.staged_path(number);
        fs::symlink_metadata(&path).is_ok_and(|about| about.is_file())
            && read_content(&path).is_ok_and(|content| content.digest == digest)
    }

    /// Makes all that was staged survive a power loss.
    pub(super) fn flush_staged(&self) -> Result<(), WriteError> {
        flush_files(&self.staged)
    }

    /// Makes all that was staged survive a power loss, then the journal with it. From here on the build will be
    /// finished, by this command or by the next one.
    pub(super) fn seal(&self, journal: &str) -> Result<(), WriteError> {
        self.flush_staged()?;
        let folders = [self.folder.join("staged"), self.folder.clone(), self.root.path.clone()];
        let part = self.folder.join("journal.part");
        replace_with(&part, journal.as_bytes(), Mode::Plain).map_err(WriteError::io("create", &part))?;
        flush_files(std::slice::from_ref(&part))?;
        flush_folders(&folders.into_iter().collect())?;
        let path = self.folder.join("journal");
        fs::rename(&part, &path).map_err(WriteError::io("create", &path))?;
        flush_folders(&BTreeSet::from([self.folder.clone()]))
    }

    /// Declares everything in the journal done.
    pub(super) fn remove_journal(&self) -> Result<(), WriteError> {
        remove_if_there(&self.folder.join("journal"))
    }

    /// Removes the folder and lets other builds in.
    pub(super) fn end(mut self) -> Result<(), WriteError> {
        self.clear_staged()?;
        for name in ["journal.part", ".gitignore", "lock"] {
            remove_if_there(&self.folder.join(name))?;
        }
        // Whoever waited may already have put a new lock into it; then the folder is theirs.
        let _ = fs::remove_dir(&self.folder);
        Ok(())
    }

    /// Ends after a failure: what a journal needs stays, all else goes.
    pub(super) fn abandon(self) {
        if fs::symlink_metadata(self.folder.join("journal")).is_err() {
            // The failure that led here is what the user must hear of, not this one.
            let _ = self.end();
        }
    }
}

fn create_folder(folder: &Path) -> Result<(), WriteError> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(WriteError::io("create", folder)(error)),
        Ok(()) => return Ok(()),
    }
    match fs::symlink_metadata(folder) {
        Ok(about) if !about.is_dir() => Err(WriteError::UnsafePath {
            path: folder.display().to_string(),
            reason: "it is deployc's own folder while it writes, and something else is there",
        }),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Opens and locks the file; `None` while another build has it.
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    // No deployc makes a link here, and opening one could create a file elsewhere.
    if path.is_symlink() {
        fs::remove_file(path)?;
    }
    let handle = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match handle.try_lock() {
        // The one who had it removes the file at the end: then this is a lock on a file that nobody else will find.
        Ok(()) if is_same(&handle, path)? => Ok(Some(handle)),
        Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(unix)]
fn is_same(handle: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (open, named) = (handle.metadata()?, fs::symlink_metadata(path)?);
    Ok(open.ino() == named.ino() && open.dev() == named.dev())
}

#[cfg(not(unix))]
fn is_same(_handle: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

/// Writes a file of our own folder anew; never through a link that somebody put there.
fn replace_with(path: &Path, bytes: &[u8], mode: Mode) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    set_mode(&mut options, mode);
    options.open(path)?.write_all(bytes)
}

#[cfg(unix)]
fn set_mode(options: &mut OpenOptions, mode: Mode) {
    use std::os::unix::fs::OpenOptionsExt;
    // The user's mask takes off what they do not grant.
    options.mode(match mode {
        Mode::Plain => 0o666,
        Mode::Executable => 0o777,
    });
}

#[cfg(not(unix))]
fn set_mode(_options: &mut OpenOptions, _mode: Mode) {}

fn remove_if_there(path: &Path) -> Result<(), WriteError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(WriteError::io("remove", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Flushes files to the disk, several at once.
fn flush_files(paths: &[PathBuf]) -> Result<(), WriteError> {
    flush(paths, |path| OpenOptions::new().write(true).open(path))
}

/// Flushes folders, that is the names in them, to the disk. Folders that are gone need no flushing.
#[cfg(unix)]
pub(super) fn flush_folders(paths: &BTreeSet<PathBuf>) -> Result<(), WriteError> {
    let there: Vec<PathBuf> = paths.iter().filter(|path| path.is_dir()).cloned().collect();
    flush(&there, |path| File::open(path))
}

/// Only Unix flushes folders.
#[cfg(not(unix))]
pub(super) fn flush_folders(_paths: &BTreeSet<PathBuf>) -> Result<(), WriteError> {
    Ok(())
}

fn flush(paths: &[PathBuf], open: impl Fn(&PathBuf) -> io::Result<File> + Sync) -> Result<(), WriteError> {
    let one = |path: &PathBuf| open(path).and_then(|file| file.sync_all()).map_err(WriteError::io("flush", path));
    if paths.len() < FLUSHERS {
        return paths.iter().try_for_each(one);
    }
    thread::scope(|scope| {
        let share = paths.len().div_ceil(FLUSHERS);
        let workers: Vec<_> =
            paths.chunks(share).map(|chunk| scope.spawn(move || chunk.iter().try_for_each(one))).collect();
        // Every worker is waited for, and the first failure counts.
        let mut result = Ok(());
        for worker in workers {
            let ended_early = |_| {
                let error = io::Error::other("a thread ended early");
                Err(WriteError::Io { action: "flush", path: FOLDER.to_owned(), error })
            };
            result = result.and(worker.join().unwrap_or_else(ended_early));
        }
        result
    })
}
