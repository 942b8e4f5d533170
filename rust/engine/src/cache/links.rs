//! Doubly linked lists over entry numbers: two numbers an entry, no allocation a step.

use super::policy::Id;

/// No entry.
pub(super) const NONE: Id = Id::MAX;

/// Neighbours of every entry. An entry is in one list at most of those that share these links.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    /// Older and newer neighbour of each entry.
    pub near: Vec<[Id; 2]>,
}

/// One list: oldest at the tail, newest at the head.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub head: Id,
    pub tail: Id,
    pub len: usize,
}

impl Default for List {
    fn default() -> Self {
        Self { head: NONE, tail: NONE, len: 0 }
    }
}

const OLDER: usize = 0;
const NEWER: usize = 1;

impl Links {
    pub fn cover(&mut self, n_ids: usize) {
        if self.near.len() < n_ids {
            self.near.resize(n_ids, [NONE; 2]);
        }
    }

    #[inline]
    pub fn newer(&self, id: Id) -> Id {
        self.near[id as usize][NEWER]
    }

    #[inline]
    pub fn push_head(&mut self, list: &mut List, id: Id) {
        self.near[id as usize] = [list.head, NONE];
        if list.head == NONE {
            list.tail = id;
        } else {
            self.near[list.head as usize][NEWER] = id;
        }
        list.head = id;
        list.len += 1;
    }

    #[inline]
    pub fn unlink(&mut self, list: &mut List, id: Id) {
        let [older, newer] = self.near[id as usize];
        if newer == NONE {
            list.head = older;
        } else {
            self.near[newer as usize][OLDER] = older;
        }
        if older == NONE {
            list.tail = newer;
        } else {
            self.near[older as usize][NEWER] = newer;
        }
        list.len -= 1;
    }

    /// Takes the oldest out; the list is not empty.
    #[inline]
    pub fn pop_tail(&mut self, list: &mut List) -> Id {
        let id = list.tail;
        self.unlink(list, id);
        id
    }

    /// Entries from the oldest to the newest.
    pub fn oldest_first(&self, list: &List) -> Vec<Id> {
        let mut ids = Vec::with_capacity(list.len);
        let mut id = list.tail;
        while id != NONE {
            ids.push(id);
            id = self.newer(id);
        }
        ids
    }
}
