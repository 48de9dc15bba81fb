//! `SECURITY.md`: how somebody from outside reports a hole; written once, then the project's.

use crate::artifact::markdown::{Block, Inline, Item, Prose, bullets, heading, item, paragraph};
use crate::artifact::{Artifact, Group};
use crate::emit::paper::security::incident;
use crate::emit::paper::{always, people};
use crate::model::PipelineService;
use crate::plan::Plan;

/// Where hosts of repositories look for it.
pub(super) const PATH: &str = "SECURITY.md";

pub(super) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    let Some(app) = &plan.model.app else { return };
    let file = Artifact::markdown(PATH, Group::ThreatModel, blocks(plan), &app.name.origin);
    artifacts.push(file.written_once());
}

fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let rule = always("every project says how holes are reported");
    let mut out = vec![heading(1, "Security Policy")];
    out.push(heading(2, "Reporting a Vulnerability").at(&rule));
    out.push(paragraph("Please do not open a public issue. Report it in private:").at(&rule));
    out.push(bullets(ways(plan)));
    let words = "Say what you found, where, how to repeat it, and how you want to be named. Please use no data of other people and do not make the service unusable.";
    out.push(paragraph(words).at(&rule));
    out.push(heading(2, "What Happens Then").at(&rule));
    out.push(bullets(answers(plan)));
    out.push(heading(2, "What Is Supported").at(&rule));
    let words = "The version in service is supported; a fix is released to it, not to older ones.";
    out.push(paragraph(words).at(&rule));
    out
}

fn ways(plan: &Plan<'_>) -> Vec<Item> {
    let mut all = Vec::new();
    let app = plan.model.app.as_ref();
    if let Some(repo) = app.and_then(|app| app.repo.as_ref()) {
        let address = repo.address.value.trim_start_matches("https://").trim_end_matches('/').trim_end_matches(".git");
        let (what, path) = match plan.pipeline().0 {
            PipelineService::Github => ("a private vulnerability report", "/security/advisories/new"),
            PipelineService::Gitlab => ("a confidential issue", "/-/issues/new?issue[confidential]=true"),
        };
        let link = Inline::url(what, ["https://", address, path].concat());
        all.push(item(Prose::from("by ").then(link).then(".")).at(&repo.address.origin));
    }
    if let Some((owner, origin)) = people::owner(plan)
        && app.and_then(|app| app.owner.as_ref()).is_some_and(|owner| owner.contact.is_some())
    {
        all.push(item(Prose::from("to ").then(owner).then(".")).at(&origin));
    }
    all
}

/// What a reporter may count on; no time is promised that nobody has declared.
fn answers(plan: &Plan<'_>) -> Vec<Item> {
    let rule = always("a report from outside is handled as an incident");
    let response = Inline::file("an incident", incident::path(plan));
    let words = Prose::from("What is true is handled as ")
        .then(response)
        .then(": its severity decides who is told and by when.");
    vec![
        item("You hear that it arrived, and whether it could be repeated.").at(&rule),
        item(words).at(&rule),
        item("You are told when the fix is in service, before anything is published, and named if you wish.").at(&rule),
    ]
}
