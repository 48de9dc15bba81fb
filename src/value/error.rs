//! The mistake in one written value, placed inside its text.

use std::fmt;
use std::ops::Range;

/// Why a text is not the value that was wanted. The range counts bytes inside the text; the caller maps it to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
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
        ValueError { range, message: message.into(), expected, help: None, fix: None }
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
}

impl fmt::Display for ValueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ValueError {}
