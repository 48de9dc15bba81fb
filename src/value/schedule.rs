//! When something runs by itself: a cron line, `every 2h` or `daily 03:00`, always in UTC.

use std::fmt;

use super::cron::{self, Cron};
use super::date::time_of_day;
use super::duration::Duration;
use super::error::{Mistake, ValueError};
use super::recognise;
use super::scan::shortened;

const EXPECTED: &str = "schedule";
const HELP: &str = "a schedule is a cron line (`0 3 * * 1`), `every 2h` or `daily 03:00`, in UTC";

/// A schedule as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Five fields of cron.
    Cron(Cron),
    /// At even distances: minutes that divide an hour, hours that divide a day, one day or one week.
    Every(Duration),
    /// Once a day.
    Daily {
        /// The hour, from 0 to 23.
        hour: u8,
        /// The minute, from 0 to 59.
        minute: u8,
    },
}

impl Default for Schedule {
    /// Midnight: what stands in for a schedule that could not be read.
    fn default() -> Self {
        Schedule::Daily { hour: 0, minute: 0 }
    }
}

impl Schedule {
    /// Reads a cron line, `every 2h` or `daily 03:00`.
    pub fn parse(text: &str) -> Result<Schedule, ValueError> {
        let whole = 0..text.len();
        if text.trim() != text {
            return Err(ValueError::new(EXPECTED, whole, "a schedule has no space around it").with_fix(text.trim()));
        }
        if let Some(distance) = text.strip_prefix("every ") {
            return every(distance, text);
        }
        if let Some(time) = text.strip_prefix("daily ") {
            return daily(time, text);
        }
        if cron::looks_like(text) || text.split_ascii_whitespace().count() > 2 && text.contains('*') {
            return Cron::parse(text).map(Schedule::Cron);
        }
        let meant = match text {
            "@hourly" | "hourly" => Some("every 1h"),
            "@daily" | "@midnight" | "daily" => Some("daily 00:00"),
            "@weekly" | "weekly" => Some("0 0 * * 0"),
            "@monthly" | "monthly" => Some("0 0 1 * *"),
            "@yearly" | "@annually" | "yearly" => Some("0 0 1 1 *"),
            _ => None,
        };
        let found = recognise::kind(text);
        let error = ValueError::mismatch(EXPECTED, found, text);
        Err(match (meant, Duration::parse(text)) {
            (Some(meant), _) => error.with_fix(meant),
            (None, Ok(duration)) if even(duration).is_some() => error.with_fix(format!("every {duration}")),
            (None, _) => error.with_help(HELP),
        })
    }

    /// Whether a text was probably meant as a schedule.
    pub(super) fn looks_like(text: &str) -> bool {
        text.starts_with("every ") || text.starts_with("daily ") || cron::looks_like(text)
    }

    /// Minute, hour, day of month, month, day of week.
    pub fn fields(&self) -> [String; 5] {
        let line = |fields: [&str; 5]| fields.map(str::to_owned);
        match self {
            Schedule::Cron(cron) => cron.fields().clone(),
            Schedule::Every(duration) => even(*duration).unwrap_or_else(|| line(["*"; 5])),
            Schedule::Daily { hour, minute } => line([&minute.to_string(), &hour.to_string(), "*", "*", "*"]),
        }
    }

    /// The cron line that runs at the same times.
    pub fn to_cron(&self) -> String {
        self.fields().join(" ")
    }

    /// The longest time between two runs: what tells a missing run from a planned break, such as a weekend.
    pub fn longest_gap(&self) -> Duration {
        match self {
            Schedule::Cron(cron) => cron.longest_gap().unwrap_or(Duration::LONGEST),
            Schedule::Every(duration) => *duration,
            Schedule::Daily { .. } => Duration::from_days(1),
        }
    }

    /// The shortest time between two runs.
    pub fn minimum_period(&self) -> Duration {
        match self {
            Schedule::Cron(cron) => cron.minimum_period().unwrap_or(Duration::LONGEST),
            Schedule::Every(duration) => *duration,
            Schedule::Daily { .. } => Duration::from_days(1),
        }
    }
}

fn every(distance: &str, text: &str) -> Result<Schedule, ValueError> {
    let start = text.len() - distance.len();
    let duration = Duration::parse(distance).map_err(|error| ValueError {
        range: error.range.start + start..error.range.end + start,
        expected: EXPECTED,
        fix: error.fix.map(|fix| format!("every {fix}")),
        ..error
    })?;
    even(duration).map(|_| Schedule::Every(duration)).ok_or_else(|| {
        let message = format!("`every {duration}` has no even distance in a calendar");
        let help = match nearest_even(duration) {
            Some(near) => format!("the nearest that has is `every {near}`; anything else is a cron line"),
            None => "write a cron line: `0 3 1 * *` runs once a month".to_owned(),
        };
        ValueError::new(EXPECTED, start..text.len(), message).with_help(help)
    })
}

/// The cron fields that run every so often, if there are any.
fn even(duration: Duration) -> Option<[String; 5]> {
    let milliseconds = duration.milliseconds();
    if milliseconds == 0 || !milliseconds.is_multiple_of(60_000) {
        return None;
    }
    let minutes = milliseconds / 60_000;
    let star = || "*".to_owned();
    let zero = || "0".to_owned();
    let step = |number: u64| if number == 1 { star() } else { format!("*/{number}") };
    match minutes {
        1..60 if 60_u64.is_multiple_of(minutes) => Some([step(minutes), star(), star(), star(), star()]),
        60..1_440 if minutes.is_multiple_of(60) && 24_u64.is_multiple_of(minutes / 60) => {
            Some([zero(), step(minutes / 60), star(), star(), star()])
        }
        1_440 => Some([zero(), zero(), star(), star(), star()]),
        10_080 => Some([zero(), zero(), star(), star(), zero()]),
        _ => None,
    }
}

/// The even distance nearest to one that is not.
fn nearest_even(duration: Duration) -> Option<Duration> {
    let wanted = duration.milliseconds();
    if wanted > Duration::from_days(14).milliseconds() {
        return None;
    }
    let minutes = (1..=60).chain((2..=24).map(|hour| hour * 60)).chain([10_080]);
    let even_ones = minutes.map(Duration::from_minutes).filter(|candidate| even(*candidate).is_some());
    even_ones.min_by_key(|candidate| candidate.milliseconds().abs_diff(wanted))
}

fn daily(time: &str, text: &str) -> Result<Schedule, ValueError> {
    let start = text.len() - time.len();
    if let Some((hour, minute)) = time_of_day(time) {
        return Ok(Schedule::Daily { hour, minute });
    }
    let error = ValueError::new(EXPECTED, start..text.len(), format!("`{}` is no time of day", shortened(time)));
    let padded = format!("0{time}");
    Err(match (time_of_day(&padded), time_of_day(&format!("{time}:00")), time_of_day(&format!("{padded}:00"))) {
        (Some(_), _, _) => error.with_fix(format!("daily {padded}")),
        (None, Some(_), _) => error.with_fix(format!("daily {time}:00")),
        (None, None, Some(_)) => error.with_fix(format!("daily {padded}:00")),
        (None, None, None) => {
            error.of(Mistake::OutOfRange).with_help("a time of day goes from `00:00` to `23:59`, in UTC")
        }
    })
}

impl fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Cron(cron) => formatter.write_str(&cron.fields().join(" ")),
            Schedule::Every(duration) => write!(formatter, "every {duration}"),
            Schedule::Daily { hour, minute } => write!(formatter, "daily {hour:02}:{minute:02}"),
        }
    }
}
