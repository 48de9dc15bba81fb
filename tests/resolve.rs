//! The way from text to facts: the examples, and what presets, overlays, removals and imports make of a declaration.

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

use deployc::Compilation;
use deployc::diag::Severity;
use deployc::loader::{Disk, Memory};
use deployc::model::{MetricsBackend, ResourceOrigin, Service, StrategyKind};
use deployc::resolve::Setting;

const HEAD: &str = "edition \"2026\"\napp \"shop\" { repo \"github.com/acme/shop\" }\n";

/// A file that has no error, with further files.
fn compile(text: &str, others: &[(&str, &str)]) -> Compilation {
    let mut loader = Memory::new().with("deploy.kdl", format!("{HEAD}{text}").into_bytes());
    for (path, text) in others {
        loader = loader.with(*path, text.as_bytes().to_vec());
    }
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let errors: Vec<&str> = compilation
        .diagnostics
        .iter()
        .filter(|one| one.severity == Severity::Error && one.code.area() != "output")
        .map(|one| one.message.as_str())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    compilation
}

/// The declarations as they are in an environment.
fn setting<'c>(compilation: &'c Compilation, environment: &str) -> &'c Setting {
    let all = &compilation.model.environments;
    &all.iter().find(|(one, _)| one.name.value == environment).unwrap().1
}

fn service<'c>(compilation: &'c Compilation, environment: &str, name: &str) -> &'c Service {
    setting(compilation, environment).services.iter().find(|service| service.name.value == name).unwrap()
}

fn variables(service: &Service) -> Vec<(&str, &str)> {
    let entries = service.env.iter().flat_map(|env| &env.entries);
    entries.map(|entry| (entry.key.value.as_str(), entry.value.value.as_str())).collect()
}

fn texts(values: &[deployc::source::Sourced<String>]) -> Vec<&str> {
    values.iter().map(|value| value.value.as_str()).collect()
}

const API: &str = r#"
service "api" {
    image "ghcr.io/acme/api:1.2"
    http port=8000 public=#true { health "/healthz" interval="20s" }
    scale min=1 max=4 when="saturation.cpu > 70%"
    env { LOG_LEVEL "info"; TRACE "1" }
    watch "a/**" "b/**"
    writable "/tmp"
}
"#;

#[test]
fn one_node_merges_property_by_property() {
    let compilation = compile(
        &format!(
            r#"{API}
            environment "production" {{
                host "cloud-run" region="europe-west1" project="p"; trigger manual=#true
                service "api" {{ scale min=3 max=12; http port=9000 }}
            }}"#
        ),
        &[],
    );
    let api = service(&compilation, "production", "api");
    let scale = api.scale.as_ref().unwrap();
    assert_eq!((scale.min.value.get(), scale.max.as_ref().unwrap().value.get()), (3, 12));
    assert_eq!(scale.when.as_ref().unwrap().value.print(), "saturation.cpu > 70%", "scale keeps its `when`");
    let [port] = api.http.as_slice() else { panic!("{:?}", api.http) };
    assert_eq!((port.port.value.get(), port.public.value), (9000, true), "the unnamed port is one and the same");
    assert_eq!(port.health.as_ref().unwrap().interval.value.to_string(), "20s");
    // The declaration itself stays as it is.
    let declared = &compilation.model.declared.services[0];
    assert_eq!(declared.scale.as_ref().unwrap().min.value.get(), 1);
}

#[test]
fn another_first_argument_replaces_the_whole_node() {
    let compilation = compile(
        r#"
        service "api" { image "ghcr.io/acme/api:1.2"; http port=8000 public=#true { health "/" }; uses "orders" }
        resource "orders" kind="postgres" { from "external" url="${secret.orders}"; storage "50GiB" }
        secret "orders" { rotate every="90d" }
        observe { metrics "prometheus" url="https://prometheus.acme.example" retention="30d" }
        environment "production" { host "compose" { server "203.0.113.10" }; trigger manual=#true }
        environment "staging" {
            host "compose" { server "203.0.113.11" }
            trigger push="main"
            resource "orders" { from "container"; storage "1GiB" }
            observe { metrics "datadog" }
        }"#,
        &[],
    );
    let origin = |environment| {
        let resource = &setting(&compilation, environment).resources[0];
        let from = resource.from.as_ref().unwrap();
        (from.origin_arg.value, from.url.is_some(), resource.storage.as_ref().unwrap().value.to_string())
    };
    assert_eq!(origin("production"), (ResourceOrigin::External, true, "50GiB".to_owned()));
    assert_eq!(origin("staging"), (ResourceOrigin::Container, false, "1GiB".to_owned()), "no old property survives");
    let metrics = setting(&compilation, "staging").observe.as_ref().unwrap().metrics.as_ref().unwrap();
    assert_eq!((metrics.backend.value, metrics.url.is_some()), (MetricsBackend::Datadog, false));
}

#[test]
fn keyed_nodes_merge_by_their_key_and_are_removed_by_it() {
    let compilation = compile(
        &format!(
            r#"{API}
            service "web" {{ image "ghcr.io/acme/web:1.2"; http port=3000 public=#true {{ health "/" }} }}
            environment "production" {{
                host "cloud-run" region="europe-west1" project="p"; trigger manual=#true
                service "api" {{ env {{ LOG_LEVEL "warn"; - "TRACE"; REGION "eu" }}; - scale }}
            }}
            environment "staging" {{
                host "cloud-run" region="europe-west1" project="s"; trigger push="main"
                - service "web"
            }}"#
        ),
        &[],
    );
    let api = service(&compilation, "production", "api");
    assert_eq!(variables(api), [("LOG_LEVEL", "warn"), ("REGION", "eu")]);
    assert!(api.scale.is_none());
    let names = |environment| {
        let services = &setting(&compilation, environment).services;
        services.iter().map(|service| service.name.value.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(names("staging"), ["api"]);
    assert_eq!(names("production"), ["api", "web"]);
    assert_eq!(variables(service(&compilation, "staging", "api")), [("LOG_LEVEL", "info"), ("TRACE", "1")]);
}

#[test]
fn lists_are_replaced_as_a_whole() {
    let compilation = compile(
        &format!(
            r#"{API}
            environment "production" {{
                host "cloud-run" region="europe-west1" project="p"; trigger manual=#true
                domain "shop.example" {{ route "/" to="api" }}
                service "api" {{ watch "c/**" }}
            }}"#
        ),
        &[],
    );
    assert_eq!(texts(&service(&compilation, "production", "api").watch), ["c/**"]);
    assert_eq!(texts(&compilation.model.declared.services[0].watch), ["a/**", "b/**"]);
}

#[test]
fn routes_of_one_domain_are_replaced_and_other_domains_stay() {
    let compilation = compile(
        &format!(
            r#"{API}
            preset "public" for="environment" {{ domain "a.example" {{ route "/" to="api"; route "/old" to="api" }}; domain "b.example" {{ route "/" to="api" }} }}
            environment "production" {{
                use "public"
                host "cloud-run" region="europe-west1" project="p"; trigger manual=#true
                domain "a.example" {{ route "/new" to="api" }}
            }}"#
        ),
        &[],
    );
    let (production, _) = &compilation.model.environments[0];
    let routes: Vec<(&str, Vec<&str>)> = production
        .domain
        .iter()
        .map(|domain| {
            (domain.name.value.as_str(), domain.route.iter().map(|route| route.path.value.as_str()).collect())
        })
        .collect();
    assert_eq!(routes, [("a.example", vec!["/new"]), ("b.example", vec!["/"])]);
}

#[test]
fn overlay_beats_node_beats_later_preset_beats_earlier_one() {
    let compilation = compile(
        r#"
        preset "one" { size cpu="250m" memory="256MiB"; env { A "one"; B "one"; C "one"; D "one" }; stop grace="1s" }
        preset "two" { size cpu="500m"; env { A "two"; B "two"; C "two" } }
        service "api" {
            use "one" "two"
            image "ghcr.io/acme/api:1.2"
            http port=8000 public=#true { health "/healthz" }
            env { A "node"; B "node" }
        }
        environment "production" {
            host "cloud-run" region="europe-west1" project="p"; trigger manual=#true
            service "api" { env { A "overlay" } }
        }"#,
        &[],
    );
    let api = service(&compilation, "production", "api");
    assert_eq!(variables(api), [("A", "overlay"), ("B", "node"), ("C", "two"), ("D", "one")]);
    let size = api.size.as_ref().unwrap();
    assert_eq!(size.cpu.as_ref().unwrap().value.to_string(), "500m");
    assert_eq!(size.memory.as_ref().unwrap().value.to_string(), "256MiB");
    assert_eq!(api.stop.as_ref().unwrap().grace.value.to_string(), "1s");
}

#[test]
fn a_preset_may_use_presets_and_a_node_may_remove_what_they_bring() {
    let compilation = compile(
        r#"
        preset "base" { env { A "1"; B "2" }; writable "/tmp" }
        preset "python" { use "base"; env { B "3" } }
        service "api" {
            use "python"
            image "ghcr.io/acme/api:1.2"
            http port=8000 public=#true { health "/healthz" }
            env { - "A" }
            - writable
        }
        environment "production" { host "cloud-run" region="europe-west1" project="p"; trigger manual=#true }"#,
        &[],
    );
    let api = service(&compilation, "production", "api");
    assert_eq!(variables(api), [("B", "3")]);
    assert_eq!(texts(&api.writable), [""; 0]);
}

#[test]
fn an_importer_overrides_what_it_imports() {
    let compilation = compile(
        &format!(
            r#"import "ops/team.kdl"
            import "ops/more.kdl"
            strategy "careful" override=#true kind="canary" {{ step weight="10%" hold="30m"; step weight="100%" }}
            {API}
            environment "production" {{ host "cloud-run" region="europe-west1" project="p"; trigger manual=#true; strategy "careful" }}"#
        ),
        &[
            (
                "ops/team.kdl",
                "import \"more.kdl\"\nvar \"support\" override=#true \"team@acme.example\"\nmetric \"seen\" kind=\"gauge\" { describe \"${var.support}\" }\n",
            ),
            (
                "ops/more.kdl",
                "var \"support\" \"help@acme.example\"\nstrategy \"careful\" kind=\"canary\" { step weight=\"50%\" hold=\"5m\"; step weight=\"100%\"; rollback within=\"10m\" { when \"error_rate > 2% for 5m\" } }\n",
            ),
        ],
    );
    let strategy = &setting(&compilation, "production").strategies[0];
    assert_eq!(strategy.kind.value, StrategyKind::Canary);
    let weights: Vec<String> = strategy.step.iter().map(|step| step.weight.value.to_string()).collect();
    assert_eq!(weights, ["10%", "100%"], "a list of the importer replaces that of the import");
    assert!(strategy.rollback.is_some(), "what the importer does not say stays");
    let var = &compilation.model.declared.vars[0];
    assert_eq!(
        var.value.as_ref().unwrap().value,
        "team@acme.example",
        "the importer wins, whoever else imports the file"
    );
}

#[test]
fn only_keeps_a_declaration_to_its_environments() {
    let compilation = compile(
        &format!(
            r#"{API}
            service "report" kind="cron" {{ image "ghcr.io/acme/report:1"; schedule "daily 03:00"; only "production" }}
            environment "staging" {{ host "cloud-run" region="europe-west1" project="s"; trigger push="main" }}
            environment "production" {{ host "cloud-run" region="europe-west1" project="p"; promote from="staging" }}"#
        ),
        &[],
    );
    assert_eq!(setting(&compilation, "staging").services.len(), 1);
    assert_eq!(setting(&compilation, "production").services.len(), 2);
}

#[test]
fn a_task_takes_variables_and_resources_of_the_service_whose_image_it_takes() {
    let compilation = compile(
        r#"
        service "api" {
            image "ghcr.io/acme/api:1.2"
            http port=8000 public=#true { health "/healthz" }
            env { LOG_LEVEL "info"; DATABASE_URL "${resource.orders.url}" }
        }
        resource "orders" kind="postgres" { from "external" url="${secret.orders}" }
        secret "orders" { rotate every="90d" }
        task "seed" { image service="api"; run "seed"; env { LOG_LEVEL "debug" } }
        environment "production" { host "cloud-run" region="europe-west1" project="p"; trigger manual=#true }"#,
        &[],
    );
    let production = compilation.facts.environment("production").unwrap();
    let seed = production.workload("seed").unwrap();
    let mut names: Vec<&str> = seed.variables.iter().map(|variable| variable.name.value.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["DATABASE_URL", "LOG_LEVEL"]);
}

/// Where an example is found wanting, in one line each.
fn findings(compilation: &Compilation) -> Vec<String> {
    let told = compilation.diagnostics.iter().filter(|one| one.severity != Severity::Note);
    told.map(|one| {
        let text = compilation.program.file(one.primary.span.file).map_or("", |file| file.document.text());
        let line = text[..one.primary.span.start as usize].matches('\n').count() + 1;
        format!("{line}: {}: {} ({})", one.code.as_str(), one.message, one.help.clone().unwrap_or_default())
    })
    .collect()
}

fn example(name: &str) -> Compilation {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    deployc::check(&Disk::new(root), "deploy.kdl", None).expect("the example can be read")
}

#[test]
fn the_smallest_file_checks() {
    let compilation = example("hello");
    let found = findings(&compilation);
    assert!(found.len() == 1 && found[0].contains("name/no-edition"), "only the edition is missing: {found:?}");
    let production = compilation.facts.environment("production").expect("declared");
    let api = production.workload("api").expect("a workload");
    assert_eq!(api.generated, "hello-production-api");
}

#[test]
fn the_whole_language_checks() {
    assert_eq!(findings(&example("everything")), Vec::<String>::new());
}
