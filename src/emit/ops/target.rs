//! `ops/target.sh`: which service runs where and how, in one place for the scripts beside it.

use crate::artifact::{Script, Word};
use crate::derive::{EnvironmentFacts, Workload};
use crate::emit::platform::{self, Backend, Setting};
use crate::model;
use crate::plan::Plan;
use crate::source::Origin;

use super::conditions::{self, Watched};
use super::steps::{self, ReleaseJob};

/// The longest that a rollback takes where the platform's facts say nothing.
const ROLLBACK_SECONDS: u64 = 300;

/// A workload that the scripts can release.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) environment: &'a EnvironmentFacts,
    pub(super) workload: &'a Workload,
    pub(super) backend: &'static dyn Backend,
}

/// Every workload whose platform compiles.
pub(super) fn targets<'a>(plan: &Plan<'a>) -> Vec<Target<'a>> {
    let environments = plan.facts.environments.iter();
    environments
        .flat_map(|environment| {
            environment.workloads.iter().filter_map(move |workload| {
                let backend = platform::backend(&workload.host.platform.value)?;
                if !workload.host.is_released() {
                    return None;
                }
                Some(Target { environment, workload, backend })
            })
        })
        .collect()
}

/// The script.
pub(super) fn script(plan: &Plan<'_>, targets: &[Target<'_>]) -> Script {
    let mut script = Script::file();
    script.comment("Read by the scripts beside it; not run by itself. It needs bash 4.4.");
    script.line("shopt -s inherit_errexit", &[]);
    script.blank();
    script.line(include_str!("target.sh").trim_end(), &[]);
    script.blank();
    select(plan, targets, &mut script);
    script.blank();
    checks(plan, targets, &mut script);
    script.blank();
    watched(plan, targets, &mut script);
    script.blank();
    schema(plan, targets, &mut script);
    let mut named: Vec<&str> = Vec::new();
    for target in targets {
        if !named.contains(&target.backend.platform()) {
            named.push(target.backend.platform());
            script.blank();
            script.append(&target.backend.functions());
        }
    }
    script
}

/// Where measurements are asked, unless the caller says otherwise.
fn prometheus(plan: &Plan<'_>, environment: &EnvironmentFacts, script: &mut Script) {
    let metrics = plan.setting(environment).observe.as_ref().and_then(|observe| observe.metrics.as_ref());
    let Some(url) = metrics.and_then(|metrics| metrics.url.as_ref()) else { return };
    script.at(&url.origin, |script| {
        script.line("prometheus={url}", &[("url", Word::text(url.value.trim_end_matches('/')))]);
    });
}

/// The arm of a `case` for a workload.
fn arm(target: &Target<'_>) -> [(&'static str, Word); 2] {
    [("environment", Word::text(&target.environment.name.value)), ("service", Word::text(&target.workload.name.value))]
}

/// `select_target ENVIRONMENT SERVICE`.
fn select(plan: &Plan<'_>, targets: &[Target<'_>], script: &mut Script) {
    script.comment(
        "Sets the variables that tell where a service runs; anything else is an error with the list of what there is.",
    );
    script.comment("shellcheck disable=SC2034 # the scripts beside this one read them");
    script.function("select_target", |script| {
        script.line("target_environment=$1", &[]);
        script.line("target_ephemeral=no", &[]);
        script.line("target_jobs=()", &[]);
        script.line("prometheus=''", &[]);
        for name in sometimes_empty(plan, targets) {
            script.line("{name}=''", &[("name", Word::raw(name))]);
        }
        ephemeral(plan, script);
        script.case("\"$1/$2\"", &[], |cases| {
            for target in targets {
                cases.arm("{environment}/{service}", &arm(target), |script| {
                    script.at(&target.workload.name.origin, |script| select_one(plan, target, script));
                });
            }
            cases.arm("*", &[], |script| {
                script.line("say {list}", &[("list", Word::text(listed(targets)))]);
                script.line("fail \"$1 has no service $2 that these scripts release\"", &[]);
            });
        });
    });
}

fn is_empty(setting: &Setting) -> bool {
    setting.value == Word::text("")
}

/// The variables that some workload leaves empty, which are therefore emptied before each choice.
fn sometimes_empty(plan: &Plan<'_>, targets: &[Target<'_>]) -> Vec<String> {
    let mut names: Vec<String> = targets
        .iter()
        .flat_map(|target| target.backend.settings(plan, target.environment, target.workload))
        .filter(is_empty)
        .map(|setting| setting.name)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Previews exist once per pull request, whose number is part of every name.
fn ephemeral(plan: &Plan<'_>, script: &mut Script) {
    for environment in plan.ephemeral() {
        let words = [("environment", Word::text(&environment.name.value))];
        script.at(&environment.ephemeral.origin, |script| {
            script.when("[[ $1 == {environment} ]]", &words, |script| {
                script.line("target_ephemeral=yes", &[]);
                script.when("[[ ! ${PULL_REQUEST:-} =~ ^[0-9]{1,6}$ ]]", &[], |script| {
                    script.line("fail 'PULL_REQUEST must be the number of the pull request'", &[]);
                });
            });
        });
    }
}

fn listed(targets: &[Target<'_>]) -> String {
    let names: Vec<String> = targets
        .iter()
        .map(|target| [&target.environment.name.value, " ", target.workload.name.value.as_str()].concat())
        .collect();
    ["These can be released: ", &names.join(", "), "."].concat()
}

fn select_one(plan: &Plan<'_>, target: &Target<'_>, script: &mut Script) {
    let Target { environment, workload, backend } = target;
    script.line("target_platform={platform}", &[("platform", Word::text(backend.platform()))]);
    let jobs = steps::release_jobs(plan, environment, workload);
    if !jobs.is_empty() {
        let names: Vec<Word> = jobs.iter().map(|job| Word::text(job_name(workload, job))).collect();
        script.line("target_jobs=({names})", &[("names", Word::List(names))]);
    }
    let planned = steps::steps(plan, environment, workload);
    script.line("target_steps=(", &[]);
    for one in &planned {
        script.at(&one.origin, |script| {
            script.line("  {step}", &[("step", Word::text(one.step.arguments().join(" ")))]);
        });
    }
    script.line(")", &[]);
    let seconds = rollback_seconds(backend.platform()).to_string();
    script.line("target_rollback_seconds={seconds}", &[("seconds", Word::text(seconds))]);
    if !conditions::watched(plan, environment, workload).is_empty() {
        prometheus(plan, environment, script);
    }
    for setting in backend.settings(plan, environment, workload).iter().filter(|setting| !is_empty(setting)) {
        script.at(&setting.origin, |script| {
            let value = setting.value.clone();
            script.line("{name}={value}", &[("name", Word::raw(&setting.name)), ("value", value)]);
        });
    }
}

/// The name by which the platform's functions know a job of a release.
fn job_name(workload: &Workload, job: &ReleaseJob<'_>) -> String {
    match job {
        ReleaseJob::Migration(migration) => [&workload.name.value, "-", migration.name.value.as_str()].concat(),
        ReleaseJob::Task(task) => task.name.value.clone(),
    }
}

fn rollback_seconds(platform: &str) -> u64 {
    let facts = crate::standard::get::<model::StdPlatform>("platform", platform);
    let step = facts.and_then(|facts| facts.duration.iter().find(|duration| duration.step.value == "rollback"));
    step.map_or(ROLLBACK_SECONDS, |duration| duration.most.value.seconds())
}

/// `target_checks`: health, and the checks of the strategy.
fn checks(plan: &Plan<'_>, targets: &[Target<'_>], script: &mut Script) {
    script.comment("What `ops/verify.sh` looks at.");
    script.comment("shellcheck disable=SC2154 # the script that calls this says which");
    script.function("target_checks", |script| {
        script.case("\"$environment/$service\"", &[], |cases| {
            for target in targets {
                let checks = checks_of(plan, target);
                if !checks.lines.is_empty() {
                    cases.arm("{environment}/{service}", &arm(target), |script| {
                        script.append(&checks);
                    });
                }
            }
            cases.arm("*", &[], |script| {
                script.line("say \"$service answers no requests: what its platform says counts\"", &[]);
            });
        });
    });
}

fn checks_of(plan: &Plan<'_>, target: &Target<'_>) -> Script {
    let mut script = Script::new();
    let service = &target.workload.name.value;
    if let Some((path, origin)) = health(target.workload) {
        script.at(&origin, |script| {
            script.line(
                "check_get health {service} {path} 2xx 5",
                &[("service", Word::text(service)), ("path", Word::text(path))],
            );
        });
    }
    let strategy = plan.strategy(target.environment, target.workload);
    for verify in strategy.map(|strategy| strategy.verify.as_slice()).unwrap_or_default() {
        let name = || Word::text(&verify.name.value);
        for get in &verify.get {
            let on = get.on.as_ref().map_or(service, |on| &on.value);
            script.at(&get.origin, |script| {
                script.line(
                    "check_get {name} {service} {path} {status} {seconds}",
                    &[
                        ("name", name()),
                        ("service", Word::text(on)),
                        ("path", Word::text(&get.path.value)),
                        ("status", Word::text(get.status.value.get().to_string())),
                        ("seconds", Word::text(get.within.value.seconds().to_string())),
                    ],
                );
            });
        }
        for run in &verify.run {
            let folder = run.in_.as_ref().map_or(".", |folder| folder.value.as_str());
            script.at(&run.origin, |script| {
                script.line(
                    "check_run {name} {folder} {command}",
                    &[("name", name()), ("folder", Word::text(folder)), ("command", Word::text(&run.command.value))],
                );
            });
        }
    }
    script
}

/// The path of a workload's health, where it is asked by HTTP.
fn health(workload: &Workload) -> Option<(String, Origin)> {
    let port = workload.main_port().filter(|port| port.protocol == crate::derive::Protocol::Http)?;
    let probe = port.node.health.as_ref().filter(|probe| probe.run.is_none())?;
    match &probe.path {
        Some(path) => Some((path.value.clone(), path.origin.clone())),
        None => Some(("/".to_owned(), probe.origin.clone())),
    }
}

/// `target_conditions VERSION`: fills what `watch` asks.
fn watched(plan: &Plan<'_>, targets: &[Target<'_>], script: &mut Script) {
    let hole = [("version_hole", Word::text(conditions::VERSION))];
    script.comment(
        "Adds a condition that takes a version back. Each query gives a series exactly while it holds of this version.",
    );
    script.function("condition", |script| {
        script.line("condition_text+=(\"$1\")", &[]);
        script.line("condition_query+=(\"${2//{version_hole}/$version}\")", &hole);
        script.line("condition_enough+=(\"${3//{version_hole}/$version}\")", &hole);
    });
    script.blank();
    script.comment("shellcheck disable=SC2034,SC2154 # the script that calls this says which, and reads them");
    script.function("target_conditions", |script| {
        script.line("local version=$1", &[]);
        for list in ["text", "query", "enough"] {
            script.line("condition_{list}=()", &[("list", Word::raw(list))]);
        }
        script.line("interval={seconds}", &[("seconds", Word::text(conditions::interval().to_string()))]);
        script.case("\"$environment/$service\"", &[], |cases| {
            for target in targets {
                let watched = conditions::watched(plan, target.environment, target.workload);
                if !watched.is_empty() {
                    cases.arm("{environment}/{service}", &arm(target), |script| {
                        watched.iter().for_each(|one| watch_one(one, script));
                    });
                }
            }
            cases.arm("*", &[], |script| {
                script.line(":", &[]);
            });
        });
    });
}

fn watch_one(condition: &Watched, script: &mut Script) {
    script.at(&condition.origin, |script| {
        script.long(
            &["condition {text}", "{query}", "{enough}"],
            &[
                ("text", Word::text(&condition.text)),
                ("query", Word::text(&condition.query)),
                ("enough", text_or_empty(condition.enough.as_deref().unwrap_or_default())),
            ],
        );
    });
}

/// Data as a word; nothing is two quotes.
fn text_or_empty(text: &str) -> Word {
    if text.is_empty() { Word::raw("''") } else { Word::text(text) }
}

/// `target_schema`: what a rollback leaves as it is.
fn schema(plan: &Plan<'_>, targets: &[Target<'_>], script: &mut Script) {
    script.comment("Says what going back leaves as it is.");
    script.comment("shellcheck disable=SC2154 # the script that calls this says which");
    script.function("target_schema", |script| {
        script.case("\"$environment/$service\"", &[], |cases| {
            for target in targets {
                let setting = plan.setting(target.environment);
                let Some(service) = target.workload.service(setting) else { continue };
                if service.migrate.is_empty() {
                    continue;
                }
                cases.arm("{environment}/{service}", &arm(target), |script| {
                    for migration in &service.migrate {
                        script.at(&migration.origin, |script| {
                            script.line("say {text}", &[("text", Word::text(schema_text(migration)))]);
                        });
                    }
                });
            }
            cases.arm("*", &[], |script| {
                script.line(":", &[]);
            });
        });
    });
}

fn schema_text(migration: &model::Migrate) -> String {
    let stays = ["The schema of ", &migration.for_.value, " stays as ", &migration.name.value, " left it: "];
    let why = match migration.pattern.value {
        model::MigrationPattern::ExpandContract => "the version before lives with it, because the change only adds. ",
        model::MigrationPattern::Offline => "the version before may not live with it. ",
    };
    let way = match (&migration.down, &migration.runbook) {
        (Some(down), _) => ["Its way back, by hand and with a backup: ", &down.value].concat(),
        (None, Some(runbook)) => ["What to do is in the runbook: ", &runbook.value].concat(),
        (None, None) => "It has no way back.".to_owned(),
    };
    [&stays.concat(), why, &way].concat()
}
