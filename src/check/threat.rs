//! The threat model as declared: classes, acceptances, boundaries, and high risks that nothing but words answers.
//!
//! What rests on the files of a build is judged by `prove::claim`.

use std::collections::BTreeMap;

use crate::check::Context;
use crate::diag::{Diagnostic, code};
use crate::model::{self, Level};
use crate::nearest::nearest;
use crate::plan::threat::control::Control;
use crate::plan::threat::risk::Rating;
use crate::source::Span;
use crate::standard;

/// Judges what `threats` holds.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(threats) = &context.model.threats else { return };
    for asset in threats.asset.iter().filter(|asset| asset.data.is_none()) {
        diagnostics.push(no_class(context, asset));
    }
    for threat in &threats.threat {
        diagnostics.extend(only_words(context, threats, threat));
    }
    for accept in &threats.accept {
        diagnostics.extend(unknown(threats, accept).or_else(|| expired(context, accept)));
    }
    two_boundaries(threats, diagnostics);
    flows(threats, diagnostics);
}

/// Where the posture is written that asks for something; none where it is the default.
fn asked_for(context: &Context<'_>) -> Option<(Span, String)> {
    let written = context.model.app.as_ref()?.posture.as_ref()?;
    Some((written.origin.place, format!("posture `{}` asks for it", written.value.word())))
}

fn no_class(context: &Context<'_>, asset: &model::Asset) -> Diagnostic {
    let name = &asset.name;
    let diagnostic = Diagnostic::new(
        code::THREAT_NO_CLASS,
        name.origin.place,
        format!("the asset `{}` has no class of data", name.value),
    )
    .label("public, internal, confidential or restricted?")
    .help("write its class behind the name, as `data=\"confidential\"`");
    match asked_for(context) {
        Some((place, why)) => diagnostic.also(place, why),
        None => diagnostic,
    }
}

/// A high risk against which there are at most words, whatever the files of the build show.
fn only_words(context: &Context<'_>, threats: &model::Threats, threat: &model::Threat) -> Option<Diagnostic> {
    let rating = Rating::of(threat.likelihood.value, threat.impact.value);
    let accepted = threats.accept.iter().any(|accept| accept.threat.value == threat.name.value);
    if rating.risk != Level::High || accepted {
        return None;
    }
    let mut words: Vec<(&model::ThreatMitigate, Control<'_>)> = Vec::new();
    for mitigate in &threat.mitigate {
        // A control that is not known was told of.
        let control = Control::find(context.model, &mitigate.control.value)?;
        if control.predicate().is_some() || !control.attested().is_empty() {
            return None;
        }
        words.push((mitigate, control));
    }
    let name = &threat.name;
    let mut diagnostic = Diagnostic::new(
        code::THREAT_UNMITIGATED,
        name.origin.place,
        format!("the risk of `{}` is high, and nothing that is checked or attested lowers it", name.value),
    )
    .label(format!("{} likelihood, {} impact", threat.likelihood.value.word(), threat.impact.value.word()));
    for (mitigate, _) in &words {
        diagnostic = diagnostic.also(mitigate.control.origin.place, "declared in words only");
    }
    if let Some((place, why)) = asked_for(context) {
        diagnostic = diagnostic.also(place, why);
    }
    let own = words.iter().find_map(|(_, control)| Some(&control.own?.name.value));
    Some(diagnostic.help(match own {
        Some(own) => format!("name the test that shows it in the control `{own}`: `attest \"FILE\"`"),
        None => "add `mitigate \"CONTROL\"` with one that is checked or attested".to_owned(),
    }))
}

/// An acceptance of a threat that is neither declared nor derived of anything.
fn unknown(threats: &model::Threats, accept: &model::Accept) -> Option<Diagnostic> {
    let name = accept.threat.value.as_str();
    let own: Vec<&str> = threats.threat.iter().map(|threat| threat.name.value.as_str()).collect();
    let patterns: Vec<&str> = standard::names("threat-pattern").collect();
    let is_derived = |pattern: &&str| name.strip_prefix(pattern).is_some_and(|rest| rest.starts_with('-'));
    if own.contains(&name) || patterns.contains(&name) || patterns.iter().any(is_derived) {
        return None;
    }
    let diagnostic = Diagnostic::new(
        code::NAME_UNKNOWN_REFERENCE,
        accept.threat.origin.place,
        format!("there is no threat `{name}`"),
    );
    Some(match nearest(name, own.into_iter().chain(patterns)) {
        Some(near) => diagnostic.meant(near, crate::syntax::quoted(near)),
        None => diagnostic
            .label("neither declared nor derived")
            .help("write the id of a threat as `docs/security/threat-model.md` shows it"),
    })
}

fn expired(context: &Context<'_>, accept: &model::Accept) -> Option<Diagnostic> {
    let (today, until) = (context.today?, &accept.until);
    (until.value < today).then(|| {
        Diagnostic::new(
            code::THREAT_EXPIRED_ACCEPTANCE,
            until.origin.place,
            format!("the acceptance of `{}` ended on {}", accept.threat.value, until.value),
        )
        .label("the last day that it held")
        .also(accept.by.origin.place, "accepted by")
        .help("mitigate the threat, or let it be accepted anew until a later day")
    })
}

fn two_boundaries(threats: &model::Threats, diagnostics: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<&str, Span> = BTreeMap::new();
    for boundary in &threats.boundary {
        for held in &boundary.holds {
            match known.get(held.value.as_str()) {
                Some(first) => diagnostics.push(
                    Diagnostic::new(
                        code::THREAT_TWO_CLAIMS,
                        held.origin.place,
                        format!("`{}` is in two boundaries", held.value),
                    )
                    .label("and here")
                    .also(*first, "here")
                    .help("leave it in one of the two"),
                ),
                None => {
                    known.insert(&held.value, held.origin.place);
                }
            }
        }
    }
}

/// Flows that go nowhere, and two that say the same of one way.
fn flows(threats: &model::Threats, diagnostics: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<(&str, &str, Option<&str>), &model::Flow> = BTreeMap::new();
    for flow in &threats.flow {
        let (from, to) = (flow.from.value.as_str(), flow.to.value.as_str());
        if from == to {
            diagnostics.push(
                Diagnostic::new(
                    code::THREAT_CANNOT_APPLY,
                    flow.to.origin.place,
                    format!("this flow leads from `{from}` to itself"),
                )
                .label("where it comes from")
                .help("name the other end, or remove the flow"),
            );
            continue;
        }
        let carries = flow.carries.as_ref().map(|asset| asset.value.as_str());
        match known.get(&(from, to, carries)) {
            Some(first) => diagnostics.push(
                Diagnostic::new(
                    code::THREAT_TWO_CLAIMS,
                    flow.origin.place,
                    format!("the flow from `{from}` to `{to}` is declared twice"),
                )
                .label("again here")
                .also(first.origin.place, "first here")
                .help("remove one of the two"),
            ),
            None => {
                known.insert((from, to, carries), flow);
            }
        }
    }
}
