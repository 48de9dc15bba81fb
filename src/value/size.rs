//! Sizes of machines and data: bytes, processor shares and counts.

use std::fmt;

use super::error::{Mistake, ValueError};
use super::number::Number;
use super::recognise;
use super::scan::{scan, shortened};
use super::unit::ByteUnit;

/// An amount of memory, storage or transfer, in whole bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(u64);

impl Bytes {
    /// So many bytes.
    pub const fn new(bytes: u64) -> Bytes {
        Bytes(bytes)
    }

    /// So many of a unit.
    pub const fn of(number: u64, unit: ByteUnit) -> Bytes {
        Bytes(number.saturating_mul(unit.bytes()))
    }

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// In mebibytes, a started one counted in full.
    pub const fn mebibytes(self) -> u64 {
        self.0.div_ceil(ByteUnit::Mebibyte.bytes())
    }

    /// In gibibytes, a started one counted in full.
    pub const fn gibibytes(self) -> u64 {
        self.0.div_ceil(ByteUnit::Gibibyte.bytes())
    }

    /// Exactly, in a unit.
    pub fn in_unit(self, unit: ByteUnit) -> Number {
        Number::fraction(i128::from(self.0), i128::from(unit.bytes())).unwrap_or(Number::ZERO)
    }

    /// Reads `512MiB`.
    pub fn parse(text: &str) -> Result<Bytes, ValueError> {
        const EXPECTED: &str = "bytes";
        let written = scan(text, EXPECTED)?;
        let whole = 0..text.len();
        let Some(quantity) = written.quantity() else { return Err(too_large(EXPECTED, text)) };
        if quantity.dimension.is_number() {
            let (number, unit) = match text.strip_suffix('M') {
                Some(number) => (number, "MiB"),
                None => (text.strip_suffix('k').unwrap_or(text), if text.ends_with('k') { "KiB" } else { "MiB" }),
            };
            return Err(ValueError::new(EXPECTED, whole, format!("`{text}` has no unit"))
                .of(Mistake::UnitMissing)
                .with_help(format!("add a unit: `{number}{unit}`, for example")));
        }
        let found = recognise::kind_of(&quantity);
        if found != EXPECTED {
            return Err(ValueError::mismatch(EXPECTED, found, text)
                .with_help("units of bytes are `B`, `kB`, `MB`, `GB`, `TB`, `KiB`, `MiB`, `GiB`, `TiB`"));
        }
        match quantity.number.as_count() {
            Some(bytes) => Ok(Bytes(bytes)),
            None if quantity.number.as_whole().is_some() => Err(too_large(EXPECTED, text)),
            None => Err(ValueError::new(EXPECTED, whole, format!("`{text}` is not a whole number of bytes"))
                .with_help("write it in a smaller unit")),
        }
    }
}

impl fmt::Display for Bytes {
    /// The shortest spelling with a whole number.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = ByteUnit::ALL.into_iter().filter(|unit| self.0.is_multiple_of(unit.bytes()));
        let spell = |unit: ByteUnit| format!("{}{}", self.0 / unit.bytes(), unit.symbol());
        let shortest = if self.0 == 0 { None } else { exact.map(spell).min_by_key(String::len) };
        formatter.write_str(&shortest.unwrap_or_else(|| spell(ByteUnit::Byte)))
    }
}

/// A share of processors, in thousandths of a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cpu(u64);

impl Cpu {
    /// So many thousandths of a core.
    pub const fn from_millicores(millicores: u64) -> Cpu {
        Cpu(millicores)
    }

    /// In thousandths of a core.
    pub const fn millicores(self) -> u64 {
        self.0
    }

    /// In cores, exactly.
    pub fn cores(self) -> Number {
        Number::fraction(i128::from(self.0), 1_000).unwrap_or(Number::ZERO)
    }

    /// Reads `500m` (thousandths of a core) or `2` (cores).
    pub fn parse(text: &str) -> Result<Cpu, ValueError> {
        const EXPECTED: &str = "cpu";
        const HELP: &str = "a cpu is a number of cores (`2`, `0.5`) or of millicores (`500m`)";
        let whole = 0..text.len();
        let written = text.strip_suffix('m').map(|number| number.strip_suffix(' ').unwrap_or(number));
        let millicores = written.and_then(Number::decimal);
        let number = match millicores {
            Some(millicores) => Some(millicores),
            None => {
                let written = scan(text, EXPECTED)?;
                let quantity = written.quantity().unwrap_or_default();
                let unit = text.get(written.unit_range.clone()).unwrap_or_default();
                if matches!(unit, "core" | "cores" | "cpu" | "cpus" | "vcpu" | "vcpus" | "vCPU" | "vCPUs") {
                    let fix = text.get(..written.unit_range.start).unwrap_or_default().trim_end();
                    return Err(ValueError::new(EXPECTED, written.unit_range, format!("cores have no unit `{unit}`"))
                        .with_fix(fix));
                }
                if !quantity.dimension.is_number() {
                    let found = recognise::kind_of(&quantity);
                    return Err(ValueError::mismatch(EXPECTED, found, text).with_help(HELP));
                }
                quantity.number.times(Number::whole(1_000))
            }
        };
        let outside = |message: String| {
            Err(ValueError::new(EXPECTED, whole.clone(), message).of(Mistake::OutOfRange).with_help(HELP))
        };
        match number.map(|number| (number.as_count(), number)) {
            Some((Some(0), _)) => outside(format!("`{text}` is out of range: nothing runs on no cpu")),
            Some((Some(millicores), _)) if millicores <= 1_000_000_000 => Ok(Cpu(millicores)),
            Some((None, number)) if number < Number::whole(1_000_000_000) => {
                outside(format!("`{}` is finer than a millicore", shortened(text)))
            }
            Some(_) | None => outside(format!("`{}` is out of range", shortened(text))),
        }
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(1_000) {
            write!(formatter, "{}", self.0 / 1_000)
        } else {
            write!(formatter, "{}m", self.0)
        }
    }
}

/// A whole number of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Count(u64);

impl Count {
    /// So many.
    pub const fn new(number: u64) -> Count {
        Count(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Reads `12`, `20k` or `2M`.
    pub fn parse(text: &str) -> Result<Count, ValueError> {
        const EXPECTED: &str = "count";
        let written = scan(text, EXPECTED)?;
        let whole = 0..text.len();
        let Some(quantity) = written.quantity() else {
            return Err(too_large(EXPECTED, text));
        };
        if !quantity.dimension.is_number() {
            let found = recognise::kind_of(&quantity);
            return Err(
                ValueError::mismatch(EXPECTED, found, text).with_help("a count is a whole number without a unit")
            );
        }
        match quantity.number.as_count() {
            Some(count) => Ok(Count(count)),
            None if quantity.number.as_whole().is_some() => Err(too_large(EXPECTED, text)),
            None => Err(ValueError::new(EXPECTED, whole, format!("`{}` is not a whole number", shortened(text)))
                .with_help("write a whole number")),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

/// A number beyond what a value of its type can hold.
pub(super) fn too_large(expected: &'static str, text: &str) -> ValueError {
    ValueError::new(expected, 0..text.len(), format!("`{}` is too large", shortened(text)))
        .of(Mistake::OutOfRange)
        .with_help("write a smaller number")
}
