//! The Mermaid printer: labels cannot break out of their quotes, and keys never reach the text.

use std::collections::BTreeMap;

use super::characters;
use crate::artifact::chart::{Chart, ChartKind, Direction, Flowchart, Line, Node, Shape};

/// The lines of a diagram of nodes and edges.
pub(super) fn flowchart(chart: &Flowchart) -> Vec<String> {
    let direction = match chart.direction {
        Direction::Right => "LR",
        Direction::Down => "TD",
    };
    let numbers: BTreeMap<&str, usize> =
        chart.nodes.iter().enumerate().map(|(number, node)| (node.key.as_str(), number)).collect();
    let mut lines = vec![["flowchart ", direction].concat()];
    inside(chart, None, 1, &mut lines);
    for edge in &chart.edges {
        let (Some(from), Some(to)) = (numbers.get(edge.from.as_str()), numbers.get(edge.to.as_str())) else { continue };
        let arrow = match edge.line {
            Line::Solid => "-->",
            Line::Dotted => "-.->",
            Line::Thick => "==>",
        };
        let label =
            if edge.label.trim().is_empty() { String::new() } else { ["|\"", &label(&edge.label), "\"|"].concat() };
        lines.push(format!("  n{from} {arrow}{label} n{to}"));
    }
    lines
}

/// The nodes and frames of one frame.
fn inside(chart: &Flowchart, group: Option<usize>, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    for (number, node) in chart.nodes.iter().enumerate().filter(|(_, node)| node.group == group) {
        lines.push(format!("{indent}n{number}{}", shaped(node)));
    }
    for (number, frame) in chart.groups.iter().enumerate().filter(|(_, frame)| frame.parent == group) {
        lines.push(format!("{indent}subgraph g{number}[\"{}\"]", label(&frame.label)));
        inside(chart, Some(number), depth + 1, lines);
        lines.push([&indent, "end"].concat());
    }
}

fn shaped(node: &Node) -> String {
    let (open, close) = match node.shape {
        Shape::Box => ("[\"", "\"]"),
        Shape::Round => ("(\"", "\")"),
        Shape::Database => ("[(\"", "\")]"),
        Shape::Circle => ("((\"", "\"))"),
        Shape::Decision => ("{\"", "\"}"),
        Shape::Gate => ("{{\"", "\"}}"),
    };
    [open, &label(&node.label), close].concat()
}

/// The lines of a chart of numbers.
pub(super) fn chart(chart: &Chart) -> Vec<String> {
    match &chart.kind {
        ChartKind::Pie => {
            let mut lines = vec![["pie title ", &label(&chart.title)].concat()];
            let shown = chart.points.iter().filter(|(_, number)| *number > 0.0);
            lines.extend(shown.map(|(name, number)| format!("  \"{}\" : {}", label(name), decimal(*number))));
            lines
        }
        ChartKind::Bars(axis) => {
            let names: Vec<String> = chart.points.iter().map(|(name, _)| quoted(name)).collect();
            let numbers: Vec<String> = chart.points.iter().map(|(_, number)| decimal(*number)).collect();
            vec![
                "xychart-beta".to_owned(),
                ["  title ", &quoted(&chart.title)].concat(),
                ["  x-axis [", &names.join(", "), "]"].concat(),
                ["  y-axis ", &quoted(axis)].concat(),
                ["  bar [", &numbers.join(", "), "]"].concat(),
            ]
        }
    }
}

fn quoted(text: &str) -> String {
    ["\"", &label(text), "\""].concat()
}

/// A number without an exponent; what is not finite is nothing.
fn decimal(number: f64) -> String {
    if number.is_finite() { number.to_string() } else { "0".to_owned() }
}

/// Data inside the quotes of Mermaid: what it, its Markdown or HTML would take for a mark is written as a number.
fn label(text: &str) -> String {
    let line = characters::one_line(text.trim());
    if line.is_empty() {
        return " ".to_owned();
    }
    let mut out = String::with_capacity(line.len());
    let digits = line.len() - line.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
    for (place, character) in line.char_indices() {
        let starts_list = (place == 0 && matches!(character, '-' | '+')) || (digits > 0 && place == digits);
        let mark = matches!(character, '"' | '#' | '&' | '<' | '>' | '`' | '*' | '_' | '~' | '\\' | '%' | '$' | ';')
            || matches!(character, '{' | '}' | '[' | ']' | '|')
            || (starts_list && matches!(character, '-' | '+' | '.' | ')'));
        if mark {
            out.push_str(&format!("#{};", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    out
}
