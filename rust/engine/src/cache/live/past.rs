//! Keys that left the cache: what number the recorder gave them, and whether they were pushed out.

use hashbrown::HashTable;

/// A key that is no longer in the cache, known by its hash.
#[derive(Clone, Copy, Debug)]
struct Seen {
    hash: u64,
    /// Its number in the recorded trace.
    trace: u32,
    /// Requests made before it left, modulo 2^32; the lowest bit tells whether it left for want of room.
    at: u32,
}

/// Bounded memory of such keys: the last that left, and of those that left within `reach` requests at most 7 for every 16
/// requests, which fill a table of `reach` / 2 places.
#[derive(Debug)]
pub(super) struct Past {
    seen: HashTable<Seen>,
    reach: usize,
    most: usize,
}

impl Past {
    pub fn new(reach: usize) -> Self {
        Self { seen: HashTable::new(), reach, most: reach / 16 * 7 }
    }

    pub fn remember(&mut self, hash: u64, trace: u32, was_pushed_out: bool, n_requests: u64) {
        let would_grow = self.seen.len() == self.seen.capacity() && self.seen.num_buckets() > self.most;
        if self.seen.len() >= self.most || would_grow {
            self.forget_older(n_requests as u32);
        }
        let at = (n_requests as u32 & !1) | u32::from(was_pushed_out);
        let seen = Seen { hash, trace, at };
        if self.is_shared(hash)
            && let Some(other) = self.seen.find_mut(hash, |seen| seen.hash == hash)
        {
            *other = seen;
            return;
        }
        self.seen.insert_unique(hash, seen, |seen| seen.hash);
    }

    /// The key's number and whether it was pushed out; it is not remembered any more. None where several keys have that
    /// hash, for then nobody knows which one it is.
    pub fn recall(&mut self, hash: u64) -> Option<(u32, bool)> {
        if self.is_shared(hash) {
            return None;
        }
        let found = self.seen.find_entry(hash, |seen| seen.hash == hash).ok()?;
        let seen = found.remove().0;
        Some((seen.trace, seen.at & 1 == 1))
    }

    fn is_shared(&self, hash: u64) -> bool {
        self.seen.iter_hash(hash).filter(|seen| seen.hash == hash).nth(1).is_some()
    }

    /// Forgets at least half: those that left longest ago, or all where too many left at one request.
    fn forget_older(&mut self, now: u32) {
        let mut reach = self.reach as u32;
        while self.seen.len() > self.most / 2 && reach > 1 {
            self.seen.retain(|seen| now.wrapping_sub(seen.at) <= reach);
            reach /= 2;
        }
        if self.seen.len() > self.most / 2 {
            self.seen.clear(); // many left at one request: a cache was cleared
        }
        // What is taken out leaves marks in a table, for which it would grow.
        let kept: Vec<Seen> = self.seen.iter().copied().collect();
        self.seen.clear();
        for seen in kept {
            self.seen.insert_unique(seen.hash, seen, |seen| seen.hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recalled_once() {
        let mut past = Past::new(32);
        past.remember(7, 3, true, 0);
        assert_eq!(past.recall(7), Some((3, true)));
        assert!(past.recall(7).is_none());
    }

    #[test]
    fn it_stays_bounded_and_keeps_the_newest() {
        let mut past = Past::new(32);
        (0..1000).for_each(|i| past.remember(i, i as u32, false, i));
        assert!(past.seen.len() <= 14);
        assert!((993..1000).all(|i| past.recall(i).is_some()));
    }

    #[test]
    fn many_that_leave_at_once_do_not_pile_up() {
        let mut past = Past::new(32);
        (0..1000).for_each(|i| past.remember(i, 0, false, 5));
        assert!(past.seen.len() <= 14);
    }

    #[test]
    fn of_several_keys_with_one_hash_none_is_recalled() {
        let mut past = Past::new(32);
        (0..5).for_each(|trace| past.remember(7, trace, false, 0));
        assert_eq!((past.recall(7), past.seen.len()), (None, 2));
    }

    fn mixed(number: u64) -> u64 {
        let wide = u128::from(number ^ 0x2545_F491_4F6C_DD1D) * 0x9E37_79B9_7F4A_7C15;
        (wide as u64) ^ ((wide >> 64) as u64)
    }

    #[test]
    fn millions_of_different_keys_take_less_than_ten_megabytes() {
        let mut past = Past::new(1 << 20);
        (0..3_000_000u64).for_each(|i| past.remember(mixed(i), i as u32, false, i));
        assert!(past.seen.allocation_size() < 10_000_000);
        for i in 2_600_000..3_000_000u64 {
            past.recall(mixed(i));
            past.remember(mixed(i + 1_000_000), i as u32, false, i + 1_000_000);
        }
        assert!(past.seen.allocation_size() < 10_000_000);
    }
}
