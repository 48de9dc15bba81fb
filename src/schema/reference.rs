//! The reference of the language, generated from the tables.

/// Markdown of every shape.
pub fn reference() -> String {
    String::new()
}
