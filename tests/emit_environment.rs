//! What each program expects in its environment: its schema and its example, for every platform.

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

use deployc::artifact::{Artifact, Body, Line, LineContent};
use deployc::loader::Memory;

fn built(deploy: &str) -> Vec<Artifact> {
    let loader = Memory::new()
        .with("deploy.kdl", deploy.as_bytes())
        .with("apps/api/main.py", "")
        .with("apps/api/requirements.txt", "uvicorn==1\n");
    let mut compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    compilation.build().unwrap_or_else(|| panic!("{:?}", compilation.diagnostics))
}

fn file<'a>(artifacts: &'a [Artifact], path: &str) -> &'a Artifact {
    artifacts.iter().find(|one| one.path == path).unwrap_or_else(|| panic!("no {path}"))
}

fn text(artifact: &Artifact, path: &str) -> Option<String> {
    artifact.find(path).and_then(|found| found.tree.as_text().map(str::to_owned))
}

fn lines(artifact: &Artifact) -> &[Line] {
    match &artifact.body {
        Body::Lines(lines) => lines,
        other => panic!("{other:?}"),
    }
}

fn assigned<'a>(artifact: &'a Artifact, name: &str) -> (&'a str, &'a str) {
    lines(artifact)
        .iter()
        .find_map(|line| match &line.kind {
            LineContent::Assignment(found, value) if found == name => {
                Some((value.as_str(), line.comment.as_deref().unwrap_or_default()))
            }
            _ => None,
        })
        .unwrap_or_else(|| panic!("no {name}"))
}

const BASE: &str = r#"edition "2026"
app "shop" { repo "github.com/acme/shop" }
service "api" {
    source "apps/api"
    runtime "python@3.13"
    http port=8000 public=#true { health "/healthz" }
    env {
        LOG_LEVEL "info"
        WORKERS "4"
        CACHE "true"
        PUBLIC_URL "https://${environment.domain}/shop"
        STRIPE_KEY "${secret.stripe}"
        DATABASE_URL "${resource.orders.url}"
        DATABASE_PORT "${resource.orders.port}"
        TRACE_TAG "" optional=#true
    }
}
resource "orders" kind="postgres" { data "restricted" }
secret "stripe" { from "gcp-secret-manager" path="shop-stripe"; rotate every="90d" owner="team" }
environment "staging" {
    host "cloud-run" region="europe-west1" project="acme-staging"
    domain "staging.shop.example" { route "/" to="api" }
}
environment "production" {
    host "cloud-run" region="europe-west1" project="acme-prod"
    domain "shop.example" { route "/" to="api" }
    promote from="staging"
    service "api" { env { LOG_LEVEL "warn"; ONLY_HERE "x" } }
}
"#;

#[test]
fn a_schema_tells_form_need_and_sensitivity() {
    let artifacts = built(BASE);
    let schema = file(&artifacts, "deploy/env/api.schema.json");
    let at = |path: &str| text(schema, path);
    assert_eq!(at("\"$schema\"").as_deref(), Some("https://json-schema.org/draft/2020-12/schema"));
    assert_eq!(at("properties.WORKERS.pattern").as_deref(), Some("^-?[0-9]+$"));
    assert_eq!(at("properties.CACHE.enum[0]").as_deref(), Some("true"));
    assert_eq!(at("properties.PUBLIC_URL.format").as_deref(), Some("uri"));
    assert_eq!(at("properties.DATABASE_PORT.pattern").as_deref(), Some("^[0-9]{1,5}$"));
    assert_eq!(at("properties.DATABASE_URL.x-sensitivity").as_deref(), Some("restricted"));
    assert_eq!(
        at("properties.DATABASE_URL.description").as_deref(),
        Some("Comes from the url of the resource orders (PostgreSQL).")
    );
    assert_eq!(at("properties.LOG_LEVEL.examples[1]").as_deref(), Some("warn"));
    let flag = |path: &str| schema.find(path).and_then(|found| found.tree.as_bool());
    assert_eq!(flag("properties.STRIPE_KEY.writeOnly"), Some(true));
    assert_eq!(flag("properties.STRIPE_KEY.x-secret"), Some(true));
    assert_eq!(flag("properties.LOG_LEVEL.x-secret"), Some(false));
    let required: Vec<String> =
        schema.find("required").unwrap().tree.items().iter().map(|one| one.as_text().unwrap().to_owned()).collect();
    let all = ["LOG_LEVEL", "WORKERS", "CACHE", "PUBLIC_URL", "STRIPE_KEY", "DATABASE_URL", "DATABASE_PORT"];
    assert_eq!(required, all, "neither the optional one nor what only production has");
    assert_eq!(at("properties.ONLY_HERE.x-environments[0]").as_deref(), Some("production"));
}

#[test]
fn an_example_has_every_name_and_no_secret() {
    let artifacts = built(BASE);
    let example = file(&artifacts, "deploy/env/api.env.example");
    assert_eq!(assigned(example, "LOG_LEVEL").0, "info", "the first environment's, where none is for developers");
    let (value, comment) = assigned(example, "STRIPE_KEY");
    assert_eq!(value, "");
    assert_eq!(
        comment,
        "confidential, secret, required\nthe secret stripe, kept in Google Secret Manager as shop-stripe"
    );
    assert_eq!(assigned(example, "DATABASE_URL").0, "");
    assert!(assigned(example, "TRACE_TAG").1.contains("optional"));
    assert!(assigned(example, "ONLY_HERE").1.contains("only in production"));
}

#[test]
fn what_is_declared_otherwise_is_told_otherwise() {
    let schema = |deploy: &str| file(&built(deploy), "deploy/env/api.schema.json").clone();
    let changed = schema(&BASE.replace("WORKERS \"4\"", "WORKERS \"four\""));
    assert!(changed.find("properties.WORKERS.pattern").is_none(), "four is no number");
    let changed = schema(&BASE.replace("TRACE_TAG \"\" optional=#true", "TRACE_TAG \"a\""));
    assert!(changed.find("properties.TRACE_TAG.minLength").is_some());
    let changed = schema(&BASE.replace("; ONLY_HERE \"x\"", "; - \"CACHE\""));
    assert_eq!(text(&changed, "properties.CACHE.x-environments[0]").as_deref(), Some("staging"));
}

#[test]
fn a_program_without_variables_has_no_files() {
    let start = BASE.find("    env {").unwrap();
    let end = BASE[start..].find("    }\n").unwrap() + start + "    }\n".len();
    let deploy = [&BASE[..start], &BASE[end..]].concat();
    let deploy = deploy.replace("service \"api\" { env { LOG_LEVEL \"warn\"; ONLY_HERE \"x\" } }", "");
    assert!(built(&deploy).iter().all(|one| !one.path.starts_with("deploy/env/")));
}

#[test]
fn the_developers_own_values_are_the_example() {
    let development = r#"environment "development" {
    host "cloud-run" region="europe-west1" project="acme-dev"
    trigger manual=#true
    domain "dev.shop.example" { route "/" to="api" }
    service "api" { env { LOG_LEVEL "debug" } }
}
"#;
    let artifacts = built(&[BASE, development].concat());
    assert_eq!(assigned(file(&artifacts, "deploy/env/api.env.example"), "LOG_LEVEL").0, "debug");
}

#[test]
fn hostile_values_are_data() {
    let hostile = r##"#"a'b"c $HOME `id` $(id) 🦊 # no comment"#"##;
    let deploy = BASE.replace("LOG_LEVEL \"info\"", &["LOG_LEVEL ", hostile].concat());
    let artifacts = built(&deploy);
    let schema = file(&artifacts, "deploy/env/api.schema.json");
    assert_eq!(
        text(schema, "properties.LOG_LEVEL.examples[0]").as_deref(),
        Some("a'b\"c $HOME `id` $(id) 🦊 # no comment")
    );
    let printed = deployc::render::text(file(&artifacts, "deploy/env/api.env.example"));
    assert!(printed.contains("LOG_LEVEL=\"a'b\\\"c \\$HOME \\`id\\` \\$(id) 🦊 # no comment\""), "{printed}");
}

#[test]
fn every_value_knows_its_declaration() {
    let artifacts = built(BASE);
    for artifact in artifacts.iter().filter(|one| one.path.starts_with("deploy/env/")) {
        let mut out = Vec::new();
        let origins = deployc::render::render_with_lines(artifact, &mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), origins.len());
        let line = text.lines().position(|line| line.contains("STRIPE_KEY")).unwrap();
        let place = origins[line].place;
        let source = &BASE[place.start as usize..place.end as usize];
        assert!(source.contains("secret.stripe") || source.contains("STRIPE_KEY"), "{source}");
    }
}
