//! `ops/bootstrap.sh`: what must exist before the first release, made and verified by commands that can be repeated.

use crate::artifact::{Script, Word};
use crate::emit::ops::places;
use crate::emit::platform::{self, BACKENDS, Provision};
use crate::plan::Plan;
use crate::source::Origin;

/// The script.
pub(super) fn script(plan: &Plan<'_>) -> Script {
    let mut script = Script::file();
    script.comment("Makes what must exist before the first release.");
    script.line("shopt -s inherit_errexit", &[]);
    script.blank();
    script.function("usage", |script| {
        script.heredoc("cat", &[], include_str!("bootstrap.txt"));
    });
    script.blank();
    let origin = repo_origin(plan);
    script.at(&origin, |script| {
        script.line("repository={repository}", &[("repository", Word::text(repository(plan)))]);
    });
    script.line(include_str!("bootstrap.sh").trim_end(), &[]);
    let provisions = provisions(plan);
    if provisions.iter().any(|one| one.make.is_empty()) {
        script.blank();
        script.line(BY_HAND.trim(), &[]);
    }
    for one in provisions {
        script.blank();
        script.at(&one.origin.clone(), |script| add(&one, script));
    }
    script.blank();
    script.line("report", &[]);
    script
}

/// Only where something is made by people.
const BY_HAND: &str = r#"
by_hand() {
  if is_there; then
    printf 'there    %s\n' "$about"
  else
    printf 'by hand  %s\n         %s\n' "$about" "$because"
    missing+=("$about")
  fi
}
"#;

/// Everything that must exist, each thing once, in the order in which it is made; documents list the same.
pub fn provisions(plan: &Plan<'_>) -> Vec<Provision> {
    let mut all: Vec<Provision> = Vec::new();
    if has_bootstrap(plan) && !repository(plan).is_empty() {
        all.extend(places::of_builds(plan));
        all.extend(places::of_checks(plan));
    }
    for environment in &plan.facts.environments {
        let mut own = Vec::new();
        let released = environment.workloads.iter().any(platform::is_released);
        if released && !repository(plan).is_empty() {
            own.extend(places::of_environment(plan, environment));
        }
        for backend in BACKENDS {
            own.extend(backend.bootstrap(plan, environment));
        }
        for one in own {
            match all.iter_mut().find(|known| known.about == one.about) {
                Some(known) => known.origin = known.origin.clone().with(&one.origin),
                None => all.push(one),
            }
        }
    }
    all.extend(required_check(plan));
    all
}

fn add(one: &Provision, script: &mut Script) {
    script.line("begin {about} {because}", &[("about", Word::text(&one.about)), ("because", Word::text(&one.because))]);
    script.block(
        "there() {",
        &[],
        |script| {
            script.append(&one.test);
        },
        "}",
    );
    if one.make.is_empty() {
        script.line("by_hand", &[]);
    } else {
        script.block(
            "make() {",
            &[],
            |script| {
                script.append(&one.make);
            },
            "}",
        );
        script.line("ensure", &[]);
    }
}

/// `OWNER/REPOSITORY` on GitHub; empty elsewhere.
pub(super) fn repository(plan: &Plan<'_>) -> String {
    let repo = plan.model.app.as_ref().and_then(|app| app.repo.as_ref());
    let address =
        repo.map(|repo| repo.address.value.trim_end_matches('/').trim_end_matches(".git")).unwrap_or_default();
    address.trim_start_matches("https://").strip_prefix("github.com/").unwrap_or_default().to_owned()
}

fn repo_origin(plan: &Plan<'_>) -> Origin {
    let repo = plan.model.app.as_ref().and_then(|app| app.repo.as_ref());
    repo.map_or_else(
        || Origin::rule("without a repository there is nothing to set up in one"),
        |repo| repo.address.origin.clone(),
    )
}

/// The one check that must be green before anything reaches the branch.
fn required_check(plan: &Plan<'_>) -> Option<Provision> {
    if repository(plan).is_empty() {
        return None;
    }
    let repo = plan.model.app.as_ref().and_then(|app| app.repo.as_ref());
    let branch = repo.map_or("main", |repo| repo.branch.value.as_str());
    let mut make = Script::new();
    make.heredoc("gh api --silent --method POST \"repos/$repository/rulesets\" --input -", &[], ruleset(branch));
    Some(Provision {
        about: ["rule of the branch ", branch, ": the check ci must be green"].concat(),
        because: "Nothing reaches the branch that its tests and scans have not seen.".to_owned(),
        test: Script::of(
            "[[ -n $(gh api \"repos/$repository/rulesets\" --jq '.[] | select(.name == \"ci\") | .id') ]]",
            &[],
        ),
        make,
        origin: repo_origin(plan),
    })
}

/// The rule, as GitHub's interface takes it.
fn ruleset(branch: &str) -> String {
    let escaped = branch.replace('\\', "\\\\").replace('"', "\\\"");
    RULESET.replace("BRANCH", &escaped)
}

const RULESET: &str = r#"{
  "name": "ci",
  "target": "branch",
  "enforcement": "active",
  "conditions": {"ref_name": {"include": ["refs/heads/BRANCH"], "exclude": []}},
  "rules": [
    {"type": "deletion"},
    {"type": "non_fast_forward"},
    {
      "type": "required_status_checks",
      "parameters": {
        "strict_required_status_checks_policy": false,
        "required_status_checks": [{"context": "ci"}]
      }
    }
  ]
}
"#;

/// Whether any platform of the project has anything to be made; documents ask before they link the script.
pub fn has_bootstrap(plan: &Plan<'_>) -> bool {
    plan.facts.environments.iter().any(|environment| environment.workloads.iter().any(platform::is_released))
}
