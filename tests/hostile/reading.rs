//! Outputs read back: each says what its tree means.

use std::io::Write as _;
use std::process::{Command, Stdio};

use deployc::artifact::markdown::Target;
use deployc::artifact::{Artifact, Body, Dialect, Tree, links};
use deployc::render;
use serde_json::Value as Json;

use crate::meaning::{meant, read_on};
use crate::whole::{Example, LOCK, locked};

/// What is wrong with a file for its readers, or with what they read in it.
pub(crate) fn misread(artifact: &Artifact) -> Option<String> {
    let text = render::text(artifact);
    let told = match found(artifact) {
        Some(Err(error)) => Some(error),
        Some(Ok(found)) => different(artifact, &found),
        None if text.starts_with("#!") => refused_by_bash(&text),
        None => None,
    };
    let told = told.or_else(|| artifact.faults().into_iter().next());
    told.map(|told| format!("{}: {told}\n{text}", artifact.path))
}

/// What a reader that is not ours finds in a file: the documents of a YAML file, the value of a JSON file.
pub(crate) fn found(artifact: &Artifact) -> Option<Result<Json, String>> {
    let text = render::text(artifact);
    match &artifact.body {
        Body::Yaml { .. } => {
            let documents = serde_saphyr::from_multiple::<Json>(&text);
            Some(documents.map(Json::from).map_err(|error| error.to_string()))
        }
        Body::Json { .. } => Some(serde_json::from_str(&text).map_err(|error| error.to_string())),
        Body::Toml(_) | Body::Markdown(_) | Body::Shell(_) | Body::Dockerfile(_) | Body::Lines(_) => None,
    }
}

/// Where what was found is not what the trees of the file mean.
fn different(artifact: &Artifact, found: &Json) -> Option<String> {
    let (mut found, trees, dialect) = match &artifact.body {
        Body::Yaml { documents, dialect } => (found.clone(), documents.as_slice(), *dialect),
        _ => (Json::from(vec![found.clone()]), artifact.trees(), Dialect::Plain),
    };
    if let Body::Json { header: Some(key), .. } = &artifact.body {
        found[0].as_object_mut()?.remove(*key);
    }
    let meaning: Json = trees.iter().map(|tree: &Tree| meant(tree, dialect)).collect();
    differs(&meaning, &read_on(&found, dialect), "")
}

fn differs(meant: &Json, found: &Json, path: &str) -> Option<String> {
    match (meant, found) {
        (Json::Object(own), Json::Object(other)) if own.len() == other.len() => own
            .iter()
            .find_map(|(key, value)| differs(value, other.get(key).unwrap_or(&Json::Null), &format!("{path}/{key}"))),
        (Json::Array(own), Json::Array(other)) if own.len() == other.len() => {
            let pairs = own.iter().zip(other).enumerate();
            pairs.into_iter().find_map(|(at, (own, other))| differs(own, other, &format!("{path}/{at}")))
        }
        (Json::Number(own), Json::Number(other)) if own.as_f64() == other.as_f64() => None,
        _ => (meant != found).then(|| format!("{path} means {meant} and is read as {found}")),
    }
}

/// Links of the documents to files that neither the build writes nor the user wrote.
pub(crate) fn dead_links(example: &Example, artifacts: &[Artifact]) -> Vec<String> {
    let lock = std::fs::read_to_string(example.root.join(LOCK)).unwrap_or_default();
    let generated = locked(&lock);
    let is_there = |path: &str| {
        let own = !generated.contains(&path) && example.root.join(path).exists();
        own || artifacts.iter().any(|artifact| artifact.path == path || artifact.path.starts_with(&format!("{path}/")))
    };
    let mut dead = Vec::new();
    for artifact in artifacts {
        let Body::Markdown(blocks) = &artifact.body else { continue };
        for target in links(blocks) {
            if let Target::File { path, .. } = target
                && !is_there(path.trim_end_matches('/'))
            {
                dead.push(format!("{} leads to {path}", artifact.path));
            }
        }
    }
    dead
}

fn refused_by_bash(script: &str) -> Option<String> {
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}
