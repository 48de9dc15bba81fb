//! The report for people: source excerpts by ariadne, a header and a summary of our own.

use super::located::{MARK, located};
use super::view::{View, safe};
use crate::diag::report::masked::Masked;
use crate::diag::texts::{Places, Texts};
use crate::diag::{Diagnostic, Label, Severity};
use crate::source::{FileId, Span};
use ariadne::{CharSet, Color, Config, IndexType, Report, ReportKind, Source};
use std::collections::BTreeSet;
use std::ops::Range;

/// Reports beyond these are counted instead of shown.
const MOST_SHOWN: usize = 100;
/// Further places of one diagnostic beyond these are counted instead of shown.
const MOST_LABELS: usize = 12;

/// How a report for people is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether it has colours.
    pub paint: Paint,
    /// The characters for lines and arrows.
    pub charset: Charset,
}

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// With escape sequences for colours.
    Colored,
    /// Without any escape sequence.
    Plain,
}

/// What lines and arrows are drawn with. Texts of the user are printed as they are in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Box drawing characters.
    Unicode,
    /// Only what every terminal has.
    Ascii,
}

/// The value of `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorChoice {
    /// Colours on a terminal that wants them.
    Auto,
    /// Colours.
    Always,
    /// No colours.
    Never,
}

/// What a report is printed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// A terminal.
    Terminal,
    /// A file or another program.
    Other,
}

impl ColorChoice {
    /// Decides with what the environment says: the values of `NO_COLOR` and `TERM`, where they are set.
    pub fn paint(self, stream: Stream, no_color: Option<&str>, term: Option<&str>) -> Paint {
        match self {
            ColorChoice::Always => Paint::Colored,
            ColorChoice::Never => Paint::Plain,
            ColorChoice::Auto => {
                let is_unwanted = no_color.is_some_and(|value| !value.is_empty()) || term == Some("dumb");
                if stream == Stream::Terminal && !is_unwanted { Paint::Colored } else { Paint::Plain }
            }
        }
    }
}

impl Charset {
    /// Decides with the locale: the values of `LC_ALL`, `LC_CTYPE` and `LANG` in this order, of which the first that is set counts.
    ///
    /// Without any of them (Windows, a plain container) box drawing characters work nearly everywhere by now.
    pub fn of_locale(values: [Option<&str>; 3]) -> Charset {
        match values.into_iter().flatten().find(|value| !value.is_empty()) {
            Some(locale) => {
                let locale = locale.to_ascii_lowercase();
                if locale.contains("utf-8") || locale.contains("utf8") { Charset::Unicode } else { Charset::Ascii }
            }
            None => Charset::Unicode,
        }
    }

    /// The mark for what is left out.
    pub(super) fn ellipsis(self) -> &'static str {
        match self {
            Charset::Unicode => "…",
            Charset::Ascii => "...",
        }
    }
}

/// The report for people; empty if there is nothing to tell. It ends with the summary.
///
/// Beyond a hundred diagnostics the errors are preferred, and the rest is counted.
pub fn human(diagnostics: &[Diagnostic], texts: &dyn Texts, style: Style) -> String {
    let texts = Masked::new(texts, diagnostics);
    let mut places = Places::new(&texts);
    let mut report = String::new();
    for diagnostic in chosen(diagnostics) {
        report.push_str(&header(diagnostic, style));
        report.push_str(&excerpt(diagnostic, &mut places, style));
        report.push('\n');
    }
    let hidden = diagnostics.len().saturating_sub(MOST_SHOWN);
    if hidden > 0 {
        let noun = if hidden == 1 { "finding is" } else { "findings are" };
        report.push_str(&format!("{hidden} more {noun} not shown; `--format json` lists all of them\n"));
    }
    if !diagnostics.is_empty() {
        report.push_str(&summary(diagnostics));
        report.push('\n');
    }
    report
}

/// How many there are of each severity: `2 errors, 1 warning`; empty for none.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let part = |severity: Severity| match count(severity) {
        0 => None,
        1 => Some(format!("1 {}", severity.as_str())),
        many => Some(format!("{many} {}s", severity.as_str())),
    };
    let parts: Vec<String> =
        [Severity::Error, Severity::Warning, Severity::Note].into_iter().filter_map(part).collect();
    parts.join(", ")
}

/// The diagnostics that are shown, in their order.
fn chosen(diagnostics: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    let mut numbers: Vec<usize> = (0..diagnostics.len()).collect();
    numbers.sort_by_key(|number| std::cmp::Reverse(diagnostics.get(*number).map(|diagnostic| diagnostic.severity)));
    numbers.truncate(MOST_SHOWN);
    numbers.sort_unstable();
    numbers.into_iter().filter_map(|number| diagnostics.get(number))
}

/// `error[area/name]: message`. ariadne's own header keeps its colours when they are switched off, and has no notes.
fn header(diagnostic: &Diagnostic, style: Style) -> String {
    let kind = format!("{}[{}]", diagnostic.severity.as_str(), diagnostic.code);
    let message = safe(&diagnostic.message, style.charset);
    match style.paint {
        Paint::Plain => format!("{kind}: {message}\n"),
        Paint::Colored => {
            let color = match diagnostic.severity {
                Severity::Error => 31,
                Severity::Warning => 33,
                Severity::Note => 36,
            };
            format!("\u{1b}[1;{color}m{kind}\u{1b}[0m\u{1b}[1m: {message}\u{1b}[0m\n")
        }
    }
}

/// The lines of the source with their labels, the help and the fix.
fn excerpt(diagnostic: &Diagnostic, places: &mut Places, style: Style) -> String {
    let advice = advice(diagnostic, style.charset);
    let (views, labels) = views(diagnostic, places, style.charset);
    let Some((primary, _)) = labels.first() else {
        return advice.iter().map(|(name, text)| format!("  = {name}: {text}\n")).collect();
    };
    let charset = match style.charset {
        Charset::Unicode => CharSet::Unicode,
        Charset::Ascii => CharSet::Ascii,
    };
    let config = Config::new()
        .with_color(style.paint == Paint::Colored)
        .with_char_set(charset)
        // The views count in characters: with bytes ariadne mistakes the one for the other in every file but the first.
        .with_index_type(IndexType::Char);
    let mut report = Report::build(ReportKind::Error, primary.clone()).with_config(config);
    for (number, (place, message)) in in_drawing_order(&labels, &views) {
        let color = match (number, diagnostic.severity) {
            (0, Severity::Error) => Color::Red,
            (0, Severity::Warning) => Color::Yellow,
            (0, Severity::Note) => Color::Cyan,
            (_, Severity::Error | Severity::Warning | Severity::Note) => Color::Blue,
        };
        report = report.with_label(ariadne::Label::new(place.clone()).with_message(message).with_color(color));
    }
    for (name, text) in advice {
        match name {
            Advice::Help => report.add_help(text),
            Advice::Note => report.add_note(text),
        }
    }
    let mut drawn = Vec::new();
    // Writing into memory does not fail.
    let _ = report.finish().write(Sources(&views), &mut drawn);
    let views: Vec<&View> = views.iter().map(|shown| &shown.view).collect();
    located(&String::from_utf8_lossy(&drawn), &views)
}

/// A place in a view: the number of the view and the characters in it.
type Place = (usize, Range<usize>);

/// A place with what is said about it.
type Placed = (Place, String);

/// The files of a diagnostic with what is shown of them, and its labels placed there, the primary one first.
fn views(diagnostic: &Diagnostic, places: &mut Places, charset: Charset) -> (Vec<Shown>, Vec<Placed>) {
    let primary = std::iter::once(&diagnostic.primary);
    let all: Vec<&Label> = primary.chain(diagnostic.labels.iter().take(MOST_LABELS)).collect();
    let all: Vec<&Label> = all.into_iter().filter(|label| label.span.file != FileId::RULE).collect();
    let mut views = Vec::new();
    let mut placed: Vec<(usize, Place, String)> = Vec::new();
    let files: BTreeSet<FileId> = all.iter().map(|label| label.span.file).collect();
    for file in files {
        let here: Vec<(usize, &Label)> =
            all.iter().copied().enumerate().filter(|(_, label)| label.span.file == file).collect();
        let spans: Vec<Span> = here.iter().map(|(_, label)| label.span).collect();
        let Some(view) = View::new(places, file, &spans, charset) else { continue };
        for ((number, label), range) in here.into_iter().zip(&view.ranges) {
            // Without a message ariadne does not underline.
            let message = if label.message.is_empty() { "here".to_owned() } else { safe(&label.message, charset) };
            placed.push((number, (views.len(), range.clone()), message));
        }
        views.push(Shown { source: Source::from(view.text.clone()), view });
    }
    placed.sort_by_key(|(number, _, _)| *number);
    (views, placed.into_iter().map(|(_, place, message)| (place, message)).collect())
}

/// The labels as ariadne wants them, with their numbers: the file of the primary one first, each file at a stretch and by line, or it
/// would print a file several times.
fn in_drawing_order<'l>(labels: &'l [Placed], views: &[Shown]) -> Vec<(usize, &'l Placed)> {
    let first = labels.first().map(|((file, _), _)| *file);
    let line = |file: usize, range: &Range<usize>| {
        let view = &views.get(file)?.view;
        view.lines.get(view.ranges.iter().position(|other| other == range)?).copied()
    };
    let mut order: Vec<(usize, &Placed)> = labels.iter().enumerate().collect();
    order.sort_by_key(|(number, ((file, range), _))| (Some(*file) != first, *file, line(*file, range), *number));
    order
}

/// What stands below an excerpt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Advice {
    Help,
    Note,
}

impl std::fmt::Display for Advice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Advice::Help => "help",
            Advice::Note => "note",
        })
    }
}

fn advice(diagnostic: &Diagnostic, charset: Charset) -> Vec<(Advice, String)> {
    let lines = |text: &str| text.lines().map(|line| safe(line, charset)).collect::<Vec<_>>().join("\n");
    let mut advice = Vec::new();
    if let Some(help) = &diagnostic.help {
        advice.push((Advice::Help, lines(help)));
    }
    if let Some(fix) = &diagnostic.fix {
        let note = match &diagnostic.help {
            Some(help) if *help == fix.title => "`deployc check --fix` does this".to_owned(),
            Some(_) | None => format!("`deployc check --fix` does this: {}", fix.title),
        };
        advice.push((Advice::Note, lines(&note)));
    }
    let hidden = diagnostic.labels.len().saturating_sub(MOST_LABELS);
    if hidden > 0 {
        advice.push((Advice::Note, format!("{hidden} more places are not shown")));
    }
    advice
}

/// A view as ariadne reads it.
struct Shown {
    view: View,
    source: Source<String>,
}

/// The files of one report, by the number of their view.
struct Sources<'v>(&'v [Shown]);

impl ariadne::Cache<usize> for Sources<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &usize) -> Result<&Source<String>, impl std::fmt::Debug> {
        self.0.get(*id).map(|shown| &shown.source).ok_or("there is no such view")
    }

    /// Not the name but its number between marks that no view contains: [`located`] puts the name there, with the true line and column.
    fn display<'a>(&self, id: &'a usize) -> Option<impl std::fmt::Display + 'a> {
        Some(format!("{MARK}{id}{MARK}"))
    }
}
