//! The numbers of a condition: what it is held against, where that can be computed.

use super::tree::{Comparison, Operand, ProductOperator};
use crate::value::{Number, Quantity};

impl Operand {
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
