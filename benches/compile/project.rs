//! The projects that are measured.

use std::fmt::Write as _;

/// More services than this are no larger measure: what a build writes grows with them, a thousandfold of their text.
const MOST_SERVICES: usize = 1_000;
/// The bytes of one setting of a service.
const SETTING: usize = 36;
/// The bytes of a service without further settings.
const SERVICE: usize = 450;

/// What every project begins with.
const HEAD: &str = r#"edition "2026"
app "bench" { repo "github.com/acme/bench"; owner "team" contact="team@acme.example" }
resource "orders" kind="postgres" version="16" { storage "10GiB"; backup every="1d" keep="7d" }
observe { metrics "prometheus" url="https://prometheus.acme.example" retention="30d"; route "page" to="webhook" key="${secret.hook}" escalate-after="15m" }
secret "hook" { from "gcp-secret-manager" path="hook"; rotate every="90d" owner="team" then="none" }
strategy "careful" kind="canary" { step weight="10%" hold="30m"; step weight="100%"; rollback within="15m" { when "error_rate > 2% for 5m" } }
environment "staging" { host "cloud-run" region="europe-west1" project="acme-staging"; trigger push="main" }
environment "production" { host "cloud-run" region="europe-west1" project="acme-prod"; promote from="staging"; strategy "careful" }
"#;

/// A project of so many services with cross-references, one objective each, and two environments.
pub(crate) fn services(count: usize) -> String {
    with_settings(count, 0)
}

/// A project of about so many bytes, a tenth more at most: of more and more services, then of services with more and
/// more settings. It is always whole, so every stage has the same work to do as with a file that somebody wrote.
pub(crate) fn sized(bytes: usize) -> String {
    let rest = bytes.saturating_sub(HEAD.len());
    let count = (rest / SERVICE).clamp(1, MOST_SERVICES);
    let plain = services(count);
    let lacking = bytes.saturating_sub(plain.len());
    match lacking.div_ceil(count * SETTING) {
        0 => plain,
        settings => with_settings(count, settings),
    }
}

fn with_settings(count: usize, settings: usize) -> String {
    let mut text = String::from(HEAD);
    for index in 0..count {
        let next = (index + 1) % count.max(1);
        let calls = if count > 1 { format!("calls \"s{next}\"; ") } else { String::new() };
        let _ = writeln!(
            text,
            "service \"s{index}\" {{\n    image \"ghcr.io/acme/s{index}:1.0.{index}\"\n    http port=8080 {{ health \"/healthz\" }}\n    \
             size cpu=\"1\" memory=\"512MiB\"\n    scale min=1 max=4\n    usage traffic=\"1M req/month\" egress=\"1 GB/month\"\n    {calls}uses \"orders\"\n    \
             env {{\n        LOG_LEVEL \"info\"\n        DATABASE_URL \"${{resource.orders.url}}\"\n        NAME \"${{environment.name}}-s{index}\""
        );
        for setting in 0..settings {
            let _ = writeln!(text, "        SETTING_{setting:04} \"value {setting:06}\"");
        }
        let _ = writeln!(
            text,
            "    }}\n}}\nslo \"s{index}-availability\" service=\"s{index}\" {{ objective \"99.9%\" window=\"30d\" sli=\"availability\"; notify page=\"page\" }}"
        );
    }
    text
}
