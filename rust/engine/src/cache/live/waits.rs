//! Which thread waits for which: a wait that would close a circle must not begin.

use rustc_hash::FxHashMap;

/// Threads that wait for what other threads compute. A thread waits for one computation at most.
#[derive(Debug, Default)]
pub struct Waits {
    /// Waiting thread to the computation, and the thread that does it.
    waiting: FxHashMap<u64, (u64, u64)>,
}

impl Waits {
    /// Whether `thread` would wait for itself, through others, if it waited for `owner`.
    pub fn would_close(&self, thread: u64, owner: u64) -> bool {
        let mut at = owner;
        for _ in 0..=self.waiting.len() {
            if at == thread {
                return true;
            }
            match self.waiting.get(&at) {
                Some(&(_, next)) => at = next,
                None => return false,
            }
        }
        false
    }

    /// `thread` waits for `computation`, done by `owner`.
    pub fn begin(&mut self, thread: u64, computation: u64, owner: u64) {
        self.waiting.insert(thread, (computation, owner));
    }

    /// `thread` waits no more.
    pub fn end(&mut self, thread: u64) {
        self.waiting.remove(&thread);
    }

    /// A computation is over: nobody waits for it, though some may not have noticed yet.
    pub fn finished(&mut self, computation: u64) {
        self.waiting.retain(|_, &mut (waited_for, _)| waited_for != computation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_over_three_threads_is_seen() {
        let mut waits = Waits::default();
        waits.begin(1, 10, 2);
        waits.begin(2, 20, 3);
        assert!(waits.would_close(3, 1));
        assert!(!waits.would_close(4, 1));
    }

    #[test]
    fn a_finished_computation_holds_nobody() {
        let mut waits = Waits::default();
        waits.begin(1, 10, 2);
        waits.finished(10);
        assert!(!waits.would_close(2, 1));
    }

    #[test]
    fn a_thread_that_waits_for_itself_closes_the_smallest_circle() {
        assert!(Waits::default().would_close(1, 1));
    }
}
