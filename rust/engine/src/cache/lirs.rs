//! LIRS: what is asked for again soon stays, whatever happens between.

use super::links::{Links, List, NONE};
use super::policy::{Id, Leavers, Policy};

/// The paper's names are in brackets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    /// Asked for again soon; in the stack (LIR).
    Hot,
    /// In the stack and in the queue (resident HIR in S).
    Trial,
    /// In the queue only (resident HIR outside S).
    Cold,
    /// In the stack and among the ghosts (non-resident HIR).
    Ghost,
}

/// Nearly all places are for hot entries; the others pass through a short queue. An entry becomes hot when it is asked for
/// again before the least recent hot one was; the recency stack knows, as it ends with that one.
///
/// One place in a hundred is the queue's, and the stack has at most two entries a place.
///
/// Jiang, Zhang (2002), LIRS: an efficient low inter-reference recency set replacement policy, SIGMETRICS.
#[derive(Clone, Debug, Default)]
pub struct Lirs {
    capacity: usize,
    n_hot: usize,
    stack_links: Links<State>,
    stack: List,
    /// For the queue and the ghosts: no entry is in both.
    links: Links,
    queue: List,
    ghosts: List,
}

impl Lirs {
    fn hot_share(&self) -> usize {
        self.capacity - (self.capacity / 100).max(1)
    }

    #[inline]
    fn set_state(&mut self, id: Id, state: State) {
        *self.stack_links.tag_mut(id) = state;
    }

    /// Cuts the stack off below its last hot entry.
    #[inline]
    fn prune(&mut self, leavers: &mut impl Leavers) {
        while self.stack.tail != NONE {
            let id = self.stack.tail;
            match self.stack_links.tag(id) {
                State::Hot => return,
                State::Trial => self.set_state(id, State::Cold),
                _ => self.forget(id, leavers),
            }
            self.stack_links.unlink(&mut self.stack, id);
        }
    }

    #[inline]
    fn forget(&mut self, ghost: Id, leavers: &mut impl Leavers) {
        self.links.unlink(&mut self.ghosts, ghost);
        self.set_state(ghost, State::Unknown);
        leavers.forgotten(ghost);
    }

    /// The last hot entry goes to the queue, for each that is too many.
    #[inline]
    fn limit_hot(&mut self, n_most: usize, leavers: &mut impl Leavers) {
        while self.n_hot > n_most {
            let id = self.stack.tail;
            self.stack_links.unlink(&mut self.stack, id);
            self.links.push_head(&mut self.queue, id);
            self.set_state(id, State::Cold);
            self.n_hot -= 1;
            self.prune(leavers);
        }
    }

    #[inline]
    fn limit_stack(&mut self, leavers: &mut impl Leavers) {
        while self.stack.len > 2 * self.capacity && self.ghosts.len > 0 {
            let id = self.ghosts.tail;
            self.stack_links.unlink(&mut self.stack, id);
            self.forget(id, leavers);
        }
    }

    /// A place in the stack's top for an entry, which becomes hot.
    #[inline]
    fn become_hot(&mut self, id: Id, leavers: &mut impl Leavers) {
        self.set_state(id, State::Hot);
        self.n_hot += 1;
        self.limit_hot(self.hot_share(), leavers);
    }
}

impl Policy for Lirs {
    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    fn cover(&mut self, n_ids: usize) {
        self.stack_links.cover(n_ids);
        self.links.cover(n_ids);
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        matches!(self.stack_links.tag(id), State::Hot | State::Trial | State::Cold)
    }

    fn n_resident(&self) -> usize {
        self.n_hot + self.queue.len
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn hit(&mut self, id: Id, leavers: &mut impl Leavers) {
        match self.stack_links.tag(id) {
            State::Hot => {
                let was_last = self.stack.tail == id;
                self.stack_links.renew(&mut self.stack, id);
                if was_last {
                    self.prune(leavers);
                }
            }
            State::Trial => {
                self.links.unlink(&mut self.queue, id);
                self.stack_links.renew(&mut self.stack, id);
                self.become_hot(id, leavers);
            }
            _ if self.n_hot < self.hot_share() => {
                self.links.unlink(&mut self.queue, id);
                self.stack_links.push_head(&mut self.stack, id);
                self.become_hot(id, leavers);
            }
            _ => {
                self.links.renew(&mut self.queue, id);
                if self.hot_share() > 0 {
                    self.set_state(id, State::Trial);
                    self.stack_links.push_head(&mut self.stack, id);
                    self.limit_stack(leavers);
                }
            }
        }
    }

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        let was_ghost = self.stack_links.tag(id) == State::Ghost;
        if was_ghost {
            self.links.unlink(&mut self.ghosts, id);
            self.stack_links.renew(&mut self.stack, id);
            self.set_state(id, State::Hot); // not to be pruned while room is made
        }
        if self.n_resident() >= self.capacity {
            self.evict_one(leavers);
        }
        if was_ghost {
            self.become_hot(id, leavers);
        } else if self.n_hot < self.hot_share() {
            self.stack_links.push_head(&mut self.stack, id);
            self.become_hot(id, leavers);
        } else {
            self.links.push_head(&mut self.queue, id);
            self.set_state(id, State::Cold);
            if self.hot_share() > 0 {
                self.stack_links.push_head(&mut self.stack, id);
                self.set_state(id, State::Trial);
            }
        }
        self.limit_stack(leavers);
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        if self.queue.len == 0 {
            if self.n_hot == 0 {
                return false;
            }
            self.limit_hot(self.n_hot - 1, leavers);
        }
        let id = self.links.pop_tail(&mut self.queue);
        let is_ghost = self.stack_links.tag(id) == State::Trial;
        leavers.evicted(id, is_ghost);
        if is_ghost {
            self.set_state(id, State::Ghost);
            self.links.push_head(&mut self.ghosts, id);
        } else {
            self.set_state(id, State::Unknown);
        }
        true
    }

    fn remove(&mut self, id: Id, leavers: &mut impl Leavers) {
        let state = self.stack_links.tag(id);
        self.set_state(id, State::Unknown);
        if state != State::Cold {
            self.stack_links.unlink(&mut self.stack, id);
        }
        if state == State::Hot {
            self.n_hot -= 1;
            self.prune(leavers);
        } else {
            self.links.unlink(&mut self.queue, id);
        }
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.capacity = capacity;
        while self.n_resident() > capacity {
            self.evict_one(leavers);
        }
        self.limit_hot(self.hot_share(), leavers);
        self.limit_stack(leavers);
    }

    fn order(&self) -> Vec<Id> {
        let hot = self.stack_links.oldest_first(&self.stack).filter(|id| self.stack_links.tag(*id) == State::Hot);
        self.links.oldest_first(&self.queue).chain(hot).collect()
    }

    fn ghosts(&self) -> Vec<Id> {
        self.links.oldest_first(&self.ghosts).collect()
    }
}
