//! Typed values and quantities: what a text means as a duration, a ratio, money, a path.
//!
//! Every type reads itself with `parse`, which says what is wrong and where inside the text, and prints itself in one
//! canonical way that `parse` reads again. Arithmetic is exact. Nothing here knows about files, nodes or diagnostics.

mod command;
mod cron;
mod date;
mod dimension;
mod duration;
mod error;
mod image;
mod money;
mod name;
mod number;
mod path;
mod pin;
mod quantity;
mod rate;
mod ratio;
mod recognise;
mod scan;
mod schedule;
mod size;
mod unit;
mod word;

pub use command::Command;
pub use cron::Cron;
pub use date::{Date, WeekTime, Weekday};
pub use dimension::{Base, Dimension};
pub use duration::Duration;
pub use error::{Mistake, ValueError, described};
pub use image::{Floating, ImageRef};
pub use money::Money;
pub use name::{Gvk, MetricName, Name};
pub use number::Number;
pub use path::ProjectPath;
pub use pin::{Commit, ImageDigest};
pub use quantity::{Quantity, QuantityError};
pub use rate::{Flow, Rate};
pub use ratio::Ratio;
pub use recognise::kind;
pub use schedule::Schedule;
pub use size::{Bytes, Count, Cpu};
pub use unit::{ByteUnit, Currency, Noun, Per, Period, TimeUnit};

/// Lets generic code read any value with `text.parse::<T>()`.
macro_rules! read_from_text {
    ($($value:ident)*) => {$(
        impl std::str::FromStr for $value {
            type Err = ValueError;
            fn from_str(text: &str) -> Result<Self, ValueError> {
                $value::parse(text)
            }
        }
    )*};
}

read_from_text!(Duration Ratio Bytes Cpu Count Rate Money Schedule Date WeekTime ImageRef Gvk ProjectPath Name MetricName Quantity Commit ImageDigest);
