//! Where the grammar's fields and nodes stand, or may be written: the examples, and the grammar's own examples inside of them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use deployc::diag::{Diagnostic, Severity, Tie};
use deployc::loader::Memory;
use deployc::schema::{DOCUMENT, Field, Shape};
use deployc::source::FileId;
use deployc::standard;
use deployc::syntax::kdl::{Document, NodeRef};

use crate::samples::words;
use crate::whole::edit::document;
use crate::whole::{ENTRY, files};

/// The examples whose files stand around the texts; the first uses the whole language.
pub(crate) const EXAMPLES: [&str; 3] = ["everything", "shop", "hello"];

/// The files of each example.
pub(crate) fn projects() -> &'static [Memory] {
    static PROJECTS: OnceLock<Vec<Memory>> = OnceLock::new();
    PROJECTS.get_or_init(|| {
        let project = |example: &&str| {
            let mut project = Memory::new();
            for (path, bytes) in files(&root(example)) {
                project.insert(path, bytes);
            }
            project
        };
        EXAMPLES.iter().map(project).collect()
    })
}

pub(crate) fn root(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example)
}

/// A `deploy.kdl` in the project of an example.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) project: usize,
    pub(crate) text: String,
    /// What it has that no other text has.
    pub(crate) own: Range<usize>,
}

impl Text {
    pub(crate) fn errors(&self) -> Vec<Diagnostic> {
        let project = projects()[self.project].clone().with(ENTRY, self.text.clone());
        let mut found = deployc::check(&project, ENTRY, None).unwrap().diagnostics;
        found.retain(|one| one.severity == Severity::Error);
        found
    }

    /// The same with a range replaced.
    pub(crate) fn with(&self, range: Range<usize>, by: &str) -> Text {
        let text = [&self.text[..range.start], by, &self.text[range.end..]].concat();
        Text { text, ..self.clone() }
    }
}

/// The nodes of a document with what the grammar says of each.
pub(crate) fn shaped(tree: &Document) -> Vec<(NodeRef<'_>, &'static Shape)> {
    let mut waiting: Vec<(NodeRef<'_>, &'static Shape)> = tree.roots().map(|node| (node, &DOCUMENT)).collect();
    let mut found = Vec::new();
    while let Some((node, parent)) = waiting.pop() {
        let child = parent.child(node.name()).or_else(|| DOCUMENT.child(node.name()).filter(|_| parent.overlay));
        let Some(child) = child.filter(|_| node.name() != "-") else { continue };
        found.push((node, child.shape));
        let below = if child.shape.like.is_some() {
            let kind = node.prop("for").and_then(|entry| deployc::syntax::string(entry.value())).unwrap_or("service");
            DOCUMENT.child(kind).unwrap().shape
        } else {
            child.shape
        };
        waiting.extend(node.children().map(|child| (child, below)));
    }
    found
}

/// A place in a text where a value stands or may be written.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) text: Text,
    /// What is replaced; empty where nothing is written yet.
    pub(crate) range: Range<usize>,
    /// What stands before a value that is not written yet.
    pub(crate) before: String,
}

impl Spot {
    /// The errors with a value here: those at exactly this value, and all others.
    pub(crate) fn errors(&self, value: &str) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let text = self.text.with(self.range.clone(), &[&self.before, value].concat());
        let start = self.range.start + self.before.len();
        let at = |one: &Diagnostic| {
            let place = one.primary.span;
            let (from, to) = (place.start as usize, place.end as usize);
            place.file == FileId(0) && start <= from && from < to && to <= start + value.len()
        };
        let (here, mut elsewhere): (Vec<Diagnostic>, Vec<Diagnostic>) = text.errors().into_iter().partition(at);
        // What the platform cannot do is so whatever stands here.
        if elsewhere.iter().any(|one| one.code.area() == "capability") {
            let before: Vec<String> = self.text.errors().into_iter().map(|one| one.message).collect();
            elsewhere.retain(|one| one.code.area() != "capability" || !before.contains(&one.message));
        }
        (here, elsewhere)
    }
}

/// Where a field of a node stands or may be written; none where an argument before it is not written.
pub(crate) fn spot(text: &Text, node: NodeRef<'_>, shape: &Shape, field: &Field) -> Option<Spot> {
    let position = shape.args.iter().position(|arg| std::ptr::eq(arg, field));
    let written = match position {
        Some(at) => node.args().nth(at),
        None if field.name == "*" => node.props().find(|entry| shape.prop(entry.key().unwrap()).unwrap().name == "*"),
        None => node.prop(field.name),
    };
    let spot = |start: u32, end: u32, before: String| {
        Some(Spot { text: text.clone(), range: start as usize..end as usize, before })
    };
    if let Some(entry) = written {
        let value = entry.annotation().map_or(entry.value_span(), |(_, span)| span).start;
        return spot(value, entry.span().end, String::new());
    }
    let head = node.head_span().end;
    match position {
        Some(at) if at > node.args().count() => None,
        Some(_) => {
            let behind = node.args().last().map_or(node.name_span(), |last| last.span()).end;
            spot(behind, behind, " ".to_owned())
        }
        None if field.name == "*" => spot(head, head, " zqwx=".to_owned()),
        None => spot(head, head, format!(" {}=", field.name)),
    }
}

/// The shapes of a user's files.
pub(crate) fn shapes() -> Vec<&'static Shape> {
    let mut found: Vec<&'static Shape> = vec![&DOCUMENT];
    let mut at = 0;
    while let Some(shape) = found.get(at).copied() {
        for child in shape.children {
            if !found.iter().any(|known| known.id == child.shape.id) {
                found.push(child.shape);
            }
        }
        at += 1;
    }
    found
}

/// The examples, and the first of them again with the example of each shape where that may stand.
pub(crate) fn texts() -> &'static [Text] {
    static TEXTS: OnceLock<Vec<Text>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let read = |(project, example): (usize, &&str)| {
            let text = std::fs::read_to_string(root(example).join(ENTRY)).unwrap();
            Text { project, own: 0..text.len(), text }
        };
        let mut texts: Vec<Text> = EXAMPLES.iter().enumerate().map(read).collect();
        let on = hosted(&texts[2]);
        let whole = texts[0].clone();
        let mut insert = |at: usize, open: &str, example: &str, close: &str| {
            let own = at + open.len()..at + open.len() + example.len();
            texts.push(Text { own, ..whole.with(at..at, &[open, example, close].concat()) });
        };
        let tree = document(&whole.text);
        let nodes = shaped(&tree);
        for holder in shapes() {
            for child in holder.children.iter().filter(|child| !child.shape.example.is_empty()) {
                let example = child.shape.example;
                if holder.id == DOCUMENT.id {
                    insert(whole.text.len(), "\n", example, "\n");
                }
                for (node, _) in nodes.iter().filter(|(_, shape)| shape.id == holder.id) {
                    match node.children_span() {
                        Some(block) => insert(block.start as usize + 1, " ", example, "; "),
                        None => insert(node.head_span().end as usize, " { ", example, " }"),
                    }
                }
            }
        }
        for host in on {
            let example = |id: &str| shapes().into_iter().find(|shape| shape.id == id).unwrap().example;
            for id in ["host.server", "login", "host.server login"] {
                let inner = id.split(' ').map(example).collect::<Vec<_>>().join("; ");
                let own = host.own.end..host.own.end + inner.len() + 4;
                texts.push(Text { own, ..host.with(host.own.end..host.own.end, &format!(" {{ {inner} }}")) });
            }
            texts.push(host);
        }
        texts
    })
}

/// A small example on each platform of the standard library, and on one of the user's own.
pub(crate) fn hosted(small: &Text) -> Vec<Text> {
    let example = |id: &str| shapes().into_iter().find(|shape| shape.id == id).unwrap().example;
    let text = format!("{}\n{}\n{}\n", small.text, example("platform"), example("secret"));
    let tree = document(&text);
    let host = shaped(&tree).into_iter().find(|(_, shape)| shape.id == "host").unwrap().0.span();
    let range = host.start as usize..host.end as usize;
    let own = document(example("platform")).roots().next().and_then(|node| {
        let name = node.args().next()?;
        deployc::syntax::string(name.value()).map(str::to_owned)
    });
    let names = standard::names("platform").map(str::to_owned).chain(own);
    let on = |name: String| {
        let text = Text { text: text.clone(), ..small.clone() }.with(range.clone(), &format!("host \"{name}\""));
        let text = with_what_lacks(text, range.start);
        let head = document(&text.text).node_at(range.start as u32).unwrap().head_span();
        Text { own: head.start as usize..head.end as usize, ..text }
    };
    names.map(on).collect()
}

/// How many places are tried before a field counts as one that nothing accepts.
pub(crate) const PLACES: usize = 400;

/// Places where a field stands or may be written: as the texts are; then where what its meaning depends on is another,
/// as the kind of the node or its host; then where something beside it is left out.
pub(crate) fn spots(shape: &'static Shape, field: &'static Field) -> impl Iterator<Item = Spot> {
    let plain = texts().iter().flat_map(move |text| spots_of(text, shape, field));
    let turned = texts().iter().flat_map(move |text| turned(text, shape, field));
    plain.take(PLACES).chain(turned.take(PLACES))
}

pub(crate) fn spots_of(text: &Text, shape: &'static Shape, field: &'static Field) -> Vec<Spot> {
    let tree = document(&text.text);
    let mut found: Vec<Spot> =
        nodes_of(&tree, text, shape).into_iter().filter_map(|node| spot(text, node, shape, field)).collect();
    found.sort_by_key(|spot| !spot.before.is_empty());
    found
}

pub(crate) fn nodes_of<'d>(tree: &'d Document, text: &Text, shape: &'static Shape) -> Vec<NodeRef<'d>> {
    let own = |node: NodeRef<'_>| text.own.contains(&(node.span().start as usize));
    shaped(tree).into_iter().filter(|(node, of)| of.id == shape.id && own(*node)).map(|(node, _)| node).collect()
}

/// The places in the texts that differ from this one beside the field.
pub(crate) fn turned(text: &Text, shape: &'static Shape, field: &'static Field) -> Vec<Spot> {
    let tree = document(&text.text);
    let mut found = Vec::new();
    for node in nodes_of(&tree, text, shape).into_iter().take(3) {
        let mut others = Vec::new();
        for entry in node.entries() {
            let own = match entry.key() {
                Some(key) => shape.prop(key),
                None => node.args().position(|arg| arg.span() == entry.span()).and_then(|at| shape.arg(at)),
            };
            let Some(own) = own.filter(|own| !std::ptr::eq(*own, field)) else { continue };
            let (span, value) = (entry.span(), entry.value_span());
            others.extend(words(own).into_iter().map(|word| (value.start as usize..value.end as usize, word)));
            others.push((span.start as usize..span.end as usize, String::new()));
        }
        others.extend(
            node.children().map(|child| (child.span().start as usize..child.span().start as usize, "/-".to_owned())),
        );
        for (range, by) in others {
            let other = text.with(range, &by);
            for other in [other.clone(), with_what_lacks(other, node.span().start as usize)] {
                let tree = document(&other.text);
                found.extend(tree.node_at(node.span().start).and_then(|node| spot(&other, node, shape, field)));
            }
        }
    }
    found
}

/// The text with the properties that its errors say a node lacks.
pub(crate) fn with_what_lacks(mut text: Text, node: usize) -> Text {
    for _ in 0..4 {
        let lacks = text.errors().into_iter().find_map(|one| match &one.tie {
            Some(Tie::Lacks(names)) if one.code.as_str() == "type/missing-property" => {
                names.first().filter(|_| one.primary.span.start as usize == node).cloned()
            }
            _ => None,
        });
        let Some(name) = lacks else { break };
        let tree = document(&text.text);
        let Some(head) = tree.node_at(node as u32).map(|node| node.head_span().end as usize) else { break };
        text = text.with(head..head, &format!(" {name}=\"zqwx\""));
    }
    text
}
