//! The syntax of what users write: KDL 2 documents.

pub mod kdl;

pub use kdl::{Document, EntryRef, NodeRef, Nodes, Problem, ProblemKind, Scalar, parse};
