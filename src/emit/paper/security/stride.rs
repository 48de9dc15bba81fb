//! STRIDE over every element: which category threatens which part, and each threat with its risk and what answers it.

use std::collections::BTreeMap;

use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, heading, item, paragraph, prose, row, table};
use crate::emit::paper::security::{Entry, evidence, incident};
use crate::emit::paper::{always, code, section};
use crate::model::{Level, Stride};
use crate::plan::threat::risk::{self, Rating};
use crate::plan::threat::{Part, Source};
use crate::plan::{Plan, joined};
use crate::prove::threat::{Answer, Judged};
use crate::source::Origin;

const CATEGORIES: [Stride; 6] = [
    Stride::Spoofing,
    Stride::Tampering,
    Stride::Repudiation,
    Stride::InformationDisclosure,
    Stride::DenialOfService,
    Stride::ElevationOfPrivilege,
];

pub(super) fn blocks(plan: &Plan<'_>, entries: &[Entry<'_, '_>]) -> Vec<Block> {
    let rule = always("STRIDE is applied to every element");
    let mut out = vec![
        paragraph(
            "Each category was applied to each part of the system. An empty cell means that nothing declared makes a known threat of the category apply to it.",
        )
        .at(&rule),
        matrix(entries),
    ];
    for stride in CATEGORIES {
        let own: Vec<&Entry<'_, '_>> = entries.iter().filter(|entry| entry.first.threat.stride == stride).collect();
        let mut blocks = vec![overview(&own)];
        for entry in &own {
            blocks.extend(detail(plan, entry));
        }
        section(&mut out, heading(3, risk::category(stride)).at(&rule), blocks);
    }
    out
}

/// A part of the system: the names of the threats to it, by category, and what they rest on.
struct Cells<'e> {
    part: &'e Part,
    names: BTreeMap<Stride, Vec<&'e str>>,
    origins: Vec<Origin>,
}

/// The parts of the system by category.
fn matrix(entries: &[Entry<'_, '_>]) -> Block {
    let mut parts: Vec<Cells<'_>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let all = || entries.iter().flat_map(|entry| &entry.all);
    // What is declared comes first among the threats; the parts are told in the order of the system.
    let (declared, derived): (Vec<&Judged<'_>>, Vec<&Judged<'_>>) =
        all().partition(|one| one.threat.source == Source::Declared);
    for one in derived.into_iter().chain(declared) {
        let part = &one.threat.on.part;
        let place = *places.entry(&part.key).or_insert(parts.len());
        if place == parts.len() {
            parts.push(Cells { part, names: BTreeMap::new(), origins: Vec::new() });
        }
        if let Some(cells) = parts.get_mut(place) {
            let names = cells.names.entry(one.threat.stride).or_default();
            if !names.contains(&one.threat.name.as_str()) {
                names.push(&one.threat.name);
            }
            cells.origins.push(one.threat.origin.clone());
        }
    }
    let rows = parts.into_iter().map(|cells| {
        let told = CATEGORIES.map(|stride| {
            let names = cells.names.get(&stride).into_iter().flatten();
            Prose::joined(names.map(|name| code(*name)), ", ")
        });
        row(std::iter::once(cells.part.shown.clone()).chain(told)).at(&joined(cells.origins).unwrap_or_default())
    });
    let [s, t, r, i, d, e] = CATEGORIES.map(risk::category);
    table(["Part", &s, &t, &r, &i, &d, &e]).rows(rows)
}

fn overview(entries: &[&Entry<'_, '_>]) -> Block {
    let rows = entries.iter().map(|entry| {
        let first = entry.first;
        row([Prose::from(entry.here()), entry.what(), rating(first.threat.before), rating(first.after)])
            .at(&entry.origin())
    });
    table(["Threat", "What happens", "Before", "After"]).rows(rows)
}

/// `high × medium = **high**`.
fn rating(rating: Rating) -> Prose {
    let words = [rating.likelihood.word(), " × ", rating.impact.word(), " = "].concat();
    Prose::from(words).then(Inline::strong(rating.risk.word()))
}

/// What answers a threat, and what shows it.
fn detail(plan: &Plan<'_>, entry: &Entry<'_, '_>) -> Vec<Block> {
    let first = entry.first;
    let threat = &first.threat;
    let origin = entry.origin();
    let mut out = vec![heading(4, entry.heading()).keyed(&threat.id).at(&origin)];
    let before = prose(
        "Before: likelihood {likelihood}, impact {impact}, risk {risk}.",
        &[
            ("likelihood", Inline::text(threat.before.likelihood.word())),
            ("impact", Inline::text(threat.before.impact.word())),
            ("risk", Inline::strong(threat.before.risk.word())),
        ],
    );
    let words = before.then(moved(threat.own_impact, threat.before.impact, &threat.on.data)).then(prose(
        " After: likelihood {likelihood}, impact {impact}, risk {risk}.",
        &[
            ("likelihood", Inline::text(first.after.likelihood.word())),
            ("impact", Inline::text(first.after.impact.word())),
            ("risk", Inline::strong(first.after.risk.word())),
        ],
    ));
    let words = match incident::link(plan, entry) {
        Some(link) => words.then(" When it happens: ").then(link).then("."),
        None => words,
    };
    out.push(paragraph(words).at(&origin.clone().with(&threat.on.data.origin)));
    let mut items: Vec<Item> = first.answers.iter().map(|one| answer(one, entry)).collect();
    if let Some(accept) = threat.accepted {
        let words = prose(
            "{accepted} by {by} until {until}: {reason}",
            &[
                ("accepted", Inline::strong("accepted")),
                ("by", Inline::text(&accept.by.value)),
                ("until", Inline::text(accept.until.value.to_string())),
                ("reason", Inline::text(&accept.reason.value)),
            ],
        );
        items.push(item(words).at(&accept.origin));
    }
    out.push(bullets(items));
    out
}

/// Why the impact is another one than for data that is internal.
fn moved(own: Level, now: Level, data: &crate::plan::threat::data::Data) -> Prose {
    let verb = match own.cmp(&now) {
        std::cmp::Ordering::Less => "raised",
        std::cmp::Ordering::Greater => "lowered",
        std::cmp::Ordering::Equal => return Prose::default(),
    };
    Prose::from([" The impact is ", own.word(), " by itself and ", verb, " by the class of "].concat())
        .then(data.words.clone())
        .then([": ", data.class.word(), "."].concat())
}

fn answer(answer: &Answer<'_>, entry: &Entry<'_, '_>) -> Item {
    let control = &answer.mitigation.control;
    let words = Prose::from(Inline::strong(answer.state.word())).then(" ").then(code(&control.name));
    let words = words.then(": ").then(evidence(&entry.states(&control.name), control.by_hand()));
    let words = match &answer.mitigation.owner {
        Some(owner) => words.then(["; kept by ", &owner.value].concat()),
        None => words,
    };
    item(words.then(".")).at(&answer.mitigation.origin.clone().with(&entry.origin()))
}
