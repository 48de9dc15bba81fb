//! Amounts of money and prices: `$300/month`, `0.09 USD/GB`. Exact, and never converted.

use std::fmt;

use super::dimension::Dimension;
use super::error::{Mistake, ValueError};
use super::number::Number;
use super::quantity::{Quantity, QuantityError, spell_money};
use super::recognise;
use super::scan::{Written, scan, shortened};
use super::size::too_large;
use super::unit::{Currency, Per, Period, Unit};

const EXPECTED: &str = "money";
const HELP: &str = "money is written with `$`, `€`, `£`, or with a currency code: `300 CHF`";

/// An amount in one currency, per nothing or per something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// How much.
    pub amount: Number,
    /// Of what.
    pub currency: Currency,
    /// What it is paid for, outermost last: `/GB`, `/month`.
    pub per: Vec<Per>,
}

impl Money {
    /// An amount per nothing.
    pub fn new(amount: Number, currency: Currency) -> Money {
        Money { amount, currency, per: Vec::new() }
    }

    /// An amount per month.
    pub fn monthly(amount: Number, currency: Currency) -> Money {
        Money { amount, currency, per: vec![Per::Period(Period::Month)] }
    }

    /// Reads `$300/month`, `0.09 USD/GB` or `€5`.
    pub fn parse(text: &str) -> Result<Money, ValueError> {
        let whole = 0..text.len();
        if let Some((code, rest)) = text.split_once(' ')
            && Currency::code(code).is_some()
            && let Some(fix) = amount_first(code, rest)
        {
            return Err(ValueError::new(EXPECTED, whole, format!("`{code}` stands before the amount")).with_fix(fix));
        }
        let Written { number, unit, per, .. } = scan(text, EXPECTED).map_err(|error| sign_after(text, error))?;
        match unit {
            Some(Unit::Money(currency)) => {
                let money = Money { amount: number, currency, per };
                money.quantity().is_some().then_some(money).ok_or_else(|| too_large(EXPECTED, text))
            }
            None => Err(ValueError::new(EXPECTED, whole, format!("`{}` has no currency", shortened(text)))
                .of(Mistake::UnitMissing)
                .with_help(HELP)),
            Some(Unit::Time(_) | Unit::Bytes(_) | Unit::Percent | Unit::Noun(_)) => {
                Err(ValueError::mismatch(EXPECTED, recognise::kind(text), text).with_help(HELP))
            }
        }
    }

    /// In base units; `None` if it is too large.
    pub fn quantity(&self) -> Option<Quantity> {
        let written = Written {
            number: self.amount,
            unit: Some(Unit::Money(self.currency)),
            unit_range: 0..0,
            per: self.per.clone(),
            per_range: 0..0,
        };
        written.quantity()
    }

    /// The money that a quantity is: an amount, or an amount per time, which is told per month.
    pub fn from_quantity(quantity: &Quantity) -> Option<Money> {
        let currency = quantity.dimension.currency()?;
        let plain = Dimension::money(currency);
        if quantity.dimension == plain {
            return Some(Money::new(quantity.number, currency));
        }
        let monthly = quantity.dimension == plain.per_time();
        let amount = quantity.in_period(Period::Month)?;
        monthly.then(|| Money::monthly(amount, currency))
    }

    /// What it comes to in a month, when it is an amount per time and nothing else.
    pub fn per_month(&self) -> Option<Money> {
        let monthly = Money::from_quantity(&self.quantity()?)?;
        (!monthly.per.is_empty()).then_some(monthly)
    }

    /// The sum; what both are paid for is told as on the left.
    pub fn plus(&self, other: &Money) -> Result<Money, QuantityError> {
        let (left, right) = (self.quantity(), other.quantity());
        let (left, right) = (left.ok_or(QuantityError::TooLarge)?, right.ok_or(QuantityError::TooLarge)?);
        let sum = left.plus(&right)?.number;
        let amount = self.per.iter().try_fold(sum, |amount, per| amount.times(per.worth()));
        Ok(Money { amount: amount.ok_or(QuantityError::TooLarge)?, currency: self.currency, per: self.per.clone() })
    }

    /// So many times as much.
    pub fn times(&self, factor: Number) -> Option<Money> {
        Some(Money { amount: self.amount.times(factor)?, ..self.clone() })
    }

    /// With exactly two decimal places, as documents print amounts: `$18.00/month`.
    pub fn in_cents(&self) -> String {
        self.spelled(&self.amount.fixed(2).unwrap_or_else(|| self.amount.to_string()))
    }

    fn spelled(&self, amount: &str) -> String {
        let per: String = self.per.iter().map(|per| format!("/{}", per.symbol())).collect();
        format!("{}{per}", spell_money(amount, self.currency))
    }
}

/// `USD 300/month` as it is written here.
fn amount_first(code: &str, rest: &str) -> Option<String> {
    let (number, per) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Number::decimal(number)?;
    Some(format!("{number} {code}{per}"))
}

/// `300$` is told to be `$300`.
fn sign_after(text: &str, error: ValueError) -> ValueError {
    let Some(at) = text.find(|character| Currency::of_sign(character).is_some()) else { return error };
    let (number, rest) = text.split_at(at);
    let sign: String = rest.chars().take(1).collect();
    let rest = rest.get(sign.len()..).unwrap_or_default();
    let fixed = format!("{sign}{}{rest}", number.trim_end());
    if at == 0 || scan(&fixed, EXPECTED).is_err() {
        return error;
    }
    ValueError::new(EXPECTED, at..at + sign.len(), format!("`{sign}` stands after the amount")).with_fix(fixed)
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.spelled(&self.amount.to_string()))
    }
}
