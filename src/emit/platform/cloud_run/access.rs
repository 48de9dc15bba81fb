//! Who may do what: the trust in the pipeline's identity, the accounts, and their least rights.

use crate::artifact::Word;
use crate::derive::{Role, Trigger};
use crate::emit::platform;
use crate::source::{Origin, Sourced};

use super::bootstrap::Provisions;
use super::login::{BUILD_PROVIDER_VARIABLE, PROVIDER_VARIABLE};
use super::site::{self, Site};
use super::{Form, container, variable};

/// Name of the pool and of the provider in it.
const POOL: &str = "github";

/// The project trusts one repository by its number, which stays when its name is given to somebody else. Where the
/// login names a provider, that trust is there.
pub(super) fn trust(all: &mut Provisions<'_>) {
    if provider(all).is_some() {
        return;
    }
    let origin = all.origin.clone();
    let project = site::project(all.host);
    all.add(
        ["identity pool ", POOL, " in ", &project].concat(),
        "It holds the identities of the pipeline, so that no key is kept.",
        "gcloud iam workload-identity-pools describe {pool} --project {project} --location global",
        &["gcloud iam workload-identity-pools create {pool} --project {project} --location global --display-name GitHub"],
        &[("pool", Word::text(POOL))],
        &origin,
    );
    all.add(
        ["identity provider ", POOL, " in ", &project].concat(),
        "It accepts the tokens of this repository alone, by its number.",
        "[[ $(gcloud iam workload-identity-pools providers describe {pool} --project {project} --location global --workload-identity-pool {pool} --format 'value(attributeCondition)') == *\"'$repository_id'\"* ]]",
        &[concat!(
            "gcloud iam workload-identity-pools providers create-oidc {pool} --project {project} --location global --workload-identity-pool {pool} ",
            "--issuer-uri https://token.actions.githubusercontent.com ",
            "--attribute-mapping \"google.subject=assertion.sub,attribute.repository_id=assertion.repository_id,attribute.place=has(assertion.environment) ? 'environment/' + assertion.environment : assertion.ref\" ",
            "--attribute-condition \"assertion.repository_id == '$repository_id'\"",
        )],
        &[("pool", Word::text(POOL))],
        &origin,
    );
    let environment = all.environment.name.clone();
    let of = ["the environment ", &environment.value].concat();
    variable(all, PROVIDER_VARIABLE, &of, Some(&environment.value), &environment.origin);
    if owns_registry(all) {
        let origin = platform::registry(all.plan).origin;
        variable(all, BUILD_PROVIDER_VARIABLE, "the repository", None, &origin);
    }
}

/// The provider that the login names.
fn provider<'a>(all: &Provisions<'a>) -> Option<&'a Sourced<String>> {
    all.host.login.as_ref()?.provider.as_ref()
}

/// The provider's full name has the project's number in it, so the pipeline reads it from a variable.
fn variable(all: &mut Provisions<'_>, name: &str, of: &str, environment: Option<&str>, origin: &Origin) {
    let flags = if environment.is_some() { " --env {environment}" } else { "" };
    let test = ["gh variable get {variable} --repo \"$repository\"", flags].concat();
    let make = [
        "gh variable set {variable} --repo \"$repository\"",
        flags,
        " --body \"$(gcloud iam workload-identity-pools providers describe {pool} --project {project} --location global --workload-identity-pool {pool} --format 'value(name)')\"",
    ];
    all.add(
        ["variable ", name, " of ", of].concat(),
        "The pipeline's login reads the provider's full name from it.",
        &test,
        &[&make.concat()],
        &[
            ("variable", Word::text(name)),
            ("pool", Word::text(POOL)),
            ("environment", Word::text(environment.unwrap_or_default())),
        ],
        origin,
    );
}

fn owns_registry(all: &Provisions<'_>) -> bool {
    platform::registry(all.plan).owner.is_some_and(|owner| owner.name.value == all.environment.name.value)
}

/// The accounts: one for the pipeline in this environment, one that pushes images, one for each workload.
pub(super) fn accounts(all: &mut Provisions<'_>, sites: &[Site<'_>]) {
    let environment = all.environment.name.clone();
    let deployer = site::deployer(all.plan, all.environment, all.host);
    account(all, &deployer, "The pipeline deploys as it, and as nobody else.", &environment.origin);
    acts_as(all, &deployer, &["environment/", &environment.value].concat(), &environment.origin);
    if owns_registry(all) {
        let builder = site::builder(all.plan, all.host);
        let origin = platform::registry(all.plan).origin;
        account(all, &builder, "The pipeline pushes images as it, and may do nothing else.", &origin);
        builders(all, &builder, &origin);
        // The images of a pull request are built by jobs of its environment.
        for preview in all.plan.ephemeral() {
            acts_as(all, &builder, &["environment/", &preview.name.value].concat(), &preview.name.origin);
        }
    }
    for site in sites {
        let because = [
            if site.workload.role.value == Role::Task { "The task " } else { "The service " },
            &site.workload.name.value,
            " runs as it.",
        ]
        .concat();
        account(all, &site.account(), &because, &site.workload.name.origin);
    }
    if let Some((cron, origin)) = crons(sites) {
        account(all, &cron.scheduler(), "Cloud Scheduler starts crons as it.", &origin);
    }
}

/// The jobs that push images: those of an environment, else those of branches by their names.
fn builders(all: &mut Provisions<'_>, builder: &str, origin: &Origin) {
    if let Some(because) = platform::builds_in_environment(all.plan) {
        acts_as(all, builder, &["environment/", platform::BUILD_ENVIRONMENT].concat(), &because);
        return;
    }
    let repo = all.plan.model.app.as_ref().and_then(|app| app.repo.as_ref());
    let branch = repo.map_or("main", |repo| repo.branch.value.as_str());
    acts_as(all, builder, &["refs/heads/", branch].concat(), origin);
    for trigger in all.plan.lasting().flat_map(|environment| &environment.triggers) {
        match &trigger.value {
            Trigger::Push(other) if other != branch => {
                acts_as(all, builder, &["refs/heads/", other].concat(), &trigger.origin);
            }
            Trigger::Push(_) | Trigger::Tag(_) | Trigger::PullRequest(_) | Trigger::Manual => {}
        }
    }
}

fn account(all: &mut Provisions<'_>, address: &str, because: &str, origin: &Origin) {
    let (id, domain) = address.split_once('@').unwrap_or((address, ""));
    // Another project's account is another project's affair.
    if domain != [&site::project(all.host), ".iam.gserviceaccount.com"].concat() {
        return;
    }
    all.add(
        ["service account ", id, " in ", &site::project(all.host)].concat(),
        because,
        "gcloud iam service-accounts describe {address} --project {project}",
        &["gcloud iam service-accounts create {id} --project {project}"],
        &[("address", Word::text(address)), ("id", Word::text(id))],
        origin,
    );
}

/// Lets jobs of a place (an environment or a branch) act as an account. What the pool of a declared provider knows of a
/// job is known to those who made it.
fn acts_as(all: &mut Provisions<'_>, address: &str, place: &str, origin: &Origin) {
    let about = ["right of ", place, " to act as ", address.split('@').next().unwrap_or_default()].concat();
    if let Some(provider) = provider(all) {
        let pool = provider.value.split("/providers/").next().unwrap_or_default();
        let because =
            ["Give roles/iam.workloadIdentityUser on ", address, " to the jobs of ", place, " in the pool ", pool, "."];
        all.add(
            about,
            &because.concat(),
            "[[ $(gcloud iam service-accounts get-iam-policy {address} --format json) == *{pool}* ]]",
            &[],
            &[("address", Word::text(address)), ("pool", Word::text(["/", pool, "/"].concat()))],
            origin,
        );
        return;
    }
    all.add(
        about,
        "Only jobs that GitHub started for this place take the account's credentials.",
        "[[ $(gcloud iam service-accounts get-iam-policy {address} --project {project} --format json) == *{member}* ]]",
        &["gcloud iam service-accounts add-iam-policy-binding {address} --project {project} --role roles/iam.workloadIdentityUser --member \"principalSet://iam.googleapis.com/$(gcloud iam workload-identity-pools describe {pool} --project {project} --location global --format 'value(name)')/attribute.place/{place}\""],
        &[
            ("address", Word::text(address)),
            ("pool", Word::text(POOL)),
            ("place", Word::text(place)),
            ("member", Word::text(["/attribute.place/", place, "\""].concat())),
        ],
        origin,
    );
}

/// What the accounts may do.
pub(super) fn rights(all: &mut Provisions<'_>, sites: &[Site<'_>]) {
    let deployer = site::deployer(all.plan, all.environment, all.host);
    let origin = all.environment.name.origin.clone();
    on_project(
        all,
        &deployer,
        "roles/run.developer",
        "It replaces services, worker pools and jobs, and moves traffic.",
        &origin,
    );
    let public = sites.iter().filter(|site| Form::of(site.workload) == Form::Service && site.workload.is_public());
    if let Some(origin) = crate::plan::joined(public.map(|site| super::public_origin(site.workload))) {
        publish(all, &deployer, &origin);
    }
    if let Some((cron, origin)) = crons(sites) {
        let origin = &origin;
        on_project(all, &deployer, "roles/cloudscheduler.admin", "It sets the times of crons.", origin);
        on_project(all, &cron.scheduler(), "roles/run.invoker", "It starts the jobs of crons.", origin);
        on_account(all, &cron.scheduler(), &deployer, origin);
    }
    images(all);
    for site in sites {
        on_account(all, &site.account(), &deployer, &site.workload.name.origin);
        runtime(all, site, &deployer);
    }
}

/// The first cron, and what makes all of them crons: what one of them needs, the others use.
fn crons<'s, 'a>(sites: &'s [Site<'a>]) -> Option<(&'s Site<'a>, Origin)> {
    let crons = || sites.iter().filter(|site| site.workload.role.value == Role::Cron);
    Some((crons().next()?, crate::plan::joined(crons().map(|site| site.workload.role.origin.clone()))?))
}

fn on_project(all: &mut Provisions<'_>, address: &str, role: &str, because: &str, origin: &Origin) {
    let id = address.split('@').next().unwrap_or_default();
    all.add(
        [role, " of ", id, " on ", &site::project(all.host)].concat(),
        because,
        "[[ -n $(gcloud projects get-iam-policy {project} --flatten 'bindings[].members' --filter \"bindings.role={role} AND bindings.members=serviceAccount:{address}\" --format 'value(bindings.role)') ]]",
        &["gcloud projects add-iam-policy-binding {project} --member serviceAccount:{address} --role {role} --condition None"],
        &[("role", Word::text(role)), ("address", Word::text(address))],
        origin,
    );
}

/// Lets the pipeline give a workload its account.
fn on_account(all: &mut Provisions<'_>, account: &str, deployer: &str, origin: &Origin) {
    let id = |address: &str| address.split('@').next().unwrap_or_default().to_owned();
    all.add(
        ["roles/iam.serviceAccountUser of ", &id(deployer), " on ", &id(account)].concat(),
        "The pipeline lets a version run as it.",
        "[[ $(gcloud iam service-accounts get-iam-policy {account} --project {project} --format json) == *\"serviceAccount:{address}\\\"\"* ]]",
        &["gcloud iam service-accounts add-iam-policy-binding {account} --project {project} --member serviceAccount:{address} --role roles/iam.serviceAccountUser"],
        &[("account", Word::text(account)), ("address", Word::text(deployer))],
        origin,
    );
}

/// The one permission that making a service public needs.
fn publish(all: &mut Provisions<'_>, deployer: &str, origin: &Origin) {
    let project = site::project(all.host);
    all.add(
        ["role publishService in ", &project].concat(),
        "It opens a service to everybody; nothing else is in it.",
        "gcloud iam roles describe publishService --project {project}",
        &["gcloud iam roles create publishService --project {project} --title 'Publish a service' --permissions run.services.getIamPolicy,run.services.setIamPolicy"],
        &[],
        origin,
    );
    let role = ["projects/", &project, "/roles/publishService"].concat();
    on_project(all, deployer, &role, "It opens the public services.", origin);
}

/// Who pushes and who pulls.
fn images(all: &mut Provisions<'_>) {
    let registry = platform::registry(all.plan);
    let Some(owner) = registry.owner else { return };
    let mut place = registry.address.split('/');
    let region = place.next().unwrap_or_default().trim_end_matches("-docker.pkg.dev").to_owned();
    let holder = place.next().unwrap_or_default().to_owned();
    let name = place.next().unwrap_or_default().to_owned();
    let words = vec![("name", Word::text(&name)), ("holder", Word::text(&holder)), ("place", Word::text(region))];
    if owner.name.value == all.environment.name.value {
        let builder = site::builder(all.plan, all.host);
        let mut words = words;
        words.push(("address", Word::text(&builder)));
        all.add(
            ["roles/artifactregistry.writer of ", builder.split('@').next().unwrap_or_default(), " on ", &name].concat(),
            "It pushes images.",
            "[[ $(gcloud artifacts repositories get-iam-policy {name} --project {holder} --location {place} --format json) == *\"serviceAccount:{address}\\\"\"* ]]",
            &["gcloud artifacts repositories add-iam-policy-binding {name} --project {holder} --location {place} --member serviceAccount:{address} --role roles/artifactregistry.writer"],
            &words,
            &registry.origin,
        );
    } else if holder != site::project(all.host) {
        all.add(
            ["right of Cloud Run in ", &site::project(all.host), " to pull from ", &holder].concat(),
            "The same image runs in every environment, and its repository is in the project of the last.",
            "[[ $(gcloud artifacts repositories get-iam-policy {name} --project {holder} --location {place} --format json) == *\"service-$(gcloud projects describe {project} --format 'value(projectNumber)')@serverless-robot-prod.iam.gserviceaccount.com\"* ]]",
            &["gcloud artifacts repositories add-iam-policy-binding {name} --project {holder} --location {place} --member \"serviceAccount:service-$(gcloud projects describe {project} --format 'value(projectNumber)')@serverless-robot-prod.iam.gserviceaccount.com\" --role roles/artifactregistry.reader"],
            &words,
            &registry.origin,
        );
    }
}

/// What a workload may do: read its secrets, reach its database, call the internal services that it calls.
fn runtime(all: &mut Provisions<'_>, site: &Site<'_>, deployer: &str) {
    let account = site.account();
    for (secret, origin) in variable::secrets(site) {
        on_secret(
            all,
            &secret,
            &account,
            "roles/secretmanager.secretAccessor",
            "It reads the secret when it starts.",
            &origin,
        );
    }
    for pair in variable::written(site) {
        let name = pair.split('=').next().unwrap_or_default().to_owned();
        let secret = variable::SecretPlace { name, project: None };
        let origin = site.workload.name.origin.clone();
        for role in ["roles/secretmanager.secretVersionAdder", "roles/secretmanager.secretAccessor"] {
            on_secret(
                all,
                &secret,
                deployer,
                role,
                "The pipeline keeps the value and writes it when it differs.",
                &origin,
            );
        }
    }
    let socket = site.workload.uses.iter().find(|used| {
        let annotation = container::connection(site, &used.value).and_then(|(connect, _)| connect.annotation.as_ref());
        annotation.is_some_and(|annotation| annotation.value.contains("cloudsql-instances"))
    });
    if let Some(used) = socket {
        on_project(
            all,
            &account,
            "roles/cloudsql.client",
            "It reaches its database over the platform's socket.",
            &used.origin,
        );
    }
    for call in &site.workload.calls {
        let Some(other) = site.environment.workload(&call.value) else { continue };
        let inside = Form::of(other) == Form::Service && !other.is_public();
        if inside && other.host.platform.value == site.workload.host.platform.value && !all.environment.ephemeral.value
        {
            let name = site.of(other).name();
            all.add(
                ["roles/run.invoker of ", account.split('@').next().unwrap_or_default(), " on ", &name].concat(),
                "An internal service answers only callers with this right; it must have been released once.",
                "[[ $(gcloud run services get-iam-policy {name} --project {project} --region {region} --format json) == *\"serviceAccount:{address}\\\"\"* ]]",
                &["gcloud run services add-iam-policy-binding {name} --project {project} --region {region} --member serviceAccount:{address} --role roles/run.invoker"],
                &[("name", Word::text(name)), ("address", Word::text(&account))],
                &call.origin,
            );
        }
    }
}

fn on_secret(
    all: &mut Provisions<'_>,
    secret: &variable::SecretPlace,
    address: &str,
    role: &str,
    because: &str,
    origin: &Origin,
) {
    let held = secret.project.clone().unwrap_or_else(|| site::project(all.host));
    let id = address.split('@').next().unwrap_or_default();
    all.add(
        [role, " of ", id, " on ", &secret.name].concat(),
        because,
        "[[ -n $(gcloud secrets get-iam-policy {secret} --project {held_in} --flatten 'bindings[].members' --filter \"bindings.role={role} AND bindings.members=serviceAccount:{address}\" --format 'value(bindings.role)') ]]",
        &["gcloud secrets add-iam-policy-binding {secret} --project {held_in} --member serviceAccount:{address} --role {role}"],
        &[
            ("secret", Word::text(&secret.name)),
            ("held_in", Word::text(held)),
            ("role", Word::text(role)),
            ("address", Word::text(address)),
        ],
        origin,
    );
}
