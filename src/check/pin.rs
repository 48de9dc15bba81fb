//! What the project pins: tools that exist, images by their tag, actions whose versions are not known to be harmful.

use crate::check::Context;
use crate::diag::{Diagnostic, code};
use crate::model;
use crate::nearest::nearest;
use crate::source::Span;
use crate::standard;

/// Judges every pin by itself; whether an output takes it is told once the outputs are there.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let pins = &context.model.pins;
    diagnostics.extend(pins.actions.iter().filter_map(denied));
    diagnostics.extend(pins.images.iter().filter_map(has_digest));
    if pins.tools.is_empty() {
        return;
    }
    let tools = tools();
    diagnostics.extend(pins.tools.iter().filter_map(|pin| unknown(pin, &tools)));
}

/// The tools and package managers whose version can be chosen.
fn tools() -> Vec<&'static str> {
    let tools = standard::all::<model::StdTool>("tool").into_iter().map(|tool| tool.name.value.as_str());
    let runtimes = standard::all::<model::StdRuntime>("runtime").into_iter();
    let managers = runtimes.flat_map(|runtime| &runtime.manager).map(|manager| manager.name.value.as_str());
    let mut names: Vec<&str> = tools.chain(managers).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn unknown(pin: &model::PinsTool, tools: &[&'static str]) -> Option<Diagnostic> {
    let name = &pin.name.value;
    if name.is_empty() || tools.contains(&name.as_str()) {
        return None;
    }
    let place = pin.name.origin.place;
    let diagnostic = Diagnostic::new(code::NAME_UNKNOWN_REFERENCE, place, format!("there is no tool `{name}`"));
    Some(match nearest(name, tools.iter().copied()) {
        Some(near) => diagnostic.meant(near, format!("\"{near}\"")),
        None => diagnostic
            .label("no such tool or package manager")
            .help("`deployc std list tool` and `deployc std list runtime` show which there are"),
    })
}

fn has_digest(pin: &model::PinsImage) -> Option<Diagnostic> {
    let digest = pin.reference.value.digest.as_ref()?;
    let place = pin.reference.origin.place;
    let named = crate::value::ImageRef { digest: None, ..pin.reference.value.clone() };
    Some(
        Diagnostic::new(code::TYPE_BAD_VALUE, place, "a pin names the image by its tag alone")
            .label("holds a digest already")
            .help(format!("write `\"{named}\" digest=\"{digest}\"`")),
    )
}

/// A version of an action that is known to have been harmful.
fn denied(pin: &model::PinsAction) -> Option<Diagnostic> {
    let known: &'static model::StdDeniedAction = standard::get("denied-action", &pin.name.value)?;
    let version = &pin.version;
    let below = known.versions.value.strip_prefix('<').map(numbers);
    let is_meant = match below {
        Some(below) => numbers(&version.value) < below,
        None => known.versions.value == "all" || known.versions.value == version.value,
    };
    if !is_meant {
        return None;
    }
    let fact = Span { ..known.origin.place };
    Some(
        Diagnostic::new(
            code::DELIVERY_DENIED_ACTION,
            version.origin.place,
            format!("`{}` must not be used at `{}`", pin.name.value, version.value),
        )
        .label(known.reason.as_ref().map_or_else(String::new, |reason| reason.value.clone()))
        .also(fact, "known from here")
        .help("pin a later version, or remove the pin: the standard library's is safe"),
    )
}

/// The numbers of a version: `v0.35.0` is 0, 35, 0.
fn numbers(version: &str) -> Vec<u64> {
    let digits = version.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
    digits.map(|part| part.parse().unwrap_or(u64::MAX)).collect()
}
