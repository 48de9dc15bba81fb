//! Paths into a tree (`jobs.test-api.steps[name=checkout].with."a.b"`): how they are written and where they lead.

use std::fmt;

use super::{Tree, Value};
use crate::source::Origin;

/// A path of at least one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The segments, from the root.
    pub segments: Vec<Segment>,
}

/// One step into a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A key of a map.
    Key(String),
    /// An item of a list, from 0.
    Index(usize),
    /// The first item of a list that is a map in which `key` has this value.
    Where {
        /// The key.
        key: String,
        /// Its value, as it is read.
        value: String,
    },
}

/// A path that is not written as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// The byte in the path where it goes wrong.
    pub at: usize,
    /// What was expected, in lower case.
    pub message: &'static str,
}

/// A value that a path led to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'a> {
    /// The value.
    pub tree: &'a Tree,
    /// Its origin, its own or inherited.
    pub origin: &'a Origin,
}

/// Why a path led nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The number of the segment that failed, from 0.
    pub segment: usize,
    /// What is there instead: keys, or items as segments that select them.
    pub siblings: Vec<String>,
    /// What the value is that the segment was looked up in.
    pub within: &'static str,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// The byte and the expectation, where the text is not a path.
    pub fn parse(written: &str) -> Result<Path, PathError> {
        let mut reader = Reader { rest: written, at: 0 };
        let mut segments = Vec::new();
        if reader.peek() != Some('[') {
            segments.push(Segment::Key(reader.name(".[")?));
        }
        loop {
            match reader.peek() {
                None => break,
                Some('.') => {
                    reader.skip();
                    segments.push(Segment::Key(reader.name(".[")?));
                }
                Some('[') => {
                    reader.skip();
                    segments.push(reader.selector()?);
                }
                Some(_) => return Err(reader.fail("expected `.` or `[` after a quoted name")),
            }
        }
        Ok(Path { segments })
    }

    /// The path that selects `segment` below this one.
    #[must_use]
    pub fn join(mut self, segment: Segment) -> Path {
        self.segments.push(segment);
        self
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, segment) in self.segments.iter().enumerate() {
            if number > 0 && matches!(segment, Segment::Key(_)) {
                formatter.write_str(".")?;
            }
            write!(formatter, "{segment}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Key(key) => formatter.write_str(&written_name(key)),
            Segment::Index(index) => write!(formatter, "[{index}]"),
            Segment::Where { key, value } => write!(formatter, "[{}={}]", written_name(key), written_name(value)),
        }
    }
}

/// A name as a path writes it: bare where that is unambiguous, else quoted.
fn written_name(name: &str) -> String {
    let bare = !name.is_empty() && !name.contains(['.', '[', ']', '"', '\\', '=']);
    if bare {
        return name.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in name.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

struct Reader<'t> {
    rest: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn skip(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next()?;
        self.at += next.len_utf8();
        self.rest = characters.as_str();
        Some(next)
    }

    fn fail(&self, message: &'static str) -> PathError {
        PathError { at: self.at, message }
    }

    /// A quoted name, or a bare one up to a character of `stop`.
    fn name(&mut self, stop: &str) -> Result<String, PathError> {
        let mut name = String::new();
        if self.peek() == Some('"') {
            let opener = self.at;
            self.skip();
            loop {
                match self.skip() {
                    Some('"') => return Ok(name),
                    Some('\\') => name.extend(self.skip()),
                    Some(other) => name.push(other),
                    None => return Err(PathError { at: opener, message: "this quote is never closed" }),
                }
            }
        }
        while let Some(next) = self.peek().filter(|next| !stop.contains(*next)) {
            name.push(next);
            self.skip();
        }
        if name.is_empty() { Err(self.fail("expected a name")) } else { Ok(name) }
    }

    /// What stands between `[` and `]`.
    fn selector(&mut self) -> Result<Segment, PathError> {
        let quoted = self.peek() == Some('"');
        let start = self.at;
        let first = self.name("=]")?;
        match self.skip() {
            Some('=') => {
                let value = if self.peek() == Some(']') { String::new() } else { self.name("]")? };
                match self.skip() {
                    Some(']') => Ok(Segment::Where { key: first, value }),
                    _ => Err(self.fail("expected `]`")),
                }
            }
            Some(']') if quoted => Ok(Segment::Key(first)),
            Some(']') => first
                .parse()
                .map(Segment::Index)
                .map_err(|_| PathError { at: start, message: "expected the number of an item or `[key=value]`" }),
            _ => Err(self.fail("expected `]`")),
        }
    }
}

impl Segment {
    /// The place among `items` that this segment selects.
    pub(crate) fn position(&self, items: &[Tree]) -> Option<usize> {
        match self {
            Segment::Key(_) => None,
            Segment::Index(index) => Some(*index).filter(|index| *index < items.len()),
            Segment::Where { key, value } => {
                items.iter().position(|item| item.key(key).is_some_and(|found| reads_as(found, value)))
            }
        }
    }
}

/// Whether a scalar is read as `written`.
fn reads_as(tree: &Tree, written: &str) -> bool {
    match &tree.value {
        Value::Null => written == "null",
        Value::Bool(flag) => written == if *flag { "true" } else { "false" },
        Value::Int(number) => written.parse() == Ok(*number),
        Value::Decimal(number) => written == &**number,
        Value::Text(data) => written == &**data,
        Value::Mixed(_) => tree.joined().as_deref() == Some(written),
        Value::Script(_) | Value::List(_) | Value::Map(_) => false,
    }
}

impl Value {
    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::Decimal(_) => "a number",
            Value::Text(_) | Value::Mixed(_) => "a text",
            Value::Script(_) => "a script",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

impl Tree {
    /// What a path could continue with from here: the keys of a map, or selectors for the items of a list.
    pub fn choices(&self) -> Vec<String> {
        match &self.value {
            Value::Map(entries) => entries.iter().map(|(key, _)| written_name(key)).collect(),
            Value::List(items) => items.iter().enumerate().map(|(index, item)| selector_of(index, item)).collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Mixed(_)
            | Value::Script(_) => Vec::new(),
        }
    }

    fn step(&self, segment: &Segment) -> Option<&Tree> {
        match (segment, &self.value) {
            (Segment::Key(key), Value::Map(_)) => self.key(key),
            (segment, Value::List(items)) => items.get(segment.position(items)?),
            _ => None,
        }
    }

    /// Follows a path; `inherited` is the origin of the root where it has none of its own.
    ///
    /// # Errors
    /// The segment that led nowhere, and what is there instead.
    pub fn find<'a>(&'a self, path: &Path, inherited: &'a Origin) -> Result<Found<'a>, Missing> {
        let mut found = Found { tree: self, origin: self.origin_or(inherited) };
        for (number, segment) in path.segments.iter().enumerate() {
            let Some(next) = found.tree.step(segment) else { return Err(found.tree.missing(number)) };
            found = Found { tree: next, origin: next.origin_or(found.origin) };
        }
        Ok(found)
    }

    /// The value at a path such as `jobs.ci.steps[0].name`.
    pub fn get(&self, path: &str) -> Option<&Tree> {
        let path = Path::parse(path).ok()?;
        path.segments.iter().try_fold(self, |tree, segment| tree.step(segment))
    }

    /// [`Tree::get`], to change it.
    pub fn get_mut(&mut self, path: &str) -> Option<&mut Tree> {
        let path = Path::parse(path).ok()?;
        self.reach(&path.segments).ok()
    }

    /// Follows segments, to change what they lead to.
    pub(crate) fn reach(&mut self, segments: &[Segment]) -> Result<&mut Tree, Missing> {
        let mut tree = self;
        for (number, segment) in segments.iter().enumerate() {
            if tree.step(segment).is_none() {
                return Err(tree.missing(number));
            }
            let missing = Missing { segment: number, siblings: Vec::new(), within: "a value" };
            tree = tree.step_mut(segment).ok_or(missing)?;
        }
        Ok(tree)
    }

    fn step_mut(&mut self, segment: &Segment) -> Option<&mut Tree> {
        match (segment, &mut self.value) {
            (Segment::Key(key), Value::Map(entries)) => {
                entries.iter_mut().find(|(present, _)| present == key).map(|(_, value)| value)
            }
            (segment, Value::List(items)) => {
                let position = segment.position(items)?;
                items.get_mut(position)
            }
            _ => None,
        }
    }

    pub(crate) fn missing(&self, segment: usize) -> Missing {
        Missing { segment, siblings: self.choices(), within: self.value.kind() }
    }
}

/// The selector that people would write for an item: by its identifying key where it has one.
fn selector_of(index: usize, item: &Tree) -> String {
    let named = ["name", "id", "alert", "record", "uses"].into_iter().find_map(|key| {
        let value = item.key(key)?.as_text()?.to_owned();
        Some(Segment::Where { key: key.to_owned(), value })
    });
    named.unwrap_or(Segment::Index(index)).to_string()
}
