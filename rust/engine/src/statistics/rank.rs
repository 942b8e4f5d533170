//! Order statistics: medians, and the Hodges-Lehmann shift with its signed-rank interval.
//!
//! Averages and differences of all pairs are never written down: they are counted, so that thousands of values take milliseconds.

use super::distribution::normal_quantile;
use super::{check_confidence, check_numbers};
use crate::EngineError;

/// The autocorrelation of signs that widens an interval at most.
const MOST_AUTOCORRELATION: f64 = 0.8;

/// A shift and its interval; NaN where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// The estimate.
    pub shift: f64,
    /// Lower bound; NaN where too few values bound nothing.
    pub low: f64,
    /// Upper bound; NaN where too few values bound nothing.
    pub high: f64,
}

/// Median of the averages of all pairs of values, each with itself included, and the interval of Wilcoxon's signed ranks.
///
/// The interval's half-width in ranks grows by sqrt((1 + r) / (1 - r)), with r the lag-1 autocorrelation of the signs:
/// neighbouring rounds of a timing are not quite independent.
///
/// # Errors
/// Where a value is NaN or the confidence no fraction.
pub fn hodges_lehmann(values: &[f64], confidence: f64) -> Result<Shift, EngineError> {
    check_confidence(confidence)?;
    check_numbers(values)?;
    if values.is_empty() {
        return Ok(Shift { shift: f64::NAN, low: f64::NAN, high: f64::NAN });
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n_pairs = sorted.len() * (sorted.len() + 1) / 2;
    let shift = 0.5 * (average_at(&sorted, n_pairs.div_ceil(2)) + average_at(&sorted, n_pairs / 2 + 1));
    let n = values.len() as f64;
    let r = sign_autocorrelation(values, shift).clamp(0.0, MOST_AUTOCORRELATION);
    let rank_sd = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 * (1.0 + r) / (1.0 - r)).sqrt();
    let rank = (n_pairs as f64 / 2.0 - normal_quantile(0.5 + confidence / 2.0)? * rank_sd).floor();
    if rank < 1.0 {
        return Ok(Shift { shift, low: f64::NAN, high: f64::NAN });
    }
    let rank = rank as usize;
    Ok(Shift { shift, low: average_at(&sorted, rank), high: average_at(&sorted, n_pairs + 1 - rank) })
}

/// Lag-1 autocorrelation of the signs of values around their centre.
fn sign_autocorrelation(values: &[f64], centre: f64) -> f64 {
    let sign = |value: &f64| -> f64 {
        match value.partial_cmp(&centre) {
            Some(std::cmp::Ordering::Less) => -1.0,
            Some(std::cmp::Ordering::Greater) => 1.0,
            _ => 0.0,
        }
    };
    let n_signs: f64 = values.iter().map(|value| sign(value).abs()).sum();
    let products: f64 = values.windows(2).map(|pair| sign(&pair[0]) * sign(&pair[1])).sum();
    if n_signs > 0.0 { products / n_signs } else { 0.0 }
}

/// The average of a pair that is the `rank`-th from below, counted from 1.
fn average_at(sorted: &[f64], rank: usize) -> f64 {
    let n_up_to = |limit: f64| {
        let (mut n_fitting, mut count) = (sorted.len(), 0);
        for (i, &low) in sorted.iter().enumerate() {
            while n_fitting > i && 0.5 * (low + sorted[n_fitting - 1]) > limit {
                n_fitting -= 1;
            }
            if n_fitting <= i {
                break;
            }
            count += n_fitting - i;
        }
        count
    };
    least_with(sorted[0], sorted[sorted.len() - 1], |limit| n_up_to(limit) >= rank)
}

/// Median of the differences of all pairs `right - left`; both sorted and not empty.
pub(super) fn shift_between(left: &[f64], right: &[f64]) -> f64 {
    let n_pairs = left.len() * right.len();
    let n_up_to = |limit: f64| {
        let (mut n_fitting, mut count) = (0, 0);
        for &low in left {
            while n_fitting < right.len() && right[n_fitting] - low <= limit {
                n_fitting += 1;
            }
            count += n_fitting;
        }
        count
    };
    let at = |rank: usize| {
        let (least, most) = (right[0] - left[left.len() - 1], right[right.len() - 1] - left[0]);
        least_with(least, most, |limit| n_up_to(limit) >= rank)
    };
    if n_pairs % 2 == 1 { at(n_pairs / 2 + 1) } else { 0.5 * (at(n_pairs / 2) + at(n_pairs / 2 + 1)) }
}

/// The smallest number from `low` to `high` for which `is_enough`, which holds for all above it too.
///
/// Numbers of one sign are ordered as their bits, so that halving the bits ends at the exact one.
fn least_with(low: f64, high: f64, is_enough: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (ordered(low), ordered(high));
    while low < high {
        let middle = low + (high - low) / 2;
        if is_enough(number(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    number(low) + 0.0 // no negative zero
}

const SIGN: u64 = 1 << 63;

fn ordered(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn number(ordered: u64) -> f64 {
    f64::from_bits(if ordered & SIGN == 0 { !ordered } else { ordered & !SIGN })
}

/// Median; NaN when there is nothing. The order of the values is lost.
pub(super) fn median(values: &mut [f64]) -> f64 {
    let n = values.len();
    if n == 0 {
        return f64::NAN;
    }
    let (below, middle, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 { *middle } else { 0.5 * (*middle + below.iter().copied().fold(f64::NEG_INFINITY, f64::max)) }
}

/// Median of values in order; NaN when there is nothing.
pub(super) fn median_of_sorted(sorted: &[f64]) -> f64 {
    quantile_of_sorted(sorted, 0.5)
}

/// The number below which a fraction `q` of sorted values lies, between two of them where needed; NaN when there is nothing.
pub(super) fn quantile_of_sorted(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = q * last as f64;
    let low = place as usize;
    let part = place - low as f64;
    if part > 0.0 { sorted[low] + part * (sorted[(low + 1).min(last)] - sorted[low]) } else { sorted[low] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain_median(mut values: Vec<f64>) -> f64 {
        values.sort_by(f64::total_cmp);
        let n = values.len();
        0.5 * (values[(n - 1) / 2] + values[n / 2])
    }

    fn numbers() -> impl Strategy<Value = Vec<f64>> {
        proptest::collection::vec(prop_oneof![-1e3..1e3, (-3..3_i32).prop_map(f64::from)], 1..40)
    }

    proptest! {
        #[test]
        fn the_shift_is_the_median_of_all_averages(values in numbers()) {
            let averages = (0..values.len()).flat_map(|i| (0..=i).map(move |j| (i, j)));
            let plain = plain_median(averages.map(|(i, j)| 0.5 * (values[i] + values[j])).collect());
            prop_assert_eq!(hodges_lehmann(&values, 0.9)?.shift, plain);
        }

        #[test]
        fn the_interval_holds_the_shift_and_widens_with_confidence(values in numbers()) {
            let (narrow, wide) = (hodges_lehmann(&values, 0.8)?, hodges_lehmann(&values, 0.99)?);
            if !wide.low.is_nan() {
                prop_assert!(wide.low <= narrow.low && narrow.low <= narrow.shift);
                prop_assert!(narrow.shift <= narrow.high && narrow.high <= wide.high);
            }
        }

        #[test]
        fn the_shift_of_two_samples_is_the_median_of_all_differences(mut left in numbers(), mut right in numbers()) {
            let differences = right.iter().flat_map(|r| left.iter().map(move |l| r - l)).collect();
            let plain = plain_median(differences);
            left.sort_by(f64::total_cmp);
            right.sort_by(f64::total_cmp);
            prop_assert_eq!(shift_between(&left, &right), plain);
        }

        #[test]
        fn the_median_is_that_of_sorted_values(mut values in numbers()) {
            let plain = plain_median(values.clone());
            prop_assert_eq!(median(&mut values), plain);
            values.sort_by(f64::total_cmp);
            prop_assert!((median_of_sorted(&values) - plain).abs() < 1e-9);
        }
    }

    #[test]
    fn too_few_values_bound_nothing() -> Result<(), EngineError> {
        let one = hodges_lehmann(&[3.0], 0.99)?;
        assert!(one.shift == 3.0 && one.low.is_nan() && one.high.is_nan());
        assert!(hodges_lehmann(&[], 0.99)?.shift.is_nan());
        Ok(())
    }

    #[test]
    fn runs_of_signs_widen_the_interval() -> Result<(), EngineError> {
        let mixed: Vec<f64> = (0..60).map(|k| f64::from(k % 10) - 4.5).collect();
        let mut runs = mixed.clone();
        runs.sort_by(f64::total_cmp);
        let (mixed, runs) = (hodges_lehmann(&mixed, 0.95)?, hodges_lehmann(&runs, 0.95)?);
        assert_eq!(mixed.shift, runs.shift);
        assert!(runs.low < mixed.low && runs.high > mixed.high);
        Ok(())
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(hodges_lehmann(&[1.0, f64::NAN], 0.9).is_err());
        assert!(hodges_lehmann(&[1.0], 1.0).is_err() && hodges_lehmann(&[1.0], f64::NAN).is_err());
    }
}
