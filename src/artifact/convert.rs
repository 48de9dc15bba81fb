//! What becomes a tree by itself: texts, numbers, lists, and values that know where they came from.

use super::{Script, Tree, Value, int, list, null, text};
use crate::source::Sourced;

impl From<&str> for Tree {
    fn from(data: &str) -> Self {
        text(data)
    }
}

impl From<String> for Tree {
    fn from(data: String) -> Self {
        text(data)
    }
}

impl From<&String> for Tree {
    fn from(data: &String) -> Self {
        text(data)
    }
}

impl From<bool> for Tree {
    fn from(flag: bool) -> Self {
        Value::Bool(flag).into()
    }
}

macro_rules! whole_numbers {
    ($($kind:ty),*) => { $(
        impl From<$kind> for Tree {
            fn from(number: $kind) -> Self {
                int(i64::from(number))
            }
        }
    )* };
}
whole_numbers!(i64, i32, u32, u16, u8);

impl From<u64> for Tree {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or_else(|_| Value::Decimal(number.to_string().into()).into(), int)
    }
}

impl From<usize> for Tree {
    fn from(number: usize) -> Self {
        (number as u64).into()
    }
}

impl From<f64> for Tree {
    /// Rust prints floats without an exponent; what is not a finite number is null, as in JSON.
    fn from(number: f64) -> Self {
        if !number.is_finite() {
            return null();
        }
        let printed = number.to_string();
        printed.parse().map_or_else(|_| Value::Decimal(printed.into()).into(), int)
    }
}

impl From<Script> for Tree {
    fn from(script: Script) -> Self {
        Value::Script(script.into()).into()
    }
}

impl<T: Into<Tree>> From<Vec<T>> for Tree {
    fn from(items: Vec<T>) -> Self {
        list(items)
    }
}

impl<T: Into<Tree>, const N: usize> From<[T; N]> for Tree {
    fn from(items: [T; N]) -> Self {
        list(items)
    }
}

impl<T: Into<Tree>> From<Sourced<T>> for Tree {
    fn from(sourced: Sourced<T>) -> Self {
        sourced.value.into().at(&sourced.origin)
    }
}

impl<T: Clone + Into<Tree>> From<&Sourced<T>> for Tree {
    fn from(sourced: &Sourced<T>) -> Self {
        sourced.value.clone().into().at(&sourced.origin)
    }
}

impl From<&Tree> for Tree {
    fn from(tree: &Tree) -> Self {
        tree.clone()
    }
}
