//! Who reads a secret: programs, builds, logins of the pipeline and alert routes.

use crate::artifact::markdown::{Inline, Prose};
use crate::derive::{EnvironmentFacts, ImageFacts, Workload};
use crate::model;
use crate::plan::Plan;
use crate::source::Origin;

/// Something that reads a secret.
#[derive(Clone, Copy)]
pub enum Reader<'a> {
    /// A service or task, while it runs.
    Program(&'a Workload),
    /// The build of an image.
    Build(&'a ImageFacts),
    /// The pipeline, to get into a host.
    Login(&'a model::Login),
    /// A route of alerts.
    Route(&'a model::ObserveRoute),
}

impl Reader<'_> {
    /// What it is, in a sentence.
    pub fn words(&self) -> Prose {
        match self {
            Reader::Program(workload) => Inline::code(&workload.name.value).into(),
            Reader::Build(image) => Prose::from("the build of ").then(Inline::code(&image.name.value)),
            Reader::Login(_) => "the deploy jobs".into(),
            Reader::Route(route) => Prose::from("the alert route ").then(Inline::code(&route.name.value)),
        }
    }

    /// Where it is said to read it.
    pub fn origin(&self) -> Origin {
        match self {
            Reader::Program(workload) => workload.name.origin.clone(),
            Reader::Build(image) => image.name.origin.clone(),
            Reader::Login(login) => login.key_prop.as_ref().map_or(&login.origin, |key| &key.origin).clone(),
            Reader::Route(route) => route.key_prop.as_ref().map_or(&route.origin, |key| &key.origin).clone(),
        }
    }
}

/// Who reads a secret in an environment.
pub fn readers<'a>(plan: &Plan<'a>, environment: &'a EnvironmentFacts, secret: &str) -> Vec<Reader<'a>> {
    let setting = plan.setting(environment);
    let reads = |workload: &&Workload| {
        let named = plan.read_secrets(environment, workload).iter().any(|read| read.name.value == secret);
        named || workload.secrets_behind(setting).iter().any(|read| read.value == secret)
    };
    let programs = environment.workloads.iter().filter(reads).map(Reader::Program);
    let built = |image: &&ImageFacts| {
        let secrets = image.node.build.iter().flat_map(|build| &build.secret);
        let here = image.services.iter().any(|service| environment.workload(service).is_some());
        here && secrets.into_iter().any(|own| own.from.value == secret)
    };
    let builds = plan.facts.images.iter().filter(built).map(Reader::Build);
    let written = ["${secret.", secret, "}"].concat();
    let node = plan.environment(environment);
    let hosts = node.iter().flat_map(|node| node.host.iter().chain(node.place.iter().flat_map(|place| &place.host)));
    let logins = hosts.filter_map(|host| host.login.as_ref());
    let keyed = logins.filter(|login| login.key_prop.as_ref().is_some_and(|key| key.value.contains(&written)));
    // Alerts tell of what lasts and is released; Day 0 asks for their keys there.
    let alerts = !environment.ephemeral.value && environment.host.is_released();
    let observe = plan.observe(environment).filter(|_| alerts);
    let routes = observe.map(|observe| observe.route.as_slice()).unwrap_or_default().iter();
    let told = routes.filter(|route| route.key_prop.as_ref().is_some_and(|key| key.value.contains(&written)));
    programs.chain(builds).chain(keyed.map(Reader::Login)).chain(told.map(Reader::Route)).collect()
}
