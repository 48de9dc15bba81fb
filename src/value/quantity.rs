//! A number with what it measures: the value of every number in an expression, a price or a usage.

use std::cmp::Ordering;
use std::fmt;

use super::dimension::{Base, Dimension};
use super::duration::Duration;
use super::error::{Mistake, ValueError};
use super::number::Number;
use super::scan::{Written, scan};
use super::size::Bytes;
use super::unit::{ByteUnit, Currency, Noun, Per, Period, TimeUnit, Unit};

/// A number in base units (milliseconds, bytes, whole money, things) and its dimension.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Quantity {
    /// The number, in base units; `2%` is 0.02.
    pub number: Number,
    /// What it measures.
    pub dimension: Dimension,
}

/// Why two quantities cannot be combined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// They measure different things.
    Dimensions {
        /// What the left one measures.
        left: Dimension,
        /// What the right one measures.
        right: Dimension,
    },
    /// They are money in two currencies, and money is never converted.
    Currencies {
        /// The currency of the left one.
        left: Currency,
        /// The currency of the right one.
        right: Currency,
    },
    /// The right one is nothing.
    DivisionByZero,
    /// The result is beyond what can be represented.
    TooLarge,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuantityError::Dimensions { left, right } => write!(formatter, "{left} and {right} do not go together"),
            QuantityError::Currencies { left, right } => {
                write!(formatter, "{left} and {right} do not go together: money is never converted")
            }
            QuantityError::DivisionByZero => formatter.write_str("division by zero"),
            QuantityError::TooLarge => formatter.write_str("the result is too large"),
        }
    }
}

impl std::error::Error for QuantityError {}

impl Quantity {
    /// A quantity of base units.
    pub fn new(number: Number, dimension: Dimension) -> Quantity {
        Quantity { number, dimension }
    }

    /// A bare number.
    pub fn number(number: Number) -> Quantity {
        Quantity::new(number, Dimension::NUMBER)
    }

    /// Reads a number with its units.
    pub fn parse(text: &str) -> Result<Quantity, ValueError> {
        let written = scan(text, "quantity")?;
        written.quantity().ok_or_else(|| {
            ValueError::new("quantity", 0..text.len(), "the number is too large").of(Mistake::OutOfRange)
        })
    }

    /// The sum.
    pub fn plus(&self, other: &Quantity) -> Result<Quantity, QuantityError> {
        let dimension = self.common(other)?;
        let number = self.number.plus(other.number).ok_or(QuantityError::TooLarge)?;
        Ok(Quantity { number, dimension })
    }

    /// The difference.
    pub fn minus(&self, other: &Quantity) -> Result<Quantity, QuantityError> {
        let dimension = self.common(other)?;
        let number = self.number.minus(other.number).ok_or(QuantityError::TooLarge)?;
        Ok(Quantity { number, dimension })
    }

    /// The product: `0.09 USD/GB` × `200 GB/month` = `18 USD/month`.
    pub fn times(&self, other: &Quantity) -> Result<Quantity, QuantityError> {
        let dimension = self.dimension.times(&other.dimension).ok_or(QuantityError::TooLarge)?;
        let number = self.number.times(other.number).ok_or(QuantityError::TooLarge)?;
        Ok(Quantity { number, dimension })
    }

    /// The quotient.
    pub fn divided_by(&self, other: &Quantity) -> Result<Quantity, QuantityError> {
        if other.number.is_zero() {
            return Err(QuantityError::DivisionByZero);
        }
        let dimension = self.dimension.divided_by(&other.dimension).ok_or(QuantityError::TooLarge)?;
        let number = self.number.divided_by(other.number).ok_or(QuantityError::TooLarge)?;
        Ok(Quantity { number, dimension })
    }

    /// Which of the two is more.
    pub fn compare(&self, other: &Quantity) -> Result<Ordering, QuantityError> {
        self.common(other)?;
        Ok(self.number.cmp(&other.number))
    }

    /// The number of `period`s' worth, when this is something per time: how much there is in a month.
    pub fn in_period(&self, period: Period) -> Option<Number> {
        let rate = self.dimension.exponent(&Base::Time) == -1;
        if rate { self.number.times(Number::count(period.milliseconds())) } else { None }
    }

    /// The dimension of both, or why they do not go together.
    fn common(&self, other: &Quantity) -> Result<Dimension, QuantityError> {
        let (left, right) = (&self.dimension, &other.dimension);
        left.unify(right).ok_or_else(|| match (left.currency(), right.currency()) {
            (Some(left), Some(right)) if left != right => QuantityError::Currencies { left, right },
            _ => QuantityError::Dimensions { left: left.clone(), right: right.clone() },
        })
    }
}

impl From<Duration> for Quantity {
    fn from(duration: Duration) -> Self {
        Quantity::new(Number::count(duration.milliseconds()), Dimension::time())
    }
}

impl Written {
    /// The quantity in base units; `None` if it is too large.
    pub(super) fn quantity(&self) -> Option<Quantity> {
        let (worth, mut dimension) = match &self.unit {
            None => (Number::ONE, Dimension::NUMBER),
            Some(Unit::Percent) => (Number::fraction(1, 100)?, Dimension::RATIO),
            Some(Unit::Time(unit)) => (Number::count(unit.milliseconds()), Dimension::time()),
            Some(Unit::Bytes(unit)) => (Number::count(unit.bytes()), Dimension::bytes()),
            Some(Unit::Money(currency)) => (Number::ONE, Dimension::money(*currency)),
            Some(Unit::Noun(noun)) => (Number::ONE, Dimension::of(Base::Noun(noun.clone()))),
        };
        let mut number = self.number.times(worth)?;
        for per in &self.per {
            number = number.divided_by(per.worth())?;
            dimension = dimension.divided_by(&Dimension::of(per.base()))?;
        }
        Some(Quantity { number, dimension })
    }
}

impl Per {
    /// The base it divides by.
    pub(super) fn base(&self) -> Base {
        match self {
            Per::Period(_) => Base::Time,
            Per::Bytes(_) => Base::Bytes,
            Per::Noun(noun) => Base::Noun(noun.clone()),
        }
    }
}

impl Unit {
    /// The base it counts, if it has one.
    pub(super) fn base(&self) -> Option<Base> {
        match self {
            Unit::Time(_) => Some(Base::Time),
            Unit::Bytes(_) => Some(Base::Bytes),
            Unit::Money(currency) => Some(Base::Money(*currency)),
            Unit::Percent => None,
            Unit::Noun(noun) => Some(Base::Noun(noun.clone())),
        }
    }

    /// The amount as it is written with this unit.
    fn spell(&self, number: &str) -> String {
        match self {
            Unit::Time(unit) => format!("{number}{}", unit.symbol()),
            Unit::Bytes(unit) => format!("{number}{}", unit.symbol()),
            Unit::Money(currency) => spell_money(number, *currency),
            Unit::Percent => format!("{number}%"),
            Unit::Noun(noun) => format!("{number} {}", noun.as_str()),
        }
    }
}

/// An amount with its currency: `$5`, `5 CHF`.
pub(super) fn spell_money(number: &str, currency: Currency) -> String {
    match (currency.sign(), number.strip_prefix('-')) {
        (Some(sign), Some(positive)) => format!("-{sign}{positive}"),
        (Some(sign), None) => format!("{sign}{number}"),
        (None, _) => format!("{number} {currency}"),
    }
}

/// A number of things, with `M` where that is exact: `2M req`.
pub(super) fn spell_things(number: Number, noun: Option<&Noun>) -> String {
    let millions = number.divided_by(Number::whole(1_000_000)).filter(|millions| millions.as_whole().is_some());
    let number = match millions {
        Some(millions) if !number.is_zero() => format!("{millions}M"),
        Some(_) | None => number.to_string(),
    };
    noun.map_or_else(|| number.clone(), |noun| format!("{number} {}", noun.as_str()))
}

impl fmt::Display for Quantity {
    /// The shortest exact spelling, so that reading it gives the same quantity.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelled = if self.dimension.is_number() {
            self.number.to_string()
        } else if self.dimension.is_ratio() {
            let percent = self.number.times(Number::whole(100));
            percent.map_or_else(|| self.number.to_string(), |percent| format!("{percent}%"))
        } else {
            self.spelled().unwrap_or_else(|| format!("{} {}", self.number, self.dimension))
        };
        formatter.write_str(&spelled)
    }
}

impl Quantity {
    /// The best spelling, if the dimension is one that can be written.
    fn spelled(&self) -> Option<String> {
        let (mut above, mut below) = (None, Vec::new());
        for (base, exponent) in self.dimension.bases() {
            match exponent {
                1 if above.is_none() => above = Some(base),
                -1 => below.push(base),
                _ => return None,
            }
        }
        match (above, self.number.as_count()) {
            (Some(Base::Time), Some(total)) if below.is_empty() => {
                return Some(Duration::from_milliseconds(total).to_string());
            }
            (Some(Base::Bytes), Some(total)) if below.is_empty() => return Some(Bytes::new(total).to_string()),
            _ => {}
        }
        let mut best: Option<(usize, String)> = None;
        for divisors in combinations(&below)? {
            let suffix: String = divisors.iter().map(|per| format!("/{}", per.symbol())).collect();
            let penalty: usize = divisors.iter().map(unusual).sum();
            let number = divisors.iter().try_fold(self.number, |number, per| number.times(per.worth()))?;
            for (spelling, cost) in numerators(above, number) {
                let text = format!("{spelling}{suffix}");
                let price = text.chars().count() + penalty + cost;
                if best.as_ref().is_none_or(|(known, _)| price < *known) {
                    best = Some((price, text));
                }
            }
        }
        best.map(|(_, text)| text)
    }
}

/// Prices are told per gigabyte and per month; another unit must be clearly shorter to be chosen.
fn unusual(per: &Per) -> usize {
    match per {
        Per::Bytes(unit) => {
            if *unit == ByteUnit::Gigabyte {
                0
            } else {
                3
            }
        }
        Per::Period(period) => {
            if matches!(period, Period::Week | Period::Year) {
                3
            } else {
                0
            }
        }
        Per::Noun(_) => 0,
    }
}

/// Every way to write the divisors; `None` for what cannot be written.
fn combinations(below: &[&Base]) -> Option<Vec<Vec<Per>>> {
    let mut all = vec![Vec::new()];
    for base in below {
        let choices: Vec<Per> = match base {
            Base::Time => Period::ALL.into_iter().map(Per::Period).collect(),
            Base::Bytes => ByteUnit::ALL.into_iter().map(Per::Bytes).collect(),
            Base::Noun(noun) => vec![Per::Noun(noun.clone())],
            Base::Money(_) => return None,
        };
        let extended = all.iter().flat_map(|chosen| {
            choices.iter().map(move |choice| chosen.iter().chain([choice]).cloned().collect::<Vec<Per>>())
        });
        all = extended.collect();
    }
    Some(all)
}

/// What a spelling costs that rounds, so that it is the last to be chosen.
const ROUNDED: usize = 1_000;

/// Every way to write the amount in the unit above the line, and what it costs beyond its length.
fn numerators(above: Option<&Base>, number: Number) -> Vec<(String, usize)> {
    let rounds = |number: Number| if readable(number) { 0 } else { ROUNDED };
    let units: Vec<(Unit, Number)> = match above {
        None => return vec![(number.to_string(), rounds(number))],
        Some(Base::Noun(noun)) => return vec![(spell_things(number, Some(noun)), rounds(number))],
        Some(Base::Money(currency)) => {
            return vec![(Unit::Money(*currency).spell(&number.to_string()), rounds(number))];
        }
        Some(Base::Bytes) => {
            ByteUnit::ALL.into_iter().map(|unit| (Unit::Bytes(unit), Number::count(unit.bytes()))).collect()
        }
        Some(Base::Time) => {
            TimeUnit::ALL.into_iter().map(|unit| (Unit::Time(unit), Number::count(unit.milliseconds()))).collect()
        }
    };
    let spell = |(unit, worth): &(Unit, Number)| {
        let amount = number.divided_by(*worth)?;
        // `200GB` is easier to read than the equally long `0.2TB`.
        let fraction = if amount.as_whole().is_some() { 0 } else { 2 };
        Some((unit.spell(&amount.to_string()), rounds(amount) + fraction))
    };
    units.iter().filter_map(spell).collect()
}

/// Whether the digits end and are few enough to be read again.
fn readable(number: Number) -> bool {
    number.exact_decimal().is_some_and(|text| Number::decimal(text.trim_start_matches('-')).is_some())
}
