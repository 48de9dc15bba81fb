//! The expression language: conditions such as `error_rate > 2% for 5m`, and templates such as `https://${environment.domain}`.
//!
//! The grammar is described in `grammar/expression.ebnf`. Mistakes are told with byte ranges inside the text.

mod error;
mod fold;
mod grammar;
mod measure;
mod mistake;
mod shape;
mod template;
mod token;
mod tree;

pub use error::{ExpressionError, Fault};
pub use template::{ExpandError, Reference, Segment, Template, TemplatePart};
pub use tree::{
    Comparison, Condition, Metric, MetricLabel, Operand, Operator, Place, ProductOperator, SumOperator, Timed,
};

/// The longest condition; more is refused before anything is read.
const LONGEST: usize = 64 * 1024;

impl Condition {
    /// Reads a condition.
    pub fn parse(text: &str) -> Result<Condition, ExpressionError> {
        if text.len() > LONGEST {
            let message = format!("a condition has at most {LONGEST} bytes, and this has {}", text.len());
            return Err(ExpressionError::new(0..0, message));
        }
        let tokens = token::tokens(text)?;
        shape::check(text, &tokens)?;
        grammar::parse(text, &tokens)
    }
}

impl std::str::FromStr for Condition {
    type Err = ExpressionError;
    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        Condition::parse(text)
    }
}
