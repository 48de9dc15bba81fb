//! How often something happens or how much flows: `100 req/s`, `200 GB/month`.

use std::fmt;

use super::error::{Mistake, ValueError};
use super::number::Number;
use super::quantity::{Quantity, spell_things};
use super::recognise;
use super::scan::{scan, shortened};
use super::size::too_large;
use super::unit::{ByteUnit, Noun, Per, Period, Unit};

const EXPECTED: &str = "rate";
const HELP: &str = "a rate ends with `/s`, `/min`, `/h`, `/day` or `/month`: `100 req/s`";

/// What a rate counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// Just a number.
    #[default]
    Number,
    /// Things.
    Things(Noun),
    /// Bytes, told in a unit.
    Bytes(ByteUnit),
}

/// An amount per stretch of time, as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// The number before the unit.
    pub number: Number,
    /// What it counts.
    pub flow: Flow,
    /// Per what.
    pub per: Period,
}

impl Rate {
    /// Reads `100 req/s`, `2M req/month` or `200 GB/month`.
    pub fn parse(text: &str) -> Result<Rate, ValueError> {
        let written = scan(text, EXPECTED)?;
        let whole = 0..text.len();
        if written.quantity().is_none() {
            return Err(too_large(EXPECTED, text));
        }
        let flow = match &written.unit {
            None => Some(Flow::Number),
            Some(Unit::Noun(noun)) => Some(Flow::Things(noun.clone())),
            Some(Unit::Bytes(unit)) => Some(Flow::Bytes(*unit)),
            Some(Unit::Time(_) | Unit::Money(_) | Unit::Percent) => None,
        };
        match (flow, written.per.as_slice()) {
            (Some(flow), [Per::Period(per)]) => Ok(Rate { number: written.number, flow, per: *per }),
            (Some(_), []) => {
                Err(ValueError::new(EXPECTED, whole, format!("`{}` does not say per what time", shortened(text)))
                    .of(Mistake::UnitMissing)
                    .with_help(format!("add one: `{text}/s` or `{text}/month`, for example")))
            }
            (Some(_), _) => {
                Err(ValueError::new(EXPECTED, written.per_range, "a rate is per one stretch of time").with_help(HELP))
            }
            (None, _) => Err(ValueError::mismatch(EXPECTED, recognise::kind(text), text).with_help(HELP)),
        }
    }

    /// How much of it (things, bytes) there is in a period.
    pub fn in_period(&self, period: Period) -> Option<Number> {
        self.quantity()?.in_period(period)
    }

    /// How much of it (things, bytes) there is in a month of 730 hours.
    pub fn per_month(&self) -> Option<Number> {
        self.in_period(Period::Month)
    }

    /// How much of it (things, bytes) there is in a second.
    pub fn per_second(&self) -> Option<Number> {
        self.in_period(Period::Second)
    }

    /// In base units; `None` if it is too large.
    pub fn quantity(&self) -> Option<Quantity> {
        Quantity::parse(&self.to_string()).ok()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = match &self.flow {
            Flow::Number => spell_things(self.number, None),
            Flow::Things(noun) => spell_things(self.number, Some(noun)),
            Flow::Bytes(unit) => format!("{}{}", self.number, unit.symbol()),
        };
        write!(formatter, "{amount}/{}", self.per.symbol())
    }
}
