//! Where the level of a noisy history changes: candidates from the cheapest sequence of levels, then pruned.

use super::distribution::{normal_quantile, normal_tail};
use super::levels::level_starts;
use super::noise::Noise;
use super::pruning::{Evidence, LEAST_SIDE, Threshold, prune, weigh_tail};
use super::rank::median;

/// Shift below which nothing is reported, as a share of the level before.
const LEAST_SHARE: f64 = 0.02;
/// As `LEAST_SHARE`, for shifts that come little by little.
const LEAST_SLOPE_SHARE: f64 = 0.05;
/// Shift over its standard error below which nothing is reported.
const LEAST_Z: f64 = 4.0;
/// As `LEAST_Z`, for the few last values.
const LEAST_SUSPECT_Z: f64 = 5.0;
/// Chance of a false alarm at any place of a series that is allowed, by the standard error alone.
const MOST_CHANCE: f64 = 0.05;
/// Penalty of a candidate level over the logarithm of the number of values.
const PENALTY: f64 = 2.0;
/// Last values at which a shift is a suspicion yet.
const N_LAST: usize = 3;

/// A shift of level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChangePoint {
    /// First value of the new level, as an index into what was given.
    pub index: usize,
    /// Median since the change point before it.
    pub before: f64,
    /// Median up to the next one.
    pub after: f64,
    /// Change of level in percent of `before`; NaN when that is 0.
    pub change_pct: f64,
    /// One less the chance that noise alone looks like this anywhere in the series.
    pub confidence: f64,
    /// Whether it lies in the last three values, where a spike cannot be told from a shift.
    pub suspect: bool,
}

/// Shifts of level in a series, in order. Values that are not finite are skipped; indices stay those of what was given.
///
/// A shift counts from 2 % of the level before it and 4 standard errors on, widened for noise whose neighbours are alike,
/// with three values or more on either side. One or two values far away are a spike, not a shift; a state that the series
/// often goes to and leaves is no level; values that drift count as shifted from 5 % on.
pub fn change_points(values: &[f64]) -> Vec<ChangePoint> {
    let places: Vec<usize> = (0..values.len()).filter(|&k| values[k].is_finite()).collect();
    let series: Vec<f64> = places.iter().map(|&k| values[k]).collect();
    let noise = Noise::of(&series);
    if noise.sd == 0.0 {
        return Vec::new();
    }
    let found = found_in(&series, &noise);
    let edges: Vec<usize> =
        std::iter::once(0).chain(found.iter().map(|shift| shift.at)).chain(std::iter::once(series.len())).collect();
    let levels: Vec<f64> = edges.windows(2).map(|edge| median(&mut series[edge[0]..edge[1]].to_vec())).collect();
    found
        .iter()
        .zip(levels.windows(2))
        .map(|(shift, level)| ChangePoint {
            index: places[shift.at],
            before: level[0],
            after: level[1],
            change_pct: if level[0] == 0.0 { f64::NAN } else { 100.0 * (level[1] - level[0]) / level[0].abs() },
            confidence: confidence(shift.evidence.z, series.len()),
            suspect: shift.is_suspect,
        })
        .collect()
}

struct Found {
    at: usize,
    evidence: Evidence,
    is_suspect: bool,
}

fn found_in(series: &[f64], noise: &Noise) -> Vec<Found> {
    let n = series.len();
    let threshold = Threshold { z: least_z(n), share: LEAST_SHARE, slope_share: LEAST_SLOPE_SHARE };
    let penalty = PENALTY * (n as f64).ln() * noise.inflation();
    let mut candidates = level_starts(series, noise, penalty);
    candidates.retain(|&at| at >= LEAST_SIDE && at + N_LAST < n);
    let mut found: Vec<Found> = prune(series, noise, &candidates, &threshold)
        .into_iter()
        .map(|(at, evidence)| Found { at, evidence, is_suspect: false })
        .collect();
    let from = found.last().map_or(0, |last| last.at);
    let suspect = Threshold { z: LEAST_SUSPECT_Z.max(threshold.z), ..threshold };
    if let Some((at, evidence)) = weigh_tail(series, noise, from, N_LAST, &suspect) {
        found.push(Found { at, evidence, is_suspect: true });
    }
    found
}

/// The threshold that keeps the chance of a false alarm in a long series as small as in a short one.
fn least_z(n: usize) -> f64 {
    normal_quantile(1.0 - MOST_CHANCE / 2.0 / n.max(1) as f64).map_or(LEAST_Z, |z| z.max(LEAST_Z))
}

fn confidence(z: f64, n: usize) -> f64 {
    (1.0 - 2.0 * n as f64 * normal_tail(z)).max(0.0)
}
