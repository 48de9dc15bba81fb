//! Signals: which alerts stand, what their rules ask, and what a rollout asks of the new version alone.

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

use deployc::check::Checked;
use deployc::loader::Memory;
use deployc::model::AlertSeverity;
use deployc::plan::Plan;
use deployc::plan::signal::{Signal, omissions, rollback_queries};

const SHOP: &str = include_str!("observe/shop.kdl");

fn with_plan<T>(deploy: &str, then: impl FnOnce(&Plan<'_>) -> T) -> T {
    let loader = Memory::new().with("deploy.kdl", deploy.as_bytes());
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let checked = Checked::new(&compilation.model, &compilation.facts, &compilation.diagnostics)
        .unwrap_or_else(|| panic!("{:#?}", compilation.diagnostics));
    then(&Plan::new(&checked))
}

fn of(deploy: &str, environment: &str, name: &str, about: &str) -> Option<Signal> {
    let all = with_plan(deploy, |plan| plan.signals().to_vec());
    all.into_iter().find(|signal| {
        let subject = [&signal.service, &signal.resource, &signal.domain].into_iter().flatten().next();
        signal.environment == environment && signal.name == name && subject.is_some_and(|subject| subject == about)
    })
}

#[test]
fn a_default_alert_asks_for_its_number_its_floor_and_its_time() {
    let signal = of(SHOP, "production", "high-error-rate", "api").unwrap();
    let labels = r#"{app="shop",environment="production",service="api"}"#;
    assert_eq!(
        signal.expression,
        format!("service:error_rate:5m{labels} > 0.05 and on () service:error_rate:events:5m{labels} >= 50")
    );
    assert_eq!(signal.hold.to_string(), "5m");
    assert_eq!(signal.severity, AlertSeverity::Page);
    assert_eq!(signal.route.unwrap().value, "page");
    assert_eq!(signal.runbook.unwrap().value, "high-error-rate");
    assert_eq!(
        signal.recordings[1].expression,
        format!("sum(increase(http_server_request_duration_seconds_count{labels}[5m]))")
    );
}

#[test]
fn nobody_is_woken_for_staging() {
    let all = with_plan(SHOP, |plan| plan.signals().to_vec());
    assert!(all.iter().filter(|one| one.environment == "staging").all(|one| one.severity == AlertSeverity::Ticket));
    assert!(all.iter().filter(|one| one.environment == "staging").all(|one| !one.name.contains("burn")));
}

#[test]
fn thresholds_follow_what_the_service_declares() {
    assert_eq!(of(SHOP, "production", "high-latency", "api").unwrap().text, "latency.p95 > 500ms for 10m");
    assert_eq!(of(SHOP, "production", "high-latency", "web").unwrap().text, "latency.p95 > 1s for 10m");
    assert_eq!(of(SHOP, "production", "job-slow", "report").unwrap().text, "job.duration > 24m");
    // Friday to Monday is the longest time between two runs, and two of those are late.
    assert_eq!(of(SHOP, "production", "job-late", "report").unwrap().text, "job.last_success > 6d");
}

#[test]
fn what_scales_to_zero_may_be_gone() {
    assert!(of(SHOP, "production", "service-down", "api").unwrap().expression.contains("absent("));
    assert!(!of(SHOP, "production", "service-down", "web").unwrap().expression.contains("absent("));
    assert!(of(SHOP, "production", "no-instance", "web").is_none());
}

#[test]
fn a_declared_alert_replaces_the_default_of_its_name() {
    let alert =
        r#"alert "high-error-rate" service="api" route="ticket" { when "error_rate > 7%"; runbook "high-error-rate" }"#;
    let deploy = format!("{SHOP}\n{alert}\n");
    let all = with_plan(&deploy, |plan| plan.signals().to_vec());
    let found: Vec<&Signal> = all
        .iter()
        .filter(|one| one.name == "high-error-rate" && one.environment == "production")
        .filter(|one| one.service.as_deref() == Some("api"))
        .collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text, "error_rate > 7%");
    assert!(of(&deploy, "production", "high-error-rate", "web").unwrap().text.contains("5%"));
}

#[test]
fn words_that_join_conditions_keep_their_own_times() {
    let signal = of(SHOP, "production", "orders-slow", "api").unwrap();
    assert!(signal.hold.is_zero());
    for part in [
        "service:orders_created:5m{",
        ") < 0.016666666667) and on () (",
        ") > 10)) or on () (",
        "(count_over_time((max by (app, environment) (service:latency:p99:5m{",
        ") > 2)[5m:30s]) >= 10) and on () (",
        "service:error_rate:10m{",
    ] {
        assert!(signal.expression.contains(part), "{part}\n{}", signal.expression);
    }
}

#[test]
fn burn_windows_carry_a_traffic_floor_and_are_rescaled_where_they_could_never_fire() {
    let fast = of(SHOP, "production", "api-availability-burn-fast", "api").unwrap();
    assert!(fast.expression.starts_with("slo:error_ratio:1h{"));
    assert!(fast.expression.contains("} > 0.0144 and slo:error_ratio:5m{"));
    assert!(fast.expression.ends_with("} >= 139"));
    let rescaled = of(SHOP, "production", "web-availability-burn-fast", "web").unwrap();
    assert!(rescaled.expression.contains("} > 0.9 and"), "{}", rescaled.expression);
    assert!(rescaled.summary.contains("9 times"), "{}", rescaled.summary);
}

#[test]
fn an_objective_without_notify_tells_nobody() {
    let silent = SHOP.replace("under=\"500ms\"; notify ticket=\"ticket\"", "under=\"500ms\"");
    assert!(of(&silent, "production", "api-latency-burn-fast", "api").is_none());
}

#[test]
fn a_rollback_asks_of_the_new_version_only() {
    let queries = with_plan(SHOP, |plan| {
        let environment = plan.facts.environment("production").unwrap();
        rollback_queries(plan, environment, environment.workload("api").unwrap())
    });
    let [errors, latency] = queries.as_slice() else { panic!("{queries:?}") };
    assert_eq!(errors.condition, "error_rate > 2% for 5m");
    assert_eq!(errors.promql.matches("version=\"{version}\"").count(), 2);
    assert!(errors.promql.ends_with(" > 0.02)[5m:30s]) >= 10"));
    assert!(latency.promql.ends_with(" > 0.75)[10m:30s]) >= 20"));
    assert_eq!(errors.minimum.value, 500);
    // 30 and 20 minutes of watching, and the window of a rate.
    assert!(errors.sample.as_deref().unwrap().ends_with("[55m]))"));
    assert!(errors.sample.as_deref().unwrap().contains("version=\"{version}\""));
}

#[test]
fn what_nothing_exports_is_an_omission_with_its_reason() {
    let omitted = with_plan(SHOP, omissions);
    let restarting = omitted.iter().find(|one| one.alert == "restarting").unwrap();
    assert_eq!(restarting.reason, "nothing exports restarts on Google Cloud Run");
    assert!(omitted.iter().any(|one| one.alert == "cpu-saturated" && one.about == "service worker"));
    assert!(!omitted.iter().any(|one| one.alert == "cpu-saturated" && one.about == "service api"));
}

#[test]
fn a_number_changes_everywhere_it_is_used() {
    let deploy = SHOP.replace("error_rate > 2% for 5m", "error_rate > 3% for 5m");
    let query = with_plan(&deploy, |plan| {
        let environment = plan.facts.environment("production").unwrap();
        rollback_queries(plan, environment, environment.workload("api").unwrap()).remove(0)
    });
    assert!(query.promql.contains(" > 0.03)"));
    assert_eq!(query.threshold.unwrap().value.to_string(), "0.03");
}
