//! A share of a whole: `99.9%`.

use std::fmt;

use super::error::{Mistake, ValueError};
use super::number::Number;
use super::recognise;
use super::scan::{scan, shortened};

const EXPECTED: &str = "ratio";

/// An exact number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ratio(Number);

impl Ratio {
    /// Nothing of it.
    pub const ZERO: Ratio = Ratio(Number::ZERO);
    /// All of it.
    pub const ONE: Ratio = Ratio(Number::ONE);

    /// The ratio of a number from 0 to 1.
    pub fn new(number: Number) -> Option<Ratio> {
        (number >= Number::ZERO && number <= Number::ONE).then_some(Ratio(number))
    }

    /// The number from 0 to 1.
    pub fn number(self) -> Number {
        self.0
    }

    /// The number from 0 to 100.
    pub fn percent(self) -> Number {
        self.0.times(Number::whole(100)).unwrap_or(self.0)
    }

    /// What is missing to the whole: the error budget of an objective.
    #[must_use]
    pub fn rest(self) -> Ratio {
        Number::ONE.minus(self.0).map_or(Ratio::ZERO, Ratio)
    }

    /// This share of the other share.
    #[must_use]
    pub fn of(self, other: Ratio) -> Option<Ratio> {
        self.0.times(other.0).map(Ratio)
    }

    /// Reads `99.9%` or `0.999`.
    pub fn parse(text: &str) -> Result<Ratio, ValueError> {
        let written = scan(text, EXPECTED)?;
        let whole = 0..text.len();
        let outside = || {
            ValueError::new(EXPECTED, whole.clone(), format!("`{}` is out of range", shortened(text)))
                .of(Mistake::OutOfRange)
        };
        let Some(quantity) = written.quantity() else { return Err(outside()) };
        if !quantity.dimension.is_number() && !quantity.dimension.is_ratio() {
            let found = recognise::kind_of(&quantity);
            return Err(ValueError::mismatch(EXPECTED, found, text)
                .with_help("a ratio is written with `%`, or as a number from 0 to 1"));
        }
        if let Some(ratio) = Ratio::new(quantity.number) {
            return Ok(ratio);
        }
        let forgot_percent = quantity.dimension.is_number() && quantity.number <= Number::whole(100);
        Err(if forgot_percent {
            outside().with_fix(format!("{text}%"))
        } else {
            outside().with_help("a ratio lies between `0%` and `100%`, or 0 and 1")
        })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}%", self.percent())
    }
}
