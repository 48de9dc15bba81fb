//! Data: what something holds, carries or reaches, and its class.

use crate::artifact::markdown::{Inline, Prose};
use crate::derive::{DataClass, EnvironmentFacts, Workload};
use crate::model::{self, StdResourceKind};
use crate::plan::{Plan, joined};
use crate::source::{Origin, Sourced};
use crate::standard;

/// Data of one class.
#[derive(Clone, Debug)]
pub struct Data {
    /// The class: the highest where there are several.
    pub class: DataClass,
    /// What it is, as in a sentence: `card data`, `restricted data of orders`.
    pub words: Prose,
    /// What says so.
    pub origin: Origin,
}

impl Data {
    fn of(class: DataClass, origin: &Origin) -> Data {
        Data { class, words: [class.word(), " data"].concat().into(), origin: origin.clone() }
    }

    /// Whether a leak of it does harm.
    pub fn is_confidential(&self) -> bool {
        self.class >= DataClass::Confidential
    }
}

/// The data of the highest class among some; what is of that class is named, each once.
fn highest(all: Vec<Data>) -> Option<Data> {
    let class = all.iter().map(|data| data.class).max()?;
    let highest: Vec<Data> = all.into_iter().filter(|data| data.class == class).collect();
    let mut words: Vec<Prose> = Vec::new();
    for data in &highest {
        if !words.contains(&data.words) {
            words.push(data.words.clone());
        }
    }
    let origin = joined(highest.into_iter().map(|data| data.origin))?;
    Some(Data { class, words: Prose::joined(words, " and "), origin })
}

/// The assets that are declared to lie in something.
pub fn assets<'a>(plan: &Plan<'a>, name: &str) -> impl Iterator<Item = &'a model::Asset> {
    let all = plan.model.threats.as_ref().map(|threats| threats.asset.as_slice()).unwrap_or_default();
    all.iter().filter(move |asset| asset.in_.as_ref().is_some_and(|holder| holder.value == name))
}

/// The class of an asset: as declared, else that of the application.
pub fn of_asset(plan: &Plan<'_>, asset: &model::Asset) -> Data {
    let class = match &asset.data {
        Some(class) => Sourced::new(DataClass::from(class.value), class.origin.clone()),
        None => {
            let app = of_app(plan);
            Sourced::new(app.class, asset.name.origin.clone().with(&app.origin))
        }
    };
    let words = Inline::text(&asset.name.value).into();
    Data { class: class.value, words, origin: asset.name.origin.clone().with(&class.origin) }
}

/// What the application as a whole handles: as it says, else internal, as nothing is public until somebody says so.
pub fn of_app(plan: &Plan<'_>) -> Data {
    match plan.model.app.as_ref().and_then(|app| app.data.as_ref()) {
        Some(class) => Data::of(class.value.into(), &class.origin),
        None => Data::of(DataClass::Internal, &Origin::rule("data is internal unless something says otherwise")),
    }
}

/// What a resource holds by itself: data of its class, else of that of its kind.
pub fn of_kind(resource: &model::Resource) -> Data {
    let kind = || standard::get::<StdResourceKind>("resource-kind", resource.kind.value.word());
    let name = &resource.name;
    let class = match &resource.data {
        Some(class) => Sourced::new(DataClass::from(class.value), class.origin.clone().with(&name.origin)),
        None => {
            let class = kind().map_or(DataClass::Internal, |kind| kind.data.value.into());
            Sourced::new(class, resource.kind.origin.clone().with(&name.origin))
        }
    };
    Data::of(class.value, &class.origin)
}

/// What a resource holds: its assets where they are declared, else data of its class.
pub fn of_resource(plan: &Plan<'_>, resource: &model::Resource) -> Data {
    let own = of_kind(resource);
    let assets: Vec<Data> = assets(plan, &resource.name.value).map(|asset| of_asset(plan, asset)).collect();
    match highest(assets) {
        Some(named) if named.class >= own.class => named,
        Some(_) | None => own,
    }
}

/// Whether no declared asset says what is the most sensitive of what a resource holds.
pub fn is_unnamed(plan: &Plan<'_>, resource: &model::Resource) -> bool {
    let class = of_resource(plan, resource).class;
    assets(plan, &resource.name.value).all(|asset| of_asset(plan, asset).class < class)
}

/// What a secret opens.
pub fn of_secret(secret: &model::Secret) -> Data {
    match &secret.data {
        Some(class) => Data::of(class.value.into(), &class.origin),
        None => Data::of(DataClass::Confidential, &secret.name.origin.clone().because("a secret is confidential")),
    }
}

/// What a program handles: that of the resources it uses, of the assets in it, of what flows to and from it; else what
/// the application handles.
pub fn of_workload(plan: &Plan<'_>, environment: &EnvironmentFacts, workload: &Workload) -> Data {
    let name = &workload.name.value;
    let of_used = |used: &model::Resource| {
        let mut data = of_resource(plan, used);
        if is_unnamed(plan, used) {
            data.words = data.words.then(" of ").then(Inline::code(&used.name.value));
        }
        data
    };
    let mut all: Vec<Data> = plan.used(environment, workload).into_iter().map(of_used).collect();
    all.extend(assets(plan, name).map(|asset| of_asset(plan, asset)));
    let threats = plan.model.threats.as_ref();
    for flow in threats.iter().flat_map(|threats| &threats.flow) {
        if flow.from.value == *name || flow.to.value == *name {
            all.extend(carried(plan, flow));
        }
    }
    let app = of_app(plan);
    match highest(all) {
        Some(data) if data.class >= app.class => data,
        Some(_) | None => app,
    }
}

/// What a declared flow carries.
pub fn carried(plan: &Plan<'_>, flow: &model::Flow) -> Option<Data> {
    let carries = flow.carries.as_ref()?;
    let assets = plan.model.threats.as_ref().map(|threats| threats.asset.as_slice()).unwrap_or_default();
    let asset = assets.iter().find(|asset| asset.name.value == carries.value)?;
    let data = of_asset(plan, asset);
    Some(Data { origin: data.origin.with(&carries.origin), ..data })
}

/// The highest class among programs.
pub fn of_workloads(plan: &Plan<'_>, environment: &EnvironmentFacts, workloads: &[&Workload]) -> Data {
    let all = workloads.iter().map(|workload| of_workload(plan, environment, workload)).collect();
    highest(all).unwrap_or_else(|| of_app(plan))
}
