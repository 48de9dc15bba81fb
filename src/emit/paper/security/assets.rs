//! The asset inventory: what is worth protecting, its class, where it lies and who reaches it.

use crate::artifact::markdown::{Block, Inline, Prose, Row, row, table};
use crate::derive::DataClass;
use crate::emit::paper::code;
use crate::model::ThreatElement;
use crate::plan::Plan;
use crate::plan::threat::data::{self, Data};
use crate::plan::threat::{Element, elements, places};
use crate::source::Origin;

pub(super) fn blocks(plan: &Plan<'_>) -> Vec<Block> {
    let mut rows = declared(plan);
    rows.extend(elements(plan, ThreatElement::Resource).iter().filter_map(|element| resource(plan, element)));
    rows.extend(elements(plan, ThreatElement::Secret).iter().map(secret));
    rows.extend(volumes(plan));
    rows.extend(deployment(plan));
    vec![table(["Asset", "Class", "Lies in", "Reached by"]).rows(rows)]
}

fn entry(name: Prose, class: DataClass, lies: Prose, reached: Prose, origin: &Origin) -> Row {
    row([name, class.word().into(), lies, reached]).at(origin)
}

fn users(element: &Element<'_>) -> Prose {
    Prose::joined(element.workloads.iter().map(|workload| code(&workload.name.value)), ", ")
}

fn declared(plan: &Plan<'_>) -> Vec<Row> {
    let all = plan.model.threats.as_ref().map(|threats| threats.asset.as_slice()).unwrap_or_default();
    let resources = elements(plan, ThreatElement::Resource);
    let told = |asset: &crate::model::Asset| {
        let Data { class, origin, .. } = data::of_asset(plan, asset);
        let holder = asset.in_.as_ref().map(|holder| holder.value.as_str());
        let lies = holder.map(code).map(Prose::from).unwrap_or_default();
        let held = resources.iter().find(|element| Some(element.name.as_str()) == holder);
        entry(Inline::text(&asset.name.value).into(), class, lies, held.map(users).unwrap_or_default(), &origin)
    };
    all.iter().map(told).collect()
}

/// What a resource holds, unless declared assets say it.
fn resource(plan: &Plan<'_>, element: &Element<'_>) -> Option<Row> {
    let resource = element.resource.filter(|resource| data::is_unnamed(plan, resource))?;
    let lies = Prose::from(code(&resource.name.value)).then([" (", resource.kind.value.word(), ")"].concat());
    let origin = element.origin.clone().with(&element.data.origin);
    Some(entry("what it holds".into(), element.data.class, lies, users(element), &origin))
}

fn secret(element: &Element<'_>) -> Row {
    let name = Prose::from("secret ").then(element.word("secret"));
    let origin = element.origin.clone().with(&element.data.origin);
    entry(name, element.data.class, element.word("element"), element.word("to"), &origin)
}

fn volumes(plan: &Plan<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for element in elements(plan, ThreatElement::Service) {
        let (Some(place), Some(workload)) = (element.place, element.workloads.first()) else { continue };
        let service = workload.service(plan.setting(place));
        for volume in service.iter().flat_map(|service| &service.volume).filter(|volume| volume.keep.value) {
            let name = Prose::from("volume ").then(code(&volume.name.value));
            let lies = Prose::from(code(&workload.name.value)).then(" at ").then(code(&volume.at.value));
            let origin = volume.origin.clone().with(&element.data.origin);
            rows.push(entry(name, element.data.class, lies, code(&workload.name.value).into(), &origin));
        }
    }
    rows
}

/// The right to change what runs reaches all that runs there.
fn deployment(plan: &Plan<'_>) -> Vec<Row> {
    let told = |place: &&crate::derive::EnvironmentFacts| {
        let workloads: Vec<&crate::derive::Workload> = place.workloads.iter().collect();
        let data = data::of_workloads(plan, place, &workloads);
        let name = Prose::from("the right to change ").then(code(&place.name.value));
        let origin = place.name.origin.clone().with(&data.origin);
        entry(name, data.class, "the pipeline's identity".into(), "the deploy jobs".into(), &origin)
    };
    places(plan).iter().filter(|place| plan.is_production(place)).map(told).collect()
}
