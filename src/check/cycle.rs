//! Things that are defined by each other in a circle: variables, presets, images.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Context;
use crate::diag::{Diagnostic, code};
use crate::source::Span;
use crate::syntax;
use crate::syntax::expression::Template;

/// Who needs whom: by name, the names it needs and where it says so.
type Needs<'a> = BTreeMap<&'a str, Vec<(&'a str, Span)>>;

/// Looks for circles among variables, presets and images.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut variables = Needs::new();
    let mut presets = Needs::new();
    let mut images = Needs::new();
    // References inside of templates are owned by the template, so names are looked up in the table to outlive it.
    for value in context.values {
        let Some(text) = syntax::string(value.entry.value()) else { continue };
        let owner = |node: syntax::kdl::NodeRef<'_>, kind: &str| {
            let name = node.args().next().and_then(|entry| syntax::string(entry.value()))?;
            context.table.find(kind, name).map(|declaration| declaration.name)
        };
        if value.sink == "value" {
            let (Some(from), Ok(template)) = (owner(value.node, "var"), Template::parse(text)) else { continue };
            for reference in template.references() {
                let words: Vec<&str> = reference.words().collect();
                if let ["var", name] = words.as_slice()
                    && let Some(target) = context.table.find("var", name)
                {
                    let (first, last) = (reference.word_range(0), reference.word_range(1));
                    let place = value.entry.string_span(first.start as u32, last.end as u32);
                    variables.entry(from).or_default().push((target.name, place));
                }
            }
        } else if value.shape.id == "use" {
            let Some(parent) = value.node.parent().filter(|parent| parent.name() == "preset") else { continue };
            if let (Some(from), Some(target)) = (owner(parent, "preset"), context.table.find("preset", text)) {
                presets.entry(from).or_default().push((target.name, value.entry.value_span()));
            }
        } else if value.shape.id == "image" && value.field.name == "service" {
            let Some(parent) = value.node.parent().filter(|parent| parent.name() == "service") else { continue };
            if let (Some(from), Some(target)) = (owner(parent, "service"), context.table.find("service", text)) {
                images.entry(from).or_default().push((target.name, value.entry.value_span()));
            }
        }
    }
    circles(&variables, "variables", "remove the reference that is not meant", diagnostics);
    circles(&presets, "presets", "remove the `use` that is not meant", diagnostics);
    circles(&images, "images", "give one of these services a `source` or an image of its own", diagnostics);
}

/// Tells every circle once, at the step that closes it.
fn circles(needs: &Needs<'_>, what: &str, help: &str, diagnostics: &mut Vec<Diagnostic>) {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in needs.keys().copied() {
        follow(needs, start, &mut done, &mut |steps| {
            let Some(((_, last), others)) = steps.split_last() else { return };
            let mut diagnostic =
                Diagnostic::new(code::NAME_REFERENCE_CYCLE, *last, format!("these {what} are defined by each other"))
                    .label(if others.is_empty() { "needs itself" } else { "leads back to the start" });
            for (name, place) in others {
                diagnostic = diagnostic.also(*place, format!("needs `{name}`"));
            }
            diagnostics.push(diagnostic.help(help));
        });
    }
}

/// Who hears of a circle: the steps of it.
type Told<'f, 'a> = &'f mut dyn FnMut(&[(&'a str, Span)]);

/// Walks on from a name; what was walked once is never walked again, so this takes linear time.
fn follow<'a>(needs: &Needs<'a>, at: &'a str, done: &mut BTreeSet<&'a str>, told: Told<'_, 'a>) {
    if done.contains(at) {
        return;
    }
    // An explicit stack: a chain of ten thousand variables must not end the program.
    let mut stack: Vec<(&'a str, usize)> = vec![(at, 0)];
    let mut open: BTreeMap<&'a str, usize> = BTreeMap::from([(at, 0)]);
    let mut trail: Vec<(&'a str, Span)> = Vec::new();
    while let Some((name, next)) = stack.last_mut() {
        let name = *name;
        let Some((target, place)) = needs.get(name).and_then(|all| all.get(*next)) else {
            done.insert(name);
            open.remove(name);
            stack.pop();
            trail.pop();
            continue;
        };
        *next += 1;
        if let Some(start) = open.get(target) {
            let mut steps: Vec<(&'a str, Span)> = trail.iter().skip(*start).copied().collect();
            steps.push((target, *place));
            told(&steps);
        } else if !done.contains(target) {
            open.insert(target, stack.len());
            trail.push((target, *place));
            stack.push((target, 0));
        }
    }
}
