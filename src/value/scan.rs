//! Reads a written number with its units, for every type of value that is one.

use std::ops::Range;

use super::error::{Mistake, ValueError, described};
use super::number::Number;
use super::recognise;
use super::unit::{Currency, Per, TimeUnit, Unit};
use super::word;

/// A number as it was written, with its units.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// The number, `k` and `M` already multiplied in; milliseconds if `unit` is a compound duration.
    pub(super) number: Number,
    /// The unit after (or the currency before) the number.
    pub(super) unit: Option<Unit>,
    /// Where the unit stands; empty where there is none.
    pub(super) unit_range: Range<usize>,
    /// What it is divided by.
    pub(super) per: Vec<Per>,
    /// Where the divisors stand, with their `/`.
    pub(super) per_range: Range<usize>,
}

/// Reads the whole text as one written number; `expected` is what the caller wants, for the message.
pub(super) fn scan(text: &str, expected: &'static str) -> Result<Written, ValueError> {
    let mut scanner = Scanner { text, at: 0, expected };
    scanner.refuse_edges()?;
    let sign = scanner.currency_sign()?;
    let number = scanner.number()?;
    scanner.written(number, sign)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    expected: &'static str,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self, range: Range<usize>, message: impl Into<String>) -> ValueError {
        ValueError::new(self.expected, range, message)
    }

    /// The whole text with one range of it replaced.
    fn replaced(&self, range: Range<usize>, by: &str) -> String {
        let (before, after) = (self.text.get(..range.start), self.text.get(range.end..));
        format!("{}{by}{}", before.unwrap_or_default(), after.unwrap_or_default())
    }

    /// Takes the bytes up to the first that is refused.
    fn take(&mut self, accept: impl Fn(char) -> bool) -> (&'a str, Range<usize>) {
        let start = self.at;
        let rest = self.rest();
        let length = rest.find(|character| !accept(character)).unwrap_or(rest.len());
        self.at += length;
        (rest.get(..length).unwrap_or_default(), start..self.at)
    }

    /// What stands at either end of the text and is neither digit nor unit.
    fn refuse_edges(&self) -> Result<(), ValueError> {
        let whole = 0..self.text.len();
        let trimmed = self.text.trim();
        if trimmed.is_empty() {
            return Err(self
                .error(whole, format!("expected {}, found nothing", self.expected))
                .with_help(format!("write {}", described(self.expected))));
        }
        if trimmed.len() != self.text.len() {
            return Err(self
                .error(whole, format!("{} has no space around it", described(self.expected)))
                .with_fix(trimmed));
        }
        let unsigned = trimmed.trim_start_matches(['-', '+', '−']);
        if unsigned.len() != trimmed.len() && unsigned.starts_with(|first: char| first.is_ascii_digit()) {
            let message = format!("{} is written without a sign", described(self.expected));
            return Err(self.error(0..trimmed.len() - unsigned.len(), message).with_fix(unsigned));
        }
        Ok(())
    }

    fn currency_sign(&mut self) -> Result<Option<Currency>, ValueError> {
        let Some(sign) = self.rest().chars().next() else { return Ok(None) };
        let Some(currency) = Currency::of_sign(sign) else { return Ok(None) };
        self.at += sign.len_utf8();
        let (spaces, range) = self.take(|character| character == ' ');
        if spaces.is_empty() {
            return Ok(Some(currency));
        }
        let fix = self.replaced(range.clone(), "");
        Err(self.error(range, format!("no space after `{sign}`")).with_fix(fix))
    }

    /// Digits with an optional decimal point.
    fn number(&mut self) -> Result<Number, ValueError> {
        let (digits, range) = self.take(|character| character.is_ascii_digit() || character == '.');
        if digits.is_empty() {
            return Err(self.mismatch());
        }
        if let Some(number) = Number::decimal(digits) {
            return self.foreign(number, &range).map_or(Ok(number), Err);
        }
        let points = digits.bytes().filter(|&byte| byte == b'.').count();
        if points > 1 {
            return Err(self.mismatch());
        }
        match (digits.strip_prefix('.'), digits.strip_suffix('.')) {
            (Some(_), _) => {
                let fix = self.replaced(range.start..range.start, "0");
                Err(self.error(range, "a number begins with a digit").with_fix(fix))
            }
            (None, Some(_)) => {
                let fix = self.replaced(range.end - 1..range.end, "");
                Err(self.error(range, "a number ends with a digit").with_fix(fix))
            }
            (None, None) => Err(self
                .error(range, format!("`{digits}` has too many digits"))
                .with_help("at most 18 digits count; use a larger or a smaller unit")),
        }
    }

    /// `8e3` and `0x1F`: numbers to programs, and hard to review for people.
    fn foreign(&self, number: Number, range: &Range<usize>) -> Option<ValueError> {
        let rest = self.rest();
        let is_zero = self.text.get(range.clone()) == Some("0");
        let radix = match rest.chars().next()? {
            'e' | 'E' => return self.exponent(number, range),
            'x' if is_zero => 16,
            'o' if is_zero => 8,
            'b' if is_zero => 2,
            _ => return None,
        };
        let digits = rest.get(1..)?.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next()?;
        let meant = u64::from_str_radix(&digits.replace('_', ""), radix).ok()?;
        let whole = range.start..range.end + 1 + digits.len();
        let fix = self.replaced(whole.clone(), &meant.to_string());
        Some(self.error(whole, "a number is written in decimal digits").with_fix(fix))
    }

    fn exponent(&self, number: Number, range: &Range<usize>) -> Option<ValueError> {
        let behind = self.rest().get(1..)?;
        let unsigned = behind.strip_prefix(['+', '-']).unwrap_or(behind);
        let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
        let power: u32 = unsigned.get(..digits).filter(|digits| !digits.is_empty())?.parse().ok()?;
        let end = self.text.len() - unsigned.len() + digits;
        let error = self.error(range.start..end, "a number is written without an exponent");
        let meant = 10_u64
            .checked_pow(power)
            .map(Number::count)
            .and_then(|scale| if behind.starts_with('-') { number.divided_by(scale) } else { number.times(scale) });
        Some(match meant.and_then(Number::exact_decimal) {
            Some(meant) => error.with_fix(self.replaced(range.start..end, &meant)),
            None => error.with_help("write all of its digits"),
        })
    }

    /// The unit, the divisors and the end of the text.
    fn written(mut self, number: Number, sign: Option<Currency>) -> Result<Written, ValueError> {
        let (word, range) = self.take(is_letter);
        let multiplier = match word {
            "k" => Some(1_000),
            "M" => Some(1_000_000),
            _ => None,
        };
        let (number, glued) = match multiplier {
            Some(by) => (number.times(Number::whole(by)).ok_or_else(|| self.too_large(&range))?, None),
            None => (number, (!word.is_empty()).then_some((word, range))),
        };
        let next_is_digit = self.rest().starts_with(|next: char| next.is_ascii_digit());
        if let (Some((word, range)), true) = (&glued, next_is_digit) {
            return self.compound(number, word, range);
        }
        let (word, range) = match glued {
            Some(glued) => glued,
            None => self.spaced_word()?,
        };
        let unit = match (word.is_empty(), sign) {
            (true, None) => None,
            (true, Some(currency)) => Some(Unit::Money(currency)),
            (false, None) => Some(self.unit(word, &range)?),
            (false, Some(currency)) => return Err(self.two_units(word, range, currency)),
        };
        let start = self.at;
        let per = self.divisors()?;
        self.end()?;
        let mut bases: Vec<_> = unit.iter().filter_map(Unit::base).collect();
        for divisor in &per {
            if bases.contains(&divisor.base()) {
                let message = format!("`/{}` repeats what the unit already measures", divisor.symbol());
                return Err(self
                    .error(start..self.text.len(), message)
                    .with_help("each unit stands once: `0.10 USD/GB/month`"));
            }
            bases.push(divisor.base());
        }
        if per.len() > 3 {
            return Err(self.error(start..self.text.len(), "more than three units after `/`"));
        }
        Ok(Written { number, unit, unit_range: range, per, per_range: start..self.text.len() })
    }

    /// A word after exactly one space, or nothing.
    fn spaced_word(&mut self) -> Result<(&'a str, Range<usize>), ValueError> {
        let (spaces, gap) = self.take(|character| character == ' ');
        let (word, range) = self.take(is_letter);
        if spaces.len() > 1 && !word.is_empty() {
            let fix = self.replaced(gap.clone(), " ");
            return Err(self.error(gap, "one space at most stands before a unit").with_fix(fix));
        }
        if word.is_empty() {
            self.at = gap.start;
            return Ok(("", gap.start..gap.start));
        }
        // A noun may hold digits after its first letter: `req`, `ipv4`.
        let (more, end) = self.take(|character| character.is_ascii_alphanumeric() || character == '_');
        let whole = range.start..end.end;
        Ok(if more.is_empty() { (word, range) } else { (self.text.get(whole.clone()).unwrap_or_default(), whole) })
    }

    fn unit(&self, word: &str, range: &Range<usize>) -> Result<Unit, ValueError> {
        word::unit(word).map_err(|meant| {
            let error = self.error(range.clone(), format!("unknown unit `{word}`"));
            let Some(meant) = meant else { return error.with_help(units_for(self.expected)) };
            let spaced = self.text.get(..range.start).is_some_and(|before| before.ends_with(' '));
            let joined = meant.chars().count() <= 4 && Currency::code(meant).is_none();
            let start = if spaced && joined { range.start - 1 } else { range.start };
            let number = self.text.get(..start).unwrap_or_default();
            error.with_help(format!("write `{number}{meant}`")).with_fix(self.replaced(start..range.end, meant))
        })
    }

    fn two_units(&self, word: &str, range: Range<usize>, currency: Currency) -> ValueError {
        let error = self.error(range.clone(), format!("`{word}` stands after an amount that already is in {currency}"));
        if Currency::code(word) == Some(currency) {
            let start = self.text.get(..range.start).map_or(range.start, |before| before.trim_end().len());
            return error.with_fix(self.replaced(start..range.end, ""));
        }
        if word::per(word).is_ok() {
            let start = self.text.get(..range.start).map_or(range.start, |before| before.trim_end().len());
            return error.with_fix(self.replaced(start..range.end, &format!("/{word}")));
        }
        error.with_help("an amount has one currency; what it is paid for follows a `/`, as in `$300/month`")
    }

    /// Every `/unit`, without spaces.
    fn divisors(&mut self) -> Result<Vec<Per>, ValueError> {
        let mut divisors = Vec::new();
        loop {
            let (spaces, gap) = self.take(|character| character == ' ');
            if !self.rest().starts_with('/') {
                self.at = gap.start;
                return Ok(divisors);
            }
            self.at += 1;
            let (more, _) = self.take(|character| character == ' ');
            if !(spaces.is_empty() && more.is_empty()) {
                let fix = self.replaced(gap.start..self.at, "/");
                return Err(self.error(gap.start..self.at, "no space stands around `/` in a unit").with_fix(fix));
            }
            let (word, range) = self.take(|character| character.is_ascii_alphanumeric() || character == '_');
            divisors.push(word::per(word).map_err(|meant| self.unknown_divisor(word, range, meant))?);
        }
    }

    fn unknown_divisor(&self, word: &str, range: Range<usize>, meant: Option<&'static str>) -> ValueError {
        if word.is_empty() {
            return self
                .error(range.start - 1..range.end, "nothing stands after `/`")
                .with_help("a `/` is followed by a unit: `/s`, `/min`, `/h`, `/day`, `/month`, `/GB`, `/req`");
        }
        let error = self.error(range.clone(), format!("unknown unit `/{word}`"));
        match (meant, word) {
            (Some(meant), _) => error.with_help(format!("write `/{meant}`")).with_fix(self.replaced(range, meant)),
            (None, "m") => error.with_help("per minute is `/min`, per month is `/month`"),
            (None, _) => error.with_help(
                "units after a `/` are `s`, `min`, `h`, `day`, `week`, `month`, `year`, `GB` and the like, or a noun",
            ),
        }
    }

    /// `1h30m`: the first number and unit are read already.
    fn compound(mut self, first: Number, word: &str, range: &Range<usize>) -> Result<Written, ValueError> {
        let mut last = self.time_unit(word, range)?;
        let mut total = self.milliseconds(first, last, range)?;
        let mut disordered = None;
        while self.rest().starts_with(|next: char| next.is_ascii_digit()) {
            let start = self.at;
            let (number, number_range) = (self.number()?, start..self.at);
            let (word, range) = self.take(is_letter);
            if word.is_empty() {
                let message = format!("`{}` has no unit", self.text.get(number_range.clone()).unwrap_or_default());
                return Err(self
                    .error(number_range, message)
                    .of(Mistake::UnitMissing)
                    .with_help("each part of a compound duration has one: `1h30m`"));
            }
            let unit = self.time_unit(word, &range)?;
            if unit >= last {
                disordered.get_or_insert(start..range.end);
            }
            let part = self.milliseconds(number, unit, &range)?;
            total = total.plus(part).ok_or_else(|| self.too_large(&range))?;
            last = unit;
        }
        self.end()?;
        match (disordered, total.as_count()) {
            (None, _) => Ok(Written {
                number: total,
                unit: Some(Unit::Time(TimeUnit::Millisecond)),
                unit_range: range.clone(),
                per: Vec::new(),
                per_range: self.text.len()..self.text.len(),
            }),
            (Some(range), total) => {
                let error =
                    self.error(range, "the parts of a duration go from the largest unit to the smallest, each once");
                Err(match total {
                    Some(total) => error.with_fix(super::Duration::from_milliseconds(total).to_string()),
                    None => error,
                })
            }
        }
    }

    fn time_unit(&self, word: &str, range: &Range<usize>) -> Result<TimeUnit, ValueError> {
        if matches!(word, "e" | "E") {
            return Err(self
                .error(range.clone(), "a number is written without an exponent")
                .with_help("write all of its digits"));
        }
        match self.unit(word, range)? {
            Unit::Time(unit) => Ok(unit),
            Unit::Bytes(_) | Unit::Money(_) | Unit::Percent | Unit::Noun(_) => {
                let message = format!("`{word}` is no unit of time");
                Err(self.error(range.clone(), message).with_help("only durations have several parts, as in `1h30m`"))
            }
        }
    }

    fn milliseconds(&self, number: Number, unit: TimeUnit, range: &Range<usize>) -> Result<Number, ValueError> {
        number.times(Number::count(unit.milliseconds())).ok_or_else(|| self.too_large(range))
    }

    fn too_large(&self, range: &Range<usize>) -> ValueError {
        self.error(range.clone(), "the number is too large").of(Mistake::OutOfRange).with_help("write a smaller number")
    }

    /// Nothing may follow; if something does, the text is perhaps another kind of value.
    fn end(&self) -> Result<(), ValueError> {
        let rest = self.rest();
        if rest.is_empty() {
            return Ok(());
        }
        if recognise::other_kind(self.text).is_some() {
            return Err(self.mismatch());
        }
        if let Some(error) = self.decimal_comma(rest) {
            return Err(error);
        }
        let joined: String = self.text.split(' ').collect();
        let junk = self.text.len() - rest.trim_start().len()..self.text.len();
        let error = self.error(junk, format!("unexpected `{}` after the value", rest.trim_start()));
        let plain = self.text.replace('_', "");
        if rest.starts_with('_') && scan(&plain, self.expected).is_ok() {
            return Err(error.with_fix(plain));
        }
        if rest.starts_with([',', '_']) {
            return Err(error.with_help("digits stand together and the decimal sign is a point: `1500.5`"));
        }
        let million = self.text.replacen("m ", "M ", 1);
        if self.expected == "rate" && million != self.text && scan(&million, self.expected).is_ok() {
            let at = self.text.find("m ").unwrap_or_default();
            return Err(self.error(at..at + 1, "a million is written `M`").with_fix(million));
        }
        let compound = self.expected == "duration" && rest.starts_with(' ') && scan(&joined, self.expected).is_ok();
        Err(if compound { error.with_fix(joined) } else { error.with_help(units_for(self.expected)) })
    }

    /// `99,9%`: a comma where the point of a decimal should be. Three digits behind it may group thousands instead.
    fn decimal_comma(&self, rest: &str) -> Option<ValueError> {
        let digits = rest.strip_prefix(',')?.bytes().take_while(u8::is_ascii_digit).count();
        let at = self.text.len() - rest.len();
        let fix = self.replaced(at..at + 1, ".");
        let is_meant = digits > 0 && digits != 3 && scan(&fix, self.expected).is_ok();
        is_meant.then(|| self.error(at..at + 1, "the decimal sign is a point, not a comma").with_fix(fix))
    }

    /// The text is no number at all.
    fn mismatch(&self) -> ValueError {
        let found = recognise::other_kind(self.text).unwrap_or("text");
        ValueError::mismatch(self.expected, found, self.text).with_help(units_for(self.expected))
    }
}

fn is_letter(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '%' || character == 'µ'
}

/// The units of what is wanted, for the help of an unknown one.
fn units_for(expected: &'static str) -> &'static str {
    match expected {
        "duration" => "units of a duration are `ms`, `s`, `m`, `h`, `d`, `w`",
        "bytes" => "units of bytes are `B`, `kB`, `MB`, `GB`, `TB`, `KiB`, `MiB`, `GiB`, `TiB`",
        "ratio" => "a ratio is written with `%`, or as a number from 0 to 1",
        "count" => "a count is a whole number without a unit",
        "cpu" => "a cpu is a number of cores (`2`, `0.5`) or of millicores (`500m`)",
        "rate" => "a rate is a number per time, with a noun if you like: `100 req/s`",
        "money" => "money is written with `$`, `€`, `£`, or with a currency code: `300 CHF`",
        _ => "units are `ms s m h d w`, `B kB MB GB TB KiB MiB GiB TiB`, `%`, a currency, or a noun",
    }
}

/// A text cut to what a message can bear.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String =
        text.chars().take(40).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
