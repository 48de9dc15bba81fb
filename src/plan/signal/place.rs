//! Where series stand: signals by the series that they read, dashboards by uid, panels by the series that they draw.

use std::collections::BTreeMap;

use crate::plan::Plan;
use crate::plan::signal::panel::{Board, BoardPanel, board_of_signal};
use crate::plan::signal::{Recording, Signal, Threshold};

/// A series in whatever environment: its name, and every label but the environment's.
pub(super) fn series(recording: &Recording) -> String {
    let rest = recording.labels.iter().filter(|(name, _)| name != "environment");
    let mut key = recording.record.clone();
    for (name, value) in rest {
        // Names of labels are plain words, and the length ends a value whatever stands in it.
        key.push_str(&format!(",{name}:{}:{value}", value.len()));
    }
    key
}

/// Signals, found by what they are about: there are as many dashboards as services, and more signals.
#[derive(Default)]
pub(super) struct Readers<'s> {
    of_service: BTreeMap<(&'s str, &'s str), Vec<&'s Signal>>,
    numbers: BTreeMap<(&'s str, String), Vec<&'s Threshold>>,
}

impl<'s> Readers<'s> {
    pub(super) fn of(signals: &'s [Signal]) -> Readers<'s> {
        let mut readers = Readers::default();
        for signal in signals {
            let environment = signal.environment.as_str();
            if let Some(service) = &signal.service {
                readers.of_service.entry((environment, service)).or_default().push(signal);
            }
            if let (Some(threshold), Some(first)) = (&signal.threshold, signal.recordings.first()) {
                readers.numbers.entry((environment, series(first))).or_default().push(threshold);
            }
        }
        readers
    }

    /// The signals about a service in an environment.
    pub(super) fn about<'a>(&'a self, environment: &'a str, service: &'a str) -> &'a [&'s Signal] {
        self.of_service.get(&(environment, service)).map_or(&[], Vec::as_slice)
    }

    /// Puts the numbers of the alerts on the panels of their series.
    pub(super) fn lines(&self, panels: &mut [BoardPanel], environment: &str) {
        for panel in panels {
            let Some(drawn) = &panel.series else { continue };
            for threshold in self.numbers.get(&(environment, series(drawn))).into_iter().flatten() {
                if !panel.lines.iter().any(|line| line.value == threshold.value) {
                    panel.lines.push((*threshold).clone());
                }
            }
        }
    }
}

/// Every dashboard, and where each series is seen.
pub struct Boards {
    /// Overview, services, objectives, the project's own.
    pub all: Vec<Board>,
    by_uid: BTreeMap<String, usize>,
    /// By the place of the dashboard and the series: the first panel that draws it.
    panels: BTreeMap<(usize, String), u64>,
}

impl Boards {
    pub(super) fn of(all: Vec<Board>) -> Boards {
        let mut by_uid = BTreeMap::new();
        let mut panels = BTreeMap::new();
        for (at, board) in all.iter().enumerate() {
            by_uid.entry(board.uid.clone()).or_insert(at);
            for panel in &board.panels {
                if let Some(drawn) = &panel.series {
                    panels.entry((at, series(drawn))).or_insert(panel.id);
                }
            }
        }
        Boards { all, by_uid, panels }
    }

    /// Where a signal is seen: the uid of its dashboard, and its panel there.
    pub fn panel_of(&self, plan: &Plan<'_>, signal: &Signal) -> Option<(String, Option<u64>)> {
        let uid = board_of_signal(plan, signal);
        let at = *self.by_uid.get(&uid)?;
        let panel = signal.recordings.first().and_then(|first| self.panels.get(&(at, series(first))));
        Some((uid, panel.copied()))
    }
}
