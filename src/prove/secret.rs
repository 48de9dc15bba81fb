//! Predicates on secrets: rotation, names instead of values, and what browsers may load.

use std::collections::BTreeMap;

use crate::artifact::{Artifact, Body, Part, Tree, Value};
use crate::derive::{DataClass, Role};
use crate::model::{self, CredentialAlphabet};
use crate::prove::scene::Scene;
use crate::prove::{Place, Tally};
use crate::{render, standard};

/// Every secret is rotated by somebody, and a workflow says when.
pub(super) fn secret_rotation_scheduled(scene: &Scene<'_>, tally: &mut Tally) {
    let model = scene.plan.model;
    let reminder = scene.workflow("scheduled.yml").map(render::text);
    let team = model.app.as_ref().is_some_and(|app| app.owner.is_some());
    for secret in &model.declared.secrets {
        let name = &secret.name.value;
        let rotate = secret.rotate.as_ref();
        let never = rotate.is_some_and(|rotate| rotate.never.value && rotate.reason.is_some());
        let owned = team || rotate.is_some_and(|rotate| rotate.owner.is_some());
        let fault = match rotate {
            None => Some(format!("`{name}` is never rotated")),
            Some(_) if never => None,
            Some(rotate) if rotate.every.is_none() => Some(format!("`{name}` has no period")),
            Some(_) if !owned => Some(format!("nobody rotates `{name}`")),
            Some(_) if !reminder.as_ref().is_some_and(|text| text.contains(name.as_str())) => {
                Some(format!("no workflow reminds anybody of `{name}`"))
            }
            Some(_) => None,
        };
        tally.judge(scene.declared(&["secret.", name, ".rotate"].concat()), fault);
    }
}

/// No file holds anything that looks like a credential.
pub(super) fn secret_names_only(scene: &Scene<'_>, tally: &mut Tally) {
    if scene.plan.model.declared.secrets.is_empty() {
        return;
    }
    let shapes = Shapes::new();
    for artifact in scene.artifacts {
        let found = shapes.first_in_file(artifact);
        let place = Place::new(artifact.path.as_str(), "");
        match found {
            Some(shape) => tally.fails(place, format!("the file holds what looks like {}", shape.title.value)),
            None if is_machine_file(&artifact.body) => tally.holds(place),
            None => {}
        }
    }
}

/// Documents are prose about names; evidence is what machines read.
fn is_machine_file(body: &Body) -> bool {
    match body {
        Body::Yaml { .. } | Body::Json { .. } | Body::Toml(_) | Body::Shell(_) | Body::Dockerfile(_) => true,
        Body::Markdown(_) | Body::Lines(_) => false,
    }
}

/// The shapes of credentials, by the first two letters of their prefix: every file is read once for all of them.
struct Shapes {
    by_start: BTreeMap<[u8; 2], Vec<&'static model::StdCredentialShape>>,
    /// What each letter may be: most letters of a text are passed over by looking here only.
    letters: [Letter; 256],
}

/// What a letter may be in a text with credentials.
#[derive(Clone, Copy, Default)]
struct Letter {
    starts: bool,
    follows: bool,
    /// Behind it no word starts.
    joins: bool,
}

impl Shapes {
    fn new() -> Shapes {
        let mut by_start: BTreeMap<[u8; 2], Vec<&'static model::StdCredentialShape>> = BTreeMap::new();
        let mut letters = [Letter::default(); 256];
        for shape in standard::all::<model::StdCredentialShape>("credential-shape") {
            // A shape without a prefix is only an expression of words that harmless text has too.
            if let [first, second, _, ..] = shape.prefix.value.as_bytes() {
                by_start.entry([*first, *second]).or_default().push(shape);
                letters.get_mut(usize::from(*first)).into_iter().for_each(|letter| letter.starts = true);
                letters.get_mut(usize::from(*second)).into_iter().for_each(|letter| letter.follows = true);
            }
        }
        for (byte, letter) in (0..=u8::MAX).zip(&mut letters) {
            letter.joins = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        }
        Shapes { by_start, letters }
    }

    fn letter(&self, byte: u8) -> Letter {
        self.letters.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// The first credential in a file. Values are read as they are: printing all of them, which a build does once to
    /// write them, takes longer than everything else that is proved, and an escape in front of one would hide it.
    fn first_in_file(&self, artifact: &Artifact) -> Option<&'static model::StdCredentialShape> {
        match &artifact.body {
            Body::Yaml { .. } | Body::Json { .. } | Body::Toml(_) => {
                artifact.trees().iter().find_map(|tree| self.first_in_tree(tree))
            }
            Body::Shell(_) | Body::Markdown(_) | Body::Dockerfile(_) | Body::Lines(_) => {
                self.first_in(&render::text(artifact))
            }
        }
    }

    fn first_in_tree(&self, tree: &Tree) -> Option<&'static model::StdCredentialShape> {
        let mut remarks = tree.comment_above().into_iter().chain(tree.note_behind());
        remarks.find_map(|remark| self.first_in(remark)).or_else(|| match &tree.value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Decimal(_) => None,
            Value::Text(text) => self.first_in(text),
            Value::Mixed(parts) => match &**parts {
                [Part::Text(text) | Part::Code(text)] => self.first_in(text),
                _ => self.first_in(&tree.joined().unwrap_or_default()),
            },
            Value::Script(script) => self.first_in(&render::script(script)),
            Value::List(items) => items.iter().find_map(|item| self.first_in_tree(item)),
            Value::Map(entries) => {
                entries.iter().find_map(|(key, value)| self.first_in(key).or_else(|| self.first_in_tree(value)))
            }
        })
    }

    /// The first credential in a text: its prefix at the start of a word, then enough of its alphabet.
    fn first_in(&self, text: &str) -> Option<&'static model::StdCredentialShape> {
        let mut behind = true;
        let mut pairs = text.as_bytes().windows(2).enumerate();
        pairs.find_map(|(at, pair)| {
            let &[first, second] = pair else { return None };
            let letter = self.letter(first);
            let is_start = behind && letter.starts && self.letter(second).follows;
            behind = !letter.joins;
            if !is_start {
                return None;
            }
            self.by_start.get(&[first, second])?.iter().copied().find(|shape| holds_at(text, at, shape))
        })
    }
}

/// Whether a credential of this shape stands there.
fn holds_at(text: &str, at: usize, shape: &model::StdCredentialShape) -> bool {
    let prefix = shape.prefix.value.as_str();
    let Some(rest) = text.get(at..).and_then(|here| here.strip_prefix(prefix)) else { return false };
    let least: usize = shape.min.value.parse().unwrap_or(0);
    let body: String = rest.chars().take_while(|next| belongs(*next, shape.alphabet.value)).collect();
    let whole = [prefix, &body].concat();
    let harmless = shape.harmless.iter().any(|harmless| harmless.value == whole);
    !harmless && least > 0 && body.len() >= least
}

fn belongs(next: char, alphabet: CredentialAlphabet) -> bool {
    match alphabet {
        CredentialAlphabet::Any => next.is_ascii_graphic(),
        CredentialAlphabet::Digits => next.is_ascii_digit(),
        CredentialAlphabet::Hex => next.is_ascii_hexdigit(),
        CredentialAlphabet::UpperDigits => next.is_ascii_uppercase() || next.is_ascii_digit(),
        CredentialAlphabet::Alphanumeric => next.is_ascii_alphanumeric(),
        CredentialAlphabet::Base64 => next.is_ascii_alphanumeric() || "+/=".contains(next),
        CredentialAlphabet::Base64url => next.is_ascii_alphanumeric() || "-_.".contains(next),
        CredentialAlphabet::Word => next.is_ascii_alphanumeric() || "-_.".contains(next),
    }
}

/// What is built into pages is public.
pub(super) fn client_bundle_public(scene: &Scene<'_>, tally: &mut Tally) {
    for image in &scene.plan.facts.images {
        let loaded = scene.deployments().any(|(_, workload)| {
            image.services.contains(&workload.name.value) && matches!(workload.role.value, Role::Web | Role::Static)
        });
        if !loaded {
            continue;
        }
        for variable in image.build_values.iter().flat_map(|(_, values)| values) {
            let name = &variable.name.value;
            let secret = variable.is_secret() || variable.class > DataClass::Public;
            let place = scene.declared(&["service.", &image.name.value, ".build.env.", name].concat());
            tally.judge(
                place,
                secret.then(|| format!("`{name}` is built into a page and is {}", variable.class.word())),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Dialect, Group, Script, int, list, map, mixed, text};
    use crate::source::Origin;

    const TOKEN: &str = "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB";

    #[test]
    fn a_credential_is_found_wherever_a_value_holds_text() {
        let shapes = Shapes::new();
        let found = |tree: Tree| {
            let origin = Origin::default();
            let body = Body::Yaml { documents: vec![map(), map().put("a", list([tree]))], dialect: Dialect::Plain };
            shapes.first_in_file(&Artifact::new("a.yml", Group::Iac, body, &origin)).map(|shape| &*shape.name.value)
        };
        let (start, end) = TOKEN.split_at(9);
        let places = [
            text(TOKEN),
            text(["line\n", TOKEN].concat()),
            map().put(TOKEN, int(1)),
            int(1).comment(TOKEN),
            int(1).note(TOKEN),
            mixed([Part::code(TOKEN)]),
            mixed([Part::text(start), Part::text(end)]),
            Script::of("login {token}", &[("token", TOKEN.into())]).into(),
        ];
        for tree in places {
            assert_eq!(found(tree.clone()), Some("github-token"), "{tree:?}");
        }
        for tree in [text("ghp_short"), text(["x", TOKEN].concat()), int(1).comment("a token")] {
            assert_eq!(found(tree.clone()), None, "{tree:?}");
        }
    }
}
