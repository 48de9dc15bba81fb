//! The environments of the repository: whose agreement they need, which branches reach them, and the secrets they keep.

use crate::artifact::{Script, Word};
use crate::derive::{EnvironmentFacts, Part, Trigger};
use crate::emit::platform::{self, Provision};
use crate::model::{self, SecretStore};
use crate::plan::Plan;
use crate::source::{Origin, Sourced};

use super::bootstrap::repository;

/// A branch or tag that reaches an environment: its pattern, which of both it is, and what decides it.
type Rule = (String, &'static str, Origin);

/// The environment that releases to one of the project's environments run in.
pub(super) fn of_environment(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Provision> {
    let name = &environment.name;
    let approval = environment.promotion.as_ref().and_then(|promotion| promotion.approval.as_ref());
    let rules = if environment.ephemeral.value { None } else { branches(plan, [environment]) };
    let because = match approval {
        Some(approval) => [
            "Its secrets and its trust belong to jobs of this environment alone, and ",
            &approval.by.value,
            " must agree before they start.",
        ]
        .concat(),
        None => "Its secrets and its trust belong to jobs of this environment alone.".to_owned(),
    };
    let origin = approval.map_or(&name.origin, |approval| &approval.by.origin);
    let wait = platform::wait(environment).map(|wait| of_wait(&wait, rules.clone())).unwrap_or_default();
    let approval = approval.map(|approval| approval.by.value.as_str());
    let place = Place { name: &name.value, rules, approval, minutes: 0 };
    let mut all = place.provisions(because, origin);
    all.extend(wait);
    all.extend(variables(plan, environment));
    all.extend(kept(plan, environment));
    all.extend(registry_login(plan, &name.value));
    all
}

/// The environment whose timer holds releases back.
fn of_wait(wait: &platform::Wait, rules: Option<Vec<Rule>>) -> Vec<Provision> {
    let place = Place { name: &wait.name, rules, approval: None, minutes: wait.minutes };
    let because = "Its timer holds releases back without a machine that waits; rollbacks do not pass it.";
    place.provisions(because.to_owned(), &wait.origin)
}

/// The environment of jobs that build what ships, where they need one.
pub(super) fn of_builds(plan: &Plan<'_>) -> Vec<Provision> {
    let Some(origin) = platform::builds_in_environment(plan) else { return Vec::new() };
    let name = platform::BUILD_ENVIRONMENT;
    let place = Place { name, rules: branches(plan, plan.lasting()), approval: None, minutes: 0 };
    let because = "Images are built by its jobs alone, so that nobody else pushes any or reads its secrets.";
    let mut all = place.provisions(because.to_owned(), &origin);
    all.extend(platform::build_secrets(plan).into_iter().map(|secret| secret_of(plan, name, &secret)));
    all.extend(registry_login(plan, name));
    all
}

/// The environment of checks that read a secret; pull requests reach it, those of forks without its secrets.
pub(super) fn of_checks(plan: &Plan<'_>) -> Vec<Provision> {
    let name = platform::CHECK_ENVIRONMENT;
    let secrets = platform::check_secrets(plan);
    let Some(first) = secrets.first() else { return Vec::new() };
    let place = Place { name, rules: None, approval: None, minutes: 0 };
    let because =
        "Checks read its secrets, and whoever may push a branch can make them: keep nothing of production there.";
    let mut all = place.provisions(because.to_owned(), &first.origin);
    all.extend(secrets.iter().map(|secret| secret_of(plan, name, secret)));
    all
}

/// An environment of the repository.
struct Place<'a> {
    name: &'a str,
    /// The branches and tags that reach it; none where all do.
    rules: Option<Vec<Rule>>,
    /// Who must agree before its jobs start.
    approval: Option<&'a str>,
    /// How long its jobs wait before they start.
    minutes: u64,
}

impl Place<'_> {
    /// The environment, and its rules one by one.
    fn provisions(&self, because: String, origin: &Origin) -> Vec<Provision> {
        let mut make = Script::new();
        let mut parts = vec!["gh api --silent --method PUT \"repos/$repository/environments/{environment}\""];
        if let Some(by) = self.approval {
            reviewer(by, &mut make);
            parts.extend([
                "-F prevent_self_review=true",
                "-f 'reviewers[][type]'=\"$type\"",
                "-F 'reviewers[][id]'=\"$id\"",
            ]);
        }
        let mut words = vec![("environment", Word::text(self.name))];
        // What is there already has a timer of the right length, or is made anew.
        let mut test = "gh api \"repos/$repository/environments/{environment}\"";
        if self.minutes > 0 {
            parts.push("-F wait_timer={minutes}");
            words.push(("minutes", Word::text(self.minutes.to_string())));
            test = "[[ $(gh api \"repos/$repository/environments/{environment}\" --jq '.protection_rules[] | select(.type == \"wait_timer\") | .wait_timer') == {minutes} ]]";
        }
        match self.rules {
            Some(_) => parts.extend([
                "-F 'deployment_branch_policy[protected_branches]=false'",
                "-F 'deployment_branch_policy[custom_branch_policies]=true'",
            ]),
            None => parts.push("-F deployment_branch_policy=null"),
        }
        make.long(&parts, &words);
        let place = Provision {
            about: ["environment ", self.name, " of the repository"].concat(),
            because,
            test: Script::of(test, &words),
            make,
            origin: origin.clone(),
        };
        let rules = self.rules.iter().flatten().map(|rule| self.rule(rule, origin));
        std::iter::once(place).chain(rules).collect()
    }

    fn rule(&self, (pattern, kind, by): &Rule, environment: &Origin) -> Provision {
        let words =
            [("environment", Word::text(self.name)), ("pattern", Word::text(pattern)), ("kind", Word::text(*kind))];
        Provision {
            about: ["rule of the environment ", self.name, ": ", kind, " ", pattern].concat(),
            because: "No other branch or tag reaches its secrets.".to_owned(),
            test: Script::of(
                "[[ $(gh api \"repos/$repository/environments/{environment}/deployment-branch-policies\" --jq '.branch_policies[] | [.type, .name] | join(\" \")')$'\\n' == *\"{kind} {pattern}\"$'\\n'* ]]",
                &words,
            ),
            make: Script::of(
                "gh api --silent --method POST \"repos/$repository/environments/{environment}/deployment-branch-policies\" -f name={pattern} -f type={kind}",
                &words,
            ),
            origin: by.clone().with(environment),
        }
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

/// The branches and tags that release environments: of their own triggers and of what they are promoted from, and the
/// branch that people start a release or a rollback on. None where a rule would have to name all branches but some.
fn branches<'a>(plan: &'a Plan<'_>, environments: impl IntoIterator<Item = &'a EnvironmentFacts>) -> Option<Vec<Rule>> {
    let repo = plan.model.app.as_ref().and_then(|app| app.repo.as_ref());
    let mut rules: Vec<Rule> =
        repo.map(|repo| (repo.branch.value.clone(), "branch", repo.branch.origin.clone())).into_iter().collect();
    for environment in environments {
        let mut at = Some(environment);
        // A cycle of promotions is an error of its own; here it must only end.
        for _ in 0..plan.facts.environments.len() {
            let Some(environment) = at else { break };
            for trigger in &environment.triggers {
                let rule = match &trigger.value {
                    Trigger::Push(branch) if branch.starts_with('!') => return None,
                    Trigger::Push(branch) => (branch.clone(), "branch", trigger.origin.clone()),
                    Trigger::Tag(tag) => (tag.clone(), "tag", trigger.origin.clone()),
                    Trigger::PullRequest(_) | Trigger::Manual => continue,
                };
                match rules.iter_mut().find(|known| known.0 == rule.0 && known.1 == rule.1) {
                    Some(known) => known.2 = known.2.clone().with(&rule.2),
                    None => rules.push(rule),
                }
            }
            at = environment.promotion.as_ref().and_then(|promotion| plan.facts.environment(&promotion.from.value));
        }
    }
    Some(rules)
}

/// The variables of the pipeline that releases to an environment put into its files.
fn variables(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Provision> {
    let released = environment.workloads.iter().filter(|workload| platform::is_released(workload));
    let mut names: Vec<Sourced<String>> = Vec::new();
    for variable in released.flat_map(|workload| &workload.variables) {
        for part in &variable.parts {
            if let Part::CiVariable(name) = part
                && !names.iter().any(|known| known.value == *name)
            {
                names.push(Sourced::new(name.clone(), variable.origin.clone()));
            }
        }
    }
    let place = environment.name.value.as_str();
    names.iter().map(|name| variable(plan, place, &upper(&name.value), &name.origin)).collect()
}

/// A variable that people give; one of the repository serves every environment.
fn variable(plan: &Plan<'_>, environment: &str, name: &str, origin: &Origin) -> Provision {
    let words = [("environment", Word::text(environment)), ("name", Word::text(name))];
    let because = [
        "Releases read it: gh variable set ",
        name,
        " --env ",
        environment,
        " --repo ",
        &repository(plan),
        ", or without `--env` for all environments.",
    ];
    Provision {
        about: ["variable ", name, " of the environment ", environment].concat(),
        because: because.concat(),
        test: Script::of(
            "gh variable get {name} --repo \"$repository\" --env {environment} || gh variable get {name} --repo \"$repository\"",
            &words,
        ),
        make: Script::new(),
        origin: origin.clone(),
    }
}

/// What gets jobs of an environment into a registry that takes a name and a password.
fn registry_login(plan: &Plan<'_>, environment: &str) -> Vec<Provision> {
    if !platform::reads_secrets(&platform::push(plan)) {
        return Vec::new();
    }
    let origin = platform::registry(plan).origin;
    vec![
        variable(plan, environment, platform::REGISTRY_USERNAME, &origin),
        secret(plan, environment, platform::REGISTRY_PASSWORD, &origin),
    ]
}

/// A name as that of a variable of the pipeline.
fn upper(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// The secrets that the repository keeps and jobs of an environment read; people put them in.
fn kept(plan: &Plan<'_>, environment: &EnvironmentFacts) -> Vec<Provision> {
    let setting = plan.setting(environment);
    let name = &environment.name.value;
    let mut read: Vec<Sourced<String>> = Vec::new();
    for workload in environment.workloads.iter().filter(|workload| platform::is_released(workload)) {
        read.extend(workload.secrets());
        read.extend(workload.secrets_behind(setting));
    }
    if environment.ephemeral.value {
        // Its images are built by jobs of its own.
        read.extend(platform::build_secrets(plan));
    } else {
        let keys =
            setting.observe.iter().flat_map(|observe| &observe.route).filter_map(|route| route.key_prop.as_ref());
        read.extend(keys.filter_map(named));
    }
    let mut seen: Vec<String> = Vec::new();
    let mut all = Vec::new();
    for secret in read {
        if !seen.contains(&secret.value) {
            seen.push(secret.value.clone());
            let declared = setting.secret(&secret.value);
            let here = declared.filter(|declared| is_kept(declared));
            all.extend(here.map(|_| secret_of(plan, name, &secret)));
        }
    }
    all
}

/// The secret that a template consists of.
fn named(template: &Sourced<String>) -> Option<Sourced<String>> {
    let name = template.value.trim().strip_prefix("${secret.")?.strip_suffix('}')?;
    Some(Sourced::new(name.to_owned(), template.origin.clone()))
}

fn is_kept(secret: &model::Secret) -> bool {
    secret.from.as_ref().is_some_and(|from| from.store.value == SecretStore::Github)
}

/// A declared secret of an environment of the repository.
fn secret_of(plan: &Plan<'_>, environment: &str, secret: &Sourced<String>) -> Provision {
    let setting = plan.facts.environment(environment).map_or(&plan.model.declared, |facts| plan.setting(facts));
    let declared = setting.secret(&secret.value);
    let from = declared.and_then(|declared| declared.from.as_ref());
    let path = from.and_then(|from| from.path.as_ref());
    let kept = path.map_or_else(|| upper(&secret.value), |path| path.value.clone());
    self::secret(plan, environment, &kept, from.map_or(&secret.origin, |from| &from.origin))
}

/// A secret of an environment of the repository, by its name there.
fn secret(plan: &Plan<'_>, environment: &str, kept: &str, origin: &Origin) -> Provision {
    let words = [("environment", Word::text(environment)), ("kept", Word::text(kept))];
    let because = [
        "Put it in without writing it anywhere: gh secret set ",
        kept,
        " --env ",
        environment,
        " --repo ",
        &repository(plan),
        ".",
    ];
    Provision {
        about: ["secret ", kept, " of the environment ", environment].concat(),
        because: because.concat(),
        test: Script::of(
            "[[ $'\\n'$(gh secret list --repo \"$repository\" --env {environment} --json name --jq '.[].name')$'\\n' == *$'\\n'{kept}$'\\n'* ]]",
            &words,
        ),
        make: Script::new(),
        origin: origin.clone(),
    }
}
