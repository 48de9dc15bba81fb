//! What names exactly one thing for ever: the hash of a commit, the digest of an image.

use std::fmt;
use std::ops::Range;

use super::error::ValueError;
use super::scan::shortened;

/// The hash of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit(String);

impl Commit {
    /// Reads the 40 hexadecimal digits of a commit. Less of them may come to name another commit, and so may a tag.
    pub fn parse(text: &str) -> Result<Commit, ValueError> {
        const EXPECTED: &str = "commit";
        if let Some(fix) = in_lower_case(text, 40) {
            return Err(ValueError::new(EXPECTED, 0..text.len(), "a commit is written in lower case").with_fix(fix));
        }
        let help = "a commit has 40 hexadecimal digits: `git ls-remote https://github.com/OWNER/NAME TAG` tells it";
        hexadecimal(EXPECTED, text, 0, 40).map_err(|error| error.with_help(help))?;
        Ok(Commit(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The digest of an image, with its algorithm.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageDigest(String);

impl ImageDigest {
    /// Reads `sha256:` or `sha512:` and the digits.
    pub fn parse(text: &str) -> Result<ImageDigest, ValueError> {
        const EXPECTED: &str = "digest";
        let help = "a digest is `sha256:` and 64 hexadecimal digits: `docker buildx imagetools inspect IMAGE` tells it";
        let Some((algorithm, digits)) = text.split_once(':') else {
            let error = ValueError::new(EXPECTED, 0..text.len(), format!("`{}` is no digest", shortened(text)));
            return Err(match hexadecimal(EXPECTED, text, 0, 64) {
                Ok(()) => error.with_help(help).with_fix(["sha256:", text].concat()),
                Err(_) => error.with_help(help),
            });
        };
        let length = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => {
                let message = format!("`{}` is no digest algorithm", shortened(algorithm));
                return Err(ValueError::new(EXPECTED, 0..algorithm.len(), message).with_help(help));
            }
        };
        let start = algorithm.len() + 1;
        if let Some(fix) = in_lower_case(digits, length) {
            let error = ValueError::new(EXPECTED, start..text.len(), "a digest is written in lower case");
            return Err(error.with_fix([algorithm, ":", &fix].concat()));
        }
        hexadecimal(EXPECTED, digits, start, length).map_err(|error| error.with_help(help))?;
        Ok(ImageDigest(text.to_owned()))
    }

    /// The algorithm and the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The digits in lower case, where that is all that is wrong with them.
fn in_lower_case(digits: &str, length: usize) -> Option<String> {
    let lower = digits.to_ascii_lowercase();
    (lower != digits && hexadecimal("", &lower, 0, length).is_ok()).then_some(lower)
}

/// Whether a text that begins at `start` of the value is `length` hexadecimal digits.
fn hexadecimal(expected: &'static str, digits: &str, start: usize, length: usize) -> Result<(), ValueError> {
    let at = |range: Range<usize>| range.start + start..range.end + start;
    let is_digit = |letter: char| matches!(letter, '0'..='9' | 'a'..='f');
    if let Some((offset, letter)) = digits.char_indices().find(|(_, letter)| !is_digit(*letter)) {
        let message = format!("`{}` is no hexadecimal digit", letter.escape_debug());
        return Err(ValueError::new(expected, at(offset..offset + letter.len_utf8()), message));
    }
    if digits.len() == length {
        return Ok(());
    }
    let message = format!("expected {length} hexadecimal digits, found {}", digits.len());
    Err(ValueError::new(expected, at(0..digits.len()), message))
}
