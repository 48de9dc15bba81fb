//! What predicates look at: workflows with their jobs and steps, found by path and tree, whoever emitted them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::artifact::{Artifact, Path, Segment, Tree, Value};
use crate::derive::{EnvironmentFacts, Workload};
use crate::model;
use crate::plan::Plan;
use crate::prove::{Place, command};
use crate::{render, standard};

const WORKFLOWS: &str = ".github/workflows/";

/// The plan, the files, and how steps are recognised.
pub(super) struct Scene<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) artifacts: &'a [Artifact],
    by_path: BTreeMap<&'a str, &'a Artifact>,
    signs: Vec<&'static model::StdStepSign>,
    /// The commands of the steps that were looked at: many predicates look at each.
    read: RefCell<BTreeMap<*const Tree, Rc<Script>>>,
    /// Whether a step is what a sign describes, where that was asked before.
    seen: RefCell<BTreeMap<(*const Tree, *const model::StdStepSign), bool>>,
}

/// What a step runs.
struct Script {
    /// As printed; none where it runs an action.
    text: Option<String>,
    commands: Vec<String>,
}

/// A job of a workflow.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) workflow: &'a Artifact,
    pub(super) key: &'a str,
    pub(super) tree: &'a Tree,
}

/// A step of a job.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) job: Job<'a>,
    pub(super) index: usize,
    pub(super) tree: &'a Tree,
}

impl<'a> Scene<'a> {
    pub(super) fn new(plan: &'a Plan<'a>, artifacts: &'a [Artifact]) -> Self {
        // Two files of one name are told elsewhere; the first one counts here.
        let by_path = artifacts.iter().rev().map(|artifact| (artifact.path.as_str(), artifact)).collect();
        let signs = standard::all("step-sign");
        Scene { plan, artifacts, by_path, signs, read: RefCell::default(), seen: RefCell::default() }
    }

    fn script(&self, step: Step<'_>) -> Rc<Script> {
        let mut read = self.read.borrow_mut();
        let script = read.entry(std::ptr::from_ref(step.tree)).or_insert_with(|| {
            let text = step.run();
            let commands = text.iter().flat_map(|text| command::commands(text)).collect();
            Rc::new(Script { text, commands })
        });
        Rc::clone(script)
    }

    /// Whether a step is what a sign describes.
    pub(super) fn shows(&self, step: Step<'_>, sign: &model::StdStepSign) -> bool {
        let key = (std::ptr::from_ref(step.tree), std::ptr::from_ref(sign));
        if let Some(known) = self.seen.borrow().get(&key) {
            return *known;
        }
        let shown = shows(step, sign, &self.script(step));
        self.seen.borrow_mut().insert(key, shown);
        shown
    }

    /// The file of a path.
    pub(super) fn file(&self, path: &str) -> Option<&'a Artifact> {
        self.by_path.get(path).copied()
    }

    /// The workflows, in the order they were emitted.
    pub(super) fn workflows(&self) -> impl Iterator<Item = &'a Artifact> + use<'a> {
        self.artifacts.iter().filter(|artifact| artifact.path.starts_with(WORKFLOWS))
    }

    /// A workflow by its file name.
    pub(super) fn workflow(&self, name: &str) -> Option<&'a Artifact> {
        self.file(&[WORKFLOWS, name].concat())
    }

    /// The jobs of every workflow.
    pub(super) fn jobs(&self) -> impl Iterator<Item = Job<'a>> + use<'a> {
        self.workflows().flat_map(jobs)
    }

    /// The steps of every workflow.
    pub(super) fn steps(&self) -> impl Iterator<Item = Step<'a>> + use<'a> {
        self.jobs().flat_map(Job::steps)
    }

    /// A sign of the standard library.
    pub(super) fn sign(&self, name: &str) -> Option<&model::StdStepSign> {
        self.signs.iter().copied().find(|sign| sign.name.value == name)
    }

    /// The signs whose steps need to write to a scope of the token.
    pub(super) fn signs_for(&self, scope: &str) -> impl Iterator<Item = &model::StdStepSign> {
        self.signs.iter().copied().filter(move |sign| sign.scope.value == scope)
    }

    /// Whether a step does what a sign says.
    pub(super) fn does(&self, step: Step<'_>, sign: &str) -> bool {
        self.sign(sign).is_some_and(|sign| self.shows(step, sign))
    }

    /// The steps of a job that do what a sign says.
    pub(super) fn doing(&self, job: Job<'a>, sign: &str) -> Vec<Step<'a>> {
        job.steps().filter(|step| self.does(*step, sign)).collect()
    }

    /// Whether a text holds a word of a sign.
    pub(super) fn names(&self, text: &str, sign: &str) -> bool {
        self.sign(sign).is_some_and(|sign| sign.word.iter().any(|word| text.contains(&word.value)))
    }

    /// Every deployment: environment and workload.
    pub(super) fn deployments(&self) -> impl Iterator<Item = (&'a EnvironmentFacts, &'a Workload)> + use<'a> {
        let environments = &self.plan.facts.environments;
        environments.iter().flat_map(|environment| environment.workloads.iter().map(move |one| (environment, one)))
    }

    /// Whether a job belongs to an environment that ends with its pull request.
    pub(super) fn is_preview(&self, job: Job<'_>) -> bool {
        let name = job.environment();
        self.plan.ephemeral().any(|environment| name.as_deref() == Some(environment.name.value.as_str()))
    }

    /// The jobs that change what runs somewhere.
    pub(super) fn deploying(&self) -> Vec<Job<'a>> {
        self.jobs().filter(|job| !self.doing(*job, "deploys").is_empty()).collect()
    }

    /// A declaration, as a place: the key is the way to its node.
    pub(super) fn declared(&self, key: &str) -> Place {
        let input = self.artifacts.first().map_or("deploy.kdl", |artifact| artifact.made_from.as_str());
        Place::new(input, key)
    }
}

fn shows(step: Step<'_>, sign: &model::StdStepSign, script: &Script) -> bool {
    let uses = step.action();
    sign.step.iter().any(|row| {
        let action = row.action.value.is_empty() || uses == Some(row.action.value.as_str());
        let input = row.input.value.is_empty()
            || step.input(&row.input.value).is_some_and(|value| match row.is.value.as_str() {
                "" => !value.is_empty() && value != "false",
                wanted => value == wanted,
            });
        let ends = |text: &String| text.trim_end().ends_with(row.ends.value.as_str());
        let command =
            row.command.value.is_empty() || (script.text.as_ref().is_some_and(ends) && any_runs(&script.commands, row));
        action && input && command
    })
}

/// Whether a script runs the command of a sign.
pub(super) fn runs(script: &str, row: &model::StdStepSignStep) -> bool {
    let commands: Vec<String> = command::commands(script).collect();
    any_runs(&commands, row)
}

fn any_runs(commands: &[String], row: &model::StdStepSignStep) -> bool {
    let without = row.without.value.as_str();
    let mut shown = commands.iter().filter(|one| holds_word(one, &row.command.value));
    shown.any(|one| without.is_empty() || !one.contains(without))
}

/// Whether words stand in a command and are not the end of a longer word: `pnpm install` runs no `npm install`.
fn holds_word(command: &str, words: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let whole = |at: usize| !command.get(..at).is_some_and(|before| before.ends_with(is_letter));
    let open = !words.starts_with(is_letter);
    command.match_indices(words).any(|(at, _)| open || whole(at))
}

/// The jobs of a workflow.
pub(super) fn jobs(workflow: &Artifact) -> impl Iterator<Item = Job<'_>> {
    let entries = workflow.trees().iter().filter_map(|tree| tree.key("jobs")).flat_map(Tree::entries);
    entries.map(move |(key, tree)| Job { workflow, key, tree })
}

impl<'a> Job<'a> {
    /// A place below the job.
    pub(super) fn place(self, below: &str) -> Place {
        let path = Path { segments: vec![Segment::Key("jobs".to_owned()), Segment::Key(self.key.to_owned())] };
        let separator = if below.is_empty() || below.starts_with('[') { "" } else { "." };
        Place::new(self.workflow.path.as_str(), [&path.to_string(), separator, below].concat())
    }

    pub(super) fn steps(self) -> impl Iterator<Item = Step<'a>> {
        let steps = self.tree.key("steps").map(Tree::items).unwrap_or_default();
        steps.iter().enumerate().map(move |(index, tree)| Step { job: self, index, tree })
    }

    /// The jobs before it.
    pub(super) fn needs(self) -> Vec<String> {
        let Some(needs) = self.tree.key("needs") else { return Vec::new() };
        match needs.joined() {
            Some(one) => vec![one],
            None => needs.items().iter().filter_map(Tree::joined).collect(),
        }
    }

    /// All jobs before it, through others too.
    pub(super) fn after(self) -> Vec<String> {
        let mut found = self.needs();
        let mut at = 0;
        while let Some(name) = found.get(at).cloned() {
            for job in jobs(self.workflow).filter(|job| job.key == name) {
                for need in job.needs() {
                    if !found.contains(&need) {
                        found.push(need);
                    }
                }
            }
            at += 1;
        }
        found
    }

    /// The environment it belongs to, as written.
    pub(super) fn environment(self) -> Option<String> {
        let environment = self.tree.key("environment")?;
        environment.joined().or_else(|| environment.key("name").and_then(Tree::joined))
    }

    /// Its condition.
    pub(super) fn condition(self) -> String {
        self.tree.key("if").and_then(Tree::joined).unwrap_or_default()
    }

    /// The names of the secrets it reads, without the token of the run; `*` for all of them.
    pub(super) fn secrets(self) -> Vec<String> {
        let mut found = Vec::new();
        for text in texts(self.tree) {
            if text == "inherit" || text.contains("toJSON(secrets") || text.contains("secrets[") {
                found.push("*".to_owned());
            }
            for (at, _) in text.match_indices("secrets.") {
                let name: String = text
                    .get(at + "secrets.".len()..)
                    .unwrap_or_default()
                    .chars()
                    .take_while(|next| next.is_ascii_alphanumeric() || *next == '_')
                    .collect();
                let inside = text.get(..at).is_some_and(|before| before.rfind("${{") > before.rfind("}}"));
                if inside && !name.is_empty() && name != "GITHUB_TOKEN" && !found.contains(&name) {
                    found.push(name);
                }
            }
        }
        found
    }

    /// The trigger words of its workflow.
    pub(super) fn triggers(self) -> Vec<String> {
        triggers(self.workflow)
    }
}

/// The trigger words of a workflow.
pub(super) fn triggers(workflow: &Artifact) -> Vec<String> {
    let Some(on) = workflow.find("on").map(|found| found.tree) else { return Vec::new() };
    match on.joined() {
        Some(one) => vec![one],
        None if on.entries().is_empty() => on.items().iter().filter_map(Tree::joined).collect(),
        None => on.entries().iter().map(|(key, _)| key.clone()).collect(),
    }
}

impl<'a> Step<'a> {
    pub(super) fn place(self, below: &str) -> Place {
        let separator = if below.is_empty() { "" } else { "." };
        self.job.place(&["steps[", &self.index.to_string(), "]", separator, below].concat())
    }

    /// What `uses` says.
    pub(super) fn uses(self) -> Option<&'a str> {
        self.tree.key("uses").and_then(Tree::as_text)
    }

    /// The action without what follows `@`.
    pub(super) fn action(self) -> Option<&'a str> {
        self.uses().map(|uses| uses.split('@').next().unwrap_or(uses))
    }

    /// An input, as text.
    pub(super) fn input(self, name: &str) -> Option<String> {
        self.tree.key("with").and_then(|with| with.key(name)).map(scalar)
    }

    /// The command, as printed.
    pub(super) fn run(self) -> Option<String> {
        self.tree.key("run").map(scalar)
    }
}

/// A value as text; empty for lists and maps.
pub(super) fn scalar(tree: &Tree) -> String {
    match &tree.value {
        Value::Bool(flag) => if *flag { "true" } else { "false" }.to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Script(script) => render::script(script),
        Value::Text(_) | Value::Mixed(_) => tree.joined().unwrap_or_default(),
        Value::Null | Value::List(_) | Value::Map(_) => String::new(),
    }
}

/// Every text in a tree, keys left out.
pub(super) fn texts(tree: &Tree) -> Vec<String> {
    match &tree.value {
        Value::List(items) => items.iter().flat_map(texts).collect(),
        Value::Map(entries) => entries.iter().flat_map(|(_, value)| texts(value)).collect(),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Text(_)
        | Value::Mixed(_)
        | Value::Script(_) => vec![scalar(tree)],
    }
}
