//! The writer: takes generated files one at a time, decides about each, and writes the set.

use std::collections::BTreeSet;
use std::path::Path;

use super::apply::{apply, learn_from_journal, read_lock, recover};
use super::difference::{self, Side};
use super::digest::Digest;
use super::judge::{Verdict, Wanted, judge};
use super::lock::{Lock, is_newer};
use super::place::{Found, Root, check_path};
use super::plan::{Plan, Purpose, plan};
use super::session::{self, Session};
use super::{Differences, Effect, LOCK_PATH, Mode, Options, Ownership, Recovery, Report, WriteError, journal};

/// Writes one set of generated files below a root.
pub struct Writer {
    pub(super) root: Root,
    pub(super) options: Options,
    pub(super) lock: Lock,
    pub(super) lock_found: Found,
    pub(super) candidates: Vec<Candidate>,
    /// What was offered for groups that are not written now.
    pub(super) passed_over: BTreeSet<String>,
    pub(super) recovery: Recovery,
    /// Taken only when there is something to write, so that a build that changes nothing touches nothing.
    session: Option<Session>,
}

/// A generated file and what is to be done with it.
pub(super) struct Candidate {
    pub(super) path: String,
    pub(super) group: String,
    pub(super) wanted: Wanted,
    pub(super) key: String,
    pub(super) found: Found,
    pub(super) verdict: Verdict,
    /// The number under which its bytes wait.
    pub(super) staged: Option<u32>,
    pub(super) difference: Option<String>,
}

impl Writer {
    /// Looks at the tree, and finishes what an earlier build left undone (unless this is only a preview).
    ///
    /// # Errors
    /// When the tree cannot be read, was made by a newer compiler, or another build does not end.
    pub fn open(root: impl AsRef<Path>, options: Options) -> Result<Self, WriteError> {
        let mut writer = Writer {
            root: Root::new(root.as_ref()),
            options,
            lock: Lock::missing(),
            lock_found: Found::Absent,
            candidates: Vec::new(),
            passed_over: BTreeSet::new(),
            recovery: Recovery::Nothing,
            session: None,
        };
        match writer.options.effect {
            Effect::Write if session::is_present(&writer.root) => writer.secure()?,
            Effect::Write => writer.read_lock()?,
            Effect::Preview => {
                writer.read_lock()?;
                learn_from_journal(&writer.root, &mut writer.lock)?;
            }
        }
        Ok(writer)
    }

    /// Takes one generated file. Files of groups that are not written should be offered as well: then a path that has
    /// moved to another group is not taken for one that nothing generates any more.
    ///
    /// # Errors
    /// When the path may not be written, the tree cannot be read, or the bytes cannot be staged.
    pub fn offer(
        &mut self,
        path: &str,
        group: &str,
        mode: Mode,
        ownership: Ownership,
        bytes: &[u8],
    ) -> Result<(), WriteError> {
        check_path(path)?;
        if group.is_empty() || group.contains(char::is_whitespace) || group.starts_with('-') {
            return Err(WriteError::UnsafePath { path: path.to_owned(), reason: "its group is not one word" });
        }
        if !self.options.only.includes(group) {
            self.passed_over.insert(path.to_owned());
            return Ok(());
        }
        let wanted = Wanted { digest: Digest::of(bytes), mode, ownership };
        let mut candidate = self.examine(path, group, wanted)?;
        if self.options.effect == Effect::Write && candidate.verdict.writes() && self.session.is_none() {
            self.secure()?;
            candidate = self.examine(path, group, wanted)?;
        }
        if let (Some(session), true) = (&mut self.session, candidate.verdict.writes()) {
            candidate.staged = Some(session.stage(bytes, mode)?);
        }
        candidate.difference = self.difference(&candidate, bytes);
        self.candidates.push(candidate);
        Ok(())
    }

    /// Writes what was offered and removes what nothing generates any more, unless there is a conflict.
    ///
    /// # Errors
    /// When the tree cannot be read or written, or somebody changed it during the build.
    pub fn commit(mut self) -> Result<Report, WriteError> {
        self.conclude(Purpose::Build)
    }

    /// Removes the generated files that nobody edited, and the lock.
    ///
    /// # Errors
    /// When the tree cannot be read or written, or somebody changed it meanwhile.
    pub fn clean(mut self) -> Result<Report, WriteError> {
        self.candidates.clear();
        self.passed_over.clear();
        self.conclude(Purpose::Clean)
    }

    fn read_lock(&mut self) -> Result<(), WriteError> {
        (self.lock, self.lock_found) = read_lock(&self.root)?;
        match &self.lock.header {
            Some(header) if is_newer(&header.compiler, &self.options.compiler) => {
                let (lock, ours) = (header.compiler.clone(), self.options.compiler.clone());
                Err(WriteError::OlderCompiler { lock, ours })
            }
            _ => Ok(()),
        }
    }

    /// Keeps other builds out from here on. What was seen before may have changed since.
    fn secure(&mut self) -> Result<(), WriteError> {
        let mut session = Session::acquire(&self.root, self.options.patience)?;
        // The root itself may have been made just now.
        self.root = Root::new(&self.root.path);
        let recovery = recover(&self.root, &mut session);
        self.session = Some(session);
        self.recovery = recovery?;
        self.read_lock()?;
        for candidate in &mut self.candidates {
            let found = self.root.look(&candidate.path)?.found;
            let entry = self.lock.entries.get(&candidate.path);
            candidate.verdict = judge(&found, entry, candidate.wanted, self.options.takeover);
            // Its bytes are gone, so it cannot be written any more.
            if found != candidate.found || candidate.verdict.writes() {
                return Err(WriteError::ChangedMeanwhile { path: candidate.path.clone() });
            }
        }
        Ok(())
    }

    fn examine(&self, path: &str, group: &str, wanted: Wanted) -> Result<Candidate, WriteError> {
        let place = self.root.look(path)?;
        let verdict = judge(&place.found, self.lock.entries.get(path), wanted, self.options.takeover);
        Ok(Candidate {
            path: path.to_owned(),
            group: group.to_owned(),
            wanted,
            key: place.key,
            found: place.found,
            verdict,
            staged: None,
            difference: None,
        })
    }

    fn difference(&self, candidate: &Candidate, bytes: &[u8]) -> Option<String> {
        let shown = match &candidate.verdict {
            Verdict::Leave(_) => false,
            Verdict::Conflict(_) => matches!(candidate.found, Found::File(..) | Found::Link(_)),
            Verdict::Write(_) => self.options.differences == Differences::All,
            Verdict::WriteIfFreed(_) => false,
        };
        if !shown {
            return None;
        }
        if candidate.found.is(candidate.wanted.digest) {
            return Some(difference::modes(&candidate.path, candidate.wanted.mode));
        }
        let disk = Side::on_disk(&self.root.join(&candidate.path));
        Some(difference::unified(&candidate.path, &disk, &Side::Bytes(bytes.into())))
    }

    fn conclude(&mut self, purpose: Purpose) -> Result<Report, WriteError> {
        let mut plan = plan(self, purpose)?;
        let idle = plan.steps.is_empty() || !plan.report.conflicts.is_empty();
        if idle || self.options.effect == Effect::Preview {
            if let Some(session) = self.session.take() {
                session.end()?;
            }
            return Ok(plan.report);
        }
        if self.session.is_none() {
            self.secure()?;
            plan = super::plan::plan(self, purpose)?;
        }
        self.carry_out(plan)
    }

    fn carry_out(&mut self, mut plan: Plan) -> Result<Report, WriteError> {
        // `drop` must find the session if anything below fails.
        let Some(session) = self.session.as_mut() else { return Ok(plan.report) };
        if let Some(text) = plan.lock_text {
            let number = session.stage(text.as_bytes(), Mode::Plain)?;
            for step in &mut plan.steps {
                if let journal::Step::Put { number: reserved, path, .. } = step
                    && path == LOCK_PATH
                {
                    *reserved = number;
                }
            }
        }
        session.seal(&journal::print(&plan.steps))?;
        let skipped = apply(&self.root, session, &plan.steps)?;
        session.remove_journal()?;
        if let Some(session) = self.session.take() {
            session.end()?;
        }
        match skipped.into_iter().next() {
            Some(path) => Err(WriteError::ChangedMeanwhile { path }),
            None => Ok(plan.report),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            session.abandon();
        }
    }
}
