//! The user's `patch`: sets, adds and removes values in finished trees, before anything is judged.

mod judge;
mod read;
mod yaml;

pub use judge::{patch, paths};
pub use read::operations;

use std::fmt;

use crate::artifact::{Artifact, Body, Dialect, Missing, Part, Path, PathError, Segment, Tree, Value};
use crate::nearest::nearest;
use crate::source::{Origin, Span};

/// One statement inside `patch "FILE" { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The file it changes, from the project root.
    pub file: String,
    /// Where the file is named.
    pub file_place: Span,
    /// The path in the file, as it was written.
    pub path: String,
    /// Where the path is written.
    pub path_place: Span,
    /// What it does.
    pub change: Change,
    /// Where the statement stands; what it sets comes from there.
    pub origin: Origin,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Replaces a value that is there.
    Set(Tree),
    /// Adds a key that is not there, or an item at the end of a list.
    Add(Tree),
    /// Removes a key or an item.
    Remove,
}

/// A statement that could not be carried out, with why.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The statement.
    pub operation: Operation,
    /// Why.
    pub reason: Reason,
}

/// Why a statement could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No such file is generated; these are.
    NoFile(Vec<String>),
    /// The file is prose, a script or the like: it has no paths.
    NoTree,
    /// The path is not written as one.
    Unreadable(PathError),
    /// The path leads nowhere.
    NotFound {
        /// The part of the path that was found; empty for the root.
        found: String,
        /// The segment that was not.
        segment: String,
        /// What stands at the found part.
        within: &'static str,
        /// What could follow the found part.
        siblings: Vec<String>,
    },
    /// `add` of a key that is there and is no list.
    Present {
        /// What it is.
        kind: &'static str,
    },
    /// `add` of an item that is selected and not there, or of a key to what has no keys.
    NotAddable,
}

/// Carries out every statement, in order, and gives back those that could not be.
pub fn apply<'o>(artifacts: &mut [Artifact], operations: impl IntoIterator<Item = &'o Operation>) -> Vec<Failure> {
    let mut failures = Vec::new();
    for operation in operations {
        let reason = match artifacts.iter_mut().find(|artifact| artifact.path == operation.file) {
            Some(artifact) => apply_one(artifact, operation).err(),
            None => Some(Reason::NoFile(artifacts.iter().map(|artifact| artifact.path.clone()).collect())),
        };
        if let Some(reason) = reason {
            failures.push(Failure { operation: operation.clone(), reason });
        }
    }
    failures
}

/// Carries out one statement on the file it names.
///
/// # Errors
/// Why it could not be carried out; the file is then as it was.
pub fn apply_one(artifact: &mut Artifact, operation: &Operation) -> Result<(), Reason> {
    let path = Path::parse(&operation.path).map_err(Reason::Unreadable)?;
    let dialect = match &artifact.body {
        Body::Yaml { dialect, .. } => *dialect,
        Body::Json { .. }
        | Body::Toml(_)
        | Body::Markdown(_)
        | Body::Shell(_)
        | Body::Dockerfile(_)
        | Body::Lines(_) => Dialect::Plain,
    };
    let (document, segments) = document(artifact.trees_mut(), &path.segments, &operation.change)?;
    let result = match &operation.change {
        Change::Set(value) => set(document, segments, written(value, dialect, &operation.origin)),
        Change::Add(value) => add(document, segments, written(value, dialect, &operation.origin)),
        Change::Remove => remove(document, segments),
    };
    result.map_err(|stop| stop.explain(segments))
}

/// Why a change stopped.
enum Stop {
    Missing(Missing),
    Reason(Reason),
}

impl From<Missing> for Stop {
    fn from(missing: Missing) -> Self {
        Stop::Missing(missing)
    }
}

impl Stop {
    fn explain(self, segments: &[Segment]) -> Reason {
        match self {
            Stop::Reason(reason) => reason,
            Stop::Missing(missing) => {
                let found = Path { segments: segments.iter().take(missing.segment).cloned().collect() };
                Reason::NotFound {
                    found: found.to_string(),
                    segment: segments.get(missing.segment).map(ToString::to_string).unwrap_or_default(),
                    within: missing.within,
                    siblings: missing.siblings,
                }
            }
        }
    }
}

/// The document that a path means: the one whose number it begins with, where there are several, else the first that
/// has what the change needs, else the one in which the path leads furthest.
fn document<'t, 's>(
    trees: &'t mut [Tree],
    segments: &'s [Segment],
    change: &Change,
) -> Result<(&'t mut Tree, &'s [Segment]), Reason> {
    if let (Some((Segment::Index(number), rest)), 2..) = (segments.split_first(), trees.len())
        && !rest.is_empty()
    {
        let count = trees.len();
        return trees.get_mut(*number).map(|tree| (tree, rest)).ok_or_else(|| Reason::NotFound {
            found: String::new(),
            segment: Segment::Index(*number).to_string(),
            within: "a file of several documents",
            siblings: (0..count).map(|number| Segment::Index(number).to_string()).collect(),
        });
    }
    let needed = match change {
        Change::Set(_) | Change::Remove => segments,
        Change::Add(_) => segments.split_last().map_or(segments, |(_, parents)| parents),
    };
    let reached: Vec<usize> = trees.iter_mut().map(|tree| reached(tree, needed)).collect();
    let furthest = reached.iter().copied().max().unwrap_or(0);
    let number = reached.iter().position(|length| *length == furthest).unwrap_or(0);
    trees.get_mut(number).map(|tree| (tree, segments)).ok_or(Reason::NoTree)
}

/// How many segments lead somewhere.
fn reached(tree: &mut Tree, segments: &[Segment]) -> usize {
    match tree.reach(segments) {
        Ok(_) => segments.len(),
        Err(missing) => missing.segment,
    }
}

/// The value as the user wrote it: a patch writes the file, so `${{ … }}` in it is an expression, not data.
fn written(value: &Tree, dialect: Dialect, origin: &Origin) -> Tree {
    let mut tree = value.clone();
    if dialect != Dialect::Plain {
        trust(&mut tree);
    }
    tree.at(origin)
}

fn trust(tree: &mut Tree) {
    match &mut tree.value {
        Value::Text(text) if text.contains('$') || text.contains("{{") => {
            tree.value = Value::Mixed([Part::Code(std::mem::take(text).into())].into());
        }
        Value::List(items) => items.iter_mut().for_each(trust),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, value)| trust(value)),
        Value::Text(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Mixed(_)
        | Value::Script(_) => {}
    }
}

fn set(document: &mut Tree, segments: &[Segment], value: Tree) -> Result<(), Stop> {
    document.reach(segments)?.replace(value);
    Ok(())
}

fn add(document: &mut Tree, segments: &[Segment], value: Tree) -> Result<(), Stop> {
    if let Ok(place) = document.reach(segments) {
        let Value::List(items) = &mut place.value else {
            return Err(Stop::Reason(Reason::Present { kind: place.value.kind() }));
        };
        items.push(value);
        return Ok(());
    }
    let Some((last, parents)) = segments.split_last() else { return Err(Stop::Reason(Reason::NotAddable)) };
    let parent = document.reach(parents)?;
    match (last, &mut parent.value) {
        (Segment::Key(key), Value::Map(entries)) => entries.push((key.clone(), value)),
        (Segment::Index(_) | Segment::Where { .. }, Value::List(_)) => {
            return Err(Stop::Missing(parent.missing(parents.len())));
        }
        _ => return Err(Stop::Reason(Reason::NotAddable)),
    }
    Ok(())
}

fn remove(document: &mut Tree, segments: &[Segment]) -> Result<(), Stop> {
    document.reach(segments)?;
    let Some((last, parents)) = segments.split_last() else { return Ok(()) };
    let parent = document.reach(parents)?;
    match (last, &mut parent.value) {
        (Segment::Key(key), Value::Map(entries)) => entries.retain(|(present, _)| present != key),
        (selector, Value::List(items)) => {
            if let Some(position) = selector.position(items) {
                items.remove(position);
            }
        }
        _ => {}
    }
    Ok(())
}

impl fmt::Display for Reason {
    /// The message of the diagnostic.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NoFile(_) => formatter.write_str("no such file is generated"),
            Reason::NoTree => formatter.write_str("this file is not YAML, JSON or TOML, so it has no paths"),
            Reason::Unreadable(error) => write!(formatter, "not a path: {}", error.message),
            Reason::NotFound { found, segment, within, .. } if found.is_empty() => {
                write!(formatter, "there is no `{segment}` at the top of the file, which is {within}")
            }
            Reason::NotFound { found, segment, within, .. } => {
                write!(formatter, "there is no `{segment}` in `{found}`, which is {within}")
            }
            Reason::Present { kind } => write!(formatter, "it is there already and is {kind}, not a list"),
            Reason::NotAddable => formatter.write_str("only a key of a map or an item of a list can be added"),
        }
    }
}

impl Reason {
    /// What could be written instead.
    pub fn choices(&self) -> &[String] {
        match self {
            Reason::NoFile(files) => files,
            Reason::NotFound { siblings, .. } => siblings,
            Reason::NoTree | Reason::Unreadable(_) | Reason::Present { .. } | Reason::NotAddable => &[],
        }
    }

    /// The file or path that was most probably meant by the one that was written.
    pub fn meant(&self, written: &str) -> Option<String> {
        match self {
            Reason::NoFile(files) => nearest(written, files.iter().map(String::as_str)).map(str::to_owned),
            Reason::NotFound { found, segment, siblings, .. } => {
                let near = nearest(segment, siblings.iter().map(String::as_str))?;
                let mut path = Path::parse(written).ok()?;
                let known = if found.is_empty() { 0 } else { Path::parse(found).ok()?.segments.len() };
                *path.segments.get_mut(known)? = Path::parse(near).ok()?.segments.into_iter().next()?;
                Some(path.to_string())
            }
            Reason::NoTree | Reason::Unreadable(_) | Reason::Present { .. } | Reason::NotAddable => None,
        }
    }

    /// What to do, as one action.
    pub fn help(&self) -> String {
        match self {
            Reason::NoFile(_) => "name a file that `deployc build` writes".to_owned(),
            Reason::NoTree => "change the declarations it is made from".to_owned(),
            Reason::Unreadable(_) => {
                "write keys with `.` between them, `\"a.b\"` for a key with a point, `[0]` or `[name=x]` for an item"
                    .to_owned()
            }
            Reason::NotFound { siblings, .. } if siblings.is_empty() => "there is nothing in it to name".to_owned(),
            Reason::NotFound { siblings, .. } => ["there is: ", &siblings.join(", ")].concat(),
            Reason::Present { .. } => "use `set` to replace it".to_owned(),
            Reason::NotAddable => "add the map or list first".to_owned(),
        }
    }
}
