//! Circular moving-block bootstrap of the median (Politis and Romano 1992): blocks keep what neighbours have in common.

use super::rank::{median_of_sorted, quantile_of_sorted};
use super::{check_confidence, check_numbers};
use crate::EngineError;

/// How to draw.
#[derive(Clone, Copy, Debug)]
pub struct Resampling {
    /// Neighbours drawn together.
    pub block: usize,
    /// Medians drawn.
    pub n_resamples: usize,
    /// Coverage of the interval, a fraction.
    pub confidence: f64,
    /// Equal seeds give equal intervals.
    pub seed: u64,
}

/// Lower and upper bound of the median; NaN when there is nothing.
///
/// # Errors
/// Where a value is NaN, or a block or the number of resamples is 0, or the confidence is no fraction.
pub fn median_bootstrap(values: &[f64], how: &Resampling) -> Result<(f64, f64), EngineError> {
    check_confidence(how.confidence)?;
    check_numbers(values)?;
    if how.block == 0 || how.n_resamples == 0 {
        return Err(EngineError::Value("`block` and `n_resamples` must be at least 1".to_owned()));
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    if values.len() < 2 {
        let only = median_of_sorted(&sorted);
        return Ok((only, only));
    }
    let ranks = ranks_of(values);
    let mut random = Random(how.seed);
    let mut counts = vec![0_u32; values.len()];
    let mut medians: Vec<f64> = (0..how.n_resamples)
        .map(|_| {
            draw(&ranks, how.block, &mut random, &mut counts);
            median_of_counts(&sorted, &counts)
        })
        .collect();
    medians.sort_unstable_by(f64::total_cmp);
    let outside = (1.0 - how.confidence) / 2.0;
    Ok((quantile_of_sorted(&medians, outside), quantile_of_sorted(&medians, 1.0 - outside)))
}

/// Place of each value in their order; equal values in any order.
fn ranks_of(values: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
    let mut ranks = vec![0; values.len()];
    for (rank, &k) in order.iter().enumerate() {
        ranks[k as usize] = rank as u32;
    }
    ranks
}

/// How often each rank stands in one resample of as many values; the last block is cut.
fn draw(ranks: &[u32], block: usize, random: &mut Random, counts: &mut [u32]) {
    counts.fill(0);
    let n = ranks.len();
    let mut left = n;
    while left > 0 {
        let start = random.below(n);
        let length = block.min(left);
        let (head, rest) = (length.min(n - start), length.saturating_sub(n - start));
        for &rank in ranks[start..start + head].iter().chain(&ranks[..rest]) {
            counts[rank as usize] += 1;
        }
        left -= length;
    }
}

fn median_of_counts(sorted: &[f64], counts: &[u32]) -> f64 {
    let n = sorted.len();
    let (low, high) = ((n - 1) / 2, n / 2);
    let (mut n_seen, mut below) = (0, None);
    for (&value, &count) in sorted.iter().zip(counts) {
        n_seen += count as usize;
        if n_seen > low && below.is_none() {
            below = Some(value);
        }
        if n_seen > high {
            return 0.5 * (below.unwrap_or(value) + value);
        }
    }
    f64::NAN // never: the counts add up to the number of values
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `n`; the bias of n / 2^64 is far below what a bootstrap resolves.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOW: Resampling = Resampling { block: 5, n_resamples: 400, confidence: 0.95, seed: 7 };

    fn numbers() -> impl Strategy<Value = Vec<f64>> {
        proptest::collection::vec(-1e3..1e3, 1..60)
    }

    proptest! {
        #[test]
        fn the_interval_lies_within_the_values(values in numbers(), block in 1..70_usize) {
            let (low, high) = median_bootstrap(&values, &Resampling { block, ..HOW })?;
            let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
            prop_assert!(least <= low && low <= high && high <= most);
        }

        #[test]
        fn a_resample_has_as_many_values_and_only_whole_neighbourhoods(n in 1..40_usize, block in 1..50_usize, seed in any::<u64>()) {
            let ranks: Vec<u32> = (0..n as u32).collect();
            let mut counts = vec![9; n];
            draw(&ranks, block, &mut Random(seed), &mut counts);
            prop_assert_eq!(counts.iter().sum::<u32>() as usize, n);
            if block >= n {
                prop_assert!(counts.iter().all(|&count| count == 1));
            }
        }

        #[test]
        fn the_median_of_counts_is_that_of_the_values_written_out(values in numbers(), seed in any::<u64>()) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let mut counts = vec![0; values.len()];
            draw(&ranks_of(&values), 3, &mut Random(seed), &mut counts);
            let written: Vec<f64> =
                sorted.iter().zip(&counts).flat_map(|(&v, &c)| std::iter::repeat_n(v, c as usize)).collect();
            let plain = 0.5 * (written[(written.len() - 1) / 2] + written[written.len() / 2]);
            prop_assert_eq!(median_of_counts(&sorted, &counts), plain);
        }
    }

    #[test]
    fn equal_seeds_give_equal_intervals() -> Result<(), EngineError> {
        let values: Vec<f64> = (0..50).map(|k| f64::from(k * 37 % 50)).collect();
        assert_eq!(median_bootstrap(&values, &HOW)?, median_bootstrap(&values, &HOW)?);
        Ok(())
    }

    #[test]
    fn blocks_widen_the_interval_of_values_that_come_in_runs() -> Result<(), EngineError> {
        let runs: Vec<f64> = (0..200).map(|k| f64::from(k / 20 % 2) + f64::from(k % 7) / 100.0).collect();
        let width = |block| median_bootstrap(&runs, &Resampling { block, ..HOW }).map(|(low, high)| high - low);
        assert!(width(20)? >= width(1)?);
        Ok(())
    }

    #[test]
    fn one_value_is_its_own_interval_and_none_has_none() -> Result<(), EngineError> {
        assert_eq!(median_bootstrap(&[4.0], &HOW)?, (4.0, 4.0));
        assert!(median_bootstrap(&[], &HOW)?.0.is_nan());
        Ok(())
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(median_bootstrap(&[1.0, f64::NAN], &HOW).is_err());
        assert!(median_bootstrap(&[1.0], &Resampling { block: 0, ..HOW }).is_err());
        assert!(median_bootstrap(&[1.0], &Resampling { n_resamples: 0, ..HOW }).is_err());
        assert!(median_bootstrap(&[1.0], &Resampling { confidence: 1.0, ..HOW }).is_err());
    }
}
