//! From documents to the typed model: imports, names, presets, overlays.

mod assemble;
mod load;
mod names;
mod removal;
mod shape;
mod table;
mod typing;
mod view;

pub use assemble::{Model, Setting, assemble};
pub use load::{Program, ProgramFile, Unreadable, join, load};
pub use names::base;
pub use shape::{Allow, Judged, Role, Typed, judge, judge_as};
pub use table::{Declaration, Table};
pub use typing::{type_name, value_error};
pub use view::{Keyed, Layer, LayerKind, Presets, View, key_of};

use crate::diag::Diagnostic;
use crate::syntax::kdl::NodeRef;

/// No presets: for the standard library's own declarations.
pub struct NoPresets;

impl<'d> Presets<'d> for NoPresets {
    fn preset(&self, _name: &str) -> Option<NodeRef<'d>> {
        None
    }
}

/// A program that was judged and merged.
pub struct Resolution<'d> {
    /// The typed model. It is there even when there are mistakes: what could not be read is a placeholder.
    pub model: Model,
    /// Every well-formed value of the program with its place in the grammar, for checks of what is written.
    pub values: Vec<Typed<'d>>,
    /// The names of the program.
    pub table: Table<'d>,
}

/// Judges and merges a loaded program.
pub fn resolve<'d>(program: &'d Program, diagnostics: &mut Vec<Diagnostic>) -> Resolution<'d> {
    let mut judged = Judged::default();
    for (index, file) in program.files.iter().enumerate() {
        let role = if index == 0 { Role::Entry } else { Role::Imported };
        judge(&file.document, role, &mut judged);
    }
    diagnostics.append(&mut judged.diagnostics);
    let mut table = Table::collect(program, diagnostics);
    table.nest(&judged.nested);
    names::check(&table, &judged.values, diagnostics);
    let mut model = assemble(&table, diagnostics);
    model.allows = judged.allows;
    Resolution { model, values: judged.values, table }
}
