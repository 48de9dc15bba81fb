//! KDL 2: tokens, a parser that never fails, and the tree that it leaves.
//!
//! This folder is also compiled into the build script, so it depends on nothing but [`crate::source`] and logos.

mod block;
mod brace;
mod class;
mod comment;
mod document;
mod embed;
mod entry;
mod foreign;
mod habit;
mod mistake;
mod node;
mod parser;
mod problem;
mod scan;
mod string;
mod token;
mod value;

pub use class::{is_bare, is_forbidden, is_identifier, is_newline, is_number, is_space};
pub use document::{AnnotationData, Document, EntryData, NodeData, NodeRef, Nodes, Range, Slice, ValueKind};
pub use entry::{Entries, EntryRef, OffsetMap, Scalar};
pub use parser::{DEPTH_LIMIT, Work, parse, parse_measured};
pub use problem::{Problem, ProblemKind, Reach};
pub use token::{Continuation, Ending, Quote, Token, TokenKind, Tokens};
