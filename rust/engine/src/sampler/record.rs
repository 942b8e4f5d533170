//! What sampling gathers, however the samples were taken.

use rustc_hash::FxHashMap;

use super::Tally;
use super::code::{CodeBook, CodeId};
use super::detail::{DetailBook, DetailId};
use super::lanes::Scale;
use super::process::ProcessWatch;
use super::thread::Thread;

/// Threads with their trees, the names of their frames, and counts.
pub struct Record {
    /// All threads seen, those that ended too.
    pub threads: Vec<Thread>,
    /// Those of them that live.
    pub live: Vec<usize>,
    /// Code objects seen.
    pub codes: CodeBook,
    /// Descriptions of waits.
    pub details: DetailBook,
    /// Time by function and description, nanoseconds.
    pub detail_ns: FxHashMap<(CodeId, DetailId), u64>,
    /// Bins of the lanes.
    pub scale: Scale,
    /// Counts over all ticks.
    pub tally: Tally,
    /// Memory and children of the process.
    pub process: ProcessWatch,
    /// When the first look was, nanoseconds.
    pub started_ns: u64,
    /// When the last look was, nanoseconds.
    pub last_tick_ns: u64,
    /// Code of the caller's outermost frames, that are no part of the profile.
    pub base: Vec<CodeId>,
}

impl Record {
    /// An empty record that begins at `now_ns`.
    pub fn new(now_ns: u64) -> Self {
        Self {
            threads: Vec::new(),
            live: Vec::new(),
            codes: CodeBook::new(),
            details: DetailBook::default(),
            detail_ns: FxHashMap::default(),
            scale: Scale::new(now_ns),
            tally: Tally::default(),
            process: ProcessWatch::new(),
            started_ns: now_ns,
            last_tick_ns: now_ns,
            base: Vec::new(),
        }
    }

    /// Moves the beginning to `now_ns`.
    pub fn restart(&mut self, now_ns: u64) {
        (self.started_ns, self.last_tick_ns, self.scale) = (now_ns, now_ns, Scale::new(now_ns));
    }

    /// Widens the lanes' bins until `now_ns` fits.
    pub fn make_room(&mut self, now_ns: u64) {
        for _ in 0..self.scale.reach(now_ns) {
            self.threads.iter_mut().for_each(|thread| thread.lane.join());
        }
    }

    /// Closes the account of a thread that ended: what it did after the last look is not known, and its life ends there.
    pub fn bury(&mut self, k: usize) {
        let (scale, squares) = (self.scale, self.tally.squares);
        let thread = &mut self.threads[k];
        let (looked_ns, cpu_ns) = (thread.looked_ns(), thread.cpu_ns());
        thread.settle(looked_ns, cpu_ns, scale, false);
        thread.has_ended = true;
        thread.squares_at_end = Some(squares);
        thread.close_files();
        thread.frames = Vec::new();
    }

    /// Notes the outermost `n` frames of the caller, as they are now, as no part of the profile.
    pub fn set_base(&mut self, caller: i32, n: usize) {
        let caller = self.threads.iter().find(|thread| thread.native_id == caller);
        let codes = caller.map(|thread| thread.path.iter().map(|&node| thread.tree.nodes()[node as usize].code));
        self.base = codes.into_iter().flatten().take(n).collect();
    }
}
