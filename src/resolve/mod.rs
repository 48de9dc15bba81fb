//! From documents to the typed model: imports, names, presets, overlays.

mod assemble;
mod currency;
mod form;
mod line;
mod load;
mod names;
mod pin;
mod removal;
mod shape;
mod table;
mod template;
mod typing;
mod unknown;
mod view;

pub use assemble::{Model, Setting, assemble};
pub use form::is_address;
pub use load::{Program, ProgramFile, Unreadable, join, load};
pub use names::base;
pub use pin::{MANAGER_VERSION, PINS, Pin, Pins, pinned, repository};
pub use shape::{Allow, Judged, Role, Typed, judge, judge_as, missing};
pub use table::{Declaration, Table};
pub use typing::{type_name, value_error};
pub use view::{Keyed, Layer, LayerKind, Presets, View, key_of};

use crate::diag::{Diagnostic, code};
use crate::source::Span;
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

/// Without an application nothing has a name. Where the file is not well-formed, it may be there and unreadable.
fn no_app(program: &Program, table: &Table<'_>, diagnostics: &[Diagnostic]) -> Option<Diagnostic> {
    let entry = program.files.first()?;
    let is_broken = |one: &Diagnostic| one.code.area() == "syntax" && one.primary.span.file == entry.document.file();
    if diagnostics.iter().any(is_broken) || !table.single("app").is_empty() {
        return None;
    }
    Some(
        Diagnostic::new(code::NAME_MISSING, Span::new(entry.document.file(), 0, 0), "the file declares no `app`")
            .label("no `app` in this file")
            .lacks(["app"])
            .help("add `app \"NAME\" { repo \"github.com/OWNER/NAME\" }`"),
    )
}

/// Judges and merges a loaded program.
pub fn resolve<'d>(program: &'d Program, diagnostics: &mut Vec<Diagnostic>) -> Resolution<'d> {
    let mut judged = Judged::default();
    let mut pins = Pins::default();
    for (index, file) in program.files.iter().enumerate() {
        if program.pins == Some(index) {
            pins = pin::pins(&file.document, &mut judged);
            continue;
        }
        let role = if index == 0 { Role::Entry } else { Role::Imported };
        judge(&file.document, role, &mut judged);
    }
    diagnostics.append(&mut judged.diagnostics);
    let mut table = Table::collect(program, diagnostics);
    table.nest(&judged.nested);
    table.unnamed(std::mem::take(&mut judged.unnamed));
    diagnostics.extend(no_app(program, &table, diagnostics));
    names::check(&table, &judged, diagnostics);
    let mut model = assemble(&table, diagnostics);
    model.allows = judged.allows;
    model.pins = pins;
    Resolution { model, values: judged.values, table }
}
