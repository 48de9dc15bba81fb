//! Generates the schema tables and the typed model from `grammar/schema/*.kdl`.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a mistake in the grammar stops the build of the compiler itself, with the place in the message"
)]

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

    fn tables(&self, out: &mut String) {
        for (id, list) in &self.enums {
            writeln!(
                out,
                "/// {}\npub static ENUM_{}: EnumShape = EnumShape {{ id: {id:?}, doc: {:?}, values: &{:?} }};",
                one_line(&list.doc),
                screaming(id),
                list.doc,
                list.values
            )
            .ok();
        }
        for shape in &self.shapes {
            let doc = format!("The shape `{}`.", shape.id);
            write!(out, "/// {doc}\npub static SHAPE_{}: Shape = ", screaming(&shape.id)).ok();
            self.shape_literal(shape, out);
            out.push_str(";\n");
        }
        out.push_str("/// Every shape, sorted by id.\npub static SHAPES: &[&Shape] = &[\n");
        for shape in &self.shapes {
            writeln!(out, "    &SHAPE_{},", screaming(&shape.id)).ok();
        }
        out.push_str("];\n/// The shape of a whole `deploy.kdl`.\npub use SHAPE_DOCUMENT as DOCUMENT;\n");
    }

    fn shape_literal(&self, shape: &Shape, out: &mut String) {
        write!(out, "Shape {{ id: {:?}, doc: {:?}, example: {:?}, args: &[", shape.id, shape.doc, shape.example).ok();
        for arg in &shape.args {
            self.field_literal(arg, out);
        }
        out.push_str("], props: &[");
        for prop in &shape.props {
            self.field_literal(prop, out);
        }
        out.push_str("], children: &[");
        for child in &shape.children {
            let many = pascal(&child.many);
            let index = format!("&SHAPE_{}", screaming(&child.shape));
            write!(
                out,
                "Child {{ name: {:?}, shape: {index}, many: Many::{many}, need: {}, doc: {:?}, sink: {:?}, known_as: &{:?}, form: {} }}, ",
                child.name,
                need(child.required),
                child.doc,
                child.sink,
                child.known_as,
                form(child.form.as_deref())
            )
            .ok();
        }
        write!(
            out,
            "], overlay: {}, partial: {}, whole: {}, like: {:?}, file: {}, place: {:?} }}",
            shape.overlay, shape.partial, shape.whole, shape.like, shape.file, shape.place
        )
        .ok();
    }

    fn field_literal(&self, field: &Field, out: &mut String) {
        let ty = self.type_literal(&field.ty);
        write!(
            out,
            "Field {{ name: {:?}, ty: {ty}, need: {}, rest: {}, declares: {:?}, default: {:?}, doc: {:?}, place: {:?}, sink: {:?}, least: {:?}, most: {:?}, names: {}, known_as: &{:?}, form: {} }}, ",
            field.name,
            need(field.required),
            field.rest,
            field.declares,
            field.default,
            field.doc,
            field.place,
            field.sink,
            field.least,
            field.most,
            named(field.names.as_deref()),
            field.known_as,
            form(field.form.as_deref())
        )
        .ok();
    }

    fn type_literal(&self, ty: &str) -> String {
        if let Some(id) = ty.strip_prefix("enum:") {
            assert!(self.enums.contains_key(id), "no enum `{id}`");
            return format!("Type::Enum(&ENUM_{})", screaming(id));
        }
        if let Some(namespaces) = ty.strip_prefix("ref:") {
            return format!("Type::Ref(&{:?})", namespaces.split('|').collect::<Vec<_>>());
        }
        if let Some(languages) = ty.strip_prefix("raw:") {
            return format!("Type::Raw({languages:?})");
        }
        match ty.split('|').next().unwrap_or_default() {
            "text" => "Type::Text(Expansion::Template)".to_owned(),
            "literal" => "Type::Text(Expansion::Literal)".to_owned(),
            "any" | "scalar" => "Type::Any".to_owned(),
            "any-text" => "Type::Text(Expansion::Scalar)".to_owned(),
            "name" | "duration" | "ratio" | "bytes" | "cpu" | "count" | "rate" | "money" | "schedule" | "date"
            | "path" | "image" | "gvk" | "condition" | "command" | "bool" | "number" | "metric" | "quantity"
            | "week-time" | "commit" | "digest" => format!("Type::{}", pascal(ty)),
            other => panic!("unknown type `{other}`"),
        }
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

fn named(names: Option<&str>) -> &'static str {
    match names {
        None => "None",
        Some("file") => "Some(Names::File)",
        Some("folder") => "Some(Names::Folder)",
        Some("evidence") => "Some(Names::Evidence)",
        Some(other) => panic!("a path names a `file`, a `folder` or `evidence`, not a `{other}`"),
    }
}

fn form(form: Option<&str>) -> String {
    form.map_or("None".to_owned(), |form| format!("Some(Form::{})", pascal(form)))
}

fn need(required: bool) -> &'static str {
    if required { "Need::Required" } else { "Need::Optional" }
}

fn pascal(id: &str) -> String {
    id.split(|c: char| !c.is_alphanumeric())
        .map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect::<String>())
        .collect()
}

fn snake(id: &str) -> String {
    let name: String = id.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    match name.as_str() {
        "use" | "for" | "in" | "type" | "as" | "match" | "move" | "ref" | "where" | "loop" | "if" | "else" | "fn"
        | "mod" | "pub" | "static" | "const" | "enum" | "struct" | "trait" | "impl" | "self" | "super" | "crate"
        | "return" | "break" | "continue" | "while" | "true" | "false" | "do" | "final" | "override" | "box"
        | "try" | "yield" | "macro" | "async" | "await" | "dyn" | "extern" | "let" | "mut" | "unsafe" => name + "_",
        _ => name,
    }
}

fn screaming(id: &str) -> String {
    id.replace('*', "ANY").chars().map(|c| if c.is_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// The struct name of a shape: `environment.domain` → `EnvironmentDomain`, `service.*` → `ServiceAny`.
fn struct_name(id: &str) -> String {
    pascal(&id.replace('*', "any"))
}

impl Grammar {
    fn model(&self, out: &mut String) {
        for (id, list) in &self.enums {
            enum_source(&self.enum_name(id), list, out);
        }
        for shape in self.shapes.iter().filter(|shape| self.has_struct(shape)) {
            self.struct_source(shape, out);
        }
    }

    /// A shape that is only one argument needs no struct of its own: its parent holds the value.
    fn leaf<'a>(&self, shape: &'a Shape) -> Option<&'a Field> {
        match shape.args.as_slice() {
            [only] if shape.props.is_empty() && shape.children.is_empty() && only.declares.is_none() => Some(only),
            _ => None,
        }
    }

    /// Whether a struct is made for a shape: a leaf's value is held by its parent, unless its node name is its key.
    fn has_struct(&self, shape: &Shape) -> bool {
        let keyed_by_name = || {
            self.shapes
                .iter()
                .flat_map(|parent| &parent.children)
                .any(|child| child.name == "*" && child.shape == shape.id)
        };
        shape.id != "*" && (self.leaf(shape).is_none() || keyed_by_name())
    }

    /// The name of an enum; a struct of the same name takes precedence.
    fn enum_name(&self, id: &str) -> String {
        let taken = self.shapes.iter().any(|shape| struct_name(&shape.id) == pascal(id) && self.has_struct(shape));
        if taken { format!("{}Kind", pascal(id)) } else { pascal(id) }
    }

    fn rust_type(&self, ty: &str) -> String {
        if let Some(id) = ty.strip_prefix("enum:") {
            return self.enum_name(id);
        }
        match ty.split([':', '|']).next().unwrap_or_default() {
            "duration" => "value::Duration",
            "ratio" => "value::Ratio",
            "bytes" => "value::Bytes",
            "cpu" => "value::Cpu",
            "count" => "value::Count",
            "rate" => "value::Rate",
            "money" => "value::Money",
            "schedule" => "value::Schedule",
            "date" => "value::Date",
            "image" => "value::ImageRef",
            "condition" => "Condition",
            "bool" => "bool",
            "quantity" => "value::Quantity",
            "week-time" => "value::WeekTime",
            "any" | "scalar" => "Any",
            _ => "String",
        }
        .to_owned()
    }

    fn field_type(&self, field: &Field) -> String {
        let inner = format!("Sourced<{}>", self.rust_type(&field.ty));
        if field.rest {
            format!("Vec<{inner}>")
        } else if field.required || field.default.is_some() {
            inner
        } else {
            format!("Option<{inner}>")
        }
    }

    fn struct_source(&self, shape: &Shape, out: &mut String) {
        let name = struct_name(&shape.id);
        let mut fields = String::new();
        let mut reads = String::new();
        let mut taken: Vec<String> = vec!["origin".into(), "key".into()];
        let mut unique = |name: &str, suffix: &str| {
            let mut result = snake(name);
            while taken.contains(&result) {
                result.push_str(suffix);
            }
            taken.push(result.clone());
            result
        };
        let table = format!("&schema::SHAPE_{}", screaming(&shape.id));
        for (index, arg) in shape.args.iter().enumerate() {
            let field_name = unique(&arg.name, "_arg");
            writeln!(fields, "    /// {}\n    pub {field_name}: {},", one_line(&arg.doc), self.field_type(arg)).ok();
            let how = if arg.rest {
                "rest_args"
            } else if arg.required || arg.default.is_some() {
                "need_arg"
            } else {
                "find_arg"
            };
            writeln!(reads, "            {field_name}: lowering.{how}(view, {index}),").ok();
        }
        for (index, prop) in shape.props.iter().enumerate() {
            if prop.name == "*" {
                let field_name = unique("others", "_prop");
                writeln!(
                    fields,
                    "    /// {}\n    pub {field_name}: Vec<(Sourced<String>, Sourced<{}>)>,",
                    one_line(&prop.doc),
                    self.rust_type(&prop.ty)
                )
                .ok();
                writeln!(reads, "            {field_name}: lowering.other_props(view, {index}),").ok();
                continue;
            }
            let field_name = unique(&prop.name, "_prop");
            writeln!(fields, "    /// {}\n    pub {field_name}: {},", one_line(&prop.doc), self.field_type(prop)).ok();
            let how = if prop.required || prop.default.is_some() { "need_prop" } else { "find_prop" };
            writeln!(reads, "            {field_name}: lowering.{how}(view, {index}),").ok();
        }
        for (index, child) in shape.children.iter().enumerate() {
            self.child_source(index, child, &mut unique, &mut fields, &mut reads);
        }
        writeln!(out, "/// {}\n#[derive(Clone, Debug, Default)]\npub struct {name} {{", one_line(&shape.doc)).ok();
        writeln!(out, "    /// Where the node is written.\n    pub origin: Origin,\n    /// The node's own name.\n    pub key: Sourced<String>,\n{fields}}}").ok();
        let lowering = if reads.is_empty() { "_lowering" } else { "lowering" };
        writeln!(
            out,
            "impl Lower for {name} {{\n    const SHAPE: &'static schema::Shape = {table};\n    fn lower(view: &View<'_>, {lowering}: &mut Lowering<'_>) -> Self {{\n        {name} {{\n            origin: view.origin(),\n            key: view.key(),\n{reads}        }}\n    }}\n}}\n"
        )
        .ok();
    }

    fn child_source(
        &self,
        index: usize,
        child: &Child,
        unique: &mut impl FnMut(&str, &str) -> String,
        fields: &mut String,
        reads: &mut String,
    ) {
        let shape = &self.shapes[self.index(&child.shape).expect("validated")];
        let field_name = if child.name == "*" { unique("entries", "_node") } else { unique(&child.name, "_node") };
        let doc = one_line(if child.doc.is_empty() { &shape.doc } else { &child.doc });
        let leaf = self.leaf(shape).filter(|_| child.name != "*");
        let (ty, how) = match (leaf, child.many.as_str()) {
            (Some(field), "one") if field.rest => (format!("Vec<Sourced<{}>>", self.rust_type(&field.ty)), "leaf_rest"),
            (Some(field), "one") => (format!("Option<Sourced<{}>>", self.rust_type(&field.ty)), "leaf_one"),
            (Some(field), _) => (format!("Vec<Sourced<{}>>", self.rust_type(&field.ty)), "leaf_list"),
            (None, "one") => (format!("Option<{}>", struct_name(&shape.id)), "node_one"),
            // Facts have many rows, and most builds read few of them.
            (None, _) if shape.id.starts_with("std-") => (format!("Rows<{}>", struct_name(&shape.id)), "node_rows"),
            (None, _) => (format!("Vec<{}>", struct_name(&shape.id)), "node_list"),
        };
        writeln!(fields, "    /// {doc}\n    pub {field_name}: {ty},").ok();
        writeln!(reads, "            {field_name}: lowering.{how}(view, {index}),").ok();
    }
}

fn enum_source(name: &str, list: &EnumShape, out: &mut String) {
    writeln!(
        out,
        "/// {}\n#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]\npub enum {name} {{",
        one_line(&list.doc)
    )
    .ok();
    for (index, (word, doc)) in list.values.iter().enumerate() {
        let default = if index == 0 { "    #[default]\n" } else { "" };
        writeln!(out, "    /// {}\n{default}    {},", one_line(doc), variant(word)).ok();
    }
    writeln!(out, "}}\nimpl {name} {{\n    /// Every value, in the order of the grammar.\n    pub const ALL: &'static [{name}] = &[").ok();
    for (word, _) in &list.values {
        writeln!(out, "        {name}::{},", variant(word)).ok();
    }
    writeln!(out, "    ];\n    /// The word as users write it.\n    pub const fn word(self) -> &'static str {{\n        match self {{").ok();
    for (word, _) in &list.values {
        writeln!(out, "            {name}::{} => {word:?},", variant(word)).ok();
    }
    writeln!(out, "        }}\n    }}\n}}\nimpl FromWord for {name} {{\n    fn from_word(word: &str) -> Option<Self> {{\n        Self::ALL.iter().copied().find(|value| value.word() == word)\n    }}\n}}\nimpl_read_enum!({name});\n").ok();
}

fn variant(word: &str) -> String {
    let name = pascal(word);
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("N{name}") } else { name }
}

fn one_line(doc: &str) -> String {
    let line = doc.lines().collect::<Vec<_>>().join(" ").replace('[', "\\[").replace(']', "\\]");
    if line.trim().is_empty() { "See the grammar.".to_owned() } else { line }
}
