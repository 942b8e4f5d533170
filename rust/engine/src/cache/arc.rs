//! ARC: recency and frequency, the balance between them learnt from ghosts.

use super::links::{Links, List};
use super::policy::{Id, Leavers, Policy};

/// The paper's names are in brackets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Unknown,
    /// Asked for once of late (T1).
    Once,
    /// Asked for more often (T2).
    Often,
    /// Left `Once` (B1).
    OnceGhost,
    /// Left `Often` (B2).
    OftenGhost,
}

/// Two lists, of entries asked for once and more often. A ghost that is asked for says which of them deserved more room.
///
/// Megiddo, Modha (2003), ARC: a self-tuning, low overhead replacement cache, FAST.
#[derive(Clone, Debug, Default)]
pub struct Arc {
    capacity: usize,
    links: Links<Place>,
    once: List,
    often: List,
    once_ghost: List,
    often_ghost: List,
    /// Entries that `once` should have (p).
    once_share: usize,
}

impl Arc {
    /// One resident entry becomes a ghost (REPLACE).
    #[inline]
    fn replace(&mut self, is_often_ghost: bool, leavers: &mut impl Leavers) {
        let is_once_over = self.once.len > self.once_share || (is_often_ghost && self.once.len == self.once_share);
        let (from, to, place) = if self.once.len > 0 && (is_once_over || self.often.len == 0) {
            (&mut self.once, &mut self.once_ghost, Place::OnceGhost)
        } else {
            (&mut self.often, &mut self.often_ghost, Place::OftenGhost)
        };
        let id = self.links.pop_tail(from);
        self.links.push_head(to, id);
        *self.links.tag_mut(id) = place;
        leavers.evicted(id, true);
    }

    #[inline]
    fn forget_once(&mut self, leavers: &mut impl Leavers) {
        let id = self.links.pop_tail(&mut self.once_ghost);
        *self.links.tag_mut(id) = Place::Unknown;
        leavers.forgotten(id);
    }

    #[inline]
    fn forget_often(&mut self, leavers: &mut impl Leavers) {
        let id = self.links.pop_tail(&mut self.often_ghost);
        *self.links.tag_mut(id) = Place::Unknown;
        leavers.forgotten(id);
    }

    /// At most as many entries and ghosts asked for once as the cache has places, and twice as many in all.
    #[inline]
    fn limit_ghosts(&mut self, leavers: &mut impl Leavers) {
        while self.once_ghost.len > 0 && self.once.len + self.once_ghost.len > self.capacity {
            self.forget_once(leavers);
        }
        while self.often_ghost.len > 0 && self.n_known() > 2 * self.capacity {
            self.forget_often(leavers);
        }
    }

    fn n_known(&self) -> usize {
        self.n_resident() + self.once_ghost.len + self.often_ghost.len
    }

    /// Makes room for an entry that nothing is known of.
    #[inline]
    fn make_room(&mut self, leavers: &mut impl Leavers) {
        if self.once.len == self.capacity {
            let id = self.links.pop_tail(&mut self.once);
            *self.links.tag_mut(id) = Place::Unknown;
            leavers.evicted(id, false);
            return;
        }
        if self.once.len + self.once_ghost.len >= self.capacity {
            self.forget_once(leavers);
        } else if self.often_ghost.len > 0 && self.n_known() >= 2 * self.capacity {
            self.forget_often(leavers);
        }
        self.replace(false, leavers);
    }

    /// Shifts the balance towards the list whose ghost was asked for, and takes the ghost out.
    #[inline]
    fn learn(&mut self, id: Id, place: Place) {
        let (n_once, n_often) = (self.once_ghost.len, self.often_ghost.len);
        if place == Place::OnceGhost {
            self.once_share = (self.once_share + (n_often / n_once).max(1)).min(self.capacity);
            self.links.unlink(&mut self.once_ghost, id);
        } else {
            self.once_share = self.once_share.saturating_sub((n_once / n_often).max(1));
            self.links.unlink(&mut self.often_ghost, id);
        }
    }
}

impl Policy for Arc {
    fn with_capacity(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    fn cover(&mut self, n_ids: usize) {
        self.links.cover(n_ids);
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        matches!(self.links.tag(id), Place::Once | Place::Often)
    }

    fn n_resident(&self) -> usize {
        self.once.len + self.often.len
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn hit(&mut self, id: Id, _: &mut impl Leavers) {
        if self.links.tag(id) == Place::Often {
            self.links.renew(&mut self.often, id);
        } else {
            self.links.unlink(&mut self.once, id);
            self.links.push_head(&mut self.often, id);
            *self.links.tag_mut(id) = Place::Often;
        }
    }

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        let is_full = self.n_resident() >= self.capacity;
        let place = self.links.tag(id);
        if place == Place::Unknown {
            if is_full {
                self.make_room(leavers);
            }
            self.links.push_head(&mut self.once, id);
            *self.links.tag_mut(id) = Place::Once;
            self.limit_ghosts(leavers);
        } else {
            self.learn(id, place);
            if is_full {
                self.replace(place == Place::OftenGhost, leavers);
            }
            self.links.push_head(&mut self.often, id);
            *self.links.tag_mut(id) = Place::Often;
        }
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        if self.n_resident() == 0 {
            return false;
        }
        self.replace(false, leavers);
        true
    }

    fn remove(&mut self, id: Id, _: &mut impl Leavers) {
        let list = if self.links.tag(id) == Place::Once { &mut self.once } else { &mut self.often };
        self.links.unlink(list, id);
        *self.links.tag_mut(id) = Place::Unknown;
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.capacity = capacity;
        self.once_share = self.once_share.min(capacity);
        while self.n_resident() > capacity {
            self.replace(false, leavers);
        }
        self.limit_ghosts(leavers);
    }

    fn order(&self) -> Vec<Id> {
        self.links.oldest_first(&self.once).chain(self.links.oldest_first(&self.often)).collect()
    }

    fn ghosts(&self) -> Vec<Id> {
        self.links.oldest_first(&self.once_ghost).chain(self.links.oldest_first(&self.often_ghost)).collect()
    }
}
