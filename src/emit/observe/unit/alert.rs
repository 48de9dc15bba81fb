//! The tests of one alert.

use crate::emit::observe::rules::RuleFile;
use crate::emit::observe::simulate::{Phase, Series, Source, State, float};
use crate::emit::observe::unit::pace::{divisor, every, look, samples};
use crate::emit::observe::unit::subject::{Follows, Numbers, Subjected, subjected, violates};
use crate::emit::observe::unit::{AlertCheck, Fires, Test, burn, joined, recorded_neighbours};
use crate::plan::Plan;
use crate::plan::signal::{Absent, Signal, SignalKind, What};
use crate::syntax::expression::Operator;

/// How many samples a window of counted events holds at the least, and for each event.
const COUNTED: u64 = 40;
const FOR_EACH: f64 = 4.0;

/// The tests of an alert.
pub(super) fn tests(plan: &Plan<'_>, file: &RuleFile<'_>, signal: &Signal) -> Vec<Test> {
    if let SignalKind::Burn { slo, window } = &signal.kind {
        return burn::tests(plan, file, signal, slo, window);
    }
    match Case::of(plan, file, signal) {
        Some(case) => case.tests(),
        None => joined::tests(signal),
    }
}

/// An alert that compares one metric with one number.
struct Case<'s> {
    signal: &'s Signal,
    subject: Subjected,
    operator: Operator,
    threshold: f64,
    numbers: Numbers,
    every: u64,
    /// The seconds between samples: of counted events closer than the looks at the rules.
    step: u64,
    hold: u64,
}

impl<'s> Case<'s> {
    fn of(plan: &Plan<'_>, file: &RuleFile<'_>, signal: &'s Signal) -> Option<Case<'s>> {
        let (threshold, recording) = (signal.threshold.as_ref()?, signal.recordings.first()?);
        let number = threshold.value.to_f64();
        let subject = subjected(plan, file, recording, number);
        // Whether two computed numbers are equal rests on how they are rounded, so that the value itself is given.
        let subject = match threshold.operator {
            Operator::Equal | Operator::NotEqual => Subjected::recorded(recording, subject.dimension),
            Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => subject,
        };
        let hold = signal.hold.seconds();
        let every = every(subject.window, 3 * (subject.window + hold));
        let numbers = subject.numbers(threshold.operator, number);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count of events")]
        let events = (numbers.near_bad.max(0.0) * FOR_EACH).ceil() as u64;
        Some(Case {
            signal,
            operator: threshold.operator,
            threshold: number,
            numbers,
            every,
            // Samples lie at the looks, so that a count is whole where a window holds both of its ends.
            step: match subject.follows {
                Follows::Counting => divisor(every, subject.window / COUNTED.max(events)),
                Follows::Now | Follows::Whole | Follows::Evenly | Follows::Quantile(_) => every,
            },
            hold: look(hold, every),
            subject,
        })
    }

    fn tests(&self) -> Vec<Test> {
        let Some(source) = self.subject.sources.first() else { return Vec::new() };
        let numbers = &self.numbers;
        let mut tests = Vec::new();
        if let Some(mut test) = self.steady(source, "silent when healthy, whatever its neighbours do", numbers.healthy)
        {
            test.series.extend(self.neighbours());
            tests.push(test);
        }
        if self.subject.follows == Follows::Counting {
            // A count of events is gone again when its window has passed, so it is looked at right after them.
            tests.extend(self.counted(source, "silent for as many events as are allowed", numbers.near_good));
            tests.extend(self.counted(source, "fires for one event more than is allowed, and ends", numbers.near_bad));
        } else {
            tests.extend(self.steady(source, "silent just before its number", numbers.near_good));
            tests.extend(self.steady(source, "fires just beyond its number", numbers.near_bad));
            tests.extend(self.outage(source));
        }
        if self.signal.absent == Absent::Fires {
            tests.push(self.vanished(source));
        }
        tests.extend(self.floor(source));
        tests
    }

    fn fires_at(&self, value: f64) -> bool {
        violates(value, self.operator, self.threshold)
    }

    fn test(&self, what: &str, mut series: Vec<Series>, lasts: u64, alerts: Vec<AlertCheck>) -> Test {
        series.extend(self.events(lasts));
        let name = format!("{}: {what}", self.signal.name);
        Test { name, every: self.every, step: self.step, series, alerts, values: Vec::new() }
    }

    /// A recorded series without its own window needs its events recorded too, where the rule has a floor.
    fn events(&self, lasts: u64) -> Vec<Series> {
        let recorded = self.subject.sources.iter().any(|source| matches!(source, Source::Recorded { .. }));
        let counted = self.signal.recordings.iter().filter(|one| one.what == What::Events);
        let enough = || format!("{}x{}", self.signal.floor * 10, samples(lasts, self.step));
        let made = counted.filter(|_| recorded).map(|one| Series { name: one.selector(), values: enough() });
        made.collect()
    }

    fn neighbours(&self) -> Vec<Series> {
        let many = float(self.signal.floor) * 1000.0;
        recorded_neighbours(&self.signal.recordings, |recording| match recording.what {
            What::Events => [many; 2],
            What::Value | What::ErrorRatio | What::Good | What::Total => [self.numbers.healthy, self.numbers.bad],
        })
    }

    /// The same value all the time; none where no program could be seen to have it.
    fn steady(&self, source: &Source, what: &str, value: f64) -> Option<Test> {
        let fires = if self.fires_at(value) { Fires::Yes } else { Fires::No };
        if self.fires_at(source.seen(value)) != self.fires_at(value) {
            return None;
        }
        let at = look(self.subject.window + self.hold, self.every) + 2 * self.every;
        let phases = [Phase { state: State::Value(value), samples: samples(at + self.every, self.step) }];
        let series = source.series(&phases, self.step);
        Some(self.test(what, series, at + self.every, vec![AlertCheck { at, fires }]))
    }

    /// All is well, then all is bad, then all is well: it fires when it has been so for its time, no sooner, and ends.
    fn outage(&self, source: &Source) -> Option<Test> {
        let (well, bad) = (self.numbers.healthy, self.numbers.bad);
        let [begins_first, begins_last] = self.crossing([well, bad], Fires::Yes)?;
        let [ends_first, ends_last] = self.crossing([bad, well], Fires::No)?;
        let begin = look(self.subject.window, self.every) + 2 * self.every;
        let end = begin + begins_last + self.hold + look(self.subject.window, self.every) + 2 * self.every;
        let last = end + ends_last + 2 * self.every;
        let phase = |value: f64, seconds: u64| Phase {
            state: self.subject.extreme(value),
            samples: samples(seconds, self.step),
        };
        let phases = [phase(well, begin), phase(bad, end - begin), phase(well, last - end)];
        let mut alerts = Vec::new();
        let mut check = |at: u64, fires| alerts.push(AlertCheck { at, fires });
        check(begin - self.every, Fires::No);
        if begins_first + self.hold > 0 {
            check(begin + begins_first + self.hold - self.every, Fires::No);
        }
        check(begin + begins_last + self.hold, Fires::Yes);
        if ends_first > 0 {
            check(end + ends_first - self.every, Fires::Yes);
        }
        check(end + ends_last, Fires::No);
        alerts.dedup_by_key(|check| check.at);
        let series = source.series(&phases, self.step);
        Some(self.test("fires in an outage after its time, and ends with it", series, last, alerts))
    }

    /// The seconds after a change until the value is on the other side of its number: the least and the most, as a
    /// window holds the sample at its beginning in one version of Prometheus and not in another.
    fn crossing(&self, course: [f64; 2], fires: Fires) -> Option<[u64; 2]> {
        let all = self.subject.window / self.every;
        let first = |all: u64| {
            let passed = (1..=all.max(1)).find(|passed| {
                self.fires_at(self.subject.value_after(course, *passed, all)) == (fires == Fires::Yes)
            })?;
            Some((passed - 1) * self.every)
        };
        let (closed, open) = (first(all)?, first(all.saturating_sub(1))?);
        Some([closed.min(open), closed.max(open)])
    }

    /// So many events at once. Where they are too many it fires after them, and ends when the window has passed.
    fn counted(&self, source: &Source, what: &str, value: f64) -> Option<Test> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count of events")]
        let happen = value.max(0.0).ceil() as u64 * self.step;
        let window = self.subject.window;
        let begin = look(window, self.every) + 2 * self.every;
        let after = window + happen + self.hold + 6 * self.every;
        let phases = [
            Phase { state: State::Value(0.0), samples: samples(begin, self.step) },
            Phase { state: State::Value(value), samples: samples(after, self.step) },
        ];
        let fires = if self.fires_at(value) { Fires::Yes } else { Fires::No };
        let first = look(begin + happen, self.every) + self.hold;
        // The first events leave the window one sample earlier where it does not hold its own beginning.
        let last = (begin + window - 2 * self.step) / self.every * self.every - self.every;
        if happen == 0 || first > last {
            return None;
        }
        let gone = look(begin + window + happen, self.every) + self.every;
        let mut alerts = vec![
            AlertCheck { at: begin - self.every, fires: Fires::No },
            AlertCheck { at: first, fires },
            AlertCheck { at: last, fires },
            AlertCheck { at: gone, fires: Fires::No },
        ];
        alerts.dedup_by_key(|check| check.at);
        let series = source.series(&phases, self.step);
        Some(self.test(what, series, begin + after, alerts))
    }

    /// All is well, then nothing is heard any more, while its neighbours are still heard.
    fn vanished(&self, source: &Source) -> Test {
        let window = look(self.subject.window, self.every);
        let begin = window + 2 * self.every;
        let at = begin + window + self.hold + self.every;
        let phases = [
            Phase { state: State::Value(self.numbers.healthy), samples: samples(begin, self.step) },
            Phase { state: State::Gone, samples: samples(at + self.every - begin, self.step) },
        ];
        let alerts =
            vec![AlertCheck { at: begin - self.every, fires: Fires::No }, AlertCheck { at, fires: Fires::Yes }];
        let mut series = source.series(&phases, self.step);
        series.extend(self.neighbours());
        self.test("fires when the metric vanishes", series, at + self.every, alerts)
    }

    /// One bad request among few wakes nobody, nor does anything just below the floor; just above it everything counts.
    fn floor(&self, source: &Source) -> Vec<Test> {
        if self.signal.floor == 0 || self.subject.window == 0 {
            return Vec::new();
        }
        let window = self.subject.window;
        let at = look(window + self.hold, self.every) + 2 * self.every;
        let count = samples(at + self.every, self.step);
        let rate = |share: f64| float(self.signal.floor) * share / float(window);
        let all_bad = |share: f64| {
            let phases = [Phase { state: State::Requests { rate: rate(share), bad: 1.0 }, samples: count }];
            source.series(&phases, self.step)
        };
        let low = rate(0.1);
        let begin = look(window, self.every) + 2 * self.every;
        let few = [
            Phase { state: State::Requests { rate: low, bad: 0.0 }, samples: samples(begin, self.step) },
            Phase { state: State::OneBad { rate: low }, samples: count },
        ];
        let moments = [begin + self.every, begin + look(window / 2, self.every), begin + at];
        let silent = moments.into_iter().map(|at| AlertCheck { at, fires: Fires::No }).collect();
        let mut below = all_bad(0.95);
        below.extend(self.neighbours());
        let check = |fires| vec![AlertCheck { at, fires }];
        vec![
            self.test("silent for one error at low traffic", source.series(&few, self.step), begin + at, silent),
            self.test("silent just below its floor", below, at, check(Fires::No)),
            self.test("fires just above its floor", all_bad(1.05), at, check(Fires::Yes)),
        ]
    }
}
