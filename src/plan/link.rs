//! Links between outputs: where a runbook entry, a dashboard or a panel is found from outside, made in one place.

use crate::artifact::slug;
use crate::model;
use crate::plan::Plan;
use crate::standard;

/// The runbook, below the folder of documents.
const RUNBOOK: &str = "runbook.md";

/// The headings that the runbook has besides its entries: an entry that would share their anchor gets another one.
const SECTIONS: &[&str] = &[
    "runbook",
    "deployment",
    "prerequisites",
    "expected-duration",
    "by-the-workflow",
    "by-hand",
    "verification",
    "operations",
    "see-what-runs",
    "read-logs",
    "restart",
    "scale",
    "stop",
    "run-a-job-by-hand",
    "connect-to-a-resource",
    "backups",
    "feature-flags",
    "rotate-a-secret",
    "monitoring",
    "objectives",
    "alerts",
    "metrics",
    "dashboards-and-logs",
    "review",
    "troubleshooting",
    "rollback",
    "triggers",
    "procedure",
    "expected-time",
    "migrations",
    "rehearsals",
];

/// How the anchors begin of headings that are told of something declared.
const BEGINNINGS: &[&str] = &["by-hand-", "secret-", "runbook-"];

/// Path of the runbook from the project's root.
pub fn runbook_path(plan: &Plan<'_>) -> String {
    format!("{}/{RUNBOOK}", plan.docs())
}

/// The heading of a runbook entry: its title in the standard library, else its name as words.
pub fn runbook_title(name: &str, plan: &Plan<'_>) -> String {
    let own = plan.model.declared.runbooks.iter().any(|runbook| runbook.name.value == name);
    let fact: Option<&'static model::StdRunbook> = standard::get("runbook", name);
    let title = match fact {
        Some(fact) if !own => fact.title.value.clone(),
        Some(_) | None => words(name),
    };
    let anchor = slug(&title);
    // Names hold no underscore, so that no other entry can have this anchor.
    let headed = || SECTIONS.contains(&anchor.as_str()) || BEGINNINGS.iter().any(|start| anchor.starts_with(start));
    let told = || standard::all::<model::StdRunbook>("runbook").iter().any(|entry| slug(&entry.title.value) == anchor);
    let taken = own && (headed() || told());
    if taken { format!("{title} (runbook_{name})") } else { title }
}

/// The anchor of a runbook entry: what GitHub makes of its heading.
pub fn runbook_anchor(name: &str, plan: &Plan<'_>) -> String {
    slug(&runbook_title(name, plan))
}

/// The address of a runbook entry, where the repository is known.
pub fn runbook_url(name: &str, plan: &Plan<'_>) -> Option<String> {
    Some(format!("{}#{}", file_url(&runbook_path(plan), plan)?, runbook_anchor(name, plan)))
}

/// The address of a file of the project on its branch, where the repository is known.
pub fn file_url(path: &str, plan: &Plan<'_>) -> Option<String> {
    let repo = plan.model.app.as_ref()?.repo.as_ref()?;
    let address = repo.address.value.trim_start_matches("https://").trim_end_matches('/').trim_end_matches(".git");
    let gitlab = match plan.model.pipeline.as_ref().map(|pipeline| pipeline.service.value) {
        Some(model::PipelineService::Gitlab) => true,
        Some(model::PipelineService::Github) => false,
        None => address.starts_with("gitlab."),
    };
    let blob = if gitlab { "-/blob" } else { "blob" };
    Some(format!("https://{address}/{blob}/{}/{path}", repo.branch.value))
}

/// The address of a dashboard, where Grafana's is known, on one environment and one panel.
pub fn dashboard_url(
    observe: Option<&model::Observe>,
    uid: &str,
    environment: &str,
    panel: Option<u64>,
) -> Option<String> {
    let base = observe?.dashboards.as_ref()?.url.as_ref()?.value.trim_end_matches('/').to_owned();
    let panel = panel.map(|panel| format!("&viewPanel={panel}")).unwrap_or_default();
    Some(format!("{base}/d/{uid}?var-environment={environment}{panel}"))
}

/// `queue-stuck` as the words of a heading: `Queue stuck`.
fn words(name: &str) -> String {
    let text = name.replace('-', " ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_headings() {
        assert_eq!(words("queue-stuck"), "Queue stuck");
        assert_eq!(slug(&words("queue-stuck")), "queue-stuck");
    }
}
