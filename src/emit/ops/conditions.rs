//! Rollback conditions as queries that give a series exactly while the condition holds of the new version.

use crate::derive::{EnvironmentFacts, Workload};
use crate::model::{self, MetricExporter, QueryBackend};
use crate::plan::Plan;
use crate::source::Origin;
use crate::standard;
use crate::syntax::expression::{Comparison, Condition, Metric, Operand, ProductOperator, SumOperator};

/// The seconds in which a condition can show that it holds: its longest `for` and `over`.
pub(super) fn needed_seconds(condition: &Condition) -> u64 {
    let lengths = condition.comparisons().into_iter().map(|comparison| {
        let seconds = |timed: &Option<crate::syntax::expression::Timed>| {
            timed.as_ref().map_or(0, |timed| timed.duration.seconds())
        };
        seconds(&comparison.hold).max(seconds(&comparison.over))
    });
    lengths.max().unwrap_or(0).max(60)
}

/// One condition of a strategy, ready to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// As it is written.
    pub text: String,
    /// How long it must hold.
    pub seconds: u64,
    /// The query; `{revision}` stands for the version.
    pub query: String,
    /// Where it is declared.
    pub origin: Origin,
}

/// What a rollout watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The conditions.
    pub conditions: Vec<Watched>,
    /// How many requests the version must have had.
    pub sample: u64,
    /// The query that gives a series once it has had them.
    pub sample_query: String,
    /// How often they are asked, in seconds.
    pub interval: u64,
}

/// The conditions that take a version of a workload back; none where its strategy has none.
pub fn watch(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Option<Watch> {
    let rollback = plan.strategy(environment, workload)?.rollback.as_ref()?;
    let defaults = standard::get::<model::StdSignalDefaults>("signal-defaults", "default")?;
    let reader = Reader { plan, environment, workload, window: defaults.window.value.to_string() };
    let sample = match &rollback.sample {
        Some(sample) => sample.value.get(),
        None => defaults.sample.value.parse().unwrap_or(0),
    };
    let conditions: Vec<Watched> = rollback
        .when
        .iter()
        .filter_map(|when| {
            let seconds = when
                .value
                .comparisons()
                .iter()
                .filter_map(|one| one.hold.as_ref())
                .map(|hold| hold.duration.seconds())
                .max();
            let query = reader.condition(&when.value)?;
            Some(Watched {
                text: when.value.print(),
                seconds: seconds.unwrap_or(0),
                query,
                origin: when.origin.clone(),
            })
        })
        .collect();
    // What was seen since the version came up counts, so the sample looks far back.
    let events = reader.query("traffic", "1d", |query| query.events.as_ref().map(|text| text.value.clone()))?;
    Some(Watch {
        conditions,
        sample,
        sample_query: [&events, " >= ", &sample.to_string()].concat(),
        interval: defaults.analysis_interval.value.seconds().max(1),
    })
}

struct Reader<'a> {
    plan: &'a Plan<'a>,
    environment: &'a EnvironmentFacts,
    workload: &'a Workload,
    window: String,
}

impl Reader<'_> {
    fn condition(&self, condition: &Condition) -> Option<String> {
        match condition {
            Condition::Or { parts, .. } => self.joined(parts, " or on() "),
            Condition::And { parts, .. } => self.joined(parts, " and on() "),
            Condition::Not { inner, .. } => Some(["absent(", &self.condition(inner)?, ")"].concat()),
            Condition::Comparison(comparison) => self.comparison(comparison),
        }
    }

    fn joined(&self, parts: &[Condition], word: &str) -> Option<String> {
        let parts: Option<Vec<String>> =
            parts.iter().map(|part| Some(["(", &self.condition(part)?, ")"].concat())).collect();
        Some(parts?.join(word))
    }

    fn comparison(&self, comparison: &Comparison) -> Option<String> {
        let window = comparison.over.as_ref().map_or_else(|| self.window.clone(), |over| over.duration.to_string());
        let left = self.operand(&comparison.left, &window)?;
        let right = self.operand(&comparison.right, &window)?;
        Some(["(", &left, ") ", comparison.operator.symbol(), " (", &right, ")"].concat())
    }

    fn operand(&self, operand: &Operand, window: &str) -> Option<String> {
        match operand {
            Operand::Quantity { quantity, .. } => Some(quantity.number.to_string()),
            Operand::Metric(metric) => self.metric(metric, window),
            Operand::Sum { first, rest, .. } => {
                let mut text = self.operand(first, window)?;
                for (operator, operand) in rest {
                    let sign = match operator {
                        SumOperator::Plus => " + ",
                        SumOperator::Minus => " - ",
                    };
                    text = [&text, sign, "(", &self.operand(operand, window)?, ")"].concat();
                }
                Some(text)
            }
            Operand::Product { first, rest, .. } => {
                let mut text = ["(", &self.operand(first, window)?, ")"].concat();
                for (operator, operand) in rest {
                    let sign = match operator {
                        ProductOperator::Times => " * ",
                        ProductOperator::DividedBy => " / ",
                    };
                    text = [&text, sign, "(", &self.operand(operand, window)?, ")"].concat();
                }
                Some(text)
            }
        }
    }

    fn metric(&self, metric: &Metric, window: &str) -> Option<String> {
        self.query(&metric.name, window, |query| Some(query.value.value.clone()))
    }

    /// A query of a metric with its names in braces filled, of one version.
    fn query(
        &self,
        metric: &str,
        window: &str,
        part: impl Fn(&model::StdMetricQuery) -> Option<String>,
    ) -> Option<String> {
        let facts = standard::get::<model::StdMetric>("metric", metric)?;
        let host = self.workload.host.platform.value.as_str();
        let exporter = facts
            .export
            .iter()
            .find(|export| export.host.value == host)
            .or_else(|| facts.export.iter().find(|export| export.host.value == "default"))
            .map_or(MetricExporter::Contract, |export| export.by.value);
        let query = facts
            .query
            .iter()
            .find(|query| query.from.value == exporter && query.backend.value == QueryBackend::Prometheus)?;
        let text = part(query)?;
        let source = standard::get::<model::StdMetricSource>("metric-source", exporter.word())?;
        let matcher = source.version_matcher.as_ref().map(|matcher| matcher.value.clone()).unwrap_or_default();
        let selector = if matcher.is_empty() {
            source.selector.value.clone()
        } else {
            [&source.selector.value, ",", &matcher].concat()
        };
        Some(self.filled(&text.replace("{selector}", &selector), window))
    }

    fn filled(&self, text: &str, window: &str) -> String {
        let node = &self.workload.host.node;
        let of = |value: &Option<crate::source::Sourced<String>>| {
            value.as_ref().map(|value| value.value.clone()).unwrap_or_default()
        };
        let service = self.workload.service(self.plan.setting(self.environment));
        let convention = service
            .and_then(|service| service.metrics.as_ref())
            .map_or("otel", |metrics| metrics.convention.value.as_str());
        let convention = standard::get::<model::StdConvention>("convention", convention);
        let series = |role: &str| {
            convention
                .as_ref()
                .and_then(|convention| convention.series.iter().find(|series| series.role.value == role))
                .map(|series| series.name.value.clone())
                .unwrap_or_default()
        };
        let errors =
            convention.as_ref().and_then(|convention| convention.errors.as_ref()).map(|errors| errors.value.clone());
        let holes = [
            ("{requests}", series("requests")),
            ("{buckets}", series("buckets")),
            ("{errors}", errors.unwrap_or_default()),
            ("{app}", self.plan.app().to_owned()),
            ("{environment}", self.environment.name.value.clone()),
            ("{service}", self.workload.name.value.clone()),
            ("{workload}", self.workload.generated.clone()),
            ("{project}", of(&node.project)),
            ("{region}", of(&node.region)),
            ("{window}", window.to_owned()),
        ];
        holes.iter().fold(text.to_owned(), |text, (hole, value)| text.replace(hole, value))
    }
}
