//! Prints the grammar as static tables: what `schema::DOCUMENT` and its shapes are.
#![allow(
    clippy::panic,
    reason = "a mistake in the grammar stops the build of the compiler itself, with the place in the message"
)]

use std::fmt::Write as _;

use super::{Field, Grammar, Shape, one_line, pascal, screaming};

impl Grammar {
    pub(super) fn tables(&self, out: &mut String) {
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
