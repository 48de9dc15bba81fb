//! Flows between components: calls, uses of resources, and what is declared.

use crate::artifact::markdown::Prose;
use crate::model::{StdResourceKind, ThreatElement};
use crate::plan::Plan;
use crate::plan::threat::collect::elements;
use crate::plan::threat::element::Element;
use crate::plan::threat::zone::{Flow, System};
use crate::standard;

/// Calls and uses.
pub(super) fn derived(plan: &Plan<'_>, system: &mut System) {
    for element in elements(plan, ThreatElement::Call) {
        let over =
            element.port.map_or_else(String::new, |port| at_port(port.protocol.word(), &port.shown.value.to_string()));
        push(system, &element, "service ", over);
    }
    for element in elements(plan, ThreatElement::Uses) {
        let kind = element.resource.map(|resource| resource.kind.value.word()).unwrap_or_default();
        let facts: Option<&StdResourceKind> = standard::get("resource-kind", kind);
        let port = facts.and_then(|facts| facts.port.as_ref()).map(|port| port.value.clone()).unwrap_or_default();
        push(system, &element, "resource ", at_port(kind, &port));
    }
}

/// A protocol, with the port where it is known.
pub(super) fn at_port(protocol: &str, port: &str) -> String {
    if port.is_empty() { protocol.to_owned() } else { [protocol, ", port ", port].concat() }
}

/// A call or a use: the words of its ends are their names.
fn push(system: &mut System, element: &Element<'_>, target: &str, over: String) {
    system.flows.push(Flow {
        from: ["service ", &element.word("from").shown()].concat(),
        to: [target, &element.word("to").shown()].concat(),
        over,
        auth: None,
        carries: element.data.words.clone(),
        origin: element.origin.clone(),
    });
}

/// Declared flows say more of a derived one between the same ends, or are flows of their own.
pub(super) fn declared(plan: &Plan<'_>, system: &mut System) {
    for flow in plan.model.threats.iter().flat_map(|threats| &threats.flow) {
        let key = |name: &str| {
            let keys = ["service ", "resource ", "boundary "].map(|kind| [kind, name].concat());
            keys.into_iter().find(|key| system.component(key).is_some())
        };
        let (Some(from), Some(to)) = (key(&flow.from.value), key(&flow.to.value)) else { continue };
        let over = flow.over.as_ref().map(|over| over.value.clone());
        let auth = flow.auth.as_ref().map(|auth| auth.value.clone());
        let carries = flow.carries.as_ref().map(|asset| Prose::from(asset.value.as_str()));
        match system.flows.iter_mut().find(|known| known.from == from && known.to == to) {
            Some(known) => {
                known.over = over.unwrap_or_else(|| std::mem::take(&mut known.over));
                known.auth = auth;
                known.carries = carries.unwrap_or_else(|| std::mem::take(&mut known.carries));
                known.origin = flow.origin.clone().with(&known.origin);
            }
            None => system.flows.push(Flow {
                from,
                to,
                over: over.unwrap_or_default(),
                auth,
                carries: carries.unwrap_or_default(),
                origin: flow.origin.clone(),
            }),
        }
    }
}
