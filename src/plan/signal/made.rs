//! What the value of a metric is made from: the metrics contract as data, for those who show that a rule tells it.

use crate::model::{MetricDimension, SampleForm, StdMetric, StdMetricQuery};
use crate::plan::signal::fill::plain;
use crate::value::Number;

/// What a metric is computed from.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// Requests by how they end: the value is a share of them.
    Ends(Share),
    /// Requests: the value is their rate.
    Traffic,
    /// Requests by how long they take: the value is this quantile.
    Latency(Number),
    /// Series that are described one by one; programs export one of these sets.
    Series(Vec<Vec<Sample>>),
    /// Nothing tells what it reads.
    Unknown,
}

/// Which requests a share counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Those that were answered well.
    Good,
    /// Those that failed.
    Bad,
}

/// A series, and how it follows the value of its metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The series with its labels.
    pub series: String,
    /// How it follows the value.
    pub form: SampleForm,
    /// The label that a series beside it has which must not count.
    pub excluded: Option<(String, String)>,
}

impl Sample {
    pub(super) fn new(series: String, form: SampleForm) -> Sample {
        Sample { series, form, excluded: None }
    }
}

/// What a metric of the standard library is made from, its series yet to be filled.
pub(super) fn of_library(fact: &StdMetric, query: &StdMetricQuery) -> Made {
    let reads = |hole: &str| query.value.value.contains(hole);
    let quantile = fact.quantile.as_ref().and_then(|quantile| Number::decimal(&quantile.value));
    match (fact.dimension.value, quantile) {
        (_, Some(quantile)) if reads("{buckets}") => Made::Latency(quantile),
        (MetricDimension::Ratio, _) if reads("{errors}") => {
            Made::Ends(if fact.bad.value == "below" { Share::Good } else { Share::Bad })
        }
        _ if reads("{requests}") => Made::Traffic,
        _ => Made::Series(alternatives(query)),
    }
}

fn alternatives(query: &StdMetricQuery) -> Vec<Vec<Sample>> {
    let mut all: Vec<Vec<Sample>> = Vec::new();
    for sample in &query.sample {
        let excluded = sample.excluded.value.split_once('=');
        let made = Sample {
            series: sample.series.value.clone(),
            form: sample.as_.value,
            excluded: excluded.map(|(name, value)| (name.to_owned(), value.to_owned())),
        };
        match all.last_mut() {
            Some(last) if !sample.instead.value => last.push(made),
            Some(_) | None => all.push(vec![made]),
        }
    }
    all
}

impl Made {
    /// The same with every series filled; unknown where one of them has labels that are no plain equalities.
    pub(super) fn filled(&self, fill: impl Fn(&str) -> String) -> Made {
        let Made::Series(alternatives) = self else { return self.clone() };
        let one = |sample: &Sample| Sample { series: fill(&sample.series), ..sample.clone() };
        let filled: Vec<Vec<Sample>> = alternatives.iter().map(|set| set.iter().map(one).collect()).collect();
        let told = filled.iter().flatten().all(|sample| plain(&sample.series).is_some());
        if told && !filled.is_empty() { Made::Series(filled) } else { Made::Unknown }
    }
}
