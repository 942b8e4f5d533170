//! 2Q: a queue for what is new, and a second list for what proved worth it.

use super::links::{Links, List};
use super::policy::{Id, Leavers, Policy};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    New,
    Proven,
    Ghost,
}

/// What is new goes through a queue of a quarter of the capacity; what is asked for again while it is a ghost (half the
/// capacity) comes into a list where the least recently used leaves.
///
/// Johnson, Shasha (1994), 2Q: a low overhead high performance buffer management replacement algorithm, VLDB.
#[derive(Clone, Debug, Default)]
pub struct TwoQ {
    capacity: usize,
    links: Links,
    new: List,
    proven: List,
    ghost: List,
    states: Vec<State>,
}

impl TwoQ {
    fn new_share(&self) -> usize {
        self.capacity / 4
    }

    fn ghost_share(&self) -> usize {
        self.capacity / 2
    }

    #[inline]
    fn evict_new(&mut self, leavers: &mut impl Leavers) {
        let id = self.links.pop_tail(&mut self.new);
        let is_ghost = self.ghost_share() > 0;
        self.states[id as usize] = State::Unknown;
        leavers.evicted(id, is_ghost);
        if is_ghost {
            self.states[id as usize] = State::Ghost;
            self.links.push_head(&mut self.ghost, id);
            self.limit_ghosts(leavers);
        }
    }

    #[inline]
    fn limit_ghosts(&mut self, leavers: &mut impl Leavers) {
        while self.ghost.len > self.ghost_share() {
            let id = self.links.pop_tail(&mut self.ghost);
            self.states[id as usize] = State::Unknown;
            leavers.forgotten(id);
        }
    }
}

impl Policy for TwoQ {
    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    fn cover(&mut self, n_ids: usize) {
        self.links.cover(n_ids);
        self.states.resize(n_ids.max(self.states.len()), State::Unknown);
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        matches!(self.states[id as usize], State::New | State::Proven)
    }

    fn n_resident(&self) -> usize {
        self.new.len + self.proven.len
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn hit(&mut self, id: Id, _: &mut impl Leavers) {
        if self.states[id as usize] == State::Proven {
            self.links.renew(&mut self.proven, id);
        }
    }

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        let was_ghost = self.states[id as usize] == State::Ghost;
        if was_ghost {
            self.links.unlink(&mut self.ghost, id);
        }
        if self.n_resident() >= self.capacity {
            self.evict_one(leavers);
        }
        let (list, state) = if was_ghost { (&mut self.proven, State::Proven) } else { (&mut self.new, State::New) };
        self.states[id as usize] = state;
        self.links.push_head(list, id);
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        if self.n_resident() == 0 {
            return false;
        }
        if self.new.len > self.new_share() || self.proven.len == 0 {
            self.evict_new(leavers);
        } else {
            let id = self.links.pop_tail(&mut self.proven);
            self.states[id as usize] = State::Unknown;
            leavers.evicted(id, false);
        }
        true
    }

    fn remove(&mut self, id: Id, _: &mut impl Leavers) {
        let list = if self.states[id as usize] == State::New { &mut self.new } else { &mut self.proven };
        self.links.unlink(list, id);
        self.states[id as usize] = State::Unknown;
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.capacity = capacity;
        while self.n_resident() > capacity {
            self.evict_one(leavers);
        }
        self.limit_ghosts(leavers);
    }

    fn order(&self) -> Vec<Id> {
        self.links.oldest_first(&self.new).chain(self.links.oldest_first(&self.proven)).collect()
    }

    fn ghosts(&self) -> Vec<Id> {
        self.links.oldest_first(&self.ghost).collect()
    }
}
