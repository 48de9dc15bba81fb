//! `deployc graph`: the project as a Mermaid diagram.

use clap::ArgMatches;

use crate::cli::Exit;
use crate::cli::check::compile;
use crate::cli::context::{Context, ProgramTexts, print};
use crate::derive::graph;
use crate::render;

pub(super) fn run(context: &Context, own: &ArgMatches) -> Exit {
    let (root, entry) = match context.project(None) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let compilation = match compile(context, &root, &entry) {
        Ok(compilation) => compilation,
        Err(exit) => return exit,
    };
    if compilation.has_errors() {
        return context.report(&compilation.diagnostics, &ProgramTexts(&compilation.program), serde_json::Map::new());
    }
    let (model, facts) = (&compilation.model, &compilation.facts);
    let chart = match own.get_one::<String>("kind").map(String::as_str) {
        Some("promotion") => graph::promotion(facts),
        Some("pipeline") => graph::pipeline(model, facts),
        Some("trust") => graph::trust(model, facts),
        _ => graph::topology(model, facts),
    };
    print(&render::flowchart(&chart));
    Exit::Fine
}
