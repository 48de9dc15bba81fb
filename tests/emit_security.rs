//! The documents of security: their sections, that each citation leads to a key of this build, and what they rest on.

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

mod whole;

use std::collections::BTreeMap;

use deployc::artifact::{Artifact, Body, Group};
use deployc::render;
use whole::{Example, read_whole};

fn example(name: &str) -> &'static Example {
    read_whole().find(|example| example.name == name).unwrap()
}

/// The text of each file by path.
fn texts(artifacts: &[Artifact]) -> BTreeMap<&str, String> {
    artifacts.iter().map(|artifact| (artifact.path.as_str(), render::text(artifact))).collect()
}

fn built(name: &str, edit: impl Fn(&str) -> String) -> Vec<Artifact> {
    let example = example(name);
    let text = edit(&example.text);
    example.build(&text).unwrap_or_else(|told| panic!("{told:#?}"))
}

fn text_of(artifacts: &[Artifact], path: &str) -> String {
    texts(artifacts).remove(path).unwrap_or_else(|| panic!("no {path}"))
}

fn sections(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("## ")).collect()
}

/// What is cited as ``[`file`](…) at `key` ``.
fn citations(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in text.split("](../../").skip(1) {
        let Some((file, rest)) = part.split_once(')') else { continue };
        let Some(rest) = rest.strip_prefix(" at `") else { continue };
        let key = rest.split_once('`').map(|(key, _)| key).unwrap();
        found.push((file.to_owned(), key.to_owned()));
    }
    found
}

#[test]
fn the_documents_have_their_sections() {
    let shop = example("shop").artifacts();
    assert_eq!(
        sections(&text_of(&shop, "docs/security/threat-model.md")),
        ["Trust Boundaries", "Asset Inventory", "STRIDE Analysis", "Mitigation Strategies", "Security Testing"]
    );
    let incident = text_of(&shop, "docs/security/incident-response.md");
    let wanted = [
        "Severities",
        "Roles",
        "Contacts",
        "First Hour",
        "After the First Hour",
        "Playbooks",
        "Communications",
        "Post-Mortem",
    ];
    assert_eq!(sections(&incident), wanted);
    let named = ["SECURITY.md", ".gitleaks.toml", "deploy/security/threat-model.json", "docs/security/secrets.md"];
    for path in named {
        let artifact = shop.iter().find(|artifact| artifact.path == path).unwrap_or_else(|| panic!("no {path}"));
        assert_eq!(artifact.group, Group::ThreatModel, "{path}");
    }
}

/// A control that is ticked is missed by no threat: both documents say the same.
#[test]
fn the_list_of_controls_and_the_threat_model_agree() {
    let shop = example("shop").artifacts();
    let (list, model) = (text_of(&shop, "docs/security/controls.md"), text_of(&shop, "docs/security/threat-model.md"));
    let row = |name: &str| model.lines().find(|line| line.starts_with(&format!("| [`{name}`](controls.md")));
    let mut seen = 0;
    for line in list.lines().filter(|line| line.starts_with("- [x] ")) {
        let name = line.split_once("(#control-").and_then(|(_, rest)| rest.split_once(')')).unwrap().0;
        if let Some(row) = row(name) {
            seen += 1;
            assert!(!row.contains("| open |") && !row.contains("open for"), "{line}\n{row}");
        }
    }
    assert!(seen > 15, "{seen}");
    let half = "- [ ] [Resources are not public](#control-private-resources): checked, open for `poisoned-message`";
    assert!(list.contains(half), "{list}");
}

#[test]
fn a_project_without_secrets_has_no_document_of_them() {
    let hello = example("hello").artifacts();
    assert!(!hello.iter().any(|artifact| artifact.path == "docs/security/secrets.md"));
    let model = text_of(&hello, "docs/security/threat-model.md");
    for absent in ["secret-leaks", "data-lost", "impersonated-user", "preview-abused", "migration-destroys"] {
        assert!(!model.contains(absent), "{absent} applies to nothing in hello");
    }
}

#[test]
fn every_citation_leads_to_a_key_of_a_file_of_this_build() {
    for example in read_whole() {
        let artifacts = example.artifacts();
        let mut followed = 0;
        for artifact in artifacts.iter().filter(|artifact| artifact.path.starts_with("docs/security/")) {
            let text = render::text(artifact);
            // What is open names the place where the missing setting belongs: the file is there, the key is not yet.
            let cited = text.lines().flat_map(|line| citations(line).into_iter().map(move |one| (line, one)));
            for (line, (file, key)) in cited {
                let Some(cited) = artifacts.iter().find(|one| one.path == file) else {
                    let read = example.root.join(&file).exists();
                    assert!(read, "{}: {} cites {file}, which is not there", example.name, artifact.path);
                    continue;
                };
                if line.contains("**open**") {
                    continue;
                }
                if cited.trees().is_empty() {
                    let text = render::text(cited);
                    assert!(matches!(cited.body, Body::Dockerfile(_)) && text.contains(&key), "{file} at {key}");
                } else {
                    assert!(cited.find(&key).is_some(), "{}: {} cites {file} at {key}", example.name, artifact.path);
                }
                followed += 1;
            }
        }
        assert!(followed > 10, "{}: {followed} citations", example.name);
    }
}

#[test]
fn what_our_own_pipeline_does_is_not_called_open() {
    let ours = [
        "pipeline-least-privilege",
        "locked-dependencies",
        "verified-provenance",
        "build-once",
        "signed-images",
        "short-lived-credentials",
        "forks-untrusted",
    ];
    for example in read_whole() {
        let model = text_of(&example.artifacts(), "docs/security/threat-model.md");
        for control in ours {
            assert!(model.contains(&format!("- **checked** `{control}`")), "{}: {control}", example.name);
            assert!(!model.contains(&format!("- **open** `{control}`")), "{}: {control}", example.name);
        }
    }
}

#[test]
fn the_posture_decides_which_frameworks_are_answered() {
    let enhanced = text_of(&example("shop").artifacts(), "docs/security/controls.md");
    let standard = built("shop", |text| text.replace("posture \"enhanced\"", "posture \"standard\""));
    let standard = text_of(&standard, "docs/security/controls.md");
    assert!(enhanced.contains("\n## SOC 2") && enhanced.contains("\n## OWASP Top 10"));
    assert!(!standard.contains("SOC 2") && standard.contains("\n## OWASP Top 10"));
}

#[test]
fn what_a_mitigation_rests_on_decides_its_state() {
    let attested = text_of(&example("shop").artifacts(), "docs/security/threat-model.md");
    let row = |text: &str| {
        let lines = text.lines().filter(|line| line.contains("`webhook-signature`") && line.starts_with("- **"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(row(&attested).iter().any(|line| line.starts_with("- **attested**")), "{:?}", row(&attested));
    assert!(row(&attested)[0].contains("apps/api/test/webhooks.spec.ts"));
    // Under a stricter posture a high risk that nothing answers is an error.
    let without = built("shop", |text| {
        text.replace("posture \"enhanced\"", "posture \"standard\"")
            .replace("        mitigate \"webhook-signature\" owner=\"team-checkout\"\n", "")
    });
    assert_eq!(row(&text_of(&without, "docs/security/threat-model.md")), Vec::<String>::new());
}

#[test]
fn a_secret_that_nobody_declares_is_in_no_document() {
    let edited = built("shop", |text| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.retain(|line| !line.starts_with("secret \"slack\"") && !line.contains("${secret.slack}"));
        lines
            .join("\n")
            .replace(" ticket=\"ticket\"", "")
            .replace(" route=\"ticket\"", " route=\"page\"")
            .replace("notify ticket=\"ticket\"", "notify page=\"page\"")
            .replace("; notify }", "; notify page=\"page\" }")
    });
    for artifact in edited.iter().filter(|artifact| artifact.group == Group::ThreatModel) {
        assert!(!render::text(artifact).contains("SLACK_TOKEN"), "{}", artifact.path);
    }
}

/// What nothing reads is in no store, so there is no list that a step could lead to.
#[test]
fn no_step_leads_to_a_list_of_secrets_that_is_not_written() {
    let unread = "resource \"orders\" kind=\"postgres\" version=\"16\" { storage \"20GiB\" }\n";
    let migrated = "{ migrate \"schema\" for=\"orders\" tool=\"custom\" up=\"true\"; source";
    let built = built("hello", |text| [text.replacen("{ source", migrated, 1).as_str(), unread].concat());
    assert!(built.iter().all(|artifact| artifact.path != "docs/security/secrets.md"));
    let incident = text_of(&built, "docs/security/incident-response.md");
    assert!(incident.contains("1. Rotate the password, then compare with the backup."), "{incident}");
    assert!(!incident.contains("secrets.md"), "{incident}");
}
