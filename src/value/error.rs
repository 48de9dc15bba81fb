//! The mistake in one written value, placed inside its text.

use std::fmt;
use std::ops::Range;

/// What kind of mistake a written value holds; it decides the code of the diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It is written as no value of its type is.
    Malformed,
    /// It is a value of another type.
    Mismatch,
    /// A number stands where only a number with a unit says something.
    UnitMissing,
    /// It is well written, and less or more than can be meant.
    OutOfRange,
    /// It leads out of the project.
    OutsideProject,
    /// It holds what no name holds, or is longer than names are.
    BadName,
}

/// Why a text is not the value that was wanted. The range counts bytes inside the text; the caller maps it to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// What kind of mistake it is.
    pub mistake: Mistake,
    /// The offending bytes of the text.
    pub range: Range<usize>,
    /// What is wrong, in lower case, with the text in backticks.
    pub message: String,
    /// What was wanted, as a noun: `duration`.
    pub expected: &'static str,
    /// What to do about it.
    pub help: Option<String>,
    /// A replacement of the **whole** text, where only one thing can have been meant.
    pub fix: Option<String>,
}

impl ValueError {
    /// A mistake at `range` of a text that should be `expected`.
    pub fn new(expected: &'static str, range: Range<usize>, message: impl Into<String>) -> Self {
        let message = message.into();
        ValueError { mistake: Mistake::Malformed, range, message, expected, help: None, fix: None }
    }

    /// A text that is something else than what was wanted: `found` says what, as a noun.
    pub(super) fn mismatch(expected: &'static str, found: &str, text: &str) -> Self {
        let message = format!("expected {expected}, found {found} `{}`", super::scan::shortened(text));
        ValueError::new(expected, 0..text.len(), message).of(Mistake::Mismatch)
    }

    /// Says what kind of mistake it is, where it is not merely malformed.
    #[must_use]
    pub fn of(mut self, mistake: Mistake) -> Self {
        self.mistake = mistake;
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the text that was meant, and says so where there is no other help.
    #[must_use]
    pub fn with_fix(mut self, fix: impl Into<String>) -> Self {
        let fix = fix.into();
        if self.help.is_none() {
            self.help = Some(format!("write `{fix}`"));
        }
        self.fix = Some(fix);
        self
    }

    /// What to write beside the offending bytes.
    pub fn label(&self) -> String {
        match self.mistake {
            Mistake::Malformed | Mistake::Mismatch => format!("not {}", described(self.expected)),
            Mistake::UnitMissing => "a unit is missing".to_owned(),
            Mistake::OutOfRange => "out of range".to_owned(),
            Mistake::OutsideProject => "outside of the project".to_owned(),
            Mistake::BadName => format!("not a part of {}", described(self.expected)),
        }
    }
}

/// A type of value with its article, as a sentence has it.
pub fn described(expected: &str) -> String {
    match expected {
        "bytes" => "a size in bytes".to_owned(),
        "cpu" => "a number of cores".to_owned(),
        "money" => "an amount of money".to_owned(),
        "image" => "an image reference".to_owned(),
        "gvk" => "a kind of Kubernetes object".to_owned(),
        "day and time" => "a time of the week".to_owned(),
        "text" | "code" => expected.to_owned(),
        "absolute path" | "amount per time" => format!("an {expected}"),
        other => format!("a {other}"),
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ValueError {}
