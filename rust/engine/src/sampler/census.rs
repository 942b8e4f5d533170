//! Which threads the process has, without listing them at every tick.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;

use super::interpreter::Interpreter;

/// Where the kernel lists the threads of this process; its number of links grows with theirs.
const TASKS: &str = "/proc/self/task";
/// Between two looks at the number of threads, nanoseconds: how late a thread unknown to Python may be seen.
const COUNT_EVERY_NS: u64 = 10_000_000;
/// Between two full lists, nanoseconds, whatever the number says.
const LIST_EVERY_NS: u64 = 1_000_000_000;

/// Keeps what tells that threads came or went.
pub struct Census {
    own: i32,
    newest: usize,
    counted: (u64, usize),
    counted_ns: u64,
    listed_ns: u64,
    folder: Option<File>,
}

impl Census {
    /// For the calling thread, which leaves itself out.
    pub fn new() -> Self {
        // SAFETY: gettid has no preconditions.
        let own = unsafe { libc::gettid() };
        Self { own, newest: 0, counted: (0, 0), counted_ns: 0, listed_ns: 0, folder: File::open(TASKS).ok() }
    }

    /// Whether threads may have come since the last list; `n_live` are known to live.
    pub fn is_due(&mut self, python: &Interpreter, now_ns: u64, n_live: usize) -> bool {
        let newest = python.newest_thread();
        let is_new = newest != self.newest;
        self.newest = newest;
        if is_new || now_ns > self.listed_ns + LIST_EVERY_NS {
            return true;
        }
        if now_ns > self.counted_ns + COUNT_EVERY_NS {
            self.counted_ns = now_ns;
            let links = self.folder.as_ref().and_then(|folder| folder.metadata().ok()).map_or(0, |about| about.nlink());
            // One that ended and one that came leave the kernel's number as it was, not both.
            let counted = (links, n_live);
            return std::mem::replace(&mut self.counted, counted) != counted;
        }
        false
    }

    /// Notes how many are known to live, after a list.
    pub fn settle(&mut self, n_live: usize) {
        self.counted.1 = n_live;
    }

    /// Has the list made anew at the next tick.
    pub fn doubt(&mut self) {
        self.listed_ns = 0;
    }

    /// Ids of all threads but the caller; `None` where the kernel does not say.
    pub fn take(&mut self, now_ns: u64) -> Option<Vec<i32>> {
        self.listed_ns = now_ns;
        let folder = fs::read_dir(TASKS).ok()?;
        let ids = folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        Some(ids.filter(|&id| id != self.own).collect())
    }
}
