//! A merged node: the layers that declare it (presets, declaration, overlays), read as if they were one node.
//!
//! Merging is lazy: nothing is copied, each question walks the layers from the strongest to the weakest. The rule is
//! the same everywhere: environment overlay > the node > its presets, last first > the default.

use std::collections::BTreeMap;

use crate::schema::{Child, Many, Shape};
use crate::source::{Origin, Sourced, Span};
use crate::syntax;
use crate::syntax::kdl::{EntryRef, NodeRef, Scalar};

/// Which part a layer plays in a merged node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerKind {
    /// A preset named by `use`.
    Preset,
    /// The declaration itself.
    Declaration,
    /// An environment's change of it, or an importer's `override`.
    Overlay,
}

/// One node that contributes to a merged node.
#[derive(Clone, Copy)]
pub struct Layer<'d> {
    /// The node as written.
    pub node: NodeRef<'d>,
    /// The part it plays.
    pub kind: LayerKind,
}

/// Finds the preset of a name.
pub trait Presets<'d> {
    /// The preset's node, if one is declared.
    fn preset(&self, name: &str) -> Option<NodeRef<'d>>;
}

/// A merged node; layers go from the weakest to the strongest.
#[derive(Clone)]
pub struct View<'d> {
    /// What the node may hold.
    pub shape: &'static Shape,
    /// The contributing nodes, weakest first.
    pub layers: Vec<Layer<'d>>,
    /// Whether the node's own name is its key (children described as `*`).
    pub keyed_by_name: Keyed,
    /// Whether it uses a preset that there is not, so that nobody knows what it lacks.
    pub lacks_preset: bool,
}

/// What names a keyed node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyed {
    /// Its first argument.
    ByArgument,
    /// Its node name.
    ByName,
}

/// The most presets that may be nested; deeper nesting can only be a cycle, which is reported where it is checked.
const PRESET_DEPTH: usize = 16;

impl<'d> View<'d> {
    /// A view of one node and the presets it uses.
    pub fn new(shape: &'static Shape, node: NodeRef<'d>, presets: &dyn Presets<'d>) -> Self {
        let mut view = View { shape, layers: Vec::new(), keyed_by_name: Keyed::ByArgument, lacks_preset: false };
        view.push(node, LayerKind::Declaration, presets);
        view
    }

    /// Lays `node` (and the presets it uses) over what is there.
    pub fn push(&mut self, node: NodeRef<'d>, kind: LayerKind, presets: &dyn Presets<'d>) {
        self.push_presets(node, presets, 0);
        self.layers.push(Layer { node, kind });
    }

    fn push_presets(&mut self, node: NodeRef<'d>, presets: &dyn Presets<'d>, depth: usize) {
        if depth >= PRESET_DEPTH || self.shape.child("use").is_none() {
            return;
        }
        for used in node.children().filter(|child| child.name() == "use") {
            for name in used.args() {
                let preset = syntax::string(name.value()).and_then(|name| presets.preset(name));
                self.lacks_preset |= preset.is_none();
                if let Some(preset) = preset {
                    self.push_presets(preset, presets, depth + 1);
                    self.layers.push(Layer { node: preset, kind: LayerKind::Preset });
                }
            }
        }
    }

    /// The node that declares it: the declaration, else the strongest layer.
    pub fn primary(&self) -> Option<NodeRef<'d>> {
        let declared = self.layers.iter().find(|layer| layer.kind == LayerKind::Declaration);
        declared.or(self.layers.last()).map(|layer| layer.node)
    }

    /// Where the node is written.
    pub fn origin(&self) -> Origin {
        self.primary().map(|node| Origin::at(node.head_span())).unwrap_or_default()
    }

    /// Its place, for messages.
    pub fn span(&self) -> Span {
        self.primary().map(|node| node.head_span()).unwrap_or_default()
    }

    /// Its key: the first argument, or the node's name where that is the key.
    pub fn key(&self) -> Sourced<String> {
        let Some(node) = self.primary() else { return Sourced::default() };
        match self.keyed_by_name {
            // Each layer alone would say it.
            Keyed::ByName => {
                let others: Vec<Origin> = self.layers.iter().map(|layer| Origin::at(layer.node.name_span())).collect();
                Sourced::new(node.name().to_owned(), Origin::at(node.name_span()).with_all(&others))
            }
            Keyed::ByArgument => match first_text(node) {
                Some((text, span)) => Sourced::new(text.to_owned(), span),
                None => Sourced::new(String::new(), node.name_span()),
            },
        }
    }

    /// The argument at a position, from the strongest layer that has one. The name of a declaration is the same in
    /// every layer, and comes from where it is declared.
    pub fn arg(&self, index: usize) -> Option<EntryRef<'d>> {
        if index == 0 && self.shape.declares().is_some() {
            return self.primary().and_then(|node| node.args().next());
        }
        self.layers.iter().rev().find_map(|layer| layer.node.args().nth(index))
    }

    /// The arguments from a position on, from the strongest layer that has any.
    pub fn args_from(&self, index: usize) -> Vec<EntryRef<'d>> {
        let mut layers = self.layers.iter().rev().map(|layer| layer.node.args().skip(index).collect::<Vec<_>>());
        layers.find(|entries| !entries.is_empty()).unwrap_or_default()
    }

    /// The property of a key, from the strongest layer that has it.
    pub fn prop(&self, key: &str) -> Option<EntryRef<'d>> {
        self.layers.iter().rev().find_map(|layer| layer.node.prop(key))
    }

    /// Every property whose key is not one of the described ones, by first appearance; the strongest layer's value.
    pub fn other_props(&self) -> Vec<EntryRef<'d>> {
        let mut found: Vec<EntryRef<'d>> = Vec::new();
        for entry in self.layers.iter().flat_map(|layer| layer.node.props()) {
            let Some(key) = entry.key() else { continue };
            if self.shape.props.iter().any(|prop| prop.name == key) {
                continue;
            }
            match found.iter_mut().find(|old| old.key() == Some(key)) {
                Some(old) => *old = entry,
                None => found.push(entry),
            }
        }
        found
    }

    /// The children described by `child`, merged as the grammar says.
    pub fn children(&self, child: &'static Child) -> Vec<View<'d>> {
        match child.many {
            Many::One => self.merge_one(child),
            Many::Keyed => self.merge_keyed(child),
            Many::List => self.merge_list(child),
        }
    }

    /// What a layer says about a child, in one walk over its nodes: those that are it, and the `-` that may remove it.
    fn said(&self, layer: &Layer<'d>, child: &'static Child) -> Said<'d> {
        let mut said = Said { nodes: Vec::new(), removals: Vec::new() };
        for node in layer.node.children() {
            let name = node.name();
            if name == "-" {
                said.removals.push(node);
            } else if name == child.name
                || (child.name == "*" && !self.shape.children.iter().any(|other| other.name == name))
            {
                said.nodes.push(node);
            }
        }
        said
    }

    fn merge_one(&self, child: &'static Child) -> Vec<View<'d>> {
        let mut view = View {
            shape: child.shape,
            layers: Vec::new(),
            keyed_by_name: Keyed::ByArgument,
            lacks_preset: self.lacks_preset,
        };
        for layer in &self.layers {
            let said = self.said(layer, child);
            for node in said.nodes.iter().copied() {
                let replaced = match (view.layers.last(), first_text(node)) {
                    (Some(_), Some((new, _))) => view.arg(0).is_none_or(|old| old.value() != Scalar::String(new)),
                    _ => false,
                };
                if replaced {
                    view.layers.clear();
                }
                view.layers.push(Layer { node, kind: layer.kind });
            }
            if said.removes(child, None) {
                view.layers.clear();
            }
        }
        if view.layers.is_empty() { Vec::new() } else { vec![view] }
    }

    fn merge_keyed(&self, child: &'static Child) -> Vec<View<'d>> {
        let keyed = if child.name == "*" { Keyed::ByName } else { Keyed::ByArgument };
        let mut order: Vec<Option<View<'d>>> = Vec::new();
        let mut index: BTreeMap<&'d str, usize> = BTreeMap::new();
        for layer in &self.layers {
            let said = self.said(layer, child);
            for node in said.nodes.iter().copied() {
                let key = key_of(node, keyed);
                let at = *index.entry(key).or_insert_with(|| {
                    order.push(None);
                    order.len() - 1
                });
                let Some(slot) = order.get_mut(at) else { continue };
                let view = slot.get_or_insert_with(|| View {
                    shape: child.shape,
                    layers: Vec::new(),
                    keyed_by_name: keyed,
                    lacks_preset: self.lacks_preset,
                });
                view.layers.push(Layer { node, kind: layer.kind });
            }
            if said.removals.is_empty() {
                continue;
            }
            let removed: Vec<&'d str> = index.keys().copied().filter(|key| said.removes(child, Some(key))).collect();
            for key in removed {
                if let Some(slot) = index.remove(key).and_then(|at| order.get_mut(at)) {
                    *slot = None;
                }
            }
        }
        order.into_iter().flatten().collect()
    }

    fn merge_list(&self, child: &'static Child) -> Vec<View<'d>> {
        let mut strongest = Vec::new();
        for layer in &self.layers {
            let said = self.said(layer, child);
            let own: Vec<View<'d>> = said
                .nodes
                .iter()
                .map(|&node| View {
                    shape: child.shape,
                    layers: vec![Layer { node, kind: layer.kind }],
                    keyed_by_name: if child.name == "*" { Keyed::ByName } else { Keyed::ByArgument },
                    lacks_preset: self.lacks_preset,
                })
                .collect();
            if !own.is_empty() {
                strongest = own;
            }
            if said.removes(child, None) {
                strongest.clear();
            }
        }
        strongest
    }
}

/// What one layer says about one kind of child.
struct Said<'d> {
    nodes: Vec<NodeRef<'d>>,
    removals: Vec<NodeRef<'d>>,
}

impl Said<'_> {
    /// Whether it holds `- KIND "KEY"` (or, where nodes are keyed by name, `- "KEY"`) for this child.
    fn removes(&self, child: &'static Child, key: Option<&str>) -> bool {
        self.removals.iter().any(|node| {
            let mut words = node.args().filter_map(|entry| syntax::string(entry.value()));
            match (words.next(), words.next(), key) {
                (Some(kind), None, None) => kind == child.name,
                (Some(kind), None, Some("")) if kind == child.name => true,
                (Some(only), None, Some(key)) => child.name == "*" && only == key,
                (Some(kind), Some(name), Some(key)) => kind == child.name && name == key,
                _ => false,
            }
        })
    }
}

/// The key of a keyed node.
pub fn key_of<'d>(node: NodeRef<'d>, keyed: Keyed) -> &'d str {
    match keyed {
        Keyed::ByName => node.name(),
        Keyed::ByArgument => first_text(node).map_or("", |(text, _)| text),
    }
}

/// The first argument, if it is text, and its place.
pub(super) fn first_text<'d>(node: NodeRef<'d>) -> Option<(&'d str, Span)> {
    let entry = node.args().next()?;
    match entry.value() {
        Scalar::String(text) => Some((text, entry.value_span())),
        Scalar::Number(text) => Some((text, entry.value_span())),
        Scalar::Bool(_) | Scalar::Null | Scalar::Infinity | Scalar::NegativeInfinity | Scalar::NotANumber => None,
    }
}
