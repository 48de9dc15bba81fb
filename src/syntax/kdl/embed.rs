//! Documents as Rust source: the build script prints a parsed file as static arrays, which need no parsing at start-up.

use super::document::{AnnotationData, Document, EntryData, NodeData};
use crate::source::FileId;
use std::borrow::Cow;
use std::fmt::Write;

impl Document {
    /// A document whose parts are part of the program, as [`Document::to_rust`] prints them.
    pub const fn embedded(
        file: FileId,
        text: &'static str,
        pool: &'static str,
        nodes: &'static [NodeData],
        entries: &'static [EntryData],
        annotations: &'static [AnnotationData],
    ) -> Document {
        Document {
            file,
            text: Cow::Borrowed(text),
            pool: Cow::Borrowed(pool),
            nodes: Cow::Borrowed(nodes),
            entries: Cow::Borrowed(entries),
            annotations: Cow::Borrowed(annotations),
            is_sound: true,
        }
    }

    /// Appends the Rust source of a module `name` with the file's `TEXT` and a function `document() -> Document`.
    /// `kdl` is the path of this folder's module where the source is compiled, such as `crate::syntax::kdl`.
    pub fn to_rust(&self, out: &mut String, name: &str, kdl: &str) {
        // Writing to a string cannot fail.
        let _ = self.write_rust(out, name, kdl);
    }

    fn write_rust(&self, out: &mut String, name: &str, kdl: &str) -> std::fmt::Result {
        writeln!(out, "#[allow(clippy::all, clippy::restriction, unused_imports, missing_docs, unreachable_pub)]")?;
        writeln!(out, "#[rustfmt::skip]")?;
        writeln!(out, "pub mod {name} {{")?;
        writeln!(
            out,
            "use {kdl}::{{AnnotationData as A, Document, EntryData as E, NodeData as N, Range as R, Slice as S, ValueKind as V}};"
        )?;
        writeln!(out, "pub static TEXT: &str = {:?};", self.text)?;
        writeln!(out, "static POOL: &str = {:?};", self.pool)?;
        writeln!(out, "static NODES: [N; {}] = [", self.nodes.len())?;
        self.nodes.iter().try_for_each(|node| write_node(out, node))?;
        writeln!(out, "];\nstatic ENTRIES: [E; {}] = [", self.entries.len())?;
        self.entries.iter().try_for_each(|entry| write_entry(out, entry))?;
        writeln!(out, "];\nstatic ANNOTATIONS: [A; {}] = [", self.annotations.len())?;
        for AnnotationData { text, range } in self.annotations.iter() {
            writeln!(
                out,
                "A{{text:S{{start:{},length:{}}},range:R{{start:{},end:{}}}}},",
                text.start, text.length, range.start, range.end
            )?;
        }
        writeln!(out, "];")?;
        writeln!(out, "/// The embedded document.")?;
        writeln!(out, "pub const fn document() -> Document {{")?;
        writeln!(
            out,
            "Document::embedded(crate::source::FileId({}), TEXT, POOL, &NODES, &ENTRIES, &ANNOTATIONS)\n}}\n}}",
            self.file.0
        )
    }
}

fn write_node(out: &mut String, node: &NodeData) -> std::fmt::Result {
    let NodeData { name, name_range, range, head_end, annotation, parent, next, entries, entries_end, block } = node;
    writeln!(
        out,
        "N{{name:S{{start:{},length:{}}},name_range:R{{start:{},end:{}}},range:R{{start:{},end:{}}},head_end:{head_end},\
                 annotation:{annotation},parent:{parent},next:{next},entries:{entries},entries_end:{entries_end},block:R{{start:{},end:{}}}}},",
        name.start, name.length, name_range.start, name_range.end, range.start, range.end, block.start, block.end
    )
}

fn write_entry(out: &mut String, entry: &EntryData) -> std::fmt::Result {
    let EntryData { key, key_range, value, value_range, annotation, kind, node } = entry;
    writeln!(
        out,
        "E{{key:S{{start:{},length:{}}},key_range:R{{start:{},end:{}}},value:S{{start:{},length:{}}},\
                 value_range:R{{start:{},end:{}}},annotation:{annotation},kind:V::{kind:?},node:{node}}},",
        key.start,
        key.length,
        key_range.start,
        key_range.end,
        value.start,
        value.length,
        value_range.start,
        value_range.end
    )
}
