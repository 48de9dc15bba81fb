//! Diagnostics: what is told about a mistake, where, and how to mend it.

pub mod code;
mod fixes;
mod order;
pub mod page;
mod problem;
pub mod report;
mod texts;

pub use code::Code;
pub use fixes::apply_fixes;
pub use order::finish;
pub use texts::{Places, Region, Texts};

use crate::source::Span;

/// How much a diagnostic matters. Ordered by weight: an error is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Unwise; the build goes on.
    Warning,
    /// Wrong; nothing is built.
    Error,
}

impl Severity {
    /// The word in reports: `error`, `warning` or `note`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A place with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place, in any file of the run, the standard library included.
    pub span: Span,
    /// What is said there; may be empty for the primary place, where the message of the diagnostic stands in.
    pub message: String,
}

/// One replacement of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What comes in its place; empty for a deletion.
    pub replacement: String,
}

/// A change of the user's files that certainly mends the mistake; `check --fix` makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: ``write `true` as `#true` ``.
    pub title: String,
    /// The edits, made all or none.
    pub edits: Vec<Edit>,
}

/// How a finding hangs together with others, so that what merely follows from another one is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tie {
    /// The node at the primary place lacks one of these: moot where one of them is there under a wrong name.
    Lacks(Vec<String>),
    /// Nothing uses the declaration of this name: moot where it is used under a wrong name.
    Unused(String),
    /// What stands here was certainly, or most likely, meant to be one of these names.
    Meant(Vec<String>),
    /// The same, in a place that other nodes take over, as a preset: moot is whatever any node lacks of these names.
    MeantForAll(Vec<String>),
    /// A node that belongs elsewhere: moot where nobody knows in which block it stands.
    Displaced,
    /// From here on nobody knows in which block anything stands.
    Displaces,
    /// The value here could not be read, and a placeholder stands in for it: nobody knows what was meant.
    Unread,
}

/// One mistake, told once.
///
/// The message is lower case, names things in backticks, and says what is wrong; labels say why here; `help` says what to do.
/// The severity belongs to the code and the posture, so callers cannot choose it: see [`apply_severities`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of mistake.
    pub code: Code,
    /// How much it matters; an error until [`apply_severities`] has looked at the tables.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where it is.
    pub primary: Label,
    /// Further places that explain it.
    pub labels: Vec<Label>,
    /// The one action that mends it, in words.
    pub help: Option<String>,
    /// The edit that mends it, where that is certain.
    pub fix: Option<Fix>,
    /// What it has to do with other findings.
    pub tie: Option<Tie>,
}

impl Diagnostic {
    /// A mistake of the kind `code` at `span`.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: Label { span, message: String::new() },
            labels: Vec::new(),
            help: None,
            fix: None,
            tie: None,
        }
    }

    /// Says something at the primary place.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }

    /// Says something at a further place.
    #[must_use]
    pub fn also(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Says what the finding has to do with others.
    #[must_use]
    pub fn tied(mut self, tie: Tie) -> Self {
        self.tie = Some(tie);
        self
    }

    /// Says that something is not there, by each name under which it could be.
    #[must_use]
    pub fn lacks<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.tied(Tie::Lacks(names.into_iter().map(str::to_owned).collect()))
    }

    /// Says what an unknown name is meant to be: label, help and fix. `written` takes its place in the file.
    #[must_use]
    pub fn meant(self, name: &str, written: impl Into<String>) -> Self {
        let span = self.primary.span;
        self.label(format!("did you mean `{name}`?"))
            .help(format!("write `{name}`"))
            .fix(format!("write `{name}`"), span, written)
            .tied(Tie::Meant(vec![name.to_owned()]))
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds an edit that mends the mistake. The first call names the fix; further calls add edits to it and their title is not used.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        let fix = self.fix.get_or_insert_with(|| Fix { title: title.into(), edits: Vec::new() });
        fix.edits.push(Edit { span, replacement: replacement.into() });
        self
    }
}

/// Gives each diagnostic the severity that `table` has for its code (by posture; the table is data of the standard library).
///
/// A code that the table does not list stays an error, so that a forgotten row is loud.
pub fn apply_severities(diagnostics: &mut [Diagnostic], table: &dyn Fn(Code) -> Option<Severity>) {
    for diagnostic in diagnostics {
        if let Some(severity) = table(diagnostic.code) {
            diagnostic.severity = severity;
        }
    }
}
