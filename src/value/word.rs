//! The words that units are written with, and what other spellings of them mean.

use super::unit::{ByteUnit, Currency, Noun, Per, Period, TimeUnit, Unit};

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
