//! Diagrams: nodes with edges, and charts of numbers. Keys and labels are data.

/// A diagram of nodes and edges.
#[derive(Clone, Debug, PartialEq)]
pub struct Flowchart {
    /// Where it grows.
    pub direction: Direction,
    /// The nodes, in order.
    pub nodes: Vec<Node>,
    /// The edges, in order.
    pub edges: Vec<Edge>,
    /// The frames around nodes, in order.
    pub groups: Vec<Frame>,
    inside: Option<usize>,
}

/// Where a diagram grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the right.
    Right,
    /// Downwards.
    Down,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What edges call it.
    pub key: String,
    /// What is shown.
    pub label: String,
    /// How it looks.
    pub shape: Shape,
    /// The frame it is in, by its place in `groups`.
    pub group: Option<usize>,
}

/// How a node looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A box.
    Box,
    /// A box with round ends.
    Round,
    /// A cylinder, for what stores.
    Database,
    /// A circle, for people and the outside.
    Circle,
    /// A rhombus, for decisions.
    Decision,
    /// A hexagon, for gates.
    Gate,
}

/// An edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The key where it starts.
    pub from: String,
    /// The key where it ends.
    pub to: String,
    /// What is written at it; empty for nothing.
    pub label: String,
    /// How it looks.
    pub line: Line,
}

/// How an edge looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Solid.
    Solid,
    /// Dotted.
    Dotted,
    /// Thick.
    Thick,
}

/// A frame around nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What is shown.
    pub label: String,
    /// The frame it is in.
    pub parent: Option<usize>,
}

impl Flowchart {
    /// A diagram without nodes.
    pub fn new(direction: Direction) -> Flowchart {
        Flowchart { direction, nodes: Vec::new(), edges: Vec::new(), groups: Vec::new(), inside: None }
    }

    /// Adds a node; a key that is there already is left as it is.
    pub fn node(&mut self, key: impl Into<String>, label: impl Into<String>, shape: Shape) -> &mut Self {
        let key = key.into();
        if !self.nodes.iter().any(|node| node.key == key) {
            self.nodes.push(Node { key, label: label.into(), shape, group: self.inside });
        }
        self
    }

    /// Adds an edge; an empty label shows nothing. A node that is not there yet is added as a box.
    pub fn edge(&mut self, from: impl Into<String>, to: impl Into<String>, label: impl Into<String>) -> &mut Self {
        self.edge_as(from, to, label, Line::Solid)
    }

    /// Adds an edge with its look.
    pub fn edge_as(
        &mut self,
        from: impl Into<String>,
        to: impl Into<String>,
        label: impl Into<String>,
        line: Line,
    ) -> &mut Self {
        let (from, to) = (from.into(), to.into());
        self.node(from.as_str(), from.as_str(), Shape::Box);
        self.node(to.as_str(), to.as_str(), Shape::Box);
        self.edges.push(Edge { from, to, label: label.into(), line });
        self
    }

    /// Adds a frame; the nodes that `body` adds stand in it.
    pub fn group(&mut self, label: impl Into<String>, body: impl FnOnce(&mut Flowchart)) -> &mut Self {
        let parent = self.inside;
        self.groups.push(Frame { label: label.into(), parent });
        self.inside = Some(self.groups.len() - 1);
        body(self);
        self.inside = parent;
        self
    }
}

/// A chart of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// How it looks.
    pub kind: ChartKind,
    /// The labels with their numbers.
    pub points: Vec<(String, f64)>,
}

/// How a chart looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartKind {
    /// Slices of a whole; only what is above zero is shown.
    Pie,
    /// Bars, with what the axis of numbers is called.
    Bars(String),
}

impl Chart {
    /// Slices of a whole.
    pub fn pie(title: impl Into<String>, points: Vec<(String, f64)>) -> Chart {
        Chart { title: title.into(), kind: ChartKind::Pie, points }
    }

    /// Bars; `axis` names the axis of numbers.
    pub fn bars(title: impl Into<String>, axis: impl Into<String>, points: Vec<(String, f64)>) -> Chart {
        Chart { title: title.into(), kind: ChartKind::Bars(axis.into()), points }
    }
}
