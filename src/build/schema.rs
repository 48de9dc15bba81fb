//! Generates the schema tables and the typed model from `grammar/schema/*.kdl`.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a mistake in the grammar stops the build of the compiler itself, with the place in the message"
)]

mod model;
mod tables;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::source::FileId;
use crate::syntax::kdl::{self, Document, NodeRef, Scalar};

/// One described argument or property.
struct Field {
    name: String,
    ty: String,
    required: bool,
    rest: bool,
    declares: Option<String>,
    default: Option<String>,
    doc: String,
    place: (u32, u32),
    sink: Option<String>,
    least: Option<String>,
    most: Option<String>,
    names: Option<String>,
    known_as: Vec<String>,
    form: Option<String>,
}

struct Child {
    name: String,
    shape: String,
    many: String,
    required: bool,
    doc: String,
    sink: Option<String>,
    known_as: Vec<String>,
    form: Option<String>,
}

struct Shape {
    id: String,
    doc: String,
    example: String,
    args: Vec<Field>,
    props: Vec<Field>,
    children: Vec<Child>,
    overlay: bool,
    partial: bool,
    whole: bool,
    like: Option<String>,
    file: usize,
    place: (u32, u32),
}

struct EnumShape {
    doc: String,
    values: Vec<(String, String)>,
}

#[derive(Default)]
struct Grammar {
    enums: BTreeMap<String, EnumShape>,
    shapes: Vec<Shape>,
}

/// Reads every `*.kdl` below a folder, sorted by path.
pub(crate) fn documents(root: &Path, base: u32) -> Vec<(String, Document)> {
    let mut paths = Vec::new();
    collect(root, &mut paths);
    paths.sort();
    paths
        .iter()
        .enumerate()
        .map(|(index, path)| {
            println!("cargo::rerun-if-changed={}", path.display());
            let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let (document, problems) = kdl::parse(FileId(base + index as u32), text);
            if let Some(problem) = problems.first() {
                let line = document.text()[..problem.span.start as usize].lines().count();
                panic!("{}:{line}: {}", path.display(), problem.message);
            }
            let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
            (name, document)
        })
        .collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    println!("cargo::rerun-if-changed={}", folder.display());
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "kdl") {
            into.push(path);
        }
    }
}

/// Writes `schema.rs` (tables) and `model.rs` (structs and lowering) for the grammar in `root`.
pub(crate) fn generate(root: &Path, out: &Path) {
    let files = documents(root, FileId::EMBEDDED);
    let mut grammar = Grammar::default();
    for (index, (name, document)) in files.iter().enumerate() {
        for node in document.roots() {
            match node.name() {
                "enum" => grammar.enumeration(node),
                "shape" => {
                    let id = text(node, 0).unwrap_or_else(|| panic!("{name}: a shape without an id"));
                    grammar.shape(node, &id, index);
                }
                other => panic!("{name}: unknown node `{other}`"),
            }
        }
    }
    grammar.shapes.sort_by(|a, b| a.id.cmp(&b.id));
    grammar.validate();
    let mut tables = String::new();
    grammar.tables(&mut tables);
    tables.push_str("\n/// The grammar files: path and text.\npub static GRAMMAR: &[(&str, &str)] = &[\n");
    for (name, _) in &files {
        let path = root.join(name);
        writeln!(tables, "    ({:?}, include_str!({:?})),", format!("std:grammar/{name}"), path.display().to_string())
            .ok();
    }
    tables.push_str("];\n");
    std::fs::write(out.join("schema.rs"), tables).expect("the output folder is writable");
    let mut model = String::new();
    grammar.model(&mut model);
    std::fs::write(out.join("model.rs"), model).expect("the output folder is writable");
}

fn text(node: NodeRef<'_>, index: usize) -> Option<String> {
    node.args().nth(index).and_then(|entry| string(entry.value()))
}

fn string(value: Scalar<'_>) -> Option<String> {
    match value {
        Scalar::String(value) => Some(value.to_owned()),
        Scalar::Number(value) => Some(value.to_owned()),
        Scalar::Bool(value) => Some(format!("#{value}")),
        Scalar::Null | Scalar::Infinity | Scalar::NegativeInfinity | Scalar::NotANumber => None,
    }
}

fn prop(node: NodeRef<'_>, key: &str) -> Option<String> {
    node.prop(key).and_then(|entry| string(entry.value()))
}

fn flag(node: NodeRef<'_>, key: &str) -> bool {
    prop(node, key).as_deref() == Some("#true")
}

/// The words of a property, between blanks.
fn words(node: NodeRef<'_>, key: &str) -> Vec<String> {
    prop(node, key).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// The doc of a node: its `doc=` property or its `doc` child.
fn doc(node: NodeRef<'_>) -> String {
    let raw = prop(node, "doc").or_else(|| node.child("doc").and_then(|child| text(child, 0))).unwrap_or_default();
    raw.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned()
}

impl Grammar {
    fn enumeration(&mut self, node: NodeRef<'_>) {
        let id = text(node, 0).expect("an enum has an id");
        let values = node
            .children()
            .filter(|child| child.name() == "value")
            .map(|child| (text(child, 0).expect("a value has a word"), doc(child)))
            .collect();
        let old = self.enums.insert(id.clone(), EnumShape { doc: doc(node), values });
        assert!(old.is_none(), "enum `{id}` is described twice");
    }

    fn shape(&mut self, node: NodeRef<'_>, id: &str, file: usize) {
        let mut shape = Shape {
            id: id.to_owned(),
            doc: doc(node),
            example: node.child("example").and_then(|child| text(child, 0)).unwrap_or_default(),
            args: Vec::new(),
            props: Vec::new(),
            children: Vec::new(),
            overlay: false,
            partial: false,
            whole: false,
            like: None,
            file,
            place: (node.name_span().start, node.span().end),
        };
        for child in node.children() {
            match child.name() {
                "arg" => shape.args.push(field(child, true)),
                "prop" => shape.props.push(field(child, false)),
                "child" => {
                    let name = text(child, 0).expect("a child has a name");
                    let inline = child.children().next().is_some();
                    let target = if inline {
                        let inner = format!("{id}.{name}");
                        self.shape(child, &inner, file);
                        inner
                    } else {
                        prop(child, "shape").unwrap_or_else(|| name.clone())
                    };
                    shape.children.push(Child {
                        name,
                        shape: target,
                        many: prop(child, "many").unwrap_or_else(|| "one".to_owned()),
                        required: flag(child, "required"),
                        doc: doc(child),
                        sink: prop(child, "sink"),
                        known_as: words(child, "known-as"),
                        form: prop(child, "form"),
                    });
                }
                "overlay" => shape.overlay = true,
                "partial" => shape.partial = true,
                "whole" => shape.whole = true,
                "like" => shape.like = text(child, 0),
                "doc" | "example" => {}
                other => panic!("shape `{id}`: unknown node `{other}`"),
            }
        }
        self.shapes.push(shape);
    }

    fn validate(&self) {
        for pair in self.shapes.windows(2) {
            assert!(pair[0].id != pair[1].id, "shape `{}` is described twice", pair[0].id);
        }
        for shape in &self.shapes {
            for child in &shape.children {
                assert!(
                    self.index(&child.shape).is_some(),
                    "shape `{}`: child `{}` has no shape `{}`",
                    shape.id,
                    child.name,
                    child.shape
                );
                assert!(
                    matches!(child.many.as_str(), "one" | "keyed" | "list"),
                    "shape `{}`: bad many `{}`",
                    shape.id,
                    child.many
                );
            }
        }
    }

    fn index(&self, id: &str) -> Option<usize> {
        self.shapes.binary_search_by(|shape| shape.id.as_str().cmp(id)).ok()
    }
}

fn field(node: NodeRef<'_>, positional: bool) -> Field {
    let default = prop(node, "default");
    let rest = flag(node, "rest");
    let optional = flag(node, "optional");
    let required = if positional {
        !optional && default.is_none() && (!rest || prop(node, "min").is_some())
    } else {
        flag(node, "required")
    };
    let mut ty = prop(node, "type").unwrap_or_else(|| panic!("`{}` has no type", text(node, 0).unwrap_or_default()));
    if ty == "text" && prop(node, "template").as_deref() == Some("#false") {
        ty = "literal".to_owned();
    }
    Field {
        name: text(node, 0).expect("a field has a name"),
        ty,
        required,
        rest,
        declares: prop(node, "declares"),
        default,
        doc: doc(node),
        place: (node.name_span().start, node.span().end),
        sink: prop(node, "sink"),
        least: prop(node, "least"),
        most: prop(node, "most"),
        names: prop(node, "names"),
        known_as: words(node, "known-as"),
        form: prop(node, "form"),
    }
}

fn pascal(id: &str) -> String {
    id.split(|c: char| !c.is_alphanumeric())
        .map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect::<String>())
        .collect()
}

fn screaming(id: &str) -> String {
    id.replace('*', "ANY").chars().map(|c| if c.is_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

fn one_line(doc: &str) -> String {
    let line = doc.lines().collect::<Vec<_>>().join(" ").replace('[', "\\[").replace(']', "\\]");
    if line.trim().is_empty() { "See the grammar.".to_owned() } else { line }
}
