//! Reading one thread's stack, proving that it stood still, and turning it into a path of nodes.

use super::clock::thread_cpu_ns;
use super::code::CodeBook;
use super::interpreter::Gil;
use super::stack::{Outcome, RawFrame};
use super::tree::ROOT;
use super::watch::Watch;

/// Reads of a moving stack before two copies are compared.
const MOST_ATTEMPTS: usize = 3;

impl Watch {
    /// Reads a stack and proves that it did not change meanwhile.
    pub(super) fn read_stack(&mut self, k: usize, cpu_ns: u64) {
        if self.record.threads[k].state == 0 {
            return;
        }
        self.record.tally.n_stacks += 1;
        let mut before_ns = cpu_ns;
        for attempt in 0..MOST_ATTEMPTS {
            let thread = &mut self.record.threads[k];
            if attempt > 0 {
                // Only the holder of the interpreter's lock can change its Python stack, and not while the sampler sits on its core.
                self.placement.follow(&self.python, thread.pthread);
                before_ns = thread_cpu_ns(thread.native_id).unwrap_or(0);
            }
            let gil = self.python.gil();
            let outcome =
                self.reader.read(&self.python, thread.state, thread.native_id, &mut thread.hint, &mut self.fresh);
            if outcome == Outcome::Gone {
                thread.state = 0;
                self.census.doubt();
                self.record.tally.n_torn += 1;
                return;
            }
            let stood_still = thread_cpu_ns(thread.native_id) == Some(before_ns) || self.is_detached(k, gil);
            if outcome == Outcome::Complete && stood_still {
                self.adopt(k, false);
                return;
            }
        }
        self.compare_two_copies(k);
    }

    /// Whether a thread had no part in the interpreter since `earlier`: it runs native code, and its Python stack stands.
    fn is_detached(&self, k: usize, earlier: Gil) -> bool {
        let now = self.python.gil();
        earlier.last_holder != self.record.threads[k].state
            && now.last_holder != self.record.threads[k].state
            && earlier.switches == now.switches
    }

    /// The last resort: what two copies agree on, from the outermost frame on; the callee beyond stays unresolved.
    fn compare_two_copies(&mut self, k: usize) {
        let thread = &mut self.record.threads[k];
        std::mem::swap(&mut self.fresh, &mut self.second);
        let outcome = self.reader.read(&self.python, thread.state, thread.native_id, &mut thread.hint, &mut self.fresh);
        let is_same = outcome == Outcome::Complete && self.fresh == self.second;
        if !is_same {
            let shared = self.fresh.iter().rev().zip(self.second.iter().rev()).take_while(|(a, b)| a == b).count();
            self.fresh.drain(..self.fresh.len() - shared);
            self.record.tally.n_torn += 1;
        }
        self.adopt(k, !is_same);
    }

    /// Turns the frames just read into a path of nodes, keeping what is as it was.
    fn adopt(&mut self, k: usize, is_cut: bool) {
        let look = self.record.codes.begin_look();
        self.drop_shims(n_shared(&self.record.threads[k].frames, &self.fresh));
        let mut shared = n_shared(&self.record.threads[k].frames, &self.fresh);
        if look >= self.record.threads[k].known_until {
            shared = self.check_code(k, shared);
        }
        let thread = &mut self.record.threads[k];
        thread.frames.truncate(shared);
        thread.path.truncate(shared);
        for &frame in self.fresh.iter().rev().skip(shared) {
            let found = self.record.codes.resolve(&self.python, frame);
            thread.known_until = thread.known_until.min(found.until);
            let parent = thread.path.last().copied().unwrap_or(ROOT);
            thread.path.push(thread.tree.child(parent, found.code, found.line));
            thread.frames.push(frame);
            thread.is_loop |= self.record.codes.get(found.code).is_event_loop();
        }
        if is_cut {
            let parent = thread.path.last().copied().unwrap_or(ROOT);
            thread.path.push(thread.tree.child(parent, CodeBook::UNRESOLVED, 0));
        } else if thread.native_id == self.options.caller && self.reader.n_standing() == 0 {
            self.anchor_again(k);
        }
    }

    /// How many of a thread's outermost `n` frames are still of the code they were; those around the profiled code stand.
    fn check_code(&mut self, k: usize, n: usize) -> usize {
        let thread = &mut self.record.threads[k];
        thread.known_until = u64::MAX;
        let mut caller = 0;
        for (j, frame) in thread.frames.iter().enumerate().take(n).skip(self.reader.n_standing()) {
            if std::mem::replace(&mut caller, frame.code) == frame.code {
                continue;
            }
            let Some(until) = self.record.codes.holds_until(&self.python, frame.code) else {
                return j;
            };
            thread.known_until = thread.known_until.min(until);
        }
        n
    }

    /// A cell is run statement by statement, each a `<module>` of its own, which is called from one place only.
    fn anchor_again(&mut self, k: usize) {
        let thread = &mut self.record.threads[k];
        let called = thread.path.get(self.options.n_outer).map(|&node| thread.tree.nodes()[node as usize].code);
        if called.is_some_and(|code| self.record.codes.get(code).function == "<module>") {
            self.reader.anchor(&mut thread.hint, &self.fresh, self.options.n_outer);
        }
    }

    /// Leaves out frames that the interpreter puts around calls; the outermost `n` frames are known to be none.
    pub(super) fn drop_shims(&mut self, n: usize) {
        for k in (0..self.fresh.len() - n).rev() {
            let code = self.fresh.get(k).map_or(0, |frame| frame.code);
            let is_repeated = self.fresh.get(k + 1).is_some_and(|caller| caller.code == code);
            if code != 0 && !is_repeated && self.record.codes.is_shim(&self.python, code) {
                self.reader.leave_out(code, &mut self.fresh);
            }
        }
    }
}

/// How many outermost frames are the same; `known` begins with the outermost, `fresh` ends with it.
fn n_shared(known: &[RawFrame], fresh: &[RawFrame]) -> usize {
    known.iter().zip(fresh.iter().rev()).take_while(|(old, new)| old == new).count()
}
