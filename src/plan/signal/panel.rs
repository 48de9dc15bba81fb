//! Dashboards as lists of panels: which series each service's board draws, under which id, with which lines.

use std::collections::BTreeSet;

use crate::derive::{EnvironmentFacts, generated_name, shorten};
use crate::model::{self, PanelKind, StdMetric};
use crate::plan::Plan;
use crate::plan::signal::fill::matchers;
use crate::plan::signal::place::{Boards, Readers, series};
use crate::plan::signal::record::{What, board};
use crate::plan::signal::{Objective, Recording, Signal, SignalKind, Subject, Threshold, watched};
use crate::source::Origin;
use crate::standard;

/// The longest uid that Grafana takes.
const UID_LIMIT: usize = 40;

/// A dashboard.
#[derive(Clone, Debug)]
pub struct Board {
    /// Its file below the folder of dashboards, without ending.
    pub file: String,
    /// Its uid, in links.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// Its panels, by row.
    pub panels: Vec<BoardPanel>,
    /// What made it.
    pub origin: Origin,
}

/// A panel.
#[derive(Clone, Debug)]
pub struct BoardPanel {
    /// Its id within the dashboard.
    pub id: u64,
    /// The row it stands in.
    pub row: String,
    /// Its title.
    pub title: String,
    /// What its series mean.
    pub describe: String,
    /// How it is drawn.
    pub kind: PanelKind,
    /// Its unit as Grafana names it.
    pub unit: String,
    /// The query, with `$environment` for the chosen environment.
    pub query: String,
    /// What each line is called.
    pub legend: String,
    /// The series behind it, for those who look for its panel; the environment's label does not matter.
    pub series: Option<Recording>,
    /// The lines: the numbers of the alerts on these series.
    pub lines: Vec<Threshold>,
    /// What made it.
    pub origin: Origin,
}

/// The uid of a service's dashboard.
pub fn service_uid(plan: &Plan<'_>, service: &str) -> String {
    shorten(&generated_name(plan.app(), "service", service, usize::MAX), UID_LIMIT)
}

/// The uid of the dashboard over everything.
pub fn overview_uid(plan: &Plan<'_>) -> String {
    shorten(&format!("{}-overview", plan.app()), UID_LIMIT)
}

/// The uid of the dashboard of objectives.
pub fn slo_uid(plan: &Plan<'_>) -> String {
    shorten(&format!("{}-slo", plan.app()), UID_LIMIT)
}

/// The uid of a dashboard that the project declares.
pub fn own_uid(plan: &Plan<'_>, name: &str) -> String {
    shorten(&format!("{}-board-{name}", plan.app()), UID_LIMIT)
}

/// A series with the environment left to the dashboard's variable, and every other label as it is.
pub(super) fn variable_query(recording: &Recording) -> String {
    let labels: Vec<(String, String)> = recording
        .labels
        .iter()
        .map(|(name, value)| {
            let value = if name == "environment" { "$environment" } else { value };
            (name.clone(), value.to_owned())
        })
        .collect();
    format!("{}{{{}}}", recording.record, matchers(&labels))
}

/// The dashboards of the services that are watched, in file order.
fn service_boards(plan: &Plan<'_>, readers: &Readers<'_>) -> Vec<Board> {
    let environments = watched(plan);
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let workloads = environments.iter().flat_map(|environment| &environment.workloads);
    let names = workloads
        .filter(|workload| super::service_kind(workload.role.value).is_some())
        .map(|workload| workload.name.value.as_str())
        .filter(|name| told.insert(name));
    names.filter_map(|name| service_board(plan, &environments, readers, name)).collect()
}

/// The board is that of the environment which matters most, being released to last.
fn service_board(
    plan: &Plan<'_>,
    environments: &[&EnvironmentFacts],
    readers: &Readers<'_>,
    service: &str,
) -> Option<Board> {
    let (environment, workload) = environments.iter().rev().find_map(|one| Some((one, one.workload(service)?)))?;
    let mut panels = Vec::new();
    let mut shown = board(plan, environment, workload);
    shown.sort_by_key(|one| (row_order(&one.panel.row.value), one.panel.order.value.parse::<u64>().unwrap_or(0)));
    for one in shown {
        let mut panel = panel_of(&one.metric, &one.recording, &one.panel.row.value, one.panel.kind.value);
        if let Some(queue) = one.queue {
            panel.title = format!("{} ({queue})", panel.title);
        }
        panels.push(panel);
    }
    let mut drawn: BTreeSet<String> = panels.iter().filter_map(|panel| panel.series.as_ref()).map(series).collect();
    for signal in readers.about(&environment.name.value, service) {
        if matches!(signal.kind, SignalKind::Burn { .. }) {
            continue;
        }
        for recording in signal.recordings.iter().filter(|recording| recording.what == What::Value) {
            if drawn.insert(series(recording)) {
                panels.push(extra_panel(plan, recording));
            }
        }
    }
    readers.lines(&mut panels, &environment.name.value);
    number(&mut panels);
    Some(Board {
        file: format!("service-{service}"),
        uid: service_uid(plan, service),
        title: format!("{} / {service}", plan.app()),
        panels,
        origin: workload.name.origin.clone(),
    })
}

/// The rows of a service's board, in the order in which they are looked at.
fn row_order(row: &str) -> usize {
    const ROWS: [&str; 5] = ["Requests", "Queue", "Runs", "Saturation", "Instances"];
    ROWS.iter().position(|known| *known == row).unwrap_or(ROWS.len())
}

fn panel_of(metric: &StdMetric, recording: &Recording, row: &str, kind: PanelKind) -> BoardPanel {
    BoardPanel {
        id: 0,
        row: row.to_owned(),
        title: metric.title.value.clone(),
        describe: metric.describe.as_ref().map(|text| text.value.clone()).unwrap_or_default(),
        kind,
        unit: metric.unit.value.clone(),
        query: variable_query(recording),
        legend: metric.title.value.clone(),
        series: Some(recording.clone()),
        lines: Vec::new(),
        origin: recording.origin.clone(),
    }
}

/// A panel for what an alert reads and no other panel shows.
fn extra_panel(plan: &Plan<'_>, recording: &Recording) -> BoardPanel {
    let window = recording.window.map(|window| format!(" over {window}")).unwrap_or_default();
    let labels: Vec<String> =
        recording.labels.iter().skip(3).map(|(name, value)| format!(", {name} {value}")).collect();
    let fact: Option<&'static StdMetric> = standard::get("metric", &recording.metric);
    let mut panel = match &fact {
        Some(fact) => panel_of(fact, recording, "Alerts", PanelKind::Timeseries),
        None => {
            let own = plan.model.declared.metrics.iter().find(|own| own.name.value == recording.metric);
            own_panel(own, recording)
        }
    };
    panel.title = format!("{}{window}{}", panel.title, labels.concat());
    panel
}

fn own_panel(own: Option<&model::Metric>, recording: &Recording) -> BoardPanel {
    let title = own.map_or_else(|| recording.metric.clone(), |own| own.name.value.clone());
    BoardPanel {
        id: 0,
        row: "Alerts".to_owned(),
        describe: own.and_then(|own| own.describe.as_ref()).map(|text| text.value.clone()).unwrap_or_default(),
        kind: PanelKind::Timeseries,
        unit: own.map_or_else(|| "short".to_owned(), |own| super::own::own_unit(own).1),
        query: variable_query(recording),
        legend: title.clone(),
        title,
        series: Some(recording.clone()),
        lines: Vec::new(),
        origin: own.map_or_else(|| recording.origin.clone(), |own| own.origin.clone()),
    }
}

fn number(panels: &mut [BoardPanel]) {
    for (id, panel) in (1..).zip(panels) {
        panel.id = id;
    }
}

/// The dashboard over everything: requests of every service, then resources and domains.
fn overview_board(plan: &Plan<'_>, signals: &[Signal], readers: &Readers<'_>) -> Option<Board> {
    let environments = watched(plan);
    let environment = environments.last()?;
    let mut panels = Vec::new();
    for name in ["traffic", "error_rate", "latency.p95", "up"] {
        let Some(fact) = standard::get::<StdMetric>("metric", name) else { continue };
        let series = environment.workloads.iter().find_map(|workload| {
            let metric = super::metric_named(name);
            super::recording(plan, environment, Subject::Workload(workload), &metric, None)
        });
        let Some(series) = series else { continue };
        let mut panel = panel_of(fact, &series, "Services", PanelKind::Timeseries);
        let labels = [("app".to_owned(), plan.app().to_owned()), ("environment".to_owned(), "$environment".to_owned())];
        panel.query = format!("{}{{{}}}", series.record, matchers(&labels));
        panel.legend = "{{service}}".to_owned();
        panel.series = None;
        panels.push(panel);
    }
    let mut rest: Vec<&Recording> = Vec::new();
    for signal in signals.iter().filter(|signal| signal.environment == environment.name.value) {
        if signal.service.is_none() {
            rest.extend(signal.recordings.iter().filter(|recording| recording.what == What::Value));
        }
    }
    let mut drawn: BTreeSet<String> = BTreeSet::new();
    for recording in rest {
        if !drawn.insert(series(recording)) {
            continue;
        }
        let subject = recording.labels.get(2).map(|(_, value)| format!(" of {value}")).unwrap_or_default();
        let mut panel = extra_panel(plan, recording);
        panel.row = "Resources and domains".to_owned();
        panel.title = format!("{}{subject}", panel.title);
        panels.push(panel);
    }
    if panels.is_empty() {
        return None;
    }
    readers.lines(&mut panels, &environment.name.value);
    number(&mut panels);
    Some(Board {
        file: "overview".to_owned(),
        uid: overview_uid(plan),
        title: format!("{} / overview", plan.app()),
        panels,
        origin: plan.model.app.as_ref().map(|app| app.origin.clone()).unwrap_or_default(),
    })
}

/// The dashboard of objectives: per objective what is left of its budget, and how fast it burns.
fn slo_board(plan: &Plan<'_>) -> Option<Board> {
    let mut told = BTreeSet::new();
    let every = watched(plan).into_iter().flat_map(|environment| plan.objectives(environment));
    let first = every.filter(|objective| told.insert(objective.name.as_str()));
    let mut panels: Vec<BoardPanel> = first.flat_map(objective_panels).collect();
    if panels.is_empty() {
        return None;
    }
    number(&mut panels);
    Some(Board {
        file: "slo".to_owned(),
        uid: slo_uid(plan),
        title: format!("{} / objectives", plan.app()),
        panels,
        origin: Origin::rule("a dashboard of objectives where one is declared"),
    })
}

fn objective_panels(objective: &Objective) -> Vec<BoardPanel> {
    let budget = objective.share.value.rest().number();
    let allowed = super::number_text(budget).unwrap_or_default();
    let row = format!("{}: {} over {}", objective.name, objective.share.value, objective.window.value);
    let panel = |title: &str, describe: String, kind, query: String, series: &Recording| BoardPanel {
        id: 0,
        row: row.clone(),
        title: title.to_owned(),
        describe,
        kind,
        unit: "percentunit".to_owned(),
        query,
        legend: title.to_owned(),
        series: Some(series.clone()),
        lines: Vec::new(),
        origin: objective.origin.clone(),
    };
    let mut panels = vec![panel(
        "Error budget left",
        format!("The share of the error budget of {} that is left.", objective.window.value),
        PanelKind::Stat,
        format!("1 - {} / {allowed}", variable_query(&objective.budget)),
        &objective.budget,
    )];
    for window in &objective.windows {
        let span = window.long.window.map(|window| window.to_string()).unwrap_or_default();
        let mut burn = panel(
            &format!("Bad requests over {span}"),
            format!("The line is {} times the error budget.", window.factor),
            PanelKind::Timeseries,
            variable_query(&window.long),
            &window.long,
        );
        burn.lines.push(Threshold {
            metric: window.long.metric.clone(),
            labels: Vec::new(),
            operator: crate::syntax::expression::Operator::Greater,
            value: window.threshold,
            origin: objective.share.origin.clone(),
        });
        panels.push(burn);
    }
    panels
}

/// The dashboards that the project declares.
fn own_boards(plan: &Plan<'_>, readers: &Readers<'_>) -> Vec<Board> {
    let environments = watched(plan);
    let Some(environment) = environments.last() else { return Vec::new() };
    let declared = &plan.model.declared.dashboards;
    declared.iter().filter_map(|dashboard| own_board(plan, environment, dashboard, readers)).collect()
}

fn own_board(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    dashboard: &model::Dashboard,
    readers: &Readers<'_>,
) -> Option<Board> {
    let mut panels = Vec::new();
    for row in &dashboard.row {
        for panel in &row.panel {
            let series = recordings_of(plan, environment, &panel.metric.value);
            let Some(first) = series.first() else { continue };
            let mut made = extra_panel(plan, first);
            made.row.clone_from(&row.title.value);
            made.title.clone_from(&panel.title.value);
            made.kind = panel.kind.value;
            made.origin = panel.origin.clone();
            if series.len() > 1 {
                let labels =
                    [("app".to_owned(), plan.app().to_owned()), ("environment".to_owned(), "$environment".to_owned())];
                made.query = format!("{}{{{}}}", first.record, matchers(&labels));
                made.legend = "{{service}}".to_owned();
            }
            panels.push(made);
        }
    }
    if panels.is_empty() {
        return None;
    }
    readers.lines(&mut panels, &environment.name.value);
    number(&mut panels);
    Some(Board {
        file: format!("board-{}", dashboard.name.value),
        uid: own_uid(plan, &dashboard.name.value),
        title: format!("{} / {}", plan.app(), dashboard.name.value),
        panels,
        origin: dashboard.origin.clone(),
    })
}

/// The series of a metric in an environment: one per service, resource or domain that has it.
pub fn recordings_of(plan: &Plan<'_>, environment: &EnvironmentFacts, metric: &str) -> Vec<Recording> {
    let mut subjects: Vec<Subject<'_>> = Vec::new();
    let own = plan.setting(environment).metrics.iter().find(|own| own.name.value == metric);
    match own.map(|own| own.service.as_ref().and_then(|name| environment.workload(&name.value))) {
        Some(Some(workload)) => subjects.push(Subject::Workload(workload)),
        Some(None) => subjects.push(Subject::Environment),
        None => {
            subjects.extend(environment.workloads.iter().map(Subject::Workload));
            subjects.extend(plan.setting(environment).resources.iter().map(Subject::Resource));
            subjects.extend(environment.domains().iter().map(|domain| Subject::Domain(domain.value.as_str())));
        }
    }
    let named = super::metric_named(metric);
    subjects.into_iter().filter_map(|subject| super::recording(plan, environment, subject, &named, None)).collect()
}

/// The uid of the dashboard on which a signal is seen, if that is made.
pub fn board_of_signal(plan: &Plan<'_>, signal: &Signal) -> String {
    match (&signal.kind, &signal.service) {
        (SignalKind::Burn { .. }, _) => slo_uid(plan),
        (SignalKind::Default | SignalKind::Declared, Some(service)) => service_uid(plan, service),
        (SignalKind::Default | SignalKind::Declared, None) => overview_uid(plan),
    }
}

/// Every dashboard: overview, services, objectives, the project's own.
pub fn boards(plan: &Plan<'_>, signals: &[Signal]) -> Boards {
    let readers = Readers::of(signals);
    let mut boards: Vec<Board> = overview_board(plan, signals, &readers).into_iter().collect();
    boards.extend(service_boards(plan, &readers));
    boards.extend(slo_board(plan));
    boards.extend(own_boards(plan, &readers));
    Boards::of(boards)
}
