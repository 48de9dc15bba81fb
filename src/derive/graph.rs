//! The project as diagrams: how releases are promoted, what the pipeline does, who talks to whom, and what is trusted.

use crate::artifact::Flowchart;
use crate::artifact::chart::{Direction, Shape};
use crate::derive::{EnvironmentFacts, Facts, Role, Trigger, Workload};
use crate::resolve::Model;

/// How a release gets from a change to each environment.
pub fn promotion(facts: &Facts) -> Flowchart {
    let mut chart = Flowchart::new(Direction::Right);
    for environment in &facts.environments {
        let name = environment.name.value.as_str();
        chart.node(name, format!("{name} ({})", environment.tier.value.word()), Shape::Box);
        for trigger in &environment.triggers {
            let (key, label) = match &trigger.value {
                Trigger::Push(branch) => (format!("push {branch}"), format!("push to {branch}")),
                Trigger::Tag(tag) => (format!("tag {tag}"), format!("tag {tag}")),
                Trigger::PullRequest(Some(label)) => {
                    ("pull request".to_owned(), format!("pull request labelled {label}"))
                }
                Trigger::PullRequest(None) => ("pull request".to_owned(), "pull request".to_owned()),
                Trigger::Manual => ("by hand".to_owned(), "by hand".to_owned()),
            };
            chart.node(key.clone(), label, Shape::Circle);
            chart.edge(key, name, "");
        }
    }
    for environment in &facts.environments {
        let Some(promotion) = &environment.promotion else { continue };
        let mut gates: Vec<String> = Vec::new();
        gates.extend(promotion.after.as_ref().map(|after| format!("after {}", after.value)));
        gates.extend(promotion.approval.as_ref().map(|approval| format!("approved by {}", approval.by.value)));
        chart.edge(promotion.from.value.clone(), environment.name.value.clone(), gates.join(", "));
    }
    chart
}

/// What the pipeline does with a change, per release unit.
pub fn pipeline(model: &Model, facts: &Facts) -> Flowchart {
    let mut chart = Flowchart::new(Direction::Right);
    chart.node("change", "change", Shape::Circle);
    chart.node("ci", "ci: lint, test, build, scan", Shape::Box);
    chart.edge("change", "ci", "");
    for job in model.pipeline.iter().flat_map(|pipeline| &pipeline.job) {
        let key = format!("job {}", job.name.value);
        chart.node(key.clone(), job.name.value.clone(), Shape::Box);
        chart.edge(key, "ci", "");
    }
    for unit in &facts.units {
        let build = format!("build {}", unit.name);
        chart.node(build.clone(), format!("build {}", unit.name), Shape::Box);
        chart.edge("ci", build.clone(), "");
        let here = |environment: &&EnvironmentFacts| {
            !environment.ephemeral.value && environment.workloads.iter().any(|workload| workload.unit == unit.name)
        };
        for environment in facts.environments.iter().filter(here) {
            let key = format!("{} {}", unit.name, environment.name.value);
            chart.node(key.clone(), format!("{} to {}", unit.name, environment.name.value), Shape::Box);
            let from = match &environment.promotion {
                Some(promotion) if facts.environment(&promotion.from.value).as_ref().is_some_and(here) => {
                    format!("{} {}", unit.name, promotion.from.value)
                }
                Some(_) | None => build.clone(),
            };
            let gate = environment.promotion.as_ref().and_then(|promotion| promotion.approval.as_ref());
            chart.edge(from, key, gate.map_or(String::new(), |approval| format!("approved by {}", approval.by.value)));
        }
    }
    chart
}

/// The environment whose workloads stand for the project: the last that releases reach.
fn representative(facts: &Facts) -> Option<&EnvironmentFacts> {
    facts.environments.iter().rev().find(|environment| !environment.ephemeral.value).or(facts.environments.last())
}

fn workload_node(chart: &mut Flowchart, workload: &Workload) {
    let shape = match workload.role.value {
        Role::Web | Role::Api | Role::Static | Role::Function => Shape::Box,
        Role::Worker | Role::Cron | Role::Task => Shape::Round,
    };
    let label = format!("{} ({})", workload.name.value, workload.role.value.word());
    chart.node(format!("service {}", workload.name.value), label, shape);
}

/// Who calls whom, and who uses which resource.
pub fn topology(model: &Model, facts: &Facts) -> Flowchart {
    let mut chart = Flowchart::new(Direction::Down);
    let Some(environment) = representative(facts) else { return chart };
    for workload in &environment.workloads {
        workload_node(&mut chart, workload);
    }
    for resource in &model.declared.resources {
        let label = format!("{} ({})", resource.name.value, resource.kind.value.word());
        chart.node(format!("resource {}", resource.name.value), label, Shape::Database);
    }
    if environment.workloads.iter().any(Workload::is_public) {
        chart.node("internet", "internet", Shape::Circle);
    }
    edges(&mut chart, environment);
    chart
}

fn edges(chart: &mut Flowchart, environment: &EnvironmentFacts) {
    for workload in &environment.workloads {
        let own = format!("service {}", workload.name.value);
        if workload.is_public() {
            let protocol = workload.main_port().map_or("", |port| port.protocol.word());
            chart.edge("internet", own.clone(), protocol);
        }
        for call in &workload.calls {
            chart.edge(own.clone(), format!("service {}", call.value), "");
        }
        for used in &workload.uses {
            chart.edge(own.clone(), format!("resource {}", used.value), "");
        }
    }
}

/// The declared trust boundaries with what they hold; without any, the internet and everything else.
pub fn trust(model: &Model, facts: &Facts) -> Flowchart {
    let mut chart = Flowchart::new(Direction::Right);
    let Some(environment) = representative(facts) else { return chart };
    let element = |chart: &mut Flowchart, name: &str| {
        if let Some(workload) = environment.workload(name) {
            workload_node(chart, workload);
        } else if let Some(resource) = model.declared.resource(name) {
            let label = format!("{} ({})", resource.name.value, resource.kind.value.word());
            chart.node(format!("resource {name}"), label, Shape::Database);
        }
    };
    let mut placed: Vec<&str> = Vec::new();
    let boundaries = model.threats.as_ref().map(|threats| threats.boundary.as_slice()).unwrap_or_default();
    for boundary in boundaries.iter().filter(|boundary| !boundary.holds.is_empty()) {
        chart.group(format!("{} (trust {})", boundary.name.value, boundary.trust.value), |chart| {
            for held in &boundary.holds {
                element(chart, &held.value);
            }
        });
        placed.extend(boundary.holds.iter().map(|held| held.value.as_str()));
    }
    for boundary in boundaries.iter().filter(|boundary| boundary.holds.is_empty()) {
        let key = if boundary.name.value == "internet" {
            "internet".to_owned()
        } else {
            format!("boundary {}", boundary.name.value)
        };
        chart.node(key, format!("{} (trust {})", boundary.name.value, boundary.trust.value), Shape::Circle);
    }
    if boundaries.iter().all(|boundary| boundary.name.value != "internet")
        && environment.workloads.iter().any(Workload::is_public)
    {
        chart.node("internet", "internet", Shape::Circle);
    }
    let names = environment.workloads.iter().map(|workload| workload.name.value.as_str());
    let resources = model.declared.resources.iter().map(|resource| resource.name.value.as_str());
    for name in names.chain(resources).filter(|name| !placed.contains(name)).collect::<Vec<_>>() {
        element(&mut chart, name);
    }
    edges(&mut chart, environment);
    chart
}
