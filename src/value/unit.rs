//! The units the language knows, what each is worth, and what people write instead of them.

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

/// Reads a unit after a number, or says what was probably meant.
pub(super) fn unit(word: &str) -> Result<Unit, Option<&'static str>> {
    if word == "%" {
        return Ok(Unit::Percent);
    }
    let time = TimeUnit::ALL.into_iter().find(|unit| unit.symbol() == word).map(Unit::Time);
    let bytes = || ByteUnit::ALL.into_iter().find(|unit| unit.symbol() == word).map(Unit::Bytes);
    if let Some(unit) = time.or_else(bytes) {
        return Ok(unit);
    }
    if let Some(meant) = misspelled_unit(word).filter(|&meant| meant != word) {
        return Err(Some(meant));
    }
    Currency::code(word).map(Unit::Money).or_else(|| noun(word).map(Unit::Noun)).ok_or(None)
}

/// Reads a unit after a `/`, or says what was probably meant.
pub(super) fn per(word: &str) -> Result<Per, Option<&'static str>> {
    let period = Period::ALL.into_iter().find(|period| period.symbol() == word).map(Per::Period);
    let bytes = || ByteUnit::ALL.into_iter().find(|unit| unit.symbol() == word).map(Per::Bytes);
    if let Some(per) = period.or_else(bytes) {
        return Ok(per);
    }
    let meant = match word {
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "mins" | "minute" | "minutes" => Some("min"),
        "hr" | "hrs" | "hour" | "hours" => Some("h"),
        "d" | "days" => Some("day"),
        "w" | "weeks" => Some("week"),
        "mo" | "mon" | "months" => Some("month"),
        "y" | "yr" | "years" => Some("year"),
        _ => misspelled_bytes(word),
    };
    match (meant, noun(word)) {
        (None, Some(noun)) => Ok(Per::Noun(noun)),
        (Some(_), _) | (_, None) => Err(meant),
    }
}

/// A noun is two letters or more, beginning with a small one, so that a mistyped unit is not taken for one.
fn noun(word: &str) -> Option<Noun> {
    let mut letters = word.chars();
    let starts = letters.next().is_some_and(|first| first.is_ascii_lowercase());
    let rest = letters.clone().count() > 0 && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    (starts && rest).then(|| Noun::new(word))
}

/// The unit meant by what other languages, Kubernetes and people write.
fn misspelled_unit(word: &str) -> Option<&'static str> {
    const LONG: [(&str, &str); 12] = [
        ("millisecond", "ms"),
        ("milliseconds", "ms"),
        ("second", "s"),
        ("seconds", "s"),
        ("minute", "m"),
        ("minutes", "m"),
        ("hour", "h"),
        ("hours", "h"),
        ("days", "d"),
        ("weeks", "w"),
        ("percent", "%"),
        ("month", "730h"),
    ];
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        "msec" | "msecs" | "millis" => return Some("ms"),
        "s" | "sec" | "secs" => return Some("s"),
        "min" | "mins" => return Some("m"),
        "h" | "hr" | "hrs" => return Some("h"),
        "d" | "day" => return Some("d"),
        "w" | "wk" | "week" => return Some("w"),
        "mo" | "months" => return Some("730h"),
        "pct" => return Some("%"),
        "rps" => return Some("req/s"),
        "rpm" => return Some("req/min"),
        "usd" | "dollar" | "dollars" => return Some("USD"),
        "eur" | "euro" | "euros" => return Some("EUR"),
        "gbp" => return Some("GBP"),
        _ => {}
    }
    let exact = LONG.iter().find(|(long, _)| *long == lower).map(|(_, symbol)| *symbol);
    let near = || {
        let known = crate::nearest::nearest(&lower, LONG.iter().map(|(long, _)| *long))?;
        let close = lower.len() >= 5 && lower.len().abs_diff(known.len()) <= 1;
        LONG.iter().find(|(long, _)| *long == known && close).map(|(_, symbol)| *symbol)
    };
    exact.or_else(|| misspelled_bytes(word)).or_else(near)
}

/// The unit of bytes meant by another spelling: `Gi`, `gb`, `KB`.
fn misspelled_bytes(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "b" | "byte" | "bytes" => Some("B"),
        "kb" => Some("kB"),
        "mb" => Some("MB"),
        "g" | "gb" => Some("GB"),
        "t" | "tb" => Some("TB"),
        "ki" | "kib" => Some("KiB"),
        "mi" | "mib" => Some("MiB"),
        "gi" | "gib" => Some("GiB"),
        "ti" | "tib" => Some("TiB"),
        _ => None,
    }
}
