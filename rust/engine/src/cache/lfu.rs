//! Least frequently used, first in first out among equals.

use super::links::{Links, List, NONE};
use super::policy::{Id, Leavers, Policy};

/// Entries that were asked for equally often, in the order in which they came to be so.
#[derive(Clone, Copy, Debug)]
struct Class {
    n_requests: u64,
    members: List,
    rarer: u32,
    oftener: u32,
}

/// The entry with the fewest requests since it came leaves; among equals the one that reached that number first.
///
/// Classes of equal count form a chain, so each step takes constant time.
#[derive(Clone, Debug)]
pub struct Lfu {
    capacity: usize,
    n_resident: usize,
    /// The tag is the entry's class.
    links: Links<u32>,
    classes: Vec<Class>,
    /// Places in `classes` that hold none.
    spare: Vec<u32>,
    rarest: u32,
}

impl Lfu {
    /// A class right after `rarer`, or the first one; its number.
    fn insert_class(&mut self, n_requests: u64, rarer: u32) -> u32 {
        let oftener = if rarer == NONE { self.rarest } else { self.classes[rarer as usize].oftener };
        let class = Class { n_requests, members: List::default(), rarer, oftener };
        let number = match self.spare.pop() {
            Some(number) => {
                self.classes[number as usize] = class;
                number
            }
            None => {
                self.classes.push(class);
                (self.classes.len() - 1) as u32
            }
        };
        self.chain(rarer, number);
        self.chain(number, oftener);
        number
    }

    /// Makes two classes neighbours; either may be the chain's end.
    fn chain(&mut self, rarer: u32, oftener: u32) {
        if rarer == NONE {
            self.rarest = oftener;
        } else {
            self.classes[rarer as usize].oftener = oftener;
        }
        if oftener != NONE {
            self.classes[oftener as usize].rarer = rarer;
        }
    }

    /// Drops a class that has no members.
    fn drop_if_empty(&mut self, number: u32) {
        let Class { members, rarer, oftener, .. } = self.classes[number as usize];
        if members.len == 0 {
            self.chain(rarer, oftener);
            self.spare.push(number);
        }
    }

    /// Whether there is a class of this number and count.
    fn is_class(&self, number: u32, n_requests: u64) -> bool {
        number != NONE && self.classes[number as usize].n_requests == n_requests
    }

    #[inline]
    fn push(&mut self, id: Id, number: u32) {
        *self.links.tag_mut(id) = number;
        self.links.push_head(&mut self.classes[number as usize].members, id);
    }
}

impl Policy for Lfu {
    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, n_resident: 0, links: Links::default(), classes: Vec::new(), spare: Vec::new(), rarest: NONE }
    }

    fn cover(&mut self, n_ids: usize) {
        self.links.cover(n_ids);
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        self.links.is_linked(id)
    }

    fn n_resident(&self) -> usize {
        self.n_resident
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn hit(&mut self, id: Id, _: &mut impl Leavers) {
        let now = self.links.tag(id);
        let Class { n_requests, members, oftener, .. } = self.classes[now as usize];
        let is_next_there = self.is_class(oftener, n_requests + 1);
        if members.len == 1 && !is_next_there {
            self.classes[now as usize].n_requests += 1;
            return;
        }
        let next = if is_next_there { oftener } else { self.insert_class(n_requests + 1, now) };
        self.links.unlink(&mut self.classes[now as usize].members, id);
        self.push(id, next);
        self.drop_if_empty(now);
    }

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        if self.n_resident >= self.capacity {
            self.evict_one(leavers);
        }
        let first = if self.is_class(self.rarest, 1) { self.rarest } else { self.insert_class(1, NONE) };
        self.push(id, first);
        self.n_resident += 1;
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        if self.n_resident == 0 {
            return false;
        }
        let rarest = self.rarest;
        leavers.evicted(self.links.pop_tail(&mut self.classes[rarest as usize].members), false);
        self.drop_if_empty(rarest);
        self.n_resident -= 1;
        true
    }

    fn remove(&mut self, id: Id, _: &mut impl Leavers) {
        let class = self.links.tag(id);
        self.links.take(&mut self.classes[class as usize].members, id);
        self.drop_if_empty(class);
        self.n_resident -= 1;
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.capacity = capacity;
        while self.n_resident > capacity {
            self.evict_one(leavers);
        }
    }

    fn order(&self) -> Vec<Id> {
        let known = |class: u32| (class != NONE).then_some(class);
        std::iter::successors(known(self.rarest), |class| known(self.classes[*class as usize].oftener))
            .flat_map(|class| self.links.oldest_first(&self.classes[class as usize].members))
            .collect()
    }
}
