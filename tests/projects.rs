//! Whole projects as people have them: every runtime, server, store of secrets, way of migrating and strategy is built
//! from files on disk, and what has to hold of every workflow holds of theirs. `tests/run` validates the richest ones.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "tests may fail loudly, and read the disk"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use deployc::artifact::{Artifact, Tree, Value};
use deployc::loader::Disk;
use deployc::render;

/// The findings that a project has for good reason, by its name.
const WARNED: [(&str, &str); 2] = [("many-environments", "delivery/tier-assumed"), ("migrations", "delivery/parity")];

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects");
    let mut found: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn name(folder: &Path) -> &str {
    folder.file_name().and_then(|name| name.to_str()).unwrap()
}

fn built(folder: &Path) -> Vec<Artifact> {
    let mut compilation = deployc::check(&Disk::new(folder), "deploy.kdl", None).unwrap();
    let artifacts = compilation.build();
    for one in &compilation.diagnostics {
        let code = one.code.to_string();
        assert!(WARNED.contains(&(name(folder), code.as_str())), "{}: {code}: {}", folder.display(), one.message);
    }
    artifacts.unwrap_or_else(|| panic!("{} is not built", folder.display()))
}

fn jobs(workflow: &Artifact) -> Vec<(String, Tree)> {
    let found = workflow.find("jobs").unwrap();
    found.tree.entries().iter().map(|(key, job)| (key.clone(), job.clone())).collect()
}

/// A script as it is printed; none where the tree is no script.
fn script(tree: &Tree) -> Option<String> {
    let Value::Script(script) = &tree.value else { return None };
    Some(render::script(script))
}

#[test]
fn every_project_builds_and_its_workflows_keep_the_rules() {
    let folders = folders();
    assert!(folders.len() >= 13, "{}", folders.len());
    for folder in folders {
        let artifacts = built(&folder);
        let workflows = artifacts.iter().filter(|artifact| artifact.path.starts_with(".github/workflows/"));
        for workflow in workflows {
            let place = format!("{}: {}", folder.display(), workflow.path);
            let shared = workflow.find("concurrency").is_some();
            assert_eq!(workflow.find("permissions").unwrap().tree.entries().len(), 0, "{place}: rights of everybody");
            for (key, job) in jobs(workflow) {
                assert!(job.key("timeout-minutes").is_some() && job.key("permissions").is_some(), "{place}: {key}");
                assert!(shared || job.key("concurrency").is_some(), "{place}: {key} runs beside itself");
                for step in job.key("steps").unwrap().items() {
                    if let Some(uses) = step.key("uses").and_then(Tree::joined) {
                        let commit = uses.rsplit_once('@').map_or("", |(_, commit)| commit);
                        assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uses}");
                    }
                    let run = step.key("run").and_then(script).unwrap_or_default();
                    assert!(!run.contains("${{"), "{place}: {key}: {run}");
                }
            }
        }
    }
}

/// Every service is released to every environment that the pipeline reaches, from the file of its platform.
#[test]
fn every_unit_has_its_jobs_in_the_order_of_promotion() {
    let folder = folders().into_iter().find(|folder| name(folder) == "many-environments").unwrap();
    let artifacts = built(&folder);
    let deploy = artifacts.iter().find(|artifact| artifact.path.ends_with("deploy-api.yml")).unwrap();
    let needs: BTreeMap<String, Vec<String>> = jobs(deploy)
        .into_iter()
        .map(|(key, job)| {
            let needs = job.key("needs").map(Tree::items).unwrap_or_default();
            (key, needs.iter().filter_map(Tree::joined).filter(|need| !need.starts_with("build")).collect())
        })
        .collect();
    let of = |key: &str| needs.get(key).unwrap_or_else(|| panic!("no {key} in {needs:?}")).join(" ");
    assert_eq!((of("deploy-lab"), of("deploy-test")), (String::new(), String::new()));
    assert_eq!(of("deploy-staging"), "deploy-test");
    assert_eq!(of("wait-pilot"), "deploy-staging");
    assert_eq!(of("deploy-pilot"), "deploy-staging wait-pilot");
    assert_eq!(of("deploy-production"), "deploy-pilot wait-production");
    assert_eq!(of("deploy-production-asia"), "deploy-production", "an hour is waited by the job itself");
}

/// Names at the limit of the language are cut for the platform, and stay apart.
#[test]
fn long_names_are_cut_and_stay_apart() {
    let folder = folders().into_iter().find(|folder| name(folder) == "long-names").unwrap();
    let mut names: Vec<String> = Vec::new();
    for artifact in built(&folder).iter().filter(|artifact| artifact.path.starts_with("deploy/cloud-run/")) {
        let found = artifact.find("metadata.name").unwrap().tree.joined().unwrap();
        assert!(found.len() <= 49, "{found}");
        names.push(found);
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 2);
}
