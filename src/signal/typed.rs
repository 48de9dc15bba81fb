//! The types of a condition: which metrics it names, and whether what it compares measures the same.

use std::ops::Range;

use crate::signal::{MetricFacts, Vocabulary};
use crate::syntax::expression::{Comparison, Condition, Operand, ProductOperator};
use crate::value::{Dimension, Number, Quantity, QuantityError, Ratio};

/// A part of a condition's text, in bytes.
pub type Place = Range<usize>;

/// What is wrong in a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no such metric.
    UnknownMetric {
        /// What was written.
        name: String,
        /// Where.
        place: Place,
    },
    /// The metric has no such label.
    UnknownLabel {
        /// The metric.
        metric: String,
        /// What was written.
        name: String,
        /// The labels it has.
        known: Vec<String>,
        /// Where.
        place: Place,
    },
    /// Two sides do not measure the same.
    Dimensions {
        /// What is done with them.
        join: Join,
        /// The left side and what it measures.
        left: (Place, Dimension),
        /// The right side and what it measures.
        right: (Place, Dimension),
    },
    /// Two sides are money in two currencies.
    Currencies {
        /// The left side and its currency.
        left: (Place, Dimension),
        /// The right side and its currency.
        right: (Place, Dimension),
    },
    /// A share of a whole is held against what is no share: it is always less, or always more.
    NoShare {
        /// The metric.
        metric: String,
        /// The number that it is held against, and where it stands.
        bound: (Number, Place),
    },
    /// A number that cannot be computed.
    Arithmetic {
        /// Why.
        reason: QuantityError,
        /// Where.
        place: Place,
    },
}

/// What is done with two values that have to measure the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// One is held against the other.
    Compared,
    /// One is added to the other, or taken from it.
    Added,
}

/// What a part of a condition measures, and its value where that is known now.
struct Typed {
    dimension: Dimension,
    value: Option<Quantity>,
    place: Place,
}

/// Judges a condition; independent mistakes are all told, what follows from one is not.
pub fn judge(condition: &Condition, vocabulary: &Vocabulary) -> Vec<Fault> {
    let mut faults = Vec::new();
    for comparison in condition.comparisons() {
        compare(comparison, vocabulary, &mut faults);
    }
    faults
}

fn compare(comparison: &Comparison, vocabulary: &Vocabulary, faults: &mut Vec<Fault>) {
    let left = operand(&comparison.left, vocabulary, faults);
    let right = operand(&comparison.right, vocabulary, faults);
    if let (Some(left), Some(right)) = (left, right)
        && common(&left, &right, Join::Compared, faults).is_some()
    {
        faults.extend(no_share(&comparison.left, &right, vocabulary));
        faults.extend(no_share(&comparison.right, &left, vocabulary));
    }
}

/// A metric that is a share of a whole, held against a number that is none.
fn no_share(side: &Operand, bound: &Typed, vocabulary: &Vocabulary) -> Option<Fault> {
    let Operand::Metric(metric) = side else { return None };
    let number = bound.value.as_ref()?.number;
    let is_share = vocabulary.find(&metric.name).is_some_and(MetricFacts::is_share);
    (is_share && Ratio::new(number).is_none())
        .then(|| Fault::NoShare { metric: metric.name.clone(), bound: (number, bound.place.clone()) })
}

/// The dimension of both sides, or the fault that there is none.
fn common(left: &Typed, right: &Typed, join: Join, faults: &mut Vec<Fault>) -> Option<Dimension> {
    if let Some(dimension) = left.dimension.unify(&right.dimension) {
        return Some(dimension);
    }
    let sides = ((left.place.clone(), left.dimension.clone()), (right.place.clone(), right.dimension.clone()));
    let currencies = left.dimension.currency().zip(right.dimension.currency());
    let (left, right) = sides;
    faults.push(match currencies {
        Some((one, other)) if one != other => Fault::Currencies { left, right },
        _ => Fault::Dimensions { join, left, right },
    });
    None
}

fn operand(operand: &Operand, vocabulary: &Vocabulary, faults: &mut Vec<Fault>) -> Option<Typed> {
    let place = operand.place().range();
    match operand {
        Operand::Quantity { quantity, .. } => {
            Some(Typed { dimension: quantity.dimension.clone(), value: Some(quantity.clone()), place })
        }
        Operand::Metric(metric) => {
            let Some(facts) = vocabulary.find(&metric.name) else {
                faults.push(Fault::UnknownMetric { name: metric.name.clone(), place: metric.name_place.range() });
                return None;
            };
            if let Some(known) = &facts.labels {
                for label in metric.labels.iter().filter(|label| !known.contains(&label.name)) {
                    faults.push(Fault::UnknownLabel {
                        metric: metric.name.clone(),
                        name: label.name.clone(),
                        known: known.clone(),
                        place: label.name_place.range(),
                    });
                }
            }
            Some(Typed { dimension: facts.dimension.clone(), value: None, place })
        }
        Operand::Sum { first, rest, .. } => {
            let mut sum = self::operand(first, vocabulary, faults);
            for (_, next) in rest {
                let next = self::operand(next, vocabulary, faults);
                sum = match (sum, next) {
                    (Some(sum), Some(next)) => common(&sum, &next, Join::Added, faults).map(|dimension| Typed {
                        dimension,
                        value: None,
                        place: sum.place.start..next.place.end,
                    }),
                    _ => None,
                };
            }
            sum
        }
        Operand::Product { first, rest, .. } => {
            let mut product = self::operand(first, vocabulary, faults);
            for (operator, next) in rest {
                let next = self::operand(next, vocabulary, faults);
                product = match (product, next) {
                    (Some(product), Some(next)) => multiplied(&product, *operator, &next, faults),
                    _ => None,
                };
            }
            product
        }
    }
}

fn multiplied(left: &Typed, operator: ProductOperator, right: &Typed, faults: &mut Vec<Fault>) -> Option<Typed> {
    let place = left.place.start..right.place.end;
    let dimension = match operator {
        ProductOperator::Times => left.dimension.times(&right.dimension),
        ProductOperator::DividedBy => {
            if right.value.as_ref().is_some_and(|value| value.number.is_zero()) {
                faults.push(Fault::Arithmetic { reason: QuantityError::DivisionByZero, place: right.place.clone() });
                return None;
            }
            left.dimension.divided_by(&right.dimension)
        }
    };
    match dimension {
        Some(dimension) => Some(Typed { dimension, value: None, place }),
        None => {
            faults.push(Fault::Arithmetic { reason: QuantityError::TooLarge, place });
            None
        }
    }
}
