//! The Dockerfile printer.

use super::{Printer, characters, json, shell};
use crate::artifact::dockerfile::{Copy, Health, InstructionKind, Run, Stage};
use crate::artifact::{Dockerfile, Interpreter, LineKind, Prologue, Script};
use crate::source::Origin;

/// Prints a Dockerfile; the syntax line must be the first.
pub(super) fn print<'a>(file: &'a Dockerfile, header: &str, origin: &'a Origin, printer: &mut Printer<'a, '_>) {
    if let Some(syntax) = &file.syntax {
        printer.line(&["# syntax=", &characters::one_line(&syntax.value)].concat(), &syntax.origin);
    }
    printer.line(&["# ", header].concat(), &super::HEADER);
    if !file.arguments.is_empty() {
        printer.blank();
    }
    for (name, default) in &file.arguments {
        printer.line(&argument(name, default.as_deref()), origin);
    }
    for stage in &file.stages {
        let own = stage.origin.as_ref().unwrap_or(origin);
        printer.blank();
        comment(stage.comment.as_deref(), own, printer);
        printer.line(&from(stage), own);
        for instruction in &stage.instructions {
            let origin = instruction.origin.as_ref().unwrap_or(own);
            comment(instruction.comment.as_deref(), origin, printer);
            if let InstructionKind::Run(run) = &instruction.kind {
                self::run(run, origin, printer);
            } else {
                printer.line(&self::instruction(&instruction.kind), origin);
            }
        }
    }
}

fn comment<'a>(comment: Option<&str>, origin: &'a Origin, printer: &mut Printer<'a, '_>) {
    for line in comment.into_iter().flat_map(characters::comment_lines) {
        printer.put(if line.is_empty() { "#" } else { "# " });
        printer.put(&line);
        printer.end(origin);
    }
}

fn from(stage: &Stage) -> String {
    let mut line = String::from("FROM ");
    if let Some(platform) = &stage.platform {
        line.extend(["--platform=", &characters::one_line(platform), " "]);
    }
    line.push_str(&characters::one_line(&stage.from));
    if !stage.name.is_empty() {
        line.extend([" AS ", &characters::one_line(&stage.name)]);
    }
    line
}

fn instruction(kind: &InstructionKind) -> String {
    match kind {
        InstructionKind::Argument(name, default) => argument(name, default.as_deref()),
        InstructionKind::Environment(pairs) => self::pairs("ENV", pairs),
        InstructionKind::EnvironmentFrom(name, argument) => ["ENV ", name, "=\"${", argument, "}\""].concat(),
        InstructionKind::EnvironmentBefore(name, text) => {
            ["ENV ", name, "=", quoted(text).trim_end_matches('"'), ":${", name, "}\""].concat()
        }
        InstructionKind::Label(pairs) => self::pairs("LABEL", pairs),
        InstructionKind::Folder(path) => ["WORKDIR ", &word(path)].concat(),
        InstructionKind::Copy(copy) => self::copy(copy),
        // Printed by `run`, because a script has lines with origins of their own.
        InstructionKind::Run(_) => String::new(),
        InstructionKind::User(user) => ["USER ", &word(user)].concat(),
        InstructionKind::Expose(port) => ["EXPOSE ", &port.to_string()].concat(),
        InstructionKind::Volume(path) => ["VOLUME ", &exec(std::slice::from_ref(path), Expansion::Escaped)].concat(),
        InstructionKind::StopSignal(signal) => ["STOPSIGNAL ", &word(signal)].concat(),
        InstructionKind::Shell(words) => ["SHELL ", &exec(words, Expansion::None)].concat(),
        InstructionKind::Entrypoint(words) => ["ENTRYPOINT ", &exec(words, Expansion::None)].concat(),
        InstructionKind::Command(words) => ["CMD ", &exec(words, Expansion::None)].concat(),
        InstructionKind::Health(health) => self::health(health),
    }
}

fn argument(name: &str, default: Option<&str>) -> String {
    let default = default.map_or_else(String::new, |default| ["=", &word(default)].concat());
    ["ARG ", name, &default].concat()
}

/// `ENV` and `LABEL`, one pair per line.
fn pairs(name: &str, pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(key, value)| [&word(key), "=", &quoted(value)].concat()).collect();
    [name, " ", &pairs.join(" \\\n    ")].concat()
}

fn copy(copy: &Copy) -> String {
    let mut line = String::from("COPY");
    for (flag, value) in [("from", &copy.from), ("chown", &copy.owner), ("chmod", &copy.mode)] {
        if !value.is_empty() {
            line.extend([" --", flag, "=", &characters::one_line(value)]);
        }
    }
    let mut words = copy.sources.clone();
    words.push(copy.to.clone());
    if words.iter().all(|word| is_simple(word)) {
        words.iter().for_each(|word| line.extend([" ", word.as_str()]));
    } else {
        line.extend([" ", &exec(&words, Expansion::Escaped)]);
    }
    line
}

fn health(health: &Health) -> String {
    let mut line = String::from("HEALTHCHECK");
    let retries = health.retries.map(|retries| retries.to_string()).unwrap_or_default();
    let flags = [
        ("interval", &health.interval),
        ("timeout", &health.timeout),
        ("start-period", &health.start_period),
        ("retries", &retries),
    ];
    for (flag, value) in flags {
        if !value.is_empty() {
            line.extend([" --", flag, "=", &characters::one_line(value)]);
        }
    }
    [&line, " CMD ", &exec(&health.command, Expansion::None)].concat()
}

/// Commands joined by `&&`. What cannot be written on lines that end in a backslash (a user's command of several
/// lines, a block, a here-document) is handed to the shell as one JSON string.
fn run<'a>(run: &'a Run, origin: &'a Origin, printer: &mut Printer<'a, '_>) {
    let mounts = run.mounts.iter().map(|mount| ["--mount=", mount].concat()).collect::<Vec<_>>();
    let Some(commands) = joinable(&run.script, origin) else {
        let lines = shell::lines_for(Interpreter::Posix, &run.script, origin, "");
        let text = lines.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>().join("\n");
        let words = exec(&["/bin/sh".to_owned(), "-ec".to_owned(), text], Expansion::None);
        let parts: Vec<String> = mounts.into_iter().chain([words]).collect();
        return printer.line(&["RUN ", &parts.join(" \\\n    ")].concat(), origin);
    };
    let mut lead = "RUN ";
    for mount in mounts {
        printer.line(&[lead, &mount, " \\"].concat(), origin);
        lead = "    ";
    }
    for (number, (lines, origin)) in commands.iter().enumerate() {
        printer.put(if number > 0 { "    && " } else { lead });
        for (place, line) in lines.iter().enumerate() {
            printer.put(if place > 0 { "    " } else { "" });
            printer.put(line);
            printer.put(if place + 1 == lines.len() && number + 1 < commands.len() { " \\" } else { "" });
            printer.end(origin);
        }
    }
}

/// The lines of each command with its origin, if `&&` and a backslash at the end of each line can hold them.
fn joinable<'a>(script: &'a Script, inherited: &'a Origin) -> Option<Vec<(Vec<String>, &'a Origin)>> {
    let mut commands = Vec::new();
    for line in &script.lines {
        let LineKind::Command { template, words } = &line.kind else { return None };
        let lines = shell::command(Interpreter::Posix, template, words, "");
        let (last, before) = lines.split_last()?;
        let continued = before.iter().all(|line| line.ends_with(" \\")) && !last.ends_with('\\');
        let simple = |line: &String| {
            let commented = line.trim_start().starts_with('#') || line.contains(" #");
            !line.trim().is_empty() && !commented && !line.contains("<<") && line.chars().all(characters::is_plain)
        };
        if line.depth > 0 || !continued || !lines.iter().all(simple) {
            return None;
        }
        commands.push((lines, line.origin.as_ref().unwrap_or(inherited)));
    }
    (!commands.is_empty() && script.prologue == Prologue::None).then_some(commands)
}

/// Whether an instruction expands `$` in its JSON form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expansion {
    /// It does not.
    None,
    /// It does, so that `$` is escaped.
    Escaped,
}

/// Words in the JSON form.
fn exec(words: &[String], expansion: Expansion) -> String {
    let words: Vec<String> = words
        .iter()
        .map(|word| match expansion {
            Expansion::None => json::quoted(word),
            Expansion::Escaped => json::quoted(&word.replace('\\', "\\\\").replace('$', "\\$")),
        })
        .collect();
    ["[", &words.join(", "), "]"].concat()
}

fn is_simple(word: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:*@+=,~".contains(&byte);
    !word.is_empty() && !word.starts_with("--") && word.bytes().all(safe)
}

/// A word, in quotes where it needs them.
fn word(text: &str) -> String {
    if is_simple(text) { text.to_owned() } else { quoted(text) }
}

/// Data in double quotes; nothing in it is expanded. A line break cannot be held and becomes a space.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' | '$' => quoted.extend(['\\', character]),
            '\n' | '\r' => quoted.push(' '),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
