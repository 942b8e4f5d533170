//! Changes to a cache that runs: every resident entry that still has a place stays.

use super::{Cause, Live, PREDICTIVE, WORTH_GIVING_BACK, effective, policy_named};
use crate::cache::policy::{Id, Policy};

impl<K, V> Live<K, V> {
    /// Takes all entries out, ghosts too.
    pub fn clear(&mut self, now_ns: u64) {
        self.shelf.now_ns = now_ns;
        for id in self.policy.order() {
            self.shelf.vacate(id, Cause::Cleared, false);
            self.shelf.release(id, false);
        }
        for id in self.policy.ghosts() {
            self.shelf.release(id, false);
        }
        self.restart_policy(self.policy.name());
        self.shelf.own_ttl_ns.clear();
        self.give_back_memory();
    }

    /// Changes how many entries there may be. What no longer fits leaves as the policy has it.
    pub fn resize(&mut self, capacity: usize, now_ns: u64) {
        self.shelf.now_ns = now_ns;
        if capacity == 0 {
            let entries = self.policy.order();
            entries.into_iter().for_each(|id| self.remove(id, Cause::Resized, now_ns));
        }
        self.shelf.cause = Cause::Resized;
        self.capacity = capacity;
        self.policy.resize(effective(capacity), &mut self.shelf);
        self.give_back_memory();
    }

    /// Changes who decides what leaves. Every resident entry stays; ghosts are forgotten.
    pub fn set_policy(&mut self, policy: &'static str, now_ns: u64) {
        self.shelf.now_ns = now_ns;
        self.shelf.cause = Cause::Resized;
        let entries = self.take_from_policy();
        self.shelf.keeps_keys = self.is_pure && policy == PREDICTIVE;
        self.give_to_policy(policy, entries.into_iter());
    }

    /// Resident entries in their order; ghosts are forgotten.
    fn take_from_policy(&mut self) -> Vec<Id> {
        let (entries, ghosts) = (self.policy.order(), self.policy.ghosts());
        ghosts.into_iter().for_each(|id| self.shelf.release(id, true));
        entries
    }

    fn give_to_policy(&mut self, policy: &'static str, entries: impl Iterator<Item = Id>) {
        self.restart_policy(policy);
        self.cover();
        for id in entries {
            self.policy.admit(id, &mut self.shelf);
        }
    }

    /// Makes slab, table and policy anew where they have become much larger than what is in them.
    fn give_back_memory(&mut self) {
        let n_slots = self.shelf.slots.len();
        if n_slots <= WORTH_GIVING_BACK || self.shelf.table.len() >= n_slots / 4 {
            return;
        }
        let entries = self.take_from_policy();
        let new_ids = self.shelf.compact();
        self.give_to_policy(self.policy.name(), entries.into_iter().map(|id| new_ids[id as usize]));
    }

    /// Changes how long entries live, those that are there too.
    pub fn set_ttl(&mut self, ttl_ns: Option<u64>) {
        self.ttl_ns = ttl_ns;
    }

    fn restart_policy(&mut self, policy: &'static str) {
        self.policy = policy_named(policy, self.capacity);
        self.covered = 0;
    }
}
