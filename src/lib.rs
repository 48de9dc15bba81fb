//! deployc: a compiler for deployments. See `src/ARCHITECTURE.md`.

pub mod diag;
pub mod source;
