//! The image of a container: by digest on a server, made from the project on a developer's machine.

use crate::artifact::{Tree, map};
use crate::derive::{ImageSource, Workload};

use super::job;
use super::service::Shared;
use super::site::{Site, image_variable};
use super::value::Filled;

/// `image`, or `build` on a developer's machine. `owner` is the workload whose image it is.
pub(super) fn tree(site: &Site<'_>, workload: &Workload, owner: &str, shared: &mut Shared) -> Tree {
    if site.is_local() {
        if let Some(image) = site.plan.image(workload) {
            return map().put("build", build(site, image, shared));
        }
        if let Some(ready) = &workload.ready_image {
            return map().put("image", Tree::from(ready.value.to_string()).at(&ready.origin));
        }
        let source = workload.task(site.setting).and_then(|task| task.source.as_ref());
        let source =
            source.map_or_else(|| Tree::from("."), |source| Tree::from(path(&source.value)).at(&source.origin));
        return map().put("build", map().put("context", source));
    }
    let owner = job::image_owner(site, workload).unwrap_or_else(|| owner.to_owned());
    let origin = workload.ready_image.as_ref().map_or(&workload.name.origin, |image| &image.origin);
    let source = ["${", &image_variable(&owner), ":?is set by ops/deploy.sh}"].concat();
    map().put("image", crate::artifact::code(source).at(origin))
}

/// A path of the project, which Compose tells from a volume's name by the beginning.
pub(super) fn path(folder: &str) -> String {
    if folder == "." || folder.is_empty() { ".".to_owned() } else { ["./", folder.trim_start_matches("./")].concat() }
}

fn build(site: &Site<'_>, image: &crate::derive::ImageFacts, shared: &mut Shared) -> Tree {
    let (file, origin) = match &image.instructions {
        ImageSource::Ours(path) => (path.as_str(), &image.source.origin),
        ImageSource::Theirs(path) => (path.value.as_str(), &path.origin),
        ImageSource::Unknown => ("", &image.source.origin),
    };
    let context = image.context.value.as_str();
    let inside =
        if context == "." { file } else { file.strip_prefix(context).map_or("", |rest| rest.trim_start_matches('/')) };
    // A Dockerfile outside of the context is named from there.
    let outside = [&"../".repeat(context.split('/').count()), file].concat();
    let named = if inside.is_empty() && !file.is_empty() { outside.as_str() } else { inside };
    let dockerfile = Tree::from(named).at(origin);
    let args = site.plan.facts.images.iter().find(|one| one.name.value == image.name.value);
    let args = args.map(|image| image.values_in(&site.environment.name.value)).unwrap_or_default();
    let mut values = map();
    for variable in args {
        if let Some(text) = variable.text() {
            values.set(&variable.name.value, Tree::from(text).at(&variable.origin));
        }
    }
    map()
        .put("context", Tree::from(path(context)).at(&image.context.origin))
        .put_some("dockerfile", (named != "Dockerfile" && !named.is_empty()).then_some(dockerfile))
        .put_some("target", image.target.as_ref())
        .put_filled("args", values)
        .put_filled("secrets", build_secrets(image, shared))
}

/// The secrets that steps of the Dockerfile may read, under the names by which these ask for them.
fn build_secrets(image: &crate::derive::ImageFacts, shared: &mut Shared) -> Tree {
    let mut list = Tree::from(Vec::<Tree>::new());
    for secret in image.node.build.iter().flat_map(|build| &build.secret) {
        let key = shared.secret(&Filled::of_secret(&secret.from.value), &secret.from.origin);
        list.add(map().put("source", key).put("target", &secret.name).at(&secret.from.origin));
    }
    list
}
