//! SIEVE at several capacities in one pass: what each holds of an entry lies side by side.

use super::policy::Id;

/// Two bits an entry and capacity: whether it is there, and above it whether it was asked for since the hand last came by.
type States = u32;

/// Capacities that fit.
pub(super) const MOST_LANES: usize = States::BITS as usize / 2;

/// The same as `Sieve` does at each capacity. Most requests are for what all or none of them hold, and cost little more than one.
pub(super) struct Lanes {
    states: Vec<States>,
    lanes: Vec<Lane>,
    /// The lower bit of each lane.
    all: States,
}

impl Lanes {
    /// For capacities from 1, at most `MOST_LANES`; each takes memory.
    pub fn new(capacities: &[usize], n_ids: usize) -> Self {
        let lanes: Vec<Lane> = capacities.iter().map(|capacity| Lane::new(*capacity)).collect();
        let all = (0..lanes.len()).fold(0, |all, k| all | 1 << (2 * k));
        Self { states: vec![0; n_ids], lanes, all }
    }

    pub fn run(&mut self, ids: &[Id]) {
        for id in ids {
            let states = &mut self.states[*id as usize];
            let there = *states & self.all;
            let mut missing = self.all ^ there;
            *states |= there << 1 | missing;
            while missing != 0 {
                let shift = missing.trailing_zeros();
                self.lanes[shift as usize / 2].admit(*id, &mut self.states, shift);
                missing &= missing - 1;
            }
        }
    }

    /// Misses at each capacity.
    pub fn misses(&self) -> Vec<u64> {
        self.lanes.iter().map(|lane| lane.misses).collect()
    }
}

/// A queue, oldest first, in a ring that is read in order.
///
/// The hand packs the entries that it spares behind itself, so that they are a row again when it gets to the newest:
/// `oldest..packed` it has passed, `hand..end` are to come.
struct Lane {
    capacity: usize,
    len: usize,
    ring: Vec<Id>,
    oldest: usize,
    packed: usize,
    hand: usize,
    end: usize,
    misses: u64,
}

impl Lane {
    fn new(capacity: usize) -> Self {
        // Twice as many places as entries: those spared are moved once for as many that come, at most.
        let ring = vec![0; (2 * capacity + 2).next_power_of_two()];
        Self { capacity, len: 0, ring, oldest: 0, packed: 0, hand: 0, end: 0, misses: 0 }
    }

    #[inline]
    fn place(&self, at: usize) -> usize {
        at & (self.ring.len() - 1)
    }

    #[inline]
    fn admit(&mut self, id: Id, states: &mut [States], shift: u32) {
        self.misses += 1;
        if self.len < self.capacity {
            self.len += 1;
        } else {
            self.evict_one(states, shift);
        }
        if self.end - self.oldest == self.ring.len() {
            self.close_gap();
        }
        let place = self.place(self.end);
        self.ring[place] = id;
        self.end += 1;
    }

    #[inline]
    fn evict_one(&mut self, states: &mut [States], shift: u32) {
        let mut is_spared = true;
        while is_spared {
            let id = self.ring[self.place(self.hand)];
            self.hand += 1;
            let state = &mut states[id as usize];
            is_spared = *state >> shift & 0b10 != 0;
            if is_spared {
                *state &= !(0b10 << shift);
                let place = self.place(self.packed);
                self.ring[place] = id;
                self.packed += 1;
            } else {
                *state &= !(1 << shift);
            }
            if self.hand == self.end {
                (self.hand, self.end, self.packed) = (self.oldest, self.packed, self.oldest);
            }
        }
    }

    /// Moves those spared up to the hand.
    #[cold]
    fn close_gap(&mut self) {
        let n_spared = self.packed - self.oldest;
        for k in 1..=n_spared {
            let (from, to) = (self.place(self.packed - k), self.place(self.hand - k));
            self.ring[to] = self.ring[from];
        }
        (self.oldest, self.packed) = (self.hand - n_spared, self.hand);
    }
}
