//! Templates: text with references such as `${environment.domain}`, expanded lazily and never beyond a limit.

use std::fmt;
use std::ops::Range;

use super::error::ExpressionError;
use super::tree::Place;

/// The longest text that a template may become.
const LONGEST: usize = 64 * 1024;

/// A text with references in it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Template {
    parts: Vec<TemplatePart>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Text taken as it is, with every `$${` already a `${`.
    Literal(String),
    /// What is put in its place.
    Reference(Reference),
}

/// `${root.name.name}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The first name: a kind of node, as `environment`.
    pub root: Segment,
    /// The names after it.
    pub path: Vec<Segment>,
    /// Where it stands, from `$` to `}`.
    pub place: Place,
}

/// A name of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

/// Why a template has no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpandError<E> {
    /// It would become longer than 64 KiB.
    TooLong,
    /// A reference has no value.
    Lookup(E),
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Template, ExpressionError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with("$${") {
                literal.push_str("${");
                at += 3;
            } else if rest.starts_with("${") {
                if !literal.is_empty() {
                    parts.push(TemplatePart::Literal(std::mem::take(&mut literal)));
                }
                let reference = reference(text, at)?;
                at = reference.place.end;
                parts.push(TemplatePart::Reference(reference));
            } else {
                let first = rest.chars().next().map_or(1, char::len_utf8);
                // Everything up to the next `$` is taken at once, so that the whole is read in linear time.
                let length = rest.get(first..).and_then(|rest| rest.find('$')).map_or(rest.len(), |next| first + next);
                literal.push_str(rest.get(..length).unwrap_or_default());
                at += length;
            }
        }
        if !literal.is_empty() {
            parts.push(TemplatePart::Literal(literal));
        }
        Ok(Template { parts })
    }

    /// A template that is just this text.
    pub fn literal(text: impl Into<String>) -> Template {
        let text = text.into();
        Template { parts: if text.is_empty() { Vec::new() } else { vec![TemplatePart::Literal(text)] } }
    }

    /// Its parts, in order; no two literals stand next to each other.
    pub fn parts(&self) -> &[TemplatePart] {
        &self.parts
    }

    /// The text, if there is no reference in it.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TemplatePart::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The reference, if the template is nothing else.
    pub fn as_reference(&self) -> Option<&Reference> {
        match self.parts.as_slice() {
            [TemplatePart::Reference(reference)] => Some(reference),
            _ => None,
        }
    }

    /// Every reference, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter_map(|part| match part {
            TemplatePart::Literal(_) => None,
            TemplatePart::Reference(reference) => Some(reference),
        })
    }

    /// The text with a value in the place of each reference; at most 64 KiB.
    pub fn expand<E>(&self, mut lookup: impl FnMut(&Reference) -> Result<String, E>) -> Result<String, ExpandError<E>> {
        let mut expanded = String::new();
        for part in &self.parts {
            match part {
                TemplatePart::Literal(text) => expanded.push_str(text),
                TemplatePart::Reference(reference) => {
                    expanded.push_str(&lookup(reference).map_err(ExpandError::Lookup)?);
                }
            }
            if expanded.len() > LONGEST {
                return Err(ExpandError::TooLong);
            }
        }
        Ok(expanded)
    }
}

impl Reference {
    /// Its names, the root first.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.root).chain(&self.path).map(|segment| segment.name.as_str())
    }

    /// Where the name of this index stands, the root being 0; the whole reference where there is none.
    pub fn word_range(&self, index: usize) -> Range<usize> {
        let segment = std::iter::once(&self.root).chain(&self.path).nth(index);
        segment.map_or(self.place, |segment| segment.place).range()
    }
}

/// Reads the reference whose `${` stands at byte `start`.
fn reference(text: &str, start: usize) -> Result<Reference, ExpressionError> {
    let inner_start = start + 2;
    let rest = text.get(inner_start..).unwrap_or_default();
    let opener = start..inner_start;
    if rest.starts_with('{') {
        return Err(ExpressionError::new(start..inner_start + 1, "`${{ … }}` is the expression language of GitHub")
            .with_label("not a reference")
            .with_help("write a reference, as in `${release.commit}` or `${secret.NAME}`; these characters themselves are `$${{`"));
    }
    let name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let length = rest.find(|letter| !name(letter));
    let stopped = length.and_then(|length| rest.get(length..)).and_then(|rest| rest.chars().next());
    let inner = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
    let end = inner_start + inner.len();
    match stopped {
        Some('}') => {}
        None => return Err(unclosed(opener, text.len())),
        Some(letter) => return Err(wrong_character(text, letter, end, opener)),
    }
    let range = start..end + 1;
    if inner.is_empty() {
        return Err(ExpressionError::new(range, "this reference is empty")
            .with_label("names nothing")
            .with_help("name what to put here, as in `${environment.domain}`, or write `$${}` for the characters"));
    }
    let mut segments = Vec::new();
    let mut at = inner_start;
    for segment in inner.split('.') {
        if segment.is_empty() {
            let point = if at > inner_start { at - 1..at } else { at..at + 1 };
            return Err(ExpressionError::new(point, "a name is missing beside this `.`")
                .with_label("a name belongs here")
                .with_help("write the name, as in `${secret.NAME}`"));
        }
        if !segment.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_') {
            return Err(
                ExpressionError::new(at..at + 1, "a name does not begin with `-`").with_help("begin it with a letter")
            );
        }
        segments.push(Segment { name: segment.to_owned(), place: (at..at + segment.len()).into() });
        at += segment.len() + 1;
    }
    let mut segments = segments.into_iter();
    let Some(root) = segments.next() else { return Err(unclosed(opener, text.len())) };
    Ok(Reference { root, path: segments.collect(), place: range.into() })
}

fn unclosed(opener: Range<usize>, end: usize) -> ExpressionError {
    ExpressionError::new(opener, "`${` is never closed")
        .with_label("opened here")
        .with_place(end..end, "`}` was expected here at the latest")
        .with_help("close it with `}`; a literal `${` is written `$${`")
}

fn wrong_character(text: &str, letter: char, at: usize, opener: Range<usize>) -> ExpressionError {
    let close = text.get(at..).and_then(|rest| rest.find('}')).map(|length| at + length);
    let inner = close.and_then(|close| text.get(opener.end..close)).unwrap_or_default();
    let plain = |inner: &str| {
        !inner.is_empty()
            && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if letter == '$' && text.get(at..).is_some_and(|rest| rest.starts_with("${")) {
        return ExpressionError::new(at..at + 2, "a reference holds no other reference")
            .with_label("opened inside of one")
            .with_place(opener, "the outer one begins here")
            .with_help("write one after the other, or declare a `var` for the inner one");
    }
    if letter == '$' || letter == '"' || letter == '\n' || inner.contains("${") || close.is_none() {
        return unclosed(opener, at);
    }
    let range = at..at + letter.len_utf8();
    if letter == ' ' {
        let error = ExpressionError::new(range, "no spaces stand in a reference");
        return match close {
            Some(close) if plain(inner.trim()) => error.with_fix(text, opener.end..close, inner.trim()),
            Some(_) | None => error.with_help("write it without spaces"),
        };
    }
    let shown = if letter.is_control() { format!("U+{:04X}", u32::from(letter)) } else { letter.to_string() };
    let error = ExpressionError::new(range, format!("`{shown}` does not belong in a reference"));
    if letter == '[' {
        return error.with_help("names are joined by `.`: `${resource.orders.url}`");
    }
    error.with_help("a reference is names joined by `.`; write `$${` for a literal `${`, as in a shell")
}

impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            TemplatePart::Literal(text) => formatter.write_str(&text.replace("${", "$${")),
            TemplatePart::Reference(reference) => reference.fmt(formatter),
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "${{{}", self.root.name)?;
        self.path.iter().try_for_each(|segment| write!(formatter, ".{}", segment.name))?;
        formatter.write_str("}")
    }
}
