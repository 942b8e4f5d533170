//! Which candidates are changes: the shift between the values around each, against what noise alone would do.

use std::ops::Range;

use super::noise::{MOST_CORRELATION, Noise, clipped_products, inflation, spread};
use super::rank::{median_of_sorted, shift_between};
use super::slopes::is_slope;
use super::switching::is_lasting;

/// Values looked at on either side of a candidate.
const WINDOW: usize = 60;
/// Values that a level needs.
pub(super) const LEAST_SIDE: usize = 3;
/// Variance of a median over that of a mean, for normal values.
const MEDIAN_VARIANCE: f64 = 1.57;
/// Residuals further out count as if they lay here, standard deviations.
const CLIP: f64 = 2.5;
/// Least spread of a side over that of the whole series: few values may lie close together by chance.
const LEAST_SPREAD: f64 = 0.7;
/// Values that a level between two others needs when it lies on the way from one to the other.
const LEAST_HALT: usize = 12;

/// What a candidate has to reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threshold {
    /// Shift over its standard error.
    pub z: f64,
    /// Shift over the level before.
    pub share: f64,
    /// As `share`, where the values change little by little.
    pub slope_share: f64,
}

/// What speaks for a shift.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// Size of the shift over its standard error, as a normal variable that is as unlikely.
    pub z: f64,
    /// Size of the shift over the level before; infinite when that is 0.
    pub share: f64,
    /// Whether it goes up.
    is_up: bool,
    /// Whether it leads to a level, not only to a state that the series often goes to.
    is_lasting: bool,
}

impl Evidence {
    const NONE: Self = Self { z: 0.0, share: 0.0, is_up: true, is_lasting: false };

    fn is_enough(&self, threshold: &Threshold) -> bool {
        self.is_lasting && self.z >= threshold.z && self.share >= threshold.share
    }
}

/// The candidates that are changes: the weakest of those that fail is dropped, its neighbours are weighed anew, and so on.
pub(super) fn prune(
    values: &[f64],
    noise: &Noise,
    candidates: &[usize],
    threshold: &Threshold,
) -> Vec<(usize, Evidence)> {
    let mut kept = Kept::new(values, noise, candidates);
    while let Some(k) = kept.weakest(threshold).or_else(|| kept.on_the_way()) {
        kept.drop(k);
    }
    let is_step = |k: usize| kept.weighed[k].share >= threshold.slope_share || !kept.is_slope(k);
    (0..kept.places.len()).filter(|&k| is_step(k)).map(|k| (kept.places[k], kept.weighed[k])).collect()
}

/// Candidates that are left, each weighed between its neighbours.
struct Kept<'a> {
    values: &'a [f64],
    noise: &'a Noise,
    places: Vec<usize>,
    weighed: Vec<Evidence>,
}

impl<'a> Kept<'a> {
    fn new(values: &'a [f64], noise: &'a Noise, candidates: &[usize]) -> Self {
        let mut kept = Self { values, noise, places: candidates.to_vec(), weighed: Vec::new() };
        kept.weighed = (0..candidates.len()).map(|k| kept.weigh(k)).collect();
        kept
    }

    /// From the change before to the next one.
    fn around(&self, k: usize) -> Range<usize> {
        let from = if k == 0 { 0 } else { self.places[k - 1] };
        from..self.places.get(k + 1).copied().unwrap_or(self.values.len())
    }

    fn weigh(&self, k: usize) -> Evidence {
        weigh(self.values, self.noise, &self.around(k), self.places[k])
    }

    fn drop(&mut self, k: usize) {
        self.places.remove(k);
        self.weighed.remove(k);
        for near in k.saturating_sub(1)..(k + 1).min(self.places.len()) {
            self.weighed[near] = self.weigh(near);
        }
    }

    fn weakest(&self, threshold: &Threshold) -> Option<usize> {
        let failing = (0..self.places.len()).filter(|&k| !self.weighed[k].is_enough(threshold));
        failing.min_by(|&a, &b| self.weighed[a].z.total_cmp(&self.weighed[b].z))
    }

    /// The smaller of two changes the same way that follow at once: the level between them is no more than a halt.
    fn on_the_way(&self) -> Option<usize> {
        let first = (1..self.places.len()).find(|&k| {
            self.places[k] - self.places[k - 1] < LEAST_HALT && self.weighed[k].is_up == self.weighed[k - 1].is_up
        })?;
        Some(if self.weighed[first].share < self.weighed[first - 1].share { first } else { first - 1 })
    }

    fn is_slope(&self, k: usize) -> bool {
        let sides = Sides::new(self.values, self.noise, &self.around(k), self.places[k]);
        sides.is_some_and(|sides| is_slope(&sides.clipped(), sides.left.values.len(), inflation(sides.correlation)))
    }
}

/// Evidence for a shift at `change` among the values of `around`.
fn weigh(values: &[f64], noise: &Noise, around: &Range<usize>, change: usize) -> Evidence {
    let Some(Sides { left, right, correlation }) = Sides::new(values, noise, around, change) else {
        return Evidence::NONE;
    };
    let shift = shift_between(&left.sorted, &right.sorted);
    let (of_left, of_right) = (left.variance(), right.variance());
    let variance = of_left + of_right;
    // Welch (1947), with one degree more for each side: the spread is not free, it has a floor.
    let degrees = variance.powi(2) / (of_left.powi(2) / left.n() + of_right.powi(2) / right.n());
    let t = shift.abs() / (variance * inflation(correlation)).sqrt();
    Evidence {
        z: normal_of_student_t(t, degrees),
        share: shift.abs() / left.middle.abs(),
        is_up: shift > 0.0,
        is_lasting: is_lasting(values, around, change, (left.middle, right.middle)),
    }
}

/// The normal variable that is as unlikely as `t` (Wallace 1959).
fn normal_of_student_t(t: f64, degrees: f64) -> f64 {
    (8.0 * degrees + 1.0) / (8.0 * degrees + 3.0) * (degrees * (t * t / degrees).ln_1p()).sqrt()
}

/// Values on both sides of a candidate.
struct Sides<'a> {
    left: Side<'a>,
    right: Side<'a>,
    correlation: f64,
}

impl<'a> Sides<'a> {
    /// None when one of them has too few values.
    fn new(values: &'a [f64], noise: &Noise, around: &Range<usize>, change: usize) -> Option<Self> {
        let left = &values[around.start.max(change.saturating_sub(WINDOW))..change];
        let right = &values[change..around.end.min(change + WINDOW)];
        if left.len() < LEAST_SIDE || right.len() < LEAST_SIDE {
            return None;
        }
        let (left, right) = (Side::new(left, noise), Side::new(right, noise));
        let (products, squares) = (left.products + right.products, left.squares + right.squares);
        let near = if squares > 0.0 { products / squares } else { 0.0 };
        let correlation = near.max(noise.correlation).clamp(0.0, MOST_CORRELATION);
        Some(Self { left, right, correlation })
    }

    /// The values in order, those far from the level of their side nearer.
    fn clipped(&self) -> Vec<f64> {
        let sides = [&self.left, &self.right].into_iter();
        sides
            .flat_map(|side| {
                side.values.iter().map(|v| v.clamp(side.middle - side.limit(), side.middle + side.limit()))
            })
            .collect()
    }
}

/// Values on one side of a candidate.
struct Side<'a> {
    values: &'a [f64],
    sorted: Vec<f64>,
    middle: f64,
    sd: f64,
    products: f64,
    squares: f64,
}

impl<'a> Side<'a> {
    fn new(values: &'a [f64], noise: &Noise) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let middle = median_of_sorted(&sorted);
        let sd = spread(values, middle).max(LEAST_SPREAD * noise.sd);
        let (products, squares) = clipped_products(values, middle, CLIP * sd);
        Self { values, sorted, middle, sd, products, squares }
    }

    fn n(&self) -> f64 {
        self.values.len() as f64
    }

    /// Distance from the middle beyond which values count as if they lay there.
    fn limit(&self) -> f64 {
        CLIP * self.sd
    }

    /// Of the median.
    fn variance(&self) -> f64 {
        self.sd * self.sd * MEDIAN_VARIANCE / self.n()
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
        let share = shift / before.middle.abs();
        Some((at, Evidence { z: shift / variance.sqrt(), share, is_up: is_above, is_lasting: true }))
    });
    shifts.filter(|(_, evidence)| evidence.is_enough(threshold)).max_by(|a, b| a.1.z.total_cmp(&b.1.z))
}
