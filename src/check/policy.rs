//! How much a finding matters: the posture's severities, and the findings that the user accepts.

use crate::diag::{Code, Diagnostic, Severity, apply_severities, code};
use crate::model;
use crate::resolve::{Allow, Model};
use crate::standard;

/// Whether the files that would be written were judged as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everything was judged.
    Whole,
    /// Only what is written in the project; what the files rest on waits.
    Sources {
        /// The file of the project's pins.
        pins: Option<usize>,
    },
}

/// Areas whose findings rest on the files that would be written.
const OF_FILES: &[&str] = &["threat"];

/// Gives every finding the severity of the project's posture, drops those that it does not ask for, and turns accepted
/// ones into notes.
pub fn apply(model: &Model, diagnostics: &mut Vec<Diagnostic>) {
    let posture = posture(model);
    diagnostics.retain(|diagnostic| level(diagnostic.code, posture) != Some(model::FindingSeverity::Silent));
    apply_severities(diagnostics, &|code| severity(code, posture));
    for allow in model.allows.iter().filter(|allow| unacceptable(allow).is_none()) {
        for diagnostic in diagnostics.iter_mut().filter(|one| speaks_of(allow, one)) {
            diagnostic.severity = Severity::Note;
            if !allow.reason.is_empty() {
                diagnostic.help = Some(format!("accepted: {}", allow.reason));
            }
            diagnostic.fix = None;
        }
    }
}

/// Tells of every `allow` that cannot be one, or that accepts nothing of all that was found; those whose findings are
/// not known yet wait.
pub fn judge_allows(model: &Model, reach: Reach, diagnostics: &mut Vec<Diagnostic>) {
    let mut told: Vec<Diagnostic> = Vec::new();
    for allow in &model.allows {
        match unacceptable(allow) {
            Some(diagnostic) => told.push(diagnostic),
            None if waits(allow, reach) || diagnostics.iter().any(|one| speaks_of(allow, one)) => {}
            None => told.push(unmatched(allow)),
        }
    }
    let posture = posture(model);
    apply_severities(&mut told, &|code| severity(code, posture));
    diagnostics.append(&mut told);
}

/// Whether what is accepted could not be found yet.
fn waits(allow: &Allow, reach: Reach) -> bool {
    match reach {
        Reach::Whole => false,
        Reach::Sources { pins } => {
            let area = Code::find(&allow.code.value).map(Code::area);
            area.is_some_and(|area| OF_FILES.contains(&area))
                || pins.is_some_and(|file| usize::try_from(allow.scope.file.0) == Ok(file))
        }
    }
}

/// Whether a finding is of the accepted kind, and of the node that accepts it.
fn speaks_of(allow: &Allow, diagnostic: &Diagnostic) -> bool {
    let (scope, place) = (allow.scope, diagnostic.primary.span);
    let inside = place.file == scope.file && scope.start <= place.start && place.end <= scope.end;
    inside && diagnostic.code.as_str() == allow.code.value
}

/// The posture: what `app` says, else standard.
pub fn posture(model: &Model) -> model::Posture {
    let written = model.app.as_ref().and_then(|app| app.posture.as_ref());
    written.map_or(model::Posture::Standard, |posture| posture.value)
}

/// What the standard library says of a code under a posture; none where it has no row.
fn level(code: Code, posture: model::Posture) -> Option<model::FindingSeverity> {
    let row = standard::get::<model::StdSeverity>("severity", code.as_str())?;
    let chosen = match posture {
        model::Posture::Standard => None,
        model::Posture::Enhanced => row.enhanced.as_ref(),
        model::Posture::Strict => row.strict.as_ref().or(row.enhanced.as_ref()),
    };
    Some(chosen.map_or(row.default.value, |chosen| chosen.value))
}

fn severity(code: Code, posture: model::Posture) -> Option<Severity> {
    Some(match level(code, posture)? {
        model::FindingSeverity::Error => Severity::Error,
        model::FindingSeverity::Warning => Severity::Warning,
        model::FindingSeverity::Note | model::FindingSeverity::Silent => Severity::Note,
    })
}

/// Why a finding cannot be accepted: nothing could be built from a file that cannot be read, named or typed.
fn unacceptable(allow: &Allow) -> Option<Diagnostic> {
    let code = Code::find(&allow.code.value)?;
    let is_wrong = matches!(code.area(), "syntax" | "name" | "type" | "output")
        && !matches!(severity(code, model::Posture::Standard), Some(Severity::Warning | Severity::Note));
    is_wrong.then(|| {
        let place = allow.code.origin.place;
        Diagnostic::new(code::NAME_WRONG_PLACE, place, format!("`{code}` cannot be accepted"))
            .label("nothing could be built with it")
            .help("mend what it tells, and remove this `allow`")
    })
}

fn unmatched(allow: &Allow) -> Diagnostic {
    let place = allow.code.origin.place;
    let known = Code::find(&allow.code.value).is_some();
    if known {
        return Diagnostic::new(code::NAME_UNUSED, place, format!("nothing here is `{}`", allow.code.value))
            .label("accepts a finding that there is not")
            .help("remove this `allow`");
    }
    let diagnostic =
        Diagnostic::new(code::NAME_UNKNOWN_REFERENCE, place, format!("there is no finding `{}`", allow.code.value));
    match crate::nearest::nearest(&allow.code.value, Code::all().map(Code::as_str)) {
        Some(near) => diagnostic.meant(near, format!("\"{near}\"")),
        None => diagnostic.label("no such code").help("`deployc explain` lists the codes"),
    }
}
