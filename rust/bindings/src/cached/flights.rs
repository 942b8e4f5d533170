//! One computation a key: who misses while another thread computes the key waits for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use hashbrown::HashTable;
use pyo3::ffi;
use tailgana_engine::cache::live::Waits;

use super::held::{Held, Raised, UnderGil};
use super::key::Key;

/// How often a waiting thread looks whether Ctrl-C was pressed.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

/// Most that a thread waits for another one's computation: so many times what they take on average, within limits. Whoever
/// computes may want a lock that the waiting thread holds.
const PATIENCE: u32 = 10;
const LEAST_PATIENCE: Duration = Duration::from_secs(1);
const MOST_PATIENCE: Duration = Duration::from_secs(5);

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

/// How long to wait for a computation where they take `mean_ns` on average; slow ones are given twice their time.
pub fn patience(mean_ns: Option<u64>) -> Duration {
    let Some(mean) = mean_ns.map(Duration::from_nanos) else { return MOST_PATIENCE };
    mean.saturating_mul(PATIENCE).clamp(LEAST_PATIENCE, MOST_PATIENCE).max(mean.saturating_mul(2))
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

    /// Waits without the GIL; Ctrl-C, or another signal whose handler raises, ends it early. None where it took too long.
    fn wait(&self, most: Duration) -> Result<Option<Outcome>, Raised> {
        let began = Instant::now();
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
                return Ok(Some(self.outcome.borrow_mut().clone().unwrap_or(Outcome::Abandoned)));
            }
            // SAFETY: the GIL is held.
            if unsafe { ffi::PyErr_CheckSignals() } != 0 {
                return Err(Raised);
            }
            if began.elapsed() >= most {
                return Ok(None);
            }
        }
    }
}

/// Computations under way, found by the hash of their key and their number.
#[derive(Debug, Default)]
pub struct Flights {
    table: HashTable<Flight>,
    generation: u64,
}

impl Flights {
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Flight> {
        self.table.iter()
    }

    /// Those of keys with this hash.
    pub fn with_hash(&self, hash: u64) -> impl Iterator<Item = &Flight> {
        self.table.iter_hash(hash).filter(move |flight| flight.hash == hash)
    }

    pub fn get_mut(&mut self, hash: u64, serial: u64) -> Option<&mut Flight> {
        self.table.find_mut(hash, |flight| flight.serial == serial)
    }

    pub fn add(&mut self, flight: Flight) {
        self.table.insert_unique(flight.hash, flight, |flight| flight.hash);
    }

    pub fn take(&mut self, hash: u64, serial: u64) -> Option<Flight> {
        let found = self.table.find_entry(hash, |flight| flight.serial == serial).ok()?;
        Some(found.remove().0)
    }

    /// Takes out what a fork left behind; looks at all of them once a fork.
    pub fn take_left_behind(&mut self) -> Vec<Flight> {
        if self.generation == generation() {
            return Vec::new();
        }
        self.generation = generation();
        self.table.extract_if(|flight| flight.is_left_behind()).collect()
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
    pub fn join(&mut self, most: Duration) -> Option<Wait> {
        let thread = this_thread();
        let (serial, owner) = (self.serial, self.owner);
        let may_wait = waits(|waits| {
            let is_open = !waits.would_close(thread, owner);
            if is_open {
                waits.begin(thread, serial, owner);
            }
            is_open
        });
        may_wait.then(|| Wait { landing: Arc::clone(self.landing.get_or_insert_default()), most })
    }

    /// The key, and what is left to do.
    pub fn end(self) -> (Key, Ending) {
        let Self { key, serial, generation, landing, attached, .. } = self;
        (key, Ending { serial, generation, landing, _attached: attached })
    }
}

/// The end of a flight that is not under way any more.
pub struct Ending {
    serial: u64,
    generation: u64,
    landing: Option<Arc<Landing>>,
    _attached: Option<Held>,
}

impl Ending {
    /// Tells all who wait. In a forked child nobody does, and a thread of the parent's may have had the lock taken.
    pub fn land(self, outcome: impl FnOnce() -> Outcome) {
        if let Some(landing) = &self.landing
            && self.generation == generation()
        {
            waits(|waits| waits.finished(self.serial));
            landing.land(outcome());
        }
    }
}

/// A wait that has been announced.
pub struct Wait {
    landing: Arc<Landing>,
    most: Duration,
}

impl Wait {
    /// How the computation ended; None where it takes too long to wait for.
    pub fn end(self) -> Result<Option<Outcome>, Raised> {
        let outcome = self.landing.wait(self.most);
        waits(|waits| waits.end(this_thread()));
        outcome
    }
}
