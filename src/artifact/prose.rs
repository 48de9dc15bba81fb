//! Running text of documents: data, code, emphasis and links.

use super::template::{Piece, pieces};

/// A piece of running text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Inline {
    /// Data: shown exactly so.
    Text(String),
    /// Code.
    Code(String),
    /// Emphasised.
    Strong(Vec<Inline>),
    /// A link.
    Link {
        /// What is shown.
        text: Vec<Inline>,
        /// Where it leads.
        target: Target,
    },
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// To an address outside.
    Url(String),
    /// To a file of the project, by its path from the root; printed relative to the document.
    File {
        /// The path from the root.
        path: String,
        /// A heading in it, by its slug.
        anchor: Option<String>,
    },
    /// To a heading of the same document, by its slug.
    Here(String),
}

impl Inline {
    /// Data.
    pub fn text(data: impl Into<String>) -> Inline {
        Inline::Text(data.into())
    }

    /// Code.
    pub fn code(data: impl Into<String>) -> Inline {
        Inline::Code(data.into())
    }

    /// Emphasised data.
    pub fn strong(data: impl Into<String>) -> Inline {
        Inline::Strong(vec![Inline::text(data)])
    }

    /// A link to an address outside.
    pub fn url(shown: impl Into<String>, address: impl Into<String>) -> Inline {
        Inline::Link { text: vec![Inline::text(shown)], target: Target::Url(address.into()) }
    }

    /// A link to a file of the project, by its path from the root.
    pub fn file(shown: impl Into<String>, path: impl Into<String>) -> Inline {
        Inline::Link { text: vec![Inline::text(shown)], target: Target::File { path: path.into(), anchor: None } }
    }

    /// A link to a heading of a file of the project.
    pub fn section(shown: impl Into<String>, path: impl Into<String>, anchor: impl Into<String>) -> Inline {
        let target = Target::File { path: path.into(), anchor: Some(anchor.into()) };
        Inline::Link { text: vec![Inline::text(shown)], target }
    }

    /// A link to a heading of the same document.
    pub fn here(shown: impl Into<String>, anchor: impl Into<String>) -> Inline {
        Inline::Link { text: vec![Inline::text(shown)], target: Target::Here(anchor.into()) }
    }

    /// What a person reads, without any marks.
    fn push_shown(&self, shown: &mut String) {
        match self {
            Inline::Text(data) | Inline::Code(data) => shown.push_str(data),
            Inline::Strong(inner) | Inline::Link { text: inner, .. } => {
                inner.iter().for_each(|inner| inner.push_shown(shown));
            }
        }
    }
}

/// Running text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prose(pub Vec<Inline>);

impl Prose {
    /// Adds a piece.
    #[must_use]
    pub fn then(mut self, piece: impl Into<Prose>) -> Self {
        self.0.extend(piece.into().0);
        self
    }

    /// Pieces with a separator between them, such as `, `.
    pub fn joined<P: Into<Prose>>(pieces: impl IntoIterator<Item = P>, separator: &str) -> Prose {
        let mut all = Prose::default();
        for piece in pieces {
            if !all.0.is_empty() {
                all.0.push(Inline::text(separator));
            }
            all.0.extend(piece.into().0);
        }
        all
    }

    /// What a person reads, without any marks.
    pub fn shown(&self) -> String {
        let mut shown = String::new();
        self.0.iter().for_each(|inline| inline.push_shown(&mut shown));
        shown
    }
}

impl From<&str> for Prose {
    /// Data, not a template: use [`prose`] for marks.
    fn from(data: &str) -> Self {
        Prose(vec![Inline::text(data)])
    }
}

impl From<String> for Prose {
    fn from(data: String) -> Self {
        Prose(vec![Inline::Text(data)])
    }
}

impl From<&String> for Prose {
    fn from(data: &String) -> Self {
        Prose(vec![Inline::text(data)])
    }
}

impl From<Inline> for Prose {
    fn from(inline: Inline) -> Self {
        Prose(vec![inline])
    }
}

impl From<Vec<Inline>> for Prose {
    fn from(inlines: Vec<Inline>) -> Self {
        Prose(inlines)
    }
}

impl<const N: usize> From<[Inline; N]> for Prose {
    fn from(inlines: [Inline; N]) -> Self {
        Prose(inlines.into())
    }
}

/// Running text from a trusted template: `` `code` ``, `**strong**`, `[shown](address)` and `{holes}` have a meaning in
/// it, nothing else has. What fills a hole is data. A hole nobody fills stays as written.
pub fn prose(template: &str, holes: &[(&str, Inline)]) -> Prose {
    let mut inlines = Vec::new();
    let mut plain = String::new();
    let mut rest = template;
    while let Some(first) = rest.chars().next() {
        let marked = match first {
            '`' => between(rest, "`", "`").map(|(inner, after)| (Inline::Code(filled(inner, holes)), after)),
            '*' => between(rest, "**", "**").map(|(inner, after)| (Inline::Strong(prose(inner, holes).0), after)),
            '[' => link(rest, holes),
            '{' => hole(rest, holes),
            _ => None,
        };
        match marked {
            Some((inline, after)) => {
                if !plain.is_empty() {
                    inlines.push(Inline::Text(std::mem::take(&mut plain)));
                }
                inlines.push(inline);
                rest = after;
            }
            None => {
                plain.push(first);
                rest = rest.strip_prefix(first).unwrap_or_default();
            }
        }
    }
    if !plain.is_empty() {
        inlines.push(Inline::Text(plain));
    }
    Prose(inlines)
}

/// A sentence of the standard library: its placeholders are filled, its `code` is code.
pub fn told(text: &str, holes: &[(&str, Prose)]) -> Prose {
    let mut out = Prose::default();
    for (index, piece) in text.split('`').enumerate() {
        let is_code = index % 2 == 1;
        let mut rest = piece;
        while let Some((before, fill, after)) = first_hole(rest, holes) {
            out = match is_code {
                true => out.then(Inline::code([before, &fill.shown()].concat())),
                false => plain(out, before).then(fill.clone()),
            };
            rest = after;
        }
        out = match (is_code, rest.is_empty()) {
            (_, true) => out,
            (true, false) => out.then(Inline::code(rest)),
            (false, false) => plain(out, rest),
        };
    }
    out
}

fn plain(out: Prose, text: &str) -> Prose {
    if text.is_empty() { out } else { out.then(text) }
}

/// The first placeholder that one of the holes fills: what stands before it, what fills it, what follows.
fn first_hole<'t, 'h>(text: &'t str, holes: &'h [(&str, Prose)]) -> Option<(&'t str, &'h Prose, &'t str)> {
    holes
        .iter()
        .filter_map(|(name, fill)| {
            let (before, after) = text.split_once(["{", name, "}"].concat().as_str())?;
            Some((before, fill, after))
        })
        .min_by_key(|(before, ..)| before.len())
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<(&'t str, &'t str)> {
    text.strip_prefix(open)?.split_once(close).filter(|(inner, _)| !inner.is_empty())
}

fn link<'t>(text: &'t str, holes: &[(&str, Inline)]) -> Option<(Inline, &'t str)> {
    let (shown, after) = between(text, "[", "](")?;
    let (target, after) = after.split_once(')')?;
    let target = Target::Url(filled(target, holes));
    Some((Inline::Link { text: prose(shown, holes).0, target }, after))
}

fn hole<'t>(text: &'t str, holes: &[(&str, Inline)]) -> Option<(Inline, &'t str)> {
    let (name, after) = between(text, "{", "}")?;
    let (_, inline) = holes.iter().find(|(hole, _)| *hole == name)?;
    Some((inline.clone(), after))
}

/// A template of code or an address: holes become what a person reads of them.
fn filled(template: &str, holes: &[(&str, Inline)]) -> String {
    let mut text = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Literal(source) => text.push_str(source),
            Piece::Hole { name, source } => match holes.iter().find(|(hole, _)| *hole == name) {
                Some((_, inline)) => inline.push_shown(&mut text),
                None => text.push_str(source),
            },
        }
    }
    text
}
