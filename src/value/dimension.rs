//! What a quantity measures, and the algebra that refuses to add money to time.

use std::fmt;

use super::unit::{Currency, Noun};

/// One thing that is measured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// One currency; two of them are two bases, as nothing is converted.
    Money(Currency),
    /// Bytes.
    Bytes,
    /// Counted things.
    Noun(Noun),
    /// Time, in milliseconds.
    Time,
}

/// A number without a base is just a number, a number of things that have no name, or a share of a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Bare {
    #[default]
    Number,
    Count,
    Ratio,
}

/// A product of bases with exponents: `USD/GB` is money¹ · bytes⁻¹.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Dimension {
    bases: Vec<(Base, i8)>,
    bare: Bare,
}

impl Dimension {
    /// A bare number: a count, or a ratio written without `%`.
    pub const NUMBER: Dimension = Dimension { bases: Vec::new(), bare: Bare::Number };
    /// A number of things without a name for them; no ratio, as a bare number may be.
    pub const COUNT: Dimension = Dimension { bases: Vec::new(), bare: Bare::Count };
    /// A share of a whole.
    pub const RATIO: Dimension = Dimension { bases: Vec::new(), bare: Bare::Ratio };

    /// One base.
    pub fn of(base: Base) -> Dimension {
        Dimension { bases: vec![(base, 1)], bare: Bare::Number }
    }

    /// A duration.
    pub fn time() -> Dimension {
        Dimension::of(Base::Time)
    }

    /// An amount of storage or transfer.
    pub fn bytes() -> Dimension {
        Dimension::of(Base::Bytes)
    }

    /// An amount of money.
    pub fn money(currency: Currency) -> Dimension {
        Dimension::of(Base::Money(currency))
    }

    /// A number of things.
    pub fn noun(noun: &str) -> Dimension {
        Dimension::of(Base::Noun(Noun::new(noun)))
    }

    /// The dimension that a metric of the standard library names with a word; money is in the currency of the project.
    pub fn named(word: &str, currency: Currency) -> Option<Dimension> {
        match word {
            "ratio" => Some(Dimension::RATIO),
            "duration" => Some(Dimension::time()),
            "rate" => Some(Dimension::NUMBER.per_time()),
            "count" | "boolean" => Some(Dimension::COUNT),
            "bytes" => Some(Dimension::bytes()),
            "money" => Some(Dimension::money(currency)),
            _ => None,
        }
    }

    /// The same, per time: the dimension of a rate.
    #[must_use]
    pub fn per_time(&self) -> Dimension {
        self.divided_by(&Dimension::time()).unwrap_or_else(|| self.clone())
    }

    /// The bases and their exponents, none of them zero, in a fixed order.
    pub fn bases(&self) -> &[(Base, i8)] {
        &self.bases
    }

    /// The exponent of one base.
    pub fn exponent(&self, base: &Base) -> i8 {
        self.bases.iter().find(|(own, _)| own == base).map_or(0, |(_, exponent)| *exponent)
    }

    /// Whether it is a bare number.
    pub fn is_number(&self) -> bool {
        self.bases.is_empty() && self.bare == Bare::Number
    }

    /// Whether it is a share of a whole.
    pub fn is_ratio(&self) -> bool {
        self.bases.is_empty() && self.bare == Bare::Ratio
    }

    /// The only currency in it, if there is one.
    pub fn currency(&self) -> Option<Currency> {
        self.bases.iter().find_map(|(base, _)| match base {
            Base::Money(currency) => Some(*currency),
            Base::Bytes | Base::Noun(_) | Base::Time => None,
        })
    }

    /// What both measure when they may be added or compared; `None` when they may not.
    /// A bare number is a ratio or a number of things, whichever stands on the other side, and nothing else.
    pub fn unify(&self, other: &Dimension) -> Option<Dimension> {
        if self.names_the_currency_of(other) {
            return Some(other.clone());
        }
        if other.names_the_currency_of(self) {
            return Some(self.clone());
        }
        if self.bases == other.bases {
            return match (self.bare, other.bare) {
                (Bare::Number, bare) | (bare, Bare::Number) => Some(Dimension { bases: self.bases.clone(), bare }),
                (left, right) => (left == right).then(|| self.clone()),
            };
        }
        if other.counts_things_as(self) {
            return Some(other.clone());
        }
        self.counts_things_as(other).then(|| self.clone())
    }

    /// Whether the two may be added or compared.
    pub fn fits(&self, other: &Dimension) -> bool {
        self.unify(other).is_some()
    }

    /// The dimension of a product; `None` beyond any exponent that makes sense.
    pub fn times(&self, other: &Dimension) -> Option<Dimension> {
        let bases = self.merged(other, i8::checked_add)?;
        let bare = match (self.bases.is_empty(), self.bare, other.bare) {
            (false, _, _) => Bare::Ratio,
            (true, Bare::Count, _) | (true, _, Bare::Count) => Bare::Count,
            (true, Bare::Ratio, _) | (true, _, Bare::Ratio) => Bare::Ratio,
            (true, Bare::Number, Bare::Number) => Bare::Number,
        };
        Some(Dimension::bare_or(bases, bare))
    }

    /// The dimension of a quotient; `None` beyond any exponent that makes sense.
    pub fn divided_by(&self, other: &Dimension) -> Option<Dimension> {
        let bases = self.merged(other, i8::checked_sub)?;
        let bare = match (self.bases.is_empty(), self.bare, other.bare) {
            (false, _, _) | (true, Bare::Count, Bare::Count) => Bare::Ratio,
            (true, bare, _) => bare,
        };
        Some(Dimension::bare_or(bases, bare))
    }

    /// The mark of a bare number means nothing where there is a base, so it is not kept there.
    fn bare_or(bases: Vec<(Base, i8)>, bare: Bare) -> Dimension {
        let bare = if bases.is_empty() { bare } else { Bare::Number };
        Dimension { bases, bare }
    }

    /// Whether it is in any currency, and `other` is the same in a currency of its own.
    fn names_the_currency_of(&self, other: &Dimension) -> bool {
        let known = other.currency().filter(|known| *known != Currency::ANY);
        let (Some(Currency::ANY), Some(known)) = (self.currency(), known) else { return false };
        let named = |(base, exponent): &(Base, i8)| match base {
            Base::Money(Currency::ANY) => (Base::Money(known), *exponent),
            Base::Money(_) | Base::Bytes | Base::Noun(_) | Base::Time => (base.clone(), *exponent),
        };
        self.bases.iter().map(named).eq(other.bases.iter().cloned())
    }

    /// Whether it is `plain` with a noun that says what is counted: `req/s` for `/s`.
    fn counts_things_as(&self, plain: &Dimension) -> bool {
        let is_noun = |base: &Base| matches!(base, Base::Noun(_));
        let (nouns, others): (Vec<_>, Vec<_>) = self.bases.iter().partition(|(base, _)| is_noun(base));
        !plain.is_ratio() && matches!(nouns.as_slice(), [(_, 1)]) && others.into_iter().eq(&plain.bases)
    }

    fn merged(&self, other: &Dimension, combine: fn(i8, i8) -> Option<i8>) -> Option<Vec<(Base, i8)>> {
        let mut bases = Vec::with_capacity(self.bases.len() + other.bases.len());
        for (base, exponent) in &self.bases {
            bases.push((base.clone(), combine(*exponent, other.exponent(base))?));
        }
        for (base, exponent) in &other.bases {
            if self.exponent(base) == 0 {
                bases.push((base.clone(), combine(0, *exponent)?));
            }
        }
        bases.retain(|(_, exponent)| *exponent != 0);
        bases.sort();
        Some(bases)
    }
}

impl fmt::Display for Dimension {
    /// As a noun for messages: `duration`, `money (USD)`, `bytes per time`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.bases.as_slice(), self.bare) {
            ([], Bare::Number) => formatter.write_str("number"),
            ([], Bare::Count) => formatter.write_str("count"),
            ([], Bare::Ratio) => formatter.write_str("ratio"),
            ([(Base::Time, 1)], _) => formatter.write_str("duration"),
            ([(Base::Bytes, 1)], _) => formatter.write_str("bytes"),
            (bases, _) => {
                let (above, below): (Vec<_>, Vec<_>) = bases.iter().partition(|(_, exponent)| *exponent > 0);
                let names = |bases: &[&(Base, i8)]| {
                    let powers: Vec<String> = bases.iter().map(|(base, exponent)| power(base, *exponent)).collect();
                    powers.join(" × ")
                };
                let above = if above.is_empty() { "number".to_owned() } else { names(&above) };
                formatter.write_str(&above)?;
                below.iter().try_for_each(|(base, exponent)| write!(formatter, " per {}", power(base, *exponent)))
            }
        }
    }
}

fn power(base: &Base, exponent: i8) -> String {
    let name = match base {
        Base::Money(Currency::ANY) => "money".to_owned(),
        Base::Money(currency) => format!("money ({currency})"),
        Base::Bytes => "bytes".to_owned(),
        Base::Noun(noun) => format!("`{}`", noun.as_str()),
        Base::Time => "time".to_owned(),
    };
    if exponent.unsigned_abs() > 1 { format!("{name}^{}", exponent.unsigned_abs()) } else { name }
}
