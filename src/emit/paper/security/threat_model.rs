//! `docs/security/threat-model.md`: boundaries, assets, STRIDE over every element, mitigations with what shows them, tests.

use crate::artifact::markdown::{Block, Inline, Prose, heading, item, paragraph, prose, row, table};
use crate::artifact::{Artifact, Group, markdown, told};
use crate::emit::paper::security::{self, Entry, assets, boundaries, controls, entries, stride, tests};
use crate::emit::paper::{always, code, names, people, section};
use crate::model::Level;
use crate::plan::threat::control::Control;
use crate::plan::{Plan, joined};
use crate::prove::threat::{Answer, Judged, posture};

/// Its path.
pub(crate) fn path(plan: &Plan<'_>) -> String {
    security::path(plan, "threat-model")
}

pub(super) fn emit(plan: &Plan<'_>, all: &[Judged<'_>], artifacts: &mut Vec<Artifact>) {
    let Some(app) = &plan.model.app else { return };
    artifacts.push(Artifact::markdown(path(plan), Group::ThreatModel, blocks(plan, all), &app.name.origin));
}

fn blocks(plan: &Plan<'_>, all: &[Judged<'_>]) -> Vec<Block> {
    let rule = always("a section of every threat model");
    let entries = entries(all);
    let mut out = vec![heading(1, "Threat Model")];
    out.extend(introduction(plan, all, &entries));
    let sections = [
        ("Trust Boundaries", boundaries::blocks(plan)),
        ("Asset Inventory", assets::blocks(plan)),
        ("STRIDE Analysis", stride::blocks(plan, &entries)),
        ("Mitigation Strategies", mitigations(plan, all)),
        ("Security Testing", tests::blocks(plan, &entries)),
    ];
    for (title, blocks) in sections {
        section(&mut out, heading(2, title).at(&rule), blocks);
    }
    out
}

fn introduction(plan: &Plan<'_>, all: &[Judged<'_>], entries: &[Entry<'_, '_>]) -> Vec<Block> {
    let rule = always("the introduction of every threat model");
    let mut out = Vec::new();
    if let Some(app) = &plan.model.app {
        let posture = posture(plan);
        let words = prose(
            "What can go wrong with {app}, what is done about it, and what shows that it is done. Posture: {posture}.",
            &[("app", Inline::strong(&app.name.value)), ("posture", Inline::text(posture.word()))],
        );
        out.push(paragraph(words).at(&app.name.origin.clone().with(&controls::posture_origin(plan))));
    }
    if let Some((owner, origin)) = people::owner(plan) {
        out.push(paragraph(Prose::from("Owner: ").then(owner).then(".")).at(&origin));
    }
    out.push(paragraph(WORDS_OF_STATES).at(&rule));
    let count = |level: Level, of: &dyn Fn(&Judged<'_>) -> Level| all.iter().filter(|one| of(one) == level).count();
    let rows = [Level::High, Level::Medium, Level::Low].map(|level| {
        let before = count(level, &|one| one.threat.before.risk);
        let after = count(level, &|one| one.after.risk);
        row([level.word().to_owned(), before.to_string(), after.to_string()])
    });
    out.push(table(["Risk", "Threats before:", "after mitigation:"]).rows(rows).at(&rule));
    out.extend(open(entries));
    out
}

/// What the words for mitigations mean.
const WORDS_OF_STATES: &str = "A mitigation is checked where a predicate holds on the files of this build, attested by a file that the project names, declared in words, or open. Risk is likelihood times impact by a published table; what is only declared lowers none.";

/// The high risks that are left.
fn open(entries: &[Entry<'_, '_>]) -> Vec<Block> {
    let left: Vec<&Entry<'_, '_>> = entries.iter().filter(|entry| entry.first.is_open()).collect();
    if left.is_empty() {
        return Vec::new();
    }
    let origin = always("high risks that are left stand first");
    let items = left.iter().map(|entry| {
        let missing = entry.first.answers.iter().filter(|answer| !answer.taken.counts());
        let missing = names(missing.map(|answer| answer.mitigation.control.name.as_str()));
        item(Prose::from(entry.here()).then(": missing ").then(missing).then(".")).at(&entry.origin())
    });
    vec![paragraph("A high risk is left, and nobody accepts it:").at(&origin), markdown::bullets(items).at(&origin)]
}

/// A control, and the threats that it answers.
type Used<'j, 'a> = (&'j Control<'a>, Vec<(&'j Judged<'a>, &'j Answer<'a>)>);

/// Every control that is named, once, with the threats it answers.
fn mitigations(plan: &Plan<'_>, all: &[Judged<'_>]) -> Vec<Block> {
    let mut controls: Vec<Used<'_, '_>> = Vec::new();
    for one in all {
        for answer in &one.answers {
            let control = &answer.mitigation.control;
            match controls.iter_mut().find(|(known, _)| known.name == control.name) {
                Some((_, answers)) => answers.push((one, answer)),
                None => controls.push((control, vec![(one, answer)])),
            }
        }
    }
    let rows = controls.iter().map(|(control, answers)| {
        let origin =
            joined(answers.iter().map(|(one, answer)| answer.mitigation.origin.clone().with(&one.threat.origin)));
        let mut threats: Vec<&str> = Vec::new();
        for (one, _) in answers {
            if !threats.contains(&one.threat.name.as_str()) {
                threats.push(&one.threat.name);
            }
        }
        row([
            Prose::from(controls::link(plan, control)),
            told(control.describe(), &[]),
            control.kind.word().into(),
            states(answers),
            names(threats),
        ])
        .at(&origin.unwrap_or_default())
    });
    let table = table(["Control", "What it does", "Kind", "State", "Against"]).rows(rows);
    [vec![table], accepted(all)].concat()
}

/// The state where it is the same everywhere, else each with how often.
fn states(answers: &[(&Judged<'_>, &Answer<'_>)]) -> Prose {
    let mut found: Vec<(&'static str, usize)> = Vec::new();
    for (_, answer) in answers {
        let word = answer.state.word();
        match found.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => found.push((word, 1)),
        }
    }
    match found.as_slice() {
        [(word, _)] => (*word).into(),
        _ => Prose::joined(found.into_iter().map(|(word, count)| [word, " for ", &count.to_string()].concat()), ", "),
    }
}

/// What somebody accepts: who, until when and why.
fn accepted(all: &[Judged<'_>]) -> Vec<Block> {
    let rows = all.iter().filter_map(|one| {
        let accept = one.threat.accepted?;
        Some(
            row([
                Prose::from(code(&one.threat.id)),
                one.after.risk.word().into(),
                accept.by.value.as_str().into(),
                accept.until.value.to_string().into(),
                accept.reason.value.as_str().into(),
            ])
            .at(&accept.origin.clone().with(&one.threat.origin)),
        )
    });
    let table = table(["Accepted", "Risk that is left", "By", "Until", "Why"]).rows(rows);
    if table.is_empty() { Vec::new() } else { vec![table] }
}
