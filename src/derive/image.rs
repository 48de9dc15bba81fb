//! Images: one per unique source, runtime and build; services that share one differ in their arguments.

use std::collections::BTreeMap;

use crate::derive::{Assumption, Variable, command};
use crate::loader::Loader;
use crate::model;
use crate::resolve::{Model, Pins, Setting, base, join};
use crate::source::{Origin, Sourced};
use crate::standard;
use crate::value::ImageRef;

/// Where the instructions for an image come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// A Dockerfile of the user's, by its path; never overwritten.
    Theirs(Sourced<String>),
    /// One that is written from the runtime's facts, by its path.
    Ours(String),
    /// Neither a Dockerfile nor a runtime: the check tells it.
    Unknown,
}

/// A lock file or manifest that was found for an image's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Name of the package manager.
    pub manager: Sourced<String>,
    /// Path of the manifest, where one was found.
    pub manifest: Option<String>,
    /// Path of the lock file, where one was found.
    pub lock: Option<String>,
}

impl Manifest {
    /// The folder of the lock file; `.` for the root.
    pub fn lock_folder(&self) -> Option<String> {
        let lock = self.lock.as_deref()?;
        Some(lock.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned())
    }
}

impl ImageFacts {
    /// A command by its name.
    pub fn command(&self, name: &str) -> Option<&Sourced<String>> {
        self.commands.iter().find(|(known, _)| known == name).map(|(_, command)| command)
    }
}

/// One image that is built from this repository.
#[derive(Clone, Debug)]
pub struct ImageFacts {
    /// Its name: that of the first service that declares it.
    pub name: Sourced<String>,
    /// The folder of its code.
    pub source: Sourced<String>,
    /// The folder that is sent to the builder.
    pub context: Sourced<String>,
    /// Its Dockerfile.
    pub instructions: ImageSource,
    /// Its runtime, without version.
    pub runtime: Option<Sourced<String>>,
    /// The runtime's version as written, or the standard library's default.
    pub version: Option<Sourced<String>>,
    /// Package manager and its files.
    pub manifest: Option<Manifest>,
    /// The stage to build.
    pub target: Option<Sourced<String>>,
    /// Processor architectures.
    pub architectures: Vec<Sourced<model::Architecture>>,
    /// The services that run it, in file order.
    pub services: Vec<String>,
    /// Whether build-time values differ between environments, so that each environment has an image of its own.
    pub per_environment: Option<Origin>,
    /// Build-time values by environment, filled in where they are the same everywhere under the first.
    pub build_values: Vec<(String, Vec<Variable>)>,
    /// Its commands, declared or by convention: `lint`, `test`, `build`, `start` and names of the user's own.
    pub commands: Vec<(String, Sourced<String>)>,
    /// The name of the package in its manifest.
    pub package: Option<String>,
    /// The first service's node, for commands and further build settings.
    pub node: model::Service,
}

/// What makes two services share an image: source, runtime, context, Dockerfile and stage.
type Identity = (String, String, String, String, String);

fn identity(service: &model::Service) -> Option<Identity> {
    let source = service.source.as_ref()?;
    let runtime = service.runtime.as_ref();
    let build = service.build.as_ref();
    let text = |value: Option<&Sourced<String>>| value.map(|value| value.value.clone()).unwrap_or_default();
    Some((
        normal(&source.value),
        text(runtime.map(|runtime| &runtime.name)),
        text(build.and_then(|build| build.context.as_ref())),
        text(build.and_then(|build| build.dockerfile.as_ref())),
        text(build.and_then(|build| build.target.as_ref())),
    ))
}

/// A folder as the compiler writes it: no `./`, no trailing slash, `.` for the root.
fn normal(folder: &str) -> String {
    match join("", folder).unwrap_or_default().as_str() {
        "" => ".".to_owned(),
        folder => folder.to_owned(),
    }
}

pub(super) fn derive(model: &Model, loader: &dyn Loader, assumptions: &mut Vec<Assumption>) -> Vec<ImageFacts> {
    let mut images: Vec<ImageFacts> = Vec::new();
    let mut by_identity: BTreeMap<Identity, usize> = BTreeMap::new();
    let mut by_service: BTreeMap<&str, usize> = BTreeMap::new();
    for service in model.declared.services.iter().filter(|service| service.image.is_none()) {
        let Some(identity) = identity(service) else { continue };
        let next = images.len();
        let at = *by_identity.entry(identity.clone()).or_insert(next);
        by_service.insert(&service.name.value, at);
        match images.get_mut(at) {
            Some(image) => image.services.push(service.name.value.clone()),
            None => images.push(of_service(service, &identity.0, loader, assumptions)),
        }
    }
    for service in &model.declared.services {
        let Some(owner) = service.image.as_ref().and_then(|image| image.service.as_ref()) else { continue };
        if let Some(image) = by_service.get(owner.value.as_str()).and_then(|at| images.get_mut(*at)) {
            image.services.push(service.name.value.clone());
        }
    }
    images
}

/// Finds images and services by name, so that deriving stays linear in their number.
pub(super) struct Index<'a> {
    images: BTreeMap<&'a str, usize>,
    services: BTreeMap<&'a str, &'a model::Service>,
    first: BTreeMap<Identity, &'a model::Service>,
    pins: &'a Pins,
}

impl<'a> Index<'a> {
    /// Indexes the images and the services of a setting.
    pub(super) fn new(images: &'a [ImageFacts], setting: &'a Setting, pins: &'a Pins) -> Self {
        let named = images
            .iter()
            .enumerate()
            .flat_map(|(at, image)| image.services.iter().map(move |service| (service.as_str(), at)));
        let mut first = BTreeMap::new();
        for service in &setting.services {
            if let Some(identity) = identity(service) {
                first.entry(identity).or_insert(service);
            }
        }
        Index {
            images: named.collect(),
            services: setting.services.iter().map(|service| (service.name.value.as_str(), service)).collect(),
            first,
            pins,
        }
    }

    /// The service of a name.
    pub(super) fn service(&self, name: &str) -> Option<&'a model::Service> {
        self.services.get(name).copied()
    }

    /// The image a service runs, following `image service=`.
    pub(super) fn image(&self, service: &str) -> Option<usize> {
        self.images.get(service).copied()
    }

    /// The ready image of a service or task: its own, or that of the service whose image it takes.
    pub(super) fn ready(&self, image: Option<&model::Image>) -> Option<Sourced<ImageRef>> {
        let image = image?;
        if let Some(reference) = &image.reference {
            return Some(self.pins.image_ref(reference.clone()));
        }
        let shared = self.service(&image.service.as_ref()?.value)?.image.as_ref()?.reference.clone()?;
        Some(self.pins.image_ref(shared))
    }

    /// The release unit of a service: its `release` name, else that of the service whose image it shares, else its own name.
    pub(super) fn unit(&self, service: &model::Service) -> String {
        if let Some(unit) = &service.release {
            return unit.value.clone();
        }
        let owner = match service.image.as_ref().and_then(|image| image.service.as_ref()) {
            Some(owner) => self.service(&owner.value),
            None => identity(service).and_then(|own| self.first.get(&own).copied()),
        };
        match owner {
            Some(owner) if owner.name.value != service.name.value => {
                owner.release.as_ref().map_or_else(|| owner.name.value.clone(), |unit| unit.value.clone())
            }
            Some(_) | None => service.name.value.clone(),
        }
    }
}

fn of_service(
    service: &model::Service,
    folder: &str,
    loader: &dyn Loader,
    assumptions: &mut Vec<Assumption>,
) -> ImageFacts {
    let source = service.source.clone().unwrap_or_default();
    let build = service.build.as_ref();
    let runtime = service.runtime.as_ref();
    let name = runtime.map(|runtime| Sourced::new(base(&runtime.name.value).to_owned(), runtime.name.origin.clone()));
    let facts = name.as_ref().and_then(|name| standard::get::<model::StdRuntime>("runtime", &name.value));
    let version = runtime.and_then(|runtime| version(runtime, facts));
    let instructions = instructions(service, folder, loader);
    let manifest = facts.as_ref().and_then(|facts| manifest(runtime, facts, folder, loader, service, assumptions));
    let manager = facts.as_ref().zip(manifest.as_ref()).and_then(|(facts, manifest)| {
        facts.manager.iter().find(|manager| manager.name.value == manifest.manager.value)
    });
    let named = manifest.as_ref().and_then(|manifest| manifest.manifest.as_deref());
    let project = command::Project::new(loader, folder, named);
    let commands = command::derive(service, manager, &project);
    let package = project.package().map(str::to_owned);
    let lock_folder = manifest.as_ref().and_then(Manifest::lock_folder).filter(|above| above != folder);
    ImageFacts {
        name: service.name.clone(),
        source: Sourced::new(folder.to_owned(), source.origin.clone()),
        context: match build.and_then(|build| build.context.as_ref()) {
            Some(context) => Sourced::new(normal(&context.value), context.origin.clone()),
            None => match lock_folder.filter(|_| matches!(instructions, ImageSource::Ours(_))) {
                Some(above) => {
                    Sourced::new(above, source.origin.clone().because("the lock file is in a folder above the source"))
                }
                None => Sourced::new(folder.to_owned(), source.origin.clone()),
            },
        },
        commands,
        package,
        instructions,
        runtime: name,
        version,
        manifest,
        target: build.and_then(|build| build.target.clone()),
        architectures: build.map(|build| build.arch.clone()).unwrap_or_default(),
        services: vec![service.name.value.clone()],
        per_environment: None,
        build_values: Vec::new(),
        node: service.clone(),
    }
}

fn version(runtime: &model::Runtime, facts: Option<&model::StdRuntime>) -> Option<Sourced<String>> {
    match runtime.name.value.split_once('@') {
        Some((_, version)) => Some(Sourced::new(version.to_owned(), runtime.name.origin.clone())),
        None => facts.map(|facts| {
            Sourced::new(
                facts.default_version.value.clone(),
                runtime.name.origin.clone().because("the standard library's current version").with(&facts.origin),
            )
        }),
    }
}

/// The named Dockerfile, else the one in the source, else ours.
fn instructions(service: &model::Service, folder: &str, loader: &dyn Loader) -> ImageSource {
    if let Some(named) = service.build.as_ref().and_then(|build| build.dockerfile.as_ref()) {
        return ImageSource::Theirs(Sourced::new(normal(&named.value), named.origin.clone()));
    }
    let path = join(folder, "Dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
    let theirs = match loader.read(&path) {
        Ok(Some(bytes)) => !is_ours(&bytes),
        _ => false,
    };
    if theirs {
        let origin = service.source.as_ref().map(|source| source.origin.clone()).unwrap_or_default();
        return ImageSource::Theirs(Sourced::new(path, origin.because("a Dockerfile in the source is used")));
    }
    if service.runtime.is_some() { ImageSource::Ours(path) } else { ImageSource::Unknown }
}

/// Whether a Dockerfile is one of our own: its header says so. An edited one is found by the lock, not here.
fn is_ours(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).lines().take(3).any(|line| line.contains("Made by deployc"))
}

/// Looks for manifest and lock file in the source and in the folders above it, up to the root.
fn manifest(
    runtime: Option<&model::Runtime>,
    facts: &model::StdRuntime,
    folder: &str,
    loader: &dyn Loader,
    service: &model::Service,
    assumptions: &mut Vec<Assumption>,
) -> Option<Manifest> {
    let named = runtime.and_then(|runtime| runtime.manager.as_ref());
    let find = |files: &[Sourced<String>]| {
        let mut at = Some(folder);
        while let Some(folder) = at {
            for file in files {
                let path = match file.value.strip_prefix('*') {
                    // `*.csproj`: the first file that ends so.
                    Some(end) => loader
                        .list(folder)
                        .ok()?
                        .into_iter()
                        .find(|name| name.ends_with(end))
                        .and_then(|name| join(folder, &name)),
                    None => join(folder, &file.value),
                };
                if let Some(path) = path.filter(|path| loader.kind(path).is_some()) {
                    return Some(path);
                }
            }
            at = match folder {
                "" | "." => None,
                folder => Some(folder.rsplit_once('/').map_or("", |(parent, _)| parent)),
            };
        }
        None
    };
    for manager in &facts.manager {
        if named.is_some_and(|named| named.value.word() != manager.name.value) {
            continue;
        }
        let lock = find(&manager.lock);
        if named.is_none() && lock.is_none() {
            continue;
        }
        let origin = named.map_or_else(
            || {
                service
                    .source
                    .as_ref()
                    .map(|source| source.origin.clone())
                    .unwrap_or_default()
                    .because("the package manager whose lock file is there")
            },
            |named| named.origin.clone(),
        );
        return Some(Manifest {
            manager: Sourced::new(manager.name.value.clone(), origin),
            manifest: find(&manager.manifest),
            lock,
        });
    }
    let first = facts.manager.first()?;
    assumptions.push(Assumption {
        about: format!("service {}", service.name.value),
        text: format!("uses {}, because no lock file tells its package manager", first.name.value),
        instead: format!("runtime \"{}\" manager=\"…\"", facts.name.value),
        origin: service.origin.clone(),
    });
    Some(Manifest {
        manager: Sourced::new(
            first.name.value.clone(),
            service.origin.clone().because("the runtime's first package manager"),
        ),
        manifest: find(&first.manifest),
        lock: None,
    })
}
