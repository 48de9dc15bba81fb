//! Prints the standard library as static tables and an index by kind and name.

use std::fmt::Write as _;
use std::fs;

use crate::Folders;
use crate::schema::documents;
use crate::source::FileId;
use crate::syntax::kdl::Scalar;

/// Writes `standard.rs`.
pub(crate) fn generate(folders: &Folders) -> Result<(), String> {
    let root = folders.root.join("stdlib");
    let files = documents(&root, FileId::EMBEDDED + 0x1000);
    let mut source = String::new();
    let mut index: Vec<(String, String, usize, u32)> = Vec::new();
    let mut constructors = String::new();
    let mut texts = String::new();
    for (at, (name, document)) in files.iter().enumerate() {
        document.to_rust(&mut source, &format!("file_{at}"), "crate::syntax::kdl");
        let _ = writeln!(constructors, "        file_{at}::document(),");
        let _ = writeln!(texts, "    ({:?}, file_{at}::TEXT),", format!("std:{name}"));
        if name.starts_with("stacks/") {
            continue;
        }
        for node in document.roots() {
            let key = match node.args().next().map(|entry| entry.value()) {
                Some(Scalar::String(key)) => key,
                _ => "",
            };
            index.push((node.name().to_owned(), key.to_owned(), at, node.id()));
        }
    }
    index.sort();
    for pair in index.windows(2) {
        if let [first, second] = pair
            && (&first.0, &first.1) == (&second.0, &second.1)
        {
            return Err(format!("stdlib: `{} {:?}` is declared twice", first.0, first.1));
        }
    }
    let _ = writeln!(source, "static INDEX: &[(&str, &str, u16, u32)] = &{index:?};");
    let _ = writeln!(source, "static FILES: &[(&str, &str)] = &[\n{texts}];");
    let _ = writeln!(source, "fn load_documents() -> Vec<Document> {{\n    vec![\n{constructors}    ]\n}}");
    let target = folders.out.join("standard.rs");
    fs::write(&target, source).map_err(|error| format!("{}: {error}", target.display()))
}
