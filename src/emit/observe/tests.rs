//! Unit tests beside the rules: each rule is shown to fire in time and to end in time, on both sides of its number, to be
//! silent when all is well or too little happens, and to fire when its series vanish.

use std::collections::BTreeSet;

use crate::artifact::{Artifact, Dialect, Group, Part, Tree, code, int, list, map, mixed, text};
use crate::derive::{EnvironmentFacts, Workload};
use crate::emit::observe::rules::{RuleFile, alert_labels, annotations, recorded_in};
use crate::emit::observe::simulate::{GoodIs, Phase, RATE, Series, Source, State, float, number};
use crate::model::{self, MetricDimension, MetricExporter};
use crate::plan::Plan;
use crate::plan::signal::{
    Absent, Board, Measure, Objective, Recording, Scope, Signal, SignalKind, SloWindow, Subject, What, convention,
    measure, metric_named,
};
use crate::source::Origin;
use crate::syntax::expression::{Metric, MetricLabel, Operator, Place};

/// The folder of tests.
const FOLDER: &str = "deploy/observability/prometheus/tests";

/// The distance of samples in tests of windows up to an hour, in seconds.
const STEP: u64 = 15;

/// Windows of days are looked at less often, or their tests would take hours: the ending of the file, and the longest
/// distance of samples in it, in seconds.
const PACES: [(&str, u64); 3] = [("", 90), (".hours", 720), (".days", u64::MAX)];

/// A test of promtool.
struct Test {
    name: String,
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

/// The value that a query has at a moment.
struct ValueCheck {
    at: u64,
    query: String,
    labels: Vec<(String, String)>,
    value: i64,
}

/// Adds the files.
pub(super) fn emit(plan: &Plan<'_>, files: &[RuleFile<'_>], boards: &[Board], artifacts: &mut Vec<Artifact>) {
    let recorded = recorded_in(files);
    for (at, file) in files.iter().enumerate() {
        let read = file.signals.iter().flat_map(|signal| &signal.recordings);
        let read = read.filter_map(|one| recorded.get(&(one.record.as_str(), one.labels.as_slice())).copied());
        let needed: BTreeSet<usize> = read.chain([at]).collect();
        let needed: Vec<&RuleFile<'_>> = needed.into_iter().filter_map(|at| files.get(at)).collect();
        let mut tests: Vec<(u64, Tree)> = Vec::new();
        for recording in &file.recordings {
            let made = recording_tests(plan, file, recording);
            tests.extend(made.iter().map(|test| (test.step, tree(test, None, &recording.origin))));
        }
        for signal in &file.signals {
            let expected = Expected::of(plan, boards, signal);
            let made = signal_tests(plan, file, signal);
            tests.extend(made.iter().map(|test| (test.step, tree(test, Some(&expected), &signal.origin))));
        }
        let mut from = 0;
        for (suffix, most) in PACES {
            let paced: Vec<&(u64, Tree)> = tests.iter().filter(|(step, _)| *step > from && *step <= most).collect();
            from = most;
            if let Some(step) = paced.iter().map(|(step, _)| *step).min() {
                let stem = format!("{}{suffix}", file.stem);
                artifacts.push(test_file(&needed, file, &stem, step, paced.iter().map(|(_, test)| test.clone())));
            }
        }
    }
}

/// The tests of a file of rules that look at them equally often.
fn test_file(
    needed: &[&RuleFile<'_>],
    file: &RuleFile<'_>,
    stem: &str,
    step: u64,
    tests: impl Iterator<Item = Tree>,
) -> Artifact {
    let rule_files = list(needed.iter().map(|other| text(format!("../rules/{}.yml", other.stem)).at(&other.origin)));
    let every = Origin::rule("unit tests look at rules as often as their windows need");
    let document = map()
        .put("rule_files", rule_files)
        .put("evaluation_interval", text(format!("{step}s")).at(&every))
        .put("tests", list(tests));
    Artifact::yaml(format!("{FOLDER}/{stem}.yml"), Group::Observability, Dialect::Plain, document, &file.origin)
}

/// What an alert says when it fires.
struct Expected {
    name: String,
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
}

impl Expected {
    fn of(plan: &Plan<'_>, boards: &[Board], signal: &Signal) -> Expected {
        let metrics = signal.conditions.iter().flat_map(|condition| condition.metrics()).count();
        let mut labels: Vec<(String, String)> = Vec::new();
        if metrics <= 1
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
        let annotations = annotations(plan, boards, signal).into_iter().map(|(name, value, _)| (name, value)).collect();
        Expected { name: signal.name.clone(), labels, annotations }
    }
}

fn tree(test: &Test, expected: Option<&Expected>, origin: &Origin) -> Tree {
    let series = test
        .series
        .iter()
        .map(|series| map().put("series", code(series.name.clone())).put("values", code(series.values.clone())));
    let data = |(name, value): &(String, String)| (name.clone(), mixed([Part::text(value.clone())]));
    let alerts = test.alerts.iter().filter_map(|check| {
        let expected = expected?;
        let fired = map()
            .put("exp_labels", map().put_all(expected.labels.iter().map(data)))
            .put("exp_annotations", map().put_all(expected.annotations.iter().map(data)));
        let fired = if check.fires == Fires::Yes { list([fired]) } else { list(Vec::<Tree>::new()) };
        Some(
            map()
                .put("eval_time", text(format!("{}s", check.at)))
                .put("alertname", text(expected.name.clone()))
                .put("exp_alerts", fired),
        )
    });
    let values = test.values.iter().map(|check| {
        let labels: Vec<String> = check.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        let sample = map().put("labels", text(format!("{{{}}}", labels.join(", ")))).put("value", int(check.value));
        map()
            .put("expr", code(check.query.clone()))
            .put("eval_time", text(format!("{}s", check.at)))
            .put("exp_samples", list([sample]))
    });
    map()
        .put("name", text(test.name.clone()))
        .put("interval", text(format!("{}s", test.step)))
        .put("input_series", list(series))
        .put_filled("alert_rule_test", list(alerts))
        .put_filled("promql_expr_test", list(values))
        .at(origin)
}

/// A metric under test: how it is made, and how fast it follows.
struct Subjected<'m> {
    source: Source<'m>,
    /// Seconds that its value looks back.
    window: u64,
    follows: Follows,
    dimension: MetricDimension,
}

/// How the value over a window follows what happens in it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Follows {
    /// At once.
    Now,
    /// As a mean over the window.
    Evenly,
    /// As soon as a share of the window is so.
    Quantile(f64),
    /// It counts events in the window.
    Counting,
}

/// The workload, resource or domain of a recorded series.
fn subject_of<'p>(plan: &Plan<'p>, environment: &'p EnvironmentFacts, recording: &'p Recording) -> Subject<'p> {
    let label = |name: &str| recording.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str());
    if let Some(workload) = label("service").and_then(|name| environment.workload(name)) {
        return Subject::Workload(workload);
    }
    let resources = &plan.setting(environment).resources;
    if let Some(name) = label("resource")
        && let Some(resource) = resources.iter().find(|resource| resource.name.value == name)
    {
        return Subject::Resource(resource);
    }
    label("domain").map_or(Subject::Environment, Subject::Domain)
}

fn metric_of(recording: &Recording) -> Metric {
    let mut metric = metric_named(&recording.metric);
    let own = ["app", "environment", "service", "resource", "domain", "slo"];
    for (name, value) in recording.labels.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
        let place = Place::default();
        metric.labels.push(MetricLabel {
            name: name.clone(),
            name_place: place,
            value: value.clone(),
            value_place: place,
        });
    }
    metric
}

/// The measure behind a recorded series.
fn measured(plan: &Plan<'_>, environment: &EnvironmentFacts, recording: &Recording) -> Option<Measure> {
    measure(plan, environment, subject_of(plan, environment, recording), &metric_of(recording), Scope::Service)
}

/// How the values of a recorded series are made. What nothing describes is put in as it is recorded.
fn subjected<'m>(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    recording: &Recording,
    found: Option<&'m Measure>,
    bound: Option<f64>,
) -> Subjected<'m> {
    let window = recording.window.map_or(0, |window| window.seconds());
    let recorded = || Subjected {
        source: Source::Recorded(recording.selector()),
        window: 0,
        follows: Follows::Now,
        dimension: found.map_or(MetricDimension::Count, |found| found.dimension),
    };
    let Some(found) = found else { return recorded() };
    let workload: Option<&Workload> = match subject_of(plan, environment, recording) {
        Subject::Workload(workload) => Some(workload),
        Subject::Resource(_) | Subject::Domain(_) | Subject::Environment => None,
    };
    let contract = workload.filter(|_| found.exporter == MetricExporter::Contract);
    let names = contract.map(|workload| convention(plan, environment, workload));
    let with = |source, follows| Subjected { source, window, follows, dimension: found.dimension };
    match (recording.metric.as_str(), names) {
        ("error_rate", Some(convention)) => {
            with(Source::Errors { measure: found, convention, good_is_value: GoodIs::Rest }, Follows::Evenly)
        }
        ("availability", Some(convention)) => {
            with(Source::Errors { measure: found, convention, good_is_value: GoodIs::Value }, Follows::Evenly)
        }
        ("traffic", Some(convention)) => with(Source::Traffic { measure: found, convention }, Follows::Evenly),
        (_, Some(convention)) if found.quantile.is_some() => {
            let quantile = found.quantile.map_or(0.95, |quantile| quantile.to_f64());
            with(Source::Latency { measure: found, convention, quantile, bound }, Follows::Quantile(quantile))
        }
        _ => {
            let forms = found.samples();
            if forms.is_empty() || forms.iter().any(|(series, _)| series.contains("=~") || series.contains("!=")) {
                return recorded();
            }
            let is = |form: model::SampleForm| forms.iter().any(|(_, known)| *known == form);
            let follows = if is(model::SampleForm::Counted) {
                Follows::Counting
            } else if is(model::SampleForm::Quantile) {
                Follows::Quantile(0.95)
            } else {
                Follows::Now
            };
            with(Source::Sampled { measure: found, forms }, follows)
        }
    }
}

/// The numbers around a threshold.
struct Numbers {
    healthy: f64,
    near_good: f64,
    near_bad: f64,
    bad: f64,
}

fn numbers(operator: Operator, threshold: f64, subjected: &Subjected<'_>) -> Numbers {
    let share = subjected.dimension == MetricDimension::Ratio;
    let small = if threshold == 0.0 { 0.05 } else { threshold.abs() * 0.05 };
    let counted = subjected.follows == Follows::Counting;
    let far_above = if threshold == 0.0 { 10.0 } else { threshold * 10.0 };
    let twice = if threshold == 0.0 { 1.0 } else { threshold * 2.0 };
    let more = if share && twice > 1.0 { f64::midpoint(1.0, threshold) } else { twice };
    let above = |healthy: f64, near_good: f64, near_bad: f64| Numbers { healthy, near_good, near_bad, bad: more };
    match operator {
        Operator::Greater if counted => above(0.0, threshold.floor(), threshold.floor() + 1.0),
        Operator::GreaterOrEqual if counted => above(0.0, threshold.ceil() - 1.0, threshold.ceil()),
        Operator::Greater => above(0.0, threshold - if threshold == 0.0 { 0.0 } else { small }, threshold + small),
        Operator::GreaterOrEqual => above(0.0, threshold - small, threshold + if share { small } else { 0.0 }),
        Operator::Less | Operator::LessOrEqual => {
            let healthy = match subjected.dimension {
                MetricDimension::Ratio | MetricDimension::Boolean => 1.0,
                MetricDimension::Duration
                | MetricDimension::Rate
                | MetricDimension::Count
                | MetricDimension::Bytes
                | MetricDimension::Money => far_above,
            };
            let near_bad = if threshold == 0.0 { 0.0 } else { threshold - small };
            let near_good = if operator == Operator::Less && threshold == 0.0 { 0.0 } else { threshold + small };
            let near_good = if share { near_good.min(1.0) } else { near_good };
            Numbers { healthy, near_good, near_bad, bad: if threshold == 0.0 { 0.0 } else { threshold * 0.5 } }
        }
        Operator::Equal => {
            Numbers { healthy: threshold + 1.0, near_good: threshold + small, near_bad: threshold, bad: threshold }
        }
        Operator::NotEqual => {
            Numbers { healthy: threshold, near_good: threshold, near_bad: threshold + small, bad: threshold + 1.0 }
        }
    }
}

/// Samples that cover so many seconds.
fn samples(seconds: u64, step: u64) -> u64 {
    seconds.div_ceil(step)
}

/// The tests of one alert.
fn signal_tests(plan: &Plan<'_>, file: &RuleFile<'_>, signal: &Signal) -> Vec<Test> {
    if let SignalKind::Burn { slo, window } = &signal.kind {
        let found = plan
            .objective(file.environment, slo)
            .and_then(|objective| Some((objective, objective.windows.iter().find(|one| one.name == *window)?)));
        return found.map(|(objective, window)| burn_tests(plan, file, signal, objective, window)).unwrap_or_default();
    }
    let (Some(threshold), Some(recording)) = (&signal.threshold, signal.recordings.first()) else {
        return super::joined::tests(signal).into_iter().map(joined_test).collect();
    };
    let found = measured(plan, file.environment, recording);
    let subjected = subjected(plan, file.environment, recording, found.as_ref(), None);
    let numbers = numbers(threshold.operator, threshold.value.to_f64(), &subjected);
    let mut tests = Vec::new();
    let title = |what: &str| format!("{}: {what}", signal.name);
    let hold = signal.hold.seconds();
    let settled = subjected.window + hold + 120;
    let steady = |what: &str, value: f64, fires: Fires| Test {
        name: title(what),
        step: STEP,
        series: with_floor(
            signal,
            &subjected,
            subjected
                .source
                .series(&[Phase { state: State::Value(value), samples: samples(settled + 60, STEP) }], STEP),
            samples(settled + 60, STEP),
        ),
        alerts: vec![AlertCheck { at: settled, fires }],
        values: Vec::new(),
    };
    if subjected.follows == Follows::Counting {
        // A count of events is gone again when its window has passed, so it is looked at right after them.
        tests.push(counted(signal, &subjected, &numbers, title("fires for one event more than is allowed, and ends")));
        tests.push(steady("silent when healthy", numbers.healthy, Fires::No));
        if numbers.near_good > 0.0 {
            tests.push(steady("silent for as many events as are allowed", numbers.near_good, Fires::No));
        }
        return tests;
    }
    tests.push(steady("silent when healthy", numbers.healthy, Fires::No));
    tests.push(steady("silent just before its number", numbers.near_good, Fires::No));
    tests.push(steady("fires just beyond its number", numbers.near_bad, Fires::Yes));
    tests.push(outage(signal, &subjected, &numbers, title("fires in an outage after its time, and ends with it")));
    if signal.absent == Absent::Fires {
        tests.push(vanished(signal, &subjected, &numbers, title("fires when the metric vanishes")));
    }
    tests.extend(floor_tests(signal, &subjected));
    tests
}

/// A recorded series without its own window needs its events recorded too, where the rule has a floor.
fn with_floor(signal: &Signal, subjected: &Subjected<'_>, mut series: Vec<Series>, count: u64) -> Vec<Series> {
    let recorded = matches!(subjected.source, Source::Recorded(_));
    if signal.floor > 0 && recorded {
        for events in signal.recordings.iter().filter(|recording| recording.what == What::Events) {
            let values = format!("{}x{count}", signal.floor * 10);
            series.push(Series { name: events.selector(), values });
        }
    }
    series
}

/// Healthy, then bad, then healthy: it fires `for` after its number is crossed and ends when it is crossed back.
fn outage(signal: &Signal, subjected: &Subjected<'_>, numbers: &Numbers, name: String) -> Test {
    let threshold = signal.threshold.as_ref().map_or(0.0, |threshold| threshold.value.to_f64());
    let window = float(subjected.window);
    let range = numbers.bad - numbers.healthy;
    let (on, off) = match subjected.follows {
        Follows::Now | Follows::Counting => (0.0, 0.0),
        Follows::Evenly if range != 0.0 => {
            let share = (threshold - numbers.healthy) / range;
            (share * window, (1.0 - share) * window)
        }
        Follows::Evenly => (0.0, 0.0),
        Follows::Quantile(quantile) => ((1.0 - quantile) * window, quantile * window),
    };
    // Of a quantile all are as bad or as good as can be, so that the share of the window alone decides.
    let (well, bad) = match subjected.follows {
        Follows::Quantile(_) => (State::Requests { rate: RATE, bad: 0.0 }, State::Requests { rate: RATE, bad: 1.0 }),
        Follows::Now | Follows::Evenly | Follows::Counting => {
            (State::Value(numbers.healthy), State::Value(numbers.bad))
        }
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a window")]
    let seconds = |time: f64| time.max(0.0).round() as u64;
    let before = subjected.window + 120;
    let lasts = seconds(on) + signal.hold.seconds() + subjected.window + 120;
    let (begin, end) = (before, before + lasts);
    let after = subjected.window + 180;
    let phases = [
        Phase { state: well, samples: samples(before, STEP) },
        Phase { state: bad, samples: samples(lasts, STEP) },
        Phase { state: well, samples: samples(after, STEP) },
    ];
    let margin = 2 * STEP;
    let fires = begin + seconds(on) + signal.hold.seconds();
    let ends = end + seconds(off);
    let mut alerts = Vec::new();
    if fires > begin + margin {
        alerts.push(AlertCheck { at: fires - margin - STEP, fires: Fires::No });
    }
    alerts.push(AlertCheck { at: fires + margin, fires: Fires::Yes });
    if ends > end + margin {
        alerts.push(AlertCheck { at: ends - margin - STEP, fires: Fires::Yes });
    }
    alerts.push(AlertCheck { at: ends + margin, fires: Fires::No });
    let count = samples(before + lasts + after, STEP);
    let series = with_floor(signal, subjected, subjected.source.series(&phases, STEP), count);
    Test { name, step: STEP, series, alerts, values: Vec::new() }
}

/// So many events at once: it fires after them, and ends when the window has passed.
fn counted(signal: &Signal, subjected: &Subjected<'_>, numbers: &Numbers, name: String) -> Test {
    let before = subjected.window + 120;
    let after = subjected.window + signal.hold.seconds() + 300;
    let phases = [
        Phase { state: State::Value(0.0), samples: samples(before, STEP) },
        Phase { state: State::Value(numbers.near_bad), samples: samples(after, STEP) },
    ];
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count of events")]
    let events = numbers.near_bad as u64;
    let fires = before + events * STEP + signal.hold.seconds();
    let alerts = vec![
        AlertCheck { at: before.saturating_sub(STEP), fires: Fires::No },
        AlertCheck { at: fires + STEP, fires: Fires::Yes },
        AlertCheck { at: before + subjected.window - 4 * STEP, fires: Fires::Yes },
        AlertCheck { at: before + subjected.window + (events + 3) * STEP, fires: Fires::No },
    ];
    Test { name, step: STEP, series: subjected.source.series(&phases, STEP), alerts, values: Vec::new() }
}

/// All is well, then nothing is heard any more.
fn vanished(signal: &Signal, subjected: &Subjected<'_>, numbers: &Numbers, name: String) -> Test {
    let before = subjected.window + 120;
    let gone = subjected.window + signal.hold.seconds() + 600;
    let phases = [
        Phase { state: State::Value(numbers.healthy), samples: samples(before, STEP) },
        Phase { state: State::Gone, samples: samples(gone, STEP) },
    ];
    let at = before + subjected.window + signal.hold.seconds() + 60;
    let alerts =
        vec![AlertCheck { at: before.saturating_sub(STEP), fires: Fires::No }, AlertCheck { at, fires: Fires::Yes }];
    Test { name, step: STEP, series: subjected.source.series(&phases, STEP), alerts, values: Vec::new() }
}

/// One bad request among few wakes nobody, nor does anything just below the floor; just above it everything counts.
fn floor_tests(signal: &Signal, subjected: &Subjected<'_>) -> Vec<Test> {
    if signal.floor == 0 || subjected.window == 0 {
        return Vec::new();
    }
    let settled = subjected.window + signal.hold.seconds() + 120;
    let count = samples(settled + 60, STEP);
    let rate = |share: f64| float(signal.floor) * share / float(subjected.window);
    let made = |what: &str, phases: &[Phase], alerts: Vec<AlertCheck>| Test {
        name: format!("{}: {what}", signal.name),
        step: STEP,
        series: subjected.source.series(phases, STEP),
        alerts,
        values: Vec::new(),
    };
    let all_bad = |share: f64| [Phase { state: State::Requests { rate: rate(share), bad: 1.0 }, samples: count }];
    let few = [
        Phase { state: State::Requests { rate: 0.02, bad: 0.0 }, samples: count },
        Phase { state: State::OneBad { rate: 0.02 }, samples: count },
    ];
    let moments = [60, subjected.window / 2, subjected.window + signal.hold.seconds() / 2];
    let silent = moments.iter().map(|after| AlertCheck { at: count * STEP + after, fires: Fires::No }).collect();
    vec![
        made("silent for one error at low traffic", &few, silent),
        made("silent just below its floor", &all_bad(0.95), vec![AlertCheck { at: settled, fires: Fires::No }]),
        made("fires just above its floor", &all_bad(1.05), vec![AlertCheck { at: settled, fires: Fires::Yes }]),
    ]
}

fn joined_test(test: super::joined::JoinedTest) -> Test {
    Test {
        name: test.name,
        step: STEP,
        series: test.series,
        alerts: test
            .checks
            .into_iter()
            .map(|(at, fires)| AlertCheck { at, fires: if fires { Fires::Yes } else { Fires::No } })
            .collect(),
        values: Vec::new(),
    }
}

/// The seconds between samples of a burn test: ten of them in the short window.
fn burn_step(window: &SloWindow) -> u64 {
    (window.short.window.map_or(300, |short| short.seconds()) / 10).max(STEP)
}

fn burn_tests(
    plan: &Plan<'_>,
    file: &RuleFile<'_>,
    signal: &Signal,
    objective: &Objective,
    window: &SloWindow,
) -> Vec<Test> {
    let found = measured(plan, file.environment, &window.long);
    let Some(source) = objective_source(plan, file.environment, objective, found.as_ref()) else { return Vec::new() };
    let step = burn_step(window);
    let long = window.long.window.map_or(0, |long| long.seconds());
    let short = window.short.window.map_or(0, |short| short.seconds());
    let threshold = window.threshold.to_f64();
    let rate = (RATE).max(float(window.floor) * 20.0 / float(long.max(1)));
    let title = |what: &str| format!("{}: {what}", signal.name);
    let steady = |what: &str, rate: f64, bad: f64, fires: Fires| {
        let phases = [Phase { state: State::Requests { rate, bad }, samples: samples(long + 4 * step, step) }];
        Test {
            name: title(what),
            step,
            series: source.series(&phases, step),
            alerts: vec![AlertCheck { at: long + 2 * step, fires }],
            values: Vec::new(),
        }
    };
    let small = 0.05 * threshold;
    let low = |share: f64| float(window.floor) * share / float(long.max(1));
    let few = [
        Phase { state: State::Requests { rate: low(0.3), bad: 0.0 }, samples: samples(long, step) },
        Phase { state: State::OneBad { rate: low(0.3) }, samples: samples(long, step) },
    ];
    let one_error = Test {
        name: title("silent for one error at low traffic"),
        step,
        series: source.series(&few, step),
        alerts: [step, short / 2, short]
            .iter()
            .map(|after| AlertCheck { at: samples(long, step) * step + after, fires: Fires::No })
            .collect(),
        values: Vec::new(),
    };
    vec![
        steady("silent when healthy", rate, 0.0, Fires::No),
        steady("silent just before its number", rate, threshold - small, Fires::No),
        steady("fires just beyond its number", rate, (threshold + small).min(1.0), Fires::Yes),
        steady("silent just below its floor", low(0.95), 1.0, Fires::No),
        steady("fires just above its floor", low(1.05), 1.0, Fires::Yes),
        one_error,
        burn_outage(&source, window, rate, title("fires in an outage, and ends soon after it")),
    ]
}

/// The long window decides when it fires, the short one when it ends.
fn burn_outage(source: &Source<'_>, window: &SloWindow, rate: f64, name: String) -> Test {
    let step = burn_step(window);
    let long = float(window.long.window.map_or(0, |long| long.seconds()));
    let short = float(window.short.window.map_or(0, |short| short.seconds()));
    let threshold = window.threshold.to_f64();
    let bad = if threshold * 2.0 > 1.0 { f64::midpoint(1.0, threshold) } else { threshold * 2.0 };
    let on = long * threshold / bad;
    let lasts = on * 1.3;
    let off = short * (bad - threshold) / bad;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a window")]
    let aligned = |time: f64| (time / float(step)).round() as u64 * step;
    let begin = aligned(long) + 2 * step;
    let end = begin + aligned(lasts);
    let state = |bad: f64| State::Requests { rate, bad };
    let phases = [
        Phase { state: state(0.0), samples: samples(begin, step) },
        Phase { state: state(bad), samples: samples(end - begin, step) },
        Phase { state: state(0.0), samples: samples(aligned(short * 2.0) + 4 * step, step) },
    ];
    let margin = aligned(long * 0.1).max(2 * step);
    let late = 2 * step;
    let alerts = vec![
        AlertCheck { at: begin + aligned(on) - margin, fires: Fires::No },
        AlertCheck { at: begin + aligned(on) + margin, fires: Fires::Yes },
        AlertCheck { at: end + aligned(off) - late, fires: Fires::Yes },
        AlertCheck { at: end + aligned(off) + late, fires: Fires::No },
    ];
    Test { name, step, series: source.series(&phases, step), alerts, values: Vec::new() }
}

/// The requests of an objective.
fn objective_source<'m>(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    objective: &Objective,
    found: Option<&'m Measure>,
) -> Option<Source<'m>> {
    let workload = environment.workload(&objective.service)?;
    let convention = convention(plan, environment, workload);
    let found = found?;
    Some(match objective.sli.value {
        model::Sli::Availability => Source::Errors { measure: found, convention, good_is_value: GoodIs::Rest },
        model::Sli::Latency => {
            let under = objective.under.as_ref()?.value.milliseconds();
            Source::Latency { measure: found, convention, quantile: 0.95, bound: Some(float(under) / 1000.0) }
        }
    })
}

/// The tests of one recorded series: its value, its labels, and how far it looks back.
fn recording_tests(plan: &Plan<'_>, file: &RuleFile<'_>, recording: &Recording) -> Option<Test> {
    let name = format!("{}: has its value, and looks back as far as it says", recording.record);
    let window = recording.window.map_or(0, |window| window.seconds());
    let step = (window / 20).max(STEP).min(window.max(60));
    let check = |at: u64, query: String, value: i64| ValueCheck { at, query, labels: recording.labels.clone(), value };
    let selector = recording.selector();
    let objective_of = |name: &str| plan.objective(file.environment, name);
    let slo = recording.labels.iter().find(|(label, _)| label == "slo").map(|(_, value)| value.clone());
    if let Some(objective) = slo.as_deref().and_then(objective_of) {
        return slo_recording_test(plan, file, recording, objective, name, step);
    }
    let found = measured(plan, file.environment, recording)?;
    let subjected = subjected(plan, file.environment, recording, Some(&found), None);
    let before = window + 2 * step;
    let phases = |first: State, second: State, third: State| {
        [
            Phase { state: first, samples: samples(before, step) },
            Phase { state: second, samples: samples(before, step) },
            Phase { state: third, samples: samples(before, step) },
        ]
    };
    let begin = samples(before, step) * step;
    let (states, checks) = match (recording.what, subjected.follows) {
        (What::Events, _) => {
            let of = |rate: f64| State::Requests { rate, bad: 0.0 };
            // Half of the window at the old rate, half at the new one.
            let query = format!("round({selector} / {})", window * 10 / 8);
            (phases(of(10.0), of(20.0), of(20.0)), vec![check(begin + window / 2, query, 12)])
        }
        (_, Follows::Evenly) => {
            let (low, high) = (0.25, 0.75);
            let query = format!("round(({selector} - {low}) * 8)");
            let states = phases(State::Value(low), State::Value(high), State::Value(high));
            (states, vec![check(begin + window / 2, query, 2)])
        }
        (_, Follows::Quantile(quantile)) => {
            let of = |bad: f64| State::Requests { rate: RATE, bad };
            let states = phases(of(0.0), of(1.0), of(0.0));
            let end = 2 * begin;
            let query = format!("{selector} > bool 0.5");
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a window")]
            let crossing = (float(window) * quantile) as u64;
            let early = end + crossing * 7 / 10;
            let late = end + crossing * 13 / 10 + step;
            (states, vec![check(early, query.clone(), 1), check(late.min(end + before), query, 0)])
        }
        (_, Follows::Counting) => {
            let states = phases(State::Value(0.0), State::Value(2.0), State::Value(0.0));
            let query = format!("round({selector})");
            let checks =
                vec![check(begin + window - 2 * step, query.clone(), 2), check(begin + window + 4 * step, query, 0)];
            (states, checks)
        }
        (_, Follows::Now) => {
            let states = phases(State::Value(0.5), State::Value(0.75), State::Value(0.75));
            let query = format!("round({selector} * 4)");
            (states, vec![check(begin - step, query.clone(), 2), check(begin + 2 * step, query, 3)])
        }
    };
    if matches!(subjected.source, Source::Recorded(_)) {
        return None;
    }
    Some(Test { name, step, series: subjected.source.series(&states, step), alerts: Vec::new(), values: checks })
}

/// The series of an objective: half of the window is good, half is bad.
fn slo_recording_test(
    plan: &Plan<'_>,
    file: &RuleFile<'_>,
    recording: &Recording,
    objective: &Objective,
    name: String,
    step: u64,
) -> Option<Test> {
    let window = recording.window.map_or(0, |window| window.seconds());
    let before = window + 2 * step;
    let count = samples(before, step);
    let begin = count * step;
    let phases =
        |first: State, second: State| [Phase { state: first, samples: count }, Phase { state: second, samples: count }];
    let half = |first: f64, second: f64| {
        phases(State::Requests { rate: RATE, bad: first }, State::Requests { rate: RATE, bad: second })
    };
    let selector = recording.selector();
    let (states, query, value) = match recording.what {
        What::ErrorRatio if recording.record == objective.budget.record && same_window(recording, objective) => {
            return budget_test(recording, objective, name);
        }
        What::ErrorRatio | What::Value => (half(0.0, 1.0), format!("round({selector} * 4)"), 2),
        What::Good => (half(0.0, 1.0), format!("round({selector} / 2.5)"), 2),
        What::Total => {
            let of = |rate: f64| State::Requests { rate, bad: 0.0 };
            (phases(of(10.0), of(30.0)), format!("round({selector} / 5)"), 4)
        }
        What::Events => {
            let of = |rate: f64| State::Requests { rate, bad: 0.0 };
            (phases(of(10.0), of(30.0)), format!("round({selector} / {})", window * 5), 4)
        }
    };
    let found = measured(plan, file.environment, recording);
    let source = objective_source(plan, file.environment, objective, found.as_ref())?;
    let values = vec![ValueCheck { at: begin + window / 2, query, labels: recording.labels.clone(), value }];
    Some(Test { name, step, series: source.series(&states, step), alerts: Vec::new(), values })
}

fn same_window(recording: &Recording, objective: &Objective) -> bool {
    recording.window == objective.budget.window
}

/// The budget sums what was recorded every five minutes, so that is what goes in.
fn budget_test(recording: &Recording, objective: &Objective, name: String) -> Option<Test> {
    let window = recording.window?.seconds();
    let step = (window / 20).max(STEP);
    let count = samples(window + 2 * step, step);
    let series = |recording: &Recording, values: String| Series { name: recording.selector(), values };
    let good = format!("10x{} {}x{}", count - 1, number(0.0), count - 1);
    let total = format!("10x{}", 2 * count - 1);
    let values = vec![ValueCheck {
        at: count * step + window / 2,
        query: format!("round({} * 4)", recording.selector()),
        labels: recording.labels.clone(),
        value: 2,
    }];
    let series = vec![series(&objective.good, good), series(&objective.total, total)];
    Some(Test { name, step, series, alerts: Vec::new(), values })
}
