//! Cloud Run: services, worker pools and jobs, the scripts that fill and release them, and what must exist before.

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
use deployc::emit::{ops, platform};
use deployc::loader::Memory;
use deployc::plan::Plan;

const SHOP: &str = r#"edition "2026"
app "shop" { repo "github.com/acme/shop" }
service "web" kind="web" {
    source "."; runtime "python@3.13" manager="pip"; command start="python main.py"
    http port=8080 public=#true { health "/healthz" interval="5s" timeout="2s" grace="60s" { header "Host" "shop" }; ready "/ready" }
    size cpu="2" memory="1GiB"
    scale min=1 max=4
    env { API "${service.api.url}"; DSN "${resource.orders.url}"; KEY "${secret.key}"; JOINED "key=${secret.key};v=1"; RELEASE "${release.commit}"; HOSTILE "no: ${environment.name} $${IMAGE} 'x' # y" }
    volume "cache" at="/cache" size="64MiB" keep=#false
    file "/etc/shop/key" value="${secret.key}"
    migrate "schema" for="orders" tool="alembic"
}
service "api" { image "ghcr.io/acme/api:1.2.3"; grpc port=9000 { health } }
service "worker" kind="worker" { image service="web"; args "python" "worker.py"; size cpu="1" memory="512MiB" }
service "report" kind="cron" { image service="web"; args "python" "report.py"; schedule "daily 03:00" timeout="30m" tries=2 }
task "seed" { image service="web"; run "python seed.py && true"; timeout "5m" }
resource "orders" kind="postgres" version="16"
resource "queue" kind="redis"
secret "key" { from "gcp-secret-manager" path="shop-key" project="acme-secrets" }
environment "preview" ephemeral=#true { host "cloud-run" region="europe-west1" project="acme-prod"; trigger pull-request=#true label="preview" }
environment "production" { host "cloud-run" region="europe-west1" project="acme-prod"; trigger push="main"; strategy "careful" }
strategy "careful" kind="canary" {
    step weight="5%" hold="30m"; step weight="100%"
    rollback within="5m" sample=500 { when "error_rate > 2% for 5m" }
    verify "smoke" { get "/healthz" on="web" status=200 within="2s"; run "npm run smoke" in="." }
}
observe { metrics "prometheus" url="https://prometheus.example" }
"#;

fn built(deploy: &str) -> Vec<Artifact> {
    let loader = Memory::new()
        .with("deploy.kdl", deploy.as_bytes())
        .with("requirements.txt", b"alembic==1.16.0\n".as_slice())
        .with("main.py", b"".as_slice());
    let mut compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    compilation
        .build()
        .unwrap_or_else(|| panic!("{:?}", compilation.diagnostics.iter().map(|one| &one.message).collect::<Vec<_>>()))
}

fn file<'a>(files: &'a [Artifact], path: &str) -> &'a Artifact {
    files.iter().find(|known| known.path == path).unwrap_or_else(|| panic!("no {path}"))
}

fn text(files: &[Artifact], path: &str) -> String {
    deployc::render::text(file(files, path))
}

fn at(files: &[Artifact], path: &str, key: &str) -> String {
    let found = file(files, path).find(key).unwrap_or_else(|| panic!("no {key} in\n{}", text(files, path)));
    found
        .tree
        .joined()
        .or_else(|| found.tree.as_int().map(|number| number.to_string()))
        .unwrap_or_else(|| panic!("{key}"))
}

const WEB: &str = "deploy/cloud-run/production/web.yaml";
const CONTAINER: &str = "spec.template.spec.containers[0]";

#[test]
fn a_service_takes_traffic_in_steps() {
    let files = built(SHOP);
    for (key, value) in [
        ("apiVersion", "serving.knative.dev/v1"),
        ("metadata.name", "shop-production-web"),
        ("metadata.annotations.\"run.googleapis.com/ingress\"", "all"),
        ("metadata.annotations.\"run.googleapis.com/minScale\"", "1"),
        ("metadata.annotations.\"run.googleapis.com/maxScale\"", "4"),
        ("spec.template.metadata.name", "shop-production-web-${REVISION}"),
        ("spec.template.metadata.annotations.\"run.googleapis.com/cpu-throttling\"", "false"),
        (
            "spec.template.metadata.annotations.\"run.googleapis.com/cloudsql-instances\"",
            "acme-prod:europe-west1:shop-production-orders",
        ),
        (
            "spec.template.metadata.annotations.\"run.googleapis.com/secrets\"",
            "acme-secrets-shop-key:projects/acme-secrets/secrets/shop-key",
        ),
        ("spec.template.spec.containerConcurrency", "80"),
        ("spec.template.spec.serviceAccountName", "shop-production-web@acme-prod.iam.gserviceaccount.com"),
        ("spec.traffic[0].revisionName", "${SERVING}"),
        ("spec.traffic[0].percent", "100"),
        ("spec.traffic[1].percent", "0"),
        ("spec.traffic[1].tag", "next"),
    ] {
        assert_eq!(at(&files, WEB, key), value, "{key}");
    }
    for (key, value) in [
        ("ports[0].name", "http1"),
        ("ports[0].containerPort", "8080"),
        ("startupProbe.httpGet.path", "/healthz"),
        ("startupProbe.httpGet.httpHeaders[0].value", "shop"),
        ("startupProbe.periodSeconds", "5"),
        ("startupProbe.failureThreshold", "12"),
        ("livenessProbe.timeoutSeconds", "2"),
        ("readinessProbe.httpGet.path", "/ready"),
        ("resources.limits.cpu", "2"),
        ("resources.limits.memory", "1Gi"),
        ("env[name=API].value", "https://shop-production-api-${PROJECT_NUMBER}.europe-west1.run.app"),
        ("env[name=DSN].valueFrom.secretKeyRef.name", "shop-production-orders-url"),
        ("env[name=KEY].valueFrom.secretKeyRef.name", "acme-secrets-shop-key"),
        ("env[name=JOINED_PART_1].valueFrom.secretKeyRef.name", "acme-secrets-shop-key"),
        ("env[name=RELEASE].value", "${RELEASE_COMMIT}"),
        ("env[name=HOSTILE].value", "no: production ${DOLLAR}{IMAGE} 'x' # y"),
        ("volumeMounts[name=cache].mountPath", "/cache"),
        ("volumeMounts[name=file-1].mountPath", "/etc/shop"),
    ] {
        assert_eq!(at(&files, WEB, &format!("{CONTAINER}.{key}")), value, "{key}");
    }
    assert_eq!(at(&files, WEB, "spec.template.spec.volumes[name=cache].emptyDir.sizeLimit"), "64Mi");
    assert_eq!(at(&files, WEB, "spec.template.spec.volumes[name=file-1].secret.items[0].path"), "key");
    // A value joined from texts and secrets is joined when the program starts.
    let command = at(&files, WEB, &format!("{CONTAINER}.command[2]"));
    assert_eq!(command, r#"export JOINED="key=${DOLLAR}{JOINED_PART_1};v=1"; exec /bin/sh -c 'python main.py'"#);
}

#[test]
fn other_forms_have_files_of_their_own() {
    let files = built(SHOP);
    let api = "deploy/cloud-run/production/api.yaml";
    assert_eq!(at(&files, api, "metadata.annotations.\"run.googleapis.com/ingress\""), "internal");
    assert!(file(&files, api).find("metadata.annotations.\"run.googleapis.com/invoker-iam-disabled\"").is_none());
    assert_eq!(at(&files, api, &format!("{CONTAINER}.ports[0].name")), "h2c");
    assert_eq!(at(&files, api, &format!("{CONTAINER}.startupProbe.grpc.port")), "9000");
    // What calls an internal service goes through the network.
    assert_eq!(
        at(&files, WEB, "spec.template.metadata.annotations.\"run.googleapis.com/vpc-access-egress\""),
        "private-ranges-only"
    );
    let worker = "deploy/cloud-run/production/worker.yaml";
    assert_eq!(at(&files, worker, "kind"), "WorkerPool");
    assert_eq!(at(&files, worker, "metadata.annotations.\"run.googleapis.com/manualInstanceCount\""), "1");
    assert_eq!(at(&files, worker, "metadata.labels.\"cloud.googleapis.com/location\""), "europe-west1");
    assert_eq!(at(&files, worker, &format!("{CONTAINER}.args[1]")), "worker.py");
    let task = "spec.template.spec.template.spec";
    let report = "deploy/cloud-run/production/report.yaml";
    assert_eq!(at(&files, report, "kind"), "Job");
    assert_eq!(at(&files, report, &format!("{task}.maxRetries")), "1");
    assert_eq!(at(&files, report, &format!("{task}.timeoutSeconds")), "1800");
    let seed = "deploy/cloud-run/production/seed.yaml";
    // It has the variables of the service whose image it runs, so what is joined there is joined here.
    assert!(
        at(&files, seed, &format!("{task}.containers[0].command[2]"))
            .ends_with("exec /bin/sh -c 'python seed.py && true'")
    );
    let with_args =
        SHOP.replace("kind=\"worker\" {", "kind=\"worker\" { env { DSN \"a`$(id)${secret.key}b${release.commit}\" };");
    let files = built(&with_args);
    let command = at(&files, worker, &format!("{CONTAINER}.command[2]"));
    assert_eq!(command, r#"export DSN="a\`\$(id)${DOLLAR}{DSN_PART_1}b${DOLLAR}{DSN_PART_2}"; exec "$@""#);
    assert_eq!(at(&files, worker, &format!("{CONTAINER}.args[0]")), "python");
    let schema = "deploy/cloud-run/production/web-schema.yaml";
    assert_eq!(at(&files, schema, "metadata.name"), "shop-production-web-schema");
    let command = at(&files, schema, &format!("{task}.containers[0].command[2]"));
    assert!(command.ends_with("exec /bin/sh -c 'alembic upgrade head'"), "{command}");
    assert!(file(&files, schema).find(&format!("{task}.containers[0].startupProbe")).is_none(), "a job has no probes");
}

#[test]
fn previews_carry_the_number_of_their_pull_request() {
    let files = built(SHOP);
    let web = "deploy/cloud-run/preview/web.yaml";
    assert_eq!(at(&files, web, "metadata.name"), "shop-preview-${PULL_REQUEST}-web");
    assert_eq!(at(&files, web, "metadata.labels.pull-request"), "${PULL_REQUEST}");
    assert_eq!(
        at(&files, web, "spec.template.spec.serviceAccountName"),
        "shop-preview-web@acme-prod.iam.gserviceaccount.com"
    );
    assert_eq!(at(&files, web, "spec.traffic[0].percent"), "100", "previews have no strategy");
    let long = SHOP
        .replace("service \"api\"", &format!("service \"{}\"", "a".repeat(60)))
        .replace("service.api.url", &format!("service.{}.url", "a".repeat(60)));
    let files = built(&long);
    let name = at(&files, &format!("deploy/cloud-run/preview/{}.yaml", "a".repeat(60)), "metadata.name");
    assert!(name.len() - "${PULL_REQUEST}".len() + 6 <= 49, "{name}");
}

#[test]
fn a_changed_declaration_changes_its_line_and_no_other() {
    let before = text(&built(SHOP), WEB);
    for (from, to, line) in [
        ("max=4", "max=7", "maxScale: \"7\""),
        ("cpu=\"2\"", "cpu=\"1\"", "cpu: \"1\""),
        ("\"/ready\"", "\"/going\"", "path: /going"),
        ("path=\"shop-key\"", "path=\"other\"", "name: acme-secrets-other"),
        (
            "region=\"europe-west1\" project=\"acme-prod\"; trigger push",
            "region=\"us-east1\" project=\"acme-prod\"; trigger push",
            "us-east1",
        ),
    ] {
        let after = text(&built(&SHOP.replace(from, to)), WEB);
        assert!(after.contains(line), "{line}\n{after}");
        let changed = before.lines().zip(after.lines()).filter(|(one, other)| one != other).count();
        assert!(changed > 0 && changed <= 5, "{from}: {changed}");
    }
    let small =
        text(&built(&SHOP.replace("size cpu=\"2\" memory=\"1GiB\"", "size cpu=\"500m\" memory=\"512MiB\"")), WEB);
    assert!(small.contains("containerConcurrency: 1\n") && small.contains("cpu: 500m"), "{small}");
}

#[test]
fn every_line_of_a_file_has_an_origin_of_its_own() {
    let files = built(SHOP);
    for (key, word) in [
        ("spec.template.metadata.annotations.\"autoscaling.knative.dev/maxScale\"", "4"),
        ("spec.template.spec.containers[0].resources.limits.cpu", "\"2\""),
        ("spec.template.spec.containers[0].readinessProbe.httpGet.path", "\"/ready\""),
        ("spec.template.spec.containers[0].env[name=HOSTILE].value", "no: "),
    ] {
        let place = file(&files, WEB).find(key).unwrap().origin.place;
        let text = &SHOP[place.start as usize..place.end as usize];
        assert!(text.contains(word), "{key}: {text}");
    }
}

#[test]
fn steps_follow_the_strategy() {
    let order = |deploy: &str| {
        let script = text(&built(deploy), "ops/target.sh");
        let arm = script.split("    production/web)").nth(1).unwrap().to_owned();
        let steps = arm.split("target_steps=(").nth(1).unwrap().split("\n      )").next().unwrap().to_owned();
        steps.split_whitespace().collect::<Vec<_>>().join(" ").replace('\'', "")
    };
    assert_eq!(order(SHOP), "migrate start verify shift 5 watch 1800 5 promote verify finish");
    let blue = SHOP
        .replace("kind=\"canary\"", "kind=\"blue-green\"")
        .replace("step weight=\"5%\" hold=\"30m\"; step weight=\"100%\"", "");
    assert_eq!(order(&blue), "migrate start verify promote verify watch 300 100 finish");
    let linear = SHOP
        .replace("kind=\"canary\"", "kind=\"linear\"")
        .replace("weight=\"5%\" hold=\"30m\"; step weight=\"100%\"", "weight=\"40%\" hold=\"30m\"");
    assert_eq!(
        order(&linear),
        "migrate start verify shift 40 watch 1800 40 shift 80 watch 1800 80 promote verify finish"
    );
    let rolling = blue.replace("kind=\"blue-green\"", "kind=\"rolling\"");
    assert_eq!(order(&rolling), "migrate start verify watch 300 100 finish");
    let files = built(&rolling);
    assert_eq!(at(&files, WEB, "spec.traffic[0].revisionName"), "shop-production-web-${REVISION}");
}

#[test]
fn scripts_hold_what_differs_in_one_place() {
    let files = built(SHOP);
    let target = text(&files, "ops/target.sh");
    for line in [
        "      target_jobs=(web-schema)",
        "      cloud_run_name=shop-production-web",
        "      cloud_run_schedule='0 3 * * *'",
        "      cloud_run_name=shop-preview-\"$PULL_REQUEST\"-web",
        "      prometheus=https://prometheus.example",
        "      check_get smoke web /healthz 200 2",
        "      check_run smoke . 'npm run smoke'",
    ] {
        assert!(target.lines().any(|known| known == line), "{line}\n{target}");
    }
    assert!(target.contains("error_rate > 2% for 5m") && target.contains(">= 500"), "{target}");
    for script in ["deploy", "rollback", "verify"] {
        let body = text(&files, &format!("ops/{script}.sh"));
        assert!(!body.contains("shop") && !body.contains("acme"), "ops/{script}.sh is the same in every project");
    }
    // The platform's facts say how long going back may take.
    let facts = deployc::standard::get::<deployc::model::StdPlatform>("platform", "cloud-run").unwrap();
    let most = facts.duration.iter().find(|one| one.step.value == "rollback").unwrap().most.value.seconds();
    assert!(target.contains(&format!("target_rollback_seconds={most}")));
}

#[test]
fn hostile_words_reach_the_scripts_as_words() {
    let hostile = SHOP
        .replace("npm run smoke", "echo \\\"$URL\\\" 'a b' `id` # $(rm -rf /)")
        .replace("\"/healthz\" on", "\"/a b'c$d\" on");
    let target = text(&built(&hostile), "ops/target.sh");
    let command = target.lines().find(|line| line.contains("check_run")).unwrap();
    assert!(command.contains("\\`id\\`") && command.contains("\\$(rm -rf /)"), "{command}");
    assert!(target.contains("check_get smoke web \"/a b'c\\$d\" 200 2"), "{target}");
}

#[test]
fn templates_have_no_faults() {
    for artifact in built(SHOP) {
        if let deployc::artifact::Body::Shell(script) = &artifact.body {
            assert_eq!(script.faults(), Vec::<String>::new(), "{}", artifact.path);
        }
    }
}

#[test]
fn every_backend_has_a_function_for_every_verb() {
    for backend in platform::BACKENDS {
        let artifact =
            Artifact::shell("x.sh", deployc::artifact::Group::CiCd, backend.functions(), &Default::default());
        let functions = deployc::render::text(&artifact);
        for verb in platform::Verb::ALL {
            let name = platform::function_name(backend.platform(), verb.word());
            assert!(functions.contains(&format!("\n{name}() {{")), "{name}");
        }
    }
}

#[test]
fn day_zero_is_complete_and_says_why() {
    let script = text(&built(SHOP), "ops/bootstrap.sh");
    for part in [
        "gcloud services enable run.googleapis.com --project acme-prod",
        "gcloud services enable cloudscheduler.googleapis.com --project acme-prod",
        "--attribute-condition \"assertion.repository_id == '$repository_id'\"",
        "attribute.place/environment/production",
        "gcloud iam service-accounts create shop-deploy-production --project acme-prod",
        "gcloud iam service-accounts create shop-production-worker --project acme-prod",
        "gcloud artifacts repositories create shop --project acme-prod --location europe-west1",
        "gcloud secrets create shop-key --project acme-secrets",
        "gcloud sql instances create shop-production-orders --project acme-prod",
        "roles/cloudsql.client",
        "roles/run.invoker",
        "gh api --silent --method PUT \"repos/$repository/environments/production\"",
        "\"context\": \"ci\"",
    ] {
        assert!(script.contains(part), "{part}");
    }
    let loader = Memory::new().with("deploy.kdl", SHOP.as_bytes()).with("main.py", b"".as_slice());
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let checked =
        deployc::check::Checked::new(&compilation.model, &compilation.facts, &compilation.diagnostics).unwrap();
    let all = ops::provisions(&Plan::new(&checked));
    for one in &all {
        assert!(one.because.ends_with('.') || one.because.contains("--data-file -"), "{}: {}", one.about, one.because);
        assert!(!one.test.is_empty(), "{}", one.about);
    }
    let mut names: Vec<&str> = all.iter().map(|one| one.about.as_str()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "each thing once");
    // Without the cron nothing of the scheduler is left.
    let without = SHOP.lines().filter(|line| !line.contains("kind=\"cron\"")).collect::<Vec<_>>().join("\n");
    let script = text(&built(&without), "ops/bootstrap.sh");
    assert!(!script.contains("scheduler"), "{script}");
}

/// Runs `ops/bootstrap.sh` where gcloud and gh answer nothing but the number of the repository, and record what they are asked.
fn bootstrapped(arguments: &[&str]) -> (i32, String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let tool = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>\"$CALLS\"\ncase \"$*\" in *'--jq .id') echo 42 ;; *' create '* | *' enable '*) exit 0 ;; *add-iam*) exit 1 ;; *) exit 1 ;; esac\n";
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        path
    };
    write("gcloud", tool);
    write("gh", tool);
    let script = write("bootstrap.sh", &text(&built(SHOP), "ops/bootstrap.sh"));
    let calls = folder.path().join("calls");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let done = std::process::Command::new("bash")
        .arg(script)
        .args(arguments)
        .env("PATH", path)
        .env("CALLS", &calls)
        .output()
        .unwrap();
    let calls = std::fs::read_to_string(calls).unwrap_or_default().lines().map(str::to_owned).collect();
    (done.status.code().unwrap(), String::from_utf8_lossy(&done.stdout).into_owned(), calls)
}

#[test]
fn day_zero_checks_without_changing_and_goes_on_after_a_failure() {
    let changes = |calls: &[String]| {
        let words = [" create", " enable ", "add-iam-policy-binding", "variable set", "--method"];
        calls.iter().filter(|call| words.iter().any(|word| call.contains(word))).count()
    };
    let (code, said, calls) = bootstrapped(&["--check"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("missing  service account shop-build in acme-prod")
            && said.contains("by hand  value of the secret shop-key"),
        "{said}"
    );
    assert_eq!(changes(&calls), 0, "{calls:?}");
    let (code, said, calls) = bootstrapped(&[]);
    assert_eq!(code, 1);
    assert!(
        said.contains("FAILED   roles/run.developer") && said.contains("making   rule of the branch main"),
        "{said}"
    );
    assert!(changes(&calls) > 40, "{}", changes(&calls));
    assert!(calls.iter().any(|call| call.contains("assertion.repository_id == '42'")), "{calls:?}");
    assert_eq!(bootstrapped(&["--wrong"]).0, 2);
}

#[test]
fn images_go_where_the_last_promoted_host_keeps_them() {
    let with = |deploy: &str| {
        let loader = Memory::new().with("deploy.kdl", deploy.as_bytes()).with("main.py", b"".as_slice());
        let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
        let checked =
            deployc::check::Checked::new(&compilation.model, &compilation.facts, &compilation.diagnostics).unwrap();
        let plan = Plan::new(&checked);
        let image = plan.facts.images.first().unwrap();
        let environment = plan.facts.environment("production").unwrap();
        (platform::repository(&plan, image, environment), platform::push(&plan))
    };
    let (repository, login) = with(SHOP);
    assert_eq!(repository, "europe-west1-docker.pkg.dev/acme-prod/shop/web");
    assert_eq!(login.steps.len(), 3);
    assert!(login.permissions.iter().any(|one| one.scope == "id-token"));
    let named = SHOP.to_owned() + "pipeline \"github\" { artifact registry=\"ghcr.io/acme\" }\n";
    let (repository, login) = with(&named);
    assert_eq!(repository, "ghcr.io/acme/shop-web");
    assert!(login.permissions.iter().any(|one| one.scope == "packages"));
    assert!(text(&built(&named), "ops/bootstrap.sh").contains("gcloud artifacts repositories create ghcr-io"));
}

#[test]
fn people_get_the_commands_of_the_platform() {
    let loader = Memory::new().with("deploy.kdl", SHOP.as_bytes()).with("main.py", b"".as_slice());
    let compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    let checked =
        deployc::check::Checked::new(&compilation.model, &compilation.facts, &compilation.diagnostics).unwrap();
    let plan = Plan::new(&checked);
    let environment = plan.facts.environment("production").unwrap();
    let backend = platform::backend("cloud-run").unwrap();
    let shown = |service: &str, name: &str| {
        let script = backend.command(&plan, environment, environment.workload(service).unwrap(), name)?;
        let artifact = Artifact::shell("x.sh", deployc::artifact::Group::CiCd, script, &Default::default());
        Some(deployc::render::text(&artifact).trim().to_owned())
    };
    assert_eq!(
        shown("web", "status").unwrap(),
        "gcloud run services describe shop-production-web --project acme-prod --region europe-west1"
    );
    assert!(shown("worker", "logs").unwrap().contains("shop-production-worker"));
    assert!(shown("report", "run-job").unwrap().contains("jobs execute shop-production-report"));
    assert_eq!(shown("web", "no-such-command"), None);
    assert_eq!(shown("web", "shift"), None, "what needs a revision cannot be typed before one is known");
    let orders = plan.setting(environment).resources.iter().find(|one| one.name.value == "orders").unwrap();
    assert!(backend.connect(&plan, environment, orders).is_some());
}

#[test]
fn a_trust_that_the_login_names_is_there_already() {
    let login = "{ login \"gcp\" provider=\"projects/1/locations/global/workloadIdentityPools/p/providers/g\" principal=\"ci@acme-prod.iam.gserviceaccount.com\" }";
    let deploy = SHOP.replace("project=\"acme-prod\"", &["project=\"acme-prod\" ", login].concat());
    let files = built(&deploy);
    let script = text(&files, "ops/bootstrap.sh");
    assert!(!script.contains("workload-identity-pools create github --project acme-prod"), "{script}");
    assert!(script.contains("roles/run.developer of ci on acme-prod"), "its account gets the rights of the deployer");
    assert!(script.contains("in the pool projects/1/locations/global/workloadIdentityPools/p."), "{script}");
    let workflow = text(&files, ".github/workflows/deploy-web.yml");
    assert!(workflow.contains("service_account: ci@acme-prod.iam.gserviceaccount.com"), "{workflow}");
}

#[test]
fn a_preview_builds_by_the_trust_of_the_registry() {
    let files = built(SHOP);
    let preview = text(&files, ".github/workflows/preview.yml");
    let build = preview.split("up-preview:").next().unwrap();
    assert!(build.contains("vars.GCP_BUILD_IDENTITY_PROVIDER"), "{build}");
    assert!(!build.contains("vars.GCP_WORKLOAD_IDENTITY_PROVIDER"), "that is of the preview's own project");
    assert!(text(&files, "ops/bootstrap.sh").contains("gh variable set GCP_BUILD_IDENTITY_PROVIDER"));
}

#[test]
fn a_task_has_its_files() {
    let seed = "task \"seed\" { file \"/etc/seed/key\" value=\"${secret.key}\";";
    let files = built(&SHOP.replace("task \"seed\" {", seed));
    let task = text(&files, "deploy/cloud-run/production/seed.yaml");
    assert!(task.contains("mountPath: /etc/seed") && task.contains("acme-secrets-shop-key"), "{task}");
}

const SITE: &str = r#"edition "2026"
app "shop" { repo "github.com/acme/shop" }
service "web" kind="web" {
    source "."; runtime "python@3.13" manager="pip"; command start="python main.py"
    http port=8080 public=#true { health "/" }
}
service "api" kind="api" { image "ghcr.io/acme/api:1.2.3"; http port=9000 }
environment "production" { host "cloud-run" region="europe-west1" project="acme-prod"; trigger push="main" }
"#;

#[test]
fn a_domain_leads_to_its_service_whoever_declares_it() {
    let mapped = "gcloud beta run domain-mappings create --project acme-prod --region europe-west1 --service shop-production-web --domain shop.example";
    let of_environment = SITE.replace("trigger push", "domain \"shop.example\"; trigger push");
    let of_service = SITE.replace("command start", "domain \"shop.example\"; command start");
    for deploy in [&of_environment, &of_service] {
        assert!(text(&built(deploy), "ops/bootstrap.sh").contains(mapped), "{deploy}");
    }
    // Where several services are public, a domain says to which it leads.
    let both = of_environment.replace("http port=9000", "http port=9000 public=#true");
    let loader = Memory::new().with("deploy.kdl", both.as_bytes()).with("main.py", b"".as_slice());
    let told = deployc::check(&loader, "deploy.kdl", None).unwrap().diagnostics;
    let told = told.iter().find(|one| one.message.contains("leads to no service")).unwrap();
    assert_eq!(told.help.as_deref(), Some("add `route \"/\" to=\"web\"`"));
}

#[test]
fn what_belongs_to_others_is_refused() {
    let deploy = SITE.replace("project=\"acme-prod\"", "project=\"acme-prod\" { adopt service=\"theirs\" }");
    let loader = Memory::new().with("deploy.kdl", deploy.as_bytes()).with("main.py", b"".as_slice());
    let told = deployc::check(&loader, "deploy.kdl", None).unwrap().diagnostics;
    assert!(told.iter().any(|one| one.code.to_string() == "capability/feature"), "{told:?}");
}

#[test]
fn what_a_resource_declares_is_made_or_refused() {
    let resources = r#"
resource "books" kind="postgres" version="17" { storage "100GiB"; backup every="1d" keep="14d"; database "audit"; user "ledger"; setting max_connections="300" log_min_duration_statement="500"; replica count=2 }
resource "cache" kind="redis" version="7.0" { storage "5GiB" }
"#;
    let env = "env { BOOKS \"${resource.books.url}\"; PASSWORD \"${resource.books.password}\"; HOST \"${resource.books.host}\"; CACHE \"${resource.cache.url}\" }; command start";
    let deploy = [&SITE.replace("command start", env), resources].concat();
    let files = built(&deploy);
    let script = text(&files, "ops/bootstrap.sh");
    for part in [
        "gcloud sql instances create shop-production-books --project acme-prod --region europe-west1 --database-version POSTGRES_17 --edition enterprise --tier db-g1-small --storage-auto-increase --availability-type zonal --storage-size 100 --backup-start-time 02:00 --retained-backups-count 14 --database-flags max_connections=300,log_min_duration_statement=500",
        "gcloud sql databases create audit --project acme-prod --instance shop-production-books",
        "gcloud sql users create ledger ",
        "gcloud sql instances create shop-production-books-replica-2 --project acme-prod",
        "printf '%s' \"$PASSWORD\" | gcloud secrets versions add shop-production-books-password",
        "--redis-version redis_7_0 --enable-auth --size 5",
        "printf '%s' \"redis://:$(gcloud redis instances get-auth-string shop-production-cache --project acme-prod --region europe-west1 --format 'value(authString)')@$(gcloud redis instances describe shop-production-cache --project acme-prod --region europe-west1 --format 'value(host)'):6379/0\" | gcloud secrets versions add shop-production-cache-url",
    ] {
        assert!(script.contains(part), "{part}\n{script}");
    }
    assert!(!script.contains("--no-backup"));
    let service = text(&files, "deploy/cloud-run/production/web.yaml");
    assert!(service.contains("value: /cloudsql/acme-prod:europe-west1:shop-production-books"), "{service}");
    let unsaid = deploy.replace("storage \"100GiB\"; backup every=\"1d\" keep=\"14d\"; ", "");
    assert!(text(&built(&unsaid), "ops/bootstrap.sh").contains("zonal --no-backup --database-flags"));
    for (wrong, what) in [
        ("every=\"6h\"", "Cloud SQL for PostgreSQL takes no backup at these times"),
        ("kind=\"postgres\" version=\"9\"", "Cloud SQL for PostgreSQL takes no such version"),
        ("database \"a-b\"", "Cloud SQL for PostgreSQL takes no further database of this name"),
    ] {
        let deploy = deploy
            .replace("every=\"1d\"", if wrong.starts_with("every") { wrong } else { "every=\"1d\"" })
            .replace(
                "kind=\"postgres\" version=\"17\"",
                if wrong.starts_with("kind") { wrong } else { "kind=\"postgres\" version=\"17\"" },
            )
            .replace("database \"audit\"", if wrong.starts_with("database") { wrong } else { "database \"audit\"" });
        let loader = Memory::new().with("deploy.kdl", deploy.as_bytes()).with("main.py", b"".as_slice());
        let told = deployc::check(&loader, "deploy.kdl", None).unwrap().diagnostics;
        assert!(told.iter().any(|one| one.message == what), "{what}: {told:?}");
    }
}
