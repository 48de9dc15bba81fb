//! The five fields of a cron line: which minutes they name, and where one is out of range.

use std::ops::Range;

use super::date::Date;
use super::duration::Duration;
use super::error::{Mistake, ValueError};
use super::scan::shortened;

const EXPECTED: &str = "schedule";
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// One of the five fields.
struct Field {
    name: &'static str,
    least: u8,
    most: u8,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of month", least: 1, most: 31, names: &[] },
    Field { name: "month", least: 1, most: 12, names: &MONTHS },
    Field { name: "day of week", least: 0, most: 7, names: &WEEKDAYS },
];

/// A valid cron line, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    fields: [String; 5],
    /// The numbers that each field names, as bits.
    named: [u64; 5],
}

impl Cron {
    /// Reads `0 3 * * 1`.
    pub(super) fn parse(text: &str) -> Result<Cron, ValueError> {
        let words = words(text);
        let written: [(Range<usize>, &str); 5] = words.try_into().map_err(|words: Vec<_>| {
            let error =
                ValueError::new(EXPECTED, 0..text.len(), format!("a cron line has five fields, found {}", words.len()));
            let help = "the fields are minute, hour, day of month, month, day of week: `0 3 * * 1`";
            error.with_help(if words.len() == 6 {
                "there is no field for seconds: minute, hour, day of month, month, day of week"
            } else {
                help
            })
        })?;
        let mut named = [0; 5];
        for (((range, word), field), named) in written.iter().zip(&FIELDS).zip(&mut named) {
            *named = read_field(field, word, range.start)?;
        }
        // In the day of the week 7 is Sunday as well.
        let [_, _, _, _, weekdays] = &mut named;
        *weekdays = (*weekdays | (*weekdays >> 7)) & 0x7f;
        let fields = written.map(|(_, word)| word.to_ascii_uppercase());
        let cron = Cron { fields, named };
        if cron.minimum_period().is_none() {
            let help = "no month it names has such a day";
            return Err(
                ValueError::new(EXPECTED, 0..text.len(), format!("`{}` never runs", shortened(text))).with_help(help)
            );
        }
        Ok(cron)
    }

    /// Minute, hour, day of month, month, day of week, as written.
    pub fn fields(&self) -> &[String; 5] {
        &self.fields
    }

    /// The shortest time between two runs; `None` if there is never any.
    pub(super) fn minimum_period(&self) -> Option<Duration> {
        let [minutes, hours, ..] = self.named;
        let moments: Vec<u64> = (0..24 * 60)
            .filter(|moment| hours >> (moment / 60) & 1 == 1 && minutes >> (moment % 60) & 1 == 1)
            .collect();
        let (first, last) = (*moments.first()?, *moments.last()?);
        let within = moments.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).min();
        let between = self.fewest_days().map(|days| days * 24 * 60 - last + first);
        self.runs_on_some_day().then_some(())?;
        within.into_iter().chain(between).min().map(Duration::from_minutes)
    }

    /// The longest time between two runs; `None` if there is never any.
    pub(super) fn longest_gap(&self) -> Option<Duration> {
        let [minutes, hours, ..] = self.named;
        let moments: Vec<u64> = (0..24 * 60)
            .filter(|moment| hours >> (moment / 60) & 1 == 1 && minutes >> (moment % 60) & 1 == 1)
            .collect();
        let (first, last) = (*moments.first()?, *moments.last()?);
        let within = moments.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).max();
        let days: Vec<u64> = self.days().collect();
        let most = days.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).max();
        let between = most.map(|days| days * 24 * 60 - last + first);
        within.into_iter().chain(between).max().map(Duration::from_minutes)
    }

    fn runs_on_some_day(&self) -> bool {
        self.days().next().is_some()
    }

    /// The fewest days from one day of the schedule to the next.
    fn fewest_days(&self) -> Option<u64> {
        let mut fewest: Option<u64> = None;
        let mut previous: Option<u64> = None;
        for day in self.days() {
            if let Some(previous) = previous {
                let distance = day - previous;
                fewest = Some(fewest.map_or(distance, |fewest| fewest.min(distance)));
            }
            if fewest == Some(1) {
                break;
            }
            previous = Some(day);
        }
        fewest
    }

    /// The days of the schedule in 28 years, after which weekdays and leap years repeat.
    fn days(&self) -> impl Iterator<Item = u64> {
        let [_, _, days, months, weekdays] = self.named;
        let [_, _, day_text, _, weekday_text] = &self.fields;
        // Cron takes either day field when both are restricted, else the restricted one.
        let either = day_text != "*" && weekday_text != "*";
        let start = Date::new(2001, 1, 1);
        (0..=28 * 366_u64).filter(move |&offset| {
            let Some(date) = start.and_then(|start| start.plus_days(offset.cast_signed())) else { return false };
            let in_month = days >> date.day() & 1 == 1;
            let in_week = weekdays >> date.weekday().cron() & 1 == 1;
            months >> date.month() & 1 == 1 && if either { in_month || in_week } else { in_month && in_week }
        })
    }
}

/// Whether a text has the shape of a cron line, right or wrong.
pub(super) fn looks_like(text: &str) -> bool {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b',' | b'-' | b'/');
    let starts = |field: &&str| field.starts_with(|first: char| first.is_ascii_digit() || first == '*');
    fields.len() == 5 && fields.iter().take(3).all(starts) && fields.iter().all(|field| field.bytes().all(sign))
}

/// The words of a text and where they stand.
fn words(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split(' ') {
        if !word.is_empty() {
            words.push((at..at + word.len(), word));
        }
        at += word.len() + 1;
    }
    words
}

/// The numbers a field names, as bits.
fn read_field(field: &Field, word: &str, start: usize) -> Result<u64, ValueError> {
    let mut named = 0;
    let mut at = start;
    for item in word.split(',') {
        named |= read_item(field, item, at)?;
        at += item.len() + 1;
    }
    Ok(named)
}

/// `*`, `5`, `1-5`, `*/15` or `0-30/10`.
fn read_item(field: &Field, item: &str, start: usize) -> Result<u64, ValueError> {
    let (span, step) = item.split_once('/').map_or((item, None), |(span, step)| (span, Some(step)));
    let whole = start..start + item.len();
    let (first, last) = if span == "*" {
        (field.least, field.most)
    } else if let Some((first, last)) = span.split_once('-') {
        let low = read_number(field, first, start)?;
        let high = read_number(field, last, start + first.len() + 1)?;
        if low > high {
            let message = format!("`{span}` counts backwards in the field {}", field.name);
            return Err(ValueError::new(EXPECTED, whole, message)
                .with_help(format!("write `{last}-{first}`, or a list: `{first},{last}`")));
        }
        (low, high)
    } else {
        let only = read_number(field, span, start)?;
        (only, if step.is_some() { field.most } else { only })
    };
    let step = match step {
        None => 1,
        Some(text) => {
            let wrong = || {
                let message = format!("`/{}` is no step of the field {}", shortened(text), field.name);
                ValueError::new(EXPECTED, start + span.len()..whole.end, message)
                    .with_help(format!("a step lies between 1 and {}", field.most))
            };
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let step = if digits { text.parse::<usize>().ok() } else { None };
            step.filter(|step| (1..=usize::from(field.most)).contains(step)).ok_or_else(wrong)?
        }
    };
    Ok((first..=last).step_by(step).fold(0, |bits, number| bits | 1 << number))
}

/// A number or a name of the field.
fn read_number(field: &Field, text: &str, start: usize) -> Result<u8, ValueError> {
    let range = start..start + text.len();
    let name = field.names.iter().position(|name| name.eq_ignore_ascii_case(text));
    if let Some(name) = name.and_then(|name| u8::try_from(name).ok()) {
        return Ok(name + field.least);
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("`{}` is no value of the field {}", shortened(text), field.name);
        return Err(ValueError::new(EXPECTED, range, message).with_help(values_of(field)));
    }
    text.parse().ok().filter(|number| (field.least..=field.most).contains(number)).ok_or_else(|| {
        ValueError::new(EXPECTED, range, format!("`{}` is out of range for the field {}", shortened(text), field.name))
            .of(Mistake::OutOfRange)
            .with_help(values_of(field))
    })
}

fn values_of(field: &Field) -> String {
    let names = match (field.names.first(), field.names.last()) {
        (Some(first), Some(last)) => format!(" or {first} to {last}"),
        _ => String::new(),
    };
    format!(
        "{} is `*`, {} to {}{names}, a list `1,2`, a range `1-3` or a step `*/2`",
        field.name, field.least, field.most
    )
}
