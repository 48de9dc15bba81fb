//! The group observability: what is written, and that what is written agrees with the model.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may fail loudly")]

use deployc::artifact::Artifact;
use deployc::loader::Memory;

const SHOP: &str = include_str!("observe/shop.kdl");

fn built(deploy: &str) -> Vec<Artifact> {
    let loader = Memory::new().with("deploy.kdl", deploy.as_bytes());
    let mut compilation = deployc::check(&loader, "deploy.kdl", None).unwrap();
    compilation.build().unwrap_or_else(|| panic!("{:#?}", compilation.diagnostics))
}

/// Writes the files of a build below a folder, for the validators: `WRITE_TO=DIR cargo test --test emit_observability write`.
#[test]
fn write() {
    let Ok(folder) = std::env::var("WRITE_TO") else { return };
    let deploy =
        std::env::var("DEPLOY").map_or_else(|_| SHOP.to_owned(), |path| std::fs::read_to_string(path).unwrap());
    for artifact in built(&deploy) {
        let path = std::path::Path::new(&folder).join(&artifact.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, deployc::render::text(&artifact)).unwrap();
    }
}
