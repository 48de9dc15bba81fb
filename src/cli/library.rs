//! `deployc std`: lists and shows the standard library.

use clap::ArgMatches;

use crate::cli::Exit;
use crate::cli::context::{Context, complain, print};
use crate::nearest::nearest;
use crate::standard;

pub(super) fn run(_context: &Context, own: &ArgMatches) -> Exit {
    let name = own.get_one::<String>("name").map(String::as_str);
    match (own.get_one::<String>("action").map(String::as_str), name) {
        (Some("show"), Some(name)) => show(name),
        (Some("show"), None) => {
            complain("`std show` needs a name: a kind (`metric`) or a declaration (`metric/up`)");
            Exit::Usage
        }
        (_, None) => {
            let lines: String = standard::kinds()
                .iter()
                .map(|kind| format!("{kind:<20} {}\n", standard::names(kind).count()))
                .collect();
            print(&lines);
            Exit::Fine
        }
        (_, Some(kind)) => list(kind),
    }
}

fn list(kind: &str) -> Exit {
    let kind = singular(kind);
    let names: Vec<&str> = standard::names(kind).collect();
    if names.is_empty() {
        return unknown(kind);
    }
    print(&names.iter().map(|name| format!("{name}\n")).collect::<String>());
    Exit::Fine
}

fn show(name: &str) -> Exit {
    let (kind, wanted) = match name.split_once('/') {
        Some((kind, wanted)) if standard::kinds().contains(&kind) => (kind, Some(wanted)),
        _ => (singular(name), None),
    };
    let mut text = String::new();
    for one in standard::names(kind).filter(|one| wanted.is_none_or(|wanted| wanted == *one)) {
        if let Some(node) = standard::find(kind, one) {
            let document = node.document();
            let span = node.span();
            text.push_str(document.text().get(span.start as usize..span.end as usize).unwrap_or_default());
            text.push('\n');
        }
    }
    if text.is_empty() {
        return unknown(name);
    }
    print(&text);
    Exit::Fine
}

/// `platforms` means the kind `platform`.
fn singular(kind: &str) -> &str {
    match kind.strip_suffix('s') {
        Some(one) if standard::kinds().contains(&one) => one,
        _ => kind,
    }
}

fn unknown(name: &str) -> Exit {
    let kinds = standard::kinds();
    let hint = match nearest(name, kinds.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`deployc std list` shows the kinds".to_owned(),
    };
    complain(&format!("the standard library has no `{name}`: {hint}"));
    Exit::Usage
}
