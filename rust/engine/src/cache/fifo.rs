//! First in, first out.

use super::links::{Links, List};
use super::policy::{Id, Leavers, Policy};

/// The entry that came first leaves.
#[derive(Clone, Debug, Default)]
pub struct Fifo {
    capacity: usize,
    links: Links,
    list: List,
}

impl Policy for Fifo {
    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    fn cover(&mut self, n_ids: usize) {
        self.links.cover(n_ids);
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        self.links.is_linked(id)
    }

    fn n_resident(&self) -> usize {
        self.list.len
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn hit(&mut self, _: Id, _: &mut impl Leavers) {}

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        if self.list.len >= self.capacity {
            self.evict_one(leavers);
        }
        self.links.push_head(&mut self.list, id);
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        if self.list.len == 0 {
            return false;
        }
        leavers.evicted(self.links.pop_tail(&mut self.list), false);
        true
    }

    fn remove(&mut self, id: Id, _: &mut impl Leavers) {
        self.links.take(&mut self.list, id);
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.capacity = capacity;
        while self.list.len > capacity {
            self.evict_one(leavers);
        }
    }

    fn order(&self) -> Vec<Id> {
        self.links.oldest_first(&self.list).collect()
    }
}
