//! Prints the grammar as Rust: a struct or enum for each shape and list, and how it is lowered.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a mistake in the grammar stops the build of the compiler itself, with the place in the message"
)]

use std::fmt::Write as _;

use super::{Child, EnumShape, Field, Grammar, Shape, one_line, pascal, screaming};

impl Grammar {
    pub(super) fn model(&self, out: &mut String) {
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
            "impl Lower for {name} {{\n    const SHAPE: &'static schema::Shape = {table};\n    fn lower(view: &View<'_>, {lowering}: &mut Lowering<'_>) -> Self {{\n        {name} {{\n            origin: view.origin(),\n            key: view.key(),\n{reads}        }}\n    }}\n    fn key(&self) -> &str {{\n        &self.key.value\n    }}\n}}\n"
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

/// The struct name of a shape: `environment.domain` → `EnvironmentDomain`, `service.*` → `ServiceAny`.
fn struct_name(id: &str) -> String {
    pascal(&id.replace('*', "any"))
}
