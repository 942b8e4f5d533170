//! Curves from one pass over a trace: hits of LRU at every capacity, and how old keys are when they are asked for again.

use std::sync::atomic::{AtomicBool, Ordering};

use super::dense::Trace;
use super::replay::REQUESTS_A_LOOK;

/// When each key was asked for last, as places in a row; the row is numbered anew when it is full.
///
/// One bit a place, and sums over words of bits in a Fenwick tree, so that it stays in the fastest memory.
struct Recency {
    bits: Vec<u64>,
    /// Over the number of bits in each word; from 1.
    sums: Vec<u32>,
    last: Vec<u32>,
    /// The key at each place.
    keys: Vec<u32>,
    end: usize,
    n_known: usize,
}

const NEVER: u32 = u32::MAX;

impl Recency {
    fn new(n_unique: usize) -> Self {
        let n_words = (2 * n_unique).div_ceil(64).max(1);
        Self {
            bits: vec![0; n_words],
            sums: vec![0; n_words + 1],
            last: vec![NEVER; n_unique],
            keys: vec![0; 64 * n_words],
            end: 0,
            n_known: 0,
        }
    }

    /// Notes a request: how many other keys were asked for since the last one for this key, if there was one.
    #[inline]
    fn request(&mut self, key: u32) -> Option<usize> {
        let place = self.last[key as usize];
        if place != NEVER && place as usize + 1 == self.end {
            return Some(0);
        }
        if self.end == self.keys.len() {
            self.renumber();
        }
        let place = self.last[key as usize];
        let between = (place != NEVER).then(|| {
            let n_up_to = self.count_up_to(place as usize);
            self.clear(place as usize);
            self.n_known - n_up_to
        });
        self.n_known += usize::from(between.is_none());
        self.append(key);
        between
    }

    /// Keys whose last request is no later.
    #[inline]
    fn count_up_to(&self, place: usize) -> usize {
        let (word, bit) = (place / 64, place % 64);
        let mut n = (self.bits[word] << (63 - bit)).count_ones();
        let mut node = word;
        while node > 0 {
            n += self.sums[node];
            node &= node - 1;
        }
        n as usize
    }

    #[inline]
    fn clear(&mut self, place: usize) {
        self.bits[place / 64] &= !(1 << (place % 64));
        let mut node = place / 64 + 1;
        while node < self.sums.len() {
            self.sums[node] -= 1;
            node += node & node.wrapping_neg();
        }
    }

    #[inline]
    fn append(&mut self, key: u32) {
        let place = self.end;
        self.end += 1;
        self.last[key as usize] = place as u32;
        self.keys[place] = key;
        self.bits[place / 64] |= 1 << (place % 64);
        let mut node = place / 64 + 1;
        while node < self.sums.len() {
            self.sums[node] += 1;
            node += node & node.wrapping_neg();
        }
    }

    /// Leaves the gaps out.
    #[cold]
    fn renumber(&mut self) {
        let mut end = 0;
        for place in 0..self.end {
            if self.bits[place / 64] >> (place % 64) & 1 != 0 {
                let key = self.keys[place];
                self.keys[end] = key;
                self.last[key as usize] = end as u32;
                end += 1;
            }
        }
        self.bits.fill(0);
        self.sums.fill(0);
        self.end = end;
        for place in 0..end {
            self.bits[place / 64] |= 1 << (place % 64);
        }
        for node in 1..self.sums.len() {
            self.sums[node] += self.bits[node - 1].count_ones();
            let above = node + (node & node.wrapping_neg());
            if above < self.sums.len() {
                self.sums[above] += self.sums[node];
            }
        }
    }
}

/// Hits of LRU for each capacity from 1 to the number of different keys. `None` when told to stop.
pub fn lru_curve(trace: &Trace, stop: &AtomicBool) -> Option<Vec<u64>> {
    let mut hits = vec![0; trace.n_unique];
    let mut recency = Recency::new(trace.n_unique);
    for ids in trace.ids.chunks(REQUESTS_A_LOOK) {
        for between in ids.iter().filter_map(|id| recency.request(*id)) {
            hits[between] += 1;
        }
        if stop.load(Ordering::Relaxed) {
            return None;
        }
    }
    add_up(&mut hits);
    Some(hits)
}

/// Ages of keys when they are asked for again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReuseAges {
    /// Different ages, youngest first, in the unit of the times.
    pub ages: Vec<u64>,
    /// Requests whose key was no older.
    pub hits: Vec<u64>,
}

/// How old each key was when it was asked for again, counted from its last request, at given times or in requests.
///
/// An endless cache that keeps an entry for some time after its last use has `hits` of the greatest age within that time.
#[must_use]
pub fn reuse_ages(trace: &Trace, times: Option<&[u64]>) -> ReuseAges {
    let mut ages = Vec::with_capacity(trace.ids.len());
    let mut last: Vec<Option<u64>> = vec![None; trace.n_unique];
    for (at, id) in trace.ids.iter().enumerate() {
        let now = times.map_or(at as u64, |times| times[at]);
        if let Some(before) = last[*id as usize].replace(now) {
            ages.push(now.saturating_sub(before));
        }
    }
    ages.sort_unstable();
    let mut found = ReuseAges::default();
    for same in ages.chunk_by(|one, other| one == other) {
        found.ages.push(same[0]);
        found.hits.push(same.len() as u64);
    }
    add_up(&mut found.hits);
    found
}

/// Hits of an endless cache in which an entry lives for a time from when it was written; a read does not prolong it.
#[must_use]
pub fn ttl_hits(trace: &Trace, times: Option<&[u64]>, ttl: u64) -> u64 {
    let mut written: Vec<Option<u64>> = vec![None; trace.n_unique];
    let mut n_hits = 0;
    for (at, id) in trace.ids.iter().enumerate() {
        let now = times.map_or(at as u64, |times| times[at]);
        let entry = &mut written[*id as usize];
        if entry.is_some_and(|written| now.saturating_sub(written) < ttl) {
            n_hits += 1;
        } else {
            *entry = Some(now);
        }
    }
    n_hits
}

fn add_up(counts: &mut [u64]) {
    let mut sum = 0;
    for count in counts {
        sum += *count;
        *count = sum;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Job, replay};
    use super::*;

    proptest! {
        #[test]
        fn the_curve_is_what_replay_counts(keys in proptest::collection::vec(prop_oneof![0..4_u64, 0..150_u64], 0..800)) {
            let trace = Trace::of(&keys);
            let jobs: Vec<Job> = (1..=trace.n_unique).map(|capacity| Job { policy: "lru".to_owned(), capacity }).collect();
            let go = AtomicBool::new(false);
            let replayed = replay(&trace, &jobs, 1, &go).unwrap_or_default();
            let hits: Vec<u64> = replayed.iter().map(|found| keys.len() as u64 - found.misses).collect();
            prop_assert_eq!(lru_curve(&trace, &go), Some(hits));
        }

        #[test]
        fn an_endless_life_hits_all_that_was_seen(keys in proptest::collection::vec(0..30_u64, 0..300)) {
            let trace = Trace::of(&keys);
            let n_again = (keys.len() - trace.n_unique) as u64;
            prop_assert_eq!(ttl_hits(&trace, None, u64::MAX), n_again);
            prop_assert_eq!(reuse_ages(&trace, None).hits.last().copied().unwrap_or(0), n_again);
        }
    }

    #[test]
    fn ages_are_counted_from_the_last_request() {
        let trace = Trace::of(&[7, 7, 8, 7, 8]);
        assert_eq!(reuse_ages(&trace, None), ReuseAges { ages: vec![1, 2], hits: vec![1, 3] });
        let times = [10, 11, 12, 20, 20];
        assert_eq!(reuse_ages(&trace, Some(&times)), ReuseAges { ages: vec![1, 8, 9], hits: vec![1, 2, 3] });
    }

    #[test]
    fn a_life_counts_from_writing() {
        let trace = Trace::of(&[7, 7, 7, 7, 7]);
        let times = [0, 3, 6, 9, 12];
        assert_eq!(ttl_hits(&trace, Some(&times), 7), 3);
        assert_eq!(ttl_hits(&trace, Some(&times), 6), 2);
    }
}
