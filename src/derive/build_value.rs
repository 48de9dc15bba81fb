//! Build-time values: what an image is built with in each environment, and whether one image can serve them all.

use crate::derive::variable::{Scope, Variable, variables};
use crate::derive::{Assumption, EnvironmentFacts, ImageFacts};
use crate::resolve::Model;
use crate::source::Origin;

/// Fills in the values of every image. Where lasting environments agree, the first one's are everybody's.
pub(super) fn derive(
    model: &Model,
    environments: &[EnvironmentFacts],
    images: &mut [ImageFacts],
    assumptions: &mut Vec<Assumption>,
) {
    for image in images {
        let mut lasting = Vec::new();
        let mut ephemeral = Vec::new();
        for environment in environments {
            let Some(values) = values(model, environment, image) else { continue };
            let one = (environment.name.value.clone(), values);
            if environment.ephemeral.value { ephemeral.push(one) } else { lasting.push(one) }
        }
        image.per_environment = difference(&lasting);
        if let Some(origin) = &image.per_environment {
            assumptions.push(Assumption {
                about: format!("image {}", image.name.value),
                text: "is built once per environment, because its build-time values differ".to_owned(),
                instead: "values that are read when the program starts, in the service's own `env`".to_owned(),
                origin: origin.clone(),
            });
        } else {
            lasting.truncate(1);
        }
        lasting.append(&mut ephemeral);
        image.build_values = lasting;
    }
}

/// The values in one environment; none where nothing of the image runs there.
fn values(model: &Model, facts: &EnvironmentFacts, image: &ImageFacts) -> Option<Vec<Variable>> {
    let runs = image.services.iter().any(|name| facts.workload(name).is_some());
    let (environment, setting) = model.environments.get(facts.index).filter(|_| runs)?;
    let scope = Scope {
        app: model.app.as_ref(),
        environment,
        tier: facts.tier.value.word(),
        domain: facts.domain.as_ref().map(|domain| domain.value.clone()),
        setting,
    };
    let here = facts.workload(&image.name.value).and_then(|workload| workload.service(setting));
    let owner = here.or_else(|| setting.services.iter().find(|service| service.name.value == image.name.value));
    let build = owner.map_or(image.node.build.as_ref(), |service| service.build.as_ref());
    Some(variables(build.and_then(|build| build.env.as_ref()), &scope))
}

/// Where the first value is written that two environments do not share.
fn difference(all: &[(String, Vec<Variable>)]) -> Option<Origin> {
    let (_, first) = all.first()?;
    for (_, other) in all.iter().skip(1) {
        for one in other {
            let same = first.iter().find(|known| known.name.value == one.name.value);
            if same.is_none_or(|known| known.parts != one.parts) {
                return Some(one.origin.clone());
            }
        }
        if let Some(missing) = first.iter().find(|one| !other.iter().any(|known| known.name.value == one.name.value)) {
            return Some(missing.origin.clone());
        }
    }
    None
}

impl ImageFacts {
    /// The build-time values in an environment.
    pub fn values_in(&self, environment: &str) -> &[Variable] {
        let own = self.build_values.iter().find(|(name, _)| name == environment);
        own.or(self.build_values.first()).map_or(&[], |(_, values)| values.as_slice())
    }
}
