//! Predictive: the policy that leads among a few, and what follows an entry as a rule is loaded ahead.

use super::any::Base;
use super::links::{Links, List, NONE};
use super::payoff::Payoff;
use super::policy::{Id, Leavers, Nobody, Policy};
use super::shadows::{Shadows, UNSAMPLED};

/// Entries that left and are remembered, a place: a rule is learnt when its entries come back after having left.
const GHOSTS_A_PLACE: usize = 16;
/// From this confidence on a successor is loaded ahead.
const CONFIDENT: u8 = 2;
const MOST_CONFIDENT: u8 = 3;

/// When an entry became known, counted from 1; another key under the same number is another birth.
type Birth = u32;
const UNBORN: Birth = 0;

/// What followed an entry, and how sure it is to follow again.
#[derive(Clone, Copy, Debug)]
struct Successor {
    id: Id,
    birth: Birth,
    confidence: u8,
}

impl Default for Successor {
    fn default() -> Self {
        Self { id: NONE, birth: UNBORN, confidence: 0 }
    }
}

/// What is known of an entry.
#[derive(Clone, Copy, Debug)]
struct Tag {
    birth: Birth,
    is_ghost: bool,
    /// Loaded ahead, and not asked for yet.
    is_unused: bool,
    /// Its number among the shadows.
    shadow: Id,
    successor: Successor,
}

impl Default for Tag {
    fn default() -> Self {
        let successor = Successor::default();
        Self { birth: UNBORN, is_ghost: false, is_unused: false, shadow: UNSAMPLED, successor }
    }
}

/// What is remembered beside the resident entries: successors, and ghosts.
#[derive(Clone, Debug)]
struct Memory {
    capacity: usize,
    n_ids: usize,
    links: Links<Tag>,
    ghosts: List,
    n_births: Birth,
    payoff: Payoff,
    shadows: Box<Shadows>,
}

impl Memory {
    #[inline]
    fn knows(&self, id: Id, birth: Birth) -> bool {
        id != NONE && birth != UNBORN && self.links.tag(id).birth == birth
    }

    /// The entry gets a place: it is a ghost no more, and known from now on.
    #[inline]
    fn take_in(&mut self, id: Id, is_ahead: bool) {
        if self.links.tag(id).is_ghost {
            self.links.unlink(&mut self.ghosts, id);
        }
        let tag = self.links.tag_mut(id);
        tag.is_ghost = false;
        tag.is_unused = is_ahead;
        if tag.birth == UNBORN {
            self.n_births = self.n_births.wrapping_add(1).max(1);
            tag.birth = self.n_births;
        }
    }

    #[inline]
    fn become_ghost(&mut self, id: Id) {
        let tag = self.links.tag_mut(id);
        tag.is_ghost = true;
        if std::mem::take(&mut tag.is_unused) {
            self.payoff.note_wasted();
        }
        self.links.push_head(&mut self.ghosts, id);
    }

    #[inline]
    fn limit_ghosts(&mut self, leavers: &mut impl Leavers) {
        while self.ghosts.len > self.capacity.saturating_mul(GHOSTS_A_PLACE) {
            let id = self.links.pop_tail(&mut self.ghosts);
            self.forget(id);
            leavers.forgotten(id);
        }
    }

    #[inline]
    fn forget(&mut self, id: Id) {
        let tag = std::mem::take(self.links.tag_mut(id));
        self.shadows.let_go(tag.shadow);
    }

    /// The entry's number among the shadows, if it is in their sample.
    #[inline]
    fn shadow_of(&mut self, id: Id) -> Option<Id> {
        let Tag { birth, shadow, .. } = self.links.tag(id);
        if !self.shadows.wants(birth) {
            return None;
        }
        if shadow != UNSAMPLED {
            return Some(shadow);
        }
        let shadow = self.shadows.take_in();
        self.links.tag_mut(id).shadow = shadow;
        Some(shadow)
    }

    /// The shadows begin anew, at another capacity.
    fn begin_shadows(&mut self) {
        for id in 0..self.n_ids {
            self.links.tag_mut(id as Id).shadow = UNSAMPLED;
        }
        *self.shadows = Shadows::new(self.capacity);
    }

    /// One entry was asked for after another.
    #[inline]
    fn learn(&mut self, before: Id, id: Id) {
        let birth = self.links.tag(id).birth;
        let Successor { id: expected, birth: its_birth, .. } = self.links.tag(before).successor;
        let is_known = self.knows(expected, its_birth);
        let successor = &mut self.links.tag_mut(before).successor;
        if is_known && expected == id {
            successor.confidence = (successor.confidence + 1).min(MOST_CONFIDENT);
            return;
        }
        successor.confidence = successor.confidence.saturating_sub(1);
        if !is_known || successor.confidence == 0 {
            *successor = Successor { id, birth, confidence: 1 };
        }
    }
}

/// Turns whatever leaves the inner policy into a ghost. It may remember some ghosts for longer than they are kept here; that
/// only makes it take a few new entries for old ones.
struct Remembering<'a, L> {
    memory: &'a mut Memory,
    leavers: &'a mut L,
}

impl<L: Leavers> Leavers for Remembering<'_, L> {
    #[inline]
    fn evicted(&mut self, id: Id, _: bool) {
        self.memory.become_ghost(id);
        self.leavers.evicted(id, true);
        self.memory.limit_ghosts(self.leavers);
    }

    #[inline]
    fn forgotten(&mut self, _: Id) {}
}

/// Each entry has at most one successor: the one that followed it twice in a row, until it fails to. Where it is a ghost, it
/// is worth loading ahead. What leaves is decided by the policy that leads among shadows of all that there are to choose.
#[derive(Clone, Debug)]
pub struct Predictive {
    inner: Base,
    memory: Memory,
    /// The last request, and its birth.
    last: (Id, Birth),
}

impl Predictive {
    #[inline]
    fn note_request(&mut self, id: Id) {
        let (before, birth) = self.last;
        self.memory.payoff.note_request(id);
        if before != id && self.memory.knows(before, birth) {
            self.memory.learn(before, id);
        }
        self.last = (id, self.memory.links.tag(id).birth);
        if let Some(shadow) = self.memory.shadow_of(id)
            && let Some(leader) = self.memory.shadows.request(shadow, self.inner.name())
        {
            self.change_to(leader);
        }
    }

    /// Another policy decides from now on; all entries stay.
    #[cold]
    fn change_to(&mut self, name: &str) {
        let Some(mut next) = Base::named(name, self.inner.capacity()) else { return };
        next.cover(self.memory.n_ids);
        for id in self.inner.order() {
            next.admit(id, &mut Nobody);
        }
        self.inner = next;
    }

    #[inline]
    fn take_in(&mut self, id: Id, is_ahead: bool, leavers: &mut impl Leavers) {
        self.memory.take_in(id, is_ahead);
        self.inner.admit(id, &mut Remembering { memory: &mut self.memory, leavers });
    }
}

impl Policy for Predictive {
    fn with_capacity(capacity: usize) -> Self {
        let memory = Memory {
            capacity,
            n_ids: 0,
            links: Links::default(),
            ghosts: List::default(),
            n_births: 0,
            payoff: Payoff::default(),
            shadows: Box::new(Shadows::new(capacity)),
        };
        Self { inner: Base::with_capacity(capacity), memory, last: (NONE, UNBORN) }
    }

    fn cover(&mut self, n_ids: usize) {
        self.inner.cover(n_ids);
        self.memory.links.cover(n_ids);
        self.memory.n_ids = n_ids.max(self.memory.n_ids);
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        self.inner.is_resident(id)
    }

    fn n_resident(&self) -> usize {
        self.inner.n_resident()
    }

    fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    #[inline]
    fn hit(&mut self, id: Id, leavers: &mut impl Leavers) {
        if std::mem::take(&mut self.memory.links.tag_mut(id).is_unused) {
            self.memory.payoff.note_used();
        }
        self.inner.hit(id, &mut Remembering { memory: &mut self.memory, leavers });
        self.note_request(id);
    }

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        self.memory.payoff.note_demand();
        self.take_in(id, false, leavers);
        self.note_request(id);
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        self.inner.evict_one(&mut Remembering { memory: &mut self.memory, leavers })
    }

    fn remove(&mut self, id: Id, leavers: &mut impl Leavers) {
        self.inner.remove(id, &mut Remembering { memory: &mut self.memory, leavers });
        self.memory.forget(id);
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.memory.capacity = capacity;
        self.inner.resize(capacity, &mut Remembering { memory: &mut self.memory, leavers });
        self.memory.limit_ghosts(leavers);
        self.memory.begin_shadows();
    }

    fn order(&self) -> Vec<Id> {
        self.inner.order()
    }

    fn ghosts(&self) -> Vec<Id> {
        self.memory.links.oldest_first(&self.memory.ghosts).collect()
    }

    #[inline]
    fn ahead(&mut self) -> Option<Id> {
        let (id, birth) = self.last;
        if !self.memory.knows(id, birth) {
            return None;
        }
        let next = self.memory.links.tag(id).successor;
        let is_worth_it = next.confidence >= CONFIDENT
            && self.memory.knows(next.id, next.birth)
            && self.memory.links.tag(next.id).is_ghost;
        if is_worth_it && !self.memory.payoff.pays() {
            self.memory.payoff.guess(next.id);
        }
        (is_worth_it && self.memory.payoff.pays()).then_some(next.id)
    }

    fn pays_ahead(&self) -> bool {
        self.memory.payoff.pays()
    }

    #[inline]
    fn admit_ahead(&mut self, id: Id, leavers: &mut impl Leavers) {
        self.take_in(id, true, leavers);
    }
}
