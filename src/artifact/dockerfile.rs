//! Dockerfiles as stages of instructions.

use super::Script;
use crate::source::{Origin, Sourced};

/// A Dockerfile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dockerfile {
    /// The image that reads the file, which its first line names; `None` for what the builder brings.
    pub syntax: Option<Sourced<String>>,
    /// `ARG`s before the first stage: names with their defaults.
    pub arguments: Vec<(String, Option<String>)>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The image or stage it starts from; `${NAME}` of an `ARG` before the first stage is expanded.
    pub from: String,
    /// Its name; empty for none.
    pub name: String,
    /// The platform it is built on, such as `$BUILDPLATFORM`.
    pub platform: Option<String>,
    /// The instructions, in order.
    pub instructions: Vec<Instruction>,
    /// Lines of comment above it.
    pub comment: Option<String>,
    /// Where it came from.
    pub origin: Option<Origin>,
}

/// An instruction with its comment and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    /// What it does.
    pub kind: InstructionKind,
    /// Lines of comment above it.
    pub comment: Option<String>,
    /// Where it came from; `None` means: from what the stage came from.
    pub origin: Option<Origin>,
}

/// What an instruction does. Texts are data: nothing in them is expanded, except where said.
#[derive(Clone, Debug, PartialEq)]
pub enum InstructionKind {
    /// `ARG`, with a default.
    Argument(String, Option<String>),
    /// `ENV`.
    Environment(Vec<(String, String)>),
    /// `ENV NAME="${ARGUMENT}"`.
    EnvironmentFrom(String, String),
    /// `ENV NAME="text:${NAME}"`: a path put before those that are searched already.
    EnvironmentBefore(String, String),
    /// `LABEL`.
    Label(Vec<(String, String)>),
    /// `WORKDIR`.
    Folder(String),
    /// `COPY`.
    Copy(Copy),
    /// `RUN`; commands of the script are joined by `&&`.
    Run(Run),
    /// `USER`.
    User(String),
    /// `EXPOSE`.
    Expose(u16),
    /// `VOLUME`.
    Volume(String),
    /// `STOPSIGNAL`.
    StopSignal(String),
    /// `SHELL`.
    Shell(Vec<String>),
    /// `ENTRYPOINT`, in exec form.
    Entrypoint(Vec<String>),
    /// `CMD`, in exec form.
    Command(Vec<String>),
    /// `HEALTHCHECK`.
    Health(Health),
}

/// `COPY`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copy {
    /// The stage or image it copies from; empty for the build context.
    pub from: String,
    /// `user:group` of what is copied; empty for the default.
    pub owner: String,
    /// The mode of what is copied; empty for as it is.
    pub mode: String,
    /// What is copied.
    pub sources: Vec<String>,
    /// Where to.
    pub to: String,
}

/// `RUN`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Mounts, such as `type=cache,target=/root/.npm`.
    pub mounts: Vec<String>,
    /// The commands.
    pub script: Script,
}

/// `HEALTHCHECK`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Between two checks, such as `10s`; empty for the default. Likewise the others.
    pub interval: String,
    /// For one check.
    pub timeout: String,
    /// Before failures count.
    pub start_period: String,
    /// Failures in a row that make it unhealthy.
    pub retries: Option<u32>,
    /// The check, in exec form.
    pub command: Vec<String>,
}

impl Dockerfile {
    /// Adds a stage; its instructions come from `body`.
    pub fn stage(
        &mut self,
        from: impl Into<String>,
        name: impl Into<String>,
        body: impl FnOnce(&mut Stage),
    ) -> &mut Self {
        let mut stage = Stage {
            from: from.into(),
            name: name.into(),
            platform: None,
            instructions: Vec::new(),
            comment: None,
            origin: None,
        };
        body(&mut stage);
        self.stages.push(stage);
        self
    }

    /// Values that no Dockerfile can hold, because an instruction ends at the end of its line.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for instruction in self.stages.iter().flat_map(|stage| &stage.instructions) {
            let mut check = |name: &str, value: &str| {
                if value.contains(['\n', '\r']) {
                    faults.push(format!("the value of `{name}` has several lines, which a Dockerfile cannot hold"));
                }
            };
            match &instruction.kind {
                InstructionKind::Environment(pairs) | InstructionKind::Label(pairs) => {
                    pairs.iter().for_each(|(name, value)| check(name, value));
                }
                InstructionKind::Argument(name, value) => check(name, value.as_deref().unwrap_or_default()),
                InstructionKind::Folder(value) => check("WORKDIR", value),
                InstructionKind::User(value) => check("USER", value),
                InstructionKind::StopSignal(value) => check("STOPSIGNAL", value),
                InstructionKind::EnvironmentFrom(..)
                | InstructionKind::EnvironmentBefore(..)
                | InstructionKind::Copy(_)
                | InstructionKind::Run(_)
                | InstructionKind::Expose(_)
                | InstructionKind::Volume(_)
                | InstructionKind::Shell(_)
                | InstructionKind::Entrypoint(_)
                | InstructionKind::Command(_)
                | InstructionKind::Health(_) => {}
            }
        }
        faults
    }
}

impl Stage {
    /// The stage comes from `origin`.
    pub fn at(&mut self, origin: &Origin) -> &mut Self {
        self.origin = Some(origin.clone());
        self
    }

    /// Adds an instruction.
    pub fn add(&mut self, instruction: impl Into<Instruction>) -> &mut Self {
        self.instructions.push(instruction.into());
        self
    }

    /// Adds `RUN` without mounts.
    pub fn run(&mut self, script: Script) -> &mut Self {
        self.add(InstructionKind::Run(Run { mounts: Vec::new(), script }))
    }

    /// Adds `RUN` with mounts.
    pub fn run_with(&mut self, mounts: &[&str], script: Script) -> &mut Self {
        let mounts = mounts.iter().map(|mount| (*mount).to_owned()).collect();
        self.add(InstructionKind::Run(Run { mounts, script }))
    }

    /// Adds `COPY` from the build context.
    pub fn copy<S: Into<String>>(&mut self, sources: impl IntoIterator<Item = S>, to: impl Into<String>) -> &mut Self {
        let sources = sources.into_iter().map(Into::into).collect();
        self.add(InstructionKind::Copy(Copy { sources, to: to.into(), ..Copy::default() }))
    }

    /// Adds `COPY` from a stage or image.
    pub fn copy_from<S: Into<String>>(
        &mut self,
        from: impl Into<String>,
        sources: impl IntoIterator<Item = S>,
        to: impl Into<String>,
    ) -> &mut Self {
        let sources = sources.into_iter().map(Into::into).collect();
        self.add(InstructionKind::Copy(Copy { from: from.into(), sources, to: to.into(), ..Copy::default() }))
    }
}

impl From<InstructionKind> for Instruction {
    fn from(kind: InstructionKind) -> Self {
        Instruction { kind, comment: None, origin: None }
    }
}

impl Instruction {
    /// The same instruction, with where it came from.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }

    /// The same instruction, under a comment.
    #[must_use]
    pub fn comment(mut self, lines: impl Into<String>) -> Self {
        self.comment = Some(lines.into());
        self
    }
}
