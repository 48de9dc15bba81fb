//! YAML, read back by a YAML 1.2 reader. Two more readers run in `tests/validators/yaml_readers`.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::{hostile, hostile_trees, meant, yaml_of};
use deployc::artifact::text;

/// What a YAML 1.2 reader makes of it; where it refuses, a text that tells so.
fn read(yaml: &str) -> serde_json::Value {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| format!("refused: {error}").into())
}

#[test]
fn hostile_strings_read_back() {
    assert!(hostile().len() >= 250);
    for tree in hostile_trees() {
        let printed = yaml_of(tree.clone());
        assert_eq!(read(&printed), meant(&tree), "{printed}");
    }
}

#[test]
fn a_lone_scalar_reads_back() {
    for hostile in hostile() {
        assert_eq!(read(&yaml_of(text(&hostile))), serde_json::Value::from(hostile));
    }
}

/// Leaves every hostile tree as YAML with the JSON of what it means, for the readers in `tests/validators/yaml_readers`.
#[test]
fn pairs_are_left_for_other_readers() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("yaml_readers");
    std::fs::create_dir_all(&folder).unwrap();
    for (number, tree) in hostile_trees().into_iter().enumerate() {
        let meant = serde_json::Value::from(vec![meant(&tree)]);
        for (extension, content) in [("json", meant.to_string()), ("yaml", yaml_of(tree))] {
            let path = folder.join(format!("{number:03}.{extension}"));
            File::create(path).unwrap().write_all(content.as_bytes()).unwrap();
        }
    }
}
