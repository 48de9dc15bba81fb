//! Security tests: those that the pipeline makes on every change, and those that a person makes.

use crate::artifact::Script;
use crate::artifact::markdown::{Block, Item, Prose, Task, bullets, item, paragraph, shell, task};
use crate::emit::paper::security::{Entry, file};
use crate::emit::paper::{always, code};
use crate::plan::{Plan, joined};

pub(super) fn blocks(plan: &Plan<'_>, entries: &[Entry<'_, '_>]) -> Vec<Block> {
    let rule = always("a part of every threat model");
    let mut out = Vec::new();
    let scans = scans(plan);
    if let Some(origin) = joined(scans.iter().filter_map(|item| item.origin.clone())) {
        out.push(paragraph("On every change, by the pipeline:").at(&origin));
        out.push(bullets(scans).at(&origin));
    }
    let mut script = Script::new();
    script.line("gitleaks dir . --config .gitleaks.toml --redact", &[]);
    script.line("gitleaks git . --config .gitleaks.toml --redact", &[]);
    out.push(paragraph("Credentials in the files and in the whole history, by hand:").at(&rule));
    out.push(shell(script).at(&rule));
    let tests: Vec<Item> = entries.iter().filter_map(test).collect();
    if let Some(origin) = joined(tests.iter().filter_map(|item| item.origin.clone())) {
        out.push(paragraph("By hand, before the first release and after each change of what it is about:").at(&origin));
        out.push(bullets(tests).at(&origin));
    }
    out
}

fn scans(plan: &Plan<'_>) -> Vec<Item> {
    let kinds = plan.model.pipeline.iter().flat_map(|pipeline| &pipeline.scan);
    let (service, _) = plan.pipeline();
    let path = match service {
        crate::model::PipelineService::Github => ".github/workflows/ci.yml",
        crate::model::PipelineService::Gitlab => ".gitlab-ci.yml",
    };
    let told = |kind: &crate::source::Sourced<crate::model::ScanKind>| {
        let job = ["scan-", kind.value.word()].concat();
        item(Prose::from(code(job)).then(" in ").then(file(path)).then(".")).at(&kind.origin)
    };
    kinds.map(told).collect()
}

fn test(entry: &Entry<'_, '_>) -> Option<Item> {
    let test = entry.first.threat.test_of(&entry.subject())?;
    Some(task(Task::Open, Prose::from(entry.here()).then(": ").then(test)).at(&entry.origin()))
}
