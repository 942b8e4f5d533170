//! W-TinyLFU: a window for what is new, and a main part that only more popular entries enter.

use super::climber::Climber;
use super::links::{Links, List};
use super::policy::{Id, Leavers, Policy};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Unknown,
    Window,
    Probation,
    Protected,
    Ghost,
}

/// What is known of an entry.
#[derive(Clone, Copy, Debug, Default)]
struct Tag {
    place: Place,
    /// Requests, each period's halved when the next begins.
    n_requests: u8,
    /// Period of the last request.
    period: u16,
}

/// Most requests that are counted of one entry.
const MOST_REQUESTS: u8 = 15;
/// Requests a place, after which all counts are halved.
const REQUESTS_A_PERIOD: usize = 10;
/// Ghosts a place whose counts are remembered.
const GHOSTS_A_PLACE: usize = 2;

/// New entries pass through a window. Whoever leaves it takes the place of the main part's next victim if it was asked for
/// more often, else it goes. The window grows or shrinks with what that did to the hit rate.
///
/// Counts are exact, and those of entries that left are kept as ghosts; no sketch is needed, and the same key always has the
/// same count.
///
/// Einziger, Friedman, Manes (2017), TinyLFU: a highly efficient cache admission policy, ACM Transactions on Storage;
/// Einziger, Eytan, Friedman, Manes (2018), Adaptive software cache management, Middleware.
#[derive(Clone, Debug)]
pub struct WTinyLfu {
    capacity: usize,
    links: Links<Tag>,
    window: List,
    probation: List,
    protected: List,
    ghost: List,
    period: u16,
    n_left_in_period: usize,
    climber: Climber,
}

impl WTinyLfu {
    fn main_share(&self) -> usize {
        self.capacity - self.climber.window()
    }

    fn protected_share(&self) -> usize {
        self.main_share() * 4 / 5
    }

    #[inline]
    fn count(&self, id: Id) -> u8 {
        let tag = self.links.tag(id);
        tag.n_requests.checked_shr(u32::from(self.period.wrapping_sub(tag.period))).unwrap_or(0)
    }

    #[inline]
    fn note_request(&mut self, id: Id, is_hit: bool) {
        let n_requests = (self.count(id) + 1).min(MOST_REQUESTS);
        let tag = self.links.tag_mut(id);
        tag.n_requests = n_requests;
        tag.period = self.period;
        self.n_left_in_period -= 1;
        self.climber.note(is_hit);
        if self.n_left_in_period == 0 {
            self.end_period();
        }
    }

    #[cold]
    fn end_period(&mut self) {
        self.period = self.period.wrapping_add(1);
        self.n_left_in_period = REQUESTS_A_PERIOD * self.capacity;
        if self.n_resident() >= self.capacity {
            self.climber.climb(self.capacity);
            self.balance();
        }
    }

    /// Moves entries between the parts until each has its share.
    fn balance(&mut self) {
        while self.window.len > self.climber.window() {
            self.shift(Place::Window, Place::Probation);
        }
        while self.protected.len > self.protected_share() {
            self.shift(Place::Protected, Place::Probation);
        }
        while self.window.len < self.climber.window() && self.probation.len + self.protected.len > self.main_share() {
            let from = if self.probation.len > 0 { Place::Probation } else { Place::Protected };
            self.shift(from, Place::Window);
        }
    }

    fn list(&mut self, place: Place) -> &mut List {
        match place {
            Place::Window => &mut self.window,
            Place::Probation => &mut self.probation,
            Place::Protected => &mut self.protected,
            Place::Ghost | Place::Unknown => &mut self.ghost,
        }
    }

    /// The oldest of one part becomes the newest of another.
    #[inline]
    fn shift(&mut self, from: Place, to: Place) {
        let mut source = *self.list(from);
        let id = self.links.pop_tail(&mut source);
        *self.list(from) = source;
        self.push(id, to);
    }

    #[inline]
    fn push(&mut self, id: Id, place: Place) {
        self.links.tag_mut(id).place = place;
        let list = match place {
            Place::Window => &mut self.window,
            Place::Probation => &mut self.probation,
            Place::Protected => &mut self.protected,
            Place::Ghost | Place::Unknown => &mut self.ghost,
        };
        self.links.push_head(list, id);
    }

    #[inline]
    fn evict_from(&mut self, place: Place, leavers: &mut impl Leavers) {
        let list = match place {
            Place::Window => &mut self.window,
            Place::Probation => &mut self.probation,
            _ => &mut self.protected,
        };
        let id = self.links.pop_tail(list);
        leavers.evicted(id, true);
        self.push(id, Place::Ghost);
        self.limit_ghosts(leavers);
    }

    #[inline]
    fn limit_ghosts(&mut self, leavers: &mut impl Leavers) {
        while self.ghost.len > GHOSTS_A_PLACE * self.capacity {
            let id = self.links.pop_tail(&mut self.ghost);
            *self.links.tag_mut(id) = Tag::default();
            leavers.forgotten(id);
        }
    }
}

impl Policy for WTinyLfu {
    fn with_capacity(capacity: usize) -> Self {
        Self {
            capacity,
            links: Links::default(),
            window: List::default(),
            probation: List::default(),
            protected: List::default(),
            ghost: List::default(),
            period: 0,
            n_left_in_period: REQUESTS_A_PERIOD * capacity,
            climber: Climber::new(capacity),
        }
    }

    fn cover(&mut self, n_ids: usize) {
        self.links.cover(n_ids);
    }

    #[inline]
    fn is_resident(&self, id: Id) -> bool {
        matches!(self.links.tag(id).place, Place::Window | Place::Probation | Place::Protected)
    }

    fn n_resident(&self) -> usize {
        self.window.len + self.probation.len + self.protected.len
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn hit(&mut self, id: Id, _: &mut impl Leavers) {
        match self.links.tag(id).place {
            Place::Window => self.links.renew(&mut self.window, id),
            Place::Protected => self.links.renew(&mut self.protected, id),
            _ => {
                self.links.unlink(&mut self.probation, id);
                self.push(id, Place::Protected);
                if self.protected.len > self.protected_share() {
                    self.shift(Place::Protected, Place::Probation);
                }
            }
        }
        self.note_request(id, true);
    }

    #[inline]
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers) {
        if self.links.tag(id).place == Place::Ghost {
            self.links.unlink(&mut self.ghost, id);
        }
        if self.n_resident() >= self.capacity {
            self.evict_one(leavers);
        }
        self.push(id, Place::Window);
        if self.window.len > self.climber.window() {
            self.shift(Place::Window, Place::Probation);
        }
        self.note_request(id, false);
    }

    #[inline]
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool {
        if self.n_resident() == 0 {
            return false;
        }
        let (victims, victim) = if self.probation.len > 0 {
            (Place::Probation, self.probation.tail)
        } else {
            (Place::Protected, self.protected.tail)
        };
        let is_main_empty = self.probation.len + self.protected.len == 0;
        let is_window_full = self.window.len >= self.climber.window();
        let is_newcomer_out = is_main_empty || (is_window_full && self.count(self.window.tail) <= self.count(victim));
        self.evict_from(if is_newcomer_out { Place::Window } else { victims }, leavers);
        true
    }

    fn remove(&mut self, id: Id, _: &mut impl Leavers) {
        let place = self.links.tag(id).place;
        let list = match place {
            Place::Window => &mut self.window,
            Place::Probation => &mut self.probation,
            _ => &mut self.protected,
        };
        self.links.unlink(list, id);
        *self.links.tag_mut(id) = Tag::default();
    }

    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers) {
        self.capacity = capacity;
        self.climber = Climber::new(capacity);
        self.n_left_in_period = REQUESTS_A_PERIOD * capacity;
        while self.n_resident() > capacity {
            self.evict_one(leavers);
        }
        self.balance();
        self.limit_ghosts(leavers);
    }

    fn order(&self) -> Vec<Id> {
        let lists = [&self.window, &self.probation, &self.protected];
        lists.into_iter().flat_map(|list| self.links.oldest_first(list)).collect()
    }

    fn ghosts(&self) -> Vec<Id> {
        self.links.oldest_first(&self.ghost).collect()
    }
}
