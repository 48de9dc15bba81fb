//! Judges what points at something declared: references, templates, and names that nothing uses.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Tie, code};
use crate::nearest::nearest;
use crate::resolve::shape::{Judged, Typed};
use crate::resolve::table::Table;
use crate::resolve::template;
use crate::schema::{Child, DOCUMENT, Expansion, SHAPE_PRESET, Type};
use crate::source::Span;
use crate::standard;
use crate::syntax::kdl::{EntryRef, NodeRef, Scalar};

/// Kinds whose declarations are of no effect unless something names them.
const USED_BY_NAME: &[&str] = &["preset", "strategy", "secret", "var", "control"];

/// Checks every reference and template; tells what nothing uses.
pub(super) fn check<'d>(table: &Table<'d>, judged: &Judged<'d>, diagnostics: &mut Vec<Diagnostic>) {
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    let misplaced = judged.misplaced.iter().copied().chain(judged.unknown.iter().flat_map(|node| inside(*node)));
    for entry in misplaced {
        if let Scalar::String(text) = entry.value() {
            used.extend(mentioned(text));
        }
    }
    for value in &judged.values {
        let Scalar::String(text) = value.entry.value() else { continue };
        if let Type::Ref(kinds) = value.ty {
            if let Some(diagnostic) = reference(table, kinds, text, value) {
                diagnostics.push(diagnostic);
            }
            let name = base(text);
            used.extend(kinds.iter().map(|kind| ((*kind).to_owned(), name.to_owned())));
            diagnostics.extend(preset_of_another_kind(table, value, text));
        } else if matches!(value.ty, Type::Text(Expansion::Template | Expansion::Scalar)) && text.contains("${") {
            template::check(table, value, text, &mut used, diagnostics);
        }
    }
    for kind in USED_BY_NAME {
        for declaration in table.of_kind(kind).filter(|one| !used.contains(&((*kind).to_owned(), one.name.to_owned())))
        {
            diagnostics.push(
                Diagnostic::new(
                    code::NAME_UNUSED,
                    declaration.place,
                    format!("nothing uses the {kind} `{}`", declaration.name),
                )
                .label("declared here")
                .help("use it or remove it")
                .tied(Tie::Unused(declaration.name.to_owned())),
            );
        }
    }
}

/// Every value of a node and of the nodes in it.
fn inside(node: NodeRef<'_>) -> Vec<EntryRef<'_>> {
    let mut entries = Vec::new();
    let mut next = vec![node];
    while let Some(node) = next.pop() {
        entries.extend(node.entries());
        next.extend(node.children());
    }
    entries
}

/// What a value in no known place uses: it is not also told that nothing does.
fn mentioned(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> =
        USED_BY_NAME.iter().map(|kind| ((*kind).to_owned(), text.to_owned())).collect();
    for template in text.split("${").skip(1) {
        let path = template.split('}').next().unwrap_or_default();
        if let Some((kind, rest)) = path.split_once('.') {
            found.push((kind.to_owned(), rest.split('.').next().unwrap_or_default().to_owned()));
        }
    }
    found
}

/// A preset that is made for other nodes than the one that uses it.
fn preset_of_another_kind(table: &Table<'_>, value: &Typed<'_>, name: &str) -> Option<Diagnostic> {
    let preset = table.find("preset", name).filter(|_| value.ty == Type::Ref(&["preset"]))?;
    let user = value.node.parent()?;
    let made = preset.nodes.first().and_then(|node| target(*node))?;
    let used = if user.name() == "preset" { target(user)? } else { user.name() };
    // What a preset of an unknown kind is for is told there.
    if made == used || !DOCUMENT.children.iter().any(|child| child.name == made) {
        return None;
    }
    Some(
        Diagnostic::new(
            code::NAME_WRONG_PLACE,
            value.entry.value_span(),
            format!("`{name}` is a preset for `{made}`, and this is `{used}`"),
        )
        .label(format!("used by `{used}`"))
        .also(preset.place, format!("made for `{made}`"))
        .help(format!("write `preset \"{name}\" for=\"{used}\"`, or use another preset")),
    )
}

/// The kind of node that a preset is for.
fn target(preset: NodeRef<'_>) -> Option<&str> {
    let field = SHAPE_PRESET.props.iter().find(|prop| Some(prop.name) == SHAPE_PRESET.like)?;
    let written = preset.prop(field.name).and_then(|entry| crate::syntax::string(entry.value()));
    written.or(field.default)
}

/// The name of a reference without its version: `node@22` is `node`.
pub fn base(reference: &str) -> &str {
    reference.split('@').next().unwrap_or(reference)
}

fn reference(table: &Table<'_>, kinds: &'static [&'static str], text: &str, value: &Typed<'_>) -> Option<Diagnostic> {
    let (name, span) = (base(text), value.entry.value_span());
    if kinds.iter().any(|kind| table.has(kind, name)) {
        return None;
    }
    if let Some(found) = kinds.iter().find_map(|kind| standard::find(kind, name)) {
        return unknown_version(found, text, span);
    }
    let what = kinds.join(" or ").replace('-', " ");
    let diagnostic = Diagnostic::new(code::NAME_UNKNOWN_REFERENCE, span, format!("there is no {what} `{name}`"));
    let candidates: Vec<&str> = kinds.iter().flat_map(|kind| names(table, kind)).collect();
    // A name that is one of another kind is not misspelled.
    let other = table.declarations.iter().find(|declaration| declaration.name == name);
    if let Some(other) = other {
        return Some(
            diagnostic
                .label(format!("`{name}` is a {}", other.kind))
                .also(other.place, format!("declared here as a {}", other.kind))
                .help(match (sibling(value, other.kind), candidates.as_slice()) {
                    (Some(sibling), _) => format!("write `{sibling} \"{name}\"`"),
                    (None, []) => format!("name a {what}; none is declared"),
                    (None, some) if some.len() <= MOST_NAMES => format!("name a {what}: {}", list(some)),
                    (None, _) => format!("name a {what}"),
                }),
        );
    }
    let mut firsts = kinds.iter().filter_map(|kind| Some((kind, table.of_kind(kind).next()?.place)));
    Some(match nearest(name, candidates.iter().copied()) {
        Some(near) => {
            let written = format!("{near}{}", text.get(name.len()..).unwrap_or_default());
            let diagnostic = diagnostic.meant(near, crate::syntax::quoted(&written));
            match kinds.iter().find_map(|kind| Some((kind, table.place(kind, near)?))) {
                Some((kind, place)) => diagnostic.also(place, format!("the {kind} is declared here")),
                None => diagnostic,
            }
        }
        None if kinds.iter().any(|kind| table.may_have(kind)) => return None,
        None => {
            let help = match candidates.as_slice() {
                [] => format!("declare it: `{} \"{name}\" …`", kinds.first().copied().unwrap_or("service")),
                some if some.len() <= MOST_NAMES => format!("declare it, or name one that is declared: {}", list(some)),
                some => format!("declare it, or write one of the {} that are declared", some.len()),
            };
            let diagnostic = diagnostic.label(format!("no such {what}")).help(help);
            match firsts.next() {
                Some((kind, place)) => diagnostic.also(place, format!("a {kind} is declared here, for example")),
                None => diagnostic,
            }
        }
    })
}

/// The node beside this one that names things of a kind: `calls` beside `uses`.
fn sibling(value: &Typed<'_>, kind: &str) -> Option<&'static str> {
    let parent = value.node.parent().filter(|_| value.entry.key().is_none())?;
    let shape = DOCUMENT.children.iter().find(|child| child.name == parent.name())?.shape;
    let takes = |child: &&'static Child| match child.shape.args {
        [only] => matches!(only.ty, Type::Ref(kinds) if kinds.contains(&kind)) && child.shape.props.is_empty(),
        _ => false,
    };
    shape.children.iter().filter(|child| child.name != value.node.name()).find(takes).map(|child| child.name)
}

/// A version that the standard library does not list. The list is open: the version may be newer than the compiler.
fn unknown_version(found: NodeRef<'_>, text: &str, span: Span) -> Option<Diagnostic> {
    let (name, version) = text.split_once('@')?;
    let rows = found.children().filter(|child| child.name() == "version");
    let known: Vec<&str> = rows.filter_map(|row| crate::syntax::string(row.args().next()?.value())).collect();
    let within =
        |part: &str, whole: &str| whole.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if known.is_empty() || known.iter().any(|known| within(known, version) || within(version, known)) {
        return None;
    }
    Some(
        Diagnostic::new(
            code::NAME_UNKNOWN_VERSION,
            span,
            format!("`{name}` is not known to have a version `{version}`"),
        )
        .label("not in the list of this deployc")
        .also(found.head_span(), format!("it knows {}", list(&known)))
        .help(format!("write one of them, as `{name}@{}`", known.last().copied().unwrap_or_default())),
    )
}

/// So many names may stand in a help.
const MOST_NAMES: usize = 12;

fn names<'a>(table: &Table<'a>, kind: &str) -> Vec<&'a str> {
    let mut names: Vec<&'a str> = table.names(kind);
    for name in standard::names(kind) {
        names.push(name);
    }
    names
}

pub(super) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
