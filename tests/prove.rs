//! Predicates: each holds on a build that is right, and fails on the same build broken where it looks.

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

use deployc::artifact::dockerfile::{Instruction, InstructionKind};
use deployc::artifact::{Artifact, Body, Dialect, Group, Script, Tree, Value, list, map, text};
use deployc::check::Checked;
use deployc::loader::Memory;
use deployc::plan::Plan;
use deployc::prove::{PREDICATES, Proofs, Verdict, prove};
use deployc::source::Origin;
use deployc::{emit, standard};

const DEPLOY: &str = include_str!("prove/deploy.kdl");

fn loader(deploy: &str) -> Memory {
    Memory::new()
        .with("deploy.kdl", deploy)
        .with("api/package.json", r#"{"name":"api","scripts":{"start":"node ."}}"#)
        .with("api/package-lock.json", "{}")
        .with("web/package.json", r#"{"name":"web","scripts":{"start":"node ."}}"#)
        .with("web/package-lock.json", "{}")
}

/// JSON as a tree, so that a file of another emitter can be written down here.
fn tree(value: &serde_json::Value) -> Tree {
    match value {
        serde_json::Value::Null => Value::Null.into(),
        serde_json::Value::Bool(flag) => Value::Bool(*flag).into(),
        serde_json::Value::Number(number) => Value::Int(number.as_i64().unwrap()).into(),
        serde_json::Value::String(data) => text(data.clone()),
        serde_json::Value::Array(items) => list(items.iter().map(tree)),
        serde_json::Value::Object(entries) => {
            map().put_all(entries.iter().map(|(key, value)| (key.clone(), tree(value))))
        }
    }
}

/// Files that nothing emits yet, as they stand in `tests/prove/`.
fn files() -> Vec<Artifact> {
    let origin = Origin::rule("a file of the test");
    let yaml = |path: &str, json: &str| {
        let document = tree(&serde_json::from_str(json).unwrap_or_else(|error| panic!("{path}: {error}")));
        Artifact::yaml(path, Group::CiCd, Dialect::Plain, document, &origin)
    };
    vec![yaml(".github/dependabot.yml", include_str!("prove/dependabot.json"))]
}

/// Proves the files of `deploy` as `changes` alter them, each change on its own.
fn proved(deploy: &str, changes: Vec<Box<dyn FnOnce(&mut Vec<Artifact>)>>) -> Vec<Proofs> {
    let loader = loader(deploy);
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    // What breaks a predicate may be an error of its own; only the whole example must be right.
    let told: Vec<String> =
        compilation.diagnostics.iter().map(|one| format!("{}: {}", one.code, one.message)).collect();
    assert!(deploy != DEPLOY || !compilation.has_errors(), "the file is wrong: {told:#?}");
    let checked = Checked::new(&compilation.model, &compilation.facts, &[]).unwrap();
    let plan = Plan::new(&checked);
    let mut artifacts = emit::emit(&plan);
    for file in files() {
        assert!(artifacts.iter().all(|artifact| artifact.path != file.path), "{} is emitted", file.path);
        artifacts.push(file);
    }
    let after = |change: Box<dyn FnOnce(&mut Vec<Artifact>)>| {
        let mut artifacts = artifacts.clone();
        change(&mut artifacts);
        prove(&plan, &artifacts)
    };
    changes.into_iter().map(after).collect()
}

/// Proves the files of `deploy` as they are.
fn as_built(deploy: &str) -> Proofs {
    proved(deploy, vec![Box::new(|_| {})]).remove(0)
}

fn edit<'a>(artifacts: &'a mut [Artifact], file: &str, path: &str) -> &'a mut Tree {
    let artifact = artifacts.iter_mut().find(|artifact| artifact.path == file).unwrap_or_else(|| panic!("no {file}"));
    let tree = artifact.trees_mut().first_mut().unwrap();
    if path.is_empty() { tree } else { tree.get_mut(path).unwrap_or_else(|| panic!("no {path} in {file}")) }
}

/// What leads a script or a command of the build elsewhere.
fn rewrite(artifacts: &mut [Artifact], file: &str, from: &str, to: &str) {
    let artifact = artifacts.iter_mut().find(|artifact| artifact.path == file).unwrap_or_else(|| panic!("no {file}"));
    let Body::Shell(script) = &artifact.body else { panic!("{file} is no script") };
    let text = deployc::render::script(script);
    assert!(text.contains(from), "no {from} in {file}");
    artifact.body = Body::Shell(Script::user(&text.replace(from, to)));
}

fn remove(tree: &mut Tree, key: &str) {
    match &mut tree.value {
        Value::Map(entries) => {
            let before = entries.len();
            entries.retain(|(known, _)| known != key);
            assert!(entries.len() < before, "no {key}");
        }
        Value::List(items) => {
            let before = items.len();
            items.retain(|item| {
                item.key("name").or(item.key("alert")).and_then(Tree::as_text).is_none_or(|name| name != key)
            });
            assert!(items.len() < before, "no {key}");
        }
        _ => panic!("nothing to remove {key} from"),
    }
}

fn instructions(artifacts: &mut [Artifact]) -> &mut Vec<Instruction> {
    let body = artifacts.iter_mut().find_map(|artifact| match &mut artifact.body {
        Body::Dockerfile(file) => Some(file),
        _ => None,
    });
    &mut body.unwrap().stages.last_mut().unwrap().instructions
}

const DEPLOY_WORKFLOW: &str = ".github/workflows/deploy-api.yml";
const PREVIEW: &str = ".github/workflows/preview.yml";
const CI: &str = ".github/workflows/ci.yml";
const API: &str = "deploy/cloud-run/production/api.yaml";
const WEB: &str = "deploy/cloud-run/production/web.yaml";
const RULES: &str = "deploy/observability/prometheus/rules/production.service.api.yml";

/// How a build is broken.
enum Break {
    /// A key of a file is removed.
    Remove(&'static str, &'static str, &'static str),
    /// A key of a file gets a value.
    Set(&'static str, &'static str, &'static str, Tree),
    /// The declarations change: what is replaced by what.
    Declare(&'static str, &'static str),
    /// Something else.
    With(fn(&mut Vec<Artifact>)),
}

fn broken() -> Vec<(&'static str, Break)> {
    use Break::{Declare, Remove, Set, With};
    let step = |json: &str| tree(&serde_json::from_str(json).unwrap());
    vec![
        (
            "actions-pinned-by-commit",
            Set(DEPLOY_WORKFLOW, "jobs.build-api.steps[0]", "uses", text("actions/checkout@v7")),
        ),
        ("least-permissions", Set(DEPLOY_WORKFLOW, "jobs.build-api.permissions", "contents", text("write"))),
        ("least-permissions", Remove(DEPLOY_WORKFLOW, "jobs.deploy-production", "permissions")),
        ("least-permissions", Set(DEPLOY_WORKFLOW, "", "permissions", text("write-all"))),
        ("no-persisted-credentials", Remove(DEPLOY_WORKFLOW, "jobs.build-api.steps[0].with", "persist-credentials")),
        (
            "no-untrusted-text-in-run",
            Set(
                DEPLOY_WORKFLOW,
                "jobs.build-api.steps[name=Sign the image]",
                "run",
                text("echo ${{ github.head_ref }}"),
            ),
        ),
        ("no-dangerous-trigger", Set(CI, "on", "pull_request_target", map())),
        (
            "oidc-no-long-lived-keys",
            Set(
                DEPLOY_WORKFLOW,
                "jobs.deploy-production.steps[name=Take a short-lived Google credential].with",
                "credentials_json",
                text("${{ secrets.KEY }}"),
            ),
        ),
        ("secrets-only-in-environments", Remove(DEPLOY_WORKFLOW, "jobs.deploy-production", "environment")),
        ("secrets-not-to-forks", Remove(PREVIEW, "jobs.build-preview-api", "if")),
        (
            "secrets-not-to-forks",
            Set(
                PREVIEW,
                "jobs.build-preview-web",
                "if",
                text(
                    "github.event.action != 'closed' || github.event.pull_request.head.repo.full_name == github.repository",
                ),
            ),
        ),
        ("secrets-not-to-forks", Set(CI, "jobs.test-api", "env", step(r#"{"KEY": "${{ secrets.STRIPE }}"}"#))),
        (
            "no-cache-when-publishing",
            With(|artifacts| {
                let steps = edit(artifacts, DEPLOY_WORKFLOW, "jobs.build-api.steps");
                steps.add(map().put("uses", "actions/cache@55cc8345863c7cc4c66a329aec7e433d2d1c52a9"));
            }),
        ),
        ("concurrency-and-timeouts", Remove(DEPLOY_WORKFLOW, "jobs.deploy-production", "timeout-minutes")),
        ("concurrency-and-timeouts", Remove(DEPLOY_WORKFLOW, "jobs.deploy-production", "concurrency")),
        ("scan-present", Remove(CI, "jobs", "scan-dependencies")),
        ("required-check-covers-all", Remove(CI, "jobs.ci", "needs")),
        ("required-check-covers-all", Remove(CI, "jobs.ci", "if")),
        (
            "image-runs-as-non-root",
            With(|artifacts| {
                instructions(artifacts).retain(|one| !matches!(one.kind, InstructionKind::User(_)));
            }),
        ),
        (
            "image-runs-as-non-root",
            With(|artifacts| {
                instructions(artifacts).push(InstructionKind::User("root".to_owned()).into());
            }),
        ),
        ("image-built-once", Set(DEPLOY_WORKFLOW, "jobs.deploy-production", "env", map())),
        ("image-pinned-by-digest", Set(API, "spec.template.spec.containers[0]", "image", text("ghcr.io/acme/api:1"))),
        (
            "least-permissions",
            Set(".github/workflows/scheduled.yml", "jobs.drift.permissions", "actions", text("write")),
        ),
        ("image-signed", Remove(DEPLOY_WORKFLOW, "jobs.build-api.steps", "Sign the image")),
        ("sbom-attached", Remove(DEPLOY_WORKFLOW, "jobs.build-api.steps", "Attest the bill of materials")),
        (
            "provenance-verified-before-deploy",
            With(|artifacts| {
                let Value::List(steps) = &mut edit(artifacts, DEPLOY_WORKFLOW, "jobs.deploy-production.steps").value
                else {
                    panic!()
                };
                steps.retain(|step| {
                    !step.key("name").and_then(Tree::as_text).is_some_and(|name| name.starts_with("Verify the"))
                });
            }),
        ),
        (
            "no-secret-in-image",
            With(|artifacts| {
                let pair = ("STRIPE_KEY".to_owned(), "x".to_owned());
                instructions(artifacts).push(InstructionKind::Environment(vec![pair]).into());
            }),
        ),
        (
            "dependencies-locked",
            With(|artifacts| {
                let run = deployc::artifact::dockerfile::Run {
                    mounts: Vec::new(),
                    script: Script::user("npm install left-pad"),
                };
                instructions(artifacts).push(InstructionKind::Run(run).into());
            }),
        ),
        ("dependency-updates-scheduled", Remove(".github/dependabot.yml", "updates[0]", "cooldown")),
        ("approval-before-production", Declare("approve by=\"acme/release\" count=1", "")),
        (
            "approval-before-production",
            With(|artifacts| rewrite(artifacts, "ops/bootstrap.sh", "teams/release", "teams/another")),
        ),
        (
            "approval-before-production",
            With(|artifacts| rewrite(artifacts, "ops/bootstrap.sh", "reviewers[][id]", "wait_timer")),
        ),
        ("verified-before-promotion", Set(DEPLOY_WORKFLOW, "jobs.deploy-production", "needs", text("build-api"))),
        ("rollback-automatic", Declare("rollback within=\"5m\" sample=500 { when \"error_rate > 2% for 5m\" }", "")),
        (
            "rollback-automatic",
            With(|artifacts| {
                let Value::List(steps) = &mut edit(artifacts, DEPLOY_WORKFLOW, "jobs.deploy-production.steps").value
                else {
                    panic!()
                };
                steps.retain(|step| {
                    !step.key("name").and_then(Tree::as_text).is_some_and(|name| name.ends_with("roll back"))
                });
            }),
        ),
        (
            "rollback-for-every-path",
            Set(
                ".github/workflows/rollback.yml",
                "on.workflow_dispatch.inputs.environment",
                "options",
                list(["staging"]),
            ),
        ),
        ("rollback-for-every-path", With(|artifacts| rewrite(artifacts, "ops/target.sh", "production/", "elsewhere/"))),
        ("preview-isolated", Declare("path=\"shop-stripe-test\"", "path=\"shop-stripe\" project=\"acme-prod\"")),
        ("preview-isolated", Remove(PREVIEW, "on.pull_request", "types")),
        ("preview-isolated", Remove(PREVIEW, "on", "schedule")),
        ("preview-isolated", Remove(PREVIEW, "jobs", "down-preview")),
        ("preview-isolated", Remove(PREVIEW, "jobs", "sweep-preview")),
        (
            "health-check-present",
            With(|artifacts| {
                let container = edit(artifacts, API, "spec.template.spec.containers[0]");
                remove(container, "livenessProbe");
                remove(container, "startupProbe");
            }),
        ),
        ("memory-limit-set", Remove(API, "spec.template.spec.containers[0].resources.limits", "memory")),
        ("autoscale-ceiling-set", Remove(API, "metadata.annotations", "run.googleapis.com/maxScale")),
        ("https-only", Remove(WEB, "metadata.annotations", "run.googleapis.com/ingress")),
        ("internal-services-not-public", Set(API, "metadata.annotations", "run.googleapis.com/ingress", text("all"))),
        (
            "callers-authenticated",
            Set(API, "metadata.annotations", "run.googleapis.com/invoker-iam-disabled", text("true")),
        ),
        (
            "least-service-account",
            With(|artifacts| {
                let account = edit(artifacts, API, "spec.template.spec.serviceAccountName").clone();
                *edit(artifacts, WEB, "spec.template.spec.serviceAccountName") = account;
            }),
        ),
        ("read-only-root", Remove("compose.yaml", "services.api", "read_only")),
        ("cron-runs-apart", Declare("overlap=\"forbid\"", "overlap=\"allow\"")),
        ("resource-not-public", Set("compose.yaml", "services.orders", "ports", list(["5432:5432"]))),
        ("resource-password-from-store", Set(API, "spec.template.spec.containers[0].env", "", text(""))),
        ("backup-declared", Declare("backup every=\"1d\" keep=\"30d\"", "")),
        ("volume-single-writer", Declare("scale min=1 max=1 // one writer", "scale min=1 max=2")),
        ("secret-rotation-scheduled", Declare("rotate every=\"90d\" owner=\"team\"", "rotate never=#true")),
        (
            "secret-rotation-scheduled",
            With(|artifacts| artifacts.retain(|one| one.path != ".github/workflows/scheduled.yml")),
        ),
        ("secret-names-only", Set(CI, "", "name", text("ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"))),
        (
            "client-bundle-public",
            Declare("NEXT_PUBLIC_API \"https://${environment.domain}\"", "NEXT_PUBLIC_API \"${resource.orders.url}\""),
        ),
        ("alerts-routed", With(|artifacts| artifacts.retain(|one| !one.path.ends_with("alertmanager.yml")))),
        ("alerts-routed", Remove("deploy/observability/alertmanager.yml", "receivers", "page")),
        ("alerts-routed", Declare(" escalate-after=\"15m\"", "")),
        ("alerts-have-runbooks", Remove(RULES, "groups[0].rules[alert=high-latency].annotations", "runbook_url")),
        ("absence-alerted", Remove(RULES, "groups[0].rules", "service-down")),
        ("logs-redacted", Set("deploy/observability/otel-collector.yaml", "processors", "redaction", map())),
        ("logs-retained", Declare("retain=\"90d\"", "retain=\"7d\"")),
    ]
}

/// What is done to the files; nothing where the declarations change.
fn change(how: &Break) -> Box<dyn FnOnce(&mut Vec<Artifact>)> {
    match how {
        Break::Remove(file, path, key) => {
            let (file, path, key) = (*file, *path, *key);
            Box::new(move |artifacts| remove(edit(artifacts, file, path), key))
        }
        Break::Set(file, path, key, value) => {
            let (file, path, key, value) = (*file, *path, *key, value.clone());
            Box::new(move |artifacts| match key {
                "" => edit(artifacts, file, path).value = value.value,
                key => edit(artifacts, file, path).set(key, value),
            })
        }
        Break::Declare(..) => Box::new(|_| {}),
        Break::With(change) => Box::new(*change),
    }
}

/// The declarations, with what a break changes in them.
fn declared(how: &Break) -> String {
    match how {
        Break::Declare(from, to) => {
            assert!(DEPLOY.contains(from), "no {from}");
            DEPLOY.replace(from, to)
        }
        Break::Remove(..) | Break::Set(..) | Break::With(_) => DEPLOY.to_owned(),
    }
}

#[test]
fn every_predicate_of_the_library_has_its_function_and_the_reverse() {
    let mut functions: Vec<&str> = PREDICATES.iter().map(|predicate| predicate.name).collect();
    functions.sort_unstable();
    let declared: Vec<&str> = standard::names("predicate").collect();
    assert_eq!(functions, declared);
}

#[test]
fn every_predicate_holds_on_a_build_that_is_right() {
    let proofs = as_built(DEPLOY);
    let wrong: Vec<_> = proofs.all.iter().filter(|proof| !proof.holds()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_predicate_fails_where_its_build_is_broken() {
    let cases = broken();
    for predicate in PREDICATES {
        assert!(cases.iter().any(|(name, _)| *name == predicate.name), "nothing breaks {}", predicate.name);
    }
    let (declarations, files): (Vec<_>, Vec<_>) =
        cases.into_iter().partition(|(_, how)| matches!(how, Break::Declare(..)));
    let names: Vec<&str> = files.iter().chain(&declarations).map(|(name, _)| *name).collect();
    let mut all = proved(DEPLOY, files.iter().map(|(_, how)| change(how)).collect());
    all.extend(declarations.iter().map(|(_, how)| as_built(&declared(how))));
    assert_eq!(names.len(), all.len());
    let mut wrong = Vec::new();
    for (number, (name, proofs)) in names.into_iter().zip(all).enumerate() {
        let proof = proofs.get(name).unwrap();
        match proof.counterexamples.first() {
            Some(counterexample) => assert!(!counterexample.reason.is_empty()),
            None => wrong.push(format!("case {number}: {name} still holds: {:?}", proof.evidence)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A tree as JSON, which a patch reads as YAML.
fn json(tree: &Tree) -> String {
    match &tree.value {
        Value::Text(data) => serde_json::to_string(data).unwrap(),
        Value::Int(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entries =
                entries.iter().map(|(key, value)| format!("{}: {}", serde_json::to_string(key).unwrap(), json(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => panic!("{other:?}"),
    }
}

/// A key below a path, as `patch` writes it.
fn below(path: &str, key: &str) -> String {
    let key = if key.contains('.') { format!("\"{key}\"") } else { key.to_owned() };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// The statement of a `patch` that breaks a file of the build so; none where no statement can.
fn statement(how: &Break, artifacts: &[Artifact]) -> Option<(String, String)> {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let (file, path) = match how {
        Break::Remove(file, path, _) | Break::Set(file, path, ..) => (*file, *path),
        Break::Declare(..) | Break::With(_) => return None,
    };
    let artifact = artifacts.iter().find(|artifact| artifact.path == file)?;
    let there = |path: &str| artifact.find(path);
    let change = match how {
        Break::Remove(_, _, key) => match there(path).map(|found| &found.tree.value) {
            Some(Value::List(_)) => {
                let by = ["name", "alert"].into_iter().find(|by| there(&format!("{path}[{by}={key}]")).is_some())?;
                format!("remove {}", quoted(&format!("{path}[{by}={key}]")))
            }
            _ => format!("remove {}", quoted(&below(path, key))),
        },
        Break::Set(_, _, "", value) => format!("set {} (yaml){}", quoted(path), quoted(&json(value))),
        Break::Set(_, _, key, value) => {
            let at = below(path, key);
            let verb = if there(&at).is_some() { "set" } else { "add" };
            format!("{verb} {} (yaml){}", quoted(&at), quoted(&json(value)))
        }
        Break::Declare(..) | Break::With(_) => return None,
    };
    Some((file.to_owned(), format!("output {{ patch {} {{ {change} }} }}\n", quoted(file))))
}

/// A threat to each element that every control with a predicate is said to mitigate.
fn claims() -> String {
    let controls: Vec<(&str, &str)> = standard::all::<deployc::model::StdControl>("control")
        .into_iter()
        .filter_map(|control| Some((control.name.value.as_str(), control.predicate.as_ref()?.value.as_str())))
        .collect();
    let mitigations: String = controls.iter().map(|(name, _)| format!("        mitigate \"{name}\"\n")).collect();
    let threat = |on: &str| {
        format!(
            "    threat \"harm-{on}\" stride=\"tampering\" on=\"{on}\" likelihood=\"low\" impact=\"low\" {{\n        describe \"It is harmed\"\n{mitigations}    }}\n"
        )
    };
    format!("threats {{\n{}}}\n", ["api", "web", "store", "report", "orders"].map(threat).concat())
}

/// The controls that the files refute, each with what its `mitigate` is told.
fn refuted(deploy: &str) -> Result<Vec<(String, String)>, Vec<String>> {
    let compilation = deployc::check(&loader(deploy), "deploy.kdl", None).unwrap();
    let is_of_claims = |one: &&deployc::diag::Diagnostic| one.code.as_str() == "threat/proof-fails";
    let told = compilation.diagnostics.iter().filter(is_of_claims).map(|one| {
        let span = one.primary.span;
        let node = &deploy[span.start as usize..span.end as usize];
        (node.split('"').nth(1).unwrap().to_owned(), one.primary.message.clone())
    });
    let told: Vec<(String, String)> = told.collect();
    match told.is_empty() && compilation.has_errors() {
        true => Err(compilation.diagnostics.iter().map(|one| format!("{}: {}", one.code, one.message)).collect()),
        false => Ok(told),
    }
}

/// What breaks a predicate, written as a patch or a declaration of the user, refutes whoever claims it: at the
/// `mitigate`, with the file where it does not hold.
#[test]
fn what_breaks_a_predicate_refutes_its_claim() {
    let right = format!("{DEPLOY}{}", claims());
    assert_eq!(refuted(&right), Ok(Vec::new()));
    let loader = loader(DEPLOY);
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let checked = Checked::new(&compilation.model, &compilation.facts, &compilation.diagnostics).unwrap();
    let artifacts = emit::emit(&Plan::new(&checked));
    let controls = standard::all::<deployc::model::StdControl>("control");
    let (mut cited, mut wrong) = (0, Vec::new());
    for (predicate, how) in broken() {
        let claimed: Vec<&str> = controls
            .iter()
            .filter(|control| control.predicate.as_ref().is_some_and(|own| own.value == predicate))
            .map(|control| control.name.value.as_str())
            .collect();
        assert!(!claimed.is_empty(), "no control is checked by {predicate}");
        let (file, deploy) = match (&how, statement(&how, &artifacts)) {
            (_, Some((file, patch))) => (file, format!("{right}{patch}")),
            (Break::Declare(from, to), None) => (String::new(), right.replace(from, to)),
            (Break::Remove(..) | Break::Set(..) | Break::With(_), None) => continue,
        };
        match refuted(&deploy) {
            Ok(told) => {
                let mut of_it = told.iter().filter(|(control, _)| claimed.contains(&control.as_str())).peekable();
                if of_it.peek().is_none() {
                    wrong.push(format!("{predicate} is still claimed: {told:?}"));
                }
                // What is missing is cited where it belongs, which may be another file.
                cited += usize::from(!file.is_empty() && of_it.any(|(_, label)| label.contains(&format!("`{file}`"))));
            }
            // What may not even be written so is told before anything is proved.
            Err(errors) => {
                if !file.is_empty() && !errors.iter().any(|error| error.starts_with("secret/")) {
                    wrong.push(format!("{predicate}: {errors:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cited > 25, "{cited} patches are cited");
}

#[test]
fn nothing_to_look_at_proves_nothing() {
    let loader = Memory::new().with("deploy.kdl", "edition \"2026\"\napp \"empty\"\n");
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let checked = Checked::new(&compilation.model, &compilation.facts, &[]).unwrap();
    for proof in prove(&Plan::new(&checked), &[]).all {
        assert_eq!(proof.verdict(), Verdict::NotApplicable, "{}", proof.predicate);
    }
}

#[test]
fn evidence_leads_to_what_was_seen() {
    let loader = loader(DEPLOY);
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let checked = Checked::new(&compilation.model, &compilation.facts, &compilation.diagnostics).unwrap();
    let plan = Plan::new(&checked);
    let artifacts = emit::emit(&plan);
    for proof in prove(&plan, &artifacts).all.iter().filter(|proof| proof.holds()) {
        for place in &proof.evidence {
            let Some(file) = artifacts.iter().find(|one| one.path == place.file) else { continue };
            if !file.trees().is_empty() && !place.key.is_empty() {
                // What must be absent is cited by the key that it would have.
                let absent = ["callers-authenticated", "resource-not-public"].contains(&proof.predicate);
                assert!(absent || file.find(&place.key).is_some(), "{}: {place}", proof.predicate);
            }
        }
    }
}
