//! Edits of a `deploy.kdl` that keep it a plausible file: leaving parts out, other values of the same type, other names.

use deployc::artifact::Artifact;
use deployc::resolve::{Judged, Role, judge};
use deployc::schema::Type;
use deployc::source::{FileId, Span};
use deployc::standard;
use deployc::syntax::kdl::{Document, EntryRef, NodeRef, Scalar};

use super::Example;

/// A change of a text: each range is replaced.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edit {
    /// What it does, for messages.
    pub(crate) what: String,
    changes: Vec<(u32, u32, String)>,
}

impl Edit {
    /// Leaves a node or an entry out: everything from `at` on is a comment of KDL up to its end.
    pub(crate) fn leave_out(what: impl Into<String>, at: u32) -> Edit {
        Edit { what: what.into(), changes: vec![(at, at, "/-".to_owned())] }
    }

    /// Puts a text in the place of a range.
    pub(crate) fn replace(span: Span, by: impl Into<String>) -> Edit {
        let by = by.into();
        Edit { what: format!("write {by}"), changes: vec![(span.start, span.end, by)] }
    }

    /// Writes a text at a place.
    pub(crate) fn insert(at: u32, text: impl Into<String>) -> Edit {
        Edit { what: "write more".to_owned(), changes: vec![(at, at, text.into())] }
    }

    /// Makes the changes of another edit too.
    pub(crate) fn and(mut self, other: Edit) -> Edit {
        self.changes.extend(other.changes);
        self
    }

    /// The text after the edit.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut changes = self.changes.clone();
        changes.sort();
        changes.dedup();
        let (mut out, mut from) = (String::new(), 0);
        for (start, end, by) in &changes {
            if *start as usize >= from {
                out.push_str(&text[from..*start as usize]);
                out.push_str(by);
                from = *end as usize;
            }
        }
        out + &text[from..]
    }
}

/// A text as KDL writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() || ('\u{2000}'..='\u{206f}').contains(&other) || other == '\u{feff}' => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(other)));
            }
            other => out.push(other),
        }
    }
    out + "\""
}

/// The tree of a text.
pub(crate) fn document(text: &str) -> Document {
    deployc::syntax::document(FileId(0), text.to_owned()).0
}

/// Every value of a document with its type.
pub(crate) fn judged(document: &Document) -> Judged<'_> {
    let mut judged = Judged::default();
    judge(document, Role::Entry, &mut judged);
    judged
}

/// Every node of a document.
pub(crate) fn nodes(document: &Document) -> impl Iterator<Item = NodeRef<'_>> {
    (0..document.node_count()).map(|id| document.node(id))
}

/// Whether an entry is the first argument of its node.
fn is_first(node: NodeRef<'_>, entry: EntryRef<'_>) -> bool {
    node.args().next().is_some_and(|first| first.span() == entry.span())
}

/// A named declaration at the top of a file.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    /// The namespace, such as `service`.
    pub(crate) kind: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// Where its name is written.
    pub(crate) place: Span,
}

/// The declarations of a document: nodes at its top whose first argument is a name that others may point at.
pub(crate) fn declared(document: &Document) -> Vec<Declared> {
    let mut found = named(document);
    let at_top = |one: &Declared| document.node_at(one.place.start).is_some_and(|node| node.parent().is_none());
    found.retain(at_top);
    found
}

/// The declarations at every level, the first of each name.
pub(crate) fn named(document: &Document) -> Vec<Declared> {
    let judged = judged(document);
    let mut found: Vec<Declared> = Vec::new();
    for value in &judged.values {
        if let (Some(kind), Scalar::String(name)) = (value.shape.declares(), value.entry.value())
            && is_first(value.node, value.entry)
            && !found.iter().any(|one| one.kind == kind && one.name == name)
        {
            found.push(Declared { kind, name: name.to_owned(), place: value.entry.value_span() });
        }
    }
    found
}

/// Every name that others may point at, nested ones such as those of routes too.
fn pointed_at(judged: &Judged<'_>) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for value in &judged.values {
        if let (Some(kind), Scalar::String(name)) = (value.shape.declares(), value.entry.value())
            && is_first(value.node, value.entry)
        {
            found.push((kind, name.to_owned()));
        }
    }
    found
}

/// Gives a declaration another name, in references and templates too.
pub(crate) fn rename(document: &Document, declaration: &Declared, name: &str) -> Edit {
    let judged = judged(document);
    let mut edit = Edit { what: format!("rename it to {name}"), changes: Vec::new() };
    for value in &judged.values {
        let Scalar::String(text) = value.entry.value() else { continue };
        let declares = is_first(value.node, value.entry) && value.shape.declares() == Some(declaration.kind);
        let points = matches!(value.ty, Type::Ref(kinds) if kinds.contains(&declaration.kind));
        let names = text == declaration.name && (declares || points);
        if names {
            edit.changes.push((value.entry.value_span().start, value.entry.value_span().end, quoted(name)));
            continue;
        }
        let inside = format!("{}.{}", declaration.kind, declaration.name);
        for end in ["}", "."] {
            for (at, _) in text.match_indices(&(format!("${{{inside}") + end)) {
                let start = (at + 3 + declaration.kind.len()) as u32;
                let span = value.entry.string_span(start, start + declaration.name.len() as u32);
                edit.changes.push((span.start, span.end, name.to_owned()));
            }
        }
    }
    // `- service "x"` in an environment is no declaration, and its words are of no type.
    for removal in nodes(document).filter(|node| node.name() == "-") {
        let mut words = removal.args();
        if let (Some(kind), Some(of)) = (words.next(), words.next())
            && kind.value() == Scalar::String(declaration.kind)
            && of.value() == Scalar::String(&declaration.name)
        {
            edit.changes.push((of.value_span().start, of.value_span().end, quoted(name)));
        }
    }
    edit
}

/// The ways to give a declaration another name: an environment's name says what it is for, unless its tier does.
pub(crate) fn renamings(document: &Document, declaration: &Declared, name: &str) -> Vec<Edit> {
    let edit = rename(document, declaration, name);
    let tiers = ["", " tier=\"dev\"", " tier=\"staging\"", " tier=\"production\""];
    let tiers = if declaration.kind == "environment" { &tiers[..] } else { &tiers[..1] };
    tiers.iter().map(|tier| edit.clone().and(Edit::insert(declaration.place.end, *tier))).collect()
}

/// Leaves nodes out, and whatever then is wrong, until the rest compiles; the text that is left.
pub(crate) fn without(example: &Example, text: &str, nodes: &[NodeRef<'_>]) -> Option<String> {
    build_without(example, text, nodes).map(|(text, _)| text)
}

/// The same, with the files of the rest.
pub(crate) fn build_without(example: &Example, text: &str, nodes: &[NodeRef<'_>]) -> Option<(String, Vec<Artifact>)> {
    let outs = nodes.iter().map(|node| Edit::leave_out("leave it out", node.span().start));
    let mut text = outs.reduce(Edit::and)?.apply(text);
    for _ in 0..60 {
        let mut compilation = example.check(&text);
        if let Some(artifacts) = compilation.build() {
            return Some((text, artifacts));
        }
        let tree = document(&text);
        let mut edit: Option<Edit> = None;
        let mut taken = Vec::new();
        for one in compilation.diagnostics.iter().filter(|one| one.severity == deployc::diag::Severity::Error) {
            let place = one.primary.span;
            if place.file != FileId(0)
                || taken.iter().any(|other: &Span| other.start <= place.start && place.end <= other.end)
            {
                continue;
            }
            let Some((start, whole)) = smallest(&tree, place) else { continue };
            taken.push(whole);
            let out = Edit::leave_out("", start);
            edit = Some(match edit {
                Some(edit) => edit.and(out),
                None => out,
            });
        }
        text = edit?.apply(&text);
    }
    None
}

/// The smallest part that holds a place and may be left out: a property, an argument beside others, else the node.
fn smallest(document: &Document, place: Span) -> Option<(u32, Span)> {
    let node = document.node_at(place.start)?;
    let inside = |entry: &EntryRef<'_>| entry.span().start <= place.start && place.end <= entry.span().end;
    let entry = node.entries().find(inside);
    let arguments = node.args().count();
    match entry {
        Some(entry) if entry.key().is_some() || (arguments > 1 && !is_first(node, entry)) => {
            Some((entry.span().start, entry.span()))
        }
        _ => Some((node.span().start, node.span())),
    }
}

/// Edits of what a place names, the smallest first: other values of what is written there, then leaving it out.
pub(crate) fn edits(document: &Document, place: Span) -> Vec<Edit> {
    let judged = judged(document);
    let declared = declared(document);
    let pointed_at = pointed_at(&judged);
    let within = |span: Span| place.start <= span.start && span.end <= place.end;
    let holds = |span: Span| span.start <= place.start && place.end <= span.end;
    let mut edits = Vec::new();
    for value in &judged.values {
        let span = value.entry.span();
        if !within(value.entry.value_span()) && !holds(span) {
            continue;
        }
        if let Some(declaration) = declared.iter().find(|one| one.place == value.entry.value_span()) {
            edits.push(rename(document, declaration, &format!("{}-edited", declaration.name)));
            edits.push(rename(document, declaration, &format!("{}_edited", declaration.name)));
        } else {
            let others = others(value.ty, value.entry, &pointed_at);
            if let (Type::Ref(_), true) = (value.ty, is_first(value.node, value.entry)) {
                // What else the node says is about the old one.
                let entries = value.node.entries().skip(1).map(|entry| entry.span());
                let rest = entries.chain(value.node.children().map(|child| child.span()));
                let bare = rest.map(|span| Edit::leave_out("", span.start)).fold(Edit::default(), Edit::and);
                let bare = |by: &String| Edit::replace(value.entry.value_span(), by.as_str()).and(bare.clone());
                edits.extend(others.iter().map(bare));
            }
            edits.extend(others.into_iter().map(|by| Edit::replace(value.entry.value_span(), by)));
        }
        if value.entry.key().is_some() || !is_first(value.node, value.entry) {
            edits.push(Edit::leave_out("leave it out", span.start));
        }
    }
    if let Some(node) = document.node_at(place.start) {
        edits.push(Edit::leave_out(format!("leave `{}` out", node.name()), node.span().start));
    }
    edits
}

/// Other values of a type, as KDL writes them.
fn others(ty: Type, entry: EntryRef<'_>, declared: &[(&'static str, String)]) -> Vec<String> {
    let old = match entry.value() {
        Scalar::String(text) | Scalar::Number(text) => text.to_owned(),
        Scalar::Bool(flag) => return vec![format!("#{}", !flag)],
        Scalar::Null | Scalar::Infinity | Scalar::NegativeInfinity | Scalar::NotANumber => return Vec::new(),
    };
    let others: Vec<String> = match ty {
        Type::Text(_) | Type::Name | Type::Metric | Type::Any | Type::Path => {
            vec![format!("{old}x"), "other".to_owned(), numbered(&old, 1), elsewhere(&old)]
        }
        Type::Command | Type::Raw(_) => vec![format!("{old} --edited")],
        Type::Ref(kinds) => {
            let own = declared.iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, name)| name.clone());
            let standard = kinds.iter().flat_map(|kind| standard::names(kind)).map(str::to_owned);
            let mut names: Vec<String> = own.chain(standard).filter(|name| *name != old).collect();
            names.sort_by_key(|name| {
                std::cmp::Reverse(name.bytes().zip(old.bytes()).take_while(|(a, b)| a == b).count())
            });
            names.truncate(9);
            names.push(numbered(&old, 1));
            names
        }
        Type::Enum(list) => {
            list.values.iter().map(|(word, _)| (*word).to_owned()).filter(|word| *word != old).collect()
        }
        Type::Schedule => vec!["daily 04:10".to_owned(), "every 2h".to_owned()],
        Type::WeekTime => vec!["Thu 15:00".to_owned(), "Tue 07:00".to_owned()],
        Type::Gvk => vec![format!("{old}Edited")],
        // Another digit at the end.
        Type::Commit | Type::Digest => {
            let (head, last) = old.split_at(old.len() - 1);
            vec![format!("{head}{}", if last == "0" { "1" } else { "0" })]
        }
        Type::Bool => Vec::new(),
        Type::Duration
        | Type::Ratio
        | Type::Bytes
        | Type::Cpu
        | Type::Count
        | Type::Rate
        | Type::Money
        | Type::Date
        | Type::Image
        | Type::Condition
        | Type::Number
        | Type::Quantity => [1, -1, 7, 100, 512, i64::from(i32::MIN)].map(|more| numbered(&old, more)).to_vec(),
    };
    let written = |text: String| if entry.is_quoted() || text.parse::<f64>().is_err() { quoted(&text) } else { text };
    others.into_iter().filter(|other| *other != old).map(written).collect()
}

/// The text with another host in front, where it is a path on one.
fn elsewhere(text: &str) -> String {
    match text.split_once('/') {
        Some((host, path)) if host.contains('.') => format!("gitlab.com/{path}"),
        _ => text.to_owned(),
    }
}

/// The text with so much more in its first number.
fn numbered(text: &str, more: i64) -> String {
    let digits = |character: char| character.is_ascii_digit();
    let Some(start) = text.find(digits) else { return text.to_owned() };
    let end = text[start..].find(|character| !digits(character)).map_or(text.len(), |length| start + length);
    let number: i64 = text[start..end].parse().unwrap_or(0);
    format!("{}{}{}", &text[..start], (number + more).max(0), &text[end..])
}
