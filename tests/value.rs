//! Typed values: what is read, how it is printed, and what each mistake says and where.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::type_complexity,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "tests may fail loudly and share modules"
)]

use std::cmp::Ordering;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use deployc::value::{
    Base, Bytes, Commit, Count, Cpu, Currency, Date, Dimension, Duration, Floating, Gvk, ImageDigest, ImageRef,
    MetricName, Money, Name, Number, Period, ProjectPath, Quantity, QuantityError, Rate, Ratio, Schedule, ValueError,
    WeekTime, Weekday, kind,
};
use proptest::prelude::*;

/// The text is read, printed as `canonical`, and the printed form reads as the same value.
fn good<T: FromStr<Err = ValueError> + Display + Debug + PartialEq>(text: &str, canonical: &str) -> T {
    let value: T = text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"));
    assert_eq!(value.to_string(), canonical, "printing `{text}`");
    assert_eq!(canonical.parse::<T>().as_ref(), Ok(&value), "reading `{canonical}` again");
    value
}

/// The text is refused with a message that holds `message`, at exactly the bytes `place`, with `fix`.
fn bad<T: FromStr<Err = ValueError> + Debug>(text: &str, message: &str, place: &str, fix: Option<&str>) {
    let error = text.parse::<T>().expect_err(text);
    assert!(error.message.contains(message), "`{text}` says `{}`, not `{message}`", error.message);
    assert_eq!(text.get(error.range.clone()), Some(place), "place of the mistake in `{text}`: {error}");
    assert_eq!(error.fix.as_deref(), fix, "fix of `{text}`: {error}");
    if let Some(fix) = fix {
        assert!(fix.parse::<T>().is_ok(), "the fix `{fix}` of `{text}` is refused itself");
    }
}

/// The help holds a text.
fn helps<T: FromStr<Err = ValueError> + Debug>(text: &str, help: &str) {
    let error = text.parse::<T>().expect_err(text);
    assert!(error.help.as_deref().unwrap_or_default().contains(help), "`{text}` helps with {:?}", error.help);
}

#[test]
fn durations() {
    for (text, milliseconds, canonical) in [
        ("250ms", 250, "250ms"),
        ("10s", 10_000, "10s"),
        ("10m", 600_000, "10m"),
        ("1h30m", 5_400_000, "1h30m"),
        ("90m", 5_400_000, "1h30m"),
        ("1.5h", 5_400_000, "1h30m"),
        ("2 h", 7_200_000, "2h"),
        ("1d12h", 129_600_000, "1d12h"),
        ("30d", 2_592_000_000, "30d"),
        ("2w", 1_209_600_000, "14d"),
        ("1m0s250ms", 60_250, "1m250ms"),
        ("0s", 0, "0s"),
        ("0.5s", 500, "500ms"),
    ] {
        assert_eq!(good::<Duration>(text, canonical).milliseconds(), milliseconds, "{text}");
    }
    bad::<Duration>("10", "has no unit", "10", None);
    helps::<Duration>("10", "add a unit: `10s`, `10m` or `10h`");
    bad::<Duration>("5%", "expected duration, found ratio `5%`", "5%", None);
    bad::<Duration>("512MiB", "expected duration, found bytes", "512MiB", None);
    bad::<Duration>("$5", "expected duration, found money", "$5", None);
    bad::<Duration>("100 req/s", "expected duration, found rate", "100 req/s", None);
    bad::<Duration>("2027-01-31", "expected duration, found date", "2027-01-31", None);
    bad::<Duration>("0 3 * * 1", "expected duration, found schedule", "0 3 * * 1", None);
    bad::<Duration>("daily 03:00", "expected duration, found schedule", "daily 03:00", None);
    bad::<Duration>("soon", "expected duration, found name `soon`", "soon", None);
    bad::<Duration>("", "found nothing", "", None);
    bad::<Duration>("10min", "unknown unit `min`", "min", Some("10m"));
    bad::<Duration>("10 minutes", "unknown unit `minutes`", "minutes", Some("10m"));
    bad::<Duration>("10 minuts", "unknown unit `minuts`", "minuts", Some("10m"));
    bad::<Duration>("2H", "unknown unit `H`", "H", Some("2h"));
    bad::<Duration>("5x", "unknown unit `x`", "x", None);
    helps::<Duration>("5x", "`ms`, `s`, `m`");
    bad::<Duration>("10 foo", "unknown unit `foo`", "foo", None);
    bad::<Duration>("-5m", "without a sign", "-", Some("5m"));
    bad::<Duration>(" 5m", "no space around", " 5m", Some("5m"));
    bad::<Duration>("5  m", "one space at most", "  ", Some("5 m"));
    bad::<Duration>("30m1h", "largest unit to the smallest", "1h", Some("1h30m"));
    bad::<Duration>("1h1h", "each once", "1h", Some("2h"));
    bad::<Duration>("1h30", "`30` has no unit", "30", None);
    bad::<Duration>("1h 30m", "unexpected `30m`", "30m", Some("1h30m"));
    bad::<Duration>("1e3s", "without an exponent", "1e3", Some("1000s"));
    bad::<Duration>("25e-1s", "without an exponent", "25e-1", Some("2.5s"));
    bad::<Duration>(".5s", "begins with a digit", ".5", Some("0.5s"));
    bad::<Duration>("5.s", "ends with a digit", "5.", Some("5s"));
    bad::<Duration>("0.3ms", "whole number of milliseconds", "0.3ms", None);
    bad::<Duration>("40000d", "longer than a hundred years", "40000d", None);
    bad::<Duration>("999999999999999999w", "longer than a hundred years", "999999999999999999w", None);
    bad::<Duration>("1234567890123456789s", "too many digits", "1234567890123456789", None);
    bad::<Duration>("1,5h", "the decimal sign is a point", ",", Some("1.5h"));
    bad::<Duration>("1,500ms", "unexpected `,500ms`", ",500ms", None);
    helps::<Duration>("1,500ms", "the decimal sign is a point");
    helps::<Duration>("10M", "units are lower case: `10s`, `10m` or `10h`");
    bad::<Duration>("5%/h", "expected duration, found rate", "5%/h", None);
}

#[test]
fn ratios() {
    assert_eq!(good::<Ratio>("99.9%", "99.9%").number(), Number::fraction(999, 1000).unwrap());
    good::<Ratio>("0.999", "99.9%");
    good::<Ratio>("99.9999%", "99.9999%");
    good::<Ratio>("0", "0%");
    good::<Ratio>("1", "100%");
    good::<Ratio>("2 %", "2%");
    assert_eq!(Ratio::parse("99.9%").unwrap().rest().to_string(), "0.1%");
    assert_eq!(Ratio::parse("99.9%").unwrap().of(Ratio::parse("99%").unwrap()).unwrap().to_string(), "98.901%");
    bad::<Ratio>("150%", "out of range", "150%", None);
    bad::<Ratio>("80", "out of range", "80", Some("80%"));
    bad::<Ratio>("800", "out of range", "800", None);
    bad::<Ratio>("10m", "expected ratio, found duration", "10m", None);
    bad::<Ratio>("5 percent", "unknown unit `percent`", "percent", Some("5%"));
    bad::<Ratio>("5%%", "unknown unit `%%`", "%%", None);
}

#[test]
fn bytes_cpu_and_count() {
    for (text, bytes, canonical) in [
        ("512MiB", 536_870_912, "512MiB"),
        ("1GiB", 1 << 30, "1GiB"),
        ("1024MiB", 1 << 30, "1GiB"),
        ("1.5GiB", 1_610_612_736, "1536MiB"),
        ("200 GB", 200_000_000_000, "200GB"),
        ("128kB", 128_000, "128kB"),
        ("0B", 0, "0B"),
    ] {
        assert_eq!(good::<Bytes>(text, canonical).bytes(), bytes, "{text}");
    }
    assert_eq!(Bytes::parse("1000B").unwrap().mebibytes(), 1);
    bad::<Bytes>("512Mi", "unknown unit `Mi`", "Mi", Some("512MiB"));
    bad::<Bytes>("512mb", "unknown unit `mb`", "mb", Some("512MB"));
    bad::<Bytes>("512", "has no unit", "512", None);
    bad::<Bytes>("512M", "has no unit", "512M", None);
    helps::<Bytes>("512M", "`512MiB`");
    bad::<Bytes>("5m", "expected bytes, found duration", "5m", None);
    bad::<Bytes>("0.1B", "whole number of bytes", "0.1B", None);
    bad::<Bytes>("200 GB/month", "expected bytes, found rate", "200 GB/month", None);
    bad::<Bytes>("99999999999999TiB", "too large", "99999999999999TiB", None);

    assert_eq!(good::<Cpu>("500m", "500m").millicores(), 500);
    assert_eq!(good::<Cpu>("2", "2").millicores(), 2000);
    good::<Cpu>("0.5", "500m");
    good::<Cpu>("1500m", "1500m");
    good::<Cpu>("1000m", "1");
    bad::<Cpu>("2 cores", "no unit `cores`", "cores", Some("2"));
    bad::<Cpu>("0", "out of range", "0", None);
    bad::<Cpu>("0m", "out of range", "0m", None);
    bad::<Cpu>("0.0005", "finer than a millicore", "0.0005", None);
    bad::<Cpu>("512MiB", "expected cpu, found bytes", "512MiB", None);
    bad::<Cpu>("50%", "expected cpu, found ratio", "50%", None);
    bad::<Cpu>("999999999999", "out of range", "999999999999", None);

    assert_eq!(good::<Count>("12", "12").get(), 12);
    good::<Count>("20k", "20000");
    good::<Count>("1.5M", "1500000");
    bad::<Count>("1.5", "not a whole number", "1.5", None);
    bad::<Count>("5%", "expected count, found ratio", "5%", None);
    bad::<Count>("-1", "without a sign", "-", Some("1"));
    bad::<Count>("many", "expected count, found name", "many", None);
    bad::<Count>("1_000", "unexpected `_000`", "_000", Some("1000"));
    bad::<Count>("0x1F_40", "decimal digits", "0x1F_40", Some("8000"));
    bad::<Count>("8e3", "without an exponent", "8e3", Some("8000"));
    bad::<Count>("1e99", "without an exponent", "1e99", None);
    assert_eq!(good::<Cpu>("500 m", "500m"), good::<Cpu>("500m", "500m"));
    bad::<Rate>("40m req/month", "a million", "m", Some("40M req/month"));
}

#[test]
fn rates() {
    let whole = |number: i64| Some(Number::whole(number));
    assert_eq!(good::<Rate>("100 req/s", "100 req/s").per_second(), whole(100));
    assert_eq!(good::<Rate>("2M req/month", "2M req/month").per_month(), whole(2_000_000));
    assert_eq!(good::<Rate>("1000 req/month", "1000 req/month").per_month(), whole(1000));
    assert_eq!(good::<Rate>("200 GB/month", "200GB/month").per_month(), whole(200_000_000_000));
    assert_eq!(good::<Rate>("60/min", "60/min").per_second(), whole(1));
    assert_eq!(good::<Rate>("1/h", "1/h").per_month(), whole(730));
    assert_eq!(good::<Rate>("1/month", "1/month").in_period(Period::Year), whole(12));
    good::<Rate>("20 requests/day", "20 req/day");
    good::<Rate>("1.5M req/month", "1500000 req/month");
    bad::<Rate>("100 req", "does not say per what time", "100 req", None);
    bad::<Rate>("100", "does not say per what time", "100", None);
    bad::<Rate>("100 req/minute", "unknown unit `/minute`", "minute", Some("100 req/min"));
    bad::<Rate>("100 req/m", "unknown unit `/m`", "m", None);
    helps::<Rate>("100 req/m", "per minute is `/min`, per month is `/month`");
    bad::<Rate>("100 req / s", "no space stands around `/`", " / ", Some("100 req/s"));
    bad::<Rate>("100 req/", "nothing stands after `/`", "/", None);
    bad::<Rate>("100 rps", "unknown unit `rps`", "rps", Some("100 req/s"));
    bad::<Rate>("$5/month", "expected rate, found money", "$5/month", None);
    bad::<Rate>("5m", "expected rate, found duration", "5m", None);
    bad::<Rate>("5 req/GB", "per one stretch of time", "/GB", None);
    bad::<Rate>("100 req/s/s", "repeats", "/s/s", None);
}

#[test]
fn money() {
    good::<Money>("$300/month", "$300/month");
    good::<Money>("0.09 USD/GB", "$0.09/GB");
    good::<Money>("€5", "€5");
    good::<Money>("300 CHF", "300 CHF");
    good::<Money>("0.0000004 USD/req", "$0.0000004/req");
    good::<Money>("0.10 USD/GB/month", "$0.1/GB/month");
    good::<Money>("$2k/month", "$2000/month");
    assert_eq!(Money::parse("$18").unwrap().in_cents(), "$18.00");
    assert_eq!(Money::parse("$0.005").unwrap().in_cents(), "$0.01");
    assert_eq!(Money::parse("12 CHF/year").unwrap().per_month().unwrap().to_string(), "1 CHF/month");
    assert_eq!(Money::parse("$5").unwrap().per_month(), None);
    assert_eq!(Money::parse("$5/GB").unwrap().per_month(), None);
    bad::<Money>("300", "has no currency", "300", None);
    bad::<Money>("300$", "stands after the amount", "$", Some("$300"));
    bad::<Money>("300 $/month", "stands after the amount", "$", Some("$300/month"));
    bad::<Money>("USD 300/month", "stands before the amount", "USD 300/month", Some("300 USD/month"));
    bad::<Money>("300 usd", "unknown unit `usd`", "usd", Some("300 USD"));
    bad::<Money>("$300 USD", "already is in USD", "USD", Some("$300"));
    bad::<Money>("$300 month", "already is in USD", "month", Some("$300/month"));
    bad::<Money>("$300 EUR", "already is in USD", "EUR", None);
    bad::<Money>("$ 300", "no space after `$`", " ", Some("$300"));
    bad::<Money>("$-5", "expected money", "$-5", None);
    bad::<Money>("5%", "expected money, found ratio", "5%", None);

    let dollars = Money::parse("$300/month").unwrap();
    let euros = Money::parse("€300/month").unwrap();
    let mixed = QuantityError::Currencies { left: Currency::USD, right: Currency::EUR };
    assert_eq!(dollars.plus(&euros), Err(mixed));
    assert_eq!(dollars.plus(&Money::parse("$120/year").unwrap()).unwrap().to_string(), "$310/month");
    assert!(matches!(dollars.plus(&Money::parse("$1").unwrap()), Err(QuantityError::Dimensions { .. })));
}

#[test]
fn quantities_carry_dimensions() {
    let quantity = |text: &str| Quantity::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let bill = quantity("0.09 USD/GB").times(&quantity("200 GB/month")).unwrap();
    assert_eq!(bill.to_string(), "$18/month");
    assert_eq!(bill.dimension, Dimension::money(Currency::USD).per_time());
    assert_eq!(Money::from_quantity(&bill).unwrap().to_string(), "$18/month");
    let one_off = quantity("0.09 USD/GB").times(&quantity("200 GB")).unwrap();
    assert_eq!(one_off, quantity("18 USD"));
    assert_eq!(quantity("0.4 USD/req").times(&quantity("10 requests")).unwrap(), quantity("4 USD"));

    let error = quantity("$5").plus(&quantity("5m")).unwrap_err();
    assert_eq!(error.to_string(), "money (USD) and duration do not go together");
    assert!(matches!(quantity("$5").plus(&quantity("€5")), Err(QuantityError::Currencies { .. })));
    assert_eq!(quantity("$5").divided_by(&quantity("0")), Err(QuantityError::DivisionByZero));
    let huge = quantity("999999999999999999 TB");
    assert_eq!(huge.times(&huge).and_then(|huge| huge.times(&huge)), Err(QuantityError::TooLarge));

    assert_eq!(quantity("1h").compare(&quantity("60m")), Ok(Ordering::Equal));
    assert_eq!(quantity("5").compare(&quantity("10 orders")), Ok(Ordering::Less));
    assert_eq!(quantity("0.02").compare(&quantity("2%")), Ok(Ordering::Equal));
    assert_eq!(quantity("100/s").compare(&quantity("100 req/s")), Ok(Ordering::Equal));
    assert!(quantity("2%").compare(&quantity("10 orders")).is_err());
    assert!(quantity("5 orders").compare(&quantity("5 req")).is_err());
    assert_eq!(quantity("5 orders").compare(&quantity("5 order")), Ok(Ordering::Equal));
    assert!(quantity("10").compare(&quantity("10m")).is_err());

    assert!(quantity("10m").divided_by(&quantity("1h")).unwrap().dimension.is_ratio());
    assert_eq!(quantity("5%").times(&quantity("100 req/s")).unwrap(), quantity("5 req/s"));
    assert_eq!(quantity("100%").minus(&quantity("99.9%")).unwrap(), quantity("0.1%"));
    assert_eq!(quantity("$5/month").dimension.exponent(&Base::Time), -1);

    for (text, canonical) in [
        ("2%", "2%"),
        ("0.02", "0.02"),
        ("750ms", "750ms"),
        ("90m", "1h30m"),
        ("512MiB", "512MiB"),
        ("100 req/s", "100 req/s"),
        ("2M req/month", "2M req/month"),
        ("0.09 USD/GB", "$0.09/GB"),
        ("$300/month", "$300/month"),
        ("1000", "1000"),
        ("0.5ms", "0.5ms"),
        ("5%/h", "0.05/h"),
        ("0.10 USD/GB/month", "$0.1/GB/month"),
        ("1000 orders", "1000 orders"),
    ] {
        good::<Quantity>(text, canonical);
    }
    bad::<Quantity>("8h/day", "repeats", "/day", None);
    bad::<Quantity>("5 q", "unknown unit `q`", "q", None);
    bad::<Quantity>("5 Gi", "unknown unit `Gi`", "Gi", Some("5GiB"));
}

#[test]
fn schedules() {
    for (text, canonical, cron, period) in [
        ("0 3 * * 1", "0 3 * * 1", "0 3 * * 1", "7d"),
        ("*/15 * * * *", "*/15 * * * *", "*/15 * * * *", "15m"),
        ("0 9-17 * * mon-fri", "0 9-17 * * MON-FRI", "0 9-17 * * MON-FRI", "1h"),
        ("0 0 1 * *", "0 0 1 * *", "0 0 1 * *", "28d"),
        ("0 0 29 2 *", "0 0 29 2 *", "0 0 29 2 *", "1461d"),
        ("0 0 1 * 0", "0 0 1 * 0", "0 0 1 * 0", "1d"),
        ("0 23,1 * * *", "0 23,1 * * *", "0 23,1 * * *", "2h"),
        ("0 0 * * 7", "0 0 * * 7", "0 0 * * 7", "7d"),
        ("50/5 * * * *", "50/5 * * * *", "50/5 * * * *", "5m"),
        ("every 2h", "every 2h", "0 */2 * * *", "2h"),
        ("every 15m", "every 15m", "*/15 * * * *", "15m"),
        ("every 1m", "every 1m", "* * * * *", "1m"),
        ("every 60m", "every 1h", "0 * * * *", "1h"),
        ("every 1d", "every 1d", "0 0 * * *", "1d"),
        ("every 1w", "every 7d", "0 0 * * 0", "7d"),
        ("daily 03:00", "daily 03:00", "0 3 * * *", "1d"),
    ] {
        let schedule = good::<Schedule>(text, canonical);
        assert_eq!(schedule.to_cron(), cron, "{text}");
        assert_eq!(schedule.minimum_period().to_string(), period, "{text}");
    }
    bad::<Schedule>("61 3 * * 1", "`61` is out of range for the field minute", "61", None);
    bad::<Schedule>("0 24 * * 1", "out of range for the field hour", "24", None);
    bad::<Schedule>("0 3 0 * *", "out of range for the field day of month", "0", None);
    bad::<Schedule>("0 3 * 13 *", "out of range for the field month", "13", None);
    bad::<Schedule>("0 3 * * 1-8", "out of range for the field day of week", "8", None);
    bad::<Schedule>("0,99 3 * * 1", "`99` is out of range", "99", None);
    bad::<Schedule>("0 3 * * FOO", "`FOO` is no value of the field day of week", "FOO", None);
    bad::<Schedule>("*/0 3 * * 1", "no step", "/0", None);
    bad::<Schedule>("5-1 3 * * 1", "counts backwards", "5-1", None);
    bad::<Schedule>("0 0 31 2 *", "never runs", "0 0 31 2 *", None);
    bad::<Schedule>("0 3 * *", "five fields, found 4", "0 3 * *", None);
    bad::<Schedule>("0 0 3 * * 1", "five fields, found 6", "0 0 3 * * 1", None);
    helps::<Schedule>("0 0 3 * * 1", "no field for seconds");
    bad::<Schedule>("every 7h", "no even distance", "7h", None);
    helps::<Schedule>("every 7h", "`every 6h`");
    bad::<Schedule>("every 90m", "no even distance", "90m", None);
    bad::<Schedule>("every 2", "`2` has no unit", "2", None);
    bad::<Schedule>("every 10min", "unknown unit `min`", "min", Some("every 10m"));
    bad::<Schedule>("2h", "expected schedule, found duration", "2h", Some("every 2h"));
    bad::<Schedule>("@daily", "expected schedule", "@daily", Some("daily 00:00"));
    bad::<Schedule>("daily 3:00", "no time of day", "3:00", Some("daily 03:00"));
    bad::<Schedule>("daily 24:00", "no time of day", "24:00", None);
    bad::<Schedule>("daily 3", "no time of day", "3", Some("daily 03:00"));
    bad::<Schedule>("nightly", "found name `nightly`", "nightly", None);
}

#[test]
fn dates_count_civil_days() {
    let date = |text: &str| good::<Date>(text, text);
    assert_eq!(date("2027-01-31").days_since(date("2026-11-20")), 72);
    assert_eq!(date("2024-03-01").days_since(date("2024-02-28")), 2);
    assert_eq!(date("2026-01-01").days_since(date("2026-01-02")), -1);
    assert_eq!(date("1970-01-01").plus_days(20_777).unwrap().to_string(), "2026-11-20");
    assert_eq!(date("9999-12-31").plus_days(1), None);
    assert_eq!(date("0001-01-01").plus_days(-1), None);
    assert_eq!(date("0001-01-01").plus_days(i64::MIN), None);
    assert_eq!(date("2026-11-20").weekday(), Weekday::Friday);
    assert_eq!(date("2000-01-01").weekday(), Weekday::Saturday);
    bad::<Date>("2027-02-29", "2027-02 has 28 days", "29", None);
    bad::<Date>("2027-13-01", "months are numbered", "13", None);
    bad::<Date>("0000-01-01", "years are counted from 1", "0000", None);
    bad::<Date>("31.01.2027", "expected date, found text", "31.01.2027", None);
    bad::<Date>("90d", "expected date, found duration", "90d", None);

    let freeze = good::<WeekTime>("Fri 16:00", "Fri 16:00");
    assert_eq!(freeze.minute_of_week(), 4 * 1440 + 960);
    bad::<WeekTime>("Friday 16:00", "no day of the week", "Friday", Some("Fri 16:00"));
    bad::<WeekTime>("Fre 16:00", "no day of the week", "Fre", None);
    bad::<WeekTime>("Fri 25:00", "no time of day", "25:00", None);
    bad::<WeekTime>("Fri", "no time of day", "", None);
}

#[test]
fn images() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let full = format!("ghcr.io/a/b:1.2@{digest}");
    let image = good::<ImageRef>(&full, &full);
    assert_eq!(image.registry.as_deref(), Some("ghcr.io"));
    assert_eq!(image.repository, "a/b");
    assert_eq!(image.tag.as_deref(), Some("1.2"));
    assert_eq!(image.digest.as_deref(), Some(digest.as_str()));
    assert_eq!(image.floating(), None);
    for (text, registry, floating) in [
        ("postgres", None, Some(Floating::NoTag)),
        ("postgres:latest", None, Some(Floating::Latest)),
        ("library/postgres:16", None, None),
        ("localhost/x:1", Some("localhost"), None),
        ("localhost:5000/x", Some("localhost:5000"), Some(Floating::NoTag)),
        ("acme/billing", None, Some(Floating::NoTag)),
    ] {
        let image = good::<ImageRef>(text, text);
        assert_eq!((image.registry.as_deref(), image.floating()), (registry, floating), "{text}");
    }
    assert_eq!(good::<ImageRef>(&format!("x:latest@{digest}"), &format!("x:latest@{digest}")).floating(), None);
    bad::<ImageRef>("https://ghcr.io/a/b:1", "has no `https://`", "https://", Some("ghcr.io/a/b:1"));
    bad::<ImageRef>("ghcr.io/Acme/b:1", "no capital letters", "Acme", Some("ghcr.io/acme/b:1"));
    bad::<ImageRef>("a/b:", "nothing stands after `:`", "", None);
    bad::<ImageRef>("a/b:-x", "`-x` is no tag", "-x", None);
    bad::<ImageRef>("a//b", "empty", "", None);
    bad::<ImageRef>("a/b.", "no part of an image's name", "b.", None);
    bad::<ImageRef>("a b", "without spaces", " ", None);
    bad::<ImageRef>("a@sha256:123", "64 hexadecimal digits", "123", None);
    bad::<ImageRef>("a@md5:123", "no digest algorithm", "md5", None);
    bad::<ImageRef>("reg_x.io/a:1", "no registry", "reg_x.io", None);
    bad::<ImageRef>("", "found nothing", "", None);
}

#[test]
fn commits_and_digests() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    good::<Commit>(commit, commit);
    bad::<Commit>(&commit.to_uppercase(), "lower case", &commit.to_uppercase(), Some(commit));
    bad::<Commit>("v7.0.1", "`v` is no hexadecimal digit", "v", None);
    bad::<Commit>("3d3c42e", "expected 40 hexadecimal digits, found 7", "3d3c42e", None);
    bad::<Commit>("", "found 0", "", None);
    helps::<Commit>("v7.0.1", "git ls-remote");
    let digest = format!("sha256:{}", "a".repeat(64));
    let long = format!("sha512:{}", "0".repeat(128));
    good::<ImageDigest>(&digest, &digest);
    good::<ImageDigest>(&long, &long);
    bad::<ImageDigest>(&digest[7..], "is no digest", &digest[7..], Some(&digest));
    bad::<ImageDigest>(&format!("sha256:{}", "A".repeat(64)), "lower case", &"A".repeat(64), Some(&digest));
    bad::<ImageDigest>("md5:12", "no digest algorithm", "md5", None);
    bad::<ImageDigest>("sha256:12g", "`g` is no hexadecimal digit", "g", None);
    bad::<ImageDigest>("", "is no digest", "", None);
}

#[test]
fn names_metrics_and_kinds() {
    good::<Name>("api", "api");
    good::<Name>("new-checkout2", "new-checkout2");
    bad::<Name>("newCheckout", "`C` at character 4", "C", Some("new-checkout"));
    bad::<Name>("new_checkout", "`_` at character 4", "_", Some("new-checkout"));
    bad::<Name>("2fast", "`2` at character 1", "2", None);
    bad::<Name>("é", "`é` at character 1", "é", None);
    bad::<Name>("", "found nothing", "", None);
    bad::<Name>(&"a".repeat(64), "has 64 characters", "a", None);
    good::<MetricName>("latency.p95", "latency.p95");
    good::<MetricName>("orders_created", "orders_created");
    bad::<MetricName>("orders-created", "`-` does not belong", "-", Some("orders_created"));
    bad::<MetricName>("latency..p95", "empty", "..", None);
    bad::<MetricName>("latency.95", "`9` does not belong", "9", None);
    bad::<MetricName>("", "empty", "", None);
    let gvk = good::<Gvk>("apps/v1/Deployment", "apps/v1/Deployment");
    assert_eq!((gvk.group.as_str(), gvk.api_version().as_str(), gvk.kind.as_str()), ("apps", "apps/v1", "Deployment"));
    good::<Gvk>("postgresql.k8s.enterprisedb.io/v1/Cluster", "postgresql.k8s.enterprisedb.io/v1/Cluster");
    assert_eq!(good::<Gvk>("v1/ConfigMap", "v1/ConfigMap").group, "");
    bad::<Gvk>("Deployment", "expected gvk", "Deployment", None);
    bad::<Gvk>("apps/1/Deployment", "no API version", "1", None);
    bad::<Gvk>("apps/v1/deployment", "no kind", "deployment", None);
    bad::<Gvk>("Apps/v1/Deployment", "no API group", "Apps", None);
}

#[test]
fn paths_stay_in_the_project() {
    good::<ProjectPath>("apps/web", "apps/web");
    good::<ProjectPath>("./apps//web/", "apps/web");
    good::<ProjectPath>("a/../b", "b");
    good::<ProjectPath>("packages/shared/**", "packages/shared/**");
    assert!(good::<ProjectPath>(".", ".").is_root());
    bad::<ProjectPath>("/etc/passwd", "leaves the project root", "/etc/passwd", None);
    bad::<ProjectPath>("C:/x", "leaves the project root", "C:/x", None);
    bad::<ProjectPath>("../x", "leaves the project root", "..", None);
    bad::<ProjectPath>("a/../../x", "leaves the project root", "..", None);
    bad::<ProjectPath>("~/x", "leaves the project root", "~", None);
    bad::<ProjectPath>("a\\b", "has `/` between its parts", "\\", Some("a/b"));
    bad::<ProjectPath>("a\0b", "control character U+0000", "\0", None);
    bad::<ProjectPath>("", "found nothing", "", None);
    let folder = ProjectPath::parse("ops/teams").unwrap();
    assert_eq!(folder.join("../team.kdl").unwrap().as_str(), "ops/team.kdl");
    assert!(folder.join("../../../x").is_err());
    assert_eq!(folder.parent().unwrap().as_str(), "ops");
    assert_eq!(folder.file_name(), Some("teams"));
    assert!(folder.is_in(&ProjectPath::parse("ops").unwrap()));
    assert!(!folder.is_in(&ProjectPath::parse("op").unwrap()));
}

#[test]
fn says_what_a_text_is() {
    for (text, expected) in [
        ("10m", "duration"),
        ("5%", "ratio"),
        ("12", "number"),
        ("512MiB", "bytes"),
        ("5 orders", "count"),
        ("100 req/s", "rate"),
        ("$5/month", "money"),
        ("2027-01-31", "date"),
        ("every 2h", "schedule"),
        ("0 3 * * 1", "schedule"),
        ("true", "boolean"),
        ("api", "name"),
        ("${var.x}", "template"),
        ("Hello there", "text"),
    ] {
        assert_eq!(kind(text), expected, "{text}");
    }
}

#[test]
fn numbers_are_exact() {
    let number = |text: &str| Number::decimal(text).unwrap();
    assert_eq!(number("0.1").plus(number("0.2")), Some(number("0.3")));
    let third = Number::ONE.divided_by(Number::whole(3)).unwrap();
    assert_eq!(third.exact_decimal(), None);
    assert_eq!(third.to_string(), "0.333333");
    assert_eq!(third.times(Number::whole(3)), Some(Number::ONE));
    assert_eq!(Number::ONE.divided_by(Number::ZERO), None);
    assert_eq!(number("2.5").rounded(0), Some(Number::whole(3)));
    assert_eq!(Number::ZERO.minus(number("2.5")).unwrap().rounded(0), Some(Number::whole(-3)));
    assert_eq!(Number::ZERO.minus(number("0.5")).unwrap().fixed(2).unwrap(), "-0.50");
    assert_eq!(number("0.125").exact_decimal().unwrap(), "0.125");
    assert_eq!((number("2.5").floor(), number("2.5").ceiling(), number("2").ceiling()), (2, 3, 2));
    let minus_third = Number::ZERO.minus(third).unwrap();
    assert!(minus_third < Number::ZERO && minus_third > Number::whole(-1) && minus_third < third);
}

/// Texts near enough to values that a parser goes far into them.
fn nearly() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-+$€£]{0,1}[0-9.,]{0,20} {0,2}[a-zA-Z%/µ ]{0,12}[0-9hms]{0,6}",
        "[0-9*,/A-Z-]{0,6}( [0-9*,/A-Z-]{0,6}){0,6}",
        "(every|daily) [0-9:a-z]{0,6}",
        "[a-z0-9./:@_A-Z-]{0,30}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "[./\\\\a-z]{0,12}",
    ]
}

/// Whatever the text: an answer, a place inside the text, and a fix that is right.
fn answers<T: FromStr<Err = ValueError> + Display + Debug + PartialEq>(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<T>() {
        Ok(value) => prop_assert_eq!(value.to_string().parse::<T>(), Ok(value)),
        Err(error) => {
            prop_assert!(text.get(error.range.clone()).is_some(), "{:?} of {:?}: {}", error.range, text, error);
            if let Some(fix) = &error.fix {
                prop_assert!(fix != text, "the fix of {:?} changes nothing: {}", text, error);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in nearly()) {
        answers::<Duration>(&text)?;
        answers::<Ratio>(&text)?;
        answers::<Bytes>(&text)?;
        answers::<Cpu>(&text)?;
        answers::<Count>(&text)?;
        answers::<Rate>(&text)?;
        answers::<Money>(&text)?;
        answers::<Schedule>(&text)?;
        answers::<Date>(&text)?;
        answers::<WeekTime>(&text)?;
        answers::<ImageRef>(&text)?;
        answers::<Gvk>(&text)?;
        answers::<Commit>(&text)?;
        answers::<ImageDigest>(&text)?;
        answers::<ProjectPath>(&text)?;
        answers::<Name>(&text)?;
        answers::<MetricName>(&text)?;
        answers::<Quantity>(&text)?;
        kind(&text);
    }

    #[test]
    fn every_duration_is_read_as_printed(milliseconds in 0..Duration::LONGEST.milliseconds()) {
        let duration = Duration::from_milliseconds(milliseconds);
        prop_assert_eq!(Duration::parse(&duration.to_string()), Ok(duration));
    }

    #[test]
    fn every_size_is_read_as_printed(bytes in 0..1_000_000_000_000_000_000_u64, unit in 0..40_u32) {
        let size = Bytes::new(bytes >> unit << unit);
        prop_assert_eq!(Bytes::parse(&size.to_string()), Ok(size));
    }

    #[test]
    fn days_there_and_back(day in 0..3_652_058_i64, distance in -3_652_058..3_652_058_i64) {
        let first = Date::new(1, 1, 1).unwrap();
        let date = first.plus_days(day).unwrap();
        prop_assert_eq!(date.days_since(first), day);
        if let Some(other) = date.plus_days(distance) {
            prop_assert_eq!(other.days_since(date), distance);
            prop_assert_eq!(other > date, distance > 0);
        }
    }

    #[test]
    fn fractions_follow_the_laws(a in -1_000_000..1_000_000_i64, b in 1..1_000_000_i64, c in -1_000_000..1_000_000_i64, d in 1..1_000_000_i64) {
        let left = Number::fraction(a.into(), b.into()).unwrap();
        let right = Number::fraction(c.into(), d.into()).unwrap();
        let sum = left.plus(right).unwrap();
        prop_assert_eq!(sum.minus(right), Some(left));
        prop_assert_eq!(left.cmp(&right), (i128::from(a) * i128::from(d)).cmp(&(i128::from(c) * i128::from(b))));
        if !right.is_zero() {
            prop_assert_eq!(left.times(right).unwrap().divided_by(right), Some(left));
        }
    }
}
