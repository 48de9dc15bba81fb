//! Ways alerts reach people: each says what its tool needs, and no key is written down.

use crate::check::Context;
use crate::diag::{Diagnostic, code};
use crate::model::{ObserveRoute, RouteTarget};
use crate::syntax::expression::Template;

/// Judges the routes of every environment.
pub(super) fn check(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut judged: Vec<&ObserveRoute> = Vec::new();
    for (_, setting) in &context.model.environments {
        for route in setting.observe.iter().flat_map(|observe| &observe.route) {
            if judged.iter().all(|known| known.origin != route.origin) {
                judged.push(route);
                diagnostics.extend(judge(route));
            }
        }
    }
}

fn judge(route: &ObserveRoute) -> Vec<Diagnostic> {
    // Slack's interface for bots posts into the channel that it is told.
    let silent = route.to.value == RouteTarget::Slack && route.channel.is_none();
    silent.then(|| lacks(route, "channel", "channel=\"#alerts\"")).into_iter().chain(keyed(route)).collect()
}

/// Judges what gets into the tool.
fn keyed(route: &ObserveRoute) -> Option<Diagnostic> {
    let key = route.key_prop.as_ref();
    let tool = route.to.value.word();
    match route.to.value {
        RouteTarget::Email => match &route.channel {
            None => Some(lacks(route, "channel", "channel=\"team@acme.example\"")),
            Some(channel) => {
                let parts = channel.value.rsplit_once('@');
                let odd = |letter: char| letter.is_whitespace() || letter.is_control();
                let good = parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
                (!good || channel.value.contains(odd)).then(|| {
                    Diagnostic::new(code::TYPE_BAD_VALUE, channel.origin.place, "this is no address of mail")
                        .label("not an address")
                        .help("write who is written to: `team@acme.example`")
                })
            }
        },
        RouteTarget::Pagerduty | RouteTarget::Opsgenie | RouteTarget::Slack => match key {
            None => Some(lacks(route, "key", "key=\"${secret.NAME}\"")),
            Some(key) if is_secret(&key.value) => None,
            Some(key) => Some(
                Diagnostic::new(code::SECRET_LITERAL, key.origin.place, format!("a key of `{tool}` is written down"))
                    .label("stays in the history for ever")
                    .help("declare a `secret` and write `${secret.NAME}` here, and nothing else"),
            ),
        },
        RouteTarget::Teams | RouteTarget::Webhook => match key {
            None => Some(lacks(route, "key", "key=\"${secret.NAME}\"")),
            Some(key) if is_secret(&key.value) || is_address(&key.value) => None,
            Some(key) => Some(
                Diagnostic::new(code::TYPE_BAD_VALUE, key.origin.place, format!("`{tool}` cannot be reached at this"))
                    .label("not a web address")
                    .help("write `${secret.NAME}` where the secret is the whole address, or the address itself"),
            ),
        },
    }
}

fn lacks(route: &ObserveRoute, property: &str, written: &str) -> Diagnostic {
    let message = format!("a route to `{}` needs the property `{property}`", route.to.value.word());
    Diagnostic::new(code::TYPE_MISSING_PROPERTY, route.origin.place, message)
        .label(format!("no `{property}=` here"))
        .lacks([property])
        .help(format!("add `{written}`"))
}

/// Whether a text is one secret and nothing else.
fn is_secret(text: &str) -> bool {
    let name = text.strip_prefix("${secret.").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| !name.contains(['$', '{', '}']))
}

/// Whether a text is the address of a tool, with nothing left to be filled in.
fn is_address(text: &str) -> bool {
    let literal = Template::parse(text).ok().and_then(|template| template.as_literal().map(str::to_owned));
    literal.is_some_and(|text| crate::resolve::is_address(&text))
}
