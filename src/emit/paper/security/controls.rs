//! `docs/security/controls.md`: the checklist of the posture, each control with what shows it, and the frameworks it answers.

use crate::artifact::markdown::{
    Block, Inline, Item, Prose, Task, bullets, heading, item, paragraph, prose, row, table, task,
};
use crate::artifact::{Artifact, Group, slug, told};
use crate::derive::Role;
use crate::emit::paper::security::{self, evidence, place, threat_model};
use crate::emit::paper::{always, code, section};
use crate::model::{self, Applies, Evidence, StdFramework, StdPosture, StdPredicate};
use crate::ordered::Ordered;
use crate::plan::threat::control::Control;
use crate::plan::{Plan, joined};
use crate::prove::threat::{Gap, Judged, State, overall, posture};
use crate::prove::{Place, Proof, Proofs};
use crate::source::Origin;
use crate::standard;

/// A control of the checklist with its state over the whole build.
struct Listed<'a> {
    control: Control<'a>,
    state: State,
    /// The threats that rest on it and for which no place of this build shows it.
    missed: Vec<String>,
    origin: Origin,
}

impl Listed<'_> {
    /// Whether it holds for everything that rests on it.
    fn is_in_force(&self) -> bool {
        self.state.proof().is_some() && self.missed.is_empty()
    }
}

/// Its path.
pub(super) fn path(plan: &Plan<'_>) -> String {
    security::path(plan, "controls")
}

/// A link to what is told of a control.
pub(super) fn link(plan: &Plan<'_>, control: &Control<'_>) -> Inline {
    let target = crate::artifact::markdown::Target::File { path: path(plan), anchor: Some(slug(&title(control))) };
    Inline::Link { text: vec![Inline::code(&control.name)], target }
}

fn title(control: &Control<'_>) -> String {
    ["Control ", &control.name].concat()
}

pub(super) fn emit(plan: &Plan<'_>, proofs: &Proofs, all: &[Judged<'_>], artifacts: &mut Vec<Artifact>) {
    let Some(app) = &plan.model.app else { return };
    let blocks = blocks(plan, proofs, all);
    artifacts.push(Artifact::markdown(path(plan), Group::ThreatModel, blocks, &app.name.origin));
}

fn blocks(plan: &Plan<'_>, proofs: &Proofs, all: &[Judged<'_>]) -> Vec<Block> {
    let rule = always("a section of every list of controls");
    let listed = listed(plan, proofs, all);
    let facts: Option<&StdPosture> = standard::get("posture", posture(plan).word());
    let mut out = vec![heading(1, "Security Controls")];
    out.extend(introduction(plan, facts));
    section(&mut out, heading(2, "Checklist").at(&rule), vec![checklist(&listed)]);
    let asked = facts.map(|facts| vec![asked(facts)]).unwrap_or_default();
    section(&mut out, heading(2, "What the posture asks for").at(&rule), asked);
    for name in facts.iter().flat_map(|facts| &facts.framework) {
        let Some(framework) = standard::get::<StdFramework>("framework", &name.value) else { continue };
        // Other postures may name it as well, so what names it in this one is the answer.
        let title = heading(2, framework.title.value.as_str()).at(&name.origin);
        section(&mut out, title, of_framework(framework, &listed, &name.origin));
    }
    let mut details = Vec::new();
    for one in &listed {
        details.extend(detail(plan, proofs, one, all));
    }
    section(&mut out, heading(2, "Controls").at(&rule), details);
    out
}

/// What makes the posture what it is; the standard one holds without being written.
pub(super) fn posture_origin(plan: &Plan<'_>) -> Origin {
    let rule = Origin::rule("the posture is standard unless it says otherwise");
    match plan.model.app.as_ref().and_then(|app| app.posture.as_ref()) {
        Some(written) if written.value == model::Posture::Standard => rule.with(&written.origin),
        Some(written) => written.origin.clone(),
        None => rule,
    }
}

fn introduction(plan: &Plan<'_>, facts: Option<&StdPosture>) -> Vec<Block> {
    let mut out = Vec::new();
    if let Some(facts) = facts {
        let words = prose("Posture {posture}: ", &[("posture", Inline::strong(&facts.title.value))]);
        let describe = facts.describe.as_ref().map(|describe| describe.value.as_str()).unwrap_or_default();
        out.push(paragraph(words.then(describe)).at(&posture_origin(plan)));
    }
    let model = Inline::file("Threat Model", threat_model::path(plan));
    let words = Prose::from("What each control answers: ").then(model).then(".");
    out.push(paragraph(words).at(&always("every list of controls leads to the threats")));
    out
}

/// The controls that the posture asks for and the project can have, those that are there anyway, and its own.
fn listed<'a>(plan: &Plan<'a>, proofs: &Proofs, all: &[Judged<'_>]) -> Vec<Listed<'a>> {
    let posture = posture(plan);
    let told = |control: Control<'a>| {
        let answers = all.iter().flat_map(|one| one.answers.iter().map(move |answer| (one, answer)));
        let of_it = answers.filter(|(_, answer)| answer.mitigation.control.name == control.name);
        let (mut named, mut missed) = (Vec::new(), Vec::new());
        for (one, answer) in of_it {
            named.push(one.threat.origin.clone());
            if answer.state.proof().is_none() && !missed.contains(&one.threat.name) {
                missed.push(one.threat.name.clone());
            }
        }
        let grounds = grounds(plan, &control);
        let state = overall(plan, proofs, &control);
        let asked = control.posture() <= posture && grounds.is_some();
        let is_there = state.proof().is_some();
        let origin = control.origin();
        // What is in force is listed whatever asks for it.
        let origin = if is_there { origin } else { origin.with_all(grounds.iter().chain(&named)) };
        (asked || is_there || !named.is_empty()).then_some(Listed { control, state, missed, origin })
    };
    Control::all(plan).into_iter().filter_map(told).collect()
}

/// What makes a control make sense somewhere in the project; what is itself a remedy need not be declared for that.
fn grounds(plan: &Plan<'_>, control: &Control<'_>) -> Option<Origin> {
    let workloads = || {
        let environments = plan.facts.environments.iter();
        environments.flat_map(|environment| environment.workloads.iter().map(move |workload| (environment, workload)))
    };
    let of = |is: &dyn Fn(Role) -> bool| {
        let found = workloads().filter(|(_, workload)| is(workload.role.value));
        joined(found.map(|(_, workload)| workload.name.origin.clone()))
    };
    let word = control.applies();
    if word == Applies::Rollback {
        of(&Role::takes_traffic)
    } else if word == Applies::Scale {
        of(&|role| role != Role::Cron && role != Role::Task)
    } else if word == Applies::Size {
        of(&|_| true)
    } else {
        joined(workloads().filter_map(|(place, workload)| plan.grounds(place, Some(workload), word)))
    }
}

fn checklist(listed: &[Listed<'_>]) -> Block {
    let items = listed.iter().map(|one| {
        let done = if one.is_in_force() { Task::Done } else { Task::Open };
        let title = one.control.title().unwrap_or_else(|| one.control.describe());
        let words = Prose::from(Inline::here(title, slug(&self::title(&one.control))));
        let words = words.then(": ").then(one.state.word());
        let words = match one.state.proof() {
            Some(_) if !one.missed.is_empty() => {
                words.then(", open for ").then(Prose::joined(one.missed.iter().map(code), ", "))
            }
            Some(_) | None => words,
        };
        task(done, words).at(&one.origin)
    });
    bullets(items)
}

/// What the posture asks for, and what refuses a build without it.
fn asked(facts: &StdPosture) -> Block {
    let rows = facts.require.iter().map(|require| {
        let refused = match require.code.value.as_str() {
            "" => Prose::default(),
            code => Prose::from(Inline::code(code)),
        };
        row([Prose::from(require.name.value.as_str()), require.value.value.as_str().into(), refused])
            .at(&require.origin)
    });
    table(["Asks for", "How much", "Found by"]).rows(rows)
}

/// The items of a framework that controls answer, and those that none does.
fn of_framework(framework: &StdFramework, listed: &[Listed<'_>], named: &Origin) -> Vec<Block> {
    let seen = match framework.evidence.value {
        Evidence::Confirmed | Evidence::Seen => "",
        Evidence::Recalled => "; the titles are shortened and were not compared with the source",
    };
    let words =
        ["Source: ", &framework.source.value, ", as of ", &framework.as_of.value.to_string(), seen, "."].concat();
    let rows = framework.item.iter().map(|item| {
        let answers = |one: &&Listed<'_>| {
            let maps = one.control.fact.iter().flat_map(|fact| &fact.maps);
            maps.filter(|maps| maps.framework.value == framework.name.value)
                .any(|maps| maps.items.iter().any(|id| id.value == item.id.value))
        };
        let own: Vec<&Listed<'_>> = listed.iter().filter(answers).collect();
        let there = own.iter().filter(|one| one.is_in_force()).count();
        let controls = own.iter().map(|one| Inline::Link {
            text: vec![Inline::code(&one.control.name)],
            target: crate::artifact::markdown::Target::Here(slug(&title(&one.control))),
        });
        let state = match own.len() {
            0 => "no control answers it".to_owned(),
            all => [&there.to_string(), " of ", &all.to_string()].concat(),
        };
        let origin = item.origin.clone().with_all(own.iter().map(|one| &one.origin));
        row([
            Prose::from(item.id.value.as_str()),
            item.title.value.as_str().into(),
            Prose::joined(controls, ", "),
            state.into(),
        ])
        .at(&origin)
    });
    let table = table(["Item", "Title", "Controls", "In force"]).rows(rows);
    vec![paragraph(words).at(named), table]
}

fn detail(plan: &Plan<'_>, proofs: &Proofs, one: &Listed<'_>, all: &[Judged<'_>]) -> Vec<Block> {
    let control = &one.control;
    let mut items = vec![
        item(
            Prose::from(Inline::strong(one.state.word()))
                .then(": ")
                .then(evidence(&[&one.state], control.by_hand()))
                .then("."),
        )
        .at(&one.origin),
    ];
    if let Some(proof) = control.predicate().and_then(|name| proofs.get(name)) {
        items.extend(of_proof(proof, &one.state, &one.origin));
    }
    if one.state.proof().is_some() && !one.missed.is_empty() {
        let missed = Prose::joined(one.missed.iter().map(code), ", ");
        let words = Prose::from("Open for ").then(missed).then(": the places above are about something else.");
        items.push(item(words).at(&one.origin));
    }
    let threats: Vec<&Judged<'_>> = all
        .iter()
        .filter(|judged| judged.answers.iter().any(|answer| answer.mitigation.control.name == control.name))
        .collect();
    let mut names: Vec<&str> = Vec::new();
    for judged in &threats {
        if !names.contains(&judged.threat.name.as_str()) {
            names.push(&judged.threat.name);
        }
    }
    if let Some(origin) = joined(threats.iter().map(|judged| judged.threat.origin.clone())) {
        let words = Prose::from("Against ").then(Prose::joined(names.into_iter().map(code), ", ")).then(".");
        items.push(item(words).at(&origin));
    }
    items.extend(maps(plan, control, &one.origin));
    vec![
        heading(3, title(control)).keyed(&control.name).at(&one.origin),
        paragraph(told(control.describe(), &[])).at(&one.origin),
        bullets(items),
    ]
}

/// What a predicate proves, where it does, where it does not, and what it cannot see.
fn of_proof(proof: &Proof, state: &State, origin: &Origin) -> Vec<Item> {
    let Some(facts) = standard::get::<StdPredicate>("predicate", proof.predicate) else { return Vec::new() };
    let mut all = Vec::new();
    if let Some(proves) = &facts.proves {
        let words = prose("Predicate {name}: ", &[("name", code(proof.predicate))]);
        all.push(item(words.then(told(&proves.value, &[]))).at(origin));
    }
    let holds = by_file(&proof.evidence);
    if !holds.is_empty() && (holds.len() > 1 || matches!(state, State::Open(Gap::Fails { .. }))) {
        all.push(item("Holds at:").at(origin).with(bullets(holds.into_iter().map(|words| item(words).at(origin)))));
    }
    let fails: Vec<Place> = proof.counterexamples.iter().map(|one| one.place.clone()).collect();
    let fails = by_file(&fails);
    if fails.len() > 1 {
        all.push(item("Fails at:").at(origin).with(bullets(fails.into_iter().map(|words| item(words).at(origin)))));
    }
    if let Some(cannot) = &facts.cannot_see {
        let words = Prose::from("It cannot see: ").then(told(&cannot.value, &[]));
        all.push(item(words).at(origin));
    }
    all
}

/// A line for each file: its first place, and how many more there are.
fn by_file(places: &[Place]) -> Vec<Prose> {
    let mut files: Ordered<&str, (&Place, usize)> = Ordered::default();
    for one in places {
        files.or_insert_with(&one.file, || (one, 0)).1 += 1;
    }
    let told = |(first, count): (&Place, usize)| match count {
        1 => place(first),
        all => place(first).then([" and ", &(all - 1).to_string(), " more there"].concat()),
    };
    files.into_iter().map(told).collect()
}

/// The items that a control answers in the frameworks of the posture.
fn maps(plan: &Plan<'_>, control: &Control<'_>, origin: &Origin) -> Option<Item> {
    let facts: &StdPosture = standard::get("posture", posture(plan).word())?;
    let known = |maps: &&model::StdControlMaps| facts.framework.iter().any(|name| name.value == maps.framework.value);
    let all = control.fact.iter().flat_map(|fact| &fact.maps).filter(known).filter_map(|maps| {
        let framework: &StdFramework = standard::get("framework", &maps.framework.value)?;
        let items: Vec<&str> = maps.items.iter().map(|item| item.value.as_str()).collect();
        Some([&framework.title.value, " ", &items.join(", ")].concat())
    });
    let all: Vec<String> = all.collect();
    let words = ["Answers ", &all.join("; "), "."].concat();
    (!all.is_empty()).then(|| item(words).at(origin))
}
