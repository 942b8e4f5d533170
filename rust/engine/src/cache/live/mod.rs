//! The live cache: entries found by the hash of their key, kept or given up by a policy, and counted.
//!
//! It holds keys and values of any kind and never looks into them: the caller compares keys, reads the clock and drops
//! what left, none of it while the cache is borrowed.

mod changes;
mod counters;
mod figures;
mod past;
mod recorder;
mod shelf;
#[cfg(test)]
mod tests;
mod waits;

pub use counters::{Cause, Counters, N_AGES, N_CAUSES};
pub use recorder::{MARK_EVERY, MISSES, Miss, RING};
pub use waits::Waits;

use super::any::AnyPolicy;
use super::policy::{Id, Policy};
use recorder::Recorder;
use shelf::{Shelf, Slot, flag};

/// The policy that foretells what is asked for next.
const PREDICTIVE: &str = "predictive";
/// Entries below which memory is not worth giving back.
const WORTH_GIVING_BACK: usize = 1 << 10;
/// Requests for which a key that left is remembered where requests are not recorded.
const REACH: usize = 1 << 16;

/// How a cache is made.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Most entries; 0 keeps nothing.
    pub capacity: usize,
    /// Who decides what leaves, by name.
    pub policy: &'static str,
    /// Time an entry lives after it was written, nanoseconds.
    pub ttl_ns: Option<u64>,
    /// Most bytes of all values.
    pub max_bytes: Option<u64>,
    /// Whether requests are recorded.
    pub is_recording: bool,
    /// Whether values may be computed before anybody asks.
    pub is_pure: bool,
}

/// How alike a stored key and an asked one are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Likeness {
    /// They are the same.
    Same,
    /// They are not.
    Different,
    /// Only code of the user can tell, which must not run while the cache is borrowed.
    Unknown,
}

/// What a look into the table found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Found {
    /// The entry.
    Entry(Id),
    /// An entry whose key has to be compared by the user's code.
    Perhaps(Id),
    /// No such entry.
    Nothing,
}

/// An entry on its way in.
#[derive(Debug)]
pub struct Incoming<K, V> {
    /// Hash of the key.
    pub hash: u64,
    /// The key's number in the trace, from `miss`.
    pub trace: u32,
    /// The key.
    pub key: K,
    /// The value.
    pub value: V,
    /// Size of the value, bytes; counts only where bytes are limited.
    pub bytes: u64,
    /// Its own time to live, nanoseconds.
    pub ttl_ns: Option<u64>,
    /// Whether it is loaded ahead of its use.
    pub is_ahead: bool,
}

/// A cache.
#[derive(Debug)]
pub struct Live<K, V> {
    policy: AnyPolicy,
    capacity: usize,
    covered: usize,
    ttl_ns: Option<u64>,
    max_bytes: Option<u64>,
    is_pure: bool,
    shelf: Shelf<K, V>,
    mark: Counters,
}

impl<K, V> Live<K, V> {
    /// An empty cache; least recently used where no policy has that name.
    pub fn new(setting: Setting) -> Self {
        let Setting { capacity, policy, ttl_ns, max_bytes, is_recording, is_pure } = setting;
        let reach = if is_recording { RING } else { REACH };
        Self {
            policy: policy_named(policy, capacity),
            capacity,
            covered: 0,
            ttl_ns,
            max_bytes,
            is_pure,
            shelf: Shelf::new(Recorder::new(is_recording), reach, is_pure && policy == PREDICTIVE),
            mark: Counters::default(),
        }
    }

    /// Looks for a key's entry. `same` compares the stored key with the asked one.
    #[inline(always)]
    pub fn find(&self, hash: u64, mut same: impl FnMut(&K) -> Likeness) -> Found {
        let slots = &self.shelf.slots;
        let mut is_sure = true;
        let found = self.shelf.table.find(hash, |&id| {
            let slot = &slots[id as usize];
            if slot.hash != hash || slot.value.is_none() {
                return false;
            }
            match slot.key.as_ref().map(&mut same) {
                Some(Likeness::Same) => true,
                Some(Likeness::Unknown) => {
                    is_sure = false;
                    true
                }
                _ => false,
            }
        });
        match found {
            Some(&id) if is_sure => Found::Entry(id),
            Some(&id) => Found::Perhaps(id),
            None => Found::Nothing,
        }
    }

    /// Whether any resident entry has this hash.
    pub fn has_hash(&self, hash: u64) -> bool {
        self.find(hash, |_| Likeness::Same) != Found::Nothing
    }

    /// The key of an entry that has one.
    #[inline]
    pub fn key(&self, id: Id) -> Option<&K> {
        self.shelf.slots.get(id as usize)?.key.as_ref()
    }

    /// The value of a resident entry.
    #[inline]
    pub fn value(&self, id: Id) -> Option<&V> {
        self.shelf.slots.get(id as usize)?.value.as_ref()
    }

    /// Whether a hit has to know what time it is.
    #[inline]
    pub fn needs_clock(&self, id: Id) -> bool {
        self.ttl_ns.is_some() || self.shelf.slots[id as usize].flags & flag::OWN_TTL != 0
    }

    /// Whether the entry's time is over. It lives from when it was written, however often it is used.
    pub fn is_expired(&self, id: Id, now_ns: u64) -> bool {
        let own = self.shelf.own_ttl_ns.get(&id).copied();
        let age_ns = now_ns.saturating_sub(self.shelf.slots[id as usize].written_ns);
        own.or(self.ttl_ns).is_some_and(|ttl_ns| age_ns >= ttl_ns)
    }

    /// Counts a hit, tells the policy, and records the request.
    #[inline(always)]
    pub fn hit(&mut self, id: Id) {
        self.shelf.cause = Cause::Capacity;
        self.policy.hit(id, &mut self.shelf);
        self.shelf.counters.hits += 1;
        let slot = &mut self.shelf.slots[id as usize];
        if slot.flags & flag::AHEAD != 0 {
            slot.flags &= !flag::AHEAD;
            self.shelf.counters.ahead_used += 1;
        }
        if self.shelf.recorder.is_on {
            let trace = slot.trace;
            self.shelf.recorder.requests.push(trace);
        }
    }

    /// Counts a miss and records the request; the number of its key in the trace.
    pub fn miss(&mut self, hash: u64) -> u32 {
        let (trace, was_pushed_out) = self.shelf.recall(hash);
        self.shelf.counters.asked_again += u64::from(was_pushed_out);
        self.miss_again(trace);
        trace
    }

    /// A miss of a key that is being computed already.
    pub fn miss_again(&mut self, trace: u32) {
        self.shelf.counters.misses += 1;
        if self.shelf.recorder.is_on {
            self.shelf.recorder.requests.push(trace);
        }
    }

    /// A key that missed does not come in: its computation failed, or its value may not be kept.
    pub fn keep_out(&mut self, hash: u64, trace: u32) {
        self.shelf.remember(hash, trace);
    }

    /// The number of a key that nobody asked for yet, without counting a request.
    pub fn foresee(&mut self, hash: u64) -> u32 {
        self.shelf.recall(hash).0
    }

    /// Takes in an entry that is not resident; others may leave.
    pub fn insert(&mut self, entry: Incoming<K, V>, now_ns: u64) {
        let Incoming { hash, trace, key, value, bytes, ttl_ns, is_ahead } = entry;
        if self.capacity == 0 || self.is_too_large(bytes) {
            self.shelf.gone_is(Some(key), Some(value));
            return self.shelf.remember(hash, trace);
        }
        self.shelf.now_ns = now_ns;
        self.shelf.cause = Cause::Capacity;
        let own = if ttl_ns.is_some() { flag::OWN_TTL } else { 0 };
        let flags = own | if is_ahead { flag::AHEAD } else { 0 };
        let slot = Slot { hash, written_ns: now_ns, key: Some(key), value: Some(value), trace, flags };
        let id = self.shelf.place(slot);
        if let Some(ttl_ns) = ttl_ns {
            self.shelf.own_ttl_ns.insert(id, ttl_ns);
        }
        self.cover();
        self.shelf.counters.stored += 1;
        self.weigh(id, bytes);
        if is_ahead {
            self.shelf.counters.ahead += 1;
            self.policy.admit_ahead(id, &mut self.shelf);
        } else {
            self.policy.admit(id, &mut self.shelf);
        }
        self.fit_bytes();
    }

    /// Gives a resident entry another value; it counts as written now, and as used. It leaves where the value is larger
    /// than all room.
    pub fn replace(&mut self, id: Id, value: V, bytes: u64, ttl_ns: Option<u64>, now_ns: u64) {
        if self.is_too_large(bytes) {
            self.shelf.gone_is(None, Some(value));
            return self.remove(id, Cause::Bytes, now_ns);
        }
        let slot = &mut self.shelf.slots[id as usize];
        let old = slot.value.replace(value);
        slot.written_ns = now_ns;
        slot.flags &= !flag::OWN_TTL;
        self.shelf.own_ttl_ns.remove(&id);
        if let Some(ttl_ns) = ttl_ns {
            self.shelf.slots[id as usize].flags |= flag::OWN_TTL;
            self.shelf.own_ttl_ns.insert(id, ttl_ns);
        }
        self.shelf.gone_is(None, old);
        self.shelf.now_ns = now_ns;
        self.shelf.cause = Cause::Capacity;
        self.policy.hit(id, &mut self.shelf);
        self.weigh(id, bytes);
        self.fit_bytes();
    }

    /// Takes a resident entry out.
    pub fn remove(&mut self, id: Id, cause: Cause, now_ns: u64) {
        self.shelf.now_ns = now_ns;
        self.shelf.cause = Cause::Capacity;
        self.policy.remove(id, &mut self.shelf);
        self.shelf.vacate(id, cause, false);
        self.shelf.release(id, false);
    }

    /// A key and value that left, to be dropped when the cache is not borrowed.
    #[inline]
    pub fn pop_gone(&mut self) -> Option<(Option<K>, Option<V>)> {
        let gone = self.shelf.gone.pop();
        if gone.is_none() && self.shelf.gone.capacity() > WORTH_GIVING_BACK {
            self.shelf.gone = Vec::new();
        }
        gone
    }

    /// Hands over what is not needed, to be dropped with what left.
    pub fn let_go(&mut self, key: Option<K>, value: Option<V>) {
        self.shelf.gone_is(key, value);
    }

    /// Number of resident entries.
    #[inline]
    pub fn len(&self) -> usize {
        self.policy.n_resident()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether values are computed ahead: the policy foretells, and the function is pure.
    #[inline]
    pub fn looks_ahead(&self) -> bool {
        self.shelf.keeps_keys
    }

    /// A ghost that is likely to be asked for soon: its key, where that was kept.
    pub fn ahead(&mut self) -> Option<&K> {
        let id = self.policy.ahead()?;
        self.key(id)
    }

    /// Whether loading ahead pays at present.
    pub fn pays_ahead(&self) -> bool {
        self.policy.pays_ahead()
    }

    /// The policy knows numbers a little ahead of those in use, so that its tables grow seldom.
    fn cover(&mut self) {
        let n = self.shelf.slots.len();
        if n > self.covered {
            self.covered = n + n / 16 + 16;
            self.policy.cover(self.covered);
        }
    }

    fn weigh(&mut self, id: Id, bytes: u64) {
        if self.max_bytes.is_none() {
            return;
        }
        let n = self.shelf.slots.len();
        self.shelf.sizes.resize(n, 0);
        let old = std::mem::replace(&mut self.shelf.sizes[id as usize], bytes);
        self.shelf.n_bytes += bytes;
        self.shelf.n_bytes -= old;
    }

    fn is_too_large(&self, bytes: u64) -> bool {
        self.max_bytes.is_some_and(|most| bytes > most)
    }

    fn fit_bytes(&mut self) {
        let Some(most) = self.max_bytes else { return };
        self.shelf.cause = Cause::Bytes;
        while self.shelf.n_bytes > most && self.policy.evict_one(&mut self.shelf) {}
    }
}

/// What a policy is told: at least one entry, and no more than there are entry numbers.
fn effective(capacity: usize) -> usize {
    capacity.clamp(1, Id::MAX as usize - 2)
}

fn policy_named(name: &str, capacity: usize) -> AnyPolicy {
    let capacity = effective(capacity);
    AnyPolicy::named(name, capacity).unwrap_or_else(|| AnyPolicy::with_capacity(capacity))
}
