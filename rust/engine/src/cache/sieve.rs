//! SIEVE: a queue in which entries keep their place, and a hand that spares those that were asked for.

use super::links::{Links, List, NONE};
use super::policy::{Id, Leavers, Policy};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Out,
    Idle,
    Asked,
}

/// A hand moves from old to new; the first entry that was not asked for since it last came by leaves.
///
/// Zhang, Yang, Yue, Vigfusson, Rashmi (2024), SIEVE is simpler than LRU: an efficient turn-key eviction algorithm for web
/// caches, NSDI.
#[derive(Clone, Debug)]
pub struct Sieve {
    capacity: usize,
    links: Links,
    queue: List,
    /// Where the hand stands; `NONE` is before the oldest.
    hand: Id,
    states: Vec<State>,
}

impl Sieve {
    /// The entry that the hand takes next; passes those to spare. The queue is not empty.
    #[inline]
    fn choose(&mut self) -> Id {
        let mut id = if self.hand == NONE { self.queue.tail } else { self.hand };
        while self.states[id as usize] == State::Asked {
            self.states[id as usize] = State::Idle;
            let newer = self.links.newer(id);
            id = if newer == NONE { self.queue.tail } else { newer };
        }
        id
    }
}

impl Policy for Sieve {
    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, links: Links::default(), queue: List::default(), hand: NONE, states: Vec::new() }
    }

    fn cover(&mut self, n_ids: usize) {
        self.links.cover(n_ids);
        self.states.resize(n_ids.max(self.states.len()), State::Out);
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        self.states[id as usize] != State::Out
    }

    fn n_resident(&self) -> usize {
        self.queue.len
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn hit(&mut self, id: Id, _: &mut impl Leavers) {
        self.states[id as usize] = State::Asked;
    }

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        if self.queue.len >= self.capacity {
            self.evict_one(leavers);
        }
        self.states[id as usize] = State::Idle;
        self.links.push_head(&mut self.queue, id);
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        if self.queue.len == 0 {
            return false;
        }
        let id = self.choose();
        self.hand = self.links.newer(id);
        self.links.unlink(&mut self.queue, id);
        self.states[id as usize] = State::Out;
        leavers.evicted(id, false);
        true
    }

    fn remove(&mut self, id: Id, _: &mut impl Leavers) {
        if self.hand == id {
            self.hand = self.links.newer(id);
        }
        self.links.unlink(&mut self.queue, id);
        self.states[id as usize] = State::Out;
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.capacity = capacity;
        while self.queue.len > capacity {
            self.evict_one(leavers);
        }
    }

    fn order(&self) -> Vec<Id> {
        self.links.oldest_first(&self.queue).collect()
    }
}
