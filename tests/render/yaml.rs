//! YAML, read back by a YAML 1.2 reader. Two more readers run in `tests/validators/yaml_readers`.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::meaning::meant;
use super::{hostile, hostile_trees, yaml_of};
use deployc::artifact::{Artifact, Dialect, Group, text};
use deployc::source::Origin;

/// What a YAML 1.2 reader makes of it; where it refuses, a text that tells so.
fn read(yaml: &str) -> serde_json::Value {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| format!("refused: {error}").into())
}

#[test]
fn hostile_strings_read_back() {
    assert!(hostile().len() >= 250);
    for tree in hostile_trees() {
        let printed = yaml_of(tree.clone());
        assert_eq!(read(&printed), meant(&tree, Dialect::Plain), "{printed}");
    }
}

#[test]
fn a_lone_scalar_reads_back() {
    for hostile in hostile() {
        assert_eq!(read(&yaml_of(text(&hostile))), serde_json::Value::from(hostile));
    }
}

/// Leaves every hostile tree as YAML and TOML with the JSON of what it means, for the readers in `tests/validators`.
#[test]
fn pairs_are_left_for_other_readers() {
    let write = |folder: &str, name: String, content: String| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        File::create(folder.join(name)).unwrap().write_all(content.as_bytes()).unwrap();
    };
    for (number, tree) in hostile_trees().into_iter().enumerate() {
        let meant = meant(&tree, Dialect::Plain);
        if meant.is_object() {
            let toml = Artifact::toml("x.toml", Group::Iac, tree.clone(), &Origin::rule("a test"));
            write("toml_readers", format!("{number:03}.json"), meant.to_string());
            write("toml_readers", format!("{number:03}.toml"), deployc::render::text(&toml));
        }
        write("yaml_readers", format!("{number:03}.json"), serde_json::Value::from(vec![meant]).to_string());
        write("yaml_readers", format!("{number:03}.yaml"), yaml_of(tree));
    }
}
