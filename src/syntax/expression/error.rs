//! The mistake in an expression or a template, placed inside its text.

use std::fmt;
use std::ops::Range;

use crate::value::{Mistake, ValueError};

/// Which rule of the language a mistake breaks; it decides the area of the diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The text is not of the grammar: `syntax/`.
    Grammar,
    /// A value in it is wrong: `type/`.
    Value(Mistake),
}

/// Why a text is no condition or template. Ranges count bytes inside the text; the caller maps them to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// Which rule is broken.
    pub fault: Fault,
    /// The offending bytes.
    pub range: Range<usize>,
    /// What is wrong, in lower case, with the text in backticks.
    pub message: String,
    /// What the offending bytes are, in a few words, to stand beside them.
    pub label: Box<str>,
    /// Further places that belong to the mistake, each with what it is.
    pub also: Vec<(Range<usize>, String)>,
    /// What to do about it.
    pub help: Option<Box<str>>,
    /// A replacement of the **whole** text, where only one thing can have been meant.
    pub fix: Option<Box<str>>,
}

impl ExpressionError {
    /// A mistake against the grammar.
    pub(super) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        ExpressionError {
            fault: Fault::Grammar,
            range,
            message: message.into(),
            label: "does not belong here".into(),
            also: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// The mistake in a value that begins at byte `start` of `text` and is `length` long.
    pub(super) fn of_value(error: ValueError, text: &str, start: usize, length: usize) -> Self {
        let fix = error.fix.as_ref().map(|fix| replaced(text, start..start + length, fix).into());
        let range = start + error.range.start..start + error.range.end;
        let label = error.label().into();
        ExpressionError {
            fault: Fault::Value(error.mistake),
            help: error.help.map(Into::into),
            fix,
            label,
            ..ExpressionError::new(range, error.message)
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into().into());
        self
    }

    /// Says what the offending bytes are.
    #[must_use]
    pub(super) fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into().into();
        self
    }

    /// Adds another place that belongs to it.
    #[must_use]
    pub(super) fn with_place(mut self, range: Range<usize>, message: impl Into<String>) -> Self {
        self.also.push((range, message.into()));
        self
    }

    /// Adds the replacement of a part of the text as the fix.
    #[must_use]
    pub(super) fn with_fix(mut self, text: &str, range: Range<usize>, replacement: &str) -> Self {
        let fix = replaced(text, range, replacement);
        if self.help.is_none() {
            self.help = Some(format!("write `{fix}`").into());
        }
        self.fix = Some(fix.into());
        self
    }
}

/// The text with one range of it replaced.
pub(super) fn replaced(text: &str, range: Range<usize>, replacement: &str) -> String {
    let (before, after) = (text.get(..range.start), text.get(range.end..));
    format!("{}{replacement}{}", before.unwrap_or_default(), after.unwrap_or_default())
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ExpressionError {}
