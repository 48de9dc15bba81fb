//! The bash printer: fills the holes of templates, each word quoted for the place where its hole stands.

use super::characters::{self, is_plain};
use super::scalar::push_hexadecimal;
use crate::artifact::{Interpreter, LineKind, Piece, Prologue, Script, Word, pieces};
use crate::source::Origin;

/// The lines of a script with their origins; `header` is the comment of a file.
pub(super) fn lines<'a>(script: &'a Script, inherited: &'a Origin, header: &str) -> Vec<(String, &'a Origin)> {
    lines_for(script.interpreter, script, inherited, header)
}

/// The lines of a script, quoted for an interpreter.
pub(super) fn lines_for<'a>(
    interpreter: Interpreter,
    script: &'a Script,
    inherited: &'a Origin,
    header: &str,
) -> Vec<(String, &'a Origin)> {
    let mut lines = Vec::with_capacity(script.lines.len() + 4);
    match script.prologue {
        Prologue::None => {}
        Prologue::Strict => {
            let options = match interpreter {
                Interpreter::Bash => "set -euo pipefail",
                Interpreter::Posix => "set -eu",
            };
            lines.push((options.to_owned(), &super::STRICT));
        }
        Prologue::File => {
            let header = ["# ", header].concat();
            let (header, blank) = ((header.as_str(), &super::HEADER), ("", &super::BLANK));
            let start =
                [("#!/usr/bin/env bash", &super::STRICT), header, blank, ("set -euo pipefail", &super::STRICT), blank];
            lines.extend(start.map(|(line, origin)| (line.to_owned(), origin)));
        }
    }
    for line in &script.lines {
        let origin = line.origin.as_ref().unwrap_or(inherited);
        let indent = "  ".repeat(usize::from(line.depth));
        let mut push = |text: String| lines.push((text, origin));
        match &line.kind {
            LineKind::Command { template, words } => {
                command(interpreter, template, words, &indent).into_iter().for_each(push)
            }
            LineKind::Comment(comment) => characters::comment_lines(comment)
                .for_each(|line| push([indent.as_str(), if line.is_empty() { "#" } else { "# " }, &line].concat())),
            LineKind::Blank => push(String::new()),
            LineKind::Heredoc { template, words, content } => {
                let delimiter = delimiter(content);
                let mut opened = command(interpreter, template, words, &indent);
                if let Some(last) = opened.last_mut() {
                    last.extend([" <<'", &delimiter, "'"]);
                }
                opened.into_iter().for_each(&mut push);
                let content = content.strip_suffix('\n').unwrap_or(content);
                content.split('\n').for_each(|line| push(line.to_owned()));
                push(delimiter);
            }
        }
    }
    lines
}

/// A word that no line of the content is.
fn delimiter(content: &str) -> String {
    let mut delimiter = String::from("EOF");
    while content.split('\n').any(|line| line == delimiter) {
        delimiter.push_str("_EOF");
    }
    delimiter
}

/// A command with its holes filled, as lines.
pub(super) fn command(interpreter: Interpreter, template: &str, words: &[(String, Word)], indent: &str) -> Vec<String> {
    let (lines, frames) = (Vec::new(), Vec::new());
    let mut filler = Filler { interpreter, text: indent.to_owned(), lines, frames, after_space: true };
    for piece in pieces(template) {
        match piece {
            Piece::Literal(source) => filler.literal(source, indent),
            Piece::Hole { name, source } => match words.iter().find(|(hole, _)| hole == name) {
                Some((_, word)) => filler.word(word),
                None => filler.literal(source, indent),
            },
        }
    }
    filler.lines.push(filler.text);
    filler.lines
}

/// What a place in a command is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// `"…"`.
    Double,
    /// `'…'`.
    Single,
    /// `$'…'`.
    Ansi,
    /// `$(…)` or `(…)`.
    Command,
    /// `${…}`, which keeps the quoting around it.
    Brace,
    /// A comment.
    Comment,
}

/// How a word must be quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    Bare,
    Double,
    DoubleBrace,
    Single,
    Ansi,
    Comment,
}

struct Filler {
    interpreter: Interpreter,
    text: String,
    lines: Vec<String>,
    frames: Vec<Frame>,
    after_space: bool,
}

impl Filler {
    fn literal(&mut self, source: &str, indent: &str) {
        let mut characters = source.chars().peekable();
        while let Some(character) = characters.next() {
            if character == '\n' {
                self.end_line(indent);
                continue;
            }
            self.text.push(character);
            let space = std::mem::replace(&mut self.after_space, character.is_whitespace());
            match (self.frames.last().copied(), character) {
                (Some(Frame::Single), '\'') | (Some(Frame::Ansi), '\'') | (Some(Frame::Double), '"') => self.leave(),
                (Some(Frame::Single | Frame::Comment), _) => {}
                (_, '\\') => {
                    if let Some(escaped) = characters.next_if(|next| *next != '\n') {
                        self.text.push(escaped);
                    }
                }
                (Some(Frame::Ansi), _) => {}
                (_, '$') => self.dollar(&mut characters),
                (_, '"') => self.frames.push(Frame::Double),
                (Some(Frame::Double), _) => {}
                (Some(Frame::Brace), '}') => self.leave(),
                (Some(Frame::Brace), '\'') if self.quoting() == Quoting::Bare => self.frames.push(Frame::Single),
                (Some(Frame::Brace), _) => {}
                (_, '\'') => self.frames.push(Frame::Single),
                (_, '(') => self.frames.push(Frame::Command),
                (Some(Frame::Command), ')') => self.leave(),
                (_, '#') if space => self.frames.push(Frame::Comment),
                (None | Some(Frame::Command), _) => {}
            }
        }
    }

    /// After `$`: a substitution, an expansion or a quoted string may begin.
    fn dollar(&mut self, characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
        let frame = match characters.peek() {
            Some('(') => Frame::Command,
            Some('{') => Frame::Brace,
            Some('\'') if self.quoting() == Quoting::Bare => Frame::Ansi,
            _ => return,
        };
        self.text.extend(characters.next());
        self.frames.push(frame);
        self.after_space = frame == Frame::Command;
    }

    fn leave(&mut self) {
        self.frames.pop();
    }

    /// Inside quotes a line break is data, so what follows is not indented.
    fn end_line(&mut self, indent: &str) {
        self.frames.retain(|frame| *frame != Frame::Comment);
        let quoted = self.quoting() != Quoting::Bare;
        let next = if quoted { String::new() } else { indent.to_owned() };
        self.lines.push(std::mem::replace(&mut self.text, next));
        self.after_space = true;
    }

    fn quoting(&self) -> Quoting {
        let mut brace = false;
        for frame in self.frames.iter().rev() {
            match frame {
                Frame::Brace => brace = true,
                Frame::Double if brace => return Quoting::DoubleBrace,
                Frame::Double => return Quoting::Double,
                Frame::Single => return Quoting::Single,
                Frame::Ansi => return Quoting::Ansi,
                Frame::Command => return Quoting::Bare,
                Frame::Comment => return Quoting::Comment,
            }
        }
        Quoting::Bare
    }

    /// Adds source that may have several lines, which are not indented.
    fn verbatim(&mut self, source: &str) {
        for (number, line) in source.split('\n').enumerate() {
            if number > 0 {
                self.lines.push(std::mem::take(&mut self.text));
            }
            self.text.push_str(line);
        }
    }

    fn word(&mut self, word: &Word) {
        let quoting = self.quoting();
        match word {
            Word::Text(data) => self.verbatim(&text(data, quoting, self.interpreter)),
            Word::Variable(name) => {
                let (open, close) = match quoting {
                    Quoting::Bare => ("\"$", "\""),
                    Quoting::Double | Quoting::DoubleBrace => ("${", "}"),
                    Quoting::Single => ("'\"$", "\"'"),
                    Quoting::Ansi => ("'\"$", "\"$'"),
                    Quoting::Comment => ("$", ""),
                };
                self.text.extend([open, name, close]);
            }
            Word::Raw(source) => self.verbatim(source),
            Word::Joined(pieces) => pieces.iter().for_each(|piece| self.word(piece)),
            Word::List(words) => {
                for (number, word) in words.iter().enumerate() {
                    if number > 0 {
                        self.text.push(' ');
                    }
                    self.word(word);
                }
            }
        }
        self.after_space = false;
    }
}

/// Data as the shell must read it in a place.
fn text(data: &str, quoting: Quoting, interpreter: Interpreter) -> String {
    // Only bash has `$'…'`. Elsewhere what does not show stands as it is, and the printer around it must cope.
    let posix = interpreter == Interpreter::Posix && data.chars().any(|character| !is_plain(character));
    match quoting {
        Quoting::Bare if posix => ["'", &data.replace('\'', "'\\''"), "'"].concat(),
        Quoting::Single if posix => data.replace('\'', "'\\''"),
        Quoting::Double | Quoting::DoubleBrace if posix => {
            data.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`")
        }
        Quoting::Bare if data.bytes().all(is_safe) && !is_word_of_the_shell(data) => data.to_owned(),
        Quoting::Bare if !data.chars().all(is_plain) => ["$'", &ansi(data), "'"].concat(),
        // A quoted `~/` looks like a mistake to shellcheck, and so do `$` or a last backslash in single quotes.
        Quoting::Bare if data.starts_with("~/") => {
            ["\\~", &text(data.get(1..).unwrap_or_default(), quoting, interpreter)].concat()
        }
        Quoting::Bare if data.contains(['\'', '$', '`']) || data.ends_with('\\') => {
            ["\"", &double(data, quoting), "\""].concat()
        }
        Quoting::Bare => ["'", data, "'"].concat(),
        Quoting::Double | Quoting::DoubleBrace => double(data, quoting),
        Quoting::Single => single(data),
        Quoting::Ansi => ansi(data),
        Quoting::Comment => characters::one_line(data).into_owned(),
    }
}

/// Words that mean something on their own, or look so to shellcheck.
fn is_word_of_the_shell(data: &str) -> bool {
    const WORDS: [&str; 15] = [
        "", "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "function",
    ];
    data.starts_with('=') || WORDS.contains(&data)
}

/// Bytes that mean nothing to the shell anywhere in a word. A leading `~` is not among them.
fn is_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'%' | b'+' | b'=' | b':' | b',' | b'.' | b'/' | b'-')
}

/// Whether a further `{` would make it an expression to GitHub, wherever the script stands: a word never holds one.
fn begins_expression(text: &str) -> bool {
    text.ends_with("${")
}

/// Inside double quotes; what does not show as itself leaves them for a moment.
fn double(data: &str, quoting: Quoting) -> String {
    let mut out = String::with_capacity(data.len());
    for character in data.chars() {
        match character {
            '"' | '\\' | '$' | '`' => out.extend(['\\', character]),
            '{' if begins_expression(&out) && quoting == Quoting::DoubleBrace => out.push_str("$(printf '\\x7b')"),
            '{' if begins_expression(&out) => out.push_str("\"\"{"),
            '/' if out == "~" && quoting == Quoting::Double => out.push_str("\"\"/"),
            '}' if quoting == Quoting::DoubleBrace => out.push_str("\\}"),
            plain if is_plain(plain) && (plain != '\'' || quoting != Quoting::DoubleBrace) => out.push(plain),
            // Inside `"${…}"` quotes do not nest, bash looks for pairs of single ones, and a substitution loses line
            // breaks at its end.
            '\n' if quoting == Quoting::DoubleBrace => out.push('\n'),
            hidden if quoting == Quoting::DoubleBrace => {
                out.push_str("$(printf '");
                push_ansi(hidden, &mut out);
                out.push_str("')");
            }
            hidden => {
                out.push_str("\"$'");
                push_ansi(hidden, &mut out);
                out.push_str("'\"");
            }
        }
    }
    out
}

/// Inside single quotes; what cannot stand there leaves them for a moment.
fn single(data: &str) -> String {
    let mut out = String::with_capacity(data.len());
    for character in data.chars() {
        match character {
            '\'' => out.push_str("'\\''"),
            '{' if begins_expression(&out) => out.push_str("''{"),
            plain if is_plain(plain) => out.push(plain),
            hidden => {
                out.push_str("'$'");
                push_ansi(hidden, &mut out);
                out.push_str("''");
            }
        }
    }
    out
}

/// Inside `$'…'`.
fn ansi(data: &str) -> String {
    let mut out = String::with_capacity(data.len());
    for character in data.chars() {
        match character {
            '\'' | '\\' => out.extend(['\\', character]),
            '{' if begins_expression(&out) => out.push_str("\\x7b"),
            plain if is_plain(plain) => out.push(plain),
            hidden => push_ansi(hidden, &mut out),
        }
    }
    out
}

/// An escape of `$'…'`, byte by byte, because `\u` depends on the locale. A word cannot hold NUL: it becomes U+FFFD.
fn push_ansi(character: char, out: &mut String) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\'' => out.push_str("\\x27"),
        other => {
            let shown = if other == '\0' { char::REPLACEMENT_CHARACTER } else { other };
            for byte in shown.encode_utf8(&mut [0; 4]).bytes() {
                out.push_str("\\x");
                push_hexadecimal(u32::from(byte), 2, out);
            }
        }
    }
}
