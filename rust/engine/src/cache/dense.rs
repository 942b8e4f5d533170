//! Keys as dense numbers, in the order in which they first appear.

use super::policy::Id;

/// Keys may span this many numbers for each request, and a few more, to be looked up in a table.
const SPAN_A_REQUEST: u64 = 4;
const SPAN_AT_LEAST: u64 = 1 << 16;

/// No number yet.
const NEW: Id = Id::MAX;

/// Requests for keys that are numbered from 0 in order of first appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The number of each request's key.
    pub ids: Vec<Id>,
    /// Different keys.
    pub n_unique: usize,
}

impl Trace {
    /// Numbers the keys of a trace.
    #[must_use]
    pub fn of(keys: &[u64]) -> Self {
        let (Some(low), Some(high)) = (keys.iter().min(), keys.iter().max()) else {
            return Self::default();
        };
        if high - low < SPAN_A_REQUEST * keys.len() as u64 + SPAN_AT_LEAST {
            by_table(keys, *low, (high - low) as usize + 1)
        } else {
            by_hash(keys)
        }
    }

    /// The requests for about that share of the keys, chosen by their numbers; all requests for a key, or none.
    #[must_use]
    pub fn sample(&self, share: f64) -> Self {
        let limit = (share * 2f64.powi(64)) as u64; // rounds to the largest where it is too large
        let kept: Vec<u64> = self.ids.iter().map(|id| u64::from(*id)).filter(|id| mix(*id) < limit).collect();
        Self::of(&kept)
    }
}

fn by_table(keys: &[u64], low: u64, span: usize) -> Trace {
    let mut known = vec![NEW; span];
    let mut n_unique = 0;
    let number = |key: &u64| {
        let id = &mut known[(key - low) as usize];
        if *id == NEW {
            *id = n_unique;
            n_unique += 1;
        }
        *id
    };
    let ids = keys.iter().map(number).collect();
    Trace { ids, n_unique: n_unique as usize }
}

/// Open addressing, at most half full; a place holds a key and its number.
struct Numbers {
    places: Vec<(u64, Id)>,
    shift: u32,
    n_known: Id,
}

impl Numbers {
    fn with_bits(bits: u32) -> Self {
        Self { places: vec![(0, NEW); 1 << bits], shift: u64::BITS - bits, n_known: 0 }
    }

    /// The key's place: its own, or the empty one where it belongs.
    #[inline]
    fn find(&self, key: u64) -> usize {
        let mut place = (mix(key) >> self.shift) as usize;
        while self.places[place].1 != NEW && self.places[place].0 != key {
            place = (place + 1) & (self.places.len() - 1);
        }
        place
    }

    #[inline]
    fn number(&mut self, key: u64) -> Id {
        let place = self.find(key);
        if self.places[place].1 == NEW {
            self.places[place] = (key, self.n_known);
            self.n_known += 1;
            if 2 * self.n_known as usize > self.places.len() {
                self.grow();
            }
            return self.n_known - 1;
        }
        self.places[place].1
    }

    #[cold]
    fn grow(&mut self) {
        let mut larger = Self::with_bits(u64::BITS - self.shift + 2);
        for known in self.places.iter().filter(|known| known.1 != NEW) {
            let place = larger.find(known.0);
            larger.places[place] = *known;
        }
        larger.n_known = self.n_known;
        *self = larger;
    }
}

/// Spreads keys of any pattern: both halves of a product with the golden ratio's bits.
#[inline]
fn mix(key: u64) -> u64 {
    let product = u128::from(key ^ 0x517c_c1b7_2722_0a95) * 0x9e37_79b9_7f4a_7c15;
    product as u64 ^ (product >> 64) as u64
}

fn by_hash(keys: &[u64]) -> Trace {
    let mut numbers = Numbers::with_bits(10);
    let ids = keys.iter().map(|key| numbers.number(*key)).collect();
    Trace { ids, n_unique: numbers.n_known as usize }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn plain(keys: &[u64]) -> Vec<Id> {
        let mut known = HashMap::new();
        keys.iter()
            .map(|key| {
                let n_known = known.len() as Id;
                *known.entry(*key).or_insert(n_known)
            })
            .collect()
    }

    proptest! {
        #[test]
        fn numbers_are_in_order_of_appearance(draws in proptest::collection::vec(0..3000_u64, 0..5000), factor in prop_oneof![Just(1), Just(1 << 33), Just(u64::MAX / 3000)]) {
            let keys: Vec<u64> = draws.iter().map(|draw| draw * factor).collect();
            let trace = Trace::of(&keys);
            let expected = plain(&keys);
            prop_assert_eq!(trace.n_unique, expected.iter().max().map_or(0, |most| *most as usize + 1));
            prop_assert_eq!(trace.ids, expected);
        }
    }

    #[test]
    fn a_sample_has_all_requests_of_its_keys() {
        let trace = Trace::of(&(0..40_000).map(|k| k * k % 10_007).collect::<Vec<_>>());
        let sampled = trace.sample(0.2);
        assert!((0.17..0.23).contains(&(sampled.n_unique as f64 / trace.n_unique as f64)));
        assert!((0.17..0.23).contains(&(sampled.ids.len() as f64 / trace.ids.len() as f64)));
        assert_eq!(trace.sample(1.0), trace);
    }

    #[test]
    fn keys_at_both_ends_of_the_range_are_told_apart() {
        assert_eq!(Trace::of(&[u64::MAX, 0, u64::MAX, 1]).ids, [0, 1, 0, 2]);
    }
}
