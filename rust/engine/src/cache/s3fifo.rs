//! S3-FIFO: three queues that are first in, first out.

use super::links::{Links, List};
use super::policy::{Id, Leavers, Policy};

/// What is known of an entry: its queue, and in the lowest two bits how often it was asked for there, up to three times.
type State = u8;

const UNKNOWN: State = 0;
const SMALL: State = 4;
const MAIN: State = 8;
const GHOST: State = 16;
const COUNT: State = 3;
const RESIDENT: State = SMALL | MAIN;

/// Requests that bring an entry from the small queue to the main one.
const WORTH_KEEPING: State = 2;

/// A small queue takes what is new; what is asked for twice there, or again soon after it left, comes into the main queue,
/// where each request is one more turn.
///
/// The small queue holds a tenth of the capacity, the ghosts are nine tenths. Until the first eviction, what finds the small
/// queue full goes straight into the main one.
///
/// Yang, Zhang, Qiu, Yue, Rashmi (2023), FIFO queues are all you need for cache eviction, SOSP.
#[derive(Clone, Debug, Default)]
pub struct S3Fifo {
    capacity: usize,
    small_share: usize,
    ghost_share: usize,
    was_full: bool,
    links: Links,
    small: List,
    main: List,
    ghost: List,
    states: Vec<State>,
}

impl S3Fifo {
    fn set_shares(&mut self, capacity: usize) {
        self.capacity = capacity;
        self.small_share = capacity / 10;
        self.ghost_share = capacity - capacity.div_ceil(10);
    }

    /// Entries that were asked for in the main queue go round once more; the first other one leaves.
    #[inline]
    fn evict_from_main(&mut self, leavers: &mut impl Leavers) {
        loop {
            let id = self.links.pop_tail(&mut self.main);
            let state = &mut self.states[id as usize];
            if *state & COUNT == 0 {
                *state = UNKNOWN;
                leavers.evicted(id, false);
                return;
            }
            *state -= 1;
            self.links.push_head(&mut self.main, id);
        }
    }

    /// What was asked for often goes over to the main queue; the first other one becomes a ghost. False if all went over.
    #[inline]
    fn evict_from_small(&mut self, leavers: &mut impl Leavers) -> bool {
        while self.small.len > 0 {
            let id = self.links.pop_tail(&mut self.small);
            if self.states[id as usize] & COUNT < WORTH_KEEPING {
                self.become_ghost(id, leavers);
                return true;
            }
            self.states[id as usize] = MAIN;
            self.links.push_head(&mut self.main, id);
        }
        false
    }

    #[inline]
    fn become_ghost(&mut self, id: Id, leavers: &mut impl Leavers) {
        if self.ghost_share == 0 {
            self.states[id as usize] = UNKNOWN;
            leavers.evicted(id, false);
            return;
        }
        self.states[id as usize] = GHOST;
        self.links.push_head(&mut self.ghost, id);
        leavers.evicted(id, true);
        self.limit_ghosts(leavers);
    }

    #[inline]
    fn limit_ghosts(&mut self, leavers: &mut impl Leavers) {
        while self.ghost.len > self.ghost_share {
            let id = self.links.pop_tail(&mut self.ghost);
            self.states[id as usize] = UNKNOWN;
            leavers.forgotten(id);
        }
    }
}

impl Policy for S3Fifo {
    fn with_capacity(capacity: usize) -> Self {
        let mut policy = Self::default();
        policy.set_shares(capacity);
        policy
    }

    fn cover(&mut self, n_ids: usize) {
        self.links.cover(n_ids);
        self.states.resize(n_ids.max(self.states.len()), UNKNOWN);
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        self.states[id as usize] & RESIDENT != 0
    }

    fn n_resident(&self) -> usize {
        self.small.len + self.main.len
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn hit(&mut self, id: Id, _: &mut impl Leavers) {
        let state = &mut self.states[id as usize];
        *state += State::from(*state & COUNT != COUNT);
    }

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        let was_ghost = self.states[id as usize] == GHOST;
        if was_ghost {
            self.links.unlink(&mut self.ghost, id);
        }
        if self.n_resident() >= self.capacity {
            self.was_full = true;
            self.evict_one(leavers);
        }
        let is_small_full = !self.was_full && self.small.len >= self.small_share;
        let (queue, state) = if was_ghost || is_small_full { (&mut self.main, MAIN) } else { (&mut self.small, SMALL) };
        self.states[id as usize] = state;
        self.links.push_head(queue, id);
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        if self.n_resident() == 0 {
            return false;
        }
        let is_main_over = self.main.len > self.capacity.saturating_sub(self.small_share);
        if is_main_over || self.small.len == 0 || !self.evict_from_small(leavers) {
            self.evict_from_main(leavers);
        }
        true
    }

    fn remove(&mut self, id: Id, _: &mut impl Leavers) {
        let queue = if self.states[id as usize] & SMALL != 0 { &mut self.small } else { &mut self.main };
        self.links.unlink(queue, id);
        self.states[id as usize] = UNKNOWN;
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.set_shares(capacity);
        while self.n_resident() > capacity {
            self.evict_one(leavers);
        }
        self.limit_ghosts(leavers);
    }

    fn order(&self) -> Vec<Id> {
        self.links.oldest_first(&self.small).chain(self.links.oldest_first(&self.main)).collect()
    }

    fn ghosts(&self) -> Vec<Id> {
        self.links.oldest_first(&self.ghost).collect()
    }
}
