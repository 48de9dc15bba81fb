//! What is said of nodes and properties that the grammar does not know in their place.

use crate::diag::{Diagnostic, Tie, code};
use crate::nearest::nearest;
use crate::resolve::typing;
use crate::schema::{Child, DOCUMENT, Field, Many, Shape};
use crate::source::Span;
use crate::syntax::kdl::{EntryRef, NodeRef};

/// A node that cannot stand in `parent` (none: the top level), whose shape is `shape`.
pub(super) fn node(shape: &'static Shape, node: NodeRef<'_>, parent: Option<NodeRef<'_>>) -> Diagnostic {
    let name = node.name();
    let place = parent.map_or_else(|| "the top level".to_owned(), |parent| format!("`{}`", parent.name()));
    let message = match parent {
        Some(_) => format!("there is no `{name}` in {place}"),
        None => format!("there is no `{name}` at {place}"),
    };
    let diagnostic = Diagnostic::new(code::NAME_UNKNOWN_NODE, node.name_span(), message);
    // `source: "."`, as other languages have it.
    let word = name.trim_end_matches(':');
    let overlaid: &[Child] = if shape.overlay { DOCUMENT.children } else { &[] };
    let known = || shape.children.iter().chain(overlaid);
    if word != name && known().any(|child| child.name == word) {
        return diagnostic.meant(word, word).label("no `:` stands behind a name");
    }
    let deeper = homes(word);
    // What is a node elsewhere and has arguments is that node, in the wrong place.
    let is_foreign = deeper.is_empty() || node.args().next().is_none();
    if let Some(child) = known().find(|child| is_foreign && child.known_as.contains(&word)) {
        return ours(diagnostic, child.name, child.shape.short_example());
    }
    let names = known().map(|child| child.name).filter(|name| *name != "*");
    if let Some(near) = nearest(word, names).filter(|_| deeper.is_empty()) {
        return diagnostic.meant(near, near);
    }
    let is_called = |field: &&Field| field.name == word || field.known_as.contains(&word);
    if let Some(prop) = shape.props.iter().find(is_called) {
        let value = node.args().next().map_or("…", |_| "VALUE");
        let diagnostic = diagnostic
            .label("this is a property, not a node")
            .help(format!("write `{}={value}` after {place}, before the brace", prop.name))
            .tied(Tie::Meant(vec![prop.name.to_owned()]));
        return match parent {
            Some(parent) => as_property(diagnostic, prop, node, parent),
            None => diagnostic,
        };
    }
    if !deeper.is_empty() {
        let is_top = deeper.contains(&"document");
        let parents: Vec<String> = deeper.iter().filter(|home| **home != "document").map(|home| tick(home)).collect();
        let (place, way) = match (is_top, parents.as_slice()) {
            (true, []) => ("at the top level".to_owned(), "to the top level".to_owned()),
            (false, parents) => (format!("in {}", either(parents)), format!("into {}", either(parents))),
            (true, parents) => (
                format!("at the top level or in {}", either(parents)),
                format!("to the top level or into {}", either(parents)),
            ),
        };
        return diagnostic.label(format!("belongs {place}")).help(format!("move it {way}")).tied(Tie::Displaced);
    }
    let known: Vec<String> =
        shape.children.iter().map(|child| child.name).filter(|name| *name != "*").map(tick).collect();
    let help = match (known.is_empty(), place.as_str()) {
        (true, _) => format!("remove it: {place} holds no nodes"),
        (false, place) => format!("{place} holds {}", known.join(", ")),
    };
    diagnostic.label("unknown node").help(help)
}

/// Where one good value is all that the node holds, it is the property that was meant.
fn as_property(diagnostic: Diagnostic, prop: &Field, node: NodeRef<'_>, parent: NodeRef<'_>) -> Diagnostic {
    let mut entries = node.entries();
    let (Some(value), None) = (entries.next(), entries.next()) else { return diagnostic };
    let is_plain = value.key().is_none() && !node.has_children_block() && node.annotation().is_none();
    if !is_plain || parent.prop(prop.name).is_some() || typing::check(prop, value).is_some() {
        return diagnostic;
    }
    let (text, head) = (node.document().text(), parent.head_span());
    let written = text.get(value.span().start as usize..value.span().end as usize).unwrap_or_default();
    let property = format!("{}={written}", prop.name);
    let place = parent.name();
    diagnostic
        .help(format!("write `{property}` after `{place}`, before the brace"))
        .fix(format!("write `{place} … {property}`"), Span { start: head.end, ..head }, format!(" {property}"))
        .fix("", with_its_end(text, node.span()), "")
}

/// A node with the `;` or the line end behind it, and with its line where it stands alone on it.
fn with_its_end(text: &str, span: Span) -> Span {
    let (before, behind) = (text.get(..span.start as usize), text.get(span.end as usize..));
    let (before, behind) = (before.unwrap_or_default(), behind.unwrap_or_default());
    let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    let own_line = before.trim_end_matches([' ', '\t']);
    let mut end = blanks(behind);
    let rest = behind.get(end..).unwrap_or_default();
    if let Some(rest) = rest.strip_prefix(';') {
        end += 1 + blanks(rest);
    }
    let rest = behind.get(end..).unwrap_or_default();
    match rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')) {
        Some(after) if own_line.ends_with('\n') => {
            Span { start: own_line.len() as u32, end: span.end + (behind.len() - after.len()) as u32, ..span }
        }
        // What ends the line ends the node before it as well.
        Some(_) => Span { start: own_line.trim_end_matches(';').len() as u32, ..span },
        None => Span { end: span.end + end as u32, ..span },
    }
}

/// A property that a node does not have.
pub(super) fn property(
    shape: &'static Shape,
    node: NodeRef<'_>,
    entry: EntryRef<'_>,
    key: &str,
    span: Span,
) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(code::NAME_UNKNOWN_PROPERTY, span, format!("`{}` has no property `{key}`", node.name()));
    if let Some(prop) = shape.props.iter().find(|prop| prop.known_as.contains(&key)) {
        return ours(diagnostic, prop.name, None).help(format!("write `{}=`", prop.name));
    }
    if let Some(near) = nearest(key, shape.props.iter().map(|prop| prop.name).filter(|name| *name != "*")) {
        return diagnostic.meant(near, near);
    }
    let is_called = |child: &&Child| child.name == key || child.known_as.contains(&key);
    if let Some(child) = shape.children.iter().find(is_called) {
        return diagnostic
            .label("this is a node inside the braces")
            .help(match child.shape.short_example() {
                Some(example) => format!("write `{} {{ {example} }}`", node.name()),
                None => format!("write `{} {{ {} … }}`", node.name(), child.name),
            })
            .tied(Tie::Meant(vec![child.name.to_owned()]));
    }
    // `env KEY="value"`: what the braces hold under names of its own.
    if shape.children.iter().any(|child| child.name == "*") {
        let value = entry.value_span();
        let help = format!("write `{} {{ {key} … }}`", node.name());
        let diagnostic = diagnostic.label("stands inside the braces, as a node").help(help);
        let is_alone = node.entries().count() == 1 && node.children().next().is_none();
        return match is_alone {
            true => diagnostic
                .fix(format!("write `{key}` inside the braces"), Span { end: span.start, ..span }, "{ ")
                .fix("", Span { start: span.end, end: value.start, ..span }, " ")
                .fix("", Span { start: value.end, ..value }, " }"),
            false => diagnostic,
        };
    }
    let props: Vec<String> = shape.props.iter().map(|prop| prop.name).filter(|name| *name != "*").map(tick).collect();
    let help = match props.as_slice() {
        [] => "remove it: this node has no properties".to_owned(),
        [only] => format!("its only property is {only}"),
        props => format!("its properties are {}", props.join(", ")),
    };
    diagnostic.label("not a property of this node").help(help)
}

/// What is meant inside of a preset is meant for every node that uses it.
pub(super) fn for_all(node: NodeRef<'_>, mut diagnostic: Diagnostic) -> Diagnostic {
    let root = std::iter::successors(Some(node), |node| node.parent()).last();
    let shape = root.and_then(|root| DOCUMENT.children.iter().find(|child| child.name == root.name()));
    // What stands at the top level under a wrong name is missing to the whole file.
    let is_of_the_file = node.parent().is_none()
        && matches!(&diagnostic.tie, Some(Tie::Meant(names)) if names.iter().all(|name| is_single(name)));
    if (is_of_the_file || shape.is_some_and(|child| child.shape.like.is_some()))
        && let Some(Tie::Meant(names)) = diagnostic.tie
    {
        diagnostic.tie = Some(Tie::MeantForAll(names));
    }
    diagnostic
}

/// Whether the top level holds such a node once.
fn is_single(name: &str) -> bool {
    DOCUMENT.children.iter().any(|child| child.name == name && child.many == Many::One)
}

/// A word of other tools: what it is called here.
fn ours(diagnostic: Diagnostic, name: &str, example: Option<&str>) -> Diagnostic {
    let help = example.map_or_else(|| format!("write `{name}`"), |example| format!("write it as `{example}`"));
    let label = format!("this is called `{name}` here");
    diagnostic.label(label).help(help).tied(Tie::Meant(vec![name.to_owned()]))
}

fn tick(name: &str) -> String {
    format!("`{name}`")
}

/// `a`, `b` or `c`.
fn either(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The nodes of a project's files in which a node of this name may stand, in the order of the grammar; `document` for none.
fn homes(name: &str) -> Vec<&'static str> {
    let mut homes: Vec<&'static str> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut next: Vec<&'static Shape> = vec![&DOCUMENT];
    while let Some(shape) = next.pop() {
        if seen.contains(&shape.id) {
            continue;
        }
        seen.push(shape.id);
        let home = shape.id.rsplit('.').next().unwrap_or(shape.id);
        if shape.children.iter().any(|child| child.name == name) && !homes.contains(&home) {
            homes.push(home);
        }
        next.extend(shape.children.iter().rev().map(|child| child.shape));
    }
    homes
}

/// So many names with a colon at the top level are no slip.
const YAML: usize = 3;

/// A file in YAML, which happens to be read as nodes whose names end with `:`. It is told once.
pub(super) fn yaml(roots: &[NodeRef<'_>]) -> Option<Diagnostic> {
    let mut colons = roots.iter().filter(|node| node.name().ends_with(':') && node.name().len() > 1);
    let first = colons.next()?;
    if colons.count() + 1 < YAML {
        return None;
    }
    let names = DOCUMENT.children.iter().map(|child| child.name);
    Some(
        Diagnostic::new(code::NAME_UNKNOWN_NODE, first.name_span(), "this file is written in YAML; deployc reads KDL")
            .label("no `:` stands behind a name")
            .help("write nodes and braces: `service \"api\" { image \"ghcr.io/acme/api:1.2\" }`")
            .tied(Tie::Meant(names.map(str::to_owned).collect())),
    )
}
