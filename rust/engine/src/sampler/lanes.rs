//! What each thread did over time, in bins that widen as the profile gets longer.

use super::wait::N_WAITS;

/// States of a thread: on a core, in the run queue, and the wait classes.
pub const N_STATES: usize = N_WAITS + 2;
/// Bins a profile is divided into before they are joined in pairs.
const MOST_BINS: usize = 600;
/// Width of a bin at first, nanoseconds.
const FIRST_WIDTH_NS: u64 = 2_000_000;

/// Nanoseconds by state.
pub type Bin = [u64; N_STATES];

/// Width of the bins of all lanes.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    origin_ns: u64,
    width_ns: u64,
}

/// A stretch of time in which one state prevailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Nanoseconds from the start of the profile.
    pub start_ns: u64,
    /// Nanoseconds from the start of the profile.
    pub end_ns: u64,
    /// Index of the state.
    pub state: usize,
}

impl Scale {
    /// Bins that begin at `origin_ns`.
    pub fn new(origin_ns: u64) -> Self {
        Self { origin_ns, width_ns: FIRST_WIDTH_NS }
    }

    /// Widens the bins until `now_ns` fits; true when they were widened, and every lane must `join`.
    pub fn reach(&mut self, now_ns: u64) -> u32 {
        let mut doublings = 0;
        while (now_ns.saturating_sub(self.origin_ns) / self.width_ns) as usize >= MOST_BINS {
            self.width_ns *= 2;
            doublings += 1;
        }
        doublings
    }
}

/// One thread's bins.
#[derive(Debug, Default)]
pub struct Lane {
    first: usize,
    bins: Vec<Bin>,
}

impl Lane {
    /// Spreads `amounts` evenly over the time from `from_ns` to `to_ns`.
    pub fn add(&mut self, scale: Scale, from_ns: u64, to_ns: u64, amounts: &Bin) {
        let bin_of = |t: u64| (t.saturating_sub(scale.origin_ns) / scale.width_ns) as usize;
        let (low, high) = (bin_of(from_ns), bin_of(to_ns.saturating_sub(1).max(from_ns)));
        if self.bins.is_empty() {
            self.first = low;
        }
        let low = low.max(self.first);
        let high = high.max(low);
        if self.bins.len() < high + 1 - self.first {
            self.bins.resize(high + 1 - self.first, [0; N_STATES]);
        }
        let pieces = (high - low + 1) as u64;
        for bin in &mut self.bins[low - self.first..=high - self.first] {
            for (slot, amount) in bin.iter_mut().zip(amounts) {
                *slot += amount / pieces;
            }
        }
    }

    /// Joins pairs of bins, after the scale was widened once.
    pub fn join(&mut self) {
        let mut joined: Vec<Bin> = Vec::new();
        let start = self.first / 2;
        for (k, bin) in self.bins.iter().enumerate() {
            let at = (self.first + k) / 2 - start;
            if joined.len() <= at {
                joined.push([0; N_STATES]);
            }
            for (slot, amount) in joined[at].iter_mut().zip(bin) {
                *slot += amount;
            }
        }
        (self.first, self.bins) = (start, joined);
    }

    /// The prevailing state of each stretch, clipped to the thread's life; empty bins continue what was before.
    pub fn stretches(&self, scale: Scale, born_ns: u64, end_ns: u64) -> Vec<Stretch> {
        let mut found: Vec<Stretch> = Vec::new();
        for (k, bin) in self.bins.iter().enumerate() {
            let start = scale.origin_ns + (self.first + k) as u64 * scale.width_ns;
            let (start_ns, end_ns) = (start.max(born_ns), (start + scale.width_ns).min(end_ns));
            if end_ns <= start_ns {
                continue;
            }
            let best = (0..N_STATES).max_by_key(|&s| (bin[s], N_STATES - s)).filter(|&s| bin[s] > 0);
            let state = best.or(found.last().map(|last| last.state)).unwrap_or(N_STATES - 1);
            let (start_ns, end_ns) = (start_ns - scale.origin_ns, end_ns - scale.origin_ns);
            match found.last_mut() {
                Some(last) if last.state == state && last.end_ns == start_ns => last.end_ns = end_ns,
                _ => found.push(Stretch { start_ns, end_ns, state }),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(state: usize, ns: u64) -> Bin {
        let mut bin = [0; N_STATES];
        bin[state] = ns;
        bin
    }

    #[test]
    fn stretches_follow_the_prevailing_state() {
        let (scale, mut lane) = (Scale::new(0), Lane::default());
        lane.add(scale, 0, 4_000_000, &only(0, 4_000_000));
        lane.add(scale, 4_000_000, 10_000_000, &only(5, 6_000_000));
        let seen = lane.stretches(scale, 0, 10_000_000);
        assert_eq!(
            seen,
            [
                Stretch { start_ns: 0, end_ns: 4_000_000, state: 0 },
                Stretch { start_ns: 4_000_000, end_ns: 10_000_000, state: 5 }
            ]
        );
    }

    #[test]
    fn joining_bins_keeps_the_time() {
        let (mut scale, mut lane) = (Scale::new(0), Lane::default());
        for k in 1..500 {
            lane.add(scale, k * 2_000_000, (k + 1) * 2_000_000, &only((k % 3) as usize, 2_000_000));
        }
        let before: u64 = lane.bins.iter().flatten().sum();
        for _ in 0..scale.reach(10_000_000_000) {
            lane.join();
        }
        let after: u64 = lane.bins.iter().flatten().sum();
        assert_eq!(before, after);
        assert!(lane.bins.len() <= MOST_BINS);
    }
}
