//! What the project claims of its threats, held against the proofs of this build.

use crate::diag::{Diagnostic, code};
use crate::model;
use crate::nearest::nearest;
use crate::plan::Plan;
use crate::plan::threat::Source;
use crate::prove::threat::{Answer, Gap, Judged, State, judged};
use crate::prove::{Counterexample, Place, Proofs};

/// A claim that does not hold.
pub struct Claim {
    /// What is told of it.
    pub diagnostic: Diagnostic,
    /// The place of the build that refutes it.
    pub refuted: Option<Place>,
}

impl From<Diagnostic> for Claim {
    fn from(diagnostic: Diagnostic) -> Claim {
        Claim { diagnostic, refuted: None }
    }
}

/// Judges mitigations, high risks and acceptances by the files that would be written.
pub fn check(plan: &Plan<'_>, proofs: &Proofs) -> Vec<Claim> {
    let all = judged(plan, proofs);
    let mut told = Vec::new();
    for judged in all.iter().filter(|judged| judged.threat.source == Source::Declared) {
        let failed: Vec<Claim> = judged.answers.iter().filter_map(|answer| fails(judged, answer)).collect();
        // What a proof refutes is mended there; that nothing else helps merely follows.
        if failed.is_empty() {
            told.extend(unmitigated(plan, judged).map(Claim::from));
        }
        told.extend(failed);
    }
    let accepted = plan.model.threats.iter().flat_map(|threats| &threats.accept);
    told.extend(accepted.filter_map(|accept| cannot_apply(&all, accept)).map(Claim::from));
    told
}

/// A mitigation that the files of the build refute.
fn fails(judged: &Judged<'_>, answer: &Answer<'_>) -> Option<Claim> {
    let State::Open(Gap::Fails { nearest: Counterexample { place, reason }, count }) = &answer.state else {
        return None;
    };
    let more = match count - 1 {
        0 => String::new(),
        1 => ", and at 1 more place".to_owned(),
        more => format!(", and at {more} more places"),
    };
    let at = answer.mitigation.origin.place;
    let control = &answer.mitigation.control.name;
    let threat = &judged.threat.name;
    let message = format!("`{control}` does not hold in this build, so it does not mitigate `{threat}`");
    let diagnostic = Diagnostic::new(code::THREAT_PROOF_FAILS, at, message)
        .label(format!("{}: {reason}{more}", cited(place)))
        .help("mend what is told there, or remove this mitigation");
    Some(Claim { diagnostic, refuted: Some(place.clone()) })
}

fn cited(place: &Place) -> String {
    match place.key.as_str() {
        "" => format!("`{}`", place.file),
        key => format!("`{}` at `{key}`", place.file),
    }
}

/// A high risk that a proof could lower, but none does.
fn unmitigated(plan: &Plan<'_>, judged: &Judged<'_>) -> Option<Diagnostic> {
    // Where no control has a predicate, it was told before anything was built.
    let provable = judged.answers.iter().any(|answer| answer.mitigation.control.predicate().is_some());
    let threats = plan.model.threats.as_ref()?;
    let own = threats.threat.iter().find(|own| own.name.value == judged.threat.name)?;
    if !provable || !judged.is_unmitigated() {
        return None;
    }
    let mut diagnostic = Diagnostic::new(
        code::THREAT_UNMITIGATED,
        own.name.origin.place,
        format!("the risk of `{}` is high, and nothing that is checked or attested lowers it", own.name.value),
    )
    .label(format!("{} likelihood, {} impact", own.likelihood.value.word(), own.impact.value.word()));
    for answer in &judged.answers {
        let why = match answer.mitigation.control.predicate() {
            Some(_) => "nothing in this build shows it",
            None => "declared in words only",
        };
        diagnostic = diagnostic.also(answer.mitigation.origin.place, why);
    }
    if let Some(posture) = plan.model.app.as_ref().and_then(|app| app.posture.as_ref()) {
        diagnostic = diagnostic.also(posture.origin.place, format!("posture `{}` asks for it", posture.value.word()));
    }
    Some(diagnostic.help("add `mitigate \"CONTROL\"` with one that is checked or attested"))
}

/// An acceptance of a threat that this project does not have.
fn cannot_apply(all: &[Judged<'_>], accept: &model::Accept) -> Option<Diagnostic> {
    let name = accept.threat.value.as_str();
    if all.iter().any(|judged| judged.threat.id == name || judged.threat.name == name) {
        return None;
    }
    let diagnostic = Diagnostic::new(
        code::THREAT_CANNOT_APPLY,
        accept.threat.origin.place,
        format!("nothing declared makes `{name}` apply, so there is nothing to accept"),
    );
    let ids = all.iter().map(|judged| judged.threat.id.as_str());
    Some(match nearest(name, ids) {
        Some(near) => diagnostic.meant(near, crate::syntax::quoted(near)),
        None => diagnostic.label("threatens nothing here").help("remove this acceptance"),
    })
}
