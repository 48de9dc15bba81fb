//! The Compose backend: the file on a developer's machine and on a server, and the script that runs there.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests may fail loudly"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

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
    assert_eq!(text(server, "services.vote.ports[0].host_ip"), "127.0.0.1", "a proxy ends TLS");
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
    assert!(bootstrap.contains("test -s voting-production/variables/SECRET_VOTES_PASSWORD"), "{bootstrap}");
    let workflow = render::text(file(&artifacts, ".github/workflows/deploy-vote.yml"));
    assert!(workflow.contains("SSH_KEY: ${{ secrets.SSH_KEY }}"), "{workflow}");
}

#[test]
fn without_a_domain_a_public_port_is_open_to_everybody() {
    let deploy = VOTING.replace("    domain \"vote.voting.example\" { route \"/\" to=\"vote\" }\n", "");
    let artifacts = voting(&deploy);
    let server = file(&artifacts, "compose.production.yaml");
    assert!(!has(server, "services.vote.ports[0].host_ip"));
    assert!(has(server, "services.result.ports[0].host_ip"));
    assert!(render::text(file(&artifacts, "ops/target.sh")).contains("compose_address=http://voting.example:8080"));
}

#[test]
fn two_services_never_share_a_port_of_the_machine() {
    let deploy = VOTING.replace("as=8081", "as=8080");
    let artifacts = voting(&deploy);
    assert_eq!(text(file(&artifacts, "compose.yaml"), "services.result.ports[0].published"), "8081");
}

// --- everything that a service may say ---------------------------------------------------------------------------------

const SHOP: &str = r##"edition "2026"
app "shop" { repo "github.com/acme/shop"; owner "team" contact="team@acme.example" }
service "api" kind="api" {
    source "apps/api"
    runtime "node@22"
    command start="node dist/main.js"
    http port=8000 public=#true { health "/healthz" interval="10s" timeout="2s" grace="30s"; ready "/ready" }
    env {
        PLAIN "a'b\"c $HOME 🦊 #x"
        DATABASE_URL "${resource.orders.url}"
        BILLING "${service.billing.url}"
        STRIPE "${secret.stripe}"
        JOINED "key=${secret.stripe};"
        VERSION "${release.version}"
        TRACE "" optional=#true
    }
    calls "billing"
    migrate "schema" for="orders" tool="custom" up="npm run migrate && echo $DONE" down="npm run back"
    volume "spool" at="/spool" keep=#true
    volume "cache" at="/cache" keep=#false
    file "/etc/api.conf" from="ops/api.conf"
    file "/etc/stripe" value="${secret.stripe}"
    file "/etc/motd" value="hello $USER from ${environment.name}"
    user 10001
    writable "/tmp" "/run"
    stop grace="30s"
    size cpu="500m" memory="512MiB" { limit cpu="1.5" memory="1GiB" }
}
service "billing" kind="api" { image "ghcr.io/acme/billing:4.2.1"; grpc port=9000; calls "api"; scale min=2 max=2 }
service "report" kind="cron" { image service="api"; args "node" "report.js"; schedule "daily 03:00" overlap="forbid" timeout="30m" tries=2; uses "orders" }
task "seed" { image service="api"; run "node seed.js"; during "demand" }
task "warm" { image service="api"; run "node warm.js"; during "start" }
resource "orders" kind="postgres" version="16" { from "container"; database "second"; setting max_connections="200" }
resource "files" kind="bucket" { from "container" }
secret "stripe" { from "github" path="STRIPE_KEY"; rotate every="90d" owner="team" }
secret "ssh" { from "github" path="SSH_KEY"; rotate every="90d" owner="team" then="none" }
environment "dev" { host "compose" }
environment "production" { host "compose" { server "shop.example"; login "ssh" user="ops" key="${secret.ssh}" }; trigger push="main" }
"##;

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
    assert!(!test.contains("python") && !test.contains("/dev/tcp"), "{test}");
    assert!(test.contains("curl --fail --silent --output /dev/null \"http://127.0.0.1:80/'; reboot; '\""), "{test}");
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
    let local = plan.facts.environment("dev").unwrap();
    let script = backend.command(&plan, local, local.workload("api").unwrap(), "restart").unwrap();
    assert!(render::script(&script).starts_with("docker compose --file compose.yaml up --detach"));
    let orders = plan.setting(environment).resources.iter().find(|one| one.name.value == "orders").unwrap();
    assert_eq!(
        render::script(&backend.connect(&plan, environment, orders).unwrap()).trim_end(),
        "ssh -t ops@shop.example 'docker compose --file shop-production/compose.yaml exec orders psql --username=app --dbname=orders'"
    );
}

// --- what runs on the server -------------------------------------------------------------------------------------------

/// A folder with the real script and file, and programs that only write down how they were called.
struct Server {
    root: PathBuf,
}

impl Server {
    fn new(name: &str) -> Server {
        let root = std::env::temp_dir().join(format!("deployc-compose-{}-{name}", std::process::id()));
        let folder = root.join("shop-production");
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        let artifacts = shop(SHOP);
        executable(&folder.join("server.sh"), &render::text(file(&artifacts, "deploy/compose/server.sh")));
        fs::write(folder.join("compose.yaml"), render::text(file(&artifacts, "compose.production.yaml"))).unwrap();
        let docker = "#!/usr/bin/env bash\necho \"${IMAGE_API:-} docker $*\" >>\"$ROOT/log\"\n[[ $1 != ps ]] || cat \"$ROOT/containers\" 2>/dev/null\n[[ $1 != inspect ]] || cat \"$ROOT/state\"\n[[ ! -e $ROOT/broken ]]\n";
        executable(&root.join("bin/docker"), docker);
        let crontab = "#!/usr/bin/env bash\nif [[ $1 == -l ]]; then cat \"$ROOT/crontab\"; else cat >\"$ROOT/new\"; mv \"$ROOT/new\" \"$ROOT/crontab\"; fi\n";
        executable(&root.join("bin/crontab"), crontab);
        Server { root }
    }

    fn run(&self, words: &[&str], input: &str) -> Output {
        let path = format!("{}:{}", self.root.join("bin").display(), std::env::var("PATH").unwrap());
        let mut child = Command::new(self.root.join("shop-production/server.sh"))
            .args(words)
            .env("PATH", path)
            .env("ROOT", &self.root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn ok(&self, words: &[&str]) -> String {
        let output = self.run(words, "");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn image(digit: char) -> String {
    format!("ghcr.io/acme/shop/api@sha256:{}", digit.to_string().repeat(64))
}

#[test]
fn the_server_remembers_what_was_released() {
    let server = Server::new("history");
    let (a, b, c) = (image('a'), image('b'), image('c'));
    server.ok(&["start", "service", "api", &a, "60"]);
    assert_eq!(server.ok(&["previous", "api", &a]), "", "nothing was before the first");
    server.ok(&["start", "service", "api", &b, "60"]);
    server.ok(&["start", "service", "api", &b, "60"]);
    assert_eq!(server.read("shop-production/history/api").lines().count(), 2, "a repeated step changes nothing");
    assert_eq!(server.ok(&["previous", "api", &b]), a);
    assert_eq!(server.ok(&["previous", "api", &c]), b, "what never started is not what serves");
    assert_eq!(server.ok(&["previous", "api"]), a);
    assert!(server.read("shop-production/.env").contains(&format!("IMAGE_API='{b}'")));
    assert!(
        server.read("shop-production/.env").contains("IMAGE_BILLING='not-released'"),
        "Compose reads the whole file"
    );
    server.ok(&["revert", "service", "api", &a, "60"]);
    assert_eq!(server.ok(&["previous", "api"]), "", "what was taken back is never gone back to");
    assert!(server.read("shop-production/.env").contains(&format!("IMAGE_API='{a}'")));
    assert!(
        server
            .read("log")
            .lines()
            .last()
            .unwrap()
            .ends_with("up --detach --wait --wait-timeout 60 --remove-orphans api")
    );
    assert_eq!(server.ok(&["find", "api", "sha256:aaaa"]), a);
    assert_eq!(server.ok(&["find", "api", &c]), "");
}

#[test]
fn a_release_stops_where_the_container_does_not_come_up() {
    let server = Server::new("broken");
    server.ok(&["start", "service", "api", &image('a'), "60"]);
    fs::write(server.root.join("broken"), "").unwrap();
    let output = server.run(&["start", "service", "api", &image('b'), "60"], "");
    assert!(!output.status.success());
    assert_eq!(server.read("shop-production/history/api").lines().count(), 2, "so that a rollback knows both");
}

#[test]
fn nothing_starts_without_its_secrets() {
    let server = Server::new("needs");
    let output = server.run(&["start", "service", "api", &image('a'), "60", "SECRET_STRIPE"], "");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("SECRET_STRIPE"));
    assert_eq!(server.read("log"), "", "no container was touched");
    // base64 of a'b"c $HOME and a second line.
    let put = server.run(&["put", "SECRET_STRIPE"], "YSdiImMgJEhPTUUKc2Vjb25k\n");
    assert!(put.status.success());
    server.ok(&["start", "service", "api", &image('a'), "60", "SECRET_STRIPE"]);
    assert!(server.read("shop-production/.env").contains("SECRET_STRIPE='a\\'b\"c $HOME\nsecond'"));
    let refused = server.run(&["put", "SECRET_STRIPE"], "YVw=\n");
    assert!(!refused.status.success(), "a backslash at the end cannot be held");
    assert!(!server.run(&["put", "../etc"], "YQ==").status.success());
}

#[test]
fn a_password_is_made_once() {
    let server = Server::new("make");
    server.ok(&["make", "RESOURCE_ORDERS_PASSWORD"]);
    let first = server.read("shop-production/variables/RESOURCE_ORDERS_PASSWORD");
    server.ok(&["make", "RESOURCE_ORDERS_PASSWORD"]);
    assert_eq!(server.read("shop-production/variables/RESOURCE_ORDERS_PASSWORD"), first);
    assert!(
        first.len() > 30 && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
        "{first}"
    );
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(server.root.join("shop-production/variables/RESOURCE_ORDERS_PASSWORD")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o077, 0, "nobody else reads it");
}

#[test]
fn a_job_runs_the_new_image_before_any_service_has_it() {
    let server = Server::new("job");
    server.ok(&["start", "service", "api", &image('a'), "60"]);
    server.ok(&["job", "api-schema", "api", &image('b')]);
    let last = server.read("log").lines().last().unwrap().to_owned();
    assert_eq!(last, format!("{} docker compose --profile jobs run --rm --no-TTY api-schema", image('b')));
    assert!(server.read("shop-production/.env").contains(&format!("IMAGE_API='{}'", image('a'))));
}

#[test]
fn a_cron_has_one_line_and_does_what_it_says() {
    let server = Server::new("cron");
    fs::write(server.root.join("crontab"), "5 5 * * * mine\n").unwrap();
    server.ok(&["schedule", "report", "0 3 * * *", "forbid", "1800", "2"]);
    server.ok(&["schedule", "report", "0 4 * * *", "forbid", "1800", "2"]);
    let crontab = server.read("crontab");
    assert_eq!(crontab.lines().count(), 2, "{crontab}");
    assert!(crontab.starts_with("5 5 * * * mine\n0 4 * * * "), "{crontab}");
    assert!(
        crontab.contains("server.sh run report forbid 1800 2 2>&1 | logger -t shop-production-report"),
        "{crontab}"
    );
    fs::write(server.root.join("broken"), "").unwrap();
    assert!(!server.run(&["run", "report", "forbid", "1800", "2"], "").status.success());
    assert_eq!(server.read("log").lines().count(), 2, "as many tries as declared");
    server.ok(&["unschedule", "report"]);
    assert_eq!(server.read("crontab"), "5 5 * * * mine\n");
}

#[test]
fn what_runs_is_told_from_the_containers() {
    let server = Server::new("running");
    assert_eq!(server.ok(&["running", "service", "api"]), "");
    fs::write(server.root.join("containers"), "one\n").unwrap();
    fs::write(server.root.join("state"), format!("{} running healthy\n", image('a'))).unwrap();
    server.ok(&["ready", "service", "api", &image('a')]);
    assert!(!server.run(&["ready", "service", "api", &image('b')], "").status.success());
    fs::write(server.root.join("state"), format!("{}\n", image('a'))).unwrap();
    assert_eq!(server.ok(&["running", "service", "api"]), image('a'));
    fs::write(server.root.join("state"), format!("{}\n{}\n", image('a'), image('b'))).unwrap();
    assert_eq!(server.ok(&["running", "service", "api"]), "", "two at a time are none that is known");
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
