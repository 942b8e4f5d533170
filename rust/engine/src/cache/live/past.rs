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

/// Bounded memory of such keys: those that left within the last `reach` requests, and at most as many older ones.
#[derive(Debug)]
pub(super) struct Past {
    seen: HashTable<Seen>,
    reach: usize,
}

impl Past {
    pub fn new(reach: usize) -> Self {
        Self { seen: HashTable::new(), reach }
    }

    pub fn remember(&mut self, hash: u64, trace: u32, was_pushed_out: bool, n_requests: u64) {
        if self.seen.len() >= 2 * self.reach {
            self.forget_older(n_requests as u32);
        }
        let at = (n_requests as u32 & !1) | u32::from(was_pushed_out);
        self.seen.insert_unique(hash, Seen { hash, trace, at }, |seen| seen.hash);
    }

    /// The key's number and whether it was pushed out; it is not remembered any more.
    pub fn recall(&mut self, hash: u64) -> Option<(u32, bool)> {
        let found = self.seen.find_entry(hash, |seen| seen.hash == hash).ok()?;
        let seen = found.remove().0;
        Some((seen.trace, seen.at & 1 == 1))
    }

    fn forget_older(&mut self, now: u32) {
        let reach = self.reach as u32;
        self.seen.retain(|seen| now.wrapping_sub(seen.at) <= reach);
        if self.seen.len() >= 2 * self.reach {
            self.seen.clear(); // many left at one request: a cache was cleared
        }
        self.seen.shrink_to(self.reach, |seen| seen.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recalled_once() {
        let mut past = Past::new(10);
        past.remember(7, 3, true, 0);
        assert_eq!(past.recall(7), Some((3, true)));
        assert!(past.recall(7).is_none());
    }

    #[test]
    fn it_stays_bounded_and_keeps_the_newest() {
        let mut past = Past::new(10);
        (0..1000).for_each(|i| past.remember(i, i as u32, false, i));
        assert!(past.seen.len() <= 20);
        assert!((991..1000).all(|i| past.recall(i).is_some()));
    }

    #[test]
    fn many_that_leave_at_once_do_not_pile_up() {
        let mut past = Past::new(10);
        (0..1000).for_each(|i| past.remember(i, 0, false, 5));
        assert!(past.seen.len() <= 20);
    }
}
