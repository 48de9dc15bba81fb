//! The ignore file of an image's build context.

use crate::artifact::Line;
use crate::derive::{ImageFacts, ImageSource};
use crate::emit::image::by_recipe;
use crate::model;
use crate::standard;

/// Beside the Dockerfile as `.dockerignore`, or as `Dockerfile.dockerignore` where the context is another folder: BuildKit
/// prefers that name, so that two images of one context do not fight over one file.
pub(super) fn path(image: &ImageFacts) -> String {
    let ImageSource::Ours(dockerfile) = &image.instructions else { return ".dockerignore".to_owned() };
    if image.context.value != image.source.value {
        return format!("{dockerfile}.dockerignore");
    }
    match dockerfile.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/.dockerignore"),
        None => ".dockerignore".to_owned(),
    }
}

/// What never belongs into an image, and what the runtime leaves behind.
pub(super) fn lines(image: &ImageFacts) -> Vec<Line> {
    let mut lines = Vec::new();
    let workspace = image.context.value != image.source.value;
    // In a context with several projects a pattern counts at every depth.
    let pattern = |text: &str| match (workspace, text.strip_prefix('!')) {
        (false, _) => text.to_owned(),
        (true, Some(kept)) => format!("!**/{kept}"),
        (true, None) => format!("**/{text}"),
    };
    let defaults: Option<&'static model::StdImageDefaults> = standard::get("image-defaults", "default");
    for one in defaults.iter().flat_map(|defaults| &defaults.ignore) {
        lines.push(Line::pattern(pattern(&one.value)).at(&by_recipe(image, &one.origin)));
    }
    let runtime: Option<&'static model::StdRuntime> =
        image.runtime.as_ref().and_then(|name| standard::get("runtime", &name.value));
    for one in runtime.iter().flat_map(|runtime| &runtime.ignore) {
        lines.push(Line::pattern(pattern(&one.value)).at(&by_recipe(image, &one.origin)));
    }
    lines
}
