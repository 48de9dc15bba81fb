//! A metric under test: how its value is made, how fast it follows, and the numbers on both sides of a threshold.

use crate::derive::Workload;
use crate::emit::observe::rules::RuleFile;
use crate::emit::observe::simulate::{Bounds, RATE, Requests, Source, State, float, number};
use crate::emit::observe::source::{measured, subject_of};
use crate::model::{MetricDimension, SampleForm, StdConvention};
use crate::plan::Plan;
use crate::plan::signal::{Made, Measure, Recording, Sample, Share, Subject, convention};
use crate::syntax::expression::Operator;

/// A metric under test.
pub(super) struct Subjected {
    /// The ways in which programs export it; one of them is enough for an alert.
    pub(super) sources: Vec<Source>,
    /// Seconds that its value looks back.
    pub(super) window: u64,
    pub(super) follows: Follows,
    pub(super) dimension: MetricDimension,
}

/// How the value over a window follows what happens in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Follows {
    /// At once.
    Now,
    /// At once, in whole numbers.
    Whole,
    /// As a mean over the window.
    Evenly,
    /// As soon as a share of the window is so.
    Quantile(f64),
    /// It counts events in the window.
    Counting,
}

/// How the requests of a service look, by status and by duration.
pub(super) struct Exported {
    pub(super) by_status: Requests,
    pub(super) by_duration: Requests,
    bounds: Vec<String>,
}

impl Exported {
    pub(super) fn of(convention: &StdConvention, selector: &str) -> Exported {
        let series = |role: &str| {
            let found = convention.series.iter().find(|series| series.role.value == role);
            found.map(|series| series.name.value.clone()).unwrap_or_default()
        };
        let label = convention.label.iter().find(|label| label.role.value == "status");
        let label = label.map(|label| label.name.value.clone()).unwrap_or_default();
        let errors = convention.errors.as_ref();
        let ok = errors.map(|errors| errors.ok.value.clone()).unwrap_or_default();
        let bad = errors.map(|errors| errors.bad.value.clone()).unwrap_or_default();
        let status = [label, ok, bad];
        let requests =
            |role: &str| Requests { series: series(role), selector: selector.to_owned(), status: status.clone() };
        Exported {
            by_status: requests("requests"),
            by_duration: requests("buckets"),
            bounds: convention.buckets.iter().map(|bound| bound.value.clone()).collect(),
        }
    }

    /// The bounds around a number, and the last one: the others tell nothing more. A bound that a good request keeps is
    /// one of them, as the contract asks for it.
    pub(super) fn bounds(&self, near: f64, good: Option<f64>) -> Bounds {
        let mut written = self.bounds.clone();
        let value = |text: &String| text.parse::<f64>().unwrap_or(0.0);
        if let Some(good) = good
            && !written.iter().any(|text| (value(text) - good).abs() < 1e-9)
        {
            written.push(number(good));
            written.sort_by(|one, other| value(one).total_cmp(&value(other)));
        }
        let good = good.and_then(|good| written.iter().map(value).find(|bound| (bound - good).abs() < 1e-9));
        let last = written.len().saturating_sub(1);
        let at = written.iter().position(|bound| value(bound) >= near - 1e-9).unwrap_or(last);
        let close = |index: usize| index == last || (index + 2 >= at && index <= at + 1);
        let kept = written.into_iter().enumerate().filter(|(index, _)| close(*index)).map(|(_, bound)| bound);
        Bounds { written: kept.collect(), good }
    }
}

/// Ten bounds up to twice a number, for histograms whose bounds nobody tells.
fn tenths(near: f64) -> Bounds {
    let tenth = if near > 0.0 { near / 5.0 } else { 0.1 };
    Bounds { written: (1..=10).map(|count| number(tenth * float(count))).collect(), good: None }
}

/// How the values of a recorded series are made, near a number. What nothing describes is put in as it is recorded.
pub(super) fn subjected(plan: &Plan<'_>, file: &RuleFile<'_>, recording: &Recording, near: f64) -> Subjected {
    let subject = subject_of(plan, file.environment, recording);
    let found = measured(plan, file.environment, recording);
    let window = recording.window.map_or(0, |window| window.seconds().max(1));
    let with = |sources, follows, dimension| Subjected { sources, window, follows, dimension };
    let Some(found) = found else { return Subjected::recorded(recording, MetricDimension::Count) };
    let workload: Option<&Workload> = match subject {
        Subject::Workload(workload) => Some(workload),
        Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => None,
    };
    let exported =
        workload.map(|workload| Exported::of(convention(plan, file.environment, workload), found.selector()));
    match (found.made(), exported) {
        (Made::Ends(share), Some(exported)) => {
            let source = Source::Ends { requests: exported.by_status, share };
            with(vec![source], Follows::Evenly, found.dimension)
        }
        (Made::Traffic, Some(exported)) => {
            with(vec![Source::Traffic { requests: exported.by_status }], Follows::Evenly, found.dimension)
        }
        (Made::Latency(quantile), Some(exported)) => {
            let quantile = quantile.to_f64();
            let bounds = exported.bounds(near, None);
            let source = Source::Latency { requests: exported.by_duration, quantile, bounds };
            with(vec![source], Follows::Quantile(quantile), found.dimension)
        }
        (Made::Series(alternatives), _) => described(&found, alternatives, window, near),
        (Made::Ends(_) | Made::Traffic | Made::Latency(_), None) | (Made::Unknown, _) => {
            Subjected::recorded(recording, found.dimension)
        }
    }
}

/// The quantile of histograms that are no latency.
const QUANTILE: f64 = 0.95;

fn described(found: &Measure, alternatives: Vec<Vec<Sample>>, window: u64, near: f64) -> Subjected {
    let is = |form: SampleForm| alternatives.iter().flatten().any(|sample| sample.form == form);
    let follows = if is(SampleForm::Counted) {
        Follows::Counting
    } else if is(SampleForm::Quantile) {
        Follows::Quantile(QUANTILE)
    } else if is(SampleForm::Rate) {
        Follows::Evenly
    } else if is(SampleForm::Instances) {
        Follows::Whole
    } else {
        Follows::Now
    };
    let source = |samples| Source::Described { samples, quantile: QUANTILE, bounds: tenths(near) };
    let sources = alternatives.into_iter().map(source).collect();
    Subjected { sources, window, follows, dimension: found.dimension }
}

/// The numbers around a threshold: far from it and close to it, on the side that is well and on the other.
pub(super) struct Numbers {
    pub(super) healthy: f64,
    pub(super) near_good: f64,
    pub(super) near_bad: f64,
    pub(super) bad: f64,
}

impl Subjected {
    /// A series that is put in as it is recorded.
    pub(super) fn recorded(recording: &Recording, dimension: MetricDimension) -> Subjected {
        let source = Source::Recorded { series: recording.selector() };
        Subjected { sources: vec![source], window: 0, follows: Follows::Now, dimension }
    }

    /// The numbers on both sides of a threshold, a twentieth from it, and those far from it.
    pub(super) fn numbers(&self, operator: Operator, threshold: f64) -> Numbers {
        let share = matches!(self.dimension, MetricDimension::Ratio | MetricDimension::Boolean);
        let top = if share { 1.0 } else { f64::INFINITY };
        let small = if threshold == 0.0 { 0.05 } else { threshold.abs() * 0.05 };
        let counted = matches!(self.follows, Follows::Counting | Follows::Whole);
        let above = if counted && threshold == 0.0 { 1.0 } else { threshold + small };
        let much = if share { 1.0 } else { threshold.abs().max(0.5) * 2.0 };
        let numbers = match operator {
            Operator::Greater | Operator::GreaterOrEqual => Numbers {
                healthy: 0.0,
                near_good: if threshold == 0.0 { 0.0 } else { threshold - small },
                near_bad: above.min(top),
                bad: much,
            },
            Operator::Less | Operator::LessOrEqual => Numbers {
                healthy: if share { 1.0 } else { threshold.abs().max(1.0) * 10.0 },
                near_good: (threshold + small).min(top),
                near_bad: if threshold == 0.0 { 0.0 } else { threshold - small },
                bad: 0.0,
            },
            Operator::Equal => {
                Numbers { healthy: threshold + 1.0, near_good: threshold + small, near_bad: threshold, bad: threshold }
            }
            Operator::NotEqual => {
                Numbers { healthy: threshold, near_good: threshold, near_bad: threshold + small, bad: threshold + 1.0 }
            }
        };
        if self.follows == Follows::Whole { Numbers::whole(operator, threshold) } else { numbers }
    }

    /// What happens when the value is far on one side or on the other: of requests all or none are bad.
    pub(super) fn extreme(&self, value: f64) -> State {
        let bad = match (self.sources.first(), self.follows) {
            (Some(Source::Ends { share: Share::Good, .. }), _) => Some(value <= 0.0),
            (Some(Source::Ends { share: Share::Bad, .. }), _) | (_, Follows::Quantile(_)) => Some(value > 0.0),
            (_, Follows::Now | Follows::Whole | Follows::Evenly | Follows::Counting) => None,
        };
        bad.map_or(State::Value(value), |bad| State::Requests { rate: RATE, bad: f64::from(u8::from(bad)) })
    }

    /// The value when `passed` of `all` samples of the window are as the second number says and the rest as the first.
    pub(super) fn value_after(&self, [from, to]: [f64; 2], passed: u64, all: u64) -> f64 {
        let share = float(passed.min(all)) / float(all.max(1));
        let between = |from: f64, to: f64| from + (to - from) * share;
        match (self.sources.first(), self.follows) {
            (Some(Source::Ends { .. }), _) => {
                let end = |value: f64| f64::from(u8::from(value > 0.0));
                between(end(from), end(to))
            }
            (Some(source), Follows::Quantile(quantile)) => {
                let slow = |value: f64| f64::from(u8::from(value > 0.0));
                let is_slow = between(slow(from), slow(to)) > 1.0 - quantile + 1e-9;
                source.seen(if is_slow { f64::INFINITY } else { 0.0 })
            }
            (_, Follows::Evenly) => between(from, to),
            (_, Follows::Now | Follows::Whole | Follows::Counting | Follows::Quantile(_)) => to,
        }
    }
}

impl Numbers {
    /// The whole numbers on both sides of a threshold.
    fn whole(operator: Operator, threshold: f64) -> Numbers {
        let (floor, ceiling) = (threshold.floor(), threshold.ceil());
        let (near_good, near_bad) = match operator {
            Operator::Greater => (floor, floor + 1.0),
            Operator::GreaterOrEqual => (ceiling - 1.0, ceiling),
            Operator::Less => (ceiling, ceiling - 1.0),
            Operator::LessOrEqual => (floor + 1.0, floor),
            Operator::Equal => (threshold + 1.0, threshold),
            Operator::NotEqual => (threshold, threshold + 1.0),
        };
        let further = |from: f64, to: f64| (to + (to - from)).max(0.0);
        Numbers { healthy: further(near_bad, near_good), near_good, near_bad, bad: further(near_good, near_bad) }
    }
}

/// Whether a value is on the side of its number where an alert fires.
#[allow(clippy::float_cmp, reason = "the condition itself asks whether two numbers are equal")]
pub(super) fn violates(value: f64, operator: Operator, threshold: f64) -> bool {
    match operator {
        Operator::Greater => value > threshold,
        Operator::GreaterOrEqual => value >= threshold,
        Operator::Less => value < threshold,
        Operator::LessOrEqual => value <= threshold,
        Operator::Equal => value == threshold,
        Operator::NotEqual => value != threshold,
    }
}
