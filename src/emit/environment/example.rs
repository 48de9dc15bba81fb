//! The example of a program's `.env` file: every name with what it is and where it comes from, and no secret value.

use crate::artifact::Line;
use crate::plan::Plan;

use super::{Entry, Program, listed};

/// The lines.
pub(super) fn lines(plan: &Plan<'_>, program: &Program<'_>) -> Vec<Line> {
    let about = [
        "The environment of the ",
        program.kind,
        " ",
        &program.name.value,
        ". Copy this to a file that is not committed, and fill in what is empty.",
    ];
    let mut lines = vec![Line::blank().comment(about.concat())];
    for entry in &program.entries {
        lines.push(line(plan, entry));
    }
    lines
}

fn line(plan: &Plan<'_>, entry: &Entry<'_>) -> Line {
    let value = entry.shown().and_then(|(_, variable)| variable.text()).unwrap_or_default();
    Line::assignment(&entry.name.value, value).comment(comment(plan, entry)).at(&entry.origin())
}

fn comment(plan: &Plan<'_>, entry: &Entry<'_>) -> String {
    let need = if entry.is_required() { "required" } else { "optional" };
    let secret = if entry.is_secret() { ", secret" } else { "" };
    let mut comment = [entry.class(), secret, ", ", need].concat();
    if !entry.everywhere {
        let names: Vec<&str> = entry.held.iter().map(|(environment, _)| environment.name.value.as_str()).collect();
        comment.push_str(", only in ");
        comment.push_str(&listed(&names));
    }
    let sources = entry.sources(plan);
    for (told, names) in &sources {
        comment.push('\n');
        comment.push_str(told);
        if sources.len() > 1 {
            comment.push_str(" in ");
            comment.push_str(&listed(names));
        }
    }
    comment
}
