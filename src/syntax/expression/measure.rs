//! Whether the values of a condition go together: what each measures, and what does not compare.

use super::error::ExpressionError;
use super::tree::{Comparison, Condition, Metric, Operand, ProductOperator};
use crate::value::{Base, Dimension, Number, Quantity, QuantityError};

impl Condition {
    /// Every place where values of different dimensions are added or compared. `dimension_of` says what a metric
    /// measures; a metric it does not know is told elsewhere, and nothing is said about what it is compared with.
    pub fn check_dimensions(&self, dimension_of: &dyn Fn(&Metric) -> Option<Dimension>) -> Vec<ExpressionError> {
        self.comparisons()
            .into_iter()
            .filter_map(|comparison| check(comparison, dimension_of).err())
            .flatten()
            .collect()
    }
}

/// `Ok` when the sides go together, or one of them is unknown.
fn check(
    comparison: &Comparison,
    dimension_of: &dyn Fn(&Metric) -> Option<Dimension>,
) -> Result<(), Option<ExpressionError>> {
    let left = comparison.left.dimension(dimension_of)?;
    let right = comparison.right.dimension(dimension_of)?;
    let (Some(left), Some(right)) = (left, right) else { return Ok(()) };
    if left.fits(&right) {
        return Ok(());
    }
    let sign = comparison.operator.symbol();
    let message = disagreement(&left, &right, &format!("`{sign}` compares {left} with {right}"));
    let error = ExpressionError::value(comparison.operator_place.range(), message)
        .with_label("these do not compare")
        .with_place(comparison.left.place().range(), format!("this is {left}"))
        .with_place(comparison.right.place().range(), format!("this is {right}"));
    let help = unit_help(&comparison.right, &left).or_else(|| unit_help(&comparison.left, &right));
    Err(Some(match help {
        Some(help) => error.with_help(help),
        None => error,
    }))
}

/// What to write instead of a bare number that is held against something with a unit.
fn unit_help(operand: &Operand, wanted: &Dimension) -> Option<String> {
    let Operand::Quantity { quantity, .. } = operand else { return None };
    if !quantity.dimension.is_number() {
        return None;
    }
    let example = match wanted.bases() {
        [(Base::Time, 1)] => format!("{quantity}ms"),
        [(Base::Time, -1)] => format!("{quantity}/s"),
        [(Base::Bytes, 1)] => format!("{quantity}MiB"),
        [(Base::Money(currency), 1)] => format!("{quantity} {currency}"),
        _ => return None,
    };
    Some(format!("add a unit to `{quantity}`: `{example}`, for example"))
}

/// Two currencies are told apart from two dimensions.
fn disagreement(left: &Dimension, right: &Dimension, otherwise: &str) -> String {
    match (left.currency(), right.currency()) {
        (Some(left), Some(right)) if left != right => QuantityError::Currencies { left, right }.to_string(),
        _ => otherwise.to_owned(),
    }
}

impl Operand {
    /// What it measures; `None` if that hangs on a metric nobody knows. The error is `None` where it was told before.
    fn dimension(
        &self,
        dimension_of: &dyn Fn(&Metric) -> Option<Dimension>,
    ) -> Result<Option<Dimension>, Option<ExpressionError>> {
        match self {
            Operand::Quantity { quantity, .. } => Ok(Some(quantity.dimension.clone())),
            Operand::Metric(metric) => Ok(dimension_of(metric)),
            Operand::Sum { first, rest, .. } => {
                let mut known = first.dimension(dimension_of)?;
                for (_, term) in rest {
                    let next = term.dimension(dimension_of)?;
                    known = match (known, next) {
                        (Some(sum), Some(next)) => Some(sum.unify(&next).ok_or_else(|| {
                            let message = disagreement(&sum, &next, &format!("{sum} and {next} cannot be added"));
                            Some(
                                ExpressionError::value(term.place().range(), message)
                                    .with_label(format!("this is {next}"))
                                    .with_place(first.place().range(), format!("the sum begins with {sum}")),
                            )
                        })?),
                        // A bare number says nothing about what it is added to.
                        (None, known) | (known, None) => known.filter(|dimension| !dimension.is_number()),
                    };
                }
                Ok(known)
            }
            Operand::Product { first, rest, .. } => {
                let mut known = first.dimension(dimension_of)?;
                for (sign, factor) in rest {
                    let next = factor.dimension(dimension_of)?;
                    known = match (known, next) {
                        (Some(product), Some(next)) => match sign {
                            ProductOperator::Times => product.times(&next),
                            ProductOperator::DividedBy => product.divided_by(&next),
                        },
                        (None, _) | (_, None) => None,
                    };
                }
                Ok(known)
            }
        }
    }

    /// Its value, when no metric is in it: `2 * 100 req/s`. `None` when there is one, or when it cannot be computed.
    pub fn constant(&self) -> Option<Quantity> {
        match self {
            Operand::Quantity { quantity, .. } => Some(quantity.clone()),
            Operand::Metric(_) => None,
            Operand::Sum { first, rest, .. } => rest.iter().try_fold(first.constant()?, |sum, (sign, term)| {
                let term = term.constant()?;
                match sign {
                    super::tree::SumOperator::Plus => sum.plus(&term),
                    super::tree::SumOperator::Minus => sum.minus(&term),
                }
                .ok()
            }),
            Operand::Product { first, rest, .. } => {
                rest.iter().try_fold(first.constant()?, |product, (sign, factor)| {
                    let factor = factor.constant()?;
                    match sign {
                        ProductOperator::Times => product.times(&factor),
                        ProductOperator::DividedBy => product.divided_by(&factor),
                    }
                    .ok()
                })
            }
        }
    }
}

impl Comparison {
    /// The number its metric is held against, in base units, when one side is a number that can be computed.
    pub fn threshold(&self) -> Option<Number> {
        self.right.constant().or_else(|| self.left.constant()).map(|quantity| quantity.number)
    }
}
