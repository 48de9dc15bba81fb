//! What runs on a Compose server, and what `ops/` tells it by SSH: the real scripts, with programs that only take notes.

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

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use deployc::artifact::Artifact;
use deployc::loader::Memory;
use deployc::render;

const SHOP: &str = include_str!("compose/shop.kdl");

/// One at a time: a program cannot be started while another thread's child still holds it open for writing.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shop() -> Vec<Artifact> {
    let loader = Memory::new()
        .with("deploy.kdl", SHOP.as_bytes())
        .with("apps/api/package.json", "{}")
        .with("apps/api/package-lock.json", "{}")
        .with("ops/api.conf", "x");
    deployc::check(&loader, "deploy.kdl", None).unwrap().build().unwrap()
}

fn text(artifacts: &[Artifact], path: &str) -> String {
    render::text(artifacts.iter().find(|one| one.path == path).unwrap_or_else(|| panic!("no {path}")))
}

/// A folder with the real script and file, and programs that only write down how they were called.
struct Server {
    root: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Server {
    fn new(name: &str) -> Server {
        let turn = turn();
        let root = std::env::temp_dir().join(format!("deployc-compose-{}-{name}", std::process::id()));
        let folder = root.join("shop-production");
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        let artifacts = shop();
        executable(&folder.join("server.sh"), &text(&artifacts, "deploy/compose/server.sh"));
        fs::write(folder.join("compose.yaml"), text(&artifacts, "compose.production.yaml")).unwrap();
        let docker = "#!/usr/bin/env bash\necho \"${IMAGE_API:-} docker $*\" >>\"$ROOT/log\"\n[[ $1 != ps ]] || cat \"$ROOT/containers\" 2>/dev/null\n[[ $1 != inspect ]] || cat \"$ROOT/state\"\n[[ $* != *\" exec \"* ]] || cat \"$ROOT/data\" 2>/dev/null || true\n[[ ! -e $ROOT/broken ]]\n";
        executable(&root.join("bin/docker"), docker);
        let crontab = "#!/usr/bin/env bash\nif [[ $1 == -l ]]; then cat \"$ROOT/crontab\"; else cat >\"$ROOT/new\"; mv \"$ROOT/new\" \"$ROOT/crontab\"; fi\n";
        executable(&root.join("bin/crontab"), crontab);
        Server { root, _turn: turn }
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
    server.ok(&["start", "service", "api", &a, "60", "-"]);
    assert_eq!(server.ok(&["previous", "api", &a]), "", "nothing was before the first");
    server.ok(&["start", "service", "api", &b, "60", "-"]);
    server.ok(&["start", "service", "api", &b, "60", "-"]);
    assert_eq!(server.read("shop-production/history/api").lines().count(), 2, "a repeated step changes nothing");
    assert_eq!(server.ok(&["previous", "api", &b]), a);
    assert_eq!(server.ok(&["previous", "api", &c]), b, "what never started is not what serves");
    assert_eq!(server.ok(&["previous", "api"]), a);
    assert!(server.read("shop-production/.env").contains(&format!("IMAGE_API='{b}'")));
    assert!(
        server.read("shop-production/.env").contains("IMAGE_BILLING='not-released'"),
        "Compose reads the whole file"
    );
    server.ok(&["revert", "service", "api", &a, "60", "-"]);
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
    server.ok(&["start", "service", "api", &image('a'), "60", "-"]);
    fs::write(server.root.join("broken"), "").unwrap();
    let output = server.run(&["start", "service", "api", &image('b'), "60", "-"], "");
    assert!(!output.status.success());
    assert_eq!(server.read("shop-production/history/api").lines().count(), 2, "so that a rollback knows both");
}

#[test]
fn nothing_starts_without_its_secrets() {
    let server = Server::new("needs");
    let output = server.run(&["start", "service", "api", &image('a'), "60", "-", "SECRET_STRIPE"], "");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("SECRET_STRIPE"));
    assert_eq!(server.read("log"), "", "no container was touched");
    // base64 of a'b"c $HOME and a second line.
    let put = server.run(&["put", "SECRET_STRIPE"], "YSdiImMgJEhPTUUKc2Vjb25k\n");
    assert!(put.status.success());
    server.ok(&["start", "service", "api", &image('a'), "60", "-", "SECRET_STRIPE"]);
    fs::write(server.root.join("shop-production/variables/OTHER"), "new\n").unwrap();
    server.ok(&["restart", "api"]);
    assert!(server.read("shop-production/.env").contains("OTHER='new'"), "what was put there is read");
    assert!(server.read("log").lines().last().unwrap().contains("--force-recreate --no-deps api"));
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
    let mode = fs::metadata(server.root.join("shop-production/variables/RESOURCE_ORDERS_PASSWORD")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o077, 0, "nobody else reads it");
}

#[test]
fn a_job_runs_the_new_image_before_any_service_has_it() {
    let server = Server::new("job");
    server.ok(&["start", "service", "api", &image('a'), "60", "-"]);
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
fn a_backup_is_whole_or_not_at_all() {
    let server = Server::new("backup");
    fs::write(server.root.join("crontab"), "5 5 * * * mine\n").unwrap();
    let command = "pg_dump --format=custom 'a%b' \"$X\"";
    server.ok(&["keep", "orders", "0 2 * * *", "30", command]);
    server.ok(&["keep", "orders", "0 */6 * * *", "30", command]);
    let crontab = server.read("crontab");
    assert!(crontab.starts_with("5 5 * * * mine\n0 */6 * * * "), "{crontab}");
    assert!(crontab.lines().count() == 2 && crontab.contains("server.sh backup orders 30 2>&1 | logger"), "{crontab}");
    assert!(!crontab.contains('%'), "a crontab reads a percent sign as the end of the line");
    let kept = || -> Vec<String> {
        let files = fs::read_dir(server.root.join("shop-production/backups/orders")).unwrap();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    };
    assert!(!server.run(&["backup", "orders", "30"], "").status.success(), "an empty backup is none");
    assert_eq!(kept(), Vec::<String>::new());
    fs::write(server.root.join("data"), "all of it").unwrap();
    server.ok(&["backup", "orders", "30"]);
    assert_eq!(kept(), ["all of it"]);
    assert!(server.read("log").lines().last().unwrap().ends_with(&format!("exec --no-TTY orders sh -c {command}")));
    let old = server.root.join("shop-production/backups/orders/20200101T000000Z");
    fs::write(&old, "old").unwrap();
    let touch = Command::new("touch").args(["-d", "40 days ago"]).arg(&old).status().unwrap();
    assert!(touch.success());
    std::thread::sleep(std::time::Duration::from_millis(1100));
    server.ok(&["backup", "orders", "30"]);
    assert!(!old.exists() && kept().len() == 2, "what is past its time goes");
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

// --- from the pipeline to the server -----------------------------------------------------------------------------------

/// A checkout with the scripts, a server behind `ssh`, and containers that are lines of a file.
struct Pipeline {
    root: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

const SSH: &str = r#"#!/usr/bin/env bash
while [[ $1 == -o ]]; do shift 2; done
[[ $1 == ops@shop.example ]] || exit 255
shift
cd "$ROOT/home"
exec sh -c "$*"
"#;
const DOCKER: &str = r#"#!/usr/bin/env bash
echo "$*" >>"$ROOT/log"
case "$*" in
  'compose version --short') echo 2.40.0 ;;
  *' up '*)
    service=${*: -1}
    image=$(sed -n "s/^IMAGE_${service^^}='\(.*\)'$/\1/p" .env)
    printf '%s' "$image" >"$ROOT/container-$service"
    [[ ! -e $ROOT/broken-${image: -1} ]] || exit 1
    ;;
  *' run '*) echo "${IMAGE_API: -1} runs ${*: -1}" >>"$ROOT/jobs" ;;
  ps*)
    all=$*
    service=${all#*compose.service=}
    service=${service%% *}
    [[ ! -e $ROOT/container-$service ]] || echo "$service"
    ;;
  inspect*Health*) echo "$(cat "$ROOT/container-${*: -1}") running healthy" ;;
  inspect*) cat "$ROOT/container-${*: -1}" ; echo ;;
esac
"#;

impl Pipeline {
    fn new(name: &str) -> Pipeline {
        let turn = turn();
        let root = std::env::temp_dir().join(format!("deployc-pipeline-{}-{name}", std::process::id()));
        for folder in ["bin", "home", "checkout"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for artifact in shop() {
            let path = root.join("checkout").join(&artifact.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            executable(&path, &render::text(&artifact));
        }
        fs::write(root.join("checkout/ops/api.conf"), "x").unwrap();
        executable(&root.join("bin/ssh"), SSH);
        executable(&root.join("bin/docker"), DOCKER);
        executable(&root.join("bin/curl"), "#!/bin/sh\necho 200\n");
        executable(&root.join("bin/sleep"), "#!/bin/sh\n");
        executable(&root.join("bin/crontab"), "#!/bin/sh\n[ \"$1\" = -l ] || cat >\"$ROOT/crontab\"\n");
        Pipeline { root, _turn: turn }
    }

    fn run(&self, script: &str, words: &[&str], env: &[(&str, &str)]) -> Output {
        let path = format!("{}:{}", self.root.join("bin").display(), std::env::var("PATH").unwrap());
        Command::new("bash")
            .arg(self.root.join("checkout").join(script))
            .args(words)
            .env("PATH", path)
            .env("ROOT", &self.root)
            .env("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_default()
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_release_goes_all_the_way_and_a_broken_one_comes_back_by_itself() {
    let pipeline = Pipeline::new("release");
    let secret = [("SECRET_STRIPE", "it's $5 \"or\" more")];
    let deploy = |image: &str| pipeline.run("ops/deploy.sh", &["production", "api", image], &secret);
    let first = deploy(&image('a'));
    assert!(first.status.success(), "{}", told(&first));
    let env = pipeline.read("home/shop-production/.env");
    assert!(env.contains("SECRET_STRIPE='it\\'s $5 \"or\" more'"), "{env}");
    assert!(env.contains("RELEASE_VERSION_API='0123456789abcdef0123456789abcdef01234567'"), "{env}");
    assert!(env.contains("RESOURCE_ORDERS_PASSWORD='"), "{env}");
    assert_eq!(pipeline.read("home/shop-production/ops/api.conf"), "x", "what containers mount was sent along");
    assert_eq!(pipeline.read("jobs"), "a runs api-schema\n", "the migration ran with the new image");
    let second = deploy(&image('b'));
    assert!(second.status.success(), "{}", told(&second));
    assert!(pipeline.read("container-api").ends_with('b'));
    fs::write(pipeline.root.join("broken-c"), "").unwrap();
    let third = deploy(&image('c'));
    assert!(!third.status.success(), "a release that does not come up is red");
    assert!(pipeline.read("container-api").ends_with('b'), "{}", told(&third));
    let digest = pipeline.run("ops/verify.sh", &["--digest", "production", "api"], &[]);
    assert_eq!(String::from_utf8_lossy(&digest.stdout).trim_end(), image('b').split_once('@').unwrap().1);
    let back = pipeline.run("ops/rollback.sh", &["production", "api"], &[]);
    assert!(back.status.success(), "{}", told(&back));
    assert!(pipeline.read("container-api").ends_with('a'));
}

#[test]
fn a_dry_run_changes_nothing() {
    let pipeline = Pipeline::new("dry");
    let output = pipeline.run("ops/deploy.sh", &["--dry-run", "production", "api", &image('a')], &[]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(!pipeline.root.join("home/shop-production").exists(), "{}", told(&output));
    assert!(told(&output).contains("copy to ops@shop.example:shop-production"), "{}", told(&output));
}

#[test]
fn a_cron_is_scheduled_by_its_release() {
    let pipeline = Pipeline::new("cron");
    let output = pipeline.run("ops/deploy.sh", &["production", "report", &image('a')], &[("SECRET_STRIPE", "x")]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(pipeline.read("crontab").starts_with("0 3 * * * "), "{}", told(&output));
    assert!(!pipeline.root.join("container-report").exists(), "it runs when it is due, not now");
}
