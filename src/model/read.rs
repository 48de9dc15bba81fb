//! How the text of a value becomes a typed value of the model.

use crate::syntax::expression::Condition;
use crate::syntax::kdl::Scalar;
use crate::syntax::scalar_text;
use crate::value;

/// A value that can be read from the text of a scalar.
pub trait Read: Sized {
    /// The value, or none where the text is not of this type (which is told where the text is written).
    fn read(text: &str) -> Option<Self>;
    /// The value of a scalar; a text takes a number and a boolean as it is written elsewhere, without the `#`.
    fn of(scalar: Scalar<'_>) -> Option<Self> {
        Self::read(scalar_text(scalar))
    }
    /// What stands in for a value that could not be read; never reaches an output, because the run has an error then.
    fn placeholder() -> Self;
}

/// A value that is one word of a closed list.
pub trait FromWord: Sized {
    /// The value of a word.
    fn from_word(word: &str) -> Option<Self>;
}

/// A scalar taken as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Any(pub String);

impl Read for Any {
    fn read(text: &str) -> Option<Self> {
        Some(Any(text.to_owned()))
    }
    fn placeholder() -> Self {
        Any::default()
    }
}

impl Read for String {
    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
    fn of(scalar: Scalar<'_>) -> Option<Self> {
        Self::read(match scalar {
            Scalar::Bool(true) => "true",
            Scalar::Bool(false) => "false",
            Scalar::String(_)
            | Scalar::Number(_)
            | Scalar::Null
            | Scalar::Infinity
            | Scalar::NegativeInfinity
            | Scalar::NotANumber => scalar_text(scalar),
        })
    }
    fn placeholder() -> Self {
        String::new()
    }
}

impl Read for bool {
    fn read(text: &str) -> Option<Self> {
        match text {
            "#true" => Some(true),
            "#false" => Some(false),
            _ => None,
        }
    }
    fn placeholder() -> Self {
        false
    }
}

macro_rules! read_values {
    ($($ty:ty = $zero:literal),* $(,)?) => {
        $(impl Read for $ty {
            fn read(text: &str) -> Option<Self> {
                <$ty>::parse(text).ok()
            }
            fn placeholder() -> Self {
                <$ty>::parse($zero).unwrap_or_default()
            }
        })*
    };
}

read_values! {
    value::Duration = "0s",
    value::Ratio = "0%",
    value::Bytes = "0B",
    value::Cpu = "0",
    value::Count = "0",
    value::Rate = "0 /s",
    value::Money = "$0",
    value::Schedule = "daily 00:00",
    value::Date = "1970-01-01",
    value::ImageRef = "scratch:0",
    value::Quantity = "0",
    value::WeekTime = "Mon 00:00",
    Condition = "0 > 0",
}
