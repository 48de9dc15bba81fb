//! `ops/bootstrap.sh`: what must exist before the first release, made and verified by commands that can be repeated.

use crate::artifact::{Script, Word};
use crate::derive::{EnvironmentFacts, Trigger};
use crate::emit::platform::{self, BACKENDS, Provision};
use crate::model::SecretStore;
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
    for environment in &plan.facts.environments {
        let mut own = Vec::new();
        let released = environment.workloads.iter().any(platform::is_released);
        if released && !repository(plan).is_empty() {
            own.push(place(plan, environment));
            own.extend(branch_rules(plan, environment));
            own.extend(kept_secrets(plan, environment));
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
fn repository(plan: &Plan<'_>) -> String {
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

/// The environment of the repository: who must agree, and from which branches and tags it is released.
fn place(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Provision {
    let name = &environment.name.value;
    let approval = environment.promotion.as_ref().and_then(|promotion| promotion.approval.as_ref());
    let mut make = Script::new();
    let mut parts = vec!["gh api --silent --method PUT \"repos/$repository/environments/{environment}\""];
    if let Some(approval) = approval {
        reviewer(&approval.by.value, &mut make);
        parts.extend([
            "-F prevent_self_review=true",
            "-f 'reviewers[][type]'=\"$type\"",
            "-F 'reviewers[][id]'=\"$id\"",
        ]);
    }
    if branches(plan, environment).is_empty() {
        parts.push("-F deployment_branch_policy=null");
    } else {
        parts.push("-F 'deployment_branch_policy[protected_branches]=false'");
        parts.push("-F 'deployment_branch_policy[custom_branch_policies]=true'");
    }
    let words = [("environment", Word::text(name))];
    make.long(&parts, &words);
    let because = match approval {
        Some(approval) => [
            "Its secrets and its trust belong to jobs of this environment alone, and ",
            &approval.by.value,
            " must agree before they start.",
        ]
        .concat(),
        None => "Its secrets and its trust belong to jobs of this environment alone.".to_owned(),
    };
    let origin = approval.map_or(&environment.name.origin, |approval| &approval.by.origin);
    Provision {
        about: ["environment ", name, " of the repository"].concat(),
        because,
        test: Script::of("gh api \"repos/$repository/environments/{environment}\"", &words),
        make,
        origin: origin.clone(),
    }
}

/// Sets `type` and `id` of who must agree: a team of an organisation, or a person.
fn reviewer(by: &str, make: &mut Script) {
    match by.split_once('/') {
        Some((organisation, team)) => {
            make.line("type=Team", &[]);
            make.line(
                "id=$(gh api orgs/{organisation}/teams/{team} --jq .id)",
                &[("organisation", Word::text(organisation)), ("team", Word::text(team))],
            );
        }
        None => {
            make.line("type=User", &[]);
            make.line("id=$(gh api users/{login} --jq .id)", &[("login", Word::text(by.trim_start_matches('@')))]);
        }
    }
}

/// The branches and tags that release an environment: of its own triggers and of what it is promoted from, and the
/// branch that people start a release or a rollback on. Pull requests have none that a rule could name.
fn branches(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<(String, &'static str, Origin)> {
    if environment.ephemeral.value {
        return Vec::new();
    }
    let repo = plan.model.app.as_ref().and_then(|app| app.repo.as_ref());
    let mut rules: Vec<(String, &'static str, Origin)> =
        repo.map(|repo| (repo.branch.value.clone(), "branch", repo.branch.origin.clone())).into_iter().collect();
    let mut at = Some(environment);
    // A cycle of promotions is an error of its own; here it must only end.
    for _ in 0..plan.facts.environments.len() {
        let Some(environment) = at else { break };
        for trigger in &environment.triggers {
            let rule = match &trigger.value {
                Trigger::Push(branch) if !branch.starts_with('!') => (branch.clone(), "branch", trigger.origin.clone()),
                Trigger::Tag(tag) => (tag.clone(), "tag", trigger.origin.clone()),
                Trigger::Push(_) | Trigger::PullRequest(_) | Trigger::Manual => continue,
            };
            if !rules.iter().any(|known| known.0 == rule.0 && known.1 == rule.1) {
                rules.push(rule);
            }
        }
        at = environment.promotion.as_ref().and_then(|promotion| plan.facts.environment(&promotion.from.value));
    }
    rules
}

fn branch_rules(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Provision> {
    let name = &environment.name.value;
    branches(plan, environment)
        .into_iter()
        .map(|(pattern, kind, origin)| {
            let words = [("environment", Word::text(name)), ("pattern", Word::text(&pattern)), ("kind", Word::text(kind))];
            Provision {
                about: ["rule of the environment ", name, ": ", kind, " ", &pattern].concat(),
                because: "No other branch or tag reaches its secrets.".to_owned(),
                test: Script::of(
                    "[[ $(gh api \"repos/$repository/environments/{environment}/deployment-branch-policies\" --jq '.branch_policies[] | [.type, .name] | join(\" \")')$'\\n' == *\"{kind} {pattern}\"$'\\n'* ]]",
                    &words,
                ),
                make: Script::of(
                    "gh api --silent --method POST \"repos/$repository/environments/{environment}/deployment-branch-policies\" -f name={pattern} -f type={kind}",
                    &words,
                ),
                origin,
            }
        })
        .collect()
}

/// The secrets that the repository keeps for an environment; people put them in.
fn kept_secrets(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Provision> {
    let name = &environment.name.value;
    let secrets = plan.setting(environment).secrets.iter();
    secrets
        .filter(|secret| secret.only.is_empty() || secret.only.iter().any(|only| only.value == *name))
        .filter_map(|secret| {
            let from = secret.from.as_ref().filter(|from| from.store.value == SecretStore::Github)?;
            let kept = from.path.as_ref().map_or_else(
                || secret.name.value.to_uppercase().replace('-', "_"),
                |path| path.value.clone(),
            );
            let words = [("environment", Word::text(name)), ("kept", Word::text(&kept))];
            let because = [
                "Put it in without writing it anywhere: gh secret set ", &kept, " --env ", name, " --repo ", &repository(plan), ".",
            ];
            Some(Provision {
                about: ["secret ", &kept, " of the environment ", name].concat(),
                because: because.concat(),
                test: Script::of(
                    "[[ $'\\n'$(gh secret list --repo \"$repository\" --env {environment} --json name --jq '.[].name')$'\\n' == *$'\\n'{kept}$'\\n'* ]]",
                    &words,
                ),
                make: Script::new(),
                origin: from.origin.clone(),
            })
        })
        .collect()
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
