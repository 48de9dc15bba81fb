//! Lowers every declaration once as it is declared, and once per environment as it is there.

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, code};
use crate::model::{self, Lower, Lowering};
use crate::resolve::removal;
use crate::resolve::shape::described;
use crate::resolve::table::{Declaration, Table};
use crate::resolve::view::{first_text, key_of};
use crate::resolve::{Keyed, LayerKind, View};
use crate::schema::{DOCUMENT, Many};
use crate::source::Sourced;
use crate::syntax;
use crate::syntax::kdl::{NodeRef, Scalar};

/// The declarations of one place: the file itself, or one environment after merging.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Services that exist here.
    pub services: Vec<model::Service>,
    /// Tasks.
    pub tasks: Vec<model::Task>,
    /// Resources.
    pub resources: Vec<model::Resource>,
    /// Secrets.
    pub secrets: Vec<model::Secret>,
    /// Variables.
    pub vars: Vec<model::Var>,
    /// Objectives.
    pub slos: Vec<model::Slo>,
    /// Alerts the user declared.
    pub alerts: Vec<model::Alert>,
    /// Metrics the user declared.
    pub metrics: Vec<model::Metric>,
    /// Dashboards the user declared.
    pub dashboards: Vec<model::Dashboard>,
    /// Strategies.
    pub strategies: Vec<model::Strategy>,
    /// Runbook entries the user declared.
    pub runbooks: Vec<model::Runbook>,
    /// Controls the user declared.
    pub controls: Vec<model::Control>,
    /// Checklists the user declared.
    pub checklists: Vec<model::Checklist>,
    /// Infrastructure plans.
    pub infras: Vec<model::Infra>,
    /// Platforms of the user's own.
    pub platforms: Vec<model::Platform>,
    /// Where signals go.
    pub observe: Option<model::Observe>,
    /// Where each name stands in its list.
    places: Places,
}

/// The places of what is often asked for by name; of two declarations of one name, which is an error, the first.
#[derive(Clone, Debug, Default)]
struct Places {
    resources: BTreeMap<String, usize>,
    secrets: BTreeMap<String, usize>,
    strategies: BTreeMap<String, usize>,
}

impl Places {
    fn of<'n>(names: impl Iterator<Item = &'n Sourced<String>>) -> BTreeMap<String, usize> {
        let mut places = BTreeMap::new();
        for (place, name) in names.enumerate() {
            places.entry(name.value.clone()).or_insert(place);
        }
        places
    }
}

impl Setting {
    /// The resource of a name.
    pub fn resource(&self, name: &str) -> Option<&model::Resource> {
        self.resources.get(*self.places.resources.get(name)?)
    }

    /// The secret of a name.
    pub fn secret(&self, name: &str) -> Option<&model::Secret> {
        self.secrets.get(*self.places.secrets.get(name)?)
    }

    /// The strategy of a name.
    pub fn strategy(&self, name: &str) -> Option<&model::Strategy> {
        self.strategies.get(*self.places.strategies.get(name)?)
    }
}

/// The whole program, typed and merged.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The application.
    pub app: Option<model::App>,
    /// The edition that the file names.
    pub edition: Option<crate::source::Sourced<String>>,
    /// The pipeline.
    pub pipeline: Option<model::Pipeline>,
    /// Threats.
    pub threats: Option<model::Threats>,
    /// Costs.
    pub cost: Option<model::Cost>,
    /// Dependency policy.
    pub dependencies: Option<model::Dependencies>,
    /// Where and how outputs are written.
    pub output: Option<model::Output>,
    /// The declarations as written, before any environment.
    pub declared: Setting,
    /// The findings that the user accepts.
    pub allows: Vec<crate::resolve::Allow>,
    /// The environments in file order, each with the declarations as they are there.
    pub environments: Vec<(model::Environment, Setting)>,
    /// What the project pins.
    pub pins: crate::resolve::Pins,
}

/// Lowers everything.
pub fn assemble(table: &Table<'_>, diagnostics: &mut Vec<Diagnostic>) -> Model {
    let mut model = Model {
        app: single(table, "app", diagnostics),
        edition: None,
        pipeline: single(table, "pipeline", diagnostics),
        threats: single(table, "threats", diagnostics),
        cost: single(table, "cost", diagnostics),
        dependencies: single(table, "dependencies", diagnostics),
        output: single(table, "output", diagnostics),
        declared: setting(table, None, diagnostics),
        environments: Vec::new(),
        allows: Vec::new(),
        pins: crate::resolve::Pins::default(),
    };
    model.edition = table.single("edition").last().and_then(|node| {
        let (text, span) = first_text(*node)?;
        Some(crate::source::Sourced::new(text.to_owned(), span))
    });
    for declaration in table.of_kind("environment") {
        let view = table.view(declaration, &[]);
        removal::check(&view, diagnostics);
        let environment: model::Environment = Lowering::new(diagnostics).node(&view);
        let overlay = Overlay::of(table, declaration, &view, diagnostics);
        let here = setting(table, Some(&overlay), diagnostics);
        model.environments.push((environment, here));
    }
    model
}

fn single<T: Lower>(table: &Table<'_>, kind: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
    single_with(table, kind, None, diagnostics)
}

fn single_with<T: Lower>(
    table: &Table<'_>,
    kind: &str,
    overlay: Option<&Overlay<'_>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<T> {
    let over = overlay.and_then(|overlay| overlay.singles.get(kind)).map_or(&[][..], Vec::as_slice);
    let mut nodes = table.single(kind).iter().chain(over);
    let mut view = View::new(T::SHAPE, *nodes.next()?, table);
    for node in nodes {
        view.push(*node, LayerKind::Overlay, table);
    }
    removal::check(&view, diagnostics);
    Some(Lowering::new(diagnostics).node(&view))
}

/// What one environment lays over the declarations.
struct Overlay<'d> {
    name: &'d str,
    nodes: BTreeMap<(&'static str, &'d str), Vec<NodeRef<'d>>>,
    singles: BTreeMap<&'static str, Vec<NodeRef<'d>>>,
    removed: Vec<(&'static str, &'d str, NodeRef<'d>)>,
}

impl<'d> Overlay<'d> {
    fn of(
        table: &Table<'d>,
        declaration: &Declaration<'d>,
        view: &View<'d>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut overlay =
            Overlay { name: declaration.name, nodes: BTreeMap::new(), singles: BTreeMap::new(), removed: Vec::new() };
        let own = view.shape.children;
        for node in view.layers.iter().flat_map(|layer| layer.node.children()) {
            if node.name() == "-" {
                overlay.remove(table, node, diagnostics);
                continue;
            }
            if let Some(child) = DOCUMENT.children.iter().find(|child| child.name == node.name()) {
                if child.many == Many::One {
                    overlay.singles.entry(child.name).or_default().push(node);
                } else if described(view.shape, child.name).is_some()
                    && !own.iter().any(|known| known.name == node.name())
                {
                    overlay.lay(table, child.name, node, diagnostics);
                }
            }
        }
        overlay
    }

    /// The node that takes a declaration away.
    fn removal_of(&self, kind: &str, name: &str) -> Option<NodeRef<'d>> {
        self.removed.iter().find(|(of, what, _)| *of == kind && *what == name).map(|(_, _, node)| *node)
    }

    fn lay(&mut self, table: &Table<'d>, kind: &'static str, node: NodeRef<'d>, diagnostics: &mut Vec<Diagnostic>) {
        let key = key_of(node, Keyed::ByArgument);
        if table.find(kind, key).is_none() {
            let span = first_text(node).map_or(node.name_span(), |(_, span)| span);
            let near = crate::nearest::nearest(key, table.of_kind(kind).map(|one| one.name));
            let diagnostic = Diagnostic::new(
                code::NAME_UNKNOWN_REFERENCE,
                span,
                format!("there is no {kind} `{key}` to change here"),
            );
            diagnostics.push(match near {
                Some(near) => diagnostic.meant(near, format!("\"{near}\"")),
                None => diagnostic
                    .label("not declared at the top level")
                    .help(format!("declare `{kind} \"{key}\"` at the top level; with `only \"{}\"` it exists in this environment alone", self.name)),
            });
            return;
        }
        self.nodes.entry((kind, key)).or_default().push(node);
    }

    fn remove(&mut self, table: &Table<'d>, node: NodeRef<'d>, diagnostics: &mut Vec<Diagnostic>) {
        let words: Vec<&'d str> = node.args().filter_map(|entry| syntax::string(entry.value())).collect();
        let [kind, name] = words.as_slice() else { return };
        let Some(child) = DOCUMENT.children.iter().find(|child| child.name == *kind && child.many != Many::One) else {
            return;
        };
        if table.find(kind, name).is_none() {
            let place = node.args().last().map_or(node.head_span(), |entry| entry.value_span());
            let message = format!("there is no {kind} `{name}` to remove");
            let diagnostic = Diagnostic::new(code::NAME_REMOVES_NOTHING, place, message);
            diagnostics.push(match crate::nearest::nearest(name, table.of_kind(kind).map(|one| one.name)) {
                Some(near) => diagnostic.meant(near, syntax::quoted(near)),
                None => diagnostic.label("nothing of this name is declared").help("remove this line"),
            });
            return;
        }
        self.removed.push((child.name, name, node));
    }
}

/// A removal of what `only` keeps out of the environment anyway.
fn left_out_already(removal: NodeRef<'_>, kind: &str, declaration: &Declaration<'_>) -> Diagnostic {
    let place = removal.args().last().map_or(removal.head_span(), |entry| entry.value_span());
    let name = declaration.name;
    Diagnostic::new(code::NAME_REMOVES_NOTHING, place, format!("{kind} `{name}` does not exist here anyway"))
        .label("already left out")
        .also(declaration.place, "its `only` names other environments")
        .help("remove this line")
}

fn setting(table: &Table<'_>, overlay: Option<&Overlay<'_>>, diagnostics: &mut Vec<Diagnostic>) -> Setting {
    let mut setting = Setting {
        services: declared(table, "service", overlay, diagnostics),
        tasks: declared(table, "task", overlay, diagnostics),
        resources: declared(table, "resource", overlay, diagnostics),
        secrets: declared(table, "secret", overlay, diagnostics),
        vars: declared(table, "var", overlay, diagnostics),
        slos: declared(table, "slo", overlay, diagnostics),
        alerts: declared(table, "alert", overlay, diagnostics),
        metrics: declared(table, "metric", overlay, diagnostics),
        dashboards: declared(table, "dashboard", overlay, diagnostics),
        strategies: declared(table, "strategy", overlay, diagnostics),
        runbooks: declared(table, "runbook", overlay, diagnostics),
        controls: declared(table, "control", overlay, diagnostics),
        checklists: declared(table, "checklist", overlay, diagnostics),
        infras: declared(table, "infra", overlay, diagnostics),
        platforms: declared(table, "platform", overlay, diagnostics),
        observe: single_with(table, "observe", overlay, diagnostics),
        places: Places::default(),
    };
    setting.places = Places {
        resources: Places::of(setting.resources.iter().map(|one| &one.name)),
        secrets: Places::of(setting.secrets.iter().map(|one| &one.name)),
        strategies: Places::of(setting.strategies.iter().map(|one| &one.name)),
    };
    setting
}

fn declared<T: Lower>(
    table: &Table<'_>,
    kind: &'static str,
    overlay: Option<&Overlay<'_>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<T> {
    let mut all = Vec::new();
    for declaration in table.of_kind(kind) {
        let mut over: &[NodeRef<'_>] = &[];
        if let Some(overlay) = overlay {
            if let Some(removal) = overlay.removal_of(kind, declaration.name) {
                if left_out(&table.view(declaration, &[]), overlay.name) {
                    diagnostics.push(left_out_already(removal, kind, declaration));
                }
                continue;
            }
            over = overlay.nodes.get(&(kind, declaration.name)).map_or(&[], Vec::as_slice);
        }
        let view = table.view(declaration, over);
        if overlay.is_some_and(|overlay| left_out(&view, overlay.name)) {
            continue;
        }
        removal::check(&view, diagnostics);
        all.push(Lowering::new(diagnostics).node(&view));
    }
    all
}

/// Whether `only` keeps the declaration out of this environment.
fn left_out(view: &View<'_>, environment: &str) -> bool {
    let Some(child) = view.shape.children.iter().find(|child| child.name == "only") else { return false };
    let only = view.children(child);
    !only.is_empty()
        && !only.iter().any(|one| one.args_from(0).iter().any(|entry| entry.value() == Scalar::String(environment)))
}
