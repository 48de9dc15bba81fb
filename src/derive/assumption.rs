//! What a project leaves open and a default of the language decides: the assumptions that the report of a build lists.

use std::collections::BTreeSet;

use crate::derive::deployment::{Role, Workload};
use crate::derive::{Assumption, EnvironmentFacts, Facts, Trigger};
use crate::model;
use crate::resolve::Model;
use crate::source::Origin;
use crate::standard;

/// The defaults that are known once everything is derived, after those that were noticed on the way; each is told once.
pub(super) fn derive(model: &Model, facts: &mut Facts) {
    let mut found = std::mem::take(&mut facts.assumptions);
    found.extend(application(model, facts));
    found.extend(registry(model, facts));
    found.extend(facts.environments.iter().filter_map(|environment| by_hand(model, environment)));
    found.extend(facts.images.iter().filter_map(conventions));
    found.extend(scales(model, facts));
    found.extend(releases(model, facts));
    found.extend(exports(model, facts));
    found.extend(resources(model, facts));
    let mut told = BTreeSet::new();
    found.retain(|one| told.insert((one.about.clone(), one.text.clone())));
    facts.assumptions = found;
}

fn assumption(
    about: impl Into<String>,
    text: impl Into<String>,
    instead: impl Into<String>,
    origin: &Origin,
) -> Assumption {
    Assumption { about: about.into(), text: text.into(), instead: instead.into(), origin: origin.clone() }
}

/// What the application says once and for all.
fn application(model: &Model, facts: &Facts) -> Vec<Assumption> {
    let Some(app) = &model.app else { return Vec::new() };
    let about = format!("app {}", app.name.value);
    let mut found = Vec::new();
    if app.posture.is_none() {
        found.push(assumption(&about, "is judged by the posture `standard`", "posture \"enhanced\"", &app.origin));
    }
    if app.data.is_none() {
        found.push(assumption(
            &about,
            "handles no data above the class `internal`",
            "data \"confidential\"",
            &app.origin,
        ));
    }
    if let (None, Some(repo)) = (&model.pipeline, &app.repo) {
        let text = "has its pipeline where its repository is";
        found.push(assumption(&about, text, "pipeline \"github\"", &repo.address.origin));
    }
    if !facts.environments.iter().any(|environment| environment.host.is_released()) {
        return found;
    }
    let observe = model.declared.observe.as_ref();
    let open = [
        (
            observe.is_none_or(|own| own.metrics.is_none()),
            "is measured by Prometheus",
            "metrics \"prometheus\" url=\"…\"",
        ),
        (observe.is_none_or(|own| own.dashboards.is_none()), "is shown by Grafana", "dashboards \"grafana\" url=\"…\""),
        (
            observe.is_none_or(|own| own.route.is_empty()),
            "sends its alerts to nobody",
            "route \"page\" to=\"…\" key=\"${secret.…}\"",
        ),
    ];
    for (_, text, instead) in open.into_iter().filter(|(is_open, ..)| *is_open) {
        found.push(assumption(&about, text, format!("observe {{ {instead} }}"), &app.origin));
    }
    found
}

/// Where images go that the pipeline names no registry for.
fn registry(model: &Model, facts: &Facts) -> Option<Assumption> {
    let artifact = model.pipeline.as_ref().and_then(|pipeline| pipeline.artifact.as_ref());
    if artifact.is_some_and(|artifact| artifact.registry.is_some()) {
        return None;
    }
    let image = facts.images.first()?;
    let lasting = |environment: &&EnvironmentFacts| !environment.ephemeral.value && environment.host.is_released();
    let last = facts.environments.iter().rfind(lasting)?;
    let platform = standard::platform(&last.host.platform.value)?;
    let text = match &platform.registry {
        Some(_) => format!("are kept in the registry of {}, which runs `{}`", platform.title.value, last.name.value),
        None => "are kept in the registry of the repository's host".to_owned(),
    };
    let origin = model.pipeline.as_ref().map_or(&image.node.origin, |pipeline| &pipeline.origin);
    Some(assumption("images", text, "pipeline \"github\" { artifact registry=\"…\" }", origin))
}

/// An environment that says neither `trigger` nor `promote`.
fn by_hand(model: &Model, environment: &EnvironmentFacts) -> Option<Assumption> {
    let (node, _) = model.environments.get(environment.index)?;
    if !node.trigger.is_empty() || node.promote.is_some() || !environment.host.is_released() {
        return None;
    }
    let pushed = environment.triggers.iter().any(|trigger| matches!(trigger.value, Trigger::Push(_)));
    let (text, instead) = if environment.ephemeral.value {
        ("exists once per pull request", "trigger pull-request=#true label=\"…\"")
    } else if pushed {
        return None;
    } else {
        ("is released by hand only", "trigger push=\"main\"")
    };
    Some(assumption(format!("environment {}", environment.name.value), text, instead, &node.origin))
}

/// The commands that the runtime's convention decides.
fn conventions(image: &crate::derive::ImageFacts) -> Option<Assumption> {
    let own = image.node.command.as_ref();
    let declared = |name: &str| {
        let known =
            own.map(|own| [("lint", &own.lint), ("test", &own.test), ("build", &own.build), ("start", &own.start)]);
        known.is_some_and(|known| known.iter().any(|(word, command)| *word == name && command.is_some()))
            || own.is_some_and(|own| own.others.iter().any(|(word, _)| word.value == name))
    };
    let open = image.commands.iter().filter(|(name, _)| !declared(name));
    let (mut words, mut instead) = (Vec::new(), Vec::new());
    for (name, command) in open {
        words.push(format!("`{}` ({name})", command.value));
        instead.push(format!("{name}=\"…\""));
    }
    if words.is_empty() {
        return None;
    }
    let text = format!("runs {}, as its runtime's convention is", words.join(", "));
    Some(assumption(
        format!("service {}", image.name.value),
        text,
        format!("command {}", instead.join(" ")),
        &image.node.origin,
    ))
}

/// Services of which there is one instance because nothing says how many.
fn scales(model: &Model, facts: &Facts) -> Option<Assumption> {
    let open = |workload: &Workload, setting: &crate::resolve::Setting| {
        runs_always(workload.role.value)
            && workload.service(setting).is_some_and(|service| service.scale.is_none() && service.volume.is_empty())
    };
    let found = services(model, facts, open)?;
    let text = found.say("runs as one instance", "run as one instance each");
    Some(assumption(found.about, text, "scale min=2 max=4", &found.origin))
}

/// Whether instances of a role run all the time.
fn runs_always(role: Role) -> bool {
    match role {
        Role::Web | Role::Api | Role::Worker => true,
        Role::Cron | Role::Static | Role::Function | Role::Task => false,
    }
}

/// Services of which something is assumed.
struct Services {
    /// `service api`, `services api, web`.
    about: String,
    are_several: bool,
    origin: Origin,
}

impl Services {
    /// What is said of one of them, or of several.
    fn say(&self, one: &'static str, several: &'static str) -> &'static str {
        if self.are_several { several } else { one }
    }
}

/// The services for which something holds in some environment.
fn services(
    model: &Model,
    facts: &Facts,
    holds: impl Fn(&Workload, &crate::resolve::Setting) -> bool,
) -> Option<Services> {
    let mut names: Vec<&str> = Vec::new();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut origin: Option<Origin> = None;
    for environment in &facts.environments {
        let Some((_, setting)) = model.environments.get(environment.index) else { continue };
        for workload in environment.workloads.iter().filter(|workload| holds(workload, setting)) {
            let Some(service) = workload.service(setting) else { continue };
            if known.insert(&workload.name.value) {
                names.push(&workload.name.value);
                origin.get_or_insert_with(|| service.origin.clone());
            }
        }
    }
    let are_several = names.len() > 1;
    let word = if are_several { "services" } else { "service" };
    Some(Services { about: format!("{word} {}", names.join(", ")), are_several, origin: origin? })
}

/// How services are replaced that no strategy is for.
fn releases(model: &Model, facts: &Facts) -> Vec<Assumption> {
    let open = |workload: &Workload| {
        workload.strategy.is_none() && runs_always(workload.role.value) && workload.host.is_released()
    };
    let ways = [
        (true, "stops before its next version starts", "stop before their next versions start"),
        (false, "is replaced step by step", "are replaced step by step"),
    ];
    let mut found = Vec::new();
    for (recreates, one, several) in ways {
        let all = |workload: &Workload| open(workload) && workload.host.recreates() == recreates;
        let takes = services(model, facts, |workload, _| all(workload) && workload.role.value.takes_traffic());
        let others = services(model, facts, |workload, _| all(workload) && !workload.role.value.takes_traffic());
        found.extend(takes.map(|takes| {
            let (how, whose) = (takes.say(one, several), takes.say("its", "their"));
            let text = format!("{how}, as {whose} platform does without a strategy");
            assumption(takes.about.clone(), text, "strategy \"…\"", &takes.origin)
        }));
        found.extend(others.map(|others| {
            let (how, whose) = (others.say(one, several), others.say("its", "their"));
            let text = format!("{how}, as {whose} platform does: a strategy is for what takes traffic");
            assumption(others.about.clone(), text, "", &others.origin)
        }));
    }
    found
}

/// That programs export what the contract of metrics says.
fn exports(model: &Model, facts: &Facts) -> Vec<Assumption> {
    let scraped = services(model, facts, |workload, setting| {
        workload.service(setting).is_some_and(|service| service.metrics.is_some())
    });
    let pushed = services(model, facts, |workload, setting| {
        workload.service(setting).is_some_and(|service| service.metrics.is_none())
    });
    let mut found = Vec::new();
    found.extend(scraped.map(|found| {
        let text = found.say(
            "exports the metrics of its kind at its `metrics` path",
            "export the metrics of their kinds at their `metrics` paths",
        );
        assumption(found.about.clone(), text, "metrics convention=\"…\"", &found.origin)
    }));
    found.extend(pushed.map(|found| {
        let text = found.say("exports the metrics of its kind by OTLP", "export the metrics of their kinds by OTLP");
        assumption(found.about.clone(), text, "metrics port=9090", &found.origin)
    }));
    found
}

/// Who runs a resource that does not say where it is from.
fn resources(model: &Model, facts: &Facts) -> Vec<Assumption> {
    let mut found: Vec<Assumption> = Vec::new();
    for environment in &facts.environments {
        let Some((_, setting)) = model.environments.get(environment.index) else { continue };
        let Some(platform) = standard::platform(&environment.host.platform.value) else { continue };
        let own = platform.capability.named(model::Capability::ResourceContainer.word());
        let contained = own.is_some_and(|row| row.support.value != model::PlatformSupport::Impossible);
        for resource in setting.resources.iter().filter(|resource| resource.from.is_none()) {
            let (text, instead) = if contained {
                (
                    format!("is a container beside the services on {}", platform.title.value),
                    "from \"external\" url=\"…\"",
                )
            } else {
                (format!("is run by the provider of {}", platform.title.value), "from \"external\" url=\"…\"")
            };
            found.push(assumption(format!("resource {}", resource.name.value), text, instead, &resource.origin));
        }
    }
    found
}
