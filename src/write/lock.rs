//! `deploy/deployc.lock`: which files are generated, and with which content.
//!
//! Every line stands alone and there is no digest of the whole, so that branches merge. Whatever of it is readable is
//! used: after a merge that git could not do, the lines of both sides count, because both were generated.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::digest::Digest;
use super::place::check_path;

/// Where it is, from the root.
pub const LOCK_PATH: &str = "deploy/deployc.lock";

const TITLE: &str = "# What deployc generated: a file listed here that was not edited is deployc's to replace or remove.\n\
                     # Commit it. A conflict in it is mended by the next `deployc build`.\n";

/// How the lock was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockState {
    /// Every line was understood.
    Whole,
    /// There was none.
    Missing,
    /// Some lines were not understood.
    Damaged,
    /// It holds the marks of a merge that git could not do.
    Conflicted,
}

/// What the lock knows of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The group that it belongs to.
    pub(super) group: String,
    /// Its digest; several only after a conflicted merge or an interrupted build.
    pub(super) digests: Vec<Digest>,
}

/// Who wrote the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) compiler: String,
    pub(super) edition: String,
}

/// The lock's content.
#[derive(Clone, Debug)]
pub(super) struct Lock {
    pub(super) state: LockState,
    pub(super) header: Option<Header>,
    pub(super) entries: BTreeMap<String, Entry>,
}

impl Lock {
    pub(super) fn missing() -> Self {
        Lock { state: LockState::Missing, header: None, entries: BTreeMap::new() }
    }

    /// Reads what can be read.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut lock = Lock { state: LockState::Whole, ..Lock::missing() };
        for line in String::from_utf8_lossy(bytes).lines() {
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            if ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
                lock.state = LockState::Conflicted;
            } else if !lock.read_header(line) && !lock.read_entry(line) && lock.state == LockState::Whole {
                lock.state = LockState::Damaged;
            }
        }
        if lock.state == LockState::Whole && lock.header.is_none() {
            lock.state = LockState::Damaged;
        }
        lock
    }

    fn read_header(&mut self, line: &str) -> bool {
        let Some((version, edition)) = line.strip_prefix("deployc ").and_then(|header| header.split_once(" edition "))
        else {
            return false;
        };
        if parse_version(version).is_none() {
            return false;
        }
        // After a conflicted merge, the newer of the two sides decides.
        if !self.header.as_ref().is_some_and(|header| is_newer(&header.compiler, version)) {
            self.header = Some(Header { compiler: version.to_owned(), edition: edition.to_owned() });
        }
        true
    }

    /// The lock comes from a repository, so a path in it that deployc would never write is not believed: it could
    /// make `clean` remove what is not ours.
    fn read_entry(&mut self, line: &str) -> bool {
        let Some((rest, group)) = line.rsplit_once(' ') else { return false };
        let Some((path, digest)) = rest.rsplit_once(' ') else { return false };
        let Some(digest) = Digest::parse(digest) else { return false };
        if group.is_empty() || check_path(path).is_err() {
            return false;
        }
        self.learn(path, group, digest);
        true
    }

    /// Adds a content that was generated for `path`.
    pub(super) fn learn(&mut self, path: &str, group: &str, digest: Digest) {
        let entry = self
            .entries
            .entry(path.to_owned())
            .or_insert_with(|| Entry { group: group.to_owned(), digests: Vec::new() });
        if !entry.digests.contains(&digest) {
            entry.digests.push(digest);
        }
    }

    /// Makes `digest` the only content known for `path`.
    pub(super) fn set(&mut self, path: &str, group: &str, digest: Digest) {
        self.entries.insert(path.to_owned(), Entry { group: group.to_owned(), digests: vec![digest] });
    }

    /// The canonical text; the first digest of each entry counts.
    pub(super) fn print(&self) -> String {
        let mut out = TITLE.to_owned();
        if let Some(Header { compiler, edition }) = &self.header {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "deployc {compiler} edition {edition}");
        }
        for (path, entry) in &self.entries {
            if let Some(digest) = entry.digests.first() {
                let _ = writeln!(out, "{path} {digest} {}", entry.group);
            }
        }
        out
    }
}

/// Whether version `left` is newer than `right`; what is no version is not newer than anything.
pub(super) fn is_newer(left: &str, right: &str) -> bool {
    match (parse_version(left), parse_version(right)) {
        (Some(left), Some(right)) => left.compare(&right) == Ordering::Greater,
        _ => false,
    }
}

/// A version: three numbers and what comes before a release.
struct Version<'a> {
    numbers: [u64; 3],
    before_release: Option<&'a str>,
}

impl Version<'_> {
    fn compare(&self, other: &Version<'_>) -> Ordering {
        let later = match (self.before_release, other.before_release) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(left), Some(right)) => compare_names(left, right),
        };
        self.numbers.cmp(&other.numbers).then(later)
    }
}

/// Orders `beta.2` before `beta.10`, as semantic versioning does.
fn compare_names(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (left.parse::<u64>(), right.parse::<u64>()) {
                (Ok(left), Ok(right)) => left.cmp(&right),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => left.cmp(right),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn parse_version(text: &str) -> Option<Version<'_>> {
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let (numbers, before_release) = match text.split_once('-') {
        Some((numbers, name)) => (numbers, Some(name)),
        None => (text, None),
    };
    let mut parts = numbers.split('.').map(|part| part.parse::<u64>().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(Version { numbers, before_release })
}
