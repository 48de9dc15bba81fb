//! Printed files read back as what was meant: hostile strings, in every place, in every format.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::type_complexity,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "tests may fail loudly and share modules"
)]

use deployc::artifact::{Artifact, Dialect, Group, Tree, list, map, text};
use deployc::source::Origin;

#[path = "render/dialect.rs"]
mod dialect;
#[path = "render/layout.rs"]
mod layout;
#[path = "render/markdown.rs"]
mod markdown;
#[path = "render/meaning.rs"]
mod meaning;
#[path = "render/random.rs"]
mod random;
#[path = "render/shell.rs"]
mod shell;
#[path = "render/yaml.rs"]
mod yaml;

/// Strings that some reader of some format takes for something else.
pub fn hostile() -> Vec<String> {
    serde_json::from_str(include_str!("render/hostile.json")).unwrap_or_default()
}

/// A YAML file of one document.
pub fn yaml_of(tree: Tree) -> String {
    let artifact = Artifact::yaml("x.yaml", Group::Iac, Dialect::Plain, tree, &Origin::rule("a test"));
    deployc::render::text(&artifact)
}

/// Every hostile string as value, item, key, key and value of an item, and inside nested lists.
pub fn hostile_trees() -> Vec<Tree> {
    let mut all: Vec<Tree> = hostile()
        .iter()
        .map(|hostile| {
            map()
                .put("value", hostile)
                .put("list", [text(hostile), text("z"), text(hostile)])
                .put("keys", map().put(hostile, hostile).put("zz", 1))
                .put("items", [map().put(hostile, [hostile]).put("zz", map().put(hostile, true))])
                .put("nested", list([list([text(hostile), list([hostile]), text("z")]), list([map().put(hostile, 1)])]))
                .put("after", hostile)
        })
        .collect();
    all.push(list(hostile()));
    all.push(map().put_all(hostile().into_iter().map(|hostile| (hostile.clone(), hostile))));
    all
}
