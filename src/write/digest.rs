//! The fingerprint of a file's bytes.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, printed and read as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Digest(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
        }
        Some(Digest(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// What is worth knowing of a file's content, read piece by piece so that a huge file costs no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// The digest of its bytes.
    pub(super) digest: Digest,
    /// The digest it would have with LF line endings, when it has CRLF ones.
    pub(super) with_line_feeds: Option<Digest>,
    /// Whether nothing is in it: no byte at all or only zeros, as a power loss leaves behind.
    pub(super) blank: Blank,
}

/// Whether a file holds anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blank {
    Yes,
    No,
}

/// Reads a regular file.
pub(super) fn read_content(path: &Path) -> io::Result<Content> {
    let mut hash = Sha256::new();
    let mut blank = Blank::Yes;
    let mut pairs = Pairs::default();
    pieces(path, |piece| {
        hash.update(piece);
        if piece.iter().any(|byte| *byte != 0) {
            blank = Blank::No;
        }
        pairs.look(piece);
    })?;
    let with_line_feeds = match pairs.found {
        0 => None,
        _ => Some(digest_with_line_feeds(path)?),
    };
    Ok(Content { digest: Digest(hash.finalize().into()), with_line_feeds, blank })
}

/// Counts CR LF pairs, also where one lies across two pieces.
#[derive(Default)]
struct Pairs {
    last: u8,
    found: usize,
}

impl Pairs {
    fn look(&mut self, piece: &[u8]) {
        for byte in piece {
            if self.last == b'\r' && *byte == b'\n' {
                self.found += 1;
            }
            self.last = *byte;
        }
    }
}

fn digest_with_line_feeds(path: &Path) -> io::Result<Digest> {
    let mut hash = Sha256::new();
    let mut held = false;
    pieces(path, |piece| {
        let mut kept = Vec::with_capacity(piece.len() + 1);
        for byte in piece {
            if held && *byte != b'\n' {
                kept.push(b'\r');
            }
            held = *byte == b'\r';
            if !held {
                kept.push(*byte);
            }
        }
        hash.update(&kept);
    })?;
    if held {
        hash.update(b"\r");
    }
    Ok(Digest(hash.finalize().into()))
}

fn pieces(path: &Path, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        take(buffer.get(..count).unwrap_or_default());
    }
}
