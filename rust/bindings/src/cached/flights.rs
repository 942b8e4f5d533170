//! One computation a key: who misses while another thread computes the key waits for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use pyo3::ffi;
use tailgana_engine::cache::live::Waits;

use super::held::{Held, Raised, UnderGil};
use super::key::Key;

/// How often a waiting thread looks whether Ctrl-C was pressed.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

static FORKS: AtomicU64 = AtomicU64::new(0);
static THREADS: AtomicU64 = AtomicU64::new(1);
static SERIALS: AtomicU64 = AtomicU64::new(1);
static WAITS: Mutex<Option<Waits>> = Mutex::new(None);

thread_local! {
    /// Number of this thread; never used again, not even in a forked child.
    static THREAD: u64 = THREADS.fetch_add(1, Ordering::Relaxed);
}

pub fn this_thread() -> u64 {
    THREAD.with(|number| *number)
}

/// How often this process is a fork of another; computations of an earlier one were left behind.
pub fn generation() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

/// Counts forks from now on.
pub fn watch_forks() {
    unsafe extern "C" fn in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    static WATCH: Once = Once::new();
    // SAFETY: the handler only adds to an atomic.
    WATCH.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(in_child));
    });
}

fn waits<T>(action: impl FnOnce(&mut Waits) -> T) -> T {
    // Only a thread with the GIL comes here, and forking needs the GIL, so no child inherits the lock taken.
    let mut guard = locked(&WAITS);
    action(guard.get_or_insert_default())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a computation ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    Value(Held),
    /// An exception, which all who waited raise too.
    Error(Held),
    /// It was interrupted, or gave up: who waited tries for himself.
    Abandoned,
}

/// Where those meet who wait for one computation.
#[derive(Debug, Default)]
pub struct Landing {
    is_over: Mutex<bool>,
    over: Condvar,
    outcome: UnderGil<Option<Outcome>>,
}

impl Landing {
    fn land(&self, outcome: Outcome) {
        *self.outcome.borrow_mut() = Some(outcome);
        *locked(&self.is_over) = true;
        self.over.notify_all();
    }

    /// Waits without the GIL; only Ctrl-C, or another signal whose handler raises, ends it early.
    fn wait(&self) -> Result<Outcome, Raised> {
        loop {
            // SAFETY: this thread holds the GIL, gives it up, and has it back before it touches Python again.
            let is_over = unsafe {
                let state = ffi::PyEval_SaveThread();
                let guard = locked(&self.is_over);
                let waiting = self.over.wait_timeout_while(guard, SIGNAL_CHECK, |is_over| !*is_over);
                let is_over = *waiting.unwrap_or_else(PoisonError::into_inner).0;
                ffi::PyEval_RestoreThread(state);
                is_over
            };
            if is_over {
                return Ok(self.outcome.borrow_mut().clone().unwrap_or(Outcome::Abandoned));
            }
            // SAFETY: the GIL is held.
            if unsafe { ffi::PyErr_CheckSignals() } != 0 {
                return Err(Raised);
            }
        }
    }
}

/// A computation under way.
#[derive(Debug)]
pub struct Flight {
    pub serial: u64,
    pub hash: u64,
    pub key: Key,
    pub trace: u32,
    pub owner: u64,
    /// Clearings of the cache before it began: what an earlier one finds is not kept.
    pub epoch: u64,
    generation: u64,
    landing: Option<Arc<Landing>>,
    /// What a coroutine function left for those who come after.
    pub attached: Option<Held>,
}

impl Flight {
    pub fn new(hash: u64, key: Key, trace: u32, epoch: u64) -> Self {
        Self {
            serial: SERIALS.fetch_add(1, Ordering::Relaxed),
            hash,
            key,
            trace,
            owner: this_thread(),
            epoch,
            generation: generation(),
            landing: None,
            attached: None,
        }
    }

    /// Whether it belongs to a thread that this process, a forked child, does not have.
    pub fn is_left_behind(&self) -> bool {
        self.generation != generation() && self.owner != this_thread()
    }

    /// Where to wait for it; None where waiting would close a circle of waiting threads.
    pub fn join(&mut self) -> Option<Wait> {
        let thread = this_thread();
        let (serial, owner) = (self.serial, self.owner);
        let may_wait = waits(|waits| {
            let is_open = !waits.would_close(thread, owner);
            if is_open {
                waits.begin(thread, serial, owner);
            }
            is_open
        });
        may_wait.then(|| Wait(Arc::clone(self.landing.get_or_insert_default())))
    }

    /// The key, and what is left to do.
    pub fn end(self) -> (Key, Ending) {
        (self.key, Ending { serial: self.serial, landing: self.landing, _attached: self.attached })
    }
}

/// The end of a flight that is not under way any more.
pub struct Ending {
    serial: u64,
    landing: Option<Arc<Landing>>,
    _attached: Option<Held>,
}

impl Ending {
    /// Tells all who wait.
    pub fn land(self, outcome: impl FnOnce() -> Outcome) {
        if let Some(landing) = &self.landing {
            waits(|waits| waits.finished(self.serial));
            landing.land(outcome());
        }
    }
}

/// A wait that has been announced.
pub struct Wait(Arc<Landing>);

impl Wait {
    pub fn end(self) -> Result<Outcome, Raised> {
        let outcome = self.0.wait();
        waits(|waits| waits.end(this_thread()));
        outcome
    }
}
