//! The units the language knows, and what each is worth.

use std::fmt;

use super::number::Number;

/// A unit of a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeUnit {
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
    /// `w`
    Week,
}

impl TimeUnit {
    /// All of them, smallest first.
    pub const ALL: [TimeUnit; 6] =
        [TimeUnit::Millisecond, TimeUnit::Second, TimeUnit::Minute, TimeUnit::Hour, TimeUnit::Day, TimeUnit::Week];

    /// As it is written after a number.
    pub const fn symbol(self) -> &'static str {
        match self {
            TimeUnit::Millisecond => "ms",
            TimeUnit::Second => "s",
            TimeUnit::Minute => "m",
            TimeUnit::Hour => "h",
            TimeUnit::Day => "d",
            TimeUnit::Week => "w",
        }
    }

    /// How many milliseconds it lasts.
    pub const fn milliseconds(self) -> u64 {
        match self {
            TimeUnit::Millisecond => 1,
            TimeUnit::Second => 1_000,
            TimeUnit::Minute => 60_000,
            TimeUnit::Hour => 3_600_000,
            TimeUnit::Day => 86_400_000,
            TimeUnit::Week => 604_800_000,
        }
    }
}

/// What a rate or a price is counted per: `/month`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// `/s`
    #[default]
    Second,
    /// `/min`
    Minute,
    /// `/h`
    Hour,
    /// `/day`
    Day,
    /// `/week`
    Week,
    /// `/month`, 730 hours everywhere
    Month,
    /// `/year`, twelve months
    Year,
}

impl Period {
    /// All of them, smallest first.
    pub const ALL: [Period; 7] =
        [Period::Second, Period::Minute, Period::Hour, Period::Day, Period::Week, Period::Month, Period::Year];

    /// As it is written after a `/`.
    pub const fn symbol(self) -> &'static str {
        match self {
            Period::Second => "s",
            Period::Minute => "min",
            Period::Hour => "h",
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
            Period::Year => "year",
        }
    }

    /// How many milliseconds it lasts; a month is 730 hours.
    pub const fn milliseconds(self) -> u64 {
        match self {
            Period::Second => 1_000,
            Period::Minute => 60_000,
            Period::Hour => 3_600_000,
            Period::Day => 86_400_000,
            Period::Week => 604_800_000,
            Period::Month => 730 * 3_600_000,
            Period::Year => 12 * 730 * 3_600_000,
        }
    }
}

/// A unit of storage or transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ByteUnit {
    /// `B`
    Byte,
    /// `kB`
    Kilobyte,
    /// `MB`
    Megabyte,
    /// `GB`
    Gigabyte,
    /// `TB`
    Terabyte,
    /// `KiB`
    Kibibyte,
    /// `MiB`
    Mebibyte,
    /// `GiB`
    Gibibyte,
    /// `TiB`
    Tebibyte,
}

impl ByteUnit {
    /// All of them; a tie between two spellings goes to the earlier.
    pub const ALL: [ByteUnit; 9] = [
        ByteUnit::Terabyte,
        ByteUnit::Gigabyte,
        ByteUnit::Megabyte,
        ByteUnit::Kilobyte,
        ByteUnit::Byte,
        ByteUnit::Tebibyte,
        ByteUnit::Gibibyte,
        ByteUnit::Mebibyte,
        ByteUnit::Kibibyte,
    ];

    /// As it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            ByteUnit::Byte => "B",
            ByteUnit::Kilobyte => "kB",
            ByteUnit::Megabyte => "MB",
            ByteUnit::Gigabyte => "GB",
            ByteUnit::Terabyte => "TB",
            ByteUnit::Kibibyte => "KiB",
            ByteUnit::Mebibyte => "MiB",
            ByteUnit::Gibibyte => "GiB",
            ByteUnit::Tebibyte => "TiB",
        }
    }

    /// How many bytes it is.
    pub const fn bytes(self) -> u64 {
        match self {
            ByteUnit::Byte => 1,
            ByteUnit::Kilobyte => 1_000,
            ByteUnit::Megabyte => 1_000_000,
            ByteUnit::Gigabyte => 1_000_000_000,
            ByteUnit::Terabyte => 1_000_000_000_000,
            ByteUnit::Kibibyte => 1 << 10,
            ByteUnit::Mebibyte => 1 << 20,
            ByteUnit::Gibibyte => 1 << 30,
            ByteUnit::Tebibyte => 1 << 40,
        }
    }
}

/// A currency by its three-letter ISO 4217 code. Nothing is ever converted between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Whichever the project writes its money in: what a metric of the standard library is in.
    pub const ANY: Currency = Currency([0; 3]);
    /// The dollar of the United States.
    pub const USD: Currency = Currency(*b"USD");
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");
    /// The pound sterling.
    pub const GBP: Currency = Currency(*b"GBP");

    /// The currency of an ISO code: three capital letters.
    pub fn code(text: &str) -> Option<Currency> {
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Currency(letters))
    }

    /// The currency of a sign before a number.
    pub fn of_sign(sign: char) -> Option<Currency> {
        match sign {
            '$' => Some(Currency::USD),
            '€' => Some(Currency::EUR),
            '£' => Some(Currency::GBP),
            _ => None,
        }
    }

    /// The sign written before a number, where the currency has one.
    pub fn sign(self) -> Option<char> {
        ['$', '€', '£'].into_iter().find(|&sign| Currency::of_sign(sign) == Some(self))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Currency::ANY {
            return formatter.write_str("any currency");
        }
        self.0.iter().try_for_each(|&letter| write!(formatter, "{}", char::from(letter)))
    }
}

/// A thing that is counted: `req`, `order`. Singular and plural are the same thing; the written form is kept.
#[derive(Clone, Debug)]
pub struct Noun(String);

impl Noun {
    /// A noun as it was written; `requests` and `reqs` are known as `req`.
    pub fn new(written: &str) -> Noun {
        match written {
            "request" | "requests" | "reqs" => Noun("req".to_owned()),
            _ => Noun(written.to_owned()),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that decides whether two nouns are the same.
    fn singular(&self) -> &str {
        match self.0.strip_suffix('s') {
            Some(singular) if singular.len() > 2 && !singular.ends_with('s') => singular,
            _ => &self.0,
        }
    }
}

impl PartialEq for Noun {
    fn eq(&self, other: &Self) -> bool {
        self.singular() == other.singular()
    }
}

impl Eq for Noun {}

impl PartialOrd for Noun {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Noun {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.singular().cmp(other.singular())
    }
}

/// What a number is counted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Time.
    Time(TimeUnit),
    /// Storage or transfer.
    Bytes(ByteUnit),
    /// Money.
    Money(Currency),
    /// `%`
    Percent,
    /// Things.
    Noun(Noun),
}

/// What an amount is divided by: `/month`, `/GB`, `/req`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Per {
    /// A stretch of time.
    Period(Period),
    /// Storage or transfer.
    Bytes(ByteUnit),
    /// Things.
    Noun(Noun),
}

impl Per {
    /// As it is written after a `/`.
    pub fn symbol(&self) -> &str {
        match self {
            Per::Period(period) => period.symbol(),
            Per::Bytes(unit) => unit.symbol(),
            Per::Noun(noun) => noun.as_str(),
        }
    }

    /// How many base units (milliseconds, bytes, things) it is.
    pub(super) fn worth(&self) -> Number {
        match self {
            Per::Period(period) => Number::count(period.milliseconds()),
            Per::Bytes(unit) => Number::count(unit.bytes()),
            Per::Noun(_) => Number::ONE,
        }
    }
}
