//! Risk by the published tables: likelihood and impact, what the class of data and mitigations do to them.

use crate::derive::DataClass;
use crate::model::{ControlKind, Level, Proof, StdDataImpact, StdRiskEffect, StdRiskMatrix, StdStrideData, Stride};
use crate::standard;

/// Likelihood and impact, and the risk that the matrix makes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rating {
    /// How likely it is.
    pub likelihood: Level,
    /// How bad it would be.
    pub impact: Level,
    /// The cell of the matrix.
    pub risk: Level,
    /// Its number, for sorting.
    pub score: i64,
}

impl Rating {
    /// What the matrix says; what it does not hold counts as high.
    pub fn of(likelihood: Level, impact: Level) -> Rating {
        let name = [likelihood.word(), "-", impact.word()].concat();
        match standard::get::<StdRiskMatrix>("risk-matrix", &name) {
            Some(cell) => Rating { likelihood, impact, risk: cell.risk.value, score: number(&cell.score.value) },
            None => Rating { likelihood, impact, risk: Level::High, score: 0 },
        }
    }

    /// After some levels are taken off, but never below `least`.
    pub fn less(self, taken: Taken, least: Rating) -> Rating {
        let likelihood = moved(self.likelihood, -taken.likelihood).max(least.likelihood.min(self.likelihood));
        let impact = moved(self.impact, -taken.impact).max(least.impact.min(self.impact));
        Rating::of(likelihood, impact)
    }
}

/// Levels that mitigations take off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Off the likelihood.
    pub likelihood: i64,
    /// Off the impact.
    pub impact: i64,
}

impl Taken {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Taken) -> Taken {
        Taken { likelihood: self.likelihood + other.likelihood, impact: self.impact + other.impact }
    }

    /// Whether anything is taken off.
    pub fn counts(self) -> bool {
        self != Taken::default()
    }
}

/// What a control takes off where the word for it is so good.
pub fn effect(control: ControlKind, proof: Proof) -> Taken {
    let name = [control.word(), "-", proof.word()].concat();
    let row: Option<&StdRiskEffect> = standard::get("risk-effect", &name);
    row.map_or_else(Taken::default, |row| Taken {
        likelihood: number(&row.likelihood.value),
        impact: number(&row.impact.value),
    })
}

/// An impact for data of class internal as it is for data of another class.
pub fn impact_on(impact: Level, stride: Stride, class: DataClass) -> Level {
    let category: Option<&StdStrideData> = standard::get("stride-data", stride.word());
    let row: Option<&StdDataImpact> = standard::get("data-impact", class.word());
    match (category, row) {
        (Some(category), Some(row)) if category.moves.value => moved(impact, number(&row.shift.value)),
        (Some(_) | None, Some(_) | None) => impact,
    }
}

/// The title of a category in documents.
pub fn category(stride: Stride) -> String {
    let row: Option<&StdStrideData> = standard::get("stride-data", stride.word());
    row.map_or_else(|| stride.word().to_owned(), |row| row.title.value.clone())
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}

/// A level so many steps up or down; the ends of the scale hold.
fn moved(level: Level, by: i64) -> Level {
    let place = match level {
        Level::Low => 0,
        Level::Medium => 1,
        Level::High => 2,
    };
    match i64::clamp(place + by, 0, 2) {
        0 => Level::Low,
        1 => Level::Medium,
        _ => Level::High,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_rates_and_the_effects_lower() {
        let before = Rating::of(Level::High, Level::High);
        assert_eq!((before.risk, before.score), (Level::High, 9));
        let prevented = effect(ControlKind::Prevent, Proof::Checked);
        let detected = effect(ControlKind::Detect, Proof::Attested);
        let least = Rating::of(Level::Low, Level::Low);
        let after = before.less(prevented.and(detected), least);
        assert_eq!((after.likelihood, after.impact, after.risk), (Level::Medium, Level::Medium, Level::Medium));
        let bounded = before.less(prevented.and(prevented), Rating::of(Level::Medium, Level::Low));
        assert_eq!((bounded.likelihood, bounded.impact), (Level::Medium, Level::High));
        assert!(!effect(ControlKind::Prevent, Proof::Declared).counts());
    }

    #[test]
    fn the_class_of_data_moves_the_impact_within_the_scale() {
        let of = |stride, class| impact_on(Level::Medium, stride, class);
        assert_eq!(of(Stride::Tampering, DataClass::Public), Level::Low);
        assert_eq!(of(Stride::Tampering, DataClass::Internal), Level::Medium);
        assert_eq!(of(Stride::Tampering, DataClass::Restricted), Level::High);
        assert_eq!(of(Stride::DenialOfService, DataClass::Restricted), Level::Medium);
        assert_eq!(impact_on(Level::Low, Stride::Spoofing, DataClass::Public), Level::Low);
    }
}
