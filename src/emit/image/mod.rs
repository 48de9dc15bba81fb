//! `SOURCE/Dockerfile` and its ignore file, one per image, from the recipes of the standard library; never when one is there.

pub(crate) mod ask;
mod ignore;
mod recipe;

use crate::artifact::{Artifact, Body, Group};
use crate::derive::{ImageFacts, ImageSource};
use crate::plan::Plan;
use crate::source::Origin;

/// Adds the Dockerfile and ignore file of every image that brings none.
pub(crate) fn emit(plan: &Plan<'_>, artifacts: &mut Vec<Artifact>) {
    for image in &plan.facts.images {
        let ImageSource::Ours(path) = &image.instructions else { continue };
        let origin = image.source.origin.clone();
        if let Some(dockerfile) = recipe::dockerfile(plan, image) {
            artifacts.push(Artifact::new(path.clone(), Group::Iac, Body::Dockerfile(dockerfile), &origin));
            artifacts.push(Artifact::new(ignore::path(image), Group::Iac, Body::Lines(ignore::lines(image)), &origin));
        }
    }
}

/// Why a line stands that no declaration changes: the recipe of the standard library, chosen by the runtime.
fn by_recipe(image: &ImageFacts, fact: &Origin) -> Origin {
    let runtime = image.runtime.as_ref().map_or_else(|| image.source.origin.clone(), |runtime| runtime.origin.clone());
    runtime.because("the runtime's recipe in the standard library").with(fact)
}
