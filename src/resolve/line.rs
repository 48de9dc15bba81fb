//! Mistakes that shift the whole line of a node: two nodes on one line, a colon for an equals sign, quotes of other languages.

use crate::diag::{Diagnostic, Tie, code};
use crate::schema::{Field, Shape, Type};
use crate::source::Span;
use crate::syntax::kdl::{EntryRef, NodeRef};

/// Why the argument is certainly not meant as one.
pub(super) fn mistaken(shape: &'static Shape, node: NodeRef<'_>, entry: EntryRef<'_>) -> Option<Diagnostic> {
    let text = bare(entry)?;
    colon(shape, node, entry, text).or_else(|| no_equals(shape, node, entry, text))
}

/// The text of a word without quotes.
fn bare(entry: EntryRef<'_>) -> Option<&str> {
    crate::syntax::string(entry.value()).filter(|_| !entry.is_quoted())
}

/// The quote of another language that a bare word begins with.
fn foreign_quote(entry: EntryRef<'_>) -> Option<(char, &str)> {
    let text = bare(entry)?;
    let quote = text.chars().next()?;
    matches!(quote, '\'' | '‘' | '’' | '“' | '”' | '„' | '`').then_some((quote, text))
}

/// Whether a word begins with a quote of another language that is not closed in it: what follows belongs to it.
pub(super) fn opens_foreign_quotes(entry: EntryRef<'_>) -> bool {
    foreign_quote(entry).is_some_and(|(quote, text)| inner(quote, text).is_none())
}

/// What stands between such a quote and its end.
fn inner(quote: char, text: &str) -> Option<&str> {
    text.strip_prefix(quote)?.strip_suffix(closing(quote))
}

fn closing(quote: char) -> char {
    match quote {
        '‘' => '’',
        '“' | '„' => '”',
        other => other,
    }
}

/// `'text'` and `“text”`: for KDL they are part of a bare word, and several words stand between them.
pub(super) fn foreign_quotes(field: &Field, entry: EntryRef<'_>) -> Option<Diagnostic> {
    let (quote, text) = foreign_quote(entry)?;
    let code = if field.ty == Type::Name { code::TYPE_BAD_NAME } else { code::TYPE_BAD_VALUE };
    let start = entry.value_span();
    let line = entry.document().text().get(start.start as usize..).and_then(|rest| rest.lines().next()).unwrap_or(text);
    let rest = line.get(quote.len_utf8()..).unwrap_or_default();
    let end = rest.find(closing(quote)).map(|at| quote.len_utf8() + at + closing(quote).len_utf8());
    let whole = end.map_or(start, |end| Span { end: start.start + end as u32, ..start });
    let diagnostic = Diagnostic::new(code, whole, format!("`{quote}` is no quote in KDL"))
        .label("bare words, for KDL")
        .help("put the text between `\"`")
        .tied(Tie::Unread);
    let inner = end.and_then(|end| inner(quote, line.get(..end)?)).filter(|inner| !inner.is_empty());
    Some(match inner {
        Some(inner) => {
            let written = crate::syntax::quoted(inner);
            diagnostic.help(format!("write `{written}`")).fix(format!("write `{written}`"), whole, written)
        }
        None => diagnostic,
    })
}

/// `port: 8000`, for `port=8000`.
fn colon(shape: &'static Shape, node: NodeRef<'_>, entry: EntryRef<'_>, text: &str) -> Option<Diagnostic> {
    let (key, value) = text.split_once(':')?;
    let prop = shape.props.iter().find(|prop| prop.name == key)?;
    let message = format!("a property of `{}` is written with `=`", node.name());
    let shown = if value.is_empty() { "…" } else { value };
    let diagnostic = Diagnostic::new(code::TYPE_EXTRA_ARGUMENT, entry.value_span(), message)
        .label("a `:` joins nothing")
        .help(format!("write `{key}={shown}`"))
        .tied(Tie::Meant(vec![prop.name.to_owned()]));
    Some(diagnostic)
}

/// `port 8000`, for `port=8000`: a word that is a property, and another value behind it.
fn no_equals(shape: &'static Shape, node: NodeRef<'_>, entry: EntryRef<'_>, text: &str) -> Option<Diagnostic> {
    let prop = shape.props.iter().find(|prop| prop.name == text)?;
    let value = node.args().skip_while(|one| one.value_span() != entry.value_span()).nth(1)?;
    let taken = shape.args.iter().filter(|arg| !arg.rest).count();
    if node.args().count() <= taken {
        return None;
    }
    let message = format!("a property of `{}` is written with `=`", node.name());
    let written = crate::syntax::scalar_text(value.value());
    let gap = Span::new(entry.value_span().file, entry.value_span().end, value.value_span().start);
    Some(
        Diagnostic::new(code::TYPE_EXTRA_ARGUMENT, entry.value_span(), message)
            .label("two values instead of a property")
            .help(format!("write `{text}={written}`"))
            .fix(format!("write `{text}={written}`"), gap, "=")
            .tied(Tie::Meant(vec![prop.name.to_owned()])),
    )
}

/// `source "." runtime "python"`: a word that begins another node, where the node takes no more arguments.
pub(super) fn another_node(
    shape: &'static Shape,
    node: NodeRef<'_>,
    entry: EntryRef<'_>,
    siblings: &'static Shape,
) -> Option<Diagnostic> {
    let text = bare(entry)?;
    let at = node.args().position(|one| one.value_span() == entry.value_span())?;
    let begins = |word: &str| siblings.children.iter().any(|child| child.name == word);
    if shape.arg(at).is_some() || !begins(text) {
        return None;
    }
    let mut diagnostic =
        Diagnostic::new(code::TYPE_EXTRA_ARGUMENT, entry.value_span(), format!("`{text}` begins a node of its own"))
            .label(format!("on the line of `{}`", node.name()))
            .help("write it on a line of its own, or a `;` before it");
    let mut names = Vec::new();
    let mut before = node.name_span();
    for other in node.entries() {
        let word = bare(other).filter(|word| other.key().is_none() && begins(word));
        if let Some(word) = word.filter(|_| other.value_span().start >= entry.value_span().start) {
            let gap = Span { start: before.end, ..other.value_span().at_start() };
            diagnostic = diagnostic.fix("write a `;` before each node", gap, "; ");
            names.push(word.to_owned());
        }
        before = other.span();
    }
    Some(diagnostic.tied(Tie::Meant(names)))
}
