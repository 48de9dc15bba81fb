//! What files look like, and that every line tells where it came from.

use deployc::artifact::dockerfile::{Copy, Health, InstructionKind, Stage};
use deployc::artifact::markdown::{bullets, item, quote, row, shell, table};
use deployc::artifact::{
    Artifact, Body, Dialect, Dockerfile, Group, Line, Script, Tree, Word, github, int, list, map, null, text,
};
use deployc::source::{FileId, Origin, Sourced, Span};

fn at(start: u32) -> Origin {
    Origin::at(Span::new(FileId(1), start, start + 1))
}

/// The text with the start of each line's origin before it.
fn traced(artifact: &Artifact) -> String {
    let mut out = Vec::new();
    let origins = deployc::render::render_with_lines(artifact, &mut out);
    assert_eq!(out, deployc::render::text(artifact).into_bytes());
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with('\n'));
    assert_eq!(text.lines().count(), origins.len(), "one origin per line:\n{text}");
    let trimmed = text.lines().all(|line| line == line.trim_end() || line.ends_with("\\ "));
    assert!(trimmed, "no spaces at the end of a line:\n{text}");
    text.lines()
        .zip(origins)
        .map(|(line, origin)| format!("{:>2} {line}", origin.place.start).trim_end().to_owned() + "\n")
        .collect()
}

fn script() -> Script {
    let mut script = Script::strict();
    script.line("pnpm install", &[]).raw("pnpm build\npnpm test", &at(21)).at(&at(22), |script| {
        script.when("[[ -n {tag} ]]", &[("tag", Word::var("TAG"))], |then| {
            then.heredoc("cat > {file}", &[("file", Word::text("a b"))], "one\n\n  two\n");
        });
    });
    script
}

fn tree() -> Tree {
    let checkout =
        text("actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1").note("v7.0.1\nnot a line").at(&at(4));
    let steps = [
        map().put("uses", checkout.comment("Pinned.")).put("with", map().put("persist-credentials", false)),
        map().put("run", script()).comment("Builds.\n\nEverything.").at(&at(5)).note("of the item"),
        map().put("run", Script::of("echo {x}", &[("x", Word::text("y"))])),
    ];
    map()
        .put("name", text("ci").at(&at(2)))
        .put("on", map().put("push", map().put("branches", ["main"])))
        .put("permissions", map())
        .put(
            "jobs",
            map().put("build", map().put("runs-on", "ubuntu-24.04").put("steps", steps).at(&at(3))).put(
                "ci",
                map().put("needs", ["build"]).put("if", github("always()")).comment("The one required check."),
            ),
        )
        .put("nested", list([list([text("a").comment("first"), text("b")]), list([map()]), list([null()])]))
        .put("numbers", [Tree::from(1.5), Tree::from(1e21), Tree::from(0.1), Tree::from(f64::NAN), int(-3)])
        .put("text", text("two\nlines\n").at(&at(6)))
        .put("x".repeat(1100), "long key")
}

#[test]
fn yaml() {
    let documents = vec![tree(), map().put("kind", "Second").at(&at(9))];
    let body = Body::Yaml { documents, dialect: Dialect::GithubWorkflow };
    insta::assert_snapshot!(traced(&Artifact::new("x.yaml", Group::CiCd, body, &at(1))));
}

#[test]
fn json() {
    let artifact = Artifact::json("x.json", Group::Observability, Some("//"), tree(), &at(1)).made_from("my.kdl");
    let text = deployc::render::text(&artifact);
    assert!(text.starts_with("{\n  \"//\": \"Made by deployc from my.kdl. Edit my.kdl and run `deployc build`.\",\n"));
    insta::assert_snapshot!(traced(&artifact));
    let bare = Artifact::json("x.json", Group::Observability, None, list([1, 2]), &at(1));
    assert_eq!(deployc::render::text(&bare), "[\n  1,\n  2\n]\n");
    let empty = Artifact::json("x.json", Group::Observability, Some("//"), map(), &at(1));
    assert!(serde_json::from_str::<serde_json::Value>(&deployc::render::text(&empty)).is_ok());
}

#[test]
fn toml() {
    let tree = map()
        .put("app", text("shop").at(&at(2)).note("the app").comment("Names."))
        .put("env", map().put("A.B", "x\ty").put("none", null()).comment("Public."))
        .put(
            "services",
            [map().put("port", 8080).put("checks", [map().put("path", "/")]), map().at(&at(3)).put("port", 1)],
        )
        .put("list", list([Tree::from("a"), map().put("inline key", 1).put("none", null()), null()]))
        .put("ratio", 3.0)
        .put("half", 0.5)
        .put("big", 1e21);
    insta::assert_snapshot!(traced(&Artifact::toml("x.toml", Group::Iac, tree, &at(1))));
}

fn dockerfile() -> Dockerfile {
    let mut file = Dockerfile {
        syntax: Some(Sourced::new("docker/dockerfile:1".to_owned(), at(7))),
        arguments: vec![("NODE".to_owned(), Some("node:22".to_owned()))],
        ..Dockerfile::default()
    };
    file.stage("${NODE}", "build", |stage: &mut Stage| {
        stage.at(&at(2)).add(InstructionKind::Folder("/app dir".to_owned()));
        stage.platform = Some("$BUILDPLATFORM".to_owned());
        stage.comment = Some("Builds.".to_owned());
        stage.copy(["package.json", "pnpm-lock.yaml"], "./").copy(["a b", "$x"], "./");
        let mut script = Script::new();
        script
            .line("corepack enable", &[])
            .long(&["pnpm install", "--filter {x}"], &[("x", Word::text("it's"))])
            .line("pnpm build", &[]);
        stage.run_with(&["type=cache,target=/root/.pnpm", "type=bind,source=a,target=b"], script);
        stage.run(Script::user("make web"));
        stage.run(Script::user("cat <<EOF\na \"b\" $c\nEOF"));
        stage.run(Script::of("true # really", &[]));
        stage.run(Script::of("echo {x}", &[("x", Word::text("a\n'b"))]));
    });
    file.stage("gcr.io/distroless/nodejs22@sha256:0", "", |stage| {
        let copy = Copy {
            from: "build".to_owned(),
            owner: "10001:10001".to_owned(),
            sources: vec!["/app".to_owned()],
            to: "/app".to_owned(),
            mode: "0555".to_owned(),
        };
        stage.add(InstructionKind::Copy(copy));
        stage.add(InstructionKind::Argument("PUBLIC_URL".to_owned(), None));
        stage.add(InstructionKind::EnvironmentFrom("PUBLIC_URL".to_owned(), "PUBLIC_URL".to_owned()));
        let pairs = vec![("A".to_owned(), "x".to_owned()), ("B".to_owned(), "a \"b\" $c \\ 'd'".to_owned())];
        stage.add(InstructionKind::Environment(pairs)).add(InstructionKind::User("10001".to_owned()));
        stage.add(InstructionKind::Expose(8080)).add(InstructionKind::StopSignal("SIGTERM".to_owned()));
        let health = Health {
            interval: "10s".to_owned(),
            retries: Some(3),
            command: vec!["node".to_owned(), "alive.js".to_owned()],
            ..Health::default()
        };
        stage.add(InstructionKind::Health(health)).add(InstructionKind::Volume("/data".to_owned()));
        stage.add(InstructionKind::Entrypoint(vec!["node".to_owned(), "a \"b\" $c".to_owned()]));
    });
    file
}

#[test]
fn a_dockerfile() {
    assert_eq!(dockerfile().faults(), [""; 0]);
    let artifact = Artifact::new("Dockerfile", Group::Iac, Body::Dockerfile(dockerfile()), &at(1));
    insta::assert_snapshot!(traced(&artifact));
    let mut file = Dockerfile::default();
    file.stage("scratch", "", |stage| {
        stage.add(InstructionKind::Environment(vec![("A".to_owned(), "x\ny".to_owned())]));
    });
    assert_eq!(file.faults(), ["the value of `A` has several lines, which a Dockerfile cannot hold"]);
}

#[test]
fn lines() {
    let lines = vec![
        Line::pattern("node_modules").comment("What is built elsewhere."),
        Line::pattern("#a ").at(&at(2)),
        Line::pattern("!keep\nme"),
        Line::blank(),
        Line::assignment("LOG_LEVEL", "info"),
        Line::assignment("GREETING", "a $b # c"),
        Line::assignment("QUOTED", "it's \"x\"\n$y"),
        Line::assignment("EMPTY", ""),
    ];
    let artifact = Artifact::new(".env.example", Group::Iac, Body::Lines(lines), &at(1)).written_once();
    insta::assert_snapshot!(traced(&artifact));
}

#[test]
fn a_script_file() {
    let mut file = script();
    file.prologue = deployc::artifact::Prologue::File;
    insta::assert_snapshot!(traced(&Artifact::shell("ops/x.sh", Group::CiCd, file, &at(1))));
}

#[test]
fn a_template_that_does_not_fit_is_found_wherever_it_stands() {
    let broken = || Script::of("echo {missing}", &[]);
    let told = ["nothing fills `{missing}` of `echo {missing}`"];
    let mut file = Dockerfile::default();
    file.stage("scratch", "", |stage| {
        stage.run(broken());
    });
    let listed = bullets([item("a").with(shell(broken()))]);
    for body in [
        Body::Yaml { documents: vec![map().put("jobs", [map().put("run", broken())])], dialect: Dialect::Plain },
        Body::Markdown(vec![quote(vec![listed])]),
        Body::Shell(broken()),
        Body::Dockerfile(file),
    ] {
        assert_eq!(Artifact::new("x", Group::Iac, body, &at(1)).faults(), told);
    }
    let wide = Body::Markdown(vec![table(["A"]).row(row(["1", "2"]))]);
    assert_eq!(Artifact::new("x", Group::Iac, wide, &at(1)).faults().len(), 1);
    assert_eq!(Artifact::json("x", Group::Iac, None, tree(), &at(1)).faults(), [""; 0]);
}
