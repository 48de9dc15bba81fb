//! The GitHub workflows, by job and step: what declarations put there, and what follows when one of them changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::type_complexity,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "tests may fail loudly and share modules"
)]

use deployc::artifact::{Artifact, Tree, Value};
use deployc::loader::Memory;

const APP: &str = r#"app "shop" { repo "github.com/acme/shop" }
service "api" {
    source "apps/api"; runtime "node@22" manager="npm"; watch "packages/shared/**"
    command lint="npm run lint" test="npm test" start="node ."
    http port=8080 { health "/healthz" }
}
service "web" {
    source "apps/web"; runtime "node@22" manager="npm"; watch "packages/ui/**"
    command start="node ."
    http port=3000 public=#true { health "/" }
    calls "api"
}
resource "orders" kind="postgres" version="16"
"#;

const PRODUCTION: &str = r#"environment "production" { host "cloud-run" region="europe-west1" project="acme-prod"; trigger push="main" }
"#;

/// Builds a file in memory, with the folders that it names.
fn build(text: &str) -> Vec<Artifact> {
    let loader = Memory::new()
        .with("deploy.kdl", text)
        .with("apps/api/package.json", "{}")
        .with("apps/api/package-lock.json", "{}")
        .with("apps/web/package.json", "{}")
        .with("apps/web/package-lock.json", "{}");
    let mut compilation = deployc::check(&loader, "deploy.kdl", None).expect("the entry can be read");
    let built = compilation.build();
    let told: Vec<String> =
        compilation.diagnostics.iter().map(|one| format!("{}: {}", one.code, one.message)).collect();
    built.unwrap_or_else(|| panic!("the file is wrong: {told:#?}"))
}

fn workflow(text: &str, file: &str) -> Artifact {
    let path = format!(".github/workflows/{file}");
    build(text).into_iter().find(|artifact| artifact.path == path).unwrap_or_else(|| panic!("no {path}"))
}

/// The text at a path, data and expressions joined; a script as it is printed.
fn at(artifact: &Artifact, path: &str) -> String {
    let found = artifact.find(path).unwrap_or_else(|| panic!("no {path} in {}", artifact.path));
    shown(found.tree)
}

fn shown(tree: &Tree) -> String {
    match &tree.value {
        Value::Script(script) => deployc::render::script(script),
        Value::Int(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::List(items) => items.iter().map(shown).collect::<Vec<_>>().join(" "),
        Value::Map(entries) => entries.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>().join(" "),
        _ => tree.joined().unwrap_or_default(),
    }
}

/// The keys of a map.
fn keys(artifact: &Artifact, path: &str) -> Vec<String> {
    let found = artifact.find(path).unwrap_or_else(|| panic!("no {path}"));
    found.tree.entries().iter().map(|(key, _)| key.clone()).collect()
}

/// The names of a job's steps.
fn steps(artifact: &Artifact, job: &str) -> Vec<String> {
    let found = artifact.find(&format!("jobs.{job}.steps")).unwrap_or_else(|| panic!("no steps in {job}"));
    found.tree.items().iter().filter_map(|step| step.key("name").and_then(Tree::joined)).collect()
}

#[test]
fn every_service_has_its_jobs_and_one_check_waits_for_all() {
    let ci = workflow(&[APP, PRODUCTION].concat(), "ci.yml");
    assert_eq!(keys(&ci, "jobs"), ["changes", "lint-api", "test-api", "build-api", "build-web", "ci"]);
    assert_eq!(at(&ci, "jobs.ci.needs"), "changes lint-api test-api build-api build-web");
    assert_eq!(at(&ci, "jobs.ci.if"), "${{ always() }}");
    assert_eq!(steps(&ci, "lint-api"), ["Check out", "Set up node", "Install the dependencies", "Lint"]);
    assert_eq!(at(&ci, "jobs.lint-api.steps[3].working-directory"), "apps/api");
    assert_eq!(at(&ci, "jobs.lint-api.steps[1].with.node-version"), "22");
    assert_eq!(at(&ci, "jobs.build-web.steps[2].with.push"), "false");
}

#[test]
fn a_job_may_do_what_its_steps_need_and_nothing_else() {
    let text = [APP, PRODUCTION, "pipeline \"github\" { scan \"sast\" }\n"].concat();
    let ci = workflow(&text, "ci.yml");
    assert!(keys(&ci, "permissions").is_empty());
    assert_eq!(keys(&ci, "jobs.lint-api.permissions"), ["contents"]);
    assert!(keys(&ci, "jobs.ci.permissions").is_empty());
    assert_eq!(keys(&ci, "jobs.scan-sast.permissions"), ["contents", "security-events", "actions"]);
    let reason = ci
        .find("jobs.scan-sast.permissions.security-events")
        .and_then(|found| found.tree.note_behind().map(str::to_owned));
    assert_eq!(reason.as_deref(), Some("to report findings to the security tab"));
}

#[test]
fn what_did_not_change_is_left_out_where_that_can_be_told() {
    let ci = workflow(&[APP, PRODUCTION].concat(), "ci.yml");
    assert_eq!(at(&ci, "jobs.test-api.if"), "${{ needs.changes.outputs.api == 'yes' }}");
    let script = at(&ci, "jobs.changes.steps[1].run");
    assert!(script.contains("[[ $file == packages/shared/* ]]"), "{script}");
    // Without its own lock file nobody knows what else it is made of.
    let unknown = APP.replace("; watch \"packages/shared/**\"", "; build context=\".\"");
    let ci = workflow(&[&unknown, PRODUCTION].concat(), "ci.yml");
    assert!(ci.find("jobs.test-api.if").is_none());
}

#[test]
fn images_are_handed_to_their_scan() {
    let text = [APP, PRODUCTION, "pipeline \"github\" { scan \"container\" }\n"].concat();
    let ci = workflow(&text, "ci.yml");
    assert_eq!(at(&ci, "jobs.scan-container.needs"), "build-api changes build-web");
    assert!(steps(&ci, "scan-container").contains(&"Scan the image of web".to_owned()));
    assert!(steps(&ci, "build-api").contains(&"Hand the image to its scan".to_owned()));
    let without = workflow(&[APP, PRODUCTION].concat(), "ci.yml");
    assert!(!steps(&without, "build-api").contains(&"Hand the image to its scan".to_owned()));
}

/// An image whose build needs a command before it, a secret and a value.
const NEEDY: &str = r#"app "shop" { repo "github.com/acme/shop" }
service "api" {
    source "apps/api"; runtime "node@22" manager="npm"
    build { before "make proto"; before "make icons"; secret "NPM_TOKEN" from="npm"; env { SITE "shop" } }
    command start="node ."
    http port=8080 public=#true { health "/healthz" }
}
secret "npm" { from "github" path="NPM_READ"; rotate every="90d" }
environment "preview" ephemeral=#true { host "cloud-run" region="europe-west1" project="acme-dev"; trigger pull-request=#true }
environment "production" { host "cloud-run" region="europe-west1" project="acme-prod"; trigger push="main" }
"#;

#[test]
fn every_job_that_builds_an_image_does_all_that_its_build_says() {
    for (file, job, place) in [
        ("ci.yml", "build-api", Some("ci")),
        ("deploy-api.yml", "build", Some("build")),
        ("preview.yml", "build-preview-api", None),
    ] {
        let workflow = workflow(NEEDY, file);
        let found = workflow.find(&format!("jobs.{job}.steps")).unwrap();
        let steps = found.tree.items();
        let run = |step: &Tree| step.key("run").map(shown).unwrap_or_default();
        let before: Vec<usize> = (0..steps.len()).filter(|at| run(&steps[*at]).starts_with("make ")).collect();
        let build = steps
            .iter()
            .position(|step| step.key("uses").map(shown).is_some_and(|uses| uses.contains("build-push")))
            .unwrap();
        assert_eq!(before.len(), 2, "{file}");
        assert!(before.iter().all(|at| *at < build && steps[*at].key("working-directory").is_none()), "{file}");
        let with = |key: &str| steps[build].key("with").and_then(|with| with.key(key)).map(shown).unwrap_or_default();
        assert_eq!(with("secrets"), "NPM_TOKEN=${{ secrets.NPM_READ }}", "{file}");
        assert_eq!(with("build-args"), "SITE=shop", "{file}");
        if let Some(place) = place {
            assert_eq!(
                at(&workflow, &format!("jobs.{job}.environment")),
                place,
                "secrets come by an environment alone"
            );
        }
        // What ships takes nothing out of a cache that other runs wrote.
        let cached = steps.iter().filter_map(|step| step.key("with")).any(|with| with.key("cache").is_some());
        assert_eq!(cached, file == "ci.yml", "{file}");
    }
}

#[test]
fn a_job_of_the_users_runs_as_declared() {
    let job = r#"pipeline "github" { job "e2e" {
        needs "build"; run "npm run e2e"; in "apps/web"; with "orders"; timeout "20m"; shard 2; matrix "browser" "firefox" "chromium"
        env { BASE "${resource.orders.url}" }
    } }
"#;
    let ci = workflow(&[APP, PRODUCTION, job].concat(), "ci.yml");
    assert_eq!(at(&ci, "jobs.e2e.needs"), "build-api build-web");
    assert_eq!(at(&ci, "jobs.e2e.timeout-minutes"), "20");
    assert_eq!(at(&ci, "jobs.e2e.strategy.matrix.shard"), "1 2");
    assert_eq!(at(&ci, "jobs.e2e.strategy.matrix.browser"), "firefox chromium");
    let names = steps(&ci, "e2e");
    assert_eq!(names, ["Check out", "Set up node", "Install the dependencies", "Start orders", "Run"]);
    assert_eq!(at(&ci, "jobs.e2e.steps[4].env.BROWSER"), "${{ matrix.browser }}");
    assert_eq!(at(&ci, "jobs.e2e.steps[4].env.SHARDS"), "2");
    assert_eq!(at(&ci, "jobs.e2e.steps[4].env.BASE"), "${{ env.ORDERS_URL }}");
    assert!(at(&ci, "jobs.e2e.steps[3].run").contains("postgres:16"));
    assert!(at(&ci, "jobs.ci.needs").ends_with("e2e"));
}

#[test]
fn text_of_users_is_no_expression() {
    let job = r#"pipeline "github" { job "odd" { run "echo ${{ github.token }}"; matrix "mode" "$${{ github.token }}" "on" "12:30" } }
"#;
    let ci = workflow(&[APP, PRODUCTION, job].concat(), "ci.yml");
    let text = deployc::render::text(&ci);
    assert!(!text.contains("${{ github.token }}"), "{text}");
}

const PROMOTED: &str = r#"environment "staging" { host "cloud-run" region="europe-west1" project="acme-staging"; trigger push="main" }
environment "production" {
    host "cloud-run" region="europe-west1" project="acme-prod"
    promote from="staging" after="30m" { approve by="acme/release" }
    strategy "careful"
    freeze from="Fri 16:00" to="Mon 08:00" tz="Europe/Berlin"
}
strategy "careful" kind="canary" {
    step weight="5%" hold="30m"
    step weight="100%"
    rollback within="15m" { when "error_rate > 2% for 5m" }
}
"#;

#[test]
fn a_release_is_built_once_and_promoted_by_digest() {
    let deploy = workflow(&[APP, PROMOTED].concat(), "deploy-api.yml");
    assert_eq!(keys(&deploy, "jobs"), ["build", "deploy-staging", "deploy-production", "reconcile"]);
    assert_eq!(at(&deploy, "jobs.deploy-production.needs"), "build deploy-staging");
    for job in ["deploy-staging", "deploy-production"] {
        let image = at(&deploy, &format!("jobs.{job}.env.IMAGE_API"));
        assert_eq!(image, "europe-west1-docker.pkg.dev/acme-prod/shop/api@${{ needs.build.outputs.digest }}");
    }
    let build = steps(&deploy, "build");
    let place =
        |name: &str| build.iter().position(|step| step == name).unwrap_or_else(|| panic!("no {name} in {build:?}"));
    assert!(place("Build and push") < place("Attest the bill of materials"));
    assert!(place("Attest the bill of materials") < place("Attest where it was built"));
    assert!(place("Attest where it was built") < place("Sign the image"));
    assert!(deploy.find("jobs.deploy-production.if").is_none(), "a promotion follows its environment");
    assert_eq!(
        at(&deploy, "jobs.deploy-staging.if"),
        "${{ (github.event_name == 'push' && github.ref == 'refs/heads/main') }}"
    );
}

#[test]
fn a_rollout_verifies_first_and_goes_back_by_itself() {
    let deploy = workflow(&[APP, PROMOTED].concat(), "deploy-api.yml");
    assert_eq!(
        steps(&deploy, "deploy-production"),
        [
            "Refuse while releases are frozen",
            "Wait since the verification in staging",
            "Check out",
            "Take a short-lived Google credential",
            "Set up gcloud",
            "Log in to the registry",
            "Set up cosign",
            "Verify the provenance of api",
            "Verify the signature of api",
            "api: start the new version",
            "api: verify",
            "api: 5% of traffic",
            "api: watch 5% for 30m",
            "api: all traffic",
            "api: verify",
            "api: compare what runs with what was meant",
            "api: roll back",
            "Report what runs",
        ]
    );
    let step = |index: usize, key: &str| at(&deploy, &format!("jobs.deploy-production.steps[{index}].{key}"));
    assert_eq!(step(11, "run").trim(), "ops/deploy.sh production api \"$IMAGE_API\" shift 5");
    assert_eq!(step(12, "run").trim(), "ops/deploy.sh production api \"$IMAGE_API\" watch 1800 5");
    assert_eq!(step(12, "timeout-minutes"), "40");
    assert_eq!(
        step(16, "if"),
        "${{ (failure() || cancelled()) && steps.api-start.outcome != 'skipped' && steps.api-finish.outcome != 'success' }}"
    );
    assert_eq!(step(17, "if"), "${{ always() }}");
    assert_eq!(at(&deploy, "jobs.deploy-production.concurrency.group"), "deploy-production-api");
    assert_eq!(at(&deploy, "jobs.deploy-production.concurrency.cancel-in-progress"), "false");
    assert_eq!(keys(&deploy, "jobs.deploy-production.permissions"), ["contents", "id-token", "attestations"]);
}

#[test]
fn gates_follow_their_declarations() {
    let deploy = workflow(&[APP, PROMOTED].concat(), "deploy-api.yml");
    let freeze = at(&deploy, "jobs.deploy-production.steps[0].run");
    assert!(freeze.contains("[[ $now -ge 6720 || $now -lt 480 ]]") && freeze.contains("Europe/Berlin"), "{freeze}");
    assert!(at(&deploy, "jobs.deploy-production.steps[1].run").contains("VERIFIED + 1800"));
    let weekday =
        PROMOTED.replace("Fri 16:00", "Tue 16:00").replace("Mon 08:00", "Wed 08:00").replace("30m\" {", "45m\" {");
    let deploy = workflow(&[APP, &weekday].concat(), "deploy-api.yml");
    assert!(at(&deploy, "jobs.deploy-production.steps[0].run").contains("[[ $now -ge 2400 && $now -lt 3360 ]]"));
    assert!(at(&deploy, "jobs.deploy-production.steps[1].run").contains("VERIFIED + 2700"));
}

/// A wait that no job could sit out is the timer of an environment that does nothing else; rollbacks do not pass it.
#[test]
fn a_long_wait_costs_no_machine() {
    let long = [APP, &PROMOTED.replace("after=\"30m\"", "after=\"1d\"")].concat();
    let deploy = workflow(&long, "deploy-api.yml");
    assert_eq!(keys(&deploy, "jobs"), ["build", "deploy-staging", "wait-production", "deploy-production", "reconcile"]);
    assert_eq!(at(&deploy, "jobs.wait-production.needs"), "deploy-staging");
    assert_eq!(at(&deploy, "jobs.wait-production.environment.name"), "production-wait");
    assert_eq!(keys(&deploy, "jobs.wait-production.permissions"), Vec::<String>::new());
    assert_eq!(at(&deploy, "jobs.wait-production.concurrency.cancel-in-progress"), "true");
    assert_eq!(at(&deploy, "jobs.deploy-production.needs"), "build deploy-staging wait-production");
    assert_eq!(at(&deploy, "jobs.reconcile.needs"), "build deploy-staging wait-production deploy-production");
    let guard = at(&deploy, "jobs.wait-production.steps[0].run");
    assert!(guard.contains("[[ $passed -lt 86400 ]]") && guard.contains("ops/bootstrap.sh"), "{guard}");
    assert!(
        !steps(&deploy, "deploy-production").iter().any(|step| step.starts_with("Wait since")),
        "nobody sleeps a day"
    );
    let minutes = |deploy: &Artifact| at(deploy, "jobs.deploy-production.timeout-minutes").parse::<u64>().unwrap();
    assert!(minutes(&deploy) < minutes(&workflow(&[APP, PROMOTED].concat(), "deploy-api.yml")));
    let script = bootstrap(&long);
    assert!(script.contains("environments/production-wait\"") && script.contains("-F wait_timer=1440"), "{script}");
    assert!(!bootstrap(&[APP, PROMOTED].concat()).contains("wait_timer"));
    let rollback = workflow(&long, "rollback.yml");
    assert_eq!(at(&rollback, "jobs.rollback-production.environment.name"), "production");
}

/// What the CI service would cut off or cannot wait for is told beforehand.
#[test]
fn what_the_pipeline_cannot_wait_for_is_an_error() {
    let told = |text: &str| -> Vec<String> {
        let loader = Memory::new()
            .with("deploy.kdl", text.as_bytes())
            .with("apps/api/package.json", "{}")
            .with("apps/web/package.json", "{}");
        let found = deployc::check(&loader, "deploy.kdl", None).unwrap().diagnostics;
        found.into_iter().filter(|one| one.code.to_string() == "capability/limit").map(|one| one.message).collect()
    };
    assert_eq!(told(&[APP, PROMOTED].concat()), Vec::<String>::new());
    let weeks = PROMOTED.replace("after=\"30m\"", "after=\"31d\"");
    assert_eq!(told(&[APP, &weeks].concat()), ["GitHub Actions makes a release wait for at most 30d"]);
    let slow = PROMOTED.replace("hold=\"30m\"", "hold=\"7h\"");
    let message =
        |unit: &str| format!("releases of `{unit}` hold for 7h in all, and GitHub Actions stops a job after 6h");
    assert_eq!(told(&[APP, &slow].concat()), [message("api")], "told once at its place");
    let crumb = PROMOTED.replace("weight=\"5%\"", "weight=\"0.5%\"");
    assert_eq!(told(&[APP, &crumb].concat()), ["`cloud-run` shares traffic by whole percents"]);
    let even = "kind=\"linear\" { step weight=\"10%\" hold=\"45m\"; ";
    let linear = PROMOTED
        .replace("kind=\"canary\" {", even)
        .replace("    step weight=\"5%\" hold=\"30m\"\n    step weight=\"100%\"\n", "");
    let message =
        |unit: &str| format!("releases of `{unit}` hold for 6h45m in all, and GitHub Actions stops a job after 6h");
    assert_eq!(told(&[APP, &linear].concat()), [message("api")]);
}

/// The commands of a verification find the runtime and the packages of the program in whose folder they run.
#[test]
fn a_verification_finds_what_its_commands_need() {
    let smoke = PROMOTED.replace(
        "    rollback within",
        "    verify \"smoke\" { run \"npm run smoke\" in=\"apps/web\" }\n    rollback within",
    );
    let text = [APP, &smoke].concat();
    let names = steps(&workflow(&text, "deploy-api.yml"), "deploy-production");
    let place = |names: &[String], name: &str| {
        names.iter().position(|step| step == name).unwrap_or_else(|| panic!("no {name} in {names:?}"))
    };
    assert!(place(&names, "Check out") < place(&names, "Set up node"));
    assert!(place(&names, "Install the dependencies") < place(&names, "Take a short-lived Google credential"));
    let staging = steps(&workflow(&text, "deploy-api.yml"), "deploy-staging");
    assert!(!staging.iter().any(|step| step == "Set up node"), "nothing is verified by commands there: {staging:?}");
    let names = steps(&workflow(&text, "rollback.yml"), "rollback-production");
    assert!(
        place(&names, "Roll back") < place(&names, "Set up node")
            && place(&names, "Install the dependencies") < place(&names, "Verify")
    );
}

#[test]
fn a_unit_waits_for_those_it_calls() {
    let text = [APP, PROMOTED].concat();
    let web = workflow(&text, "deploy-web.yml");
    let wait = at(&web, "jobs.deploy-staging.steps[0].run");
    assert!(wait.contains("wait_for deploy-api.yml 'Deploy api to staging'"), "{wait}");
    let api = workflow(&text, "deploy-api.yml");
    assert!(!steps(&api, "deploy-staging").contains(&"Wait for the units before this one".to_owned()));
}

/// Where calls go in a circle, each waits only for those before it in the file: otherwise all would wait for ever.
#[test]
fn units_that_call_each_other_never_wait_for_each_other() {
    let text = [&APP.replace("service \"api\" {", "service \"api\" { calls \"web\""), PROMOTED].concat();
    assert_ne!(text, [APP, PROMOTED].concat());
    let waits = |unit: &str| {
        let names = steps(&workflow(&text, &format!("deploy-{unit}.yml")), "deploy-staging");
        names.contains(&"Wait for the units before this one".to_owned())
    };
    let first = text.find("service \"web\"") < text.find("service \"api\"");
    assert_eq!((waits("web"), waits("api")), (!first, first));
}

#[test]
fn what_is_not_in_the_environment_before_ships_from_its_verified_commit() {
    let text = APP.replace("service \"web\" {", "service \"web\" { only \"production\"");
    let web = workflow(&[&text, PROMOTED].concat(), "deploy-web.yml");
    assert_eq!(keys(&web, "jobs"), ["build", "deploy-production", "reconcile"]);
    assert!(at(&web, "jobs.deploy-production.if").contains("refs/heads/main"));
    let wait = at(&web, "jobs.deploy-production.steps[1].run");
    assert!(wait.contains("wait_for deploy-api.yml 'Deploy api to staging'"), "{wait}");
}

#[test]
fn build_time_values_that_differ_make_an_image_per_environment() {
    let build = "build { env { NEXT_PUBLIC_STAGE \"${environment.name}\" } }\n    http port=3000";
    let text = APP.replace("http port=3000", build);
    let web = workflow(&[&text, PROMOTED].concat(), "deploy-web.yml");
    assert_eq!(keys(&web, "jobs")[..2], ["build-staging", "build-production"]);
    assert_eq!(at(&web, "jobs.build-staging.steps[5].with.build-args"), "NEXT_PUBLIC_STAGE=staging");
    assert!(at(&web, "jobs.deploy-production.env.IMAGE_WEB").contains("web-production@${{ needs.build-production"));
}

#[test]
fn triggers_become_events_and_conditions() {
    let triggers = |trigger: &str| {
        let text = PRODUCTION.replace("trigger push=\"main\"", trigger);
        let deploy = workflow(&[APP, &text].concat(), "deploy-api.yml");
        let on = deploy
            .find("on.push")
            .map(|found| deployc::render::text(&deploy)[..].find("push").map(|_| shown(found.tree)));
        (on.flatten().unwrap_or_default(), at(&deploy, "jobs.deploy-production.if"))
    };
    assert_eq!(triggers("trigger tag=\"v*\"").0, "tags");
    assert!(triggers("trigger tag=\"v*\"").1.contains("startsWith(github.ref, 'refs/tags/v')"));
    assert!(triggers("trigger push=\"!main\"").1.contains("!(github.ref == 'refs/heads/main')"));
    assert!(triggers("trigger manual=#true").1.contains("inputs.environment == 'production'"));
    assert_eq!(triggers("trigger manual=#true").0, "");
}

#[test]
fn an_image_of_others_is_resolved_once() {
    let text = r#"app "shop" { repo "github.com/acme/shop" }
service "proxy" { image "ghcr.io/acme/proxy:1.2"; http port=3000 { health "/" } }
"#;
    let deploy = workflow(&[text, PROMOTED].concat(), "deploy-proxy.yml");
    assert_eq!(keys(&deploy, "jobs"), ["resolve", "deploy-staging", "deploy-production", "reconcile"]);
    let image = at(&deploy, "jobs.deploy-production.env.IMAGE_PROXY");
    assert_eq!(image, "ghcr.io/acme/proxy@${{ needs.resolve.outputs.proxy }}");
    assert!(!steps(&deploy, "deploy-production").iter().any(|step| step.starts_with("Verify the")));
    let preview = workflow(&[text, PROMOTED, PREVIEW].concat(), "preview.yml");
    assert_eq!(keys(&preview, "jobs")[..2], ["up-preview", "resolve-preview"]);
    assert_eq!(at(&preview, "jobs.up-preview.needs"), "resolve-preview");
    let image = at(&preview, "jobs.up-preview.steps[3].env.IMAGE");
    assert_eq!(image, "ghcr.io/acme/proxy@${{ needs.resolve-preview.outputs.proxy }}", "scripts take digests alone");
}

/// A service whose file and variables need what the pipeline keeps.
const KEEPER: &str = r#"app "shop" { repo "github.com/acme/shop" }
var "region" from="github"
service "api" {
    source "apps/api"; runtime "node@22" manager="npm"
    command start="node ."
    http port=8080 { health "/healthz" }
    env { REGION "${var.region}"; KEY "${secret.key}"; MAIL "${resource.mail.url}" }
    migrate "schema" for="orders" tool="custom" up="node migrate.js"
}
resource "orders" kind="postgres" version="16"
resource "mail" kind="smtp" { from "external" url="${secret.smtp}" }
secret "key" { from "github" path="API_KEY"; rotate every="90d" }
secret "smtp" { from "github" path="SMTP_URL"; rotate every="90d" }
"#;

#[test]
fn only_steps_that_write_a_secret_see_it() {
    let deploy = workflow(&[KEEPER, PRODUCTION].concat(), "deploy-api.yml");
    let found = deploy.find("jobs.deploy-production.steps").unwrap();
    for step in found.tree.items() {
        let name = step.key("name").and_then(Tree::joined).unwrap_or_default();
        let names = step.key("env").map(shown).unwrap_or_default();
        let writes = ["api: migrate", "api: start the new version"].contains(&name.as_str());
        assert_eq!(names.contains("SECRET_KEY"), writes, "{name}: {names}");
        assert_eq!(names.contains("SECRET_SMTP"), writes, "{name}: {names}");
        let files = writes || name == "api: roll back";
        assert_eq!(names.contains("VAR_REGION"), files, "{name}: {names}");
    }
    let scripts = build(&[KEEPER, PRODUCTION].concat());
    let target = scripts.iter().find(|artifact| artifact.path == "ops/target.sh").unwrap();
    let target = deployc::render::text(target);
    let pairs = "cloud_run_secrets='shop-production-key=SECRET_KEY shop-production-smtp=SECRET_SMTP'";
    assert!(target.contains(pairs), "{target}");
    let job = target.split("cloud_run_job() {").nth(1).unwrap();
    assert!(job.find("cloud_run_write_secrets") < job.find("jobs execute"), "a first migration finds its secrets");
}

#[test]
fn what_a_pattern_starts_is_built_in_an_environment_of_its_own() {
    for trigger in ["tag=\"v*\"", "push=\"release/*\"", "push=\"!main\""] {
        let text = [APP, &PRODUCTION.replace("push=\"main\"", trigger)].concat();
        let deploy = workflow(&text, "deploy-api.yml");
        assert_eq!(at(&deploy, "jobs.build.environment"), "build", "{trigger}");
        let bootstrap = bootstrap(&text);
        assert!(bootstrap.contains("attribute.place/environment/build"), "{trigger}");
        let rules = bootstrap.matches("environments/build/deployment-branch-policies\" -f").count();
        assert_eq!(rules, if trigger.contains('!') { 0 } else { 2 }, "{trigger}: {bootstrap}");
    }
    let text = [APP, PRODUCTION].concat();
    assert!(workflow(&text, "deploy-api.yml").find("jobs.build.environment").is_none());
    assert!(bootstrap(&text).contains("attribute.place/refs/heads/main"));
}

#[test]
fn day_zero_asks_for_each_secret_where_a_job_reads_it_and_nowhere_else() {
    let job = "pipeline \"github\" { job \"e2e\" { run \"npm test\"; env { KEY \"${secret.npm}\" } } }\n";
    let said = bootstrap(&[NEEDY, job].concat());
    for place in ["build", "ci", "preview"] {
        assert!(said.contains(&format!("'secret NPM_READ of the environment {place}'")), "{place}");
    }
    assert!(!said.contains("'secret NPM_READ of the environment production'"), "releases do not read it");
    let said = bootstrap(&[KEEPER, PRODUCTION].concat());
    for one in ["secret API_KEY", "secret SMTP_URL", "variable REGION"] {
        assert!(said.contains(&format!("'{one} of the environment production'")), "{one}");
    }
    let registry = "pipeline \"github\" { artifact registry=\"registry.acme.example/shop\" }\n";
    let said = bootstrap(&[APP, PRODUCTION, registry].concat());
    for place in ["build", "production"] {
        assert!(said.contains(&format!("'secret REGISTRY_PASSWORD of the environment {place}'")), "{place}");
        assert!(said.contains(&format!("'variable REGISTRY_USERNAME of the environment {place}'")), "{place}");
    }
}

fn bootstrap(text: &str) -> String {
    let built = build(text);
    deployc::render::text(built.iter().find(|artifact| artifact.path == "ops/bootstrap.sh").unwrap())
}

const PREVIEW: &str = r#"environment "preview" ephemeral=#true {
    host "cloud-run" region="europe-west1" project="acme-dev"; trigger pull-request=#true label="preview"; ttl "3d"
}
"#;

#[test]
fn a_rollback_takes_input_through_the_environment_only() {
    let rollback = workflow(&[APP, PROMOTED].concat(), "rollback.yml");
    assert_eq!(keys(&rollback, "jobs"), ["rollback-staging", "rollback-production"]);
    assert_eq!(at(&rollback, "on.workflow_dispatch.inputs.environment.options"), "staging production");
    assert_eq!(at(&rollback, "on.workflow_dispatch.inputs.service.options"), "api web");
    let names = steps(&rollback, "rollback-production");
    let place =
        |name: &str| names.iter().position(|step| step == name).unwrap_or_else(|| panic!("no {name} in {names:?}"));
    assert_eq!(place("Look at what was asked for"), 0);
    assert!(place("Stop a release that is going on") < place("Roll back"));
    assert!(place("Roll back") < place("Verify"));
    let text = deployc::render::text(&rollback);
    for line in text.lines().filter(|line| line.contains("${{")) {
        let name = line.trim().split(':').next().unwrap_or_default();
        assert!(!line.trim_start().starts_with("run:") && !name.is_empty(), "{line}");
    }
}

#[test]
fn a_preview_is_safe_for_forks_and_always_ends() {
    let preview = workflow(&[APP, PRODUCTION, PREVIEW].concat(), "preview.yml");
    assert_eq!(
        keys(&preview, "jobs"),
        ["build-preview-api", "build-preview-web", "up-preview", "down-preview", "stale-preview", "sweep-preview"]
    );
    for job in ["build-preview-api", "up-preview", "down-preview"] {
        let condition = at(&preview, &format!("jobs.{job}.if"));
        assert!(condition.contains("head.repo.full_name == github.repository"), "{condition}");
        assert_eq!(at(&preview, &format!("jobs.{job}.environment.name")), "preview");
    }
    assert!(at(&preview, "jobs.up-preview.if").contains("labels.*.name, 'preview')"));
    assert!(at(&preview, "on.pull_request.types").contains("closed"));
    let releases: Vec<String> =
        steps(&preview, "up-preview").into_iter().filter(|step| step.starts_with("Release")).collect();
    assert_eq!(releases, ["Release api", "Release web"], "callees first");
    let removal = at(&preview, "jobs.down-preview.steps[3].run");
    assert!(removal.find("preview web") < removal.find("preview api"), "callers first: {removal}");
    assert!(at(&preview, "jobs.stale-preview.steps[0].run").contains("-gt 259200"));
    assert!(at(&preview, "jobs.sweep-preview.steps[3].env.PULL_REQUEST").contains("matrix.number"));
    assert!(!deployc::render::text(&preview).contains("pull_request_target"));
    let without = build(&[APP, PRODUCTION].concat());
    assert!(!without.iter().any(|artifact| artifact.path.ends_with("preview.yml")));
}

/// A review of the costs would be a reminder; until `cost` compiles, nothing is built that would leave it out.
#[test]
fn costs_and_their_review_are_refused_until_they_compile() {
    let refused = |more: &str| -> Vec<(String, String)> {
        let text = [APP, PRODUCTION, more].concat();
        let loader = Memory::new()
            .with("deploy.kdl", text.as_bytes())
            .with("apps/api/package.json", "{}")
            .with("apps/api/package-lock.json", "{}")
            .with("apps/web/package.json", "{}")
            .with("apps/web/package-lock.json", "{}");
        let mut compilation = deployc::check(&loader, "deploy.kdl", None).expect("the entry can be read");
        let checked = compilation.diagnostics.iter().filter(|one| one.severity == deployc::diag::Severity::Error);
        assert_eq!(checked.count(), 0, "checking goes on: {:?}", compilation.diagnostics);
        assert!(compilation.build().is_none(), "{more} is built and left out");
        let at = |one: &deployc::diag::Diagnostic| {
            let span = one.primary.span;
            text[span.start as usize..span.end as usize].to_owned()
        };
        let errors = compilation.diagnostics.iter().filter(|one| one.severity == deployc::diag::Severity::Error);
        errors.map(|one| (one.code.to_string(), at(one))).collect()
    };
    let not_yet = |word: &str| vec![("output/not-yet".to_owned(), word.to_owned())];
    assert_eq!(refused("cost { review every=\"30d\" owner=\"team\" }\n"), not_yet("cost"));
    assert_eq!(refused("cost { budget \"$2345/month\" environment=\"production\" }\n"), not_yet("cost"));
    assert_eq!(refused("pipeline \"gitlab\"\n"), not_yet("\"gitlab\""));
}

#[test]
fn what_is_due_is_remembered() {
    let more = r#"secret "stripe" { from "github" path="STRIPE_KEY"; rotate every="90d" owner="team"; }
"#;
    let uses = APP.replacen("http port=8080", "env { KEY \"${secret.stripe}\" }\n    http port=8080", 1);
    let promoted = PROMOTED.replace("rollback within", "drill every=\"60d\" last=\"2026-10-01\"\n    rollback within");
    let scheduled = workflow(&[&uses, &promoted, more].concat(), "scheduled.yml");
    assert_eq!(keys(&scheduled, "jobs"), ["audit", "reminders", "drift", "sweep"]);
    assert_eq!(steps(&scheduled, "reminders"), ["Rotation of secrets", "Drills of the rollback"]);
    let step = |index: usize| at(&scheduled, &format!("jobs.reminders.steps[{index}].run"));
    assert!(step(0).contains("remind 'Rotate the secret stripe' 7776000"), "{}", step(0));
    assert!(step(1).contains("date --date 2026-10-01 +%s") && step(1).contains("5184000"), "{}", step(1));
    assert_eq!(keys(&scheduled, "jobs.reminders.permissions"), ["issues"]);
    assert!(at(&scheduled, "jobs.sweep.steps[0].run").contains("sweep deploy-api.yml"));
    let bare = workflow(&[APP, PRODUCTION].concat(), "scheduled.yml");
    assert_eq!(keys(&bare, "jobs"), ["audit", "drift", "sweep"]);
}

#[test]
fn the_document_tells_every_job_and_every_person() {
    let text = |source: &str| {
        let all = build(source);
        let document =
            all.iter().find(|artifact| artifact.path == "docs/deployment/pipeline.md").expect("the document");
        let jobs: Vec<String> = all
            .iter()
            .filter(|artifact| artifact.path.starts_with(".github/workflows/"))
            .flat_map(|artifact| keys(artifact, "jobs"))
            .collect();
        (deployc::render::text(document), jobs)
    };
    let (told, jobs) = text(&[APP, PROMOTED, PREVIEW].concat());
    for job in jobs {
        assert!(told.contains(&format!("| `{job}` |")), "{job} is not in the document");
    }
    assert!(told.contains("Approval by 1 of acme/release"));
    assert!(told.contains("Frozen from Fri 16:00 to Mon 08:00 (Europe/Berlin)"));
    assert!(told.contains("Put the label `preview` on a pull request"));
    let without = PROMOTED
        .replace("{ approve by=\"acme/release\" }", "")
        .replace("freeze from=\"Fri 16:00\" to=\"Mon 08:00\" tz=\"Europe/Berlin\"", "");
    let (told, _) = text(&[APP, &without].concat());
    assert!(!told.contains("Approval by") && !told.contains("Frozen") && !told.contains("label"));
}
