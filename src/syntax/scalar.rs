//! The text of a scalar, as values are read from it.

use super::kdl::Scalar;

/// A string's content, a number as written, or a keyword with its `#`.
pub fn scalar_text(scalar: Scalar<'_>) -> &str {
    match scalar {
        Scalar::String(text) | Scalar::Number(text) => text,
        Scalar::Bool(true) => "#true",
        Scalar::Bool(false) => "#false",
        Scalar::Null => "#null",
        Scalar::Infinity => "#inf",
        Scalar::NegativeInfinity => "#-inf",
        Scalar::NotANumber => "#nan",
    }
}

/// The content of a string; none for every other scalar.
pub fn string(scalar: Scalar<'_>) -> Option<&str> {
    if let Scalar::String(text) = scalar { Some(text) } else { None }
}
