//! What a cache says of itself: what it counted and recorded, and how it is set.

use super::{Counters, Live, Miss};
use crate::cache::policy::{Id, Policy};

impl<K, V> Live<K, V> {
    /// Notes what a hit took.
    pub fn time_hit(&mut self, duration_ns: u64) {
        self.shelf.counters.timed_hits += 1;
        self.shelf.counters.hit_ns += duration_ns;
    }

    /// Notes what computing a value took, and how large it is.
    pub fn time_miss(&mut self, miss: Miss) {
        self.shelf.counters.computed += 1;
        self.shelf.counters.miss_ns += miss.duration_ns;
        if self.shelf.recorder.is_on {
            self.shelf.recorder.misses.push(miss);
        }
    }

    /// What a computation takes on average, nanoseconds; None before the first one.
    pub fn mean_miss_ns(&self) -> Option<u64> {
        let Counters { computed, miss_ns, .. } = self.shelf.counters;
        miss_ns.checked_div(computed)
    }

    /// Notes that a computation raised.
    pub fn count_failure(&mut self) {
        self.shelf.counters.failed += 1;
    }

    /// Notes what time it is; called every `MARK_EVERY` requests.
    pub fn mark_time(&mut self, now_ns: u64) {
        if self.shelf.recorder.is_on {
            let n_requests = self.shelf.counters.requests();
            self.shelf.recorder.marks.push((n_requests, now_ns));
        }
    }

    /// Begins a new window of counting.
    pub fn start_window(&mut self) {
        self.mark = self.shelf.counters;
    }

    /// What was counted since the last change.
    pub fn window(&self) -> Counters {
        self.shelf.counters.since(&self.mark)
    }

    /// What was counted since the cache was made.
    #[inline]
    pub fn total(&self) -> &Counters {
        &self.shelf.counters
    }

    /// Recorded requests, oldest first: the number of each one's key.
    pub fn trace(&self) -> Vec<u32> {
        self.shelf.recorder.requests.oldest_first()
    }

    /// The last computations, oldest first.
    pub fn misses(&self) -> Vec<Miss> {
        self.shelf.recorder.misses.oldest_first()
    }

    /// How many requests had been made, and when, nanoseconds; oldest first.
    pub fn time_marks(&self) -> Vec<(u64, u64)> {
        self.shelf.recorder.marks.oldest_first()
    }

    /// Resident entries, roughly in the order in which they would leave.
    pub fn order(&self) -> Vec<Id> {
        self.policy.order()
    }

    /// Resident entries, in no order, with their keys and values.
    pub fn entries(&self) -> impl Iterator<Item = (Option<&K>, Option<&V>)> {
        self.shelf.slots.iter().map(|slot| (slot.key.as_ref(), slot.value.as_ref()))
    }

    /// Keys and values that wait to be dropped.
    pub fn leaving(&self) -> impl Iterator<Item = &(Option<K>, Option<V>)> {
        self.shelf.gone.iter()
    }

    /// Most entries.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Who decides what leaves, by name.
    pub fn policy(&self) -> &'static str {
        self.policy.name()
    }

    /// Time an entry lives after it was written, nanoseconds.
    pub fn ttl_ns(&self) -> Option<u64> {
        self.ttl_ns
    }

    /// Most bytes of all values.
    pub fn max_bytes(&self) -> Option<u64> {
        self.max_bytes
    }

    /// Bytes of all values, where they are limited.
    pub fn n_bytes(&self) -> u64 {
        self.shelf.n_bytes
    }

    /// Whether values may be computed before anybody asks.
    pub fn is_pure(&self) -> bool {
        self.is_pure
    }

    /// Whether requests are recorded.
    pub fn is_recording(&self) -> bool {
        self.shelf.recorder.is_on
    }
}
