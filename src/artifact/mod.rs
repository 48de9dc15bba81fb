//! The outputs as typed trees: what a file says, who decided each value, and nothing about quoting.

mod anchor;
pub mod chart;
mod convert;
pub mod dockerfile;
mod faults;
mod lines;
pub mod markdown;
mod path;
mod prose;
mod shared;
mod shell;
mod template;
mod tree;

pub use anchor::{Anchor, anchor_of, anchors, links, slug};
pub use chart::{Chart, Flowchart};
pub use dockerfile::Dockerfile;
pub use lines::{Line, LineContent};
pub use markdown::Block;
pub use path::{Found, Missing, Path, PathError, Segment};
pub use prose::told;
pub use shared::Shared;
pub use shell::{Cases, Interpreter, LineKind, Prologue, Script, ScriptLine, Word};
pub(crate) use template::{Piece, pieces};
pub use tree::{Part, Tree, Value, code, fill, github, int, list, map, mixed, null, text};

use crate::source::Origin;

/// A file to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    /// Where it goes, from the project root, with `/`.
    pub path: String,
    /// The group of `--only` it belongs to.
    pub group: Group,
    /// What it says.
    pub body: Body,
    /// The declaration that makes the file exist; values without an origin of their own inherit it.
    pub origin: Origin,
    /// Whether it may be run.
    pub mode: Mode,
    /// Who owns it after it was written.
    pub ownership: Ownership,
    /// The input file that its header names.
    pub made_from: String,
}

impl Artifact {
    /// A plain generated file.
    pub fn new(path: impl Into<String>, group: Group, body: Body, origin: &Origin) -> Self {
        Artifact {
            path: path.into(),
            group,
            body,
            origin: origin.clone(),
            mode: Mode::Plain,
            ownership: Ownership::Generated,
            made_from: "deploy.kdl".to_owned(),
        }
    }

    /// A YAML file of one document.
    pub fn yaml(path: impl Into<String>, group: Group, dialect: Dialect, document: Tree, origin: &Origin) -> Self {
        Self::new(path, group, Body::Yaml { documents: vec![document], dialect }, origin)
    }

    /// A JSON file; `header` is the key that carries the header comment, where the format allows one.
    pub fn json(
        path: impl Into<String>,
        group: Group,
        header: Option<&'static str>,
        tree: Tree,
        origin: &Origin,
    ) -> Self {
        Self::new(path, group, Body::Json { tree, header }, origin)
    }

    /// A bash script that can be run.
    pub fn shell(path: impl Into<String>, group: Group, script: Script, origin: &Origin) -> Self {
        Self::new(path, group, Body::Shell(script), origin).executable()
    }

    /// A TOML file.
    pub fn toml(path: impl Into<String>, group: Group, table: Tree, origin: &Origin) -> Self {
        Self::new(path, group, Body::Toml(table), origin)
    }

    /// A Markdown document.
    pub fn markdown(path: impl Into<String>, group: Group, blocks: Vec<Block>, origin: &Origin) -> Self {
        Self::new(path, group, Body::Markdown(blocks), origin)
    }

    /// The same file, allowed to be run.
    #[must_use]
    pub fn executable(mut self) -> Self {
        self.mode = Mode::Executable;
        self
    }

    /// The same file, written once and then the user's.
    #[must_use]
    pub fn written_once(mut self) -> Self {
        self.ownership = Ownership::WrittenOnce;
        self
    }

    /// The same file, with a header that names `input` instead of `deploy.kdl`.
    #[must_use]
    pub fn made_from(mut self, input: impl Into<String>) -> Self {
        self.made_from = input.into();
        self
    }

    /// The trees of a structured body, in order; empty for prose, scripts and the like.
    pub fn trees(&self) -> &[Tree] {
        match &self.body {
            Body::Yaml { documents, .. } => documents,
            Body::Json { tree, .. } | Body::Toml(tree) => std::slice::from_ref(tree),
            Body::Shell(_) | Body::Markdown(_) | Body::Dockerfile(_) | Body::Lines(_) => &[],
        }
    }

    /// The trees of a structured body, to be changed.
    pub fn trees_mut(&mut self) -> &mut [Tree] {
        match &mut self.body {
            Body::Yaml { documents, .. } => documents,
            Body::Json { tree, .. } | Body::Toml(tree) => std::slice::from_mut(tree),
            Body::Shell(_) | Body::Markdown(_) | Body::Dockerfile(_) | Body::Lines(_) => &mut [],
        }
    }

    /// The tree at `path` (such as `jobs.ci.steps[0].name`) in the first document that has it, with its origin.
    pub fn find(&self, path: &str) -> Option<Found<'_>> {
        let path = Path::parse(path).ok()?;
        self.trees().iter().find_map(|tree| tree.find(&path, &self.origin).ok())
    }
}

/// The groups of files that `--only` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Workflows, scripts around them and their documentation.
    CiCd,
    /// Platform configurations, Dockerfiles, environment schemas.
    Iac,
    /// Dependency documents and update bots.
    Dependencies,
    /// Rules, dashboards, collectors and their documents.
    Observability,
    /// Security documents and scanner configurations.
    ThreatModel,
    /// Runbook, deployment plan, readiness, Day 0.
    Operations,
    /// Cost plan and budgets.
    Cost,
    /// Infrastructure phases.
    Infra,
}

impl Group {
    /// Every group, in the order in which they are shown.
    pub const ALL: [Group; 8] = [
        Group::CiCd,
        Group::Iac,
        Group::Dependencies,
        Group::Observability,
        Group::ThreatModel,
        Group::Operations,
        Group::Cost,
        Group::Infra,
    ];

    /// The name in kebab-case, as `--only` and the lock file write it.
    pub fn name(self) -> &'static str {
        match self {
            Group::CiCd => "ci-cd",
            Group::Iac => "iac",
            Group::Dependencies => "dependencies",
            Group::Observability => "observability",
            Group::ThreatModel => "threat-model",
            Group::Operations => "operations",
            Group::Cost => "cost",
            Group::Infra => "infra",
        }
    }

    /// The group of that name.
    pub fn named(name: &str) -> Option<Group> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }
}

impl std::fmt::Display for Group {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Whether a file may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Read only by others.
    Plain,
    /// Executable for its owner.
    Executable,
}

/// Who owns a file after it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The compiler: it is in the lock, and is rewritten or removed by later builds.
    Generated,
    /// The user: written when it is missing, never touched again.
    WrittenOnce,
}

/// What a file says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// YAML documents in one dialect.
    Yaml {
        /// The documents, in order.
        documents: Vec<Tree>,
        /// What reads the text afterwards.
        dialect: Dialect,
    },
    /// A JSON value.
    Json {
        /// The value.
        tree: Tree,
        /// The key that carries the header comment, where the format allows one.
        header: Option<&'static str>,
    },
    /// A TOML document: a map.
    Toml(Tree),
    /// A document.
    Markdown(Vec<Block>),
    /// A bash script.
    Shell(Script),
    /// A Dockerfile.
    Dockerfile(Dockerfile),
    /// A list of lines.
    Lines(Vec<Line>),
}

/// What reads the scalars of a YAML file after the YAML reader, and therefore what plain text must be escaped for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Nothing: text is text.
    Plain,
    /// GitHub Actions evaluates `${{ … }}` in keys and values.
    GithubWorkflow,
    /// Compose interpolates `$NAME` in values.
    Compose,
    /// Prometheus expands Go templates below `labels` and `annotations`.
    Prometheus,
}
