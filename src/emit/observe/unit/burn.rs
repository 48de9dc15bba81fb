//! The tests of an alert on how fast the budget of an objective burns.

use crate::emit::observe::rules::RuleFile;
use crate::emit::observe::simulate::{Phase, RATE, Series, Source, State, float};
use crate::emit::observe::unit::pace::{look, samples};
use crate::emit::observe::unit::{AlertCheck, Fires, Test, objective, recorded_neighbours};
use crate::plan::Plan;
use crate::plan::signal::{Signal, SloWindow, What};

/// How far the window that lets an alert stop is over the number when it stops: the bad share of its outage.
const TWICE: f64 = 2.0;

/// The tests of a burn alert.
pub(super) fn tests(plan: &Plan<'_>, file: &RuleFile<'_>, signal: &Signal, slo: &str, window: &str) -> Vec<Test> {
    let Some(objective) = plan.objective(file.environment, slo) else { return Vec::new() };
    let Some(window) = objective.windows.iter().find(|one| one.name == *window) else { return Vec::new() };
    let Some(source) = objective::source(plan, file, objective) else { return Vec::new() };
    Burn::new(signal, window, source).tests()
}

struct Burn<'b> {
    signal: &'b Signal,
    window: &'b SloWindow,
    source: Source,
    threshold: f64,
    /// The seconds between looks and between samples.
    every: u64,
    long: u64,
    short: u64,
}

impl<'b> Burn<'b> {
    fn new(signal: &'b Signal, window: &'b SloWindow, source: Source) -> Burn<'b> {
        Burn {
            signal,
            window,
            source,
            threshold: window.threshold.to_f64(),
            every: objective::pace(window),
            long: window.long.window.map_or(1, |long| long.seconds().max(1)),
            short: window.short.window.map_or(1, |short| short.seconds().max(1)),
        }
    }

    fn tests(&self) -> Vec<Test> {
        let threshold = self.threshold;
        let soon = 2 * look(self.short, self.every);
        let settled = look(self.long, self.every) + 2 * self.every;
        let mut healthy =
            self.steady("silent when healthy, whatever its neighbours do", soon, self.rate(), 0.0, Fires::No);
        healthy.series.extend(self.neighbours());
        let mut below = self.steady("silent just below its floor", settled, self.low(0.95), 1.0, Fires::No);
        below.series.extend(self.neighbours());
        let beyond = (threshold * 1.05).min(1.0);
        vec![
            healthy,
            self.steady("silent just before its number", soon, self.rate(), threshold * 0.95, Fires::No),
            self.at_once("fires just beyond its number, at once", soon, beyond),
            self.over("silent when it is nearly over, just below its number"),
            below,
            self.steady("fires just above its floor", settled, self.low(1.05), 1.0, Fires::Yes),
            self.one_error(soon),
            self.outage(settled),
        ]
    }

    /// So many requests a second that the floor decides nothing, from the second sample on.
    fn rate(&self) -> f64 {
        RATE.max(self.low(40.0)).max(float(self.window.floor) * TWICE / float(self.every))
    }

    /// So many requests a second that the long window holds this share of the floor.
    fn low(&self, share: f64) -> f64 {
        float(self.window.floor) * share / float(self.long)
    }

    fn test(&self, what: &str, phases: &[Phase], alerts: Vec<AlertCheck>) -> Test {
        Test {
            name: format!("{}: {what}", self.signal.name),
            every: self.every,
            step: self.every,
            series: self.source.series(phases, self.every),
            alerts,
            values: Vec::new(),
        }
    }

    fn phase(&self, rate: f64, bad: f64, seconds: u64) -> Phase {
        Phase { state: State::Requests { rate, bad }, samples: samples(seconds, self.every) }
    }

    fn steady(&self, what: &str, at: u64, rate: f64, bad: f64, fires: Fires) -> Test {
        let phases = [self.phase(rate, bad, at + self.every)];
        self.test(what, &phases, vec![AlertCheck { at, fires }])
    }

    /// It waits for nothing: as soon as there are numbers, it fires, and goes on.
    fn at_once(&self, what: &str, at: u64, bad: f64) -> Test {
        let phases = [self.phase(self.rate(), bad, at + self.every)];
        self.test(what, &phases, [2 * self.every, at].map(|at| AlertCheck { at, fires: Fires::Yes }).into())
    }

    /// The long window still holds an outage, the short one lies just below the number.
    fn over(&self, what: &str) -> Test {
        let outage = 2 * look(self.short, self.every);
        let at = outage + look(self.short, self.every) + 2 * self.every;
        let phases = [
            self.phase(self.rate(), self.twice(), outage),
            self.phase(self.rate(), self.threshold * 0.95, at + self.every - outage),
        ];
        let check = |at, fires| AlertCheck { at, fires };
        self.test(what, &phases, vec![check(outage - self.every, Fires::Yes), check(at, Fires::No)])
    }

    /// The bad share of an outage.
    fn twice(&self) -> f64 {
        if self.threshold * TWICE > 1.0 { f64::midpoint(1.0, self.threshold) } else { self.threshold * TWICE }
    }

    fn neighbours(&self) -> Vec<Series> {
        let many = float(self.window.floor) * 1000.0;
        recorded_neighbours(&self.signal.recordings, |recording| match recording.what {
            What::Events => [many; 2],
            What::Value | What::ErrorRatio | What::Good | What::Total => [0.0, 1.0],
        })
    }

    fn one_error(&self, begin: u64) -> Test {
        let few = State::OneBad { rate: self.low(0.3) };
        let phases = [
            self.phase(self.low(0.3), 0.0, begin),
            Phase { state: few, samples: samples(self.short + 2 * self.every, self.every) },
        ];
        let after = [self.every, look(self.short / 2, self.every), look(self.short, self.every)];
        let checks = after.into_iter().map(|after| AlertCheck { at: begin + after, fires: Fires::No });
        self.test("silent for one error at low traffic", &phases, checks.collect())
    }

    /// The long window decides when it fires, the short one when it ends. Whether a window holds the sample at its
    /// beginning differs between versions of Prometheus, so that one look on each side is left open.
    fn outage(&self, begin: u64) -> Test {
        let bad = self.twice();
        let looks = |window: u64| float(window / self.every);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of looks")]
        let seconds = |looks: f64| looks.max(0.0).floor() as u64 * self.every;
        let on = seconds(looks(self.long) * self.threshold / bad);
        let off = seconds(looks(self.short) * (bad - self.threshold) / bad);
        let end = begin + on + 4 * self.every;
        let phases = [
            self.phase(self.rate(), 0.0, begin),
            self.phase(self.rate(), bad, end - begin),
            self.phase(self.rate(), 0.0, 2 * self.short),
        ];
        let margin = 2 * self.every;
        let still = if off > margin { end + off - margin } else { end - self.every };
        let mut alerts = vec![
            AlertCheck { at: begin + on.saturating_sub(margin), fires: Fires::No },
            AlertCheck { at: begin + on + margin, fires: Fires::Yes },
            AlertCheck { at: still, fires: Fires::Yes },
            AlertCheck { at: end + off + margin, fires: Fires::No },
        ];
        alerts.dedup_by_key(|check| check.at);
        self.test("fires in an outage, and ends soon after it", &phases, alerts)
    }
}
