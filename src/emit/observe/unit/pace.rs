//! How often a test looks at its rules, and how far apart its samples lie.

use crate::plan::signal::defaults;

/// A test looks at its rules about so often at most.
const LOOKS: u64 = 240;

/// The seconds between two looks at rules that look back over `window` (0: at nothing but the present) in a test that
/// lasts about so long: as often as in production, less often where that would be more than a few hundred times, and
/// ten times in the window at the least.
pub(super) fn every(window: u64, lasts: u64) -> u64 {
    let usual = defaults().evaluation_interval.value.seconds().max(1);
    let most = usual.max(lasts / LOOKS / usual * usual);
    if window == 0 { most } else { divisor(window, most.min(window / 10)) }
}

/// The seconds between two samples, so many of which make up a window: whatever stands at its edges then decides little.
pub(super) fn step(window: u64, samples: u64) -> u64 {
    divisor(window, window / samples)
}

/// The largest divisor that is at most so large.
pub(super) fn divisor(window: u64, most: u64) -> u64 {
    (1..=most.max(1)).rev().find(|one| window.is_multiple_of(*one)).unwrap_or(1)
}

/// Samples that cover so many seconds.
pub(super) fn samples(seconds: u64, step: u64) -> u64 {
    seconds.div_ceil(step)
}

/// The first look at or after a moment.
pub(super) fn look(moment: u64, every: u64) -> u64 {
    moment.div_ceil(every) * every
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_looked_at_as_in_production_where_that_takes_no_time() {
        assert_eq!(every(300, 1_800), 30);
        assert_eq!(every(0, 7_200), 30);
        assert_eq!(every(3_600, 10_000), 30);
        assert_eq!(every(0, 86_400), 360);
        // The window is the limit, however long it all lasts.
        assert_eq!(every(300, 86_400), 30);
        assert_eq!(every(60, 600), 6);
        assert_eq!(every(2_592_000, 6_000_000), 24_000);
    }

    #[test]
    fn windows_hold_whole_samples() {
        assert_eq!(step(300, 50), 6);
        assert_eq!(step(307, 50), 1);
        assert_eq!(samples(61, 30), 3);
        assert_eq!(look(61, 30), 90);
    }
}
