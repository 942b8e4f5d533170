//! Whether values go from one level to another at once or little by little.

/// Half lengths of the slopes that are tried, values.
const HALF_LENGTHS: [usize; 4] = [8, 15, 30, 60];
/// Log-likelihood that a slope must be better by: it has one parameter more than a step, its length (Akaike 1974).
const LEAST_GAIN: f64 = 1.0;

/// Whether a slope fits the values better than a step at `change`, each value telling as much as `1 / inflation` values.
pub(super) fn is_slope(values: &[f64], change: usize, inflation: f64) -> bool {
    let n_near = change.min(values.len() - change);
    let step = misfit(values, |k| if k < change { 0.0 } else { 1.0 });
    let slopes = HALF_LENGTHS
        .iter()
        .take_while(|&&half| half <= n_near)
        .map(|&half| misfit(values, |k| ((k as f64 - change as f64 + 0.5) / (2 * half) as f64 + 0.5).clamp(0.0, 1.0)));
    let slope = slopes.fold(f64::INFINITY, f64::min);
    values.len() as f64 / 2.0 * (step / slope).ln() > LEAST_GAIN * inflation
}

/// Sum of squares that is left when values go from one level to another as the shares of the way say, by least squares.
fn misfit(values: &[f64], share_of: impl Fn(usize) -> f64) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let mean_share = (0..values.len()).map(&share_of).sum::<f64>() / values.len() as f64;
    let (mut total, mut products, mut squares) = (0.0, 0.0, 0.0);
    for (k, value) in values.iter().enumerate() {
        let (away, share) = (value - mean, share_of(k) - mean_share);
        total += away * away;
        products += away * share;
        squares += share * share;
    }
    (total - products * products / squares).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jagged(level: impl Fn(usize) -> f64) -> Vec<f64> {
        (0..80).map(|k| level(k) + 0.2 * ((k * 7 % 5) as f64 - 2.0)).collect()
    }

    #[test]
    fn a_step_is_no_slope() {
        assert!(!is_slope(&jagged(|k| if k < 40 { 0.0 } else { 1.0 }), 40, 1.0));
        assert!(!is_slope(&jagged(|k| if k < 4 { 0.0 } else { 1.0 }), 4, 1.0));
        assert!(!is_slope(&[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0].repeat(3), 12, 1.0));
    }

    #[test]
    fn slopes_of_many_lengths_are_seen() {
        for half in [10, 20, 40] {
            let values = jagged(|k| ((k as f64 - 39.5) / f64::from(2 * half) + 0.5).clamp(0.0, 1.0));
            assert!(is_slope(&values, 40, 1.0), "{half}");
        }
    }
}
