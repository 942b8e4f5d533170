//! The sampler: one native thread that watches every thread of its own process and never takes the interpreter's lock.
//!
//! State and time of a thread come from the kernel, its Python stack from its memory. `docs/how-it-works/profiling.md` tells the method,
//! what it costs, how true it is, and where it ends.

mod census;
mod clock;
mod code;
mod detail;
mod fold;
mod interpreter;
mod lanes;
mod layout;
mod linetable;
mod memory;
mod path;
mod placement;
mod places;
mod process;
mod record;
mod recorder;
mod report;
mod share;
mod stack;
mod sum;
mod thread;
mod tree;
mod wait;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

pub use clock::{Pace, monotonic_ns, own_cpu_ns};
pub use fold::{Folded, fold_frames};
pub use process::Child;
pub use recorder::Recorder;
pub use report::{
    FrameColumns, FunctionColumns, Interval, LineColumns, LocationColumns, Report, ThreadColumns, wilson_interval,
};
pub use share::{Classes, N_CLASSES};

use clock::StopFlag;
use interpreter::Interpreter;
use watch::Watch;

use crate::EngineError;

/// How to watch.
#[derive(Clone, Debug)]
pub struct Options {
    /// How often.
    pub pace: Pace,
    /// Kernel's id of the thread that asks.
    pub caller: i32,
    /// Addresses of the code objects on its stack as Python gives them, innermost first.
    pub expected: Vec<usize>,
    /// Outermost frames of the caller that are no part of what is profiled.
    pub n_outer: usize,
    /// Beginnings of file names that are libraries.
    pub library_prefixes: Vec<String>,
    /// Beginnings of file names that look like libraries by `library_prefixes` and are not.
    pub user_prefixes: Vec<String>,
    /// Files of this lab whose innermost frames are left out.
    pub own_files: Vec<String>,
    /// Parts of file names of a notebook's own machinery: its helper threads are not the cell's.
    pub helper_parts: Vec<String>,
}

/// A frame of a waiting task, as Python gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFrame {
    /// Qualified name.
    pub function: String,
    /// File name.
    pub file: String,
    /// First line.
    pub first_line: i32,
    /// Line it waits at.
    pub line: i32,
}

/// Reads which tasks an event loop waits for; called while the interpreter's lock is free, and takes it.
pub trait LoopReader: Send {
    /// Stacks of the tasks that the loop of this thread waits for, outermost frame first.
    fn read(&mut self, native_id: i32) -> Vec<Vec<TaskFrame>>;
}

/// Counts over all ticks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Ticks.
    pub n_ticks: u64,
    /// Sum of the squares of the ticks' weights, seconds squared.
    pub squares: f64,
    /// Sum of interval x weight and of weight, seconds: their ratio is the mean interval.
    interval_weighted: f64,
    weight: f64,
    /// Stacks asked for, and those cut short or not read.
    pub n_stacks: u64,
    /// See `n_stacks`.
    pub n_torn: u64,
    /// CPU time of the sampler's thread, nanoseconds.
    pub cpu_ns: u64,
    cpu_at_start_ns: u64,
}

impl Tally {
    fn add_tick(&mut self, weight_ns: u64, interval_ns: u64) {
        let weight = weight_ns as f64 / 1e9;
        self.n_ticks += 1;
        self.squares += weight * weight;
        self.interval_weighted += weight * interval_ns as f64 / 1e6;
        self.weight += weight;
    }

    /// Interval between ticks as planned, mean over time, milliseconds.
    pub fn interval_ms(&self) -> f64 {
        self.interval_weighted / self.weight
    }
}

/// A running sampler.
pub struct Sampler {
    stop: Arc<StopFlag>,
    gc_thread: Arc<AtomicI32>,
    handle: JoinHandle<Watch>,
    options: Options,
}

impl Sampler {
    /// Starts watching; returns when the first look is done, so that nothing of the start is in the profile.
    ///
    /// # Errors
    /// Where stacks or states can't be read here: no known interpreter, a refused system call, or a failed self-check.
    pub fn start(options: Options, loop_reader: Option<Box<dyn LoopReader>>) -> Result<Self, EngineError> {
        let python = Interpreter::find()?;
        probe_states(options.caller)?;
        let stop = Arc::new(StopFlag::new());
        let gc_thread = Arc::new(AtomicI32::new(0));
        let (say, hear) = mpsc::channel();
        let (flag, gc, own) = (Arc::clone(&stop), Arc::clone(&gc_thread), options.clone());
        let spawned = std::thread::Builder::new().name("tailgana-sample".into()).spawn(move || {
            placement::leave_signals_to_others();
            let (caller, expected) = (own.caller, own.expected.clone());
            let mut watch = Watch::new(python, own, gc, loop_reader);
            let is_right = watch.check_self(caller, &expected);
            if is_right {
                watch.begin();
            }
            let read = watch.n_frames_checked();
            if say.send(is_right.then_some(()).ok_or(EngineError::SelfCheck { read, reported: expected.len() })).is_ok()
                && is_right
            {
                watch.run(&flag);
            }
            watch
        });
        let refused = |reason: String| EngineError::Refused { call: "starting a thread", reason };
        let handle = spawned.map_err(|error| refused(error.to_string()))?;
        hear.recv().map_err(|_| refused("it ended at once".into()))??;
        Ok(Self { stop, gc_thread, handle, options })
    }

    /// Kernel's id of the thread that collects garbage now; 0 when none does.
    pub fn gc_thread(&self) -> Arc<AtomicI32> {
        Arc::clone(&self.gc_thread)
    }

    /// Stops watching, after a last look, and adds up.
    ///
    /// # Errors
    /// Where the sampler's thread panicked.
    pub fn stop(self) -> Result<Report, EngineError> {
        self.stop.raise();
        self.gc_thread.store(0, Ordering::Relaxed);
        let watch = self.handle.join().map_err(|_| EngineError::Table("the sampler's thread panicked".into()))?;
        Ok(Report::of(watch.into_record(), &self.options))
    }

    /// Forgets the sampler without waiting for its thread: in a forked child that thread does not exist.
    pub fn abandon(self) {
        std::mem::forget(self);
    }
}

/// States come from two files of each thread.
fn probe_states(native_id: i32) -> Result<(), EngineError> {
    for name in ["syscall", "schedstat"] {
        let refused =
            |error: std::io::Error| EngineError::Refused { call: "reading /proc/self/task", reason: error.to_string() };
        std::fs::read(format!("/proc/self/task/{native_id}/{name}")).map_err(refused)?;
    }
    Ok(())
}
