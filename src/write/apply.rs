//! Carrying out the steps of a journal, in the build that wrote it or in the next one.
//!
//! Every step looks at its path first: what is neither what the build saw nor what it put there belongs to somebody
//! who came in between, and is left alone. So each step can be repeated.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::journal::{self, Before, Journal, Step};
use super::lock::{LOCK_PATH, Lock};
use super::place::{Found, Root};
use super::session::{self, Session, flush_folders};
use super::{Mode, Recovery, WriteError};

/// Carries out all steps; answers which paths were left alone because somebody changed them in between.
pub(super) fn apply(root: &Root, session: &Session, steps: &[Step]) -> Result<Vec<String>, WriteError> {
    let mut changed = BTreeSet::new();
    let mut skipped = Vec::new();
    for step in steps {
        let done = match step {
            Step::Remove { before, path } => remove(root, *before, path, &mut changed)?,
            Step::Put { .. } => put(root, session, step, &mut changed)?,
        };
        if done == Done::No {
            skipped.push(step.path().to_owned());
        }
    }
    flush_folders(&changed)?;
    Ok(skipped)
}

/// Whether a step was carried out, now or earlier.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Yes,
    No,
}

fn remove(root: &Root, before: Before, path: &str, changed: &mut BTreeSet<PathBuf>) -> Result<Done, WriteError> {
    let found = root.look(path)?.found;
    if matches!(found, Found::Outside(_) | Found::Blocked(_)) {
        return Ok(Done::Yes);
    }
    if found != Found::Absent {
        if !matches(before, &found) {
            return Ok(Done::No);
        }
        let target = root.join(path);
        match fs::remove_file(&target) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(WriteError::io("remove", &target)(error)),
            Ok(()) | Err(_) => {}
        }
    }
    let mut folder = path;
    while let Some((parent, _)) = folder.rsplit_once('/') {
        changed.insert(root.join(parent));
        // A folder that cannot be removed is not empty, or not ours to remove: then it stays.
        if fs::remove_dir(root.join(parent)).is_err_and(|error| error.kind() != ErrorKind::NotFound) {
            return Ok(Done::Yes);
        }
        folder = parent;
    }
    changed.insert(root.path.clone());
    Ok(Done::Yes)
}

fn put(root: &Root, session: &Session, step: &Step, changed: &mut BTreeSet<PathBuf>) -> Result<Done, WriteError> {
    let Step::Put { number, before, after, path, .. } = step else { return Ok(Done::Yes) };
    let found = root.look(path)?.found;
    let staged = session.has_staged(*number, *after);
    if !staged {
        return Ok(if found.is(*after) { Done::Yes } else { Done::No });
    }
    let target = root.join(path);
    let emptied = *before == Before::Absent && found == Found::Directory && remove_empty(&target);
    if !emptied && !matches(*before, &found) && !found.is(*after) {
        return Ok(Done::No);
    }
    make_parents(root, path, changed)?;
    fs::rename(session.staged_path(*number), &target).map_err(WriteError::io("replace", &target))?;
    Ok(Done::Yes)
}

/// Removes a folder in which there is nothing but such folders; answers whether it is gone.
fn remove_empty(folder: &Path) -> bool {
    if let Ok(entries) = fs::read_dir(folder) {
        for entry in entries.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                remove_empty(&entry.path());
            }
        }
    }
    fs::remove_dir(folder).is_ok()
}

/// Creates the folders that the path needs, and notes those whose content changes.
fn make_parents(root: &Root, path: &str, changed: &mut BTreeSet<PathBuf>) -> Result<(), WriteError> {
    let mut folder = root.path.clone();
    changed.insert(folder.clone());
    let (parents, _) = path.rsplit_once('/').unwrap_or_default();
    for part in parents.split('/').filter(|part| !part.is_empty()) {
        folder.push(part);
        if !folder.is_dir() {
            fs::create_dir(&folder).map_err(WriteError::io("create", &folder))?;
        }
        changed.insert(folder.clone());
    }
    Ok(())
}

fn matches(before: Before, found: &Found) -> bool {
    match (before, found) {
        (Before::Absent, Found::Absent) => true,
        (Before::File(digest), found) => found.is(digest),
        (Before::Link(digest), Found::Link(other)) => digest == *other,
        (Before::Absent | Before::Link(_), _) => false,
    }
}

/// Finishes what a build that died had begun, so that afterwards the lock tells the truth about every file of ours.
pub(super) fn recover(root: &Root, session: &mut Session) -> Result<Recovery, WriteError> {
    let recovery = match session::read_journal(root)? {
        None => Recovery::Nothing,
        Some(bytes) => {
            let journal = journal::parse(&bytes);
            match &journal {
                Journal::Whole(steps) if can_finish(root, session, steps)? => {
                    apply(root, session, steps)?;
                    Recovery::Finished
                }
                Journal::Whole(_) | Journal::Damaged(_) => {
                    settle(root, session, journal.steps())?;
                    Recovery::Settled
                }
            }
        }
    };
    session.remove_journal()?;
    session.clear_staged()?;
    Ok(recovery)
}

/// Whether every file can be brought to what the journal says, and the lock is still the one that it was made for.
fn can_finish(root: &Root, session: &Session, steps: &[Step]) -> Result<bool, WriteError> {
    for step in steps {
        let found = root.look(step.path())?.found;
        match step {
            Step::Put { number, before, after, path, .. } => {
                let known = found.is(*after) || matches(*before, &found);
                if path == LOCK_PATH && !known {
                    return Ok(false);
                }
                if matches(*before, &found) && !found.is(*after) && !session.has_staged(*number, *after) {
                    return Ok(false);
                }
            }
            Step::Remove { before, path } => {
                if path == LOCK_PATH && found != Found::Absent && !matches(*before, &found) {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// Enters what the dead build did put in place into the lock, so that it is not taken for somebody's edit.
fn settle(root: &Root, session: &mut Session, steps: &[Step]) -> Result<(), WriteError> {
    let mut lock = read_lock(root)?.0;
    let mut news = false;
    for step in steps {
        if let Step::Put { after, group: Some(group), path, .. } = step {
            let found = root.look(path)?.found;
            if found.is(*after) || found.is_blank() {
                lock.set(path, group, *after);
                news = true;
            }
        }
    }
    if !news || !matches!(root.look(LOCK_PATH)?.found, Found::Absent | Found::File(..)) {
        return Ok(());
    }
    session.clear_staged()?;
    let number = session.stage(lock.print().as_bytes(), Mode::Plain)?;
    let mut changed = BTreeSet::new();
    make_parents(root, LOCK_PATH, &mut changed)?;
    let target = root.join(LOCK_PATH);
    session.flush_staged()?;
    fs::rename(session.staged_path(number), &target).map_err(WriteError::io("replace", &target))?;
    flush_folders(&changed)
}

/// Adds what an unfinished build meant to write to a lock that is only looked at.
pub(super) fn learn_from_journal(root: &Root, lock: &mut Lock) -> Result<(), WriteError> {
    let Some(bytes) = session::read_journal(root)? else { return Ok(()) };
    for step in journal::parse(&bytes).steps() {
        if let Step::Put { after, group: Some(group), path, .. } = step {
            lock.learn(path, group, *after);
        }
    }
    Ok(())
}

/// The lock on disk, and what stands at its path.
pub(super) fn read_lock(root: &Root) -> Result<(Lock, Found), WriteError> {
    let found = root.look(LOCK_PATH)?.found;
    // Only a regular file is read as the lock; through a link it would be somebody else's.
    let bytes = match &found {
        Found::File(..) => root.read(LOCK_PATH)?,
        Found::Absent | Found::Link(_) | Found::Directory | Found::Special | Found::Blocked(_) | Found::Outside(_) => {
            None
        }
    };
    // An empty lock is what a power loss leaves of one.
    let lock = bytes.filter(|_| !found.is_blank()).map_or_else(Lock::missing, |bytes| Lock::parse(&bytes));
    Ok((lock, found))
}
