//! Quantiles of any number of durations in little memory, to a known relative error; two sketches can be merged.
//!
//! Buckets grow by a constant factor (Masson, Rim and Lee 2019, DDSketch). Only those that hold something are kept.

use std::collections::BTreeMap;

use crate::EngineError;

const MAGIC: &[u8; 4] = b"tgs1";
const LEAST_ERROR: f64 = 1e-4;
const LARGEST_ERROR: f64 = 0.5;

/// Counts of durations by the logarithm of their size.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    relative_error: f64,
    /// Logarithm of the factor between two buckets.
    step: f64,
    n_zero: u64,
    buckets: BTreeMap<i32, u64>,
    count: u64,
    least: f64,
    most: f64,
}

impl Sketch {
    /// An empty sketch whose quantiles are off by at most `relative_error`, a fraction.
    ///
    /// # Errors
    /// Where the error is not between 0.0001 and 0.5.
    pub fn new(relative_error: f64) -> Result<Self, EngineError> {
        if !(LEAST_ERROR..=LARGEST_ERROR).contains(&relative_error) {
            return Err(EngineError::Value(format!(
                "`relative_error` must be between {LEAST_ERROR} and {LARGEST_ERROR}, got {relative_error}"
            )));
        }
        Ok(Self {
            relative_error,
            step: (2.0 * relative_error / (1.0 - relative_error)).ln_1p(),
            n_zero: 0,
            buckets: BTreeMap::new(),
            count: 0,
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
        })
    }

    /// The error that was asked for.
    pub fn relative_error(&self) -> f64 {
        self.relative_error
    }

    /// Durations counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Counts durations, all or none.
    ///
    /// # Errors
    /// Where one is negative or not finite.
    pub fn extend(&mut self, durations_ns: &[f64]) -> Result<(), EngineError> {
        if let Some(wrong) = durations_ns.iter().find(|ns| !(ns.is_finite() && **ns >= 0.0)) {
            return Err(EngineError::Value(format!("a duration must be finite and not negative, got {wrong}")));
        }
        for &ns in durations_ns {
            // Below the smallest normal number a logarithm tells little; nothing is timed that finely.
            if ns < f64::MIN_POSITIVE {
                self.n_zero += 1;
            } else {
                *self.buckets.entry((ns.ln() / self.step).ceil() as i32).or_default() += 1;
            }
            self.least = self.least.min(ns);
            self.most = self.most.max(ns);
        }
        self.count += durations_ns.len() as u64;
        Ok(())
    }

    /// Counts what the other one has counted.
    ///
    /// # Errors
    /// Where the two were asked for different errors.
    pub fn merge(&mut self, other: &Self) -> Result<(), EngineError> {
        if self.relative_error != other.relative_error {
            return Err(EngineError::Value(format!(
                "sketches of relative error {} and {} cannot be merged",
                self.relative_error, other.relative_error
            )));
        }
        for (&bucket, &n) in &other.buckets {
            *self.buckets.entry(bucket).or_default() += n;
        }
        self.n_zero += other.n_zero;
        self.count += other.count;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
        Ok(())
    }

    /// The duration below which a fraction `q` lies, between two of them as numpy has it; NaN when there is none.
    ///
    /// # Errors
    /// Where `q` is no fraction.
    pub fn quantile(&self, q: f64) -> Result<f64, EngineError> {
        if !(0.0..=1.0).contains(&q) {
            return Err(EngineError::Value(format!("a quantile must be between 0 and 1, got {q}")));
        }
        if self.count == 0 {
            return Ok(f64::NAN);
        }
        let place = q * (self.count - 1) as f64;
        let (low, part) = (place as u64, place.fract());
        let below = self.at(low);
        Ok(if part > 0.0 { below + part * (self.at(low + 1) - below) } else { below })
    }

    /// The duration with so many below it.
    fn at(&self, rank: u64) -> f64 {
        if rank == 0 {
            return self.least;
        }
        if rank >= self.count - 1 {
            return self.most;
        }
        let mut n_seen = self.n_zero;
        if rank < n_seen {
            return 0.0;
        }
        for (&bucket, &n) in &self.buckets {
            n_seen += n;
            if rank < n_seen {
                return self.middle(bucket).clamp(self.least, self.most);
            }
        }
        self.most
    }

    /// The number that is off by the same factor from both ends of a bucket.
    fn middle(&self, bucket: i32) -> f64 {
        (f64::from(bucket) * self.step).exp() * (1.0 - self.relative_error)
    }

    /// The whole sketch, in a form that does not depend on the machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for number in [self.relative_error, self.least, self.most] {
            bytes.extend(number.to_le_bytes());
        }
        put(&mut bytes, self.n_zero);
        put(&mut bytes, self.buckets.len() as u64);
        let mut last = 0;
        for (&bucket, &n) in &self.buckets {
            let away = i64::from(bucket) - last;
            put(&mut bytes, ((away << 1) ^ (away >> 63)) as u64);
            put(&mut bytes, n);
            last = i64::from(bucket);
        }
        bytes
    }

    /// The sketch that [`Sketch::to_bytes`] wrote.
    ///
    /// # Errors
    /// Where the bytes are no sketch.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EngineError> {
        read(bytes).ok_or_else(|| EngineError::Value(format!("these {} bytes are no sketch of durations", bytes.len())))
    }
}

fn read(bytes: &[u8]) -> Option<Sketch> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut sketch = Sketch::new(take_f64(&mut rest)?).ok()?;
    (sketch.least, sketch.most) = (take_f64(&mut rest)?, take_f64(&mut rest)?);
    sketch.n_zero = take(&mut rest)?;
    sketch.count = sketch.n_zero;
    let mut last = 0_i64;
    for k in 0..take(&mut rest)? {
        let coded = take(&mut rest)?;
        let away = (coded >> 1) as i64 ^ -((coded & 1) as i64);
        let bucket = last.checked_add(away)?;
        let n = take(&mut rest)?;
        if n == 0 || (k > 0 && away <= 0) {
            return None;
        }
        sketch.buckets.insert(i32::try_from(bucket).ok()?, n);
        sketch.count = sketch.count.checked_add(n)?;
        last = bucket;
    }
    let is_sound = match sketch.count {
        0 => sketch.least == f64::INFINITY && sketch.most == f64::NEG_INFINITY,
        _ => 0.0 <= sketch.least && sketch.least <= sketch.most && sketch.most.is_finite(),
    };
    (is_sound && rest.is_empty()).then_some(sketch)
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        let part = u64::from(byte & 0x7f);
        if shift == 63 && part > 1 {
            return None;
        }
        number |= part << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take_f64(rest: &mut &[u8]) -> Option<f64> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(f64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch_of(durations: &[f64]) -> Result<Sketch, EngineError> {
        let mut sketch = Sketch::new(0.005)?;
        sketch.extend(durations)?;
        Ok(sketch)
    }

    fn plain_quantile(durations: &[f64], q: f64) -> f64 {
        let mut sorted = durations.to_vec();
        sorted.sort_by(f64::total_cmp);
        let place = q * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[place as usize], sorted[place.ceil() as usize]);
        low + place.fract() * (high - low)
    }

    fn durations() -> impl Strategy<Value = Vec<f64>> {
        proptest::collection::vec(prop_oneof![Just(0.0), 1.0..1e3, 1e3..1e12, 1e-3..1.0], 1..80)
    }

    proptest! {
        #[test]
        fn a_quantile_is_off_by_no_more_than_the_error(durations in durations(), q in 0.0..=1.0) {
            let told = sketch_of(&durations)?.quantile(q)?;
            let true_one = plain_quantile(&durations, q);
            prop_assert!((told - true_one).abs() <= true_one * 0.005_000_001, "{told} for {true_one}");
        }

        #[test]
        fn merging_is_counting_together(first in durations(), second in durations()) {
            let mut merged = sketch_of(&first)?;
            merged.merge(&sketch_of(&second)?)?;
            prop_assert_eq!(merged, sketch_of(&[first, second].concat())?);
        }

        #[test]
        fn bytes_hold_the_whole_sketch(durations in durations()) {
            let sketch = sketch_of(&durations)?;
            prop_assert_eq!(Sketch::from_bytes(&sketch.to_bytes())?, sketch);
        }

        #[test]
        fn bytes_that_were_cut_or_changed_never_panic(durations in durations(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = sketch_of(&durations)?.to_bytes();
            let at = at.index(bytes.len());
            prop_assert!(Sketch::from_bytes(&bytes[..at]).is_err());
            bytes[at] = byte;
            if let Ok(sketch) = Sketch::from_bytes(&bytes) {
                prop_assert!(!sketch.quantile(0.5)?.is_nan());
            }
        }
    }

    #[test]
    fn an_empty_sketch_has_no_quantile() -> Result<(), EngineError> {
        let empty = Sketch::new(0.01)?;
        assert!(empty.quantile(0.5)?.is_nan());
        assert_eq!(Sketch::from_bytes(&empty.to_bytes())?, empty);
        Ok(())
    }

    #[test]
    fn what_makes_no_sense_is_refused() -> Result<(), EngineError> {
        assert!(Sketch::new(0.0).is_err() && Sketch::new(f64::NAN).is_err());
        let mut sketch = sketch_of(&[3.0])?;
        for wrong in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(sketch.extend(&[1.0, wrong]).is_err());
        }
        assert_eq!(sketch.count(), 1);
        assert!(sketch.quantile(1.5).is_err() && sketch.quantile(f64::NAN).is_err());
        assert!(sketch.merge(&Sketch::new(0.1)?).is_err());
        assert!(Sketch::from_bytes(b"something else").is_err());
        Ok(())
    }
}
