//! Differences between what is on disk and what is generated, in unified form.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use similar::TextDiff;

use super::Mode;

/// Comparing takes time that grows with lines × differences, so larger files are told apart without being compared.
const MOST_LINES: usize = 10_000;
const MOST_BYTES: u64 = 1024 * 1024;

/// One side of a comparison.
pub(super) enum Side<'a> {
    /// There is no file on this side.
    Nothing,
    /// The file's bytes.
    Bytes(Cow<'a, [u8]>),
    /// Something that is not compared, in words.
    Words(String),
}

impl Side<'_> {
    /// The side that is on disk.
    pub(super) fn on_disk(path: &Path) -> Side<'static> {
        let Ok(about) = fs::symlink_metadata(path) else { return Side::Nothing };
        if about.is_symlink() {
            let target = fs::read_link(path).map(|target| target.display().to_string()).unwrap_or_default();
            return Side::Words(format!("is a symbolic link to `{target}`"));
        }
        if !about.is_file() {
            return Side::Words("is not a regular file".to_owned());
        }
        let mut bytes = Vec::new();
        match File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)) {
            Ok(_) => Side::Bytes(Cow::Owned(bytes)),
            Err(error) => Side::Words(format!("cannot be read: {error}")),
        }
    }
}

/// The unified difference from what is on disk to what is generated.
pub(super) fn unified(path: &str, disk: &Side<'_>, generated: &Side<'_>) -> String {
    let (old, new) = match (text(path, disk), text(path, generated)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(words), _) | (_, Err(words)) => return words,
    };
    if old.lines().count() + new.lines().count() > MOST_LINES {
        return format!("`{path}` differs; it is too long to compare here\n");
    }
    let name = |side: &Side<'_>, what: &str| match side {
        Side::Nothing => "/dev/null".to_owned(),
        Side::Bytes(_) | Side::Words(_) => format!("{path} ({what})"),
    };
    let difference = TextDiff::from_lines(old, new);
    let text = difference.unified_diff().header(&name(disk, "on disk"), &name(generated, "generated")).to_string();
    // A carriage return is invisible, so a difference in line endings alone would look like equal lines.
    text.replace('\r', "\\r")
}

/// The difference of two files with the same bytes.
pub(super) fn modes(path: &str, wanted: Mode) -> String {
    let (old, new) = match wanted {
        Mode::Executable => ("not executable", "executable"),
        Mode::Plain => ("executable", "not executable"),
    };
    format!("--- {path} (on disk: {old})\n+++ {path} (generated: {new})\n")
}

fn text<'a>(path: &str, side: &'a Side<'_>) -> Result<&'a str, String> {
    match side {
        Side::Nothing => Ok(""),
        Side::Words(words) => Err(format!("`{path}` {words}\n")),
        Side::Bytes(bytes) if bytes.len() as u64 > MOST_BYTES => {
            Err(format!("`{path}` differs; it is too large to compare here\n"))
        }
        Side::Bytes(bytes) => {
            std::str::from_utf8(bytes).map_err(|_| format!("`{path}` differs; it is not text on both sides\n"))
        }
    }
}
