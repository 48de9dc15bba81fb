//! The tree of a condition, and its one canonical spelling.

use std::fmt;
use std::ops::Range;

use crate::value::{Duration, Quantity};

/// Where a node stands in its text, in bytes. Two nodes are equal wherever they stand, so it takes no part in `==`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Place {
    /// As a range of bytes.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl From<Range<usize>> for Place {
    fn from(range: Range<usize>) -> Self {
        Place { start: range.start, end: range.end }
    }
}

/// Something that holds or does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// One of the parts holds; two parts or more.
    Or {
        /// What is joined.
        parts: Vec<Condition>,
        /// Where it stands.
        place: Place,
    },
    /// All of the parts hold; two parts or more.
    And {
        /// What is joined.
        parts: Vec<Condition>,
        /// Where it stands.
        place: Place,
    },
    /// The inner condition does not hold.
    Not {
        /// What is turned round.
        inner: Box<Condition>,
        /// Where it stands.
        place: Place,
    },
    /// Two values are compared.
    Comparison(Box<Comparison>),
}

/// Two values compared, for how long, over what window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The left value.
    pub left: Operand,
    /// How they are compared.
    pub operator: Operator,
    /// Where the operator stands.
    pub operator_place: Place,
    /// The right value.
    pub right: Operand,
    /// `for`: how long it must hold without a break.
    pub hold: Option<Timed>,
    /// `over`: the window its metrics are computed over.
    pub over: Option<Timed>,
    /// Where the whole stands.
    pub place: Place,
}

/// A duration of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed {
    /// How long.
    pub duration: Duration,
    /// Where the duration stands, without its keyword.
    pub place: Place,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Operator {
    /// As it is written, here as in PromQL.
    pub const fn symbol(self) -> &'static str {
        match self {
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
        }
    }
}

/// A value that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A number with its units.
    Quantity {
        /// The quantity.
        quantity: Quantity,
        /// Where it stands.
        place: Place,
    },
    /// What is measured.
    Metric(Metric),
    /// Values added and subtracted, from left to right.
    Sum {
        /// The first value.
        first: Box<Operand>,
        /// The others, each with its sign.
        rest: Vec<(SumOperator, Operand)>,
        /// Where it stands.
        place: Place,
    },
    /// Values multiplied and divided, from left to right.
    Product {
        /// The first value.
        first: Box<Operand>,
        /// The others, each with its sign.
        rest: Vec<(ProductOperator, Operand)>,
        /// Where it stands.
        place: Place,
    },
}

/// The sign before a term of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SumOperator {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// The sign before a factor of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductOperator {
    /// `*`
    Times,
    /// `/`
    DividedBy,
}

/// A measured value: `latency.p95`, `queue.depth{queue="orders"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, segments joined by points.
    pub name: String,
    /// Where the name stands.
    pub name_place: Place,
    /// What narrows it down, in the order written.
    pub labels: Vec<MetricLabel>,
    /// Where the whole stands.
    pub place: Place,
}

/// A label of a metric that must have one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricLabel {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub name_place: Place,
    /// Its value.
    pub value: String,
    /// Where the value stands, with its quotes.
    pub value_place: Place,
}

impl Condition {
    /// Where it stands.
    pub fn place(&self) -> Place {
        match self {
            Condition::Or { place, .. } | Condition::And { place, .. } | Condition::Not { place, .. } => *place,
            Condition::Comparison(comparison) => comparison.place,
        }
    }

    /// Its one canonical spelling; reading it gives the same condition.
    pub fn print(&self) -> String {
        self.to_string()
    }

    /// Every comparison in it, from left to right.
    pub fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Condition::Or { parts, .. } | Condition::And { parts, .. } => {
                parts.iter().flat_map(Condition::comparisons).collect()
            }
            Condition::Not { inner, .. } => inner.comparisons(),
            Condition::Comparison(comparison) => vec![comparison.as_ref()],
        }
    }

    /// Every metric in it, from left to right.
    pub fn metrics(&self) -> Vec<&Metric> {
        self.comparisons().into_iter().flat_map(Comparison::metrics).collect()
    }

    /// How tightly it binds: what binds less needs parentheses inside it.
    fn is_loose(&self) -> bool {
        matches!(self, Condition::Or { .. } | Condition::And { .. })
    }
}

impl Default for Condition {
    /// One that never holds, for a place that has none: `0 > 0`.
    fn default() -> Self {
        let zero = || Operand::Quantity { quantity: Quantity::default(), place: Place::default() };
        Condition::Comparison(Box::new(Comparison {
            left: zero(),
            operator: Operator::Greater,
            operator_place: Place::default(),
            right: zero(),
            hold: None,
            over: None,
            place: Place::default(),
        }))
    }
}

impl Comparison {
    /// Every metric in it, from left to right.
    pub fn metrics(&self) -> Vec<&Metric> {
        let mut metrics = self.left.metrics();
        metrics.extend(self.right.metrics());
        metrics
    }
}

impl Operand {
    /// Where it stands.
    pub fn place(&self) -> Place {
        match self {
            Operand::Quantity { place, .. } | Operand::Sum { place, .. } | Operand::Product { place, .. } => *place,
            Operand::Metric(metric) => metric.place,
        }
    }

    /// Every metric in it, from left to right.
    pub fn metrics(&self) -> Vec<&Metric> {
        match self {
            Operand::Quantity { .. } => Vec::new(),
            Operand::Metric(metric) => vec![metric],
            Operand::Sum { first, rest, .. } => first.with_rest(rest.iter().map(|(_, operand)| operand)),
            Operand::Product { first, rest, .. } => first.with_rest(rest.iter().map(|(_, operand)| operand)),
        }
    }

    fn with_rest<'a>(&'a self, rest: impl Iterator<Item = &'a Operand>) -> Vec<&'a Metric> {
        let mut metrics = self.metrics();
        metrics.extend(rest.flat_map(Operand::metrics));
        metrics
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Or { parts, .. } => {
                joined(formatter, parts, " or ", |part| matches!(part, Condition::Or { .. }))
            }
            Condition::And { parts, .. } => joined(formatter, parts, " and ", Condition::is_loose),
            Condition::Not { inner, .. } => match **inner {
                Condition::Comparison(_) => write!(formatter, "not {inner}"),
                Condition::Or { .. } | Condition::And { .. } | Condition::Not { .. } => {
                    write!(formatter, "not ({inner})")
                }
            },
            Condition::Comparison(comparison) => comparison.fmt(formatter),
        }
    }
}

/// Joins the parts, those in parentheses that bind no tighter.
fn joined(
    formatter: &mut fmt::Formatter<'_>,
    parts: &[Condition],
    word: &str,
    in_parentheses: fn(&Condition) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            formatter.write_str(word)?;
        }
        if in_parentheses(part) { write!(formatter, "({part})")? } else { write!(formatter, "{part}")? }
    }
    Ok(())
}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.left, self.operator.symbol(), self.right)?;
        if let Some(hold) = &self.hold {
            write!(formatter, " for {}", hold.duration)?;
        }
        match &self.over {
            Some(over) => write!(formatter, " over {}", over.duration),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Quantity { quantity, .. } => quantity.fmt(formatter),
            Operand::Metric(metric) => metric.fmt(formatter),
            Operand::Sum { first, rest, .. } => {
                first.fmt(formatter)?;
                rest.iter().try_for_each(|(operator, term)| {
                    let sign = match operator {
                        SumOperator::Plus => '+',
                        SumOperator::Minus => '-',
                    };
                    match term {
                        Operand::Sum { .. } => write!(formatter, " {sign} ({term})"),
                        Operand::Quantity { .. } | Operand::Metric(_) | Operand::Product { .. } => {
                            write!(formatter, " {sign} {term}")
                        }
                    }
                })
            }
            Operand::Product { first, rest, .. } => {
                match **first {
                    Operand::Sum { .. } => write!(formatter, "({first})")?,
                    Operand::Quantity { .. } | Operand::Metric(_) | Operand::Product { .. } => first.fmt(formatter)?,
                }
                rest.iter().try_for_each(|(operator, factor)| {
                    let sign = match operator {
                        ProductOperator::Times => '*',
                        ProductOperator::DividedBy => '/',
                    };
                    match factor {
                        Operand::Sum { .. } | Operand::Product { .. } => write!(formatter, " {sign} ({factor})"),
                        Operand::Quantity { .. } | Operand::Metric(_) => write!(formatter, " {sign} {factor}"),
                    }
                })
            }
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        for (index, label) in self.labels.iter().enumerate() {
            let value = label.value.replace('\\', "\\\\").replace('"', "\\\"");
            write!(formatter, "{}{}=\"{value}\"", if index == 0 { "{" } else { ", " }, label.name)?;
        }
        if self.labels.is_empty() { Ok(()) } else { formatter.write_str("}") }
    }
}
