//! The embedded standard library: facts about the world as ordinary declarations, ready to use without parsing.
//!
//! The build script parses `stdlib/` and prints each document as static tables; a lookup is a binary search, and only
//! what is asked for is lowered.

use std::any::Any;
use std::sync::OnceLock;

use crate::model::{Lower, Lowering};
use crate::resolve::{NoPresets, View};
use crate::source::FileId;
use crate::syntax::kdl::{Document, NodeRef};

include!(concat!(env!("OUT_DIR"), "/standard.rs"));

/// The first file id of the standard library; grammar files come before.
pub const FIRST_FILE: u32 = FileId::EMBEDDED + 0x1000;

fn documents() -> &'static [Document] {
    static DOCUMENTS: OnceLock<Vec<Document>> = OnceLock::new();
    DOCUMENTS.get_or_init(load_documents)
}

/// The declaration of a kind and name.
pub fn find(kind: &str, name: &str) -> Option<NodeRef<'static>> {
    let at = INDEX.binary_search_by(|(k, n, ..)| (*k, *n).cmp(&(kind, name))).ok()?;
    let (_, _, file, node) = INDEX.get(at)?;
    documents().get(usize::from(*file)).map(|document| document.node(*node))
}

fn of_kind(kind: &str) -> &'static [(&'static str, &'static str, u16, u32)] {
    let start = INDEX.partition_point(|(k, ..)| *k < kind);
    let end = INDEX.partition_point(|(k, ..)| *k <= kind);
    INDEX.get(start..end).unwrap_or_default()
}

/// The names of a kind, sorted.
pub fn names(kind: &str) -> impl Iterator<Item = &'static str> + use<> {
    of_kind(kind).iter().map(|(_, name, ..)| *name)
}

/// Every kind of declaration, sorted.
pub fn kinds() -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> = INDEX.iter().map(|(kind, ..)| *kind).collect();
    kinds.dedup();
    kinds
}

/// The declaration of a name, lowered the first time it is asked for.
pub fn get<T: Lower + Send + Sync + 'static>(kind: &str, name: &str) -> Option<&'static T> {
    let at = INDEX.binary_search_by(|(k, n, ..)| (*k, *n).cmp(&(kind, name))).ok()?;
    lowered(at)
}

/// A declaration that the compiler itself rests on; the tests see that the library has it.
pub fn fact<T: Lower + Send + Sync + 'static>(kind: &str, name: &str) -> &'static T {
    get(kind, name).unwrap_or_else(|| Box::leak(Box::default()))
}

/// Every declaration of a kind, lowered, in the order of the files they are written in.
pub fn all<T: Lower + Send + Sync + 'static>(kind: &str) -> Vec<&'static T> {
    in_order(kind).into_iter().filter_map(lowered).collect()
}

/// Every declaration of a kind as it is written, by name, in the order of [`all`]: what costs nothing to look at.
pub fn nodes(kind: &str) -> impl Iterator<Item = (&'static str, NodeRef<'static>)> + use<> {
    in_order(kind).into_iter().filter_map(|at| {
        let (_, name, file, node) = INDEX.get(at)?;
        Some((*name, documents().get(usize::from(*file))?.node(*node)))
    })
}

/// The rows of the index of a kind, in the order of the files.
fn in_order(kind: &str) -> Vec<usize> {
    let start = INDEX.partition_point(|(k, ..)| *k < kind);
    let end = INDEX.partition_point(|(k, ..)| *k <= kind);
    let mut rows: Vec<_> = (start..end).zip(INDEX.get(start..end).unwrap_or_default()).collect();
    rows.sort_by_key(|(_, (_, _, file, node))| (*file, *node));
    rows.into_iter().map(|(at, _)| at).collect()
}

/// A declaration, when it is lowered.
type Slot = OnceLock<Box<dyn Any + Send + Sync>>;

/// Slots come by so many: a check looks at a handful of a thousand declarations.
const BATCH: usize = 32;

/// A fact never changes, so each is lowered once and kept as long as the process lives.
fn lowered<T: Lower + Send + Sync + 'static>(at: usize) -> Option<&'static T> {
    static LOWERED: OnceLock<Vec<OnceLock<Box<[Slot; BATCH]>>>> = OnceLock::new();
    let (_, _, file, node) = INDEX.get(at)?;
    let node = documents().get(usize::from(*file))?.node(*node);
    let batches = LOWERED.get_or_init(|| (0..=INDEX.len() / BATCH).map(|_| OnceLock::new()).collect());
    let slot = batches.get(at / BATCH)?.get_or_init(|| Box::new([const { Slot::new() }; BATCH])).get(at % BATCH)?;
    let fact = slot.get_or_init(|| Box::new(lower::<T>(node)));
    debug_assert!(fact.is::<T>(), "a kind of fact is lowered to one type");
    fact.downcast_ref()
}

/// The standard library is checked by the build and the tests, so nothing can be wrong with a node here.
fn lower<T: Lower>(node: NodeRef<'static>) -> T {
    let mut unheard = Vec::new();
    let view = View::new(T::SHAPE, node, &NoPresets);
    Lowering::facts(&mut unheard, again).node(&view)
}

/// A node of the standard library, by file and index.
fn again(file: FileId, node: u32) -> Option<NodeRef<'static>> {
    let index = file.0.checked_sub(FIRST_FILE)?;
    documents().get(index as usize).map(|document| document.node(node))
}

/// Name (`std:…`) and text of an embedded file: grammar or standard library.
pub fn embedded(file: FileId) -> Option<(&'static str, &'static str)> {
    if !file.is_embedded() {
        return None;
    }
    match file.0.checked_sub(FIRST_FILE) {
        Some(index) => FILES.get(index as usize).copied(),
        None => crate::schema::GRAMMAR.get((file.0 - FileId::EMBEDDED) as usize).copied(),
    }
}

/// A file of the standard library that a project may import (`std:stacks/…`).
pub fn importable(name: &str) -> Option<Document> {
    let name = name.strip_suffix(".kdl").unwrap_or(name);
    let at = paths().position(|path| path.strip_suffix(".kdl") == Some(name) && path.starts_with("stacks/"))?;
    load_documents().into_iter().nth(at)
}

/// The names that can be imported, without `std:`.
pub fn importable_names() -> impl Iterator<Item = &'static str> {
    paths().filter(|path| path.starts_with("stacks/")).map(|path| path.strip_suffix(".kdl").unwrap_or(path))
}

/// The paths of the embedded files below `stdlib/`.
fn paths() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| name.strip_prefix("std:").unwrap_or(name))
}

/// Every embedded document of the standard library with its path, for tests and `std list`.
pub fn files() -> impl Iterator<Item = (&'static str, &'static Document)> {
    paths().zip(documents())
}

/// The facts of a platform.
pub fn platform(name: &str) -> Option<&'static crate::model::StdPlatform> {
    get("platform", name)
}

/// A numeric limit of a platform, by name: the most of it. Read without lowering the whole platform.
pub fn platform_limit(platform: &str, limit: &str) -> Option<usize> {
    let node = find("platform", platform)?;
    let row = node.children().find(|child| {
        child.name() == "limit"
            && child.args().next().and_then(|entry| crate::syntax::string(entry.value())) == Some(limit)
    })?;
    crate::syntax::scalar_text(row.prop("max")?.value()).parse().ok()
}
