//! Files and folders that nodes name: they must be there.

use crate::check::Context;
use crate::diag::{Diagnostic, code};
use crate::loader::EntryKind;
use crate::nearest::nearest;
use crate::resolve::{Typed, join};
use crate::schema::Names;
use crate::syntax;

/// Asks the project for every path that the grammar says must lead to something.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for value in context.values {
        let (Some(names), Some(written)) = (value.field.names, syntax::string(value.entry.value())) else { continue };
        // A document may also be named by its address.
        if written.contains("://") {
            continue;
        }
        // A path is written from the project's root; one that leaves it was told by its type.
        let Some(path) = join("", written) else { continue };
        let found = context.loader.kind(&path);
        let fine = match names {
            Names::File | Names::Evidence => found == Some(EntryKind::File),
            Names::Folder => found == Some(EntryKind::Directory) || path.is_empty(),
        };
        if !fine {
            diagnostics.push(missing(context, value, names, &path, found));
        }
    }
}

fn missing(context: &Context<'_>, value: &Typed<'_>, names: Names, path: &str, found: Option<EntryKind>) -> Diagnostic {
    let span = value.entry.value_span();
    let (what, code) = match names {
        Names::File => ("file", code::NAME_FILE_MISSING),
        Names::Folder => ("folder", code::NAME_FILE_MISSING),
        Names::Evidence => ("file", code::THREAT_ATTEST_MISSING),
    };
    if let Some(found) = found {
        let found = match found {
            EntryKind::File => "file",
            EntryKind::Directory => "folder",
        };
        return Diagnostic::new(code, span, format!("`{path}` is a {found}"))
            .label(format!("a {what} is wanted here"))
            .help(format!("name a {what} of the project"));
    }
    let message = match names {
        Names::File | Names::Folder => format!("there is no {what} `{path}`"),
        Names::Evidence => format!("nothing attests this control: there is no {what} `{path}`"),
    };
    let diagnostic = Diagnostic::new(code, span, message);
    match near(context, path, names) {
        Some(near) => diagnostic.label(format!("did you mean `{near}`?")).help(format!("write `{near}`")).fix(
            format!("write `{near}`"),
            span,
            format!("\"{near}\""),
        ),
        None => diagnostic
            .label("not in the project")
            .help(format!("create it, or write the path of a {what} from the project's root")),
    }
}

/// The path with the first part that is not there replaced by the nearest one that is, if that leads somewhere.
fn near(context: &Context<'_>, path: &str, names: Names) -> Option<String> {
    let wanted = match names {
        Names::File | Names::Evidence => EntryKind::File,
        Names::Folder => EntryKind::Directory,
    };
    let mut found = String::new();
    for part in path.split('/') {
        let next = join(&found, part)?;
        if context.loader.kind(&next).is_some() {
            found = next;
            continue;
        }
        let siblings = context.loader.list(&found).unwrap_or_default();
        found = join(&found, nearest(part, siblings.iter().map(String::as_str))?)?;
    }
    (context.loader.kind(&found) == Some(wanted)).then_some(found)
}
