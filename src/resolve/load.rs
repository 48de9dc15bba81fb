//! Reads `deploy.kdl` and everything it imports, each file once.

use crate::diag::{Diagnostic, code};
use crate::loader::{LoadError, Loader};
use crate::resolve::pin::PINS;
use crate::source::{FileId, Span};
use crate::standard;
use crate::syntax::{self, kdl::Document};

/// One file of the program.
pub struct ProgramFile {
    /// Path from the project root, or `std:…`.
    pub path: String,
    /// Its tree.
    pub document: Document,
}

/// `deploy.kdl` and its imports, in the order they were met.
#[derive(Default)]
pub struct Program {
    /// The files; the first is the entry.
    pub files: Vec<ProgramFile>,
    /// Their indexes, each file behind those that it imports, so that what an importer says comes later and wins.
    pub order: Vec<usize>,
    /// The index of the project's pins, where it has some; they are no declarations, and in no order.
    pub pins: Option<usize>,
}

/// Why there is no program at all: not a mistake in a file, but the outside world.
#[derive(Debug)]
pub struct Unreadable {
    /// The path that could not be read.
    pub path: String,
    /// What the system said.
    pub reason: String,
}

impl Program {
    /// The document of a file id.
    pub fn document(&self, file: FileId) -> Option<&Document> {
        self.files.iter().map(|file| &file.document).find(|document| document.file() == file)
    }

    /// The text and path of a file of the program.
    pub fn file(&self, file: FileId) -> Option<&ProgramFile> {
        self.files.iter().find(|candidate| candidate.document.file() == file)
    }
}

/// Loads the entry file and its imports.
///
/// # Errors
/// When the entry file does not exist or cannot be read.
pub fn load(loader: &dyn Loader, entry: &str, diagnostics: &mut Vec<Diagnostic>) -> Result<Program, Unreadable> {
    let unreadable = |reason: String| Unreadable { path: entry.to_owned(), reason };
    let bytes = match loader.read(entry) {
        Ok(bytes) => bytes.ok_or_else(|| unreadable("there is no such file".to_owned()))?,
        Err(LoadError::TooLarge { limit, .. }) => {
            diagnostics.push(too_large(entry, limit, Span::default()));
            Vec::new()
        }
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let mut loading = Loading { loader, program: Program::default(), diagnostics, trail: Vec::new() };
    loading.add(entry, bytes);
    loading.follow(0);
    loading.pins();
    Ok(loading.program)
}

/// A file that is too large to be meant.
fn too_large(path: &str, limit: u64, place: Span) -> Diagnostic {
    Diagnostic::new(code::SYNTAX_TOO_LARGE, place, format!("`{path}` is larger than {} MiB", limit >> 20))
        .label("nothing of it is read")
        .help("split it, and `import` the parts")
}

/// How many damaged places a file may have and still be read as text: one in another encoding has them everywhere.
const DAMAGED: usize = 16;

/// The text of a file that is not UTF-8, with U+FFFD for each sequence of bytes that is no character: what is readable
/// is judged as ever. Nothing is read of what is no text at all.
fn damaged(file: FileId, path: &str, bytes: &[u8], diagnostics: &mut Vec<Diagnostic>) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut places: Vec<Span> = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
            text.push(char::REPLACEMENT_CHARACTER);
            places.push(Span::new(file, start, start.saturating_add(char::REPLACEMENT_CHARACTER.len_utf8() as u32)));
        }
    }
    let is_text = places.len() <= DAMAGED && !bytes.contains(&0);
    let Some((first, others)) = places.split_first() else { return text };
    let first = if is_text { *first } else { first.at_start() };
    let mut diagnostic = Diagnostic::new(code::SYNTAX_NOT_UTF_8, first, format!("`{path}` is not UTF-8"))
        .label("this byte is part of no character")
        .help("save the file as UTF-8");
    for other in others.iter().filter(|_| is_text) {
        diagnostic = diagnostic.also(*other, "nor is this one");
    }
    diagnostics.push(diagnostic);
    if is_text {
        return text;
    }
    // Only the place of the first such byte is kept.
    let before = text.get(..first.start as usize).unwrap_or_default();
    before.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

struct Loading<'a> {
    loader: &'a dyn Loader,
    program: Program,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The files being followed, for cycles: index of the file and the place of the import inside it.
    trail: Vec<(usize, Span)>,
}

impl Loading<'_> {
    fn add(&mut self, path: &str, bytes: Vec<u8>) -> usize {
        let file = FileId(u32::try_from(self.program.files.len()).unwrap_or(FileId::EMBEDDED - 1));
        let text =
            String::from_utf8(bytes).unwrap_or_else(|error| damaged(file, path, &error.into_bytes(), self.diagnostics));
        let (document, problems) = syntax::document(file, text);
        self.diagnostics.extend(problems);
        self.program.files.push(ProgramFile { path: path.to_owned(), document });
        self.program.files.len() - 1
    }

    fn follow(&mut self, index: usize) {
        let Some(file) = self.program.files.get(index) else { return };
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let imports: Vec<(String, Span)> = file
            .document
            .roots()
            .filter(|node| node.name() == "import")
            .filter_map(|node| node.args().next())
            .filter_map(|entry| Some((syntax::string(entry.value())?.to_owned(), entry.value_span())))
            .collect();
        for (path, place) in imports {
            self.trail.push((index, place));
            self.import(&folder, &path, place);
            self.trail.pop();
        }
        self.program.order.push(index);
    }

    /// The pins, which belong to the root wherever the declarations are.
    fn pins(&mut self) {
        match self.loader.read(PINS) {
            Ok(Some(bytes)) => self.program.pins = Some(self.add(PINS, bytes)),
            Ok(None) => {}
            Err(LoadError::TooLarge { limit, .. }) => self.diagnostics.push(too_large(PINS, limit, Span::default())),
            Err(error) => self.diagnostics.push(
                Diagnostic::new(code::NAME_FILE_MISSING, Span::default(), format!("`{PINS}` cannot be read: {error}"))
                    .label("the pins of this project")
                    .help("make it a readable file inside the project, or remove it"),
            ),
        }
    }

    fn import(&mut self, folder: &str, written: &str, place: Span) {
        if let Some(name) = written.strip_prefix("std:") {
            self.import_library(written, name, place);
            return;
        }
        let Some(path) = join(folder, written) else {
            self.diagnostics.push(
                Diagnostic::new(code::TYPE_LEAVES_ROOT, place, format!("`{written}` leaves the project"))
                    .label("outside the project root")
                    .help("import a file of the project, or one of the standard library (`std:…`)"),
            );
            return;
        };
        if path == PINS {
            self.diagnostics.push(
                Diagnostic::new(code::NAME_WRONG_PLACE, place, format!("`{PINS}` holds pins, not declarations"))
                    .label("imported here")
                    .help("remove this import: the file is read by itself"),
            );
            return;
        }
        if let Some(known) = self.program.files.iter().position(|file| file.path == path) {
            self.cycle(known, place);
            return;
        }
        match self.loader.read(&path) {
            Ok(Some(bytes)) => {
                let index = self.add(&path, bytes);
                self.follow(index);
            }
            Ok(None) => self.missing(&path, place),
            Err(LoadError::TooLarge { limit, .. }) => self.diagnostics.push(too_large(&path, limit, place)),
            Err(error) => self.refused(&path, place, &error),
        }
    }

    fn import_library(&mut self, written: &str, name: &str, place: Span) {
        if self.program.files.iter().any(|file| file.path == written) {
            return;
        }
        match standard::importable(name) {
            Some(document) => {
                self.program.order.push(self.program.files.len());
                self.program.files.push(ProgramFile { path: written.to_owned(), document });
            }
            None => {
                let near = crate::nearest::nearest(name, standard::importable_names());
                let label = near.map_or("no such file in the standard library".to_owned(), |near| {
                    format!("did you mean `std:{near}`?")
                });
                self.diagnostics.push(
                    Diagnostic::new(code::NAME_FILE_MISSING, place, format!("the standard library has no `{name}`"))
                        .label(label)
                        .help("`deployc std list` shows what can be imported"),
                );
            }
        }
    }

    /// A file that is already there is fine, unless it is one of those being followed right now.
    fn cycle(&mut self, known: usize, place: Span) {
        let Some(start) = self.trail.iter().position(|(index, _)| *index == known) else { return };
        let mut diagnostic =
            Diagnostic::new(code::NAME_IMPORT_CYCLE, place, "these imports go in a circle").label("leads back here");
        for (_, step) in self.trail.iter().skip(start).filter(|(_, step)| *step != place) {
            diagnostic = diagnostic.also(*step, "imported here");
        }
        self.diagnostics.push(diagnostic.help("remove one of the imports; put what both files need into a third"));
    }

    fn missing(&mut self, path: &str, place: Span) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let siblings = self.loader.list(folder).unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or(path);
        let near = crate::nearest::nearest(name, siblings.iter().map(String::as_str));
        let diagnostic = Diagnostic::new(code::NAME_FILE_MISSING, place, format!("there is no file `{path}`"));
        self.diagnostics.push(match near {
            Some(near) => {
                diagnostic.label(format!("did you mean `{near}`?")).help("write the path from the folder of this file")
            }
            None => diagnostic.label("imported here").help("create the file or remove the import"),
        });
    }

    fn refused(&mut self, path: &str, place: Span, error: &LoadError) {
        self.diagnostics.push(
            Diagnostic::new(code::NAME_FILE_MISSING, place, format!("`{path}` cannot be read: {error}"))
                .label("imported here")
                .help("make it a readable file inside the project"),
        );
    }
}

/// A path relative to a folder, without `.` and `..`; none when it leaves the root.
pub fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\\') || path.contains('\0') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
