//! The risk of a deployment by the published tables: each factor that holds, with the declaration it rests on.

use crate::derive::EnvironmentFacts;
use crate::emit::paper::deployment::Deployment;
use crate::emit::paper::timing;
use crate::model::{self, StrategyKind};
use crate::ordered::distinct;
use crate::plan::threat::Source;
use crate::plan::{Plan, joined};
use crate::prove::threat::Judged;
use crate::source::Origin;
use crate::standard;
use crate::value::Duration;

/// A factor that holds.
pub(super) struct Factor {
    pub(super) name: String,
    pub(super) points: i64,
    pub(super) told: String,
    /// What is declared that makes it hold, by name.
    pub(super) because: Vec<String>,
    pub(super) origin: Origin,
}

/// What makes a factor hold: the names of the declarations, and where they stand.
type Ground = (Vec<String>, Origin);

/// The sum of all factors and what it means.
pub(super) struct Risk {
    pub(super) factors: Vec<Factor>,
    pub(super) points: i64,
    pub(super) recommendation: Option<&'static model::StdRecommendation>,
}

/// The risk of releasing to an environment.
pub(super) fn risk(
    plan: &Plan<'_>,
    environment: &EnvironmentFacts,
    group: &[Deployment<'_>],
    threats: &[Judged<'_>],
) -> Risk {
    let scene = Scene { plan, environment, group, threats };
    let mut factors = Vec::new();
    for factor in standard::all::<model::StdRiskFactor>("risk-factor") {
        let Some((because, origin)) = scene.holds(&factor.when.value) else { continue };
        factors.push(Factor {
            name: factor.name.value.clone(),
            points: factor.points.value.parse().unwrap_or(0),
            told: factor.describe.as_ref().map(|describe| describe.value.clone()).unwrap_or_default(),
            because,
            origin: origin.with(&factor.points.origin),
        });
    }
    let points = factors.iter().map(|factor| factor.points).sum();
    // What is derived weighs in the sum; what the project itself says of a high risk decides.
    let open = threats.iter().any(is_open);
    let fits = |row: &&'static model::StdRecommendation| {
        points >= row.min_points.value.parse().unwrap_or(i64::MAX) || (row.open.value == "high" && open)
    };
    let recommendation = standard::all::<model::StdRecommendation>("recommendation").into_iter().find(fits);
    Risk { factors, points, recommendation }
}

/// What factors are judged by.
struct Scene<'s, 'a> {
    plan: &'s Plan<'a>,
    environment: &'s EnvironmentFacts,
    group: &'s [Deployment<'a>],
    threats: &'s [Judged<'a>],
}

impl Scene<'_, '_> {
    /// What makes the word of a factor hold; none where it does not.
    fn holds(&self, word: &str) -> Option<Ground> {
        let place = || self.place(self.environment.name.origin.clone());
        match word {
            "tier-production" => {
                self.plan.is_production(self.environment).then(|| self.place(self.environment.tier.origin.clone()))
            }
            "criticality-1" => self.criticality(1),
            "criticality-2" => self.criticality(2),
            "data-confidential" => self.data(model::DataClass::Confidential),
            "data-restricted" => self.data(model::DataClass::Restricted),
            "migration" => self.migrations(|_| true),
            "migration-irreversible" => self.migrations(cannot_go_back),
            "volume" => {
                self.services(|one| self.plan.grounds(one.environment, Some(one.workload), model::Applies::Volume))
            }
            "no-rollback" => self.traffic(|one| !self.goes_back(one)),
            "rollback-slower-than-5m" => self.services(|one| {
                let time = timing::rollback(self.plan, one);
                (time.typical > Duration::from_minutes(5)).then(|| time.origin(one.origin()))
            }),
            "no-verification" => self.traffic(|one| !self.is_verified(one)),
            "no-scan" => {
                let scans = self.plan.model.pipeline.iter().any(|pipeline| !pipeline.scan.is_empty());
                (!scans).then(|| (vec!["pipeline".to_owned()], self.plan.pipeline().1))
            }
            "no-approval" => self.approval().is_none().then(place),
            "approval" => self.approval(),
            "no-promotion" => self.environment.promotion.is_none().then(place),
            "promotion" => {
                let from = &self.environment.promotion.as_ref()?.from;
                Some((vec![from.value.clone()], from.origin.clone()))
            }
            "open-high-threat" => self.threatened(is_open),
            "derived-high-threat" => {
                self.threatened(|judged| judged.threat.source == Source::Derived && judged.is_open())
            }
            "no-alert-route" => {
                let routes = self.plan.observe(self.environment).map_or(0, |observe| observe.route.len());
                (routes == 0).then(place)
            }
            "no-drill" => self.traffic(|one| {
                let drill = self.plan.strategy(one.environment, one.workload).and_then(|known| known.drill.as_ref());
                drill.and_then(|drill| drill.last.as_ref()).is_none()
            }),
            "gradual-strategy" => self.strategy(&[StrategyKind::Canary, StrategyKind::Linear]),
            "blue-green" => self.strategy(&[StrategyKind::BlueGreen]),
            "provenance-verified" => self.provenance(),
            _ => None,
        }
    }

    fn place(&self, origin: Origin) -> Ground {
        (vec![self.environment.name.value.clone()], origin)
    }

    fn threatened(&self, is: impl Fn(&Judged<'_>) -> bool) -> Option<Ground> {
        let found = self.threats.iter().filter(|judged| is(judged));
        grounds(found.map(|judged| (judged.threat.name.clone(), judged.threat.origin.clone())))
    }

    fn services(&self, of: impl Fn(&Deployment<'_>) -> Option<Origin>) -> Option<Ground> {
        grounds(self.group.iter().filter_map(|one| of(one).map(|origin| (one.name().to_owned(), origin))))
    }

    /// The deployments that take traffic and of which something is true.
    fn traffic(&self, is: impl Fn(&Deployment<'_>) -> bool) -> Option<Ground> {
        self.services(|one| (one.workload.role.value.takes_traffic() && is(one)).then(|| one.origin()))
    }

    fn goes_back(&self, one: &Deployment<'_>) -> bool {
        let strategy = self.plan.strategy(one.environment, one.workload);
        strategy.and_then(|strategy| strategy.rollback.as_ref()).is_some_and(|rollback| !rollback.when.is_empty())
    }

    fn is_verified(&self, one: &Deployment<'_>) -> bool {
        let probed = one.workload.ports.iter().any(|port| port.node.health.is_some());
        let strategy = self.plan.strategy(one.environment, one.workload);
        probed || strategy.is_some_and(|strategy| !strategy.verify.is_empty())
    }

    fn criticality(&self, level: u64) -> Option<Ground> {
        let declared = self.plan.model.app.as_ref()?.criticality.as_ref()?;
        let shown = ["criticality ", &level.to_string()].concat();
        (declared.value.get() == level).then(|| (vec![shown], declared.origin.clone()))
    }

    /// The class of the data that is held here, exactly.
    fn data(&self, class: model::DataClass) -> Option<Ground> {
        let held = super::decision::data_class(self.plan, self.group);
        (held.class == class.into()).then_some((held.by, held.origin))
    }

    fn migrations(&self, is: impl Fn(&model::Migrate) -> bool) -> Option<Ground> {
        let setting = self.plan.setting(self.environment);
        let all =
            self.group.iter().filter_map(|one| one.workload.service(setting)).flat_map(|service| &service.migrate);
        grounds(all.filter(|one| is(one)).map(|one| (one.name.value.clone(), one.origin.clone())))
    }

    fn approval(&self) -> Option<Ground> {
        let approval = self.environment.promotion.as_ref()?.approval.as_ref()?;
        (approval.count.value > 0).then(|| (vec![approval.by.value.clone()], approval.by.origin.clone()))
    }

    /// Every deployment that takes traffic is released so.
    fn strategy(&self, kinds: &[StrategyKind]) -> Option<Ground> {
        let traffic = self.group.iter().filter(|one| one.workload.role.value.takes_traffic());
        let mut found = Vec::new();
        for one in traffic {
            let strategy = self.plan.strategy(one.environment, one.workload)?;
            if !kinds.contains(&strategy.kind.value) {
                return None;
            }
            found.push((strategy.name.value.clone(), strategy.kind.origin.clone()));
        }
        grounds(found)
    }

    /// Images are attested unless the pipeline says otherwise, and the workflow asks for it before each rollout.
    fn provenance(&self) -> Option<Ground> {
        let images = self.services(|one| one.workload.image.map(|_| one.origin()))?;
        let artifact = self.plan.model.pipeline.as_ref().and_then(|pipeline| pipeline.artifact.as_ref());
        match artifact {
            Some(artifact) if !artifact.provenance.value => None,
            Some(artifact) => Some((images.0, images.1.with(&artifact.provenance.origin))),
            None => Some(images),
        }
    }
}

/// Whether the project says of a threat that its risk is high, and nothing checked, attested or accepted answers it.
fn is_open(judged: &Judged<'_>) -> bool {
    judged.threat.source == Source::Declared && judged.is_unmitigated()
}

fn cannot_go_back(migration: &model::Migrate) -> bool {
    let tool: Option<&'static model::StdMigrationTool> = standard::get("migration-tool", migration.tool.value.word());
    migration.down.is_none() && tool.is_none_or(|tool| tool.down.is_none())
}

/// Names and origins as one ground, each name once.
fn grounds(all: impl IntoIterator<Item = (String, Origin)>) -> Option<Ground> {
    let (names, origins): (Vec<String>, Vec<Origin>) = all.into_iter().unzip();
    joined(origins).map(|origin| (distinct(names), origin))
}
