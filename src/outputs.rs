//! Every file of a build together: files for machines patched and proved, documents that tell of it, and all links resolved.

use std::collections::BTreeSet;

use crate::artifact::{Artifact, Tree, Value};
use crate::diag::{Diagnostic, code};
use crate::emit;
use crate::patch::{self, Change, Operation};
use crate::plan::Plan;
use crate::prove::claim::{self, Claim};
use crate::prove::links::{self, BrokenLink};
use crate::prove::{self, Place, Proofs};
use crate::render;
use crate::resolve::Pins;
use crate::source::{Origin, Span};

/// The trees of every file, and what was proved of them.
pub struct Outputs {
    /// In the order they are reported.
    pub artifacts: Vec<Artifact>,
    /// What holds of the files for machines, as patched.
    pub proofs: Proofs,
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
    let here = tree.origin.as_ref().is_some_and(|origin| origin.place == place);
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
