//! Doubly linked lists over entry numbers: two numbers an entry, no allocation a step.

use super::policy::Id;

/// No entry.
pub(super) const NONE: Id = Id::MAX;

/// Stands for the older neighbour of an entry that is in no list.
const OUT: Id = Id::MAX - 1;

/// Neighbours of one entry, and what else a policy needs at the same place in memory.
#[derive(Clone, Copy, Debug)]
struct Node<T> {
    older: Id,
    newer: Id,
    tag: T,
}

/// Neighbours of every entry. An entry is in one list at most of those that share these links.
#[derive(Clone, Debug)]
pub(super) struct Links<T = ()> {
    nodes: Vec<Node<T>>,
}

impl<T> Default for Links<T> {
    fn default() -> Self {
        Self { nodes: Vec::new() }
    }
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

impl<T: Copy + Default> Links<T> {
    pub fn cover(&mut self, n_ids: usize) {
        if self.nodes.len() < n_ids {
            self.nodes.resize(n_ids, Node { older: OUT, newer: NONE, tag: T::default() });
        }
    }

    /// Whether the entry is in a list; only true to fact where entries leave by `take` and `pop_tail`.
    #[inline]
    pub fn is_linked(&self, id: Id) -> bool {
        self.nodes[id as usize].older != OUT
    }

    #[inline]
    pub fn tag(&self, id: Id) -> T {
        self.nodes[id as usize].tag
    }

    #[inline]
    pub fn tag_mut(&mut self, id: Id) -> &mut T {
        &mut self.nodes[id as usize].tag
    }

    #[inline]
    pub fn newer(&self, id: Id) -> Id {
        self.nodes[id as usize].newer
    }

    #[inline]
    pub fn push_head(&mut self, list: &mut List, id: Id) {
        let node = &mut self.nodes[id as usize];
        node.older = list.head;
        node.newer = NONE;
        if list.head == NONE {
            list.tail = id;
        } else {
            self.nodes[list.head as usize].newer = id;
        }
        list.head = id;
        list.len += 1;
    }

    /// Takes an entry out that goes into another list at once.
    #[inline]
    pub fn unlink(&mut self, list: &mut List, id: Id) {
        let Node { older, newer, .. } = self.nodes[id as usize];
        if newer == NONE {
            list.head = older;
        } else {
            self.nodes[newer as usize].older = older;
        }
        if older == NONE {
            list.tail = newer;
        } else {
            self.nodes[older as usize].newer = newer;
        }
        list.len -= 1;
    }

    /// Makes an entry of the list its newest.
    #[inline]
    pub fn renew(&mut self, list: &mut List, id: Id) {
        if list.head != id {
            self.unlink(list, id);
            self.push_head(list, id);
        }
    }

    /// Takes an entry out.
    #[inline]
    pub fn take(&mut self, list: &mut List, id: Id) {
        self.unlink(list, id);
        self.nodes[id as usize].older = OUT;
    }

    /// Takes the oldest out; the list is not empty.
    #[inline]
    pub fn pop_tail(&mut self, list: &mut List) -> Id {
        let id = list.tail;
        let newer = self.nodes[id as usize].newer;
        self.nodes[id as usize].older = OUT;
        list.tail = newer;
        if newer == NONE {
            list.head = NONE;
        } else {
            self.nodes[newer as usize].older = NONE;
        }
        list.len -= 1;
        id
    }

    /// Entries from the oldest to the newest.
    pub fn oldest_first<'a>(&'a self, list: &List) -> impl Iterator<Item = Id> + 'a {
        let known = |id: Id| (id != NONE).then_some(id);
        std::iter::successors(known(list.tail), move |id| known(self.newer(*id)))
    }
}
