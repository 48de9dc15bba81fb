//! The Compose backend: the file on a developer's machine and on a server.

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

use std::collections::BTreeMap;

use deployc::artifact::{Artifact, Tree};
use deployc::loader::Memory;
use deployc::render;

const VOTING: &str = include_str!("../examples/voting/deploy.kdl");

/// What stands in for a checkout of the voting application: its folders, each with a Dockerfile of its own.
fn voting(deploy: &str) -> Vec<Artifact> {
    let files = ["vote/Dockerfile", "result/Dockerfile", "worker/Dockerfile"];
    built(deploy, &files.map(|path| (path, "FROM scratch\n")))
}

fn built(deploy: &str, files: &[(&str, &str)]) -> Vec<Artifact> {
    let mut loader = Memory::new().with("deploy.kdl", deploy.as_bytes());
    for (path, text) in files {
        loader = loader.with(*path, text.as_bytes());
    }
    let mut compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let artifacts = compilation.build();
    let told: Vec<String> =
        compilation.diagnostics.iter().map(|one| format!("{}: {}", one.code, one.message)).collect();
    artifacts.unwrap_or_else(|| panic!("{told:#?}"))
}

fn file<'a>(artifacts: &'a [Artifact], path: &str) -> &'a Artifact {
    artifacts.iter().find(|one| one.path == path).unwrap_or_else(|| panic!("no {path}"))
}

fn tree<'a>(artifact: &'a Artifact, path: &str) -> &'a Tree {
    artifact.find(path).unwrap_or_else(|| panic!("no {path} in\n{}", render::text(artifact))).tree
}

fn text(artifact: &Artifact, path: &str) -> String {
    tree(artifact, path).joined().unwrap_or_else(|| panic!("{path} is no text"))
}

fn texts(artifact: &Artifact, path: &str) -> Vec<String> {
    tree(artifact, path).items().iter().map(|item| item.joined().unwrap()).collect()
}

fn keys<'a>(artifact: &'a Artifact, path: &str) -> Vec<&'a str> {
    tree(artifact, path).entries().iter().map(|(key, _)| key.as_str()).collect()
}

fn has(artifact: &Artifact, path: &str) -> bool {
    artifact.find(path).is_some()
}

// --- the public application -------------------------------------------------------------------------------------------

#[test]
fn the_voting_application_is_built_and_wired_as_it_expects() {
    let artifacts = voting(VOTING);
    let local = file(&artifacts, "compose.yaml");
    assert_eq!(text(local, "name"), "voting-development");
    assert_eq!(text(local, "services.vote.build.context"), "./vote");
    assert_eq!(text(local, "services.vote.build.target"), "final");
    assert!(!has(local, "services.result.build.dockerfile"), "the name that Compose looks for anyway");
    assert_eq!(texts(local, "services.votes.networks.votes.aliases"), ["db"]);
    assert_eq!(keys(local, "services.worker.networks"), ["worker", "redis", "votes"]);
    assert_eq!(keys(local, "services.vote.networks"), ["vote", "redis"], "it has no business with the database");
    assert_eq!(text(local, "services.worker.depends_on.votes.condition"), "service_healthy");
    assert_eq!(text(local, "services.vote.ports[0].published"), "8080");
    assert_eq!(text(local, "services.result.ports[0].published"), "8081");
    assert_eq!(text(local, "services.vote.ports[0].host_ip"), "127.0.0.1");
    assert_eq!(text(local, "services.votes.environment.POSTGRES_USER"), "postgres");
    assert!(!has(local, "services.worker.ports"), "what is not public is not published");
    let command = texts(local, "services.redis.command");
    assert_eq!(command[command.len() - 2..], ["--requirepass", ""], "its programs have no password");
    assert_eq!(tree(local, "networks.votes.internal").as_bool(), Some(true));
}

#[test]
fn a_server_takes_images_and_secrets_and_a_developers_machine_is_not_released_to() {
    let artifacts = voting(VOTING);
    let server = file(&artifacts, "compose.production.yaml");
    assert_eq!(text(server, "services.vote.image"), "${IMAGE_VOTE:?is set by ops/deploy.sh}");
    assert!(!has(server, "services.vote.build"));
    assert_eq!(text(server, "services.vote.restart"), "unless-stopped");
    assert_eq!(text(server, "services.votes.environment.POSTGRES_PASSWORD_FILE"), "/run/secrets/secret-votes-password");
    assert_eq!(text(server, "secrets.secret-votes-password.environment"), "SECRET_VOTES_PASSWORD");
    assert!(!has(server, "services.vote.ports"), "the proxy ends TLS");
    assert_eq!(keys(server, "services.proxy.networks"), ["proxy", "vote", "result"]);
    let config = text(server, "configs.proxy-config.content");
    assert!(config.contains("vote.voting.example") && config.contains("\"vote:80\""), "{config}");
    let from_file = file(&artifacts, "compose.yaml");
    assert!(!has(from_file, "services.proxy"), "nobody needs a certificate on a developer's machine");
    for artifact in &artifacts {
        let text = render::text(artifact);
        if artifact.path.starts_with("ops/") || artifact.path.contains("/deploy-") {
            assert!(!text.contains("development"), "{}", artifact.path);
        }
    }
    let target = render::text(file(&artifacts, "ops/target.sh"));
    for line in [
        "compose_server=deploy@voting.example",
        "compose_needs=SECRET_VOTES_PASSWORD",
        "compose_folder=voting-production",
    ] {
        assert!(target.lines().any(|known| known.trim() == line), "{line}\n{target}");
    }
    let bootstrap = render::text(file(&artifacts, "ops/bootstrap.sh"));
    assert!(bootstrap.contains("secret VOTES_PASSWORD of the environment production"), "{bootstrap}");
    assert!(!bootstrap.contains("variables/SECRET_VOTES_PASSWORD"), "each release brings it");
    let vault =
        VOTING.replace("from \"github\" path=\"VOTES_PASSWORD\"", "from \"vault\" path=\"secret/votes#password\"");
    let bootstrap = render::text(file(&voting(&vault), "ops/bootstrap.sh"));
    let read = "vault kv get -field=password secret/votes | ssh deploy@voting.example";
    assert!(bootstrap.contains(read), "{bootstrap}");
    let workflow = render::text(file(&artifacts, ".github/workflows/deploy-vote.yml"));
    assert!(workflow.contains("SSH_KEY: ${{ secrets.SSH_KEY }}"), "{workflow}");
    let password = "SECRET_VOTES_PASSWORD: ${{ secrets.VOTES_PASSWORD }}";
    assert!(!workflow.contains(password), "votes are taken without the database");
    assert!(render::text(file(&artifacts, ".github/workflows/deploy-worker.yml")).contains(password));
}

#[test]
fn without_a_domain_a_public_port_is_open_to_everybody() {
    let deploy = VOTING.replace("    domain \"vote.voting.example\" { route \"/\" to=\"vote\" }\n", "");
    let artifacts = voting(&deploy);
    let server = file(&artifacts, "compose.production.yaml");
    assert_eq!(text(server, "services.vote.ports[0].published"), "8080");
    assert!(!has(server, "services.vote.ports[0].host_ip"));
    assert!(!has(server, "services.result.ports"));
    assert!(render::text(file(&artifacts, "ops/target.sh")).contains("compose_address=http://voting.example:8080"));
}

#[test]
fn two_services_never_share_a_port_of_the_machine() {
    let deploy = VOTING.replace("as=8081", "as=8080");
    let artifacts = voting(&deploy);
    assert_eq!(text(file(&artifacts, "compose.yaml"), "services.result.ports[0].published"), "8081");
}

// --- everything that a service may say ---------------------------------------------------------------------------------

const SHOP: &str = include_str!("compose/shop.kdl");

fn shop(deploy: &str) -> Vec<Artifact> {
    built(deploy, &[("apps/api/package.json", "{}"), ("apps/api/package-lock.json", "{}"), ("ops/api.conf", "x")])
}

#[test]
fn a_service_says_all_of_it() {
    let artifacts = shop(SHOP);
    let server = file(&artifacts, "compose.production.yaml");
    let at = |path: &str| text(server, &["services.api.", path].concat());
    assert_eq!(at("environment.DATABASE_URL"), "postgresql://app:${RESOURCE_ORDERS_PASSWORD:-}@orders:5432/orders");
    assert_eq!(at("environment.BILLING"), "http://billing:9000");
    assert_eq!(at("environment.JOINED"), "key=${SECRET_STRIPE:-};");
    assert_eq!(at("environment.VERSION"), "${RELEASE_VERSION_API:-}");
    assert!(!has(server, "services.api.environment.TRACE"));
    assert_eq!(at("healthcheck.test[0]"), "CMD");
    assert!(at("healthcheck.test[3]").contains("http://127.0.0.1:8000/ready"), "readiness comes first");
    assert_eq!(at("stop_grace_period"), "30s");
    assert_eq!(at("deploy.resources.limits.cpus"), "1.5");
    assert_eq!(at("deploy.resources.limits.memory"), "1g");
    assert_eq!(at("user"), "10001");
    assert_eq!(texts(server, "services.api.cap_drop"), ["ALL"]);
    assert_eq!(texts(server, "services.api.tmpfs"), ["/tmp", "/run"]);
    assert!(!has(server, "services.api.read_only"), "Compose writes secrets into the container's own file system");
    assert_eq!(at("volumes[0].source"), "api-spool");
    assert_eq!(at("depends_on.api-volumes.condition"), "service_completed_successfully");
    assert_eq!(texts(server, "services.api-volumes.command"), ["chown", "10001:10001", "/spool"]);
    assert!(!has(server, "services.api.volumes[1].source"), "what need not be kept has no name");
    assert_eq!(at("volumes[2].source"), "./ops/api.conf");
    assert_eq!(at("secrets[0].target"), "/etc/stripe");
    assert_eq!(at("configs[0].target"), "/etc/motd");
    assert_eq!(text(server, "configs.api-file-3.content"), "hello $USER from production");
    assert_eq!(tree(server, "services.billing.deploy.replicas").as_int(), Some(2));
    assert!(!has(server, "services.api.depends_on.billing"), "calls may go in circles");
    assert_eq!(text(server, "services.api.depends_on.warm.condition"), "service_completed_successfully");
    assert!(!has(server, "services.api.depends_on.api-schema"), "the release runs it");
    assert_eq!(texts(server, "services.api-schema.profiles"), ["jobs"]);
    assert_eq!(texts(server, "services.api-schema.command"), ["/bin/sh", "-c", "npm run migrate && echo $DONE"]);
    assert_eq!(texts(server, "services.seed.profiles"), ["jobs"]);
    assert_eq!(text(server, "services.seed.image"), "${IMAGE_API:?is set by ops/deploy.sh}");
    assert_eq!(text(server, "services.report.image"), "${IMAGE_REPORT:?is set by ops/deploy.sh}");
}

#[test]
fn a_resource_is_a_real_server() {
    let artifacts = shop(SHOP);
    let server = file(&artifacts, "compose.production.yaml");
    assert_eq!(text(server, "services.orders.image"), "postgres:16.15-trixie");
    assert_eq!(texts(server, "services.orders.command"), ["-c", "max_connections=200"]);
    let made = text(server, "services.orders.post_start[0].command[2]");
    assert!(made.contains("pg_isready") && made.contains("createdb --username=app second"), "{made}");
    let bucket = text(server, "services.files.post_start[0].command[2]");
    assert!(bucket.contains("mc mb --ignore-existing local/files"), "{bucket}");
    assert_eq!(text(server, "services.orders.volumes[0].source"), "orders-data");
    assert_eq!(text(server, "services.orders.deploy.resources.limits.memory"), "512m");
}

#[test]
fn what_a_resource_declares_is_there_or_refused() {
    let more = "resource \"orders\" kind=\"mariadb\" version=\"11.4\" { storage \"7GiB\"; backup every=\"6h\" keep=\"10d\"; database \"two\"; database \"three\" }";
    let deploy = SHARED.replace("resource \"orders\" kind=\"postgres\" version=\"16\"", more);
    let artifacts = shop(&deploy);
    let server = file(&artifacts, "compose.production.yaml");
    let made = text(server, "configs.orders-databases.content");
    assert!(made.contains("CREATE DATABASE IF NOT EXISTS two; GRANT ALL PRIVILEGES ON two.* TO 'app'@'%';"), "{made}");
    assert_eq!(made.lines().count(), 2);
    assert_eq!(text(server, "services.orders.configs[0].target"), "/docker-entrypoint-initdb.d/databases.sql");
    assert!(render::text(server).contains("orders-data: null # 7GiB are meant"), "{}", render::text(server));
    let target = render::text(file(&artifacts, "ops/target.sh"));
    assert!(
        target.contains("orders\\t0 */6 * * *\\t10\\tMYSQL_PWD=$(cat \"$MARIADB_PASSWORD_FILE\") mariadb-dump"),
        "{target}"
    );
    for (wrong, what) in [
        ("kind=\"nats\" { user \"n\" }", "the container of NATS takes no name of a user"),
        ("kind=\"nats\" { setting x=\"1\" }", "the container of NATS takes no settings"),
        ("kind=\"postgres\" { replica count=1 }", "the container of PostgreSQL takes no replicas"),
        ("kind=\"mysql\" { database \"a`b\" }", "the container of MySQL takes no further database of this name"),
        ("kind=\"memcached\" { storage \"1GiB\" }", "the container of Memcached takes no size of its storage"),
        ("kind=\"rabbitmq\" { backup every=\"1d\" }", "the container of RabbitMQ takes no backup at these times"),
    ] {
        let deploy = SHARED.replace("kind=\"postgres\" version=\"16\"", wrong);
        let loader = Memory::new().with("deploy.kdl", deploy.as_bytes()).with("apps/api/package.json", "{}");
        let told = deployc::check(&loader, "deploy.kdl", None).unwrap().diagnostics;
        assert!(told.iter().any(|one| one.message == what), "{what}: {told:?}");
        // Where nothing is released, it is enough that the server runs.
        assert_eq!(told.iter().filter(|one| one.message == what).count(), 1);
    }
}

/// An image without a shell is asked by the program that its recipe puts there: a shell would never find one.
#[test]
fn a_program_without_a_shell_can_be_asked() {
    for (runtime, manifest, text) in [
        ("go@1.26", "go.mod", "module example.com/api\n\ngo 1.26\n"),
        ("rust", "Cargo.toml", "[package]\nname = \"api\"\nversion = \"1.0.0\"\n"),
    ] {
        let deploy = format!(
            r#"edition "2026"
app "hello" {{ repo "github.com/acme/hello" }}
service "api" {{ source "apps/api"; runtime "{runtime}"; http port=8000 {{ health "/healthz" }} }}
service "raw" kind="worker" {{ source "apps/api"; runtime "{runtime}"; tcp port=9000 {{ health }} }}
environment "development" {{ host "compose" }}
"#
        );
        let loader = Memory::new()
            .with("deploy.kdl", deploy.as_bytes())
            .with(format!("apps/api/{manifest}"), text)
            .with("apps/api/Cargo.lock", "version = 4\n")
            .with("apps/api/go.sum", "");
        let mut compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
        let built = compilation.build().unwrap_or_else(|| panic!("{:?}", compilation.diagnostics));
        let compose = render::text(file(&built, "compose.yaml"));
        assert!(compose.contains("- /bin/wget") && compose.contains("- /bin/nc"), "{compose}");
        assert!(!compose.contains("CMD-SHELL"), "{compose}");
        let dockerfile = render::text(file(&built, "apps/api/Dockerfile"));
        assert!(dockerfile.contains("COPY --from=busybox:1.37.0-musl /bin/wget /bin/wget"), "{dockerfile}");
        assert!(
            dockerfile.contains("HEALTHCHECK")
                && dockerfile
                    .contains("[\"/bin/wget\", \"-q\", \"-O\", \"/dev/null\", \"http://127.0.0.1:8000/healthz\"]"),
            "{dockerfile}"
        );
    }
}

#[test]
fn a_bucket_is_made_with_the_password_wherever_it_stands() {
    let artifacts = shop(SHOP);
    let made = text(file(&artifacts, "compose.yaml"), "services.files.post_start[0].command[2]");
    assert!(made.contains("${MINIO_ROOT_PASSWORD:-$(cat \"$MINIO_ROOT_PASSWORD_FILE\")}"), "{made}");
}

#[test]
fn a_developers_machine_runs_it_all_with_one_command() {
    let artifacts = shop(SHOP);
    let local = file(&artifacts, "compose.yaml");
    assert_eq!(text(local, "services.api.depends_on.api-schema.condition"), "service_completed_successfully");
    assert!(!has(local, "services.api-schema.profiles"));
    assert_eq!(text(local, "services.billing.image"), "ghcr.io/acme/billing:4.2.1");
    assert!(
        text(local, "services.api.environment.STRIPE").starts_with("${SECRET_STRIPE:?"),
        "it is told what is missing"
    );
    assert!(text(local, "services.api.environment.DATABASE_URL").contains(":-Local-only-1}@orders"));
    assert!(!has(local, "services.api.restart"));
}

/// One image for a service that listens and a worker that does not, with a build that needs more than its files.
const SHARED: &str = r#"edition "2026"
app "shop" { repo "github.com/acme/shop" }
service "api" kind="api" {
    source "apps/api"
    runtime "node@22"
    command start="node main.js"
    build { before "make proto"; secret "NPM_TOKEN" from="npm" }
    http port=8000 public=#true { health "/healthz" grace="75s" }
    http "admin" port=9100 { ready "/ready" failures=5 }
    env { DATABASE_URL "${resource.orders.url}" }
    migrate "schema" for="orders" tool="custom" up="npm run migrate"
}
service "worker" kind="worker" { image service="api"; args "node" "worker.js"; env { DATABASE_URL "${resource.orders.url}" } }
service "mailer" kind="worker" { image service="api"; args "node" "mailer.js"; health run="node alive.js" }
service "report" kind="cron" { image service="api"; args "node" "report.js"; schedule "daily 03:00"; uses "orders" }
task "seed" { image service="api"; run "node seed.js"; during "demand" }
task "warm" { image service="api"; run "node warm.js"; during "start" }
secret "npm" { from "github" path="NPM_TOKEN"; rotate every="90d" }
resource "orders" kind="postgres" version="16"
environment "dev" { host "compose" }
environment "production" { host "compose" { server "shop.example" }; trigger manual=#true }
"#;

#[test]
fn a_worker_is_not_asked_by_the_check_of_the_image_that_it_shares() {
    let artifacts = shop(SHARED);
    for path in ["compose.yaml", "compose.production.yaml"] {
        let file = file(&artifacts, path);
        assert_eq!(tree(file, "services.worker.healthcheck.disable").as_bool(), Some(true), "{path}");
        assert_eq!(texts(file, "services.mailer.healthcheck.test"), ["CMD", "node", "alive.js"], "{path}");
        assert!(!has(file, "services.api.healthcheck.disable"), "{path}");
    }
}

#[test]
fn one_check_stands_for_every_probe_of_a_service() {
    let artifacts = shop(SHARED);
    let local = file(&artifacts, "compose.yaml");
    assert!(text(local, "services.api.healthcheck.test[3]").contains("http://127.0.0.1:9100/ready"));
    assert_eq!(tree(local, "services.api.healthcheck.retries").as_int(), Some(5));
    assert_eq!(text(local, "services.api.healthcheck.start_period"), "75s", "as long as any probe lets it start");
}

#[test]
fn a_developers_machine_takes_over_as_it_can() {
    // A strategy that moves traffic, a migration that needs a pause, and runs that stop each other.
    let deploy = SHARED
        .replace("tool=\"custom\"", "tool=\"custom\" pattern=\"offline\"")
        .replace("build { before", "strategy \"careful\"; build { before")
        .replace("schedule \"daily 03:00\"", "schedule \"daily 03:00\" overlap=\"replace\"")
        .replace("; trigger manual=#true }", "; trigger manual=#true; service \"api\" { strategy \"replace\" } }");
    let deploy = deploy
        + "strategy \"careful\" kind=\"canary\" { step weight=\"5%\" hold=\"10m\"; step weight=\"100%\"; rollback { when \"error_rate > 2% for 5m\" } }\n"
        + "strategy \"replace\" kind=\"recreate\" { rollback within=\"5m\" }\n";
    let artifacts = shop(&deploy);
    assert!(has(file(&artifacts, "compose.yaml"), "services.api.depends_on.api-schema"));
    let target = render::text(file(&artifacts, "ops/target.sh"));
    assert!(target.contains("compose_overlap=replace"), "{target}");
}

#[test]
fn values_are_written_as_their_text() {
    let deploy = SHARED.replace(
        "env { DATABASE_URL \"${resource.orders.url}\" }\n",
        "env { ON #true; OFF #false; TEN 10; DATABASE_URL \"${resource.orders.url}\" }\n",
    );
    let local = shop(&deploy);
    let local = file(&local, "compose.yaml");
    for (name, value) in [("ON", "true"), ("OFF", "false"), ("TEN", "10")] {
        assert_eq!(text(local, &format!("services.api.environment.{name}")), value);
    }
}

#[test]
fn every_port_is_there_for_those_who_may_reach_it() {
    let artifacts = shop(&SHARED.replace("ready \"/ready\" failures=5 }", "}; tcp \"debug\" port=9229 as=19229"));
    for (path, public) in [("compose.yaml", "127.0.0.1"), ("compose.production.yaml", "")] {
        let file = file(&artifacts, path);
        let ports = tree(file, "services.api.ports").items();
        let found: Vec<[String; 3]> = ports
            .iter()
            .map(|port| {
                ["target", "published", "host_ip"].map(|key| {
                    port.key(key)
                        .and_then(|one| one.joined().or(one.as_int().map(|number| number.to_string())))
                        .unwrap_or_default()
                })
            })
            .collect();
        let wanted = [["8000", "8000", public], ["9229", "19229", "127.0.0.1"]].map(|port| port.map(str::to_owned));
        assert_eq!(found, wanted, "{path}");
        assert_eq!(texts(file, "services.api.expose"), ["9100"], "{path}");
    }
}

#[test]
fn what_uses_a_database_finds_its_schema() {
    let artifacts = shop(SHARED);
    let local = file(&artifacts, "compose.yaml");
    for user in ["api", "worker", "report", "seed", "warm"] {
        let condition = text(local, &format!("services.{user}.depends_on.api-schema.condition"));
        assert_eq!(condition, "service_completed_successfully", "{user}");
    }
    assert!(!has(local, "services.mailer.depends_on"));
    assert!(!has(file(&artifacts, "compose.production.yaml"), "services.worker.depends_on.api-schema"));
}

#[test]
fn a_build_on_a_developers_machine_has_its_secrets_and_says_what_comes_before() {
    let artifacts = shop(SHARED);
    let local = file(&artifacts, "compose.yaml");
    assert_eq!(text(local, "services.worker.build.secrets[0].source"), "secret-npm");
    assert_eq!(text(local, "services.worker.build.secrets[0].target"), "NPM_TOKEN");
    assert_eq!(text(local, "secrets.secret-npm.environment"), "SECRET_NPM");
    let told = render::text(local);
    for line in [
        "environment or from `.env` beside this file, which is not committed: SECRET_NPM.",
        "# Before each build, in the project's root: make proto",
        "# `docker compose run --build --rm seed` runs seed.",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert!(!told.contains("rm warm"), "what runs by itself needs no command");
    assert!(!render::text(file(&artifacts, "compose.production.yaml")).contains("NPM"), "a server builds nothing");
}

#[test]
fn what_is_declared_otherwise_is_emitted_otherwise() {
    let server = |deploy: &str| file(&shop(deploy), "compose.production.yaml").clone();
    let changed = server(&SHOP.replace("interval=\"10s\"", "interval=\"15s\""));
    assert_eq!(text(&changed, "services.api.healthcheck.interval"), "10s", "ready says nothing of its own");
    let changed = server(&SHOP.replace("; ready \"/ready\"", "").replace("interval=\"10s\"", "interval=\"15s\""));
    assert_eq!(text(&changed, "services.api.healthcheck.interval"), "15s");
    let changed = server(&SHOP.replace("version=\"16\"", "version=\"18\""));
    assert_eq!(text(&changed, "services.orders.volumes[0].target"), "/var/lib/postgresql");
    let changed = server(
        &SHOP
            .replace("    file \"/etc/stripe\" value=\"${secret.stripe}\"\n", "")
            .replace("    file \"/etc/motd\" value=\"hello $USER from ${environment.name}\"\n", ""),
    );
    assert_eq!(tree(&changed, "services.api.read_only").as_bool(), Some(true));
    assert!(!has(&changed, "configs"), "no empty section");
}

#[test]
fn hostile_values_are_read_back_as_they_were_written() {
    let artifacts = shop(SHOP);
    for path in ["compose.yaml", "compose.production.yaml"] {
        let printed = render::text(file(&artifacts, path));
        let line = printed.lines().find(|line| line.trim_start().starts_with("PLAIN:")).unwrap();
        assert!(line.contains("a'b\\\"c $$HOME 🦊 #x"), "{line}");
        assert!(printed.contains("hello $$USER from"), "{printed}");
    }
}

#[test]
fn a_health_path_never_becomes_part_of_a_program() {
    let deploy = VOTING
        .replace("health \"/\" interval=\"15s\" timeout=\"5s\" grace=\"10s\"", r#"health "/'; reboot; '" grace="10s""#);
    let artifacts = voting(&deploy);
    let test = text(file(&artifacts, "compose.yaml"), "services.vote.healthcheck.test[1]");
    assert!(!test.contains("; reboot"), "{test}");
    let encoded = "/%27;%20reboot;%20%27";
    assert_eq!(test.matches(encoded).count(), 5, "{test}");
    assert!(test.contains("printf 'GET %s HTTP/1.0"), "a path is no format: {test}");
}

#[test]
fn every_command_of_a_person_is_complete() {
    let deploy = SHOP;
    let loader = Memory::new()
        .with("deploy.kdl", deploy.as_bytes())
        .with("apps/api/package.json", "{}")
        .with("apps/api/package-lock.json", "{}")
        .with("ops/api.conf", "x");
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let checked =
        deployc::check::Checked::new(&compilation.model, &compilation.facts, &compilation.diagnostics).unwrap();
    let plan = deployc::plan::Plan::new(&checked);
    let backend = deployc::emit::platform::backend("compose").unwrap();
    let environment = plan.facts.environment("production").unwrap();
    let command = |name: &str, what: &str| {
        let script = backend.command(&plan, environment, environment.workload(what).unwrap(), name).unwrap();
        assert_eq!(script.faults(), Vec::<String>::new());
        render::script(&script).trim_end().to_owned()
    };
    assert_eq!(
        command("logs", "api"),
        "ssh ops@shop.example 'docker compose --file shop-production/compose.yaml logs --tail 200 api'"
    );
    assert_eq!(
        command("schedule", "report"),
        "ssh ops@shop.example \"shop-production/server.sh schedule report '0 3 * * *' forbid 1800 2\""
    );
    assert_eq!(command("restart", "api"), "ssh ops@shop.example 'shop-production/server.sh restart api'");
    assert!(command("scale", "billing").contains("--scale billing=4"));
    let api = environment.workload("api").unwrap();
    assert!(backend.command(&plan, environment, api, "scale").is_none(), "a port of the machine is there once");
    let local = plan.facts.environment("dev").unwrap();
    let script = backend.command(&plan, local, local.workload("api").unwrap(), "restart").unwrap();
    assert!(render::script(&script).starts_with("docker compose --file compose.yaml up --detach"));
    let orders = plan.setting(environment).resources.iter().find(|one| one.name.value == "orders").unwrap();
    assert_eq!(
        render::script(&backend.connect(&plan, environment, orders).unwrap()).trim_end(),
        "ssh -t ops@shop.example 'docker compose --file shop-production/compose.yaml exec orders psql --username=app --dbname=orders'"
    );
}

#[test]
fn every_file_is_written_once() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for artifact in shop(SHOP) {
        assert_eq!(artifact.faults(), Vec::<String>::new(), "{}", artifact.path);
        *seen.entry(artifact.path).or_default() += 1;
    }
    assert!(seen.values().all(|count| *count == 1), "{seen:#?}");
}
