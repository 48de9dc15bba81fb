//! Unit tests beside the rules. Each alert is shown to fire in an outage after its time and to end with it, on both sides
//! of its number, to be silent when all is well (whatever its neighbours do) or when too little happens, and to fire when
//! its series vanish. Each recorded series is shown to have its value, to look back as far as it says, and to read
//! nothing of its neighbours.

mod alert;
mod burn;
mod joined;
mod objective;
mod pace;
mod record;
mod subject;

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::{Artifact, Dialect, Group, Part, Tree, code, int, list, map, mixed, text};
use crate::emit::observe::rules::{RuleFile, alert_labels, annotations, recorded_in};
use crate::emit::observe::simulate::{Series, altered, number};
use crate::plan::Plan;
use crate::plan::signal::{Boards, Recording, Signal, defaults, prometheus_duration};
use crate::source::Origin;
use crate::syntax::expression::Condition;
use crate::value::Duration;

/// The folder of tests.
const FOLDER: &str = "deploy/observability/prometheus/tests";

/// A test of promtool.
struct Test {
    name: String,
    /// The seconds between two looks at the rules.
    every: u64,
    /// The seconds between two samples.
    step: u64,
    series: Vec<Series>,
    alerts: Vec<AlertCheck>,
    values: Vec<ValueCheck>,
}

/// Whether an alert fires at a moment.
struct AlertCheck {
    at: u64,
    fires: Fires,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fires {
    Yes,
    No,
}

/// The value that a query has at a moment, if it has any.
struct ValueCheck {
    at: u64,
    query: String,
    labels: Vec<(String, String)>,
    value: Option<i64>,
}

/// Adds the files.
pub(super) fn emit(plan: &Plan<'_>, files: &[RuleFile<'_>], boards: &Boards, artifacts: &mut Vec<Artifact>) {
    let usual = defaults().evaluation_interval.value.seconds();
    let recorded = recorded_in(files);
    for (at, file) in files.iter().enumerate() {
        let read = file.signals.iter().flat_map(|signal| &signal.recordings);
        let read = read.filter_map(|one| recorded.get(&(one.record.as_str(), one.labels.as_slice())).copied());
        let needed: BTreeSet<usize> = read.chain([at]).collect();
        let needed: Vec<&RuleFile<'_>> = needed.into_iter().filter_map(|at| files.get(at)).collect();
        let mut tests: Vec<(u64, Tree)> = Vec::new();
        let mut known = Known::default();
        for recording in &file.recordings {
            let made = record::tests(plan, file, recording);
            tests.extend(made.iter().map(|test| (test.every, known.test(test, None, &recording.origin))));
        }
        for signal in &file.signals {
            let expected = Expected::of(plan, boards, signal);
            let made = alert::tests(plan, file, signal);
            tests.extend(made.iter().map(|test| (test.every, known.test(test, Some(&expected), &signal.origin))));
        }
        let mut paces: Vec<u64> = tests.iter().map(|(every, _)| *every).collect();
        paces.sort_unstable();
        paces.dedup();
        for every in paces {
            let stem = match every == usual {
                true => file.stem.clone(),
                // Rules that look back over hours are looked at less often, or their tests would take as long.
                false => format!("{}.every-{}", file.stem, prometheus_duration(Duration::from_seconds(every))),
            };
            let paced = tests.iter().filter(|(own, _)| *own == every).map(|(_, test)| test.clone());
            artifacts.push(test_file(&needed, file, &stem, every, paced));
        }
    }
}

/// The tests of a file of rules that look at them equally often.
fn test_file(
    needed: &[&RuleFile<'_>],
    file: &RuleFile<'_>,
    stem: &str,
    every: u64,
    tests: impl Iterator<Item = Tree>,
) -> Artifact {
    let rule_files = list(needed.iter().map(|other| text(format!("../rules/{}.yml", other.stem)).at(&other.origin)));
    let pace = Origin::rule("unit tests look at rules as often as their windows need");
    let document = map()
        .put("rule_files", rule_files)
        .put("evaluation_interval", moment(every).at(&pace))
        .put("tests", list(tests));
    Artifact::yaml(format!("{FOLDER}/{stem}.yml"), Group::Observability, Dialect::Plain, document, &file.origin)
}

/// A time from the beginning of a test.
fn moment(seconds: u64) -> Tree {
    text(prometheus_duration(Duration::from_seconds(seconds)))
}

/// What an alert says when it fires.
struct Expected {
    name: String,
    fired: Tree,
}

impl Expected {
    fn of(plan: &Plan<'_>, boards: &Boards, signal: &Signal) -> Expected {
        let mut labels: Vec<(String, String)> = Vec::new();
        if keeps_labels(signal)
            && let Some(first) = signal.recordings.first()
        {
            labels.clone_from(&first.labels);
        }
        for (name, value, _) in alert_labels(plan, signal) {
            match labels.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => *old = value,
                None => labels.push((name, value)),
            }
        }
        let data = |(name, value): (String, String)| (name, mixed([Part::text(value)]));
        let annotations = annotations(plan, boards, signal).into_iter().map(|(name, value, _)| (name, value));
        let fired = map()
            .put("exp_labels", map().put_all(labels.into_iter().map(data)))
            .put("exp_annotations", map().put_all(annotations.map(data)));
        Expected { name: signal.name.clone(), fired: list([fired]) }
    }
}

/// Whether an alert has the labels of the series that it reads: one that reads several keeps none but its own.
fn keeps_labels(signal: &Signal) -> bool {
    let metrics = signal.conditions.iter().flat_map(Condition::metrics).count();
    let plain = signal.conditions.iter().all(|condition| match condition {
        Condition::Comparison(_) => true,
        Condition::And { .. } | Condition::Or { .. } | Condition::Not { .. } => false,
    });
    plain && metrics <= 1
}

/// The series and samples that tests of one file have in common: most of what they say was said by one before.
#[derive(Default)]
struct Known {
    series: BTreeMap<Series, Tree>,
    samples: BTreeMap<(Vec<(String, String)>, i64), Tree>,
}

impl Known {
    fn test(&mut self, test: &Test, expected: Option<&Expected>, origin: &Origin) -> Tree {
        let series: Vec<Tree> = test.series.iter().map(|series| self.series(series)).collect();
        let alerts = test.alerts.iter().filter_map(|check| {
            let expected = expected?;
            let fired = if check.fires == Fires::Yes { expected.fired.clone() } else { list(Vec::<Tree>::new()) };
            let check = map().put("eval_time", moment(check.at)).put("alertname", text(expected.name.clone()));
            Some(check.put("exp_alerts", fired))
        });
        let values = test.values.iter().map(|check| {
            map()
                .put("expr", code(check.query.clone()))
                .put("eval_time", moment(check.at))
                .put("exp_samples", list(check.value.map(|value| self.sample(&check.labels, value))))
        });
        map()
            .put("name", text(test.name.clone()))
            .put("interval", moment(test.step))
            .put("input_series", list(series))
            .put_filled("alert_rule_test", list(alerts))
            .put_filled("promql_expr_test", list(values))
            .at(origin)
    }

    fn series(&mut self, series: &Series) -> Tree {
        if let Some(known) = self.series.get(series) {
            return known.clone();
        }
        let tree = map().put("series", code(series.name.clone())).put("values", code(series.values.clone()));
        self.series.insert(series.clone(), tree.clone());
        tree
    }

    fn sample(&mut self, labels: &[(String, String)], value: i64) -> Tree {
        let tree = self.samples.entry((labels.to_vec(), value)).or_insert_with(|| {
            let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            map().put("labels", text(format!("{{{}}}", labels.join(", ")))).put("value", int(value))
        });
        tree.clone()
    }
}

/// Recorded series of others, each of which differs from one that an alert reads in one label: of some all is well, of
/// the others everything is bad.
fn recorded_neighbours(recordings: &[Recording], well_and_bad: impl Fn(&Recording) -> [f64; 2]) -> Vec<Series> {
    let mut all = Vec::new();
    for recording in recordings {
        let values = well_and_bad(recording);
        for (suffix, value) in ["-well", "-failing"].into_iter().zip(values) {
            let still = |name| Series { name, values: format!("{}x{FOREVER}", number(value)) };
            all.extend(altered(&recording.selector(), suffix).into_iter().map(still));
        }
    }
    all
}

/// More samples than any test looks at.
const FOREVER: u64 = 10_000;
