//! Hosting, pipeline, variables with their sensitivity, and where secrets are kept.

use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, heading, item, prose, row, table};
use crate::derive::{Part, Variable};
use crate::emit::paper::deployment::{
    Deployment, by_environment, deployments, host_properties, platform_title, program_names, released,
};
use crate::emit::paper::deployment_plan::{about, listed};
use crate::emit::paper::security::secrets;
use crate::emit::paper::{always, code, command, names, section};
use crate::model::PipelineService;
use crate::ordered::Ordered;
use crate::plan::threat::reader::readers;
use crate::plan::{Plan, joined};
use crate::source::Origin;

pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("a part of every deployment plan");
    let mut out = Vec::new();
    section(&mut out, heading(3, "Hosting").at(&rule), vec![hosting(plan)]);
    section(&mut out, heading(3, "CI/CD Pipeline").at(&rule), vec![pipeline(plan)]);
    section(&mut out, heading(3, "Environment Configuration").at(&rule), vec![variables(plan), secrets(plan)]);
    out
}

/// A row for each host of each environment.
fn hosting(plan: &Plan<'_>) -> Block {
    let mut rows = Vec::new();
    for (environment, group) in by_environment(&deployments(plan)) {
        let mut hosts: Vec<Vec<Deployment<'_>>> = Vec::new();
        for one in group {
            let same = |known: &&mut Vec<Deployment<'_>>| {
                known.first().is_some_and(|other| other.workload.host.node.origin == one.workload.host.node.origin)
            };
            match hosts.iter_mut().find(same) {
                Some(known) => known.push(one),
                None => hosts.push(vec![one]),
            }
        }
        for bound in hosts {
            let Some(host) = bound.first().map(|one| &one.workload.host) else { continue };
            let properties = host_properties(host);
            let region = properties.iter().find(|(name, _)| *name == "region").map(|(_, value)| code(&value.value));
            let rest = properties
                .iter()
                .filter(|(name, _)| *name != "region")
                .map(|(name, value)| Prose::from([name, " "].concat()).then(code(&value.value)));
            let provider = Prose::joined(std::iter::once(Prose::from(platform_title(host))).chain(rest), ", ");
            let origin = environment.name.origin.clone().with_all(bound.iter().map(Deployment::origin));
            let origin = properties.iter().fold(origin, |all, (_, value)| all.with(&value.origin));
            rows.push(
                row([
                    Prose::from(code(&environment.name.value)),
                    provider,
                    region.map(Prose::from).unwrap_or_default(),
                    program_names(&bound),
                ])
                .at(&origin),
            );
        }
    }
    table(["Environment", "Provider", "Region", "Services"]).rows(rows)
}

fn pipeline(plan: &Plan<'_>) -> Block {
    let (service, origin) = plan.pipeline();
    let title = match service {
        PipelineService::Github => "GitHub Actions",
        PipelineService::Gitlab => "GitLab CI",
    };
    let mut all = vec![item(about("Platform", [title, "."].concat())).at(&origin)];
    all.extend(stages(plan));
    for environment in plan.lasting() {
        let ways = released(environment);
        let origin = ways.iter().fold(environment.name.origin.clone(), |all, (_, way)| all.with(way));
        let words = Prose::from(code(&environment.name.value)).then(" ");
        let words = words.then(Prose::joined(ways.into_iter().map(|(words, _)| words), "; ")).then(".");
        all.push(item(about("Trigger", words)).at(&origin));
    }
    bullets(all)
}

/// The stages in their order, each for the reason that it exists.
fn stages(plan: &Plan<'_>) -> Vec<Item> {
    let mut stages: Vec<(Prose, Option<Origin>)> = Vec::new();
    for name in ["lint", "test", "build"] {
        let origins = plan.facts.images.iter().filter_map(|image| image.command(name)).map(|one| one.origin.clone());
        if let Some(origin) = joined(origins) {
            stages.push((name.into(), Some(origin)));
        }
    }
    if let Some(pipeline) = &plan.model.pipeline {
        let kinds: Vec<&str> = pipeline.scan.iter().map(|scan| scan.value.word()).collect();
        if let Some(origin) = joined(pipeline.scan.iter().map(|scan| scan.origin.clone())) {
            stages.push((Prose::from("scan (").then(kinds.join(", ")).then(")"), Some(origin)));
        }
    }
    if let Some(origin) = joined(plan.facts.images.iter().map(|image| image.source.origin.clone())) {
        stages.push(("image, once for all environments".into(), Some(origin)));
    }
    stages.push(("deploy".into(), None));
    stages.push(("verify".into(), None));
    let rule = always("every pipeline deploys and verifies");
    let origin = stages.iter().fold(rule, |all, (_, origin)| match origin {
        Some(origin) => all.with(origin),
        None => all,
    });
    let words = Prose::joined(stages.into_iter().map(|(words, _)| words), " → ");
    vec![item(about("Stages", words.then("."))).at(&origin)]
}

/// A variable as a row of the table: the same in several environments is one row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    program: String,
    name: String,
    from: Prose,
    sensitivity: String,
}

fn variables(plan: &Plan<'_>) -> Block {
    let mut lines: Ordered<Line, (Line, Vec<&str>, Origin)> = Ordered::default();
    let all = deployments(plan);
    for one in &all {
        for variable in &one.workload.variables {
            let line = Line {
                program: one.name().to_owned(),
                name: variable.name.value.clone(),
                from: comes_from(variable),
                sensitivity: sensitivity(variable),
            };
            let origin = variable.name.origin.clone().with(&variable.origin).with(&one.workload.name.origin);
            let (_, places, known) = lines.or_insert_with(line.clone(), || (line, Vec::new(), origin.clone()));
            places.push(one.place());
            *known = known.clone().with(&origin);
        }
    }
    let rows = lines.into_iter().map(|(line, places, origin)| {
        row([
            Prose::from(code(line.program)),
            Prose::from(code(line.name)),
            line.from,
            line.sensitivity.into(),
            names(places),
        ])
        .at(&origin)
    });
    table(["Program", "Variable", "Comes from", "Sensitivity", "Environments"]).rows(rows)
}

/// Where a value comes from, never a value that must not be seen.
fn comes_from(variable: &Variable) -> Prose {
    let mut parts: Vec<Prose> = Vec::new();
    for part in &variable.parts {
        let words = match part {
            Part::Text(_) => Prose::from("text"),
            Part::Secret(name) => Prose::from("secret ").then(code(name)),
            Part::Resource(name, field) => Prose::from(["resource ", field, " of "].concat()).then(code(name)),
            Part::Service(name, field) => Prose::from([field, " of "].concat()).then(code(name)),
            Part::CiVariable(name) => Prose::from("variable of the pipeline ").then(code(name)),
            Part::Release(field) => Prose::from([field, " of the release"].concat()),
            Part::PullRequest => "number of the pull request".into(),
        };
        if !parts.contains(&words) {
            parts.push(words);
        }
    }
    if parts.is_empty() { "text".into() } else { Prose::joined(parts, ", ") }
}

fn sensitivity(variable: &Variable) -> String {
    let optional = if variable.optional { ", optional" } else { "" };
    match variable.is_secret() {
        true => [variable.class.word(), ", secret", optional].concat(),
        false => [variable.class.word(), optional].concat(),
    }
}

/// How each secret is kept.
fn secrets(plan: &Plan<'_>) -> Block {
    let mut all: Ordered<Prose, (Prose, Vec<&str>, Origin)> = Ordered::default();
    for environment in plan.lasting() {
        for secret in &plan.setting(environment).secrets {
            let barred = !secret.only.is_empty() && secret.only.iter().all(|only| only.value != environment.name.value);
            let read = !barred && !readers(plan, environment, &secret.name.value).is_empty();
            let Some(store) = command::store(environment, secret).filter(|_| read) else { continue };
            let mut words = prose(
                "Secret {name}: {store} at {path}",
                &[
                    ("name", code(&secret.name.value)),
                    ("store", Inline::text(store.title.value.clone())),
                    ("path", code(command::store_path(secret))),
                ],
            );
            let name = &environment.name;
            let mut origin = secret.origin.clone().with(&name.origin);
            if let Some(rotate) = &secret.rotate {
                origin = origin.with(&rotate.origin);
                if let Some(every) = &rotate.every {
                    words = words.then([", rotated every ", &every.value.to_string()].concat());
                }
            }
            let (_, places, known) = all.or_insert_with(words.clone(), || (words, Vec::new(), origin.clone()));
            places.push(&name.value);
            *known = known.clone().with(&origin);
        }
    }
    let told = |(words, places, origin): (Prose, Vec<&str>, Origin)| {
        item(words.then("; in ").then(names(places)).then(".")).at(&origin)
    };
    let mut items: Vec<Item> = all.into_iter().map(told).collect();
    let rotated = secrets::rotated(plan);
    if let Some(origin) = joined(rotated.iter().map(|secret| secret.name.origin.clone())) {
        let mut known: Vec<&str> = rotated.iter().map(|secret| secret.name.value.as_str()).collect();
        known.dedup();
        let list = Inline::file("Secrets", secrets::path(plan));
        let words = Prose::from("Rotation of ").then(listed(known)).then(": ").then(list).then(".");
        items.push(item(words).at(&origin));
    }
    bullets(items)
}
