//! Judges one value against the type that the grammar gives its place.

use std::cmp::Ordering;

use crate::diag::{Code, Diagnostic, Tie, code};
use crate::nearest::nearest;
use crate::resolve::currency;
use crate::schema::{EnumShape, Expansion, Field, Type};
use crate::syntax;
use crate::syntax::expression::{Condition, ExpressionError, Fault, Template, TemplatePart};
use crate::syntax::kdl::{EntryRef, Scalar};
use crate::value::{self, Mistake, ValueError};

/// Checks a value; gives at most one diagnostic.
pub(super) fn check(field: &Field, entry: EntryRef<'_>) -> Option<Diagnostic> {
    let ty = field.ty;
    wrong_annotation(ty, entry)
        .or_else(|| wrong_form(ty, entry))
        .or_else(|| wrong_value(ty, entry))
        .or_else(|| out_of_range(field, entry))
        .or_else(|| misshapen(field, entry))
}

/// Whether a text has not the form that the grammar asks for; what a template stands for is not known here.
fn misshapen(field: &Field, entry: EntryRef<'_>) -> Option<Diagnostic> {
    let (form, text) = (field.form?, syntax::string(entry.value())?);
    if !matches!(field.ty, Type::Text(Expansion::Template | Expansion::Scalar)) {
        return Some(value_error(entry, &form.check(text).err()?));
    }
    let template = Template::parse(text).ok()?;
    if let Some(text) = template.as_literal() {
        return Some(value_error(entry, &form.check(text).err()?));
    }
    // What begins with a reference may begin with anything; else a letter stands for what is not known.
    let mut known = String::new();
    for (at, part) in template.parts().iter().enumerate() {
        match part {
            TemplatePart::Literal(literal) => known.push_str(literal),
            TemplatePart::Reference(_) if at == 0 => known.push_str(form.beginning()),
            TemplatePart::Reference(_) => known.push('x'),
        }
    }
    let error = form.check(&known).err()?;
    Some(value_error(entry, &ValueError { range: 0..text.len(), fix: None, ..error }))
}

/// Whether a value lies outside of the bounds that the grammar gives its place.
fn out_of_range(field: &Field, entry: EntryRef<'_>) -> Option<Diagnostic> {
    let text = syntax::scalar_text(entry.value());
    let below = field.least.filter(|least| order(field.ty, text, least) == Some(Ordering::Less));
    let above = field.most.filter(|most| order(field.ty, text, most) == Some(Ordering::Greater));
    let (bound, label) = match (below, above) {
        (Some(least), _) => (least, format!("less than {least}")),
        (None, Some(most)) => (most, format!("more than {most}")),
        (None, None) => return None,
    };
    let range = match (field.least, field.most) {
        (Some(least), Some(most)) => format!("lies between {least} and {most}"),
        (Some(least), None) => format!("is at least {least}"),
        (None, _) => format!("is at most {bound}"),
    };
    let what = if field.declares.is_some() || entry.key().is_none() { entry.node().name() } else { field.name };
    Some(
        Diagnostic::new(code::TYPE_OUT_OF_RANGE, entry.value_span(), format!("`{text}` is out of range"))
            .label(label)
            .help(format!("`{what}` {range}"))
            .tied(Tie::Unread),
    )
}

/// How a value compares with a bound of its type.
fn order(ty: Type, value: &str, bound: &str) -> Option<Ordering> {
    match ty {
        Type::Count => Some(value::Count::parse(value).ok()?.get().cmp(&value::Count::parse(bound).ok()?.get())),
        Type::Ratio => Some(value::Ratio::parse(value).ok()?.number().cmp(&value::Ratio::parse(bound).ok()?.number())),
        Type::Duration => {
            let bound = value::Duration::parse(bound).ok()?.milliseconds();
            Some(value::Duration::parse(value).ok()?.milliseconds().cmp(&bound))
        }
        Type::Text(_)
        | Type::Name
        | Type::Ref(_)
        | Type::Bytes
        | Type::Cpu
        | Type::Rate
        | Type::Money
        | Type::Schedule
        | Type::Date
        | Type::Path
        | Type::Image
        | Type::Gvk
        | Type::Commit
        | Type::Digest
        | Type::Condition
        | Type::Command
        | Type::Bool
        | Type::Number
        | Type::Metric
        | Type::WeekTime
        | Type::Quantity
        | Type::Any
        | Type::Raw(_)
        | Type::Enum(_) => None,
    }
}

/// How a type is called in messages and annotations.
pub fn type_name(ty: Type) -> &'static str {
    match ty {
        Type::Text(_) => "text",
        Type::Name => "name",
        Type::Ref(_) => "reference",
        Type::Duration => "duration",
        Type::Ratio => "ratio",
        Type::Bytes => "bytes",
        Type::Cpu => "cpu",
        Type::Count => "count",
        Type::Rate => "rate",
        Type::Money => "money",
        Type::Schedule => "schedule",
        Type::Date => "date",
        Type::Path => "path",
        Type::Image => "image",
        Type::Gvk => "gvk",
        Type::Commit => "commit",
        Type::Digest => "digest",
        Type::Condition => "condition",
        Type::Command => "command",
        Type::Bool => "boolean",
        Type::Number => "number",
        Type::Metric => "metric",
        Type::Quantity => "quantity",
        Type::WeekTime => "time of the week",
        Type::Any => "value",
        Type::Raw(_) => "code",
        Type::Enum(_) => "enum",
    }
}

/// What an annotation may say of a type: its name, or the language of raw code where the place takes some.
fn annotations(ty: Type) -> Vec<&'static str> {
    if let Type::Raw(languages) = ty {
        languages.split('|').collect()
    } else if ty == Type::Command {
        vec!["command", "sh"]
    } else if ty == Type::Any {
        vec!["yaml", "text", "number", "boolean"]
    } else if ty == Type::WeekTime {
        vec!["week-time"]
    } else {
        vec![type_name(ty)]
    }
}

fn wrong_annotation(ty: Type, entry: EntryRef<'_>) -> Option<Diagnostic> {
    let (annotation, span) = entry.annotation()?;
    let allowed = annotations(ty);
    if allowed.contains(&annotation) {
        return None;
    }
    let written: Vec<String> = allowed.iter().map(|name| format!("`({name})`")).collect();
    let is_raw = matches!(annotation, "promql" | "datadog" | "cloudwatch");
    let diagnostic = Diagnostic::new(
        code::TYPE_WRONG_ANNOTATION,
        span,
        format!("the annotation says `{annotation}`, this place takes {}", value::described(type_name(ty))),
    )
    .label(format!("not a `{annotation}` here"));
    Some(if is_raw && ty == Type::Condition {
        diagnostic.help("declare a `metric` with a `query` of this code, and compare that metric here")
    } else {
        diagnostic.help(format!("remove the annotation, or write {}", written.join(" or ")))
    })
}

/// Whether the scalar has the form (string, number, keyword) that the type can be written in.
fn wrong_form(ty: Type, entry: EntryRef<'_>) -> Option<Diagnostic> {
    let expected = type_name(ty);
    let found = match entry.value() {
        Scalar::Null | Scalar::Infinity | Scalar::NegativeInfinity | Scalar::NotANumber => "a keyword",
        Scalar::Bool(_) if matches!(ty, Type::Bool | Type::Any | Type::Text(Expansion::Scalar)) => return None,
        Scalar::Bool(_) => "a boolean",
        Scalar::Number(_) if takes_number(ty) => return None,
        Scalar::Number(_) => "a number",
        Scalar::String(text) if matches!(ty, Type::Bool) => {
            let diagnostic = mismatch(entry, expected, "text");
            let meant = match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some("#true"),
                "false" | "no" | "off" => Some("#false"),
                _ => None,
            };
            return Some(match meant {
                Some(meant) => {
                    let title = format!("write `{meant}`");
                    diagnostic.help(title.clone()).fix(title, entry.value_span(), meant)
                }
                None => diagnostic.help("write `#true` or `#false`"),
            });
        }
        Scalar::String(text) if matches!(ty, Type::Number) && text.parse::<f64>().is_err() => "text",
        Scalar::String(_) => return None,
    };
    Some(mismatch(entry, expected, found).help(format!("write a {expected}")))
}

/// Whether a bare number can be a value of the type (whether it is a good one is judged later).
fn takes_number(ty: Type) -> bool {
    !matches!(
        ty,
        Type::Text(Expansion::Template | Expansion::Literal)
            | Type::Ref(_)
            | Type::Path
            | Type::Command
            | Type::Condition
            | Type::Image
            | Type::Gvk
            | Type::Commit
            | Type::Digest
            | Type::Raw(_)
            | Type::Metric
            | Type::Bool
    )
}

fn mismatch(entry: EntryRef<'_>, expected: &str, found: &str) -> Diagnostic {
    Diagnostic::new(code::TYPE_MISMATCH, entry.value_span(), format!("expected {expected}, found {found}"))
        .label(format!("this is {found}"))
        .tied(Tie::Unread)
}

fn wrong_value(ty: Type, entry: EntryRef<'_>) -> Option<Diagnostic> {
    let text = crate::syntax::scalar_text(entry.value());
    let error = match ty {
        Type::Text(Expansion::Template | Expansion::Scalar) => {
            return Template::parse(text).err().map(|error| expression_error(code::SYNTAX_TEMPLATE, entry, &error));
        }
        Type::Condition => {
            return match Condition::parse(text) {
                Ok(condition) => currency::of_condition(entry, text, &condition),
                Err(error) => Some(expression_error(code::SYNTAX_EXPRESSION, entry, &error)),
            };
        }
        Type::Enum(list) => {
            if list.values.iter().any(|(word, _)| *word == text) {
                return None;
            }
            return Some(unknown_word(entry, text, list));
        }
        Type::Money => {
            let of_currency = currency::of_money(entry, text);
            return of_currency.or_else(|| Some(value_error(entry, &value::Money::parse(text).err()?)));
        }
        Type::Name => value::Name::parse(text).err(),
        Type::Metric => value::MetricName::parse(text).err(),
        Type::Duration => value::Duration::parse(text).err(),
        Type::Ratio => value::Ratio::parse(text).err(),
        Type::Bytes => value::Bytes::parse(text).err(),
        Type::Cpu => value::Cpu::parse(text).err(),
        Type::Count => value::Count::parse(text).err(),
        Type::Rate => value::Rate::parse(text).err(),
        Type::Schedule => value::Schedule::parse(text).err(),
        Type::Date => value::Date::parse(text).err(),
        Type::Path => value::ProjectPath::parse(text).err(),
        Type::Image => value::ImageRef::parse(text).err(),
        Type::Gvk => value::Gvk::parse(text).err(),
        Type::Commit => value::Commit::parse(text).err(),
        Type::Digest => value::ImageDigest::parse(text).err(),
        Type::Quantity => value::Quantity::parse(text).err(),
        Type::WeekTime => value::WeekTime::parse(text).err(),
        Type::Command => value::Command::judge(text).err(),
        Type::Text(Expansion::Literal) | Type::Ref(_) | Type::Bool | Type::Number | Type::Any | Type::Raw(_) => None,
    }?;
    Some(value_error(entry, &error))
}

/// A word that is not in a closed list, with the list and the nearest.
fn unknown_word(entry: EntryRef<'_>, text: &str, list: &'static EnumShape) -> Diagnostic {
    // A longer list helps nobody who made a slip.
    const LONG: usize = 24;
    let words = list.values.iter().map(|(word, _)| *word);
    let near = nearest(text, words.clone());
    let help = match (list.values, near) {
        ([(only, _)], _) => format!("write `{only}`"),
        (values, Some(near)) if values.len() > LONG => format!("write `{near}`"),
        _ => format!("write one of {}", words.clone().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")),
    };
    let message = format!("`{text}` is no {}", list.id.replace('-', " "));
    let diagnostic = Diagnostic::new(code::TYPE_UNKNOWN_ENUM, entry.value_span(), message);
    let diagnostic = match near {
        Some(near) => {
            let written = if entry.is_quoted() { syntax::quoted(near) } else { near.to_owned() };
            diagnostic.meant(near, written)
        }
        None => diagnostic.label("not in the list"),
    };
    diagnostic.help(help).tied(Tie::Unread)
}

/// A value's own error, at its place inside the string.
pub fn value_error(entry: EntryRef<'_>, error: &ValueError) -> Diagnostic {
    let span = place(entry, &error.range);
    let mut diagnostic =
        Diagnostic::new(kind(error.mistake), span, error.message.clone()).label(error.label()).tied(Tie::Unread);
    diagnostic.help.clone_from(&error.help);
    if let Some(fix) = &error.fix {
        diagnostic = diagnostic.fix(format!("write `{fix}`"), entry.value_span(), syntax::quoted(fix));
    }
    diagnostic
}

/// The code of a mistake in a value.
fn kind(mistake: Mistake) -> Code {
    match mistake {
        Mistake::Malformed => code::TYPE_BAD_VALUE,
        Mistake::Mismatch => code::TYPE_MISMATCH,
        Mistake::UnitMissing => code::TYPE_UNIT_MISSING,
        Mistake::OutOfRange => code::TYPE_OUT_OF_RANGE,
        Mistake::OutsideProject => code::TYPE_LEAVES_ROOT,
        Mistake::BadName => code::TYPE_BAD_NAME,
    }
}

/// Where bytes of a value stand; a value without any is told as a whole, since nothing of it could be pointed at.
pub(super) fn place(entry: EntryRef<'_>, range: &std::ops::Range<usize>) -> crate::source::Span {
    match syntax::string(entry.value()) {
        Some(text) if !text.is_empty() => entry.string_span(range.start as u32, range.end as u32),
        Some(_) | None => entry.value_span(),
    }
}

fn expression_error(code: Code, entry: EntryRef<'_>, error: &ExpressionError) -> Diagnostic {
    let code = match error.fault {
        Fault::Grammar => code,
        Fault::Value(mistake) => kind(mistake),
    };
    let mut diagnostic = Diagnostic::new(code, place(entry, &error.range), error.message.clone())
        .label(error.label.clone())
        .tied(Tie::Unread);
    for (range, message) in &error.also {
        diagnostic = diagnostic.also(place(entry, range), message.clone());
    }
    if let Some(help) = &error.help {
        diagnostic = diagnostic.help(help.clone());
    }
    if let Some(fix) = &error.fix {
        diagnostic = diagnostic.fix(format!("write `{fix}`"), entry.value_span(), syntax::quoted(fix));
    }
    diagnostic
}
