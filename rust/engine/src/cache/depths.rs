//! LRU at several capacities in one pass: a smaller cache always holds the newest entries of a larger one.

use super::links::{Links, List};
use super::policy::Id;

/// One list as long as the largest capacity, and a mark on the entry at the depth of each capacity.
///
/// Mattson, Gecsei, Slutz, Traiger (1970), Evaluation techniques for storage hierarchies, IBM Systems Journal 9 (2). That each
/// capacity needs a mark only, no tree, is due to their being few.
pub(super) struct Depths {
    /// Ascending, no two the same.
    capacities: Vec<usize>,
    links: Links,
    list: List,
    /// How many capacities do not hold the entry.
    n_without: Vec<u8>,
    /// The entry as deep as each capacity that was reached yet.
    marks: Vec<Id>,
    /// Requests by how many capacities did not hold their entry.
    counts: Vec<u64>,
}

impl Depths {
    /// For capacities in ascending order, no two the same, from 1.
    pub fn new(capacities: &[usize], n_ids: usize) -> Self {
        let mut links = Links::default();
        links.cover(n_ids);
        Self {
            links,
            list: List::default(),
            n_without: vec![capacities.len() as u8; n_ids],
            marks: Vec::with_capacity(capacities.len()),
            counts: vec![0; capacities.len() + 1],
            capacities: capacities.to_vec(),
        }
    }

    pub fn run(&mut self, ids: &[Id]) {
        for id in ids {
            self.request(*id);
        }
    }

    /// Misses at each capacity.
    pub fn misses(&self) -> Vec<u64> {
        (1..self.counts.len()).map(|k| self.counts[k..].iter().sum()).collect()
    }

    #[inline]
    fn request(&mut self, id: Id) {
        let n_without = usize::from(self.n_without[id as usize]);
        self.counts[n_without] += 1;
        if self.list.head == id {
            return;
        }
        // Those above the entry get one deeper, and over the edge where they stood at a mark.
        for (k, mark) in self.marks.iter_mut().take(n_without).enumerate() {
            self.n_without[*mark as usize] = k as u8 + 1;
            *mark = if *mark == self.list.head { id } else { self.links.newer(*mark) };
        }
        if n_without < self.capacities.len() {
            if self.marks.get(n_without) == Some(&id) {
                self.marks[n_without] = self.links.newer(id);
            }
            self.links.renew(&mut self.list, id);
        } else {
            self.admit(id);
        }
        self.n_without[id as usize] = 0;
    }

    #[inline]
    fn admit(&mut self, id: Id) {
        if self.marks.len() == self.capacities.len() {
            self.links.pop_tail(&mut self.list);
        }
        self.links.push_head(&mut self.list, id);
        if self.capacities.get(self.marks.len()) == Some(&self.list.len) {
            self.marks.push(self.list.tail);
        }
    }
}
