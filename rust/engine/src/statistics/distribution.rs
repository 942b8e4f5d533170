//! Quantiles of the normal and of Student's t distribution.

use crate::EngineError;

const LN_SQRT_2_PI: f64 = 0.918_938_533_204_672_7;
/// Degrees of freedom from which three terms of the expansion around the normal quantile are exact to 1e-14.
const MANY_DEGREES: f64 = 1e5;

/// The number below which a standard normal variable lies with probability `p`.
///
/// Wichura (1988), algorithm AS 241: relative error below 1e-15.
///
/// # Errors
/// Where `p` is no probability.
pub fn normal_quantile(p: f64) -> Result<f64, EngineError> {
    check_probability(p)?;
    if p == 0.0 || p == 1.0 {
        return Ok(if p == 0.0 { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    let away = p - 0.5;
    if away.abs() <= 0.425 {
        let r = 0.180_625 - away * away;
        return Ok(away * ratio(&CENTRE, r));
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let size = if r <= 5.0 { ratio(&SIDES, r - 1.6) } else { ratio(&TAILS, r - 5.0) };
    Ok(size.copysign(away))
}

/// The number below which a variable of Student's t distribution lies with probability `p`; `degrees` may be fractional.
///
/// # Errors
/// Where `p` is no probability or `degrees` is not positive.
pub fn student_t_quantile(p: f64, degrees: f64) -> Result<f64, EngineError> {
    check_probability(p)?;
    if degrees.is_nan() || degrees <= 0.0 {
        return Err(EngineError::Value(format!("degrees of freedom must be positive, got {degrees}")));
    }
    let z = normal_quantile(p)?;
    if z.is_infinite() || z == 0.0 {
        return Ok(z);
    }
    if degrees >= MANY_DEGREES {
        let (first, second) = (z * z + 1.0, (5.0 * z * z + 16.0) * z * z + 3.0);
        return Ok(z + z * first / (4.0 * degrees) + z * second / (96.0 * degrees * degrees));
    }
    let beyond = p.min(1.0 - p);
    let (mut low, mut high) = (0.0, 1.0);
    while student_t_tail(high, degrees) > beyond {
        (low, high) = (high, high * 2.0);
    }
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return Ok(middle.copysign(z));
        }
        if student_t_tail(middle, degrees) > beyond {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// Probability of a standard normal variable above `z`, which must not be negative.
pub fn normal_tail(z: f64) -> f64 {
    let density = (-0.5 * z * z - LN_SQRT_2_PI).exp();
    if z >= 2.0 {
        // Laplace's continued fraction, from the inside out.
        return density / (1..=80).rev().fold(z, |below, k| z + f64::from(k) / below);
    }
    let (mut term, mut sum, mut k) = (z, z, 1.0);
    while term > sum * 1e-17 {
        k += 2.0;
        term *= z * z / k;
        sum += term;
    }
    0.5 - density * sum
}

fn check_probability(p: f64) -> Result<(), EngineError> {
    if (0.0..=1.0).contains(&p) {
        return Ok(());
    }
    Err(EngineError::Value(format!("a probability must be between 0 and 1, got {p}")))
}

/// Probability of a t variable above `t`, for `t` above 0.
fn student_t_tail(t: f64, degrees: f64) -> f64 {
    let square = t * t;
    if square.is_infinite() {
        return 0.0;
    }
    0.5 * incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + square), square / (degrees + square))
}

/// The regularised incomplete beta function at `x`; `rest` is 1 - x, told apart because the difference would lose digits.
fn incomplete_beta(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    if x <= 0.0 || rest <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    let front = (a * x.ln() + b * rest.ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, rest) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const MOST_STEPS: u32 = 100_000;
    let away_from_zero = |number: f64| if number.abs() < 1e-300 { 1e-300 } else { number };
    let (mut above, mut value) = (1.0, 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0)));
    let mut below = value;
    for step in 1..=MOST_STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut factor = 1.0;
        for part in [even, odd] {
            below = 1.0 / away_from_zero(1.0 + part * below);
            above = away_from_zero(1.0 + part / above);
            factor = below * above;
            value *= factor;
        }
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// Logarithm of the gamma function for positive numbers: Stirling's series, from 15 on.
fn ln_gamma(x: f64) -> f64 {
    let (mut product, mut x) = (1.0, x);
    while x < 15.0 {
        product *= x;
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let series = (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1260.0 - inverse / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + LN_SQRT_2_PI + series - f64::ln(product)
}

/// Coefficients of a quotient of two polynomials, the constant first.
type Ratio = ([f64; 8], [f64; 8]);

fn ratio((above, below): &Ratio, x: f64) -> f64 {
    let polynomial = |coefficients: &[f64; 8]| coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c);
    polynomial(above) / polynomial(below)
}

const CENTRE: Ratio = (
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
);
const SIDES: Ratio = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);
const TAILS: Ratio = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_887_9,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    fn near(told: f64, expected: f64, relative: f64) {
        assert!((told - expected).abs() <= relative * expected.abs(), "{told} for {expected}");
    }

    #[test]
    fn normal_quantiles_are_those_of_the_tables() -> Result<(), EngineError> {
        near(normal_quantile(0.975)?, 1.959_963_984_540_054, 1e-15);
        near(normal_quantile(0.995)?, 2.575_829_303_548_900_4, 1e-15);
        near(normal_quantile(1e-20)?, -9.262_340_089_798_409, 1e-14);
        assert_eq!(normal_quantile(0.5)?, 0.0);
        assert_eq!((normal_quantile(0.0)?, normal_quantile(1.0)?), (f64::NEG_INFINITY, f64::INFINITY));
        Ok(())
    }

    #[test]
    fn the_tail_undoes_the_quantile() -> Result<(), EngineError> {
        for z in [0.0, 0.3, 1.0, 1.99, 2.0, 3.0, 4.0, 8.0, 20.0] {
            near(normal_quantile(normal_tail(z))?.abs(), z, 1e-10);
        }
        Ok(())
    }

    #[test]
    fn t_quantiles_are_those_of_the_tables() -> Result<(), EngineError> {
        near(student_t_quantile(0.975, 1.0)?, 12.706_204_736_174_707, 1e-12);
        near(student_t_quantile(0.995, 2.0)?, 9.924_843_200_918_294, 1e-12);
        near(student_t_quantile(0.995, 5.0)?, 4.032_142_983_557_536, 1e-12);
        near(student_t_quantile(0.05, 30.0)?, -1.697_260_886_593_957_2, 1e-12);
        assert_eq!(student_t_quantile(0.5, 3.0)?, 0.0);
        assert_eq!(student_t_quantile(1.0, 3.0)?, f64::INFINITY);
        Ok(())
    }

    #[test]
    fn with_many_degrees_t_is_normal() -> Result<(), EngineError> {
        near(student_t_quantile(0.99, 1e9)?, normal_quantile(0.99)?, 1e-8);
        near(student_t_quantile(0.99, 0.999e5)?, student_t_quantile(0.99, 1.001e5)?, 1e-7);
        near(student_t_quantile(0.99, f64::INFINITY)?, normal_quantile(0.99)?, 1e-15);
        Ok(())
    }

    #[test]
    fn one_degree_is_the_cauchy_distribution() -> Result<(), EngineError> {
        for p in [1e-12_f64, 0.001, 0.2, 0.4, 0.7, 0.999_9] {
            near(student_t_quantile(p, 1.0)?, -1.0 / (std::f64::consts::PI * p).tan(), 1e-9);
        }
        Ok(())
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        assert!(normal_quantile(-0.1).is_err() && normal_quantile(f64::NAN).is_err());
        assert!(student_t_quantile(0.5, 0.0).is_err() && student_t_quantile(0.5, f64::NAN).is_err());
        assert!(student_t_quantile(1.1, 3.0).is_err());
    }
}
