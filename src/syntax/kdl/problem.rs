//! What is wrong with a KDL text, as values.

use super::habit;
use crate::source::Span;

/// One mistake in a KDL text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind of mistake.
    pub kind: ProblemKind,
    /// The primary place.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to say at the primary place.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Further places.
    pub also: Vec<(Span, String)>,
    /// A repair: its title and what to write where.
    pub fix: Option<(String, Vec<(Span, String)>)>,
    /// Names of what is there and could not be read, so that nobody is told that it is missing.
    pub meant: Vec<String>,
    /// How far it reaches.
    pub reach: Reach,
}

/// How far a mistake reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// What is around it is as it is written.
    Here,
    /// Nobody knows the value that it is about.
    Value,
    /// From here on nobody knows in which block anything stands.
    Rest,
}

impl Problem {
    /// A problem without help, further places or a repair.
    pub fn new(kind: ProblemKind, span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Problem {
            kind,
            span,
            message: message.into(),
            label: label.into(),
            help: None,
            also: Vec::new(),
            fix: None,
            meant: Vec::new(),
            reach: Reach::Here,
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Points to a further place.
    #[must_use]
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }

    /// Says that it reaches up to the end of the file.
    #[must_use]
    pub fn displacing(mut self) -> Self {
        self.reach = Reach::Rest;
        self
    }

    /// Says that something of this name is there.
    #[must_use]
    pub fn meant(mut self, name: impl Into<String>) -> Self {
        self.meant.push(name.into());
        self
    }

    /// Offers to write `text` in the place of `span`.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.fix.get_or_insert_with(|| (title.into(), Vec::new())).1.push((span, text.into()));
        self
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal,)+) => {
        /// The kinds of mistakes in a KDL text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemKind {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &'static [ProblemKind] = &[$(ProblemKind::$variant,)+];

            /// The code of the diagnostic.
            pub fn code(self) -> &'static str {
                match self {
                    $(ProblemKind::$variant => concat!("syntax/", $code),)+
                }
            }
        }
    };
}

kinds! {
    /// `true`, `false`, `null`, `inf`, `-inf` or `nan` without its `#`, as a value.
    BareKeyword = "bare-keyword",
    /// `#` and something that is no keyword.
    UnknownKeyword = "unknown-keyword",
    /// A children block without its `}`.
    UnclosedBrace = "unclosed-brace",
    /// A `}` that closes nothing.
    UnexpectedBrace = "unexpected-brace",
    /// A backslash in a string and something that is no escape.
    BadEscape = "bad-escape",
    /// A string without its closing quote, or one between `"` over several lines.
    UnterminatedString = "unterminated-string",
    /// A block comment without its `*/`.
    UnterminatedComment = "unterminated-comment",
    /// A word that starts as a number and is none.
    BadNumber = "bad-number",
    /// A name or bare string that must be written in quotes.
    BadIdentifier = "bad-identifier",
    /// A type annotation that is empty, unclosed or in the wrong place.
    BadAnnotation = "bad-annotation",
    /// `key=` or a type annotation without a value.
    MissingValue = "missing-value",
    /// Two entries without a blank between them, or two nodes without `;` or a new line.
    MissingSpace = "missing-space",
    /// A string between `"""` whose lines do not start as its last line does.
    MultiLineString = "multi-line-string",
    /// Blocks nested deeper than the compiler follows.
    TooDeep = "too-deep",
    /// A code point that no KDL document may hold.
    BadCharacter = "bad-character",
    /// `/-` with nothing behind it, or where none may stand.
    BadSlashdash = "bad-slashdash",
    /// An argument, property or second block behind a children block.
    EntryAfterChildren = "entry-after-children",
    /// A token that means nothing where it stands.
    UnexpectedToken = "unexpected-token",
    /// A file in the first version of KDL.
    KdlOne = "kdl-1",
    /// A file with more than two gigabytes.
    TooLarge = "too-large",
    /// More mistakes than are worth telling.
    TooMany = "too-many-mistakes",
}

/// How many mistakes of one file are told.
pub(super) const MOST: usize = 1_000;

/// Collects the problems of a file.
#[derive(Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
    /// What shows that the file is written in KDL 1: the marker, and everything that KDL 2 gave up.
    marker: Option<Span>,
    relics: u32,
    bare_keywords: u32,
    /// Keywords and raw strings as KDL 2 writes them.
    pub(super) modern: u32,
    /// The `#` before each comment as other languages write it.
    hashes: Vec<Span>,
    /// The last property without a node, by its index, and how many nodes there were behind it.
    stray: Option<(usize, usize)>,
}

/// How much a mistake says about the version of KDL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Relic {
    /// KDL 1 has it and nobody writes it by chance.
    Certain,
    /// A keyword without its `#`.
    Keyword,
}

/// From this many bare keywords on, and none with its `#`, a file is taken for KDL 1.
const KEYWORDS_OF_KDL_1: u32 = 3;

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        if self.list.len() < MOST {
            self.list.push(problem);
        } else if self.list.len() == MOST {
            let message = format!("there are more than {MOST} mistakes in this file; the rest is not listed");
            let problem = Problem::new(ProblemKind::TooMany, problem.span, message, "the next one is here");
            self.list.push(problem.help("mend those that are listed, then check again"));
        }
    }

    /// A mistake that is correct KDL 1.
    pub(super) fn push_relic(&mut self, relic: Relic, problem: Problem) {
        match relic {
            Relic::Certain => self.relics += 1,
            Relic::Keyword => self.bare_keywords += 1,
        }
        self.push(problem);
    }

    /// A comment behind a `#`: a file that has one has many, and they are told together.
    pub(super) fn push_hash(&mut self, hash: Span) {
        if self.hashes.len() < MOST {
            self.hashes.push(hash);
        }
    }

    /// A property that begins a line; those of the lines right below it are told with it. `nodes` counts the nodes before it.
    /// Each such line is a node.
    pub(super) fn push_stray(&mut self, problem: Problem, nodes: usize) {
        let follows = self.stray.filter(|(index, before)| *before == nodes && index + 1 == self.list.len());
        match follows.and_then(|(index, _)| self.list.get_mut(index)) {
            Some(first) => {
                first.also.push((problem.span, "so does this one".to_owned()));
                first.meant.extend(problem.meant);
                match (&mut first.fix, problem.fix) {
                    (Some((_, edits)), Some((_, more))) => edits.extend(more),
                    // What mends only some of them mends nothing.
                    (fix, _) => *fix = None,
                }
            }
            None => self.push(problem),
        }
        self.stray = Some((self.list.len().saturating_sub(1), nodes + 1));
    }

    pub(super) fn mark_kdl_1(&mut self, span: Span) {
        self.marker = Some(span);
    }

    /// The problems in the order of the text; a file in KDL 1 has one instead of everything that only KDL 2 minds.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        if let Some(problem) = habit::hash_comments(&self.hashes) {
            self.push(problem);
        }
        let is_kdl_1 =
            self.marker.is_some() || self.relics > 0 || (self.bare_keywords >= KEYWORDS_OF_KDL_1 && self.modern == 0);
        if is_kdl_1 {
            let (relics, others) = self.list.into_iter().partition(Problem::is_relic);
            self.list = others;
            self.list.push(kdl_1(self.marker, relics));
        }
        self.list.sort_by_key(|problem| (problem.span.start, problem.span.end));
        self.list
    }
}

impl Problem {
    /// Whether KDL 1 would not mind.
    fn is_relic(&self) -> bool {
        self.kind == ProblemKind::BareKeyword || self.kind == ProblemKind::KdlOne
    }
}

/// One problem for a whole file in KDL 1: `relics` are the problems that it takes the place of.
fn kdl_1(marker: Option<Span>, relics: Vec<Problem>) -> Problem {
    let span = marker.or(relics.first().map(|relic| relic.span)).unwrap_or_default();
    let label = match (marker, relics.first()) {
        (Some(_), _) => "it says so here".to_owned(),
        (None, Some(relic)) => relic.label.clone(),
        (None, None) => String::new(),
    };
    let mut problem =
        Problem::new(ProblemKind::KdlOne, span, "this file is written in KDL 1; deployc reads KDL 2", label)
            .help("write `#true`, `#false` and `#null` with `#`, `#\"raw\"#` for `r\"raw\"`, and `/` for `\\/`");
    let mut edits = Vec::new();
    if let Some(marker) = marker {
        edits.push((marker, "/- kdl-version 2".to_owned()));
    }
    let shown = relics.iter().filter(|relic| relic.span != span).take(3);
    problem.also = shown.map(|relic| (relic.span, relic.label.clone())).collect();
    edits.extend(relics.into_iter().filter_map(|relic| relic.fix).flat_map(|(_, edits)| edits));
    if !edits.is_empty() {
        problem.fix = Some(("write it in KDL 2".to_owned(), edits));
    }
    problem
}
