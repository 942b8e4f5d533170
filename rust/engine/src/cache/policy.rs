//! What a replacement policy is. It knows entries by small numbers, never by key or value.

use super::replay::Replayed;

/// Number of an entry: dense, from 0. A caller keeps one for as long as the policy remembers the entry.
pub type Id = u32;

/// Who is told of entries that leave.
pub trait Leavers {
    /// The entry has lost its place. With `is_ghost` the policy still remembers its number, and `forgotten` follows later.
    fn evicted(&mut self, id: Id, is_ghost: bool);
    /// A ghost is remembered no more: its number may be given to another key.
    fn forgotten(&mut self, id: Id);
}

/// Nobody is told: for replay, where numbers stay with their keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Leavers for Nobody {
    #[inline(always)]
    fn evicted(&mut self, _: Id, _: bool) {}
    #[inline(always)]
    fn forgotten(&mut self, _: Id) {}
}

/// Decides which entry leaves. Deterministic: the same requests give the same evictions.
///
/// An entry is resident, a ghost (remembered without a value; only some policies have them), or unknown. The caller asks
/// `is_resident`, then tells either `hit` or `admit`; `request` does both.
pub trait Policy {
    /// A policy for at least one entry; what it keeps for each number grows by `cover`.
    fn with_capacity(capacity: usize) -> Self
    where
        Self: Sized;
    /// Makes room to know the numbers below `n_ids`.
    fn cover(&mut self, n_ids: usize);
    /// Whether the entry has a place.
    fn is_resident(&self, id: Id) -> bool;
    /// Entries that have a place.
    fn n_resident(&self) -> usize;
    /// Most entries that have a place.
    fn capacity(&self) -> usize;
    /// A resident entry was asked for. No entry loses its place, but ghosts may be forgotten.
    fn hit(&mut self, id: Id, leavers: &mut impl Leavers);
    /// An entry that is not resident was asked for and gets a place; others may leave first. It may be a ghost.
    fn admit(&mut self, id: Id, leavers: &mut impl Leavers);
    /// The entry that would go next leaves. False when there is none.
    fn evict_one(&mut self, leavers: &mut impl Leavers) -> bool;
    /// A resident entry is taken out (it expired, or was deleted) and forgotten at once. Nobody is told of it; older ghosts
    /// may be forgotten.
    fn remove(&mut self, id: Id, leavers: &mut impl Leavers);
    /// Changes the capacity, to at least one entry; what no longer fits leaves, ghosts too.
    fn resize(&mut self, capacity: usize, leavers: &mut impl Leavers);
    /// The resident entries, roughly in the order in which they would leave if nothing more was asked for.
    fn order(&self) -> Vec<Id>;
    /// The ghosts.
    fn ghosts(&self) -> Vec<Id> {
        Vec::new()
    }
    /// An entry is asked for; whether it was resident.
    #[inline]
    fn request(&mut self, id: Id, leavers: &mut impl Leavers) -> bool {
        let is_hit = self.is_resident(id);
        if is_hit {
            self.hit(id, leavers);
        } else {
            self.admit(id, leavers);
        }
        is_hit
    }
    /// A ghost that is likely to be asked for soon, and so is worth loading ahead. Asked after each request; most policies
    /// never name one.
    #[inline]
    fn ahead(&mut self) -> Option<Id> {
        None
    }
    /// Whether loading ahead pays at present.
    fn pays_ahead(&self) -> bool {
        false
    }
    /// An entry that is not resident was loaded ahead of its use and gets a place; others may leave first.
    #[inline]
    fn admit_ahead(&mut self, id: Id, leavers: &mut impl Leavers) {
        self.admit(id, leavers);
    }
    /// All of these are asked for in order, and nobody is told of leavers. What is loaded ahead is there at the next request.
    fn run(&mut self, ids: &[Id]) -> Replayed {
        let (mut misses, mut n_ahead) = (0, 0);
        for id in ids {
            misses += u64::from(!self.request(*id, &mut Nobody));
            if let Some(next) = self.ahead() {
                self.admit_ahead(next, &mut Nobody);
                n_ahead += 1;
            }
        }
        Replayed { misses, loads: misses + n_ahead }
    }
}
