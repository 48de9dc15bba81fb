//! The samples of a series in the notation of promtool.

use crate::emit::observe::simulate::{Phase, State};

/// How a series goes on in a phase.
pub(super) enum Samples {
    /// It is so much, and changes by nothing.
    Is(f64),
    /// It is so much at first and changes by so much with each sample.
    Moves { first: f64, by: f64 },
    /// It rises by so much with each sample, from where it is.
    Rises(f64),
    /// It rises once by so much, then by so much with each sample.
    Jumps { once: f64, then: f64 },
    /// It rises by one with each sample until so many have happened, the last one perhaps in part, and stays.
    Counts(f64),
    /// There are none.
    Gone,
}

/// The samples of all phases; `each` is told the state and the time at which it begins.
pub(super) fn values(phases: &[Phase], step: u64, mut each: impl FnMut(State, f64) -> Samples) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut counter = 0.0;
    let mut time = 0.0;
    for phase in phases.iter().filter(|phase| phase.samples > 0) {
        let count = phase.samples;
        let rest = count - 1;
        match each(phase.state, time) {
            Samples::Is(value) => parts.push(format!("{}x{rest}", number(value))),
            Samples::Moves { first, by } => parts.push(run(first, by, rest)),
            Samples::Rises(by) => {
                parts.push(run(counter + by, by, rest));
                counter += by * float(count);
            }
            Samples::Jumps { once, then } => {
                parts.push(run(counter + once, then, rest));
                counter += once + then * float(rest);
            }
            Samples::Counts(events) => counted(&mut parts, &mut counter, events, count),
            Samples::Gone => {
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

fn counted(parts: &mut Vec<String>, counter: &mut f64, events: f64, count: u64) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count of events")]
    let whole = (events.floor() as u64).min(count);
    if whole > 0 {
        parts.push(run(*counter + 1.0, 1.0, whole - 1));
    }
    *counter += events;
    if count > whole {
        parts.push(format!("{}x{}", number(*counter), count - whole - 1));
    }
}

fn run(first: f64, by: f64, rest: u64) -> String {
    if by < 0.0 {
        format!("{}-{}x{rest}", number(first), number(-by))
    } else {
        format!("{}+{}x{rest}", number(first), number(by))
    }
}

/// A number to nine places, a share to twelve as rules have it, without trailing zeros.
pub(in crate::emit::observe) fn number(value: f64) -> String {
    let places = if value.abs() < 1.0 { 12 } else { 9 };
    let text = format!("{value:.places$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[allow(clippy::cast_precision_loss, reason = "counts of samples and seconds are far below 2^52")]
pub(in crate::emit::observe) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(first: f64, second: f64) -> [Phase; 2] {
        let phase = |value: f64, samples| Phase { state: State::Value(value), samples };
        [phase(first, 3), phase(second, 2)]
    }

    fn of(phases: &[Phase], made: fn(f64) -> Samples) -> String {
        values(phases, 15, |state, _| match state {
            State::Value(value) => made(value),
            State::Requests { .. } | State::OneBad { .. } | State::Unlimited | State::Gone => Samples::Gone,
        })
    }

    #[test]
    fn counters_go_on_where_they_are() {
        assert_eq!(of(&two(1.0, 2.0), Samples::Rises), "1+1x2 5+2x1");
        assert_eq!(of(&two(0.0, 1.5), Samples::Counts), "0x2 1+1x0 1.5x0");
    }

    #[test]
    fn what_is_gone_is_stale_once_and_then_missing() {
        let mut phases = two(1.0, 2.0);
        phases[1].state = State::Gone;
        assert_eq!(of(&phases, Samples::Is), "1x2 stale _x1");
    }
}
