//! Exact numbers: fractions of two integers, so that money, ratios and unit conversions never round on the way.

use std::cmp::Ordering;
use std::fmt;

/// An exact fraction in lowest terms. Arithmetic answers `None` beyond 128 bits instead of being wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    numerator: i128,
    denominator: i128,
}

impl Default for Number {
    fn default() -> Self {
        Number::ZERO
    }
}

impl Number {
    /// Nothing.
    pub const ZERO: Number = Number::whole(0);
    /// One.
    pub const ONE: Number = Number::whole(1);

    /// A whole number.
    pub const fn whole(number: i64) -> Number {
        Number { numerator: number as i128, denominator: 1 }
    }

    /// A whole number from a count.
    pub const fn count(number: u64) -> Number {
        Number { numerator: number as i128, denominator: 1 }
    }

    /// The fraction `numerator / denominator`; `None` if the denominator is zero.
    pub fn fraction(numerator: i128, denominator: i128) -> Option<Number> {
        if denominator == 0 || numerator == i128::MIN || denominator == i128::MIN {
            return None;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        let sign = denominator.signum();
        Some(Number { numerator: sign * (numerator / divisor), denominator: sign * (denominator / divisor) })
    }

    /// A decimal of plain digits (`12`, `0.09`), at most 18 of them that count.
    pub fn decimal(text: &str) -> Option<Number> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        if whole.is_empty() || part.is_empty() || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        if whole.len() + part.len() > 18 {
            return None;
        }
        let digits: i128 = format!("0{whole}{part}").parse().ok()?;
        Number::fraction(digits, power_of_ten(part.len() as u32)?)
    }

    /// The sum.
    pub fn plus(self, other: Number) -> Option<Number> {
        let divisor = greatest_common_divisor(self.denominator, other.denominator);
        let left = self.numerator.checked_mul(other.denominator / divisor)?;
        let right = other.numerator.checked_mul(self.denominator / divisor)?;
        Number::fraction(left.checked_add(right)?, self.denominator.checked_mul(other.denominator / divisor)?)
    }

    /// The difference.
    pub fn minus(self, other: Number) -> Option<Number> {
        self.plus(Number { numerator: -other.numerator, ..other })
    }

    /// The product.
    pub fn times(self, other: Number) -> Option<Number> {
        let first = greatest_common_divisor(self.numerator, other.denominator);
        let second = greatest_common_divisor(other.numerator, self.denominator);
        let numerator = (self.numerator / first).checked_mul(other.numerator / second)?;
        let denominator = (self.denominator / second).checked_mul(other.denominator / first)?;
        Number::fraction(numerator, denominator)
    }

    /// The quotient; `None` as well when `other` is zero.
    pub fn divided_by(self, other: Number) -> Option<Number> {
        self.times(Number::fraction(other.denominator, other.numerator)?)
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.numerator < 0
    }

    /// The whole number it is, if it is one.
    pub fn as_whole(self) -> Option<i128> {
        (self.denominator == 1).then_some(self.numerator)
    }

    /// The count it is, if it is a whole number from 0 that fits.
    pub fn as_count(self) -> Option<u64> {
        self.as_whole().and_then(|whole| u64::try_from(whole).ok())
    }

    /// The largest whole number not above it.
    pub fn floor(self) -> i128 {
        self.numerator.div_euclid(self.denominator)
    }

    /// The smallest whole number not below it.
    pub fn ceiling(self) -> i128 {
        self.floor() + i128::from(self.denominator != 1)
    }

    /// The nearest floating-point number, for formats that know no other and for statistics.
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// Its decimal digits, if they end.
    pub fn exact_decimal(self) -> Option<String> {
        let (mut rest, mut twos, mut fives) = (self.denominator, 0_u32, 0_u32);
        while rest % 2 == 0 {
            rest /= 2;
            twos += 1;
        }
        while rest % 5 == 0 {
            rest /= 5;
            fives += 1;
        }
        let places = twos.max(fives);
        let digits = self.numerator.checked_mul(power_of_ten(places)? / self.denominator)?;
        (rest == 1).then(|| place_point(digits, places as usize))
    }

    /// Rounded to so many decimal places, half away from zero, without trailing zeros.
    pub fn rounded(self, places: u32) -> Option<Number> {
        let scale = power_of_ten(places)?;
        let scaled = self.times(Number { numerator: scale, denominator: 1 })?;
        let twice = scaled.numerator.checked_abs()?.checked_mul(2)?.checked_add(scaled.denominator)?;
        let magnitude = twice.div_euclid(scaled.denominator.checked_mul(2)?);
        Number::fraction(scaled.numerator.signum() * magnitude, scale)
    }

    /// Rounded to exactly so many decimal places, as money is printed: `18.00`.
    pub fn fixed(self, places: u32) -> Option<String> {
        let rounded = self.rounded(places)?;
        let digits = rounded.numerator.checked_mul(power_of_ten(places)? / rounded.denominator)?;
        let (sign, digits) = (if digits < 0 { "-" } else { "" }, digits.unsigned_abs());
        let text = format!("{digits:0>width$}", width = places as usize + 1);
        let (whole, part) = text.split_at(text.len() - places as usize);
        Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
    }
}

impl fmt::Display for Number {
    /// Exact where the digits end, else rounded to six places, else the fraction.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = || self.rounded(6).and_then(Number::exact_decimal);
        match self.exact_decimal().or_else(rounded) {
            Some(text) => formatter.write_str(&text),
            None => write!(formatter, "{}/{}", self.numerator, self.denominator),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    /// Compares whole parts first and then the reciprocals of the rests, so that nothing can overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right, mut turned) = (*self, *other, false);
        loop {
            let (left_rest, right_rest) =
                (left.numerator.rem_euclid(left.denominator), right.numerator.rem_euclid(right.denominator));
            let answer = match (left.floor().cmp(&right.floor()), left_rest, right_rest) {
                (Ordering::Equal, 0, 0) => Some(Ordering::Equal),
                (Ordering::Equal, 0, _) => Some(Ordering::Less),
                (Ordering::Equal, _, 0) => Some(Ordering::Greater),
                (Ordering::Equal, _, _) => None,
                (unequal, _, _) => Some(unequal),
            };
            if let Some(answer) = answer {
                return if turned { answer.reverse() } else { answer };
            }
            left = Number { numerator: left.denominator, denominator: left_rest };
            right = Number { numerator: right.denominator, denominator: right_rest };
            turned = !turned;
        }
    }
}

/// Writes digits with a decimal point `places` from the right, without trailing zeros.
fn place_point(digits: i128, places: usize) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = places + 1);
    let (whole, part) = text.split_at(text.len() - places);
    let part = part.trim_end_matches('0');
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// Never zero, so that callers may divide by it.
fn greatest_common_divisor(left: i128, right: i128) -> i128 {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    i128::try_from(left).unwrap_or(1).max(1)
}
