//! Who is responsible, who is called, and when somebody else is.

use crate::artifact::markdown::{Block, Inline, Prose, prose, row, table};
use crate::emit::paper::code;
use crate::model::{self, RouteTarget};
use crate::plan::Plan;
use crate::source::Origin;

/// The owner of the application, with a way to reach them.
pub(super) fn owner(plan: &Plan<'_>) -> Option<(Prose, Origin)> {
    let owner = plan.model.app.as_ref()?.owner.as_ref()?;
    let name = Prose::from(Inline::strong(&owner.name.value));
    match &owner.contact {
        Some(contact) => {
            let words = name.then(" (").then(contact_link(&contact.value)).then(")");
            Some((words, owner.name.origin.clone().with(&contact.origin)))
        }
        None => Some((name, owner.name.origin.clone())),
    }
}

/// An address of mail or of the web as a link, anything else as text.
fn contact_link(contact: &str) -> Inline {
    let plain = contact.chars().all(|character| character.is_ascii_graphic() && !"<>()\"`\\".contains(character));
    match plain {
        true if contact.starts_with("https://") => Inline::url(contact, contact),
        true if contact.split('@').count() == 2 => Inline::url(contact, ["mailto:", contact].concat()),
        true | false => Inline::text(contact),
    }
}

/// The name of a kind of route in documents.
pub(super) fn target_title(target: RouteTarget) -> &'static str {
    match target {
        RouteTarget::Pagerduty => "PagerDuty",
        RouteTarget::Opsgenie => "Opsgenie",
        RouteTarget::Slack => "Slack",
        RouteTarget::Teams => "Microsoft Teams",
        RouteTarget::Email => "mail",
        RouteTarget::Webhook => "a webhook",
    }
}

/// The routes that alerts take.
pub(super) fn routes<'a>(plan: &Plan<'a>) -> &'a [model::ObserveRoute] {
    plan.model.declared.observe.as_ref().map_or(&[], |observe| &observe.route)
}

/// The route of an alert of a severity: the one of its name, else the loudest or the quietest.
pub(super) fn route_of<'a>(plan: &Plan<'a>, severity: model::AlertSeverity) -> Option<&'a model::ObserveRoute> {
    let routes = routes(plan);
    let nearest = match severity {
        model::AlertSeverity::Page => routes.first(),
        model::AlertSeverity::Ticket => routes.last(),
    };
    routes.iter().find(|route| route.name.value == severity.word()).or(nearest)
}

/// The table of routes; empty where there are none.
pub(super) fn contacts(plan: &Plan<'_>) -> Block {
    let rows = routes(plan).iter().map(|route| {
        let to = Prose::from(target_title(route.to.value));
        let to = match &route.channel {
            Some(channel) => to.then(" ").then(code(&channel.value)),
            None => to,
        };
        let after = match &route.escalate_after {
            Some(after) => {
                prose("when nobody answers for {after}", &[("after", Inline::text(after.value.to_string()))])
            }
            None => "never by itself".into(),
        };
        row([Prose::from(code(&route.name.value)), to, after]).at(&route.origin)
    });
    table(["Route", "Reaches people by", "Escalates"]).rows(rows)
}

/// A route in a sentence.
pub(super) fn route_words(plan: &Plan<'_>, name: &str) -> Prose {
    match routes(plan).iter().find(|route| route.name.value == name) {
        Some(route) => Prose::from(code(name)).then([" (", target_title(route.to.value), ")"].concat()),
        None => Prose::from(code(name)),
    }
}
