//! Reading a secret where it is kept, for hosts that must be given its value.

use crate::artifact::Word;
use crate::model::{self, SecretStore};
use crate::standard;

/// The command that prints a secret from its store, with the words for its holes; none where nobody can read it back.
pub(super) fn read(secret: &model::Secret, environment: &str) -> Option<(String, Vec<(&'static str, Word)>)> {
    let from = secret.from.as_ref()?;
    if matches!(from.store.value, SecretStore::Github | SecretStore::Gitlab | SecretStore::Kubernetes) {
        return None;
    }
    let store = standard::get::<model::StdSecretStore>("secret-store", from.store.value.word())?;
    let reference = store.reference.iter().find(|reference| reference.platform.value == "workflow")?;
    let path = from.path.as_ref().map_or(&secret.name.value, |path| &path.value);
    let text = |value: &Option<crate::source::Sourced<String>>| {
        Word::text(value.as_ref().map(|value| value.value.clone()).unwrap_or_default())
    };
    // A store of several values under one path has one of this name, unless the path says which.
    let (path, key) = path.split_once('#').unwrap_or((path, "value"));
    let words = [
        ("store_path", Word::text(path)),
        ("key", Word::text(key)),
        ("region", text(&from.region)),
        ("held_in", text(&from.project)),
        ("name", text(&from.vault)),
        ("environment", Word::text(environment)),
    ];
    let command = reference.form.value.replace("{store-path}", "{store_path}").replace("{project}", "{held_in}");
    let used = words.into_iter().filter(|(hole, _)| command.contains(&["{", hole, "}"].concat())).collect();
    Some((command, used))
}
