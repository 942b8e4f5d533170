//! How much a series varies between its changes: spread and correlation of neighbours, from differences, which levels leave alone.

use super::rank::median;

/// Standard deviations a normal variable has for each median of its distances from the centre.
const SD_PER_MAD: f64 = 1.4826;
/// A spread below this share of the level is no noise but rounding.
const LEAST_SHARE: f64 = 1e-3;
/// A spread below this share of the whole range is taken for none.
const LEAST_OF_RANGE: f64 = 1e-6;
/// Correlation of neighbours that is believed at most.
pub(super) const MOST_CORRELATION: f64 = 0.7;

/// Noise of a series around its levels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    /// Standard deviation, in the unit of the values; 0 for a constant series.
    pub sd: f64,
    /// Lag-1 correlation, from 0 on.
    pub correlation: f64,
}

impl Noise {
    /// Estimates from differences of values one and two places apart.
    pub fn of(values: &[f64]) -> Self {
        let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
        if values.len() < 3 || low >= high {
            return Self { sd: 0.0, correlation: 0.0 };
        }
        let near = difference_sd(values, 1);
        let far = difference_sd(values, 2);
        let correlation = if near > 0.0 { (far * far / (near * near) - 1.0).clamp(0.0, MOST_CORRELATION) } else { 0.0 };
        let size = median(&mut values.iter().map(|v| v.abs()).collect::<Vec<_>>());
        let least = (LEAST_SHARE * size).max(LEAST_OF_RANGE * (high - low));
        Self { sd: (near / (1.0 - correlation).sqrt()).max(least), correlation }
    }

    /// How many correlated values tell as much as one that is independent.
    pub fn inflation(&self) -> f64 {
        inflation(self.correlation)
    }
}

/// As [`Noise::inflation`], for any correlation.
pub(super) fn inflation(correlation: f64) -> f64 {
    (1.0 + correlation) / (1.0 - correlation)
}

/// Standard deviation that independent values would have for differences `lag` places apart to be as they are.
fn difference_sd(values: &[f64], lag: usize) -> f64 {
    let mut sizes: Vec<f64> = values.iter().zip(&values[lag..]).map(|(a, b)| (b - a).abs()).collect();
    SD_PER_MAD * median(&mut sizes) / std::f64::consts::SQRT_2
}

/// Standard deviation by the median distance from the centre.
pub(super) fn spread(values: &[f64], centre: f64) -> f64 {
    SD_PER_MAD * median(&mut values.iter().map(|v| (v - centre).abs()).collect::<Vec<_>>())
}

/// Sums of products of neighbours and of squares, around the centre; their quotient is the lag-1 correlation.
///
/// Values further out than `limit` count as if they lay there.
pub(super) fn clipped_products(values: &[f64], centre: f64, limit: f64) -> (f64, f64) {
    let clipped = |value: &f64| (value - centre).clamp(-limit, limit);
    let products: f64 = values.windows(2).map(|pair| clipped(&pair[0]) * clipped(&pair[1])).sum();
    (products, values.iter().map(|value| clipped(value).powi(2)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, of mean 0 and standard deviation 1.
    fn jitter(n: usize) -> Vec<f64> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..n).map(|_| (0..12).map(|_| next()).sum::<f64>() - 6.0).collect()
    }

    #[test]
    fn steps_do_not_count_as_noise() {
        let values: Vec<f64> = jitter(600).iter().enumerate().map(|(k, e)| (k / 200 * 50) as f64 + e).collect();
        let noise = Noise::of(&values);
        assert!((noise.sd - 1.0).abs() < 0.15 && noise.correlation < 0.25, "{noise:?}");
    }

    #[test]
    fn correlated_noise_is_seen_as_such() {
        let mut values = jitter(4000);
        for k in 1..values.len() {
            values[k] = 0.5 * values[k - 1] + 0.75_f64.sqrt() * values[k];
        }
        let noise = Noise::of(&values);
        assert!((noise.sd - 1.0).abs() < 0.15 && (noise.correlation - 0.5).abs() < 0.15, "{noise:?}");
    }

    #[test]
    fn a_series_that_hardly_moves_has_the_noise_of_rounding() {
        assert_eq!(Noise::of(&[5.0; 9]).sd, 0.0);
        let mut values = vec![100.0; 50];
        values[20] = 130.0;
        assert!((Noise::of(&values).sd - 0.1).abs() < 1e-9);
    }
}
