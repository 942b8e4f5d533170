//! First in, first out.

use super::links::{Links, List};
use super::policy::{Id, Leavers, Policy};

/// The entry that came first leaves.
#[derive(Clone, Debug, Default)]
pub struct Fifo {
    capacity: usize,
    links: Links,
    list: List,
    is_in: Vec<bool>,
}

impl Policy for Fifo {
    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    fn cover(&mut self, n_ids: usize) {
        self.links.cover(n_ids);
        self.is_in.resize(n_ids.max(self.is_in.len()), false);
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        self.is_in[id as usize]
    }

    fn n_resident(&self) -> usize {
        self.list.len
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn hit(&mut self, _: Id) {}

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        if self.list.len >= self.capacity {
            self.evict_one(leavers);
        }
        self.is_in[id as usize] = true;
        self.links.push_head(&mut self.list, id);
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        if self.list.len == 0 {
            return false;
        }
        let id = self.links.pop_tail(&mut self.list);
        self.is_in[id as usize] = false;
        leavers.evicted(id, false);
        true
    }

    fn remove(&mut self, id: Id) {
        self.links.unlink(&mut self.list, id);
        self.is_in[id as usize] = false;
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.capacity = capacity;
        while self.list.len > capacity {
            self.evict_one(leavers);
        }
    }

    fn order(&self) -> Vec<Id> {
        self.links.oldest_first(&self.list)
    }
}
