//! Small caches beside a real one, which show what other policies would do with the same requests.

use super::any::Base;
use super::policy::{Id, Leavers, Policy};

/// Places of each shadow, at least, where the cache has so many.
const FEWEST_PLACES: usize = 128;
/// Sampled requests a place of a shadow, after which hits are compared.
const REQUESTS_A_WINDOW: u32 = 16;
/// By how much of the requests another policy must lead; with half of it, loads rise through needless changes.
const LEAD: f64 = 0.01;
/// By how many standard deviations it must lead, if hits were drawn.
const DEVIATIONS: f64 = 1.0;
/// Windows in a row in which it must lead.
const WINDOWS: u32 = 2;

/// The number of no sampled entry.
pub(super) const UNSAMPLED: Id = Id::MAX;

/// Its entry is known to the cache.
const OWNED: u8 = 1 << 7;

/// Which shadows know each sampled entry, one bit each; a number is used again when nobody does.
#[derive(Clone, Debug, Default)]
struct Numbers {
    known: Vec<u8>,
    spare: Vec<Id>,
}

impl Numbers {
    fn take(&mut self) -> Id {
        let id = self.spare.pop().unwrap_or_else(|| {
            self.known.push(0);
            (self.known.len() - 1) as Id
        });
        self.known[id as usize] = OWNED;
        id
    }

    fn let_go(&mut self, id: Id, bit: u8) {
        let known = &mut self.known[id as usize];
        *known &= !bit;
        if *known == 0 {
            self.spare.push(id);
        }
    }
}

/// One shadow forgets an entry.
struct Forgetting<'a> {
    numbers: &'a mut Numbers,
    bit: u8,
}

impl Leavers for Forgetting<'_> {
    fn evicted(&mut self, id: Id, is_ghost: bool) {
        if !is_ghost {
            self.numbers.let_go(id, self.bit);
        }
    }

    fn forgotten(&mut self, id: Id) {
        self.numbers.let_go(id, self.bit);
    }
}

/// All policies of `Base` on a sample of the keys, at a capacity that is as much smaller; and which of them leads.
#[derive(Clone, Debug)]
pub(super) struct Shadows {
    /// One key in two to this power is sampled.
    thinning: u32,
    policies: Vec<Base>,
    numbers: Numbers,
    n_hits: Vec<u32>,
    n_requests: u32,
    n_window: u32,
    leader: usize,
    n_led: u32,
}

impl Shadows {
    pub fn new(capacity: usize) -> Self {
        let thinning = (capacity / FEWEST_PLACES).checked_ilog2().unwrap_or(0);
        let n_places = (capacity >> thinning).max(1);
        let policies: Vec<_> = Base::NAMES.iter().filter_map(|name| Base::named(name, n_places)).collect();
        Self {
            thinning,
            numbers: Numbers::default(),
            n_hits: vec![0; policies.len()],
            policies,
            n_requests: 0,
            n_window: (n_places as u32).saturating_mul(REQUESTS_A_WINDOW),
            leader: 0,
            n_led: 0,
        }
    }

    /// Whether the key that became known as the `birth`-th is in the sample.
    #[inline]
    pub fn wants(&self, birth: u32) -> bool {
        self.thinning == 0 || birth.wrapping_mul(0x9e37_79b9) >> (u32::BITS - self.thinning) == 0
    }

    /// A number for a key of the sample.
    pub fn take_in(&mut self) -> Id {
        self.numbers.take()
    }

    /// The cache knows the key no more.
    #[inline]
    pub fn let_go(&mut self, id: Id) {
        if id != UNSAMPLED {
            self.numbers.let_go(id, OWNED);
        }
    }

    /// A sampled key is asked for. The name of a policy that leads by far over the `current` one, at the end of a window.
    pub fn request(&mut self, id: Id, current: &str) -> Option<&'static str> {
        for (k, policy) in self.policies.iter_mut().enumerate() {
            let bit = 1 << k;
            policy.cover(self.numbers.known.capacity());
            self.numbers.known[id as usize] |= bit;
            let mut leavers = Forgetting { numbers: &mut self.numbers, bit };
            self.n_hits[k] += u32::from(policy.request(id, &mut leavers));
        }
        self.n_requests += 1;
        (self.n_requests >= self.n_window).then(|| self.end_window(current)).flatten()
    }

    fn end_window(&mut self, current: &str) -> Option<&'static str> {
        let now = Base::NAMES.iter().position(|name| *name == current).unwrap_or(0);
        let best = (0..self.n_hits.len()).max_by_key(|k| (self.n_hits[*k], *k == now)).unwrap_or(now);
        let lead = f64::from(self.n_hits[best] - self.n_hits[now]);
        let n_misses = 2 * self.n_requests - self.n_hits[best] - self.n_hits[now];
        let is_ahead = lead >= LEAD * f64::from(self.n_requests) && lead >= DEVIATIONS * f64::from(n_misses).sqrt();
        self.n_led = if is_ahead { 1 + if best == self.leader { self.n_led } else { 0 } } else { 0 };
        self.leader = best;
        self.n_requests /= 2;
        self.n_hits.iter_mut().for_each(|n_hits| *n_hits /= 2);
        (self.n_led >= WINDOWS).then(|| {
            self.n_led = 0;
            Base::NAMES[best]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whom the shadows name last, of keys that are never forgotten.
    fn leader_of(keys: impl Iterator<Item = usize>, capacity: usize) -> &'static str {
        let mut shadows = Shadows::new(capacity);
        let mut numbers = Vec::new();
        let mut current = Base::NAMES[0];
        for key in keys {
            while numbers.len() <= key {
                let is_wanted = shadows.wants(numbers.len() as u32 + 1);
                numbers.push(is_wanted.then(|| shadows.take_in()));
            }
            if let Some(number) = numbers[key] {
                current = shadows.request(number, current).unwrap_or(current);
            }
        }
        current
    }

    #[test]
    fn a_loop_larger_than_the_cache_is_no_case_for_lru() {
        assert_ne!(leader_of((0..40_000).map(|k| k % 200), 100), "lru");
        assert_ne!(leader_of((0..2_000_000).map(|k| k % 20_000), 10_000), "lru");
    }

    #[test]
    fn what_was_just_used_is_a_case_for_lru() {
        let back_and_forth = (0..40_000).map(|k| if k % 400 < 200 { k % 400 } else { 399 - k % 400 });
        assert_eq!(leader_of(back_and_forth, 100), "lru");
    }

    #[test]
    fn a_large_cache_has_small_shadows() {
        let shadows = Shadows::new(1 << 20);
        let n_wanted = (1..=1 << 20).filter(|birth| shadows.wants(*birth)).count();
        assert!((FEWEST_PLACES * 9 / 10..FEWEST_PLACES * 11 / 10).contains(&n_wanted), "{n_wanted}");
    }

    #[test]
    fn numbers_of_forgotten_keys_are_used_again() {
        let mut shadows = Shadows::new(10);
        for _ in 0..10_000 {
            let number = shadows.take_in();
            shadows.request(number, "lru");
            shadows.let_go(number);
        }
        assert!(shadows.numbers.known.len() < 200);
    }
}
