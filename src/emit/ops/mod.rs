//! The scripts in `ops/`: the one implementation of a rollout, run by hand and by the workflows.

mod bootstrap;
mod conditions;
mod places;
mod steps;
mod target;

pub use bootstrap::{has_bootstrap, provisions};
pub use conditions::{Watched, watched};
pub use steps::{PlannedStep, ReleaseJob, Step, moves_traffic, release_jobs, steps};

use crate::artifact::{Artifact, Group, Script, Word};
use crate::plan::Plan;
use crate::source::Origin;

/// Adds the scripts, where anything is hosted on a platform that compiles.
pub(crate) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    let targets = target::targets(plan);
    let Some(origin) = hosts(&targets) else { return };
    let target = target::script(plan, &targets);
    artifacts.push(Artifact::shell("ops/target.sh", Group::CiCd, target, &origin));
    for (name, purpose, variables, body, usage) in SCRIPTS {
        let path = ["ops/", name, ".sh"].concat();
        artifacts.push(Artifact::shell(path, Group::CiCd, script(purpose, variables, body, usage), &origin));
    }
}

/// Adds `ops/bootstrap.sh`.
pub(crate) fn emit_bootstrap(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    let targets = target::targets(plan);
    let Some(origin) = hosts(&targets) else { return };
    artifacts.push(Artifact::shell("ops/bootstrap.sh", Group::Operations, bootstrap::script(plan), &origin));
}

/// The hosts of the targets: while one of them is there, so are the scripts.
fn hosts(targets: &[target::Target<'_>]) -> Option<Origin> {
    let mut origins = targets.iter().map(|target| &target.workload.host.platform.origin);
    let first = origins.next()?.clone();
    Some(origins.fold(first, |all, one| all.with(one)))
}

/// Name, purpose, variables with which it starts, body and help of each script.
const SCRIPTS: [(&str, &str, &[&str], &str, &str); 3] = [
    (
        "deploy",
        "Releases one service, in one go or step by step.",
        &["dry_run=no", "remove=no", "words=()"],
        include_str!("deploy.sh"),
        include_str!("deploy.txt"),
    ),
    (
        "rollback",
        "Brings one service back to an earlier version.",
        &["dry_run=no", "from=''", "words=()"],
        include_str!("rollback.sh"),
        include_str!("rollback.txt"),
    ),
    (
        "verify",
        "Looks whether one service is well.",
        &["digest_only=no", "words=()"],
        include_str!("verify.sh"),
        include_str!("verify.txt"),
    ),
];

fn script(purpose: &str, variables: &[&str], body: &str, usage: &str) -> Script {
    let mut script = Script::file();
    script.comment(purpose);
    script.at(&Origin::rule("the scripts are the same in every project; what differs is in ops/target.sh"), |script| {
        script.line("here=$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)", &[]);
        script.line("cd \"$here/..\"", &[]);
        script.comment("shellcheck source=ops/target.sh disable=SC1091");
        script.line("source \"$here/target.sh\"", &[]);
        script.blank();
        for variable in variables {
            script.line(variable, &[]);
        }
        script.blank();
        script.function("usage", |script| {
            script.heredoc("cat", &[], usage);
        });
        script.blank();
        script.line("{body}", &[("body", Word::raw(body.trim_end()))]);
    });
    script
}
