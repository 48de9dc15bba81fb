//! Trust boundaries: the diagram, what stands inside of each, and what crosses them.

use crate::artifact::Flowchart;
use crate::artifact::chart::{Direction, Line, Shape};
use crate::artifact::markdown::{Block, Inline, Prose, paragraph, prose, row, table};
use crate::emit::paper::{always, code, names};
use crate::plan::Plan;
use crate::plan::threat::places;
use crate::plan::threat::zone::{Component, Flow, Look, System, Zone, system};

pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let system = system(plan);
    let origin = always("a diagram of what is declared");
    let mut out = Vec::new();
    if let Some(first) = places(plan).first() {
        let words = prose(
            "As it is in {place}; what is only elsewhere is drawn as it is there. Frames are trust boundaries, dotted lines cross one.",
            &[("place", code(&first.name.value))],
        );
        out.push(paragraph(words).at(&first.name.origin));
    }
    out.push(Block::from(chart(&system)).at(&origin));
    out.push(zones(&system));
    out.push(flows(&system));
    out
}

/// The diagram of a system.
pub(crate) fn chart(system: &System) -> Flowchart {
    let mut chart = Flowchart::new(Direction::Right);
    for zone in system.zones.iter().filter(|zone| zone.parent.is_none()) {
        frame(system, zone, &mut chart);
    }
    for flow in &system.flows {
        let line = if system.crossing(flow).is_some() { Line::Dotted } else { Line::Solid };
        chart.edge_as(flow.from.as_str(), flow.to.as_str(), label(flow), line);
    }
    chart
}

fn frame(system: &System, zone: &Zone, chart: &mut Flowchart) {
    let own: Vec<&Component> = system.components.iter().filter(|component| component.zone == zone.key).collect();
    // Somebody outside is a boundary and needs no frame.
    if let [only] = own.as_slice()
        && only.look == Look::Outside
    {
        node(only, chart);
        return;
    }
    let inner: Vec<&Zone> = system.zones.iter().filter(|inner| inner.parent.as_ref() == Some(&zone.key)).collect();
    if own.is_empty() && inner.is_empty() {
        return;
    }
    chart.group(title(zone), |chart| {
        own.iter().for_each(|component| node(component, chart));
        inner.iter().for_each(|inner| frame(system, inner, chart));
    });
}

fn title(zone: &Zone) -> String {
    match zone.trust {
        Some(trust) => [&zone.name, " (trust ", &trust.to_string(), ")"].concat(),
        None => zone.name.clone(),
    }
}

fn node(component: &Component, chart: &mut Flowchart) {
    let (shape, label) = match component.look {
        Look::Outside => (Shape::Circle, component.name.clone()),
        Look::Answers => (Shape::Box, [&component.name, " (", &component.kind, ")"].concat()),
        Look::Works => (Shape::Round, [&component.name, " (", &component.kind, ")"].concat()),
        Look::Stores => (Shape::Database, [&component.name, " (", &component.kind, ")"].concat()),
    };
    chart.node(component.key.as_str(), label, shape);
}

/// What is written at a line: the protocol, else what moves.
fn label(flow: &Flow) -> String {
    match (flow.over.as_str(), &flow.auth) {
        ("", _) => flow.carries.shown(),
        (over, Some(auth)) => [over, ", ", auth].concat(),
        (over, None) => over.to_owned(),
    }
}

fn zones(system: &System) -> Block {
    let rows = system.zones.iter().filter_map(|zone| {
        let own: Vec<&Component> = system.components.iter().filter(|component| component.zone == zone.key).collect();
        let is_outside = own.iter().all(|component| component.look == Look::Outside);
        let holds = match is_outside {
            true if own.is_empty() => return None,
            true => "anybody".into(),
            false => names(own.iter().map(|component| component.name.as_str())),
        };
        let within = zone.parent.as_ref().and_then(|parent| system.zone(parent));
        let trust = zone.trust.or(within.and_then(|within| within.trust));
        let origin = zone.origin.clone().with_all(own.iter().map(|component| &component.origin));
        let trust = trust.map_or_else(|| "not declared".to_owned(), |trust| trust.to_string());
        Some(row([Prose::from(system.title(zone)), trust.into(), holds, zone.why.into()]).at(&origin))
    });
    table(["Boundary", "Trust", "Holds", "Because"]).rows(rows)
}

fn flows(system: &System) -> Block {
    let rows = system.flows.iter().map(|flow| {
        let name = |key: &str| {
            let component = system.component(key);
            component.map_or_else(Prose::default, |component| Inline::code(&component.name).into())
        };
        let crossing = system.crossing(flow).map(|(from, to)| [&system.title(from), " → ", &system.title(to)].concat());
        row([
            name(&flow.from),
            name(&flow.to),
            flow.over.as_str().into(),
            flow.auth.as_deref().unwrap_or_default().into(),
            flow.carries.clone(),
            crossing.unwrap_or_default().into(),
        ])
        .at(&flow.origin)
    });
    table(["From", "To", "Over", "Sender proved by", "Carries", "Crosses"]).rows(rows)
}
