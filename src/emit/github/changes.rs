//! Which services a change touches: the job `changes` of a repository with several of them.

use crate::artifact::{Script, Word, github};
use crate::derive::{ImageFacts, ImageSource};
use crate::emit::github::workflow::{Job, Step};
use crate::plan::Plan;
use crate::source::{Origin, Sourced};

/// The job's key.
pub(super) const KEY: &str = "changes";

/// What changes one image; `None` where that cannot be known and the whole repository does.
fn patterns(image: &ImageFacts) -> Option<Vec<Sourced<String>>> {
    let source = &image.source;
    if source.value == "." {
        return None;
    }
    let inside = |path: &str| path.starts_with(&[source.value.as_str(), "/"].concat());
    let lock = image.manifest.as_ref().and_then(|manifest| manifest.lock.as_deref());
    let own_lock = lock.is_some_and(inside) || (lock.is_none() && image.runtime.is_none());
    let own_context = image.context.value == source.value;
    if image.node.watch.is_empty() && !(own_lock && own_context) {
        return None;
    }
    let mut found = vec![Sourced::new([source.value.as_str(), "/**"].concat(), source.origin.clone())];
    found.extend(image.node.watch.iter().cloned());
    let mut also = |path: &str, origin: &Origin| {
        if !inside(path) {
            found.push(Sourced::new(path.to_owned(), origin.clone()));
        }
    };
    if let Some(lock) = lock {
        also(lock, &source.origin);
    }
    if let ImageSource::Theirs(file) = &image.instructions {
        also(&file.value, &file.origin);
    }
    Some(found)
}

/// The images whose change can be told, with what changes them.
fn known<'a>(plan: &Plan<'a>) -> Vec<(&'a ImageFacts, Vec<Sourced<String>>)> {
    plan.facts.images.iter().filter_map(|image| Some((image, patterns(image)?))).collect()
}

/// The job, where there are several images and one of them at least can stay as it is.
pub(super) fn job(plan: &Plan<'_>, origin: &Origin) -> Option<Job> {
    let known = known(plan);
    if plan.facts.images.len() < 2 || known.is_empty() {
        return None;
    }
    let step = Step::run("Compare with the commit before", script(&known), origin)
        .id("changes")
        .env("BASE", github("github.event.pull_request.base.sha || github.event.before"));
    let checkout = Step::checkout(origin).with("fetch-depth", 0);
    let mut job = Job::new(KEY, 5, origin).named("Find what changed").step(checkout).step(step);
    for (image, _) in &known {
        let output = github(&["steps.changes.outputs.", &image.name.value].concat());
        job.outputs.push((image.name.value.clone(), output.at(&image.name.origin)));
    }
    Some(job)
}

fn script(known: &[(&ImageFacts, Vec<Sourced<String>>)]) -> Script {
    let mut script = Script::strict();
    script
        .comment("Where the commit before is not known, and where the pipeline changed, everything counts as changed.");
    script.line("everything=no", &[]);
    script.when_else(
        "git cat-file -e \"$BASE^{commit}\" 2>/dev/null",
        &[("commit", Word::raw("{commit}"))],
        |then| {
            then.line("git diff --name-only \"$BASE\" HEAD >\"$RUNNER_TEMP/changed\"", &[]);
        },
        |otherwise| {
            otherwise.line("everything=yes", &[]).line(": >\"$RUNNER_TEMP/changed\"", &[]);
        },
    );
    for (image, _) in known {
        script.at(&image.name.origin, |script| {
            script.line("{variable}=no", &[("variable", Word::raw(variable(image)))]);
        });
    }
    let open = "while IFS= read -r file; do";
    let close = "done <\"$RUNNER_TEMP/changed\"";
    script.block(open, &[], |body| each_file(body, known), close);
    for (image, _) in known {
        let holes = [
            ("image", Word::text(image.name.value.as_str())),
            ("variable", Word::raw(variable(image))),
            ("value", Word::var(variable(image))),
        ];
        let [image_hole, variable_hole, value_hole] = holes;
        script.at(&image.name.origin, |script| {
            script.when("[[ $everything == yes ]]", &[], |then| {
                then.line("{variable}=yes", &[variable_hole]);
            });
            script.line("echo {image}={value} | tee -a \"$GITHUB_OUTPUT\"", &[image_hole, value_hole]);
        });
    }
    script
}

fn each_file(body: &mut Script, known: &[(&ImageFacts, Vec<Sourced<String>>)]) {
    body.when("[[ $file == *.kdl || $file == .github/workflows/ci.yml ]]", &[], |then| {
        then.line("everything=yes", &[]);
    });
    for (image, patterns) in known {
        for pattern in patterns {
            body.at(&pattern.origin, |body| {
                body.when("[[ $file == {glob} ]]", &[("glob", glob(&pattern.value))], |then| {
                    then.line("{variable}=yes", &[("variable", Word::raw(variable(image)))]);
                });
            });
        }
    }
}

/// A pattern of paths for `[[`, where `*` reaches over folders, so that it matches at least what is meant.
fn glob(pattern: &str) -> Word {
    let mut pieces = Vec::new();
    for (index, literal) in pattern.replace("**", "*").split('*').enumerate() {
        if index > 0 {
            pieces.push(Word::raw("*"));
        }
        if !literal.is_empty() {
            pieces.push(Word::text(literal));
        }
    }
    Word::Joined(pieces)
}

/// The shell variable of an image.
fn variable(image: &ImageFacts) -> String {
    ["changed_", &image.name.value.replace('-', "_")].concat()
}

/// The condition of a job that is about one image.
pub(super) fn condition(plan: &Plan<'_>, image: &ImageFacts) -> Option<String> {
    let several = plan.facts.images.len() > 1;
    (several && patterns(image).is_some()).then(|| ["needs.changes.outputs.", &image.name.value, " == 'yes'"].concat())
}
