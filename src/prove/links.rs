//! Link integrity: every link and anchor from one output to another leads to something that is written.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::markdown::{Block, Target};
use crate::artifact::{Artifact, Body, Tree, Value, anchors, links};
use crate::plan::Plan;
use crate::plan::link;
use crate::source::Origin;

/// A link that leads nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokenLink {
    /// The file that it stands in.
    pub file: String,
    /// Where it leads.
    pub target: String,
    /// What is wrong with it, in lower case.
    pub reason: String,
    /// What put it there.
    pub origin: Origin,
}

impl BrokenLink {
    /// Whether it is the same link.
    pub fn is(&self, other: &BrokenLink) -> bool {
        (&self.file, &self.target) == (&other.file, &other.target)
    }
}

/// Every link between the outputs that leads nowhere. A link to a file of the user's own is not followed.
pub fn broken(plan: &Plan<'_>, artifacts: &[Artifact]) -> Vec<BrokenLink> {
    let outputs = Outputs::of(artifacts);
    let here = link::file_url("", plan);
    let mut found = Vec::new();
    for artifact in artifacts {
        let mut report = |target: String, reason: Option<String>, origin: &Origin| {
            if let Some(reason) = reason {
                let link = BrokenLink { file: artifact.path.clone(), target, reason, origin: origin.clone() };
                if !found.iter().any(|known: &BrokenLink| known.is(&link)) {
                    found.push(link);
                }
            }
        };
        if let Body::Markdown(blocks) = &artifact.body {
            for target in links(blocks) {
                let (shown, reason) = outputs.of_target(artifact, target, here.as_deref());
                report(shown, reason, &artifact.origin);
            }
        }
        for tree in artifact.trees() {
            each_text(tree, &artifact.origin, &mut |text, origin| {
                if text.starts_with("https://") && !text.contains(char::is_whitespace) {
                    report(text.to_owned(), outputs.of_url(text, here.as_deref()), origin);
                }
            });
        }
    }
    found
}

/// What links can lead to.
struct Outputs<'a> {
    /// Documents: their headings, and the anchors of those that were asked for.
    documents: BTreeMap<&'a str, (&'a [Block], OnceCell<BTreeSet<String>>)>,
    /// The ids of the panels of each dashboard, by its uid.
    dashboards: BTreeMap<String, Vec<i64>>,
}

impl<'a> Outputs<'a> {
    fn of(artifacts: &'a [Artifact]) -> Outputs<'a> {
        let dashboards =
            artifacts.iter().rev().filter(|artifact| artifact.path.contains("/grafana/")).filter_map(|artifact| {
                let tree = artifact.trees().first()?;
                let ids = tree.key("panels")?.items().iter().filter_map(|panel| panel.key("id")?.as_int());
                Some((tree.key("uid")?.as_text()?.to_owned(), ids.collect()))
            });
        let documents = artifacts.iter().filter_map(|artifact| match &artifact.body {
            Body::Markdown(blocks) => Some((artifact.path.as_str(), (blocks.as_slice(), OnceCell::new()))),
            Body::Yaml { .. }
            | Body::Json { .. }
            | Body::Toml(_)
            | Body::Shell(_)
            | Body::Dockerfile(_)
            | Body::Lines(_) => None,
        });
        Outputs { documents: documents.collect(), dashboards: dashboards.collect() }
    }

    /// Why a link of a document leads nowhere.
    fn of_target(&self, from: &Artifact, target: &Target, here: Option<&str>) -> (String, Option<String>) {
        match target {
            Target::Url(url) => (url.clone(), self.of_url(url, here)),
            Target::Here(anchor) => (format!("#{anchor}"), self.of_anchor(&from.path, anchor)),
            Target::File { path, anchor } => {
                let shown = format!("{path}#{}", anchor.as_deref().unwrap_or_default());
                (shown, anchor.as_ref().and_then(|anchor| self.of_anchor(path, anchor)))
            }
        }
    }

    /// Why an anchor of an output is none.
    fn of_anchor(&self, path: &str, anchor: &str) -> Option<String> {
        let Some((blocks, known)) = self.documents.get(path) else {
            return Some(format!("`{path}` is no document of this build"));
        };
        let known = known.get_or_init(|| anchors(blocks).into_iter().map(|known| known.slug).collect());
        (!known.contains(anchor)).then(|| format!("`{path}` has no heading `#{anchor}`"))
    }

    /// Why an address of this repository or of a dashboard leads nowhere; other addresses are not ours to judge.
    fn of_url(&self, url: &str, here: Option<&str>) -> Option<String> {
        if let Some(path) = here.and_then(|here| url.strip_prefix(here)) {
            let (path, anchor) = path.split_once('#').unwrap_or((path, ""));
            return if anchor.is_empty() { None } else { self.of_anchor(path, anchor) };
        }
        let (_, after) = url.split_once("/d/")?;
        let (uid, query) = after.split_once("?var-environment=")?;
        let Some(panels) = self.dashboards.get(uid) else {
            return Some(format!("no dashboard has the uid `{uid}`"));
        };
        let (_, panel) = query.split_once("&viewPanel=")?;
        let known = panel.parse::<i64>().is_ok_and(|panel| panels.contains(&panel));
        (!known).then(|| format!("the dashboard `{uid}` has no panel {panel}"))
    }
}

/// Every text of a tree, with its origin.
fn each_text(tree: &Tree, parent: &Origin, then: &mut impl FnMut(&str, &Origin)) {
    let origin = tree.origin_or(parent);
    match &tree.value {
        Value::Map(entries) => entries.iter().for_each(|(_, value)| each_text(value, origin, then)),
        Value::List(items) => items.iter().for_each(|item| each_text(item, origin, then)),
        Value::Text(text) => then(text, origin),
        Value::Mixed(_) => {
            if let Some(text) = tree.joined() {
                then(&text, origin);
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Decimal(_) | Value::Script(_) => {}
    }
}
