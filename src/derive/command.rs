//! The commands of an image's code: what the service says, else the runtime's convention where its conditions hold.

use std::cell::OnceCell;

use crate::loader::Loader;
use crate::model;
use crate::resolve::join;
use crate::source::{Origin, Sourced};

/// The commands that the runtime may have a convention for.
const CONVENTIONAL: [&str; 4] = ["lint", "test", "build", "start"];

/// Looks into the manifest and the folder of a service, for the conditions of conventions.
pub(super) struct Project<'a> {
    loader: &'a dyn Loader,
    /// The folder of the service's code.
    folder: &'a str,
    /// The text of the manifest that was found.
    text: String,
    package: OnceCell<Option<String>>,
}

impl<'a> Project<'a> {
    pub(super) fn new(loader: &'a dyn Loader, folder: &'a str, manifest: Option<&str>) -> Project<'a> {
        let bytes = manifest.and_then(|path| loader.read(path).ok().flatten()).unwrap_or_default();
        let text =
            String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Project { loader, folder, text, package: OnceCell::new() }
    }

    fn has_file(&self, file: &str) -> bool {
        join(self.folder, file).is_some_and(|path| self.loader.kind(&path).is_some())
    }

    /// The name of the package, where the manifest tells one.
    pub(super) fn package(&self) -> Option<&str> {
        self.package.get_or_init(|| package(&self.text)).as_deref()
    }
}

fn package(text: &str) -> Option<String> {
    if let Ok(serde_json::Value::Object(object)) = serde_json::from_str(text) {
        return object.get("name").and_then(|name| name.as_str()).map(str::to_owned);
    }
    let named = |line: &str| {
        let value = line.trim_start().strip_prefix("name")?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches('"').to_owned())
    };
    // A list of requirements is long and says neither word.
    let lines = |word: &str| if text.contains(word) { text.lines() } else { "".lines() };
    lines("name").find_map(named).or_else(|| {
        let module = lines("module ").find_map(|line| line.strip_prefix("module "))?;
        module.trim().rsplit('/').next().map(str::to_owned)
    })
}

/// Whether a manifest names a dependency: as a whole word, not as a part of another name.
fn names(text: &str, dependency: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@');
    // Most are not there, which is seen fastest so.
    text.contains(dependency)
        && text.match_indices(dependency).any(|(at, _)| {
            let before = text.get(..at).and_then(|head| head.chars().next_back());
            let after = text.get(at + dependency.len()..).and_then(|tail| tail.chars().next());
            !before.is_some_and(inside) && !after.is_some_and(|c| inside(c) && c != '.')
        })
}

fn has_script(text: &str, script: &str) -> bool {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(manifest) => manifest.get("scripts").and_then(|scripts| scripts.get(script)).is_some(),
        Err(_) => false,
    }
}

/// Every command: those the service declares (names of its own included), then the conventions for what it leaves out.
pub(super) fn derive(
    service: &model::Service,
    manager: Option<&model::StdManager>,
    project: &Project<'_>,
) -> Vec<(String, Sourced<String>)> {
    let mut commands: Vec<(String, Sourced<String>)> = Vec::new();
    if let Some(own) = &service.command {
        let known = [("lint", &own.lint), ("test", &own.test), ("build", &own.build), ("start", &own.start)];
        for (name, command) in known {
            commands.extend(command.clone().map(|command| (name.to_owned(), command)));
        }
        commands.extend(own.others.iter().map(|(name, command)| (name.value.clone(), command.clone())));
    }
    let Some(manager) = manager else { return commands };
    let text = &project.text;
    let port = service
        .http
        .first()
        .or(service.grpc.first())
        .or(service.tcp.first())
        .map(|port| port.port.value.get().to_string());
    for name in CONVENTIONAL {
        if commands.iter().any(|(known, _)| known == name) {
            continue;
        }
        let fits = |row: &&model::StdManagerCommand| {
            row.name.value == name
                && row.if_script.as_ref().is_none_or(|script| has_script(text, &script.value))
                && row.if_dependency.as_ref().is_none_or(|dependency| names(text, &dependency.value))
                && row.if_file.as_ref().is_none_or(|file| project.has_file(&file.value))
        };
        let Some(row) = manager.command.iter().find(fits) else { continue };
        let command = row
            .value
            .value
            .replace("{port}", port.as_deref().unwrap_or("8080"))
            .replace("{package}", project.package().unwrap_or(&service.name.value));
        let origin = Origin::at(service.source.as_ref().map_or(service.origin.place, |source| source.origin.place))
            .because("the runtime's convention, by what the manifest names")
            .with(&row.origin);
        commands.push((name.to_owned(), Sourced::new(command, origin)));
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_a_whole_name() {
        assert!(names("fastapi==0.115\nuvicorn[standard]==0.30", "uvicorn"));
        assert!(names("\"jest\": \"^29\"", "jest"));
        assert!(!names("ts-jest==1", "jest"));
        assert!(!names("jest-cli==1", "jest"));
    }

    #[test]
    fn a_package_is_named_in_its_manifest() {
        for manifest in [
            "{\"name\": \"shop\"}",
            "[project]\n  name = \"shop\"\n",
            "name=\"shop\"",
            "go 1.24\nmodule example.com/shop\n",
        ] {
            assert_eq!(package(manifest).as_deref(), Some("shop"), "{manifest}");
        }
        assert_eq!(package("names = \"shop\"\nuvicorn==0.30 \\\n    --hash=sha256:00\n"), None);
    }

    #[test]
    fn a_script_is_a_key_of_scripts() {
        assert!(has_script(r#"{"scripts":{"lint":"eslint ."}}"#, "lint"));
        assert!(!has_script(r#"{"lint":"eslint ."}"#, "lint"));
    }
}
