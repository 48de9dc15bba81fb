//! Paths inside the project: relative, with `/`, never leading out of it.

use std::fmt;

use super::error::{Mistake, ValueError};
use super::scan::shortened;

const EXPECTED: &str = "path";

/// A path below the project's root, without `.` and `..`; the root itself is `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ProjectPath(String);

impl ProjectPath {
    /// The root of the project.
    pub fn root() -> ProjectPath {
        ProjectPath::default()
    }

    /// Whether it is the root of the project.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path with `/`; `.` for the root.
    pub fn as_str(&self) -> &str {
        if self.is_root() { "." } else { &self.0 }
    }

    /// Its parts, outermost first; none for the root.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }

    /// The last part; `None` for the root.
    pub fn file_name(&self) -> Option<&str> {
        self.segments().next_back()
    }

    /// The folder it lies in; `None` for the root.
    pub fn parent(&self) -> Option<ProjectPath> {
        if self.is_root() {
            return None;
        }
        Some(ProjectPath(self.0.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())))
    }

    /// Whether it is `folder` or lies in it.
    pub fn is_in(&self, folder: &ProjectPath) -> bool {
        let inside = |rest: &str| rest.is_empty() || rest.starts_with('/');
        folder.is_root() || self.0.strip_prefix(&folder.0).is_some_and(inside)
    }

    /// Reads a path relative to the project's root.
    pub fn parse(text: &str) -> Result<ProjectPath, ValueError> {
        ProjectPath::root().join(text)
    }

    /// Reads a path relative to this folder; it may climb, but not above the project's root.
    pub fn join(&self, text: &str) -> Result<ProjectPath, ValueError> {
        refuse_foreign(text)?;
        let mut segments: Vec<&str> = self.segments().collect();
        let mut at = 0;
        for segment in text.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    if segments.pop().is_none() {
                        let message = format!("`{}` leaves the project root", shortened(text));
                        return Err(ValueError::new(EXPECTED, at..at + 2, message)
                            .of(Mistake::OutsideProject)
                            .with_help("move it into the project, or put `deploy.kdl` into a folder above both"));
                    }
                }
                _ => segments.push(segment),
            }
            at += segment.len() + 1;
        }
        Ok(ProjectPath(segments.join("/")))
    }
}

/// What no path of a project has.
fn refuse_foreign(text: &str) -> Result<(), ValueError> {
    let whole = 0..text.len();
    if text.is_empty() {
        return Err(
            ValueError::new(EXPECTED, whole, "expected path, found nothing").with_help("the project's root is `.`")
        );
    }
    if let Some((at, letter)) = text.char_indices().find(|(_, letter)| letter.is_control()) {
        let message = format!("the control character U+{:04X} does not belong in a path", u32::from(letter));
        return Err(ValueError::new(EXPECTED, at..at + letter.len_utf8(), message).with_help("remove it"));
    }
    if text.contains("://") {
        let message = format!("`{}` is an address, and leaves the project", shortened(text));
        return Err(ValueError::new(EXPECTED, whole, message)
            .of(Mistake::OutsideProject)
            .with_help("write the path of a file or folder of the project"));
    }
    let has_drive = text.get(1..3).is_some_and(|drive| drive.starts_with(":/") || drive.starts_with(":\\"));
    if text.starts_with('/') || has_drive {
        return Err(ValueError::new(
            EXPECTED,
            whole,
            format!("`{}` is absolute and leaves the project root", shortened(text)),
        )
        .of(Mistake::OutsideProject)
        .with_help("paths are relative to the file that names them"));
    }
    if let Some(at) = text.find('\\') {
        let error = ValueError::new(EXPECTED, at..at + 1, "a path has `/` between its parts, on every system");
        return Err(error.with_fix(text.replace('\\', "/")));
    }
    if text == "~" || text.starts_with("~/") {
        return Err(ValueError::new(EXPECTED, 0..1, format!("`{}` leaves the project root", shortened(text)))
            .of(Mistake::OutsideProject)
            .with_help("`~` is somebody's home; paths are relative to the file that names them"));
    }
    if text.len() > 1_024 {
        return Err(ValueError::new(EXPECTED, 1_024..text.len(), "the path is longer than 1024 bytes")
            .of(Mistake::OutOfRange)
            .with_help("write a shorter path"));
    }
    Ok(())
}

impl fmt::Display for ProjectPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
