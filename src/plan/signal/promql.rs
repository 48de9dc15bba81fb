//! Conditions as PromQL: comparisons, `for`, `over`, arithmetic and the words that join them.

use crate::syntax::expression::{Comparison, Condition, Metric, Operand, Operator, ProductOperator, SumOperator};
use crate::value::{Base, Duration, Number, Quantity};

/// How `for` is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// The condition itself must look back, at samples of this distance.
    LookBack(Duration),
    /// The caller waits: it was taken out of the condition before.
    Outside,
}

/// What a condition is printed with: the value of a metric over the window that its comparison names, if it does.
pub(super) struct Printer<'a> {
    /// The query of a metric; `None` where nothing exports it.
    pub(super) metric: &'a dyn Fn(&Metric, Option<Duration>) -> Option<String>,
    /// How `for` is told.
    pub(super) hold: Hold,
}

impl Printer<'_> {
    /// The condition: an instant vector that is empty where the condition does not hold.
    pub(super) fn condition(&self, condition: &Condition) -> Option<String> {
        match condition {
            Condition::Or { parts, .. } => self.joined(parts, " or on () "),
            Condition::And { parts, .. } => self.joined(parts, " and on () "),
            Condition::Not { inner, .. } => Some(format!("vector(1) unless on () ({})", self.condition(inner)?)),
            Condition::Comparison(comparison) => self.comparison(comparison),
        }
    }

    fn joined(&self, parts: &[Condition], word: &str) -> Option<String> {
        let parts: Option<Vec<String>> =
            parts.iter().map(|part| Some(format!("({})", self.condition(part)?))).collect();
        Some(parts?.join(word))
    }

    fn comparison(&self, comparison: &Comparison) -> Option<String> {
        let over = comparison.over.as_ref().map(|over| over.duration);
        let left = self.operand(&comparison.left, over)?;
        let right = self.operand(&comparison.right, over)?;
        let left = if comparison.metrics().is_empty() { format!("vector({left})") } else { left };
        let compared = format!("{left} {} {right}", comparison.operator.symbol());
        match (&comparison.hold, self.hold) {
            (Some(hold), Hold::LookBack(step)) => {
                let samples = hold.duration.milliseconds().div_ceil(step.milliseconds().max(1)).max(1);
                Some(format!("count_over_time(({compared})[{}:{step}]) >= {samples}", hold.duration))
            }
            (Some(_), Hold::Outside) | (None, _) => Some(compared),
        }
    }

    fn operand(&self, operand: &Operand, over: Option<Duration>) -> Option<String> {
        match operand {
            Operand::Quantity { quantity, .. } => number(quantity),
            Operand::Metric(metric) => (self.metric)(metric, over),
            Operand::Sum { first, rest, .. } => {
                let mut text = self.operand(first, over)?;
                for (operator, term) in rest {
                    let sign = match operator {
                        SumOperator::Plus => '+',
                        SumOperator::Minus => '-',
                    };
                    text = format!("({text} {sign} {})", self.operand(term, over)?);
                }
                Some(text)
            }
            Operand::Product { first, rest, .. } => {
                let mut text = self.operand(first, over)?;
                for (operator, factor) in rest {
                    let sign = match operator {
                        ProductOperator::Times => '*',
                        ProductOperator::DividedBy => '/',
                    };
                    text = format!("({text} {sign} {})", self.operand(factor, over)?);
                }
                Some(text)
            }
        }
    }
}

/// A quantity in the base units of Prometheus: seconds, bytes, shares of one.
pub fn base_number(quantity: &Quantity) -> Option<Number> {
    let mut number = quantity.number;
    let exponent = quantity.dimension.exponent(&Base::Time);
    let thousand = Number::whole(1000);
    for _ in 0..exponent.unsigned_abs() {
        number = if exponent > 0 { number.divided_by(thousand)? } else { number.times(thousand)? };
    }
    Some(number)
}

/// A number as PromQL reads it.
pub fn number_text(number: Number) -> Option<String> {
    number.exact_decimal().or_else(|| number.rounded(12)?.exact_decimal())
}

fn number(quantity: &Quantity) -> Option<String> {
    number_text(base_number(quantity)?)
}

/// A condition whose `for` an alert rule can tell by itself, apart from that time: one comparison, or several joined
/// by `and` that all hold for the same time.
pub(super) fn outer_hold(condition: &Condition) -> Option<Duration> {
    match condition {
        Condition::Comparison(comparison) => comparison.hold.as_ref().map(|hold| hold.duration),
        Condition::And { parts, .. } => {
            let mut holds = parts.iter().map(outer_hold);
            let first = holds.next().flatten()?;
            holds.all(|hold| hold == Some(first)).then_some(first)
        }
        Condition::Or { .. } | Condition::Not { .. } => None,
    }
}

/// The number a condition compares its metric with, where it is one comparison of one metric with one quantity.
pub(super) fn threshold(condition: &Condition) -> Option<(&Metric, Operator, Number)> {
    let comparisons = condition.comparisons();
    let (comparison, rest) = comparisons.split_first()?;
    if !rest.is_empty() {
        return None;
    }
    if let (Operand::Metric(metric), Operand::Quantity { quantity, .. }) = (&comparison.left, &comparison.right) {
        return Some((metric, comparison.operator, base_number(quantity)?));
    }
    if let (Operand::Quantity { quantity, .. }, Operand::Metric(metric)) = (&comparison.left, &comparison.right) {
        return Some((metric, turned(comparison.operator), base_number(quantity)?));
    }
    None
}

fn turned(operator: Operator) -> Operator {
    match operator {
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Equal => Operator::Equal,
        Operator::NotEqual => Operator::NotEqual,
    }
}
