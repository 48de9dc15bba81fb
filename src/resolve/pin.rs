//! The pins of a project over those of the standard library: one answer for what is derived, emitted and proved.

use crate::model::{self, Lower, Lowering};
use crate::resolve::{Judged, NoPresets, View, judge_as};
use crate::schema::SHAPE_PINS;
use crate::source::{Origin, Sourced};
use crate::standard;
use crate::syntax::kdl::Document;
use crate::value::ImageRef;

/// Where a project keeps its pins, from its root.
pub const PINS: &str = "deploy/pins.kdl";

/// What `deploy/pins.kdl` says.
#[derive(Clone, Debug, Default)]
pub struct Pins {
    /// Commits of actions.
    pub actions: Vec<model::PinsAction>,
    /// Digests of images.
    pub images: Vec<model::PinsImage>,
    /// Versions of tools.
    pub tools: Vec<model::PinsTool>,
}

/// The commit of an action and the version that it is.
#[derive(Clone, Debug)]
pub struct Pin {
    /// The commit.
    pub commit: Sourced<String>,
    /// Its version.
    pub version: Sourced<String>,
}

impl Pins {
    /// The pin of an action, by its name with or without a sub-path (`github/codeql-action/init`).
    pub fn action(&self, name: &str) -> Option<Pin> {
        let repository = repository(name);
        if let Some(own) = self.actions.iter().find(|own| own.name.value == repository) {
            let at = |value: &Sourced<String>| Sourced::new(value.value.clone(), own.origin.clone());
            return Some(Pin { commit: at(&own.commit), version: at(&own.version) });
        }
        let known: &'static model::StdAction = standard::get("action", repository)?;
        let at = |value: &Sourced<String>| Sourced::new(value.value.clone(), known.origin.clone());
        Some(Pin { commit: at(&known.commit), version: at(&known.version) })
    }

    /// The tools that an action installs: the input that takes the version, and the version.
    pub fn tools_of(&self, action: &str) -> Vec<(&'static str, Sourced<String>)> {
        let installs = |tool: &&&model::StdTool| tool.by.value == repository(action);
        let tools: Vec<&'static model::StdTool> = standard::all("tool");
        let version = |tool: &model::StdTool| self.own_tool(&tool.name.value).unwrap_or_else(|| tool.version.clone());
        tools.iter().filter(installs).map(|tool| (tool.input.value.as_str(), version(tool))).collect()
    }

    /// The version of a package manager.
    pub fn manager(&self, manager: &model::StdManager) -> Sourced<String> {
        self.own_tool(&manager.name.value).unwrap_or_else(|| manager.default_version.clone())
    }

    fn own_tool(&self, name: &str) -> Option<Sourced<String>> {
        let own = self.tools.iter().find(|own| own.name.value == name)?;
        Some(Sourced::new(own.version.value.clone(), own.origin.clone()))
    }

    /// An image with the digest that is known of it: the project's, else the standard library's. Its origin is the pin
    /// first, then what names the image.
    pub fn image(&self, reference: &Sourced<String>) -> Sourced<String> {
        match self.digest(&reference.value) {
            Some(digest) => {
                let pinned = [reference.value.as_str(), "@", &digest.value].concat();
                Sourced::new(pinned, digest.origin.with(&reference.origin))
            }
            None => reference.clone(),
        }
    }

    /// The same for a reference that was read already.
    pub fn image_ref(&self, reference: Sourced<ImageRef>) -> Sourced<ImageRef> {
        let digest = if reference.value.digest.is_none() { self.digest(&reference.value.to_string()) } else { None };
        match digest {
            Some(digest) => {
                let origin = digest.origin.with(&reference.origin);
                Sourced::new(ImageRef { digest: Some(digest.value), ..reference.value }, origin)
            }
            None => reference,
        }
    }

    fn digest(&self, reference: &str) -> Option<Sourced<String>> {
        if let Some(own) = self.images.iter().find(|own| own.reference.value.to_string() == reference) {
            let rule = "the digest that the project pins";
            return Some(Sourced::new(own.digest.value.clone(), own.origin.clone().because(rule)));
        }
        let known: &'static model::StdBaseImage = standard::get("base-image", reference)?;
        let digest = known.digest.as_ref()?;
        Some(Sourced::new(digest.value.clone(), digest.origin.clone()))
    }

    /// What is pinned, each by its name and where it is written.
    pub fn nodes(&self) -> Vec<(String, &Origin)> {
        let actions = self.actions.iter().map(|pin| (pin.name.value.clone(), &pin.origin));
        let images = self.images.iter().map(|pin| (pin.reference.value.to_string(), &pin.origin));
        let tools = self.tools.iter().map(|pin| (pin.name.value.clone(), &pin.origin));
        actions.chain(images).chain(tools).collect()
    }

    /// Reads what a judged document says.
    fn read(document: &Document) -> Pins {
        let mut pins = Pins::default();
        for node in document.roots() {
            match node.name() {
                "action" => pins.actions.push(lower(node)),
                "image" => pins.images.push(lower(node)),
                "tool" => pins.tools.push(lower(node)),
                _ => {}
            }
        }
        pins
    }
}

/// Where a template of the standard library holds the version of its package manager.
pub const MANAGER_VERSION: &str = "{manager-version}";

/// Who decides what a template says: the project's pin first, where the template holds the version of a package manager.
pub fn pinned(template: &str, version: &Sourced<String>, otherwise: &Origin) -> Origin {
    let by_project = template.contains(MANAGER_VERSION) && !version.origin.place.file.is_embedded();
    if by_project { version.origin.clone().with(otherwise) } else { otherwise.clone() }
}

/// `owner/repository` of an action's name.
pub fn repository(action: &str) -> &str {
    let mut slashes = action.match_indices('/').map(|(at, _)| at);
    let end = slashes.nth(1).unwrap_or(action.len());
    action.get(..end).unwrap_or(action)
}

/// What is wrong with a value was told where it is written.
fn lower<T: Lower>(node: crate::syntax::kdl::NodeRef<'_>) -> T {
    let mut told = Vec::new();
    Lowering::new(&mut told).node(&View::new(T::SHAPE, node, &NoPresets))
}

/// Judges and reads the pins of a project.
pub(super) fn pins<'d>(document: &'d Document, judged: &mut Judged<'d>) -> Pins {
    judge_as(&SHAPE_PINS, document, judged);
    Pins::read(document)
}
