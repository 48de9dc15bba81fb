//! Replaces one file of the user's (`fmt`, `check --fix`) so that it is whole at every moment.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use super::WriteError;

/// Puts `bytes` in the place of a file: written beside it, synced, renamed over it. Permissions stay; a link is followed.
///
/// # Errors
/// When the file is gone or its folder cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let target = fs::canonicalize(path).map_err(WriteError::io("find", path))?;
    let permissions = fs::metadata(&target).map_err(WriteError::io("read", &target))?.permissions();
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = target.with_file_name(format!(".{name}.deployc-{}", std::process::id()));
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(bytes)?;
        file.set_permissions(permissions)?;
        file.sync_all()?;
        fs::rename(&beside, &target)
    })();
    written.map_err(|error| {
        // What was put beside is of no use; the error that is told is the one that mattered.
        let _ = fs::remove_file(&beside);
        WriteError::io("replace", &target)(error)
    })
}
