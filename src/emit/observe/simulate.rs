//! The simulator behind the generated unit tests: series that give a metric the value that a test wants. Requests are
//! made from nothing but the metrics contract.

use crate::model::{SampleForm, StdConvention};
use crate::plan::signal::Measure;

/// Requests of one second where a test says nothing else.
pub(super) const RATE: f64 = 10.0;

/// What happens for a while.
#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    /// The metric has this value; requests come at the usual rate.
    Value(f64),
    /// So many requests a second, of which this share is bad.
    Requests { rate: f64, bad: f64 },
    /// The first sample counts this many bad requests more; then `Requests` go on.
    OneBad { rate: f64 },
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
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) values: String,
}

/// How a metric follows what happens: which series carry it.
pub(super) enum Source<'m> {
    /// Requests by status: the value is the share of failed ones.
    Errors { measure: &'m Measure, convention: &'static StdConvention, good_is_value: GoodIs },
    /// Requests: the value is their rate.
    Traffic { measure: &'m Measure, convention: &'static StdConvention },
    /// Requests by duration: the value is a quantile.
    Latency { measure: &'m Measure, convention: &'static StdConvention, quantile: f64, bound: Option<f64> },
    /// Series that the standard library describes.
    Sampled { measure: &'m Measure, forms: Vec<(String, SampleForm)> },
    /// The recorded series itself, where nothing tells what it is made from.
    Recorded(String),
}

/// Whether the metric is the share of good requests or of bad ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GoodIs {
    /// The metric is the share of good requests.
    Value,
    /// The metric is the share of bad requests.
    Rest,
}

impl Source<'_> {
    /// The series over the phases, a sample every `step` seconds.
    pub(super) fn series(&self, phases: &[Phase], step: u64) -> Vec<Series> {
        match self {
            Source::Errors { measure, convention, good_is_value } => {
                errors(measure, convention, *good_is_value, phases, step)
            }
            Source::Traffic { measure, convention } => traffic(measure, convention, phases, step),
            Source::Latency { measure, convention, quantile, bound } => {
                latency(measure, convention, *quantile, *bound, phases, step)
            }
            Source::Sampled { measure, forms } => {
                let quantile = measure.quantile.map_or(0.95, |quantile| quantile.to_f64());
                forms.iter().flat_map(|(series, form)| sampled(series, *form, quantile, phases, step)).collect()
            }
            Source::Recorded(series) => {
                let values = values(phases, step, |state, _| match state {
                    State::Value(value) => Sample::Is(value),
                    State::Requests { bad, .. } => Sample::Is(bad),
                    State::OneBad { .. } => Sample::Is(0.0),
                    State::Gone => Sample::Gone,
                });
                vec![Series { name: series.clone(), values }]
            }
        }
    }
}

/// The next sample of a series.
enum Sample {
    /// It is so much, and changes by nothing.
    Is(f64),
    /// It is so much at first and changes by so much with each sample.
    Moves { first: f64, by: f64 },
    /// It rises by so much with each sample, from where it is.
    Rises(f64),
    /// It rises once by so much, then by so much with each sample.
    Jumps { once: f64, then: f64 },
    /// It rises by one for so many samples and stays.
    Counts(u64),
    /// There is none.
    Gone,
}

/// The samples in the notation of promtool.
fn values(phases: &[Phase], step: u64, mut sample: impl FnMut(State, f64) -> Sample) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut counter = 0.0;
    let mut time = 0.0;
    for phase in phases.iter().filter(|phase| phase.samples > 0) {
        let count = phase.samples;
        let rest = count - 1;
        match sample(phase.state, time) {
            Sample::Is(value) => parts.push(format!("{}x{rest}", number(value))),
            Sample::Moves { first, by } => parts.push(run(first, by, rest)),
            Sample::Rises(by) => {
                parts.push(run(counter + by, by, rest));
                counter += by * float(count);
            }
            Sample::Jumps { once, then } => {
                parts.push(run(counter + once, then, rest));
                counter += once + then * float(rest);
            }
            Sample::Counts(events) => {
                let events = events.min(count);
                if events > 0 {
                    parts.push(run(counter + 1.0, 1.0, events - 1));
                }
                counter += float(events);
                if count > events {
                    parts.push(format!("{}x{}", number(counter), count - events - 1));
                }
            }
            Sample::Gone => {
                parts.push("stale".to_owned());
                if rest > 0 {
                    parts.push(format!("_x{rest}"));
                }
            }
        }
        time += float(count * step);
    }
    parts.join(" ")
}

fn run(first: f64, by: f64, rest: u64) -> String {
    if by < 0.0 {
        format!("{}-{}x{rest}", number(first), number(-by))
    } else {
        format!("{}+{}x{rest}", number(first), number(by))
    }
}

/// A number to nine places, without trailing zeros.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.9}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[allow(clippy::cast_precision_loss, reason = "counts of samples and seconds are far below 2^52")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

fn series_of(convention: &StdConvention, role: &str) -> String {
    let found = convention.series.iter().find(|series| series.role.value == role);
    found.map(|series| series.name.value.clone()).unwrap_or_default()
}

fn status(convention: &StdConvention) -> (String, String, String) {
    let label = convention.label.iter().find(|label| label.role.value == "status");
    let label = label.map(|label| label.name.value.clone()).unwrap_or_default();
    let errors = convention.errors.as_ref();
    let ok = errors.map(|errors| errors.ok.value.clone()).unwrap_or_default();
    let bad = errors.map(|errors| errors.bad.value.clone()).unwrap_or_default();
    (label, ok, bad)
}

fn errors(measure: &Measure, convention: &StdConvention, good: GoodIs, phases: &[Phase], step: u64) -> Vec<Series> {
    let (label, ok, bad) = status(convention);
    let name = series_of(convention, "requests");
    let share = |value: f64| if good == GoodIs::Value { 1.0 - value } else { value };
    let each = |state: State| match state {
        State::Value(value) => Some((RATE, share(value))),
        State::Requests { rate, bad } => Some((rate, bad)),
        State::OneBad { rate } => Some((rate, 0.0)),
        State::Gone => None,
    };
    let interval = float(step);
    let one = |status: &str, amount: &dyn Fn(f64, f64) -> f64, once: f64| {
        let values = values(phases, step, |state, _| match (each(state), state) {
            (Some((rate, bad)), State::OneBad { .. }) => {
                Sample::Jumps { once: once + amount(rate, bad) * interval, then: amount(rate, bad) * interval }
            }
            (Some((rate, bad)), State::Value(_) | State::Requests { .. } | State::Gone) => {
                Sample::Rises(amount(rate, bad) * interval)
            }
            (None, _) => Sample::Gone,
        });
        Series { name: format!("{name}{{{},{label}=\"{status}\"}}", measure.selector()), values }
    };
    vec![one(&ok, &|rate, bad| rate * (1.0 - bad), 0.0), one(&bad, &|rate, bad| rate * bad, 1.0)]
}

fn traffic(measure: &Measure, convention: &StdConvention, phases: &[Phase], step: u64) -> Vec<Series> {
    let (label, ok, _) = status(convention);
    let name = series_of(convention, "requests");
    let values = values(phases, step, |state, _| match state {
        State::Value(rate) | State::Requests { rate, .. } | State::OneBad { rate } => Sample::Rises(rate * float(step)),
        State::Gone => Sample::Gone,
    });
    vec![Series { name: format!("{name}{{{},{label}=\"{ok}\"}}", measure.selector()), values }]
}

/// For each bound the share of observations that are not above it, such that the quantile is interpolated to `value`.
fn shares(bounds: &[f64], quantile: f64, value: f64) -> Vec<f64> {
    let at = bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len());
    let low = at.checked_sub(1).and_then(|below| bounds.get(below)).copied().unwrap_or(0.0);
    let high = bounds.get(at).copied().unwrap_or(low);
    let inside = if high > low { (value - low) / (high - low) } else { 1.0 };
    // Either some are below the bucket and the rest in it, or all that count are in it and the rest above.
    let (below, through) = if quantile >= inside && inside < 1.0 {
        ((quantile - inside) / (1.0 - inside), 1.0)
    } else {
        (0.0, (quantile / inside.max(1e-9)).min(1.0))
    };
    (0..bounds.len())
        .map(|index| match index.cmp(&at) {
            std::cmp::Ordering::Less => below,
            std::cmp::Ordering::Equal => through,
            std::cmp::Ordering::Greater => 1.0,
        })
        .enumerate()
        .map(|(index, share)| if index > at && through < 1.0 && index + 1 < bounds.len() { through } else { share })
        .collect()
}

/// For each bound the share of observations below it when `bad` of them are above `bound`.
fn slow(bounds: &[f64], bound: f64, bad: f64) -> Vec<f64> {
    bounds.iter().map(|one| if *one <= bound { 1.0 - bad } else { 1.0 }).collect::<Vec<f64>>()
}

fn latency(
    measure: &Measure,
    convention: &StdConvention,
    quantile: f64,
    bound: Option<f64>,
    phases: &[Phase],
    step: u64,
) -> Vec<Series> {
    let written: Vec<String> = convention.buckets.iter().map(|bucket| bucket.value.clone()).collect();
    let bounds: Vec<f64> = written.iter().filter_map(|bucket| bucket.parse().ok()).collect();
    let name = series_of(convention, "buckets");
    // Where no bound tells good from bad, bad ones are as slow as the histogram can tell.
    let split = bound.unwrap_or_else(|| bounds.iter().rev().nth(1).copied().unwrap_or(0.0));
    let state_shares = |state: State| match state {
        State::Value(value) => Some((RATE, shares(&bounds, quantile, value))),
        State::Requests { rate, bad } => Some((rate, slow(&bounds, split, bad))),
        State::OneBad { rate } => Some((rate, slow(&bounds, split, 0.0))),
        State::Gone => None,
    };
    let interval = float(step);
    let one = |suffix: &str, labels: String, share: &dyn Fn(&[f64]) -> f64, once: f64| {
        let values = values(phases, step, |state, _| match (state_shares(state), state) {
            (Some((rate, all)), State::OneBad { .. }) => {
                let then = rate * share(&all) * interval;
                Sample::Jumps { once: then + once, then }
            }
            (Some((rate, all)), State::Value(_) | State::Requests { .. } | State::Gone) => {
                Sample::Rises(rate * share(&all) * interval)
            }
            (None, _) => Sample::Gone,
        });
        Series { name: format!("{name}{suffix}{{{}{labels}}}", measure.selector()), values }
    };
    let mut all = Vec::new();
    for (index, text) in written.iter().enumerate() {
        let within = bounds.get(index).is_some_and(|one| *one <= split);
        let once = if within { 0.0 } else { 1.0 };
        let share = move |shares: &[f64]| shares.get(index).copied().unwrap_or(1.0);
        all.push(one("_bucket", format!(",le=\"{text}\""), &share, once));
    }
    all.push(one("_bucket", ",le=\"+Inf\"".to_owned(), &|_| 1.0, 1.0));
    all.push(one("_count", String::new(), &|_| 1.0, 1.0));
    all
}

const TENTHS: [&str; 10] = ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"];

fn sampled(series: &str, form: SampleForm, quantile: f64, phases: &[Phase], step: u64) -> Vec<Series> {
    let value_of = |state: State| match state {
        State::Value(value) => Some(value),
        State::Requests { bad, .. } => Some(bad),
        State::OneBad { .. } => Some(0.0),
        State::Gone => None,
    };
    let moving = |sample: &dyn Fn(f64, f64) -> Sample| {
        let values = values(phases, step, |state, time| match value_of(state) {
            Some(value) => sample(value, time),
            None => Sample::Gone,
        });
        vec![Series { name: series.to_owned(), values }]
    };
    match form {
        SampleForm::Gauge => moving(&|value, _| Sample::Is(value)),
        SampleForm::One => moving(&|_, _| Sample::Is(1.0)),
        SampleForm::Elapsed => moving(&|value, time| Sample::Moves { first: time - value, by: float(step) }),
        SampleForm::Remaining => moving(&|value, time| Sample::Moves { first: time + value, by: float(step) }),
        SampleForm::Counted => {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count of events")]
            let events = |value: f64| value.max(0.0).round() as u64;
            moving(&|value, _| Sample::Counts(events(value)))
        }
        SampleForm::Quantile => {
            let bounds: Vec<f64> = TENTHS.iter().filter_map(|bound| bound.parse().ok()).collect();
            let mut all = Vec::new();
            let labelled = |bound: &str| format!("{},le=\"{bound}\"}}", series.strip_suffix('}').unwrap_or(series));
            for (index, bound) in TENTHS.iter().enumerate() {
                let values = values(phases, step, |state, _| match value_of(state) {
                    Some(value) => {
                        let share = shares(&bounds, quantile, value).get(index).copied().unwrap_or(1.0);
                        Sample::Rises(share * 1000.0)
                    }
                    None => Sample::Gone,
                });
                all.push(Series { name: labelled(bound), values });
            }
            let values = values(phases, step, |state, _| match value_of(state) {
                Some(_) => Sample::Rises(1000.0),
                None => Sample::Gone,
            });
            all.push(Series { name: labelled("+Inf"), values });
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_interpolated_to_the_value() {
        let bounds = [0.25, 0.5, 0.75];
        // A value far below the first bound cannot be told by these bounds: the first bucket begins at nothing.
        for value in [0.2375, 0.475, 0.525, 0.7] {
            let shares = shares(&bounds, 0.95, value);
            let at = shares.iter().position(|share| *share >= 0.95).unwrap_or(2);
            let (low, before) = if at == 0 { (0.0, 0.0) } else { (bounds[at - 1], shares[at - 1]) };
            let found = low + (bounds[at] - low) * (0.95 - before) / (shares[at] - before);
            assert!((found - value).abs() < 1e-9, "{value}: {found} from {shares:?}");
        }
    }

    #[test]
    fn counters_go_on_where_they_are() {
        let phases = [Phase { state: State::Value(1.0), samples: 3 }, Phase { state: State::Value(2.0), samples: 2 }];
        let text = values(&phases, 15, |state, _| match state {
            State::Value(value) => Sample::Rises(value),
            State::Requests { .. } | State::OneBad { .. } | State::Gone => Sample::Gone,
        });
        assert_eq!(text, "1+1x2 5+2x1");
    }
}
