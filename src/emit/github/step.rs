//! One step of a job, and what the job's token must allow for it.
//!
//! An action is named, never pinned by hand; values of expressions reach a shell through the environment only, because
//! the body of a `run:` is a [`Script`], which has no place for them.

use crate::artifact::{Script, Tree, github, map, text};
use crate::emit::github::action;
use crate::emit::platform::{Access, Login, Permission, StepKind};
use crate::model;
use crate::resolve::Pins;
use crate::source::Origin;

/// A step.
#[derive(Clone)]
pub(crate) struct Step {
    name: String,
    id: Option<Tree>,
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
pub(super) struct Needed {
    /// What of the repository.
    pub(super) scope: String,
    /// Reading or writing.
    pub(super) access: Access,
    /// Why, for people.
    pub(super) because: String,
    /// Who says that it is needed.
    pub(super) origin: Origin,
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
    pub(crate) fn id(mut self, id: impl Into<Tree>) -> Step {
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

    /// What the job's token must allow for it.
    pub(super) fn permissions(&self) -> &[Needed] {
        &self.permissions
    }

    /// Adds what the job's token must allow for it.
    pub(super) fn allow(&mut self, permissions: &[model::StdPermission]) {
        self.permissions.extend(permissions.iter().map(Needed::from));
    }

    /// The step, with its action and tools as they are pinned.
    pub(super) fn tree(&self, pins: &Pins) -> Tree {
        let mut env = map();
        for (name, value) in &self.env {
            env.set(name.as_str(), value.clone());
        }
        let step = map()
            .put("name", text(self.name.as_str()))
            .put_some("id", self.id.clone())
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
