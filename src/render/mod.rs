//! From typed trees to bytes: the only place that quotes and escapes.

mod characters;
mod dialect;
mod dockerfile;
mod json;
mod lines;
mod markdown;
mod mermaid;
mod prose;
mod scalar;
mod shell;
mod toml;
mod yaml;

use crate::artifact::{Artifact, Body, Ownership, Script};
use crate::source::{FileId, Origin, Span};

/// Prints a file at the end of `out`.
pub fn render(artifact: &Artifact, out: &mut Vec<u8>) {
    body(artifact, &mut Printer { out, lines: None });
}

/// Prints a file at the end of `out` and tells for every line, in order, where it came from.
pub fn render_with_lines<'a>(artifact: &'a Artifact, out: &mut Vec<u8>) -> Vec<&'a Origin> {
    let mut printer = Printer { out, lines: Some(Vec::new()) };
    body(artifact, &mut printer);
    printer.lines.unwrap_or_default()
}

/// The text of a file, for tests and for those who compare.
pub fn text(artifact: &Artifact) -> String {
    let mut out = Vec::new();
    render(artifact, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// A diagram in the notation of Mermaid.
pub fn flowchart(chart: &crate::artifact::Flowchart) -> String {
    mermaid::flowchart(chart).join("\n") + "\n"
}

/// The text of a script as a `run:` block holds it.
pub fn script(script: &Script) -> String {
    let nowhere = Origin::default();
    let mut text = String::new();
    for (line, _) in shell::lines(script, &nowhere, "") {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn body<'a>(artifact: &'a Artifact, printer: &mut Printer<'a, '_>) {
    let (header, origin) = (header(artifact), &artifact.origin);
    match &artifact.body {
        Body::Yaml { documents, dialect } => yaml::print(documents, *dialect, &header, origin, printer),
        Body::Json { tree, header: key } => json::print(tree, key.map(|key| (key, header.as_str())), origin, printer),
        Body::Toml(tree) => toml::print(tree, &header, origin, printer),
        Body::Markdown(blocks) => markdown::print(blocks, &artifact.path, &header, origin, printer),
        Body::Dockerfile(file) => dockerfile::print(file, &header, origin, printer),
        Body::Lines(lines) => self::lines::print(lines, &header, origin, printer),
        Body::Shell(script) => {
            for (line, origin) in shell::lines(script, origin, &header) {
                printer.line(&line, origin);
            }
        }
    }
}

/// What the first comment of a file says.
fn header(artifact: &Artifact) -> String {
    let input = characters::one_line(&artifact.made_from);
    match artifact.ownership {
        Ownership::Generated => {
            ["Made by deployc from ", &input, ". Edit ", &input, " and run `deployc build`."].concat()
        }
        Ownership::WrittenOnce => {
            ["Made once by deployc from ", &input, ". It is yours: deployc does not change it again."].concat()
        }
    }
}

/// Why an empty line is there: it is of no declaration.
static BLANK: Origin = by_rule("an empty line keeps two parts apart");
/// Why a file begins as it does.
static HEADER: Origin = by_rule("a generated file says what made it");
/// Why a script begins as it does.
static STRICT: Origin = by_rule("a script stops at the first command that fails");

const fn by_rule(rule: &'static str) -> Origin {
    Origin { place: Span::new(FileId::RULE, 0, 0), also: None, rule }
}

/// Where printers write: bytes, and the origin of each line when somebody wants to know.
struct Printer<'a, 'o> {
    out: &'o mut Vec<u8>,
    lines: Option<Vec<&'a Origin>>,
}

impl<'a> Printer<'a, '_> {
    /// Adds text without a line break.
    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Adds `count` spaces.
    fn indent(&mut self, count: usize) {
        self.out.resize(self.out.len().saturating_add(count), b' ');
    }

    /// Ends the line.
    fn end(&mut self, origin: &'a Origin) {
        self.out.push(b'\n');
        if let Some(lines) = &mut self.lines {
            lines.push(origin);
        }
    }

    /// Adds an empty line between two parts.
    fn blank(&mut self) {
        self.end(&BLANK);
    }

    /// Adds a whole line, or several when the text has line breaks.
    fn line(&mut self, text: &str, origin: &'a Origin) {
        for line in text.split('\n') {
            self.put(line);
            self.end(origin);
        }
    }
}
