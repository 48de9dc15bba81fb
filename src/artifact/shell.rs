//! Bash scripts: trusted templates with typed holes, in blocks, with an origin per line.

use super::template::{Piece, pieces};
use crate::source::Origin;

/// A bash script, or a part of one.
///
/// Commands are trusted templates; what comes from users goes into their `{holes}` as [`Word`]s and is quoted for the
/// place where the hole stands (bare, in double quotes, in single quotes).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Script {
    /// How it begins.
    pub prologue: Prologue,
    /// What runs it.
    pub interpreter: Interpreter,
    /// Its lines.
    pub lines: Vec<ScriptLine>,
    depth: u16,
    origin: Option<Origin>,
}

/// How a script begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prologue {
    /// With its first line.
    #[default]
    None,
    /// With `set -euo pipefail`.
    Strict,
    /// With the interpreter, the header comment of the file, and `set -euo pipefail`.
    File,
}

/// What runs a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interpreter {
    /// Bash.
    #[default]
    Bash,
    /// Any `/bin/sh`, as in a container.
    Posix,
}

/// A line of a script, or several that belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScriptLine {
    /// How many blocks it stands in.
    pub depth: u16,
    /// What it says.
    pub kind: LineKind,
    /// Where it came from; `None` means: from what the script came from.
    pub origin: Option<Origin>,
}

/// What a line of a script says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineKind {
    /// A command: a trusted template and the words for its holes.
    Command {
        /// The template.
        template: String,
        /// The words, by hole.
        words: Vec<(String, Word)>,
    },
    /// A comment.
    Comment(String),
    /// An empty line.
    Blank,
    /// A command that reads lines of plain data from its standard input.
    Heredoc {
        /// The template of the command.
        template: String,
        /// The words, by hole.
        words: Vec<(String, Word)>,
        /// The data; nothing in it is expanded.
        content: String,
    },
}

/// What fills a hole of a command.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// Data: quoted, so that the shell reads exactly this.
    Text(String),
    /// The value of a shell variable, as one word.
    Variable(String),
    /// Shell source of the user or of ours, passed on verbatim.
    Raw(String),
    /// Several pieces that make one word.
    Joined(Vec<Word>),
    /// Several words.
    List(Vec<Word>),
}

impl Word {
    /// Data.
    pub fn text(data: impl Into<String>) -> Word {
        Word::Text(data.into())
    }

    /// A whole number.
    pub fn number(number: impl Into<i64>) -> Word {
        Word::Text(number.into().to_string())
    }

    /// The value of a shell variable.
    pub fn var(name: impl Into<String>) -> Word {
        Word::Variable(name.into())
    }

    /// Shell source, verbatim.
    pub fn raw(source: impl Into<String>) -> Word {
        Word::Raw(source.into())
    }

    /// Several data words.
    pub fn texts<T: Into<String>>(words: impl IntoIterator<Item = T>) -> Word {
        Word::List(words.into_iter().map(Word::text).collect())
    }
}

impl From<&str> for Word {
    fn from(data: &str) -> Self {
        Word::text(data)
    }
}

impl From<String> for Word {
    fn from(data: String) -> Self {
        Word::Text(data)
    }
}

/// The arms of a `case`.
#[derive(Debug)]
pub struct Cases<'s> {
    script: &'s mut Script,
}

impl Cases<'_> {
    /// An arm; `pattern` is a template, and words in it match literally.
    pub fn arm(&mut self, pattern: &str, words: &[(&str, Word)], body: impl FnOnce(&mut Script)) -> &mut Self {
        self.script.command([pattern, ")"].concat(), words);
        self.script.nested(|script| {
            body(script);
            script.line(";;", &[]);
        });
        self
    }
}

impl Script {
    /// A part of a script, without a beginning of its own (a `run:` of one command, a template of a user's step).
    pub fn new() -> Script {
        Script::default()
    }

    /// A part of a script that begins with `set -euo pipefail`.
    pub fn strict() -> Script {
        Script { prologue: Prologue::Strict, ..Script::default() }
    }

    /// A script file.
    pub fn file() -> Script {
        Script { prologue: Prologue::File, ..Script::default() }
    }

    /// A part of a script for any `/bin/sh`.
    pub fn posix() -> Script {
        Script { interpreter: Interpreter::Posix, ..Script::default() }
    }

    /// One command and nothing else.
    pub fn of(template: &str, words: &[(&str, Word)]) -> Script {
        let mut script = Script::new();
        script.line(template, words);
        script
    }

    /// A command of the user, passed on verbatim.
    pub fn user(command: &str) -> Script {
        Script::of("{command}", &[("command", Word::raw(command))])
    }

    /// Whether it has no line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds a command: a trusted template with `{holes}` and the words for them.
    /// `${NAME}` is not a hole; a hole nobody fills is printed as written and told by [`Script::faults`].
    pub fn line(&mut self, template: &str, words: &[(&str, Word)]) -> &mut Self {
        self.command(template.to_owned(), words);
        self
    }

    /// Adds a command over several lines, one part on each.
    pub fn long(&mut self, parts: &[&str], words: &[(&str, Word)]) -> &mut Self {
        self.command(parts.join(" \\\n  "), words);
        self
    }

    /// Adds a command of the user, verbatim, with where it was written.
    pub fn raw(&mut self, command: &str, origin: &Origin) -> &mut Self {
        self.at(origin, |script| {
            script.line("{command}", &[("command", Word::raw(command))]);
        })
    }

    /// Adds a comment, which may have several lines.
    pub fn comment(&mut self, lines: impl Into<String>) -> &mut Self {
        self.add(LineKind::Comment(lines.into()))
    }

    /// Adds an empty line.
    pub fn blank(&mut self) -> &mut Self {
        self.add(LineKind::Blank)
    }

    /// Adds the lines of another script, in the block where this one stands.
    pub fn append(&mut self, other: &Script) -> &mut Self {
        for line in &other.lines {
            let mut line = line.clone();
            line.depth = line.depth.saturating_add(self.depth);
            line.origin = line.origin.or_else(|| self.origin.clone());
            self.lines.push(line);
        }
        self
    }

    /// Lines that came from `origin`.
    pub fn at(&mut self, origin: &Origin, body: impl FnOnce(&mut Script)) -> &mut Self {
        let outer = self.origin.replace(origin.clone());
        body(self);
        self.origin = outer;
        self
    }

    /// `if TEST; then … fi`.
    pub fn when(&mut self, test: &str, words: &[(&str, Word)], then: impl FnOnce(&mut Script)) -> &mut Self {
        self.command(["if ", test, "; then"].concat(), words);
        self.nested(then);
        self.line("fi", &[])
    }

    /// `if TEST; then … else … fi`.
    pub fn when_else(
        &mut self,
        test: &str,
        words: &[(&str, Word)],
        then: impl FnOnce(&mut Script),
        otherwise: impl FnOnce(&mut Script),
    ) -> &mut Self {
        self.command(["if ", test, "; then"].concat(), words);
        self.nested(then);
        self.line("else", &[]);
        self.nested(otherwise);
        self.line("fi", &[])
    }

    /// `for VARIABLE in ITEMS; do … done`; `items` is a template.
    pub fn each(
        &mut self,
        variable: &str,
        items: &str,
        words: &[(&str, Word)],
        body: impl FnOnce(&mut Script),
    ) -> &mut Self {
        self.block(&["for ", variable, " in ", items, "; do"].concat(), words, body, "done")
    }

    /// `while TEST; do … done`.
    pub fn repeat_while(&mut self, test: &str, words: &[(&str, Word)], body: impl FnOnce(&mut Script)) -> &mut Self {
        self.block(&["while ", test, "; do"].concat(), words, body, "done")
    }

    /// `until TEST; do … done`.
    pub fn repeat_until(&mut self, test: &str, words: &[(&str, Word)], body: impl FnOnce(&mut Script)) -> &mut Self {
        self.block(&["until ", test, "; do"].concat(), words, body, "done")
    }

    /// `NAME() { … }`.
    pub fn function(&mut self, name: &str, body: impl FnOnce(&mut Script)) -> &mut Self {
        self.block(&[name, "() {"].concat(), &[], body, "}")
    }

    /// `( … )`: what changes inside (the folder, variables) stays inside.
    pub fn subshell(&mut self, body: impl FnOnce(&mut Script)) -> &mut Self {
        self.block("(", &[], body, ")")
    }

    /// Any block: `open` is a template, `close` is printed as it is.
    pub fn block(
        &mut self,
        open: &str,
        words: &[(&str, Word)],
        body: impl FnOnce(&mut Script),
        close: &str,
    ) -> &mut Self {
        self.line(open, words);
        self.nested(body);
        self.line(close, &[])
    }

    /// `case SUBJECT in … esac`; `subject` is a template.
    pub fn case(&mut self, subject: &str, words: &[(&str, Word)], arms: impl FnOnce(&mut Cases<'_>)) -> &mut Self {
        self.command(["case ", subject, " in"].concat(), words);
        self.nested(|script| arms(&mut Cases { script }));
        self.line("esac", &[])
    }

    /// A command that reads `content` from its standard input; nothing in the content is expanded.
    pub fn heredoc(&mut self, template: &str, words: &[(&str, Word)], content: impl Into<String>) -> &mut Self {
        self.add(LineKind::Heredoc { template: template.to_owned(), words: owned(words), content: content.into() })
    }

    /// Holes that nobody fills and words without a hole: mistakes of the compiler's own templates, for its tests.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for line in &self.lines {
            let (LineKind::Command { template, words } | LineKind::Heredoc { template, words, .. }) = &line.kind else {
                continue;
            };
            let holes: Vec<&str> = pieces(template).filter_map(Piece::hole).collect();
            let unfilled = holes.iter().filter(|hole| !words.iter().any(|(name, _)| name == *hole));
            faults.extend(unfilled.map(|hole| format!("nothing fills `{{{hole}}}` of `{template}`")));
            let unused = words.iter().filter(|(name, _)| !holes.contains(&name.as_str()));
            faults.extend(unused.map(|(name, _)| format!("`{template}` has no hole `{{{name}}}`")));
        }
        faults
    }

    fn nested(&mut self, body: impl FnOnce(&mut Script)) {
        self.depth = self.depth.saturating_add(1);
        body(self);
        self.depth = self.depth.saturating_sub(1);
    }

    fn command(&mut self, template: String, words: &[(&str, Word)]) {
        self.add(LineKind::Command { template, words: owned(words) });
    }

    fn add(&mut self, kind: LineKind) -> &mut Self {
        self.lines.push(ScriptLine { depth: self.depth, kind, origin: self.origin.clone() });
        self
    }
}

fn owned(words: &[(&str, Word)]) -> Vec<(String, Word)> {
    words.iter().map(|(name, word)| ((*name).to_owned(), word.clone())).collect()
}
