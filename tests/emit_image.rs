//! Dockerfiles and ignore files, from the recipes of the standard library.

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

use deployc::loader::Memory;

fn built(deploy: &str, files: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut loader = Memory::new().with("deploy.kdl", deploy.as_bytes());
    for (path, text) in files {
        loader = loader.with(*path, text.as_bytes());
    }
    let mut compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let artifacts = compilation.build().unwrap_or_else(|| panic!("{:?}", compilation.diagnostics));
    artifacts.iter().map(|one| (one.path.clone(), deployc::render::text(one))).collect()
}

fn file<'a>(files: &'a [(String, String)], path: &str) -> &'a str {
    &files.iter().find(|(known, _)| known == path).unwrap_or_else(|| panic!("no {path}")).1
}

const BASE: &str = r#"edition "2026"
app "hello" { repo "github.com/acme/hello" }
service "api" { source "apps/api"; runtime "RUNTIME"; http port=8000 { health "/healthz" } }
environment "production" { host "cloud-run" region="europe-west1" project="acme-prod" }
"#;

#[test]
fn python_with_requirements() {
    let deploy = BASE.replace("RUNTIME", "python@3.13");
    let files = built(&deploy, &[("apps/api/requirements.txt", "fastapi==1\nuvicorn==1\n"), ("apps/api/main.py", "")]);
    let dockerfile = file(&files, "apps/api/Dockerfile");
    for line in [
        "FROM python:3.13.15-slim-trixie AS build",
        "ENV PATH=\"/venv/bin:${PATH}\"",
        "USER 10001",
        "EXPOSE 8000",
        "CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"8000\"]",
    ] {
        assert!(dockerfile.lines().any(|known| known == line), "{line}\n{dockerfile}");
    }
    assert!(file(&files, "apps/api/.dockerignore").lines().any(|line| line == ".env"));
}

#[test]
fn a_lock_file_above_makes_its_folder_the_context() {
    let deploy = BASE.replace("RUNTIME", "node@22");
    let manifest = r#"{"name":"@acme/api","scripts":{"build":"tsc","start":"node dist/main.js"}}"#;
    let files = built(&deploy, &[("apps/api/package.json", manifest), ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n")]);
    assert!(files.iter().any(|(path, _)| path == "apps/api/Dockerfile.dockerignore"));
    assert!(file(&files, "apps/api/Dockerfile").contains("pnpm"));
    assert!(file(&files, "apps/api/Dockerfile.dockerignore").lines().any(|line| line == "**/.env"));
}

#[test]
fn a_dockerfile_that_is_there_is_never_ours() {
    let deploy = BASE.replace("RUNTIME", "python@3.13");
    let files = built(&deploy, &[("apps/api/Dockerfile", "FROM scratch\n"), ("apps/api/main.py", "")]);
    assert!(files.iter().all(|(path, _)| !path.ends_with("Dockerfile") && !path.ends_with(".dockerignore")));
}

#[test]
fn every_runtime_has_a_recipe_without_holes() {
    for (runtime, lock, manifest) in [
        ("node@22", "package-lock.json", "package.json"),
        ("node@22", "yarn.lock", "package.json"),
        ("node@22", "bun.lock", "package.json"),
        ("python@3.12", "uv.lock", "pyproject.toml"),
        ("python@3.12", "poetry.lock", "pyproject.toml"),
        ("go@1.26", "go.sum", "go.mod"),
        ("rust", "Cargo.lock", "Cargo.toml"),
        ("java", "gradle.lockfile", "build.gradle"),
        ("java", "pom.xml", "pom.xml"),
        ("dotnet", "packages.lock.json", "api.csproj"),
    ] {
        let deploy = BASE.replace("RUNTIME", runtime).replace("http port", "command start=\"./run\"; http port");
        let (lock_path, manifest_path) = (format!("apps/api/{lock}"), format!("apps/api/{manifest}"));
        let files = built(&deploy, &[(&lock_path, ""), (&manifest_path, "{}")]);
        let dockerfile = file(&files, "apps/api/Dockerfile");
        for line in dockerfile.lines().filter(|line| !line.starts_with('#') && !line.starts_with("HEALTHCHECK")) {
            let hole = line.match_indices('{').any(|(at, _)| {
                let before = at.checked_sub(1).map(|before| line.as_bytes()[before]);
                before != Some(b'$') && line.as_bytes().get(at + 1).is_some_and(u8::is_ascii_alphabetic)
            });
            assert!(!hole, "{runtime} with {lock}: {line}");
        }
    }
}

const NODE: [(&str, &str); 2] = [
    ("apps/api/package.json", r#"{"name":"api","scripts":{"build":"tsc"},"dependencies":{"express":"5.1.0"}}"#),
    ("apps/api/package-lock.json", "{}"),
];

#[test]
fn times_of_the_health_check_are_one_number_with_one_unit() {
    let deploy = BASE
        .replace("RUNTIME", "node@22")
        .replace("health \"/healthz\"", "health \"/healthz\" grace=\"1m10s\" interval=\"1500ms\" timeout=\"1s\"");
    let files = built(&deploy, &NODE);
    let dockerfile = file(&files, "apps/api/Dockerfile");
    assert!(dockerfile.contains("HEALTHCHECK --interval=1500ms --timeout=1s --start-period=70s "), "{dockerfile}");
}

#[test]
fn commands_with_one_cache_are_one_layer_and_keep_to_themselves() {
    let deploy = BASE.replace("RUNTIME", "node@22");
    let files = built(&deploy, &NODE);
    let dockerfile = file(&files, "apps/api/Dockerfile");
    assert!(dockerfile.contains("    npm run build \\\n    && npm prune --omit=dev\n"), "{dockerfile}");
    let deploy = deploy.replace("http port", "command build=\"make a || make b\"; http port");
    let files = built(&deploy, &NODE);
    let dockerfile = file(&files, "apps/api/Dockerfile");
    assert!(dockerfile.contains("    { make a || make b; } \\\n    && npm prune --omit=dev\n"), "{dockerfile}");
}

#[test]
fn a_path_never_becomes_part_of_the_program_that_asks_it() {
    let deploy = BASE.replace("RUNTIME", "node@22").replace("/healthz", "/a'+x+'?q=1&r=$HOME");
    let files = built(&deploy, &NODE);
    let dockerfile = file(&files, "apps/api/Dockerfile");
    assert!(dockerfile.contains("fetch('http://127.0.0.1:8000/a%27+x+%27?q=1&r=%24HOME')"), "{dockerfile}");
}
