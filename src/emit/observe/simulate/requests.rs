//! Requests as programs export them: by how they end, and by how long they take.

use crate::emit::observe::simulate::histogram::shares;
use crate::emit::observe::simulate::notation::{Samples, float, values};
use crate::emit::observe::simulate::{Bounds, CROWD, Phase, RATE, Requests, Series, State, altered, rising};
use crate::plan::signal::Share;

impl Requests {
    fn with_status(&self, value: &str) -> String {
        let [label, ..] = &self.status;
        format!("{}{{{},{label}=\"{value}\"}}", self.series, self.selector)
    }

    fn suffixed(&self, suffix: &str, labels: &str) -> String {
        format!("{}{suffix}{{{}{labels}}}", self.series, self.selector)
    }
}

/// How many requests come in a second, and which share of them is bad.
fn requests_of(state: State, share: impl Fn(f64) -> f64) -> Option<(f64, f64)> {
    match state {
        State::Value(value) => Some((RATE, share(value))),
        State::Requests { rate, bad } => Some((rate, bad)),
        State::OneBad { rate } => Some((rate, 0.0)),
        State::Unlimited | State::Gone => None,
    }
}

/// A counter that rises by what `amount` makes of each second's requests; `once` of a bad one belongs to it.
fn counter(phases: &[Phase], step: u64, once: f64, amount: impl Fn(State) -> Option<f64>) -> String {
    values(phases, step, |state, _| match (amount(state), state) {
        (Some(amount), State::OneBad { .. }) => {
            let then = amount * float(step);
            Samples::Jumps { once: once + then, then }
        }
        (Some(amount), State::Value(_) | State::Requests { .. } | State::Unlimited | State::Gone) => {
            Samples::Rises(amount * float(step))
        }
        (None, _) => Samples::Gone,
    })
}

/// Requests by status.
pub(super) fn ends(requests: &Requests, share: Share, phases: &[Phase], step: u64) -> Vec<Series> {
    let bad_share = move |value: f64| match share {
        Share::Good => 1.0 - value,
        Share::Bad => value,
    };
    let [_, ok, failed] = &requests.status;
    let well = counter(phases, step, 0.0, |state| requests_of(state, bad_share).map(|(rate, bad)| rate * (1.0 - bad)));
    let badly = counter(phases, step, 1.0, |state| requests_of(state, bad_share).map(|(rate, bad)| rate * bad));
    vec![
        Series { name: requests.with_status(ok), values: well },
        Series { name: requests.with_status(failed), values: badly },
    ]
}

/// Requests, however they end.
pub(super) fn traffic(requests: &Requests, phases: &[Phase], step: u64) -> Vec<Series> {
    let [_, ok, _] = &requests.status;
    let values = values(phases, step, |state, _| match state {
        State::Value(rate) | State::Requests { rate, .. } | State::OneBad { rate } => {
            Samples::Rises(rate * float(step))
        }
        State::Unlimited | State::Gone => Samples::Gone,
    });
    vec![Series { name: requests.with_status(ok), values }]
}

/// Where the requests of a state lie, for each bound: the share of them that is not above it.
fn spread(bounds: &Bounds, quantile: f64, state: State) -> Vec<f64> {
    let numbers = bounds.numbers();
    match state {
        State::Value(value) => shares(&numbers, quantile, value),
        State::Requests { bad, .. } => split(bounds, bad),
        State::OneBad { .. } | State::Unlimited | State::Gone => split(bounds, 0.0),
    }
}

/// Good requests take as long as a good one may, bad ones just longer; where no bound tells them apart good ones are as
/// fast and bad ones as slow as the histogram can tell.
fn split(bounds: &Bounds, bad: f64) -> Vec<f64> {
    let within = |bound: f64| match bounds.good {
        Some(good) if bound < good => 0.0,
        Some(good) if bound > good => 1.0,
        Some(_) | None => 1.0 - bad,
    };
    bounds.numbers().into_iter().map(within).collect()
}

/// Requests by duration.
pub(super) fn latency(requests: &Requests, quantile: f64, bounds: &Bounds, phases: &[Phase], step: u64) -> Vec<Series> {
    let numbers = bounds.numbers();
    let rate = |state: State| requests_of(state, |_| 0.0).map(|(rate, _)| rate);
    let mut all = Vec::new();
    for (index, text) in bounds.written.iter().enumerate() {
        let share = |state: State| spread(bounds, quantile, state).get(index).copied().unwrap_or(1.0);
        // A bad request is counted only above the bound that a good one keeps.
        let counts = bounds.good.is_some_and(|good| numbers.get(index).is_some_and(|bound| *bound > good));
        let once = if counts { 1.0 } else { 0.0 };
        let values = counter(phases, step, once, |state| Some(rate(state)? * share(state)));
        all.push(Series { name: requests.suffixed("_bucket", &format!(",le=\"{text}\"")), values });
    }
    let whole = counter(phases, step, 1.0, rate);
    all.push(Series { name: requests.suffixed("_bucket", ",le=\"+Inf\""), values: whole.clone() });
    all.push(Series { name: requests.suffixed("_count", ""), values: whole });
    all
}

/// Requests of others, half of which fail.
pub(super) fn other_ends(requests: &Requests, samples: u64, step: u64) -> Vec<Series> {
    let [_, ok, failed] = &requests.status;
    let program = format!("{}{{{}}}", requests.series, requests.selector);
    let mut names = Vec::new();
    for name in altered(&program, "-neighbour") {
        let open = name.strip_suffix('}').unwrap_or(&name);
        let [label, ..] = &requests.status;
        names.extend([ok, failed].map(|status| format!("{open},{label}=\"{status}\"}}")));
    }
    rising(names, CROWD, samples, step).collect()
}

/// Requests of others, half of which are slower than any bound.
pub(super) fn other_latencies(requests: &Requests, bounds: &Bounds, samples: u64, step: u64) -> Vec<Series> {
    let others = |suffix: &str, labels: &str| {
        let program = format!("{}{suffix}{{{}}}", requests.series, requests.selector);
        let names = altered(&program, "-neighbour").into_iter();
        names.map(|name| format!("{}{labels}}}", name.strip_suffix('}').unwrap_or(&name))).collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    for (text, bound) in bounds.written.iter().zip(bounds.numbers()) {
        if bounds.good == Some(bound) {
            all.extend(rising(others("_bucket", &format!(",le=\"{text}\"")), CROWD / 2.0, samples, step));
        }
    }
    all.extend(rising(others("_bucket", ",le=\"+Inf\""), CROWD, samples, step));
    all.extend(rising(others("_count", ""), CROWD, samples, step));
    all
}
