//! CLOCK: first in, first out, with a second chance.

use super::links::{Links, List};
use super::policy::{Id, Leavers, Policy};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Out,
    Idle,
    Asked,
}

/// The entry that came first leaves, unless it was asked for since its last turn: then it goes round once more. An entry
/// comes in with its bit clear.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    capacity: usize,
    links: Links,
    ring: List,
    states: Vec<State>,
}

impl Policy for Clock {
    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
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
        self.ring.len
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
        if self.ring.len >= self.capacity {
            self.evict_one(leavers);
        }
        self.states[id as usize] = State::Idle;
        self.links.push_head(&mut self.ring, id);
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        while self.ring.len > 0 {
            let id = self.links.pop_tail(&mut self.ring);
            if self.states[id as usize] == State::Idle {
                self.states[id as usize] = State::Out;
                leavers.evicted(id, false);
                return true;
            }
            self.states[id as usize] = State::Idle;
            self.links.push_head(&mut self.ring, id);
        }
        false
    }

    fn remove(&mut self, id: Id, _: &mut impl Leavers) {
        self.links.unlink(&mut self.ring, id);
        self.states[id as usize] = State::Out;
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.capacity = capacity;
        while self.ring.len > capacity {
            self.evict_one(leavers);
        }
    }

    fn order(&self) -> Vec<Id> {
        self.links.oldest_first(&self.ring).collect()
    }
}
