//! The anchors of a document, as GitHub makes them from its headings, and the links in it.

use std::collections::BTreeMap;

use super::markdown::{Block, BlockKind, Inline, Item, Prose, Target};

/// A heading that links can lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// What stands after `#` in a link.
    pub slug: String,
    /// The level of the heading.
    pub level: u8,
    /// What it says.
    pub text: String,
    /// The name that the compiler gave it.
    pub key: Option<String>,
}

/// The anchors of a document, in order; a slug that is taken gets `-1`, `-2`, ….
pub fn anchors(blocks: &[Block]) -> Vec<Anchor> {
    let mut anchors = Vec::new();
    let mut taken = BTreeMap::new();
    collect(blocks, &mut taken, &mut anchors);
    anchors
}

/// The slug of the heading that was given this key.
pub fn anchor_of(blocks: &[Block], key: &str) -> Option<String> {
    anchors(blocks).into_iter().find(|anchor| anchor.key.as_deref() == Some(key)).map(|anchor| anchor.slug)
}

fn collect(blocks: &[Block], taken: &mut BTreeMap<String, u32>, anchors: &mut Vec<Anchor>) {
    for block in blocks {
        match &block.kind {
            BlockKind::Heading { level, text, key } => {
                let text = text.shown();
                anchors.push(Anchor { slug: free(slug(&text), taken), level: *level, text, key: key.clone() });
            }
            BlockKind::Quote(inner) => collect(inner, taken, anchors),
            BlockKind::List { items, .. } => items.iter().for_each(|item| collect(&item.children, taken, anchors)),
            BlockKind::Paragraph(_)
            | BlockKind::Table { .. }
            | BlockKind::Code { .. }
            | BlockKind::Shell(_)
            | BlockKind::Flowchart(_)
            | BlockKind::Chart(_) => {}
        }
    }
}

/// The slug, or the first numbered one that is free.
fn free(slug: String, taken: &mut BTreeMap<String, u32>) -> String {
    let mut result = slug.clone();
    while taken.contains_key(&result) {
        let count = taken.entry(slug.clone()).or_insert(0);
        *count += 1;
        result = [&slug, "-", &count.to_string()].concat();
    }
    taken.insert(result.clone(), 0);
    result
}

/// What GitHub makes of the text of a heading: lower case, letters, digits, `_` and `-`, with `-` for spaces.
pub fn slug(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars()
        .flat_map(char::to_lowercase)
        .filter_map(|character| match character {
            ' ' => Some('-'),
            '-' | '_' => Some(character),
            other => other.is_alphanumeric().then_some(other),
        })
        .collect()
}

/// Every link of a document, in order.
pub fn links(blocks: &[Block]) -> Vec<&Target> {
    let mut links = Vec::new();
    blocks.iter().for_each(|block| links_of_block(block, &mut links));
    links
}

fn links_of_block<'b>(block: &'b Block, links: &mut Vec<&'b Target>) {
    match &block.kind {
        BlockKind::Heading { text, .. } | BlockKind::Paragraph(text) => links_of_prose(text, links),
        BlockKind::List { items, .. } => {
            for Item { text, children, .. } in items {
                links_of_prose(text, links);
                children.iter().for_each(|child| links_of_block(child, links));
            }
        }
        BlockKind::Table { columns, rows } => {
            columns.iter().for_each(|column| links_of_prose(&column.title, links));
            rows.iter().flat_map(|row| &row.cells).for_each(|cell| links_of_prose(cell, links));
        }
        BlockKind::Quote(blocks) => blocks.iter().for_each(|block| links_of_block(block, links)),
        BlockKind::Code { .. } | BlockKind::Shell(_) | BlockKind::Flowchart(_) | BlockKind::Chart(_) => {}
    }
}

fn links_of_prose<'b>(prose: &'b Prose, links: &mut Vec<&'b Target>) {
    links_of_inlines(&prose.0, links);
}

fn links_of_inlines<'b>(inlines: &'b [Inline], links: &mut Vec<&'b Target>) {
    for inline in inlines {
        match inline {
            Inline::Text(_) | Inline::Code(_) => {}
            Inline::Strong(inner) => links_of_inlines(inner, links),
            Inline::Link { text, target } => {
                links.push(target);
                links_of_inlines(text, links);
            }
        }
    }
}
