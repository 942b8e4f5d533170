//! Whether a level is one, or a state that the series goes to and leaves all the time.
//!
//! A machine that is now quick, now slow gives stretches of either. A stretch is a level only if it lasts longer than those
//! nearby would let one expect.

use std::ops::Range;

/// Values looked at on either side of a change.
const WINDOW: usize = 120;
/// A stretch as long as this is a level in itself and tells nothing of how long states last.
const LONG: usize = 24;
/// Stretches like this one that the states alone may be expected to give in the whole series.
const MOST_EXPECTED: f64 = 0.05;

/// Whether the stretch before or after `change` is too long for a series that switches as it does nearby.
///
/// `around` reaches from the change before to the next one; `levels` are those before and after.
pub(super) fn is_lasting(values: &[f64], around: &Range<usize>, change: usize, levels: (f64, f64)) -> bool {
    let window = change.saturating_sub(WINDOW)..values.len().min(change + WINDOW);
    let middle = levels.0.midpoint(levels.1);
    let is_up = levels.1 > levels.0;
    let is_after: Vec<bool> = values[window.clone()].iter().map(|&value| (value > middle) == is_up).collect();
    let place = |at: usize| at.clamp(window.start, window.end) - window.start;
    let (from, at, to) = (place(around.start), place(change), place(around.end));
    let n_windows = (values.len() as f64 / is_after.len() as f64).max(1.0);
    let least = MOST_EXPECTED / n_windows;
    expected(&is_after[from..at], [&is_after[..from], &is_after[at..]], false) < least
        || expected(&is_after[at..to], [&is_after[..at], &is_after[to..]], true) < least
}

/// How many stretches that leave `state` as seldom as this one are to be expected, by how often it is left elsewhere.
fn expected(stretch: &[bool], elsewhere: [&[bool]; 2], state: bool) -> f64 {
    let runs: Vec<usize> = elsewhere.iter().flat_map(|values| runs_of(values, state)).filter(|&n| n < LONG).collect();
    if runs.is_empty() {
        return 0.0;
    }
    let n_left = runs.len() as f64;
    let n_stayed = runs.iter().sum::<usize>() as f64 - n_left;
    // One of either is added, so that few runs do not make certain.
    let leaving = (n_left + 1.0) / (n_left + n_stayed + 2.0);
    let pairs = stretch.windows(2).filter(|pair| pair[0] == state);
    let (n, times) = pairs.fold((0, 0), |(n, times), pair| (n + 1, times + usize::from(pair[1] != state)));
    at_most(times, n, leaving) * (n_left + 1.0)
}

/// Lengths of the runs of one state.
fn runs_of(values: &[bool], state: bool) -> impl Iterator<Item = usize> {
    values.split(move |&value| value != state).map(<[bool]>::len).filter(|&n| n > 0)
}

/// Probability that something of this chance, which is neither 0 nor 1, happens at most so many times of `n`.
fn at_most(times: usize, n: usize, chance: f64) -> f64 {
    let mut term = (1.0 - chance).powf(n as f64);
    let mut sum = term;
    for k in 0..times {
        term *= (n - k) as f64 / (k + 1) as f64 * chance / (1.0 - chance);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(lengths: &[usize]) -> Vec<f64> {
        lengths.iter().enumerate().flat_map(|(k, &n)| std::iter::repeat_n((k % 2) as f64, n)).collect()
    }

    #[test]
    fn a_stretch_as_long_as_others_is_no_level_and_a_longer_one_is() {
        let others = [9, 4, 7, 3, 8, 5];
        for (n, is_level) in [(6, false), (30, true)] {
            let values = stretches(&[&others[..], &[9, n]].concat());
            assert_eq!(is_lasting(&values, &(36..values.len()), 45, (0.0, 1.0)), is_level, "{n}");
        }
    }

    #[test]
    fn what_never_came_before_is_a_level() {
        assert!(is_lasting(&stretches(&[40, 3, 40]), &(0..43), 40, (0.0, 1.0)));
        assert!(is_lasting(&stretches(&[40, 3, 40]), &(40..83), 43, (1.0, 0.0)));
    }

    #[test]
    fn levels_that_come_again_and_last_stay_levels() {
        let values = stretches(&[200, 200, 200, 200]);
        assert!(is_lasting(&values, &(200..600), 400, (1.0, 0.0)));
    }

    #[test]
    fn the_binomial_sums_to_one() {
        assert!((at_most(0, 3, 0.5) - 0.125).abs() < 1e-12);
        assert!((at_most(1, 3, 0.5) - 0.5).abs() < 1e-12);
        assert!((at_most(9, 9, 0.3) - 1.0).abs() < 1e-12);
    }
}
