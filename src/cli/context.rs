//! What every command needs: where the project is, how to print, which day it is.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::ArgMatches;

use crate::cli::Exit;
use crate::diag::report::{self, Charset, ColorChoice, Paint, Stream, Style};
use crate::diag::{Diagnostic, Severity, Texts};
use crate::resolve::Program;
use crate::source::FileId;
use crate::standard;
use crate::value::Date;

/// The name of the file that commands look for.
pub(super) const FILE: &str = "deploy.kdl";

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// For people.
    Human,
    /// One JSON object on stdout.
    Json,
    /// SARIF 2.1.0 on stdout.
    Sarif,
    /// Annotations of GitHub's workflows.
    Github,
}

/// What every command needs.
pub(super) struct Context {
    pub(super) directory: PathBuf,
    pub(super) format: Format,
    pub(super) today: Date,
    started: std::time::Instant,
    color: ColorChoice,
    quiet: Verbosity,
    warnings: Warnings,
}

/// Whether messages besides findings and results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verbosity {
    Quiet,
    Normal,
}

/// What a warning does to the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Warnings {
    Allowed,
    Denied,
}

impl Context {
    /// Reads the global options.
    ///
    /// # Errors
    /// With a sentence when one of them has a value that cannot be.
    pub(super) fn new(matches: &ArgMatches) -> Result<Self, String> {
        let own = matches.subcommand().map_or(matches, |(_, own)| own);
        let word = |name: &str| own.get_one::<String>(name).map(String::as_str);
        let today = match word("today") {
            Some(text) => Date::parse(text).map_err(|error| format!("--today: {error}"))?,
            None => system_date(),
        };
        Ok(Context {
            directory: PathBuf::from(word("directory").unwrap_or(".")),
            format: match word("format") {
                Some("json") => Format::Json,
                Some("sarif") => Format::Sarif,
                Some("github") => Format::Github,
                _ => Format::Human,
            },
            today,
            started: now(),
            color: match word("color") {
                Some("always") => ColorChoice::Always,
                Some("never") => ColorChoice::Never,
                _ => ColorChoice::Auto,
            },
            quiet: if own.get_flag("quiet") { Verbosity::Quiet } else { Verbosity::Normal },
            warnings: if word("deny").is_some() { Warnings::Denied } else { Warnings::Allowed },
        })
    }

    /// The folder of the project and the entry file in it: the named file, else deploy.kdl here or above.
    ///
    /// # Errors
    /// With the exit code, after saying what is missing.
    pub(super) fn project(&self, named: Option<&str>) -> Result<(PathBuf, String), Exit> {
        if let Some(named) = named {
            return self.named(named);
        }
        let start = std::fs::canonicalize(&self.directory).map_err(|error| {
            complain(&format!("{}: {error}", self.directory.display()));
            Exit::Outside
        })?;
        match start.ancestors().find(|folder| folder.join(FILE).is_file()) {
            Some(folder) => Ok((folder.to_owned(), FILE.to_owned())),
            None => {
                complain(&format!(
                    "there is no {FILE} in {} or above it; write one, or name it with -C DIR",
                    start.display()
                ));
                Err(Exit::Outside)
            }
        }
    }

    fn named(&self, named: &str) -> Result<(PathBuf, String), Exit> {
        let path = self.directory.join(named);
        let full = std::fs::canonicalize(&path).map_err(|error| {
            complain(&format!("{named}: {error}"));
            Exit::Outside
        })?;
        match (full.parent(), full.file_name().and_then(|name| name.to_str())) {
            (Some(folder), Some(name)) => Ok((folder.to_owned(), name.to_owned())),
            _ => {
                complain(&format!("{named} is not a file"));
                Err(Exit::Outside)
            }
        }
    }

    /// The style of human output on stderr.
    fn style(&self) -> Style {
        let stream = if io::stderr().is_terminal() { Stream::Terminal } else { Stream::Other };
        let paint = self.color.paint(stream, environment("NO_COLOR").as_deref(), environment("TERM").as_deref());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| environment(name).filter(|value| !value.is_empty()));
        let unicode = locale.is_none_or(|locale| locale.to_ascii_lowercase().replace('-', "").contains("utf8"));
        Style { paint, charset: if unicode || paint == Paint::Colored { Charset::Unicode } else { Charset::Ascii } }
    }

    /// Prints findings in the chosen format and gives the exit code they ask for. `extra` joins the JSON object.
    pub(super) fn report(
        &self,
        diagnostics: &[Diagnostic],
        texts: &dyn Texts,
        extra: serde_json::Map<String, serde_json::Value>,
    ) -> Exit {
        match self.format {
            Format::Human => {
                if !diagnostics.is_empty() {
                    eprint(&report::human(diagnostics, texts, self.style()));
                }
            }
            Format::Json => {
                let mut object = report::json(diagnostics, texts);
                object.extend(extra);
                print(&(serde_json::Value::Object(object).to_string() + "\n"));
            }
            Format::Sarif => print(&(report::sarif(diagnostics, texts).to_string() + "\n")),
            Format::Github => print(&report::github(diagnostics, texts)),
        }
        self.exit(diagnostics)
    }

    /// The exit code that findings ask for.
    pub(super) fn exit(&self, diagnostics: &[Diagnostic]) -> Exit {
        let bad = diagnostics.iter().any(|diagnostic| match diagnostic.severity {
            Severity::Error => true,
            Severity::Warning => self.warnings == Warnings::Denied,
            Severity::Note => false,
        });
        if bad { Exit::Findings } else { Exit::Fine }
    }

    /// How long the command has taken so far.
    pub(super) fn elapsed(&self) -> std::time::Duration {
        now().duration_since(self.started)
    }

    /// Says something to a person; nothing with `--quiet` or in a format for machines.
    pub(super) fn say(&self, message: &str) {
        if self.quiet == Verbosity::Normal && self.format == Format::Human {
            eprint(&format!("{message}\n"));
        }
    }
}

fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
    std::env::var(name).ok()
}

fn now() -> std::time::Instant {
    #[expect(clippy::disallowed_methods, reason = "the command line is where time is measured")]
    std::time::Instant::now()
}

/// Today by the system's clock, in UTC.
fn system_date() -> Date {
    #[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
    let now = std::time::SystemTime::now();
    let days = now.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400);
    let epoch = Date::new(1970, 1, 1).unwrap_or_default();
    i64::try_from(days).ok().and_then(|days| epoch.plus_days(days)).unwrap_or_default()
}

/// Prints a result. A closed pipe ends quietly: nobody reads it.
pub(super) fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Prints a message.
pub(super) fn eprint(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Prints what stops the command.
pub(super) fn complain(message: &str) {
    let mut line = String::new();
    let _ = writeln!(line, "deployc: {message}");
    eprint(&line);
}

/// The texts of a program and of the embedded files.
pub(super) struct ProgramTexts<'a>(pub(super) &'a Program);

impl Texts for ProgramTexts<'_> {
    fn name(&self, file: FileId) -> &str {
        if let Some((path, _)) = standard::embedded(file) {
            return path;
        }
        self.0.file(file).map_or("deploy.kdl", |file| file.path.as_str())
    }

    fn text(&self, file: FileId) -> &str {
        if let Some((_, text)) = standard::embedded(file) {
            return text;
        }
        self.0.file(file).map_or("", |file| file.document.text())
    }
}
