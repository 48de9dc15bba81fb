//! How long something lasts: `1h30m`.

use std::fmt;

use super::error::{Mistake, ValueError};
use super::recognise;
use super::scan::{scan, shortened};
use super::unit::TimeUnit;

const EXPECTED: &str = "duration";

/// A length of time in whole milliseconds, at most a hundred years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);
    /// The longest duration that may be written: nothing in a deployment lasts longer, so more is a mistake.
    pub const LONGEST: Duration = Duration(36_500 * TimeUnit::Day.milliseconds());

    /// So many milliseconds.
    pub const fn from_milliseconds(milliseconds: u64) -> Duration {
        Duration(milliseconds)
    }

    /// So many seconds.
    pub const fn from_seconds(seconds: u64) -> Duration {
        Duration(seconds.saturating_mul(TimeUnit::Second.milliseconds()))
    }

    /// So many minutes.
    pub const fn from_minutes(minutes: u64) -> Duration {
        Duration(minutes.saturating_mul(TimeUnit::Minute.milliseconds()))
    }

    /// So many hours.
    pub const fn from_hours(hours: u64) -> Duration {
        Duration(hours.saturating_mul(TimeUnit::Hour.milliseconds()))
    }

    /// So many days of 24 hours.
    pub const fn from_days(days: u64) -> Duration {
        Duration(days.saturating_mul(TimeUnit::Day.milliseconds()))
    }

    /// In milliseconds.
    pub const fn milliseconds(self) -> u64 {
        self.0
    }

    /// In seconds, a started one counted in full, for formats that know nothing finer.
    pub const fn seconds(self) -> u64 {
        self.0.div_ceil(TimeUnit::Second.milliseconds())
    }

    /// In minutes, a started one counted in full.
    pub const fn minutes(self) -> u64 {
        self.0.div_ceil(TimeUnit::Minute.milliseconds())
    }

    /// In days, a started one counted in full.
    pub const fn days(self) -> u64 {
        self.0.div_ceil(TimeUnit::Day.milliseconds())
    }

    /// Whether it is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }

    /// What is left of it after `other`; nothing if `other` is longer.
    #[must_use]
    pub const fn minus(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }

    /// So many times as long.
    #[must_use]
    pub const fn times(self, factor: u64) -> Duration {
        Duration(self.0.saturating_mul(factor))
    }

    /// Reads `10m`, `1h30m`, `250ms`.
    pub fn parse(text: &str) -> Result<Duration, ValueError> {
        let written = scan(text, EXPECTED)?;
        let whole = 0..text.len();
        let Some(quantity) = written.quantity() else { return Err(too_long(text)) };
        if quantity.dimension.is_number() {
            let error = ValueError::new(EXPECTED, whole, format!("`{text}` has no unit")).of(Mistake::UnitMissing);
            return Err(match text.strip_suffix(['k', 'M']) {
                Some(number) => error.with_help(format!(
                    "`M` is a million and `k` a thousand; units are lower case: `{number}s`, `{number}m` or `{number}h`"
                )),
                None => error.with_help(format!("add a unit: `{text}s`, `{text}m` or `{text}h`, for example")),
            });
        }
        let found = recognise::kind_of(&quantity);
        if found == "count" {
            let unit = text.get(written.unit_range.clone()).unwrap_or_default();
            return Err(ValueError::new(EXPECTED, written.unit_range, format!("unknown unit `{unit}`"))
                .with_help("units of a duration are `ms`, `s`, `m`, `h`, `d`, `w`"));
        }
        if found != EXPECTED {
            return Err(ValueError::mismatch(EXPECTED, found, text)
                .with_help("units of a duration are `ms`, `s`, `m`, `h`, `d`, `w`"));
        }
        match quantity.number.as_count() {
            Some(total) if total <= Duration::LONGEST.0 => Ok(Duration(total)),
            Some(_) => Err(too_long(text)),
            None if quantity.number.floor() > i128::from(Duration::LONGEST.0) => Err(too_long(text)),
            None => Err(ValueError::new(EXPECTED, whole, format!("`{text}` is not a whole number of milliseconds"))
                .with_help("nothing is measured finer than `1ms`")),
        }
    }
}

fn too_long(text: &str) -> ValueError {
    ValueError::new(EXPECTED, 0..text.len(), format!("`{}` is longer than a hundred years", shortened(text)))
        .of(Mistake::OutOfRange)
        .with_help(format!("the longest duration is `{}`", Duration::LONGEST))
}

impl fmt::Display for Duration {
    /// Largest unit first. Weeks are told in days, as everywhere in operations (`30d`, not `4w2d`).
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return formatter.write_str("0s");
        }
        let mut rest = self.0;
        for unit in [TimeUnit::Day, TimeUnit::Hour, TimeUnit::Minute, TimeUnit::Second, TimeUnit::Millisecond] {
            let number = rest / unit.milliseconds();
            rest %= unit.milliseconds();
            if number > 0 {
                write!(formatter, "{number}{}", unit.symbol())?;
            }
        }
        Ok(())
    }
}
