//! The entries themselves: a slab, a table from hash to entry number, and what is counted when one leaves.

use hashbrown::HashTable;
use rustc_hash::FxHashMap;

use super::super::policy::{Id, Leavers};
use super::counters::{Cause, Counters};
use super::past::Past;
use super::recorder::Recorder;

/// Flags of an entry that a hit has to look at.
pub(super) mod flag {
    /// It has a time to live of its own.
    pub const OWN_TTL: u8 = 1;
    /// It was loaded ahead and nobody has asked for it yet.
    pub const AHEAD: u8 = 2;
}

/// An entry: resident with a value, a ghost without, or free.
#[derive(Debug)]
pub(super) struct Slot<K, V> {
    pub hash: u64,
    pub written_ns: u64,
    pub key: Option<K>,
    pub value: Option<V>,
    pub trace: u32,
    pub flags: u8,
}

/// All entries; told by the policy which ones leave.
#[derive(Debug)]
pub(super) struct Shelf<K, V> {
    pub slots: Vec<Slot<K, V>>,
    pub table: HashTable<Id>,
    free: Vec<Id>,
    /// What left and is not dropped yet: dropping may run code that asks this cache again.
    pub gone: Vec<(Option<K>, Option<V>)>,
    pub counters: Counters,
    pub recorder: Recorder,
    past: Past,
    /// Times to live of single entries, nanoseconds.
    pub own_ttl_ns: FxHashMap<Id, u64>,
    /// Sizes of the values, bytes; empty unless they are limited.
    pub sizes: Vec<u64>,
    pub n_bytes: u64,
    /// Whether ghosts keep their keys, so that they can be loaded ahead.
    pub keeps_keys: bool,
    /// Why entries leave at present, and what time it is, nanoseconds.
    pub cause: Cause,
    pub now_ns: u64,
}

impl<K, V> Shelf<K, V> {
    pub fn new(recorder: Recorder, reach: usize, keeps_keys: bool) -> Self {
        Self {
            slots: Vec::new(),
            table: HashTable::new(),
            free: Vec::new(),
            gone: Vec::new(),
            counters: Counters::default(),
            recorder,
            past: Past::new(reach),
            own_ttl_ns: FxHashMap::default(),
            sizes: Vec::new(),
            n_bytes: 0,
            keeps_keys,
            cause: Cause::Capacity,
            now_ns: 0,
        }
    }

    /// The ghost of a key, by its hash.
    pub fn ghost(&self, hash: u64) -> Option<Id> {
        let slots = &self.slots;
        let is_ghost = |slot: &Slot<K, V>| slot.hash == hash && slot.value.is_none();
        self.table.find(hash, |&id| is_ghost(&slots[id as usize])).copied()
    }

    /// The number that the trace gives to a key that is not resident, and whether it had been pushed out. Where another
    /// key with its hash is resident, what is remembered under that hash may be the other's: then it is a new number.
    pub fn recall(&mut self, hash: u64) -> (u32, bool) {
        let (mut ghost, mut is_shared) = (None, false);
        for &id in self.table.iter_hash(hash) {
            let slot = &self.slots[id as usize];
            match slot.value {
                _ if slot.hash != hash => {}
                Some(_) => is_shared = true,
                None => ghost = Some(slot.trace),
            }
        }
        let known = match ghost {
            _ if is_shared => None,
            Some(trace) => Some((trace, true)),
            None => self.past.recall(hash),
        };
        known.unwrap_or_else(|| (self.recorder.new_trace(), false))
    }

    /// Keeps the number of a key that does not come in after all.
    pub fn remember(&mut self, hash: u64, trace: u32) {
        if self.recorder.is_on && self.ghost(hash).is_none() {
            self.past.remember(hash, trace, false, self.counters.requests());
        }
    }

    /// Puts an entry into its ghost's place, or into a free one.
    pub fn place(&mut self, slot: Slot<K, V>) -> Id {
        if let Some(id) = self.ghost(slot.hash) {
            let old = std::mem::replace(&mut self.slots[id as usize], slot);
            self.gone_is(old.key, old.value);
            return id;
        }
        let hash = slot.hash;
        let id = match self.free.pop() {
            Some(id) => {
                self.slots[id as usize] = slot;
                id
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as Id
            }
        };
        let slots = &self.slots;
        self.table.insert_unique(hash, id, |&other| slots[other as usize].hash);
        id
    }

    /// An entry's value leaves. Its number stays in use until `release`.
    pub fn vacate(&mut self, id: Id, cause: Cause, keeps_key: bool) {
        let slot = &mut self.slots[id as usize];
        let age_ns = self.now_ns.saturating_sub(slot.written_ns);
        let value = slot.value.take();
        let key = if keeps_key { None } else { slot.key.take() };
        let flags = std::mem::take(&mut slot.flags);
        if flags & flag::OWN_TTL != 0 {
            self.own_ttl_ns.remove(&id);
        }
        if let Some(size) = self.sizes.get_mut(id as usize) {
            self.n_bytes -= std::mem::take(size);
        }
        self.counters.left(cause, age_ns);
        self.gone_is(key, value);
    }

    /// An entry's number becomes free for another key.
    pub fn release(&mut self, id: Id, was_pushed_out: bool) {
        let slot = &mut self.slots[id as usize];
        let (hash, trace, key) = (slot.hash, slot.trace, slot.key.take());
        if let Ok(found) = self.table.find_entry(hash, |&other| other == id) {
            found.remove();
            self.free.push(id);
            if self.recorder.is_on || was_pushed_out {
                self.past.remember(hash, trace, was_pushed_out, self.counters.requests());
            }
        }
        self.gone_is(key, None);
    }

    /// Moves the resident entries together and gives the rest of the memory back; there must be no ghosts. By old number,
    /// the new numbers of the entries.
    pub fn compact(&mut self) -> Vec<Id> {
        let mut next = 0;
        let mut number = |slot: &Slot<K, V>| {
            let id = next;
            next += Id::from(slot.value.is_some());
            id
        };
        let new_ids: Vec<Id> = self.slots.iter().map(&mut number).collect();
        let is_resident: Vec<bool> = self.slots.iter().map(|slot| slot.value.is_some()).collect();
        let mut kept = is_resident.iter();
        self.sizes.retain(|_| kept.next().is_some_and(|&kept| kept));
        self.sizes.shrink_to_fit();
        self.slots.retain(|slot| slot.value.is_some());
        self.slots.shrink_to_fit();
        self.own_ttl_ns = self.own_ttl_ns.iter().map(|(&id, &ttl_ns)| (new_ids[id as usize], ttl_ns)).collect();
        self.free = Vec::new();
        self.table = HashTable::with_capacity(self.slots.len());
        for (id, slot) in self.slots.iter().enumerate() {
            self.table.insert_unique(slot.hash, id as Id, |&other| self.slots[other as usize].hash);
        }
        new_ids
    }

    pub fn gone_is(&mut self, key: Option<K>, value: Option<V>) {
        if key.is_some() || value.is_some() {
            self.gone.push((key, value));
        }
    }
}

impl<K, V> Leavers for Shelf<K, V> {
    fn evicted(&mut self, id: Id, is_ghost: bool) {
        self.vacate(id, self.cause, is_ghost && self.keeps_keys);
        if !is_ghost {
            self.release(id, true);
        }
    }

    fn forgotten(&mut self, id: Id) {
        if self.slots[id as usize].value.is_none() {
            self.release(id, true);
        }
    }
}
