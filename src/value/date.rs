//! Civil days, and how many lie between two of them.

use std::fmt;

use super::error::ValueError;
use super::recognise;
use super::scan::shortened;

const EXPECTED: &str = "date";

/// A day of the Gregorian calendar, from year 1 to year 9999.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A day, if the calendar has it.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let exists =
            (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        exists.then_some(Date { year, month, day })
    }

    /// The year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(self) -> u8 {
        self.day
    }

    /// Reads `2027-01-31`.
    pub fn parse(text: &str) -> Result<Date, ValueError> {
        let Some((year, month, day)) = fields(text) else {
            let found = recognise::kind(text);
            let found = if found == EXPECTED { "text" } else { found };
            return Err(ValueError::mismatch(EXPECTED, found, text).with_help("a date is written `2027-01-31`"));
        };
        let outside = |range, what: &str| {
            let error = ValueError::new(EXPECTED, range, what.to_owned());
            Err(error.with_help("write a day that the calendar has"))
        };
        if year == 0 {
            return outside(0..4, "years are counted from 1");
        }
        if !(1..=12).contains(&month) {
            return outside(5..7, "months are numbered from 01 to 12");
        }
        let last = days_in(year, month);
        Date::new(year, month, day).ok_or_else(|| {
            ValueError::new(EXPECTED, 8..10, format!("{year:04}-{month:02} has {last} days, from 01 to {last}"))
                .with_help("write a day that the calendar has")
        })
    }

    /// The date a text is, without saying why it is none.
    pub(super) fn read(text: &str) -> Option<Date> {
        fields(text).and_then(|(year, month, day)| Date::new(year, month, day))
    }

    /// How many days have passed since another day; negative if it is still to come.
    pub fn days_since(self, earlier: Date) -> i64 {
        self.number() - earlier.number()
    }

    /// So many days later, or earlier; `None` outside the years 1 to 9999.
    pub fn plus_days(self, days: i64) -> Option<Date> {
        Date::from_number(self.number().checked_add(days)?)
    }

    /// The day of the week, Monday first.
    pub fn weekday(self) -> Weekday {
        Weekday::ALL.into_iter().cycle().nth((self.number() + 2).rem_euclid(7) as usize).unwrap_or(Weekday::Monday)
    }

    /// Days since the first of March of the year 0, a count in which leap days come last.
    fn number(self) -> i64 {
        let (year, month, day) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let year = if month <= 2 { year - 1 } else { year };
        let month = (month + 9) % 12;
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day - 1
    }

    fn from_number(number: i64) -> Option<Date> {
        let era = number.div_euclid(146_097);
        let day_of_era = number.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        Date::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }
}

/// The numbers of `YYYY-MM-DD`.
fn fields(text: &str) -> Option<(u16, u8, u8)> {
    let shaped = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if !shaped {
        return None;
    }
    Some((text.get(..4)?.parse().ok()?, text.get(5..7)?.parse().ok()?, text.get(8..)?.parse().ok()?))
}

pub(super) fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    /// `Mon`
    #[default]
    Monday,
    /// `Tue`
    Tuesday,
    /// `Wed`
    Wednesday,
    /// `Thu`
    Thursday,
    /// `Fri`
    Friday,
    /// `Sat`
    Saturday,
    /// `Sun`
    Sunday,
}

impl Weekday {
    /// All of them, Monday first.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// As it is written: `Mon`.
    pub const fn symbol(self) -> &'static str {
        match self {
            Weekday::Monday => "Mon",
            Weekday::Tuesday => "Tue",
            Weekday::Wednesday => "Wed",
            Weekday::Thursday => "Thu",
            Weekday::Friday => "Fri",
            Weekday::Saturday => "Sat",
            Weekday::Sunday => "Sun",
        }
    }

    /// Its number in cron, where Sunday is 0.
    pub const fn cron(self) -> u8 {
        (self as u8 + 1) % 7
    }
}

/// A moment of every week, as a freeze begins and ends: `Fri 16:00`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeekTime {
    /// The day.
    pub day: Weekday,
    /// The hour, from 0 to 23.
    pub hour: u8,
    /// The minute, from 0 to 59.
    pub minute: u8,
}

impl WeekTime {
    /// Reads `Fri 16:00`.
    pub fn parse(text: &str) -> Result<WeekTime, ValueError> {
        const EXPECTED: &str = "day and time";
        const HELP: &str = "a moment of the week is written `Fri 16:00`";
        let (name, time) = text.split_once(' ').unwrap_or((text, ""));
        let Some(day) = Weekday::ALL.into_iter().find(|day| day.symbol() == name) else {
            let lower = name.to_ascii_lowercase();
            let meant = Weekday::ALL.into_iter().find(|day| {
                let symbol = day.symbol().to_ascii_lowercase();
                lower.starts_with(&symbol) && format!("{day:?}").to_ascii_lowercase().starts_with(&lower)
            });
            let error =
                ValueError::new(EXPECTED, 0..name.len(), format!("`{}` is no day of the week", shortened(name)));
            return Err(match meant {
                Some(day) => error.with_fix(format!("{} {time}", day.symbol()).trim_end()),
                None => error.with_help("the days are `Mon`, `Tue`, `Wed`, `Thu`, `Fri`, `Sat`, `Sun`"),
            });
        };
        let start = (name.len() + 1).min(text.len());
        let (hour, minute) = time_of_day(time).ok_or_else(|| {
            let message = format!("`{}` is no time of day", shortened(time));
            ValueError::new(EXPECTED, start..text.len(), message).with_help(HELP)
        })?;
        Ok(WeekTime { day, hour, minute })
    }

    /// Minutes since the beginning of the week, Monday 00:00.
    pub fn minute_of_week(self) -> u32 {
        (self.day as u32 * 24 + u32::from(self.hour)) * 60 + u32::from(self.minute)
    }
}

impl fmt::Display for WeekTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {:02}:{:02}", self.day.symbol(), self.hour, self.minute)
    }
}

/// The hour and minute of `HH:MM`.
pub(super) fn time_of_day(text: &str) -> Option<(u8, u8)> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some((hour, minute))
}
