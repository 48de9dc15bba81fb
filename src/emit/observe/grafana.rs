//! Dashboards for Grafana: what each alert sees, with its number as a line.

use std::collections::BTreeMap;

use crate::artifact::{Artifact, Group, Tree, Value, int, list, map, null, text};
use crate::derive::EnvironmentFacts;
use crate::model::{DashboardBackend, PanelKind};
use crate::plan::Plan;
use crate::plan::link;
use crate::plan::signal::{Board, BoardPanel, Signal, board_of_signal, number_text, watched, watched_origin};
use crate::source::Origin;
use crate::syntax::expression::Operator;

/// The folder.
pub(super) const FOLDER: &str = "deploy/observability/grafana";

/// The version of the dashboard format.
const SCHEMA: i64 = 42;

/// The width and height of a panel, of 24 columns.
const WIDTH: i64 = 8;
const HEIGHT: i64 = 8;

/// Adds a file for each dashboard, unless another tool shows them.
pub(super) fn emit(plan: &Plan<'_>, boards: &[Board], signals: &[Signal], artifacts: &mut Vec<Artifact>) {
    let environments = watched(plan);
    let Some(last) = environments.last() else { return };
    let tool = plan.observe(last).and_then(|observe| observe.dashboards.as_ref());
    if tool.is_some_and(|tool| tool.backend.value != DashboardBackend::Grafana) {
        return;
    }
    // Sorted once: there are as many dashboards as services, and more signals.
    let mut shown: BTreeMap<String, Vec<&Signal>> = BTreeMap::new();
    for signal in signals {
        shown.entry(board_of_signal(plan, signal)).or_default().push(signal);
    }
    for board in boards {
        let path = format!("{FOLDER}/{}.json", board.file);
        let tree = dashboard(plan, board, shown.get(&board.uid).map_or(&[], Vec::as_slice));
        // The overview stands for the whole project; no single declaration makes its frame.
        let origin = if board.file == "overview" {
            Origin::rule("every project that is watched has an overview")
        } else {
            board.origin.clone()
        };
        artifacts.push(Artifact::json(path, Group::Observability, None, tree.at(&origin), &origin));
    }
}

fn flag(value: Flag) -> Tree {
    Tree::from(Value::Bool(value == Flag::On))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    On,
    Off,
}

fn source() -> Tree {
    map().put("type", text("prometheus")).put("uid", text("${datasource}"))
}

fn dashboard(plan: &Plan<'_>, board: &Board, signals: &[&Signal]) -> Tree {
    let rule = Origin::rule("what every dashboard has");
    map()
        .put("uid", text(board.uid.clone()))
        .put("title", text(board.title.clone()))
        .put("description", text("Made by deployc from deploy.kdl. Edit deploy.kdl and run `deployc build`."))
        .put("tags", list(["deployc".to_owned(), plan.app().to_owned()].map(text)))
        .put("schemaVersion", int(SCHEMA).at(&rule))
        .put("editable", flag(Flag::Off).at(&rule))
        .put("graphTooltip", int(1).at(&rule))
        .put("refresh", text("1m").at(&rule))
        .put("time", map().put("from", text("now-6h")).put("to", text("now")).at(&rule))
        .put("timezone", text("utc").at(&rule))
        .put("annotations", map().put("list", list(Vec::<Tree>::new())).at(&rule))
        .put("templating", map().put("list", variables(plan)))
        .put_filled("links", list(links(plan, signals)))
        .put("panels", list(panels(board)))
        .at(&board.origin)
}

/// Where the data is, and which environment is looked at.
fn variables(plan: &Plan<'_>) -> Vec<Tree> {
    let environments = watched(plan);
    let names: Vec<&str> = environments.iter().map(|environment| environment.name.value.as_str()).collect();
    let chosen = names.last().copied().unwrap_or_default();
    let all = watched_origin(plan).unwrap_or_default();
    // Which one is chosen hangs on all of them.
    let option = |environment: &EnvironmentFacts| {
        let (name, own) = (environment.name.value.as_str(), &environment.name.origin);
        let selected = if name == chosen { flag(Flag::On).at(&all) } else { flag(Flag::Off) };
        map().put("selected", selected).put("text", text(name).at(own)).put("value", text(name).at(own))
    };
    let rule = Origin::rule("what every dashboard has");
    let data = map()
        .put("name", text("datasource"))
        .put("label", text("Data source"))
        .put("type", text("datasource"))
        .put("query", text("prometheus"))
        .at(&rule);
    let environment = map()
        .put("name", text("environment"))
        .put("label", text("Environment"))
        .put("type", text("custom"))
        .put("query", text(names.join(",")))
        .put_some("current", environments.last().map(|last| option(last)))
        .put("options", list(environments.iter().map(|one| option(one).at(&one.name.origin))))
        .at(&all);
    vec![data, environment]
}

/// The runbook entries of the alerts that a dashboard shows.
fn links(plan: &Plan<'_>, signals: &[&Signal]) -> Vec<Tree> {
    let mut links = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for signal in signals {
        let Some(runbook) = signal.runbook.as_ref() else { continue };
        let Some(url) = link::runbook_url(&runbook.value, plan) else { continue };
        if !known.contains(&url) {
            links.push(
                map()
                    .put("title", text(link::runbook_title(&runbook.value, plan)))
                    .put("type", text("link"))
                    .put("icon", text("doc"))
                    .put("tooltip", text("What to do when its alert fires"))
                    .put("url", text(url.clone()))
                    .put("tags", list(Vec::<Tree>::new()))
                    .put("asDropdown", flag(Flag::Off))
                    .put("includeVars", flag(Flag::Off))
                    .put("keepTime", flag(Flag::Off))
                    .put("targetBlank", flag(Flag::On))
                    .at(&runbook.origin),
            );
            known.push(url);
        }
    }
    links
}

fn panels(board: &Board) -> Vec<Tree> {
    let mut panels = Vec::new();
    let mut row: Option<&str> = None;
    let (mut x, mut y) = (0, 0);
    // Ids of rows lie beyond those of panels, which links name.
    let mut rows = i64::try_from(board.panels.len()).unwrap_or(0);
    for panel in &board.panels {
        if row != Some(panel.row.as_str()) {
            if x > 0 {
                (x, y) = (0, y + HEIGHT);
            }
            rows += 1;
            panels.push(row_panel(panel, rows, y));
            y += 1;
            row = Some(&panel.row);
        }
        panels.push(one_panel(panel, x, y));
        x += WIDTH;
        if x >= 24 {
            (x, y) = (0, y + HEIGHT);
        }
    }
    panels
}

fn place(x: i64, y: i64, w: i64, h: i64) -> Tree {
    map().put("h", int(h)).put("w", int(w)).put("x", int(x)).put("y", int(y)).at(&in_order())
}

/// Where a panel stands and how it is numbered hangs on all panels before it.
fn in_order() -> Origin {
    Origin::rule("panels are numbered and placed in their order, three in a row")
}

fn row_panel(panel: &BoardPanel, id: i64, y: i64) -> Tree {
    map()
        .put("id", int(id).at(&in_order()))
        .put("type", text("row"))
        .put("title", text(panel.row.clone()))
        .put("collapsed", flag(Flag::Off))
        .put("gridPos", place(0, y, 24, 1))
        .put("panels", list(Vec::<Tree>::new()))
        .at(&panel.origin)
}

fn one_panel(panel: &BoardPanel, x: i64, y: i64) -> Tree {
    let kind = match panel.kind {
        PanelKind::Timeseries => "timeseries",
        PanelKind::Stat => "stat",
        PanelKind::Gauge => "gauge",
        PanelKind::Table => "table",
        PanelKind::Heatmap => "heatmap",
    };
    let target = map()
        .put("refId", text("A"))
        .put("datasource", source())
        .put("expr", text(panel.query.clone()))
        .put("legendFormat", text(panel.legend.clone()));
    let mut defaults = map().put("unit", text(panel.unit.clone())).put("thresholds", thresholds(panel));
    if !panel.lines.is_empty() && panel.kind == PanelKind::Timeseries {
        defaults = defaults.put("custom", map().put("thresholdsStyle", map().put("mode", text("line"))));
    }
    map()
        .put("id", int(i64::try_from(panel.id).unwrap_or(0)).at(&in_order()))
        .put("type", text(kind))
        .put("title", text(panel.title.clone()))
        .put("description", text(panel.describe.clone()))
        .put("gridPos", place(x, y, WIDTH, HEIGHT))
        .put("datasource", source())
        .put("targets", list([target]))
        .put("fieldConfig", map().put("defaults", defaults).put("overrides", list(Vec::<Tree>::new())))
        .at(&panel.origin)
}

/// Green and red, the border being the number of the alert, on the side where it fires.
fn thresholds(panel: &BoardPanel) -> Tree {
    let below = panel.lines.first().is_some_and(|line| match line.operator {
        Operator::Less | Operator::LessOrEqual => true,
        Operator::Greater | Operator::GreaterOrEqual | Operator::Equal | Operator::NotEqual => false,
    });
    let (base, beyond) = match (panel.lines.is_empty(), below) {
        (true, _) | (false, false) => ("green", "red"),
        (false, true) => ("red", "green"),
    };
    let mut steps = vec![map().put("color", text(base)).put("value", null())];
    let mut lines: Vec<_> = panel.lines.iter().collect();
    lines.sort_by_key(|line| line.value);
    for line in lines {
        let number = Value::Decimal(number_text(line.value).unwrap_or_default().into());
        steps.push(map().put("color", text(beyond)).put("value", Tree::from(number).at(&line.origin)));
    }
    map().put("mode", text("absolute")).put("steps", list(steps))
}
