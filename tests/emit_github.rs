//! The GitHub workflows, by job and step: what declarations put there, and what follows when one of them changes.

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
resource "orders" kind="postgres" version="16" { from "container" }
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
    let reason = ci.find("jobs.scan-sast.permissions.security-events").and_then(|found| found.tree.note.clone());
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
