//! The simulator behind the generated unit tests: series that give a metric the value that a test wants. It knows the
//! metrics contract and nothing of the rules: which series a program exports, and how each follows what happens.

mod described;
mod histogram;
mod notation;
mod requests;

pub(super) use notation::{float, number};

use crate::plan::signal::{Sample, Share, plain};

/// Requests of one second where a test says nothing else.
pub(super) const RATE: f64 = 10.0;

/// What neighbours of a program do in a second: so much that nobody can overlook that they were counted.
const CROWD: f64 = 1000.0;

/// What happens for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    /// The metric has this value; requests come at the usual rate.
    Value(f64),
    /// So many requests a second, of which this share is bad: failed, or too slow.
    Requests { rate: f64, bad: f64 },
    /// So many good requests a second, and in the first sample a bad one besides.
    OneBad { rate: f64 },
    /// What is measured has no limit.
    Unlimited,
    /// The series are gone.
    Gone,
}

/// A state and how many samples it lasts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    pub(super) state: State,
    pub(super) samples: u64,
}

/// A series of a unit test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) values: String,
}

/// How a metric follows what happens: which series carry it.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Requests by status: the value is a share of them.
    Ends { requests: Requests, share: Share },
    /// Requests: the value is their rate.
    Traffic { requests: Requests },
    /// Requests by duration: the value is a quantile.
    Latency { requests: Requests, quantile: f64, bounds: Bounds },
    /// Series that the standard library describes.
    Described { samples: Vec<Sample>, quantile: f64, bounds: Bounds },
    /// The recorded series itself, where nothing tells what it is made from.
    Recorded { series: String },
}

/// How a program exports its requests.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    /// The counter, or for durations the histogram without suffix.
    pub(super) series: String,
    /// The matchers of the program.
    pub(super) selector: String,
    /// The label of the status, its value of a request that ended well and of one that did not.
    pub(super) status: [String; 3],
}

/// The bounds of a histogram, as its labels spell them, in their order.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    pub(super) written: Vec<String>,
    /// The bound within which a request is good, where there is one.
    pub(super) good: Option<f64>,
}

impl Source {
    /// The series over the phases, a sample every `step` seconds.
    pub(super) fn series(&self, phases: &[Phase], step: u64) -> Vec<Series> {
        match self {
            Source::Ends { requests, share } => requests::ends(requests, *share, phases, step),
            Source::Traffic { requests } => requests::traffic(requests, phases, step),
            Source::Latency { requests, quantile, bounds } => {
                requests::latency(requests, *quantile, bounds, phases, step)
            }
            Source::Described { samples, quantile, bounds } => {
                samples.iter().flat_map(|one| described::series(one, *quantile, bounds, phases, step)).collect()
            }
            Source::Recorded { series } => vec![described::recorded(series, phases)],
        }
    }

    /// Series of others, each of which differs from those of the program in one label and would spoil the value.
    pub(super) fn neighbours(&self, samples: u64, step: u64) -> Vec<Series> {
        match self {
            Source::Ends { requests, .. } | Source::Traffic { requests } => {
                requests::other_ends(requests, samples, step)
            }
            Source::Latency { requests, bounds, .. } => requests::other_latencies(requests, bounds, samples, step),
            Source::Described { samples: all, .. } => {
                all.iter().flat_map(|one| described::others(one, samples, step)).collect()
            }
            Source::Recorded { .. } => Vec::new(),
        }
    }

    /// What a metric is seen to be when it is this value: a histogram cannot tell every one.
    pub(super) fn seen(&self, value: f64) -> f64 {
        match self {
            Source::Latency { quantile, bounds, .. } | Source::Described { quantile, bounds, .. }
                if self.is_histogram() =>
            {
                histogram::seen(&bounds.numbers(), *quantile, value)
            }
            Source::Ends { .. }
            | Source::Traffic { .. }
            | Source::Latency { .. }
            | Source::Described { .. }
            | Source::Recorded { .. } => value,
        }
    }

    fn is_histogram(&self) -> bool {
        match self {
            Source::Latency { .. } => true,
            Source::Described { samples, .. } => samples.iter().any(described::is_histogram),
            Source::Ends { .. } | Source::Traffic { .. } | Source::Recorded { .. } => false,
        }
    }
}

impl Bounds {
    /// The bounds as numbers.
    pub(super) fn numbers(&self) -> Vec<f64> {
        self.written.iter().filter_map(|bound| bound.parse().ok()).collect()
    }
}

/// The labels of a series, once for each of them, altered there.
pub(super) fn altered(series: &str, suffix: &str) -> Vec<String> {
    altered_but(series, suffix, None)
}

/// The same, where a label that the query leaves free stays as it is.
fn altered_but(series: &str, suffix: &str, free: Option<&str>) -> Vec<String> {
    let Some((name, labels)) = plain(series) else { return Vec::new() };
    let one = |at: usize| {
        let each = labels.iter().enumerate().map(|(index, (label, value))| {
            let suffix = if index == at { suffix } else { "" };
            format!("{label}=\"{value}{suffix}\"")
        });
        format!("{name}{{{}}}", each.collect::<Vec<_>>().join(","))
    };
    let bound = labels.iter().enumerate().filter(|(_, (label, _))| free.is_none_or(|free| free != *label));
    bound.map(|(at, _)| one(at)).collect()
}

/// Series that rise by `rate` each second, from nothing.
fn rising(names: Vec<String>, rate: f64, samples: u64, step: u64) -> impl Iterator<Item = Series> {
    let values = format!("0+{}x{samples}", number(rate * float(step)));
    names.into_iter().map(move |name| Series { name, values: values.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_differs_in_one_label() {
        assert_eq!(
            altered("x{a=\"1\",b=\"\\\"\"}", "-high"),
            ["x{a=\"1-high\",b=\"\\\"\"}", "x{a=\"1\",b=\"\\\"-high\"}"]
        );
        assert_eq!(altered_but("x{a=\"1\",b=\"2\"}", "-high", Some("b")), ["x{a=\"1-high\",b=\"2\"}"]);
    }
}
