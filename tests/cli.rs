//! The commands as a user runs them: exit codes, streams, options, and what lands in the tree.

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
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

const HELLO: &str = r#"edition "2026"
app "hello" { repo "github.com/acme/hello" }
service "api" { source "."; runtime "python@3.13"; command start="uvicorn main:app --host 0.0.0.0 --port 8000"; http port=8000 { health "/healthz" } }
environment "production" { host "cloud-run" region="europe-west1" project="acme-prod" }
"#;

fn project(deploy: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("deploy.kdl"), deploy).unwrap();
    fs::write(folder.path().join("main.py"), "app = None\n").unwrap();
    fs::write(folder.path().join("requirements.txt"), "uvicorn==0.30.0\n").unwrap();
    folder
}

fn run(folder: &Path, words: &[&str]) -> Output {
    Command::cargo_bin("deployc").unwrap().current_dir(folder).env_remove("NO_COLOR").args(words).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn check_is_fine_with_a_good_file() {
    let folder = project(HELLO);
    let output = run(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(err(&output).contains("deploy.kdl is fine"));
    assert_eq!(out(&output), "");
}

#[test]
fn check_tells_a_wrong_word_with_the_nearest_and_mends_it() {
    let folder = project(&HELLO.replace("service \"api\"", "servce \"api\""));
    let output = run(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("did you mean `service`?"), "{}", err(&output));
    let fixed = run(folder.path(), &["check", "--fix"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", err(&fixed));
    assert_eq!(fs::read_to_string(folder.path().join("deploy.kdl")).unwrap(), HELLO);
}

#[test]
fn json_is_one_object_on_stdout() {
    let folder = project(&HELLO.replace("port=8000", "prot=8000"));
    let output = run(folder.path(), &["check", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let value: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(value["version"], 1);
    let first = &value["diagnostics"][0];
    assert_eq!(first["code"], "name/unknown-property");
    assert_eq!((first["file"].as_str(), first["line"].as_u64()), (Some("deploy.kdl"), Some(3)));
}

#[test]
fn wrong_usage_and_missing_files_have_their_exit_codes() {
    let folder = project(HELLO);
    assert_eq!(run(folder.path(), &["biuld"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["check", "--today", "yesterday"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["explain", "name/unusd"]).status.code(), Some(2));
    let empty = TempDir::new().unwrap();
    assert_eq!(run(empty.path(), &["check"]).status.code(), Some(3));
}

#[test]
fn the_project_is_found_from_below() {
    let folder = project(HELLO);
    let below = folder.path().join("src/inner");
    fs::create_dir_all(&below).unwrap();
    assert_eq!(run(&below, &["check"]).status.code(), Some(0));
}

#[test]
fn a_second_build_writes_nothing_and_an_edit_is_kept() {
    let folder = project(HELLO);
    let first = run(folder.path(), &["build"]);
    assert_eq!(first.status.code(), Some(0), "{}", err(&first));
    let path = folder.path().join("Dockerfile");
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let second = run(folder.path(), &["build"]);
    assert!(err(&second).contains("all as they were, nothing written"), "{}", err(&second));
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    assert_eq!(run(folder.path(), &["build", "--check"]).status.code(), Some(0));

    fs::write(&path, "FROM scratch\n").unwrap();
    let third = run(folder.path(), &["build"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "FROM scratch\n");
    // It no longer says that deployc made it, so that it is the user's own Dockerfile.
    assert_eq!(third.status.code(), Some(0), "{}", err(&third));
    assert!(err(&third).contains("left in place, and yours from now on"), "{}", err(&third));

    let ci = folder.path().join(".github/workflows/ci.yml");
    let edited = fs::read_to_string(&ci).unwrap() + "# mine\n";
    fs::write(&ci, &edited).unwrap();
    let fourth = run(folder.path(), &["build"]);
    assert_eq!(fourth.status.code(), Some(1));
    assert!(err(&fourth).contains("output/edited"), "{}", err(&fourth));
    assert_eq!(fs::read_to_string(&ci).unwrap(), edited);
}

#[test]
fn why_answers_for_a_line_and_refuses_what_is_not_as_built() {
    let folder = project(HELLO);
    run(folder.path(), &["build"]);
    let text = fs::read_to_string(folder.path().join("Dockerfile")).unwrap();
    let line = text.lines().position(|line| line.starts_with("EXPOSE")).unwrap() + 1;
    let output = run(folder.path(), &["why", &format!("Dockerfile:{line}")]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("deploy.kdl:3"), "{}", out(&output));
    fs::write(folder.path().join("Dockerfile"), text + "# mine\n").unwrap();
    assert_eq!(run(folder.path(), &["why", "Dockerfile"]).status.code(), Some(1));
    assert_eq!(run(folder.path(), &["why", "Dockerfle"]).status.code(), Some(1));
}

#[test]
fn every_command_has_help() {
    let folder = project(HELLO);
    for command in ["build", "check", "fmt", "why", "explain", "graph", "std", "syntax", "clean", "completions"] {
        let output = run(folder.path(), &[command, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(out(&output).contains("Usage:"), "{command}");
    }
}

#[test]
fn fmt_is_idempotent_and_check_only_tells() {
    let folder = project(&HELLO.replace("; ", ";   "));
    let told = run(folder.path(), &["fmt", "--check"]);
    assert_eq!((told.status.code(), out(&told).as_str()), (Some(1), "deploy.kdl\n"));
    assert_eq!(run(folder.path(), &["fmt"]).status.code(), Some(0));
    assert_eq!(run(folder.path(), &["fmt", "--check"]).status.code(), Some(0));
}

#[test]
fn what_points_at_a_misspelt_value_is_not_told() {
    let strategy = "strategy \"careful\" kind=\"canry\" { step weight=\"100%\"; rollback within=\"10m\" { when \"error_rate > 2% for 5m\" } }\n";
    let folder =
        project(&(HELLO.replace("project=\"acme-prod\"", "project=\"acme-prod\"; strategy \"careful\"") + strategy));
    let output = run(folder.path(), &["check", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    let codes: Vec<&str> =
        value["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["type/unknown-enum"]);
}

/// The report at the end of a build, without the time.
fn report(output: &Output) -> String {
    let text = err(output);
    let (head, tail) = text.trim_end().rsplit_once(", ").unwrap();
    assert!(tail.trim_end_matches(" ms").parse::<u32>().is_ok(), "{text}");
    head.to_owned()
}

#[test]
fn a_build_ends_with_a_report() {
    let folder = project(HELLO);
    let assumed = "\
assumed, because nothing says otherwise:
  environment production is released on every push to `main`, being the only lasting environment (to decide: `trigger manual=#true`)
  service api runs with the standard library's size for its role (to decide: `size cpu=\"500m\" memory=\"512MiB\"`)
  app hello is judged by the posture `standard` (to decide: `posture \"enhanced\"`)
  app hello handles no data above the class `internal` (to decide: `data \"confidential\"`)
  app hello has its pipeline where its repository is (to decide: `pipeline \"github\"`)
  app hello is measured by Prometheus (to decide: `observe { metrics \"prometheus\" url=\"…\" }`)
  app hello is shown by Grafana (to decide: `observe { dashboards \"grafana\" url=\"…\" }`)
  app hello sends its alerts to nobody (to decide: `observe { route \"page\" to=\"…\" key=\"${secret.…}\" }`)
  images are kept in the registry of Google Cloud Run, which runs `production` (to decide: `pipeline \"github\" { artifact registry=\"…\" }`)
  service api runs as one instance (to decide: `scale min=2 max=4`)
  service api is replaced step by step, as its platform does without a strategy (to decide: `strategy \"…\"`)
  service api exports the metrics of its kind by OTLP (to decide: `metrics port=9090`)
";
    let preview = report(&run(folder.path(), &["build", "--dry-run"]));
    assert!(preview.ends_with(" would change, nothing written"), "{preview}");
    assert!(!folder.path().join("ops").exists());

    let first = report(&run(folder.path(), &["build"]));
    assert!(first.starts_with("ci-cd (9 files)\n  .github/workflows/ci.yml "), "{first}");
    assert!(first.contains(assumed), "{first}");
    let files = first.lines().filter(|line| line.ends_with(" created")).count();
    assert!(first.ends_with(&format!("{files} files: {files} changed")), "{first}");

    let second = report(&run(folder.path(), &["build"]));
    assert!(second.starts_with("ci-cd (9 files)\niac ("), "{second}");
    assert!(second.contains(assumed), "{second}");
    assert!(second.ends_with(&format!("{files} files: all as they were, nothing written")), "{second}");

    fs::remove_file(folder.path().join("deploy/deployc.lock")).unwrap();
    let third = report(&run(folder.path(), &["build"]));
    assert!(third.ends_with("all as they were, deploy/deployc.lock created"), "{third}");

    let quiet = run(folder.path(), &["build", "-q", "--force"]);
    assert_eq!((out(&quiet), err(&quiet), quiet.status.code()), (String::new(), String::new(), Some(0)));
}

#[test]
fn what_is_declared_is_no_assumption() {
    let text = HELLO
        .replace("app \"hello\" {", "app \"hello\" { posture \"standard\"; data \"public\";")
        .replace("http port", "size cpu=\"1\" memory=\"512MiB\"; scale min=1 max=2; http port")
        .replace("python@3.13\"", "python@3.13\" manager=\"pip\"")
        .replace("environment \"production\" {", "environment \"production\" { trigger push=\"main\";")
        + "pipeline \"github\" { artifact registry=\"europe-west1-docker.pkg.dev/acme-prod/hello\" }\n";
    let folder = project(&text);
    let told = report(&run(folder.path(), &["build"]));
    let assumed: Vec<&str> =
        told.lines().filter_map(|line| line.split_once(" (to decide")).map(|(line, _)| line.trim()).collect();
    assert_eq!(
        assumed,
        [
            "app hello is measured by Prometheus",
            "app hello is shown by Grafana",
            "app hello sends its alerts to nobody",
            "service api is replaced step by step, as its platform does without a strategy",
            "service api exports the metrics of its kind by OTLP",
        ]
    );
}

#[test]
fn of_several_services_the_report_speaks_as_of_several() {
    let text = HELLO.to_owned()
        + "service \"web\" { image \"ghcr.io/acme/web:1.2\"; http port=3000 { health \"/\" } }\n\
           service \"mail\" { image \"ghcr.io/acme/mail:1.2\" }\n";
    let told = report(&run(project(&text).path(), &["build"]));
    for line in [
        "  services api, web, mail run as one instance each (",
        "  services api, web are replaced step by step, as their platform does without a strategy (",
        "  service mail is replaced step by step, as its platform does: a strategy is for what takes traffic",
        "  services api, web, mail export the metrics of their kinds by OTLP (",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
}

#[test]
fn a_developers_own_machine_is_no_place_of_releases() {
    let text = HELLO.replace("host \"cloud-run\" region=\"europe-west1\" project=\"acme-prod\"", "host \"compose\"");
    assert!(text.contains("compose"), "{text}");
    let folder = project(&text);
    let told = report(&run(folder.path(), &["build"]));
    for word in ["released", "registry", "Prometheus", "alerts"] {
        assert!(!told.lines().any(|line| line.contains("(to decide") && line.contains(word)), "{word}: {told}");
    }
}

#[cfg(unix)]
#[test]
fn one_obstacle_is_told_once() {
    let folder = project(HELLO);
    let elsewhere = TempDir::new().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("docs")).unwrap();
    let told = run(folder.path(), &["build"]);
    assert_eq!(told.status.code(), Some(1));
    assert_eq!(err(&told).matches("error[output/foreign]").count(), 1, "{}", err(&told));
    assert!(err(&told).contains("the link `docs` leaves the project"), "{}", err(&told));
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);

    fs::remove_file(folder.path().join("docs")).unwrap();
    fs::write(folder.path().join("docs"), "mine\n").unwrap();
    let told = run(folder.path(), &["build"]);
    assert_eq!(err(&told).matches("error[output/foreign]").count(), 1, "{}", err(&told));
    assert_eq!(fs::read_to_string(folder.path().join("docs")).unwrap(), "mine\n");

    let told = run(folder.path(), &["build", "--out", "main.py"]);
    assert_eq!(
        (told.status.code(), err(&told).as_str()),
        (Some(3), "deployc: main.py is not a folder: files are written below it\n")
    );
}
