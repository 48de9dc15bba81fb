//! Alertmanager: who is told of what, by which tool, and who next when nobody answers.

use crate::artifact::{Artifact, Dialect, Group, Tree, code, list, map, text};
use crate::model::{self, AlertSeverity, RouteTarget, StdBurnWindow};
use crate::plan::signal::{defaults, prometheus_duration, route_of, watched};
use crate::plan::{Plan, joined};
use crate::source::Origin;
use crate::standard;

/// The file.
const PATH: &str = "deploy/observability/alertmanager.yml";

/// Where Alertmanager finds the keys of its receivers: one file for each secret, named as the secret.
pub(super) const SECRETS: &str = "/etc/alertmanager/secrets";

/// The routes of all watched environments, in the order written; the environment that matters most says how they are.
pub(super) fn routes<'a>(plan: &Plan<'a>) -> Vec<&'a model::ObserveRoute> {
    let mut routes: Vec<&'a model::ObserveRoute> = Vec::new();
    for environment in watched(plan).into_iter().rev() {
        for route in plan.observe(environment).map(|observe| observe.route.as_slice()).unwrap_or_default() {
            if !routes.iter().any(|known| known.name.value == route.name.value) {
                routes.push(route);
            }
        }
    }
    routes
}

/// Adds the file, where anybody is to be told.
pub(super) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    let routes = routes(plan);
    let Some(last) = routes.last() else { return };
    let Some(all) = joined(routes.iter().map(|route| route.origin.clone())) else { return };
    let defaults = defaults();
    let pages = watched(plan).last().and_then(|environment| route_of(plan, environment, AlertSeverity::Page));
    let mut below: Vec<Tree> = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        let repeat = match &pages {
            Some(pages) if pages.value == route.name.value => &defaults.repeat_page,
            Some(_) | None => &defaults.repeat_ticket,
        };
        let above = index.checked_sub(1).and_then(|above| routes.get(above));
        let matcher = || list([text(format!("route=\"{}\"", route.name.value))]);
        let escalation = above.zip(route.escalate_after.as_ref());
        below.push(
            map()
                .put("matchers", matcher())
                .put("receiver", text(route.name.value.clone()))
                .put("repeat_interval", text(prometheus_duration(repeat.value)).at(&repeat.origin))
                .put_some("continue", escalation.map(|_| Tree::from(model_true())))
                .at(&route.origin),
        );
        if let Some((above, after)) = escalation {
            // A silence is the answer: what is neither silenced nor over by then goes to the route above.
            below.push(
                map()
                    .put("matchers", matcher())
                    .put("receiver", text(above.name.value.clone()))
                    .put("group_wait", text(prometheus_duration(after.value)).at(&after.origin))
                    .put("repeat_interval", text(prometheus_duration(repeat.value)).at(&repeat.origin))
                    .at(&after.origin)
                    .comment("Nobody has silenced it: it goes to the route above."),
            );
        }
    }
    let grouped = ["alertname", "app", "environment", "service", "resource", "domain"];
    let root = map()
        .put("receiver", text(last.name.value.clone()).at(&last.name.origin))
        .put("group_by", list(grouped.map(text)).at(&Origin::rule("one message for one alert of one subject")))
        .put("group_wait", text(prometheus_duration(defaults.group_wait.value)).at(&defaults.group_wait.origin))
        .put(
            "group_interval",
            text(prometheus_duration(defaults.group_interval.value)).at(&defaults.group_interval.origin),
        )
        .put(
            "repeat_interval",
            text(prometheus_duration(defaults.repeat_ticket.value)).at(&defaults.repeat_ticket.origin),
        )
        .put("routes", list(below));
    let document = map()
        .put("route", root)
        .put("inhibit_rules", inhibitions(plan))
        .put("receivers", list(routes.iter().map(|route| receiver(route))));
    artifacts.push(Artifact::yaml(PATH, Group::Observability, Dialect::Plain, document, &all));
}

fn model_true() -> crate::artifact::Value {
    crate::artifact::Value::Bool(true)
}

/// What is down is told once, and the fastest burn of a budget speaks for the slower ones.
fn inhibitions(plan: &Plan<'_>) -> Tree {
    let mut rules = vec![
        map()
            .put("source_matchers", list([text("alertname=\"service-down\"")]))
            .put("target_matchers", list([text("alertname=~\"high-error-rate|high-latency|no-traffic|no-instance\"")]))
            .put("equal", list(["app", "environment", "service"].map(text)))
            .at(&Origin::rule("a service that is down is told once")),
    ];
    let windows: Vec<&'static StdBurnWindow> = standard::all("burn-window");
    if let Some((fastest, slower)) = windows.split_first()
        && !plan.model.declared.slos.is_empty()
    {
        let names: Vec<&str> = slower.iter().map(|window| window.name.value.as_str()).collect();
        rules.push(
            map()
                .put("source_matchers", list([text(format!("alertname=~\".+-burn-{}\"", fastest.name.value))]))
                .put("target_matchers", list([text(format!("alertname=~\".+-burn-({})\"", names.join("|")))]))
                .put("equal", list(["app", "environment", "slo"].map(text)))
                .at(&fastest.origin),
        );
    }
    list(rules)
}

/// The secret that a key is a template of.
pub(super) fn secret_of(route: &model::ObserveRoute) -> Option<&str> {
    route.key_prop.as_ref()?.value.strip_prefix("${secret.")?.strip_suffix('}')
}

/// Data in a field that Alertmanager expands as a template.
fn data(value: &str) -> Tree {
    code(value.replace("{{", "{{ \"{{\" }}"))
}

const SUMMARY: &str = "{{ .CommonAnnotations.summary }}";
const RUNBOOK: &str = "{{ .CommonAnnotations.runbook_url }}";
const DASHBOARD: &str = "{{ .CommonAnnotations.dashboard_url }}";
const DESCRIPTION: &str = "{{ .CommonAnnotations.description }}";

fn receiver(route: &model::ObserveRoute) -> Tree {
    let key = secret_of(route).map(|secret| format!("{SECRETS}/{secret}"));
    let origin = route.key_prop.as_ref().map_or(&route.origin, |key| &key.origin);
    let file = |name: &str, tree: Tree| match &key {
        Some(path) => tree.put(name, text(path.clone()).at(origin)),
        None => tree,
    };
    let literal = route.key_prop.as_ref().filter(|_| key.is_none()).map(|key| text(key.value.clone()).at(&key.origin));
    let channel = route.channel.as_ref().map(|channel| data(&channel.value).at(&channel.origin));
    let links = || {
        list([
            map().put("text", text("Runbook")).put("href", code(RUNBOOK)),
            map().put("text", text("Dashboard")).put("href", code(DASHBOARD)),
        ])
    };
    let (kind, one) = match route.to.value {
        RouteTarget::Pagerduty => (
            "pagerduty_configs",
            file("routing_key_file", map())
                .put("description", code(SUMMARY))
                .put("severity", code("{{ if eq .CommonLabels.severity \"page\" }}critical{{ else }}warning{{ end }}"))
                .put(
                    "details",
                    map()
                        .put("condition", code("{{ .CommonAnnotations.condition }}"))
                        .put("description", code(DESCRIPTION)),
                )
                .put("links", links()),
        ),
        RouteTarget::Opsgenie => (
            "opsgenie_configs",
            file("api_key_file", map())
                .put("message", code(SUMMARY))
                .put("description", code(format!("{DESCRIPTION}\n{RUNBOOK}\n{DASHBOARD}")))
                .put("priority", code("{{ if eq .CommonLabels.severity \"page\" }}P1{{ else }}P3{{ end }}")),
        ),
        RouteTarget::Slack => {
            let credentials = file("credentials_file", map().put("type", text("Bearer")));
            (
                "slack_configs",
                map()
                    .put("api_url", text("https://slack.com/api/chat.postMessage"))
                    .put("http_config", map().put("authorization", credentials))
                    .put_some("channel", channel)
                    .put("title", code(SUMMARY))
                    .put("title_link", code(RUNBOOK))
                    .put("text", code(format!("{DESCRIPTION}\n{DASHBOARD}"))),
            )
        }
        RouteTarget::Teams => ("msteams_configs", file("webhook_url_file", map()).put_some("webhook_url", literal)),
        RouteTarget::Email => {
            let address = route.channel.as_ref().map_or("", |channel| channel.value.as_str());
            let domain = address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
            let sender = format!("alertmanager@{domain}");
            let mail = map()
                .put_some("to", channel)
                .put("from", data(&sender))
                .put(
                    "smarthost",
                    text("localhost:25").at(&Origin::rule("mail goes through the relay beside Alertmanager")),
                )
                .put("headers", map().put("Subject", code(SUMMARY)));
            let mail = if key.is_some() { mail.put("auth_username", data(&sender)) } else { mail };
            ("email_configs", file("auth_password_file", mail))
        }
        RouteTarget::Webhook => ("webhook_configs", file("url_file", map()).put_some("url", literal)),
    };
    let one = one.put("send_resolved", Tree::from(model_true()));
    map().put("name", text(route.name.value.clone())).put(kind, list([one])).at(&route.origin)
}
