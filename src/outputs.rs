//! Every file of a build together: files for machines patched and proved, documents that tell of it, and all links resolved.

use std::collections::BTreeSet;

use crate::artifact::{Artifact, Tree, Value};
use crate::derive::Facts;
use crate::diag::{Diagnostic, code};
use crate::emit;
use crate::patch::{self, Change, Operation};
use crate::plan::Plan;
use crate::prove::claim::{self, Claim};
use crate::prove::links::{self, BrokenLink};
use crate::prove::{self, Place, Proofs};
use crate::render;
use crate::resolve::{Model, Pins};
use crate::source::{Origin, Span};

/// The trees of every file, and what was proved of them.
pub struct Outputs {
    /// In the order they are reported.
    pub artifacts: Vec<Artifact>,
    /// What holds of the files for machines, as patched.
    pub proofs: Proofs,
}

/// Whether only the files can tell if the input is right: a patch must find what it changes, a claim of the threat
/// model must hold in them, a pin must be taken by one, what is accepted must be found, and no two may have one name.
pub fn judge_the_input(model: &Model, facts: &Facts, operations: &[Operation]) -> bool {
    !operations.is_empty()
        || model.threats.is_some()
        || model.output.is_some()
        || !model.allows.is_empty()
        || !model.pins.nodes().is_empty()
        || names_meet(model, facts)
}

/// Whether two files might have one name. Paths are made of the names below, joined by `-` and `/`; they differ as long
/// as no name equals another, or goes on after another with a `-`.
fn names_meet(model: &Model, facts: &Facts) -> bool {
    let setting = &model.declared;
    let services = setting.services.iter().map(|service| service.name.value.as_str());
    let tasks = setting.tasks.iter().map(|task| task.name.value.as_str());
    let environments = facts.environments.iter().map(|environment| environment.name.value.as_str());
    // Most services are released alone, in a unit of their own name.
    let units = facts.units.iter().filter(|unit| !matches!(unit.services.as_slice(), [only] if *only == unit.name));
    let names = services.chain(tasks).chain(environments).chain(units.map(|unit| unit.name.as_str()));
    let sources = facts.images.iter().map(|image| image.source.value.as_str());
    let goes_on = |first: &str, second: &str| second.strip_prefix(first).is_some_and(|rest| rest.starts_with('-'));
    meet(names, |first, second| first == second || goes_on(first, second))
        || meet(sources, |first, second| first == second)
}

/// Whether two of the words, in any case of letters, do.
fn meet<'a>(words: impl Iterator<Item = &'a str>, is_so: impl Fn(&str, &str) -> bool) -> bool {
    let mut words: Vec<String> = words.map(str::to_lowercase).collect();
    // Nothing that a name may contain sorts before `-`, so what goes on after a name with a `-` stands beside it.
    words.sort_unstable();
    words.windows(2).any(|pair| matches!(pair, [first, second] if is_so(first, second)))
}

impl Outputs {
    /// Makes every file; what the user's patches get wrong is told.
    pub fn new(plan: &Plan<'_>, operations: &[Operation], diagnostics: &mut Vec<Diagnostic>) -> Outputs {
        let mut artifacts = emit::emit(plan);
        let made = |operation: &&Operation| artifacts.iter().any(|artifact| artifact.path == operation.file);
        let (first, rest): (Vec<&Operation>, Vec<&Operation>) = operations.iter().partition(made);
        patch::patch(&mut artifacts, first, diagnostics);
        let proofs = prove::prove(plan, &artifacts);
        artifacts.extend(emit::papers(plan, &proofs));
        patch::patch(&mut artifacts, rest, diagnostics);
        patch::paths(&artifacts, diagnostics);
        Outputs { artifacts, proofs }
    }

    /// Tells of every claim about threats that the files refute, and of the patch that makes them do so.
    pub fn claims(&self, plan: &Plan<'_>, operations: &[Operation], diagnostics: &mut Vec<Diagnostic>) {
        for Claim { diagnostic, refuted } in claim::check(plan, &self.proofs) {
            let by = refuted.and_then(|place| operations.iter().find(|one| self.changes(one, &place)));
            diagnostics.push(match by {
                Some(operation) => diagnostic.also(operation.origin.place, "this patch changes what stands there"),
                None => diagnostic,
            });
        }
    }

    /// Whether a patch changed what stands at a place, or took it away.
    fn changes(&self, operation: &Operation, place: &Place) -> bool {
        let found = self.artifacts.iter().find(|artifact| artifact.path == place.file && operation.file == place.file);
        let Some(artifact) = found else { return false };
        match &operation.change {
            Change::Set(_) | Change::Add(_) => artifact.find(&place.key).is_some_and(|found| {
                found.origin.place == operation.origin.place || comes_from(found.tree, operation.origin.place)
            }),
            Change::Remove => operation.path.starts_with(&place.key) || place.key.starts_with(&operation.path),
        }
    }

    /// Tells of every link between the files that leads nowhere, at the patch that broke it.
    pub fn resolve(&self, plan: &Plan<'_>, operations: &[Operation], diagnostics: &mut Vec<Diagnostic>) {
        let broken = links::broken(plan, &self.artifacts);
        if broken.is_empty() {
            return;
        }
        let after = |count: usize| {
            let made = Outputs::new(plan, operations.get(..count).unwrap_or_default(), &mut Vec::new());
            links::broken(plan, &made.artifacts)
        };
        // Without a patch nothing is broken, unless by a mistake of the compiler.
        let mut known = after(0);
        let ours: Vec<&BrokenLink> = broken.iter().filter(|link| known.iter().any(|one| one.is(link))).collect();
        diagnostics.extend(ours.into_iter().map(by_us));
        for (index, operation) in operations.iter().enumerate() {
            let now = after(index + 1);
            let fresh =
                |link: &&BrokenLink| now.iter().any(|one| one.is(link)) && !known.iter().any(|one| one.is(link));
            let blamed: Vec<&BrokenLink> = broken.iter().filter(fresh).collect();
            diagnostics.extend(by_patch(operation, &blamed));
            known = now;
        }
    }
}

/// Tells of every pin that no line of the files rests on.
pub fn unused_pins(pins: &Pins, artifacts: &[Artifact]) -> Vec<Diagnostic> {
    let nodes = pins.nodes();
    if nodes.is_empty() {
        return Vec::new();
    }
    let mut taken: BTreeSet<Span> = BTreeSet::new();
    let mut bytes = Vec::new();
    for artifact in artifacts {
        bytes.clear();
        for origin in render::render_with_lines(artifact, &mut bytes) {
            taken.extend(std::iter::once(origin.place).chain(origin.also.iter().flat_map(|also| also.iter().copied())));
        }
    }
    let unused = nodes.into_iter().filter(|(_, origin)| !taken.contains(&origin.place));
    unused.map(|(name, origin)| unused_pin(&name, origin)).collect()
}

fn unused_pin(name: &str, origin: &Origin) -> Diagnostic {
    Diagnostic::new(code::NAME_UNUSED, origin.place, format!("no output takes `{name}`"))
        .label("pinned here")
        .help("remove the pin, or write the name as the outputs do")
}

/// Whether anything in a tree was written at a place.
fn comes_from(tree: &Tree, place: Span) -> bool {
    let here = tree.own_origin().is_some_and(|origin| origin.place == place);
    here || match &tree.value {
        Value::Map(entries) => entries.iter().any(|(_, value)| comes_from(value, place)),
        Value::List(items) => items.iter().any(|item| comes_from(item, place)),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Mixed(_)
        | Value::Script(_) => false,
    }
}

/// A patch takes away what links lead to, or sets a link that leads nowhere.
fn by_patch(operation: &Operation, broken: &[&BrokenLink]) -> Option<Diagnostic> {
    let (first, others) = broken.split_first()?;
    let more = match others.len() {
        0 => String::new(),
        1 => ", and 1 more link is broken".to_owned(),
        count => format!(", and {count} more links are broken"),
    };
    let message = format!("with this patch a link of `{}` leads nowhere: {}{more}", first.file, first.reason);
    let (label, help) = match operation.file == first.file {
        true => ("makes the link", "link to what is generated, or to an address outside of this project"),
        false => ("takes away what the link leads to", "leave it there, or patch the link away as well"),
    };
    Some(Diagnostic::new(code::OUTPUT_BROKEN_LINK, operation.origin.place, message).label(label).help(help))
}

fn by_us(link: &BrokenLink) -> Diagnostic {
    let Origin { place, .. } = link.origin;
    Diagnostic::new(
        code::OUTPUT_BROKEN_LINK,
        place,
        format!("the link to `{}` in `{}` leads nowhere: {}", link.target, link.file, link.reason),
    )
    .label("makes the link")
    .help("this is a mistake of deployc, not of this file: please report it with this message")
}
