//! Day 0 on Google Cloud: what must exist before the first release, in the order in which it is made.

use crate::artifact::{Script, Word};
use crate::derive::{EnvironmentFacts, Workload};
use crate::emit::platform::{self, Provision, is_hosted};
use crate::model::{self, Applies};
use crate::plan::{Plan, joined};
use crate::source::{Origin, Sourced};

use super::site::{self, Site};
use super::{CloudRun, Form, access, container, resources, variable};

/// Collects provisions of one environment in one project.
pub(super) struct Provisions<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) environment: &'a EnvironmentFacts,
    pub(super) host: &'a model::Host,
    pub(super) origin: Origin,
    pub(super) list: Vec<Provision>,
}

/// Words for the holes of a command.
pub(super) type Words<'w> = &'w [(&'w str, Word)];

impl Provisions<'_> {
    pub(super) fn project(&self) -> Word {
        Word::text(site::project(self.host))
    }

    pub(super) fn region(&self) -> Word {
        Word::text(site::region(self.host))
    }

    /// Adds one; test and command see `{project}` and `{region}` besides the given words.
    pub(super) fn add(
        &mut self,
        about: String,
        because: &str,
        test: &str,
        make: &[&str],
        words: Words<'_>,
        origin: &Origin,
    ) {
        let mut all = vec![("project", self.project()), ("region", self.region())];
        all.extend(words.iter().cloned());
        let script = |lines: &[&str]| {
            let mut script = Script::new();
            for line in lines {
                let used: Vec<(&str, Word)> =
                    all.iter().filter(|(name, _)| line.contains(&["{", name, "}"].concat())).cloned().collect();
                script.line(line, &used);
            }
            script
        };
        let one = Provision {
            about,
            because: because.to_owned(),
            test: script(&[test]),
            make: script(make),
            origin: origin.clone(),
        };
        self.list.push(one);
    }
}

/// Everything an environment needs.
pub(super) fn provisions(plan: &Plan<'_>, environment: &EnvironmentFacts, backend: &CloudRun) -> Vec<Provision> {
    let hosted: Vec<&Workload> = environment.workloads.iter().filter(|workload| is_hosted(workload, backend)).collect();
    let Some(first) = hosted.first() else { return Vec::new() };
    let mut all = Provisions {
        plan,
        environment,
        host: &first.host.node,
        origin: first.host.platform.origin.clone(),
        list: Vec::new(),
    };
    let sites: Vec<Site<'_>> = hosted.iter().map(|workload| Site::new(plan, environment, workload)).collect();
    apis(&mut all, &sites);
    access::trust(&mut all);
    registry(&mut all);
    access::accounts(&mut all, &sites);
    network(&mut all, &sites);
    resources::resources(&mut all, &sites);
    resources::secrets(&mut all, &sites);
    access::rights(&mut all, &sites);
    domains(&mut all, &sites);
    all.list
}

/// The parts of the cloud that are used must be switched on.
fn apis(all: &mut Provisions<'_>, sites: &[Site<'_>]) {
    let Some(facts) = site::facts() else { return };
    let annotated = |used: &Sourced<String>, site: &Site<'_>| {
        let connection = container::connection(site, &used.value);
        let annotation = connection.and_then(|(connect, _)| connect.annotation.as_ref());
        annotation.is_some_and(|found| found.value.contains("cloudsql-instances"))
    };
    let uses = |site: &Site<'_>| {
        joined(site.workload.uses.iter().filter(|used| annotated(used, site)).map(|used| used.origin.clone()))
    };
    let grounds = |asked: Applies| {
        if asked == Applies::Always {
            Some(all.origin.clone())
        } else if asked == Applies::Secret {
            joined(sites.iter().flat_map(variable::secrets).map(|(_, origin)| origin))
        } else if asked == Applies::Schedule {
            joined(sites.iter().filter_map(schedule))
        } else if asked == Applies::Relational {
            joined(sites.iter().filter_map(uses))
        } else if asked == Applies::Budget {
            all.plan.model.cost.as_ref().map(|cost| cost.origin.clone())
        } else {
            None
        }
    };
    let wanted: Vec<(&model::StdPlatformApi, Origin)> =
        facts.api.iter().filter_map(|api| Some((api, grounds(api.applies.value)?))).collect();
    let origin = all.origin.clone();
    for (api, grounds) in wanted {
        let name = &api.name.value;
        all.add(
            ["API ", name, " in ", &site::project(all.host)].concat(),
            &["Needed: ", &api.because.value, "."].concat(),
            "[[ $(gcloud services list --enabled --project {project} --filter config.name={api} --format 'value(config.name)') == {api} ]]",
            &["gcloud services enable {api} --project {project}"],
            &[("api", Word::text(name))],
            &grounds.with(&origin).with(&api.origin),
        );
    }
    if sites.iter().any(|site| needs_network(site).is_some()) {
        for (api, because) in [
            ("compute.googleapis.com", "It is needed for the network between services and resources."),
            ("dns.googleapis.com", "It is needed so that internal services are found inside of the network."),
        ] {
            all.add(
                ["API ", api, " in ", &site::project(all.host)].concat(),
                because,
                "[[ $(gcloud services list --enabled --project {project} --filter config.name={api} --format 'value(config.name)') == {api} ]]",
                &["gcloud services enable {api} --project {project}"],
                &[("api", Word::text(api))],
                &origin,
            );
        }
    }
}

fn schedule(site: &Site<'_>) -> Option<Origin> {
    Some(site.workload.service(site.setting)?.schedule.as_ref()?.origin.clone())
}

fn needs_network(site: &Site<'_>) -> Option<Origin> {
    let annotations = container::annotations(site, crate::artifact::map());
    annotations.key("run.googleapis.com/network-interfaces").and_then(|tree| tree.own_origin().cloned())
}

/// The repository of images: our own, or one that fetches from where they are.
fn registry(all: &mut Provisions<'_>) {
    let registry = platform::registry(all.plan);
    let owner = registry.owner.is_some_and(|owner| owner.name.value == all.environment.name.value);
    let project = site::project(all.host);
    if owner {
        let name = registry.address.rsplit('/').next().unwrap_or_default();
        all.add(
            ["image repository ", name, " in ", &project].concat(),
            "Images are pushed to it once and run everywhere.",
            "gcloud artifacts repositories describe {name} --project {project} --location {region}",
            &["gcloud artifacts repositories create {name} --project {project} --location {region} --repository-format docker --description Images"],
            &[("name", Word::text(name))],
            &registry.origin,
        );
    } else if registry.owner.is_none() {
        let host = registry.address.split('/').next().unwrap_or_default();
        let name = host.replace(['.', ':'], "-");
        all.add(
            ["remote repository ", &name, " in ", &project].concat(),
            "Cloud Run pulls images only from Google's registries: this one fetches them from where they are. A private registry needs its credentials added to it.",
            "gcloud artifacts repositories describe {name} --project {project} --location {region}",
            &["gcloud artifacts repositories create {name} --project {project} --location {region} --repository-format docker --mode remote-repository --remote-docker-repo {address}"],
            &[("name", Word::text(&name)), ("address", Word::text(["https://", host].concat()))],
            &registry.origin,
        );
    }
}

/// What lets services reach each other and their resources without leaving the network.
fn network(all: &mut Provisions<'_>, sites: &[Site<'_>]) {
    let Some(origin) = joined(sites.iter().filter_map(needs_network)) else { return };
    let project = site::project(all.host);
    all.add(
        ["private access to Google in ", &site::region(all.host), " of ", &project].concat(),
        "Requests to internal services stay inside of the network.",
        "[[ $(gcloud compute networks subnets describe default --project {project} --region {region} --format 'value(privateIpGoogleAccess)') == True ]]",
        &["gcloud compute networks subnets update default --project {project} --region {region} --enable-private-ip-google-access"],
        &[],
        &origin,
    );
    let Some(origin) = joined(sites.iter().filter_map(container::private_call)) else { return };
    all.add(
        ["private zone run.app in ", &project].concat(),
        "Inside of the network the addresses of Cloud Run lead to Google's private entry, which internal services accept.",
        "gcloud dns record-sets describe '*.run.app.' --type CNAME --zone run-app --project {project}",
        &[
            "gcloud dns managed-zones describe run-app --project {project} >/dev/null 2>&1 || gcloud dns managed-zones create run-app --project {project} --dns-name run.app. --visibility private --networks default --description 'Cloud Run inside of the network'",
            "gcloud dns record-sets describe run.app. --type A --zone run-app --project {project} >/dev/null 2>&1 || gcloud dns record-sets create run.app. --type A --ttl 300 --zone run-app --project {project} --rrdatas 199.36.153.8,199.36.153.9,199.36.153.10,199.36.153.11",
            "gcloud dns record-sets create '*.run.app.' --type CNAME --ttl 300 --zone run-app --project {project} --rrdatas run.app.",
        ],
        &[],
        &origin,
    );
}

/// A domain that belongs to one service is mapped to it; paths of one domain need a load balancer, made by people.
fn domains(all: &mut Provisions<'_>, sites: &[Site<'_>]) {
    if all.environment.ephemeral.value {
        return;
    }
    let routes = &all.environment.routes;
    for route in routes {
        let Some(site) = sites.iter().find(|site| site.workload.name.value == route.service.value) else { continue };
        if Form::of(site.workload) != Form::Service {
            continue;
        }
        let alone = routes.iter().filter(|other| other.domain.value == route.domain.value).count() == 1;
        let words = [("service", site.word(&site.name())), ("domain", Word::text(&route.domain.value))];
        if alone && route.path.value == "/" {
            all.add(
                ["domain ", &route.domain.value, " for ", &site.name()].concat(),
                "People reach the service by it, once the DNS record that the command prints is set.",
                "gcloud beta run domain-mappings describe --project {project} --region {region} --domain {domain}",
                &["gcloud beta run domain-mappings create --project {project} --region {region} --service {service} --domain {domain}"],
                &words,
                &route.domain.origin,
            );
        } else {
            let because = [
                "Paths of one domain need an external load balancer with a serverless network endpoint group for each service: https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless. ",
                &route.path.value,
                " leads to ",
                &site.name(),
                ".",
            ];
            all.add(
                ["route ", &route.path.value, " of ", &route.domain.value].concat(),
                &because.concat(),
                "curl --fail --silent --show-error --output /dev/null --max-time 10 https://{domain}{path}",
                &[],
                &[("domain", Word::text(&route.domain.value)), ("path", Word::text(&route.path.value))],
                &route.path.origin.clone().with(&route.domain.origin),
            );
        }
    }
}
