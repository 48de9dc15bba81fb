//! What a build will change: removals, then files, then the lock, and the report that says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::difference::{Side, unified};
use super::digest::Digest;
use super::journal::{Before, Step};
use super::judge::{Stale, Verdict, judge_stale};
use super::lock::{Header, Lock};
use super::place::{Found, Root};
use super::writer::{Candidate, Writer};
use super::{
    Change, Conflict, ConflictKind, Differences, LOCK_PATH, LockState, Ownership, Report, Status, Takeover, Why,
    WriteError,
};

/// What the set is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The offered files and the lock.
    Build,
    /// No file and no lock.
    Clean,
}

/// The decided changes.
pub(super) struct Plan {
    /// In the order in which they are carried out.
    pub(super) steps: Vec<Step>,
    /// The new lock, if one is written; its step waits for the number under which it will be staged.
    pub(super) lock_text: Option<String>,
    pub(super) report: Report,
}

/// Decides about the whole set.
pub(super) fn plan(writer: &Writer, purpose: Purpose) -> Result<Plan, WriteError> {
    let leaving = leaving(writer)?;
    let removed: BTreeSet<&str> =
        leaving.iter().filter(|(_, status)| *status == Status::Removed).map(|(path, _)| path.as_str()).collect();
    let mut report = Report {
        files: Vec::new(),
        conflicts: Vec::new(),
        lock: Status::Unchanged,
        lock_state: writer.lock.state,
        recovery: writer.recovery,
    };
    let mut steps = Vec::new();
    for (path, status) in &leaving {
        report.files.push(leaving_change(writer, path, *status));
        if let (Status::Removed, Found::File(content, _)) = (status, writer.root.look(path)?.found) {
            steps.push(Step::Remove { before: Before::File(content.digest), path: path.clone() });
        }
    }
    let collisions = collisions(&writer.candidates);
    let mut order: Vec<usize> = (0..writer.candidates.len()).collect();
    order.sort_by_key(|index| writer.candidates.get(*index).map(|candidate| &candidate.path));
    for index in order {
        let Some(candidate) = writer.candidates.get(index) else { continue };
        let verdict = match collisions.get(&index) {
            Some(kind) => Verdict::Conflict(kind.clone()),
            None => freed(&writer.root, candidate, &removed)?,
        };
        enter(candidate, verdict, &mut report, &mut steps);
    }
    report.files.sort_by(|left, right| left.path.cmp(&right.path));
    let lock_text = plan_lock(writer, purpose, &mut report, &mut steps)?;
    Ok(Plan { steps, lock_text, report })
}

/// Enters the decision about one generated file.
fn enter(candidate: &Candidate, verdict: Verdict, report: &mut Report, steps: &mut Vec<Step>) {
    let (path, group) = (candidate.path.clone(), candidate.group.clone());
    let status = match verdict {
        Verdict::Conflict(kind) | Verdict::WriteIfFreed(kind) => {
            let difference = candidate.difference.clone();
            report.conflicts.push(Conflict { path, group, kind, difference });
            return;
        }
        Verdict::Leave(status) => status,
        Verdict::Write(status) => {
            steps.push(Step::Put {
                // A preview stages nothing, and carries nothing out.
                number: candidate.staged.unwrap_or(u32::MAX),
                before: before(&candidate.found),
                after: candidate.wanted.digest,
                group: (candidate.wanted.ownership == Ownership::Generated).then(|| group.clone()),
                path: path.clone(),
            });
            status
        }
    };
    report.files.push(Change { path, group, status, difference: candidate.difference.clone() });
}

fn before(found: &Found) -> Before {
    match found {
        Found::File(content, _) => Before::File(content.digest),
        Found::Link(digest) => Before::Link(*digest),
        // What is in the way goes away in an earlier step, or there is a conflict.
        Found::Absent | Found::Directory | Found::Special | Found::Blocked(_) | Found::Outside(_) => Before::Absent,
    }
}

/// The listed files that nothing generates any more, and what becomes of them.
fn leaving(writer: &Writer) -> Result<Vec<(String, Status)>, WriteError> {
    let offered: BTreeSet<&str> = writer.candidates.iter().map(|candidate| candidate.path.as_str()).collect();
    let keys: BTreeMap<&str, &Candidate> =
        writer.candidates.iter().map(|candidate| (candidate.key.as_str(), candidate)).collect();
    let mut leaving = Vec::new();
    for (path, entry) in &writer.lock.entries {
        let wanted = offered.contains(path.as_str()) || writer.passed_over.contains(path);
        if wanted || !writer.options.only.includes(&entry.group) {
            continue;
        }
        let place = writer.root.look(path)?;
        let same = keys
            .get(place.key.as_str())
            .is_some_and(|candidate| is_one_file(&writer.root.join(path), &writer.root.join(&candidate.path)));
        match judge_stale(&place.found, entry) {
            // It was renamed to what is the same file here (`Readme.md`, `README.md`).
            Stale::Remove | Stale::Release if same => {}
            Stale::Remove => leaving.push((path.clone(), Status::Removed)),
            Stale::Release => leaving.push((path.clone(), Status::Released)),
            Stale::Gone => {}
        }
    }
    Ok(leaving)
}

fn is_one_file(left: &Path, right: &Path) -> bool {
    match (fs::canonicalize(left), fs::canonicalize(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}

fn leaving_change(writer: &Writer, path: &str, status: Status) -> Change {
    let group = writer.lock.entries.get(path).map(|entry| entry.group.clone()).unwrap_or_default();
    let difference = (status == Status::Removed && writer.options.differences == Differences::All)
        .then(|| unified(path, &Side::on_disk(&writer.root.join(path)), &Side::Nothing));
    Change { path: path.to_owned(), group, status, difference }
}

/// Generated files that cannot both exist, on this system or on another one.
fn collisions(candidates: &[Candidate]) -> BTreeMap<usize, ConflictKind> {
    let mut first: BTreeMap<&str, &Candidate> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        match first.get(candidate.key.as_str()) {
            Some(other) => {
                found.insert(index, ConflictKind::Collision { with: other.path.clone() });
            }
            None => {
                first.insert(&candidate.key, candidate);
            }
        }
    }
    for (index, candidate) in candidates.iter().enumerate() {
        let mut folder = candidate.key.as_str();
        while let Some((parent, _)) = folder.rsplit_once('/') {
            if let Some(other) = first.get(parent) {
                found.insert(index, ConflictKind::Collision { with: other.path.clone() });
            }
            folder = parent;
        }
    }
    found
}

/// Whether what stands in the way goes away in this build.
fn freed(root: &Root, candidate: &Candidate, removed: &BTreeSet<&str>) -> Result<Verdict, WriteError> {
    let Verdict::WriteIfFreed(kind) = &candidate.verdict else { return Ok(candidate.verdict.clone()) };
    let free = match kind {
        ConflictKind::Blocked { by } => removed.contains(by.as_str()),
        ConflictKind::Directory => empties(root, &candidate.path, removed)?,
        ConflictKind::Edited
        | ConflictKind::Foreign
        | ConflictKind::Link
        | ConflictKind::Special
        | ConflictKind::Outside { .. }
        | ConflictKind::Collision { .. } => false,
    };
    Ok(if free { Verdict::Write(Status::Created) } else { candidate.verdict.clone() })
}

/// Whether the folder holds no file but those that are removed, so that it can go away with them.
fn empties(root: &Root, folder: &str, removed: &BTreeSet<&str>) -> Result<bool, WriteError> {
    let real = root.join(folder);
    for entry in fs::read_dir(&real).map_err(WriteError::io("read", &real))? {
        let entry = entry.map_err(WriteError::io("read", &real))?;
        let Ok(name) = entry.file_name().into_string() else { return Ok(false) };
        let path = format!("{folder}/{name}");
        let is_folder = entry.file_type().map_err(WriteError::io("examine", &real))?.is_dir();
        let goes = if is_folder { empties(root, &path, removed)? } else { removed.contains(path.as_str()) };
        if !goes {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Decides about the lock: its step comes last, and it is rewritten only if it changes.
fn plan_lock(
    writer: &Writer,
    purpose: Purpose,
    report: &mut Report,
    steps: &mut Vec<Step>,
) -> Result<Option<String>, WriteError> {
    let lock = next_lock(writer)?;
    let remove = purpose == Purpose::Clean && lock.entries.is_empty();
    let text = lock.print();
    let after = Digest::of(text.as_bytes());
    let kind = match &writer.lock_found {
        Found::Absent => {
            report.lock = if remove { Status::Unchanged } else { Status::Created };
            None
        }
        Found::File(content, _) => {
            report.lock = match remove {
                true => Status::Removed,
                false if content.digest == after => Status::Unchanged,
                false if content.with_line_feeds == Some(after) => Status::Updated(Why::LineEndings),
                false => Status::Updated(Why::Content),
            };
            None
        }
        Found::Link(_) if writer.options.takeover == Takeover::Force => {
            report.lock = Status::Overwritten;
            None
        }
        Found::Link(_) => Some(ConflictKind::Link),
        Found::Directory => Some(ConflictKind::Directory),
        Found::Special => Some(ConflictKind::Special),
        Found::Blocked(by) => Some(ConflictKind::Blocked { by: by.clone() }),
        Found::Outside(by) => Some(ConflictKind::Outside { by: by.clone() }),
    };
    if let Some(kind) = kind {
        let (path, group) = (LOCK_PATH.to_owned(), String::new());
        report.conflicts.push(Conflict { path, group, kind, difference: None });
        return Ok(None);
    }
    let (path, before) = (LOCK_PATH.to_owned(), before(&writer.lock_found));
    match report.lock {
        Status::Removed => steps.push(Step::Remove { before, path }),
        Status::Unchanged | Status::Adopted | Status::Kept | Status::Released => {}
        Status::Created | Status::Updated(_) | Status::Overwritten => {
            steps.push(Step::Put { number: u32::MAX, before, after, group: None, path });
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// The lock as it will be.
fn next_lock(writer: &Writer) -> Result<Lock, WriteError> {
    let mut next = Lock {
        state: LockState::Whole,
        header: Some(Header { compiler: writer.options.compiler.clone(), edition: writer.options.edition.clone() }),
        entries: BTreeMap::new(),
    };
    for (path, entry) in &writer.lock.entries {
        if writer.options.only.includes(&entry.group) && !writer.passed_over.contains(path) {
            continue;
        }
        let mut entry = entry.clone();
        if entry.digests.len() > 1 {
            // After a conflicted merge, the one that is on disk is the one that was taken.
            let found = writer.root.look(path)?.found;
            entry.digests.sort_by_key(|digest| (!found.is(*digest), *digest));
            entry.digests.truncate(1);
        }
        next.entries.insert(path.clone(), entry);
    }
    for candidate in &writer.candidates {
        match candidate.wanted.ownership {
            Ownership::Generated => next.set(&candidate.path, &candidate.group, candidate.wanted.digest),
            Ownership::Once => {
                next.entries.remove(&candidate.path);
            }
        }
    }
    Ok(next)
}
