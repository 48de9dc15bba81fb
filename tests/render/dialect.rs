//! What GitHub, Compose and Prometheus make of plain data: exactly that data.

use deployc::artifact::{
    Artifact, Dialect, Group, Line, Part, Script, Tree, Word, code, fill, github, list, map, mixed, null, text,
};
use deployc::source::Origin;

use super::hostile;

fn read(dialect: Dialect, tree: Tree) -> serde_json::Value {
    let artifact = Artifact::yaml("x.yaml", Group::CiCd, dialect, tree, &Origin::rule("a test"));
    serde_saphyr::from_str(&deployc::render::text(&artifact)).unwrap()
}

/// What a template reader yields: text outside of `open … close` as it is, inside only a string in `quote`s.
fn evaluate(template: &str, open: &str, quote: char) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once(open) {
        out.push_str(before);
        let literal = after.trim_start().strip_prefix(quote).expect("only literals are in these templates");
        let (data, after) = literal.split_once(quote).unwrap();
        out.push_str(data);
        rest = after.trim_start().strip_prefix("}}").unwrap();
    }
    out + rest
}

fn github_reads(template: &str) -> String {
    evaluate(template, "${{", '\'')
}

fn prometheus_reads(template: &str) -> String {
    evaluate(template, "{{", '"')
}

fn compose_reads(value: &str) -> String {
    let mut out = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        assert!(character != '$' || characters.next() == Some('$'), "{value} would be interpolated");
        out.push(character);
    }
    out
}

#[test]
fn data_is_data_in_every_dialect() {
    let mut all = hostile();
    all.extend(["{{{", "{{{{", "{{{{{ x }}", "$${{{", "${{ '${{' }}", "a{{ \"{{\" }}b"].map(str::to_owned));
    for hostile in all {
        let tree = map()
            .put("value", &hostile)
            .put("items", [map().put("annotations", map().put("summary", &hostile))])
            .put("keys", map().put(&hostile, 1));
        let found = read(Dialect::GithubWorkflow, tree.clone());
        assert_eq!(github_reads(found["value"].as_str().unwrap()), hostile);
        assert_eq!(github_reads(found["keys"].as_object().unwrap().keys().next().unwrap()), hostile);
        let found = read(Dialect::Compose, tree.clone());
        assert_eq!(compose_reads(found["value"].as_str().unwrap()), hostile);
        assert_eq!(found["keys"][&hostile], 1);
        let found = read(Dialect::Prometheus, tree);
        assert_eq!(found["value"], hostile.as_str());
        assert_eq!(prometheus_reads(found["items"][0]["annotations"]["summary"].as_str().unwrap()), hostile);
    }
}

#[test]
fn no_seam_makes_a_delimiter() {
    let github = mixed([Part::text("a$"), Part::text("{{ x }} $"), Part::github("'1'"), Part::text("}}")]);
    let found = read(Dialect::GithubWorkflow, map().put("x", github));
    assert_eq!(github_reads(found["x"].as_str().unwrap()), "a${{ x }} $1}}");
    for braces in ["{", "{{", "{{{"] {
        let template = mixed([Part::text(braces), Part::code("{{ \"1\" }}"), Part::text("{"), Part::text("{ x")]);
        let found = read(Dialect::Prometheus, map().put("labels", map().put("x", template)));
        assert_eq!(prometheus_reads(found["labels"]["x"].as_str().unwrap()), format!("{braces}1{{{{ x"));
    }
}

#[test]
fn source_is_printed_as_it_is() {
    let holes = [("name", Part::text("${{ x }}")), ("sha", Part::github("github.sha"))];
    let found = read(
        Dialect::GithubWorkflow,
        map()
            .put("if", code("github.ref == 'refs/heads/main'"))
            .put("sha", github("github.sha"))
            .put("image", fill("ghcr.io/{name}@{sha}-{other}", &holes)),
    );
    assert_eq!(found["if"], "github.ref == 'refs/heads/main'");
    assert_eq!(found["sha"], "${{ github.sha }}");
    assert_eq!(found["image"], "ghcr.io/${{ '${{' }} x }}@${{ github.sha }}-{other}");
}

#[test]
fn no_expression_reaches_a_script() {
    let mut script = Script::strict();
    script.line("echo \"${NAME}\" ${{ github.event.issue.title }}", &[]);
    let found = read(Dialect::GithubWorkflow, map().put("run", script.clone()));
    assert_eq!(github_reads(found["run"].as_str().unwrap()), deployc::render::script(&script));
    for place in ["echo {x}", "echo \"{x}\"", "echo '{x}'", "echo $'{x}'", "echo \"${A:-{x}}\""] {
        for data in ["${{ x }}", "a\n${{ x }}", "'${{"] {
            let words = [("x", Word::text(data))];
            assert!(!deployc::render::script(&Script::of(place, &words)).contains("${{"), "{place} of {data}");
        }
    }
    let found = read(Dialect::Compose, map().put("command", list([Tree::from(script.clone())])));
    assert_eq!(compose_reads(found["command"][0].as_str().unwrap()), deployc::render::script(&script));
}

#[test]
fn only_the_trigger_of_a_workflow_is_a_bare_on() {
    let tree = map().put("on", map().put("push", map().put("on", text("on"))));
    let print = |dialect| {
        let artifact = Artifact::yaml("x.yaml", Group::CiCd, dialect, tree.clone(), &Origin::rule("a test"));
        deployc::render::text(&artifact).lines().skip(2).map(str::trim).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(print(Dialect::GithubWorkflow), "on: push: \"on\": \"on\"");
    assert_eq!(print(Dialect::Plain), "\"on\": push: \"on\": \"on\"");
}

/// Strings that a rule file, an environment and a step can hold at all.
fn holdable() -> Vec<String> {
    let short = |hostile: &String| hostile.len() < 2000 && !hostile.contains('\0') && !hostile.trim().is_empty();
    hostile().into_iter().filter(short).collect()
}

fn leave(name: &str, artifact: &Artifact) {
    use std::io::Write;
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("dialect_readers").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = deployc::render::text(artifact);
    std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn yaml(dialect: Dialect, tree: Tree) -> Artifact {
    Artifact::yaml("x.yaml", Group::CiCd, dialect, tree, &Origin::rule("a test"))
}

/// Leaves a workflow, a Compose file, rules with their promtool test, a Dockerfile and a script full of hostile
/// strings, for the tools that `tests/validators/dialect_readers/run` asks.
#[test]
fn files_are_left_for_the_real_tools() {
    let all = holdable();
    let numbered = || all.iter().enumerate().map(|(number, hostile)| (format!("NAME_{number}"), hostile));
    let mut script = Script::strict();
    for hostile in &all {
        script.line("printf '%s\\n' {a} \"{a}\"", &[("a", Word::text(hostile))]);
    }
    let steps = numbered().map(|(name, hostile)| {
        map()
            .put("name", hostile)
            .put("env", map().put(name.as_str(), hostile))
            .put("run", Script::of("printf %s {x}", &[("x", Word::text(hostile))]))
    });
    let job = map()
        .put("name", "hostile")
        .put("runs-on", "ubuntu-24.04")
        .put("timeout-minutes", 5)
        .put("steps", list(steps).push(map().put("name", "all").put("run", script.clone())));
    let workflow = map()
        .put("name", "hostile")
        .put("on", map().put("workflow_dispatch", null()))
        .put("permissions", map())
        .put("jobs", map().put("hostile", job));
    leave(".github/workflows/hostile.yml", &yaml(Dialect::GithubWorkflow, workflow));
    let service = map().put("image", "scratch").put("environment", map().put_all(numbered()));
    leave("compose.yaml", &yaml(Dialect::Compose, map().put("services", map().put("x", service.clone()))));
    leave("compose.json", &Artifact::json("x", Group::Iac, None, map().put_all(numbered()), &Origin::rule("a test")));
    let rules = numbered().map(|(name, hostile)| {
        map().put("alert", name).put("expr", code("up == 0")).put("annotations", map().put("summary", hostile))
    });
    let group = map().put("name", "hostile").put("rules", list(rules));
    leave("rules.yml", &yaml(Dialect::Prometheus, map().put("groups", [group])));
    let expected = numbered().map(|(name, hostile)| {
        let alert = map().put("exp_labels", map()).put("exp_annotations", map().put("summary", hostile));
        map().put("eval_time", "1m").put("alertname", name).put("exp_alerts", [alert])
    });
    let series = map().put("series", "up").put("values", "0x5");
    let test = map().put("interval", "1m").put("input_series", [series]).put("alert_rule_test", list(expected));
    let tests = map().put("rule_files", ["rules.yml"]).put("tests", [test]);
    leave("rules_test.yml", &yaml(Dialect::Plain, tests));
    let mut file = Script::file();
    file.append(&script);
    leave("hostile.sh", &Artifact::shell("x.sh", Group::CiCd, file, &Origin::rule("a test")));
    let lines = numbered().map(|(name, hostile)| Line::assignment(name, hostile)).collect();
    let body = deployc::artifact::Body::Lines(lines);
    leave("hostile.env", &Artifact::new("x", Group::Iac, body, &Origin::rule("a test")));
    let service = map().put("image", "scratch").put("env_file", ["hostile.env"]);
    leave("env.yaml", &yaml(Dialect::Compose, map().put("services", map().put("x", service))));
}
