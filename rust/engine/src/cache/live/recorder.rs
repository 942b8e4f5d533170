//! The recorder: which key each of the last requests asked for, in 4 bytes, and what the last misses cost.

/// Requests that are kept.
pub const RING: usize = 1 << 20;
/// Misses that are kept.
pub const MISSES: usize = 1 << 16;
/// Requests between two readings of the clock.
pub const MARK_EVERY: u64 = 1024;

/// The last of many items, oldest first; grows until it is full.
#[derive(Clone, Debug)]
pub(super) struct Ring<T> {
    items: Vec<T>,
    at: usize,
    size: usize,
}

impl<T: Copy> Ring<T> {
    pub fn new(size: usize) -> Self {
        Self { items: Vec::new(), at: 0, size }
    }

    #[inline]
    pub fn push(&mut self, item: T) {
        if self.items.len() < self.size {
            self.items.push(item);
        } else {
            self.items[self.at] = item;
            self.at = if self.at + 1 == self.size { 0 } else { self.at + 1 };
        }
    }

    pub fn oldest_first(&self) -> Vec<T> {
        let mut all = Vec::with_capacity(self.items.len());
        all.extend_from_slice(&self.items[self.at..]);
        all.extend_from_slice(&self.items[..self.at]);
        all
    }
}

/// One computation of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Miss {
    /// Its key's number in the trace.
    pub trace: u32,
    /// Size of the value, bytes; the largest number where it is larger.
    pub bytes: u32,
    /// What computing took, nanoseconds.
    pub duration_ns: u64,
}

/// Requests and misses of a cache, bounded.
#[derive(Debug)]
pub(super) struct Recorder {
    pub is_on: bool,
    pub requests: Ring<u32>,
    pub misses: Ring<Miss>,
    /// How many requests had been made, and when, nanoseconds.
    pub marks: Ring<(u64, u64)>,
    next: u32,
}

impl Recorder {
    pub fn new(is_on: bool) -> Self {
        let marks = Ring::new(RING / MARK_EVERY as usize);
        Self { is_on, requests: Ring::new(RING), misses: Ring::new(MISSES), marks, next: 0 }
    }

    /// A number no key has had; it begins anew after 4 billion keys.
    pub fn new_trace(&mut self) -> u32 {
        let trace = self.next;
        self.next = self.next.wrapping_add(1);
        trace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_ring_keeps_the_newest_in_order() {
        let mut ring = Ring::new(4);
        (0..10).for_each(|i| ring.push(i));
        assert_eq!(ring.oldest_first(), [6, 7, 8, 9]);
    }
}
