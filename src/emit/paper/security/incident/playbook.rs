//! Playbooks: what to do when a kind of threat happens, with the commands of whatever it is about.

use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, heading, item, paragraph, shell, steps};
use crate::artifact::{slug, told};
use crate::derive::EnvironmentFacts;
use crate::emit::paper::command::{self, Commands, StoreVerb};
use crate::emit::paper::deployment::Deployment;
use crate::emit::paper::security::{Entry, either, linked, threat_model, without_list};
use crate::model::{Applies, StdPlaybook, StdRunbookStep};
use crate::ordered::distinct;
use crate::plan::threat::{Element, Source};
use crate::plan::{Plan, joined};
use crate::source::Origin;
use crate::standard;

/// The command that shows who has read a secret: that of its store, not of a platform.
const SECRET_AUDIT: &str = "secret-audit";

/// The threats of one name: they are answered alike.
struct Book<'e, 'j, 'a> {
    entries: Vec<&'e Entry<'j, 'a>>,
    steps: &'static [StdRunbookStep],
}

impl<'a> Book<'_, '_, 'a> {
    fn elements(&self) -> impl Iterator<Item = &Element<'a>> {
        self.entries.iter().flat_map(|entry| &entry.all).map(|one| &one.threat.on)
    }

    fn origin(&self) -> Origin {
        joined(self.entries.iter().map(|entry| entry.origin())).unwrap_or_default()
    }

    /// What placeholders stand for: the elements together.
    fn words(&self) -> Vec<(&'static str, Prose)> {
        let Some(first) = self.elements().next() else { return Vec::new() };
        let together = |name: &str| either(distinct(self.elements().map(|on| on.word(name))));
        first.words.iter().map(|(name, _)| (*name, together(name))).collect()
    }
}

pub(super) fn blocks(plan: &Plan<'_>, entries: &[Entry<'_, '_>]) -> Vec<Block> {
    let mut out = Vec::new();
    for book in books(entries) {
        let (words, origin) = (book.words(), book.origin());
        let told = book.steps.iter().filter_map(|step| step_item(plan, &book, step, &words, &origin));
        let items: Vec<Item> = told.collect();
        if let (Some(first), false) = (book.entries.first(), items.is_empty()) {
            out.push(heading(3, title(first)).at(&origin));
            out.push(paragraph("Answers:").at(&origin));
            out.push(bullets(book.entries.iter().map(|entry| answered(plan, entry))));
            out.push(steps(items));
        }
    }
    out
}

/// A threat with a link to what is known of it.
fn answered(plan: &Plan<'_>, entry: &Entry<'_, '_>) -> Item {
    let target = crate::artifact::markdown::Target::File {
        path: threat_model::path(plan),
        anchor: Some(slug(&entry.heading())),
    };
    let link = Inline::Link { text: vec![Inline::code(entry.id())], target };
    item(Prose::from(link).then(": ").then(entry.what())).at(&entry.origin())
}

fn books<'e, 'j, 'a>(entries: &'e [Entry<'j, 'a>]) -> Vec<Book<'e, 'j, 'a>> {
    let mut books: Vec<Book<'e, 'j, 'a>> = Vec::new();
    for entry in entries {
        let steps = known(entry);
        match books.iter_mut().find(|book| book.entries.first().is_some_and(|one| name(one) == name(entry))) {
            Some(book) => book.entries.push(entry),
            None if steps.is_empty() => {}
            None => books.push(Book { entries: vec![entry], steps }),
        }
    }
    books
}

fn name<'e>(entry: &'e Entry<'_, '_>) -> (&'e str, bool) {
    (&entry.first.threat.name, entry.first.threat.source == Source::Declared)
}

/// The heading of a playbook.
pub(super) fn title(entry: &Entry<'_, '_>) -> String {
    ["Playbook ", &entry.first.threat.name].concat()
}

/// Whether anything is known that helps.
pub(super) fn has_steps(entry: &Entry<'_, '_>) -> bool {
    !known(entry).is_empty()
}

/// The steps of its pattern, else those for its category.
fn known(entry: &Entry<'_, '_>) -> &'static [StdRunbookStep] {
    let threat = &entry.first.threat;
    match threat.source {
        Source::Derived => threat.respond,
        Source::Declared => standard::get::<StdPlaybook>("playbook", threat.stride.word())
            .map(|playbook| &*playbook.respond)
            .unwrap_or_default(),
    }
}

fn step_item(
    plan: &Plan<'_>,
    book: &Book<'_, '_, '_>,
    step: &StdRunbookStep,
    words: &[(&'static str, Prose)],
    origin: &Origin,
) -> Option<Item> {
    let applies = step.applies.value;
    let fits = |on: &Element<'_>| applies == Applies::Always || on.grounds(plan, applies).is_some();
    if !book.elements().any(fits) {
        return None;
    }
    let origin = origin.clone().with(&step.origin);
    let kept = without_list(plan, &step.value.value)?;
    let words = item(linked(plan, told(&kept, words)).then(".")).at(&origin);
    let mut commands = Commands::default();
    for on in book.elements().filter(|on| fits(on)) {
        add(plan, on, step, &mut commands);
    }
    let script = commands.script();
    Some(if script.is_empty() { words } else { words.with(shell(script).at(&origin)) })
}

/// The commands of a step for one element: its own for the pipeline or the platform, then the one it names.
fn add(plan: &Plan<'_>, on: &Element<'_>, step: &StdRunbookStep, commands: &mut Commands) {
    let Some(place) = on.place else { return };
    let row = |name: &str| step.run.iter().find(|row| row.platform.value == name);
    let own = row(plan.pipeline().0.word()).or_else(|| row(&place.host.platform.value)).or_else(|| row("default"));
    if let Some(row) = own {
        commands.add(command::of_place(plan, place, on.workloads.first().copied(), &row.command.value), &on.origin);
    }
    let Some(name) = step.use_.as_ref().map(|name| name.value.as_str()) else { return };
    if name == SECRET_AUDIT {
        let command = on.secret.and_then(|secret| command::of_store(plan, place, secret, StoreVerb::Log));
        return commands.add(command, &on.origin);
    }
    if let Some(resource) = on.resource {
        commands.add(command::of_resource(plan, place, resource, name), &resource.name.origin);
    }
    for one in deployments(on, place) {
        commands.add(command::of_deployment(plan, &one, name), &one.origin());
    }
}

/// What an element is about; the pipeline is about all that runs where it matters most.
fn deployments<'a>(on: &Element<'a>, place: &'a EnvironmentFacts) -> Vec<Deployment<'a>> {
    let of = |workload| Deployment { environment: place, workload };
    match on.workloads.is_empty() && on.resource.is_none() && on.secret.is_none() {
        true => place.workloads.iter().map(of).collect(),
        false => on.workloads.iter().copied().map(of).collect(),
    }
}
