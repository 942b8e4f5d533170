//! What a cache counts: requests, evictions by cause, latencies, ages.

/// Why an entry left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// There was no room for another.
    Capacity,
    /// The values together were too large.
    Bytes,
    /// The cache was made smaller, or another policy could not keep it.
    Resized,
    /// Its time was over.
    Expired,
    /// All were thrown away.
    Cleared,
    /// It was taken out.
    Deleted,
}

/// Causes of an entry leaving.
pub const N_CAUSES: usize = 6;

/// Classes of ages: class k holds ages from 2^(k-1) to 2^k microseconds.
pub const N_AGES: usize = 48;

/// Totals since a cache was made. Those of a window are the difference of two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Counters {
    /// Requests that found their entry.
    pub hits: u64,
    /// Requests that did not.
    pub misses: u64,
    /// Entries that left, by cause.
    pub evictions: [u64; N_CAUSES],
    /// Ages of the entries that left for want of room, in classes.
    pub ages: [u64; N_AGES],
    /// Sum of those ages, nanoseconds.
    pub age_ns: u64,
    /// Misses of keys that had left for want of room not long before.
    pub asked_again: u64,
    /// Hits that were timed, and what they took together, nanoseconds.
    pub timed_hits: u64,
    /// Time of the timed hits, nanoseconds.
    pub hit_ns: u64,
    /// Misses whose value was computed.
    pub computed: u64,
    /// Time of the computations, nanoseconds.
    pub miss_ns: u64,
    /// Computations that raised.
    pub failed: u64,
    /// Entries that came in.
    pub stored: u64,
    /// Entries that were loaded ahead of their use.
    pub ahead: u64,
    /// Of those, the ones that were asked for.
    pub ahead_used: u64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            hits: 0,
            misses: 0,
            evictions: [0; N_CAUSES],
            ages: [0; N_AGES],
            age_ns: 0,
            asked_again: 0,
            timed_hits: 0,
            hit_ns: 0,
            computed: 0,
            miss_ns: 0,
            failed: 0,
            stored: 0,
            ahead: 0,
            ahead_used: 0,
        }
    }
}

impl Counters {
    /// All requests.
    #[inline]
    pub fn requests(&self) -> u64 {
        self.hits + self.misses
    }

    /// Entries that left for want of room: by count, by bytes, or over a smaller capacity.
    pub fn pushed_out(&self) -> u64 {
        self.evictions[..=Cause::Resized as usize].iter().sum()
    }

    /// What was counted since `mark` was taken.
    pub fn since(&self, mark: &Self) -> Self {
        let mut evictions = self.evictions;
        evictions.iter_mut().zip(&mark.evictions).for_each(|(now, then)| *now -= then);
        let mut ages = self.ages;
        ages.iter_mut().zip(&mark.ages).for_each(|(now, then)| *now -= then);
        Self {
            hits: self.hits - mark.hits,
            misses: self.misses - mark.misses,
            evictions,
            ages,
            age_ns: self.age_ns.saturating_sub(mark.age_ns),
            asked_again: self.asked_again - mark.asked_again,
            timed_hits: self.timed_hits - mark.timed_hits,
            hit_ns: self.hit_ns.saturating_sub(mark.hit_ns),
            computed: self.computed - mark.computed,
            miss_ns: self.miss_ns.saturating_sub(mark.miss_ns),
            failed: self.failed - mark.failed,
            stored: self.stored - mark.stored,
            ahead: self.ahead - mark.ahead,
            ahead_used: self.ahead_used - mark.ahead_used,
        }
    }

    pub(super) fn left(&mut self, cause: Cause, age_ns: u64) {
        self.evictions[cause as usize] += 1;
        if cause as usize <= Cause::Resized as usize {
            self.age_ns = self.age_ns.saturating_add(age_ns);
            let class = u64::BITS - (age_ns / 1_000).leading_zeros();
            self.ages[(class as usize).min(N_AGES - 1)] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_the_difference_of_two_totals() {
        let mut counters = Counters { hits: 5, ..Counters::default() };
        let mark = counters;
        counters.hits += 3;
        counters.left(Cause::Capacity, 3_000);
        let window = counters.since(&mark);
        assert_eq!((window.hits, window.pushed_out(), window.age_ns, window.ages[2]), (3, 1, 3_000, 1));
    }

    #[test]
    fn an_entry_that_expired_was_not_pushed_out() {
        let mut counters = Counters::default();
        counters.left(Cause::Expired, 10);
        assert_eq!((counters.pushed_out(), counters.evictions[Cause::Expired as usize]), (0, 1));
    }
}
