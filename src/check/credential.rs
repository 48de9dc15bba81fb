//! Literals that look like credentials. What was found is never repeated in a message.

use crate::check::Context;
use crate::diag::{Diagnostic, code};
use crate::model::{self, CredentialAlphabet};
use crate::resolve::Typed;
use crate::schema::Type;
use crate::standard;
use crate::syntax;
use crate::syntax::expression::{Template, TemplatePart};
use crate::syntax::kdl::NodeRef;

/// Compares every string of the program with the shapes of the standard library.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let signs = signs();
    for value in context.values {
        let Some(text) = syntax::string(value.entry.value()) else { continue };
        if matches!(value.ty, Type::Enum(_) | Type::Ref(_)) {
            continue;
        }
        let held = signs.iter().filter(|(_, sign)| text.contains(sign));
        let fits = held.filter_map(|(name, _)| shape(name)).find(|shape| looks_like(text, shape));
        if let Some(shape) = fits {
            diagnostics.push(told(value, &shape.title.value, shape.origin.place));
        } else if let Some(shape) = password_in_url(text).and_then(|()| shape(URL)) {
            diagnostics.push(told(value, &shape.title.value, shape.origin.place));
        } else if is_password(value) && literal_password(text) {
            diagnostics.push(
                Diagnostic::new(code::SECRET_LITERAL, value.entry.value_span(), "a password is written down")
                    .label("stays in the history for ever")
                    .help("declare a `secret` and write `${secret.NAME}` here"),
            );
        }
    }
}

/// The shape of an address that holds a password.
const URL: &str = "url-password";

fn shape(name: &str) -> Option<&'static model::StdCredentialShape> {
    standard::get("credential-shape", name)
}

/// What a text of each shape holds in any case. Nearly no text holds any, so that nearly no shape is read.
fn signs() -> Vec<(&'static str, &'static str)> {
    let text = |node: NodeRef<'static>, prop| node.prop(prop).and_then(|entry| syntax::string(entry.value()));
    let sign = |node| text(node, "holds").filter(|holds| !holds.is_empty()).or_else(|| text(node, "prefix"));
    let signs = standard::nodes("credential-shape").filter_map(|(name, node)| Some((name, sign(node)?)));
    signs.filter(|(_, sign)| !sign.is_empty()).collect()
}

fn told(value: &Typed<'_>, title: &str, shape: crate::source::Span) -> Diagnostic {
    Diagnostic::new(code::SECRET_LITERAL, value.entry.value_span(), format!("this looks like {title}"))
        .label("stays in the history for ever")
        .also(shape, "recognised by this shape")
        .help("revoke it, declare a `secret`, and write `${secret.NAME}` here; `allow \"secret/literal\"` where it is none")
}

fn is_url(shape: &model::StdCredentialShape) -> bool {
    shape.name.value == URL
}

fn is_password(value: &Typed<'_>) -> bool {
    value.shape.id == "resource.password" || (value.shape.id == "login" && value.field.name == "key")
}

/// Whether a value that must be made from a secret names none at all.
fn literal_password(text: &str) -> bool {
    Template::parse(text).is_ok_and(|template| template.references().next().is_none())
}

fn looks_like(text: &str, shape: &model::StdCredentialShape) -> bool {
    if is_url(shape) || shape.harmless.iter().any(|harmless| harmless.value == text) {
        return false;
    }
    if !shape.holds.value.is_empty() {
        return text.contains(shape.holds.value.as_str());
    }
    let prefix = shape.prefix.value.as_str();
    if prefix.is_empty() {
        return false;
    }
    text.match_indices(prefix).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let begins = before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
        begins && text.get(at + prefix.len()..).is_some_and(|rest| has_body(rest, shape))
    })
}

/// Whether what follows the prefix has the alphabet, the length and the number of parts.
fn has_body(rest: &str, shape: &model::StdCredentialShape) -> bool {
    let number = |text: &str| text.parse::<usize>().unwrap_or(0);
    let (min, max, parts) = (number(&shape.min.value), number(&shape.max.value), number(&shape.parts.value).max(1));
    let of = |c: char| belongs(c, shape.alphabet.value) || (parts > 1 && c == '.');
    let body: &str = rest.split(|c: char| !of(c)).next().unwrap_or_default();
    let length = body.chars().count();
    length >= min && (max == 0 || length <= max) && body.split('.').filter(|part| !part.is_empty()).count() >= parts
}

fn belongs(c: char, alphabet: CredentialAlphabet) -> bool {
    match alphabet {
        CredentialAlphabet::Any => !c.is_whitespace(),
        CredentialAlphabet::UpperDigits => c.is_ascii_uppercase() || c.is_ascii_digit(),
        CredentialAlphabet::Alphanumeric => c.is_ascii_alphanumeric(),
        CredentialAlphabet::Word => c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'),
        CredentialAlphabet::Digits => c.is_ascii_digit(),
        CredentialAlphabet::Hex => c.is_ascii_hexdigit(),
        CredentialAlphabet::Base64 => c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='),
        CredentialAlphabet::Base64url => c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '='),
    }
}

/// Whether an address holds a password that is written down: `scheme://user:password@host`.
fn password_in_url(text: &str) -> Option<()> {
    let template = Template::parse(text).ok();
    // What a reference stands for is not written down, whatever it is.
    let literal = match &template {
        Some(template) => template
            .parts()
            .iter()
            .map(|part| match part {
                TemplatePart::Literal(text) => text.as_str(),
                TemplatePart::Reference(_) => "\u{0}",
            })
            .collect::<String>(),
        None => text.to_owned(),
    };
    literal.match_indices("://").find_map(|(at, _)| {
        let rest = literal.get(at + 3..)?;
        let authority = rest.split(['/', '?', '#', ' ', '"', '\'']).next()?;
        let (user, _) = authority.rsplit_once('@')?;
        let (_, password) = user.split_once(':')?;
        let placeholder = password.contains(['\u{0}', '$', '<', '{']) || password.chars().all(|c| c == '*' || c == '…');
        (!password.is_empty() && !placeholder).then_some(())
    })
}
