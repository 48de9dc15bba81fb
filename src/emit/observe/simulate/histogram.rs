//! Histograms whose quantile is a given value, and what a quantile of one is seen to be.

/// For each bound the share of observations that are not above it, such that the quantile is interpolated to `value`.
/// The bucket that holds it begins at the bound below, the first one at nothing.
pub(super) fn shares(bounds: &[f64], quantile: f64, value: f64) -> Vec<f64> {
    let at = bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len());
    let low = at.checked_sub(1).and_then(|below| bounds.get(below)).copied().unwrap_or(0.0);
    let high = bounds.get(at).copied().unwrap_or(low);
    let inside = if high > low { (value - low) / (high - low) } else { 1.0 };
    // Either some are below the bucket and the rest in it, or all that count are in it and the rest above.
    let (below, through) = if quantile >= inside && at > 0 && inside < 1.0 {
        ((quantile - inside) / (1.0 - inside), 1.0)
    } else {
        (0.0, (quantile / inside.max(1e-9)).min(1.0))
    };
    let within = |index: usize| if index < at { below } else { through };
    let last = bounds.len().saturating_sub(1);
    // What is above the bucket lies in the last one.
    (0..bounds.len()).map(|index| if index == last && index > at { 1.0 } else { within(index) }).collect()
}

/// The quantile of those shares as Prometheus interpolates it. The quantile of a histogram whose observations all lie in
/// its first bucket is that share of the first bound, so that it is never seen to be less.
pub(super) fn seen(bounds: &[f64], quantile: f64, value: f64) -> f64 {
    let shares = shares(bounds, quantile, value);
    let Some(at) = shares.iter().position(|share| *share >= quantile - 1e-12) else {
        return bounds.last().copied().unwrap_or(value);
    };
    let below = at.checked_sub(1);
    let of = |all: &[f64]| below.and_then(|below| all.get(below)).copied().unwrap_or(0.0);
    let (low, before) = (of(bounds), of(&shares));
    let (high, through) = (bounds.get(at).copied().unwrap_or(low), shares.get(at).copied().unwrap_or(1.0));
    if through > before { low + (high - low) * (quantile - before) / (through - before) } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_interpolated_to_the_value() {
        // All observations of a first bucket are interpolated to this share of it: no program is seen to be faster.
        let least = |bounds: [f64; 3], quantile: f64| quantile * bounds[0];
        for bounds in [[0.25, 0.5, 0.75], [0.1, 0.2, 5.0]] {
            for quantile in [0.5, 0.9, 0.95, 0.99] {
                for value in [0.1, 0.248, 0.475, 0.525, 0.7] {
                    let found = seen(&bounds, quantile, value);
                    let expected = least(bounds, quantile).max(value);
                    assert!((found - expected).abs() < 1e-9, "{value}: {found} of {bounds:?} at {quantile}");
                }
            }
        }
    }

    #[test]
    fn values_far_below_the_first_bound_are_seen_as_prometheus_sees_them() {
        let bounds = [0.25, 0.5, 0.75];
        // Every request took 0.1 s: all lie in the first bucket, and 95% of the way through it is 0.2375 s.
        assert_eq!(shares(&bounds, 0.95, 0.1), [1.0, 1.0, 1.0]);
        assert!((seen(&bounds, 0.95, 0.1) - 0.2375).abs() < 1e-12);
        // Half of the way is below 0.1 s only where more than half of the requests are.
        assert!((seen(&bounds, 0.5, 0.1) - 0.125).abs() < 1e-12);
        // From there on the share that lies in the first bucket tells the value.
        assert!((seen(&bounds, 0.5, 0.2) - 0.2).abs() < 1e-12);
    }

    #[test]
    fn values_above_the_last_bound_are_seen_as_that_bound() {
        assert!((seen(&[0.25, 0.5], 0.95, 3.0) - 0.5).abs() < 1e-12);
    }
}
