//! What GitHub, Compose and Prometheus make of plain data: exactly that data.

use deployc::artifact::{Artifact, Dialect, Group, Part, Script, Tree, code, fill, github, list, map, mixed, text};
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
