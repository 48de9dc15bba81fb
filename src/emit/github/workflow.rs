//! Workflows and jobs of GitHub Actions as types: what is wrong in a workflow cannot be said with them.
//!
//! A job's permissions are the sum of what its steps need, each with its reason; a workflow has none of its own.

use std::collections::BTreeMap;

use crate::artifact::{Artifact, Dialect, Group, Tree, github, int, list, map, text};
use crate::emit::github::step::Needed;
use crate::model;
use crate::resolve::Pins;
use crate::source::Origin;
use crate::standard;

pub(crate) use crate::emit::github::step::Step;

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

impl Workflow {
    /// The file, with actions and tools as they are pinned.
    pub(crate) fn artifact(&self, pins: &Pins) -> Artifact {
        let known: BTreeMap<&str, &Origin> = self.jobs.iter().map(|job| (job.key.as_str(), &job.origin)).collect();
        let mut jobs = map();
        for job in &self.jobs {
            jobs.set(job.key.as_str(), job.tree(pins, &known));
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
            last.allow(permissions);
        }
        self
    }

    /// What its steps need, each scope once with the highest access and every reason.
    fn permissions(&self) -> Tree {
        let mut all: Vec<(Needed, Vec<String>)> = Vec::new();
        for needed in self.steps.iter().flat_map(Step::permissions) {
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

    fn tree(&self, pins: &Pins, known: &BTreeMap<&str, &Origin>) -> Tree {
        // A job is waited for because it is there.
        let need = |key: &String| text(key.as_str()).at(known.get(key.as_str()).copied().unwrap_or(&self.origin));

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
            .put_filled("needs", list(self.needs.iter().map(need)))
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
