//! Belady's optimum: of all that is kept, what is asked for last from now on leaves. It knows the whole trace beforehand.

use super::dense::Trace;

/// The key is not asked for again.
const NEVER: u32 = u32::MAX;

/// For each request, when its key is asked for next.
#[derive(Clone, Debug)]
pub(super) struct NextUse(Vec<u32>);

impl NextUse {
    pub fn of(trace: &Trace) -> Self {
        let mut last = vec![NEVER; trace.n_unique];
        let mut next = vec![NEVER; trace.ids.len()];
        for (at, id) in trace.ids.iter().enumerate().rev() {
            next[at] = std::mem::replace(&mut last[*id as usize], at as u32);
        }
        Self(next)
    }
}

/// A set of times that knows its greatest: bits, and over every 64 words a bit that says which of them are not empty.
#[derive(Clone, Debug)]
struct Times {
    levels: Vec<Vec<u64>>,
}

impl Times {
    fn below(end: usize) -> Self {
        let mut levels = Vec::new();
        let mut n = end;
        loop {
            n = n.div_ceil(64).max(1);
            levels.push(vec![0; n]);
            if n == 1 {
                return Self { levels };
            }
        }
    }

    #[inline]
    fn contains(&self, time: usize) -> bool {
        self.levels[0][time / 64] >> (time % 64) & 1 != 0
    }

    #[inline]
    fn insert(&mut self, time: usize) {
        let mut place = time;
        for level in &mut self.levels {
            let word = &mut level[place / 64];
            let was_empty = *word == 0;
            *word |= 1 << (place % 64);
            if !was_empty {
                return;
            }
            place /= 64;
        }
    }

    #[inline]
    fn remove(&mut self, time: usize) {
        let mut place = time;
        for level in &mut self.levels {
            let word = &mut level[place / 64];
            *word &= !(1 << (place % 64));
            if *word != 0 {
                return;
            }
            place /= 64;
        }
    }

    /// Takes the greatest out; there is one.
    #[inline]
    fn pop_greatest(&mut self) {
        let greatest = self.levels.iter().rev().fold(0, |place, level| place * 64 + highest_bit(level[place]));
        self.remove(greatest);
    }
}

#[inline]
fn highest_bit(word: u64) -> usize {
    63 ^ word.leading_zeros() as usize
}

/// Replays a trace against the optimum; it goes on where it stopped.
///
/// A kept key is known by the time of its next use alone, so the set of these times is the whole cache. Keys that are never
/// asked for again are only counted: any of them may go first.
#[derive(Clone, Debug)]
pub(super) struct Belady {
    capacity: usize,
    times: Times,
    n_useful: usize,
    n_useless: usize,
    now: usize,
}

impl Belady {
    pub fn new(capacity: usize, n_requests: usize) -> Self {
        Self { capacity, times: Times::below(n_requests), n_useful: 0, n_useless: 0, now: 0 }
    }

    /// Misses of the next requests, at most `n_most` of them.
    pub fn run(&mut self, next_use: &NextUse, n_most: usize) -> u64 {
        let end = next_use.0.len().min(self.now + n_most);
        let mut n_misses = 0;
        for (now, next) in (self.now..end).zip(&next_use.0[self.now..end]) {
            if self.times.contains(now) {
                self.times.remove(now);
                self.n_useful -= 1;
            } else {
                n_misses += 1;
                self.make_room();
            }
            if *next == NEVER {
                self.n_useless += 1;
            } else {
                self.times.insert(*next as usize);
                self.n_useful += 1;
            }
        }
        self.now = end;
        n_misses
    }

    #[inline]
    fn make_room(&mut self) {
        if self.n_useful + self.n_useless < self.capacity {
            return;
        }
        if self.n_useless > 0 {
            self.n_useless -= 1;
        } else {
            self.times.pop_greatest();
            self.n_useful -= 1;
        }
    }
}

/// What a plain cache that looks ahead misses.
#[cfg(test)]
pub(super) fn plain_misses(ids: &[u32], capacity: usize) -> u64 {
    let next = |now: usize, id: u32| ids[now + 1..].iter().position(|later| *later == id).unwrap_or(usize::MAX);
    let mut kept: Vec<u32> = Vec::new();
    let mut n_misses = 0;
    for (now, id) in ids.iter().enumerate() {
        if kept.contains(id) {
            continue;
        }
        n_misses += 1;
        if kept.len() == capacity {
            let last = kept.iter().enumerate().max_by_key(|(_, kept)| next(now, **kept)).map_or(0, |(place, _)| place);
            kept.swap_remove(last);
        }
        kept.push(*id);
    }
    n_misses
}
