//! Reads an explain page: its title, its summary and its fences, which are run as tests.
//!
//! A fence says with its info string what it is:
//! - `kdl wrong` is a `deploy.kdl` that reports exactly the code of the page, `kdl right` one that reports nothing;
//! - `LANGUAGE file=PATH` is a further file of the project, for all of them or, with `only=wrong` or `only=right`, for one kind.
//!
//! Further words: `today=DATE` is the date of the check; `build` means that the mistake shows when building;
//! `among=CODE,…` names other codes that are reported beside the page's; `bytes` writes `\xHH` for a byte; `repeat=N` writes the last line
//! N times.

/// An explain page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<'t> {
    /// The code, from the title.
    pub title: &'t str,
    /// One line that says what is wrong.
    pub summary: &'t str,
    /// The wrong and the right files, in the order of the page.
    pub examples: Vec<Example<'t>>,
}

/// A `deploy.kdl` of a page, with what it takes to run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example<'t> {
    /// What it must report.
    pub outcome: Outcome,
    /// The line of the page where it begins, from 1.
    pub line: usize,
    /// The text of `deploy.kdl`; not always UTF-8.
    pub text: Vec<u8>,
    /// The other files of the project: path and text.
    pub files: Vec<(&'t str, &'t str)>,
    /// The date of the check, where it matters.
    pub today: Option<&'t str>,
    /// The command that finds the mistake.
    pub command: Command,
    /// Other codes that are reported beside the page's.
    pub among: Vec<&'t str>,
}

/// What an example must report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Exactly the code of the page.
    Wrong,
    /// Nothing.
    Right,
}

/// The command that finds the mistake of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `deployc check`.
    Check,
    /// `deployc build`.
    Build,
}

/// The greatest length of a summary, in characters.
pub const LONGEST_SUMMARY: usize = 100;

impl<'t> Page<'t> {
    /// Reads a page.
    ///
    /// # Errors
    /// What is wrong with its form, with the line.
    pub fn parse(text: &'t str) -> Result<Self, String> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let title = lines.next().and_then(|line| line.strip_prefix("# ")).ok_or("line 1: expected `# area/name`")?;
        let summary = lines.next().filter(|line| !line.starts_with(['#', '`'])).ok_or("there is no summary")?;
        let length = summary.chars().count();
        if length > LONGEST_SUMMARY {
            return Err(format!("the summary has {length} characters, {LONGEST_SUMMARY} are allowed"));
        }
        let fences = fences(text)?;
        let examples: Vec<Example> =
            fences.iter().filter_map(|fence| example(fence, &fences).transpose()).collect::<Result<_, _>>()?;
        for (outcome, word) in [(Outcome::Wrong, "wrong"), (Outcome::Right, "right")] {
            if !examples.iter().any(|example| example.outcome == outcome) {
                return Err(format!("there is no fence `kdl {word}`"));
            }
        }
        Ok(Page { title, summary, examples })
    }
}

/// A fenced block: its info string in words, its first line and its text.
struct Fence<'t> {
    words: Vec<&'t str>,
    line: usize,
    text: &'t str,
}

impl<'t> Fence<'t> {
    fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    fn value(&self, key: &str) -> Option<&'t str> {
        self.words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }
}

fn fences(text: &str) -> Result<Vec<Fence<'_>>, String> {
    let mut fences = Vec::new();
    let mut open: Option<(Vec<&str>, usize, usize)> = None;
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let start = at;
        at += line.len();
        let Some(info) = line.trim_end().strip_prefix("```") else { continue };
        match open.take() {
            None if info.is_empty() => {
                return Err(format!("line {}: this fence does not say what it holds", number + 1));
            }
            None => open = Some((info.split_whitespace().collect(), number + 2, at)),
            Some((words, line, from)) if info.is_empty() => {
                fences.push(Fence { words, line, text: text.get(from..start).unwrap_or_default() });
            }
            Some((_, line, _)) => {
                return Err(format!("line {}: the fence of line {} is not closed", number + 1, line - 1));
            }
        }
    }
    match open {
        Some((_, line, _)) => Err(format!("line {}: this fence is not closed", line - 1)),
        None => Ok(fences),
    }
}

/// The example that a fence is; none if it is a file of others.
fn example<'t>(fence: &Fence<'t>, all: &[Fence<'t>]) -> Result<Option<Example<'t>>, String> {
    let outcome = match (fence.has("wrong"), fence.has("right"), fence.value("file")) {
        (true, false, None) => Outcome::Wrong,
        (false, true, None) => Outcome::Right,
        (false, false, Some(_)) => return Ok(None),
        _ => {
            return Err(format!(
                "line {}: a fence is `kdl wrong`, `kdl right` or `LANGUAGE file=PATH`",
                fence.line - 1
            ));
        }
    };
    let known = ["kdl", "wrong", "right", "build", "bytes"];
    let keys = ["today", "among", "repeat"];
    if let Some(word) = fence
        .words
        .iter()
        .find(|word| !known.contains(word) && !word.split_once('=').is_some_and(|(key, _)| keys.contains(&key)))
    {
        return Err(format!("line {}: `{word}` says nothing about a fence", fence.line - 1));
    }
    let only = match outcome {
        Outcome::Wrong => "wrong",
        Outcome::Right => "right",
    };
    let files = all
        .iter()
        .filter(|other| other.value("only").is_none_or(|kind| kind == only))
        .filter_map(|other| Some((other.value("file")?, other.text)));
    Ok(Some(Example {
        outcome,
        line: fence.line,
        text: written(fence)?,
        files: files.collect(),
        today: fence.value("today"),
        command: if fence.has("build") { Command::Build } else { Command::Check },
        among: fence.value("among").map_or(Vec::new(), |codes| codes.split(',').collect()),
    }))
}

/// The bytes that a fence stands for.
fn written(fence: &Fence) -> Result<Vec<u8>, String> {
    let mut bytes = fence.text.as_bytes().to_vec();
    if fence.has("bytes") {
        bytes = unescaped(fence.text);
    }
    if let Some(times) = fence.value("repeat") {
        let times: usize = times.parse().map_err(|_| format!("line {}: `{times}` is no number", fence.line - 1))?;
        let last = fence.text.lines().last().unwrap_or_default();
        let line = format!("{last}\n").into_bytes();
        bytes.extend(line.repeat(times.saturating_sub(1)));
    }
    Ok(bytes)
}

/// Each `\xHH` as its byte.
fn unescaped(text: &str) -> Vec<u8> {
    let mut pieces = text.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(piece.as_bytes().get(2..).unwrap_or_default());
            }
            None => {
                bytes.extend_from_slice(b"\\x");
                bytes.extend_from_slice(piece.as_bytes());
            }
        }
    }
    bytes
}
