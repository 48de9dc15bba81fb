//! Unit tests of conditions that join several comparisons: each comparison is shown to decide, the others held still.
//! What is joined are recorded series, so those are put in; that each of them follows what happens has its own tests.

use crate::emit::observe::simulate::{Series, number};
use crate::emit::observe::unit::pace::{every, look, samples};
use crate::emit::observe::unit::subject::violates;
use crate::emit::observe::unit::{AlertCheck, Fires, Test, recorded_neighbours};
use crate::plan::signal::{Recording, Signal, base_number, defaults};
use crate::syntax::expression::{Comparison, Condition, Metric, Operand, Operator, ProductOperator, SumOperator};
use crate::value::Duration;

/// The most assignments that are tried.
const TRIES: usize = 1024;

/// The tests of a signal whose conditions are more than one comparison of a metric with a number.
pub(super) fn tests(signal: &Signal) -> Vec<Test> {
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

    fn compared(&self, comparison: &Comparison, values: &Assignment) -> Option<bool> {
        let over = comparison.over.as_ref().map(|over| over.duration);
        let left = self.operand(&comparison.left, over, values)?;
        let right = self.operand(&comparison.right, over, values)?;
        Some(violates(left, comparison.operator, right))
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
        let mut numbers: Vec<f64> = Vec::new();
        let mut add = |value: f64| {
            if value.is_finite() && !numbers.iter().any(|known| (known - value).abs() < 1e-12) {
                numbers.push(value);
            }
        };
        for comparison in &self.comparisons {
            let over = comparison.over.as_ref().map(|over| over.duration);
            if !comparison.metrics().iter().any(|metric| self.place(metric, over) == Some(place)) {
                continue;
            }
            for border in self.borders(comparison, place) {
                let small = if border == 0.0 { 0.05 } else { border.abs() * 0.05 };
                match comparison.operator {
                    Operator::Equal | Operator::NotEqual => [border, border + small].into_iter().for_each(&mut add),
                    Operator::Greater if border == 0.0 => [border, small].into_iter().for_each(&mut add),
                    Operator::LessOrEqual if border == 0.0 => [border, small].into_iter().for_each(&mut add),
                    Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => {
                        [border - small, border + small].into_iter().for_each(&mut add);
                    }
                }
            }
            if comparison.metrics().len() > 1 {
                [0.0, 1.0].into_iter().for_each(&mut add);
            }
        }
        numbers
    }

    /// The values of one series at which a comparison turns, the others being none or one.
    fn borders(&self, comparison: &Comparison, place: usize) -> Vec<f64> {
        let over = comparison.over.as_ref().map(|over| over.duration);
        let gap = |own: f64, others: f64| {
            let count = self.signal.recordings.len();
            let values: Assignment = (0..count).map(|at| if at == place { own } else { others }).collect();
            let left = self.operand(&comparison.left, over, &values)?;
            Some(left - self.operand(&comparison.right, over, &values)?)
        };
        let border = |others: f64| {
            let (none, one) = (gap(0.0, others)?, gap(1.0, others)?);
            Some(none / (none - one)).filter(|border| border.is_finite())
        };
        [0.0, 1.0].into_iter().filter_map(border).collect()
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

    /// Silent, then firing, then silent: how soon each comes, the comparison itself tells.
    fn test(&self, index: usize, silent: &Assignment, firing: &Assignment) -> Test {
        let comparison = self.comparisons.get(index);
        let turns = match comparison.and_then(|comparison| self.compared(comparison, firing)) {
            Some(true) => Turns::True,
            Some(false) | None => Turns::False,
        };
        let holds = self.comparisons.iter().filter_map(|one| one.hold.as_ref()).map(|hold| hold.duration.seconds());
        let longest = holds.max().unwrap_or(0).max(self.signal.hold.seconds());
        let usual = defaults().evaluation_interval.value.seconds().max(1);
        // A condition that looks back counts the looks of production.
        let every = if self.signal.hold.is_zero() { usual } else { every(0, 4 * longest) };
        let hold = look(self.signal.hold.seconds(), every);
        let back = comparison.and_then(|one| one.hold.as_ref()).filter(|_| hold == 0);
        let ([on_first, on_last], [off_first, off_last]) = turns.after(back.map(|back| back.duration), every);
        let begin = look(longest, every) + 4 * every;
        let end = begin + on_last + hold + 4 * every;
        let last = end + off_last + 2 * every;
        let mut alerts = Vec::new();
        let mut check = |at: u64, fires| alerts.push(AlertCheck { at, fires });
        check(begin - every, Fires::No);
        check((begin + on_first + hold).saturating_sub(every), Fires::No);
        check(begin + on_last + hold, Fires::Yes);
        check(end + off_first - every, Fires::Yes);
        check(end + off_last, Fires::No);
        alerts.dedup_by_key(|check| check.at);
        let [before, during, after] = [begin, end - begin, last - end].map(|seconds| samples(seconds, every));
        let series = |recording: &Recording, silent: f64, firing: f64| {
            let (silent, firing) = (number(silent), number(firing));
            let values = format!("{silent}x{} {firing}x{} {silent}x{after}", before - 1, during - 1);
            Series { name: recording.selector(), values }
        };
        let pairs = silent.iter().zip(firing);
        let each = self.signal.recordings.iter().zip(pairs);
        let mut all: Vec<Series> =
            each.map(|(recording, (silent, firing))| series(recording, *silent, *firing)).collect();
        all.extend(recorded_neighbours(&self.signal.recordings, |_| [0.0, FAR]));
        let text = comparison.map(|comparison| comparison.to_string()).unwrap_or_default();
        let name = format!("{}: decided by {text}", self.signal.name);
        Test { name, every, step: every, series: all, alerts, values: Vec::new() }
    }
}

/// More than any number that is compared.
const FAR: f64 = 1e12;

/// What a comparison becomes when the alert begins to fire.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turns {
    True,
    False,
}

impl Turns {
    /// The least and the most seconds from a change until the condition follows, when it begins and when it ends. One
    /// that looks back waits until it has held for its time; that it holds no more it knows at once, or one look later
    /// where a window holds its own beginning.
    fn after(self, back: Option<Duration>, every: u64) -> ([u64; 2], [u64; 2]) {
        let Some(back) = back else { return ([0; 2], [0; 2]) };
        let looks = back.seconds().div_ceil(every).max(1);
        let (held, broken) = ([(looks - 1) * every; 2], [0, every]);
        match self {
            Turns::True => (held, broken),
            Turns::False => (broken, held),
        }
    }
}
