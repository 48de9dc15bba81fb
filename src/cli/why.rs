//! `deployc why FILE[:LINE]`: which declarations, facts and rules a generated line comes from.
//!
//! The answer is computed anew: the project is compiled in memory and compared with the file on disk, so that no sidecar
//! can be stale. A file that is not as built is refused, because its lines are not ours.

use std::collections::BTreeMap;

use clap::ArgMatches;
use serde_json::{Map, Value, json};

use crate::artifact::Artifact;
use crate::cli::Exit;
use crate::cli::check::compile;
use crate::cli::context::{Context, Format, ProgramTexts, complain, print};
use crate::diag::{Places, Texts};
use crate::loader::{Disk, Loader};
use crate::nearest::nearest;
use crate::render;
use crate::source::{FileId, Origin, Span};

pub(super) fn run(context: &Context, own: &ArgMatches) -> Exit {
    let Some(place) = own.get_one::<String>("place") else { return Exit::Usage };
    let (path, line) = split(place);
    let (root, entry) = match context.project(None) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let mut compilation = match compile(context, &root, &entry) {
        Ok(compilation) => compilation,
        Err(exit) => return exit,
    };
    let Some(artifacts) = compilation.build() else {
        return context.report(&compilation.diagnostics, &ProgramTexts(&compilation.program), Map::new());
    };
    let path = path.strip_prefix("./").unwrap_or(path);
    let Some(artifact) = artifacts.iter().find(|artifact| artifact.path == path) else {
        let near = nearest(path, artifacts.iter().map(|artifact| artifact.path.as_str()));
        let hint = near
            .map_or("`deployc build --dry-run` lists the files".to_owned(), |near| format!("did you mean `{near}`?"));
        complain(&format!("`{path}` is not a generated file: {hint}"));
        return Exit::Findings;
    };
    let mut bytes = Vec::new();
    let origins = render::render_with_lines(artifact, &mut bytes);
    if !as_built(&Disk::new(&root), artifact, &bytes) {
        complain(&format!("`{path}` is not as built: run `deployc build` first"));
        return Exit::Findings;
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if let Some(line) = line
        && (line == 0 || line > origins.len())
    {
        complain(&format!("`{path}` has {} lines", origins.len()));
        return Exit::Usage;
    }
    let texts = ProgramTexts(&compilation.program);
    let answers: Vec<Answer<'_>> = text
        .lines()
        .zip(origins)
        .enumerate()
        .filter(|(index, _)| line.is_none_or(|line| line == index + 1))
        .map(|(index, (text, origin))| Answer { line: index + 1, text, origin })
        .collect();
    tell(context, path, &answers, &texts);
    Exit::Fine
}

/// One generated line and where it came from.
struct Answer<'a> {
    line: usize,
    text: &'a str,
    origin: &'a Origin,
}

/// `FILE:LINE` or `FILE`.
fn split(place: &str) -> (&str, Option<usize>) {
    match place.rsplit_once(':') {
        Some((path, line)) => match line.parse() {
            Ok(line) => (path, Some(line)),
            Err(_) => (place, None),
        },
        None => (place, None),
    }
}

fn as_built(disk: &Disk, artifact: &Artifact, bytes: &[u8]) -> bool {
    matches!(disk.read(&artifact.path), Ok(Some(found)) if found == bytes)
}

fn tell(context: &Context, path: &str, answers: &[Answer<'_>], texts: &dyn Texts) {
    if context.format == Format::Json {
        let lines: Vec<Value> = answers.iter().map(|answer| object(answer, texts)).collect();
        print(&(json!({ "version": 1, "file": path, "lines": lines }).to_string() + "\n"));
        return;
    }
    // Many lines share an origin; each is told once, with the lines it stands for.
    let mut groups: Vec<(String, Vec<&Answer<'_>>)> = Vec::new();
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    for answer in answers {
        let told = sentence(answer.origin, texts);
        let at = *index.entry(told.clone()).or_insert_with(|| {
            groups.push((told, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, lines)) = groups.get_mut(at) {
            lines.push(answer);
        }
    }
    let mut out = String::new();
    for (told, lines) in groups {
        for answer in lines {
            out.push_str(&format!("{path}:{}: {}\n", answer.line, answer.text));
        }
        out.push_str(&told);
        out.push('\n');
    }
    print(&out);
}

/// What made a line, for people.
fn sentence(origin: &Origin, texts: &dyn Texts) -> String {
    let mut out = String::new();
    if origin.place.file == FileId::RULE {
        out.push_str(&format!(
            "  a rule of the compiler: {}\n",
            if origin.rule.is_empty() { "always" } else { origin.rule }
        ));
        return out;
    }
    out.push_str(&format!("  from {}\n", shown(origin.place, texts)));
    for place in origin.also.as_deref().unwrap_or_default() {
        out.push_str(&format!("  and  {}\n", shown(*place, texts)));
    }
    if !origin.rule.is_empty() {
        out.push_str(&format!("  because {}\n", origin.rule));
    }
    out
}

fn shown(place: Span, texts: &dyn Texts) -> String {
    let (line, column) = Places::new(texts).region(place).map_or((1, 1), |region| (region.line, region.column));
    let source = texts.text(place.file).get(place.start as usize..place.end as usize).unwrap_or_default();
    let first = source.lines().next().unwrap_or_default();
    format!("{}:{line}:{column}: {first}", texts.name(place.file))
}

fn object(answer: &Answer<'_>, texts: &dyn Texts) -> Value {
    let mut places = Places::new(texts);
    let mut place = |place: Span| {
        let region = places.region(place);
        json!({
            "file": texts.name(place.file),
            "line": region.map(|region| region.line),
            "column": region.map(|region| region.column),
            "end_line": region.map(|region| region.end_line),
            "end_column": region.map(|region| region.end_column),
        })
    };
    let origin = answer.origin;
    let primary = if origin.place.file == FileId::RULE { Value::Null } else { place(origin.place) };
    let also: Vec<Value> = origin.also.as_deref().unwrap_or_default().iter().map(|one| place(*one)).collect();
    json!({ "line": answer.line, "text": answer.text, "from": primary, "also": also, "rule": origin.rule })
}
