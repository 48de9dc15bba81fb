//! Projects full of hostile text, left for tools that are not ours.

use std::fs;
use std::path::{Path, PathBuf};

use deployc::artifact::{Artifact, Body, Dialect};

use crate::meaning::meant;
use crate::reading::found;
use crate::whole::{ENTRY, Example, copy_inputs};

/// Leaves a project to be built, and beside it what every structured file of the build says: `meant/PATH.json`.
pub(crate) fn leave(example: &Example, turn: &str, text: &str, artifacts: &[Artifact]) {
    let folder = folder().join(format!("{}-{turn}", example.name));
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    copy_inputs(example, &folder);
    fs::write(folder.join(ENTRY), text).unwrap();
    for artifact in artifacts {
        let says = match (&artifact.body, found(artifact)) {
            (_, Some(found)) => found.unwrap(),
            (Body::Toml(tree), None) => meant(tree, Dialect::Plain),
            (_, None) => continue,
        };
        let path = folder.join("meant").join(format!("{}.json", artifact.path));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, says.to_string()).unwrap();
    }
}

/// Where `tests/validators/hostile` finds them.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile")
}
