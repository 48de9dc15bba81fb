//! Mistakes in the compiler's own templates, found in finished artifacts by its tests.

use super::dockerfile::InstructionKind;
use super::markdown::BlockKind;
use super::{Artifact, Block, Body, Script, Tree, Value};

impl Artifact {
    /// What the compiler's own templates got wrong in this file: holes that nobody fills, words without a hole, values
    /// that the format cannot hold. Empty in every file of a correct compiler.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        match &self.body {
            Body::Yaml { .. } | Body::Json { .. } | Body::Toml(_) => {
                self.trees().iter().for_each(|tree| of_tree(tree, &mut faults));
            }
            Body::Markdown(blocks) => of_blocks(blocks, &mut faults),
            Body::Shell(script) => of_script(script, &mut faults),
            Body::Dockerfile(file) => {
                faults.extend(file.faults());
                for instruction in file.stages.iter().flat_map(|stage| &stage.instructions) {
                    if let InstructionKind::Run(run) = &instruction.kind {
                        of_script(&run.script, &mut faults);
                    }
                }
            }
            Body::Lines(_) => {}
        }
        faults
    }
}

fn of_script(script: &Script, faults: &mut Vec<String>) {
    faults.extend(script.faults());
}

fn of_tree(tree: &Tree, faults: &mut Vec<String>) {
    match &tree.value {
        Value::Script(script) => of_script(script, faults),
        Value::List(items) => items.iter().for_each(|item| of_tree(item, faults)),
        Value::Map(entries) => entries.iter().for_each(|(_, value)| of_tree(value, faults)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Decimal(_) | Value::Text(_) | Value::Mixed(_) => {}
    }
}

fn of_blocks(blocks: &[Block], faults: &mut Vec<String>) {
    for block in blocks {
        match &block.kind {
            BlockKind::Shell(script) => of_script(script, faults),
            BlockKind::Quote(inner) => of_blocks(inner, faults),
            BlockKind::List { items, .. } => items.iter().for_each(|item| of_blocks(&item.children, faults)),
            BlockKind::Table { columns, rows } => {
                let wide = rows.iter().filter(|row| row.cells.len() > columns.len()).count();
                faults.extend((wide > 0).then(|| format!("{wide} rows of a table have more cells than columns")));
            }
            BlockKind::Heading { .. }
            | BlockKind::Paragraph(_)
            | BlockKind::Code { .. }
            | BlockKind::Flowchart(_)
            | BlockKind::Chart(_) => {}
        }
    }
}
