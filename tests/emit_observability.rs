//! The group observability: what is written, and that what is written agrees with the model.

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

use deployc::artifact::Artifact;
use deployc::loader::Memory;

const SHOP: &str = include_str!("observe/shop.kdl");

fn built(deploy: &str) -> Vec<Artifact> {
    let loader = Memory::new().with("deploy.kdl", deploy.as_bytes());
    let mut compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    compilation.build().unwrap_or_else(|| panic!("{:#?}", compilation.diagnostics))
}

/// Writes the files of a build below a folder, for the validators: `WRITE_TO=DIR cargo test --test emit_observability write`.
#[test]
fn write() {
    let Ok(folder) = std::env::var("WRITE_TO") else { return };
    let deploy =
        std::env::var("DEPLOY").map_or_else(|_| SHOP.to_owned(), |path| std::fs::read_to_string(path).unwrap());
    for artifact in built(&deploy) {
        let path = std::path::Path::new(&folder).join(&artifact.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, deployc::render::text(&artifact)).unwrap();
    }
}

fn artifact<'a>(files: &'a [Artifact], path: &str) -> &'a Artifact {
    files.iter().find(|one| one.path == path).unwrap_or_else(|| panic!("no {path}"))
}

fn rules(files: &[Artifact], stem: &str) -> String {
    deployc::render::text(artifact(files, &format!("deploy/observability/prometheus/rules/{stem}.yml")))
}

#[test]
fn an_alert_carries_its_labels_and_leads_to_its_entry_and_panel() {
    let files = built(SHOP);
    let file = artifact(&files, "deploy/observability/prometheus/rules/production.service.api.yml");
    let rules = file.find("groups[0].rules").unwrap();
    let alert = rules
        .tree
        .items()
        .iter()
        .find(|rule| rule.key("alert").and_then(|name| name.as_text()) == Some("high-error-rate"));
    let alert = alert.unwrap();
    let text = |part: &str, key: &str| alert.key(part).unwrap().key(key).unwrap().joined().unwrap();
    assert_eq!(text("labels", "severity"), "page");
    assert_eq!(text("labels", "service"), "api");
    assert_eq!(text("labels", "environment"), "production");
    assert_eq!(
        text("annotations", "runbook_url"),
        "https://github.com/acme/shop/blob/main/docs/runbook.md#high-error-rate"
    );
    assert!(text("annotations", "dashboard_url").contains("/d/shop-service-api?var-environment=production&viewPanel="));
}

#[test]
fn one_number_stands_in_rule_test_dashboard_and_document() {
    let before = built(SHOP);
    let after =
        built(&SHOP.replace("queue.depth{queue=\\\"queue\\\"} > 1000", "queue.depth{queue=\\\"queue\\\"} > 1234"));
    for path in [
        "deploy/observability/prometheus/rules/production.service.worker.yml",
        "deploy/observability/prometheus/tests/production.service.worker.yml",
        "deploy/observability/grafana/service-worker.json",
        "docs/observability/monitoring-setup.md",
    ] {
        let (old, new) =
            (deployc::render::text(artifact(&before, path)), deployc::render::text(artifact(&after, path)));
        assert!(old.contains("1000") && !old.contains("1234"), "{path}");
        assert!(new.contains("1234"), "{path}");
    }
}

#[test]
fn what_nobody_answers_goes_to_the_route_above() {
    let files = built(SHOP);
    let file = artifact(&files, "deploy/observability/alertmanager.yml");
    let routes = file.find("route.routes").unwrap();
    let shown: Vec<(String, Option<String>)> = routes
        .tree
        .items()
        .iter()
        .map(|route| {
            let text = |key: &str| route.key(key).and_then(|tree| tree.as_text()).map(str::to_owned);
            (text("receiver").unwrap(), text("group_wait"))
        })
        .collect();
    assert_eq!(
        shown,
        [("page".to_owned(), None), ("ticket".to_owned(), None), ("page".to_owned(), Some("2d".to_owned()))]
    );
    let text = deployc::render::text(file);
    assert!(text.contains("routing_key_file: /etc/alertmanager/secrets/pagerduty"));
    assert!(text.contains("credentials_file: /etc/alertmanager/secrets/slack"));
}

#[test]
fn without_routes_nobody_is_told_and_without_metrics_nothing_is_written() {
    let quiet = built(
        r#"edition "2026"
app "hello" { repo "github.com/acme/hello" }
service "api" { image "ghcr.io/acme/api:1.2.3"; http port=8000 { health "/healthz" } }
environment "production" { host "cloud-run" region="europe-west1" project="acme-prod" }
"#,
    );
    assert!(quiet.iter().any(|one| one.path.ends_with("rules/production.service.api.yml")));
    assert!(!quiet.iter().any(|one| one.path.ends_with("alertmanager.yml")));
    let prometheus = artifact(&quiet, "deploy/observability/prometheus/prometheus.yml");
    assert!(prometheus.find("alerting").is_none());
}

fn scalar(file: &Artifact, path: &str) -> String {
    let found = file.find(path).unwrap_or_else(|| panic!("no {path} in {}", file.path));
    found.tree.joined().unwrap_or_else(|| panic!("{path} is no text"))
}

#[test]
fn prometheus_scrapes_what_the_rules_read() {
    let files = built(SHOP);
    let file = artifact(&files, "deploy/observability/prometheus/prometheus.yml");
    let jobs = file.find("scrape_configs").unwrap().tree.items();
    let names: Vec<&str> = jobs.iter().map(|job| job.key("job_name").unwrap().as_text().unwrap()).collect();
    // One program for each exporter; instances on Cloud Run have no address, so that all their programs push.
    assert_eq!(names, ["stackdriver_exporter", "blackbox_exporter"], "{}", deployc::render::text(file));
    assert_eq!(scalar(file, "scrape_configs[1].static_configs[1].targets[0]"), "https://shop.example");
    assert_eq!(scalar(file, "rule_files[0]"), "rules/*.yml");
    assert_eq!(scalar(file, "alerting.alertmanagers[0].static_configs[0].targets[0]"), "localhost:9093");
}

#[test]
fn the_collector_labels_strikes_out_and_samples_what_is_pushed() {
    let collector = "deploy/observability/otel-collector.yaml";
    let files = built(SHOP);
    let file = artifact(&files, collector);
    assert_eq!(
        scalar(file, "exporters.prometheusremotewrite.endpoint"),
        "https://prometheus.acme.example/api/v1/write"
    );
    let text = deployc::render::text(file);
    for told in [
        r#"set(datapoint.attributes["app"], resource.attributes["service.namespace"])"#,
        "sampling_percentage: 10",
        r"(?i)^\\Qtoken\\E$$",
        "${env:TRACES_ENDPOINT}",
    ] {
        assert!(text.contains(told), "{told} in\n{text}");
    }
    let bare = built(&SHOP.replace(" redact=\"email,token\"", "").replace("    traces \"otlp\" sample=\"10%\"\n", ""));
    let text = deployc::render::text(artifact(&bare, collector));
    assert!(!text.contains("redaction") && !text.contains("logs:") && !text.contains("traces"), "{text}");
    // Environments that are observed otherwise have a collector of their own.
    let apart = built(&SHOP.replace(
        "environment \"staging\" { ",
        "environment \"staging\" { observe { metrics \"prometheus\" url=\"https://staging.acme.example/\" }; ",
    ));
    let staging = artifact(&apart, "deploy/observability/otel-collector.staging.yaml");
    assert_eq!(
        scalar(staging, "exporters.prometheusremotewrite.endpoint"),
        "https://staging.acme.example/api/v1/write"
    );
}

const SCRAPED: &str = r#"edition "2026"
app "hello" { repo "github.com/acme/hello" }
service "api" { image "ghcr.io/acme/api:1.2.3"; http port=8000 { health "/healthz" }; metrics port=9000 path="/numbers" }
environment "production" { host "compose" { server "app.acme.example" } }
"#;

#[test]
fn what_scrapes_everything_needs_no_collector() {
    let scraped = built(SCRAPED);
    assert!(!scraped.iter().any(|one| one.path.contains("otel-collector")));
    let file = artifact(&scraped, "deploy/observability/prometheus/prometheus.yml");
    let text = deployc::render::text(file);
    assert!(text.contains("metrics_path: /numbers") && text.contains("port 9000"), "{text}");
    assert_eq!(scalar(file, "scrape_configs[0].file_sd_configs[0].files[0]"), "targets/production.api.yml");
    let contract = deployc::render::text(artifact(&scraped, "docs/observability/metrics-contract.md"));
    assert!(contract.contains("Scraped at `/numbers` on port 9000 by Prometheus."), "{contract}");
}

#[test]
fn where_instances_have_no_address_a_collector_beside_them_pushes() {
    let host = r#"host "cloud-run" region="europe-west1" project="acme-prod""#;
    let pushed = built(&SCRAPED.replace(r#"host "compose" { server "app.acme.example" }"#, host));
    assert!(pushed.iter().any(|one| one.path.contains("otel-collector")));
    let file = artifact(&pushed, "deploy/observability/prometheus/prometheus.yml");
    let text = deployc::render::text(file);
    assert!(!text.contains("targets/") && !text.contains("/numbers"), "{text}");
    let contract = deployc::render::text(artifact(&pushed, "docs/observability/metrics-contract.md"));
    assert!(contract.contains("by a collector beside it"), "{contract}");
}

#[test]
fn another_backend_is_refused_where_it_is_named() {
    let deploy = r#"edition "2026"
app "hello" { repo "github.com/acme/hello" }
service "api" { image "ghcr.io/acme/api:1.2.3"; http port=8000 { health "/healthz" } }
environment "production" { host "cloud-run" region="europe-west1" project="acme-prod" }
observe { metrics "datadog" }
"#;
    let loader = Memory::new().with("deploy.kdl", deploy.as_bytes());
    let mut compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    assert!(!compilation.has_errors(), "it is checked as everything is: {:#?}", compilation.diagnostics);
    assert!(compilation.build().is_none());
    let told: Vec<_> = compilation.diagnostics.iter().filter(|one| one.code.as_str() == "output/not-yet").collect();
    assert_eq!(told.len(), 1, "{:#?}", compilation.diagnostics);
    let span = told[0].primary.span;
    assert_eq!(&deploy[span.start as usize..span.end as usize], "\"datadog\"");
}

#[test]
fn every_link_between_outputs_resolves_and_a_broken_one_is_found() {
    let loader = Memory::new().with("deploy.kdl", SHOP.as_bytes());
    let mut compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let mut files = compilation.build().unwrap();
    let checked =
        deployc::check::Checked::new(&compilation.model, &compilation.facts, &compilation.diagnostics).unwrap();
    let plan = deployc::plan::Plan::new(&checked);
    let broken = deployc::prove::links::broken(&plan, &files);
    assert!(broken.is_empty(), "{broken:#?}");
    files.retain(|file| file.path != "docs/runbook.md" && !file.path.ends_with("service-api.json"));
    let broken = deployc::prove::links::broken(&plan, &files);
    assert!(broken.iter().any(|one| one.reason == "`docs/runbook.md` is no document of this build"));
    assert!(broken.iter().any(|one| one.reason == "no dashboard has the uid `shop-service-api`"));
}

#[test]
fn hostile_text_stays_text() {
    let deploy = SHOP
        .replace("Orders accepted", "{{ .Labels }} \\\"on\\\" `x` $${{ secrets.A }} \\u{202e} no: 1e3")
        .replace("queue.depth{queue=\\\"queue\\\"}", "queue.depth{queue=\\\"{{ $value }}\\\"}");
    let files = built(&deploy);
    let text = rules(&files, "production.service.worker");
    // Prometheus expands templates in annotations, so that data must not look like one.
    assert!(text.contains(r#"queue="{{ "{{" }} $value }}""#) || text.contains(r#"{{ \"{{\" }} $value }}"#), "{text}");
}

#[test]
fn two_builds_are_the_same() {
    let texts = |files: Vec<Artifact>| -> Vec<String> { files.iter().map(deployc::render::text).collect() };
    assert_eq!(texts(built(SHOP)), texts(built(SHOP)));
}
