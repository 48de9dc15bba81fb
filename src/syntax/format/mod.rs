//! The formatter: one way to lay out a KDL file, which changes nothing that it means.
//!
//! `read` turns the tokens into atoms, whose blanks are decided; `layout` decides which blocks stay on one line.

mod atom;
mod layout;
mod read;

use super::kdl::Document;

/// How wide a line may be for nodes to share it.
const WIDTH: usize = 120;

/// The document laid out: four blanks per level, one node per line, at most one blank line, every comment kept. Nodes that
/// were written on one line within braces stay there if they fit. None if there are mistakes in the document: then nobody
/// can tell what its parts belong to.
pub fn format(document: &Document) -> Option<String> {
    if !document.is_sound() {
        return None;
    }
    let mut atoms = read::atoms(document);
    layout::measure(&mut atoms);
    Some(layout::print(&atoms))
}
