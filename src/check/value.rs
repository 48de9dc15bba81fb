//! Single values that are well-formed and still wrong: moving images, two currencies, versions, texts without end.

use std::collections::BTreeMap;

use crate::check::Context;
use crate::diag::{Diagnostic, code};
use crate::resolve::{Typed, value_error};
use crate::schema::{Expansion, Type};
use crate::source::Span;
use crate::syntax::expression::{Template, TemplatePart};
use crate::syntax::{self};
use crate::value::{ImageRef, Money, WeekTime};

/// The most bytes a text may expand to.
const LONGEST: u64 = 64 * 1024;

/// Judges every written value by itself and together with the others of its type.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for value in context.values {
        if value.ty == Type::Image {
            diagnostics.extend(moving_image(value));
        }
    }
    currencies(context, diagnostics);
    compiler_version(context, diagnostics);
    freezes(context, diagnostics);
    patterns(context, diagnostics);
    Lengths::of(context).check(context, diagnostics);
    edition(context, diagnostics);
}

fn moving_image(value: &Typed<'_>) -> Option<Diagnostic> {
    let image = ImageRef::parse(syntax::string(value.entry.value())?).ok()?;
    image.floating()?;
    let tag = image.tag.as_deref();
    let label = match tag {
        Some(tag) => format!("`{tag}` is whatever was pushed last"),
        None => "has no tag, which means `latest`".to_owned(),
    };
    Some(
        Diagnostic::new(
            code::TYPE_IMAGE_TAG,
            value.entry.value_span(),
            format!("`{}` may be another image tomorrow", image.name()),
        )
        .label(label)
        .help("name the version, and best the digest: `…:1.4.2@sha256:…`"),
    )
}

/// Money is never converted, so a project speaks of one currency.
fn currencies(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let amounts = context.values.iter().filter(|value| value.ty == Type::Money).filter_map(|value| {
        let money = Money::parse(syntax::string(value.entry.value())?).ok()?;
        Some((money.currency, value.entry.value_span()))
    });
    let mut first = None;
    for (currency, place) in amounts {
        match first {
            None => first = Some((currency, place)),
            Some((known, known_place)) if known != currency => diagnostics.push(
                Diagnostic::new(
                    code::TYPE_MIXED_CURRENCY,
                    place,
                    format!("{currency} meets {known}, and money is never converted"),
                )
                .label(format!("in {currency}"))
                .also(known_place, format!("in {known}"))
                .help(format!("write all amounts in {known}")),
            ),
            Some(_) => {}
        }
    }
}

fn compiler_version(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let own = env!("CARGO_PKG_VERSION");
    for value in context.values.iter().filter(|value| value.shape.id == "require") {
        let Some(text) = syntax::string(value.entry.value()) else { continue };
        let span = value.entry.value_span();
        for requirement in text.split(',').map(str::trim) {
            match satisfied(requirement, own) {
                Some(true) => {}
                Some(false) => diagnostics.push(
                    Diagnostic::new(
                        code::TYPE_COMPILER_VERSION,
                        span,
                        format!("this is deployc {own}, and the file requires `{requirement}`"),
                    )
                    .label("not fulfilled")
                    .help("install a version that fits, or loosen the requirement"),
                ),
                None => diagnostics.push(
                    Diagnostic::new(code::TYPE_BAD_VALUE, span, format!("`{requirement}` compares no version"))
                        .label("not a requirement")
                        .help("write comparisons joined by commas: `>=1.2` or `>=1.2, <2`"),
                ),
            }
        }
    }
}

/// Whether a version fulfils one comparison; none where it is not one.
fn satisfied(requirement: &str, version: &str) -> Option<bool> {
    let split = requirement.find(|c: char| c.is_ascii_digit())?;
    let (operator, wanted) = requirement.split_at_checked(split)?;
    let parts = |text: &str| -> Option<Vec<u64>> { text.trim().split('.').map(|part| part.parse().ok()).collect() };
    let (mut left, mut right) = (parts(version)?, parts(wanted)?);
    let length = left.len().max(right.len());
    let exact = right.len();
    left.resize(length, 0);
    right.resize(length, 0);
    Some(match operator.trim() {
        ">=" => left >= right,
        ">" => left > right,
        "<=" => left <= right,
        "<" => left < right,
        "=" | "==" => left.iter().take(exact).eq(right.iter().take(exact)),
        _ => return None,
    })
}

/// Moments of the week and time zones of `freeze`.
fn freezes(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut last: Option<(crate::syntax::kdl::NodeRef<'_>, WeekTime)> = None;
    for value in context.values.iter().filter(|value| value.shape.id == "freeze") {
        let Some(text) = syntax::string(value.entry.value()) else { continue };
        match value.field.name {
            "from" | "to" => match WeekTime::parse(text) {
                Err(error) => diagnostics.push(value_error(value.entry, &error)),
                Ok(moment) => {
                    let same = last.is_some_and(|(node, other)| node.span() == value.node.span() && other == moment);
                    if same {
                        diagnostics.push(
                            Diagnostic::new(
                                code::TYPE_BAD_VALUE,
                                value.entry.value_span(),
                                "this freeze ends when it begins",
                            )
                            .label("the same moment")
                            .help("write when it ends, as `Mon 08:00`"),
                        );
                    }
                    last = Some((value.node, moment));
                }
            },
            _ if !is_time_zone(text) => diagnostics.push(
                Diagnostic::new(code::TYPE_BAD_VALUE, value.entry.value_span(), format!("`{text}` is no time zone"))
                    .label("not an IANA name")
                    .help("write `UTC` or a name as `Europe/Berlin`"),
            ),
            _ => {}
        }
    }
}

/// Whether a text has the form of an IANA time zone; the list itself changes several times a year.
fn is_time_zone(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    text == "UTC" || (text.contains('/') && text.split('/').all(part))
}

/// Branch and tag patterns of triggers.
fn patterns(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for value in context.values.iter().filter(|value| value.shape.id == "trigger") {
        if !matches!(value.field.name, "push" | "tag") {
            continue;
        }
        let Some(text) = syntax::string(value.entry.value()) else { continue };
        let name = text.strip_prefix('!').unwrap_or(text);
        let bad = |c: char| c.is_whitespace() || c.is_control() || "~^:?[]\\!".contains(c);
        let wrong = name.is_empty()
            || name.contains(bad)
            || name.contains("..")
            || name.contains("//")
            || name.starts_with(['/', '-'])
            || name.ends_with(['/', '.'])
            || name.ends_with(".lock");
        if wrong {
            let what = if value.field.name == "push" { "branch" } else { "tag" };
            diagnostics.push(
                Diagnostic::new(code::TYPE_BAD_VALUE, value.entry.value_span(), format!("no {what} can be called so"))
                    .label("not a name or pattern")
                    .help("write a name, with `*` for any text, and `!` in front for every other one"),
            );
        }
    }
}

fn edition(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !context.table.single("edition").is_empty() {
        return;
    }
    let Some(app) = context.table.single("app").first() else { return };
    let start = app.head_span().at_start();
    let written = crate::EDITION;
    diagnostics.push(
        Diagnostic::new(
            code::NAME_NO_EDITION,
            app.head_span(),
            format!("no edition is named, so the first one, {written}, holds"),
        )
        .label("the file says no edition")
        .lacks(["edition"])
        .help(format!("write `edition \"{written}\"` at the top of the file"))
        .fix(format!("write `edition \"{written}\"`"), start, format!("edition \"{written}\"\n")),
    );
}

/// How long each variable becomes, so that nothing has to be expanded to know that it is too long.
struct Lengths<'a> {
    texts: BTreeMap<&'a str, Vec<(&'a str, Span)>>,
    known: BTreeMap<&'a str, u64>,
}

impl<'a> Lengths<'a> {
    fn of(context: &Context<'a>) -> Self {
        let mut texts: BTreeMap<&'a str, Vec<(&'a str, Span)>> = BTreeMap::new();
        for value in context.values.iter().filter(|value| value.sink == "value") {
            let name = value.node.args().next().and_then(|entry| syntax::string(entry.value()));
            if let (Some(name), Some(text)) = (name, syntax::string(value.entry.value())) {
                texts.entry(name).or_default().push((text, value.entry.value_span()));
            }
        }
        let mut lengths = Lengths { texts, known: BTreeMap::new() };
        let names: Vec<&'a str> = lengths.texts.keys().copied().collect();
        for name in names {
            lengths.variable(name, &mut Vec::new());
        }
        lengths
    }

    fn variable(&mut self, name: &'a str, trail: &mut Vec<&'a str>) -> u64 {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        // A circle is told by the check of circles; here it only has to end.
        if trail.contains(&name) {
            return 0;
        }
        trail.push(name);
        let texts = self.texts.get(name).cloned().unwrap_or_default();
        let longest = texts.iter().map(|(text, _)| self.text(text, trail)).max().unwrap_or(0);
        trail.pop();
        self.known.insert(name, longest);
        longest
    }

    fn text(&mut self, text: &str, trail: &mut Vec<&'a str>) -> u64 {
        let Ok(template) = Template::parse(text) else { return 0 };
        let mut length = 0_u64;
        for part in template.parts() {
            length = length.saturating_add(match part {
                TemplatePart::Literal(text) => text.len() as u64,
                TemplatePart::Reference(reference) => {
                    let words: Vec<&str> = reference.words().collect();
                    match words.as_slice() {
                        ["var", name] => match self.texts.get_key_value(*name).map(|(name, _)| *name) {
                            Some(name) => self.variable(name, trail),
                            None => 0,
                        },
                        _ => 0,
                    }
                }
            });
        }
        length
    }

    fn check(&mut self, context: &Context<'a>, diagnostics: &mut Vec<Diagnostic>) {
        for value in context.values {
            if !matches!(value.ty, Type::Text(Expansion::Template | Expansion::Scalar)) {
                continue;
            }
            let Some(text) = syntax::string(value.entry.value()) else { continue };
            if !text.contains("${var.") && text.len() as u64 <= LONGEST {
                continue;
            }
            let length = self.text(text, &mut Vec::new());
            let follows = Template::parse(text).is_ok_and(|template| {
                template.references().any(|reference| match reference.words().collect::<Vec<_>>().as_slice() {
                    ["var", name] => self.known.get(name).is_some_and(|length| *length > LONGEST),
                    _ => false,
                })
            });
            if length > LONGEST && !follows {
                diagnostics.push(
                    Diagnostic::new(
                        code::TYPE_TOO_LONG,
                        value.entry.value_span(),
                        format!("this text grows to more than {} KiB", LONGEST / 1024),
                    )
                    .label("too long once its templates are expanded")
                    .help("shorten it, or put it into a file: `file \"/etc/app/text\" from=\"ops/text\"`"),
                );
            }
        }
    }
}
