//! The standard library against its own description: shapes, references, placeholders, conditions and commands.

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

use std::collections::{BTreeMap, BTreeSet};

use deployc::resolve::{Judged, Role, judge, judge_as};
use deployc::schema::{Expansion, Shape, Type};
use deployc::standard;
use deployc::syntax::expression::Condition;
use deployc::syntax::kdl::{NodeRef, Scalar};

fn text<'d>(scalar: Scalar<'d>) -> Option<&'d str> {
    match scalar {
        Scalar::String(text) => Some(text),
        _ => None,
    }
}

fn library() -> &'static Shape {
    Shape::find("library").expect("the root of the library is described")
}

fn first<'d>(node: NodeRef<'d>) -> &'d str {
    node.args().next().and_then(|entry| text(entry.value())).unwrap_or_default()
}

fn prop<'d>(node: NodeRef<'d>, key: &str) -> Option<&'d str> {
    node.prop(key).and_then(|entry| text(entry.value()))
}

fn of_kind(kind: &'static str) -> Vec<NodeRef<'static>> {
    standard::names(kind).filter_map(|name| standard::find(kind, name)).collect()
}

fn children<'d>(node: NodeRef<'d>, name: &str) -> Vec<NodeRef<'d>> {
    node.children().filter(|child| child.name() == name).collect()
}

/// Every `{placeholder}` of a text, as the emitters find them.
fn placeholders(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('{') {
        let rest = &text[at + 1..];
        let Some(end) = rest.find('}') else { continue };
        let word = &rest[..end];
        let letters = |character: char| character.is_ascii_lowercase() || character == '-';
        if word.starts_with(|character: char| character.is_ascii_lowercase()) && word.chars().all(letters) {
            found.push(word);
        }
    }
    found
}

#[test]
fn every_declaration_has_the_shape_that_is_described() {
    let mut files = 0;
    for (path, document) in standard::files().filter(|(path, _)| !path.starts_with("stacks/")) {
        let mut judged = Judged::default();
        judge_as(library(), document, &mut judged);
        let told: Vec<String> = judged.diagnostics.iter().map(|one| format!("{}: {}", one.code, one.message)).collect();
        assert!(told.is_empty(), "{path}: {told:#?}");
        files += 1;
    }
    assert!(files > 30, "the library was read: {files} files");
}

#[test]
fn every_required_part_is_there() {
    fn look(shape: &'static Shape, node: NodeRef<'_>, path: &str) {
        let arguments = node.args().count();
        for (index, field) in shape.args.iter().enumerate() {
            let needed = field.need == deployc::schema::Need::Required;
            assert!(!needed || index < arguments, "{path}: `{}` lacks its `{}`", node.name(), field.name);
        }
        for field in shape.props.iter().filter(|field| field.need == deployc::schema::Need::Required) {
            assert!(
                node.prop(field.name).is_some(),
                "{path}: `{} {}` lacks `{}`",
                node.name(),
                first(node),
                field.name
            );
        }
        for child in shape.children {
            let written = children(node, child.name);
            let needed = child.need == deployc::schema::Need::Required;
            assert!(!needed || !written.is_empty(), "{path}: `{} {}` lacks `{}`", node.name(), first(node), child.name);
            for one in written {
                look(child.shape, one, path);
            }
        }
    }
    let library = library();
    for (path, document) in standard::files().filter(|(path, _)| !path.starts_with("stacks/")) {
        for node in document.roots() {
            let child = library.child(node.name()).unwrap_or_else(|| panic!("{path}: `{}`", node.name()));
            look(child.shape, node, path);
        }
    }
}

#[test]
fn every_reference_names_a_declaration() {
    let mut seen = 0;
    for (path, document) in standard::files().filter(|(path, _)| !path.starts_with("stacks/")) {
        let mut judged = Judged::default();
        judge_as(library(), document, &mut judged);
        for value in &judged.values {
            let (Type::Ref(kinds), Some(name)) = (value.ty, text(value.entry.value())) else { continue };
            let there = kinds.iter().any(|kind| standard::find(kind, name).is_some());
            assert!(
                there,
                "{path}: `{} {}` names `{name}`, which no {kinds:?} is",
                value.node.name(),
                first(value.node)
            );
            seen += 1;
        }
    }
    assert!(seen > 200, "references were seen: {seen}");
}

#[test]
fn every_placeholder_is_documented() {
    let grammar = include_str!("../grammar/schema/std-enums.kdl");
    let (grammar, _) = deployc::syntax::kdl::parse(deployc::source::FileId(0), grammar);
    let list = grammar.roots().find(|one| first(*one) == "placeholder").expect("the placeholders are an enum");
    let known: BTreeSet<&str> = children(list, "value").into_iter().map(first).collect();
    assert!(known.len() > 50, "the placeholders were read: {}", known.len());
    for (path, document) in standard::files().filter(|(path, _)| !path.starts_with("stacks/")) {
        let mut judged = Judged::default();
        judge_as(library(), document, &mut judged);
        for value in &judged.values {
            let (Type::Text(Expansion::Literal), Some(written)) = (value.ty, text(value.entry.value())) else {
                continue;
            };
            for placeholder in placeholders(written) {
                assert!(known.contains(placeholder), "{path}: `{{{placeholder}}}` in `{written}`");
            }
        }
    }
}

#[test]
fn every_default_condition_reads_metrics_that_are_there() {
    for alert in of_kind("default-alert") {
        for when in children(alert, "when") {
            let condition = Condition::parse(first(when)).unwrap_or_else(|error| panic!("{}: {error:?}", first(alert)));
            for metric in condition.metrics() {
                let name = metric.name.clone();
                let row = standard::find("metric", &name).unwrap_or_else(|| panic!("{}: `{name}`", first(alert)));
                let kinds: BTreeSet<&str> = children(row, "kind")
                    .iter()
                    .flat_map(|one| one.args())
                    .filter_map(|one| text(one.value()))
                    .collect();
                for kind in
                    children(alert, "kind").iter().flat_map(|one| one.args()).filter_map(|one| text(one.value()))
                {
                    assert!(kinds.contains(kind), "{}: `{name}` does not exist for kind `{kind}`", first(alert));
                }
            }
        }
    }
}

#[test]
fn every_exported_metric_has_a_query_and_every_query_a_source() {
    for metric in of_kind("metric") {
        let asked: BTreeSet<&str> = children(metric, "query").iter().filter_map(|one| prop(*one, "from")).collect();
        for export in children(metric, "export") {
            let by = prop(export, "by").unwrap_or_default();
            assert!(by == "none" || asked.contains(by), "{}: exported by `{by}`, which no query reads", first(metric));
            let host = first(export);
            let known = host == "default" || standard::find("platform", host).is_some();
            assert!(known, "{}: no platform `{host}`", first(metric));
        }
        for source in asked {
            assert!(standard::find("metric-source", source).is_some(), "{}: no source `{source}`", first(metric));
        }
        let versioned = metric.prop("versioned").map(|entry| entry.value()) == Some(Scalar::Bool(true));
        for query in children(metric, "query") {
            let selects = prop(query, "value").is_some_and(|value| value.contains("{selector}"));
            assert!(!versioned || selects, "{}: one version cannot be asked for", first(metric));
        }
    }
}

#[test]
fn every_runbook_step_names_a_command_that_compiled_platforms_have() {
    let mut commands: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for platform in of_kind("platform").into_iter().filter(|one| prop(*one, "depth") == Some("full")) {
        for command in children(platform, "command") {
            commands.entry(first(platform)).or_default().insert(first(command));
        }
    }
    assert_eq!(commands.keys().copied().collect::<Vec<_>>(), ["cloud-run", "compose"]);
    // Steps of what a platform cannot have, as revisions of a host with one version, are left out there.
    let optional = ["domain-map", "revisions"];
    let mut seen = 0;
    for (kind, steps) in [
        ("runbook", &["look", "fix", "verify"][..]),
        ("threat-pattern", &["respond"][..]),
        ("incident-step", &[][..]),
        ("checklist", &["item"][..]),
    ] {
        for declaration in of_kind(kind) {
            let own = prop(declaration, "use").into_iter();
            let inner = steps.iter().flat_map(|step| children(declaration, step)).filter_map(|one| prop(one, "use"));
            for name in own.chain(inner).filter(|name| !optional.contains(name)) {
                for (platform, own) in &commands {
                    assert!(own.contains(name), "{kind} {}: {platform} has no command `{name}`", first(declaration));
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "steps were seen: {seen}");
}

#[test]
fn every_action_that_a_step_uses_is_pinned_and_not_denied() {
    let uses = |node: NodeRef<'static>| prop(node, "uses").filter(|name| !name.is_empty());
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for scanner in of_kind("scanner") {
        used.extend(children(scanner, "step").into_iter().filter_map(uses));
    }
    for manager in of_kind("runtime").into_iter().flat_map(|one| children(one, "manager")) {
        used.extend(children(manager, "setup").into_iter().filter_map(uses));
    }
    for name in used {
        let repository: String = name.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        let action = standard::find("action", &repository).unwrap_or_else(|| panic!("`{repository}` has no pin"));
        let commit = prop(action, "commit").unwrap_or_default();
        assert!(commit.len() == 40 && commit.chars().all(|one| one.is_ascii_hexdigit()), "{repository}: `{commit}`");
        let denied = standard::find("denied-action", &repository).and_then(|row| prop(row, "versions"));
        assert_ne!(denied, Some("all"), "`{repository}` is denied");
    }
    for action in of_kind("action") {
        let denied = standard::find("denied-action", first(action)).and_then(|row| prop(row, "versions"));
        assert_ne!(denied, Some("all"), "`{}` is pinned and denied", first(action));
    }
}

#[test]
fn every_predicate_is_named_by_a_control() {
    let named: BTreeSet<&str> = of_kind("control").into_iter().filter_map(|one| prop(one, "predicate")).collect();
    for predicate in standard::names("predicate") {
        assert!(named.contains(predicate), "no control names `{predicate}`");
    }
}

#[test]
fn every_item_that_a_control_maps_to_is_of_its_framework() {
    for control in of_kind("control") {
        for maps in children(control, "maps") {
            let framework = standard::find("framework", first(maps)).expect("references were checked");
            let items: BTreeSet<&str> = children(framework, "item").into_iter().map(first).collect();
            for item in maps.args().skip(1).filter_map(|entry| text(entry.value())) {
                assert!(items.contains(item), "{}: {} has no `{item}`", first(control), first(maps));
            }
        }
    }
}

#[test]
fn every_runtime_stands_with_its_defaults() {
    for runtime in of_kind("runtime") {
        let versions: Vec<&str> = children(runtime, "version").into_iter().map(first).collect();
        let managers: Vec<&str> = children(runtime, "manager").into_iter().map(first).collect();
        assert!(versions.contains(&prop(runtime, "default-version").unwrap_or_default()), "{}", first(runtime));
        assert!(managers.contains(&prop(runtime, "default-manager").unwrap_or_default()), "{}", first(runtime));
        for manager in children(runtime, "manager") {
            for recipe in children(manager, "recipe") {
                let stages = children(recipe, "stage");
                let last = stages.last().copied().unwrap_or_else(|| panic!("{}: no stage", first(manager)));
                let user = children(last, "step").into_iter().rfind(|step| first(*step) == "user");
                let number = user.and_then(|step| step.args().nth(1)).and_then(|entry| text(entry.value()));
                let ordinary = number.and_then(|number| number.parse::<u32>().ok()).is_some_and(|number| number > 0);
                assert!(ordinary, "{} {}: the last stage ends as an ordinary user", first(runtime), first(manager));
            }
        }
    }
}

#[test]
fn every_cell_of_the_risk_matrix_is_there_once() {
    let levels = ["low", "medium", "high"];
    for likelihood in levels {
        for impact in levels {
            let name = format!("{likelihood}-{impact}");
            let cell = standard::find("risk-matrix", &name).unwrap_or_else(|| panic!("no cell `{name}`"));
            assert_eq!((prop(cell, "likelihood"), prop(cell, "impact")), (Some(likelihood), Some(impact)));
        }
    }
    assert_eq!(standard::names("risk-matrix").count(), 9);
}

#[test]
fn every_stack_can_be_imported() {
    let mut seen = 0;
    for name in standard::importable_names() {
        let document = standard::importable(name).unwrap_or_else(|| panic!("`std:{name}` is there"));
        let mut judged = Judged::default();
        judge(&document, Role::Imported, &mut judged);
        let told: Vec<String> = judged.diagnostics.iter().map(|one| format!("{}: {}", one.code, one.message)).collect();
        assert!(told.is_empty(), "{name}: {told:#?}");
        let entry = format!("edition \"2026\"\nimport \"std:{name}\"\napp \"a\" {{ repo \"github.com/a/a\" }}\n");
        let loader = deployc::loader::Memory::new().with("deploy.kdl", entry);
        let compilation = deployc::check(&loader, "deploy.kdl", None).expect("the file can be read");
        let errors: Vec<String> = compilation
            .diagnostics
            .iter()
            .filter(|one| one.severity == deployc::diag::Severity::Error)
            .map(|one| format!("{}: {}", one.code, one.message))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        seen += 1;
    }
    assert!(seen >= 4, "stacks were seen: {seen}");
}

#[test]
fn rows_read_when_they_are_asked_for_are_those_that_are_written() {
    let platform = standard::platform("cloud-run").expect("the platform is there");
    let node = standard::find("platform", "cloud-run").expect("the platform is there");
    let written = |name: &str| {
        let rows = node.children().filter(|child| child.name() == name);
        rows.filter_map(|row| row.args().next().map(|arg| format!("{:?}", arg.value()))).collect::<Vec<_>>()
    };
    let commands: Vec<String> = platform.command.iter().map(|row| format!("String({:?})", row.name.value)).collect();
    let limits: Vec<String> = platform.limit.iter().map(|row| format!("String({:?})", row.name.value)).collect();
    assert_eq!(commands, written("command"));
    assert_eq!(limits, written("limit"));
    assert!(commands.len() > 20 && limits.len() > 10, "{commands:?} {limits:?}");
    let places: Vec<_> = platform.limit.iter().map(|row| row.origin.place.file.is_embedded()).collect();
    assert!(places.iter().all(|is_embedded| *is_embedded), "a row says where it is written");
}
