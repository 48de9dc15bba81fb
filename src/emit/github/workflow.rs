//! Workflows, jobs and steps of GitHub Actions as types: what is wrong in a workflow cannot be said with them.
//!
//! A job's permissions are the sum of what its steps need, each with its reason; a workflow has none of its own. An
//! action is named, never pinned by hand; values of expressions reach a shell through the environment only, because
//! the body of a `run:` is a [`Script`], which has no place for them.

use crate::artifact::{Artifact, Dialect, Group, Script, Tree, github, int, list, map, text};
use crate::emit::github::action;
use crate::emit::platform::{Access, Login, Permission, StepKind};
use crate::model;
use crate::resolve::Pins;
use crate::source::Origin;
use crate::standard;

/// A file of `.github/workflows`.
pub(crate) struct Workflow {
    /// Its file name, without folder.
    pub file: String,
    /// What people see in the list of workflows.
    pub name: String,
    /// What starts it.
    pub on: Tree,
    /// Its jobs, in order.
    pub jobs: Vec<Job>,
    /// What one run excludes another by; `None` where each job says it.
    pub concurrency: Option<Concurrency>,
    /// The declaration that makes it exist.
    pub origin: Origin,
}

/// What runs exclude each other, and what happens to the older one.
#[derive(Clone)]
pub(crate) struct Concurrency {
    /// The name of the lock: data and expressions.
    pub group: Tree,
    /// What happens to a run that is going on when a newer one comes.
    pub older: Older,
}

/// What happens to a run that is going on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Older {
    /// It is stopped: its result interests nobody any more.
    Stops,
    /// It ends what it began; the newer one waits.
    Finishes,
}

/// A job.
#[derive(Clone)]
pub(crate) struct Job {
    /// Its key, which others need it by.
    pub key: String,
    /// What people see.
    pub name: Tree,
    /// The jobs before it.
    pub needs: Vec<String>,
    /// When it runs: source of the expression language.
    pub condition: Option<Tree>,
    /// The environment whose secrets, reviewers and trust it has.
    pub environment: Option<Tree>,
    /// What it excludes others by.
    pub concurrency: Option<Concurrency>,
    /// When it is stopped.
    pub minutes: Tree,
    /// What it hands on.
    pub outputs: Vec<(String, Tree)>,
    /// Its matrix, by dimension.
    pub matrix: Vec<(String, Tree)>,
    /// Environment variables of all its steps; no secrets.
    pub variables: Vec<(String, Tree)>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The declaration that makes it exist.
    pub origin: Origin,
}

/// A step.
#[derive(Clone)]
pub(crate) struct Step {
    name: String,
    id: Option<String>,
    condition: Option<Tree>,
    what: What,
    env: Vec<(String, Tree)>,
    folder: Option<Tree>,
    minutes: Option<u64>,
    permissions: Vec<Needed>,
    origin: Origin,
}

#[derive(Clone)]
enum What {
    Action { name: String, with: Vec<(String, Tree)> },
    Run(Script),
}

/// A permission with its reason.
#[derive(Clone)]
struct Needed {
    scope: String,
    access: Access,
    because: String,
    origin: Origin,
}

impl Workflow {
    /// The file, with actions and tools as they are pinned.
    pub(crate) fn artifact(&self, pins: &Pins) -> Artifact {
        let mut jobs = map();
        for job in &self.jobs {
            jobs.set(job.key.as_str(), job.tree(pins));
        }
        let rule = Origin::rule("a workflow has no rights of its own, and its shell stops at the first error");
        let document = map()
            .put("name", text(self.name.as_str()))
            .put("on", self.on.clone())
            .put("permissions", map().at(&rule))
            .put_some("concurrency", self.concurrency.as_ref().map(Concurrency::tree))
            .put("defaults", map().put("run", map().put("shell", "bash").at(&rule)).at(&rule))
            .put("jobs", jobs);
        let path = [".github/workflows/", &self.file].concat();
        Artifact::yaml(path, Group::CiCd, Dialect::GithubWorkflow, document, &self.origin)
    }
}

impl Concurrency {
    /// A lock.
    pub(crate) fn new(group: Tree, older: Older) -> Concurrency {
        Concurrency { group, older }
    }

    fn tree(&self) -> Tree {
        map().put("group", self.group.clone()).put("cancel-in-progress", self.older == Older::Stops)
    }
}

impl Job {
    /// A job without steps, named as its key.
    pub(crate) fn new(key: impl Into<String>, minutes: u64, origin: &Origin) -> Job {
        let key = key.into();
        Job {
            name: text(key.as_str()),
            key,
            needs: Vec::new(),
            condition: None,
            environment: None,
            concurrency: None,
            minutes: Tree::from(minutes),
            outputs: Vec::new(),
            matrix: Vec::new(),
            variables: Vec::new(),
            steps: Vec::new(),
            origin: origin.clone(),
        }
    }

    /// The same job under a name for people.
    #[must_use]
    pub(crate) fn named(mut self, name: impl Into<Tree>) -> Job {
        self.name = name.into();
        self
    }

    /// The same job after others.
    #[must_use]
    pub(crate) fn after<T: Into<String>>(mut self, needs: impl IntoIterator<Item = T>) -> Job {
        for need in needs {
            let need = need.into();
            if !self.needs.contains(&need) {
                self.needs.push(need);
            }
        }
        self
    }

    /// The same job, only where the expression holds.
    #[must_use]
    pub(crate) fn when(mut self, expression: &str) -> Job {
        self.condition = Some(github(expression));
        self
    }

    /// The same job with one more step.
    #[must_use]
    pub(crate) fn step(mut self, step: Step) -> Job {
        self.steps.push(step);
        self
    }

    /// The same job with more steps.
    #[must_use]
    pub(crate) fn steps(mut self, steps: impl IntoIterator<Item = Step>) -> Job {
        self.steps.extend(steps);
        self
    }

    /// The same job, which its last step must be allowed more.
    #[must_use]
    pub(crate) fn allowing(mut self, permissions: &[model::StdPermission]) -> Job {
        if let Some(last) = self.steps.last_mut() {
            last.permissions.extend(permissions.iter().map(Needed::from));
        }
        self
    }

    /// What its steps need, each scope once with the highest access and every reason.
    fn permissions(&self) -> Tree {
        let mut all: Vec<(Needed, Vec<String>)> = Vec::new();
        for needed in self.steps.iter().flat_map(|step| &step.permissions) {
            match all.iter_mut().find(|(known, _)| known.scope == needed.scope) {
                Some((known, reasons)) => {
                    known.access = known.access.max(needed.access);
                    if !reasons.contains(&needed.because) {
                        reasons.push(needed.because.clone());
                    }
                }
                None => all.push((needed.clone(), vec![needed.because.clone()])),
            }
        }
        let mut tree = map();
        for (needed, reasons) in all {
            let value = text(needed.access.word()).note(reasons.join("; ")).at(&needed.origin);
            tree.set(needed.scope, value);
        }
        tree
    }

    fn tree(&self, pins: &Pins) -> Tree {
        let mut outputs = map();
        for (key, value) in &self.outputs {
            outputs.set(key.as_str(), value.clone());
        }
        let mut dimensions = map();
        for (key, values) in &self.matrix {
            dimensions.set(key.as_str(), values.clone());
        }
        let strategy = (!self.matrix.is_empty()).then(|| map().put("fail-fast", false).put("matrix", dimensions));
        map()
            .put("name", self.name.clone())
            .put_filled("needs", list(self.needs.iter().map(String::as_str)))
            .put_some("if", self.condition.clone())
            .put("runs-on", runner())
            .put("timeout-minutes", self.minutes.clone())
            .put_some("environment", self.environment.clone())
            .put_some("concurrency", self.concurrency.as_ref().map(Concurrency::tree))
            .put("permissions", self.permissions())
            .put_filled("outputs", outputs)
            .put_some("strategy", strategy)
            .put_filled("env", map().put_all(self.variables.clone()))
            .put("steps", list(self.steps.iter().map(|step| step.tree(pins))))
            .at(&self.origin)
    }
}

impl Step {
    /// A step that uses an action of the standard library, with the inputs that are always given.
    pub(crate) fn action(name: &str, action: &str, origin: &Origin) -> Step {
        let facts = action::facts(action);
        let with = facts
            .iter()
            .flat_map(|facts| &facts.input)
            .filter_map(|input| {
                let value = input.value.as_ref()?;
                Some((input.name.value.clone(), action::scalar(&value.value).at(&value.origin)))
            })
            .collect();
        let permissions = facts.iter().flat_map(|facts| &facts.permission).map(Needed::from).collect();
        let what = What::Action { name: action.to_owned(), with };
        Step { permissions, ..Step::bare(name, what, origin) }
    }

    /// A step that runs a script.
    pub(crate) fn run(name: impl Into<String>, script: Script, origin: &Origin) -> Step {
        Step::bare(name, What::Run(script), origin)
    }

    /// The steps of a platform's way in.
    pub(crate) fn login(login: &Login) -> Vec<Step> {
        let mut steps: Vec<Step> = login
            .steps
            .iter()
            .map(|step| {
                let mut made = match &step.kind {
                    StepKind::Action { name, with } => {
                        let known = Step::action(&step.name, name, &step.origin);
                        with.iter().fold(known, |made, (key, value)| made.with(key, value.clone()))
                    }
                    StepKind::Run(script) => Step::run(step.name.as_str(), script.clone(), &step.origin),
                };
                made.env.extend(step.env.clone());
                // The platform knows better than the action what its way in needs, and why.
                if login.permissions.is_empty() { made } else { made.without_permissions() }
            })
            .collect();
        if let Some(last) = steps.last_mut() {
            last.permissions.extend(login.permissions.iter().map(Needed::from));
        }
        steps
    }

    /// The first step of a job that works on files of the repository.
    pub(crate) fn checkout(origin: &Origin) -> Step {
        Step::action("Check out", "actions/checkout", origin)
    }

    fn bare(name: impl Into<String>, what: What, origin: &Origin) -> Step {
        Step {
            name: name.into(),
            id: None,
            condition: None,
            what,
            env: Vec::new(),
            folder: None,
            minutes: None,
            permissions: Vec::new(),
            origin: origin.clone(),
        }
    }

    /// The same step under an id.
    #[must_use]
    pub(crate) fn id(mut self, id: impl Into<String>) -> Step {
        self.id = Some(id.into());
        self
    }

    /// The same step, only where the expression holds.
    #[must_use]
    pub(crate) fn when(mut self, expression: &str) -> Step {
        self.condition = Some(github(expression));
        self
    }

    /// The same step with an input.
    #[must_use]
    pub(crate) fn with(mut self, input: impl Into<String>, value: impl Into<Tree>) -> Step {
        let (input, value) = (input.into(), value.into());
        if let What::Action { with, .. } = &mut self.what {
            match with.iter_mut().find(|(known, _)| *known == input) {
                Some((_, old)) => *old = value,
                None => with.push((input, value)),
            }
        }
        self
    }

    /// The same step with an environment variable.
    #[must_use]
    pub(crate) fn env(mut self, name: impl Into<String>, value: impl Into<Tree>) -> Step {
        let (name, value) = (name.into(), value.into());
        match self.env.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.env.push((name, value)),
        }
        self
    }

    /// The same step in a folder; the project's root needs no saying.
    #[must_use]
    pub(crate) fn inside(mut self, folder: &str, origin: &Origin) -> Step {
        self.folder = (!matches!(folder, "" | ".")).then(|| text(folder).at(origin));
        self
    }

    /// The same step, running this script.
    #[must_use]
    pub(crate) fn script(mut self, script: Script) -> Step {
        self.what = What::Run(script);
        self
    }

    /// The same step with a time limit of its own.
    #[must_use]
    pub(crate) fn minutes(mut self, minutes: u64) -> Step {
        self.minutes = Some(minutes);
        self
    }

    /// The same step, which the job's token must allow something.
    #[must_use]
    pub(crate) fn needs(mut self, scope: &'static str, access: Access, because: &'static str) -> Step {
        self.permissions.push(Needed::from(&Permission { scope, access, because }));
        self
    }

    /// The same step, which asks nothing of the job's token, whatever its action usually needs.
    #[must_use]
    pub(crate) fn without_permissions(mut self) -> Step {
        self.permissions.clear();
        self
    }

    fn tree(&self, pins: &Pins) -> Tree {
        let mut env = map();
        for (name, value) in &self.env {
            env.set(name.as_str(), value.clone());
        }
        let step = map()
            .put("name", text(self.name.as_str()))
            .put_some("id", self.id.as_deref())
            .put_some("if", self.condition.clone())
            .put_some("timeout-minutes", self.minutes);
        let step = match &self.what {
            What::Action { name, with } => {
                let mut inputs = map();
                for (key, value) in with {
                    inputs.set(key.as_str(), value.clone());
                }
                for (key, version) in pins.tools_of(name) {
                    inputs.set(key, Tree::from(&version));
                }
                step.put("uses", action::uses(pins, name)).put_filled("env", env).put_filled("with", inputs)
            }
            What::Run(script) => step
                .put_some("working-directory", self.folder.clone())
                .put_filled("env", env)
                .put("run", script.clone()),
        };
        step.at(&self.origin)
    }
}

impl From<&model::StdPermission> for Needed {
    fn from(permission: &model::StdPermission) -> Self {
        let access = if permission.access.value == Access::Write.word() { Access::Write } else { Access::Read };
        Needed {
            scope: permission.scope.value.clone(),
            access,
            because: permission.because.value.clone(),
            origin: permission.origin.clone(),
        }
    }
}

impl From<&Permission> for Needed {
    fn from(permission: &Permission) -> Self {
        Needed {
            scope: permission.scope.to_owned(),
            access: permission.access,
            because: permission.because.to_owned(),
            origin: Origin::rule("a job may do what its steps need, and nothing else"),
        }
    }
}

/// The machine that jobs run on.
fn runner() -> Tree {
    let runners = standard::all::<model::StdRunner>("runner");
    let chosen = runners.iter().find(|runner| runner.default.value);
    chosen.map_or_else(|| text("ubuntu-latest"), |runner| text(runner.label.value.as_str()).at(&runner.label.origin))
}

/// The whole minutes that hold so many seconds, at least one.
pub(crate) fn minutes(seconds: u64) -> u64 {
    seconds.div_ceil(60).max(1)
}

/// A text inside an expression: `'it''s'`.
pub(crate) fn quoted(data: &str) -> String {
    ["'", &data.replace('\'', "''"), "'"].concat()
}

/// A number of minutes with where it was written.
pub(crate) fn minutes_at(minutes: u64, origin: &Origin) -> Tree {
    i64::try_from(minutes).map_or_else(|_| Tree::from(minutes), int).at(origin)
}
