//! deployc: a compiler for deployments. See `src/ARCHITECTURE.md`.

pub mod artifact;
pub mod diag;
pub mod nearest;
pub mod render;
pub mod source;
pub mod syntax;
pub mod value;
