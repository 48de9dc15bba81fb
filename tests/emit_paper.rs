//! The documents for people: their sections, that every sentence rests on a declaration, and that data stays data.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::type_complexity,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "tests may fail loudly and share modules"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use deployc::artifact::markdown::{Block, BlockKind, Item, Marker};
use deployc::artifact::{Artifact, Body, anchors};
use deployc::loader::Memory;
use deployc::source::{FileId, Origin};

/// A project that declares something of everything that the documents tell of, one declaration on each line.
const SHOP: &str = include_str!("emit_paper/shop.kdl");

const HELLO: &str = r#"edition "2026"
app "hello" { repo "github.com/acme/hello" }
service "api" { source "."; runtime "python@3.13"; command start="uvicorn main:app --port 8000"; http port=8000 { health "/healthz" } }
environment "production" { host "cloud-run" region="europe-west1" project="acme-prod" }
"#;

fn loader(deploy: &str) -> Memory {
    let manifest = br#"{"name":"shop","scripts":{"start":"node main.js"}}"#;
    let mut loader = Memory::new().with("deploy.kdl", deploy.as_bytes());
    for folder in ["apps/api", "apps/web", "apps/report"] {
        loader = loader.with(format!("{folder}/package.json"), manifest);
        loader = loader.with(format!("{folder}/package-lock.json"), b"{\"lockfileVersion\":3}");
    }
    loader
        .with("apps/api/webhooks.spec.ts", b"")
        .with("docs/architecture.md", b"# Architecture\n")
        .with("docs/plan.md", b"# Plan\n")
        .with("requirements.txt", b"fastapi==1\nuvicorn==1\n")
        .with("main.py", b"")
}

/// The documents of a project, or what is wrong with it.
fn documents(deploy: &str) -> Result<Vec<Artifact>, String> {
    let mut compilation = deployc::check(&loader(deploy), "deploy.kdl", None).unwrap();
    let artifacts = compilation.build().ok_or_else(|| format!("{:?}", compilation.diagnostics))?;
    let ours = ["docs/runbook.md", "docs/deployment.md", "docs/bootstrap.md", "SECURITY.md"];
    let is_ours = |path: &str| ours.contains(&path) || path.starts_with("docs/security/");
    Ok(artifacts.into_iter().filter(|artifact| is_ours(&artifact.path)).collect())
}

fn built(deploy: &str) -> Vec<Artifact> {
    documents(deploy).unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn document<'a>(all: &'a [Artifact], path: &str) -> &'a Artifact {
    all.iter().find(|artifact| artifact.path == path).unwrap_or_else(|| panic!("no {path}"))
}

fn blocks(artifact: &Artifact) -> &[Block] {
    match &artifact.body {
        Body::Markdown(blocks) => blocks,
        _ => panic!("{} is no document", artifact.path),
    }
}

fn headings(artifact: &Artifact, level: u8) -> Vec<String> {
    anchors(blocks(artifact)).into_iter().filter(|anchor| anchor.level == level).map(|anchor| anchor.text).collect()
}

fn text(all: &[Artifact]) -> String {
    all.iter().map(deployc::render::text).collect()
}

/// One piece of text and what it rests on.
struct Sentence {
    text: String,
    origin: Origin,
}

fn sentences(all: &[Artifact]) -> Vec<Sentence> {
    let mut found = Vec::new();
    for artifact in all {
        of_blocks(blocks(artifact), &artifact.origin, &mut found);
    }
    found
}

fn of_blocks(blocks: &[Block], inherited: &Origin, found: &mut Vec<Sentence>) {
    for block in blocks {
        let origin = block.origin.as_ref().unwrap_or(inherited);
        let mut add = |text: String, origin: &Origin| found.push(Sentence { text, origin: origin.clone() });
        match &block.kind {
            BlockKind::Heading { level, text, .. } => add(format!("{level} {}", text.shown()), origin),
            BlockKind::Paragraph(text) => add(text.shown(), origin),
            BlockKind::List { items, .. } => {
                for Item { text, children, origin: own, .. } in items {
                    let origin = own.as_ref().unwrap_or(origin);
                    found.push(Sentence { text: text.shown(), origin: origin.clone() });
                    of_blocks(children, origin, found);
                }
            }
            BlockKind::Table { rows, .. } => {
                for row in rows {
                    let cells: Vec<String> = row.cells.iter().map(|cell| cell.shown()).collect();
                    add(cells.join(" | "), row.origin.as_ref().unwrap_or(origin));
                }
            }
            BlockKind::Shell(script) => {
                for line in &script.lines {
                    add(format!("{:?}", line.kind), line.origin.as_ref().unwrap_or(origin));
                }
            }
            BlockKind::Code { text, .. } => add(text.clone(), origin),
            BlockKind::Quote(inner) => of_blocks(inner, origin, found),
            BlockKind::Flowchart(_) | BlockKind::Chart(_) => {}
        }
    }
}

fn counted(all: &[Artifact]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for sentence in sentences(all) {
        *counts.entry(sentence.text).or_insert(0) += 1;
    }
    counts
}

/// The lines that declare or name something, by the tags behind them, and every other line that is whole by itself.
fn deletions() -> Vec<(String, Vec<usize>)> {
    let mut tags: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, line) in SHOP.lines().enumerate() {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        for tag in comment.split_whitespace().filter_map(|word| word.strip_prefix('@')) {
            tags.entry(format!("@{tag}")).or_default().push(number);
        }
        if !code.trim().is_empty() && code.matches('{').count() == code.matches('}').count() {
            tags.entry(format!("line {number}: {}", code.trim())).or_default().push(number);
        }
    }
    tags.into_iter().collect()
}

fn without(lines: &[usize]) -> String {
    SHOP.lines()
        .enumerate()
        .filter(|(number, _)| !lines.contains(number))
        .map(|(_, line)| format!("{line}\n"))
        .collect()
}

/// Whether a place of the file stands in one of the lines.
fn stands_in(origin: &Origin, lines: &[usize]) -> bool {
    let inside = |span: &deployc::source::Span| {
        span.file == FileId(0)
            && lines.contains(&SHOP.as_bytes()[..span.start as usize].iter().filter(|byte| **byte == b'\n').count())
    };
    inside(&origin.place)
        && origin.also.as_deref().unwrap_or_default().iter().all(|also| also.file.is_embedded() || inside(also))
}

#[test]
fn the_entry_of_a_certificate_asks_whoever_holds_it() {
    let end = r#"project="acme-prod" }"#;
    let domain = |routes: &str| {
        HELLO
            .replace("port=8000 {", "port=8000 public=#true {")
            .replace(end, &format!(r#"project="acme-prod"; domain "shop.example" {{ {routes} }} }}"#))
    };
    let runbook = |deploy: &str| deployc::render::text(document(&built(deploy), "docs/runbook.md"));
    let alone = runbook(&domain(r#"route "/" to="api""#));
    assert!(
        alone.contains(
            "gcloud beta run domain-mappings describe --project acme-prod --region europe-west1 --domain shop.example"
        ),
        "{alone}"
    );
    assert!(!alone.contains("ssl-certificates"));
    let shared = runbook(&domain(r#"route "/" to="api"; route "/v1" to="api""#));
    assert!(shared.contains("gcloud compute ssl-certificates list --project acme-prod --global"), "{shared}");
    assert!(!shared.contains("domain-mappings"));
}

#[test]
fn the_runbook_has_exactly_its_sections() {
    for deploy in [HELLO, SHOP] {
        let all = built(deploy);
        let runbook = document(&all, "docs/runbook.md");
        assert_eq!(headings(runbook, 2), ["Deployment", "Operations", "Monitoring", "Troubleshooting", "Rollback"]);
    }
}

#[test]
fn the_deployment_plan_has_exactly_its_tree() {
    let all = built(SHOP);
    let plan = document(&all, "docs/deployment.md");
    assert_eq!(headings(plan, 1), ["Deployment Plan"]);
    assert_eq!(
        headings(plan, 2),
        [
            "Environment: staging, production",
            "Date",
            "Infrastructure",
            "Deployment Strategy",
            "Monitoring",
            "Rollback Plan",
            "Deployment Checklist",
            "DECISION VALIDATION: DEPLOYMENT"
        ]
    );
    assert_eq!(
        headings(plan, 3),
        [
            "Hosting",
            "CI/CD Pipeline",
            "Environment Configuration",
            "Staging",
            "Production",
            "Health Checks",
            "Logging",
            "Metrics",
            "Triggers",
            "Procedure",
            "Pre-Deployment",
            "Post-Deployment",
            "Checklist quarterly",
            "Decision: Production"
        ]
    );
}

/// The procedure of going back is numbered and ends with its verification, in both documents.
#[test]
fn a_rollback_ends_with_its_verification() {
    let all = built(SHOP);
    for path in ["docs/runbook.md", "docs/deployment.md"] {
        let blocks = blocks(document(&all, path));
        let at = blocks
            .iter()
            .position(|block| matches!(&block.kind, BlockKind::Heading { text, .. } if text.shown() == "Procedure"))
            .unwrap();
        let list = blocks[at..].iter().find_map(|block| match &block.kind {
            BlockKind::List { marker: Marker::Number, items } => Some(items),
            _ => None,
        });
        assert_eq!(list.unwrap().last().unwrap().text.shown(), "Verify rollback success", "{path}");
    }
}

/// What the decision of production says of a project: points and recommendation.
fn decision(deploy: &str) -> (i64, String) {
    let text = deployc::render::text(document(&built(deploy), "docs/deployment.md"));
    let line = text.lines().find(|line| line.contains("**Risk:**")).unwrap().to_owned();
    let points = line.split(", ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    let advice = text.lines().find(|line| line.contains("**Recommendation: ")).unwrap();
    (points, advice.split("**").nth(1).unwrap().trim_start_matches("Recommendation: ").to_owned())
}

/// The points are those of the published tables: changing one input moves the sum as they say.
#[test]
fn the_risk_follows_the_published_tables() {
    let points = |factor: &str| -> i64 {
        let factor: &deployc::model::StdRiskFactor = deployc::standard::get("risk-factor", factor).unwrap();
        factor.points.value.parse().unwrap()
    };
    let (whole, advice) = decision(SHOP);
    assert_eq!(advice, "Proceed with Caution");
    let changed = |from: &str, to: &str| {
        assert!(SHOP.contains(from), "{from}");
        decision(&SHOP.replace(from, to)).0 - whole
    };
    assert_eq!(changed("criticality 2", "criticality 1"), points("criticality-1") - points("criticality-2"));
    assert_eq!(changed("criticality 2", "criticality 3"), -points("criticality-2"));
    assert_eq!(changed("provenance=#true", "provenance=#false"), -points("provenance"));
    assert_eq!(changed("scan \"dependencies\" \"secrets\"; ", ""), points("no-scan"));
    assert_eq!(changed(" { approve by=\"acme/release\" count=1 }", ""), points("no-approval") - points("approved"));
    assert_eq!(changed("attest \"apps/api/webhooks.spec.ts\"", ""), points("open-high-threat"));
    let careless = SHOP.replace("attest \"apps/api/webhooks.spec.ts\"", "");
    assert_eq!(decision(&careless).1, "Do not proceed");
}

/// The cells of the first row of the deployment plan that begins with a text.
fn row_of(deploy: &str, first: &str) -> Option<Vec<String>> {
    let text = deployc::render::text(document(&built(deploy), "docs/deployment.md"));
    let line = text.lines().find(|line| line.starts_with(&format!("| {first}")))?.to_owned();
    Some(line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
}

/// What is derived is weighed with the state that the proofs give it, and accepting it takes its weight away.
#[test]
fn the_decision_weighs_derived_threats_as_they_are_proved() {
    const REASON: &str = "With all that is in force a derived threat";
    let points: i64 = deployc::standard::get::<deployc::model::StdRiskFactor>("risk-factor", "derived-high-threat")
        .map(|factor| factor.points.value.parse().unwrap())
        .unwrap();
    let reason = row_of(SHOP, REASON).unwrap();
    assert_eq!(reason[3], points.to_string());
    let left: Vec<&str> = reason[1].split(", ").map(|name| name.trim_matches('`')).collect();
    assert!(left.contains(&"impersonated-user"), "{left:?}");
    let accept = |name: &&str| {
        format!("accept \"{name}\" by=\"ciso@acme.example\" until=\"2027-03-01\" reason=\"until the next release\"\n")
    };
    let accepted = SHOP.replace("threats {", &format!("threats {{\n{}", left.iter().map(accept).collect::<String>()));
    assert_eq!(row_of(&accepted, REASON), None);
    assert_eq!(decision(&accepted).0 - decision(SHOP).0, -points);
    let row = row_of(&accepted, "`impersonated-user-web`").unwrap();
    assert_eq!(row[4].replace('\\', ""), "accepted by ciso@acme.example until 2027-03-01");
    // A patch that refutes a proof moves its control from what is in force to what is missing.
    let (before, refuted) = (
        row_of(SHOP, "`impersonated-user-web`").unwrap(),
        format!(
            "{SHOP}output {{ patch \"deploy/cloud-run/production/web.yaml\" {{ remove \"metadata.annotations.\\\"run.googleapis.com/ingress\\\"\" }} }}\n"
        ),
    );
    assert!(before[3].contains("`https-only`") && !before[4].contains("`https-only`"), "{before:?}");
    let after = row_of(&refuted, "`impersonated-user-web`").unwrap();
    assert!(!after[3].contains("`https-only`") && after[4].contains("`https-only`"), "{after:?}");
}

/// Nobody says what class the data has: then it is not called public.
#[test]
fn nothing_is_public_until_something_says_so() {
    let class = |deploy: &str| {
        let text = deployc::render::text(document(&built(deploy), "docs/deployment.md"));
        text.lines().find(|line| line.contains("**Data Classification:**")).unwrap().to_owned()
    };
    assert!(class(HELLO).contains("INTERNAL."), "{}", class(HELLO));
    let public = HELLO.replace("acme/hello\" }", "acme/hello\"; data \"public\" }");
    assert!(class(&public).contains("PUBLIC. By `hello`."), "{}", class(&public));
    // An asset in a service counts as what a resource holds.
    let asset = format!("{HELLO}threats {{ asset \"names\" data=\"confidential\" in=\"api\" }}\n");
    assert!(class(&asset).contains("CONFIDENTIAL. By `names`."), "{}", class(&asset));
}

#[test]
fn no_section_is_empty() {
    for deploy in [HELLO, SHOP] {
        for artifact in built(deploy) {
            let level = |block: &Block| match &block.kind {
                BlockKind::Heading { level, .. } => Some(*level),
                _ => None,
            };
            let blocks = blocks(&artifact);
            for (at, block) in blocks.iter().enumerate() {
                let Some(own) = level(block) else { continue };
                let next = blocks.get(at + 1).map(level);
                assert!(
                    next.is_some_and(|next| next.is_none_or(|next| next > own)),
                    "{}: {:?} holds nothing",
                    artifact.path,
                    block.kind
                );
            }
        }
    }
}

/// Deleting a declaration deletes each sentence that rests on it alone.
#[test]
fn every_sentence_rests_on_its_declarations() {
    let whole = built(SHOP);
    let (before, all) = (counted(&whole), sentences(&whole));
    let (mut deleted, mut gone) = (0, 0);
    for (name, lines) in deletions() {
        let after = match documents(&without(&lines)) {
            Ok(after) => counted(&after),
            // Something else needs the line: only the tags say what belongs together.
            Err(wrong) => {
                assert!(!name.starts_with('@'), "{name}: {wrong}");
                continue;
            }
        };
        deleted += 1;
        // What an overlay replaces comes back without it, and so does the pipeline of the repository's host.
        if name.contains(": service \"") || name.contains(": pipeline") {
            continue;
        }
        for sentence in all.iter().filter(|sentence| stands_in(&sentence.origin, &lines)) {
            let left = after.get(&sentence.text).copied().unwrap_or(0);
            assert!(left < before[&sentence.text], "`{}` stays without {name}", sentence.text);
            gone += 1;
        }
    }
    assert!(deleted > 60, "{deleted} deletions");
    assert!(gone > 150, "{gone} sentences");
}

/// A budget would stand in the documents; until `cost` compiles, nothing is built that would leave it out.
#[test]
fn a_budget_is_refused_until_it_compiles() {
    let deploy = [SHOP, "\ncost { budget \"$2345/month\" warn=\"80%\" environment=\"production\" }\n"].concat();
    let wrong = documents(&deploy).expect_err("the build ends");
    assert!(wrong.contains("output/not-yet") || wrong.contains("OUTPUT_NOT_YET"), "{wrong}");
    assert!(documents(SHOP).is_ok(), "it is the budget alone");
}

/// Deleting a declaration deletes its name from every document.
#[test]
fn a_deleted_name_is_nowhere() {
    let words = [
        ("@orders", "orders "),
        ("@queue", "`queue`"),
        ("@stripe", "stripe"),
        ("@report", "`report`"),
        ("@seed", "seed"),
        ("@worker", "`worker`"),
        ("@web", "`web`"),
        ("@schema", "Prisma"),
        ("@flag", "new-checkout"),
        ("@slo", "api-availability"),
        ("@alert", "orders-late"),
        ("@runbook", "queue-stuck"),
        ("@pagerduty", "PagerDuty"),
        ("@ticket", "#checkout"),
        ("@quarterly", "Incident patterns"),
        ("@staging", "acme-staging"),
        ("@preview", "preview"),
    ];
    let deletions = deletions();
    let whole = text(&built(SHOP));
    for (tag, word) in words {
        let lines = &deletions.iter().find(|(name, _)| name == tag).unwrap_or_else(|| panic!("no {tag}")).1;
        assert!(whole.contains(word), "`{word}` is not told at all");
        let after = text(&built(&without(lines)));
        let line = after.lines().find(|line| line.contains(word));
        assert_eq!(line, None, "`{word}` stays without {tag}");
    }
}

#[test]
fn nothing_is_left_to_be_filled() {
    for deploy in [HELLO, SHOP] {
        for artifact in built(deploy) {
            let text = deployc::render::text(&artifact);
            for placeholder in deployc::model::Placeholder::ALL {
                let hole = format!("{{{}}}", placeholder.word());
                assert!(!text.contains(&hole), "{} holds {hole}", artifact.path);
            }
            for word in ["TODO", "TBD", "FIXME", "undefined"] {
                assert!(!text.contains(word), "{} holds {word}", artifact.path);
            }
        }
    }
}

fn scripts(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match &mut open {
            None if line.trim() == "```bash" => open = Some((indent, String::new())),
            None => {}
            Some((_, script)) if line.trim() == "```" => {
                all.push(std::mem::take(script));
                open = None;
            }
            Some((indent, script)) => {
                script.push_str(line.get(*indent..).unwrap_or_default());
                script.push('\n');
            }
        }
    }
    all
}

fn is_bash(script: &str) {
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_block_of_commands_is_bash() {
    for deploy in [HELLO, SHOP] {
        let text = text(&built(deploy));
        let scripts = scripts(&text);
        assert!(scripts.len() > 20);
        scripts.iter().for_each(|script| is_bash(script));
    }
}

/// What users write is shown and quoted, never read as a mark or a command.
#[test]
fn hostile_words_stay_data() {
    let hostile = "a`b$(touch /tmp/x)$${{ secrets.X }}|[x](y)<b>*c* \\u{202e}'d";
    let deploy = SHOP
        .replace("Storefront and ordering API", hostile)
        .replace("checkout@acme.example", hostile)
        .replace("Orders are confirmed late", hostile)
        .replace("Release notes written", hostile)
        .replace("A caller forges a payment webhook", hostile)
        .replace("shop-stripe", "x$(touch x);`id`'\\\"")
        .replace("team-growth", hostile);
    let all = built(&deploy);
    for artifact in &all {
        let text = deployc::render::text(artifact);
        let line = text.lines().find(|line| line.replace("\\<b>", "").contains("<b>"));
        assert_eq!(line, None, "{}", artifact.path);
        for script in scripts(&text) {
            is_bash(&script);
            assert!(!script.contains("secrets versions add x$("), "{script}");
        }
    }
}

/// The part of a document below the heading with an anchor.
fn below<'t>(text: &'t str, document: &Artifact, anchor: &str) -> &'t str {
    let anchors = anchors(blocks(document));
    let heading = anchors.iter().find(|one| one.slug == anchor).unwrap_or_else(|| panic!("no #{anchor}"));
    let marks = "#".repeat(usize::from(heading.level));
    let start = text.find(&format!("\n{marks} {}\n", heading.text)).unwrap_or_else(|| panic!("no {}", heading.text));
    let rest = &text[start + 1..];
    let end = rest.match_indices("\n#").map(|(at, _)| at).find(|at| {
        let next = rest[at + 1..].chars().take_while(|next| *next == '#').count();
        next <= usize::from(heading.level)
    });
    &rest[..end.unwrap_or(rest.len())]
}

/// The number that the first comparison of a rule is with.
fn number(expression: &str) -> f64 {
    let at = [" > ", " >= ", " < ", " <= "].iter().filter_map(|sign| Some(expression.find(sign)? + sign.len())).min();
    let digits: String =
        expression[at.unwrap()..].chars().take_while(|next| next.is_ascii_digit() || *next == '.').collect();
    digits.parse().unwrap()
}

/// The numbers at which a panel changes its colour.
fn drawn(board: &Artifact, panel: &str) -> Vec<f64> {
    let steps = board.find(&format!("panels[id={panel}].fieldConfig.defaults.thresholds.steps"));
    let value = |step: &deployc::artifact::Tree| match &step.key("value")?.value {
        deployc::artifact::Value::Int(whole) => Some(whole.to_string()),
        deployc::artifact::Value::Decimal(text) => Some(text.to_string()),
        _ => None,
    };
    let shown = steps.map(|found| found.tree.items()).unwrap_or_default().iter().filter_map(value);
    shown.map(|text| text.parse().unwrap()).collect()
}

/// Every alert that is heard in production has a runbook entry which tells it with the condition of its rule, and a
/// panel whose line stands at the number of the rule.
#[test]
fn an_alert_says_the_same_in_rule_runbook_and_dashboard() {
    let mut compilation = deployc::check(&loader(SHOP), "deploy.kdl", None).unwrap();
    let artifacts = compilation.build().unwrap();
    let runbook = document(&artifacts, "docs/runbook.md");
    let text = deployc::render::text(runbook);
    let boards: Vec<&Artifact> =
        artifacts.iter().filter(|one| one.path.starts_with("deploy/observability/grafana/")).collect();
    let (mut told, mut lines) = (0, 0);
    for rules in
        artifacts.iter().filter(|one| one.path.starts_with("deploy/observability/prometheus/rules/production."))
    {
        for at in 0.. {
            let Some(group) = rules.find(&format!("groups[{at}]")) else { break };
            for rule in group.tree.key("rules").map(|rules| rules.items()).unwrap_or_default() {
                let word = |key: &str| rule.key(key).and_then(|value| value.joined());
                let Some(alert) = word("alert") else { continue };
                let note =
                    |key: &str| rule.key("annotations").and_then(|all| all.key(key)).and_then(|one| one.joined());
                let (Some(condition), Some(url)) = (note("condition"), note("runbook_url")) else {
                    panic!("{}: {alert} has no condition or runbook: {rule:?}", rules.path)
                };
                let dashboard = note("dashboard_url");
                let entry = below(&text, runbook, url.split_once('#').unwrap().1);
                assert!(
                    entry.lines().any(|line| line.contains(&format!("`{alert}`")) && line.contains(&condition)),
                    "{alert}: {condition} is not told in\n{entry}"
                );
                told += 1;
                let Some((board, panel)) = dashboard.as_deref().and_then(|url| url.split_once("viewPanel=")) else {
                    continue;
                };
                let uid = board.split("/d/").nth(1).unwrap().split(['?', '&']).next().unwrap();
                let is_it =
                    |one: &&&Artifact| one.find("uid").and_then(|found| found.tree.joined()).as_deref() == Some(uid);
                let board = boards.iter().find(is_it).unwrap_or_else(|| panic!("no dashboard {uid}"));
                assert!(board.find(&format!("panels[id={panel}]")).is_some(), "no panel {panel} in {uid}");
                if !alert.contains("-burn-") {
                    let (wanted, values) = (number(&word("expr").unwrap()), drawn(board, panel));
                    if !values.is_empty() {
                        assert!(values.contains(&wanted), "{alert}: {wanted} is not among {values:?}");
                        lines += 1;
                    }
                }
            }
        }
    }
    assert!(told > 10 && lines > 3, "{told} alerts, {lines} lines");
}

/// The conditions that take a release back are those that both documents tell.
#[test]
fn the_script_goes_back_by_the_conditions_that_are_told() {
    let mut compilation = deployc::check(&loader(SHOP), "deploy.kdl", None).unwrap();
    let artifacts = compilation.build().unwrap();
    let script = deployc::render::text(document(&artifacts, "ops/target.sh"));
    let mut judged: Vec<&str> = script
        .lines()
        .filter_map(|line| line.trim().strip_prefix("condition '")?.split_once('\'').map(|(condition, _)| condition))
        .collect();
    judged.sort_unstable();
    judged.dedup();
    assert_eq!(judged, ["error_rate > 2% for 5m", "error_rate > 3% for 6m", "latency.p95 > 750ms for 10m"]);
    for path in ["docs/runbook.md", "docs/deployment.md"] {
        let text = deployc::render::text(document(&artifacts, path));
        for condition in &judged {
            assert!(text.contains(&format!("`{condition}`")), "{path} does not tell {condition}");
        }
    }
}

/// The entries of the runbook are found under the anchors that alerts link to.
#[test]
fn every_runbook_link_leads_to_an_entry() {
    for deploy in [HELLO, SHOP] {
        let mut compilation = deployc::check(&loader(deploy), "deploy.kdl", None).unwrap();
        let artifacts = compilation.build().unwrap();
        let runbook = document(&artifacts, "docs/runbook.md");
        let slugs: Vec<String> = anchors(blocks(runbook)).into_iter().map(|anchor| anchor.slug).collect();
        for artifact in &artifacts {
            let text = deployc::render::text(artifact);
            for (_, rest) in text.match_indices("docs/runbook.md#").map(|(at, found)| (at, &text[at + found.len()..])) {
                let anchor: String =
                    rest.chars().take_while(|next| next.is_alphanumeric() || matches!(next, '-' | '_')).collect();
                assert!(slugs.contains(&anchor), "{} links to #{anchor}", artifact.path);
            }
        }
    }
}

/// A secret that lies elsewhere in one environment has steps of its own there.
#[test]
fn an_overlaid_secret_is_rotated_where_it_lies() {
    let overlay =
        "environment \"production\" {\n    secret \"stripe\" { from \"gcp-secret-manager\" path=\"live-stripe\" }";
    let text = deployc::render::text(document(
        &built(&SHOP.replace("environment \"production\" {", overlay)),
        "docs/security/secrets.md",
    ));
    assert!(text.contains("## Secret stripe (staging, preview)") && text.contains("## Secret stripe (production)"));
    assert!(text.contains("gcloud secrets versions add live-stripe --project acme-prod"));
    assert!(text.contains("gcloud secrets versions add shop-stripe --project acme-staging"));
    assert!(!text.contains("gcloud secrets versions add shop-stripe --project acme-prod"));
}

/// The times are the platform's durations, the holds and the migrations: changing a hold changes the sum.
#[test]
fn times_follow_the_strategy() {
    let shown = |deploy: &str| deployc::render::text(document(&built(deploy), "docs/runbook.md"));
    assert!(shown(SHOP).contains("watching 50m"));
    let slower = SHOP.replace("weight=\"5%\" hold=\"30m\"", "weight=\"5%\" hold=\"45m\"");
    assert!(shown(&slower).contains("watching 1h5m"));
    assert!(!shown(&slower).contains("watching 50m"));
}

#[test]
fn documents_link_only_to_sections_that_are_there() {
    // Nothing shows a worker's logs, nothing reads the first secret, and the second is read through a resource.
    let worker = HELLO
        .replace("http port=8000 { health \"/healthz\" }", "")
        .replace("service \"api\"", "service \"api\" kind=\"worker\"");
    let secret = |name: &str| {
        format!(
            "secret \"{name}\" {{ from \"gcp-secret-manager\" path=\"{name}\"; rotate every=\"90d\" owner=\"team\" then=\"restart\" }}\n"
        )
    };
    let unread = format!("{HELLO}{}", secret("unread"));
    let behind = format!(
        "{}{}resource \"queue\" kind=\"rabbitmq\" version=\"4\" {{ from \"external\" url=\"${{secret.broker}}\" }}\n",
        HELLO.replace("source \".\"", "source \".\"; env { BROKER \"${resource.queue.url}\" }"),
        secret("broker")
    );
    for (deploy, rotated) in [(&worker, None), (&unread, None), (&behind, Some("Secret broker"))] {
        let all = built(deploy);
        let secrets = all.iter().find(|artifact| artifact.path == "docs/security/secrets.md");
        let found = secrets.map(|secrets| headings(secrets, 2)).unwrap_or_default();
        let found = found.iter().find(|heading| heading.starts_with("Secret "));
        assert_eq!(found.map(String::as_str), rotated, "{deploy}");
        let runbook = deployc::render::text(document(&all, "docs/runbook.md"));
        assert_eq!(runbook.contains("security/secrets.md#secret-broker"), rotated.is_some(), "{deploy}");
    }
}
