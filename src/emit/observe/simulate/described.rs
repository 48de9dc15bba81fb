//! Series that the standard library describes one by one, each by the form in which it follows the value.

use crate::emit::observe::simulate::histogram::shares;
use crate::emit::observe::simulate::notation::{Samples, float, number, values};
use crate::emit::observe::simulate::{Bounds, CROWD, Phase, Series, State, altered_but, rising};
use crate::model::SampleForm;
use crate::plan::signal::{Sample, plain};

/// Observations of a second in a histogram.
const OBSERVED: f64 = 100.0;
/// How long ago an instance was seen that runs, and one that does not run any more.
const SEEN: [f64; 2] = [57.0, 63.0];
/// What is far above and what is far below every value: either spoils a maximum, a minimum or a sum.
const HIGH: f64 = 1_000_000.0;
const LOW: f64 = 0.0;

/// Whether a sample is a histogram.
pub(super) fn is_histogram(sample: &Sample) -> bool {
    sample.form == SampleForm::Quantile
}

fn value_of(state: State) -> Option<f64> {
    match state {
        State::Value(value) => Some(value),
        State::Requests { bad, .. } => Some(bad),
        State::OneBad { .. } => Some(0.0),
        State::Unlimited => Some(1.0),
        State::Gone => None,
    }
}

/// The recorded series itself.
pub(super) fn recorded(series: &str, phases: &[Phase]) -> Series {
    let values = values(phases, 1, |state, _| value_of(state).map_or(Samples::Gone, Samples::Is));
    Series { name: series.to_owned(), values }
}

/// The series of a sample over the phases.
pub(super) fn series(sample: &Sample, quantile: f64, bounds: &Bounds, phases: &[Phase], step: u64) -> Vec<Series> {
    let moving = |each: &dyn Fn(f64, f64) -> Samples| {
        let values = values(phases, step, |state, time| match value_of(state) {
            Some(value) => each(value, time),
            None => Samples::Gone,
        });
        vec![Series { name: sample.series.clone(), values }]
    };
    match sample.form {
        SampleForm::Gauge => moving(&|value, _| Samples::Is(value)),
        SampleForm::Rest => moving(&|value, _| Samples::Is(1.0 - value)),
        SampleForm::One => moving(&|_, _| Samples::Is(1.0)),
        SampleForm::Elapsed => moving(&|value, time| Samples::Moves { first: time - value, by: float(step) }),
        SampleForm::Remaining => moving(&|value, time| Samples::Moves { first: time + value, by: float(step) }),
        SampleForm::Rate => moving(&|value, _| Samples::Rises(value * float(step))),
        SampleForm::Counted => moving(&|value, _| Samples::Counts(value.max(0.0))),
        SampleForm::Limit => {
            let values = values(phases, step, |state, _| match state {
                State::Unlimited => Samples::Is(0.0),
                State::Gone => Samples::Gone,
                State::Value(_) | State::Requests { .. } | State::OneBad { .. } => Samples::Is(1.0),
            });
            vec![Series { name: sample.series.clone(), values }]
        }
        SampleForm::Instances => instances(&sample.series, phases, step),
        SampleForm::Quantile => quantiles(&sample.series, quantile, bounds, phases, step),
    }
}

/// One series for each instance that ever runs, and one more.
fn instances(series: &str, phases: &[Phase], step: u64) -> Vec<Series> {
    let most = phases.iter().filter_map(|phase| value_of(phase.state)).fold(0.0, f64::max);
    let mut all = Vec::new();
    let mut instance = 0.0;
    while instance <= most {
        let values = values(phases, step, |state, time| match value_of(state) {
            Some(running) => {
                let [now, before] = SEEN;
                let ago = if instance < running { now } else { before };
                Samples::Moves { first: time - ago, by: float(step) }
            }
            None => Samples::Gone,
        });
        all.push(Series { name: labelled(series, "instance", &number(instance)), values });
        instance += 1.0;
    }
    all
}

fn quantiles(series: &str, quantile: f64, bounds: &Bounds, phases: &[Phase], step: u64) -> Vec<Series> {
    let numbers = bounds.numbers();
    let spread = |state: State| match state {
        State::Value(value) => Some(shares(&numbers, quantile, value)),
        State::Requests { bad, .. } => Some(vec![1.0 - bad; numbers.len()]),
        State::OneBad { .. } | State::Unlimited => Some(vec![1.0; numbers.len()]),
        State::Gone => None,
    };
    let each = OBSERVED * float(step);
    let mut all = Vec::new();
    for (index, bound) in bounds.written.iter().enumerate() {
        let values = values(phases, step, |state, _| match spread(state) {
            Some(shares) => Samples::Rises(shares.get(index).copied().unwrap_or(1.0) * each),
            None => Samples::Gone,
        });
        all.push(Series { name: labelled(series, "le", bound), values });
    }
    let values = values(phases, step, |state, _| spread(state).map_or(Samples::Gone, |_| Samples::Rises(each)));
    all.push(Series { name: labelled(series, "le", "+Inf"), values });
    all
}

/// A series with a label more.
fn labelled(series: &str, label: &str, value: &str) -> String {
    let open = series.strip_suffix('}').unwrap_or(series);
    let comma = if open.ends_with('{') { "" } else { "," };
    format!("{open}{comma}{label}=\"{value}\"}}")
}

/// What a series is where the value of its metric is far above all others.
fn far(form: SampleForm) -> f64 {
    if form == SampleForm::Rest { LOW } else { HIGH }
}

/// Series of others that would spoil the value.
pub(super) fn others(sample: &Sample, samples: u64, step: u64) -> Vec<Series> {
    let still = |name: String, value: f64| Series { name, values: format!("{}x{samples}", number(value)) };
    // What the query only rules out by name may have any other value.
    let free = sample.excluded.as_ref().map(|(label, _)| label.as_str());
    let mut all: Vec<Series> = match sample.form {
        SampleForm::Gauge | SampleForm::Rest | SampleForm::One | SampleForm::Limit => {
            let both = [("-high", far(sample.form)), ("-low", HIGH - far(sample.form))];
            let named = |(suffix, value)| {
                altered_but(&sample.series, suffix, free).into_iter().map(move |name| still(name, value))
            };
            both.into_iter().flat_map(named).collect()
        }
        SampleForm::Elapsed | SampleForm::Remaining | SampleForm::Instances => {
            let now = |name: String| Series { name, values: format!("0+{step}x{samples}") };
            altered_but(&sample.series, "-neighbour", free).into_iter().map(now).collect()
        }
        SampleForm::Rate | SampleForm::Counted => {
            rising(altered_but(&sample.series, "-neighbour", free), CROWD, samples, step).collect()
        }
        SampleForm::Quantile => {
            let names = altered_but(&sample.series, "-neighbour", free);
            rising(names.iter().map(|name| labelled(name, "le", "+Inf")).collect(), CROWD, samples, step).collect()
        }
    };
    if let Some((label, value)) = &sample.excluded
        && let Some((name, labels)) = plain(&sample.series)
    {
        let each = labels.iter().map(|(known, written)| {
            let written = if known == label { value.as_str() } else { written };
            format!("{known}=\"{written}\"")
        });
        let name = format!("{name}{{{}}}", each.collect::<Vec<_>>().join(","));
        all.push(still(name, far(sample.form)));
    }
    all
}
