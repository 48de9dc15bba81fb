//! Turns the explain pages into the constants of `diag::code`, so that a code without its page does not compile.

use crate::Folders;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Where the pages are, from the root of the package.
const PAGES: &str = "src/diag/explain";

/// Writes `codes.rs`: one documented constant per page, and `ALL`, the sorted table of codes with their pages.
pub(crate) fn generate(folders: &Folders) -> Result<(), String> {
    println!("cargo::rerun-if-changed={PAGES}");
    let pages = folders.root.join(PAGES);
    let mut codes = Vec::new();
    for area in names(&pages)? {
        for file in names(&pages.join(&area))? {
            let name = file.strip_suffix(".md").ok_or(format!("{PAGES}/{area}/{file} is not a page (.md)"))?;
            for part in [area.as_str(), name] {
                if !is_kebab(part) {
                    return Err(format!("{PAGES}/{area}/{file}: `{part}` is not kebab-case"));
                }
            }
            codes.push((area.clone(), name.to_owned()));
        }
    }
    codes.sort();

    let mut constants = String::new();
    let mut table = String::from("static ALL: &[Entry] = &[\n");
    for (area, name) in &codes {
        let code = format!("{area}/{name}");
        let path = format!("{PAGES}/{code}.md");
        let summary = summary(&folders.root.join(&path)).map_err(|problem| format!("{path}: {problem}"))?;
        let constant = code.replace(['/', '-'], "_").to_uppercase();
        // Formatting a String into a String cannot fail.
        let _ = writeln!(
            constants,
            "#[doc = {:?}]\npub const {constant}: Code = Code({code:?});",
            format!("`{code}`: {summary}")
        );
        let _ = writeln!(
            table,
            "    Entry {{ code: {constant}, summary: {summary:?}, page: include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{path}\")) }},"
        );
    }
    table.push_str("];\n");
    let target = folders.out.join("codes.rs");
    fs::write(&target, constants + &table).map_err(|error| format!("{}: {error}", target.display()))
}

/// The one-line summary: the paragraph below the title.
fn summary(page: &Path) -> Result<String, String> {
    let text = fs::read_to_string(page).map_err(|error| error.to_string())?;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    match (lines.next(), lines.next()) {
        (Some(title), Some(summary)) if title.starts_with("# ") && !summary.starts_with(['#', '`']) => {
            Ok(summary.trim().to_owned())
        }
        _ => Err("expected `# area/name`, an empty line and a summary of one line".to_owned()),
    }
}

/// The names in a folder, without hidden ones (editors leave those behind).
fn names(folder: &Path) -> Result<Vec<String>, String> {
    let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(problem)? {
        let name = entry.map_err(problem)?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    Ok(names)
}

fn is_kebab(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
