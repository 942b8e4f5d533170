//! Which candidates are changes: the shift between the values around each, against what noise alone would do.

use std::ops::Range;

use super::noise::{MOST_CORRELATION, Noise, clipped_products, inflation, spread};
use super::rank::{median_of_sorted, shift_between};

/// Values looked at on either side of a candidate.
const WINDOW: usize = 60;
/// Values that a level needs.
pub(super) const LEAST_SIDE: usize = 3;
/// Variance of a median over that of a mean, for normal values.
const MEDIAN_VARIANCE: f64 = 1.57;
/// Residuals further out count as if they lay here, standard deviations.
const CLIP: f64 = 2.5;

/// What a candidate has to reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threshold {
    /// Shift over its standard error.
    pub z: f64,
    /// Shift over the level before.
    pub share: f64,
}

/// What speaks for a shift.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// Shift over its standard error; the sign is lost.
    pub z: f64,
    /// Size of the shift over the level before; infinite when that is 0.
    pub share: f64,
}

impl Evidence {
    fn is_enough(&self, threshold: &Threshold) -> bool {
        self.z >= threshold.z && self.share >= threshold.share
    }
}

/// The candidates that are changes: the weakest of those that fail is dropped, its neighbours are weighed anew, and so on.
pub(super) fn prune(
    values: &[f64],
    noise: &Noise,
    candidates: &[usize],
    threshold: &Threshold,
) -> Vec<(usize, Evidence)> {
    let mut kept = candidates.to_vec();
    let weigh_at = |kept: &[usize], k: usize| {
        let from = if k == 0 { 0 } else { kept[k - 1] };
        let to = kept.get(k + 1).copied().unwrap_or(values.len());
        weigh(values, noise, from..to, kept[k])
    };
    let mut weighed: Vec<Evidence> = (0..kept.len()).map(|k| weigh_at(&kept, k)).collect();
    let weakest = |weighed: &[Evidence]| {
        let failing = (0..weighed.len()).filter(|&k| !weighed[k].is_enough(threshold));
        failing.min_by(|&a, &b| weighed[a].z.total_cmp(&weighed[b].z))
    };
    while let Some(k) = weakest(&weighed) {
        kept.remove(k);
        weighed.remove(k);
        let first = k.saturating_sub(1);
        for (near, evidence) in weighed.iter_mut().enumerate().skip(first).take(k + 1 - first) {
            *evidence = weigh_at(&kept, near);
        }
    }
    kept.into_iter().zip(weighed).collect()
}

/// Evidence for a shift at `change` among the values of `around`.
pub(super) fn weigh(values: &[f64], noise: &Noise, around: Range<usize>, change: usize) -> Evidence {
    let left = &values[around.start.max(change.saturating_sub(WINDOW))..change];
    let right = &values[change..around.end.min(change + WINDOW)];
    if left.len() < LEAST_SIDE || right.len() < LEAST_SIDE {
        return Evidence { z: 0.0, share: 0.0 };
    }
    let (left, right) = (Side::new(left, noise), Side::new(right, noise));
    let shift = shift_between(&left.sorted, &right.sorted).abs();
    let (products, squares) = (left.products + right.products, left.squares + right.squares);
    let near = if squares > 0.0 { products / squares } else { 0.0 };
    let correlation = near.max(noise.correlation).clamp(0.0, MOST_CORRELATION);
    let variance = (left.variance() + right.variance()) * inflation(correlation);
    Evidence { z: shift / variance.sqrt(), share: shift / left.middle.abs() }
}

/// Values on one side of a candidate.
struct Side {
    sorted: Vec<f64>,
    middle: f64,
    sd: f64,
    products: f64,
    squares: f64,
}

impl Side {
    fn new(values: &[f64], noise: &Noise) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let middle = median_of_sorted(&sorted);
        let sd = spread(values, middle).max(noise.sd / 2.0);
        let (products, squares) = clipped_products(values, middle, CLIP * sd);
        Self { sorted, middle, sd, products, squares }
    }

    /// Of the median.
    fn variance(&self) -> f64 {
        self.sd * self.sd * MEDIAN_VARIANCE / self.sorted.len() as f64
    }
}

/// The strongest shift that begins in the last few values: all of them on one side of what came before.
pub(super) fn weigh_tail(
    values: &[f64],
    noise: &Noise,
    from: usize,
    n_last: usize,
    threshold: &Threshold,
) -> Option<(usize, Evidence)> {
    let n = values.len();
    let shifts = (n.saturating_sub(n_last)..n).filter_map(|at| {
        let before = &values[from.max(at.saturating_sub(WINDOW)).min(at)..at];
        if before.len() < LEAST_SIDE {
            return None;
        }
        let (before, tail) = (Side::new(before, noise), &values[at..]);
        let is_above = tail[0] > before.middle;
        if tail.iter().any(|&value| (value > before.middle) != is_above) {
            return None;
        }
        // The value that is nearest to the old level: all of them have to be far.
        let shift = tail.iter().map(|value| (value - before.middle).abs()).fold(f64::INFINITY, f64::min);
        let own = before.sd * before.sd * MEDIAN_VARIANCE / tail.len() as f64;
        let variance = (before.variance() + own) * inflation(noise.correlation);
        Some((at, Evidence { z: shift / variance.sqrt(), share: shift / before.middle.abs() }))
    });
    shifts.filter(|(_, evidence)| evidence.is_enough(threshold)).max_by(|a, b| a.1.z.total_cmp(&b.1.z))
}
