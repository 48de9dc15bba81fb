//! Unit tests of conditions that join several comparisons: each comparison is shown to decide, the others held still.

use crate::emit::observe::simulate::{Series, number};
use crate::plan::signal::{Recording, Signal, base_number, defaults};
use crate::syntax::expression::{Comparison, Condition, Metric, Operand, Operator, ProductOperator, SumOperator};
use crate::value::Duration;

/// A test of one comparison.
pub(super) struct JoinedTest {
    pub(super) name: String,
    pub(super) series: Vec<Series>,
    /// Moments, and whether the alert fires then.
    pub(super) checks: Vec<(u64, bool)>,
}

/// The seconds between samples.
const STEP: u64 = 15;

/// The most assignments that are tried.
const TRIES: usize = 512;

/// The tests of a signal whose conditions are more than one comparison of a metric with a number.
pub(super) fn tests(signal: &Signal) -> Vec<JoinedTest> {
    let model = Model::of(signal);
    let assignments = model.assignments();
    let mut tests = Vec::new();
    for index in 0..model.comparisons.len() {
        if let Some((silent, firing)) = model.decided_by(index, &assignments) {
            tests.push(model.test(index, silent, firing));
        }
    }
    tests
}

struct Model<'s> {
    signal: &'s Signal,
    comparisons: Vec<&'s Comparison>,
    window: Duration,
}

/// A value per recorded series.
type Assignment = Vec<f64>;

impl<'s> Model<'s> {
    fn of(signal: &'s Signal) -> Model<'s> {
        let comparisons = signal.conditions.iter().flat_map(Condition::comparisons).collect();
        Model { signal, comparisons, window: defaults().window.value }
    }

    fn place(&self, metric: &Metric, over: Option<Duration>) -> Option<usize> {
        let window = over.unwrap_or(self.window);
        self.signal.recordings.iter().position(|recording| {
            let labelled = metric
                .labels
                .iter()
                .all(|label| recording.labels.iter().any(|(name, value)| *name == label.name && *value == label.value));
            recording.metric == metric.name && recording.window.is_none_or(|own| own == window) && labelled
        })
    }

    fn operand(&self, operand: &Operand, over: Option<Duration>, values: &Assignment) -> Option<f64> {
        match operand {
            Operand::Quantity { quantity, .. } => Some(base_number(quantity)?.to_f64()),
            Operand::Metric(metric) => values.get(self.place(metric, over)?).copied(),
            Operand::Sum { first, rest, .. } => {
                rest.iter().try_fold(self.operand(first, over, values)?, |sum, (operator, term)| {
                    let term = self.operand(term, over, values)?;
                    Some(match operator {
                        SumOperator::Plus => sum + term,
                        SumOperator::Minus => sum - term,
                    })
                })
            }
            Operand::Product { first, rest, .. } => {
                rest.iter().try_fold(self.operand(first, over, values)?, |product, (operator, factor)| {
                    let factor = self.operand(factor, over, values)?;
                    Some(match operator {
                        ProductOperator::Times => product * factor,
                        ProductOperator::DividedBy => product / factor,
                    })
                })
            }
        }
    }

    #[allow(clippy::float_cmp, reason = "the condition itself asks whether two numbers are equal")]
    fn compared(&self, comparison: &Comparison, values: &Assignment) -> Option<bool> {
        let over = comparison.over.as_ref().map(|over| over.duration);
        let left = self.operand(&comparison.left, over, values)?;
        let right = self.operand(&comparison.right, over, values)?;
        Some(match comparison.operator {
            Operator::Greater => left > right,
            Operator::GreaterOrEqual => left >= right,
            Operator::Less => left < right,
            Operator::LessOrEqual => left <= right,
            Operator::Equal => left == right,
            Operator::NotEqual => left != right,
        })
    }

    fn holds(&self, condition: &Condition, values: &Assignment) -> Option<bool> {
        match condition {
            Condition::Or { parts, .. } => {
                parts.iter().try_fold(false, |any, part| Some(self.holds(part, values)? || any))
            }
            Condition::And { parts, .. } => {
                parts.iter().try_fold(true, |all, part| Some(self.holds(part, values)? && all))
            }
            Condition::Not { inner, .. } => Some(!self.holds(inner, values)?),
            Condition::Comparison(comparison) => self.compared(comparison, values),
        }
    }

    fn fires(&self, values: &Assignment) -> Option<bool> {
        self.signal.conditions.iter().try_fold(false, |any, condition| Some(self.holds(condition, values)? || any))
    }

    /// Values worth trying for a series: on both sides of every number that it is compared with.
    fn candidates(&self, place: usize) -> Vec<f64> {
        let mut numbers = Vec::new();
        for comparison in &self.comparisons {
            let over = comparison.over.as_ref().map(|over| over.duration);
            if !comparison.metrics().iter().any(|metric| self.place(metric, over) == Some(place)) {
                continue;
            }
            for side in [&comparison.left, &comparison.right] {
                if let Some(value) = self.operand(side, over, &Assignment::new()) {
                    numbers.extend([value * 0.95, value * 1.05]);
                }
            }
        }
        if numbers.len() < 2 {
            numbers.extend([0.0, 1.0]);
        }
        numbers
    }

    fn assignments(&self) -> Vec<Assignment> {
        let mut all: Vec<Assignment> = vec![Vec::new()];
        for place in 0..self.signal.recordings.len() {
            let numbers = self.candidates(place);
            all = all
                .iter()
                .flat_map(|assignment| {
                    numbers.iter().map(move |value| {
                        let mut longer = assignment.clone();
                        longer.push(*value);
                        longer
                    })
                })
                .take(TRIES)
                .collect();
        }
        all
    }

    fn values(&self) -> impl Iterator<Item = &'s Recording> {
        self.signal.recordings.iter()
    }

    /// Two assignments that differ in one comparison alone, of which the second fires.
    fn decided_by<'a>(&self, index: usize, all: &'a [Assignment]) -> Option<(&'a Assignment, &'a Assignment)> {
        let truths: Vec<(Vec<bool>, bool, &Assignment)> = all
            .iter()
            .filter_map(|values| {
                let each: Option<Vec<bool>> =
                    self.comparisons.iter().map(|comparison| self.compared(comparison, values)).collect();
                Some((each?, self.fires(values)?, values))
            })
            .collect();
        let others = |each: &[bool]| -> Vec<bool> {
            each.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, one)| *one).collect()
        };
        let distance = |one: &Assignment, other: &Assignment| -> f64 {
            one.iter().zip(other).map(|(one, other)| (one - other).abs()).sum()
        };
        let mut best: Option<(f64, &Assignment, &Assignment)> = None;
        for (fired, _, firing) in truths.iter().filter(|(_, fires, _)| *fires) {
            for (quiet, _, silent) in truths.iter().filter(|(_, fires, _)| !*fires) {
                let alone = fired.get(index) != quiet.get(index) && others(fired) == others(quiet);
                let far = distance(firing, silent);
                if alone && best.as_ref().is_none_or(|(known, ..)| far < *known) {
                    best = Some((far, silent, firing));
                }
            }
        }
        best.map(|(_, silent, firing)| (silent, firing))
    }

    fn test(&self, index: usize, silent: &Assignment, firing: &Assignment) -> JoinedTest {
        let comparison = self.comparisons.get(index);
        let turns_true = comparison.and_then(|comparison| self.compared(comparison, firing)) == Some(true);
        let inner = comparison
            .filter(|_| turns_true)
            .and_then(|comparison| comparison.hold.as_ref())
            .map_or(0, |hold| hold.duration.seconds());
        let hold = self.signal.hold.seconds().max(inner);
        let longest = self
            .comparisons
            .iter()
            .filter_map(|comparison| comparison.hold.as_ref())
            .map(|hold| hold.duration.seconds())
            .max()
            .unwrap_or(0);
        let before = longest + 300;
        let lasts = hold + 300;
        let begin = before.div_ceil(STEP) * STEP;
        let series = self
            .values()
            .zip(silent.iter().zip(firing))
            .map(|(recording, (silent, firing))| Series {
                name: recording.selector(),
                values: format!(
                    "{}x{} {}x{}",
                    number(*silent),
                    begin / STEP - 1,
                    number(*firing),
                    lasts.div_ceil(STEP)
                ),
            })
            .collect();
        let mut checks = vec![(begin - STEP, false)];
        if hold > 120 {
            checks.push((begin + hold - 75, false));
        }
        checks.push((begin + hold + 60, true));
        let text = comparison.map(|comparison| comparison.to_string()).unwrap_or_default();
        JoinedTest { name: format!("{}: decided by {text}", self.signal.name), series, checks }
    }
}
