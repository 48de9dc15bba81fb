//! Predicates on alerts, their routes and runbooks, and on logs.

use crate::artifact::{Artifact, Tree};
use crate::check;
use crate::derive::Workload;
use crate::model;
use crate::prove::scene::{Scene, scalar, texts};
use crate::prove::{Place, Tally};
use crate::standard;
use crate::value::Duration;

/// A rule of an emitted rule file that raises an alert.
struct Alert<'a> {
    file: &'a Artifact,
    key: String,
    tree: &'a Tree,
}

impl Alert<'_> {
    fn place(&self, below: &str) -> Place {
        Place::new(self.file.path.as_str(), [&self.key, ".", below].concat())
    }

    fn name(&self) -> String {
        self.tree.key("alert").map(scalar).unwrap_or_default()
    }
}

fn alerts<'a>(scene: &Scene<'a>) -> Vec<Alert<'a>> {
    let mut found = Vec::new();
    for file in scene.artifacts {
        let groups = file.find("groups").map(|found| found.tree.items()).unwrap_or_default();
        for (group_index, group) in groups.iter().enumerate() {
            let rules = group.key("rules").map(Tree::items).unwrap_or_default();
            for (index, tree) in rules.iter().enumerate().filter(|(_, rule)| rule.key("alert").is_some()) {
                found.push(Alert { file, key: format!("groups[{group_index}].rules[{index}]"), tree });
            }
        }
    }
    found
}

/// Every alert reaches a route with a receiver, and every route says when it goes further.
pub(super) fn alerts_routed(scene: &Scene<'_>, tally: &mut Tally) {
    let alerts = alerts(scene);
    if alerts.is_empty() {
        return;
    }
    let manager = scene.artifacts.iter().find(|file| file.path.ends_with("alertmanager.yml"));
    let observe = scene.plan.model.declared.observe.as_ref();
    for alert in &alerts {
        let fault = match manager {
            None => Some(format!("`{}` has no route: nothing says who is told", alert.name())),
            Some(manager) => unrouted(manager, alert),
        };
        tally.judge(alert.place("labels"), fault);
    }
    for route in observe.iter().flat_map(|observe| &observe.route) {
        let name = &route.name.value;
        let place = scene.declared(&["observe.route.", name, ".escalate-after"].concat());
        tally.judge(place, route.escalate_after.is_none().then(|| format!("`{name}` never escalates")));
    }
}

/// Why nobody is told of an alert.
fn unrouted(manager: &Artifact, alert: &Alert<'_>) -> Option<String> {
    let receivers: Vec<String> = manager
        .find("receivers")
        .map(|found| found.tree.items().iter().filter_map(|one| one.key("name").map(scalar)).collect())
        .unwrap_or_default();
    let mut reached = Vec::new();
    if let Some(route) = manager.find("route") {
        follow(route.tree, alert.tree, &mut reached);
    }
    match reached.iter().find(|name| !receivers.contains(name)) {
        Some(name) => Some(format!("the receiver `{name}` of `{}` does not exist", alert.name())),
        None if reached.is_empty() => Some(format!("no route takes `{}`", alert.name())),
        None => None,
    }
}

/// The receivers that a route and those below it tell of an alert: the first that fits, and further ones where it goes on.
fn follow(route: &Tree, alert: &Tree, reached: &mut Vec<String>) {
    let mut taken = false;
    for child in route.key("routes").map(Tree::items).unwrap_or_default() {
        let matchers = child.key("matchers").map(texts).unwrap_or_default();
        if !matchers.iter().all(|matcher| fits(matcher, alert)) {
            continue;
        }
        taken = true;
        follow(child, alert, reached);
        if child.key("continue").map(scalar).as_deref() != Some("true") {
            break;
        }
    }
    if !taken {
        reached.extend(route.key("receiver").map(scalar));
    }
}

/// Whether a matcher `name="value"` or `name!="value"` fits the labels of an alert; others are taken not to.
fn fits(matcher: &str, alert: &Tree) -> bool {
    let Some((name, value)) = matcher.split_once('=') else { return false };
    let (name, negated) = match name.trim().strip_suffix('!') {
        Some(name) => (name.trim(), true),
        None => (name.trim(), false),
    };
    let label = alert.key("labels").and_then(|labels| labels.key(name)).map(scalar).unwrap_or_default();
    (label == value.trim().trim_matches('"')) != negated
}

/// Every alert says where its runbook entry is.
pub(super) fn alerts_have_runbooks(scene: &Scene<'_>, tally: &mut Tally) {
    for alert in alerts(scene) {
        let link = alert.tree.get("annotations.runbook_url").map(scalar).unwrap_or_default();
        let fault = (!link.contains('#')).then(|| format!("`{}` links to no runbook entry", alert.name()));
        tally.judge(alert.place("annotations.runbook_url"), fault);
    }
}

/// For each production service an alert fires when it goes silent.
pub(super) fn absence_alerted(scene: &Scene<'_>, tally: &mut Tally) {
    let alerts = alerts(scene);
    if alerts.is_empty() {
        return;
    }
    let plan = scene.plan;
    // Read once: every deployment is looked up among them.
    let absences: Vec<_> = alerts
        .iter()
        .filter_map(|alert| {
            let expression = alert.tree.key("expr").map(scalar).unwrap_or_default();
            let is_absence = expression.contains("absent(") || expression.contains("absent_over_time(");
            let label = |key| alert.tree.get(key).map(scalar);
            is_absence.then(|| (alert, expression, label("labels.service"), label("labels.environment")))
        })
        .collect();
    for environment in plan.facts.environments.iter().filter(|environment| plan.is_production(environment)) {
        for workload in environment.workloads.iter().filter(|workload| is_long_running(workload)) {
            let name = workload.name.value.as_str();
            let named = ["\"", name, "\""].concat();
            let found = absences.iter().find(|(_, expression, service, place)| {
                place.as_ref().is_none_or(|place| *place == environment.name.value)
                    && (service.as_deref() == Some(name) || expression.contains(&named))
            });
            match found {
                Some((alert, ..)) => tally.holds(alert.place("expr")),
                None => {
                    let file = alerts.first().map_or("", |alert| alert.file.path.as_str());
                    let reason = format!("nothing fires when `{}` goes silent", workload.name.value);
                    tally.fails(Place::new(file, "groups"), reason);
                }
            }
        }
    }
}

fn is_long_running(workload: &Workload) -> bool {
    use crate::derive::Role;
    match workload.role.value {
        Role::Web | Role::Api | Role::Worker => true,
        Role::Static | Role::Function | Role::Cron | Role::Task => false,
    }
}

fn logs<'a>(scene: &Scene<'a>) -> Option<&'a model::Logs> {
    scene.plan.model.declared.observe.as_ref()?.logs.as_ref()
}

/// The collector strikes out every field that is named.
pub(super) fn logs_redacted(scene: &Scene<'_>, tally: &mut Tally) {
    let Some(redact) = logs(scene).and_then(|logs| logs.redact.as_ref()) else { return };
    let Some(collector) = scene.artifacts.iter().find(|file| file.path.ends_with("otel-collector.yaml")) else {
        return;
    };
    let Some(processors) = collector.find("processors").map(|found| found.tree) else {
        return tally.fails(Place::new(collector.path.as_str(), ""), "the collector strikes nothing out");
    };
    let texts = texts(processors);
    for field in redact.value.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        let named = texts.iter().any(|text| text.contains(field));
        let fault = (!named).then(|| format!("`{field}` is not struck out"));
        tally.judge(Place::new(collector.path.as_str(), "processors"), fault);
    }
}

/// Logs are kept as long as the posture asks.
pub(super) fn logs_retained(scene: &Scene<'_>, tally: &mut Tally) {
    let Some(logs) = logs(scene) else { return };
    let posture = check::posture(scene.plan.model);
    let facts: Option<&'static model::StdPosture> = standard::get("posture", posture.word());
    let asked = facts.and_then(|facts| {
        facts.require.iter().find(|one| one.name.value == "log-retention").map(|one| one.value.value.clone())
    });
    let Some(least) = asked.and_then(|asked| asked.parse::<Duration>().ok()) else { return };
    let short = logs.retain.value < least;
    let reason = || format!("logs are kept for {}, the posture asks for {least}", logs.retain.value);
    tally.judge(scene.declared("observe.logs.retain"), short.then(reason));
}
