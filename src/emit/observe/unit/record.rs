//! The tests of one recorded series: its value, its labels, how far it looks back, and that it reads nothing else.

use crate::emit::observe::rules::RuleFile;
use crate::emit::observe::simulate::{Phase, RATE, Series, Source, State, altered, float, number};
use crate::emit::observe::unit::pace::{every, look, samples, step};
use crate::emit::observe::unit::subject::{Follows, Subjected, subjected};
use crate::emit::observe::unit::{FOREVER, Test, ValueCheck, objective};
use crate::model::SampleForm;
use crate::plan::Plan;
use crate::plan::signal::{Objective, Recording, Share, What};

/// How many samples a window holds.
const SAMPLES: u64 = 50;
/// How far a value may be from the one that is meant, as a share of it: less than any other window would make it.
const NEAR: f64 = 0.04;
/// How many slow requests a quantile bears and how many it does not, as parts of those that it allows.
const FEW: f64 = 0.75;
const MANY: f64 = 1.9;

/// The tests of a recorded series; none of one that nothing describes.
pub(super) fn tests(plan: &Plan<'_>, file: &RuleFile<'_>, recording: &Recording) -> Vec<Test> {
    let slo = recording.labels.iter().find(|(label, _)| label == "slo").map(|(_, value)| value.as_str());
    if let Some(objective) = slo.and_then(|name| plan.objective(file.environment, name)) {
        return of_objective(plan, file, recording, objective).into_iter().collect();
    }
    let subject = subjected(plan, file, recording, 0.5);
    let mut tests = Vec::new();
    for source in &subject.sources {
        let scene = Scene::new(recording, &subject, source, every(subject.window, 4 * subject.window));
        tests.extend(match (recording.what, subject.follows, source) {
            (.., Source::Recorded { .. }) => None,
            (What::Events | What::Good | What::Total | What::ErrorRatio, ..)
            | (_, _, Source::Ends { .. } | Source::Traffic { .. }) => Some(scene.requests(recording.what)),
            (What::Value, Follows::Evenly, _) => Some(scene.evenly()),
            (What::Value, Follows::Quantile(quantile), _) => Some(scene.quantile(quantile)),
            (What::Value, Follows::Counting, _) => Some(scene.counting()),
            (What::Value, Follows::Now | Follows::Whole, _) => Some(scene.now()),
        });
        tests.extend(retention(plan, file, recording, source));
    }
    // A program exports one or the other, and reads nothing of what its neighbours export of either.
    let all = || subject.sources.iter().flat_map(|source| source.neighbours(FOREVER, 1)).collect::<Vec<Series>>();
    if subject.sources.len() > 1 {
        for test in &mut tests {
            test.series.extend(
                all()
                    .into_iter()
                    .filter(|one| !test.series.iter().any(|known| known.name == one.name))
                    .collect::<Vec<_>>(),
            );
        }
    }
    tests
}

/// A recorded series, and what happens to what it is made from.
struct Scene<'s> {
    recording: &'s Recording,
    subject: &'s Subjected,
    source: &'s Source,
    every: u64,
    step: u64,
    window: u64,
}

impl<'s> Scene<'s> {
    fn new(recording: &'s Recording, subject: &'s Subjected, source: &'s Source, every: u64) -> Scene<'s> {
        let window = recording.window.map_or(0, |window| window.seconds().max(1));
        let step = if window == 0 { every } else { step(window, SAMPLES) };
        Scene { recording, subject, source, every, step, window }
    }

    /// The window, in whole looks.
    fn settled(&self) -> u64 {
        look(self.window, self.every) + 2 * self.every
    }

    fn check(&self, at: u64, value: f64) -> ValueCheck {
        self.check_near(at, value, if value == 0.0 { NEAR } else { value.abs() * NEAR })
    }

    /// A share and its rest are equally near: one of the two rates that make it up may look back wrongly alone.
    fn check_share(&self, at: u64, value: f64) -> ValueCheck {
        self.check_near(at, value, value.min(1.0 - value) * NEAR)
    }

    fn check_near(&self, at: u64, value: f64, near: f64) -> ValueCheck {
        let query = format!("abs({} - {}) < bool {}", self.recording.selector(), number(value), number(near));
        ValueCheck { at, query, labels: self.recording.labels.clone(), value: Some(1) }
    }

    fn test(&self, phases: &[(State, u64)], values: Vec<ValueCheck>) -> Test {
        let phase = |(state, seconds): &(State, u64)| Phase { state: *state, samples: samples(*seconds, self.step) };
        let all: Vec<Phase> = phases.iter().map(phase).collect();
        let lasts: u64 = all.iter().map(|phase| phase.samples).sum();
        let mut series = self.source.series(&all, self.step);
        series.extend(self.source.neighbours(lasts, self.step));
        Test {
            name: format!("{}: has its value, and looks back as far as it says", self.recording.record),
            every: self.every,
            step: self.step,
            series,
            alerts: Vec::new(),
            values,
        }
    }

    /// Half of the window 10 requests a second end well, in the other half 20 do not: every window of the query decides.
    fn requests(&self, what: What) -> Test {
        let begin = look(self.settled(), self.step);
        let at = look(begin + self.window / 2, self.every);
        let after = float((at - begin) / self.step + 1);
        let before = float(self.window / self.step) - after;
        let (few, many) = (RATE, 2.0 * RATE);
        let all = few * before + many * after;
        let looks = float(self.window / self.step);
        let bad = match self.source {
            Source::Traffic { .. } => 0.0,
            Source::Ends { .. } | Source::Latency { .. } | Source::Described { .. } | Source::Recorded { .. } => 1.0,
        };
        let check = match (what, self.source) {
            (What::Events, _) => self.check(at, all / looks * float(self.window)),
            (What::Good, _) => self.check(at, few * before / looks),
            (What::Value, Source::Ends { share: Share::Good, .. }) => self.check_share(at, few * before / all),
            (What::Total, _) | (What::Value, Source::Traffic { .. }) => self.check(at, all / looks),
            (What::Value | What::ErrorRatio, _) => self.check_share(at, many * after / all),
        };
        let states =
            [(State::Requests { rate: few, bad: 0.0 }, begin), (State::Requests { rate: many, bad }, self.settled())];
        self.test(&states, vec![check])
    }

    /// In half of the window nothing, in the other half one each second.
    fn evenly(&self) -> Test {
        let begin = look(self.settled(), self.step);
        let at = look(begin + self.window / 2, self.every);
        let share = float((at - begin) / self.step + 1) / float(self.window / self.step);
        let states = [(State::Value(0.0), begin), (State::Value(1.0), self.settled())];
        self.test(&states, vec![self.check(at, share)])
    }

    /// A quarter fewer than the quantile allows are slow, then nearly twice as many, and then none: it stays until about
    /// half of the window has passed. The looks stand on both sides of that moment, equally far from it, so that any
    /// other window is noticed.
    fn quantile(&self, quantile: f64) -> Test {
        let [few, many] = [FEW, MANY].map(|part| part * (1.0 - quantile));
        let lasts = look(self.settled(), self.step * self.every);
        let all = self.window / self.step;
        let slow = |passed: u64, all: u64| many * float(all.saturating_sub(passed)) / float(all) > 1.0 - quantile;
        let is_slow = |passed: u64| slow(passed, all) && slow(passed, all - 1);
        let is_fast = |passed: u64| !slow(passed, all) && !slow(passed, all - 1);
        let border = (0..all).rfind(|passed| is_slow(*passed)).unwrap_or(0);
        let before = border.saturating_sub(self.every / self.step / 2).max(1) - 1;
        let is_look = |at: &u64| (at + before * self.step).is_multiple_of(self.every);
        let end = (0..self.every).map(|more| 2 * lasts + more * self.step).find(is_look).unwrap_or(2 * lasts);
        let passed = |at: u64| (at - end) / self.step + 1;
        let looks = || (0..=all * self.step / self.every).map(|count| look(end, self.every) + count * self.every);
        let between = f64::midpoint(self.source.seen(0.0), self.source.seen(f64::INFINITY));
        let query = format!("{} > bool {}", self.recording.selector(), number(between));
        let check = |at: u64, value| ValueCheck {
            at,
            query: query.clone(),
            labels: self.recording.labels.clone(),
            value: Some(value),
        };
        let mut checks = vec![check(lasts - self.every, 0), check(look(end, self.every) - self.every, 1)];
        checks.extend(looks().rfind(|at| is_slow(passed(*at))).map(|at| check(at, 1)));
        checks.extend(looks().find(|at| is_fast(passed(*at))).map(|at| check(at, 0)));
        let state = |bad: f64| State::Requests { rate: RATE, bad };
        self.test(&[(state(few), lasts), (state(many), end - lasts), (state(0.0), lasts)], checks)
    }

    /// Two events, which are counted until the window has passed.
    fn counting(&self) -> Test {
        let begin = look(self.settled(), self.step);
        let counted = (begin + self.window - 2 * self.step) / self.every * self.every;
        let gone = look(begin + self.window + self.step, self.every) + self.every;
        let states = [(State::Value(0.0), begin), (State::Value(2.0), gone + 2 * self.every - begin)];
        self.test(&states, vec![self.check(counted, 2.0), self.check(gone, 0.0)])
    }

    /// One value, then another, and none where nothing is limited.
    fn now(&self) -> Test {
        let lasts = 2 * self.every;
        let values = if self.subject.follows == Follows::Whole { [1.0, 2.0] } else { [0.5, 0.75] };
        let [first, second] = values;
        let mut states = vec![(State::Value(first), lasts), (State::Value(second), lasts)];
        let mut checks = vec![self.check(self.every, first), self.check(3 * self.every, second)];
        if is_limited(self.source) {
            states.push((State::Unlimited, lasts));
            checks.push(ValueCheck { value: None, ..self.check(5 * self.every, second) });
        }
        self.test(&states, checks)
    }
}

fn is_limited(source: &Source) -> bool {
    match source {
        Source::Described { samples, .. } => samples.iter().any(|sample| sample.form == SampleForm::Limit),
        Source::Ends { .. } | Source::Traffic { .. } | Source::Latency { .. } | Source::Recorded { .. } => false,
    }
}

/// A value that is still known long after its series was heard of last, for as long as samples are kept.
fn retention(plan: &Plan<'_>, file: &RuleFile<'_>, recording: &Recording, source: &Source) -> Option<Test> {
    let Source::Described { samples: described, .. } = source else { return None };
    let elapsed = described.iter().any(|sample| sample.form == SampleForm::Elapsed);
    let kept = plan.retention(file.environment).seconds();
    if !elapsed || kept == 0 {
        return None;
    }
    let every = step(kept, SAMPLES);
    let phases = [
        Phase { state: State::Value(0.0), samples: 2 },
        Phase { state: State::Gone, samples: samples(2 * kept, every) },
    ];
    let [known, forgotten] = [9, 11].map(|tenths| kept * tenths / 10 / every * every);
    let value = float(known);
    let query = format!("abs({} - {}) < bool {}", recording.selector(), number(value), number(value * NEAR));
    let check = |at: u64, value| ValueCheck { at, query: query.clone(), labels: recording.labels.clone(), value };
    Some(Test {
        name: format!("{}: is known as long as samples are kept", recording.record),
        every,
        step: every,
        series: source.series(&phases, every),
        alerts: Vec::new(),
        values: vec![check(known, Some(1)), check(forgotten, None)],
    })
}

/// The series of an objective.
fn of_objective(plan: &Plan<'_>, file: &RuleFile<'_>, recording: &Recording, objective: &Objective) -> Option<Test> {
    let window = recording.window?.seconds().max(1);
    let every = objective::pace_of(objective, window);
    let source = objective::source(plan, file, objective)?;
    let subject = Subjected::recorded(recording, crate::model::MetricDimension::Ratio);
    let scene = Scene::new(recording, &subject, &source, every);
    if recording.record == objective.budget.record && recording.expression == objective.budget.expression {
        return Some(budget(&scene, objective));
    }
    Some(scene.requests(recording.what))
}

/// The budget sums what was recorded every few minutes, so that is what goes in.
fn budget(scene: &Scene<'_>, objective: &Objective) -> Test {
    let begin = look(scene.settled(), scene.step);
    let at = look(begin + scene.window / 2, scene.every);
    let after = (at - begin) / scene.step + 1;
    let before = scene.window / scene.step - after;
    let (few, many) = (RATE, 2.0 * RATE);
    let value = many * float(after) / (few * float(before) + many * float(after));
    let count = begin / scene.step;
    let two = |recording: &Recording, first: f64, second: f64| Series {
        name: recording.selector(),
        values: format!("{}x{} {}x{count}", number(first), count - 1, number(second)),
    };
    let mut series = vec![two(&objective.good, few, 0.0), two(&objective.total, few, many)];
    for recording in [&objective.good, &objective.total] {
        let others = altered(&recording.selector(), "-neighbour").into_iter();
        series.extend(others.map(|name| Series { name, values: format!("{}x{FOREVER}", number(many * RATE)) }));
    }
    Test {
        name: format!("{}: has its value, and looks back as far as it says", scene.recording.record),
        every: scene.every,
        step: scene.step,
        series,
        alerts: Vec::new(),
        values: vec![scene.check(at, value)],
    }
}
