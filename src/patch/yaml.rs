//! The part of YAML that a patch may be written in: lists and mappings, in braces or by indentation, and scalars.

use crate::artifact::{Tree, Value};

/// Why a text is not of this part of YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The byte where it shows.
    pub(super) at: usize,
    /// What is wrong.
    pub(super) message: String,
}

/// The deepest nesting that is read.
const DEPTH: usize = 64;

/// Reads a value.
pub(super) fn parse(source: &str) -> Result<Tree, Mistake> {
    let mut lines = Vec::new();
    let mut at = 0;
    for line in source.split('\n') {
        let content = line.trim_end_matches('\r');
        let indent = content.len() - content.trim_start_matches(' ').len();
        let body = content.trim();
        if !body.is_empty() && !body.starts_with('#') && body != "---" {
            if content.trim_start_matches(' ').starts_with('\t') {
                return Err(Mistake { at: at + indent, message: "a tab does not indent".to_owned() });
            }
            lines.push(Line { at: at + indent, indent, body });
        }
        at += line.len() + 1;
    }
    let Some(first) = lines.first() else { return Ok(tree(Value::Null)) };
    let flow = first.body.starts_with(['[', '{']);
    if flow || (lines.len() == 1 && !is_block(first.body)) {
        let mut flow = Flow { source, at: first.at };
        let value = flow.value(0)?;
        flow.end()?;
        return Ok(value);
    }
    let mut block = Block { source, lines: &lines, next: 0 };
    let value = block.value(first.indent, 0)?;
    match block.lines.get(block.next) {
        Some(line) => Err(Mistake { at: line.at, message: "this line is indented as none above it".to_owned() }),
        None => Ok(value),
    }
}

/// A number as YAML would write it; none where the text is not one.
pub(super) fn number(text: &str) -> Option<Value> {
    let plain = text.replace('_', "");
    if let Ok(number) = plain.parse::<i64>() {
        return Some(Value::Int(number));
    }
    let digits = plain.strip_prefix('-').unwrap_or(&plain);
    let (whole, rest) = digits.split_once('.')?;
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (all(whole) && all(rest)).then_some(Value::Decimal(plain.into()))
}

fn tree(value: Value) -> Tree {
    value.into()
}

/// A plain scalar, by the core schema.
fn plain(text: &str) -> Tree {
    tree(match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        other => number(other).unwrap_or_else(|| Value::Text(other.into())),
    })
}

struct Line<'s> {
    at: usize,
    indent: usize,
    body: &'s str,
}

/// Whether a line begins a list item or a key of a mapping.
fn is_block(body: &str) -> bool {
    body == "-" || body.starts_with("- ") || key(body).is_some()
}

/// The key of a line, without quotes, and where its value begins.
fn key(body: &str) -> Option<(String, usize)> {
    if body.starts_with(['[', '{']) {
        return None;
    }
    if let Some(quote) = body.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let end = body.get(1..)?.find(quote)? + 1;
        let rest = body.get(end + 1..)?;
        let colon = rest.starts_with(':') && (rest.len() == 1 || rest.starts_with(": "));
        return colon.then(|| (body.get(1..end).unwrap_or_default().to_owned(), end + 2));
    }
    let colon = body.find(": ").or_else(|| body.ends_with(':').then(|| body.len() - 1))?;
    Some((body.get(..colon)?.to_owned(), colon + 1))
}

struct Block<'s, 'l> {
    source: &'s str,
    lines: &'l [Line<'s>],
    next: usize,
}

impl Block<'_, '_> {
    fn value(&mut self, indent: usize, depth: usize) -> Result<Tree, Mistake> {
        let Some(line) = self.lines.get(self.next) else { return Ok(tree(Value::Null)) };
        if depth > DEPTH {
            return Err(Mistake { at: line.at, message: "this is nested too deeply".to_owned() });
        }
        if line.body == "-" || line.body.starts_with("- ") {
            return self.list(indent, depth);
        }
        self.mapping(indent, depth)
    }

    fn list(&mut self, indent: usize, depth: usize) -> Result<Tree, Mistake> {
        let mut items = Vec::new();
        while let Some(line) = self.lines.get(self.next).filter(|line| line.indent == indent) {
            let Some(rest) = line.body.strip_prefix('-') else { break };
            let inner = rest.trim_start();
            let at = line.at + (line.body.len() - inner.len());
            self.next += 1;
            items.push(if inner.is_empty() {
                self.below(indent, depth)?
            } else if let Some((name, start)) = key(inner) {
                // A mapping that begins behind its dash: its further keys stand below the first.
                let column = indent + (line.body.len() - inner.len());
                let first = self.entry(inner, at, start, column, depth)?;
                let mut entries = vec![(name, first)];
                if self.lines.get(self.next).is_some_and(|line| line.indent == column)
                    && let Value::Map(more) = self.mapping(column, depth + 1)?.value
                {
                    entries.extend(more.into_inner());
                }
                tree(Value::Map(entries.into()))
            } else {
                self.inline(at, inner)?
            });
        }
        Ok(tree(Value::List(items.into())))
    }

    fn mapping(&mut self, indent: usize, depth: usize) -> Result<Tree, Mistake> {
        let mut entries: Vec<(String, Tree)> = Vec::new();
        while let Some(line) = self.lines.get(self.next).filter(|line| line.indent == indent) {
            let Some((name, start)) = key(line.body) else {
                return Err(Mistake { at: line.at, message: "expected `key: value`".to_owned() });
            };
            let (body, at) = (line.body, line.at);
            self.next += 1;
            let value = self.entry(body, at, start, indent, depth)?;
            if entries.iter().any(|(known, _)| *known == name) {
                return Err(Mistake { at, message: format!("`{name}` is written twice") });
            }
            entries.push((name, value));
        }
        Ok(tree(Value::Map(entries.into())))
    }

    /// What follows a key: on its line, or below it.
    fn entry(&mut self, body: &str, at: usize, start: usize, indent: usize, depth: usize) -> Result<Tree, Mistake> {
        let rest = body.get(start..).unwrap_or_default();
        let value = rest.trim_start();
        if !value.is_empty() && !value.starts_with('#') {
            return self.inline(at + start + (rest.len() - value.len()), value);
        }
        // A list below a key may stand as deep as the key.
        let list = self
            .lines
            .get(self.next)
            .is_some_and(|line| line.indent == indent && (line.body == "-" || line.body.starts_with("- ")));
        if list { self.list(indent, depth + 1) } else { self.below(indent, depth) }
    }

    fn below(&mut self, indent: usize, depth: usize) -> Result<Tree, Mistake> {
        match self.lines.get(self.next) {
            Some(line) if line.indent > indent => {
                let deeper = line.indent;
                self.value(deeper, depth + 1)
            }
            _ => Ok(tree(Value::Null)),
        }
    }

    fn inline(&self, at: usize, value: &str) -> Result<Tree, Mistake> {
        let end = at + value.len();
        let mut flow = Flow { source: self.source.get(..end).unwrap_or_default(), at };
        if value.starts_with(['[', '{', '"', '\'']) {
            let tree = flow.value(0)?;
            flow.end()?;
            return Ok(tree);
        }
        if value.starts_with(['|', '>', '&', '*', '!', '%', '@', '`']) {
            return Err(Mistake { at, message: "anchors, tags and block texts cannot be used here".to_owned() });
        }
        Ok(plain(value.split(" #").next().unwrap_or_default().trim_end()))
    }
}

struct Flow<'s> {
    source: &'s str,
    at: usize,
}

impl Flow<'_> {
    fn peek(&self) -> Option<char> {
        self.source.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn space(&mut self) {
        while let Some(c) = self.peek().filter(|c| c.is_whitespace()) {
            self.at += c.len_utf8();
        }
    }

    fn wrong<T>(&self, message: &str) -> Result<T, Mistake> {
        Err(Mistake { at: self.at.min(self.source.len().saturating_sub(1)), message: message.to_owned() })
    }

    fn end(&mut self) -> Result<(), Mistake> {
        self.space();
        match self.peek() {
            None | Some('#') => Ok(()),
            Some(_) => self.wrong("nothing may follow the value"),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Tree, Mistake> {
        self.space();
        if depth > DEPTH {
            return self.wrong("this is nested too deeply");
        }
        match self.peek() {
            Some('[') => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.space();
                    if self.peek() == Some(']') {
                        self.at += 1;
                        return Ok(tree(Value::List(items.into())));
                    }
                    items.push(self.value(depth + 1)?);
                    self.separator(']')?;
                }
            }
            Some('{') => {
                self.at += 1;
                let mut entries: Vec<(String, Tree)> = Vec::new();
                loop {
                    self.space();
                    if self.peek() == Some('}') {
                        self.at += 1;
                        return Ok(tree(Value::Map(entries.into())));
                    }
                    let name = match self.peek() {
                        Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
                        _ => self.word(&[':', ',', '}', '{', '[', ']']).to_owned(),
                    };
                    self.space();
                    if self.peek() != Some(':') {
                        return self.wrong("expected `:` behind the key");
                    }
                    self.at += 1;
                    if entries.iter().any(|(known, _)| *known == name) {
                        return self.wrong("this key is written twice");
                    }
                    let value = self.value(depth + 1)?;
                    entries.push((name, value));
                    self.separator('}')?;
                }
            }
            Some(quote @ ('"' | '\'')) => Ok(tree(Value::Text(self.quoted(quote)?.into()))),
            Some('|' | '>' | '&' | '*' | '!' | '%' | '@' | '`') => {
                self.wrong("anchors, tags and block texts cannot be used here")
            }
            Some(',' | ']' | '}') | None if depth > 0 => self.wrong("expected a value"),
            _ if depth > 0 => Ok(plain(self.word(&[',', ']', '}', '[', '{']))),
            _ => Ok(plain(self.word(&['\n']))),
        }
    }

    /// The comma between two items, or the end that follows the last.
    fn separator(&mut self, close: char) -> Result<(), Mistake> {
        self.space();
        match self.peek() {
            Some(',') => {
                self.at += 1;
                Ok(())
            }
            Some(c) if c == close => Ok(()),
            _ => self.wrong("expected `,` or the closing bracket"),
        }
    }

    fn word(&mut self, stops: &[char]) -> &str {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let end = rest.find(|c| stops.contains(&c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default().trim()
    }

    fn quoted(&mut self, quote: char) -> Result<String, Mistake> {
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                _ if c == quote && quote == '\'' && self.peek() == Some('\'') => {
                    self.at += 1;
                    text.push('\'');
                }
                _ if c == quote => return Ok(text),
                '\\' if quote == '"' => {
                    let Some(escaped) = self.peek() else { break };
                    self.at += escaped.len_utf8();
                    text.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        '0' => '\0',
                        '"' | '\\' | '/' | ' ' => escaped,
                        _ => return self.wrong("this escape is not known"),
                    });
                }
                c => text.push(c),
            }
        }
        self.wrong("the quotes are not closed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{int, list, map, text};

    fn check(source: &str, expected: Tree) {
        assert_eq!(parse(source), Ok(expected), "{source}");
    }

    #[test]
    fn flow_and_block_read_the_same() {
        let expected = || map().put("on", list([text("push"), text("a b")])).put("deep", map().put("number", int(3)));
        check(r#"{on: [push, "a b"], deep: {number: 3}}"#, expected());
        check("on:\n  - push\n  - a b\ndeep:\n  number: 3\n", expected());
        check("on:\n- push\n- 'a b'\ndeep: {number: 3} # why\n", expected());
        check("- name: x\n  run: y: z\n- 2", list([map().put("name", text("x")).put("run", text("y: z")), int(2)]));
    }

    #[test]
    fn what_is_not_of_this_part_is_told() {
        for source in
            ["[a, b", "{a: 1, a: 2}", "a: &x 1", "a: |\n  b", "'x", "a: 1\n b: 2", "{a 1}", "\u{1F600}: [", "[,]"]
        {
            assert!(parse(source).is_err(), "{source}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
