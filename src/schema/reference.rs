//! The reference of the language, printed from the tables.

use std::fmt::Write as _;

use crate::schema::{Child, DOCUMENT, EnumShape, Expansion, Field, Many, Need, SHAPE_PINS, SHAPES, Shape, Type};

/// `grammar/REFERENCE.md`: every node that a `deploy.kdl` may hold, and every closed list.
///
/// The texts are those of the grammar, which is Markdown already, so nothing is escaped but the bars of table cells.
pub fn reference() -> String {
    let mut out = String::from(
        "# Reference of the deploy.kdl language\n\nPrinted from `grammar/schema/*.kdl`. Do not edit; `UPDATE=1 cargo test --test grammar` prints it anew.\n",
    );
    let mut order: Vec<&'static Shape> = Vec::new();
    reach(&DOCUMENT, &mut order);
    reach(&SHAPE_PINS, &mut order);
    let mut enums: Vec<&'static EnumShape> = Vec::new();
    for shape in &order {
        section(shape, &mut out);
        for field in shape.args.iter().chain(shape.props) {
            if let Type::Enum(list) = field.ty
                && !enums.iter().any(|known| known.id == list.id)
            {
                enums.push(list);
            }
        }
    }
    enums.sort_by_key(|list| list.id);
    out.push_str("\n## Closed lists\n");
    for list in enums {
        let _ = write!(out, "\n### List `{}`\n\n{}\n\n| value | means |\n| --- | --- |\n", list.id, list.doc);
        for (word, doc) in list.values {
            let _ = writeln!(out, "| `{word}` | {} |", cell(doc));
        }
    }
    out
}

/// Every shape below another one, each once, in the order of the grammar.
fn reach(shape: &'static Shape, order: &mut Vec<&'static Shape>) {
    if order.iter().any(|known| known.id == shape.id) {
        return;
    }
    order.push(shape);
    for child in shape.children {
        reach(child.shape, order);
    }
    if shape.id == "document" {
        for shape in SHAPES.iter().filter(|shape| shape.id == "*") {
            reach(shape, order);
        }
    }
}

fn section(shape: &Shape, out: &mut String) {
    let title = match shape.id {
        "document" => "The file".to_owned(),
        "*" => "In any node".to_owned(),
        "pins" => "The pins".to_owned(),
        id => format!("`{id}`"),
    };
    let _ = write!(out, "\n## {title}\n\n{}\n", shape.doc);
    if !shape.example.is_empty() {
        let _ = write!(out, "\n```kdl\n{}\n```\n", shape.example.trim_end());
    }
    fields("argument", shape.args, out);
    fields("property", shape.props, out);
    if !shape.children.is_empty() {
        out.push_str("\n| child | how often | |\n| --- | --- | --- |\n");
        for child in shape.children {
            let _ = writeln!(
                out,
                "| {} | {} | {} |",
                child_name(child),
                how_often(child),
                cell(if child.doc.is_empty() { child.shape.doc } else { child.doc })
            );
        }
    }
    if shape.overlay {
        out.push_str(
            "\nEvery declaration with a name may stand here too and is merged over the one at the top level.\n",
        );
    }
}

fn fields(kind: &str, fields: &[Field], out: &mut String) {
    if fields.is_empty() {
        return;
    }
    let _ = write!(out, "\n| {kind} | type | default | |\n| --- | --- | --- | --- |\n");
    for field in fields {
        let default = match (field.default, field.need) {
            (Some(default), _) => format!("`{default}`"),
            (None, Need::Required) => "required".to_owned(),
            (None, Need::Optional) => String::new(),
        };
        let name = if field.name == "*" {
            "any other".to_owned()
        } else {
            format!("`{}`{}", field.name, if field.rest { " …" } else { "" })
        };
        let _ = writeln!(out, "| {name} | {} | {default} | {} |", type_words(field.ty), cell(field.doc));
    }
}

fn child_name(child: &Child) -> String {
    match (child.name, child.shape.id) {
        ("*", _) => "any name".to_owned(),
        (name, id) if name == id => format!("`{name}`"),
        (name, id) => format!("`{name}` (`{id}`)"),
    }
}

fn how_often(child: &Child) -> &'static str {
    match (child.many, child.need) {
        (Many::One, Need::Required) => "once",
        (Many::One, Need::Optional) => "at most once",
        (Many::Keyed, _) => "any number, by name",
        (Many::List, Need::Required) => "at least one",
        (Many::List, Need::Optional) => "any number",
    }
}

fn type_words(ty: Type) -> String {
    match ty {
        Type::Text(Expansion::Template) => "text".to_owned(),
        Type::Text(Expansion::Literal) => "text, no template".to_owned(),
        Type::Text(Expansion::Scalar) => "text, number or boolean".to_owned(),
        Type::Name => "name".to_owned(),
        Type::Ref(kinds) => format!("name of a {}", kinds.join(" or ")),
        Type::Duration => "duration".to_owned(),
        Type::Ratio => "ratio".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Cpu => "cpu".to_owned(),
        Type::Count => "count".to_owned(),
        Type::Rate => "rate".to_owned(),
        Type::Money => "money".to_owned(),
        Type::Schedule => "schedule".to_owned(),
        Type::Date => "date".to_owned(),
        Type::Path => "path".to_owned(),
        Type::Image => "image".to_owned(),
        Type::Gvk => "gvk".to_owned(),
        Type::Commit => "commit".to_owned(),
        Type::Digest => "digest".to_owned(),
        Type::Condition => "condition".to_owned(),
        Type::Command => "command".to_owned(),
        Type::Bool => "boolean".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Metric => "metric".to_owned(),
        Type::WeekTime => "time of the week".to_owned(),
        Type::Quantity => "quantity".to_owned(),
        Type::Any => "any value".to_owned(),
        Type::Raw(languages) => format!("code: `{}`", languages.replace('|', "` `")),
        Type::Enum(list) => format!("`{}`", list.values.iter().map(|(word, _)| *word).collect::<Vec<_>>().join("` `")),
    }
}

fn cell(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
