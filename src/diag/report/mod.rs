//! Reports: the same diagnostics for people, programs, code scanners and GitHub.

mod github;
mod human;
mod json;
mod located;
mod masked;
mod paint;
mod sarif;
mod view;

pub use github::github;
pub use human::{Charset, ColorChoice, Paint, Stream, Style, human, summary};
pub use json::json;
pub use sarif::sarif;
