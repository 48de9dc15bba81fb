//! What a build did to the tree, or would do, and what stands in its way.

use std::fmt;

use super::lock::LockState;

/// The outcome of a build.
#[derive(Clone, Debug)]
pub struct Report {
    /// Every file of the groups that were asked for, sorted by path. With conflicts: what would have been done.
    pub files: Vec<Change>,
    /// What stands in the way, sorted by path. When there is one, nothing was written.
    pub conflicts: Vec<Conflict>,
    /// What became of the lock.
    pub lock: Status,
    /// How the lock was found.
    pub lock_state: LockState,
    /// What was left to do of an earlier build that had died.
    pub recovery: Recovery,
}

impl Report {
    /// Whether the tree is not what was generated (`build --check`).
    pub fn has_drift(&self) -> bool {
        !self.conflicts.is_empty() || self.lock.is_change() || self.files.iter().any(|file| file.status.is_change())
    }
}

/// The outcome for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// From the root.
    pub path: String,
    /// Its group.
    pub group: String,
    /// What became of it.
    pub status: Status,
    /// From what was on disk to what is generated, when it was asked for.
    pub difference: Option<String>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is as generated.
    Unchanged,
    /// It is as generated, and was entered into the lock that did not list it.
    Adopted,
    /// It is written once and was there.
    Kept,
    /// It was not there.
    Created,
    /// It was ours and is newer now.
    Updated(Why),
    /// It was not ours, and the user said to replace it.
    Overwritten,
    /// Nothing generates it any more.
    Removed,
    /// Nothing generates it any more, but it was edited: it stays and is the user's.
    Released,
}

impl Status {
    /// Whether the file is written or removed. (Entering or dropping one changes the lock, which has its own status.)
    pub fn is_change(self) -> bool {
        match self {
            Status::Unchanged | Status::Adopted | Status::Kept | Status::Released => false,
            Status::Created | Status::Updated(_) | Status::Overwritten | Status::Removed => true,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Status::Unchanged => "unchanged",
            Status::Adopted => "unchanged, now in the lock",
            Status::Kept => "written once, left as it is",
            Status::Created => "created",
            Status::Updated(Why::Content) => "updated",
            Status::Updated(Why::Mode) => "updated: only whether it can be run",
            Status::Updated(Why::LineEndings) => {
                "updated: it had CRLF line endings (to prevent this, give it `text eol=lf` in .gitattributes)"
            }
            Status::Updated(Why::Damaged) => "updated: it was empty",
            Status::Overwritten => "overwritten",
            Status::Removed => "removed: no longer generated",
            Status::Released => "no longer generated, but edited by hand: left in place, and yours from now on",
        })
    }
}

/// Why a file of ours is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Other bytes are generated than before.
    Content,
    /// It can be run and should not, or the other way round.
    Mode,
    /// It is as generated but for CRLF line endings.
    LineEndings,
    /// It is empty or all zeros, as a power loss leaves a file.
    Damaged,
}

/// What was left to do of an earlier build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Nothing.
    Nothing,
    /// It had died while writing; its work was finished first.
    Finished,
    /// It had died while writing and could not be finished; what it had put in place was entered into the lock.
    Settled,
}

/// A file that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// From the root.
    pub path: String,
    /// The group that it would be written for.
    pub group: String,
    /// What is wrong.
    pub kind: ConflictKind,
    /// From what is on disk to what is generated, where the two can be compared.
    pub difference: Option<String>,
}

/// Why a file cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictKind {
    /// It was generated and has been edited since.
    Edited,
    /// It was there before, and is not ours.
    Foreign,
    /// A symbolic link is there.
    Link,
    /// A folder is there.
    Directory,
    /// A pipe, socket or device is there.
    Special,
    /// A file is where a folder is needed.
    Blocked {
        /// The file.
        by: String,
    },
    /// A symbolic link on the way leads out of the root.
    Outside {
        /// The link.
        by: String,
    },
    /// Another generated file excludes it: it has the same path, the same but for upper and lower case, or the path
    /// of a folder that this one needs.
    Collision {
        /// The other path.
        with: String,
    },
}

impl Conflict {
    /// The code of the diagnostic that tells of it.
    pub fn code(&self) -> &'static str {
        self.kind.code(&self.path)
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.kind {
            ConflictKind::Edited => write!(out, "`{path}` was edited by hand since it was generated"),
            ConflictKind::Foreign => write!(out, "`{path}` was there before and was not generated by deployc"),
            ConflictKind::Link => write!(out, "`{path}` is a symbolic link, not the generated file"),
            ConflictKind::Directory => write!(out, "`{path}` is a folder, and a file is generated there"),
            ConflictKind::Special => write!(out, "`{path}` is neither a file nor a folder"),
            ConflictKind::Blocked { by } => {
                write!(out, "a file is where the folder `{by}` must be: `{path}` lies in it")
            }
            ConflictKind::Outside { by } => {
                write!(out, "the link `{by}` leaves the project: `{path}` lies behind it")
            }
            ConflictKind::Collision { with } => {
                write!(out, "`{with}` and `{path}` are both generated and cannot both exist on every system")
            }
        }
    }
}

/// One way out of a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOut {
    /// Say it in the source.
    Patch,
    /// `--adopt`.
    Adopt,
    /// `--force`.
    Force,
    /// Move or delete what is there.
    MoveAway,
    /// Replace the link by a folder.
    ReplaceLink,
    /// Give one of two declarations another name.
    Rename,
}

impl WayOut {
    /// What to do, as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            WayOut::Patch => "keep the change: declare it in deploy.kdl, as a `patch` if need be, and build again",
            WayOut::Adopt => "let deployc own it: `deployc build --adopt` replaces it with what is generated",
            WayOut::Force => "drop the change: `deployc build --force` replaces it with what is generated",
            WayOut::MoveAway => "move it or delete it, and build again",
            WayOut::ReplaceLink => "replace the link by a folder inside the project",
            WayOut::Rename => "give one of the two declarations another name",
        }
    }
}

impl ConflictKind {
    /// The code of the diagnostic that tells of it.
    fn code(&self, path: &str) -> &'static str {
        match self {
            ConflictKind::Edited => "output/edited",
            ConflictKind::Collision { with } if with != path && with.to_lowercase() == path.to_lowercase() => {
                "output/case"
            }
            ConflictKind::Collision { .. } => "output/two-emitters",
            ConflictKind::Foreign
            | ConflictKind::Link
            | ConflictKind::Directory
            | ConflictKind::Special
            | ConflictKind::Blocked { .. }
            | ConflictKind::Outside { .. } => "output/foreign",
        }
    }

    /// The ways out, the safest first.
    pub fn ways_out(&self) -> &'static [WayOut] {
        match self {
            ConflictKind::Edited => &[WayOut::Patch, WayOut::Force],
            ConflictKind::Foreign => &[WayOut::Patch, WayOut::MoveAway, WayOut::Adopt],
            ConflictKind::Link => &[WayOut::MoveAway, WayOut::Force],
            ConflictKind::Directory | ConflictKind::Special | ConflictKind::Blocked { .. } => &[WayOut::MoveAway],
            ConflictKind::Outside { .. } => &[WayOut::ReplaceLink],
            ConflictKind::Collision { .. } => &[WayOut::Rename],
        }
    }
}
